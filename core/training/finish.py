"""From a training state to a model file: averaged weights, code book, card."""

from __future__ import annotations

import random
from typing import Any, Sequence

import numpy as np
import torch

from core.appearance import build_code_book
from core.capture import capture_codes
from core.data.samples import Sample, read_sample
from core.data.statistics import ClassCount, class_shares
from core.labels import object_class
from core.models.model_file import Model, make_card
from core.training.networks import encoder_of, generator_of
from core.training.trainer import Trainer

#: Objects of fewer feature pixels than this say little about a look.
SMALLEST_OBJECT = 6


def collect_codes(
    encoder: torch.nn.Module, samples: Sequence[Sample], width: int, count: ClassCount | None = None
) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """Codes of all objects in ``samples`` (pix2pixHD, sec. 3.4).

    Args:
        encoder: module with ``features``.
        width: frames are resized to it first.
        count: counts the samples' classes along the way.

    Returns:
        class id -> (N, K) codes, and class id -> (N,) pixels.
    """
    codes: dict[int, list] = {}
    sizes: dict[int, list] = {}
    for sample in samples:
        photograph, labels, instances = read_sample(sample)
        if count is not None:
            count.add(labels)
        for value, (mean, pixels) in capture_codes(encoder, photograph, instances, width).items():
            if pixels >= SMALLEST_OBJECT:
                label_id = int(object_class(value))
                codes.setdefault(label_id, []).append(mean)
                sizes.setdefault(label_id, []).append(pixels)
    return {k: np.stack(v) for k, v in codes.items()}, {k: np.array(v) for k, v in sizes.items()}


def finished_model(trainer: Trainer, name: str, provenance: dict[str, Any], frames: int = 300) -> Model:
    """The model as it would be used now.

    Args:
        trainer: its averaged weights are taken; it can go on afterwards.
        name: for the card.
        provenance: data, licence and so on; steps, seed and recipe are added.
        frames: how many training frames the code book and the class statistics look at.
    """
    recipe = trainer.recipe
    generator, *rest = (m for m in trainer.averaged)
    encoder = rest[0] if rest else None
    book = None
    largest = max(phase.widths[1] for phase in recipe.phases)
    width = int(np.mean(recipe.phases[-1].widths)) // 16 * 16
    chosen = random.Random(trainer.seed).sample(trainer.samples, min(frames, len(trainer.samples)))
    if encoder is not None:
        count = ClassCount()
        codes, sizes = collect_codes(encoder, chosen, width, count)
        book = build_code_book(codes, sizes, recipe.code_dim)
        classes = count.shares(trainer.label_set)
    else:
        classes = class_shares(chosen, trainer.label_set)
    card = make_card(
        name,
        generator_of(recipe, trainer.label_set, trainer.networks.trains),
        None if encoder is None else encoder_of(recipe),
        trainer.label_set,
        recipe.code_dim,
        (largest, largest // 2),
        provenance={
            **provenance,
            "recipe": recipe.name,
            "steps": trainer.step,
            "seed": trainer.seed,
            "training_frames": len(trainer.samples),
            "encoder_width": width,
            "classes": classes,
        },
    )
    return Model(generator, encoder, card, book, trainer.label_set)
