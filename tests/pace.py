"""How quickly the machine computes at the moment: for limits on time that are to judge the program and not the machine."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

#: Milliseconds that one round of :func:`slowness` takes on a laptop's core that does nothing else.
REFERENCE = 5.0


def stolen() -> float:
    """Milliseconds that the host of a virtual machine gave to others; a thread's own time counts them as computed."""
    try:
        return 1000 * int(Path("/proc/stat").read_text().split()[8]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0


def slowness() -> float:
    """How many times longer this machine computes now than the one for which the limits are meant, 1 at least.

    On a machine that is busy with other things two threads share a core, and caches: each computes up to twice as long.
    """
    def once() -> float:
        started, sums = time.thread_time(), 0
        for number in range(50_000):
            sums += number * number
        np.sort(values)
        return (time.thread_time() - started) * 1000

    values = np.random.default_rng(0).random(50_000)
    return max(1.0, float(np.median([once() for _ in range(15)])) / REFERENCE)
