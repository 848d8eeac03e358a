"""How a tree's skeleton grows, and the bark around it.

Space colonisation (Runions, Lane and Prusinkiewicz, "Modeling Trees with a
Space Colonization Algorithm", 2007): points in the crown attract the nearest
twig until it reaches them. Radii follow the pipe model: a branch's radius to
the power ``p`` is the sum of its children's, with ``p`` solved so that the
trunk gets the wanted radius.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.streets.solids import Mesh, merged, tube


@dataclass
class Skeleton:
    """A grown tree.

    Attributes:
        nodes: (N, 3) metres; a parent always precedes its children.
        parents: (N,) int, -1 for the root.
        radii: (N,) metres.
        tips: (N,) int, how many twig ends hang on each node.
    """

    nodes: np.ndarray
    parents: np.ndarray
    radii: np.ndarray
    tips: np.ndarray

    def chains(self) -> list[np.ndarray]:
        """Node indices of each branch, from where it leaves its parent to its end."""
        children: list[list[int]] = [[] for _ in self.nodes]
        for child, parent in enumerate(self.parents):
            if parent >= 0:
                children[parent].append(child)
        chains, starts = [], [(-1, 0)]
        while starts:
            origin, node = starts.pop()
            chain = [origin, node] if origin >= 0 else [node]
            while children[node]:
                ordered = sorted(children[node], key=lambda c: -self.radii[c])
                starts.extend((node, side) for side in ordered[1:])
                node = ordered[0]
                chain.append(node)
            chains.append(np.array(chain))
        return chains

    def directions(self) -> np.ndarray:
        """(N, 3) unit vectors from each node's parent to the node."""
        out = self.nodes - self.nodes[np.maximum(self.parents, 0)]
        out[0] = (0, 0, 1)
        return out / (np.linalg.norm(out, axis=1, keepdims=True) + 1e-9)


def colonise(rng, attractors, start, step, kill, tropism=(0.0, 0.0, 0.0), wander=0.15, rounds=160):
    """Grow ``start`` towards ``attractors``.

    Args:
        attractors: (A, 3) metres.
        start: (S, 3) polyline of the trunk from the ground up, metres.
        step: length of a new piece, metres.
        kill: an attractor closer than this is reached, metres.
        tropism: added to every direction of growth (up, down).
        wander: random share of a direction.

    Returns:
        ``(nodes (N, 3), parents (N,))``.
    """
    nodes = [np.asarray(p, np.float64) for p in start]
    parents = list(range(-1, len(start) - 1))
    left = np.asarray(attractors, np.float64)
    grid = np.array(nodes)
    distance = np.linalg.norm(left[:, None] - grid[None], axis=2)
    nearest, distance = distance.argmin(1), distance.min(1)
    tropism = np.asarray(tropism)
    spurts: dict[int, int] = {}
    for _ in range(rounds):
        keep = distance > kill
        left, nearest, distance = left[keep], nearest[keep], distance[keep]
        if not len(left):
            break
        growing, slot = np.unique(nearest, return_inverse=True)
        origin = np.array([nodes[i] for i in growing])
        pull = left - origin[slot]
        pull /= np.linalg.norm(pull, axis=1, keepdims=True) + 1e-9
        heading = np.zeros_like(origin)
        np.add.at(heading, slot, pull)
        heading /= np.linalg.norm(heading, axis=1, keepdims=True) + 1e-9
        heading += tropism + rng.normal(0, wander, heading.shape)
        heading /= np.linalg.norm(heading, axis=1, keepdims=True) + 1e-9
        fresh = origin + step * heading
        # A node between two equal pulls would sprout for ever without reaching either.
        allowed = np.array([spurts.get(int(i), 0) < 4 for i in growing])
        if not allowed.any():
            break
        first = len(nodes)
        for parent, position, ok in zip(growing, fresh, allowed):
            if ok:
                spurts[int(parent)] = spurts.get(int(parent), 0) + 1
                nodes.append(position)
                parents.append(int(parent))
        gap = np.linalg.norm(left[:, None] - np.array(nodes[first:])[None], axis=2)
        closest = gap.min(1)
        nearer = closest < distance
        nearest[nearer] = first + gap.argmin(1)[nearer]
        distance[nearer] = closest[nearer]
    return np.array(nodes), np.array(parents)


def thicken(nodes, parents, trunk_radius: float, twig_radius: float) -> Skeleton:
    """Radii by the pipe model, from ``twig_radius`` at the ends to ``trunk_radius`` at the root."""
    tips = np.zeros(len(nodes), np.int64)
    has_child = np.zeros(len(nodes), bool)
    has_child[parents[parents >= 0]] = True
    tips[~has_child] = 1
    for i in range(len(nodes) - 1, 0, -1):
        tips[parents[i]] += tips[i]
    # trunk = twig * tips ** (1 / p), solved for 1 / p.
    power = np.log(max(trunk_radius / twig_radius, 1.01)) / np.log(max(int(tips[0]), 2))
    return Skeleton(nodes, parents, twig_radius * tips.astype(np.float64) ** power, tips)


def bark(rng, skeleton: Skeleton, flare: float = 1.5, thinnest: float = 0.0) -> Mesh:
    """The skin of every branch thicker than ``thinnest``: an array of quads.

    ``flare`` widens the foot of the trunk into root swellings.
    """
    meshes = []
    for chain in skeleton.chains():
        radii = skeleton.radii[chain].copy()
        if len(chain) < 2 or radii[1:].max() < thinnest:
            continue
        if chain[0] != 0:
            radii[0] = min(radii[0], radii[1] * 1.25)
        # A chain's end tapers, so that no branch ends in a stub.
        radii = radii * np.linspace(1.0, 0.9, len(chain))
        radii[-1] *= 0.25
        points = skeleton.nodes[chain]
        thick = radii.max()
        sides = 10 if thick > 0.08 else 6 if thick > 0.03 else 4 if thick > 0.012 else 3
        if chain[0] == 0:
            points, radii = _refined(points, radii)
            foot = np.exp(-np.maximum(points[:, 2], 0) / 0.22)
            vertices, faces = tube(points, radii, sides, caps=False)
            ring = vertices.reshape(len(points), sides, 3)
            swell = 1 + foot[:, None] * (flare - 1) * (0.6 + 0.8 * rng.random(sides)[None])
            ripple = 1 + 0.05 * rng.normal(size=ring.shape[:2])
            centre = points[:, None]
            ring = centre + (ring - centre) * (swell * ripple)[..., None]
            ring[0, :, 2] = -0.05
            meshes.append((ring.reshape(-1, 3).astype(np.float32), faces))
        else:
            meshes.append(tube(points, radii, sides, caps=False))
    return merged(meshes)


def _refined(points: np.ndarray, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """More rings near the foot, where the roots swell."""
    heights = np.array([0.0, 0.06, 0.15, 0.3, 0.5])
    first = points[1] - points[0]
    length = np.linalg.norm(first)
    heights = heights[heights < length * 0.8]
    extra = points[0] + first * (heights / length)[:, None]
    thickness = radii[0] + (radii[1] - radii[0]) * heights / length
    return np.concatenate([extra, points[1:]]), np.concatenate([thickness, radii[1:]])
