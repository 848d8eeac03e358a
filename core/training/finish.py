"""From a training state to a model file: averaged weights, code book, card."""

from __future__ import annotations

import random
from typing import Any, Sequence

import numpy as np
import torch

from core.appearance import Collected, build_code_book
from core.capture import capture_codes
from core.data.samples import Sample, read_sample
from core.data.statistics import ClassCount, class_shares
from core.labels import LabelSet, object_class
from core.look_regions import key_part, key_value, look_regions
from core.models.model_file import Model, make_card
from core.training.networks import encoder_of, generator_of
from core.training.trainer import Trainer

#: Objects of fewer feature pixels than this say little about a look.
SMALLEST_OBJECT = 6


def collect_codes(
    encoder: torch.nn.Module, samples: Sequence[Sample], width: int, label_set: LabelSet, part_codes: bool,
    count: ClassCount | None = None,
) -> dict[int, Collected]:
    """Codes of all objects in ``samples`` (pix2pixHD, sec. 3.4), and of the parts in them if asked.

    Args:
        encoder: module with ``features``.
        width: frames are resized to it first.
        count: counts the samples' classes along the way.

    Returns:
        class id, or part's label id -> codes.
    """
    rows: dict[int, list[tuple]] = {}
    for sample in samples:
        photograph, labels, instances = read_sample(sample)
        if count is not None:
            count.add(labels)
        keys, index = look_regions(labels, instances, label_set, part_codes)
        found = capture_codes(encoder, photograph, keys, index, width)
        for key, (code, pixels) in found.items():
            part, value = key_part(key), key_value(key)
            if pixels < SMALLEST_OBJECT or part and value not in found:
                continue
            label_id = part or int(object_class(value))
            rows.setdefault(label_id, []).append((code, pixels, found[value][0] if part else None))
    collected = {}
    for label_id, entries in rows.items():
        codes, pixels, objects = zip(*entries)
        held = np.stack(objects) if label_set.part[label_id] else None
        collected[label_id] = Collected(np.stack(codes), np.array(pixels), held)
    return collected


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
        collected = collect_codes(encoder, chosen, width, trainer.label_set, recipe.part_codes, count)
        book = build_code_book(collected, recipe.code_dim)
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
        part_codes=encoder is not None and recipe.part_codes,
    )
    return Model(generator, encoder, card, book, trainer.label_set)
