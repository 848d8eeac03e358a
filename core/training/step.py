"""One optimiser step: E looks, G renders, D judges, all learn (pix2pixHD, sec. 3)."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from core.data.crops import Batch
from core.errors import TrainingError
from core.networks.perceptual import PerceptualLoss
from core.networks.region_statistics import region_colour_loss, region_statistics_loss
from core.networks.weave import weave_loss
from core.training.distributed import mean_over_processes, rank_and_world
from core.training.losses import discriminator_gan_loss, feature_matching_loss, generator_gan_loss
from core.training.networks import Networks
from core.training.pool import HistoryPool
from core.training.precision import Precision
from core.training.recipes import Recipe

#: Of the perceptual taps, the shallow ones that tell of texture rather than of things.
TEXTURE_LAYERS = 3

#: Groups of classes with shapes inside rather than a texture, as things have.
_SHAPED = ("void", "object", "parts of buildings", "parts of signals", "parts of signs")


class Step:
    """Computes losses and gradients of one stage's networks.

    Args:
        networks: at the stage to train; make another Step when it changes.
        perceptual: the perceptual loss, or None to leave it out.
        pool: fakes that D has seen before.
        precision: of the arithmetic.
    """

    def __init__(
        self,
        recipe: Recipe,
        networks: Networks,
        perceptual: PerceptualLoss | None,
        pool: HistoryPool,
        precision: Precision,
    ):
        self.recipe, self.networks, self.perceptual = recipe, networks, perceptual
        self.pool, self.precision = pool, precision
        labels = networks.label_set
        shaped = [label.group in _SHAPED or labels[int(labels.base[label.id])].thing for label in labels]
        self._shaped = torch.tensor(shaped, device=networks.device)
        self.generating = _spread(networks.generating, networks.device)
        self.judging = _spread(networks.discriminator, networks.device)
        self.weights = {
            "gan": recipe.gan_weight,
            "features": recipe.feature_weight,
            "perceptual": recipe.perceptual_weight,
            "pixel": recipe.pixel_weight,
            "texture": recipe.texture_weight,
            "colour": recipe.colour_weight,
            "weave": recipe.weave_weight,
        }

    def gradients(self, batch: Batch, numbers: list[int], step: int) -> dict[str, float]:
        """Add the gradients of one step to G, E and D; returns unweighted losses.

        Args:
            batch: this process's crops.
            numbers: of the crops, unique over the run.
            step: 0-based, alike in all processes.

        Raises:
            TrainingError: when a loss is no longer finite. Nothing is updated then.
        """
        parts = min(self.recipe.accumulate, len(numbers))
        ends = [len(numbers) * part // parts for part in range(parts + 1)]
        sums: dict[str, Tensor] = {}
        for start, end in zip(ends, ends[1:]):
            part = Batch(*(t[start:end] for t in vars(batch).values()))
            share, last = (end - start) / len(numbers), end == len(numbers)
            for name, loss in self._part(part, numbers[start:end], step, share, last).items():
                sums[name] = sums.get(name, 0) + share * loss.detach().float()
        # One transfer from the device for all losses.
        values = dict(zip(sums, mean_over_processes(torch.stack(list(sums.values()))).tolist()))
        if not all(value == value and abs(value) != float("inf") for value in values.values()):
            raise TrainingError(
                "The losses are no longer finite; resume from the last checkpoint with a lower learning rate "
                "(--set learning_rate=...)."
            )
        return values

    def _part(self, batch: Batch, numbers: list[int], step: int, share: float, last: bool) -> dict[str, Tensor]:
        with ExitStack() as stack:
            if not last:  # the processes exchange gradients once a step
                for module in (self.generating, self.judging):
                    if isinstance(module, DistributedDataParallel):
                        stack.enter_context(module.no_sync())
            with self.precision.autocast():
                losses, total, loss_d = self._losses(batch, numbers, step)
            self.precision.scale(total * share).backward()
            if loss_d is None:
                return losses
            self.precision.scale(loss_d * share).backward()
        return {**losses, "discriminator": loss_d}

    def _losses(self, batch: Batch, numbers: list[int], step: int) -> tuple[dict[str, Tensor], Tensor, Tensor | None]:
        fake = self.generating(batch.labels, batch.edges, batch.photograph, batch.regions)
        losses, loss_d = {}, None
        seen, seen_fake = self._shifted(batch, fake, step)
        if self.recipe.adversarial:
            losses, loss_d = self._judged(seen, numbers, seen_fake)
        if self.perceptual is not None:
            taps = self.perceptual.taps(*self._seen(step, seen_fake, seen.photograph))
            losses["perceptual"] = self.perceptual.distance(*taps)
            if self.recipe.texture_weight:
                (regions,) = self._seen(step, self._regions(seen))
                losses["texture"] = region_statistics_loss(*(layers[:TEXTURE_LAYERS] for layers in taps), regions)
        if self.recipe.pixel_weight:
            losses["pixel"] = F.l1_loss(fake.float(), batch.photograph)
        if self.recipe.colour_weight:
            losses["colour"] = region_colour_loss(fake, batch.photograph, batch.regions)
        if self.recipe.weave_weight:
            losses["weave"] = weave_loss(fake, batch.photograph)
        return losses, sum(self.weights[name] * loss for name, loss in losses.items()), loss_d

    def _judged(self, batch: Batch, numbers: list[int], fake: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """D's say on ``fake``: the generator's adversarial losses, and D's own."""
        fake, photograph = fake.to(self.precision.dtype), batch.photograph.to(self.precision.dtype)
        shown = (batch.labels, batch.edges.to(self.precision.dtype))

        # One pass over fake and real together trains D; instance norm keeps them apart.
        *old, old_fake = self.pool.query(*shown, fake.detach(), numbers)
        conditions = shown if old[0] is batch.labels else tuple(map(torch.cat, zip(old, shown)))
        judged = self.judging(_channels_last(torch.cat((old_fake, photograph))), conditions)
        count = len(fake)
        on_fake = [[t[:count] for t in scale] for scale in judged]
        on_real = [[t[count:] for t in scale] for scale in judged]
        loss_d = discriminator_gan_loss(on_fake, on_real, self.recipe.gan)

        # G is judged by the same D, whose weights take no gradient from it.
        judged = _frozen(self.networks.discriminator)(_channels_last(fake), shown)
        losses = {
            "gan": generator_gan_loss(judged, self.recipe.gan),
            "features": feature_matching_loss(judged, on_real),
        }
        return losses, loss_d

    def _regions(self, batch: Batch) -> Tensor:
        """(B, H, W) int64: each object's parts by themselves, and -1 where texture is not asked for.

        A thing's shine and small parts are no texture, nor are a shop's window,
        a sign's face, or the windows of a house whose map doesn't tell of them:
        a wall that must have the statistics of wall and windows together grows
        hair, and goods behind glass become camouflage.
        """
        regions = batch.instances * 256 + batch.labels
        left_out = self._shaped[batch.labels]
        for region, hidden, out in zip(regions, batch.hidden, left_out):
            out |= torch.isin(region, region[hidden].unique())
        return torch.where(left_out, -1, regions)

    def _shifted(self, batch: Batch, fake: Tensor, step: int) -> tuple[Batch, Tensor]:
        """Batch and picture without a few rows and columns: see :attr:`Recipe.jitter`."""
        jitter = self.recipe.jitter
        if not jitter:
            return batch, fake
        y, x = (int(v) for v in np.random.default_rng((step, 6)).integers(jitter, size=2))
        height, width = (side - jitter for side in fake.shape[-2:])
        window = (..., slice(y, y + height), slice(x, x + width))
        return Batch(*(t[window] for t in vars(batch).values())), fake[window]

    def _seen(self, step: int, *images: Tensor) -> list[Tensor]:
        """What the perceptual loss looks at: see :attr:`Recipe.perceptual_scale`."""
        scale = self.recipe.perceptual_scale
        if scale == 1:
            return list(images)
        if step % 2 == 0:
            return [F.avg_pool2d(i, scale) if i.is_floating_point() else i[..., ::scale, ::scale] for i in images]
        height, width = images[0].shape[-2:]
        high, wide = height // scale, width // scale
        rng = np.random.default_rng((step, 5))
        y, x = int(rng.integers(height - high + 1)), int(rng.integers(width - wide + 1))
        return [i[..., y : y + high, x : x + wide] for i in images]


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def _frozen(module: nn.Module) -> Callable[..., list[list[Tensor]]]:
    """A call of ``module`` through which gradients reach its input, never its weights."""
    constants = {name: p.detach() for name, p in module.named_parameters()}
    return lambda *inputs: functional_call(module, constants, inputs)


def _spread(module: nn.Module, device: torch.device) -> nn.Module:
    """``module`` as it computes when the run has several processes."""
    if rank_and_world()[1] == 1:
        return module
    return DistributedDataParallel(module, device_ids=[device.index] if device.type == "cuda" else None)
