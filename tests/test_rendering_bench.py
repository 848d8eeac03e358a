"""``bench edit`` measures what it says, small."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.commands import bench, bench_edit, bench_render
from core.commands.painting import KINDS, Painting, streets
from core.errors import DataError
from core.labels import CITYSCAPES, object_class


@pytest.fixture
def small_full_network(monkeypatch):
    """The full-size network takes many seconds a frame; here its shape, thinner and shallower."""
    from core.networks.pix2pixhd import LocalEnhancer

    monkeypatch.setattr(
        bench_render, "full_size_network", lambda: LocalEnhancer(width=4, downsamples=2, blocks=2).eval()
    )


def test_edit_prints_json_with_the_agreed_keys(small_full_network, capsys):
    arguments = ["edit", "--json", "--strokes", "3", "--size", "256x128", "--pix2pixhd-edits", "2", "--device", "cpu"]
    assert bench.main(arguments) == 0
    result = json.loads(capsys.readouterr().out)
    for prefix in ("", "pix2pixhd_"):
        assert 0 < result[f"{prefix}edit_ms_median"] <= result[f"{prefix}edit_ms_p95"]
        assert result[f"{prefix}full_ms_median"] > 0
        expected = result[f"{prefix}full_ms_median"] / result[f"{prefix}edit_ms_median"]
        assert result[f"{prefix}ratio"] == pytest.approx(expected, abs=0.01)
    assert result["max_abs_diff"] <= 1 / 255
    assert result["pix2pixhd_preview_psnr_db"] > 10 and 0 <= result["pix2pixhd_max_abs_diff"] <= 1
    assert [row["edit_percent"] for row in result["areas"]] == [0.1, 1.0, 5.0, 20.0]
    fewer = [row["times_fewer_macs"] for row in result["areas"]]
    assert fewer == sorted(fewer, reverse=True) and fewer[-1] >= 1
    assert 0 < result["edit_floor"]["floor_ms"] and result["peak"]["gmac_per_s"] > 0
    assert result["full_floor"]["gmac"] > result["edit_floor"]["gmac"] > 0
    assert result["sige"]["alone"]["times_faster"] == [4, 14]
    edits = result["pix2pixhd_edits"]
    assert [edit["kind"] for edit in edits] == ["stroke", "copy"]
    assert result["pix2pixhd_preview_psnr_db"] == pytest.approx(np.mean([edit["psnr_db"] for edit in edits]), abs=0.01)
    assert all(0 < edit["edit_percent"] < 30 and edit["ms"] > 0 for edit in edits)


def test_edit_paints_on_a_real_label_map(samples, capsys):
    (path, *_) = sorted(samples.rglob("*_labelIds.png"))
    assert bench.main(["edit", "--json", "--strokes", "1", "--labels", str(path), "--pix2pixhd-edits", "0", "--device", "cpu"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["size"] == [2048, 1024] and result["street"] == path.name and result["max_abs_diff"] <= 1 / 255


def test_edit_prints_a_readable_report(capsys):
    assert bench.main(["edit", "--strokes", "1", "--size", "128x64", "--pix2pixhd-edits", "0", "--device", "cpu"]) == 0
    printed = capsys.readouterr().out
    assert "SIGE" in printed and "128x64" in printed and "floor" in printed and "pix2pixHD" not in printed


def test_a_stroke_is_a_third_of_a_percent_of_the_frame_and_inside_its_box():
    painting = Painting(*bench_render.street(2048, 1024))
    shares = []
    for _ in range(8):
        before = painting.labels.copy(), painting.instances.copy()
        (x0, y0, x1, y1), = painting.strokes(1)
        outside = np.ones(before[0].shape, bool)
        outside[y0:y1, x0:x1] = False
        assert np.array_equal(before[1][outside], painting.instances[outside])
        assert (before[1] != painting.instances).any()
        shares.append(painting.last_pixels / before[0].size)
    assert 0.0025 < np.median(shares) < 0.0035


def test_edits_are_of_every_kind_and_each_stays_in_its_box():
    street = next(streets(None))
    assert street.labels.shape == street.instances.shape == (1024, 2048)
    painting, again = (Painting(street.labels, street.instances) for _ in range(2))
    kinds = []
    before = painting.labels.copy(), painting.instances.copy()
    for edit in painting.edits(12):
        x0, y0, x1, y1 = edit.box
        inside = np.zeros(street.labels.shape, bool)
        inside[y0:y1, x0:x1] = True
        changed = (before[0] != painting.labels) | (before[1] != painting.instances)
        assert changed.any() and not (changed & ~inside).any()
        assert 0 < edit.pixels <= 0.012 * street.labels.size
        kinds.append(edit.kind)
        before = painting.labels.copy(), painting.instances.copy()
    assert set(kinds) == set(KINDS)
    assert [edit.box for edit in again.edits(12)] and np.array_equal(again.instances, painting.instances)


def test_objects_written_by_edits_agree_with_their_labels():
    painting = Painting(*bench_render.street(512, 256))
    for _ in painting.edits(40):
        pass
    assert np.array_equal(object_class(painting.instances), CITYSCAPES.base[painting.labels])


def test_streets_come_from_a_folder_and_an_empty_one_is_told(samples, tmp_path):
    assert next(streets(samples)).labels.shape == (1024, 2048)
    with pytest.raises(DataError, match="no label maps"):
        next(streets(tmp_path))


def test_edits_are_shared_evenly_among_streets():
    assert bench_edit._shared(["a", "b", "c"], 7) == [("a", 3), ("b", 2), ("c", 2)]
    assert bench_edit._shared(["a", "b", "c"], 2) == [("a", 1), ("b", 1)]


def test_the_work_counted_is_the_networks(monkeypatch):
    from core.networks.macs import macs
    from core.rendering.conditioning import inputs_for
    from core.rendering.renderer import Renderer
    from core.rendering.session import FrameSession

    model, _ = bench_render.default_model(None)
    renderer = Renderer(model, "cpu", "float32")
    session, painting = FrameSession(renderer), Painting(*bench_render.street(128, 64))
    session.full(*painting.maps)
    inputs = inputs_for(renderer.generator, renderer.conditioning(*painting.maps, {}))
    assert session.executor.work()[0] == macs(renderer.generator, *inputs)
