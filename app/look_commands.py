"""What can be done with the look that is chosen, as one undo step each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterable, Mapping

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.context import StudioContext
from app.look_choice import LookChoice
from core import looks
from core.errors import VedutaError
from core.labels import object_class
from core.look_regions import key_value, look_key
from core.scene.edit import Edit


@dataclass(frozen=True)
class CopiedLook:
    """A look in memory.

    Attributes:
        label_id: class of the object.
        part: label id of the parts whose look it is, 0 for that of the whole object.
        codes: part -> (K,) float32; 0 for the object itself.
    """

    label_id: int
    part: int
    codes: Mapping[int, np.ndarray]

    @property
    def own(self) -> np.ndarray:
        """(K,) float32: the code of what was copied, without its parts."""
        return self.codes[self.part]

    def for_parts(self, part: int) -> np.ndarray:
        """(K,) float32: what parts of a kind get."""
        return self.codes.get(part, self.own)

    def for_objects(self, values: Iterable[int]) -> dict[int, np.ndarray]:
        """Look key -> code: what objects get. Those of another class have other parts, and get their own code alone."""
        return {
            look_key(value, part): code
            for value in values
            for part, code in (self.codes if object_class(value) == self.label_id else {0: self.own}).items()
        }


class LookCommands(QObject):
    """Commands on the looks of ``choice``, and of the whole street.

    Attributes:
        copied: the look that was copied, or None.

    Signals:
        done: a command is over, whether or not it changed anything.
    """

    done = Signal()

    def __init__(self, context: StudioContext, parent: QObject | None = None):
        super().__init__(parent)
        self.context = context
        self.choice = LookChoice(context, self)
        self.copied: CopiedLook | None = None
        self._draws = 0

    @property
    def ready(self) -> bool:
        """True where a look can be given now; a model or a scene may have gone while a slider rested."""
        return self.choice.count > 0

    # -- one object, or several of a class -----------------------------------------------

    def give(self, code: np.ndarray | None) -> None:
        """Give a look, or (None) the usual one."""
        if self.ready:
            self._give(dict.fromkeys(self.choice.keys, code))

    def choose(self, k: int) -> None:
        """Give look ``k``."""
        if self.ready:
            self._give(self.choice.look(k))

    def draw(self, seed: int) -> None:
        """Any look, another at each call, and for each object its own."""
        scene, book = self.context.scene, self.choice.book
        self._give_each(lambda key, number: looks.draw(scene, book, key, number), seed)

    def draw_similar(self, seed: int) -> None:
        """A look near the present one, another at each call, and for each object its own."""
        scene, book = self.context.scene, self.choice.book
        self._give_each(lambda key, number: looks.similar(book, key, looks.code_of(scene, book, key), number), seed)

    def copy_look(self) -> None:
        if self.ready:
            choice, label_id = self.choice, int(object_class(self.choice.value))
            codes = {choice.part: choice.code} if choice.part else looks.whole_look(
                self.context.scene, choice.book, choice.value
            )
            self.copied = CopiedLook(label_id, choice.part, {part: code.copy() for part, code in codes.items()})
            self.done.emit()

    @property
    def cannot_paste(self) -> str:
        """Why the copied look can't be pasted here and what to do, "" where it can."""
        if self.copied is None:
            return "Copy a look first."
        if self.copied.own.shape != (self.choice.book.dim,):
            return "The look was copied with another model; copy one anew."
        if self.copied.part and not self.choice.part:
            name = self.context.label_set.name_of(self.copied.part)
            return f"The look that was copied is that of parts ({name}); choose the parts that are to get it."
        return ""

    def paste_look(self) -> None:
        if not self.ready:
            return
        if self.cannot_paste:
            self.context.message.emit(self.cannot_paste)
        elif self.choice.part:
            self.give(self.copied.for_parts(self.choice.part))
        else:
            self._give(self.copied.for_objects(self.choice.values))

    def lock(self, on: bool) -> None:
        self.context.lock(self.choice.values, on)
        self.done.emit()  # while a stroke is drawn nothing can be locked

    def toggle_lock(self) -> None:
        """Lock the looks of what is chosen, or unlock them where all are locked."""
        if self.ready:
            self.lock(not self.context.locked.issuperset(self.choice.values))

    # -- more than that ------------------------------------------------------------------

    def apply_to_all(self) -> None:
        """Give every unlocked object of the class this look, or its parts of the chosen kind this one."""
        if self.ready:
            self._commit(looks.apply_to_class, self.choice.book, self.choice.key, self.context.locked)

    def randomise(self, seed: int) -> None:
        """Give everything that isn't locked a look drawn by ``seed``."""
        if self.context.scene is not None and self.choice.book is not None:
            self._commit(looks.randomise_street, self.choice.book, seed, self.context.locked)
        elif self.context.model is None:
            self.context.message.emit("Looks come with a model; open one, or wait until it is loaded.")
        else:
            self.context.message.emit("This model has no looks to choose from.")

    # -- details -------------------------------------------------------------------------

    def _next(self, seed: int) -> int:
        self._draws += 1
        return seed * 10_000 + self._draws

    def _give_each(self, drawn: Callable[[int, int], np.ndarray], seed: int) -> None:
        """Give each look key ``drawn(key, number)``; of several objects, locked ones keep their look."""
        if not self.ready:
            return
        keys = self.choice.keys
        if len(keys) > 1:
            keys = [key for key in keys if key_value(key) not in self.context.locked]
        if not keys:
            self.context.message.emit("These objects are locked; unlock one to draw a look for it.")
            return
        number = self._next(seed)
        self._give({key: drawn(key, number) for key in keys})

    def _give(self, codes: Mapping[int, np.ndarray | None]) -> None:
        self._commit(looks.give_looks, codes, f"Change the look of {self.choice.name}")

    def _commit(self, function: Callable[..., Edit | None], *arguments) -> None:
        """Carry out an edit of ``core.looks`` as one undo step, or say why it can't be."""
        self.context.try_looks({})
        try:
            self.context.commit(function(self.context.scene, *arguments))
        except VedutaError as error:
            self.context.failed.emit("The look can't be changed.", str(error))
        self.done.emit()
