"""The compact instance encoder E (pix2pixHD, sec. 3.4).

pix2pixHD's encoder normalises by the frame's own statistics, which takes the
overall brightness out of every code and makes the code of an object depend on
the rest of the crop. This one has no such statistics: the same car gives the
same code in a crop and in a frame.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from core.networks.pooling import instance_average
from core.networks.weights import StandardConv2d


class CompactEncoder(nn.Module):
    """Photograph to appearance planes, constant over each object.

    Args:
        code_dim: K, channels of a code.
        width: channels at 1/2; doubled at 1/4.
    """

    def __init__(self, code_dim: int = 6, width: int = 16):
        super().__init__()
        self.code_dim = code_dim
        self.down1 = nn.Conv2d(3, width, 4, stride=2, padding=1)
        self.down2 = StandardConv2d(width, 2 * width, 3, stride=2, padding=1)
        self.mid = StandardConv2d(2 * width, 2 * width, 3, padding=1)
        self.out = StandardConv2d(2 * width, code_dim, 1, gain=0.3)
        # An object's mean colour is what its code must tell first. Given from
        # the start, the generator learns to use it in hundreds of steps less.
        self.colour = nn.Conv2d(3, code_dim, 1, bias=False)
        with torch.no_grad():
            self.colour.weight.zero_()
            for channel in range(min(3, code_dim)):
                self.colour.weight[channel, channel] = 2.0

    def features(self, photograph: torch.Tensor) -> torch.Tensor:
        """(B, 3, H, W) in [-1, 1] -> (B, code_dim, H/4, W/4) in (-1, 1), not yet averaged."""
        colour = self.colour(F.avg_pool2d(photograph, 4))
        x = F.leaky_relu(self.down1(photograph), 0.2)
        x = F.leaky_relu(self.down2(x), 0.2)
        x = x + F.leaky_relu(self.mid(x), 0.2)
        return torch.tanh(self.out(x) + colour)

    def forward(self, photograph: torch.Tensor, instance_map: torch.Tensor) -> torch.Tensor:
        """Codes painted over their objects.

        Args:
            photograph: (B, 3, H, W) float in [-1, 1].
            instance_map: (B, H, W) int64.

        Returns:
            (B, code_dim, H, W).
        """
        planes = F.interpolate(self.features(photograph), size=photograph.shape[-2:], mode="nearest")
        return instance_average(planes, instance_map)
