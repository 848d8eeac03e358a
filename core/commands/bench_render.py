"""``main.py bench render``: a frame of the default model against NVIDIA's full-size network."""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path
from typing import Callable

import numpy as np

SUMMARY = "milliseconds a frame, of the default model and of pix2pixHD's full-size network"

# The default model's frames are short; several in each turn steady its median.
_FRAMES_PER_ROUND = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from core.commands.bench import add_usual_arguments

    add_usual_arguments(parser, 3, "rounds, each with one slow frame", "frame")


def run(arguments: argparse.Namespace, progress: Callable[[str], None]) -> dict:
    """Measure both on the same scene, device and threads, in turns.

    ``default_ms`` is the whole frame as the studio renders it, from maps that it
    hasn't seen the frame before to 8-bit picture; ``pix2pixhd_ms`` is the bare network on inputs made
    beforehand, a plain float32 module with random weights. So the ratio errs
    in NVIDIA's favour.
    """
    import torch

    from core.commands.timing import interleaved, machine, median_ms, p95_ms
    from core.labels import STREETS
    from core.networks.macs import macs
    from core.rendering.conditioning import inputs_for
    from core.rendering.renderer import Renderer
    from core.rendering.session import FrameSession

    width, height = arguments.size
    model, what = default_model(arguments.model)
    renderer = Renderer(model, arguments.device)
    labels, instances = street(width, height)
    full = full_size_network().to(renderer.device)
    padded = (-(-side // full.multiple) * full.multiple for side in (height, width))
    frame = torch.rand(1, full.input_channels, *padded, device=renderer.device)
    prepared = inputs_for(
        renderer.generator, renderer.conditioning(labels, instances, {}, STREETS).to(renderer.device)
    )

    def wait() -> None:
        if renderer.device.type == "cuda":
            torch.cuda.synchronize()
        elif renderer.device.type == "mps":
            torch.mps.synchronize()

    session = FrameSession(renderer)
    # Two streets in turn, so that no frame is one whose conditioning is known already.
    streets = itertools.cycle([(labels, instances), (labels[:, ::-1].copy(), instances[:, ::-1].copy())])

    def default_frame():
        session.full(*next(streets), {}, STREETS)

    @torch.inference_mode()
    def default_network():
        renderer.generator(*prepared)
        wait()

    @torch.inference_mode()
    def pix2pixhd():
        full(frame)
        wait()

    times = interleaved(
        {
            "default": default_frame,
            "default_network": default_network,
            "pix2pixhd": pix2pixhd,
        },
        arguments.repeats,
        {"default": _FRAMES_PER_ROUND, "default_network": _FRAMES_PER_ROUND},
        progress,
    )
    default_ms, pix2pixhd_ms = median_ms(times["default"]), median_ms(times["pix2pixhd"])
    return {
        "default_ms": default_ms,
        "pix2pixhd_ms": pix2pixhd_ms,
        "ratio": round(pix2pixhd_ms / default_ms, 2),
        "default_p95_ms": p95_ms(times["default"]),
        "pix2pixhd_p95_ms": p95_ms(times["pix2pixhd"]),
        "default_network_ms": median_ms(times["default_network"]),
        "default_network_p95_ms": p95_ms(times["default_network"]),
        "default_gmac": round(macs(renderer.generator, *prepared) / 1e9, 2),
        "pix2pixhd_gmac": round(macs(full, frame) / 1e9, 2),
        "default_model": what,
        "size": [width, height],
        **_floors(renderer, session, macs(full, frame), sum(p.numel() for p in full.parameters()), progress),
        "frames": {name: len(runs) for name, runs in times.items()},
        "device": str(renderer.device),
        "machine": machine(),
    }


def _floors(renderer, session, full_macs: int, full_weights: int, progress) -> dict:
    """The least times that this device's measured peaks allow, each network in its own precision."""
    import torch

    from core.commands.floor import measure_peak

    progress("measuring the device's peak")
    plain = measure_peak(renderer.device, torch.float32)
    found = {"peak_float32": plain.described(), "pix2pixhd_floor": plain.floor(full_macs, 4 * full_weights)}
    if session.executor is not None:
        own = measure_peak(renderer.device, session.executor.dtype)
        found |= {"peak": own.described(), "default_floor": own.floor(*session.executor.work())}
    return found | {"precision": renderer.precision}


def report(result: dict) -> str:
    width, height = result["size"]
    machine = result["machine"]
    return "\n".join(
        (
            f"One {width}x{height} frame on {result['device']} "
            f"({machine['processor']}, {machine['threads']} threads, torch {machine['torch']}):",
            f"  default model  {result['default_ms']:10.1f} ms  (p95 {result['default_p95_ms']:.1f}; network alone "
            f"{result['default_network_ms']:.1f})  {result['default_gmac']:7.1f} GMAC  {result['default_model']}",
            f"  pix2pixHD      {result['pix2pixhd_ms']:10.1f} ms  (p95 {result['pix2pixhd_p95_ms']:.1f})"
            f"  {result['pix2pixhd_gmac']:7.1f} GMAC  full size, random weights",
            f"  ratio          {result['ratio']:10.1f}",
            f"  floors         {_floor_text(result, 'default')}; {_floor_text(result, 'pix2pixhd')}",
        )
    )


def _floor_text(result: dict, name: str) -> str:
    floor, peak = result.get(f"{name}_floor"), result.get("peak" if name == "default" else "peak_float32")
    if floor is None:
        return f"{name}: unknown"
    return f"{name} {floor['floor_ms']:.0f} ms at {peak['gmac_per_s']:.0f} GMAC/s and {peak['gb_per_s']:.0f} GB/s"


def default_model(path: Path | None):
    """(model, what it is): ``path``, else the model that comes with the program, else its architecture untrained."""
    from core.labels import STREETS
    from core.models.model_file import Model, load_model, make_card
    from core.models.registry import build
    from core.rendering.renderer import default_model_path
    from core.training.recipes import RECIPES

    if path is None and not default_model_path().is_file():
        kind, config = RECIPES["compact"].generator
        described = (kind, {**config, "label_count": len(STREETS)})
        generator = build(*described).eval()
        card = make_card("untrained", described, None, STREETS, generator.code_dim, (2048, 1024))
        return Model(generator, None, card, None, STREETS), "compact architecture, random weights"
    path = path or default_model_path()
    return load_model(path), path.name


def full_size_network():
    """NVIDIA's city model (netG local, ngf 32, 4 downsamplings, 9 + 3 blocks, 35 + 1 + 3 channels), untrained."""
    from core.networks.pix2pixhd import LocalEnhancer

    return LocalEnhancer(
        label_channels=35, code_dim=3, width=32, downsamples=4, blocks=9, enhancers=1, local_blocks=3
    ).eval()


def street(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """A street of plain shapes with about fifty objects: (label map, instance map), always the same."""
    random = np.random.default_rng(0)
    labels = np.full((height, width), 23, np.uint8)  # sky
    labels[int(0.55 * height) :] = 7  # road
    labels[int(0.55 * height) : int(0.65 * height)] = 8  # sidewalk
    instances = labels.astype(np.uint16)

    def put(label_id: int, n: int, x: float, y: float, w: float, h: float) -> None:
        rows = slice(int(y * height), int((y + h) * height))
        columns = slice(int(x * width), int((x + w) * width))
        labels[rows, columns] = label_id
        instances[rows, columns] = label_id * 1000 + n

    for n in range(8):
        put(11, n, n / 8, random.uniform(0.05, 0.3), random.uniform(0.08, 0.125), 0.5)
    for label_id, total, low, high, w, h in ((21, 10, 0.2, 0.4, 0.05, 0.25), (26, 14, 0.5, 0.8, 0.08, 0.1)):
        for n in range(total):
            put(label_id, n, random.uniform(0, 0.9), random.uniform(low, high), w, h)
    for n in range(18):
        put(24, n, random.uniform(0, 0.95), random.uniform(0.45, 0.6), 0.012, 0.12)
    return labels, instances
