"""Bad input through the real command line: exit status 2 and one clear sentence."""

import os
import struct
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest

from core.commands import dispatch
from core.scene.cityscapes import save_pair
from core.scene.files import encode_png
from core.scene.png import SIGNATURE
from tests.conftest import ROOT, without_rights


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with_header(width, height, bits=8, colour_type=0):
    """A PNG whose header promises this size; its data does not."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def png(width, height, raw, colour_type=0, interlaced=0, extra=b""):
    """A PNG of 8 bits a channel with right checksums whose rows, filter bytes and all, are ``raw``."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, interlaced)
    return SIGNATURE + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def encoded(ending, array):
    return cv2.imencode(ending, array)[1].tobytes()


def main_py(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=300
    )


def refused(result, *words):
    """Status 2, nothing on stdout, and one sentence on stderr that holds ``words``."""
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: ") and lines[0].endswith("."), result.stderr
    for word in words:
        assert word in lines[0]


@pytest.fixture
def folder(tmp_path, street):
    save_pair(street, tmp_path / "labels.png", tmp_path / "instances.png")
    return tmp_path


NOISE = np.random.default_rng(0).integers(0, 256, (48, 96, 3), dtype=np.uint8)
GREY = np.full((48, 96), 7, np.uint8)

BAD_LABELS = {
    "jpeg": (encoded(".jpg", GREY), "JPEG", "PNG"),
    "tiff": (encoded(".tiff", GREY), "TIFF"),
    "text": (b"hello, this is no picture", "not a picture"),
    "empty": (b"", "not a picture"),
    "photograph": (encoded(".png", NOISE), "colours"),
    "16 bits": (encode_png(GREY.astype(np.uint16)), "16 bits", "labelIds"),
    "outside ids": (encode_png(GREY + 200), "207"),
    "train ids": (encode_png(np.where(np.arange(96) < 48, 255, GREY).astype(np.uint8)), "trainIds"),
    "truncated": (encoded(".png", NOISE[..., 0] % 34)[:-500], "cut off"),
    "cut header": (encoded(".png", GREY)[:20], "cut off"),
    "flipped byte": (bytes(b ^ (i == 60) for i, b in enumerate(encoded(".png", NOISE[..., 0] % 34))), "damaged"),
    "too little data": (png_with_header(400, 300), "damaged"),
    "half of the rows": (png(96, 48, (b"\0" + b"\7" * 96) * 24), "cut off"),
    "all but a byte": (png(96, 48, ((b"\0" + b"\7" * 96) * 48)[:-1]), "cut off"),
    "half of the passes": (png(96, 48, b"\0" * 3000, interlaced=1), "cut off"),
    "no table of colours": (png(96, 48, b"\0" * 97 * 48, colour_type=3), "table of colours"),
    "half a colour": (png(96, 48, b"\0" * 97 * 48, colour_type=3, extra=chunk(b"PLTE", b"\0" * 4)), ""),
    "30000 wide": (png_with_header(30000, 20), "30000x20", "16384"),
    "huge": (png_with_header(16384, 16384), "million"),
    "no pixels": (png_with_header(0, 5), "no pixels"),
}


@pytest.mark.parametrize("name", BAD_LABELS)
def test_bad_label_maps(folder, name):
    data, *words = BAD_LABELS[name]
    (folder / "bad.png").write_bytes(data)
    refused(main_py("render", "--labels", folder / "bad.png", "--out", folder / "out.png"), *words)
    assert not (folder / "out.png").exists()


BAD_INSTANCES = {
    "8 bits": (encode_png(GREY), "8-bit", "16-bit"),
    "colour": (encode_png(NOISE), "colour"),
    "jpeg": (encoded(".jpg", GREY), "JPEG"),
    "other size": (encode_png(np.zeros((48, 95), np.uint16)), "96x48", "95x48"),
    "truncated": (encode_png(np.arange(48 * 96, dtype=np.uint16).reshape(48, 96))[:-40], "cut off"),
}


@pytest.mark.parametrize("name", BAD_INSTANCES)
def test_bad_instance_maps(folder, name):
    data, *words = BAD_INSTANCES[name]
    (folder / "bad.png").write_bytes(data)
    result = main_py(
        "render", "--labels", folder / "labels.png", "--instances", folder / "bad.png", "--out", folder / "out.png"
    )
    refused(result, *words)
    assert not (folder / "out.png").exists()


def test_missing_and_misplaced_files(folder):
    out = folder / "out.png"
    refused(main_py("render", "--labels", folder / "none.png", "--out", out), "no label map")
    refused(main_py("render", "--labels", folder / "labels.png", "--out", folder / "out.xyz"), ".jpg")
    refused(main_py("render", "--labels", folder / "labels.png", "--out", folder / "no" / "out.png"), "no folder")
    refused(main_py("render", "--labels", folder, "--out", out), "folder")
    (folder / "empty").mkdir()
    refused(main_py("render", "--labels", folder / "empty", "--out", folder / "out"), "no label maps")
    (folder / "broken.veduta").write_bytes(b"PK\x03\x04 half a project")
    refused(main_py("render", "--labels", folder / "broken.veduta", "--out", out), "not a whole Veduta project")
    refused(main_py("no-such-command"), "no-such-command")


def test_an_html_page_as_model(folder):
    (folder / "page.safetensors").write_text("<!DOCTYPE html><html><body>404</body></html>")
    result = main_py(
        "render", "--labels", folder / "labels.png", "--model", folder / "page.safetensors", "--out", folder / "o.png"
    )
    refused(result, "page.safetensors")


def test_a_bad_street_in_a_folder_does_not_stop_the_others(folder, small_model_path):
    maps = folder / "maps"
    maps.mkdir()
    (maps / "a.png").write_bytes(encode_png(GREY))
    (maps / "b.png").write_bytes(encode_png(GREY + 200))
    (maps / "c.png").write_bytes(encode_png(GREY))
    result = main_py("render", "--labels", maps, "--out", folder / "out", "--model", small_model_path)
    assert result.returncode == 2
    assert "error: b.png: " in result.stderr and "207" in result.stderr
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["a.png", "c.png"]
    assert "2 of 3" in result.stdout


def test_looks_that_are_not_there(folder, small_model_path, capsys):
    def render(code):
        status = dispatch.main([
            "render", "--labels", str(folder / "labels.png"), "--instances", str(folder / "instances.png"),
            "--model", str(small_model_path), "--out", str(folder / "o.png"), "--code", code,
        ])
        return subprocess.CompletedProcess(code, status, *capsys.readouterr())

    refused(render("26777=1"), "no object 26777")
    refused(render("24001=1"), "person")
    refused(render("26004=9"), "looks 0 to 2")
    with pytest.raises(SystemExit) as end:
        render("car")
    assert end.value.code == 2 and "26003=2" in capsys.readouterr().err


def run_here(capsys, *arguments):
    """As :func:`main_py`, in this process."""
    status = dispatch.main([str(word) for word in arguments])
    return subprocess.CompletedProcess(arguments, status, *capsys.readouterr())


@pytest.mark.parametrize("device", ["foo", "meta", "cuda:99", ""])
def test_a_device_that_is_not_there(folder, small_model_path, capsys, device):
    wanted = ("--model", small_model_path, "--device", device)
    refused(run_here(capsys, "render", "--labels", folder / "labels.png", "--out", folder / "o.png", *wanted), f"'{device}'", "auto")
    refused(run_here(capsys, "bench", "render", "--size", "64x64", *wanted), f"'{device}'", "auto")
    assert not (folder / "o.png").exists()


def test_bench_train_names_a_device_that_is_not_there():
    result = main_py("bench", "train", "--device", "foo")
    refused(result, "'foo'", "auto")


def test_a_gpu_that_this_build_of_torch_lacks(folder, small_model_path, capsys):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    words = ("--labels", folder / "labels.png", "--out", folder / "o.png", "--model", small_model_path, "--device", "cuda")
    refused(run_here(capsys, "render", *words), "'cuda'", "cpu")


@pytest.mark.parametrize("seed", ["-1", "many", "1.5"])
def test_looks_are_drawn_by_a_number_from_0_up(folder, capsys, seed):
    with pytest.raises(SystemExit) as end:
        dispatch.main(["render", "--labels", str(folder / "labels.png"), "--out", str(folder / "o.png"), "--codes", seed])
    assert end.value.code == 2 and f"'{seed}' is no number from 0 up" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["20000x10", "16384x16384"])
def test_a_size_that_no_picture_may_have(folder, capsys, size):
    words = ("--labels", folder / "labels.png", "--out", folder / "o.png", "--size", size)
    refused(run_here(capsys, "render", *words), "16384", "million", "--size")


def asked_with(path):
    """Commands that meet ``path`` where a file or a folder should be."""
    return {
        "labels": ("render", "--labels", path, "--out", "o.png"),
        "import": ("import", path, "--out", "o.safetensors"),
        "check-data": ("check-data", path),
        "bench": ("bench", "edit", "--labels", path),
        "studio": (f"{path}.veduta",),
    }


@pytest.mark.parametrize("name", asked_with(""))
def test_a_name_that_is_too_long(capsys, name):
    refused(run_here(capsys, *asked_with("a" * 300)[name]), "aaaa")


def test_a_picture_whose_name_is_too_long(folder, small_model_path, capsys):
    words = ("render", "--labels", folder / "labels.png", "--model", small_model_path)
    for out in (folder / ("a" * 300 + ".png"), folder / ("a" * 300) / "o.png"):
        refused(run_here(capsys, *words, "--out", out), "aaaa")


@pytest.fixture
def locked(open_folder):
    """A folder that nobody may look into, beside a label map."""
    (open_folder / "labels.png").write_bytes(encode_png(GREY))
    os.chmod(open_folder / "labels.png", 0o644)
    folder = open_folder / "locked"
    folder.mkdir(mode=0)
    yield folder
    os.chmod(folder, 0o755)


@pytest.mark.parametrize("name", asked_with(""))
def test_a_folder_without_permission(locked, capsys, name):
    run_here(capsys, *asked_with("absent")[name])  # loads what the command needs, which nobody may be unable to read
    with without_rights():
        refused(run_here(capsys, *asked_with(locked / "x")[name]), str(locked))


def test_a_picture_for_a_folder_without_permission(locked, capsys):
    words = ("render", "--labels", locked.parent / "labels.png", "--out")
    run_here(capsys, *words, locked.parent / "p.xyz")
    with without_rights():
        refused(run_here(capsys, *words, locked / "o" / "p.png"), str(locked), "permissions")


_SMALL_MEMORY = """
import resource, sys
from core.commands import dispatch, render
import core.models.model_file, core.rendering.renderer
held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + (400 << 20),) * 2)
raise SystemExit(dispatch.main(sys.argv[1:]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_picture_for_which_there_is_no_memory(folder, small_model_path):
    words = ("render", "--labels", folder / "labels.png", "--out", folder / "o.png", "--model", small_model_path, "--device", "cpu")
    command = [sys.executable, "-c", _SMALL_MEMORY, *map(str, words), "--size", "16000x8000"]
    refused(subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300), "memory", "--size")
