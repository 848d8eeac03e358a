"""What a run will do, need and take, said before it starts; measured by doing a step of each phase."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import Callable, Sequence

import torch

from core.data.samples import MOST_OFTEN, Sample, by_width
from core.memory import is_out_of_memory
from core.rendering.device import describe
from core.training.duration import duration
from core.training.memory import available_bytes, explained, peak_bytes, reset_peak
from core.training.recipes import Recipe
from core.training.schedule import ENHANCER, GLOBAL, Phase
from core.training.trainer import Trainer

_TRAINED = {GLOBAL: ", the global generator alone", ENHANCER: ", the local enhancer, the global generator held"}


@dataclass(frozen=True)
class Plan:
    """What was measured.

    Attributes:
        seconds: of a step, phase by phase.
        memory: bytes at the peak of the largest step; 0 where unknown.
        left: seconds for the steps that are still to do.
    """

    seconds: tuple[float, ...]
    memory: int
    left: float


def probe(recipe: Recipe, make: Callable[[Recipe, int], Trainer], done: int = 0) -> Plan:
    """Measure a step of each phase that is still to come, with trainers that are thrown away.

    A step of a quarter of the crop goes first: where it shows that a whole one
    can't fit into the memory that is free, the whole one is not tried, since a
    system short of memory may kill the process instead of raising an error.

    Args:
        make: (recipe, step) -> a trainer that begins at that step and keeps nothing.

    Raises:
        OutOfMemory: when a step doesn't fit.
    """
    counts = _steps_left(recipe, done)
    seconds, memory = [0.0] * len(recipe.phases), 0
    for number, (first, _) in counts.items():
        small = max(64, max(recipe.phases[number].size) // 64 * 32)
        needs = []
        for sized in (recipe.cropped(small), recipe):
            trainer = make(sized, first)
            reset_peak(trainer.device)
            try:
                if len(needs) == 1 and _too_much(recipe, sized, number, needs[0], trainer):
                    raise explained(recipe, first, trainer.device, started=False)
                before = peak_bytes(trainer.device)
                times = _time(trainer, first)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                raise explained(recipe, first, trainer.device, started=False) from None
            needs.append(peak_bytes(trainer.device) - before)
            memory = max(memory, peak_bytes(trainer.device))
            seconds[number] = min(times)
            del trainer
            gc.collect()
    left = sum(seconds[number] * count for number, (_, count) in counts.items())
    return Plan(tuple(seconds), memory, left)


def _too_much(recipe: Recipe, sized: Recipe, number: int, small_need: int, trainer: Trainer) -> bool:
    phase = recipe.phases[number]
    small = recipe.cropped(max(64, max(phase.size) // 64 * 32)).phases[number]
    ratio = (phase.size[0] * phase.size[1]) / (small.size[0] * small.size[1])
    free = available_bytes(trainer.device)
    return free > 0 and small_need * ratio > free


def _time(trainer: Trainer, first: int) -> list[float]:
    """Seconds of one step, and of a second one where that doesn't take long."""
    times = []
    for report in trainer.run(first + 2):
        times.append(report.seconds)
        if report.seconds > 8:
            break
    return times


def _steps_left(recipe: Recipe, done: int) -> dict[int, tuple[int, int]]:
    """Phase number -> (first step still to do, how many), without walking over a million steps one by one."""
    found: dict[int, tuple[int, int]] = {}
    start = done
    while start < recipe.steps:
        number = recipe.place_at(start).number
        low, high = start, recipe.steps
        while high - low > 1:  # phases never come back, so the last step of one can be searched for
            middle = (low + high) // 2
            low, high = (middle, high) if recipe.place_at(middle).number == number else (low, middle)
        found[number] = (start, high - start)
        start = high
    return found


def promise(recipe: Recipe, samples: Sequence[Sample], perceptual: bool, done: int = 0) -> list[str]:
    """What the run will do, in sentences."""
    lines = [f"{recipe.name}: {recipe.about}."]
    lines.append(
        f"{recipe.steps - done:,} steps on {len(samples):,} photographs"
        + (f", after the {done:,} already done:" if done else ":")
    )
    for number, (_, count) in _steps_left(recipe, done).items():
        lines.append(f"  {count:,} with {_crops(recipe, recipe.phases[number])}")
    losses = []
    if recipe.gan_weight:
        losses.append(f"adversarial ({recipe.gan})")
    if recipe.feature_weight:
        losses.append(f"feature matching x{recipe.feature_weight:g}")
    if perceptual:
        losses.append(f"perceptual x{recipe.perceptual_weight:g}")
        if recipe.texture_weight:
            losses.append(f"texture x{recipe.texture_weight:g}")
    if recipe.pixel_weight:
        losses.append(f"pixel x{recipe.pixel_weight:g}")
    if recipe.colour_weight:
        losses.append(f"colour x{recipe.colour_weight:g}")
    if recipe.weave_weight:
        losses.append(f"weave x{recipe.weave_weight:g}")
    lines.append(
        f"Losses: {', '.join(losses)}. Learning rate {recipe.learning_rate:g}, "
        f"falling to zero over the last {1 - recipe.constant:.0%}."
    )
    return lines


def scarce(recipe: Recipe, samples: Sequence[Sample], done: int = 0) -> list[str]:
    """Which steps still to do find few photographs that are wide enough, in sentences."""
    lines = []
    for low in sorted({recipe.phases[number].widths[0] for number in _steps_left(recipe, done)}):
        wide, rest = by_width(samples, low)
        if not wide:
            lines.append(f"No photograph is {low} pixels wide, so steps on frames from {low} wide learn from smaller ones.")
        elif 2 * len(rest) > MOST_OFTEN * len(wide):
            lines.append(
                f"Only {len(wide):,} of {len(samples):,} photographs {'is' if len(wide) == 1 else 'are'} {low} pixels wide or wider; "
                f"steps on frames from {low} wide see {'it' if len(wide) == 1 else 'each'} {MOST_OFTEN} times as often as another."
            )
    return lines


def _crops(recipe: Recipe, phase: Phase) -> str:
    width, height = phase.size
    low, high = phase.widths
    frames = f"{low} wide" if low == high else f"{low} to {high} wide"
    parts = f", taken in {recipe.accumulate} parts" if recipe.accumulate > 1 else ""
    crops = "1 crop" if phase.batch == 1 else f"{phase.batch} crops"
    return f"{crops} of {width}x{height} from frames {frames}{parts}{_TRAINED.get(phase.trains, '')}"


def expectation(plan: Plan, device: torch.device) -> str:
    """What the run needs and takes, in a sentence."""
    speeds = sorted({round(s, 2 if s < 10 else 0) for s in plan.seconds if s})
    speed = f"{speeds[0]:g}" if len(speeds) == 1 else f"{speeds[0]:g} to {speeds[-1]:g}" if speeds else "?"
    memory = f"about {plan.memory / 2**30:.1f} GB of memory and " if plan.memory else ""
    return f"It needs {memory}about {duration(plan.left)} ({speed} s a step, {describe(device)})."
