"""Which number format computes a frame: the faster one, where it makes no difference to see.

bfloat16 keeps 8 bits of precision. Where the processor multiplies it natively
(AVX-512 BF16, AMX, Arm's BF16; CUDA since Ampere) convolutions run about twice as fast and
every block is half as large. Whether that shows depends on the model, so it is
tried: a small frame is rendered both ways and compared.
"""

from __future__ import annotations

import copy

import numpy as np
import torch

from core.errors import VedutaError

PRECISIONS = ("auto", "float32", "bfloat16")

#: bfloat16 is taken at this likeness to float32 and above: at 50 dB the error is
#: 0.8 of 255 in the root mean square, one step of an 8-bit channel.
MIN_PSNR_DB = 50.0


def native_bfloat16(device: torch.device) -> bool:
    """True where ``device`` multiplies bfloat16 in hardware."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    # Elsewhere it is emulated, slower than float32.
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(name, False) for name in ("amx_bf16", "avx512_bf16", "arm_bf16"))


def in_bfloat16(generator: torch.nn.Module) -> torch.nn.Module:
    """A copy of ``generator`` in bfloat16, channels-last."""
    return copy.deepcopy(generator).to(torch.bfloat16).to(memory_format=torch.channels_last)


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Likeness in decibels of two pictures in [-1, 1]; infinite where they are equal."""
    error = float(np.mean((one.astype(np.float64) - other) ** 2))
    return 10 * np.log10(4 / error) if error > 0 else float("inf")


def sample_maps(label_ids: np.ndarray, multiple: int) -> tuple[np.ndarray, np.ndarray]:
    """A small made-up scene that holds every class: (label map, instance map)."""
    random = np.random.default_rng(0)
    height, width = (max(128, 4 * multiple), max(256, 8 * multiple))
    cell = 16
    cells = random.permutation(np.resize(label_ids, (height // cell) * (width // cell)))
    labels = np.kron(cells.reshape(height // cell, -1), np.ones((cell, cell), np.uint8)).astype(np.uint8)
    return labels, labels.astype(np.uint16)


def check_name(name: str) -> str:
    """``name``, when it is one of :data:`PRECISIONS`.

    Raises:
        VedutaError: else.
    """
    if name not in PRECISIONS:
        raise VedutaError(f"There is no precision called '{name}'; choose {', '.join(PRECISIONS)}.")
    return name
