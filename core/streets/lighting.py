"""Sun, sky and cloud of a plan as Blender's world and one sun lamp; tone curves."""

from __future__ import annotations

import math

import bpy

from core.streets.materials import Graph, with_nodes
from core.streets.plan import StreetPlan

#: Name -> (view transform, look).
LOOKS = {
    "agx": ("AgX", "AgX - Base Contrast"),
    "agx contrast": ("AgX", "AgX - Medium High Contrast"),
    "filmic": ("Filmic", "Medium High Contrast"),
}
SKY_LABEL = 23
SUN = "sun"


def light(plan: StreetPlan) -> "bpy.types.World":
    """Add the sun (the object :data:`SUN`; none under an overcast sky) and return the world to photograph under."""
    sky = plan.sky
    direct = {"clear": 1.0, "fair": 0.85, "hazy": 0.4, "overcast": 0.0}[sky.kind]
    if direct > 0:
        lamp = bpy.data.lights.new(SUN, "SUN")
        lamp.angle = math.radians({"clear": 0.55, "fair": 0.8, "hazy": 6.0}[sky.kind])
        # Low suns are redder and weaker, through more air.
        low = max(0.0, 1 - sky.elevation / math.radians(45))
        lamp.color = (1.0, 0.96 - 0.16 * low, 0.90 - 0.36 * low)
        lamp.energy = 4.2 * direct * (1 - 0.35 * low)
        holder = bpy.data.objects.new(SUN, lamp)
        holder.rotation_euler = (math.pi / 2 - sky.elevation, 0.0, sky.azimuth + math.pi / 2)
        bpy.context.scene.collection.objects.link(holder)
    return _world(plan)


def to_sun() -> tuple[float, float, float]:
    """Unit vector to the sun that :func:`light` added; zeros without one."""
    holder = bpy.data.objects.get(SUN)
    # Not matrix_world, which is stale before the first render.
    return tuple(holder.rotation_euler.to_matrix().col[2]) if holder is not None else (0.0, 0.0, 0.0)


def sun_on_white() -> float:
    """Green radiance of a white diffuse surface on which the sun falls straight."""
    lamp = bpy.data.objects[SUN].data
    return lamp.energy * lamp.color[1] / math.pi


def _world(plan: StreetPlan) -> "bpy.types.World":
    sky = plan.sky
    world = bpy.data.worlds.new("sky")
    g = Graph(with_nodes(world))
    node = g.tree.nodes.new("ShaderNodeTexSky")
    node.sky_type, node.sun_disc = "MULTIPLE_SCATTERING", False
    node.sun_elevation, node.sun_rotation = sky.elevation, math.pi / 2 - sky.azimuth
    node.air_density = 1.0
    node.aerosol_density = {"clear": 0.7, "fair": 1.2, "hazy": 4.0, "overcast": 2.0}[sky.kind]
    # Cameras desaturate skylight a little against what the model gives.
    blue = g.mix(0.22, node.outputs["Color"], (6.5, 7.5, 8.5))
    direction = g.node("ShaderNodeTexCoord", _out="Generated")
    z = g.node("ShaderNodeSeparateXYZ", Vector=direction).node.outputs[2]
    # Clouds lie on a plane overhead, so they crowd together towards the horizon.
    flat = g.vector("DIVIDE", direction, g.node("ShaderNodeCombineXYZ", X=g.math("ADD", z, 0.16), Y=g.math("ADD", z, 0.16), Z=1.0))
    place = g.vector("ADD", flat, (plan.seed % 97 * 1.7, plan.seed % 89 * 2.3, 0.0))
    shape = g.noise(place, 1.1, 7.0, 0.58)
    if sky.kind == "overcast":
        tone = g.ramp(g.noise(place, 0.7, 5.0, 0.5), 0.3, 0.7, 0.62, 1.15)
        height = g.ramp(z, 0.0, 0.9, 0.72, 1.1)
        grey = g.node("ShaderNodeRGB")
        grey.node.outputs[0].default_value = (0.93, 0.97, 1.0, 1.0)
        colour = g.scaled(grey, g.math("MULTIPLY", tone, height))
    else:
        bright = g.node("ShaderNodeRGB")
        bright.node.outputs[0].default_value = (0.95, 0.965, 0.98, 1.0)
        shade = g.ramp(g.noise(place, 2.3, 4.0, 0.6), 0.3, 0.72, 1.35, 0.75)
        cover = g.ramp(shape, 0.66 - 0.32 * sky.cover, 0.80 - 0.26 * sky.cover, 0.0, 0.92)
        haze = g.ramp(z, 0.0, 0.35, {"clear": 0.25, "fair": 0.35, "hazy": 0.8}[sky.kind], 0.0)
        colour = g.mix(cover, g.scaled(blue, SKY_SCALE), g.scaled(bright, shade))
        colour = g.mix(haze, colour, bright)
    background = g.node("ShaderNodeBackground", Color=colour, Strength=1.0)
    out = g.tree.nodes.new("ShaderNodeOutputWorld")
    g.tree.links.new(background, out.inputs["Surface"])
    world.cycles.sampling_method = "MANUAL"
    world.cycles.sample_map_resolution = 256
    return world


#: Brings the physical sky to the scale on which a sunlit white wall is about 1.
SKY_SCALE = 0.095


def dark_world() -> "bpy.types.World":
    """A world without light, for the shadow pass."""
    world = bpy.data.worlds.new("dark")
    g = Graph(with_nodes(world))
    background = g.node("ShaderNodeBackground", Color=(0.0, 0.0, 0.0), Strength=0.0)
    out = g.tree.nodes.new("ShaderNodeOutputWorld")
    g.tree.links.new(background, out.inputs["Surface"])
    return world


def id_world() -> "bpy.types.World":
    """A world that emits the sky's label, without an instance, for the id pass."""
    world = bpy.data.worlds.new("ids")
    g = Graph(with_nodes(world))
    background = g.node("ShaderNodeBackground", Color=(float(SKY_LABEL), 0.0, 0.0), Strength=1.0)
    out = g.tree.nodes.new("ShaderNodeOutputWorld")
    g.tree.links.new(background, out.inputs["Surface"])
    return world
