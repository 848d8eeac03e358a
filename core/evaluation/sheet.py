"""A contact sheet: streets as labels and as pictures side by side, in one file for a page or a README."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Sequence

import numpy as np

from core.errors import DataError, VedutaError
from core.opencv import cv2
from core.scene.files import resize_nearest, write_picture

#: Pixels between pictures.
GAP = 6

#: (width, height) at which held-out streets are rendered.
SIZE = (2048, 1024)


def contact_sheet(rows: Sequence[Sequence[np.ndarray]], width: int = 560) -> np.ndarray:
    """Rows of (H, W, 3) uint8 pictures, each resized to ``width`` and half as high, on white."""
    height, columns = width // 2, max(len(row) for row in rows)
    sheet = np.full((len(rows) * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3), 255, np.uint8)
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
            top, left = y * (height + GAP), x * (width + GAP)
            sheet[top : top + height, left : left + width] = small
    return sheet


def main(argv: list[str] | None = None) -> int:
    """``python -m core.evaluation.sheet``: held-out streets and bare label maps as the model shows them."""
    parser = argparse.ArgumentParser(prog="python -m core.evaluation.sheet", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="model file (default: the one that comes with the program)")
    parser.add_argument("--data", type=Path, help="data set; frames of its 'val' split give labels, generated, photograph")
    parser.add_argument("--frames", nargs="*", help="their names (default: the first six)")
    parser.add_argument("--maps", type=Path, help="folder of label maps without photographs: only what is generated is shown")
    parser.add_argument("--map-names", nargs="*", help="parts of their names (default: the first six)")
    parser.add_argument("--fill", type=int, metavar="SEED",
                        help="below each row of --maps the same maps with parts filled in, each house an object")  # fmt: skip
    parser.add_argument("--sun", type=float, nargs=2, metavar=("AZIMUTH", "ELEVATION"),
                        help="with --fill: cast shadows, too; degrees to the right of straight ahead, and above the horizon")  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, help="picture to write (.jpg or .png)")
    options = parser.parse_args(argv)

    if options.sun and options.fill is None:
        parser.error("shadows (--sun) are cast in the maps that are filled; give --fill, too")
    if not options.data and not options.maps:
        parser.error("name a data set (--data) or a folder of label maps (--maps)")
    try:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        write_picture(options.out, contact_sheet(_rows(options)), quality=90)
    except VedutaError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(options.out)
    return 0


def _rows(options: argparse.Namespace) -> list[list[np.ndarray]]:
    """The sheet's pictures; DataError for a name that isn't there."""
    from core.capture import photograph_codes
    from core.data.samples import find_maps, find_samples, read_maps, read_sample
    from core.filling.fill import fill_parts
    from core.labels import label_set_for
    from core.models.model_file import load_model
    from core.rendering.renderer import Renderer, default_model_path
    from core.scene.scene import Scene
    from core.shadows.cast import cast_in
    from core.shadows.sun import Sun

    model = load_model(options.model or default_model_path())
    renderer, label_set = Renderer(model), label_set_for(model.label_set)
    rows = []
    if options.data:
        found = {sample.name: sample for sample in find_samples(options.data, "val")}
        for name in options.frames or sorted(found)[:6]:
            if name not in found:
                raise DataError(f"There is no held-out street called '{name}' in {options.data}; check the name.")
            photograph, *maps = read_sample(found[name])
            photograph = cv2.resize(photograph, SIZE, interpolation=cv2.INTER_CUBIC)
            labels, instances = (resize_nearest(each, SIZE) for each in maps)
            codes = photograph_codes(model, photograph, labels, instances, label_set, scarce=0) if model.encoder is not None else {}
            rows.append([label_set.palette[labels], renderer.render(labels, instances, codes, label_set), photograph])
    if options.maps:
        maps = [m for split in ("train", "val", "test") for m in find_maps(options.maps, split)]
        if not maps:
            raise DataError(f"There are no label maps in {options.maps}; check the path.")
        made, filled = [], []

        def paint(labels: np.ndarray, instances: np.ndarray) -> np.ndarray:
            return renderer.render(labels, instances, label_set=label_set)

        for name in options.map_names or [m.name for m in maps[:6]]:
            found_map = next((m for m in maps if name in m.name), None)
            if found_map is None:
                raise DataError(f"There is no label map called '{name}' in {options.maps}; check the name.")
            bare = read_maps(found_map)
            made.append(paint(*bare))
            if options.fill is not None:
                scene = Scene(*bare, label_set)
                filling = fill_parts(scene, options.fill, houses=True)
                if filling.edit is not None:
                    filling.edit.apply(scene)
                if options.sun:
                    casting = cast_in(scene, Sun.degrees(*options.sun))
                    if casting.edit is not None:
                        casting.edit.apply(scene)
                filled.append(paint(scene.label_map, scene.instance_map))
        for i in range(0, len(made), 3):
            rows += [part[i : i + 3] for part in (made, filled) if part]
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
