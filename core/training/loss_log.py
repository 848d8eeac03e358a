"""Loss curves of NVIDIA's pix2pixHD: its ``loss_log.txt``."""

from __future__ import annotations

import re
from pathlib import Path

from core.errors import TrainingError

_LINE = re.compile(r"\(epoch: (\d+), iters: (\d+), time: ([\d.eE+-]+)\)((?: \S+: \S+)+)\s*$")
_START = re.compile(r"=+ Training Loss .*=+")


def read_loss_log(path: str | Path) -> list[dict[str, float]]:
    """The points of a loss_log.txt.

    A line reads ``(epoch: 1, iters: 100, time: 0.334) G_GAN: 0.802 ...``.
    ``iters`` counts photographs within the epoch, so the length of an epoch is
    taken from the log itself. Training that was started again in the same
    folder begins a new part; where it repeats iterations, the later values count.

    Returns:
        one dict a point: "step" (photographs seen since the start), "epoch",
        "seconds" (NVIDIA's ``time``, a photograph's), and each loss under NVIDIA's
        name. Losses that were zero are not in the file.

    Raises:
        TrainingError: when the file can't be read, or has no such line.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise TrainingError(f"{path} can't be read ({error.strerror}); choose pix2pixHD's loss_log.txt.") from None
    points: dict[tuple[int, int], dict[str, float]] = {}
    longest = 0
    for line in text.splitlines():
        found = _LINE.search(line.strip())
        if found is None:
            continue
        epoch, iters = int(found[1]), int(found[2])
        values = {}
        try:
            for name, value in re.findall(r"(\S+): (\S+)", found[4]):
                values[name] = float(value)
            points[epoch, iters] = {"epoch": epoch, "iters": iters, "seconds": float(found[3]), **values}
        except ValueError:  # half a number at the end of a killed run
            continue
        longest = max(longest, iters)
    if not points:
        raise TrainingError(f"{path.name} has no line of losses; choose pix2pixHD's loss_log.txt.")
    length = _epoch_length(sorted(points), longest)
    return [{"step": (epoch - 1) * length + point.pop("iters"), **point} for (epoch, _), point in sorted(points.items())]


def _epoch_length(keys: list[tuple[int, int]], longest: int) -> int:
    """Photographs in an epoch.

    NVIDIA prints when the photographs seen in all are a multiple of the print
    frequency f, so the first point after an epoch lies f after the last one
    before it, counted through the boundary: length = last + f - first.
    """
    gaps = [b[1] - a[1] for a, b in zip(keys, keys[1:]) if a[0] == b[0]]
    every = min(gaps) if gaps else 0
    lengths = [a[1] + every - b[1] for a, b in zip(keys, keys[1:]) if b[0] == a[0] + 1]
    fitting = [n for n in lengths if n >= longest]
    return max(set(fitting), key=fitting.count) if every and fitting else longest
