"""The window tests once more in a real X window, where Xvfb is there to give one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def display():
    """A screen of its own, 1600x1000; yields its name."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("Xvfb is not installed, so there is no X screen to open a window on")
    read, write = os.pipe()
    process = subprocess.Popen(
        [server, "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    if not number:
        process.wait(60)
        pytest.skip("Xvfb does not start here")
    yield f":{number}"
    process.terminate()
    process.wait(60)


def run(display: str, *arguments: str, timeout: float = 1800) -> subprocess.CompletedProcess:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    # Options that the outer pytest was given there are not for this one: a second report would replace the first.
    for name in ("WAYLAND_DISPLAY", "PYTEST_ADDOPTS"):
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout
    )


def test_strokes_in_a_real_window(display):
    done = run(
        display, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_app_window.py",
        "-k", "a_stroke or on_the_photograph or 300_fast and small",
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "3 passed" in done.stdout


def test_objects_survive_in_a_real_window(display):
    """Paint a car, move it, change its look, save, load, change its look again; stamps and handles too."""
    done = run(
        display, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_app_objects.py",
        "-k", "lives_through or handles or live_and_is_one_step or stamps",
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "4 passed" in done.stdout


def test_the_window_shows_before_torch_is_imported(display, tmp_path):
    script = (
        "import sys\n"
        "from PySide6.QtCore import QSettings\n"
        "from PySide6.QtWidgets import QApplication\n"
        "from app.settings import Settings\n"
        "from app.studio import make_studio\n"
        "app = QApplication([])\n"
        f"settings = Settings(QSettings({str(tmp_path / 'settings.ini')!r}, QSettings.Format.IniFormat))\n"
        "window = make_studio(app, settings)\n"
        "window.show()\n"
        "app.processEvents()\n"
        "print('window', window.isVisible(), app.platformName(), sorted({'torch', 'sklearn', 'bpy'} & set(sys.modules)))\n"
    )
    done = run(display, "-c", script)
    assert done.stdout.strip().endswith("window True xcb []"), done.stdout + done.stderr
