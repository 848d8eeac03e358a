"""``main.py bench edit``: brush strokes rendered edit-locally, against full frames of the same model."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Callable, Iterator

import numpy as np

SUMMARY = "milliseconds from a brush stroke to the new photograph, against a full frame"

#: Side of the brush in pixels; a stroke is dragged by three quarters of it: 0.3 % of a 2048x1024 frame.
BRUSH = 64
SHARES = (0.1, 1.0, 5.0, 20.0)

#: What SIGE (Li et al., NeurIPS 2022) reports for edits of 1.2 % of the frame on an Apple M1 Pro's CPU.
SIGE = {
    "edit_percent": 1.2,
    "DDIM": {"times_faster": 6.6, "times_fewer_macs": 7.5},
    "GauGAN": {"times_faster": 14, "times_fewer_macs": 18},
    "GauGAN, compressed": {"times_faster": 38, "times_fewer_macs": 50},
    "source": "project page and README of SIGE; its results approximate the full frame",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from core.commands.bench import count, size

    parser.add_argument("--strokes", type=count, default=30, metavar="N", help="strokes with the default model (30)")
    parser.add_argument("--size", type=size, default=(2048, 1024), metavar="WxH", help="size of the frame (2048x1024)")
    parser.add_argument("--labels", type=Path, metavar="MAP", help="paint on this label map, not on a made-up street")
    parser.add_argument("--model", type=Path, metavar="MODEL", help="measure this model file, not the default one")
    parser.add_argument(
        "--pix2pixhd-edits", type=int, default=3, metavar="N",
        help="strokes with pix2pixHD's full-size network, each with one slow frame; 0 leaves it out (3)",
    )
    parser.add_argument("--pix2pixhd-model", type=Path, metavar="MODEL", help="an imported model; else random weights")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")


def run(arguments: argparse.Namespace, progress: Callable[[str], None]) -> dict:
    """Measure strokes and full frames in turns, on the same growing painting.

    A stroke's time goes from label map to 8-bit picture: finding the change,
    conditioning, network and pixels; a full frame's likewise. Every update of
    the default model is compared with the plain network's frame.
    """
    from core.commands.bench_render import default_model
    from core.commands.timing import machine

    model, what = default_model(arguments.model)
    arguments.maps = _maps(arguments)
    height, width = arguments.maps[0].shape
    result = {
        "default_model": what,
        "size": [width, height],
        "street": arguments.labels.name if arguments.labels else "made up",
    }
    result |= _measure_exact(model, arguments, progress)
    if arguments.pix2pixhd_edits > 0:
        found = _measure_pix2pixhd(arguments, progress)
        result |= {f"pix2pixhd_{key}": value for key, value in found.items()}
        result["edit_against_pix2pixhd_full"] = round(found["full_ms_median"] / result["edit_ms_median"], 1)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return result | {"sige": SIGE, "machine": machine() | {"load_average": load}}


def _maps(arguments) -> tuple[np.ndarray, np.ndarray]:
    """(label map, instance map) to paint on."""
    if arguments.labels is None:
        from core.commands.bench_render import street

        return street(*arguments.size)
    from core.scene.cityscapes import load_pair

    scene = load_pair(arguments.labels)
    return scene.label_map, scene.instance_map


def _measure_exact(model, arguments, progress) -> dict:
    from core.rendering.renderer import Renderer
    from core.rendering.session import FrameSession

    renderer = Renderer(model, arguments.device)
    painting = Painting(*arguments.maps)
    session, other = FrameSession(renderer), FrameSession(renderer)
    progress("warming up")
    session.full(*painting.maps)
    other.full(*painting.maps)
    for box in painting.strokes(5):
        session.update(*painting.maps, dirty=box)
    edit, full, plain, differences, kinds = [], [], [], [], []
    works, obstacle = [], session.obstacle
    for turn, box in enumerate(painting.strokes(arguments.strokes)):
        progress(f"stroke {turn + 1} of {arguments.strokes}")
        frame = session.update(*painting.maps, dirty=box)
        edit.append(frame.milliseconds)
        kinds.append(frame.kind)
        if not obstacle:
            works.append(session.executor.work(session.executor.plan([_rect(box).grow(1)])[0]))
        # Fresh maps: so this full frame does all its conditioning too.
        full.append(other.full(*painting.maps).milliseconds)
        milliseconds, expected = _timed(lambda: renderer.render(*painting.maps))
        plain.append(milliseconds)
        differences.append(int(np.abs(frame.rgb.astype(np.int16) - expected).max()))
    result = _summary(edit, full) | {
        "plain_ms_median": _median(plain),
        "max_abs_diff": max(differences) / 255,
        "edit_percent": round(100 * painting.last_pixels / painting.labels.size, 3),
        "strokes": len(edit),
        "updates_edit_local": kinds.count("local"),
        "kept_mb": round(session.cache_bytes / 2**20, 1),
        "device": str(renderer.device),
        "precision": renderer.precision,
        "obstacle": obstacle,
        "areas": _areas(session, painting, progress),
    }
    return result | ({} if obstacle else _floor(session, works, progress))


def _areas(session, painting: "Painting", progress) -> list[dict]:
    """Edits of several parts of the frame: times, and work against a full frame's."""
    rows = []
    full_ms = session.full_milliseconds
    for share in SHARES:
        progress(f"edits of {share:g} %")
        times, kind, macs = [], "", 1.0
        for _ in range(5):
            box = painting.rectangle(share / 100)
            if not session.obstacle:
                plan = session.executor.plan([_rect(box).grow(1)])[0]
                macs = session.executor.work()[0] / session.executor.work(plan)[0]
            frame = session.update(*painting.maps, dirty=box)
            times.append(frame.milliseconds)
            kind = frame.kind
        rows.append(
            {
                "edit_percent": share,
                "ms_median": _median(times),
                "times_faster": round(full_ms / _median(times), 2),
                "times_fewer_macs": round(macs, 2),
                "kind": kind,
            }
        )
    return rows


def _measure_pix2pixhd(arguments, progress) -> dict:
    from core.commands.bench_render import full_size_network
    from core.labels import CITYSCAPES
    from core.models.model_file import Model, load_model, make_card
    from core.rendering.renderer import Renderer
    from core.rendering.session import FrameSession

    if arguments.pix2pixhd_model is not None:
        model, what = load_model(arguments.pix2pixhd_model), arguments.pix2pixhd_model.name
    else:
        network = full_size_network()
        card = make_card("untrained", ("pix2pixhd_local", {}), None, CITYSCAPES, network.code_dim, (2048, 1024))
        model, what = Model(network, None, card, None, CITYSCAPES), "random weights"
    renderer = Renderer(model, arguments.device)
    session = FrameSession(renderer, max_bytes=1 << 40)
    del model
    painting = Painting(*arguments.maps)
    progress("pix2pixHD's first frame")
    session.full(*painting.maps)
    edit, full, errors, differences = [], [], [], []
    for turn, box in enumerate(painting.strokes(arguments.pix2pixhd_edits)):
        progress(f"pix2pixHD, stroke {turn + 1} of {arguments.pix2pixhd_edits}")
        frame = session.update(*painting.maps, dirty=box)
        edit.append(frame.milliseconds)
        preview = frame.rgb.astype(np.float64)
        exact = session.full(*painting.maps)
        full.append(exact.milliseconds)
        differences.append(np.abs(preview - exact.rgb).max() / 255)
        errors.append(np.mean((preview - exact.rgb) ** 2))
    psnr = [float(10 * np.log10(255**2 / max(error, 1e-9))) for error in errors]
    return _summary(edit, full) | {
        "preview_psnr_db": round(float(np.mean(psnr)), 2),
        "preview_psnr_db_min": round(min(psnr), 2),
        "max_abs_diff": round(float(max(differences)), 4),
        "weights": what,
        "precision": renderer.precision,
        "strokes": len(edit),
        "kept_mb": round(session.cache_bytes / 2**20, 1),
    }


def _floor(session, works: list[tuple[int, int]], progress) -> dict:
    """The least time that the device's measured peak allows."""
    progress("measuring the device's peak")
    macs_a_second, bytes_a_second = _peak(session.renderer.device, session.executor.dtype)

    def floor(macs: float, moved: float) -> dict:
        computing, moving = macs / macs_a_second * 1000, moved / bytes_a_second * 1000
        return {"gmac": round(macs / 1e9, 3), "compute_ms": round(computing, 2), "memory_ms": round(moving, 2),
                "floor_ms": round(max(computing, moving), 2)}  # fmt: skip

    edit = np.median(np.array(works), axis=0)
    return {
        "peak": {"gmac_per_s": round(macs_a_second / 1e9, 1), "gb_per_s": round(bytes_a_second / 1e9, 1)},
        "edit_floor": floor(*edit),
        "full_floor": floor(*session.executor.work()),
    }


def _peak(device, dtype) -> tuple[float, float]:
    """(multiply-accumulates a second of a large convolution in cache, bytes a second of a large copy)."""
    import torch

    def wait():
        if device.type == "cuda":
            torch.cuda.synchronize()

    def best(task) -> float:
        task(), wait()
        times = []
        for _ in range(7):
            milliseconds, _ = _timed(lambda: (task(), wait()))
            times.append(milliseconds / 1000)
        return min(times)

    with torch.inference_mode():
        conv = torch.nn.Conv2d(192, 192, 3, padding=1).to(device, dtype)
        conv = conv.to(memory_format=torch.channels_last)
        x = torch.randn(1, 192, 64, 128, device=device, dtype=dtype).contiguous(memory_format=torch.channels_last)
        macs = conv.weight.numel() * 64 * 128
        a, b = (torch.zeros(64 << 20, dtype=torch.uint8, device=device) for _ in range(2))
        return macs / best(lambda: conv(x)), 2 * a.numel() / best(lambda: b.copy_(a))


class Painting:
    """A street being painted on, always the same strokes."""

    def __init__(self, labels: np.ndarray, instances: np.ndarray):
        self.labels, self.instances = labels.copy(), instances.copy()
        self.random = np.random.default_rng(1)
        self.last_pixels = 0

    @property
    def maps(self) -> tuple[np.ndarray, np.ndarray]:
        return self.labels, self.instances

    def strokes(self, count: int) -> Iterator[tuple[int, int, int, int]]:
        """Paint ``count`` strokes one after another, each a new car, person or tree; gives their boxes."""
        height, width = self.labels.shape
        radius, drag = min(BRUSH, height, width) / 2, min(BRUSH, height, width) * 0.75
        for n in range(count):
            angle = self.random.uniform(0, 2 * np.pi)
            dx, dy = np.cos(angle) * drag, np.sin(angle) * drag
            x = self.random.uniform(radius, width - radius)
            y = self.random.uniform(radius, height - radius)
            x0, x1 = int(max(0, min(x, x + dx) - radius)), min(width, int(max(x, x + dx) + radius) + 1)
            y0, y1 = int(max(0, min(y, y + dy) - radius)), min(height, int(max(y, y + dy) + radius) + 1)
            ys, xs = np.mgrid[y0:y1, x0:x1]
            along = np.clip(((xs - x) * dx + (ys - y) * dy) / drag**2, 0, 1)
            mask = (xs - x - along * dx) ** 2 + (ys - y - along * dy) ** 2 <= radius**2
            label = int(self.random.choice([21, 24, 26]))
            self.labels[y0:y1, x0:x1][mask] = label
            self.instances[y0:y1, x0:x1][mask] = label * 1000 + 100 + n
            self.last_pixels = int(mask.sum())
            yield x0, y0, x1, y1

    def rectangle(self, share: float) -> tuple[int, int, int, int]:
        """Paint a rectangle of ``share`` (0..1) of the frame somewhere; gives its box."""
        height, width = self.labels.shape
        w, h = max(1, round(width * share**0.5)), max(1, round(height * share**0.5))
        x, y = int(self.random.integers(0, width - w + 1)), int(self.random.integers(0, height - h + 1))
        label = int(self.random.choice([7, 21, 26]))
        self.labels[y : y + h, x : x + w] = label
        self.instances[y : y + h, x : x + w] = label * 1000 + int(self.random.integers(200, 999)) if label != 7 else 7
        return x, y, x + w, y + h


def report(result: dict) -> str:
    machine, (width, height) = result["machine"], result["size"]
    lines = [
        f"Strokes of a {BRUSH} px brush ({result['edit_percent']} %) on {width}x{height}, {result['device']} in "
        f"{result['precision']} ({machine['processor']}, {machine['threads']} threads, torch {machine['torch']}, load {machine['load_average']}):",
        f"  default model  {result['edit_ms_median']:9.1f} ms  (p95 {result['edit_ms_p95']:.1f}); full frame "
        f"{result['full_ms_median']:.1f} ms; {result['ratio']:.1f} times faster; "
        f"differs by {result['max_abs_diff'] * 255:.0f}/255 at most; {result['default_model']}",
    ]
    if "edit_floor" in result:
        lines.append(
            f"  floor          {result['edit_floor']['floor_ms']:9.1f} ms; full frame {result['full_floor']['floor_ms']:.1f} ms"
            f"  (peak {result['peak']['gmac_per_s']:.0f} GMAC/s, {result['peak']['gb_per_s']:.0f} GB/s)"
        )
    if "pix2pixhd_edit_ms_median" in result:
        lines.append(
            f"  pix2pixHD      {result['pix2pixhd_edit_ms_median']:9.1f} ms  (p95 {result['pix2pixhd_edit_ms_p95']:.1f}) preview; "
            f"full frame {result['pix2pixhd_full_ms_median']:.0f} ms; {result['pix2pixhd_ratio']:.1f} times faster; "
            f"preview {result['pix2pixhd_preview_psnr_db']:.1f} dB; {result['pix2pixhd_weights']}"
        )
    lines.append("  edit      ms     faster  fewer operations")
    for row in result["areas"]:
        lines.append(
            f"  {row['edit_percent']:4g} %  {row['ms_median']:7.1f}  {row['times_faster']:5.1f}x  "
            f"{row['times_fewer_macs']:5.1f}x  {'' if row['kind'] == 'local' else 'full frame'}"
        )
    sige = result["sige"]
    for name in ("DDIM", "GauGAN", "GauGAN, compressed"):
        lines.append(
            f"  {sige['edit_percent']} %           {sige[name]['times_faster']:5.1f}x  "
            f"{sige[name]['times_fewer_macs']:5.1f}x  SIGE, {name}, Apple M1 Pro (published, approximate)"
        )
    return "\n".join(lines)


def _summary(edit: list[float], full: list[float]) -> dict:
    from core.commands.timing import median_ms, p95_ms

    edit_ms, full_ms = median_ms(edit), median_ms(full)
    return {
        "edit_ms_median": edit_ms,
        "edit_ms_p95": p95_ms(edit),
        "full_ms_median": full_ms,
        "full_ms_p95": p95_ms(full),
        "ratio": round(full_ms / edit_ms, 2),
    }


def _median(times: list[float]) -> float:
    from core.commands.timing import median_ms

    return median_ms(times)


def _timed(task: Callable[[], object]) -> tuple[float, object]:
    import time

    started = time.perf_counter()
    result = task()
    return (time.perf_counter() - started) * 1000, result


def _rect(box):
    from core.rendering.local.rects import Rect

    return Rect(*box)
