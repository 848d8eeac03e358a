"""Beginning with what another run learnt, instead of random weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from core.errors import TrainingError
from core.labels import STREETS, LabelSet, label_set_from_json
from core.models.model_file import load_model
from core.training.checkpoint import checkpoints, load_checkpoint
from core.training.networks import Networks
from core.training.run_folder import RunFolder

State = dict[str, Tensor]


@dataclass(frozen=True)
class Start:
    """What was learnt before.

    Attributes:
        name: of the run's folder or of the model.
        steps: that it was trained for.
        modules: weights of G, and of E if there is one.
        averaged: their running averages.
        discriminator: weights of D, None where a model file kept none.
        label_set: of its label maps.
    """

    name: str
    steps: int
    modules: list[State]
    averaged: list[State]
    discriminator: State | None
    label_set: LabelSet


def read_start(path: str | Path) -> Start:
    """A run's newest checkpoint, or a model file.

    Raises:
        TrainingError: when ``path`` is a folder without a checkpoint.
        ModelFileError: when it is a file that holds no model.
    """
    path = Path(path)
    if not path.is_dir():
        model = load_model(path)
        states = [m.state_dict() for m in (model.generator, model.encoder) if m is not None]
        steps = int(model.card.provenance.get("steps", 0))
        return Start(model.card.name, steps, states, states, None, model.label_set)
    if not checkpoints(path):
        raise TrainingError(f"{path} holds no run to start from; name a run's folder or a model file.")
    state = load_checkpoint(path)
    labels = RunFolder(path).read_settings().get("labels")
    label_set = label_set_from_json(labels) if labels else STREETS
    return Start(path.name, state["step"], state["generating"], state["averaged"], state["discriminator"], label_set)


@torch.no_grad()
def adopt(networks: Networks, start: Start) -> list[str]:
    """Give ``networks`` every weight of ``start`` that has a place in them.

    Weights are matched by name and shape, rows of a class embedding by the
    class's id. D is taken over only whole: half a judge misleads.

    Returns:
        names of the weights of G and E that stay new.

    Raises:
        TrainingError: when most of G would stay new: another architecture.
    """
    new: list[str] = []
    for modules, states in ((networks.modules(), start.modules), (networks.averaged, start.averaged)):
        new = []
        for name, module, state in zip(("generator", "encoder"), modules, states):
            left = _adopt(module, state, networks.label_set, start.label_set)
            if name == "generator" and len(left) > len(module.state_dict()) / 2:
                raise TrainingError(f"{start.name} is another kind of network; start from a model of this recipe.")
            new += [f"{name}.{key}" for key in left]
    ours = networks.discriminator.state_dict()
    theirs = start.discriminator
    same_labels = networks.label_set.ids == start.label_set.ids
    if theirs is not None and same_labels and _shapes(theirs) == _shapes(ours):
        networks.discriminator.load_state_dict(theirs)
    return new


def _adopt(module: torch.nn.Module, state: State, label_set: LabelSet, before: LabelSet) -> list[str]:
    left = []
    for key, target in module.state_dict().items():
        source = state.get(key)
        if source is not None and source.shape == target.shape and not key.endswith("embedding.weight"):
            target.copy_(source)
        elif source is not None and key.endswith("embedding.weight") and source.shape[1:] == target.shape[1:]:
            known = {label_id: row for row, label_id in enumerate(before.ids)}
            for row, label_id in enumerate(label_set.ids):
                if label_id in known:
                    target[row].copy_(source[known[label_id]])
        else:
            left.append(key)
    return left


def _shapes(state: State) -> dict[str, tuple[int, ...]]:
    return {key: tuple(tensor.shape) for key, tensor in state.items()}
