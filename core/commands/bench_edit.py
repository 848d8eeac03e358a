"""``main.py bench edit``: brush strokes rendered edit-locally, against full frames of the same model."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Callable

import numpy as np

from core.commands.painting import BRUSH, Painting, streets

SUMMARY = "milliseconds from a brush stroke to the new photograph, against a full frame"

#: Parts of the frame whose edits are tabled, in per cent.
SHARES = (0.1, 1.0, 5.0, 20.0)

#: What SIGE (Li et al., NeurIPS 2022) publishes in its README: lowest and highest of its networks.
SIGE = {
    "edit_percent": 1.2,
    "alone": {"times_faster": [4, 14], "times_fewer_macs": [7, 18]},
    "with a compressed network": {"times_faster": [38, 38], "times_fewer_macs": [50, 50]},
    "machine": "Apple M1 Pro's CPU",
    "source": "published, not measured here; its updates only approximate the full frame",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from core.commands.bench import count, size

    parser.add_argument("--strokes", type=count, default=30, metavar="N", help="strokes with the default model (30)")
    parser.add_argument("--size", type=size, default=(2048, 1024), metavar="WxH", help="size of the frame (2048x1024)")
    parser.add_argument(
        "--labels", type=Path, metavar="PATH",
        help="paint on this label map, or on those of this folder; else on a made-up street, and pix2pixHD's on the examples",
    )
    parser.add_argument("--model", type=Path, metavar="MODEL", help="measure this model file, not the default one")
    parser.add_argument(
        "--pix2pixhd-edits", type=int, default=3, metavar="N",
        help="edits with pix2pixHD's full-size network, each with one slow frame; 0 leaves it out (3)",
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
    arguments.street, *arguments.maps = _first_street(arguments)
    height, width = arguments.maps[0].shape
    result = {
        "default_model": what,
        "size": [width, height],
        "street": arguments.street,
    }
    result |= _measure_exact(model, arguments, progress)
    if arguments.pix2pixhd_edits > 0:
        found = _measure_pix2pixhd(arguments, progress)
        result |= {f"pix2pixhd_{key}": value for key, value in found.items()}
        result["edit_against_pix2pixhd_full"] = round(found["full_ms_median"] / result["edit_ms_median"], 1)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return result | {"sige": SIGE, "machine": machine() | {"load_average": load}}


def _first_street(arguments) -> tuple[str, np.ndarray, np.ndarray]:
    """(name, label map, instance map) for the default model's strokes."""
    if arguments.labels is None:
        from core.commands.bench_render import street

        return "made up", *street(*arguments.size)
    return next(streets(arguments.labels))


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
        "areas": _areas(session, painting, _median(full), progress),
    }
    return result | ({} if obstacle else _floor(session, works, progress))


def _areas(session, painting: "Painting", full_ms: float, progress) -> list[dict]:
    """Edits of several parts of the frame: times, and work against a full frame's.

    Args:
        full_ms: what full frames took meanwhile; the session's own was its first, before anything was warm.
    """
    rows = []
    for share in SHARES:
        progress(f"edits of {share:g} %")
        times, kind, works = [], "", []
        for _ in range(5):
            box = painting.rectangle(share / 100)
            if not session.obstacle:
                plan = session.executor.plan([_rect(box).grow(1)])[0]
                works.append(session.executor.work(plan))
            frame = session.update(*painting.maps, dirty=box)
            times.append(frame.milliseconds)
            kind = frame.kind
        macs = float(np.mean([work[0] for work in works])) if works else 0.0
        rows.append(
            {
                "edit_percent": share,
                "ms_median": _median(times),
                "times_faster": round(full_ms / _median(times), 2),
                "gmac": round(macs / 1e9, 2),
                "times_fewer_macs": round(session.executor.work()[0] / macs, 2) if macs else 1.0,
                "kind": kind,
            }
        )
    return rows


def _measure_pix2pixhd(arguments, progress) -> dict:
    """Real edits on real or example streets: preview against the exact frame that follows it."""
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
    rows, full, differences = [], [], []
    for street, count in _shared(_streets_of_size(arguments), arguments.pix2pixhd_edits):
        painting = Painting(street.labels, street.instances)
        progress(f"pix2pixHD's first frame of {street.name}")
        session.full(*painting.maps)
        for edit in painting.edits(count):
            progress(f"pix2pixHD, edit {len(rows) + 1} of {arguments.pix2pixhd_edits}")
            before = session.rgb.astype(np.float64)
            frame = session.update(*painting.maps, dirty=edit.box)
            preview = frame.rgb.astype(np.float64)
            exact = session.full(*painting.maps)
            full.append(exact.milliseconds)
            differences.append(np.abs(preview - exact.rgb).max() / 255)
            rows.append(
                {
                    "street": street.name,
                    "kind": edit.kind,
                    "edit_percent": round(100 * edit.pixels / street.labels.size, 3),
                    "ms": round(frame.milliseconds, 2),
                    "rendered": frame.kind,
                    "psnr_db": _psnr(preview, exact.rgb),
                    "unchanged_psnr_db": _psnr(before, exact.rgb),
                }
            )
    decibels = [row["psnr_db"] for row in rows]
    return _summary([row["ms"] for row in rows], full) | {
        "preview_psnr_db": round(float(np.mean(decibels)), 2),
        "preview_psnr_db_min": min(decibels),
        "unchanged_psnr_db": round(float(np.mean([row["unchanged_psnr_db"] for row in rows])), 2),
        "max_abs_diff": round(float(max(differences)), 4),
        "weights": what,
        "precision": renderer.precision,
        "edits": rows,
        "kept_mb": round(session.cache_bytes / 2**20, 1),
    }


def _streets_of_size(arguments) -> list:
    """Streets to edit. Without ``--labels``: the examples, where they are of the size asked for."""
    found = list(streets(arguments.labels))
    width, height = arguments.size
    if arguments.labels is None:
        found = [street for street in found if street.labels.shape == (height, width)]
    if not found:
        from core.commands.bench_render import street
        from core.commands.painting import Street

        found = [Street("made up", *street(width, height))]
    return found


def _shared(items: list, count: int) -> list[tuple]:
    """(item, how many of ``count`` fall to it), as evenly as can be, for those that get any."""
    each, more = divmod(count, len(items))
    return [(item, each + (n < more)) for n, item in enumerate(items) if each + (n < more)]


def _psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Likeness of two 8-bit pictures in decibels; equal ones get 138, since JSON knows no infinity."""
    from core.evaluation.metrics import psnr

    return round(min(psnr(one, other), 138.13), 2)


def _floor(session, works: list[tuple[int, int]], progress) -> dict:
    """The least time that the device's measured peak allows."""
    from core.commands.floor import measure_peak

    progress("measuring the device's peak")
    peak = measure_peak(session.renderer.device, session.executor.dtype)
    return {
        "peak": peak.described(),
        "edit_floor": peak.floor(*np.median(np.array(works), axis=0)),
        "full_floor": peak.floor(*session.executor.work()),
    }


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
            f"preview {result['pix2pixhd_preview_psnr_db']:.1f} dB ({result['pix2pixhd_unchanged_psnr_db']:.1f} dB were nothing drawn); "
            f"{len(result['pix2pixhd_edits'])} edits, {result['pix2pixhd_weights']}"
        )
    lines.append("  edit      ms     faster  fewer operations (GMAC)")
    for row in result["areas"]:
        lines.append(
            f"  {row['edit_percent']:4g} %  {row['ms_median']:7.1f}  {row['times_faster']:5.1f}x  "
            f"{row['times_fewer_macs']:5.1f}x  ({row['gmac']:.2f})  {'' if row['kind'] == 'local' else 'full frame'}"
        )
    sige = result["sige"]
    for name in ("alone", "with a compressed network"):
        faster, fewer = ("-".join(str(v) for v in dict.fromkeys(sige[name][key])) for key in ("times_faster", "times_fewer_macs"))
        lines.append(f"  {sige['edit_percent']:4g} %           {faster:>5}x  {fewer:>5}x  SIGE {name}, {sige['machine']} ({sige['source']})")
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
