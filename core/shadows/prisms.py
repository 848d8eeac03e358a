"""Shadows of upright prisms on flat ground, drawn in perspective.

A point ``up`` metres above the ground at (aside, depth) casts its shadow on

    (aside, depth) - up * cot(elevation) * (sin(azimuth), cos(azimuth)).

What stands on the ground is cut into thin prisms. Each is the hull of its eight corners, so
its shadow is the hull of theirs; perspective takes hulls to hulls, and a street's shadow is
the union of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

import numpy as np

from core.filling.view import View
from core.opencv import cv2
from core.shadows.sun import Sun

#: Corners are drawn to 1 / 2 ** _SHIFT pixels.
_SHIFT = 4

#: Nothing is drawn this many pixels from the frame or further.
_REACH = 1 << 16


@dataclass(frozen=True)
class Prisms:
    """N upright prisms.

    Attributes:
        foot: (N, 4, 2) metres aside and ahead of their corners.
        low, top: (N, 4) metres above the ground at which they begin and end there.
    """

    foot: np.ndarray
    low: np.ndarray
    top: np.ndarray

    def __len__(self) -> int:
        return len(self.foot)


def joined(several: Iterable[Prisms]) -> Prisms:
    """All of them in one."""
    several = [one for one in several if len(one)]
    if not several:
        return Prisms(np.zeros((0, 4, 2)), np.zeros((0, 4)), np.zeros((0, 4)))
    return Prisms(*(np.concatenate([getattr(one, name) for one in several]) for name in ("foot", "low", "top")))


def shade(prisms: Prisms, sun: Sun, view: View) -> np.ndarray:
    """(H, W) bool: where the shadow of any of them would fall, were all below the horizon flat ground."""
    width, height = view.size
    mask = np.zeros((height, width), np.uint8)
    if not len(prisms) or view.horizon >= height - 1:
        return mask > 0
    # Nearer ground than this lies below the frame.
    near = view.focal * view.eye / (height + 2 - view.horizon)
    points = _shadows(prisms, sun)
    depth = points[..., 1]
    seen = depth.max(axis=1) > near
    crossing = seen & (depth.min(axis=1) < near)
    # First those that lie before the camera as a whole, which are most.
    whole = _projected(points[seen & ~crossing], view)
    inside = (
        (whole[..., 0].max(axis=1) > -2) & (whole[..., 0].min(axis=1) < width + 2)
        & (whole[..., 1].max(axis=1) > view.horizon) & (whole[..., 1].min(axis=1) < height + 2)
    )
    for corners in whole[inside].astype(np.float32):
        _fill(mask, corners)
    for corners in points[crossing]:
        _fill(mask, _projected(_cut(corners, near), view).astype(np.float32))
    return mask > 0


def _shadows(prisms: Prisms, sun: Sun) -> np.ndarray:
    """(N, 8, 2) metres: where their corners' shadows lie on the ground."""
    drift = np.array(sun.drift)
    low, top = (np.maximum(up, 0)[..., None] * drift for up in (prisms.low, prisms.top))
    return np.concatenate([prisms.foot + low, prisms.foot + top], axis=1)


def _projected(points: np.ndarray, view: View) -> np.ndarray:
    """(..., 2) pixels of points on the ground, for OpenCV, whose pixels have their centres at whole numbers."""
    seen = view.project(points[..., 0], points[..., 1], 0.0) - 0.5
    return np.clip(seen, -_REACH, _REACH)


def _cut(corners: np.ndarray, near: float) -> np.ndarray:
    """(M, 2) corners of the hull of (8, 2) ``corners`` where it is at least ``near`` metres ahead."""
    ahead = corners[:, 1] >= near
    first, second = (corners[which][:, None] for which in (ahead, ~ahead))
    second = second.reshape(1, -1, 2)
    share = (first[..., 1] - near) / (first[..., 1] - second[..., 1])
    between = first + share[..., None] * (second - first)
    between[..., 1] = near
    return np.concatenate([corners[ahead], between.reshape(-1, 2)])


def _fill(mask: np.ndarray, corners: np.ndarray) -> None:
    hull = cv2.convexHull(corners)
    cv2.fillConvexPoly(mask, np.rint(hull * (1 << _SHIFT)).astype(np.int32), 1, shift=_SHIFT)
