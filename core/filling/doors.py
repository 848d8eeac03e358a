"""A house's door in its opening: leaves, glazed or not, and a fanlight above where there is room."""

from __future__ import annotations

from typing import Iterator

from core.filling.panel import Group, Panel

#: Width of the trim around an opening, and how far back a door stands at least, metres.
_TRIM, _BACK = 0.14, 0.16
#: Of a leaf: width of its frame beside and above a pane, the pane's lower edge, and the width from which there are two.
_STILE, _PANE, _TWO = 0.14, 1.05, 1.15
#: Height of an opening with a fanlight, of the fanlight, and of the bar below it.
_TALL, _FANLIGHT, _BAR = 2.45, 0.45, 0.06


def doorway(u0: float, u1: float, top: float, reveal: float, glazed: bool) -> Group:
    """The panels of a door from ``u0`` to ``u1``, its opening ``top`` metres high, ``reveal`` metres deep in the wall.

    Args:
        glazed: its leaves have panes, told as windows as in the project's own streets.
    """
    hole = (u0, u1, 0.1, top)
    leaf = Panel("door", *hole, -max(reveal, _BACK), True, 0.0, hole)
    return Group((
        Panel("facade trim", u0 - _TRIM, u1 + _TRIM, 0.0, top + 0.16, whole=True),
        Panel("reveal", u0, u1, 0.0, top, whole=True),
        leaf,
        *(leaf._replace(what="window", u0=a, u1=b, up0=low, up1=high, whole=False) for a, b, low, high in _panes(u0, u1, top, glazed)),
    ), 2)


def _panes(u0: float, u1: float, top: float, glazed: bool) -> Iterator[tuple[float, float, float, float]]:
    """(u0, u1, low, high) of each pane."""
    leaf_top = top
    if top > _TALL:
        leaf_top = top - _FANLIGHT
        yield u0, u1, leaf_top + _BAR, top
    if not glazed or leaf_top - _STILE <= _PANE:
        return
    leaves = 2 if u1 - u0 > _TWO else 1
    span = (u1 - u0) / leaves
    for a in (u0 + span * i for i in range(leaves)):
        if span > 3 * _STILE:
            yield a + _STILE, a + span - _STILE, _PANE, leaf_top - _STILE
