"""A folder of rendered streets goes on as it was begun."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.errors import DataError
from core.streets import dataset
from core.scene.files import write_png
from core.streets.origin import NAME, keep_to, origin

SIZE = (1024, 512)


def test_the_same_again_goes_on(tmp_path):
    for _ in range(2):
        keep_to(tmp_path / "new" / "set", origin(SIZE, 32, False))
    told = json.loads((tmp_path / "new" / "set" / NAME).read_text())
    assert told["size"] == [1024, 512] and told["samples"] == 32 and "window" in told["classes"]


def test_other_light_is_refused_but_for_maps(tmp_path):
    keep_to(tmp_path, origin(SIZE, 32, False))
    with pytest.raises(DataError, match="have 32 light paths a pixel, not 4; choose another folder, or the same light"):
        keep_to(tmp_path, origin(SIZE, 4, False))
    keep_to(tmp_path, origin(SIZE, None, False))
    assert json.loads((tmp_path / NAME).read_text())["samples"] == 32, "what was noted stays"


@pytest.mark.parametrize("samples", (None, 32))
def test_other_classes_are_refused(tmp_path, samples):
    keep_to(tmp_path, origin(SIZE, samples, True))
    with pytest.raises(DataError, match="tell other classes .* --maps-only"):
        keep_to(tmp_path, origin(SIZE, samples, False))


def test_maps_drawn_before_leave_the_light_open(tmp_path):
    keep_to(tmp_path, origin(SIZE, None, False))
    keep_to(tmp_path, origin(SIZE, None, False))
    keep_to(tmp_path, origin(SIZE, 4, False))
    with pytest.raises(DataError, match="have 4 light paths"):
        keep_to(tmp_path, origin(SIZE, 32, False))


@pytest.mark.parametrize(("first", "then"), ((32, 32), (None, None), (None, 32), (32, None)))
def test_another_size_is_refused_with_photographs_or_without(tmp_path, first, then):
    keep_to(tmp_path, origin(SIZE, first, False))
    with pytest.raises(DataError, match="are 1024x512, not 2048x1024; choose another folder, or the same size"):
        keep_to(tmp_path, origin((2048, 1024), then, False))
    keep_to(tmp_path, origin(SIZE, then, False))
    assert json.loads((tmp_path / NAME).read_text())["samples"] == (first or then)


@pytest.mark.parametrize("noted", (True, False))
@pytest.mark.parametrize("samples", (None, 32))
def test_a_folder_of_before_has_the_size_of_what_is_in_it(tmp_path, noted, samples):
    paths = dataset.paths_of(tmp_path, 7, 2)
    paths.labels.parent.mkdir(parents=True)
    write_png(paths.labels, np.zeros((512, 1024), np.uint8))
    if noted:
        _note_of_before(tmp_path, 32)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(DataError, match="are 1024x512, not 512x256"):
        keep_to(tmp_path, origin((512, 256), samples, False))
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    keep_to(tmp_path, origin(SIZE, samples, False))
    told = json.loads((tmp_path / NAME).read_text())
    assert told["size"] == [1024, 512] and told["samples"] == (32 if noted else samples)


def test_an_empty_folder_of_before_takes_the_first_size(tmp_path):
    _note_of_before(tmp_path, 32)
    keep_to(tmp_path, origin((512, 256), 32, False))
    with pytest.raises(DataError, match="are 512x256, not 1024x512"):
        keep_to(tmp_path, origin(SIZE, 32, False))


def _note_of_before(folder, samples) -> None:
    """As it was written when it didn't tell the size."""
    keep_to(folder / "other", origin(SIZE, samples, False))
    told = json.loads((folder / "other" / NAME).read_text())
    del told["size"]
    (folder / NAME).write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("text", "said"),
    (("", "no note"), ("[]", "no note"), ('{"format": "veduta streets", "version": 1, "classes": [], "size": [1024]}', "no note"), ('{"format": "veduta streets", "version": 1}', "no note"), ('{"format": "veduta streets", "version": 9}', "newer version")),
)
def test_a_note_that_is_none_is_refused(tmp_path, text, said):
    (tmp_path / NAME).write_text(text)
    with pytest.raises(DataError, match=said):
        keep_to(tmp_path, origin(SIZE, 32, False))
    assert (tmp_path / NAME).read_text() == text


def test_a_place_that_is_no_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="can't be written"):
        keep_to(tmp_path / "file", origin(SIZE, 32, False))


def test_the_command_refuses_before_it_renders(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dataset, "need_blender", lambda: None)
    keep_to(tmp_path, origin(SIZE, 4, False))
    assert dataset.main(["--out", str(tmp_path), "--count", "1"]) == 2
    assert "have 4 light paths a pixel" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_the_command_refuses_another_size_before_it_says_that_all_is_done(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dataset, "need_blender", lambda: None)
    paths = dataset.paths_of(tmp_path, 0, 0)
    for path in (paths.photograph, paths.labels, paths.instances):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_png(path, np.zeros((64, 128), np.uint8))
    words = ["--out", str(tmp_path), "--count", "1", "--size"]
    for more in ([], ["--maps-only"]):
        assert dataset.main([*words, "256x128", *more]) == 2
        assert "are 128x64, not 256x128" in capsys.readouterr().err
        assert dataset.main([*words, "128x64", *more]) == 0
