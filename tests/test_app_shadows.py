"""Cast shadows in the window: the dial by mouse and keys, the street that follows, one undo step, giving up."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.sun_dial import SunDial
from core.labels import STREETS
from core.scene.edits import paint
from core.scene.scene import Scene
from core.shadows.cast import cast_in
from core.shadows.parts import NO_GROUND, without_shadows
from core.shadows.sun import Sun
from tests.app_mouse import press, wait_for
from tests.app_support import (  # noqa: F401
    LEFT, NONE, ROAD, SHIFT, SKY, bare_studio, fresh_render, move, no_leaks, same_picture, settings, studio, wait_current,
)
from tests.conftest import scene_state
from tests.test_shadows import shaded, street


class Hand:
    """What a person does with the dialog."""

    def __init__(self, window):
        self.window, self.caster, self.context = window, window.shadow_caster, window.context
        self.said: list[str] = []
        window.context.message.connect(self.said.append)

    @property
    def dialog(self):
        return self.caster.dialog

    @property
    def labels(self) -> np.ndarray:
        return self.context.scene.label_map

    def open(self) -> None:
        self.window.actions_.named["Cast shadows"].trigger()
        wait_for(lambda: self.dialog is not None and self.dialog.isVisible(), "the dialog does not open")
        self.settle()

    def settle(self) -> None:
        """Until the street shows the shadows of the dialog's sun."""
        wait_for(lambda: not self.caster.busy, "the shadows are not cast")

    def closed(self) -> None:
        wait_for(lambda: self.dialog is None, "the dialog stays open")

    def expected(self, azimuth: int, elevation: int, with_houses: bool = True) -> np.ndarray:
        """What the engine says to this sun, on the street without shadows."""
        scene = self.context.scene
        plain = Scene(without_shadows(scene.label_map, STREETS), scene.instance_map)
        edit = cast_in(plain, Sun.degrees(azimuth, elevation), self.context.horizon(), with_houses).edit
        if edit is not None:
            edit.apply(plain)
        return plain.label_map


@pytest.fixture
def hand(bare_studio):  # noqa: F811
    bare_studio.documents.show(street(), "Street", None, kept={"horizon": 200})
    return Hand(bare_studio)


def test_the_sun_is_dragged_the_street_follows_and_casting_is_one_step(hand):
    context, start = hand.context, scene_state(hand.context.scene)
    hand.open()
    usual = hand.labels.copy()
    assert np.array_equal(usual, hand.expected(-50, 40)) and shaded(usual).sum() > 500
    assert context.stroking and context.history.count() == 0
    dial = hand.dialog.dial
    QTest.mousePress(dial, LEFT, NONE, dial.sun_point().toPoint())
    for azimuth in (0, 60, 100):
        move(dial, dial._at(azimuth, 1 - 30 / 90).toPoint(), LEFT)
    QTest.mouseRelease(dial, LEFT, NONE, dial._at(100, 1 - 30 / 90).toPoint())
    hand.settle()
    assert abs(dial.azimuth - 100) <= 1 and abs(dial.elevation - 30) <= 1
    assert (hand.dialog.azimuth.value(), hand.dialog.elevation.value()) == (dial.azimuth, dial.elevation)
    assert hand.dialog.words.text() == f"The sun stands {hand.dialog.sun.words}"
    wanted = hand.expected(dial.azimuth, dial.elevation)
    assert np.array_equal(hand.labels, wanted) and not np.array_equal(wanted, usual)
    where = dial.azimuth, dial.elevation
    press(hand.dialog.cast)
    hand.closed()
    assert not context.stroking and context.history.count() == 1 and context.history.undoText() == "Cast shadows"
    assert np.array_equal(hand.labels, wanted) and hand.said[-1].startswith("Shadows cast by a sun at the right, ")
    assert (context.settings["sun_azimuth"], context.settings["sun_elevation"]) == where
    context.history.undo()
    assert scene_state(context.scene) == start
    context.history.redo()
    assert np.array_equal(hand.labels, wanted) and context.scene.contradictions() == 0


def test_keys_turn_and_raise_the_sun(hand):
    hand.open()
    dial = hand.dialog.dial
    wait_for(dial.hasFocus, "the dial does not get the keys")
    for key, modifiers, there in (
        (Qt.Key.Key_Right, NONE, (-45, 40)), (Qt.Key.Key_Left, SHIFT, (-46, 40)), (Qt.Key.Key_Up, NONE, (-46, 45)),
        (Qt.Key.Key_Down, SHIFT, (-46, 44)), (Qt.Key.Key_PageDown, NONE, (-46, 29)), (Qt.Key.Key_PageUp, NONE, (-46, 44)),
    ):
        QTest.keyClick(dial, key, modifiers)
        assert (dial.azimuth, dial.elevation) == there
    for _ in range(12):
        QTest.keyClick(dial, Qt.Key.Key_PageDown)
    assert dial.elevation == 3
    assert dial.accessibleName() == "Sun" and dial.accessibleDescription() == (
        "-46 degrees from straight ahead to the right, 3 degrees high"
    )
    hand.dialog.azimuth.setValue(170)
    for _ in range(4):
        QTest.keyClick(dial, Qt.Key.Key_Right)
    assert dial.azimuth == -170 == hand.dialog.azimuth.value()
    hand.dialog.elevation.setValue(35)
    hand.settle()
    assert np.array_equal(hand.labels, hand.expected(-170, 35))
    QTest.keyClick(dial, Qt.Key.Key_Return)
    hand.closed()
    assert hand.context.history.count() == 1


@pytest.mark.parametrize("how", ["escape", "cancel"])
def test_giving_up_puts_everything_back(hand, how):
    from PySide6.QtWidgets import QDialogButtonBox

    start = scene_state(hand.context.scene)
    hand.open()
    assert scene_state(hand.context.scene) != start
    if how == "escape":
        QTest.keyClick(hand.dialog, Qt.Key.Key_Escape)
    else:
        press(hand.dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Cancel))
    hand.closed()
    assert scene_state(hand.context.scene) == start and hand.context.history.count() == 0 and not hand.context.stroking
    # As before: painting goes on, and so does casting.
    assert hand.context.commit(paint(hand.context.scene, np.ones((4, 4), bool), (600, 400), STREETS.named("sidewalk").id))
    hand.open()
    press(hand.dialog.cast)
    hand.closed()
    assert hand.context.history.count() == 2


def test_casting_waits_for_the_sun_that_was_chosen_last(hand):
    hand.open()
    hand.dialog.azimuth.setValue(30)
    hand.dialog.azimuth.setValue(80)
    assert hand.caster.busy
    hand.dialog.cast.click()
    hand.closed()
    assert np.array_equal(hand.labels, hand.expected(80, 40)) and hand.context.history.count() == 1


def test_houses_can_be_left_out(hand):
    hand.open()
    hand.dialog.azimuth.setValue(-80)
    hand.settle()
    assert np.array_equal(hand.labels, hand.expected(-80, 40))
    press(hand.dialog.houses)
    hand.settle()
    assert np.array_equal(hand.labels, hand.expected(-80, 40, False))
    assert shaded(hand.labels).sum() < shaded(hand.expected(-80, 40)).sum()
    press(hand.dialog.cast)
    hand.closed()
    assert not hand.context.settings["sun_houses"]
    hand.open()
    assert not hand.dialog.houses.isChecked()


def test_shadows_are_replaced_and_removed(hand):
    bare = hand.labels.copy()
    hand.open()
    assert not hand.dialog.remove.isEnabled(), "there are none yet"
    press(hand.dialog.cast)
    hand.closed()
    once = hand.labels.copy()
    hand.open()
    press(hand.dialog.cast)
    hand.closed()
    assert hand.context.history.count() == 1 and hand.said[-1] == "The shadows are as they were."
    hand.open()
    assert np.array_equal(hand.labels, once)
    press(hand.dialog.remove)
    hand.closed()
    assert np.array_equal(hand.labels, bare) and hand.context.history.undoText() == "Remove shadows"
    hand.context.history.undo()
    assert np.array_equal(hand.labels, once)


def test_nothing_else_edits_while_a_sun_is_looked_for(hand):
    hand.open()
    count = hand.context.history.count()
    assert not hand.context.commit(paint(hand.context.scene, np.ones((4, 4), bool), (600, 400), SKY))
    hand.context.history.undo()
    assert hand.context.history.count() == count and not hand.caster.run()
    assert not hand.window.parts_filler.run()


def test_another_street_closes_the_dialog(hand):
    hand.open()
    other = street()
    before = scene_state(other)
    hand.window.documents.show(other, "Other", None, kept={"horizon": 200})
    hand.closed()
    assert scene_state(hand.context.scene) == before and not hand.context.stroking
    hand.open()
    assert shaded(hand.labels).any()


def test_closing_the_window_leaves_the_street_as_it_was(hand):
    start = scene_state(hand.context.scene)
    hand.open()
    hand.window.close()
    assert hand.dialog is None and scene_state(hand.context.scene) == start and hand.context.history.saved


def test_without_ground_there_is_a_sentence_and_no_dialog(hand):
    hand.window.documents.show(Scene.blank((160, 96), SKY), "Sky", None)
    hand.window.actions_.named["Cast shadows"].trigger()
    assert hand.dialog is None and hand.said[-1] == NO_GROUND and not hand.context.stroking


def test_the_photograph_follows(studio):  # noqa: F811
    hand = Hand(studio)
    hand.context.settings["sun_azimuth"] = 0
    hand.open()
    assert shaded(hand.labels).any() and ROAD in hand.labels
    wait_current(studio)  # while the dialog is open
    assert same_picture(studio.context.photograph.pyramid.full[..., 2::-1], fresh_render(studio))
    press(hand.dialog.cast)
    hand.closed()
    wait_current(studio)
    assert same_picture(studio.context.photograph.pyramid.full[..., 2::-1], fresh_render(studio))


def test_the_dial_is_drawn_in_light_and_dark(qapp):
    from app.theme import Theme

    pictures = []
    for look in ("light", "dark"):
        theme = Theme(qapp, look)
        dial = SunDial(theme, 30, 20)
        dial.resize(dial.sizeHint())
        picture = dial.grab().toImage()
        sun = dial.sun_point().toPoint()
        assert picture.pixelColor(sun).red() > 230 and picture.pixelColor(sun).blue() < 90
        pictures.append(picture)
        assert dial.place(210, 20) and dial.azimuth == -150 and not dial.place(-150, 20)
        dial.deleteLater()
    assert pictures[0] != pictures[1]
