"""The whole path in a shown window: mouse, scene, undo, render thread, photograph.

Runs offscreen with the other tests, and again in a real X window in test_app_xvfb.py.
"""

from __future__ import annotations

import functools
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from app.dialogs import sky_and_road
from app.live import LiveRenderer
from core.scene.scene import Scene
from tests.app_mouse import PATIENCE, wait_for
from tests.app_support import (
    CAR, LEFT, NONE, SKY, bare_studio, drag, fresh_render, same_picture, move, no_leaks, pane_at, settings, small_street, studio,
    wait_current,
)
from tests.pace import slowness, stolen


class Heartbeat:
    """How long something kept the GUI thread waiting, beat by beat.

    ``stalls`` are milliseconds between two beats, less the time in which the
    thread itself computed, and less the time in which it, or a thread for which
    it may wait (the one that renders and holds Python's lock, OpenCV's), could
    have run but the machine ran other programs or other machines (counted by
    Linux): what is left is waiting for work of the program's own, and the timer's
    interval. ``busy`` are the milliseconds computed between two beats.
    """

    INTERVAL = 5

    def __init__(self):
        self.stalls: list[float] = []
        self.busy: list[float] = []
        self._timer = QTimer(interval=self.INTERVAL, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._last = self._now()
        self._timer.start()

    @property
    def counted(self) -> bool:
        """False where the system doesn't say how long a thread has waited for a processor."""
        return Path("/proc/self/schedstat").exists()

    def _now(self) -> tuple[float, float, dict[str, float]]:
        """Milliseconds on the clock, computed by this thread, and waited for a processor by each thread."""
        waited = {"host": stolen()}
        for thread in Path("/proc/self/task").glob("*/schedstat"):
            try:
                waited[thread.parent.name] = int(thread.read_text().split()[1]) / 1e6
            except OSError:
                pass  # it has just ended
        return time.perf_counter() * 1000, time.thread_time() * 1000, waited

    def _beat(self) -> None:
        (passed, computed, waited), before = self._now(), self._last
        self._last = passed, computed, waited
        passed, computed = passed - before[0], computed - before[1]
        lost = sum(found - before[2].get(thread, 0.0) for thread, found in waited.items())
        self.stalls.append(passed - computed - lost)
        self.busy.append(computed)

    def stop(self) -> None:
        self._timer.stop()


def test_a_stroke_changes_labels_gives_one_step_and_a_new_photograph(studio):
    context, pane = studio.context, studio.canvas.panes[0]
    context.choose_radius(6)
    number, before = context.photograph.number, context.photograph.rgb
    labels = context.scene.label_map.copy()
    assert same_picture(before, fresh_render(studio))

    drag(pane, (20, 60), (40, 70), (60, 60))

    painted = context.scene.label_map != labels
    assert painted[70, 40] and (context.scene.label_map[painted] == CAR).all()
    assert context.history.count() == 1
    wait_current(studio)
    after = context.photograph
    assert after.number > number
    changed = (after.rgb != before).any(axis=2)
    assert changed[painted].mean() > 0.95
    assert same_picture(after.rgb, fresh_render(studio))
    assert studio.canvas.pending.bbox is None

    context.history.undo()
    wait_current(studio)
    assert same_picture(context.photograph.rgb, before)


def test_two_panes_share_the_canvas_evenly_whichever_way_the_window_is_turned(bare_studio):
    bare_studio.documents.show(small_street(), "Street", None)
    canvas, turns = bare_studio.canvas, set()
    for width, height in ((1600, 520), (760, 1000), (1600, 480), (900, 900), (1280, 720), (1000, 640)):
        bare_studio.resize(width, height)
        wait_for(lambda: not canvas._refit.isActive())
        one, other = (pane.geometry() for pane in canvas.panes)
        turns.add(one.top() == other.top())
        assert abs(one.width() - other.width()) <= 1 and abs(one.height() - other.height()) <= 1
        assert not one.intersects(other) and canvas.rect().contains(one) and canvas.rect().contains(other)
        assert max(one.width(), one.height()) > 0.45 * max(canvas.width(), canvas.height())
        assert canvas.rect().size() == one.united(other).size()
        for pane in canvas.panes:  # the whole frame is in sight
            assert pane.rect().toRectF().contains(canvas.viewport.frame_in(pane.extent))
    assert turns == {True, False}


def test_the_window_gets_as_narrow_as_a_small_screen_and_nothing_is_cut_off(bare_studio):
    bare_studio.documents.show(small_street(), "Street", None)
    bare_studio.context.select(26000)
    bare_studio.canvas.set_view("overlay")
    bar, seen = bare_studio.options_bar, []
    for width in (1600, 1280, 1024, 800, 1600):
        bare_studio.resize(width, 640)
        wait_for(lambda: bare_studio.width() == width)
        assert bar.row.layout().minimumSize().width() <= bar.row.width() <= width
        shown = [widget for widget in bar.row.findChildren(QToolButton) if widget.isVisible()]
        assert all(bar.row.rect().contains(widget.geometry().translated(widget.parentWidget().mapTo(bar.row, QPoint()) if widget.parentWidget() is not bar.row else QPoint())) for widget in shown)
        seen.append((len(shown), bar.size_text.isVisible(), "car" in bar.object_chip.text()))
    assert seen[0] == seen[-1] == max(seen) and seen[0][1:] == (True, True) and seen[3] < seen[2] < seen[0]
    # Folded, a click on what is chosen chooses the next.
    bare_studio.resize(640, 640)
    wait_for(lambda: [button.isVisible() for button in bar.views.buttons.values()].count(True) == 1)
    QTest.mouseClick(bar.views.buttons["overlay"], Qt.MouseButton.LeftButton)
    assert bare_studio.canvas.view == "swipe" and bar.views.buttons["swipe"].isVisible()


def test_outlines_of_leaves_and_of_everything_are_drawn_at_once(bare_studio):
    rng = np.random.default_rng(1)
    labels = np.full((512, 1024), SKY, np.uint8)
    leaves = np.zeros_like(labels, bool)
    leaves[40:460, 40:960] = rng.random((420, 920)) < 0.4
    labels[leaves] = 21
    values = labels.astype(np.uint16)
    values[leaves] = 21000 + np.broadcast_to(np.arange(1024) // 10, labels.shape)[leaves]
    bare_studio.documents.show(Scene(labels, values), "Leaves", None)
    canvas = bare_studio.canvas
    canvas._trace_selection()

    def shown(selected) -> tuple[float, int]:
        bare_studio.context.select_many(selected)
        start = time.thread_time()
        canvas.panes[0].grab()
        return time.thread_time() - start, canvas.selection_path.elementCount()

    tree = values[200, 500][None] if values[200, 500] > 1000 else values[leaves][:1]
    took, points = shown(tree.tolist())
    box = canvas.selection_path.boundingRect()
    assert points < 1500 and box.height() > 400 and 8 <= box.width() <= 26  # one hull, not each leaf
    took, points = shown(np.unique(values[leaves]).tolist())
    assert took < 0.2 * slowness()


def test_painting_on_the_photograph_shows_at_once_and_then_as_a_photograph(studio):
    pane = studio.canvas.panes[1]
    context = studio.context
    context.choose_radius(6)
    drag(pane, (20, 60), (40, 70))
    assert studio.canvas.pending.bbox is not None
    wait_current(studio)
    assert studio.canvas.pending.bbox is None
    assert context.scene.label_at(30, 65) == CAR


@pytest.mark.parametrize("size", [(256, 128), (2048, 1024)], ids=["small", "full"])
def test_300_fast_strokes_end_in_the_right_photograph_and_never_block(
    request, monkeypatch, small_model_path, size
):
    taking: list[float] = []  # milliseconds of the GUI thread to take an answer over and send the next request
    take_over = LiveRenderer._rendered

    @functools.wraps(take_over)  # by its name Qt finds the thread that it belongs to
    def timed(live, answer):
        assert threading.current_thread() is threading.main_thread()
        started, before = time.thread_time(), stolen()
        take_over(live, answer)
        taking.append((time.thread_time() - started) * 1000 - (stolen() - before))

    monkeypatch.setattr(LiveRenderer, "_rendered", timed)
    studio = request.getfixturevalue("bare_studio")
    context = studio.context
    context.settings["autosave_seconds"] = 3600  # a slow machine may come to save a copy meanwhile
    studio.documents.show(sky_and_road(size), "Street", None)
    studio.live.open_model(str(small_model_path))
    wait_current(studio)
    context.choose_radius(max(3, size[0] // 80))
    numbers: list[int] = []
    context.photograph_changed.connect(lambda: numbers.append(context.photograph.number))
    pane = studio.canvas.panes[0]
    rng = np.random.default_rng(0)
    choices = [label.id for label in context.label_set if label.id > 6]
    slow = slowness()
    heartbeat = Heartbeat()
    strokes, end = 0, time.monotonic() + PATIENCE
    # On a machine that draws slowly, or paints very quickly, until there is something to judge.
    while strokes < 300 or (len(numbers) < 3 or len(heartbeat.stalls) <= 100) and time.monotonic() < end:
        strokes += 1
        context.choose_label(int(rng.choice(choices)))
        spot = pane_at(pane, *(rng.uniform(0.05, 0.95, 2) * size))
        QTest.mousePress(pane, LEFT, NONE, spot)
        for _ in range(2):
            spot.setX(spot.x() + int(rng.integers(-12, 13)))
            spot.setY(spot.y() + int(rng.integers(-12, 13)))
            move(pane, spot, LEFT)
            QApplication.processEvents()
        QTest.mouseRelease(pane, LEFT, NONE, spot)
        QApplication.processEvents()
    wait_current(studio)
    heartbeat.stop()
    slow = max(slow, slowness())

    assert numbers == sorted(set(numbers)), "an older photograph was shown after a newer one"
    assert len(numbers) > 2, "the photograph did not follow the hand"
    assert same_picture(context.photograph.rgb, fresh_render(studio))
    assert context.history.count() <= 300  # undo_steps
    assert len(heartbeat.stalls) > 100
    told = f"on a machine {slow:.1f} times slower than meant"
    if heartbeat.counted:  # else nobody can tell the program's waiting from the machine's
        assert max(heartbeat.stalls) < 50 * slow, f"the window waited {max(heartbeat.stalls):.0f} ms, {told}"
    assert max(taking) < 50 * slow, f"taking a photograph over kept the window busy for {max(taking):.0f} ms, {told}"
    assert np.median(heartbeat.busy) < 16 * slow, told


def test_undoing_300_strokes_gives_the_first_scene_back(studio):
    context, pane = studio.context, studio.canvas.panes[0]
    before = context.scene.label_map.copy(), context.scene.instance_map.copy()
    rng = np.random.default_rng(1)
    for _ in range(300):
        context.choose_label(int(rng.choice([7, 11, 23, 26, 24])))
        start = rng.uniform(0, 1, 2) * (159, 95)
        drag(pane, tuple(start), tuple(np.clip(start + rng.uniform(-9, 9, 2), 0, (159, 95))))
    while context.history.canUndo():
        context.history.undo()
    assert np.array_equal(context.scene.label_map, before[0])
    assert np.array_equal(context.scene.instance_map, before[1])
    wait_current(studio)
    assert same_picture(context.photograph.rgb, fresh_render(studio))
