"""The bonnet of the car that carries the camera, as the camera sees it (label 1)."""

from __future__ import annotations

import numpy as np

from core.streets.parts import Part, Surface

EGO = 1


def ego_parts(rng: np.random.Generator) -> list[Part]:
    """A domed bonnet in the camera's frame: +x ahead, its crest at z = 0, two metres ahead, one ridge along it."""
    across, along = 33, 17
    y = np.linspace(-1.05, 1.05, across)
    x = np.linspace(0.35, 2.0, along)
    crown, nose = float(rng.uniform(0.05, 0.10)), float(rng.uniform(0.1, 0.2))
    ridge = float(rng.uniform(0.0, 0.02))
    gx, gy = np.meshgrid(x, y, indexing="ij")
    gz = -crown * (gy / 0.9) ** 2 - nose * ((gx - 0.35) / 1.65) ** 3 * 0.25 - 0.04 * ((gx - 0.35) / 1.65)
    gz += ridge * np.exp(-((np.abs(gy) - 0.55) / 0.06) ** 2)
    # The front edge is round in plan and rolls down.
    gx = gx - 0.28 * (gy / 1.05) ** 2 * (gx / 2.0)
    gz[-1] -= 0.05
    gz -= gz[-2, across // 2]
    vertices = np.stack([gx, gy, gz], -1).reshape(-1, 3).astype(np.float32)
    i = np.arange(along * across).reshape(along, across)
    faces = np.stack([i[:-1, :-1], i[1:, :-1], i[1:, 1:], i[:-1, 1:]], -1).reshape(-1, 4).astype(np.int32)
    colour = (
        (0.012, 0.012, 0.014), (0.03, 0.035, 0.045), (0.2, 0.2, 0.205), (0.015, 0.03, 0.07), (0.3, 0.3, 0.3), (0.10, 0.012, 0.014),
    )[int(rng.integers(6))]
    return [Part(vertices, faces, Surface("paint", colour, roughness=0.3), EGO, smooth=True)]
