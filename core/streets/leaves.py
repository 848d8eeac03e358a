"""Leaf clusters and where they are put: the small mesh and the transforms of its copies."""

from __future__ import annotations

import numpy as np

from core.streets.parts import Part, Surface


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-9)


def leaf_cluster(rng, leaves: int, length: float, width: float, spread: float = 1.0):
    """A twig's leaves about the origin, twig along +z: (V, 3) vertices and (leaves, 4) quads.

    Each leaf is a kite folded along its middle, so that light catches one half.
    """
    vertices, faces = [], []
    for i in range(leaves):
        around = i * 2.4 + rng.normal(0, 0.4)
        lean = rng.uniform(0.5, 1.5)
        out = np.array([np.cos(around) * np.sin(lean), np.sin(around) * np.sin(lean), np.cos(lean)])
        side = unit(np.cross(out, rng.normal(size=3)))
        fold = np.cross(side, out) * width * rng.uniform(0.05, 0.22)
        root = np.array([0, 0, spread * length * (rng.random() - 0.5) * 1.6]) + out * length * 0.25
        size = rng.uniform(0.75, 1.2)
        tip = root + out * length * size - fold * 0.8
        middle = root + out * length * 0.45 * size
        half = side * width * 0.5 * size
        base = len(vertices)
        vertices += [root, middle + half + fold, tip, middle - half + fold]
        faces.append([base, base + 1, base + 2, base + 3])
    return np.array(vertices, np.float32), np.array(faces, np.int32)


def orientations(rng, headings: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """(K, 4, 4) transforms without a place: +z along ``headings``, a random spin, a size."""
    z = unit(headings)
    x = unit(np.cross(rng.normal(size=z.shape), z))
    matrices = np.zeros((len(z), 4, 4), np.float32)
    matrices[:, :3, 0] = x * sizes[:, None]
    matrices[:, :3, 1] = np.cross(z, x) * sizes[:, None]
    matrices[:, :3, 2] = z * sizes[:, None]
    matrices[:, 3, 3] = 1
    return matrices


def scattered(rng, places, headings, sizes, mesh, surface: Surface, label: int) -> Part:
    """Copies of ``mesh`` at ``places`` (K, 3), lifted where they would reach below the ground."""
    vertices, faces = mesh
    matrices = orientations(rng, headings, sizes)
    matrices[:, :3, 3] = places
    lowest = (matrices[:, 2, :3] @ vertices.T).min(1) + matrices[:, 2, 3]
    matrices[:, 2, 3] += np.maximum(0.01 - lowest, 0)
    return Part(vertices, faces, surface, label, scatter=matrices.astype(np.float32))
