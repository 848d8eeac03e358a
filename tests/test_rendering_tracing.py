"""Tracing one generator disturbs no thread that renders with another."""

from __future__ import annotations

import threading

import torch
from torch import fx

from core.labels import STREETS
from core.models.registry import build
from core.rendering.local.tracing import trace


def small_generator():
    return build("compact", {"label_count": len(STREETS), "code_dim": 6, "widths": [8, 8, 16, 16], "blocks": [1, 1, 1]}).eval()


def test_a_trace_has_the_nodes_of_torchs_own():
    network = small_generator()
    mine, torchs = trace(network), fx.symbolic_trace(network)
    assert [(node.op, str(node.target)) for node in mine.graph.nodes] == [
        (node.op, str(node.target)) for node in torchs.graph.nodes
    ]


def test_two_threads_trace_while_a_third_renders():
    torch.manual_seed(0)
    inputs = (torch.randint(0, len(STREETS), (1, 32, 32)), torch.rand(1, 7, 32, 32))
    rendering = small_generator()
    with torch.inference_mode():
        expected = rendering(*inputs)
    nodes = [str(node) for node in trace(rendering).graph.nodes]
    failures: list[BaseException] = []
    traced: list[list[str]] = []
    done = threading.Event()

    def guarded(work):
        def run():
            try:
                work()
            except BaseException as error:
                failures.append(error)
        return threading.Thread(target=run)

    def render():
        with torch.inference_mode():
            while not done.is_set():
                assert torch.equal(rendering(*inputs), expected)

    def follow():
        for _ in range(15):
            traced.append([str(node) for node in trace(small_generator()).graph.nodes])

    renderer, tracers = guarded(render), [guarded(follow), guarded(follow)]
    for thread in (renderer, *tracers):
        thread.start()
    for thread in tracers:
        thread.join()
    done.set()
    renderer.join()
    assert failures == []
    assert len(traced) == 30 and all(entry == nodes for entry in traced)
    assert torch.nn.Module.__call__ is torch.nn.Module._wrapped_call_impl
