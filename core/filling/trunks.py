"""Tree trunks: the narrow stems on which crowns stand.

A trunk is followed from its foot upwards, row by row, as long as it stays narrow, until the tree becomes
a crown. The foot stands on the ground, or behind something that stands there. What is narrow only
because nearer things hide both its sides is no trunk.
"""

from __future__ import annotations

import numpy as np

from core.filling.view import View
from core.opencv import cv2

#: Metres: thinnest and thickest trunk, and least length that is seen.
THIN, THICK, LEAST = 0.05, 1.1, 0.7

#: The same in pixels.
_LEAST_PIXELS, _LEAST_WIDTH = 8, 2

#: A trunk is this many times as long as wide, or longer.
_SLENDER = 1.2

#: How much wider than its middle width a row of a trunk may be.
_BULGE = 1.5

#: Share of a trunk's rows beside which something nearer may stand.
_BESIDE = 0.35

#: A crown is this many times as wide as the trunk, or wider, and so much of it is leaves.
_CROWN, _LEAFY = 2.5, 0.6


def trunks(tree: np.ndarray, stands: np.ndarray, ground: np.ndarray, view: View, y0: int) -> np.ndarray:
    """(h, w) bool, where trunks are seen.

    Args:
        tree: (h, w) bool over a box of the frame, pixels of a tree or of many.
        stands: (h, w) row of the frame above which a thing there stands, 0 where there is none.
        ground: (h, w) bool, what a trunk stands on.
        y0: the box's first row.
    """
    found = np.zeros_like(tree)
    runs = _Runs(tree)
    # Lower ends of the tree: below them is what it stands on, or stands behind.
    feet = np.zeros_like(tree)
    feet[:-1] = tree[:-1] & ~tree[1:] & (ground[1:] | (stands[1:] > 0))
    feet[: max(int(view.horizon) - y0, 0)] = False
    count, _, stats, _ = cv2.connectedComponentsWithStats(feet.view(np.uint8), connectivity=8)
    for left, top, across, down, _ in stats[1:].tolist():
        foot = top + down - 1
        metre = (y0 + foot + 1 - view.horizon) / view.eye
        if across > 2 * THICK * metre or across < _LEAST_WIDTH:
            continue
        middle = int(np.flatnonzero(feet[foot, left:left + across]).mean()) + left
        rows = _followed(runs, middle, foot, metre)
        if rows is not None and _stands_free(rows, stands > y0 + foot + 1):
            for row, first, last in zip(*rows):
                found[row, first:last] = True
    return found


class _Runs:
    """The runs of a (h, w) bool mask, row by row."""

    def __init__(self, mask: np.ndarray):
        self.mask = mask
        edges = np.zeros((mask.shape[0], mask.shape[1] + 2), np.int8)
        edges[:, 1:-1] = mask
        steps = np.diff(edges, axis=1)
        self._starts = [np.flatnonzero(row > 0) for row in steps]
        self._ends = [np.flatnonzero(row < 0) for row in steps]

    def at(self, row: int, column: float) -> tuple[int, int] | None:
        """The run (first, last + 1) at a pixel."""
        number = int(np.searchsorted(self._starts[row], column, side="right")) - 1
        if number < 0 or column >= self._ends[row][number]:
            return None
        return int(self._starts[row][number]), int(self._ends[row][number])


def _followed(runs: _Runs, column: int, foot: int, metre: float) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """(rows, first columns, last columns + 1) of the trunk with its foot there, the lowest first; None for none."""
    rows: list[tuple[int, int, int]] = []
    settled = max(3, int(0.15 * metre))  # a foot is ragged, or spreads
    row, middle = foot, float(column)
    while row >= 0:
        run = runs.at(row, middle)
        if run is None:
            break
        wide = run[1] - run[0]
        usual = float(np.median([last - first for _, first, last in rows[-40:]])) if len(rows) > settled else 0.0
        if (usual and wide > max(_BULGE * usual, usual + 2)) or (not usual and wide > 2 * THICK * metre):
            break
        rows.append((row, *run))
        middle, row = (run[0] + run[1] - 1) / 2, row - 1
    if len(rows) <= settled or row < 0:
        return None
    lines = np.array(rows)
    thick = float(np.median(lines[:, 2] - lines[:, 1]))
    if not max(THIN * metre, _LEAST_WIDTH) <= thick <= THICK * metre:
        return None
    if len(rows) < max(LEAST * metre, _LEAST_PIXELS, _SLENDER * thick):
        return None
    # Above it is a crown, be it of single leaves.
    reach = max(_CROWN * thick / 2, 3)
    crown = runs.mask[max(row - int(reach), 0):row + 1, max(int(middle - reach), 0):int(middle + reach) + 1]
    if crown.mean() < _LEAFY:
        return None
    return lines[:, 0], lines[:, 1], lines[:, 2]


def _stands_free(lines: tuple[np.ndarray, np.ndarray, np.ndarray], nearer: np.ndarray) -> bool:
    """Whether its sides are its own, and not those of what stands before it: (h, w) bool ``nearer``."""
    rows, first, last = lines
    for columns in (first - 1, last):
        inside = (columns >= 0) & (columns < nearer.shape[1])
        hidden = ~inside
        hidden[inside] = nearer[rows[inside], columns[inside]]
        if hidden.mean() > _BESIDE:
            return False
    return True
