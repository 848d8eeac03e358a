"""Parts in what has just been painted: a house gets windows, a car wheels and glass, once the hand rests."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.context import StudioContext
from app.fill_parts import FillJob, Filling
from app.render_worker import low_pool
from core.labels import INSTANCE_FACTOR
from core.scene.edit import Edit

#: The hand rests when it has painted nothing for so long, in milliseconds.
_REST = 350


class PaintedFiller(QObject):
    """Fills in parts of objects that are painted, in a thread of its own, each time as one undo step.

    An object that grows under the brush gets its parts anew. Parts that a person has
    painted stay as they are, as do objects that were there before, and those whose
    parts were taken back.
    """

    # From the thread: the job, how far it is; the job, a filling or None, what went wrong.
    _stepped = Signal(object, int, int)
    _filled = Signal(object, object, str)

    def __init__(self, context: StudioContext, parent: QObject):
        super().__init__(parent)
        self.context = context
        self._waiting: list[int] = []
        self._painted: set[int] = set()  # objects that are painted here, all of whose parts are from here
        self._parted: set[int] = set()  # those of them that have got parts
        self._job: FillJob | None = None
        self._pool = low_pool(self)
        self._filled.connect(self._take)
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self._begin)
        context.painted.connect(self._look)
        context.scene_replaced.connect(self._forget)
        context.scene_changed.connect(self._changed)

    @property
    def busy(self) -> bool:
        """True while something waits for its parts."""
        return bool(self._waiting or self._job)

    def stop(self) -> None:
        """End the thread."""
        self._forget()
        self._pool.waitForDone()

    # -- what was painted ----------------------------------------------------------------

    def _look(self, edit: Edit) -> None:
        scene = self.context.scene
        values, counts = np.unique(edit.new_instances, return_counts=True)
        objects = {int(v): int(n) for v, n in zip(values, counts) if v >= INSTANCE_FACTOR}
        if any(scene.label_set[int(label)].parent is not None for label in np.unique(edit.new_labels)):
            # Who paints parts by hand is not to lose them.
            self._painted.difference_update(objects)
            return
        if not self.context.settings["fill_painted"]:
            return
        for value, count in objects.items():
            if scene.area(value) == count:  # all of it was painted just now
                self._painted.add(value)
                self._parted.discard(value)
            if value not in self._painted:
                continue
            if value in self._parted and not self._has_parts(value):
                self._painted.discard(value)  # they were taken back
                continue
            self._wait_for(value)

    def _has_parts(self, value: int) -> bool:
        scene = self.context.scene
        return bool((scene.label_map[scene.instance_map == value] != value // INSTANCE_FACTOR).any())

    def _wait_for(self, value: int) -> None:
        if value not in self._waiting:
            self._waiting.append(value)
        self._rest.start()

    # -- in turn -------------------------------------------------------------------------

    def _begin(self) -> None:
        context = self.context
        if context.stroking:
            self._rest.start()
            return
        if context.history.canRedo():
            # A step was undone; as one of its own this would cut off what can be redone.
            self._waiting.clear()
        while self._waiting and self._job is None:
            value = self._waiting.pop(0)
            if context.scene.area(value):
                # Its number as the seed: what grows keeps the kind of windows that it has.
                self._job = FillJob(context.scene.snapshot(), value, (value,), context.horizon(), False, context.history.index())
                self._pool.start(Filling(self._job, self._stepped, self._filled))

    def _changed(self, _box) -> None:
        """What is looked for in a street that has changed is looked for anew."""
        if not self.busy:
            return
        self._rest.start()
        job, self._job = self._job, None
        if job is not None:
            job.stop.set()
            self._waiting.insert(0, job.objects[0])

    # A declared slot: so Qt knows that it runs on this object's thread, not on the worker's.
    @Slot(object, object, str)
    def _take(self, job: FillJob, filling, failure: str) -> None:
        if job is not self._job or job.stop.is_set():
            return  # to be looked for anew, or given up
        (value,) = job.objects
        if self.context.stroking:
            self._job = None
            self._wait_for(value)
            return
        self._job = None
        if failure:
            self.context.message.emit(failure)
        elif filling is not None and self.context.commit(filling.edit):
            self._parted.add(value)
            self.context.message.emit("Parts filled in; Ctrl+Z takes them away, and the Paint menu turns this off.")
        self._begin()

    def _forget(self) -> None:
        if self._job is not None:
            self._job.stop.set()
        self._job = None
        self._waiting.clear()
        self._painted.clear()
        self._parted.clear()
        self._rest.stop()
