"""A run on several processes (``torchrun``), or on one.

torchrun starts the processes and says by environment variables who is who;
PyTorch's DistributedDataParallel averages their gradients.
"""

from __future__ import annotations

import os
from typing import Any


def rank_and_world() -> tuple[int, int]:
    """(this process's number, how many there are): (0, 1) outside torchrun. Needs no torch."""
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def is_writer() -> bool:
    """True in the one process that writes files and prints."""
    return rank_and_world()[0] == 0


def start(device: str = "auto") -> str:
    """Join the other processes, if there are any.

    Returns:
        the device this process computes on: under torchrun with CUDA, each
        process of a machine takes its own card.
    """
    if rank_and_world()[1] == 1:
        return device
    import torch
    import torch.distributed as dist

    from core.rendering.device import choose_device

    chosen = choose_device(device)
    if chosen.type == "cuda":
        chosen = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)) % torch.cuda.device_count())
        torch.cuda.set_device(chosen)
    if not dist.is_initialized():
        dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    return str(chosen)


def stop() -> None:
    """Leave the other processes."""
    if rank_and_world()[1] > 1:
        import torch.distributed as dist

        if dist.is_initialized():
            dist.destroy_process_group()


def mean_over_processes(values):
    """The mean of a tensor over all processes; no gradient passes through it."""
    world = rank_and_world()[1]
    if world == 1:
        return values
    import torch.distributed as dist

    values = values.detach().clone()
    dist.all_reduce(values)
    return values / world


def from_writer(value: Any) -> Any:
    """The writer's ``value``, in every process."""
    if rank_and_world()[1] == 1:
        return value
    import torch.distributed as dist

    box = [value]
    dist.broadcast_object_list(box)
    return box[0]


def from_all(value: Any) -> list[Any]:
    """Every process's ``value``, by rank."""
    world = rank_and_world()[1]
    if world == 1:
        return [value]
    import torch.distributed as dist

    found: list[Any] = [None] * world
    dist.all_gather_object(found, value)
    return found


def barrier() -> None:
    """Wait until every process is here."""
    if rank_and_world()[1] > 1:
        import torch.distributed as dist

        dist.barrier()
