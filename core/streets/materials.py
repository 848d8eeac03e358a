"""A described :class:`~core.streets.parts.Surface` as a Cycles shader.

Patterns are laid out in object space in metres. On walls the pattern's u runs
along the wall and v up, whichever way the wall faces. Colours are not in the
shader: they are read from the face attributes ``colour`` and ``second``, so
that surfaces that differ only in colour share one material and a street of a
thousand colours compiles in a few dozen shaders.
"""

from __future__ import annotations

import operator
import warnings
from functools import cached_property

import bpy

from core.streets import patterns, wares
from core.streets.parts import Surface

COLOUR, SECOND = "colour", "second"
#: A shop's wall under its lamps.
LAMPLIT = (0.95, 0.86, 0.66)
_CACHE: dict[tuple, "bpy.types.Material"] = {}


def key_of(surface: Surface) -> tuple:
    """What decides a surface's material: everything but its colours, rounded."""
    scale = float(f"{surface.scale:.2g}")
    return surface.kind, round(surface.roughness, 1), round(surface.strength, 1), scale, surface.second is not None


def forget() -> None:
    """Drop the cache; call it whenever Blender's data is emptied."""
    _CACHE.clear()


def with_nodes(block) -> "bpy.types.NodeTree":
    """The emptied node tree of a new material or world."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        block.use_nodes = True
    block.node_tree.nodes.clear()
    return block.node_tree


#: Operations that are done at once where both values are numbers.
_PLAIN = {"ADD": operator.add, "SUBTRACT": operator.sub, "MULTIPLY": operator.mul, "MAXIMUM": max, "MINIMUM": min}


class Graph:
    """Shorthand for building a node tree: inputs are values or other nodes' sockets."""

    def __init__(self, tree: "bpy.types.NodeTree"):
        self.tree = tree

    def attribute(self, name: str, out="Color"):
        return self.node("ShaderNodeAttribute", _out=out, _set={"attribute_type": "GEOMETRY", "attribute_name": name})

    @cached_property
    def colour(self):
        """The face's own colour."""
        return self.attribute(COLOUR)

    @cached_property
    def second(self):
        """The face's second colour."""
        return self.attribute(SECOND)

    def node(self, kind: str, _out=0, _set=None, **inputs):
        """A node with ``inputs`` by socket name (underscores for spaces); returns its output ``_out``."""
        node = self.tree.nodes.new(kind)
        for name, value in (_set or {}).items():
            setattr(node, name, value)
        for name, value in inputs.items():
            key = int(name[1:]) if name[0] == "i" and name[1:].isdigit() else name.replace("_", " ")
            self.feed(node.inputs[key], value)
        return node.outputs[_out]

    def feed(self, socket, value) -> None:
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif isinstance(value, tuple) and len(value) == 3 and socket.type == "RGBA":
            socket.default_value = (*value, 1.0)
        else:
            socket.default_value = value

    def math(self, operation: str, a, b=0.0, clamp=False):
        """A node's output; of two numbers a number, where that takes no node."""
        if operation in _PLAIN and not clamp and all(isinstance(value, (int, float)) for value in (a, b)):
            return _PLAIN[operation](a, b)
        return self.node("ShaderNodeMath", _set={"operation": operation, "use_clamp": clamp}, i0=a, i1=b)

    def equals(self, value, number: float):
        """1 where ``value`` is ``number``, a whole one, else 0."""
        return self.node("ShaderNodeMath", _set={"operation": "COMPARE"}, i0=value, i1=float(number), i2=0.5)

    def vector(self, operation: str, a, b=(0.0, 0.0, 0.0)):
        return self.node("ShaderNodeVectorMath", _set={"operation": operation}, i0=a, i1=b)

    def ramp(self, value, low, high, to_low=0.0, to_high=1.0):
        return self.node("ShaderNodeMapRange", _set={"clamp": True}, Value=value, From_Min=low, From_Max=high, To_Min=to_low, To_Max=to_high)

    def mix(self, factor, a, b, blend="MIX"):
        node = self.tree.nodes.new("ShaderNodeMix")
        node.data_type, node.blend_type = "RGBA", blend
        for index, value in ((0, factor), (6, a), (7, b)):
            self.feed(node.inputs[index], value)
        return node.outputs[2]

    def scaled(self, colour, factor):
        """A colour times a factor; either may be a socket."""
        if not isinstance(factor, bpy.types.NodeSocket):
            return self.mix(1.0, colour, (float(factor),) * 3, "MULTIPLY")
        grey = self.node("ShaderNodeCombineXYZ", X=factor, Y=factor, Z=factor)
        return self.mix(1.0, colour, grey, "MULTIPLY")

    def noise(self, vector, scale, detail=2.0, roughness=0.55):
        return self.node("ShaderNodeTexNoise", Vector=vector, Scale=scale, Detail=detail, Roughness=roughness)

    def object_place(self):
        return self.node("ShaderNodeTexCoord", _out="Object")

    def wall_place(self):
        """(u, v, 0) of walls in metres, (x, y, 0) on level ground."""
        place = self.node("ShaderNodeSeparateXYZ", Vector=self.object_place()).node.outputs
        normal = self.node("ShaderNodeSeparateXYZ", Vector=self.node("ShaderNodeTexCoord", _out="Normal")).node.outputs
        ax, ay, az = (self.math("ABSOLUTE", normal[i]) for i in range(3))
        facing = self.math("GREATER_THAN", ax, ay)
        level = self.math("GREATER_THAN", az, 0.75)
        def pick(f, a, b):
            return self.math("ADD", self.math("MULTIPLY", a, self.math("SUBTRACT", 1.0, f)), self.math("MULTIPLY", b, f))
        u = pick(level, pick(facing, place[0], place[1]), place[0])
        v = pick(level, place[2], place[1])
        return self.node("ShaderNodeCombineXYZ", X=u, Y=v, Z=0.0)

    def bump(self, height, strength, distance=0.01):
        return self.node("ShaderNodeBump", Strength=strength, Distance=distance, Height=height)

    def principled(self, **inputs):
        return self.node("ShaderNodeBsdfPrincipled", **inputs)


def material(surface: Surface) -> "bpy.types.Material":
    """The (cached) material of ``surface``; an unknown kind is built as plaster."""
    key = key_of(surface)
    if key not in _CACHE:
        made = bpy.data.materials.new(surface.kind)
        g = Graph(with_nodes(made))
        shader = _BUILDERS.get(surface.kind, _plaster)(g, Surface(
            surface.kind, surface.colour, surface.second, key[1], key[2], key[3],
        ))
        out = g.tree.nodes.new("ShaderNodeOutputMaterial")
        g.tree.links.new(shader, out.inputs["Surface"])
        _CACHE[key] = made
    return _CACHE[key]


def _weathered(g: Graph, colour, amount=0.25):
    """``colour`` with broad stains, rain streaks and a dirty foot."""
    place = g.object_place()
    broad = g.ramp(g.noise(place, 0.45, 3.0), 0.3, 0.75, 1.0 - amount, 1.05)
    streak_place = g.vector("MULTIPLY", place, (2.6, 2.6, 0.16))
    streaks = g.ramp(g.noise(streak_place, 1.0, 3.0, 0.6), 0.48, 0.78, 1.0, 1.0 - amount * 0.9)
    height = g.node("ShaderNodeSeparateXYZ", Vector=place).node.outputs[2]
    foot = g.ramp(height, 0.0, 1.3, 1.0 - amount * 1.2, 1.0)
    factor = g.math("MULTIPLY", g.math("MULTIPLY", broad, streaks), foot)
    return g.scaled(colour, factor)


def _plaster(g: Graph, s: Surface):
    fine = g.noise(g.object_place(), 60.0, 2.0)
    return g.principled(Base_Color=_weathered(g, g.colour, 0.2), Roughness=s.roughness, Normal=g.bump(fine, 0.25, 0.004))


def _concrete(g: Graph, s: Surface):
    place = g.object_place()
    speckle = g.ramp(g.noise(place, 14.0, 4.0, 0.7), 0.3, 0.7, 0.88, 1.08)
    colour = _weathered(g, g.scaled(g.colour, speckle), 0.3)
    return g.principled(Base_Color=colour, Roughness=s.roughness)


def _bricks(g: Graph, s: Surface, width, height, mortar, offset=0.5, wall=True, bias=0.0):
    vector = g.wall_place() if wall else g.object_place()
    second = g.second if s.second is not None else g.scaled(g.colour, 0.6)
    return patterns.courses(g, vector, width, height, mortar, offset, bias, g.scaled(g.colour, 1.18), g.scaled(g.colour, 0.72), second)


def _brick(g: Graph, s: Surface):
    colour, mortar = _bricks(g, s, s.scale * patterns.BRICK_LENGTH, s.scale, s.scale * 0.09)
    return g.principled(Base_Color=_weathered(g, colour, 0.25), Roughness=s.roughness, Normal=g.bump(g.math("SUBTRACT", 1.0, mortar), 0.5, 0.008))


def _stone(g: Graph, s: Surface):
    colour, mortar = _bricks(g, s, *patterns.stone_measures(g, s.scale))
    return g.principled(Base_Color=_weathered(g, colour, 0.28), Roughness=s.roughness, Normal=g.bump(g.math("SUBTRACT", 1.0, mortar), 0.6, 0.01))


def _tiles(g: Graph, s: Surface):
    place = g.wall_place()
    parts = g.node("ShaderNodeSeparateXYZ", Vector=place).node.outputs
    stretched = g.node("ShaderNodeCombineXYZ", X=parts[0], Y=g.math("MULTIPLY", parts[1], 1.4), Z=0.0)
    node = g.tree.nodes.new("ShaderNodeTexBrick")
    node.offset = 0.5
    for key, value in (
        ("Vector", stretched), ("Color1", g.scaled(g.colour, 1.25)), ("Color2", g.scaled(g.colour, 0.65)),
        ("Mortar", g.scaled(g.colour, 0.25)), ("Scale", 1.0), ("Mortar Size", 0.014), ("Brick Width", s.scale * 0.75), ("Row Height", s.scale),
    ):
        g.feed(node.inputs[key], value)
    moss = g.ramp(g.noise(g.object_place(), 0.6, 4.0, 0.65), 0.35, 0.75, 1.0, 0.6)
    # Rows step down like shingles: the bump falls along each row.
    step = g.math("FRACT", g.math("DIVIDE", g.math("MULTIPLY", parts[1], 1.4), s.scale))
    return g.principled(Base_Color=g.scaled(node.outputs["Color"], moss), Roughness=s.roughness, Normal=g.bump(step, 0.5, 0.03))


def _wetness(g: Graph, s: Surface, rough):
    """Roughness with puddles where the surface is wet (``strength`` holds the share)."""
    if s.strength <= 0:
        return rough
    shore, depth = (patterns.puddle_level(g, s.strength, bound) for bound in (patterns.SHORE, patterns.DEPTH))
    return g.ramp(patterns.water(g, g.object_place()), shore, depth, rough * 0.8, 0.08)


def _asphalt(g: Graph, s: Surface):
    place = g.object_place()
    if s.second is not None:
        # Road paint: worn through to the road below.
        wear = g.ramp(g.noise(place, 7.0, 6.0, 0.75), 0.56, 0.72, 0.0, 0.75)
        grime = g.ramp(g.noise(place, 0.9, 3.0), 0.3, 0.7, 1.0, 0.8)
        return g.principled(Base_Color=g.scaled(g.mix(wear, g.colour, g.second), grime), Roughness=s.roughness)
    grain = g.ramp(g.noise(place, 140.0, 1.0), 0.25, 0.75, 0.72, 1.28)
    seam = g.ramp(patterns.crack_distance(g, place), 0.0, patterns.CRACK, 0.5, 1.0)
    factor = g.math("MULTIPLY", patterns.asphalt_tone(g, place), g.math("MULTIPLY", grain, seam))
    return g.principled(Base_Color=g.scaled(g.colour, factor), Roughness=_wetness(g, s, s.roughness), Normal=g.bump(g.noise(place, 90.0, 1.0), 0.15, 0.004) if s.strength <= 0 else (0.0, 0.0, 0.0))


def _paving(g: Graph, s: Surface):
    colour, mortar = _bricks(g, s, *patterns.paving_measures(g, s.scale))
    place = g.object_place()
    broad = g.ramp(g.noise(place, 0.3, 4.0, 0.6), 0.3, 0.7, 0.75, 1.12)
    fleck = g.ramp(g.noise(place, 5.0, 3.0, 0.7), 0.3, 0.7, 0.85, 1.12)
    normal = g.bump(g.math("SUBTRACT", 1.0, mortar), 0.5, 0.01) if s.strength <= 0 else (0.0, 0.0, 0.0)
    return g.principled(Base_Color=g.scaled(colour, g.math("MULTIPLY", broad, fleck)), Roughness=_wetness(g, s, s.roughness), Normal=normal)


def _grass(g: Graph, s: Surface):
    place = g.object_place()
    second = g.second if s.second is not None else g.scaled(g.colour, 1.5)
    colour = g.mix(g.ramp(g.noise(place, 3.0, 6.0, 0.75), 0.3, 0.7), g.colour, second)
    shade = g.ramp(g.noise(place, 40.0, 2.0), 0.3, 0.7, 0.5, 1.25)
    return g.principled(Base_Color=g.scaled(colour, shade), Roughness=0.95, Normal=g.bump(g.noise(place, 40.0, 2.0), 1.0, 0.04))


def _leaf(g: Graph, s: Surface):
    place = g.object_place()
    colour = g.scaled(g.colour, g.ramp(g.noise(place, 1.6, 2.0), 0.3, 0.7, 0.95, 1.8))
    front = g.principled(Base_Color=colour, Roughness=max(s.roughness, 0.45), Specular_IOR_Level=0.3)
    through = g.node("ShaderNodeBsdfTranslucent", Color=g.scaled(colour, 1.7))
    return g.node("ShaderNodeMixShader", i0=0.42, i1=front, i2=through)


def _bark(g: Graph, s: Surface):
    place = g.vector("MULTIPLY", g.object_place(), (9.0, 9.0, 1.6))
    ridges = g.noise(place, 1.5, 4.0, 0.7)
    return g.principled(Base_Color=g.scaled(g.colour, g.ramp(ridges, 0.3, 0.7, 0.5, 1.3)), Roughness=0.95, Normal=g.bump(ridges, 0.8, 0.03))


def _wood(g: Graph, s: Surface):
    grain = g.noise(g.vector("MULTIPLY", g.object_place(), (12.0, 12.0, 0.9)), 1.6, 4.0, 0.6)
    return g.principled(Base_Color=g.scaled(g.colour, g.ramp(grain, 0.3, 0.7, 0.75, 1.15)), Roughness=s.roughness)


def _paint(g: Graph, s: Surface):
    return g.principled(Base_Color=g.colour, Roughness=max(s.roughness, 0.25), Metallic=0.15, Coat_Weight=0.9, Coat_Roughness=0.03)


def _metal(g: Graph, s: Surface):
    dull = g.ramp(g.noise(g.object_place(), 2.5, 3.0), 0.3, 0.7, 0.85, 1.1)
    return g.principled(Base_Color=g.scaled(g.colour, dull), Metallic=0.75, Roughness=s.roughness)


def _plain(g: Graph, s: Surface):
    return g.principled(Base_Color=g.colour, Roughness=s.roughness)


def _cloth(g: Graph, s: Surface):
    if s.second is not None:
        colour = g.mix(patterns.stripe(g, g.wall_place(), s.scale), g.colour, g.second)
    else:
        colour = g.colour
    folds = g.ramp(g.noise(g.object_place(), 7.0, 2.0), 0.3, 0.7, 0.8, 1.12)
    return g.principled(Base_Color=g.scaled(colour, folds), Roughness=max(s.roughness, 0.8), Sheen_Weight=0.2)


def _skin(g: Graph, s: Surface):
    return g.principled(Base_Color=g.colour, Roughness=0.5, Specular_IOR_Level=0.35)


def _glass(g: Graph, s: Surface):
    """Thin see-through glass: tinted transparency under a mirror, without refraction."""
    through = g.node("ShaderNodeBsdfTransparent", Color=g.colour)
    mirror = g.node("ShaderNodeBsdfGlossy", Color=(1.0, 1.0, 1.0), Roughness=min(s.roughness, 0.06))
    fresnel = g.node("ShaderNodeFresnel", IOR=1.5)
    return g.node("ShaderNodeMixShader", i0=g.math("MULTIPLY", fresnel, 1.6, clamp=True), i1=through, i2=mirror)


def _mirror_glass(g: Graph, s: Surface):
    """Facade glass. ``strength`` 1 is a curtain behind the pane, 2 a lit shop, 0 a dark room."""
    options = dict(Roughness=s.roughness, IOR=1.75)
    place = g.wall_place()
    # Old panes are never flat: a slow wave bends what they mirror.
    wave = g.bump(g.noise(g.object_place(), 0.9, 1.0), 0.08, 0.05)
    if s.strength >= 2.0:
        what = wares.wares(g, place)
        wall, goods, dark = (g.equals(what, ware) for ware in (wares.LIT, wares.GOODS, wares.DARK_GOODS))
        shown = g.mix(g.math("ADD", goods, dark), g.scaled(g.mix(0.35, LAMPLIT, g.second), wall), g.scaled(g.second, g.ramp(dark, 0.0, 1.0, 1.0, 0.16)))
        return g.principled(Base_Color=g.colour, Emission_Color=shown, Emission_Strength=0.3, Normal=wave, **options)
    if s.strength >= 1.0:
        u = g.node("ShaderNodeSeparateXYZ", Vector=place).node.outputs[0]
        folds = g.math("SINE", g.math("ADD", g.math("MULTIPLY", u, 42.0), g.math("MULTIPLY", g.noise(place, 3.0, 1.0), 9.0)))
        drawn = patterns.panel_noise(g, place)
        shade = g.math("MULTIPLY", g.ramp(folds, -1.0, 1.0, 0.6, 1.0), g.ramp(drawn, *patterns.DRAWN, 0.12, 1.0))
        return g.principled(Base_Color=g.scaled(g.colour, shade), Normal=wave, **options)
    return g.principled(Base_Color=g.colour, Normal=wave, **options)


def _sign(g: Graph, s: Surface):
    return g.principled(Base_Color=g.colour, Roughness=s.roughness)


def _emission(g: Graph, s: Surface):
    return g.node("ShaderNodeEmission", Color=g.colour, Strength=max(s.strength, 0.0))


_BUILDERS = {
    "plaster": _plaster, "concrete": _concrete, "brick": _brick, "stone": _stone, "tiles": _tiles, "asphalt": _asphalt,
    "paving": _paving, "grass": _grass, "leaf": _leaf, "bark": _bark, "wood": _wood, "paint": _paint, "metal": _metal,
    "plastic": _plain, "rubber": _plain, "hair": _plain, "cloth": _cloth, "skin": _skin, "glass": _glass,
    "mirror_glass": _mirror_glass, "sign": _sign, "emission": _emission,
}
