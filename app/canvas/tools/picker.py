"""Picker: take the class, and the object, from under the pointer."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from app.canvas.tools.base import Modifiers, Tool


class PickerTool(Tool):
    """Click chooses the class under the pointer and selects its object."""

    name, title, icon, key = "picker", "Pick and select", "eyedropper", "I"
    hint = "Click to take the class and select the object. Alt+click does this in every tool."

    def press(self, point: QPointF, modifiers: Modifiers) -> None:
        self.context.pick(*self.pixel(point))

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        self.press(point, modifiers)
