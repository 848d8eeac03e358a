"""A shop's panels: display windows on risers in their frames, a glazed door, a signboard, awnings; and what is lit in it."""

from __future__ import annotations

from typing import Iterator

import numpy as np

from core.filling.courses import cells
from core.filling.panel import Group, Panel, alone
from core.streets import glyphs, wares

#: Half the width of a frame's member, and how far it and a riser stand out of the glass, metres.
_MEMBER, _PROUD, _RISER = 0.07, 0.055, 0.075

#: Probability of a signboard above a shop, of an awning, and of stripes on it; width of two stripes in metres.
_SIGNED, _SHADED, _STRIPED, _STRIPES = 0.85, 0.3, 0.5, 0.35

#: Height of a shop's name on its board, and what is left free at its ends, metres.
_LETTERS, _MARGIN = 0.34, 0.25


def shopfront(width: float, ground: float, rng: np.random.Generator, coarse: int, small: bool) -> Iterator[Group]:
    """The ground floor of a shop ``width`` metres wide and ``ground`` metres high.

    Args:
        coarse: far away, this many bays become one. small: what is small is seen.
    """
    pillar = float(rng.uniform(0.28, 0.5))
    bays = max(int(round((width - pillar) / (rng.uniform(2.6, 4.2) * coarse))), 1)
    span = (width - pillar) / bays
    head = ground - float(rng.uniform(0.75, 1.0))
    depth, riser = float(rng.uniform(0.15, 0.45)), float(rng.choice([0.12, 0.3, 0.45]))
    door = int(rng.integers(bays))
    for bay in range(bays):
        u = pillar + bay * span
        glass = Panel("shopfront", u, u + span - pillar, 0.0, head, -depth, True, 0.0, (u, u + span - pillar, 0.0, head))
        members = _members(glass, riser, bay == door) if small else ()
        reveal = glass._replace(what="reveal", out=0.0, hole=None)
        yield Group((reveal, glass, *members), 1)
    if not small:
        return
    shops = max(1, min(bays, int(round(width / 9))))
    for i in range(shops):
        lo, hi = pillar / 2 + i * width / shops, (i + 1) * width / shops - pillar / 2
        if rng.random() < _SIGNED:
            yield from _board(lo + 0.1, hi - 0.1, head + 0.08, rng)
        if rng.random() < _SHADED:
            yield _awning(lo, hi, head + 0.02, rng)


def _members(glass: Panel, riser: float, door: bool) -> Iterator[Panel]:
    """Risers and frames in front of the glass."""
    def member(u0, u1, up0, up1, thick=_PROUD):
        return Panel("shop frame", u0, u1, up0, up1, glass.out, False, thick, glass.hole)

    u0, u1, head, half = glass.u0, glass.u1, glass.up1, _MEMBER / 2
    panes = [(u0, u1, riser)]
    if door:
        middle = u0 + min(1.15, (u1 - u0) * 0.45)
        panes = [(u0, middle, 0.06), (middle, u1, riser)]
        yield member(middle - half, middle + half, 0.0, head)
        yield member(u0, middle, 2.2, 2.28)
    for a, b, low in panes:
        yield member(a, b, 0.0, low, _RISER)
        if b - a > 2.2:
            yield member((a + b) / 2 - half, (a + b) / 2 + half, low, head)
    yield member(u0, u0 + _MEMBER, 0.0, head)
    yield member(u1 - _MEMBER, u1, 0.0, head)
    yield member(u0, u1, head - _MEMBER, head)


def _board(u0: float, u1: float, low: float, rng: np.random.Generator) -> Iterator[Group]:
    """A signboard, and the shop's name on it."""
    board = Panel("shop sign", u0, u1, low, low + 0.54, 0.0, True, 0.12)
    strokes = glyphs.written(str(rng.choice(wares.NAMES)), _LETTERS, max(u1 - u0 - 2 * _MARGIN, 0.2)) + ((u0 + u1) / 2, low + 0.27)
    least, most = strokes.min(axis=1), strokes.max(axis=1)
    yield alone(board)
    # Where its thinnest stroke is too thin to be seen, the whole name is.
    yield Group(tuple(
        Panel("shop lettering", a, b, c, d, 0.12, quad=tuple(map(tuple, quad)))
        for (a, c), (b, d), quad in zip(least.tolist(), most.tolist(), strokes.tolist())
    ), int((most - least).min(axis=1).argmin()))


def _awning(lo: float, hi: float, top: float, rng: np.random.Generator) -> Group:
    """A sloping cloth from the wall at height ``top``, its sides, and the flap that hangs from its edge."""
    reach, low = float(rng.uniform(0.9, 1.5)), top - float(rng.uniform(0.35, 0.6))
    slope = Panel("awning", lo, hi, low, top, 0.02, True, 0.0, None, (reach, reach))
    flap = Panel("awning", lo, hi, low - 0.2, low + 0.04, reach)  # a bit of both, so that no gap shows
    found = [slope, flap]
    found += (slope._replace(u0=u, u1=u, whole=False, lean=(reach, 0.0)) for u in (lo, hi))
    if rng.random() < _STRIPED:
        for u in np.arange(lo, hi - 0.05, _STRIPES).tolist():
            end = min(u + _STRIPES / 2, hi)
            found += (panel._replace(what="awning stripe", u0=u, u1=end, whole=False) for panel in (slope, flap))
    return Group(tuple(found))


def shown(u: np.ndarray, up: np.ndarray, pixels: np.ndarray, seed: int) -> np.ndarray:
    """What is seen through a shop's glass at points in metres: (N,) of wares.GLASS, LIT, GOODS, DARK_GOODS.

    Laid out as by :func:`core.streets.wares.wares`.

    Args:
        pixels: (N,) columns that a metre takes there.
    """
    def drawn(salt: int, width: float, height: float | None = None) -> np.ndarray:
        """A number 0..1 for each cell."""
        row = np.floor(up / height) if height else np.zeros_like(up)
        return (cells(row.astype(np.int64), np.floor(u / width).astype(np.int64), [seed, salt]) >> np.uint64(40)) / (1 << 24)

    def between(number: np.ndarray, low: float, high: float) -> np.ndarray:
        return low + number * (high - low)

    section = drawn(1, wares.SECTION)
    lit, shelved = section > wares.DARK, section > wares.DARK + wares.STAGED
    board = up / wares.SHELF % 1.0 <= wares.BOARD
    thing = up / wares.SHELF % 1.0 <= between(drawn(2, wares.THING, wares.SHELF), wares.LOWEST, wares.HIGHEST)
    shelf = (up <= wares.TOP) & (board | thing & (drawn(3, wares.THING, wares.SHELF) > wares.EMPTY))
    plinth = up <= wares.STAGE
    tall = between(drawn(5, wares.PLACE), *(wares.STAGE + more for more in wares.TALL))
    stage = plinth | (np.abs(u / wares.PLACE % 1.0 - 0.5) <= wares.FILLED / 2) & (up <= tall)
    light = 1 - wares.DARK_RUNS
    dark = np.where(shelved, board | (drawn(4, wares.RUN, wares.SHELF) > light), plinth | (drawn(6, wares.PLACE) > light))
    goods = lit & np.where(shelved, shelf, stage) & (pixels * wares.THING > wares.SEEN)
    return np.select([goods & dark, goods, lit], [wares.DARK_GOODS, wares.GOODS, wares.LIT], wares.GLASS)
