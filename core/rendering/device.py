"""Which device computes, chosen by what is there."""

from __future__ import annotations

import ctypes
import os
import sys

import torch


def choose_device(name: str = "auto") -> torch.device:
    """``auto`` takes CUDA, else Apple's Metal, else the CPU; other names are torch's own."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def keep_large_blocks() -> None:
    """Let glibc's allocator keep large freed blocks instead of returning them to the kernel.

    A frame's activations are tens of megabytes each. By default every one is
    mapped, page-faulted in and unmapped again, which took a third of a CPU
    frame. Process-wide, harmless to call twice, a no-op elsewhere than glibc.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        libc = ctypes.CDLL(None)
        trim_threshold, mmap_threshold = -1, -3
        libc.mallopt(mmap_threshold, 1 << 30)
        libc.mallopt(trim_threshold, (1 << 31) - 1)
    except (OSError, AttributeError):
        pass


def give_back_memory() -> None:
    """Return freed blocks to the kernel, all that :func:`keep_large_blocks` has gathered.

    Blocks of all sizes come and go between those that stay, so what is kept
    free grows by the hour. Takes some ten milliseconds: call it while nothing
    is waited for. A no-op elsewhere than glibc.
    """
    if sys.platform.startswith("linux"):
        try:
            ctypes.CDLL(None).malloc_trim(0)
        except (OSError, AttributeError):
            pass


def describe(device: torch.device) -> str:
    """A short name for the status bar."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU, {torch.get_num_threads()} of {os.cpu_count()} cores"
