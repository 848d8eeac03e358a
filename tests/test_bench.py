"""The measurements measure, and say so in numbers that agree with each other."""

import json
import time

import numpy as np
import pytest

from core.commands import bench, bench_render
from core.commands.timing import interleaved, machine, median_ms, p95_ms


@pytest.fixture
def small_full_network(monkeypatch):
    """The full-size network takes many seconds a frame; here its shape, thinner and shallower."""
    from core.networks.pix2pixhd import LocalEnhancer

    def thin():
        return LocalEnhancer(width=4, downsamples=2, blocks=2).eval()

    monkeypatch.setattr(bench_render, "full_size_network", thin)


def test_render_prints_json_whose_numbers_agree(small_full_network, capsys):
    assert bench.main(["render", "--json", "--repeats", "2", "--size", "200x100", "--device", "cpu"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["default_ms"] > 0 and result["pix2pixhd_ms"] > 0
    assert result["ratio"] == pytest.approx(result["pix2pixhd_ms"] / result["default_ms"], abs=0.01)
    assert result["default_p95_ms"] >= result["default_ms"]
    assert result["size"] == [200, 100] and result["device"] == "cpu"
    assert result["frames"] == {"default": 10, "default_network": 10, "pix2pixhd": 2}
    assert result["default_gmac"] > 0.1 and result["pix2pixhd_gmac"] > 0.1
    assert result["machine"]["threads"] >= 1 and result["machine"]["torch"]
    assert result["peak"]["gmac_per_s"] > 0 and result["peak_float32"]["gb_per_s"] > 0
    for name in ("default", "pix2pixhd"):
        floor = result[f"{name}_floor"]
        assert 0 < floor["floor_ms"] == max(floor["compute_ms"], floor["memory_ms"])
        assert floor["gmac"] == pytest.approx(result[f"{name}_gmac"], rel=0.15)


def test_render_prints_a_readable_report(small_full_network, capsys):
    assert bench.main(["render", "--repeats", "1", "--size", "64x64", "--device", "cpu"]) == 0
    printed = capsys.readouterr().out
    assert "64x64" in printed and "ratio" in printed and "GMAC" in printed and "floors" in printed


def test_full_size_network_is_nvidias():
    import torch

    from core.networks.macs import macs

    with torch.device("meta"):
        network = bench_render.full_size_network()
        frame = torch.empty(1, network.input_channels, 1024, 2048)
    assert network.input_channels == 39 and network.multiple == 32
    assert sum(p.numel() for p in network.parameters()) == 182_871_171
    assert 740e9 < macs(network, frame) < 780e9


def test_a_given_model_is_measured_and_a_missing_one_told(small_full_network, tmp_path, capsys):
    from core.models.model_file import save_model

    model, what = bench_render.default_model(None)
    path = tmp_path / "mine.safetensors"
    save_model(path, model)
    arguments = ["render", "--json", "--repeats", "1", "--size", "64x64", "--device", "cpu", "--model"]
    assert bench.main([*arguments, str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["default_model"] == "mine.safetensors"
    assert bench.main([*arguments, str(tmp_path / "absent.safetensors")]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: There is no model") and captured.out == ""


@pytest.mark.parametrize("bad", [["--size", "big"], ["--size", "0x5"], ["--repeats", "0"], ["--repeats", "x"]])
def test_senseless_arguments_end_with_status_2(bad, capsys):
    with pytest.raises(SystemExit) as stopped:
        bench.main(["render", *bad])
    assert stopped.value.code == 2 and "is no" in capsys.readouterr().err


def test_runs_are_interleaved_and_warm_up_is_not_timed():
    order = []

    def slow():
        order.append("slow")
        time.sleep(0.02)

    times = interleaved({"slow": slow, "fast": lambda: order.append("fast")}, rounds=2, per_round={"fast": 2})
    assert order == ["slow", "fast"] + ["slow", "fast", "fast"] * 2
    assert len(times["slow"]) == 2 and len(times["fast"]) == 4
    assert p95_ms(times["slow"]) >= median_ms(times["slow"]) >= 20
    assert min(times["fast"]) < 20  # the others may fall into a busy moment of the machine
    assert machine()["cores"] >= 1


def test_the_measured_street_has_objects_of_its_labels():
    from core.labels import STREETS, object_class

    labels, instances = bench_render.street(512, 256)
    STREETS.check(labels)
    assert np.array_equal(object_class(instances), labels)
    assert 40 <= np.count_nonzero(np.unique(instances) >= 1000) <= 50


def test_training_steps_are_measured_against_plain_pytorch(capsys):
    assert bench.main(["train", "--json", "--repeats", "1", "--size", "64x64", "--device", "cpu"]) == 0
    result = json.loads(capsys.readouterr().out)
    ours, plain = result["ours_images_per_s"], result["plain_images_per_s"]
    assert ours > 0 and plain > 0 and result["ratio"] == pytest.approx(ours / plain, rel=0.01) and result["peak_memory_mb"] > 100
