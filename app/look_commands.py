"""Whose look is chosen, and what can be done with it, as one undo step each."""

from __future__ import annotations

from typing import Callable

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.context import StudioContext
from core import looks
from core.errors import VedutaError
from core.labels import object_class
from core.scene.edit import Edit


class LookCommands(QObject):
    """Commands on the looks of :attr:`values`, and of the whole street.

    Attributes:
        copied: the look that was copied, (K,) float32, or None.

    Signals:
        done: a command is over, whether or not it changed anything.
    """

    done = Signal()

    def __init__(self, context: StudioContext, parent: QObject | None = None):
        super().__init__(parent)
        self.context = context
        self.copied: np.ndarray | None = None
        self._draws = 0

    # -- whose look ----------------------------------------------------------------------

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

    @property
    def book(self):
        """The model's code book where it has any looks, else None."""
        model = self.context.model
        return model.code_book if model is not None and model.code_book is not None and model.code_book.centres else None

    @property
    def ready(self) -> bool:
        """True where a look can be given now; a model or a scene may have gone while a slider rested."""
        return bool(self.value and self.book is not None and self.book.looks(object_class(self.value)))

    # -- one object, or several of a class -----------------------------------------------

    def give(self, code: np.ndarray | None) -> None:
        """Give a look, or (None) the class's usual one."""
        if self.ready:
            name = self.context.label_set.name_of(object_class(self.value))
            self._commit(looks.give_look, self.values, code, f"Change the look of {name}")

    def choose(self, k: int) -> None:
        """Give look ``k`` of the class."""
        if self.ready:
            self.give(self.book.code(object_class(self.value), k))

    def draw(self, seed: int) -> None:
        """Any look, another at each call."""
        if self.ready:
            self.give(looks.draw(self.book, self.value, self._next(seed)))

    def draw_similar(self, seed: int) -> None:
        """A look near the present one, another at each call."""
        if self.ready:
            code = looks.code_of(self.context.scene, self.book, self.value)
            self.give(looks.similar(self.book, int(object_class(self.value)), code, self._next(seed)))

    def copy_look(self) -> None:
        if self.ready:
            self.copied = looks.code_of(self.context.scene, self.book, self.value).copy()
            self.done.emit()

    def paste_look(self) -> None:
        if self.copied is not None:
            self.give(self.copied)

    def lock(self, on: bool) -> None:
        self.context.lock(self.values, on)
        self.done.emit()  # while a stroke is drawn nothing can be locked

    def toggle_lock(self) -> None:
        """Lock the looks of what is chosen, or unlock them where all are locked."""
        if self.ready:
            self.lock(not self.context.locked.issuperset(self.values))

    # -- more than that ------------------------------------------------------------------

    def apply_to_all(self) -> None:
        """Give every unlocked object of the class this look."""
        if self.ready:
            self._commit(looks.apply_to_class, self.book, self.value, self.context.locked)

    def randomise(self, seed: int) -> None:
        """Give everything that isn't locked a look drawn by ``seed``."""
        if self.context.scene is not None and self.book is not None:
            self._commit(looks.randomise_street, self.book, seed, self.context.locked)
        elif self.context.model is None:
            self.context.message.emit("Looks come with a model; open one, or wait until it is loaded.")
        else:
            self.context.message.emit("This model has no looks to choose from.")

    # -- details -------------------------------------------------------------------------

    def _next(self, seed: int) -> int:
        self._draws += 1
        return seed * 10_000 + self._draws

    def _commit(self, function: Callable[..., Edit | None], *arguments) -> None:
        """Carry out an edit of ``core.looks`` as one undo step, or say why it can't be."""
        self.context.try_looks({})
        try:
            self.context.commit(function(self.context.scene, *arguments))
        except VedutaError as error:
            self.context.failed.emit("The look can't be changed.", str(error))
        self.done.emit()
