"""The street's plan: same seed same plan, nothing overlaps, cameras stand free; meshes are sound."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.errors import DataError
from core.labels import STREETS
from core.streets import ground, masonry
from core.streets.buildings import building, height_of
from core.streets.palette import Palette
from core.streets.parts import Surface
from core.streets.plan import StreetPlan, plan_street

SEEDS = range(40)


@pytest.fixture(scope="module")
def plans():
    return [plan_street(seed) for seed in SEEDS]


def corners(plan, s, t, turn, length, width):
    c, n = math.cos(turn), math.sin(turn)
    local = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * (length / 2, width / 2)
    return local @ np.array([[c, n], [-n, c]]) + (s, t)


def overlap(a, b):
    """Whether two convex quadrilaterals share ground (separating axes), with 1 cm of grace."""
    for polygon in (a, b):
        for p, q in zip(polygon, np.roll(polygon, -1, 0)):
            axis = np.array([p[1] - q[1], q[0] - p[0]])
            axis = axis / np.linalg.norm(axis)
            x, y = a @ axis, b @ axis
            if x.max() < y.min() + 0.01 or y.max() < x.min() + 0.01:
                return False
    return True


def footprints(plan, families):
    """What stands on the ground; a bridge hangs above it."""
    return [(i, corners(plan, i.s, i.t, i.turn, i.length, i.width)) for i in plan.items if i.family in families and i.kind != "bridge"]


def test_the_same_seed_gives_the_same_plan_and_another_seed_another():
    assert plan_street(7) == plan_street(7)
    assert plan_street(7) != plan_street(8)


def test_a_plan_survives_json(plans):
    for plan in plans[:10]:
        assert StreetPlan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"seed": 1}'])
def test_damaged_json_is_refused_with_a_sentence(text):
    with pytest.raises(DataError, match="street's plan"):
        StreetPlan.from_json(text)


def test_seeds_bring_variety(plans):
    assert len({p.character for p in plans}) >= 5
    assert len({p.sky.kind for p in plans}) == 4
    assert len({p.season for p in plans}) >= 3
    assert any(p.axis.curvature for p in plans) and any(not p.axis.curvature for p in plans)


def test_some_streets_have_a_square_with_trees_and_people_and_no_house_on_it(plans):
    squares = [(plan, block) for plan in plans for block in plan.blocks if block.square]
    assert 3 <= len(squares) <= 16
    for plan, block in squares:
        side = 1 if block.t0 > 0 else -1
        edge = block.t0 if side > 0 else block.t1

        def inside(thing, plan=plan, block=block, side=side, edge=edge):
            deep = (thing.t - edge) * side
            return block.s0 + 1 < thing.s < block.s1 - 1 and block.walk + 0.5 < deep < block.walk + block.square - 0.5

        found = [item for item in plan.items if inside(item)]
        assert sum(item.family == "tree" for item in found) >= 4 and any(item.family == "person" for item in found)
        assert not any(inside(house) for house in plan.buildings)
        fronts = [h for h in plan.buildings if abs((h.t - edge) * side - block.walk - block.square - 0.2) < 3 and block.s0 < h.s < block.s1]
        assert fronts, "houses stand behind it"


def test_vehicles_do_not_overlap(plans):
    for plan in plans:
        boxes = footprints(plan, ("vehicle",))
        for i, (_, a) in enumerate(boxes):
            for item, b in boxes[:i]:
                assert not overlap(a, b), (plan.seed, item)


def test_cameras_stand_inside_nothing(plans):
    for plan in plans:
        boxes = footprints(plan, ("vehicle", "tree", "furniture", "person", "hedge"))
        houses = [corners(plan, b.s - b.depth / 2 * math.cos(b.turn), b.t - b.depth / 2 * math.sin(b.turn), b.turn, b.depth, b.width)
                  for b in plan.buildings]
        for camera in plan.cameras:
            spot = corners(plan, camera.s, camera.t, camera.turn, 0.6, 0.6)
            assert not any(overlap(spot, b) for _, b in boxes), plan.seed
            assert not any(overlap(spot, b) for b in houses), plan.seed


def test_ego_vehicles_keep_their_distance(plans):
    for plan in plans:
        boxes = footprints(plan, ("vehicle",))
        for camera in plan.cameras:
            if camera.ego:
                ego = corners(plan, camera.s, camera.t, camera.turn, 4.4, 1.8)
                assert not any(overlap(ego, b) for _, b in boxes), plan.seed


def test_traffic_keeps_right(plans):
    for plan in plans:
        for item in plan.items:
            if item.family == "vehicle" and item.moving and abs(math.sin(item.turn)) < 0.2:
                assert (math.cos(item.turn) > 0) == (item.t < 0), (plan.seed, item)


def test_buildings_keep_off_the_road(plans):
    for plan in plans:
        for house in plan.buildings:
            if plan.axis.start < house.s < plan.axis.end and abs(math.sin(house.turn)) > 0.9:
                assert not plan.kerb_right < house.t < plan.kerb_left, plan.seed


def test_object_numbers_are_unique_and_fit_the_encoding(plans):
    for plan in plans:
        seen = [(i.family if i.family == "rider" else i.kind, i.number) for i in plan.items if i.number >= 0]
        assert all(n < 1000 for _, n in seen)
        people = [n for kind, n in seen if kind == "person"]
        assert len(people) == len(set(people))
        assert len(plan.buildings) < 1000


def test_a_pose_on_a_bend_follows_the_axis():
    plan = next(p for p in map(plan_street, range(100)) if p.axis.curvature)
    pose = plan.axis.pose(60.0, 2.0, 0.3)
    here, ahead = plan.axis.warp(np.array([[60.0, 2.0, 0.0], [60.01, 2.0, 0.0]]))
    assert np.allclose(pose[:3, 3], here)
    direction = (ahead - here)[:2] / np.linalg.norm((ahead - here)[:2])
    angle = math.atan2(direction[1], direction[0]) + 0.3
    assert np.allclose(pose[:2, 0], (math.cos(angle), math.sin(angle)), atol=1e-4)


def normals(part):
    quads = part.vertices[np.asarray(part.faces)]
    return quads.mean(1), np.cross(quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1])


def test_boxes_face_outward():
    mesh = masonry.Masonry()
    surface = Surface("plaster", (0.5, 0.5, 0.5))
    for frame, _ in masonry.walls_of(6.0, 4.0).values():
        mesh.boxes(surface, 11, frame, 1.0, 2.0, -0.3, 1.5, 2.6, 0.4)
    for part in mesh.parts():
        centres, direction = normals(part)
        # Six faces a box: outward means away from the box's own middle.
        middles = centres.reshape(-1, 6, 3).mean(1).repeat(6, 0)
        assert ((centres - middles) * direction).sum(1).min() > 0


def test_walls_face_outward():
    mesh = masonry.Masonry()
    surface = Surface("plaster", (0.5, 0.5, 0.5))
    for frame, width in masonry.walls_of(6.0, 4.0).values():
        mesh.storey(surface, 11, frame, width, 0.0, 3.0, [[1.0, 0.9, 2.2, 2.3]])
    (part,) = mesh.parts()
    centres, direction = normals(part)
    assert ((centres - (-2.0, 0.0, 1.5)) * direction)[:, :2].sum(1).min() > 0


def test_a_wall_leaves_exactly_its_openings_free():
    mesh = masonry.Masonry()
    frame, _ = masonry.walls_of(8.0, 5.0)["front"]
    openings = np.array([[1.0, 0.9, 2.2, 2.3], [3.0, 0.0, 4.0, 2.1], [6.0, 1.0, 7.5, 3.0]])
    mesh.storey(Surface("plaster", (0.5,) * 3), 11, frame, 8.0, 0.0, 3.0, openings)
    (part,) = mesh.parts()
    area = np.linalg.norm(normals(part)[1], axis=1).sum() / 2
    gone = ((openings[:, 2] - openings[:, 0]) * (openings[:, 3] - openings[:, 1])).sum()
    assert area == pytest.approx(24.0 - gone, rel=1e-5)


def test_shops_have_their_names_on_their_boards(plans):
    """Every name is one of the list, upright, and lies in front of a board."""
    from core.streets import glyphs, wares

    named = read = 0
    for house in [house for plan in plans[:12] for house in plan.buildings if house.shop][:60]:
        parts = {label: np.concatenate([p.vertices for p in building(house) if p.label == label] or [np.empty((0, 3))]) for label in (61, 97)}
        if not len(parts[97]):
            continue
        named += 1
        strokes = parts[97].reshape(-1, 4, 3)
        assert np.allclose(strokes[..., 0], 0.125) and parts[61][:, 0].max() >= 0.12 - 1e-6
        assert parts[61][:, 2].min() < strokes[..., 2].min() and strokes[..., 2].max() < parts[61][:, 2].max()
        words = [word for word in wares.NAMES if len(glyphs.letters(word)) == len(strokes)]
        if words and np.ptp(strokes[..., 1]) < 6:  # one board; seen from the front, y grows to the right
            flat, *wanted = (
                points - (points.min((0, 1)) + points.max((0, 1))) / 2
                for points in (strokes[..., 1:], *(glyphs.written(word, 0.34, 9.0) for word in words))
            )
            assert min(np.abs(flat - points).max() for points in wanted) < 0.01
            read += 1
    assert named > 20 and read > 5


@pytest.mark.parametrize("seed", range(6))
def test_buildings_are_sound(seed):
    plan = plan_street(seed)
    for house in plan.buildings[::9]:
        parts = building(house)
        points = np.concatenate([p.vertices for p in parts])
        assert np.isfinite(points).all()
        assert {p.label for p in parts} <= {11, 40, 41, 42, 43, 44, 60, 61, 71, 73, 75, 77, 97, 172, 174, 176, 178}
        assert any(p.label == 43 for p in parts)
        assert points[:, 2].max() >= height_of(house)
        # Balconies on a flank stand out the farthest.
        assert np.abs(points[:, 1]).max() <= house.width / 2 + 1.3
        for part in parts:
            assert np.asarray(part.faces).max() < len(part.vertices)


def test_what_a_house_is_made_of_says_which_part_it_is():
    """One label, one colour: what isn't of the front's wall or of its trim is a part of its own."""
    seen = set()
    for house in [house for seed in range(4) for house in plan_street(seed).buildings[::5]]:
        colours = Palette(np.random.default_rng(house.seed), house.style)
        made_of = {}
        for part in building(house):
            made_of.setdefault(part.label, set()).add(part.surface)
        seen |= made_of.keys()
        assert made_of.get(11, set()) <= {colours.wall}
        assert made_of.get(60, set()) <= {colours.trim}
        assert made_of.get(174, set()) <= {colours.side, colours.trim} - {colours.wall}
        assert made_of.get(176, set()) <= {colours.plinth}
        assert made_of.get(178, set()) <= {colours.zinc, colours.metal}
        assert made_of[43] <= {colours.tiles, colours.felt}
        assert colours.frame not in made_of.get(40, set()) and colours.glass not in made_of.get(41, set())
        if 40 in made_of and house.style != "glass":
            assert made_of[172] <= {colours.wall, colours.trim}, "openings have sides"
    assert {11, 60, 172, 174, 176, 178} <= seen


def test_buildings_are_the_same_each_time():
    house = plan_street(3).buildings[5]
    for a, b in zip(building(house), building(house)):
        assert np.array_equal(a.vertices, b.vertices) and a.surface == b.surface


@pytest.mark.parametrize("seed", range(8))
def test_the_ground_is_sound_and_faces_up(seed):
    plan = plan_street(seed)
    parts = ground.ground(plan)
    labels = {p.label for p in parts}
    assert {7, 8, 55} <= labels <= {7, 8, 9, 10, 22, 45, 46, 55, 91, 92}
    assert all(label in STREETS for label in labels)
    for part in parts:
        assert np.isfinite(part.vertices).all()
        _, direction = normals(part)
        assert direction[:, 2].min() > -1e-5, part.label


def test_marks_lie_above_the_road(plans):
    for plan in plans[:8]:
        slope = plan.axis.slope
        for part in ground.ground(plan):
            if part.label in (45, 46) and slope == 0:
                assert 0.002 <= part.vertices[:, 2].min() and part.vertices[:, 2].max() <= 0.01


def test_palettes_stay_within_what_reflects():
    for style in ("plaster", "brick", "stone", "glass", "concrete"):
        for seed in range(20):
            palette = Palette(np.random.default_rng(seed), style)
            surfaces = [v for v in vars(palette).values() if isinstance(v, Surface)] + list(palette.panes)
            for surface in surfaces:
                assert all(0 <= v <= 0.9 for v in surface.colour)


def test_no_two_marks_lie_in_one_plane_over_each_other():
    """Coincident sheets shade each other black in the photograph."""
    for seed in range(24):
        plan = plan_street(seed)
        if plan.axis.curvature or plan.axis.slope:
            continue
        marks = [p.vertices.reshape(-1, 4, 3) for p in ground.ground(plan) if p.label in (9, 10, 45, 46)]
        quads = np.concatenate(marks) if marks else np.zeros((0, 4, 3))
        quads = quads[np.ptp(quads[..., 2], axis=1) < 1e-6]
        low, high, z = quads.min(1), quads.max(1), quads[:, 0, 2]
        for i in range(len(quads)):
            shared = np.minimum(high[:, :2], high[i, :2]) - np.maximum(low[:, :2], low[i, :2])
            same = (shared > 0.01).all(1) & (np.abs(z - z[i]) < 1e-5)
            same[i] = False
            assert not same.any(), (seed, low[i], high[i])


def test_bridges_hang_clear_of_the_road_from_house_to_house():
    from core.streets.assets import parts_of

    spanned = 0
    for seed in range(44000, 44060):
        plan = plan_street(seed)
        for item in (i for i in plan.items if i.kind == "bridge"):
            spanned += 1
            assert item.t - item.width / 2 < plan.kerb_right - 1.2 and item.t + item.width / 2 > plan.kerb_left + 1.2
            points = np.concatenate([p.vertices for p in parts_of(item)])
            across = points[:, 1] + item.t
            road = (across > plan.kerb_right) & (across < plan.kerb_left)
            assert road.any() and points[road, 2].min() > 4.5  # a bus is 3.2 m high
    assert spanned >= 2


def test_the_examples_that_come_along_are_held_out_streets():
    from pathlib import Path

    from core.streets.dataset import split_of
    from core.streets.examples import EXAMPLES

    folder = Path(__file__).parent.parent / "assets" / "examples"
    assert {path.stem for path in folder.glob("*.veduta")} == set(EXAMPLES)
    assert all(split_of(int(frame.split("_")[1])) == "val" for frame in EXAMPLES.values())


def test_a_shops_name_stands_out_from_its_board():
    from core.streets.palette import INKS, SHOPS, legible, linear

    for board in SHOPS:
        for ink in INKS:
            chosen = legible(ink, linear(*board))
            light, dark = sorted((np.dot(linear(*c), (0.2126, 0.7152, 0.0722)) + 0.05 for c in (chosen, board)), reverse=True)
            assert light / dark >= 3, (board, ink, chosen)
