"""A small data set for the training tests: streets of rectangles, drawn by numbers."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Iterator, TextIO

import numpy as np

from core.scene.files import write_png

#: No process of a test takes as long, in seconds, on the slowest machine that also does other things.
LONG = 600


def scene(number: int, width: int = 128, height: int = 64) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A photograph with its label and instance map: sky, road, a house, cars."""
    rng = np.random.default_rng(number)
    labels = np.full((height, width), 23, np.uint8)
    labels[height // 2 :] = 7
    left = int(rng.integers(0, width // 2))
    labels[height // 4 : height // 2, left : left + width // 3] = 11
    instances = labels.astype(np.uint16)
    for car in range(3):
        x, y = int(rng.integers(0, width - 16)), int(rng.integers(height // 2, height - 8))
        labels[y : y + 8, x : x + 16] = 26
        instances[y : y + 8, x : x + 16] = 26000 + car
    colours = {23: (150, 190, 230), 7: (90, 90, 95), 11: (170, 120, 90), 26: (160, 30, 30)}
    photograph = np.zeros((height, width, 3), np.uint8)
    for label_id, colour in colours.items():
        photograph[labels == label_id] = colour
    photograph = np.clip(photograph + rng.normal(0, 12, photograph.shape), 0, 255).astype(np.uint8)
    return photograph, labels, instances


def make_data_set(folder: Path, count: int = 4, width: int = 128, height: int = 64, split: str = "train") -> Path:
    """Write ``count`` scenes in pix2pixHD's layout; returns ``folder``."""
    for ending in ("img", "label", "inst"):
        (folder / f"{split}_{ending}").mkdir(parents=True, exist_ok=True)
    for number in range(count):
        for ending, array in zip(("img", "label", "inst"), scene(number, width, height)):
            write_png(folder / f"{split}_{ending}" / f"{number:03}.png", array)
    return folder


def processes() -> multiprocessing.context.BaseContext:
    """How tests start processes: forked from a server that has torch loaded, which saves seconds for each."""
    if os.name != "posix":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["core.training.prepare", "sklearn.cluster", "tests.training_data"])
    return context


class Child:
    """The train command in a process of its own.

    It shares nothing with the tests' own process.

    Args:
        options: of the command; those that make it small enough for a test are added.
        ends: (signal, step, later) sends the process a signal after so many steps and ``later`` more, a fraction too.
            It comes from the process itself: another one may not run for a while, and be too late.
    """

    def __init__(self, *options: object, ends: tuple[int, int, float] | None = None):
        with tempfile.NamedTemporaryFile(suffix=".jsonl", delete=False) as file:
            self._output = file.name
        self.process = processes().Process(target=_train, args=([str(o) for o in options], self._output, ends))
        self.process.start()

    def events(self, timeout: float = LONG) -> Iterator[dict]:
        """What the command tells, until it ends."""
        end = time.monotonic() + timeout
        with open(self._output, encoding="utf-8") as file:
            part = ""
            while time.monotonic() < end:
                alive = self.process.is_alive()
                part += file.readline()
                if part.endswith("\n"):
                    if part.strip():
                        yield json.loads(part)
                    part = ""
                elif not alive:
                    return
                else:
                    time.sleep(0.002)
        self.process.kill()
        raise TimeoutError("the run takes too long")

    def wait(self, kind: str, count: int = 1) -> dict:
        """The ``count``-th event of this kind from now on."""
        for event in self.events():
            count -= event["event"] == kind
            if not count:
                return event
        raise AssertionError(f"the run ended without '{kind}'")

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def end(self) -> int:
        """Wait for the end; returns the exit status, minus the signal's number when killed."""
        self.process.join(LONG)
        os.unlink(self._output)
        return self.process.exitcode


class _Ending:
    """A run's standard output, and the signal that it gets."""

    def __init__(self, file: TextIO, number: int, step: int, later: float):
        self.flush, self._write = file.flush, file.write
        self._number, self._step, self._later = number, step, later
        self._times: list[float] = []

    def write(self, text: str) -> None:
        self._write(text)
        if '"event": "step"' in text:
            self._times.append(time.monotonic())
            if len(self._times) == self._step and self._later:
                wait = self._later * (self._times[-1] - self._times[-2])
                threading.Timer(wait, os.kill, (os.getpid(), self._number)).start()
            elif len(self._times) == self._step:
                self._write("\n")
                os.kill(os.getpid(), self._number)


def _train(options: list[str], output: str, ends: tuple[int, int, float] | None) -> None:
    with open(output, "w", buffering=1, encoding="utf-8") as file:
        sys.stdout = _Ending(file, *ends) if ends else file
        import torch

        from core.training.command import main

        torch.set_num_threads(1)  # on a busy machine several only wait for one another
        small = ["--crop", "64", "--device", "cpu", "--vgg", "none", "--progress", "json", "--sample-every", "0"]
        fresh = [] if "--resume" in options else ["--recipe", "tiny"]
        sys.exit(main([*fresh, *small, *options]))


def run(*options: object) -> list[dict]:
    """Run the train command to a good end; returns its events."""
    child = Child(*options)
    events = list(child.events())
    assert child.end() == 0, events[-3:]
    return events
