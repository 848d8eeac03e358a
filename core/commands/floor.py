"""The least time that a device's measured peaks allow: operations over one, bytes over the other."""

from __future__ import annotations

import time
from typing import NamedTuple


class Peak(NamedTuple):
    """Multiply-accumulates and bytes a second, as measured."""

    macs: float
    bytes: float

    def floor(self, macs: float, moved: float) -> dict[str, float]:
        """Milliseconds that ``macs`` and ``moved`` bytes take at least, and the larger of both."""
        computing, moving = macs / self.macs * 1000, moved / self.bytes * 1000
        return {
            "gmac": round(macs / 1e9, 3),
            "compute_ms": round(computing, 2),
            "memory_ms": round(moving, 2),
            "floor_ms": round(max(computing, moving), 2),
        }

    def described(self) -> dict[str, float]:
        return {"gmac_per_s": round(self.macs / 1e9, 1), "gb_per_s": round(self.bytes / 1e9, 1)}


def measure_peak(device, dtype) -> Peak:
    """Of a large convolution that stays in the cache, and of a large copy; the best of seven."""
    import torch

    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize()
        elif device.type == "mps":
            torch.mps.synchronize()

    def best(task) -> float:
        task()
        wait()
        times = []
        for _ in range(7):
            started = time.perf_counter()
            task()
            wait()
            times.append(time.perf_counter() - started)
        return min(times)

    with torch.inference_mode():
        conv = torch.nn.Conv2d(192, 192, 3, padding=1).to(device, dtype)
        conv = conv.to(memory_format=torch.channels_last)
        x = torch.randn(1, 192, 64, 128, device=device, dtype=dtype).contiguous(memory_format=torch.channels_last)
        macs = conv.weight.numel() * 64 * 128
        a, b = (torch.zeros(64 << 20, dtype=torch.uint8, device=device) for _ in range(2))
        return Peak(macs / best(lambda: conv(x)), 2 * a.numel() / best(lambda: b.copy_(a)))
