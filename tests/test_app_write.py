"""The write tool in a real window: click a sign, type, and the map follows; one undo step, Esc takes it back."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.scene.scene import Scene
from tests.app_mouse import wait_for
from tests.app_support import BUILDING, LEFT, NONE, bare_studio, no_leaks, pane_at, settings, studio  # noqa: F401

SIGN, LETTERS = 61, 97
KEY = Qt.Key


@pytest.fixture
def shop(studio):  # noqa: F811
    labels = np.full((96, 160), BUILDING, np.uint8)
    labels[30:56, 10:150] = SIGN
    studio.documents.show(Scene(labels, labels.astype(np.uint16)), "Shop", None)
    QTest.keyClick(studio, "T")
    return studio


def letters(shop) -> int:
    return int((shop.context.scene.label_map == LETTERS).sum())


def click(shop, x, y):
    QTest.mouseClick(shop.canvas.panes[0], LEFT, NONE, pane_at(shop.canvas.panes[0], x, y))
    return shop.canvas.tools["write"].field


def test_what_is_typed_stands_on_the_sign_letter_by_letter_as_one_step(shop):
    field = click(shop, 80, 40)
    assert field is not None and field.isVisible()
    counts = []
    for char in "cafe":
        QTest.keyClicks(field, char)
        counts.append(letters(shop))
    assert all(a < b for a, b in zip(counts, counts[1:])) and counts[0] > 0
    assert shop.context.history.count() == 1 and shop.context.history.undoText() == "Write CAFE"
    QTest.keyClick(field, KEY.Key_Return)
    assert shop.canvas.tools["write"].field is None and letters(shop) == counts[-1]
    wait_for(lambda: shop.live.is_current)
    shop.context.history.undo()
    assert letters(shop) == 0


def test_escape_takes_back_what_was_typed(shop):
    field = click(shop, 80, 40)
    QTest.keyClicks(field, "BAR")
    assert letters(shop) > 0
    QTest.keyClick(field, KEY.Key_Escape)
    assert letters(shop) == 0 and shop.canvas.tools["write"].field is None and not shop.context.history.canUndo()


def test_letters_are_typed_and_choose_no_tools(shop):
    field = click(shop, 80, 40)
    QTest.keyClicks(field, "BEG V")
    assert field.text() == "BEG V" and shop.context.tool == "write"


def test_a_click_elsewhere_keeps_what_is_written_and_says_what_can_be_written_on(shop):
    said = []
    shop.context.message.connect(said.append)
    QTest.keyClicks(click(shop, 80, 40), "TEA")
    count = letters(shop)
    assert click(shop, 80, 10) is None and letters(shop) == count > 0
    assert any("click a shop's sign" in sentence for sentence in said)
    # Another tool keeps it, too.
    QTest.keyClicks(click(shop, 80, 40), "WINE")
    shop.context.choose_tool("brush")
    assert shop.canvas.tools["write"].field is None and letters(shop) != count


def test_a_letter_that_cannot_be_drawn_is_said_and_what_stood_there_goes(shop):
    said = []
    shop.context.message.connect(said.append)
    field = click(shop, 80, 40)
    QTest.keyClicks(field, "A")
    assert letters(shop) > 0
    field.setText("A!")
    field.textEdited.emit("A!")
    assert letters(shop) == 0 and any("'!' can't be written" in sentence for sentence in said)
    field.setText("AB")
    field.textEdited.emit("AB")
    assert letters(shop) > 0
    shop.context.history.undo()  # from the menu, while the field is open
    field.textEdited.emit("ABC")
    assert letters(shop) > 0 and shop.context.history.count() == 1


def test_another_street_closes_the_field(shop):
    assert click(shop, 80, 40) is not None
    labels = np.full((96, 160), BUILDING, np.uint8)
    shop.documents.show(Scene(labels, labels.astype(np.uint16)), "Other", None)
    assert shop.canvas.tools["write"].field is None
