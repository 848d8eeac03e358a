"""New training scenes: streets built and rendered by Blender's Cycles, in a process of their own."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from PySide6.QtCore import QStandardPaths, QTimer, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QCheckBox, QComboBox, QDialog, QFileDialog, QHBoxLayout, QLabel, QLineEdit, QProgressBar, QPushButton,
    QVBoxLayout, QWidget,
)

from app.context import StudioContext
from app.controls import NumberField
from app.dialogs import form_layout
from app.training.job import Job
from app.training.parts import Picture, Sentences, folder_named
from core.streets.quality import Quality
from core.training.duration import duration

#: What is said -> light paths a pixel at most.
LIGHT = (("Clean", Quality().samples), ("Quick, with some noise", 8))
SIZES = (("512 \u00d7 256", "512x256"), ("1024 \u00d7 512", "1024x512"), ("2048 \u00d7 1024", "2048x1024"))


def blender_there() -> bool:
    """True where Blender's Python module is installed; it is not loaded for this."""
    return importlib.util.find_spec("bpy") is not None


def missing_words() -> str:
    """What to do where it is not."""
    import sys

    which = "" if sys.version_info[:2] == (3, 11) else f" This is Python {sys.version_info[0]}.{sys.version_info[1]}, so also install Python 3.11."
    return (
        "Rendering streets needs Blender's Python module, which runs under Python 3.11 and is not installed. "
        f"Run  pip install -e .[streets]  in Veduta's folder, then open this window again.{which}"
    )


class ScenesDialog(QDialog):
    """Signals:
        train_requested(folder): the scenes are to be learnt from.
    """

    train_requested = Signal(str)

    def __init__(self, context: StudioContext, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("New training scenes")
        self.context = context
        self.job = Job(self)
        self.job.told.connect(self._told)
        self.job.ended.connect(self._ended)
        self._started, self._rendered, self._done, self._total = 0.0, 0, 0, 0

        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation) or str(Path.home())
        self.folder = QLineEdit(context.settings["scenes_folder"] or str(Path(documents) / "Veduta" / "Scenes"))
        self.browse = QPushButton("Choose\u2026")
        self.browse.clicked.connect(self._ask_folder)
        folder_row = QHBoxLayout()
        folder_row.addWidget(self.folder, 1)
        folder_row.addWidget(self.browse)
        self.count = NumberField(minimum=1, maximum=100_000, value=64, groupSeparatorShown=True)
        self.count.setToolTip("Four photographs are taken in each street. One street in ten is held back for looking at results.")
        self.size = QComboBox()
        for words, value in SIZES:
            self.size.addItem(words, value)
        self.size.setCurrentIndex(1)
        self.light = QComboBox(toolTip="A model learns to paint what noise leaves of leaves and of reflections. Clean takes twice as long.")
        for words, value in LIGHT:
            self.light.addItem(words, value)
        self.seed = NumberField(minimum=0, maximum=2_000_000_000, value=0)
        self.seed.setToolTip("The number of the first street. The same number gives the same streets.")
        self.jpeg = QCheckBox("Photographs as JPEG", toolTip="A tenth of the disk space; hardly to be told from PNG")
        fields = form_layout()
        fields.addRow("Folder", folder_row)
        fields.addRow("Photographs", self.count)
        fields.addRow("Size", self.size)
        fields.addRow("Light", self.light)
        fields.addRow("First street", self.seed)
        fields.addRow("", self.jpeg)
        self.fields = (self.folder, self.browse, self.count, self.size, self.light, self.seed, self.jpeg)

        self.picture = Picture(context.theme, "Each street appears here as it is rendered.")
        self.progress = QProgressBar(maximumHeight=8, textVisible=False)
        self.progress.setRange(0, 1)
        self.words = QLabel(objectName="muted")
        self.said = Sentences(context.theme)
        self.begin = QPushButton("Render", objectName="primary")
        self.begin.clicked.connect(self._toggle)
        self.train = QPushButton("Train with these", toolTip="Take this folder to the training window")
        self.train.clicked.connect(self._train)
        self.close_button = QPushButton("Close")
        self.close_button.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addWidget(self.train)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        buttons.addWidget(self.begin)
        for button in (self.begin, self.train, self.close_button, self.browse):
            button.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 18)
        layout.setSpacing(12)
        layout.addWidget(QLabel(
            "Veduta builds streets and photographs them, each with exact label maps. What is there already in the folder "
            "is kept and passed over, so you can stop and go on at any time.", objectName="muted", wordWrap=True,
        ))  # fmt: skip
        layout.addLayout(fields)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.progress)
        layout.addWidget(self.words)
        layout.addWidget(self.said)
        layout.addLayout(buttons)
        self.resize(620, 640)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._show_words)
        self._show_state()

    @property
    def running(self) -> bool:
        return self.job.running

    def showEvent(self, event) -> None:
        super().showEvent(event)
        if not self.running:
            self.said.show_rows([] if blender_there() else [("error", missing_words())])
            self._show_state()

    def closeEvent(self, event) -> None:
        # Rendering goes on; the window can be opened again.
        event.accept()

    def stop(self) -> None:
        """End rendering; what has been rendered stays."""
        self.job.stop()
        self._clock.stop()
        self._show_state()

    # -- doing -----------------------------------------------------------------------

    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Where shall the scenes go?", self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def _toggle(self) -> None:
        import time

        if self.running:
            self.begin.setEnabled(False)
            self.begin.setText("Stopping\u2026")
            self.job.ask_to_end()
            QTimer.singleShot(8000, self._stop_if_slow)
            return
        if not self.folder.text().strip():
            self.said.show_rows([("error", "Choose a folder for the scenes first.")])
            return
        self.context.settings["scenes_folder"] = self.folder.text()
        self._started, self._rendered, self._done = time.monotonic(), 0, 0
        self._total = self.count.value()
        self.said.show_rows([])
        self.progress.setRange(0, 0)
        self.job.start(
            "streets", "--count", self.count.value(), "--size", self.size.currentData(), "--seed", self.seed.value(),
            "--samples", self.light.currentData(), "--out", folder_named(self.folder.text()).absolute(), "--progress", "json",
            *(["--jpeg"] if self.jpeg.isChecked() else []),
        )  # fmt: skip
        self._clock.start()
        self._show_words()
        self._show_state()

    def _stop_if_slow(self) -> None:
        if self.running and not self.begin.isEnabled():
            self.stop()
            self._stopped()

    def _train(self) -> None:
        self.train_requested.emit(str(folder_named(self.folder.text())))
        self.close()

    # -- being told --------------------------------------------------------------------

    def _told(self, event: dict) -> None:
        import time

        if event["event"] == "frame":
            self._done, self._total = event["done"], event["total"]
            self._rendered += bool(event["rendered"])
            if not event["rendered"]:
                self._started = time.monotonic()  # those passed over say nothing about speed
            self.progress.setRange(0, self._total)
            self.progress.setValue(self._done)
            image = QImage(event["path"])
            if not image.isNull():
                self.picture.show_image(image)
            self._show_words()
            self._show_state()
        elif event["event"] == "stopped":
            self._stopped()

    def _stopped(self) -> None:
        self.said.show_rows([("note", f"Stopped. {self._done:,} photographs are there; Render goes on from here.")])

    def _ended(self, sentence: str) -> None:
        self._clock.stop()
        self.progress.setRange(0, max(1, self._total))
        self.progress.setValue(self._done)
        if sentence:
            self.said.show_rows([("error", sentence)])
        elif self._done >= self._total > 0:
            self.said.show_rows([("good", f"All {self._total:,} photographs are there.")])
        self._show_words()
        self._show_state()

    def _show_words(self) -> None:
        import time

        if not self.running:
            self.words.setText("")
        elif not self._done:
            self.words.setText("Building the first street\u2026")
        elif not self._rendered:
            self.words.setText(f"{self._done:,} of {self._total:,} were there already")
        else:
            each = (time.monotonic() - self._started) / self._rendered
            left = duration(each * (self._total - self._done))
            self.words.setText(f"{self._done:,} of {self._total:,}, about {left} to go")

    def _show_state(self) -> None:
        running, there = self.running, blender_there()
        for field in self.fields:
            field.setEnabled(not running)
        self.begin.setText("Stop" if running else "Render")
        self.begin.setEnabled(there or running)
        folder = folder_named(self.folder.text()) if self.folder.text() else None
        self.train.setEnabled(self._done > 0 or bool(folder and (folder / "gtFine" / "train").is_dir()))

    def keyPressEvent(self, event) -> None:
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # Enter in a field starts nothing
            super().keyPressEvent(event)
