"""Commands of this program as processes of their own, for the studio.

What takes long or may fail runs there: a crash, or memory that runs out, never
takes the painting with it. A child answers on standard output, an event a line
(:mod:`core.training.reporting`), and nothing in either direction is executed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

ROOT = Path(__file__).resolve().parents[1]

#: Nicer than the render thread: a photograph that is waited for goes first.
_NICENESS = 10


def arguments_of(*words: object) -> list[str]:
    """The command line of ``main.py WORDS...``; it is to run in :data:`ROOT`."""
    return [sys.executable, "-m", "core.commands.dispatch", *map(str, words)]


def environment() -> dict[str, str]:
    """Of a child: its output is UTF-8, and comes as it is written."""
    return {**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def start_detached(output: BinaryIO, *words: object) -> subprocess.Popen:
    """Start ``main.py WORDS...`` so that it outlives this program; ``output`` takes what it prints."""
    options: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    process = subprocess.Popen(
        arguments_of(*words), cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL,
        stdout=output, stderr=subprocess.STDOUT, close_fds=True, **options,
    )  # fmt: skip
    make_nice(process.pid)
    return process


def make_nice(pid: int) -> None:
    """Give a process that has just begun, and so all its threads, a lower priority."""
    import psutil

    try:
        process = psutil.Process(pid)
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else max(process.nice(), _NICENESS))
    except (psutil.Error, OSError):
        pass  # gone already, or not ours to slow down


def stop_with_parent() -> None:
    """Raise KeyboardInterrupt in the main thread when standard input ends: whoever started this is gone, or says stop.

    To be called in that thread.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # what a shell without a terminal starts with &
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def wait() -> None:
        try:
            while os.read(0, 1):  # not sys.stdin, whose lock would be held when the interpreter ends
                pass
        except OSError:
            pass
        if os.name == "posix":
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)  # wakes it where it waits
        else:
            import _thread

            _thread.interrupt_main()

    threading.Thread(target=wait, daemon=True).start()
