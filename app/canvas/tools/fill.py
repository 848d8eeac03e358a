"""Flood fill."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from app.canvas.tools.base import Modifiers, Tool
from core.scene import edits


class FillTool(Tool):
    """Fills the connected region of one label and object under a click."""

    name, title, icon, key = "fill", "Fill", "paint-bucket", "G"
    hint = "Click a region to give it the chosen class."

    def press(self, point: QPointF, modifiers: Modifiers) -> None:
        context, (x, y) = self.context, self.pixel(point)
        if not context.inside(x, y):
            return
        edit = self.guarded(lambda: edits.fill(context.scene, x, y, context.label_id, context.paint_target()))
        if context.commit(edit):
            context.painted.emit(edit)
