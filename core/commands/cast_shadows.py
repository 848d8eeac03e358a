"""``python main.py cast-shadows``: lay the shadows of everything in a label map on its ground, or take them away."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.sun_choice import FORM, HELP, sun, with_sun

#: The sun where none is named: a clear afternoon, from ahead at the left.
_USUAL = "-50,40"


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status."""
    from core.commands.render import open_street
    from core.errors import SceneError
    from core.scene.files import write_png
    from core.scene.project import SUFFIX, horizon_in, save_project
    from core.shadows.cast import cast_in, remove_from

    parser = argparse.ArgumentParser(
        prog="main.py cast-shadows",
        description="Label the ground that the sun doesn't reach: shadows of cars, people, posts, trees and houses on "
        "road, sidewalk, parking and grass. Shadows that are there already are replaced.",
    )
    parser.add_argument("labels", type=Path, metavar="LABELS", help="label map (PNG) or project (.veduta)")
    parser.add_argument(
        "--instances", type=Path, metavar="PATH",
        help="instance map (16-bit PNG); without it each connected region of a thing counts as an object",
    )
    parser.add_argument("--sun", type=sun, default=_USUAL, metavar=FORM, help=f"{HELP} (default: {_USUAL})")
    parser.add_argument(
        "--without-houses", action="store_true", help="let no house cast a shadow: in a narrow street theirs cover all others"
    )
    parser.add_argument("--remove", action="store_true", help="take all cast shadows away instead")
    parser.add_argument("--out", type=Path, required=True, metavar="PATH", help="label map (.png) or project (.veduta)")
    options = parser.parse_args(with_sun(argv, "--sun"))
    suffix = options.out.suffix.lower()
    if suffix not in (".png", SUFFIX):
        raise SceneError(f"'{options.out.name}' does not end in .png or {SUFFIX}; give it one of these.")
    scene, kept = open_street(options.labels, options.instances)
    if options.remove:
        casting = remove_from(scene)
    else:
        casting = cast_in(scene, options.sun, horizon_in(kept, scene.size), not options.without_houses)
    if casting.edit is not None:
        casting.edit.apply(scene)
    if suffix == SUFFIX:
        save_project(options.out, scene, kept)
    else:
        write_png(options.out, scene.label_map)
    print(f"{casting.sentence} Written: {options.out}")
    return 0
