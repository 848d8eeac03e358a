"""Named recipes: everything that decides a training run, in one table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from core.errors import TrainingError


@dataclass(frozen=True)
class Phase:
    """A stretch of a run at one scale: coarse first, fine after (pix2pixHD, sec. 3.1).

    Attributes:
        share: of the run's steps.
        widths: range of frame widths to which samples are resized.
        crop: side of a square crop, pixels.
        batch: crops a step, over all processes.
    """

    share: float
    widths: tuple[int, int]
    crop: int
    batch: int


@dataclass(frozen=True)
class Recipe:
    """All settings of a run. Loss weights of 0 leave a loss out.

    Attributes:
        generator, encoder: architecture and its arguments (label_count and
            code_dim are filled in from the data); encoder None for no codes.
        code_dim: channels of an appearance code.
        steps: optimiser steps.
        learning_rate, betas: Adam's.
        constant: share of the steps at full learning rate before it falls
            linearly to zero.
        discriminator: width, stride-2 layers, scales.
        gan: ``lsgan`` or ``hinge``.
        gan_weight, feature_weight, perceptual_weight: of eqs. 2-5 and the
            perceptual term (lambda = 10 in the paper).
        pixel_weight: of an L1 term; not in the paper, it settles colours
            early in short runs.
        perceptual_layers: VGG taps, shallow to deep.
        perceptual_scale: 2 looks at the picture at half size.
        fold_parts: see :class:`core.data.crops.CropSettings`.
        ema: decay of the averaged weights that are saved for use.
    """

    name: str
    about: str
    generator: tuple[str, dict[str, Any]]
    encoder: tuple[str, dict[str, Any]] | None
    phases: tuple[Phase, ...]
    steps: int
    code_dim: int = 6
    learning_rate: float = 2e-4
    betas: tuple[float, float] = (0.5, 0.999)
    constant: float = 0.5
    discriminator: tuple[int, int, int] = (64, 3, 3)
    gan: str = "lsgan"
    gan_weight: float = 1.0
    feature_weight: float = 10.0
    perceptual_weight: float = 10.0
    pixel_weight: float = 0.0
    perceptual_layers: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    perceptual_scale: int = 1
    fold_parts: float = 0.5
    ema: float = 0.999

    def phase_at(self, step: int) -> Phase:
        """The phase that holds ``step`` (0-based)."""
        end = 0.0
        for phase in self.phases:
            end += phase.share * self.steps
            if step < round(end):
                return phase
        return self.phases[-1]

    def rate_at(self, step: int) -> float:
        """Learning rate: constant, then linear to zero (sec. 4)."""
        flat = self.constant * self.steps
        return self.learning_rate * (1.0 if step < flat else max(0.0, (self.steps - step) / (self.steps - flat)))


_COMPACT = ("compact", {"widths": [32, 48, 96, 160], "blocks": [1, 1, 2]})
_COMPACT_ENCODER = ("compact_encoder", {"width": 16})

_TABLE = (
    Recipe(
        name="compact",
        about="the default model: the compact generator, appearance codes, coarse to fine",
        generator=_COMPACT,
        encoder=_COMPACT_ENCODER,
        phases=(
            Phase(share=0.5, widths=(800, 1200), crop=256, batch=4),
            Phase(share=0.5, widths=(1200, 2048), crop=384, batch=2),
        ),
        steps=4000,
        discriminator=(32, 3, 2),
        learning_rate=5e-4,
        pixel_weight=5.0,
        perceptual_layers=("relu1_1", "relu2_1", "relu3_1", "relu4_1"),
        perceptual_scale=2,
        ema=0.998,
    ),
    Recipe(
        name="tiny",
        about="minutes on any machine, to see that everything works",
        generator=("compact", {"widths": [16, 32, 48, 64], "blocks": [1, 1, 1]}),
        encoder=("compact_encoder", {"width": 8}),
        phases=(Phase(share=1.0, widths=(256, 256), crop=128, batch=2),),
        steps=400,
        discriminator=(16, 2, 2),
        learning_rate=1e-3,
        pixel_weight=5.0,
        perceptual_layers=("relu1_1", "relu2_1", "relu3_1"),
        ema=0.98,
    ),
)

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _TABLE}


def recipe_named(name: str, **changes: Any) -> Recipe:
    """A recipe of the table, with some settings changed.

    Raises:
        TrainingError: for a name that the table doesn't have.
    """
    if name not in RECIPES:
        raise TrainingError(f"There is no recipe '{name}'; choose one of: {', '.join(RECIPES)}.")
    return replace(RECIPES[name], **changes)


def recipe_to_json(recipe: Recipe) -> dict[str, Any]:
    """A recipe as plain JSON data."""
    return asdict(recipe)


def recipe_from_json(data: dict[str, Any]) -> Recipe:
    """The inverse of :func:`recipe_to_json`."""

    def pair(value):
        return None if value is None else (value[0], value[1])

    try:
        return Recipe(
            **{
                **data,
                "generator": pair(data["generator"]),
                "encoder": pair(data["encoder"]),
                "phases": tuple(Phase(**{**p, "widths": tuple(p["widths"])}) for p in data["phases"]),
                "betas": tuple(data["betas"]),
                "discriminator": tuple(data["discriminator"]),
                "perceptual_layers": tuple(data["perceptual_layers"]),
            }
        )
    except (KeyError, TypeError, ValueError):
        raise TrainingError("The recipe of this run is damaged; start a new run.") from None
