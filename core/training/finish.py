"""From a training state to a model file: averaged weights, code book, card."""

from __future__ import annotations

import random
from typing import Any, Sequence

import numpy as np
import torch

from core.appearance import Collected, build_code_book, region_means
from core.capture import capture_codes
from core.data.samples import Sample, read_sample
from core.data.statistics import ClassCount, class_shares
from core.labels import LabelSet, object_class
from core.look_regions import key_part, key_value, look_regions
from core.models.model_file import Model, make_card
from core.opencv import cv2
from core.scene.posts import may_pick_out
from core.training.networks import encoder_of, generator_of
from core.training.trainer import Trainer

#: Objects of fewer feature pixels than this say little about a look.
SMALLEST_OBJECT = 6
#: Training frames that the code book and the class statistics look at.
FRAMES = 300


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
        fairness = fairness_of(photograph, keys, index, label_set)
        for key, (code, pixels) in found.items():
            part, value = key_part(key), key_value(key)
            if pixels < SMALLEST_OBJECT or part and value not in found:
                continue
            label_id = part or int(object_class(value))
            rows.setdefault(label_id, []).append((code, pixels, found[value][0] if part else None, fairness[key]))
    collected = {}
    for label_id, entries in rows.items():
        codes, pixels, objects, fair = zip(*entries)
        part = label_set.part[label_id]
        stuff = not label_set[label_id].thing and not may_pick_out(label_set, label_id)
        collected[label_id] = Collected(
            np.stack(codes), np.array(pixels), np.stack(objects) if part else None, np.array(fair) if stuff and not part else None
        )
    return collected


def fairness_of(photograph: np.ndarray, keys: np.ndarray, index: np.ndarray, label_set: LabelSet) -> dict[int, float]:
    """Look key -> how fair a day its region shows: by its lightness L*, of the sky by its chroma C*.

    Args:
        photograph: (H, W, 3) uint8 RGB. keys, index: from :func:`core.look_regions.look_regions`.
    """
    lab = cv2.cvtColor(photograph.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    means = region_means(lab.transpose(2, 0, 1), keys, index)
    sky = {label.id for label in label_set if label.name == "sky"}
    return {
        key: float(np.hypot(*mean[1:]) if object_class(key_value(key)) in sky else mean[0]) for key, (mean, _) in means.items()
    }


def looked_at(samples: Sequence[Sample], seed: int, frames: int = FRAMES) -> list[Sample]:
    """The ``frames`` of a run's samples from which its code book is made."""
    return random.Random(seed).sample(list(samples), min(frames, len(samples)))


def finished_model(trainer: Trainer, name: str, provenance: dict[str, Any], frames: int = FRAMES) -> Model:
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
    chosen = looked_at(trainer.samples, trainer.seed, frames)
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
