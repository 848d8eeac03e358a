"""Live rendering: newest wins, stale answers dropped, failures told once."""

from __future__ import annotations

import functools
import os
import subprocess
import sys

import numpy as np
import pytest

from app.render_worker import Answer, RenderJob
from core.rendering.scheduler import Job
from core.scene import edits
from core.scene.files import read_picture
from tests.app_mouse import PATIENCE, wait_for
from tests.app_support import (
    CAR, bare_studio, fresh_render, no_leaks, settings, same_picture, small_street, studio, wait_current,
)

MOST = int(PATIENCE * 1000)


def paint(window, x: int, label: int = CAR) -> None:
    context = window.context
    context.commit(edits.paint(context.scene, np.ones((6, 6), bool), (x, 60), label, edits.NEW))


def test_requests_made_while_rendering_melt_into_the_newest(studio):
    jobs: list[RenderJob] = []
    studio.live._render.connect(jobs.append)
    for x in range(0, 100, 5):
        paint(studio, x)
    assert len(jobs) == 1  # the worker is busy with the first
    wait_current(studio)
    assert 2 <= len(jobs) <= 3
    assert jobs[-1].snapshot.revision == studio.context.scene.revision
    assert [job.job.number for job in jobs] == sorted({job.job.number for job in jobs})
    assert same_picture(studio.context.photograph.rgb, fresh_render(studio))


def test_an_answer_for_another_scene_is_dropped(studio):
    shown: list[tuple] = []
    paint(studio, 10)  # on its way to the worker
    other = small_street(64, 48)
    studio.documents.show(other, "Other", None)
    studio.context.photograph_changed.connect(lambda: shown.append(studio.context.photograph.rgb.shape))
    wait_current(studio)
    assert set(shown) == {(48, 64, 3)}
    assert same_picture(studio.context.photograph.rgb, fresh_render(studio))


def test_an_answer_older_than_what_is_shown_is_dropped(studio):
    live, photograph = studio.live, studio.context.photograph
    old = RenderJob(Job(photograph.number - 1, live.scheduler.generation, "update", None), photograph.snapshot)
    live._rendered(Answer(old, photograph.pyramid.levels, (), True, True, 1.0))
    assert studio.context.photograph is photograph


def test_another_models_photograph_is_not_exported_as_this_ones(studio, small_model_path, tmp_path):
    """At the first moment at which the studio has the new model, its photograph isn't there yet."""
    from core.models.model_file import load_model, save_model

    other = load_model(small_model_path)
    for parameter in other.generator.parameters():
        parameter.data.mul_(0.5)
    save_model(tmp_path / "other.safetensors", other)
    before, path = studio.context.photograph.rgb, tmp_path / "p.png"
    studio.context.model_changed.connect(lambda: studio.documents.export_photograph(path))
    studio.live.open_model(str(tmp_path / "other.safetensors"))
    wait_for(path.exists)
    exported = read_picture(path)
    assert same_picture(exported, fresh_render(studio)) and not same_picture(exported, before)


def test_without_live_rendering_only_a_request_renders(studio, qtbot):
    studio.context.settings["live"] = False
    before = studio.context.photograph
    paint(studio, 20)
    assert not studio.live.busy
    qtbot.wait(150)
    assert studio.context.photograph is before and not studio.live.is_current
    studio.actions_.named["Render now"].trigger()
    wait_current(studio)
    assert same_picture(studio.context.photograph.rgb, fresh_render(studio))
    paint(studio, 60)
    studio.context.settings["live"] = True
    wait_current(studio)


@pytest.mark.parametrize(
    "content", [b"<html>not a model</html>", b"", b"\x80\x04cposix\nsystem\n(S'touch pwned'\ntR."], ids=["html", "empty", "pickle"]
)
def test_a_file_that_is_no_model_is_refused_and_the_old_one_stays(studio, qtbot, tmp_path, content):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    model = studio.context.model
    with qtbot.waitSignal(studio.live.failed, timeout=MOST) as failed:
        studio.documents.open_model(path)
    what, sentence, details, is_new = failed.args
    assert "not a model file" in sentence and details == "" and is_new
    assert studio.context.model is model and not studio.live.loading
    paint(studio, 30)
    wait_current(studio)
    assert same_picture(studio.context.photograph.rgb, fresh_render(studio))


def test_the_same_failure_is_told_once(studio):
    told: list[bool] = []
    studio.live.failed.connect(lambda *about: told.append(about[3]))
    snapshot = studio.context.scene.snapshot()
    job = RenderJob(Job(10_000, studio.live.scheduler.generation, "update", None), snapshot)
    for _ in range(3):
        studio.live._render_failed(job, "The memory is full.", "")
    assert told == [True, False, False]
    paint(studio, 50)
    wait_current(studio)
    assert studio.live.error == ""
    studio.live._render_failed(job, "The memory is full.", "")
    assert told[-1] is True


def test_an_error_while_rendering_is_a_sentence_and_not_the_end(studio, qtbot):
    def broken(*_, **__):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    session = studio.live.worker._session
    session.update, real = broken, session.update
    with qtbot.waitSignal(studio.live.failed, timeout=MOST) as failed:
        paint(studio, 40)
    assert "the memory is full" in failed.args[1] and "RuntimeError" in failed.args[2]
    session.update = real
    paint(studio, 70)
    wait_current(studio)
    assert same_picture(studio.context.photograph.rgb, fresh_render(studio))


def test_no_model_yet_is_said_with_a_button(bare_studio):
    bare_studio.documents.show(small_street(), "Street", None)
    notice = bare_studio.canvas.panes[1].notice
    assert notice.isVisible() and notice.heading.text() == "No model yet" and notice.button.isVisible()
    assert bare_studio.context.photograph is None


def test_looks_change_only_the_photograph_and_are_undone(studio):
    context = studio.context
    context.select(26000)
    before = context.photograph.rgb
    studio.look_panel.buttons[1].click()
    assert np.array_equal(context.scene.codes[26000], context.model.code_book.code(CAR, 1))
    assert studio.look_panel.buttons[1].isChecked() and not studio.look_panel.buttons[0].isChecked()
    wait_current(studio)
    after = context.photograph.rgb
    car = context.scene.instance_map == 26000
    assert (after != before).any(axis=2)[car].mean() > 0.9
    assert same_picture(after, fresh_render(studio))
    context.history.undo()
    assert 26000 not in context.scene.codes
    wait_current(studio)
    assert same_picture(context.photograph.rgb, before)


def test_a_seed_gives_the_same_street_again(studio):
    context, panel = studio.context, studio.look_panel
    panel.randomise(7)
    first = dict(context.scene.codes)
    assert set(first) >= {26000, 26001}
    panel.randomise(8)
    panel.randomise(7)
    assert context.scene.codes.keys() == first.keys()
    assert all(np.array_equal(context.scene.codes[value], code) for value, code in first.items())
    wait_current(studio)
    assert same_picture(context.photograph.rgb, fresh_render(studio))


def test_freed_memory_is_given_back_when_the_hand_rests(studio, qtbot, monkeypatch):
    from core import memory

    given = []
    monkeypatch.setattr("app.render_worker._SPARE_EVERY", float("inf"))
    monkeypatch.setattr(memory, "give_back_memory", lambda: given.append(True))
    studio.live.request()
    wait_current(studio)
    wait_for(lambda: bool(given))
    qtbot.wait(1200)
    assert len(given) <= 2, "once for each rest"


def test_giving_memory_back_shrinks_the_process():
    from app.bench_soak import resident_bytes
    from core.memory import give_back_memory, keep_large_blocks

    if not sys.platform.startswith("linux"):
        pytest.skip("only glibc is told")
    keep_large_blocks()
    blocks = [np.ones(1 << 20, np.uint8) for _ in range(200)]
    last = np.ones(1 << 20, np.uint8)  # stays behind the others, so that they can't just be cut off
    del blocks
    before = resident_bytes()
    give_back_memory()
    assert resident_bytes() < before - (100 << 20) and last.all()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc is told")
def test_memory_stays_where_it_is_while_shapes_come_and_go():
    """In a process of its own: edits of ever new sizes in a thread, as the studio renders."""
    code = """
import random, sys, threading
from core import memory
if sys.argv[1] == "prepared":
    memory.prepare()
import torch
from app.bench_soak import resident_bytes
torch.set_num_threads(1)
conv = torch.nn.Conv2d(32, 32, 3, padding=1).eval().to(memory_format=torch.channels_last)
grown = []
def paint():
    random.seed(0)
    with torch.inference_mode():
        for step in range(1201):
            x = torch.zeros(1, 32, random.randint(8, 90), random.randint(8, 90)).to(memory_format=torch.channels_last)
            conv(x)
            if step in (300, 1200):
                memory.give_back_memory()
                grown.append(resident_bytes())
thread = threading.Thread(target=paint)
thread.start(); thread.join()
print((grown[1] - grown[0]) / 2**20)
"""
    # What a measured studio in this process has settled is not for them.
    environment = {name: value for name, value in os.environ.items() if name != "ONEDNN_PRIMITIVE_CACHE_CAPACITY"}
    run = functools.partial(subprocess.run, capture_output=True, text=True, check=True, env=environment)
    grown = {
        how: float(run([sys.executable, "-c", code, how]).stdout)
        for how in ("prepared", "as it is")
    }
    assert grown["prepared"] < 0.5 * grown["as it is"], grown
