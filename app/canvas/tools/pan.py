"""Pan: drag the frame."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.canvas.tools.base import Tool


class PanTool(Tool):
    """Drags the frame; the pane itself does the panning, as with Space or the middle button."""

    name, title, icon, key = "pan", "Pan", "hand", "H"
    hint = "Drag to move the frame. Space or the middle button does this in every tool."
    cursor = Qt.CursorShape.OpenHandCursor
