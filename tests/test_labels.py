"""Label sets: how parts fold into what they lie within, and survive their files."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from core.errors import LabelError
from core.labels import CITYSCAPES, STREETS, Label, LabelSet, label_set_from_json, label_set_to_json

WINDOW, WINDOW_FRAME, SHOP_SIGN, AWNING, STRIPE, BUILDING = 40, 71, 61, 75, 76, 11
#: The streets set as it was before windows had frames.
COARSE = LabelSet("streets", [label for label in STREETS if label.id < 71])


def test_every_part_folds_into_its_class_for_cityscapes():
    table = STREETS.fold_table(CITYSCAPES)
    for label in STREETS:
        assert table[label.id] == (label.id if label.parent is None else label.parent)
    assert not table[len(CITYSCAPES) : 40].any() and not table[max(STREETS.ids) + 1 :].any()


def test_a_set_with_less_detail_gets_the_part_around():
    table = STREETS.fold_table(COARSE)
    assert table[WINDOW_FRAME] == WINDOW and table[AWNING] == SHOP_SIGN
    assert table[STRIPE] == SHOP_SIGN, "through the awning, which the coarser set lacks too"
    assert table[93] == 7, "a shadow lies in no part: it becomes its class"
    assert all(table[i] == i for i in COARSE.ids)
    assert set(np.unique(table[list(STREETS.ids)]).tolist()) <= set(COARSE.ids)


def test_hidden_parts_become_the_nearest_that_is_shown():
    hidden = np.zeros(256, bool)
    hidden[STRIPE] = True
    assert STREETS.folded(hidden)[STRIPE] == AWNING
    hidden[AWNING] = True
    assert STREETS.folded(hidden)[STRIPE] == SHOP_SIGN
    hidden[SHOP_SIGN] = True
    assert STREETS.folded(hidden)[STRIPE] == BUILDING
    hidden[:] = True
    assert np.array_equal(STREETS.folded(hidden), STREETS.base)
    assert np.array_equal(STREETS.folded(np.zeros(256, bool)), np.arange(256))


def test_what_a_part_lies_within_survives_the_file():
    described = json.loads(json.dumps(label_set_to_json(STREETS)))
    assert label_set_from_json(described).labels == STREETS.labels
    for entry in described["labels"]:
        del entry["within"]  # as files were written before
    assert label_set_from_json(described).labels == tuple(replace(label, within=None) for label in STREETS)


@pytest.mark.parametrize("within", (23, 47, 99, 72), ids=("a class", "another class's part", "nothing", "a later id"))
def test_a_part_lies_only_within_a_part_of_its_class(within):
    labels = [label for label in STREETS if label.id != WINDOW_FRAME]
    with pytest.raises(LabelError, match=f"lies within {within}"):
        LabelSet("odd", labels + [Label(WINDOW_FRAME, "window frame", (1, 2, 3), "parts", parent=BUILDING, within=within)])


def test_colours_of_one_class_and_its_parts_can_be_told_apart():
    for label in CITYSCAPES:
        colours = np.array([label.colour] + [part.colour for part in STREETS.parts_of(label.id)], float)
        apart = np.linalg.norm(colours[:, None] - colours[None], axis=2) + 1e3 * np.eye(len(colours))
        assert apart.min() > 25, label.name
