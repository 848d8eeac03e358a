"""Fixtures and helpers for the studio's tests: a real window, a real small model, and a check for leaks."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSettings, Qt, QThread, QThreadPool
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.settings import Settings
from app.studio import make_studio
from core.labels import STREETS
from core.scene.scene import Scene
from tests.app_mouse import PATIENCE, wait_for

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NONE, SHIFT, ALT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier,
)
ROAD, BUILDING, SKY, CAR, WINDOW, WHEEL = (
    STREETS.named(name).id for name in ("road", "building", "sky", "car", "window", "car wheel")
)


def small_street(width: int = 160, height: int = 96) -> Scene:
    """Sky, road, a building and two cars that touch."""
    labels = np.full((height, width), SKY, np.uint8)
    labels[height // 2:] = ROAD
    labels[height // 4:height // 2, :width // 4] = BUILDING
    car = np.s_[height * 5 // 8:height * 7 // 8, width // 2:width * 3 // 4]
    labels[car] = CAR
    instances = labels.astype(np.uint16)
    instances[car] = 26000
    instances[height * 5 // 8:height * 7 // 8, width * 5 // 8:width * 3 // 4] = 26001
    return Scene(labels, instances)


@pytest.fixture
def no_leaks(qapp):
    """Fails a test that leaves windows or running threads behind."""
    before = set(QApplication.topLevelWidgets())
    yield
    # What a thread of the pool has just told may have ended the test before that thread was done.
    assert QThreadPool.globalInstance().waitForDone(int(PATIENCE * 1000)), "work is left in the pool's threads"
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()
        gc.collect()
    left = [widget for widget in QApplication.topLevelWidgets() if widget not in before and not widget.isHidden()]
    assert not left, f"windows left open: {left}"
    running = [entry for entry in gc.get_objects() if issubclass(type(entry), QThread) and _running(entry)]
    running = [thread for thread in running if thread is not qapp.thread()]
    assert not running, f"threads left running: {running}"


def _running(thread: QThread) -> bool:
    try:
        return thread.isRunning()
    except RuntimeError:  # deleted on the C++ side
        return False


@pytest.fixture
def settings(tmp_path):
    """Settings in a file of their own, so that the user's are left alone."""
    store = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    store["open_example"] = False
    store["theme"] = "light"
    store["fill_painted"] = False  # strokes stay as they are painted; what fills them has tests of its own
    store["runs_folder"] = str(tmp_path / "runs")
    store["scenes_folder"] = str(tmp_path / "scenes")
    return store


@pytest.fixture
def bare_studio(qapp, no_leaks, settings, tmp_path, monkeypatch):
    """A shown studio without a model, whatever lies in checkpoints/."""
    monkeypatch.setattr("app.studio.DEFAULT_MODEL", tmp_path / "none.safetensors")
    # Where no window is: a real pointer that happens to rest on a picture would try its look on.
    QCursor.setPos(qapp.primaryScreen().geometry().bottomRight())
    window = make_studio(qapp, settings, tmp_path / "recovery")
    window.resize(1000, 640)
    come_up(window)
    window.begin()
    yield window
    for box in [child for child in window.children() if hasattr(child, "reject") and hasattr(child, "open")]:
        box.reject()
    if window.context.stroking:
        window.canvas.tool.abort()
    window.context.history.mark_saved()
    window.close()
    assert window.live.thread_.isFinished()
    window.deleteLater()
    QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)


@pytest.fixture
def studio(bare_studio, small_model_path):
    """A shown studio with the small street, the small model, and its first photograph."""
    bare_studio.documents.show(small_street(), "Small street", None)
    bare_studio.live.open_model(str(small_model_path))
    wait_current(bare_studio)
    return bare_studio


def come_up(window: QWidget) -> None:
    """Show a window, and wait until it can be seen and has the keys, which shortcuts need."""
    window.show()
    window.activateWindow()  # as a window manager would; a bare X server has none
    wait_for(lambda: window.windowHandle().isExposed(), "the window is not on the screen")
    wait_for(window.isActiveWindow, "the window does not get the keys")


def wait_current(window) -> None:
    """Until the photograph on show is of the scene as it is."""
    live = window.live
    wait_for(
        lambda: live.is_current and not live.busy and not live.loading,
        lambda: f"no photograph of the scene as it is (busy: {live.busy}, error: '{live.error}')",
    )


def same_picture(one: np.ndarray, other: np.ndarray) -> bool:
    """Equal to one step of 255: an update adds in another order than a full frame."""
    return one.shape == other.shape and int(np.abs(one.astype(int) - other.astype(int)).max(initial=0)) <= 1


def fresh_render(window) -> np.ndarray:
    """The scene as it is now, rendered here and now by a new renderer, (H, W, 3)."""
    from core.models.model_file import load_model
    from core.rendering.renderer import Renderer

    shot = window.context.scene.snapshot()
    renderer = Renderer(load_model(window.context.model.path), window.context.settings["device"])
    return renderer.render(shot.label_map, shot.instance_map, shot.codes, shot.label_set)


def pane_at(pane, x: float, y: float) -> QPoint:
    """Where the middle of image pixel (x, y) lies in a pane."""
    return pane.from_image(QPointF(x + 0.5, y + 0.5)).toPoint()


def drag(pane, *points, button=LEFT, modifiers=NONE) -> None:
    """Press at the first image point, move through the others, release at the last."""
    spots = [pane_at(pane, *point) for point in points]
    QTest.mousePress(pane, button, modifiers, spots[0])
    for spot in spots[1:]:
        move(pane, spot, button, modifiers)
    QTest.mouseRelease(pane, button, modifiers, spots[-1])


def move(pane, spot: QPoint, button=Qt.MouseButton.NoButton, modifiers=NONE) -> None:
    """A mouse move with the buttons and keys that are held (QTest.mouseMove knows neither)."""
    from PySide6.QtGui import QMouseEvent

    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(spot), QPointF(pane.mapToGlobal(spot)), Qt.MouseButton.NoButton, button, modifiers
    )
    QApplication.sendEvent(pane, event)


def click(pane, x: float, y: float, modifiers=NONE) -> None:
    drag(pane, (x, y), modifiers=modifiers)
