"""Normalisation layers and the initial weights of pix2pixHD's networks."""

from __future__ import annotations

from typing import Callable

from torch import Tensor, nn

NORMS = ("instance", "batch")


def norm_layer(norm: str) -> Callable[[int], nn.Module]:
    """The layer that ``norm`` names, as a function of the channel count.

    "instance" has no learned scale and takes its mean and variance from each
    frame, in training and after (Ulyanov et al. 2016). "batch" has a learned
    scale and, once trained, fixed statistics.
    """
    if norm == "instance":
        return _instance_norm
    if norm == "batch":
        return lambda channels: nn.BatchNorm2d(channels)
    raise ValueError(f"norm is {norm!r}; it can be {' or '.join(NORMS)}")


def _instance_norm(channels: int) -> nn.Module:
    layer = nn.InstanceNorm2d(channels, affine=False)
    layer.register_forward_hook(_ask_for_contiguous_gradient)
    return layer


def _ask_for_contiguous_gradient(layer: nn.Module, inputs: tuple, normalised: Tensor) -> None:
    """PyTorch 2.13's instance norm gives wrong gradients on a CPU where one frame comes with a channels-last gradient:
    its backward pass reads that as if it were not."""
    if normalised.requires_grad:
        normalised.register_hook(Tensor.contiguous)


def init_weights(network: nn.Module) -> nn.Module:
    """Weights from N(0, 0.02), batch norm's scale from N(1, 0.02): pix2pixHD's start. Returns ``network``."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
            nn.init.zeros_(module.bias)
    return network
