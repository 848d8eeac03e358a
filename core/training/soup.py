"""The mean of two models' weights: a run's, and those of the model that it began with.

What the last run learnt too closely from its own frames cancels out, what both know stays
(Wortsman et al., "Model soups", ICML 2022). The code book is made anew, as the encoder is another.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import sys
from pathlib import Path
from typing import Sequence

import torch

from core.appearance import build_code_book
from core.data.samples import Sample, find_samples
from core.errors import TrainingError, VedutaError
from core.models.model_file import Model, load_model, save_model
from core.training.finish import collect_codes, looked_at
from core.training.warm import adopt_weights


@torch.no_grad()
def soup(model: Model, before: Model, share: float, samples: Sequence[Sample]) -> Model:
    """``share`` of a model's weights and the rest of those that it began with.

    Args:
        model: after the run. before: when it began; parts that it didn't know count as what they lie within.
        share: 0 for ``before``, 1 for ``model``.
        samples: the frames that the run was trained on.

    Raises:
        TrainingError: when the two are different networks, or ``share`` isn't in 0..1.
    """
    if not 0 <= share <= 1:
        raise TrainingError(f"A share of {share:g} makes no mean; give one from 0 to 1.")
    mixed = []
    for ours, theirs in ((model.generator, before.generator), (model.encoder, before.encoder)):
        if (ours is None) != (theirs is None):
            raise TrainingError("One of the two models has appearance codes, the other hasn't; average models of one recipe.")
        if ours is None:
            mixed.append(None)
            continue
        earlier, mean = copy.deepcopy(ours), copy.deepcopy(ours)
        if adopt_weights(earlier, theirs.state_dict(), model.label_set, before.label_set):
            raise TrainingError("The two models are different networks; average a run's model with the one that it began with.")
        for target, old, new in zip(mean.state_dict().values(), earlier.state_dict().values(), ours.state_dict().values()):
            if target.is_floating_point():
                target.copy_(torch.lerp(old, new, share))
        mixed.append(mean)
    generator, encoder = mixed
    card = model.card
    book = model.code_book
    if encoder is not None:
        chosen = looked_at(samples, int(card.provenance.get("seed", 0)))
        book = build_code_book(collect_codes(encoder, chosen, card.encoder_width, model.label_set, card.part_codes), card.code_dim)
    noted = {**card.provenance, "soup": {"with": before.card.name, "share": share}}
    return Model(generator, encoder, dataclasses.replace(card, provenance=noted, metrics={}), book, model.label_set)


def main(argv: list[str] | None = None) -> int:
    """``python -m core.training.soup``: the mean of a run's model and the one that it began with."""
    parser = argparse.ArgumentParser(prog="python -m core.training.soup", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="the run's model")
    parser.add_argument("--before", type=Path, required=True, help="the model that it began with")
    parser.add_argument("--share", type=float, default=0.5, help="of the run's weights (default 0.5)")
    parser.add_argument("--data", type=Path, nargs="+", action="extend", required=True, help="data sets whose 'train' splits give the code book")
    parser.add_argument("--out", type=Path, required=True, help="model file to write")
    options = parser.parse_args(argv)
    try:
        samples = [sample for folder in options.data for sample in find_samples(folder, "train")]
        save_model(options.out, soup(load_model(options.model), load_model(options.before), options.share, samples))
    except VedutaError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
