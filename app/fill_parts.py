"""The command "Fill in parts", and the hint that offers it for a street that has none."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from app.context import StudioContext
from core.errors import VedutaError

_OFFER = "Buildings and cars have no parts yet, such as windows and wheels."


class PartsFiller(QObject):
    """Lays parts into the selected objects, else into all bare ones; each time others.

    Args:
        canvas: where the hint appears.
    """

    def __init__(self, context: StudioContext, canvas: QWidget):
        super().__init__(canvas)
        self.context = context
        self.hint = Hint(context.theme, canvas)
        self.hint.accepted.clicked.connect(lambda: self.run(selected=False))
        self.hint.dismissed.clicked.connect(self._dismiss)
        self._wanted, self._runs = True, 0
        context.scene_replaced.connect(self._offer)
        context.scene_changed.connect(lambda _: self.hint.hide())

    def run_houses(self) -> bool:
        """As :meth:`run`, and each house of a row becomes an object."""
        return self.run(houses=True)

    def run(self, selected: bool = True, houses: bool = False) -> bool:
        """One undo step; True where something was filled in. Says in the status bar what was done.

        Selected objects that all have parts get others.

        Args:
            selected: fill only the selected objects, where there are some.
            houses: make each house of a row of buildings an object, so that it can have its own look.
        """
        from core.filling.fill import bare_sites, fill_parts

        context = self.context
        if context.scene is None or context.stroking:
            return False
        self.hint.hide()
        objects = context.selected if selected and context.selected else None
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            again = objects is not None and not bare_sites(context.scene, set(objects))
            filling = fill_parts(context.scene, self._runs, objects, context.horizon(), houses, again)
        except VedutaError as error:
            context.message.emit(str(error))
            return False
        finally:
            QApplication.restoreOverrideCursor()
        if not context.commit(filling.edit):
            context.message.emit(filling.sentence)
            return False
        self._runs += 1
        context.message.emit(f"{filling.sentence.rstrip('.')}; undo with Ctrl+Z.")
        return True

    def _offer(self) -> None:
        """Show the hint for a street in which nothing has parts and something could."""
        scene = self.context.scene
        self.hint.setVisible(self._wanted and scene is not None and offers_parts(scene))

    def _dismiss(self) -> None:
        """Not again until the program is started anew."""
        self._wanted = False
        self.hint.hide()


def offers_parts(scene) -> bool:
    """True where no pixel is a part and buildings or vehicles cover a good deal of the frame."""
    label_set = scene.label_set
    counts = np.bincount(scene.label_map.reshape(-1), minlength=256)
    if any(counts[label.id] for label in label_set if label.parent is not None):
        return False
    with_parts = {label.parent for label in label_set if label.parent is not None}
    grand = [label.id for label in label_set if label.id in with_parts and label.group in ("construction", "vehicle")]
    return int(counts[grand].sum()) > 0.02 * scene.label_map.size


class Hint(QFrame):
    """One line over the canvas's upper edge, with a button that does it and one that sends it away."""

    def __init__(self, theme, canvas: QWidget):
        super().__init__(canvas)
        self.setObjectName("hint")
        self._theme = theme
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 6, 6)
        row.setSpacing(10)
        row.addWidget(QLabel(_OFFER, self))
        self.accepted = QPushButton("Fill in parts", self)
        self.dismissed = QToolButton(self, text="\u2715", toolTip="Don't offer it again")
        self.dismissed.setAccessibleName("Don't offer it again")
        for button in (self.accepted, self.dismissed):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(button)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        canvas.installEventFilter(self)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def showEvent(self, event) -> None:
        self._place()
        self.raise_()

    def _place(self) -> None:
        self.adjustSize()
        self.move(max((self.parentWidget().width() - self.width()) // 2, 0), 12)

    def _dress(self, *_) -> None:
        look = self._theme.look
        self.setStyleSheet(
            f"QFrame#hint {{ background: {look.raised}; border: 1px solid {look.line}; border-radius: 10px; }}"
        )
