"""``python main.py fill-parts``: windows, car glass, wheels, signs' faces, kerbs and more inside the bare objects of a label map."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.street_file import add_out, add_street, is_project, write_street


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status."""
    from core.commands.render import open_street
    from core.errors import SceneError
    from core.commands.fill_choice import add_choice, chosen
    from core.filling.fill import fill_parts
    from core.scene.files import write_png
    from core.scene.project import horizon_in

    parser = argparse.ArgumentParser(
        prog="main.py fill-parts",
        description="Lay plausible parts inside bare buildings, vehicles, people, traffic signs and lights, trees, "
        "sidewalks, parking, roads and their crossings, rail tracks and the bonnet ahead. Objects that have parts stay as they are.",
    )
    add_street(parser)
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another number gives other parts (default: 0)")
    add_choice(parser)
    parser.add_argument(
        "--houses", type=Path, nargs="?", const=Path(), metavar="PATH",
        help="make each house of a row an object, which can have its own look, and write the instance map here; "
        "a project as --out holds it and needs no PATH",
    )
    add_out(parser)
    options = parser.parse_args(argv)
    if not is_project(options.out) and options.houses == Path():
        raise SceneError("A label map can't tell the houses apart; name a file for the instance map after --houses.")
    scene, kept = open_street(options.labels, options.instances)
    objects = chosen(scene, options.fill_only, options.fill_except)
    filling = fill_parts(scene, options.seed, objects, horizon_in(kept, scene.size), options.houses is not None)
    if filling.edit is not None:
        filling.edit.apply(scene)
    if options.houses not in (None, Path()):
        write_png(options.houses, scene.instance_map)
    write_street(options.out, scene, kept, filling.sentence)
    return 0
