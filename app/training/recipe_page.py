"""Step two: which recipe, how long, and which network judges the pictures."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView, QButtonGroup, QComboBox, QFileDialog, QGridLayout, QHBoxLayout, QHeaderView, QLabel, QLineEdit, QProgressBar,
    QPushButton, QRadioButton, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget,
)

from app.context import StudioContext
from app.controls import NumberField
from app.training.job import Job
from app.training.parts import Sentences
from core.networks.vgg_files import vgg_at_hand
from core.training.duration import duration
from core.training.recipes import RECIPES

VGG_MEGABYTES = 575

#: Where a run begins, and what the command calls it; the last asks for a file.
_RANDOM, _DEFAULT, _FILE = range(3)
_BEGINNINGS = ("Random weights", "The default model", "Another model\u2026")
#: A table cell's padding, pixels, as in the style sheet.
_CELL_SIDES, _CELL_ENDS = 12, 5


class RecipePage(QWidget):
    """Signals:
        ready_changed: :attr:`ready` may have changed.
        recipe_chosen(name): another recipe is chosen.
    """

    ready_changed = Signal()
    recipe_chosen = Signal(str)

    def __init__(self, context: StudioContext, parent: QWidget | None = None):
        super().__init__(parent)
        self.context = context
        self._estimates: dict[str, dict] = {}
        self._asked = False
        self.table_job, self.fetch_job = Job(self), Job(self)
        self.table_job.told.connect(self._estimated)
        self.fetch_job.told.connect(self._fetching)
        self.fetch_job.ended.connect(self._fetched)

        self.table = QTreeWidget(objectName="table", rootIsDecorated=False, wordWrap=True)
        self.table.setHeaderLabels(["Recipe", "What it trains", "Memory", "Time here"])
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.table.header()
        header.setStretchLastSection(False)
        for column in (0, 2, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self._items: dict[str, QTreeWidgetItem] = {}
        for recipe in RECIPES.values():
            item = QTreeWidgetItem([recipe.name, recipe.about[:1].upper() + recipe.about[1:], "\u2026", "\u2026"])
            item.setData(0, Qt.ItemDataRole.UserRole, recipe.name)
            item.setToolTip(1, recipe.about)
            for column in (2, 3):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.addTopLevelItem(item)
            self._items[recipe.name] = item
        header.sectionResized.connect(lambda column, _, width: self._wrap(width) if column == 1 else None)
        self.table.currentItemChanged.connect(self._chosen)

        self.steps = NumberField(minimum=1, maximum=10_000_000, singleStep=100, groupSeparatorShown=True, suffix=" steps")
        self.steps.setToolTip("How often the networks are corrected. More steps, better pictures, more time.")
        self.steps.valueChanged.connect(self._show_time)
        self.time = QLabel(objectName="muted")
        self.name = QLineEdit(placeholderText="Named after the recipe")
        self.name.setToolTip("What the list of runs calls it")

        self.begin = QComboBox()
        self.begin.addItems(_BEGINNINGS)
        self.begin.setToolTip(
            "A run that begins with a model knows streets already, and needs fewer photographs and steps for yours."
        )
        self.begin.activated.connect(self._begin_chosen)
        self.begin_file = ""

        self.download = QRadioButton(f"VGG19, fetched once ({VGG_MEGABYTES} MB)")
        self.from_file = QRadioButton("Weights of VGG16 or VGG19 from a file")
        self.without = QRadioButton("None: faster, but softer pictures")
        self.judge = QButtonGroup(self)
        for button in (self.download, self.from_file, self.without):
            self.judge.addButton(button)
        self.judge.buttonToggled.connect(lambda *_: self._judge_changed())
        self.fetch = QPushButton("Fetch now")
        self.fetch.clicked.connect(self._toggle_fetch)
        self.progress = QProgressBar(maximumHeight=18)
        self.progress.hide()
        self.file = QLineEdit(placeholderText="A .safetensors or .pth file")
        self.file.editingFinished.connect(self._judge_changed)
        self.browse = QPushButton("Choose\u2026")
        self.browse.clicked.connect(self._ask_file)
        self.said = Sentences(context.theme)

        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(9)
        grid.setColumnStretch(3, 1)
        grid.addWidget(QLabel("Length"), 0, 0)
        grid.addWidget(self.steps, 0, 1)
        grid.addWidget(self.time, 0, 2, 1, 2)
        grid.addWidget(QLabel("Name"), 1, 0)
        grid.addWidget(self.name, 1, 1, 1, 2)
        grid.addWidget(QLabel("Begin with"), 2, 0)
        grid.addWidget(self.begin, 2, 1, 1, 2)
        words = QLabel("A network that knows what photographs look like judges the pictures (the perceptual loss).")
        words.setObjectName("muted")
        words.setWordWrap(True)
        grid.addWidget(QLabel("Judge"), 3, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(words, 3, 1, 1, 3)
        fetch_row = QHBoxLayout()
        fetch_row.setSpacing(10)
        fetch_row.addWidget(self.download)
        fetch_row.addWidget(self.fetch)
        fetch_row.addWidget(self.progress, 1)
        fetch_row.addStretch(1)
        grid.addLayout(fetch_row, 4, 1, 1, 3)
        file_row = QHBoxLayout()
        file_row.setSpacing(10)
        file_row.addWidget(self.from_file)
        file_row.addWidget(self.file, 1)
        file_row.addWidget(self.browse)
        grid.addLayout(file_row, 5, 1, 1, 3)
        grid.addWidget(self.without, 6, 1, 1, 3)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(QLabel("How shall it learn?", objectName="title"))
        layout.addWidget(QLabel(
            "Start with tiny to see that everything works; compact makes a model for painting live.",
            objectName="muted", wordWrap=True,
        ))  # fmt: skip
        layout.addWidget(self.table)
        layout.addSpacing(6)
        layout.addLayout(grid)
        layout.addWidget(self.said)
        layout.addStretch(1)
        self._show_judge()
        remembered = context.settings["training_recipe"]
        self.table.setCurrentItem(self._items.get(remembered, self._items["compact"]))

    def _wrap(self, width: int) -> None:
        """As many lines as each recipe's words need in a column of ``width`` (a tree gives every row one), and a table as high as its rows."""
        metrics, room = self.table.fontMetrics(), width - 2 * _CELL_SIDES
        height = self.table.header().height() + 2 * self.table.frameWidth()
        for item in self._items.values():
            lines = metrics.boundingRect(0, 0, max(room, 1), 10_000, int(Qt.TextFlag.TextWordWrap), item.text(1))
            item.setSizeHint(1, QSize(0, lines.height() + 2 * _CELL_ENDS))
            height += lines.height() + 2 * _CELL_ENDS
        self.table.setFixedHeight(height + _CELL_ENDS)

    # -- what was chosen -------------------------------------------------------------

    @property
    def recipe(self) -> str:
        return self.table.currentItem().data(0, Qt.ItemDataRole.UserRole)

    @property
    def vgg(self) -> str | None:
        """The command's ``--vgg``: a path, "none", or None for what is found by itself."""
        if self.without.isChecked():
            return "none"
        return self.file.text().strip() if self.from_file.isChecked() else None

    @property
    def problem(self) -> str:
        """Why the run can't start yet, in a sentence; "" where it can."""
        if self.fetch_job.running:
            return "VGG19 is on its way; start when it is here."
        if self.download.isChecked() and not vgg_at_hand():
            return "Fetch VGG19 first, or choose another judge."
        if self.from_file.isChecked() and not Path(self.file.text().strip() or ".").is_file():
            return "Choose the file of VGG weights, or another judge."
        return ""

    def options(self) -> list[str]:
        """Of the train command, but for the data."""
        every = max(10, min(200, self.steps.value() // 20))
        words = ["--recipe", self.recipe, "--steps", str(self.steps.value()),
                 "--save-every", str(every), "--sample-every", str(max(5, every // 2))]  # fmt: skip
        start = {_RANDOM: "", _DEFAULT: "default", _FILE: self.begin_file}[self.begin.currentIndex()]
        if start:
            words += ["--start-from", start]
        return [*words, "--vgg", self.vgg] if self.vgg else words

    def stop(self) -> None:
        """End what goes on in the background."""
        self.table_job.stop()
        self._stop_fetching()

    def showEvent(self, event) -> None:
        super().showEvent(event)
        if not self._asked:
            self._asked = True
            self.table_job.start("train", "--recipes", "--device", self.context.settings["device"], "--progress", "json")
        self._show_judge()

    def _chosen(self, item: QTreeWidgetItem | None, *_) -> None:
        if item is None:
            return
        self.steps.setValue(RECIPES[self.recipe].steps)
        self.name.setPlaceholderText(self.recipe)
        self._offer_beginnings()
        self.context.settings["training_recipe"] = self.recipe
        self._show_time()
        self.recipe_chosen.emit(self.recipe)
        self.ready_changed.emit()

    # -- where it begins ---------------------------------------------------------------

    def _offer_beginnings(self) -> None:
        """The default model's weights suit its own recipe alone; a file's may suit any."""
        suits = self.recipe == "compact"
        self.begin.model().item(_DEFAULT).setEnabled(suits)
        if self.begin.currentIndex() != _FILE:
            self.begin.setCurrentIndex(_DEFAULT if suits else _RANDOM)

    def _begin_chosen(self, index: int) -> None:
        if index != _FILE:
            return
        path, _ = QFileDialog.getOpenFileName(
            self, "Choose a model to begin with", self.begin_file or self.context.settings["folder"],
            "Models (*.safetensors);;All files (*)",
        )  # fmt: skip
        if path:
            self.begin_file = path
            self.begin.setItemText(_FILE, Path(path).name)
        elif not self.begin_file:
            self.begin.setCurrentIndex(_RANDOM)
            self._offer_beginnings()

    # -- memory and time ---------------------------------------------------------------

    def _estimated(self, event: dict) -> None:
        if event["event"] != "recipe" or event.get("name") not in self._items:
            return
        self._estimates[event["name"]] = event
        item = self._items[event["name"]]
        item.setText(2, f"{event['memory'] / 2**30:.1f} GB")
        item.setText(3, f"about {duration(event['seconds'])}")
        if not event["fits"]:
            item.setToolTip(2, "More than is free on this computer now.")
            for column in (2,):
                item.setForeground(column, self.context.theme.colour("warn"))
        self._show_time()

    def _show_time(self) -> None:
        found = self._estimates.get(self.recipe)
        if found is None:
            self.time.setText("")
            return
        seconds = found["seconds"] * self.steps.value() / max(1, found["steps"])
        words = f"about {duration(seconds)} on this computer"
        if not found["fits"]:
            words += "; it needs more memory than is free"
        self.time.setText(words)

    # -- the judge ---------------------------------------------------------------------

    def _show_judge(self) -> None:
        here = vgg_at_hand()
        self.download.setText("VGG19, which is here" if here else f"VGG19, fetched once ({VGG_MEGABYTES} MB)")
        self.fetch.setVisible(not here)
        if self.judge.checkedButton() is None:
            self.download.setChecked(True)
        self._judge_changed()

    def _judge_changed(self) -> None:
        self.file.setEnabled(self.from_file.isChecked())
        self.browse.setEnabled(self.from_file.isChecked())
        self.fetch.setEnabled(self.download.isChecked())
        self.ready_changed.emit()

    def _ask_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "Choose VGG weights", self.file.text() or self.context.settings["folder"],
            "Weights (*.safetensors *.pth *.pt);;All files (*)",
        )
        if path:
            self.file.setText(path)
            self._judge_changed()

    def _toggle_fetch(self) -> None:
        if self.fetch_job.running:
            self._stop_fetching()
            return
        self.said.show_rows([])
        self.progress.setRange(0, 0)
        self.progress.show()
        self.fetch.setText("Stop")
        self.fetch_job.start("fetch-vgg", "--progress", "json")
        self.ready_changed.emit()

    def _stop_fetching(self) -> None:
        self.fetch_job.stop()
        self.progress.hide()
        self.fetch.setText("Fetch now")
        self.ready_changed.emit()

    def _fetching(self, event: dict) -> None:
        if event["event"] == "fetching":
            self.progress.setRange(0, max(event["total"], 0) >> 10)
            self.progress.setValue(event["done"] >> 10)
            self.progress.setFormat(f"{event['done'] >> 20} of {event['total'] >> 20} MB" if event["total"] else "")

    def _fetched(self, sentence: str) -> None:
        self.progress.hide()
        self.fetch.setText("Fetch now")
        self.said.show_rows([("error", sentence)] if sentence else [("good", "VGG19 is here, and its checksum is right.")])
        self._show_judge()

