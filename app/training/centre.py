"""What the studio holds of training: the runs, and the two windows, made when they are first asked for."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QToolButton, QWidget

from app import dialogs
from app.context import StudioContext
from app.live import LiveRenderer
from app.training.in_use import InUse
from app.training.parts import folder_named
from app.training.runs import Runs, default_folder
from core.training.run_folder import PAUSED, RUNNING, STARTING


class TrainingCentre(QObject):
    """``show``, ``show_scenes``: the windows. ``may_close``: what to do with runs when the studio closes."""

    def __init__(self, context: StudioContext, live: LiveRenderer, studio: QWidget):
        super().__init__(studio)
        self.context, self.live, self.studio = context, live, studio
        folder = folder_named(context.settings["runs_folder"] or str(default_folder()))
        self.runs = Runs(folder, self)
        self.in_use = InUse(context, live, self.runs, self)
        self.window = None
        self.scenes = None
        #: In the status bar while something trains: how far it is; a click shows it.
        self.badge = QToolButton(toolTip="Show the training window", visible=False)
        self.badge.clicked.connect(self.show)
        self.runs.listed.connect(self._show_badge)
        self.runs.changed.connect(self._show_badge)
        self.runs.broke.connect(self._tell_broken)
        self._show_badge()

    def show(self, *_) -> None:
        """Open the training window, or bring it to the front."""
        if self.window is None:
            from app.training.window import TrainingWindow  # pyqtgraph takes a moment to load

            self.window = TrainingWindow(self.context, self.runs, self.in_use, self.studio)
            self.window.scenes_requested.connect(self.show_scenes)
        self.runs.refresh()
        _raise(self.window)

    def show_scenes(self) -> None:
        """Open the window for new training scenes."""
        if self.scenes is None:
            from app.training.scenes import ScenesDialog

            self.scenes = ScenesDialog(self.context, self.studio)
            self.scenes.train_requested.connect(self._train_with)
        _raise(self.scenes)

    def _train_with(self, folder: str) -> None:
        self.show()
        self.window.take_data(Path(folder))

    # -- closing the studio ---------------------------------------------------------------

    def may_close(self) -> bool:
        """Ask about what is going on; False where the studio is to stay open."""
        going = self.runs.alive
        answer = dialogs.ask_training(self.studio, going) if going else "keep"
        if answer == "cancel":
            return False
        if self.scenes is not None and self.scenes.running:
            if not dialogs.ask_yes(
                self.studio, "Training scenes are being rendered.",
                "What is rendered is kept; you can go on from there another time.", "Stop and close", "Cancel",
            ):  # fmt: skip
                return False
        if answer == "stop":  # once it is certain that the studio closes
            self.runs.stop_all()
        return True

    def close(self) -> None:
        """The studio closes. Runs in their own processes go on."""
        self.runs.stop()
        self.in_use.stop()
        for window in (self.window, self.scenes):
            if window is not None:
                window.stop()
                window.close()

    # -- saying ------------------------------------------------------------------------------

    def _show_badge(self, *_) -> None:
        going = self.runs.alive
        self.badge.setVisible(bool(going))
        if going:
            info = self.runs[going[0]].info
            percent = f"{100 * info.step // info.steps} %" if info.steps else ""
            words = {STARTING: "Training starts", RUNNING: f"Training {percent}", PAUSED: "Training paused"}[info.state]
            self.badge.setText(words if len(going) == 1 else f"{words}, {len(going) - 1} more")

    def _tell_broken(self, name: str, sentence: str) -> None:
        """In one sentence; the training window has the way on."""
        self.context.message.emit(f"{name}: {sentence}")
        if self.window is None or not self.window.isVisible():
            dialogs.tell(self.studio, f"The run {name} broke off.", f"{sentence} Your painting is not affected.")


def _raise(window: QWidget) -> None:
    window.show()
    window.raise_()
    window.activateWindow()
