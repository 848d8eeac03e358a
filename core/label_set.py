"""What a label set is: its classes and parts, the tables that they give, and its form in a file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Iterable

import numpy as np

from core.errors import LabelError

#: Group of the parts that cast shadows make of the ground and of walls.
SHADOWS = "shadows"
#: Group of the parts that say what ground is laid with: shadows fall on them, too.
PAVING = "paving"
#: Group of the parts that say what walls are made of.
WALLS = "walls"


@dataclass(frozen=True)
class Label:
    """One class of a label set.

    Attributes:
        id: value in the label map, 0..255.
        name: what a person reads, lower case.
        colour: (r, g, b), each 0..255, for drawing the label map.
        group: heading in the palette.
        thing: True where Cityscapes counts objects of this class.
        instanced: True where the project's own scenes may count objects
            (things, and also buildings, trees, poles, signs and lights).
        parent: id of the class into which a part folds, or None.
        within: id of the coarser part (of the same parent) that a map with
            less detail draws here, such as the window of a window frame, or None.
        on: for a cast shadow, id of the paving, or of the kind of wall, that it
            falls on, or None for the class itself.
    """

    id: int
    name: str
    colour: tuple[int, int, int]
    group: str
    thing: bool = False
    instanced: bool = False
    parent: int | None = None
    within: int | None = None
    on: int | None = None


class LabelSet:
    """An immutable collection of labels with look-up tables.

    Raises:
        LabelError: when ids repeat, lie outside 0..255, or a parent is missing.
    """

    def __init__(self, name: str, labels: Iterable[Label]):
        self.name = name
        self.labels: tuple[Label, ...] = tuple(sorted(labels, key=lambda label: label.id))
        self._by_id = {label.id: label for label in self.labels}
        if not self.labels:
            raise LabelError(f"The label set '{name}' has no classes; give it at least one.")
        if len(self._by_id) != len(self.labels):
            raise LabelError(f"The label set '{name}' names an id twice; give each class its own id.")
        for label in self.labels:
            if not 0 <= label.id <= 255:
                raise LabelError(f"The label set '{name}' has id {label.id}; ids run from 0 to 255.")
            if label.parent is not None:
                parent = self._by_id.get(label.parent)
                if parent is None or parent.parent is not None:
                    raise LabelError(
                        f"The part '{label.name}' names parent {label.parent}, which is no class of '{name}'."
                    )
            if label.within is not None:
                outer = self._by_id.get(label.within)
                # Ids only fall on the way out, so that it ends.
                if outer is None or label.parent is None or outer.parent != label.parent or outer.id >= label.id:
                    raise LabelError(f"The part '{label.name}' lies within {label.within}, which is no part of the same class.")
            if label.on is not None and (label.on not in self._by_id or self._by_id[label.on].parent != label.parent):
                raise LabelError(f"The shadow '{label.name}' falls on {label.on}, which is no part of the same class.")

    def __iter__(self):
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __contains__(self, label_id: int) -> bool:
        return int(label_id) in self._by_id

    def __getitem__(self, label_id: int) -> Label:
        try:
            return self._by_id[int(label_id)]
        except KeyError:
            raise LabelError(f"Label {label_id} is not in the label set '{self.name}'.") from None

    def named(self, name: str) -> Label:
        """The label called ``name``; LabelError where there is none."""
        for label in self.labels:
            if label.name == name:
                return label
        raise LabelError(f"The label set '{self.name}' has no class called '{name}'.")

    def name_of(self, label_id: int) -> str:
        """The label's name, "class 99" for an id that the set lacks."""
        return self[label_id].name if label_id in self else f"class {int(label_id)}"

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(label.id for label in self.labels)

    @cached_property
    def groups(self) -> dict[str, tuple[Label, ...]]:
        """Group name -> its labels in id order, groups in order of first appearance."""
        found: dict[str, list[Label]] = {}
        for label in self.labels:
            found.setdefault(label.group, []).append(label)
        return {group: tuple(labels) for group, labels in found.items()}

    @cached_property
    def palette(self) -> np.ndarray:
        """(256, 3) uint8 RGB by label id; ids outside the set are magenta, so they are seen."""
        table = np.full((256, 3), (255, 0, 255), np.uint8)
        for label in self.labels:
            table[label.id] = label.colour
        return table

    @cached_property
    def index(self) -> np.ndarray:
        """(256,) uint8: label id -> channel 0..len-1; ids outside the set give channel 0."""
        table = np.zeros(256, np.uint8)
        for channel, label in enumerate(self.labels):
            table[label.id] = channel
        return table

    @cached_property
    def known(self) -> np.ndarray:
        """(256,) bool: which ids are in the set."""
        table = np.zeros(256, bool)
        table[list(self.ids)] = True
        return table

    @cached_property
    def base(self) -> np.ndarray:
        """(256,) uint8: label id -> itself, or its parent for a part."""
        table = np.arange(256, dtype=np.uint8)
        for label in self.labels:
            if label.parent is not None:
                table[label.id] = label.parent
        return table

    @cached_property
    def part(self) -> np.ndarray:
        """(256,) uint8: label id -> itself for a part, 0 for every other id."""
        table = np.zeros(256, np.uint8)
        for label in self.labels:
            if label.parent is not None:
                table[label.id] = label.id
        return table

    @cached_property
    def outer(self) -> np.ndarray:
        """(256,) uint8: label id -> the part that it lies within, else its parent, else itself."""
        table = self.base.copy()
        for label in self.labels:
            if label.within is not None:
                table[label.id] = label.within
        return table

    @cached_property
    def _shadows(self) -> dict[int, int]:
        """Cast shadow -> what it falls on: a class, a kind of paving or of wall."""
        return {
            label.id: label.parent if label.on is None else label.on
            for label in self.labels if label.group == SHADOWS and label.parent is not None
        }

    @cached_property
    def in_shadow(self) -> np.ndarray:
        """(256,) uint8: ground or wall (a class, or what it is laid with) -> its part in a cast shadow; every other id -> itself.

        Paving or wall that has no shadow of its own has that of what it lies within, or of its class.
        """
        found = {ground: shadow for shadow, ground in self._shadows.items()}
        table = np.arange(256, dtype=np.uint8)
        for label in self.labels:
            ground = label.id
            # A class is the end, whatever a file's own set calls its group.
            while ground not in found and self[ground].group in (PAVING, WALLS) and self[ground].parent is not None:
                ground = int(self.outer[ground])
            table[label.id] = found.get(ground, label.id)
        return table

    @cached_property
    def lit(self) -> np.ndarray:
        """(256,) uint8: a cast shadow -> the ground or wall that it falls on; every other id -> itself."""
        table = np.arange(256, dtype=np.uint8)
        for shadow, ground in self._shadows.items():
            table[shadow] = ground
        return table

    def folded(self, hidden: np.ndarray) -> np.ndarray:
        """(256,) uint8: label id -> the nearest of itself, the parts that it lies within, and its class not in ``hidden``.

        Args:
            hidden: (256,) bool by label id; classes are never hidden.
        """
        table = np.arange(256, dtype=np.uint8)
        for _ in self.labels:
            further = np.where(hidden[table], self.outer[table], table)
            if np.array_equal(further, table):
                break
            table = further
        return table

    def parts_of(self, label_id: int) -> tuple[Label, ...]:
        return tuple(label for label in self.labels if label.parent == label_id)

    def fold_table(self, target: "LabelSet") -> np.ndarray:
        """(256,) uint8 that maps this set's ids to ``target``'s.

        A part that ``target`` lacks becomes the part that it lies within, or
        its parent. An id that neither has, nor folds, becomes 0 (unlabeled).
        """
        nearest = self.folded(~target.known)
        return np.where(self.known & target.known[nearest], nearest, 0).astype(np.uint8)

    def agrees(self, other: "LabelSet") -> bool:
        """Whether a map of this set tells the same in ``other``: they share classes, and name each alike."""
        shared = [label for label in self if label.parent is None and label.id in other]
        return bool(shared) and all(other[label.id].name == label.name for label in shared)

    def check(self, label_map: np.ndarray, what: str = "label map") -> None:
        """Raise LabelError, naming the ids, when ``label_map`` holds ids outside the set."""
        present = np.bincount(label_map.reshape(-1), minlength=256)[:256] > 0
        unknown = np.flatnonzero(present & ~self.known)
        if unknown.size == 1 and unknown[0] == 255:
            raise LabelError(
                f"The {what} holds 255, which marks ignored pixels in trainIds maps; use the labelIds map instead."
            )
        if unknown.size:
            shown = ", ".join(str(i) for i in unknown[:6]) + (", ..." if unknown.size > 6 else "")
            raise LabelError(
                f"The {what} holds ids that '{self.name}' does not have ({shown}); "
                f"use a labelIds map with ids {self.ids[0]} to {self.ids[-1]}."
            )


def label_set_to_json(label_set: LabelSet) -> dict:
    """A label set as plain JSON data, for a model's card or a project file."""
    return {
        "name": label_set.name,
        "labels": [
            {
                "id": label.id,
                "name": label.name,
                "colour": list(label.colour),
                "group": label.group,
                "thing": label.thing,
                "instanced": label.instanced,
                "parent": label.parent,
                "within": label.within,
                "on": label.on,
            }
            for label in label_set
        ],
    }


def label_set_from_json(data: dict) -> LabelSet:
    """The inverse of :func:`label_set_to_json`.

    Raises:
        LabelError: when a field is missing or has the wrong type.
    """
    try:
        labels = [
            Label(
                id=int(entry["id"]),
                name=_text(entry["name"]),
                colour=_colour(entry["colour"]),
                group=_text(entry["group"]),
                thing=bool(entry["thing"]),
                instanced=bool(entry["instanced"]),
                parent=None if entry["parent"] is None else int(entry["parent"]),
                within=None if entry.get("within") is None else int(entry["within"]),
                on=None if entry.get("on") is None else int(entry["on"]),
            )
            for entry in data["labels"]
        ]
        return LabelSet(_text(data["name"]), labels)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise LabelError("The label set in this file is damaged; save the file again with this program.") from None


def _text(value) -> str:
    """A text that can be shown and written; TypeError or UnicodeEncodeError, a ValueError, for anything else."""
    if not isinstance(value, str):
        raise TypeError
    value.encode()  # half a character (a lone surrogate) can't be
    return value


def _colour(value) -> tuple[int, int, int]:
    """Three whole numbers 0..255; ValueError for anything else."""
    if len(value) != 3 or not all(type(part) is int and 0 <= part <= 255 for part in value):
        raise ValueError
    return tuple(value)
