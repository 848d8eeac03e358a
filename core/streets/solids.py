"""Small solids of plain arrays from which furniture, trees and people are put together.

Every builder returns ``(vertices, faces)``: (N, 3) float32 metres and a list
of index tuples, or an (M, 4) int32 array where every face is a quad. Faces run
counter-clockwise seen from outside. :func:`part` turns a mesh into a
:class:`~core.streets.parts.Part`.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

from core.streets.parts import Part, Surface

Mesh = tuple[np.ndarray, object]


def translation(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> np.ndarray:
    """(4, 4) move by (x, y, z) metres."""
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, 3] = (x, y, z)
    return matrix


def rotation(axis: str, angle: float) -> np.ndarray:
    """(4, 4) right-handed turn by ``angle`` radians about ``axis`` ('x', 'y' or 'z')."""
    c, s = np.cos(angle), np.sin(angle)
    i = "xyz".index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    matrix = np.eye(4, dtype=np.float32)
    matrix[j, j] = matrix[k, k] = c
    matrix[j, k], matrix[k, j] = -s, s
    return matrix


def scaling(x: float, y: float | None = None, z: float | None = None) -> np.ndarray:
    """(4, 4) scale; one number scales all axes."""
    return np.diag([x, x if y is None else y, x if z is None else z, 1.0]).astype(np.float32)


def placed(mesh: Mesh, *matrices: np.ndarray) -> Mesh:
    """``mesh`` under the product of ``matrices`` (the last is applied first)."""
    matrix = np.eye(4, dtype=np.float32)
    for m in matrices:
        matrix = matrix @ m
    vertices, faces = mesh
    return (vertices @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32), faces


def merged(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh of several; stays an array of quads where all of them are."""
    vertices, faces, offset = [], [], 0
    uniform = len({np.shape(f)[1] for _, f in meshes if isinstance(f, np.ndarray)}) == 1 and all(
        isinstance(f, np.ndarray) for _, f in meshes
    )
    for v, f in meshes:
        vertices.append(v)
        if uniform:
            faces.append(f + offset)
        else:
            faces.extend(tuple(int(i) + offset for i in face) for face in f)
        offset += len(v)
    return np.concatenate(vertices).astype(np.float32), np.concatenate(faces).astype(np.int32) if uniform else faces


def part(mesh: Mesh | Sequence[Mesh], surface: Surface, label: int, **options) -> Part:
    """A :class:`Part` of one mesh or of several with the same surface and label."""
    mesh = mesh if isinstance(mesh, tuple) else merged(mesh)
    return Part(np.asarray(mesh[0], np.float32), mesh[1], surface, label, **options)


def block(centre, size) -> Mesh:
    """An axis-aligned box; ``centre`` and ``size`` are (x, y, z) metres."""
    corners = np.array([[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)], np.float32)
    faces = np.array(
        [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]], np.int32
    )
    return np.asarray(centre, np.float32) + corners * (np.asarray(size, np.float32) / 2), faces


def spaced(length: float, pitch: float, inset: float = 0.0) -> np.ndarray:
    """Places about ``pitch`` apart along ``length`` about 0, less ``inset`` at both ends; both ends included."""
    half = length / 2 - inset
    return np.linspace(-half, half, max(int(round(2 * half / pitch)), 1) + 1)


def _frames(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two unit normals per point of a polyline, carried along without twist."""
    tangent = np.gradient(points, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    start = np.array([1.0, 0, 0]) if abs(tangent[0, 0]) < 0.9 else np.array([0, 1.0, 0])
    normals = np.empty_like(points)
    normal = start
    for i, t in enumerate(tangent):
        normal = normal - t * (normal @ t)
        normal = normal / (np.linalg.norm(normal) + 1e-9)
        normals[i] = normal
    return normals, np.cross(tangent, normals)


def tube(points, radii, sides: int = 8, caps: bool = True, flatten: float = 1.0) -> Mesh:
    """A round bar along a polyline.

    Args:
        points: (K, 3) metres.
        radii: one number or K of them, metres.
        sides: corners of the cross-section.
        caps: close both ends with a polygon.
        flatten: second radius as a share of the first (a strap, an oval limb).
    """
    points = np.asarray(points, np.float64)
    count = len(points)
    radii = np.broadcast_to(np.asarray(radii, np.float64), (count,))
    normals, binormals = _frames(points)
    angle = np.arange(sides) * (2 * np.pi / sides)
    ring = np.cos(angle)[None, :, None] * normals[:, None] + flatten * np.sin(angle)[None, :, None] * binormals[:, None]
    vertices = (points[:, None] + radii[:, None, None] * ring).reshape(-1, 3).astype(np.float32)
    faces = _ring_faces(count, sides)
    if not caps:
        return vertices, faces
    ends = [tuple(range(sides))[::-1], tuple(range((count - 1) * sides, count * sides))]
    return vertices, [tuple(f) for f in faces.tolist()] + ends


def _ring_faces(rings: int, sides: int) -> np.ndarray:
    """(M, 4) quads that join ``rings`` rings of ``sides`` vertices."""
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(sides), indexing="ij")
    a, b = i * sides + j, i * sides + (j + 1) % sides
    return np.stack([a, b, b + sides, a + sides], -1).reshape(-1, 4).astype(np.int32)


def loft(rings: np.ndarray, caps: bool = True) -> Mesh:
    """A skin over (R, S, 3) cross-sections, each counter-clockwise seen from its end."""
    rings = np.asarray(rings, np.float32)
    count, sides = rings.shape[:2]
    faces = _ring_faces(count, sides)
    vertices = rings.reshape(-1, 3)
    if not caps:
        return vertices, faces
    ends = [tuple(range(sides))[::-1], tuple(range((count - 1) * sides, count * sides))]
    return vertices, [tuple(f) for f in faces.tolist()] + ends


def lathe(profile, sides: int = 24, caps: bool = True) -> Mesh:
    """A body of revolution about z; ``profile`` is K pairs (radius, z) from the bottom up."""
    profile = np.asarray(profile, np.float32)
    angle = np.arange(sides) * (2 * np.pi / sides)
    circle = np.stack([np.cos(angle), np.sin(angle)], -1)
    rings = np.empty((len(profile), sides, 3), np.float32)
    rings[..., :2] = profile[:, None, :1] * circle
    rings[..., 2] = profile[:, None, 1]
    return loft(rings, caps)


def prism(outline, depth: float) -> Mesh:
    """A flat polygon, given counter-clockwise in (y, z) and seen from +x, with its face at x = 0.

    ``depth`` metres of body lie behind it (towards -x); 0 gives the face alone.
    """
    outline = np.asarray(outline, np.float32)
    n = len(outline)
    front = np.concatenate([np.zeros((n, 1), np.float32), outline], 1)
    if depth <= 0:
        return front, [tuple(range(n))]
    back = front - np.array([depth, 0, 0], np.float32)
    faces = [tuple(range(n)), tuple(range(n, 2 * n))[::-1]]
    faces += [(i + n, (i + 1) % n + n, (i + 1) % n, i) for i in range(n)]
    return np.concatenate([front, back]), faces


def circle(radius: float, sides: int = 32, turn: float = 0.0) -> np.ndarray:
    """(sides, 2) corners of a regular polygon, counter-clockwise."""
    angle = np.arange(sides) * (2 * np.pi / sides) + turn
    return (radius * np.stack([np.cos(angle), np.sin(angle)], -1)).astype(np.float32)


def rounded(width: float, height: float, radius: float, steps: int = 4) -> np.ndarray:
    """(4 (steps + 1), 2) corners of a rectangle with rounded corners, counter-clockwise."""
    radius = min(radius, width / 2, height / 2)
    corners = []
    for quarter, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        angle = np.linspace(0, np.pi / 2, steps + 1) + quarter * np.pi / 2
        centre = np.array([sx * (width / 2 - radius), sy * (height / 2 - radius)])
        corners.append(centre + radius * np.stack([np.cos(angle), np.sin(angle)], -1))
    return np.concatenate(corners).astype(np.float32)
