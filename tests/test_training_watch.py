"""Runs as another program sees them, estimates before a run, and the commands that the studio asks."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core import child
from core.data.samples import nearby
from core.errors import TrainingError
from core.labels import STREETS
from core.networks import fetch
from core.training.canvas_map import CANVAS_INSTANCES, CANVAS_LABELS, write_canvas_map
from core.training.duration import duration
from core.training.estimate import need
from core.training.log import read_log
from core.training.recipes import RECIPES
from core.training.reporting import reporter, sparing
from core.training.run_folder import FAILED, FINISHED, INTERRUPTED, STARTING, RunFolder, list_runs
from core.training.watch import LineReader, Watcher
from tests.training_data import LONG, Child, make_data_set


def test_a_growing_file_is_read_line_by_line(tmp_path):
    path = tmp_path / "log.jsonl"
    reader = LineReader(path)
    assert reader.read() == []
    path.write_text('{"step": 1}\n{"step"')
    assert reader.read() == [{"step": 1}]
    with open(path, "a") as file:
        file.write(': 2}\nnonsense\n[3]\n{"step": 4}\n')
    assert reader.read() == [{"step": 2}, {"step": 4}] and not reader.replaced
    other = tmp_path / "other"
    other.write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n' + " " * 100 + "\n")
    os.replace(other, path)
    assert [entry["step"] for entry in reader.read()] == [1, 2, 3] and reader.replaced
    assert reader.read() == [] and not reader.replaced


def test_events_are_recorded_beside_what_is_printed(tmp_path, capsys):
    report = reporter("plain")
    report.record(tmp_path / "events.jsonl")
    report({"event": "say", "sentence": "Hello."})
    report({"event": "step", "step": 1, "steps": 1, "losses": {}, "left": 0.0})
    report({"event": "failed", "sentence": "No.", "smaller": {}})
    report.close()
    told = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [event["event"] for event in told] == ["begun", "say", "failed"]
    assert told[0]["pid"] == os.getpid()
    assert "Hello." in capsys.readouterr().out


def test_progress_is_told_sparingly():
    told = []
    progress = sparing(told.append, "fetching", seconds=60)
    for done in range(1, 101):
        progress(done, 100)
    assert [event["done"] for event in told] == [1, 100]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_data_set(tmp_path_factory.mktemp("data"))


@pytest.fixture
def quick_runs(monkeypatch):
    """Runs are as quick as other processes: on a busy machine they would wait for minutes."""
    monkeypatch.setattr(child, "make_nice", lambda pid: None)


def test_a_run_is_watched_while_another_process_trains(data, tmp_path):
    out = tmp_path / "run"
    steps = 20_000  # more than are done before this test ends, however slow this process is
    running = Child("--data", data, "--out", out, "--steps", steps, "--save-every", 0)
    running.wait("step", 3)
    watcher = Watcher(out)
    watcher.look()
    assert watcher.alive and watcher.info.steps == steps
    assert any("20,000 steps on 4 photographs" in sentence for sentence in watcher.sentences)
    watcher.send("publish")
    told = []
    end = time.monotonic() + LONG
    while "model" not in told and time.monotonic() < end:
        told += [event["event"] for event in watcher.look()]
        time.sleep(0.05)
    assert watcher.info.model is not None
    assert watcher.read_steps() and list(watcher.steps) == list(range(1, len(watcher.steps) + 1))
    assert all(len(values) == len(watcher.steps) for values in watcher.losses.values())
    if os.name == "posix":
        running.signal(signal.SIGKILL)
        running.end()
        watcher.look()
        assert watcher.info.state == INTERRUPTED and "Resume starts it again" in watcher.info.message
        assert not watcher.alive
        watcher.send("pause")  # to nobody: nothing is left lying for the next process
        assert not watcher.folder.control.exists()
    else:
        watcher.send("stop")
        running.end()


def test_a_run_is_started_so_that_it_outlives_its_starter(data, tmp_path):
    out = tmp_path / "run"
    options = ["--data", str(data), "--recipe", "tiny", "--crop", "64", "--vgg", "none", "--steps", "2", "--device", "cpu"]
    RunFolder(out).write_asked("tiny", 2, options)
    (listed,) = list_runs(tmp_path)
    assert (listed.folder, listed.recipe, listed.steps) == (out, "tiny", 2)
    watcher = Watcher(out)
    watcher.start(*options)
    process = watcher.process
    assert watcher.info.state == STARTING
    watcher.look()
    assert watcher.info.state == STARTING or watcher.folder.events.exists()  # it may have said something already
    if os.name == "posix":
        assert os.getsid(process.pid) != os.getsid(0)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == max(10, os.getpriority(os.PRIO_PROCESS, 0))
    assert process.wait(2 * LONG) == 0
    watcher.look()
    assert watcher.info.state == FINISHED and len(read_log(watcher.folder.log)) == 2


def test_a_run_that_is_quick_to_speak_is_heard(data, tmp_path, monkeypatch, quick_runs):
    from core.training import watch

    out, start = tmp_path / "run", watch.start_detached

    def slow_to_return(*words):
        process = start(*words)  # the studio may be held up here, on a busy machine
        end = time.monotonic() + LONG
        while not RunFolder(out).events.exists() and time.monotonic() < end:
            time.sleep(0.05)
        return process

    monkeypatch.setattr(watch, "start_detached", slow_to_return)
    RunFolder(out).write_asked("tiny", 2, [])
    watcher = Watcher(out)
    watcher.start("--data", str(tmp_path / "nothing"), "--recipe", "tiny", "--vgg", "none", "--steps", "2", "--device", "cpu")
    process = watcher.process
    assert process.wait(LONG) != 0
    assert "failed" in [event["event"] for event in watcher.look()]


@pytest.mark.parametrize("name, text", [
    ("run.json", '{"recipe": "tiny", "seed": 0, "data": []}'), ("run.json", '{"recipe": {"steps": null}, "seed": 0, "data": []}'),
    ("state.json", '{"state": "stopped", "step": "many"}'), ("state.json", '{"state": "stopped", "memory": Infinity}'),
])  # fmt: skip
def test_a_damaged_run_hides_no_other(tmp_path, name, text):
    for run in ("good", "bad"):
        RunFolder(tmp_path / run).write_asked("tiny", 2, [])
    if name == "state.json":
        RunFolder(tmp_path / "bad").write_settings({"recipe": {"name": "tiny", "steps": 2}, "seed": 0, "data": []})
    (tmp_path / "bad" / name).write_text(text)
    assert [info.folder.name for info in list_runs(tmp_path)] == ["good"]
    with pytest.raises(TrainingError, match="damaged"):
        RunFolder(tmp_path / "bad").info()


def test_a_run_that_can_t_begin_says_why_and_leaves_others_alone(data, tmp_path):
    from core.training.command import main

    bad = tmp_path / "bad"
    assert main(["--data", str(tmp_path / "absent"), "--out", str(bad), "--recipe", "tiny", "--vgg", "none"]) == 2
    state = json.loads((bad / "state.json").read_text())
    assert state["state"] == FAILED and "There is no folder" in state["message"]
    assert [json.loads(line)["event"] for line in (bad / "events.jsonl").read_text().splitlines()] == ["begun", "failed"]

    good = tmp_path / "good"
    folder = RunFolder(good)
    folder.write_settings({"recipe": {"name": "tiny", "steps": 5}, "seed": 0, "data": []})
    folder.write_state(FINISHED, 5, 5)
    (good / "checkpoint_00000005.pt").write_bytes(b"x")
    before = folder.state.read_bytes()
    assert main(["--data", str(data), "--out", str(good), "--recipe", "tiny", "--vgg", "none"]) == 2
    assert folder.state.read_bytes() == before


def test_why_a_killed_run_ended(tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_settings({"recipe": {"name": "tiny", "steps": 5}, "seed": 0, "data": []})
    folder.write_state("running", 3, 5)
    (tmp_path / "checkpoint_00000003.pt").write_bytes(b"x")
    watcher = Watcher(tmp_path)
    watcher._status = -9
    watcher.look()
    assert "memory ran out. Resume goes on from the last saved step." in watcher.info.message
    (tmp_path / "output.txt").write_text("Traceback (most recent call last):\n  ...\nValueError: too odd\n")
    watcher._status = 1
    watcher.look()
    assert watcher.info.message == "The run broke off (ValueError: too odd). Resume goes on from the last saved step."


def test_a_process_that_ends_before_it_begins_is_no_success(tmp_path, quick_runs):
    folder = RunFolder(tmp_path)
    folder.write_settings({"recipe": {"name": "tiny", "steps": 5}, "seed": 0, "data": []})
    folder.write_state(FAILED, 3, 5, message="An older story.")
    watcher = Watcher(tmp_path)
    watcher.look()
    assert (watcher.info.state, watcher.info.message) == (FAILED, "An older story.")
    watcher.start("--no-such-option")
    watcher.process.wait(LONG)
    watcher.look()
    assert watcher.info.state == INTERRUPTED and "Resume starts it again" in watcher.info.message


def test_estimates_grow_with_the_recipe():
    needs = {name: need(RECIPES[name], STREETS) for name in ("tiny", "compact", "pix2pixhd-512", "pix2pixhd-1024")}
    work = {name: found[0] / RECIPES[name].steps for name, found in needs.items()}
    memory = {name: found[1] for name, found in needs.items()}
    for smaller, larger in (("tiny", "compact"), ("compact", "pix2pixhd-512"), ("pix2pixhd-512", "pix2pixhd-1024")):
        assert work[smaller] < work[larger] and memory[smaller] < memory[larger]
    # Four times the pixels are four times the work but for the weights.
    assert work["pix2pixhd-1024"] == pytest.approx(4 * work["pix2pixhd-512"], rel=0.02)
    assert 0.5 < memory["tiny"] / 2**30 < 1.2


def test_a_chosen_folder_leads_to_the_right_one(tmp_path):
    data = make_data_set(tmp_path / "sets" / "one", 1)
    assert nearby(data / "train_label") == [data]
    assert nearby(data.parent) == [data]
    assert nearby(tmp_path / "absent") == []


def test_the_canvas_map_is_small_and_keeps_its_values(tmp_path):
    from core.scene.files import read_instance_map, read_label_map

    labels = np.zeros((512, 1024), np.uint8)
    labels[256:] = 26
    instances = np.where(labels == 26, 26_003, 0).astype(np.uint16)
    write_canvas_map(tmp_path, labels, instances, 256)
    small = read_label_map(tmp_path / CANVAS_LABELS)
    assert small.shape == (128, 256) and set(np.unique(small)) == {0, 26}
    assert set(np.unique(read_instance_map(tmp_path / CANVAS_INSTANCES))) == {0, 26_003}


def test_durations_are_said_as_people_say_them():
    assert [duration(s) for s in (5, 150, 7300, 200_000, 10**8)] == [
        "5 seconds", "2.5 minutes", "2.0 hours", "2.3 days", "3.2 years",
    ]


def test_fetching_offline_is_a_sentence(tmp_path, capsys):
    assert fetch.main(["--out", str(tmp_path / "vgg.pth"), "--url", "http://127.0.0.1:9/vgg.pth", "--progress", "json"]) == 2
    (event,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert event["event"] == "failed" and "offline" in event["sentence"] and not list(tmp_path.iterdir())


def _frames(folder: Path, count: int) -> None:
    """Empty files where the first ``count`` frames of street 0 would be."""
    from core.streets.dataset import paths_of

    for number in range(count):
        paths = paths_of(folder, 0, number)
        for path in (paths.photograph, paths.labels, paths.instances):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


def test_scenes_that_are_there_are_told_and_passed_over(tmp_path):
    if importlib.util.find_spec("bpy") is None:
        pytest.skip("needs Blender's module")
    _frames(tmp_path, 3)
    words = ["streets", "--count", "3", "--size", "64x32", "--out", str(tmp_path), "--progress", "json"]
    with subprocess.Popen(
        child.arguments_of(*words), cwd=child.ROOT, env=child.environment(), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        told = process.stdout.read()  # its standard input stays open: the end of that would stop it anywhere
    events = [json.loads(line) for line in told.splitlines()]
    assert [event["event"] for event in events] == ["started", "frame", "frame", "frame", "finished"]
    assert process.returncode == 0 and not any(event.get("rendered") for event in events)


@pytest.mark.parametrize("before", ["", "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"], ids=["from a terminal", "from a script"])
def test_a_child_ends_with_its_parent(before):
    code = (
        f"import signal, time\nfrom core.child import stop_with_parent\n{before}"
        "stop_with_parent()\n"
        "try:\n    print('here', flush=True)\n    time.sleep(600)\nexcept KeyboardInterrupt:\n    print('stopped')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=child.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "here\n"
    process.stdin.close()
    assert process.stdout.read() == "stopped\n"
    assert process.wait(LONG) == 0
    process.stdout.close()
