"""The networks of a run: G, E, D and the averaged G and E, at one stage of the recipe."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from core.data.crops import Batch
from core.errors import TrainingError
from core.labels import LabelSet
from core.models.registry import build
from core.networks.discriminators import MultiscaleDiscriminator
from core.rendering.conditioning import Conditioning, inputs_for
from core.training.recipes import Recipe
from core.training.schedule import ENHANCER, GLOBAL

Described = tuple[str, dict[str, Any]]


def generator_of(recipe: Recipe, label_set: LabelSet, trains: str) -> Described:
    """Architecture and arguments of the generator while the recipe trains ``trains``.

    Raises:
        TrainingError: for a stage that the recipe's generator doesn't have.
    """
    name, config = recipe.generator
    if trains in (GLOBAL, ENHANCER) and name != "pix2pixhd_local":
        raise TrainingError(f"The recipe '{recipe.name}' has no local enhancer, so it can't train a part of one.")
    if trains == GLOBAL:
        name = "pix2pixhd_global"
        config = {
            "width": config["width"] * 2 ** config["enhancers"],
            **{key: config[key] for key in ("downsamples", "blocks", "norm") if key in config},
        }
    count = "label_count" if name == "compact" else "label_channels"
    return name, {**config, count: len(label_set), "code_dim": recipe.code_dim}


def encoder_of(recipe: Recipe) -> Described | None:
    """Architecture and arguments of the encoder, None without one."""
    if recipe.encoder is None:
        return None
    name, config = recipe.encoder
    return name, {**config, "code_dim": recipe.code_dim}


class Generating(nn.Module):
    """G after E: a batch's maps and photographs to pictures, the codes taken from the photographs themselves."""

    def __init__(self, generator: nn.Module, encoder: nn.Module | None, code_dim: int):
        super().__init__()
        self.generator, self.encoder, self.code_dim = generator, encoder, code_dim

    def forward(self, labels: Tensor, edges: Tensor, photograph: Tensor, regions: Tensor) -> Tensor:
        """(B, H, W), (B, 1, H, W), (B, 3, H, W), (B, H, W) -> (B, 3, H, W) in [-1, 1]."""
        return self.paint(labels, edges, self.codes(edges, photograph, regions))

    def codes(self, edges: Tensor, photograph: Tensor, regions: Tensor) -> Tensor:
        """(B, K, H, W): at every pixel the code of its region, zeros without an encoder."""
        if self.encoder is None:
            return edges.new_zeros(len(edges), self.code_dim, *edges.shape[-2:])
        return self.encoder(photograph, regions)

    def paint(self, labels: Tensor, edges: Tensor, codes: Tensor) -> Tensor:
        """G's picture of the maps with these codes."""
        planes = torch.cat((edges, codes.to(edges.dtype)), 1).contiguous(memory_format=torch.channels_last)
        return self.generator(*inputs_for(self.generator, Conditioning(labels, planes)))

    def of(self, batch: Batch) -> Tensor:
        return self(batch.labels, batch.edges, batch.photograph, batch.regions)


class Networks:
    """G, E and D on a device, and the running averages of G and E that are saved for use.

    Attributes:
        trains: the stage they are at.
        generating: G and E. generator, encoder, discriminator: the modules.
        averaged: G, and E if there is one, as a list of modules.
    """

    def __init__(self, recipe: Recipe, label_set: LabelSet, device: torch.device, seed: int, trains: str):
        self.recipe, self.label_set, self.device, self.seed, self.trains = recipe, label_set, device, seed, trains
        torch.manual_seed(seed)
        generator = build(*generator_of(recipe, label_set, trains))
        described = encoder_of(recipe)
        encoder = None if described is None else build(*described)
        width, layers, scales = recipe.discriminator
        self.discriminator = self._place(
            MultiscaleDiscriminator(len(label_set) + 1 + 3, width=width, layers=layers, scales=scales)
        )
        self._set(generator, encoder)
        self.averaged = self._copies()

    def _place(self, module: nn.Module) -> nn.Module:
        return module.to(self.device, memory_format=torch.channels_last)

    def _set(self, generator: nn.Module, encoder: nn.Module | None) -> None:
        self.generating = self._place(Generating(generator, encoder, self.recipe.code_dim))
        self.generator, self.encoder = generator, encoder
        if self.trains == ENHANCER:
            generator.model.requires_grad_(False)  # the global generator rests

    def _copies(self) -> nn.ModuleList:
        return copy.deepcopy(nn.ModuleList(self.modules())).requires_grad_(False)

    def modules(self) -> list[nn.Module]:
        """G, and E if there is one."""
        return [m for m in (self.generator, self.encoder) if m is not None]

    def trained(self) -> list[nn.Parameter]:
        """The parameters of G and E that this stage trains."""
        return [p for m in self.modules() for p in m.parameters() if p.requires_grad]

    def averaging(self) -> Generating:
        """The averaged networks as one module."""
        encoder = self.averaged[1] if len(self.averaged) > 1 else None
        return Generating(self.averaged[0], encoder, self.recipe.code_dim)

    def advance(self, trains: str) -> None:
        """Go on to another stage; what was learnt is carried over.

        From the global generator alone to the enhancer around it, the new
        halves start from weights drawn by the run's seed, so that the change
        is the same whether or not the run was interrupted here.
        """
        if self.trains == GLOBAL and trains != GLOBAL:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.seed + 1)
                larger = build(*generator_of(self.recipe, self.label_set, trains))
            average = copy.deepcopy(larger)
            for target, source in ((larger, self.generator), (average, self.averaged[0])):
                body = source.model.state_dict()
                target.model.load_state_dict({key: body[key] for key in target.model.state_dict()})
            self.averaged[0] = self._place(average).requires_grad_(False)
            self.trains = trains
            self._set(larger, self.encoder)
        else:
            self.trains = trains
            self.generator.requires_grad_(True)
            self._set(self.generator, self.encoder)

    @torch.no_grad()
    def average(self, step: int) -> None:
        """Move the averages towards the weights after 1-based ``step``."""
        # The average forgets the random start quickly, then settles to the recipe's decay.
        decay = min(self.recipe.ema, step / (9 + step))
        for average, module in zip(self.averaged, self.modules()):
            for a, b in zip(average.state_dict().values(), module.state_dict().values()):
                if a.dtype.is_floating_point:
                    a.lerp_(b, 1 - decay)
                else:
                    a.copy_(b)
