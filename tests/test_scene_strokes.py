"""Strokes: live painting, one step each."""

import time

import numpy as np
import pytest

from core.errors import LabelError, SceneError
from core.scene import edits
from core.scene.edits import NEW, History, Stroke
from core.scene.scene import Scene
from tests.conftest import scene_state as state

CAR, WHEEL, ROAD, SKY = 26, 48, 7, 23


def draw(stroke, points):
    return [stroke.add(x, y) for x, y in points]


def test_a_stroke_is_one_exact_step(street):
    before = state(street)
    stroke = Stroke(street, CAR, None, 4)
    boxes = draw(stroke, [(5, 5), (40, 30), (90, 10)])
    after = state(street)
    edit = stroke.finish()
    assert all(boxes) and state(street) == after != before
    history = History(street)
    history.push(edit)
    assert state(street) == after
    history.undo()
    assert state(street) == before
    history.redo()
    assert state(street) == after


def test_changes_lie_inside_the_returned_boxes(street):
    stroke = Stroke(street, ROAD, None, 3.5)
    for x, y in [(5, 5), (50, 9), (95, 47), (200, 80)]:
        before = street.label_map.copy()
        box = stroke.add(x, y)
        rows, columns = np.nonzero(before != street.label_map)
        if box is None:
            assert not rows.size
        else:
            assert box[0] <= columns.min() and columns.max() < box[2] and box[1] <= rows.min() and rows.max() < box[3]


def test_abort_restores_exactly(street):
    before = state(street)
    stroke = Stroke(street, 0, None, 30)
    draw(stroke, [(0, 0), (95, 47), (20, 40)])
    assert state(street) != before
    assert stroke.abort() is not None
    assert state(street) == before and stroke.finish() is None
    areas = {value: found.area for value, found in street.objects().items()}
    assert areas == {value: street.area(value) for value in areas}


def test_a_stroke_that_starts_on_an_object_extends_it(street):
    x0, y0, x1, y1 = street.objects()[26004].bbox
    stroke = Stroke(street, CAR, None, 2)
    draw(stroke, [(x1 - 2, y0 + 2), (x1 + 20, y0 + 2)])
    assert set(stroke.finish().new_instances) == {26004}
    stroke = Stroke(street, CAR, NEW, 2)
    draw(stroke, [(x1 - 2, y0 + 2), (x1 + 20, y0 + 2)])
    assert set(stroke.finish().new_instances) == {26001}
    stroke = Stroke(street, CAR, 26000, 2)
    draw(stroke, [(5, 5)])
    assert street.object_at(5, 5) == 26000


def test_a_new_object_per_stroke(street):
    values = []
    for x in (10, 40, 70):
        stroke = Stroke(street, CAR, None, 3)
        draw(stroke, [(x, 5), (x + 5, 6)])
        stroke.finish()
        values.append(street.object_at(x, 5))
    assert values == [26001, 26002, 26003]


def test_part_strokes_keep_each_object_they_cross(street):
    first, second = street.objects()[26000].bbox, street.objects()[26004].bbox
    y = (first[1] + first[3]) // 2 + 1
    owners = street.instance_map.copy()
    stroke = Stroke(street, WHEEL, None, 2)
    draw(stroke, [(first[0] + 3, y), (second[2] - 3, y)])
    stroke.finish()
    cars = (street.label_map == WHEEL) & (owners >= 26000) & (owners < 27000)
    assert np.array_equal(street.instance_map[cars], owners[cars]) and street.contradictions() == 0


def test_a_stroke_over_an_object_takes_its_code_along(street):
    stroke = Stroke(street, ROAD, None, 200)
    stroke.add(48, 24)
    edit = stroke.finish()
    assert not street.codes and edit.old_codes[26000] is not None
    edit.revert(street)
    assert 26000 in street.codes


def test_erasing_leaves_unlabeled(street):
    stroke = Stroke(street, edits.UNLABELED, None, 0)
    stroke.add(20, 30)
    edit = stroke.finish()
    assert edit.title == "Erase" and edit.mask.sum() == 1
    assert (street.label_at(20, 30), street.object_at(20, 30)) == (0, 0)


@pytest.mark.parametrize("shape", ["round", "square"])
@pytest.mark.parametrize("radius", [0, 0.5, 1, 2.5, 10])
def test_the_way_has_no_gaps_and_is_as_wide_as_the_brush(shape, radius):
    scene = Scene.blank((120, 60), ROAD)
    stroke = Stroke(scene, SKY, None, radius, shape)
    draw(stroke, [(20, 30), (100, 30)])
    painted = scene.label_map == SKY
    assert painted[30, 20:101].all()
    reach = int(round(radius)) if shape == "square" and radius >= 1 else int(radius) if radius >= 1 else 0
    assert painted[:, 60].sum() == 2 * reach + 1


def test_a_round_dab_is_a_disc():
    scene = Scene.blank((50, 50), ROAD)
    Stroke(scene, SKY, None, 9.3).add(25, 24)
    ys, xs = np.mgrid[:50, :50]
    assert np.array_equal(scene.label_map == SKY, (xs - 25) ** 2 + (ys - 24) ** 2 <= 9.3**2)


def test_nothing_changed_is_no_step(street):
    stroke = Stroke(street, SKY, None, 3)
    assert stroke.add(5, 2) is None and stroke.add(500, 2) is None
    assert stroke.finish() is None and stroke.abort() is None


def test_bad_strokes_are_refused(street):
    with pytest.raises(LabelError):
        Stroke(street, 39)
    with pytest.raises(SceneError, match="not a car"):
        Stroke(street, CAR, 24001)
    with pytest.raises(SceneError, match="radius"):
        Stroke(street, CAR, None, -1)
    with pytest.raises(SceneError, match="shape"):
        Stroke(street, CAR, None, 3, "star")


def test_dabs_on_a_large_scene_are_quick():
    scene = Scene.blank((4096, 2048), ROAD)
    stroke = Stroke(scene, CAR, None, 32)
    times = []
    for step in range(200):
        start = time.thread_time()
        stroke.add(100 + step * 19, 1024 + 500 * np.sin(step / 9))
        times.append(time.thread_time() - start)
    assert np.median(times) < 0.005
    assert stroke.finish().mask.sum() > 100_000
