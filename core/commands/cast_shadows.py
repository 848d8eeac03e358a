"""``python main.py cast-shadows``: lay the shadows of everything in a label map on its ground and walls, or take them away."""

from __future__ import annotations

import argparse

from core.commands.street_file import add_out, add_street, is_project, write_street
from core.commands.sun_choice import FORM, HELP, sun, with_sun

#: The sun where none is named: a clear afternoon, from ahead at the left.
_USUAL = "-50,40"


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status."""
    from core.commands.render import open_street
    from core.scene.project import horizon_in
    from core.shadows.cast import cast_in, remove_from

    parser = argparse.ArgumentParser(
        prog="main.py cast-shadows",
        description="Label the ground and the walls that the sun doesn't reach: shadows of cars, people, posts, trees and houses on "
        "road, sidewalk, parking and grass. Shadows that are there already are replaced.",
    )
    add_street(parser)
    parser.add_argument("--sun", type=sun, default=_USUAL, metavar=FORM, help=f"{HELP} (default: {_USUAL})")
    parser.add_argument(
        "--without-houses", action="store_true", help="let no house cast a shadow: in a narrow street theirs cover all others"
    )
    parser.add_argument("--remove", action="store_true", help="take all cast shadows away instead")
    add_out(parser)
    options = parser.parse_args(with_sun(argv, "--sun"))
    is_project(options.out)  # refused before any work
    scene, kept = open_street(options.labels, options.instances)
    if options.remove:
        casting = remove_from(scene)
    else:
        casting = cast_in(scene, options.sun, horizon_in(kept, scene.size), not options.without_houses)
    if casting.edit is not None:
        casting.edit.apply(scene)
    write_street(options.out, scene, kept, casting.sentence)
    return 0
