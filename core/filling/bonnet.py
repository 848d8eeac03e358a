"""What the bonnet of the car that carries the camera mirrors: the street ahead, upside down and pressed flat."""

from __future__ import annotations

import numpy as np

#: Width of the window, as a share of the frame's, in which the bonnet's edge is the row where most columns begin: an emblem is no edge.
_EDGE = 0.16
#: A bonnet mirrors so many rows of the street in one of its own.
_PRESSED = 4.0
#: Near its edge it falls off and mirrors the road, rows as a share of the frame's height.
_RIM = 0.012


def mirrored(mask: np.ndarray, horizon: float, size: tuple[int, int]) -> np.ndarray:
    """(h, w) int64: the frame's row that each pixel of a bonnet mirrors, in its own column; -1 for the road ahead and outside ``mask``.

    Args:
        mask: (h, w) bool, over a box of the frame. horizon: its row in the frame. size: (width, height) of the frame.
    """
    width, height = size
    columns = mask.any(axis=0)
    first = np.where(columns, mask.argmax(axis=0), mask.shape[0])
    reach = int(_EDGE * width) // 2
    padded = np.pad(first, reach, mode="edge")
    # The highest edge that holds for most of a window; a bonnet is lower at its sides, so that its own columns stay.
    usual = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1)
    edge = np.maximum(first, np.minimum(usual, mask.shape[0]))
    below = np.arange(mask.shape[0])[:, None] - edge[None]
    rim = _RIM * height
    row = horizon - 1 - _PRESSED * np.maximum(below - rim, 0.0)
    return np.where(mask & (below >= rim), np.clip(row, 0, height - 1), -1).astype(np.int64)
