"""Poles, signs and lights as objects: picked out of a street that has none, taken together, exported as Cityscapes has them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.labels import CITYSCAPES, STREETS, object_class
from core.look_regions import look_key
from core.scene import objects, posts
from core.scene.belonging import ridden, together
from core.scene.cityscapes import load_pair, save_pair
from core.scene.edits import NEW, paint, set_codes
from core.scene.hidden import of_mask
from core.scene.pieces import Piece, take, translation
from core.scene.project import load_project, save_project
from core.scene.scene import Scene
from core.stamps import library
from tests.conftest import carried_out as done
from tests.conftest import scene_state as state

ROAD, SKY, POLE, LIGHT, SIGN, RED, CAR, PERSON, RIDER, BICYCLE, TREE = (
    STREETS.named(name).id for name in (
        "road", "sky", "pole", "traffic light", "traffic sign", "red signal", "car", "person", "rider", "bicycle",
        "vegetation",
    )
)
STATIC, DYNAMIC = (STREETS.named(name).id for name in ("static", "dynamic"))
AMBER = STREETS.named("amber signal").id


def street() -> Scene:
    """A sign on its pole, a light on another that crosses it, and a sign by itself; nothing of it is an object."""
    labels = np.full((64, 96), SKY, np.uint8)
    labels[40:] = ROAD
    labels[10:50, 20:22] = POLE
    labels[8:16, 16:26] = SIGN
    labels[12:52, 40:42] = POLE
    labels[12:20, 38:44] = LIGHT
    labels[13:15, 40:42] = RED
    labels[5:9, 80:88] = SIGN
    return Scene(labels, codes={SIGN: np.float32([1, 2, 3])})


def test_a_post_is_picked_out_whole_and_the_others_stay():
    scene = street()
    labels = scene.label_map.copy()
    edit = posts.pick_out(scene, 21, 30)
    assert edit.title == "Pick out pole"
    done(scene, edit)
    assert np.array_equal(scene.label_map, labels)
    found = {v: o.area for v, o in scene.objects().items() if o.is_object}
    assert found == {POLE * 1000: 2 * 34, SIGN * 1000: 80}
    # Its look stays that of all signs, which those without a number keep.
    assert np.array_equal(scene.codes[SIGN * 1000], [1, 2, 3]) and np.array_equal(scene.codes[SIGN], [1, 2, 3])
    assert posts.pick_out(scene, 21, 30) is None and posts.pick_out(scene, 2, 60) is None


def test_a_light_keeps_its_parts_and_the_last_of_a_class_takes_the_code_along():
    scene = street()
    done(scene, posts.pick_out(scene, 41, 13))
    assert scene.object_at(41, 13) == LIGHT * 1000 and scene.label_at(41, 13) == RED
    done(scene, posts.pick_out(scene, 21, 10))
    done(scene, posts.pick_out(scene, 84, 6))
    assert SIGN not in scene.codes and np.array_equal(scene.codes[SIGN * 1000 + 1], [1, 2, 3])
    assert not scene.area(SIGN) and not scene.area(POLE)


def test_posts_inside_a_box_are_picked_out_in_one_step():
    scene = street()
    labels = scene.label_map.copy()
    assert posts.pick_out_in(scene, (50, 20, 70, 60)) is None
    assert posts.pick_out_in(scene, (200, 20, 270, 60)) is None
    # Half a pole is too little; the sign on it is enough to pick out both, as a click on it does.
    assert posts.pick_out_in(scene, (10, 34, 30, 64)) is None
    edit = posts.pick_out_in(scene, (14, 0, 30, 18), {POLE: np.float32([7, 7, 7])})
    assert edit.title == "Pick out traffic sign" and set(edit.heirs.items()) == {(POLE * 1000, POLE), (SIGN * 1000, SIGN)}
    done(scene, edit)
    assert objects.mostly_in(scene, (14, 0, 30, 18)) == [SIGN * 1000] and scene.area(POLE * 1000) == 2 * 34
    edit = posts.pick_out_in(scene, (0, 0, 96, 64), {POLE: np.float32([7, 7, 7])})
    assert edit.title == "Pick out 3 objects"
    done(scene, edit)
    assert np.array_equal(scene.label_map, labels) and not (scene.instance_map == POLE).any()
    assert {v: o.area for v, o in scene.objects().items() if o.is_object} == {
        POLE * 1000: 68, POLE * 1000 + 1: 64, LIGHT * 1000: 48, SIGN * 1000: 80, SIGN * 1000 + 1: 32
    }
    assert SIGN not in scene.codes and np.array_equal(scene.codes[SIGN * 1000 + 1], [1, 2, 3])
    assert np.array_equal(scene.codes[POLE * 1000 + 1], [7, 7, 7])
    assert posts.pick_out_in(scene, (0, 0, 96, 64)) is None


def test_posts_of_one_class_are_picked_out_with_what_belongs_to_them():
    scene = street()
    assert posts.pick_out_in(scene, (0, 0, 96, 64), of=CAR) is None
    edit = posts.pick_out_in(scene, (0, 0, 96, 64), of=RED)
    assert edit.title == "Pick out traffic light" and set(edit.heirs) == {POLE * 1000, LIGHT * 1000}
    done(scene, edit)
    done(scene, posts.pick_out_in(scene, (0, 0, 96, 64), of=SIGN))
    assert {v for v in scene.objects() if v >= 1000} == {
        POLE * 1000, POLE * 1000 + 1, LIGHT * 1000, SIGN * 1000, SIGN * 1000 + 1
    }


@pytest.mark.parametrize("shift", (0, 8))
def test_a_box_picks_out_what_clicks_would(shift):
    clicked = street()
    mask = np.ones((16, 10), bool)
    car = Piece(CAR * 1000, 16, 38, np.full(mask.shape, CAR, np.uint8), mask)
    done(clicked, objects.put(clicked, [car], translation(0, 0)))
    done(clicked, paint(clicked, np.ones((6, 8), bool), (17 + shift, 24), PERSON, NEW))
    boxed = Scene(clicked.label_map, clicked.instance_map, codes=clicked.codes, hidden=clicked.hidden)
    for x, y in ((84, 6), (41, 16), (21, 20)):
        done(clicked, posts.pick_out(clicked, x, y))
    done(boxed, posts.pick_out_in(boxed, (0, 0, 96, 64)))

    def found(scene):
        return {
            (value // 1000, entry.bbox, entry.area, tuple(scene.hidden[value].keys.tolist()) if value in scene.hidden else ())
            for value, entry in scene.objects().items() if entry.is_object
        }

    assert found(boxed) == found(clicked)


def test_looks_of_parts_go_to_what_is_picked_out():
    scene = street()
    done(scene, set_codes(scene, {look_key(LIGHT, RED): np.float32([4, 4, 4])}))
    done(scene, posts.pick_out_in(scene, (0, 0, 96, 64), {LIGHT: np.float32([7, 7, 7]), look_key(LIGHT, AMBER): np.float32([8, 8, 8])}, of=LIGHT))
    assert not scene.area(LIGHT) and not scene.codes_of(LIGHT)
    assert {part: code.tolist() for part, code in scene.codes_of(LIGHT * 1000).items()} == {
        0: [7] * 3, RED: [4] * 3, AMBER: [8] * 3
    }


def test_codes_for_what_has_none():
    scene = street()
    done(scene, posts.pick_out(scene, 21, 30, {POLE: np.float32([7, 7, 7]), SIGN: np.float32([9, 9, 9])}))
    assert np.array_equal(scene.codes[POLE * 1000], [7, 7, 7]) and np.array_equal(scene.codes[SIGN * 1000], [1, 2, 3])


def test_what_a_car_hides_of_a_post_goes_along():
    scene = street()
    mask = np.ones((16, 10), bool)
    car = Piece(CAR * 1000, 16, 38, np.full(mask.shape, CAR, np.uint8), mask)
    done(scene, objects.put(scene, [car], translation(0, 0)))
    assert len(scene.hidden[POLE]) == 24
    done(scene, posts.pick_out(scene, 21, 20))
    assert POLE not in scene.hidden and len(scene.hidden[POLE * 1000]) == 24
    assert take(scene, POLE * 1000).mask.sum() == 2 * 34
    done(scene, objects.transform(scene, [POLE * 1000, SIGN * 1000], translation(40, 0)))
    assert scene.area(POLE * 1000) == 2 * 34
    done(scene, objects.delete(scene, [CAR * 1000]))
    assert not (scene.label_map[:, 16:26] == POLE).any()


def test_a_pole_behind_a_person_is_one_pole():
    scene = street()
    done(scene, paint(scene, np.ones((6, 8), bool), (17, 24), PERSON, NEW))
    done(scene, paint(scene, np.ones((4, 8), bool), (17, 36), PERSON, NEW))
    assert POLE not in scene.hidden and scene.label_at(21, 26) == PERSON
    for x, y in ((21, 20), (21, 45), (21, 32)):
        once = Scene(scene.label_map, scene.instance_map, codes=scene.codes)
        done(once, posts.pick_out(once, x, y))
        piece = take(once, POLE * 1000)
        assert piece.mask.sum() == 2 * 34 and (piece.labels[piece.mask] == POLE).all()
        assert once.area(POLE * 1000) == 2 * 24 and once.area(SIGN * 1000) == 80
        done(once, objects.transform(once, [POLE * 1000], translation(40, 0)))
        assert once.area(POLE * 1000) == 2 * 34
    # On the ground it ends, also where something stands there.
    done(scene, paint(scene, np.ones((14, 8), bool), (38, 46), CAR, NEW))
    done(scene, posts.pick_out(scene, 41, 30))
    assert scene.area(scene.object_at(41, 30)) == 2 * 26


def test_a_pole_behind_leaves_is_one_pole_but_a_tree_ends_none():
    scene = street()
    leaves = np.random.default_rng(1).random((9, 12)) < 0.8
    leaves[4] = True
    done(scene, paint(scene, leaves, (15, 22), TREE))
    done(scene, posts.pick_out(scene, 21, 45))
    piece = take(scene, POLE * 1000)
    assert piece.mask.sum() >= 2 * 34 - 2 and scene.area(SIGN * 1000) == 80
    # A crown above a short post is not taken for its upper half.
    other = street()
    done(other, paint(other, np.ones((25, 8), bool), (37, 20), TREE))
    done(other, posts.pick_out(other, 41, 50))
    assert other.area(POLE * 1000) == 2 * 7 and not other.hidden


def test_a_sign_and_its_pole_are_taken_together_but_not_poles_that_cross():
    scene = street()
    for x, y in ((21, 30), (41, 30), (84, 6)):
        done(scene, posts.pick_out(scene, x, y))
    first, second = (scene.object_at(x, 30) for x in (21, 41))
    assert together(scene, first) == (scene.object_at(17, 9), first)
    assert together(scene, scene.object_at(17, 9)) == (first, scene.object_at(17, 9))
    alone = scene.object_at(84, 6)
    assert together(scene, alone) == (alone,)
    done(scene, objects.transform(scene, [first], translation(22, 20)))
    assert scene.object_at(42, 40) == first and scene.object_at(41, 40) == second
    assert together(scene, first) == (first,)
    assert together(scene, ROAD) == (ROAD,)


def test_a_rider_comes_with_the_bicycle_and_not_with_one_that_is_parked():
    labels = np.full((64, 96), ROAD, np.uint8)
    instances = labels.astype(np.uint16)
    for (x0, y0, x1, y1), label, value in (
        ((10, 30, 40, 50), BICYCLE, 33000), ((18, 10, 30, 34), RIDER, 25000),
        ((31, 20, 60, 40), BICYCLE, 33001), ((70, 10, 80, 50), RIDER, 25001), ((80, 30, 90, 50), PERSON, 24000),
    ):
        labels[y0:y1, x0:x1], instances[y0:y1, x0:x1] = label, value
    scene = Scene(labels, instances)
    assert together(scene, 25000) == (33000, 25000) and together(scene, 33000) == (25000, 33000)
    assert ridden(scene, 25000) == ridden(scene, 25000, reach=1) == 33000 and ridden(scene, 25001) == 0
    # One pixel between them is a gap that comes from scaling; where nothing was scaled it parts them.
    parted = done(Scene(labels, instances), objects.delete(scene, [33000]))
    assert ridden(parted, 25000) == 33001 and ridden(parted, 25000, reach=1) == 0
    assert together(scene, 33001) == (33001,) and together(scene, 25001) == (25001,) and together(scene, 24000) == (24000,)


def test_front_without_memory_takes_nothing_from_beside_a_post():
    scene = street()
    done(scene, posts.pick_out(scene, 21, 30))
    done(scene, paint(scene, np.ones((6, 6), bool), (22, 18), CAR, NEW))
    assert objects.bring_to_front(scene, [POLE * 1000]) is None


def test_painted_poles_are_counted_once_one_is():
    scene = street()
    done(scene, paint(scene, np.ones((20, 2), bool), (60, 20), POLE))
    assert scene.object_at(60, 30) == POLE
    done(scene, posts.pick_out(scene, 60, 30))
    done(scene, paint(scene, np.ones((20, 2), bool), (70, 20), POLE))
    assert scene.object_at(70, 30) == POLE * 1000 + 1


def test_stamped_signs_are_objects_and_exports_stay_strict(tmp_path):
    stamps = [stamp for stamp in library(STREETS) if stamp.kind == "sign"]
    if not stamps:
        pytest.skip("the library of stamps is not there")
    scene = Scene.blank((640, 400), ROAD)
    for i, stamp in enumerate(stamps[:3]):
        pieces = objects.numbered(scene, stamp.pieces)
        assert all(piece.value >= 1000 for piece in pieces)
        done(scene, objects.put(scene, pieces, stamp.matrix(120 + 180 * i, 390, None)))
    held = [value for value, entry in scene.objects().items() if entry.is_object]
    assert {value // 1000 for value in held} <= {POLE, SIGN, LIGHT}
    whole = together(scene, held[0])
    assert len(whole) == len(stamps[0].pieces)
    done(scene, objects.transform(scene, whole, translation(0, -5)))

    save_project(tmp_path / "a.veduta", scene)
    assert state(load_project(tmp_path / "a.veduta").scene) == state(scene)
    save_pair(scene, tmp_path / "l.png", tmp_path / "i.png", strict=True)
    strict = load_pair(tmp_path / "l.png", tmp_path / "i.png", CITYSCAPES)
    assert strict.instance_map.max() < 1000 and np.array_equal(strict.instance_map, strict.label_map)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 95), st.integers(0, 63), st.integers(-9, 9)), max_size=8))
def test_any_order_of_picking_out_moving_and_painting_reverts(sequence):
    scene, undone = street(), []
    start = state(scene)
    for kind, x, y, step in sequence:
        values = [value for value, entry in scene.objects().items() if entry.is_object]
        if kind < 3:
            edit = posts.pick_out(scene, x, y)
        elif kind < 5 and values:
            edit = objects.transform(scene, together(scene, values[x % len(values)]), translation(step, y % 5 - 2))
        else:
            edit = paint(scene, np.ones((4, 3), bool), (x, y), (POLE, SIGN, CAR)[step % 3])
        if edit is not None:
            done(scene, edit)
            undone.append(edit)
            assert set(scene.codes) <= set(scene.objects()) and set(scene.hidden) <= set(scene.objects())
    for edit in undone[::-1]:
        edit.revert(scene)
    assert state(scene) == start


def test_clutter_is_picked_out_piece_by_piece_and_apart_from_posts():
    scene = street()
    labels = scene.label_map.copy()
    labels[44:52, 22:30] = STATIC  # against the foot of the first pole
    labels[46:52, 50:58] = STATIC
    labels[46:52, 58:62] = DYNAMIC  # a sack beside the bin
    scene = Scene(labels, codes={STATIC: np.float32([4, 5, 6])})
    assert posts.may_pick_out(STREETS, STATIC) and not posts.may_pick_out(STREETS, CAR) and not posts.is_post(STREETS, STATIC)
    done(scene, posts.pick_out(scene, 25, 48))
    bin_ = scene.object_at(25, 48)
    assert object_class(bin_) == STATIC and (scene.instance_map == bin_).sum() == 64
    assert scene.object_at(21, 48) == POLE and scene.object_at(52, 48) == STATIC and scene.object_at(60, 48) == DYNAMIC
    assert np.array_equal(scene.codes[bin_], [4, 5, 6])
    done(scene, posts.pick_out_in(scene, (48, 40, 64, 54)))
    assert object_class(scene.object_at(52, 48)) == STATIC != scene.object_at(52, 48) != bin_
    assert object_class(scene.object_at(60, 48)) == DYNAMIC
    assert scene.object_at(21, 48) == POLE and np.array_equal(scene.label_map, labels)
    done(scene, posts.pick_out(scene, 21, 30))
    assert object_class(scene.object_at(21, 49)) == POLE and scene.object_at(25, 48) == bin_


def test_a_pole_behind_a_bin_and_the_bin_are_each_picked_out_whole():
    scene = street()
    pole = (scene.label_map == POLE) & (np.arange(96) < 30)
    labels, instances = scene.label_map.copy(), scene.instance_map.copy()
    labels[30:40, 14:28] = instances[30:40, 14:28] = STATIC
    behind = of_mask(pole & (labels == STATIC), np.full(labels.shape, POLE, np.uint8), 0, 0)
    scene = Scene(labels, instances, hidden={POLE: behind})
    done(scene, posts.pick_out(scene, 15, 35))
    bin_ = scene.object_at(15, 35)
    assert (scene.instance_map == bin_).sum() == 140 and scene.object_at(21, 45) == POLE
    done(scene, posts.pick_out(scene, 21, 45))
    assert object_class(scene.object_at(21, 45)) == POLE and scene.object_at(21, 20) == scene.object_at(21, 45) != POLE
    assert (scene.instance_map == bin_).sum() == 140
