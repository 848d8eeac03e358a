"""Label sets: how parts fold into what they lie within, and survive their files."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from core.errors import LabelError
from core.labels import CITYSCAPES, STREETS, Label, LabelSet, label_set_for, label_set_from_json, label_set_to_json

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


def test_a_models_maps_are_read_by_the_projects_set_unless_its_classes_are_others_or_more():
    assert label_set_for(STREETS) is label_set_for(COARSE) is label_set_for(CITYSCAPES) is STREETS
    others = LabelSet("mine", [Label(0, "sky", (0, 0, 0), "classes"), Label(7, "road", (1, 1, 1), "classes")])
    more = LabelSet("mine", [*CITYSCAPES, Label(200, "drone", (0, 0, 0), "classes")])
    assert label_set_for(others) is others and label_set_for(more) is more


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


def test_a_shadow_falls_on_each_ground_and_its_paving_and_comes_off_again():
    road, walk, parking, setts, dark_sett, dark_slab = 7, 8, 9, 98, 101, 103
    table = STREETS.in_shadow
    assert table[[road, walk, parking, 22]].tolist() == [93, 94, 95, 96]
    assert table[[setts, dark_sett, dark_slab]].tolist() == [99, 121, 120], "paving with a shadow of its own"
    assert table[[100, 102]].tolist() == [122, 122], "a dark sett in parking has that of the setts"
    assert table[[10, 163, 164]].tolist() == [167, 165, 171], "rails, dark and light asphalt"
    assert table[[104, 142]].tolist() == [169, 170], "cracks"
    assert table[[BUILDING, 110, 60, 127]].tolist() == [109, 111, 128, 134], "walls, brick ones, trim, dark stones"
    assert table[[172, 174, 176, 178]].tolist() == [173, 175, 177, 179], "reveals, side walls, plinths, sheet metal"
    taking = (road, walk, parking, 10, 22, BUILDING, 110, 60, 127, 104, 142, 172, 174, 176, 178)
    kept = [label.id for label in STREETS if label.group not in ("paving", "shadows") and label.id not in taking]
    assert (table[kept] == kept).all(), "marks, kerbs, puddles, windows and cars stay what they are"
    shadows = [label.id for label in STREETS if label.group == "shadows"]
    assert (table[shadows] == shadows).all() and (STREETS.lit[kept] == kept).all()
    for ground in (*taking, setts, dark_sett, dark_slab, 100, 163, 164):
        assert STREETS.lit[table[ground]] == ground
    described = json.loads(json.dumps(label_set_to_json(STREETS)))
    assert np.array_equal(label_set_from_json(described).in_shadow, table)
    assert COARSE.in_shadow.tolist() == list(range(256)), "a set without shadows"


def test_a_shadow_falls_only_on_its_own_class():
    labels = [label for label in STREETS if label.id != 99]
    for on in (8, 250):
        with pytest.raises(LabelError, match=f"falls on {on}"):
            LabelSet("odd", labels + [Label(99, "shadow on setts", (1, 2, 3), "shadows", parent=7, on=on)])


@pytest.mark.parametrize("within", (23, 47, 250, 72), ids=("a class", "another class's part", "nothing", "a later id"))
def test_a_part_lies_only_within_a_part_of_its_class(within):
    labels = [label for label in STREETS if label.id != WINDOW_FRAME]
    with pytest.raises(LabelError, match=f"lies within {within}"):
        LabelSet("odd", labels + [Label(WINDOW_FRAME, "window frame", (1, 2, 3), "parts", parent=BUILDING, within=within)])


def test_colours_of_one_class_and_its_parts_can_be_told_apart():
    for label in CITYSCAPES:
        colours = np.array([label.colour] + [part.colour for part in STREETS.parts_of(label.id)], float)
        apart = np.linalg.norm(colours[:, None] - colours[None], axis=2) + 1e3 * np.eye(len(colours))
        assert apart.min() > 25, label.name


def test_a_class_in_the_group_of_pavings_keeps_its_id_in_a_shadow():
    """Looking for the shadow of what it lies within must end at the class."""
    labels = LabelSet("own", [Label(0, "none", (0, 0, 0), "void"), Label(1, "tiles", (9, 9, 9), "paving")])
    assert labels.in_shadow.tolist() == list(range(256))
