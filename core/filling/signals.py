"""The lit lamp of a traffic light: found in the head's outline, red or green for the whole street.

A head is the widest upright block of a silhouette; what sticks out of it, an arm or a second head turned aside, stays
as it is. Its lamps lie one above the other as on the project's own heads (``core.streets.lights``).
"""

from __future__ import annotations

import numpy as np

from core.labels import LabelSet
from core.scene.regions import pieces

#: Smallest height in pixels of a head that gets a lamp, and the smallest lamp.
SMALLEST, _LAMP = 12, 3

#: Least and greatest height of a head in its widths; from the second on it has three lamps, below it two or a board around three.
_STOUT, _THREE, _SLIM = 1.4, 2.5, 4.5

#: Radius of a lamp as a share of its head's width, and distance of the lamps' middles in radii.
_RADIUS, _PITCH = 1 / 2.45, 2.5

#: Columns belong to a head that are this share of the tallest one, and rows that fill so much of those.
_COLUMN, _ROW = 0.7, 0.6

#: Share of the heads that are seen from behind, and of the streets that have red.
_BACKS, _RED = 1 / 6, 0.55

#: Lamp -> its place from above, of three.
_LAMPS = {"red signal": 0, "green signal": 2}


def fill_signal(mask: np.ndarray, label_set: LabelSet, street: int, seed: list[int], backs: bool = True) -> np.ndarray | None:
    """(h, w) uint8 part labels, 0 where the head stays dark; None where all of it does.

    Args:
        mask: (h, w) bool, its pixels.
        street: seed that decides what all lights of the street show.
        seed: of this one.
        backs: some lights are seen from behind.
    """
    lit = "red signal" if np.random.default_rng(street).random() < _RED else "green signal"
    ids = {label.name: label.id for label in label_set}
    if lit not in ids or (backs and np.random.default_rng(seed).random() < _BACKS):
        return None
    result = np.zeros(mask.shape, np.uint8)
    for box, piece in pieces(mask):
        lamp = _lamp(piece, _LAMPS[lit])
        if lamp is not None:
            result[box][lamp & piece] = ids[lit]
    return result if result.any() else None


def _lamp(piece: np.ndarray, place: int) -> np.ndarray | None:
    """(h, w) bool: the lamp at ``place`` of three in a piece; None where it is no head seen from the front."""
    head = _head(piece)
    if head is None:
        return None
    x0, y0, x1, y1 = head
    width, height = x1 - x0, y1 - y0
    lamps = 3 if height >= _THREE * width else 2
    radius = min(width * _RADIUS, height / (_PITCH * lamps))
    if 2 * radius < _LAMP:
        return None
    middle = (place / 2 - 0.5) * (lamps - 1) * _PITCH * radius
    y, x = np.indices(piece.shape) + 0.5
    return np.hypot(x - (x0 + x1) / 2, y - ((y0 + y1) / 2 + middle)) <= radius


def _head(piece: np.ndarray) -> tuple[int, int, int, int] | None:
    """(x0, y0, x1, y1) of the widest upright block of a piece; None where that isn't shaped as a head."""
    tall = piece.sum(axis=0)
    runs = _runs(tall >= _COLUMN * tall.max())
    x0, x1 = max(runs, key=lambda run: run[1] - run[0])
    rows = _runs(piece[:, x0:x1].mean(axis=1) >= _ROW)
    if not rows:
        return None
    y0, y1 = max(rows, key=lambda run: run[1] - run[0])
    return (x0, y0, x1, y1) if y1 - y0 >= SMALLEST and _STOUT <= (y1 - y0) / (x1 - x0) <= _SLIM else None


def _runs(held: np.ndarray) -> list[tuple[int, int]]:
    """(start, end) of each stretch in which a (n,) bool row holds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], held, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist()))
