"""Objects as things you can hold: every operation, and long random sequences of them."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import SceneError
from core.labels import CITYSCAPES, STREETS, object_class
from core.look_regions import key_part, key_value, look_key
from core.scene import clip, edits, hidden, objects, shapes
from core.scene.edits import NEW, History, Stroke
from core.scene.hold import Hold
from core.scene.pieces import after, moved, rotation, scaling, take, translation
from core.scene.project import load_project, save_project
from core.scene.scene import Scene
from tests.conftest import make_street
from tests.conftest import carried_out as done
from tests.conftest import scene_state as state

CAR, WHEEL, ROAD, SKY, TRUCK, PERSON = 26, 48, 7, 23, 27, 24
A, B = 26000, 26004


def street(size=(96, 64)) -> Scene:
    """Sky over road, a car with a wheel and a code, and another car that does not touch it."""
    labels = np.full(size[::-1], SKY, np.uint8)
    labels[size[1] // 2:] = ROAD
    instances = labels.astype(np.uint16)
    labels[40:50, 10:30], instances[40:50, 10:30] = CAR, A
    labels[46:50, 13:17] = WHEEL
    labels[40:50, 50:70], instances[40:50, 50:70] = CAR, B
    return Scene(labels, instances, codes={A: np.float32([1, 2, 3])})


def shape(scene: Scene, value: int) -> np.ndarray:
    piece = take(scene, value)
    return np.where(piece.mask, piece.labels, 0)


def test_an_object_moves_with_its_parts_and_code_and_the_gap_fills_with_what_surrounds_it():
    scene = street()
    was = shape(scene, A)
    before = state(scene)
    edit = objects.transform(scene, [A], translation(15, -3))
    assert state(scene) == before
    done(scene, edit)
    assert scene.objects()[A].bbox == (25, 37, 45, 47) and np.array_equal(shape(scene, A), was)
    assert np.array_equal(scene.codes[A], [1, 2, 3])
    assert (scene.label_map[47:50, 10:30] == ROAD).all() and (scene.label_map[40:50, 10:25] == ROAD).all()


def test_what_an_object_was_put_over_comes_back_when_it_goes():
    scene = street()
    start = state(scene)
    done(scene, objects.transform(scene, [A], translation(35, 4)))
    assert scene.area(B) < 200 and len(scene.hidden[B]) == 200 - scene.area(B)
    done(scene, objects.transform(scene, [A], translation(-35, -4)))
    assert state(scene)[:3] == start[:3] and not scene.hidden.get(B)


def test_an_object_stays_behind_what_was_put_over_it():
    scene = street()
    whole = shape(scene, B)
    done(scene, objects.transform(scene, [A], translation(30, 0)))
    assert scene.area(A) == 200 and scene.area(B) == 100
    done(scene, objects.transform(scene, [B], translation(-4, 0)))
    assert scene.area(A) == 200 and scene.area(B) == 200 - 14 * 10
    done(scene, objects.transform(scene, [B], translation(0, -30)))
    assert np.array_equal(shape(scene, B), whole) and scene.area(B) == 200


def test_front_and_back():
    scene = street()
    done(scene, objects.transform(scene, [A], translation(30, 0)))
    done(scene, objects.bring_to_front(scene, [B]))
    assert scene.area(B) == 200 and scene.area(A) == 100 and len(scene.hidden[A]) == 100
    done(scene, objects.send_to_back(scene, [B]))
    assert scene.area(A) == 200 and scene.area(B) == 100
    done(scene, objects.transform(scene, [B], scaling((60, 50), 1.5, 1.5)))
    done(scene, objects.transform(scene, [A], translation(-30, 0)))
    done(scene, objects.transform(scene, [A], translation(40, -1)))
    with pytest.raises(SceneError, match="Nothing would be left"):
        objects.send_to_back(scene, [A])


def test_without_memory_the_outline_is_completed():
    labels = np.full((40, 60), ROAD, np.uint8)
    instances = labels.astype(np.uint16)
    labels[10:30, 10:40], instances[10:30, 10:40] = CAR, A
    labels[15:35, 20:30], instances[15:35, 20:30] = PERSON, 24000
    scene = Scene(labels, instances)
    done(scene, objects.bring_to_front(scene, [A]))
    assert scene.area(A) == 20 * 30 and scene.area(24000) == 5 * 10
    done(scene, objects.send_to_back(scene, [A]))
    assert scene.area(24000) == 20 * 10


def test_an_object_pushed_out_of_the_frame_and_back_is_whole_again():
    scene = street()
    was = shape(scene, A)
    done(scene, objects.transform(scene, [A], translation(-28, 0)))
    assert scene.area(A) == 20
    done(scene, objects.transform(scene, [A], translation(28, 0)))
    assert np.array_equal(shape(scene, A), was) and scene.area(A) == 200


def test_mirror_scale_and_turn():
    scene = street()
    was = shape(scene, A)
    done(scene, objects.transform(scene, [A], scaling((20, 45), -1, 1)))
    assert np.array_equal(shape(scene, A), was[:, ::-1])
    done(scene, objects.transform(scene, [A], scaling((20, 50), 2, 2)))
    assert np.array_equal(shape(scene, A), was[:, ::-1].repeat(2, 0).repeat(2, 1))
    scene = street()
    done(scene, objects.transform(scene, [A], rotation((20, 45), 90)))
    assert np.array_equal(shape(scene, A), np.rot90(was, -1))
    with pytest.raises(SceneError):
        objects.transform(scene, [A], scaling((20, 45), 0, 1))
    with pytest.raises(SceneError):
        objects.transform(scene, [A], scaling((20, 45), 1e5, 1e5))


def test_duplicate_and_delete():
    scene = street()
    done(scene, objects.duplicate(scene, [A, B], 5, 12))
    assert scene.area(26001) == scene.area(26002) == 200
    assert np.array_equal(scene.codes[26001], [1, 2, 3]) and 26002 not in scene.codes
    assert np.array_equal(shape(scene, 26001), shape(scene, A))
    done(scene, objects.delete(scene, [A, B, 26001, 26002]))
    assert set(scene.objects()) == {ROAD, SKY} and not scene.codes and not scene.hidden
    assert (scene.label_map[32:] == ROAD).all() and (scene.label_map[:32] == SKY).all()


def test_merge_split_and_change_class():
    scene = street()
    done(scene, objects.merge(scene, [B, A]))
    assert scene.area(B) == 400 and not scene.area(A) and A not in scene.codes
    edit = objects.split(scene, B)
    assert edit.heirs == {26002: B} or edit.heirs == {A: B}
    done(scene, edit)
    values = sorted(v for v in scene.objects() if v >= 1000)
    assert [scene.area(v) for v in values] == [200, 200]
    assert objects.split(scene, values[0]) is None
    scene = street()
    edit = objects.change_class(scene, [A], TRUCK)
    assert edit.heirs == {27000: A}
    done(scene, edit)
    assert set(np.unique(scene.label_map[40:50, 10:30])) == {TRUCK, 52} and scene.area(27000) == 200
    assert np.array_equal(scene.codes[27000], [1, 2, 3]) and A not in scene.codes
    done(scene, objects.change_class(scene, [27000], PERSON))
    assert set(np.unique(scene.label_map[40:50, 10:30])) == {PERSON}
    done(scene, objects.change_class(scene, [24000], ROAD))
    assert (scene.instance_map[40:50, 10:30] == ROAD).all() and not scene.codes


def test_a_class_of_a_thousand_says_so():
    labels = np.full((40, 60), CAR, np.uint8)
    instances = (26000 + np.arange(2400) % 1000).reshape(40, 60).astype(np.uint16)
    scene = Scene(labels, instances)
    with pytest.raises(SceneError, match="1000 objects"):
        objects.duplicate(scene, [26000], 1, 1)


def test_outlines():
    scene = street()
    done(scene, shapes.grow(scene, A, 2))
    assert scene.objects()[A].bbox == (8, 38, 32, 52)
    done(scene, shapes.shrink(scene, A, 2))
    assert scene.objects()[A].bbox == (10, 40, 30, 50) and (scene.label_map[38:40, 10:30] == ROAD).all()
    with pytest.raises(SceneError, match="Nothing would be left"):
        shapes.shrink(scene, A, 20)
    done(scene, edits.paint(scene, np.ones((3, 3), bool), (20, 43), ROAD))
    assert scene.area(A) == 191
    done(scene, shapes.fill_holes(scene, A))
    assert scene.area(A) == 200
    done(scene, edits.paint(scene, np.ones((1, 6), bool), (30, 44), CAR, A))
    done(scene, shapes.smooth(scene, A, 3))
    assert scene.objects()[A].bbox[2] <= 31


def test_painting_over_nothing_but_the_background_and_filling_closed_contours():
    scene = street()
    background = edits.paintable(STREETS, "background")
    done(scene, edits.polygon(scene, [(0, 36), (90, 36), (90, 60), (0, 60)], 8, None, background))
    assert scene.area(A) == scene.area(B) == 200 and scene.label_at(5, 40) == 8
    assert edits.polygon(scene, [(0, 36), (90, 36), (90, 60)], 8, None, edits.paintable(STREETS, "unlabeled")) is None
    stroke = Stroke(scene, PERSON, NEW, 1, autofill=True)
    for x, y in ((72, 36), (90, 36), (90, 60), (72, 60), (72, 36)):
        stroke.add(x, y)
    edit = stroke.finish()
    assert (scene.label_map[36:61, 72:91] == PERSON).all() and scene.contradictions() == 0
    edit.revert(scene)
    assert scene.label_at(80, 45) == 8


def test_a_contour_that_was_there_already_is_filled_when_it_is_gone_round_again():
    scene, corners = street(), ((72, 36), (90, 36), (90, 60), (72, 60), (72, 36))
    for target, autofill in ((NEW, False), (None, True)):
        stroke = Stroke(scene, PERSON, target, 1, autofill=autofill)
        for x, y in corners:
            stroke.add(x, y)
        edit = stroke.finish()
    assert stroke.filled and (scene.label_map[36:61, 72:91] == PERSON).all() and scene.contradictions() == 0
    assert np.unique(scene.instance_map[36:61, 72:91]).size == 1
    edit.revert(scene)
    assert scene.label_at(81, 48) != PERSON and scene.label_at(72, 48) == PERSON
    click = Stroke(scene, PERSON, None, 1, autofill=True)
    click.add(72, 48)
    assert click.finish() is None and click.bbox is None


def test_a_gesture_is_live_aborts_exactly_and_finishes_as_one_edit():
    scene = street()
    start = state(scene)
    hold = Hold(scene, [A])
    assert hold.place(translation(5, 5)) == (10, 40, 35, 55)
    assert scene.object_at(34, 54) == A
    hold.place(after(rotation((20, 45), 30), translation(40, 0)))
    hold.abort()
    assert state(scene) == start
    new = objects.copies(scene, [A])
    hold = Hold(scene, (), new)
    hold.place(translation(30, 0))
    assert 26001 in scene.codes
    hold.abort()
    assert state(scene) == start
    hold = Hold(scene, (), new)
    hold.place(translation(30, 0))
    hold.place(translation(1000, 0))  # nothing of it is in the frame
    assert hold.finish() is None and state(scene) == start
    hold = Hold(scene, [A, B])
    for step in range(6):
        hold.place(translation(3 * step, step))
    edit = hold.finish()
    end = state(scene)
    edit.revert(scene)
    assert state(scene) == start
    edit.apply(scene)
    assert state(scene) == end
    described = objects.transform(street(), [A, B], translation(15, 5))
    again = street()
    described.apply(again)
    assert state(again) == end


# -- long random sequences ----------------------------------------------------------------

SIZE = (64, 40)
OPERATIONS = 100


def label_choice(rng, ids=(0, 7, 11, 21, 23, 24, 26, 27, 40, 48, 50)) -> int:
    return int(rng.choice(ids))


def one_operation(scene: Scene, history: History, rng: np.random.Generator) -> None:
    """One of everything that a person can do, in the proportions of a lively afternoon."""
    values = [value for value in scene.objects() if value >= 1000]
    if len(values) < 4:
        history.push(edits.paint(scene, np.ones((9, 14), bool), rng.integers(0, 40, 2).tolist(), 26, NEW))
        return
    some = [int(v) for v in rng.permutation(values)[: rng.integers(1, 4)]]
    kind = rng.choice([
        "move", "move", "scale", "rotate", "mirror", "duplicate", "delete", "merge", "split", "class", "front", "back",
        "grow", "shrink", "smooth", "holes", "hold", "abort", "stroke", "polygon", "fill", "code", "undo", "redo",
        "part code", "part code", "paste",
    ])
    width, height = scene.size
    dx, dy = int(rng.integers(-width, width)) // 2, int(rng.integers(-height, height)) // 2
    middle = float(rng.integers(0, width)), float(rng.integers(0, height))
    if kind == "undo" or kind == "redo":
        getattr(history, kind)()
    elif kind == "stroke":
        stroke = Stroke(scene, label_choice(rng), NEW if rng.random() < 0.3 else None, int(rng.integers(0, 7)),
                        autofill=bool(rng.random() < 0.3))
        for _ in range(3):
            stroke.add(float(rng.uniform(-5, width + 5)), float(rng.uniform(-5, height + 5)))
        history.push(stroke.finish())
    elif kind == "polygon":
        points = (np.array(middle) + rng.uniform(-12, 12, (4, 2))).tolist()
        over = edits.paintable(STREETS, str(rng.choice(["all", "background", "unlabeled"])))
        history.push(edits.polygon(scene, points, label_choice(rng), None, over))
    elif kind == "fill":
        history.push(edits.fill(scene, int(middle[0]), int(middle[1]), label_choice(rng)))
    elif kind == "move":
        history.push(objects.transform(scene, some, translation(dx, dy)))
    elif kind == "scale":
        history.push(objects.transform(scene, some, scaling(middle, *rng.uniform(0.4, 1.8, 2))))
    elif kind == "rotate":
        history.push(objects.transform(scene, some, rotation(middle, float(rng.uniform(-180, 180)))))
    elif kind == "mirror":
        history.push(objects.transform(scene, some, scaling(middle, -1, 1)))
    elif kind == "duplicate":
        history.push(objects.duplicate(scene, some[:2], dx, dy))
    elif kind == "delete":
        history.push(objects.delete(scene, some[:1]))
    elif kind == "merge":
        history.push(objects.merge(scene, some))
    elif kind == "split":
        history.push(objects.split(scene, some[0]))
    elif kind == "class":
        history.push(objects.change_class(scene, some, label_choice(rng, (7, 11, 24, 26, 27, 33, 48))))
    elif kind == "front":
        history.push(objects.bring_to_front(scene, some))
    elif kind == "back":
        history.push(objects.send_to_back(scene, some))
    elif kind in ("grow", "shrink", "smooth"):
        history.push(getattr(shapes, kind)(scene, some[0], int(rng.integers(1, 4))))
    elif kind == "holes":
        history.push(shapes.fill_holes(scene, some[0]))
    elif kind == "code":
        history.push(edits.set_codes(scene, {value: rng.normal(size=3) for value in some}))
    elif kind == "part code":
        history.push(edits.set_codes(scene, {
            look_key(value, part): None if rng.random() < 0.2 else rng.normal(size=3)
            for value in (*some, ROAD if scene.area(ROAD) else some[0]) for part in some_parts(rng, object_class(value))
        }))
    elif kind == "paste":
        pieces = clip.from_bytes(clip.to_bytes(objects.copies(scene, some), STREETS), STREETS)
        history.push(objects.put(scene, objects.numbered(scene, pieces), translation(dx, dy)))
    else:
        hold = Hold(scene, some) if rng.random() < 0.7 else Hold(scene, (), objects.copies(scene, some))
        before = state(scene)
        hold.place(translation(dx, dy))
        hold.place(after(scaling(middle, 1.2, 0.8), translation(dx // 2, dy)))
        if kind == "abort":
            hold.abort()
            assert state(scene) == before
        else:
            history.push(hold.finish())


def some_parts(rng, class_id) -> list[int]:
    """Kinds of parts that the class has, and now and then one that it hasn't."""
    kinds = [label.id for label in STREETS.parts_of(class_id)]
    return [int(part) for part in rng.permutation(kinds)[:2]] + [int(rng.choice((40, 48)))] * int(rng.random() < 0.1)


def check(scene: Scene) -> None:
    """Ids unique and in agreement with the labels, codes and memory only for what is there."""
    assert scene.contradictions() == 0
    values, counts = np.unique(scene.instance_map, return_counts=True)
    assert {v: found.area for v, found in scene.objects().items()} == dict(zip(values.tolist(), counts.tolist()))
    assert all(scene.area(int(v)) == count for v, count in zip(values, counts))
    assert all(scene.area(value) for value in (*map(key_value, scene.codes), *scene.hidden))
    assert all(STREETS[part].parent is not None for part in map(key_part, scene.codes) if part)
    for value, behind in scene.hidden.items():
        assert len(behind) and (np.diff(behind.keys) > 0).all()
        assert (STREETS.base[behind.labels] == object_class(value)).all()


def run_sequence(seed: int, folder, operations: int = OPERATIONS) -> int:
    """Returns how many operations did something."""
    rng = np.random.default_rng(seed)
    scene = make_street(SIZE)
    history, start = History(scene), state(scene)
    saves, did = set(rng.integers(0, operations, 3).tolist()), 0
    for step in range(operations):
        before = state(scene)
        try:
            one_operation(scene, history, rng)
        except SceneError:
            assert state(scene) == before  # a sentence for the person, and nothing half done
        check(scene)
        did += state(scene) != before
        if step in saves:
            path = folder / "street.veduta"
            save_project(path, scene)
            assert state(load_project(path).scene) == state(scene)
    while history.can_redo:
        history.redo()
    end = state(scene)
    while history.undo():
        pass
    assert state(scene) == start
    while history.redo():
        pass
    assert state(scene) == end
    return did


def test_random_sequences(tmp_path):
    """VEDUTA_SEQUENCES=500 runs as many as the project promises (some minutes)."""
    for seed in range(int(os.environ.get("VEDUTA_SEQUENCES", "25"))):
        assert run_sequence(seed, tmp_path) > OPERATIONS // 3, seed


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(seed=st.integers(1000, 1 << 30), operations=st.integers(1, 30))
def test_short_random_sequences(tmp_path, seed, operations):
    run_sequence(seed, tmp_path, operations)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(-30, 30), st.integers(-30, 30), st.sampled_from([0, 90, 180, 270]), st.booleans(),
)
def test_exact_transformations_come_back(dx, dy, degrees, mirror):
    piece = take(street(), A)
    there = after(rotation((20, 45), degrees), translation(dx, dy))
    back = after(translation(-dx, -dy), rotation((20, 45), -degrees))
    if mirror:
        there, back = after(scaling((20, 45), -1, 1), there), after(back, scaling((20, 45), -1, 1))
    again = moved(moved(piece, there), back)
    assert again.box == piece.box and np.array_equal(again.mask, piece.mask) and np.array_equal(again.labels, piece.labels)


@pytest.mark.parametrize("text", [
    "[]", "{", '{"26000": [[0, 0, 5]]}', '{"26000": [[0, 0, -5, 26]]}', '{"26000": [[0, 0, 5, 200]]}',
    '{"26000": [[0, 0, 5, 26], [2, 0, 5, 26]]}', '{"26000": [[0, 0, 99999999, 26]]}', '{"99999999": [[0, 0, 5, 26]]}',
    '{"26000": "x"}', '{"x": [[0, 0, 5, 26]]}', '{"26000": [[1e400, 0, 5, 26]]}', "[" * 100_000,
])
def test_a_damaged_memory_is_refused_in_a_sentence(text, tmp_path):
    import zipfile

    from core.errors import ProjectFileError

    save_project(tmp_path / "good.veduta", street())
    with zipfile.ZipFile(tmp_path / "good.veduta") as old, zipfile.ZipFile(tmp_path / "bad.veduta", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("hidden.json", text)
    with pytest.raises(ProjectFileError, match="backup"):
        load_project(tmp_path / "bad.veduta")


def test_pieces_survive_the_clipboard_and_other_label_sets():
    piece = take(street(), A)
    data = clip.to_bytes([piece], STREETS)
    (again,) = clip.from_bytes(data, STREETS)
    assert np.array_equal(again.labels[again.mask], piece.labels[piece.mask]) and np.array_equal(again.codes[0], piece.codes[0])
    (folded,) = clip.from_bytes(data, CITYSCAPES)
    assert set(np.unique(folded.labels[folded.mask])) == {CAR}
    for bad in (b"", b"null", data[:-40], data.replace(b"iVBOR", b"iVBOX"), data.replace(b'"x": 10', b'"x": 99999999')):
        with pytest.raises(SceneError):
            clip.from_bytes(bad, STREETS)


# -- looks of parts --------------------------------------------------------------------------

GLASS, TRUCK_WHEEL, HEADLIGHT = 47, 52, 49


def looks(scene: Scene) -> dict[str, list[float]]:
    """All codes, keyed as a project file would: 26000 the object itself, 26000/48 its wheels."""
    return {
        f"{key_value(key)}/{key_part(key)}" if key_part(key) else str(key): code.tolist()
        for key, code in scene.codes.items()
    }


def dressed() -> Scene:
    """:func:`street` with looks of A's wheels and headlights, and of B's wheels, but none of B itself."""
    scene = street()
    done(scene, edits.set_codes(scene, {
        look_key(A, WHEEL): np.float32([4, 4, 4]), look_key(A, HEADLIGHT): np.float32([5, 5, 5]),
        look_key(B, WHEEL): np.float32([6, 6, 6]),
    }))
    return scene


OF_A = {"": [1, 2, 3], "/48": [4, 4, 4], "/49": [5, 5, 5]}
OF_B = {"/48": [6, 6, 6]}


def expected(**of: dict) -> dict:
    """``_26001=OF_A`` -> what :func:`looks` gives for an object 26001 with the looks of A."""
    return {f"{value[1:]}{part}": code for value, codes in of.items() for part, code in codes.items()}


def test_looks_of_parts_go_with_their_object():
    scene = dressed()
    assert looks(scene) == expected(_26000=OF_A, _26004=OF_B)
    done(scene, objects.transform(scene, [A], translation(3, 0)))
    assert looks(scene) == expected(_26000=OF_A, _26004=OF_B)
    done(scene, objects.duplicate(scene, [A, B], 5, 12))
    assert looks(scene) == expected(_26000=OF_A, _26004=OF_B, _26001=OF_A, _26002=OF_B)
    done(scene, objects.delete(scene, [A, 26002]))
    assert looks(scene) == expected(_26004=OF_B, _26001=OF_A)
    # What gets no pixel leaves no looks behind, and an aborted gesture none either.
    before = state(scene)
    for shift, end in ((500, "finish"), (3, "abort")):
        hold = Hold(scene, (), objects.copies(scene, [26001, B]))
        hold.place(translation(shift, 0))
        getattr(hold, end)()
        assert state(scene) == before


def test_a_kind_of_part_keeps_its_look_until_its_object_goes():
    scene = dressed()
    done(scene, edits.paint(scene, scene.label_map == WHEEL, (0, 0), CAR, A))
    assert not (scene.label_map == WHEEL).any() and looks(scene) == expected(_26000=OF_A, _26004=OF_B)
    done(scene, edits.paint(scene, scene.instance_map == A, (0, 0), ROAD))
    assert looks(scene) == expected(_26004=OF_B) and scene.free_value(CAR) == A


def test_looks_of_parts_are_left_or_inherited_when_objects_are_merged_and_split():
    scene = dressed()
    done(scene, objects.merge(scene, [B, A]))
    assert looks(scene) == expected(_26004=OF_B)  # the wheels of A look as those of B now
    scene = dressed()
    done(scene, objects.merge(scene, [A, B]))
    done(scene, objects.split(scene, A))
    assert looks(scene) == expected(_26000=OF_A, _26001=OF_A)


def test_looks_of_parts_follow_to_another_class_as_far_as_it_has_them():
    scene = dressed()
    done(scene, objects.change_class(scene, [A, B], TRUCK))
    # A truck's headlights are no part of their own.
    assert looks(scene) == expected(_27000={"": [1, 2, 3], "/52": [4, 4, 4]}, _27001={"/52": [6, 6, 6]})
    done(scene, objects.change_class(scene, [27000], PERSON))
    assert looks(scene) == expected(_24000={"": [1, 2, 3]}, _27001={"/52": [6, 6, 6]})
    done(scene, objects.change_class(scene, [27001, 24000], ROAD))
    assert not scene.codes


def test_two_kinds_of_parts_that_become_one_have_the_look_of_the_first():
    from core.labels import Label, LabelSet

    labels = LabelSet("toys", [
        Label(0, "none", (0, 0, 0), "x"), Label(1, "cart", (1, 0, 0), "x", True, True),
        Label(2, "crate", (2, 0, 0), "x", True, True),
        Label(10, "left wheel", (3, 0, 0), "x", parent=1), Label(11, "right wheel", (4, 0, 0), "x", parent=1),
        Label(12, "crate wheel", (5, 0, 0), "x", parent=2),
    ])
    scene = Scene(np.full((4, 4), 1, np.uint8), np.full((4, 4), 1000, np.uint16), labels)
    done(scene, edits.set_codes(scene, {look_key(1000, 11): np.ones(2), look_key(1000, 10): np.zeros(2)}))
    done(scene, objects.change_class(scene, [1000], 2))
    assert looks(scene) == {"2000/12": [0, 0]}


def test_looks_of_parts_are_given_to_objects_that_are_there():
    scene = dressed()
    assert edits.set_codes(scene, {look_key(A, WHEEL): np.float32([4, 4, 4])}) is None
    done(scene, edits.set_codes(scene, {look_key(A, WHEEL): None, look_key(B, GLASS): np.ones(3), look_key(ROAD, 45): np.ones(3)}))
    assert looks(scene) == expected(_26000={"": [1, 2, 3], "/49": [5, 5, 5]}, _26004={**OF_B, "/47": [1, 1, 1]}, _7={"/45": [1, 1, 1]})
    for key in (look_key(26777, WHEEL), look_key(0, WHEEL), -1, -70000):
        with pytest.raises(SceneError, match="no object"):
            edits.set_codes(scene, {key: np.ones(3)})
    for part in (CAR, SKY, 39, 300):
        with pytest.raises(SceneError, match="is no part"):
            edits.set_codes(scene, {look_key(A, part): np.ones(3)})


def test_looks_of_parts_are_pasted_into_another_scene():
    scene, other = dressed(), street()
    data = clip.to_bytes(objects.copies(scene, [A, B]), STREETS)
    done(other, objects.put(other, objects.numbered(other, clip.from_bytes(data, STREETS)), translation(0, -20)))
    assert looks(other) == expected(_26000={"": [1, 2, 3]}, _26001=OF_A, _26002=OF_B)
    # Classes that know no wheels.
    first, second = clip.from_bytes(data, CITYSCAPES)
    assert set(first.codes) == {0} and not second.codes
    # What has no looks of parts can be pasted by programs that know of none.
    assert b'"version": 2' in data and b'"version": 1' in clip.to_bytes([take(street(), A)], STREETS)
    for old, new in (
        (b'"version": 2', b'"version": 3'), (b"[4.0, 4.0, 4.0]", b"4.0"), (b"[4.0, 4.0, 4.0]", b"[]"),
        (b"[4.0, 4.0, 4.0]", b"[4.0, 1e99, 4.0]"), (b'{"car wheel": [6.0, 6.0, 6.0]}', b"[6.0]"),
    ):
        assert data.count(old) == 1
        with pytest.raises(SceneError):
            clip.from_bytes(data.replace(old, new), STREETS)


def test_what_is_pasted_as_stuff_looks_like_the_stuff_there():
    from core.labels import Label, LabelSet

    labels = LabelSet("plain", [Label(SKY, "sky", (0, 0, 9), "x"), Label(CAR, "car", (9, 0, 0), "x")])
    maps = np.full((20, 40), SKY, np.uint8)
    maps[:5] = CAR
    scene = Scene(maps, None, labels, {CAR: np.ones(3)})
    pieces = clip.from_bytes(clip.to_bytes(objects.copies(dressed(), [A]), STREETS), labels)
    before = state(scene)
    done(scene, objects.put(scene, objects.numbered(scene, pieces), translation(0, -35)))
    assert (scene.label_map[5:15, 10:30] == CAR).all() and looks(scene) == {"26": [1, 1, 1]}
    hold = Hold(Scene(maps, None, labels, {CAR: np.ones(3)}), (), objects.numbered(scene, pieces))
    hold.place(translation(0, -35))
    hold.abort()
    assert state(hold.scene) == before


def test_stamps_may_hold_looks_of_parts(tmp_path):
    from core.stamps import Stamp, load_stamps, save_stamps

    piece = take(dressed(), A)
    path = tmp_path / "own.json"
    save_stamps(path, [Stamp("car", "here", 40.0, (piece,))])
    (again,) = load_stamps(path)
    assert b'"version":2' in path.read_bytes()
    assert {part: code.tolist() for part, code in again.pieces[0].codes.items()} == {0: [1, 2, 3], WHEEL: [4] * 3, HEADLIGHT: [5] * 3}


def test_the_horizon_and_the_stamps_of_the_examples():
    from core.perspective import estimate_horizon
    from core.stamps import library
    from core.stamps_pick import choose, pick
    from tests.conftest import ROOT

    stamps = library()
    assert {"car", "person", "tree", "sign", "bicycle", "piece of street furniture", "piece of clutter"} <= {stamp.kind for stamp in stamps}
    for stamp in stamps:
        assert stamp.below_horizon > 0 and stamp.box[3] == 0 and stamp.picture().any()
    path = sorted((ROOT / "assets" / "examples").glob("*.veduta"))[0]
    scene = load_project(path).scene
    assert 0.4 * scene.size[1] < estimate_horizon(scene) < 0.65 * scene.size[1]
    assert choose(pick(scene, path.stem))


def test_a_library_of_stamps_that_is_damaged_or_something_else_is_named_as_such(tmp_path):
    from core.scene.pieces import Piece
    from core.stamps import Stamp, load_stamps, save_stamps

    car = Piece(CAR, -2, -2, np.full((2, 4), CAR, np.uint8), np.ones((2, 4), bool))
    path = tmp_path / "own.json"
    save_stamps(path, [Stamp("car", "here", 40.0, (car,))])
    (again,) = load_stamps(path)
    assert again.kind == "car" and again.box == (-2, -2, 2, 0)
    whole = path.read_bytes()
    for old, new in ((b"iVBOR", b"iVBOX"), (b"veduta-stamps", b"veduta-look"), (b"40.0", b"1e999"), (b"[", b"{")):
        path.write_bytes(whole.replace(old, new))
        with pytest.raises(SceneError, match="'own.json' is no library of stamps"):
            load_stamps(path)
    path.write_bytes(whole.replace(b'"version":1', b'"version":3'))
    with pytest.raises(SceneError, match="newer version"):
        load_stamps(path)
    with pytest.raises(SceneError, match="can't be read"):
        load_stamps(tmp_path / "none.json")


@pytest.mark.parametrize("run", [[1, 0, 2**63 - 1, 7], [1, 0, 2**62, 7], [0, 0, 0, 7], [1 << 15, 0, 1, 7], [0, 0, 1, 256]])
def test_runs_of_hidden_pixels_that_no_street_could_hold_are_refused(run):
    known = np.ones(256, bool)
    whole = {"26001": [3, 4, 5, 26]}
    assert len(hidden.from_json(whole, known)[26001]) == 5
    with pytest.raises(SceneError, match="open a backup"):
        hidden.from_json({**whole, "26002": run}, known)
