"""The sun dial: the sky seen from below the zenith, in which the sun is dragged to its place."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QColor, QLinearGradient, QPainter, QPen, QPolygonF, QRadialGradient
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme

#: Lowest and highest sun in degrees.
LOWEST, HIGHEST = 3, 90

#: Room for the words round the dial, and the sun's radius, in pixels.
_MARGIN, _SUN = 26, 10

#: Degrees that an arrow key moves the sun by, and with Shift; Page Up and Down.
_STEP, _FINE, _PAGE = 5, 1, 15

_WORDS = (("Ahead", 0), ("Right", 90), ("Behind", 180), ("Left", -90))


class SunDial(QWidget):
    """Where the sun stands: its direction from straight ahead (up), nearer to the rim the lower it is.

    Arrow keys turn it (left, right) and raise or lower it (up, down); Shift makes small steps.

    Signals:
        moved(azimuth, elevation): a person has moved it; whole degrees as in the properties.
    """

    moved = Signal(int, int)

    def __init__(self, theme: Theme, azimuth: int, elevation: int, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        self._azimuth, self._elevation = 0, HIGHEST
        self._dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Sun")
        self.setToolTip("Drag the sun: round the dial for its direction, to the middle for a higher one")
        theme.changed.connect(self.update)
        self.place(azimuth, elevation)

    @property
    def azimuth(self) -> int:
        """Degrees from straight ahead to the right, -179 to 180."""
        return self._azimuth

    @property
    def elevation(self) -> int:
        """Degrees above the horizon, 3 to 90."""
        return self._elevation

    def place(self, azimuth: int, elevation: int) -> bool:
        """Show the sun there; True where that is another place."""
        azimuth = 180 - (180 - round(azimuth)) % 360
        elevation = min(max(round(elevation), LOWEST), HIGHEST)
        if (azimuth, elevation) == (self._azimuth, self._elevation):
            return False
        self._azimuth, self._elevation = azimuth, elevation
        self.setAccessibleDescription(f"{azimuth} degrees from straight ahead to the right, {elevation} degrees high")
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.update()
        return True

    # -- geometry ------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(260, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 180)

    @property
    def _middle(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)

    @property
    def _radius(self) -> float:
        return max(min(self.width(), self.height()) / 2 - _MARGIN, 20.0)

    def _at(self, azimuth: float, share: float) -> QPointF:
        """The point in a direction, ``share`` of the radius from the middle."""
        turn = math.radians(azimuth)
        return self._middle + QPointF(math.sin(turn), -math.cos(turn)) * (share * self._radius)

    def sun_point(self) -> QPointF:
        """Where the sun is drawn."""
        return self._at(self._azimuth, 1 - self._elevation / 90)

    # -- the hand --------------------------------------------------------------

    def mousePressEvent(self, event) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging = True
            self._follow(event.position())

    def mouseMoveEvent(self, event) -> None:
        if self._dragging:
            self._follow(event.position())

    def mouseReleaseEvent(self, event) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging = False
            self.update()

    def _follow(self, position: QPointF) -> None:
        away = position - self._middle
        share = math.hypot(away.x(), away.y()) / self._radius
        # In the very middle there is no direction: it stays.
        azimuth = math.degrees(math.atan2(away.x(), -away.y())) if share > 0.02 else self._azimuth
        self._move(round(azimuth), round(90 * (1 - min(share, 1.0))))

    def keyPressEvent(self, event) -> None:
        key, step = event.key(), _FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEP
        turn, rise = {
            Qt.Key.Key_Left: (-step, 0), Qt.Key.Key_Right: (step, 0), Qt.Key.Key_Up: (0, step), Qt.Key.Key_Down: (0, -step),
            Qt.Key.Key_PageUp: (0, _PAGE), Qt.Key.Key_PageDown: (0, -_PAGE),
        }.get(key, (0, 0))
        if turn or rise:
            self._move(self._azimuth + turn, self._elevation + rise)
        else:
            super().keyPressEvent(event)

    def _move(self, azimuth: int, elevation: int) -> None:
        if self.place(azimuth, elevation):
            self.moved.emit(self._azimuth, self._elevation)

    def focusInEvent(self, event) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event) -> None:
        super().focusOutEvent(event)
        self.update()

    # -- drawing -----------------------------------------------------------------

    def paintEvent(self, event) -> None:
        look, painter = self._theme.look, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, radius = self._middle, self._radius
        painter.setPen(QPen(QColor(look.accent if self.hasFocus() else look.line), 2 if self.hasFocus() else 1.4))
        painter.setBrush(QColor(look.field))
        painter.drawEllipse(middle, radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(look.line), 1))
        for share in (1 / 3, 2 / 3):
            painter.drawEllipse(middle, share * radius, share * radius)
        for azimuth in range(0, 360, 45):
            painter.drawLine(self._at(azimuth, 0.94), self._at(azimuth, 1))
        self._draw_words(painter)
        self._draw_stick(painter)
        self._draw_sun(painter)

    def _draw_words(self, painter: QPainter) -> None:
        painter.setPen(QColor(self._theme.look.muted))
        for word, azimuth in _WORDS:
            at = self._at(azimuth, 1 + _MARGIN / 2 / self._radius)
            painter.save()
            painter.translate(at)
            if azimuth in (90, -90):
                painter.rotate(azimuth)
            painter.drawText(QRectF(-40, -10, 80, 20), Qt.AlignmentFlag.AlignCenter, word)
            painter.restore()

    def _draw_stick(self, painter: QPainter) -> None:
        """A stick in the middle, seen from above, with its shadow."""
        reach = min(0.17 / math.tan(math.radians(max(self._elevation, LOWEST))), 0.92) if self._elevation < 90 else 0.0
        middle, tip = self._middle, self._at(self._azimuth + 180, reach)
        shade = QColor(self._theme.look.text)
        shade.setAlpha(150)
        fade = QLinearGradient(middle, tip)
        fade.setColorAt(0, shade)
        shade.setAlpha(50)
        fade.setColorAt(1, shade)
        painter.setPen(QPen(fade, 6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        if reach:
            painter.drawLine(middle, tip)
        # The viewer looks ahead.
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.look.text))
        arrow = [QPointF(0, -8), QPointF(6, 6), QPointF(0, 3), QPointF(-6, 6)]
        painter.drawPolygon(QPolygonF([middle + point for point in arrow]))

    def _draw_sun(self, painter: QPainter) -> None:
        at = self.sun_point()
        glow = QRadialGradient(at, 2.6 * _SUN)
        glow.setColorAt(0, QColor(255, 190, 40, 130))
        glow.setColorAt(1, QColor(255, 190, 40, 0))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(glow)
        painter.drawEllipse(at, 2.6 * _SUN, 2.6 * _SUN)
        painter.setBrush(QColor(252, 186, 38))
        painter.setPen(QPen(QColor(166, 105, 0), 1.4))
        size = _SUN + (1.5 if self._dragging else 0)
        painter.drawEllipse(at, size, size)
