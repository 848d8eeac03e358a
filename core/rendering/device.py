"""Which device computes, chosen by what is there."""

from __future__ import annotations

import os

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


def describe(device: torch.device) -> str:
    """A short name for the status bar."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU, {torch.get_num_threads()} of {os.cpu_count()} cores"
