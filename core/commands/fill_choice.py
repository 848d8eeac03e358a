"""Which objects are to get parts, as a person says it on the command line."""

from __future__ import annotations

import argparse
from typing import Sequence

from core.errors import SceneError
from core.filling.fill import FILLABLE
from core.scene.scene import Scene


def add_choice(parser: argparse.ArgumentParser, prefix: str = "") -> None:
    """Add ``--only`` and ``--except`` (``--fill-only`` with the prefix "fill-") to a parser, for :func:`chosen`."""
    parser.add_argument(
        f"--{prefix}only", dest="fill_only", action="append", default=[], metavar="WHAT",
        help=f"fill only this class ({', '.join(FILLABLE)}) or object (instance value, such as 26003); may be repeated",
    )
    parser.add_argument(
        f"--{prefix}except", dest="fill_except", action="append", default=[], metavar="WHAT",
        help="leave this class or object as it is; may be repeated",
    )


def chosen(scene: Scene, only: Sequence[str], but: Sequence[str]) -> set[int] | None:
    """Instance values of what is to be filled, see ``core.filling.fill.fill_parts``; None for everything.

    Args:
        only, but: names of classes, or instance values in figures. Without ``only`` everything but ``but``.

    Raises:
        SceneError: for a class that gets no parts, or an object that isn't there.
    """
    if not only and not but:
        return None
    values = _values(scene, only) if only else set(scene.objects())
    return values - _values(scene, but)


def _values(scene: Scene, words: Sequence[str]) -> set[int]:
    found: set[int] = set()
    for word in words:
        if word.isdecimal():
            value = int(word)
            if value not in scene.objects():
                raise SceneError(f"There is no object {value} in this street; leave it out.")
            found.add(value)
        elif word in FILLABLE:
            found |= {v for v, entry in scene.objects().items() if scene.label_set.name_of(entry.label_id) == word}
        else:
            raise SceneError(f"'{word}' gets no parts; name one of {', '.join(FILLABLE)}, or the number of an object.")
    return found
