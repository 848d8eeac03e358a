"""Traffic signs of European shapes: plates, colours and pictograms built as polygons.

A face is a stack of flat layers, a millimetre apart; the back is a grey sheet.
The sheet carries label 20 (traffic sign), a layer the part of its colour, the
post label 17 (pole). Signs face +x.
"""

from __future__ import annotations

from typing import Callable

import numpy as np

from core.streets import glyphs
from core.streets.parts import Part, Surface
from core.streets.solids import Mesh, block, circle, part, placed, prism, rounded, translation, tube

POLE, SIGN = 17, 20
RED, BLUE, YELLOW = (0.62, 0.015, 0.02), (0.012, 0.085, 0.42), (0.85, 0.46, 0.01)
WHITE, BLACK, GREEN, GREY = (0.86, 0.86, 0.85), (0.012, 0.012, 0.013), (0.01, 0.20, 0.07), (0.33, 0.34, 0.35)

#: Label of a face's layer by its colour; the back and the edge are the sign's own.
LABEL_OF = {RED: 85, BLUE: 86, YELLOW: 87, WHITE: 88, BLACK: 89, GREEN: 90}

#: One layer of a face: outlines in (right, up) metres about the plate's centre, and a colour.
Layer = tuple[list[np.ndarray], tuple[float, float, float]]


def _at(outlines, scale: float, x: float = 0.0, y: float = 0.0, squeeze: float = 1.0) -> list[np.ndarray]:
    return [np.asarray(o) * (scale * squeeze, scale) + (x, y) for o in outlines]


def _polygon(radius: float, corners: int, turn: float, soft: float = 0.0) -> np.ndarray:
    """A regular polygon whose corners are rounded by ``soft`` metres."""
    corner = circle(radius, corners, turn)
    if soft <= 0:
        return corner
    out = []
    for i, c in enumerate(corner):
        before, after = corner[i - 1] - c, corner[(i + 1) % corners] - c
        before, after = before / np.linalg.norm(before), after / np.linalg.norm(after)
        for t in np.linspace(0, 1, 5):
            out.append(c + soft * (before * (1 - t) ** 2 + after * t ** 2))
    return np.array(out)


def _round(size: float, rim, field, glyph: list[Layer] = (), rim_share: float = 0.80) -> list[Layer]:
    layers: list[Layer] = [([circle(size, 40)], WHITE), ([circle(size * 0.975, 40)], rim)]
    if field is not None:
        layers.append(([circle(size * rim_share, 40)], field))
    return layers + list(glyph)


def _speed(rng, size):
    number = str(rng.choice(["20", "30", "30", "30", "50", "50", "70"]))
    return _round(size, RED, WHITE, [(_at(glyphs.letters(number, 1.0), size * 0.52), BLACK)], 0.78)


def _no_entry(rng, size):
    bar = rounded(size * 1.45, size * 0.36, size * 0.03)
    return _round(size, RED, None, [([bar], WHITE)])


def _no_parking(rng, size):
    slash = _at(glyphs.stroke([(-0.58, 0.58), (0.58, -0.58)], 0.17), size)
    cross = _at(glyphs.stroke([(0.58, 0.58), (-0.58, -0.58)], 0.17), size) if rng.random() < 0.5 else []
    return _round(size, RED, BLUE, [(slash + cross, RED)], 0.82)


def _closed(rng, size):
    picture = [[], glyphs.motor_car(), glyphs.cycle(), glyphs.walker()][int(rng.integers(4))]
    layers = [(_at(picture, size * 0.5), BLACK)] if picture else []
    return _round(size, RED, WHITE, layers, 0.78)


def _mandatory(rng, size):
    pictures = (glyphs.arrow(), glyphs.arrow(-np.pi / 2), glyphs.arrow(np.pi * 0.75), glyphs.bent_arrow(1),
                glyphs.bent_arrow(-1), glyphs.cycle(), glyphs.walker())
    return _round(size, BLUE, None, [(_at(pictures[int(rng.integers(len(pictures)))], size * 0.66), WHITE)])


def _warning(rng, size):
    pictures = (glyphs.exclamation(), glyphs.hump(), glyphs.crossroads(), glyphs.walker(), glyphs.bent_arrow(1), glyphs.cycle())
    big, up = size * 1.18, np.pi / 2
    picture = _at(pictures[int(rng.integers(len(pictures)))], size * 0.36, 0, -size * 0.05)
    return [
        ([_polygon(big, 3, up, size * 0.12)], RED),
        ([_polygon(big * 0.70, 3, up, size * 0.05)], WHITE),
        (picture, BLACK),
    ]


def _yield(rng, size):
    big, down = size * 1.2, -np.pi / 2
    return [([_polygon(big, 3, down, size * 0.12)], RED), ([_polygon(big * 0.68, 3, down, size * 0.05)], WHITE)]


def _stop(rng, size):
    turn = np.pi / 8
    return [
        ([circle(size * 1.04, 8, turn)], WHITE), ([circle(size * 0.99, 8, turn)], RED),
        (_at(glyphs.letters("STOP", 1.1), size * 0.80), WHITE),
    ]


def _priority(rng, size):
    def square(half):
        return [_polygon(half, 4, 0, size * 0.12)]

    return [(square(size * 1.12), WHITE), (square(size * 1.08), BLACK), (square(size * 1.05), WHITE), (square(size * 0.78), YELLOW)]


def _board(width: float, height: float, ground, rim, layers: list[Layer]) -> list[Layer]:
    radius = min(width, height) * 0.08
    return [
        ([rounded(width, height, radius)], rim),
        ([rounded(width - 0.03, height - 0.03, radius * 0.8)], ground),
        *layers,
    ]


def _parking(rng, size):
    return _board(1.75 * size, 1.75 * size, BLUE, WHITE, [(_at(glyphs.letters("P", 1.2), size * 0.6), WHITE)])


def _one_way(rng, size):
    if rng.random() < 0.5:
        return _board(1.7 * size, 1.7 * size, BLUE, WHITE, [(_at(glyphs.arrow(), size * 0.68), WHITE)])
    turn = (-1) ** int(rng.integers(2)) * np.pi / 2
    long = [o * (1.7, 1.0) for o in glyphs.arrow(turn, 0.4)]
    return _board(2.6 * size, 0.95 * size, BLUE, WHITE, [(_at(long, size * 0.62), WHITE)])


def _crossing(rng, size):
    field = _polygon(size * 0.95, 3, np.pi / 2) + (0, -size * 0.16)
    stripes = [np.array([[x - 0.05, -0.56], [x + 0.05, -0.56], [x + 0.03, -0.44], [x - 0.03, -0.44]]) * size
               for x in (-0.44, -0.22, 0.0, 0.22, 0.44)]
    walker = _at(glyphs.walker(), size * 0.42, 0, -0.02 * size)
    return _board(1.75 * size, 1.75 * size, BLUE, WHITE, [([field], WHITE), (walker + stripes, BLACK)])


def _dead_end(rng, size):
    post = glyphs.stroke([(0, -0.8), (0, 0.45)], 0.3)
    bar = glyphs.stroke([(-0.48, 0.55), (0.48, 0.55)], 0.28)
    return _board(1.7 * size, 1.7 * size, BLUE, WHITE, [(_at(post, size * 0.75), WHITE), (_at(bar, size * 0.75), RED)])


def _direction(rng, size):
    ground, ink = ((YELLOW, BLACK), (BLUE, WHITE), (WHITE, BLACK), (GREEN, WHITE))[int(rng.integers(4))]
    side = (-1) ** int(rng.integers(2))
    outline = np.array([[-1.9, -0.48], [1.4, -0.48], [1.9, 0], [1.4, 0.48], [-1.9, 0.48]]) * size
    inner = outline * (0.975, 0.92)
    if side < 0:
        outline, inner = (outline * (-1, 1))[::-1], (inner * (-1, 1))[::-1]
    word = "".join(rng.choice(list("ABEHIKLMNORSTUVZ"), int(rng.integers(5, 9))))
    text = _at(glyphs.letters(word, 0.85), size * 1.25, -0.2 * size * side)
    return [([outline], ink), ([inner], ground), (text, ink)]


def _street_name(rng, size):
    ground, ink = ((BLUE, WHITE), (WHITE, BLACK), (GREEN, WHITE))[int(rng.integers(3))]
    word = "".join(rng.choice(list("ABEHIKLMNORSTU"), int(rng.integers(6, 11))))
    return _board(3.0 * size, 0.6 * size, ground, ink, [(_at(glyphs.letters(word, 0.9), size * 1.3), ink)])


def extra_panel(rng, size):
    """The small white panel under a sign: a word, a figure or an arrow."""
    text = (glyphs.letters("".join(rng.choice(list("0123456789"), 2)) + " M"), glyphs.letters("FREI"),
            [o * (1, 1) for o in glyphs.arrow(np.pi / 2)], glyphs.letters("8-18 H"))[int(rng.integers(4))]
    return _board(1.5 * size, 0.62 * size, WHITE, BLACK, [(_at(text, size * (0.22 if len(text) < 4 else 0.62)), BLACK)])


#: Sign faces by name: drawn in layers for a plate of half-height ``size`` metres.
FACES: dict[str, Callable[[np.random.Generator, float], list[Layer]]] = {
    "speed": _speed, "no entry": _no_entry, "no parking": _no_parking, "closed": _closed, "mandatory": _mandatory,
    "warning": _warning, "yield": _yield, "stop": _stop, "priority": _priority, "parking": _parking,
    "one way": _one_way, "crossing": _crossing, "dead end": _dead_end, "direction": _direction,
    "street name": _street_name,
}
_COMMON = (0.14, 0.09, 0.13, 0.06, 0.08, 0.07, 0.08, 0.04, 0.06, 0.09, 0.05, 0.06, 0.01, 0.03, 0.01)


def plate(layers: list[Layer], wear: float = 1.0) -> list[Part]:
    """A plate in the plane x = 0 that faces +x, centred on the origin; ``wear`` dims the colours."""
    base = layers[0][0][0]
    parts = [part(placed(prism(base, 0.003), translation(x=-0.001)), Surface("metal", GREY, roughness=0.55), SIGN)]
    for depth, (outlines, colour) in enumerate(layers):
        if not outlines:
            continue
        # Strokes may cross; a hair's breadth between them keeps them from shading each other.
        meshes: list[Mesh] = [placed(prism(o, 0.0), translation(x=0.0015 * depth + 4e-5 * i)) for i, o in enumerate(outlines)]
        shade = tuple(float(np.clip(c * wear + 0.02 * (1 - wear), 0, 1)) for c in colour)
        parts.append(part(meshes, Surface("sign", shade, roughness=0.4), LABEL_OF.get(colour, SIGN)))
    return parts


def _raised(parts: list[Part], x: float, z: float) -> list[Part]:
    for p in parts:
        p.vertices = (p.vertices + np.array([x, 0, z], np.float32)).astype(np.float32)
    return parts


def _height(layers: list[Layer]) -> tuple[float, float]:
    base = layers[0][0][0]
    return float(base[:, 1].min()), float(base[:, 1].max())


def post(rng, height: float, radius: float = 0.03) -> list[Part]:
    """A galvanised post (label 17) with a cap and a collar at its foot."""
    steel = Surface("metal", tuple(float(c) for c in np.array((0.42, 0.43, 0.44)) * rng.uniform(0.7, 1.1)), roughness=0.5)
    bar = tube([(0, 0, -0.03), (0, 0, height)], radius, 14)
    cap = tube([(0, 0, height), (0, 0, height + 0.015), (0, 0, height + 0.025)], [radius * 1.1, radius, radius * 0.5], 14)
    collar = tube([(0, 0, -0.03), (0, 0, 0.03)], radius * 1.6, 14)
    return [part([bar, cap, collar], steel, POLE, smooth=False)]


def sign(rng, face: str | None = None, size: float | None = None, height: float | None = None) -> list[Part]:
    """A post with one to three signs.

    Args:
        face: a key of :data:`FACES` for the uppermost sign, or None to draw one.
        size: half the plate's height, metres (0.3 is a 60 cm disc).
        height: of the lowest plate's lower edge above the ground, metres.
    """
    size = float(size or rng.choice([0.21, 0.3, 0.3, 0.3, 0.35]))
    wear = float(rng.uniform(0.72, 1.0))
    names = [face or str(rng.choice(list(FACES), p=np.array(_COMMON) / sum(_COMMON)))]
    stack = [FACES[names[0]](rng, size)]
    if rng.random() < 0.25 and names[0] not in ("street name", "direction"):
        stack.append(FACES[str(rng.choice(["no parking", "speed", "mandatory", "parking", "closed"]))](rng, size))
    if rng.random() < 0.35:
        stack.append(extra_panel(rng, size))
    bottom = float(height or rng.uniform(2.0, 2.35))
    parts, z, steel = [], bottom, Surface("metal", GREY, roughness=0.5)
    clamps = []
    for layers in reversed(stack):
        low, high = _height(layers)
        centre = z - low
        parts += _raised(plate(layers, wear), 0.045, centre)
        for dz in (0.45 * low, 0.45 * high):
            clamps.append(block((0.018, 0, centre + dz), (0.05, 0.085, 0.03)))
        z = centre + high + 0.04
    parts.append(part(clamps, steel, POLE))
    return post(rng, z - 0.02) + parts


def nameplate(rng, width: float = 0.6) -> list[Part]:
    """A house number or street name for a wall: plate in the plane x = 0, centred."""
    return plate(_street_name(rng, width / 3.0), float(rng.uniform(0.75, 1.0)))
