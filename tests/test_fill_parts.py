"""Fill in parts: what it may touch, what it must give back, how it looks in numbers, the shell and the window."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings as hypothesis_settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

import main
from core.errors import SceneError
from core.filling import facades, masonry, signs
from core.filling.facades import light
from core.filling.fill import _Surroundings, bare_sites, fill_parts
from core.filling.houses import design, panels
from core.filling.library import silhouettes_of
from core.filling.painter import Painter
from core.filling.rims import round_rims
from core.filling.silhouettes import Match, Outline, lay
from core.filling.view import View, estimate_view
from core.filling.walls import Wall, find_walls, profile
from core.labels import CITYSCAPES, STREETS, LabelSet, object_class
from core.opencv import cv2
from core.scene.cityscapes import load_pair
from core.scene.edits import paint
from core.scene.files import read_label_map, write_png
from core.scene.project import load_project, save_project
from core.scene.scene import Scene
from core.silhouettes import Silhouette, default_path, load_silhouettes, save_silhouettes
from core.stamps import library as stamps
from core.streets import signs as street_signs
from tests.app_support import LEFT, NONE, bare_studio, no_leaks, pane_at, settings  # noqa: F401
from tests.conftest import scene_state

ROAD, SIDEWALK, BUILDING, SKY, CAR, PERSON, TREE, EGO = (
    STREETS.named(name).id for name in ("road", "sidewalk", "building", "sky", "car", "person", "vegetation", "ego vehicle")
)
WINDOW, DOOR, SHOPFRONT, ROOF, WHEEL, RIM, GAP, GLASS, KERB, TRUNK = (
    STREETS.named(name).id
    for name in ("window", "door", "shopfront", "roof", "car wheel", "car rim", "between spokes", "car glass", "kerb", "tree trunk")
)
FRAME, CURTAIN, SHOP_FRAME, DISPLAY, AWNING, STRIPE, SHUTTER, BALCONY, RAILING, BRICK, GOODS, DARK_GOODS = (
    STREETS.named(name).id
    for name in (
        "window frame", "curtain", "shop frame", "shop display", "awning", "awning stripe", "shutter", "balcony",
        "balcony railing", "brick", "goods", "dark goods",
    )
)
PARKING, TRACK, RAIL, SLAB, SETTS, SETT, SHADE = (
    STREETS.named(name).id
    for name in ("parking", "rail track", "rail", "dark slab", "setts in parking", "dark sett in parking", "leaves in shade")
)
RED, BLUE, YELLOW, WHITE, BLACK, GREEN = (
    STREETS.named(f"{name} of a sign").id for name in ("red", "blue", "yellow", "white", "black", "green")
)
TERRAIN = STREETS.named("terrain").id
REVEAL = STREETS.named("reveal").id
SKY_IN_WINDOW, HOUSE_IN_GLASS = (STREETS.named(name).id for name in ("sky in a window", "house in car glass"))
GLASSES = (GLASS, *(label.id for label in STREETS if label.within == GLASS))
PANED, STANDING_OUT = (WINDOW, FRAME, CURTAIN, SKY_IN_WINDOW), (BALCONY, RAILING, AWNING, STRIPE)
EXAMPLES = Path(__file__).resolve().parents[1] / "assets" / "examples"
SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "cityscapes_samples"


def town(size=(1024, 512), vanishing=512) -> Scene:
    """A street canyon: both sides recede to (vanishing, 215), cut by the frame; one car without parts."""
    width, height = size
    labels = np.full((height, width), SKY, np.uint8)
    horizon, ends = 215, (430, 600)

    def quad(points, label):
        cv2.fillPoly(labels, [np.array(points, np.int32)], label)

    def on(x, slope):  # the line through the vanishing point
        return horizon + slope * abs(x - vanishing)

    for slope, label in ((0.17, SIDEWALK), (0.36, ROAD)):
        quad([*((x, on(x, slope)) for x in (0, *ends, width)), (width, height), (0, height)], label)
    for outer, inner, cut in ((0, ends[0], 270), (width, ends[1], 750)):
        quad([(outer, 0), (outer, on(outer, 0.17)), (inner, on(inner, 0.17)), (inner, on(inner, -0.9)), (cut, 0)], BUILDING)
    instances = labels.astype(np.uint16)
    stamp = next(one for one in silhouettes_of(CAR) if one.labels.shape[1] > 1.6 * one.labels.shape[0])
    mask = cv2.resize(stamp.mask.view(np.uint8), (180, 100), interpolation=cv2.INTER_NEAREST) > 0
    labels[300:400, 420:600][mask], instances[300:400, 420:600][mask] = CAR, 26000
    return Scene(labels, instances)


def stamp_scene(stamp, scale: float = 1.0, mirrored: bool = False):
    """(scene with the stamp's silhouette alone, the labels it had with its parts)."""
    piece = stamp.pieces[0]
    labels = np.where(piece.mask, piece.labels, 0).astype(np.uint8)
    if mirrored:
        labels = labels[:, ::-1]
    size = max(int(labels.shape[1] * scale), 1), max(int(labels.shape[0] * scale), 1)
    labels = cv2.resize(np.ascontiguousarray(labels), size, interpolation=cv2.INTER_NEAREST)
    whole = np.full((labels.shape[0] + 120, labels.shape[1] + 80), SKY, np.uint8)
    whole[len(whole) // 2:] = ROAD
    there = whole[60:60 + labels.shape[0], 40:40 + labels.shape[1]]
    there[labels > 0] = labels[labels > 0]
    instances = STREETS.base[whole].astype(np.uint16)
    instances[np.isin(instances, (CAR, PERSON))] *= 1000
    return Scene(STREETS.base[whole], instances), whole


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return np.count_nonzero(a & b) / max(np.count_nonzero(a | b), 1)


# -- what it may touch ------------------------------------------------------------------


def test_parts_fold_back_to_the_scene_and_nothing_else_changes():
    scene = town()
    labels, instances, before = scene.label_map.copy(), scene.instance_map.copy(), scene_state(scene)
    filling = fill_parts(scene, seed=3)
    assert scene_state(scene) == before, "describing the edit changes nothing"
    filling.edit.apply(scene)
    changed = scene.label_map != labels
    assert changed.sum() > 0.03 * labels.size
    assert set(np.unique(labels[changed]).tolist()) == {ROAD, SIDEWALK, BUILDING, CAR}
    assert np.array_equal(STREETS.base[scene.label_map], labels)
    assert np.array_equal(scene.instance_map, instances)
    assert scene.contradictions() == 0
    assert filling.objects == (26000,) and filling.regions == 4  # two rows of houses, the sidewalks and the road
    assert filling.sentence == "Parts laid into 5 objects."
    filling.edit.revert(scene)
    assert scene_state(scene) == before


def test_the_same_seed_gives_the_same_and_another_gives_another():
    first, again, other = (fill_parts(town(), seed) for seed in (5, 5, 6))
    assert np.array_equal(first.edit.new_labels, again.edit.new_labels) and first.edit.bbox == again.edit.bbox
    scenes = [town(), town()]
    for scene, filling in zip(scenes, (first, other)):
        filling.edit.apply(scene)
    differs = scenes[0].label_map != scenes[1].label_map
    assert differs.mean() > 0.02


def test_objects_with_parts_are_left_alone():
    scene = town()
    fill_parts(scene).edit.apply(scene)
    assert fill_parts(scene, 9).edit is None
    assert fill_parts(scene, 9).sentence == "There is nothing without parts that could get some."
    # One painted window is enough: that house is in a person's hands.
    scene = town()
    labels = scene.label_map.copy()
    labels[100:120, 40:60] = WINDOW
    scene = Scene(labels, scene.instance_map)
    filling = fill_parts(scene)
    filling.edit.apply(scene)
    house = np.isin(labels[:, :300], (BUILDING, WINDOW))
    assert np.array_equal(scene.label_map[:, :300][house], labels[:, :300][house])
    assert filling.regions == 3


def test_they_get_others_where_that_is_asked():
    scene = town()
    fill_parts(scene, 0).edit.apply(scene)
    first = scene.label_map.copy()
    filling = fill_parts(scene, 1, again=True)
    assert filling.objects == (26000,) and filling.regions == 4
    filling.edit.apply(scene)
    fresh = town()
    fill_parts(fresh, 1).edit.apply(fresh)
    assert np.array_equal(scene.label_map, fresh.label_map), "nothing of the old parts is left"
    assert not np.array_equal(scene.label_map, first)


def test_only_the_objects_asked_for():
    scene = town()
    whole = fill_parts(scene, 2)
    alone = fill_parts(scene, 2, objects=[26000])
    assert alone.objects == (26000,) and not alone.regions
    both = town(), town()
    whole.edit.apply(both[0])
    alone.edit.apply(both[1])
    car = scene.instance_map == 26000
    assert np.array_equal(both[0].label_map[car], both[1].label_map[car]), "filled alone or with others, it gets the same"
    assert np.array_equal(both[1].label_map[~car], scene.label_map[~car])
    assert fill_parts(scene, 2, objects=[26777]).edit is None


def test_tiny_objects_stay_bare():
    labels = np.full((200, 300), TERRAIN, np.uint8)
    instances = labels.astype(np.uint16)
    for number, side in enumerate((1, 3, 6, 11)):
        there = np.s_[100:100 + side, 40 * number:40 * number + 2 * side]
        labels[there], instances[there] = CAR, 26000 + number
    labels[20:31, 200:211] = BUILDING
    instances[20:31, 200:211] = BUILDING
    assert fill_parts(Scene(labels, instances)).edit is None


def test_a_label_set_without_parts_gets_none():
    scene = town()
    assert fill_parts(Scene(scene.label_map, scene.instance_map, CITYSCAPES)).edit is None


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32 - 1), st.integers(0, 10), st.sampled_from([(97, 61), (256, 128), (40, 200), (13, 13), (1, 5)]))
def test_random_blobs_never_raise_and_always_fold_back(seed, bumps, size):
    rng = np.random.default_rng(seed)
    classes = [ROAD, SIDEWALK, BUILDING, SKY, CAR, PERSON, 27, 28, 31, 25, 21, 20, 17]
    labels = np.full(size[::-1], int(rng.choice(classes)), np.uint8)
    instances = labels.astype(np.uint16)
    for _ in range(bumps):
        label = int(rng.choice(classes))
        mask = np.zeros(labels.shape, np.uint8)
        centre = tuple(int(v) for v in rng.integers(-10, 300, 2) % np.array(size))
        axes = tuple(int(v) for v in rng.integers(1, 80, 2))
        cv2.ellipse(mask, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
        labels[mask > 0] = label
        value = label * 1000 + int(rng.integers(3)) if STREETS[label].instanced and rng.random() < 0.8 else label
        # Some maps contradict themselves.
        instances[mask > 0] = value if rng.random() < 0.9 else 26005
    scene = Scene(labels, instances)
    filling = fill_parts(scene, seed % 7)
    if filling.edit is not None:
        filling.edit.apply(scene)
    assert np.array_equal(STREETS.base[scene.label_map], labels)
    assert np.array_equal(scene.instance_map, instances)


# -- houses ---------------------------------------------------------------------------------


def test_windows_are_near_convex_quadrilaterals_that_recede_to_the_vanishing_point():
    scene = town()
    fill_parts(scene, 1).edit.apply(scene)
    view = estimate_view(scene)
    assert abs(view.vanishing - 512) < 0.03 * 1024 and abs(view.horizon - 215) < 0.04 * 512
    windows = np.isin(scene.label_map, PANED)
    count, which, stats, centres = cv2.connectedComponentsWithStats(windows.view(np.uint8), connectivity=4)
    sizes, squares = [], []
    for number in range(1, count):
        x, y, width, height, area = stats[number].tolist()
        if area < 40:
            continue
        own = (which[y:y + height, x:x + width] == number).view(np.uint8)
        outline = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0]
        hull = cv2.contourArea(cv2.convexHull(outline)) + cv2.arcLength(cv2.convexHull(outline), True) / 2 + 1
        squares.append(area / hull)
        sizes.append((abs(centres[number][0] - 512), height))
    assert len(squares) >= 20
    assert np.mean(np.array(squares) > 0.85) > 0.9, "straight edges but where something hides them"
    near = np.median([height for away, height in sizes if away > 350])
    far = np.median([height for away, height in sizes if away < 200])
    assert near > 1.5 * far


@hypothesis_settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.floats(1.5, 40), st.floats(2.3, 40), st.booleans(), st.booleans())
def test_a_front_keeps_within_its_house_and_its_windows_apart(seed, width, height, known, entrance):
    rng = np.random.default_rng(seed)
    house = design(rng, width, height, known, entrance, 0.4)
    for coarse in (1, 3):
        panes = []
        for group in panels(house, np.random.default_rng(seed), coarse):
            main_panel = group.panels[group.main]
            assert main_panel.u0 < main_panel.u1 and main_panel.up0 < main_panel.up1
            if main_panel.what in ("window", "door", "shopfront"):
                assert -0.01 <= main_panel.u0 and main_panel.u1 <= width + 0.01
                assert main_panel.up1 <= height + 0.01 or not known
                panes.append((main_panel.u0, main_panel.u1, main_panel.up0, main_panel.up1))
        for i, (a0, a1, c0, c1) in enumerate(panes):
            for b0, b1, d0, d1 in panes[i + 1:]:
                assert min(a1, b1) - max(a0, b0) < 0.01 or min(c1, d1) - max(c0, d0) < 0.01
        assert panes or width < 3.2 or height < 3


def front(width: float, height: float, view: View | None = None, side: int = 0, distance: float = 12.0, seed: int = 0, **change):
    """(label map of a house alone on its wall, the house, the wall) in a 1600x900 frame."""
    wall = Wall(view or View((1600, 900), 600.0, 800.0, 1200.0, 1.4), side, distance)
    house = replace(design(np.random.default_rng(seed), width, height, True, True, change.pop("shops", 0.0)), **change)
    canvas, owners = np.zeros((900, 1600), np.uint8), np.full((900, 1600), -1, np.int32)
    painter = Painter(canvas, owners, (0, 0), wall, np.ones_like(canvas, bool), np.zeros_like(canvas, bool), STREETS)
    u0 = 10.0 if side else -width / 2
    painter.paint(panels(house, np.random.default_rng(seed)), u0, u0 + width, side > 0, 7)
    return canvas, house, painter


def plain_house(**change):
    """Options of :func:`front`: a house without what hides its windows."""
    return dict(style="plaster", surround=0.0, shutters=False, balcony="none", string=False, corners=False, hood=False) | change


def runs(line: np.ndarray) -> list[tuple[int, int]]:
    """[(label, length), ...] along a line."""
    return [(int(run[0]), len(run)) for run in np.split(line, np.flatnonzero(np.diff(line)) + 1)]


def windows_of(labels: np.ndarray, least: int = 400) -> list[np.ndarray]:
    """The label map of each window with its frame and curtains that the frame doesn't cut."""
    count, which, stats, _ = cv2.connectedComponentsWithStats(np.isin(labels, PANED).view(np.uint8), connectivity=4)
    found = []
    for x, y, width, height, area in stats[1:].tolist():
        if area >= least and x > 0 and y > 0 and x + width < labels.shape[1] and y + height < labels.shape[0]:
            found.append(labels[y:y + height, x:x + width])
    return found


def test_windows_have_frames_and_bars_of_the_measures_of_the_streets():
    share = {}
    for sash, bars in (("single", 0), ("double", 1), ("cross", 2), ("grid", 3)):
        labels, house, _ = front(14.0, 8.0, **plain_house(sash=sash, reveal=0.1, door=-1))
        panes = windows_of(labels)
        assert len(panes) >= 8
        for pane in panes:
            # Seen from 12 m a metre is 100 pixels: glass in a frame of 5.5 cm, which stands out by 5.
            rows = [number for label, number in runs((pane[round(0.85 * len(pane))] == FRAME).astype(int)) if label]
            columns = [number for label, number in runs((pane[:, round(0.25 * pane.shape[1])] == FRAME).astype(int)) if label]
            assert len(rows) == 2 + (bars > 0) and len(columns) == 2 + max(bars - 1, 0)
            assert all(2 <= thick <= 13 for thick in rows + columns)
        share[sash] = (labels == FRAME).sum() / np.isin(labels, PANED).sum()
    assert 0.1 < share["single"] < share["double"] < share["cross"] < share["grid"] < 0.4


@pytest.mark.parametrize("sash, leaves", [("cross", 2), ("single", 0)])
def test_doors_have_a_fanlight_and_panes_where_windows_have_bars(sash, leaves):
    labels, house, painter = front(12.0, 9.6, **plain_house(sash=sash, door=1, shop=False, ground=3.9, reveal=0.2))
    wall = painter.wall
    middle = house.windows[1] + house.pane[0] / 2 - 6.0

    def along(height: float) -> list[int]:
        (x0, y), (x1, _) = wall.project(middle - 0.55, height, -0.2), wall.project(middle + 0.55, height, -0.2)
        return [label for label, length in runs(labels[int(round(y)), int(x0) : int(x1)]) if length > 1]

    door, window = (STREETS.named(name).id for name in ("door", "window"))
    assert along(0.6) == [door]
    assert along(1.6) == [door, window] * leaves + [door]
    assert along(2.5) == [window]
    assert along(2.23) == [door]


def test_frames_too_thin_for_the_map_are_left_out_and_none_crumbles():
    near, _, _ = front(14.0, 10.0, **plain_house(sash="grid"))
    far, _, _ = front(14.0, 10.0, distance=110.0, **plain_house(sash="grid"))  # 5.5 cm are 0.6 pixels, bars of 7 cm 0.76
    assert (near == FRAME).any() and (far == WINDOW).any()
    thin = [number for column in far.T for label, number in runs(column) if label == FRAME]
    assert thin and min(thin) >= 8, "upright bars alone, from sill to lintel"
    assert not (front(14.0, 10.0, distance=130.0, **plain_house(sash="grid"))[0] == FRAME).any()


def test_along_the_street_a_frame_is_seen_from_its_side_and_the_near_jamb_hides_some():
    labels, house, painter = front(30.0, 10.0, side=1, distance=6.0, **plain_house(sash="double", reveal=0.2))
    panes = [pane for pane in windows_of(labels) if pane.shape[1] > 16]
    assert len(panes) >= 6
    for pane in panes:
        across = runs((pane[pane.shape[0] // 2] == FRAME).astype(int))
        # On the right the near end lies at the right: its frame is behind the jamb, the far one in full view.
        assert across[0][0] == 1 and across[-1][0] == 0
        bar = max(number for label, number in across[1:] if label)
        assert bar / pane.shape[1] > 0.09 / house.pane[0], "7 cm, and the 5 cm by which it stands out"
    levels = [row for row in labels if (row == REVEAL).sum() > 20 and (row == FRAME).any()]
    assert len(levels) > 100
    beside = []
    for row in levels[::20]:
        order = [label for label, _ in runs(row)]
        beside += [before for before, label, after in zip(order, order[1:], order[2:]) if label == REVEAL and after == FRAME]
    assert len(beside) > 20 and not set(beside) & set(PANED), "the far side of the opening, which faces the camera"


def test_a_third_of_the_windows_have_curtains_in_cells():
    curtained = np.array([
        (pane == CURTAIN).mean()
        for seed in range(16) for pane in windows_of(front(14.0, 7.0, seed=seed, **plain_house(sash="single"))[0], 4000)
    ])
    assert len(curtained) > 100 and 0.2 < (curtained > 0).mean() < 0.4
    assert 0.45 < curtained[curtained > 0].mean() < 0.8 and (curtained[curtained > 0] < 0.6).any()


def test_shops_have_frames_on_risers_lit_goods_boards_and_awnings():
    found, shares, filled, steps = {label: 0 for label in (SHOP_FRAME, DISPLAY, GOODS, AWNING, STRIPE, 97)}, [], [], []
    for seed in range(16):
        labels, house, painter = front(8.0, 9.0, seed=seed, **plain_house(shop=True, ground=4.0))
        light(labels, painter, {label.name: label.id for label in STREETS}, seed)
        for label in found:
            found[label] += (labels == label).any()
        foot = labels[round(600 + 140 - 10), :][labels[round(600 + 140 - 10), :] > 0]
        assert (foot == SHOP_FRAME).mean() > 0.5, "risers"
        goods = np.isin(labels, (GOODS, DARK_GOODS))
        lit = goods | (labels == DISPLAY)
        shares.append(lit.sum() / (lit | (labels == SHOPFRONT)).sum())
        filled.append(goods.sum() / lit.sum() if lit.any() else 0.0)
        # Boards are dark and 3 cm high, and goods on them lower than a shelf: down a column they come again every 0.38 m.
        for column in labels.T[(labels == GOODS).sum(0) > 20]:
            steps += np.diff(np.flatnonzero(np.diff((column == DISPLAY).astype(int)) > 0)).tolist()
        if (labels == STRIPE).any():
            assert 0.6 < (labels == STRIPE).sum() / (labels == AWNING).sum() < 1.5
            # 0.35 m a pair: seen from the front, 35 pixels and more towards us.
            row = labels[np.bincount(np.argwhere(labels == STRIPE)[:, 0]).argmax()]
            starts = np.flatnonzero(np.diff((row == STRIPE).astype(int)) > 0)
            assert 33 < np.median(np.diff(starts)) < 45
    assert 0.65 < np.mean(shares) < 0.95 and 0.2 < np.mean(filled) < 0.6
    assert len(steps) > 1000 and np.isin(steps, (37, 38, 39)).mean() > 0.7, "shelves"
    assert found[SHOP_FRAME] == 16 and found[DISPLAY] >= 14 and 10 < found[GOODS] and 1 <= found[STRIPE] < found[AWNING] < 12
    assert found[97] >= 8


def test_a_shops_name_can_be_read_or_is_left_out():
    """The label map's letters against the glyphs, drawn by themselves at the same scale."""
    from core.streets import glyphs, wares

    def drawn(word, shape):
        picture = np.zeros(shape, np.uint8)
        strokes = glyphs.written(word, 0.34, 7.0) * (100, -100)
        strokes = (strokes - strokes.min((0, 1))) * 16
        for quad in np.rint(strokes).astype(np.int32):
            cv2.fillConvexPoly(picture, quad, 1, cv2.LINE_8, 4)
        return picture > 0

    read = 0
    for seed in range(12):
        labels = front(8.0, 9.0, seed=seed, **plain_house(shop=True, ground=4.0))[0]
        rows, columns = np.nonzero(labels == 97)
        if not len(rows):
            continue
        found = labels[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] == 97
        likeness = {}
        for word in wares.NAMES:
            wanted = drawn(word, (64, 512))
            high, wide = np.argwhere(wanted).max(0) + 1
            if abs(high - found.shape[0]) <= 3 and abs(wide - found.shape[1]) <= 3:
                small = cv2.resize(found.astype(np.uint8), (int(wide), int(high)), interpolation=cv2.INTER_NEAREST) > 0
                likeness[word] = (small & wanted[:high, :wide]).sum() / (small | wanted[:high, :wide]).sum()
        best = max(likeness.values(), default=0.0)
        read += best > 0.7
    assert read >= 8
    far = front(8.0, 9.0, seed=0, distance=200.0, **plain_house(shop=True, ground=4.0))[0]
    assert not (far == 97).any(), "a stroke would be a quarter of a pixel"


def test_shutters_hang_beside_the_windows():
    labels, house, _ = front(14.0, 10.0, **plain_house(shutters=True))
    shutters = (labels == SHUTTER).sum() / np.isin(labels, PANED).sum()
    assert 0.8 < shutters < 1.2, "two halves"
    order = [label for label, _ in runs(labels[round(600 - 100 * (house.floors[0] + house.sill + 0.5 - 1.4))])]
    first = order.index(SHUTTER)
    assert set(order[first + 1:order.index(SHUTTER, first + 1)]) - {0} <= {*PANED, REVEAL}


def test_what_stands_out_is_seen_before_the_next_house_and_stays_its_own():
    labels, _, painter = front(12.0, 9.0, side=-1, distance=8.0, **plain_house(balcony="rows"))
    there = painter.owners == 7
    assert there.any() and np.isin(labels[there], (BALCONY, RAILING, 0)).all()
    assert (there == np.isin(labels, (BALCONY, RAILING))).mean() > 0.999 and (labels == RAILING).any()


def test_label_sets_from_before_get_what_these_parts_were_drawn_as():
    former = LabelSet("former", [label for label in STREETS if label.id <= 70])
    scene = town()
    older = Scene(scene.label_map.copy(), scene.instance_map, former)
    fill_parts(older, 1).edit.apply(older)
    fill_parts(scene, 1).edit.apply(scene)
    assert (scene.label_map > 70).any()
    walls = STREETS.base[scene.label_map] == BUILDING
    assert np.array_equal(STREETS.fold_table(former)[scene.label_map][walls], older.label_map[walls])
    cars = [set(np.unique(street.label_map[street.instance_map == 26000]).tolist()) for street in (scene, older)]
    assert {WHEEL, HOUSE_IN_GLASS, RIM} <= cars[0] and {WHEEL, GLASS} <= cars[1] and max(cars[1]) <= 70


def test_houses_painted_where_nobody_stands_are_eight_metres_high_at_least():
    """The higher the eye, the higher is what is seen so high above its foot."""
    def eye(*houses, counted: bool = True, person: bool = False) -> float:
        labels = np.full((512, 1024), SKY, np.uint8)
        labels[260:] = ROAD
        values = labels.astype(np.uint16)
        for number, (left, top, foot) in enumerate(houses):
            there = np.s_[top:foot, left:left + 200]
            labels[there], values[there] = BUILDING, 11000 + number if counted else BUILDING
        if person:
            labels[400:490, 40:70], values[400:490, 40:70] = PERSON, 24000
        return estimate_view(Scene(labels, values), horizon=260).eye

    one, other = (100, 10, 330), (600, 40, 360)
    assert eye(one) == pytest.approx(8 * 70 / 320) and eye(other) == pytest.approx(8 * 100 / 320)
    assert eye(one, other) == eye(other), "both are so high"
    assert eye((100, 200, 330)) == 3.0, "a low wall makes no giant of who looks over it"
    assert eye((100, 0, 330)) == eye(one, counted=False) == eye() == 1.35, "nor does one cut off, or one of a map that counts none"
    assert eye(one, other, person=True) == eye(person=True) != 1.35, "people tell better"


def test_the_eyes_height_is_told_by_people_and_cars():
    labels = np.full((512, 1024), SKY, np.uint8)
    labels[220:] = ROAD
    instances = labels.astype(np.uint16)
    for number, (x, foot) in enumerate(((100, 300), (300, 360), (500, 330), (700, 420))):
        tall = round(1.7 / 2.2 * (foot - 205))
        there = np.s_[foot - tall:foot, x:x + tall // 3]
        labels[there], instances[there] = PERSON, 24000 + number
    assert abs(estimate_view(Scene(labels, instances), horizon=205).eye - 2.2) < 0.25
    bare = Scene(np.where(labels == PERSON, ROAD, labels).astype(np.uint8))
    assert 1.2 < estimate_view(bare).eye < 1.5


def test_walls_along_the_road_and_across_it_are_told_apart():
    scene = town()
    labels = scene.label_map.copy()
    cv2.rectangle(labels, (440, 120), (590, 232), BUILDING, -1)  # it closes the street
    instances = np.where((labels == BUILDING) & (scene.label_map != BUILDING), 11005, scene.instance_map)
    scene = Scene(labels, instances.astype(np.uint16))
    view = estimate_view(scene)
    around = _Surroundings(scene, view)
    for site in bare_sites(scene):
        if site.class_id != BUILDING:
            continue
        seen = profile(site.mask, *site.box[:2], around.sky, around.next_ground, around.step)
        found = find_walls(view, seen, site.value >= 1000)
        widest = max(found, key=lambda stretch: stretch.x1 - stretch.x0)
        expected = 0 if site.value == 11005 else -1 if site.box[0] == 0 else 1
        assert widest.wall.side == expected
        assert widest.x1 - widest.x0 > 0.8 * (site.box[2] - site.box[0])


def test_a_wall_projects_there_and_back():
    view = View((2048, 1024), 430.0, 1000.0, 2000.0, 1.4)
    for wall in (Wall(view, -1, 8.0), Wall(view, 1, 12.0), Wall(view, 0, 40.0)):
        u = np.array([12.0, 20.0, 55.0])
        points = wall.project(u, 6.5)
        assert np.allclose(wall.along(points[:, 0]), u)
        assert np.allclose(wall.up(points[:, 0], points[:, 1]), 6.5)
        assert np.allclose(wall.project(u, 0.0)[:, 1], wall.foot(points[:, 0]))


def test_windows_keep_off_the_sky_and_what_hides_a_house_hides_its_windows():
    scene = town()
    labels = scene.label_map.copy()
    labels[0:300, 100:112] = 17  # a pole in front
    instances = np.where(labels == 17, 17, scene.instance_map).astype(np.uint16)
    scene = Scene(labels, instances)
    fill_parts(scene, 1).edit.apply(scene)
    window = np.isin(scene.label_map, PANED)
    beside_sky = cv2.dilate((labels == SKY).view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert window.sum() > 2000 and not (window & beside_sky).any()
    assert (scene.label_map[0:300, 100:112] == 17).all()


def test_a_gable_gets_a_roof_above_its_eaves_and_what_the_frame_cuts_none():
    def house(points, seed):
        labels = np.full((512, 1024), SKY, np.uint8)
        labels[300:] = ROAD
        cv2.fillPoly(labels, [np.array(points, np.int32)], BUILDING)
        instances = np.where(labels == BUILDING, 11000, labels).astype(np.uint16)
        scene = Scene(labels, instances)
        fill_parts(scene, seed).edit.apply(scene)
        return scene.label_map

    for seed in (1, 4, 7):
        gable = house([(400, 340), (400, 180), (510, 90), (620, 180), (620, 340)], seed)
        roof, openings = np.argwhere(gable == ROOF), np.argwhere(np.isin(gable, (WINDOW, DOOR, SHOPFRONT)))
        assert len(roof) > 1500 and 150 < roof[:, 0].max() < 200
        assert len(openings) > 300 and openings[:, 0].min() > 170
        cut = house([(400, 340), (400, 0), (620, 0), (620, 340)], seed)
        assert not (cut == ROOF).any() and (cut == WINDOW).sum() > 1000


def test_each_house_becomes_an_object_where_that_is_asked():
    scene = town()
    before = scene_state(scene)
    instances = scene.instance_map.copy()
    plain = town()
    fill_parts(plain, 2).edit.apply(plain)
    edit = fill_parts(scene, 2, houses=True).edit
    edit.apply(scene)
    assert np.array_equal(scene.label_map, plain.label_map)
    houses = [entry for entry in scene.objects().values() if entry.is_object and entry.label_id == BUILDING]
    assert 4 <= len(houses) <= 40 and scene.contradictions() == 0
    assert np.array_equal(object_class(scene.instance_map) == BUILDING, instances == BUILDING)
    # What stands out may be seen before the next house; all else in a column is of one.
    flat = (instances == BUILDING) & ~np.isin(scene.label_map, STANDING_OUT)
    assert all(len(np.unique(scene.instance_map[:, x][flat[:, x]])) <= 1 for x in range(0, 1024, 7))
    edit.revert(scene)
    assert scene_state(scene) == before


# -- cars and people ----------------------------------------------------------------------------


@pytest.mark.parametrize("scale, mirrored", [(1.0, False), (0.7, True), (1.6, False)])
def test_a_folded_stamp_gets_its_parts_back(scale, mirrored):
    """Glass and wheels agree with the original's: over 0.6 and 0.5 on the median of all cars."""
    glass, wheels, lowest = [], [], []
    for stamp in [stamp for stamp in stamps() if stamp.kind == "car"]:
        scene, original = stamp_scene(stamp, scale, mirrored)
        filling = fill_parts(scene, 0, horizon=60.0)
        assert filling.objects == (26000,)
        filling.edit.apply(scene)
        glass.append(overlap(*(np.isin(labels, GLASSES) for labels in (scene.label_map, original))))
        wheels.append(overlap(np.isin(scene.label_map, (WHEEL, RIM)), original == WHEEL))
        car = np.flatnonzero((scene.instance_map == 26000).any(axis=1))
        rows = np.argwhere(np.isin(scene.label_map, (WHEEL, RIM)))[:, 0]
        lowest.append((rows.mean() - car[0]) / (car[-1] - car[0]))
    assert np.median(glass) > 0.6 and np.median(wheels) > 0.5
    assert min(glass) > 0.3 and min(lowest) > 0.55


def car_with(wheel: tuple[int, int], yaw: float, rim: bool = False, scale: int = 1) -> tuple[Outline, Match]:
    """A car of 120 x 60 pixels that stands on wheels of a size, and itself with its parts as what is known."""
    labels = np.zeros((60, 120), np.uint8)
    labels[8:48, 10:110] = CAR
    labels[12:24, 30:90] = GLASS
    for x in (32, 88):
        cv2.ellipse(labels, (x, 46), (wheel[0] // 2, wheel[1] // 2), 0, 0, 360, WHEEL, -1)
        if rim:
            cv2.ellipse(labels, (x, 46), (wheel[0] // 4, wheel[1] // 4), 0, 0, 360, RIM, -1)
    box = np.s_[8:np.flatnonzero(labels.any(axis=1))[-1] + 1, 10:110]
    labels = np.kron(labels[box], np.ones((scale, scale), np.uint8))
    return Outline(CAR, labels > 0, np.zeros(labels.shape, bool), (False,) * 4), Match(
        Silhouette(CAR, labels, yaw), 1.0, (0.0, 0.0, float(labels.shape[1]), float(labels.shape[0]))
    )


def test_wheels_without_rims_get_them_where_they_are_round_and_large_enough():
    laid = lay(*car_with((24, 24), np.nan, scale=2), STREETS)
    for x in (44, 156):  # five gaps between spokes around the hub
        gaps = (laid == GAP)[:, x - 20:x + 21].copy()
        assert cv2.connectedComponents(gaps.view(np.uint8), connectivity=8)[0] == 6 and 0.15 < gaps.sum() / np.isin(laid[:, x - 20:x + 21], (RIM, GAP)).sum() < 0.6
    laid[laid == GAP] = RIM
    count, _, stats, middles = cv2.connectedComponentsWithStats((laid == RIM).view(np.uint8), connectivity=8)
    assert count == 3
    wheels = np.isin(laid, (WHEEL, RIM))
    for x, y, width, height, _ in stats[1:].tolist():
        tall = np.count_nonzero(wheels[:, x + width // 2])
        assert 0.5 < height / tall < 0.75 and 0.75 < width / height < 1.35
        assert (laid[y - 2, x + width // 2], laid[y + height + 1, x + width // 2]) == (WHEEL, WHEEL)
    assert not (lay(*car_with((8, 26), np.nan, scale=2), STREETS) == RIM).any(), "a tyre seen from behind"
    assert not (lay(*car_with((6, 6), np.nan), STREETS) == RIM).any(), "too small"
    # What the models draw is left as it is, with rims and without.
    assert not (lay(*car_with((24, 24), 0.3, scale=2), STREETS) == RIM).any()
    own = car_with((24, 24), np.nan, rim=True, scale=2)
    assert overlap(lay(*own, STREETS) == RIM, own[1].silhouette.labels == RIM) > 0.9, "none is laid into another"


def test_bent_rims_become_round_within_their_wheels():
    parts = np.zeros((120, 120), np.uint8)
    cv2.circle(parts, (60, 60), 50, WHEEL, -1)
    bent = np.zeros_like(parts)
    cv2.ellipse(bent, (60, 60), (28, 34), 20, 0, 360, 1, -1)
    cv2.circle(bent, (84, 70), 9, 1, -1)  # a bulge
    cv2.circle(bent, (36, 50), 6, 0, -1)  # and a dent
    parts[bent > 0], parts[60, 15] = RIM, RIM
    before = parts.copy()
    round_rims(parts, STREETS)
    rim = parts == RIM
    outline = cv2.findContours(rim.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    assert len(outline) == 1 and parts[60, 15] == WHEEL
    assert cv2.contourArea(outline[0]) / cv2.contourArea(cv2.convexHull(outline[0])) > 0.97
    assert overlap(rim, before == RIM) > 0.85 and np.array_equal(parts > 0, before > 0)
    spoked = before.copy()
    cv2.circle(spoked, (60, 60), 8, GAP, -1)
    spoked[np.isin(before, (0, WHEEL)) & (spoked == GAP)] = WHEEL
    round_rims(spoked, STREETS)
    assert np.array_equal(np.isin(spoked, (RIM, GAP)), rim) and (spoked == GAP).sum() > 150, "gaps stay, in a rim as round"
    ragged = before.copy()
    ragged[(before == RIM) & (np.random.default_rng(2).random(before.shape) < 0.4)] = GAP
    round_rims(ragged, STREETS)
    assert np.array_equal(np.isin(ragged, (RIM, GAP)), rim) and 0.15 < (ragged == GAP).sum() / rim.sum() < 0.6
    assert cv2.connectedComponents((ragged == GAP).view(np.uint8), connectivity=8)[0] == 6, "five even gaps"
    half = before.copy()
    half[:60] = np.where(half[:60] == RIM, CAR, half[:60])
    kept = half.copy()
    round_rims(half, STREETS)
    assert np.array_equal(half[:58], kept[:58]), "what hides half of a rim stays in front of it"


def test_people_get_hair_above_and_shoes_below():
    names = ("hair or hat", "trousers or skirt", "shoes")
    hair, legs, shoes = (STREETS.named(name).id for name in names)
    for stamp in [stamp for stamp in stamps() if stamp.kind == "person"][:6]:
        scene, _ = stamp_scene(stamp)
        fill_parts(scene, 1, horizon=60.0).edit.apply(scene)
        rows = {part: np.argwhere(scene.label_map == part)[:, 0] for part in (hair, legs, shoes)}
        assert rows[hair].size and rows[legs].size
        assert rows[hair].mean() < rows[legs].mean()
        assert not rows[shoes].size or rows[legs].mean() < rows[shoes].mean()


def test_what_no_silhouette_resembles_stays_bare():
    labels = np.full((300, 400), TERRAIN, np.uint8)
    instances = labels.astype(np.uint16)
    cross = np.zeros((200, 200), bool)
    cross[90:110] = cross[:, 90:110] = True
    labels[50:250, 100:300][cross], instances[50:250, 100:300][cross] = CAR, 26000
    filling = fill_parts(Scene(labels, instances))
    assert filling.edit is None and filling.unlike == 1 and "outline" in filling.sentence


def test_a_car_behind_another_is_compared_by_what_is_seen_of_it():
    stamp = max((stamp for stamp in stamps() if stamp.kind == "car"), key=lambda stamp: stamp.pieces[0].mask.shape[1])
    scene, original = stamp_scene(stamp)
    labels, instances = scene.label_map.copy(), scene.instance_map.copy()
    own = np.argwhere(instances == 26000)
    middle = (own[:, 1].min() + own[:, 1].max()) // 2
    hidden = np.zeros(labels.shape, bool)
    hidden[own[:, 0].min() - 5:, middle:] = True
    labels[hidden], instances[hidden] = CAR, 26001
    original = np.where(hidden, CAR, original)
    scene = Scene(labels, instances)
    fill_parts(scene, 0, objects=[26000], horizon=60.0).edit.apply(scene)
    assert overlap(*(np.isin(labels, GLASSES) for labels in (scene.label_map, original))) > 0.45
    assert overlap(np.isin(scene.label_map, (WHEEL, RIM)), original == WHEEL) > 0.3


# -- signs ---------------------------------------------------------------------------


#: Faces by what their silhouettes are like.
DISCS = {"speed", "no entry", "no parking", "closed", "mandatory"}
SQUARES = {"parking", "one way", "crossing", "dead end"}
BOARDS = {"street name", "direction", "one way"}


def plate(name: str, size: int, seed: int = 0, narrow: float = 1.0, rise: float = 0.0) -> np.ndarray:
    """(h, w) bool: the silhouette of a face ``size`` pixels high, turned away (narrower, its level lines rising)."""
    outline = np.asarray(street_signs.FACES[name](np.random.default_rng(seed), 1.0)[0][0][0], np.float64) * (1, -1)
    points = (outline - outline.min(axis=0)) / np.ptp(outline[:, 1]) * (size * narrow, size)
    points[:, 1] += rise * (points[:, 0].max() - points[:, 0])
    points -= points.min(axis=0)
    mask = np.zeros(np.ceil(points.max(axis=0)).astype(int)[::-1] + 1, np.uint8)
    cv2.fillPoly(mask, [np.rint(points * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return mask[:rows[-1] + 1, :columns[-1] + 1] > 0


def colours(parts: np.ndarray, mask: np.ndarray) -> dict[int, float]:
    """Share of each label on a plate."""
    return {int(label): float((parts[mask] == label).mean()) for label in np.unique(parts[mask])}


@pytest.mark.parametrize("name, expected", [
    ("yield", {"yield"}), ("warning", {"warning"}), ("priority", {"priority"}), ("direction", BOARDS),
    ("speed", DISCS), ("no entry", DISCS), ("parking", SQUARES), ("street name", BOARDS),
])
def test_a_sign_gets_a_face_of_its_outline(name, expected):
    """Turned away and small ones, too; the colours agree with those of the faces that have such an outline."""
    allowed = set()
    for face in expected:
        for seed in range(16):
            allowed |= {street_signs.LABEL_OF[colour] for _, colour in street_signs.FACES[face](np.random.default_rng(seed), 1.0)}
    faces = set()
    for size, narrow, rise in ((90, 1.0, 0.0), (60, 0.8, 0.12), (24, 1.0, 0.0), (90, 0.7, -0.2)):
        mask = plate(name, size, narrow=narrow, rise=rise)
        for seed in range(6):
            parts = signs.fill_sign(mask, STREETS, [seed, 20, 1], backs=False)
            assert parts is not None and not parts[~mask].any() and parts[mask].all()
            assert set(colours(parts, mask)) <= allowed
            faces.add(parts.tobytes())
    assert len(faces) >= 8 or len(expected) == 1


def test_a_yield_sign_is_red_around_white_and_a_diamond_yellow_in_white():
    mask = plate("yield", 80)
    parts = signs.fill_sign(mask, STREETS, [0], backs=False)
    found = colours(parts, mask)
    assert set(found) == {RED, WHITE} and 0.4 < found[RED] < 0.65
    assert parts[2, mask.shape[1] // 2] == RED and parts[mask.shape[0] // 3, mask.shape[1] // 2] == WHITE
    distance = cv2.distanceTransform(np.pad(mask, 1).view(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    assert distance[parts == RED].max() < distance[parts == WHITE].max()
    mask = plate("priority", 80)
    found = colours(signs.fill_sign(mask, STREETS, [0], backs=False), mask)
    assert {WHITE, YELLOW} <= set(found) <= {WHITE, YELLOW, BLACK} and 0.35 < found[YELLOW] < 0.6
    # Leaning as a wall's street does, its middle follows.
    mask = plate("yield", 80, narrow=0.8, rise=0.25)
    parts = signs.fill_sign(mask, STREETS, [0], backs=False)
    for label in (RED, WHITE):
        assert np.allclose(np.argwhere(parts == label).mean(axis=0), np.argwhere(mask).mean(axis=0), atol=3)


def test_small_signs_get_what_holds_together_and_tiny_ones_and_odd_ones_stay_grey():
    for seed in range(12):
        mask = plate("speed", 16)
        parts = signs.fill_sign(mask, STREETS, [seed], backs=False)
        for label in np.unique(parts[mask]).tolist():
            pieces, _, stats, _ = cv2.connectedComponentsWithStats((parts == label).view(np.uint8), connectivity=8)
            assert stats[1:, 4].max() >= 4 and np.sort(stats[1:, 4]).tolist()[0] >= 2, "nothing crumbles"
    assert signs.fill_sign(plate("speed", 7), STREETS, [0], backs=False) is None
    ring = np.hypot(*(np.mgrid[:80, :80] - 39.5))
    assert signs.fill_sign((ring < 40) & (ring > 31), STREETS, [0], backs=False) is None
    assert signs.fill_sign(plate("speed", 80, narrow=0.2), STREETS, [0], backs=False) is None, "seen from the side"


def test_one_in_six_is_seen_from_behind_unless_faces_are_asked_for():
    mask = plate("no entry", 40)
    bare = sum(signs.fill_sign(mask, STREETS, [seed, 20, 1]) is None for seed in range(300))
    assert 30 < bare < 75
    assert all(signs.fill_sign(mask, STREETS, [seed, 20, 1], backs=False) is not None for seed in range(40))


def test_plates_above_each_other_get_a_face_each():
    upper, lower = plate("yield", 40), plate("speed", 36)
    mask = np.zeros((76, max(upper.shape[1], lower.shape[1])), bool)
    mask[:upper.shape[0], :upper.shape[1]] = upper
    left = (upper.shape[1] - lower.shape[1]) // 2
    mask[38:38 + lower.shape[0], left:left + lower.shape[1]] |= lower[:76 - 38]
    for seed in range(5):
        parts = signs.fill_sign(mask, STREETS, [seed], backs=False)
        assert set(colours(parts[:34], mask[:34])) == {RED, WHITE}
        assert parts[12, mask.shape[1] // 2] == WHITE and parts[mask].mean() > 80
    assert len({signs.fill_sign(mask, STREETS, [seed], backs=False)[44:].tobytes() for seed in range(8)}) >= 3


def sign_street(instanced: bool) -> Scene:
    """Twelve discs over a road, with objects of their own or without."""
    labels = np.full((240, 640), SKY, np.uint8)
    labels[160:] = ROAD
    instances = labels.astype(np.uint16)
    mask = plate("speed", 40)
    for number in range(12):
        there = np.s_[20 + 60 * (number // 6):, 20 + 100 * (number % 6):]
        for target, value in ((labels, 20), (instances, 20000 + number if instanced else 20)):
            target[there][:mask.shape[0], :mask.shape[1]][mask] = value
    return Scene(labels, instances)


@pytest.mark.parametrize("instanced", (True, False))
def test_signs_of_a_street_with_and_without_objects(instanced):
    scene = sign_street(instanced)
    before, instances = scene.label_map.copy(), scene.instance_map.copy()
    filling = fill_parts(scene, 4)
    filling.edit.apply(scene)
    assert np.array_equal(STREETS.base[scene.label_map], before) and np.array_equal(scene.instance_map, instances)
    signs, roads = (len(filling.objects), filling.regions) if instanced else (filling.regions - 1, 1)
    assert 7 <= signs <= 12 and roads == 1 and len(filling.objects) == (signs if instanced else 0)
    whole = sign_street(instanced)
    chosen = fill_parts(whole, 4, objects=[20003 if instanced else 20])
    assert (len(chosen.objects), chosen.regions) == ((1, 0) if instanced else (0, 12))
    chosen.edit.apply(whole)
    both = (STREETS.base[before] == 20) & (scene.label_map != 20) & (whole.label_map != 20)
    assert both.sum() > 800 and np.array_equal(scene.label_map[both], whole.label_map[both]), "alone as among others"
    # Where most signs have faces, what is bare is seen from behind; but who selects it means it.
    assert fill_parts(scene, 5).edit is None
    back = next(number for number in range(12) if scene.label_map[40 + 60 * (number // 6), 40 + 100 * (number % 6)] == 20)
    if instanced:
        assert fill_parts(scene, 5, objects=[20000 + back]).objects == (20000 + back,)
    poles = np.where(np.arange(640) % 100 < 97, ROAD, 20).astype(np.uint8)[None].repeat(200, axis=0)
    filling = fill_parts(Scene(poles), objects=[20])
    assert filling.edit is None and filling.sentence.startswith("There is nothing")


# -- kerbs and trunks ------------------------------------------------------------------


def avenue(size=(800, 400)) -> Scene:
    """A road between sidewalks that recede to (400, 160), a tree on the left, leaves that hang down, a hedge and a car."""
    width, height = size
    labels = np.full((height, width), SKY, np.uint8)
    labels[160:] = SIDEWALK
    cv2.fillPoly(labels, [np.array([(390, 160), (410, 160), (700, height), (100, height)], np.int32)], ROAD)
    labels[60:180, 80:200] = TREE  # a crown,
    labels[180:280, 132:144] = TREE  # and what it stands on
    labels[180:210, 160:166] = TREE  # leaves that hang before the sky and end there
    labels[160:214, 158:168][labels[160:214, 158:168] != TREE] = BUILDING
    labels[210:214, 158:168] = BUILDING
    labels[200:230, 560:700] = TREE  # a hedge
    labels[230:300, 600:690] = CAR
    instances = labels.astype(np.uint16)
    instances[labels == CAR] = 26000
    return Scene(labels, instances)


def test_kerbs_lie_along_the_road_and_shrink_with_the_distance():
    scene = avenue()
    before = scene.label_map.copy()
    fill_parts(scene, objects=[SIDEWALK], horizon=160.0).edit.apply(scene)
    kerb = scene.label_map == KERB
    assert kerb.any() and (before[kerb] == SIDEWALK).all() and np.array_equal(STREETS.base[scene.label_map], before)
    assert (scene.label_map[before != SIDEWALK] == before[before != SIDEWALK]).all()
    widths = [np.count_nonzero(kerb[row, :400]) for row in (230, 300, 390)]
    assert widths[0] < widths[1] < widths[2]
    assert abs(widths[2] / widths[1] - 230 / 140) < 0.1, "in proportion to the distance from the horizon"
    # The frame's lower edge, and the camera's own car, don't narrow it.
    labels, instances = before.copy(), scene.instance_map.copy()
    labels[360:, 30:] = instances[360:, 30:] = EGO
    hooded = Scene(labels, instances)
    fill_parts(hooded, objects=[SIDEWALK], horizon=160.0).edit.apply(hooded)
    assert overlap(hooded.label_map[:360] == KERB, kerb[:360]) > 0.97
    # It touches the road everywhere, and no kerb lies where none was.
    road = cv2.dilate((before == ROAD).view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    _, pieces = cv2.connectedComponents(kerb.view(np.uint8), connectivity=8)
    assert set(np.unique(pieces[kerb]).tolist()) == set(np.unique(pieces[kerb & road]).tolist())
    assert fill_parts(scene, 1, objects=[SIDEWALK], horizon=160.0).edit is None


def test_a_trunk_is_what_a_crown_stands_on_and_nothing_else():
    scene = avenue()
    before = scene.label_map.copy()
    fill_parts(scene, objects=[TREE], horizon=160.0).edit.apply(scene)
    trunk = scene.label_map == TRUNK
    there = np.zeros_like(trunk)
    there[180:280, 132:144] = True
    assert overlap(trunk, there) > 0.9 and np.array_equal(STREETS.base[scene.label_map], before)
    # Between two nearer things something narrow shows: the sides are theirs.
    hidden = avenue()
    labels, instances = hidden.label_map.copy(), hidden.instance_map.copy()
    for number, columns in enumerate((np.s_[100:132], np.s_[144:180])):
        labels[170:300, columns], instances[170:300, columns] = CAR, 26001 + number
    scene = Scene(labels, instances)
    fill_parts(scene, objects=[TREE], horizon=160.0).edit.apply(scene)
    assert not (scene.label_map == TRUNK).any()


def test_crowns_are_darker_towards_their_foot_in_masses_of_several_sizes():
    size = (800, 400)
    labels = np.full(size[::-1], SKY, np.uint8)
    labels[300:] = ROAD
    cv2.circle(labels, (300, 160), 130, TREE, -1)
    before = labels.copy()
    scene = Scene(labels, labels.astype(np.uint16))
    fill_parts(scene, 3, objects=[TREE], horizon=290.0).edit.apply(scene)
    shade, crown = scene.label_map == SHADE, before == TREE
    assert np.array_equal(STREETS.base[scene.label_map], before) and not shade[~crown].any()
    upper, lower = crown.copy(), crown.copy()
    upper[130:], lower[:190] = False, False
    assert 0.4 < shade[crown].mean() < 0.75 and shade[upper].mean() + 0.2 < shade[lower].mean()
    # Neither dust nor one blot: masses of some pixels, of which neighbours mostly agree.
    inner = cv2.erode(crown.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert 0.6 < (shade == np.roll(shade, 2, 1))[inner].mean() < 0.97
    count, _, stats, _ = cv2.connectedComponentsWithStats((shade & inner).view(np.uint8), connectivity=4)
    assert count > 10
    again = Scene(before, before.astype(np.uint16))
    fill_parts(again, 3, objects=[TREE], horizon=290.0).edit.apply(again)
    assert np.array_equal(again.label_map, scene.label_map), "the same seed gives the same crown"
    other = Scene(before, before.astype(np.uint16))
    fill_parts(other, 4, objects=[TREE], horizon=290.0).edit.apply(other)
    assert (other.label_map != scene.label_map).any()


@pytest.mark.parametrize("label_set", (CITYSCAPES,))
def test_label_sets_without_these_parts_get_none(label_set):
    scene = avenue()
    assert fill_parts(Scene(scene.label_map, scene.instance_map, label_set), horizon=160.0).edit is None


def turned(ground: int) -> Scene:
    """The avenue with its sidewalks turned to ``ground``."""
    scene = avenue()
    return Scene(*(np.where(pixels == SIDEWALK, ground, pixels).astype(pixels.dtype) for pixels in (scene.label_map, scene.instance_map)))


def paved(part: int, ground: int, horizon=160.0) -> Scene:
    """The avenue with its sidewalks turned to ``ground``, filled with the first seed that lays ``part``."""
    for seed in range(40):
        scene = turned(ground)
        filling = fill_parts(scene, seed, objects=[ground], horizon=horizon)
        if filling.edit is not None:
            filling.edit.apply(scene)
            if (scene.label_map == part).any():
                return scene
    raise AssertionError("no seed lays it")


def test_slabs_lie_in_rows_that_run_to_the_vanishing_point():
    """Seen from above, in metres, a stone is a rectangle of one tone, half of them dark, and far away none is told."""
    scene = paved(SLAB, SIDEWALK)
    view = estimate_view(scene, 160.0)
    rows, columns = np.nonzero(np.isin(scene.label_map, (SLAB, SIDEWALK)) & (np.arange(400)[:, None] > 300))
    dark = scene.label_map[rows, columns] == SLAB
    assert 0.2 < dark.mean() < 0.8, "of few large stones"
    depth = view.focal * view.eye / (rows + 0.5 - view.horizon)
    aside = (columns + 0.5 - view.vanishing) * depth / view.focal
    whole = []
    for breadth in (0.5, 0.25):
        row = np.floor(aside / breadth).astype(int)
        stone = np.floor(depth / (1.5 * breadth) + 0.5 * (row & 1)).astype(int)
        _, which, counts = np.unique(row * 10007 + stone, return_inverse=True, return_counts=True)
        share = np.bincount(which, dark) / counts
        whole.append(np.mean((share[counts > 20] == 0) | (share[counts > 20] == 1)))
    assert max(whole) == 1.0, "each stone has one tone"
    lowest = np.flatnonzero((scene.label_map == SLAB).any(axis=1)).min()
    assert 0.25 * view.focal * view.eye / (view.focal * view.eye / (lowest - 160.0)) ** 2 < 4.5
    assert not (scene.label_map[161:lowest] == SLAB).any() and lowest > 180
    other = paved(SLAB, SIDEWALK)
    assert np.array_equal(other.label_map, scene.label_map), "the same seed lays the same stones"


def test_parking_is_laid_with_setts_or_left_as_it_is():
    scene = paved(SETTS, PARKING)
    assert (scene.label_map == SETT).any() and not (scene.label_map == PARKING).any()
    plain = 0
    for seed in range(12):
        bare = turned(PARKING)
        plain += fill_parts(bare, seed, objects=[PARKING], horizon=160.0).edit is None
    assert 0 < plain < 12


@pytest.mark.parametrize(("half", "tracks"), ((1.6, 1), (3.2, 2)), ids=("one track", "two tracks"))
def test_rails_lie_a_gauge_apart_wherever_the_track_runs(half, tracks):
    """A track of known width that runs to a vanishing point at the side, with a box on it."""
    labels = np.full((400, 800), SKY, np.uint8)
    labels[160:] = ROAD
    rows = np.arange(170, 400)
    below = rows + 0.5 - 160
    middle, side = 400 + 0.3 * below, half * below / 1.35
    for row, a, b in zip(rows, middle - side, middle + side):
        labels[row, max(round(a), 0):max(round(b), 0)] = TRACK
    labels[220:260, 300:340] = 4  # a box on it
    scene = Scene(labels, labels.astype(np.uint16))
    fill_parts(scene, objects=[TRACK], horizon=160.0).edit.apply(scene)
    assert np.array_equal(STREETS.base[scene.label_map], labels)
    for row in (240, 290, 330):
        on = np.flatnonzero(scene.label_map[row] == RAIL)
        starts = on[np.diff(on, prepend=-9) > 1]
        ends = on[np.diff(on, append=9999) > 1]
        metres = ((starts + ends + 1) / 2 - middle[row - 170]) * 1.35 / (row + 0.5 - 160)
        pairs = metres.reshape(tracks, 2)
        assert np.allclose(np.diff(pairs), 1.435, atol=0.04), metres
        assert np.allclose(pairs.mean(1), [0.0] if tracks == 1 else [-half / 2, half / 2], atol=0.04)


def test_a_track_without_straight_edges_gets_no_rails():
    labels = np.full((400, 800), ROAD, np.uint8)
    labels[:160] = SKY
    cv2.circle(labels, (400, 300), 70, TRACK, -1)
    assert fill_parts(Scene(labels, labels.astype(np.uint16)), objects=[TRACK], horizon=160.0).edit is None


def test_a_brick_house_has_brick_around_everything():
    for change in (dict(), dict(surround=0.12, hood=True, balcony="rows")):
        labels, _, _ = front(12.0, 9.0, distance=9.0, **plain_house(style="brick", **change))
        assert (labels == BRICK).mean() > 0.3 and (labels == WINDOW).any()
        # The house fills the frame from its top down to its foot in row 786: nowhere a spot of another wall.
        assert not np.isin(labels[:780], (0, BUILDING)).any() and not labels[790:].any()
    plastered, _, _ = front(12.0, 9.0, distance=9.0, **plain_house())
    assert not (plastered == BRICK).any()


@pytest.mark.parametrize("style", ("brick", "stone"))
def test_courses_are_level_and_their_joints_thin(style):
    """A house 5 m ahead: courses as high as those of the streets, each stone's joints half a stone further on."""
    kind = {"brick": masonry.BRICK, "stone": masonry.STONE}[style]
    view = View((2048, 1024), 512.0, 1024.0, 2048.0, 1.5)
    wall = Wall(view, 0, 5.0)
    x, y = np.arange(800, 1300) + 0.5, np.arange(200, 600) + 0.5
    dark, joints = masonry.courses(wall, x[None], y[:, None], kind, [4])
    breadth, length = kind
    rows = np.flatnonzero(joints.mean(1) > 0.9)
    assert np.allclose(np.diff(rows), breadth * 2048 / 5, atol=1.01) and len(rows) >= 2
    assert 0.2 < dark.mean() < 0.8, "of few large stones"
    first, second = (np.flatnonzero(joints[row + 5]) for row in rows[:2])
    for columns in (first, second):
        assert np.allclose(np.diff(columns), breadth * length * 2048 / 5, atol=1.01)
    apart = abs(first[0] - second[0]) / (breadth * length * 2048 / 5) % 1
    assert abs(apart - 0.5) < 0.02
    far = masonry.courses(Wall(view, 0, 60.0), x[None], y[:, None], masonry.BRICK, [4])
    assert not far[1].any(), "too small to be told"


def test_bricks_and_stones_are_laid_on_their_houses_alone():
    ids = {label.name: label.id for label in STREETS}
    for style in ("brick", "stone", "plaster"):
        labels, _, painter = front(12.0, 9.0, distance=9.0, **plain_house(style=style))
        before, whose = labels.copy(), np.where(np.arange(1600) < 800, 7, 8)[None].repeat(900, 0)
        facades.finish(labels, whose, painter, ids, {style: [7], "plaster": [8]}, [1])
        changed = labels != before
        assert not changed[:, 800:].any(), "the next house is of another kind"
        assert set(np.unique(before[changed]).tolist()) <= ({BRICK} if style == "brick" else {0, BUILDING})
        laid = {name: int((labels == ids[name]).sum()) for name in ("joint of masonry", "dark stone")}
        assert (laid["joint of masonry"] > 300) == (style != "plaster") and (laid["dark stone"] > 1000) == (style == "stone")


def test_panes_mirror_the_sky_over_the_houses_opposite():
    view = View((2048, 1024), 512.0, 1024.0, 2048.0, 1.5)
    x, y = np.arange(100, 900) + 0.5, np.arange(0, 800) + 0.5
    wall = Wall(view, -1, 8.0)
    sky = masonry.sky_in_panes(wall, x[None], y[:, None], [2])
    up = wall.up(x[None], y[:, None])
    # Houses 8 to 17 m high stand opposite, seen three times as high above an eye at 1.5 m.
    assert sky[up > 1.5 + 15.5 / 3].all() and not sky[up < 1.5 + 6.5 / 3].any() and 0.2 < sky.mean() < 0.8
    assert not masonry.sky_in_panes(Wall(view, 0, 20.0), x[None], y[:, None], [2]).any(), "what lies behind the camera isn't known"


def test_the_examples_get_their_kerbs_and_trunks_back():
    found = {KERB: [], TRUNK: []}
    for name, parts in (("03 Avenue", (KERB,)), ("11 Square", (KERB,)), ("05 Under trees", (TRUNK,))):
        scene = load_project(EXAMPLES / f"{name}.veduta").scene
        bare = Scene(STREETS.base[scene.label_map], scene.instance_map)
        trees = [value for value in bare.objects() if int(object_class(value)) == TREE]
        fill_parts(bare, objects=[*trees, SIDEWALK]).edit.apply(bare)
        for part in parts:
            ours, true = bare.label_map == part, scene.label_map == part
            found[part].append((np.count_nonzero(ours & true) / ours.sum(), np.count_nonzero(ours & true) / true.sum()))
    assert min(share for pair in found[KERB] for share in pair) > 0.9
    # Most of what is called trunk is one; branches among leaves are left as leaves.
    assert min(right for right, _ in found[TRUNK]) > 0.95 and min(all_ for _, all_ in found[TRUNK]) > 0.4


# -- the library -------------------------------------------------------------------------------------


def test_the_library_holds_all_sides_of_all_kinds():
    for name, least in (("car", 100), ("truck", 50), ("bus", 40), ("train", 10), ("person", 50), ("rider", 30)):
        label = STREETS.named(name).id
        found = silhouettes_of(label)
        assert len(found) >= 2 * least
        for one in found:
            assert set(np.unique(STREETS.base[one.labels[one.mask]]).tolist()) == {label}
    assert not silhouettes_of(STREETS.named("static").id), "a class without parts"


def test_the_library_is_written_and_read_and_damage_is_told(tmp_path):
    some = [Silhouette(CAR, np.full((4, 5), CAR, np.uint8)), Silhouette(PERSON, np.full((7, 2), 63, np.uint8))]
    save_silhouettes(tmp_path / "s.npz", some)
    for one, other in zip(load_silhouettes(tmp_path / "s.npz"), some, strict=True):
        assert one.class_id == other.class_id and np.array_equal(one.labels, other.labels)
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 nothing")
    shapes = np.full((2, 2), 9, np.uint16)
    np.savez(tmp_path / "other.npz", classes=np.zeros(2, np.uint8), yaws=np.zeros(2), shapes=shapes, labels=np.zeros(5, np.uint8))
    for name in ("bad.npz", "other.npz", "missing.npz"):
        with pytest.raises(SceneError):
            load_silhouettes(tmp_path / name)
    with pytest.raises(SceneError):
        save_silhouettes(tmp_path / "no" / "s.npz", some)


def test_the_shipped_library_is_what_the_models_draw():
    pytest.importorskip("core.streets.silhouettes")
    from core.streets.silhouettes import silhouettes

    made = next(iter(silhouettes(("car",))))
    shipped = load_silhouettes(default_path())[0]
    assert shipped.class_id == CAR and made.labels.shape == shipped.labels.shape
    assert (made.labels == shipped.labels).mean() > 0.97


def test_the_streets_know_nothing_of_filling():
    """Filling draws the streets' own signs, so that imports run this way alone."""
    root = Path(__file__).resolve().parents[1] / "core"
    for path in (*sorted((root / "streets").glob("*.py")), root / "silhouettes.py"):
        assert "core.filling" not in "".join(line for line in path.read_text().splitlines() if "import" in line), path
    code = "import core.filling.fill, sys; print('bpy' in sys.modules, 'core.filling.signs' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root.parent, check=True).stdout
    assert told.split() == ["False", "True"]


# -- shell ----------------------------------------------------------------------------------------------


def run(*argv) -> int:
    return main.main([str(entry) for entry in argv])


def test_the_command_on_files(tmp_path, capsys):
    scene = town()
    write_png(tmp_path / "l.png", scene.label_map)
    write_png(tmp_path / "i.png", scene.instance_map)
    maps = ("fill-parts", tmp_path / "l.png", "--instances", tmp_path / "i.png")
    assert run(*maps, "--seed", "3", "--out", tmp_path / "o.png") == 0
    assert "Parts laid into 5 objects." in capsys.readouterr().out
    fill_parts(scene, 3).edit.apply(scene)
    assert np.array_equal(read_label_map(tmp_path / "o.png"), scene.label_map)
    assert run("fill-parts", tmp_path / "o.png", "--instances", tmp_path / "i.png", "--out", tmp_path / "p.veduta") == 0
    assert run("fill-parts", tmp_path / "l.png", "--houses", tmp_path / "h.png", "--out", tmp_path / "h_labels.png") == 0
    assert load_pair(tmp_path / "h_labels.png", tmp_path / "h.png").has_objects_of(BUILDING)
    assert run("fill-parts", tmp_path / "l.png", "--out", tmp_path / "o.jpg") == 2
    assert run("fill-parts", tmp_path / "nothing.png", "--out", tmp_path / "o.png") == 2


def test_the_command_fills_what_is_chosen_and_keeps_what_a_project_remembers(tmp_path, capsys):
    scene = town()
    save_project(tmp_path / "town.veduta", scene, {"locked": [26000], "horizon": 200.0, "from the future": 1})

    def filled(*options) -> Scene:
        assert run("fill-parts", tmp_path / "town.veduta", *options, "--out", tmp_path / "out.veduta") == 0
        project = load_project(tmp_path / "out.veduta")
        assert project.settings == {"locked": [26000], "horizon": 200.0, "from the future": 1}
        return project.scene

    def changed(street: Scene) -> set[int]:
        return set(np.unique(scene.label_map[street.label_map != scene.label_map]).tolist())

    assert changed(filled("--only", "building")) == {BUILDING}
    assert changed(filled("--only", "26000", "--only", "sidewalk")) == {CAR, SIDEWALK}
    assert changed(filled("--only", "road")) == {ROAD}
    assert changed(filled("--except", "building", "--except", "26000")) == {SIDEWALK, ROAD}
    everything = filled("--houses")
    assert changed(everything) == {BUILDING, CAR, SIDEWALK, ROAD} and everything.has_objects_of(BUILDING)
    # As the studio does, it goes by the horizon that the project keeps.
    fill_parts(scene, 0, horizon=200.0, houses=True).edit.apply(scene)
    assert np.array_equal(everything.label_map, scene.label_map)
    scene = town()
    capsys.readouterr()
    for wrong, sentence in (("pole", "gets no parts"), ("26009", "no object 26009")):
        assert run("fill-parts", tmp_path / "town.veduta", "--only", wrong, "--out", tmp_path / "out.veduta") == 2
        assert sentence in capsys.readouterr().err
    assert run("fill-parts", tmp_path / "town.veduta", "--houses", "--out", tmp_path / "out.png") == 2
    assert "instance map" in capsys.readouterr().err


def test_the_command_fills_signs_where_they_are_chosen(tmp_path, capsys):
    scene = sign_street(False)
    write_png(tmp_path / "l.png", scene.label_map)
    for choice, laid in ((("--only", "traffic sign"), True), (("--except", "traffic sign"), False)):
        assert run("fill-parts", tmp_path / "l.png", *choice, "--out", tmp_path / "o.png") == 0
        out = read_label_map(tmp_path / "o.png")
        assert ((out > 84) & (scene.label_map == 20)).any() == laid and np.array_equal(STREETS.base[out], scene.label_map)
    with pytest.raises(SystemExit):
        run("fill-parts", "--help")
    assert "traffic sign" in capsys.readouterr().out


def test_render_fills_what_is_chosen(tmp_path, small_model_path):
    from core.scene.files import read_picture

    save_project(tmp_path / "town.veduta", town(), {"horizon": 200.0})
    common = ("render", "--model", small_model_path)
    for name, render, fill in (
        ("cars", ("--fill-only", "car"), ("--only", "car")),
        ("houses", ("--fill-parts", "3", "--fill-houses", "--fill-except", "car"), ("--seed", "3", "--houses", "--except", "car")),
    ):
        assert run(*common, "--labels", tmp_path / "town.veduta", *render, "--out", tmp_path / f"{name}.png") == 0
        assert run("fill-parts", tmp_path / "town.veduta", *fill, "--out", tmp_path / "out.veduta") == 0
        assert run(*common, "--labels", tmp_path / "out.veduta", "--out", tmp_path / "same.png") == 0
        assert np.array_equal(read_picture(tmp_path / f"{name}.png"), read_picture(tmp_path / "same.png"))
    assert not np.array_equal(read_picture(tmp_path / "cars.png"), read_picture(tmp_path / "houses.png"))


def test_render_fills_first_where_it_is_asked(tmp_path, small_model_path):
    from core.scene.files import read_picture

    scene = town()
    write_png(tmp_path / "l.png", scene.label_map)
    write_png(tmp_path / "i.png", scene.instance_map)
    common = ("render", "--instances", tmp_path / "i.png", "--model", small_model_path)
    assert run(*common, "--labels", tmp_path / "l.png", "--out", tmp_path / "bare.png") == 0
    assert run(*common, "--labels", tmp_path / "l.png", "--fill-parts", "3", "--out", tmp_path / "filled.png") == 0
    maps = ("fill-parts", tmp_path / "l.png", "--instances", tmp_path / "i.png")
    assert run(*maps, "--seed", "3", "--out", tmp_path / "o.png") == 0
    assert run(*common, "--labels", tmp_path / "o.png", "--out", tmp_path / "same.png") == 0
    bare, filled, same = (read_picture(tmp_path / f"{name}.png") for name in ("bare", "filled", "same"))
    assert np.array_equal(filled, same) and not np.array_equal(filled, bare)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="needs the Cityscapes samples beside the project")
def test_real_maps_get_windows_and_wheels():
    for path in sorted(SAMPLES.glob("test_label/*"))[:3]:
        instances = Path(str(path).replace("test_label", "test_inst").replace("labelIds", "instanceIds"))
        scene = load_pair(path, instances)
        before = scene.label_map.copy()
        fill_parts(scene).edit.apply(scene)
        assert np.array_equal(STREETS.base[scene.label_map], STREETS.base[before])
        of_house = (before == BUILDING).sum()
        assert 0.05 < np.isin(scene.label_map, PANED).sum() / of_house < 0.5
        assert np.isin(scene.label_map, GLASSES).sum() > 0.1 * (before == CAR).sum()


# -- window ------------------------------------------------------------------------------------------------


@pytest.fixture
def filler(bare_studio, qtbot):  # noqa: F811
    """A studio that shows the town; ``fill(words)`` chooses a command and waits until it is over."""
    window, said = bare_studio, []
    window.context.message.connect(said.append)
    window.documents.show(town(), "Town", None)

    def settled():
        qtbot.waitUntil(lambda: not window.parts_filler.busy, timeout=60_000)

    def fill(words: str = "Fill in parts"):
        window.actions_.named[words].trigger()
        settled()

    window.said, window.fill, window.settled = said, fill, settled
    return window


def test_one_undo_step_and_a_sentence_in_the_window(filler):
    history, before = filler.context.history, scene_state(filler.context.scene)
    hint = filler.parts_filler.hint
    assert not hint.isHidden()
    filler.actions_.named["Fill in parts"].trigger()
    # The command only begins it: the window goes on.
    assert filler.parts_filler.busy and history.count() == 0 and hint.isHidden()
    filler.actions_.named["Fill in parts"].trigger()
    assert filler.said[-1] == "Parts are being filled in already."
    filler.settled()
    assert history.count() == 1 and filler.parts_filler.progress.isHidden()
    assert filler.said[-1] == "Parts laid into 5 objects; undo with Ctrl+Z."
    assert (filler.context.scene.label_map == WINDOW).any()
    first = filler.context.scene.label_map.copy()
    filler.fill()
    assert history.count() == 1
    assert filler.said[-1] == "There is nothing without parts that could get some."
    history.undo()
    assert scene_state(filler.context.scene)[:2] == before[:2]
    filler.fill()
    assert not np.array_equal(filler.context.scene.label_map, first), "the next time it lays others"
    history.undo()
    filler.fill("Fill in parts, each house an object")
    assert filler.context.scene.has_objects_of(BUILDING) and history.count() == 1


def test_the_selected_objects_only_and_the_hint_goes_for_good(filler):
    hint = filler.parts_filler.hint
    hint.dismissed.click()
    assert hint.isHidden()
    filler.documents.show(town(), "Town again", None)
    assert hint.isHidden()
    fill = filler.actions_.named["Fill in parts"]
    filler.context.select(26000)
    assert fill.text() == "Fill in parts of what is selected"
    filler.fill()
    assert filler.said[-1] == "Parts laid into 1 object; select none (Ctrl+D) to fill the whole street."
    labels = filler.context.scene.label_map
    assert (labels == WHEEL).any() and not (labels == WINDOW).any()
    # Asked again, the car gets other parts.
    before = labels.copy()
    for _ in range(6):
        filler.fill()
    assert filler.context.history.count() >= 2
    car = filler.context.scene.instance_map == 26000
    assert np.array_equal(before[~car], filler.context.scene.label_map[~car])
    assert set(np.unique(STREETS.base[filler.context.scene.label_map[car]]).tolist()) == {CAR}
    # No house can be selected before it is an object: that command means the whole street.
    filler.fill("Fill in parts, each house an object")
    assert filler.context.scene.has_objects_of(BUILDING) and filler.context.selected == (26000,)
    filler.context.select(0)
    assert fill.text() == "Fill in parts"


def test_the_hint_does_it_and_is_not_shown_for_streets_with_parts(filler):
    filler.documents.show(Scene.blank((200, 100), ROAD), "Empty", None)
    assert filler.parts_filler.hint.isHidden()
    filler.documents.show(town(), "Town", None)
    filler.parts_filler.hint.accepted.click()
    filler.settled()
    assert (filler.context.scene.label_map == WINDOW).any() and filler.parts_filler.hint.isHidden()
    filled = Scene(filler.context.scene.label_map, filler.context.scene.instance_map)
    filler.documents.show(filled, "Filled", None)
    assert filler.parts_filler.hint.isHidden()


def test_what_is_painted_meanwhile_stays_and_is_reckoned_with(filler):
    context, stripe = filler.context, np.ones((200, 30), bool)
    filler.actions_.named["Fill in parts"].trigger()
    context.commit(paint(context.scene, stripe, (40, 60), SKY))
    expected = fill_parts(Scene(context.scene.label_map, context.scene.instance_map), 0, horizon=context.horizon())
    filler.settled()
    assert [context.history.text(i) for i in range(2)] == ["Paint sky", "Fill in parts"]
    assert (context.scene.label_map[60:260, 40:70] == SKY).all()
    whole = Scene(context.scene.label_map, context.scene.instance_map)
    expected.edit.apply(whole)
    assert np.array_equal(whole.label_map, context.scene.label_map)


def test_parts_wait_for_the_end_of_a_stroke(filler, qtbot):
    context, pane = filler.context, filler.canvas.panes[0]
    context.choose_tool("brush")
    filler.actions_.named["Fill in parts"].trigger()
    QTest.mousePress(pane, LEFT, NONE, pane_at(pane, 800, 450))
    filler.parts_filler._pool.waitForDone()
    with qtbot.waitSignal(filler.parts_filler._rest.timeout, timeout=60_000):
        pass  # it has looked whether the hand rests
    assert context.stroking and filler.parts_filler.busy and context.history.count() == 0
    QTest.mouseRelease(pane, LEFT, NONE, pane_at(pane, 800, 450))
    filler.settled()
    assert context.history.count() == 2 and context.history.undoText() == "Fill in parts"


def test_it_can_be_cancelled_by_button_key_undo_and_another_street(filler):
    context, progress, state = filler.context, filler.parts_filler.progress, scene_state(filler.context.scene)
    trigger = filler.actions_.named["Fill in parts"].trigger

    def nothing_done(steps: int = 0):
        filler.parts_filler._pool.waitForDone()
        QApplication.processEvents()
        assert not filler.parts_filler.busy and progress.isHidden() and context.history.index() == steps
        assert scene_state(context.scene)[:2] == state[:2]

    trigger()
    progress.show()
    progress.cancel.click()
    nothing_done()
    assert filler.said[-1] == "No parts were filled in."
    trigger()
    progress.show()
    QTest.keyClick(filler.canvas.panes[0], Qt.Key.Key_Escape)
    nothing_done()
    context.commit(paint(context.scene, np.ones((9, 9), bool), (40, 60), SKY))
    trigger()
    context.history.undo()
    filler.settled()
    nothing_done()
    assert context.history.canRedo() and "undone" in filler.said[-1]
    context.select(26000)
    trigger()
    filler.canvas.commands.delete()
    filler.settled()
    assert filler.said[-1] == "What was to get parts is gone." and context.history.count() == 1
    trigger()
    filler.documents.show(town(), "Another", None)
    nothing_done()
