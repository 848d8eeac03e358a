"""Clothes cut from the body: smoothed, loosened, put outside the skin and trimmed to clean hems.

What a garment covers is a *cover*: (N,) metres on the resting body, positive
inside the garment, zero along its hems. Faces that a hem crosses are split.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.streets.bodies import JOINTS, Body
from core.streets.parts import Part, Surface
from core.streets.solids import loft, part

#: A cover's value far from the garment.
AWAY = -1.0


def regions(*names: str) -> np.ndarray:
    """(J,) bool over joints whose name begins with one of ``names``."""
    return np.array([joint.startswith(names) for joint in JOINTS])


def trimmed(vertices: np.ndarray, faces: np.ndarray, cover: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The triangles where ``cover`` is positive, those on its border split along it.

    Args:
        vertices: (N, 3); faces: (M, 3) int; cover: (N,).

    Returns:
        ``(vertices (K, 3), faces (L, 3))`` without unused vertices.
    """
    inside = cover > 0
    count = inside[faces].sum(1)
    whole = faces[count == 3]
    extra, pieces, offset = [], [whole], len(vertices)
    for inner in (1, 2):
        some = faces[count == inner]
        if not len(some):
            continue
        # Turn each face so that its odd corner comes first.
        odd = (inside[some] == (inner == 1)).argmax(1)
        some = np.take_along_axis(some, (odd[:, None] + np.arange(3)) % 3, 1)
        cuts = []
        for k in (1, 2):
            a, b = some[:, 0], some[:, k]
            share = (cover[a] / (cover[a] - cover[b]))[:, None]
            extra.append(vertices[a] + share * (vertices[b] - vertices[a]))
            cuts.append(offset + np.arange(len(some)))
            offset += len(some)
        if inner == 1:
            pieces.append(np.column_stack([some[:, 0], cuts[0], cuts[1]]))
        else:
            pieces.append(np.column_stack([cuts[0], some[:, 1], some[:, 2]]))
            pieces.append(np.column_stack([cuts[0], some[:, 2], cuts[1]]))
    points = np.concatenate([vertices, *extra]) if extra else vertices
    faces = np.concatenate(pieces)
    if not len(faces):
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    # Neighbouring faces share the vertices of their common cut.
    used, slot = np.unique(faces, return_inverse=True)
    points = points[used]
    _, first, same = np.unique(np.round(points, 6), axis=0, return_index=True, return_inverse=True)
    faces = same.reshape(-1)[slot].reshape(-1, 3)
    proper = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return points[first], faces[proper]


#: Label ids of a figure's parts, by its class: a person's, a rider's. What has none keeps the class.
PART_LABELS = {24: {"skin": 62, "head": 63, "legs": 64, "shoes": 65}, 25: {"skin": 66, "head": 67}}


class Tailor:
    """Measures one body once and cuts garments for it.

    Attributes:
        crotch, waist, neck: heights on the resting body, metres.
        unit: the body's height over 1.75 m.
    """

    def __init__(self, body: Body, label: int):
        self.body, self.label, self.data = body, label, body.data
        self.part_labels = PART_LABELS.get(label, {})
        self.region = self.data.region
        rest = body.rest
        a, b, c = (rest[self.data.faces[:, k]] for k in range(3))
        across = np.cross(b - a, c - a)
        normals = np.zeros_like(rest)
        for k in range(3):
            for axis in range(3):
                normals[:, axis] += np.bincount(self.data.faces[:, k], across[:, axis], len(rest))
        self.normals = normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)
        self.unit = body.height / 1.75
        between = rest[self.on("pelvis") & (np.abs(rest[:, 1]) < 0.02)]
        hip = body.joints[JOINTS.index("thigh.L")]
        self.crotch = float(between[:, 2].min()) if len(between) else float(hip[2] - 0.08)
        self.waist = float(body.joints[JOINTS.index("waist")][2] + 0.005 * body.height)
        self.neck = float(body.joints[JOINTS.index("neck")][2])

    def on(self, *names: str) -> np.ndarray:
        """(N,) bool: vertices moved most by joints whose names begin so."""
        return regions(*names)[self.region]

    def _left(self, joints: tuple[str, ...], length: float) -> np.ndarray:
        """(N,) metres of limb left until ``length``, counted in bones from the first of ``joints``; AWAY elsewhere."""
        cover = np.full(len(self.body.rest), AWAY)
        for side in "LR":
            before = 0.0
            for k, (joint, end) in enumerate(zip(joints[:-1], joints[1:])):
                a, b = (self.body.joints[JOINTS.index(f"{n}.{side}")] for n in (joint, end))
                bone = float(np.linalg.norm(b - a))
                rows = self.region == JOINTS.index(f"{joint}.{side}")
                if k == len(joints) - 2:
                    rows |= self.on(f"{end}.{side}", "toes." + side if end == "foot" else "none")
                done = (self.body.rest[rows] - a) @ (b - a) / bone
                # The share of the bone at which the garment ends, then metres from there.
                goal = before + bone * (length - k)
                cover[rows] = goal - before - done if length <= k + 1 else np.maximum(goal - before - done, 0.03)
                if length > k + 1 and k == len(joints) - 2:
                    cover[rows] = bone * (length - k) - done
        return cover

    def arms(self, length: float) -> np.ndarray:
        """Cover of both arms down to ``length``: 0.5 above the elbow, 1 the elbow, 2 the wrist."""
        return self._left(("upperarm", "forearm", "hand"), length)

    def legs(self, length: float) -> np.ndarray:
        """Cover of both legs down to ``length``: 1 the knee, 2 the ankle."""
        return self._left(("thigh", "shin", "foot"), length)

    def smoothed(self, points: np.ndarray, mask: np.ndarray, rounds: int) -> np.ndarray:
        """``points`` (N, C) after ``rounds`` of averaging with the neighbours, inside ``mask`` only."""
        out = points.copy()
        rows = np.flatnonzero(mask)
        around = self.data.around[rows]
        for _ in range(rounds):
            out[rows] += 0.6 * (out[around].mean(1) - out[rows])
        return out

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

    def widened(self, points: np.ndarray, joint: str, end: str, radii: tuple[float, float], feet: bool = False) -> np.ndarray:
        """Limbs at least as thick as ``radii`` (at ``joint``, at ``end``) round the line between the two."""
        out = points.copy()
        for side in "LR":
            i, k = JOINTS.index(f"{joint}.{side}"), JOINTS.index(f"{end}.{side}")
            a, b = self.body.joints[i], self.body.joints[k]
            rows = np.flatnonzero((self.region == i) | (self.on(f"{end}.{side}") if feet else False))
            t = np.clip((points[rows] - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1.15)
            axis = a + t[:, None] * (b - a)
            out_ward = points[rows] - axis
            r = np.linalg.norm(out_ward, axis=1) + 1e-9
            goal = (radii[0] + (radii[1] - radii[0]) * t) * self.unit
            out[rows] = axis + out_ward * np.maximum(goal / r, 1)[:, None]
        return out

    def straightened(self, points: np.ndarray, mask: np.ndarray, share: float) -> np.ndarray:
        """A trunk that hangs straight from the chest: the waist filled out by ``share``."""
        out = points.copy()
        rows = np.flatnonzero(mask & self.on("pelvis", "waist", "chest"))
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

    def garment(self, rng, cover: np.ndarray, surface: Surface, gap, smooth: int = 6, folds: float = 0.004, shape=None, opening=None) -> Part | None:
        """A garment where ``cover`` is positive, ``gap`` metres (a number or (N,)) outside the skin.

        ``shape(points) -> points`` loosens the smoothed cloth before it is posed;
        ``opening(points) -> (N,)`` is a second cover, read where the smoothed cloth lies.
        """
        near = cover > -0.06
        # Smoothing slides vertices along the cloth; the hem slides with them and stays straight.
        both = self.smoothed(np.column_stack([self.body.rest, cover]), near, smooth)
        points, cover = both[:, :3], both[:, 3]
        if opening is not None:
            cover = np.minimum(cover, opening(points))
        if shape is not None:
            points = shape(points)
        gap = np.broadcast_to(np.asarray(gap, np.float64) * self.unit, (len(points),))
        offset = np.maximum(gap + self.wrinkles(rng, folds), 0.55 * gap) if folds else gap
        return self.cut(points + self.normals * offset[:, None], cover, surface)

    def cut(self, points: np.ndarray, cover: np.ndarray, surface: Surface, posed: bool = False) -> Part | None:
        """A part over ``points`` given at rest (or as posed) where ``cover`` is positive; None where nothing is."""
        vertices, faces = trimmed(points if posed else self.body.skinned(points), self.data.faces, cover)
        if not len(faces):
            return None
        return Part(vertices.astype(np.float32), faces.astype(np.int32), surface, self.label, smooth=True)

    def named(self, name: str, parts: list[Part | None]) -> list[Part]:
        """``parts`` (Nones left out) relabelled as the figure's ``skin``, ``head``, ``legs`` or ``shoes``, where its class has such a part."""
        found = [p for p in parts if p is not None]
        for p in found:
            p.label = self.part_labels.get(name, self.label)
        return found

    def skirt(self, rng, top: float, hem: float, gap: float, flare: float, surface: Surface, folds: int = 9, open_front: bool = False) -> Part:
        """A skirt or a coat's tail round the posed hips and legs.

        Args:
            top, hem: heights on the resting body, metres.
            gap: distance from the body, metres.
            flare: how much wider at the hem, metres.
        """
        body = self.body
        lower = self.on("pelvis", "waist", "thigh", "shin")
        posed = body.posed[lower]
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
            radius = outline(cloud, angle) if len(cloud) >= 3 else reach_above
            share = i / (len(levels) - 1)
            width = np.maximum(radius + gap * self.unit, reach_above * (0.985 if share < 0.3 else 1.0))
            wave = 1 + 0.035 * share * np.sin(folds * angle + phase[0]) + 0.02 * share * np.sin((2 * folds + 1) * angle + phase[1])
            reach_above = width
            width = (width + flare * self.unit * share) * wave
            rings.append(np.column_stack([pelvis[0] + width * ray[:, 0], pelvis[1] + width * ray[:, 1], np.full(sides, z)]))
        vertices, faces = loft(np.array(rings)[::-1], caps=False)
        if open_front:
            column = np.arange(len(faces)) % sides
            faces = faces[~np.isin(column, (sides - 1, 0))]
        return part((vertices, faces), surface, self.label, smooth=True)


def outline(cloud: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """(S,) distance from the origin to the convex hull of ``cloud`` (K, 2) along each ``angle``, softened."""
    dense = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    normal = np.stack([np.cos(dense), np.sin(dense)], -1)
    support = np.maximum((cloud @ normal.T).max(0), 0.02)
    # A ray leaves the hull at the first of its tangent lines.
    facing = np.cos(angle[:, None] - dense[None])
    radius = np.where(facing > 0.05, support[None] / np.maximum(facing, 0.05), np.inf).min(1)
    return np.mean([np.roll(radius, s) for s in (-1, 0, 1)], axis=0)


@dataclass
class Outfit:
    """Clothes.

    Attributes:
        parts: their meshes.
        cover: (N,) of all of them together, metres.
        thick: how far they stand off the trunk, metres.
    """

    parts: list[Part]
    cover: np.ndarray
    thick: float
