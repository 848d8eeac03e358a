"""Instance-wise average pooling (pix2pixHD, section 3.4): features become one vector per object."""

from __future__ import annotations

import torch
from torch import Tensor


def instance_average(features: Tensor, instances: Tensor) -> Tensor:
    """The mean of ``features`` over each instance, painted back over it.

    Args:
        features: (B, C, H, W).
        instances: (B, H, W) or (B, 1, H, W) integers. Equal values in two
            images of a batch are different instances.

    Returns:
        (B, C, H, W); its gradient flows to ``features``.
    """
    _, means, index = instance_means(features, instances)
    batch, channels, height, width = features.shape
    painted = means.t().index_select(1, index)  # (C, B*H*W)
    return painted.view(channels, batch, height, width).transpose(0, 1)


def instance_means(features: Tensor, instances: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The mean of ``features`` over each instance.

    Args:
        features: (B, C, H, W).
        instances: (B, H, W) or (B, 1, H, W) integers, 0..65535.

    Returns:
        values (N, 2) int64: batch item and instance-map value, in rising order;
        means (N, C); index (B*H*W,) int64: the row of each pixel, image by image, row by row.
    """
    batch, channels = features.shape[:2]
    keys = instances.reshape(batch, -1).to(torch.int64)
    # Folding the batch item into the key makes one pass serve the whole batch;
    # counting over all 2^16 values is several times faster than sorting pixels.
    keys = (keys + (torch.arange(batch, device=keys.device) << 16).unsqueeze(1)).reshape(-1)
    histogram = torch.bincount(keys, minlength=batch << 16)
    present = torch.nonzero(histogram).squeeze(1)
    row = torch.zeros_like(histogram)
    row[present] = torch.arange(present.numel(), device=keys.device)
    index = row[keys]
    # A road has a million pixels: float32 sums would lose the last digits.
    exact = torch.float32 if features.device.type == "mps" else torch.float64
    pixels = features.transpose(0, 1).reshape(channels, -1).to(exact)
    sums = pixels.new_zeros(channels, present.numel()).index_add(1, index, pixels)
    means = (sums / histogram[present]).t().to(features.dtype)
    return torch.stack((present >> 16, present & 0xFFFF), 1), means, index
