"""Paving: the darker stones of slabs and setts, laid along the street on level ground.

Seen by a level camera, ground ``below`` pixels under the horizon is
``depth = focal * eye / below`` metres ahead, and a metre of it is
``focal * eye / depth^2`` pixels high. Stones are laid while that shows them,
in rows that run to the vanishing point, each row half a stone further on.
"""

from __future__ import annotations

import numpy as np

from core.filling.view import View
from core.scene.regions import Box

#: Breadths of a sidewalk's stones in metres, and of setts; a stone is half as long again as it is broad.
SLABS, SETT = (0.5, 0.25), 0.12
#: Share of sidewalks that are laid with slabs, the rest with asphalt; of parking lanes laid with setts.
SLABBED, COBBLED = 0.8, 0.5
#: A stone is laid where it is at least so many pixels high.
_HIGH = 2.0


def dark_stones(view: View, breadth: float, seeds: list[int], box: Box) -> np.ndarray:
    """(h, w) bool over ``box`` of the frame: where the darker half of stones of ``breadth`` metres lies on the ground."""
    x0, y0, x1, y1 = box
    below = np.arange(y0, y1)[:, None] + 0.5 - view.horizon
    seen = below > 0
    depth = view.focal * view.eye / np.where(seen, below, 1.0)
    aside = (np.arange(x0, x1)[None] + 0.5 - view.vanishing) * depth / view.focal
    row = np.floor(aside / breadth).astype(np.int64)
    stone = np.floor(depth / (1.5 * breadth) + 0.5 * (row & 1)).astype(np.int64)
    high = breadth * view.focal * view.eye / depth**2 >= _HIGH
    return seen & high & (_drawn(row, stone, seeds) & 1).astype(bool)


def _drawn(row: np.ndarray, stone: np.ndarray, seeds: list[int]) -> np.ndarray:
    """A random uint64 for each stone (the finaliser of splitmix64)."""
    start = np.random.SeedSequence(seeds).generate_state(2, np.uint64)
    mixed = start[0] ^ (row.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    mixed = mixed + start[1] + stone.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
