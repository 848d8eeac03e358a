"""The training window with a real studio, real child processes and real training, from data to the canvas."""

from __future__ import annotations

import os
import signal
import sys
import time

import numpy as np
import pytest
from PySide6.QtWidgets import QMessageBox

from app.training.runs import Runs
from core.labels import STREETS, Label, LabelSet
from core.scene.edits import paint
from core.scene.files import read_label_map
from core.scene.scene import Scene
from core.training.checkpoint import checkpoints
from core.training.run_folder import FAILED, FINISHED, INTERRUPTED, PAUSED, RUNNING, STOPPED
from tests.app_mouse import PATIENCE, answering, choosing, press, press_menu, press_row, wait_for
from tests.app_support import (  # noqa: F401 (fixtures)
    BUILDING, bare_studio, no_leaks, settings, studio, wait_current,
)
from tests.pace import slowness, stolen
from tests.training_data import make_data_set


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Four pairs of 128x64, and one held out."""
    folder = make_data_set(tmp_path_factory.mktemp("given") / "pairs")
    return make_data_set(folder, 1, split="val")


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """No VGG is found by itself, and none can be fetched; helpers are as quick as other processes."""
    monkeypatch.setattr("core.child.make_nice", lambda pid: None)  # on a busy machine they would wait for minutes
    monkeypatch.delenv("VEDUTA_VGG", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.fixture
def ended(monkeypatch):
    """Ends what a test has left running."""
    from core.training import watch

    started, start = [], watch.start_detached

    def remembered(*words):
        started.append(start(*words))
        return started[-1]

    monkeypatch.setattr(watch, "start_detached", remembered)
    yield
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def window(studio, data, ended):  # noqa: F811
    """The training window over a studio with a street, a model, and an edit that can be undone."""
    studio.context.settings["folder"] = str(data.parent)
    mask = np.ones((8, 8), bool)
    studio.context.commit(paint(studio.context.scene, mask, (4, 4), BUILDING, None))
    press_menu(studio, "Train", "Train a model\u2026")
    shown = studio.training.window
    assert shown.isVisible()
    yield shown
    studio.training.may_close = lambda: True  # what it asks has a test of its own


#: A run of so many steps goes on until it is told otherwise, however busy the machine.
ENDLESS = 20_000


def begin(window, data):
    """Take the data, the tiny recipe, no judge; start; returns the run's watcher, training."""
    window.data.look_into(data)
    wait_for(lambda: window.data.ready is not None)
    press(window.next)
    press_row(window.recipe.table, "tiny")
    window.recipe.steps.setValue(ENDLESS)
    press(window.recipe.without)
    press(window.next)
    watcher = window.run.watcher
    wait_for(lambda: watcher.info.state == RUNNING and watcher.info.step >= 1)
    return watcher


def until(watcher, *states):
    wait_for(lambda: watcher.info.state in states)


# --- the whole way ------------------------------------------------------------


def test_with_the_mouse_from_a_folder_of_pairs_to_a_model_in_the_canvas(studio, window, data):  # noqa: F811
    scene, undo_steps = studio.context.scene, studio.context.history.count()
    before = studio.context.photograph.rgb
    choosing(data, window.data.choose)
    wait_for(lambda: window.data.ready == data)
    assert "4 photographs with label maps (pix2pixHD layout)." in window.data.said.text
    assert window.data.statistics.topLevelItemCount() == 4  # sky, road, building, car
    press(window.next)
    press_row(window.recipe.table, "tiny")
    assert window.recipe.problem and not window.next.isEnabled()  # VGG19 is not here
    press(window.recipe.without)
    window.recipe.steps.setValue(ENDLESS)
    press(window.next)

    run, page = window.run.watcher, window.run
    assert page.run == "tiny" and window.list.count() == 1
    wait_for(lambda: run.info.state == RUNNING and run.info.step >= 3)
    wait_for(lambda: len(run.steps) >= 3 and not page.grid.image.isNull())
    assert {"gan", "features", "pixel", "discriminator"} <= set(run.losses)
    assert page.facts["speed"].text() != "\u2013" and page.facts["memory"].text().endswith("GB")
    assert studio.training.badge.isVisible()

    press(page.use)
    wait_for(lambda: studio.context.model.name == "tiny")
    wait_current(studio)
    assert not np.array_equal(studio.context.photograph.rgb, before)
    models = []
    studio.context.model_changed.connect(lambda: models.append(studio.context.model.card.provenance["steps"]))
    press(page.follow)
    wait_for(lambda: len(models) >= 2 and models[-1] > models[0])
    assert models == sorted(models)
    press(page.again)  # pictures, the canvas's among them
    wait_for(lambda: not page.canvas.image.isNull())
    press(page.stop)
    until(run, STOPPED)
    wait_for(lambda: not page.follow.isChecked())
    assert page.resume.isVisible() and not page.stop.isVisible() and not studio.training.badge.isVisible()
    wait_current(studio)
    # The painting is as it was: the same scene, and its undo step.
    assert studio.context.scene is scene and studio.context.history.count() == undo_steps
    studio.context.history.undo()
    assert studio.context.scene.label_at(6, 6) != BUILDING


def test_the_street_on_the_canvas_goes_to_a_run_with_the_same_classes(studio, window, data, tmp_path):  # noqa: F811
    run, page = begin(window, data), window.run
    assert page.canvas_words.text() == "The street on the canvas now, as this run paints it"
    path = run.path / "canvas_label.png"
    wait_for(path.exists)
    context = studio.context
    context.commit(paint(context.scene, np.ones((20, 20), bool), (40, 60), BUILDING, None))
    wait_for(lambda: np.array_equal(read_label_map(path), context.scene.label_map))
    # Another street's maps reach it folded into its classes; a street without any of them does not.
    other = LabelSet("odd", [*STREETS, Label(250, "odd part", (1, 2, 3), "flat", parent=7)])
    studio.documents.show(Scene(np.where(np.eye(32, dtype=bool), 250, 7).astype(np.uint8), None, other), "Odd", None)
    wait_for(lambda: (read_label_map(path) == 7).all())
    names = LabelSet("names", [Label(label.id, f"class {label.id}", label.colour, "classes") for label in STREETS])
    studio.documents.show(Scene(np.full((32, 32), 11, np.uint8), None, names), "Names", None)
    assert "has classes of its own" in page.canvas_words.text()
    press(page.stop)
    until(run, STOPPED)
    assert (read_label_map(path) == 7).all()


def test_pause_save_kill_and_resume(studio, window, data):  # noqa: F811
    run, page = begin(window, data), window.run
    press(page.pause)
    until(run, PAUSED)
    step = run.info.step
    press(page.save)
    wait_for(lambda: checkpoints(run.path)[-1:] == [run.path / f"checkpoint_{step:08}.pt"])
    told = []
    studio.training.runs.broke.connect(lambda name, sentence: told.append(sentence))
    os.kill(run.process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    until(run, INTERRUPTED)
    assert told == [run.info.message] and "Resume goes on from the last saved step." in page.said.text
    wait_current(studio)
    assert studio.isVisible()
    settings, end = run.folder.read_settings(), step + 10
    settings["recipe"]["steps"] = end  # as if it had been asked for so few from the start
    run.folder.write_settings(settings)
    press(page.resume)
    until(run, FINISHED)
    wait_for(lambda: len(run.steps) == end)
    assert list(run.steps) == list(range(1, end + 1))
    assert page.longer.isVisible() and "ready" in page.said.text


def test_a_studio_closes_and_another_finds_the_run(studio, window, data, monkeypatch):  # noqa: F811
    run, centre = begin(window, data), studio.training
    studio.context.history.mark_saved()
    texts = answering("Cancel", lambda: studio.close())
    assert studio.isVisible() and "tiny is still training." in texts
    answers = []
    answering("Keep training", lambda: answers.append(centre.may_close()))
    assert answers == [True] and centre.runs.alive == ["tiny"]
    # Who stays because of the scenes that are being rendered has stopped no run.
    centre.show_scenes()
    with monkeypatch.context() as patched:  # a helper that takes as long as these questions do
        patched.setattr("core.child.arguments_of", lambda *words: [sys.executable, "-c", "import sys; sys.stdin.read()"])
        centre.scenes.job.start("streets")
    answers.clear()
    answering("Stop and save", lambda: answers.append(answering("Cancel", lambda: answers.append(centre.may_close()), "scenes")))
    centre.scenes.stop()
    assert answers[0] is False and not run.folder.control.exists()
    process, run.process = run.process, None  # as another studio sees it
    other = Runs(centre.runs.folder)
    assert other.alive == ["tiny"] and other["tiny"].info.state == RUNNING
    answering("Stop and save", lambda: centre.may_close())
    until(other["tiny"], STOPPED)
    assert process.wait(PATIENCE) == 0 and other["tiny"].info.model is not None
    other.stop()


# --- what can go wrong -----------------------------------------------------------


def test_a_folder_without_data_says_so_and_offers_the_right_one(window, data):
    window.data.look_into(data / "train_label")
    wait_for(lambda: window.data.nearby.count() > 0)
    assert "holds no 'train' set" in window.data.said.text and not window.next.isEnabled()
    press(lambda: window.data.nearby.itemAt(0).widget())
    wait_for(lambda: window.data.ready == data)
    window.data.look_into(data / "absent")
    wait_for(lambda: "There is no folder" in window.data.said.text)
    assert window.data.ready is None and not window.next.isEnabled()


def test_bad_labels_are_told_before_anything_trains(window, tmp_path):
    from core.scene.files import write_png

    broken = make_data_set(tmp_path / "broken", 2)
    write_png(broken / "train_label" / "000.png", np.full((64, 128), 200, np.uint8))
    write_png(broken / "train_inst" / "001.png", np.zeros((64, 128), np.uint8))
    window.data.look_into(broken)
    wait_for(lambda: window.data.findings is not None)
    assert "Label 200 is outside the label set" in window.data.said.text
    assert "1 instance map with 8 bits" in window.data.said.text and not window.next.isEnabled()


def test_weights_that_cant_be_fetched_or_read(window, data, tmp_path):
    window.data.look_into(data)
    wait_for(lambda: window.data.ready is not None)
    press(window.next)
    press_row(window.recipe.table, "tiny")
    assert "Fetch VGG19 first" in window.problem.text()
    press(window.recipe.fetch)
    wait_for(lambda: not window.recipe.fetch_job.running)
    assert "offline" in window.recipe.said.text and "train without" in window.recipe.said.text
    wrong = tmp_path / "wrong.pth"
    wrong.write_bytes(b"no weights at all")
    press(window.recipe.from_file)
    assert "Choose the file" in window.problem.text()
    window.recipe.context.settings["folder"] = str(tmp_path)
    choosing(wrong, window.recipe.browse)
    press(window.next)
    run = window.run.watcher
    until(run, FAILED)
    assert "wrong.pth" in window.run.said.text and window.run.resume.text() == "Try again"
    texts = answering("Delete", lambda: press(window.run.remove))
    assert "deleted for good" in texts[1]
    assert window.list.count() == 0 and not run.path.exists() and window.data.isVisible()


def test_a_runs_folder_that_cant_be_written(window, data, tmp_path):
    window.data.look_into(data)
    wait_for(lambda: window.data.ready is not None)
    press(window.next)
    press(window.recipe.without)
    blocked = tmp_path / "a file"
    blocked.write_text("")
    window.runs.folder = blocked
    press(window.next)
    wait_for(lambda: bool(window.findChildren(QMessageBox)))
    (box,) = window.findChildren(QMessageBox)
    assert "can't be written" in box.informativeText()
    box.reject()


def test_a_fault_in_any_file_is_found_before_long(window, tmp_path):
    from core.scene.files import write_png

    large = make_data_set(tmp_path / "large", 40)
    write_png(large / "train_label" / "001.png", np.full((64, 128), 200, np.uint8))  # the quick look passes over it
    seen = []

    def go_on():
        seen.append(window.data.ready)
        if window.data.ready == large and window.recipe.isHidden():
            window.next.click()  # at once: every file may be read before the mouse is there

    window.data.ready_changed.connect(go_on)
    window.data.look_into(large)
    wait_for(lambda: large in seen and window.data.ready is None)
    assert window.recipe.isVisible()
    assert "Label 200 is outside" in window.data.said.text
    assert not window.next.isEnabled() and "step 1 says why" in window.problem.text()


def test_after_memory_ran_out_a_smaller_setting_is_offered(window):
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
    until(watcher, FAILED)
    assert "There is no folder" in window.run.said.text and not window.run.less.isVisible()


# --- the window stays responsive ---------------------------------------------------


def test_looking_at_a_long_run_costs_the_window_little(window, tmp_path):
    import json

    from core.training.recipes import recipe_named, recipe_to_json
    from core.training.run_folder import RunFolder

    folder = RunFolder(window.runs.folder / "long")
    folder.write_settings({"recipe": recipe_to_json(recipe_named("pix2pixhd-512")), "seed": 0, "data": []})
    folder.write_state(STOPPED, 60_000, 595_000)
    line = json.dumps({"step": 0, "rate": 1e-4, "seconds": 0.1, "gan": 0.5, "features": 0.4, "discriminator": 0.25})
    folder.log.write_text("".join(line.replace('"step": 0', f'"step": {i}') + "\n" for i in range(1, 60_001)))
    window.runs.refresh()
    worst, slow, end = 0.0, slowness(), time.monotonic() + PATIENCE
    window.show_run("long")
    while len(window.run.watcher.steps) < 60_000 and time.monotonic() < end:
        before, lost = time.thread_time(), stolen()
        window.run.look_again()
        worst = max(worst, time.thread_time() - before - (stolen() - lost) / 1000)
    slow = max(slow, slowness())
    assert len(window.run.watcher.steps) == 60_000
    assert worst < 0.35 * slow, f"a look took {worst:.3f} s of the window's time, on a machine {slow:.1f} times slower than meant"
    for line in window.run.curves._lines.values():
        assert len(line.getData()[0]) <= 2000


def test_a_run_begins_with_random_weights_the_default_model_or_a_file(window, tmp_path):
    page = window.recipe
    window.show_step(1)
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
