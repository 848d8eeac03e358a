"""How a street is seen: the camera that would see its ground as the label map shows it.

A level camera ``eye`` metres above flat ground: what lies ``depth`` metres ahead and
``aside`` metres to the right, ``up`` metres above the ground, is seen at

    x = vanishing + focal * aside / depth,    y = horizon - focal * (up - eye) / depth.

The horizon and the vanishing point come from the map; the focal length can't, and is taken
as a wide street camera's. Errors of it stretch depths alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.labels import LabelSet
from core.opencv import cv2
from core.perspective import estimate_horizon
from core.scene.regions import Box
from core.scene.scene import Scene

#: Focal length as a share of the frame's width; Cityscapes has 1.1.
FOCAL = 1.0

#: Height of the eye in metres where nobody's height tells it, and its bounds.
EYE, LOWEST_EYE, HIGHEST_EYE = 1.35, 1.0, 3.0

#: What tells the eye's height: height in metres, and least and largest width in heights.
_WHOLE = {"person": (1.7, 0.2, 0.5), "car": (1.5, 0.9, 3.2)}

#: Metres that a house has at least.
_HOUSE = 8.0

#: What one stands and drives on.
GROUND = ("road", "sidewalk", "parking", "rail track", "ground", "terrain")

#: How far from the frame's middle the road's end lies, as a share of the width (standard deviation), and
#: what that is worth beside the lines on the ground.
_SPREAD, _PRIOR = 0.09, 0.35


@dataclass(frozen=True)
class View:
    """The camera; pixel coordinates run over pixel edges.

    Attributes:
        size: (width, height) of the frame in pixels.
        horizon: its row. vanishing: column in which the road ends.
        focal: in pixels. eye: height in metres above the ground.
    """

    size: tuple[int, int]
    horizon: float
    vanishing: float
    focal: float
    eye: float

    def project(self, aside, depth, up) -> np.ndarray:
        """(..., 2) x, y of points in metres; depths are at least 0.1."""
        depth = np.maximum(np.asarray(depth, np.float64), 0.1)
        x = self.vanishing + self.focal * np.asarray(aside, np.float64) / depth
        y = self.horizon - self.focal * (np.asarray(up, np.float64) - self.eye) / depth
        return np.stack(np.broadcast_arrays(x, y), axis=-1)

    def ground(self, box: Box) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where the ground in a box of the frame lies: (h, 1) bool below the horizon, (h, 1) depth and (h, w) aside in metres."""
        x0, y0, x1, y1 = box
        below = np.arange(y0, y1)[:, None] + 0.5 - self.horizon
        seen = below > 0
        depth = self.focal * self.eye / np.where(seen, below, 1.0)
        return seen, depth, (np.arange(x0, x1)[None] + 0.5 - self.vanishing) * depth / self.focal


def estimate_view(scene: Scene, horizon: float | None = None) -> View:
    """The camera of a scene; ``horizon`` is its row where it is known."""
    width, height = scene.size
    row = float(estimate_horizon(scene) if horizon is None else np.clip(horizon, 0, height - 1))
    return View((width, height), row, _vanishing(scene, row), FOCAL * width, _eye(scene, row))


def ground_table(label_set: LabelSet) -> np.ndarray:
    """(256,) bool: the labels that one stands and drives on."""
    ids = [label.id for label in label_set if label.name in GROUND]
    return np.isin(label_set.base, ids)


def _vanishing(scene: Scene, horizon: float) -> float:
    """Column where most lines on the ground meet the horizon; near the frame's middle where they don't tell."""
    width, height = scene.size
    columns = np.linspace(0, width, 129)
    votes = _PRIOR * np.exp(-0.5 * ((columns - width / 2) / (_SPREAD * width)) ** 2)
    lines = _ground_lines(scene, horizon)
    if len(lines):
        (x0, y0), (x1, y1) = lines[:, 0].T, lines[:, 1].T
        meets = x0 + (x1 - x0) * (horizon - y0) / (y1 - y0)
        weight = np.hypot(x1 - x0, y1 - y0) / height
        near = np.exp(-0.5 * ((columns[:, None] - meets) / (0.012 * width)) ** 2)
        votes = votes * (0.25 + near @ weight)
    return float(columns[votes.argmax()])


def _ground_lines(scene: Scene, horizon: float) -> np.ndarray:
    """(N, 2, 2) straight pieces of the borders on the ground, ends as (x, y), that rise to the horizon."""
    width, height = scene.size
    base = scene.label_set.base[scene.label_map]
    found = []
    for name in ("road", "sidewalk", "parking", "terrain"):
        ids = [label.id for label in scene.label_set if label.name == name]
        if not ids:
            continue
        mask = (base == ids[0]).view(np.uint8)
        outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        for outline in outlines:
            if len(outline) < 0.05 * width:
                continue
            corners = cv2.approxPolyDP(outline, 0.003 * width, True)[:, 0].astype(np.float64)
            found.append(np.stack([corners, np.roll(corners, -1, axis=0)], axis=1))
    if not found:
        return np.zeros((0, 2, 2))
    lines = np.concatenate(found)
    step = lines[:, 1] - lines[:, 0]
    low = lines[..., 1].min(axis=1)
    edge = (lines[..., 0] <= 1) | (lines[..., 0] >= width - 2)
    kept = (np.abs(step[:, 1]) > 0.02 * height) & (low > horizon) & ~edge.all(axis=1)
    return lines[kept & (np.abs(step[:, 0]) < 8 * np.abs(step[:, 1]))]


def _eye(scene: Scene, horizon: float) -> float:
    """Metres from the ground to the eye, from people and cars that look whole, else from houses.

    What is ``tall`` metres is seen tall / eye times as high as the horizon lies above its foot. Each thing says
    as much as the usual height does alone.
    """
    width, height = scene.size
    said, houses = [], []
    for entry in scene.objects().values():
        name = scene.label_set[entry.label_id].name if entry.label_id in scene.label_set else ""
        if not entry.is_object or name not in (*_WHOLE, "building"):
            continue
        x0, y0, x1, y1 = entry.bbox
        below, tall = y1 - horizon, y1 - y0
        if name == "building":
            if y0 > 0 and y1 < height - 1 and below > 0.03 * height:
                houses.append(_HOUSE * below / tall)
            continue
        metres, narrow, wide = _WHOLE[name]
        cut = x0 <= 0 or y0 <= 0 or x1 >= width or y1 >= height - 1
        if not cut and below > 0.03 * height and narrow * tall < x1 - x0 < wide * tall:
            said.append(np.log(metres * below / tall))
    if not said:
        # Who paints a street of houses alone paints them lower than they are, but means houses.
        return min(max([EYE, *houses]), HIGHEST_EYE)
    mean = (np.log(EYE) + len(said) * float(np.median(said))) / (1 + len(said))
    return float(np.clip(np.exp(mean), LOWEST_EYE, HIGHEST_EYE))
