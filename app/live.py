"""Live rendering, seen from the window: what to render next, and which answers to show."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from app.canvas.pyramid import Pyramid
from app.context import StudioContext
from app.render_worker import Answer, LoadJob, ModelFacts, RenderJob, RenderThread, RenderWorker
from core.looks import with_changes
from core.opencv import cv2
from core.rendering.scheduler import RenderScheduler
from core.scene.regions import Box
from core.scene.scene import SceneSnapshot


@dataclass(frozen=True)
class Photograph:
    """A rendered frame on show, made from ``snapshot`` by job ``number``.

    Attributes:
        exact: False for a draft or a preview, which an exact frame will follow.
        boxes: where it differs from the photograph before; None: anywhere.
    """

    number: int
    snapshot: SceneSnapshot
    pyramid: Pyramid
    milliseconds: float
    exact: bool = True
    boxes: tuple[Box, ...] | None = None

    @property
    def rgb(self) -> np.ndarray:
        """(H, W, 3) uint8, a copy: later edits are drawn into the pyramid."""
        return cv2.cvtColor(self.pyramid.full, cv2.COLOR_BGRA2RGB)


class LiveRenderer(QObject):
    """Keeps the photograph up with the scene. Lives on the GUI thread and never waits.

    What is rendered next, and which answers are shown, :class:`RenderScheduler`
    decides; this class gives it the clock, the thread and the scene.

    Signals:
        state_changed: ``busy``, ``loading``, ``paused`` or ``error`` changed.
        failed(what, sentence, details, is_new): the worker failed; ``what`` is a heading, ``is_new`` is
    False where the last failure said the same.
    """

    state_changed = Signal()
    failed = Signal(str, str, str, bool)

    _load = Signal(object)
    _render = Signal(object)
    _release = Signal()
    _spare = Signal()

    def __init__(self, context: StudioContext, parent: QObject | None = None):
        super().__init__(parent)
        self.context = context
        self.loading = False
        self._unseen = False
        #: The last failure's sentence, "" after a success.
        self.error = ""
        self.scheduler = RenderScheduler()
        self._wake = QTimer(self, singleShot=True)
        self._wake.timeout.connect(self._next)
        # After so long without a new photograph the hand rests: time to tidy up.
        self._rest = QTimer(self, singleShot=True, interval=1000)
        self._rest.timeout.connect(self._spare)
        self._load_generation = 0
        self._told = ""

        self.thread_ = RenderThread(self)
        self.worker = RenderWorker()
        self.worker.moveToThread(self.thread_)
        self._load.connect(self.worker.load)
        self._render.connect(self.worker.render)
        self._release.connect(self.worker.release)
        self._spare.connect(self.worker.spare_memory)
        self.worker.model_loaded.connect(self._model_loaded)
        self.worker.model_failed.connect(self._model_failed)
        self.worker.rendered.connect(self._rendered)
        self.worker.render_failed.connect(self._render_failed)
        self.worker.stopped.connect(self._stopped)
        self.thread_.finished.connect(self.worker.deleteLater)

        context.scene_replaced.connect(self._restart)
        context.scene_changed.connect(self._changed)
        context.preview_changed.connect(lambda: self._changed((0, 0, 0, 0)))

    # -- asking -------------------------------------------------------------

    def start(self) -> None:
        self.thread_.start(QThread.Priority.LowPriority)

    def stop(self) -> None:
        """End the thread; a frame in progress is given up."""
        self._wake.stop()
        self._rest.stop()
        self.scheduler.restart()
        self._load_generation += 1
        self._stop_what_is_stale()
        if self.thread_.isRunning():
            self._release.emit()
            self.thread_.quit()
            self.thread_.wait()

    def open_model(self, path: str) -> None:
        """Load a model file in the thread; the one in use stays until that has worked."""
        self._load_generation += 1
        self.loading, self.error = True, ""
        self.state_changed.emit()
        self._load.emit(LoadJob(self._load_generation, str(path), self.context.settings["device"]))

    def request(self) -> None:
        """Render the scene as it is now, exactly, as soon as the worker is free."""
        self._ask(None, demanded=True)

    @property
    def busy(self) -> bool:
        """True while the worker renders."""
        return self.scheduler.running is not None

    @property
    def paused(self) -> str:
        """Why live rendering has paused itself, or ""."""
        return self.scheduler.paused

    @property
    def is_current(self) -> bool:
        """True where the photograph on show is the exact one of the scene as it is now."""
        scene, photograph = self.context.scene, self.context.photograph
        return (
            scene is not None
            and photograph is not None
            and photograph.exact
            and photograph.snapshot.revision == scene.revision
        )

    # -- details ---------------------------------------------------------------

    def _changed(self, box: Box) -> None:
        if self.context.settings["live"]:
            self._ask(box)
        else:
            # Not rendered now, but the next job must know of it.
            self._unseen = True

    def _ask(self, box: Box | None, demanded: bool = False) -> None:
        if self._unseen:
            box, self._unseen = None, False
        self.scheduler.request(time.monotonic(), box, demanded)
        self._next()

    def _restart(self) -> None:
        """Another scene or model: what is on its way is stale."""
        self.scheduler.restart()
        if self.context.scene is not None:
            self._ask(None)
        self._stop_what_is_stale()

    def _next(self) -> None:
        self._stop_what_is_stale()
        if self.context.model is None or self.context.scene is None:
            return
        now = time.monotonic()
        job = self.scheduler.next(now)
        if job is not None:
            self._wake.stop()
            self._rest.stop()
            self.state_changed.emit()
            self._render.emit(RenderJob(job, self._snapshot()))
            return
        wait = self.scheduler.wake_in(now)
        if wait is not None:
            self._wake.start(int(wait * 1000) + 1)

    def _snapshot(self) -> SceneSnapshot:
        """The scene as it is to be shown: with the looks that are being tried on."""
        snapshot, preview = self.context.scene.snapshot(), self.context.preview
        if not preview:
            return snapshot
        # No revision of the scene looks like this, so it never counts as the current photograph.
        return replace(snapshot, codes=with_changes(snapshot.codes, preview), revision=-1)

    def _stop_what_is_stale(self) -> None:
        if self.scheduler.should_stop():
            self.worker.stop_up_to = self.scheduler.running.number

    # Declared slots: so Qt knows that these run on this object's thread, not on the worker's.
    @Slot(object)
    def _rendered(self, answer: Answer) -> None:
        was_paused = self.scheduler.paused
        request = answer.request
        shown = self.scheduler.finished(
            request.job, answer.milliseconds / 1000, answer.exact, answer.full, time.monotonic()
        )
        if shown:
            self.error = self._told = ""
            self._show(request, answer)
        self._rest.start()
        if self.scheduler.paused and not was_paused:
            self.context.message.emit(self.scheduler.paused)
        self._next()
        self.state_changed.emit()

    def _show(self, request: RenderJob, answer: Answer) -> None:
        before = self.context.photograph
        if request.job.kind == "draft" and before is not None and before.number == 0:
            return  # the photograph that came with the file is better
        if answer.levels is not None:
            pyramid, boxes = Pyramid(answer.levels), None
        else:
            pyramid, boxes = before.pyramid, tuple(box for box, _ in answer.patches)
            for box, patch in answer.patches:
                pyramid.full[box[1]:box[3], box[0]:box[2]] = patch
                pyramid.refresh(box)
        self.context.photograph = Photograph(
            request.job.number, request.snapshot, pyramid, answer.milliseconds, answer.exact, boxes
        )
        self.context.photograph_changed.emit()

    @Slot(object, str, str)
    def _render_failed(self, request: RenderJob, sentence: str, details: str) -> None:
        self.scheduler.given_up(request.job)
        if request.job.generation == self.scheduler.generation:
            self._tell("The photograph can't be rendered.", sentence, details)
        self._next()
        self.state_changed.emit()

    @Slot(object)
    def _stopped(self, request: RenderJob) -> None:
        self.scheduler.given_up(request.job)
        self._next()
        self.state_changed.emit()

    @Slot(int, object)
    def _model_loaded(self, generation: int, facts: ModelFacts) -> None:
        if generation != self._load_generation:
            return
        self.loading = False
        self.error = self._told = ""
        self.context.model = facts
        if self.context.photograph is not None:
            # The other model's: not to be saved or exported as this one's.
            self.context.photograph = replace(self.context.photograph, exact=False)
        self.scheduler.forget_times()
        self.context.model_changed.emit()
        self._restart()
        self.state_changed.emit()

    @Slot(int, str, str)
    def _model_failed(self, generation: int, sentence: str, details: str) -> None:
        if generation != self._load_generation:
            return
        self.loading = False
        self._tell("This model can't be used.", sentence, details)
        self.state_changed.emit()

    def _tell(self, what: str, sentence: str, details: str) -> None:
        self.error = sentence
        is_new, self._told = sentence != self._told, sentence
        self.failed.emit(what, sentence, details, is_new)
