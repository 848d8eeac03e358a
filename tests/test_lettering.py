"""Writing on boards: in the perspective of a board that is projected exactly, on plates, and refused where it can't be read."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import SceneError
from core.filling.lettering import PLATE, board_of, find_board, inked, write
from core.filling.view import FOCAL, View
from core.labels import CITYSCAPES, STREETS
from core.opencv import cv2
from core.scene.scene import Scene
from core.streets import glyphs

SKY, BUILDING, CAR, SIGN, LETTERS, PLATES, INK = 23, 11, 26, 61, 97, 58, 141
VIEW = View((1024, 512), 250.0, 512.0, FOCAL * 1024, 1.4)
#: Aside and depth of the two ends of boards along the street, across it and askew, in metres; 0.54 m high at 3 m.
BOARDS = {"left": ((-6.0, 15.0), (-6.0, 21.0)), "right": ((5.0, 20.0), (5.0, 14.0)), "front": ((-3.0, 12.0), (3.0, 12.0)),
          "askew": ((-4.0, 12.0), (1.0, 9.0))}  # fmt: skip


def projected(ends, share, up):
    """Exact pixels of points at ``share`` of the way between the ends and ``up`` metres above the board's foot."""
    (a0, d0), (a1, d1) = ends
    return VIEW.project(a0 + (a1 - a0) * np.asarray(share), d0 + (d1 - d0) * np.asarray(share), 3.0 + np.asarray(up))


def street(ends=BOARDS["left"]) -> tuple[Scene, tuple[int, int]]:
    """A scene with one board on a building, and a pixel of it."""
    labels = np.full((512, 1024), BUILDING, np.uint8)
    labels[:40] = SKY
    corners = projected(ends, [0, 1, 1, 0], [0, 0, 0.54, 0.54])
    cv2.fillConvexPoly(labels, np.rint((corners - 0.5) * 16).astype(np.int32), SIGN, cv2.LINE_8, 4)
    middle = projected(ends, 0.5, 0.27)
    return Scene(labels, labels.astype(np.uint16)), (int(middle[0]), int(middle[1]))


@pytest.mark.parametrize("name", BOARDS)
def test_a_boards_place_in_space_is_told_by_its_outline(name):
    ends = BOARDS[name]
    scene, (x, y) = street(ends)
    mask, box, board_id, letters_id = find_board(scene, x, y)
    assert (board_id, letters_id) == (SIGN, LETTERS)
    board = board_of(mask, box[:2], size=scene.size)
    real = np.hypot(*(np.array(ends[1]) - ends[0])) / 0.54
    # A row more or less at the far end, which is 26 pixels high or more, is some hundredths of its depth.
    assert board.length == pytest.approx(real, rel=0.12)
    share, up = (grid.reshape(-1) for grid in np.meshgrid(np.linspace(0.05, 0.95, 7), (0.1, 0.27, 0.44)))
    place = board.place(np.stack([(share - 0.5) * board.length, up / 0.54 - 0.5], -1))
    assert np.abs(place - projected(ends, share, up)).max() < 2.5


@pytest.mark.parametrize("name", BOARDS)
def test_letters_lie_on_the_board_where_they_would_in_space(name):
    ends = BOARDS[name]
    scene, (x, y) = street(ends)
    before = scene.label_map.copy()
    edit = write(scene, x, y, "books")
    assert edit.title == "Write BOOKS"
    edit.apply(scene)
    changed = scene.label_map != before
    assert (before[changed] == SIGN).all() and (scene.label_map[changed] == LETTERS).all()
    assert np.array_equal(scene.instance_map, before), "no object changes"
    real = np.hypot(*(np.array(ends[1]) - ends[0])) / 0.54
    strokes = glyphs.written("BOOKS", 0.62, 0.9 * real)
    wanted = np.zeros(before.shape, np.uint8)
    for quad in strokes:
        place = projected(ends, quad[:, 0] / real + 0.5, (quad[:, 1] + 0.5) * 0.54)
        cv2.fillConvexPoly(wanted, np.rint((place - 0.5) * 16).astype(np.int32), 1, cv2.LINE_8, 4)
    near = cv2.dilate(wanted, np.ones((5, 5), np.uint8)) > 0
    assert (near & changed).sum() > 0.97 * changed.sum() and 0.75 < changed.sum() / wanted.sum() < 1.3


def test_what_is_written_replaces_what_was_and_nothing_wipes_the_board():
    scene, (x, y) = street(BOARDS["front"])
    bare = scene.label_map.copy()
    write(scene, x, y, "CAFE").apply(scene)
    first = scene.label_map.copy()
    ys, xs = np.nonzero(first == LETTERS)
    write(scene, int(xs[0]), int(ys[0]), "BAR").apply(scene)  # a click on a letter is one on its board
    assert (scene.label_map == LETTERS).sum() < (first == LETTERS).sum()
    assert write(scene, x, y, "  bar ") is None, "it is written there already"
    wiped = write(scene, x, y, "")
    assert wiped.title == "Wipe the sign"
    wiped.apply(scene)
    assert np.array_equal(scene.label_map, bare)


def test_a_number_plate_gets_its_band():
    labels = np.full((128, 256), CAR, np.uint8)
    instances = np.full((128, 256), 26003, np.uint16)
    labels[50:82, 60:211] = PLATES
    scene = Scene(labels, instances)
    write(scene, 100, 60, "V 12").apply(scene)
    ink = scene.label_map == INK
    assert ink[50:82, 60:71].mean() > 0.9 and not ink[50:82, 76:80].any() and ink[50:82, 80:].sum() > 100
    assert 151 / 32 == pytest.approx(PLATE, rel=0.01) and (scene.instance_map == 26003).all()


def test_what_cannot_be_written_says_why():
    scene, (x, y) = street()
    for where, text, sentence in (((5, 5), "CAFE", "nothing to write on"), ((x, y), "CAFÉ", "'É' can't be written")):
        with pytest.raises(SceneError, match=sentence):
            write(scene, *where, text)
    far, (x, y) = street(((-6.0, 60.0), (-6.0, 80.0)))
    with pytest.raises(SceneError, match="too small"):
        write(far, x, y, "CAFE")
    plain = Scene(np.full((64, 64), 11, np.uint8), np.full((64, 64), 11, np.uint16), label_set=CITYSCAPES)
    with pytest.raises(SceneError, match="nothing to write on"):
        write(plain, 5, 5, "CAFE")


def test_every_character_can_be_drawn():
    for char in sorted(glyphs.CHARACTERS - {" "}):
        ink = inked(board_of(np.ones((40, 190), bool), length=PLATE), glyphs.written(char, 0.8, 3.0), (0, 0), (40, 190))
        assert 20 < ink.sum() < 900, char
    assert {label.name for label in STREETS if label.id in (SIGN, LETTERS, PLATES, INK)} == {
        "shop sign", "shop lettering", "number plate", "plate lettering"
    }
