"""``main.py render``: photographs from label maps, one or a folder of them, without a window."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import replace
from pathlib import Path

from core.commands.bench import size
from core.commands.sun_choice import FORM, HELP, sun, with_sun
from core.errors import DataError, SceneError, VedutaError
from core.labels import STREETS, LabelSet, label_set_for
from core.scene.png import PIXEL_LIMIT, SIDE_LIMIT


def parser() -> argparse.ArgumentParser:
    from core.commands.fill_choice import add_choice

    parser = argparse.ArgumentParser(
        prog="main.py render",
        description="Turn label maps into photographs. A folder may be in the Cityscapes or the pix2pixHD layout, "
        "or simply hold label maps.",
    )
    parser.add_argument(
        "--labels", type=Path, required=True, metavar="PATH", help="label map (PNG), project (.veduta) or folder"
    )
    parser.add_argument(
        "--instances", type=Path, metavar="PATH",
        help="instance map (16-bit PNG), or a folder paired with --labels by sorted order; "
        "without it each connected region of a thing becomes an object",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="PATH", help="picture (.png .jpg .tif), or folder")
    parser.add_argument("--model", type=Path, metavar="FILE", help="model file; without it the one that comes along")
    parser.add_argument("--codes", type=_seed, metavar="SEED", help="give every object and its parts looks drawn by this seed")
    parser.add_argument(
        "--code", type=_object_look, action="append", default=[], metavar="OBJECT[/PART]=K",
        help="give an object (instance value, such as 26003) look K of its class, or its parts of one kind "
        "(26003/car glass, or their label id) look K of theirs; parts that get none go with their object; may be repeated",
    )
    parser.add_argument(
        "--fill-parts", type=int, nargs="?", const=0, metavar="SEED",
        help="first lay windows, car glass, wheels and more inside objects without parts, as fill-parts does",
    )
    add_choice(parser, "fill-")
    parser.add_argument(
        "--fill-houses", action="store_true", help="make each house of a row an object, which gets a look of its own"
    )
    parser.add_argument(
        "--shadows", type=sun, metavar=FORM, help=f"first cast shadows, as cast-shadows does, for {HELP}"
    )
    parser.add_argument("--size", type=size, metavar="WxH", help="resize the maps first, such as 2048x1024")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps (default: auto)")
    return parser


def main(argv: list[str]) -> int:
    """Render; 0 when all pictures are written, 2 with a sentence for what could not be."""
    arguments = parser().parse_args(with_sun(argv, "--shadows"))
    if arguments.size and (max(arguments.size) > SIDE_LIMIT or arguments.size[0] * arguments.size[1] > PIXEL_LIMIT):
        raise SceneError(
            f"A picture can be at most {SIDE_LIMIT} pixels a side and {PIXEL_LIMIT >> 20} million in all; choose a smaller --size."
        )
    if arguments.labels.is_dir():
        return _render_folder(arguments)
    _check_ending(arguments.out)
    _keep_maps([arguments.labels, arguments.instances], [arguments.out])
    renderer = _renderer(arguments)
    _write(arguments, renderer, _opened(arguments, arguments.labels, arguments.instances, renderer), arguments.out)
    print(f"Written: {arguments.out}")
    return 0


def _render_folder(arguments: argparse.Namespace) -> int:
    """One bad street is named and passed over; the rest is rendered. Under torchrun each process takes its share."""
    from tqdm import tqdm

    from core.training.distributed import rank_and_world

    rank, world = rank_and_world()
    streets = _streets(arguments)
    _keep_maps([path for pair, _ in streets for path in (pair.labels, pair.instances)], [target for _, target in streets])
    streets = streets[rank::world]
    renderer = _renderer(arguments)
    failed = 0
    for pair, target in tqdm(streets, unit="street", file=sys.stderr):
        try:
            scene = _opened(arguments, pair.labels, pair.instances, renderer)
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(arguments, renderer, scene, target)
        except (VedutaError, OSError) as error:
            failed += 1
            tqdm.write(f"error: {pair.labels.name}: {error}", file=sys.stderr)
    print(f"Written: {len(streets) - failed} of {len(streets)} pictures to {arguments.out}")
    return 2 if failed else 0


def _streets(arguments: argparse.Namespace) -> list:
    """(pair, picture to write) for each street of a folder, whichever layout it has."""
    from core.scene.cityscapes import LABELS_ENDING, Pair, find_pairs
    from core.scene.files import PICTURE_SUFFIXES
    from core.scene.pix2pixhd_folders import find_folder_pairs, phases, pictures

    folder, out = arguments.labels, arguments.out
    if out.suffix.lower() in PICTURE_SUFFIXES or out.is_file():
        raise DataError(f"--labels is a folder, so --out must be one too; '{out}' is not.")
    if arguments.instances is not None:
        maps = _label_files(folder, LABELS_ENDING, pictures)
        if not arguments.instances.is_dir():
            raise DataError(f"--labels is a folder, so --instances must be one too; '{arguments.instances}' is not.")
        others = _label_files(arguments.instances, "_instanceIds.png", pictures)
        if len(maps) != len(others):
            raise DataError(
                f"'{folder}' holds {len(maps)} label maps but '{arguments.instances}' {len(others)} instance maps; "
                "they are paired by sorted order, so the numbers must agree."
            )
        pairs = [Pair(_name(path), path, other) for path, other in zip(maps, others)]
        return _targets(pairs, out)
    found = phases(folder)
    if found:
        return [
            street
            for phase in found
            for street in _targets(find_folder_pairs(folder, phase), out if len(found) == 1 else out / phase)
        ]
    if folder.name.endswith("_label") and folder.name.removesuffix("_label") in phases(folder.parent):
        return _targets(find_folder_pairs(folder.parent, folder.name.removesuffix("_label")), out)
    if any(folder.rglob("*" + LABELS_ENDING)):
        return _targets(find_pairs(folder), out)
    maps = pictures(folder)
    if not maps:
        raise DataError(f"'{folder}' holds no label maps; choose a folder with PNG files.")
    return _targets([Pair(path.stem, path) for path in maps], out)


def _label_files(folder: Path, ending: str, pictures) -> list[Path]:
    """The files with Cityscapes' ending, or all pictures where none has it."""
    files = pictures(folder)
    return [path for path in files if path.name.endswith(ending)] or files


def _targets(pairs: list, out: Path) -> list:
    """Each pair with its picture's path; DataError where two streets would share one."""
    pairs = [replace(pair, name=_name(pair.labels)) for pair in pairs]
    if len({pair.name for pair in pairs}) != len(pairs):
        raise DataError("Two label maps have the same file name, so one picture would replace the other; rename one.")
    return [(pair, out / f"{pair.name}.png") for pair in pairs]


def _keep_maps(maps: list[Path | None], targets: list[Path]) -> None:
    """Refuse to write a photograph over a map."""
    taken = {path.resolve() for path in maps if path is not None}
    for target in targets:
        if target.resolve() in taken:
            raise DataError(f"The photograph would replace the map '{target}'; choose another --out.")


def _name(labels: Path) -> str:
    return re.sub(r"(_gt(Fine|Coarse))?_labelIds$", "", labels.stem)


def _opened(arguments: argparse.Namespace, labels: Path, instances: Path | None, renderer):
    """The scene of these files in the size that was asked for, with parts and shadows where they were."""
    from core.scene.project import horizon_in

    scene, kept = open_street(labels, instances, label_set_for(renderer.model.label_set))
    horizon = horizon_in(kept, scene.size)
    if arguments.size:
        if horizon is not None:
            horizon *= arguments.size[1] / scene.size[1]
        # Before parts and shadows, which depend on how large things are seen.
        scene = _resized(scene, arguments.size)
    if arguments.fill_parts is not None or arguments.fill_only or arguments.fill_except or arguments.fill_houses:
        from core.commands.fill_choice import chosen
        from core.filling.fill import fill_parts

        objects = chosen(scene, arguments.fill_only, arguments.fill_except)
        edit = fill_parts(scene, arguments.fill_parts or 0, objects, horizon, arguments.fill_houses).edit
        if edit is not None:
            edit.apply(scene)
    if arguments.shadows is not None:
        from core.shadows.cast import cast_in

        edit = cast_in(scene, arguments.shadows, horizon).edit
        if edit is not None:
            edit.apply(scene)
    return scene


def _resized(scene, size: tuple[int, int]):
    """``scene`` at another size, without what it remembers behind objects."""
    from core.scene.files import resize_nearest
    from core.scene.scene import Scene

    maps = (resize_nearest(values, size) for values in (scene.label_map, scene.instance_map))
    return Scene(*maps, scene.label_set, scene.codes)


def open_street(labels: Path, instances: Path | None, label_set: LabelSet = STREETS) -> tuple:
    """The scene of a project, or of a label map and its instance map, if any; and the settings that the project keeps.

    Args:
        label_set: by which maps are read; a project has its own.
    """
    from core.scene.cityscapes import load_pair
    from core.scene.project import SUFFIX, load_project

    if labels.suffix.lower() == SUFFIX:
        if instances is not None:
            raise SceneError("A project holds its own instance map; leave --instances out.")
        project = load_project(labels)
        return project.scene, project.settings
    return load_pair(labels, instances, label_set), {}


def _renderer(arguments: argparse.Namespace):
    from core.models.model_file import load_model
    from core.rendering.renderer import Renderer, default_model_path

    return Renderer(load_model(arguments.model or default_model_path()), arguments.device)


def _write(arguments: argparse.Namespace, renderer, scene, target: Path) -> None:
    """Render one scene with the looks that were asked for; the scene gets those looks."""
    from core.scene.files import write_picture

    _give_looks(arguments, renderer.model.code_book, scene)
    write_picture(target, renderer.render(scene.label_map, scene.instance_map, scene.codes, scene.label_set))


def _give_looks(arguments: argparse.Namespace, book, scene) -> None:
    """Give a scene the looks of --codes, then those of --code."""
    from core.looks import give_looks, look_label, looks_of, random_looks

    def give(codes: dict) -> None:
        edit = give_looks(scene, codes)
        if edit is not None:
            edit.apply(scene)

    if arguments.codes is not None and book is not None:
        give(random_looks(book, scene.label_map, scene.instance_map, scene.label_set, arguments.codes))
    # Objects first: they take their parts along, and what a part can look like goes with its object.
    for value, part, look in sorted(arguments.code, key=lambda choice: choice[1] is not None):
        key = _chosen(scene, value, part, arguments.labels.name)
        name = scene.label_set.name_of(look_label(key))
        count = book.looks(look_label(key)) if book is not None else 0
        if not count:
            whose = value if part is None else f"{value}/{part}"
            raise SceneError(f"This model has no looks to choose from for '{name}'; leave --code {whose}={look} out.")
        if look >= count:
            raise SceneError(f"This model has looks 0 to {count - 1} for '{name}'; choose one of them.")
        give({key: looks_of(scene, book, key)[look]})


def _chosen(scene, value: int, part: str | None, street: str) -> int:
    """The look key of an object, or of its parts by name or label id; SceneError where they are not there."""
    from core.look_regions import look_key

    if value not in scene.objects():
        shown = ", ".join(str(v) for v in list(scene.objects())[-4:])
        raise SceneError(f"There is no object {value} in '{street}'; it has for example {shown}.")
    if part is None:
        return look_key(value)
    there = set(scene.label_map[scene.instance_map == value].tolist())
    kinds = [label for label in scene.label_set if label.parent is not None and label.id in there]
    for label in kinds:
        if part in (label.name, str(label.id)):
            return look_key(value, label.id)
    has = "it has " + ", ".join(label.name for label in kinds) if kinds else "it has no parts"
    raise SceneError(f"Object {value} in '{street}' has no parts called '{part}'; {has}.")


def _check_ending(out: Path) -> None:
    """Refuse a name that can't be written before rendering for it."""
    from core.errors import BadImageError
    from core.scene.files import PICTURE_SUFFIXES

    if out.suffix.lower() not in PICTURE_SUFFIXES:
        raise BadImageError(f"'{out.name}' does not end in .png, .jpg or .tif; give the picture one of these.")
    if not out.absolute().parent.is_dir():
        raise BadImageError(f"There is no folder '{out.parent}' for the picture; make it first.")


def _seed(text: str) -> int:
    """A number from 0 up, for argparse."""
    if text.isdecimal():
        return int(text)
    raise argparse.ArgumentTypeError(f"'{text}' is no number from 0 up")


def _object_look(text: str) -> tuple[int, str | None, int]:
    """``26003=2`` -> (26003, None, 2); ``26003/car glass=2`` -> (26003, "car glass", 2). For argparse."""
    match = re.fullmatch(r"(\d{1,5})(?:/([^=]+))?=(\d{1,4})", text)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is no choice of a look; write it as 26003=2, or as 26003/car glass=2")
    return int(match[1]), match[2] and match[2].strip(), int(match[3])
