"""What ``main.py`` does without a display: the example street becomes a picture."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.bootstrap import ROOT
from core.errors import DataError
from core.scene.scene import Scene

EXAMPLES = ROOT / "assets" / "examples"
PICTURE = "veduta-example.png"


def example_scene(folder: Path = EXAMPLES) -> Scene:
    """The first example in sorted order: a project file, or else a label and instance map.

    Raises:
        DataError: when there is none.
    """
    from core.scene.cityscapes import find_pairs, load_pair
    from core.scene.project import SUFFIX, load_project

    projects = sorted(folder.glob("*" + SUFFIX))
    if projects:
        return load_project(projects[0]).scene
    pair = find_pairs(folder)[0]
    return load_pair(pair.labels, pair.instances)


def main(argv: list[str]) -> int:
    """Render the example street into the current folder and say how to get the window."""
    from core.models.model_file import load_model
    from core.rendering.renderer import Renderer, default_model_path
    from core.scene.files import write_picture

    parser = argparse.ArgumentParser(prog="main.py", description="Render the example street to a picture.")
    parser.add_argument("files", nargs="*", help="opened by the studio only")
    parser.add_argument("--model", type=Path, default=default_model_path(), help="model file to render with")
    arguments = parser.parse_args(argv)
    if arguments.files:
        raise DataError(
            "The studio needs a display to open a file; to render maps without one, use: "
            "python3 main.py render --labels LABELS.png --out PICTURE.png"
        )
    scene = example_scene()
    print("There is no display here, so the example street is rendered to a picture.")
    picture = Renderer(load_model(arguments.model)).render(
        scene.label_map, scene.instance_map, scene.codes, scene.label_set
    )
    target = Path.cwd() / PICTURE
    write_picture(target, picture)
    print(f"Written: {target} ({picture.shape[1]}x{picture.shape[0]})")
    print("To get the window, run the same command in a desktop session (or over 'ssh -X').")
    print("To render your own maps here: python3 main.py render --help")
    return 0
