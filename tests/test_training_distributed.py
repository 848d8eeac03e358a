"""Two real processes (gloo) train as one does with the same global batch."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.data.crops import CropSettings, _sample_index, make_batch
from core.data.samples import find_samples
from core.errors import TrainingError
from core.labels import STREETS
from core.training.checkpoint import load_checkpoint
from core.training.distributed import rank_and_world
from core.training.recipes import recipe_named
from tests.training_data import make_data_set, processes

STEPS = 20


def _recipe():
    # pix2pixHD's own learning rate: at a larger one Adam makes rounding errors grow within these steps.
    recipe = recipe_named("tiny", pool=2, perceptual_layers=("relu1_1",), learning_rate=2e-4)
    return replace(recipe.cropped(64).batched(4), steps=STEPS)


def _vgg():
    from core.networks.vgg import VGGFeatures

    torch.manual_seed(1)
    vgg = VGGFeatures("vgg16")
    for parameter in vgg.parameters():
        if parameter.ndim == 4:
            torch.nn.init.kaiming_normal_(parameter)
    return vgg


def _train(data: str, out: str, rank: int, world: int, port: int) -> None:
    os.environ.update(
        RANK=str(rank), WORLD_SIZE=str(world), LOCAL_RANK=str(rank), MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port)
    )  # fmt: skip
    torch.set_num_threads(1)
    from core.training import distributed
    from core.training.trainer import Trainer

    distributed.start("cpu")
    recipe = replace(_recipe(), pool=0) if "plain" in out else replace(_recipe(), steps=3)
    folder = Path(out) / f"of{world}"
    trainer = Trainer(recipe, find_samples(data), folder, seed=5, device="cpu", vgg=_vgg())
    trainer.gradients(trainer.batch_at(0))
    networks = (trainer.networks.generating, trainer.networks.discriminator)
    gradients = [p.grad.clone() for m in networks for p in m.parameters()]
    trainer.pool._items.clear()
    losses = [report.losses for report in trainer.run()]
    trainer.save()
    torch.save({"gradients": gradients, "losses": losses}, Path(out) / f"result_{world}_{rank}.pt")
    again = Trainer(recipe, find_samples(data), folder, seed=5, device="cpu", vgg=_vgg())
    assert again.step == recipe.steps and len(again.pool._items) == len(trainer.pool._items)
    for ours, theirs in zip(again.pool._items, trainer.pool._items):
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs))
    distributed.stop()


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def _run(data: Path, out: Path, world: int) -> list[dict]:
    port = _free_port()
    started = [
        processes().Process(target=_train, args=(str(data), str(out), rank, world, port)) for rank in range(world)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join(150)
        assert process.exitcode == 0
    return [torch.load(out / f"result_{world}_{rank}.pt", weights_only=True) for rank in range(world)]


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no distributed part")
def test_two_processes_train_as_one_does(tmp_path):
    data = make_data_set(tmp_path / "data")
    out = tmp_path / "plain"
    (one,) = _run(data, out, 1)
    two = _run(data, out, 2)
    for a, b, c in zip(one["gradients"], two[0]["gradients"], two[1]["gradients"]):
        assert torch.equal(b, c)
        torch.testing.assert_close(a, b, rtol=0, atol=1e-5 * max(1.0, float(a.abs().max())))
    assert len(one["losses"]) == len(two[0]["losses"]) == STEPS
    for name, value in one["losses"][-1].items():
        assert two[0]["losses"][-1][name] == pytest.approx(value, abs=1e-3)
        assert two[0]["losses"][-1][name] == two[1]["losses"][-1][name]
    states = [load_checkpoint(out / f"of{world}") for world in (1, 2)]
    assert states[0]["step"] == states[1]["step"] == STEPS


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no distributed part")
def test_each_process_keeps_its_own_history_pool(tmp_path):
    data = make_data_set(tmp_path / "data")
    _run(data, tmp_path / "pooled", 2)  # the processes compare their pools before and after a resume
    state = load_checkpoint(tmp_path / "pooled" / "of2")
    assert len(state["pools"]) == 2 and all(len(pool["items"]) == 2 for pool in state["pools"])


def _run_command(words: list[str], rank: int, port: int, said: str) -> None:
    os.environ.update(
        RANK=str(rank), WORLD_SIZE="2", LOCAL_RANK=str(rank), MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port)
    )  # fmt: skip
    torch.set_num_threads(1)
    from core.training.command import main

    with open(said, "w", encoding="utf-8") as sys.stderr:
        status = main(words)
    sys.exit(status)


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no distributed part")
def test_a_photograph_that_another_process_than_the_writer_cannot_read_is_named(tmp_path):
    data, count, port = make_data_set(tmp_path / "data", 40), 40, _free_port()
    decoded = {i * count // 16 for i in range(16)}  # by the check at the start
    # Crops 1, 3, ... are the second process's; the first few are read to measure the speed, too.
    order = [_sample_index(count, 0, number) for number in range(count)]
    broken = data / "train_img" / f"{next(i for i in order[9::2] if i not in decoded):03}.png"
    broken.write_bytes(broken.read_bytes()[:400])
    words = ["--data", data, "--out", tmp_path / "run", "--recipe", "tiny", "--crop", "64", "--steps", "40", "--vgg", "none",
             "--device", "cpu", "--progress", "plain", "--sample-every", "0"]  # fmt: skip
    said = [tmp_path / f"said_{rank}.txt" for rank in range(2)]
    started = [
        processes().Process(target=_run_command, args=([str(word) for word in words], rank, port, str(said[rank])))
        for rank in range(2)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join(150)
    assert started[0].exitcode and started[1].exitcode == 2
    assert said[1].read_text(encoding="utf-8").count(f"error: {broken.name} can't be read as a picture; copy it again.\n") == 1


def test_shares_make_up_the_whole_batch(tmp_path):
    samples = find_samples(make_data_set(tmp_path / "data"))
    settings = CropSettings((32, 32), (64, 128))
    whole = make_batch(samples, settings, STREETS, 0, 3, 4)
    shares = [make_batch(samples, settings, STREETS, 0, 3, 4, rank, 2) for rank in (0, 1)]
    for rank, share in enumerate(shares):
        for ours, theirs in zip(vars(share).values(), vars(whole).values()):
            assert torch.equal(ours, theirs[rank::2])


def test_a_batch_that_cannot_be_shared_is_refused(tmp_path, monkeypatch):
    from core.training.trainer import Trainer

    samples = find_samples(make_data_set(tmp_path / "data"))
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert rank_and_world() == (0, 3)
    with pytest.raises(TrainingError, match="3 processes can't share a batch of 2 crops; add --batch 3"):
        Trainer(recipe_named("tiny"), samples, None, device="cpu")
