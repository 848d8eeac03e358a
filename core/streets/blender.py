"""Parts as Blender objects: one mesh per asset, one object per place.

A part's modifiers are applied once; then an asset's parts become a single
mesh with a material slot per surface and the face attributes that the id pass reads (``label``,
``pattern``, ...), so that copies share it. The instance value of an object rides in its colour's red
channel, where it is an exact float.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from core.streets import assets, materials, naming, patterns
from core.streets.buildings import building
from core.streets.ground import KERB_HEIGHT, ground
from core.streets.parts import Part
from core.streets.plan import Item, StreetPlan
from core.streets.populate import instance_value

LABEL_ATTRIBUTE = "label"
#: Instance value of an object whose faces carry their own class: stuff. (Emission can't be negative.)
BARE = 0.0


@dataclass
class Polygons:
    """Faces as Blender stores them: corner indices, and each face's first corner and size."""

    vertices: np.ndarray
    corners: np.ndarray
    starts: np.ndarray
    totals: np.ndarray


def polygons(part: Part) -> Polygons:
    """A part's own mesh, without modifiers or scatter."""
    vertices = np.asarray(part.vertices, np.float32).reshape(-1, 3)
    if isinstance(part.faces, np.ndarray) and part.faces.ndim == 2:
        totals = np.full(len(part.faces), part.faces.shape[1], np.int32)
        corners = part.faces.astype(np.int32).reshape(-1)
    else:
        totals = np.array([len(f) for f in part.faces], np.int32)
        corners = np.fromiter((i for f in part.faces for i in f), np.int32, int(totals.sum()))
    starts = np.concatenate([[0], np.cumsum(totals)[:-1]]).astype(np.int32) if len(totals) else np.zeros(0, np.int32)
    return Polygons(vertices, corners, starts, totals)


def _mesh(name: str, p: Polygons) -> "bpy.types.Mesh":
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(p.vertices))
    mesh.vertices.foreach_set("co", p.vertices.reshape(-1))
    mesh.loops.add(len(p.corners))
    mesh.loops.foreach_set("vertex_index", p.corners)
    mesh.polygons.add(len(p.totals))
    mesh.polygons.foreach_set("loop_start", p.starts)
    mesh.polygons.foreach_set("loop_total", p.totals)
    return mesh


def _modified(part: Part, p: Polygons) -> Polygons:
    """``p`` under the part's bevel and subdivision."""
    mesh = _mesh("part", p)
    mesh.update(calc_edges=True)
    holder = bpy.data.objects.new("part", mesh)
    bpy.context.scene.collection.objects.link(holder)
    if part.bevel > 0:
        bevel = holder.modifiers.new("bevel", "BEVEL")
        bevel.width, bevel.segments, bevel.limit_method, bevel.angle_limit = part.bevel, 2, "ANGLE", 0.5
    if part.subdivision > 0:
        smooth = holder.modifiers.new("subdivision", "SUBSURF")
        smooth.levels = smooth.render_levels = part.subdivision
    evaluated = holder.evaluated_get(bpy.context.evaluated_depsgraph_get())
    made = evaluated.to_mesh()
    vertices = np.empty(len(made.vertices) * 3, np.float32)
    corners = np.empty(len(made.loops), np.int32)
    starts, totals = np.empty(len(made.polygons), np.int32), np.empty(len(made.polygons), np.int32)
    made.vertices.foreach_get("co", vertices)
    made.loops.foreach_get("vertex_index", corners)
    made.polygons.foreach_get("loop_start", starts)
    made.polygons.foreach_get("loop_total", totals)
    evaluated.to_mesh_clear()
    bpy.data.objects.remove(holder)
    bpy.data.meshes.remove(mesh)
    return Polygons(vertices.reshape(-1, 3), corners, starts, totals)


def _scattered(p: Polygons, transforms: np.ndarray) -> Polygons:
    """``p`` copied under every (4, 4) transform."""
    copies, count = len(transforms), len(p.vertices)
    vertices = np.einsum("kij,vj->kvi", transforms[:, :3, :3], p.vertices) + transforms[:, None, :3, 3]
    shift = np.arange(copies, dtype=np.int32)[:, None]
    return Polygons(
        vertices.reshape(-1, 3).astype(np.float32),
        (p.corners[None] + shift * count).reshape(-1).astype(np.int32),
        (p.starts[None] + shift * len(p.corners)).reshape(-1).astype(np.int32),
        np.tile(p.totals, copies),
    )


def asset_mesh(name: str, parts: list[Part]) -> "bpy.types.Mesh":
    """All parts as one mesh with material slots and the face attributes that the id pass reads."""
    pieces, slots, named, smooth, colours, seconds = [], [], [], [], [], []
    sizes, wet = [], []
    order: dict = {}
    for part in parts:
        p = polygons(part)
        if part.bevel > 0 or part.subdivision > 0:
            p = _modified(part, p)
        if part.scatter is not None:
            p = _scattered(p, np.asarray(part.scatter, np.float32))
        if not len(p.totals):
            continue
        surface, count = part.surface, len(p.totals)
        slot = order.setdefault(materials.key_of(surface), (len(order), surface))[0]
        colours.append(np.tile(np.float32((*surface.colour, 1.0)), (count, 1)))
        seconds.append(np.tile(np.float32((*(surface.second or surface.colour), 1.0)), (count, 1)))
        pieces.append(p)
        slots.append(np.full(len(p.totals), slot, np.int32))
        named.append((surface, part.label, count))
        _, _, strength, size, _ = materials.key_of(surface)
        sizes.append(np.full(count, size, np.float32))
        wet.append(np.full(count, strength, np.float32))
        smooth.append(np.full(count, part.smooth or part.subdivision > 0, bool))
    vertex_shift = np.cumsum([0] + [len(p.vertices) for p in pieces])
    corner_shift = np.cumsum([0] + [len(p.corners) for p in pieces])
    whole = Polygons(
        np.concatenate([p.vertices for p in pieces]),
        np.concatenate([p.corners + a for p, a in zip(pieces, vertex_shift)]).astype(np.int32),
        np.concatenate([p.starts + a for p, a in zip(pieces, corner_shift)]).astype(np.int32),
        np.concatenate([p.totals for p in pieces]),
    )
    mesh = _mesh(name, whole)
    for _, surface in order.values():
        mesh.materials.append(materials.material(surface))
    mesh.polygons.foreach_set("material_index", np.concatenate(slots))
    smooth = np.concatenate(smooth)
    mesh.polygons.foreach_set("use_smooth", smooth)
    mesh.update(calc_edges=True)
    if smooth.any():
        mesh.set_sharp_from_angle(angle=0.7)
    normals = np.empty(len(mesh.polygons) * 3, np.float32)
    mesh.polygons.foreach_get("normal", normals)
    starts = np.cumsum([0] + [count for *_, count in named])
    labels = [
        naming.part_facing(surface, label, normals.reshape(-1, 3)[start:start + count]).astype(np.float32)
        for (surface, label, count), start in zip(named, starts)
    ]
    # A face that is another part for facing up isn't broken up.
    inside = [
        np.where(found == naming.part_of(surface, label), patterns.pattern_of(surface, naming.part_of(surface, label)), 0).astype(np.float32)
        for (surface, label, _), found in zip(named, labels)
    ]
    numbers_of = {LABEL_ATTRIBUTE: labels, patterns.PATTERN: inside, patterns.SIZE: sizes, patterns.WETNESS: wet}
    for name, numbers in numbers_of.items():
        attribute = mesh.attributes.new(name, "FLOAT", "FACE")
        attribute.data.foreach_set("value", np.concatenate(numbers))
    for name, values in ((materials.COLOUR, colours), (materials.SECOND, seconds)):
        attribute = mesh.attributes.new(name, "FLOAT_COLOR", "FACE")
        attribute.data.foreach_set("color", np.concatenate(values).reshape(-1))
    return mesh


def _place(mesh, matrix, value: float) -> "bpy.types.Object":
    made = bpy.data.objects.new(mesh.name, mesh)
    made.matrix_world = Matrix(matrix)
    made.color = (value, 0.0, 0.0, 1.0)
    bpy.context.scene.collection.objects.link(made)
    return made


def empty() -> None:
    """Start from nothing: no objects, no data of an earlier street."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    materials.forget()


def build(plan: StreetPlan) -> None:
    """Put the whole street into the current, empty scene."""
    _place(asset_mesh("ground", ground(plan)), np.eye(4), BARE)
    for house in plan.buildings:
        mesh = asset_mesh("building", building(house))
        _place(mesh, plan.axis.pose(house.s, house.t, house.turn), 11_000.0 + house.number)
    meshes: dict[tuple, "bpy.types.Mesh"] = {}
    for item in plan.items:
        key = assets.key_of(item)
        if key not in meshes:
            meshes[key] = asset_mesh("-".join(map(str, key[:2])), assets.parts_of(item))
        raised = KERB_HEIGHT if _on_pavement(plan, item) else 0.0
        matrix = plan.axis.pose(item.s, item.t, item.turn, raised)
        if item.scale != 1.0:
            matrix[:3, :3] *= item.scale
        _place(meshes[key], matrix, float(instance_value(item)))


def _on_pavement(plan: StreetPlan, item: Item) -> bool:
    return any(b.s0 < item.s < b.s1 and b.t0 < item.t < b.t1 for b in plan.blocks)
