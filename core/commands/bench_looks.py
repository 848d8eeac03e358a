"""``main.py bench looks``: seconds until a car is shown in ten looks."""

from __future__ import annotations

import argparse
import time
from typing import Callable

import numpy as np

SUMMARY = "seconds for the thumbnails of one object in each of its looks"

#: (width, height) of a thumbnail, what the studio asks for.
SIZE = (144, 108)

_LOOKS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from core.commands.bench import add_usual_arguments

    add_usual_arguments(parser, 5, "rounds", "street")


def run(arguments: argparse.Namespace, progress: Callable[[str], None]) -> dict:
    """Ten thumbnails of a usual car, of one that fills the frame's height, and of the road.

    Where the model has fewer looks, codes are drawn to make ten: the work is the same.
    """
    from core.commands.bench_render import default_model
    from core.commands.timing import interleaved, machine, median_ms, p95_ms
    from core.look_thumbnails import code_thumbnails, look_box, plan_crop, seen
    from core.rendering.renderer import Renderer
    from core.scene.scene import Scene

    model, what = default_model(arguments.model)
    renderer = Renderer(model, arguments.device)
    snapshot = Scene(*street(*arguments.size)).snapshot()
    codes = np.random.default_rng(0).normal(size=(_LOOKS, model.card.code_dim)).astype(np.float32)
    first: dict[str, list[float]] = {name: [] for name in OBJECTS}

    def draw(name: str) -> None:
        start = time.perf_counter()
        for k, _ in code_thumbnails(renderer, snapshot, OBJECTS[name], codes, SIZE):
            if k == 0:
                first[name].append((time.perf_counter() - start) * 1000)

    times = interleaved({name: (lambda name=name: draw(name)) for name in OBJECTS}, arguments.repeats, None, progress)
    found = {}
    for name, value in OBJECTS.items():
        crop = plan_crop(look_box(snapshot, value), snapshot.size, SIZE, seen(renderer), renderer.multiple)
        found[name] = {
            "ms": median_ms(times[name]), "p95_ms": p95_ms(times[name]),
            "first_ms": median_ms(first[name][1:]),  # the first of all warms up
            "working_size": list(crop.working_size), "scale": crop.scale,
        }
    return {
        "looks": _LOOKS, "objects": found, "model": what, "size": list(arguments.size),
        "device": str(renderer.device), "machine": machine(),
    }


def report(result: dict) -> str:
    width, height = result["size"]
    lines = [f"{result['looks']} looks of one object in a {width}x{height} street on {result['device']}, {result['model']}:"]
    for name, row in result["objects"].items():
        shape = "x".join(str(side) for side in row["working_size"])
        lines.append(
            f"  {name:10s} {row['ms']:8.0f} ms  (p95 {row['p95_ms']:.0f}, the first after {row['first_ms']:.0f}), "
            f"from {shape} pixels at scale {row['scale']:g}"
        )
    return "\n".join(lines)


#: What is measured -> its instance value in :func:`street`.
OBJECTS = {"car": 26000, "near car": 26001, "road": 7}


def street(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """The render measurement's street with a usual and a very near car: (label map, instance map)."""
    from core.commands.bench_render import street as plain

    labels, instances = plain(width, height)
    for value, (x0, y0, x1, y1) in ((26001, (0.5, 0.3, 0.95, 0.95)), (26000, (0.2, 0.5, 0.34, 0.65))):
        instances[instances == value] = 26900
        area = np.s_[int(y0 * height):int(y1 * height), int(x0 * width):int(x1 * width)]
        labels[area], instances[area] = 26, value
    return labels, instances
