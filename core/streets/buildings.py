"""Houses, shops and offices: facades with storeys of recessed windows, and what stands on them.

:func:`building` turns a :class:`~core.streets.plan.Building` into parts: the
front looks along +x from the line x = 0, the body lies behind it. Labels are
building (11) and its parts. What a wall, a trim or a roof is called while it
is built says where it is; what it is made of says which part it is
(:func:`part_made_of`): a pipe, a plinth and a cornice have colours of their own.
"""

from __future__ import annotations

import numpy as np

from core.streets import facades, roofs
from core.streets.masonry import Masonry, walls_of
from core.streets.palette import Palette
from core.streets.parts import Part, Surface
from core.streets.plan import Building

BUILDING, WINDOW, DOOR, SHOP, ROOF, TRIM, FRAME, SHOP_FRAME = 11, 40, 41, 42, 43, 60, 71, 73
#: A wall of another colour than the front, and what is of the plinth's stone or of sheet metal.
SIDE, PLINTH, METAL = 174, 176, 178

#: What it was called -> what it is made of (a surface of the palette) -> part.
_MADE_OF = {
    BUILDING: {"side": SIDE, "trim": SIDE, "plinth": PLINTH, "zinc": METAL, "metal": METAL, "tiles": ROOF},
    TRIM: {"wall": BUILDING, "plinth": PLINTH, "zinc": METAL, "metal": METAL},
    ROOF: {"zinc": METAL, "trim": TRIM},
    WINDOW: {"frame": FRAME},
    DOOR: {"glass": WINDOW, "dark_glass": WINDOW, "shop_glass": SHOP, "frame": FRAME},
    SHOP_FRAME: {"plinth": PLINTH},
}


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
    found = mesh.parts()
    for part in found:
        part.label = part_made_of(part.surface, part.label, colours)
    return found


def part_made_of(surface: Surface, label: int, colours: Palette) -> int:
    """The part of a house of these ``colours`` that ``surface`` is where the builder calls it ``label``."""
    made_of = _MADE_OF.get(label, {})
    if surface == (colours.trim if label == TRIM else colours.wall) and label in (BUILDING, TRIM):
        return label  # many houses have sides, or a plinth, of the colour of their front
    return next((part for name, part in made_of.items() if surface == getattr(colours, name)), label)
