"""Stripes on a bare crossing: lane marks that run along the street, as wide as the gaps between them.

On level ground equal parts of a row of pixels are equal lengths, so that a stripe
runs to the vanishing point whatever the focal length is.
"""

from __future__ import annotations

import numpy as np

from core.filling.view import View
from core.scene.regions import Box

#: Width of a stripe, and of the gap beside it, metres.
STRIPE = 0.5
#: Stripes thinner than this many pixels are left out, so that they don't crumble.
_THIN = 1.5


def stripes(view: View, box: Box) -> np.ndarray:
    """(h, w) bool over ``box`` of the frame: where a crossing's stripes lie on the ground."""
    seen, depth, aside = view.ground(box)
    return seen & (STRIPE * view.focal / depth >= _THIN) & (np.floor(aside / STRIPE) % 2 == 0)
