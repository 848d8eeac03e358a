"""What a recipe would need on this computer, guessed in a second: for choosing one.

A run itself measures a step of each phase before it begins (:mod:`core.training.plan`).
"""

from __future__ import annotations

import time
from typing import Any, Iterator

import torch
from torch import nn

from core.labels import LabelSet
from core.models.registry import build
from core.networks.discriminators import MultiscaleDiscriminator
from core.networks.macs import macs
from core.networks.vgg import VGGFeatures
from core.rendering.conditioning import Conditioning, inputs_for
from core.rendering.device import choose_device
from core.training.memory import available_bytes
from core.training.networks import encoder_of, generator_of
from core.training.precision import Precision
from core.training.recipes import RECIPES, Recipe
from core.training.schedule import Phase

#: Python, torch and what they load.
_BASE = 450 << 20
#: Activations that outlive a layer, as a multiple of what convolutions and norms give.
_KEPT = 1.7
#: A real network's speed as a share of that of :func:`speed_of`: it also reads memory, norms, and updates.
_EFFICIENCY = 0.9


def estimates(label_set: LabelSet, device: str = "auto") -> Iterator[dict[str, Any]]:
    """For each recipe of the table: name, about, steps, memory (bytes), seconds in all, and whether it fits here."""
    chosen = choose_device(device)
    speeds: dict[str, float] = {}
    free = available_bytes(chosen)
    for recipe in RECIPES.values():
        precision = Precision(recipe.precision, chosen)
        if precision.name not in speeds:
            speeds[precision.name] = speed_of(chosen, precision)
        work, memory = need(recipe, label_set)
        yield {
            "name": recipe.name, "about": recipe.about, "steps": recipe.steps, "memory": memory,
            "seconds": work / (speeds[precision.name] * _EFFICIENCY), "fits": not free or memory < free,
            "perceptual": recipe.perceptual_weight > 0,
        }  # fmt: skip


def need(recipe: Recipe, label_set: LabelSet) -> tuple[float, int]:
    """(multiply-accumulates of the whole run, bytes at the peak of its largest step)."""
    work, most = 0.0, 0
    for phase in recipe.phases:
        step, memory = _of_step(recipe, phase, label_set)
        work += step * phase.share * recipe.steps
        most = max(most, memory)
    return work, most


def _of_step(recipe: Recipe, phase: Phase, label_set: LabelSet) -> tuple[float, int]:
    width, height = phase.size
    with torch.device("meta"):
        generator = build(*generator_of(recipe, label_set, phase.trains))
        described = encoder_of(recipe)
        encoder = None if described is None else build(*described)
        discriminator = MultiscaleDiscriminator(len(label_set) + 4, *recipe.discriminator)
        vgg = VGGFeatures("vgg19")
        photograph = torch.empty(1, 3, height, width)
        planes = torch.empty(1, 1 + recipe.code_dim, height, width)
        labels = torch.zeros(1, height, width, dtype=torch.int64)
        shown = torch.empty(1, len(label_set) + 4, height, width)
        small = torch.empty(1, 3, height // recipe.perceptual_scale, width // recipe.perceptual_scale)
    g = _Cost(generator, *inputs_for(generator, Conditioning(labels, planes)))
    e = _Cost(None) if encoder is None else _Cost(_Features(encoder), photograph)
    d = _Cost(discriminator, shown)
    v = _Cost(_Taps(vgg, recipe.perceptual_layers), small) if recipe.perceptual_weight else _Cost(None)
    # Forward, and backward to weights and to inputs: three times the work where weights learn, two where they don't.
    # D sees the fake and the photograph, then the fake once more for G; VGG sees both, one of them with gradients.
    judging = d.work - _looked_up(recipe, label_set, width, height)
    work = 3 * (g.work + e.work) + (3 * 2 + 2) * judging + 3 * v.work
    kept = g.kept + e.kept + 3 * d.kept + 2 * v.kept
    # Weights, gradients and Adam's two averages; G and E once more for the running average.
    weights = 5 * (g.weights + e.weights) + 4 * d.weights + v.weights
    at_once = -(-phase.batch // recipe.accumulate)
    return work * phase.batch, int(_BASE + weights + _KEPT * kept * at_once)


def _looked_up(recipe: Recipe, label_set: LabelSet, width: int, height: int) -> int:
    """Of D's work on one-hot labels, what its largest scale is spared: see :func:`core.networks.label_conv.label_conv`."""
    return 4 * 4 * len(label_set) * recipe.discriminator[0] * (height // 2 + 1) * (width // 2 + 1)


class _Cost:
    """Of one forward pass: multiply-accumulates, bytes of outputs that backward needs, bytes of weights."""

    def __init__(self, module: nn.Module | None, *inputs: torch.Tensor):
        self.work = self.kept = self.weights = 0
        if module is None:
            return
        self.weights = 4 * sum(p.numel() for p in module.parameters())

        def count(layer: nn.Module, given: tuple, output: Any) -> None:
            if isinstance(output, torch.Tensor):
                self.kept += 4 * output.numel()

        leaves = [m for m in module.modules() if not list(m.children())]
        handles = [m.register_forward_hook(count) for m in leaves]
        try:
            self.work = macs(module, *inputs)
        finally:
            for handle in handles:
                handle.remove()


class _Features(nn.Module):
    def __init__(self, encoder: nn.Module):
        super().__init__()
        self.encoder = encoder

    def forward(self, photograph: torch.Tensor) -> torch.Tensor:
        return self.encoder.features(photograph)


class _Taps(nn.Module):
    def __init__(self, vgg: VGGFeatures, layers: tuple[str, ...]):
        super().__init__()
        self.vgg, self.layers = vgg, layers

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.vgg(image, self.layers)[-1]


def speed_of(device: torch.device, precision: Precision) -> float:
    """Multiply-accumulates a second of a 3x3 convolution here, forward and backward; takes about a second."""
    side = 512 if device.type == "cuda" else 128
    layer = nn.Conv2d(64, 64, 3, padding=1).to(device, memory_format=torch.channels_last)
    image = torch.randn(2, 64, side, side, device=device).contiguous(memory_format=torch.channels_last).requires_grad_()
    work = 3 * 2 * 64 * 64 * 9 * side * side
    best = float("inf")
    end = time.perf_counter() + 0.8
    while time.perf_counter() < end:
        started = time.perf_counter()
        with precision.autocast():
            layer(image).float().mean().backward()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - started)
    return work / best
