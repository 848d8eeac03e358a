"""Stamps in the hand: other classes, the way round, and what isn't dragged from the library."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtTest import QTest

from app.canvas.pane import STAMP
from core.labels import CITYSCAPES
from core.scene.scene import Scene
from tests.app_mouse import wait_for
from tests.app_support import LEFT, NONE, bare_studio, click, no_leaks, pane_at, settings  # noqa: F401

ROAD = 7


@pytest.fixture
def window(bare_studio):  # noqa: F811
    """A studio on a plain road, a car from the library in the hand."""
    window = bare_studio
    window.documents.show(Scene.blank((640, 320), ROAD), "Road", None)
    panel = window.stamps_panel
    window._docks[3].raise_()
    wait_for(lambda: panel.list.count() > 0)
    car = next(i for i in range(panel.list.count()) if panel.stamp_of(panel.list.item(i)).kind == "car")
    panel.list.setCurrentRow(car)
    return window


def test_a_stamp_is_not_put_into_a_street_whose_classes_it_does_not_know(window):
    tool, pane = window.stamps_panel.tool, window.canvas.panes[0]
    assert any(label_id not in CITYSCAPES for piece in tool.stamp.pieces for label_id in np.unique(piece.labels).tolist())
    window.documents.show(Scene.blank((640, 320), ROAD, CITYSCAPES), "Other classes", None)
    assert tool.stamp is None and window.stamps_panel.list.count() > 0
    click(pane, 320, 300)
    assert set(np.unique(window.context.scene.label_map).tolist()) <= set(CITYSCAPES.ids)
    # Back among the first street's classes, the library is there again.
    window.documents.show(Scene.blank((640, 320), ROAD), "Road", None)
    window.stamps_panel.list.setCurrentRow(1)
    click(pane, 320, 300)
    assert window.context.history.count() == 1


def test_another_kind_or_street_leaves_the_tool_in_the_hand_alone(window):
    context, panel = window.context, window.stamps_panel
    held = panel.tool.stamp
    context.choose_tool("brush")
    panel.kinds.setCurrentIndex(panel.kinds.findData("person"))
    panel.kinds.activated.emit(panel.kinds.currentIndex())
    assert context.tool == "brush" and panel.tool.stamp is held and not panel.list.selectedItems()
    panel.kinds.setCurrentIndex(0)
    panel.kinds.activated.emit(0)
    assert [panel.stamp_of(item) for item in panel.list.selectedItems()] == [held]
    window.documents.show(Scene.blank((640, 320), ROAD, CITYSCAPES), "Other classes", None)
    assert context.tool == "brush"


def test_a_street_with_objects_of_no_known_class_has_a_horizon(window):
    scene = Scene.blank((640, 320), ROAD, CITYSCAPES)
    instances = np.array(scene.instance_map)
    instances[100:120, 100:120] = 40_001
    window.documents.show(Scene(np.array(scene.label_map), instances, CITYSCAPES), "Odd", None)
    assert 0 <= window.context.horizon() < 320


def test_the_library_is_read_when_it_is_looked_at_and_shown_when_the_tool_is_chosen(bare_studio):  # noqa: F811
    window, panel = bare_studio, bare_studio.stamps_panel
    window.documents.show(Scene.blank((640, 320), ROAD), "Road", None)
    assert panel.list.count() == 0 and panel.visibleRegion().isEmpty()
    window._docks[3].close()
    QTest.keyClick(window.canvas.panes[0], Qt.Key.Key_S)
    wait_for(lambda: panel.list.count() > 0 and panel.tool.stamp is not None)
    wait_for(lambda: not panel.visibleRegion().isEmpty(), "the stamps are not in front")


def test_the_panel_shows_which_way_round_a_stamp_is(window):
    panel = window.stamps_panel
    assert panel.tool.key_press(Qt.Key.Key_F, NONE) and panel.mirror.isChecked() and panel.tool.mirrored
    panel.mirror.setChecked(False)
    assert not panel.tool.mirrored
    assert panel.tool.key_press(Qt.Key.Key_F, NONE) and panel.mirror.isChecked()


def test_only_the_stamp_tool_takes_what_is_dragged_from_a_library(window):
    pane, data = window.canvas.panes[0], QMimeData()
    data.setData(STAMP, b"0")
    for tool, taken in (("stamp", True), ("brush", False)):
        window.context.choose_tool(tool)
        enter = QDragEnterEvent(pane_at(pane, 80, 90), Qt.DropAction.CopyAction, data, LEFT, NONE)
        pane.dragEnterEvent(enter)
        assert enter.isAccepted() is taken
