"""A copy of unsaved work, kept aside while one paints and offered after a crash."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import Callable

from PySide6.QtCore import QDateTime, QLocale, QLockFile, QObject, QRunnable, QStandardPaths, QThreadPool, QTimer

from app.context import StudioContext
from core.errors import VedutaError
from core.scene.scene import SceneSnapshot

log = logging.getLogger("veduta.recovery")


def recovery_folder() -> Path:
    base = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    return Path(base) / "Veduta" / "recovery"


class Recovery(QObject):
    """Writes ``<process>.veduta`` in the recovery folder every so often, in another thread.

    A lock file beside it tells a later start whether this studio still runs.
    The copy goes when the studio closes in order.

    Args:
        settings: gives what a project remembers besides the scene.
    """

    def __init__(
        self, context: StudioContext, folder: Path | None = None, parent: QObject | None = None,
        settings: Callable[[], dict] = dict,
    ):
        super().__init__(parent)
        self.context, self._settings = context, settings
        self.folder = folder or recovery_folder()
        self.path = self.folder / f"{os.getpid()}-{time.time_ns():x}.veduta"
        self._lock: QLockFile | None = None
        self._written: tuple | None = None  # revision and settings in the copy
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.write)
        context.settings.changed.connect(self._setting_changed)
        context.scene_replaced.connect(self._scene_replaced)

    def start(self) -> None:
        self._timer.start(self.context.settings["autosave_seconds"] * 1000)

    def write(self) -> None:
        """Copy the scene now if it has unsaved changes that the copy lacks; returns at once."""
        scene = self.context.scene
        if scene is None or self.context.history.saved or self.context.stroking:
            return
        wanted = scene.revision, self._settings()
        if wanted == self._written:
            return
        try:
            self._claim()
        except OSError as error:
            log.warning("no recovery copy: %s", error)
            return
        self._written = wanted
        self._pool.start(_Copy(scene.snapshot(), wanted[1], self.path))

    def close(self) -> None:
        """The studio closes in order: nothing to recover."""
        self._timer.stop()
        self._pool.waitForDone()
        self.path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def abandoned(self) -> list[Path]:
        """Copies left by studios that no longer run, newest first."""
        if not self.folder.is_dir():
            return []
        found = []
        for path in self.folder.glob("*.veduta"):
            if path == self.path:
                continue
            lock = QLockFile(str(path) + ".lock")
            lock.setStaleLockTime(0)
            if lock.tryLock(0):
                lock.unlock()
                found.append(path)
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)

    def when(self, path: Path) -> str:
        """When a copy was written, in words such as "23 Nov, 14:05"."""
        written = QDateTime.fromSecsSinceEpoch(int(path.stat().st_mtime))
        return QLocale(QLocale.Language.English).toString(written, "d MMM, HH:mm")

    def adopt(self, path: Path) -> None:
        """Make an abandoned copy this studio's own: at no moment is there none."""
        try:
            self._claim()
            os.replace(path, self.path)
            Path(f"{path}.lock").unlink(missing_ok=True)
        except OSError as error:
            log.warning("a recovery copy stays where it was: %s", error)

    def discard(self, path: Path) -> None:
        """Delete an abandoned copy."""
        path.unlink(missing_ok=True)
        Path(f"{path}.lock").unlink(missing_ok=True)

    def _claim(self) -> None:
        """Show by a lock file, for as long as this studio runs, that the copy at :attr:`path` is in use."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._lock is None:
            self._lock = QLockFile(str(self.path) + ".lock")
            self._lock.setStaleLockTime(0)
            self._lock.tryLock(100)

    def _scene_replaced(self) -> None:
        self._written = None
        self._pool.waitForDone()
        self.path.unlink(missing_ok=True)

    def _setting_changed(self, key: str, value) -> None:
        if key == "autosave_seconds" and self._timer.isActive():
            self._timer.start(value * 1000)


class _Copy(QRunnable):
    def __init__(self, snapshot: SceneSnapshot, settings: dict, path: Path):
        super().__init__()
        self._snapshot, self._settings, self._path = snapshot, settings, path

    def run(self) -> None:
        from core.scene.project import save_project

        try:
            save_project(self._path, self._snapshot, self._settings)
        except VedutaError as error:
            log.warning("no recovery copy: %s", error)
