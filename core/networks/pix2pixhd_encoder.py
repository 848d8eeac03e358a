"""pix2pixHD's instance encoder (section 3.4, figure 5): a photograph to appearance codes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.networks.normalisation import init_weights
from core.networks.pix2pixhd import down, head, stem, up


class InstanceEncoder(nn.Module):
    """E: features of a photograph, averaged over each object.

    Args:
        code_dim: channels of an appearance code (NVIDIA's ``feat_num``).
        width: channels of the first convolution (``nef``).
        downsamples: halvings (``n_downsample_E``).
        norm: "instance" or "batch".

    Both sides of a frame must be multiples of ``multiple``.
    """

    def __init__(self, code_dim: int = 3, width: int = 16, downsamples: int = 4, norm: str = "instance"):
        super().__init__()
        self.code_dim = code_dim
        self.multiple = 2**downsamples
        layers = stem(3, width, norm)
        for i in range(downsamples):
            layers += down(width * 2**i, norm)
        for i in range(downsamples, 0, -1):
            layers += up(width * 2**i, norm)
        self.model = nn.Sequential(*layers, *head(width, code_dim))
        init_weights(self)

    def features(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) RGB in [-1, 1] -> (B, code_dim, H, W) in [-1, 1], not yet averaged."""
        return self.model(image)

    def forward(self, image: Tensor, instances: Tensor) -> Tensor:
        """Appearance planes: every pixel holds its object's code.

        Args:
            image: (B, 3, H, W) RGB in [-1, 1].
            instances: (B, H, W) or (B, 1, H, W) integers, instance-map values.

        Returns:
            (B, code_dim, H, W) in [-1, 1].
        """
        return instance_average(self.features(image), instances)


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
