"""The photograph in the capture dialog: draw a region on it, or click one of its objects."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme
from core.opencv import cv2

#: The photograph is kept no larger than this for showing.
_LARGEST = 1600


class CapturePicture(QWidget):
    """Shows a photograph.

    Attributes:
        region: (x0, y0, x1, y1) in the photograph's pixels, or None.
        value: the object that was clicked, 0 for none.

    Signals:
        changed: one of them did.
    """

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        self.region: tuple[int, int, int, int] | None = None
        self.value = 0
        self._size = (0, 0)
        self._image: QImage | None = None
        self._instances: np.ndarray | None = None
        self._drawing = False
        self._start: QPointF | None = None
        self._outline: QPainterPath | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The photograph")
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(620, 310)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 160)

    def show_photograph(self, rgb: np.ndarray | None, instances: np.ndarray | None, drawing: bool) -> None:
        """Show (H, W, 3) ``rgb``; ``instances`` lets objects be clicked, ``drawing`` lets a region be drawn."""
        self._instances, self._drawing = instances, drawing
        self.region, self.value, self._outline = None, 0, None
        self._image = None
        if rgb is not None:
            self._size = rgb.shape[1], rgb.shape[0]
            factor = min(1.0, _LARGEST / max(self._size))
            small = rgb if factor == 1 else cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            small = np.ascontiguousarray(small)
            height, width = small.shape[:2]
            self._image = QImage(small.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self.setCursor(Qt.CursorShape.CrossCursor if drawing else Qt.CursorShape.ArrowCursor)
        self.update()

    def _frame(self) -> QRectF:
        """Where the photograph lies in the widget."""
        width, height = self._size
        factor = min(self.width() / max(width, 1), self.height() / max(height, 1))
        frame = QRectF(0, 0, width * factor, height * factor)
        frame.moveCenter(QRectF(self.rect()).center())
        return frame

    def _to_photograph(self, position: QPointF) -> tuple[float, float]:
        frame = self._frame()
        x = (position.x() - frame.left()) / frame.width() * self._size[0]
        y = (position.y() - frame.top()) / frame.height() * self._size[1]
        return min(max(x, 0.0), float(self._size[0])), min(max(y, 0.0), float(self._size[1]))

    def mousePressEvent(self, event) -> None:
        if self._image is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if self._drawing:
            self._start = event.position()
        elif self._instances is not None:
            x, y = self._to_photograph(event.position())
            height, width = self._instances.shape
            column = min(int(x / self._size[0] * width), width - 1)
            row = min(int(y / self._size[1] * height), height - 1)
            self.choose(int(self._instances[row, column]))

    def choose(self, value: int) -> None:
        """Choose an object, or a class without objects, by its instance value."""
        self.value = value
        mask = (self._instances == value).astype(np.uint8)
        found, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        self._outline = QPainterPath()
        for contour in found:
            points = contour[:, 0].tolist()
            self._outline.moveTo(*points[0])
            for point in points[1:]:
                self._outline.lineTo(*point)
            self._outline.closeSubpath()
        self.update()
        self.changed.emit()

    def mouseMoveEvent(self, event) -> None:
        if self._start is not None:
            (xa, ya), (xb, yb) = self._to_photograph(self._start), self._to_photograph(event.position())
            box = round(min(xa, xb)), round(min(ya, yb)), round(max(xa, xb)), round(max(ya, yb))
            self.region = box if box[0] < box[2] and box[1] < box[3] else None
            self.update()

    def mouseReleaseEvent(self, event) -> None:
        if self._start is not None:
            self._start = None
            self.changed.emit()

    def paintEvent(self, event) -> None:
        look = self._theme.look
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), 8, 8)
        painter.fillPath(shape, QColor(look.canvas))
        if self._image is None:
            painter.setPen(QColor(look.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "The photograph appears here.")
            return
        frame = self._frame()
        painter.drawImage(frame, self._image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pens = QPen(QColor(255, 255, 255, 220), 3.2), QPen(QColor(look.accent), 1.6)
        if self.region is not None:
            x0, y0, x1, y1 = self.region
            fx, fy = frame.width() / self._size[0], frame.height() / self._size[1]
            area = QRectF(frame.left() + x0 * fx, frame.top() + y0 * fy, (x1 - x0) * fx, (y1 - y0) * fy)
            for pen in pens:
                painter.setPen(pen)
                painter.drawRect(area)
        if self._outline is not None and self._instances is not None:
            height, width = self._instances.shape
            painter.translate(frame.topLeft())
            painter.scale(frame.width() / width, frame.height() / height)
            for pen in pens:
                pen.setCosmetic(True)
                painter.setPen(pen)
                painter.drawPath(self._outline)
