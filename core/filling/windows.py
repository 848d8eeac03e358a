"""A window's panels: the glass in its opening, the curtains behind it, its frame and its glazing bars.

The measures are those of ``core.streets.facades``, the curtains those of the facade glass in
``core.streets.materials``.
"""

from __future__ import annotations

from typing import Iterator

import numpy as np

from core.filling.panel import Panel

#: How glazing bars part a window; one kind for all windows of a house.
SASHES = ("single", "double", "cross", "grid")

#: Width of a frame and half that of an upright bar, and how far both stand out of the glass, metres.
_BORDER, _BAR, _PROUD = 0.055, 0.035, 0.038

#: Share of the panes that have curtains, and of the cells in which one is drawn; a cell's width and height in metres.
_CURTAINED, _DRAWN, _CELL, _TALL = 0.32, 0.7, 0.62, 2.9


def glazing(u0: float, u1: float, up0: float, up1: float, reveal: float, sash: str, rng: np.random.Generator) -> list[Panel]:
    """The panels in an opening, the glass first; seen from afar the smaller ones are left out by the painter.

    Args:
        reveal: depth of the glass in the wall, metres. sash: one of :data:`SASHES`.
    """
    hole = (u0, u1, up0, up1)
    glass = Panel("window", u0, u1, up0, up1, -reveal, True, 0.0, hole)
    found = [glass]
    if rng.random() < _CURTAINED:
        found += _curtains(glass, rng)
    for a0, a1, c0, c1 in _bars(u0, u1, up0, up1, sash):
        found.append(Panel("window frame", a0, a1, c0, c1, -reveal, False, _PROUD, hole))
    return found


def _bars(u0: float, u1: float, up0: float, up1: float, sash: str) -> Iterator[tuple[float, float, float, float]]:
    """(u0, u1, up0, up1) of the frame's four sides and of the bars."""
    yield u0, u0 + _BORDER, up0, up1
    yield u1 - _BORDER, u1, up0, up1
    yield u0, u1, up0, up0 + _BORDER
    yield u0, u1, up1 - _BORDER, up1
    middle, tall = (u0 + u1) / 2, up1 - up0
    if sash in ("double", "cross", "grid"):
        yield middle - _BAR, middle + _BAR, up0, up1
    if sash in ("cross", "grid"):
        yield u0, u1, up0 + 0.68 * tall - 0.03, up0 + 0.68 * tall + 0.03
    if sash == "grid":
        yield u0, u1, up0 + 0.34 * tall - 0.015, up0 + 0.34 * tall + 0.015


def _curtains(glass: Panel, rng: np.random.Generator) -> Iterator[Panel]:
    """Cells of the wall in which a curtain is drawn, those beside each other as one panel."""
    phase = rng.random() * _CELL
    edges = np.arange(glass.u0 - phase, glass.u1 + _CELL, _CELL).clip(glass.u0, glass.u1).tolist()
    levels = [glass.up0, *np.arange(np.ceil((glass.up0 + 0.05) / _TALL) * _TALL, glass.up1 - 0.05, _TALL).tolist(), glass.up1]
    for low, high in zip(levels, levels[1:]):
        drawn = (rng.random(len(edges) - 1) < _DRAWN).tolist()
        start = None
        for edge, after, curtain in zip(edges, edges[1:] + edges[-1:], [*drawn, False]):
            if curtain and start is None:
                start = edge
            elif not curtain and start is not None:
                if edge > start:
                    yield glass._replace(what="curtain", u0=start, u1=edge, up0=low, up1=high, whole=False)
                start = None
