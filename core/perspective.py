"""The road's perspective: where the horizon lies, and how large things stand on the ground.

For a camera that looks level over flat ground, something that stands at row y is
seen at a size proportional to y - horizon. So a thing moved from one place on the
ground to another grows by the quotient of its two distances from the horizon.
"""

from __future__ import annotations

import numpy as np

from core.scene.scene import Scene

#: What stands nearer to the horizon than this share of the frame's height counts as at that distance.
_NEAREST = 0.01

#: Steepest change of size in one step.
_LARGEST = 8.0

#: Cars and houses hide the road's true end: it is seen this share of the height below the horizon.
_END_BELOW = 0.03

_GROUND = ("road", "sidewalk", "parking", "rail track", "ground")


def growth(horizon: float, foot: float, new_foot: float, height: float = 1024.0) -> float:
    """By how much a thing grows that stood at row ``foot`` and now stands at ``new_foot``; 1/8 .. 8.

    A thing above the horizon (a lamp, a bird) keeps its size.
    """
    near = max(_NEAREST * height, 1.0)
    if foot - horizon < near:
        return 1.0
    factor = max(new_foot - horizon, near) / (foot - horizon)
    return float(min(max(factor, 1 / _LARGEST), _LARGEST))


def estimate_horizon(scene: Scene) -> float:
    """Row of the horizon, from people of like height if enough are seen, else from the end of the road.

    People on the ground have their heads at rows that depend linearly on the rows of
    their feet; where that line gives height 0 is the horizon (median of all pairs,
    Theil and Sen). The end of the road lies at the horizon or a little below it.
    """
    height = scene.size[1]
    ground_end = _ground_end(scene)
    feet, tall = _people(scene)
    if len(feet) >= 4:
        first, second = np.triu_indices(len(feet), 1)
        apart = np.abs(feet[first] - feet[second]) > 0.01 * height
        if apart.sum() >= 3:
            slopes = (tall[first] - tall[second])[apart] / (feet[first] - feet[second])[apart]
            slope = float(np.median(slopes))
            if slope > 0.1:
                found = float(np.median(feet - tall / slope))
                # A horizon far from the road's end is the people's mistake, not the road's.
                if ground_end is None or abs(found - ground_end) < 0.08 * height:
                    return float(np.clip(found, 0, height - 1))
    return float(max(ground_end - _END_BELOW * height, 0) if ground_end is not None else height / 2)


def _people(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """(feet, heights) in rows of the persons that look whole: upright and not cut by the frame."""
    people = [
        entry for entry in scene.objects().values()
        if entry.is_object and scene.label_set.name_of(entry.label_id) == "person"
        and entry.area >= 60 and entry.bbox[3] < scene.size[1] - 1 and entry.bbox[1] > 0
    ]
    boxes = np.array([entry.bbox for entry in people], np.float64).reshape(-1, 4)
    wide, tall = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    whole = (tall > 1.8 * wide) & (tall < 5 * wide)
    return boxes[whole, 3], tall[whole]


def _ground_end(scene: Scene) -> float | None:
    """The row above which there is hardly any ground; None without ground."""
    ids = [label.id for label in scene.label_set if label.name in _GROUND]
    table = np.isin(scene.label_set.base, ids)
    rows = table[scene.label_map].sum(1)
    total = int(rows.sum())
    if total < 0.01 * scene.label_map.size:
        return None
    return float(np.searchsorted(np.cumsum(rows), 0.002 * total))
