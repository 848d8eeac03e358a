"""The training loop as an iterator: ``for report in trainer.run(): ...``.

One step is pix2pixHD's (sec. 3): E looks at the photograph, its codes join
labels and edges, G renders, the multi-scale D judges, both are updated from the
same judgement. The state after step n depends on the recipe, the data, the
seed and n alone, so a resumed run ends where the uninterrupted one would.
"""

from __future__ import annotations

import copy
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.data.crops import Batch, CropSettings, make_batch
from core.data.samples import Sample
from core.errors import TrainingError
from core.labels import STREETS, LabelSet
from core.models.registry import build
from core.networks.discriminators import MultiscaleDiscriminator
from core.networks.perceptual import LAYERS, WEIGHTS, PerceptualLoss
from core.rendering.conditioning import Conditioning, dense, inputs_for
from core.rendering.device import choose_device, keep_large_blocks
from core.training.checkpoint import load_checkpoint, save_checkpoint
from core.training.losses import discriminator_gan_loss, feature_matching_loss, generator_gan_loss
from core.training.recipes import Recipe, recipe_to_json


@dataclass
class Report:
    """What one step did.

    Attributes:
        step: steps done, 1-based.
        losses: unweighted loss values by name.
        rate: learning rate of this step.
        seconds: wall time of this step.
    """

    step: int
    losses: dict[str, float] = field(default_factory=dict)
    rate: float = 0.0
    seconds: float = 0.0


class Trainer:
    """One run.

    Args:
        recipe: all settings.
        samples: the training set.
        folder: where checkpoints go; created.
        seed: of weights and batches.
        label_set: of the label maps.
        device: as in :func:`core.rendering.device.choose_device`.
        vgg: a loaded VGG for the perceptual loss, or None to leave it out.

    Raises:
        TrainingError: when the folder holds a checkpoint of another recipe.
    """

    def __init__(
        self,
        recipe: Recipe,
        samples: Sequence[Sample],
        folder: str | Path,
        seed: int = 0,
        label_set: LabelSet = STREETS,
        device: str = "auto",
        vgg: nn.Module | None = None,
    ):
        keep_large_blocks()
        self.recipe, self.samples, self.seed, self.label_set = recipe, list(samples), seed, label_set
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.device = choose_device(device)
        torch.manual_seed(seed)
        name, config = recipe.generator
        self.generator = self._place(
            build(name, {**config, "label_count": len(label_set), "code_dim": recipe.code_dim})
        )
        self.encoder = None
        if recipe.encoder is not None:
            name, config = recipe.encoder
            self.encoder = self._place(build(name, {**config, "code_dim": recipe.code_dim}))
        width, layers, scales = recipe.discriminator
        self.discriminator = self._place(
            MultiscaleDiscriminator(len(label_set) + 1 + 3, width=width, layers=layers, scales=scales)
        )
        self.averaged = copy.deepcopy(nn.ModuleList(self._generating())).requires_grad_(False)
        self.perceptual = None
        if vgg is not None and recipe.perceptual_weight:
            weights = [dict(zip(LAYERS, WEIGHTS))[layer] for layer in recipe.perceptual_layers]
            vgg = vgg.requires_grad_(False)
            self.perceptual = self._place(PerceptualLoss(vgg, recipe.perceptual_layers, weights, relative=True))
        self.optimiser_g = torch.optim.Adam(
            [p for m in self._generating() for p in m.parameters()], recipe.learning_rate, recipe.betas
        )
        self.optimiser_d = torch.optim.Adam(self.discriminator.parameters(), recipe.learning_rate, recipe.betas)
        self.step = 0
        self._resume()

    def _place(self, module: nn.Module) -> nn.Module:
        return module.to(self.device, memory_format=torch.channels_last)

    def _generating(self) -> list[nn.Module]:
        return [m for m in (self.generator, self.encoder) if m is not None]

    # --- the loop ---------------------------------------------------------

    def run(self, until: int | None = None) -> Iterator[Report]:
        """Train to step ``until`` (default: the recipe's last), yielding after every step."""
        until = self.recipe.steps if until is None else until
        with ThreadPoolExecutor(1, thread_name_prefix="batches") as pool:
            waiting = pool.submit(self.batch_at, self.step)
            while self.step < until:
                started = time.perf_counter()
                batch = waiting.result()
                if self.step + 1 < until:
                    waiting = pool.submit(self.batch_at, self.step + 1)
                rate = self.recipe.rate_at(self.step)
                losses = self.train_step(batch.to(self.device), rate)
                self.step += 1
                yield Report(self.step, losses, rate, time.perf_counter() - started)

    def batch_at(self, step: int) -> Batch:
        """The crops of 0-based ``step``."""
        phase = self.recipe.phase_at(step)
        settings = CropSettings((phase.crop, phase.crop), phase.widths, fold_parts=self.recipe.fold_parts)
        return make_batch(self.samples, settings, self.label_set, self.seed, step, phase.batch)

    def generate(self, batch: Batch, generator: nn.Module, encoder: nn.Module | None) -> Tensor:
        """(B, 3, H, W) pictures in [-1, 1] of a batch, with the codes of its own photographs."""
        if encoder is None:
            codes = batch.edges.new_zeros(len(batch.edges), self.recipe.code_dim, *batch.edges.shape[-2:])
        else:
            codes = encoder(batch.photograph, batch.instances)
        planes = torch.cat((batch.edges, codes), 1).contiguous(memory_format=torch.channels_last)
        return generator(*inputs_for(generator, Conditioning(batch.labels, planes)))

    def train_step(self, batch: Batch, rate: float) -> dict[str, float]:
        """Update G, E and D once; returns unweighted losses."""
        recipe = self.recipe
        for optimiser in (self.optimiser_g, self.optimiser_d):
            for group in optimiser.param_groups:
                group["lr"] = rate
        shown = dense(Conditioning(batch.labels, batch.edges), len(self.label_set))
        fake = self.generate(batch, self.generator, self.encoder)

        # One pass over fake and real together trains D; instance norm keeps them apart.
        self.discriminator.requires_grad_(True)
        pairs = torch.cat((torch.cat((shown, fake.detach()), 1), torch.cat((shown, batch.photograph), 1)))
        judged = self.discriminator(pairs.contiguous(memory_format=torch.channels_last))
        count = len(fake)
        on_fake = [[t[:count] for t in scale] for scale in judged]
        on_real = [[t[count:] for t in scale] for scale in judged]
        loss_d = discriminator_gan_loss(on_fake, on_real, recipe.gan)

        # G is judged by the same D, whose weights take no gradient from it.
        self.discriminator.requires_grad_(False)
        judged = self.discriminator(torch.cat((shown, fake), 1).contiguous(memory_format=torch.channels_last))
        losses = {
            "gan": generator_gan_loss(judged, recipe.gan),
            "features": feature_matching_loss(judged, on_real),
        }
        if self.perceptual is not None:
            losses["perceptual"] = self.perceptual(*self._seen(fake, batch.photograph))
        if recipe.pixel_weight:
            losses["pixel"] = F.l1_loss(fake, batch.photograph)
        weights = {
            "gan": recipe.gan_weight,
            "features": recipe.feature_weight,
            "perceptual": recipe.perceptual_weight,
            "pixel": recipe.pixel_weight,
        }
        total = sum(weights[name] * loss for name, loss in losses.items())
        self.optimiser_g.zero_grad(set_to_none=True)
        total.backward()
        self.optimiser_d.zero_grad(set_to_none=True)
        # A parameter frozen at backward time gets no gradient, whatever it was in the forward pass.
        self.discriminator.requires_grad_(True)
        loss_d.backward()
        self.optimiser_g.step()
        self.optimiser_d.step()
        self._average()
        values = {name: float(loss.detach()) for name, loss in losses.items()}
        values["discriminator"] = float(loss_d.detach())
        if not all(map(_finite, values.values())):
            raise TrainingError(
                f"The losses are no longer finite at step {self.step + 1}; "
                "resume from the last checkpoint with a lower learning rate."
            )
        return values

    def _seen(self, *images: Tensor) -> list[Tensor]:
        scale = self.recipe.perceptual_scale
        return [F.avg_pool2d(i, scale) if scale > 1 else i for i in images]

    @torch.no_grad()
    def _average(self) -> None:
        # The average forgets the random start quickly, then settles to the recipe's decay.
        decay = min(self.recipe.ema, (1 + self.step) / (10 + self.step))
        for average, module in zip(self.averaged, self._generating()):
            for a, b in zip(average.state_dict().values(), module.state_dict().values()):
                if a.dtype.is_floating_point:
                    a.lerp_(b, 1 - decay)
                else:
                    a.copy_(b)

    # --- what outlives the process ----------------------------------------

    def save(self) -> Path:
        """Write a checkpoint from which :class:`Trainer` resumes by itself."""
        return save_checkpoint(
            self.folder,
            self.step,
            {
                "step": self.step,
                "seed": self.seed,
                "recipe": recipe_to_json(self.recipe),
                "generating": [m.state_dict() for m in self._generating()],
                "averaged": [m.state_dict() for m in self.averaged],
                "discriminator": self.discriminator.state_dict(),
                "optimiser_g": self.optimiser_g.state_dict(),
                "optimiser_d": self.optimiser_d.state_dict(),
            },
        )

    def _resume(self) -> None:
        state = load_checkpoint(self.folder)
        if state is None:
            return
        if state["recipe"]["generator"] != list(self.recipe.generator) and tuple(
            state["recipe"]["generator"]
        ) != tuple(self.recipe.generator):
            raise TrainingError(
                f"{self.folder} holds a run of another network; choose another folder, or resume with its own recipe."
            )
        for modules, saved in ((self._generating(), "generating"), (self.averaged, "averaged")):
            for module, tensors in zip(modules, state[saved]):
                module.load_state_dict(tensors)
        self.discriminator.load_state_dict(state["discriminator"])
        self.optimiser_g.load_state_dict(state["optimiser_g"])
        self.optimiser_d.load_state_dict(state["optimiser_d"])
        self.step, self.seed = state["step"], state["seed"]


def _finite(value: float) -> bool:
    return value == value and abs(value) != float("inf")
