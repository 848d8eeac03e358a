"""``main.py bench soak``: paint for minutes, live rendering on, and see whether anything wears out."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Callable

import numpy as np

SUMMARY = "memory, order and truth of the photographs after minutes of random strokes"

_FRAME_SECONDS = 1 / 60
#: The part of the time after which memory is compared, at most a minute.
_WARM_UP = 0.25
#: Painting goes on for so many strokes where a slow machine has not done as many in the time.
_LEAST_STROKES = 8
#: Memory may grow by this after that.
MOST_GROWTH_PERCENT = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from core.commands.bench import count, size

    parser.add_argument("--seconds", type=count, default=600, metavar="N", help="how long to paint (600)")
    parser.add_argument("--size", type=size, default=(2048, 1024), metavar="WxH", help="size of the maps (2048x1024)")
    parser.add_argument("--window", type=size, default=(1600, 900), metavar="WxH", help="size of the window (1600x900)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another seed paints other strokes (0)")
    parser.add_argument("--model", type=Path, metavar="MODEL", help="render with this model file, not the default one")


def run(arguments: argparse.Namespace, progress: Callable[[str], None]) -> dict:
    """Paint at a screen's pace; undo, redo and rest now and then.

    Ten times, and at the end, the hand rests until the photograph is exact;
    it is then compared with a frame by a renderer of its own.
    """
    from app.measured_studio import opened
    from core.commands.bench_render import street
    from core.commands.timing import machine
    from core.errors import ModelFileError
    from core.rendering.renderer import default_model_path

    model = arguments.model or default_model_path()
    if not model.is_file():
        raise ModelFileError(f"There is no model '{model}' to paint with; name one with --model.")
    progress("first photograph")
    with opened(street(*arguments.size), arguments.window, "side", model) as (app, studio):
        measured = _Soak(app, studio, model, arguments.seed).run(arguments.seconds, progress)
        platform = app.platformName()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return measured | {
        "size": list(arguments.size), "seed": arguments.seed, "model": model.name, "platform": platform,
        "machine": machine() | {"load_average": load},
    }


class _Soak:
    """One long painting and what is noticed meanwhile."""

    def __init__(self, app, studio, model: Path, seed: int):
        from app.measured_studio import Pointer
        from core.models.model_file import load_model
        from core.rendering.renderer import Renderer

        self.app, self.studio, self.context = app, studio, studio.context
        self.pointer, self.random = Pointer(app, studio), np.random.default_rng(seed)
        self.renderer = Renderer(load_model(model), self.context.settings["device"])
        self.labels = [label.id for label in self.context.label_set if label.id > 6]
        self.strokes = self.steps_undone = 0
        self.differences: list[int] = []
        self.memory: list[tuple[float, int]] = []
        self.at_rest: list[tuple[float, int]] = []  # when the hand rests and freed memory is given back
        self.shown: list[tuple[int, int]] = []  # (number, revision) of every photograph, as shown
        self.context.photograph_changed.connect(self._note)

    def run(self, seconds: float, progress: Callable[[str], None]) -> dict:
        started = time.monotonic()
        checks = 0
        while (elapsed := time.monotonic() - started) < seconds or self.strokes < _LEAST_STROKES:
            progress(f"{elapsed:.0f} of {seconds:.0f} s, {self.strokes} strokes")
            self._stroke()
            self._sometimes_undo()
            if self.random.random() < 0.1:
                self._turn(self.random.uniform(0.3, 2.0))
            if elapsed >= checks * seconds / 10:
                checks += 1
                self._check(elapsed)
            self.memory.append((elapsed, resident_bytes()))
        progress("last photograph")
        self._check(time.monotonic() - started, fresh=True)
        warm = min(60.0, _WARM_UP * seconds)
        # While the hand moves, memory goes up and down by a third: freed blocks are kept for the next frame.
        # What grows by the hour is what is left when it rests.
        after = [held for at, held in self.at_rest if at >= warm] or [held for _, held in self.at_rest]
        part = max(1, len(after) // 4)
        first, last = (float(np.median(held)) for held in (after[:part], after[-part:]))
        painting = [held for at, held in self.memory if at >= warm] or [held for _, held in self.memory]
        return {
            "seconds": round(time.monotonic() - started, 1),
            "strokes": self.strokes,
            "steps_undone": self.steps_undone,
            "photographs_shown": len(self.shown),
            "stale_shown": stale(self.shown),
            "comparisons": len(self.differences),
            "max_abs_diff": max(self.differences) / 255,
            "last_abs_diff": self.differences[-1] / 255,
            "memory_mb_warm": round(first / 2**20, 1),
            "memory_mb_end": round(last / 2**20, 1),
            "memory_mb_painting_median": round(float(np.median(painting)) / 2**20, 1),
            "memory_mb_painting_most": round(max(painting) / 2**20, 1),
            "memory_mb_at_rest": [round(held / 2**20) for _, held in self.at_rest],
            "memory_mb": [round(held / 2**20) for _, held in self.memory[:: max(1, len(self.memory) // 20)]],
            "memory_growth_percent": round(100 * (last / first - 1), 2) if first else None,
        }

    # -- painting -------------------------------------------------------------------

    def _stroke(self) -> None:
        """Five to thirty moves of a wandering pointer, one a frame."""
        width, height = self.context.scene.size
        self.context.choose_label(int(self.random.choice(self.labels)))
        self.context.choose_radius(int(self.random.integers(4, 65)))
        spot = self.random.uniform((0, 0), (width, height))
        self.pointer.press(*spot)
        self._turn(_FRAME_SECONDS)
        heading = self.random.uniform(0, 2 * np.pi)
        for _ in range(int(self.random.integers(5, 31))):
            heading += self.random.normal(0, 0.4)
            spot = np.clip(spot + 12 * np.array([np.cos(heading), np.sin(heading)]), 0, (width - 1, height - 1))
            self.pointer.move(*spot)
            self._turn(_FRAME_SECONDS)
        self.pointer.release(*spot)
        self.strokes += 1

    def _sometimes_undo(self) -> None:
        history = self.context.history
        if self.random.random() < 0.15:
            for step in ("undo", "undo", "redo"):
                if getattr(history, f"can{step.capitalize()}")():
                    getattr(history, step)()
                    self.steps_undone += step == "undo"
                    self._turn(_FRAME_SECONDS)

    def _turn(self, seconds: float) -> None:
        """Let the window work for ``seconds``."""
        end = time.monotonic() + seconds
        self.app.processEvents()
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.004))
            self.app.processEvents()

    # -- looking ----------------------------------------------------------------------

    def _note(self) -> None:
        photograph = self.context.photograph
        if photograph is not None:
            self.shown.append((photograph.number, photograph.snapshot.revision))

    def _check(self, elapsed: float, fresh: bool = False) -> None:
        """Rest until the photograph is exact, note the memory, and compare the photograph with a frame rendered anew."""
        from app.measured_studio import settled, wait
        from core.models.model_file import load_model
        from core.memory import give_back_memory
        from core.rendering.renderer import Renderer

        wait(self.app, lambda: settled(self.studio), 120)
        give_back_memory()
        self.at_rest.append((elapsed, resident_bytes()))
        if fresh:
            self.renderer = Renderer(load_model(self.context.model.path), self.context.settings["device"])
        shot = self.context.scene.snapshot()
        expected = self.renderer.render(shot.label_map, shot.instance_map, shot.codes, shot.label_set)
        give_back_memory()  # what comparing took is not the studio's
        self.differences.append(int(np.abs(self.context.photograph.rgb.astype(np.int16) - expected).max()))


def stale(shown: list[tuple[int, int]]) -> int:
    """How many of the (number, revision) shown one after another were older than one shown before."""
    newest, found = (-1, -1), 0
    for number, revision in shown:
        found += number < newest[0] or revision < newest[1]
        newest = max(newest[0], number), max(newest[1], revision)
    return found


def resident_bytes() -> int:
    """Memory of this process that is in use now; 0 where the system doesn't say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError):
        pass
    import subprocess

    try:
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, text=True, timeout=5)
        return int(told.stdout) * 1024
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def report(result: dict) -> str:
    width, height = result["size"]
    growth = result["memory_growth_percent"]

    def verdict(good: bool) -> str:
        return "ok" if good else "NOT MET"

    return "\n".join(
        (
            f"{result['strokes']} strokes on {width}x{height} in {result['seconds']:.0f} s, {result['steps_undone']} steps undone, "
            f"{result['photographs_shown']} photographs shown ({result['model']}, {result['machine']['processor']}):",
            f"  older than one shown before: {result['stale_shown']}  {verdict(not result['stale_shown'])}",
            f"  exact photographs differ from fresh ones by {result['max_abs_diff'] * 255:.0f}/255 at most, "
            f"{result['comparisons']} compared; the last by {result['last_abs_diff'] * 255:.0f}  {verdict(result['max_abs_diff'] <= 1 / 255)}",
            "  memory: not told by this system" if growth is None else
            f"  memory at rest {result['memory_mb_warm']:.0f} MB after warming up, {result['memory_mb_end']:.0f} MB at the end: "
            f"{growth:+.1f} %; {result['memory_mb_painting_median']:.0f} MB while painting, "
            f"{result['memory_mb_painting_most']:.0f} at most  {verdict(growth < MOST_GROWTH_PERCENT)}",
        )
    )
