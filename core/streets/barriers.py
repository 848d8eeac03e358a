"""What runs along a street: fences (label 13), guard rails (14) and garden walls (12).

Each stands along y, centred on the origin, its face towards +x.
"""

from __future__ import annotations

import numpy as np

from core.streets.parts import Part, Surface
from core.streets.solids import Mesh, block, lathe, loft, part, placed, prism, rotation, spaced, translation, tube

WALL, FENCE, RAIL = 12, 13, 14
FENCE_KINDS = ("picket", "railing", "mesh", "planks", "rails", "site")


def _tint(rng, colour, spread=0.15) -> tuple[float, float, float]:
    return tuple(float(c) for c in np.clip(np.array(colour) * rng.uniform(1 - spread, 1 + spread), 0.004, 0.95))


def fence(rng, length: float = 6.0, kind: str | None = None, height: float | None = None) -> list[Part]:
    """A fence along y.

    Args:
        length: metres.
        kind: one of :data:`FENCE_KINDS` (``site`` is the mobile fence of a building site).
        height: metres, or None for one that suits the kind.
    """
    kind = kind or str(rng.choice(FENCE_KINDS, p=(0.22, 0.34, 0.14, 0.14, 0.1, 0.06)))
    build = {"picket": _picket, "railing": _railing, "mesh": _mesh, "planks": _planks, "rails": _rails, "site": _site}[kind]
    return build(rng, float(length), height)


def _timber(rng) -> Surface:
    colour = ((0.72, 0.71, 0.68), (0.22, 0.13, 0.07), (0.30, 0.27, 0.23), (0.10, 0.055, 0.03))[int(rng.integers(4))]
    return Surface("wood", _tint(rng, colour), roughness=0.75, scale=0.15)


def _picket(rng, length, height) -> list[Part]:
    height = float(height or rng.uniform(0.85, 1.2))
    wood = _timber(rng)
    width, pitch = 0.075, 0.115
    point = float(rng.uniform(0.03, 0.07))
    count = max(int(length / pitch), 2)
    shape = np.array([[-width / 2, 0.05], [width / 2, 0.05], [width / 2, height - point], [0, height], [-width / 2, height - point]])
    slats = [placed(prism(shape, 0.02), translation(0.045, y, rng.normal(0, 0.004)))
             for y in (np.arange(count) - (count - 1) / 2) * length / count]
    rails = [block((0.0, 0, z), (0.05, length, 0.07)) for z in (height * 0.25, height * 0.75)]
    posts = [block((-0.045, y, height * 0.46 - 0.02), (0.08, 0.08, height * 0.92 + 0.04)) for y in spaced(length - 0.1, 2.0)]
    return [part(slats, wood, FENCE), part(rails + posts, wood, FENCE)]


def _railing(rng, length, height) -> list[Part]:
    height = float(height or rng.uniform(0.9, 1.5))
    iron = Surface("paint", _tint(rng, ((0.012, 0.013, 0.014), (0.02, 0.045, 0.03), (0.16, 0.17, 0.17))[int(rng.integers(3))]), roughness=0.4)
    pitch, bar = float(rng.uniform(0.10, 0.14)), 0.008
    count = max(int(length / pitch), 2)
    ys = (np.arange(count) - (count - 1) / 2) * length / count
    spears = rng.random() < 0.5
    top = height * (0.9 if spears else 1.0)
    bars: list[Mesh] = []
    for y in ys:
        bars.append(tube([(0, y, 0.1), (0, y, height - 0.06 if spears else top)], bar, 6))
        if spears:
            bars.append(placed(lathe([(bar, 0), (0.02, 0.02), (0.001, 0.09)], 6), translation(0, y, height - 0.075)))
    rails = [block((0, 0, z), (0.03, length, 0.035)) for z in (0.12, top - 0.02)]
    posts = [block((0, y, height / 2 - 0.02), (0.045, 0.045, height + 0.04)) for y in spaced(length - 0.04, 2.2)]
    parts = [part(bars, iron, FENCE), part(rails + posts, iron, FENCE)]
    if rng.random() < 0.35:
        plinth = Surface("concrete", _tint(rng, (0.38, 0.37, 0.35)), roughness=0.9)
        parts.append(part(block((0, 0, 0.03), (0.2, length, 0.14)), plinth, FENCE, bevel=0.01))
    return parts


def _wires(length: float, low: float, high: float, pitch_y: float, pitch_z: float, gauge: float) -> list[Mesh]:
    ys = np.arange(-length / 2 + pitch_y / 2, length / 2, pitch_y)
    zs = np.arange(low, high + 1e-6, pitch_z)
    upright = [block((0, y, (low + high) / 2), (gauge, gauge, high - low)) for y in ys]
    return upright + [block((0, 0, z), (gauge, length, gauge)) for z in zs]


def _mesh(rng, length, height) -> list[Part]:
    height = float(height or rng.uniform(1.1, 1.8))
    steel = Surface("paint", _tint(rng, ((0.02, 0.10, 0.05), (0.05, 0.055, 0.06), (0.4, 0.41, 0.42))[int(rng.integers(3))]), roughness=0.45)
    wires = _wires(length, 0.06, height - 0.03, 0.06, 0.2, 0.006)
    posts = [block((-0.03, y, height / 2 - 0.02), (0.05, 0.05, height + 0.04)) for y in spaced(length - 0.05, 2.5)]
    return [part(wires, steel, FENCE), part(posts, steel, FENCE)]


def _site(rng, length, height) -> list[Part]:
    height = 2.0
    steel = Surface("metal", (0.5, 0.51, 0.52), roughness=0.4)
    feet = Surface("concrete", (0.3, 0.3, 0.29), roughness=0.95)
    frame, wires, blocks = [], [], []
    panels = max(int(round(length / 3.5)), 1)
    width = length / panels
    for i in range(panels):
        y = (i - (panels - 1) / 2) * width
        half = width / 2 - 0.03
        outline = [(0, y - half, 0.12), (0, y - half, height), (0, y + half, height), (0, y + half, 0.12), (0, y - half, 0.12)]
        frame += [tube([a, b], 0.021, 8) for a, b in zip(outline[:-1], outline[1:])]
        wires += [placed(mesh, translation(y=y)) for mesh in _wires(2 * half, 0.15, height - 0.05, 0.1, 0.25, 0.004)]
    for y in spaced(length, width):
        blocks.append(block((0, y, 0.07), (0.68, 0.22, 0.14)))
    return [part(frame, steel, FENCE), part(wires, steel, FENCE), part(blocks, feet, FENCE, bevel=0.02)]


def _planks(rng, length, height) -> list[Part]:
    height = float(height or rng.uniform(1.4, 1.9))
    wood = _timber(rng)
    pitch = float(rng.uniform(0.11, 0.16))
    count = max(int(length / pitch), 2)
    each = length / count
    flat = rng.random() < 0.5
    boards = []
    for i in range(count):
        y = (i - (count - 1) / 2) * each
        top = height + (0 if flat else 0.02 * rng.normal())
        boards.append(block((0.035 + 0.012 * (i % 2), y, top / 2 + 0.02), (0.02, each * 0.97, top - 0.04)))
    posts = [block((-0.03, y, height / 2 - 0.02), (0.09, 0.09, height + 0.06)) for y in spaced(length - 0.1, 2.0)]
    rails = [block((0.0, 0, z), (0.04, length, 0.08)) for z in (height * 0.2, height * 0.8)]
    return [part(boards, wood, FENCE), part(posts + rails, wood, FENCE)]


def _rails(rng, length, height) -> list[Part]:
    """Tubular barriers at a crossing or kerb: posts with two rails."""
    height = float(height or rng.uniform(0.9, 1.1))
    colour = ((0.4, 0.41, 0.42), (0.55, 0.02, 0.02), (0.05, 0.055, 0.06))[int(rng.integers(3))]
    steel = Surface("metal" if colour[0] == 0.4 else "paint", colour, roughness=0.4)
    ys = spaced(length - 0.05, 1.6)
    bars = [tube([(0, y, -0.03), (0, y, height)], 0.024, 12) for y in ys]
    bars += [tube([(0, -length / 2, z), (0, length / 2, z)], 0.022, 12) for z in (height - 0.02, height * 0.52)]
    return [part(bars, steel, FENCE)]


def guard_rail(rng, length: float = 8.0) -> list[Part]:
    """A W-beam crash barrier (label 14) on sigma posts, 0.75 m high."""
    zinc = Surface("metal", _tint(rng, (0.48, 0.49, 0.5)), roughness=float(rng.uniform(0.35, 0.6)))
    z = np.linspace(-0.155, 0.155, 17)
    x = 0.04 * np.cos(z / 0.155 * 2 * np.pi) * np.where(np.abs(z) > 0.14, 0.5, 1.0)
    sheet = np.column_stack([x, z + 0.6])
    outline = np.vstack([sheet + (0.003, 0), sheet[::-1] - (0.003, 0)])
    # Rings run along y; the outline turns the right way round for that direction.
    rings = np.array([np.column_stack([outline[:, 0], np.full(len(outline), y), outline[:, 1]])
                      for y in np.linspace(length / 2, -length / 2, max(int(length / 2), 2))])
    posts = []
    for y in spaced(length - 0.6, 2.0):
        posts += [block((-0.11, y, 0.36), (0.1, 0.055, 0.78)), block((-0.055, y, 0.6), (0.09, 0.09, 0.2))]
    bolts = [placed(lathe([(0.016, 0), (0.016, 0.008), (0.004, 0.013)], 8), translation(0.04, y, 0.6), rotation("y", np.pi / 2)) for y in spaced(length - 0.6, 2.0)]
    parts = [part(loft(rings), zinc, RAIL, smooth=False), part(posts + bolts, zinc, RAIL)]
    reflectors = [block((0.052, y, 0.6), (0.012, 0.05, 0.09)) for y in spaced(length - 0.6, 4.0)]
    return parts + [part(reflectors, Surface("sign", (0.8, 0.25, 0.02), roughness=0.2), RAIL)]


def wall(rng, length: float = 6.0, height: float | None = None, kind: str | None = None) -> list[Part]:
    """A garden wall (label 12) of ``brick``, ``stone``, ``plaster`` or ``concrete``, with a coping and piers."""
    kind = kind or str(rng.choice(["brick", "stone", "plaster", "concrete"], p=(0.35, 0.3, 0.25, 0.1)))
    height = float(height or rng.uniform(0.6, 2.0))
    depth = float(rng.uniform(0.24, 0.36))
    surface = {
        "brick": Surface("brick", _tint(rng, (0.33, 0.12, 0.075)), (0.5, 0.48, 0.44), 0.9, scale=0.075),
        "stone": Surface("stone", _tint(rng, (0.36, 0.33, 0.28)), (0.22, 0.2, 0.18), 0.9, scale=0.3),
        "plaster": Surface("plaster", _tint(rng, ((0.72, 0.69, 0.62), (0.66, 0.55, 0.36), (0.55, 0.53, 0.5))[int(rng.integers(3))]), roughness=0.92),
        "concrete": Surface("concrete", _tint(rng, (0.4, 0.39, 0.37)), roughness=0.9),
    }[kind]
    cap = Surface("concrete" if kind != "stone" else "stone", _tint(rng, (0.44, 0.43, 0.4)), (0.3, 0.29, 0.27), 0.85, scale=0.8)
    body = [block((0, 0, (height - 0.03) / 2 - 0.03), (depth, length, height + 0.03))]
    outline = np.array([[-0.5, 0.0], [0.5, 0.0], [0.5, 0.05], [0.0, 0.085], [-0.5, 0.05]]) * (depth + 0.09, 1)
    coping = [placed(prism(outline, length), rotation("z", -np.pi / 2), translation(length / 2, 0, height - 0.045))]
    if length > 3 and rng.random() < 0.6:
        for y in spaced(length - depth, 3.0):
            body.append(block((0, y, height / 2 + 0.02), (depth + 0.1, depth + 0.1, height + 0.1)))
            coping.append(placed(lathe([((depth + 0.18) * 0.707, 0), ((depth + 0.18) * 0.707, 0.05), (0.03, 0.14)], 4),
                                 translation(0, y, height + 0.07), rotation("z", np.pi / 4)))
    return [part(body, surface, WALL), part(coping, cap, WALL)]
