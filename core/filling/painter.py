"""Panels of a wall painted on a label map: projected, cut by the openings they are seen through, left out where too small.

Seen by a level camera, a rectangle on an upright wall along the road stays one in other
coordinates: the distance ``s`` in columns from the vanishing point, and the slope ``k`` of
the line through it, y = horizon - k s. For a wall that faces the camera ``s`` is the focal
length everywhere. So what is seen through an opening is found by comparing numbers.
"""

from __future__ import annotations

from typing import Iterable

import numpy as np

from core.filling.panel import Group
from core.filling.walls import Wall
from core.labels import STREETS, LabelSet
from core.opencv import cv2

#: Smallest sides in pixels: of an opening, of a frame's members (thinner ones would crumble), of anything else.
WINDOW, FINE, THIN = 3.0, 0.7, 1.3

_OPENINGS = ("window", "door", "shopfront")
_FINE = ("window frame", "shop frame", "shop lettering")

#: Nearest point of a wall along the road that is painted, in metres ahead.
_NEAREST = 0.5

#: Shares of a panel that may be missing: cut off by the sky, hidden by anything else.
_CUT, _HIDDEN = 0.06, 0.8

#: A window's jamb hides at most this share of its glass.
_REVEALED = 0.4

#: What stands out so far, in metres, may be seen before the next house.
_STANDS_OUT = 0.3

_EVERYWHERE = (np.nan,) * 4


class Painter:
    """Paints panels on ``canvas``, (h, w) uint8 part labels, and whose they are on ``owners``, (h, w) int32.

    Args:
        corner: (x, y) of the canvas in the frame.
        mask: (h, w) bool, the building's pixels. cut: (h, w) bool, where it ends: the sky, and other buildings.
    """

    def __init__(
        self, canvas: np.ndarray, owners: np.ndarray, corner: tuple[int, int], wall: Wall, mask: np.ndarray, cut: np.ndarray,
        label_set: LabelSet,
    ):
        self.canvas, self.owners, self.wall = canvas, owners, wall
        self.corner = corner
        self._mask, self._cut = (cv2.integral(np.ascontiguousarray(area).view(np.uint8)) for area in (mask, cut))
        self._ids = {label.name: label.id for label in label_set}

    def paint(self, groups: Iterable[Group], u0: float, u1: float, flip: bool, owner: int) -> None:
        """Panels one over the other; none of a group where its main one can't be shown.

        Args:
            u0, u1: ends of the house on the wall, whose own coordinates run from 0, and from ``u1`` back where ``flip``.
        """
        panels, mains = [], []
        for group in groups:
            mains += [len(panels) + group.main] * len(group.panels)
            panels += group.panels
        if not panels:
            return
        labels = np.array([self._label(panel.what) for panel in panels])
        numbers = np.array([(*panel[1:8], *(panel.hole or _EVERYWHERE), *panel.lean) for panel in panels])
        across, lean = numbers[:, [0, 1, 7, 8]], numbers[:, 11:]
        across = u1 - across[:, [1, 0, 3, 2]] if flip else u0 + across
        lean = lean[:, ::-1] if flip else lean
        up, out, whole, thick = numbers[:, [2, 3, 9, 10]], numbers[:, 4], numbers[:, 5] > 0, numbers[:, 6]
        corners, shown = self._corners(across, up, out, thick, whole)
        leaning = np.flatnonzero(lean.any(axis=1))
        corners[leaning] = self._leaning(across[leaning], up[leaning], out[leaning], lean[leaning])
        strokes = [number for number, panel in enumerate(panels) if panel.quad]
        if strokes:
            corners[strokes] = self._strokes(np.array([panels[number].quad for number in strokes]), out[strokes], u0, u1, flip)
        corners -= self.corner
        fine = np.array([panel.what in _FINE for panel in panels])
        opening = np.array([panel.what in _OPENINGS for panel in panels]) & whole
        limit = np.where(opening, WINDOW - 0.6, np.where(fine, FINE, THIN))
        shown &= self._large_enough(corners, limit, strokes) & self._stands_free(corners, whole)
        shown &= shown[mains] & (labels > 0)
        places = np.rint(np.clip(_inset(corners), -30000, 30000) * 16).astype(np.int32)
        stands_out = out + thick + lean.max(axis=1) > _STANDS_OUT
        for number in np.flatnonzero(shown).tolist():
            cv2.fillConvexPoly(self.canvas, places[number], int(labels[number]), cv2.LINE_8, 4)
            if stands_out[number]:
                cv2.fillConvexPoly(self.owners, places[number], owner, cv2.LINE_8, 4)

    def _label(self, name: str) -> int:
        """Id of a part; where the label set lacks it, of the one that it lies within, or of its class."""
        if name not in self._ids:
            self._ids[name] = self._label(STREETS[int(STREETS.outer[STREETS.named(name).id])].name)
        return self._ids[name]

    def _corners(self, across, up, out, thick, whole) -> tuple[np.ndarray, np.ndarray]:
        """((N, 4, 2) pixels of the frame, (N,) whether anything is seen), corners as u0 below, u1 below, u1, u0 above."""
        wall, view = self.wall, self.wall.view
        u0, u1, hole0, hole1 = across.T
        shown = np.ones(len(across), bool)
        if wall.side:
            shown = (u0 >= _NEAREST) | ~whole & (u1 > _NEAREST)  # the rest lies beside or behind the camera
            u0, u1, hole0, hole1 = (np.maximum(u, _NEAREST) for u in (u0, u1, hole0, hole1))
            depth = self._seen_into(hole0, hole1, out)
            out, thick = out * depth, thick * depth
        back, front = wall.distance - out, wall.distance - out - thick
        low, high = (up[:, 0] - view.eye), (up[:, 1] - view.eye)
        k0, k1 = np.minimum(low / back, low / front), np.maximum(high / back, high / front)
        if wall.side:
            # s of the near and of the far end.
            near, far = view.focal * np.maximum(back, front) / u0, view.focal * np.minimum(back, front) / u1
            near = np.fmin(near, view.focal * wall.distance / hole0)
            far = np.fmax(far, view.focal * wall.distance / hole1)
            shown &= near > far
            s0, s1 = near, far
            x0, x1 = view.vanishing + wall.side * near, view.vanishing + wall.side * far
        else:
            # u of both ends in the picture, in focal lengths.
            x0, x1 = np.minimum(u0 / back, u0 / front), np.maximum(u1 / back, u1 / front)
            x0, x1 = np.fmax(x0, hole0 / wall.distance), np.fmin(x1, hole1 / wall.distance)
            shown &= x1 > x0
            s0 = s1 = np.full(len(x0), view.focal)
            x0, x1 = view.vanishing + view.focal * x0, view.vanishing + view.focal * x1
        k0 = np.fmax(k0, (up[:, 2] - view.eye) / wall.distance)
        k1 = np.fmin(k1, (up[:, 3] - view.eye) / wall.distance)
        shown &= k1 > k0
        y = view.horizon - np.stack([k0 * s0, k0 * s1, k1 * s1, k1 * s0], axis=1)
        return np.stack([np.stack([x0, x1, x1, x0], axis=1), y], axis=-1), shown

    def _seen_into(self, hole0: np.ndarray, hole1: np.ndarray, out: np.ndarray) -> np.ndarray:
        """(N,) share of an opening's depth that is painted: less where a jamb would hide too much of what is in it."""
        focal, distance = self.wall.view.focal, self.wall.distance
        wide = focal * distance * (1 / hole0 - 1 / hole1)
        hidden = focal * np.maximum(-out, 1e-9) / hole1
        most = np.clip(np.minimum(_REVEALED, 1 - WINDOW / np.maximum(wide, 1e-6)), 0, None) * wide
        return np.where(out < 0, np.fmin(most / hidden, 1.0), 1.0)

    def _leaning(self, across, up, out, lean) -> np.ndarray:
        u = across[:, [0, 1, 1, 0]]
        if self.wall.side:
            u = np.maximum(u, _NEAREST)
        outs = out[:, None] + np.concatenate([lean, np.zeros_like(lean)], axis=1)
        return self.wall.project(u, up[:, [0, 0, 1, 1]], np.minimum(outs, 0.9 * self.wall.distance))

    def _strokes(self, quads: np.ndarray, out: np.ndarray, u0: float, u1: float, flip: bool) -> np.ndarray:
        """(N, 4, 2) pixels of ``quads`` (N, 4, 2), corners (u, up) in the house's own coordinates."""
        u = u1 - quads[..., 0] if flip else u0 + quads[..., 0]
        return self.wall.project(np.maximum(u, _NEAREST) if self.wall.side else u, quads[..., 1], out[:, None])

    def _large_enough(self, corners: np.ndarray, limit: np.ndarray, strokes: list[int]) -> np.ndarray:
        wide = np.ptp(corners[..., 0], axis=1)
        tall = np.maximum(np.abs(corners[:, 0, 1] - corners[:, 3, 1]), np.abs(corners[:, 1, 1] - corners[:, 2, 1]))
        tall[strokes] = np.ptp(corners[strokes, :, 1], axis=1)  # their corners begin anywhere
        rows, columns = self.canvas.shape
        low, high = corners.min(axis=1), corners.max(axis=1)
        inside = (low < (columns, rows)).all(axis=1) & (high > 0).all(axis=1)
        return (wide >= limit) & (tall >= limit) & inside

    def _stands_free(self, corners: np.ndarray, whole: np.ndarray) -> np.ndarray:
        """(N,) bool: False for what must be whole and is cut off, or hidden altogether."""
        rows, columns = self.canvas.shape
        limits = np.array((columns, rows))
        x0, y0 = np.clip(np.floor(corners.min(axis=1)), 0, limits).astype(int).T
        x1, y1 = np.clip(np.ceil(corners.max(axis=1)), 0, limits).astype(int).T
        area = (x1 - x0) * (y1 - y0)

        def within(integral):
            return integral[y1, x1] - integral[y0, x1] - integral[y1, x0] + integral[y0, x0]

        free = (within(self._cut) <= _CUT * area) & (within(self._mask) >= (1 - _HIDDEN) * area)
        return ~whole | free


def _inset(corners: np.ndarray) -> np.ndarray:
    """A polygon is painted with its outline, so its right and lower edges end a pixel earlier."""
    inset = corners.copy()
    x, y = corners[..., 0], corners[..., 1]
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    inset[..., 0] -= (x > (low + high) / 2) * np.minimum(high - low, 1)
    for below, above in ((0, 3), (1, 2)):
        tall = np.clip(y[:, below] - y[:, above], 0, 1)
        inset[:, below, 1] -= tall
    return inset
