"""Measuring an instance map: what is in it, where, and how large."""

from __future__ import annotations

from typing import Iterator, NamedTuple

import numpy as np

from core.opencv import cv2

#: (x0, y0, x1, y1) in pixels, x1 and y1 exclusive.
Box = tuple[int, int, int, int]


class Measured(NamedTuple):
    """Every value of a map: values (N,) ascending, areas (N,), boxes (N, 4) as x0, y0, x1, y1."""

    values: np.ndarray
    areas: np.ndarray
    boxes: np.ndarray


def measure(map_2d: np.ndarray) -> Measured:
    """Area and bounding box of every value of a (H, W) integer map.

    Works on runs of equal values in a row: a street has some ten thousand runs
    where it has millions of pixels, so this is far cheaper than sorting pixels.
    """
    height, width = map_2d.shape
    starts_here = np.ones((height, width), bool)
    np.not_equal(map_2d[:, 1:], map_2d[:, :-1], out=starts_here[:, 1:])
    starts = np.flatnonzero(starts_here)
    lengths = np.diff(starts, append=height * width)
    rows, left = np.divmod(starts, width)
    values = np.ascontiguousarray(map_2d).reshape(-1)[starts]

    order = np.argsort(values, kind="stable")
    values = values[order]
    first = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    rows, left, lengths = rows[order], left[order], lengths[order]
    boxes = np.stack(
        [
            np.minimum.reduceat(left, first),
            np.minimum.reduceat(rows, first),
            np.maximum.reduceat(left + lengths, first),
            np.maximum.reduceat(rows, first) + 1,
        ],
        axis=1,
    )
    return Measured(values[first], np.add.reduceat(lengths, first), boxes)


def union(first: Box | None, second: Box | None) -> Box | None:
    """The smallest box around both; None stands for nothing."""
    if first is None or second is None:
        return first or second
    return (
        min(first[0], second[0]), min(first[1], second[1]),
        max(first[2], second[2]), max(first[3], second[3]),
    )


def clip(box: Box, size: tuple[int, int]) -> Box | None:
    """``box`` cut to a frame of ``size`` (width, height); None where nothing is left."""
    x0, y0 = max(box[0], 0), max(box[1], 0)
    x1, y1 = min(box[2], size[0]), min(box[3], size[1])
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def mask_box(mask: np.ndarray) -> Box | None:
    """The tight box around the true pixels of a (H, W) bool mask; None for an empty one."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not rows.size:
        return None
    y0, y1 = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(mask[y0:y1].any(axis=0))
    return int(columns[0]), y0, int(columns[-1]) + 1, y1


def pieces(mask: np.ndarray) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
    """(slices of its box, (h, w) bool mask within that) of each connected piece of a (H, W) bool mask."""
    count, which, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    for number in range(1, count):
        x, y, width, height, _ = stats[number].tolist()
        box = np.s_[y:y + height, x:x + width]
        yield box, which[box] == number
