"""Looks of parts, in the window: the choice among parts, pictures, one undo step each, several objects, files, capture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea

from core import looks
from core.appearance import Following
from core.labels import STREETS
from core.look_regions import look_key
from core.scene.scene import Scene
from tests.app_mouse import press, wait_for
from tests.app_support import (  # noqa: F401
    ALT, BUILDING, CAR, LEFT, NONE, ROAD, SKY, WINDOW, bare_studio, click, drag, no_leaks, same_picture, settings, wait_current,
)
from tests.conftest import scene_state
from tests.test_app_looks import pixels, wait_pictures

SHOPFRONT, GLASS, LANE = (STREETS.named(name).id for name in ("shopfront", "car glass", "lane mark"))

#: Three houses, the last without a shop; a car.
FIRST, SECOND, THIRD = 11000, 11001, 11002
BLUE = 26000


def houses() -> Scene:
    """(96, 160): sky, a road with a lane mark, three houses with windows, two with shopfronts, a car with glass."""
    labels = np.full((96, 160), SKY, np.uint8)
    labels[48:] = ROAD
    instances = labels.astype(np.uint16)
    labels[80:84, 10:150] = LANE
    for value, x in ((FIRST, 0), (SECOND, 52), (THIRD, 104)):
        labels[8:48, x:x + 50], instances[8:48, x:x + 50] = BUILDING, value
        labels[14:24, x + 8:x + 42] = WINDOW
        if value != THIRD:
            labels[32:48, x + 6:x + 44] = SHOPFRONT
    labels[56:76, 60:100], instances[56:76, 60:100] = CAR, BLUE
    labels[58:64, 68:92] = GLASS
    return Scene(labels, instances)


def give_parts_looks(model):
    """The small model with looks for houses, the road, and four kinds of parts, which follow their objects."""
    book, drawn = model.code_book, np.random.default_rng(5)
    for label_id in (BUILDING, ROAD, WINDOW, SHOPFRONT, GLASS, LANE):
        book.centres[label_id] = drawn.uniform(-0.6, 0.6, (3, book.dim)).astype(np.float32)
        book.sizes[label_id] = np.array([5, 3, 2])
        if STREETS[label_id].parent is not None:
            slope, mean = drawn.normal(0, 0.2, (book.dim, book.dim)), drawn.normal(0, 0.1, book.dim)
            book.follow[label_id] = Following(slope.astype(np.float32), mean.astype(np.float32))
    return replace(model, card=replace(model.card, part_codes=True))


@pytest.fixture(scope="session")
def part_model_path(tmp_path_factory):
    from core.models.model_file import save_model
    from tests.test_model_file import small_model

    path = tmp_path_factory.mktemp("parts") / "parts.safetensors"
    save_model(path, give_parts_looks(small_model()))
    return path


@pytest.fixture
def studio(bare_studio, part_model_path):  # noqa: F811
    """A shown studio with the houses, the model, and the first photograph; the select tool in hand."""
    bare_studio.documents.show(houses(), "Houses", None)
    bare_studio.live.open_model(str(part_model_path))
    wait_current(bare_studio)
    bare_studio.context.choose_tool("select")
    return bare_studio


@pytest.fixture
def panel(studio):
    studio.context.select(FIRST)
    return studio.look_panel


def choose(panel, words: str) -> None:
    """Open the choice of parts and click on an entry until it is taken: just after opening Qt takes no clicks."""
    push(panel, panel.part)
    view, row = panel.part.view(), panel.part.findText(words)
    assert row >= 0, f"'{words}' is not offered"
    wait_for(view.isVisible, "the choice does not open")

    def taken() -> bool:
        spot = view.visualRect(view.model().index(row, 0)).center()
        QTest.mouseClick(view.viewport(), LEFT, NONE, spot)
        return not view.isVisible()

    wait_for(taken, "the choice stays open")
    assert panel.part.currentText() == words


def push(panel, button) -> None:
    """Click on one of the panel's controls, scrolled to where it can be seen."""
    panel.findChild(QScrollArea).ensureWidgetVisible(button)
    press(button)


def offered(panel) -> list[str]:
    return [] if panel.part_row.isHidden() else [panel.part.itemText(i) for i in range(panel.part.count())]


def keys(values, part: int) -> list[int]:
    return [look_key(value, part) for value in values]


# -- the choice --------------------------------------------------------------------------


def test_the_kind_of_part_stays_chosen_from_house_to_house(studio, panel):
    context, pane = studio.context, studio.canvas.panes[0]
    assert offered(panel) == ["Whole building", "Window", "Shopfront"] and panel.part.currentText() == "Whole building"
    choose(panel, "Shopfront")
    assert panel.choice.key == look_key(FIRST, SHOPFRONT)
    click(pane, 55, 12)
    assert context.selection == SECOND and panel.part.currentText() == "Shopfront"
    click(pane, 107, 12)  # a house without a shop
    assert context.selection == THIRD and offered(panel) == ["Whole building", "Window"]
    assert panel.part.currentText() == "Whole building" and panel.choice.key == THIRD
    click(pane, 2, 12)
    assert context.selection == FIRST and panel.part.currentText() == "Shopfront"
    click(pane, 62, 72)
    assert context.selection == BLUE and offered(panel) == ["Whole car", "Car glass"] and panel.choice.key == BLUE
    context.select(0)
    context.choose_label(ROAD)
    assert offered(panel) == ["All road", "Lane mark"]
    context.choose_label(SKY)
    assert not offered(panel)


def test_a_part_picked_from_the_picture_is_chosen(studio, panel):
    context, pane = studio.context, studio.canvas.panes[0]
    click(pane, 70, 40, ALT)
    assert context.selection == SECOND and panel.part.currentText() == "Shopfront"
    click(pane, 15, 18, ALT)
    assert context.selection == FIRST and panel.part.currentText() == "Window"
    click(pane, 2, 12, ALT)
    assert context.selection == FIRST and panel.part.currentText() == "Whole building"
    # With nothing selected, the class in hand is what has the look.
    click(pane, 20, 82, ALT)
    assert context.selection == 0 and panel.choice.key == look_key(ROAD, LANE)


def test_parts_whose_look_is_chosen_are_outlined(studio, panel):
    canvas = studio.canvas
    assert canvas.selection_path is not None and canvas.part_path is None, "the whole house is chosen"
    choose(panel, "Shopfront")
    assert canvas.part_path.boundingRect().getCoords() == (6.5, 32.5, 43.5, 47.5)
    studio.context.select_many([FIRST, SECOND])
    assert canvas.part_path.boundingRect().getCoords() == (6.5, 32.5, 95.5, 47.5), "those of both houses"
    studio.context.select(THIRD)
    assert canvas.part_path is None, "it has no shop"
    studio.context.select(FIRST)
    with_parts = pixels(canvas.grab())
    choose(panel, "Whole building")
    assert canvas.part_path is None
    assert not np.array_equal(pixels(canvas.grab()), with_parts), "the outline can be seen"


def test_the_outline_of_parts_follows_edits(studio, panel):
    from core.scene import edits

    context, canvas = studio.context, studio.canvas

    def outlined():
        return None if canvas.part_path is None else canvas.part_path.boundingRect().getCoords()

    def follows(expected) -> None:
        wait_for(lambda: outlined() == expected, lambda: f"the outline is {outlined()}, not {expected}")

    context.choose_tool("brush")
    context.choose_label(BUILDING)
    context.choose_target("extend")
    context.choose_radius(12)
    choose(panel, "Window")
    assert outlined() == (8.5, 14.5, 41.5, 23.5)
    drag(canvas.panes[0], (36, 18), (40, 18), (44, 18))  # a stroke over the right of the windows
    assert (context.scene.label_map[14:24, 30:42] == BUILDING).all() and panel.choice.part == WINDOW
    right = np.flatnonzero((context.scene.label_map[14:24, :50] == WINDOW).any(0)).max()
    assert right < 30
    follows((8.5, 14.5, right + 0.5, 23.5))
    context.history.undo()
    follows((8.5, 14.5, 41.5, 23.5))
    context.commit(edits.fill(context.scene, 25, 20, BUILDING, FIRST))
    follows(None)
    assert canvas.selection_path is not None, "the house is selected still"
    context.history.undo()
    follows((8.5, 14.5, 41.5, 23.5))
    # Where they are painted anew they are outlined, too.
    context.commit(edits.paint(context.scene, np.ones((4, 6), bool), (30, 26), WINDOW, FIRST))
    follows((8.5, 14.5, 41.5, 29.5))


def test_the_outline_of_parts_comes_and_goes_with_a_model_that_knows_them(studio, panel, small_model_path):
    canvas, context = studio.canvas, studio.context
    choose(panel, "Shopfront")
    known, outlined = context.model.path, canvas.part_path.boundingRect()
    for path, expected in ((small_model_path, None), (known, outlined)):
        before = context.model
        studio.live.open_model(str(path))
        wait_for(lambda: context.model is not before)
        assert (canvas.part_path and canvas.part_path.boundingRect()) == expected
    wait_current(studio)


def test_the_choice_is_made_with_keys_and_not_with_the_wheel(studio, panel):
    panel.part.setFocus(Qt.FocusReason.TabFocusReason)
    wait_for(panel.part.hasFocus, "the choice does not get the keys")
    QTest.keyClick(panel.part, Qt.Key.Key_Down)
    assert panel.choice.key == look_key(FIRST, WINDOW)
    QTest.keyClick(panel.part, Qt.Key.Key_Down)
    assert panel.choice.key == look_key(FIRST, SHOPFRONT)
    middle = QPointF(panel.part.rect().center())
    turned = QWheelEvent(
        middle, panel.part.mapToGlobal(middle), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )
    QApplication.sendEvent(panel.part, turned)
    assert panel.choice.key == look_key(FIRST, SHOPFRONT)


def test_parts_that_come_and_go_are_offered_as_they_are_seen(studio, panel):
    from core.scene import edits

    context = studio.context
    choose(panel, "Shopfront")
    context.commit(edits.fill(context.scene, 25, 40, BUILDING, FIRST))
    assert offered(panel) == ["Whole building", "Window"] and panel.choice.key == FIRST
    context.commit(edits.fill(context.scene, 25, 20, BUILDING, FIRST))
    assert offered(panel) == []
    context.history.undo()
    context.history.undo()
    assert offered(panel) == ["Whole building", "Window", "Shopfront"] and panel.part.currentText() == "Shopfront"


def test_a_model_without_looks_of_parts_offers_none(bare_studio, small_model_path):  # noqa: F811
    bare_studio.documents.show(houses(), "Houses", None)
    bare_studio.live.open_model(str(small_model_path))
    wait_current(bare_studio)
    bare_studio.context.select(BLUE)
    assert bare_studio.look_panel.choices.isVisible() and not offered(bare_studio.look_panel)


# -- pictures and what is tried ----------------------------------------------------------


def test_pictures_show_this_objects_part_in_each_look_and_are_kept(studio, panel):
    from core.look_thumbnails import look_thumbnails
    from core.models.model_file import load_model
    from core.rendering.renderer import Renderer

    context, book = studio.context, panel.book
    wait_pictures(panel)
    whole = panel.buttons[1].picture
    choose(panel, "Shopfront")
    wait_pictures(panel)
    renderer, key = Renderer(load_model(context.model.path), "cpu"), look_key(FIRST, SHOPFRONT)
    shown = [pixels(button.picture) for button in panel.buttons[:3]]
    for k, rgb in look_thumbnails(renderer, context.scene.snapshot(), key, panel.pictures.size):
        assert shown[k].shape == rgb.shape and np.abs(shown[k].astype(int) - rgb).max() <= 1
    assert len({picture.tobytes() for picture in shown}) == 3
    part = panel.buttons[1].picture
    # Its own code makes no difference to its pictures, nor to those of the whole, whose looks it follows.
    push(panel, panel.buttons[2])
    assert panel.buttons[1].picture is part
    choose(panel, "Whole building")
    assert panel.buttons[1].picture is whole
    # The windows' does, to the shopfront's; and another house's shopfront to the whole.
    context.commit(looks.give_look(context.scene, [look_key(FIRST, WINDOW)], book.code(WINDOW, 2)))
    assert panel.buttons[1].picture is whole
    choose(panel, "Shopfront")
    assert panel.buttons[1].picture is not part
    choose(panel, "Whole building")
    context.commit(looks.give_look(context.scene, [look_key(SECOND, SHOPFRONT)], book.code(SHOPFRONT, 2)))
    assert panel.buttons[1].picture is None
    wait_pictures(panel)


def test_a_parts_look_is_tried_while_the_pointer_rests_on_it(studio, panel):
    context = studio.context
    choose(panel, "Shopfront")
    before, state = context.photograph.rgb, scene_state(context.scene)
    look = next(k for k in range(3) if not panel.buttons[k].isChecked())
    tried = looks.looks_of(context.scene, panel.book, look_key(FIRST, SHOPFRONT))[look]
    panel.buttons[look].hovered.emit(True)
    wait_for(lambda: context.photograph.snapshot.revision == -1 and not studio.live.busy)
    assert scene_state(context.scene) == state
    assert same_picture(context.photograph.rgb, rendered(studio, {look_key(FIRST, SHOPFRONT): tried}))
    assert not same_picture(context.photograph.rgb, before)
    panel.buttons[look].hovered.emit(False)
    wait_current(studio)
    assert same_picture(context.photograph.rgb, before) and context.history.count() == 0


def test_a_house_is_tried_with_parts_that_follow_it(studio, panel):
    context = studio.context
    context.commit(looks.give_look(context.scene, [look_key(FIRST, SHOPFRONT)], np.full(6, 0.9)))
    wait_current(studio)
    panel.buttons[2].hovered.emit(True)
    wait_for(lambda: context.photograph.snapshot.revision == -1 and not studio.live.busy)
    assert same_picture(context.photograph.rgb, rendered(studio, {FIRST: panel.book.code(BUILDING, 2)}))
    panel.buttons[2].hovered.emit(False)
    wait_current(studio)
    assert same_picture(context.photograph.rgb, rendered(studio, context.scene.codes))


def rendered(window, codes) -> np.ndarray:
    """The street with these codes, by a new renderer."""
    from core.models.model_file import load_model
    from core.rendering.renderer import Renderer

    shot, renderer = window.context.scene.snapshot(), Renderer(load_model(window.context.model.path), "cpu")
    return renderer.render(shot.label_map, shot.instance_map, codes, shot.label_set)


# -- giving ------------------------------------------------------------------------------


def test_a_click_gives_the_part_alone_and_the_house_takes_its_parts_along(studio, panel):
    context, key = studio.context, look_key(FIRST, SHOPFRONT)
    choose(panel, "Shopfront")
    push(panel, panel.buttons[2])
    assert set(context.scene.codes) == {key} and looks.look_of(context.scene, panel.book, key) == 2
    assert [button.isChecked() for button in panel.buttons] == [False, False, True]
    assert context.history.undoText() == "Change the look of shopfront" and panel.reset.isEnabled()
    push(panel, panel.reset)
    assert not context.scene.codes and not panel.reset.isEnabled()
    context.history.undo()
    choose(panel, "Whole building")
    assert panel.reset.isEnabled()  # the whole has a part with a look of its own
    push(panel, panel.buttons[1])
    assert set(context.scene.codes) == {FIRST} and looks.look_of(context.scene, panel.book, FIRST) == 1
    context.history.undo()
    assert set(context.scene.codes) == {key}
    push(panel, panel.reset)
    assert not context.scene.codes
    wait_current(studio)
    assert same_picture(context.photograph.rgb, rendered(studio, {}))


def test_dice_similar_blend_and_fine_control_are_the_parts(studio, panel):
    context, key = studio.context, look_key(FIRST, WINDOW)
    choose(panel, "Window")
    seen = []
    for button in (panel.any, panel.any, panel.like):
        push(panel, button)
        seen.append(tuple(context.scene.codes[key]))
    assert len(set(seen)) == 3 and set(context.scene.codes) == {key} and context.history.count() == 3
    panel.blend_to.setCurrentIndex(2)
    panel.blend.setSliderDown(True)
    panel.blend.setValue(50)
    assert context.preview.keys() == {key}
    wait_for(lambda: panel.trial.picture is not None)
    panel.blend.setSliderDown(False)
    ends = looks.looks_of(context.scene, panel.book, key)
    assert np.allclose(context.scene.codes[key], (ends[0] + ends[2]) / 2) and context.history.count() == 4
    before = context.scene.codes[key]
    slider = panel.fine.sliders[3]
    slider.setSliderDown(True)
    slider.setValue(0)
    slider.setSliderDown(False)
    after = context.scene.codes[key]
    assert after[3] == min(panel.book.bounds(WINDOW)[0][3], *(end[3] for end in ends))
    assert np.array_equal(np.delete(after, 3), np.delete(before, 3)) and set(context.scene.codes) == {key}


def test_several_houses_get_the_look_as_each_of_them_has_it(studio, panel):
    context, book = studio.context, panel.book
    context.commit(looks.give_looks(context.scene, {FIRST: book.code(BUILDING, 0), SECOND: book.code(BUILDING, 1)}))
    context.select_many([FIRST, SECOND])
    choose(panel, "Shopfront")
    steps = context.history.count()
    push(panel, panel.buttons[1])
    one, other = (context.scene.codes[key] for key in keys((FIRST, SECOND), SHOPFRONT))
    assert context.history.count() == steps + 1 and not np.array_equal(one, other)
    assert all(looks.look_of(context.scene, book, key) == 1 for key in keys((FIRST, SECOND), SHOPFRONT))
    push(panel, panel.any)
    one, other = (context.scene.codes[key] for key in keys((FIRST, SECOND), SHOPFRONT))
    assert not np.array_equal(one, other), "each has its own draw"
    push(panel, panel.like)
    assert set(context.scene.codes) == {FIRST, SECOND, *keys((FIRST, SECOND), SHOPFRONT)}
    push(panel, panel.reset)
    assert set(context.scene.codes) == {FIRST, SECOND}
    context.history.undo()
    # The shopfronts follow when the houses get draws of their own.
    choose(panel, "Whole building")
    push(panel, panel.any)
    assert set(context.scene.codes) == {FIRST, SECOND}
    one, other = (context.scene.codes[value] for value in (FIRST, SECOND))
    assert not np.array_equal(one, other)


def test_every_shopfront_but_those_of_locked_houses_gets_the_look(studio, panel):
    context, key = studio.context, look_key(FIRST, SHOPFRONT)
    context.select(SECOND)
    push(panel, panel.lock)
    context.select(FIRST)
    choose(panel, "Shopfront")
    assert panel.to_all.text() == "Apply to every shopfront"
    push(panel, panel.buttons[2])
    steps = context.history.count()
    push(panel, panel.to_all)
    assert set(context.scene.codes) == {key, look_key(THIRD, SHOPFRONT)} and context.history.count() == steps + 1
    assert context.history.undoText() == "Give every shopfront this look"
    context.select(SECOND)
    push(panel, panel.lock)
    context.select(FIRST)
    push(panel, panel.to_all)
    codes = context.scene.codes
    assert set(codes) == set(keys((FIRST, SECOND, THIRD), SHOPFRONT))
    assert len({code.tobytes() for code in codes.values()}) == 1
    choose(panel, "Whole building")
    assert panel.to_all.text() == "Apply to every building"
    push(panel, panel.to_all)
    assert {look_key(SECOND, part) for part in (0, WINDOW, SHOPFRONT)} <= set(context.scene.codes)


def test_a_whole_look_is_copied_with_its_parts(studio, panel):
    context, book = studio.context, panel.book
    choose(panel, "Shopfront")
    push(panel, panel.buttons[2])
    choose(panel, "Whole building")
    look = looks.whole_look(context.scene, book, FIRST)
    push(panel, panel.copy)
    context.select_many([SECOND, THIRD])
    steps = context.history.count()
    push(panel, panel.paste)
    assert context.history.count() == steps + 1
    for value in (SECOND, THIRD):
        pasted = looks.whole_look(context.scene, book, value)
        assert pasted.keys() == look.keys() and all(np.array_equal(pasted[part], look[part]) for part in look)
    # Another class has other parts: they follow their object.
    context.commit(looks.give_look(context.scene, [look_key(BLUE, GLASS)], np.full(6, 0.9)))
    context.select(BLUE)
    push(panel, panel.paste)
    assert np.array_equal(context.scene.codes[BLUE], look[0]) and look_key(BLUE, GLASS) not in context.scene.codes
    # Parts of the kind get that kind's.
    context.history.undo()
    context.select(THIRD)
    choose(panel, "Window")
    push(panel, panel.reset)
    push(panel, panel.paste)
    assert np.array_equal(context.scene.codes[look_key(THIRD, WINDOW)], look[WINDOW])


def test_a_parts_look_is_pasted_where_a_part_is_chosen(studio, panel):
    context, said = studio.context, []
    context.message.connect(said.append)
    assert not panel.paste.isEnabled() and panel.paste.toolTip() == "Copy a look first."
    choose(panel, "Shopfront")
    push(panel, panel.buttons[2])
    push(panel, panel.copy)
    copied = context.scene.codes[look_key(FIRST, SHOPFRONT)]
    choose(panel, "Whole building")
    assert not panel.paste.isEnabled() and "choose the parts" in panel.paste.toolTip()
    panel.commands.paste_look()  # by its key
    assert said[-1] == panel.paste.toolTip() and context.history.count() == 1
    context.select(SECOND)
    choose(panel, "Shopfront")
    push(panel, panel.paste)
    assert np.array_equal(context.scene.codes[look_key(SECOND, SHOPFRONT)], copied) and SECOND not in context.scene.codes


def test_a_look_is_dragged_onto_another_house_with_its_parts(studio, panel):
    context, pane, book = studio.context, studio.canvas.panes[0], panel.book
    choose(panel, "Window")
    push(panel, panel.buttons[2])
    context.choose_tool("look")
    look, steps = looks.whole_look(context.scene, book, FIRST), context.history.count()
    tried = []
    context.preview_changed.connect(lambda: tried.append(set(context.preview)))
    drag(pane, (2, 12), (30, 12), (60, 12), (106, 12))
    assert {look_key(SECOND, part) for part in look} == tried[0] and tried[-1] == set()
    assert context.history.count() == steps + 1
    for value in (SECOND, THIRD):
        given = looks.whole_look(context.scene, book, value)
        assert all(np.array_equal(given[part], look[part]) for part in look)


# -- capture -----------------------------------------------------------------------------


def test_capturing_gives_parts_their_looks(studio, panel, tmp_path):
    from app.capture_dialog import SELECTED, CaptureDialog
    from core.capture import photograph_codes, region_code
    from core.models.model_file import load_model
    from core.scene.cityscapes import save_pair
    from core.scene.files import write_picture

    context, model = studio.context, load_model(studio.context.model.path)
    shown = np.random.default_rng(0).integers(0, 255, (96, 160, 3), np.uint8)
    write_picture(tmp_path / "a_leftImg8bit.png", shown)
    save_pair(houses(), tmp_path / "a_gtFine_labelIds.png", tmp_path / "a_gtFine_instanceIds.png")
    maps = np.asarray(context.scene.label_map), np.asarray(context.scene.instance_map)

    def taken(subject: str, prepare=lambda dialog: None) -> dict:
        dialog, steps = CaptureDialog(panel), context.history.index()
        dialog.choose_subject(subject)
        assert dialog.open_photograph(tmp_path / "a_leftImg8bit.png")
        prepare(dialog)
        dialog.give.setCurrentIndex(dialog.give.findData(SELECTED))
        dialog.start()
        wait_for(lambda: context.history.index() == steps + 1, dialog.text.text)
        codes = dict(context.scene.codes)
        context.history.undo()
        return codes

    def draw(dialog) -> None:
        assert dialog.give.itemText(0) == "the parts of the selected building of this kind: shopfront"
        dialog.picture.region = (20, 10, 120, 90)
        dialog.picture.changed.emit()

    def take_first(dialog) -> None:
        assert dialog.open_maps([tmp_path / "a_gtFine_labelIds.png"])
        dialog.picture.choose(FIRST)

    everything = photograph_codes(model, shown, *maps)
    first = {part: everything[look_key(FIRST, part)] for part in (0, WINDOW, SHOPFRONT)}
    # A look that the photograph does not show goes when its object gets one.
    context.commit(looks.give_look(context.scene, [look_key(SECOND, STREETS.named("door").id)], np.zeros(6)))
    context.select(SECOND)
    choose(panel, "Shopfront")
    region = taken("region", draw)
    assert np.array_equal(region.pop(look_key(SECOND, SHOPFRONT)), region_code(model, shown, (20, 10, 120, 90)))
    assert set(region) == {look_key(SECOND, STREETS.named("door").id)}
    street = taken("street")
    assert set(street) == {look_key(SECOND, part) for part in first}
    assert all(np.array_equal(code, everything[key]) for key, code in street.items())
    clicked = taken("maps", take_first)
    assert set(clicked) == {look_key(SECOND, part) for part in first}
    assert all(np.array_equal(clicked[look_key(SECOND, part)], code) for part, code in first.items())
    context.select(BLUE)
    clicked = taken("maps", take_first)
    assert np.array_equal(clicked[BLUE], first[0]) and look_key(BLUE, WINDOW) not in clicked
