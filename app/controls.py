"""Small controls that several panels use."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QButtonGroup, QDockWidget, QFrame, QHBoxLayout, QLabel, QSizePolicy, QSpinBox, QToolButton, QWidget

from app.theme import Theme


class Segments(QFrame):
    """A row of buttons of which one is on: (value, words, hint[, icon]) each.

    Where there is little room, its words can go (:meth:`show_words`), or all
    but the button that is on, a click on which then chooses the next
    (:meth:`fold`).
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, choices, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("segments")
        self._group = QButtonGroup(self)
        self._folded = False
        self.buttons: dict[str, QToolButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        for value, words, hint, *icon in choices:
            button = QToolButton(self, text=words, checkable=True, toolTip=hint)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            if icon:
                theme.dress(button, icon[0])
                button.setIconSize(QSize(16, 16))
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.clicked.connect(lambda _=False, value=value: self.chosen.emit(self._after(value) if self._folded else value))
            self._group.addButton(button)
            self.buttons[value] = button
            layout.addWidget(button)

    def show_choice(self, value: str) -> None:
        if value in self.buttons:
            self.buttons[value].setChecked(True)
            self.fold(self._folded)

    def show_words(self, on: bool) -> None:
        """Of buttons with icons."""
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if on else Qt.ToolButtonStyle.ToolButtonIconOnly
        for button in self.buttons.values():
            if not button.icon().isNull():
                button.setToolButtonStyle(style)
        self.updateGeometry()

    def fold(self, on: bool) -> None:
        """Show the button that is on alone, or all."""
        self._folded = on
        for button in self.buttons.values():
            button.setVisible(button.isChecked() or not on)
        self.updateGeometry()

    def _after(self, value: str) -> str:
        values = list(self.buttons)
        return values[(values.index(value) + 1) % len(values)]


class PanelTitle(QWidget):
    """The title of a docked panel: its name, and a button to close it. Drag it to move the panel."""

    def __init__(self, theme: Theme, dock: QDockWidget):
        super().__init__(dock)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 8, 2)
        layout.addWidget(QLabel(dock.windowTitle(), objectName="panelTitle"), 1)
        close = QToolButton(self, toolTip="Close. The View menu brings it back")
        close.setIconSize(QSize(12, 12))
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        theme.dress(close, "x")
        close.clicked.connect(dock.close)
        layout.addWidget(close)


class NumberField(QSpinBox):
    """A field for a whole number, its figures as far from the edge as the words of other fields."""

    def __init__(self, **properties):
        super().__init__(**properties)
        # With buttons beside it Qt gives the text no padding of the style sheet's.
        self.lineEdit().setTextMargins(7, 0, 0, 0)


class CutLabel(QLabel):
    """A line that ends in dots where there is no room for all of it; the tool tip then has the whole."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        # What is too long must not widen the window.
        self.setMinimumWidth(80)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def shown(self) -> str:
        """What there is room for."""
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.contentsRect().width())

    def event(self, event) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            self.setToolTip(self.text() if self.shown != self.text() else "")
        return super().event(event)

    def paintEvent(self, event) -> None:
        painter = QPainter(self)
        self.style().drawItemText(
            painter, self.contentsRect(), int(self.alignment()), self.palette(), self.isEnabled(), self.shown,
            self.foregroundRole(),
        )


class Spinner(QWidget):
    """A small turning arc while something is being worked on."""

    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        self._angle = 0
        self._timer = QTimer(self, interval=50)
        self._timer.timeout.connect(self._turn)
        self.setFixedSize(16, 16)

    @property
    def turning(self) -> bool:
        return self._timer.isActive()

    def turn(self, on: bool) -> None:
        if on != self._timer.isActive():
            self._timer.start() if on else self._timer.stop()
            self.update()

    def _turn(self) -> None:
        self._angle = (self._angle + 24) % 360
        self.update()

    def paintEvent(self, event) -> None:
        if not self.turning:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(2, 2, 12, 12)
        painter.setPen(QPen(self._theme.colour("line"), 2))
        painter.drawEllipse(area)
        painter.setPen(QPen(self._theme.colour("accent"), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawArc(area, -self._angle * 16, 110 * 16)


def draw_swatch(painter: QPainter, area: QRectF, colour: tuple[int, int, int], line: QColor) -> None:
    """A rounded square in a class's colour."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(line, 1))
    painter.setBrush(QColor(*colour))
    painter.drawRoundedRect(area, 4, 4)


def swatch_icon(colour: tuple[int, int, int], side: int = 16) -> QIcon:
    """A class's colour as an icon."""
    picture = QPixmap(side * 2, side * 2)
    picture.setDevicePixelRatio(2)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    draw_swatch(painter, QRectF(0.5, 0.5, side - 1, side - 1), colour, QColor(128, 128, 128, 120))
    painter.end()
    return QIcon(picture)
