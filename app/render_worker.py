"""The thread that owns torch: loads models and renders frames, one at a time.

Everything here but :class:`RenderThread` runs in that thread. torch is imported
there and nowhere else in the studio, so the window is up before it loads.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import traceback
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QThread, QThreadPool, Signal, Slot

from app import head_start
from app.canvas.pyramid import bgrx, halves
from core.errors import VedutaError
from core.rendering.scheduler import Job
from core.scene.regions import Box
from core.scene.scene import SceneSnapshot

log = logging.getLogger("veduta.render")

STACK_BYTES = 16 << 20

#: Freed memory is given back when nothing is rendered, and at least this often while somebody paints on, in seconds.
_SPARE_EVERY = 10.0


@dataclass(frozen=True)
class LoadJob:
    """Open the model file at ``path`` on ``device`` ("auto", "cpu", ...)."""

    generation: int
    path: str
    device: str


@dataclass(frozen=True)
class RenderJob:
    """Render ``snapshot`` as the scheduler's ``job`` says."""

    job: Job
    snapshot: SceneSnapshot


@dataclass(frozen=True)
class ModelFacts:
    """What panels may know about the model in use; the networks stay in their thread.

    ``code_book`` is a core.appearance.CodeBook or None, ``card`` a core.models.model_file.Card;
    ``precision`` is the number format that was found to serve it, for further renderers.
    """

    path: str
    name: str
    card: object
    code_book: object
    label_set: object
    device: str
    precision: str = "auto"


@dataclass(frozen=True)
class Answer:
    """What a job drew.

    Attributes:
        request: the job and the scene it drew.
        levels: a whole frame at full, half, ... size for drawing, or None for a patch.
        patches: (box, (h, w, 4) uint8) pieces to put into the photograph on show.
        exact: the photograph then equals a full frame.
        full: the whole frame was computed at full size.
        milliseconds: rendering alone.
    """

    request: RenderJob
    levels: list[np.ndarray] | None
    patches: tuple[tuple[Box, np.ndarray], ...]
    exact: bool
    full: bool
    milliseconds: float


class RenderWorker(QObject):
    """Lives in the render thread. Jobs arrive by queued signals and are answered by signals."""

    model_loaded = Signal(int, object)  # generation, ModelFacts
    model_failed = Signal(int, str, str)  # generation, sentence, details
    rendered = Signal(object)  # Answer
    render_failed = Signal(object, str, str)  # RenderJob, sentence, details
    stopped = Signal(object)  # RenderJob

    def __init__(self):
        super().__init__()
        self._session = None
        #: Jobs up to this number aren't worth finishing; written by the GUI thread.
        self.stop_up_to = 0
        self._shown_generation = -1
        self._prepared = False
        self._spared = time.monotonic()

    @Slot(object)
    def load(self, job: LoadJob) -> None:
        try:
            self._prepare()
            from core.models.model_file import load_model
            from core.rendering.device import describe
            from core.rendering.renderer import Renderer
            from core.rendering.session import FrameSession

            model = load_model(job.path)
            renderer = Renderer(model, job.device)
            self._session = FrameSession(renderer)
            facts = ModelFacts(
                job.path, model.card.name, model.card, model.code_book, model.label_set, describe(renderer.device),
                renderer.precision,
            )
        except Exception as error:
            self.model_failed.emit(job.generation, *_explain(error, "The model can't be used"))
        else:
            self.model_loaded.emit(job.generation, facts)

    @Slot(object)
    def render(self, request: RenderJob) -> None:
        from core.rendering.local.executor import Stopped

        try:
            if self._session is None:
                raise VedutaError("There is no model yet; open one first.")
            answer = self._draw(request)
        except Stopped:
            self.stopped.emit(request)
        except Exception as error:
            if self._session is not None:
                self._session.release()
            self._shown_generation = -1
            self.render_failed.emit(request, *_explain(error, "The photograph can't be rendered"))
        else:
            self.rendered.emit(answer)
            if time.monotonic() - self._spared > _SPARE_EVERY:
                self.spare_memory()

    def _draw(self, request: RenderJob) -> Answer:
        job, shot = request.job, request.snapshot
        scene = shot.label_map, shot.instance_map, shot.codes, shot.label_set
        started = time.perf_counter()
        if job.kind == "draft":
            rgb = self._session.draft(*scene)
            milliseconds = (time.perf_counter() - started) * 1000
            return Answer(request, halves(bgrx(rgb)), (), False, False, milliseconds)

        def stop() -> bool:
            return self.stop_up_to >= job.number

        if job.kind == "exact":
            frame = self._session.full(*scene, stop=stop)
        else:
            frame = self._session.update(*scene, dirty=job.dirty, stop=stop)
        # The session draws into its own picture again: what leaves this thread is a copy.
        if frame.kind == "full" or job.generation != self._shown_generation:
            self._shown_generation = job.generation
            levels, patches = halves(bgrx(frame.rgb)), ()
        else:
            levels = None
            patches = tuple((box, bgrx(frame.rgb[box[1]:box[3], box[0]:box[2]])) for box in frame.rects)
        return Answer(request, levels, patches, frame.exact, frame.kind == "full", frame.milliseconds)

    @Slot()
    def spare_memory(self) -> None:
        """Give freed memory back to the system."""
        if self._session is not None:
            from core.memory import give_back_memory

            give_back_memory()
            self._spared = time.monotonic()

    @Slot()
    def release(self) -> None:
        """Let go of the model before the thread ends."""
        self._session = None

    def _prepare(self) -> None:
        """Once, in this thread, before torch starts its own threads (they inherit the priority)."""
        if self._prepared:
            return
        self._prepared = True
        head_start.wait()
        import torch  # at full priority: while it reads its files, the person waits for a photograph

        nice = sys.platform.startswith("linux")
        if nice:
            try:
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)
            except OSError:
                nice = False
        cores = os.cpu_count() or 1
        if not nice and cores > 2:
            # Without a lower priority the window needs a core of its own.
            torch.set_num_threads(max(1, min(torch.get_num_threads(), cores - 1)))


def _explain(error: Exception, what: str) -> tuple[str, str]:
    """(sentence for the person, traceback or "")."""
    if isinstance(error, VedutaError):
        return str(error), ""
    detail = "".join(traceback.format_exception(error))
    log.error("%s\n%s", what, detail)
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower() or "can't allocate" in str(error).lower():
        return f"{what}: the memory is full. Close other programs, or use a smaller scene.", detail
    return f"{what} ({type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no details'}).", detail


def low_pool(parent: QObject) -> QThreadPool:
    """A pool of one thread for what may take a while beside the window and its photograph."""
    pool = QThreadPool(parent)
    pool.setMaxThreadCount(1)
    pool.setStackSize(STACK_BYTES)
    pool.setThreadPriority(QThread.Priority.LowPriority)
    return pool


class RenderThread(QThread):
    """A thread with room enough on its stack for deep graphs, also on macOS."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.setObjectName("render")
        self.setStackSize(STACK_BYTES)
