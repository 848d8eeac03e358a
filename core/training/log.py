"""A run's log: a line of JSON a step, and TensorBoard's events beside it."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any, TYPE_CHECKING

from core.atomic import replacing

if TYPE_CHECKING:
    from core.training.trainer import Report


class RunLog:
    """Appends steps to RUN/log.jsonl and RUN/tensorboard.

    Args:
        folder: of the run.
        step: where the run goes on. Later lines, of steps that a killed run did
            but did not keep, are dropped first: they will be done again.
    """

    def __init__(self, folder: Path, step: int):
        self.path = folder / "log.jsonl"
        _truncate(self.path, step)
        self._file = open(self.path, "a", encoding="utf-8")
        self._board = _board(folder / "tensorboard", step)

    def write(self, report: "Report") -> None:
        """Add a step; a reader sees it at once."""
        line = {"step": report.step, "rate": report.rate, "seconds": round(report.seconds, 4), **report.losses}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        if self._board is not None:
            for name, value in report.losses.items():
                self._board.add_scalar(f"losses/{name}", value, report.step)
            self._board.add_scalar("rate", report.rate, report.step)

    def picture_file(self, path: Path, step: int) -> None:
        """Show a picture in TensorBoard."""
        if self._board is not None:
            from core.data.samples import read_photograph

            self._board.add_image("samples", read_photograph(path), step, dataformats="HWC")

    def close(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if self._board is not None:
            self._board.close()


def read_log(path: str | Path) -> list[dict[str, Any]]:
    """The steps in a log.jsonl, in order; a last line that is only half written is left out."""
    steps = []
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            entry = json.loads(line)
            if isinstance(entry, dict) and isinstance(entry["step"], int):
                steps.append(entry)
        except (ValueError, KeyError):
            continue
    return steps


def recent_seconds(path: str | Path, count: int = 50) -> float:
    """Median seconds of the last ``count`` steps in a log, 0 for an empty one."""
    seconds = sorted(s for e in read_log(path)[-count:] if math.isfinite(s := float(e.get("seconds", 0.0))) and s > 0)
    return seconds[len(seconds) // 2] if seconds else 0.0


def _truncate(path: Path, step: int) -> None:
    if path.is_file():
        kept = [entry for entry in read_log(path) if entry["step"] <= step]
        with replacing(path) as file:
            file.write("".join(json.dumps(entry) + "\n" for entry in kept).encode())


def _board(folder: Path, step: int):
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:  # an optional package; log.jsonl has the same numbers
        return None
    # Points after ``step``, left by a killed run, are hidden.
    return SummaryWriter(str(folder), purge_step=step + 1)
