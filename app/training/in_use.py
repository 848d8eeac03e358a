"""Runs and the canvas: a run's model under the scene, once or as it learns; the scene for a run to paint."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QRunnable, QThreadPool, QTimer, Signal

from app.context import StudioContext
from app.live import LiveRenderer
from app.training.runs import Runs
from core.errors import VedutaError
from core.label_set import LabelSet
from core.scene.scene import SceneSnapshot
from core.training.run_folder import PAUSED, RUNNING

log = logging.getLogger("veduta.training")

#: A followed run is asked for a model at most this often, seconds; and rarer where showing one takes long.
_FOLLOW_EVERY = 2.0
_FOLLOW_SHARE = 6.0
_ASK_AGAIN = 120.0
#: The canvas's map goes to a run no wider than this: its picture is small.
_MAP_WIDTH = 768
_MAP_EVERY = 1500  # milliseconds


class InUse(QObject):
    """Brings models from runs to the canvas. The scene, its codes and its undo steps are not touched.

    Signals:
        followed_changed(name): another run, or "" for none, is followed.
    """

    followed_changed = Signal(str)

    def __init__(self, context: StudioContext, live: LiveRenderer, runs: Runs, parent: QObject | None = None):
        super().__init__(parent)
        self.context, self.live, self.runs = context, live, runs
        self.followed = ""
        self._wanted = ""
        self._asked_at, self._loaded_at, self._asked, self._cost = 0.0, 0.0, False, 0.0
        runs.told.connect(self._told)
        runs.changed.connect(self._changed)
        live.failed.connect(lambda *_: self.follow("", False))
        self._timer = QTimer(self, interval=250)
        self._timer.timeout.connect(self._ask)

    def use(self, name: str) -> None:
        """Put the newest weights of a run under the canvas: as they are now where it trains, else those it has kept."""
        watcher = self.runs.get(name)
        if watcher is None:
            return
        if watcher.info.state in (RUNNING, PAUSED):
            self._wanted = name
            watcher.send("model")
            self.context.message.emit(f"{name} writes its model.")
        elif watcher.info.model is not None:
            self._open(watcher.info.model)

    def follow(self, name: str, on: bool) -> None:
        """Show every model that a run publishes, and ask it to publish as often as the canvas keeps up."""
        name = name if on else ""
        if name == self.followed:
            return
        self.followed = name
        self._asked, self._cost, self._asked_at = False, 0.0, 0.0
        if name:
            self._timer.start()
            self._ask()
        else:
            self._timer.stop()
        self.followed_changed.emit(name)

    def stop(self) -> None:
        self._timer.stop()

    def _ask(self) -> None:
        watcher = self.runs.get(self.followed)
        if watcher is None or watcher.info.state != RUNNING:
            return
        now = time.monotonic()
        if self._asked:
            shown = self.context.scene is None or self.live.is_current
            if self._loaded_at and not self.live.loading and shown:
                self._cost, self._asked = now - self._asked_at, False
            elif now - self._asked_at > _ASK_AGAIN:
                self._asked = False  # the run was started anew meanwhile, and never heard
            return
        if now - self._asked_at >= max(_FOLLOW_EVERY, _FOLLOW_SHARE * self._cost):
            self._asked, self._asked_at, self._loaded_at = True, now, 0.0
            try:
                watcher.send("publish")
            except VedutaError:
                self._asked = False

    def _told(self, name: str, event: dict) -> None:
        if event.get("event") != "model" or name not in (self._wanted, self.followed):
            return
        if name == self._wanted:
            self._wanted = ""
        watcher = self.runs.get(name)
        if watcher is not None and watcher.folder.model.is_file():
            self._loaded_at = time.monotonic()
            self._open(watcher.folder.model)

    def _changed(self, name: str) -> None:
        watcher = self.runs.get(name)
        if watcher is not None and not watcher.alive:
            if name == self._wanted:
                self._wanted = ""
            if name == self.followed:
                self.follow("", False)

    def _open(self, path: Path) -> None:
        self.live.open_model(str(path))


class CanvasMaps(QObject):
    """Writes the map on the canvas into a run's folder, small, for the run's pictures of it."""

    def __init__(self, context: StudioContext, parent: QObject | None = None):
        super().__init__(parent)
        self.context = context
        self.folder: Path | None = None
        self._label_set: LabelSet | None = None
        self._dirty = True
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._timer = QTimer(self, interval=_MAP_EVERY)
        self._timer.timeout.connect(self._write)
        context.scene_changed.connect(self._touch)
        context.scene_replaced.connect(self._touch)

    def write_to(self, folder: Path | None, label_set: LabelSet | None = None) -> None:
        """From now on into this folder, of a run with these classes; None for none."""
        self._label_set = label_set
        if folder == self.folder:
            return
        self.folder = folder
        self._dirty = True
        if folder is None:
            self._timer.stop()
        else:
            self._timer.start()
            self._write()

    def stop(self) -> None:
        self._timer.stop()
        self._pool.waitForDone()

    def _touch(self, *_) -> None:
        self._dirty = True

    def _write(self) -> None:
        if self._dirty and self.folder is not None and self.context.scene is not None and not self.context.stroking:
            self._dirty = False
            self._pool.start(_Copy(self.context.scene.snapshot(), self.folder, self.context.label_set.fold_table(self._label_set)))


class _Copy(QRunnable):
    def __init__(self, shot: SceneSnapshot, folder: Path, table: np.ndarray):
        super().__init__()
        self._shot, self._folder, self._table = shot, folder, table

    def run(self) -> None:
        from core.training.canvas_map import write_canvas_map

        try:
            write_canvas_map(self._folder, self._table[self._shot.label_map], self._shot.instance_map, _MAP_WIDTH)
        except (VedutaError, OSError) as error:
            log.warning("the run gets no map of the canvas: %s", error)
