"""The passes over a built street: its labels and instances, its cast shadows, and the photograph.

The id pass replaces every material by one that emits the face's label (red)
and the object's instance value (green), with one sample at each pixel's
centre, and is stored as floats: what is decoded is exact. Blue is how
squarely the face meets the sun. The sun's pass makes everything white under
the sun alone, with many rays a pixel, and emits beside it what the sun would
shed if nothing stood in its way. The mirror pass makes what the camera
sees a mirror, and what is seen in it emit its label: glass that shows the sky
there, or a house, mirrors that in the photograph, too.
"""

from __future__ import annotations

import math
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, NamedTuple, Sequence

import bpy
import numpy as np
from mathutils import Matrix

from core.errors import DataError
from core.labels import INSTANCE_FACTOR, STREETS
from core.opencv import cv2
from core.streets import blender, darkroom, lighting, naming, patterns
from core.streets.ego import ego_parts
from core.streets.materials import Graph, with_nodes
from core.streets.plan import Camera, StreetPlan
from core.streets.populate import ON_POLES, POLE
from core.streets.quality import LEAST_SAMPLES, Quality


@dataclass
class Frame:
    """One rendered view: (H, W, 3) uint8 sRGB, (H, W) uint8 label ids, (H, W) uint16 instance values."""

    photograph: np.ndarray
    labels: np.ndarray
    instances: np.ndarray


class Studio:
    """A built street, ready to be photographed from any camera of its plan.

    Args:
        plan: the street.
        size: (width, height) in pixels.
        quality: samples, bounces, threads.
    """

    def __init__(self, plan: StreetPlan, size: tuple[int, int] = (1024, 512), quality: Quality = Quality()):
        self.plan, self.size, self.quality = plan, size, quality
        blender.empty()
        self.scene = bpy.context.scene
        blender.build(plan)
        self._sky, self._ids, self._dark = lighting.light(plan), lighting.id_world(), lighting.dark_world()
        to_sun = lighting.to_sun()
        self._id_material, self._mirror = _id_material(to_sun), _mirror_material()
        self._white, self._sun = _white_material(), _sun_material(to_sun)
        self._ego: dict[int, "bpy.types.Object"] = {}
        camera = bpy.data.cameras.new("camera")
        camera.clip_start, camera.clip_end = 0.05, 2000
        self._camera = bpy.data.objects.new("camera", camera)
        self.scene.collection.objects.link(self._camera)
        self.scene.camera = self._camera
        self._settings()

    def _settings(self) -> None:
        scene, q = self.scene, self.quality
        render, cycles = scene.render, scene.cycles
        render.engine = "CYCLES"
        render.resolution_x, render.resolution_y, render.resolution_percentage = *self.size, 100
        render.threads_mode, render.threads = ("FIXED", q.threads) if q.threads else ("AUTO", 1)
        render.use_persistent_data = True
        render.film_transparent = False
        render.image_settings.file_format = "OPEN_EXR"
        render.image_settings.color_mode = "RGB"
        render.image_settings.color_depth = "32"
        render.image_settings.exr_codec = "NONE"
        cycles.device = "CPU"
        cycles.max_bounces = q.bounces
        cycles.diffuse_bounces, cycles.glossy_bounces = min(q.bounces, 2), min(q.bounces, 2)
        cycles.transmission_bounces, cycles.transparent_max_bounces = 2, 6
        cycles.caustics_reflective = cycles.caustics_refractive = False
        cycles.sample_clamp_indirect, cycles.sample_clamp_direct = 4.0, 0.0
        cycles.adaptive_min_samples = LEAST_SAMPLES
        cycles.use_light_tree = False
        # Beyond the first bounce the sky lights what it can reach within 20 m: a third of the time saved, hardly a difference.
        cycles.use_fast_gi, cycles.fast_gi_method, cycles.ao_bounces_render = True, "REPLACE", 1
        cycles.blur_glossy = 0.5
        cycles.debug_use_spatial_splits = False
        cycles.use_auto_tile = False
        cycles.denoiser = "OPENIMAGEDENOISE"
        cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
        cycles.denoising_prefilter = "ACCURATE"
        scene.view_settings.exposure = 0.0

    def frames(self, cameras: Sequence[Camera]) -> Iterator[Frame]:
        """Photograph and maps from each of ``cameras`` in turn.

        All maps come first: every change between the passes makes Cycles load the street anew.
        """
        for camera, (labels, instances) in zip(cameras, self.maps(cameras)):
            self._aim(camera)
            yield Frame(self._photograph(), labels, instances)

    def maps(self, cameras: Sequence[Camera]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Label and instance map from each camera without a photograph: some ten seconds each at 1024x512 on one core under the sun, else two."""
        maps, facing = [], []
        for camera in cameras:
            self._aim(camera)
            *pair, faces = self._maps()
            maps.append(tuple(pair))
            facing.append(faces)
        for camera, (labels, _) in zip(cameras, maps):
            self._aim(camera)
            name_mirrored(labels, self._mirrored())
        if self.plan.sky.kind in SHARP_SHADOWS:
            for camera, (labels, _), faces in zip(cameras, maps, facing):
                self._aim(camera)
                sun = self._sunlight(faces)
                cast_shadows(labels, sun.reaches)
                shade_trees(labels, sun)
            return maps
        for camera, (labels, instances) in zip(cameras, maps):
            leaves = labels == naming.LEAVES
            if leaves.mean() > LEAVES_SEEN:
                self._aim(camera)
                shade_crowns(labels, instances, self._skylight(leaves))
        return maps

    def _aim(self, camera: Camera) -> None:
        pose = self.plan.axis.pose(camera.s, camera.t, camera.turn, camera.height)
        # The road's slope pitches a car with it.
        pitch = camera.pitch + math.atan(self.plan.axis.slope) * math.cos(camera.turn)
        c, s = math.cos(pitch), math.sin(pitch)
        tilt = np.eye(4)
        tilt[:3, :3] = [[c, 0, -s], [0, 1, 0], [s, 0, c]]
        body = pose @ tilt
        # Blender's cameras look along -z with y up; ours along +x with z up.
        view = np.array([[0, 0, -1, 0], [-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]], float)
        self._camera.matrix_world = Matrix(body @ view)
        self._camera.data.angle_x = camera.hfov
        for ego in self._ego.values():
            ego.hide_render = True
        if camera.ego:
            if camera.ego_seed not in self._ego:
                parts = ego_parts(np.random.default_rng(camera.ego_seed))
                self._ego[camera.ego_seed] = blender._place(blender.asset_mesh("ego", parts), np.eye(4), blender.BARE)
            ego = self._ego[camera.ego_seed]
            ego.hide_render = False
            # The bonnet is set out for a camera of known height and opening; a wider view sees more of it.
            vfov = 2 * math.atan(math.tan(camera.hfov / 2) * self.size[1] / self.size[0])
            down = math.tan(vfov / 2) * 2.0 * EGO_SHOWN
            ego.matrix_world = Matrix(body) @ Matrix.Translation((0.0, 0.0, -down))

    def _maps(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Labels, instances, and (H, W) bool, what faces the sun."""
        focal = self._id_material.node_tree.nodes[patterns.FOCAL].outputs[0]
        focal.default_value = self.size[0] / 2 / math.tan(self._camera.data.angle_x / 2)
        pixels = self._traced(self._id_material, self._ids)
        labels = np.rint(pixels[..., 0]).astype(np.int64)
        value = np.rint(pixels[..., 1]).astype(np.int64)
        if np.abs(pixels[..., :2] - np.stack([labels, value], -1)).max() > 0.01 or not STREETS.known[np.clip(labels, 0, 255)].all():
            raise DataError("The label pass of a street came out inexact; check that no other add-on changes Cycles' settings.")
        labels = labels.astype(np.uint8)
        base = STREETS.base[labels]
        on_post = np.isin(base, ON_POLES) & (value // INSTANCE_FACTOR == POLE)
        value[on_post] += (base[on_post].astype(np.int64) - POLE) * INSTANCE_FACTOR
        # What else an object carries but isn't of its class (a planter's flowers) stays stuff.
        instances = np.where(value // INSTANCE_FACTOR == base, value, base).astype(np.uint16)
        return labels, instances, pixels[..., 2] > 0

    def _sunlight(self, faces: np.ndarray) -> Sunlight:
        pixels = self._traced(self._sun, self._dark, samples=SUN_RAYS, filter_width=1.0, max_bounces=0, use_fast_gi=False)
        return Sunlight(pixels[..., 1] / lighting.sun_on_white(), pixels[..., 0], faces)

    def _skylight(self, where: np.ndarray) -> np.ndarray:
        """(H, W) float32: how much of the sky's light falls on a white surface, noisy, at least where ``where`` is true."""
        render, (height, width) = self.scene.render, where.shape
        rows, columns = np.flatnonzero(where.any(1)), np.flatnonzero(where.any(0))
        render.border_min_x, render.border_max_x = columns[0] / width, (columns[-1] + 1) / width
        render.border_min_y, render.border_max_y = 1 - (rows[-1] + 1) / height, 1 - rows[0] / height
        render.use_border = True
        try:
            return self._traced(self._white, self._sky, samples=SKY_RAYS, max_bounces=0, use_fast_gi=False).mean(2)
        finally:
            render.use_border = False

    def _mirrored(self) -> np.ndarray:
        """(H, W) uint8: the label that a mirror in a surface's place would show, without patterns."""
        lamp = bpy.data.objects.get(lighting.SUN)
        if lamp is not None:
            lamp.hide_render = True
        try:
            pixels = self._traced(self._mirror, self._ids, max_bounces=1, glossy_bounces=1, use_fast_gi=False, blur_glossy=0.0)
            return np.rint(np.clip(pixels[..., 0], 0, 255)).astype(np.uint8)
        finally:
            if lamp is not None:
                lamp.hide_render = False

    def _traced(self, material: "bpy.types.Material", world: "bpy.types.World", **settings) -> np.ndarray:
        """(H, W, 3) of one ray through each pixel's centre, all surfaces being ``material``; ``settings`` are Cycles', for this pass alone."""
        cycles, layer = self.scene.cycles, bpy.context.view_layer
        settings = {"samples": 1, "use_adaptive_sampling": False, "use_denoising": False, "pixel_filter_type": "BOX", "filter_width": 0.01, **settings}
        kept = {name: getattr(cycles, name) for name in settings}
        layer.material_override, self.scene.world = material, world
        try:
            for name, value in settings.items():
                setattr(cycles, name, value)
            return self._render()
        finally:
            layer.material_override = None
            for name, value in kept.items():
                setattr(cycles, name, value)

    def _photograph(self) -> np.ndarray:
        scene, cycles, sky = self.scene, self.scene.cycles, self.plan.sky
        scene.world = self._sky
        scene.world.light_settings.distance = 20.0
        cycles.samples, cycles.use_denoising = self.quality.samples, self.quality.denoise
        cycles.use_adaptive_sampling, cycles.adaptive_threshold = self.quality.samples > LEAST_SAMPLES, self.quality.noise
        cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 1.5
        return darkroom.developed(scene, self._render(), sky)

    def _render(self) -> np.ndarray:
        """(H, W, 3) float32 scene-linear pixels, top row first."""
        with tempfile.TemporaryDirectory(prefix="veduta-") as folder:
            path = os.path.join(folder, "pass.exr")
            self.scene.render.filepath = path
            bpy.ops.render.render(write_still=True)
            return read_exr(path)


#: How far below the picture's middle the bonnet's edge lies, as a share of half the height, at 2 m.
EGO_SHOWN = 0.86


#: Skies under which a shadow has an edge.
SHARP_SHADOWS = ("clear", "fair")
#: A shadow, or what is mirrored, of fewer pixels is a speck.
SPECK = 6
#: Width in pixels of the window in which a crown's light and dark are told apart: in the sun, and under a dull sky.
SUNNY_MASS, DULL_MASS = 3, 5
#: A mass is in the light where it gets so much of what the sun would shed on it if nothing stood in its way.
LEAF_LIT = 0.35
#: Rays a pixel that tell how much of the sun reaches it: the shadows of railings and wires are finer than a pixel.
SUN_RAYS = 16
#: Under a sky without a sharp sun: rays a pixel that tell a crown's light from its dark, and the share of a frame that is leaves from which they are traced.
SKY_RAYS, LEAVES_SEEN = 4, 0.002


class Sunlight(NamedTuple):
    """What the sun sheds on a white street.

    Attributes:
        seen: (H, W) float32, mean over each pixel; 1 where it falls straight on. whole: the same if nothing stood in its way.
        faces: (H, W) bool, whether what is at the pixel's centre faces the sun.
    """

    seen: np.ndarray
    whole: np.ndarray
    faces: np.ndarray

    @property
    def reaches(self) -> np.ndarray:
        """(H, W) bool: where it faces the sun and gets half of its light or more."""
        return self.faces & (self.seen > 0.5 * self.whole)


def cast_shadows(labels: np.ndarray, sunlit: np.ndarray) -> None:
    """Give ground and walls that the sun doesn't reach the label of their shadow, in place.

    Specks are left out: a painted mark lies a few millimetres above its road
    and shades a pixel here and there, as no painted line does.
    """
    shaded = STREETS.in_shadow[labels]
    dark = _without_specks(~sunlit & (shaded != labels))
    labels[dark] = shaded[dark]


def shade_trees(labels: np.ndarray, sun: Sunlight) -> None:
    """Give leaves and trunks that the sun doesn't reach the label of their shade, in place.

    Leaves are seen light and dark pixel by pixel; the masses that a painter
    would see are named, which is what most of the leaves around a pixel are.
    """
    leaves = labels == naming.LEAVES
    dark = np.zeros_like(leaves)
    seen, whole = (_mass(leaves, light, SUNNY_MASS) for light in (sun.seen, sun.whole))
    dark[leaves] = seen <= LEAF_LIT * whole
    labels[dark] = naming.LEAVES_IN_SHADE
    labels[_without_specks(~sun.reaches & (labels == naming.TRUNK))] = naming.TRUNK_IN_SHADE


def shade_crowns(labels: np.ndarray, instances: np.ndarray, light: np.ndarray) -> None:
    """Give leaves that get less light than their crown's mean the label of leaves in shade, in place.

    For skies without a sharp sun, whose light a crown keeps from itself: of
    how light and dark its leaves are this tells a third.

    Args:
        light: (H, W) float32 of any unit, on leaves; it may be noisy.
    """
    leaves = labels == naming.LEAVES
    mass = _mass(leaves, light, DULL_MASS)
    _, crown = np.unique(instances[leaves], return_inverse=True)
    mean = np.bincount(crown, mass) / np.bincount(crown)
    dark = np.zeros_like(leaves)
    dark[leaves] = mass < mean[crown]
    labels[dark] = naming.LEAVES_IN_SHADE


def _mass(leaves: np.ndarray, values: np.ndarray, width: int) -> np.ndarray:
    """(N,) float32: at each of the N pixels of ``leaves``, (H, W) bool, the mean of ``values`` over the leaves around it."""
    summed, count = (cv2.boxFilter(what.astype(np.float32), -1, (width, width))[leaves] for what in (values * leaves, leaves))
    return summed / count


def name_mirrored(labels: np.ndarray, mirrored: np.ndarray) -> None:
    """Give panes and paint the label of what is mirrored in them, in place; specks are left out.

    Panes of houses stay dark where they are mirrored, as does what stands in the street.

    Args:
        mirrored: (H, W) uint8, the label that is seen in a mirror there.
    """
    house = np.isin(STREETS.base[mirrored], naming.WALLED) & ~np.isin(mirrored, naming.PANES)
    for seen, parts in ((mirrored == lighting.SKY_LABEL, naming.SKY_IN), (house, naming.HOUSE_IN), (mirrored == naming.LEAVES, naming.TREE_IN)):
        for pane, part in parts.items():
            labels[_without_specks(seen & (labels == pane))] = part


def _without_specks(mask: np.ndarray) -> np.ndarray:
    """(H, W) bool: ``mask`` where at least :data:`SPECK` of its pixels hang together."""
    _, numbers, boxes, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    return mask & (boxes[numbers, cv2.CC_STAT_AREA] >= SPECK)


def read_exr(path: str | Path) -> np.ndarray:
    """(H, W, 3) float32 of an EXR file, top row first, values as stored."""
    image = bpy.data.images.load(str(path))
    try:
        image.colorspace_settings.name = "Non-Color"
        width, height = image.size
        pixels = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(pixels)
        return pixels.reshape(height, width, 4)[::-1, :, :3].copy()
    finally:
        bpy.data.images.remove(image)


def _id_material(to_sun: Sequence[float]) -> "bpy.types.Material":
    made = bpy.data.materials.new("ids")
    g = Graph(with_nodes(made))
    label = g.node("ShaderNodeAttribute", _out="Fac", _set={"attribute_type": "GEOMETRY", "attribute_name": blender.LABEL_ATTRIBUTE})
    value = g.node("ShaderNodeSeparateColor", Color=g.node("ShaderNodeObjectInfo", _out="Color"))
    label = g.math("ADD", label, patterns.label_shift(g))
    colour = g.node("ShaderNodeCombineColor", Red=label, Green=value, Blue=_squarely(g, to_sun))
    shader = g.node("ShaderNodeEmission", Color=colour, Strength=1.0)
    out = g.tree.nodes.new("ShaderNodeOutputMaterial")
    g.tree.links.new(shader, out.inputs["Surface"])
    return made


def _white_material() -> "bpy.types.Material":
    made = bpy.data.materials.new("white")
    g = Graph(with_nodes(made))
    out = g.tree.nodes.new("ShaderNodeOutputMaterial")
    g.tree.links.new(g.node("ShaderNodeBsdfDiffuse", Color=(0.8, 0.8, 0.8)), out.inputs["Surface"])
    return made


def _sun_material(to_sun: Sequence[float]) -> "bpy.types.Material":
    """Reflects green alone; emits in red what would fall on it from a sun ``to_sun`` that nothing hides."""
    made = bpy.data.materials.new("sun")
    g = Graph(with_nodes(made))
    told = g.node("ShaderNodeEmission", Color=g.node("ShaderNodeCombineColor", Red=_squarely(g, to_sun), Green=0.0, Blue=0.0), Strength=1.0)
    both = g.tree.nodes.new("ShaderNodeAddShader")
    out = g.tree.nodes.new("ShaderNodeOutputMaterial")
    for socket, value in zip(both.inputs, (told, g.node("ShaderNodeBsdfDiffuse", Color=(0.0, 1.0, 0.0)))):
        g.tree.links.new(value, socket)
    g.tree.links.new(both.outputs[0], out.inputs["Surface"])
    return made


def _squarely(g: Graph, to_sun: Sequence[float]):
    """Cosine between the face's normal and ``to_sun``, 0 where it faces away."""
    normal = g.node("ShaderNodeNewGeometry", _out="Normal")
    cosine = g.node("ShaderNodeVectorMath", _out="Value", _set={"operation": "DOT_PRODUCT"}, i0=normal, i1=tuple(to_sun))
    return g.math("MAXIMUM", cosine, 0.0)


def _mirror_material() -> "bpy.types.Material":
    made = bpy.data.materials.new("mirror")
    g = Graph(with_nodes(made))
    out = g.tree.nodes.new("ShaderNodeOutputMaterial")
    mirror = g.node("ShaderNodeBsdfGlossy", Color=(1.0, 1.0, 1.0), Roughness=0.0)
    label = g.node("ShaderNodeAttribute", _out="Fac", _set={"attribute_type": "GEOMETRY", "attribute_name": blender.LABEL_ATTRIBUTE})
    told = g.node("ShaderNodeEmission", Color=g.node("ShaderNodeCombineColor", Red=label, Green=0.0, Blue=0.0), Strength=1.0)
    first = g.node("ShaderNodeLightPath", _out="Is Camera Ray")
    mixed = g.tree.nodes.new("ShaderNodeMixShader")
    for socket, value in zip(mixed.inputs, (first, told, mirror)):
        g.tree.links.new(value, socket)
    g.tree.links.new(mixed.outputs[0], out.inputs["Surface"])
    return made
