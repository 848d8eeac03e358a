"""Convolutions over one-hot labels without the one-hot planes.

A convolution over planes that are 1 for one class and 0 for all others adds up
one row of its weights for each pixel under the kernel. Looking those rows up
gives the same numbers; with a hundred and eighty classes it spares most of the
work of a discriminator's first convolution, and the planes themselves.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def label_conv(labels: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """``conv2d`` of the one-hot planes of ``labels``; gradients reach ``weight``.

    Args:
        labels: (B, H, W) int64 in 0..L-1.
        weight: (O, L, k, k).
        stride, padding: of the convolution, alike in both directions.

    Returns:
        (B, O, h, w) in the weight's dtype.
    """
    outputs, count, side, _ = weight.shape
    # Beyond the border lies no class: a last row of zeros.
    padded = F.pad(labels, (padding,) * 4, value=count)
    under = padded.unfold(1, side, stride).unfold(2, side, stride)  # (B, h, w, k, k)
    batch, height, width = under.shape[:3]
    rows = under.reshape(-1, side * side)
    table = F.pad(weight.permute(2, 3, 1, 0).reshape(side * side, count, outputs), (0, 0, 0, 1))
    return _RowSums.apply(rows, table).view(batch, height, width, outputs).permute(0, 3, 1, 2)


class _RowSums(torch.autograd.Function):
    """``sum over t of table[t, rows[:, t]]``: embedding_bag, with a backward pass of half the time.

    For (N, T) rows and a (T, R, O) table: (N, O).
    """

    @staticmethod
    def forward(ctx, rows: Tensor, table: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        ctx.shape = table.shape
        taps, height, outputs = table.shape
        places = rows + torch.arange(0, taps * height, height, device=rows.device)
        return F.embedding_bag(places, table.reshape(-1, outputs), mode="sum")

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[None, Tensor]:
        (rows,) = ctx.saved_tensors
        table = torch.zeros(ctx.shape, dtype=gradient.dtype, device=gradient.device)
        gradient = gradient.contiguous()
        for tap, places in zip(table, rows.t().contiguous()):
            tap.index_add_(0, places, gradient)
        return None, table


def halved_one_hot(labels: Tensor, count: int, form: torch.dtype = torch.float32) -> Tensor:
    """The one-hot planes of ``labels`` at half size: a 3x3 average of stride 2 that counts no padding.

    Args:
        labels: (B, H, W) int64 in 0..count-1.
        form: of the result; computed in float32 at least.

    Returns:
        (B, count, ceil(H / 2), ceil(W / 2)), channels-last in memory.
    """
    under = F.pad(labels, (1, 1, 1, 1), value=-1).unfold(1, 3, 2).unfold(2, 3, 2).flatten(3)
    inside = (under >= 0).to(torch.promote_types(form, torch.float32))
    shares = inside / inside.sum(-1, keepdim=True)
    out = shares.new_zeros(under.shape[:3] + (count,))
    starts = torch.arange(0, out.numel(), count, device=labels.device).view(under.shape[:3])
    flat = out.view(-1)
    for tap in range(9):  # one at a time: a sum over all at once would not be the same from run to run on a GPU
        flat.index_add_(0, (starts + under[..., tap].clamp_min(0)).flatten(), shares[..., tap].flatten())
    return out.to(form).permute(0, 3, 1, 2)
