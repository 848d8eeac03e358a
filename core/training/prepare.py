"""From the command's options to a run that is ready: data checked, cost said, settings written."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from core.data.check import check_data
from core.data.label_file import read_label_set
from core.data.samples import Sample, find_samples
from core.errors import DataError, TrainingError
from core.labels import LabelSet, label_set_from_json, label_set_to_json
from core.models.model_file import load_model
from core.networks.vgg import load_vgg
from core.networks.vgg_files import download_vgg19, vgg_cache
from core.rendering.device import choose_device
from core.rendering.renderer import default_model_path
from core.training import plan
from core.training.checkpoint import checkpoints, remove_leftovers
from core.training.distributed import from_writer, is_writer, rank_and_world
from core.training.log import recent_seconds
from core.training.memory import OutOfMemory, with_setting
from core.training.networks import encoder_of, generator_of
from core.training.previews import Previews, held_out
from core.training.recipes import WARM_UP, Recipe, recipe_from_json, recipe_named, recipe_to_json
from core.training.reporting import Reporter, sparing
from core.training.run_folder import RunFolder
from core.training.session import Session
from core.training.teacher import Teacher
from core.training.trainer import Trainer
from core.training.warm import read_start


@dataclass
class Run:
    """A run that is ready to start."""

    trainer: Trainer
    folder: RunFolder
    previews: Previews | None
    options: argparse.Namespace
    provenance: dict[str, Any]

    def session(self, report: Reporter) -> Session:
        return Session(
            self.trainer, self.folder, report, self.previews,
            self.options.save_every, self.options.sample_every, self.provenance,
        )  # fmt: skip


def open_run(options: argparse.Namespace, folder: RunFolder, report: Reporter) -> Run | None:
    """Check everything, say what will happen, write RUN/run.json.

    Args:
        options: of :func:`core.training.command.parser`.

    Returns:
        the run, or None for a dry run.

    Raises:
        VedutaError: with a sentence that says what to change.
    """

    def say(*sentences: str) -> None:
        for sentence in sentences:
            report({"event": "say", "sentence": sentence})

    done = from_writer(_done(folder.path))
    if done is not None and not options.resume and not options.dry_run:
        raise TrainingError(
            f"{folder.path} already holds a run; add --resume to go on with it, or name another folder."
        )
    settings = _settings(options, from_writer(folder.read_settings() if options.resume and is_writer() else None))
    recipe = _recipe(options, settings, done or 0)
    settings["recipe"] = recipe_to_json(recipe)
    _set_arithmetic(settings)
    label_set = label_set_from_json(settings["labels"])
    data = [Path(p) for p in settings["data"]]
    samples = _checked_samples(data, label_set, say, sparing(report, "checking"))
    _check_sizes(recipe, label_set)
    vgg = _vgg(settings["vgg"], say, report) if recipe.perceptual_weight else None
    device = choose_device(options.device)
    teacher = None
    if settings.get("teacher"):
        teacher = Teacher(load_model(settings["teacher"]), label_set, device, settings["seed"])
        for phase in recipe.phases:
            teacher.check(phase.size)

    def make(changed: Recipe, step: int) -> Trainer:
        return Trainer(changed, samples, None, settings["seed"], label_set, options.device, vgg, teacher, step)

    recipe = _foresee(recipe, options, folder, make, samples, vgg is not None, done or 0, say)
    settings["recipe"] = recipe_to_json(recipe)
    if options.dry_run:
        return None
    start = read_start(settings["start"]) if settings.get("start") and done is None else None
    if start is not None and start.discriminator is None and recipe.adversarial and not recipe.warm_up:
        recipe = replace(recipe, warm_up=min(WARM_UP, recipe.steps // 10))
        settings["recipe"] = recipe_to_json(recipe)
    trainer = Trainer(
        recipe, samples, folder.path, settings["seed"], label_set, options.device, vgg, teacher, start=start
    )
    if is_writer():
        if start is not None:
            settings["started_from"] = {"name": start.name, "steps": start.steps}
        remove_leftovers(folder.path)
        folder.write_settings(settings)
    previews = None
    if options.sample_every and is_writer():
        # At the scale it trains at, but no larger than a processor renders in good time.
        width = max(64, min(1024, sum(recipe.phases[-1].widths) // 2))
        multiple = max(m.multiple for m in _largest(recipe, label_set))
        previews = Previews(held_out(data, samples), label_set, width, multiple, recipe.part_codes)
    provenance = {"data": [p.name for p in data]}
    if settings.get("teacher"):
        provenance["teacher"] = Path(settings["teacher"]).name
    if settings.get("started_from"):
        provenance["started_from"] = settings["started_from"]
    return Run(trainer, folder, previews, options, provenance)


def _done(folder: Path) -> int | None:
    """Steps of the newest checkpoint, None without one."""
    found = checkpoints(folder)
    return int(found[-1].stem.rpartition("_")[2]) if found else None


def _settings(options: argparse.Namespace, before: dict[str, Any] | None) -> dict[str, Any]:
    """What goes into run.json, but for the recipe: what was asked now, else what was asked before."""
    settings = dict(before or {"seed": options.seed or 0, "data": [], "vgg": None})
    if options.data:
        settings["data"] = [str(p.resolve()) for p in options.data]
    if options.vgg:
        settings["vgg"] = options.vgg if options.vgg in ("none", "download") else str(Path(options.vgg).resolve())
    if options.teacher:
        settings["teacher"] = str(options.teacher.resolve())
    if before and options.seed not in (None, settings["seed"]):
        raise TrainingError(f"This run's seed is {settings['seed']}; leave --seed out, or start another run in another folder.")
    if options.start_from:
        if before:
            raise TrainingError("A run that is resumed goes on from its own weights; leave --start-from out.")
        start = default_model_path() if options.start_from == "default" else Path(options.start_from)
        settings["start"] = str(start.resolve())
    if options.labels_json or "labels" not in settings:  # written down: a built-in set may gain parts later
        settings["labels"] = label_set_to_json(read_label_set(options.labels_json))
    if options.deterministic:
        settings["deterministic"] = True
    if not settings["data"]:
        raise TrainingError("Say what to train on: --data FOLDER.")
    return settings


def _recipe(options: argparse.Namespace, settings: dict[str, Any], done: int) -> Recipe:
    if "recipe" in settings:
        recipe = recipe_from_json(settings["recipe"])
        if options.recipe not in (None, recipe.name):
            raise TrainingError(
                f"This run's recipe is '{recipe.name}'; leave --recipe out, or start another run in another folder."
            )
    else:
        recipe = recipe_named(options.recipe or "compact")
    for number, least in ((options.steps, 1), (options.batch, 1), (options.crop, 64), (options.accumulate, 1)):
        if number is not None and number < least:
            raise TrainingError(f"{number} is too small; give {least} or more.")
    recipe = recipe.set(options.set)
    if options.batch:
        recipe = recipe.batched(options.batch)
    if options.crop:
        recipe = recipe.cropped(options.crop)
    if options.accumulate:
        recipe = replace(recipe, accumulate=options.accumulate)
    if options.steps:
        recipe = recipe.lasting(options.steps, done)
    recipe.check()
    return recipe


def _set_arithmetic(settings: dict[str, Any]) -> None:
    """Deterministic algorithms, and as many threads as before: sums depend on their number."""
    if not settings.get("deterministic"):
        return
    import os

    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_deterministic_debug_mode("error")  # use_deterministic_algorithms would load the compiler too, for seconds
    torch.backends.cudnn.benchmark = False
    if "threads" in settings:
        torch.set_num_threads(settings["threads"])
    settings["threads"] = torch.get_num_threads()


def _checked_samples(data: list[Path], label_set: LabelSet, say, progress) -> list[Sample]:
    """The training set; what can't be trained on stops here."""
    samples: list[Sample] = []
    for folder in data:
        findings = check_data(folder, label_set, quick=True, progress=progress)
        if findings.errors:
            more = len(findings.errors) - 1
            also = f" ({more} more: run 'python main.py check-data {folder}'.)" if more else ""
            raise DataError(findings.errors[0] + also)
        say(*(f"note: {sentence}" for sentence in findings.notes))
        samples += find_samples(folder)
    return samples


def _largest(recipe: Recipe, label_set: LabelSet) -> list[torch.nn.Module]:
    """The recipe's final G, and E if there is one, without memory for their weights."""
    from core.models.registry import build

    with torch.device("meta"):
        modules = [build(*generator_of(recipe, label_set, recipe.phases[-1].trains))]
        described = encoder_of(recipe)
        if described is not None:
            modules.append(build(*described))
    for module in modules:
        if not hasattr(module, "multiple"):
            module.multiple = 4
    return modules


def _check_sizes(recipe: Recipe, label_set: LabelSet) -> None:
    multiple = max(m.multiple for m in _largest(recipe, label_set))
    for phase in recipe.phases:
        if any(side % multiple for side in phase.size):
            raise TrainingError(
                f"Crops of {phase.size[0]}x{phase.size[1]} don't suit this network, whose frames have sides that are "
                f"multiples of {multiple}; give another --crop."
            )


def _vgg(path: str | None, say, report: Reporter):
    if path == "none":
        return None
    if path == "download":
        if not vgg_cache().is_file() and is_writer():
            say("Fetching VGG19's weights from PyTorch (575 MB), once.")
            download_vgg19(sparing(report, "fetching"))
        from core.training.distributed import barrier

        barrier()
        path = None
    return load_vgg(path)


def _foresee(recipe, options, folder: RunFolder, make, samples, perceptual: bool, done: int, say) -> Recipe:
    """Say what the run will do, need and take; with --fit, the recipe made smaller until it fits."""
    if options.fit and rank_and_world()[1] > 1:
        raise TrainingError("--fit works with one process; find the setting with one, then give it to all.")
    if done >= recipe.steps:
        say(f"This run has done all its {done:,} steps; make it longer with --resume --steps N.")
        return recipe
    say(*plan.promise(recipe, samples, perceptual, done), *plan.scarce(recipe, samples, done))
    known = recent_seconds(folder.log) if options.resume else 0.0
    if known and not options.fit:
        say(f"At its speed so far ({known:.2g} s a step) it takes about {plan.duration(known * (recipe.steps - done))}.")
        return recipe
    while True:
        try:
            measured = plan.probe(recipe, make, done)
            break
        except OutOfMemory as error:
            if not options.fit or not error.smaller:
                raise
            say(f"{error} It is tried so.")
            recipe = with_setting(recipe, error.smaller)
    say(plan.expectation(measured, choose_device(options.device)))
    return recipe


