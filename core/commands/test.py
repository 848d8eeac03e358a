"""``main.py test``: the project's tests, without a window."""

from __future__ import annotations

import os
import subprocess
import sys

from core.bootstrap import ROOT


def main(argv: list[str]) -> int:
    """Run pytest with ``argv`` in the project's folder; its exit status."""
    environment = dict(os.environ)
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    return subprocess.call([sys.executable, "-m", "pytest", *argv], cwd=ROOT, env=environment)
