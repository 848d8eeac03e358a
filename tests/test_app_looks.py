"""The look panel: pictures, one undo step each, blends, locks, several objects, files."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.look_commands import LookCommands
from app.look_widgets import CodeSlider, FineControl
from core import looks
from tests.app_mouse import PATIENCE, wait_for
from tests.app_support import CAR, ROAD, bare_studio, no_leaks, settings, small_street, studio  # noqa: F401


@pytest.fixture
def panel(studio):  # noqa: F811
    studio.context.select(26000)
    return studio.look_panel


def wait_pictures(panel) -> None:
    def there():
        return all(button.picture is not None for button in panel.buttons if not button.isHidden())

    wait_for(lambda: there() and not panel.pictures.busy)


def pixels(pixmap) -> np.ndarray:
    image = pixmap.toImage().convertToFormat(pixmap.toImage().Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def test_each_look_is_shown_as_this_object_and_kept(studio, panel):  # noqa: F811
    from core.look_thumbnails import look_thumbnails
    from core.models.model_file import load_model
    from core.rendering.renderer import Renderer

    wait_pictures(panel)
    shown = [pixels(button.picture) for button in panel.buttons[:3]]
    renderer = Renderer(load_model(studio.context.model.path), "cpu")
    for k, rgb in look_thumbnails(renderer, studio.context.scene.snapshot(), 26000, panel.pictures.size):
        assert shown[k].shape == rgb.shape and np.abs(shown[k].astype(int) - rgb).max() <= 1
    first = panel.buttons[1].picture
    studio.context.select(26001)
    wait_pictures(panel)
    assert panel.buttons[1].picture is not first
    studio.context.select(26000)
    # Kept: there at once, and choosing a look changes none of them.
    assert panel.buttons[1].picture is first
    panel.buttons[2].click()
    assert panel.buttons[1].picture is first
    # Another object's look nearby does.
    studio.context.commit(looks.give_look(studio.context.scene, [26001], panel.book.code(CAR, 2)))
    assert panel.buttons[1].picture is None
    wait_pictures(panel)


def test_pictures_are_the_models_that_has_replaced_another_in_the_same_file(studio, tmp_path):  # noqa: F811
    import shutil

    import torch

    from core.look_thumbnails import look_thumbnails
    from core.models.model_file import load_model, save_model
    from core.rendering.renderer import Renderer

    path = tmp_path / "model.safetensors"
    shutil.copy(studio.context.model.path, path)
    panel = studio.look_panel
    studio.context.select(26000)
    for _ in range(2):  # as a run that is followed does
        before = studio.context.model
        studio.live.open_model(str(path))
        wait_for(lambda: studio.context.model is not before)
        wait_pictures(panel)
        model = load_model(path)
        made = look_thumbnails(Renderer(model, "cpu"), studio.context.scene.snapshot(), 26000, panel.pictures.size)
        for k, rgb in made:
            assert np.abs(pixels(panel.buttons[k].picture).astype(int) - rgb).max() <= 1
        with torch.no_grad():
            for weights in model.generator.parameters():
                weights.mul_(1.5)
        save_model(path, model)


def test_one_click_is_one_step(studio, panel):  # noqa: F811
    context = studio.context
    steps = context.history.count()
    panel.buttons[2].click()
    assert context.history.count() == steps + 1 and looks.look_of(context.scene, panel.book, 26000) == 2
    assert [button.isChecked() for button in panel.buttons] == [False, False, True]
    panel.reset.click()
    assert 26000 not in context.scene.codes and not panel.reset.isEnabled()
    context.history.undo()
    assert looks.look_of(context.scene, panel.book, 26000) == 2


def test_dice_and_similar_give_another_look_each_time(studio, panel):  # noqa: F811
    scene, seen = studio.context.scene, []
    for button in (panel.any, panel.any, panel.like, panel.like):
        button.click()
        seen.append(tuple(scene.codes[26000]))
    assert len(set(seen)) == 4 and not any(button.isChecked() for button in panel.buttons)
    for _ in seen:
        studio.context.history.undo()
    assert 26000 not in scene.codes


def test_dice_and_similar_give_each_selected_object_a_draw_of_its_own(studio, panel):  # noqa: F811
    context, book, seed = studio.context, panel.book, panel.seed.value()
    pair = (26000, 26001)
    context.select_many(pair)
    usual = looks.code_of(context.scene, book, 26000)
    drawn = []
    for button in (panel.any, panel.like):
        steps = context.history.count()
        before = {value: looks.code_of(context.scene, book, value) for value in pair}
        button.click()
        assert context.history.count() == steps + 1
        drawn.append(dict(context.scene.codes))
        assert drawn[-1].keys() == set(pair) and not np.array_equal(*drawn[-1].values())
        if button is panel.like:  # each moves from where it was, and not far
            away = [np.abs(drawn[-1][value] - before[value]) for value in pair]
            assert all(0 < one.max() and (one <= 3 * book.spread(CAR)).all() for one in away)
    for _ in drawn:
        context.history.undo()
    assert not context.scene.codes and np.array_equal(looks.code_of(context.scene, book, 26000), usual)
    # The same seed draws the same, for one as for many.
    again = LookCommands(context, panel)
    again.draw(seed)
    again.draw_similar(seed)
    assert all(np.array_equal(context.scene.codes[value], drawn[1][value]) for value in pair)
    for _ in drawn:
        context.history.undo()
    context.select(26001)
    LookCommands(context, panel).draw(seed)
    assert context.scene.codes.keys() == {26001} and np.array_equal(context.scene.codes[26001], drawn[0][26001])


def test_dice_and_similar_leave_locked_objects_alone_among_several(studio, panel):  # noqa: F811
    context, said = studio.context, []
    context.message.connect(said.append)
    context.lock([26001], True)
    context.select_many([26000, 26001])  # the one that is shown is locked
    for button in (panel.any, panel.like):
        button.click()
        assert context.scene.codes.keys() == {26000}
    context.lock([26000], True)
    codes, steps = dict(context.scene.codes), context.history.count()
    for button in (panel.any, panel.like):
        button.click()
    assert context.scene.codes == codes and context.history.count() == steps
    assert said[-2:] == ["These objects are locked; unlock one to draw a look for it."] * 2
    # One that is chosen by itself is meant, as it is by a click on a picture.
    context.select(26001)
    panel.any.click()
    assert context.scene.codes.keys() == {26000, 26001} and context.history.count() == steps + 1


def test_a_blend_is_tried_and_then_one_step(studio, panel):  # noqa: F811
    context = studio.context
    wait_pictures(panel)
    steps = context.history.count()
    panel.blend_to.setCurrentIndex(2)
    panel.blend.setSliderDown(True)
    for position in (20, 35, 50):
        panel.blend.setValue(position)
    assert context.history.count() == steps
    wait_for(lambda: panel.trial.picture is not None)
    panel.blend.setSliderDown(False)
    assert context.history.count() == steps + 1
    book = panel.book
    assert np.allclose(context.scene.codes[26000], (book.code(CAR, 0) + book.code(CAR, 2)) / 2)


def test_keys_on_a_slider_make_one_change_when_they_rest(qtbot):
    slider = CodeSlider("Blend", "Blend two looks")
    qtbot.addWidget(slider)
    tried, chosen = [], []
    slider.tried.connect(lambda: tried.append(slider.value()))
    slider.chosen.connect(lambda: chosen.append(slider.value()))
    for _ in range(5):
        QTest.keyClick(slider, Qt.Key.Key_Right)
    wait_for(lambda: bool(chosen))
    assert tried == [1, 2, 3, 4, 5] and chosen == [5]


def test_fine_control_changes_one_number_and_keeps_the_others(qtbot):
    fine = FineControl()
    qtbot.addWidget(fine)
    assert fine.body.isHidden()
    fine.fold.click()
    assert not fine.body.isHidden()
    code = np.array([0.1234567, -3, 0.5], np.float32)
    fine.show_code(code, np.array([0, -1, 0.5], np.float32), np.array([1, 1, 0.5], np.float32))
    assert fine.sliders[1].value() == 0 and not fine.sliders[2].isEnabled()
    found = []
    fine.tried.connect(found.append)
    fine.sliders[1].setSliderDown(True)
    fine.sliders[1].setValue(50)
    assert np.allclose(found[-1], [0.1234567, -1, 0.5]) and found[-1][0] == code[0]


def test_looks_are_copied_pasted_and_given_to_all_but_locked_ones(studio, panel):  # noqa: F811
    context, book = studio.context, panel.book
    assert not panel.paste.isEnabled()
    panel.buttons[1].click()
    panel.copy.click()
    context.select(26001)
    panel.paste.click()
    assert looks.look_of(context.scene, book, 26001) == 1
    panel.lock.click()
    context.select(26000)
    assert not panel.lock.isChecked()
    panel.buttons[2].click()
    panel.to_all.click()
    assert looks.look_of(context.scene, book, 26001) == 1
    for seed in range(5):
        panel.randomise(seed)
    assert looks.look_of(context.scene, book, 26001) == 1
    context.select(26001)
    assert panel.lock.isChecked()
    panel.lock.click()
    context.select(26000)
    panel.buttons[2].click()
    panel.to_all.click()
    assert looks.look_of(context.scene, book, 26001) == 2
    studio.documents.show(small_street(), "Another", None)
    assert not panel.context.locked


def test_a_streets_look_is_saved_and_applied_in_one_step(studio, panel, tmp_path):  # noqa: F811
    context, path = studio.context, tmp_path / "dusk.look.json"
    panel.buttons[1].click()
    assert panel.files.save(path)
    panel.buttons[2].click()
    steps = context.history.count()
    assert panel.files.apply(path) and context.history.count() == steps + 1
    assert looks.look_of(context.scene, panel.book, 26000) == 1
    said = []
    context.failed.disconnect()
    context.failed.connect(lambda title, text: said.append((title, text)))
    path.write_text("{}")
    assert not panel.files.apply(path) and "not a saved look" in said[0][1]
    assert not panel.files.save(tmp_path / "none" / "x.look.json") and "can't be written" in said[1][1]


def test_words_say_what_to_do_without_looks(studio, panel):  # noqa: F811
    studio.context.select(0)
    studio.context.choose_label(ROAD)
    assert panel.text.text() == "This model has one look for this class." and panel.choices.isHidden()
    studio.context.model = None
    studio.context.model_changed.emit()
    assert panel.text.text() == "Looks come with a model." and not panel.dice.isEnabled()


def test_a_hidden_panel_draws_nothing_and_ends_its_thread(studio, panel):  # noqa: F811
    wait_pictures(panel)
    assert panel.pictures.worker is not None
    dock = panel.parentWidget()
    dock.hide()
    assert panel.pictures.worker is None
    studio.context.select(26001)
    assert not panel.pictures.busy
    dock.show()
    wait_pictures(panel)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_panel_is_drawn_in_both_themes(studio, panel, theme):  # noqa: F811
    studio.context.theme.choose(theme)
    wait_pictures(panel)
    # The chosen look has the accent round it; the others don't.
    accent = studio.context.theme.colour("accent")
    frames = [button.grab().toImage() for button in panel.buttons[:2]]
    found = [image.pixelColor(image.width() // 2, 1) for image in frames]
    assert abs(found[0].red() - accent.red()) < 40 and abs(found[0].blue() - accent.blue()) < 40
    assert found[0] != found[1]


def test_what_is_chosen_while_looks_are_being_taken_counts_no_longer(studio, panel, tmp_path):  # noqa: F811
    from PySide6.QtCore import QCoreApplication, QThreadPool

    from app.capture_dialog import ALL, SELECTED, CaptureDialog
    from core.scene.files import write_picture

    context = studio.context
    shown = np.random.default_rng(0).integers(0, 255, (96, 160, 3), np.uint8)
    write_picture(tmp_path / "street.png", shown)

    def started(give):
        dialog = CaptureDialog(panel)
        dialog.choose_subject("street")
        assert dialog.open_photograph(tmp_path / "street.png")
        dialog.give.setCurrentIndex(dialog.give.findData(give))
        dialog.start()
        assert QThreadPool.globalInstance().waitForDone(int(PATIENCE * 1000))  # its answer is on its way now
        return dialog

    dialog = started(SELECTED)
    dialog.give.setCurrentIndex(dialog.give.findData(ALL))
    wait_for(lambda: context.history.count() == 1)
    assert set(context.scene.codes) == {26000}
    dialog = started(ALL)
    dialog.reject()
    QCoreApplication.processEvents()
    assert context.history.count() == 1
