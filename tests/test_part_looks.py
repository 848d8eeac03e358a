"""Looks of parts: what they belong to, how they follow their objects, and that they are rendered where they are."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core import looks
from core.appearance import CodeBook, Collected, Following, build_code_book
from core.capture import photograph_codes
from core.data.samples import find_samples
from core.errors import ModelFileError
from core.labels import CITYSCAPES, STREETS
from core.look_regions import key_part, key_value, keys_of, look_key, look_regions
from core.look_thumbnails import code_thumbnails, look_thumbnails, plan_crop, look_box
from core.models.model_file import Model, load_model, make_card, save_model
from core.models.registry import build
from core.rendering.conditioning import CodeTable, condition
from core.rendering.renderer import Renderer
from core.rendering.session import FrameSession
from core.scene.files import write_png
from core.scene.scene import Scene
from core.street_look import StreetLook, load_street_look, save_street_look
from core.training.finish import collect_codes, fairness_of
from tests.test_model_file import street

CAR, GLASS, WHEEL = 26, 47, 48
ROAD, MARK, CROSSING, LIGHT, LAMP = 7, 45, 46, 19, 68
A, B = 26000, 26001
DIM = 6


def parted_street(height=48, width=160):
    """Two cars, each with a pane of glass; the first has a wheel, too."""
    labels, instances = street(height, width)
    labels[22:28, 33:42] = labels[22:28, 48:57] = GLASS
    labels[36:40, 33:37] = WHEEL
    return labels, instances


def parted_book() -> CodeBook:
    rng = np.random.default_rng(3)
    slope = (0.5 * np.eye(DIM)).astype(np.float32)
    return CodeBook(
        DIM,
        {CAR: np.eye(DIM, dtype=np.float32)[:3] * 0.8, GLASS: rng.uniform(-0.5, 0.5, (4, DIM)).astype(np.float32)},
        {CAR: np.array([5, 3, 1]), GLASS: np.array([4, 3, 2, 1])},
        {GLASS: Following(slope, np.full(DIM, 0.1, np.float32))},
    )


def parted_model(seed: int = 0, part_codes: bool = True) -> Model:
    torch.manual_seed(seed)
    generator = ("compact", {"label_count": len(STREETS), "code_dim": DIM, "widths": [8, 8, 16, 16], "blocks": [1, 1, 1]})
    encoder = ("compact_encoder", {"code_dim": DIM, "width": 8})
    card = make_card("parted", generator, encoder, STREETS, DIM, (64, 32), provenance={"encoder_width": 320}, part_codes=part_codes)
    return Model(build(*generator), build(*encoder), card, parted_book(), STREETS)


def code(number: float) -> np.ndarray:
    return np.full(DIM, number, np.float32)


# -- what has a look of its own ----------------------------------------------------


def test_regions_are_the_objects_and_the_kinds_of_parts_in_them():
    labels, instances = parted_street()
    keys, index = look_regions(labels, instances, STREETS)
    assert index.shape == labels.shape and len(set(keys.tolist())) == len(keys)
    for y, x in [(0, 0), (47, 3), (21, 31), (24, 35), (37, 34), (24, 50), (39, 59)]:
        key = int(keys[index[y, x]])
        assert key_value(key) == instances[y, x]
        assert key_part(key) == (labels[y, x] if labels[y, x] in (GLASS, WHEEL) else 0)
    assert sorted(keys_of(keys.tolist(), A)) == [A, look_key(A, GLASS), look_key(A, WHEEL)]
    assert set(np.unique(index)) == set(range(len(keys)))


def test_without_parts_regions_are_the_objects():
    labels, instances = parted_street()
    keys, index = look_regions(STREETS.base[labels], instances, STREETS)
    assert np.array_equal(keys[index], instances)


# -- the book -----------------------------------------------------------------------


def test_a_book_finds_how_parts_follow_and_what_they_may_be_beside_that():
    rng = np.random.default_rng(0)
    objects = rng.uniform(-0.6, 0.6, (2400, DIM)).astype(np.float32)
    own = np.where(rng.random(2400) < 0.7, 0.3, -0.3).astype(np.float32)  # two kinds of glass, whatever the car
    slope = np.diag(rng.uniform(0.2, 0.7, DIM)).astype(np.float32)
    parts = objects @ slope.T + np.concatenate([own[:, None], np.zeros((2400, DIM - 1), np.float32)], 1)
    pixels = np.full(2400, 50)
    book = build_code_book({CAR: Collected(objects, pixels), GLASS: Collected(parts, pixels, objects)}, DIM, k=2)
    assert np.allclose(book.follow[GLASS].slope, slope, atol=0.12)
    assert book.looks(GLASS) == 2 and book.sizes[GLASS][0] > book.sizes[GLASS][1]
    apart = np.abs(book.code(GLASS, 0) - book.code(GLASS, 1))
    assert apart[0] == pytest.approx(0.6, abs=0.05) and apart[1:].max() < 0.1
    for object_code in objects[:5]:
        first = book.part_code(GLASS, 0, object_code)
        assert np.allclose(first, object_code @ slope.T + [0.3, 0, 0, 0, 0, 0], atol=0.12)


def test_looks_are_those_of_large_objects():
    """A class of plenty: what its small objects mix is no look."""
    rng = np.random.default_rng(1)
    rows, pixels = rng.normal(0, 0.01, (400, DIM)), rng.integers(100, 200, 400)
    large = pixels >= np.sort(pixels)[-100:].min()
    rows[large] += np.where(rng.random(large.sum()) < 0.5, 0.8, -0.8)[:, None]
    book = build_code_book({CAR: Collected(rows, pixels)}, DIM, k=2)
    assert np.allclose(np.sort(book.centres[CAR][:, 0]), [-0.8, 0.8], atol=0.02)


def test_the_usual_look_of_stuff_is_that_of_a_fair_day():
    rng = np.random.default_rng(2)
    looks = np.array([[0.6], [0.2], [-0.2], [-0.6]]) * np.ones(DIM)  # in the shade, grey, in the sun, in glaring light
    which = rng.permutation(np.repeat(np.arange(4), [8, 4, 3, 1]))
    rows, light = looks[which] + rng.normal(0, 0.01, (16, DIM)), np.array([20.0, 35.0, 60.0, 90.0])[which]
    pixels = np.full(16, 50)
    book = build_code_book({21: Collected(rows, pixels, fairness=light), CAR: Collected(rows, pixels)}, DIM, k=4)
    assert book.code(21, 0)[0] == pytest.approx(-0.2, abs=0.02), "a glare that one in sixteen has isn't usual"
    assert book.default_code(21)[0] == book.code(21, 0)[0]
    assert book.sizes[21].tolist() == [3, 8, 4, 1], "the others by frequency"
    assert book.code(CAR, 0)[0] == pytest.approx(0.6, abs=0.02), "a car's is the most common"


def test_a_fair_day_is_light_below_and_blue_above():
    photograph = np.zeros((8, 8, 3), np.uint8)
    photograph[:4, :4], photograph[:4, 4:] = (120, 160, 230), (240, 240, 240)
    photograph[4:, :4], photograph[4:, 4:] = (40, 60, 30), (110, 150, 60)
    index = np.repeat(np.repeat(np.array([[0, 1], [2, 3]]), 4, 0), 4, 1)
    found = fairness_of(photograph, np.array([23, 23 * 1000, 21, 21000]), index, STREETS)
    assert found[23] > 30 > 2 > found[23000], "the sky's chroma"
    assert found[21] < 30 < 50 < found[21000] < 65, "the leaves' lightness"


def test_the_usual_look_of_posts_and_clutter_is_the_most_common_not_the_lightest(tmp_path):
    """They are objects; the lightest bin would be a white one."""
    labels, photograph = np.full((64, 128), 7, np.uint8), np.full((64, 128, 3), 90, np.uint8)
    labels[:32], labels[32:48, 8:24], labels[8:48, 60:70], labels[32:48, 80:100] = 11, 4, 17, CAR
    for name, image in (("img", photograph), ("label", labels), ("inst", labels.astype(np.uint16))):
        (tmp_path / f"train_{name}").mkdir()
        write_png(tmp_path / f"train_{name}" / "0.png", image)
    encoder = build("compact_encoder", {"width": 8, "code_dim": DIM})
    found = collect_codes(encoder, find_samples(tmp_path), 128, STREETS, True)
    assert {4, 7, 11, 17} <= found.keys()
    assert found[7].fairness is not None and found[11].fairness is not None
    assert found[4].fairness is None and found[17].fairness is None and found[CAR].fairness is None


def test_too_few_parts_make_no_looks_of_parts():
    few = Collected(np.zeros((3, DIM)), np.full(3, 50), np.zeros((3, DIM)))
    book = build_code_book({GLASS: few}, DIM)
    assert not book.follow and not book.looks(GLASS)
    assert np.array_equal(book.part_code(GLASS, 0, code(0.3)), code(0.3))


def test_a_part_without_a_code_follows_its_object_and_keeps_its_kind():
    book, values = parted_book(), np.array([A, B])
    for held in (code(0.1), code(0.5)):
        found = book.default_part_codes(GLASS, values, np.stack([held, held]))
        assert any(np.allclose(found[0], book.code(GLASS, k) + 0.5 * (held - 0.1), atol=1e-6) for k in range(4))
    table = CodeTable({A: code(0.5), look_key(B, GLASS): code(-0.2)}, book, DIM, part_codes=True)
    keys = np.array([look_key(A, GLASS), A, look_key(B, GLASS), B, look_key(A, WHEEL), 23])
    got = table(keys)
    assert np.allclose(got[0], book.default_part_codes(GLASS, values[:1], code(0.5)[None])[0])
    assert np.array_equal(got[1], code(0.5)) and np.array_equal(got[2], code(-0.2))
    assert np.array_equal(got[4], code(0.5)), "a kind without looks shares its object's code"
    without = CodeTable({A: code(0.5), look_key(B, GLASS): code(-0.2)}, book, DIM)
    assert np.array_equal(without(keys)[0], code(0.5)) and np.array_equal(without(keys)[2], without(keys)[3])


def test_drawn_looks_of_parts_depend_on_their_own_key_alone():
    book = parted_book()
    keys = [A, B, look_key(A, GLASS), look_key(B, GLASS), look_key(A, WHEEL), 23]
    drawn = book.random_codes(keys, 5)
    assert set(drawn) == {A, B, look_key(A, GLASS), look_key(B, GLASS)}
    assert all(np.array_equal(drawn[k], code) for k, code in book.random_codes([A, look_key(A, GLASS)], 5).items())
    assert len({book.random_codes(keys, seed)[look_key(A, GLASS)].tobytes() for seed in range(30)}) > 4


# -- giving looks -------------------------------------------------------------------


@pytest.fixture
def scene() -> Scene:
    return Scene(*parted_street())


def test_an_object_that_is_given_a_look_takes_its_parts_along_and_a_part_is_given_one_alone(scene):
    book, glass = parted_book(), look_key(A, GLASS)
    looks.give_look(scene, [glass], code(-0.4)).apply(scene)
    assert np.array_equal(looks.code_of(scene, book, glass), code(-0.4)) and A not in scene.codes
    edit = looks.give_look(scene, [A], code(0.2))
    edit.apply(scene)
    assert glass not in scene.codes and not np.array_equal(looks.code_of(scene, book, glass), code(-0.4))
    edit.revert(scene)
    assert np.array_equal(scene.codes[glass], code(-0.4)) and A not in scene.codes
    both = looks.give_looks(scene, {glass: code(0.7), A: code(0.1)})
    both.apply(scene)
    assert np.array_equal(scene.codes[glass], code(0.7)) and np.array_equal(scene.codes[A], code(0.1))


def test_a_part_chooses_among_its_looks_as_they_are_in_its_object(scene):
    book, glass = parted_book(), look_key(A, GLASS)
    looks.give_look(scene, [A], code(0.3)).apply(scene)
    found = looks.looks_of(scene, book, glass)
    assert len(found) == 4 and np.allclose(found[2], book.part_code(GLASS, 2, code(0.3)))
    looks.give_look(scene, [glass], found[2]).apply(scene)
    assert looks.look_of(scene, book, glass) == 2
    assert looks.kinds_of_parts(book, STREETS, A) == [GLASS] and looks.kinds_of_parts(book, STREETS, 7) == []


def test_a_copied_look_is_the_whole_look(scene):
    book = parted_book()
    glass_a, glass_b = look_key(A, GLASS), look_key(B, GLASS)
    looks.give_looks(scene, {A: book.code(CAR, 2), glass_a: code(-0.6), glass_b: code(0.6)}).apply(scene)
    looks.copy_look(scene, book, A, [B]).apply(scene)
    assert np.array_equal(scene.codes[glass_b], code(-0.6)) and np.array_equal(scene.codes[B], book.code(CAR, 2))
    looks.give_look(scene, [A], None).apply(scene)
    # Now A's glass follows A; a copy must look like A's, whatever the numbers of the two cars.
    looks.copy_look(scene, book, A, [B]).apply(scene)
    assert np.array_equal(looks.code_of(scene, book, glass_b), looks.code_of(scene, book, glass_a))


def test_a_randomised_street_draws_parts_too_but_no_locked_ones(scene):
    book = parted_book()
    looks.randomise_street(scene, book, 3, locked={B}).apply(scene)
    assert {key_value(key) for key in scene.codes} == {A}
    assert look_key(A, GLASS) in scene.codes


def test_a_streets_look_has_its_parts_and_gives_them_back(scene, tmp_path):
    book = parted_book()
    looks.randomise_street(scene, book, 8).apply(scene)
    before = {key: looks.code_of(scene, book, key) for key in (A, B, look_key(A, GLASS), look_key(B, GLASS))}
    save_street_look(tmp_path / "a.look.json", StreetLook.of(scene, book, "eight", "parted"))
    looks.randomise_street(scene, book, 9).apply(scene)
    load_street_look(tmp_path / "a.look.json").apply(scene).apply(scene)
    for key, was in before.items():
        assert np.array_equal(scene.codes[key], was)


# -- capture, files, pictures -------------------------------------------------------


def test_parts_are_captured_apart_from_their_objects():
    model, (labels, instances) = parted_model(), parted_street(96, 320)
    photograph = np.full((96, 320, 3), 90, np.uint8)
    photograph[labels == CAR], photograph[labels == GLASS] = (200, 30, 30), (20, 40, 60)
    found = photograph_codes(model, photograph, labels, instances)
    assert look_key(A, GLASS) in found and np.abs(found[A] - found[look_key(A, GLASS)]).max() > 0.2
    whole = photograph_codes(parted_model(part_codes=False), photograph, labels, instances)
    assert set(whole) == set(np.unique(instances).tolist())
    folded = photograph_codes(model, photograph, STREETS.fold_table(CITYSCAPES)[labels], instances, CITYSCAPES)
    assert set(folded) == set(whole)


def test_what_there_is_little_of_on_the_ground_follows_the_ground():
    model = parted_model()
    labels = np.full((256, 512), ROAD, np.uint8)
    labels[40:56, 40:56], labels[100:220, 100:400] = MARK, CROSSING
    labels[8:40, 300:380], labels[12:28, 320:336] = CAR, GLASS
    labels[40:56, 480:500], labels[40:50, 485:495] = LIGHT, LAMP
    instances = np.where(STREETS.base[labels] == CAR, A, STREETS.base[labels]).astype(np.uint16)
    photograph = np.random.default_rng(0).integers(0, 255, (256, 512, 3), np.uint8)
    kept = photograph_codes(model, photograph, labels, instances, scarce=0.004)
    every = photograph_codes(model, photograph, labels, instances, scarce=0)
    assert every.keys() - kept.keys() == {look_key(ROAD, MARK)}, "256 pixels of 131072, as many as of the glass"
    assert {look_key(A, GLASS), look_key(LIGHT, LAMP), look_key(ROAD, CROSSING), ROAD, A} <= kept.keys()
    labels[40:56, 40:56] = ROAD
    labels[40:46, 40:66] = MARK
    assert look_key(ROAD, MARK) not in photograph_codes(model, photograph, labels, instances), "156 pixels: fewer than the usual share"


def test_a_model_file_keeps_how_parts_follow(tmp_path):
    model = parted_model()
    save_model(tmp_path / "m.safetensors", model)
    again = load_model(tmp_path / "m.safetensors")
    assert again.card.part_codes and list(again.code_book.follow) == [GLASS]
    assert np.array_equal(again.code_book.follow[GLASS].slope, model.code_book.follow[GLASS].slope)
    model.code_book.follow[GLASS] = Following(np.eye(3, dtype=np.float32), np.zeros(3, np.float32))
    save_model(tmp_path / "bad.safetensors", model)
    with pytest.raises(ModelFileError, match="damaged"):
        load_model(tmp_path / "bad.safetensors")


def test_every_pixel_is_told_the_code_of_its_region():
    labels, instances = parted_street()
    chosen = {look_key(A, GLASS): code(0.9), B: code(-0.3)}
    table = CodeTable(chosen, parted_book(), DIM, part_codes=True)
    planes = condition(labels, instances, STREETS, table).planes
    for y, x in [(24, 35), (24, 50), (37, 34), (21, 31), (21, 58), (0, 0)]:
        part = int(labels[y, x]) if labels[y, x] in (GLASS, WHEEL) else 0
        assert np.array_equal(planes[0, 1:, y, x].numpy(), table(np.array([look_key(int(instances[y, x]), part)]))[0])


@pytest.mark.parametrize("change", [{A: code(0.4)}, {look_key(A, GLASS): code(0.4)}, {look_key(B, GLASS): code(0.9), B: code(0.1)}])
def test_an_update_of_parts_looks_equals_a_new_frame(change):
    labels, instances = parted_street(96, 320)
    renderer = Renderer(parted_model(), "cpu", "float32")
    session = FrameSession(renderer)
    before = session.full(labels, instances, {}).rgb.copy()
    frame = session.update(labels, instances, change, dirty=(0, 0, 0, 0))
    expected = renderer.render(labels, instances, change)
    assert np.abs(frame.rgb.astype(int) - expected).max() <= 1
    assert np.abs(expected.astype(int) - before).max() > 0


def test_a_pane_of_glass_changes_without_the_car():
    """Far from the glass nothing moves; under it something does."""
    labels, instances = parted_street(96, 640)
    renderer = Renderer(parted_model(), "cpu", "float32")
    before = renderer.render(labels, instances, {})
    after = renderer.render(labels, instances, {look_key(A, GLASS): code(0.9)})
    changed = (before != after).any(2)
    reach = renderer.model.generator.code_reach
    assert changed[22:28, 33:42].any()
    assert not changed[:, 42 + reach + 1:].any()


@pytest.mark.parametrize("part", [0, GLASS])
def test_thumbnails_of_objects_and_of_parts_equal_the_frame(part):
    labels, instances = np.full((160, 1024), 23, np.uint8), None
    labels[80:] = 7
    labels[96:132, 480:560] = CAR
    instances = labels.astype(np.uint16)
    instances[labels == CAR] = A
    labels[100:112, 490:530] = GLASS
    scene, renderer = Scene(labels, instances), Renderer(parted_model(), "cpu", "float32")
    # A look of the glass that was there already: an object's thumbnails do without it, as the object will.
    scene.change_codes({look_key(A, GLASS): code(0.8), 7: code(0.2)})
    shot, key, book = scene.snapshot(), look_key(A, part), renderer.model.code_book
    crop = plan_crop(look_box(shot, key), shot.size, (96, 72), renderer.model.generator.reach, 16)
    x0, y0, x1, y1 = crop.view
    drawn = dict(look_thumbnails(renderer, shot, key, (x1 - x0, y1 - y0)))
    choice = looks.looks_of(scene, book, key)
    assert list(drawn) == list(range(len(choice))) and len(choice) == (4 if part else 3)
    for k, picture in drawn.items():
        codes = looks.with_changes(scene.codes, looks.given(scene.codes, key, choice[k]))
        frame = renderer.render(shot.label_map, shot.instance_map, codes, shot.label_set)
        assert np.abs(picture.astype(int) - frame[y0:y1, x0:x1]).max() <= 1
    assert not np.array_equal(drawn[0], drawn[1])
    assert len(list(code_thumbnails(renderer, shot, key, [], (96, 72)))) == 0
