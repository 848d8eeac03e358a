"""Patterns that a shader draws and the label map names: curtains, lit displays, awning stripes, lettering.

They are no geometry, so the id pass finds them with the same nodes that the
photograph's shader uses: one definition for both, which can't drift apart.
"""

from __future__ import annotations

from core.streets.parts import Surface

#: Face attribute that says which pattern a face's label is broken up by; 0 none.
PATTERN = "pattern"
CURTAIN, DISPLAY, STRIPE, LETTERING = 1, 2, 3, 4

_WINDOW, _SHOP, _AWNING, _BOARD = 40, 42, 75, 61
#: Pattern -> (label of the face, label where the pattern is).
LABELS = {CURTAIN: (_WINDOW, 72), DISPLAY: (_SHOP, 74), STRIPE: (_AWNING, 76), LETTERING: (_BOARD, 97)}

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
    if surface.kind == "sign" and label == _BOARD and surface.second is not None:
        return LETTERING
    return 0


def panel_noise(g, place):
    """A number 0..1 for each panel of curtain at ``place``; :data:`DRAWN` says which are drawn."""
    return g.node("ShaderNodeTexWhiteNoise", _out="Value", Vector=g.vector("SNAP", place, _PANEL))


#: A panel is drawn from the first number on, wholly from the second.
DRAWN = (0.25, 0.45)


def shelf_light(g, place):
    """How brightly a shop's goods are lit behind its glass, 0..0.75: in patches, less with height."""
    height = g.node("ShaderNodeSeparateXYZ", Vector=place).node.outputs[1]
    lit = g.noise(place, 0.7, 2.0)
    return g.math("MULTIPLY", g.ramp(height, 0.2, 2.6, 1.0, 0.25), g.ramp(lit, 0.4, 0.7, 0.02, 0.75))


#: From here on a display counts as lit.
LIT = 0.16


def stripe(g, place, width: float):
    """1 on an awning's second colour, else 0."""
    u = g.node("ShaderNodeSeparateXYZ", Vector=place).node.outputs[0]
    return g.math("GREATER_THAN", g.math("FRACT", g.math("DIVIDE", u, width)), 0.5)


def lettering(g, place):
    """1 where a board's second colour stands for letters: strokes 75 mm wide in words, else 0."""
    u = g.node("ShaderNodeSeparateXYZ", Vector=place).node.outputs[0]

    def noise(row, width):
        line = g.node("ShaderNodeCombineXYZ", X=u, Y=row, Z=0.0)
        return g.node("ShaderNodeTexWhiteNoise", _out="Value", Vector=g.vector("SNAP", line, (width, 1.0, 1.0)))

    return g.math("MULTIPLY", g.math("GREATER_THAN", noise(0.0, 0.075), 0.42), g.math("GREATER_THAN", noise(3.0, 1.7), 0.45))


def label_shift(g):
    """What the patterns add to a face's label, for the id pass."""
    place, pattern = g.wall_place(), g.attribute(PATTERN, "Fac")
    found = {
        CURTAIN: g.math("GREATER_THAN", panel_noise(g, place), sum(DRAWN) / 2),
        DISPLAY: g.math("GREATER_THAN", shelf_light(g, place), LIT),
        STRIPE: stripe(g, place, STRIPE_WIDTH),
        LETTERING: lettering(g, place),
    }
    total = 0.0
    for number, inside in found.items():
        outer, inner = LABELS[number]
        here = g.node("ShaderNodeMath", _set={"operation": "COMPARE"}, i0=pattern, i1=float(number), i2=0.5)
        total = g.math("ADD", g.math("MULTIPLY", g.math("MULTIPLY", here, inside), float(inner - outer)), total)
    return total
