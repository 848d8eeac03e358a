"""The runs in the runs folder: starting them, watching them, speaking to them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, QTimer, Signal

from core.errors import VedutaError
from core.training.run_folder import ALIVE, FAILED, INTERRUPTED, RunFolder, list_runs
from core.training.watch import Watcher

#: How often a run that goes on is looked at, milliseconds; the folder itself at every tenth look.
_LOOK_EVERY = 300
_LIST_EVERY = 10


def default_folder() -> Path:
    """Where runs go unless the person says otherwise: ``Veduta/Runs`` among the documents."""
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(documents or Path.home()) / "Veduta" / "Runs"


class Runs(QObject):
    """Signals:
        listed: runs came or went.
        changed(name): a run's state or numbers changed.
        told(name, event): a run told something, see :class:`core.training.session.Session`.
        broke(name, sentence): a run that was going on ended with an error.
    """

    listed = Signal()
    changed = Signal(str)
    told = Signal(str, dict)
    broke = Signal(str, str)

    def __init__(self, folder: Path, parent: QObject | None = None):
        super().__init__(parent)
        self.folder = folder
        self.watched: dict[str, Watcher] = {}
        self._looks = 0
        self._timer = QTimer(self, interval=_LOOK_EVERY)
        self._timer.timeout.connect(self._look)
        self.refresh()
        self._timer.start()

    def stop(self) -> None:
        """Look no longer. The runs go on."""
        self._timer.stop()

    def __getitem__(self, name: str) -> Watcher:
        return self.watched[name]

    def get(self, name: str) -> Watcher | None:
        return self.watched.get(name)

    @property
    def alive(self) -> list[str]:
        """Names of the runs whose process is there."""
        return [name for name, watcher in self.watched.items() if watcher.alive]

    def ordered(self) -> list[str]:
        """Names, those going on first, then the newest first."""
        def place(name: str):
            watcher = self.watched[name]
            return not watcher.alive, -watcher.info.updated
        return sorted(self.watched, key=place)

    # -- doing ------------------------------------------------------------------

    def free_name(self, wanted: str) -> str:
        """``wanted`` as a folder's name, with a number where it is taken."""
        stem = re.sub(r"[^\w .()+-]+", "-", wanted).strip(" .") or "run"
        name, number = stem, 2
        while (self.folder / name).exists():
            name, number = f"{stem} {number}", number + 1
        return name

    def begin(self, name: str, recipe: str, steps: int, options: list[str]) -> Watcher:
        """Start a new run in ``folder/name``; TrainingError where that can't be done."""
        folder = RunFolder(self.folder / name)
        folder.write_asked(recipe, steps, options)
        watcher = self.watched[name] = Watcher(folder.path)
        watcher.start(*options)
        self.listed.emit()
        return watcher

    def resume(self, name: str, *more: object) -> None:
        """Go on with a run that ended; one that never began is started as it was asked. ``more`` are further options."""
        watcher = self.watched[name]
        asked = watcher.folder.read_asked()
        kept = [option for option in asked.get("options", []) if option]
        if watcher.folder.run.is_file():
            every = [word for flag in ("--save-every", "--sample-every") if flag in kept
                     for word in kept[kept.index(flag):kept.index(flag) + 2]]  # fmt: skip
            watcher.start("--resume", *every, *more)
        else:
            watcher.start(*kept, *more)
        self.listed.emit()
        self.changed.emit(name)

    def remove(self, name: str) -> None:
        """Delete a run that has ended, with all it made."""
        watcher = self.watched[name]
        if watcher.alive:
            return
        shutil.rmtree(watcher.path, ignore_errors=True)
        self.watched.pop(name, None)
        self.listed.emit()

    def stop_all(self) -> None:
        """Tell every run to save and end."""
        for name in self.alive:
            self.watched[name].send("stop")

    # -- watching ------------------------------------------------------------------

    def refresh(self) -> None:
        """Look for runs that came or went."""
        found = {info.folder.name: info.folder for info in list_runs(self.folder)}
        gone = [name for name in self.watched if name not in found]
        new = [name for name in found if name not in self.watched]
        for name in gone:
            del self.watched[name]
        for name in new:
            try:
                self.watched[name] = Watcher(found[name])
                self.watched[name].look()
            except VedutaError:
                self.watched.pop(name, None)
        if gone or new:
            self.listed.emit()

    def _look(self) -> None:
        self._looks += 1
        if self._looks % _LIST_EVERY == 0:
            self.refresh()
        for name in list(self.watched):
            watcher = self.watched[name]
            if watcher.alive or self._looks % _LIST_EVERY == 0:
                self._look_at(name, watcher)

    def _look_at(self, name: str, watcher: Watcher) -> None:
        before = watcher.info
        try:
            events = watcher.look()
        except VedutaError:
            return  # its folder is just going
        for event in events:
            self.told.emit(name, event)
        if watcher.info != before:
            self.changed.emit(name)
            if watcher.info.state != before.state:
                self.listed.emit()
                if watcher.info.state in (FAILED, INTERRUPTED) and before.state in ALIVE:
                    self.broke.emit(name, watcher.info.message)
