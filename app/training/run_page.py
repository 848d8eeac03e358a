"""Step three: how a run stands, its curves and pictures, and what can be told to it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QImage
from PySide6.QtWidgets import (
    QGridLayout, QHBoxLayout, QInputDialog, QLabel, QProgressBar, QPushButton, QSlider, QSplitter, QTabWidget, QToolButton,
    QVBoxLayout, QWidget,
)

from app.context import StudioContext
from app.training.curves import Curves
from app.training.parts import Picture, Sentences
from app.training.runs import Runs
from core.errors import VedutaError
from core.training.duration import duration
from core.training.recipes import recipe_from_json
from core.training.run_folder import FAILED, FINISHED, INTERRUPTED, PAUSED, RUNNING, STARTING, STOPPED, RunInfo

WORDS = {
    STARTING: "Getting ready", RUNNING: "Training", PAUSED: "Paused", STOPPED: "Stopped", FINISHED: "Finished",
    FAILED: "Broke off", INTERRUPTED: "Interrupted",
}


class RunPage(QWidget):
    """Shows the run named by :meth:`show_run`.

    Signals:
        use_requested(name), follow_requested(name, on): put its model under the canvas, once or as it trains.
    """

    use_requested = Signal(str)
    follow_requested = Signal(str, bool)

    def __init__(self, context: StudioContext, runs: Runs, parent: QWidget | None = None):
        super().__init__(parent)
        self.context, self.runs = context, runs
        self.run = ""
        self._recipe = None
        self._newest: dict[str, tuple[Path, int] | None] = {"step": None, "canvas": None}

        self.title = QLabel(objectName="title")
        self.state = QLabel(objectName="muted")
        self.folder = QToolButton(toolTip="Show the run's folder")
        context.theme.dress(self.folder, "folder-open")
        self.folder.clicked.connect(self._open_folder)
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addWidget(self.state)
        head.addStretch(1)
        head.addWidget(self.folder)
        self.bar = QProgressBar(textVisible=False, maximumHeight=8)
        self.said = Sentences(context.theme)
        facts = QGridLayout()
        facts.setHorizontalSpacing(26)
        facts.setVerticalSpacing(1)
        self.facts: dict[str, QLabel] = {}
        for column, (key, words) in enumerate(
            (("step", "Step"), ("speed", "Speed"), ("left", "Still to go"), ("memory", "Memory"))
        ):
            facts.addWidget(QLabel(words, objectName="muted"), 0, column)
            self.facts[key] = QLabel("\u2013", objectName="heading")
            facts.addWidget(self.facts[key], 1, column)
        facts.setColumnStretch(4, 1)

        self.pause = self._button("Pause", "pause", "The run waits; nothing is lost", self._pause)
        self.resume = self._button("Resume", "play", "Go on from the last saved step", self._resume)
        self.less = self._button("Resume with less memory", "play", "", self._resume_smaller)
        self.save = self._button("Save now", "floppy-disk", "Write a training state that a crash can't take", lambda: self._send("save"))
        self.stop = self._button("Stop and keep", "stop", "Save, write the model, and end; it can be resumed", lambda: self._send("stop"))
        self.longer = self._button("Train longer\u2026", "plus", "More steps; the learning rate starts a new round", self._longer)
        self.remove = self._button("Delete\u2026", "trash", "Delete this run with all it has made", self._remove)
        self.use = QPushButton("Use in studio", objectName="primary", toolTip="Put its newest model under the canvas")
        self.use.clicked.connect(lambda: self.use_requested.emit(self.run))
        self.follow = QPushButton("Follow", checkable=True, toolTip="The canvas shows the model while it learns")
        context.theme.dress(self.follow, "eye")
        self.follow.clicked.connect(lambda on: self.follow_requested.emit(self.run, on))
        buttons = QHBoxLayout()
        for button in (self.pause, self.resume, self.less, self.save, self.stop, self.longer, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.follow)
        buttons.addWidget(self.use)

        self.curves = Curves(context)
        self.grid = Picture(context.theme, "Pictures of held-out maps appear here while it trains.")
        self.canvas = Picture(context.theme, "The street on the canvas, as this run sees it, appears here.")
        self.when = QSlider(Qt.Orientation.Horizontal, minimum=0, maximum=0, toolTip="Earlier pictures")
        self.when.valueChanged.connect(self._slid)
        self.shown_step = QLabel(objectName="muted")
        self.again = QToolButton(toolTip="New pictures now")
        context.theme.dress(self.again, "arrows-clockwise")
        self.again.clicked.connect(lambda: self._send("sample"))
        time_row = QHBoxLayout()
        time_row.addWidget(self.when, 1)
        time_row.addWidget(self.shown_step)
        time_row.addWidget(self.again)
        held = QWidget()
        held_layout = QVBoxLayout(held)
        held_layout.setContentsMargins(0, 8, 0, 0)
        held_layout.addWidget(QLabel("Labels, this run's pictures of them, and photographs", objectName="muted"))
        held_layout.addWidget(self.grid, 1)
        yours = QWidget()
        yours_layout = QVBoxLayout(yours)
        yours_layout.setContentsMargins(0, 8, 0, 0)
        self.canvas_words = QLabel("The street on the canvas now", objectName="muted", wordWrap=True)
        yours_layout.addWidget(self.canvas_words)
        yours_layout.addWidget(self.canvas, 1)
        self.tabs = QTabWidget(documentMode=True)
        self.tabs.addTab(held, "Held-out maps")
        self.tabs.addTab(yours, "Your street")
        pictures = QWidget()
        pictures_layout = QVBoxLayout(pictures)
        pictures_layout.setContentsMargins(0, 0, 0, 0)
        pictures_layout.addWidget(self.tabs, 1)
        pictures_layout.addLayout(time_row)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        self.splitter.setHandleWidth(17)
        self.splitter.setStyleSheet("QSplitter::handle { background: transparent; }")
        self.splitter.addWidget(self.curves)
        self.splitter.addWidget(pictures)
        self.splitter.setSizes([380, 440])

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addLayout(head)
        layout.addWidget(self.bar)
        layout.addLayout(facts)
        layout.addWidget(self.said)
        layout.addLayout(buttons)
        layout.addWidget(self.splitter, 1)
        for button in (self.resume, self.less, self.save, self.longer, self.remove):
            button.hide()
        runs.changed.connect(lambda name: self.refresh() if name == self.run else None)
        runs.told.connect(self._told)

    def _button(self, words: str, icon: str, hint: str, run) -> QPushButton:
        button = QPushButton(words, toolTip=hint)
        button.setIconSize(QSize(16, 16))
        self.context.theme.dress(button, icon)
        button.clicked.connect(lambda: run())
        return button

    # -- what is shown -------------------------------------------------------------------

    @property
    def watcher(self):
        return self.runs.get(self.run)

    def show_run(self, name: str) -> None:
        """Show another run."""
        self.run = name
        self._recipe = None
        self._newest = {"step": None, "canvas": None}
        for picture in (self.grid, self.canvas):
            picture.show_image(QImage())
        self.when.setRange(0, 0)
        self.shown_step.setText("")
        self.curves.show_run([], {}, None)
        self.refresh()
        self.read_log()
        self._show_pictures()

    def refresh(self) -> None:
        """Bring words, numbers and buttons up to date."""
        watcher = self.watcher
        if watcher is None:
            return
        info: RunInfo = watcher.info
        self.title.setText(self.run)
        self.state.setText(f"{info.recipe}  \u00b7  {WORDS.get(info.state, info.state)}")
        self._show_bar(watcher, info)
        self.facts["step"].setText(f"{info.step:,} of {info.steps:,}")
        self.facts["speed"].setText(_speed(info.seconds_per_step))
        going = info.state in (RUNNING, PAUSED) and info.seconds_per_step > 0
        self.facts["left"].setText(duration(info.seconds_left) if going else "\u2013")
        self.facts["memory"].setText(f"{info.memory / 2**30:.1f} GB" if info.memory else "\u2013")
        self.said.show_rows(_rows(watcher, info))
        alive, ended = watcher.alive, not watcher.alive
        unfinished = info.state in (STOPPED, FAILED, INTERRUPTED)
        self.pause.setVisible(info.state == RUNNING)
        self.resume.setVisible(info.state == PAUSED or unfinished)
        self.resume.setText("Resume" if info.state == PAUSED or watcher.folder.run.is_file() else "Try again")
        self.less.setVisible(unfinished and bool(watcher.smaller))
        self.save.setVisible(info.state in (RUNNING, PAUSED))
        self.stop.setVisible(alive)
        self.stop.setEnabled(info.state in (RUNNING, PAUSED))
        self.longer.setVisible(info.state == FINISHED)
        self.remove.setVisible(ended)
        self.again.setEnabled(info.state in (RUNNING, PAUSED))
        self.use.setEnabled(info.model is not None or info.state in (RUNNING, PAUSED))
        self.follow.setEnabled(alive)

    def _show_bar(self, watcher, info: RunInfo) -> None:
        if info.state == STARTING:
            what = watcher.progress
            self.bar.setRange(0, what[2] >> 10 if what and what[0] == "fetching" else what[2] if what else 0)
            self.bar.setValue((what[1] >> 10 if what[0] == "fetching" else what[1]) if what else 0)
        else:
            self.bar.setRange(0, max(1, info.steps))
            self.bar.setValue(info.step)

    def read_log(self) -> None:
        """Read what the log has grown by, and draw it."""
        watcher = self.watcher
        if watcher is None or not watcher.read_steps():
            return
        if self._recipe is None:
            try:
                self._recipe = recipe_from_json(watcher.folder.read_settings()["recipe"])
            except VedutaError:
                pass
        self.curves.show_run(watcher.steps, watcher.losses, self._recipe)

    def look_again(self) -> None:
        """What a timer calls while the page shows."""
        if self.isVisible() and self.watcher is not None:
            self.read_log()
            self._show_pictures()

    # -- pictures --------------------------------------------------------------------------

    def _show_pictures(self) -> None:
        watcher = self.watcher
        if watcher is None:
            return
        steps = watcher.pictures("step")
        at_end = self.when.value() == self.when.maximum()
        if steps and self.when.maximum() != len(steps) - 1:
            self.when.blockSignals(True)
            self.when.setRange(0, len(steps) - 1)
            if at_end:
                self.when.setValue(len(steps) - 1)
            self.when.blockSignals(False)
        if steps:
            chosen = steps[min(self.when.value(), len(steps) - 1)]
            self._load("step", chosen, self.grid)
            self.shown_step.setText(f"step {_step_of(chosen):,}")
            canvases = [p for p in watcher.pictures("canvas") if _step_of(p) <= _step_of(chosen)] or watcher.pictures("canvas")[:1]
        else:
            canvases = watcher.pictures("canvas")
        if canvases:
            self._load("canvas", canvases[-1], self.canvas)

    def _load(self, kind: str, path: Path, target: Picture) -> None:
        try:
            stamp = path, path.stat().st_mtime_ns
        except OSError:
            return
        if self._newest[kind] == stamp:
            return
        image = QImage(str(path))
        if not image.isNull():
            self._newest[kind] = stamp
            target.show_image(image)

    def _slid(self) -> None:
        self._show_pictures()

    # -- what can be done ------------------------------------------------------------------

    def _told(self, name: str, event: dict) -> None:
        if name == self.run and event.get("event") == "sampled":
            self._show_pictures()

    def _try(self, action) -> None:
        from app.dialogs import tell

        try:
            action()
        except VedutaError as error:
            tell(self.window(), "This did not work.", str(error))
        self.refresh()

    def _send(self, command: str) -> None:
        self._try(lambda: self.watcher.send(command))

    def _pause(self) -> None:
        self._send("pause")

    def _resume(self) -> None:
        if self.watcher.info.state == PAUSED:
            self._send("resume")
        else:
            self._try(lambda: self.runs.resume(self.run))

    def _resume_smaller(self) -> None:
        words = [word for key, value in self.watcher.smaller.items() for word in (f"--{key}", value)]
        self._try(lambda: self.runs.resume(self.run, *words))

    def _longer(self) -> None:
        steps = self.watcher.info.steps
        more, wanted = QInputDialog.getInt(
            self, "Train longer", f"It has done {steps:,} steps. How many shall it do in all?", steps * 2, steps + 1, 100_000_000, 100
        )
        if wanted:
            self._try(lambda: self.runs.resume(self.run, "--steps", more))

    def _remove(self) -> None:
        from app.dialogs import ask_yes

        if ask_yes(
            self, f"Delete the run {self.run}?", "Its model, pictures and training states are deleted for good.",
            "Delete", "Keep",
        ):  # fmt: skip
            self.runs.remove(self.run)

    def _open_folder(self) -> None:
        if self.watcher is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.watcher.path)))


def _step_of(path: Path) -> int:
    digits = path.stem.rpartition("_")[2]
    return int(digits) if digits.isdigit() else 0


def _speed(seconds: float) -> str:
    if not seconds:
        return "\u2013"
    return f"{1 / seconds:.1f} steps a second" if seconds < 1 else f"{seconds:.1f} s a step"


def _rows(watcher, info: RunInfo) -> list[tuple[str, str]]:
    """What to say about the run."""
    if info.state in (FAILED, INTERRUPTED) and info.message:
        return [("error", info.message)]
    if info.state == STARTING:
        if watcher.progress is not None:
            what, done, total = watcher.progress
            if what == "fetching":
                return [("note", f"Fetching VGG19: {done >> 20} of {total >> 20} MB")]
            return [("note", f"Checking the data: {done:,} of {total:,} photographs")]
        # The last thing it said, but for the notes on the data, which the first step has shown.
        said = [s.strip() for s in watcher.sentences if not s.startswith("note:")]
        waiting = "Measuring how fast a step is; the first step follows." if said else "Loading the engine."
        return [("note", waiting)]
    if info.state in (RUNNING, PAUSED) and info.step == 0:
        return [("note", s) for s in watcher.sentences if s.startswith("It needs")]
    if info.state == FINISHED:
        return [("good", "The model is ready. Use it in the studio, or train it longer.")]
    return []
