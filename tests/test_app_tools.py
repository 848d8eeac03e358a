"""Tools, keys and habits, by mouse and keyboard in a shown window."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.canvas.tools import TOOLS
from tests.app_mouse import wait_for
from tests.app_support import (
    ALT, BUILDING, CAR, LEFT, MIDDLE, NONE, ROAD, SHIFT, SKY, WHEEL, bare_studio, click, drag, move, no_leaks, pane_at,
    settings, small_street,
)

Key = Qt.Key


@pytest.fixture
def painter(bare_studio):
    """A studio with the small street and no model: everything but the photograph."""
    bare_studio.documents.show(small_street(), "Small street", None)
    bare_studio.context.choose_radius(4)
    bare_studio.canvas.panes[0].setFocus()
    return bare_studio


def maps(window):
    scene = window.context.scene
    return scene.label_map.copy(), scene.instance_map.copy()


def same(before, window) -> bool:
    return all(np.array_equal(old, new) for old, new in zip(before, maps(window)))


def test_a_drag_is_one_step_and_undo_and_redo_are_exact(painter):
    context, pane = painter.context, painter.canvas.panes[0]
    before = maps(painter)
    drag(pane, (20, 70), (40, 75), (60, 60))
    after = maps(painter)
    assert context.scene.label_at(40, 75) == CAR and context.scene.label_at(20, 70) == CAR
    assert context.history.count() == 1 and context.history.undoText() == "Paint car"
    QTest.keyClick(painter, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert same(before, painter)
    QTest.keyClick(painter, Key.Key_Z, Qt.KeyboardModifier.ControlModifier | SHIFT)
    assert same(after, painter)


def test_painting_works_on_the_photograph_too(painter):
    drag(painter.canvas.panes[1], (20, 70), (40, 70))
    assert painter.context.scene.label_at(30, 70) == CAR
    assert painter.context.history.count() == 1


def test_shift_click_draws_a_straight_line(painter):
    pane, scene = painter.canvas.panes[0], painter.context.scene
    click(pane, 10, 90)
    assert scene.label_at(40, 90) == ROAD
    click(pane, 70, 90, SHIFT)
    assert all(scene.label_at(x, 90) == CAR for x in range(10, 71, 5))
    assert painter.context.history.count() == 2


def test_alt_click_picks_class_and_object_in_every_tool(painter):
    context = painter.context
    before = maps(painter)
    for kind in TOOLS:
        if kind.name == "pan":
            continue
        context.choose_tool(kind.name)
        context.choose_label(SKY)
        context.select(0)
        click(painter.canvas.panes[0], 110, 70, ALT)
        assert (context.label_id, context.selection) == (CAR, 26001), kind.name
    assert same(before, painter)


def test_escape_restores_what_the_stroke_has_painted(painter):
    pane, before = painter.canvas.panes[0], maps(painter)
    QTest.mousePress(pane, LEFT, NONE, pane_at(pane, 20, 70))
    move(pane, pane_at(pane, 100, 70), LEFT)
    assert not same(before, painter)
    QTest.keyClick(pane, Key.Key_Escape)
    assert same(before, painter)
    move(pane, pane_at(pane, 120, 60), LEFT)
    QTest.mouseRelease(pane, LEFT, NONE, pane_at(pane, 120, 60))
    assert same(before, painter) and painter.context.history.count() == 0 and not painter.context.stroking


def test_undo_waits_for_the_stroke_in_hand(painter):
    pane = painter.canvas.panes[0]
    drag(pane, (20, 70), (30, 70))
    QTest.mousePress(pane, LEFT, NONE, pane_at(pane, 60, 55))
    QTest.keyClick(painter, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert painter.context.scene.label_at(25, 70) == CAR
    QTest.mouseRelease(pane, LEFT, NONE, pane_at(pane, 60, 55))
    assert painter.context.history.count() == 2


def test_tool_keys_choose_tools(painter):
    for kind in TOOLS:
        QTest.keyClick(painter, kind.key)
        assert painter.context.tool == kind.name
        assert painter.actions_.tools[kind.name].isChecked()


def test_the_eraser_leaves_unlabeled_pixels(painter):
    QTest.keyClick(painter, "E")
    drag(painter.canvas.panes[0], (10, 10), (30, 10))
    assert painter.context.scene.label_at(20, 10) == 0
    assert painter.context.history.undoText() == "Erase"


def test_fill_takes_the_region_under_the_click(painter):
    context = painter.context
    QTest.keyClick(painter, "G")
    context.choose_label(BUILDING)
    click(painter.canvas.panes[0], 100, 5)
    labels = context.scene.label_map
    assert labels[5, 100] == BUILDING and not (labels == SKY).any() and (labels == ROAD).any()
    assert context.history.count() == 1


def test_a_polygon_closes_by_enter_first_corner_or_double_click(painter):
    context, pane = painter.context, painter.canvas.panes[0]
    QTest.keyClick(painter, "P")
    tool = painter.canvas.tool
    for corner in ((10, 60), (30, 60), (30, 90), (50, 50)):
        click(pane, *corner)
    QTest.keyClick(pane, Key.Key_Backspace)
    assert len(tool.corners) == 3
    QTest.keyClick(pane, Key.Key_Return)
    assert context.scene.label_at(27, 70) == CAR and context.history.count() == 1 and not tool.corners

    for corner in ((40, 60), (60, 60), (60, 90)):
        click(pane, *corner)
    click(pane, 40, 60)
    assert context.scene.label_at(57, 70) == CAR and context.history.count() == 2

    for corner in ((5, 5), (30, 5)):
        click(pane, *corner)
    spot = pane_at(pane, 30, 30)
    QTest.mouseClick(pane, LEFT, NONE, spot)
    QTest.mouseDClick(pane, LEFT, NONE, spot)
    assert context.scene.label_at(27, 10) == CAR and context.history.count() == 3

    click(pane, 70, 5)
    QTest.keyClick(pane, Key.Key_Escape)
    assert not tool.corners and context.history.count() == 3


def test_brackets_change_the_brush_and_shift_changes_it_more(painter):
    context = painter.context
    context.choose_radius(40)
    QTest.keyClick(painter, Key.Key_BracketRight)
    small = context.brush_radius - 40
    context.choose_radius(40)
    QTest.keyClick(painter, Key.Key_BraceRight, SHIFT)
    large = context.brush_radius - 40
    assert 0 < small < large
    context.choose_radius(40)
    QTest.keyClick(painter, Key.Key_BracketLeft)
    assert context.brush_radius == 40 - small
    assert painter.options_bar.size_text.text() == f"{2 * context.brush_radius} px"


def test_the_wheel_zooms_at_the_pointer_in_every_tool(painter):
    canvas, before = painter.canvas, maps(painter)
    pane = canvas.panes[0]
    for kind in TOOLS:
        painter.context.choose_tool(kind.name)
        canvas.fit()
        spot = QPointF(pane_at(pane, 120, 70))
        point, scale = pane.to_image(spot), canvas.viewport.scale
        event = QWheelEvent(
            spot, QPointF(pane.mapToGlobal(spot.toPoint())), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NONE,
            Qt.ScrollPhase.NoScrollPhase, False,
        )
        QApplication.sendEvent(pane, event)
        assert canvas.viewport.scale == pytest.approx(scale * 1.2)
        assert (pane.to_image(spot) - point).manhattanLength() * canvas.viewport.scale <= 1.5
    assert same(before, painter)


@pytest.mark.parametrize("how", ["space", "middle", "hand"])
def test_dragging_pans_both_panes_and_paints_nothing(painter, how):
    canvas, before = painter.canvas, maps(painter)
    pane, other = canvas.panes
    button = LEFT
    if how == "space":
        QTest.keyPress(pane, Key.Key_Space)
    elif how == "middle":
        button = MIDDLE
    else:
        painter.context.choose_tool("pan")
    start = pane_at(pane, 80, 48)
    there = [view.from_image(QPointF(0, 0)) for view in canvas.panes]
    QTest.mousePress(pane, button, NONE, start)
    move(pane, start + QPoint(31, -17), button)
    QTest.mouseRelease(pane, button, NONE, start + QPoint(31, -17))
    if how == "space":
        QTest.keyRelease(pane, Key.Key_Space)
    for view, old in zip((pane, other), there):
        assert (view.from_image(QPointF(0, 0)) - old - QPointF(31, -17)).manhattanLength() <= 2
    assert same(before, painter) and painter.context.history.count() == 0


def test_fit_and_actual_size(painter):
    canvas = painter.canvas
    QTest.keyClick(painter, Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert canvas.viewport.scale * canvas.devicePixelRatioF() == 1.0
    QTest.keyClick(painter, Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert canvas.viewport.fitted and canvas.viewport.scale > 1


def test_holding_0_hides_the_labels(painter):
    pane = painter.canvas.panes[0]
    QTest.keyPress(pane, Key.Key_0)
    assert painter.canvas.labels_hidden
    QTest.keyRelease(pane, Key.Key_0)
    assert not painter.canvas.labels_hidden


def test_tab_goes_through_the_views(painter):
    canvas, seen = painter.canvas, []
    for _ in range(3):
        QTest.keyClick(canvas.panes[0], Key.Key_Tab)
        seen.append((canvas.view, canvas.panes[0].kind, canvas.panes[1].isVisible()))
    assert seen == [("overlay", "overlay", False), ("swipe", "swipe", False), ("side", "labels", True)]


def test_the_swipe_divider_is_dragged_and_does_not_paint(painter):
    canvas, before = painter.canvas, maps(painter)
    canvas.set_view("swipe")
    pane = canvas.panes[0]
    wait_for(lambda: pane.width() > 0.9 * canvas.width())
    middle = QPoint(pane.width() // 2, pane.height() // 2)
    QTest.mousePress(pane, LEFT, NONE, middle)
    move(pane, middle - QPoint(pane.width() // 4, 0), LEFT)
    QTest.mouseRelease(pane, LEFT, NONE, middle)
    assert pane.divider == pytest.approx(0.25, abs=0.01)
    assert same(before, painter)
    canvas.set_view("side")


def test_x_swaps_and_digits_choose_classes(painter):
    context = painter.context
    context.choose_label(SKY)
    context.choose_label(CAR)
    QTest.keyClick(painter, "X")
    assert context.label_id == SKY
    QTest.keyClick(painter, "X")
    assert context.label_id == CAR
    QTest.keyClick(painter, "1")
    assert context.label_id == ROAD


def test_object_choice_new_extend_auto(painter):
    context, pane = painter.context, painter.canvas.panes[0]
    scene = context.scene
    cars = lambda: {value for value in scene.objects() if value // 1000 == CAR}
    context.choose_target("new")
    drag(pane, (10, 60), (14, 60))
    drag(pane, (12, 64), (16, 64))
    assert cars() == {26000, 26001, 26002, 26003}
    assert context.selection == 26003  # what was painted last is selected

    context.choose_target("extend")
    drag(pane, (30, 60), (34, 60))
    assert cars() == {26000, 26001, 26002, 26003} and scene.object_at(32, 60) == 26003

    context.choose_target("auto")
    drag(pane, (84, 70), (84, 90))  # begins on the left car
    assert scene.object_at(84, 90) == 26000
    drag(pane, (50, 55), (52, 55))
    assert scene.object_at(51, 55) == 26004


def test_a_part_stays_with_its_object(painter):
    context, pane = painter.context, painter.canvas.panes[0]
    for target in ("auto", "new", "extend"):
        context.choose_target(target)
        context.choose_label(WHEEL)
        click(pane, 88, 80)
        assert context.scene.label_at(88, 80) == WHEEL and context.scene.object_at(88, 80) == 26000
        context.history.undo()


def test_keys_for_tools_do_not_fire_while_searching(painter):
    QTest.keyClick(painter, Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    search = painter.palette_panel.search
    qapp_focus = painter.focusWidget()
    assert qapp_focus is search
    QTest.keyClicks(search, "pe")
    assert search.text() == "pe" and painter.context.tool == "brush"
    QTest.keyClick(search, Key.Key_Return)
    assert painter.context.label.name == "person" and search.text() == ""
    assert painter.focusWidget() is painter.canvas.panes[0]
