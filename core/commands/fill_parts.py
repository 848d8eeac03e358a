"""``python main.py fill-parts``: windows, car glass, wheels, signs' faces, kerbs and more inside the bare objects of a label map."""

from __future__ import annotations

import argparse
from pathlib import Path


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status."""
    from core.commands.render import open_street
    from core.errors import SceneError
    from core.commands.fill_choice import add_choice, chosen
    from core.filling.fill import fill_parts
    from core.scene.files import write_png
    from core.scene.project import SUFFIX, horizon_in, save_project

    parser = argparse.ArgumentParser(
        prog="main.py fill-parts",
        description="Lay plausible parts inside bare buildings, vehicles, people, traffic signs, trees and "
        "sidewalks. Objects that have parts stay as they are.",
    )
    parser.add_argument("labels", type=Path, metavar="LABELS", help="label map (PNG) or project (.veduta)")
    parser.add_argument(
        "--instances", type=Path, metavar="PATH",
        help="instance map (16-bit PNG); without it each connected region of a thing counts as an object",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another number gives other parts (default: 0)")
    add_choice(parser)
    parser.add_argument(
        "--houses", type=Path, nargs="?", const=Path(), metavar="PATH",
        help="make each house of a row an object, which can have its own look, and write the instance map here; "
        "a project as --out holds it and needs no PATH",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="PATH", help="label map (.png) or project (.veduta)")
    options = parser.parse_args(argv)
    suffix = options.out.suffix.lower()
    if suffix not in (".png", SUFFIX):
        raise SceneError(f"'{options.out.name}' does not end in .png or {SUFFIX}; give it one of these.")
    if options.houses == Path() and suffix != SUFFIX:
        raise SceneError("A label map can't tell the houses apart; name a file for the instance map after --houses.")
    scene, kept = open_street(options.labels, options.instances)
    objects = chosen(scene, options.fill_only, options.fill_except)
    filling = fill_parts(scene, options.seed, objects, horizon_in(kept, scene.size), options.houses is not None)
    if filling.edit is not None:
        filling.edit.apply(scene)
    if options.houses not in (None, Path()):
        write_png(options.houses, scene.instance_map)
    if suffix == SUFFIX:
        save_project(options.out, scene, kept)
    else:
        write_png(options.out, scene.label_map)
    print(f"{filling.sentence} Written: {options.out}")
    return 0
