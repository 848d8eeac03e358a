"""What a bare bonnet mirrors of the street ahead."""

from __future__ import annotations

import numpy as np

from core.filling.fill import fill_parts
from core.labels import STREETS
from core.scene.scene import Scene

SKY, BUILDING, TREE, ROAD, EGO, POLE = (
    STREETS.named(name).id for name in ("sky", "building", "vegetation", "road", "ego vehicle", "pole")
)
SKY_IN, HOUSE_IN, TREE_IN = (STREETS.named(f"{what} in the bonnet").id for what in ("sky", "house", "tree"))


def street() -> Scene:
    """Houses at the left, sky with a pole in the middle, trees at the right, and a bonnet with an emblem."""
    labels = np.full((256, 512), SKY, np.uint8)
    labels[30:110, :150], labels[30:110, 400:], labels[:110, 250:254] = BUILDING, TREE, POLE
    labels[110:] = ROAD
    labels[215:] = labels[200:215, 250:260] = EGO
    return Scene(labels, STREETS.base[labels].astype(np.uint16))


def test_a_bonnet_mirrors_what_stands_ahead_in_its_own_columns():
    scene = street()
    before = scene.label_map.copy()
    filling = fill_parts(scene, 1, objects=[EGO], horizon=110)
    filling.edit.apply(scene)
    labels = scene.label_map
    assert np.array_equal(STREETS.base[labels], before) and np.array_equal(labels != before, labels > 137)
    row = labels[224]  # mirrors what is some 20 rows above the horizon
    assert (row[20:140] == HOUSE_IN).all() and (row[170:380] == SKY_IN).all() and (row[420:500] == TREE_IN).all()
    assert (labels[215:217] == EGO).all() and (labels[200:215, 250:260] == EGO).all(), "its edge, and the emblem"
    assert (labels[250, 20:140] == SKY_IN).all(), "nearer rows mirror what is higher"
    assert fill_parts(scene, 2, objects=[EGO], horizon=110).edit is None
