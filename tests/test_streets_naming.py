"""Parts that are known by what they are made of and by the way they face."""

from __future__ import annotations

import numpy as np
import pytest

from core.labels import STREETS
from core.opencv import cv2
from core.streets import vehicles
from core.streets.naming import (
    BALCONY, BETWEEN_SPOKES, CAR_TOP, HOUSE_IN, LEAVES, LEAVES_IN_SHADE, SKY_IN, TREE_IN, TRIM, carried, part_facing, part_of,
)
from core.streets.parts import Surface
from core.streets.silhouettes import draw, triangles

CAR, TRUCK, BICYCLE, MOTORCYCLE = 26, 27, 33, 32


@pytest.mark.parametrize(
    ("label", "kind", "name"),
    (
        (7, "paving", "setts"), (9, "paving", "setts in parking"), (11, "brick", "brick"), (10, "metal", "rail"),
        (10, "grass", "grassed track"), (CAR, "plastic", "car trim"), (BICYCLE, "rubber", "bicycle tyre"),
        (44, "metal", "balcony railing"),
    ),
)
def test_a_surface_names_the_part_of_its_class(label, kind, name):
    part = part_of(Surface(kind, (0.5, 0.5, 0.5)), label)
    assert STREETS.name_of(part) == name and STREETS.base[part] == STREETS.base[label]
    assert part_of(Surface("leaf", (0.5, 0.5, 0.5)), label) == label, "what says nothing changes nothing"


def test_names_already_given_stay():
    for kind in ("plastic", "paint", "metal", "glass", "rubber"):
        for label in (47, 48, 49, 57, 58, 78):
            assert part_of(Surface(kind, (0.5, 0.5, 0.5)), label) == label


@pytest.mark.parametrize("mirrored", (SKY_IN, HOUSE_IN, TREE_IN))
def test_what_is_mirrored_lies_within_the_pane(mirrored):
    for pane, part in mirrored.items():
        assert STREETS.outer[part] == pane and STREETS.base[part] == STREETS.base[pane]


@pytest.mark.parametrize(("label", "name"), ((TRIM, "underside of trim"), (BALCONY, "underside of a balcony")))
def test_what_juts_out_has_an_underside(label, name):
    stone = Surface("stone", (0.5, 0.5, 0.5))
    down, up, aside = np.array([0, 0, -1.0]), np.array([0, 0, 1.0]), np.array([0.8, 0.0, -0.6])
    found = [STREETS.name_of(int(i)) for i in part_facing(stone, label, np.stack([down, up, aside]))]
    assert found == [name, STREETS.name_of(label), STREETS.name_of(label)]
    assert STREETS.outer[STREETS.named(name).id] == label
    railing = part_facing(Surface("metal", (0.1, 0.1, 0.1)), BALCONY, down[None])
    assert STREETS.name_of(int(railing[0])) == "balcony railing", "bars have no underside of their own"


def test_a_bag_is_a_part_of_who_carries_it_but_for_riders():
    assert STREETS.name_of(carried(24)) == "bag" and carried(25) == 25


def test_leaves_in_shade_are_leaves():
    assert STREETS.base[LEAVES_IN_SHADE] == LEAVES and STREETS.part[LEAVES_IN_SHADE]


@pytest.mark.parametrize("kind", ("hatchback", "sedan", "van"))
def test_a_car_has_a_top_over_its_sides_and_trim_around(kind):
    parts = vehicles.vehicle(kind, np.random.default_rng(3))
    top, side = [], []
    for part in parts:
        corners = np.asarray(part.vertices, float)[triangles(part)]
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        area = np.linalg.norm(normals, axis=1)
        labels = part_facing(part.surface, part.label, normals / (area[:, None] + 1e-12))
        if part.surface.kind != "paint" or part.label != CAR:
            assert not (labels == CAR_TOP).any()
            continue
        top.append(corners[(labels == CAR_TOP) & (area > 1e-6)].mean(1))
        side.append(corners[(labels == CAR) & (area > 1e-6)].mean(1))
    top, side = np.concatenate(top), np.concatenate(side)
    height = max(part.vertices[:, 2].max() for part in parts)
    assert len(top) > 20 and top[:, 2].mean() > side[:, 2].mean() + 0.2 and top[:, 2].max() > 0.9 * height
    picture = draw(parts, CAR, 0.6, 8.0, 120)
    share = {STREETS.name_of(i): float((picture.labels == i).sum() / picture.mask.sum()) for i in np.unique(picture.labels)}
    assert share["car"] > 0.2 and share["car top"] > 0.01 and share["car trim"] > 0.01, share


@pytest.mark.parametrize("seed", range(4))
def test_a_wheel_seen_from_its_side_shows_the_gaps_between_its_spokes(seed):
    picture = draw(vehicles.vehicle("sedan", np.random.default_rng(seed)), CAR, np.pi / 2, 4.8, 240)
    rim = STREETS.named("car rim").id
    discs = cv2.connectedComponentsWithStats(np.isin(picture.labels, (rim, BETWEEN_SPOKES)).view(np.uint8), connectivity=8)[2][1:]
    for x, y, width, height, area in discs[discs[:, cv2.CC_STAT_AREA] > 300].tolist():
        inside = picture.labels[y:y + height, x:x + width]
        assert 0.02 < (inside == BETWEEN_SPOKES).sum() / area < 0.8 and 0.2 < (inside == rim).sum() / area
        # Symmetric about the hub: as much of the gaps on either side.
        left, right = ((half == BETWEEN_SPOKES).sum() for half in (inside[:, :width // 2], inside[:, -(width // 2):]))
        assert 0.6 < left / right < 1.7
    assert (discs[:, cv2.CC_STAT_AREA] > 300).sum() == 2


def test_a_box_trucks_box_is_told_from_its_cab():
    picture = draw(vehicles.vehicle("box_truck", np.random.default_rng(1)), TRUCK, 1.2, 12.0, 112)
    rows, columns = np.nonzero(picture.labels == STREETS.named("truck box").id)
    assert len(rows) > 0.25 * picture.mask.sum() and np.ptp(columns) > 0.4 * picture.labels.shape[1]
    assert (picture.labels == TRUCK).sum() > 0.03 * picture.mask.sum()
