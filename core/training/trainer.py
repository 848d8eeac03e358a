"""The training loop as an iterator: ``for report in trainer.run(): ...``.

The state after step n depends on the recipe, the data, the seed and n alone,
so a resumed run ends where the uninterrupted one would.
"""

from __future__ import annotations

import os
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

import torch
from torch import nn

from core.data.crops import Batch, CropSettings, make_batch
from core.data.loader import Reader, ahead
from core.data.samples import Sample, suited
from core.errors import TrainingError
from core.labels import STREETS, LabelSet
from core.memory import keep_large_blocks
from core.networks.perceptual import LAYERS, WEIGHTS, PerceptualLoss
from core.rendering.device import choose_device
from core.training.checkpoint import load_checkpoint, save_checkpoint
from core.training.distributed import barrier, from_all, from_writer, is_writer, mean_over_processes, rank_and_world
from core.training.networks import Networks
from core.training.pool import HistoryPool
from core.training.precision import Precision
from core.training.recipes import Recipe, recipe_to_json
from core.training.schedule import Phase
from core.training.step import Step
from core.training.warm import Start, adopt


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
        folder: where checkpoints lie; created. A checkpoint in it is gone on
            with. None for a trainer that keeps nothing.
        seed: of weights and batches.
        label_set: of the label maps.
        device: as in :func:`core.rendering.device.choose_device`.
        vgg: a loaded VGG for the perceptual loss, or None to leave it out.
        teacher: a function (batch, crop numbers) -> batch that puts what is to
            be learnt in the photographs' place (:mod:`core.training.teacher`).
        first_step: where a trainer without a folder begins.
        start: weights to begin with, where the folder holds no checkpoint yet.

    Raises:
        TrainingError: when the folder holds a checkpoint of another recipe, or
            the processes can't share the recipe's batch.
    """

    def __init__(
        self,
        recipe: Recipe,
        samples: Sequence[Sample],
        folder: str | Path | None,
        seed: int = 0,
        label_set: LabelSet = STREETS,
        device: str = "auto",
        vgg: nn.Module | None = None,
        teacher: Callable[[Batch, list[int]], Batch] | None = None,
        first_step: int = 0,
        start: Start | None = None,
    ):
        keep_large_blocks()
        self.recipe, self.samples, self.seed, self.label_set = recipe, list(samples), seed, label_set
        #: Per lowest width of a phase, the samples that are wide enough.
        self._suited: dict[int, list[Sample]] = {}
        self.folder = None if folder is None else Path(folder)
        self.device = choose_device(device)
        if self.device.type == "cuda":
            # Crops of a phase have one size: the fastest kernels are worth a search.
            torch.backends.cudnn.benchmark = not torch.are_deterministic_algorithms_enabled()
        self.teacher = teacher
        self.rank, self.world = rank_and_world()
        self._check()
        self.precision = Precision(recipe.precision, self.device)
        self.pool = HistoryPool(recipe.pool, seed)
        self.perceptual = self._perceptual(vgg)
        self.reader = Reader()
        self.step = first_step
        state = None
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            # The writer's disk counts: other machines may not share it.
            state = from_writer(load_checkpoint(self.folder) if is_writer() else None)
        trains = recipe.phase_at(first_step).trains
        if state is not None:
            _check_same_network(state["recipe"], recipe, self.folder)
            self.seed = self.pool.seed = state["seed"]
            trains = state.get("trains", trains)
        self.networks = Networks(recipe, label_set, self.device, self.seed, trains)
        self.optimiser_d = self._adam(list(self.networks.discriminator.parameters()))
        self._begin_stage()
        if state is not None:
            self._restore(state)
        elif start is not None:
            adopt(self.networks, start)

    @property
    def averaged(self) -> nn.ModuleList:
        """The averaged generator, and encoder if there is one: what is used after training."""
        return self.networks.averaged

    def _check(self) -> None:
        for phase in self.recipe.phases:
            parts = self.world * self.recipe.accumulate
            if phase.batch % self.world:
                raise TrainingError(
                    f"{self.world} processes can't share a batch of {phase.batch} crops; "
                    f"add --batch {-(-phase.batch // parts) * parts}, or use fewer processes."
                )

    def _perceptual(self, vgg: nn.Module | None) -> PerceptualLoss | None:
        if vgg is None or not self.recipe.perceptual_weight:
            return None
        layers, form = self.recipe.perceptual_layers, self.recipe.perceptual_form
        weights = [dict(zip(LAYERS, WEIGHTS))[layer] for layer in layers]
        if form == "direction":  # all layers' terms are of one size: LPIPS weighs them alike
            weights = [1 / len(layers)] * len(layers)
        loss = PerceptualLoss(vgg.requires_grad_(False), layers, weights, relative=True, form=form)
        # The size of a layer is that of the whole batch, wherever its crops are.
        loss.mean_of_target = lambda target: mean_over_processes(target.mean())
        return loss.to(self.device, memory_format=torch.channels_last)

    def _adam(self, parameters: list[nn.Parameter]) -> torch.optim.Adam:
        return torch.optim.Adam(parameters, self.recipe.learning_rate, self.recipe.betas)

    def _begin_stage(self) -> None:
        self.optimiser_g = self._adam(self.networks.trained())
        self._step = Step(self.recipe, self.networks, self.perceptual, self.pool, self.precision)

    # --- the loop ---------------------------------------------------------

    def run(self, until: int | None = None) -> Iterator[Report]:
        """Train to step ``until`` (default: the recipe's last), yielding after every step."""
        until = self.recipe.steps if until is None else until
        threads = 1 if self.device.type == "cpu" else max(1, min(6, (os.cpu_count() or 2) - 1))
        with closing(ahead(self.batch_at, self.step, until, threads)) as batches:
            while self.step < until:
                started = time.perf_counter()
                losses = self.train_step(next(batches))
                rate = self.recipe.rate_at(self.step)
                self.step += 1
                yield Report(self.step, losses, rate, time.perf_counter() - started)

    def batch_at(self, step: int) -> Batch:
        """This process's crops of 0-based ``step``."""
        phase = self.recipe.phase_at(step)
        settings = CropSettings(
            phase.size, phase.widths, fold_parts=self.recipe.fold_parts,
            fold_some=self.recipe.fold_some, part_codes=self.recipe.part_codes, own_size=self.recipe.own_size,
        )
        return make_batch(
            self._samples_of(phase), settings, self.label_set, self.seed, step, phase.batch, self.rank, self.world, self.reader
        )

    def _samples_of(self, phase: Phase) -> list[Sample]:
        if phase.widths[0] not in self._suited:
            self._suited[phase.widths[0]] = suited(self.samples, phase.widths[0])
        return self._suited[phase.widths[0]]

    def train_step(self, batch: Batch) -> dict[str, float]:
        """Update G, E and D once with the crops of the present step; returns unweighted losses."""
        place = self.recipe.place_at(self.step)
        if place.phase.trains != self.networks.trains:
            self.networks.advance(place.phase.trains)
            self._begin_stage()
        optimisers = (self.optimiser_g, self.optimiser_d)
        for optimiser, share in zip(optimisers, (self.recipe.warmth_at(self.step), self.recipe.discriminator_rate)):
            optimiser.zero_grad(set_to_none=True)
            for group in optimiser.param_groups:
                group["lr"] = self.recipe.learning_rate * place.factor * share
        losses = self.gradients(batch)
        self.precision.update(*optimisers, longest=self.recipe.longest_gradient)
        self.networks.average(self.step + 1)
        return losses

    def gradients(self, batch: Batch) -> dict[str, float]:
        """Losses of the present step's crops, their gradients left in the networks."""
        size = self.recipe.phase_at(self.step).batch
        numbers = list(range(self.step * size + self.rank, (self.step + 1) * size, self.world))
        batch = batch.to(self.device)
        if self.teacher is not None:
            batch = self.teacher(batch, numbers)
        return self._step.gradients(batch, numbers, self.step)

    # --- what outlives the process ----------------------------------------

    def save(self) -> Path | None:
        """Write a checkpoint from which :class:`Trainer` resumes by itself; every process must call it.

        Returns:
            its path in the process that writes, None in the others.
        """
        pools = from_all(self.pool.state_dict()) if self.recipe.pool else []
        path = None
        if is_writer() and self.folder is not None:
            path = save_checkpoint(self.folder, self.step, self._state(pools))
        barrier()
        return path

    def _state(self, pools: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "step": self.step,
            "seed": self.seed,
            "recipe": recipe_to_json(self.recipe),
            "trains": self.networks.trains,
            "generating": [m.state_dict() for m in self.networks.modules()],
            "averaged": [m.state_dict() for m in self.averaged],
            "discriminator": self.networks.discriminator.state_dict(),
            "optimiser_g": self.optimiser_g.state_dict(),
            "optimiser_d": self.optimiser_d.state_dict(),
            "precision": self.precision.state_dict(),
            "pools": pools,
        }

    def _restore(self, state: dict[str, Any]) -> None:
        for modules, saved in ((self.networks.modules(), "generating"), (self.averaged, "averaged")):
            for module, tensors in zip(modules, state[saved], strict=True):
                module.load_state_dict(tensors)
        self.networks.discriminator.load_state_dict(state["discriminator"])
        self.optimiser_g.load_state_dict(state["optimiser_g"])
        self.optimiser_d.load_state_dict(state["optimiser_d"])
        self.precision.load_state_dict(state.get("precision", {}))
        pools = state.get("pools", [])
        if len(pools) == self.world:  # with another number of processes the pools start empty
            self.pool.load_state_dict(pools[self.rank], self.device)
        self.step = state["step"]


def _check_same_network(saved: dict[str, Any], recipe: Recipe, folder: Path) -> None:
    ours = recipe_to_json(recipe)
    for part in ("generator", "encoder", "discriminator", "code_dim"):
        theirs, own = saved[part], ours[part]
        if (list(theirs) if isinstance(theirs, tuple) else theirs) != (list(own) if isinstance(own, tuple) else own):
            raise TrainingError(
                f"{folder} holds a run of another network; choose another folder, or resume with its own recipe."
            )
