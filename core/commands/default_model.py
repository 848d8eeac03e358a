"""``python main.py default-model``: the streets, the training and the measuring behind the default model, in one command."""

from __future__ import annotations

import argparse
import importlib
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

#: Steps of training.
STEPS = 20_000
#: (folder, frames, size, seed of the first street, light paths a pixel). Of both a tenth of the streets, by seed, is
#: held out, of the second set its second street. Pixels of half the size need fewer paths each.
STREETS = (("streets_2048", 96, "2048x1024", 40_000, 12), ("streets_1024", 600, "1024x512", 42_009, 32))
#: Frames of one street, and the fewest streets of a set: one to learn from, one to measure on.
_CAMERAS, _LEAST = 4, 2


@dataclass(frozen=True)
class Stage:
    """One of the program's own commands.

    Attributes:
        command: its name. arguments: of it.
    """

    command: str
    arguments: tuple[str, ...]

    @property
    def line(self) -> str:
        """As a person would type it."""
        return "python3 main.py " + shlex.join((self.command, *self.arguments))

    def run(self) -> int:
        """Its exit status."""
        from core.commands.dispatch import COMMANDS

        return int(importlib.import_module(COMMANDS[self.command][0]).main(list(self.arguments)) or 0)


def stages(out: Path, vgg: str, steps: int = STEPS, share: float = 1.0, judge_steps: int | None = None) -> list[Stage]:
    """What is run one after the other; each passes over, or goes on with, what is there already.

    Args:
        out: folder of everything.
        vgg: weights for the perceptual loss: a file, 'download' or 'none'.
        steps: of training, in all.
        share: of the frames that are rendered.
        judge_steps: of the segmentation network that measures; None for the usual number.
    """
    found = []
    for folder, count, size, seed, samples in STREETS:
        frames = max(round(count * share), _LEAST * _CAMERAS)
        found.append(Stage("streets", (
            "--count", str(frames), "--cameras", str(_CAMERAS), "--size", size, "--seed", str(seed), "--jpeg",
            "--samples", str(samples), "--out", str(out / folder),
        )))  # fmt: skip
    run = out / "run"
    data = [word for folder, *_ in STREETS for word in ("--data", str(out / folder))]
    begun = ("--resume",) if (run / "run.json").is_file() else ("--recipe", "compact")
    found.append(Stage("train", (*data, *begun, "--steps", str(steps), "--vgg", vgg, "--out", str(run))))
    # What was downloaded for training is found by itself.
    seen = () if vgg == "download" else ("--vgg", vgg)
    judged = () if judge_steps is None else ("--judge-steps", str(judge_steps))
    found.append(Stage("evaluate", (
        "--model", str(run / "model.safetensors"), "--data", str(out / STREETS[-1][0]), "--judge-data", *data[1::2],
        *seen, *judged, "--out", str(out / "report"), "--card",
    )))  # fmt: skip
    return found


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(
        prog="main.py default-model",
        description="Make a model like the one that comes with the program: render its streets, train, measure. "
        "It takes hours to days; stopped, the same line goes on from there.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for streets, run and report")
    parser.add_argument("--vgg", default="download", metavar="FILE",
                        help="VGG weights for the perceptual loss; 'download' fetches VGG19 once (575 MB), 'none' trains without")  # fmt: skip
    parser.add_argument("--steps", type=int, default=STEPS, help=f"of training (default {STEPS:,})")
    parser.add_argument("--share", type=float, default=1.0, metavar="S",
                        help="of the streets that are rendered, above 0 up to 1, to try it (default 1)")  # fmt: skip
    parser.add_argument("--judge-steps", type=int, metavar="N", help="steps of the segmentation network that measures; 0 for none")
    parser.add_argument("--dry-run", action="store_true", help="only print the commands that it runs")
    return parser


def main(argv: list[str]) -> int:
    """Run all stages; the status of the first one that fails, else 0."""
    from core.errors import TrainingError
    from core.training.run_folder import FINISHED, RunFolder

    options = parser().parse_args(argv)
    if options.steps < 1 or not 0 < options.share <= 1:
        raise TrainingError("The model needs at least one step of training, and a share of the streets above 0 up to 1.")
    for stage in stages(options.out, options.vgg, options.steps, options.share, options.judge_steps):
        print(stage.line, flush=True)
        if options.dry_run:
            continue
        if status := stage.run():
            return status
        if stage.command == "train" and RunFolder(options.out / "run").info().state != FINISHED:
            print("Stopped; the same line goes on from there.")
            return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
