"""What lies over the canvas's upper edge about filling in parts: the offer, and how far it is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QToolButton, QWidget


class Note(QFrame):
    """One line with something to press; hidden at first."""

    def __init__(self, theme, canvas: QWidget):
        super().__init__(canvas)
        self.setObjectName("hint")
        self._theme = theme
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(14, 6, 6, 6)
        self.row.setSpacing(10)
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


class Offer(Note):
    """Offers to do it for a street that has none, with a button that sends the offer away."""

    def __init__(self, theme, canvas: QWidget):
        super().__init__(theme, canvas)
        self.row.addWidget(QLabel("Buildings and cars have no parts yet, such as windows and wheels.", self))
        self.accepted = QPushButton("Fill in parts", self)
        self.dismissed = QToolButton(self, text="\u2715", toolTip="Don't offer it again")
        self.dismissed.setAccessibleName("Don't offer it again")
        for button in (self.accepted, self.dismissed):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.row.addWidget(button)


class Progress(Note):
    """How far it is; ``cancelled`` is emitted for the button, and for Escape over the canvas."""

    cancelled = Signal()

    def __init__(self, theme, canvas: QWidget):
        super().__init__(theme, canvas)
        self.words = QLabel("Filling in parts", self)
        self.bar = QProgressBar(self, textVisible=False, maximumHeight=6, minimumWidth=160)
        self.bar.setAccessibleName("Parts filled in")
        self.cancel = QPushButton("Cancel", self, toolTip="Leave the street as it is  (Esc)")
        self.cancel.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.cancel.clicked.connect(lambda _: self.cancelled.emit())
        for widget in (self.words, self.bar, self.cancel):
            self.row.addWidget(widget)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # A gesture in progress has the key first; what it leaves over comes to the canvas.
        if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape and self.isVisible():
            self.cancelled.emit()
            return True
        return super().eventFilter(watched, event)

    def say(self, words: str) -> None:
        if words != self.words.text():
            self.words.setText(words)
            self._place()

    def show_step(self, done: int, total: int) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
