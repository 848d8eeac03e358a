"""Patterns that a shader draws and the label map names: curtains, goods in shops, stripes, stones and their joints, cracks, puddles.

They are no geometry, so the id pass finds them with the same nodes that the
photograph's shader uses: one definition for both, which can't drift apart.
Letters are geometry; the id pass names them where they are large enough.
"""

from __future__ import annotations

from core.streets import naming, wares
from core.streets.parts import Surface

#: Face attribute that says which pattern a face's label is broken up by; 0 none.
PATTERN = "pattern"
CURTAIN, DISPLAY, STRIPE, LETTERING, SLABS, SETTS, PARKING_SETTS, ASPHALT, BRICKS, STONES, PLATE_LETTERING, ASPHALT_WALK, BUS_LETTERING, SHINE, TRIM_STONES, ASPHALT_PATCH, PLINTH_STONES = range(1, 18)
#: Face attributes: the size of the surface's pattern in metres, and the share of it that is wet.
SIZE, WETNESS = "pattern size", "wetness"
#: Node that holds the camera's focal length in pixels, for what is too small to be seen.
FOCAL = "focal"

_WINDOW, _SHOP, _AWNING = 40, 42, 75
#: What a lit shop window holds -> label.
_WARES = {wares.LIT: 74, wares.GOODS: 139, wares.DARK_GOODS: 140}
#: Pattern -> (label of the face, label where the pattern is).
LABELS = {
    CURTAIN: (_WINDOW, 72), STRIPE: (_AWNING, 76),
    LETTERING: (naming.SHOP_LETTERING, 61), PLATE_LETTERING: (naming.PLATE_LETTERING, 58),
    BUS_LETTERING: (naming.BUS_LETTERING, naming.BUS_TRIM), ASPHALT_WALK: (naming.WALK, 142),
    SHINE: (naming.CAR, naming.CAR_SHINE),
    SLABS: (naming.WALK, 103), SETTS: (naming.SETTS, 101), PARKING_SETTS: (naming.PARKING_SETTS, 102), ASPHALT: (naming.ROAD, 104), ASPHALT_PATCH: (naming.PATCH, 104),
    STONES: (naming.BUILDING, 127), BRICKS: (naming.BRICK, naming.BRICK), TRIM_STONES: (naming.TRIM, naming.TRIM),
    PLINTH_STONES: (naming.PLINTH, naming.PLINTH),
}
#: Length of a paving stone, a brick and a wall's stone as a share of its breadth.
PAVING_LENGTH, BRICK_LENGTH, STONE_LENGTH = 1.5, 3.2, 2.1
#: Laid patterns: (label of the joints, length of a stone).
LAID = {
    SLABS: (125, PAVING_LENGTH), SETTS: (123, PAVING_LENGTH), PARKING_SETTS: (124, PAVING_LENGTH),
    BRICKS: (126, BRICK_LENGTH), STONES: (126, STONE_LENGTH), TRIM_STONES: (126, STONE_LENGTH),
    PLINTH_STONES: (126, STONE_LENGTH),
}
#: Label of letters -> their pattern.
_LETTERS = {LABELS[number][0]: number for number in (LETTERING, PLATE_LETTERING, BUS_LETTERING)}
#: Patterns that may lie under water, whose label is this.
_WET, _PUDDLE = (SETTS, ASPHALT), 105
#: A stone is named where it is so many pixels high, joints where both sides of a stone are.
_STONE_PIXELS, _JOINTED_PIXELS = 2.0, 3.0
#: A crack is named where a pixel is at most so many metres across it, and as wide as it is where it has so many pixels.
_CRACK_SEEN, _CRACK_PIXELS = 0.25, 1.0
#: Asphalt is dark below the first tone and light above the second, each about a third of it, where a metre has so many pixels.
_TONES, _TONED_PIXELS = (0.9, 1.02), 12.0
#: Letters are named where a stroke is so many pixels wide; its width in metres on a shop's board, a number plate and a bus.
_STROKE_PIXELS, _STROKES = 0.7, {LETTERING: 0.045, PLATE_LETTERING: 0.011, BUS_LETTERING: 0.03}

#: Width of an awning's stripe and its gap together, metres.
STRIPE_WIDTH = 0.35
#: A curtain's panel is 0.62 m wide and reaches over a storey.
_PANEL = (0.62, 2.9, 1.0)


def pattern_of(surface: Surface, label: int) -> int:
    """Which pattern ``surface`` draws on a face of ``label``; 0 for none."""
    if surface.kind == "mirror_glass" and label == _WINDOW and 1.0 <= surface.strength < 2.0:
        return CURTAIN
    if surface.kind == "mirror_glass" and label == _SHOP and surface.strength >= 2.0:
        return DISPLAY
    if surface.kind == "cloth" and label == _AWNING and surface.second is not None and surface.scale == STRIPE_WIDTH:
        return STRIPE
    if label in _LETTERS:
        return _LETTERS[label]
    if surface.kind == "paint" and label == naming.CAR:
        return SHINE
    if surface.kind == "paving":
        return {naming.WALK: SLABS, naming.SETTS: SETTS, naming.PARKING_SETTS: PARKING_SETTS}.get(label, 0)
    if surface.kind in ("brick", "stone") and label in (naming.BRICK, naming.BUILDING):
        return BRICKS if surface.kind == "brick" else STONES
    if surface.kind == "stone" and label in (naming.TRIM, naming.PLINTH):
        return TRIM_STONES if label == naming.TRIM else PLINTH_STONES
    if surface.kind == "asphalt" and surface.second is None:
        return {naming.ROAD: ASPHALT, naming.WALK: ASPHALT_WALK, naming.PATCH: ASPHALT_PATCH}.get(label, 0)
    return 0


def panel_noise(g, place):
    """A number 0..1 for each panel of curtain at ``place``; :data:`DRAWN` says which are drawn."""
    return g.node("ShaderNodeTexWhiteNoise", _out="Value", Vector=g.vector("SNAP", place, _PANEL))


#: A panel is drawn from the first number on, wholly from the second.
DRAWN = (0.25, 0.45)


def stripe(g, place, width: float):
    """1 on an awning's second colour, else 0."""
    u = g.node("ShaderNodeSeparateXYZ", Vector=place).node.outputs[0]
    return g.math("GREATER_THAN", g.math("FRACT", g.math("DIVIDE", u, width)), 0.5)


def courses(g, place, width, height, mortar, offset, bias, first, second, joint):
    """The brick texture node that walls and paving share; a stone's colour is drawn between ``first`` and ``second``."""
    node = g.tree.nodes.new("ShaderNodeTexBrick")
    node.offset = offset
    for key, value in (
        ("Vector", place), ("Color1", first), ("Color2", second), ("Mortar", joint), ("Scale", 1.0),
        ("Mortar Size", mortar), ("Mortar Smooth", 0.1), ("Bias", bias), ("Brick Width", width), ("Row Height", height),
    ):
        g.feed(node.inputs[key], value)
    return node.outputs["Color"], node.outputs["Fac"]


def paving_measures(g, size):
    """Length, breadth and joint of paving stones of ``size``, metres; a number or a socket."""
    return g.math("MULTIPLY", size, PAVING_LENGTH), size, g.math("MAXIMUM", g.math("MULTIPLY", size, 0.02), 0.006)


def stone_measures(g, size):
    """Length, breadth and joint of a stone wall's blocks of ``size``, metres; a number or a socket."""
    return g.math("MULTIPLY", size, STONE_LENGTH), size, 0.007


def dark_stone(g, place, measures):
    """1 on stones of the darker half, else 0."""
    tint, _ = courses(g, place, *measures, 0.5, 0.0, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    return g.math("GREATER_THAN", g.node("ShaderNodeSeparateColor", Color=tint), 0.5)


def joint(g, place, size, length, along, up):
    """1 on the joints of :func:`courses` of stones ``size`` broad, offset by half; a joint is one pixel wide.

    Nothing where a stone has too few pixels.

    Args:
        length: of a stone, as a share of its breadth.
        along, up: pixels of a metre along the courses and across them.
    """
    parts = g.node("ShaderNodeSeparateXYZ", Vector=place).node.outputs
    row = g.math("DIVIDE", parts[1], size)
    even = g.math("SUBTRACT", 1.0, g.math("FLOORED_MODULO", g.math("FLOOR", row), 2.0))  # those are moved by the node
    stone = g.math("ADD", g.math("DIVIDE", parts[0], g.math("MULTIPLY", size, length)), g.math("MULTIPLY", even, 0.5))
    high, wide = g.math("MULTIPLY", size, up), g.math("MULTIPLY", g.math("MULTIPLY", size, length), along)

    def near(value, pixels):
        """Within half a pixel of a whole number, which is ``pixels`` from the next."""
        aside = g.math("ABSOLUTE", g.math("SUBTRACT", g.math("FRACT", g.math("ADD", value, 0.5)), 0.5))
        return g.math("LESS_THAN", g.math("MULTIPLY", aside, pixels), 0.5)

    seen = g.math("GREATER_THAN", g.math("MINIMUM", high, wide), _JOINTED_PIXELS)
    return g.math("MULTIPLY", seen, g.math("MAXIMUM", near(row, high), near(stone, wide)))


def asphalt_tone(g, place):
    """How light asphalt is, about 1: broad stains, and the streaks that wheels leave along the street."""
    broad = g.ramp(g.noise(place, 0.16, 4.0, 0.6), 0.3, 0.7, 0.78, 1.2)
    along = g.noise(g.vector("MULTIPLY", place, (0.05, 1.6, 1.0)), 1.0, 3.0, 0.6)
    return g.math("MULTIPLY", broad, g.ramp(along, 0.35, 0.68, 1.1, 0.84))


def _bent(g, place):
    return g.vector("ADD", place, g.node("ShaderNodeTexNoise", _out=1, Vector=place, Scale=1.3, Detail=3.0))


def crack_distance(g, place):
    """Distance from the cracks of old asphalt, in units of five metres."""
    return g.node("ShaderNodeTexVoronoi", _out="Distance", _set={"feature": "DISTANCE_TO_EDGE"}, Vector=_bent(g, place), Scale=0.2)


def _slab(g, place):
    """The slab of asphalt between cracks in which ``place`` lies, as a point of its own."""
    return g.node("ShaderNodeTexVoronoi", _out="Position", _set={"feature": "F1"}, Vector=_bent(g, place), Scale=0.2)


def _crack(g, place, scale, across):
    """1 on the cracks of level asphalt, which are nowhere less than a pixel wide, else 0.

    Args:
        scale, across: pixels of a metre away from the eye and sideways.
    """
    wide = g.math("MULTIPLY", g.math("LESS_THAN", crack_distance(g, place), _CRACK_NAMED), g.math("GREATER_THAN", scale, _CRACK_PIXELS / 0.04))
    seen = g.node("ShaderNodeSeparateXYZ", Vector=g.node("ShaderNodeNewGeometry", _out="Incoming")).node.outputs
    length = g.math("SQRT", g.math("ADD", g.math("MULTIPLY", seen[0], seen[0]), g.math("MULTIPLY", seen[1], seen[1])))
    x, y = (g.math("DIVIDE", seen[i], g.math("MAXIMUM", length, 1e-4)) for i in (0, 1))
    found = wide
    for pixels, to_x, to_y in ((scale, x, y), (across, g.math("MULTIPLY", y, -1.0), x)):
        # A pixel whose two ends lie in different slabs has a crack in it.
        half = g.math("DIVIDE", 0.5, g.math("MAXIMUM", pixels, 1e-3))
        aside = g.node("ShaderNodeCombineXYZ", X=g.math("MULTIPLY", to_x, half), Y=g.math("MULTIPLY", to_y, half), Z=0.0)
        ends = [_slab(g, g.vector(way, place, aside)) for way in ("SUBTRACT", "ADD")]
        apart = g.node("ShaderNodeVectorMath", _out="Value", _set={"operation": "DISTANCE"}, i0=ends[0], i1=ends[1])
        line = g.math("MULTIPLY", g.math("GREATER_THAN", apart, 1e-3), g.math("LESS_THAN", half, _CRACK_SEEN / 2))
        found = g.math("MAXIMUM", found, line)
    return found


#: A crack is darkest at its middle and ends at this distance; it is named up to the second, 2 cm from its middle.
CRACK, _CRACK_NAMED = 0.006, 0.004


def water(g, place):
    """Where puddles gather: high here, low there."""
    return g.noise(place, 0.22, 3.0, 0.5)


#: A puddle's shore and its full depth, in :func:`water`: (at no wetness, less per wetness).
SHORE, DEPTH = (0.74, 0.34), (0.84, 0.28)


def puddle_level(g, wetness, bound):
    """``bound`` (one of SHORE and DEPTH) at a wetness that is a number or a socket."""
    return g.math("SUBTRACT", bound[0], g.math("MULTIPLY", wetness, bound[1]))


def _pixels_a_metre(g):
    """How many pixels a metre of a surface is where it is seen: foreshortened as it lies, and across that."""
    focal = g.tree.nodes.new("ShaderNodeValue")
    focal.name = focal.label = FOCAL
    seen = g.node("ShaderNodeNewGeometry", _out="Incoming").node
    slant = g.math("ABSOLUTE", g.node("ShaderNodeVectorMath", _out="Value", _set={"operation": "DOT_PRODUCT"}, i0=seen.outputs["Incoming"], i1=seen.outputs["Normal"]))
    distance = g.node("ShaderNodeCameraData", _out="View Distance")
    across = g.math("DIVIDE", focal.outputs[0], distance)
    return g.math("MULTIPLY", across, slant), across


def _mirrors_upward(g):
    """1 where a mirror would show what is above the horizon, houses and sky, instead of the street."""
    seen = g.node("ShaderNodeNewGeometry", _out="Incoming").node.outputs
    ahead = g.node("ShaderNodeVectorMath", _out="Value", _set={"operation": "DOT_PRODUCT"}, i0=seen["Incoming"], i1=seen["Normal"])
    (_, _, rise), (_, _, up) = (g.node("ShaderNodeSeparateXYZ", Vector=seen[name]).node.outputs for name in ("Incoming", "Normal"))
    return g.math("GREATER_THAN", g.math("MULTIPLY", g.math("MULTIPLY", ahead, 2.0), up), rise)


def label_shift(g):
    """What the patterns add to a face's label, for the id pass."""
    place, pattern, ground = g.wall_place(), g.attribute(PATTERN, "Fac"), g.object_place()
    size, wetness, (scale, across) = g.attribute(SIZE, "Fac"), g.attribute(WETNESS, "Fac"), _pixels_a_metre(g)
    high = g.math("GREATER_THAN", g.math("MULTIPLY", size, scale), _STONE_PIXELS)
    dark, darker = (
        g.math("MULTIPLY", dark_stone(g, place, measures(g, size)), high) for measures in (paving_measures, stone_measures)
    )
    cracked, toned = _crack(g, ground, scale, across), g.math("GREATER_THAN", across, _TONED_PIXELS)
    tone = asphalt_tone(g, ground)
    dark_asphalt, light_asphalt = (g.math("MULTIPLY", toned, g.math(than, tone, bound)) for than, bound in zip(("LESS_THAN", "GREATER_THAN"), _TONES))
    shore = g.math("MULTIPLY", g.math("ADD", puddle_level(g, wetness, SHORE), puddle_level(g, wetness, DEPTH)), 0.5)
    under = g.math("MULTIPLY", g.math("GREATER_THAN", water(g, ground), shore), g.math("GREATER_THAN", wetness, 0.01))
    found = {
        CURTAIN: g.math("GREATER_THAN", panel_noise(g, place), sum(DRAWN) / 2),
        STRIPE: stripe(g, place, STRIPE_WIDTH), SHINE: _mirrors_upward(g),
        SLABS: dark, SETTS: dark, PARKING_SETTS: dark, ASPHALT: cracked, ASPHALT_WALK: cracked, ASPHALT_PATCH: cracked, STONES: darker, BRICKS: 0.0, TRIM_STONES: 0.0, PLINTH_STONES: 0.0,
        **{number: g.math("LESS_THAN", scale, _STROKE_PIXELS / width) for number, width in _STROKES.items()},
    }
    # Courses run along the street, which is looked down: that way they are foreshortened.
    joints = {length: joint(g, place, size, length, scale, across) for length in (PAVING_LENGTH, BRICK_LENGTH, STONE_LENGTH)}
    total = 0.0
    for number, inside in found.items():
        outer, inner = LABELS[number]
        here = g.equals(pattern, number)
        shift = g.math("MULTIPLY", inside, float(inner - outer))
        if number in LAID:
            line, length = LAID[number]
            plain = g.math("MULTIPLY", shift, g.math("SUBTRACT", 1.0, joints[length]))
            shift = g.math("ADD", plain, g.math("MULTIPLY", joints[length], float(line - outer)))
        if number == ASPHALT:
            whole = g.math("SUBTRACT", 1.0, cracked)
            for inside, label in ((dark_asphalt, naming.DARK_ASPHALT), (light_asphalt, naming.LIGHT_ASPHALT)):
                shift = g.math("ADD", shift, g.math("MULTIPLY", g.math("MULTIPLY", whole, inside), float(label - outer)))
        if number in _WET:
            dry = g.math("MULTIPLY", shift, g.math("SUBTRACT", 1.0, under))
            shift = g.math("ADD", dry, g.math("MULTIPLY", under, float(_PUDDLE - outer)))
        total = g.math("ADD", g.math("MULTIPLY", here, shift), total)
    return g.math("ADD", total, _ware_shift(g, place, pattern, scale))


def _ware_shift(g, place, pattern, scale):
    """What lit shop windows add to their glass's label."""
    what = wares.wares(g, place, g.math("GREATER_THAN", scale, wares.SEEN / wares.THING))
    total = 0.0
    for ware, label in _WARES.items():
        total = g.math("ADD", g.math("MULTIPLY", g.equals(what, ware), float(label - _SHOP)), total)
    return g.math("MULTIPLY", g.equals(pattern, DISPLAY), total)
