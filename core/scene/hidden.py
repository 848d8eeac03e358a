"""What lies behind: pixels that belong to something but are covered by an object in front of it.

The label map is flat: one label at each pixel. So that an object which was put
over another can be taken away again, the scene remembers, beside its maps, what
each thing lost where an *object* was put over it (moved, pasted, stamped there)
and the pixels with which an object reaches out of the frame. Painting remembers
nothing: what the brush covers is gone.

* Taking an object away shows what was behind it; only where nothing is
  remembered is the gap filled with what surrounds it (``core.scene.surroundings``).
* An object moves with what it hides behind others, and stays behind them.
* Something whose last visible pixel goes is gone, with all that was remembered.
"""

from __future__ import annotations

from typing import Mapping

import numpy as np

from core.errors import SceneError
from core.scene.regions import Box

#: Coordinates reach this far out of the frame on every side.
REACH = 1 << 15
_STRIDE = 1 << 17

#: Remembered pixels that a file may hold, over all objects.
LIMIT = 1 << 27


class Hidden:
    """Hidden pixels of one instance value. Never changes.

    Attributes:
        keys: (N,) int64, ascending, each a pixel's packed place, see :func:`pack`.
        labels: (N,) uint8, label ids.
    """

    __slots__ = ("keys", "labels")

    def __init__(self, keys: np.ndarray, labels: np.ndarray):
        self.keys, self.labels = keys, labels
        for array in (keys, labels):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.keys)

    def __eq__(self, other) -> bool:
        return self is other or (
            isinstance(other, Hidden)
            and np.array_equal(self.keys, other.keys) and np.array_equal(self.labels, other.labels)
        )

    __hash__ = None

    @property
    def nbytes(self) -> int:
        return self.keys.nbytes + self.labels.nbytes

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """(x, y), each (N,) int64; outside the frame where an object reaches out of it."""
        return self.keys % _STRIDE - REACH, self.keys // _STRIDE - REACH

    def inside(self, size: tuple[int, int]) -> np.ndarray:
        """(N,) bool: which pixels lie in a frame of ``size`` (width, height)."""
        x, y = self.points()
        return (x >= 0) & (x < size[0]) & (y >= 0) & (y < size[1])

    def where(self, chosen: np.ndarray) -> "Hidden | None":
        """Those under a (N,) bool array; None for nothing."""
        if chosen.all():
            return self if len(self) else None
        return Hidden(self.keys[chosen], self.labels[chosen]) if chosen.any() else None


def pack(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Places of pixels as one number each, in reading order."""
    return (np.asarray(y, np.int64) + REACH) * _STRIDE + np.asarray(x, np.int64) + REACH


def of_mask(mask: np.ndarray, labels: np.ndarray, x0: int, y0: int) -> Hidden | None:
    """The pixels under a (H, W) bool mask whose top left pixel lies at (x0, y0); None for an empty one."""
    rows, columns = np.nonzero(mask)
    return of_points(columns + x0, rows + y0, labels[rows, columns])


def of_points(x: np.ndarray, y: np.ndarray, labels: np.ndarray) -> Hidden | None:
    """Pixels (N,) in reading order with their labels; None for none."""
    near = (x > -REACH) & (x < REACH * 3) & (y > -REACH) & (y < REACH * 3)
    return Hidden(pack(x, y)[near], labels.astype(np.uint8)[near]) if near.any() else None


def joined(first: Hidden | None, second: Hidden | None) -> Hidden | None:
    """Both together; where both know a pixel, ``second`` is right."""
    if first is None or second is None:
        return first or second
    keys = np.concatenate([second.keys, first.keys])
    keys, index = np.unique(keys, return_index=True)
    return Hidden(keys, np.concatenate([second.labels, first.labels])[index])


def without(hidden: Hidden | None, keys: np.ndarray) -> Hidden | None:
    """``hidden`` less the places in ``keys`` (ascending)."""
    if hidden is None or not keys.size:
        return hidden
    place = np.searchsorted(keys, hidden.keys)
    place[place == keys.size] = 0
    return hidden.where(keys[place] != hidden.keys)


def changes(old: Mapping[int, Hidden], new: Mapping[int, Hidden | None]):
    """(old entries, new entries) of the values whose memory differs; None for nothing."""
    before, after = {}, {}
    for value in sorted(old.keys() | new.keys()):
        a, b = old.get(value), new.get(value)
        if a is not b and not (a is not None and a == b):
            before[value], after[value] = a, b
    return before, after


def box_keys(box: Box) -> np.ndarray:
    """(H, W) int64: the packed places of all pixels of a box."""
    x0, y0, x1, y1 = box
    return pack(np.arange(x0, x1)[None, :], np.arange(y0, y1)[:, None])


# -- in files -----------------------------------------------------------------


def to_json(hidden: Mapping[int, Hidden]) -> dict:
    """Runs of equal labels in a row: value -> [[x, y, length, label], ...], all whole numbers."""
    found = {}
    for value, entry in sorted(hidden.items()):
        starts = np.flatnonzero(
            np.r_[True, (np.diff(entry.keys) != 1) | (np.diff(entry.labels.astype(np.int16)) != 0)]
        )
        lengths = np.diff(starts, append=len(entry))
        x, y = entry.points()
        runs = np.stack([x[starts], y[starts], lengths, entry.labels[starts].astype(np.int64)], 1)
        found[str(value)] = runs.tolist()
    return found


def from_json(data: Mapping[str, list], known: np.ndarray) -> dict[int, Hidden]:
    """The inverse of :func:`to_json`.

    Args:
        known: (256,) bool, the ids that labels may have.

    Raises:
        SceneError: when it is not of that form, or promises more than a street can hold.
    """
    found, left = {}, LIMIT
    try:
        for value, runs in data.items():
            runs = np.array(runs, np.int64).reshape(-1, 4)
            x, y, lengths, labels = runs.T
            places = np.concatenate([x, y, x + lengths])
            # Lengths first: beside 2^63 the sums would wrap round.
            ok = runs.size and ((lengths > 0) & (lengths < 2 * REACH)).all()
            ok = ok and (np.abs(places) < REACH).all() and (labels >= 0).all()
            if not ok or (labels > 255).any() or not known[labels].all():
                raise ValueError
            left -= int(lengths.sum())
            if left < 0:
                raise ValueError
            starts = np.cumsum(lengths) - lengths
            keys = np.repeat(pack(x, y) - starts, lengths) + np.arange(int(lengths.sum()))
            if (np.diff(keys) <= 0).any():
                raise ValueError
            found[int(value)] = Hidden(keys, np.repeat(labels, lengths).astype(np.uint8))
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise SceneError("What lies behind the objects of this street can't be read; open a backup of it.") from None
    return found
