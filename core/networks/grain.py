"""Grain: what a convolution needs to draw texture where its input is flat.

Over a road painted in one class every pixel is told the same, so a network of
convolutions answers the same at each: no gravel, no bricks, no leaves. A fixed
pattern of noise added to its features gives it something to shape, as the noise
inputs of texture networks do (Ulyanov et al. 2016, sec. 3.2) and those of
StyleGAN (Karras et al. 2019, sec. 3.2). The pattern belongs to the frame, not
to the moment: the same scene gives the same picture again, and a rectangle of
it can be rendered alone.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: The pattern repeats after so many pixels of the features it is added to.
PERIOD = 256
FIELDS = 4


@lru_cache(maxsize=1)
@torch.inference_mode(False)  # kept for training too, whoever asks first
def noise() -> Tensor:
    """(1, FIELDS, PERIOD, PERIOD) float32, uniform, of mean 0 and deviation 1.

    Made by integer arithmetic (the finaliser of MurmurHash3), so that a model
    sees the same pattern with every version of every library.
    """
    h = torch.arange(FIELDS * PERIOD * PERIOD, dtype=torch.int64) + 1
    h = (h * 0x9E3779B1) & 0xFFFFFFFF
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = ((h ^ (h >> shift)) * factor) & 0xFFFFFFFF
    h = h ^ (h >> 16)
    uniform = (h.double() + 0.5) / 2**32
    return ((uniform - 0.5) * 12**0.5).float().view(1, FIELDS, PERIOD, PERIOD)


class Grain(nn.Module):
    """x + a learnt mixture of fixed noise for each channel; nothing at first.

    Args:
        channels: of x.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.mixture = nn.Parameter(torch.zeros(channels, FIELDS, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        fields = cover(noise().to(x.device, self.mixture.dtype), x.shape[-2:])
        return x + F.conv2d(fields, self.mixture)

    def folded(self) -> nn.Module:
        """The same with the mixture computed once."""
        with torch.no_grad():
            return FixedGrain(F.conv2d(noise().to(self.mixture.device), self.mixture))


class FixedGrain(nn.Module):
    """x + a fixed pattern.

    Args:
        pattern: (1, C, PERIOD, PERIOD).
    """

    #: Its value depends on where in the frame it is: a tracer must not look inside.
    positional = True

    def __init__(self, pattern: Tensor):
        super().__init__()
        self.register_buffer("pattern", pattern.contiguous(memory_format=torch.channels_last))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        return x + cover(self.pattern, x.shape[-2:])


def cover(pattern: Tensor, size: tuple[int, int]) -> Tensor:
    """``pattern`` (1, C, n, n) repeated and cut to (1, C, *size)."""
    high, wide = (-(-side // period) for side, period in zip(size, pattern.shape[-2:]))
    if high > 1 or wide > 1:
        pattern = pattern.repeat(1, 1, high, wide)
    return pattern[..., : size[0], : size[1]]
