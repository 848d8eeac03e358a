"""What a house's front looks like, in metres: storeys, window axes, doors, shopfronts, balconies, trim.

The measures are those of the project's own streets (``core.streets.facades``), which is what the
default model has seen. Nothing here knows of pixels: a front is a list of panels to be painted
one over the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

import numpy as np

from core.filling.doors import doorway
from core.filling.panel import Group, Panel, alone
from core.filling.shops import shopfront
from core.filling.windows import SASHES, glazing

#: Height in metres from which a house has an upper floor.
_TWO_STOREYS = 4.6

#: How many shops there are where the foot is hidden, in those where it is seen.
_HIDDEN_SHOPS = 0.4

STYLES = ("plaster", "brick", "stone", "concrete", "glass")
_SHARES = (0.40, 0.24, 0.16, 0.16, 0.04)


@dataclass(frozen=True)
class House:
    """One front.

    Attributes:
        width, height: metres; height up to the eaves.
        ground: height of the ground floor. storey: of each above.
        windows: (N,) left edges of the window axes. pane: (width, height) of a window, sill above its floor.
        door: index of the door's axis, -1 for none.
        reveal: depth of windows in the wall. sash: how bars part them.
    """

    style: str
    width: float
    height: float
    ground: float
    storey: float
    windows: np.ndarray
    pane: tuple[float, float]
    sill: float
    reveal: float
    sash: str
    surround: float
    shutters: bool
    hood: bool
    string: bool
    corners: bool
    plinth: float
    door: int
    shop: bool
    balcony: str
    axis: int

    @property
    def wall(self) -> str:
        """What the bare wall is: a part that says its material, or the building itself."""
        return "brick" if self.style == "brick" else "building"

    @property
    def floors(self) -> np.ndarray:
        """Heights of the floors above the ground floor."""
        count = int(round((self.height - self.ground) / self.storey))
        return self.ground + self.storey * np.arange(max(count, 0))


def design(rng: np.random.Generator, width: float, height: float, known_height: bool, entrance: bool, shops: float) -> House:
    """A house front drawn by ``rng``.

    Args:
        width, height: metres, the height up to the eaves; where it isn't ``known_height``, storeys need not fit into it.
        entrance: its foot is seen, so that a door may be.
        shops: probability of a shop in an entrance's place.
    """
    style = str(rng.choice(STYLES, p=_SHARES))
    if style == "glass" and (width < 9 or height < 10):
        style = "concrete"
    ground = float(rng.uniform(3.2, 4.1))
    storey = float(rng.uniform(2.85, 3.5))
    # Above parked cars a shop is seen as well, but less often told.
    shop = bool(rng.random() < (shops if entrance else _HIDDEN_SHOPS * shops)) and width > 5
    if known_height:
        ground, storey = _storeys(height, ground, storey)
    ribbon = style == "concrete" and rng.random() < 0.6
    wide = 2.4 if ribbon else float(rng.uniform(0.95, 1.45))
    tall = float(rng.uniform(1.3, 1.6) if style == "concrete" else rng.uniform(1.45, 1.9))
    tall = min(tall, 0.62 * storey)
    sill = float(np.clip(storey - tall - rng.uniform(0.35, 0.6), 0.35, 1.05))
    shutters = bool(style == "plaster" and rng.random() < 0.18)
    pitch = wide + (0.35 if ribbon else float(rng.uniform(0.75, 1.7))) + (0.5 if shutters else 0.0)
    if width > 4 and not ribbon and width < 2 * pitch + wide + 1.1:
        # A narrow house has narrow windows, rather than a single one.
        wide = min(wide, (width - 1.1) / 4.0)
        pitch = 1.5 * wide
    windows = _axes(width, wide, pitch, 0.55)
    axis = int(rng.integers(max(len(windows), 1)))
    door = axis if entrance and not shop and (len(windows) > 1 or height > ground) else -1
    return House(
        style, width, height, ground, storey, windows, (wide, tall), sill,
        reveal=float(rng.uniform(0.09, 0.22)), sash="double" if ribbon else str(rng.choice(SASHES)),
        surround=float(rng.choice([0.0, 0.0, 0.10, 0.14])), shutters=shutters, hood=bool(rng.random() < 0.3), string=bool(rng.random() < 0.5) or shop,
        corners=bool(style == "stone" or rng.random() < 0.15), plinth=float(rng.uniform(0.3, 0.8)),
        door=door, shop=shop,
        balcony=str(rng.choice(["none", "some", "column", "rows"], p=[0.58, 0.16, 0.15, 0.11])), axis=axis,
    )


def _storeys(height: float, ground: float, storey: float) -> tuple[float, float]:
    """Heights of the ground floor and of the storeys, near the wanted ones, that make up ``height``."""
    if height < _TWO_STOREYS:
        return height, storey
    count = max(int(round((height - ground) / storey)), 1)
    above = (height - ground) / count
    if above < 2.5:
        above = (height - 0.15 * height / (count + 1)) / (count + 1)
    # A tall ground floor takes what the storeys leave.
    above = min(above, 3.7)
    return height - count * above, above


def _axes(width: float, wide: float, pitch: float, margin: float) -> np.ndarray:
    """Left edges of windows ``wide`` metres wide, evenly over the front."""
    free = width - 2 * margin - wide
    if free < 0:
        return np.array([(width - wide) / 2]) if width > wide + 0.3 else np.zeros(0)
    count = int(free // pitch) + 1
    return margin + (free / (count - 1) * np.arange(count) if count > 1 else np.array([free / 2]))


def panels(house: House, rng: np.random.Generator, coarse: int = 1) -> Iterator[Group]:
    """The front's panels in painting order, u from 0 to the house's width.

    Args:
        coarse: far away, this many window axes become one, and what is small is left out.
    """
    if house.style == "glass":
        yield from map(alone, _curtain_wall(house, coarse, rng))
        return
    if house.wall != "building":
        yield alone(Panel(house.wall, 0.0, house.width, 0.0, house.height))
    small = coarse == 1
    while coarse > 1 and house.pane[0] * coarse > house.width - 0.4:
        coarse -= 1
    if small:
        yield from map(alone, _trim(house))
    yield from _ground_floor(house, rng, coarse, small)
    wide = house.pane[0] * coarse
    axes = _joined(house, coarse)
    for storey, floor in enumerate(house.floors.tolist(), start=1):
        low, high = floor + house.sill, floor + house.sill + house.pane[1]
        has = _balconies(house, storey, len(axes), rng) if small else np.zeros(len(axes), bool)
        for u, balcony in zip(axes.tolist(), has.tolist()):
            yield _window(house, u, floor + 0.06 if balcony else low, u + wide, high, small, rng)
        for u in axes[has].tolist():
            yield _balcony(house, u - 0.3, u + wide + 0.3, floor)


def _joined(house: House, coarse: int) -> np.ndarray:
    """Left edges of the windows where ``coarse`` axes make up one."""
    wide = house.pane[0] * coarse
    axes = house.windows[::coarse]
    if coarse > 1:
        axes = np.minimum(axes, house.width - wide - 0.2)
        if len(axes) > 1 and axes[-1] - axes[-2] < wide:
            axes = axes[:-1]
    return axes


def _balconies(house: House, storey: int, count: int, rng) -> np.ndarray:
    has = np.zeros(count, bool)
    if house.balcony == "column" and house.axis < count:
        has[house.axis] = True
    elif house.balcony == "rows":
        has[:] = storey % 2 == 1
    elif house.balcony == "some":
        has = rng.random(count) < 0.25
    return has


def _window(house: House, u0: float, up0: float, u1: float, up1: float, small: bool, rng) -> Group:
    if not small:
        return alone(Panel("window", u0, u1, up0, up1, -house.reveal, True, 0.0, (u0, u1, up0, up1)))
    around = list(_around(house, u0, up0, u1, up1))
    return Group((*around, *glazing(u0, u1, up0, up1, house.reveal, house.sash, rng)), len(around))


def _around(house: House, u0: float, up0: float, u1: float, up1: float) -> Iterator[Panel]:
    """What surrounds a window on the wall."""
    s = house.surround
    if s:
        yield Panel("facade trim", u0 - s, u1 + s, up0, up1 + s, whole=True)
        if house.hood:
            yield Panel("facade trim", u0 - s - 0.06, u1 + s + 0.06, up1 + s, up1 + s + 0.1, 0.1, True)
    elif house.style == "brick":
        yield Panel("facade trim", u0 - 0.1, u1 + 0.1, up1, up1 + 0.16, whole=True)
    yield Panel("facade trim", u0 - 0.06, u1 + 0.06, up0 - 0.09, up0, 0.05, True)
    if house.shutters:
        half = (u1 - u0) / 2
        yield Panel("shutter", u0 - half - 0.02, u0 - 0.02, up0, up1, 0.01, True, 0.04)
        yield Panel("shutter", u1 + 0.02, u1 + half + 0.02, up0, up1, 0.01, True, 0.04)
    yield Panel("reveal", u0, u1, up0, up1, whole=True)


def _balcony(house: House, u0: float, u1: float, floor: float) -> Group:
    """A slab and its railing in front of the wall; solid for concrete houses, bars else."""
    out = 1.1 if house.style == "concrete" else 0.85
    slab = Panel("balcony", u0, u1, floor - 0.14, floor + 0.02, out, True)
    if house.style == "concrete":
        return Group((slab._replace(up0=floor, up1=floor + 0.98), slab), 1)
    rail = slab._replace(what="balcony railing")
    bars = [rail._replace(u0=u, u1=u + 0.03, up0=floor, up1=floor + 1.0) for u in np.arange(u0, u1 + 0.01, 0.13).tolist()]
    return Group((*bars, rail._replace(up0=floor + 0.98, up1=floor + 1.06), slab), len(bars) + 1)


def _trim(house: House) -> Iterator[Panel]:
    """String course, cornice, corner stones."""
    if house.style == "concrete":
        if house.string:
            for floor in house.floors.tolist():
                yield Panel("facade trim", 0, house.width, floor - 0.12, floor + 0.1)
        return
    if house.string:
        yield Panel("facade trim", 0, house.width, house.ground - 0.12, house.ground + 0.04, 0.05)
    yield Panel("facade trim", 0, house.width, house.height - 0.34, house.height, 0.15)
    if house.corners:
        for u in (0.0, house.width - 0.45):
            yield Panel("facade trim", u, u + 0.45, 0.0, house.height - 0.3)


def _ground_floor(house: House, rng, coarse: int, small: bool) -> Iterator[Group]:
    if house.shop:
        yield from shopfront(house.width, house.ground, rng, coarse, small)
        return
    low, high = 0.95, min(0.95 + house.pane[1] + 0.1, house.ground - 0.5)
    if small:
        yield alone(Panel("plinth", 0, house.width, 0.0, house.plinth, 0.02))
    wide = house.pane[0] * coarse
    for axis, u in enumerate(_joined(house, coarse).tolist()):
        if axis == house.door and small:
            middle, half = u + house.pane[0] / 2, min(0.62, house.pane[0] / 2 + 0.12)
            top = min(2.65, house.ground - 0.45)
            yield doorway(middle - half, middle + half, top, house.reveal, house.sash != "single")
        elif high - low > 0.5:
            yield _window(house, u, low, u + wide, high, small, rng)


def _curtain_wall(house: House, coarse: int, rng) -> Iterator[Panel]:
    """Glass from slab to slab behind upright fins."""
    count = max(int(round(house.width / (1.5 * coarse))), 1)
    edges = np.linspace(0, house.width, count + 1).tolist()
    slab, fin, transom = float(rng.uniform(0.5, 1.0)), float(rng.uniform(0.06, 0.22)), rng.random() < 0.7
    levels = [0.0, *house.floors.tolist(), house.height]
    for level, (low, high) in enumerate(zip(levels, levels[1:])):
        what, low = "shopfront" if level == 0 and house.shop else "window", low + (0.12 if level == 0 else 0.0)
        if high - slab - low < 0.5:
            continue
        for u0, u1 in zip(edges, edges[1:]):
            yield Panel(what, u0, u1, low, high - slab, -0.03, True)
        if coarse == 1:
            yield Panel("facade trim", 0, house.width, high - slab - 0.06, high - slab + 0.04, thick=0.04)
            if transom and what == "window":
                yield Panel("window frame", 0, house.width, low + 0.9, low + 0.95, -0.05, thick=0.07)
    wide = 0.03 if coarse == 1 else 0.06 * coarse
    for u in edges:
        yield Panel("facade trim", max(u - wide, 0.0), min(u + wide, house.width), 0.0, house.height, 0.0, thick=fin)
