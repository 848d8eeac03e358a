"""Perceptual loss and perceptual distance on VGG features."""

from __future__ import annotations

from typing import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.networks.vgg import VGGFeatures

#: First rectified convolution of each block, as pix2pixHD taps them.
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
#: Their weights in pix2pixHD's public code.
WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)


class PerceptualLoss(nn.Module):
    """sum_i w_i * d(F_i(real), F_i(fake)): pix2pixHD section 4, "perceptual loss".

    F_i is the i-th tapped VGG layer. The paper's d is mean |F_i(real) -
    F_i(fake)|, the mean its 1 / M_i; it weighs the whole by lambda = 10. NVIDIA's
    code feeds images in [-1, 1] to VGG as they are; here they are brought to
    the statistics VGG was trained on.

    Args:
        features: a loaded VGG (:func:`core.networks.vgg.load_vgg`).
        layers, weights: which taps, and w_i.
        relative: divide each layer's term by mean |F_i(real)|. Then the loss
            has the same size for any VGG, whatever its layers' magnitudes.
        form: ``absolute`` for the paper's d; ``direction`` for the mean squared
            distance of the feature vectors scaled to unit length, as LPIPS has
            it (Zhang et al. 2018, eq. 1). That one asks for the right edge and
            texture in faint places as much as in strong ones, and has the same
            size for any VGG by itself.

    Raises:
        ValueError: for another ``form``, or when layers and weights differ in number.
    """

    def __init__(
        self,
        features: VGGFeatures,
        layers: Sequence[str] = LAYERS,
        weights: Sequence[float] = WEIGHTS,
        relative: bool = False,
        form: str = "absolute",
    ):
        super().__init__()
        if form not in ("absolute", "direction"):
            raise ValueError(f"no form of the perceptual loss is called '{form}'")
        if len(layers) != len(weights):
            raise ValueError("one weight for each layer")
        self.features = features
        self.layers = tuple(layers)
        self.weights = tuple(weights)
        self.relative = relative
        self.form = form
        #: A batch spread over processes is measured as one: they put their common mean here.
        self.mean_of_target = torch.mean

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        """fake, real: (B, 3, H, W) RGB in [-1, 1]; returns a scalar. No gradient reaches ``real``."""
        return self.distance(*self.taps(fake, real))

    def taps(self, fake: Tensor, real: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The tapped features of both images, shallow to deep."""
        with torch.no_grad():
            targets = self.features(real, self.layers)
        return self.features(fake, self.layers), targets

    def distance(self, fake: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
        """The loss, from what :meth:`taps` gave."""
        loss = fake[0].new_zeros((), dtype=torch.float32)
        for weight, found, target in zip(self.weights, fake, real):
            loss = loss + weight * self._term(found, target).float()
        return loss

    def _term(self, found: Tensor, target: Tensor) -> Tensor:
        if self.form == "direction":
            found, target = found.float(), target.float()
            # A vector of next to nothing has no direction worth an arbitrarily steep slope.
            least = 1e-2 * self.mean_of_target(target.square()).sqrt() * target.shape[1] ** 0.5
            lengths = [t.square().sum(1, keepdim=True).add(least**2).sqrt() for t in (found, target)]
            return (found / lengths[0] - target / lengths[1]).square().sum(1).mean()
        term = F.l1_loss(found, target)
        if self.relative:
            term = term / self.mean_of_target(target).clamp_min(1e-6)  # rectified, so the mean is of |.|
        return term


@torch.inference_mode()
def perceptual_distance(features: VGGFeatures, a: Tensor, b: Tensor, layers: Sequence[str] = LAYERS) -> Tensor:
    """How different two images look to VGG, 0 (same) to about 1; our own measure.

    Like LPIPS (Zhang et al. 2018, eq. 1) without its learned channel weights:
    at every place of a tapped layer the feature vector is scaled to unit
    length, the squared distance of the two unit vectors is taken, averaged over
    places, then over layers. Numbers are comparable between images for one VGG
    file, not with published LPIPS values.

    Args:
        a, b: (B, 3, H, W) RGB in [-1, 1].

    Returns:
        (B,) float32.
    """
    total = torch.zeros(a.shape[0], device=a.device)
    for fa, fb in zip(features(a, layers), features(b, layers)):
        # |u - v|^2 = 2 - 2 u.v for unit vectors; where both are zero they agree.
        na, nb = fa.square().sum(1).sqrt(), fb.square().sum(1).sqrt()
        cosine = (fa * fb).sum(1) / (na * nb).clamp_min(1e-10)
        alike = torch.where((na < 1e-8) & (nb < 1e-8), torch.ones_like(cosine), cosine)
        total += (2 - 2 * alike).clamp_min(0).flatten(1).mean(1)
    return total / len(layers)
