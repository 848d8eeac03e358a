"""``main.py bench WHAT``: measure this machine.

A measurement is a module with ``SUMMARY`` (one line), ``add_arguments(parser)``,
``run(arguments, progress) -> dict`` (plain JSON data) and ``report(result) ->
str``. To add one, name it in :data:`BENCHES`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path

from core.errors import VedutaError

#: What can be measured -> the module that does it.
BENCHES = {
    "render": "core.commands.bench_render",
    "train": "core.commands.bench_train",
    "looks": "core.commands.bench_looks",
    "edit": "core.commands.bench_edit",
    "canvas": "app.bench_canvas",
    "soak": "app.bench_soak",
}


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py bench", description="Measure speed on this machine.")
    kinds = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    for name, module_name in BENCHES.items():
        module = importlib.import_module(module_name)
        kind = kinds.add_parser(name, help=module.SUMMARY, description=module.SUMMARY)
        kind.add_argument("--json", action="store_true", help="print the numbers as JSON and nothing else")
        module.add_arguments(kind)
        kind.set_defaults(module=module)
    return parser


def main(argv: list[str]) -> int:
    """Run one measurement; 0 when done, 2 with a sentence when it can't be."""
    arguments = parser().parse_args(argv)
    try:
        result = arguments.module.run(arguments, _progress)
    except VedutaError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    _progress("")
    print(json.dumps(result, indent=2) if arguments.json else arguments.module.report(result))
    return 0


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        # Each text takes the last one's line; an empty one clears it.
        print(f"\r\033[K{text}{' ...' if text else ''}", end="", file=sys.stderr, flush=True)


def add_usual_arguments(parser: argparse.ArgumentParser, repeats: int, rounds: str, frame: str) -> None:
    """``--repeats`` (``rounds`` says of what), ``--size`` (of ``frame``), ``--model`` and ``--device``."""
    parser.add_argument("--repeats", type=count, default=repeats, metavar="N", help=f"{rounds} ({repeats})")
    parser.add_argument("--size", type=size, default=(2048, 1024), metavar="WxH", help=f"size of the {frame} (2048x1024)")
    parser.add_argument("--model", type=Path, metavar="MODEL", help="measure this model file, not the default one")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")


def size(text: str) -> tuple[int, int]:
    """``WxH`` -> (width, height), for argparse."""
    try:
        width, height = (int(part) for part in text.lower().split("x"))
        if width > 0 and height > 0:
            return width, height
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"'{text}' is no size; write it as 2048x1024")


def count(text: str) -> int:
    """A number from 1 up, for argparse."""
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"'{text}' is no number from 1 up")
