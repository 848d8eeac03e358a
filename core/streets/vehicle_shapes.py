"""Small mesh tools for vehicles: grids, lathes, tubes, curves and a bag that gathers parts.

A *mesh* here is a pair ``(vertices (N, 3) float64 metres, triangles (M, 3) int64)``.
"""

from __future__ import annotations

import numpy as np

from core.streets.parts import Part, Surface

Mesh = tuple[np.ndarray, np.ndarray]


class Curve:
    """A monotone cubic through points (Fritsch and Carlson 1980): no overshoot between them.

    Beyond the ends the curve keeps its end value.
    """

    def __init__(self, points):
        table = np.asarray(sorted(points), float)
        self.x, self.y = table[:, 0], table[:, 1]
        step = np.diff(self.x)
        slope = np.diff(self.y) / step
        tangent = np.zeros_like(self.y)
        if len(slope) > 1:
            same = slope[:-1] * slope[1:] > 0
            w0, w1 = 2 * step[1:] + step[:-1], step[1:] + 2 * step[:-1]
            with np.errstate(divide="ignore", invalid="ignore"):
                harmonic = (w0 + w1) / (w0 / slope[:-1] + w1 / slope[1:])
            tangent[1:-1] = np.where(same, harmonic, 0.0)
        tangent[0], tangent[-1] = slope[0], slope[-1]
        self.tangent = tangent

    def __call__(self, x):
        x = np.clip(np.asarray(x, float), self.x[0], self.x[-1])
        i = np.clip(np.searchsorted(self.x, x, side="right") - 1, 0, len(self.x) - 2)
        h = self.x[i + 1] - self.x[i]
        t = (x - self.x[i]) / h
        t2, t3 = t * t, t * t * t
        return (
            (2 * t3 - 3 * t2 + 1) * self.y[i]
            + (t3 - 2 * t2 + t) * h * self.tangent[i]
            + (3 * t2 - 2 * t3) * self.y[i + 1]
            + (t3 - t2) * h * self.tangent[i + 1]
        )


def grid_faces(rows: int, columns: int, close_rows=False, close_columns=False) -> np.ndarray:
    """(F, 4) quads of a rows x columns grid of vertices, row-major."""
    i = np.arange(rows if close_rows else rows - 1)
    j = np.arange(columns if close_columns else columns - 1)
    i, j = (a.reshape(-1) for a in np.meshgrid(i, j, indexing="ij"))
    i1, j1 = (i + 1) % rows, (j + 1) % columns
    return np.stack([i * columns + j, i1 * columns + j, i1 * columns + j1, i * columns + j1], 1)


def triangles(quads: np.ndarray) -> np.ndarray:
    """(F, 4) quads as (2F, 3) triangles."""
    quads = np.asarray(quads)
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def grid(points: np.ndarray, keep=None, close_rows=False, close_columns=False) -> Mesh:
    """A mesh over a (rows, columns, 3) array; ``keep`` (bool per quad) drops the others."""
    points = np.asarray(points, float)
    rows, columns = points.shape[:2]
    quads = grid_faces(rows, columns, close_rows, close_columns)
    if keep is not None:
        quads = quads[np.asarray(keep).reshape(-1)]
    return points.reshape(-1, 3), triangles(quads)


def joined(*meshes: Mesh) -> Mesh:
    vertices, faces, start = [], [], 0
    for v, f in meshes:
        vertices.append(v)
        faces.append(np.asarray(f) + start)
        start += len(v)
    return np.concatenate(vertices), np.concatenate(faces)


def tidy(mesh: Mesh, weld: float | None = None) -> Mesh:
    """``mesh`` without unused vertices and slivers; vertices within ``weld`` metres become one."""
    v, f = mesh
    if weld is not None:
        keys = np.round(v / weld).astype(np.int64)
        _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        v, f = v[first], inverse.reshape(-1)[f]
    good = (f[:, 0] != f[:, 1]) & (f[:, 1] != f[:, 2]) & (f[:, 0] != f[:, 2])
    f = f[good]
    used, inverse = np.unique(f, return_inverse=True)
    return v[used], inverse.reshape(-1, 3)


def flipped(mesh: Mesh) -> Mesh:
    return mesh[0], mesh[1][:, ::-1]


def outward(mesh: Mesh, centre=None) -> Mesh:
    """``mesh`` turned so that its faces look away from ``centre`` (its own middle by default)."""
    v, f = mesh
    centre = v.mean(0) if centre is None else np.asarray(centre, float)
    a, b, c = v[f[:, 0]], v[f[:, 1]], v[f[:, 2]]
    normal = np.cross(b - a, c - a)
    if np.einsum("ij,ij->", normal, (a + b + c) / 3 - centre) < 0:
        return flipped(mesh)
    return mesh


def facing(mesh: Mesh, direction) -> Mesh:
    """``mesh`` turned so that it looks towards ``direction`` on the whole."""
    v, f = mesh
    normal = np.cross(v[f[:, 1]] - v[f[:, 0]], v[f[:, 2]] - v[f[:, 0]]).sum(0)
    return flipped(mesh) if normal @ np.asarray(direction, float) < 0 else mesh


def mirrored(mesh: Mesh) -> Mesh:
    """The other side: y -> -y."""
    return mesh[0] * np.array([1.0, -1.0, 1.0]), mesh[1][:, ::-1]


def both_sides(mesh: Mesh) -> Mesh:
    return joined(mesh, mirrored(mesh))


def shifted(mesh: Mesh, offset) -> Mesh:
    return mesh[0] + np.asarray(offset, float), mesh[1]


def turned(mesh: Mesh, axis: str, angle: float, about=(0.0, 0.0, 0.0)) -> Mesh:
    """``mesh`` turned by ``angle`` radians about the ``axis`` ("x", "y", "z") through ``about``."""
    c, s = np.cos(angle), np.sin(angle)
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = -s, s
    about = np.asarray(about, float)
    return (mesh[0] - about) @ matrix.T + about, mesh[1]


def cuboid(centre, size) -> Mesh:
    c, h = np.asarray(centre, float), np.asarray(size, float) / 2
    corners = np.array([[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)], float)
    quads = np.array([[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]])
    return c + corners * h, triangles(quads)


def blob(centre, size, power: float = 2.5, around: int = 12, up: int = 7) -> Mesh:
    """A super-ellipsoid of full ``size``: 2 is an ellipsoid, larger powers near a rounded box."""
    a = np.linspace(0, 2 * np.pi, around, endpoint=False) + np.pi / around
    b = np.linspace(-np.pi / 2, np.pi / 2, up)

    def bent(value):
        return np.sign(value) * np.abs(value) ** (2 / power)

    ring = np.stack([bent(np.cos(a)), bent(np.sin(a))], 1)
    points = np.empty((up, around, 3))
    points[..., :2] = bent(np.cos(b))[:, None, None] * ring
    points[..., 2] = bent(np.sin(b))[:, None]
    mesh = grid(points * np.asarray(size, float) / 2 + np.asarray(centre, float), close_columns=True)
    return outward(tidy(mesh, 1e-6))


def lathe(profile, segments: int = 24, axis: str = "y", centre=(0, 0, 0)) -> Mesh:
    """An open profile of (radius, along) pairs turned about ``axis`` through ``centre``."""
    profile = np.asarray(profile, float)
    angle = np.linspace(0, 2 * np.pi, segments, endpoint=False)
    c, s = np.cos(angle)[None], np.sin(angle)[None]
    r, along = profile[:, :1], profile[:, 1:] + 0 * c
    order = {"y": (r * c, along, r * s), "x": (along, r * c, r * s), "z": (r * c, r * s, along)}[axis]
    return grid(np.stack(order, -1) + np.asarray(centre, float), close_columns=True)


def ring(centre, radius: float, thickness: float, axis: str = "y", segments: int = 20, sides: int = 6) -> Mesh:
    """A torus."""
    a = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    profile = np.stack([radius + thickness * np.cos(a), thickness * np.sin(a)], 1)
    mesh = lathe(np.concatenate([profile, profile[:1]]), segments, axis, centre)
    v, f = tidy(mesh, 1e-6)
    direction = v - np.asarray(centre, float)
    flat = direction.copy()
    flat[:, {"x": 0, "y": 1, "z": 2}[axis]] = 0
    core = np.asarray(centre, float) + flat / np.linalg.norm(flat, axis=1, keepdims=True) * radius
    middle, base = v[f].mean(1), core[f].mean(1)
    normal = np.cross(v[f[:, 1]] - v[f[:, 0]], v[f[:, 2]] - v[f[:, 0]])
    return (v, f[:, ::-1]) if np.einsum("ij,ij->", normal, middle - base) < 0 else (v, f)


def tube(path, radius, sides: int = 8, caps: bool = True) -> Mesh:
    """A round tube along a (K, 3) path; ``radius`` in metres, one or one a point."""
    path = np.asarray(path, float)
    radius = np.broadcast_to(np.asarray(radius, float), (len(path),))
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-12
    spread = np.abs(tangent).max(0)
    up = np.eye(3)[int(np.argmin(spread))]
    side = np.cross(tangent, up)
    side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-12
    other = np.cross(tangent, side)
    a = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    wheel = np.cos(a)[None, :, None] * side[:, None] + np.sin(a)[None, :, None] * other[:, None]
    points = path[:, None] + radius[:, None, None] * wheel
    v, f = grid(points, close_columns=True)
    f = f[:, ::-1]  # the ring runs clockwise seen along the path
    if caps:
        n = len(v)
        last = (len(path) - 1) * sides + np.arange(sides)
        first = np.arange(sides)
        v = np.concatenate([v, path[:1], path[-1:]])
        f = np.concatenate([
            f,
            np.stack([np.full(sides, n), first, np.roll(first, -1)], 1)[:, ::-1],
            np.stack([np.full(sides, n + 1), last, np.roll(last, -1)], 1),
        ])
        return outward((v, f)) if len(path) == 2 else (v, f)
    return v, f


def bent_path(points, samples: int = 4) -> np.ndarray:
    """A smooth (Catmull-Rom) path through points (K, 3)."""
    p = np.asarray(points, float)
    ends = np.concatenate([[2 * p[0] - p[1]], p, [2 * p[-1] - p[-2]]])
    out = []
    for k in range(len(p) - 1):
        a, b, c, d = ends[k : k + 4]
        t = np.linspace(0, 1, samples, endpoint=False)[:, None]
        out.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate(out + [p[-1:]])


def disc(centre, radius: float, axis: str = "x", segments: int = 14, height: float = 0.0) -> Mesh:
    """A disc, domed by ``height`` along +``axis``."""
    profile = [(radius, 0.0), (radius * 0.7, height * 0.7), (0.0, height)] if height else [(radius, 0.0), (0.0, 0.0)]
    direction = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}[axis]
    return facing(tidy(lathe(profile, segments, axis, centre), 1e-7), direction)


def extruded(outline, depth: float, axis: str = "y", at: float = 0.0) -> Mesh:
    """A convex outline (K, 2) given depth about ``at`` along ``axis``.

    The outline's plane is (x, z) for "y", (y, z) for "x", (x, y) for "z".
    """
    outline = np.asarray(outline, float)
    k = len(outline)
    low, high = np.full((k, 1), at - depth / 2), np.full((k, 1), at + depth / 2)
    a, b = outline[:, :1], outline[:, 1:]
    stack = {"y": lambda t: (a, t, b), "x": lambda t: (t, a, b), "z": lambda t: (a, b, t)}[axis]
    v = np.concatenate([np.hstack(stack(low)), np.hstack(stack(high))])
    i = np.arange(k)
    j = (i + 1) % k
    fan = np.stack([np.zeros(k - 2, int), np.arange(1, k - 1), np.arange(2, k)], 1)
    side = triangles(np.stack([i, j, j + k, i + k], 1))
    faces = np.concatenate([side, fan[:, ::-1], fan + k])
    normal_first = np.cross(v[side[0, 1]] - v[side[0, 0]], v[side[0, 2]] - v[side[0, 0]])
    if normal_first @ (v[side[0]].mean(0) - v.mean(0)) < 0:
        faces = faces[:, ::-1]
    return v, faces


class Bag:
    """Gathers meshes; those of one surface, label and shading become one part."""

    def __init__(self, label: int):
        self.label = label
        self.found: dict[tuple, list[Mesh]] = {}

    def add(self, mesh: Mesh, surface: Surface, label: int | None = None, smooth: bool = True, pair: bool = False):
        """Add ``mesh``; ``pair`` adds its mirror image at -y too."""
        key = (surface, self.label if label is None else label, smooth)
        self.found.setdefault(key, []).append(both_sides(mesh) if pair else mesh)

    def extend(self, other: "Bag"):
        for key, meshes in other.found.items():
            self.found.setdefault(key, []).extend(meshes)

    def parts(self) -> list[Part]:
        out = []
        for (surface, label, smooth), meshes in self.found.items():
            vertices, faces = tidy(joined(*meshes))
            out.append(Part(vertices.astype(np.float32), faces.astype(np.int32), surface, label, smooth=smooth))
        return out
