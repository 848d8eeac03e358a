"""Panels, settings, look."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QSettings, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QToolButton, QAbstractButton

from app.dialogs import PreferencesDialog
from app.palette_panel import LABEL
from app.settings import DECLARED, Settings
from app.theme import DARK, LIGHT
from core.labels import CITYSCAPES, STREETS
from core.scene.scene import Scene
from tests.app_mouse import press, turn, wait_for
from tests.app_support import BUILDING, CAR, SKY, WINDOW, bare_studio, no_leaks, settings, small_street, studio


@pytest.fixture
def open_studio(bare_studio):
    bare_studio.documents.show(small_street(), "Street", None)
    return bare_studio


def test_the_palette_shows_every_class_and_parts_under_their_parents(open_studio):
    panel = open_studio.palette_panel
    for label in STREETS:
        row = panel.item(label.id)
        assert row.text(0) == label.name
        if label.parent is not None:
            assert row.parent() is panel.item(label.parent)
    hints = {label.name: panel.item(label.id).toolTip(0) for label in STREETS}
    assert "Fill in parts lays the stripes" in hints["crossing"] and "Each one is an object" in hints["car"]
    assert hints["window"] == f"window, id {WINDOW}"


def test_searching_shows_what_matches_with_its_heading(open_studio):
    panel = open_studio.palette_panel
    panel.search.setText("wheel")
    shown = {label.name for label in STREETS if not panel.item(label.id).isHidden()}
    assert {"car wheel", "truck wheel", "bus wheel", "car", "truck", "bus"} <= shown
    assert "sky" not in shown and "window" not in shown
    panel.search.clear()
    assert not any(panel.item(label.id).isHidden() for label in STREETS)


def test_clicking_a_class_chooses_it_and_gives_the_keys_back_to_the_canvas(open_studio):
    panel, context = open_studio.palette_panel, open_studio.context
    context.choose_label(CAR)
    row = panel.item(SKY)
    panel.tree.scrollToItem(row)
    QTest.mouseClick(
        panel.tree.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        panel.tree.visualItemRect(row).center(),
    )
    assert context.label_id == SKY and open_studio.options_bar.label_button.text().strip() == "sky"
    assert open_studio.focusWidget() is open_studio.canvas.panes[0]


def test_picking_a_part_unfolds_its_parent(open_studio):
    panel = open_studio.palette_panel
    panel.item(BUILDING).setExpanded(False)
    open_studio.context.choose_label(WINDOW)
    assert panel.item(BUILDING).isExpanded() and panel.tree.currentItem().data(0, LABEL) == WINDOW


def test_another_label_set_refills_the_palette(open_studio):
    open_studio.context.choose_label(WINDOW)
    open_studio.documents.show(Scene(np.full((32, 32), 7, np.uint8), None, CITYSCAPES), "Plain", None)
    panel = open_studio.palette_panel
    assert set(panel._items) == set(CITYSCAPES.ids)
    assert open_studio.context.label_id in CITYSCAPES


def test_objects_can_be_chosen_only_for_classes_that_have_them(open_studio):
    bar, context = open_studio.options_bar, open_studio.context
    context.choose_label(CAR)
    assert bar.targets.isEnabled()
    context.choose_label(SKY)
    assert not bar.targets.isEnabled()


def test_the_status_bar_names_what_is_under_the_pointer(open_studio):
    open_studio.context.pointer_moved.emit(110, 70)
    status = open_studio.statusBar()
    assert status.under.text() == "car  26001" and status.position.text() == "110, 70"
    assert status.size.text() == "160 \u00d7 96"
    open_studio.context.pointer_moved.emit(-1, -1)
    assert status.under.text() == ""


def test_a_hint_without_room_ends_in_dots_and_is_told_whole(qapp, qtbot):
    from PySide6.QtCore import QEvent, QPoint
    from PySide6.QtGui import QHelpEvent
    from PySide6.QtWidgets import QApplication

    from app.controls import CutLabel

    label = CutLabel()
    qtbot.addWidget(label)
    label.setText("Drag to paint. Shift+click: straight line.")
    for width, told in ((1200, ""), (120, label.text())):
        label.resize(width, 20)
        QApplication.sendEvent(label, QHelpEvent(QEvent.Type.ToolTip, QPoint(5, 5), QPoint(5, 5)))
        assert label.toolTip() == told and (label.shown == label.text()) == (not told)
    assert label.shown.endswith("\u2026") and label.text().startswith(label.shown[:-1])
    assert not label.grab().isNull() and label.minimumSizeHint().width() >= 0 and label.minimumWidth() == 80


def test_the_status_bar_says_time_and_device(studio):
    status = studio.statusBar()
    assert status.time.text().endswith(" ms") and "CPU" in status.device.text() or status.device.text()
    assert not status.spinner.turning


def test_without_a_model_it_is_said_why_no_look_can_be_drawn(open_studio):
    open_studio.actions_.named["Randomise street"].trigger()
    assert "come with a model" in open_studio.statusBar().currentMessage()
    assert open_studio.context.history.count() == 0


def test_looks_are_offered_for_the_selected_object(studio):
    panel, context = studio.look_panel, studio.context
    context.select(26000)
    looks = context.model.code_book.looks(CAR)
    assert looks > 1 and sum(not button.isHidden() for button in panel.buttons) == looks
    assert panel.buttons[0].isChecked()
    context.select(0)
    context.choose_label(STREETS.named("pole").id)
    assert all(button.isHidden() for button in panel.buttons)


@pytest.mark.parametrize("setting", DECLARED, ids=lambda setting: setting.key)
def test_a_setting_survives_and_refuses_nonsense(tmp_path, setting):
    path = str(tmp_path / "s.ini")
    store = Settings(QSettings(path, QSettings.Format.IniFormat))
    assert store[setting.key] == setting.default
    value = setting.default
    if setting.choices:
        value = setting.choices[-1][0]
    elif isinstance(setting.default, bool):
        value = not setting.default
    elif isinstance(setting.default, int):
        value = int(setting.high) if setting.high is not None else 7
    elif isinstance(setting.default, tuple):
        value = ("/a", "/b")
    elif isinstance(setting.default, str):
        value = "/somewhere"
    store[setting.key] = value
    store.sync()
    again = Settings(QSettings(path, QSettings.Format.IniFormat))
    assert again[setting.key] == value and type(again[setting.key]) is type(setting.default)
    if setting.low is not None:
        store[setting.key] = 10**9
        assert store[setting.key] == setting.high
    if setting.choices:
        store[setting.key] = "nonsense"
        assert store[setting.key] == setting.default


def test_preferences_have_one_control_per_setting_and_store_at_once(qapp, settings):
    dialog = PreferencesDialog(settings)
    assert set(dialog.controls) == {setting.key for setting in DECLARED if setting.title}
    live = dialog.controls["live"]
    assert isinstance(live, QCheckBox)
    live.click()
    assert settings["live"] is False
    dialog.controls["jpeg_quality"].setValue(70)
    assert settings["jpeg_quality"] == 70
    dialog.deleteLater()


def test_light_and_dark_recolour_window_and_icons(open_studio):
    settings, theme = open_studio.context.settings, open_studio.context.theme
    seen = {}
    for choice, look in (("light", LIGHT), ("dark", DARK)):
        settings["theme"] = choice
        assert theme.look is look
        picture = open_studio.grab().toImage()
        corner = picture.pixelColor(picture.width() // 2, picture.height() - 3)
        assert corner.name() == look.window
        icon = open_studio.actions_.tools["eraser"].icon().pixmap(QSize(32, 32)).toImage()
        seen[choice] = max(
            (icon.pixelColor(x, y) for x in range(32) for y in range(32)), key=lambda colour: colour.alpha()
        ).lightness()
    assert seen["light"] < 100 < 150 < seen["dark"]
    settings["theme"] = "light"


def test_fields_look_alike_in_every_dialog(open_studio):
    from PySide6.QtWidgets import QComboBox, QSpinBox

    from app.dialogs import NewStreetDialog

    context = open_studio.context
    for theme, look in (("dark", DARK), ("light", LIGHT)):
        context.settings["theme"] = theme
        for dialog in (PreferencesDialog(context.settings, open_studio), NewStreetDialog(open_studio)):
            dialog.ensurePolished()
            fields = [*dialog.findChildren(QComboBox), *dialog.findChildren(QSpinBox)]
            fields = [field for field in fields if not field.isHidden()]
            heights = [field.sizeHint().height() for field in fields]
            assert len(fields) >= 4 and max(heights) - min(heights) <= 4
            for field in fields:
                field.resize(field.sizeHint())
                picture = field.grab().toImage()
                spot = picture.pixelColor(round(4 * picture.devicePixelRatio()), picture.height() // 2)
                assert spot.name() == look.field.lower(), (theme, field)
            dialog.deleteLater()


def test_every_button_says_what_it_does(open_studio):
    for action in open_studio.tool_bar.actions():
        assert action.isSeparator() or action.toolTip()
    for kind, action in open_studio.actions_.tools.items():
        assert f"({action.shortcut().toString()})" in action.toolTip()
    nameless = [
        button for button in open_studio.options_bar.findChildren(QAbstractButton)
        if not button.toolTip() and button.objectName() != "qt_toolbar_ext_button"
    ]
    assert nameless == []


def test_no_key_is_given_twice(open_studio):
    from PySide6.QtGui import QAction

    seen = {}
    for action in open_studio.findChildren(QAction):
        for key in action.shortcuts():
            other = seen.setdefault(key.toString(), action)
            assert other is action, f"{key.toString()}: {other.text()} and {action.text()}"


def test_nothing_in_the_option_bar_is_cut_off(open_studio):
    open_studio.context.select(26000)
    open_studio.resize(1280, 720)
    turn()  # the window may take the size later
    wait_for(lambda: open_studio.options_bar.width() > 1000)
    wait_for(lambda: not cut_off(open_studio.options_bar), lambda: f"cut off: {cut_off(open_studio.options_bar)}", 10)


def cut_off(bar) -> list[str]:
    shown = [w for w in bar.findChildren(QToolButton) + bar.findChildren(QLabel) if w.isVisible()]
    shown = [w for w in shown if w.objectName() != "qt_toolbar_ext_button"]
    return [w.text() for w in shown if w.width() < w.minimumSizeHint().width()]


def test_the_start_page_stands_until_a_street_is_open(bare_studio):
    assert bare_studio.start_page.isVisible() and not bare_studio.tool_bar.isVisible()
    assert not bare_studio.palette_panel.isVisible()
    bare_studio.documents.show(small_street(), "Street", None)
    assert bare_studio.canvas.isVisible() and bare_studio.tool_bar.isVisible() and bare_studio.palette_panel.isVisible()
    bare_studio.show_start()
    assert not bare_studio.palette_panel.isVisible()
    press(bare_studio.start_page.back)
    assert bare_studio.canvas.isVisible() and bare_studio.palette_panel.isVisible()
