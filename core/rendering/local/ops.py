"""What the executor knows of each kind of operation.

An operation answers three questions about rectangles of its output:
``size``: how large is the whole; ``reach``: which output pixels can a changed
input rectangle change; ``evaluate``: the values in one rectangle, from the
inputs' values. Windows are exact at borders: padding is applied at the true
border of the frame only.

Blocks are (1, C, h, w) tensors, channels-last in memory. ``evaluate`` returns
(block, owned); an owned block is nobody else's, so the next operation may work
in place.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Callable, Sequence

import torch
from torch.nn import functional as F
from torch.utils.weak import WeakIdKeyDictionary

from core.rendering.local.rects import Rect, whole

Size = tuple[int, int]  # height, width


class Op:
    """One node of the lowered graph.

    Attributes:
        inputs: operations it reads.
        size: (height, width) of its output for the present frame.
        kept: True where its last output is kept in ``cache``.
        heavy: True for convolutions, whose results are worth keeping.
        windowed: True where an output pixel reads more than one input pixel,
            or several output pixels read the same one.
        needs_frame: True where the output depends on statistics of the frame.
    """

    heavy = False
    windowed = False
    needs_frame = False

    def __init__(self, *inputs: "Op"):
        self.inputs: tuple[Op, ...] = inputs
        self.size: Size = (0, 0)
        self.kept = False
        self.cache: torch.Tensor | None = None
        self.dirty: list[Rect] = []

    def infer_size(self) -> Size:
        return self.inputs[0].size

    def reach(self, rect: Rect) -> Rect:
        """Output rectangle that a change of ``rect`` of an input can change; may stick out of the frame."""
        return rect

    def evaluate(self, rect: Rect) -> tuple[torch.Tensor, bool]:
        raise NotImplementedError

    def block(self, rect: Rect) -> tuple[torch.Tensor, bool]:
        """Values in ``rect``, from the cache where there is one."""
        if self.kept:
            return self.cache[:, :, rect.y0 : rect.y1, rect.x0 : rect.x1], False
        return self.evaluate(rect)

    def bytes(self) -> int:
        """Of the whole output, as far as known: of what is kept, read, or made by a convolution."""
        channels = self.cache.shape[1] if self.cache is not None else getattr(self, "channels", 0)
        width = self.cache.element_size() if self.cache is not None else 4
        return width * channels * self.size[0] * self.size[1]

    def tree(self) -> list["Op"]:
        """This operation and those it computes on the fly, down to kept ones."""
        found: list[Op] = [self]
        for op in self.inputs:
            if not op.kept:
                found += op.tree()
        return found


class Source(Op):
    """Where the graph begins: values that depend on the conditioning of the same pixel alone."""

    def __init__(self, prefix: Callable[..., torch.Tensor]):
        super().__init__()
        self.prefix = prefix
        self.channels = 0
        #: Set by the executor: rectangle -> (block, owned).
        self.feed: Callable[[Rect], tuple[torch.Tensor, bool]] | None = None
        #: Set by the executor where the feed can: (patch convolution, rectangle of patches) -> its block, or None.
        self.patches: Callable[["PatchConv", Rect], torch.Tensor | None] | None = None

    def infer_size(self) -> Size:
        return self.size

    def evaluate(self, rect):
        block, owned = self.feed(rect)
        self.channels = block.shape[1]
        return block, owned


def _window(o0: int, o1: int, size: int, kernel: int, stride: int, padding: int, dilation: int):
    """One axis of a window: (input from, input to, native padding, outputs to skip).

    Native padding is symmetric, so at one border only the other side gets false
    outputs too; those are computed and thrown away, cheaper than a padded copy.
    """
    first, last = o0 * stride - padding, (o1 - 1) * stride - padding + (kernel - 1) * dilation + 1
    if first >= 0 and last <= size:
        return first, last, 0, 0
    skip = min(o0, -(-padding // stride))
    return (o0 - skip) * stride, min(last, size), padding, skip


def _grown(a: int, b: int, kernel: int, stride: int, padding: int, dilation: int) -> tuple[int, int]:
    """Outputs whose window meets inputs a..b (half-open)."""
    return -((-(a + padding - (kernel - 1) * dilation)) // stride), (b - 1 + padding) // stride + 1


class _Window(Op):
    """A sliding window: convolution or pool. Pairs are (vertical, horizontal)."""

    def __init__(self, source: Op, kernel, stride, padding, dilation=(1, 1)):
        super().__init__(source)
        self.kernel, self.stride, self.padding, self.dilation = kernel, stride, padding, dilation
        self.windowed = any(k > 1 for k in kernel) or any(s > 1 for s in stride) or any(padding)

    def infer_size(self):
        return tuple(
            (n + 2 * p - (k - 1) * d - 1) // s + 1
            for n, k, s, p, d in zip(self.inputs[0].size, self.kernel, self.stride, self.padding, self.dilation)
        )

    def reach(self, rect):
        (y0, y1), (x0, x1) = (
            _grown(a, b, k, s, p, d)
            for (a, b), k, s, p, d in zip(
                ((rect.y0, rect.y1), (rect.x0, rect.x1)), self.kernel, self.stride, self.padding, self.dilation
            )
        )
        return Rect(x0, y0, x1, y1)

    def evaluate(self, rect):
        if not self.windowed:
            x, owned = self.inputs[0].block(rect)
            return self.apply(x, (0, 0)), True
        rows, columns = (
            _window(*axis)
            for axis in zip(
                (rect.y0, rect.x0), (rect.y1, rect.x1), self.inputs[0].size,
                self.kernel, self.stride, self.padding, self.dilation,
            )
        )
        x, _ = self.inputs[0].block(Rect(columns[0], rows[0], columns[1], rows[1]))
        y = self.apply(x, (rows[2], columns[2]))
        height, width = rect.height, rect.width
        if y.shape[2] != height or y.shape[3] != width:
            y = y[:, :, rows[3] : rows[3] + height, columns[3] : columns[3] + width]
        return y, True

    def apply(self, x: torch.Tensor, padding: Size) -> torch.Tensor:
        raise NotImplementedError


class Conv(_Window):
    """A convolution with the activation that follows it.

    Args:
        conv: the layer.
        activation: (name, arguments) understood by oneDNN's fused form, or None.
    """

    heavy = True

    def __init__(self, source: Op, conv: torch.nn.Conv2d):
        super().__init__(source, conv.kernel_size, conv.stride, _pair(conv.padding), conv.dilation)
        self.weight, self.bias, self.groups = conv.weight, conv.bias, conv.groups
        self.channels = conv.out_channels
        self.activation: Pointwise | None = None
        self.packed: torch.Tensor | None = None

    def macs(self) -> int:
        """Multiply-accumulates of the whole output."""
        return self.weight.numel() * self.size[0] * self.size[1]

    def pack(self) -> None:
        """Reorder the weights once for oneDNN; plain convolutions do it at every call."""
        self.packed = _PACKED.get(self.weight)
        if self.packed is not None or not _packable(self.weight):
            return
        height, width = (min(n, 64) for n in self.inputs[0].size)
        sides = [max(n, (k - 1) * d + 1) for n, k, d in zip((height, width), self.kernel, self.dilation)]
        try:
            self.packed = torch.ops.mkldnn._reorder_convolution_weight(
                self.weight, list(self.padding), list(self.stride), list(self.dilation), self.groups,
                [1, self.weight.shape[1] * self.groups, *sides],
            )
            _PACKED[self.weight] = self.packed
        except (RuntimeError, AttributeError, TypeError):
            self.packed = None  # another build of torch: the plain convolution is as right

    def apply(self, x, padding):
        if self.packed is not None:
            x = x.contiguous(memory_format=torch.channels_last)
            name, scalars = self.activation.fused if self.activation else ("none", [])
            return torch.ops.mkldnn._convolution_pointwise(
                x, self.packed, self.bias, list(padding), list(self.stride), list(self.dilation), self.groups,
                name, scalars, "",
            )
        y = F.conv2d(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)
        return self.activation.apply(y, True) if self.activation else y


class PatchConv(Conv):
    """A convolution over a source by patches that neither overlap nor leave anything out.

    Its output is a sum over the patch's pixels of what each adds, which depends on a
    pixel's conditioning and its place in the patch alone: a feed that knows few
    distinct pixels looks that up instead of multiplying.
    """

    def evaluate(self, rect):
        source = self.inputs[0]
        found = source.patches(self, rect) if source.patches else None
        if found is None:
            return super().evaluate(rect)
        return (self.activation.apply(found, True) if self.activation else found), True

    def added(self, pixels: torch.Tensor) -> torch.Tensor:
        """What pixels (N, C) add to an output: (kh * kw, N, channels) by their place in the patch, row by row; the bias is in the first."""
        kernel = self.weight.float().permute(2, 3, 1, 0).flatten(0, 1)
        found = pixels.float() @ kernel
        if self.bias is not None:
            found[0] += self.bias.float()
        return found.to(pixels.dtype)


class Pool(_Window):
    """Average or maximum over a window."""

    def __init__(self, source: Op, pool: Callable, kernel, stride, padding, dilation=(1, 1)):
        super().__init__(source, kernel, stride, padding, dilation)
        self.pool = pool

    def apply(self, x, padding):
        return self.pool(x, padding)


class ConvTranspose(Op):
    """A transposed convolution: input i lands on outputs i * stride - padding + k * dilation."""

    heavy = True
    windowed = True

    def __init__(self, source: Op, conv: torch.nn.ConvTranspose2d):
        super().__init__(source)
        self.weight, self.bias, self.groups = conv.weight, conv.bias, conv.groups
        self.channels = conv.out_channels
        self.axes = tuple(
            zip(conv.kernel_size, conv.stride, conv.padding, conv.dilation, conv.output_padding, strict=True)
        )
        self.packed: torch.Tensor | None = None

    def infer_size(self):
        return tuple(
            (n - 1) * s - 2 * p + d * (k - 1) + o + 1 for n, (k, s, p, d, o) in zip(self.inputs[0].size, self.axes)
        )

    def reach(self, rect):
        (y0, y1), (x0, x1) = (
            (a * s - p, (b - 1) * s - p + d * (k - 1) + 1)
            for (a, b), (k, s, p, d, _) in zip(((rect.y0, rect.y1), (rect.x0, rect.x1)), self.axes)
        )
        return Rect(x0, y0, x1, y1)

    def macs(self) -> int:
        """Multiply-accumulates of the whole output."""
        return self.weight.numel() * self.inputs[0].size[0] * self.inputs[0].size[1]

    def pack(self) -> None:
        """See :meth:`Conv.pack`."""
        self.packed = _PACKED.get(self.weight)
        if self.packed is not None or not _packable(self.weight):
            return
        _, stride, _, dilation, _ = zip(*self.axes)
        try:
            self.packed = torch.ops.mkldnn._reorder_convolution_transpose_weight(
                self.weight, [0, 0], [0, 0], list(stride), list(dilation), self.groups,
                [1, self.weight.shape[0], *(max(1, min(n, 64)) for n in self.inputs[0].size)],
            )
            _PACKED[self.weight] = self.packed
        except (RuntimeError, AttributeError, TypeError):
            self.packed = None

    def evaluate(self, rect):
        crop, more, offset = [], [], []
        for (o0, o1), n, (k, s, p, d, extra) in zip(
            ((rect.y0, rect.y1), (rect.x0, rect.x1)), self.inputs[0].size, self.axes
        ):
            i0 = max(0, -((-(o0 + p - d * (k - 1))) // s))
            i1 = min(n, (o1 - 1 + p) // s + 1)
            # Outputs past the last input's window: none reaches them, they hold the bias.
            beyond = o1 - ((i1 - 1) * s - p + d * (k - 1) + 1)
            i0 = min(i0, i1 - 1)
            crop.append((i0, i1))
            more.append(max(0, beyond))
            offset.append(o0 - (i0 * s - p))
        (y0, y1), (x0, x1) = crop
        x, _ = self.inputs[0].block(Rect(x0, y0, x1, y1))
        _, stride, _, dilation, _ = zip(*self.axes)
        if self.packed is not None:
            y = torch.ops.mkldnn._convolution_transpose_pointwise(
                x.contiguous(memory_format=torch.channels_last), self.packed, self.bias, [0, 0], more,
                list(stride), list(dilation), self.groups, "none", [], "",
            )
        else:
            y = F.conv_transpose2d(x, self.weight, self.bias, stride, 0, more, self.groups, dilation)
        rows, columns = offset
        return y[:, :, rows : rows + rect.height, columns : columns + rect.width], True


class Pad(Op):
    """Mirrored, repeated or constant borders, given as (left, right, top, bottom)."""

    windowed = True

    def __init__(self, source: Op, widths: Sequence[int], mode: str, value: float = 0.0):
        super().__init__(source)
        self.widths, self.mode, self.value = tuple(widths), mode, value

    def infer_size(self):
        left, right, top, bottom = self.widths
        height, width = self.inputs[0].size
        return height + top + bottom, width + left + right

    def reach(self, rect):
        left, right, top, bottom = self.widths
        height, width = self.size
        y0, y1, x0, x1 = rect.y0 + top, rect.y1 + top, rect.x0 + left, rect.x1 + left
        if self.mode != "constant":
            # A border pixel repeats one at most `border` pixels inside.
            inner_height, inner_width = self.inputs[0].size
            if rect.y0 <= top:
                y0 = 0
            if rect.y1 >= inner_height - bottom:
                y1 = height
            if rect.x0 <= left:
                x0 = 0
            if rect.x1 >= inner_width - right:
                x1 = width
        return Rect(x0, y0, x1, y1)

    def evaluate(self, rect):
        left, right, top, bottom = self.widths
        height, width = self.inputs[0].size
        (y0, y1, low_y, high_y, skip_y) = self._axis(rect.y0, rect.y1, height, top)
        (x0, x1, low_x, high_x, skip_x) = self._axis(rect.x0, rect.x1, width, left)
        x, owned = self.inputs[0].block(Rect(x0, y0, x1, y1))
        if low_y or high_y or low_x or high_x:
            # An empty border in one direction would make torch copy for nothing; it doesn't.
            x, owned = F.pad(x, (low_x, high_x, low_y, high_y), self.mode, self.value), True
        if x.shape[2] != rect.height or x.shape[3] != rect.width:
            x = x[:, :, skip_y : skip_y + rect.height, skip_x : skip_x + rect.width]
        return x, owned

    def _axis(self, o0: int, o1: int, n: int, before: int) -> tuple[int, int, int, int, int]:
        """(input from, to, border before, after, outputs to skip) for padded o0..o1."""
        a, b = o0 - before, o1 - before
        low, high = max(0, -a), max(0, b - n)
        i0, i1 = min(max(a, 0), n - 1), max(min(b, n), 1)
        if low and self.mode == "reflect":
            i1 = max(i1, low + 1)
        if high and self.mode == "reflect":
            i0 = min(i0, n - high - 1)
        return i0, i1, low, high, a - i0 if not low else 0


class Pointwise(Op):
    """A function of each value by itself.

    Args:
        function: block -> new block.
        in_place: block -> the same block, changed; None where there is no such form.
        fused: (name, arguments) of oneDNN's fused form, or None.
    """

    def __init__(self, source: Op | None, function: Callable, in_place: Callable | None = None, fused=None):
        super().__init__(*(() if source is None else (source,)))
        self.function, self.in_place, self.fused = function, in_place, fused

    def apply(self, x: torch.Tensor, owned: bool) -> torch.Tensor:
        return self.in_place(x) if owned and self.in_place else self.function(x)

    def evaluate(self, rect):
        x, owned = self.inputs[0].block(rect)
        return self.apply(x, owned), True


class Join(Op):
    """Sum, difference or product of two blocks of the same size."""

    def __init__(self, first: Op, second: Op, kind: str, alpha: float = 1.0):
        super().__init__(first, second)
        self.kind, self.alpha = kind, alpha

    def evaluate(self, rect):
        (a, own_a), (b, own_b) = (op.block(rect) for op in self.inputs)
        if self.kind == "mul":
            return (a.mul_(b) if own_a else b.mul_(a) if own_b else a * b), True
        sign = self.alpha if self.kind == "add" else -self.alpha
        if own_a:
            return a.add_(b, alpha=sign), True
        if own_b and sign == 1:
            return b.add_(a), True
        return torch.add(a, b, alpha=sign), True


class Pattern(Op):
    """Adds a pattern that is repeated over the frame.

    Args:
        pattern: (1, C, n, m).
    """

    def __init__(self, source: Op, pattern: torch.Tensor):
        super().__init__(source)
        self.pattern = pattern

    def evaluate(self, rect):
        x, owned = self.inputs[0].block(rect)
        out = x if owned else x.clone()
        height, width = self.pattern.shape[-2:]
        # Piece by piece in place: a repeated pattern would be as large as the frame.
        for y0, y1 in _cells(rect.y0, rect.y1, height):
            for x0, x1 in _cells(rect.x0, rect.x1, width):
                top, left = y0 % height, x0 % width
                out[:, :, y0 - rect.y0 : y1 - rect.y0, x0 - rect.x0 : x1 - rect.x0] += self.pattern[
                    :, :, top : top + y1 - y0, left : left + x1 - x0
                ]
        return out, True


def _cells(start: int, stop: int, period: int) -> list[tuple[int, int]]:
    """start..stop cut at multiples of ``period``."""
    cuts = [start, *range((start // period + 1) * period, stop, period), stop]
    return list(zip(cuts, cuts[1:]))


class Concatenate(Op):
    """Channels one after another."""

    def evaluate(self, rect):
        blocks = [op.block(rect)[0] for op in self.inputs]
        out = torch.empty(
            (1, sum(b.shape[1] for b in blocks), rect.height, rect.width),
            dtype=blocks[0].dtype, device=blocks[0].device, memory_format=torch.channels_last,
        )
        at = 0
        for b in blocks:
            out[:, at : at + b.shape[1]].copy_(b)
            at += b.shape[1]
        return out, True


class Upsample(Op):
    """Every pixel becomes factor x factor equal ones."""

    def __init__(self, source: Op, factor: int):
        super().__init__(source)
        self.factor = factor
        self.windowed = factor > 1

    def infer_size(self):
        height, width = self.inputs[0].size
        return height * self.factor, width * self.factor

    def reach(self, rect):
        return Rect(*(v * self.factor for v in rect))

    def evaluate(self, rect):
        f = self.factor
        inner = Rect(rect.x0 // f, rect.y0 // f, -(-rect.x1 // f), -(-rect.y1 // f))
        x, _ = self.inputs[0].block(inner)
        x = F.interpolate(x.contiguous(memory_format=torch.channels_last), scale_factor=float(f), mode="nearest")
        rows, columns = rect.y0 - inner.y0 * f, rect.x0 - inner.x0 * f
        return x[:, :, rows : rows + rect.height, columns : columns + rect.width], True


class Bilinear(Upsample):
    """Enlarged by linear interpolation between pixels' centres, clamped at the frame's border."""

    windowed = True

    def reach(self, rect):
        return super().reach(rect).grow(self.factor // 2)

    def evaluate(self, rect):
        height, width = self.inputs[0].size
        (y0, y1), (x0, x1) = self._axis(rect.y0, rect.y1, height), self._axis(rect.x0, rect.x1, width)
        x, _ = self.inputs[0].block(Rect(x0, y0, x1, y1))
        # Interpolation clamps at the block's border: right at the frame's, cut off elsewhere.
        x = enlarge(x.contiguous(memory_format=torch.channels_last), self.factor)
        rows, columns = rect.y0 - y0 * self.factor, rect.x0 - x0 * self.factor
        return x[:, :, rows : rows + rect.height, columns : columns + rect.width], True

    def _axis(self, o0: int, o1: int, n: int) -> tuple[int, int]:
        """Inputs between whose centres the centres of outputs o0..o1 lie."""
        f = self.factor
        return max(0, (2 * o0 + 1 - f) // (2 * f)), min(n, (2 * o1 - 1 - f) // (2 * f) + 2)


def enlarge(x: torch.Tensor, factor: int) -> torch.Tensor:
    """``F.interpolate`` with mode "bilinear", twice as fast for factor 2 in bfloat16 on a CPU.

    Between pixels repeated twice, weights 1/4, 1/2, 1/4 along each axis give the
    same values: a depthwise convolution, for which oneDNN has bfloat16 kernels.
    In float32 torch's own interpolation is the faster one.
    """
    if factor != 2 or x.dtype != torch.bfloat16 or not _packable(x):
        return F.interpolate(x, scale_factor=float(factor), mode="bilinear", align_corners=False)
    channels = x.shape[1]
    y = torch.ops.mkldnn._convolution_pointwise(
        F.interpolate(x, scale_factor=2.0, mode="nearest"), _tent(channels), None,
        [1, 1], [1, 1], [1, 1], channels, "none", [], "",
    )
    # The convolution pads with zeros; the outermost pixels are repeated instead.
    for strip, edge in (
        (x[:, :, :1], (..., slice(0, 1), slice(None))), (x[:, :, -1:], (..., slice(-1, None), slice(None))),
        (x[..., :1], (..., slice(0, 1))), (x[..., -1:], (..., slice(-1, None))),
    ):
        y[edge] = F.interpolate(strip, scale_factor=2.0, mode="bilinear", align_corners=False)[edge]
    return y


@lru_cache(maxsize=32)
def _tent(channels: int) -> torch.Tensor:
    """Depthwise weights 1/4, 1/2, 1/4 along each axis."""
    line = torch.tensor([0.25, 0.5, 0.25])
    weight = (line[:, None] * line).expand(channels, 1, 3, 3).to(torch.bfloat16).contiguous()
    return torch.ops.mkldnn._reorder_convolution_weight(weight, [1, 1], [1, 1], [1, 1], channels, [1, channels, 64, 64])


class Shuffle(Op):
    """Pixel shuffle: f*f channels become an f x f square of pixels (Shi et al. 2016)."""

    def __init__(self, source: Op, factor: int):
        super().__init__(source)
        self.factor = factor

    infer_size = Upsample.infer_size
    reach = Upsample.reach

    def evaluate(self, rect):
        f = self.factor
        inner = Rect(rect.x0 // f, rect.y0 // f, -(-rect.x1 // f), -(-rect.y1 // f))
        x, _ = self.inputs[0].block(inner)
        x = F.pixel_shuffle(x, f)
        rows, columns = rect.y0 - inner.y0 * f, rect.x0 - inner.x0 * f
        return x[:, :, rows : rows + rect.height, columns : columns + rect.width], True


class Unshuffle(Op):
    """The inverse of :class:`Shuffle`."""

    windowed = True

    def __init__(self, source: Op, factor: int):
        super().__init__(source)
        self.factor = factor

    def infer_size(self):
        height, width = self.inputs[0].size
        return height // self.factor, width // self.factor

    def reach(self, rect):
        f = self.factor
        return Rect(rect.x0 // f, rect.y0 // f, -(-rect.x1 // f), -(-rect.y1 // f))

    def evaluate(self, rect):
        x, _ = self.inputs[0].block(Rect(*(v * self.factor for v in rect)))
        return F.pixel_unshuffle(x, self.factor), True


class InstanceNorm(Op):
    """Each channel less its mean over the frame, over its deviation.

    The whole frame is normalised by its own statistics, which are remembered;
    a rectangle by the remembered ones: near the truth while an edit is small.
    """

    needs_frame = True

    def __init__(self, source: Op, eps: float, weight=None, bias=None):
        super().__init__(source)
        self.eps, self.weight, self.bias = eps, weight, bias
        self.mean: torch.Tensor | None = None
        self.variance: torch.Tensor | None = None

    def evaluate(self, rect):
        x, owned = self.inputs[0].block(rect)
        if rect == whole(self.size):
            self.mean, self.variance = frame_statistics(x)
        if x.dtype != torch.float32:
            return F.batch_norm(x, self.mean, self.variance, self.weight, self.bias, False, 0.0, self.eps), True
        scale = torch.rsqrt(self.variance + self.eps)
        scale = scale if self.weight is None else scale * self.weight
        shift = -self.mean * scale if self.bias is None else self.bias - self.mean * scale
        scale, shift = scale.view(1, -1, 1, 1), shift.view(1, -1, 1, 1)
        # In place one pass over memory; torch's own normalisation takes several.
        return (torch.addcmul(shift, x, scale, out=x) if owned else torch.addcmul(shift, x, scale)), True


def frame_statistics(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(mean, variance) of each channel over the frame, (C,) float32 each.

    torch.var_mean over channels-last memory is some ten times slower on a CPU
    than sums of pieces that stay in its cache. A pivot (the first pixel) keeps
    the difference of squares accurate.
    """
    if x.device.type != "cpu":
        variance, mean = torch.var_mean(x.float(), (0, 2, 3), correction=0)
        return mean, variance
    pixels = x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])
    pivot = pixels[0].float()
    first = torch.zeros(x.shape[1], dtype=torch.float64)
    second = torch.zeros_like(first)
    for piece in pixels.split(4096):
        piece = piece.float() - pivot
        first += piece.sum(0)
        second += piece.square_().sum(0)
    mean = first / len(pixels)
    variance = (second / len(pixels) - mean * mean).clamp_(min=0)
    return (mean + pivot).float(), variance.float()


def _pair(value) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


#: Weights -> the same in oneDNN's order, shared by all executors of a generator.
_PACKED: WeakIdKeyDictionary = WeakIdKeyDictionary()


def _packable(weight: torch.Tensor) -> bool:
    usable = torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled
    return usable and weight.device.type == "cpu" and weight.dtype in (torch.float32, torch.bfloat16)
