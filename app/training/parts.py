"""Small parts of the training window: sentences with a sign before them, a picture that fits its place, typed folders."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from app.icons import icon
from app.theme import Theme

#: Kind of a sentence -> icon, colour of the look.
_SIGNS = {"error": ("warning", "warn"), "note": ("info", "muted"), "good": ("check-circle", "accent")}


def folder_named(words: str) -> Path:
    """The folder that a person has typed; ~ is the home folder, ~name stays as it is where nobody is called so."""
    return Path(os.path.expanduser(words.strip()))


class Sentences(QWidget):
    """Sentences one under the other, each with the sign of its kind: "error", "note" or "good"."""

    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        self._rows: list[tuple[str, str]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        theme.changed.connect(self._fill)

    @property
    def text(self) -> str:
        """All sentences, a line each."""
        return "\n".join(words for _, words in self._rows)

    def show_rows(self, rows: list[tuple[str, str]]) -> None:
        """rows: (kind, sentence) each; the same ones again cost nothing."""
        if rows != self._rows:
            self._rows = list(rows)
            self._fill()

    def _fill(self) -> None:
        while self._grid.count():
            widget = self._grid.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        for row, (kind, words) in enumerate(self._rows):
            icon, colour = _SIGNS[kind]
            sign = QLabel()
            sign.setPixmap(_sign(icon, self._theme.colour(colour)))
            label = QLabel(words, wordWrap=True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            if kind == "error":
                label.setStyleSheet(f"color: {self._theme.look.warn};")
            self._grid.addWidget(sign, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(label, row, 1)
        self.setVisible(bool(self._rows))


def _sign(name: str, colour):
    return icon(name, colour).pixmap(QSize(17, 17))


class Picture(QWidget):
    """A picture as large as its place allows, with words where there is none yet."""

    def __init__(self, theme: Theme, words: str, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme, self._words = theme, words
        self.image = QImage()
        self.setMinimumSize(160, 80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_image(self, image: QImage, words: str = "") -> None:
        """``words`` stand there where ``image`` is null."""
        self.image = image
        self._words = words or self._words
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(420, 220)

    def paintEvent(self, event) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.image.isNull():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("field"))
            painter.drawRoundedRect(self.rect(), 8, 8)
            painter.setPen(self._theme.colour("muted"))
            painter.drawText(
                self.rect().adjusted(16, 8, -16, -8), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._words
            )
            return
        size = self.image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        ratio = self.devicePixelRatioF()
        shown = self.image
        if size.width() * ratio < shown.width():
            shown = shown.scaled(size * ratio, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        left, top = (self.width() - size.width()) // 2, 0
        painter.drawImage(QRect(left, top, size.width(), size.height()), shown)
