"""Fronts of houses, which ``core.filling.walls`` finds, and the houses behind them as prisms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator, Sequence

import numpy as np

from core.filling.walls import Profile, Stretch, Wall, find_walls, profile
from core.labels import INSTANCE_FACTOR
from core.shadows.prisms import Prisms
from core.shadows.street import Street, Thing

_HOUSE = "building"

#: Metres: how deep a house is, and how high where nothing in the street tells.
_DEEP, _USUAL = 10.0, 11.0

#: Shares of the frame's height: how far above ground a wall's foot touches it, how far below the horizon it tells.
_TOUCHES, _LOW = 0.006, 0.02

#: In so many columns at least a wall's foot must be seen, and so near to the distance found (as a logarithm) it may be.
_COUNT, _NEAR_TO = 3, 0.35

#: A street goes on beyond the frame's edge for so many metres behind the camera.
_GOES_ON = 25.0

#: Most columns in which walls are looked for, and smallest sides of a house in pixels.
_COLUMNS, _SMALLEST = 256, 10

#: Metres: no wall is looked at that is further away, and no house is lower or higher than this.
_FAR, _LOWEST, _HIGHEST = 150.0, 2.0, 60.0


@dataclass(frozen=True)
class Front:
    """A stretch of wall in N columns.

    Attributes:
        thing: the building that it is of.
        edges: (N + 1,) columns. up: (N,) metres up to which it is seen. sky: (N,) bool, whether it ends there.
    """

    thing: Thing
    wall: Wall
    edges: np.ndarray
    up: np.ndarray
    sky: np.ndarray

    @property
    def known(self) -> float | None:
        """Metres up to its eaves or roof; None where that isn't seen."""
        return float(np.median(self.up[self.sky])) if self.sky.mean() > 0.15 else None


def houses(street: Street, found: Sequence[Front]) -> Iterator[Prisms]:
    """The house behind every front."""
    # The frame, trees and other houses hide the tops of some: those are taken to be as high as others on their side.
    known = {side: [f.known for f in found if f.known is not None and f.wall.side == side] for side in (-1, 0, 1)}
    every = [height for heights in known.values() for height in heights]
    for front in found:
        heights = known[front.wall.side] or every
        usual = float(np.median(heights)) if heights else _USUAL
        yield _house(street, front, usual)


def fronts(street: Street) -> Iterator[Front]:
    """Every wall that is near and high enough to be told of."""
    sky = street.where(("sky",))
    roof = np.isin(street.labels, street.ids(("roof",)))
    step = max(2, -(-street.size[0] // _COLUMNS))
    height = street.size[1]
    rows = np.where(street.ground[:, ::step], np.arange(height)[:, None], height)
    next_ground = np.minimum.accumulate(rows[::-1], axis=0)[::-1]
    for thing in street.things((_HOUSE,)):
        if min(thing.mask.shape) < _SMALLEST:
            continue
        seen = profile(thing.mask, thing.x0, thing.y0, sky, next_ground, step)
        here = np.s_[thing.y0:thing.y0 + thing.mask.shape[0], thing.x0:thing.x0 + thing.mask.shape[1]]
        front = (thing.mask & ~roof[here])[:, seen.x - thing.x0]
        eaves = np.where(front.any(axis=0), front.argmax(axis=0) + thing.y0, seen.top)
        for stretch in find_walls(street.view, seen, thing.value >= INSTANCE_FACTOR):
            front = _front(thing, stretch, seen, eaves)
            if front is not None:
                yield front


def _front(thing: Thing, stretch: Stretch, seen: Profile, eaves: np.ndarray) -> Front | None:
    """The stretch where it is near and high enough to be told of; None where it is nowhere. ``eaves``: (N,) rows."""
    mine = (seen.x >= stretch.x0) & (seen.x < stretch.x1)
    wall = _measured(stretch.wall, seen, mine)
    x, top, sky, eaves = seen.x[mine] + 0.5, seen.top[mine], seen.sky[mine], eaves[mine].astype(np.float64)
    edges = np.unique(np.r_[seen.x[mine], stretch.x1]).astype(np.float64)
    if len(edges) < 2:
        return None
    near = wall.depth((edges[1:] + edges[:-1]) / 2) < _FAR
    if not near.any():
        return None
    first, last = np.flatnonzero(near)[[0, -1]]
    edges = edges[first:last + 2]
    middle = (edges[1:] + edges[:-1]) / 2
    up = np.interp(middle, x, wall.up(x, eaves))
    against = np.interp(middle, x, (sky & (top > 1)).astype(float)) > 0.5
    if np.median(up) < _LOWEST:
        return None
    return Front(thing, wall, edges, up, against)


def _measured(wall: Wall, seen: Profile, mine: np.ndarray) -> Wall:
    """A wall at the distance that its foot tells where that is seen: walls are looked for at a few distances only."""
    view = wall.view
    touches = mine & (seen.lowest - seen.bottom <= _TOUCHES * view.size[1]) & (seen.bottom - view.horizon > _LOW * view.size[1])
    if touches.sum() < max(_COUNT, 0.2 * mine.sum()):
        return wall
    depth = view.focal * view.eye / (seen.bottom[touches] - view.horizon)
    away = np.abs(seen.x[touches] + 0.5 - view.vanishing) * depth / view.focal if wall.side else depth
    distance = float(np.median(away))
    return Wall(view, wall.side, distance) if abs(math.log(distance / wall.distance)) < _NEAR_TO else wall


def _house(street: Street, front: Front, usual: float) -> Prisms:
    """The house behind a wall, up to its eaves: a roof rises behind them no steeper than most suns stand."""
    wall, edges = front.wall, front.edges
    own = front.known or usual
    up = np.clip(np.where(front.sky, front.up, np.maximum(front.up, own)), 0, _HIGHEST)
    u = np.clip(wall.along(edges), -2 * _FAR, 2 * _FAR)
    start, end = u[:-1], u[1:]
    # The houses go on where the frame ends.
    margin = 2 * (edges[1] - edges[0])
    goes_on = (wall.side < 0 and edges[0] <= margin, wall.side > 0 and edges[-1] >= street.size[0] - margin)
    more = tuple(map(int, goes_on))
    start = np.r_[[-_GOES_ON] * more[0], start, [u[-1]] * more[1]]
    end = np.r_[[u[0]] * more[0], end, [-_GOES_ON] * more[1]]
    up = np.pad(up, more, constant_values=float(np.median(up)))
    along = np.stack([start, end, end, start], axis=1)
    away = np.broadcast_to(wall.distance + np.array([0.0, 0.0, _DEEP, _DEEP]), along.shape)
    foot = np.stack([wall.side * away, along] if wall.side else [along, away], axis=-1)
    top = np.repeat(up[:, None], 4, axis=1)
    return Prisms(foot, np.zeros_like(top), top)
