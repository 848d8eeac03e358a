"""Whose look is chosen: objects or stuff as a whole, or one kind of part in them."""

from __future__ import annotations

from typing import Mapping

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.context import StudioContext
from core import looks
from core.labels import INSTANCE_FACTOR, object_class
from core.look_regions import look_key
from core.scene.scene import Scene


class LookChoice(QObject):
    """Follows the selection. The kind of part stays chosen from object to object, for those that have it.

    Signals:
        changed: another kind of part was chosen.
    """

    changed = Signal()

    def __init__(self, context: StudioContext, parent: QObject | None = None):
        super().__init__(parent)
        self.context = context
        self._wanted = 0  # the kind of part that a person chose last
        self._seen: tuple = ((), ())
        context.label_changed.connect(self._follow_hand)

    # -- objects ---------------------------------------------------------------------------

    @property
    def value(self) -> int:
        """The instance value whose look is chosen: the selected object, or the class in hand as stuff; 0: none."""
        context = self.context
        if context.scene is None:
            return 0
        if context.selection:
            return context.selection
        base = int(context.label_set.base[context.label_id])
        return base if context.scene.area(base) else 0

    @property
    def values(self) -> list[int]:
        """All whose look is chosen: the selected objects of the class of :attr:`value`."""
        value = self.value
        together = [v for v in self.context.selected if object_class(v) == object_class(value)]
        return together if value in together else [value] if value else []

    # -- parts -----------------------------------------------------------------------------

    @property
    def part(self) -> int:
        """The label id of the parts whose look is chosen, 0 for the object as a whole."""
        return self._wanted if self._wanted in self.kinds else 0

    @property
    def kinds(self) -> tuple[int, ...]:
        """Label ids of the parts that have looks of their own and can be seen in the object :attr:`value`."""
        context, value, book = self.context, self.value, self.book
        if not value or book is None or not context.model.card.part_codes or not self.apart:
            return ()
        state = context.scene, context.scene.revision, value, id(book)
        if self._seen[0] != state:
            known = looks.kinds_of_parts(book, context.label_set, value)
            there = labels_in(context.scene, value) if known else ()
            self._seen = state, tuple(part for part in known if part in there)
        return self._seen[1]

    def choose_part(self, part: int) -> None:
        """Choose a kind of part by its label id, or (0) the whole object."""
        if part != self._wanted:
            self._wanted = part
            self.changed.emit()

    def _follow_hand(self, label_id: int) -> None:
        """A part that is taken in hand, or picked from the picture, is chosen here, too; so is what it is part of."""
        label_set = self.context.label_set
        if label_set[label_id].parent is not None:
            self.choose_part(label_id)
        elif self._wanted in label_set and label_set[self._wanted].parent == label_id:
            self.choose_part(0)

    # -- looks -----------------------------------------------------------------------------

    @property
    def key(self) -> int:
        """The look key that is chosen, see ``core.look_regions``; 0: none."""
        return look_key(self.value, self.part)

    @property
    def keys(self) -> list[int]:
        """The look keys of all :attr:`values`, :attr:`key` among them."""
        part = self.part
        return [look_key(value, part) for value in self.values]

    @property
    def book(self):
        """The model's code book where it has any looks, else None."""
        model = self.context.model
        return model.code_book if model is not None and model.code_book is not None and model.code_book.centres else None

    @property
    def apart(self) -> bool:
        """True unless the model gives all objects of the class one look."""
        value, model = self.value, self.context.model
        return model is None or value < INSTANCE_FACTOR or object_class(value) in model.card.object_classes

    @property
    def label_id(self) -> int:
        """Among whose looks there is a choice: a part's label id, or the object's class."""
        return looks.look_label(self.key)

    @property
    def name(self) -> str:
        """What a person calls it: "shopfront", "building"."""
        return self.context.label_set.name_of(self.label_id)

    @property
    def count(self) -> int:
        """How many looks there are; 0 also where a model or a scene has gone."""
        return self.book.looks(self.label_id) if self.value and self.book is not None and self.apart else 0

    @property
    def code(self) -> np.ndarray:
        """(K,) float32, the present one; only where there are looks."""
        return looks.code_of(self.context.scene, self.book, self.key)

    @property
    def codes(self) -> list[np.ndarray]:
        """The looks, each (K,) float32."""
        return looks.looks_of(self.context.scene, self.book, self.key) if self.count else []

    def look(self, k: int) -> dict[int, np.ndarray]:
        """Look key -> code: look ``k`` as each of the objects has it."""
        return {key: looks.looks_of(self.context.scene, self.book, key)[k] for key in self.keys}

    def try_on(self, codes: Mapping[int, np.ndarray]) -> None:
        """Show in the photograph what giving these looks would change."""
        self.context.try_looks(looks.all_given(self.context.scene.codes, codes))


def labels_in(scene: Scene, value: int) -> set[int]:
    """Ids in the label map where the instance map holds ``value``; looks at the object's box alone."""
    entry = scene.objects().get(value)
    if entry is None:
        return set()
    x0, y0, x1, y1 = entry.bbox
    here = np.s_[y0:y1, x0:x1]
    labels = np.asarray(scene.label_map[here])[np.asarray(scene.instance_map[here]) == value]
    return set(np.flatnonzero(np.bincount(labels, minlength=256)).tolist())
