"""Asphalt: the cracks of an old road, and the stains and streaks that make it darker and lighter.

On level ground seen by a level camera, as in :mod:`core.filling.paving`: streaks run to the
vanishing point. Sizes are those of the project's own streets (:mod:`core.streets.patterns`).
"""

from __future__ import annotations

import numpy as np

from core.filling.view import View
from core.opencv import cv2
from core.scene.regions import Box

#: Size of a slab between cracks, and how far its edge strays, metres; half of a crack's width.
_SLAB, _STRAY, _HALF = 5.0, 0.16, 0.02
#: A crack is told where a pixel is at most so many metres across it.
_SEEN = 0.25
#: Stains and streaks: size along the street and across it in metres, how much each counts, and octaves.
_STAINS, _STREAKS = (6.0, 6.0, 0.8, 5), (20.0, 0.6, 0.6, 4)
#: Asphalt is dark or light where its tone is so many standard deviations off the mean, and where a metre has so many pixels.
_OFF, _TONED = 0.55, 12.0
#: Nothing further is looked at, metres.
_FAR = 200.0
_LATTICE = 128


def tones(view: View, box: Box, seeds: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Two (h, w) bool over ``box`` of the frame: where asphalt is darker than most, and where lighter."""
    seen, depth, aside = view.ground(box)
    along = np.minimum(depth, _FAR) + 0 * aside
    tone = np.zeros(aside.shape, np.float32)
    for number, (length, breadth, weight, octaves) in enumerate((_STAINS, _STREAKS)):
        tone += weight * _noise(along / length, aside / breadth, octaves, [*seeds, number])
    told = seen & (view.focal / depth > _TONED)
    return told & (tone < -_OFF), told & (tone > _OFF)


def cracks(view: View, box: Box, seeds: list[int]) -> np.ndarray:
    """(h, w) bool over ``box`` of the frame: where asphalt is cracked, nowhere less than a pixel wide."""
    x0, y0, x1, y1 = box
    # One row and column more, for the pixels that are next.
    seen, depth, aside = view.ground((x0, y0, x1 + 1, y1 + 1))
    along = np.minimum(depth, _FAR) + 0 * aside
    bent = [
        (place + _STRAY * _noise(along * 1.3, aside * 1.3, 4, [*seeds, 2 + axis])) / _SLAB
        for axis, place in enumerate((along, aside))
    ]
    slabs = _Slabs(*bent, seeds)
    across = view.focal / depth[:-1]
    away = view.focal * view.eye / depth[:-1] ** 2
    found = (slabs.which[1:, :-1] != slabs.which[:-1, :-1]) & (away > 1 / _SEEN)
    found |= (slabs.which[:-1, 1:] != slabs.which[:-1, :-1]) & (across > 1 / _SEEN)
    near = np.flatnonzero(2 * _HALF * away > 1)
    if len(near):
        rows = slice(near[0], near[-1] + 1)
        found[rows] |= _SLAB * slabs.edge(rows)[:, :-1] < _HALF
    return found & seen[:-1]


def _noise(u: np.ndarray, v: np.ndarray, octaves: int, seeds: list[int]) -> np.ndarray:
    """(h, w) float32 smooth noise at (u, v), of mean 0 and standard deviation about 1; its lattice has whole numbers for places."""
    lattice = np.random.default_rng(seeds).normal(size=(_LATTICE, _LATTICE)).astype(np.float32)
    total, power = np.zeros(u.shape, np.float32), 0.0
    for octave in range(octaves):
        weight, often = 0.6 ** octave, 2 ** octave
        # Each octave begins elsewhere, so that their lattices don't meet in one place.
        x, y = (np.mod(place * often + 31.7 * octave, _LATTICE).astype(np.float32) for place in (u, v))
        total += weight * cv2.remap(lattice, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
        power += weight**2
    # Between its points the lattice varies less than at them.
    return total / np.float32(0.75 * np.sqrt(power))


class _Slabs:
    """A Voronoi diagram of one point in each unit square, seen at (h, w) places (u, v).

    Attributes:
        which: (h, w) int32, the slab at each place.
    """

    def __init__(self, u: np.ndarray, v: np.ndarray, seeds: list[int]):
        self._u, self._v = u.astype(np.float32), v.astype(np.float32)
        self._row, self._column = (np.floor(place).astype(np.int32) for place in (u, v))
        self._aside = np.random.default_rng([*seeds, 4]).random((2, _LATTICE, _LATTICE)).astype(np.float32)
        self._first = np.full(u.shape, np.inf, np.float32)
        self._nearest = np.zeros((2, *u.shape), np.float32)
        self.which = np.zeros(u.shape, np.int32)
        for name, point in self._around(slice(None)):
            distance = (self._u - point[0]) ** 2 + (self._v - point[1]) ** 2
            closer = distance < self._first
            np.copyto(self._first, distance, where=closer)
            np.copyto(self.which, name, where=closer)
            for kept, found in zip(self._nearest, point):
                np.copyto(kept, found, where=closer)

    def edge(self, rows: slice) -> np.ndarray:
        """(h, w) float32 of some rows: how far the edge of its slab is from each place."""
        found = np.full(self.which[rows].shape, np.inf, np.float32)
        here, first, nearest = self.which[rows], self._first[rows], self._nearest[:, rows]
        for name, point in self._around(rows):
            distance = (self._u[rows] - point[0]) ** 2 + (self._v[rows] - point[1]) ** 2
            apart = 2 * np.maximum(np.hypot(point[0] - nearest[0], point[1] - nearest[1]), 1e-6)
            np.minimum(found, np.where(name == here, np.inf, (distance - first) / apart), out=found)
        return found

    def _around(self, rows: slice):
        """The nine slabs about each place of some rows: (name, (u, v) of its point)."""
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                row, column = self._row[rows] + down, self._column[rows] + right
                name = row % _LATTICE * _LATTICE + column % _LATTICE
                yield name, (row + self._aside[0].reshape(-1)[name], column + self._aside[1].reshape(-1)[name])
