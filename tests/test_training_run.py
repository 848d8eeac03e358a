"""Runs as a person meets them: commands, logs, pictures, memory, a teacher."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from core.appearance import CodeBook
from core.data.samples import find_maps, find_samples
from core.errors import BadImageError, TrainingError
from core.labels import STREETS
from core.memory import is_out_of_memory
from core.models.model_file import Model, load_model, make_card, save_model
from core.models.registry import build
from core.rendering.renderer import Renderer
from core.scene.files import write_png
from core.training.checkpoint import load_checkpoint
from core.training.canvas_map import CANVAS_INSTANCES, CANVAS_LABELS
from core.training.command import main
from core.training.log import RunLog, read_log, recent_seconds
from core.training.loss_log import read_loss_log
from core.training.memory import OutOfMemory
from core.training.plan import probe
from core.training.previews import Previews
from core.training.recipes import recipe_named
from core.training.run_folder import PAUSED, RunFolder, list_runs
from core.training.session import Session
from core.training.teacher import Teacher
from core.training.trainer import Report, Trainer
from tests.conftest import ROOT
from tests.training_data import LONG, make_data_set, scene

SMALL = recipe_named("tiny").cropped(64)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = make_data_set(tmp_path_factory.mktemp("data"))
    return make_data_set(folder, 2, split="val")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def session(data, out, steps=6, **options):
    """A session, and the list into which its events go."""
    events: list[dict] = []
    trainer = Trainer(replace(SMALL, steps=steps), find_samples(data), out, device="cpu")
    folder = RunFolder(out)
    folder.write_settings({"recipe": {"name": "tiny", "steps": steps}, "seed": 0, "data": []})
    return Session(trainer, folder, events.append, **options), events


def options(*more):
    small = ["--recipe", "tiny", "--crop", "64", "--device", "cpu", "--vgg", "none", "--progress", "json"]
    return [*small, *map(str, more)]


# --- commands ---------------------------------------------------------------


def test_a_run_saves_samples_and_finishes(data, tmp_path):
    previews = Previews(find_maps(data, "val"), STREETS, 64, 16)
    running, events = session(data, tmp_path, save_every=3, sample_every=2, previews=previews)
    assert running.run() == "finished"
    kinds = [event["event"] for event in events]
    assert kinds[:2] == ["started", "sampled"] and kinds[-2:] == ["model", "finished"]
    assert (kinds.count("step"), kinds.count("saved"), kinds.count("sampled")) == (6, 2, 4)
    for event in events:
        json.dumps(event)
        assert event["steps"] == 6
    info = RunFolder(tmp_path).info()
    assert (info.state, info.step, info.steps, info.seconds_left) == ("finished", 6, 6, 0)
    picture = cv2.imread(str(tmp_path / "samples" / "step_00000006.png"))[..., ::-1]
    assert picture.shape == (64, 192, 3)  # two maps; labels, rendering, photograph
    assert np.array_equal(picture[:32, :64][0, 0], STREETS[23].colour)
    assert not np.array_equal(picture[:32, 64:128], cv2.imread(str(tmp_path / "samples" / "step_00000000.png"))[:32, 64:128, ::-1])
    assert list((tmp_path / "tensorboard").iterdir())


def test_a_running_run_obeys_what_is_written_into_its_folder(data, tmp_path):
    folder = RunFolder(tmp_path)
    running, events = session(data, tmp_path, steps=5000, save_every=0, sample_every=0)
    listen = events.append

    def listener(event):
        listen(event)
        if event["event"] == "step" and event["step"] == 1:
            folder.send("pause")
            folder.send("save")
        elif event["event"] == "paused":
            assert folder.info().state in (PAUSED, "interrupted")
            threading.Timer(0.3, lambda: [folder.send("model"), folder.send("resume")]).start()
        elif event["event"] == "resumed":
            folder.send("stop")

    running._listener = listener
    assert running.run() == "stopped"
    kinds = [event["event"] for event in events]
    first = kinds.index("step")
    assert kinds[first:] == ["step", "paused", "saved", "model", "resumed", "model", "stopped"]
    assert load_model(tmp_path / "model.safetensors").card.provenance["steps"] == 1
    with pytest.raises(TrainingError, match="can't be told 'explode'"):
        folder.send("explode")


def test_what_is_said_while_a_run_starts_is_obeyed(data, tmp_path):
    """Said to an earlier process it is not; said once the folder is this one's, it is."""
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    folder.send("stop")
    run = subprocess.Popen(
        [sys.executable, "main.py", "train", *options("--data", data, "--out", folder.path, "--steps", 5000, "--sample-every", 0)],
        cwd=ROOT, stdout=subprocess.DEVNULL,
    )
    try:
        while not folder.state.is_file() or json.loads(folder.state.read_text())["state"] != "starting":
            assert run.poll() is None
        assert not folder.control.exists(), "what an earlier process was told is gone"
        folder.send("save")
        folder.send("stop")
        assert run.wait(300) == 0
    finally:
        run.kill()
    assert folder.info().state == "stopped" and folder.info().step < 5000


def test_a_photograph_that_cant_be_read_costs_no_steps(tmp_path):
    data = make_data_set(tmp_path / "data", 3)
    running, events = session(data, tmp_path / "run", steps=500, save_every=0, sample_every=0)
    taken = running.trainer.step

    def listener(event):
        events.append(event)
        if event["event"] == "step" and event["step"] == 4:
            for path in (data / "train_img").iterdir():
                path.write_bytes(path.read_bytes()[:200])

    running._listener = listener
    with pytest.raises(BadImageError):
        running.run()
    info = RunFolder(tmp_path / "run").info()
    assert info.state == "failed" and "can't be read as a picture" in info.message and info.step > taken
    assert load_checkpoint(tmp_path / "run")["step"] == info.step >= 4


def test_a_model_says_on_which_day_it_was_finished(data, tmp_path, monkeypatch):
    running, _ = session(data, tmp_path, steps=2, sample_every=0)
    days = iter(("2026-01-01", "2026-01-02"))
    monkeypatch.setattr("core.training.session.time.strftime", lambda form: next(days))
    running._write_model()
    running.run()
    assert load_model(tmp_path / "model.safetensors").card.provenance["finished"] == "2026-01-02"


def test_a_resumed_run_keeps_its_seed_and_says_so(data, tmp_path, capsys):
    out = tmp_path / "run"
    assert main(options("--data", data, "--out", out, "--steps", 2, "--seed", 4, "--sample-every", 0)) == 0
    assert main(options("--out", out, "--resume", "--steps", 3, "--seed", 5, "--sample-every", 0)) == 2
    assert "This run's seed is 4" in capsys.readouterr().out
    assert main(options("--out", out, "--resume", "--steps", 3, "--seed", 4, "--sample-every", 0)) == 0


def test_no_command_is_lost_while_others_are_taken(tmp_path):
    folder, count = RunFolder(tmp_path), 2000

    def send():
        for _ in range(count):
            RunFolder(tmp_path).send("save")

    senders = [threading.Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    taken = []
    while any(sender.is_alive() for sender in senders):
        taken += folder.take_commands()
    taken += folder.take_commands()
    assert taken == 2 * count * ["save"]


def test_one_process_at_a_time_has_a_folder(data, tmp_path):
    folder = RunFolder(tmp_path)
    folder.lock()
    assert folder.is_alive()
    assert main(options("--data", data, "--out", tmp_path)) == 2
    folder.unlock()
    assert not RunFolder(tmp_path).is_alive()


def test_runs_are_listed_and_broken_ones_passed_over(data, tmp_path):
    session(data, tmp_path / "one", steps=1, sample_every=0)[0].run()
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "run.json").write_text("{")
    (found,) = list_runs(tmp_path)
    assert (found.folder.name, found.state, found.model) == ("one", "finished", tmp_path / "one" / "model.safetensors")


def test_the_command_extends_a_finished_run(data, tmp_path, capsys):
    out = tmp_path / "run"
    assert main(options("--data", data, "--out", out, "--steps", 2, "--sample-every", 0)) == 0
    assert main(options("--data", data, "--out", out, "--steps", 2)) == 2
    assert "add --resume" in capsys.readouterr().out
    assert main(options("--out", out, "--resume", "--steps", 6, "--sample-every", 0)) == 0
    log = read_log(out / "log.jsonl")
    assert [entry["step"] for entry in log] == [1, 2, 3, 4, 5, 6]
    assert log[2]["rate"] == log[0]["rate"] > log[5]["rate"]
    assert RunFolder(out).read_settings()["recipe"]["bends"] == [[2, 2]]
    assert load_model(out / "model.safetensors").card.provenance["steps"] == 6


def test_the_command_begins_with_what_another_run_learnt(data, tmp_path, capsys):
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(options("--data", data, "--out", first, "--steps", 2, "--sample-every", 0)) == 0
    begun = ["--data", data, "--out", second, "--steps", 2, "--sample-every", 0, "--start-from", first / "model.safetensors"]
    assert main(options(*begun)) == 0
    assert load_model(second / "model.safetensors").card.provenance["started_from"] == {"name": "first", "steps": 2}
    assert main(options("--out", second, "--resume", "--start-from", first)) == 2
    assert "leave --start-from out" in capsys.readouterr().out
    assert main(options("--out", second, "--resume", "--steps", 3, "--sample-every", 0)) == 0, "the first run is not needed"


def test_a_run_begun_with_a_model_warms_up_and_one_with_a_judge_does_not(data, tmp_path):
    first = tmp_path / "first"
    assert main(options("--data", data, "--out", first, "--steps", 1, "--sample-every", 0)) == 0
    for start, warm_up in ((first / "model.safetensors", 2), (first, 0)):
        out = tmp_path / f"warmed {warm_up}"
        assert main(options("--data", data, "--out", out, "--steps", 20, "--sample-every", 0, "--start-from", start)) == 0
        assert RunFolder(out).read_settings()["recipe"]["warm_up"] == warm_up
        rates = [entry["rate"] for entry in read_log(out / "log.jsonl")]
        assert rates[1] == rates[2] and rates[0] == pytest.approx(rates[1] / 2 if warm_up else rates[1])


@pytest.mark.parametrize(
    "more, sentence",
    [
        (["--resume"], "holds no run to resume"),
        (["--recipe", "huge", "--data", "DATA"], "There is no recipe 'huge'"),
        ([], "--data FOLDER"),
        (["--data", "DATA", "--crop", "72"], "multiples of 16"),
        (["--data", "DATA", "--vgg", "nowhere.pth"], "There are no VGG weights"),
        (["--data", "DATA", "--set", "gan=wgan"], "choose lsgan or hinge"),
        (["--data", "DATA", "--set", "perceptual_form=l2"], "choose absolute or direction"),
        (["--data", "DATA", "--steps", "-3"], "too small"),
        (["--data", "DATA", "--start-from", "nowhere.safetensors"], "nowhere.safetensors"),
        (["--data", "DATA", "--start-from", "default"], "another kind of network"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_written(data, tmp_path, capsys, more, sentence):
    more = [str(data) if option == "DATA" else option for option in more]
    assert main(options("--out", tmp_path / "run", *more)) == 2
    assert sentence in capsys.readouterr().out
    assert not (tmp_path / "run" / "run.json").exists()


def test_bad_data_stops_the_run_before_it_starts(tmp_path, capsys):
    data = make_data_set(tmp_path / "data", 2)
    write_png(data / "train_label" / "001.png", np.full((64, 128), 250, np.uint8))
    assert main(options("--data", data, "--out", tmp_path / "run")) == 2
    assert "Label 250" in json.loads(capsys.readouterr().out.splitlines()[-1])["sentence"]


def test_a_dry_run_says_what_it_takes_and_writes_nothing(data, tmp_path, capsys):
    assert main(options("--data", data, "--out", tmp_path / "run", "--dry-run")) == 0
    said = capsys.readouterr().out
    assert "400 steps on 4 photographs" in said and "GB of memory" in said and "s a step" in said
    assert "No photograph is 256 pixels wide" in said
    assert not (tmp_path / "run").exists()


def test_the_options_need_no_torch():
    code = (
        "import sys; sys.modules['torch'] = sys.modules['cv2'] = None\n"
        "from core.training.command import parser; parser().format_help()\n"
        "import core.training.run_folder, core.training.log, core.training.loss_log, core.training.distributed\n"
        "from core.data.command import parser; parser()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.skipif(os.name != "posix", reason="how a pipe breaks is POSIX's")
def test_a_run_goes_on_when_nobody_listens_any_longer(data, tmp_path):
    more = options("--data", data, "--out", tmp_path / "run", "--steps", 3, "--sample-every", 0)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen(
        [sys.executable, "-m", "core.training.command", *more], cwd=ROOT, stdout=subprocess.PIPE, env=environment
    )
    child.stdout.close()
    assert child.wait(LONG) == 0
    assert RunFolder(tmp_path / "run").info().state == "finished"


# --- logs -------------------------------------------------------------------


def test_a_log_forgets_steps_that_were_not_kept(tmp_path):
    log = RunLog(tmp_path, 0)
    for step in range(1, 6):
        log.write(Report(step, {"gan": step / 2}, 0.1, 2.0))
    log.close()
    with open(tmp_path / "log.jsonl", "a") as file:
        file.write('{"step": 6, "ga')
    assert len(read_log(tmp_path / "log.jsonl")) == 5
    log = RunLog(tmp_path, 3)
    log.write(Report(4, {"gan": 9.0}, 0.1, 4.0))
    log.close()
    assert [(e["step"], e["gan"]) for e in read_log(tmp_path / "log.jsonl")] == [(1, 0.5), (2, 1.0), (3, 1.5), (4, 9.0)]
    assert recent_seconds(tmp_path / "log.jsonl") == 2.0


def test_nvidias_loss_log_is_read(tmp_path):
    lines = ["================ Training Loss (Thu Dec 14 10:00:00 2017) ================"]
    # 250 photographs an epoch, printed whenever the photographs in all are a multiple of 100.
    for total in range(100, 1001, 100):
        epoch, iters = (total - 1) // 250 + 1, (total - 1) % 250 + 1
        lines.append(f"(epoch: {epoch}, iters: {iters}, time: 0.334) G_GAN: {total / 1000:.3f} G_VGG: 2.500 ")
    lines.append("(epoch: 5, iters: 10")
    path = tmp_path / "loss_log.txt"
    path.write_text("\n".join(lines) + "\n")
    points = read_loss_log(path)
    assert [p["step"] for p in points] == list(range(100, 1001, 100))
    assert points[3] == {"step": 400, "epoch": 2, "seconds": 0.334, "G_GAN": 0.4, "G_VGG": 2.5}
    path.write_text("nothing\n")
    with pytest.raises(TrainingError, match="no line of losses"):
        read_loss_log(path)


# --- memory -----------------------------------------------------------------


def test_running_out_of_memory_is_explained_and_offers_less(data, tmp_path):
    running, events = session(data, tmp_path, steps=5000, save_every=1, sample_every=0)
    trainer = running.trainer

    def hungry(batch):
        if trainer.step == 2:
            torch.empty(1 << 58, dtype=torch.uint8)  # PyTorch's own error, from a size that no machine has
        return type(trainer).train_step(trainer, batch)

    trainer.train_step = hungry
    with pytest.raises(OutOfMemory, match=r"too little memory for 2 crops of 64x64 .* --resume --accumulate 2"):
        running.run()
    assert events[-1]["event"] == "failed" and events[-1]["smaller"] == {"accumulate": 2}
    info = RunFolder(tmp_path).info()
    assert info.state == "failed" and "too little memory" in info.message
    assert Trainer(replace(SMALL, steps=5000), find_samples(data), tmp_path, device="cpu").step == 2


def test_what_is_out_of_memory():
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 58, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(RuntimeError("could not create a primitive"))
    assert not is_out_of_memory(RuntimeError("shapes differ")) and not is_out_of_memory(ValueError("out of memory"))


def test_a_step_that_would_not_fit_is_not_tried(data, monkeypatch):
    tried = []

    def make(recipe, step):
        tried.append(recipe.phases[0].size)
        return Trainer(recipe, find_samples(data), None, device="cpu", first_step=step)

    recipe = replace(recipe_named("tiny").cropped(128), steps=4)
    plan = probe(recipe, make)
    assert plan.seconds[0] > 0 and plan.left == pytest.approx(4 * plan.seconds[0])
    monkeypatch.setattr("core.training.plan.available_bytes", lambda device: 1)
    with pytest.raises(OutOfMemory, match="start with --accumulate 2"):
        monkeypatch.setattr("core.training.plan.peak_bytes", lambda device, counter=iter(range(0, 1 << 40, 1 << 30)): next(counter))
        probe(recipe, make)


# --- pictures and teachers ----------------------------------------------------


def test_the_map_on_the_canvas_is_rendered_too(data, tmp_path):
    labels, instances = scene(9, 96, 48)[1:]
    write_png(tmp_path / CANVAS_LABELS, labels)
    write_png(tmp_path / CANVAS_INSTANCES, instances)
    trainer = Trainer(SMALL, find_samples(data), None, device="cpu")
    assert Previews([], STREETS, 64, 16).write(trainer, tmp_path) is None
    assert cv2.imread(str(tmp_path / "samples" / "canvas_00000000.png")).shape == (48, 96, 3)
    (tmp_path / CANVAS_LABELS).write_bytes(b"half a PNG")
    Previews([], STREETS, 64, 16).write(trainer, tmp_path)


def teacher_model(folder, encoder=True):
    torch.manual_seed(4)
    generator = ("compact", {"label_count": len(STREETS), "code_dim": 6, "widths": [8, 8, 8, 8], "blocks": [1, 1, 1]})
    described = ("compact_encoder", {"code_dim": 6, "width": 4}) if encoder else None
    book = CodeBook(6, {26: np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)}, {26: np.ones(4, np.int64)})
    card = make_card("teacher", generator, described, STREETS, 6, (64, 32))
    built = build(*generator)
    torch.nn.init.normal_(built.head.weight, std=0.5)
    save_model(folder / "teacher.safetensors", Model(built, build(*described) if encoder else None, card, book, STREETS))
    return load_model(folder / "teacher.safetensors")


def test_a_teachers_pictures_are_what_the_renderer_shows(data, tmp_path):
    model = teacher_model(tmp_path, encoder=False)
    trainer = Trainer(SMALL, find_samples(data), None, device="cpu")
    batch = trainer.batch_at(0)
    teacher = Teacher(model, STREETS, torch.device("cpu"), seed=0)
    taught = teacher(batch, [0, 1])
    again = teacher(batch, [0, 1])
    assert torch.equal(taught.photograph, again.photograph) and torch.equal(taught.labels, batch.labels)
    assert not torch.equal(teacher(batch, [2, 3]).photograph, taught.photograph)  # other looks
    instances = batch.instances[0].numpy().astype(np.uint16)
    labels = np.array(STREETS.ids, np.uint8)[batch.labels[0].numpy()]
    seed = int(np.random.default_rng((0, 3, 0)).integers(1 << 31))
    codes = model.code_book.random_codes(np.unique(instances), seed)
    shown = Renderer(model, "cpu").render(labels, instances, codes)
    painted = ((taught.photograph[0] * 127.5 + 128).clamp(0, 255).byte()).permute(1, 2, 0).numpy()
    assert np.abs(shown.astype(int) - painted).max() <= 1


def test_a_student_comes_to_paint_like_its_teacher(data, tmp_path):
    teacher_model(tmp_path)
    out = tmp_path / "run"
    assert main(options("--data", data, "--out", out, "--teacher", tmp_path / "teacher.safetensors", "--steps", 40,
                        "--sample-every", 0)) == 0  # fmt: skip
    log = read_log(out / "log.jsonl")
    assert np.mean([e["pixel"] for e in log[-5:]]) < 0.7 * np.mean([e["pixel"] for e in log[:5]])
    assert load_model(out / "model.safetensors").card.provenance["teacher"] == "teacher.safetensors"
