"""Rails in a bare rail track: pairs 1.435 m apart along its two edges.

On level ground equal parts of a row of pixels are equal lengths, whatever the
focal length, so that a rail keeps its place between the track's edges from the
near end to the horizon.
"""

from __future__ import annotations

import numpy as np

from core.filling.view import View

#: The standard gauge, a rail's head, and the least width of a track, metres; where two of them lie side by side.
GAUGE, HEAD, _TRACK, _TWO = 1.435, 0.07, 1.9, 4.6
#: Rails thinner than this many pixels are left out, so that they don't crumble.
_THIN = 0.7
#: A track whose edges are no straight lines within this share of the frame's width is left alone.
_STRAY = 0.02
#: Rows that must show both edges.
_LEAST = 12


def rails(mask: np.ndarray, x0: int, y0: int, view: View) -> np.ndarray:
    """(h, w) bool: where rails lie in ``mask``, (h, w) bool, a track whose corner is (x0, y0) of the frame."""
    found = np.zeros_like(mask)
    rows = np.flatnonzero(mask.any(axis=1))
    rows = rows[rows + y0 + 0.5 - view.horizon > 2]
    if len(rows) < _LEAST:
        return found
    left = mask[rows].argmax(axis=1) + x0
    right = mask.shape[1] - mask[rows][:, ::-1].argmax(axis=1) + x0
    # An edge that the frame cuts off says nothing of where the track ends.
    lines = [_line(rows + y0 + 0.5, edge, edge != cut, view) for edge, cut in ((left, 0), (right, view.size[0]))]
    if any(line is None for line in lines):
        return found
    below = rows + y0 + 0.5 - view.horizon
    starts, ends = (np.polyval(line, rows + y0 + 0.5) for line in lines)
    metres = float(np.median((ends - starts) * view.eye / below))
    if metres < _TRACK:
        return found
    middles = (0.5,) if metres < _TWO else (0.25, 0.75)
    columns = np.arange(mask.shape[1])[None] + x0 + 0.5
    head = HEAD * (ends - starts) / metres
    for middle in middles:
        for side in (-0.5, 0.5):
            at = starts + (middle + side * GAUGE / metres) * (ends - starts)
            found[rows] |= (np.abs(columns - at[:, None]) <= head[:, None] / 2) & (head[:, None] >= _THIN)
    return found & mask


def _line(rows: np.ndarray, edge: np.ndarray, seen: np.ndarray, view: View) -> np.ndarray | None:
    """(2,) slope and intercept of an edge, column by row; None where it isn't straight."""
    rows, edge = rows[seen], edge[seen].astype(np.float64)
    for _ in range(4):
        if len(rows) < _LEAST:
            return None
        line = np.polyfit(rows, edge, 1)
        off = np.abs(np.polyval(line, rows) - edge)
        kept = off <= max(2.5 * float(np.median(off)), 1.0)
        if kept.all():
            break
        rows, edge = rows[kept], edge[kept]
    return line if np.abs(np.polyval(line, rows) - edge).max() <= _STRAY * view.size[0] else None
