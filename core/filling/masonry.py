"""What bricks and stones leave of a wall to be seen: their joints, and the darker of the stones; and the sky in its panes."""

from __future__ import annotations

import numpy as np

from core.filling.courses import laid
from core.filling.walls import Wall

#: Height of a course in metres and length of a stone as a share of it, as in ``core.streets``.
BRICK, STONE = (0.075, 3.2), (0.47, 2.1)

#: Heights of the houses opposite, which keep the sky from the panes, and the width of each, metres.
_OPPOSITE, _WIDTH = (8.0, 17.0), 13.0


def courses(wall: Wall, x: np.ndarray, y: np.ndarray, kind: tuple[float, float], seeds: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Two bool arrays at pixel centres ``x``, ``y``, of shapes that broadcast: darker stones, and joints."""
    depth = wall.depth(x)
    pixels = wall.view.focal / depth
    along = pixels * wall.distance / depth if wall.side else pixels
    return laid(wall.along(x), wall.up(x, y), *kind, along, pixels, seeds)


def sky_in_panes(wall: Wall, x: np.ndarray, y: np.ndarray, seeds: list[int]) -> np.ndarray:
    """At pixel centres ``x``, ``y``, of shapes that broadcast: where panes flat in a wall along the road mirror the sky over the houses opposite.

    What is seen ``h`` metres above the eye on the wall is, mirrored, three times as
    high and as far on the wall opposite, if the camera stands in the middle.
    """
    if not wall.side:
        return np.zeros(np.broadcast_shapes(np.shape(x), np.shape(y)), bool)
    house = np.floor(np.minimum(3 * wall.along(x), 1e6) / _WIDTH).astype(np.int64)
    numbers, which = np.unique(house, return_inverse=True)
    low, high = _OPPOSITE
    heights = np.array([np.random.default_rng([*seeds, int(n) & 0xFFFFFFFF]).uniform(low, high) for n in numbers.tolist()])
    return wall.view.eye + 3 * (wall.up(x, y) - wall.view.eye) > heights[which.reshape(house.shape)]
