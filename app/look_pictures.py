"""Pictures of the chosen object, or its parts of one kind, in each look, drawn in a thread of their own and kept.

The thread has its own renderer and a lower priority than the one that keeps
the photograph up; it begins once the hand rests, and stops between two
pictures when something newer is wanted, so painting never waits for it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Sequence

import numpy as np
from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QPixmap

from app.context import StudioContext
from app.render_worker import RenderThread
from core import looks
from core.look_regions import key_value
from core.scene.scene import SceneSnapshot

log = logging.getLogger("veduta.looks")

#: Wait this long after the last change before drawing, in milliseconds.
REST = 200

#: Objects, and kinds of parts in them, whose pictures are kept.
KEPT = 32

#: Larger model files aren't loaded a second time for the sake of thumbnails.
MODEL_BYTES = 256 << 20

#: Farther neighbours hardly show in an object's pictures; a change there keeps them.
NEIGHBOURHOOD = 256


@dataclass(frozen=True)
class PictureJob:
    """Draw what has the look key ``key`` in ``snapshot`` with each of ``codes``, to fit ``size``.

    ``album`` names the pictures of this key as its surroundings are now.
    ``model`` counts the models that the studio has used: a run that is followed writes each new one to the same path.
    """

    number: int
    album: tuple
    model: int
    path: str
    device: str
    snapshot: SceneSnapshot
    key: int
    codes: tuple[np.ndarray, ...]
    size: tuple[int, int]
    precision: str = "auto"


class PictureWorker(QObject):
    """Lives in the thread. Answers each job with pictures and a ``done``."""

    drawn = Signal(object, int, QImage)  # PictureJob, position in its codes
    done = Signal(object)  # PictureJob

    def __init__(self):
        super().__init__()
        #: Jobs up to this number aren't worth finishing; written by the GUI thread.
        self.stop_up_to = 0
        self._renderer = None
        self._loaded: tuple = ()

    @Slot(object)
    def draw(self, job: PictureJob) -> None:
        try:
            self._load(job)
            from core.look_thumbnails import code_thumbnails

            if job.number > self.stop_up_to and self._renderer is not None:
                for i, rgb in code_thumbnails(self._renderer, job.snapshot, job.key, job.codes, job.size):
                    rgb = np.ascontiguousarray(rgb)
                    height, width = rgb.shape[:2]
                    self.drawn.emit(job, i, QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy())
                    if job.number <= self.stop_up_to:
                        break
        except Exception:
            # The looks can still be chosen by their numbers.
            log.exception("The thumbnails can't be drawn")
        finally:
            self.done.emit(job)

    @Slot()
    def release(self) -> None:
        self._renderer, self._loaded = None, ()

    def _load(self, job: PictureJob) -> None:
        wanted = job.model, job.path, job.device
        if self._loaded == wanted:
            return
        if not self._loaded and sys.platform.startswith("linux"):
            try:
                # Before torch starts this thread's helpers, which inherit it.
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 12)
            except OSError:
                log.info("The thumbnails' thread keeps its priority")
        from core.models.model_file import load_model
        from core.rendering.renderer import Renderer

        self._renderer, self._loaded = None, wanted
        if os.path.getsize(job.path) <= MODEL_BYTES:
            # What was tried for the photograph need not be tried again.
            self._renderer = Renderer(load_model(job.path), job.device, job.precision)


class LookPictures(QObject):
    """What the panel asks for pictures. Lives on the GUI thread and never waits, but at :meth:`stop`.

    Signals:
        arrived: a picture that was wanted is there; ask :meth:`picture`.
    """

    arrived = Signal()

    _draw = Signal(object)
    _release = Signal()

    def __init__(self, context: StudioContext, size: tuple[int, int], parent: QObject | None = None):
        super().__init__(parent)
        self.context = context
        self.size = size
        self._kept: OrderedDict[tuple, dict[bytes, QPixmap]] = OrderedDict()
        self._key, self._codes, self._trial = 0, (), None
        self._album: tuple = ()
        self._album_of: tuple = ()
        self._model = None
        self._models = 0
        self._number = 0
        self._running: PictureJob | None = None
        self._thread: RenderThread | None = None
        self.worker: PictureWorker | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._rest.timeout.connect(self._next)

    @property
    def busy(self) -> bool:
        """True while pictures are being drawn or about to be."""
        return self._running is not None or self._rest.isActive()

    def want(self, key: int, codes: Sequence[np.ndarray]) -> None:
        """Draw these looks of a look key (0: none) as the scene is now."""
        context = self.context
        if context.model is not self._model:
            self._kept.clear()
            self._model, self._models = context.model, self._models + 1
        of = (key, self._models, context.scene, context.scene.revision) if key else ()
        if of != self._album_of:
            self._key, self._album_of = key, of
            self._album = self._current_album() if key else ()
        self._codes, self._trial = tuple(codes), None
        if self._running is None or self._running.album != self._album:
            self._ask()

    def try_code(self, code: np.ndarray) -> None:
        """Draw the wanted object with one more code, before anything else."""
        if self._key:
            self._trial = code
            self._ask(at_once=True)

    def picture(self, code: np.ndarray) -> QPixmap | None:
        """The wanted object with ``code``, once it is drawn."""
        return self._kept.get(self._album, {}).get(_bytes(code))

    def pause(self) -> None:
        """Something is being painted: stop, and go on when the hand rests."""
        self._stop_running()
        self._rest.start()

    def stop(self) -> None:
        """End the thread, at the latest after the picture in progress."""
        self._rest.stop()
        self._stop_running()
        thread, self._thread, self._running = self._thread, None, None
        if thread is not None:
            self._release.emit()
            thread.quit()
            thread.wait()
            self.worker = None
            thread.deleteLater()

    # -- details -----------------------------------------------------------------------

    def _ask(self, at_once: bool = False) -> None:
        self._stop_running()
        self._rest.stop() if not self._key else self._rest.start(0 if at_once else REST)

    def _stop_running(self) -> None:
        if self._running is not None and self.worker is not None:
            self.worker.stop_up_to = self._running.number

    def _next(self) -> None:
        context = self.context
        if context.scene is None or context.model is None or not self._key or self._running is not None:
            return
        if context.stroking:
            self._rest.start()
            return
        if not context.scene.area(key_value(self._key)):
            return
        wanted = [code for code in ((self._trial,) if self._trial is not None else self._codes)]
        missing = tuple(code for code in wanted if self.picture(code) is None)
        if not missing and self._trial is not None:
            missing = tuple(code for code in self._codes if self.picture(code) is None)
        if not missing:
            return
        self._start()
        self._number += 1
        self._running = PictureJob(
            self._number, self._album, self._models, context.model.path, context.settings["device"],
            context.scene.snapshot(), self._key, missing, self.size, context.model.precision,
        )
        self._draw.emit(self._running)

    def _start(self) -> None:
        if self._thread is not None:
            return
        self._thread, self.worker = RenderThread(self), PictureWorker()
        self._thread.setObjectName("looks")
        self.worker.moveToThread(self._thread)
        self._draw.connect(self.worker.draw)
        self._release.connect(self.worker.release)
        self.worker.drawn.connect(self._drawn)
        self.worker.done.connect(self._done)
        self._thread.finished.connect(self.worker.deleteLater)
        self._thread.start(QThread.Priority.LowestPriority)

    def _current_album(self) -> tuple:
        """Names the wanted key's pictures: same model, same object, same surroundings."""
        scene, key = self.context.scene, self._key
        entry = scene.objects().get(key_value(key))
        if entry is None:
            return ()
        x0, y0, x1, y1 = entry.bbox
        near = np.s_[max(0, y0 - NEIGHBOURHOOD):y1 + NEIGHBOURHOOD, max(0, x0 - NEIGHBOURHOOD):x1 + NEIGHBOURHOOD]
        labels, instances = (np.ascontiguousarray(a[near]) for a in (scene.label_map, scene.instance_map))
        digest = hashlib.blake2b(labels, digest_size=16)
        digest.update(instances)
        present = np.zeros(1 << 16, bool)
        present[instances.reshape(-1)] = True
        # The codes in place of which the looks are drawn make no difference.
        replaced = looks.given(scene.codes, key, None)
        for other in sorted(scene.codes):
            if other not in replaced and present[key_value(other)]:
                digest.update(other.to_bytes(4, "little") + scene.codes[other].tobytes())
        return self._models, key, entry.bbox, digest.digest()

    @Slot(object, int, QImage)
    def _drawn(self, job: PictureJob, position: int, image: QImage) -> None:
        pictures = self._kept.setdefault(job.album, {})
        self._kept.move_to_end(job.album)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        if len(pictures) > 200:  # trials of a slider
            pictures.clear()
        pictures[_bytes(job.codes[position])] = QPixmap.fromImage(image)
        if job.album == self._album:
            self.arrived.emit()

    @Slot(object)
    def _done(self, job: PictureJob) -> None:
        if self._running is not job:
            return
        stopped = self.worker is not None and self.worker.stop_up_to >= job.number
        failed = not stopped and any(_bytes(code) not in self._kept.get(job.album, {}) for code in job.codes)
        self._running = None
        if not failed and not self._rest.isActive():
            self._next()


def _bytes(code: np.ndarray) -> bytes:
    return np.asarray(code, np.float32).tobytes()
