"""Things that stand about for a while (label 5, dynamic): wheelie bins, bags, boxes, cones, barricades."""

from __future__ import annotations

import numpy as np

from core.streets.parts import Part, Surface
from core.streets.solids import Mesh, block, lathe, loft, part, placed, prism, rounded, rotation, translation, tube

DYNAMIC = 5


def _tint(rng, colour, spread=0.12) -> tuple[float, float, float]:
    return tuple(float(c) for c in np.clip(np.array(colour) * rng.uniform(1 - spread, 1 + spread), 0.004, 0.95))


def wheelie_bin(rng, litres: int | None = None) -> list[Part]:
    """A household bin of 120 or 240 litres, or a 1100 litre container; its front faces +x."""
    litres = int(litres or rng.choice([120, 240, 240, 1100]))
    lids = ((0.02, 0.022, 0.023), (0.80, 0.50, 0.02), (0.02, 0.09, 0.32), (0.03, 0.16, 0.06), (0.16, 0.08, 0.035))
    body_colour = ((0.035, 0.037, 0.04), (0.03, 0.10, 0.05), (0.09, 0.092, 0.095))[int(rng.integers(3))]
    body = Surface("plastic", _tint(rng, body_colour), roughness=0.5)
    lid = Surface("plastic", _tint(rng, lids[int(rng.integers(len(lids)))]), roughness=0.45)
    rubber = Surface("rubber", (0.012, 0.012, 0.012), roughness=0.8)
    if litres >= 660:
        w, d, h, foot = 1.35, 1.02, 1.18, 0.18
    else:
        w, d, h, foot = (0.47, 0.52, 0.9, 0.04) if litres < 200 else (0.57, 0.68, 1.0, 0.04)
    rings = []
    for t, sx, sy in ((0, 0.74, 0.82), (0.06, 0.78, 0.86), (0.93, 0.97, 0.97), (0.94, 1.03, 1.03), (1.0, 1.03, 1.03)):
        outline = rounded(d * sx, w * sy, 0.05, 3)
        rings.append(np.column_stack([outline + (0.04 * d * (t - 0.5), 0), np.full(len(outline), foot + t * (h - foot))]))
    shell = loft(np.array(rings))
    lid_rings = []
    for z, s in ((0.0, 1.08), (0.03, 1.08), (0.055, 1.0), (0.08, 0.7), (0.085, 0.2)):
        outline = rounded(d * s, w * s, 0.05, 3)
        lid_rings.append(np.column_stack([outline + (0.02 * d, 0), np.full(len(outline), h + z)]))
    parts = [part(shell, body, DYNAMIC, bevel=0.004), part(loft(np.array(lid_rings)), lid, DYNAMIC)]
    if litres >= 660:
        wheels = [placed(lathe([(0.09, -0.02), (0.09, 0.02)], 16), translation(x * d * 0.34, y * w * 0.36, 0.09), rotation("x", np.pi / 2)) for x in (-1, 1) for y in (-1, 1)]
        ribs = [block((sx * d * 0.47, y, h * 0.6), (0.03, 0.05, h * 0.5)) for sx in (-1, 1) for y in np.linspace(-0.4, 0.4, 4)]
        parts.append(part(ribs, body, DYNAMIC))
    else:
        wheels = [placed(lathe([(0.1, -0.02), (0.1, 0.02)], 18), translation(-d * 0.36, sy * w * 0.44, 0.1), rotation("x", np.pi / 2)) for sy in (-1, 1)]
        bar = tube([(-d * 0.52, -w * 0.36, h + 0.0), (-d * 0.62, -w * 0.36, h + 0.02), (-d * 0.62, w * 0.36, h + 0.02), (-d * 0.52, w * 0.36, h)], 0.016, 8)
        parts.append(part(bar, body, DYNAMIC))
    return parts + [part(wheels, rubber, DYNAMIC)]


def bags(rng, count: int | None = None) -> list[Part]:
    """One to five knotted rubbish bags in a heap."""
    count = int(count or rng.integers(1, 6))
    colour = ((0.012, 0.012, 0.013), (0.02, 0.05, 0.14), (0.75, 0.55, 0.05), (0.6, 0.6, 0.6))[int(rng.choice(4, p=(0.5, 0.2, 0.2, 0.1)))]
    film = Surface("plastic", _tint(rng, colour), roughness=0.3)
    meshes: list[Mesh] = []
    for i in range(count):
        size = rng.uniform(0.24, 0.36)
        rings, sides = [], 18
        angle = np.arange(sides) * 2 * np.pi / sides
        phase = rng.random(4) * 6
        for t in np.linspace(0, 1, 12):
            round_ = np.sqrt(max(1 - (2 * min(t, 0.86) / 0.86 - 0.92) ** 2 * 0.98, 0.02)) if t < 0.86 else 0.16 + 0.9 * (t - 0.86)
            # Folds gather towards the knot.
            fold = 0.05 * np.sin(3 * angle + phase[0] + 3 * t) + 0.05 * t ** 2 * np.sin(9 * angle + phase[1]) + 0.03 * np.sin(5 * angle + phase[2] - 4 * t)
            r = size * round_ * (1 + fold)
            rings.append(np.column_stack([r * np.cos(angle), r * np.sin(angle), np.full(sides, t * size * 1.75) + 0.01 * size * np.sin(4 * angle + phase[3])]))
        mesh = loft(np.array(rings))
        mesh[0][:, 2] = np.maximum(mesh[0][:, 2], 0.0)
        turn, out = i * 2.4 + rng.normal(0, 0.3), 0.0 if i == 0 else rng.uniform(0.4, 0.6)
        lift = 0.0 if i < 4 else 0.3
        meshes.append(placed(mesh, translation(out * np.cos(turn), out * np.sin(turn), lift)))
    return [part(meshes, film, DYNAMIC, smooth=True)]


def cardboard_box(rng) -> list[Part]:
    """One to three cartons, closed or with open flaps, some stacked."""
    card = Surface("plaster", _tint(rng, (0.36, 0.235, 0.125)), roughness=0.9)
    tape = Surface("plastic", (0.42, 0.29, 0.16), roughness=0.3)
    dark = Surface("plaster", (0.05, 0.035, 0.02), roughness=1.0)
    cartons, tapes, inner = [], [], []
    z = 0.0
    for i in range(int(rng.integers(1, 4))):
        a, b, h = rng.uniform(0.25, 0.5), rng.uniform(0.3, 0.6), rng.uniform(0.18, 0.4)
        spot = (translation(*(rng.uniform(-0.08, 0.08, 2) if z else (0, 0)), z), rotation("z", rng.uniform(-0.4, 0.4)))
        cartons.append(placed(block((0, 0, h / 2), (a, b, h)), *spot))
        if rng.random() < 0.55:
            tapes += [placed(block((0, 0, h + 0.001), (0.05, b * 0.98, 0.002)), *spot), placed(block((a / 2, 0, h * 0.85), (0.003, 0.05, h * 0.25)), *spot)]
            z += h
            continue
        inner.append(placed(block((0, 0, h + 0.001), (a * 0.96, b * 0.96, 0.002)), *spot))
        for sx in (-1, 1):
            cartons.append(placed(block((sx * a * 0.16, 0, 0), (a * 0.34, b * 0.97, 0.005)), *spot, translation(sx * a / 2, 0, h), rotation("y", -sx * rng.uniform(-0.5, 0.7))))
        break
    parts = [part(cartons, card, DYNAMIC)]
    return parts + ([part(tapes, tape, DYNAMIC)] if tapes else []) + ([part(inner, dark, DYNAMIC)] if inner else [])


def cone(rng) -> list[Part]:
    """A traffic cone with two reflecting bands, 0.5 or 0.75 m high."""
    h = float(rng.choice([0.5, 0.75]))
    orange = Surface("plastic", _tint(rng, (0.85, 0.14, 0.015)), roughness=0.5)
    white = Surface("sign", (0.82, 0.82, 0.8), roughness=0.4)

    def radius(z):
        return 0.145 * h / 0.5 * (1 - z / h) + 0.025

    body = lathe([(radius(0.03), 0.03), (radius(h), h), (radius(h) * 0.7, h)], 24)
    bands = [lathe([(radius(z) + 0.003, z), (radius(z + t) + 0.003, z + t)], 24, caps=False) for z, t in ((0.4 * h, 0.17 * h), (0.72 * h, 0.12 * h))]
    foot = placed(prism(rounded(0.36 * h / 0.5, 0.36 * h / 0.5, 0.05), 0.03), translation(z=0.03), rotation("y", -np.pi / 2))
    return [part([body], orange, DYNAMIC, smooth=False), part(bands, white, DYNAMIC), part(foot, Surface("rubber", (0.03, 0.03, 0.03), roughness=0.8), DYNAMIC)]


def barricade(rng, length: float | None = None) -> list[Part]:
    """A red and white plank across a closed lane, along y, on two rubber feet, sometimes with a lamp."""
    length = float(length or rng.uniform(1.5, 2.2))
    white = Surface("sign", (0.8, 0.8, 0.78), roughness=0.45)
    red = Surface("sign", (0.62, 0.02, 0.02), roughness=0.45)
    grey = Surface("metal", (0.4, 0.41, 0.42), roughness=0.5)
    planks, stripes, heights = [], [], (0.92, 0.5)
    for z in heights:
        planks.append(block((0, 0, z), (0.03, length, 0.25)))
        for i in range(int(length / 0.36)):
            y = (i - (int(length / 0.36) - 1) / 2) * 0.36
            slant = np.array([[-0.09 - 0.12, -0.125], [0.09 - 0.12, -0.125], [0.09 + 0.12, 0.125], [-0.09 + 0.12, 0.125]])
            slant[:, 0] = np.clip(slant[:, 0] + y, -length / 2, length / 2)
            stripes += [placed(prism(slant, 0), translation(0.0165, 0, z)), placed(prism(slant, 0), translation(-0.0165, 0, z), rotation("z", np.pi))]
    posts = [block((-0.03, s * length * 0.42, 0.55), (0.04, 0.04, 1.1)) for s in (-1, 1)]
    feet = [block((-0.02, s * length * 0.42, 0.05), (0.75, 0.3, 0.1)) for s in (-1, 1)]
    parts = [part(planks, white, DYNAMIC), part(stripes, red, DYNAMIC), part(posts, grey, DYNAMIC), part(feet, Surface("rubber", (0.03, 0.03, 0.03), roughness=0.9), DYNAMIC, bevel=0.015)]
    if rng.random() < 0.6:
        lamps = [placed(lathe([(0.085, -0.03), (0.09, 0.0), (0.085, 0.03)], 20), translation(-0.03, s * length * 0.42, 1.22), rotation("y", np.pi / 2)) for s in (-1, 1)]
        parts.append(part(lamps, Surface("plastic", (0.85, 0.38, 0.02), roughness=0.15), DYNAMIC))
    return parts
