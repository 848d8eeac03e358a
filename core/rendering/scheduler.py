"""What to render next, and what to show: policy without threads, clocks or Qt.

The caller owns the clock (seconds, from any start) and the worker; it tells
the scheduler of edits and answers, and asks what to do. One job is under way
at a time. In the words of the job's kind:

``draft``: a smaller frame, quickly, where nothing is on show yet and a full
    frame takes long, or nobody knows how long.
``update``: bring the picture up with the scene; the session decides by measured
    times whether that is edit-local or a full frame.
``exact``: a full frame where the picture on show is only a preview, once the
    hand rests; given up when painting goes on.
"""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Job:
    """One thing to render.

    Attributes:
        number: grows with every job.
        generation: grows with every scene or model.
        kind: "draft", "update" or "exact".
        dirty: bounding box of the edits since the last finished update; None:
            compare the whole maps.
    """

    number: int
    generation: int
    kind: str
    dirty: Box | None


@dataclass(frozen=True)
class Policy:
    """The scheduler's thresholds, in seconds.

    Attributes:
        rest: how long without an edit until a preview is made exact.
        draft_above: draw a draft first where a full frame takes longer.
        patience: an update slower than this can't be painted with.
        strikes: so many slow updates in a row pause live rendering.
        paused_rest: while paused, how long without an edit until one frame is drawn.
    """

    rest: float = 0.35
    draft_above: float = 1.5
    patience: float = 3.0
    strikes: int = 3
    paused_rest: float = 1.5


class RenderScheduler:
    """Newest wins; see the module's text."""

    def __init__(self, policy: Policy = Policy()):
        self.policy = policy
        self.generation = 0
        #: The job under way, or None.
        self.running: Job | None = None
        #: Why the photograph doesn't follow the brush any more, "" while it does.
        self.paused = ""
        self._number = 0
        self._full_seconds: deque[float] = deque(maxlen=5)
        self._slow = 0
        self._clear()

    def _clear(self) -> None:
        self._wanted = False
        self._demanded = False
        self._dirty: list[Box] | None = []  # None: anything may have changed
        self._last_request = float("-inf")
        self._shown = 0  # number of the job on show
        self._blank = True  # nothing of this generation is on show
        self._draft = False  # what is on show is a draft, and its update is still owed
        self._exact = False

    # -- told by the caller ---------------------------------------------------------

    def restart(self) -> None:
        """Another scene or model: answers on their way are stale, everything is to be drawn."""
        self.generation += 1
        self.paused, self._slow = "", 0
        self._clear()

    def forget_times(self) -> None:
        """Another model or device: its times are unknown."""
        self._full_seconds.clear()

    def request(self, now: float, dirty: Box | None = None, demanded: bool = False) -> None:
        """The scene changed inside ``dirty`` (None: anywhere).

        Args:
            demanded: a person asked for this frame: drawn exactly and at once,
                even while paused; it ends the pause.
        """
        self._wanted = True
        self._last_request = now
        if demanded:
            self.paused, self._slow = "", 0
            self._demanded = True
        if dirty is None:
            self._dirty = None
        elif self._dirty is not None and dirty[0] < dirty[2] and dirty[1] < dirty[3]:
            self._dirty.append(dirty)

    # -- asked by the caller ----------------------------------------------------------

    def next(self, now: float) -> Job | None:
        """The job to start now, or None. The caller takes the scene's snapshot for it now."""
        if self.running is not None or self._pause_left(now) > 0:
            return None
        if self._wanted:
            if self._demanded:
                return self._start("exact")
            return self._start("draft" if self._blank and self._full_time > self.policy.draft_above else "update")
        due = self._rest_due(now)
        return self._start("exact") if due is not None and due <= 0 else None

    def wake_in(self, now: float) -> float | None:
        """Seconds until :meth:`next` should be asked again though nothing happens; None: never."""
        if self.running is not None:
            return None
        due = self._pause_left(now) if self._wanted else self._rest_due(now)
        return None if due is None else max(due, self._pause_left(now), 0.0)

    def should_stop(self) -> bool:
        """True when the job under way isn't worth finishing: its scene has gone, or an exact frame is overtaken."""
        job = self.running
        return job is not None and (job.generation != self.generation or job.kind == "exact" and self._wanted)

    # -- answers ------------------------------------------------------------------------

    def finished(self, job: Job, seconds: float, exact: bool, full: bool, now: float) -> bool:
        """``job`` is done; True when its picture is to be shown.

        Args:
            seconds: what it took.
            exact: the picture equals a full frame.
            full: the whole frame was computed at full size.
        """
        self.running = None
        if job.generation != self.generation:
            return False
        if full:
            self._full_seconds.append(seconds)
        if job.kind == "update" and not (self._blank or self._draft):
            self._judge(seconds)
        if job.number <= self._shown:
            return False
        self._shown, self._blank, self._exact = job.number, False, exact
        self._draft = job.kind == "draft"
        self._wanted = self._wanted or self._draft
        return True

    def given_up(self, job: Job) -> None:
        """``job`` stopped half-way or failed; what is on show stays."""
        self.running = None
        if job.generation == self.generation:
            # The changes that it was to draw aren't in the picture.
            self._dirty = None

    # -- details -------------------------------------------------------------------------

    @property
    def _full_time(self) -> float:
        return statistics.median(self._full_seconds) if self._full_seconds else float("inf")

    def _start(self, kind: str) -> Job:
        self._number += 1
        dirty = None
        if kind == "update" and self._dirty is not None:
            # Only codes changed: nothing to compare in the maps.
            dirty = _bounds(self._dirty) or (0, 0, 0, 0)
        self.running = Job(self._number, self.generation, kind, dirty)
        if kind != "draft":
            self._dirty = []
        self._wanted = self._demanded = False
        return self.running

    def _rest_due(self, now: float) -> float | None:
        """Seconds until the preview on show should be made exact; None when it needn't."""
        if self._exact or self._blank or self._draft:
            return None
        return self._last_request + self.policy.rest - now

    def _pause_left(self, now: float) -> float:
        """Seconds that a pause still holds a job back."""
        if not self.paused or self._demanded:
            return 0.0
        return self._last_request + self.policy.paused_rest - now

    def _judge(self, seconds: float) -> None:
        self._slow = self._slow + 1 if seconds > self.policy.patience else 0
        if not self._slow:
            self.paused = ""
        elif self._slow >= self.policy.strikes:
            self.paused = (
                f"A stroke takes {seconds:.0f} s to render on this machine, so the photograph waits until you rest. "
                "A smaller model follows the brush."
            )


def _bounds(boxes: list[Box]) -> Box | None:
    if not boxes:
        return None
    x0s, y0s, x1s, y1s = zip(*boxes)
    return min(x0s), min(y0s), max(x1s), max(y1s)
