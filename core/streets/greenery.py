"""Low green: hedges, bushes, climbers, grass, planters."""

from __future__ import annotations

import numpy as np

from core.streets.leaves import leaf_cluster, scattered, unit
from core.streets.parts import Part, Surface
from core.streets.solids import block, lathe, part, placed, prism, rounded, rotation, translation, tube

STATIC, VEGETATION, TERRAIN, TRUNK = 4, 21, 22, 50

GREENS = (
    ((0.035, 0.095, 0.02), (0.055, 0.125, 0.025), (0.085, 0.165, 0.035)),
    ((0.025, 0.075, 0.025), (0.04, 0.10, 0.03), (0.06, 0.13, 0.035)),
    ((0.06, 0.11, 0.03), (0.09, 0.15, 0.04), (0.13, 0.19, 0.05)),
    ((0.10, 0.035, 0.03), (0.14, 0.05, 0.035), (0.08, 0.05, 0.03)),  # copper beech, photinia
)
FLOWERS = ((0.70, 0.06, 0.08), (0.80, 0.35, 0.50), (0.85, 0.60, 0.05), (0.80, 0.80, 0.78), (0.30, 0.12, 0.55), (0.80, 0.25, 0.04))


def _tinted(rng, colour) -> tuple[float, float, float]:
    return tuple(float(c) for c in np.clip(np.array(colour) * rng.normal(1, 0.08, 3), 0.004, 0.95))


def _leaves(rng, places, headings, colours, length: float, width: float, leaves: int = 7,
            darkness: np.ndarray | None = None) -> list[Part]:
    """Clusters at ``places`` (K, 3), split over ``colours`` by ``darkness`` (K,) where given."""
    sizes = rng.uniform(0.75, 1.25, len(places))
    light = rng.random(len(places)) if darkness is None else -darkness + rng.normal(0, 0.2, len(places))
    parts = []
    for share, colour in zip(np.array_split(np.argsort(light), len(colours)), sorted(colours, key=sum)):
        cluster = leaf_cluster(rng, leaves, length, width)
        surface = Surface("leaf", _tinted(rng, colour), roughness=0.45)
        parts.append(scattered(rng, places[share], headings[share], sizes[share], cluster, surface, VEGETATION))
    return parts


def hedge(rng, length: float = 4.0, height: float = 1.2, depth: float = 0.6) -> list[Part]:
    """A clipped hedge along y, centred: a dark core under a coat of leaf clusters.

    At most about 5,000 clusters; on a long hedge the leaves are larger instead.
    """
    colours = GREENS[int(rng.choice(4, p=(0.4, 0.35, 0.2, 0.05)))]
    areas = np.array([length * height] * 2 + [depth * height] * 2 + [length * depth])
    count = int(min(areas.sum() * 190, 5000))
    grow = float(np.clip(np.sqrt(areas.sum() * 190 / count), 1, 2.2))
    face = rng.choice(5, count, p=areas / areas.sum())
    u, v = rng.uniform(-0.5, 0.5, (2, count))
    x = np.select([face == 0, face == 1, face >= 2], [0.5, -0.5, v])
    y = np.select([face == 2, face == 3, face < 2, face == 4], [0.5, -0.5, u, u])
    z = np.select([face == 4, face < 2, True], [np.full(count, 0.5), v, u])
    normal = np.zeros((count, 3))
    normal[np.arange(count), np.select([face < 2, face < 4, True], [0, 1, 2])] = np.select([face % 2 == 0, True], [1, -1])
    # Sheared, not planed: broad waves and a rounded top edge.
    wave = 0.03 * np.sin(y * length * 1.7 + rng.random() * 6) + 0.02 * np.sin(y * length * 4.1 + rng.random() * 6)
    places = np.column_stack([x * depth * (1 - 0.12 * (z + 0.5)), y * length, (z + 0.5) * height * (1 + wave)])
    places += normal * rng.normal(-0.01, 0.03, (count, 1))
    places[:, 2] = np.maximum(places[:, 2], 0.04)
    core = Surface("leaf", tuple(0.45 * c for c in _tinted(rng, colours[0])), roughness=0.9)
    inner = block((0, 0, height * 0.47), (depth * 0.8, length - 0.12, height * 0.94))
    return [part(inner, core, VEGETATION)] + _leaves(
        rng, places, normal + rng.normal(0, 0.5, (count, 3)), colours, 0.085 * grow, 0.06 * grow
    )


def bush(rng, height: float | None = None, flowers: bool | None = None) -> list[Part]:
    """A free-growing shrub 0.5 to 1.9 m high, sometimes in flower."""
    height = float(height or rng.uniform(0.5, 1.9))
    colours = GREENS[int(rng.choice(4, p=(0.4, 0.25, 0.27, 0.08)))]
    lobes = int(rng.integers(5, 10))
    angle = np.arange(lobes) * 2.4 + rng.normal(0, 0.3, lobes)
    spread = height * rng.uniform(0.35, 0.55)
    out = spread * np.sqrt(rng.random(lobes)) * 0.8
    size = height * rng.uniform(0.26, 0.4, lobes)
    centres = np.column_stack([np.cos(angle) * out, np.sin(angle) * out, rng.uniform(0.45, 0.72, lobes) * height])
    count = int(np.clip(900 * height ** 1.3, 300, 2200))
    which = rng.integers(lobes, size=count)
    ball = unit(rng.normal(size=(count, 3)))
    places = centres[which] + ball * size[which, None] * rng.random((count, 1)) ** 0.3
    places[:, 2] = np.abs(places[:, 2] - 0.06) + 0.06
    length = 0.075 * (0.7 + 0.5 * height)
    parts = _leaves(rng, places, ball + (0, 0, 0.4), colours, length, length * 0.62,
                    darkness=-places[:, 2] / height)
    stems = []
    for c in centres:
        middle = c * (0.5, 0.5, 0.55) + rng.normal(0, 0.02, 3)
        stems.append(tube([c * (0.08, 0.08, 0) - (0, 0, 0.03), middle, c], [0.018 * height, 0.012 * height, 0.004], 5, caps=False))
    parts.append(part(stems, Surface("bark", (0.10, 0.075, 0.05), roughness=0.95, scale=0.03), TRUNK, smooth=True))
    if rng.random() < 0.25 if flowers is None else flowers:
        parts += _blooms(rng, places[places[:, 2] > 0.35 * height], int(60 * height) + 20)
    return parts


def _blooms(rng, places: np.ndarray, count: int, colour=None) -> list[Part]:
    """Flowers of 4 to 8 cm on some of ``places``."""
    chosen = places[rng.integers(len(places), size=min(count, len(places)))]
    chosen = chosen + rng.normal(0, 0.03, chosen.shape) + (0, 0, 0.02)
    colour = _tinted(rng, colour or FLOWERS[int(rng.integers(len(FLOWERS)))])
    headings = rng.normal(0, 0.6, chosen.shape) + (0, 0, 1)
    flower = leaf_cluster(rng, 6, 0.045, 0.04, spread=0.1)
    surface = Surface("leaf", colour, roughness=0.6)
    return [scattered(rng, chosen, headings, rng.uniform(0.7, 1.3, len(chosen)), flower, surface, VEGETATION)]


def climber(rng, width: float = 3.0, height: float = 4.0) -> list[Part]:
    """Ivy or vine on a wall in the plane x = 0, leaves towards +x, from the ground up."""
    colours = GREENS[int(rng.choice(4, p=(0.4, 0.35, 0.15, 0.1)))]
    count = int(np.clip(width * height * 150, 300, 4500))
    strands = max(int(width * 3.5), 4)
    foot = rng.uniform(-0.45, 0.45, strands) * width
    tall = height * rng.beta(3, 1.6, strands)
    which = rng.choice(strands, count, p=tall / tall.sum())
    z = tall[which] * rng.random(count) ** 0.9
    sway = 0.12 * np.sin(z * 1.9 + which * 1.7) + 0.06 * np.sin(z * 4.3 + which)
    y = foot[which] + sway + rng.normal(0, 0.05 + 0.1 * z / height, count)
    places = np.column_stack([0.03 + 0.1 * rng.random(count), y, np.maximum(z, 0.05)])
    headings = np.column_stack([np.full(count, 0.9), rng.normal(0, 0.4, count), rng.normal(-0.6, 0.3, count)])
    return _leaves(rng, places, headings, colours, 0.10, 0.09)


def _inside(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """(K,) bool by the even-odd rule; ``points`` (K, 2), ``polygon`` (P, 2)."""
    found = np.zeros(len(points), bool)
    ax, ay = polygon[-1]
    for bx, by in polygon:
        crosses = (ay > points[:, 1]) != (by > points[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            found ^= crosses & (points[:, 0] < (bx - ax) * (points[:, 1] - ay) / (by - ay) + ax)
        ax, ay = bx, by
    return found


def grass(rng, polygon=(4.0, 4.0), density: float = 60.0, season: str = "summer", most: int = 6000) -> list[Part]:
    """Tufts of grass (label 22) over a plot; the ground below is the street's own.

    Args:
        polygon: (P, 2) corners in metres, or (length along x, width along y) of a centred rectangle.
        density: tufts a square metre; fewer and larger where ``most`` would be passed.
        season: winter and autumn grass is paler.
    """
    polygon = np.asarray(polygon, np.float64)
    if polygon.ndim == 1:
        a, b = polygon / 2
        polygon = np.array([[-a, -b], [a, -b], [a, b], [-a, b]])
    low, high = polygon.min(0), polygon.max(0)
    x, y = polygon[:, 0], polygon[:, 1]
    area = 0.5 * abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))
    count = int(np.clip(area * density, 12, most))
    grow = float(np.clip(np.sqrt(area * density / count), 1, 2.0))
    drawn = rng.uniform(low, high, (int(count * float(np.prod(high - low)) / max(area, 1e-6) * 1.1) + 8, 2))
    points = drawn[_inside(drawn, polygon)][:count]
    colours = [(0.055, 0.12, 0.022), (0.085, 0.155, 0.03), (0.125, 0.185, 0.045)]
    if season in ("winter", "autumn"):
        colours = [tuple(0.7 * np.array(c) + (0.05, 0.035, 0.01)) for c in colours]
    parts = []
    shares = np.array_split(rng.permutation(len(points)), len(colours))
    for share, colour in zip(shares, colours):
        vertices, faces = _tuft(rng, 11)
        turn = rng.random(len(share)) * 2 * np.pi
        size = rng.uniform(0.6, 1.3, len(share)) * grow
        matrices = np.zeros((len(share), 4, 4), np.float32)
        matrices[:, 0, 0] = matrices[:, 1, 1] = np.cos(turn) * size
        matrices[:, 1, 0], matrices[:, 0, 1] = np.sin(turn) * size, -np.sin(turn) * size
        matrices[:, 2, 2] = size * rng.uniform(0.7, 1.2, len(share))
        matrices[:, 3, 3] = 1
        matrices[:, :2, 3] = points[share]
        surface = Surface("grass", _tinted(rng, colour), roughness=0.6)
        parts.append(Part(vertices, faces, surface, TERRAIN, scatter=matrices))
    return parts


def _tuft(rng, blades: int) -> tuple[np.ndarray, np.ndarray]:
    """Bent blades about the origin, 5 to 13 cm high: vertices and quads."""
    vertices, faces = [], []
    for _ in range(blades):
        angle, lean, tall = rng.random() * 2 * np.pi, rng.uniform(0.1, 0.6), rng.uniform(0.05, 0.13)
        out = np.array([np.cos(angle), np.sin(angle), 0])
        side = np.array([-out[1], out[0], 0]) * 0.004
        root = out * rng.uniform(0, 0.05) + side * rng.normal(0, 3)
        middle = root + out * lean * tall * 0.35 + (0, 0, tall * 0.6)
        tip = root + out * lean * tall + (0, 0, tall)
        base = len(vertices)
        vertices += [root - side, root + side, middle + side * 0.8, middle - side * 0.8, tip + side * 0.1, tip - side * 0.1]
        faces += [[base, base + 1, base + 2, base + 3], [base + 3, base + 2, base + 4, base + 5]]
    return np.array(vertices, np.float32), np.array(faces, np.int32)


def planter(rng, length: float | None = None) -> list[Part]:
    """A planted trough or pot: the box is label 4, what grows in it is label 21."""
    kind = rng.choice(["trough", "pot", "cube"])
    stone = Surface("concrete", tuple(float(c) for c in np.array((0.42, 0.41, 0.39)) * rng.uniform(0.6, 1.2)), roughness=0.85)
    wood = Surface("wood", _tinted(rng, (0.20, 0.11, 0.055)), roughness=0.7, scale=0.2)
    steel = Surface("metal", _tinted(rng, (0.09, 0.09, 0.095)), roughness=0.5)
    clay = Surface("plaster", _tinted(rng, (0.42, 0.17, 0.09)), roughness=0.85)
    soil = Surface("concrete", (0.035, 0.025, 0.018), roughness=1.0)
    if kind == "pot":
        size, tall = rng.uniform(0.28, 0.5), rng.uniform(0.45, 0.75)
        profile = [(size * 0.68, 0), (size * 0.92, tall * 0.85), (size, tall * 0.86), (size, tall), (size * 0.9, tall), (size * 0.88, tall - 0.07)]
        parts = [part(lathe(profile, 28, caps=False), (clay, stone)[int(rng.integers(2))], STATIC, smooth=False)]
        parts.append(part(placed(prism(rounded(size * 1.8, size * 1.8, size), 0.02), translation(z=tall - 0.07), rotation("y", -np.pi / 2)), soil, STATIC))
        ground = np.array([size * 0.8, size * 0.8])
    else:
        length = float(length or (rng.uniform(1.0, 2.0) if kind == "trough" else rng.uniform(0.6, 0.9)))
        depth, tall = (0.5, rng.uniform(0.4, 0.6)) if kind == "trough" else (length, length * 0.85)
        wall = 0.05
        walls = [block((sx * (depth - wall) / 2, 0, tall / 2), (wall, length, tall)) for sx in (-1, 1)]
        walls += [block((0, sy * (length - wall) / 2, tall / 2), (depth - 2 * wall, wall, tall)) for sy in (-1, 1)]
        parts = [part(walls, (stone, wood, steel)[int(rng.integers(3))], STATIC, bevel=0.008)]
        parts.append(part(block((0, 0, tall - 0.08), (depth - 2 * wall, length - 2 * wall, 0.04)), soil, STATIC))
        ground = np.array([depth, length]) / 2 * 0.85
    count = int(np.clip(ground.prod() * 4 * 420, 60, 700))
    colours = GREENS[int(rng.integers(3))]
    rise = rng.uniform(0.12, 0.5)
    spot = rng.uniform(-1, 1, (count, 2)) * ground
    dome = np.sqrt(np.clip(1 - 0.7 * ((spot / ground) ** 2).max(1), 0.1, 1))
    places = np.column_stack([spot, tall - 0.05 + rise * dome * rng.random(count) ** 0.6])
    headings = np.column_stack([spot / ground * 0.7, np.ones(count)]) + rng.normal(0, 0.3, (count, 3))
    parts += _leaves(rng, places, headings, colours, 0.09, 0.05, darkness=-(places[:, 2] - tall) / rise)
    if rng.random() < 0.65:
        for _ in range(int(rng.integers(1, 3))):
            parts += _blooms(rng, places[places[:, 2] > tall + 0.3 * rise], 45)
    return parts
