"""A folder of rendered streets goes on as it was begun."""

from __future__ import annotations

import json

import pytest

from core.errors import DataError
from core.streets import dataset
from core.streets.origin import NAME, keep_to, origin


def test_the_same_again_goes_on(tmp_path):
    for _ in range(2):
        keep_to(tmp_path / "new" / "set", origin(32, False))
    told = json.loads((tmp_path / "new" / "set" / NAME).read_text())
    assert told["samples"] == 32 and "window" in told["classes"]


def test_other_light_is_refused_but_for_maps(tmp_path):
    keep_to(tmp_path, origin(32, False))
    with pytest.raises(DataError, match="have 32 light paths a pixel, not 4; choose another folder, or the same light"):
        keep_to(tmp_path, origin(4, False))
    keep_to(tmp_path, origin(None, False))
    assert json.loads((tmp_path / NAME).read_text())["samples"] == 32, "what was noted stays"


@pytest.mark.parametrize("samples", (None, 32))
def test_other_classes_are_refused(tmp_path, samples):
    keep_to(tmp_path, origin(samples, True))
    with pytest.raises(DataError, match="tell other classes .* --maps-only"):
        keep_to(tmp_path, origin(samples, False))


def test_maps_drawn_before_leave_the_light_open(tmp_path):
    keep_to(tmp_path, origin(None, False))
    keep_to(tmp_path, origin(None, False))
    keep_to(tmp_path, origin(4, False))
    with pytest.raises(DataError, match="have 4 light paths"):
        keep_to(tmp_path, origin(32, False))


@pytest.mark.parametrize(
    ("text", "said"),
    (("", "no note"), ("[]", "no note"), ('{"format": "veduta streets", "version": 1}', "no note"), ('{"format": "veduta streets", "version": 9}', "newer version")),
)
def test_a_note_that_is_none_is_refused(tmp_path, text, said):
    (tmp_path / NAME).write_text(text)
    with pytest.raises(DataError, match=said):
        keep_to(tmp_path, origin(32, False))
    assert (tmp_path / NAME).read_text() == text


def test_a_place_that_is_no_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="can't be written"):
        keep_to(tmp_path / "file", origin(32, False))


def test_the_command_refuses_before_it_renders(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dataset, "need_blender", lambda: None)
    keep_to(tmp_path, origin(4, False))
    assert dataset.main(["--out", str(tmp_path), "--count", "1"]) == 2
    assert "have 4 light paths a pixel" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
