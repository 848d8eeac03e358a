"""Hulls: the big smooth bodies of buses, trams, cabs and caravans.

A hull is a surface ``hull(p, z)``: ``p`` runs round it in plan (0 middle of
the front, 1 to 2 along the flank, 3 middle of the back; negative on the
right), ``z`` is the height in metres. Windows, doors and stripes are cells of
its grid, so that panes lie flush as they do on real coachwork.
"""

from __future__ import annotations

import numpy as np

from core.streets import glyphs
from core.streets.car_bodies import facing_out
from core.streets.vehicle_shapes import Curve, Mesh, facing, grid, joined, tidy


class Hull:
    """A closed body between ``x0`` (back) and ``x1`` (front).

    Args:
        x0, x1, width, sill, height: metres; ``sill`` and ``height`` are the
            heights of its lower edge and of its roof's rim.
        front, back, side: (z, inset) tables, metres: how far the outline lies
            inside the box at that height.
        nose, tail: how deep in x the rounded ends reach.
        nose_power, tail_power: of the ends' superellipses; larger is boxier.
        crown: how far the roof's middle lies above its rim.
        arches: wheel arches as (x, radius, axle height).
    """

    def __init__(self, x0, x1, width, sill, height, front, back, side, nose=0.45, tail=0.30,
                 nose_power=3.0, tail_power=4.5, crown=0.06, arches=()):
        self.x0, self.x1, self.half, self.sill, self.height = x0, x1, width / 2, sill, height
        self.front, self.back, self.side = Curve(front), Curve(back), Curve(side)
        self.x_nose, self.x_tail = x1 - nose, x0 + tail
        self.nose_power, self.tail_power, self.crown, self.arches = nose_power, tail_power, crown, tuple(arches)

    def p_of_x(self, x):
        return 1 + (self.x_nose - np.asarray(x, float)) / (self.x_nose - self.x_tail)

    def p_of_y(self, y, back: bool = False):
        """``p`` on the front (or back) at lateral position ``y``, by the widest outline."""
        power = self.tail_power if back else self.nose_power
        share = np.clip(np.abs(np.asarray(y, float)) / self.half, 0, 1)
        p = np.arcsin(share ** (power / 2)) / (np.pi / 2)
        p = 3 - p if back else p
        return np.where(np.asarray(y) < 0, -p, p)

    def __call__(self, p, z) -> np.ndarray:
        p, z = np.broadcast_arrays(np.asarray(p, float), np.asarray(z, float))
        sign, p = np.where(p < 0, -1.0, 1.0), np.abs(p)
        a, b = 2 / self.nose_power, 2 / self.tail_power
        nose, tail = np.clip(p, 0, 1) * np.pi / 2, np.clip(3 - p, 0, 1) * np.pi / 2
        front, back = self.x1 - self.front(z), self.x0 + self.back(z)
        x = np.where(
            p < 1, self.x_nose + (front - self.x_nose) * np.abs(np.cos(nose)) ** a,
            np.where(p > 2, self.x_tail + (back - self.x_tail) * np.abs(np.cos(tail)) ** b,
                     self.x_nose + (self.x_tail - self.x_nose) * np.clip(p - 1, 0, 1)),
        )
        share = np.where(p < 1, np.abs(np.sin(nose)) ** a, np.where(p > 2, np.abs(np.sin(tail)) ** b, 1.0))
        return np.stack([x, sign * (self.half - self.side(z)) * share, z], -1)

    def normal(self, p, z, step: float = 3e-3) -> np.ndarray:
        p, z = np.broadcast_arrays(np.asarray(p, float), np.asarray(z, float))
        n = np.cross(self(p, z + step) - self(p, z - step), self(p + step, z) - self(p - step, z))
        n /= np.linalg.norm(n, axis=-1, keepdims=True) + 1e-12
        out = np.stack([np.where(np.abs(p) < 1, 1.0, np.where(np.abs(p) > 2, -1.0, 0.0)), np.sign(p + 1e-9), 0 * p], -1)
        return n * np.where((n * out).sum(-1, keepdims=True) < 0, -1.0, 1.0)

    def columns(self, xs, nose=(0, 0.14, 0.28, 0.42, 0.56, 0.7, 0.85), tail=(0, 0.15, 0.3, 0.5, 0.7, 0.85)) -> np.ndarray:
        """``p`` of the left side's columns: the ends' samples, flank positions ``xs``, and the arches' own."""
        xs = [x for x in xs if self.x_tail + 0.01 < x < self.x_nose - 0.01]
        for axle, radius, _ in self.arches:
            xs = [x for x in xs if abs(x - axle) > radius + 0.015] + [axle + radius + 0.004, axle - radius - 0.004]
            xs += list(axle + radius * np.cos(np.linspace(0, np.pi, 11)))
        flank = self.p_of_x(np.array(sorted(set(np.round(xs, 4)), reverse=True)))
        back = 3 - np.array(tail)[::-1]
        return np.concatenate([np.array(nose, float), [1.0], flank, [2.0], back])

    def low(self, p):
        """Height of the lower edge at ``p``: the sill, or the arch."""
        x = self(p, self.sill)[:, 0]
        low = np.full(len(p), float(self.sill))
        for axle, radius, centre in self.arches:
            u = x - axle
            inside = (np.abs(u) <= radius + 1e-6) & (np.abs(p) >= 1) & (np.abs(p) <= 2)
            low = np.where(inside, np.maximum(low, centre + np.sqrt(np.clip(radius**2 - u**2, 0, None))), low)
        return low

    def meshes(self, columns: np.ndarray, rows, kind, roof_cells: int = 6) -> dict[str, Mesh]:
        """The hull cut up by ``kind(p, x, z) -> str``, asked at each cell's middle (p < 0 on the right).

        The roof, and what ``kind`` calls "body", are under "body"; the dark
        inside of the arches under "well".
        """
        rows = np.asarray(rows, float)
        loop_p = np.concatenate([columns, -columns[-2:0:-1]])
        low = self.low(loop_p)
        z = np.maximum(rows[None], low[:, None])
        points = self(loop_p[:, None], z)
        n = len(loop_p)
        p_next = np.roll(loop_p, -1)
        # the last column before the middle of the back continues to -3, the last of all to 0
        middle_p = np.where(np.abs(np.abs(loop_p) - np.abs(p_next)) > 0, np.sign(loop_p + p_next) * (np.abs(loop_p) + np.abs(p_next)) / 2, loop_p)
        middle = (points[:, :-1] + np.roll(points, -1, 0)[:, :-1] + points[:, 1:] + np.roll(points, -1, 0)[:, 1:]) / 4
        middle_z = (rows[:-1] + rows[1:]) / 2
        kinds = np.array([[kind(middle_p[i], middle[i, j, 0], middle_z[j]) for j in range(len(rows) - 1)] for i in range(n)], object)
        out = {}
        for name in sorted(set(kinds.reshape(-1))):
            if name != "body":
                out[name] = facing_out(tidy(grid(points, keep=kinds == name, close_rows=True)))
        body = facing_out(tidy(grid(points, keep=kinds == "body", close_rows=True)))
        rim = self(columns, rows[-1])
        share = np.linspace(1, -1, roof_cells + 1)
        roof = rim[:, None] * np.stack([np.ones_like(share), share, np.ones_like(share)], 1)[None]
        ends = np.clip(np.minimum(rim[:, 0] - rim[-1, 0], rim[0, 0] - rim[:, 0]) / 0.5, 0, 1)
        roof[..., 2] += self.crown * (1 - np.abs(share) ** 2.4)[None] * np.sqrt(ends)[:, None]
        out["body"] = tidy(joined(body, facing(grid(roof), (0, 0, 1))), 1e-5)
        wells = []
        for axle, radius, _ in self.arches:
            near = (columns >= 1) & (columns <= 2) & (np.abs(self(columns, self.sill)[:, 0] - axle) <= radius + 0.006)
            lip = points[: len(columns), 0][near]
            inside = lip * [1, 0, 1] + [0, self.half - 0.62, 0]
            well = facing(grid(np.stack([lip, inside])), (0, 0, -1))
            wells += [well, (well[0] * [1, -1, 1], well[1][:, ::-1])]
            wells.append(((np.array([[axle - radius, s * (self.half - 0.62), self.sill + dz] for s in (1, -1) for dz in (0.0, 1.0)] +
                                    [[axle + radius, s * (self.half - 0.62), self.sill + dz] for s in (1, -1) for dz in (0.0, 1.0)])),
                          np.array([[0, 1, 5], [0, 5, 4], [2, 6, 7], [2, 7, 3]])))
        if wells:
            out["well"] = joined(*wells)
        rim = self(columns, self.sill + 0.01) * [1, 0.99, 1]
        belly = np.stack([rim, rim * [1, -1, 1]])
        keep = np.ones((1, len(columns) - 1), bool)
        x = (rim[:-1, 0] + rim[1:, 0]) / 2
        for axle, radius, _ in self.arches:
            keep[0] &= np.abs(x - axle) > radius
        out["belly"] = facing(grid(belly, keep=keep), (0, 0, -1))
        return out

    def patch(self, p0, p1, z0, z1, offset: float = 0.006, columns: int = 6, rows: int = 3) -> Mesh:
        """A piece of the surface lifted by ``offset`` metres, its rim folded back."""
        p = np.broadcast_to(np.linspace(p0, p1, columns)[:, None], (columns, rows))
        z = np.broadcast_to(np.linspace(z0, z1, rows)[None], (columns, rows))
        return self._lifted(p, z, offset)

    def slanted(self, corners, offset: float = 0.004, columns: int = 6, rows: int = 3) -> Mesh:
        """A rimless patch (a stripe) with four (p, z) corners: low front, low back, high back, high front."""
        c = np.asarray(corners, float)
        u, v = np.linspace(0, 1, columns)[:, None, None], np.linspace(0, 1, rows)[None, :, None]
        pz = (1 - u) * (1 - v) * c[0] + u * (1 - v) * c[1] + u * v * c[2] + (1 - u) * v * c[3]
        points, normal = self(pz[..., 0], pz[..., 1]), self.normal(pz[..., 0], pz[..., 1])
        return facing(grid(points + normal * offset), normal.reshape(-1, 3).mean(0))

    def _lifted(self, p, z, offset):
        points, normal = self(p, z), self.normal(p, z)
        columns, rows = p.shape
        full = np.empty((columns + 2, rows + 2, 3))
        full[1:-1, 1:-1] = points + normal * offset
        sunk = points - normal * 0.004
        full[0, 1:-1], full[-1, 1:-1], full[1:-1, 0], full[1:-1, -1] = sunk[0], sunk[-1], sunk[:, 0], sunk[:, -1]
        full[0, 0], full[0, -1], full[-1, 0], full[-1, -1] = sunk[0, 0], sunk[0, -1], sunk[-1, 0], sunk[-1, -1]
        return facing(grid(full), normal.reshape(-1, 3).mean(0))

    def line(self, p, z, width=0.012, offset=0.002) -> Mesh:
        """A narrow band along points of the surface."""
        p, z = np.broadcast_arrays(np.asarray(p, float), np.asarray(z, float))
        points, normals = self(p, z), self.normal(p, z)
        tangent = np.gradient(points, axis=0)
        side = np.cross(tangent, normals)
        side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-12
        middle = points + normals * offset
        return facing(grid(np.stack([middle - side * width / 2, middle + side * width / 2])), normals.mean(0))


def lettering(hull: Hull, text: str, y0: float, y1: float, z: float, tall: float, offset: float = 0.006, back: bool = False) -> Mesh:
    """``text`` across the front (or back), read from ``y0`` to ``y1``, its foot at ``z``; smaller where it would be longer."""
    strokes = glyphs.written(text, tall, abs(y1 - y0))
    p = hull.p_of_y((y0 + y1) / 2 + np.sign(y1 - y0) * strokes[..., 0], back)
    heights = z + tall / 2 + strokes[..., 1]
    corners = hull(p, heights) + hull.normal(p, heights) * offset
    pieces = [(four, np.array([[0, 1, 2], [0, 2, 3]])) for four in corners]
    return facing(joined(*pieces), (-1, 0, 0) if back else (1, 0, 0))
