"""``main.py bench canvas``: how smoothly the studio draws while somebody paints, and the photograph follows."""

from __future__ import annotations

import argparse
import os
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
    from app.measured_studio import opened, settled, wait
    from core.commands.bench_render import street
    from core.commands.timing import machine
    from core.rendering.renderer import default_model_path

    model = arguments.model or default_model_path()
    progress("first photograph")
    shown: list[int] = []
    with opened(street(*arguments.size), arguments.window, arguments.view, model) as (app, studio):
        studio.context.photograph_changed.connect(lambda: shown.append(studio.context.photograph.number))
        progress("painting")
        measured = _paint(app, studio, arguments.frames)
        progress("last photograph")
        wait(app, lambda: studio.context.model is None or settled(studio), 60)
        photograph = studio.context.photograph
        measured |= {"photograph_ms": round(photograph.milliseconds, 2) if photograph else None}
        platform = app.platformName()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return measured | {
        "photographs_shown": len(shown),
        "photographs_in_order": shown == sorted(shown),
        "size": list(arguments.size),
        "window": list(arguments.window),
        "view": arguments.view,
        "model": model.name if model.is_file() else None,
        "platform": platform,
        "machine": machine() | {"load_average": load},
    }


def _paint(app, studio, frames: int) -> dict:
    """Strokes of twenty moves each in a wide circle over the middle of the street."""
    import numpy as np

    from app.measured_studio import Pointer, painted_areas
    from core.commands.timing import median_ms, p95_ms

    context, pointer = studio.context, Pointer(app, studio)
    context.choose_radius(32)
    width, height = context.scene.size
    random = np.random.default_rng(0)
    labels = [label.id for label in context.label_set if label.id > 6]
    frame_ms: list[float] = []
    gui_ms: list[float] = []
    areas = painted_areas(pointer.pane)
    for frame in range(frames):
        angle = frame * 0.04
        spot = (0.5 + 0.3 * np.cos(angle)) * width, (0.5 + 0.3 * np.sin(angle)) * height
        began, computed = time.perf_counter(), time.thread_time()
        if frame % 20 == 0:
            if frame:
                pointer.release(*spot)
            context.choose_label(int(random.choice(labels)))
            pointer.press(*spot)
        else:
            pointer.move(*spot)
        # Qt repaints a little after the move: what this one changed may be drawn, and timed, in the next turn.
        app.processEvents()
        frame_ms.append((time.perf_counter() - began) * 1000)
        gui_ms.append((time.thread_time() - computed) * 1000)
        time.sleep(max(0.0, _FRAME_SECONDS - (time.perf_counter() - began)))
    pointer.release(*spot)
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
        "repaints": len(areas),
        "repainted_share_median": round(float(np.median(areas or [0])) / (pointer.pane.width() * pointer.pane.height()), 4),
    }


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
            f"  {result['repaints']} repaints of the labels, of {100 * result['repainted_share_median']:.1f} % of their pane each (median)",
            f"  {result['photographs_shown']} photographs followed {result['frames']} moves; model: {result['model']}",
        )
    )
