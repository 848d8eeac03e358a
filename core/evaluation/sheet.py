"""A contact sheet: streets as labels and as pictures side by side, in one file for a page or a README."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Sequence

import numpy as np

from core.opencv import cv2

#: Pixels between pictures.
GAP = 6


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
    parser.add_argument("--out", type=Path, required=True, help="picture to write (.jpg or .png)")
    options = parser.parse_args(argv)

    from core.capture import photograph_codes
    from core.data.samples import find_maps, find_samples, read_maps, read_sample
    from core.labels import STREETS
    from core.models.model_file import load_model
    from core.rendering.renderer import Renderer, default_model_path

    model = load_model(options.model or default_model_path())
    renderer = Renderer(model)
    rows = []
    if options.data:
        found = {sample.name: sample for sample in find_samples(options.data, "val")}
        for name in options.frames or sorted(found)[:6]:
            photograph, labels, instances = (_full(a) for a in read_sample(found[name]))
            codes = photograph_codes(model, photograph, instances) if model.encoder is not None else {}
            rows.append([STREETS.palette[labels], renderer.render(labels, instances, codes), photograph])
    if options.maps:
        maps = [m for split in ("train", "val", "test") for m in find_maps(options.maps, split)]
        wanted = options.map_names or [m.name for m in maps[:6]]
        made = []
        for name in wanted:
            found_map = next((m for m in maps if name in m.name), None)
            if found_map is None:
                print(f"There is no label map called '{name}' in {options.maps}; check the name.")
                return 2
            labels, instances = read_maps(found_map)
            codes = model.code_book.random_codes(np.unique(instances).tolist(), seed=1) if model.code_book else {}
            made.append(renderer.render(labels, instances, codes))
        rows += [made[i : i + 3] for i in range(0, len(made), 3)]
    sheet = cv2.cvtColor(contact_sheet(rows), cv2.COLOR_RGB2BGR)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(options.out), sheet, [cv2.IMWRITE_JPEG_QUALITY, 90]):
        print(f"{options.out} can't be written; check the folder and the ending (.jpg or .png).")
        return 2
    print(options.out)
    return 0


def _full(array: np.ndarray) -> np.ndarray:
    """A photograph or map at 2048x1024."""
    inter = cv2.INTER_CUBIC if array.ndim == 3 else cv2.INTER_NEAREST_EXACT
    return cv2.resize(array, (2048, 1024), interpolation=inter)


if __name__ == "__main__":
    raise SystemExit(main())
