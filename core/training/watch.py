"""A run as another program sees it: starting its process, and reading what it leaves in its folder.

The studio speaks with a run through the run's folder alone (the list of files
is in :mod:`core.training.run_folder`), so it makes no difference whether this
studio started it, an earlier one did, or a shell. Nothing here needs torch.
"""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
from array import array
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.child import start_detached
from core.errors import TrainingError
from core.training.run_folder import ALIVE, INTERRUPTED, STARTING, RunFolder, RunInfo

#: A read takes at most this much of a file, so that a long log never holds up the window.
_AT_ONCE = 1 << 20
#: What a run prints goes here; it is read only when the run breaks off.
OUTPUT = "output.txt"
_NO_LOSS = ("step", "rate", "seconds")


class LineReader:
    """Reads a file of JSON lines that grows; :meth:`read` gives what is new.

    ``replaced`` is True after a read that found the file begun anew: its lines
    count from the start again.
    """

    def __init__(self, path: Path):
        self.path = path
        self.replaced = False
        self._offset, self._part, self._identity = 0, b"", None

    def read(self) -> list[dict[str, Any]]:
        """New whole lines, in order; at most about a megabyte at a time."""
        self.replaced = False
        try:
            with open(self.path, "rb") as file:
                status = os.fstat(file.fileno())
                identity = status.st_dev, status.st_ino
                if identity != self._identity or status.st_size < self._offset:
                    self.replaced = self._identity is not None
                    self._offset, self._part, self._identity = 0, b"", identity
                file.seek(self._offset)
                data = file.read(_AT_ONCE)
        except OSError:
            return []
        self._offset += len(data)
        *lines, self._part = (self._part + data).split(b"\n")
        entries = []
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                entries.append(entry)
        return entries


class Watcher:
    """Follows one run.

    Attributes:
        folder: of the run. info: how it stands, as of the last :meth:`look`.
        process: the run's process where this program started it.
        sentences: what the run has said since its process began.
        progress: (what, done, total) while it checks data or fetches weights, else None.
        smaller: the setting that needs less memory, after memory ran out; {} otherwise.
        steps, losses: what :meth:`read_steps` has read of the log: the steps' numbers, and for each loss
            its values, nan where a step has none.
    """

    def __init__(self, path: str | Path):
        self.folder = RunFolder(path)
        self.process: subprocess.Popen | None = None
        self.info: RunInfo = self.folder.info()
        self.sentences: list[str] = []
        self.progress: tuple[str, int, int] | None = None
        self.smaller: dict[str, int] = {}
        self.steps = array("q")
        self.losses: dict[str, array] = {}
        self._status: int | None = None
        self._log = LineReader(self.folder.log)
        self._events = LineReader(self.folder.events)

    @property
    def path(self) -> Path:
        return self.folder.path

    @property
    def alive(self) -> bool:
        """True while the run's process is there."""
        return self.info.state in ALIVE

    def start(self, *options: object) -> None:
        """Start ``main.py train OPTIONS... --out FOLDER`` in a process that outlives this one.

        Raises:
            TrainingError: when the folder can't be written or no process can be started.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # What the last process said counts no longer, even before the new one says anything.
            self.folder.events.unlink(missing_ok=True)
            with open(self.path / OUTPUT, "wb") as output:
                self.process = start_detached(output, "train", *options, "--out", self.path, "--progress", "plain")
        except OSError as error:
            raise TrainingError(f"The run can't be started ({error.strerror}); choose another folder.") from None
        self._status = None
        self.sentences, self.progress, self.smaller = [], None, {}
        self.info = replace(self.info, state=STARTING, message="")

    def look(self) -> list[dict[str, Any]]:
        """Bring :attr:`info` up to date and read what is new; returns the new events."""
        was_alive = self.alive
        self._poll()
        info = self.folder.info()
        if not self.folder.events.exists():  # it has not taken the folder over from the process before
            if self.process is not None:
                info = replace(info, state=STARTING, message="")
            elif self._status:
                info = replace(info, state=INTERRUPTED, message="")
        events = self._events.read()
        for event in events:
            self._take(event)
        if info.state == INTERRUPTED and (was_alive or not info.message):
            info = replace(info, message=self._why(info))
        self.info = info
        return events

    def read_steps(self) -> bool:
        """Read more of the log into :attr:`steps` and :attr:`losses`; True where there was something new."""
        new = [entry for entry in self._log.read() if isinstance(entry.get("step"), int)]
        if self._log.replaced:
            self.steps, self.losses = array("q"), {}
        for entry in new:
            for name, value in entry.items():
                if name not in _NO_LOSS and isinstance(value, (int, float)):
                    # A loss that begins later was nothing before.
                    values = self.losses.setdefault(name, array("d", [math.nan]) * len(self.steps))
                    values.append(value)
            self.steps.append(entry["step"])
            for values in self.losses.values():
                if len(values) < len(self.steps):
                    values.append(math.nan)
        return bool(new) or self._log.replaced

    def send(self, command: str) -> None:
        """Tell the run something; a run that has ended is told nothing."""
        if self.alive:
            try:
                self.folder.send(command)
            except OSError as error:
                raise TrainingError(f"The run can't be reached ({error.strerror}); is its folder still there?") from None

    def pictures(self, kind: str = "step") -> list[Path]:
        """Pictures of the run so far, oldest first; kind: "step" or "canvas"."""
        return sorted(self.folder.samples.glob(f"{kind}_*.png"))

    def _take(self, event: dict[str, Any]) -> None:
        kind = event.get("event")
        self.progress = None
        if kind == "begun":
            self.sentences, self.smaller = [], {}
        elif kind == "say":
            self.sentences.append(str(event.get("sentence", "")))
        elif kind in ("checking", "fetching"):
            self.progress = kind, int(event.get("done", 0)), int(event.get("total", 0))
        elif kind == "failed":
            smaller = event.get("smaller")
            self.smaller = {str(k): int(v) for k, v in smaller.items()} if isinstance(smaller, dict) else {}

    def _poll(self) -> None:
        if self.process is not None and (status := self.process.poll()) is not None:
            self._status, self.process = status, None

    def _why(self, info: RunInfo) -> str:
        """Why a run that said nothing is gone, in a sentence."""
        kept = "Resume goes on from the last saved step." if list(self.path.glob("checkpoint_*.pt")) else "Resume starts it again."
        if self._status in (-9, 137):
            return f"The run was ended from outside, most likely because the computer's memory ran out. {kept}"
        last = _last_error(self.path / OUTPUT)
        if self._status and self._status > 0 and last:
            return f"The run broke off ({last}). {kept}"
        return f"The run was interrupted. {kept}"


def _last_error(path: Path) -> str:
    """The last line of a traceback at the end of what a run printed, "" without one."""
    try:
        text = path.read_bytes()[-8000:].decode("utf-8", "replace").strip()
    except OSError:
        return ""
    last = text.splitlines()[-1] if text else ""
    return last[:200] if re.match(r"[\w.]+(Error|Exception|Interrupt)\b", last) else ""
