"""Which device computes, chosen by what is there."""

from __future__ import annotations

import os

import torch

from core.errors import DeviceError


def choose_device(name: str = "auto") -> torch.device:
    """``auto`` takes CUDA, else Apple's Metal, else the CPU; other names are torch's own.

    Raises:
        DeviceError: for a name that torch doesn't know, or a device that can't compute on this machine.
    """
    if name != "auto":
        return _tried(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def _tried(name: str) -> torch.device:
    """The device of this name; a first number is reckoned on it, since torch finds out late what is not there."""
    try:
        device = torch.device(name)
        (torch.ones(1, device=device) + 1).item()
    # A name that it doesn't know is a RuntimeError, a device that its build lacks an AssertionError,
    # an ImportError or a NotImplementedError; "meta" has no numbers to give.
    except (RuntimeError, AssertionError, ImportError, NotImplementedError):
        raise DeviceError(f"The device '{name}' can't be used here; choose auto or cpu, or cuda or mps on a machine that has it.") from None
    return device


def describe(device: torch.device) -> str:
    """A short name for the status bar."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU, {torch.get_num_threads()} of {os.cpu_count()} cores"
