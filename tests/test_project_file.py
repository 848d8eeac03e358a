"""The project file: exact, atomic, and careful with what it is given."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from core.errors import ProjectFileError
from core.labels import STREETS, Label, LabelSet
from core.look_regions import look_key
from core.scene.files import encode_png
from core.scene.hidden import of_points
from core.scene.project import load_project, read_render, save_project
from core.scene.scene import Scene
from tests.conftest import ROOT, scene_state, without_rights


def entries(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path, contents):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(name, data)


def described(path):
    return json.loads(entries(path)["project.json"])


@pytest.fixture
def saved(street, tmp_path):
    path = tmp_path / "street.veduta"
    save_project(path, street, {"brush": 12}, np.full((4, 6, 3), (10, 20, 30), np.uint8))
    return path


def test_everything_comes_back_exactly(street, tmp_path):
    rng = np.random.default_rng(0)
    street.codes[26004] = rng.normal(size=5).astype(np.float32)
    street.codes[7] = np.array([1e-38, 3.4e38, -0.1], np.float32)
    picture = np.linspace((10, 80, 200), (240, 120, 30), 96)[None].repeat(48, 0).astype(np.uint8)
    settings = {"zoom": 1.5, "model": None, "names": ["Straße"], "deep": {"a": True}}
    path = tmp_path / "Straße.veduta"
    save_project(path, street.snapshot(), settings, picture)
    project = load_project(path)
    assert scene_state(project.scene) == scene_state(street)
    assert project.settings == settings
    # The render is kept as a JPEG: close, not equal.
    assert np.abs(project.last_render.astype(int) - picture).max() <= 6
    assert project.scene.label_set is STREETS
    save_project(path, street)
    again = load_project(path)
    assert again.last_render is None and again.settings == {}
    assert [file.name for file in tmp_path.iterdir()] == ["Straße.veduta"]


def test_looks_of_parts_come_back_and_alone_ask_for_a_newer_program(street, tmp_path):
    path = tmp_path / "street.veduta"
    street.codes[look_key(26004, 48)] = np.random.default_rng(0).normal(size=5).astype(np.float32)
    street.codes[look_key(7, 45)] = np.float32([1, 2])
    save_project(path, street.snapshot())
    assert described(path)["version"] == 2 and {"26000", "26004/48", "7/45"} == described(path)["codes"].keys()
    assert scene_state(load_project(path).scene) == scene_state(street)
    del street.codes[look_key(26004, 48)], street.codes[look_key(7, 45)]
    save_project(path, street)
    assert described(path)["version"] == 1 and scene_state(load_project(path).scene) == scene_state(street)


def test_maps_inside_are_ordinary_cityscapes_pngs(street, saved):
    import cv2

    inside = entries(saved)
    labels = cv2.imdecode(np.frombuffer(inside["labels.png"], np.uint8), cv2.IMREAD_UNCHANGED)
    instances = cv2.imdecode(np.frombuffer(inside["instances.png"], np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(labels, street.label_map) and np.array_equal(instances, street.instance_map)


def test_its_own_label_set_comes_back(tmp_path):
    labels = LabelSet("toys", [Label(0, "none", (0, 0, 0), "void"), Label(3, "brick", (200, 0, 0), "x", True, True)])
    save_project(tmp_path / "t.veduta", Scene(np.full((2, 2), 3, np.uint8), None, labels))
    assert load_project(tmp_path / "t.veduta").scene.label_set.labels == labels.labels


def test_newer_versions_are_refused_kindly(saved):
    contents = entries(saved)
    contents["project.json"] = json.dumps({**described(saved), "version": 3, "codes": "another form"})
    write(saved, contents)
    with pytest.raises(ProjectFileError, match="newer Veduta.*update"):
        load_project(saved)


def test_unknown_entries_and_keys_are_passed_over(street, saved):
    contents = entries(saved)
    contents["notes.txt"] = b"hello"
    contents["project.json"] = json.dumps({**described(saved), "extra": 1})
    write(saved, contents)
    assert scene_state(load_project(saved).scene) == scene_state(street)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "else"}, {"version": "x"}, {"size": [5, 5]}, {"size": None}, {"codes": [1]}, {"codes": {"a": [1]}},
        {"codes": {"26000": ["x"]}}, {"codes": {"26000": [float("nan")]}}, {"settings": []}, {"label_set": {}},
        {"label_set": {"name": "cityscapes", "labels": []}},
        {"codes": {"70000": [1]}}, {"codes": {"-1": [1]}}, {"codes": {"26000/": [1]}}, {"codes": {"26000/26": [1]}},
        {"codes": {"26000/39": [1]}}, {"codes": {"26000/300": [1]}}, {"codes": {"26000/0": [1]}}, {"codes": {"26000/x": [1]}},
        {"codes": {"26000/48/47": [1]}}, {"codes": {"/48": [1]}}, {"codes": {"66000/48": [1]}},
    ],
)
def test_contradictory_descriptions_are_refused(saved, change):
    contents = entries(saved)
    contents["project.json"] = json.dumps({**described(saved), **change})
    write(saved, contents)
    with pytest.raises(ProjectFileError):
        load_project(saved)


@pytest.mark.parametrize("missing", ["project.json", "labels.png", "instances.png"])
def test_missing_entries_are_refused(saved, missing):
    contents = entries(saved)
    del contents[missing]
    write(saved, contents)
    with pytest.raises(ProjectFileError, match="not a whole"):
        load_project(saved)


def test_wrong_maps_are_refused(saved):
    whole = entries(saved)
    for name, data in {
        "labels.png": encode_png(np.full((48, 96), 200, np.uint8)),
        "instances.png": encode_png(np.zeros((48, 96), np.uint8)),
        "render.jpg": b"not a picture",
        "render.png": b"not a picture",
    }.items():
        write(saved, {**{k: v for k, v in whole.items() if k != "render.jpg" or name != "render.png"}, name: data})
        with pytest.raises(ProjectFileError):
            load_project(saved)


def test_a_zip_bomb_is_refused_unread(saved):
    contents = entries(saved)
    contents["project.json"] = b" " * (200 << 20)
    write(saved, contents)
    assert saved.stat().st_size < 1 << 20
    start = time.thread_time()
    with pytest.raises(ProjectFileError, match="unpacks to more"):
        load_project(saved)
    assert time.thread_time() - start < 1


def behind(count):
    """``hidden.json`` with so many runs of one pixel, all at the same place."""
    return b'{"26000":[' + b",".join([b"[0,0,1,7]"] * count) + b"]}"


def test_few_bytes_that_unpack_to_a_long_description_are_refused_unread(saved):
    text = json.dumps({**described(saved), "x": [{}] * 2_000_000})
    write(saved, {**entries(saved), "project.json": text})
    assert saved.stat().st_size < 1 << 16
    with pytest.raises(ProjectFileError, match="unpacks to more"):
        load_project(saved)


@pytest.mark.parametrize("lies", [False, True])
def test_few_bytes_that_unpack_to_many_hidden_pixels_are_refused_unread(saved, lies):
    write(saved, {**entries(saved), "hidden.json": behind(2_000_000)})
    with zipfile.ZipFile(saved) as archive:
        entry = archive.getinfo("hidden.json")
    assert entry.file_size == 20_000_011 and saved.stat().st_size < 1 << 17
    if lies:  # the directory says that it was packed from a megabyte
        packed, data = entry.compress_size.to_bytes(4, "little"), saved.read_bytes()
        saved.write_bytes(data.replace(packed, (1 << 20).to_bytes(4, "little")))
    start = time.thread_time()
    with pytest.raises(ProjectFileError, match="unpacks to more"):
        load_project(saved)
    assert time.thread_time() - start < 1


def test_a_large_street_with_many_hidden_pixels_comes_back(tmp_path):
    """Objects of small parts before each other all over a full frame: more than the largest street that was measured."""
    labels = np.full((2048, 4096), 7, np.uint8)
    rng = np.random.default_rng(0)
    hidden = {}
    for number in range(200):
        places = np.arange(200 * 200)
        x, y = places % 200 + rng.integers(0, 3800), places // 200 + rng.integers(0, 1800)
        striped = np.where(rng.random(places.size // 5) < 0.5, 26, 48).astype(np.uint8).repeat(5)
        hidden[26000 + number] = of_points(x, y, striped)
        labels[number, :5] = 26
    instances = labels.astype(np.uint16)
    instances[:200, :5] = 26000 + np.arange(200)[:, None]
    scene = Scene(labels, instances, hidden=hidden)
    save_project(tmp_path / "large.veduta", scene)
    with zipfile.ZipFile(tmp_path / "large.veduta") as archive:
        assert archive.getinfo("hidden.json").file_size > 11 << 20
    assert scene_state(load_project(tmp_path / "large.veduta").scene) == scene_state(scene)


def test_what_could_not_be_opened_again_is_not_saved(saved, street):
    before = saved.read_bytes()
    with pytest.raises(ProjectFileError, match="more than a project can"):
        save_project(saved, street, {"notes": "x" * (17 << 20)})
    assert saved.read_bytes() == before


def test_a_zip_that_lies_about_its_size_is_refused(saved):
    contents = entries(saved)
    contents["project.json"] = b" " * (80 << 20)
    write(saved, contents)
    data = bytearray(saved.read_bytes())
    for at in range(len(data) - 4):
        if data[at:at + 4] == (80 << 20).to_bytes(4, "little"):
            data[at:at + 4] = (100).to_bytes(4, "little")
    saved.write_bytes(data)
    with pytest.raises(ProjectFileError):
        load_project(saved)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "x.veduta").write_bytes(content)
    with pytest.raises(ProjectFileError):
        load_project(tmp_path / "x.veduta")


def test_missing_files_and_folders_are_refused(tmp_path, street):
    with pytest.raises(ProjectFileError, match="no project"):
        load_project(tmp_path / "none.veduta")
    with pytest.raises(ProjectFileError):
        load_project(tmp_path)
    with pytest.raises(ProjectFileError, match="can't be written"):
        save_project(tmp_path / "no" / "folder.veduta", street)
    with pytest.raises(ProjectFileError, match="settings"):
        save_project(tmp_path / "x.veduta", street, {"a": object()})
    assert not list(tmp_path.iterdir())


def test_damage_anywhere_gives_a_sentence_or_the_scene(saved, street):
    """Cut and flipped bytes never give another error, nor silently another scene's size."""
    whole = saved.read_bytes()
    rng = random.Random(0)
    for _ in range(150):
        data = bytearray(whole)
        if rng.random() < 0.3:
            data = data[: rng.randrange(len(data))]
        else:
            for _ in range(rng.randrange(1, 4)):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        saved.write_bytes(data)
        try:
            assert load_project(saved).scene.size == street.size
        except ProjectFileError as error:
            assert str(error).endswith((".", "?"))


def test_damage_in_the_directory_of_the_zip_gives_a_sentence_or_the_scene(saved):
    """Each of its bytes as other bytes: names that are no text, other packings, places outside the file."""
    whole = saved.read_bytes()
    for at in range(whole.index(b"PK\x01\x02"), len(whole)):
        for value in (0, 1, 12, 14, 0x80, 0xFF):
            data = bytearray(whole)
            data[at] = value
            saved.write_bytes(data)
            for read in (load_project, lambda path: read_render(path, 4)):
                try:
                    read(saved)
                except ProjectFileError as error:
                    assert str(error).endswith(".")


def test_a_name_in_the_zip_that_is_no_text_is_refused(saved):
    """The bit that says "UTF-8" set, and a byte that none begins with."""
    whole = saved.read_bytes()
    start = whole.index(b"PK\x01\x02")
    data = bytearray(whole)
    data[start + 9] |= 0x08
    data[start + 46] = 0xFF
    saved.write_bytes(data)
    for read in (load_project, lambda path: read_render(path, 4)):
        with pytest.raises(ProjectFileError, match="not a whole"):
            read(saved)


def test_a_clock_before_1980_is_no_hindrance(street, tmp_path):
    """Zips know no earlier year; a machine whose battery is empty starts in 1970."""
    code = (
        "import sys, time\n"
        "time.localtime = lambda *now: time.gmtime(0)\n"
        "time.time = lambda: 0.0\n"
        "from core.scene.project import load_project, save_project\n"
        "save_project(sys.argv[2], load_project(sys.argv[1]).scene)"
    )
    save_project(tmp_path / "a.veduta", street)
    command = [sys.executable, "-c", code, str(tmp_path / "a.veduta"), str(tmp_path / "b.veduta")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert scene_state(load_project(tmp_path / "b.veduta").scene) == scene_state(street)
    # The time of saving isn't in it.
    assert (tmp_path / "a.veduta").read_bytes() == (tmp_path / "b.veduta").read_bytes()


def test_an_unpacked_project_can_be_read(saved):
    with zipfile.ZipFile(saved) as archive:
        assert {entry.external_attr >> 16 & 0o777 for entry in archive.infolist()} == {0o644}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("place", ["settings", "version", "codes", "hidden"])
def test_numbers_that_could_not_be_saved_again_are_refused(saved, number, place):
    contents = entries(saved)
    text = json.dumps({**described(saved), **{
        "settings": {"settings": {"zoom": "HERE"}}, "version": {"version": "HERE"}, "codes": {"codes": {"26000": ["HERE"]}}, "hidden": {},
    }[place]})
    contents["project.json"] = text.replace('"HERE"', number)
    if place == "hidden":
        contents["hidden.json"] = f'{{"26000":[[{number},0,1,7]]}}'
    write(saved, contents)
    with pytest.raises(ProjectFileError, match="backup"):
        load_project(saved)


def test_names_that_are_no_text_are_saved_and_come_back(saved, street, tmp_path):
    """A file name on Linux may be any bytes; Python holds them as lone surrogates."""
    settings = {"model": os.fsdecode(b"gr\xfcn"), "\udcff": ["\ud800", "ä"]}
    save_project(saved, street, settings)
    assert load_project(saved).settings == settings


@pytest.mark.parametrize("change", [
    {"colour": []}, {"colour": [1, 2]}, {"colour": [1, 2, 3, 4]}, {"colour": [1, 2, 256]}, {"colour": [-1, 2, 3]}, {"colour": [1, 2, 1.5]},
    {"colour": [1, 2, 10**30]}, {"colour": [True, 2, 3]}, {"colour": "abc"}, {"colour": {}}, {"colour": None}, {"colour": 5},
    {"name": "\ud800"}, {"name": ["x"]}, {"group": "\ud800"}, {"id": 10**30},
])
def test_label_sets_that_can_not_be_drawn_or_written_are_refused(saved, change):
    contents, text = entries(saved), described(saved)
    text["label_set"]["labels"][3].update(change)
    contents["project.json"] = json.dumps(text)
    write(saved, contents)
    with pytest.raises(ProjectFileError, match="label set|ids run from"):
        load_project(saved)


def test_a_label_set_whose_name_is_no_text_is_refused(saved):
    contents, text = entries(saved), described(saved)
    text["label_set"]["name"] = "\ud800"
    contents["project.json"] = json.dumps(text)
    write(saved, contents)
    with pytest.raises(ProjectFileError, match="label set"):
        load_project(saved)


_SAVER = """
import sys
import numpy as np
from core.scene.project import save_project
from core.scene.scene import Scene
rng = np.random.default_rng(0)
noise = rng.integers(0, 256, (512, 1024, 3), dtype=np.uint8)
number = 0
print("ready", flush=True)
while True:
    number += 1
    save_project(sys.argv[1], Scene(np.full((64, 64), 7 + number % 2, np.uint8)), {"number": number}, noise)
    print(number, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX's")
def test_kill_during_saving_leaves_a_whole_file(tmp_path):
    path = tmp_path / "street.veduta"
    rng = random.Random(1)
    for _ in range(8):
        child = subprocess.Popen(
            [sys.executable, "-c", _SAVER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert child.stdout.readline() == "ready\n"
        assert child.stdout.readline() == "1\n"
        time.sleep(rng.random() * 0.15)
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split()
        child.wait()
        reported = int(rest[-1]) if rest else 1
        project = load_project(path)
        # The last save that was reported, or the one after it: finished, but killed before it could say so.
        assert project.settings["number"] in (reported, reported + 1)
        assert project.scene.label_at(0, 0) == 7 + project.settings["number"] % 2
        assert project.last_render.shape == (512, 1024, 3)


def test_a_full_disk_keeps_the_old_file(saved, street, monkeypatch):
    before = saved.read_bytes()

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ProjectFileError, match="No space left"):
        save_project(saved, street, {"other": 1})
    assert saved.read_bytes() == before and [file.name for file in saved.parent.iterdir()] == [saved.name]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_is_written_through(saved, street, tmp_path):
    place = tmp_path / "elsewhere"
    place.mkdir()
    (place / "link.veduta").symlink_to(saved)
    (place / "over.veduta").symlink_to("link.veduta")
    (place / "new.veduta").symlink_to(tmp_path / "new one.veduta")
    save_project(place / "over.veduta", street, {"number": 2})
    save_project(place / "new.veduta", street, {"number": 3})
    assert all(path.is_symlink() for path in place.iterdir())
    assert load_project(saved).settings == {"number": 2}
    assert load_project(tmp_path / "new one.veduta").settings == {"number": 3}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "new one.veduta", saved.name]


def test_a_folder_that_can_not_be_synced_still_takes_a_file(open_folder, street):
    """One that may be written into and not read: the file is there, so it is not reported as failed."""
    folder = open_folder / "letterbox"
    folder.mkdir()
    os.chmod(folder, 0o333)
    try:
        with without_rights():
            save_project(folder / "street.veduta", street, {"number": 1})
    finally:
        os.chmod(folder, 0o755)
    assert load_project(folder / "street.veduta").settings == {"number": 1}
    assert [path.name for path in folder.iterdir()] == ["street.veduta"]


def test_a_name_as_long_as_a_name_can_be(street, tmp_path):
    path = tmp_path / ("a" * 240 + ".veduta")
    save_project(path, street, {"number": 1})
    assert load_project(path).settings == {"number": 1}


def test_a_project_with_an_older_render_and_fewer_classes_still_opens(saved):
    contents = entries(saved)
    picture = np.random.default_rng(0).integers(0, 256, (48, 96, 3), dtype=np.uint8)
    del contents["render.jpg"]
    contents["render.png"] = encode_png(picture)
    described = json.loads(contents["project.json"])
    kept = [label for label in described["label_set"]["labels"] if label["id"] < 57]
    described["label_set"]["labels"] = kept
    contents["project.json"] = json.dumps(described).encode()
    write(saved, contents)
    project = load_project(saved)
    assert np.array_equal(project.last_render, picture) and project.scene.label_set is STREETS
    kept[-1]["colour"] = [1, 2, 3]  # somebody's own set of that name stays what it is
    contents["project.json"] = json.dumps(described).encode()
    write(saved, contents)
    assert load_project(saved).scene.label_set is not STREETS


def test_a_render_far_larger_than_its_scene_is_refused_unread(saved):
    import io

    from PIL import Image

    data = io.BytesIO()
    Image.new("RGB", (6000, 6000)).save(data, "JPEG")
    write(saved, {**entries(saved), "render.jpg": data.getvalue()})
    with pytest.raises(ProjectFileError, match="not a whole"):
        load_project(saved)
