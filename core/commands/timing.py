"""Fair timing: runs interleaved on one machine, and a word on that machine."""

from __future__ import annotations

import os
import platform
import time
from typing import Callable, Mapping

import numpy as np


def interleaved(
    tasks: Mapping[str, Callable[[], object]],
    rounds: int,
    per_round: Mapping[str, int] | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, list[float]]:
    """Time several tasks in turn, so that a busy moment of the machine hits them all.

    Each is run once first, untimed: memory and kernels are then set up.

    Args:
        tasks: name -> what to time; it must wait for its own result.
        rounds: how many turns.
        per_round: name -> runs in one turn (1 where not given).
        progress: called with a short sentence before each turn.

    Returns:
        name -> milliseconds of each run.
    """
    times: dict[str, list[float]] = {name: [] for name in tasks}
    say = progress or (lambda text: None)
    say("warming up")
    for task in tasks.values():
        task()
    for turn in range(rounds):
        say(f"round {turn + 1} of {rounds}")
        for name, task in tasks.items():
            for _ in range((per_round or {}).get(name, 1)):
                start = time.perf_counter()
                task()
                times[name].append((time.perf_counter() - start) * 1000)
    return times


def median_ms(times: list[float]) -> float:
    return round(float(np.median(times)), 2)


def p95_ms(times: list[float]) -> float:
    return round(float(np.percentile(times, 95)), 2)


def machine() -> dict[str, str | int]:
    """Processor, cores, threads in use and versions, for the record of a measurement."""
    import torch

    found: dict[str, str | int] = {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }
    if torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"
