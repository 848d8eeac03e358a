"""Classes that a model has never seen are painted as those that are like them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.labels import CITYSCAPES, STREETS
from core.models.model_file import load_model
from core.rendering.renderer import Renderer
from core.rendering.stand_ins import stand_ins

ALL = {label.name for label in STREETS}


def test_what_was_seen_stays_and_what_was_not_is_like_something_seen():
    assert np.array_equal(stand_ins(STREETS, ALL), np.arange(256))
    assert np.array_equal(stand_ins(STREETS, ()), np.arange(256)), "a card that doesn't tell"
    table = stand_ins(STREETS, ALL - {"out of roi", "tunnel", "train", "train glass", "car rim", "sky"})
    named = {label.name: STREETS.name_of(table[label.id]) for label in STREETS}
    assert named["out of roi"] == "ego vehicle" and named["tunnel"] == "bridge" and named["train"] == "bus"
    assert named["car rim"] == "car wheel", "what it lies within"
    assert named["train glass"] == "bus", "a part of what wasn't seen either"
    assert named["sky"] == "sky", "nothing is like it"
    assert sum(name != other for name, other in named.items()) == 5
    bare = stand_ins(CITYSCAPES, {"road", "building"})
    assert bare[16] == bare[15] == 11 and bare[9] == 7 and bare[26] == 26


def test_it_is_so_in_the_photograph(small_model_path):
    model = load_model(small_model_path)
    classes = {label.name: [1.0, 0.1] for label in model.label_set if label.name != "out of roi"}
    model = replace(model, card=replace(model.card, provenance={**model.card.provenance, "classes": classes}))
    renderer = Renderer(model, "cpu")
    labels = np.full((96, 160), 7, np.uint8)
    labels[:40] = 23
    border, ego = labels.copy(), labels.copy()
    border[90:], ego[90:] = 3, 1
    painted = renderer.render(border, border.astype(np.uint16))
    assert np.array_equal(painted, renderer.render(ego, ego.astype(np.uint16)))
    assert not np.array_equal(painted, renderer.render(labels, labels.astype(np.uint16)))


@pytest.mark.parametrize("label_id", (2, 3))
def test_the_border_of_a_cityscapes_map_is_no_noise_with_the_default_model(label_id):
    from core.rendering.renderer import default_model_path

    renderer = Renderer(load_model(default_model_path()), "cpu")
    labels = np.full((128, 256), 7, np.uint8)
    labels[:50] = 23
    labels[120:] = label_id
    ego = np.where(labels == label_id, 1, labels).astype(np.uint8)
    assert np.array_equal(*(renderer.render(maps, maps.astype(np.uint16)) for maps in (labels, ego)))
