"""``python main.py evaluate``: scores on held-out photographs."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.bench import size


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py evaluate", description="Measure a model on held-out photographs.")
    parser.add_argument("--model", type=Path, help="model file (default: the one that comes with the program)")
    parser.add_argument("--data", type=Path, required=True, help="data set; its 'val' split is held out")
    parser.add_argument("--out", type=Path, required=True, help="folder for the report")
    parser.add_argument("--size", type=size, metavar="WxH", help="size at which frames are compared (default: the photographs' own)")
    parser.add_argument("--limit", type=int, help="use only the first N held-out frames")
    parser.add_argument("--vgg", help="file of VGG weights for the perceptual distance, or 'none'")
    parser.add_argument("--judge-steps", type=int, default=600, help="steps of the segmentation network; 0 for none")
    parser.add_argument("--judge-data", type=Path, nargs="+", help="data sets whose 'train' split it learns from (default: --data)")
    parser.add_argument("--judge-width", type=int, default=512, help="width to which it resizes pictures (default 512)")
    parser.add_argument("--cars", type=int, metavar="N", help="try the looks on N cars of a frame (default: all)")
    parser.add_argument("--card", action="store_true", help="write the scores into the model's card")
    parser.add_argument("--device", default="auto")
    return parser


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status."""
    options = _parser().parse_args(argv)
    from tqdm import tqdm

    from core.data.samples import find_samples
    from core.evaluation.judge_file import load_judge, save_judge
    from core.evaluation.report import evaluate
    from core.evaluation.segmentation import train_segmenter
    from core.labels import label_set_for
    from core.models.model_file import load_model, save_model
    from core.networks.vgg import load_vgg
    from core.rendering.device import choose_device
    from core.rendering.renderer import default_model_path

    path = options.model or default_model_path()
    model = load_model(path)
    label_set = label_set_for(model.label_set)
    held_out = find_samples(options.data, "val")[: options.limit]
    vgg = None if options.vgg == "none" else load_vgg(options.vgg)
    judge = None
    if options.judge_steps:
        # Trained on photographs alone, so one judge serves every model of a data set.
        options.out.mkdir(parents=True, exist_ok=True)
        kept = options.out / f"judge_{options.judge_steps}_{options.judge_width}.safetensors"
        learnt_from = [s for data in options.judge_data or [options.data] for s in find_samples(data, "train")]
        if kept.is_file():
            judge = load_judge(kept, label_set, learnt_from)
            if judge is None:
                print(f"The segmentation network in {kept} learnt from other photographs, so a new one is trained.")
        if judge is None:
            with tqdm(total=options.judge_steps, desc="segmentation network") as bar:
                judge = train_segmenter(
                    learnt_from,
                    label_set,
                    options.judge_steps,
                    picture_width=options.judge_width,
                    device=choose_device(options.device),
                    progress=lambda step, loss: bar.update(1),
                )
            save_judge(kept, judge, label_set, learnt_from)
    with tqdm(total=len(held_out), desc="held-out frames") as bar:
        scores = evaluate(
            model, held_out, options.out, vgg, judge, options.size, device=options.device, progress=lambda n: bar.update(1),
            cars=options.cars,
        )
    for name, value in vars(scores).items():
        if isinstance(value, float):
            print(f"{name:26} {value:.4f}")
    if options.card:
        model.card.metrics = {k: round(v, 4) for k, v in vars(scores).items() if isinstance(v, (int, float))}
        save_model(path, model)
    print(f"The report is {options.out / 'index.html'}.")
    return 0


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:]))
