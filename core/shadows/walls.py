"""Walls in the shade: those that face away from the sun, and what the houses opposite keep from it.

A wall along the road on the left faces right, and so on; a sun that doesn't
stand before a wall leaves it dark. Before it, the sun shines over the houses
on the other side of the road: where the ray from a point of the wall meets
theirs, it must pass above their eaves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

import numpy as np

from core.shadows.houses import Front
from core.shadows.sun import LOWEST, Sun

#: A sun that grazes a wall at less than this sine lights nothing on it.
_GRAZING = 0.03

#: Metres between the places at which the skyline of a side is kept, and how far ahead and behind.
_STEP, _AHEAD, _BEHIND = 1.0, 150.0, 60.0


@dataclass(frozen=True)
class _Wall:
    """A front's pixels: (h, w) bool ``mask`` at (x0, y0), the metres up of each, and the metres along of each column."""

    side: int
    distance: float
    x0: int
    y0: int
    mask: np.ndarray
    up: np.ndarray
    along: np.ndarray


class Walls:
    """The fronts of a street, for any sun.

    Args:
        found: the fronts.
        size: (width, height) of the frame.
    """

    def __init__(self, found: Sequence[Front], size: tuple[int, int]):
        self._size = size
        self._walls = [_pixels(front) for front in found]
        self._skylines = {side: _skyline([front for front in found if front.wall.side == side]) for side in (-1, 1)}

    def shade(self, sun: Sun, with_houses: bool = True) -> np.ndarray:
        """(H, W) bool: where fronts lie in the shade; with the shadows of the houses opposite, if asked for."""
        shaded = np.zeros(self._size[::-1], bool)
        for wall in self._walls:
            rows, columns = wall.mask.shape
            here = shaded[wall.y0:wall.y0 + rows, wall.x0:wall.x0 + columns]
            towards = -math.cos(sun.azimuth) if not wall.side else -wall.side * math.sin(sun.azimuth)
            if towards <= _GRAZING:
                here |= wall.mask
            elif wall.side and with_houses:
                here |= wall.mask & (wall.up < self._dark_up_to(wall, sun, towards)[None])
        return shaded

    def _dark_up_to(self, wall: _Wall, sun: Sun, towards: float) -> np.ndarray:
        """(w,) metres up to which the houses opposite keep the sun from each column."""
        opposite = self._skylines[-wall.side]
        if opposite is None:
            return np.full(len(wall.along), -np.inf)
        distance, high = opposite
        # From the wall towards the sun, until the plane of the walls opposite is met.
        way = (wall.distance + distance) / towards
        place = wall.along + way * math.cos(sun.azimuth)
        over = np.interp(place, np.arange(len(high)) * _STEP - _BEHIND, high)
        return over - way * math.tan(max(sun.elevation, LOWEST))


def _pixels(front: Front) -> _Wall:
    thing = front.thing
    x0, x1 = int(front.edges[0]), int(front.edges[-1])
    mask = np.ascontiguousarray(thing.mask[:, max(x0 - thing.x0, 0):x1 - thing.x0])
    x0 = max(x0, thing.x0)
    columns, rows = np.arange(mask.shape[1]) + x0 + 0.5, np.arange(mask.shape[0]) + thing.y0 + 0.5
    up = front.wall.up(columns[None], rows[:, None]).astype(np.float32)
    along = front.wall.along(columns) if front.wall.side else np.zeros(len(columns))
    return _Wall(front.wall.side, front.wall.distance, x0, thing.y0, mask, up, along)


def _skyline(found: Sequence[Front]) -> tuple[float, np.ndarray] | None:
    """(metres aside, (N,) metres up at every step along) of the houses on one side; None where there are none."""
    if not found:
        return None
    known = [front.known for front in found if front.known is not None]
    usual = float(np.median(known)) if known else float(np.median(np.concatenate([front.up for front in found])))
    high = np.full(round((_AHEAD + _BEHIND) / _STEP), usual)
    for front in found:
        ends = (front.wall.along(front.edges) + _BEHIND) / _STEP
        seen = np.where(front.sky, front.up, np.maximum(front.up, front.known or usual))
        for a, b, up in zip(ends, ends[1:], seen):
            low, top = sorted((int(np.clip(a, 0, len(high))), int(np.clip(b, 0, len(high)))))
            high[low:top + 1] = up
    return float(np.median([front.wall.distance for front in found])), high
