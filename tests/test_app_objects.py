"""Objects on the canvas, with the mouse and the keys: select, move, scale, turn, copy, stamp, looks."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from app.canvas import handles
from core import looks
from core.labels import STREETS
from core.look_regions import look_key
from core.scene import clip, edits
from core.scene.edits import paint
from core.scene.scene import Scene
from tests.app_mouse import press, wait_for
from tests.app_support import (  # noqa: F401
    BUILDING, CAR, LEFT, NONE, ROAD, SHIFT, WHEEL, bare_studio, click, drag, move, no_leaks, pane_at, settings,
    small_street, studio, wait_current,
)
from tests.conftest import scene_state

CTRL = Qt.KeyboardModifier.ControlModifier
PERSON, POLE, SIGN, STATIC, TRUCK = (STREETS.named(name).id for name in ("person", "pole", "traffic sign", "static", "truck"))


@pytest.fixture
def window(bare_studio):  # noqa: F811
    """A studio without a model, on the small street, with the select tool; two cars of 20x24 that touch."""
    scene = small_street()
    scene.change_codes({26000: np.float32([1, 2, 3])})
    bare_studio.documents.show(scene, "Small street", None)
    bare_studio.context.choose_tool("select")
    return bare_studio


def area_of(window, value):
    return window.context.scene.objects()[value].bbox


def test_click_shift_click_and_band(window):
    context, pane = window.context, window.canvas.panes[0]
    click(pane, 85, 70)
    assert context.selected == (26000,)
    click(pane, 110, 70, modifiers=SHIFT)
    assert context.selected == (26000, 26001) and context.selection == 26001
    click(pane, 85, 70, modifiers=SHIFT)
    assert context.selected == (26001,)
    click(pane, 20, 90)
    assert context.selected == ()
    drag(pane, (76, 56), (90, 70), (103, 88))
    assert context.selected == (26000,)
    drag(pane, (125, 90), (110, 70), (104, 50), modifiers=SHIFT)
    assert context.selected == (26000, 26001)
    assert context.history.count() == 0
    window.canvas.commands.select_class()
    assert set(context.selected) == {26000, 26001}


def test_a_drag_moves_live_and_is_one_step(window):
    context, pane = window.context, window.canvas.panes[0]
    start = scene_state(context.scene)
    QTest.mousePress(pane, LEFT, NONE, pane_at(pane, 85, 70))
    move(pane, pane_at(pane, 60, 75), LEFT)
    # The scene, and so the photograph, follows before the button is let go.
    assert context.stroking and context.scene.object_at(60, 75) == 26000 and context.scene.label_at(98, 62) in (ROAD, CAR)
    before = area_of(window, 26000)
    move(pane, pane_at(pane, 40, 78), LEFT)
    assert area_of(window, 26000) != before
    QTest.mouseRelease(pane, LEFT, NONE, pane_at(pane, 40, 78))
    assert not context.stroking and context.history.count() == 1 and context.selected == (26000,)
    assert area_of(window, 26000) == (35, 68, 55, 92) and np.array_equal(context.scene.codes[26000], [1, 2, 3])
    context.history.undo()
    assert scene_state(context.scene) == start
    context.history.redo()
    assert area_of(window, 26000) == (35, 68, 55, 92)


def test_escape_puts_everything_back(window):
    context, pane = window.context, window.canvas.panes[0]
    start = scene_state(context.scene)
    QTest.mousePress(pane, LEFT, NONE, pane_at(pane, 85, 70))
    move(pane, pane_at(pane, 40, 75), LEFT)
    assert scene_state(context.scene) != start
    QTest.keyClick(pane, Qt.Key.Key_Escape)
    QTest.mouseRelease(pane, LEFT, NONE, pane_at(pane, 40, 75))
    assert scene_state(context.scene) == start and context.history.count() == 0 and not context.stroking


def test_handles_scale_and_turn(window):
    context, canvas = window.context, window.canvas
    pane = canvas.panes[0]
    click(pane, 85, 70)
    canvas.viewport.zoom_to(3.0, pane.rect().center().toPointF(), pane.extent)
    box = canvas.tool.box
    assert box == (80, 60, 100, 84)
    spots = handles.handle_points(box, canvas.viewport.transform(pane.extent))
    QTest.mousePress(pane, LEFT, NONE, spots["nw"].toPoint())
    move(pane, (spots["nw"] - (spots["se"] - spots["nw"]) / 2).toPoint(), LEFT)
    QTest.mouseRelease(pane, LEFT, NONE, (spots["nw"] - (spots["se"] - spots["nw"]) / 2).toPoint())
    grown = area_of(window, 26000)
    assert grown[2:] == (100, 84) and abs(grown[0] - 70) <= 1 and abs(grown[1] - 48) <= 1
    assert context.history.count() == 1 and context.history.undoText() == "Scale car"
    context.history.undo()
    spots = handles.handle_points(canvas.tool.box, canvas.viewport.transform(pane.extent))
    middle = (spots["nw"] + spots["se"]) / 2
    QTest.mousePress(pane, LEFT, NONE, spots["rotate"].toPoint())
    side = middle.toPoint()
    side.setX(side.x() + 120)
    move(pane, side, LEFT, SHIFT)
    QTest.mouseRelease(pane, LEFT, SHIFT, side)
    assert context.history.undoText() == "Turn car" and area_of(window, 26000) == (78, 62, 102, 82)


def test_the_round_handle_is_always_within_reach(window):
    context, canvas = window.context, window.canvas
    pane, height = canvas.panes[0], canvas.extent.height()

    def round_handle():
        spot = handles.handle_points(canvas.tool.box, canvas.viewport.transform(canvas.extent), height)["rotate"]
        assert 0 < spot.y() < height
        canvas.tool.hover(pane.to_image(spot), NONE)
        assert canvas.tool._hovered == "rotate" and not pane.grab().isNull()
        return pane.to_image(spot).y()

    context.select(26000)
    x0, y0, x1, y1 = canvas.tool.box
    assert round_handle() < y0
    # At the pane's upper edge it hangs below; of what is higher than the pane it lies inside.
    scale = height / 2 / (y1 - y0)
    canvas.viewport.show_at(scale, QPointF((x0 + x1) / 2, y0 + (height / 2 - 4) / scale))
    assert round_handle() > y1
    scale = 2 * height / (y1 - y0)
    canvas.viewport.show_at(scale, QPointF((x0 + x1) / 2, (y0 + y1) / 2))
    assert y0 < round_handle() < y1
    spot = pane.from_image(QPointF((x0 + x1) / 2, round_handle())).toPoint()
    pressed = pane.to_image(spot.toPointF())
    canvas.tool.press(pressed, NONE)
    canvas.tool.move(pressed + QPointF(6, 0), NONE)
    canvas.tool.release(pressed + QPointF(6, 0), NONE)
    assert context.history.undoText() == "Turn car"


def test_something_small_is_dragged_and_not_scaled(window):
    context, pane = window.context, window.canvas.panes[0]
    context.scene.write((20, 70, 24, 73), np.ones((3, 4), bool), CAR, 26007)
    context.touched((20, 70, 24, 73))
    click(pane, 21, 71)
    drag(pane, (21, 71), (26, 74), (31, 76))
    assert context.history.undoText() == "Move car" and area_of(window, 26007) == (30, 75, 34, 78)


def test_ctrl_drag_copies_and_arrows_nudge(window):
    context, pane = window.context, window.canvas.panes[0]
    click(pane, 85, 70)
    drag(pane, (85, 70), (60, 70), (45, 70), modifiers=CTRL)
    assert context.scene.area(26002) == 20 * 24 and context.selected == (26002,)
    assert area_of(window, 26000) == (80, 60, 100, 84) and np.array_equal(context.scene.codes[26002], [1, 2, 3])
    x0 = area_of(window, 26002)[0]
    QTest.keyClick(pane, Qt.Key.Key_Left)
    QTest.keyClick(pane, Qt.Key.Key_Right, SHIFT)
    assert area_of(window, 26002)[0] == x0 + 9


def test_a_house_is_not_dragged_by_accident(window):
    context, pane = window.context, window.canvas.panes[0]
    scene = context.scene
    scene.write((0, 24, 40, 48), np.ones((24, 40), bool), BUILDING, 11000)
    context.touched((0, 24, 40, 48))
    drag(pane, (10, 30), (30, 40), (60, 44))
    assert context.history.count() == 0 and scene.objects()[11000].bbox == (0, 24, 40, 48)
    click(pane, 10, 30)
    assert context.selected == (11000,)
    drag(pane, (10, 30), (30, 34), (40, 34))
    assert context.history.count() == 1


def test_menu_commands(window):
    context, named = window.context, window.actions_.named
    scene = context.scene
    assert not named["Delete object"].isEnabled()
    context.select_many([26000, 26001])
    named["Merge"].trigger()
    assert scene.area(26001) == 40 * 24 and not scene.area(26000)
    named["Mirror"].trigger()
    context.choose_label(PERSON)
    named["Change to the class in hand"].trigger()
    assert context.selected == (24000,) and scene.area(24000) == 40 * 24
    named["Grow"].trigger()
    assert area_of(window, 24000) == (78, 58, 122, 86)
    named["Shrink"].trigger()
    named["Duplicate"].trigger()
    assert context.selected == (24001,)
    named["Delete object"].trigger()
    assert not scene.area(24001) and context.selected == ()
    for _ in range(context.history.count()):
        context.history.undo()
    assert scene_state(scene) == scene_state(Scene(*maps(small_street()), codes={26000: np.float32([1, 2, 3])}))


def maps(scene):
    return np.array(scene.label_map), np.array(scene.instance_map)


def test_copy_and_paste_between_streets(window):
    context, named = window.context, window.actions_.named
    context.select_many([26000])
    named["Copy"].trigger()
    window.documents.show(small_street(200, 120), "Another", None)
    assert window.canvas.commands.can_paste()
    named["Paste"].trigger()
    assert context.selected == (26002,) and context.scene.area(26002) == 20 * 24
    assert np.array_equal(context.scene.codes[26002], [1, 2, 3]) and context.tool == "select"
    context.history.undo()
    said = []
    context.message.connect(said.append)
    for bad in (b"", b"{}", b"[" * 100_000, b'{"format": "veduta-objects", "version": 9, "pieces": []}', bytes(range(256))):
        data = QMimeData()
        data.setData(clip.MIME, bad)
        QGuiApplication.clipboard().setMimeData(data)
        steps = context.history.count()
        named["Paste"].trigger()
        assert context.history.count() == steps and said and said[-1].endswith(".")


def test_copies_look_as_what_they_were_made_of_with_their_parts(window, parted_model_path):
    context, commands = window.context, window.canvas.commands
    window.live.open_model(str(parted_model_path))
    wait_current(window)
    book = context.model.code_book
    usual = book.defaults()
    # The copy gets number 0, with which alone it would look otherwise, and so would its wheels.
    number = next(n for n in range(2, 1000) if all((usual[label][n] != usual[label][0]).any() for label in (CAR, WHEEL)))
    maps = np.full((96, 160), ROAD, np.uint8), np.full((96, 160), ROAD, np.uint16)
    for drawn, value in zip(maps, (CAR, 26000 + number)):
        drawn[50:70, 40:80] = value
    maps[0][64:70, 46:52] = WHEEL
    scene = Scene(*maps)
    window.documents.show(scene, "A car", None)
    look = looks.whole_look(scene, book, 26000 + number)
    assert set(look) == {0, WHEEL}
    context.select(26000 + number)
    commands.duplicate()
    (copy,) = context.selected
    assert copy == 26000 and not (scene.label_map[scene.instance_map == copy] == ROAD).any()
    assert {part: code.tolist() for part, code in looks.whole_look(scene, book, copy).items()} == {
        part: code.tolist() for part, code in look.items()
    }
    # What the wheels are given goes along by way of the clipboard.
    context.commit(edits.set_codes(scene, {look_key(copy, WHEEL): np.full(6, 0.25)}))
    assert commands.copy()
    window.documents.show(small_street(), "Another", None)
    commands.paste()
    (pasted,) = context.selected
    assert context.scene.codes[look_key(pasted, WHEEL)].tolist() == [0.25] * 6
    assert np.array_equal(context.scene.codes[pasted], look[0])


def test_the_list_of_objects(window):
    context, panel = window.context, window.objects_panel
    window._docks[2].raise_()
    wait_for(lambda: panel.isVisible() and panel.list.count() == 2)
    panel.list.item(1).setSelected(True)
    assert context.selected == (panel.list.item(1).data(Qt.ItemDataRole.UserRole),)
    panel.whole.click()
    assert set(context.selected) == {26000, 26001}
    context.select(26000)
    assert [item.text() for item in panel.list.selectedItems()] == ["car 26000"]
    window.canvas.commands.delete()
    wait_for(lambda: panel.list.count() == 1)
    assert not panel.grab().isNull()


def test_stamps_are_put_down_at_the_size_of_the_perspective(window):
    context, panel = window.context, window.stamps_panel
    window.documents.show(Scene.blank((640, 320), ROAD), "Road", None)
    window._docks[3].raise_()
    wait_for(lambda: panel.list.count() > 0)
    car = next(i for i in range(panel.list.count()) if panel.stamp_of(panel.list.item(i)).kind == "car")
    panel.list.setCurrentRow(car)
    assert context.tool == "stamp"
    stamp = panel.tool.stamp
    pane = window.canvas.panes[0]
    panel.perspective.setChecked(True)
    context.set_horizon(100.0)
    sizes = []
    for foot in (160, 280):
        drag(pane, (320, foot - 20), (320, foot))
        x0, y0, x1, y1 = area_of(window, context.selection)
        assert abs(y1 - foot) <= 1
        sizes.append(y1 - y0)
    height = stamp.box[3] - stamp.box[1]
    for size, foot in zip(sizes, (160, 280)):
        expected = height * (foot - 100) / stamp.below_horizon
        assert abs(size - expected) <= 0.05 * expected + 2
    assert context.history.count() == 3 and context.scene.contradictions() == 0  # the horizon is a step too
    assert (context.scene.label_map == WHEEL).any()
    panel.perspective.setChecked(False)


def test_a_stamp_is_dragged_from_the_library(window):
    from PySide6.QtGui import QDragEnterEvent, QDropEvent

    from app.canvas.pane import STAMP

    context, panel, pane = window.context, window.stamps_panel, window.canvas.panes[0]
    window._docks[3].raise_()
    wait_for(lambda: panel.list.count() > 0)
    context.choose_tool("stamp")
    panel.tool.choose(panel.stamps[0])
    data, spot = QMimeData(), pane_at(pane, 80, 90)
    data.setData(STAMP, b"0")
    enter = QDragEnterEvent(spot, Qt.DropAction.CopyAction, data, LEFT, NONE)
    pane.dragEnterEvent(enter)
    assert enter.isAccepted()
    pane.dropEvent(QDropEvent(spot.toPointF(), Qt.DropAction.CopyAction, data, LEFT, NONE))
    assert context.history.count() == 1 and context.history.undoText().startswith("Put down a")


def with_a_sign(window):
    """A sign on a pole that is no object, as in a street from elsewhere."""
    scene = small_street()
    for (x0, y0, x1, y1), label in (((40, 30, 42, 70), POLE), ((36, 26, 46, 36), SIGN)):
        scene.write((x0, y0, x1, y1), np.ones((y1 - y0, x1 - x0), bool), label, label)
    window.documents.show(scene, "Sign", None)
    window.context.choose_tool("select")
    return window.context, window.canvas.panes[0]


def test_a_sign_is_grabbed_with_its_pole(window, tmp_path):
    context, pane = with_a_sign(window)
    start = scene_state(context.scene)
    drag(pane, (41, 60), (60, 62), (66, 64))
    assert context.selected == (SIGN * 1000, POLE * 1000) and context.selection == POLE * 1000
    assert area_of(window, POLE * 1000) == (65, 40, 67, 74) and area_of(window, SIGN * 1000) == (61, 30, 71, 40)
    assert [context.history.text(i) for i in range(context.history.count())] == ["Pick out pole", "Move 2 objects"]
    assert context.scene.label_at(41, 60) == ROAD
    click(pane, 66, 35)
    assert context.selected == (POLE * 1000, SIGN * 1000)  # the look that is shown is the sign's
    click(pane, 85, 70, modifiers=SHIFT)
    click(pane, 66, 35, modifiers=SHIFT)
    assert context.selected == (26000,)
    assert window.documents.save_to(tmp_path / "sign.veduta")
    saved = scene_state(context.scene)
    while context.history.canUndo():
        context.history.undo()
    assert scene_state(context.scene) == start and context.selected == (26000,)
    context.history.mark_saved()
    assert window.documents.open([tmp_path / "sign.veduta"]) and scene_state(context.scene) == saved


def test_a_bin_that_no_map_counts_is_dragged_away_from_its_post(window):
    context, pane = with_a_sign(window)
    context.scene.write((42, 60, 50, 72), np.ones((12, 8), bool), STATIC, STATIC)  # it leans against the pole
    start = scene_state(context.scene)
    drag(pane, (46, 66), (70, 68), (76, 70))
    assert context.selected == (STATIC * 1000,) and area_of(window, STATIC * 1000) == (72, 64, 80, 76)
    assert [context.history.text(i) for i in range(context.history.count())] == ["Pick out static", "Move static"]
    assert context.scene.label_at(46, 66) != STATIC and context.scene.object_at(41, 60) == POLE
    while context.history.canUndo():
        context.history.undo()
    assert scene_state(context.scene) == start


def test_the_band_picks_posts_out_too(window):
    context, pane = window.context, window.canvas.panes[0]
    with_a_sign(window)
    context.choose_tool("select")
    drag(pane, (30, 22), (50, 60), (75, 88))
    assert context.history.count() == 1 and context.history.undoText() == "Pick out 2 objects"
    assert context.selected == (POLE * 1000, SIGN * 1000)
    drag(pane, (70, 50), (100, 80), (155, 92), modifiers=SHIFT)
    assert context.selected == (POLE * 1000, SIGN * 1000, 26000, 26001) and context.history.count() == 1
    context.history.undo()
    assert context.selected == (26000, 26001)
    drag(pane, (30, 22), (50, 60), (75, 88))
    assert context.selected == (POLE * 1000, SIGN * 1000)


def test_all_of_a_class_and_none_are_selected(window):
    context, named = window.context, window.actions_.named
    with_a_sign(window)
    assert not named["Select none"].isEnabled()
    named["Select all"].trigger()
    assert context.selected == (26000, 26001) and context.history.count() == 0
    named["Select none"].trigger()
    assert context.selected == ()
    context.choose_label(SIGN)
    named["Select all of the class"].trigger()
    assert context.selected == (SIGN * 1000,) and context.history.undoText() == "Pick out traffic sign"
    named["Select all"].trigger()
    assert context.selected == (POLE * 1000, SIGN * 1000, 26000, 26001) and context.history.count() == 1
    named["Select none"].trigger()
    context.choose_label(PERSON)
    named["Select all of the class"].trigger()
    assert context.selected == () and window.statusBar().currentMessage() == "There is no object of this class."
    window.documents.show(Scene.blank((64, 32), ROAD), "Road", None)
    named["Select all"].trigger()
    assert window.statusBar().currentMessage().startswith("There are no objects yet")


def test_a_double_click_takes_the_sign_alone(window):
    context, pane = with_a_sign(window)
    click(pane, 41, 30)
    spot = pane_at(pane, 41, 30)
    QTest.mouseDClick(pane, LEFT, NONE, spot)
    QTest.mouseRelease(pane, LEFT, NONE, spot)
    assert context.selected == (SIGN * 1000,)
    drag(pane, (41, 30), (30, 20), (21, 20))
    assert area_of(window, POLE * 1000)[0] == 40 and area_of(window, SIGN * 1000)[0] == 16
    click(pane, 41, 60)
    assert context.selected == (POLE * 1000,)  # they touch no more


def test_a_stamped_sign_can_be_held(window):
    context, panel, pane = window.context, window.stamps_panel, window.canvas.panes[0]
    window.documents.show(Scene.blank((640, 400), ROAD), "Road", None)
    window._docks[3].raise_()
    wait_for(lambda: panel.list.count() > 0)
    sign = next(s for s in panel.stamps if s.kind == "sign" and len(s.pieces) == 2)
    panel.tool.choose(sign)
    context.choose_tool("stamp")
    click(pane, 320, 380)
    held = set(context.selected)
    assert len(held) == 2 and all(value >= 1000 for value in held)
    where = {value: area_of(window, value) for value in held}
    context.choose_tool("select")
    context.select(0)
    x, y = (int(a[len(a) // 2]) for a in np.nonzero(context.scene.instance_map == min(held))[::-1])
    drag(pane, (x, y), (x - 40, y), (x - 60, y))
    assert set(context.selected) == held and context.history.count() == 2
    for value in held:
        assert abs(area_of(window, value)[0] - (where[value][0] - 60)) <= 2  # a pane's pixel is more than one of the street
    window.canvas.commands.delete()
    assert (context.scene.label_map == ROAD).all() and not context.selected


def test_locks_are_steps_that_can_be_undone(studio):  # noqa: F811
    context, panel = studio.context, studio.look_panel
    context.select_many([26000, 26001])
    panel.lock.click()
    assert context.locked == {26000, 26001} and context.history.undoText() == "Lock the look"
    assert not studio.documents.saved
    context.history.undo()
    assert not context.locked and not panel.lock.isChecked()
    context.history.redo()
    assert context.locked == {26000, 26001} and panel.lock.isChecked()
    context.select(26001)
    studio.canvas.commands.delete()
    assert context.locked == {26000}  # another car that gets the number is not locked
    context.history.undo()
    assert context.locked == {26000, 26001}
    context.select(26000)
    panel.lock.click()
    assert context.locked == {26001} and context.history.undoText() == "Unlock the look"
    for _ in range(2):
        context.history.undo()
    assert not context.locked and context.history.index() == 0
    context.select_many([26000, 26001])
    named = studio.actions_.named["Lock or unlock the look"]
    for expected in ({26000, 26001}, set()):
        named.trigger()
        assert context.locked == expected


def test_an_object_stays_locked_and_selected_when_it_changes_its_class_or_is_split(window):
    context, do = window.context, window.canvas.commands
    context.select_many([26001, 26000])
    assert context.lock([26000], True)
    do.change_class(TRUCK)
    assert context.selected == (27000, 27001) and context.locked == {27001}
    assert context.scene.area(27001) and not context.scene.area(26000) and context.history.count() == 2
    context.history.undo()
    assert context.selected == (26001, 26000) and context.locked == {26000}
    context.history.redo()
    assert context.selected == (27000, 27001) and context.locked == {27001}
    # The one that is of the class already stays as it is, and selected.
    context.select(27001)
    do.change_class(CAR)
    context.select_many([27000, 26000])
    do.change_class(TRUCK)
    assert context.selected == (27000, 27001) and context.locked == {27001}
    # What has no objects has no lock either.
    do.change_class(ROAD)
    assert not context.locked and not context.selected
    context.history.undo()
    assert context.locked == {27001}
    cut = np.ones((40, 2), bool)
    context.select(27001)
    context.commit(paint(context.scene, cut, (88, 50), ROAD))
    do.split()
    assert context.selected == (27002, 27001) and context.locked == {27001, 27002}
    context.history.undo()
    assert context.selected == (27001,) and context.locked == {27001}


def test_copies_of_locked_objects_are_locked(window):
    context, named, pane = window.context, window.actions_.named, window.canvas.panes[0]
    context.lock([26000], True)
    context.select_many([26000, 26001])
    named["Duplicate"].trigger()
    assert context.selected == (26002, 26003) and context.locked == {26000, 26002}
    context.history.undo()
    assert context.locked == {26000} and context.scene.area(26000)
    context.history.redo()
    assert context.locked == {26000, 26002}
    context.history.undo()
    # A copy that is dragged off.
    context.select(26000)
    drag(pane, (85, 70), (60, 70), (45, 70), modifiers=CTRL)
    assert context.selected == (26002,) and context.locked == {26000, 26002}
    context.history.undo()
    assert context.locked == {26000}
    context.select(26001)
    drag(pane, (110, 70), (60, 70), (45, 70), modifiers=CTRL)
    assert context.selected == (26002,) and context.locked == {26000}
    drag(pane, (45, 70), (60, 70), (70, 70))  # moving one locks nothing
    assert context.selected == (26002,) and context.locked == {26000}


def test_what_is_pasted_is_locked_as_it_was_when_it_was_copied_in_this_street(window):
    context, named = window.context, window.actions_.named
    context.lock([26000], True)
    context.select_many([26000, 26001])
    named["Copy"].trigger()
    named["Paste"].trigger()
    assert context.selected == (26002, 26003) and context.locked == {26000, 26002}
    context.history.undo()
    assert context.locked == {26000}
    # What is cut is gone when it is pasted, and yet the same.
    context.select(26000)
    named["Cut"].trigger()
    assert not context.locked
    context.select(26001)
    context.choose_label(CAR)
    named["Paste"].trigger()
    (pasted,) = context.selected
    assert context.locked == {pasted}
    context.history.undo()
    context.history.undo()
    assert context.locked == {26000}
    # Another object that is put into the clipboard from elsewhere has nothing to do with it.
    data = QMimeData()
    context.select(26001)
    data.setData(clip.MIME, clip.to_bytes(window.canvas.commands.copied().pieces, context.label_set))
    QGuiApplication.clipboard().setMimeData(data)
    named["Paste"].trigger()
    assert context.locked == {26000}
    # In another street it is unlocked, and stays so when that one is pasted on.
    context.select(26000)
    named["Copy"].trigger()
    window.documents.show(small_street(200, 120), "Another", None)
    named["Paste"].trigger()
    assert context.scene.area(26002) and not context.locked
    named["Copy"].trigger()
    named["Paste"].trigger()
    assert context.scene.area(26003) and not context.locked


def test_the_horizon_is_a_step_that_can_be_undone(window, qtbot):
    context, documents, pane = window.context, window.documents, window.canvas.panes[0]
    context.settings["perspective"] = True
    context.choose_tool("stamp")
    row = context.horizon()
    assert documents.saved and not context.horizon_set
    QTest.mousePress(pane, LEFT, NONE, pane_at(pane, 1, row))
    for y in (row + 10, row + 20):
        move(pane, pane_at(pane, 1, y), LEFT)
    held = context.horizon()
    assert held > row + 15 and documents.saved  # the hand has not let go yet
    context.history.undo()
    assert context.horizon() == held
    QTest.mouseRelease(pane, LEFT, NONE, pane_at(pane, 1, row + 20))
    assert context.horizon() == held and context.horizon_set and not documents.saved
    assert context.history.count() == 1 and context.history.undoText() == "Set the horizon"
    assert documents.project_settings()["horizon"] == held
    context.history.undo()
    assert context.horizon() == row and not context.horizon_set and documents.saved
    assert "horizon" not in documents.project_settings()
    context.history.redo()
    assert context.horizon() == held
    # Steps of other kinds leave it alone; finding it anew is a step.
    context.lock([26000], True)
    context.history.undo()
    assert context.horizon() == held
    qtbot.mouseClick(window.stamps_panel.estimate, LEFT)
    assert not context.horizon_set and context.horizon() == row and context.history.undoText() == "Find the horizon"
    context.history.undo()
    assert context.horizon() == held and context.horizon_set
    # Escape, and a click without a drag, change nothing.
    QTest.mousePress(pane, LEFT, NONE, pane_at(pane, 1, held))
    move(pane, pane_at(pane, 1, held - 20), LEFT)
    QTest.keyClick(pane, Qt.Key.Key_Escape)
    assert context.horizon() == held and not context.stroking
    QTest.mouseRelease(pane, LEFT, NONE, pane_at(pane, 1, held - 20))
    click(pane, 1, held)
    assert context.horizon() == held and context.history.index() == 1
    context.settings["perspective"] = False


def test_locks_and_horizon_are_saved_in_the_project(window, tmp_path):
    context, documents = window.context, window.documents
    context.locked.add(26001)
    context.set_horizon(30.0)
    documents._settings = {"from the future": [1, 2]}
    assert documents.save_to(tmp_path / "street.veduta")
    documents.show(small_street(), "Other", None)
    assert not context.locked and not context.horizon_set
    assert documents.open([tmp_path / "street.veduta"])
    assert context.locked == {26001} and context.horizon() == 30.0 and documents.saved
    assert documents.project_settings()["from the future"] == [1, 2]


# -- looks, with a model ---------------------------------------------------------------


def test_hovering_a_picture_shows_the_look_and_leaves_the_scene_alone(studio):  # noqa: F811
    context, panel = studio.context, studio.look_panel
    context.select(26000)
    before, state = context.photograph.rgb, scene_state(context.scene)
    panel.buttons[2].hovered.emit(True)
    wait_for(lambda: context.photograph.snapshot.revision == -1 and not studio.live.busy)
    tried = context.photograph.rgb
    assert np.abs(tried.astype(int) - before).max() > 2 and scene_state(context.scene) == state
    assert studio.documents.current_photograph() is None  # what is tried on is not saved
    panel.buttons[2].hovered.emit(False)
    wait_current(studio)
    assert np.abs(context.photograph.rgb.astype(int) - before).max() <= 1
    assert context.history.count() == 0


def test_several_selected_objects_get_the_look_together(studio):  # noqa: F811
    context, panel = studio.context, studio.look_panel
    context.select_many([26000, 26001])
    steps = context.history.count()
    panel.buttons[1].click()
    assert context.history.count() == steps + 1
    assert all(looks.look_of(context.scene, panel.book, value) == 1 for value in (26000, 26001))


def test_a_look_is_dragged_onto_others(studio):  # noqa: F811
    context, panel = studio.context, studio.look_panel
    pane = studio.canvas.panes[0]
    context.commit(looks.give_look(context.scene, [26000], panel.book.code(CAR, 2)))
    context.choose_tool("look")
    steps = context.history.count()
    drag(pane, (85, 70), (95, 70), (110, 70))
    assert looks.look_of(context.scene, panel.book, 26001) == 2 and context.history.count() == steps + 1
    assert not context.preview
    context.history.undo()
    click(pane, 85, 70)
    click(pane, 110, 70)
    assert looks.look_of(context.scene, panel.book, 26001) == 2


def test_capturing_from_a_photograph(studio, tmp_path):  # noqa: F811
    from app.capture_dialog import ALL, SELECTED, CaptureDialog
    from core.scene.cityscapes import save_pair
    from core.scene.files import write_picture

    context, panel = studio.context, studio.look_panel
    shown = np.random.default_rng(0).integers(0, 255, (96, 160, 3), np.uint8)
    write_picture(tmp_path / "a_leftImg8bit.png", shown)
    context.select(26000)
    dialog = CaptureDialog(panel)
    assert not dialog.open_photograph(tmp_path / "none.png") and "none.png" in dialog.text.text()
    assert not dialog.take.isEnabled()
    assert dialog.open_photograph(tmp_path / "a_leftImg8bit.png")
    assert not dialog.take.isEnabled() and "rectangle" in dialog.text.text()
    dialog.picture.region = (20, 10, 120, 90)
    dialog.picture.changed.emit()
    dialog.start()
    if not has_encoder(context.model.path):
        wait_for(lambda: "no encoder" in dialog.text.text())
        dialog.reject()
        return
    wait_for(lambda: 26000 in context.scene.codes)
    assert context.history.count() == 1

    save_pair(small_street(), tmp_path / "a_gtFine_labelIds.png", tmp_path / "a_gtFine_instanceIds.png")
    for give in (SELECTED, ALL):
        context.select(26001)
        dialog = CaptureDialog(panel)
        dialog.choose_subject("maps")
        assert dialog.open_photograph(tmp_path / "a_leftImg8bit.png")
        assert dialog.open_maps([tmp_path / "a_gtFine_labelIds.png"])
        dialog.give.setCurrentIndex(dialog.give.findData(give))
        if give == SELECTED:
            dialog.picture.choose(26000)
        dialog._settle()
        assert dialog.take.isEnabled(), dialog.text.text()
        steps = context.history.count()
        dialog.start()
        wait_for(lambda: context.history.count() == steps + 1)
        assert 26001 in context.scene.codes
    write_picture(tmp_path / "wide.png", shown[:40])
    dialog = CaptureDialog(panel)
    dialog.choose_subject("street")
    assert dialog.open_photograph(tmp_path / "wide.png")
    dialog.start()
    wait_for(lambda: "160x40" in dialog.text.text())
    dialog.reject()


def has_encoder(path: str) -> bool:
    from core.models.model_file import load_model

    return load_model(path).encoder is not None


def test_an_object_lives_through_everything(studio, tmp_path):  # noqa: F811
    """Paint a car, move it, change its look, save, load, change its look again: with the mouse."""
    context, pane, panel = studio.context, studio.canvas.panes[0], studio.look_panel

    context.choose_label(CAR)
    context.choose_radius(5)
    context.choose_tool("brush")
    drag(pane, (15, 60), (30, 62), (40, 60))
    value = context.selection
    assert value == 26002 and context.scene.area(value) > 200
    shape = context.scene.area(value)
    context.choose_tool("select")
    drag(pane, (28, 61), (40, 75), (52, 80))
    assert context.scene.area(value) == shape and context.scene.object_at(52, 80) == value
    wait_current(studio)
    before = context.photograph.rgb
    press(lambda: panel.buttons[2] if len(panel.buttons) > 2 else None)
    assert looks.look_of(context.scene, panel.book, value) == 2
    wait_current(studio)
    inside = np.asarray(context.scene.instance_map) == value
    assert np.abs(context.photograph.rgb.astype(int) - before)[inside].max() > 1
    assert studio.documents.save_to(tmp_path / "street.veduta")
    studio.documents.show(small_street(), "Other", None)
    assert studio.documents.open([tmp_path / "street.veduta"])
    assert context.scene.area(value) == shape and looks.look_of(context.scene, panel.book, value) == 2
    click(pane, 52, 80)
    assert context.selection == value
    press(panel.buttons[1])
    assert looks.look_of(context.scene, panel.book, value) == 1 and context.history.count() == 1
    wait_current(studio)
    assert np.array_equal(np.asarray(context.scene.instance_map) == value, inside)
