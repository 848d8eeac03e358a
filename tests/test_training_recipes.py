"""Recipes: the table, schedules that stay honest, stages of pix2pixHD's training."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from core.data.crops import Batch
from core.data.samples import find_samples, read_sample, suited
from core.errors import TrainingError
from core.models.model_file import load_model, save_model
from core.training.finish import finished_model
from core.training.memory import smaller, with_setting
from core.training.networks import Networks, generator_of
from core.training.plan import _steps_left, promise, scarce
from core.training.recipes import RECIPES, Recipe, recipe_from_json, recipe_named, recipe_to_json
from core.training.run_folder import RunFolder
from core.training.schedule import ENHANCER, GLOBAL, WHOLE, Phase
from core.training.step import Step
from core.training.trainer import Trainer
from core.training.warm import Start, adopt, read_start
from core.labels import CITYSCAPES, STREETS, LabelSet, label_set_to_json
from tests.training_data import make_data_set

#: pix2pixHD's three stages with networks of a few channels.
STAGED = replace(
    recipe_named("pix2pixhd-2048"),
    generator=("pix2pixhd_local", {"width": 2, "downsamples": 1, "blocks": 1, "enhancers": 1, "local_blocks": 1}),
    encoder=("pix2pixhd_encoder", {"width": 2, "downsamples": 1}),
    discriminator=(4, 1, 2),
    phases=(
        Phase(share=0.5, widths=(64, 64), crop=32, batch=1, trains=GLOBAL),
        Phase(share=0.25, widths=(128, 128), crop=32, batch=1, trains=ENHANCER, fresh_rate=True),
        Phase(share=0.25, widths=(128, 128), crop=32, batch=1),
    ),
    steps=8,
)


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return find_samples(make_data_set(tmp_path_factory.mktemp("data")))


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {k: v.clone() for k, v in trainer.networks.generator.state_dict().items()}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_every_recipe_survives_json_and_fits_its_networks(recipe):
    assert recipe_from_json(json.loads(json.dumps(recipe_to_json(recipe)))) == recipe
    assert sum(phase.share for phase in recipe.phases) == pytest.approx(1)
    with torch.device("meta"):
        from core.models.registry import build

        for phase in recipe.phases:
            generator = build(*generator_of(recipe, STREETS, phase.trains))
            assert all(side % generator.multiple == 0 for side in phase.size)


def test_the_published_recipe_is_in_the_table():
    whole = RECIPES["pix2pixhd-2048"]
    assert [phase.trains for phase in whole.phases] == [GLOBAL, ENHANCER, WHOLE]
    assert (whole.discriminator, whole.feature_weight, whole.perceptual_weight) == ((64, 3, 3), 10, 10)
    assert (whole.learning_rate, whole.betas, whole.gan) == (2e-4, (0.5, 0.999), "lsgan")


def test_the_rate_is_constant_then_falls_to_zero():
    recipe = recipe_named("tiny", steps=100, learning_rate=1.0)
    rates = [recipe.rate_at(step) for step in range(100)]
    assert rates[:51] == [1.0] * 51
    assert rates[75] == pytest.approx(0.5)
    assert rates[99] == pytest.approx(0.02) and recipe.rate_at(100) == 0


def test_a_warm_up_raises_the_generators_rate_from_nothing():
    recipe = recipe_named("tiny", steps=100, learning_rate=1.0, warm_up=10)
    assert [recipe.rate_at(step) for step in (0, 4, 9, 10, 50)] == pytest.approx([0.1, 0.5, 1.0, 1.0, 1.0])
    assert recipe.place_at(0).factor == 1.0, "D's rate"
    assert recipe_from_json(recipe_to_json(recipe)) == recipe


def test_a_stage_may_begin_a_new_cycle_of_the_rate():
    rates = [replace(STAGED, steps=80, learning_rate=1.0).rate_at(step) for step in range(80)]
    assert rates[39] < 0.1 and rates[40] == 1.0 and rates[79] < 0.1
    assert rates[59] == 1.0  # the third phase goes on with the second one's cycle


def test_making_an_unfinished_run_longer_stretches_what_is_left():
    recipe = recipe_named("tiny", steps=100, learning_rate=1.0)
    longer = recipe.lasting(175, done=75)
    assert [longer.rate_at(s) for s in range(75)] == [recipe.rate_at(s) for s in range(75)]
    assert longer.rate_at(75) == pytest.approx(recipe.rate_at(75))
    assert longer.rate_at(125) == pytest.approx(0.25) and longer.rate_at(175) == 0
    assert recipe.lasting(100, done=75) is recipe
    assert recipe.lasting(150, done=0) == replace(recipe, steps=150)


def test_a_finished_run_made_longer_begins_a_new_cycle_in_its_last_phase():
    longer = replace(STAGED, learning_rate=1.0).lasting(18, done=8)
    assert longer.phase_at(8) == STAGED.phases[-1] == longer.phase_at(17)
    assert [longer.phase_at(s).trains for s in range(8)] == [STAGED.phase_at(s).trains for s in range(8)]
    assert longer.rate_at(8) == 1.0 and longer.rate_at(12) == 1.0 and longer.rate_at(17) == pytest.approx(0.2)
    again = recipe_from_json(json.loads(json.dumps(recipe_to_json(longer.lasting(30, done=13)))))
    assert again.rate_at(12) == longer.rate_at(12) and again.rate_at(7) == longer.rate_at(7)
    assert again.rate_at(13) == pytest.approx(longer.rate_at(13)) and again.rate_at(30) == 0


def test_a_run_can_be_cut_short_but_not_below_what_is_done():
    shorter = recipe_named("tiny", steps=100).lasting(80, done=60)
    assert shorter.rate_at(79) < shorter.rate_at(60) and shorter.rate_at(80) == 0
    with pytest.raises(TrainingError, match="60 steps already"):
        shorter.lasting(50, done=60)


def test_single_values_can_be_set_and_others_are_refused_in_a_sentence():
    recipe = recipe_named("tiny").set(["gan=hinge", "pool=7", "learning_rate=1e-4"])
    assert (recipe.gan, recipe.pool, recipe.learning_rate) == ("hinge", 7, 1e-4)
    for wrong in ("gan=wgan", "pool=many", "phases=1", "speed=2", "gan"):
        with pytest.raises(TrainingError):
            recipe_named("tiny").set([wrong])
    with pytest.raises(TrainingError, match="choose one of: compact"):
        recipe_named("large")


def test_smaller_settings_first_split_a_step_then_shrink_its_crops():
    recipe, tried = recipe_named("compact"), []
    while setting := smaller(recipe, 0):
        tried.append(setting)
        recipe = with_setting(recipe, setting)
    assert tried == [{"accumulate": 2}, {"accumulate": 4}, {"crop": 128}, {"crop": 64}]


def test_the_stages_of_a_long_recipe_are_found_without_walking_through_it():
    recipe = RECIPES["pix2pixhd-2048"]
    found = _steps_left(recipe, 100)
    assert sum(count for _, count in found.values()) == recipe.steps - 100
    for first, count in found.values():
        assert recipe.place_at(first).number == recipe.place_at(first + count - 1).number
    sentences = promise(recipe, range(10), True)
    assert any("global generator held" in s for s in sentences)


def test_pix2pixhd_trains_the_global_generator_then_the_enhancer_then_both(samples):
    trainer = Trainer(STAGED, samples, None, seed=3, device="cpu")
    states = {}
    for report in trainer.run():
        states[report.step] = weights(trainer)
        assert all(value == value for value in report.losses.values())
    body = [key for key in states[8] if key.startswith("model.")]
    assert trainer.networks.trains == WHOLE and body and "model1_1.1.weight" in states[8]
    assert "model1_1.1.weight" not in states[4]
    # The enhancer learns around a global generator that stands still ...
    assert all(torch.equal(states[4][key], states[6][key]) for key in body)
    assert not torch.equal(states[5]["model1_2.0.conv_block.1.weight"], states[6]["model1_2.0.conv_block.1.weight"])
    # ... then both learn.
    assert any(not torch.equal(states[6][key], states[8][key]) for key in body)


@pytest.mark.parametrize("cut", [3, 4, 5, 6])
def test_stages_resume_exactly(samples, tmp_path, cut):
    whole = Trainer(STAGED, samples, None, seed=3, device="cpu")
    list(whole.run())
    first = Trainer(STAGED, samples, tmp_path, seed=3, device="cpu")
    list(first.run(cut))
    first.save()
    rest = Trainer(STAGED, samples, tmp_path, device="cpu")
    assert rest.step == cut
    list(rest.run())
    for ours, theirs in ((weights(rest), weights(whole)),
                         (rest.averaged.state_dict(), whole.averaged.state_dict())):  # fmt: skip
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_a_run_stopped_in_its_first_stage_gives_a_model_of_that_stage(samples, tmp_path):
    trainer = Trainer(STAGED, samples, None, device="cpu")
    list(trainer.run(2))
    save_model(tmp_path / "m.safetensors", finished_model(trainer, "half", {}))
    model = load_model(tmp_path / "m.safetensors")
    assert model.card.generator["name"] == "pix2pixhd_global" and model.code_book.centres


def test_another_network_in_the_folder_is_refused(samples, tmp_path):
    trainer = Trainer(STAGED, samples, tmp_path, device="cpu")
    trainer.save()
    with pytest.raises(TrainingError, match="another network"):
        Trainer(recipe_named("tiny"), samples, tmp_path, device="cpu")


@pytest.mark.parametrize(
    "changes",
    [{"gan": "hinge"}, {"accumulate": 2}, {"precision": "bfloat16"}, {"precision": "float16"}, {"pool": 2}, {"pool": 2, "precision": "bfloat16"},
     {"encoder": None}],
    ids=lambda c: "-".join(f"{name}-{value}" for name, value in c.items()),
)
def test_choices_train(samples, changes):
    # In float16 a step whose gradients overflow is left out, until the loss's scale has come down from 65,536.
    steps = 12 if changes.get("precision") == "float16" else 3
    recipe = replace(recipe_named("tiny", **changes).cropped(64), steps=steps)
    trainer = Trainer(recipe, samples, None, device="cpu")
    before = weights(trainer)
    judged = {k: v.clone() for k, v in trainer.networks.discriminator.state_dict().items()}
    reports = list(trainer.run())
    assert len(reports) == steps and all(abs(v) < 1e3 for v in reports[-1].losses.values())
    assert any(not torch.equal(before[k], v) for k, v in weights(trainer).items())
    assert all(not torch.equal(judged[k], v) for k, v in trainer.networks.discriminator.state_dict().items() if "weight" in k)
    assert all(p.dtype == torch.float32 for p in trainer.networks.generator.parameters())


def test_taking_a_step_in_parts_gives_the_same_gradients(samples):
    found = []
    for parts in (1, 2):
        trainer = Trainer(replace(recipe_named("tiny", accumulate=parts).cropped(64)), samples, None, device="cpu")
        trainer.gradients(trainer.batch_at(0))
        found.append([p.grad for m in (trainer.networks.generating, trainer.networks.discriminator) for p in m.parameters()])
    for a, b in zip(*found):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_steps_are_split_into_as_many_parts_as_asked_for(samples, monkeypatch):
    recipe = recipe_named("tiny", accumulate=3).cropped(64).batched(4)
    trainer = Trainer(recipe, samples, None, device="cpu")
    sizes, part = [], trainer._step._part
    monkeypatch.setattr(trainer._step, "_part", lambda batch, *more: sizes.append(len(batch.labels)) or part(batch, *more))
    trainer.gradients(trainer.batch_at(0))
    assert sorted(sizes) == [1, 1, 2]


@pytest.mark.parametrize("precision", ("float32", "bfloat16"))
def test_one_crop_gives_pix2pixhds_networks_the_gradients_of_the_same_crop_twice(samples, precision):
    """PyTorch's instance norm has wrong ones for a single channels-last crop on a CPU."""
    small = {"width": 8, "downsamples": 2, "blocks": 2}
    recipe = replace(
        recipe_named("pix2pixhd-512"), generator=("pix2pixhd_global", small), encoder=None, gan_weight=0.0, feature_weight=0.0,
        perceptual_weight=0.0, pixel_weight=1.0, precision=precision,
    ).cropped(64).batched(1)
    trainer = Trainer(recipe, samples, None, device="cpu")
    batch = trainer.batch_at(0)
    found = []
    for times in (1, 2):
        trainer.networks.generating.zero_grad(set_to_none=True)
        many = Batch(*(torch.cat(times * [t]) for t in vars(batch).values()))
        trainer._step.gradients(many, list(range(times)), 0)
        found.append(torch.cat([p.grad.flatten().float() for p in trainer.networks.generating.parameters()]))
    one, two = found
    assert torch.linalg.norm(one - two) < (0.05 if precision == "bfloat16" else 1e-3) * torch.linalg.norm(two)


@pytest.mark.parametrize(
    ("setting", "words"),
    [("learning_rate=-1", "learning_rate is -1"), ("ema=2", "ema is 2"), ("constant=2", "from 0 to 1"), ("perceptual_scale=0", "from 1 to 8"),
     ("code_dim=0", "code_dim is 0"), ("jitter=64", "jitter cuts 64"), ("gan_weight=-1", "0 or more")],
)
def test_values_that_make_no_sense_are_refused_in_a_sentence(setting, words):
    with pytest.raises(TrainingError, match=words):
        recipe_named("tiny").cropped(64).set([setting]).check()


def test_a_run_without_any_loss_is_refused():
    nothing = [f"{name}_weight=0" for name in ("gan", "feature", "perceptual", "pixel", "texture", "colour", "weave")]
    with pytest.raises(TrainingError, match="nothing to learn"):
        recipe_named("compact").set(nothing).check()
    for recipe in RECIPES.values():
        recipe.check()


def test_the_generators_losses_never_reach_the_discriminators_weights(samples):
    recipe = recipe_named("tiny").cropped(64)
    grads = []
    for gan_weight in (1.0, 100.0):
        trainer = Trainer(replace(recipe, gan_weight=gan_weight), samples, None, device="cpu")
        trainer.gradients(trainer.batch_at(0))
        grads.append([p.grad.clone() for p in trainer.networks.discriminator.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*grads)) and any(g.abs().max() > 0 for g in grads[0])


def test_the_average_follows_the_weights():
    recipe: Recipe = recipe_named("tiny")
    networks = Networks(recipe, STREETS, torch.device("cpu"), 0, WHOLE)
    with torch.no_grad():
        for p in networks.generator.parameters():
            p.fill_(1.0)
    for step in range(1, 200):
        networks.average(step)
    assert all(torch.allclose(p, torch.ones(())) for p in networks.averaged[0].parameters())


def test_the_plan_says_where_few_photographs_are_wide_enough(tmp_path):
    narrow = find_samples(make_data_set(tmp_path / "narrow", 9, 64, 32))
    wide = find_samples(make_data_set(tmp_path / "wide", 2, 128, 64))
    phases = tuple(Phase(0.25, (low, 128), 32, 4) for low in (64, 100, 100, 128))
    recipe = replace(recipe_named("tiny"), phases=phases, steps=8)
    one, other = scarce(recipe, narrow + wide[:1])
    assert one == (
        "Only 1 of 10 photographs is 100 pixels wide or wider; steps on frames from 100 wide see it 8 times as often as another."
    )
    assert "128" in other and scarce(recipe, narrow + wide[:1], done=6) == [other]
    assert "Only 2 of 29 photographs are 100 pixels wide" in scarce(recipe, 3 * narrow + wide)[0]
    assert scarce(recipe, narrow[1:] + wide) == []
    assert scarce(recipe, narrow)[0] == "No photograph is 100 pixels wide, so steps on frames from 100 wide learn from smaller ones."


def test_large_scales_learn_from_wide_photographs_first(tmp_path):
    narrow = find_samples(make_data_set(tmp_path / "narrow", 3, 64, 32))
    wide = find_samples(make_data_set(tmp_path / "wide", 2, 128, 64))
    assert suited(narrow + wide, 100) == 3 * wide + narrow
    assert suited(narrow + wide, 64) == narrow + wide
    assert suited(narrow + 9 * wide, 100) == 9 * wide + narrow
    assert suited(narrow, 100) == narrow
    assert suited(10 * narrow + wide[:1], 100) == 8 * wide[:1] + 10 * narrow, "one alone is not two thirds of what is seen"

    recipe = replace(recipe_named("tiny"), phases=(Phase(0.5, (64, 64), 32, 4), Phase(0.5, (100, 128), 32, 4)), steps=8)
    trainer = Trainer(recipe, narrow + wide, None, device="cpu")
    read = []
    trainer.reader = lambda sample: read.append(sample) or read_sample(sample)
    for step in (0, 1, 2):
        trainer.batch_at(step)
    assert set(read) == set(narrow + wide)
    read.clear()
    for step in range(4, 8):  # 16 crops: 9 samples once, 7 of them again
        trainer.batch_at(step)
    assert sum(sample in wide for sample in read) >= 9 and set(read) == set(narrow + wide)


def test_the_perceptual_loss_sees_coarse_and_fine_faults_in_turn():
    """A half-size view is blind to a one-pixel checkerboard; the window of the next step is not."""
    step = object.__new__(Step)
    step.recipe = recipe_named("compact")
    assert step.recipe.perceptual_scale == 2
    board = torch.ones(1, 3, 64, 64)
    board[..., ::2, ::2] = board[..., 1::2, 1::2] = -1
    half, window = step._seen(0, board)[0], step._seen(1, board)[0]
    assert half.shape == window.shape == (1, 3, 32, 32)
    assert half.abs().max() == 0 and window.abs().min() == 1
    assert torch.equal(window, step._seen(1, board)[0])
    places = {tuple(step._seen(k, torch.arange(64.0).expand(1, 1, 64, 64))[0][0, 0, 0, :1].tolist()) for k in range(1, 21, 2)}
    assert len(places) > 3


def test_what_judges_looks_at_every_phase_of_the_generators_grid(samples):
    trainer = Trainer(replace(recipe_named("tiny", jitter=8).cropped(64), steps=2), samples, None, device="cpu")
    batch = trainer.batch_at(0)
    rows = torch.arange(64.0).view(64, 1).expand(2, 3, 64, 64)
    batch.labels = torch.arange(64).expand(2, 64, 64)
    phases = set()
    for step in range(900):
        seen, fake = trainer._step._shifted(batch, rows, step)
        assert fake.shape[-2:] == seen.photograph.shape[-2:] == seen.edges.shape[-2:] == (56, 56)
        phases.add((int(fake[0, 0, 0, 0]), int(seen.labels[0, 0, 0])))
    assert len(phases) == 64 and {y for y, _ in phases} == set(range(8))
    list(trainer.run())


def test_texture_is_asked_of_each_part_of_stuff_and_not_of_what_has_shapes(samples):
    trainer = Trainer(replace(recipe_named("tiny").cropped(64), steps=2), samples, None, device="cpu")
    batch = trainer.batch_at(0)
    batch.hidden = torch.zeros_like(batch.hidden)
    regions = trainer._step._regions(batch)
    things = torch.isin(batch.instances // 1000, torch.tensor([24, 25, 26, 27, 28, 31, 32, 33]))
    assert things.any() and torch.equal(regions < 0, things)
    road, house = batch.instances[0] == 7, batch.instances[0] == 11
    marks = road & (torch.arange(road.shape[1]) % 2 == 0)
    batch.labels[0, marks] = int(STREETS.index[STREETS.named("lane mark").id])
    again = trainer._step._regions(batch)
    assert marks.any() and (again[0][marks] >= 0).all() and not torch.isin(again[0][marks], regions[0]).any()
    batch.labels[0, house] = int(STREETS.index[STREETS.named("window").id])
    assert house.any() and (trainer._step._regions(batch)[0][house] < 0).all(), "panes have shapes, not a texture"
    batch.labels[0, house] = int(STREETS.index[11])
    house = batch.instances == 11
    y, x = house[0].nonzero()[0].tolist()
    batch.hidden[0, y, x] = True
    bare = trainer._step._regions(batch)
    assert torch.equal(bare[0] < 0, things[0] | house[0]), "a house whose windows no label tells of is left out"
    assert torch.equal(bare[1:], again[1:]), "in its own crop"


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_an_odd_crop_can_move_the_weights_no_further_than_the_recipe_allows(samples, precision):
    recipe = replace(recipe_named("tiny", precision=precision).cropped(64), steps=3)

    def lengths(longest: float) -> list[float]:
        trainer = Trainer(replace(recipe, longest_gradient=longest), samples, None, device="cpu")
        trainer.train_step(trainer.batch_at(0))
        sides = (trainer.networks.trained(), trainer.networks.discriminator.parameters())
        return [torch.stack([p.grad.norm() for p in side if p.grad is not None]).norm().item() for side in sides]

    free = lengths(1e6)
    assert min(free) > 0.02, free
    assert lengths(0.01) == pytest.approx([0.01, 0.01], rel=1e-2)


def test_a_run_may_begin_with_what_another_learnt(samples, tmp_path):
    recipe = replace(recipe_named("tiny").cropped(64), steps=2)
    first = Trainer(recipe, samples, tmp_path / "first", device="cpu")
    list(first.run())
    first.save()
    described = {"recipe": recipe_to_json(recipe), "seed": 0, "data": [], "labels": label_set_to_json(STREETS)}
    RunFolder(tmp_path / "first").write_settings(described)
    save_model(tmp_path / "model.safetensors", finished_model(first, "first", {}))

    grained = replace(recipe, generator=(recipe.generator[0], {**recipe.generator[1], "grain": True}))
    for path, exact in ((tmp_path / "first", first.networks.generator), (tmp_path / "model.safetensors", first.averaged[0])):
        start = read_start(path)
        assert start.steps == 2
        second = Trainer(grained, samples, None, seed=5, device="cpu", start=start)
        ours, theirs = second.networks.generator.state_dict(), exact.state_dict()
        assert all(torch.equal(ours[k], v) for k, v in theirs.items())
        assert {k for k in ours if k not in theirs} == {"grain8.mixture", "grain4.mixture"}
        judges = (t.networks.discriminator.state_dict() for t in (second, first))
        assert all(torch.equal(a, b) for a, b in zip(*(j.values() for j in judges))) == (start.discriminator is not None)
        list(second.run())

    networks = Networks(recipe, CITYSCAPES, torch.device("cpu"), 0, WHOLE)
    new = adopt(networks, read_start(tmp_path / "first"))
    row = {label_id: i for i, label_id in enumerate(STREETS.ids)}
    learnt = first.networks.generator.embedding.weight
    assert new == [] and len(networks.generator.embedding.weight) == len(CITYSCAPES.ids)
    assert all(torch.equal(networks.generator.embedding.weight[i], learnt[row[k]]) for i, k in enumerate(CITYSCAPES.ids))

    # The other way round: parts that weren't known begin as what they lie within, and D comes along.
    finer = Networks(recipe, STREETS, torch.device("cpu"), 0, WHOLE)
    coarse = replace(read_start(tmp_path / "first"), label_set=LabelSet("coarse", [label for label in STREETS if label.id < 71]))
    for state in (*coarse.modules[:1], *coarse.averaged[:1]):
        state["embedding.weight"] = state["embedding.weight"][[row[k] for k in coarse.label_set.ids]]
    for key in [k for k in coarse.discriminator if k.endswith("layer0.0.weight")]:
        kept = [row[k] for k in coarse.label_set.ids] + list(range(len(STREETS), len(STREETS) + 4))
        coarse.discriminator[key] = coarse.discriminator[key][:, kept]
    assert adopt(finer, coarse) == []
    assert torch.equal(finer.generator.embedding.weight[row[71]], learnt[row[40]])
    assert torch.equal(finer.generator.embedding.weight[row[93]], learnt[row[7]])
    for (name, ours), theirs in zip(finer.discriminator.state_dict().items(), first.networks.discriminator.state_dict().values()):
        if name.endswith("layer0.0.weight"):
            assert torch.equal(ours[:, len(STREETS) :], theirs[:, len(STREETS) :]), "edge and colour channels"
            assert torch.equal(ours[:, row[71]], theirs[:, row[40]])
        else:
            assert torch.equal(ours, theirs)
    with pytest.raises(TrainingError, match="another kind of network"):
        Trainer(STAGED, samples, None, device="cpu", start=read_start(tmp_path / "first"))
    with pytest.raises(TrainingError, match="holds no run to start from"):
        read_start(tmp_path)
    del described["labels"]
    RunFolder(tmp_path / "first").write_settings(described)
    with pytest.raises(TrainingError, match="begin with its model file"):
        read_start(tmp_path / "first")


def test_a_generator_that_has_become_wider_paints_as_before(tmp_path, samples):
    """Its classes are told by more numbers, which nothing sees yet."""
    before = recipe_named("tiny")
    first = Trainer(replace(before.cropped(64), steps=2), samples, None, device="cpu")
    list(first.run())
    start = Start("first", 2, *([n.state_dict() for n in m] for m in (first.networks.modules(), first.networks.averaged)), None, STREETS)
    name, config = before.generator
    wider = Networks(replace(before, generator=(name, {**config, "label_dims": 20})), STREETS, torch.device("cpu"), 0, WHOLE)
    assert adopt(wider, start) == []
    labels = torch.randint(0, len(STREETS), (1, 64, 96))
    planes = torch.randn(1, 1 + before.code_dim, 64, 96)
    for ours, theirs in zip((wider.generator, wider.averaged[0]), (first.networks.generator, first.networks.averaged[0])):
        assert ours.embedding.weight.shape[1] == 20 > theirs.embedding.weight.shape[1]
        assert torch.allclose(ours(labels, planes), theirs(labels, planes), atol=1e-5)


def test_the_discriminators_rate_is_a_share_of_the_generators(samples):
    trainer = Trainer(replace(recipe_named("tiny", discriminator_rate=0.25).cropped(64), steps=2), samples, None, device="cpu")
    trainer.train_step(trainer.batch_at(0))
    rates = [o.param_groups[0]["lr"] for o in (trainer.optimiser_g, trainer.optimiser_d)]
    assert rates == [1e-3, 0.25e-3]


def test_without_adversarial_losses_the_discriminator_rests(samples):
    recipe = replace(recipe_named("tiny", gan_weight=0.0, feature_weight=0.0).cropped(64), steps=2)
    trainer = Trainer(recipe, samples, None, device="cpu")
    before, judged = weights(trainer), {k: v.clone() for k, v in trainer.networks.discriminator.state_dict().items()}
    reports = list(trainer.run())
    assert set(reports[-1].losses) == {"pixel"}
    assert any(line.startswith("Losses: pixel x5.") for line in promise(recipe, samples, perceptual=False))
    assert any(not torch.equal(before[k], v) for k, v in weights(trainer).items())
    assert all(torch.equal(judged[k], v) for k, v in trainer.networks.discriminator.state_dict().items())
