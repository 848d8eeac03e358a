"""Beginning with what another run learnt, instead of random weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from core.errors import TrainingError
from core.labels import LabelSet, label_set_from_json
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
        TrainingError: when ``path`` is a folder without a checkpoint, or of a run that didn't note its classes.
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
    if labels is None:
        raise TrainingError(f"{path} is a run of an earlier version that didn't note its classes; begin with its model file.")
    label_set = label_set_from_json(labels)
    return Start(path.name, state["step"], state["generating"], state["averaged"], state["discriminator"], label_set)


@torch.no_grad()
def adopt(networks: Networks, start: Start) -> list[str]:
    """Give ``networks`` every weight of ``start`` that has a place in them.

    Weights are matched by name and shape, what belongs to a class (a row of an
    embedding, an input channel of a first convolution) by the class's id. A
    part that wasn't known begins as what it lies within, or as its class; a
    generator that has become wider paints as before. D is
    taken over only whole: half a judge misleads.

    Returns:
        names of the weights of G and E that stay new.

    Raises:
        TrainingError: when most of G would stay new: another architecture.
    """
    new: list[str] = []
    for modules, states in ((networks.modules(), start.modules), (networks.averaged, start.averaged)):
        new = []
        for name, module, state in zip(("generator", "encoder"), modules, states):
            left = adopt_weights(module, state, networks.label_set, start.label_set)
            if name == "generator" and len(left) > len(module.state_dict()) / 2:
                raise TrainingError(f"{start.name} is another kind of network; start from a model of this recipe.")
            new += [f"{name}.{key}" for key in left]
    if start.discriminator is not None:
        ours = networks.discriminator.state_dict()
        fitted = {
            key: _fitted(start.discriminator.get(key), target, networks.label_set, start.label_set, False)
            for key, target in ours.items()
        }
        if all(tensor is not None for tensor in fitted.values()):
            networks.discriminator.load_state_dict(fitted)
    return new


def adopt_weights(module: torch.nn.Module, state: State, label_set: LabelSet, before: LabelSet) -> list[str]:
    """Give ``module``, of ``label_set``, every weight of ``state``, of the set ``before``, that has a place in it; names of the others."""
    left = []
    if hasattr(module, "widened"):
        state = module.widened(state)
    for key, target in module.state_dict().items():
        fitted = _fitted(state.get(key), target, label_set, before, key.endswith("embedding.weight"))
        if fitted is None:
            left.append(key)
        else:
            target.copy_(fitted)
    return left


def _fitted(source: Tensor | None, target: Tensor, label_set: LabelSet, before: LabelSet, rows: bool) -> Tensor | None:
    """``source`` in the shape of ``target``, its ``rows`` or input channels re-ordered by class; None where it has no place."""
    if source is None or source.dim() != target.dim():
        return None
    if source.shape == target.shape and (label_set.ids == before.ids or not rows):
        return source
    axis = 0 if rows else 1
    if source.dim() <= axis:
        return None
    further = source.shape[axis] - len(before)
    same = source.shape[:axis] == target.shape[:axis] and source.shape[axis + 1 :] == target.shape[axis + 1 :]
    if not same or further < 0 or target.shape[axis] - len(label_set) != further:
        return None
    nearest = label_set.folded(~before.known)
    known = {label_id: row for row, label_id in enumerate(before.ids)}
    fitted = target.clone()
    for row, label_id in enumerate(label_set.ids):
        if int(nearest[label_id]) in known:
            fitted.select(axis, row).copy_(source.select(axis, known[int(nearest[label_id])]))
    if further:
        fitted.narrow(axis, len(label_set), further).copy_(source.narrow(axis, len(before), further))
    return fitted
