"""Human bodies: shapes of every age and build, and their skeleton, posed by linear blend skinning.

The shapes lie in ``assets/people.safetensors`` (made by
:mod:`core.streets.bodies_bake` from MakeHuman's CC0 data). A body stands on
z = 0, looks to +x, its left is +y, its arms half spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.errors import DataError

ASSET = Path(__file__).resolve().parents[2] / "assets" / "people.safetensors"
#: Metres per unit of the stored int16 positions.
UNIT = 1 / 12000

JOINTS = ["pelvis", "waist", "chest", "neck", "head"] + [
    f"{name}.{side}" for side in "LR"
    for name in ("clavicle", "upperarm", "forearm", "hand", "thigh", "shin", "foot", "toes")
]
PARENTS = [-1, 0, 1, 2, 3] + [
    parent for first in (5, 13)
    for parent in (2, first, first + 1, first + 2, 0, first + 4, first + 5, first + 6)
]


@dataclass(frozen=True)
class BodyData:
    """The asset.

    Attributes:
        shapes: (B, N, 3) float32 metres.
        joints: (B, J, 3) float32 pivots.
        faces: (M, 3) int32.
        weights: (N, 4) float32, rows sum to 1; ``indices``: (N, 4) joint of each.
        eyes: (N,) bool.
        phenotypes: (B, 5) gender (0 male, 1 female), age (1/3 child .. 1 old), weight, muscle, height.
        region: (N,) int, the joint that moves a vertex most.
        around: (N, D) int, a vertex's neighbours, filled up by repeating them.
    """

    shapes: np.ndarray
    joints: np.ndarray
    faces: np.ndarray
    weights: np.ndarray
    indices: np.ndarray
    eyes: np.ndarray
    phenotypes: np.ndarray
    region: np.ndarray
    around: np.ndarray


def _neighbours(faces: np.ndarray, count: int) -> np.ndarray:
    """(count, D) each vertex's neighbours; short rows repeat theirs, lone vertices name themselves."""
    edges = np.unique(np.concatenate([faces[:, [a, b]] for a in range(3) for b in range(3) if a != b]), axis=0)
    degree = np.bincount(edges[:, 0], minlength=count)
    start = np.concatenate([[0], np.cumsum(degree)[:-1]])
    column = np.arange(degree.max())[None] % np.maximum(degree, 1)[:, None]
    table = edges[np.minimum(start[:, None] + column, len(edges) - 1), 1]
    return np.where(degree[:, None] > 0, table, np.arange(count)[:, None])


@lru_cache(maxsize=1)
def load(path: Path = ASSET) -> BodyData:
    """The bodies, read once.

    Raises:
        DataError: when the file is missing or damaged.
    """
    from safetensors.numpy import load_file

    try:
        raw = load_file(str(path))
        faces = raw["faces"].astype(np.int32)
        weights = raw["weights"].astype(np.float32)
        return BodyData(
            raw["shapes"].astype(np.float32) * np.float32(UNIT), raw["joints"], faces,
            weights / weights.sum(1, keepdims=True), raw["indices"].astype(np.int64), raw["eyes"].astype(bool),
            raw["phenotypes"], raw["indices"][:, 0].astype(np.int64), _neighbours(faces, raw["shapes"].shape[1]),
        )
    except Exception as error:
        raise DataError(
            f"The people's bodies can't be read from {path}; get the file again from the project."
        ) from error


def turned(axis: str, angle: float) -> np.ndarray:
    """(3, 3) right-handed turn about a body axis: x forward, y left, z up."""
    c, s = np.cos(angle), np.sin(angle)
    i = "xyz".index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    matrix = np.eye(3)
    matrix[j, j] = matrix[k, k] = c
    matrix[j, k], matrix[k, j] = -s, s
    return matrix


@dataclass
class Body:
    """One person's body.

    Attributes:
        rest: (N, 3) metres, arms half spread; ``joints``: (J, 3).
        posed: (N, 3) metres after :meth:`pose`; ``transforms``: (J, 4, 4).
        female: 0..1; age: 1/3 child .. 1 old.
    """

    data: BodyData
    rest: np.ndarray
    joints: np.ndarray
    female: float
    age: float
    posed: np.ndarray | None = None
    transforms: np.ndarray | None = None

    @property
    def height(self) -> float:
        return float(self.rest[:, 2].max())

    def pose(self, turns: dict[str, np.ndarray]) -> None:
        """Turn joints about their pivots; ``turns`` are (3, 3) in the body's axes at rest."""
        local = {JOINTS.index(name): matrix for name, matrix in turns.items()}
        transforms = np.tile(np.eye(4), (len(JOINTS), 1, 1))
        for i, parent in enumerate(PARENTS):
            up = transforms[parent] if parent >= 0 else np.eye(4)
            if i in local:
                here = np.eye(4)
                here[:3, :3] = local[i]
                here[:3, 3] = self.joints[i] - local[i] @ self.joints[i]
                up = up @ here
            transforms[i] = up
        self.transforms = transforms
        self.posed = self.skinned(self.rest)

    def skinned(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) ``points`` given at rest for every vertex, under the pose."""
        mix = np.einsum("nk,nkij->nij", self.data.weights, self.transforms[self.data.indices])
        return np.einsum("nij,nj->ni", mix[:, :3, :3], points) + mix[:, :3, 3]

    def joint(self, name: str) -> np.ndarray:
        """(3,) where a joint's pivot is under the pose."""
        i = JOINTS.index(name)
        return self.transforms[i, :3, :3] @ self.joints[i] + self.transforms[i, :3, 3]


def body(rng, age: str | None = None, female: bool | None = None) -> Body:
    """A person's body: two shapes of one sex and near age mixed, at a drawn height.

    Args:
        age: ``child``, ``teen``, ``adult`` or ``old``; None draws one.
    """
    data = load()
    age = age or str(rng.choice(["child", "teen", "adult", "old"], p=[0.07, 0.07, 0.72, 0.14]))
    female = bool(rng.random() < 0.5) if female is None else female
    low, high = {"child": (0.3, 0.45), "teen": (0.40, 0.56), "adult": (0.6, 0.85), "old": (0.9, 1.0)}[age]
    years = data.phenotypes[:, 1]
    able = np.flatnonzero((data.phenotypes[:, 0] == float(female)) & (years >= low) & (years <= high))
    first, second = rng.choice(able, 2)
    share = rng.uniform(0, 1)
    rest = data.shapes[first] * (1 - share) + data.shapes[second] * share
    joints = data.joints[first] * (1 - share) + data.joints[second] * share
    grown = {"child": (1.28, 0.1), "teen": (1.58, 0.06), "adult": (1.66 if female else 1.79, 0.06),
             "old": (1.60 if female else 1.72, 0.05)}[age]
    height = float(np.clip(rng.normal(*grown), grown[0] - 2 * grown[1], grown[0] + 2 * grown[1]))
    scale = height / rest[:, 2].max()
    years = float(years[first] * (1 - share) + years[second] * share)
    return Body(data, rest.astype(np.float64) * scale, joints.astype(np.float64) * scale, float(female), years)
