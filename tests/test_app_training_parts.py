"""The training window's parts by themselves: curves, helpers in other processes, and new training scenes."""

from __future__ import annotations

import os

import numpy as np
import pytest

from app.training import scenes
from app.training.curves import Curves, smoothed, thinned
from app.training.job import Job
from core.errors import TrainingError
from core.training.recipes import recipe_named
from tests.app_mouse import PATIENCE, press, press_menu, wait_for
from tests.app_support import bare_studio, no_leaks, settings  # noqa: F401 (fixtures)
from tests.training_data import make_data_set


@pytest.fixture(autouse=True)
def quick_helpers(monkeypatch):
    """Helpers are as quick as other processes: on a busy machine they would wait for minutes."""
    monkeypatch.setattr("core.child.make_nice", lambda pid: None)


# --- curves -------------------------------------------------------------------


def test_smoothing_is_a_running_mean_that_starts_at_the_first_value():
    values = np.arange(100.0)
    found = smoothed(values, 0.1)
    assert found[0] == 0 and found[1] == 0.5 and found[-1] == np.mean(values[-10:])
    assert np.allclose(smoothed(np.full(7, 3.0)), 3.0)


def test_thinning_keeps_the_mean_and_the_ends_near():
    x = np.arange(100_000.0)
    few_x, few_y = thinned(x, 2 * x)
    assert len(few_x) <= 1500 and np.allclose(few_y, 2 * few_x)
    assert abs(few_x[0]) < 100 and abs(few_x[-1] - x[-1]) < 100
    assert thinned(x[:10], x[:10])[0] is not None and len(thinned(x[:10], x[:10])[0]) == 10


@pytest.fixture
def curves(bare_studio, qtbot):  # noqa: F811
    widget = Curves(bare_studio.context)
    qtbot.addWidget(widget)
    widget.resize(500, 320)
    widget.show()
    return widget


def test_nvidias_losses_stand_beside_ours_over_photographs(curves, tmp_path):
    recipe = recipe_named("tiny")  # two photographs a step
    curves.show_run(range(1, 101), {"gan": [0.5] * 100, "features": [0.4] * 100, "unknown": [1.0] * 100}, recipe)
    ours = curves._lines["features", False]
    assert ours.getData()[0][-1] == 100 and ("unknown", False) not in curves._lines
    log = tmp_path / "loss_log.txt"
    log.write_text("".join(
        f"(epoch: 1, iters: {i}, time: 0.334) G_GAN: 0.800 G_GAN_Feat: 5.000 G_VGG: 4.000 D_real: 0.300 D_fake: 0.500 \n"
        for i in range(100, 1100, 100)
    ))  # fmt: skip
    curves.open_theirs(log)
    assert ours.getData()[0][-1] == pytest.approx(200, rel=0.01)
    # Without their weight of 10, and the judge's two halves as one.
    heights = {name: curves._lines[name, True].getData()[1][0] for name in ("gan", "features", "perceptual", "discriminator")}
    assert heights == pytest.approx({"gan": 0.8, "features": 0.5, "perceptual": 0.4, "discriminator": 0.4})
    press(curves.boxes["features"])
    assert not ours.isVisible() and not curves._lines["features", True].isVisible()
    press(curves.beside)
    assert not curves._lines["gan", True].isVisible() and curves._lines["gan", False].isVisible()
    with pytest.raises(TrainingError, match="no line of losses"):
        other = tmp_path / "other.txt"
        other.write_text("hello")
        curves.open_theirs(other)


def test_values_that_are_not_there_or_negative_are_left_out(curves):
    curves.show_run([1, 2, 3, 4], {"gan": [np.nan, -1.0, 0.5, 0.25]}, None)
    curves.smooth.setChecked(False)
    assert len(curves._lines["gan", False].getData()[0]) == 3
    press(curves.logarithmic)
    assert len(curves._lines["gan", False].getOriginalDataset()[0]) == 2


# --- jobs ---------------------------------------------------------------------


@pytest.fixture
def job(no_leaks):  # noqa: F811
    made = Job()
    made.events, made.ends = [], []
    made.told.connect(made.events.append)
    made.ended.connect(made.ends.append)
    yield made
    made.stop()


def test_a_job_tells_and_ends(job, tmp_path):
    job.start("check-data", make_data_set(tmp_path, 2), "--progress", "json")
    wait_for(lambda: bool(job.ends))
    assert job.ends == [""] and not job.running
    assert job.events[-1]["event"] == "findings" and job.events[-1]["frames"] == 2


def test_a_job_that_is_killed_or_breaks_says_so(job, tmp_path):
    job.start("streets", "--count", "0", "--out", tmp_path, "--progress", "json")
    wait_for(lambda: bool(job.ends))
    assert "at least one frame" in job.ends[0] or "pip install bpy" in job.ends[0]
    job.start("train", "--no-such-option")
    wait_for(lambda: len(job.ends) == 2)
    assert job.ends[1] == "" or "broke off" in job.ends[1]
    if os.name == "posix":
        job.start("check-data", tmp_path, "--progress", "json")
        assert job._process.waitForStarted(int(PATIENCE * 1000))
        job._process.kill()
        wait_for(lambda: len(job.ends) == 3)
        assert "ended from outside" in job.ends[2]


def test_a_stopped_job_says_nothing_more(job, qtbot, tmp_path):
    job.start("check-data", tmp_path, "--progress", "json")
    job.stop()
    qtbot.wait(200)
    assert not job.running and job.ends == [] and job.events == []


# --- new training scenes ----------------------------------------------------------


@pytest.fixture
def dialog(bare_studio, tmp_path):  # noqa: F811
    press_menu(bare_studio, "Train", "New training scenes\u2026")
    shown = bare_studio.training.scenes
    shown.folder.setText(str(tmp_path / "scenes"))
    yield shown
    shown.stop()


def test_folders_as_people_type_them(dialog, bare_studio, monkeypatch, tmp_path):  # noqa: F811
    from pathlib import Path

    from app.training.parts import folder_named

    assert folder_named(" ~/streets ") == Path.home() / "streets"
    assert folder_named("~nobody-of-this-name/x") == Path("~nobody-of-this-name/x")
    started = []
    monkeypatch.setattr(dialog.job, "start", lambda *words: started.append(words))
    dialog.folder.setText("  ")
    dialog._toggle()
    assert not started and "Choose a folder" in dialog.said.text
    bare_studio.context.settings["scenes_folder"] = "~nobody-of-this-name"
    again = scenes.ScenesDialog(bare_studio.context)
    assert again.folder.text() == "~nobody-of-this-name"
    again.deleteLater()


def test_the_light_chosen_is_what_streets_are_rendered_in(dialog, monkeypatch):
    import argparse

    from core.streets import dataset
    from core.streets.quality import Quality

    parser = argparse.ArgumentParser()
    dataset.add_arguments(parser)
    started = []
    monkeypatch.setattr(dialog.job, "start", lambda *words: started.append(words))
    for choice in range(dialog.light.count()):
        dialog.light.setCurrentIndex(choice)
        dialog._toggle()
    clean, quick = (parser.parse_args([str(word) for word in words[1:]]).samples for words in started)
    assert clean == Quality().samples == parser.parse_args(["--out", "x"]).samples > 2 * quick


def test_without_blender_it_says_what_is_missing(bare_studio, monkeypatch):  # noqa: F811
    monkeypatch.setattr(scenes.importlib.util, "find_spec", lambda name: None)
    press_menu(bare_studio, "Train", "New training scenes\u2026")
    shown = bare_studio.training.scenes
    assert "pip install -e .[streets]" in shown.said.text and not shown.begin.isEnabled()


def test_scenes_that_are_there_go_straight_into_training(dialog, bare_studio, tmp_path):  # noqa: F811
    if not scenes.blender_there():
        pytest.skip("needs Blender's module")
    from core.scene.files import write_png
    from core.streets.dataset import paths_of
    from tests.training_data import scene

    dialog.size.setCurrentIndex(0)
    width, height = (int(side) for side in dialog.size.currentData().split("x"))
    for number in range(2):  # as an earlier rendering has left them
        photograph, labels, instances = scene(number, width, height)
        for path, picture in zip(vars(paths_of(tmp_path / "scenes", 5, number)).values(), (photograph, labels, instances)):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_png(path, picture)
    dialog.count.setValue(2)
    dialog.seed.setValue(5)
    press(dialog.begin)
    assert dialog.running and dialog.begin.text() == "Stop" and not dialog.count.isEnabled()
    wait_for(lambda: not dialog.running)
    assert dialog.said.text == "All 2 photographs are there." and not dialog.picture.image.isNull()
    dialog.size.setCurrentIndex(1)
    press(dialog.begin)
    wait_for(lambda: not dialog.running)
    assert f"are {width}x{height}, not {dialog.size.currentData()}; choose another folder" in dialog.said.text
    press(dialog.train)
    window = bare_studio.training.window
    wait_for(lambda: window.data.ready is not None)
    assert "2 photographs with label maps (Cityscapes layout)." in window.data.said.text
    assert not dialog.isVisible()


@pytest.mark.skipif(not os.environ.get("VEDUTA_SLOW_TESTS"), reason="renders for a minute; set VEDUTA_SLOW_TESTS=1")
def test_scenes_are_rendered_stopped_and_gone_on_with(dialog, tmp_path):
    if not scenes.blender_there():
        pytest.skip("needs Blender's module")
    dialog.count.setValue(3)
    dialog.size.setCurrentIndex(0)
    press(dialog.begin)
    wait_for(lambda: dialog._done == 1, seconds=580)
    press(dialog.begin)
    wait_for(lambda: not dialog.running)
    assert "Render goes on from here" in dialog.said.text
    there = sorted((tmp_path / "scenes").rglob("*_leftImg8bit.png"))
    assert there
    press(dialog.begin)
    wait_for(lambda: not dialog.running, seconds=580)
    assert dialog.said.text == "All 3 photographs are there." and dialog._rendered == 3 - len(there)
