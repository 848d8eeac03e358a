"""The mean of a run's weights and those that it began with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.data.samples import find_samples
from core.errors import TrainingError
from core.labels import STREETS, LabelSet
from core.models.model_file import load_model, save_model
from core.rendering.renderer import Renderer
from core.training import soup as command
from core.training.finish import finished_model
from core.training.recipes import recipe_named
from core.training.soup import soup
from core.training.trainer import Trainer
from core.training.warm import read_start
from tests.training_data import make_data_set


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """(folder, data set, model of a run, model that it began with and that knows no part past id 70)."""
    folder = tmp_path_factory.mktemp("soup")
    data = make_data_set(folder / "data")
    recipe = replace(recipe_named("tiny").cropped(64), steps=2)
    coarse = LabelSet("coarse", [label for label in STREETS if label.id < 71])
    first = Trainer(recipe, find_samples(data), None, device="cpu", label_set=coarse)
    list(first.run())
    save_model(folder / "before.safetensors", finished_model(first, "before", {}))
    second = Trainer(recipe, find_samples(data), None, seed=3, device="cpu", start=read_start(folder / "before.safetensors"))
    list(second.run())
    save_model(folder / "after.safetensors", finished_model(second, "after", {"licence": "own"}))
    return folder, data, load_model(folder / "after.safetensors"), load_model(folder / "before.safetensors")


@pytest.mark.parametrize("share", (0.0, 0.25, 1.0))
def test_each_weight_is_the_mean_by_class(trained, share):
    _, data, after, before = trained
    mixed = soup(after, before, share, find_samples(data))
    old, new, mean = (m.generator.state_dict() for m in (before, after, mixed))
    moved = 0
    for key in mean:
        earlier = old[key]
        if key == "embedding.weight":
            row = {label_id: i for i, label_id in enumerate(before.label_set.ids)}
            nearest = STREETS.folded(~before.label_set.known)
            earlier = torch.stack([old[key][row[int(nearest[label_id])]] for label_id in STREETS.ids])
        assert torch.allclose(mean[key], (1 - share) * earlier + share * new[key], atol=1e-6), key
        moved += int(not torch.equal(earlier, new[key]))
    assert moved > 5, "the run had learnt something"
    assert mixed.card.provenance["soup"] == {"with": "before", "share": share} and mixed.card.provenance["licence"] == "own"
    assert torch.equal(after.generator.embedding.weight, new["embedding.weight"]), "the models that go in stay as they are"


def test_the_code_book_is_that_of_the_mean_encoder(trained):
    _, data, after, before = trained
    whole, half = (soup(after, before, share, find_samples(data)).code_book for share in (1.0, 0.5))
    assert whole.centres.keys() == after.code_book.centres.keys() == half.centres.keys()
    assert all(np.allclose(whole.centres[k], after.code_book.centres[k], atol=1e-4) for k in whole.centres)
    assert any(not np.allclose(half.centres[k], whole.centres[k], atol=1e-4) for k in half.centres)


def test_the_command_writes_a_model_that_renders(trained, tmp_path, capsys):
    folder, data, after, _ = trained
    given = ["--model", str(folder / "after.safetensors"), "--before", str(folder / "before.safetensors"), "--data", str(data)]
    assert command.main([*given, "--out", str(tmp_path / "mean.safetensors")]) == 0
    model = load_model(tmp_path / "mean.safetensors")
    labels = np.full((64, 128), 7, np.uint8)
    labels[:20] = 23
    picture = Renderer(model).render(labels, labels.astype(np.uint16), {}, STREETS)
    assert picture.shape == (64, 128, 3) and not np.array_equal(picture, Renderer(after).render(labels, labels.astype(np.uint16), {}, STREETS))
    assert command.main([*given, "--share", "2", "--out", str(tmp_path / "no.safetensors")]) == 2
    assert "from 0 to 1" in capsys.readouterr().err and not (tmp_path / "no.safetensors").exists()


def test_data_sets_named_one_by_one_are_all_looked_at(trained, tmp_path):
    folder, data, _, _ = trained
    one = make_data_set(tmp_path / "one", count=1)
    given = ["--model", str(folder / "after.safetensors"), "--before", str(folder / "before.safetensors")]
    books = []
    for number, named in enumerate((["--data", str(data), "--data", str(one)], ["--data", str(data), str(one)], ["--data", str(one)])):
        assert command.main([*given, *named, "--out", str(tmp_path / f"{number}.safetensors")]) == 0
        books.append(load_model(tmp_path / f"{number}.safetensors").code_book)
    both, together, last = ({k: int(sizes.sum()) for k, sizes in book.sizes.items()} for book in books)
    assert both == together and both != last and sum(both.values()) > sum(last.values())


def test_different_networks_have_no_mean(trained):
    _, data, after, before = trained
    with pytest.raises(TrainingError, match="the other hasn't"):
        soup(after, replace(before, encoder=None), 0.5, find_samples(data))
    with pytest.raises(TrainingError, match="different networks"):
        soup(replace(after, generator=torch.nn.Linear(3, 3)), before, 0.5, find_samples(data))
