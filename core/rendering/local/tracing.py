"""Tracing one generator while other threads run theirs.

torch.fx traces by replacing ``nn.Module.__call__`` for the whole process. Another
thread that renders meanwhile (thumbnails beside the photograph) would find its
own modules in the tracer's hands, so calls from other threads go straight on.
"""

from __future__ import annotations

import threading

from torch import fx, nn

# Two tracers at once would restore each other's replacements in the wrong order.
_ONE_AT_A_TIME = threading.Lock()


class _OwnThreadTracer(fx.Tracer):
    """Records what the thread that made it does, and nothing else."""

    def __init__(self):
        super().__init__()
        self._thread = threading.get_ident()

    def call_module(self, m: nn.Module, forward, args, kwargs):
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        # What depends on the place in the frame has a rule of its own, not one for each of its parts.
        return getattr(m, "positional", False) or super().is_leaf_module(m, module_qualified_name)

    def getattr(self, attr: str, attr_val, parameter_proxy_cache):
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)


def trace(network: nn.Module) -> fx.GraphModule:
    """``torch.fx.symbolic_trace``, safe beside other threads; raises what that raises."""
    with _ONE_AT_A_TIME:
        tracer = _OwnThreadTracer()
        graph = tracer.trace(network)
        return fx.GraphModule(tracer.root, graph, type(network).__name__)
