"""Paving: slabs and setts, laid along the street on level ground.

Seen by a level camera, ground ``below`` pixels under the horizon is
``depth = focal * eye / below`` metres ahead, and a metre of it is
``focal * eye / depth^2`` pixels high. Rows of stones run to the vanishing point.
"""

from __future__ import annotations

import numpy as np

from core.filling.courses import laid
from core.filling.view import View
from core.scene.regions import Box

#: Breadths of a sidewalk's stones in metres, and of setts; a stone is half as long again as it is broad.
SLABS, SETT, _LENGTH = (0.5, 0.25), 0.12, 1.5
#: Share of sidewalks that are laid with slabs, the rest with asphalt; of parking lanes laid with setts.
SLABBED, COBBLED = 0.8, 0.5


def stones(view: View, breadth: float, seeds: list[int], box: Box) -> tuple[np.ndarray, np.ndarray]:
    """Two (h, w) bool over ``box`` of the frame: the darker half of stones of ``breadth`` metres on the ground, and their joints."""
    seen, depth, aside = view.ground(box)
    dark, joint = laid(depth, aside, breadth, _LENGTH, view.focal * view.eye / depth**2, view.focal / depth, seeds)
    return seen & dark, seen & joint
