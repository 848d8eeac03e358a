"""Scenes and single edits."""

import numpy as np
import pytest

from core.errors import LabelError, SceneError
from core.labels import CITYSCAPES, SHADOWS, STREETS, Label, LabelSet
from core.scene import edits
from core.scene.edits import NEW, History
from core.scene.regions import measure
from core.scene.scene import Scene, count_values
from tests.conftest import scene_state as state

CAR, WHEEL, ROAD, SKY, BUILDING, WINDOW, LANE = 26, 48, 7, 23, 11, 40, 45


def box_mask(width, height):
    return np.ones((height, width), bool)


# -- questions -----------------------------------------------------------------


def test_objects_are_measured_exactly(street):
    for value, found in street.objects().items():
        rows, columns = np.nonzero(street.instance_map == value)
        assert found.area == rows.size == street.area(value)
        assert found.bbox == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert set(street.objects()) == set(np.unique(street.instance_map))
    assert street.objects()[26004].label_id == CAR and street.objects()[26004].is_object
    assert not street.objects()[26].is_object


def test_measure_on_random_maps():
    rng = np.random.default_rng(1)
    for _ in range(20):
        values = rng.choice([3, 7, 26000, 65535], (rng.integers(1, 9), rng.integers(1, 9))).astype(np.uint16)
        measured = measure(values)
        assert measured.values.tolist() == np.unique(values).tolist()
        assert measured.areas.sum() == values.size


def test_free_value_fills_gaps(street):
    assert street.free_value(CAR) == 26001
    assert street.free_value(WHEEL) == 26001  # a part's objects are its parent's
    assert street.free_value(BUILDING) == 11000
    with pytest.raises(SceneError, match="can't have objects"):
        street.free_value(0)


def test_a_thousand_objects_are_the_end():
    values = np.arange(26000, 27000, dtype=np.uint16).reshape(25, 40)
    scene = Scene(np.full(values.shape, CAR, np.uint8), values)
    with pytest.raises(SceneError, match="1000 objects"):
        scene.free_value(CAR)
    assert edits.paint(scene, box_mask(2, 2), (0, 0), CAR, 26999) is not None


def test_points_outside_are_refused(street):
    for point in ((-1, 0), (96, 0), (0, 48)):
        with pytest.raises(SceneError, match="outside"):
            street.object_at(*point)


def test_maps_are_read_only_and_snapshots_independent(street):
    with pytest.raises(ValueError):
        street.label_map[0, 0] = 3
    before = street.snapshot()
    assert street.snapshot() is before
    edits.paint(street, box_mask(4, 4), (0, 0), ROAD).apply(street)
    assert before.label_map[0, 0] == SKY and street.label_at(0, 0) == ROAD
    assert street.snapshot().revision == before.revision + 1 == street.revision
    with pytest.raises(ValueError):
        before.instance_map[0, 0] = 3


@pytest.mark.parametrize(
    ("labels", "instances", "error"),
    [
        (np.zeros((4, 4), np.uint16), None, SceneError),
        (np.zeros((4, 4, 3), np.uint8), None, SceneError),
        (np.zeros((0, 4), np.uint8), None, SceneError),
        (np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.uint16), SceneError),
        (np.zeros((4, 4), np.uint8), np.full((4, 4), 70000), SceneError),
        (np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.float32), SceneError),
        (np.full((4, 4), 39, np.uint8), None, LabelError),
    ],
)
def test_bad_maps_are_refused(labels, instances, error):
    with pytest.raises(error):
        Scene(labels, instances)


def test_train_ids_are_named():
    with pytest.raises(LabelError, match="trainIds"):
        Scene(np.full((2, 2), 255, np.uint8))


def test_foreign_contradictions_stay_until_painted_over():
    labels = np.full((4, 4), SKY, np.uint8)
    instances = np.full((4, 4), 26003, np.uint16)  # "a car", says the instance map
    scene = Scene(labels, instances)
    assert scene.contradictions() == 16 and (scene.instance_map == 26003).all()
    edits.paint(scene, box_mask(2, 4), (0, 0), SKY).apply(scene)
    assert scene.contradictions() == 8 and (scene.instance_map[:, :2] == SKY).all()


# -- which object painted pixels join ----------------------------------------------


def test_things_become_new_objects(street):
    edit = edits.paint(street, box_mask(5, 5), (0, 0), CAR)
    edit.apply(street)
    assert street.object_at(2, 2) == 26001
    edits.paint(street, box_mask(5, 5), (0, 0), CAR, NEW).apply(street)
    assert street.object_at(2, 2) == 26002


def test_a_chosen_object_is_extended(street):
    area = street.area(26004)
    edits.paint(street, box_mask(5, 5), (0, 0), CAR, 26004).apply(street)
    assert street.area(26004) == area + 25
    with pytest.raises(SceneError, match="not a road"):
        edits.paint(street, box_mask(5, 5), (0, 0), ROAD, 26004)


def test_stuff_takes_its_bare_id_whatever_the_target(street):
    for target in (None, NEW, ROAD):
        edits.paint(street, box_mask(5, 5), (0, 0), ROAD, target).apply(street)
        assert street.object_at(2, 2) == ROAD
        edits.erase(street, box_mask(5, 5), (0, 0)).apply(street)
        assert (street.label_at(2, 2), street.object_at(2, 2)) == (0, 0)


def test_buildings_are_counted_only_where_the_scene_counts_them(street):
    edits.paint(street, box_mask(5, 5), (90, 0), BUILDING).apply(street)
    assert street.object_at(91, 1) == BUILDING
    edits.paint(street, box_mask(5, 5), (80, 0), BUILDING, NEW).apply(street)
    assert street.object_at(81, 1) == 11000
    edits.paint(street, box_mask(5, 5), (70, 0), BUILDING).apply(street)
    assert street.object_at(71, 1) == 11001


def test_a_part_stays_with_the_object_under_it(street):
    box = street.objects()[26004].bbox
    edit = edits.paint(street, box_mask(6, 6), (box[0] + 4, box[1] + 3), WHEEL)
    edit.apply(street)
    under = street.instance_map[box[1] + 3:box[1] + 9, box[0] + 4:box[0] + 10]
    assert (under == 26004).all() and street.label_at(box[0] + 5, box[1] + 4) == WHEEL
    assert street.contradictions() == 0


def test_a_painted_shadow_falls_on_each_ground_as_its_own_and_on_nothing_else():
    grounds = [ROAD, 8, 9, 22, LANE, CAR, 55, SKY]
    labels = np.repeat(np.array(grounds, np.uint8)[None], 6, 0)
    scene = Scene(labels.copy(), np.where(labels == CAR, 26003, STREETS.base[labels]).astype(np.uint16))
    before = state(scene)
    edit = edits.paint(scene, box_mask(8, 4), (0, 1), STREETS.named("shadow on sidewalk").id)
    edit.apply(scene)
    assert scene.label_map[2].tolist() == [93, 94, 95, 96, LANE, CAR, 55, SKY]
    assert scene.label_map[0].tolist() == grounds and scene.instance_map.tobytes() == before[1]
    assert edits.paint(scene, box_mask(8, 4), (0, 1), 93) is None, "it lies there already"
    edit.revert(scene)
    assert np.array_equal(scene.label_map, labels)


def test_a_part_beside_its_object_joins_the_one_most_covered(street):
    x0, y0, x1, y1 = street.objects()[26004].bbox
    edits.paint(street, box_mask(8, 4), (x1 - 5, y1 - 3), WHEEL).apply(street)
    assert street.object_at(x1 + 1, y1 - 2) == 26004
    edits.paint(street, box_mask(3, 3), (0, 0), WHEEL).apply(street)  # far from any car
    assert street.object_at(1, 1) == 26001
    edits.paint(street, box_mask(3, 3), (70, 40), LANE).apply(street)
    assert street.object_at(71, 41) == ROAD
    assert street.contradictions() == 0


# -- edits ---------------------------------------------------------------------


def test_an_edit_holds_only_what_changes(street):
    edit = edits.paint(street, box_mask(200, 200), (-50, -50), SKY)
    changed = street.label_map != SKY
    assert edit.mask.sum() == changed.sum()
    rows, columns = np.nonzero(changed)
    assert edit.bbox == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    edit.apply(street)
    assert edits.paint(street, box_mask(200, 200), (-50, -50), SKY) is None
    assert edits.paint(street, box_mask(5, 5), (500, 0), ROAD) is None
    assert edits.paint(street, np.zeros((5, 5), bool), (0, 0), ROAD) is None


def test_describing_an_edit_changes_nothing_and_applying_twice_is_applying_once(street):
    before = state(street)
    edit = edits.polygon(street, [(1, 1), (30, 1), (15, 30)], CAR)
    assert state(street) == before and street.revision == 0
    edit.apply(street)
    after = state(street)
    edit.apply(street)
    assert state(street) == after and street.revision == 1
    edit.revert(street)
    assert state(street) == before


def test_the_code_goes_with_the_last_pixel_and_comes_back(street):
    code = street.codes[26000].copy()
    half = street.instance_map == 26000
    half[:, : 20] = False
    edits.paint(street, half, (0, 0), ROAD).apply(street)
    assert 26000 in street.codes
    edit = edits.paint(street, street.instance_map == 26000, (0, 0), ROAD)
    edit.apply(street)
    assert 26000 not in street.codes
    assert street.free_value(CAR) == 26000
    edit.revert(street)
    assert np.array_equal(street.codes[26000], code)


def test_codes_are_edits(street):
    edit = edits.set_codes(street, {26004: np.ones(3), 26000: None})
    history = History(street)
    history.push(edit)
    assert street.codes[26004].dtype == np.float32 and 26000 not in street.codes
    assert edits.set_codes(street, {26004: np.ones(3), 26000: None}) is None
    history.undo()
    assert 26004 not in street.codes and 26000 in street.codes
    with pytest.raises(SceneError, match="no object"):
        edits.set_codes(street, {26777: np.ones(3)})
    with pytest.raises(SceneError, match="finite"):
        edits.set_codes(street, {26004: np.array([np.nan])})


def test_fill_stops_at_labels_and_at_objects(street):
    x0, y0, x1, y1 = street.objects()[26000].bbox
    edit = edits.fill(street, x1 - 1, y0, ROAD) or edits.fill(street, x0, y0, ROAD)
    assert edit.old_instances.size == int(((street.instance_map == 26000) & (street.label_map == CAR)).sum())
    assert set(edit.old_instances) == {26000} and set(edit.old_labels) == {CAR}


def test_fill_is_four_connected():
    labels = np.array([[SKY, ROAD, ROAD], [ROAD, SKY, ROAD], [SKY, SKY, SKY]], np.uint8)
    scene = Scene(labels)
    edits.fill(scene, 2, 0, BUILDING).apply(scene)
    assert scene.label_map.tolist() == [[SKY, BUILDING, BUILDING], [ROAD, SKY, BUILDING], [SKY, SKY, SKY]]


def test_filling_with_the_same_class_changes_nothing_unless_another_object_is_asked_for(street):
    x0, y0, *_ = street.objects()[26000].bbox
    assert edits.fill(street, x0, y0, CAR) is None
    edit = edits.fill(street, x0, y0, CAR, NEW)
    assert set(edit.new_instances) == {26001}


def test_polygon_outline_is_included_and_two_corners_are_too_few():
    scene = Scene.blank((10, 10), ROAD)
    edits.polygon(scene, [(2, 2), (6, 2), (6, 5), (2, 5)], SKY).apply(scene)
    assert (scene.label_map == SKY).sum() == 5 * 4
    assert edits.polygon(scene, [(-9, -9), (-5, -9), (-5, -5)], SKY) is None
    with pytest.raises(SceneError, match="three"):
        edits.polygon(scene, [(1, 1), (2, 2)], SKY)


def test_labels_outside_the_set_are_refused():
    scene = Scene.blank((8, 8), ROAD, CITYSCAPES)
    with pytest.raises(LabelError, match="not in the label set"):
        edits.paint(scene, box_mask(2, 2), (0, 0), WHEEL)


def test_classes_too_high_for_sixteen_bits_can_still_be_painted():
    labels = LabelSet("tall", [Label(0, "none", (0, 0, 0), "x"), Label(90, "kite", (1, 2, 3), "x")])
    scene = Scene.blank((8, 8), 0, labels)
    edits.paint(scene, box_mask(2, 2), (0, 0), 90).apply(scene)
    assert scene.object_at(0, 0) == 90


def test_one_value_is_stored_once():
    scene = Scene.blank((1000, 500), ROAD)
    assert edits.fill(scene, 3, 3, SKY).nbytes < 1000 * 500 + 100  # the mask, and four numbers


# -- history -------------------------------------------------------------------


def test_history_knows_what_is_saved(street):
    history = History(street)
    assert history.is_saved and not history.can_undo and history.undo() is None and history.redo() is None
    for x in (0, 10, 20):
        history.push(edits.paint(street, box_mask(5, 5), (x, 0), ROAD))
    history.mark_saved()
    assert history.undo_title == "Paint road"
    history.undo()
    assert not history.is_saved and history.can_redo
    history.redo()
    assert history.is_saved
    history.undo()
    history.push(edits.paint(street, box_mask(5, 5), (40, 0), ROAD))
    assert not history.is_saved and not history.can_redo
    history.undo(), history.undo(), history.undo()
    assert not history.is_saved  # the saved state can't be reached any more
    history.push(None)
    assert not history.can_undo


def test_history_forgets_the_oldest_beyond_its_limit(street):
    history = History(street, limit_bytes=100)
    history.push(edits.paint(street, box_mask(40, 5), (0, 0), ROAD))
    history.push(edits.paint(street, box_mask(40, 5), (40, 0), ROAD))
    assert history.undo() is not None and history.undo() is None
    assert not history.is_saved


def test_every_label_can_be_painted_and_keeps_the_invariant(street):
    history = History(street)
    before = state(street)
    for label in STREETS:
        if label.group == SHADOWS:  # they need the ground that they fall on
            history.push(edits.paint(street, box_mask(40, 20), (20, 15), label.parent if label.on is None else label.on))
        history.push(edits.paint(street, box_mask(40, 20), (20, 15), label.id))
        assert street.contradictions() == 0
        assert set(np.unique(street.label_map[15:35, 20:60])) == {label.id}
    while history.undo():
        pass
    assert state(street) == before


def test_values_are_counted_alike_few_or_many():
    random = np.random.default_rng(0)
    for dtype in (np.uint8, np.uint16, np.int64):
        for size in (0, 7, 5000):
            values = random.integers(0, 200, size).astype(dtype)
            expected = {value: int((values == value).sum()) for value in set(values.tolist())}
            assert dict(count_values(values)) == expected
    assert count_values(np.broadcast_to(np.uint16(7), (9000,))) == [(7, 9000)]
