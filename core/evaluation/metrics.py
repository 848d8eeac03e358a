"""Distances between two pictures."""

from __future__ import annotations

import numpy as np

from core.opencv import cv2


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB of two uint8 pictures; infinite when equal."""
    error = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Structural similarity of the luma of two (H, W, 3) uint8 RGB pictures, -1..1.

    Wang et al. 2004, eq. 13: 11x11 Gaussian window of sigma 1.5, K1 = 0.01,
    K2 = 0.03, averaged over the places where the window fits.
    """
    x = cv2.cvtColor(a, cv2.COLOR_RGB2GRAY).astype(np.float64)
    y = cv2.cvtColor(b, cv2.COLOR_RGB2GRAY).astype(np.float64)

    def blur(image):
        return cv2.GaussianBlur(image, (11, 11), 1.5)[5:-5, 5:-5]

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mx, my = blur(x), blur(y)
    vx, vy, vxy = blur(x * x) - mx * mx, blur(y * y) - my * my, blur(x * y) - mx * my
    value = (2 * mx * my + c1) * (2 * vxy + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    return float(value.mean())


def delta_e(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(H, W) float32 CIE 1976 colour difference of two (H, W, 3) uint8 sRGB pictures.

    About 2.3 is just noticeable.
    """

    def lab(image):
        return cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)

    return np.linalg.norm(lab(a) - lab(b), axis=-1).astype(np.float32)


def mean_colour_difference(a: np.ndarray, b: np.ndarray, mask: np.ndarray) -> float:
    """CIE 1976 difference of the mean colours of two pictures under a bool mask."""
    means = [image[mask].astype(np.float32).mean(0).reshape(1, 1, 3) for image in (a, b)]
    lab = [cv2.cvtColor(m / 255, cv2.COLOR_RGB2Lab) for m in means]
    return float(np.linalg.norm(lab[0] - lab[1]))


def confusion(predicted: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    """(classes, classes) counts, rows the truth; values are class numbers 0..classes-1."""
    index = truth.reshape(-1).astype(np.int64) * classes + predicted.reshape(-1)
    return np.bincount(index, minlength=classes * classes).reshape(classes, classes)


def mean_iou(matrix: np.ndarray, present: np.ndarray | None = None) -> float:
    """Mean intersection over union of the classes that occur in the truth (or in ``present``)."""
    hits = np.diag(matrix)
    union = matrix.sum(0) + matrix.sum(1) - hits
    if present is None:
        present = matrix.sum(1) > 0
    return float(np.mean(hits[present] / np.maximum(union[present], 1)))
