"""Polygon: click the corners, close it, and it is filled."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform

from app.canvas.tools.base import Modifiers, Tool
from core.scene import edits

#: How near to the first corner, in pane pixels, a click closes the polygon.
CLOSE_REACH = 9.0


class PolygonTool(Tool):
    """Click sets a corner; Enter, a double click or the first corner closes; Backspace takes one back."""

    name, title, icon, key = "polygon", "Polygon", "polygon", "P"
    hint = "Click corners. Enter or the first corner closes, Backspace takes one back, Esc gives up."

    def __init__(self, context, canvas):
        super().__init__(context, canvas)
        self.corners: list[QPointF] = []
        self._pointer: QPointF | None = None
        context.scene_replaced.connect(self.abort)

    def press(self, point: QPointF, modifiers: Modifiers) -> None:
        if len(self.corners) >= 3 and self._near_first(point):
            self.close()
            return
        self.corners.append(self._inside(point))
        self._pointer = QPointF(point)
        self.canvas.redraw()

    def hover(self, point: QPointF, modifiers: Modifiers) -> None:
        if self.corners:
            self._pointer = QPointF(point)
            self.canvas.redraw()

    move = hover

    def double_click(self, point: QPointF, modifiers: Modifiers) -> None:
        # Both clicks have set a corner at the same place; one is enough.
        if len(self.corners) > 3:
            self.corners.pop()
            self.close()

    def key_press(self, key: int, modifiers: Modifiers) -> bool:
        if not self.corners:
            return False
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close()
            return True
        if key == Qt.Key.Key_Backspace:
            self.corners.pop()
            self.canvas.redraw()
            return True
        return False

    def close(self) -> None:
        """Fill the polygon, as one undo step."""
        context = self.context
        points = [(corner.x() - 0.5, corner.y() - 0.5) for corner in self.corners]
        if len(points) < 3:
            context.message.emit("A polygon needs at least three corners; click once more.")
            return
        self.abort()
        edit = self.guarded(lambda: edits.polygon(
            context.scene, points, context.label_id, context.paint_target(), context.paint_over()
        ))
        if context.commit(edit):
            context.painted.emit(edit)

    def abort(self) -> bool:
        had, self.corners = bool(self.corners), []
        self._pointer = None
        if had:
            self.canvas.redraw()
        return had

    def draw(self, painter: QPainter, transform: QTransform) -> None:
        if not self.corners:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        points = [transform.map(corner) for corner in self.corners]
        closing = len(self.corners) >= 3 and self._pointer is not None and self._near_first(self._pointer)
        way = points + ([transform.map(self._pointer)] if self._pointer is not None and not closing else [])
        colour = QColor(*self.context.label.colour)
        colour.setAlpha(90)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF(way))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(QColor(0, 0, 0, 150), 3), QPen(QColor(255, 255, 255), 1.4)):
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(way + points[:1] if closing else way))
        accent = self.context.theme.colour("accent")
        for index, point in enumerate(points):
            large = index == 0 and closing
            painter.setPen(QPen(QColor(0, 0, 0, 160), 1))
            painter.setBrush(accent if large else QColor(255, 255, 255))
            painter.drawEllipse(point, 6 if large else 3.5, 6 if large else 3.5)

    def _near_first(self, point: QPointF) -> bool:
        away = point - self.corners[0]
        return (away.x() ** 2 + away.y() ** 2) ** 0.5 * self.canvas.viewport.scale <= CLOSE_REACH

    def _inside(self, point: QPointF) -> QPointF:
        width, height = self.context.scene.size
        return QPointF(min(max(point.x(), 0.5), width - 0.5), min(max(point.y(), 0.5), height - 0.5))
