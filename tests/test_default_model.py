"""The one command behind the default model: what it runs, and that it goes on where it was stopped."""

from __future__ import annotations

import importlib.util
import json

import pytest

from core.commands import default_model
from core.commands.default_model import STREETS, stages
from core.commands.dispatch import COMMANDS
from core.errors import TrainingError
from core.models.model_file import load_model
from core.streets.dataset import paths_of, split_of, write_frame
from tests.conftest import ROOT
from tests.training_data import scene


class Frame:
    """A frame as the renderer gives it."""

    def __init__(self, number: int, size: tuple[int, int]):
        self.photograph, self.labels, self.instances = scene(number, *size)


def test_its_stages_are_commands_in_the_right_order(tmp_path, capsys):
    found = stages(tmp_path, "download")
    assert [stage.command for stage in found] == ["streets", "streets", "train", "evaluate"]
    assert all(stage.command in COMMANDS for stage in found)
    assert default_model.main(["--out", str(tmp_path), "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == [stage.line for stage in found]
    assert not any(tmp_path.iterdir())
    # Every option is one that its command knows.
    train, evaluate = found[2:]
    importlib.import_module("core.training.command").parser().parse_args(train.arguments)
    importlib.import_module("core.evaluation.command")._parser().parse_args(evaluate.arguments)


def test_the_readme_names_it():
    readme = (ROOT / "README.md").read_text()
    assert "python3 main.py default-model --out" in readme


@pytest.mark.parametrize("arguments", (("--steps", "0"), ("--share", "0"), ("--share", "1.5")))
def test_impossible_requests_are_refused(tmp_path, arguments):
    with pytest.raises(TrainingError):
        default_model.main(["--out", str(tmp_path), *arguments])


@pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="Blender's module bpy is not installed")
def test_it_goes_on_with_what_is_there_to_a_measured_model(tmp_path):
    """Streets that lie there already are passed over; training and measuring are real."""
    share = 0.02
    for folder, count, size, seed, _ in STREETS:
        frames = max(round(count * share), 8)
        for number in range(frames):
            street = seed + number // 4
            frame = Frame(number, tuple(int(side) for side in size.split("x")))
            write_frame(frame, paths_of(tmp_path / folder, street, number % 4, jpeg=True), True)
    # However few streets are asked for, one is held out.
    assert [split_of(STREETS[-1][3] + number) for number in range(2)] == ["train", "val"]
    arguments = ["--out", str(tmp_path), "--share", str(share), "--steps", "2", "--vgg", "none", "--judge-steps", "0"]
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.jpg")}
    assert default_model.main(arguments) == 0
    model = tmp_path / "run" / "model.safetensors"
    card = load_model(model).card
    assert card.provenance["steps"] == 2 and card.metrics["frames"] == 4 and card.metrics["psnr_db"] > 3
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["scores"]["frames"] == 4
    # The same line again, asked for more: nothing is rendered anew, training goes on.
    arguments[arguments.index("2")] = "3"
    assert default_model.main(arguments) == 0
    assert load_model(model).card.provenance["steps"] == 3
    assert default_model.main(arguments) == 0 and load_model(model).card.metrics["frames"] == 4, "nor does it mind being done"
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("streets_*/**/*.jpg")} == written
