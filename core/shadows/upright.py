"""What stands on the street as prisms: vehicles, people, posts, hedges and fences.

A silhouette says how tall and wide a thing is, not how deep: that is known of its kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

import numpy as np

from core.shadows.prisms import Prisms
from core.shadows.street import Foot, Street, Thing
from core.shadows.strips import Strips, stood, strips


@dataclass(frozen=True)
class Kind:
    """Metres: length and width of a kind of thing seen from above, and how tall it may be."""

    length: float
    width: float
    tallest: float


VEHICLES = {
    "car": Kind(4.3, 1.8, 2.3), "truck": Kind(8.0, 2.5, 4.3), "bus": Kind(12.0, 2.55, 4.5), "train": Kind(25.0, 2.8, 4.8),
    "caravan": Kind(6.0, 2.3, 3.2), "trailer": Kind(5.0, 2.3, 3.5),
}
OTHERS = {
    "person": Kind(0.45, 0.35, 2.1), "motorcycle": Kind(2.1, 0.6, 1.7), "bicycle": Kind(1.75, 0.4, 1.4),
    "static": Kind(0.8, 0.6, 3.0), "dynamic": Kind(0.8, 0.6, 2.0),
}
_LOOSE = ("static", "dynamic")
POSTS = ("pole", "polegroup", "traffic light", "traffic sign")
_POST = Kind(0.2, 0.2, 11.0)
_MOUNTS = ("bicycle", "motorcycle")

#: Hedges and walls: how thick, and how tall at most.
SCREENS = {"fence": Kind(0.1, 0.1, 4.0), "guard rail": Kind(0.15, 0.15, 1.5), "wall": Kind(0.4, 0.4, 6.0)}

#: Thinnest and thickest post in metres.
_THIN, _THICK = 0.06, 0.5

#: Metres above the ground from which what sticks out of a vehicle is a mirror, and how long that is.
_MIRRORS, _MIRROR = 0.7, 0.25

#: A vehicle's side is seen where it takes at least this share of its width.
_SHOWS_SIDE = 0.12

#: Share of its kind's length that a vehicle's side may seem to have if it points along the street.
_LENGTHS = (0.35, 1.7)


def upright(street: Street) -> Iterator[Prisms]:
    """Everything that stands on a foot of its own, but trees and houses."""
    for thing in street.things(VEHICLES):
        yield from vehicle(street, thing)
    for thing in street.things(OTHERS):
        kind = OTHERS[thing.name]
        foot = street.foot(thing, kind.tallest)
        # What is called static may hang on a wall.
        if foot is not None and (foot.seen or thing.name not in _LOOSE):
            yield standing(street, thing, foot, kind)
    yield from _riders(street)
    yield from _posts(street)


def standing(street: Street, thing: Thing, foot: Foot, kind: Kind) -> Prisms:
    """A thing turned in whichever way makes it look as wide as it does: what it isn't wide, it is deep."""
    cut = strips(thing.mask, thing.x0, thing.y0)
    wide = thing.mask.shape[1] * foot.depth / street.view.focal
    deep = float(np.clip(kind.length + kind.width - wide, kind.width, kind.length))
    return stood(street, cut, foot.depth, foot.depth, foot.depth, foot.depth + deep, cut.lowest & (not foot.seen))


# -- vehicles ----------------------------------------------------------------------


def vehicle(street: Street, thing: Thing) -> Iterator[Prisms]:
    """A vehicle: its end towards us, and its side where that is seen, which leads to the vanishing point."""
    kind = VEHICLES[thing.name]
    foot = street.foot(thing, kind.tallest)
    cut = strips(thing.mask, thing.x0, thing.y0)
    if foot is None or not len(cut):
        return
    end = _end(street, thing, foot, kind)
    if end is None:
        wide = thing.mask.shape[1] * foot.depth / street.view.focal
        near = np.full((len(cut), 2), foot.depth)
        back = foot.depth + float(np.clip(kind.length + kind.width - wide, kind.width, kind.length))
    else:
        corner, back = end
        near = np.stack([_side(street, column, corner, foot.depth) for column in (cut.left, cut.right)], axis=1)
        near = np.minimum(near, back - 0.1)
    # Under a body it is dark; what sticks out higher up is a mirror, and as short.
    high = street.up(cut.bottom, near.mean(axis=1)) > _MIRRORS
    body = cut.lowest & ~(high & foot.seen)
    back = np.where(body | ~cut.lowest, back, near.max(axis=1) + _MIRROR)
    yield stood(street, cut, near[:, 0], near[:, 1], near, back, body)


def _end(street: Street, thing: Thing, foot: Foot, kind: Kind) -> tuple[float, float] | None:
    """(column of the corner between end and side, depth of the far end) of what points along the street, else None."""
    view, depth = street.view, foot.depth
    x0, x1 = float(thing.x0), float(thing.x0 + thing.mask.shape[1])
    if x0 < view.vanishing < x1:
        return None
    left = x1 <= view.vanishing
    inner, towards = (x1, 1) if left else (x0, -1)
    # The side runs to the vanishing point, and nothing of the vehicle is seen on our side of the line in which it
    # meets the ground: that line is the tangent from there to what is seen of it.
    columns = np.arange(thing.mask.shape[1]) + thing.x0 + 0.5
    bottom = thing.y0 + thing.mask.shape[0] - thing.mask[::-1].argmax(axis=0)
    low = thing.mask.any(axis=0) & (bottom > street.far_row)
    if not low.any():
        return None
    tangent = float(np.percentile(np.abs(columns[low] - view.vanishing) / (bottom[low] - view.horizon), 2))
    corner = view.vanishing - towards * tangent * view.focal * view.eye / depth
    if (inner - corner) * towards < _SHOWS_SIDE * kind.width * view.focal / depth or abs(inner - view.vanishing) < 2:
        return None
    back = float(_side(street, np.array([inner]), corner, depth)[0])
    length = back - depth
    if not _LENGTHS[0] * kind.length <= length <= _LENGTHS[1] * kind.length:
        return None
    return corner, depth + max(length, 0.8 * kind.length)


def _side(street: Street, columns: np.ndarray, corner: float, depth: float) -> np.ndarray:
    """Depths at columns of a vehicle's end, up to the corner, and of its side beyond."""
    share = (corner - street.view.vanishing) / np.where(
        np.abs(columns - street.view.vanishing) < 1, np.copysign(1.0, corner - street.view.vanishing),
        columns - street.view.vanishing,
    )
    return depth * np.clip(np.where(share <= 0, 1e3, share), 1.0, 1e3)


# -- riders and posts ----------------------------------------------------------------


def _riders(street: Street) -> Iterator[Prisms]:
    """Riders stand where what they ride does."""
    mounts = street.where(_MOUNTS)
    for thing in street.things(("rider",)):
        tall, wide = thing.mask.shape
        x1, y1 = thing.x0 + wide, min(thing.y0 + 2 * tall, street.size[1])
        below = mounts[thing.y0:y1, thing.x0:x1]
        rows = np.flatnonzero(below.any(axis=1))
        whole = np.zeros((max(tall, int(rows[-1]) + 1 if len(rows) else 0), wide), bool)
        whole[:len(below)] = below[:len(whole)]
        whole[:tall] |= thing.mask
        foot = street.foot(Thing("rider", thing.value, whole, thing.x0, thing.y0), 2.3)
        if foot is not None:
            yield standing(street, thing, Foot(foot.depth, True), OTHERS["person"])


def _posts(street: Street) -> Iterator[Prisms]:
    """Poles with what is fixed to them."""
    mask = street.where(POSTS)
    poles = street.where(("pole", "polegroup"))
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return
    y0, x0 = int(rows[0]), int(columns[0])
    for thing in street.pieces(mask[y0:int(rows[-1]) + 1, x0:int(columns[-1]) + 1], x0, y0, "pole"):
        tall, wide = thing.mask.shape
        carried = poles[thing.y0:thing.y0 + tall, thing.x0:thing.x0 + wide] & thing.mask
        foot = street.foot(thing, _POST.tallest, hangs=not carried.any())
        if foot is None:
            continue
        across = carried.sum(axis=1)
        pixels = float(np.median(across[across > 0])) if carried.any() else 3.0
        thick = float(np.clip(pixels * foot.depth / street.view.focal, _THIN, _THICK))
        cut = strips(thing.mask, thing.x0, thing.y0)
        grounded = cut.lowest & (not foot.seen) & carried[-1].any()
        yield stood(street, cut, foot.depth, foot.depth, foot.depth, foot.depth + thick, grounded)


# -- what stands all along ------------------------------------------------------------


def screens(street: Street, mask: np.ndarray, x0: int, y0: int, thick: float, tallest: float, round_: bool = False) -> Prisms:
    """What stands on the ground column by column, such as a fence: (h, w) bool ``mask`` at (x0, y0).

    Args:
        thick: metres. round_: it is as thick as it is high, if that is less than ``thick``.
    """
    cut = strips(mask, x0, y0, count=mask.shape[1] // 4 + 1)
    stands = _stands(street, cut)
    if not stands.any():
        return Prisms(np.zeros((0, 4, 2)), np.zeros((0, 4)), np.zeros((0, 4)))
    cut = cut.only(stands)
    depth = street.depth(_smooth(cut.bottom))
    # Far away a pixel is metres: what would tower there is what stands before something else.
    highest = street.view.horizon - (tallest - street.view.eye) * street.view.focal / depth
    cut = Strips(
        cut.left, cut.right, np.maximum(cut.top_left, highest), np.maximum(cut.top_right, highest), cut.bottom, cut.lowest
    )
    deep = np.full(len(cut), thick)
    if round_:
        deep = np.minimum(deep, np.maximum(street.up(cut.top_left, depth), 0.3))
    return stood(street, cut, depth, depth, depth, depth + deep, np.ones(len(cut), bool))


def _stands(street: Street, cut: Strips) -> np.ndarray:
    """(N,) bool: the strips below which there is ground."""
    height = street.size[1]
    bottom = np.minimum(cut.bottom.astype(int), height - 1)
    middle = ((cut.left + cut.right) // 2).astype(int)
    found = street.next_ground[bottom, np.minimum(middle, street.size[0] - 1) // street.step]
    return cut.lowest & (bottom > street.far_row) & (found - bottom <= 2) & (found < height)


def _smooth(rows: np.ndarray) -> np.ndarray:
    """Rows without what sticks out of five neighbours."""
    if len(rows) < 5:
        return rows.astype(np.float64)
    padded = np.pad(rows.astype(np.float64), 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
