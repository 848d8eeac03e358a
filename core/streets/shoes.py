"""Shoes: a closed last round the resting foot, posed with foot and toes."""

from __future__ import annotations

import numpy as np

from core.streets.bodies import JOINTS
from core.streets.clothes import Tailor
from core.streets.parts import Part, Surface
from core.streets.solids import Mesh, loft, part

LEATHER = ((0.012, 0.011, 0.010), (0.07, 0.035, 0.018), (0.16, 0.085, 0.04), (0.62, 0.61, 0.59), (0.05, 0.05, 0.055), (0.014, 0.015, 0.02))
TRAINER = ((0.70, 0.70, 0.69), (0.03, 0.03, 0.033), (0.02, 0.09, 0.40), (0.55, 0.03, 0.03), (0.30, 0.30, 0.31), (0.65, 0.25, 0.03), (0.05, 0.30, 0.30))
#: How far below the bare foot a sole reaches, in units of the body's size.
SOLE = 0.018


def _last(t: Tailor, side: str) -> tuple[np.ndarray, ...]:
    """Sections of one foot: (places along, low and high sides, tops) and its frame (origin, forward, left)."""
    rest = t.body.rest
    foot, toes = (t.body.joints[JOINTS.index(f"{n}.{side}")] for n in ("foot", "toes"))
    forward = (toes - foot) * (1, 1, 0)
    forward /= np.linalg.norm(forward)
    left = np.array([-forward[1], forward[0], 0])
    origin = foot * (1, 1, 0)
    rows = t.on(f"foot.{side}", f"toes.{side}") | (t.on(f"shin.{side}") & (rest[:, 2] < 0.075 * t.unit))
    p = np.column_stack([(rest[rows] - origin) @ forward, (rest[rows] - origin) @ left, rest[rows, 2]])
    p = p[p[:, 2] < 0.115 * t.unit]
    low, high = p[:, 0].min(), p[:, 0].max()
    place = np.linspace(low, high, 13)
    near = [np.abs(p[:, 0] - s) < 0.022 * t.unit for s in place]
    right = np.array([p[n, 1].min() if n.any() else 0 for n in near])
    far = np.array([p[n, 1].max() if n.any() else 0 for n in near])
    top = np.array([p[n, 2].max() if n.any() else 0.03 for n in near])
    soft = np.array([0.25, 0.5, 0.25])
    right, far, top = (np.convolve(np.pad(v, 1, mode="edge"), soft, "valid") for v in (right, far, top))
    return place, right, far, top, origin, forward, left


def _bent(t: Tailor, side: str, points: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Resting ``points`` (K, 3) under the pose; those before the ball of the foot move with the toes."""
    foot, toes = (JOINTS.index(f"{n}.{side}") for n in ("foot", "toes"))
    ball = float(np.linalg.norm((t.body.joints[toes] - t.body.joints[foot])[:2]))
    share = np.clip((along - ball) / (0.05 * t.unit) + 0.5, 0, 1)[:, None]
    a, b = (points @ t.body.transforms[i, :3, :3].T + t.body.transforms[i, :3, 3] for i in (foot, toes))
    return a * (1 - share) + b * share


def _section(right: float, far: float, low: float, high: float, square: float, sides: int = 18) -> np.ndarray:
    """(sides, 2) a foot's cross-section: flat below, arched above."""
    angle = np.arange(sides) * 2 * np.pi / sides
    c, s = np.cos(angle), np.sin(angle)
    y = (right + far) / 2 + (far - right) / 2 * np.sign(c) * np.abs(c) ** square
    # Most of the section's height lies above its widest line, near the sole.
    waist = low + 0.30 * (high - low)
    z = np.where(s > 0, waist + (high - waist) * np.abs(s) ** 0.9, waist + (low - waist) * np.abs(s) ** 0.4)
    return np.column_stack([y, z])


def _shoe(t: Tailor, side: str, collar: float) -> tuple[Mesh, Mesh]:
    """Upper and sole of one shoe, posed."""
    place, right, far, top, origin, forward, left = _last(t, side)
    u = t.unit
    length = place[-1] - place[0]
    stations = [(-0.010 * u, 0.62, 0.80), (0.0, 0.86, 1.0)] + [(s - place[0], 1.0, 1.0) for s in place[1:-1]] + [
        (length + 0.002 * u, 0.86, 0.92), (length + 0.012 * u, 0.55, 0.72)]
    rings, spans = [], []
    for offset, narrow, lower in stations:
        s = place[0] + offset
        r, f, h = (np.interp(s, place, v) for v in (right, far, top))
        middle, half = (r + f) / 2, (f - r) / 2 * narrow + 0.006 * u
        share = offset / length
        # The collar round the ankle, the slope of the instep, the toe box.
        h = min(h + 0.010 * u, collar) if share < 0.42 else h + 0.010 * u
        h = max(h * lower, 0.022 * u)
        section = _section(middle - half, middle + half, -0.4 * SOLE * u, h, 0.75)
        rings.append(origin + s * forward + section[:, :1] * left + section[:, 1:] * np.array([0, 0, 1.0]))
        spans.append((s, middle - half - 0.003 * u, middle + half + 0.003 * u))
    rings = np.array(rings)
    vertices, faces = loft(rings)
    along = np.repeat([s for s, _, _ in spans], rings.shape[1])
    upper = _bent(t, side, np.asarray(vertices, np.float64), along).astype(np.float32), faces
    # The sole is the shoe's plan: out along its far side, back along its near one.
    plan = np.array([(s, f) for s, _, f in spans] + [(s, r) for s, r, _ in spans[::-1]])[::-1]
    heel = 0.010 * u
    sheets = []
    for z, grow in ((-SOLE * u, 0.0), (-SOLE * u + 0.004 * u, 0.003), (0.006 * u, 0.003), (0.012 * u, -0.002)):
        centre = plan.mean(0)
        ring = plan + np.sign(plan - centre) * grow * u
        sheets.append(origin + ring[:, :1] * forward + ring[:, 1:] * left + np.array([0, 0, z]) + np.array([0, 0, 1.0]) * heel * 0)
    sheets = np.array(sheets)
    v, f = loft(sheets)
    sole = _bent(t, side, np.asarray(v, np.float64), np.tile(plan[:, 0], len(sheets))).astype(np.float32), f
    return upper, sole


def shoes(rng, t: Tailor, season: str, sporty: bool) -> tuple[list[Part], np.ndarray, float]:
    """Shoes or boots.

    Returns:
        their parts, the cover (N,) of the feet, and how far down (in bones, 2
        is the ankle) trousers should reach.
    """
    boot = not sporty and rng.random() < (0.32 if season in ("winter", "autumn") else 0.06)
    trainer = sporty or rng.random() < 0.5
    colours = TRAINER if trainer else LEATHER
    colour = tuple(float(min(c, 0.85)) for c in np.array(colours[int(rng.integers(len(colours)))]) * rng.uniform(0.8, 1.2))
    skin = Surface("cloth" if trainer else "plastic", colour, roughness=0.75 if trainer else 0.42)
    pale = trainer and rng.random() < 0.75
    rubber = Surface("rubber", (0.74, 0.73, 0.70) if pale else (0.018, 0.018, 0.018), roughness=0.7)
    uppers, soles = zip(*(_shoe(t, side, 0.082 * t.unit) for side in "LR"))
    parts = [part(list(uppers), skin, t.label, smooth=True), part(list(soles), rubber, t.label)]
    cover = t.on("foot", "toes") * 1.0 + ~t.on("foot", "toes") * -1.0
    shaft = np.where(t.on("shin", "foot"), -t.legs(1.62 if boot else 1.87), -1.0)
    cover = np.maximum(cover * 0.05, np.where(t.on("foot", "toes", "shin"), shaft, -1.0))
    if boot:
        leg = t.garment(rng, np.where(t.on("foot"), 0.05, shaft), skin, 0.010, 5, 0.002, lambda p: t.widened(p, "shin", "foot", (0.058, 0.050), feet=True))
        parts += [leg] if leg else []
    elif rng.random() < 0.8:
        # A sock shows between the shoe and the hem.
        tone = ((0.02, 0.02, 0.022), (0.75, 0.75, 0.74), (0.12, 0.12, 0.125))[int(rng.integers(3))]
        sock = t.garment(rng, np.where(t.on("foot"), 0.05, shaft), Surface("cloth", tone, roughness=0.9), 0.002, 1, 0.0)
        parts += [sock] if sock else []
    # Trouser legs end inside a boot's shaft, or fall over the shoe.
    return parts, cover, 1.70 if boot else 2.06
