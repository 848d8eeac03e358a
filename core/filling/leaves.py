"""Light and dark in the crowns of trees: the masses of leaves that the sky's light doesn't reach.

A crown is lit from above and closed towards its foot; within it twigs part
lighter from darker masses, of several sizes one in another.
"""

from __future__ import annotations

import numpy as np

from core.opencv import cv2

#: Sizes of the masses, in shares of the frame's height, and how much each counts: so light and dark change from
#: pixel to pixel as in the project's own streets at 2048x1024 (correlations at 1, 4 and 16 pixels 0.8, 0.45, 0.17).
_MASSES = ((0.002, 0.4), (0.005, 1.0), (0.014, 0.8), (0.040, 0.7))

#: How much darker a crown's foot is than its top, and how dark it is in all: at 0 half of it lies in shade.
_FALL, _DARK = 1.6, 0.7


def twigs(size: tuple[int, int], seed: int) -> np.ndarray:
    """(H, W) float32: how closed the leaves are at each place of the frame, around 0; the same for the same seed.

    Args:
        size: (width, height) of the frame.
    """
    width, height = size
    rng = np.random.default_rng([seed & 0xFFFFFFFF, 21])
    total = np.zeros((height, width), np.float32)
    for share, weight in _MASSES:
        grain = max(share * height, 1.0)
        coarse = rng.normal(size=(int(height / grain) + 2, int(width / grain) + 2)).astype(np.float32)
        total += weight * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return total


def in_shade(crown: np.ndarray, closed: np.ndarray) -> np.ndarray:
    """(h, w) bool: the leaves of a crown that lie in shade.

    Args:
        crown: (h, w) bool. closed: (h, w) float32, of :func:`twigs` there.
    """
    depth = np.cumsum(crown, axis=0) / np.maximum(crown.sum(axis=0), 1)
    return crown & (closed + _FALL * (depth - 0.5) > -_DARK)
