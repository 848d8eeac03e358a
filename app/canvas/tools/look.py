"""Copy a look: take it from one object, its parts' along with it, give it to as many others as the pointer touches."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from app.canvas.tools.base import Modifiers, Tool
from core import looks
from core.labels import object_class


class LookTool(Tool):
    """Drag from an object over others of its class; or click one, then click others. Esc drops the look."""

    name, title, icon, key = "look", "Copy a look", "paint-roller", "L"
    hint = "Drag from an object over others of its class to give them its look. Or click one, then the others; Esc drops it."

    def __init__(self, context, canvas):
        super().__init__(context, canvas)
        #: The object whose look is in the hand, 0 for none.
        self.source = 0
        self._pressed = 0
        self._given: list[int] = []
        context.scene_replaced.connect(self._forget)

    def _forget(self) -> None:
        self.source = self._pressed = 0
        self._given = []

    def press(self, point: QPointF, modifiers: Modifiers) -> None:
        self._pressed, self._given = self._under(point), []
        if not self._pressed:
            return
        if self.source and not self.context.scene.area(self.source):
            self.source = 0
        if self.source and self._fits(self._pressed):
            self._touch(self._pressed)

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        value = self._under(point)
        if not self._pressed or not value or value == self._pressed and not self._given:
            return
        if not self._given:
            self.source = self._pressed  # a drag takes the look where it begins
        if self._fits(value):
            self._touch(value)

    def release(self, point: QPointF, modifiers: Modifiers) -> None:
        pressed, self._pressed = self._pressed, 0
        given, self._given = self._given, []
        self.context.try_looks({})
        if given:
            book = self._book()
            if book is not None:
                scene = self.context.scene
                self.context.commit(self.guarded(lambda: looks.copy_look(scene, book, self.source, given)))
                self.context.select_many(given)
        elif pressed:
            self.source = pressed
            self.context.select(pressed)
            if self._book() is None:
                self.context.message.emit("This model has no looks to copy.")
            else:
                name = self.context.label_set.name_of(object_class(pressed))
                self.context.message.emit(f"The look of {name} {pressed} is in the hand; click others to give it.")

    def abort(self) -> bool:
        had = bool(self.source or self._pressed)
        self._forget()
        self.context.try_looks({})
        return had

    # -- details -----------------------------------------------------------------

    def _under(self, point: QPointF) -> int:
        """The object at a point, or the class where that has no objects; 0 outside the frame."""
        x, y = self.pixel(point)
        return self.context.scene.object_at(x, y) if self.context.inside(x, y) else 0

    def _fits(self, value: int) -> bool:
        return value != self.source and object_class(value) == object_class(self.source)

    def _touch(self, value: int) -> None:
        """One more object is to get the look; the photograph shows it at once."""
        book = self._book()
        if value in self._given or book is None:
            return
        self._given.append(value)
        scene = self.context.scene
        look = looks.of_objects(self._given, looks.whole_look(scene, book, self.source))
        self.context.try_looks(looks.all_given(scene.codes, look))

    def _book(self):
        model = self.context.model
        return model.code_book if model is not None else None
