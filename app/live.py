"""Live rendering, seen from the window: what to render next, and which answers to show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QThread, Signal, Slot

from app.canvas.pyramid import Pyramid
from app.context import StudioContext
from app.render_worker import Answer, LoadJob, ModelFacts, RenderJob, RenderThread, RenderWorker
from core.scene.scene import SceneSnapshot


@dataclass(frozen=True)
class Photograph:
    """A rendered frame on show: ``rgb`` (H, W, 3) uint8, made from ``snapshot`` by request ``number``."""

    number: int
    snapshot: SceneSnapshot
    rgb: np.ndarray
    pyramid: Pyramid
    milliseconds: float


class LiveRenderer(QObject):
    """Keeps the photograph up with the scene. Lives on the GUI thread and never waits.

    The newest request wins: while the worker renders, any number of requests
    melt into one, whose snapshot is taken when the worker is free. Requests are
    numbered; answers for another scene or model, or older than what is on show,
    are dropped.

    Signals:
        state_changed: ``busy``, ``loading`` or ``error`` changed.
        failed(what, sentence, details, is_new): the worker failed; ``what`` is a heading, ``is_new`` is
    False where the last failure said the same.
    """

    state_changed = Signal()
    failed = Signal(str, str, str, bool)

    _load = Signal(object)
    _render = Signal(object)
    _release = Signal()

    def __init__(self, context: StudioContext, parent: QObject | None = None):
        super().__init__(parent)
        self.context = context
        self.busy = False
        self.loading = False
        #: The last failure's sentence, "" after a success.
        self.error = ""
        self._wanted = False
        self._number = 0
        self._generation = 0
        self._load_generation = 0
        self._told = ""

        self.thread_ = RenderThread(self)
        self.worker = RenderWorker()
        self.worker.moveToThread(self.thread_)
        self._load.connect(self.worker.load)
        self._render.connect(self.worker.render)
        self._release.connect(self.worker.release)
        self.worker.model_loaded.connect(self._model_loaded)
        self.worker.model_failed.connect(self._model_failed)
        self.worker.rendered.connect(self._rendered)
        self.worker.render_failed.connect(self._render_failed)
        self.thread_.finished.connect(self.worker.deleteLater)

        context.scene_replaced.connect(self._restart)
        context.scene_changed.connect(self._changed)

    # -- asking -------------------------------------------------------------

    def start(self) -> None:
        self.thread_.start(QThread.Priority.LowPriority)

    def stop(self) -> None:
        """End the thread; waits for a frame in progress."""
        self._wanted = False
        self._generation += 1
        self._load_generation += 1
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
        """Render the scene as it is now, as soon as the worker is free."""
        self._wanted = True
        self._next()

    @property
    def is_current(self) -> bool:
        """True where the photograph on show is of the scene as it is now."""
        scene, photograph = self.context.scene, self.context.photograph
        return scene is not None and photograph is not None and photograph.snapshot.revision == scene.revision

    # -- details ---------------------------------------------------------------

    def _changed(self, _box) -> None:
        if self.context.settings["live"]:
            self.request()

    def _restart(self) -> None:
        """Another scene or model: what is on its way is stale."""
        self._generation += 1
        self._wanted = False
        if self.context.scene is not None:
            self.request()

    def _next(self) -> None:
        if self.busy or not self._wanted or self.context.model is None or self.context.scene is None:
            return
        self._wanted = False
        self._number += 1
        self.busy = True
        self.state_changed.emit()
        self._render.emit(RenderJob(self._number, self._generation, self.context.scene.snapshot()))

    # Declared slots: so Qt knows that these run on this object's thread, not on the worker's.
    @Slot(object)
    def _rendered(self, answer: Answer) -> None:
        self.busy = False
        job = answer.job
        shown = self.context.photograph
        if job.generation == self._generation and (shown is None or job.number > shown.number):
            self.error = self._told = ""
            self.context.photograph = Photograph(
                job.number, job.snapshot, answer.rgb, Pyramid(answer.levels), answer.milliseconds
            )
            self.context.photograph_changed.emit()
        self._next()
        self.state_changed.emit()

    @Slot(object, str, str)
    def _render_failed(self, job: RenderJob, sentence: str, details: str) -> None:
        self.busy = False
        if job.generation == self._generation:
            self._tell("The photograph can't be rendered.", sentence, details)
        self._next()
        self.state_changed.emit()

    @Slot(int, object)
    def _model_loaded(self, generation: int, facts: ModelFacts) -> None:
        if generation != self._load_generation:
            return
        self.loading = False
        self.error = self._told = ""
        self.context.model = facts
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
