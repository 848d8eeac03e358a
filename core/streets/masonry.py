"""Gathers walls, boxes and slabs into one mesh per surface and label.

A facade is drawn in its own frame: u to the right as seen from outside, z up,
n outward, all in metres. Everything is collected as arrays of quads, so that
a building of a thousand boxes is still a handful of parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.streets.parts import Part, Surface


@dataclass(frozen=True)
class Frame:
    """A facade's place: a point of its foot, its u direction and its outward normal, each (x, y)."""

    origin: tuple[float, float]
    u: tuple[float, float]
    n: tuple[float, float]
    base: float = 0.0

    def place(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) of (u, z, n) -> (..., 3) of x, y, z."""
        out = np.empty(points.shape)
        out[..., 0] = self.origin[0] + points[..., 0] * self.u[0] + points[..., 2] * self.n[0]
        out[..., 1] = self.origin[1] + points[..., 0] * self.u[1] + points[..., 2] * self.n[1]
        out[..., 2] = self.base + points[..., 1]
        return out


def walls_of(width: float, depth: float) -> dict[str, tuple[Frame, float]]:
    """The four walls of a box whose front lies on x = 0 and whose body reaches to x = -depth."""
    w = width / 2
    return {
        "front": (Frame((0, -w), (0, 1), (1, 0)), width),
        "left": (Frame((0, w), (-1, 0), (0, 1)), depth),
        "right": (Frame((-depth, -w), (1, 0), (0, -1)), depth),
        "back": (Frame((-depth, w), (0, -1), (-1, 0)), width),
    }


# Corners of a box as (low or high) of each axis, and its faces, counter-clockwise from outside.
_CORNERS = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)])
_FACES = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])


class Masonry:
    """Collects quads and polygons by (surface, label)."""

    def __init__(self):
        self._quads: dict[tuple[Surface, int], list[np.ndarray]] = {}

    def quads(self, surface: Surface, label: int, corners, frame: Frame | None = None) -> None:
        """(K, 4, 3) corners, counter-clockwise from outside, in ``frame`` or in x, y, z."""
        corners = np.asarray(corners, float).reshape(-1, 4, 3)
        if frame is not None:
            corners = frame.place(corners)
        self._quads.setdefault((surface, label), []).append(corners)

    def panel(self, surface, label, frame, u0, z0, u1, z1, n=0.0) -> None:
        """Upright rectangles facing outward; any bound may be an array of K."""
        u0, z0, u1, z1, n = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, float)) for v in (u0, z0, u1, z1, n)))
        corners = np.stack([np.stack(c, -1) for c in ((u0, z0, n), (u1, z0, n), (u1, z1, n), (u0, z1, n))], 1)
        self.quads(surface, label, corners, frame)

    def boxes(self, surface, label, frame, u0, z0, n0, u1, z1, n1) -> None:
        """Boxes between two corners (u, z, n); any bound may be an array of K."""
        low_high = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, float)) for v in (u0, z0, n0, u1, z1, n1)))
        low, high = np.stack(low_high[:3], -1), np.stack(low_high[3:], -1)
        corners = low[:, None] + (high - low)[:, None] * _CORNERS[None]
        self.quads(surface, label, corners[:, _FACES].reshape(-1, 4, 3), frame)

    def reveal(self, surface, label, frame, u0, z0, u1, z1, depth, back=0.0) -> None:
        """The four inner sides of openings ``depth`` deep, from the wall at ``back`` inward."""
        u0, z0, u1, z1, d, b = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(v, float)) for v in (u0, z0, u1, z1, -np.asarray(depth, float) + back, back))
        )
        def q(*points):
            return np.stack([np.stack(p, -1) for p in points], 1)
        self.quads(surface, label, np.concatenate([
            q((u0, z0, b), (u1, z0, b), (u1, z0, d), (u0, z0, d)),
            q((u0, z1, d), (u1, z1, d), (u1, z1, b), (u0, z1, b)),
            q((u0, z0, d), (u0, z1, d), (u0, z1, b), (u0, z0, b)),
            q((u1, z0, b), (u1, z1, b), (u1, z1, d), (u1, z0, d)),
        ]), frame)

    def storey(self, surface, label, frame, width, z0, z1, openings, n=0.0) -> None:
        """One storey of wall, z0..z1, around ``openings`` (K, 4) of u0, zb, u1, zt, in order of u, not overlapping."""
        openings = np.asarray(openings, float).reshape(-1, 4)
        if not len(openings):
            self.panel(surface, label, frame, 0, z0, width, z1, n)
            return
        left = np.concatenate([[0.0], openings[:, 2]])
        right = np.concatenate([openings[:, 0], [width]])
        keep = right - left > 1e-4
        self.panel(surface, label, frame, left[keep], z0, right[keep], z1, n)
        for low, high in ((z0, openings[:, 1]), (openings[:, 3], z1)):
            low, high = np.broadcast_arrays(low, high)
            keep = high - low > 1e-4
            if keep.any():
                self.panel(surface, label, frame, openings[keep, 0], low[keep], openings[keep, 2], high[keep], n)

    def parts(self) -> list[Part]:
        """One part per surface and label."""
        found = []
        for (surface, label), pieces in self._quads.items():
            corners = np.concatenate(pieces).astype(np.float32)
            faces = np.arange(len(corners) * 4, dtype=np.int32).reshape(-1, 4)
            found.append(Part(corners.reshape(-1, 3), faces, surface, label))
        return found
