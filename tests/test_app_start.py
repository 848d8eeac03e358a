"""Starting: the window is there before anything that takes seconds, and the street before torch."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon

from app.icons import icon
from app.theme import DARK, LIGHT
from core.errors import ProjectFileError
from core.scene.project import read_render, save_project
from tests.app_mouse import wait_for
from tests.app_support import bare_studio, no_leaks, settings, small_street  # noqa: F401
from tests.conftest import ROOT

SHOWN = """
import sys
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from app.settings import Settings
from app.studio import make_studio
app = QApplication([])
folder = sys.argv[1]
studio = make_studio(app, Settings(QSettings(folder + "/s.ini", QSettings.Format.IniFormat)), None)
studio.show()
app.processEvents()
assert studio._pages.currentWidget() is studio._empty_page, "the start page flashed up"
heavy = [name for name in ("torch", "sklearn", "scipy", "sympy", "qtawesome", "qtpy", "bpy", "pyqtgraph", "PIL.Image") if name in sys.modules]
assert not heavy, heavy
print("shown")
"""

HEAD_START = """
import sys
from app import head_start
head_start.begin()
head_start.wait()
assert "torch" not in sys.modules
maps = open("/proc/self/maps").read()
assert "libtorch_cpu" in maps and "libtorch_python" not in maps
import torch
assert float(torch.nn.functional.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3)).sum()) == 36
print("loaded")
"""


def run(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_window_shows_before_anything_heavy_is_imported(tmp_path):
    assert "shown" in run(SHOWN, str(tmp_path))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux's list of loaded libraries")
def test_torchs_libraries_are_loaded_without_importing_torch():
    assert "loaded" in run(HEAD_START)


def test_a_render_is_read_alone_and_small(tmp_path):
    scene = small_street(640, 320)
    shown = np.zeros((320, 640, 3), np.uint8)
    shown[:, 320:] = (200, 100, 50)
    save_project(tmp_path / "a.veduta", scene, None, shown)
    small = read_render(tmp_path / "a.veduta", 150)
    assert small.shape == (80, 160, 3) and np.abs(small[40, 120].astype(int) - (200, 100, 50)).max() <= 4
    assert read_render(tmp_path / "a.veduta", 1000).shape == (320, 640, 3)
    save_project(tmp_path / "b.veduta", scene)
    assert read_render(tmp_path / "b.veduta", 150) is None
    (tmp_path / "c.veduta").write_bytes(b"no project")
    for name in ("c.veduta", "none.veduta"):
        with pytest.raises(ProjectFileError):
            read_render(tmp_path / name, 150)


def test_the_start_page_fills_its_pictures_while_it_is_shown(bare_studio):  # noqa: F811
    page = bare_studio.start_page
    assert page.isVisible()
    if not page._examples.count():
        pytest.skip("there are no example streets")
    wait_for(lambda: not page._waiting)
    for i in range(page._examples.count()):
        picture = page._examples.itemAt(i).widget().icon().pixmap(QSize(272, 136)).toImage()
        assert len({picture.pixel(x, 60) for x in range(0, picture.width(), 7)}) > 5
    assert not page._next.isActive()


@pytest.mark.parametrize("look", (LIGHT, DARK))
def test_icons_are_drawn_in_the_looks_colours(qapp, look):
    def colour(picture) -> tuple:
        image = picture.toImage()
        found = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
        return max(found, key=lambda c: c.alpha()).name(), sum(c.alpha() > 128 for c in found)

    drawn = icon("paint-brush", look.text, look.faint, look.accent)
    size = QSize(40, 40)
    name, covered = colour(drawn.pixmap(size))
    assert name == look.text and 60 < covered < 800
    assert colour(drawn.pixmap(size, QIcon.Mode.Disabled))[0] == look.faint
    assert colour(drawn.pixmap(size, QIcon.Mode.Normal, QIcon.State.On))[0] == look.accent
    assert colour(QIcon(drawn).pixmap(size, QIcon.Mode.Active))[0] == look.text
    lock = icon("lock-open", look.text, on=look.accent, on_name="lock-fill")
    assert colour(lock.pixmap(size, QIcon.Mode.Normal, QIcon.State.On))[1] > 1.5 * colour(lock.pixmap(size))[1]
    with pytest.raises(KeyError):
        icon("no such sign", look.text)
