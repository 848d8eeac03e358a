"""One view of the scene: draws it and turns pointer and keys into gestures."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QCursor, QPainter
from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QWidget

from app.canvas import drawing
from app.canvas.notice import Notice
from core.scene.regions import Box

DIVIDER_REACH = 7

#: What a stamp dragged from the library is called.
STAMP = "application/x-veduta-stamp"


class Pane(QWidget):
    """Shows the scene as ``kind``: "labels", "photograph", "overlay" or "swipe".

    All panes share the canvas's viewport, tools, pictures and pointer.
    """

    def __init__(self, canvas, kind: str):
        super().__init__(canvas)
        self.canvas = canvas
        self.context = canvas.context
        self.kind = kind
        self.divider = 0.5  # of the pane's width, in the swipe view
        self.notice = Notice(self.context.theme, self)
        self.notice.hide()
        self.notice.pressed.connect(canvas.open_model_requested)
        self._panning: QPointF | None = None
        self._gesture = False
        self._dragging_divider = False
        self._space = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self.setAcceptDrops(True)

    # -- geometry ------------------------------------------------------------

    @property
    def extent(self) -> QSizeF:
        return QSizeF(self.size())

    def to_image(self, position: QPointF) -> QPointF:
        return self.canvas.viewport.to_image(position, self.extent)

    def from_image(self, point: QPointF) -> QPointF:
        return self.canvas.viewport.transform(self.extent).map(point)

    def redraw_box(self, box: Box) -> None:
        """Draw an image rectangle again."""
        x0, y0, x1, y1 = box
        area = self.canvas.viewport.transform(self.extent).mapRect(QRectF(x0, y0, x1 - x0, y1 - y0))
        self.update(area.toAlignedRect().adjusted(-3, -3, 3, 3))

    def pointer_rect(self) -> QRect:
        """Pane rectangle of the brush outline at the shared pointer."""
        pointer = self.canvas.pointer
        if pointer is None:
            return QRect()
        centre = self.from_image(pointer)
        reach = int(self.context.brush_radius * self.canvas.viewport.scale) + 14
        return QRect(QPoint(int(centre.x()) - reach, int(centre.y()) - reach), QPoint(int(centre.x()) + reach, int(centre.y()) + reach))

    @property
    def shows_photograph(self) -> bool:
        return self.kind != "labels" or self.canvas.labels_hidden

    def place_notice(self) -> None:
        text = self.canvas.notice_text if self.kind != "labels" else None
        self.notice.setVisible(text is not None)
        if text is None:
            return
        self.notice.say(*text)
        x = (self.width() - self.notice.width()) // 2
        room = self.height() - self.notice.height()
        self.notice.move(x, room // 2 if self.kind == "photograph" else room - 24)

    # -- drawing ---------------------------------------------------------------

    def paintEvent(self, event) -> None:
        painter = QPainter(self)
        drawing.draw_pane(painter, self, event.rect())

    def resizeEvent(self, event) -> None:
        self.canvas.pane_resized()
        self.place_notice()

    def refresh_cursor(self) -> None:
        if self._panning is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self.kind == "swipe" and (
            self._dragging_divider or self._near_divider(QPointF(self.mapFromGlobal(QCursor.pos())))
        ):
            self.setCursor(Qt.CursorShape.SplitHCursor)
        else:
            self.setCursor(self.canvas.tool.pane_cursor())

    # -- the pointer -------------------------------------------------------------

    def mousePressEvent(self, event) -> None:
        position, button = event.position(), event.button()
        if self.context.scene is None or self._gesture or self._panning is not None:
            return
        left = button == Qt.MouseButton.LeftButton
        if button == Qt.MouseButton.MiddleButton or left and (self._space or self.canvas.tool.name == "pan"):
            self._panning = position
        elif left and self._near_divider(position):
            self._dragging_divider = True
        elif left and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            point = self.to_image(position)
            self.context.pick(int(point.x() // 1), int(point.y() // 1))
        elif left:
            self._gesture = True
            self.canvas.tool.press(self.to_image(position), event.modifiers())
        self.canvas.point_at(self, position)
        self.refresh_cursor()

    def mouseMoveEvent(self, event) -> None:
        position = event.position()
        if self._panning is not None:
            self.canvas.viewport.pan(position - self._panning)
            self._panning = position
        elif self._dragging_divider:
            self.divider = min(max(position.x() / max(self.width(), 1), 0.0), 1.0)
            self.update()
        elif self.context.scene is not None:
            point = self.to_image(position)
            action = self.canvas.tool.move if self._gesture else self.canvas.tool.hover
            action(point, event.modifiers())
            if not self._gesture and self.kind == "swipe":
                self.refresh_cursor()
        self.canvas.point_at(self, position)

    def mouseReleaseEvent(self, event) -> None:
        if event.button() == Qt.MouseButton.MiddleButton or self._panning is not None and not self._gesture:
            self._panning = None
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging_divider = False
            if self._gesture:
                self._gesture = False
                self.canvas.tool.release(self.to_image(event.position()), event.modifiers())
        self.refresh_cursor()

    def mouseDoubleClickEvent(self, event) -> None:
        # Quick dabs are double clicks to Qt: they must paint like any press.
        self.mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self._gesture:
            self.canvas.tool.double_click(self.to_image(event.position()), event.modifiers())

    def wheelEvent(self, event) -> None:
        turn = event.angleDelta().y() or event.angleDelta().x()
        if turn and self.context.scene is not None:
            self.canvas.viewport.zoom_at(event.position(), self.extent, 1.2 ** (turn / 120))
            self.canvas.point_at(self, event.position())
        event.accept()

    def enterEvent(self, event) -> None:
        # So that keys reach the canvas without a click, unless somebody is typing.
        if not isinstance(self.window().focusWidget(), (QLineEdit, QAbstractSpinBox)):
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.refresh_cursor()

    def leaveEvent(self, event) -> None:
        if not self._gesture:
            self.canvas.point_at(self, None)
            self.canvas.tool.leave()

    # -- stamps dragged from the library --------------------------------------------

    def dragEnterEvent(self, event) -> None:
        if event.mimeData().hasFormat(STAMP) and self.context.scene is not None and self.context.tool == "stamp" and not self._gesture:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event) -> None:
        self.canvas.tool.hover(self.to_image(event.position()), event.modifiers())
        self.canvas.point_at(self, event.position())
        event.acceptProposedAction()

    def dragLeaveEvent(self, event) -> None:
        self.canvas.tool.leave()

    def dropEvent(self, event) -> None:
        point = self.to_image(event.position())
        self.canvas.tool.press(point, event.modifiers())
        self.canvas.tool.release(point, event.modifiers())
        event.acceptProposedAction()

    # -- keys ----------------------------------------------------------------------

    def event(self, event) -> bool:
        if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Tab and not event.modifiers():
            self.canvas.next_view()
            return True
        if event.type() == QEvent.Type.NativeGesture and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.canvas.viewport.zoom_at(event.position(), self.extent, 1.0 + event.value())
            return True
        return super().event(event)

    def keyPressEvent(self, event) -> None:
        key = event.key()
        if event.isAutoRepeat() and key in (Qt.Key.Key_Space, Qt.Key.Key_0):
            return
        if key == Qt.Key.Key_Escape:
            if self.abort():
                return
        elif key == Qt.Key.Key_Space:
            self._space = True
            self.refresh_cursor()
            return
        elif key == Qt.Key.Key_0 and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.canvas.hide_labels(True)
            return
        elif self.context.scene is not None and self.canvas.tool.key_press(key, event.modifiers()):
            return
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event) -> None:
        if event.isAutoRepeat():
            return
        if event.key() == Qt.Key.Key_Space:
            self._space = False
            self.refresh_cursor()
        elif event.key() == Qt.Key.Key_0:
            self.canvas.hide_labels(False)
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event) -> None:
        self._space = False
        self.canvas.hide_labels(False)
        super().focusOutEvent(event)

    def abort(self) -> bool:
        """Give up the gesture in progress; the button may still be down, its release then does nothing."""
        self._gesture = False
        return self.canvas.tool.abort()

    def _near_divider(self, position: QPointF) -> bool:
        return (
            self.kind == "swipe" and not self.canvas.labels_hidden
            and self.rect().contains(position.toPoint())
            and abs(position.x() - self.divider * self.width()) <= DIVIDER_REACH
        )
