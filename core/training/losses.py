"""pix2pixHD's adversarial and feature-matching losses (eqs. 2 to 5)."""

from __future__ import annotations

from typing import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

#: What the multi-scale discriminator returns: per scale, features shallow to deep, prediction last.
Judgement = Sequence[Sequence[Tensor]]


def generator_gan_loss(fake: Judgement, kind: str) -> Tensor:
    """How far the generator is from being believed, summed over scales (eq. 3)."""
    if kind == "hinge":
        return sum(-scale[-1].float().mean() for scale in fake)
    return sum((scale[-1].float() - 1).square().mean() for scale in fake)


def discriminator_gan_loss(fake: Judgement, real: Judgement, kind: str) -> Tensor:
    """Half the sum of the errors on fake and real, summed over scales (LSGAN, or hinge)."""
    total = 0.0
    for f, r in zip(fake, real):
        f, r = f[-1].float(), r[-1].float()
        if kind == "hinge":
            total = total + 0.5 * (F.relu(1 + f).mean() + F.relu(1 - r).mean())
        else:
            total = total + 0.5 * (f.square().mean() + (r - 1).square().mean())
    return total


def feature_matching_loss(fake: Judgement, real: Judgement) -> Tensor:
    """Mean absolute difference of the discriminator's features (eq. 4).

    Averaged over scales, and over the layers of each with the weight
    4 / (layers + 1) of NVIDIA's code. No gradient reaches ``real``.
    """
    total = torch.zeros((), device=fake[0][0].device)
    for f, r in zip(fake, real):
        weight = 4.0 / (len(f) - 1) / len(fake)  # the last of f is the prediction
        for a, b in zip(f[:-1], r[:-1]):
            total = total + weight * F.l1_loss(a.float(), b.detach().float())
    return total
