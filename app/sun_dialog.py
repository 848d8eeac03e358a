"""Where the sun is to stand, as a person says it: on a dial, or in degrees."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.controls import NumberField, Spinner
from app.dialogs import form_layout
from app.sun_dial import HIGHEST, LOWEST, SunDial
from app.theme import Theme
from core.shadows.sun import Sun


class SunDialog(QDialog):
    """Asks for the sun. Accepting it casts, rejecting it leaves everything as it was.

    Args:
        azimuth, elevation: whole degrees to begin with. houses: whether houses cast shadows too.
        removable: whether there are shadows to remove.

    Signals:
        moved: something else is wanted, see ``wanted``.
        cast_pressed, remove_pressed: the buttons, instead of accepting: what is asked for may take a moment.
    """

    moved = Signal()
    cast_pressed = Signal()
    remove_pressed = Signal()

    def __init__(self, theme: Theme, azimuth: int, elevation: int, houses: bool, removable: bool, parent: QWidget):
        super().__init__(parent)
        self.setWindowTitle("Cast shadows")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dial = SunDial(theme, azimuth, elevation)
        self.azimuth = NumberField(minimum=-180, maximum=180, suffix="\u00b0", singleStep=5, wrapping=True)
        self.elevation = NumberField(minimum=LOWEST, maximum=HIGHEST, suffix="\u00b0", singleStep=5)
        self.azimuth.setToolTip("From straight ahead to the right; negative: to the left")
        self.elevation.setToolTip("Above the horizon: the lower, the longer the shadows")
        self.houses = QCheckBox("Houses cast shadows too", checked=houses)
        self.houses.setToolTip("In a narrow street theirs cover all others")
        self.words = QLabel(objectName="muted")
        self.spinner = Spinner(theme)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.cast = self._buttons.addButton("Cast", QDialogButtonBox.ButtonRole.AcceptRole)
        self.cast.setDefault(True)
        self.remove = self._buttons.addButton("Remove shadows", QDialogButtonBox.ButtonRole.DestructiveRole)
        self.remove.setToolTip("Make ground and walls in shadow plain again")
        self.remove.setAutoDefault(False)
        self.remove.setEnabled(removable)
        self._removable = removable

        line = QHBoxLayout()
        line.addWidget(self.words, 1)
        line.addWidget(self.spinner)
        form = form_layout()
        form.addRow("Direction", self.azimuth)
        form.addRow("Height", self.elevation)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 18)
        layout.setSpacing(14)
        layout.addWidget(self.dial, 1)
        layout.addLayout(line)
        layout.addLayout(form)
        layout.addWidget(self.houses)
        layout.addWidget(self._buttons)
        self.setMinimumWidth(340)

        self._show_numbers()
        self.dial.moved.connect(self._dragged)
        self.azimuth.valueChanged.connect(self._typed)
        self.elevation.valueChanged.connect(self._typed)
        self.houses.toggled.connect(self.moved)
        self.cast.clicked.connect(self.cast_pressed)
        self.remove.clicked.connect(self.remove_pressed)
        self._buttons.rejected.connect(self.reject)
        self.dial.setFocus()

    @property
    def sun(self) -> Sun:
        """Where it stands now."""
        return Sun.degrees(self.dial.azimuth, self.dial.elevation)

    @property
    def wanted(self) -> tuple[Sun, bool]:
        """The sun, and whether houses cast shadows too."""
        return self.sun, self.houses.isChecked()

    def work(self, words: str) -> None:
        """Say that something is being computed; "" once it is done."""
        self.spinner.turn(bool(words))
        self.words.setText(words or f"The sun stands {self.sun.words}")

    def hold(self, on: bool) -> None:
        """Let nothing be changed any more while the last answer is awaited."""
        for widget in (self.dial, self.azimuth, self.elevation, self.houses, self.cast):
            widget.setEnabled(not on)
        self.remove.setEnabled(not on and self._removable)

    def place_over(self, window: QWidget) -> None:
        """Stand over a window's right edge, off the street."""
        self.adjustSize()
        corner = window.mapToGlobal(window.rect().topRight())
        self.move(corner - QPoint(self.width() + 28, -112))

    def _dragged(self, *_) -> None:
        self._show_numbers()
        self.moved.emit()

    def _typed(self, *_) -> None:
        if self.dial.place(self.azimuth.value(), self.elevation.value()):
            self.moved.emit()

    def _show_numbers(self) -> None:
        for field, value in ((self.azimuth, self.dial.azimuth), (self.elevation, self.dial.elevation)):
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)
