"""What stands in the window while no street is open: start, recent files, examples."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QToolButton, QVBoxLayout, QWidget,
)

from app.context import StudioContext
from app.files import example_files, example_name
from core.errors import VedutaError

THUMBNAIL = QSize(272, 136)
COLUMNS = 3


class StartPage(QScrollArea):
    """Signals carry what was chosen; the window acts on them."""

    back_requested = Signal()
    new_requested = Signal()
    open_requested = Signal()
    path_requested = Signal(str)
    example_requested = Signal(str)

    def __init__(self, context: StudioContext, parent: QWidget | None = None):
        super().__init__(parent)
        self.context = context
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        page = QWidget(self)
        self.setWidget(page)
        outer = QHBoxLayout(page)
        outer.addStretch(1)
        column = QVBoxLayout()
        outer.addLayout(column)
        outer.addStretch(1)
        column.setContentsMargins(32, 72, 32, 40)
        column.setSpacing(12)
        column.addWidget(QLabel("Paint a street, see a photograph", objectName="title"))
        text = "Paint what is where. Veduta turns it into a photograph while you paint."
        column.addWidget(QLabel(text, objectName="muted"))
        column.addSpacing(10)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        new = QPushButton("New street", objectName="primary", toolTip="Choose a size and start  (Ctrl+N)")
        new.clicked.connect(self.new_requested)
        opened = QPushButton("Open", toolTip="A project, or a label map  (Ctrl+O)")
        opened.clicked.connect(self.open_requested)
        context.theme.dress(opened, "folder-open")
        buttons.addWidget(new)
        buttons.addWidget(opened)
        self.back = QPushButton("Back to the street", toolTip="The street that is open")
        self.back.clicked.connect(self.back_requested)
        buttons.addWidget(self.back)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addWidget(QLabel("You can also drop files on this window.", objectName="muted"))
        column.addSpacing(22)
        self._examples_heading = QLabel("Examples", objectName="heading")
        column.addWidget(self._examples_heading)
        self._examples = QGridLayout()
        self._examples.setSpacing(14)
        column.addLayout(self._examples)
        column.addSpacing(14)
        self._recent_heading = QLabel("Recent", objectName="heading")
        column.addWidget(self._recent_heading)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        column.addLayout(self._recent)
        column.addStretch(1)
        self._filled = False
        #: Examples whose picture is still to be read: (button, file).
        self._waiting: list[tuple[QToolButton, Path]] = []
        self._next = QTimer(self, interval=0)
        self._next.timeout.connect(self._show_next)
        self.refresh()

    def refresh(self) -> None:
        """Bring the recent files and the way back up to date."""
        self.back.setVisible(self.context.scene is not None)
        self.fill_recent()

    def showEvent(self, event) -> None:
        super().showEvent(event)
        if not self._filled:
            self._filled = True
            self._add_examples()
        self._next.start()

    def hideEvent(self, event) -> None:
        self._next.stop()
        super().hideEvent(event)

    def _add_examples(self) -> None:
        paths = example_files()
        self._examples_heading.setVisible(bool(paths))
        for index, path in enumerate(paths):
            button = QToolButton(self, text=example_name(path), toolTip="Open a copy of this street")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setIconSize(THUMBNAIL)
            button.setIcon(QIcon(_blank(self.context.theme.colour("hover"))))
            button.clicked.connect(lambda _=False, path=str(path): self.example_requested.emit(path))
            self._examples.addWidget(button, index // COLUMNS, index % COLUMNS)
            self._waiting.append((button, path))

    def _show_next(self) -> None:
        """One more example's picture; the page is there before any of them."""
        if self._waiting:
            button, path = self._waiting.pop(0)
            picture = _thumbnail(path)
            if picture is not None:
                button.setIcon(QIcon(picture))
        if not self._waiting:
            self._next.stop()

    def fill_recent(self) -> None:
        while self._recent.count():
            self._recent.takeAt(0).widget().deleteLater()
        paths = [Path(entry) for entry in self.context.settings["recent"]][:6]
        self._recent_heading.setVisible(bool(paths))
        for path in paths:
            button = QToolButton(self, text=path.name, toolTip=str(path))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            self.context.theme.dress(button, "file")
            button.clicked.connect(lambda _=False, path=str(path): self.path_requested.emit(path))
            self._recent.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)


def _blank(colour) -> QPixmap:
    """What stands in a picture's place until it is read."""
    picture = QPixmap(THUMBNAIL)
    picture.fill(colour)
    return picture


def _thumbnail(path: Path) -> QPixmap | None:
    """The street's last photograph, else its labels, small."""
    from core.scene.project import load_project, read_render

    try:
        rgb = read_render(path, THUMBNAIL.width() * 2)
        if rgb is None:
            scene = load_project(path).scene
            rgb = scene.label_set.palette[scene.label_map]
    except VedutaError:
        return None
    image = QImage(rgb.tobytes(), rgb.shape[1], rgb.shape[0], rgb.shape[1] * 3, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(
        image.scaled(THUMBNAIL * 2, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    )
