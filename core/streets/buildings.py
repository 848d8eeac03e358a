"""Houses, shops and offices: facades with storeys of recessed windows, and what stands on them.

:func:`building` turns a :class:`~core.streets.plan.Building` into parts: the
front looks along +x from the line x = 0, the body lies behind it. Labels are
building (11) and its parts window, door, shopfront, roof and balcony.
"""

from __future__ import annotations

import numpy as np

from core.streets import facades, roofs
from core.streets.masonry import Masonry, walls_of
from core.streets.palette import Palette
from core.streets.parts import Part
from core.streets.plan import Building


def height_of(plan: Building) -> float:
    """Metres from the ground to the eaves."""
    return plan.ground + plan.storey * (plan.storeys - 1)


def building(plan: Building) -> list[Part]:
    """The parts of one building, in its own frame, metres."""
    rng = np.random.default_rng(plan.seed)
    colours = Palette(rng, plan.style)
    mesh = Masonry()
    height = height_of(plan)
    for name, (frame, width) in walls_of(plan.width, plan.depth).items():
        shown = {"front": True, "left": plan.open_left, "right": plan.open_right, "back": False}[name]
        if not shown:
            # The foot reaches below ground, so that a sloping street leaves no gap.
            mesh.panel(colours.side, 11, frame, 0, -1.5, width, height)
            continue
        mesh.panel(colours.plinth, 11, frame, 0, -1.5, width, 0.0, 0.0)
        facades.facade(mesh, frame, width, plan, colours, rng, front=name == "front")
    roofs.roof(mesh, plan, height, colours, rng)
    return mesh.parts()
