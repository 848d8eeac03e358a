"""The command "Fill in parts", in a thread of its own, and the hint that offers it for a street that has none."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from threading import Event

import numpy as np
from PySide6.QtCore import QObject, QRunnable, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.context import StudioContext
from app.fill_notes import Offer, Progress
from app.render_worker import low_pool
from core.errors import VedutaError
from core.scene.scene import Scene, SceneSnapshot

log = logging.getLogger("veduta.parts")

#: What takes less than this, in milliseconds, needs no progress shown.
_SOON = 250

#: While something is being painted, look so often whether the hand rests, in milliseconds.
_REST = 100


@dataclass(frozen=True)
class FillJob:
    """Fill in parts in ``snapshot``; see :func:`core.filling.fill.fill_parts` for the rest.

    ``index`` is the place in the undo stack at which it begins; ``stop`` is set when nobody waits for it any more.
    """

    snapshot: SceneSnapshot
    seed: int
    objects: tuple[int, ...] | None
    horizon: float
    houses: bool
    index: int
    stop: Event = field(default_factory=Event)


class PartsFiller(QObject):
    """Lays parts into the selected objects, else into all bare ones; each time others.

    The street may be painted on meanwhile: what was found for a street that has changed is thrown away,
    and the search begins anew once the hand rests.

    Args:
        canvas: where the hint and the progress appear.

    Signals:
        finished(whether): parts were filled in, or not; the status bar says why.
    """

    finished = Signal(bool)

    # From the thread: the job, and how far it is; the job, a Filling or None, and what went wrong.
    _stepped = Signal(object, int, int)
    _filled = Signal(object, object, str)

    def __init__(self, context: StudioContext, canvas: QWidget):
        super().__init__(canvas)
        self.context = context
        self.hint = Offer(context.theme, canvas)
        self.hint.accepted.clicked.connect(lambda: self.run(selected=False))
        self.hint.dismissed.clicked.connect(self._dismiss)
        self.progress = Progress(context.theme, canvas)
        self.progress.cancelled.connect(self.cancel)
        self._wanted, self._runs = True, 0
        self._job: FillJob | None = None
        self._pool = low_pool(self)
        self._stepped.connect(self._show_step)
        self._filled.connect(self._take)
        self._later = QTimer(self, singleShot=True, interval=_SOON)
        self._later.timeout.connect(self.progress.show)
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self._begin)
        context.scene_replaced.connect(self._replaced)
        context.scene_changed.connect(self._changed)

    @property
    def busy(self) -> bool:
        """True from the command until parts are there, or it is clear that there will be none."""
        return self._job is not None

    def run_houses(self) -> bool:
        """As :meth:`run` on the whole street, and each house of a row, none of which can be selected yet, becomes an object."""
        return self.run(selected=False, houses=True)

    def run(self, selected: bool = True, houses: bool = False) -> bool:
        """Begin; True where that is possible. It will be one undo step, and the status bar will say what was done.

        Selected objects that all have parts get others.

        Args:
            selected: fill only the selected objects, where there are some.
            houses: make each house of a row of buildings an object, so that it can have its own look.
        """
        context = self.context
        if context.scene is None or context.stroking:
            return False
        if self.busy:
            context.message.emit("Parts are being filled in already.")
            return False
        self.hint.hide()
        objects = context.selected if selected and context.selected else None
        self._job = FillJob(
            context.scene.snapshot(), self._runs, objects, context.horizon(), houses, context.history.index()
        )
        self.progress.show_step(0, 0)
        self._later.start()
        self._begin()
        return True

    def cancel(self) -> None:
        """Leave the street as it is."""
        if self.busy:
            self._end("No parts were filled in.")

    def stop(self) -> None:
        """End the thread, after the object in progress."""
        self._forget()
        self._pool.waitForDone()

    # -- in turn -------------------------------------------------------------------------

    def _begin(self) -> None:
        """Start the thread on the street as it is now, once nothing is being painted."""
        context, job = self.context, self._job
        if job is None:
            return
        if context.stroking:
            self._rest.start()
            return
        if context.history.index() < job.index:
            # As an undo step of its own the result would cut off what can be redone.
            self._end("No parts were filled in, because a step was undone meanwhile.")
            return
        objects = job.objects if job.objects is None else tuple(v for v in job.objects if context.scene.area(v))
        if objects == () and job.objects:
            self._end("What was to get parts is gone.")
            return
        self._job = replace(
            job, snapshot=context.scene.snapshot(), objects=objects, index=context.history.index(), stop=Event()
        )
        self.progress.say("Filling in parts")
        self._pool.start(Filling(self._job, self._stepped, self._filled))

    def _changed(self, _box) -> None:
        self.hint.hide()
        if self.busy:
            self._job.stop.set()
            self.progress.say("Filling in parts, once the hand rests")
            self._rest.start()

    def _replaced(self) -> None:
        self._forget()
        self._offer()

    # Declared slots: so Qt knows that these run on this object's thread, not on the worker's.
    @Slot(object, int, int)
    def _show_step(self, job: FillJob, done: int, total: int) -> None:
        if job is self._job:
            self.progress.show_step(done, total)

    @Slot(object, object, str)
    def _take(self, job: FillJob, filling, failure: str) -> None:
        if job is not self._job or job.stop.is_set():
            return  # given up, or to be begun anew
        if self.context.stroking:
            self._rest.start()
            return
        if filling is None:
            self._end(failure)
            return
        self._forget()
        if self.context.commit(filling.edit):
            self._runs += 1
            # Painting selects what was painted: who meant the whole street learns how to get it.
            rest = "undo with Ctrl+Z" if job.objects is None else "select none (Ctrl+D) to fill the whole street"
            self._end(f"{filling.sentence.rstrip('.')}; {rest}.", True)
        else:
            self._end(filling.sentence)

    def _end(self, sentence: str, filled: bool = False) -> None:
        self._forget()
        self.context.message.emit(sentence)
        self.finished.emit(filled)

    def _forget(self) -> None:
        if self._job is not None:
            self._job.stop.set()
            self._job = None
        self._rest.stop()
        self._later.stop()
        self.progress.hide()

    # -- the hint ------------------------------------------------------------------------

    def _offer(self) -> None:
        """Show the hint for a street in which nothing has parts and something could."""
        scene = self.context.scene
        self.hint.setVisible(self._wanted and scene is not None and offers_parts(scene))

    def _dismiss(self) -> None:
        """Not again until the program is started anew."""
        self._wanted = False
        self.hint.hide()


class _Stopped(Exception):
    """Nobody waits for the result any more."""


class Filling(QRunnable):
    """One run, in the pool's thread; the signals are the window's."""

    def __init__(self, job: FillJob, stepped, filled):
        super().__init__()
        self._job, self._stepped, self._filled = job, stepped, filled

    def run(self) -> None:
        try:
            filling, failure = self._fill(), ""
        except _Stopped:
            return
        except VedutaError as error:
            filling, failure = None, str(error)
        except Exception as error:
            log.exception("parts can't be filled in")
            filling, failure = None, f"Parts can't be filled in ({type(error).__name__}); save the street and start anew."
        self._filled.emit(self._job, filling, failure)

    def _fill(self):
        from core.filling.fill import bare_sites, fill_parts

        job, shot = self._job, self._job.snapshot
        scene = Scene(shot.label_map, shot.instance_map, shot.label_set, shot.codes, shot.hidden)
        again = job.objects is not None and not bare_sites(scene, set(job.objects))
        return fill_parts(scene, job.seed, job.objects, job.horizon, job.houses, again, self._step)

    def _step(self, done: int, total: int) -> None:
        if self._job.stop.is_set():
            raise _Stopped
        self._stepped.emit(self._job, done, total)


def offers_parts(scene) -> bool:
    """True where no pixel is a part and buildings or vehicles cover a good deal of the frame."""
    label_set = scene.label_set
    counts = np.bincount(scene.label_map.reshape(-1), minlength=256)
    if any(counts[label.id] for label in label_set if label.parent is not None):
        return False
    with_parts = {label.parent for label in label_set if label.parent is not None}
    grand = [label.id for label in label_set if label.id in with_parts and label.group in ("construction", "vehicle")]
    return int(counts[grand].sum()) > 0.02 * scene.label_map.size
