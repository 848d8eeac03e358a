"""Step one: the folder to learn from, looked at in the background, told about in sentences."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox, QFileDialog, QHBoxLayout, QHeaderView, QLabel, QLineEdit, QProgressBar, QPushButton, QTreeWidget,
    QTreeWidgetItem, QVBoxLayout, QWidget,
)

from app.context import StudioContext
from app.controls import swatch_icon
from app.training.job import Job
from app.training.parts import Sentences, folder_named
from core.errors import VedutaError

_KINDS = (
    "Cityscapes' folders, pix2pixHD's (train_label, train_img, train_inst), scenes made by Veduta, "
    "or two folders 'labels' and 'photographs'."
)


#: The quick check reads this many samples whole (core.data.check).
_LOOKED_AT_ONCE = 16


def _rows(found: dict) -> list[tuple[str, str]]:
    rows = []
    if found["frames"]:
        count = "1 photograph" if found["frames"] == 1 else f"{found['frames']:,} photographs"
        rows.append(("note" if found["errors"] else "good", f"{count} with label maps ({found['layout']} layout)."))
    rows += [("error", sentence) for sentence in found["errors"]]
    return rows + [("note", sentence) for sentence in found["notes"]]


class DataPage(QWidget):
    """Signals:
        ready_changed: :attr:`ready` may have changed.
        scenes_requested: the person wants to make training scenes.
    """

    ready_changed = Signal()
    scenes_requested = Signal()

    def __init__(self, context: StudioContext, parent: QWidget | None = None):
        super().__init__(parent)
        self.context = context
        #: The folder that has been looked at and can be trained on, else None.
        self.ready: Path | None = None
        #: What the check found (core.data.check.Findings as a dict), else None.
        self.findings: dict | None = None
        self.labels_json: Path | None = None
        self.job = Job(self)
        self.job.told.connect(self._told)
        self.job.ended.connect(self._ended)
        self.setAcceptDrops(True)

        self.path = QLineEdit(placeholderText="Choose a folder, or drop one here", clearButtonEnabled=True)
        self.path.editingFinished.connect(self._typed)
        self.choose = QPushButton("Choose folder\u2026")
        self.choose.clicked.connect(self.ask_folder)
        context.theme.dress(self.choose, "folder-open")
        self.make = QPushButton("New training scenes\u2026", toolTip="Let Veduta build and render streets to learn from")
        self.make.clicked.connect(self.scenes_requested)
        row = QHBoxLayout()
        row.addWidget(self.path, 1)
        row.addWidget(self.choose)
        row.addWidget(self.make)
        self.classes = QComboBox(toolTip="Which class each number in the label maps stands for")
        self.classes.addItem("Streets (Cityscapes' classes and Veduta's parts)", None)
        self.classes.addItem("A list of my own\u2026", "")
        self.classes.activated.connect(self._classes_chosen)
        kinds = QHBoxLayout()
        kinds.addWidget(QLabel("Classes"))
        kinds.addWidget(self.classes)
        kinds.addStretch(1)
        self.progress = QProgressBar(textVisible=False, maximumHeight=6)
        self.progress.hide()
        self.said = Sentences(context.theme)
        self.nearby = QHBoxLayout()
        self.statistics = QTreeWidget(objectName="table", rootIsDecorated=False, uniformRowHeights=True, alternatingRowColors=False)
        self.statistics.setHeaderLabels(["Class", "Share of the pixels", "Photographs"])
        self.statistics.setSortingEnabled(False)
        self.statistics.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        self.statistics.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        header = self.statistics.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self.statistics.hide()

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(QLabel("What shall it learn from?", objectName="title"))
        layout.addWidget(QLabel(f"A folder of photographs with label maps: {_KINDS}", objectName="muted", wordWrap=True))
        layout.addSpacing(4)
        layout.addLayout(row)
        layout.addLayout(kinds)
        layout.addWidget(self.progress)
        layout.addWidget(self.said)
        layout.addLayout(self.nearby)
        layout.addWidget(self.statistics, 1)
        self._filler = QWidget()
        layout.addWidget(self._filler, 1)
        remembered = context.settings["training_data"]
        if remembered and Path(remembered).is_dir():
            self.path.setText(remembered)

    # -- choosing ------------------------------------------------------------------

    def showEvent(self, event) -> None:
        super().showEvent(event)
        if self.path.text() and self.findings is None and not self.job.running:
            self.look_into(Path(self.path.text()))

    def ask_folder(self) -> None:
        start = self.path.text() or self.context.settings["folder"] or str(Path.home())
        chosen = QFileDialog.getExistingDirectory(self, "Choose a folder of photographs with label maps", start)
        if chosen:
            self.look_into(Path(chosen))

    def look_into(self, folder: Path) -> None:
        """Check ``folder`` in the background: some files first, which is enough to go on with, then every one."""
        self.path.setText(str(folder))
        self._forget()
        self.progress.setRange(0, 0)
        self.progress.show()
        self.said.show_rows([("note", "Looking at the files\u2026")])
        self._check("--quick")

    def _check(self, *how: str) -> None:
        self._quick = "--quick" in how
        labels = ["--labels-json", self.labels_json] if self.labels_json else []
        self.job.start("check-data", self.path.text(), *labels, *how, "--progress", "json")

    def stop(self) -> None:
        self.job.stop()
        self.progress.hide()

    def _typed(self) -> None:
        words = self.path.text().strip()
        if not words:
            self.stop()
            self._forget()
            self.said.show_rows([])
        elif self.findings is None or Path(words) != self._looked:
            self.look_into(folder_named(words))

    def _forget(self) -> None:
        self.ready, self.findings = None, None
        self._looked = Path(self.path.text())
        self.statistics.hide()
        self._filler.show()
        while self.nearby.count():
            entry = self.nearby.takeAt(0)
            if entry.widget() is not None:
                entry.widget().hide()
                entry.widget().deleteLater()
        self.ready_changed.emit()

    _looked = Path()
    _quick = False

    def _classes_chosen(self, index: int) -> None:
        before = self.labels_json
        if self.classes.itemData(index) is None:
            self.labels_json = None
        elif index == self.classes.count() - 1:
            path, _ = QFileDialog.getOpenFileName(
                self, "Choose a list of classes", self.context.settings["folder"], "Lists of classes (*.json);;All files (*)"
            )
            if path:
                self.labels_json = Path(path)
                if self.classes.count() == 2:
                    self.classes.insertItem(1, "", path)
                self.classes.setItemText(1, Path(path).name)
                self.classes.setItemData(1, path)
            self.classes.setCurrentIndex(1 if self.labels_json else 0)
        else:
            self.labels_json = Path(self.classes.itemData(index))
        if self.labels_json != before and self.path.text():
            self.look_into(Path(self.path.text()))

    # -- what was found ----------------------------------------------------------------

    def _told(self, event: dict) -> None:
        if event["event"] == "checking":
            self.progress.setRange(0, event["total"])
            self.progress.setValue(event["done"])
            words = f"{event['done']:,} of {event['total']:,} photographs looked at"
            if self.findings is None:
                self.said.show_rows([("note", words)])
            elif self._quick is False and self.job.running:
                self.said.show_rows([*_rows(self.findings), ("note", f"Every file is being read: {words}.")])
        elif event["event"] == "findings":
            self._show(event)

    def _show(self, found: dict) -> None:
        self.findings = found
        self.said.show_rows(_rows(found))
        for folder in found.get("nearby", []):
            button = QPushButton(f"Use {Path(folder).name or folder} instead", toolTip=folder)
            button.clicked.connect(lambda _=False, folder=folder: self.look_into(Path(folder)))
            self.nearby.addWidget(button)
        if found.get("nearby"):
            self.nearby.addStretch(1)
        self._fill_statistics(found)
        if found["frames"] and not found["errors"]:
            self.ready = Path(self.path.text())
            self.context.settings["training_data"] = str(self.ready)
        else:
            self.ready = None
        self.ready_changed.emit()

    def _fill_statistics(self, found: dict) -> None:
        self.statistics.clear()
        label_set = self._label_set()
        for key, share in sorted(found["pixels"].items(), key=lambda item: -item[1]):
            name = found["classes"].get(key, key)
            shown = f"{share:.1%}" if share >= 0.0005 else "less than 0.1 %"
            item = QTreeWidgetItem([name, shown, f"{found['frames_with'].get(key, 0):,}"])
            if label_set is not None and int(key) in label_set:
                item.setIcon(0, swatch_icon(label_set[int(key)].colour))
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.statistics.addTopLevelItem(item)
        there = bool(found["pixels"])
        self.statistics.setVisible(there)
        self._filler.setVisible(not there)

    def _label_set(self):
        from core.data.label_file import read_label_set

        try:
            return read_label_set(self.labels_json)
        except VedutaError:
            return None

    def _ended(self, sentence: str) -> None:
        if self._quick and self.ready is not None and self.findings["frames"] > _LOOKED_AT_ONCE and not sentence:
            self._check()
            return
        self.progress.hide()
        if sentence and self.ready is not None:
            self.said.show_rows([*_rows(self.findings), ("note", f"Not every file could be read: {sentence}")])
        elif sentence or self.findings is None:
            self.said.show_rows([("error", sentence or "The check ended without an answer; choose the folder again.")])

    # -- dropping ----------------------------------------------------------------------

    def dragEnterEvent(self, event) -> None:
        if any(url.isLocalFile() and Path(url.toLocalFile()).is_dir() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event) -> None:
        folders = [Path(u.toLocalFile()) for u in event.mimeData().urls() if u.isLocalFile() and Path(u.toLocalFile()).is_dir()]
        event.acceptProposedAction()
        if folders:
            self.look_into(folders[0])
