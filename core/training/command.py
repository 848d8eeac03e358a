"""``python main.py train``: a run from the shell, and the child process of the studio's."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core.errors import TrainingError, VedutaError


def parser() -> argparse.ArgumentParser:
    """The command's options; needs no torch."""
    from core.training.recipes import RECIPES

    parser = argparse.ArgumentParser(
        prog="main.py train",
        description="Train a model on photographs with label maps.",
        epilog="While it runs: Ctrl+C saves and stops. Lines written to RUN/control.txt are obeyed: "
        "pause, resume, save, sample, model, publish, stop. Several machines: torchrun --nnodes ... main.py train ...",
    )
    what = parser.add_argument_group("what")
    what.add_argument("--data", type=Path, action="append", metavar="DIR",
                      help="folder in Cityscapes or pix2pixHD layout, or with labels and photographs; repeatable")  # fmt: skip
    what.add_argument("--labels-json", type=Path, metavar="FILE",
                      help="the classes of the label maps (default: the project's streets)")  # fmt: skip
    what.add_argument("--out", type=Path, metavar="RUN",
                      help="folder of the run; RUN/model.safetensors is the result")  # fmt: skip
    what.add_argument("--resume", action="store_true", help="go on with the run in --out; with --steps, make it longer")
    what.add_argument("--recipes", action="store_true",
                      help="only list the recipes, with the memory and time that they would need here")  # fmt: skip
    what.add_argument("--dry-run", action="store_true", help="only check the data, and say what the run needs and takes")
    how = parser.add_argument_group("how")
    names = "; ".join(f"{name}: {recipe.about}" for name, recipe in RECIPES.items())
    how.add_argument("--recipe", metavar="NAME", help=f"named settings (default: compact). {names}")
    how.add_argument("--steps", type=int, help="optimiser steps in all (default: the recipe's)")
    how.add_argument("--seed", type=int, help="of weights and crops (default: 0)")
    how.add_argument("--batch", type=int, help="crops a step, over all processes")
    how.add_argument("--crop", type=int, metavar="SIDE", help="no side of a crop longer than this")
    how.add_argument("--accumulate", type=int, metavar="N", help="take the crops of a step in N parts, to save memory")
    how.add_argument("--fit", action="store_true", help="make crops or parts smaller until a step fits into memory")
    how.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                     help="change a value of the recipe, such as gan=hinge, pool=50 or learning_rate=1e-4")  # fmt: skip
    how.add_argument("--vgg", metavar="FILE",
                     help="VGG weights for the perceptual loss; 'download' fetches VGG19 once (575 MB), "
                     "'none' trains without")  # fmt: skip
    how.add_argument("--teacher", type=Path, metavar="MODEL", help="learn what this larger model paints")
    how.add_argument("--start-from", metavar="RUN|MODEL",
                     help="begin with what another run or a model file learnt, not with random weights; "
                     "'default' is the default model")  # fmt: skip
    where = parser.add_argument_group("where")
    where.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    where.add_argument("--deterministic", action="store_true", help="bit-identical runs, a little slower")
    where.add_argument("--save-every", type=int, default=200, metavar="N", help="steps between checkpoints (200)")
    where.add_argument("--sample-every", type=int, default=200, metavar="N", help="steps between pictures, 0 for none (200)")
    where.add_argument("--progress", choices=("bar", "json", "plain"), default="bar",
                       help="json: an event a line, for other programs")  # fmt: skip
    return parser


def main(argv: list[str]) -> int:
    """Run the command; 0 when the run finished or was stopped, 2 with a sentence when it can't go on."""
    options = parser().parse_args(argv)
    from core.training import distributed
    from core.training.reporting import reporter

    report = reporter(options.progress)
    try:
        options.device = distributed.start(options.device)
        return _train(options, report)
    except VedutaError as error:
        # A run that had begun has already told of its failure.
        if not report.failed:
            report({"event": "failed", "sentence": str(error), "smaller": getattr(error, "smaller", {})})
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        report.close()
        distributed.stop()


def _train(options: argparse.Namespace, report) -> int:
    if options.recipes:
        return _list_recipes(options, report)
    if options.out is None:
        raise TrainingError("Say where the run goes: --out FOLDER.")
    from core.training.distributed import barrier, is_writer
    from core.training.run_folder import STARTING, RunFolder

    folder = RunFolder(options.out)
    before = None
    if is_writer() and not options.dry_run:
        folder.lock()
        # A run that lies there already, and was not meant, is to stand as it did.
        another = folder.run.is_file() and folder.state.is_file() and not options.resume
        before = folder.state.read_bytes() if another else b""
        folder.take_commands()  # what was meant for an earlier process; from now on they are for this one
        folder.mark(STARTING)
        report.record(folder.events)
    try:
        from core.training.prepare import open_run  # torch takes seconds; the folder is claimed by then

        try:
            run = open_run(options, folder, report)
        except VedutaError as error:
            if before is not None:
                _take_back(folder, before, str(error))
            raise
        if options.dry_run:
            return 0
        barrier()
        run.session(report).run()
        return 0
    finally:
        folder.unlock()


def _list_recipes(options: argparse.Namespace, report) -> int:
    from core.data.label_file import read_label_set
    from core.training.estimate import estimates
    from core.training.duration import duration

    for found in estimates(read_label_set(options.labels_json), options.device):
        memory, seconds = found["memory"] / 2**30, duration(found["seconds"])
        fits = "" if found["fits"] else " That is more memory than is free here."
        report({
            "event": "recipe", **found,
            "sentence": f"{found['name']}: {found['about']}. {found['steps']:,} steps need about {memory:.1f} GB of memory "
                        f"and {seconds} here.{fits}",
        })  # fmt: skip
    return 0


def _take_back(folder, before: bytes, sentence: str) -> None:
    """Say that a run could not begin, or put back ``before``, what was said of another one."""
    from core.atomic import replacing
    from core.training.run_folder import FAILED

    if not before:
        folder.mark(FAILED, sentence)
        return
    with replacing(folder.state) as file:
        file.write(before)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
