"""What stands in a pane while there is no photograph."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.theme import Theme


class Notice(QFrame):
    """A small card with a heading, a sentence and, where something can be done, a button."""

    pressed = Signal()

    def __init__(self, theme: Theme, parent: QWidget):
        super().__init__(parent)
        self.setObjectName("notice")
        self._theme = theme
        self.heading = QLabel(self, objectName="heading", alignment=Qt.AlignmentFlag.AlignHCenter)
        self.text = QLabel(self, objectName="muted", alignment=Qt.AlignmentFlag.AlignHCenter, wordWrap=True)
        self.button = QPushButton(self, objectName="primary")
        self.button.clicked.connect(self.pressed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(28, 24, 28, 24)
        layout.setSpacing(10)
        layout.addWidget(self.heading)
        layout.addWidget(self.text)
        layout.addSpacing(4)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        self.setFixedWidth(320)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        look = self._theme.look
        self.setStyleSheet(
            f"QFrame#notice {{ background: {look.raised}; border: 1px solid {look.line}; border-radius: 12px; }}"
        )

    def say(self, heading: str, text: str = "", button: str = "") -> None:
        self.heading.setText(heading)
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.button.setText(button)
        self.button.setVisible(bool(button))
        # A wrapped label only knows its height for a width, which adjustSize doesn't ask.
        self.layout().activate()
        self.resize(self.width(), self.layout().totalHeightForWidth(self.width()))
