"""The street that a command reads, changes and writes: the options for it, and how it is written."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_street(parser: argparse.ArgumentParser) -> None:
    """The map that is read: ``options.labels`` and ``options.instances``."""
    parser.add_argument("labels", type=Path, metavar="LABELS", help="label map (PNG) or project (.veduta)")
    parser.add_argument(
        "--instances", type=Path, metavar="PATH",
        help="instance map (16-bit PNG); without it each connected region of a thing counts as an object",
    )


def add_out(parser: argparse.ArgumentParser) -> None:
    """The file that is written: ``options.out``."""
    parser.add_argument("--out", type=Path, required=True, metavar="PATH", help="label map (.png) or project (.veduta)")


def is_project(out: Path) -> bool:
    """Whether ``out`` is to be a project, not a label map; SceneError where it is neither."""
    from core.errors import SceneError
    from core.scene.project import SUFFIX

    suffix = out.suffix.lower()
    if suffix not in (".png", SUFFIX):
        raise SceneError(f"'{out.name}' does not end in .png or {SUFFIX}; give it one of these.")
    return suffix == SUFFIX


def write_street(out: Path, scene, kept: dict, sentence: str) -> None:
    """Write the street to ``out`` and say what was done.

    Args:
        kept: what a project held beside the scene, from ``core.commands.render.open_street``.
    """
    from core.scene.files import write_png
    from core.scene.project import save_project

    if is_project(out):
        save_project(out, scene, kept)
    else:
        write_png(out, scene.label_map)
    print(f"{sentence} Written: {out}")
