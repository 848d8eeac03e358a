"""Every asset that a plan may name can be built, bears its class and keeps to its footprint."""

from __future__ import annotations

import numpy as np
import pytest

from core.labels import STREETS
from core.streets import assets
from core.streets.plan import plan_street
from core.streets.populate import CLASS_OF, instance_value


def distinct_items(seeds):
    found = {}
    for seed in seeds:
        for item in plan_street(seed).items:
            found.setdefault((item.family, item.kind, item.option if item.family == "furniture" else ""), item)
    return found


ITEMS = distinct_items(range(60))


def bounds(parts):
    points = []
    for part in parts:
        if part.scatter is None:
            points.append(part.vertices)
        else:
            points.append(part.scatter[:, :3, 3])
    points = np.concatenate(points)
    return points.min(0), points.max(0)


def test_plans_name_many_kinds_of_assets():
    assert {"vehicle", "person", "rider", "tree", "hedge", "furniture"} <= {family for family, _, _ in ITEMS}
    assert len(ITEMS) > 30


@pytest.mark.parametrize("key", sorted(ITEMS), ids=" ".join)
def test_an_asset_can_be_built(key):
    item = ITEMS[key]
    parts = assets.parts_of(item)
    assert parts
    for part in parts:
        assert part.label in STREETS and np.isfinite(part.vertices).all()
    wanted = CLASS_OF.get(item.kind, CLASS_OF.get(item.family))
    if item.family == "rider":
        wanted = CLASS_OF["rider"]
    if wanted is not None:
        base = [int(STREETS.base[p.label]) for p in parts]
        assert wanted in base
    low, high = bounds(parts)
    if item.family == "vehicle":
        assert high[0] - low[0] < item.length * 1.12 and high[1] - low[1] < item.width * 1.35, (low, high)
        assert abs(low[2]) < 0.1


def test_copies_share_a_key_and_differ_by_seed():
    items = [i for i in plan_street(3).items if i.kind == "car"]
    keys = {assets.key_of(i) for i in items}
    assert len(keys) == len({i.seed for i in items})


def test_instance_values_name_the_class_and_are_unique():
    for seed in range(30):
        items = plan_street(seed).items
        values = [v for v in map(instance_value, items) if v]
        assert len(values) == len(set(values))
        for item in items:
            if item.family == "rider":
                assert instance_value(item) // 1000 == 25
            if item.kind == "bicycle" and item.family == "vehicle":
                assert instance_value(item) // 1000 == 33
