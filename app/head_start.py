"""torch's shared libraries, read into memory while the window is being built.

``import torch`` first loads some hundreds of megabytes of machine code, and holds
Python's lock meanwhile: the window would stand still. Loaded from here the lock
is free, and the import that follows in the render thread finds them there. torch
itself is not imported: that is Python code, which would slow the window down.
"""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import os
import sys
import threading
from pathlib import Path

log = logging.getLogger("veduta.start")

_thread: threading.Thread | None = None


def begin() -> None:
    """Start loading in a thread of its own; does nothing where that isn't known to help."""
    global _thread
    if _thread is None and "torch" not in sys.modules and sys.platform.startswith(("linux", "darwin")):
        _thread = threading.Thread(target=_load, name="head start", daemon=True)
        _thread.start()


def wait() -> None:
    """Until that is done. Two threads that load libraries wait for each other, the importing one with the lock held."""
    if _thread is not None:
        _thread.join()


def _load() -> None:
    try:
        package = importlib.util.find_spec("torch")  # finds it without importing it
        folder = Path(package.origin).parent / "lib"
        ending = "dylib" if sys.platform == "darwin" else "so"
        # Called as a foreign function: ctypes then lets go of Python's lock, which its own loading does not.
        dlopen = ctypes.CDLL(None).dlopen
        dlopen.restype, dlopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
        # As torch does it: what all of it needs is seen by all, the rest only by those that name it.
        for name, how in (("libtorch_global_deps", os.RTLD_GLOBAL), ("libtorch", os.RTLD_LOCAL)):
            library = folder / f"{name}.{ending}"
            if library.is_file():
                dlopen(os.fsencode(library), os.RTLD_NOW | how)
    except (OSError, AttributeError, ValueError) as error:
        log.info("No head start: %s", error)  # importing torch does it all
