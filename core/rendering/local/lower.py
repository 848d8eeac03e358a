"""From a traced generator (torch.fx) to the executor's operations.

Whatever depends only on one pixel's conditioning (one-hot labels, embedding,
concatenation with the planes) is cut off as a *prefix*: a small graph of its
own that the executor may run on a list of distinct pixels instead of a frame.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import partial
from typing import Any, Callable

import torch
from torch import fx, nn
from torch.nn import functional as F

from core.errors import VedutaError
from core.networks.grain import FixedGrain
from core.rendering.local import ops
from core.rendering.local.ops import Op
from core.rendering.local.tracing import trace


class UnsupportedGraph(VedutaError):
    """The generator holds an operation that edit-local rendering has no rule for."""


@dataclass
class Graph:
    """Operations in order of computation; the last is the picture."""

    ops: list[Op]
    sources: list[ops.Source]

    @property
    def output(self) -> Op:
        return self.ops[-1]


# (target, its arguments after the input) -> Pointwise. The in-place form must give the same numbers.
def _relu(*_, **__):
    return F.relu, torch.relu_, ("relu", [])


def _leaky(slope=0.01, *_, negative_slope=None, **__):
    slope = slope if negative_slope is None else negative_slope
    return (
        partial(F.leaky_relu, negative_slope=slope),
        partial(torch.ops.aten.leaky_relu_.default, negative_slope=slope),
        ("leaky_relu", [slope]),
    )


def _tanh(*_, **__):
    return torch.tanh, torch.tanh_, ("tanh", [])


def _sigmoid(*_, **__):
    return torch.sigmoid, torch.sigmoid_, None


def _plain(function):
    return lambda *a, **k: (partial(_call, function, a, {n: v for n, v in k.items() if n != "inplace"}), None, None)


def _call(function, args, kwargs, x):
    return function(x, *args, **kwargs)


_POINTWISE: dict[Any, Callable] = {
    F.relu: _relu, torch.relu: _relu, "relu": _relu,
    F.leaky_relu: _leaky,
    torch.tanh: _tanh, F.tanh: _tanh, "tanh": _tanh,
    torch.sigmoid: _sigmoid, F.sigmoid: _sigmoid, "sigmoid": _sigmoid,
    F.silu: _plain(F.silu), F.gelu: _plain(F.gelu), F.elu: _plain(F.elu), F.softplus: _plain(F.softplus),
    torch.clamp: _plain(torch.clamp), "clamp": _plain(torch.clamp), torch.abs: _plain(torch.abs),
    torch.neg: _plain(torch.neg), operator.neg: _plain(torch.neg), operator.truediv: _plain(operator.truediv),
}  # fmt: skip
_JOINS = {operator.add: "add", torch.add: "add", "add": "add", operator.iadd: "add",
          operator.sub: "sub", torch.sub: "sub", operator.mul: "mul", torch.mul: "mul", "mul": "mul"}  # fmt: skip
_PREFIX = {torch.cat, torch.concat, F.embedding, "permute", torch.permute, "float", *_JOINS}


def lower(generator: nn.Module) -> Graph:
    """Trace ``generator`` and translate every node.

    Args:
        generator: a folded generator in eval mode. Its inputs' last two
            dimensions are the frame's.

    Raises:
        UnsupportedGraph: naming the operation that has no rule.
    """
    try:
        traced = trace(generator)
    except (fx.proxy.TraceError, TypeError, RuntimeError) as error:
        raise UnsupportedGraph(f"This generator can't be traced ({error}); it is rendered in full frames.") from None
    return _Lowering(traced).run()


class _Lowering:
    def __init__(self, traced: fx.GraphModule):
        self.traced = traced
        self.constants: dict[fx.Node, torch.Tensor] = {}
        self.found: dict[fx.Node, Op] = {}
        self.order: list[Op] = []

    def run(self) -> Graph:
        prefix = self._prefix()
        for node in self.traced.graph.nodes:
            if node.op == "output":
                continue
            if node in prefix:
                if any(user not in prefix for user in node.users):
                    self._add(node, ops.Source(self._cut(node)))
            elif all(parent in self.constants for parent in node.all_input_nodes) and node.op != "placeholder":
                self._fold_constant(node)
            else:
                self._add(node, self._translate(node))
        (result,) = next(n for n in self.traced.graph.nodes if n.op == "output").args
        if not isinstance(result, fx.Node) or result not in self.found:
            raise UnsupportedGraph("This generator doesn't give one picture; it is rendered in full frames.")
        order = _before_shuffles(_needed(self.found[result], self.order))
        _fuse(order)
        order = _needed(order[-1], order)
        _choose_kept(order)
        return Graph(order, [op for op in order if isinstance(op, ops.Source)])

    def _add(self, node: fx.Node, op: Op) -> None:
        self.found[node] = op
        if op not in self.order:
            self.order.append(op)

    # -- what a pixel's conditioning alone decides --------------------------------

    def _prefix(self) -> set[fx.Node]:
        """Nodes that are functions of the placeholders' own pixel, and constants among their inputs."""
        constant: set[fx.Node] = set()
        inside: set[fx.Node] = set()
        for node in self.traced.graph.nodes:
            if node.op == "get_attr":
                constant.add(node)
            elif node.op == "placeholder":
                inside.add(node)
            elif node.op in ("call_function", "call_method") and node.target in _PREFIX and node.all_input_nodes:
                parents = set(node.all_input_nodes)
                if parents <= constant:
                    constant.add(node)
                elif parents <= inside | constant:
                    inside.add(node)
        # Only blocks (B, C, H, W) may leave: what leaves an embedding is (B, H, W, C).
        shapes_ok = {n for n in inside if not _is_target(n, F.embedding)}
        for node in inside - shapes_ok:
            if any(user not in inside for user in node.users):
                raise UnsupportedGraph("An embedding without a permute has no rule; full frames are rendered.")
        return inside

    def _cut(self, node: fx.Node) -> fx.GraphModule:
        """The graph from the placeholders to ``node``."""
        graph = fx.Graph()
        copies: dict[fx.Node, fx.Node] = {}
        needed = {node}
        for candidate in reversed(self.traced.graph.nodes):
            if candidate in needed:
                needed.update(candidate.all_input_nodes)
        for old in self.traced.graph.nodes:
            if old in needed or old.op == "placeholder":
                copies[old] = graph.node_copy(old, lambda n: copies[n])
        graph.output(copies[node])
        return fx.GraphModule(self.traced, graph)

    def _fold_constant(self, node: fx.Node) -> None:
        def value(argument):
            return self.constants[argument] if isinstance(argument, fx.Node) else argument

        if node.op == "get_attr":
            found: Any = self.traced
            for part in node.target.split("."):
                found = getattr(found, part)
            self.constants[node] = found
            return
        args = fx.node.map_arg(node.args, value)
        kwargs = fx.node.map_arg(node.kwargs, value)
        if node.op == "call_function":
            self.constants[node] = node.target(*args, **kwargs)
        elif node.op == "call_method":
            self.constants[node] = getattr(args[0], node.target)(*args[1:], **kwargs)
        else:
            self.constants[node] = self.traced.get_submodule(node.target)(*args, **kwargs)

    # -- one node -----------------------------------------------------------------

    def _translate(self, node: fx.Node) -> Op:
        if node.op == "call_module":
            return self._module(node, self.traced.get_submodule(node.target))
        if node.op not in ("call_function", "call_method"):
            raise self._unsupported(node)
        target, args, kwargs = node.target, node.args, dict(node.kwargs)
        if target in _JOINS:
            return self._join(node, _JOINS[target])
        if target in _POINTWISE and self._is_op(args[0]) and not _any_node(args[1:], kwargs):
            return self._pointwise(args[0], _POINTWISE[target](*args[1:], **kwargs))
        if target in (torch.cat, torch.concat):
            parts = args[0] if args else kwargs["tensors"]
            if kwargs.get("dim", args[1] if len(args) > 1 else 0) not in (1, -3) or not all(map(self._is_op, parts)):
                raise self._unsupported(node)
            return ops.Concatenate(*(self.found[p] for p in parts))
        if target is F.interpolate:
            return self._interpolate(node, *args, **kwargs)
        if target in (F.pixel_shuffle, torch.pixel_shuffle):
            return ops.Shuffle(self.found[args[0]], args[1] if len(args) > 1 else kwargs["upscale_factor"])
        if target in (F.pixel_unshuffle, torch.pixel_unshuffle):
            return ops.Unshuffle(self.found[args[0]], args[1] if len(args) > 1 else kwargs["downscale_factor"])
        if target is F.pad:
            return self._pad(node, *args, **kwargs)
        raise self._unsupported(node)

    def _module(self, node: fx.Node, module: nn.Module) -> Op:
        source = self.found.get(node.args[0]) if isinstance(node.args[0], fx.Node) else None
        if source is None:
            raise self._unsupported(node)
        if isinstance(module, nn.Conv2d) and module.padding_mode == "zeros" and not isinstance(module.padding, str):
            patches = isinstance(source, ops.Source) and module.kernel_size == module.stride and module.groups == 1
            patches = patches and module.dilation == (1, 1) and ops._pair(module.padding) == (0, 0)
            return (ops.PatchConv if patches else ops.Conv)(source, module)
        if isinstance(module, nn.ConvTranspose2d):
            return ops.ConvTranspose(source, module)
        if isinstance(module, nn.ReflectionPad2d):
            return ops.Pad(source, module.padding, "reflect")
        if isinstance(module, nn.ReplicationPad2d):
            return ops.Pad(source, module.padding, "replicate")
        if isinstance(module, (nn.ZeroPad2d, nn.ConstantPad2d)):
            return ops.Pad(source, module.padding, "constant", getattr(module, "value", 0.0))
        if isinstance(module, nn.InstanceNorm2d) and not module.track_running_stats:
            return ops.InstanceNorm(source, module.eps, module.weight, module.bias)
        if isinstance(module, nn.BatchNorm2d) and module.track_running_stats:
            m = module
            norm = partial(_batch_norm, m.running_mean, m.running_var, m.weight, m.bias, m.eps)
            return self._pointwise(node.args[0], (norm, None, None))
        if isinstance(module, nn.AvgPool2d) and not module.ceil_mode and module.divisor_override is None:
            return self._pool(source, module, partial(_average, module))
        if isinstance(module, nn.MaxPool2d) and not module.ceil_mode and not module.return_indices:
            return self._pool(source, module, partial(_maximum, module), ops._pair(module.dilation))
        if isinstance(module, (nn.Identity, nn.Dropout, nn.Dropout2d)):
            return source
        if isinstance(module, nn.ReLU):
            return self._pointwise(node.args[0], _relu())
        if isinstance(module, nn.LeakyReLU):
            return self._pointwise(node.args[0], _leaky(module.negative_slope))
        if isinstance(module, nn.Tanh):
            return self._pointwise(node.args[0], _tanh())
        if isinstance(module, nn.Sigmoid):
            return self._pointwise(node.args[0], _sigmoid())
        if isinstance(module, (nn.SiLU, nn.GELU, nn.ELU, nn.Hardtanh, nn.ReLU6, nn.Softplus)):
            module = nn.ReLU6(False) if isinstance(module, nn.ReLU6) else module
            if not getattr(module, "inplace", False):
                return self._pointwise(node.args[0], (module, None, None))
        if isinstance(module, nn.PixelShuffle):
            return ops.Shuffle(source, module.upscale_factor)
        if isinstance(module, nn.PixelUnshuffle):
            return ops.Unshuffle(source, module.downscale_factor)
        if isinstance(module, FixedGrain):
            return ops.Pattern(source, module.pattern)
        if isinstance(module, nn.Upsample):
            return self._interpolate(node, node.args[0], module.size, module.scale_factor, module.mode, module.align_corners)
        raise self._unsupported(node)

    def _join(self, node: fx.Node, kind: str) -> Op:
        a, b = node.args
        alpha = node.kwargs.get("alpha", 1)
        if self._is_op(a) and self._is_op(b):
            return ops.Join(self.found[a], self.found[b], kind, alpha)
        a, b = self.constants.get(a, a), self.constants.get(b, b)
        source, constant = (node.args[0], b) if self._is_op(node.args[0]) else (node.args[1], a)
        varies = isinstance(constant, torch.Tensor) and any(n != 1 for n in constant.shape[-2:])
        if varies or alpha != 1 or not self._is_op(source):
            raise self._unsupported(node)
        function = {"add": torch.add, "mul": torch.mul, "sub": torch.sub}[kind]
        swapped = kind == "sub" and source is node.args[1]
        return self._pointwise(source, ((lambda x: constant - x) if swapped else (lambda x: function(x, constant)), None, None))

    def _pointwise(self, source: fx.Node, forms) -> Op:
        return ops.Pointwise(self.found[source], *forms)

    def _pool(self, source: Op, module, pool: Callable, dilation=(1, 1)) -> Op:
        kernel, padding = ops._pair(module.kernel_size), ops._pair(module.padding)
        stride = ops._pair(module.stride if module.stride is not None else module.kernel_size)
        return ops.Pool(source, pool, kernel, stride, padding, dilation)

    def _interpolate(
        self, node, source, size=None, scale_factor=None, mode="nearest", align_corners=None,
        recompute_scale_factor=None, antialias=False,
    ) -> Op:
        factors = scale_factor if isinstance(scale_factor, (tuple, list)) else (scale_factor, scale_factor)
        kind = {"nearest": ops.Upsample, "bilinear": ops.Bilinear}.get(mode)
        whole_factor = size is None and factors[0] == factors[1] and factors[0] == int(factors[0] or 0.5)
        if kind is None or not whole_factor or align_corners or antialias:
            raise self._unsupported(node)
        return kind(self.found[source], int(factors[0]))

    def _pad(self, node, source, widths, mode="constant", value=None) -> Op:
        if len(widths) != 4 or mode not in ("constant", "reflect", "replicate") or min(widths) < 0:
            raise self._unsupported(node)
        return ops.Pad(self.found[source], widths, mode, value or 0.0)

    def _is_op(self, argument) -> bool:
        return isinstance(argument, fx.Node) and argument in self.found

    def _unsupported(self, node: fx.Node) -> UnsupportedGraph:
        what = node.target
        if node.op == "call_module":
            what = type(self.traced.get_submodule(node.target)).__name__
        return UnsupportedGraph(
            f"Edit-local rendering has no rule for {getattr(what, '__name__', what)}; full frames are rendered."
        )


def _needed(result: Op, order: list[Op]) -> list[Op]:
    """``order`` without what ``result`` doesn't depend on; ``result`` comes last."""
    needed, queue = set(), [result]
    while queue:
        op = queue.pop()
        if op not in needed:
            needed.add(op)
            queue += op.inputs
    return [op for op in order if op in needed and op is not result] + [result]


def _users(order: list[Op]) -> dict[Op, list[Op]]:
    users: dict[Op, list[Op]] = {op: [] for op in order}
    for op in order:
        for parent in op.inputs:
            users[parent].append(op)
    return users


def _before_shuffles(order: list[Op]) -> list[Op]:
    """Compute an activation before the pixel shuffle that it alone reads: there a convolution can take it over."""
    users, order = _users(order), list(order)
    for at, op in enumerate(order):
        shuffle = op.inputs[0] if isinstance(op, ops.Pointwise) and op.fused and op.inputs else None
        if not isinstance(shuffle, ops.Shuffle) or len(users[shuffle]) > 1:
            continue
        before = order.index(shuffle)
        order[before], order[at] = op, shuffle
        op.inputs, shuffle.inputs = shuffle.inputs, (op,)
        for user in users[op]:
            user.inputs = tuple(shuffle if parent is op else parent for parent in user.inputs)
    return order


def _fuse(order: list[Op]) -> None:
    """Let a convolution compute the activation that alone reads it."""
    users = _users(order)
    for op in order:
        for index, parent in enumerate(op.inputs):
            if not (isinstance(parent, ops.Pointwise) and parent.fused and parent.inputs):
                continue
            conv = parent.inputs[0]
            if isinstance(conv, ops.Conv) and len(users[conv]) == 1 and conv.activation in (None, parent):
                conv.activation = parent
                op.inputs = (*op.inputs[:index], conv, *op.inputs[index + 1 :])


def _choose_kept(order: list[Op]) -> None:
    """Mark the outputs to keep.

    A convolution is computed once: its result is kept at the last place before
    something would read it more than once. Cheap operations are computed from
    kept values whenever needed. The picture itself is handed out, not kept.
    """
    users = _users(order)
    for op in order[:-1]:
        if isinstance(op, ops.Source):
            continue
        expensive = any(o.heavy for o in op.tree())
        read_widely = any(user.windowed for user in users[op])
        simple = isinstance(op, (ops.Pointwise, ops.Pad, ops.Upsample)) and not expensive
        op.kept = (expensive and read_widely) or (len(users[op]) > 1 and not simple)


def _is_target(node: fx.Node, target) -> bool:
    return node.op == "call_function" and node.target is target


def _any_node(args, kwargs) -> bool:
    return any(isinstance(a, fx.Node) for a in (*args, *kwargs.values()))


def _batch_norm(mean, variance, weight, bias, eps, x):
    return F.batch_norm(x, mean, variance, weight, bias, False, 0.0, eps)


def _average(module: nn.AvgPool2d, x, padding):
    return F.avg_pool2d(x, module.kernel_size, module.stride, padding, False, module.count_include_pad)


def _maximum(module: nn.MaxPool2d, x, padding):
    return F.max_pool2d(x, module.kernel_size, module.stride, padding, module.dilation)
