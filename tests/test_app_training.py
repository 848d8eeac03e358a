"""The training window with a real studio, real child processes and real training, from data to the canvas."""

from __future__ import annotations

import os
import signal
import time

import numpy as np
import pytest
from PySide6.QtWidgets import QMessageBox

from app.training.runs import Runs
from core.scene.edits import paint
from core.training.checkpoint import checkpoints
from core.training.run_folder import FAILED, FINISHED, INTERRUPTED, PAUSED, RUNNING, STOPPED
from tests.app_mouse import answering, choosing, press, press_menu, press_row
from tests.app_support import (  # noqa: F401 (fixtures)
    BUILDING, bare_studio, no_leaks, settings, studio, wait_current,
)
from tests.training_data import make_data_set

LONG = 240_000  # for machines that are busy with other things


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Four pairs of 128x64, and one held out."""
    folder = make_data_set(tmp_path_factory.mktemp("given") / "pairs")
    return make_data_set(folder, 1, split="val")


@pytest.fixture(autouse=True)
def no_weights(monkeypatch, tmp_path):
    """No VGG is found by itself, and none can be fetched."""
    monkeypatch.delenv("VEDUTA_VGG", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.fixture
def ended():
    """Ends what a test has left running."""
    centres = []
    yield centres.append
    for centre in centres:
        for name in centre.runs.alive:
            watcher = centre.runs[name]
            if watcher.process is not None:
                watcher.process.kill()
                watcher.process.wait(30)


@pytest.fixture
def window(studio, data, ended):  # noqa: F811
    """The training window over a studio with a street, a model, and an edit that can be undone."""
    ended(studio.training)
    studio.context.settings["folder"] = str(data.parent)
    mask = np.ones((8, 8), bool)
    studio.context.commit(paint(studio.context.scene, mask, (4, 4), BUILDING, None))
    press_menu(studio, "Train", "Train a model\u2026")
    shown = studio.training.window
    assert shown.isVisible()
    yield shown
    studio.training.may_close = lambda: True  # what it asks has a test of its own


def begin(qtbot, window, data, steps: int = 400):
    """Take the data, the tiny recipe, no judge; start; returns the run's watcher, training."""
    window.data.look_into(data)
    qtbot.waitUntil(lambda: window.data.ready is not None, timeout=LONG)
    press(window.next)
    press_row(window.recipe.table, "tiny")
    window.recipe.steps.setValue(steps)
    press(window.recipe.without)
    press(window.next)
    watcher = window.run.watcher
    qtbot.waitUntil(lambda: watcher.info.state == RUNNING and watcher.info.step >= 1, timeout=LONG)
    return watcher


def until(qtbot, watcher, *states):
    qtbot.waitUntil(lambda: watcher.info.state in states, timeout=LONG)


# --- the whole way ------------------------------------------------------------


def test_with_the_mouse_from_a_folder_of_pairs_to_a_model_in_the_canvas(studio, window, data, qtbot):  # noqa: F811
    scene, undo_steps = studio.context.scene, studio.context.history.count()
    before = studio.context.photograph.rgb
    choosing(data, window.data.choose)
    qtbot.waitUntil(lambda: window.data.ready == data, timeout=LONG)
    assert "4 photographs with label maps (pix2pixHD layout)." in window.data.said.text
    assert window.data.statistics.topLevelItemCount() == 4  # sky, road, building, car
    press(window.next)
    press_row(window.recipe.table, "tiny")
    assert window.recipe.problem and not window.next.isEnabled()  # VGG19 is not here
    press(window.recipe.without)
    press(window.next)

    run, page = window.run.watcher, window.run
    assert page.run == "tiny" and window.list.count() == 1
    qtbot.waitUntil(lambda: run.info.state == RUNNING and run.info.step >= 3, timeout=LONG)
    qtbot.waitUntil(lambda: len(run.steps) >= 3 and not page.grid.image.isNull(), timeout=LONG)
    assert {"gan", "features", "pixel", "discriminator"} <= set(run.losses)
    assert page.facts["speed"].text() != "\u2013" and page.facts["memory"].text().endswith("GB")
    assert studio.training.badge.isVisible()

    press(page.use)
    qtbot.waitUntil(lambda: studio.context.model.name == "tiny", timeout=LONG)
    wait_current(qtbot, studio, LONG)
    assert not np.array_equal(studio.context.photograph.rgb, before)
    models = []
    studio.context.model_changed.connect(lambda: models.append(studio.context.model.card.provenance["steps"]))
    press(page.follow)
    qtbot.waitUntil(lambda: len(models) >= 2, timeout=LONG)
    assert models[0] < models[1]
    press(page.again)  # pictures, the canvas's among them
    qtbot.waitUntil(lambda: not page.canvas.image.isNull(), timeout=LONG)
    press(page.stop)
    until(qtbot, run, STOPPED)
    qtbot.waitUntil(lambda: not page.follow.isChecked(), timeout=LONG)
    assert page.resume.isVisible() and not page.stop.isVisible() and not studio.training.badge.isVisible()
    wait_current(qtbot, studio, LONG)
    # The painting is as it was: the same scene, and its undo step.
    assert studio.context.scene is scene and studio.context.history.count() == undo_steps
    studio.context.history.undo()
    assert studio.context.scene.label_at(6, 6) != BUILDING


def test_pause_save_kill_and_resume(studio, window, data, qtbot):  # noqa: F811
    run, page = begin(qtbot, window, data, steps=30), window.run
    press(page.pause)
    until(qtbot, run, PAUSED)
    step = run.info.step
    press(page.save)
    qtbot.waitUntil(lambda: checkpoints(run.path)[-1:] == [run.path / f"checkpoint_{step:08}.pt"], timeout=LONG)
    told = []
    studio.training.runs.broke.connect(lambda name, sentence: told.append(sentence))
    os.kill(run.process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    until(qtbot, run, INTERRUPTED)
    assert told == [run.info.message] and "Resume goes on from the last saved step." in page.said.text
    assert studio.isVisible() and studio.live.is_current
    press(page.resume)
    until(qtbot, run, FINISHED)
    qtbot.waitUntil(lambda: len(run.steps) == 30, timeout=LONG)
    assert list(run.steps) == list(range(1, 31))
    assert page.longer.isVisible() and "ready" in page.said.text


def test_a_studio_closes_and_another_finds_the_run(studio, window, data, qtbot):  # noqa: F811
    run, centre = begin(qtbot, window, data), studio.training
    studio.context.history.mark_saved()
    texts = answering("Cancel", lambda: studio.close())
    assert studio.isVisible() and "tiny is still training." in texts
    answers = []
    answering("Keep training", lambda: answers.append(centre.may_close()))
    assert answers == [True] and centre.runs.alive == ["tiny"]
    # Who stays because of the scenes that are being rendered has stopped no run.
    centre.show_scenes()
    centre.scenes.job.start("train", "--recipes", "--progress", "json")
    qtbot.waitUntil(lambda: not run.folder.control.exists(), timeout=LONG)
    answers.clear()
    answering("Stop and save", lambda: answers.append(answering("Cancel", lambda: answers.append(centre.may_close()), "scenes")))
    centre.scenes.stop()
    assert answers[0] is False and not run.folder.control.exists()
    process, run.process = run.process, None  # as another studio sees it
    other = Runs(centre.runs.folder)
    assert other.alive == ["tiny"] and other["tiny"].info.state == RUNNING
    answering("Stop and save", lambda: centre.may_close())
    until(qtbot, other["tiny"], STOPPED)
    assert process.wait(60) == 0 and other["tiny"].info.model is not None
    other.stop()


# --- what can go wrong -----------------------------------------------------------


def test_a_folder_without_data_says_so_and_offers_the_right_one(window, data, qtbot):
    window.data.look_into(data / "train_label")
    qtbot.waitUntil(lambda: window.data.nearby.count() > 0, timeout=LONG)
    assert "holds no 'train' set" in window.data.said.text and not window.next.isEnabled()
    press(window.data.nearby.itemAt(0).widget())
    qtbot.waitUntil(lambda: window.data.ready == data, timeout=LONG)
    window.data.look_into(data / "absent")
    qtbot.waitUntil(lambda: "There is no folder" in window.data.said.text, timeout=LONG)
    assert window.data.ready is None and not window.next.isEnabled()


def test_bad_labels_are_told_before_anything_trains(window, tmp_path, qtbot):
    from core.scene.files import write_png

    broken = make_data_set(tmp_path / "broken", 2)
    write_png(broken / "train_label" / "000.png", np.full((64, 128), 200, np.uint8))
    write_png(broken / "train_inst" / "001.png", np.zeros((64, 128), np.uint8))
    window.data.look_into(broken)
    qtbot.waitUntil(lambda: window.data.findings is not None, timeout=LONG)
    assert "Label 200 is outside the label set" in window.data.said.text
    assert "1 instance map with 8 bits" in window.data.said.text and not window.next.isEnabled()


def test_weights_that_cant_be_fetched_or_read(window, data, tmp_path, qtbot):
    window.data.look_into(data)
    qtbot.waitUntil(lambda: window.data.ready is not None, timeout=LONG)
    press(window.next)
    press_row(window.recipe.table, "tiny")
    assert "Fetch VGG19 first" in window.problem.text()
    press(window.recipe.fetch)
    qtbot.waitUntil(lambda: not window.recipe.fetch_job.running, timeout=LONG)
    assert "offline" in window.recipe.said.text and "train without" in window.recipe.said.text
    wrong = tmp_path / "wrong.pth"
    wrong.write_bytes(b"no weights at all")
    press(window.recipe.from_file)
    assert "Choose the file" in window.problem.text()
    window.recipe.context.settings["folder"] = str(tmp_path)
    choosing(wrong, window.recipe.browse)
    press(window.next)
    run = window.run.watcher
    until(qtbot, run, FAILED)
    assert "wrong.pth" in window.run.said.text and window.run.resume.text() == "Try again"
    texts = answering("Delete", lambda: press(window.run.remove))
    assert "deleted for good" in texts[1]
    assert window.list.count() == 0 and not run.path.exists() and window.data.isVisible()


def test_a_runs_folder_that_cant_be_written(window, data, qtbot, tmp_path):
    window.data.look_into(data)
    qtbot.waitUntil(lambda: window.data.ready is not None, timeout=LONG)
    press(window.next)
    press(window.recipe.without)
    blocked = tmp_path / "a file"
    blocked.write_text("")
    window.runs.folder = blocked
    press(window.next)
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)), timeout=5000)
    (box,) = window.findChildren(QMessageBox)
    assert "can't be written" in box.informativeText()
    box.reject()


def test_a_fault_in_any_file_is_found_before_long(window, tmp_path, qtbot):
    from core.scene.files import write_png

    large = make_data_set(tmp_path / "large", 40)
    write_png(large / "train_label" / "001.png", np.full((64, 128), 200, np.uint8))  # the quick look passes over it
    window.data.look_into(large)
    qtbot.waitUntil(lambda: window.data.findings is not None, timeout=LONG)
    assert window.data.ready == large and window.next.isEnabled()
    press(window.next)
    qtbot.waitUntil(lambda: window.data.ready is None, timeout=LONG)
    assert "Label 200 is outside" in window.data.said.text
    assert not window.next.isEnabled() and "step 1 says why" in window.problem.text()


def test_after_memory_ran_out_a_smaller_setting_is_offered(window, qtbot):
    import json

    from core.training.run_folder import RunFolder

    folder = RunFolder(window.runs.folder / "large")
    folder.write_asked("compact", 100, ["--data", "absent", "--recipe", "compact", "--vgg", "none", "--device", "cpu"])
    sentence = "This computer has too little memory for 4 crops of 256x256 at a time; start with --accumulate 2."
    folder.mark(FAILED, sentence)
    folder.events.write_text(json.dumps({"event": "failed", "sentence": sentence, "smaller": {"accumulate": 2}}) + "\n")
    window.runs.refresh()
    window.show_run("large")
    assert window.run.said.text == sentence and window.run.resume.text() == "Try again"
    press(window.run.less)
    watcher = window.run.watcher
    assert watcher.process.args[-6:-4] == ["--accumulate", "2"]
    until(qtbot, watcher, FAILED)
    assert "There is no folder" in window.run.said.text and not window.run.less.isVisible()


# --- the window stays responsive ---------------------------------------------------


def test_looking_at_a_long_run_costs_the_window_little(window, tmp_path, qtbot):
    import json

    from core.training.recipes import recipe_named, recipe_to_json
    from core.training.run_folder import RunFolder

    folder = RunFolder(window.runs.folder / "long")
    folder.write_settings({"recipe": recipe_to_json(recipe_named("pix2pixhd-512")), "seed": 0, "data": []})
    folder.write_state(STOPPED, 60_000, 595_000)
    line = json.dumps({"step": 0, "rate": 1e-4, "seconds": 0.1, "gan": 0.5, "features": 0.4, "discriminator": 0.25})
    folder.log.write_text("".join(line.replace('"step": 0', f'"step": {i}') + "\n" for i in range(1, 60_001)))
    window.runs.refresh()
    worst, started = 0.0, time.monotonic()
    window.show_run("long")
    while len(window.run.watcher.steps) < 60_000 and time.monotonic() - started < 60:
        before = time.thread_time()
        window.run.look_again()
        worst = max(worst, time.thread_time() - before)
    assert len(window.run.watcher.steps) == 60_000
    assert worst < 0.35, f"a look took {worst:.3f} s of the window's time"
    for line in window.run.curves._lines.values():
        assert len(line.getData()[0]) <= 2000


def test_a_run_begins_with_random_weights_the_default_model_or_a_file(window, tmp_path):
    page = window.recipe
    press_row(page.table, "compact")
    assert page.begin.currentText() == "The default model" and page.options()[-2:] == ["--start-from", "default"]
    press_row(page.table, "tiny")
    assert page.begin.currentText() == "Random weights" and "--start-from" not in page.options()
    assert not page.begin.model().item(1).isEnabled()
    model = tmp_path / "mine.safetensors"
    model.write_bytes(b"")
    page.context.settings["folder"] = str(tmp_path)
    page.begin.setCurrentIndex(2)
    choosing(model, lambda: page.begin.activated.emit(2))
    assert page.begin.currentText() == "mine.safetensors" and page.options()[-2:] == ["--start-from", str(model)]
