"""Weave: the pattern of every other pixel that upsampling leaves where nothing tells what is there.

Each sub-pixel of a pixel-shuffle head, each phase of a strided gradient, has
weights of its own (Odena et al. 2016, "Deconvolution and checkerboard
artifacts"); where the picture is unsure their differences stay, as a cloth of
two or four pixels. In a photograph light and dark alternate too, but not in
step: over a window it averages out.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

#: Side in pixels of the windows in which what alternates in step is found.
WINDOW = 16
#: Periods of 2 pixels, and of 4: each level sees the picture half as large.
LEVELS = 2


def alternation(image: Tensor) -> Tensor:
    """How strongly rows and columns alternate in step, signed by which of two comes first.

    The second difference along a line (no slope is left of it), every other
    one negated, averaged over windows that overlap by half: an alternation
    +a, -a, +a, ... gives a, noise next to nothing.

    Args:
        image: (B, C, H, W), sides of at least 20 pixels.

    Returns:
        (B, 2C, h, w): across, then down.
    """
    found = []
    for axis in (-1, -2):
        bend = image.diff(n=2, dim=axis) / 4
        sign = torch.ones(bend.shape[axis], device=image.device, dtype=image.dtype)
        sign[1::2] = -1
        bend = bend * (sign if axis == -1 else sign[:, None])
        bend = bend[..., : image.shape[-2] - 2, : image.shape[-1] - 2]
        found.append(F.avg_pool2d(bend, WINDOW, WINDOW // 2))
    return torch.cat(found, 1)


def weave_loss(fake: Tensor, real: Tensor) -> Tensor:
    """Mean absolute difference of the two images' :func:`alternation`, summed over periods of 2 and 4 pixels.

    Args:
        fake, real: (B, 3, H, W), sides of at least 40 pixels. No gradient reaches ``real``.
    """
    fake, real = fake.float(), real.detach().float()
    total = fake.new_zeros(())
    for level in range(LEVELS):
        if level:
            fake, real = F.avg_pool2d(fake, 2), F.avg_pool2d(real, 2)
        total = total + (alternation(fake) - alternation(real)).abs().mean()
    return total
