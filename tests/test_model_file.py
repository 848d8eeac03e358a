"""Model files, conditioning and the renderer on the real compact networks."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from core.appearance import CodeBook, Collected, build_code_book, region_means
from core.errors import ModelFileError
from core.labels import CITYSCAPES, STREETS
from core.look_regions import look_regions
from core.models.model_file import Model, load_model, make_card, save_model
from core.models.registry import build
from core.networks.compact import CompactGenerator
from core.networks.weights import fold
from core.networks.pooling import instance_average
from core.rendering.conditioning import CodeTable, condition, dense, instance_edges
from core.rendering.renderer import Renderer
from core.training.recipes import recipe_named
from tests.conftest import ROOT


def small_model(seed: int = 0) -> Model:
    torch.manual_seed(seed)
    generator = ("compact", {"label_count": len(STREETS), "code_dim": 6, "widths": [8, 8, 16, 16], "blocks": [1, 1, 1]})
    encoder = ("compact_encoder", {"code_dim": 6, "width": 8})
    book = CodeBook(6, {26: np.eye(6, dtype=np.float32)[:3]}, {26: np.array([5, 3, 1])})
    card = make_card("small", generator, encoder, STREETS, 6, (64, 32))
    return Model(build(*generator), build(*encoder), card, book, STREETS)


def street(height=48, width=80):
    labels = np.full((height, width), 23, np.uint8)
    labels[height // 2 :] = 7
    labels[20:40, 30:60] = 26
    instances = labels.astype(np.uint16)
    instances[20:40, 30:45] = 26000
    instances[20:40, 45:60] = 26001
    return labels, instances


def test_a_model_file_gives_the_same_model_back(tmp_path):
    model = small_model()
    save_model(tmp_path / "m.safetensors", model)
    again = load_model(tmp_path / "m.safetensors")
    for ours, theirs in ((model.generator, again.generator), (model.encoder, again.encoder)):
        for key, value in ours.state_dict().items():
            assert torch.equal(value, theirs.state_dict()[key])
    assert np.array_equal(again.code_book.centres[26], model.code_book.centres[26])
    assert again.card == model.card
    assert [label for label in again.label_set] == [label for label in STREETS]
    assert list(tmp_path.iterdir()) == [tmp_path / "m.safetensors"]


def rewritten(source, path, change_card=lambda card: None, **tensors):
    """The model file ``source`` with its card changed in place, and with other tensors."""
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    with safe_open(str(source), framework="pt") as file:
        card = json.loads(file.metadata()["card"])
    card = change_card(card) or card
    save_file(load_file(str(source)) | tensors, str(path), metadata={"card": card if isinstance(card, str) else json.dumps(card)})
    return path


_WRONG = [None, -1, 0, 1.5, float("inf"), 10**400, 10**9, 10**7, 5000, "x", [], {}, [[]], [{}], True, "\ud800"]
_FIELDS = [
    ("name",), ("generator",), ("generator", "name"), ("generator", "config"), ("generator", "config", "label_count"),
    ("generator", "config", "code_dim"), ("generator", "config", "widths"), ("generator", "config", "widths", 0),
    ("generator", "config", "blocks"), ("generator", "config", "blocks", 2), ("generator", "config", "new"), ("encoder",),
    ("encoder", "name"), ("encoder", "config", "width"), ("encoder", "config", "code_dim"), ("label_set",), ("label_set", "labels"),
    ("label_set", "labels", 0), ("label_set", "labels", 0, "id"), ("object_classes",), ("object_classes", 0), ("code_dim",), ("resolution",),
    ("resolution", 0), ("provenance",), ("provenance", "encoder_width"), ("provenance", "steps"), ("provenance", "classes"), ("metrics",),
    ("part_codes",), ("format",),
]


@pytest.mark.parametrize("field", _FIELDS, ids=lambda field: "-".join(map(str, field)))
def test_a_card_of_wrong_types_is_refused_or_renders(small_model_path, tmp_path, field):
    """Whatever stands in a field: one sentence, or a model that makes a picture; and never gigabytes of memory."""
    labels, instances = street()
    for value in _WRONG:

        def change(card):
            place = card
            for step in field[:-1]:
                place = place[step]
            place[field[-1]] = value

        path = rewritten(small_model_path, tmp_path / "m.safetensors", change)
        try:
            model = load_model(path)
            assert model.card.encoder_width > 0
        except ModelFileError as error:
            assert "\n" not in str(error) and str(error).endswith(".")
        else:
            assert Renderer(model, "cpu", "float32").render(labels, instances).shape == (48, 80, 3), value


@pytest.mark.parametrize("field, value", [
    (("generator",), 5), (("generator",), None), (("encoder",), "x"), (("object_classes",), None), (("object_classes",), [1.5]),
    (("object_classes",), ["car"]), (("object_classes",), [-1]), (("provenance",), None), (("provenance",), 7), (("metrics",), []),
    (("code_dim",), float("inf")), (("code_dim",), 0), (("code_dim",), 5), (("resolution",), [64]), (("resolution",), [0, 5]),
    (("generator", "name"), []), (("generator", "config", "widths"), [8, -8, 16, 16]), (("generator", "config", "widths"), [8, 10**7, 16, 16]),
    (("generator", "config", "blocks"), []), (("generator", "config", "blocks"), [1, 1, 10**7]), (("encoder", "config", "width"), -1),
    (("encoder", "config", "width"), 10**7), (("part_codes",), "no"), (("provenance", "encoder_width"), 0), (("format",), "2"),
])
def test_a_wrong_field_of_a_card_is_refused(small_model_path, tmp_path, field, value):
    def change(card):
        for step in field[:-1]:
            card = card[step]
        card[field[-1]] = value

    with pytest.raises(ModelFileError):
        load_model(rewritten(small_model_path, tmp_path / "m.safetensors", change))


@pytest.mark.parametrize("card", ["", "null", "7", "[]", "{}", "[" * 100_000, '{"format": NaN}', '{"format": 2}'])
def test_what_is_no_card_is_refused(small_model_path, tmp_path, card):
    with pytest.raises(ModelFileError, match="no card"):
        load_model(rewritten(small_model_path, tmp_path / "m.safetensors", lambda _: card or " "))


def test_a_card_with_more_classes_than_its_network_is_refused(small_model_path, tmp_path):
    def change(card):
        card["label_set"]["labels"].append({**card["label_set"]["labels"][0], "id": 255})

    with pytest.raises(ModelFileError, match="classes"):
        load_model(rewritten(small_model_path, tmp_path / "m.safetensors", change))


@pytest.mark.parametrize("name, values", {
    "26.sizes": [[0, 0, 0], [-5, 9, 1], [5, 3], [[5], [3], [1]], [2**62, 2**62, 2**62], [0.5, 0.5, 0.5]],
    "26.centres": [[[float("nan")] * 6] * 3, [[0.0] * 5] * 3, [0.0] * 6],
    "26.slope": [[[0.0] * 6] * 6], "26.mean": [[0.0] * 6], "\u00b2.centres": [[[0.0] * 6]], "999.centres": [[[0.0] * 6]],
}.items())
def test_a_damaged_code_book_is_refused(small_model_path, tmp_path, name, values):
    for value in values:
        tensors = {f"code_book.{name}": torch.tensor(value), "code_book.999.sizes": torch.tensor([1]), "code_book.\u00b2.sizes": torch.tensor([1])}
        with pytest.raises(ModelFileError, match="code book"):
            load_model(rewritten(small_model_path, tmp_path / "m.safetensors", **tensors))


_FULL_DISK = """
import resource, sys
from core.errors import ModelFileError
from core.models.model_file import load_model, save_model
model = load_model(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    save_model(sys.argv[2], model)
except ModelFileError as error:
    print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="limits are POSIX's")
def test_a_full_disk_keeps_the_old_model_and_leaves_nothing_behind(tmp_path, small_model_path):
    path = tmp_path / "m.safetensors"
    path.write_bytes(b"what was there")
    command = [sys.executable, "-c", _FULL_DISK, str(small_model_path), str(path)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert "can't be written" in result.stdout, result.stderr
    assert path.read_bytes() == b"what was there" and list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
def test_a_model_gets_the_permissions_that_any_new_file_gets(tmp_path):
    model, path = small_model(), tmp_path / "m.safetensors"
    before = os.umask(0o027)
    try:
        save_model(path, model)
        assert path.stat().st_mode & 0o777 == 0o640
        os.chmod(path, 0o600)
        save_model(path, model)
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


@pytest.mark.parametrize("content", [b"<html>not found</html>", b"", b"\x80\x04cposix\nsystem\n."])
def test_what_is_no_model_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="not a model file"):
        load_model(path)


def test_a_weight_of_another_shape_is_named(tmp_path):
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    path = tmp_path / "m.safetensors"
    save_model(path, small_model())
    with safe_open(str(path), framework="pt") as file:
        metadata = file.metadata()
    tensors = load_file(str(path))
    tensors["generator.head.weight"] = tensors["generator.head.weight"][:, :3].contiguous()
    save_file(tensors, str(path), metadata=metadata)
    with pytest.raises(ModelFileError, match="head.weight"):
        load_model(path)


def test_a_newer_format_is_refused(tmp_path):
    from safetensors.torch import save_file

    path = tmp_path / "m.safetensors"
    save_file({"x": torch.zeros(1)}, str(path), metadata={"card": json.dumps({"format": 99})})
    with pytest.raises(ModelFileError, match="newer version"):
        load_model(path)


def test_edges_mark_both_sides_of_every_border():
    instances = np.array([[1, 1, 2], [1, 1, 2], [3, 1, 2]])
    expected = np.array([[0, 1, 1], [1, 1, 1], [1, 1, 1]], bool)
    assert np.array_equal(instance_edges(instances), expected)


def test_conditioning_agrees_pixel_by_pixel_with_its_definition():
    labels, instances = street()
    code = np.arange(6, dtype=np.float32)
    book = CodeBook(6, {26: -code[None]}, {26: np.array([1])})
    table = CodeTable({26001: code}, book, 6)
    indices, planes = condition(labels, instances, STREETS, table)
    one_hot = dense((c := condition(labels, instances, STREETS, table)), len(STREETS))
    edges = instance_edges(instances)
    for y, x in [(0, 0), (25, 35), (25, 50), (30, 44), (30, 45), (47, 79)]:
        assert STREETS.labels[int(indices[0, y, x])].id == labels[y, x]
        assert planes[0, 0, y, x] == edges[y, x]
        expected = {26000: -code, 26001: code}.get(int(instances[y, x]), np.zeros(6))
        assert np.array_equal(planes[0, 1:, y, x].numpy(), expected)
        assert one_hot[0, : len(STREETS), y, x].argmax() == indices[0, y, x]
        assert one_hot[0, : len(STREETS), y, x].sum() == 1
    assert torch.equal(one_hot[:, len(STREETS) :], c.planes)


def test_pooling_is_the_mean_over_each_object_of_each_sample():
    _, instances = street()
    maps = torch.from_numpy(np.stack([instances, instances[::-1]]).astype(np.int64))
    features = torch.randn(2, 4, *instances.shape)
    pooled = instance_average(features, maps)
    for sample in range(2):
        for value in maps[sample].unique():
            inside = maps[sample] == value
            expected = features[sample][:, inside].mean(1)
            assert torch.allclose(pooled[sample][:, inside], expected[:, None].expand(4, int(inside.sum())), atol=1e-5)
    means = region_means(features[0].numpy(), *look_regions(instances.astype(np.uint8) * 0, instances, STREETS))
    assert means[26000][1] == int((instances == 26000).sum())
    assert np.allclose(means[26000][0], pooled[0, :, 30, 40].numpy(), atol=1e-5)


def test_folding_changes_no_number():
    torch.manual_seed(1)
    generator = CompactGenerator(5, widths=(8, 8, 16, 16), blocks=(1, 1, 1)).eval()
    labels, planes = torch.randint(0, 5, (1, 32, 64)), torch.randn(1, 7, 32, 64)
    with torch.no_grad():
        assert torch.allclose(generator(labels, planes), fold(generator)(labels, planes), atol=1e-5)


def test_compact_stays_inside_its_stated_reach_and_size():
    torch.manual_seed(2)
    generator = fold(CompactGenerator(len(STREETS)))
    assert generator.reach <= 256
    assert sum(p.numel() for p in generator.parameters()) <= 6_000_000
    labels, planes = torch.zeros(1, 16, 1024, dtype=torch.long), torch.randn(1, 7, 16, 1024)
    with torch.inference_mode():
        before = generator(labels, planes)
        labels[0, 8, 512] = 3
        changed = (generator(labels, planes) != before).any(1)[0].any(0).nonzero()
    assert len(changed) > 0
    assert int((changed - 512).abs().max()) <= generator.reach


def test_any_size_renders_and_codes_change_only_what_they_reach():
    renderer = Renderer(small_model(), "cpu")
    labels, instances = street(50, 83)
    plain = renderer.render(labels, instances)
    assert plain.shape == (50, 83, 3) and plain.dtype == np.uint8
    recoloured = renderer.render(labels, instances, {26001: np.full(6, 3.0, np.float32)})
    assert (recoloured != plain).any()
    assert np.array_equal(renderer.render(labels, instances), plain)


def test_a_model_of_fewer_classes_gets_folded_labels():
    model = small_model()
    generator = ("compact", {"label_count": len(CITYSCAPES), "code_dim": 6, "widths": [8, 8, 8, 8], "blocks": [0, 0, 0]})
    model = Model(
        build(*generator), None, make_card("c", generator, None, CITYSCAPES, 6, (64, 32), object_classes=[26]), None, CITYSCAPES
    )
    renderer = Renderer(model, "cpu")
    labels, instances = street()
    with_window = labels.copy()
    with_window[labels == 26] = STREETS.named("car glass").id
    assert np.array_equal(renderer.render(with_window, instances), renderer.render(labels, instances))


def test_the_code_book_finds_the_looks_that_are_there():
    rng = np.random.default_rng(0)
    centres = np.array([[0.8, 0, 0], [-0.8, 0, 0], [0, 0.8, 0]], np.float32)
    which = rng.choice(3, 300, p=[0.6, 0.3, 0.1])
    rows = centres[which] + rng.normal(0, 0.01, (300, 3)).astype(np.float32)
    book = build_code_book({26: Collected(rows, np.full(300, 100))}, 3, k=3)
    assert np.allclose(book.centres[26], centres, atol=0.02)
    assert list(book.sizes[26]) == sorted(book.sizes[26], reverse=True)
    chosen = book.random_codes([26000, 26001, 7], seed=4)
    assert set(chosen) == {26000, 26001}
    assert np.array_equal(chosen[26000], book.random_codes([26000], seed=4)[26000])


def test_a_compact_model_without_upsampling_in_its_settings_repeats_pixels_as_it_was_trained():
    config = {"label_count": 5, "widths": [8, 8, 8, 8], "blocks": [0, 0, 0]}
    assert build("compact", config).upsampling == "nearest" and "upsampling" not in config
    assert build("compact", config | {"upsampling": "bilinear"}).upsampling == "bilinear"
    with pytest.raises(ModelFileError, match="upsampling"):
        build("compact", config | {"upsampling": "cubic"})
    for name in ("compact", "tiny"):
        assert recipe_named(name).generator[1]["upsampling"] == "bilinear"
