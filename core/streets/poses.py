"""Postures: which way each limb points, and two-bone reaching for riders.

Directions are in the body's axes: x forward, y left, z up. A limb turns the
shortest way from where its parent carries it, so elbows and knees keep their
hinge.
"""

from __future__ import annotations

import numpy as np

from core.streets.bodies import JOINTS, PARENTS, Body, turned

_NEXT = {"upperarm": "forearm", "forearm": "hand", "thigh": "shin", "shin": "foot", "foot": "toes"}
_ORDER = ("pelvis", "waist", "chest", "neck", "head", "clavicle", "upperarm", "forearm", "hand", "thigh", "shin", "foot", "toes")


def shortest_turn(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(3, 3) the smallest rotation from direction ``start`` to ``end``."""
    a, b = start / np.linalg.norm(start), end / np.linalg.norm(end)
    v, c = np.cross(a, b), float(a @ b)
    if c < -0.9999:
        return turned("y", np.pi)
    k = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return np.eye(3) + k + k @ k / (1 + c)


class Posture:
    """Collects what each joint should do; :meth:`apply` poses a body with it."""

    def __init__(self):
        self.turns: dict[str, np.ndarray] = {}
        self.aims: dict[str, np.ndarray] = {}
        self.fixed: dict[str, np.ndarray] = {}

    def turn(self, joint: str, **angles: float) -> "Posture":
        """Turn a joint relative to its parent: ``x`` rolls, ``y`` bends forward, ``z`` looks left, radians."""
        matrix = self.turns.get(joint, np.eye(3))
        for axis, angle in angles.items():
            matrix = matrix @ turned(axis, angle)
        self.turns[joint] = matrix
        return self

    def aim(self, joint: str, direction) -> "Posture":
        """Point a limb along ``direction`` in the street's axes."""
        self.aims[joint] = np.asarray(direction, np.float64)
        return self

    def fix(self, joint: str, matrix: np.ndarray) -> "Posture":
        """Give a joint this turn in the street's axes, whatever its parents do."""
        self.fixed[joint] = matrix
        return self

    def solve(self, body: Body) -> dict[str, np.ndarray]:
        """The turns of all joints relative to their parents."""
        whole = [np.eye(3)] * len(JOINTS)
        local: dict[str, np.ndarray] = {}
        for stem in _ORDER:
            for name in ([stem] if stem in JOINTS else [f"{stem}.L", f"{stem}.R"]):
                i = JOINTS.index(name)
                up = whole[PARENTS[i]] if PARENTS[i] >= 0 else np.eye(3)
                mine = up @ self.turns.get(name, np.eye(3))
                if name in self.aims:
                    after = JOINTS.index(f"{_NEXT[stem]}.{name[-1]}")
                    along = body.joints[after] - body.joints[i]
                    mine = shortest_turn(mine @ along, self.aims[name]) @ mine
                if name in self.fixed:
                    mine = self.fixed[name]
                whole[i] = mine
                local[name] = up.T @ mine
        return local

    def apply(self, body: Body) -> None:
        body.pose(self.solve(body))


def _legs(posture: Posture, side: str, thigh: float, knee: float, pitch: float, out: float = 0.03, yaw: float = 0.0) -> None:
    """A leg from its angles: thigh forward of straight down, knee flexed, foot's toes down (+)."""
    sign = 1 if side == "L" else -1
    posture.aim(f"thigh.{side}", (np.sin(thigh), sign * out, -np.cos(thigh)))
    posture.aim(f"shin.{side}", (np.sin(thigh - knee), sign * out * 0.3, -np.cos(thigh - knee)))
    heading = turned("z", sign * (0.12 + yaw))
    posture.fix(f"foot.{side}", heading @ turned("y", pitch))
    posture.fix(f"toes.{side}", heading @ turned("y", float(np.clip(pitch, -0.35, 0.1))))


def _arm(posture: Posture, side: str, forward: float, elbow: float, out: float = 0.14, inward: float = 0.1) -> None:
    """An arm from its angles: upper arm forward of straight down, elbow bent."""
    sign = 1 if side == "L" else -1
    posture.turn(f"clavicle.{side}", x=-sign * 0.06)
    posture.aim(f"upperarm.{side}", (np.sin(forward), sign * out, -np.cos(forward)))
    bent = forward + elbow
    posture.aim(f"forearm.{side}", (np.sin(bent), sign * (out * 0.5 - inward * np.sin(elbow)), -np.cos(bent)))


def _bump(phase: float, at: float, width: float) -> float:
    gap = (phase - at + np.pi) % (2 * np.pi) - np.pi
    return float(np.exp(-((gap / width) ** 2)))


def _gait(rng, posture: Posture, stride: float, lift: float, elbow: float) -> None:
    """One instant of a step: phase 0 is the left heel's strike."""
    phase = float(rng.random() * 2 * np.pi)
    for side, p in (("L", phase), ("R", phase + np.pi)):
        thigh = 0.04 + stride * np.cos(p)
        knee = 0.08 + 0.16 * _bump(p, 0.25 * np.pi, 0.7) + lift * _bump(p, 1.42 * np.pi, 0.85)
        pitch = -0.32 * _bump(p, 0.0, 0.5) + 0.75 * lift * _bump(p, 1.15 * np.pi, 0.55)
        _legs(posture, side, thigh, knee, pitch)
        swing = -stride * 0.95 * np.cos(p)
        _arm(posture, side, swing * 0.9 - 0.02, elbow + 0.25 * max(swing, 0.0), out=float(rng.uniform(0.04, 0.12)))
    twist = 0.10 * stride / 0.42 * np.cos(phase)
    posture.turn("pelvis", z=-0.6 * twist)
    posture.turn("chest", z=1.4 * twist, y=0.02)


def _walk(rng, posture: Posture) -> None:
    _gait(rng, posture, float(rng.uniform(0.32, 0.46)), float(rng.uniform(0.85, 1.05)), float(rng.uniform(0.15, 0.35)))
    posture.turn("waist", y=float(rng.uniform(0.0, 0.07)))


def _run(rng, posture: Posture) -> None:
    _gait(rng, posture, 0.68, 1.65, 1.45)
    posture.turn("waist", y=0.14)


def _stroll(rng, posture: Posture) -> None:
    """Walking with a thing held before the chest: a phone, a cup, a lead."""
    _walk(rng, posture)
    side = "LR"[int(rng.integers(2))]
    _arm(posture, side, float(rng.uniform(0.05, 0.3)), float(rng.uniform(1.5, 1.9)), out=0.12, inward=0.35)


def _stand(rng, posture: Posture) -> None:
    rest = (-1) ** int(rng.integers(2))
    posture.turn("pelvis", x=0.05 * rest)
    posture.turn("waist", x=-0.04 * rest, y=float(rng.uniform(-0.03, 0.05)))
    for side, sign in (("L", 1), ("R", -1)):
        loose = sign == rest
        _legs(posture, side, 0.12 if loose else 0.0, 0.22 if loose else 0.02, 0.0, out=0.07 if loose else 0.03, yaw=float(rng.uniform(0.0, 0.35)))
        _arm(posture, side, float(rng.uniform(-0.08, 0.12)), float(rng.uniform(0.12, 0.4)), out=float(rng.uniform(0.05, 0.15)))
    manner = int(rng.integers(6))
    if manner == 0:
        _arm(posture, "R", 0.35, 1.75, out=0.12, inward=0.35)
        posture.turn("head", y=0.35)
    elif manner == 1:
        for side in "LR":
            _arm(posture, side, -0.25, 0.95, out=0.35, inward=0.25)
    elif manner == 2:
        _arm(posture, "LR"[int(rng.integers(2))], 0.4, 1.2, out=0.25, inward=-0.1)
    elif manner == 3:
        for side in "LR":
            _arm(posture, side, 0.12, 1.45, out=0.16, inward=0.75)


def _sit(rng, posture: Posture) -> None:
    for side in "LR":
        _legs(posture, side, 1.42, float(rng.uniform(1.35, 1.6)), 0.0, out=0.12)
        _arm(posture, side, float(rng.uniform(0.15, 0.4)), float(rng.uniform(0.9, 1.3)), out=0.14, inward=0.25)
    posture.turn("waist", y=0.04)


_MANNERS = {"walk": _walk, "stand": _stand, "run": _run, "stroll": _stroll, "sit": _sit}
#: Poses of people on foot, or seated on something 0.45 m high.
POSES = tuple(_MANNERS)


def strike(rng, body: Body, pose: str) -> None:
    """Pose ``body`` and set it on the ground.

    Raises:
        KeyError: for a pose that does not exist.
    """
    posture = Posture()
    manner = _MANNERS[pose]
    manner(rng, posture)
    if body.age > 0.86:
        posture.turn("waist", y=float(rng.uniform(0.0, 0.12))).turn("chest", y=float(rng.uniform(0.0, 0.10))).turn("neck", y=-0.05)
    posture.turn("neck", z=float(rng.normal(0, 0.12)))
    posture.turn("head", z=float(rng.normal(0, 0.18)), y=float(rng.normal(0.02, 0.08)), x=float(rng.normal(0, 0.03)))
    posture.apply(body)


def reach(root, target, first: float, second: float, pole) -> tuple[np.ndarray, np.ndarray]:
    """Directions of two bones of lengths ``first`` and ``second`` from ``root`` to ``target``, bent towards ``pole``."""
    root, target, pole = (np.asarray(p, np.float64) for p in (root, target, pole))
    span = target - root
    length = float(np.clip(np.linalg.norm(span), abs(first - second) + 1e-3, (first + second) * 0.998))
    along = span / np.linalg.norm(span)
    across = pole - along * (pole @ along)
    across /= np.linalg.norm(across) + 1e-9
    cosine = (first ** 2 + length ** 2 - second ** 2) / (2 * first * length)
    bend = along * cosine + across * np.sqrt(max(1 - cosine ** 2, 0))
    return bend, along * length - bend * first


def ride(body: Body, hip, grips, soles, lean: float, knees_out: float = 0.12) -> None:
    """Seat ``body``: hips over ``hip``, hands at ``grips``, balls of the feet on ``soles``.

    Args:
        hip: (x, z) of the hip joints, metres.
        grips, soles: {"L": (x, y, z), "R": ...} of the hands and of the balls of the feet.
        lean: how far the back bends forward, radians.
    """
    posture = Posture()
    posture.turn("pelvis", y=lean * 0.45).turn("waist", y=lean * 0.4).turn("chest", y=lean * 0.25)
    posture.turn("neck", y=-lean * 0.3).turn("head", y=-lean * 0.6)
    posture.apply(body)
    middle = (body.joint("thigh.L") + body.joint("thigh.R")) / 2
    shift = np.array([hip[0], 0.0, hip[1]]) - middle
    for side, sign in (("L", 1), ("R", -1)):
        ankle_to_ball = np.array([0.62, sign * 0.05, -0.55]) * np.linalg.norm(body.joints[JOINTS.index(f"toes.{side}")] - body.joints[JOINTS.index(f"foot.{side}")])
        for limb, middle_joint, end, target, pole in (
            ("upperarm", "forearm", "hand", np.asarray(grips[side]) - (0.07, 0, -0.03), (-0.2, sign * 0.8, -0.7)),
            ("thigh", "shin", "foot", np.asarray(soles[side]) + (0, 0, 0.035) - ankle_to_ball, (1.0, sign * knees_out, 0.3)),
        ):
            a, b, c = (body.joints[JOINTS.index(f"{n}.{side}")] for n in (limb, middle_joint, end))
            root = body.joint(f"{limb}.{side}") + shift
            upper, lower = reach(root, target, np.linalg.norm(b - a), np.linalg.norm(c - b), pole)
            posture.aim(f"{limb}.{side}", upper).aim(f"{middle_joint}.{side}", lower)
        posture.fix(f"foot.{side}", turned("y", 0.12))
        posture.fix(f"toes.{side}", turned("y", 0.05))
    posture.apply(body)
    move = np.eye(4)
    move[:3, 3] = shift
    body.transforms = np.einsum("ij,kjl->kil", move, body.transforms)
    body.posed = body.posed + shift
