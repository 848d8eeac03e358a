"""Silhouettes cut into upright strips, and strips stood up in the street as prisms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.shadows.prisms import Prisms
from core.shadows.street import Street

#: A silhouette is cut into about this many strips, none wider than so many pixels.
_COUNT, _WIDEST = 56, 10


@dataclass(frozen=True)
class Strips:
    """N upright strips of a silhouette, in pixels of the frame (edges, not centres).

    Attributes:
        left, right: (N,) columns.
        top_left, top_right: (N,) rows in which they begin. bottom: (N,) rows in which they end.
        lowest: (N,) bool, whether nothing of the silhouette lies below.
    """

    left: np.ndarray
    right: np.ndarray
    top_left: np.ndarray
    top_right: np.ndarray
    bottom: np.ndarray
    lowest: np.ndarray

    def __len__(self) -> int:
        return len(self.left)

    def only(self, which: np.ndarray) -> "Strips":
        return Strips(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def strips(mask: np.ndarray, x0: int, y0: int, least: int = 2, count: int = _COUNT) -> Strips:
    """The strips of (h, w) bool ``mask`` at (x0, y0); those of fewer than ``least`` rows are left out."""
    wide = mask.shape[1]
    step = min(max(1, -(-wide // count)), _WIDEST)
    edges = np.arange(0, wide, step)
    ends = np.minimum(edges + step, wide)
    share = np.add.reduceat(mask.astype(np.uint8), edges, axis=1, dtype=np.int32)
    solid = 2 * share >= (ends - edges)
    padded = np.zeros((mask.shape[0] + 2, len(edges)), np.int8)
    padded[1:-1] = solid
    turns = np.diff(padded, axis=0).T
    which, top = np.nonzero(turns > 0)
    bottom = np.nonzero(turns < 0)[1]
    lowest = np.append(which[1:] != which[:-1], True)[:len(which)]
    highest = np.append(True, which[1:] != which[:-1])[:len(which)]
    # The outline goes on from strip to strip where it is no more than steep.
    outline = np.full(len(edges) + 2, np.nan)
    outline[which[highest] + 1] = top[highest]
    middle = (outline[1:] + outline[:-1]) / 2
    middle[~(np.abs(np.diff(outline)) <= 3 * step)] = np.nan
    left = np.where(highest & ~np.isnan(middle[which]), middle[which], top)
    right = np.where(highest & ~np.isnan(middle[which + 1]), middle[which + 1], top)
    found = Strips(edges[which] + x0, ends[which] + x0, left + y0, right + y0, bottom + y0, lowest)
    return found.only(bottom - top >= least)


def stood(street: Street, cut: Strips, left, right, front, back, grounded) -> Prisms:
    """Strips stood up in the street.

    Args:
        left, right: (N,) or one depth, metres ahead, at which their left and right edges are seen.
        front, back: (N, 2), (N,) or one depth, metres, from which and to which the prisms reach at these edges.
        grounded: (N,) bool, those that reach down to the ground whatever is seen.
    """
    count = len(cut)
    seen = np.stack(np.broadcast_arrays(left, right, np.zeros(count))[:2], axis=1).astype(np.float64)
    front, back = (_edges(depth, count) for depth in (front, back))
    aside = street.aside(np.stack([cut.left, cut.right], axis=1), seen)
    top = street.up(np.stack([cut.top_left, cut.top_right], axis=1), seen)
    low = street.up(cut.bottom[:, None], seen)
    low = np.where(np.asarray(grounded)[:, None], 0.0, np.maximum(low, 0.0))
    top = np.maximum(top, low)
    order = [0, 1, 1, 0]
    depth = np.stack([front[:, 0], front[:, 1], back[:, 1], back[:, 0]], axis=1)
    foot = np.stack([aside[:, order], depth], axis=-1)
    return Prisms(foot, low[:, order], top[:, order])


def _edges(depth, count: int) -> np.ndarray:
    depth = np.asarray(depth, np.float64)
    return np.broadcast_to(depth[:, None] if depth.ndim == 1 else depth, (count, 2))
