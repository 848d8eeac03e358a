"""Heads: hair, beards, brows, hats and helmets, all built on the resting head and posed with it."""

from __future__ import annotations

import numpy as np

from core.streets.bodies import JOINTS, Body
from core.streets.clothes import Tailor
from core.streets.parts import Part, Surface
from core.streets.solids import Mesh, lathe, loft, part, tube

HAIR = (((0.010, 0.008, 0.007), 0.30), ((0.030, 0.017, 0.010), 0.28), ((0.075, 0.040, 0.020), 0.20),
        ((0.26, 0.155, 0.07), 0.12), ((0.16, 0.05, 0.018), 0.05), ((0.012, 0.010, 0.012), 0.05))
GREY = ((0.30, 0.29, 0.28), (0.55, 0.54, 0.52), (0.16, 0.155, 0.15))


def hair_colour(rng, age: float) -> tuple[float, float, float]:
    """Linear RGB of a head of hair; the old are mostly grey."""
    if age > 0.86 and rng.random() < 0.8 or age > 0.72 and rng.random() < 0.25:
        base = GREY[int(rng.integers(len(GREY)))]
    else:
        shares = np.array([share for _, share in HAIR])
        base = HAIR[int(rng.choice(len(HAIR), p=shares / shares.sum()))][0]
    return tuple(float(c) for c in np.clip(np.array(base) * rng.uniform(0.8, 1.25), 0.004, 0.8))


class Head:
    """Where things are on one resting head, metres."""

    def __init__(self, tailor: Tailor):
        body = tailor.body
        self.tailor, self.body = tailor, body
        eyes = body.rest[body.data.eyes]
        self.eyes = eyes.mean(0)
        self.eye = np.array([eyes[eyes[:, 1] > 0].mean(0), eyes[eyes[:, 1] < 0].mean(0)])
        self.on_head = np.isin(tailor.region, [JOINTS.index("head"), JOINTS.index("neck")])
        head = body.rest[self.on_head]
        self.top = float(head[:, 2].max())
        near = head[np.abs(head[:, 2] - self.eyes[2]) < 0.03]
        self.back = float(near[:, 0].min())
        self.side = float(np.percentile(np.abs(near[:, 1]), 80))
        #: Height from the eyes to the crown, the head's own measure.
        self.unit = self.top - float(self.eyes[2])
        self.depth = float(self.eyes[0]) - self.back
        self.middle = np.array([self.back + 0.5 * self.depth, 0.0, float(self.eyes[2])])

    def placed(self, points: np.ndarray) -> np.ndarray:
        """``points`` (K, 3) fixed to the resting head, as the head is held."""
        matrix = self.body.transforms[JOINTS.index("head")]
        return points @ matrix[:3, :3].T + matrix[:3, 3]

    def carried(self, mesh: Mesh) -> Mesh:
        return self.placed(np.asarray(mesh[0], np.float64)).astype(np.float32), mesh[1]

    def scalp(self, low: float = 0.0, ears: bool = False) -> np.ndarray:
        """(N,) cover: metres inside the hairline; ``low`` moves it down, ``ears`` covers them too."""
        p = self.body.rest
        # 0 at the back of the head, 1 at the eyes.
        forward = np.clip((p[:, 0] - self.back) / self.depth, 0, 1.3)
        line = np.interp(forward, (0.0, 0.35, 0.52, 0.70, 0.86, 1.0), (-0.50, -0.42, -0.1, 0.16, 0.60, 0.66)) - low
        cover = np.where(self.on_head & ~self.body.data.eyes, p[:, 2] - self.eyes[2] - line * self.unit, -1.0)
        if not ears:
            outside = np.maximum(self.side * 1.03 - np.abs(p[:, 1]), p[:, 2] - self.eyes[2] - 0.25 * self.unit)
            cover = np.minimum(cover, outside)
        return cover


def _no_lower(tailor: Tailor, points: np.ndarray) -> np.ndarray:
    """``points`` lifted back where smoothing sank them below the skin."""
    rest = tailor.body.rest
    sunk = np.minimum(((points - rest) * tailor.normals).sum(1), 0)
    return points - tailor.normals * sunk[:, None]


def _cap(rng, head: Head, surface: Surface, gap: float, cover: np.ndarray, tousle: float, lift: float = 0.0) -> Part | None:
    """Hair as a shell over the scalp, thicker on top, its surface in strands."""
    tailor, p = head.tailor, head.body.rest
    both = tailor.smoothed(np.column_stack([p, cover]), cover > -0.02, 5)
    points, cover = _no_lower(tailor, both[:, :3]), both[:, 3]
    waves = np.zeros(len(p))
    for _ in range(6):
        heading = rng.normal(size=3) * (0.6, 1.0, 0.35)
        waves += np.sin(p @ (heading / np.linalg.norm(heading)) * rng.uniform(70, 170) + rng.random() * 6.3)
    # Thin at the hairline, full a finger's width inside.
    inside = np.clip(cover / (0.12 * head.unit), 0, 1) ** 0.7
    height = np.clip((p[:, 2] - head.eyes[2]) / head.unit, 0, 1)
    thickness = gap * inside * (1 + lift * height) + tousle * waves / 3 * inside
    return tailor.cut(points + tailor.normals * np.maximum(thickness, 0.002)[:, None], cover, surface)


def _fall(rng, head: Head, surface: Surface, length: float, label: int) -> Part:
    """Hair that hangs from the sides and back of the head by ``length`` metres, over the shoulders."""
    rows, columns = 11, 27
    angle = np.linspace(-0.72, 0.72, columns) * np.pi + np.pi  # round the back from side to side
    phase = rng.random(3) * 6.3
    sheets = []
    for inner in (False, True):
        rings = []
        for i in range(rows):
            t = i / (rows - 1)
            z = head.eyes[2] + 0.30 * head.unit - t * (length + 0.30 * head.unit)
            # Hugs the skull, narrows at the neck, spreads over the shoulders.
            wide = (head.side + 0.012) * (0.82 + 0.30 * np.sin(np.pi * min(0.12 + t * 0.75, 1)) - 0.10 * t)
            deep = (head.depth * 0.56 + 0.010) * (0.86 + 0.16 * np.sin(np.pi * min(t * 1.5, 1)) - 0.10 * t)
            wave = 1 + 0.03 * t * np.sin(9 * angle + phase[0]) + 0.018 * np.sin(21 * angle + phase[1]) * min(2 * t, 1) + 0.02 * t * np.sin(7 * t + phase[2])
            thin = 0.86 if inner else 1.0
            x = head.middle[0] + deep * np.cos(angle) * wave * thin
            y = wide * np.sin(angle) * wave * thin
            ragged = 0.014 * t * np.sin(13 * angle + phase[1]) + 0.05 * t * (1 - np.abs(np.cos(angle)))
            rings.append(np.column_stack([x, -y, np.full(columns, z) + ragged]))
        sheets.append(np.array(rings))
    outer, inner = sheets
    around = np.concatenate([outer, inner[:, ::-1]], axis=1)[::-1]
    vertices, faces = loft(around[:, ::-1], caps=True)
    # The head carries the top, the chest holds the ends back.
    rest = np.asarray(vertices, np.float64)
    chest = head.body.transforms[JOINTS.index("chest")]
    with_head = head.placed(rest)
    with_chest = rest @ chest[:3, :3].T + chest[:3, 3]
    share = np.clip((head.eyes[2] - rest[:, 2]) / max(length, 0.05) * 0.9, 0, 0.85)[:, None]
    return part(((with_head * (1 - share) + with_chest * share).astype(np.float32), faces), surface, label, smooth=True)


def hair(rng, head: Head, style: str, colour, label: int, under: str | None = None) -> list[Part]:
    """Hair in a ``style``: bald, crop, short, full, curls, bob, long, ponytail, bun.

    ``under`` names a hat of :data:`RIMS`; hair then only shows below its rim.
    """
    surface = Surface("hair", colour, roughness=0.5)
    if style == "bald":
        if under:
            return []
        p = head.body.rest
        ring = np.minimum(head.scalp(), head.eyes[2] + 0.30 * head.unit - p[:, 2])
        ring = np.minimum(ring, head.back + 0.48 * head.depth - p[:, 0])
        cap = _cap(rng, head, surface, 0.006, ring, 0.001)
        return [cap] if cap else []
    gap, tousle, lift, ears = {
        "crop": (0.006, 0.001, 0.3, False), "short": (0.014, 0.0035, 0.9, False), "full": (0.022, 0.005, 1.0, False),
        "curls": (0.042, 0.010, 0.5, True), "bob": (0.020, 0.003, 0.4, True), "long": (0.018, 0.003, 0.3, True),
        "ponytail": (0.010, 0.002, 0.2, False), "bun": (0.010, 0.002, 0.2, False),
    }[style]
    cover = head.scalp(0.05 if ears else 0.0, ears)
    if under:
        gap, tousle = min(gap, 0.010), 0.001
        cover = np.minimum(cover, rim_height(head, under, head.body.rest[:, 0]) + 0.015 - head.body.rest[:, 2])
    parts = [_cap(rng, head, surface, gap * head.tailor.unit ** 0.5, cover, tousle, lift)]
    nape = np.array([head.back - 0.015, 0, head.eyes[2] + 0.35 * head.unit])
    if style == "bob":
        parts.append(_fall(rng, head, surface, float(rng.uniform(0.10, 0.17)), label))
    elif style == "long":
        parts.append(_fall(rng, head, surface, float(rng.uniform(0.24, 0.42)), label))
    elif style == "ponytail":
        t = np.linspace(0, 1, 9)
        length = float(rng.uniform(0.18, 0.35))
        line = nape + np.column_stack([-0.05 * np.sin(t * 2.4), 0.012 * np.sin(5 * t), 0.02 - length * t ** 1.3])
        tail = tube(line, 0.03 * np.sin(np.clip(t * 0.86 + 0.12, 0, 1) * np.pi) ** 0.7 + 0.004, 10)
        parts.append(part(head.carried(tail), surface, label, smooth=True))
    elif style == "bun":
        r = 0.042
        ball = lathe([(r * np.sin(a) + 1e-3, -r * np.cos(a)) for a in np.linspace(0.1, np.pi - 0.1, 9)], 14)
        high = np.array([-0.01, 0, 0.3 * head.unit if rng.random() < 0.5 else -0.2 * head.unit])
        parts.append(part(head.carried((ball[0] + nape + high, ball[1])), surface, label, smooth=True))
    return [p for p in parts if p is not None]


def brows(head: Head, colour, label: int) -> Part:
    """Two eyebrows, laid on the face."""
    meshes, p = [], head.body.rest[head.on_head]
    for eye in head.eye:
        t = np.linspace(-1, 1, 5)
        y = eye[1] * (1 + 0.06 * np.abs(t)) + t * 0.19 * head.unit
        z = eye[2] + head.unit * (0.20 + 0.03 * (1 - t ** 2))
        # The foremost points of the face near each place, weighted by nearness.
        gap = (p[:, 1] - y[:, None]) ** 2 + (p[:, 2] - z[:, None]) ** 2
        near = np.exp(-gap / (0.06 * head.unit) ** 2) * (p[:, 0] > head.middle[0])
        x = (near * p[:, 0]).sum(1) / (near.sum(1) + 1e-9)
        meshes.append(tube(np.column_stack([x + 0.004, y, z]), 0.024 * head.unit, 5, flatten=0.9))
    return part([head.carried(m) for m in meshes], Surface("hair", colour, roughness=0.6), label, smooth=True)


def beard(rng, head: Head, colour) -> Part | None:
    """A full beard or stubble over cheeks and chin."""
    p, tailor = head.body.rest, head.tailor
    forward = (p[:, 0] - head.back) / head.depth
    chin = head.eyes[2] - 1.15 * head.unit
    height = (p[:, 2] - chin) / (head.eyes[2] - chin)
    line = np.interp(forward, (0.45, 0.8, 0.95), (0.62, 0.55, 0.43))
    lips = np.maximum(np.abs(height - 0.34) - 0.07, (np.abs(p[:, 1]) - 0.24 * head.unit) / head.unit)
    cover = head.unit * np.minimum(np.minimum(line - height, height + 0.12), np.minimum(lips, forward - 0.5))
    depth = float(rng.choice([0.003, 0.007, 0.014]))
    cover = np.where(head.on_head, cover, -1.0)
    points = _no_lower(tailor, tailor.smoothed(p, cover > 0, 2)) + tailor.normals * (depth * np.clip(cover / 0.012, 0.15, 1))[:, None]
    return tailor.cut(points, cover, Surface("hair", colour, roughness=0.7))


#: Rims over the eyes, in head units: at the brow and at the nape.
RIMS = {"cap": (0.46, 0.18), "brim": (0.44, 0.26), "beanie": (0.36, -0.12), "open": (0.42, 0.10), "full": (0.0, 0.0)}


def rim_height(head: Head, kind: str, x: np.ndarray) -> np.ndarray:
    """Height of a hat's rim at ``x`` (metres forward on the resting head)."""
    front, back = RIMS[kind]
    return head.eyes[2] + head.unit * np.interp((x - head.back) / head.depth, (0.0, 0.95), (back, front))


def _dome(head: Head, gap: float, kind: str, rows: int = 9, sides: int = 28, long: float = 1.0, square: float = 0.8) -> np.ndarray:
    """(rows, sides, 3) rings of a skull-shaped dome from the rim of ``kind`` to ``gap`` over the crown."""
    top = head.top + gap
    angle = np.arange(sides) * 2 * np.pi / sides
    rings = []
    for t in np.linspace(0, 1, rows):
        r = max(np.cos(t * np.pi / 2) ** square, 0.02)
        x = head.middle[0] + (head.depth * 0.55 * long + gap) * r * np.cos(angle)
        # The rim slopes; the crown doesn't.
        foot = rim_height(head, kind, head.middle[0] + (x - head.middle[0]) / r)
        rings.append(np.column_stack([x, (head.side * 1.03 + gap) * r * np.sin(angle), foot + (top - foot) * np.sin(t * np.pi / 2) ** 1.1]))
    return np.array(rings)


def hat(rng, head: Head, kind: str, label: int) -> list[Part]:
    """A ``cap`` with a peak, a ``beanie`` or a hat with a ``brim``."""
    dark = ((0.015, 0.016, 0.02), (0.02, 0.04, 0.09), (0.10, 0.10, 0.10), (0.30, 0.26, 0.19), (0.25, 0.02, 0.02), (0.05, 0.08, 0.04), (0.6, 0.58, 0.54))
    colour = tuple(float(c) for c in np.array(dark[int(rng.integers(len(dark)))]) * rng.uniform(0.8, 1.2))
    cloth = Surface("cloth", colour, roughness=0.85)
    shell = part(head.carried(loft(_dome(head, 0.014, kind, 10))), cloth, label, smooth=True)
    if kind == "beanie":
        cuff = _dome(head, 0.020, kind, 10)[:2]
        cuff[1] = cuff[0] + (0, 0, 0.045)
        parts = [shell, part(head.carried(loft(cuff, caps=False)), cloth, label, smooth=True)]
        if rng.random() < 0.25:
            ball = lathe([(0.03 * np.sin(a) + 1e-3, -0.03 * np.cos(a)) for a in np.linspace(0.1, 3.0, 7)], 12)
            parts.append(part(head.carried((ball[0] + (head.middle[0], 0, head.top + 0.03), ball[1])), cloth, label, smooth=True))
        return parts
    ring = _dome(head, 0.014, kind, 10, sides=60)[0]
    if kind == "cap":
        angle = np.arange(60) * 2 * np.pi / 60
        turn = (angle + np.pi) % (2 * np.pi) - np.pi
        order = np.argsort(turn)
        rim = ring[order][np.abs(turn[order]) < 1.2]
        turn = np.sort(turn)[np.abs(np.sort(turn)) < 1.2]
        reach = 0.075 * head.tailor.unit * np.cos(turn / 1.2 * np.pi / 2) ** 0.6
        edge = rim + np.column_stack([reach, 0 * reach, -0.2 * reach - 0.010 * turn ** 2])
        rows = np.array([rim, (rim + edge) / 2 + (0, 0, 0.004), edge, (rim + edge) / 2, rim - (0, 0, 0.004)])
        n = len(rim)
        faces = [(r * n + i, r * n + i + 1, (r + 1) * n + i + 1, (r + 1) * n + i) for r in range(4) for i in range(n - 1)]
        peak = rows.reshape(-1, 3).astype(np.float32), np.array(faces, np.int32)[:, ::-1]
        return [shell, part(head.carried(peak), cloth, label)]
    out = ring - (head.middle[0], 0, 0)
    out[:, 2] = 0
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    wide = float(rng.uniform(0.045, 0.075))
    brim = [ring + out * gap + (0, 0, z) for gap, z in ((-0.002, 0.0), (-0.002, 0.008), (wide, -0.004), (wide, -0.009), (-0.002, 0.0))]
    return [shell, part(head.carried(loft(np.array(brim)[:, ::-1], caps=False)), cloth, label, smooth=True)]


def helmet(rng, head: Head, full: bool, label: int) -> list[Part]:
    """A cyclist's helmet, or with ``full`` a motorcyclist's with a visor."""
    colours = ((0.02, 0.02, 0.022), (0.75, 0.74, 0.72), (0.45, 0.02, 0.02), (0.02, 0.1, 0.35), (0.2, 0.21, 0.22), (0.7, 0.35, 0.02))
    paint = Surface("paint", colours[int(rng.integers(len(colours)))], roughness=0.3)
    dark = Surface("plastic", (0.012, 0.012, 0.013), roughness=0.6)
    if not full:
        rings = _dome(head, 0.032, "open", 10, long=1.08)
        ribs = []
        for y in (-0.05, 0.0, 0.05):
            t = np.linspace(0.25, 2.75, 14)
            line = np.column_stack([head.middle[0] + (head.depth * 0.65 + 0.030) * np.cos(t), np.full(14, y),
                                    head.eyes[2] + 0.30 * head.unit + (head.top + 0.030 - head.eyes[2] - 0.30 * head.unit) * np.sin(t)])
            line[:, 2] -= 2.6 * y * y
            ribs.append(tube(line, 0.008, 5, flatten=1.4))
        straps = [tube(np.array([(head.middle[0] + 0.01, s * head.side * 1.05, head.eyes[2] + 0.4 * head.unit),
                                 (head.middle[0] + 0.02, s * head.side * 1.0, head.eyes[2] - 0.4 * head.unit),
                                 (head.middle[0] + 0.045, 0, head.eyes[2] - 1.12 * head.unit)]), 0.006, 5) for s in (-1, 1)]
        return [part(head.carried(loft(rings)), paint, label, smooth=True),
                part([head.carried(m) for m in ribs + straps], dark, label, smooth=True)]
    upper = _dome(head, 0.036, "full", 10, long=1.05)
    base = upper[0]
    skirt = [np.column_stack([head.middle[0] + (base[:, 0] - head.middle[0]) * s, base[:, 1] * s, np.full(len(base), head.eyes[2] + z * head.unit)])
             for z, s in ((-1.25, 0.80), (-0.9, 0.97), (-0.45, 1.02))]
    shell = loft(np.array([*skirt, *upper]))
    sides = len(base)
    angle = np.arange(sides) * 2 * np.pi / sides
    front = np.abs((angle + np.pi) % (2 * np.pi) - np.pi) < 1.15
    pane = []
    for z, s in ((-0.38, 1.025), (0.0, 1.03), (0.36, 0.985)):
        ring = np.column_stack([head.middle[0] + (base[:, 0] - head.middle[0]) * s, base[:, 1] * s, np.full(sides, head.eyes[2] + z * head.unit)])
        order = np.argsort((angle[front] + np.pi) % (2 * np.pi))
        pane.append(ring[front][order])
    pane = np.array(pane)
    n = pane.shape[1]
    faces = np.array([(r * n + i, r * n + i + 1, (r + 1) * n + i + 1, (r + 1) * n + i) for r in range(2) for i in range(n - 1)], np.int32)
    visor = pane.reshape(-1, 3).astype(np.float32), faces
    return [part(head.carried(shell), paint, label, smooth=True),
            part(head.carried(visor), Surface("mirror_glass", (0.02, 0.022, 0.025), roughness=0.08), label, smooth=True)]
