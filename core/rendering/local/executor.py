"""The edit-local executor.

It walks the lowered graph of a generator and keeps what convolutions gave last.
A full frame computes everything. An update starts from the rectangles whose conditioning
changed, follows them through the graph (a convolution grows them by its halo,
a stride shrinks them, upsampling stretches them) and computes those
rectangles alone. Li et al. 2022 (SIGE) reuse activations likewise, with
sparse twins of the layers; here the network is left alone and the updates of a
generator without frame-wide statistics are exact.
"""

from __future__ import annotations

import time
from typing import Callable, Iterable, Protocol, Sequence

import torch

from core.rendering.local.cost import CostModel, Step
from core.rendering.local.lower import lower
from core.rendering.local.ops import Op, Source
from core.rendering.local.rects import Rect, coalesce, whole
from core.rendering.local.threads import ThreadChoice

#: Takes the picture piece by piece: (rectangle, (1, C, h, w) block).
Emit = Callable[[Rect, torch.Tensor], None]

# A band's widest block on the CPU. Bands bound what is needed besides the kept
# outputs. Smaller ones would stay in the processor's cache, but gained nothing
# measurable, and on a busy machine every step more is one more wait.
_BAND_BYTES = 64 << 20


# Outputs so many times smaller than the frame, or more, are compared with what they were.
_COARSE = 16


class Stopped(Exception):
    """A full frame was given up because it was asked to."""


class Feed(Protocol):
    """What an executor renders: the conditioning of one frame.

    ``size`` is (height, width); ``block(source, rect)`` gives the source's
    values there and whether the block is nobody else's. A feed may also have
    ``patches(conv, rect)``, see :class:`core.rendering.local.ops.PatchConv`.
    """

    size: tuple[int, int]

    def block(self, source: Source, rect: Rect) -> tuple[torch.Tensor, bool]: ...


class TensorFeed:
    """Conditioning given as the generator's own inputs, whole tensors (1, ..., H, W)."""

    def __init__(self, *inputs: torch.Tensor):
        self.inputs = inputs
        self.size = tuple(inputs[0].shape[-2:])

    def block(self, source, rect):
        rows, columns = rect.slices
        return source.prefix(*(x[..., rows, columns] for x in self.inputs)), False


class Executor:
    """Renders full frames and updates with one generator.

    Args:
        generator: folded, in eval mode, on its device; it is traced once.
        max_bytes: refuse to keep more than this for updates; without the kept
            outputs only full frames are possible.

    Raises:
        UnsupportedGraph: when the generator holds an operation without a rule.
    """

    def __init__(self, generator: torch.nn.Module, max_bytes: int | None = None):
        self.generator = generator
        self.graph = lower(generator)
        parameter = next(generator.parameters(), None)
        self.device = parameter.device if parameter is not None else torch.device("cpu")
        self.dtype = parameter.dtype if parameter is not None else torch.float32
        self.max_bytes = max_bytes
        #: True where updates equal the full frame.
        self.exact = not any(op.needs_frame for op in self.graph.ops)
        self.feed: Feed | None = None
        self.size: tuple[int, int] | None = None
        self.ready = False
        # After an update that stopped at a margin, what is kept doesn't agree with what is kept of its inputs.
        self._cut_short = False
        self.steps = [Step(op) for op in self.graph.ops if op.kept or op is self.graph.output]
        self.cost = CostModel(self.steps)
        self._last_read = _last_reads(self.steps)
        # On other devices than the CPU threads only launch kernels.
        self.threads = ThreadChoice(torch.get_num_threads() if self.device.type == "cpu" else 1)

    @property
    def cache_bytes(self) -> int:
        """Memory in kept outputs."""
        return sum(op.cache.numel() * op.cache.element_size() for op in self.graph.ops if op.cache is not None)

    @property
    def grid(self) -> int:
        """Pixels of the frame that share one pixel of the coarsest output."""
        return max(1, *(-(-self.size[0] // op.size[0]) for op in self.graph.ops))

    def release(self) -> None:
        """Forget every kept output."""
        self.ready = False
        for op in self.graph.ops:
            op.cache = None

    # -- the whole frame ------------------------------------------------------------

    @torch.inference_mode()
    def full(
        self, feed: Feed, emit: Emit, stop: Callable[[], bool] | None = None, keep: bool = True
    ) -> None:
        """Render all of ``feed`` and keep what updates need.

        Args:
            keep: False lets every output go as soon as nothing of this frame needs it.
            stop: asked now and then; True ends the frame with :class:`Stopped`.
                Where the graph needs statistics of the frame, all is then as
                before this call (at the price of both frames' outputs in
                memory meanwhile); else the next frame must be a full one.
        """
        before = self._state() if stop and self.ready and not self.exact else None
        self._bind(feed)
        self.ready = False
        started = time.perf_counter()
        try:
            for step in self.steps:
                begun = time.perf_counter()
                self._whole(step.op, emit, stop)
                self._wait()
                step.full_took(time.perf_counter() - begun)
                if not keep:
                    for op in self._last_read[step.op]:
                        op.cache = None
        except Stopped:
            if before is not None:
                self._restore(before)
            raise
        self.ready, self._cut_short = keep, False
        self.cost.full_took(time.perf_counter() - started)

    def _state(self) -> list[tuple]:
        state = [(op, op.cache, getattr(op, "mean", None), getattr(op, "variance", None)) for op in self.graph.ops]
        for op in self.graph.ops:
            op.cache = None
        return state

    def _restore(self, state: list[tuple]) -> None:
        for op, op.cache, mean, variance in state:
            if op.needs_frame:
                op.mean, op.variance = mean, variance
        self.ready = True

    def _whole(self, op: Op, emit: Emit, stop: Callable[[], bool] | None) -> None:
        everything = whole(op.size)
        for rect in self._bands(op):
            if stop and stop():
                raise Stopped
            block, owned = op.evaluate(rect)
            if not op.kept:
                emit(rect, block)
            elif rect == everything and owned:
                op.cache = block.contiguous(memory_format=torch.channels_last)
            else:
                self._room(op, block)[:, :, rect.y0 : rect.y1].copy_(block)

    def _bands(self, op: Op) -> Iterable[Rect]:
        """Rows of ``op`` to compute at a time."""
        height, width = op.size
        if self.device.type != "cpu" or any(o.needs_frame for o in op.tree()):
            return [whole(op.size)]
        tree = op.tree()
        widest = max(1, *(o.bytes() for o in (*tree, *(i for t in tree for i in t.inputs)))) / height
        rows = max(8, int(_BAND_BYTES / widest) // 8 * 8)
        return [Rect(0, y, width, min(y + rows, height)) for y in range(0, height, rows)]

    def _room(self, op: Op, like: torch.Tensor) -> torch.Tensor:
        if op.cache is None or op.cache.shape[1] != like.shape[1] or tuple(op.cache.shape[2:]) != op.size:
            op.cache = torch.empty(
                (1, like.shape[1], *op.size), dtype=like.dtype, device=like.device,
                memory_format=torch.channels_last,
            )
        return op.cache

    # -- updates ------------------------------------------------------------------------

    def plan(self, dirty: Sequence[Rect], margin: int | None = None) -> tuple[list[list[Rect]], float]:
        """Rectangles each step would compute, and the seconds that is expected to take.

        Args:
            dirty: rectangles of the frame whose conditioning changed.
            margin: stop growing this many pixels round ``dirty``; None never
                stops, which exactness needs.
        """
        rects = self._plan(*self._edit(dirty, margin))
        return rects, self.cost.predict(rects)

    def _plan(self, edit: list[Rect], limits: list[Rect] | None) -> list[list[Rect]]:
        found: dict[Op, list[Rect]] = {}
        for op in self.graph.ops:
            found[op] = edit if isinstance(op, Source) else self._reached(op, found, limits)
        return [found[step.op] for step in self.steps]

    def _edit(self, dirty: Sequence[Rect], margin: int | None) -> tuple[list[Rect], list[Rect] | None]:
        edit = coalesce([rect.clip(self.size).snap(self.grid).clip(self.size) for rect in dirty])
        limits = None if margin is None else [rect.grow(margin).snap(self.grid).clip(self.size) for rect in edit]
        return edit, limits

    def _reached(self, op: Op, found: dict[Op, list[Rect]], limits: list[Rect] | None) -> list[Rect]:
        """Rectangles of ``op`` that those ``found`` of its inputs can change."""
        before = {rect for parent in op.inputs for rect in found[parent]}
        rects = [op.reach(rect).clip(op.size) for rect in before]
        if limits is not None:
            inside = [limit.scale(op.size, self.size) for limit in limits]
            rects = [rect.intersect(limit) for rect in rects for limit in inside]
        return coalesce(rects, self.cost.pixels_per_step(op))

    @torch.inference_mode()
    def update(self, dirty: Sequence[Rect], emit: Emit, margin: int | None = None) -> list[Rect]:
        """Recompute what a change of ``dirty`` reaches; the feed must hold the new conditioning.

        A change dies out where an operation answers as before: an appearance
        code that coarse scales don't read, the same class painted again.

        Returns:
            rectangles of the picture that were computed and given to ``emit``.
        """
        self._cut_short |= margin is not None
        return self._update(dirty, emit, margin, compare=self.exact and not self._cut_short)

    def _update(self, dirty: Sequence[Rect], emit: Emit, margin: int | None, compare: bool) -> list[Rect]:
        if not self.ready:
            raise RuntimeError("an update needs a full frame before it")
        edit, limits = self._edit(dirty, margin)
        threads, before = self.threads.pick(), torch.get_num_threads()
        if threads != before:
            torch.set_num_threads(threads)
        try:
            drawn, seconds = self._compute(edit, limits, emit, compare)
        finally:
            if threads != before:
                torch.set_num_threads(before)
        # By what the edit could have reached, as it is predicted: nobody knows beforehand where a change dies out.
        plan = self._plan(edit, limits)
        self.cost.update_took(plan, seconds)
        self.threads.took(threads, seconds / max(self.cost.work(plan), 1e-9))
        return drawn

    def _compute(
        self, edit: list[Rect], limits: list[Rect] | None, emit: Emit, compare: bool
    ) -> tuple[list[Rect], float]:
        started = time.perf_counter()
        found: dict[Op, list[Rect]] = {}
        for op in self.graph.ops:
            if isinstance(op, Source):
                found[op] = edit
                continue
            found[op] = rects = self._reached(op, found, limits)
            if op.kept:
                found[op] = [rect for rect in (self._keep(op, rect, compare) for rect in rects) if rect]
            elif op is self.graph.output:
                for rect in rects:
                    emit(rect, op.evaluate(rect)[0])
        self._wait()
        return found[self.graph.output], time.perf_counter() - started

    def _narrows(self, op: Op) -> bool:
        """True on the way down to coarse scales: a change that ends there spares most, and comparing costs least."""
        return op.size[0] * _COARSE <= self.size[0] and op.size[0] < min(i.size[0] for i in op.inputs)

    def _keep(self, op: Op, rect: Rect, compare: bool) -> Rect:
        """Compute ``rect`` of a kept output; what of it the outputs that read it must follow."""
        block, _ = op.evaluate(rect)
        cached = op.cache[:, :, rect.y0 : rect.y1, rect.x0 : rect.x1]
        # Asking a card would wait for it.
        compare = compare and self.device.type == "cpu" and self._narrows(op)
        changed = _changed(cached, block, rect) if compare else rect
        cached.copy_(block)
        return changed

    def work(self, plan: Sequence[Sequence[Rect]] | None = None) -> tuple[int, int]:
        """(multiply-accumulates, bytes read and written at least) of an update, or of a full frame for None.

        Halos are left out: what two rectangles of one step share counts once.
        """
        plan = plan or [[whole(step.op.size)] for step in self.steps]
        macs = moved = 0.0
        for step, rects in zip(self.steps, plan):
            op, area = step.op, sum(rect.area for rect in rects)
            share = area / (op.size[0] * op.size[1])
            tree = op.tree()
            leaves = {o for t in tree for o in t.inputs if o.kept} | {o for o in tree if isinstance(o, Source)}
            moved += share * (op.bytes() + sum(o.bytes() for o in leaves))
            for o in tree:
                if o.heavy:
                    macs += share * o.macs()
                    moved += o.weight.numel() * o.weight.element_size() if area else 0
        return int(macs), int(moved)

    @torch.inference_mode()
    def calibrate(self, rect: Rect, repeats: int = 3) -> None:
        """Recompute ``rect`` without any change, to learn what an update costs here."""
        for _ in range(repeats):
            self._update([rect], lambda *_: None, None, compare=False)

    # -- details ----------------------------------------------------------------------

    def _bind(self, feed: Feed) -> None:
        if feed is self.feed and feed.size == self.size:
            return
        if feed.size != self.size:
            self.release()
            self.size = feed.size
            for op in self.graph.ops:
                op.size = feed.size if isinstance(op, Source) else op.infer_size()
                if hasattr(op, "pack"):
                    op.pack()
            self.cost.forget()
        self.feed = feed
        for op in self.graph.sources:
            op.feed = lambda rect, op=op: feed.block(op, rect)
            op.patches = getattr(feed, "patches", None)

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        elif self.device.type == "mps":
            torch.mps.synchronize()


def _changed(before: torch.Tensor, after: torch.Tensor, rect: Rect) -> Rect:
    """The smallest part of ``rect`` that holds every pixel in which two blocks (1, C, h, w) differ."""
    differs = (before != after).any(1)[0]
    rows, columns = (differs.any(axis).nonzero() for axis in (1, 0))
    if not len(rows):
        return Rect(rect.x0, rect.y0, rect.x0, rect.y0)
    return Rect(
        rect.x0 + int(columns[0]), rect.y0 + int(rows[0]), rect.x0 + int(columns[-1]) + 1, rect.y0 + int(rows[-1]) + 1
    )


def _last_reads(steps: Sequence[Step]) -> dict[Op, list[Op]]:
    """Step's operation -> the kept outputs that nothing after it reads."""
    last: dict[Op, Op] = {}
    for step in steps:
        for op in step.op.tree():
            last.update((parent, step.op) for parent in op.inputs if parent.kept)
    found: dict[Op, list[Op]] = {step.op: [] for step in steps}
    for op, reader in last.items():
        found[reader].append(op)
    return found
