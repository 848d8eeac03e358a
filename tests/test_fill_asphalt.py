"""Cracks, stains and streaks laid on bare asphalt."""

from __future__ import annotations

import numpy as np
import pytest

from core.filling import asphalt
from core.filling.fill import fill_parts
from core.filling.view import View
from core.labels import STREETS
from core.opencv import cv2
from core.scene.scene import Scene

ROAD, DARK, LIGHT, CRACK, MARK, CROSSING, SIDEWALK = (
    STREETS.named(name).id for name in ("road", "dark asphalt", "light asphalt", "crack", "lane mark", "crossing", "sidewalk")
)
WORN = (DARK, LIGHT, CRACK)
HORIZON = 100


def street(*laid) -> Scene:
    """A road between a sidewalk and the frame's right side, with (place, label) laid over it."""
    labels = np.full((256, 512), STREETS.named("sky").id, np.uint8)
    labels[HORIZON:] = ROAD
    labels[HORIZON:, :40] = SIDEWALK
    for place, label in laid:
        labels[place] = label
    return Scene(labels, STREETS.base[labels].astype(np.uint16))


def filled(scene: Scene, seed: int = 1, **options) -> np.ndarray:
    filling = fill_parts(scene, seed, horizon=HORIZON, objects=[ROAD], **options)
    if filling.edit is not None:
        filling.edit.apply(scene)
    return scene.label_map


def test_bare_asphalt_gets_cracks_and_stains_and_folds_back():
    scene = street()
    before = scene.label_map.copy()
    labels = filled(scene)
    assert np.array_equal(STREETS.base[labels], before) and set(np.unique(labels[before == ROAD]).tolist()) == {ROAD, *WORN}
    share = [(labels[before == ROAD] == part).mean() for part in (ROAD, DARK, LIGHT, CRACK)]
    assert min(share[:3]) > 0.05 and 0.002 < share[3] < 0.1
    assert np.array_equal(filled(street()), labels) and not np.array_equal(filled(street(), 2), labels)


def test_a_road_that_has_cracks_stays_until_it_is_asked_for_again():
    scene = street((np.s_[200:204, 100:300], CRACK))
    before = scene.label_map.copy()
    assert np.array_equal(filled(scene), before)
    assert not np.array_equal(filled(scene, again=True)[200:204, 100:300], before[200:204, 100:300])


def test_marks_stay_and_do_not_change_what_lies_beside_them():
    # The mark parts the road in two.
    plain, marked = street(), street((np.s_[100:256, 250:256], MARK), (np.s_[150:170, 60:200], CROSSING))
    kept = marked.label_map != ROAD
    found = filled(marked)
    assert (found[100:256, 250:256] == MARK).all() and np.isin(found[150:170, 60:200], (CROSSING, MARK)).all()
    assert np.array_equal(found[~kept], filled(plain)[~kept]), "one street has one asphalt"


def test_streaks_run_along_the_street():
    """What lies two metres further on is more often alike than what lies as far aside."""
    view = View((1024, 512), 200.0, 512.0, 1000.0, 1.35)
    depth, aside = np.meshgrid(np.linspace(5, 20, 60), np.linspace(-1.8, 0.2, 40), indexing="ij")

    def at(dark, light, further, sideways):
        x, y = view.project(aside + sideways, depth + further, 0.0).transpose(2, 0, 1).astype(int)
        return dark[y, x].astype(int) - light[y, x]

    alike = []
    for seed in range(12):
        dark, light = asphalt.tones(view, (0, 0, 1024, 512), [seed])
        assert not (dark | light)[:200].any() and not (dark & light).any(), "nothing above the horizon"
        here = at(dark, light, 0, 0)
        alike.append([(here == at(dark, light, further, sideways)).mean() for further, sideways in ((2, 0), (0, 2))])
    along, beside = np.mean(alike, axis=0)
    assert along > beside + 0.03 and beside > 0.4


def test_another_lens_sees_the_same_road():
    wide, long = View((1024, 512), 200.0, 512.0, 600.0, 1.35), View((1024, 512), 200.0, 512.0, 1000.0, 1.35)
    depth, aside = np.meshgrid(np.linspace(6, 20, 60), np.linspace(-2.5, 2.5, 80), indexing="ij")
    seen = []
    for view in (wide, long):
        x, y = view.project(aside, depth, 0.0).transpose(2, 0, 1).astype(int)
        seen.append(np.logical_or(*asphalt.tones(view, (0, 0, 1024, 512), [4]))[y, x])
    assert (seen[0] == seen[1]).mean() > 0.9 and 0.05 < seen[0].mean() < 0.95


@pytest.mark.parametrize("width", (512, 1024, 2048))
def test_cracks_are_lines_that_hang_together(width):
    """At least a pixel wide everywhere they are told, and as wide as two centimetres each side up close."""
    view = View((width, width // 2), 0.4 * width / 2, width / 2, 0.98 * width, 1.35)
    top = int(0.62 * width / 2)  # nearer than 6 m or so, where every crack is told
    found = asphalt.cracks(view, (0, top, width, width // 2), [3])
    assert 0.001 < found.mean() < 0.08
    _, _, stats, _ = cv2.connectedComponentsWithStats(found.view(np.uint8), connectivity=8)
    sizes = stats[1:, cv2.CC_STAT_AREA]
    assert sizes[sizes > 12].sum() > 0.97 * sizes.sum(), "no dust"


def test_the_pixels_that_are_next_do_not_depend_on_the_box():
    view = View((400, 200), 80.0, 200.0, 400.0, 1.35)
    whole, part = (asphalt.cracks(view, box, [5]) for box in ((0, 0, 400, 200), (50, 90, 300, 180)))
    assert np.array_equal(whole[90:180, 50:300], part) and part.any()
    whole, part = (asphalt.tones(view, box, [5])[0] for box in ((0, 0, 400, 200), (50, 90, 300, 180)))
    assert np.array_equal(whole[90:180, 50:300], part) and part.any()


def test_a_sidewalk_of_asphalt_cracks_and_one_of_slabs_does_not():
    crack, slab = STREETS.named("crack in sidewalk").id, STREETS.named("joint of slabs").id
    kinds = set()
    for seed in range(24):
        scene = street((np.s_[HORIZON:, :200], SIDEWALK))
        filling = fill_parts(scene, seed, horizon=HORIZON, objects=[SIDEWALK])
        filling.edit.apply(scene)
        has = (bool((scene.label_map == crack).any()), bool((scene.label_map == slab).any()))
        assert has[0] != has[1]
        kinds.add(has)
    assert len(kinds) == 2
