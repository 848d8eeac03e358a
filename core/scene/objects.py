"""Objects as things you can hold: every edit of whole objects.

As in ``core.scene.edits``, these functions describe an edit and leave the scene
alone; they return None where nothing would change. Values are instance values
of objects (1000 and up). An object moves with its parts, its codes, and what of
it lies hidden behind others; see ``core.scene.hidden`` for what "behind" means
on a flat map. For a gesture that is seen while it goes on, use ``Hold``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Iterable, Mapping, Sequence

import numpy as np

from core.errors import SceneError
from core.labels import INSTANCE_FACTOR, object_class
from core.look_regions import key_value, look_key
from core.opencv import cv2
from core.scene.edit import Edit, make_edit
from core.scene.hidden import Hidden, changes, joined, without, pack
from core.scene.hold import Hold
from core.scene.pieces import Piece, take, translation
from core.scene.regions import Box, mask_box, union
from core.scene.scene import Scene


def object_values(scene: Scene, values: Iterable[int]) -> tuple[int, ...]:
    """The values without repeats; SceneError for one that is no object of the scene, or for none."""
    values = tuple(dict.fromkeys(int(value) for value in values))
    for value in values:
        if value < INSTANCE_FACTOR or not scene.area(value):
            raise SceneError(f"There is no object {value} in this scene; choose one that is there.")
    if not values:
        raise SceneError("Select an object first.")
    return values


def mostly_in(scene: Scene, box: Box) -> list[int]:
    """The objects of which more than half lies inside a box within the frame, ascending."""
    x0, y0, x1, y1 = box
    counts = np.bincount(scene.instance_map[y0:y1, x0:x1].reshape(-1), minlength=1 << 16)
    return [v for v in np.flatnonzero(counts).tolist() if v >= INSTANCE_FACTOR and 2 * counts[v] > scene.area(v)]


def free_values(scene: Scene, label_ids: Sequence[int]) -> list[int]:
    """An unused instance value for each class in ``label_ids``; the bare id for a class without objects.

    Raises:
        SceneError: when a class has no value left.
    """
    found: list[int] = []
    coded = {key_value(key) for key in scene.codes}
    for label_id in label_ids:
        base = scene.label_set[int(scene.label_set.base[label_id])]
        if not (base.thing or base.instanced):
            found.append(base.id)
            continue
        first = base.id * INSTANCE_FACTOR
        taken = {value for value in found if value // INSTANCE_FACTOR == base.id}
        value = scene.free_value(base.id)
        while value in taken or scene.area(value) or value in coded:
            value += 1
            if value >= first + INSTANCE_FACTOR:
                raise SceneError(
                    f"This scene would have more than 1000 objects of the class '{base.name}'; erase some first."
                )
        found.append(value)
    return found


def named(scene: Scene, values: Sequence[int]) -> str:
    """What undo titles call these objects: "car", "3 cars"-like "3 objects"."""
    if len(values) != 1:
        return f"{len(values)} objects"
    label_id = int(object_class(values[0]))
    return scene.label_set[label_id].name if label_id in scene.label_set else "object"


# -- moving, copying, taking away ------------------------------------------------


def transform(scene: Scene, values: Iterable[int], matrix: np.ndarray, title: str = "") -> Edit | None:
    """Objects under a (2, 3) affine matrix, see ``core.scene.pieces``; each keeps its value."""
    values = object_values(scene, values)
    return Hold(scene, values, title=title or f"Move {named(scene, values)}").described(matrix)


def delete(scene: Scene, values: Iterable[int]) -> Edit | None:
    """Take objects away; the gaps show what was behind, else fill with what surrounds them."""
    values = object_values(scene, values)
    hold = Hold(scene, values, title=f"Delete {named(scene, values)}")
    hold.pieces = []
    return hold.described()


def copies(scene: Scene, values: Iterable[int]) -> list[Piece]:
    """Objects of the scene as new ones, the rearmost first, to be given to ``Hold`` or put in the clipboard."""
    values = object_values(scene, values)
    pieces = Hold(scene, values).pieces
    return numbered(scene, pieces)


def numbered(scene: Scene, pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces with values that are free in the scene."""
    found = free_values(scene, [piece.label_id for piece in pieces])
    return [piece.numbered(value) for piece, value in zip(pieces, found)]


def duplicate(scene: Scene, values: Iterable[int], dx: int, dy: int) -> Edit | None:
    """Copies of objects, moved by (dx, dy), in front of what is there; with their codes."""
    values = object_values(scene, values)
    return put(scene, copies(scene, values), translation(dx, dy), f"Duplicate {named(scene, values)}")


def put(scene: Scene, pieces: Sequence[Piece], matrix: np.ndarray, title: str = "Paste") -> Edit | None:
    """New objects (see :func:`numbered`) put down under a matrix."""
    return Hold(scene, (), pieces, title).described(matrix)


# -- in front and behind -----------------------------------------------------------


def bring_to_front(scene: Scene, values: Iterable[int]) -> Edit | None:
    """Show what of the objects lies hidden behind others.

    The map is flat. Where the scene remembers nothing hidden (nobody moved an
    object over this one), a thing's outline is completed instead: it takes,
    from the things that touch it, the pixels inside its convex hull. Houses, trees
    and lamp posts are not of a shape that this would suit.
    """
    values = object_values(scene, values)
    change, things = _Relabel(scene), thing_values(scene)
    for value in values:
        behind = scene.hidden.get(value)
        behind = behind.where(behind.inside(scene.size)) if behind is not None else None
        if behind is not None:
            x, y = behind.points()
            keep = ~np.isin(scene.instance_map[y, x], values)
            change.take(value, x[keep], y[keep], behind.labels[keep])
        elif things[value]:
            x, y = _hull_over_things(scene, value, values)
            change.take(value, x, y, np.full(x.shape, object_class(value), np.uint8))
    return change.edit(f"Bring {named(scene, values)} to the front")


def send_to_back(scene: Scene, values: Iterable[int]) -> Edit | None:
    """Let the objects that these cover come before them; the reverse of :func:`bring_to_front`.

    Where the scene remembers nothing, the things that touch an object take the
    pixels inside their convex hulls from it.

    Raises:
        SceneError: when nothing of an object would be left to see.
    """
    values = object_values(scene, values)
    change = _Relabel(scene)
    ours = np.array(values, np.uint16)
    for other, behind in scene.hidden.items():
        behind = behind.where(behind.inside(scene.size)) if other >= INSTANCE_FACTOR and other not in values else None
        if behind is None:
            continue
        x, y = behind.points()
        under = np.isin(scene.instance_map[y, x], ours)
        change.take(other, x[under], y[under], behind.labels[under])
    if not change.changed:
        for other in _touching_things(scene, values):
            x, y = _hull_over_things(scene, other, ())
            under = np.isin(scene.instance_map[y, x], ours)
            change.take(other, x[under], y[under], np.full(int(under.sum()), object_class(other), np.uint8))
    for value in values:
        if not (change.instances == value).any():
            raise SceneError("Nothing would be left to see of the object; move it aside first.")
    return change.edit(f"Send {named(scene, values)} to the back")


class _Relabel:
    """Pixels that change hands, those who lose them remembering it."""

    def __init__(self, scene: Scene):
        self.scene = scene
        self.labels, self.instances = scene.label_map.copy(), scene.instance_map.copy()
        self.hidden: dict[int, Hidden | None] = dict(scene.hidden)
        self.changed = False

    def take(self, value: int, x: np.ndarray, y: np.ndarray, labels: np.ndarray) -> None:
        if not x.size:
            return
        order = np.argsort(pack(x, y))
        x, y, labels = x[order], y[order], labels[order]
        keys, losers = pack(x, y), self.instances[y, x]
        for loser in np.unique(losers).tolist():
            lost = losers == loser
            self.hidden[loser] = joined(
                self.hidden.get(loser), Hidden(keys[lost], self.labels[y[lost], x[lost]])
            )
        self.hidden[value] = without(self.hidden.get(value), keys)
        self.labels[y, x], self.instances[y, x] = labels, value
        self.changed = True

    def edit(self, title: str) -> Edit | None:
        scene = self.scene
        differs = (self.labels != scene.label_map) | (self.instances != scene.instance_map)
        box = mask_box(differs)
        if box is None:
            return None
        x0, y0, x1, y1 = box
        mask = differs[y0:y1, x0:x1]
        edit = make_edit(
            scene, title, box, mask, self.labels[y0:y1, x0:x1][mask], self.instances[y0:y1, x0:x1][mask]
        )
        kept = {v: e for v, e in self.hidden.items() if e is not None and (self.instances == v).any()}
        old, new = changes(scene.hidden, kept)
        return replace(edit, old_hidden=old, new_hidden=new)


def _hull_over_things(scene: Scene, value: int, but: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """(x, y) of other things' pixels inside an object's convex hull."""
    box = scene.objects()[value].bbox
    x0, y0, x1, y1 = box
    around = scene.instance_map[y0:y1, x0:x1]
    mask = (around == value).view(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = np.zeros_like(mask)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.concatenate(contours)), 1)
    hull[~thing_values(scene)[around] | (around == value)] = 0
    if len(but):
        hull[np.isin(around, np.array(but, np.uint16))] = 0
    rows, columns = np.nonzero(hull)
    return columns + x0, rows + y0


def _touching_things(scene: Scene, values: Sequence[int]) -> list[int]:
    ours = np.isin(scene.instance_map, np.array(values, np.uint16)).view(np.uint8)
    rim = cv2.dilate(ours, np.ones((3, 3), np.uint8)) > ours
    found = np.unique(scene.instance_map[rim])
    return found[thing_values(scene)[found]].tolist()


def thing_values(scene: Scene) -> np.ndarray:
    """(65536,) bool by instance value: single objects of Cityscapes' thing classes."""
    table = np.zeros(1 << 16, bool)
    for label in scene.label_set:
        if label.thing and (label.id + 1) * INSTANCE_FACTOR <= table.size:
            table[label.id * INSTANCE_FACTOR:(label.id + 1) * INSTANCE_FACTOR] = True
    return table


# -- merging, splitting, another class ---------------------------------------------------


def merge(scene: Scene, values: Iterable[int]) -> Edit | None:
    """One object of several: the first keeps its value, class and codes; the others' parts join it, and look as its own.

    Raises:
        SceneError: for fewer than two objects.
    """
    values = object_values(scene, values)
    if len(values) < 2:
        raise SceneError("Select two objects or more to merge them.")
    first, target = values[0], int(object_class(values[0]))
    behind = scene.hidden.get(first)
    changed: dict[int, Hidden | None] = {}
    for value in values[1:]:
        entry = scene.hidden.get(value)
        changed[value] = None
        if entry is not None:
            labels = part_table(scene, int(object_class(value)), target)[entry.labels]
            behind = joined(behind, Hidden(entry.keys, labels))
    changed[first] = _unseen(scene, behind, values)
    return _recast(
        scene, {value: first for value in values[1:]}, target, f"Merge {len(values)} objects", {}, changed
    )


def split(scene: Scene, value: int) -> Edit | None:
    """Each connected part (8 neighbours) an object of its own; the largest keeps the value. All keep the codes.

    Returns:
        the edit, or None for an object of one piece.
    """
    (value,) = object_values(scene, [value])
    x0, y0, x1, y1 = scene.objects()[value].bbox
    count, parts, stats, _ = cv2.connectedComponentsWithStats(
        (scene.instance_map[y0:y1, x0:x1] == value).view(np.uint8), connectivity=8
    )
    if count <= 2:
        return None
    order = sorted(range(1, count), key=lambda part: (-stats[part, cv2.CC_STAT_AREA], part))
    table = np.zeros(count, np.uint16)
    table[order[0]] = value
    table[order[1:]] = free_values(scene, [int(object_class(value))] * (count - 2))
    mask = (parts > 0) & (parts != order[0])
    new = table[parts[mask]]
    labels = scene.label_map[y0:y1, x0:x1][mask]
    edit = make_edit(scene, f"Split {named(scene, [value])}", (x0, y0, x1, y1), mask, labels, new)
    fresh = [int(v) for v in table[order[1:]]]
    codes = {look_key(new, part): code for part, code in scene.codes_of(value).items() for new in fresh}
    return replace(
        edit, heirs=dict.fromkeys(fresh, value),
        old_codes={**edit.old_codes, **dict.fromkeys(codes)}, new_codes={**edit.new_codes, **codes},
    )


def change_class(scene: Scene, values: Iterable[int], label_id: int) -> Edit | None:
    """Objects as objects of another class. A part becomes the new class's part of the same kind
    (car wheel -> truck wheel), else its body. Codes go along, but those of parts that the new class
    doesn't have, and none for a class without objects.

    Raises:
        LabelError: when the label is not in the scene's set.
    """
    values = object_values(scene, values)
    target = scene.label_set[int(scene.label_set.base[scene.label_set[label_id].id])]
    values = tuple(value for value in values if object_class(value) != target.id)
    if not values:
        return None
    fresh = dict(zip(values, free_values(scene, [target.id] * len(values))))
    single = {value: new for value, new in fresh.items() if new >= INSTANCE_FACTOR}
    codes: dict[int, np.ndarray] = {}
    changed: dict[int, Hidden | None] = {value: None for value in values}
    for value, new in single.items():
        table = part_table(scene, int(object_class(value)), target.id)
        for part, code in sorted(scene.codes_of(value).items()):
            becomes = int(table[part]) if part else 0
            if not part or (becomes in scene.label_set and scene.label_set[becomes].parent == target.id):
                # Of two kinds that become one, the first gives its look.
                codes.setdefault(look_key(new, becomes), code)
        entry = scene.hidden.get(value)
        if entry is not None:
            changed[new] = Hidden(entry.keys, table[entry.labels])
    edit = _recast(scene, fresh, target.id, f"Change {named(scene, values)} to {target.name}", codes, changed)
    return replace(edit, heirs={new: value for value, new in single.items()})


def part_table(scene: Scene, old: int, new: int) -> np.ndarray:
    """(256,) uint8: labels of class ``old`` and its parts -> class ``new`` and its parts of the same kind."""
    table = np.arange(256, dtype=np.uint8)
    kinds = {label.name.split()[-1]: label.id for label in scene.label_set.parts_of(new)}
    table[old] = new
    for part in scene.label_set.parts_of(old):
        table[part.id] = kinds.get(part.name.split()[-1], new)
    if old == new:
        table[:] = np.arange(256)
    return table


def _recast(
    scene: Scene, fresh: Mapping[int, int], target: int, title: str,
    codes: Mapping[int, np.ndarray], hidden: Mapping[int, Hidden | None],
) -> Edit | None:
    """Pixels of the values in ``fresh`` get their new values and the labels of class ``target``."""
    box: Box | None = None
    for value in fresh:
        box = union(box, scene.objects()[value].bbox)
    x0, y0, x1, y1 = box
    here = scene.instance_map[y0:y1, x0:x1]
    labels, instances = scene.label_map[y0:y1, x0:x1].copy(), here.copy()
    mask = np.zeros(here.shape, bool)
    for value, new in fresh.items():
        there = here == value
        labels[there] = part_table(scene, int(object_class(value)), target)[labels[there]]
        # A pixel that contradicted its object takes the class at last.
        wrong = there & (scene.label_set.base[labels] != target)
        labels[wrong] = target
        instances[there] = new
        mask |= there
    edit = make_edit(scene, title, box, mask, labels[mask], instances[mask])
    if edit is None:
        return None
    new_codes = {**edit.new_codes, **codes}
    old_codes = {**{key: scene.codes.get(key) for key in codes}, **edit.old_codes}
    old_hidden = {value: scene.hidden.get(value) for value in hidden}
    same = [v for v in hidden if old_hidden[v] is hidden[v] or (old_hidden[v] is not None and old_hidden[v] == hidden[v])]
    return replace(
        edit, old_codes=old_codes, new_codes=new_codes,
        old_hidden={**edit.old_hidden, **{v: e for v, e in old_hidden.items() if v not in same}},
        new_hidden={**edit.new_hidden, **{v: e for v, e in hidden.items() if v not in same}},
    )


def _unseen(scene: Scene, entry: Hidden | None, values: Sequence[int]) -> Hidden | None:
    """``entry`` less the places where one of ``values`` is seen."""
    if entry is None:
        return None
    inside = entry.inside(scene.size)
    x, y = entry.points()
    seen = np.zeros(len(entry), bool)
    seen[inside] = np.isin(scene.instance_map[y[inside], x[inside]], np.array(values, np.uint16))
    return entry.where(~seen)
