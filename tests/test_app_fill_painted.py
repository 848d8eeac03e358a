"""What is painted gets its parts: at once, as a step of its own, anew as it grows, and never where a person has painted parts."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.labels import STREETS
from core.scene.scene import Scene
from tests.app_mouse import press_menu, wait_for
from tests.app_support import (  # noqa: F401 (fixtures)
    BUILDING, CAR, LEFT, NONE, ROAD, SKY, WINDOW, bare_studio, drag, move, no_leaks, pane_at, settings,
)

WALL = [(100, 100), (280, 100), (280, 140), (100, 140), (100, 180), (280, 180)]


def blank() -> Scene:
    labels = np.full((320, 640), SKY, np.uint8)
    labels[200:] = ROAD
    return Scene(labels)


@pytest.fixture
def studio(bare_studio, settings):  # noqa: F811
    """A studio on a street of sky and road that fills in what is painted."""
    settings["fill_painted"] = True
    bare_studio.resize(1200, 900)
    bare_studio.documents.show(blank(), "Blank", None)
    bare_studio.context.choose_radius(30)
    bare_studio.context.choose_label(BUILDING)
    return bare_studio


def paint(studio, points, label_id: int = BUILDING) -> None:
    """A stroke of the brush, and a rest of the hand."""
    studio.context.choose_label(label_id)
    drag(studio.canvas.panes[0], *points)
    wait_for(lambda: not studio.painted_filler.busy)


def parts(studio, value: int) -> set[int]:
    """The labels of an object, but its class."""
    scene = studio.context.scene
    return set(np.unique(scene.label_map[scene.instance_map == value]).tolist()) - {value // 1000}


def test_a_painted_house_gets_windows_as_a_step_of_its_own(studio):
    context = studio.context
    told = []
    context.message.connect(told.append)
    before = np.array(context.scene.label_map)
    paint(studio, WALL)
    assert context.selected == (11000,) and WINDOW in parts(studio, 11000)
    assert context.history.count() == 2 and "Ctrl+Z takes them away" in told[-1]
    # Only inside the house, and only parts of it.
    painted = context.scene.label_map != before
    assert np.array_equal(painted, context.scene.instance_map == 11000)
    assert {STREETS[part].parent for part in parts(studio, 11000)} == {BUILDING}
    context.history.undo()
    assert not parts(studio, 11000)
    context.history.undo()
    assert np.array_equal(context.scene.label_map, before)


def test_a_house_that_grows_gets_its_parts_anew(studio):
    paint(studio, WALL)
    scene, context = studio.context.scene, studio.context
    paint(studio, [(280, 100), (420, 100), (420, 180), (280, 180)])
    assert context.selected == (11000,) and context.history.count() == 4
    windows = (scene.label_map == WINDOW) & (scene.instance_map == 11000)
    assert windows[:, 320:].any() and windows[:, :280].any()
    x = np.flatnonzero(windows.any(0))
    assert x.max() - x.min() > 250


def test_parts_that_were_taken_back_stay_away(studio):
    paint(studio, WALL)
    studio.context.history.undo()
    paint(studio, [(280, 100), (420, 100), (420, 180), (280, 180)])
    assert studio.context.selected == (11000,) and not parts(studio, 11000)


def test_parts_that_a_person_painted_are_left_alone(studio):
    context = studio.context
    paint(studio, WALL)
    context.choose_radius(6)
    paint(studio, [(150, 120), (190, 120)], STREETS.named("door").id)
    door = np.array(context.scene.label_map == STREETS.named("door").id)
    assert door[120, 150:190].all()
    context.choose_radius(30)
    labels = np.array(context.scene.label_map)
    paint(studio, [(280, 100), (420, 100)])
    assert context.selected == (11000,)
    changed = context.scene.label_map != labels
    assert (context.scene.label_map[changed] == BUILDING).all(), "nothing but the stroke"


def test_what_was_there_before_stays_bare(studio):
    labels = np.array(blank().label_map)
    labels[60:200, 100:300] = BUILDING
    labels[210:260, 400:520] = CAR
    studio.documents.show(Scene(labels, np.where(labels == CAR, 26000, labels).astype(np.uint16)), "Bare", None)
    paint(studio, [(290, 120), (360, 120)])
    paint(studio, [(500, 240), (540, 240)], CAR)
    scene = studio.context.scene
    assert set(np.unique(scene.label_map).tolist()) == {SKY, ROAD, BUILDING, CAR} and studio.context.history.count() == 2


def test_the_menu_turns_it_off(studio):
    press_menu(studio, "Paint", "Fill in parts of what is painted")
    assert not studio.context.settings["fill_painted"]
    paint(studio, WALL)
    assert studio.context.history.count() == 1 and not parts(studio, 11000)


def test_a_hand_that_does_not_rest_is_waited_for_and_a_stroke_taken_back_gets_nothing(studio):
    context, pane = studio.context, studio.canvas.panes[0]
    context.choose_label(BUILDING)
    drag(pane, *WALL)
    # The next stroke begins before anything is filled in, and lasts.
    context.choose_label(CAR)
    QTest.mousePress(pane, LEFT, NONE, pane_at(pane, 500, 260))
    QTest.qWait(800)
    move(pane, pane_at(pane, 560, 260), LEFT)
    assert context.history.count() == 1 and not parts(studio, 11000)
    QTest.mouseRelease(pane, LEFT, NONE, pane_at(pane, 560, 260))
    wait_for(lambda: not studio.painted_filler.busy)
    assert WINDOW in parts(studio, 11000) and context.history.count() >= 3
    count = context.history.count()
    drag(pane, (480, 60), (560, 60))
    QTest.keyClick(pane, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert context.history.index() == count
    wait_for(lambda: not studio.painted_filler.busy)
    QTest.qWait(100)
    assert context.history.index() == count and context.history.count() == count + 1, "what was undone can still be redone"


def test_a_house_whose_growth_was_undone_keeps_what_can_be_redone(studio):
    context, pane = studio.context, studio.canvas.panes[0]
    paint(studio, WALL)
    context.choose_label(BUILDING)
    drag(pane, (280, 100), (420, 100))
    grown = np.array(context.scene.label_map)
    for _ in range(2):  # the stroke, and the parts before it
        QTest.keyClick(pane, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert studio.painted_filler.busy and context.history.index() == 1
    wait_for(lambda: not studio.painted_filler.busy)
    assert context.history.index() == 1 and context.history.count() == 3 and not parts(studio, 11000)
    context.history.redo()
    context.history.redo()
    assert np.array_equal(context.scene.label_map, grown)


def test_polygons_and_fills_are_painted_too(studio):
    context, pane = studio.context, studio.canvas.panes[0]
    context.choose_tool("polygon")
    for x, y in ((60, 60), (300, 60), (300, 190), (60, 190)):
        QTest.mouseClick(pane, LEFT, NONE, pane_at(pane, x, y))
    QTest.keyClick(pane, Qt.Key.Key_Return)
    wait_for(lambda: not studio.painted_filler.busy)
    assert WINDOW in parts(studio, 11000)
