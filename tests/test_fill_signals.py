"""Lamps of traffic lights laid into bare heads."""

from __future__ import annotations

import numpy as np
import pytest

from core.filling.fill import fill_parts
from core.filling.signals import fill_signal
from core.label_set import LabelSet
from core.labels import STREETS
from core.scene.scene import Scene

SKY, HEAD, POLE, RED, GREEN = (STREETS.named(name).id for name in ("sky", "traffic light", "pole", "red signal", "green signal"))


def streets_of(lamp: int) -> int:
    """A seed whose street shows ``lamp``."""
    head = np.ones((60, 20), bool)
    for street in range(50):
        if (fill_signal(head, STREETS, street, [street], backs=False) == lamp).any():
            return street
    raise AssertionError("no street shows it")


def lit(mask: np.ndarray, lamp: int) -> np.ndarray:
    parts = fill_signal(mask, STREETS, streets_of(lamp), [1, 2, 3], backs=False)
    assert parts is not None and set(np.unique(parts)) == {0, lamp}
    return parts == lamp


@pytest.mark.parametrize(("lamp", "share"), ((RED, 1 / 6), (GREEN, 5 / 6)))
@pytest.mark.parametrize("scale", (1, 4))
def test_red_is_lit_above_and_green_below(lamp, share, scale):
    where = np.argwhere(lit(np.ones((48 * scale, 16 * scale), bool), lamp))
    (top, left), (bottom, right) = where.min(0), where.max(0) + 1
    wide, tall = right - left, bottom - top
    assert abs(wide - tall) <= 1 and 0.7 < wide / (16 * scale) < 0.9
    assert abs((left + right) / 2 - 8 * scale) <= 0.5 and abs((top + bottom) / 2 / (48 * scale) - share) < 0.04
    assert abs(len(where) / (np.pi / 4 * wide * tall) - 1) < 0.2, "a disc"


def test_a_head_with_an_arm_and_a_board_beside_gets_its_lamp_in_the_block():
    mask = np.zeros((50, 60), bool)
    mask[2:50, 5:21] = True  # the head
    mask[6:12, 21:60] = True  # an arm
    rows, columns = np.nonzero(lit(mask, GREEN))
    assert columns.min() >= 5 and columns.max() < 21 and rows.min() > 33


def test_a_stout_head_has_two_lamps():
    assert abs(np.argwhere(lit(np.ones((40, 20), bool), GREEN))[:, 0].mean() / 40 - 0.75) < 0.03


@pytest.mark.parametrize("shape", ((11, 4), (30, 30), (60, 10), (12, 3)), ids=("low", "square", "slim", "a lamp of two pixels"))
def test_what_is_no_head_stays_dark(shape):
    for street in range(6):
        assert fill_signal(np.ones(shape, bool), STREETS, street, [street], backs=False) is None


def test_one_street_shows_one_colour_and_some_backs():
    colours, backs = set(), 0
    for street in range(24):
        shown = [fill_signal(np.ones((48, 16), bool), STREETS, street, [street, value, 0]) for value in range(12)]
        own = {int(parts.max()) for parts in shown if parts is not None}
        assert len(own) == 1 and own <= {RED, GREEN}
        colours |= own
        backs += sum(parts is None for parts in shown)
    assert colours == {RED, GREEN} and 0.08 < backs / (24 * 12) < 0.28


def test_lights_of_a_scene_are_filled_as_one_step_and_fold_back():
    labels = np.full((256, 512), SKY, np.uint8)
    for x in (60, 200, 340, 460):
        labels[60:108, x:x + 16] = HEAD
        labels[108:250, x + 7:x + 10] = POLE
    scene = Scene(labels.copy(), labels.astype(np.uint16))
    filling = fill_parts(scene, 5)
    filling.edit.apply(scene)
    faces = [bool(np.isin(scene.label_map[60:108, x:x + 16], (RED, GREEN)).any()) for x in (60, 200, 340, 460)]
    assert sum(faces) >= 2 and filling.regions == sum(faces)
    assert np.array_equal(STREETS.base[scene.label_map], labels)
    filling.edit.revert(scene)
    assert np.array_equal(scene.label_map, labels)
    asked = fill_parts(scene, 5, objects=[HEAD])
    asked.edit.apply(scene)
    assert asked.regions == 4, "who asks for a light wants to see it lit"


def test_a_label_set_without_lamps_is_left_alone():
    former = LabelSet("former", [label for label in STREETS if label.id < 60])
    assert fill_signal(np.ones((48, 16), bool), former, 1, [1], backs=False) is None
