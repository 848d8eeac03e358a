"""Posts, which are poles with the signs and lights on them, and clutter: bins, benches, boxes.

Cityscapes counts none of them: a street that comes from elsewhere has all of a
class under its bare id. Those put down as stamps are objects from the start;
:func:`pick_out` makes objects of the others, one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Iterator, Mapping, Sequence

import numpy as np

from core.labels import INSTANCE_FACTOR, LabelSet
from core.look_regions import key_part, keys_of, look_key
from core.opencv import cv2
from core.scene.edit import Edit, make_edit
from core.scene.hidden import Hidden, changes, joined, of_mask
from core.scene.objects import free_values, named, thing_values
from core.scene.regions import Box, clip, mask_box, union
from core.scene.scene import Scene

#: Cityscapes' group of poles, traffic lights and traffic signs.
_GROUP = "object"

#: Classes of what stands about by itself.
_CLUTTER = ("static", "dynamic")

#: Mark of posts among the kinds that are picked out; those of clutter follow.
_POSTS = 1

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


def may_pick_out(label_set: LabelSet, label_id: int) -> bool:
    """True for posts, and for clutter where the label set has objects of it: what a drag takes as a thing."""
    return is_post(label_set, label_id) or _is_clutter(label_set, label_id)


def _is_clutter(label_set: LabelSet, label_id: int) -> bool:
    if label_id not in label_set:
        return False
    base = label_set[int(label_set.base[label_id])]
    return base.name in _CLUTTER and base.instanced


def pick_out(scene: Scene, x: int, y: int, codes: Mapping[int, np.ndarray] | None = None) -> Edit | None:
    """Make objects of the post at a pixel, one of each class in the connected region there, or one of the clutter.

    Only what belongs to no object yet is taken, with what of it lies hidden behind
    others, so that the picture stays as it was. A pole that goes on below or above a
    person, a car or leaves in front of it is one pole; the piece between counts as hidden.

    Args:
        codes: look key of a bare class, or of its parts -> (K,) code for an object of it, and for
            its parts, where the scene has none.

    Returns:
        the edit, or None where there is neither, or an object already.

    Raises:
        SceneError: outside the frame, or when a class has 1000 objects.
    """
    if not may_pick_out(scene.label_set, scene.label_at(x, y)) or scene.object_at(x, y) >= INSTANCE_FACTOR:
        return None
    bare = _Bare(scene)
    if not bare.mask[y, x]:
        return None
    title = f"Pick out {named(scene, [int(scene.instance_map[y, x])])}"
    return _picked(scene, [bare.take(x, y)], title, codes)


def pick_out_in(
    scene: Scene, box: Box, codes: Mapping[int, np.ndarray] | None = None, of: int | None = None
) -> Edit | None:
    """As :func:`pick_out`, for every post whose pole, sign or light lies inside ``box`` for the most part, and for clutter.

    Args:
        of: only those of which that is true for this class, or the class of this part.

    Raises:
        SceneError: when a class has 1000 objects.
    """
    box, wanted = clip(box, scene.size), None if of is None else int(scene.label_set.base[of])
    if box is None or (of is not None and not may_pick_out(scene.label_set, of)):
        return None
    x0, y0, x1, y1 = box
    found, values, bare = [], [], _Bare(scene)
    begin = bare.mask if wanted is None else bare.mask & (scene.instance_map == wanted)
    for row, column in zip(*np.nonzero(begin[y0:y1, x0:x1])):
        x, y = int(column) + x0, int(row) + y0
        if not bare.mask[y, x]:
            continue  # it has been taken meanwhile
        post = bare.take(x, y)
        there = post.box[0], post.box[1]
        near = np.zeros_like(post.seen)
        near[max(y0 - there[1], 0):y1 - there[1], max(x0 - there[0], 0):x1 - there[0]] = True
        inside = [
            value for value, own in post.classes(scene)
            if wanted in (None, value) and 2 * np.count_nonzero(own & near) > np.count_nonzero(own)
        ]
        if inside:
            found.append(post)
            values += inside
    return _picked(scene, found, f"Pick out {named(scene, values)}", codes) if found else None


# -- details ---------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Post:
    """What is to become objects.

    Attributes:
        box: around it, what is hidden of it included. region: (h, w) bool over the box, likewise.
        seen: (h, w) bool, what of it is seen.
        between: class id -> what goes on behind others from one seen piece to the next.
    """

    box: Box
    region: np.ndarray
    seen: np.ndarray
    between: dict[int, Hidden]

    def classes(self, scene: Scene) -> Iterator[tuple[int, np.ndarray]]:
        """Each class of it that is seen, ascending, with its (h, w) bool pixels."""
        x0, y0, x1, y1 = self.box
        there = scene.instance_map[y0:y1, x0:x1]
        for value in np.unique(there[self.seen]).tolist():
            yield value, self.seen & (there == value)


class _Bare:
    """Posts and clutter of a scene that belong to no object; ``mask``, (H, W) bool, is where they are seen."""

    def __init__(self, scene: Scene):
        self.scene, label_set = scene, scene.label_set
        table = np.zeros(1 << 16, np.uint8)
        for label in label_set:
            if label.parent is None and may_pick_out(label_set, label.id):
                table[label.id] = _POSTS if is_post(label_set, label.id) else 1 + _POSTS + _CLUTTER.index(label.name)
        # A pixel that contradicts its object is left alone.
        self._kind = np.where(label_set.base[scene.label_map] == scene.instance_map, table[scene.instance_map], 0).astype(np.uint8)
        self.mask = self._kind > 0
        #: kind -> (H, W) uint8, where it is or lies hidden: a post hangs together, but not with the bin before it.
        self._everything = {kind: (self._kind == kind).view(np.uint8) for kind in np.unique(self._kind[self.mask]).tolist()}
        for value in np.flatnonzero(table).tolist():
            entry, everything = scene.hidden.get(value), self._everything.get(int(table[value]))
            if entry is not None and everything is not None:
                columns, rows = (axis[entry.inside(scene.size)] for axis in entry.points())
                everything[rows, columns] = 1
        self._in_front = _covers(scene)[scene.instance_map]
        carriers = [label.id for label in label_set if label.name in CARRIERS]
        self._carriers = {label_id: where for label_id in carriers if (where := scene.label_map == label_id).any()}

    def take(self, x: int, y: int) -> _Post:
        """What is at a pixel of the mask; none taken later has any of it."""
        kind = int(self._kind[y, x])
        everything = self._everything[kind]
        region = _region(everything, x, y)
        between = self._go_on(region) if kind == _POSTS else {}
        x0, y0, x1, y1 = box = mask_box(region)
        region = region[y0:y1, x0:x1]
        mask, everything = self.mask[y0:y1, x0:x1], everything[y0:y1, x0:x1]
        post = _Post(box, region, region & mask & (self._kind[y0:y1, x0:x1] == kind), between)
        mask[post.seen] = False
        everything[region] = 0
        return post

    def _go_on(self, region: np.ndarray) -> dict[int, Hidden]:
        """Add to ``region`` the pieces of its pole beyond what stands in front of it.

        Returns:
            class id -> its pixels between the pieces.
        """
        between: dict[int, Hidden] = {}
        in_front, everything = self._in_front, self._everything[_POSTS]
        for carrier, where in self._carriers.items():
            pole, gap = None, np.zeros(region.shape, bool)
            for step in (1, -1):
                if not (region & where).any():
                    break
                pole = where & (everything > 0) if pole is None else pole
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
            piece = of_mask(gap, np.full(region.shape, carrier, np.uint8), 0, 0)
            if piece is not None:
                between[carrier] = piece
        return between


def _picked(scene: Scene, found: Sequence[_Post], title: str, codes: Mapping[int, np.ndarray] | None) -> Edit:
    """The edit that makes objects of posts."""
    box: Box | None = None
    for post in found:
        box = union(box, post.box)
    x0, y0, x1, y1 = box
    instances, mask = scene.instance_map[y0:y1, x0:x1].copy(), np.zeros((y1 - y0, x1 - x0), bool)
    numbers = iter(free_values(scene, [value for post in found for value, _ in post.classes(scene)]))
    hidden: dict[int, Hidden | None] = dict(scene.hidden)
    heirs: dict[int, int] = {}
    for post in found:
        here = np.s_[post.box[1] - y0:post.box[3] - y0, post.box[0] - x0:post.box[2] - x0]
        fresh = {}
        for value, own in post.classes(scene):
            fresh[value] = new = next(numbers)
            instances[here][own] = new
            heirs[new] = value
        mask[here] |= post.seen
        _hide(scene, hidden, post, fresh)
    edit = make_edit(scene, title, box, mask, scene.label_map[y0:y1, x0:x1][mask], instances[mask])
    given = {**(codes or {}), **scene.codes}
    new_codes = {look_key(new, key_part(key)): given[key] for new, value in heirs.items() for key in keys_of(given, value)}
    old_hidden, new_hidden = changes(scene.hidden, {value: entry for value, entry in hidden.items() if entry is not None})
    return replace(
        edit, heirs=heirs,
        old_codes={**edit.old_codes, **dict.fromkeys(new_codes)}, new_codes={**edit.new_codes, **new_codes},
        # What the edit itself forgets with a class's last pixel stays forgotten.
        old_hidden={**old_hidden, **edit.old_hidden}, new_hidden={**new_hidden, **edit.new_hidden},
    )


def _region(mask: np.ndarray, x: int, y: int) -> np.ndarray:
    """The connected region (8 neighbours) of a (H, W) uint8 mask around a pixel: (H, W) bool."""
    reached = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), np.uint8)
    flags = 8 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
    cv2.floodFill(mask, reached, (int(x), int(y)), 1, 0, 0, flags)
    return reached[1:-1, 1:-1] > 0


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


def _hide(scene: Scene, hidden: dict[int, Hidden | None], post: _Post, fresh: Mapping[int, int]) -> None:
    """What of the bare classes lies hidden in a post's place becomes the new objects', in ``hidden``."""
    x0, y0, x1, y1 = post.box
    for value, new in fresh.items():
        hidden[new] = joined(hidden.get(new), post.between.get(value))
        entry = hidden.get(value)
        if entry is None:
            continue
        x, y = entry.points()
        near = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
        ours = np.zeros(len(entry), bool)
        ours[near] = post.region[y[near] - y0, x[near] - x0]
        hidden[new] = joined(hidden.get(new), entry.where(ours))
        hidden[value] = entry.where(~ours)
