"""How this process takes and gives back memory: settings of glibc's allocator and of oneDNN; and whether it ran out.

Needs no torch, so that it can be asked before the first thread starts. All of it
is a no-op where there is no glibc.
"""

from __future__ import annotations

import ctypes
import os
import sys

#: oneDNN keeps what it compiled for the last so many shapes. Every brush stroke
#: makes shapes of its own that never come again; its default of 1024 held 50 MB
#: of them, scattered between everything else. A full frame uses some forty.
PRIMITIVES = "64"

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8


def prepare() -> None:
    """Settle it for a process that renders for hours; call it before other threads start.

    One arena for all threads: by default the render thread has one of its own,
    whose 64 MB pieces a frame's blocks leave half empty, and in ten minutes of
    painting that alone took 100 MB. Harmless to call twice.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", PRIMITIVES)
    _set(_ARENA_MAX, 1)
    keep_large_blocks()


def keep_large_blocks() -> None:
    """Let the allocator keep large freed blocks instead of returning them to the kernel.

    A frame's activations are tens of megabytes each. By default every one is
    mapped, page-faulted in and unmapped again, which took a third of a CPU
    frame. Process-wide, harmless to call twice.
    """
    _set(_MMAP_THRESHOLD, 1 << 30)
    _set(_TRIM_THRESHOLD, (1 << 31) - 1)


def give_back_memory() -> None:
    """Return freed blocks to the kernel, all that :func:`keep_large_blocks` has gathered.

    Blocks of all sizes come and go between those that stay, so what is kept
    free grows by the hour. Takes some ten milliseconds: call it while nothing
    is waited for.
    """
    _call("malloc_trim", 0)


def _set(option: int, value: int) -> None:
    _call("mallopt", option, value)


def _call(name: str, *arguments: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    try:
        getattr(ctypes.CDLL(None), name)(*arguments)
    except (OSError, AttributeError):
        pass  # another C library


#: What PyTorch says when memory runs out, and oneDNN; their errors are RuntimeErrors.
_NO_MEMORY = (
    "can't allocate memory", "not enough memory", "out of memory",
    "could not create a primitive", "could not create a memory object", "could not execute a primitive",
)


def is_out_of_memory(error: BaseException) -> bool:
    """True for what Python, numpy and PyTorch raise when memory runs out."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or isinstance(error, RuntimeError) and any(words in text for words in _NO_MEMORY)
