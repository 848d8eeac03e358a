"""What a front is painted with: rectangles on a wall, in metres, and groups of them that go together."""

from __future__ import annotations

from typing import NamedTuple


class Panel(NamedTuple):
    """A rectangle on a wall: ``u`` along it and ``up`` above the ground, in metres.

    Attributes:
        what: the name of a part.
        out: how far its back lies out of the wall (negative: set back into it).
        whole: it is left out where the wall ends across it, as a window would be.
        thick: how far it stands out of its back, so that its sides are seen too.
        hole: (u0, u1, up0, up1) of the opening in the wall through which it is seen; None for what hangs on the wall.
        lean: how much further out its lower corners at u0 and u1 lie than the upper ones, as an awning's do.
        quad: four corners (u, up) of what is no rectangle, a letter's stroke; its bounds are the panel's.
    """

    what: str
    u0: float
    u1: float
    up0: float
    up1: float
    out: float = 0.0
    whole: bool = False
    thick: float = 0.0
    hole: tuple[float, float, float, float] | None = None
    lean: tuple[float, float] = (0.0, 0.0)
    quad: tuple[tuple[float, float], ...] | None = None


class Group(NamedTuple):
    """Panels painted one over the other.

    Attributes:
        panels: in painting order.
        main: index of the one to which the others belong: without the window no sill.
    """

    panels: tuple[Panel, ...]
    main: int = 0


def alone(panel: Panel) -> Group:
    """A panel that needs no other."""
    return Group((panel,))
