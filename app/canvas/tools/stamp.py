"""Stamp: put down cars, people, trees and signs from the library, as large as the road's perspective asks for."""

from __future__ import annotations

from typing import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QImage, QPainter, QPen, QPolygonF, QTransform

from app.canvas.tools.base import Modifiers, Tool
from app.history import Horizon
from core.errors import VedutaError
from core.labels import INSTANCE_FACTOR
from core.scene import objects
from core.scene.hold import Hold
from core.stamps import Stamp

#: How near, in pane pixels, takes hold of the horizon's handle.
REACH = 10.0


class StampTool(Tool):
    """Click puts the chosen stamp down; while the button is held it follows the hand."""

    name, title, icon, key = "stamp", "Stamp", "car", "S"
    hint = "Choose a stamp, then click where its foot is to stand. Drag the handle at the left to set the horizon."
    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, context, canvas):
        super().__init__(context, canvas)
        self.stamp: Stamp | None = None
        self.size = 1.0
        self.mirrored = False
        #: Called with ``mirrored`` when that changes, by key or by the panel.
        self.mirror_changed: Callable[[bool], None] = lambda on: None
        self._label_set = None  # of the stamp
        self._picture: QImage | None = None
        self._pixels: np.ndarray | None = None
        self._hold: Hold | None = None
        self._pointer: QPointF | None = None
        self._lifted: tuple[float, Horizon] | None = None  # while the horizon is dragged: how far above the hand, and before
        context.scene_replaced.connect(self._forget)
        context.horizon_changed.connect(canvas.redraw)

    def _forget(self) -> None:
        self._hold = self._pointer = self._lifted = None
        if self.stamp is not None and self._label_set is not self.context.label_set:
            self.choose(None)  # its numbers mean other classes here, or none

    def choose(self, stamp: Stamp | None) -> None:
        """Take a stamp in the hand."""
        self.stamp = stamp
        self._picture, self._label_set = None, self.context.label_set
        if stamp is not None:
            self._pixels = np.ascontiguousarray(stamp.picture(self.context.label_set))
            height, width = self._pixels.shape[:2]
            self._picture = QImage(self._pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
        self.canvas.redraw()

    def mirror(self, on: bool) -> None:
        """Put stamps down the other way round, or not; says so to :attr:`mirror_changed`."""
        if on != self.mirrored:
            self.mirrored = on
            self.mirror_changed(on)
            self.canvas.redraw()

    def matrix(self, point: QPointF) -> np.ndarray:
        """(2, 3): where the stamp goes with its foot at an image point."""
        horizon = self.context.horizon() if self.context.settings["perspective"] else None
        matrix = self.stamp.matrix(point.x(), point.y(), horizon, self.size)
        if self.mirrored:
            matrix = matrix @ np.diag([-1.0, 1.0, 1.0])
        return matrix

    # -- gestures --------------------------------------------------------------------

    def press(self, point: QPointF, modifiers: Modifiers) -> None:
        self._pointer = QPointF(point)
        if self._near_handle(point):
            self._lifted = self.context.horizon() - point.y(), self.context.horizon_settled
            self.context.stroking = True
            return
        if self.stamp is None:
            self.context.message.emit("Choose a stamp first.")
            return
        try:
            pieces = objects.numbered(self.context.scene, self.stamp.pieces)
            self._hold = Hold(self.context.scene, (), pieces, f"Put down a {self.stamp.kind}")
            box = self._hold.place(self.matrix(point))
        except VedutaError as error:
            self._hold = None
            self.context.message.emit(str(error))
            return
        self.context.stroking = True
        if box is not None:
            self.context.touched(box)

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        self._pointer = QPointF(point)
        if self._lifted is not None:
            height = self.context.scene.size[1]
            self.context.settle_horizon(Horizon(min(max(point.y() + self._lifted[0], 0.0), height - 1.0), True))
        elif self._hold is not None:
            box = self.guarded(lambda: self._hold.place(self.matrix(point)))
            if box is not None:
                self.context.touched(box)

    def release(self, point: QPointF, modifiers: Modifiers) -> None:
        if self._lifted is not None:
            self._put_down()
            return
        hold, self._hold = self._hold, None
        if hold is None:
            return
        edit = hold.finish()
        self.context.stroking = False
        if edit is None:
            self.context.message.emit("Nothing of it would lie in the street.")
        self.context.commit(edit, applied=True)
        self.context.select_many(
            piece.value for piece in hold.pieces if piece.value >= INSTANCE_FACTOR and self.context.scene.area(piece.value)
        )
        self.context.touched((0, 0, 0, 0))

    def hover(self, point: QPointF, modifiers: Modifiers) -> None:
        self._pointer = QPointF(point)
        self.canvas.redraw()

    def leave(self) -> None:
        """The pointer has left the panes."""
        self._pointer = None
        self.canvas.redraw()

    def key_press(self, key: int, modifiers: Modifiers) -> bool:
        if key == Qt.Key.Key_F and not modifiers:
            self.mirror(not self.mirrored)
            return True
        return False

    def abort(self) -> bool:
        if self._lifted is not None:
            self._put_down(keep=False)
            return True
        hold, self._hold = self._hold, None
        if hold is None:
            return False
        box = hold.abort()
        self.context.stroking = False
        if box is not None:
            self.context.touched(box)
        return True

    def pane_cursor(self) -> QCursor:
        near = self._pointer is not None and self._near_handle(self._pointer)
        return QCursor(Qt.CursorShape.SplitVCursor if near or self._lifted is not None else self.cursor)

    def _put_down(self, keep: bool = True) -> None:
        """The horizon is let go: the whole drag is one step, or (not ``keep``) none."""
        row, before = self.context.horizon(), self._lifted[1]
        moved = self.context.horizon_settled != before
        self._lifted = None
        self.context.stroking = False
        self.context.settle_horizon(before)
        if keep and moved:
            self.context.set_horizon(row)

    # -- drawing ----------------------------------------------------------------------

    def _near_handle(self, point: QPointF) -> bool:
        if not self.context.settings["perspective"]:
            return False
        scale = self.canvas.viewport.scale
        return point.x() * scale < 3 * REACH and abs(point.y() - self.context.horizon()) * scale < REACH

    def draw(self, painter: QPainter, transform: QTransform) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.context.settings["perspective"]:
            self._draw_horizon(painter, transform)
        if self.stamp is None or self._picture is None or self._pointer is None or self._hold is not None:
            return
        if self._lifted is not None or self._near_handle(self._pointer):
            return
        (a, b, c), (d, e, f) = self.matrix(self._pointer).tolist()
        x0, y0, x1, y1 = self.stamp.box
        painter.save()
        painter.setTransform(QTransform(a, d, b, e, c, f) * transform, True)
        painter.setOpacity(0.7)
        painter.drawImage(QRectF(x0, y0, x1 - x0, y1 - y0), self._picture)
        painter.restore()

    def _draw_horizon(self, painter: QPainter, transform: QTransform) -> None:
        width, row = self.context.scene.size[0], self.context.horizon()
        left, right = transform.map(QPointF(0, row)), transform.map(QPointF(width, row))
        for pen in (QPen(QColor(0, 0, 0, 90), 2.4), QPen(QColor(255, 255, 255, 220), 1.2, Qt.PenStyle.DashLine)):
            painter.setPen(pen)
            painter.drawLine(left, right)
        painter.setPen(QPen(QColor(0, 0, 0, 120), 1))
        painter.setBrush(self.context.theme.colour("accent"))
        painter.drawPolygon(QPolygonF([left + QPointF(0, -8), left + QPointF(14, 0), left + QPointF(0, 8)]))
