"""``bench canvas`` and ``bench soak`` in a real window, short; VEDUTA_SOAK_SECONDS=600 makes the soak a real one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from app import bench_soak
from core.commands import bench

SECONDS = os.environ.get("VEDUTA_SOAK_SECONDS", "")


@pytest.mark.parametrize("view", ["side", "overlay"])
def test_canvas_paints_and_the_photograph_follows(view, qapp, small_model_path, capsys):
    arguments = ["canvas", "--json", "--size", "256x128", "--window", "800x500", "--frames", "25", "--view", view]
    assert bench.main([*arguments, "--model", str(small_model_path)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert 0 < result["frame_ms_median"] <= result["frame_ms_p95"] <= result["frame_ms_max"]
    assert 0 < result["gui_ms_median"] and 0 < result["frames_per_second"] <= 60
    assert 0 <= result["frames_in_time"] <= 1
    assert result["photographs_shown"] >= 1 and result["photographs_in_order"]
    assert result["model"] == small_model_path.name and result["photograph_ms"] > 0
    assert result["repaints"] >= 10 and 0 < result["repainted_share_median"] <= 1


def test_only_what_a_move_changed_is_repainted(qapp, small_model_path, capsys):
    arguments = ["canvas", "--json", "--size", "1024x512", "--window", "1200x700", "--frames", "30"]
    assert bench.main([*arguments, "--model", str(small_model_path)]) == 0
    assert json.loads(capsys.readouterr().out)["repainted_share_median"] < 0.15


def test_soak_finds_nothing_worn_out(qapp, small_model_path, capsys):
    arguments = ["soak", "--json", "--seconds", SECONDS or "6"]
    if not SECONDS:
        arguments += ["--size", "256x128", "--window", "800x500", "--model", str(small_model_path)]
    assert bench.main(arguments) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["strokes"] >= 3 and result["photographs_shown"] >= 3
    assert result["stale_shown"] == 0
    # At every rest, the last one too, the photograph is compared once.
    assert result["comparisons"] == len(result["memory_mb_at_rest"])
    assert result["comparisons"] >= 2 and result["max_abs_diff"] <= 1 / 255
    if SECONDS:  # seconds say nothing of leaks
        assert result["memory_growth_percent"] < bench_soak.MOST_GROWTH_PERCENT
    assert "ok" in bench_soak.report(result)


def test_soak_tells_of_a_missing_model(tmp_path, capsys):
    assert bench.main(["soak", "--model", str(tmp_path / "none.safetensors")]) == 2
    assert "no model" in capsys.readouterr().err


def test_stale_photographs_are_counted():
    assert bench_soak.stale([(1, 5), (2, 5), (3, 9)]) == 0
    assert bench_soak.stale([(1, 5), (3, 9), (2, 9), (4, 8), (5, 9)]) == 2
    assert bench_soak.stale([]) == 0


def test_memory_in_use_is_told():
    before = bench_soak.resident_bytes()
    if not before:
        pytest.skip("this system doesn't tell a process's memory")
    held = np.ones(64 << 20, np.uint8)
    if Path("/proc/self/statm").exists():
        assert bench_soak.resident_bytes() - before > held.nbytes // 2
