"""Controls of the look panel: a picture to press, a slider over codes, and the fine control."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QLabel, QSlider, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.theme import Theme

#: A picture's size on the screen.
PICTURE = QSize(72, 54)

#: Keys on a slider make one change once they rest for this long, in milliseconds.
_REST = 400


class LookButton(QAbstractButton):
    """A picture of the object in one look; its number until the picture is there.

    Signals:
        hovered(on): the pointer has come, or gone.
    """

    hovered = Signal(bool)

    def __init__(self, theme: Theme, words: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        self._picture: QPixmap | None = None
        self.setText(words)
        self.setCheckable(True)
        # By Tab, not by click: after a click the keys still belong to the canvas.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.changed.connect(self.update)

    @property
    def picture(self) -> QPixmap | None:
        return self._picture

    def show_picture(self, picture: QPixmap | None) -> None:
        if picture is not self._picture:
            self._picture = picture
            self.update()

    def enterEvent(self, event) -> None:
        super().enterEvent(event)
        self.hovered.emit(True)

    def leaveEvent(self, event) -> None:
        super().leaveEvent(event)
        self.hovered.emit(False)

    def sizeHint(self) -> QSize:
        return PICTURE

    def minimumSizeHint(self) -> QSize:
        return QSize(48, PICTURE.height())

    def paintEvent(self, event) -> None:
        look = self._theme.look
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        shape = QPainterPath()
        shape.addRoundedRect(area, 6, 6)
        painter.fillPath(shape, QColor(look.hover))
        if self._picture is not None:
            painter.setClipPath(shape)
            # Fill the button; what sticks out is cut off.
            factor = max(area.width() / self._picture.width(), area.height() / self._picture.height())
            shown = QRectF(0, 0, area.width() / factor, area.height() / factor)
            shown.moveCenter(QRectF(self._picture.rect()).center())
            painter.drawPixmap(area, self._picture, shown)
            painter.setClipping(False)
        else:
            painter.setPen(QColor(look.muted if self.isEnabled() else look.faint))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.text())
        if self.isChecked():
            pen = QPen(QColor(look.accent), 3)
        elif self.hasFocus() or self.underMouse():
            pen = QPen(QColor(look.accent), 1.5)
        else:
            pen = QPen(QColor(look.line), 1)
        painter.setPen(pen)
        painter.drawPath(shape)


class CodeSlider(QSlider):
    """A slider from 0 to 100: ``tried`` while it moves, ``chosen`` once when it rests or is let go."""

    tried = Signal()
    chosen = Signal()

    def __init__(self, words: str, tip: str, parent: QWidget | None = None):
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, 100)
        self.setToolTip(tip)
        self.setAccessibleName(words)
        self.setMinimumWidth(40)
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self.chosen)
        self.valueChanged.connect(self._moved)
        self.sliderReleased.connect(self._released)

    @property
    def fraction(self) -> float:
        return self.value() / 100

    def show_value(self, value: int) -> None:
        """Move the slider without changing anything else; a hand on it is left alone."""
        if not self.isSliderDown() and not self._rest.isActive():
            self.blockSignals(True)
            self.setValue(value)
            self.blockSignals(False)

    def forget(self) -> None:
        """Give up a change that has not been made yet."""
        self._rest.stop()

    def _moved(self) -> None:
        self.tried.emit()
        if not self.isSliderDown():
            self._rest.start()

    def _released(self) -> None:
        self._rest.stop()
        self.chosen.emit()


class FineControl(QWidget):
    """One slider for each dimension of a code, folded away until asked for.

    Signals:
        tried(code), chosen(code): (K,) float32, as the sliders now say.
    """

    tried = Signal(object)
    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.fold = QToolButton(text="Fine control", checkable=True, toolTip="Change each number of the look by itself")
        self.fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fold.setArrowType(Qt.ArrowType.RightArrow)
        self.fold.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.body = QWidget()
        self.body.hide()
        self._grid = QGridLayout(self.body)
        self._grid.setContentsMargins(4, 0, 0, 0)
        self.sliders: list[CodeSlider] = []
        self._labels: list[QLabel] = []
        self._code = self._low = self._high = np.zeros(0, np.float32)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.fold)
        layout.addWidget(self.body)
        self.fold.toggled.connect(self._unfold)

    def show_code(self, code: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        """Set the sliders to ``code``; they run from ``low`` to ``high``, and out to the code where it lies outside."""
        while len(self.sliders) < len(code):
            self._add()
        self._code = np.asarray(code, np.float32)
        self._low, self._high = np.minimum(low, code), np.maximum(high, code)
        for i, slider in enumerate(self.sliders):
            here = i < len(code)
            slider.setVisible(here)
            self._labels[i].setVisible(here)
            if here:
                span = float(self._high[i] - self._low[i])
                slider.setEnabled(span > 1e-6)
                slider.show_value(round(100 * float(code[i] - self._low[i]) / span) if span > 1e-6 else 50)

    def forget(self) -> None:
        """Give up changes that have not been made yet."""
        for slider in self.sliders:
            slider.forget()

    def _add(self) -> None:
        i = len(self.sliders)
        slider = CodeSlider(f"Number {i + 1} of the look", "Its range is that of the class's looks, and a little more")
        slider.tried.connect(lambda: self.tried.emit(self._moved(i)))
        slider.chosen.connect(lambda: self.chosen.emit(self._moved(i)))
        label = QLabel(str(i + 1), objectName="muted")
        self._grid.addWidget(label, i, 0)
        self._grid.addWidget(slider, i, 1)
        self.sliders.append(slider)
        self._labels.append(label)

    def _moved(self, i: int) -> np.ndarray:
        """The code with dimension ``i`` where its slider stands; the others keep every digit."""
        code = self._code.copy()
        code[i] = self._low[i] + self.sliders[i].fraction * (self._high[i] - self._low[i])
        return code

    def _unfold(self, on: bool) -> None:
        self.fold.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self.body.setVisible(on)
