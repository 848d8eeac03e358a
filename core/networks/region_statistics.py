"""Texture without pixels: each object's features have the mean and spread of the photograph's.

No network knows where on a wall each brick lies, and a loss that compares pixel
with pixel answers with a wall without bricks. Style transfer compares
statistics instead: matching each channel's mean and deviation does what Gram
matrices do (Li et al. 2017, "Demystifying Neural Style Transfer", eq. 12).
Here they are taken over every region by itself: the wall of one house, the
lawn, the crown of one tree.
"""

from __future__ import annotations

from typing import Sequence

import torch
from torch import Tensor

from core.networks.pooling import instance_average

#: Regions of the whole batch that are compared, the largest ones.
REGIONS = 24
#: Feature pixels below which a region says nothing about its texture.
SMALLEST = 32


def region_statistics_loss(fake: Sequence[Tensor], real: Sequence[Tensor], regions: Tensor) -> Tensor:
    """How far the features' mean and deviation over each region are from the photograph's.

    Args:
        fake, real: per layer (B, C, h, w). No gradient reaches ``real``.
        regions: (B, H, W) integers below 2^32, alike within a region; negative
            where texture is not compared. Equal numbers in two images of a batch are two regions.

    Returns:
        a scalar: per layer the regions' mean |difference|, weighed by the square
        root of their areas, relative to the photograph's mean feature; averaged over layers.
    """
    total = torch.zeros((), device=regions.device)
    for found, target in zip(fake, real):
        masks = _masks(regions, found.shape[-2:])
        if masks is None:
            continue
        mean_f, spread_f = _statistics(found, masks)
        with torch.no_grad():
            mean_r, spread_r = _statistics(target, masks)
        apart = ((mean_f - mean_r).abs() + (spread_f - spread_r).abs()).mean(1)
        share = masks.sum(1).sqrt()
        # Not relative to the deviation: where all is sky there is next to none, and the loss had no bound.
        total = total + (share * apart).sum() / share.sum() / target.float().mean().clamp_min(1e-6)
    return total / len(fake)


def region_colour_loss(fake: Tensor, real: Tensor, regions: Tensor) -> Tensor:
    """How far each region's mean colour is from the photograph's: mean over pixels of |mean over its region|.

    An L1 loss leads to the median of what a pixel may be, which on leaves or
    bricks is no mean colour; and colour is what codes are chosen by.

    Args:
        fake, real: (B, 3, H, W). No gradient reaches ``real``.
        regions: (B, H, W) integers 0..65535, see :class:`core.data.crops.Batch`.
    """
    return instance_average(fake.float() - real.detach().float(), regions).abs().mean()


def _masks(regions: Tensor, size: tuple[int, int]) -> Tensor | None:
    """(N, B*h*w) float32, 0 or 1: the largest regions at a layer's size; None without any."""
    batch, height, width = regions.shape
    down = height // size[0], width // size[1]
    small = regions[:, down[0] // 2 :: down[0], down[1] // 2 :: down[1]][:, : size[0], : size[1]]
    small = small.reshape(batch, -1).to(torch.int64)
    keys = torch.where(small < 0, -1, small + (torch.arange(batch, device=regions.device) << 32)[:, None])
    values, counts = torch.unique(keys, return_counts=True)
    values, counts = values[values >= 0], counts[values >= 0]
    largest = counts.argsort(descending=True, stable=True)[:REGIONS]
    values = values[largest[counts[largest] >= SMALLEST]]
    if not len(values):
        return None
    return (keys.reshape(1, -1) == values[:, None]).float()


def _statistics(features: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """(N, C) mean and deviation over each mask."""
    pixels = features.float().permute(0, 2, 3, 1).reshape(-1, features.shape[1])
    counts = masks.sum(1, keepdim=True)
    mean = masks @ pixels / counts
    # Shifted by the batch's mean: the difference of two large squares would lose the small ones.
    centre = pixels.detach().mean(0)
    shifted = pixels - centre
    second = masks @ shifted.square() / counts
    variance = (second - (mean - centre).square()).clamp_min(0)
    # A flat region has no slope at zero; a small part of the layer's own spread keeps it finite.
    return mean, (variance + 1e-3 * second.detach().mean() + 1e-12).sqrt()
