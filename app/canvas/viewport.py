"""One zoom and pan, shared by every pane."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, QSizeF, Signal
from PySide6.QtGui import QTransform

SMALLEST, LARGEST = 0.02, 64.0
MARGIN = 16.0


class Viewport(QObject):
    """Where the frame lies in a pane.

    ``scale`` is pane pixels per image pixel; ``centre`` is the image point in the
    middle of every pane. Image coordinates run over pixel *edges*: the first
    pixel covers 0..1.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.scale = 1.0
        self.centre = QPointF(0, 0)
        self.frame = QSizeF(1, 1)
        #: True while the whole frame is kept in view when the window changes size.
        self.fitted = True

    def transform(self, pane: QSizeF) -> QTransform:
        """Image to pane coordinates for a pane of this size."""
        return QTransform(
            self.scale, 0, 0, self.scale,
            round(pane.width() / 2 - self.centre.x() * self.scale),
            round(pane.height() / 2 - self.centre.y() * self.scale),
        )

    def to_image(self, position: QPointF, pane: QSizeF) -> QPointF:
        return self.transform(pane).inverted()[0].map(position)

    def frame_in(self, pane: QSizeF) -> QRectF:
        """The frame's rectangle in pane coordinates."""
        return self.transform(pane).mapRect(QRectF(QPointF(0, 0), self.frame))

    def set_frame(self, width: int, height: int) -> None:
        self.frame = QSizeF(width, height)

    def fit(self, pane: QSizeF) -> None:
        """Show the whole frame in a pane of this size."""
        self.fitted = True
        room = QSizeF(max(pane.width() - 2 * MARGIN, 16), max(pane.height() - 2 * MARGIN, 16))
        scale = min(room.width() / self.frame.width(), room.height() / self.frame.height())
        self._place(scale, QPointF(self.frame.width() / 2, self.frame.height() / 2))

    def zoom_at(self, position: QPointF, pane: QSizeF, factor: float) -> None:
        """Zoom by ``factor``; the image point under ``position`` (in a pane of this size) stays there."""
        self.zoom_to(self.scale * factor, position, pane)

    def zoom_to(self, scale: float, position: QPointF, pane: QSizeF) -> None:
        self.fitted = False
        anchor = self.to_image(position, pane)
        scale = min(max(scale, SMALLEST), LARGEST)
        offset = position - QPointF(pane.width() / 2, pane.height() / 2)
        self._place(scale, anchor - offset / scale)

    def show_at(self, scale: float, centre: QPointF) -> None:
        """Put an image point in the middle of every pane."""
        self.fitted = False
        self._place(scale, centre)

    def pan(self, delta: QPointF) -> None:
        """Move the frame by pane pixels."""
        self.fitted = False
        self._place(self.scale, self.centre - delta / self.scale)

    def _place(self, scale: float, centre: QPointF) -> None:
        scale = min(max(scale, SMALLEST), LARGEST)
        x = min(max(centre.x(), 0.0), self.frame.width())
        y = min(max(centre.y(), 0.0), self.frame.height())
        if (scale, x, y) != (self.scale, self.centre.x(), self.centre.y()):
            self.scale, self.centre = scale, QPointF(x, y)
            self.changed.emit()
