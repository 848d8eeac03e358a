"""Any sequence of edits can be undone to the start and redone to the end."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import SceneError
from core.labels import STREETS
from core.look_regions import key_value, look_key
from core.scene import edits
from core.scene.edits import NEW, History, Stroke
from core.scene.packed import packed
from core.scene.polygons import polygons_of, rasterise
from tests.conftest import make_street
from tests.conftest import scene_state as state

SIZE = (48, 24)
points = st.tuples(st.integers(-8, SIZE[0] + 8), st.integers(-8, SIZE[1] + 8))
inside = st.tuples(st.integers(0, SIZE[0] - 1), st.integers(0, SIZE[1] - 1))
label_ids = st.sampled_from([0, 7, 11, 17, 20, 21, 23, 24, 26, 40, 45, 48, 50])
targets = st.sampled_from([None, NEW])
actions = st.one_of(
    st.tuples(st.just("stroke"), label_ids, targets, st.lists(points, min_size=1, max_size=4), st.integers(0, 9)),
    st.tuples(st.just("polygon"), label_ids, targets, st.lists(points, min_size=3, max_size=5)),
    st.tuples(st.just("fill"), label_ids, targets, inside),
    st.tuples(st.just("erase"), inside, st.integers(1, 20)),
    st.tuples(st.just("code"), inside, st.sampled_from([0, 40, 45, 48]), st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=3)),
    st.tuples(st.just("undo")),
    st.tuples(st.just("redo")),
)


def act(scene, history, action):
    kind, *rest = action
    if kind == "stroke":
        label_id, target, way, radius = rest
        stroke = Stroke(scene, label_id, target, radius)
        for x, y in way:
            stroke.add(x, y)
        history.push(stroke.finish())
    elif kind == "polygon":
        history.push(edits.polygon(scene, rest[2], rest[0], rest[1]))
    elif kind == "fill":
        history.push(edits.fill(scene, *rest[2], rest[0], rest[1]))
    elif kind == "erase":
        history.push(edits.erase(scene, np.ones((rest[1], rest[1]), bool), rest[0]))
    elif kind == "code":
        history.push(edits.set_codes(scene, {look_key(scene.object_at(*rest[0]), rest[1]): np.array(rest[2])}))
    else:
        getattr(history, kind)()


def check(scene):
    assert scene.contradictions() == 0
    values, counts = np.unique(scene.instance_map, return_counts=True)
    assert {value: found.area for value, found in scene.objects().items()} == dict(zip(values.tolist(), counts.tolist()))
    assert all(scene.area(key_value(key)) for key in scene.codes), "a code without its object"
    assert all(scene.area(value) == count for value, count in zip(values.tolist(), counts.tolist()))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(actions, max_size=14))
def test_undo_all_is_the_start_and_redo_all_the_end(sequence):
    scene = make_street(SIZE)
    history, start = History(scene), state(scene)
    for action in sequence:
        act(scene, history, action)
        check(scene)
    end = state(scene)
    while history.can_redo:
        history.redo()
    furthest = state(scene)
    while history.undo():
        check(scene)
    assert state(scene) == start
    while history.redo():
        check(scene)
    assert state(scene) == furthest
    assert any(action[0] in ("undo", "redo") for action in sequence) or end == furthest


@settings(max_examples=60, deadline=None)
@given(st.lists(actions, min_size=1, max_size=8))
def test_edits_at_rest_lose_nothing(sequence):
    scene = make_street(SIZE)
    made = []

    class Keeping(History):
        def push(self, edit):
            super().push(edit)
            made.append(edit)

    history = Keeping(scene)
    for action in sequence:
        act(scene, history, action)
    for edit in filter(None, made):
        again = packed(edit).unpacked()
        for name, value in vars(edit).items():
            found = getattr(again, name)
            if isinstance(value, np.ndarray):
                assert found.dtype == value.dtype and np.array_equal(found, value), name
            else:
                assert found is value, name


def test_a_stroke_at_rest_takes_a_tenth():
    scene = make_street((2048, 1024))
    stroke = Stroke(scene, 26, None, 32)
    for x in range(300, 700, 8):
        stroke.add(x, 500 + 40 * np.sin(x / 50))
    edit = stroke.finish()
    assert packed(edit).nbytes < 0.1 * edit.nbytes


@settings(max_examples=60, deadline=None)
@given(st.lists(actions, max_size=10))
def test_painted_scenes_survive_the_way_through_polygons(sequence):
    scene = make_street(SIZE)
    history = History(scene)
    for action in sequence:
        act(scene, history, action)
    again = rasterise(polygons_of(scene), STREETS)
    assert np.array_equal(again.label_map, scene.label_map)
    assert np.array_equal(again.instance_map, scene.instance_map)


@settings(max_examples=60, deadline=None)
@given(st.lists(points, min_size=1, max_size=6), st.integers(0, 9), label_ids)
def test_an_aborted_stroke_leaves_no_trace(way, radius, label_id):
    scene = make_street(SIZE)
    before = state(scene)
    try:
        stroke = Stroke(scene, label_id, None, radius)
        for x, y in way:
            stroke.add(x, y)
    except SceneError:
        pass
    stroke.abort()
    assert state(scene) == before
    check(scene)
