"""Writes a data set of rendered streets in Cityscapes' folders and encodings.

Each street is built in a process of its own, so memory can't grow from street
to street and a break leaves nothing behind. A frame's photograph is written
last: where all three files exist the frame is whole, and a later run skips it.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import multiprocessing
import os
import signal
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import numpy as np

from core.errors import DataError, MissingPackageError, VedutaError
from core.labels import CITYSCAPES, INSTANCE_FACTOR, STREETS
from core.streets.origin import keep_to, origin
from core.streets.quality import Quality

CITY = "veduta"
#: One street in ten is held back for validation.
VALIDATION_SHARE = 10


@dataclass(frozen=True)
class FramePaths:
    """Where one frame's files lie."""

    photograph: Path
    labels: Path
    instances: Path

    @property
    def whole(self) -> bool:
        return self.photograph.exists() and self.mapped

    @property
    def mapped(self) -> bool:
        return self.labels.exists() and self.instances.exists()


@dataclass(frozen=True)
class Progress:
    """What :func:`render_streets` yields after each frame."""

    done: int
    total: int
    paths: FramePaths
    rendered: bool


def split_of(seed: int) -> str:
    """``val`` for one street in ten, else ``train``; depends on the street's seed alone."""
    return "val" if zlib.crc32(f"veduta street {seed}".encode()) % VALIDATION_SHARE == 0 else "train"


def paths_of(out: str | os.PathLike, seed: int, frame: int, jpeg: bool = False) -> FramePaths:
    """The three files of frame number ``frame`` of street ``seed`` under ``out``."""
    out, split, stem = Path(out), split_of(seed), f"{CITY}_{seed:06}_{frame:06}"
    fine = out / "gtFine" / split / CITY
    return FramePaths(
        out / "leftImg8bit" / split / CITY / f"{stem}_leftImg8bit.{'jpg' if jpeg else 'png'}",
        fine / f"{stem}_gtFine_labelIds.png",
        fine / f"{stem}_gtFine_instanceIds.png",
    )


def need_blender() -> None:
    """Raise MissingPackageError where Blender's module isn't installed."""
    if importlib.util.find_spec("bpy") is None:
        raise MissingPackageError(
            "Rendering streets needs Blender's Python module, which is not installed; "
            "install it with `pip install bpy` under Python 3.11."
        )


def folded(labels: np.ndarray, instances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Maps in Cityscapes' own ids: parts become their parents; buildings, trees, posts and clutter lose their numbers."""
    strict = STREETS.fold_table(CITYSCAPES)[labels]
    things = np.zeros(256, bool)
    things[[label.id for label in CITYSCAPES if label.thing]] = True
    numbered = instances >= INSTANCE_FACTOR
    return strict, np.where(numbered & ~things[strict], strict, instances).astype(np.uint16)


def write_maps(labels: np.ndarray, instances: np.ndarray, paths: FramePaths, strict: bool = False) -> None:
    """Write a label and an instance map, each file whole or not at all."""
    from PIL import Image

    if strict:
        labels, instances = folded(labels, instances)
    _write(paths.labels, Image.fromarray(labels), "PNG")
    _write(paths.instances, Image.fromarray(instances.astype(np.uint16)), "PNG")


def write_frame(frame, paths: FramePaths, jpeg: bool = False, strict: bool = False) -> None:
    """Write a :class:`~core.streets.render.Frame`, each file whole or not at all, the photograph last."""
    from PIL import Image

    write_maps(frame.labels, frame.instances, paths, strict)
    if jpeg:
        _write(paths.photograph, Image.fromarray(frame.photograph), "JPEG", quality=96, subsampling=0)
    else:
        _write(paths.photograph, Image.fromarray(frame.photograph), "PNG")


def _write(path: Path, image, kind: str, **options) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = io.BytesIO()
    image.save(data, kind, **options)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(temporary, "wb") as handle:
            handle.write(data.getvalue())
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Job:
    """One street's frames still to render, for the child process."""

    seed: int
    frames: tuple[int, ...]
    size: tuple[int, int]
    out: str
    jpeg: bool
    strict: bool
    samples: int
    threads: int
    maps_only: bool


def _work(job: _Job, pipe) -> None:
    """Child process: build the street, render its frames, send each number as it is written."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Blender talks on standard output; the person wants to read a progress bar.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    # A parent that has Blender loaded hands down its inner script folders, which hide the module itself.
    sys.path[:] = [entry for entry in sys.path if not {"bpy", "scripts"} <= set(Path(entry).parts)]
    try:
        from core.streets.plan import plan_street
        from core.streets.render import Studio

        plan = plan_street(job.seed)
        studio = Studio(plan, job.size, Quality(samples=job.samples, threads=job.threads))
        cameras = [plan.cameras[n] for n in job.frames]
        paths = [paths_of(job.out, job.seed, number, job.jpeg) for number in job.frames]
        if job.maps_only:
            for number, place, maps in zip(job.frames, paths, studio.maps(cameras)):
                write_maps(*maps, place, job.strict)
                pipe.send(number)
        else:
            for number, place, frame in zip(job.frames, paths, studio.frames(cameras)):
                write_frame(frame, place, job.jpeg, job.strict)
                pipe.send(number)
        pipe.send(None)
    except VedutaError as error:
        pipe.send(str(error))
    except OSError as error:
        pipe.send(f"A street's frame could not be written ({error.strerror or error}); check the folder and the free space.")
    finally:
        pipe.close()


def render_streets(
    count: int, out: str | os.PathLike, size: tuple[int, int] = (1024, 512), seed: int = 0,
    cameras_per_street: int = 4, jpeg: bool = False, strict: bool = False, samples: int | None = None, threads: int = 0,
    maps_only: bool = False,
) -> Iterator[Progress]:
    """Render ``count`` frames into ``out``; frames that are there already are passed over.

    Args:
        count: frames in all; streets take the seeds ``seed``, ``seed + 1``, ...
        out: the data set's root folder.
        size: (width, height) in pixels.
        cameras_per_street: frames from each street, 1..4.
        jpeg: photographs as JPEG (quality 96) instead of PNG.
        strict: fold parts into Cityscapes' own ids.
        samples: light paths a pixel at most, None for the default.
        threads: threads of the renderer, 0 for all.
        maps_only: no photographs, which take nearly all the time.

    Yields:
        A :class:`Progress` after every frame.

    Raises:
        MissingPackageError: without Blender's module.
        DataError: for impossible numbers, when the folder was begun with another size, light or classes, or when a street fails.
    """
    need_blender()
    if count < 1 or not 1 <= cameras_per_street <= 4:
        raise DataError("Ask for at least one frame, and for one to four cameras a street.")
    if min(size) < 16 or max(size) > 8192:
        raise DataError(f"{size[0]}x{size[1]} is no usable size; give a width and height from 16 to 8192.")
    if seed < 0:
        raise DataError(f"The seed {seed} is negative; give 0 or more.")
    samples = Quality().samples if samples is None else samples
    keep_to(Path(out), origin(size, None if maps_only else samples, strict))
    return _rendered(count, out, size, seed, cameras_per_street, jpeg, strict, samples, threads, maps_only)


def _rendered(count, out, size, seed, cameras_per_street, jpeg, strict, samples, threads, maps_only) -> Iterator[Progress]:
    context = multiprocessing.get_context("spawn")
    done = 0
    for street in range(-(-count // cameras_per_street)):
        frames = range(min(cameras_per_street, count - street * cameras_per_street))
        number = seed + street
        todo = []
        for frame in frames:
            paths = paths_of(out, number, frame, jpeg)
            if paths.mapped if maps_only else paths.whole:
                done += 1
                yield Progress(done, count, paths, False)
            else:
                todo.append(frame)
        if not todo:
            continue
        ours, theirs = context.Pipe(duplex=False)
        job = _Job(number, tuple(todo), tuple(size), str(out), jpeg, strict, samples, threads, maps_only)
        child = context.Process(target=_work, args=(job, theirs), daemon=True)
        child.start()
        theirs.close()
        try:
            while True:
                try:
                    message = ours.recv()
                except EOFError:
                    raise DataError(f"Street {number} broke off while rendering; run the command again to go on.") from None
                if message is None:
                    break
                if isinstance(message, str):
                    raise DataError(message)
                done += 1
                yield Progress(done, count, paths_of(out, number, message, jpeg), True)
        finally:
            # On Ctrl+C, or when the caller stops iterating, the child goes too.
            if child.is_alive():
                child.join(timeout=2.0 if sys.exc_info()[0] is None else 0.1)
            if child.is_alive():
                child.terminate()
            child.join()
            ours.close()


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(v) for v in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a size; write it as 1024x512") from None
    return width, height


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the ``streets`` command."""
    parser.add_argument("--count", type=int, default=16, help="frames to render (default 16)")
    parser.add_argument("--size", type=_size, default=(1024, 512), help="width x height (default 1024x512)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first street (default 0)")
    parser.add_argument("--out", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--cameras", type=int, default=4, help="frames from each street, 1 to 4 (default 4)")
    parser.add_argument("--samples", type=int, default=Quality().samples,
                        help=f"light paths a pixel at most; more give less noise and take longer (default {Quality().samples})")  # fmt: skip
    parser.add_argument("--threads", type=int, default=0, help="threads of the renderer (default all)")
    parser.add_argument("--jpeg", action="store_true", help="photographs as JPEG instead of PNG")
    parser.add_argument("--maps-only", action="store_true", help="label and instance maps without photographs: ten times faster")
    parser.add_argument("--progress", choices=("bar", "json"), default="bar",
                        help="json: an event a line, for other programs; ends when standard input does")  # fmt: skip
    parser.add_argument("--strict", action="store_true", help="only Cityscapes' own ids, parts folded into their parents")


def run(options: argparse.Namespace) -> int:
    """The ``streets`` command with parsed options; returns the exit status."""
    if options.progress == "json":
        return _run_for_program(options)
    from tqdm import tqdm

    frames = _asked_for(options)
    try:
        with tqdm(total=options.count, unit="frame") as bar:
            for _ in frames:
                bar.update(1)
    except KeyboardInterrupt:
        frames.close()
        print("Stopped; run the same command again to go on from here.", file=sys.stderr)
        return 130
    return 0


def _asked_for(options: argparse.Namespace) -> Iterator[Progress]:
    """The frames of the command's options."""
    return render_streets(
        options.count, options.out, options.size, options.seed, options.cameras,
        options.jpeg, options.strict, options.samples, options.threads, options.maps_only,
    )


def _run_for_program(options: argparse.Namespace) -> int:
    """:func:`run`, telling each frame as a line of JSON; what it wrote stays when it is stopped."""
    from core.child import stop_with_parent
    from core.training.reporting import reporter

    report = reporter("json")
    frames = None
    try:
        stop_with_parent()
        frames = _asked_for(options)
        report({"event": "started", "total": options.count})
        for item in frames:
            report({"event": "frame", "done": item.done, "total": item.total, "rendered": item.rendered,
                    "path": str(item.paths.photograph)})  # fmt: skip
    except VedutaError as error:
        report({"event": "failed", "sentence": str(error)})
        return 2
    except KeyboardInterrupt:
        if frames is not None:
            frames.close()
        report({"event": "stopped"})
        return 130
    report({"event": "finished"})
    return 0


def main(argv: list[str] | None = None) -> int:
    """``streets --count N --size 1024x512 --seed S --out DIR``; prints an error's sentence and returns 2."""
    parser = argparse.ArgumentParser(prog="main.py streets", description="Render street scenes with exact labels and instances.")
    add_arguments(parser)
    try:
        return run(parser.parse_args(argv))
    except VedutaError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
