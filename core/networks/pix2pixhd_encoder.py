"""pix2pixHD's instance encoder (section 3.4, figure 5): a photograph to appearance codes."""

from __future__ import annotations

from torch import Tensor, nn

from core.networks.normalisation import init_weights
from core.networks.pix2pixhd import down, head, stem, up
from core.networks.pooling import instance_average


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
