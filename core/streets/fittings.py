"""Things that stand on a pavement for good (label 4, static): bins, benches, cabinets, cafe tables, shelters."""

from __future__ import annotations

import numpy as np

from core.streets import glyphs
from core.streets.parts import Part, Surface
from core.streets.solids import Mesh, block, circle, lathe, loft, part, placed, prism, rounded, rotation, translation, tube

STATIC = 4
POSTERS = ((0.65, 0.05, 0.06), (0.05, 0.2, 0.5), (0.8, 0.55, 0.06), (0.06, 0.35, 0.2), (0.75, 0.7, 0.62),
           (0.4, 0.08, 0.35), (0.85, 0.28, 0.05), (0.05, 0.05, 0.06), (0.1, 0.45, 0.5))


def _tint(rng, colour, spread=0.12) -> tuple[float, float, float]:
    return tuple(float(c) for c in np.clip(np.array(colour) * rng.uniform(1 - spread, 1 + spread), 0.004, 0.95))


def _pick(rng, *colours) -> tuple[float, float, float]:
    return _tint(rng, colours[int(rng.integers(len(colours)))])


def _iron(rng) -> Surface:
    return Surface("paint", _pick(rng, (0.015, 0.016, 0.017), (0.02, 0.045, 0.035), (0.12, 0.125, 0.13)), roughness=0.4)


def _slats(rng) -> Surface:
    return Surface("wood", _pick(rng, (0.30, 0.15, 0.065), (0.20, 0.10, 0.05), (0.36, 0.30, 0.23), (0.03, 0.09, 0.05)), roughness=0.55, scale=0.12)


def bin(rng, kind: str | None = None) -> list[Part]:
    """A litter bin: ``drum`` on the ground, ``post`` (hung) or ``box`` with a hood."""
    kind = kind or str(rng.choice(["drum", "post", "box"]))
    body = Surface("paint", _pick(rng, (0.02, 0.07, 0.04), (0.10, 0.105, 0.11), (0.75, 0.22, 0.02), (0.03, 0.035, 0.04), (0.02, 0.08, 0.25)), roughness=0.45)
    dark = Surface("plastic", (0.008, 0.008, 0.009), roughness=0.8)
    if kind == "drum":
        r, h = float(rng.uniform(0.2, 0.27)), float(rng.uniform(0.75, 0.95))
        shell = lathe([(r * 0.93, 0), (r, 0.04), (r, h - 0.06), (r * 1.04, h - 0.05), (r * 1.04, h), (r * 0.82, h), (r * 0.8, h - 0.12)], 28, caps=False)
        hole = placed(prism(circle(r * 0.81, 28), 0), translation(z=h - 0.1), rotation("y", -np.pi / 2))
        strips = [placed(block((r, 0, h * 0.47), (0.02, 0.035, h * 0.8)), rotation("z", a)) for a in np.arange(16) * np.pi / 8]
        lining = _slats(rng) if rng.random() < 0.4 else body
        return [part(shell, body, STATIC, smooth=False), part(hole, dark, STATIC), part(strips, lining, STATIC, bevel=0.004)]
    if kind == "post":
        pole = tube([(-0.2, 0, -0.03), (-0.2, 0, 1.15)], 0.03, 12)
        shell = lathe([(0.14, 0.42), (0.17, 0.46), (0.185, 0.86), (0.19, 0.87), (0.19, 0.9), (0.16, 0.9), (0.155, 0.8)], 24, caps=False)
        foot = placed(prism(circle(0.14, 24), 0.01), translation(z=0.425), rotation("y", np.pi / 2))
        hole = placed(prism(circle(0.157, 24), 0), translation(z=0.82), rotation("y", -np.pi / 2))
        arm = block((-0.17, 0, 0.7), (0.06, 0.05, 0.25))
        hood = lathe([(0.21, 1.0), (0.2, 1.02), (0.02, 1.07)], 24)
        stays = [tube([(0.17 * c, 0.17 * s, 0.88), (0.19 * c, 0.19 * s, 1.01)], 0.008, 6) for c, s in ((1, 0), (-0.5, 0.87), (-0.5, -0.87))]
        return [part([pole, arm, *stays], _iron(rng), STATIC), part([shell, foot, hood], body, STATIC), part(hole, dark, STATIC)]
    w, h = float(rng.uniform(0.4, 0.55)), float(rng.uniform(0.95, 1.2))
    shell = [placed(prism(rounded(w, h, 0.03), w * 0.85), translation(w * 0.425, 0, h / 2))]
    mouth = [placed(prism(rounded(w * 0.66, 0.15, 0.03), 0), translation(sx * (w * 0.425 + 0.002), 0, h * 0.84), rotation("z", 0 if sx > 0 else np.pi)) for sx in (1, -1)]
    panel = placed(prism(rounded(w * 0.84, h * 0.6, 0.02), 0.006), translation(w * 0.425 + 0.006, 0, h * 0.4))
    badge = placed(prism(circle(w * 0.13, 24), 0), translation(w * 0.425 + 0.008, 0, h * 0.52))
    return [part(shell, body, STATIC, bevel=0.01), part(mouth, dark, STATIC),
            part(panel, Surface("paint", tuple(min(1.25 * c + 0.004, 1) for c in body.colour), roughness=0.4), STATIC),
            part(badge, Surface("sign", (0.8, 0.8, 0.78), roughness=0.4), STATIC)]


def bench(rng, back: bool | None = None) -> list[Part]:
    """A bench along y, 1.5 to 2 m long, that a person sits on looking to +x."""
    back = bool(rng.random() < 0.75) if back is None else back
    length = float(rng.uniform(1.5, 2.0))
    wood, iron = _slats(rng), _iron(rng)
    boards = [block((x, 0, 0.45), (0.085, length, 0.035)) for x in (-0.16, -0.06, 0.04, 0.14)]
    frames: list[Mesh] = []
    for y in (-length * 0.36, length * 0.36):
        frames += [block((-0.01, y, 0.42), (0.42, 0.05, 0.03)), block((0.15, y, 0.2), (0.05, 0.05, 0.46)), block((-0.17, y, 0.2), (0.05, 0.05, 0.46)),
                   block((-0.01, y, -0.01), (0.46, 0.06, 0.04))]
    if back:
        tilt = -0.22
        lean = (translation(-0.2, 0, 0.46), rotation("y", tilt))
        boards += [placed(block((0, 0, z), (0.03, length, 0.09)), *lean) for z in (0.14, 0.25, 0.36)]
        for y in (-length * 0.36, length * 0.36):
            frames.append(placed(block((-0.03, y, 0.19), (0.035, 0.05, 0.44)), *lean))
        if rng.random() < 0.6:
            for y in (-length * 0.47, length * 0.47):
                frames.append(tube([(0.15, y, 0.44), (0.17, y, 0.62), (0.12, y, 0.66), (-0.22, y, 0.66), (-0.26, y, 0.6)], 0.018, 8))
    return [part(boards, wood, STATIC, bevel=0.008), part(frames, iron, STATIC, bevel=0.004)]


def _poster(rng, width: float, height: float, radius: float = 0.0) -> list[tuple[list[Mesh], tuple[float, float, float]]]:
    """A poster's coloured areas about the origin, facing +x, bent round ``radius`` where it is not 0."""
    ground, ink, third = (POSTERS[i] for i in rng.choice(len(POSTERS), 3, replace=False))
    shapes = [([rounded(width, height, 0.001)], ground)]
    style = int(rng.integers(4))
    if style == 0:
        shapes.append(([circle(width * rng.uniform(0.22, 0.36), 28) + (rng.normal(0, width * 0.06), height * 0.1)], ink))
    elif style == 1:
        y = -height * rng.uniform(0.0, 0.25)
        shapes.append(([np.array([[-width / 2, -height / 2], [width / 2, -height / 2], [width / 2, y], [-width / 2, y + height * 0.2]])], ink))
    elif style == 2:
        shapes.append(([np.array([[-0.4, -0.45], [0.4, -0.45], [0.1, 0.3], [-0.15, 0.25]]) * (width, height)], ink))
        shapes.append(([circle(width * 0.13, 20) + (0.02, height * 0.32)], third))
    else:
        shapes.append(([rounded(width * 0.8, height * 0.5, 0.01) + (0, height * 0.12)], ink))
        shapes.append(([rounded(width * 0.55, height * 0.22, 0.01) + (width * 0.05, height * 0.1)], third))
    word = "".join(rng.choice(list("ABCDEFGHIKLMNOPRSTUVWXYZ"), int(rng.integers(4, 8))))
    light = (0.85, 0.84, 0.8) if sum(ground) < 1.2 else (0.03, 0.03, 0.035)
    shapes.append(([o * width * 0.4 + (0, -height * 0.36) for o in glyphs.letters(word, 1.1)], light))
    out = []
    for depth, (outlines, colour) in enumerate(shapes):
        meshes = []
        for nth, outline in enumerate(outlines):
            vertices, faces = _sliced(outline) if radius else prism(outline, 0)
            if radius:
                angle = vertices[:, 1] / radius
                r = radius + 0.002 + 0.0015 * depth + 4e-5 * nth
                vertices = np.column_stack([r * np.cos(angle), r * np.sin(angle), vertices[:, 2]]).astype(np.float32)
            else:
                vertices = vertices + np.array([0.002 + 0.0015 * depth + 4e-5 * nth, 0, 0], np.float32)
            meshes.append((vertices, faces))
        out.append((meshes, colour))
    return out


def _sliced(outline: np.ndarray, pieces: int = 9) -> Mesh:
    """A convex outline cut into strips along y, so that it can bend round a pillar."""
    low, high = outline[:, 0].min(), outline[:, 0].max()
    if high - low < 0.12:
        return prism(outline, 0)
    closed = np.vstack([outline, outline[:1]])
    edge_y, edge_z = [], []
    for a, b in zip(closed[:-1], closed[1:]):
        t = np.linspace(0, 1, 24)[:, None]
        line = a + (b - a) * t
        edge_y.append(line[:, 0])
        edge_z.append(line[:, 1])
    y, z = np.concatenate(edge_y), np.concatenate(edge_z)
    cuts = np.linspace(low, high, pieces + 1)
    width = (high - low) / pieces
    bottoms = [z[np.abs(y - c) <= width * 0.5].min() for c in cuts]
    tops = [z[np.abs(y - c) <= width * 0.5].max() for c in cuts]
    vertices = np.concatenate([np.column_stack([0 * cuts, cuts, bottoms]), np.column_stack([0 * cuts, cuts, tops])]).astype(np.float32)
    n = len(cuts)
    return vertices, np.array([[i, i + 1, n + i + 1, n + i] for i in range(pieces)], np.int32)


def advertising_pillar(rng) -> list[Part]:
    """A pillar 2.8 to 3.6 m high with posters all round and a domed cap."""
    radius, height = float(rng.uniform(0.5, 0.68)), float(rng.uniform(2.5, 3.1))
    stone = Surface("concrete", _pick(rng, (0.5, 0.49, 0.46), (0.3, 0.3, 0.29), (0.04, 0.09, 0.06)), roughness=0.8)
    body = [lathe([(radius * 1.1, -0.03), (radius * 1.1, 0.25), (radius, 0.3), (radius, height)], 40),
            lathe([(radius * 1.12, height), (radius * 1.15, height + 0.08), (radius * 1.0, height + 0.14), (radius * 0.75, height + 0.3), (radius * 0.3, height + 0.4), (0.03, height + 0.45)], 40)]
    parts = [part(body, stone, STATIC)]
    layers: dict[tuple, list[Mesh]] = {}
    around = 2 * np.pi * radius
    count = int(around / 0.62)
    for row, (z, tall) in enumerate(((0.75, 0.8), (1.62, 0.86), (height - 0.4, 0.6))):
        for i in range(count):
            if rng.random() < 0.1:
                continue
            angle = (i + 0.5 * (row % 2) + rng.normal(0, 0.03)) * 2 * np.pi / count
            for meshes, colour in _poster(rng, around / count * 0.93, tall * rng.uniform(0.85, 1.0), radius):
                layers.setdefault(colour, []).extend(placed(m, translation(z=z), rotation("z", angle)) for m in meshes)
    return parts + [part(meshes, Surface("sign", colour, roughness=0.75), STATIC) for colour, meshes in layers.items()]


def letterbox(rng) -> list[Part]:
    """A post office's letterbox on a foot or a pillar box, 1.1 to 1.6 m high."""
    colour = _pick(rng, (0.80, 0.47, 0.01), (0.55, 0.02, 0.02), (0.80, 0.47, 0.01), (0.02, 0.09, 0.32))
    paint = Surface("paint", colour, roughness=0.35)
    dark = Surface("plastic", (0.01, 0.01, 0.011), roughness=0.6)
    plate = Surface("sign", (0.82, 0.82, 0.8), roughness=0.4)
    if colour[0] > 0.3 and colour[1] < 0.1 and rng.random() < 0.6:
        pillar = lathe([(0.27, -0.03), (0.27, 0.12), (0.23, 0.14), (0.23, 1.32), (0.27, 1.34), (0.27, 1.4), (0.2, 1.47), (0.02, 1.52)], 32)
        slot = block((0.225, 0, 1.2), (0.03, 0.26, 0.05))
        return [part(pillar, paint, STATIC), part(slot, dark, STATIC), part(block((0.225, 0, 0.95), (0.015, 0.16, 0.2)), plate, STATIC)]
    w, h, d = 0.46, 0.62, 0.34
    top = np.array([[-w / 2, 0], [w / 2, 0], [w / 2, h * 0.86], [w / 2 - 0.07, h], [-w / 2 + 0.07, h], [-w / 2, h * 0.86]])
    box = placed(prism(top, d), translation(d / 2, 0, 0.66))
    foot = [block((0, 0, 0.33), (0.1, 0.12, 0.7)), block((0, 0, 0.0), (0.28, 0.3, 0.04))]
    return [part(box, paint, STATIC, bevel=0.012), part(foot, _iron(rng), STATIC), part(block((d / 2, 0, 1.14), (0.02, 0.32, 0.035)), dark, STATIC),
            part(placed(prism(rounded(0.2, 0.2, 0.01), 0), translation(d / 2 + 0.003, 0, 0.88)), plate, STATIC)]


def electric_cabinet(rng) -> list[Part]:
    """A grey or green switch cabinet with doors, 0.9 to 1.5 m high."""
    w, h, d = float(rng.uniform(0.6, 1.3)), float(rng.uniform(0.9, 1.45)), float(rng.uniform(0.3, 0.42))
    shell = Surface("plastic", _pick(rng, (0.42, 0.43, 0.42), (0.50, 0.49, 0.44), (0.06, 0.12, 0.08)), roughness=0.7)
    dark = Surface("plastic", (0.03, 0.03, 0.03), roughness=0.7)
    doors = max(int(round(w / 0.55)), 1)
    panels, gear = [], []
    for i in range(doors):
        y = (i - (doors - 1) / 2) * (w - 0.06) / doors
        panels.append(placed(prism(rounded((w - 0.06) / doors - 0.014, h - 0.24, 0.01), 0.012), translation(d / 2 + 0.01, y, h / 2 + 0.05)))
        gear.append(block((d / 2 + 0.02, y + (w - 0.06) / doors * 0.38, h * 0.55), (0.025, 0.03, 0.1)))
    vents = [block((d / 2 + 0.002, 0, h - 0.03 - 0.018 * k), (0.006, w * 0.7, 0.007)) for k in range(3)]
    body = [block((0, 0, h / 2 + 0.03), (d, w, h - 0.06)), placed(prism(np.array([[-w / 2 - 0.02, 0], [w / 2 + 0.02, 0], [w / 2 + 0.02, 0.03], [-w / 2 - 0.02, 0.05]]), d + 0.04), translation(d / 2 + 0.02, 0, h))]
    plinth = Surface("concrete", (0.33, 0.32, 0.31), roughness=0.9)
    parts = [part(body, shell, STATIC, bevel=0.006), part(panels, shell, STATIC, bevel=0.003), part(gear + vents, dark, STATIC),
             part(block((0, 0, 0.02), (d - 0.03, w - 0.03, 0.11)), plinth, STATIC)]
    if rng.random() < 0.45:
        layers: dict[tuple, list[Mesh]] = {}
        for _ in range(int(rng.integers(1, 4))):
            shift = translation(d / 2 + 0.01, rng.uniform(-0.3, 0.3) * w, h * rng.uniform(0.35, 0.7))
            for meshes, colour in _poster(rng, 0.21, 0.297):
                layers.setdefault(colour, []).extend(placed(m, shift, rotation("x", rng.normal(0, 0.06))) for m in meshes)
        parts += [part(m, Surface("sign", c, roughness=0.8), STATIC) for c, m in layers.items()]
    return parts


def chair(rng, surface: Surface | None = None, frame: Surface | None = None) -> list[Part]:
    """A cafe chair that looks to +x."""
    seat = surface or Surface("plastic", _pick(rng, (0.35, 0.2, 0.09), (0.6, 0.05, 0.04), (0.75, 0.73, 0.68), (0.04, 0.05, 0.06)), roughness=0.5)
    frame = frame or Surface("metal", (0.3, 0.3, 0.31), roughness=0.35)
    legs = [tube([(sx * 0.21, sy * 0.2, 0), (sx * 0.17, sy * 0.18, 0.45)], 0.012, 8) for sx in (-1, 1) for sy in (-1, 1)]
    stays = [tube([(-0.17, sy * 0.18, 0.43), (-0.21, sy * 0.185, 0.65), (-0.27, sy * 0.17, 0.86)], 0.012, 8) for sy in (-1, 1)]
    pan = placed(prism(rounded(0.41, 0.41, 0.06), 0.025), translation(0, 0, 0.46), rotation("y", -np.pi / 2))
    t = np.linspace(-1, 1, 9)
    rest = loft(np.array([[(-0.25 - 0.012 - 0.035 * (1 - y * y), 0.2 * y, 0.62), (-0.25 + 0.012 - 0.035 * (1 - y * y), 0.2 * y, 0.62),
                           (-0.28 + 0.012 - 0.035 * (1 - y * y), 0.2 * y, 0.86), (-0.28 - 0.012 - 0.035 * (1 - y * y), 0.2 * y, 0.86)] for y in t])[:, ::-1])
    return [part(legs + stays, frame, STATIC), part([pan, rest], seat, STATIC)]


def cafe_table(rng, chairs: int | None = None) -> list[Part]:
    """A small table with 2 to 4 chairs round it."""
    chairs = int(chairs if chairs is not None else rng.integers(2, 5))
    steel = Surface("metal", (0.3, 0.3, 0.31), roughness=0.35)
    top = Surface("wood", _pick(rng, (0.28, 0.15, 0.07), (0.5, 0.48, 0.45), (0.05, 0.05, 0.055)), roughness=0.4, scale=0.15)
    radius = float(rng.uniform(0.3, 0.4))
    outline = circle(radius, 36) if rng.random() < 0.6 else rounded(radius * 1.9, radius * 1.9, 0.04)
    board = placed(prism(outline, 0.028), translation(z=0.74), rotation("y", -np.pi / 2))
    stand = lathe([(0.24, 0), (0.24, 0.02), (0.035, 0.05), (0.03, 0.71), (0.12, 0.715)], 20)
    parts = [part(board, top, STATIC), part(stand, steel, STATIC)]
    seat = chair(rng)
    for i in range(chairs):
        angle = i * 2 * np.pi / chairs + rng.normal(0, 0.18)
        out = radius + rng.uniform(0.12, 0.4)
        for p in chair(rng, seat[1].surface, seat[0].surface):
            p.vertices, p.faces = placed((p.vertices, p.faces), rotation("z", angle), translation(out, 0, 0), rotation("z", np.pi + rng.normal(0, 0.2)))
            parts.append(p)
    if rng.random() < 0.5:
        cup = lathe([(0.028, 0.74), (0.038, 0.82), (0.034, 0.82), (0.026, 0.75)], 14)
        parts.append(part([placed(cup, translation(*rng.uniform(-0.15, 0.15, 2), 0)) for _ in range(2)], Surface("plastic", (0.8, 0.79, 0.76), roughness=0.2), STATIC))
    return parts


def parasol(rng, size: float | None = None) -> list[Part]:
    """An open sunshade 2.4 to 2.9 m high: ribs, scalloped valance, heavy foot."""
    radius = float(size or rng.uniform(1.15, 1.7))
    ribs = int(rng.choice([6, 8]))
    height = float(rng.uniform(2.45, 2.85))
    eave = height - 0.28 * radius - 0.1
    cloth = Surface("cloth", _pick(rng, (0.74, 0.70, 0.6), (0.5, 0.04, 0.04), (0.03, 0.16, 0.09), (0.05, 0.1, 0.28), (0.8, 0.42, 0.05)), roughness=0.85)
    rings, around = [], ribs * 4
    angle = np.arange(around) * 2 * np.pi / around
    between = np.abs(((angle * ribs / (2 * np.pi)) % 1) - 0.5) * 2  # 1 on a rib, 0 between two
    for t in np.linspace(0.03, 1, 6):
        r = radius * t * (np.cos(np.pi / ribs) + (1 - np.cos(np.pi / ribs)) * between ** 1.5)
        z = height - (height - eave) * t ** 1.15 - 0.05 * t * (1 - between)
        rings.append(np.column_stack([r * np.cos(angle), r * np.sin(angle), z]))
    edge = rings[-1]
    rings.append(np.column_stack([edge[:, :2], edge[:, 2] - 0.16 - 0.03 * np.cos(angle * ribs * 2)]))
    canopy = loft(np.array(rings)[::-1], caps=False)
    wood = Surface("wood", (0.3, 0.18, 0.09), roughness=0.5, scale=0.1)
    bars = [tube([(0, 0, 0.02), (0, 0, height + 0.04)], 0.024, 12)]
    for k in range(ribs):
        c, s = np.cos(k * 2 * np.pi / ribs), np.sin(k * 2 * np.pi / ribs)
        bars.append(tube([(0, 0, eave - 0.1), (radius * 0.5 * c, radius * 0.5 * s, height - (height - eave) * 0.45 - 0.03)], 0.009, 6))
    foot = Surface("concrete", (0.3, 0.3, 0.29), roughness=0.9)
    return [part(canopy, cloth, STATIC), part(bars, wood, STATIC), part(block((0, 0, 0.04), (0.55, 0.55, 0.09)), foot, STATIC, bevel=0.02)]


def cycle_stand(rng, hoops: int = 3) -> list[Part]:
    """Hoops of bent tube to lock bicycles to, a metre apart along y."""
    steel = Surface("metal", _tint(rng, (0.45, 0.46, 0.47)), roughness=0.35)
    t = np.linspace(0, np.pi, 12)
    arch = np.column_stack([0.35 * np.cos(t), 0 * t, 0.62 + 0.18 * np.sin(t)])
    line = np.vstack([[(0.35, 0, -0.03)], arch, [(-0.35, 0, -0.03)]])
    return [part([tube(line + (0, (i - (hoops - 1) / 2) * 0.95, 0), 0.022, 10) for i in range(hoops)], steel, STATIC)]


def parking_meter(rng) -> list[Part]:
    """A ticket machine 1.5 to 1.7 m high with a small solar panel."""
    body = Surface("paint", _pick(rng, (0.03, 0.06, 0.16), (0.14, 0.145, 0.15), (0.03, 0.10, 0.07)), roughness=0.4)
    shape = np.array([[-0.14, 0], [0.14, 0], [0.14, 1.38], [0.1, 1.5], [-0.1, 1.5], [-0.14, 1.38]])
    screen = block((0.122, 0, 1.2), (0.012, 0.16, 0.1))
    sign = [placed(prism(rounded(0.2, 0.2, 0.02), 0.01), translation(0.12, 0, 1.62))]
    letter = [placed(prism(o * 0.07, 0), translation(0.122 + 4e-5 * i, 0, 1.62)) for i, o in enumerate(glyphs.letters("P", 1.2))]
    return [part(placed(prism(shape, 0.24), translation(0.12)), body, STATIC, bevel=0.015),
            part(screen, Surface("mirror_glass", (0.06, 0.08, 0.08), roughness=0.1), STATIC),
            part(sign, Surface("sign", (0.012, 0.085, 0.42), roughness=0.4), STATIC), part(letter, Surface("sign", (0.85, 0.85, 0.84), roughness=0.4), STATIC),
            part([block((0.122, 0, 0.85), (0.02, 0.16, 0.07)), block((0.122, 0.05, 1.05), (0.02, 0.05, 0.06))], Surface("metal", (0.4, 0.4, 0.41), roughness=0.4), STATIC)]


def hydrant(rng) -> list[Part]:
    """A pillar hydrant, 0.75 to 0.95 m high."""
    height = float(rng.uniform(0.75, 0.95))
    red = Surface("paint", _pick(rng, (0.5, 0.02, 0.015), (0.02, 0.1, 0.35), (0.45, 0.02, 0.02)), roughness=0.4)
    steel = Surface("metal", (0.4, 0.4, 0.41), roughness=0.45)
    body = lathe([(0.13, -0.03), (0.13, 0.04), (0.085, 0.06), (0.085, height - 0.22), (0.105, height - 0.2), (0.105, height - 0.14),
                  (0.095, height - 0.06), (0.05, height - 0.015), (0.01, height)], 24)
    outlets = [placed(lathe([(0.045, 0), (0.045, 0.07), (0.055, 0.075), (0.055, 0.1), (0.02, 0.115)], 14),
                      translation(0, 0, height - 0.3), rotation("z", turn), translation(0.07), rotation("y", np.pi / 2)) for turn in (0, np.pi / 2, -np.pi / 2)]
    return [part(body, red, STATIC, smooth=False), part(outlets, steel, STATIC)]


def advert_board(rng) -> list[Part]:
    """A folding A-board in front of a shop, posters on both sides, 0.9 to 1.2 m high."""
    height, width = float(rng.uniform(0.9, 1.15)), float(rng.uniform(0.55, 0.7))
    frame = Surface("wood", _pick(rng, (0.25, 0.13, 0.06), (0.03, 0.03, 0.032)), roughness=0.6, scale=0.15)
    boards, layers = [], {}
    for turn in (0.0, np.pi):
        lean = (rotation("z", turn), translation(0.22, 0, 0), rotation("y", -0.2))
        boards.append(placed(prism(rounded(width, height, 0.02), 0.025), *lean, translation(z=height / 2 + 0.005)))
        for meshes, colour in _poster(rng, width - 0.08, height - 0.1):
            layers.setdefault(colour, []).extend(placed(m, *lean, translation(z=height / 2 + 0.01)) for m in meshes)
    return [part(boards, frame, STATIC)] + [part(m, Surface("sign", c, roughness=0.6), STATIC) for c, m in layers.items()]


def bus_shelter(rng, length: float | None = None) -> list[Part]:
    """A bus stop shelter along y, open towards +x: glass walls, roof, bench, a lit poster at its end."""
    length = float(length or rng.uniform(3.2, 4.8))
    depth, height = 1.45, 2.45
    steel = _iron(rng)
    posts = [block((x, y, height / 2 - 0.02), (0.07, 0.07, height)) for y in np.linspace(-length / 2 + 0.1, length / 2 - 0.1, 3) for x in (-depth / 2,)]
    posts += [block((depth * 0.2, sy * (length / 2 - 0.1), height / 2 - 0.02), (0.06, 0.06, height)) for sy in (-1, 1)]
    t = np.linspace(-0.5, 0.5, 9)
    arch = 0.1 * (1 - 4 * t ** 2) if rng.random() < 0.5 else 0.05 * (t + 0.5)
    upper = np.column_stack([t * (depth + 0.25), height + arch + 0.06])
    outline = np.vstack([upper[::-1], upper - (0, 0.06)])
    roof = loft(np.array([np.column_stack([outline[:, 0], np.full(len(outline), y), outline[:, 1]]) for y in (length / 2 + 0.1, -length / 2 - 0.1)])[:, ::-1])
    panes = [block((-depth / 2, y, 1.28), (0.012, length / 2 - 0.2, 1.9)) for y in (-length / 4 + 0.02, length / 4 - 0.02)]
    panes.append(block((-depth * 0.15, -length / 2 + 0.1, 1.28), (depth * 0.62, 0.012, 1.9)))
    stripe = [block((-depth / 2 + 0.008, y, 1.45), (0.004, length / 2 - 0.25, 0.05)) for y in (-length / 4, length / 4)]
    slats = [block((-depth / 2 + 0.25 + 0.11 * k, -length * 0.12, 0.47), (0.09, length * 0.55, 0.03)) for k in range(3)]
    stays = [block((-depth / 2 + 0.36, -length * 0.12 + s * length * 0.22, 0.22), (0.3, 0.04, 0.48)) for s in (-1, 1)]
    case_y = length / 2 - 0.1
    case = block((-depth * 0.15, case_y, 1.2), (depth * 0.86, 0.14, 1.95))
    parts = [part(posts + stays, steel, STATIC), part(roof, steel, STATIC), part(panes, Surface("glass", (0.93, 0.96, 0.95), roughness=0.03), STATIC),
             part(stripe, Surface("sign", (0.7, 0.71, 0.71), roughness=0.5), STATIC), part(slats, _slats(rng), STATIC, bevel=0.006), part(case, steel, STATIC, bevel=0.01)]
    layers: dict[tuple, list[Mesh]] = {}
    for side in (1, -1):
        for meshes, colour in _poster(rng, depth * 0.76, 1.72):
            layers.setdefault(colour, []).extend(placed(m, translation(-depth * 0.15, case_y + side * 0.071, 1.2), rotation("z", side * np.pi / 2)) for m in meshes)
    return parts + [part(m, Surface("sign", c, roughness=0.35), STATIC) for c, m in layers.items()]
