"""main.py: commands, the way without a display, the bootstrap's rules, imports."""

import os
import subprocess
import sys
import tomllib

import cv2
import numpy as np
import pytest
from packaging.requirements import Requirement

from core import bootstrap
from core.commands import dispatch
from core.commands.example import example_scene
from core.errors import DataError
from core.look_regions import look_key
from core.scene.cityscapes import load_pair, save_pair, split_objects
from core.scene.files import resize_nearest
from core.scene.pix2pixhd_folders import save_folder_pair
from core.scene.project import save_project
from core.scene.scene import Scene
from tests.conftest import ROOT

WHEEL = 48


def main_py(*arguments, cwd=None, **environment):
    environment = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *map(str, arguments)],
        capture_output=True, text=True, cwd=cwd, timeout=300,
        env={name: value for name, value in environment.items() if value is not None},
    )


def picture(path):
    return cv2.imread(str(path))[..., ::-1]


@pytest.fixture
def rendered(small_model_path):
    """Renders maps in this process, for comparing."""
    from core.models.model_file import load_model
    from core.rendering.renderer import Renderer

    renderer = Renderer(load_model(small_model_path))

    def render(scene, codes=None, size=None):
        labels, instances = scene.label_map, scene.instance_map
        if size:
            labels, instances = resize_nearest(labels, size), resize_nearest(instances, size)
        return renderer.render(labels, instances, scene.codes if codes is None else codes, scene.label_set)

    render.book = renderer.model.code_book
    return render


# -- commands ------------------------------------------------------------------


def test_help_lists_the_commands_and_needs_no_dependencies():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('numpy', 'torch', 'cv2', 'PySide6')));"
        "sys.argv = ['main.py', '--help']; import runpy; runpy.run_path('main.py', run_name='__main__')"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    for command in ("render", "import", "bench", "test"):
        assert f"\n  {command}" in result.stdout


@pytest.mark.parametrize("command", [name for name in dispatch.COMMANDS if name != "test"])
def test_help_of_a_command_does_not_load_torch(command):
    if not dispatch._there(dispatch.COMMANDS[command][0]):
        pytest.skip(f"'{command}' is not there yet")
    code = (
        "import sys; from core.commands.dispatch import main\n"
        f"try: main([{command!r}, '--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print('LOADED', [name for name in ('torch', 'sklearn', 'bpy', 'PySide6') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert "usage:" in result.stdout and "LOADED []" in result.stdout, result.stdout + result.stderr


def test_version():
    import core

    assert main_py("--version").stdout == f"Veduta {core.__version__}\n"


def test_render_one_map(street, tmp_path, small_model_path, rendered):
    save_pair(street, tmp_path / "l.png", tmp_path / "i.png")
    result = main_py(
        "render", "--labels", tmp_path / "l.png", "--instances", tmp_path / "i.png", "--model", small_model_path,
        "--out", tmp_path / "p.png",
    )
    assert result.returncode == 0, result.stderr
    assert np.array_equal(picture(tmp_path / "p.png"), rendered(street, {}))


def test_render_without_instances_splits_objects(street, tmp_path, small_model_path, rendered):
    save_pair(street, tmp_path / "l.png")
    result = main_py("render", "--labels", tmp_path / "l.png", "--model", small_model_path, "--out", tmp_path / "p.png")
    assert result.returncode == 0, result.stderr
    assert np.array_equal(picture(tmp_path / "p.png"), rendered(load_pair(tmp_path / "l.png")))


def test_render_with_codes_and_size(street, tmp_path, small_model_path, rendered):
    save_project(tmp_path / "s.veduta", street)
    common = ("render", "--labels", tmp_path / "s.veduta", "--model", small_model_path, "--size", "64x40")
    common = [str(word) for word in common]
    assert dispatch.main([*common, "--out", str(tmp_path / "a.png"), "--codes", "5", "--code", "26004=2"]) == 0
    codes = rendered.book.random_codes(street.objects(), 5) | {26004: rendered.book.code(26, 2)}
    expected = rendered(street, codes, (64, 40))
    assert expected.shape == (40, 64, 3)
    assert np.array_equal(picture(tmp_path / "a.png"), expected)
    assert dispatch.main([*common, "--out", str(tmp_path / "b.png"), "--code", "26004=1"]) == 0
    assert not np.array_equal(picture(tmp_path / "b.png"), expected)


def test_a_photograph_never_replaces_a_map(street, tmp_path, small_model_path, capsys):
    folder = tmp_path / "maps"
    folder.mkdir()
    save_pair(street, folder / "l.png", tmp_path / "i.png")
    before = (folder / "l.png").read_bytes(), (tmp_path / "i.png").read_bytes()
    single = ["--labels", folder / "l.png", "--instances", tmp_path / "i.png"]
    for words in (["--labels", folder, "--out", folder], [*single, "--out", folder / ".." / "maps" / "l.png"], [*single, "--out", tmp_path / "i.png"]):
        assert dispatch.main(["render", "--model", str(small_model_path), *map(str, words)]) == 2
        assert "choose another --out" in capsys.readouterr().err
    assert before == ((folder / "l.png").read_bytes(), (tmp_path / "i.png").read_bytes())


def test_a_smaller_map_is_enlarged_before_parts_are_filled_in_and_shadows_cast(tmp_path, small_model_path):
    labels = np.full((48, 96), 23, np.uint8)
    labels[6:30, 4:70] = 11
    labels[30:] = 7
    labels[26:36, 76:90] = 26
    small = Scene(labels, split_objects(labels))
    large = Scene(*(resize_nearest(values, (768, 384)) for values in (small.label_map, small.instance_map)))
    for name, scene, row in (("small", small, 25.0), ("large", large, 200.0)):
        save_project(tmp_path / f"{name}.veduta", scene, {"horizon": row})
    more = ["--fill-parts", "--shadows=-55,38", "--model", str(small_model_path)]
    for name, size in (("small", ["--size", "768x384"]), ("large", [])):
        street = ["--labels", str(tmp_path / f"{name}.veduta"), "--out", str(tmp_path / f"{name}.png")]
        assert dispatch.main(["render", *street, *size, *more]) == 0
    assert np.array_equal(picture(tmp_path / "small.png"), picture(tmp_path / "large.png"))


def test_render_with_looks_of_parts(street, tmp_path, parted_model_path, capsys):
    from core.looks import random_looks
    from core.models.model_file import load_model
    from core.rendering.renderer import Renderer

    renderer = Renderer(load_model(parted_model_path))
    book, wheels = renderer.model.code_book, look_key(26000, WHEEL)
    street.codes = {wheels: np.ones(6, np.float32)}
    save_project(tmp_path / "s.veduta", street)

    def render(*words):
        status = dispatch.main([
            "render", "--labels", str(tmp_path / "s.veduta"), "--model", str(parted_model_path),
            "--out", str(tmp_path / "o.png"), *words,
        ])
        return picture(tmp_path / "o.png") if status == 0 else capsys.readouterr().err

    def expected(codes):
        return renderer.render(street.label_map, street.instance_map, codes, street.label_set)

    as_saved = expected(street.codes)
    assert np.array_equal(render(), as_saved)
    # The wheels of the file give way to the car's new look, unless they are given one too, in whichever order.
    alone = expected({26000: book.code(26, 2)})
    assert np.array_equal(render("--code", "26000=2"), alone) and not np.array_equal(alone, as_saved)
    both = expected({26000: book.code(26, 2), wheels: book.part_code(WHEEL, 1, book.code(26, 2))})
    assert not np.array_equal(both, alone)
    for part in ("car wheel", str(WHEEL)):
        assert np.array_equal(render("--code", f"26000/{part}=1", "--code", "26000=2"), both)
    only = expected({wheels: book.part_code(WHEEL, 1, book.default_code(26000))})
    assert np.array_equal(render("--code", "26000/car wheel=1"), only)
    drawn = random_looks(book, street.label_map, street.instance_map, street.label_set, 5)
    assert wheels in drawn and np.array_equal(render("--codes", "5"), expected(drawn))
    assert np.array_equal(render("--codes", "5", "--code", "26000=2", "--code", "26000/48=1"), expected(
        {**drawn, 26000: book.code(26, 2), wheels: book.part_code(WHEEL, 1, book.code(26, 2))}
    ))
    for words, sentence in {
        "26000/window=1": "no parts called 'window'; it has car wheel.", "26004/car wheel=1": "'; it has no parts.",
        "26000/car wheel=2": "looks 0 to 1 for 'car wheel'", "11/window=0": "no looks to choose from for 'window'; leave --code 11/window=0",
        "26777/48=0": "no object 26777",
    }.items():
        (line,) = render("--code", words).splitlines()
        assert sentence in line
    with pytest.raises(SystemExit):
        render("--code", "26000/=1")
    assert "26003/car glass=2" in capsys.readouterr().err


def test_render_folders_of_each_layout(street, tmp_path, small_model_path, rendered, capsys):
    expected = rendered(street, {})
    official = tmp_path / "cityscapes" / "gtFine" / "val" / "ulm"
    official.mkdir(parents=True)
    save_pair(street, official / "ulm_0_0_gtFine_labelIds.png", official / "ulm_0_0_gtFine_instanceIds.png")
    for name in ("a", "b"):
        save_folder_pair(tmp_path / "nvidia", "test", name, street, strict=False)
    for source, arguments, names in (
        ("cityscapes", (), ["ulm_0_0.png"]),
        ("nvidia", (), ["a.png", "b.png"]),
        ("nvidia/test_label", (), ["a.png", "b.png"]),
        ("nvidia/test_label", ("--instances", tmp_path / "nvidia" / "test_inst"), ["a.png", "b.png"]),
    ):
        out = tmp_path / "out" / source.replace("/", "-")
        words = ("render", "--labels", tmp_path / source, *arguments, "--out", out, "--model", small_model_path)
        assert dispatch.main([str(word) for word in words]) == 0
        assert "street" in capsys.readouterr().err  # the bar
        assert sorted(path.name for path in out.iterdir()) == names
        assert all(np.array_equal(picture(out / name), expected) for name in names)


# -- without a display -----------------------------------------------------------


def test_without_a_display_the_example_becomes_a_picture(tmp_path, small_model_path):
    scene = _example()
    result = main_py(
        "--model", small_model_path, cwd=tmp_path, DISPLAY=None, WAYLAND_DISPLAY=None, QT_QPA_PLATFORM=None
    )
    if not sys.platform.startswith("linux"):
        pytest.skip("other systems always have a display")
    assert result.returncode == 0, result.stderr
    written = picture(tmp_path / "veduta-example.png")
    assert written.shape == (scene.size[1], scene.size[0], 3) and written.std() > 1
    assert str(tmp_path / "veduta-example.png") in result.stdout and "window" in result.stdout


def _example():
    try:
        return example_scene()
    except DataError:
        pytest.skip("there is no example street yet")


def test_examples_are_taken_in_sorted_order(street, tmp_path):
    with pytest.raises(DataError):
        example_scene(tmp_path)
    save_pair(street, tmp_path / "x_gtFine_labelIds.png", tmp_path / "x_gtFine_instanceIds.png")
    assert np.array_equal(example_scene(tmp_path).instance_map, street.instance_map)
    save_project(tmp_path / "b.veduta", street)
    street.write((0, 0, 1, 1), np.ones((1, 1), bool), 7, 7)
    save_project(tmp_path / "a.veduta", street)
    assert example_scene(tmp_path).label_at(0, 0) == 7


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_what_counts_as_a_display(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert not dispatch.has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert dispatch.has_display()


# -- dependencies ------------------------------------------------------------------


def test_the_lock_is_within_the_ranges():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for ranges, lock in (
        (project["project"]["dependencies"], project["tool"]["veduta"]["lock"]),
        (project["project"]["optional-dependencies"]["test"], project["tool"]["veduta"]["lock-test"]),
    ):
        allowed = {Requirement(text).name: Requirement(text).specifier for text in ranges}
        pinned = [Requirement(text) for text in lock]
        assert {pin.name for pin in pinned} == set(allowed)
        for pin in pinned:
            (exact,) = pin.specifier
            assert exact.operator == "==" and exact.version in allowed[pin.name], pin
        for python in ("3.11", "3.12", "3.13", "3.14"):
            here = [pin.name for pin in pinned if pin.marker is None or pin.marker.evaluate({"python_version": python})]
            assert sorted(here) == sorted(allowed), python


def test_installed_dependencies_are_found_and_absent_ones_named():
    assert bootstrap.missing_modules(bootstrap.locked(tests=True)) == []
    assert bootstrap.missing_modules(["no-such-thing-here==1", "numpy==1; x"]) == ["no-such-thing-here"]


def test_bootstrap_imports_nothing_but_the_standard_library():
    code = "import sys; from core import bootstrap; print(*{m.split('.')[0] for m in sys.modules})"
    result = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    loaded = set(result.stdout.split()) - {"core", "__main__", "builtins"}
    assert loaded <= set(sys.stdlib_module_names) | {"sitecustomize", "usercustomize"}


def test_missing_system_packages_are_named_or_installed(monkeypatch, capsys, tmp_path):
    """apt-get is replaced by a program that records how it was called."""
    calls = tmp_path / "calls"
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$@" >> {calls}\n')
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(bootstrap, "_administrator", lambda: [])
    bootstrap._install_packages(["libgl1", "xvfb"], needed=True)
    update, install = calls.read_text().splitlines()
    assert "update" in update and install.endswith("install -y --no-install-recommends libgl1 xvfb")

    monkeypatch.setattr(bootstrap, "_administrator", lambda: None)
    with pytest.raises(bootstrap.NotReady, match="apt-get install -y --no-install-recommends libgl1"):
        bootstrap._install_packages(["libgl1"], needed=True)
    bootstrap._install_packages(["libxcb-cursor0"], needed=False)
    assert "apt-get install -y --no-install-recommends libxcb-cursor0" in capsys.readouterr().out


# -- imports -----------------------------------------------------------------------


def test_no_core_module_brings_qt():
    """Every module of the engine, in a fresh interpreter without Blender, which only core.streets' own modules need."""
    modules = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "core").rglob("*.py")
    )
    code = (
        "import importlib, sys\n"
        "sys.modules['bpy'] = sys.modules['mathutils'] = None\n"
        f"for name in {modules!r}:\n"
        "    try: importlib.import_module(name)\n"
        "    except ModuleNotFoundError as error:\n"
        "        if error.name not in ('bpy', 'mathutils') or name in ('core.streets', 'core.streets.dataset') "
        "or not name.startswith('core.streets.'): raise\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('PySide6', 'shiboken6', 'PyQt5', 'PyQt6', 'app')])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "[]\n"


def test_the_engine_never_names_the_window():
    for path in (ROOT / "core").rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            words = line.split()
            assert not (words[:1] in (["import"], ["from"]) and words[1].split(".")[0] in ("app", "PySide6")), path


def test_opencv_leaves_qts_variables_alone():
    code = "import os; from core.opencv import cv2; print(os.environ.get('QT_QPA_PLATFORM_PLUGIN_PATH'))"
    environment = {**os.environ, "QT_QPA_PLATFORM_PLUGIN_PATH": "/mine"}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment)
    assert result.stdout == "/mine\n"


def test_processes_share_a_folder_between_them(street, tmp_path, small_model_path):
    """What torchrun starts: the same command with a rank each, in processes of their own."""
    for name in "abcde":
        save_folder_pair(tmp_path / "maps", "test", name, street, strict=False)
    command = [sys.executable, str(ROOT / "main.py"), "render", "--labels", str(tmp_path / "maps"), "--model", str(small_model_path)]
    both = [
        subprocess.Popen([*command, "--out", str(tmp_path / f"out{rank}")], env={**os.environ, "RANK": str(rank), "WORLD_SIZE": "2"})
        for rank in (0, 1)
    ]
    assert [process.wait(300) for process in both] == [0, 0]
    shares = [sorted(path.name for path in (tmp_path / f"out{rank}").iterdir()) for rank in (0, 1)]
    assert shares == [["a.png", "c.png", "e.png"], ["b.png", "d.png"]]
