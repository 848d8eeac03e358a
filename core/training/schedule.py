"""Where in its plan a run is: phases, learning rate, and runs that were made longer.

Everything here is a pure function of the recipe and the step, so a resumed run
goes on exactly as the uninterrupted one would have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

#: What a phase trains (pix2pixHD, sec. 3.2): the global generator by itself,
#: the local enhancer around a frozen global generator, or all there is.
GLOBAL, ENHANCER, WHOLE = "global", "enhancer", "whole"


@dataclass(frozen=True)
class Phase:
    """A stretch of a run at one scale: coarse first, fine after (pix2pixHD, sec. 3.2).

    Attributes:
        share: of the run's steps.
        widths: range of frame widths to which samples are resized.
        crop: side of a square crop, or (width, height), pixels.
        batch: crops a step, over all processes.
        trains: :data:`GLOBAL`, :data:`ENHANCER` or :data:`WHOLE`.
        fresh_rate: the learning rate starts again at its full height here.
    """

    share: float
    widths: tuple[int, int]
    crop: int | tuple[int, int]
    batch: int
    trains: str = WHOLE
    fresh_rate: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of a crop."""
        return (self.crop, self.crop) if isinstance(self.crop, int) else (self.crop[0], self.crop[1])


#: A change of a run's length on the way: (step at which it was made, its length until then).
Bend = tuple[int, int]


@dataclass(frozen=True)
class Place:
    """What holds at one step: the phase, its number, and the rate's factor in 0..1."""

    phase: Phase
    number: int
    factor: float


def place(phases: Sequence[Phase], steps: int, bends: Sequence[Bend], constant: float, step: int) -> Place:
    """The place of 0-based ``step`` in a plan of ``steps`` steps.

    Args:
        constant: share of each learning-rate cycle at full rate before it falls
            linearly to zero (sec. 4).
        bends: earlier lengths of the run. What was left of the plan at a bend
            is stretched (or squeezed) over the steps left after it, so the rate
            never jumps and no phase is skipped or run twice. A run that had
            already reached its end starts a new cycle in its last phase.
    """
    position: float = step
    end = steps
    for at, old_end in reversed(bends):
        if step >= at:
            if old_end <= at:
                return Place(phases[-1], len(phases) - 1, _factor(position - at, end - at, constant))
            position = at + (position - at) * (old_end - at) / (end - at)
        end = old_end
    return _planned(phases, end, constant, position)


def _planned(phases: Sequence[Phase], steps: int, constant: float, position: float) -> Place:
    starts, total = [], 0.0
    for phase in phases:
        starts.append(round(total))
        total += phase.share * steps
    number = max(i for i, start in enumerate(starts) if i == 0 or position >= start)
    first = max((i for i in range(1, number + 1) if phases[i].fresh_rate), default=0)
    later = [start for i, start in enumerate(starts) if i > number and phases[i].fresh_rate]
    begin, end = starts[first], later[0] if later else steps
    return Place(phases[number], number, _factor(position - begin, end - begin, constant))


def _factor(step: float, steps: int, constant: float) -> float:
    flat = constant * steps
    return 1.0 if step < flat else max(0.0, (steps - step) / (steps - flat)) if flat < steps else 0.0
