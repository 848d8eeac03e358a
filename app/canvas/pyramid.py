"""A picture at full, half, quarter and eighth size, so that it draws fast and smooth at every zoom."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage

from core.opencv import cv2
from core.scene.regions import Box

LEVELS = 4


def halves(full: np.ndarray) -> list[np.ndarray]:
    """``full`` (H, W, 4) uint8 and its area-averaged halves. Safe on any thread."""
    levels = [full]
    while len(levels) < LEVELS and min(levels[-1].shape[:2]) > 1:
        levels.append(_half(levels[-1]))
    return levels


def bgrx(rgb: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 RGB -> (H, W, 4) uint8 as QImage.Format_RGB32 keeps it. Safe on any thread."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA)


class Pyramid:
    """The levels of a picture as QImages over NumPy's memory. Lives on the GUI thread."""

    def __init__(self, levels: list[np.ndarray]):
        self.levels = levels
        # A QImage made from a buffer doesn't keep it alive; self.levels does.
        self.images = [
            QImage(level.data, level.shape[1], level.shape[0], level.strides[0], QImage.Format.Format_RGB32)
            for level in levels
        ]

    @property
    def full(self) -> np.ndarray:
        """(H, W, 4) uint8; call :meth:`refresh` after writing into it."""
        return self.levels[0]

    def image_for(self, scale: float) -> QImage:
        """The image to draw at ``scale`` device pixels per full-size pixel."""
        level = 0
        while level + 1 < len(self.images) and scale * (1 << (level + 1)) <= 1.001:
            level += 1
        return self.images[level]

    def refresh(self, box: Box) -> None:
        """Bring the smaller levels up to date inside ``box`` of the full size."""
        x0, y0, x1, y1 = box
        for larger, smaller in zip(self.levels, self.levels[1:]):
            x0, y0 = x0 // 2, y0 // 2
            x1, y1 = min((x1 + 1) // 2, smaller.shape[1]), min((y1 + 1) // 2, smaller.shape[0])
            smaller[y0:y1, x0:x1] = _half(larger[2 * y0:2 * y1, 2 * x0:2 * x1])


def _half(picture: np.ndarray) -> np.ndarray:
    """Mean of every 2x2 block; an odd last row or column is repeated."""
    height, width = picture.shape[:2]
    if height % 2 or width % 2:
        picture = cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    size = (picture.shape[1] // 2, picture.shape[0] // 2)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], 4)
