"""``main.py bench canvas``: how smoothly the studio draws while somebody paints, and the photograph follows."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Callable

SUMMARY = "milliseconds a frame of the window takes while painting"

#: A screen's pace.
_FRAME_SECONDS = 1 / 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from core.commands.bench import count, size

    parser.add_argument("--size", type=size, default=(4096, 2048), metavar="WxH", help="size of the maps (4096x2048)")
    parser.add_argument("--window", type=size, default=(1600, 900), metavar="WxH", help="size of the window (1600x900)")
    parser.add_argument("--frames", type=count, default=300, metavar="N", help="pointer moves, one a frame (300)")
    parser.add_argument("--view", choices=("side", "overlay", "swipe"), default="side", help="how the street is shown (side)")
    parser.add_argument("--model", type=Path, metavar="MODEL", help="render with this model file, not the default one")


def run(arguments: argparse.Namespace, progress: Callable[[str], None]) -> dict:
    """Paint with the mouse in a real window, live rendering on.

    A frame is one pointer move: the stroke grows, the labels and the
    photograph's fresh pieces are converted and painted. Between two frames
    the loop sleeps as a screen would make it wait, so that the render thread
    works as it does for a person.
    """
    # Without a screen Qt draws into memory; the work is the same.
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication

    from app.settings import Settings
    from app.studio import make_studio
    from core.commands.bench_render import street
    from core.commands.timing import machine
    from core.rendering.renderer import default_model_path
    from core.scene.scene import Scene

    app = QApplication.instance() or QApplication(["veduta"])
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat))
        settings["open_example"] = False
        settings["view"] = arguments.view
        studio = make_studio(app, settings, Path(folder) / "recovery")
        try:
            studio.resize(*arguments.window)
            studio.show()
            studio.begin()
            studio.documents.show(Scene(*street(*arguments.size)), "Street", None)
            model = arguments.model or default_model_path()
            if model.is_file():
                progress("first photograph")
                if str(model) != getattr(studio.context.model, "path", None):
                    studio.live.open_model(str(model))
                _wait(app, lambda: studio.live.is_current and not studio.live.busy, 120)
            progress("painting")
            measured = _paint(app, studio, arguments.frames)
            progress("last photograph")
            _wait(app, lambda: studio.context.model is None or studio.live.is_current, 60)
            photograph = studio.context.photograph
            measured |= {"photograph_ms": round(photograph.milliseconds, 2) if photograph else None}
        finally:
            studio.context.history.mark_saved()
            studio.close()
            app.processEvents()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return measured | {
        "size": list(arguments.size),
        "window": list(arguments.window),
        "view": arguments.view,
        "model": model.name if model.is_file() else None,
        "platform": app.platformName(),
        "machine": machine() | {"load_average": load},
    }


def _paint(app, studio, frames: int) -> dict:
    """Strokes of twenty moves each in a wide circle over the middle of the street."""
    import numpy as np
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent

    from core.commands.timing import median_ms, p95_ms

    pane, context = studio.canvas.panes[0], studio.context
    context.choose_radius(32)
    width, height = context.scene.size
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    random = np.random.default_rng(0)
    labels = [label.id for label in context.label_set if label.id > 6]
    frame_ms: list[float] = []
    gui_ms: list[float] = []
    shown: list[int] = []
    context.photograph_changed.connect(lambda: shown.append(context.photograph.number))

    def send(kind, spot, button, held) -> None:
        app.sendEvent(pane, QMouseEvent(kind, spot, QPointF(pane.mapToGlobal(spot)), button, held, Qt.KeyboardModifier.NoModifier))

    for frame in range(frames):
        angle = frame * 0.04
        spot = pane.from_image(QPointF((0.5 + 0.3 * np.cos(angle)) * width, (0.5 + 0.3 * np.sin(angle)) * height))
        began, computed = time.perf_counter(), time.thread_time()
        if frame % 20 == 0:
            if frame:
                send(QEvent.Type.MouseButtonRelease, spot, left, none)
            context.choose_label(int(random.choice(labels)))
            send(QEvent.Type.MouseButtonPress, spot, left, left)
        else:
            send(QEvent.Type.MouseMove, spot, none, left)
        app.processEvents()
        frame_ms.append((time.perf_counter() - began) * 1000)
        gui_ms.append((time.thread_time() - computed) * 1000)
        time.sleep(max(0.0, _FRAME_SECONDS - (time.perf_counter() - began)))
    send(QEvent.Type.MouseButtonRelease, spot, left, none)
    app.processEvents()
    return {
        "frame_ms_median": median_ms(frame_ms),
        "frame_ms_p95": p95_ms(frame_ms),
        "frame_ms_max": round(max(frame_ms), 2),
        "gui_ms_median": median_ms(gui_ms),
        "gui_ms_p95": p95_ms(gui_ms),
        "frames_per_second": round(1000 / max(median_ms(frame_ms), _FRAME_SECONDS * 1000), 1),
        "frames_in_time": round(float(np.mean(np.array(frame_ms) <= _FRAME_SECONDS * 1000)), 3),
        "frames": frames,
        "photographs_shown": len(shown),
        "photographs_in_order": shown == sorted(shown),
    }


def _wait(app, done: Callable[[], bool], seconds: float) -> None:
    from core.errors import VedutaError

    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise VedutaError(f"The photograph didn't come within {seconds:.0f} s; measure on a quieter machine.")
        app.processEvents()
        time.sleep(0.005)


def report(result: dict) -> str:
    width, height = result["size"]
    machine = result["machine"]
    return "\n".join(
        (
            f"Painting on {width}x{height} in a window of {result['window'][0]}x{result['window'][1]}, view "
            f"'{result['view']}' ({machine['processor']}, {machine['threads']} threads, load {machine['load_average']}):",
            f"  a frame takes {result['frame_ms_median']:.1f} ms (p95 {result['frame_ms_p95']:.1f}, most "
            f"{result['frame_ms_max']:.1f}); {100 * result['frames_in_time']:.0f} % are ready for a 60 Hz screen",
            f"  of that the window's own thread computes {result['gui_ms_median']:.1f} ms (p95 {result['gui_ms_p95']:.1f})",
            f"  {result['photographs_shown']} photographs followed {result['frames']} moves; model: {result['model']}",
        )
    )
