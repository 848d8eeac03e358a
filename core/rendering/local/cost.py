"""What a full frame and an update cost on this machine, from measured times alone.

A full frame tells each step's seconds a pixel. An update computes some pixels
of each step, so it should take their sum; it takes longer by an overhead a
rectangle and a factor for small blocks. Both are fitted to the updates seen.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Sequence

from core.rendering.local.ops import Op
from core.rendering.local.rects import Rect

_REMEMBERED = 15


class Step:
    """One kept output (or the picture) and the times that computing all of it took."""

    def __init__(self, op: Op):
        self.op = op
        self._full: deque[float] = deque(maxlen=5)
        #: Median of the last full frames, over the pixels; 0 before the first.
        self.seconds_per_pixel = 0.0

    def full_took(self, seconds: float) -> None:
        self._full.append(seconds)
        height, width = self.op.size
        self.seconds_per_pixel = median(self._full) / (height * width)

    def forget(self) -> None:
        self._full.clear()
        self.seconds_per_pixel = 0.0


class CostModel:
    """Predicts seconds; see the module's text."""

    def __init__(self, steps: Sequence[Step]):
        self.steps = steps
        self._by_op = {step.op: step for step in steps}
        self.forget()

    def forget(self) -> None:
        """Another frame size or machine state: measure anew."""
        for step in self.steps:
            step.forget()
        self._full: deque[float] = deque(maxlen=5)
        self._seen: deque[tuple[float, int, float]] = deque(maxlen=_REMEMBERED)
        # Until an update was seen: a rectangle's overhead as of some ten calls into torch.
        self._factor, self._overhead = 1.2, 50e-6

    @property
    def full_seconds(self) -> float:
        """Median of the full frames measured; infinite before the first."""
        return median(self._full) if self._full else float("inf")

    def full_took(self, seconds: float) -> None:
        self._full.append(seconds)

    def predict(self, plan: Sequence[Sequence[Rect]]) -> float:
        """Seconds an update will take; ``plan``: rectangles of each step."""
        work, count = self.work_and_count(plan)
        return self._factor * work + self._overhead * count

    def update_took(self, plan: Sequence[Sequence[Rect]], seconds: float) -> None:
        work, count = self.work_and_count(plan)
        if not count:
            return
        self._seen.append((work, count, seconds))
        # One unknown at a time keeps the fit sane: the factor explains large updates, the overhead small ones.
        overhead = median((t - self._factor * w) / c for w, c, t in self._seen)
        self._overhead = min(max(overhead, 5e-6), 5e-3)
        most = max(w for w, _, _ in self._seen)
        factor = median((t - self._overhead * c) / max(w, 1e-9) for w, c, t in self._seen if w >= 0.5 * most)
        self._factor = min(max(factor, 0.5), 10.0)

    def pixels_per_step(self, op: Op) -> float:
        """How many pixels of ``op`` cost as much as the overhead of one more rectangle."""
        step = self._by_op.get(op)
        if step is None or not step.seconds_per_pixel:
            return 0.0
        return self._overhead / (self._factor * step.seconds_per_pixel)

    def work(self, plan) -> float:
        """Seconds by the full frame's seconds a pixel alone."""
        return self.work_and_count(plan)[0]

    def work_and_count(self, plan) -> tuple[float, int]:
        """(:meth:`work`, number of rectangles)."""
        work = sum(
            step.seconds_per_pixel * sum(rect.area for rect in rects) for step, rects in zip(self.steps, plan)
        )
        return work, sum(len(rects) for rects in plan)
