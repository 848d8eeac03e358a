"""``python main.py train``: a run from the shell."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="main.py train", description="Train a model on photographs with label maps.")
    parser.add_argument("--data", type=Path, action="append", help="folder in Cityscapes or pix2pixHD layout; repeatable")
    parser.add_argument("--recipe", default="compact", help="named settings (default: compact)")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; RUN/model.safetensors is the result")
    parser.add_argument("--steps", type=int, help="optimiser steps (default: the recipe's)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    parser.add_argument("--vgg", help="file of VGG weights for the perceptual loss, or 'none' to train without")
    parser.add_argument("--deterministic", action="store_true", help="bit-identical runs, a little slower")
    parser.add_argument("--save-every", type=int, default=200, help="steps between checkpoints")
    return parser


def main(argv: list[str]) -> int:
    """Run the command; returns the exit status."""
    options = _parser().parse_args(argv)
    import torch
    from tqdm import tqdm

    from core.data.samples import find_samples
    from core.errors import TrainingError
    from core.models.model_file import save_model
    from core.networks.vgg import load_vgg
    from core.training.checkpoint import load_checkpoint
    from core.training.finish import finished_model
    from core.training.recipes import recipe_from_json, recipe_named
    from core.training.trainer import Trainer

    torch.use_deterministic_algorithms(options.deterministic)
    state_file = options.out / "run.json"
    found = load_checkpoint(options.out) if options.out.is_dir() else None
    if found is not None and not options.resume:
        raise TrainingError(f"{options.out} already holds a run; add --resume to go on with it, or name another folder.")
    if options.resume and not state_file.is_file():
        raise TrainingError(f"{options.out} holds no run to resume; start one without --resume.")
    if options.resume:
        run = json.loads(state_file.read_text(encoding="utf-8"))
        recipe, seed = recipe_from_json(run["recipe"]), run["seed"]
        data = options.data or [Path(p) for p in run["data"]]
        vgg_path = options.vgg or run["vgg"]
    else:
        if not options.data:
            raise TrainingError("Say what to train on: --data FOLDER.")
        recipe, seed, data, vgg_path = recipe_named(options.recipe), options.seed, options.data, options.vgg
    if options.steps:
        from dataclasses import replace

        recipe = replace(recipe, steps=options.steps)
    samples = [sample for folder in data for sample in find_samples(folder)]
    vgg = None if vgg_path == "none" else load_vgg(vgg_path)
    options.out.mkdir(parents=True, exist_ok=True)
    state_file.write_text(
        json.dumps(
            {
                "recipe": _recipe_json(recipe), "seed": seed, "data": [str(p) for p in data], "vgg": vgg_path,
            },
            indent=2,
        ),
        encoding="utf-8",
    )
    trainer = Trainer(recipe, samples, options.out, seed, device=options.device, vgg=vgg)
    log = open(options.out / "log.jsonl", "a", encoding="utf-8")
    bar = tqdm(total=recipe.steps, initial=trainer.step, unit="step", mininterval=5)
    try:
        for report in trainer.run():
            log.write(json.dumps({"step": report.step, "rate": report.rate, **report.losses}) + "\n")
            bar.update(1)
            bar.set_postfix({k: f"{v:.3f}" for k, v in report.losses.items()}, refresh=False)
            if report.step % options.save_every == 0:
                log.flush()
                trainer.save()
    except KeyboardInterrupt:
        print(f"\nStopped at step {trainer.step}; go on with --resume.")
    finally:
        bar.close()
        log.close()
        trainer.save()
    provenance = {"data": [p.name for p in data], "finished": time.strftime("%Y-%m-%d")}
    save_model(options.out / "model.safetensors", finished_model(trainer, options.out.name, provenance))
    print(f"The model is {options.out / 'model.safetensors'}.")
    return 0


def _recipe_json(recipe) -> dict:
    from core.training.recipes import recipe_to_json

    return recipe_to_json(recipe)


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:]))
