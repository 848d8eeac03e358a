"""Weight-standardised convolution: training without statistics of the frame.

A generator that normalises by the frame's own mean and variance (instance
norm) can't be rendered locally: one brushed pixel changes every pixel. Here
the *weights* are normalised instead (Qiao et al. 2019; Brock et al. 2021,
"scaled weight standardization", eq. 1), which costs nothing at inference:
:func:`fold` bakes the result into plain convolutions.
"""

from __future__ import annotations

import copy
import math

import torch
from torch import nn
from torch.nn import functional as F

#: Keeps unit variance through LeakyReLU(0.2): sqrt(2 / (1 + 0.2^2)).
LEAKY_GAIN = math.sqrt(2 / (1 + 0.2**2))


class StandardConv2d(nn.Conv2d):
    """A convolution whose kernels have zero mean, unit norm and a learnt gain per output.

    ``gain`` is the initial output scale: 1 keeps the variance of a
    LeakyReLU(0.2) input of unit variance; a residual branch starts lower.
    ``blind`` (outputs, inputs): the first outputs don't see the last inputs.
    ``cross``: of so many of the last inputs a kernel of 3x3 sees a cross, without its corners.
    """

    def __init__(
        self, in_channels, out_channels, kernel_size, *,
        gain: float = 1.0, blind: tuple[int, int] = (0, 0), cross: int = 0, **options,
    ):
        super().__init__(in_channels, out_channels, kernel_size, **options)
        self.blind, self.cross = blind, cross
        # The scale of the raw weight cancels out, but sets how fast Adam can turn it.
        nn.init.normal_(self.weight, std=0.03)
        nn.init.zeros_(self.bias)
        self.gain = nn.Parameter(torch.full((out_channels, 1, 1, 1), float(gain)))

    def standard_weight(self) -> torch.Tensor:
        """(out, in / groups, k, k) effective kernel."""
        seen = _seen(self.weight, self.blind, self.cross)
        if seen is None:
            weight = self.weight - self.weight.mean(dim=(1, 2, 3), keepdim=True)
        else:
            share = seen.mean(dim=(1, 2, 3), keepdim=True)
            weight = (self.weight - (self.weight * seen).mean(dim=(1, 2, 3), keepdim=True) / share) * seen
        norm = torch.sqrt(weight.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-10)
        return weight * (self.gain * LEAKY_GAIN / norm)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(x, self.standard_weight(), self.bias, self.stride, self.padding, self.dilation, self.groups)

    def folded(self) -> nn.Conv2d:
        """A plain convolution that computes the same."""
        return _plain(self, self.standard_weight())


class MaskedConv2d(nn.Conv2d):
    """A convolution whose first ``blind[0]`` outputs don't see the last ``blind[1]`` inputs."""

    def __init__(self, in_channels, out_channels, kernel_size, *, blind: tuple[int, int], **options):
        super().__init__(in_channels, out_channels, kernel_size, **options)
        self.blind = blind

    def masked_weight(self) -> torch.Tensor:
        """(out, in, k, k) effective kernel."""
        seen = _seen(self.weight, self.blind)
        return self.weight if seen is None else self.weight * seen

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(x, self.masked_weight(), self.bias, self.stride, self.padding, self.dilation, self.groups)

    def folded(self) -> nn.Conv2d:
        """A plain convolution that computes the same."""
        return _plain(self, self.masked_weight())


def _seen(weight: torch.Tensor, blind: tuple[int, int], cross: int = 0) -> torch.Tensor | None:
    """Of ``weight``'s shape, 0 where an output is blind to a place of an input and 1 elsewhere; None where all see all."""
    outputs, inputs = blind
    if not (outputs and inputs) and not cross:
        return None
    seen = torch.ones_like(weight)
    seen[:outputs, weight.shape[1] - inputs :] = 0
    seen[:, weight.shape[1] - cross :, ::2, ::2] = 0
    return seen


@torch.no_grad()
def _plain(conv: nn.Conv2d, weight: torch.Tensor) -> nn.Conv2d:
    """A convolution like ``conv`` with this kernel."""
    plain = nn.Conv2d(
        conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, conv.dilation, conv.groups,
    )
    plain.weight.copy_(weight)
    plain.bias.copy_(conv.bias)
    return plain.to(conv.weight.device)


class LabelEmbedding(nn.Module):
    """A learnt vector per class: the exact equal of a 1x1 convolution over one-hot labels.

    The table is stored small and multiplied by a constant, so that Adam, whose
    steps have a fixed size, moves it as fast as it moves the convolutions.
    """

    def __init__(self, label_count: int, dim: int, scale: float = 20.0):
        super().__init__()
        self.scale = scale
        self.weight = nn.Parameter(torch.randn(label_count, dim) / scale)

    def forward(self, labels: torch.Tensor) -> torch.Tensor:
        """(B, H, W) int64 -> (B, dim, H, W), channels-last in memory."""
        return F.embedding(labels, self.weight * self.scale).permute(0, 3, 1, 2)

    def folded(self) -> nn.Module:
        """The same look-up with the constant multiplied in."""
        plain = LabelEmbedding(*self.weight.shape, scale=1.0)
        with torch.no_grad():
            plain.weight.copy_(self.weight * self.scale)
        return plain.to(self.weight.device)


def fold(module: nn.Module) -> nn.Module:
    """A copy of ``module`` for inference: whatever has a ``folded()`` form is replaced by it."""
    module = copy.deepcopy(module).eval().requires_grad_(False)
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if hasattr(child, "folded"):
                setattr(parent, name, child.folded())
    return module
