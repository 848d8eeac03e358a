"""Holding objects: they follow the hand live, and one gesture is one undoable step."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterable, Iterator, Sequence

import numpy as np

from core.errors import SceneError
from core.labels import INSTANCE_FACTOR
from core.look_regions import key_value, look_key
from core.scene.edit import Edit, edit_between
from core.scene.hidden import Hidden, changes, joined, of_points, pack, without
from core.scene.pieces import Piece, around, moved, take, translation
from core.scene.regions import Box, clip, mask_box, union
from core.scene.scene import Scene
from core.scene.surroundings import fill_gap

STILL = translation(0, 0)


class Hold:
    """Objects in the hand: lifted from the scene, or new ones.

    Where an object is lifted, what lay behind it comes to light, and the rest of
    the gap is filled with what surrounds it. Where it is put down, it covers what
    is there, except the objects that it was behind when it was lifted; what it
    covers is remembered (see ``core.scene.hidden``). Between the first
    :meth:`place` and :meth:`finish` or :meth:`abort` nothing else may edit the scene.

    Args:
        values: objects to lift.
        pieces: new objects, numbered with free values (:func:`core.scene.objects.free_values`).
        title: what the undo menu says.

    Raises:
        SceneError: when a value is not an object of the scene.
    """

    def __init__(
        self, scene: Scene, values: Iterable[int] = (), pieces: Sequence[Piece] = (), title: str = "Move objects"
    ):
        self.scene, self.title = scene, title
        self.values = tuple(dict.fromkeys(int(value) for value in values))
        for value in self.values:
            if value < INSTANCE_FACTOR:
                raise SceneError("Only an object can be held, not all of a class; choose one.")
        self._labels, self._instances = scene.label_map.copy(), scene.instance_map.copy()
        self._hidden = dict(scene.hidden)
        # By look key. What is put down as stuff (its class has no objects here) looks like the stuff that is there.
        self._new = {
            look_key(piece.value, part): code
            for piece in pieces if piece.value >= INSTANCE_FACTOR for part, code in piece.codes.items()
        }
        lifted = [take(scene, value) for value in self.values]
        #: value -> objects that were in front of it.
        self._front = {piece.value: self._in_front(piece.value) for piece in lifted}
        self._lift()
        # What lies behind is drawn first.
        self.pieces = self._ordered(lifted) + list(pieces)
        self._placed: list[Piece] | None = None
        #: Where the scene shows something else than the plate.
        self._stale: Box | None = self._lifted_box

    # -- what a person asks ----------------------------------------------------

    @property
    def box(self) -> Box | None:
        """Around everything held, as it was taken, hidden parts included."""
        return around(self.pieces)

    def place(self, matrix: np.ndarray = STILL) -> Box | None:
        """Show what is held under a (2, 3) affine matrix from where it was taken.

        Returns:
            the box in which pixels changed since the last call, or None.

        Raises:
            SceneError: as ``core.scene.pieces.moved``; the scene is then as before the call.
        """
        placed = [moved(piece, matrix) for piece in self.pieces]
        if self._placed is None:
            self.scene.change_codes(self._new)
        self._placed = placed
        box, labels, instances, _ = self._composed(placed)
        area, self._stale = union(self._stale, box), box
        return self._put(area, *self._target(area, box, labels, instances)) if area is not None else None

    def finish(self) -> Edit | None:
        """Put everything down; the edit is applied already. None where nothing changed."""
        if self._placed is None:
            return None
        edit = self._edit(applied=True)
        # A new object that got no pixel leaves no codes behind.
        kept = edit.new_codes if edit is not None else {}
        self.scene.change_codes({key: None for key in self._new if key not in kept})
        if edit is not None:
            edit.apply_beside(self.scene)
        self._placed = None
        return edit

    def abort(self) -> Box | None:
        """Put everything back as it was before; the box that changed, or None."""
        if self._placed is None:
            return None
        box, self._placed = union(self._lifted_box, self._stale), None
        self.scene.change_codes(dict.fromkeys(self._new))
        if box is None:
            return None
        x0, y0, x1, y1 = box
        return self._put(box, self._labels[y0:y1, x0:x1], self._instances[y0:y1, x0:x1])

    def described(self, matrix: np.ndarray = STILL) -> Edit | None:
        """The edit that puts everything down under a matrix, leaving the scene alone."""
        self._placed = [moved(piece, matrix) for piece in self.pieces]
        edit = self._edit(applied=False)
        self._placed = None
        return edit

    # -- lifting -----------------------------------------------------------------

    def _in_front(self, value: int) -> np.ndarray:
        """(n,) the objects that are seen where ``value`` lies hidden."""
        behind = self._hidden.get(value)
        behind = behind.where(behind.inside(self.scene.size)) if behind is not None else None
        if behind is None:
            return np.zeros(0, np.uint16)
        x, y = behind.points()
        found = np.unique(self._instances[y, x])
        return found[(found >= INSTANCE_FACTOR) & (found != value)]

    def _lift(self) -> None:
        """Make the plate: the scene without what is held."""
        self.plate_labels, self.plate_instances = self._labels.copy(), self._instances.copy()
        self._behind = dict(self._hidden)
        self._lifted_box: Box | None = None
        for value in self.values:
            self._behind.pop(value, None)
        gap = np.zeros(self._instances.shape, bool)
        for value in self.values:
            x0, y0, x1, y1 = box = self.scene.objects()[value].bbox
            gap[y0:y1, x0:x1] |= self._instances[y0:y1, x0:x1] == value
            self._lifted_box = union(self._lifted_box, box)
        if self._lifted_box is None:
            return
        # Neither seen nor a source of fillings, until it is filled itself.
        self.plate_labels[gap] = 0
        self._reveal(gap, self._lifted_box)
        for value in self.values:
            x0, y0, x1, y1 = box = self.scene.objects()[value].bbox
            own = gap[y0:y1, x0:x1] & (self._instances[y0:y1, x0:x1] == value)
            filled = fill_gap(self.plate_labels, self.plate_instances, own, box[:2], self.scene.label_set)
            if filled is not None:
                labels, instances, _ = filled
                self.plate_labels[y0:y1, x0:x1][own] = labels
                self.plate_instances[y0:y1, x0:x1][own] = instances

    def _reveal(self, gap: np.ndarray, box: Box) -> None:
        """Show what is remembered behind the gap, (H, W) bool, inside ``box``, and take it out of the gap."""
        there = [value for value in self._behind if self.scene.area(value)]
        entries = self.scene.objects()
        # Things before buildings and trees before bare classes; the one that stands nearest first.
        label_set = self.scene.label_set

        def rank(value: int):
            thing = entries[value].label_id in label_set and label_set[entries[value].label_id].thing
            return -int(thing), -int(value >= INSTANCE_FACTOR), -entries[value].bbox[3], value

        x0, y0, x1, y1 = box
        for value in sorted(there, key=rank):
            entry = self._behind[value]
            x, y = entry.points()
            near = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
            if not near.any():
                continue
            shown = np.zeros(len(entry), bool)
            shown[near] = gap[y[near], x[near]]
            if not shown.any():
                continue
            self.plate_labels[y[shown], x[shown]] = entry.labels[shown]
            self.plate_instances[y[shown], x[shown]] = value
            gap[y[shown], x[shown]] = False
            rest = entry.where(~shown)
            if rest is None:
                del self._behind[value]
            else:
                self._behind[value] = rest

    def _ordered(self, lifted: list[Piece]) -> list[Piece]:
        """What is held, the rearmost first."""
        waiting = sorted(lifted, key=lambda piece: (piece.box[3], piece.value))
        order: list[Piece] = []
        while waiting:
            values = {piece.value for piece in waiting}
            free = [p for p in waiting if not any(
                p.value in self._front[other].tolist() for other in values if other != p.value
            )]
            order.append((free or waiting)[0])
            waiting.remove(order[-1])
        return order

    # -- putting down ---------------------------------------------------------------

    def _composed(self, placed: Sequence[Piece]):
        """(box, labels, instances, owner) of the plate with the pieces on it; all None where none is in the frame.

        owner: (h, w) int16 over the box, which piece is seen at a pixel; -1 for none.
        """
        box = clip(around(placed), self.scene.size) if placed else None
        if box is None:
            return None, None, None, None
        x0, y0, x1, y1 = box
        plate = self.plate_instances[y0:y1, x0:x1]
        labels, instances = self.plate_labels[y0:y1, x0:x1].copy(), plate.copy()
        owner = np.full(plate.shape, -1, np.int16)
        for number, piece in enumerate(placed):
            # In its own box: many small objects in a wide frame are held as fast as one.
            own = clip(piece.box, self.scene.size)
            if own is None:
                continue
            there = np.s_[own[1] - y0:own[3] - y0, own[0] - x0:own[2] - x0]
            mask, piece_labels = piece.seen_in(own)
            front = self._front.get(piece.value)
            if front is not None and front.size:
                mask &= ~np.isin(plate[there], front)
            labels[there][mask] = piece_labels[mask]
            instances[there][mask] = piece.value
            owner[there][mask] = number
        return box, labels, instances, owner

    def _target(self, area: Box, box: Box | None, labels, instances):
        """The plate over ``area`` with a composed box laid on it."""
        x0, y0, x1, y1 = area
        all_labels = self.plate_labels[y0:y1, x0:x1].copy()
        all_instances = self.plate_instances[y0:y1, x0:x1].copy()
        if box is not None:
            there = np.s_[box[1] - y0:box[3] - y0, box[0] - x0:box[2] - x0]
            all_labels[there], all_instances[there] = labels, instances
        return all_labels, all_instances

    def _put(self, area: Box, labels: np.ndarray, instances: np.ndarray) -> Box | None:
        """Bring the scene to these values over ``area``; the tight box of what changed."""
        x0, y0, x1, y1 = area
        differs = self.scene.label_map[y0:y1, x0:x1] != labels
        differs |= self.scene.instance_map[y0:y1, x0:x1] != instances
        tight = mask_box(differs)
        if tight is None:
            return None
        inner = np.s_[tight[1]:tight[3], tight[0]:tight[2]]
        mask = differs[inner]
        changed = (x0 + tight[0], y0 + tight[1], x0 + tight[2], y0 + tight[3])
        self.scene.write(changed, mask, labels[inner][mask], instances[inner][mask])
        return changed

    def _edit(self, applied: bool) -> Edit | None:
        box, labels, instances, owner = self._composed(self._placed)
        area = union(self._lifted_box, box)
        if area is None:
            return None
        new_labels, new_instances = self._target(area, box, labels, instances)
        x0, y0, x1, y1 = area
        old_labels, old_instances = self._labels[y0:y1, x0:x1], self._instances[y0:y1, x0:x1]
        mask = (old_labels != new_labels) | (old_instances != new_instances)
        if not mask.any():
            return None
        behind = self._remember(box, owner)
        edit = edit_between(
            self.scene, self.title, area, mask, old_labels[mask], new_labels[mask],
            old_instances[mask], new_instances[mask], already_applied=applied,
        )
        shown = {value for value in map(key_value, self._new) if (new_instances == value).any()}
        new_codes = {key: code for key, code in self._new.items() if key_value(key) in shown}
        lost = self._lost(area, new_instances, old_instances)
        old_hidden, new_hidden = changes(
            self._hidden, {value: entry for value, entry in behind.items() if entry is not None and value not in lost}
        )
        return replace(
            edit,
            old_codes={**edit.old_codes, **dict.fromkeys(new_codes)}, new_codes={**edit.new_codes, **new_codes},
            old_hidden=old_hidden, new_hidden=new_hidden,
        )

    def _lost(self, area: Box, new: np.ndarray, old: np.ndarray) -> set[int]:
        """Values that have no visible pixel any more, and new ones that got none."""
        left = _present(old) | {piece.value for piece in self.pieces}
        left -= _present(new)
        return {v for v in left if np.count_nonzero(self._instances == v) == np.count_nonzero(old == v)}

    def _remember(self, box: Box | None, owner: np.ndarray | None) -> dict[int, Hidden | None]:
        """What lies behind others once everything is put down."""
        behind: dict[int, Hidden | None] = dict(self._behind)
        held = {piece.value for piece in self._placed}
        taken: dict[int, np.ndarray] = {}
        if box is not None:
            rows, columns = np.nonzero(owner >= 0)
            x, y = columns + box[0], rows + box[1]
            for value, covered in _groups(self.plate_instances[y, x]):
                if value not in held:
                    lost = of_points(x[covered], y[covered], self.plate_labels[y[covered], x[covered]])
                    behind[value] = joined(behind.get(value), lost)
            taken = {number: pack(x[seen], y[seen]) for number, seen in _groups(owner[rows, columns])}
        for number, piece in enumerate(self._placed):
            if piece.value >= INSTANCE_FACTOR:
                behind[piece.value] = without(piece.hidden(), taken.get(number, np.zeros(0, np.int64)))
        return behind


def _present(instances: np.ndarray) -> set[int]:
    """The values of an instance map; counting them is faster than sorting pixels."""
    return set(np.flatnonzero(np.bincount(instances.reshape(-1), minlength=1)).tolist())


def _groups(values: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Each value of a (N,) array, with the places where it stands, ascending."""
    order = np.argsort(values, kind="stable")
    found, starts = np.unique(values[order], return_index=True)
    for value, places in zip(found.tolist(), np.split(order, starts[1:])):
        yield value, places
