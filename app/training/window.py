"""The training window: the list of runs, and beside it the three steps data, recipe, run."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QPushButton, QStackedWidget, QToolButton, QVBoxLayout, QWidget,
)

from app.context import StudioContext
from app.dialogs import tell
from app.training.data_page import DataPage
from app.training.in_use import CanvasMaps, InUse
from app.training.recipe_page import RecipePage
from app.training.run_page import WORDS, RunPage
from app.training.runs import Runs
from core.errors import VedutaError
from core.label_set import LabelSet, label_set_from_json
from core.training.run_folder import FAILED, INTERRUPTED, RUNNING

DATA, RECIPE, RUN = range(3)
STEPS = ("Data", "Recipe", "Run")


class TrainingWindow(QWidget):
    """A window of its own beside the studio, so that painting goes on. Closing it ends nothing.

    Signals:
        scenes_requested: the person wants to make training scenes.
    """

    scenes_requested = Signal()

    def __init__(self, context: StudioContext, runs: Runs, in_use: InUse, parent: QWidget | None = None):
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Train a model \u2013 Veduta")
        self.context, self.runs, self.in_use = context, runs, in_use
        self.maps = CanvasMaps(context, self)
        context.scene_replaced.connect(self._hand_out_map)

        self.list = QListWidget(objectName="runs")
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(self._run_chosen)
        self.new = QPushButton("New run", objectName="primary")
        self.new.clicked.connect(self.start_new)
        self.no_runs = QLabel("Runs are listed here.", objectName="muted", wordWrap=True)
        side = QVBoxLayout()
        side.setSpacing(10)
        side.addWidget(self.new)
        side.addWidget(QLabel("Runs", objectName="heading"))
        side.addWidget(self.no_runs)
        side.addWidget(self.list, 1)

        self.data = DataPage(context)
        self.recipe = RecipePage(context)
        self.run = RunPage(context, runs)
        self.pages = QStackedWidget()
        for page in (self.data, self.recipe, self.run):
            self.pages.addWidget(page)
        self.steps = [QToolButton(text=f"{number + 1}  {words}", checkable=True) for number, words in enumerate(STEPS)]
        header = QHBoxLayout()
        header.setSpacing(6)
        for number, button in enumerate(self.steps):
            button.clicked.connect(lambda _=False, number=number: self._step_clicked(number))
            header.addWidget(button)
            if number < len(STEPS) - 1:
                header.addWidget(QLabel("\u203a", objectName="muted"))
        header.addStretch(1)
        self.problem = QLabel(objectName="muted")
        self.back = QPushButton("Back")
        self.back.clicked.connect(lambda: self.show_step(self.pages.currentIndex() - 1))
        self.next = QPushButton("Next", objectName="primary")
        self.next.clicked.connect(self._next)
        self._footer = QWidget()
        footer = QHBoxLayout(self._footer)
        footer.setContentsMargins(0, 0, 0, 0)
        footer.addWidget(self.problem, 1)
        footer.addWidget(self.back)
        footer.addWidget(self.next)
        right = QVBoxLayout()
        right.setSpacing(14)
        right.addLayout(header)
        right.addWidget(self.pages, 1)
        right.addWidget(self._footer)

        panel = QWidget(objectName="panel")
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        panel.setLayout(side)
        side.setContentsMargins(16, 16, 16, 16)
        panel.setFixedWidth(232)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(panel)
        right.setContentsMargins(24, 16, 24, 18)
        layout.addLayout(right, 1)
        self.resize(1080, 780)

        self.data.ready_changed.connect(self._show_footer)
        self.data.scenes_requested.connect(self.scenes_requested)
        self.recipe.ready_changed.connect(self._show_footer)
        self.run.use_requested.connect(self._use)
        self.run.follow_requested.connect(self._follow)
        in_use.followed_changed.connect(lambda _: self._show_follow())
        runs.listed.connect(self._fill)
        runs.changed.connect(self._run_changed)
        self._timer = QTimer(self, interval=500)
        self._timer.timeout.connect(self.run.look_again)
        self._fill()
        going = self.runs.alive
        if going:
            self.show_run(going[0])
        else:
            self.show_step(DATA)

    # -- showing -----------------------------------------------------------------------

    def show_step(self, number: int) -> None:
        """Show one of the three steps."""
        self.pages.setCurrentIndex(number)
        if number != RUN:
            self._select("")
        self._show_footer()
        self._hand_out_map()

    def show_run(self, name: str) -> None:
        """Show a run."""
        self.run.show_run(name)
        self._show_follow()
        self.pages.setCurrentIndex(RUN)
        self._select(name)
        self._show_footer()
        self._hand_out_map()

    def start_new(self) -> None:
        self.show_step(DATA)

    def take_data(self, folder: Path) -> None:
        """Show the first step with this folder chosen."""
        self.show_step(DATA)
        self.data.look_into(folder)

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self._timer.start()
        self._hand_out_map()

    def hideEvent(self, event) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self._hand_out_map()

    def stop(self) -> None:
        """The studio closes: end helpers, leave runs alone."""
        self._timer.stop()
        self.data.stop()
        self.recipe.stop()
        self.maps.stop()

    def _show_footer(self) -> None:
        number = self.pages.currentIndex()
        for i, button in enumerate(self.steps):
            button.setChecked(i == number)
        self.steps[RECIPE].setEnabled(self.data.ready is not None or number == RECIPE)
        self.steps[RUN].setEnabled(bool(self.run.run) and self.runs.get(self.run.run) is not None)
        self._footer.setVisible(number != RUN)
        self.back.setVisible(number == RECIPE)
        if number == DATA:
            self.next.setText("Next")
            self.next.setEnabled(self.data.ready is not None)
            self.problem.setText("")
        elif number == RECIPE:
            self.next.setText("Start training")
            problem = self.recipe.problem if self.data.ready else "The data can't be trained on; step 1 says why."
            self.next.setEnabled(not problem and self.data.ready is not None)
            self.problem.setText(problem)

    def _step_clicked(self, number: int) -> None:
        if number == RUN:
            self.show_run(self.run.run)
        else:
            self.show_step(number)

    # -- starting ----------------------------------------------------------------------

    def _next(self) -> None:
        if self.pages.currentIndex() == DATA:
            self.show_step(RECIPE)
        elif self.data.ready is not None:
            self.start(self.data.ready)

    def start(self, data: Path) -> str:
        """Start a run of the chosen recipe on ``data``; returns its name, "" where that failed."""
        recipe = self.recipe
        name = self.runs.free_name(recipe.name.text().strip() or recipe.recipe)
        labels = ["--labels-json", str(self.data.labels_json)] if self.data.labels_json else []
        options = ["--data", str(data.absolute()), *labels, *recipe.options(), "--device", self.context.settings["device"]]
        try:
            self.runs.begin(name, recipe.recipe, recipe.steps.value(), options)
        except VedutaError as error:
            tell(self, "The run can't start.", str(error))
            return ""
        recipe.name.clear()
        self.show_run(name)
        return name

    # -- the list of runs ----------------------------------------------------------------

    def _fill(self) -> None:
        names = self.runs.ordered()
        self.list.blockSignals(True)
        self.list.clear()
        for name in names:
            item = QListWidgetItem()
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setSizeHint(QSize(0, 46))
            self.list.addItem(item)
            self._word(item, name)
        self.list.blockSignals(False)
        self.no_runs.setVisible(not names)
        if self.run.run and self.run.run not in names:
            self.run.run = ""
            if self.pages.currentIndex() == RUN:
                self.show_step(DATA)
        self._select(self.run.run if self.pages.currentIndex() == RUN else "")
        self._show_footer()
        self._hand_out_map()

    def _word(self, item: QListWidgetItem, name: str) -> None:
        info = self.runs[name].info
        state = WORDS.get(info.state, info.state)
        if info.steps and info.state == RUNNING:
            state = f"{state}, {100 * info.step // info.steps} %"
        item.setText(f"{name}\n{state}")
        item.setToolTip(info.message or str(info.folder))
        if info.state in (FAILED, INTERRUPTED):
            item.setForeground(self.context.theme.colour("warn"))
        else:
            item.setForeground(self.context.theme.colour("text"))

    def _item(self, name: str) -> QListWidgetItem | None:
        items = (self.list.item(row) for row in range(self.list.count()))
        return next((item for item in items if item.data(Qt.ItemDataRole.UserRole) == name), None)

    def _select(self, name: str) -> None:
        self.list.blockSignals(True)
        self.list.setCurrentItem(self._item(name) if name else None)
        if not name:
            self.list.clearSelection()
            self.list.setCurrentRow(-1)
        self.list.blockSignals(False)

    def _run_chosen(self, item: QListWidgetItem | None, *_) -> None:
        if item is not None:
            self.show_run(item.data(Qt.ItemDataRole.UserRole))

    def _run_changed(self, name: str) -> None:
        item = self._item(name)
        if item is not None:
            self._word(item, name)
        if name == self.run.run:
            self._hand_out_map()

    # -- the canvas ----------------------------------------------------------------------

    def _use(self, name: str) -> None:
        try:
            self.in_use.use(name)
        except VedutaError as error:
            tell(self, "The model can't be used.", str(error))

    def _follow(self, name: str, on: bool) -> None:
        self.in_use.follow(name, on)
        self._show_follow()

    def _show_follow(self) -> None:
        self.run.follow.setChecked(bool(self.run.run) and self.in_use.followed == self.run.run)

    def _hand_out_map(self) -> None:
        """The run on show gets the canvas's map while it trains."""
        watcher = self.runs.get(self.run.run) if self.run.run else None
        wanted = self.isVisible() and watcher is not None and watcher.alive and self.pages.currentIndex() == RUN
        classes = self._classes_of(watcher) if wanted else None
        own = wanted and classes is None
        self.run.canvas_words.setText(
            "This run has classes of its own, so it can't paint the street on the canvas."
            if own else "The street on the canvas now, as this run paints it"
        )  # fmt: skip
        self.maps.write_to(watcher.path if wanted and not own else None, classes)

    def _classes_of(self, watcher) -> LabelSet | None:
        """The run's classes, where the street on the canvas can be told in them; else None."""
        try:
            classes = label_set_from_json(watcher.folder.read_settings()["labels"])
        except (VedutaError, KeyError):
            # It has only been asked for so far.
            return None if "--labels-json" in watcher.folder.read_asked().get("options", []) else self.context.label_set
        return classes if self.context.label_set.agrees(classes) else None
