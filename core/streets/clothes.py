"""Clothes: faces of the body grouped by region, smoothed, loosened and put a little outside the skin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.streets.bodies import JOINTS, Body
from core.streets.parts import Part, Surface
from core.streets.solids import loft, part


def regions(*names: str) -> np.ndarray:
    """(J,) bool over joints whose name begins with one of ``names``."""
    return np.array([joint.startswith(names) for joint in JOINTS])


class Tailor:
    """Measures one body once and cuts garments for it.

    Attributes:
        crotch, waist, neck: heights on the resting body, metres.
    """

    def __init__(self, body: Body, label: int):
        self.body, self.label, data = body, label, body.data
        self.region = data.region
        rest = body.rest
        a, b, c = (rest[data.faces[:, k]] for k in range(3))
        face_normals = np.cross(b - a, c - a)
        self.normals = np.zeros_like(rest)
        for k in range(3):
            np.add.at(self.normals, data.faces[:, k], face_normals)
        self.normals /= np.linalg.norm(self.normals, axis=1, keepdims=True) + 1e-12
        self.degree = np.bincount(data.neighbours.ravel(), minlength=len(rest)).astype(np.float64)
        thigh = rest[regions("pelvis")[self.region] & (np.abs(rest[:, 1]) < 0.02)]
        hip = body.joints[JOINTS.index("thigh.L")]
        self.crotch = float(thigh[:, 2].min()) if len(thigh) else float(hip[2] - 0.08)
        self.waist = float(body.joints[JOINTS.index("waist")][2] + 0.005 * body.height)
        self.neck = float(body.joints[JOINTS.index("neck")][2])
        self.unit = body.height / 1.75

    def along(self, joint: str, end: str, side: str) -> np.ndarray:
        """(N,) how far each vertex lies from ``joint`` (0) to ``end`` (1) of one limb."""
        a, b = self.body.joints[JOINTS.index(f"{joint}.{side}")], self.body.joints[JOINTS.index(f"{end}.{side}")]
        return (self.body.rest - a) @ (b - a) / ((b - a) @ (b - a))

    def limb(self, joint: str, end: str, until: float, start: float = -9.0) -> np.ndarray:
        """(N,) bool: vertices of both sides' limb up to the share ``until`` of its length."""
        mask = np.zeros(len(self.body.rest), bool)
        for side in "LR":
            t = self.along(joint, end, side)
            mask |= (self.region == JOINTS.index(f"{joint}.{side}")) & (t <= until) & (t >= start)
        return mask

    def smoothed(self, points: np.ndarray, mask: np.ndarray, rounds: int) -> np.ndarray:
        """``points`` after ``rounds`` of averaging with the neighbours inside ``mask``."""
        out, edges = points.copy(), self.body.data.neighbours
        for _ in range(rounds):
            total = np.zeros_like(out)
            np.add.at(total, edges[:, 0], out[edges[:, 1]])
            np.add.at(total, edges[:, 1], out[edges[:, 0]])
            mean = total / np.maximum(self.degree, 1)[:, None]
            out[mask] += 0.6 * (mean - out)[mask]
        return out

    def grown(self, mask: np.ndarray, rings: int = 1) -> np.ndarray:
        """``mask`` and the vertices within ``rings`` edges of it."""
        out, edges = mask.copy(), self.body.data.neighbours
        for _ in range(rings):
            reach = out.copy()
            reach[edges[:, 0]] |= out[edges[:, 1]]
            reach[edges[:, 1]] |= out[edges[:, 0]]
            out = reach
        return out

    def faces(self, mask: np.ndarray) -> np.ndarray:
        """(M,) bool: faces whose three corners lie in ``mask``."""
        return mask[self.body.data.faces].all(1)

    def wrinkles(self, rng, depth: float) -> np.ndarray:
        """(N,) metres of shallow folds, finer and deeper near elbows, knees and the waist."""
        p = self.body.rest / self.unit
        folds = np.zeros(len(p))
        for _ in range(7):
            heading = rng.normal(size=3) * (0.8, 0.8, 1.5)
            wave = rng.uniform(22, 60)
            folds += np.sin(p @ (heading / np.linalg.norm(heading)) * wave + rng.random() * 6.3)
        near = np.zeros(len(p))
        for joint in ("forearm.L", "forearm.R", "shin.L", "shin.R", "waist", "thigh.L", "thigh.R"):
            gap = np.linalg.norm(self.body.rest - self.body.joints[JOINTS.index(joint)], axis=1) / self.unit
            near = np.maximum(near, np.exp(-((gap / 0.16) ** 2)))
        return depth * folds / 3 * (0.35 + 0.9 * near)

    def widened(self, points: np.ndarray, joint: str, end: str, radius: float, power: float = 1.0) -> np.ndarray:
        """Limbs at least ``radius`` thick round the line from ``joint`` to ``end``, more so towards the end."""
        out = points.copy()
        for side in "LR":
            i, k = JOINTS.index(f"{joint}.{side}"), JOINTS.index(f"{end}.{side}")
            a, b = self.body.joints[i], self.body.joints[k]
            rows = np.flatnonzero(self.region == i)
            t = np.clip((points[rows] - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1.1)
            axis = a + t[:, None] * (b - a)
            out_ward = points[rows] - axis
            r = np.linalg.norm(out_ward, axis=1) + 1e-9
            grow = 1 + np.maximum(radius * self.unit / r - 1, 0) * np.clip(t, 0, 1) ** power
            out[rows] = axis + out_ward * grow[:, None]
        return out

    def straightened(self, points: np.ndarray, mask: np.ndarray, share: float) -> np.ndarray:
        """A trunk that hangs straight from the chest: the waist filled out by ``share``."""
        out = points.copy()
        rows = np.flatnonzero(mask & regions("pelvis", "waist", "chest")[self.region])
        z = points[rows, 2]
        cuts = np.linspace(z.min(), z.max(), 22)
        slot = np.clip(np.digitize(z, cuts) - 1, 0, 20)
        centre = float(np.median(points[rows, 0]))
        for axis, sign in ((1, 1), (1, -1), (0, 1), (0, -1)):
            value = sign * (points[rows, axis] - (centre if axis == 0 else 0.0))
            reach = np.array([value[slot == s].max() if (slot == s).any() else 0.0 for s in range(21)])
            fullest = np.maximum.accumulate(reach[::-1])[::-1]
            goal = reach + share * (np.minimum(fullest, reach.max() * 0.97) - reach)
            grow = np.where(reach > 1e-3, goal / np.maximum(reach, 1e-3), 1.0)
            grow = np.interp(z, (cuts[:-1] + cuts[1:]) / 2, np.clip(grow, 1, 1.6))
            positive = value > 0
            out[rows[positive], axis] = (centre if axis == 0 else 0.0) + sign * value[positive] * grow[positive]
        return out

    def garment(self, rng, mask: np.ndarray, surface: Surface, gap: float, smooth: int = 6, folds: float = 0.004,
                shape=None, faces: np.ndarray | None = None) -> Part | None:
        """A garment over the vertices in ``mask``, ``gap`` metres outside the skin.

        ``shape(points) -> points`` loosens the smoothed cloth before it is posed.
        """
        chosen = self.faces(mask) if faces is None else faces
        if not chosen.any():
            return None
        points = self.smoothed(self.body.rest, mask, smooth)
        if shape is not None:
            points = shape(points)
        offset = gap * self.unit + (self.wrinkles(rng, folds) if folds else 0.0)
        points = points + self.normals * np.maximum(offset, 0.5 * gap * self.unit)[:, None] if folds else points + self.normals * offset
        return self.cut(points, chosen, surface)

    def cut(self, points: np.ndarray, faces: np.ndarray, surface: Surface, posed: bool = False) -> Part:
        """A part of the chosen ``faces`` over ``points`` given at rest (or as posed)."""
        where = points if posed else self.body.skinned(points)
        used, slot = np.unique(self.body.data.faces[faces], return_inverse=True)
        return Part(where[used].astype(np.float32), slot.reshape(-1, 3).astype(np.int32), surface, self.label, smooth=True)

    def skirt(self, rng, top: float, hem: float, gap: float, flare: float, surface: Surface, folds: int = 9, open_front: bool = False) -> Part:
        """A skirt or a coat's tail round the posed hips and legs.

        Args:
            top, hem: heights on the resting body, metres.
            gap: distance from the body, metres.
            flare: how much wider at the hem, metres.
        """
        body = self.body
        lower = regions("pelvis", "waist", "thigh", "shin")[self.region]
        posed, rest = body.posed[lower], body.rest[lower]
        # The tail hangs from the hips in the world's down, wherever the legs go.
        pelvis = body.joint("pelvis")
        shift = pelvis[2] - body.joints[0][2]
        sides = 48
        angle = np.arange(sides) * 2 * np.pi / sides
        ray = np.stack([np.cos(angle), np.sin(angle)], -1)
        phase = rng.random(2) * 6.3
        rings, reach_above = [], np.zeros(sides)
        levels = np.linspace(top, hem, 11)
        for i, level in enumerate(levels):
            z = level + shift
            near = np.abs(posed[:, 2] - z) < 0.035 * self.unit
            if near.sum() < 8:
                near = np.abs(posed[:, 2] - z) < 0.1 * self.unit
            cloud = posed[near][:, :2] - pelvis[:2]
            support = (cloud @ ray.T).max(0) if len(cloud) else reach_above
            # A support function is a polygon's reach only where its tangent touches; a smooth blend of both stays convex.
            support = np.mean([np.roll(support, s) for s in (-1, 0, 0, 1)], axis=0)
            share = i / (len(levels) - 1)
            width = np.maximum(support + gap * self.unit, reach_above * (0.985 if share < 0.3 else 1.0))
            wave = 1 + 0.035 * share * np.sin(folds * angle + phase[0]) + 0.02 * share * np.sin((2 * folds + 1) * angle + phase[1])
            radius = (width + flare * self.unit * share) * wave
            reach_above = width
            rings.append(np.column_stack([pelvis[0] + radius * ray[:, 0], pelvis[1] + radius * ray[:, 1], np.full(sides, z)]))
        rings = np.array(rings)[::-1]
        vertices, faces = loft(rings, caps=False)
        if open_front:
            column = np.arange(len(faces)) % sides
            faces = faces[~np.isin(column, (sides - 1, 0))]
        return part((vertices, faces), surface, self.label, smooth=True)


@dataclass
class Outfit:
    """Parts of the clothes, and which skin remains to be seen, (N,) bool."""

    parts: list[Part]
    bare: np.ndarray
