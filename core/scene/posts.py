"""Posts: poles with the signs and lights on them.

Cityscapes counts no poles, signs or lights: a street that comes from elsewhere has
all of a class under its bare id. Those put down as stamps are objects from the
start; :func:`pick_out` makes objects of the others, one post at a time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping

import numpy as np

from core.labels import INSTANCE_FACTOR, LabelSet, object_class
from core.opencv import cv2
from core.scene.edit import Edit, make_edit
from core.scene.hidden import Hidden, changes, joined, of_mask
from core.scene.objects import free_values, named, thing_values
from core.scene.regions import Box, mask_box
from core.scene.scene import Scene

#: Cityscapes' group of poles, traffic lights and traffic signs.
_GROUP = "object"

#: What signs and lights are fixed to.
CARRIERS = ("pole", "polegroup")

#: So many rows at a piece's end show how wide it is.
_RAGGED = 4


def is_post(label_set: LabelSet, label_id: int) -> bool:
    """True for poles, signs and lights, and for their parts, where the label set has objects of them."""
    if label_id not in label_set:
        return False
    base = label_set[int(label_set.base[label_id])]
    return base.group == _GROUP and base.instanced


def pick_out(scene: Scene, x: int, y: int, codes: Mapping[int, np.ndarray] | None = None) -> Edit | None:
    """Make objects of the post at a pixel: one of each class in the connected region there.

    Only what belongs to no object yet is taken, with what of it lies hidden behind
    others, so that the picture stays as it was. A pole that goes on below or above a
    person, a car or leaves in front of it is one pole; the piece between counts as hidden.

    Args:
        codes: class id -> (K,) code for an object of it where the scene has none for the class.

    Returns:
        the edit, or None where there is no post, or an object already.

    Raises:
        SceneError: outside the frame, or when a class has 1000 objects.
    """
    if not is_post(scene.label_set, scene.label_at(x, y)) or scene.object_at(x, y) >= INSTANCE_FACTOR:
        return None
    classes = [label.id for label in scene.label_set if label.parent is None and is_post(scene.label_set, label.id)]
    bare = np.isin(scene.instance_map, classes)
    # A pixel that contradicts its object is left alone.
    bare &= scene.label_set.base[scene.label_map] == scene.instance_map
    if not bare[y, x]:
        return None
    everything = bare.view(np.uint8).copy()
    for value in classes:
        entry = scene.hidden.get(value)
        if entry is not None:
            columns, rows = (axis[entry.inside(scene.size)] for axis in entry.points())
            everything[rows, columns] = 1
    region = _region(everything, x, y)
    between = _go_on(scene, everything, region)
    x0, y0, x1, y1 = box = mask_box(region)
    region = region[y0:y1, x0:x1]
    seen = region & bare[y0:y1, x0:x1]
    there = scene.instance_map[y0:y1, x0:x1][seen]
    present = np.unique(there).tolist()
    fresh = dict(zip(present, free_values(scene, present)))
    table = np.arange(1 << 16, dtype=np.uint16)
    table[present] = [fresh[value] for value in present]
    title = f"Pick out {named(scene, [int(scene.instance_map[y, x])])}"
    edit = make_edit(scene, title, box, seen, scene.label_map[y0:y1, x0:x1][seen], table[there])
    given = {**(codes or {}), **{value: scene.codes[value] for value in present if value in scene.codes}}
    new_codes = {fresh[value]: given[value] for value in present if value in given}
    old_hidden, new_hidden = changes(scene.hidden, _hidden(scene, region, box, fresh, between))
    return replace(
        edit,
        old_codes={**edit.old_codes, **dict.fromkeys(new_codes)}, new_codes={**edit.new_codes, **new_codes},
        # What the edit itself forgets with a class's last pixel stays forgotten.
        old_hidden={**old_hidden, **edit.old_hidden}, new_hidden={**new_hidden, **edit.new_hidden},
    )


# -- details ---------------------------------------------------------------------


def _region(mask: np.ndarray, x: int, y: int) -> np.ndarray:
    """The connected region (8 neighbours) of a (H, W) uint8 mask around a pixel: (H, W) bool."""
    reached = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), np.uint8)
    flags = 8 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
    cv2.floodFill(mask, reached, (int(x), int(y)), 1, 0, 0, flags)
    return reached[1:-1, 1:-1] > 0


def _go_on(scene: Scene, everything: np.ndarray, region: np.ndarray) -> dict[int, Hidden]:
    """Add to ``region`` the pieces of its pole beyond what stands in front of it.

    Returns:
        class id -> its pixels between the pieces.
    """
    between: dict[int, Hidden] = {}
    in_front = _covers(scene)[scene.instance_map]
    for carrier in (label for label in scene.label_set if label.name in CARRIERS):
        pole = everything.astype(bool) & (scene.label_map == carrier.id)
        gap = np.zeros(region.shape, bool)
        for step in (1, -1):
            while (found := _next_piece(pole, region, in_front, step)) is not None:
                start, end, column = found
                beyond = _region(everything, column, end)
                spans = [_end_of(region & pole, start, -step), _end_of(beyond & pole, end, step)]
                rows = np.arange(start - step * _RAGGED, end + step * (_RAGGED + 1), step)
                rows = rows[(rows >= 0) & (rows < len(gap))]
                lefts, rights = (
                    np.rint(np.interp(rows * step, [start * step, end * step], sides)).astype(int)
                    for sides in zip(*spans)
                )
                for row, left, right in zip(rows, lefts, rights):
                    gap[row, left:right + 1] = in_front[row, left:right + 1]
                region |= beyond
        piece = of_mask(gap, np.full(region.shape, carrier.id, np.uint8), 0, 0)
        if piece is not None:
            between[carrier.id] = piece
    return between


def _next_piece(pole: np.ndarray, region: np.ndarray, in_front: np.ndarray, step: int) -> tuple[int, int, int] | None:
    """(last row of the pole in ``region`` before it goes behind others, row and column where it comes out again).

    None where it ends, or stays hidden for longer than it is seen.
    """
    ours = region & pole
    rows = np.flatnonzero(ours.any(1))
    if not rows.size:
        return None
    row = start = int(rows[-1] if step == 1 else rows[0])
    left, right = _end_of(ours, start, -step)
    near = slice(max(left - 1, 0), right + 2)
    for _ in range(rows.size):
        row += step
        if not 0 <= row < pole.shape[0]:
            return None
        fresh = np.flatnonzero(pole[row, near] & ~region[row, near])
        if fresh.size:
            return start, row, near.start + int(fresh[0])
        if not (in_front[row, left:right + 1] | pole[row, left:right + 1]).all():
            return None
    return None


def _end_of(pole: np.ndarray, row: int, step: int) -> tuple[int, int]:
    """(left, right) of a piece that ends at ``row``: leaves make it ragged, so some rows inwards are looked at together."""
    inwards = pole[max(row - _RAGGED, 0):row + 1] if step == -1 else pole[row:row + _RAGGED + 1]
    columns = np.flatnonzero(inwards.any(0))
    return int(columns[0]), int(columns[-1])


def _covers(scene: Scene) -> np.ndarray:
    """(65536,) bool by instance value: what a pole may be seen again behind: people, vehicles, and trees."""
    table = thing_values(scene).copy()
    for label in scene.label_set:
        if label.name == "vegetation":
            table[label.id] = True
            table[label.id * INSTANCE_FACTOR:(label.id + 1) * INSTANCE_FACTOR] = True
    return table


def _hidden(
    scene: Scene, region: np.ndarray, box: Box, fresh: Mapping[int, int], between: Mapping[int, Hidden]
) -> dict[int, Hidden]:
    """What the scene remembers, once the bare classes' places in ``region`` are the new objects'."""
    found: dict[int, Hidden | None] = dict(scene.hidden)
    x0, y0, x1, y1 = box
    for value, new in fresh.items():
        found[new] = joined(found.get(new), between.get(value))
        entry = scene.hidden.get(value)
        if entry is None:
            continue
        x, y = entry.points()
        near = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
        ours = np.zeros(len(entry), bool)
        ours[near] = region[y[near] - y0, x[near] - x0]
        found[new] = joined(found.get(new), entry.where(ours))
        found[value] = entry.where(~ours)
    return {value: entry for value, entry in found.items() if entry is not None}
