"""What every tool is."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QCursor, QPainter, QTransform

from app.context import StudioContext
from core.errors import VedutaError

Modifiers = Qt.KeyboardModifier


class Tool:
    """One way to use the pointer on the scene.

    Points are in image coordinates over pixel edges; the pixel under a point is
    its floor. A tool works alike in every pane. Attributes of the class say how
    it appears: ``name``, ``title``, ``icon`` (Phosphor), ``key``, ``hint``.
    """

    name = ""
    title = ""
    icon = ""
    key = ""
    hint = ""
    #: True where the pane shows the brush's outline at the pointer.
    outlined = False
    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, context: StudioContext, canvas):
        self.context = context
        self.canvas = canvas

    # Gestures. ``release`` follows every ``press`` unless ``abort`` came first.
    def press(self, point: QPointF, modifiers: Modifiers) -> None: ...

    def move(self, point: QPointF, modifiers: Modifiers) -> None: ...

    def release(self, point: QPointF, modifiers: Modifiers) -> None: ...

    def double_click(self, point: QPointF, modifiers: Modifiers) -> None: ...

    def hover(self, point: QPointF, modifiers: Modifiers) -> None: ...

    def leave(self) -> None:
        """The pointer has left the pane, without a button held."""

    def key_press(self, key: int, modifiers: Modifiers) -> bool:
        """True where the tool used the key."""
        return False

    def abort(self) -> bool:
        """Give up the gesture in progress, leaving the scene as it was; True where there was one."""
        return False

    def draw(self, painter: QPainter, transform: QTransform) -> None:
        """Draw the gesture in progress, in pane coordinates."""

    def pane_cursor(self) -> QCursor:
        return QCursor(self.cursor)

    # Helpers.
    def guarded(self, action):
        """Run ``action``; a sentence for the person goes to the status bar. None after an error."""
        try:
            return action()
        except VedutaError as error:
            self.context.message.emit(str(error))
            return None

    def pixel(self, point: QPointF) -> tuple[int, int]:
        return int(point.x() // 1), int(point.y() // 1)
