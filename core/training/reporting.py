"""How a run tells what it does: a progress bar for people, lines of JSON for programs."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Callable, TextIO

from core.training.distributed import is_writer

_PLAIN_EVERY = 30.0


class Reporter:
    """Takes events (see :class:`core.training.session.Session`); this one says nothing.

    Attributes:
        failed: a failure has been told already.
    """

    failed = False
    _record: TextIO | None = None

    def __call__(self, event: dict[str, Any]) -> None:
        self.failed |= event["event"] == "failed"
        if self._record is not None and event["event"] != "step":  # steps are in the log
            try:
                self._record.write(json.dumps(event, ensure_ascii=False) + "\n")
                self._record.flush()
            except OSError:
                pass  # what fills the disk is told by what must be written

    def record(self, path: Path) -> None:
        """From now on write every event but steps into ``path`` too, anew."""
        try:
            self._record = open(path, "w", encoding="utf-8")
        except OSError:
            return
        self({"event": "begun", "pid": os.getpid(), "time": time.time()})

    def close(self) -> None:
        if self._record is not None:
            self._record.close()
            self._record = None


class Bystander(Reporter):
    """Of a process that is not the writer: it says nothing, unless it fails, of which the writer may know nothing."""

    def __call__(self, event: dict[str, Any]) -> None:
        super().__call__(event)
        if event["event"] == "failed":
            print(f"error: {event['sentence']}", file=sys.stderr, flush=True)


class JsonReporter(Reporter):
    """An event a line on standard output.

    When nobody reads any longer (the studio was closed) the run goes on in
    silence; its folder tells how it stands.
    """

    _heard = True

    def __call__(self, event: dict[str, Any]) -> None:
        super().__call__(event)
        if not self._heard:
            return
        try:
            print(json.dumps(event, ensure_ascii=False), flush=True)
        except OSError:
            self._heard = False
            sys.stdout = open(os.devnull, "w", encoding="utf-8")


class TextReporter(Reporter):
    """Sentences on standard output; a progress bar on a terminal, else a line now and then."""

    def __init__(self, bar: bool):
        self._wants_bar, self._bar, self._told = bar, None, 0.0

    def __call__(self, event: dict[str, Any]) -> None:
        super().__call__(event)
        kind = event["event"]
        if kind == "step":
            self._step(event)
        elif kind == "started":
            self._start(event)
        elif kind in ("say", "recipe", "fetched"):
            self._say(event["sentence"])
        elif kind == "fetching":
            self._fetching(event)
        elif kind == "failed":
            self._say(f"error: {event['sentence']}", sys.stderr)
        elif kind in ("paused", "resumed"):
            self._say(f"{kind.capitalize()} at step {event['step']}.")
        elif kind == "model":
            self._say(f"The model after {event['step']:,} steps is {event['path']}.")
        elif kind == "stopped":
            self._say(f"Stopped at step {event['step']:,} of {event['steps']:,}; go on with --resume.")

    def _start(self, event: dict[str, Any]) -> None:
        if self._wants_bar:
            from tqdm import tqdm

            self._bar = tqdm(total=event["steps"], initial=event["step"], unit="step", mininterval=1, smoothing=0.05)

    def _fetching(self, event: dict[str, Any]) -> None:
        if self._wants_bar:
            end = "\n" if event["done"] >= event["total"] > 0 else ""
            of = f" of {event['total'] >> 20}" if event["total"] else ""
            print(f"\r{event['done'] >> 20}{of} MB", end=end, file=sys.stderr, flush=True)

    def _step(self, event: dict[str, Any]) -> None:
        losses = {name: f"{value:.3f}" for name, value in event["losses"].items()}
        if self._bar is not None:
            self._bar.set_postfix(losses, refresh=False)
            self._bar.update(event["step"] - self._bar.n)
        elif time.monotonic() - self._told > _PLAIN_EVERY or event["step"] == event["steps"]:
            from core.training.duration import duration

            self._told = time.monotonic()
            values = ", ".join(f"{name} {value}" for name, value in losses.items())
            self._say(f"step {event['step']:,} of {event['steps']:,}: {values}; {duration(event['left'])} left")

    def _say(self, text: str, file=None) -> None:
        if self._bar is not None:
            self._bar.write(text, file=file or sys.stdout)
        else:
            print(text, file=file or sys.stdout, flush=True)

    def close(self) -> None:
        super().close()
        if self._bar is not None:
            self._bar.close()


def reporter(kind: str) -> Reporter:
    """A reporter of ``kind`` "json", "plain" or "bar"; all processes but the writer tell of errors alone."""
    if not is_writer():
        return Bystander()
    if kind == "json":
        return JsonReporter()
    return TextReporter(kind == "bar" and sys.stderr.isatty())


def sparing(report: Callable[[dict[str, Any]], None], event: str, seconds: float = 0.25) -> Callable[[int, int], None]:
    """A progress function (done, total) that reports ``event`` now and then, and at the end."""
    told = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= seconds or done >= total > 0:
            told = now
            report({"event": event, "done": done, "total": total})

    return progress
