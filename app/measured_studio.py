"""A studio to measure: a real window on a street of one's own, its brush moved by the program."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator

import numpy as np

from core import memory


@contextmanager
def opened(maps: tuple[np.ndarray, np.ndarray], window: tuple[int, int], view: str, model: Path) -> Iterator[tuple]:
    """(application, studio) with a street on show and, where ``model`` is a file, its first exact photograph.

    Settings and recovery copies go to a temporary folder; the window is closed at the end.

    Args:
        maps: (H, W) uint8 labels, (H, W) uint16 instances.
        window: its width and height.
        view: one of the canvas's.

    Raises:
        VedutaError: when the photograph doesn't come within two minutes.
    """
    memory.prepare()
    # Without a screen Qt draws into memory; the work is the same.
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication

    from app.settings import Settings
    from app.studio import make_studio
    from core.scene.scene import Scene

    app = QApplication.instance() or QApplication(["veduta"])
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat))
        settings["open_example"] = False
        settings["view"] = view
        settings["fill_painted"] = False  # each stroke is measured by itself
        studio = make_studio(app, settings, Path(folder) / "recovery")
        try:
            studio.resize(*window)
            studio.show()
            studio.begin()
            studio.documents.show(Scene(*maps), "Street", None)
            if model.is_file():
                if str(model) != getattr(studio.context.model, "path", None):
                    studio.live.open_model(str(model))
                wait(app, lambda: settled(studio), 120)
            yield app, studio
        finally:
            if studio.context.stroking:
                studio.canvas.tool.abort()
            studio.context.history.mark_saved()
            studio.close()
            app.processEvents()


def settled(studio) -> bool:
    """True while the photograph on show is the exact one of the street and nothing is being rendered."""
    return studio.live.is_current and not studio.live.busy and not studio.live.loading


def wait(app, done: Callable[[], bool], seconds: float) -> None:
    """Run the window's events until ``done``.

    Raises:
        VedutaError: after ``seconds``.
    """
    from core.errors import VedutaError

    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise VedutaError(f"The photograph didn't come within {seconds:.0f} s; measure on a quieter machine.")
        app.processEvents()
        time.sleep(0.005)


class Pointer:
    """The mouse over the labels' pane. Positions are in pixels of the street."""

    def __init__(self, app, studio):
        self.app, self.pane = app, studio.canvas.panes[0]

    def press(self, x: float, y: float) -> None:
        self._send("MouseButtonPress", x, y, True, True)

    def move(self, x: float, y: float) -> None:
        self._send("MouseMove", x, y, False, True)

    def release(self, x: float, y: float) -> None:
        self._send("MouseButtonRelease", x, y, True, False)

    def _send(self, kind: str, x: float, y: float, is_left: bool, is_held: bool) -> None:
        from PySide6.QtCore import QEvent, QPointF, Qt
        from PySide6.QtGui import QMouseEvent

        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        spot = self.pane.from_image(QPointF(x, y))
        event = QMouseEvent(
            QEvent.Type[kind], spot, QPointF(self.pane.mapToGlobal(spot)),
            left if is_left else none, left if is_held else none, Qt.KeyboardModifier.NoModifier,
        )
        self.app.sendEvent(self.pane, event)


def painted_areas(pane) -> list[int]:
    """A list that from now on gets the number of pixels of each repaint of ``pane``."""
    from PySide6.QtCore import QEvent, QObject

    areas: list[int] = []

    class Watch(QObject):
        def eventFilter(self, watched, event) -> bool:
            if event.type() == QEvent.Type.Paint:
                areas.append(sum(rect.width() * rect.height() for rect in event.region()))
            return False

    watch = Watch(pane)
    pane.installEventFilter(watch)
    return areas
