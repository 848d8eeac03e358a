"""A photograph that is kept up with a scene: full frames, and updates of what an edit reaches."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, Mapping

import numpy as np

from core.labels import STREETS, LabelSet
from core.rendering.frame_index import FrameIndex, TooManyObjects
from core.rendering.local.executor import Executor
from core.rendering.local.rects import Rect, bounds, whole
from core.rendering.renderer import Renderer, store

Box = tuple[int, int, int, int]

# How far round an edit a preview may grow, in pixels, best first.
_MARGINS = (512, 384, 256, 192, 128, 96, 64, 32)

#: A preview may take this part of the full frame's time.
PREVIEW_SHARE = 1 / 20


@dataclass(frozen=True)
class Frame:
    """What one call drew.

    Attributes:
        rgb: (H, W, 3) uint8, the session's own picture: the next call changes
            it in place, so copy what another thread is to read.
        rect: what changed in it, (x0, y0, x1, y1); None for nothing.
        rects: the same as several rectangles.
        exact: True where the picture equals a full frame of the scene to 1/255.
        kind: "full", "local" or "none".
        milliseconds: from maps to pixels.
    """

    rgb: np.ndarray
    rect: Box | None
    rects: tuple[Box, ...]
    exact: bool
    kind: str
    milliseconds: float


class FrameSession:
    """Renders one scene again and again, as little as each edit needs.

    Not thread-safe: one thread renders.

    Args:
        renderer: model and device.
        max_bytes: memory that outputs may keep for updates; above it every
            frame is rendered in full.
    """

    def __init__(self, renderer: Renderer, max_bytes: int = 4 << 30):
        self.renderer = renderer
        self.max_bytes = max_bytes
        #: Why every frame is a full one, "" when updates work.
        self.obstacle = ""
        self.executor = renderer.new_executor()
        if self.executor is None:
            self.obstacle = renderer.obstacle
        self.index: FrameIndex | None = None
        self.rgb = np.zeros((0, 0, 3), np.uint8)
        #: True while the picture equals a full frame of the maps last seen.
        self.exact = False
        self._label_set: LabelSet | None = None

    @property
    def cache_bytes(self) -> int:
        """Memory kept for updates."""
        return self.executor.cache_bytes if self.executor else 0

    @property
    def full_milliseconds(self) -> float:
        """Median of the last full frames; infinite before the first."""
        return self.executor.cost.full_seconds * 1000 if self.executor else float("inf")

    def release(self) -> None:
        """Let go of what is kept; the next frame is a full one."""
        if self.executor:
            self.executor.release()
        self.index = None

    # -- drawing ---------------------------------------------------------------------

    def full(
        self,
        label_map: np.ndarray,
        instance_map: np.ndarray,
        codes: Mapping[int, np.ndarray] | None = None,
        label_set: LabelSet = STREETS,
        stop: Callable[[], bool] | None = None,
    ) -> Frame:
        """Render the whole frame.

        Args:
            label_map, instance_map, codes, label_set: see :meth:`Renderer.render`.
            stop: asked now and then; True raises ``local.executor.Stopped``. The
                picture shown so far stays good when the maps are those last seen.
        """
        started = time.perf_counter()
        codes = self._fitting(codes)
        height, width = label_map.shape
        if stop and self.executor and not self.executor.exact and 2 * self.cache_bytes > self.max_bytes:
            stop = None  # both frames' outputs wouldn't fit
        if self.executor is None or self.obstacle:
            return self._plain(label_map, instance_map, codes, label_set, started)
        same = (
            self.executor.ready
            and self._fits(label_map, label_set)
            and self.index.holds(label_map, instance_map)
            and not self.index.code_changes(codes)
        )
        if not same:
            self._new_index(label_set, label_map.shape)
            try:
                self.index.reset(label_map, instance_map, codes)
            except TooManyObjects:
                return self._plain(label_map, instance_map, codes, label_set, started)
            self.executor.ready = False
        fresh = np.empty((height, width, 3), np.uint8) if stop else self._room(height, width)
        self.executor.full(self.index, lambda rect, block: store(fresh, rect, block), stop)
        if stop:
            # A frame given up half-way mustn't show; only a finished one is copied.
            self._room(height, width)[:] = fresh
        self.exact = True
        if self.executor.cache_bytes > self.max_bytes:
            self.obstacle = (
                f"Updates would keep {self.executor.cache_bytes / 2**30:.1f} GB in memory; full frames are rendered."
            )
            self.executor.release()
        box = whole((height, width))
        return Frame(self.rgb, box, (box,), True, "full", (time.perf_counter() - started) * 1000)

    def update(
        self,
        label_map: np.ndarray,
        instance_map: np.ndarray,
        codes: Mapping[int, np.ndarray] | None = None,
        label_set: LabelSet = STREETS,
        dirty: Box | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Frame:
        """Bring the picture up with the scene, by an update or, where that is faster, a full frame.

        Args:
            dirty: where the maps may have changed since the last call; None
                compares everything. Codes are always compared.
            stop: see :meth:`full`; an edit-local update is too short to be stopped.
        """
        started = time.perf_counter()
        codes = self._fitting(codes)
        if not (self.executor and self.executor.ready and self._fits(label_map, label_set)):
            return self.full(label_map, instance_map, codes, label_set, stop)
        rects = self.index.changes(label_map, instance_map, None if dirty is None else Rect(*dirty))
        rects += self.index.code_changes(codes)
        if not rects:
            return Frame(self.rgb, None, (), self.exact, "none", (time.perf_counter() - started) * 1000)
        margin, seconds = self._margin(rects)
        if seconds >= self.executor.cost.full_seconds:
            return self.full(label_map, instance_map, codes, label_set, stop)
        try:
            changed = self.index.update(label_map, instance_map, codes, rects)
        except TooManyObjects:
            self.executor.ready = False  # the index has taken a part of the change
            return self.full(label_map, instance_map, codes, label_set, stop)
        drawn = self.executor.update(changed, lambda rect, block: store(self.rgb, rect, block), margin)
        self.exact = self.exact and self.executor.exact
        boxes = tuple(box for box in (rect.clip(self.rgb.shape[:2]) for rect in drawn) if box)
        elapsed = (time.perf_counter() - started) * 1000
        return Frame(self.rgb, bounds(boxes), boxes, self.exact, "local", elapsed)

    def draft(
        self,
        label_map: np.ndarray,
        instance_map: np.ndarray,
        codes: Mapping[int, np.ndarray] | None = None,
        label_set: LabelSet = STREETS,
        factor: int = 4,
    ) -> np.ndarray:
        """(H, W, 3) uint8: the frame rendered at 1/``factor`` and enlarged; what the session holds stays as it is."""
        from core.opencv import cv2

        height, width = label_map.shape
        coarse = tuple(np.ascontiguousarray(m[factor // 2 :: factor, factor // 2 :: factor]) for m in (label_map, instance_map))
        if 0 in coarse[0].shape:
            coarse = label_map, instance_map
        small = self.renderer.render(*coarse, codes, label_set)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)

    def predict(self, dirty: Box) -> float:
        """Milliseconds that an update of ``dirty`` will take."""
        if not (self.executor and self.executor.ready):
            return float("inf")
        return self._margin([Rect(*dirty)])[1] * 1000

    # -- details -----------------------------------------------------------------------

    def _margin(self, rects: list[Rect]) -> tuple[int | None, float]:
        """How far a preview may grow (None: as far as it reaches, exact) and the seconds expected."""
        executor = self.executor
        if executor.exact:
            return None, executor.plan(rects)[1]
        budget = executor.cost.full_seconds * PREVIEW_SHARE
        for margin in _MARGINS:
            seconds = executor.plan(rects, margin)[1]
            if seconds <= budget:
                break
        return margin, seconds

    def _fits(self, label_map: np.ndarray, label_set: LabelSet) -> bool:
        return (
            self.index is not None
            and self.index.frame_size == label_map.shape
            and self._label_set is label_set
            and not self.obstacle
        )

    def _new_index(self, label_set: LabelSet, shape: tuple[int, int]) -> None:
        if self.index is not None and self._label_set is label_set and self.index.frame_size == shape:
            return
        self.index = self.renderer.new_index(label_set)
        self._label_set = label_set

    def _fitting(self, codes: Mapping[int, np.ndarray] | None) -> dict[int, np.ndarray]:
        return self.renderer.fitting(codes)

    def _plain(self, label_map, instance_map, codes, label_set, started) -> Frame:
        self.rgb = self.renderer.render(label_map, instance_map, codes, label_set)
        self.exact, box = True, whole(label_map.shape)
        if self.executor:
            self.executor.ready = False
        return Frame(self.rgb, box, (box,), True, "full", (time.perf_counter() - started) * 1000)

    def _room(self, height: int, width: int) -> np.ndarray:
        if self.rgb.shape[:2] != (height, width):
            self.rgb = np.empty((height, width, 3), np.uint8)
        return self.rgb
