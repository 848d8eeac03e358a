"""What people carry: backpacks, handbags, shopping bags, suitcases on wheels."""

from __future__ import annotations

import numpy as np

from core.streets.bodies import JOINTS
from core.streets.clothes import Tailor, outline
from core.streets.parts import Part, Surface
from core.streets.naming import carried
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


def _back_of(t: Tailor, z: float) -> float:
    """x of the trunk's back at the height ``z`` on the resting body."""
    p = t.body.rest
    near = (np.abs(p[:, 1]) < 0.05) & (np.abs(p[:, 2] - z) < 0.05)
    return float(p[near, 0].min()) if near.any() else -0.1


def _strap_reach(t: Tailor, y: float, centre: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """(S,) distance from ``centre`` (x, z) to the clothed trunk's outline in the plane at ``y``, in the chest's frame."""
    trunk = t.on("chest", "clavicle", "waist")
    matrix = np.linalg.inv(t.body.transforms[JOINTS.index("chest")])
    p = t.body.posed[trunk] @ matrix[:3, :3].T + matrix[:3, 3]
    near = np.abs(p[:, 1] - y) < 0.03 * t.unit
    return outline(p[near][:, [0, 2]] - centre, angle) if near.sum() > 3 else np.full(len(angle), 0.13 * t.unit)


def _backpack(rng, t: Tailor, thick: float) -> list[Part]:
    fabric = _surface(rng)
    u = t.unit
    tall, wide, deep = float(rng.uniform(0.40, 0.50)) * u, float(rng.uniform(0.27, 0.33)) * u, float(rng.uniform(0.13, 0.20)) * u
    top = t.neck - 0.03 * u
    base = top - tall
    back = min(_back_of(t, top - 0.12 * u), _back_of(t, top - 0.3 * u)) - thick * u
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
        reach = _strap_reach(t, y, centre, angle) + (thick + 0.004) * u
        line = np.column_stack([centre[0] + reach * np.cos(angle), y * np.interp(angle, (-1, 0, 1.5, 3.2), (1.35, 1.15, 1.0, 0.8)), centre[1] + reach * np.sin(angle)])
        line = np.vstack([[(back, y * 0.8, top - 0.1 * u)], line[1:], [(line[-1, 0] - 0.04 * u, y * 1.75, line[-1, 2] - 0.05 * u), (back + 0.02, y * 1.5, base + 0.09 * u)]])
        straps.append(_on(t, "chest", tube(line, 0.026 * u, 8, flatten=0.28)))
    return [part([body, pocket], fabric, carried(t.label), smooth=True), part(straps, Surface("cloth", (0.016, 0.016, 0.017), roughness=0.8), carried(t.label), smooth=True)]


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
    return [part([bag, *handles], skin, carried(t.label), smooth=True)]


def _shoulder(rng, t: Tailor, thick: float) -> list[Part]:
    """A bag at the hip on a strap from the same shoulder or across from the other one."""
    u, s = t.unit, (-1) ** int(rng.integers(2))
    surface = _surface(rng, "plastic", 0.5)
    hip = t.waist - 0.10 * u
    p = t.body.rest
    hips = (np.abs(p[:, 2] - hip) < 0.06) & t.on("pelvis", "waist", "thigh")
    y = s * (float(np.abs(p[hips, 1]).max()) + thick + 0.045 * u)
    wide, deep, tall = float(rng.uniform(0.24, 0.34)) * u, 0.09 * u, float(rng.uniform(0.18, 0.26)) * u
    v, f = _sack(deep, wide, tall, 0.4)
    turn = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1.0]])
    bag = (v @ turn.T + (-0.01, y, hip - tall * 0.7), f)
    # The strap runs in the plane through the bag and the shoulder: x forward, w up along it.
    over = (-s if rng.random() < 0.6 else s) * 0.095 * u
    low, high = np.array([y, hip + tall * 0.2]), np.array([over, t.neck + 0.01 * u])
    up = (high - low) / np.linalg.norm(high - low)
    aside = np.array([up[1], -up[0]])
    trunk = t.on("chest", "waist", "clavicle", "pelvis")
    matrix = np.linalg.inv(t.body.transforms[JOINTS.index("chest")])
    q = t.body.posed[trunk] @ matrix[:3, :3].T + matrix[:3, 3]
    middle = (low + high) / 2
    flat = q[:, 1:] - middle
    near = np.abs(flat @ aside) < 0.035 * u
    centre = float(np.median(q[near, 0])) if near.any() else 0.0
    cloud = np.column_stack([q[near, 0] - centre, flat[near] @ up])
    angle = np.linspace(-0.30 * np.pi, 1.30 * np.pi, 21)
    reach = outline(cloud, angle) + (thick + 0.005) * u
    x, w = centre + reach * np.cos(angle), reach * np.sin(angle)
    keep = w > -np.linalg.norm(high - low) / 2 + 0.03
    loop = np.column_stack([x, middle[0] + w * up[0], middle[1] + w * up[1]])[keep]
    ends = np.array([(-0.01 + sx * wide * 0.42, y, hip + tall * 0.22) for sx in (1, -1)])
    strap = tube(np.vstack([ends[:1], loop, ends[1:]]), 0.015 * u, 6, flatten=0.35)
    return [part([_on(t, "waist", bag)], surface, carried(t.label), smooth=True), part([_on(t, "chest", strap)], surface, carried(t.label), smooth=True)]


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
    return [part(case, shell, carried(t.label), smooth=True), part(bars + wheels, Surface("plastic", (0.03, 0.03, 0.032), roughness=0.5), carried(t.label))]


def carry(rng, tailor: Tailor, thick: float, kind: str | None = None) -> list[Part]:
    """Something carried, or nothing.

    Args:
        thick: how far the clothes stand off the trunk, metres.
        kind: backpack, shoulder, hand, shopping, suitcase or None to draw.
    """
    grown = tailor.body.age > 0.6
    shares = (0.46, 0.17, 0.15, 0.08, 0.10, 0.04) if grown else (0.6, 0.4, 0.0, 0.0, 0.0, 0.0)
    kind = kind or str(rng.choice(["nothing", "backpack", "shoulder", "hand", "shopping", "suitcase"], p=shares))
    if kind == "backpack":
        return _backpack(rng, tailor, thick)
    if kind == "shoulder":
        return _shoulder(rng, tailor, thick)
    if kind in ("hand", "shopping"):
        return _hanging(rng, tailor, "LR"[int(rng.integers(2))], kind == "shopping")
    return _suitcase(rng, tailor) if kind == "suitcase" else []
