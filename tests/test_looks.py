"""Choosing looks, thumbnails on the real compact network, and named looks on disk."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core import looks
from core.appearance import CodeBook
from core.errors import SceneError
from core.look_thumbnails import Crop, code_thumbnails, look_box, look_thumbnails, plan_crop
from core.rendering.conditioning import CodeTable
from core.rendering.renderer import Renderer
from core.scene.scene import Scene
from core.street_look import StreetLook, check_fits, load_street_look, save_street_look
from tests.test_model_file import small_model, street

CAR, ROAD = 26, 7
A, B = 26000, 26001


@pytest.fixture
def book() -> CodeBook:
    return small_model().code_book


@pytest.fixture
def scene() -> Scene:
    return Scene(*street())


def wide_street() -> Scene:
    """A frame much wider than the generator's reach, with one car in it."""
    labels = np.full((160, 1024), 23, np.uint8)
    labels[80:] = ROAD
    labels[96:132, 480:560] = CAR
    instances = labels.astype(np.uint16)
    instances[labels == CAR] = A
    return Scene(labels, instances)


# -- codes ------------------------------------------------------------------------


def test_a_blend_starts_at_one_look_and_ends_at_the_other(book):
    a, b = book.code(CAR, 0), book.code(CAR, 1)
    assert np.array_equal(looks.blend(a, b, 0), a) and np.array_equal(looks.blend(a, b, 1), b)
    assert np.allclose(looks.blend(a, b, 0.25), 0.75 * a + 0.25 * b)
    assert np.array_equal(looks.blend(a, b, 7), b)


def test_more_like_this_is_near_seeded_and_within_the_class(book):
    code = book.code(CAR, 1)
    low, high = book.bounds(CAR)
    found = [looks.similar(book, CAR, code, seed) for seed in range(50)]
    assert np.array_equal(found[3], looks.similar(book, CAR, code, 3))
    assert len({tuple(row) for row in found}) == 50
    assert all(np.all(row >= low - 1e-6) and np.all(row <= high + 1e-6) for row in found)
    away = np.abs(np.array(found) - code).mean(0)
    moving = book.spread(CAR) > 0
    assert np.all(away[moving] < book.spread(CAR)[moving]) and np.all(away[moving] > 0)
    assert np.all(away[~moving] == 0)


def test_the_dice_is_seeded_and_varied(scene, book):
    assert np.array_equal(looks.draw(scene, book, A, 4), looks.draw(scene, book, A, 4))
    assert len({tuple(looks.draw(scene, book, A, seed)) for seed in range(20)}) == 20


def test_each_object_has_its_own_draw(scene, book):
    apart = [(looks.draw(scene, book, A, seed), looks.draw(scene, book, B, seed)) for seed in range(20)]
    assert not any(np.array_equal(one, other) for one, other in apart)
    code = book.code(CAR, 1)
    assert not np.array_equal(looks.similar(book, A, code, 3), looks.similar(book, B, code, 3))


def test_a_class_with_one_look_varies_as_the_others_do(book):
    book.centres[7], book.sizes[7] = np.zeros((1, 6), np.float32), np.array([4])
    assert np.any(looks.similar(book, 7, book.code(7, 0), 1))


def test_copying_and_undoing_is_one_edit(scene, book):
    scene.change_codes({A: book.code(CAR, 2)})
    edit = looks.copy_look(scene, book, A, [A, B])
    edit.apply(scene)
    assert np.array_equal(scene.codes[B], book.code(CAR, 2)) and set(edit.new_codes) == {B}
    assert looks.look_of(scene, book, B) == 2
    edit.revert(scene)
    assert B not in scene.codes and looks.look_of(scene, book, B) == 0


def test_a_look_goes_to_the_whole_class_but_not_to_locked_objects(scene, book):
    scene.change_codes({A: book.code(CAR, 1)})
    assert looks.apply_to_class(scene, book, A, locked={B}) is None
    looks.apply_to_class(scene, book, A, locked={A}).apply(scene)
    assert np.array_equal(scene.codes[B], scene.codes[A])


def test_a_randomised_street_leaves_locked_objects_and_can_be_undone(scene, book):
    seed = next(s for s in range(50) if len(book.random_codes([A, B], s)) == 2 and looks.randomise_street(scene, book, s))
    edit = looks.randomise_street(scene, book, seed, locked={A})
    edit.apply(scene)
    assert A not in scene.codes and np.array_equal(scene.codes[B], book.random_codes([B], seed)[B])
    edit.revert(scene)
    assert not scene.codes


def test_looks_are_taken_from_a_photograph_of_the_street(scene):
    model = small_model()
    rng = np.random.default_rng(0)
    photograph = rng.integers(0, 256, (48, 80, 3), np.uint8)
    edit = looks.capture_looks(scene, model, photograph, values=[A])
    assert set(edit.new_codes) == {A} and edit.new_codes[A].shape == (6,)
    assert {A, B, ROAD} <= set(looks.capture_looks(scene, model, photograph).new_codes)
    with pytest.raises(SceneError, match="choose the photograph"):
        looks.capture_looks(scene, model, photograph[:20])


# -- thumbnails --------------------------------------------------------------------


def test_a_thumbnail_equals_the_frame(book):
    scene, renderer = wide_street(), Renderer(small_model(), "cpu", "float32")
    shot = scene.snapshot()
    crop = plan_crop(look_box(shot, A), shot.size, (96, 72), renderer.model.generator.reach, 16)
    assert crop.scale == 1 and crop.box[0] > 0 and crop.box[2] < 1024
    x0, y0, x1, y1 = crop.view
    drawn = dict(look_thumbnails(renderer, shot, A, (x1 - x0, y1 - y0)))
    assert list(drawn) == [0, 1, 2]
    for k, picture in drawn.items():
        frame = renderer.render(shot.label_map, shot.instance_map, {A: book.code(CAR, k)}, shot.label_set)
        assert picture.shape == (y1 - y0, x1 - x0, 3)
        assert np.abs(picture.astype(int) - frame[y0:y1, x0:x1]).max() <= 1
    assert not np.array_equal(drawn[0], drawn[1])


def test_thumbnails_come_one_at_a_time_and_fit(scene):
    renderer = Renderer(small_model(), "cpu")
    codes = [np.full(6, x, np.float32) for x in (-1, 0, 1)]
    pictures = code_thumbnails(renderer, scene.snapshot(), A, codes, (64, 48))
    k, first = next(pictures)
    assert k == 0 and first.shape[0] <= 48 and first.shape[1] <= 64 and 48 in first.shape[:1] + (64,) * (first.shape[1] == 64)
    assert [k for k, _ in pictures] == [1, 2]
    with pytest.raises(SceneError, match="no object 26009"):
        next(code_thumbnails(renderer, scene.snapshot(), 26009, codes, (64, 48)))


@pytest.mark.parametrize("bbox", [(0, 0, 2048, 400), (10, 500, 1300, 1024), (900, 600, 960, 640), (2040, 1020, 2048, 1024)])
def test_a_crop_is_on_the_grid_within_the_frame_and_small(bbox):
    crop = plan_crop(bbox, (2048, 1024), (96, 72), 192, 16)
    assert isinstance(crop, Crop)
    x0, y0, x1, y1 = crop.box
    grid = 16 / crop.scale
    assert x0 % grid == 0 and y0 % grid == 0 and (x1 % grid == 0 or x1 == 2048) and (y1 % grid == 0 or y1 == 1024)
    assert crop.working_size[0] * crop.working_size[1] <= 600_000
    vx0, vy0, vx1, vy1 = crop.view
    assert x0 <= vx0 <= bbox[0] and y0 <= vy0 <= bbox[1] and bbox[2] <= vx1 <= x1 and bbox[3] <= vy1 <= y1
    margin = 192 / crop.scale
    assert (vx0 - x0 > margin or x0 == 0) and (x1 - vx1 > margin or x1 == 2048)


def test_a_large_region_is_drawn_smaller():
    labels = np.full((1024, 2048), ROAD, np.uint8)
    model = small_model()
    model.code_book.centres[ROAD], model.code_book.sizes[ROAD] = np.eye(6, dtype=np.float32)[:2], np.array([2, 1])
    drawn = dict(look_thumbnails(Renderer(model, "cpu"), Scene(labels).snapshot(), ROAD, (96, 72)))
    assert [picture.shape for picture in drawn.values()] == [(48, 96, 3)] * 2
    assert not np.array_equal(drawn[0], drawn[1])


def test_the_measurement_of_thumbnails_says_its_numbers(tmp_path, small_model_path, capsys):
    from core.commands import bench

    common = ["looks", "--size", "256x128", "--repeats", "1", "--model", str(small_model_path), "--device", "cpu"]
    assert bench.main([*common, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert set(result["objects"]) == {"car", "near car", "road"} and result["looks"] == 10
    for row in result["objects"].values():
        assert 0 < row["first_ms"] <= row["ms"] <= row["p95_ms"]
        assert 16 <= row["working_size"][0] <= 256 and 16 <= row["working_size"][1] <= 128


# -- named looks --------------------------------------------------------------------


def test_a_street_gets_its_own_look_back(scene, book, tmp_path):
    scene.change_codes({B: np.array([0.1, -2, 1 / 3, 4, 5e-7, 6], np.float32)})
    save_street_look(tmp_path / "dusk.look.json", StreetLook.of(scene, book, "Dusk", "small"))
    look = load_street_look(tmp_path / "dusk.look.json")
    assert (look.name, look.model, look.dim) == ("Dusk", "small", 6) and list(look.classes) == ["car"]
    before = scene.codes[B]
    scene.change_codes({A: book.code(CAR, 2), B: None})
    edit = look.apply(scene)
    edit.apply(scene)
    assert np.array_equal(scene.codes[B], before) and np.array_equal(scene.codes[A], book.code(CAR, 0))
    edit.revert(scene)
    assert set(scene.codes) == {A}
    assert [p.name for p in tmp_path.iterdir()] == ["dusk.look.json"]


def test_another_street_gets_the_look_by_class_and_size(scene):
    rows = np.stack([np.full(6, x, np.float32) for x in (1, 2)])
    labels, instances = street()
    labels[2:6, 2:6], instances[2:6, 2:6] = CAR, 26005
    other = Scene(labels, instances)
    look = StreetLook("Two", "", 6, {"car": rows, "caravan": rows})
    look.apply(other, locked={B}).apply(other)
    assert {v: float(c[0]) for v, c in other.codes.items()} == {A: 1, 26005: 1}
    check_fits(look, 6)
    with pytest.raises(SceneError, match="another model"):
        check_fits(look, 3)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x89PNG", b"[]", b'{"format": "other"}', b"[" * 100_000,
        json.dumps({"format": "veduta-look", "version": 1, "dim": 2, "classes": {"car": [[1, 2, 3]]}}).encode(),
        b'{"format": "veduta-look", "version": 1, "dim": 1, "classes": {"car": [[NaN]]}}',
        b'{"format": "veduta-look", "version": 1, "dim": 1, "classes": {"car": [["x"]]}}',
        b'{"format": "veduta-look", "version": 1, "dim": 1, "classes": {"car": 3}}',
    ],
)
def test_what_is_no_look_is_refused_in_a_sentence(content, tmp_path):
    path = tmp_path / "bad.look.json"
    path.write_bytes(content)
    with pytest.raises(SceneError, match="not a saved look"):
        load_street_look(path)
    with pytest.raises(SceneError, match="can't be read"):
        load_street_look(tmp_path / "none.look.json")


def test_objects_without_a_look_differ_from_each_other_and_keep_their_default():
    centres = np.arange(8, dtype=np.float32).reshape(4, 2)
    book = CodeBook(2, {CAR: centres, 7: centres[:1]}, {CAR: np.array([70, 15, 10, 5]), 7: np.array([3])})
    table = CodeTable({26003: np.full(2, -1, np.float32)}, book, 2)(np.arange(65536))
    assert np.array_equal(table[CAR], centres[0]) and np.array_equal(table[26000], centres[0])
    assert np.array_equal(table[7], centres[0]) and np.array_equal(table[26003], [-1, -1]) and not table[24000].any()
    looks, counts = np.unique(table[26004:27000], axis=0, return_counts=True)
    assert len(looks) == 4 and 0.6 < counts.max() / counts.sum() < 0.8
    for value in (7, 26, 26000, 26001, 26999, 24000):
        assert np.array_equal(book.default_code(value), table[value])
