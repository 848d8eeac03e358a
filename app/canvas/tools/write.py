"""Write: click a shop's sign or a number plate and type; map and photograph follow letter by letter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtWidgets import QLineEdit

from app.canvas.tools.base import Modifiers, Tool

#: Pixels between the sign and the field in which one types, and the field's width.
_BELOW, _WIDE = 8, 200


class WriteTool(Tool):
    """What is typed is one undo step, replaced with each letter; Enter or a click elsewhere keeps it, Esc takes it back."""

    name, title, icon, key = "write", "Write", "text-t", "T"
    hint = "Click a shop's sign or a number plate and type. Enter keeps it, Esc takes it back."
    cursor = Qt.CursorShape.IBeamCursor

    def __init__(self, context, canvas):
        super().__init__(context, canvas)
        self.field: QLineEdit | None = None
        self._at = (0, 0)
        #: The undo step that holds what is typed; None where nothing is.
        self._step: int | None = None
        self._keys = _Keys(self)
        context.scene_replaced.connect(self.keep)
        context.tool_changed.connect(lambda _name: self.keep())

    def press(self, point: QPointF, modifiers: Modifiers) -> None:
        from core.filling.lettering import find_board

        self.keep()
        x, y = self.pixel(point)
        found = self.guarded(lambda: find_board(self.context.scene, x, y)) if self.context.inside(x, y) else None
        if found is None:
            return
        _, (_, _, _, foot), *_ = found
        pane = next((pane for pane in self.canvas.panes if pane.underMouse()), self.canvas.panes[0])
        self._at = (x, y)
        self.field = QLineEdit(self.canvas)
        self.field.setAccessibleName("What is written here")
        self.field.setPlaceholderText("Type, then Enter")
        self.field.setMaxLength(24)
        self.field.setFixedWidth(_WIDE)
        self.field.installEventFilter(self._keys)
        self.field.textEdited.connect(self._show)
        self.field.returnPressed.connect(self.keep)
        below = pane.from_image(QPointF(point.x(), foot)).toPoint()
        spot = pane.mapTo(self.canvas, below) + QPoint(-_WIDE // 2, _BELOW)
        room = self.canvas.rect()
        self.field.move(
            max(0, min(spot.x(), room.width() - _WIDE)), max(0, min(spot.y(), room.height() - self.field.sizeHint().height()))
        )
        self.field.show()
        self.field.setFocus(Qt.FocusReason.MouseFocusReason)

    def _show(self, text: str) -> None:
        """Write what is typed so far in place of what was before."""
        from core.filling.lettering import write

        self._take_back()
        if text.strip() and self.context.commit(self.guarded(lambda: write(self.context.scene, *self._at, text))):
            self._step = self.context.history.index()

    def _take_back(self) -> None:
        step, self._step = self._step, None
        if step is not None and step == self.context.history.index():  # else someone undid it, or went on
            self.context.history.undo()

    def keep(self) -> None:
        """Close the field; what is written stays."""
        field, self.field, self._step = self.field, None, None
        if field is None:
            return
        focused = field.hasFocus()
        field.removeEventFilter(self._keys)
        field.hide()
        field.deleteLater()
        if focused:  # the keys are the canvas's again
            self.canvas.panes[0].setFocus()

    def abort(self) -> bool:
        had = self.field is not None
        if had:
            self._take_back()
            self.keep()
        return had


class _Keys(QObject):
    """Esc in the field takes back what was written; whoever clicks elsewhere keeps it."""

    def __init__(self, tool: WriteTool):
        super().__init__(tool.canvas)
        self._tool = tool

    def eventFilter(self, watched, event) -> bool:
        if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self._tool.abort()
            return True
        if event.type() == QEvent.Type.FocusOut and event.reason() != Qt.FocusReason.PopupFocusReason:
            self._tool.keep()
        return False
