"""Stripes laid on a crossing that was painted bare."""

from __future__ import annotations

import numpy as np

from core.filling.fill import fill_parts
from core.labels import STREETS
from core.scene.scene import Scene

SKY, ROAD, CROSSING, STRIPE = (STREETS.named(name).id for name in ("sky", "road", "crossing", "lane mark"))
WORN = [STREETS.named(name).id for name in ("dark asphalt", "light asphalt", "crack")]
HORIZON = 100


def street(*bands: tuple[int, int]) -> Scene:
    """A road below the horizon with crossings over rows of it."""
    labels = np.full((256, 512), SKY, np.uint8)
    labels[HORIZON:] = ROAD
    for top, bottom in bands:
        labels[top:bottom, 60:450] = CROSSING
    return Scene(labels, STREETS.base[labels].astype(np.uint16))


def filled(scene: Scene, **options) -> np.ndarray:
    """The label map with its crossings filled; what the road's own asphalt gets is taken off again."""
    filling = fill_parts(scene, 1, horizon=HORIZON, **options)
    if filling.edit is not None:
        filling.edit.apply(scene)
    return np.where(np.isin(scene.label_map, WORN), ROAD, scene.label_map)


def test_stripes_run_to_the_vanishing_point_and_are_as_wide_as_their_gaps():
    scene = street((160, 200))
    before = scene.label_map.copy()
    labels = filled(scene)
    assert np.array_equal(STREETS.base[labels], STREETS.base[before]), "folding gives the map as it was"
    assert np.array_equal(labels != before, labels == STRIPE) and (labels[before == CROSSING] == STRIPE).mean() > 0.4
    assert (labels[before != CROSSING] == before[before != CROSSING]).all()

    def edges(row: int) -> np.ndarray:
        """Left ends of the stripes that begin in a row."""
        inside = labels[row, 60:450] == STRIPE
        return np.flatnonzero(inside[1:] & ~inside[:-1]) + 61

    near, far = edges(199), edges(160)
    gaps = np.diff(near)
    assert np.ptp(gaps) <= 1, "even"
    # One stripe and one gap are a metre, which is (row - horizon) / eye pixels wide: widths go with the distance from the horizon.
    assert abs(np.diff(far).mean() / gaps.mean() - 60.5 / 99.5) < 0.02
    # The line through a stripe's ends in both rows meets the horizon where every other stripe's does.
    meets = [
        far[abs(far - (x + (v - x) * (1 - 60.5 / 99.5))).argmin()] for x, v in ((int(near[2]), 256), (int(near[-3]), 256))
    ]
    slopes = [(start - end) / 39 for start, end in zip((near[2], near[-3]), meets)]
    points = [end - slope * 60.5 for slope, end in zip(slopes, meets)]
    assert abs(points[0] - points[1]) < 6


def test_a_crossing_with_stripes_stays_and_another_gets_some():
    labels = street((150, 170), (200, 240)).label_map.copy()
    for x in range(80, 440, 40):
        labels[200:240, x:x + 20] = STRIPE
    scene = Scene(labels, STREETS.base[labels].astype(np.uint16))
    kept = labels[195:245].copy()
    after = filled(scene)
    assert np.array_equal(after[195:245], kept) and (after[150:170] == STRIPE).sum() > 1000


def test_a_centre_line_that_ends_at_a_crossing_is_no_stripe():
    labels = street((160, 200)).label_map.copy()
    labels[200:256, 250:258] = labels[120:160, 252:256] = STRIPE
    scene = Scene(labels, STREETS.base[labels].astype(np.uint16))
    assert (filled(scene)[160:200] == STRIPE).sum() > 4000


def test_far_crossings_and_specks_stay_as_they_are():
    for band in ((101, 104), (250, 250)):
        scene = street(band)
        before = scene.label_map.copy()
        assert np.array_equal(filled(scene), before)


def test_asked_for_the_road_nothing_else_is_filled():
    labels = street((160, 200)).label_map.copy()
    labels[20:HORIZON, 100:300] = STREETS.named("building").id
    everything, road = (filled(Scene(labels.copy(), STREETS.base[labels].astype(np.uint16)), **chosen) for chosen in ({}, {"objects": [ROAD]}))
    assert (road == STRIPE).any() and np.array_equal(road[:HORIZON], labels[:HORIZON]) and not np.array_equal(everything[:HORIZON], labels[:HORIZON])
