"""Makes the example scenes: held-out streets' maps at full size, with captured looks.

    python -m core.streets.examples --data STREETS --model M --out assets/examples

For every chosen held-out frame the street is built again from its seed, its
maps are taken at full size, and the looks of its objects are captured from the
photograph in the data set (``streets --seed SEED --count 1 --cameras 1`` renders
it). What a person sees in an example is thus the model's own work on a street
that it never trained on.
"""

from __future__ import annotations

import argparse
import multiprocessing
from pathlib import Path

import numpy as np

from core.data.samples import find_samples, read_sample
from core.errors import DataError

#: The streets that come with the program: name -> frame.
EXAMPLES = {
    "01 Passers-by": "veduta_060080_000000",
    "02 Parked in a row": "veduta_060034_000000",
    "03 Avenue": "veduta_060020_000000",
    "04 Crossing": "veduta_060096_000000",
    "05 Under trees": "veduta_060036_000000",
    "06 Winter": "veduta_060040_000000",
    "07 Autumn": "veduta_060107_000000",
    "08 Old town": "veduta_060008_000000",
    "09 After rain": "veduta_060110_000000",
    "10 Shops": "veduta_060159_000000",
    "11 Square": "veduta_060028_000000",
    "12 Boulevard": "veduta_060132_000000",
}


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m core.streets.examples", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="data set of streets; its 'val' split is used")
    parser.add_argument("--model", type=Path, help="model file (default: the one that comes with the program)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--frames", nargs="*", help="names of the frames to take (default: those that come with the program)")
    parser.add_argument("--names", nargs="*", help="file names, one a frame (default: the frames')")
    options = parser.parse_args(argv)

    from core.capture import photograph_codes
    from core.look_regions import key_value
    from core.models.model_file import load_model
    from core.rendering.renderer import Renderer, default_model_path
    from core.scene.project import save_project
    from core.scene.scene import Scene

    samples = {sample.name: sample for sample in find_samples(options.data, "val")}
    chosen = dict(zip(options.names or options.frames, options.frames)) if options.frames else EXAMPLES
    missing = [name for name in chosen.values() if name not in samples]
    if missing:
        raise DataError(f"{options.data} holds no held-out frame {missing[0]}; render it, or choose others with --frames.")
    model = load_model(options.model or default_model_path())
    renderer = Renderer(model)
    options.out.mkdir(parents=True, exist_ok=True)
    for file, name in chosen.items():
        labels, instances = _maps_in_a_child(name)
        codes = photograph_codes(model, *read_sample(samples[name]))
        present = set(np.unique(instances).tolist())
        scene = Scene(labels, instances, codes={key: code for key, code in codes.items() if key_value(key) in present})
        picture = renderer.render(labels, instances, scene.codes)
        save_project(options.out / f"{file}.veduta", scene, {}, picture)
        print(options.out / f"{file}.veduta")
    return 0


def _maps_in_a_child(name: str, size: tuple[int, int] = (2048, 1024)) -> tuple[np.ndarray, np.ndarray]:
    """Maps of the frame ``veduta_<seed>_<frame>``; Blender keeps its memory, so it gets its own process."""
    _, seed, frame = name.split("_")
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_maps, (int(seed), int(frame), size))


def _maps(seed: int, frame: int, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    from core.streets.plan import plan_street
    from core.streets.quality import Quality
    from core.streets.render import Studio

    plan = plan_street(seed)
    return Studio(plan, size, Quality(threads=0)).maps([plan.cameras[frame]])[0]


if __name__ == "__main__":
    raise SystemExit(main())
