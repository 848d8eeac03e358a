"""What people carry: backpacks, handbags, shopping bags, suitcases on wheels."""

from __future__ import annotations

import numpy as np

from core.streets.bodies import JOINTS
from core.streets.clothes import Tailor, outline
from core.streets.parts import Part, Surface
from core.streets.solids import Mesh, block, loft, part, rounded, tube

COLOURS = ((0.014, 0.014, 0.016), (0.02, 0.03, 0.06), (0.12, 0.12, 0.125), (0.10, 0.055, 0.028), (0.25, 0.14, 0.07), (0.35, 0.03, 0.03), (0.05, 0.08, 0.05), (0.05, 0.2, 0.3))


def _surface(rng, kind: str = "cloth", roughness: float = 0.75) -> Surface:
    colour = np.array(COLOURS[int(rng.integers(len(COLOURS)))]) * rng.uniform(0.8, 1.2)
    return Surface(kind, tuple(float(c) for c in colour), roughness=roughness)


def _sack(width: float, depth: float, height: float, soft: float = 0.35) -> Mesh:
    """A soft box centred on its base, narrower at top and bottom."""
    rings = []
    for t, s in ((0, 0.80), (0.06, 0.95), (0.4, 1.05), (0.8, 0.98), (0.95, 0.82), (1.0, 0.6)):
        outline = rounded(depth * s, width * s, min(depth, width) * soft, 4)
        rings.append(np.column_stack([outline, np.full(len(outline), t * height)]))
    return loft(np.array(rings))


def _on(t: Tailor, joint: str, mesh: Mesh) -> Mesh:
    matrix = t.body.transforms[JOINTS.index(joint)]
    return (np.asarray(mesh[0], np.float64) @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32), mesh[1]


def _outside(t: Tailor, y: float, z: float, sign: int) -> float:
    """x of the trunk's back (``sign`` -1) or front (1) near (y, z) on the resting body."""
    p = t.body.rest
    near = (np.abs(p[:, 1] - y) < 0.05) & (np.abs(p[:, 2] - z) < 0.05) & (np.abs(p[:, 1]) < 0.22 * t.unit)
    return float((p[near, 0].max() if sign > 0 else p[near, 0].min()) if near.any() else 0.1 * sign)


def _strap_reach(t: Tailor, y: float, centre: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """(S,) distance from ``centre`` (x, z) to the clothed trunk's outline in the plane at ``y``, in the chest's frame."""
    trunk = t.on("chest", "clavicle", "waist")
    matrix = np.linalg.inv(t.body.transforms[JOINTS.index("chest")])
    p = t.body.posed[trunk] @ matrix[:3, :3].T + matrix[:3, 3]
    near = np.abs(p[:, 1] - y) < 0.03 * t.unit
    return outline(p[near][:, [0, 2]] - centre, angle) if near.sum() > 3 else np.full(len(angle), 0.13 * t.unit)


def _backpack(rng, t: Tailor) -> list[Part]:
    fabric = _surface(rng)
    u = t.unit
    tall, wide, deep = float(rng.uniform(0.40, 0.50)) * u, float(rng.uniform(0.27, 0.33)) * u, float(rng.uniform(0.13, 0.20)) * u
    top = t.neck - 0.03 * u
    base = top - tall
    back = min(_outside(t, 0, top - 0.12 * u, -1), _outside(t, 0, top - 0.3 * u, -1)) - 0.022 * u
    v, f = _sack(wide, deep, tall, 0.4)
    body = _on(t, "chest", (v + (back - deep / 2, 0, base), f))
    v, f = _sack(wide * 0.72, deep * 0.45, tall * 0.42, 0.4)
    pocket = _on(t, "chest", (v + (back - deep - 0.012 * u, 0, base + 0.03 * u), f))
    straps = []
    for s in (-1, 1):
        y = s * 0.085 * u
        # Over the shoulder and under the arm, as the posed trunk lies there.
        centre = np.array([t.body.joints[JOINTS.index("chest")][0], top - 0.12 * u])
        angle = np.linspace(1.04 * np.pi, -0.30 * np.pi, 15)
        reach = _strap_reach(t, y, centre, angle) + 0.020 * u
        line = np.column_stack([centre[0] + reach * np.cos(angle), y * np.interp(angle, (-1, 0, 1.5, 3.2), (1.35, 1.15, 1.0, 0.8)), centre[1] + reach * np.sin(angle)])
        line = np.vstack([[(back, y * 0.8, top - 0.1 * u)], line[1:], [(line[-1, 0] - 0.04 * u, y * 1.75, line[-1, 2] - 0.05 * u), (back + 0.02, y * 1.5, base + 0.09 * u)]])
        straps.append(_on(t, "chest", tube(line, 0.026 * u, 8, flatten=0.28)))
    return [part([body, pocket], fabric, t.label, smooth=True), part(straps, Surface("cloth", (0.016, 0.016, 0.017), roughness=0.8), t.label, smooth=True)]


def _hanging(rng, t: Tailor, side: str, shopping: bool) -> list[Part]:
    """A bag that hangs from a hand."""
    hand = t.body.joint(f"hand.{side}")
    fore = t.body.joint(f"forearm.{side}")
    along = (hand - fore) / np.linalg.norm(hand - fore)
    grip = hand + along * 0.085 * t.unit
    if grip[2] > 1.05 * t.unit or grip[2] < 0.4 * t.unit:
        return []
    wide, deep, tall = (float(rng.uniform(0.26, 0.36)), 0.14, float(rng.uniform(0.28, 0.38))) if shopping else (float(rng.uniform(0.26, 0.38)), 0.11, float(rng.uniform(0.2, 0.28)))
    tall = min(tall, grip[2] - 0.16)
    v, f = _sack(deep, wide, tall, 0.18 if shopping else 0.45)
    drop = 0.10
    bag = ((v + (grip[0], grip[1], grip[2] - drop - tall)).astype(np.float32), f)
    handles = [tube(np.array([(grip[0] - 0.08, grip[1] + o, grip[2] - drop - 0.01), (grip[0] - 0.04, grip[1] + o * 0.4, grip[2] - 0.02),
                              (grip[0] + 0.04, grip[1] + o * 0.4, grip[2] - 0.02), (grip[0] + 0.08, grip[1] + o, grip[2] - drop - 0.01)]), 0.006, 6) for o in (-0.03, 0.03)]
    skin = Surface("plastic", ((0.7, 0.69, 0.66), (0.55, 0.36, 0.2), (0.55, 0.05, 0.05), (0.7, 0.55, 0.1), (0.05, 0.25, 0.12))[int(rng.integers(5))], roughness=0.6) if shopping else _surface(rng, "plastic", 0.5)
    return [part([bag, *handles], skin, t.label, smooth=True)]


def _shoulder(rng, t: Tailor) -> list[Part]:
    """A bag at the hip, its strap across the chest or down from the shoulder."""
    u, s = t.unit, (-1) ** int(rng.integers(2))
    surface = _surface(rng, "plastic", 0.5)
    hip = t.waist - 0.10 * u
    p = t.body.rest
    trunk = np.abs(p[:, 2] - hip) < 0.06
    arms = np.array([j.startswith(("upperarm", "forearm", "hand")) for j in JOINTS])[t.region]
    y = s * (float(np.abs(p[trunk & ~arms, 1]).max()) + 0.055 * u)
    wide, deep, tall = float(rng.uniform(0.24, 0.34)) * u, 0.09 * u, float(rng.uniform(0.18, 0.26)) * u
    v, f = _sack(deep, wide, tall, 0.4)
    bag = (v + (-0.02, y, hip - tall * 0.7), f)
    other = -s if rng.random() < 0.6 else s
    top = t.neck - 0.012 * u
    over = other * 0.10 * u
    line = [(-0.02 + wide * 0.42, y, hip + tall * 0.25)]
    for share in (0.3, 0.6, 0.85):
        yy, zz = y + (over - y) * share, hip + tall * 0.25 + (top - hip - tall * 0.25) * share
        line.append((_outside(t, float(np.clip(yy, -0.12, 0.12)), zz, 1) + 0.028 * u, yy, zz))
    line.append((-0.02, over, top + 0.055 * u))
    for share in (0.85, 0.6, 0.3):
        yy, zz = y + (over - y) * share, hip + tall * 0.25 + (top - hip - tall * 0.25) * share
        line.append((_outside(t, float(np.clip(yy, -0.12, 0.12)), zz, -1) - 0.028 * u, yy, zz))
    line.append((-0.02 - wide * 0.42, y, hip + tall * 0.25))
    strap = tube(np.array(line), 0.016 * u, 6, flatten=0.35)
    return [part([_on(t, "waist", bag)], surface, t.label, smooth=True), part([_on(t, "chest", strap)], surface, t.label, smooth=True)]


def _suitcase(rng, t: Tailor) -> list[Part]:
    """A case on wheels, pulled behind or standing beside."""
    side = "LR"[int(rng.integers(2))]
    hand = t.body.joint(f"hand.{side}")
    sign = 1 if side == "L" else -1
    tall = float(rng.uniform(0.5, 0.68))
    floor = float(t.body.posed[:, 2].min())
    base = np.array([hand[0] - 0.42, hand[1] + sign * 0.04, floor])
    lean = np.array([0.42, 0, 0.62]) if hand[2] - floor > 0.5 else np.array([0.2, 0, 0.8])
    lean = lean / np.linalg.norm(lean)
    across = np.array([0, 1.0, 0])
    frame = np.column_stack([np.cross(across, lean), across, lean])
    v, f = _sack(0.40, 0.24, tall, 0.16)
    case = (v @ frame.T + base + lean * 0.05).astype(np.float32), f
    top = base + lean * (tall + 0.05)
    grip = hand + (0.0, 0.0, -0.06)
    bars = [tube(np.array([top + across * o, grip + across * o * 0.5]), 0.008, 6) for o in (-0.09, 0.09)]
    bars.append(tube(np.array([grip - across * 0.06, grip + across * 0.06]), 0.013, 8))
    wheels = [block(base + (0, o, 0.03), (0.06, 0.03, 0.06)) for o in (-0.15, 0.15)]
    shell = _surface(rng, "plastic", 0.4)
    return [part(case, shell, t.label, smooth=True), part(bars + wheels, Surface("plastic", (0.03, 0.03, 0.032), roughness=0.5), t.label)]


def carry(rng, tailor: Tailor, kind: str | None = None) -> list[Part]:
    """Something carried, or nothing; ``kind`` backpack, shoulder, hand, shopping, suitcase or None to draw."""
    grown = tailor.body.age > 0.6
    shares = (0.46, 0.17, 0.15, 0.08, 0.10, 0.04) if grown else (0.6, 0.4, 0.0, 0.0, 0.0, 0.0)
    kind = kind or str(rng.choice(["nothing", "backpack", "shoulder", "hand", "shopping", "suitcase"], p=shares))
    if kind == "backpack":
        return _backpack(rng, tailor)
    if kind == "shoulder":
        return _shoulder(rng, tailor)
    if kind in ("hand", "shopping"):
        return _hanging(rng, tailor, "LR"[int(rng.integers(2))], kind == "shopping")
    return _suitcase(rng, tailor) if kind == "suitcase" else []
