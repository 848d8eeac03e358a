"""What all tests share. Qt runs without a screen unless the environment says otherwise."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")

import tempfile
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from core.scene.scene import Scene

# How long an example takes says how busy the machine is, not whether it is right.
hypothesis.settings.register_profile(
    "veduta", hypothesis.settings.default, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("veduta")

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT.parent / "shared" / "cityscapes_samples"


def make_street(size: tuple[int, int] = (96, 48)) -> Scene:
    """A small street: sky, a building, a road, two cars (26000, 26004), a group of cars, a person, parts."""
    width, height = size
    labels = np.full((height, width), 23, np.uint8)
    labels[height // 4:height // 2, : width // 2] = 11
    labels[height // 2:] = 7
    instances = labels.astype(np.uint16)

    def put(x0, y0, x1, y1, label_id, value):
        area = np.s_[int(y0 * height):int(y1 * height), int(x0 * width):int(x1 * width)]
        labels[area] = label_id
        instances[area] = value

    put(0.10, 0.55, 0.35, 0.75, 26, 26000)
    put(0.15, 0.70, 0.20, 0.80, 48, 26000)  # a wheel
    put(0.30, 0.60, 0.50, 0.85, 26, 26004)
    put(0.60, 0.50, 0.80, 0.60, 26, 26)
    put(0.85, 0.45, 0.90, 0.80, 24, 24001)
    put(0.10, 0.30, 0.20, 0.40, 40, 11)  # a window
    return Scene(labels, instances, codes={26000: np.array([0.5, -1.0, 0.25], np.float32)})


def scene_state(scene: Scene) -> tuple:
    """All that an edit can change, for comparing exactly."""
    codes = {value: code.tobytes() for value, code in scene.codes.items()}
    behind = {value: (entry.keys.tobytes(), entry.labels.tobytes()) for value, entry in scene.hidden.items()}
    return scene.label_map.tobytes(), scene.instance_map.tobytes(), codes, behind


def carried_out(scene: Scene, edit) -> Scene:
    """The edit applied, after checking that it reverts exactly."""
    before = scene_state(scene)
    edit.apply(scene)
    after = scene_state(scene)
    edit.revert(scene)
    assert scene_state(scene) == before
    edit.apply(scene)
    assert scene_state(scene) == after and scene.contradictions() == 0
    return scene


@pytest.fixture
def street() -> Scene:
    return make_street()


@pytest.fixture
def samples() -> Path:
    """Real Cityscapes pairs, where this machine has them."""
    if not SAMPLES.is_dir():
        pytest.skip("the Cityscapes samples are not on this machine")
    return SAMPLES


@pytest.fixture
def open_folder():
    """A folder that every user may look into, unlike those that pytest makes."""
    if os.name == "nt":
        pytest.skip("permissions are POSIX's")
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@contextmanager
def without_rights():
    """Root may do anything, so that it becomes nobody for a while; others stay what they are."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture(scope="session")
def small_model_path(tmp_path_factory) -> Path:
    """A model file with a small compact generator, random weights, and three looks for cars."""
    from core.models.model_file import save_model
    from tests.test_model_file import small_model

    path = tmp_path_factory.mktemp("model") / "small.safetensors"
    save_model(path, small_model())
    return path


@pytest.fixture(scope="session")
def parted_model_path(tmp_path_factory) -> Path:
    """The small model with two looks for the wheels of cars, which go with the look of the car."""
    from dataclasses import replace

    from core.appearance import Following
    from core.models.model_file import save_model
    from tests.test_model_file import small_model

    model, wheel = small_model(), 48
    model.card = replace(model.card, part_codes=True)
    model.code_book.centres[wheel] = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 6)).astype(np.float32)
    model.code_book.sizes[wheel] = np.array([2, 1])
    model.code_book.follow[wheel] = Following(np.float32(0.5) * np.eye(6, dtype=np.float32), np.zeros(6, np.float32))
    path = tmp_path_factory.mktemp("model") / "parted.safetensors"
    save_model(path, model)
    return path


def pytest_sessionfinish() -> None:
    """Empty the clipboard: Qt's platform without a screen frees what lies there after Python has ended, and crashes."""
    import sys

    gui = sys.modules.get("PySide6.QtGui")
    if gui is not None and gui.QGuiApplication.instance() is not None:
        gui.QGuiApplication.clipboard().clear()
