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


#: Linear light of sRGB's 8-bit values (IEC 61966-2-1), and X, Y and Z of linear red, green and blue under D65.
_LINEAR = np.array([v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in np.arange(256) / 255])
_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
#: Of white's, so that grey has neither a nor b.
_RELATIVE = (_XYZ / _XYZ.sum(1, keepdims=True)).T


def lab(colours: np.ndarray) -> np.ndarray:
    """(..., 3) float32 CIE 1976 L*, a*, b* of sRGB colours (..., 3), uint8 or float of 0..255.

    By the formula: OpenCV's tables of it are off by up to 0.7 between two like colours.
    """
    if colours.dtype == np.uint8:
        linear = _LINEAR.astype(np.float32)[colours]
    else:
        v = colours / 255
        linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)
    xyz = linear @ _RELATIVE.astype(np.float32)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 / 116) * xyz + np.float32(16 / 116))
    found = np.empty_like(f)
    found[..., 0] = 116 * f[..., 1] - 16
    found[..., 1] = 500 * (f[..., 0] - f[..., 1])
    found[..., 2] = 200 * (f[..., 1] - f[..., 2])
    return found


def delta_e(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(...) float32 CIE 1976 colour differences of (..., 3) uint8 sRGB pictures.

    About 2.3 is just noticeable.
    """
    return np.linalg.norm(lab(a) - lab(b), axis=-1)


def mean_colour_difference(a: np.ndarray, b: np.ndarray, mask: np.ndarray) -> float:
    """CIE 1976 difference of the mean colours of two pictures under a bool mask."""
    means = [image[mask].astype(np.float64).mean(0) for image in (a, b)]
    return float(delta_e(*means))


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
