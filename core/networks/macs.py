"""Counting a network's work: multiply-accumulates of its convolutions and linear layers."""

from __future__ import annotations

import torch
from torch import nn

_CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def macs(module: nn.Module, *inputs, meta: bool = True) -> int:
    """Multiply-accumulates of one call ``module(*inputs)``.

    Counted by hooks on what really runs: a convolution makes one for each
    weight of an output channel at each output place, a transposed convolution
    one for each weight of an input channel at each input place, and a linear
    layer one for each weight and row. Norms, activations and pools are left out.

    Args:
        module: any network; it isn't changed.
        inputs: tensors of the real shapes; with ``meta`` only their shapes
            count, so 2048x1024 costs no memory and no time.
        meta: run on PyTorch's meta device, with weights of the same shapes put
            in for this call. Say False for a network whose call needs real values.
    """
    weights: dict[str, torch.Tensor] = {}
    if meta:
        weights = {name: torch.empty_like(t, device="meta") for name, t in module.state_dict(keep_vars=True).items()}
        inputs = tuple(x.to("meta") if isinstance(x, torch.Tensor) else x for x in inputs)
    total = 0

    def count(layer: nn.Module, given: tuple, output: torch.Tensor) -> None:
        nonlocal total
        if isinstance(layer, _TRANSPOSED):
            total += given[0].numel() // layer.in_channels * layer.weight.numel()
        elif isinstance(layer, _CONVS):
            total += output.numel() // layer.out_channels * layer.weight.numel()
        else:
            total += given[0].numel() // layer.in_features * layer.weight.numel()

    counted = (*_CONVS, *_TRANSPOSED, nn.Linear)
    handles = [m.register_forward_hook(count) for m in module.modules() if isinstance(m, counted)]
    try:
        with torch.no_grad():
            torch.func.functional_call(module, weights, inputs)
    finally:
        for handle in handles:
            handle.remove()
    return total
