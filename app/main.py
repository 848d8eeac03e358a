"""Opens the studio."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import traceback
from pathlib import Path

from core import memory


def main(argv: list[str] | None = None) -> int:
    """Open the window and run until it closes; returns the exit status.

    Args:
        argv: files to open, and ``--model FILE``.
    """
    parser = argparse.ArgumentParser(prog="main.py", description="Paint a street, see a photograph.")
    parser.add_argument("files", nargs="*", type=Path, help="a project, a label map with its instance map, or a model")
    parser.add_argument("--model", type=Path, help="model file to render with")
    arguments = parser.parse_args(sys.argv[1:] if argv is None else argv)

    memory.prepare()
    # The window must get a word in between the render thread's Python steps.
    sys.setswitchinterval(0.001)
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")

    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app import head_start
    from app.studio import make_studio

    app = QApplication.instance() or QApplication(sys.argv[:1])
    app.setApplicationName("Veduta")
    app.setApplicationDisplayName("Veduta")
    head_start.begin()  # now that Qt's own libraries are there: they would have to wait
    studio = make_studio(app)
    sys.excepthook = _Reporter(studio)
    # Python sees a Ctrl+C in the terminal only when it runs, so it must now and then.
    signal.signal(signal.SIGINT, lambda *_: studio.close())
    breath = QTimer(interval=500)
    breath.timeout.connect(lambda: None)
    breath.start()
    studio.show()
    QTimer.singleShot(0, lambda: studio.begin(arguments.files, arguments.model))
    status = app.exec()
    breath.stop()
    return status


class _Reporter:
    """Says an unexpected error in a dialog, once each, instead of ending the program."""

    def __init__(self, studio):
        self._studio = studio
        self._told: set[str] = set()

    def __call__(self, kind, error, trace) -> None:
        traceback.print_exception(kind, error, trace)
        if issubclass(kind, KeyboardInterrupt):
            self._studio.close()
            return
        text = f"{kind.__name__}: {error}"
        if text not in self._told:
            self._told.add(text)
            self._studio.context.failed.emit(
                "Something went wrong in Veduta.", f"{text}\nSave your street under a new name to be safe."
            )


if __name__ == "__main__":
    sys.exit(main())
