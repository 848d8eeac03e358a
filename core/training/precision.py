"""Mixed precision where the device computes it faster."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor

from core.errors import TrainingError
from core.rendering.precision import native_bfloat16

_TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class Precision:
    """The number format of a run's arithmetic; weights and optimisers stay float32.

    Args:
        name: ``float32``, ``bfloat16`` or ``float16``; ``auto`` takes bfloat16
            on CUDA cards that have it, float16 on older ones, else float32;
            ``native`` also takes bfloat16 on processors with instructions for it,
            where large convolutions run almost twice as fast.

    Attributes:
        name: the format chosen.
        dtype: the same as PyTorch's.

    Raises:
        TrainingError: for another name.
    """

    def __init__(self, name: str, device: torch.device):
        if name in ("auto", "native"):
            tries = device.type == "cuda" or name == "native" and device.type == "cpu"
            if tries and native_bfloat16(device):
                name = "bfloat16"
            else:
                name = "float16" if device.type == "cuda" else "float32"
        if name not in _TYPES:
            raise TrainingError(f"There is no precision '{name}'; choose auto, native, {', '.join(_TYPES)}.")
        self.name, self.device, self.dtype = name, device, _TYPES[name]
        # Half precision's small range loses gradients; they are scaled up and down again.
        self._scaler = torch.amp.GradScaler(device.type, enabled=name == "float16")

    def autocast(self):
        """A context in which the networks compute in this format."""
        if self.name == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, _TYPES[self.name])

    def scale(self, loss: Tensor) -> Tensor:
        """``loss`` as it goes into ``backward``."""
        return self._scaler.scale(loss)

    def update(self, *optimisers: torch.optim.Optimizer, longest: float = 0.0) -> None:
        """Step each optimiser; with float16, not those whose gradients overflowed.

        Args:
            longest: gradients of one optimiser that are longer than this all together are shortened to it; 0: never.
        """
        for optimiser in optimisers:
            parameters = [p for group in optimiser.param_groups for p in group["params"]]
            if all(p.grad is None for p in parameters):
                continue  # a D that no loss asks
            if longest:
                self._scaler.unscale_(optimiser)
                torch.nn.utils.clip_grad_norm_(parameters, longest)
            self._scaler.step(optimiser)
        self._scaler.update()

    def state_dict(self) -> dict:
        return self._scaler.state_dict()

    def load_state_dict(self, state: dict) -> None:
        if state and self.name == "float16":
            self._scaler.load_state_dict(state)
