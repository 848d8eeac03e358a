"""What an asset is before Blender sees it: meshes of plain arrays.

Every asset module returns a list of parts in the asset's own frame: metres,
z up, +x forward (the way a vehicle drives, a person faces, a facade's outward
normal), the origin on the ground below the asset's centre.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Surface:
    """A material, described.

    Attributes:
        kind: which shader builds it: ``paint`` (clear coat), ``plastic``,
            ``metal``, ``glass`` (see-through), ``mirror_glass`` (facade glass,
            dark inside, reflecting), ``rubber``, ``cloth``, ``skin``, ``hair``,
            ``plaster``, ``brick``, ``stone``, ``concrete``, ``asphalt``,
            ``paving``, ``tiles`` (roof), ``wood``, ``bark``, ``leaf``,
            ``grass``, ``emission``, ``sign`` (flat, picture-free).
        colour: linear RGB, each 0..1.
        second: a second linear RGB where the kind has one (mortar, grain).
        roughness: 0 mirror .. 1 matt.
        strength: of an ``emission``, watts per square metre, roughly.
        scale: size of the kind's pattern in metres (brick height, slab width).
    """

    kind: str
    colour: tuple[float, float, float]
    second: tuple[float, float, float] | None = None
    roughness: float = 0.5
    strength: float = 0.0
    scale: float = 1.0


@dataclass
class Part:
    """One mesh with one surface and one label.

    Attributes:
        vertices: (N, 3) float32, metres, in the asset's frame.
        faces: faces as tuples of 3 or more vertex indices, counter-clockwise
            seen from outside. An (M, 3) or (M, 4) integer array is accepted
            too and is much faster for big meshes.
        surface: its material.
        label: id in ``core.labels.STREETS`` (a part id such as car glass where
            one fits, else the class id). The object's instance value is given
            when the asset is placed.
        smooth: shade smoothly.
        bevel: width in metres by which edges are rounded, 0 for none.
        subdivision: levels of Catmull-Clark subdivision at render time.
        scatter: copies of this mesh as instances, (K, 4, 4) float32
            transforms, or None for the mesh itself once. For leaves and grass.
    """

    vertices: np.ndarray
    faces: object
    surface: Surface
    label: int
    smooth: bool = False
    bevel: float = 0.0
    subdivision: int = 0
    scatter: np.ndarray | None = field(default=None)


def box(centre, size, surface: Surface, label: int, **options) -> Part:
    """An axis-aligned box part; ``centre`` and ``size`` are (x, y, z) in metres."""
    c = np.asarray(centre, np.float32)
    h = np.asarray(size, np.float32) / 2
    corners = np.array(
        [[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)], np.float32
    )
    faces = np.array(
        [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]], np.int32
    )
    return Part(c + corners * h, faces, surface, label, **options)


def moved(part: Part, matrix: np.ndarray) -> Part:
    """``part`` under a (4, 4) affine transform; scatter transforms move with it."""
    matrix = np.asarray(matrix, np.float32)
    if part.scatter is not None:
        scatter = np.einsum("ij,kjl->kil", matrix, part.scatter).astype(np.float32)
        return Part(
            part.vertices, part.faces, part.surface, part.label,
            part.smooth, part.bevel, part.subdivision, scatter,
        )
    vertices = part.vertices @ matrix[:3, :3].T + matrix[:3, 3]
    return Part(
        vertices.astype(np.float32), part.faces, part.surface, part.label,
        part.smooth, part.bevel, part.subdivision, None,
    )
