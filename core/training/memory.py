"""How much memory a step needs, and what to do when there is not enough."""

from __future__ import annotations

from dataclasses import replace

import torch

from core.errors import TrainingError
from core.training.distributed import rank_and_world
from core.training.recipes import Recipe

#: Crops are not made smaller than this: the discriminators' coarsest scale needs it.
SMALLEST_CROP = 64


class OutOfMemory(TrainingError):
    """The device ran out of memory.

    Attributes:
        smaller: settings that need less, as the command line names them
            (``{"accumulate": 2}`` or ``{"crop": 256}``); empty when there are none.
    """

    def __init__(self, message: str, smaller: dict[str, int]):
        super().__init__(message)
        self.smaller = smaller


def smaller(recipe: Recipe, step: int) -> dict[str, int]:
    """The next smaller setting where memory ran out at 0-based ``step``; empty when there is none.

    First the crops of a step are taken in parts, which changes nothing else;
    when they are taken one by one, the crops themselves shrink.
    """
    phase = recipe.phase_at(step)
    each = phase.batch // rank_and_world()[1]
    if recipe.accumulate < each:
        return {"accumulate": min(each, 2 * recipe.accumulate)}
    side = max(phase.size) // 2 // 32 * 32
    return {"crop": side} if side >= SMALLEST_CROP else {}


def with_setting(recipe: Recipe, setting: dict[str, int]) -> Recipe:
    """``recipe`` with what :func:`smaller` gave."""
    if "accumulate" in setting:
        return replace(recipe, accumulate=setting["accumulate"])
    return recipe.cropped(setting["crop"])


def explained(recipe: Recipe, step: int, device: torch.device, started: bool = True) -> OutOfMemory:
    """The error for a person: what was too large at 0-based ``step``, and what would be smaller."""
    phase = recipe.phase_at(step)
    width, height = phase.size
    what = "The graphics card" if device.type in ("cuda", "mps") else "This computer"
    setting = smaller(recipe, step)
    at_once = -(-phase.batch // (rank_and_world()[1] * recipe.accumulate))
    crops = f"{at_once} crops" if at_once > 1 else "one crop"
    said = f"{what} has too little memory for {crops} of {width}x{height} at a time"
    if not setting:
        return OutOfMemory(f"{said}; close other programs, or choose a smaller recipe.", {})
    option, value = next(iter(setting.items()))
    how = "go on from the last checkpoint with --resume" if started else "start with"
    return OutOfMemory(f"{said}; {how} --{option} {value}.", setting)


def peak_bytes(device: torch.device) -> int:
    """Most memory used since :func:`reset_peak`: the card's, or this process's; 0 where unknown."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    if device.type == "mps":
        return torch.mps.driver_allocated_memory()
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    import psutil

    used = psutil.Process().memory_info()
    return getattr(used, "peak_wset", used.rss)


def reset_peak(device: torch.device) -> None:
    """Begin to measure anew, where the system allows it."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
        return
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        pass


def available_bytes(device: torch.device) -> int:
    """Memory that is free on the device now; 0 where unknown."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device)
    if device.type == "cpu":
        import psutil

        return psutil.virtual_memory().available
    return 0
