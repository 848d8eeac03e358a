"""Brush and eraser: a drag is a stroke, a stroke is one undo step."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform

from app.canvas.tools.base import Modifiers, Tool
from core.errors import VedutaError
from core.scene.edits import UNLABELED, Target
from core.scene.strokes import Stroke


class BrushTool(Tool):
    """Paints the chosen class; Shift+click draws a straight line from the last stroke's end."""

    name, title, icon, key = "brush", "Brush", "paint-brush", "B"
    hint = "Drag to paint. Shift+click: straight line. Alt+click: pick. [ and ]: size."
    outlined = True
    cursor = Qt.CursorShape.BlankCursor

    def __init__(self, context, canvas):
        super().__init__(context, canvas)
        self._stroke: Stroke | None = None
        self._end: QPointF | None = None
        self._line_to: QPointF | None = None
        context.scene_replaced.connect(self._forget)

    def _forget(self) -> None:
        self._stroke = self._end = self._line_to = None

    def label_and_target(self) -> tuple[int, Target]:
        return self.context.label_id, self.context.paint_target()

    def press(self, point: QPointF, modifiers: Modifiers) -> None:
        context = self.context
        label_id, target = self.label_and_target()
        # A brush of n pixels across: its radius counts from the middle of a pixel.
        radius = max(0.0, context.brush_radius - 0.5)
        over = context.paint_over() if label_id != UNLABELED else None
        self._stroke = self.guarded(
            lambda: Stroke(context.scene, label_id, target, radius, over=over, autofill=context.settings["autofill"])
        )
        if self._stroke is None:
            return
        context.stroking = True
        if modifiers & Qt.KeyboardModifier.ShiftModifier and self._end is not None:
            self._add(self._end)
        self._line_to = None
        self._add(point)

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        if self._stroke is not None:
            self._add(point)

    def release(self, point: QPointF, modifiers: Modifiers) -> None:
        stroke, self._stroke = self._stroke, None
        self.context.stroking = False
        if stroke is None:
            return
        value = stroke.value
        edit = stroke.finish()
        if edit is not None and (edit.new_codes or stroke.filled):
            # Codes went with an object, or a closed contour was filled.
            self.context.touched(edit.bbox if stroke.filled else (0, 0, 0, 0))
        if self.context.commit(edit, applied=True):
            if value and self.context.label_id == stroke.label.id:
                self.context.select(value)
            self.context.painted.emit(edit)

    def abort(self) -> bool:
        stroke, self._stroke = self._stroke, None
        self.context.stroking = False
        if stroke is None:
            return False
        box = stroke.abort()
        if box is not None:
            self.context.touched(box)
        return True

    def _add(self, point: QPointF) -> None:
        self._end = QPointF(point)
        # The engine counts from pixel centres, the canvas from pixel edges.
        try:
            box = self._stroke.add(point.x() - 0.5, point.y() - 0.5)
        except VedutaError as error:
            self.abort()
            self.context.message.emit(str(error))
            return
        if box is not None:
            self.context.touched(box)

    def hover(self, point: QPointF, modifiers: Modifiers) -> None:
        straight = modifiers & Qt.KeyboardModifier.ShiftModifier and self._end is not None
        line_to = QPointF(point) if straight else None
        if line_to is not None or self._line_to is not None:
            self._line_to = line_to
            self.canvas.redraw()

    def draw(self, painter: QPainter, transform: QTransform) -> None:
        if self._line_to is None or self._end is None:
            return
        for colour, width in ((QColor(0, 0, 0, 140), 3), (QColor(255, 255, 255), 1)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(transform.map(self._end), transform.map(self._line_to))


class EraserTool(BrushTool):
    """Leaves pixels unlabeled."""

    name, title, icon, key = "eraser", "Eraser", "eraser", "E"
    hint = "Drag to make pixels unlabeled. Shift+click: straight line."

    def label_and_target(self) -> tuple[int, Target]:
        return UNLABELED, None
