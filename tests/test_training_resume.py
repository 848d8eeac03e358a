"""A run that is killed and resumed ends bit-identical to one that was left alone."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.training.checkpoint import checkpoints, load_checkpoint, save_checkpoint
from core.training.log import read_log
from core.training.run_folder import INTERRUPTED, RunFolder
from tests.training_data import Child, make_data_set, run

STEPS = 14
#: Set to 20 for the long form of the test.
KILLS = int(os.environ.get("VEDUTA_KILL_POINTS", 2))


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return make_data_set(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory) -> Path:
    """The uninterrupted run."""
    out = tmp_path_factory.mktemp("whole") / "run"
    run("--data", data, "--out", out, "--steps", STEPS, "--set", "pool=3", "--deterministic", "--save-every", 5)
    return out


def same(a, b) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX's")
def test_killed_at_any_moment_a_run_ends_bit_identical(data, whole, tmp_path):
    rng = np.random.default_rng(KILLS)
    out, killed = tmp_path / "run", 0
    first = ["--data", data, "--steps", STEPS, "--set", "pool=3", "--deterministic"]
    while killed < KILLS:
        # With a checkpoint after every step or two many kills fall into the writing of one.
        options = [*(["--resume"] if (out / "run.json").exists() else first), "--out", out, "--save-every", 1 + killed % 2]
        child = Child(*options, ends=(signal.SIGKILL, int(rng.integers(2, 5)), float(rng.uniform(0, 3))))
        if child.end() == 0:
            break  # it had reached its end
        killed += 1
        assert RunFolder(out).info().state == INTERRUPTED
        if killed % 4 == 0 and killed < KILLS:
            for path in checkpoints(out):  # back to the start, to have steps left for the next kills
                path.unlink()
    assert killed
    run("--resume", "--out", out)
    assert same(load_checkpoint(out), load_checkpoint(whole))
    assert same(load_file(out / "model.safetensors"), load_file(whole / "model.safetensors"))
    assert [entry["step"] for entry in read_log(out / "log.jsonl")] == list(range(1, STEPS + 1))
    losses = [[{k: v for k, v in e.items() if k != "seconds"} for e in read_log(o / "log.jsonl")] for o in (out, whole)]
    assert losses[0] == losses[1]
    assert not list(out.glob(".*.part"))


@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
def test_a_polite_stop_keeps_everything_and_the_rest_is_the_same(data, whole, tmp_path):
    out = tmp_path / "run"
    child = Child(
        "--data", data, "--out", out, "--steps", STEPS, "--set", "pool=3", "--deterministic", "--save-every", 0,
        ends=(signal.SIGINT, 1, 0),
    )  # fmt: skip
    events = [event["event"] for event in child.events()]
    assert child.end() == 0
    assert events[-3:] == ["saved", "model", "stopped"]
    stopped = RunFolder(out).info()
    assert stopped.state == "stopped" and 0 < stopped.step < STEPS and stopped.model is not None
    run("--resume", "--out", out)
    assert same(load_checkpoint(out), load_checkpoint(whole))


def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(tmp_path):
    for step in (3, 4):
        save_checkpoint(tmp_path, step, {"step": step})
    newest = checkpoints(tmp_path)[-1]
    newest.write_bytes(newest.read_bytes()[:40])
    with pytest.warns(UserWarning, match="damaged"):
        assert load_checkpoint(tmp_path) == {"step": 3}


def test_only_the_last_checkpoints_are_kept(tmp_path):
    for step in range(5):
        save_checkpoint(tmp_path, step, {"step": step})
    assert [p.name for p in checkpoints(tmp_path)] == ["checkpoint_00000003.pt", "checkpoint_00000004.pt"]


def test_what_a_checkpoint_holds_is_not_executed(tmp_path):
    class Attack:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "attacked"),)

    torch.save({"step": 1, "attack": Attack()}, tmp_path / "checkpoint_00000001.pt")
    with pytest.warns(UserWarning, match="damaged"), pytest.raises(Exception, match="damaged"):
        load_checkpoint(tmp_path)
    assert not (tmp_path / "attacked").exists()
