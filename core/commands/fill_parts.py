"""``python main.py fill-parts``: windows, car glass, wheels and more inside the bare objects of a label map."""

from __future__ import annotations

import argparse
from pathlib import Path


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status."""
    from core.commands.render import open_scene
    from core.errors import SceneError
    from core.filling.fill import fill_parts
    from core.scene.files import write_png
    from core.scene.project import SUFFIX, save_project

    parser = argparse.ArgumentParser(
        prog="main.py fill-parts",
        description="Lay plausible parts inside bare buildings, vehicles and people. Objects that have parts stay as they are.",
    )
    parser.add_argument("labels", type=Path, metavar="LABELS", help="label map (PNG) or project (.veduta)")
    parser.add_argument(
        "--instances", type=Path, metavar="PATH",
        help="instance map (16-bit PNG); without it each connected region of a thing counts as an object",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another number gives other parts (default: 0)")
    parser.add_argument(
        "--houses", type=Path, metavar="PATH",
        help="make each house of a row an object, which can have its own look, and write the instance map here",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="PATH", help="label map (.png) or project (.veduta)")
    options = parser.parse_args(argv)
    suffix = options.out.suffix.lower()
    if suffix not in (".png", SUFFIX):
        raise SceneError(f"'{options.out.name}' does not end in .png or {SUFFIX}; give it one of these.")
    scene = open_scene(options.labels, options.instances)
    filling = fill_parts(scene, options.seed, houses=options.houses is not None)
    if filling.edit is not None:
        filling.edit.apply(scene)
    if options.houses is not None:
        write_png(options.houses, scene.instance_map)
    if suffix == SUFFIX:
        save_project(options.out, scene)
    else:
        write_png(options.out, scene.label_map)
    print(f"{filling.sentence} Written: {options.out}")
    return 0
