"""Trees as prisms: trunks where they are seen, crowns round above them; hedges; what casts no telling shadow."""

from __future__ import annotations

from typing import Iterator

import numpy as np

from core.filling.trunks import trunks
from core.labels import INSTANCE_FACTOR
from core.opencv import cv2
from core.shadows.prisms import Prisms
from core.shadows.street import Foot, Street, Thing, cropped
from core.shadows.strips import stood, strips
from core.shadows.upright import screens

_TREE, _TRUNK = "vegetation", "tree trunk"

#: Metres: tallest tree, widest crown (half), thickest hedge.
_TALLEST, _REACH, _HEDGE = 22.0, 5.5, 2.0

#: A crown in slices: share of its radius by which each is drawn in, and how deep that is, in radii.
_SLICES = ((0.0, 0.9), (0.14, 1.5), (0.34, 1.9))

#: A tree is at most this much deeper than high, and a crown that is cut off this much higher than wide.
_DEEP, _ROUND = 1.1, 0.9

#: Share of a crown that is seen where it has no leaves, and how deep its branches are drawn, in radii.
_SPARSE, _BRANCHES = 0.45, 0.1


def trees(street: Street) -> Iterator[Prisms]:
    """Everything that grows."""
    trunk = np.isin(street.labels, street.ids((_TRUNK,)))
    for thing in street.things((_TREE,)):
        tall, wide = thing.mask.shape
        here = np.s_[thing.y0:thing.y0 + tall, thing.x0:thing.x0 + wide]
        stems = list(_stems(street, thing, trunk[here] & thing.mask))
        stems = [(stem, foot) for stem in stems if (foot := street.foot(stem, 8.0)) is not None]
        if stems:
            yield from _with_trunks(street, thing, stems)
        else:
            yield from _without(street, thing)


def _stems(street: Street, thing: Thing, known: np.ndarray) -> Iterator[Thing]:
    """The trunks: those that are painted, else those that are seen by their shape."""
    if not known.any():
        low = min(thing.y0 + thing.mask.shape[0] + 1, street.size[1])
        here = np.s_[thing.y0:low, thing.x0:thing.x0 + thing.mask.shape[1]]
        tree = np.zeros((low - thing.y0, thing.mask.shape[1]), bool)
        tree[:len(thing.mask)] = thing.mask
        known = trunks(tree, street.stands[here], street.ground[here], street.view, thing.y0)[:len(thing.mask)]
    lowest = int(np.flatnonzero(known.any(axis=1)).max(initial=-1)) + thing.y0
    for stem in street.pieces(known, thing.x0, thing.y0, _TRUNK, thing.value):
        # What ends in leaves or in the air is a branch, unless nothing is lower.
        bottom = stem.y0 + stem.mask.shape[0]
        if bottom > lowest or street.holds[bottom, np.flatnonzero(stem.mask[-1]) + stem.x0].all():
            yield stem


def _with_trunks(street: Street, thing: Thing, stems: list[tuple[Thing, Foot]]) -> Iterator[Prisms]:
    """Trunks, and of the leaves around each what is its crown."""
    columns = np.arange(thing.mask.shape[1]) + thing.x0 + 0.5
    axes = np.array([stem.x0 + stem.mask.shape[1] / 2 for stem, _ in stems])
    depths = np.array([foot.depth for _, foot in stems])
    away = np.abs(columns[None] - axes[:, None]) * depths[:, None] / street.view.focal
    nearest = away.argmin(axis=0)
    for number, (stem, foot) in enumerate(stems):
        low = stem.mask[-max(len(stem.mask) // 3, 1):]
        thick = float(np.median(low.sum(axis=1))) * foot.depth / street.view.focal
        cut = strips(stem.mask, stem.x0, stem.y0)
        back = foot.depth + thick
        yield stood(street, cut, foot.depth, foot.depth, foot.depth, back, cut.lowest & (not foot.seen))
        crown = thing.mask & ((nearest == number) & (away[number] < _REACH))[None]
        # Above the trunk's lower half; what is green beside its foot is another plant.
        crown[max(stem.y0 + stem.mask.shape[0] // 2 - thing.y0, 0):] = False
        highest = street.view.horizon - (_TALLEST - street.view.eye) * street.view.focal / foot.depth
        crown[:max(int(highest) - thing.y0, 0)] = False
        for one in cropped(Thing(_TREE, thing.value, crown, thing.x0, thing.y0)):
            yield from _crown(street, one, foot.depth + thick / 2)


def _without(street: Street, thing: Thing) -> Iterator[Prisms]:
    """Green without a trunk: it stands on the ground itself, or its trunk is hidden."""
    found = screens(street, thing.mask, thing.x0, thing.y0, _HEDGE, _TALLEST, round_=True)
    standing = len(found) * 4 > 0.3 * thing.mask.shape[1]
    if standing or thing.value < INSTANCE_FACTOR:
        # Of green that is no object only what stands on ground tells where it is: the rest is backdrop.
        yield found
        return
    # A crown hangs in the air, so its lowest pixels say nothing about where it stands: taken for a foot, leaves
    # near the horizon would stand hundreds of metres away, and higher ones nowhere. Its trunk comes down in the
    # crown's middle, and is hidden by what is seen there: it ends behind that, before what lies further back.
    # So it stands where the first ground is seen straight below, at most as far away as a tree of that size can.
    middle = thing.mask.shape[1] // 2
    reach = max(thing.mask.shape[1] // 10, 1)
    core = np.zeros_like(thing.mask)
    core[:, max(middle - reach, 0):middle + reach + 1] = thing.mask[:, max(middle - reach, 0):middle + reach + 1]
    for one in cropped(Thing(_TREE, thing.value, core, thing.x0, thing.y0)):
        foot = street.foot(one, _TALLEST, hangs=True)
        if foot is not None:
            yield from _crown(street, thing, foot.depth)


def _crown(street: Street, thing: Thing, depth: float) -> Iterator[Prisms]:
    """A crown about as deep as it is wide, which gets thinner towards its outline."""
    tall, wide = thing.mask.shape
    # A crown that the frame cuts off goes on above it.
    above = max(_ROUND * wide - tall, 0.0) if thing.y0 <= 1 else 0.0
    radius = min(wide, _DEEP * (tall + above)) / 2
    metres = radius * depth / street.view.focal
    # Light that falls between leaves is a fleck, which the slices would draw out into a stripe.
    side = max(3, int(0.1 * radius) | 1)
    top = side + int(above)
    room = np.pad(thing.mask.view(np.uint8), ((top, side), (side, side)))
    if above:
        room[side:top] = room[top]
    solid = cv2.morphologyEx(room, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    within = cv2.distanceTransform(solid, cv2.DIST_L2, 3)[side:-side, side:-side]
    sparse = np.count_nonzero(room) < _SPARSE * np.count_nonzero(solid)
    # Through branches without leaves the sun shines.
    slices = ((None, _BRANCHES),) if sparse else _SLICES
    for share, deep in slices:
        inner = room[side:-side, side:-side] > 0 if share is None else within > share * radius
        cut = strips(inner, thing.x0, thing.y0 - int(above), least=3, count=40)
        if len(cut):
            half = metres * deep / 2
            yield stood(street, cut, depth, depth, depth - half, depth + half, np.zeros(len(cut), bool))
