"""The two passes and the data-set writer, with Blender where it is installed."""

from __future__ import annotations

import dataclasses
import importlib.util

import numpy as np
import pytest
from PIL import Image

from core.errors import DataError, MissingPackageError
from core.labels import CITYSCAPES, STREETS, object_class
from core.opencv import cv2
from core.streets import dataset
from core.streets.plan import Camera, plan_street

needs_blender = pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="Blender's module bpy is not installed")
SIZE = (128, 64)


def small(plan):
    """The plan with what stands near its first camera only, so that it builds in a second."""
    s = plan.cameras[0].s
    kept, kinds = [], set()
    for item in plan.items:
        if 4 < item.s - s < 45 and item.kind not in kinds and (item.family, item.kind) in (("vehicle", "car"), ("furniture", "lamp"), ("tree", "oval"), ("tree", "round")):
            kept.append(item)
            kinds.add(item.kind)
    return dataclasses.replace(
        plan, items=tuple(kept), buildings=tuple(b for b in plan.buildings if abs(b.s - s - 25) < 14 and abs(b.t) < 25),
    )


@pytest.fixture(scope="module")
def studio():
    from core.streets.quality import Quality
    from core.streets.render import Studio

    return Studio(small(plan_street(3)), SIZE, Quality(samples=1, threads=1, denoise=False))


@pytest.fixture(scope="module")
def frame(studio):
    return next(studio.frames(studio.plan.cameras[:1]))


@needs_blender
def test_maps_hold_known_ids_and_agree(frame):
    assert frame.labels.dtype == np.uint8 and frame.labels.shape == (64, 128)
    assert frame.instances.dtype == np.uint16
    STREETS.check(frame.labels)
    assert np.array_equal(object_class(frame.instances), STREETS.base[frame.labels])


@needs_blender
def test_a_street_is_a_street(frame):
    share = {i: float((frame.labels == i).mean()) for i in np.unique(STREETS.base[frame.labels])}
    base = STREETS.base[frame.labels]
    assert (base == 7).mean() > 0.1 and (base == 11).mean() > 0.05, share
    assert (base[:8] == 7).sum() == 0, "no road in the sky"
    assert 40 < frame.photograph.mean() < 215 and frame.photograph.std() > 15


@needs_blender
def test_buildings_and_cars_are_told_apart(frame, studio):
    values = np.unique(frame.instances)
    houses = values[(values >= 11000) & (values < 12000)] - 11000
    assert len(houses) >= 2
    assert set(houses) <= {b.number for b in studio.plan.buildings}


@needs_blender
def test_parts_carry_their_parents_instance(frame):
    windows = frame.labels == 40
    assert windows.any() and (frame.instances[windows] // 1000 == 11).all()
    marks = np.isin(frame.labels, (45, 46))
    assert (frame.instances[marks] == 7).all()


@needs_blender
def test_the_ego_vehicle_is_where_it_should_be(studio):
    camera = next(c for c in studio.plan.cameras if c.ego)
    with_ego, without = (studio_maps(studio, dataclasses.replace(camera, ego=e)) for e in (True, False))
    assert (with_ego[0][-3:] == 1).any() and not (with_ego[0][:40] == 1).any()
    assert not (without[0] == 1).any()


def studio_maps(studio, camera):
    (maps,) = studio.maps([camera])
    return maps


@needs_blender
def test_the_same_plan_gives_the_same_maps(studio, frame):
    labels, instances = studio_maps(studio, studio.plan.cameras[0])
    assert np.array_equal(labels, frame.labels) and np.array_equal(instances, frame.instances)


@needs_blender
def test_a_post_with_its_signs_and_lights_and_each_bin_is_an_object():
    from core.streets.plan import Item
    from core.streets.quality import Quality
    from core.streets.render import Studio

    plan = dataclasses.replace(plan_street(3), buildings=())
    stood = (("sign", 1.6, 3), ("sign", -1.6, 4), ("traffic light", 0.0, 7), ("bin", 0.8, 5), ("bench", -0.9, 6), ("cone", 2.4, 2))
    items = tuple(
        Item("furniture", kind, 8.0, t, np.pi, 0.6, 0.6, 31, number, {"sign": "priority"}.get(kind, "")) for kind, t, number in stood
    )
    plan = dataclasses.replace(plan, items=items, axis=dataclasses.replace(plan.axis, curvature=0.0, slope=0.0))
    studio = Studio(plan, (256, 128), Quality(samples=1, threads=1, denoise=False))
    labels, instances = studio_maps(studio, Camera(0.0, 0.0, 1.6, 0.0, 0.08, 0.9, False, 0))
    assert np.array_equal(object_class(instances), STREETS.base[labels])
    assert {4005, 4006, 5002, 17003, 20003, 17004, 20004, 17007, 19007} <= set(np.unique(instances).tolist())
    assert not np.isin(instances, (4, 5, 17, 19, 20)).any(), "none is left without a number"
    columns = {value: np.nonzero(instances == value)[1].mean() for value in (17003, 20003, 17004, 20004, 17007, 19007)}
    assert all(abs(columns[17000 + n] - columns[head * 1000 + n]) < 12 for head, n in ((20, 3), (20, 4), (19, 7)))
    assert columns[17003] < columns[17007] < columns[17004], "left is where t is greater"


@needs_blender
def test_photograph_and_labels_agree_within_a_pixel():
    """A glowing box against a dark street: its edges in the photograph lie on its edges in the label map."""
    import bpy

    from core.streets import blender
    from core.streets.parts import Surface, box
    from core.streets.quality import Quality
    from core.streets.render import Studio

    plan = dataclasses.replace(plan_street(3), items=(), buildings=())
    plan = dataclasses.replace(plan, axis=dataclasses.replace(plan.axis, curvature=0.0, slope=0.0))
    studio = Studio(plan, (256, 128), Quality(samples=4, threads=1, denoise=False))
    lamp = box((12.0, 0.3, 2.0), (0.5, 2.7, 1.9), Surface("emission", (1.0, 1.0, 1.0), strength=300.0), 4)
    matrix = np.eye(4)
    blender._place(blender.asset_mesh("lamp", [lamp]), matrix, blender.BARE)
    camera = Camera(0.0, 0.0, 1.9, 0.1, 0.02, 1.0, False, 0)
    (frame,) = studio.frames([camera])
    assert bpy.context.view_layer.material_override is None
    inside = frame.labels == 4
    assert inside.sum() > 500
    grown, shrunk = inside.copy(), inside.copy()
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            moved = np.roll(inside, (dy, dx), (0, 1))
            grown |= moved
            shrunk &= moved
    bright = frame.photograph.min(2) > 250
    assert bright[shrunk].all(), "every pixel well inside the box is lit"
    # The sky may be bright too, so look only below the horizon and beside the box.
    near = np.zeros_like(inside)
    near[70:] = True
    assert not (bright & ~grown & near).any(), "no pixel outside the box's edge is lit"


def _lit_street(kind: str, boxes=(((14.0, 1.0, 1.0), (2.0, 2.0, 2.0)),)):
    """An empty straight street under a sun from the left, 45 degrees high, with boxes (middle, size), one of 2 m, on the road."""
    from core.streets import blender
    from core.streets.parts import Surface, box
    from core.streets.quality import Quality
    from core.streets.render import Studio

    plan = plan_street(3)
    plan = dataclasses.replace(
        plan, items=(), buildings=(), blocks=plan.blocks[:1], axis=dataclasses.replace(plan.axis, curvature=0.0, slope=0.0),
        sky=dataclasses.replace(plan.sky, kind=kind, elevation=np.pi / 4, azimuth=np.pi / 2, cover=0.0, wet=0.0),
    )
    studio = Studio(plan, (256, 128), Quality(samples=4, threads=1))
    crates = [box(middle, size, Surface("plaster", (0.5, 0.5, 0.5), roughness=0.9), 4) for middle, size in boxes]
    blender._place(blender.asset_mesh("crates", crates), np.eye(4), blender.BARE)
    return next(studio.frames([Camera(0.0, 0.0, 2.2, 0.0, -0.05, 1.0, False, 0)]))


@needs_blender
def test_ground_that_the_sun_does_not_reach_is_shadow():
    frame = _lit_street("clear")
    base = STREETS.base[frame.labels]
    shadow, lit = (frame.labels == 93), (frame.labels == 7)
    shadow[:, :120] = False  # there the kerb casts one, too
    shadow[:75] = False  # and far away the next kerb
    assert shadow.sum() > 60 and lit.sum() > 2000
    # The sun stands at 45 degrees on the left: the shadow of the 2 m box at y 0 to 2 reaches to y = -2, x 13 to 15.
    focal = 128 / np.tan(0.5)
    rows, columns = np.nonzero(shadow)
    angle = np.arctan((rows + 0.5 - 64) / focal) + 0.05
    x = 2.2 / np.tan(angle)
    y = -(columns + 0.5 - 128) / focal * np.hypot(x, 2.2) / np.hypot(1, (rows + 0.5 - 64) / focal)
    assert x.min() > 12.6 and x.max() < 15.6 and y.max() < 0.3 and -2.5 < y.min() < -1.7
    # It is as dark in the photograph: compared in the same rows, away from the edges.
    inside = shadow & np.roll(shadow, 1, 1) & np.roll(shadow, -1, 1)
    tone = frame.photograph.mean(2)
    beside = lit & np.isin(np.arange(128), np.unique(rows))[:, None]
    assert tone[inside].mean() < 0.75 * tone[beside].mean()
    assert np.array_equal(object_class(frame.instances), base)


@needs_blender
def test_the_shadow_of_slats_finer_than_a_pixel_is_where_they_take_most_of_the_light():
    """A screen of slats on the left: nearby they take three quarters of the light, beyond x = 15 a quarter; a pixel is 4 cm wide and more."""
    pitch = 0.04
    slats = [(x, 0.75 if x < 15 else 0.25) for x in np.arange(11.0, 19.0, pitch).tolist()]
    frame = _lit_street("clear", [((x, 2.0, 1.0), (share * pitch, 0.002, 2.0)) for x, share in slats])
    focal, rows = 128 / np.tan(0.5), np.arange(128)[:, None]
    x = np.where(rows > 66, 2.2 / np.tan(np.maximum(np.arctan((rows + 0.5 - 64) / focal) + 0.05, 1e-3)), np.inf)
    y = -(np.arange(256) + 0.5 - 128) / focal * x
    shaded, on_road = frame.labels == 93, np.isin(frame.labels, (7, 93)) & (y > 0.3) & (y < 1.7)
    dense, sparse = on_road & (x > 11.5) & (x < 14.6), on_road & (x > 15.4) & (x < 18.5)
    assert dense.sum() > 150 and sparse.sum() > 50
    assert shaded[dense].mean() > 0.95 and shaded[sparse].mean() < 0.05


@needs_blender
@pytest.mark.parametrize("kind", ("hazy", "overcast"))
def test_without_a_sharp_sun_no_shadow_is_drawn(kind):
    assert not np.isin(_lit_street(kind).labels, (93, 94, 95, 96)).any()


@needs_blender
def test_a_shaders_pattern_is_in_the_label_map_where_it_is_in_the_photograph():
    """An awning's stripes: label and colour change at the same pixels."""
    from core.streets import blender
    from core.streets.parts import Part, Surface
    from core.streets.patterns import STRIPE_WIDTH
    from core.streets.quality import Quality
    from core.streets.render import Studio

    plan = plan_street(3)
    plan = dataclasses.replace(
        plan, items=(), buildings=(), blocks=plan.blocks[:1], axis=dataclasses.replace(plan.axis, curvature=0.0, slope=0.0),
        sky=dataclasses.replace(plan.sky, kind="overcast", exposure=0.0, wet=0.0),
    )
    studio = Studio(plan, (256, 128), Quality(samples=16, threads=1))
    cloth = Surface("cloth", (0.5, 0.01, 0.01), (0.7, 0.7, 0.7), roughness=0.9, scale=STRIPE_WIDTH)
    corners = np.array([[4, 1.6, 1.2], [4, -1.6, 1.2], [4, -1.6, 3.0], [4, 1.6, 3.0]], np.float32)
    blender._place(blender.asset_mesh("awning", [Part(corners, np.array([[0, 1, 2, 3]]), cloth, 75)]), np.eye(4), blender.BARE)
    frame = next(studio.frames([Camera(0.0, 0.0, 2.0, 0.0, 0.0, 1.0, False, 0)]))
    striped, plain = frame.labels == 76, frame.labels == 75
    assert striped.sum() > 1000 and 0.8 < striped.sum() / plain.sum() < 1.25
    red = frame.photograph[..., 0].astype(int) - frame.photograph[..., 1]

    def inner(mask):
        return mask & np.roll(mask, 1, 1) & np.roll(mask, -1, 1) & np.roll(mask, 1, 0) & np.roll(mask, -1, 0)

    # White cloth under an overcast sky is a little blue, never red.
    assert (red[inner(plain)] > 40).all() and (red[inner(striped)] < 0).all()


def _plain_street(parts, size=(256, 128), camera=Camera(0.0, 0.0, 2.0, 0.0, -0.12, 1.0, False, 0), **sky):
    """A frame of ``parts`` under an overcast sky on a straight, empty street without blocks in sight."""
    from core.streets import blender
    from core.streets.quality import Quality
    from core.streets.render import Studio

    plan = plan_street(3)
    plan = dataclasses.replace(
        plan, items=(), buildings=(), blocks=plan.blocks[:1], axis=dataclasses.replace(plan.axis, curvature=0.0, slope=0.0),
        sky=dataclasses.replace(plan.sky, **{**dict(kind="overcast", exposure=0.0, wet=0.0), **sky}),
    )
    studio = Studio(plan, size, Quality(samples=16, threads=1))
    blender._place(blender.asset_mesh("parts", parts), np.eye(4), blender.BARE)
    return next(studio.frames([camera]))


def _sheet(surface, label, height=0.05):
    """Level ground of ``surface`` from 2 to 30 metres ahead."""
    from core.streets.parts import Part

    corners = np.array([[2, -9, height], [30, -9, height], [30, 9, height], [2, 9, height]], np.float32)
    return Part(corners, np.array([[0, 1, 2, 3]]), surface, label)


@needs_blender
def test_more_light_paths_bring_a_photograph_nearer_to_its_limit():
    from core.streets.quality import LEAST_SAMPLES, Quality
    from core.streets.render import Studio

    studio = Studio(small(plan_street(3)), (256, 128), Quality(threads=1))
    camera = studio.plan.cameras[0]
    studio._aim(camera)

    def taken(quality, seed):
        studio.quality, studio.scene.cycles.seed = quality, seed
        return studio._photograph().astype(np.float32)

    limit = taken(Quality(samples=192, noise=0.001), 1)
    clean, few = (np.abs(taken(quality, 2) - limit).mean() for quality in (Quality(), Quality(samples=LEAST_SAMPLES)))
    assert 0 < clean < 0.75 * few


@needs_blender
@pytest.mark.parametrize("look", ["agx", "agx contrast", "filmic"])
def test_lit_signals_keep_their_colour(look):
    from core.streets.lights import LIT, signal_head
    from core.streets.solids import placed, rotation, translation

    parts = []
    for place, state in ((1.0, "red"), (-1.0, "green")):
        head = signal_head(np.random.default_rng(1), state, lens=0.15)
        for part in head:
            part.vertices, part.faces = placed((part.vertices, part.faces), translation(6.0, place, 2.0), rotation("z", np.pi))
        parts += head
    frame = _plain_street(parts, look=look)
    red, green = (frame.photograph[frame.labels == LIT[name]].astype(int).mean(0) for name in ("red", "green"))
    assert red[0] > 150 and red[0] - red[1:].max() > 80, red
    assert green[1] > 150 and green[1] - green[0] > 60, green


@needs_blender
def test_goods_in_a_lit_shop_lie_where_the_photograph_has_them():
    from core.streets import wares
    from core.streets.parts import Part, Surface

    glass = Surface("mirror_glass", (0.05, 0.04, 0.03), (0.6, 0.02, 0.02), roughness=0.02, strength=2.0)
    corners = np.array([[6, 6, 0], [6, -6, 0], [6, -6, 3.2], [6, 6, 3.2]], np.float32)
    frame = _plain_street([Part(corners, np.array([[0, 1, 2, 3]]), glass, 42)], (512, 256))
    dark_room, wall, goods, dark = (frame.labels == label for label in (42, 74, 139, 140))
    shop = dark_room | wall | goods | dark
    assert 0.02 < dark_room.sum() / shop.sum() < 0.4 and 0.15 < goods.sum() / shop.sum() < 0.5 < (wall | goods | dark).sum() / shop.sum()
    picture = frame.photograph.astype(int)
    red, tone = picture[..., 0] - picture[..., 1], picture.mean(2)

    def inner(mask):
        return mask & np.roll(mask, 1, 1) & np.roll(mask, -1, 1) & np.roll(mask, 1, 0) & np.roll(mask, -1, 0)

    wall, goods, dark, dark_room = (inner(mask) for mask in (wall, goods, dark, dark_room))
    assert red[goods].min() > red[wall].max() and tone[dark].mean() + 20 < tone[goods].mean() < tone[wall].mean() - 20
    assert tone[dark_room].mean() < tone[wall].mean() / 2
    # Far away things on shelves are too small, and the lit room is one.
    corners[:, 0] = 60
    far = _plain_street([Part(corners, np.array([[0, 1, 2, 3]]), glass, 42)], (512, 256)).labels
    assert 512 / 2 / np.tan(0.5) / 60 * wares.THING < wares.SEEN
    assert (far == 74).any() and not np.isin(far, (139, 140)).any()


@needs_blender
@pytest.mark.parametrize("label, around, stroke", ((97, 61, 0.045), (141, 58, 0.011)))
def test_letters_are_named_where_a_stroke_can_be_seen(label, around, stroke):
    from core.streets.parts import Part, Surface

    ink = Surface("sign", (0.01, 0.01, 0.01), roughness=0.5)
    for pixels, named in ((0.9, True), (0.5, False)):  # a stroke's width
        x = 512 / 2 / np.tan(0.5) * stroke / pixels
        corners = np.array([[x, 1, 1], [x, -1, 1], [x, -1, 3], [x, 1, 3]], np.float32)
        labels = _plain_street([Part(corners, np.array([[0, 1, 2, 3]]), ink, label)], (512, 256)).labels
        assert (labels == label).any() == named and (labels == around).any() != named


@needs_blender
def test_dark_stones_are_darker_in_the_photograph_and_end_where_they_are_too_small():
    from core.streets.parts import Surface

    slabs = Surface("paving", (0.3, 0.29, 0.28), (0.15, 0.145, 0.14), 0.85, 0.0, 0.5)
    frame = _plain_street([_sheet(slabs, 8)])
    dark, light = frame.labels == 103, frame.labels == 8
    stones = dark | light
    nearest = frame.photograph[stones & (np.arange(128)[:, None] > 95)]
    assert len(nearest) > 2000 and 0.3 < dark.sum() / (dark | (light & (np.arange(128)[:, None] > 95))).sum() < 0.7
    tone = frame.photograph.mean(2)
    for rows in (slice(96, 112), slice(112, 128)):
        assert tone[rows][dark[rows]].mean() + 4 < tone[rows][light[rows]].mean()
    # A slab of 0.5 m is 2 pixels high 11 m ahead, some 20 rows under the horizon.
    first = np.flatnonzero(dark.any(1)).min()
    horizon = 64 - 0.12 * 128 / np.tan(0.5)
    focal = 128 / np.tan(0.5)
    assert 1.4 < 0.5 * (first - horizon) ** 2 / (focal * 1.95) < 3.0


@needs_blender
def test_joints_lie_where_the_photograph_has_them():
    from core.streets.parts import Part, Surface

    slabs = Surface("paving", (0.4, 0.39, 0.38), (0.03, 0.03, 0.03), 0.85, 0.0, 0.5)
    upright = np.array([[6, 6, 0], [6, -6, 0], [6, -6, 6], [6, 6, 6]], np.float32)
    bricks = Surface("brick", (0.3, 0.14, 0.1), (0.8, 0.8, 0.8), 0.9, scale=0.15)
    stones = Surface("stone", (0.4, 0.38, 0.36), (0.05, 0.05, 0.05), 0.9, scale=0.5)

    def wall(surface):
        return Part(upright, np.array([[0, 1, 2, 3]]), surface, 11)

    # Paving and stone are parted by dark joints, these bricks by bright ones. Of a level floor joints are told up close.
    for part, joint, sign in ((_sheet(slabs, 8), 125, -1), (wall(bricks), 126, 1), (wall(stones), 126, -1)):
        frame = _plain_street([part], size=(640, 320))
        lines = frame.labels == joint
        rows = np.flatnonzero(lines.any(1))
        assert lines.sum() > 300
        tone = frame.photograph.mean(2)
        beside = np.isin(frame.labels, (8, 103, 11, 110, 127))
        here = np.isin(np.arange(320), rows)[:, None]
        assert 0.01 < lines.sum() / (beside & here).sum() < 0.6
        difference = sign * (tone[lines].mean() - tone[beside & here].mean())
        # Moved aside by three pixels the lines miss them.
        missed = np.roll(lines, (3, 3), (0, 1)) & beside & here
        assert difference > 3 and difference > 2 * sign * (tone[missed].mean() - tone[beside & here].mean())


@needs_blender
def test_what_a_house_is_made_of_is_told_apart_and_shaded():
    """A brick house with light trim, its front towards the camera: reveals lie round the panes and have the trim's colour."""
    from core.streets.buildings import building
    from core.streets.plan import Building

    def house(seed: int) -> Building:
        return Building(0.0, 0.0, 0.0, 9.0, 8.0, 3, 3.0, 3.4, "brick", "flat", False, False, False, seed, 1)

    def reveal_of(parts):
        return next((part.surface for part in parts if part.label == 172), None)

    built = next(parts for parts in (building(house(seed)) for seed in range(40)) if reveal_of(parts).kind != "brick")
    for part in built:  # turned round, 13 m ahead
        part.vertices = (part.vertices * (-1, -1, 1) + (13, 0, 0)).astype(np.float32)
    camera = Camera(0.0, 0.0, 2.5, 0.0, 0.12, 1.0, False, 0)
    frame = _plain_street(built, size=(512, 256), camera=camera)
    there = {label: frame.labels == label for label in (60, 110, 172, 176)}
    assert all(mask.sum() > 100 for mask in there.values()), {label: int(mask.sum()) for label, mask in there.items()}
    panes = np.isin(frame.labels, [40, 41, 71, *(label.id for label in STREETS if label.within == 40)])
    near = cv2.dilate(panes.view(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert near[there[172]].mean() > 0.95
    assert np.nonzero(there[176])[0].min() > np.nonzero(panes)[0].mean(), "at the foot"
    tone = {label: frame.photograph[mask].mean(0) for label, mask in there.items()}
    assert tone[172].mean() < 0.7 * tone[60].mean(), "less of the sky is seen from there"
    hue = {label: colour / colour.sum() for label, colour in tone.items()}
    assert np.abs(hue[172] - hue[60]).max() < 0.2 * np.abs(hue[172] - hue[110]).max()
    # From the left, behind the camera.
    sunny = _plain_street(built, size=(512, 256), camera=camera, kind="clear", elevation=np.pi / 5, azimuth=0.75 * np.pi, cover=0.0)
    lit, shaded = sunny.labels == 172, sunny.labels == 173
    assert lit.sum() > 20 and shaded.sum() > 20, "one side of an opening in the sun"
    assert sunny.photograph[lit].mean() > 1.2 * sunny.photograph[shaded].mean()


@needs_blender
def test_panes_that_mirror_the_sky_are_bright():
    from core.streets.parts import Part, Surface

    glass = Surface("mirror_glass", (0.02, 0.022, 0.025), roughness=0.03)
    dark = Surface("plaster", (0.03, 0.03, 0.03), roughness=0.9)
    left = Part(np.array([[4, 5, 0], [14, 5, 0], [14, 5, 5], [4, 5, 5]], np.float32), np.array([[0, 1, 2, 3]]), glass, 40)
    right = Part(np.array([[0, -5, 0], [60, -5, 0], [60, -5, 4], [0, -5, 4]], np.float32), np.array([[3, 2, 1, 0]]), dark, 11)
    frame = _plain_street([left, right], camera=Camera(0.0, 0.0, 2.0, 0.0, 0.1, 1.2, False, 0))
    sky, wall = frame.labels == 131, frame.labels == 40
    assert sky.sum() > 300 and wall.sum() > 300
    tone = frame.photograph.mean(2)
    assert tone[sky].mean() > tone[wall].mean() + 15
    # The wall opposite is 4 m high and, mirrored, three times as far: its top is seen 0.67 m above the eye.
    column = frame.labels[:, np.flatnonzero(sky.any(0) & wall.any(0))[30]]
    edge = np.flatnonzero(column == 40).min()
    bottom = np.flatnonzero(np.isin(column, (40, 131))).max()
    horizon = 64 + 0.1 * 128 / np.tan(0.6)
    assert abs((horizon - edge) / (bottom + 1 - horizon) - 0.67 / 2.0) < 0.12
    assert not (frame.labels[:, 140:] == 131).any()


@needs_blender
def test_car_glass_names_the_house_and_the_tree_that_it_mirrors_and_panes_stay_dark():
    from core.streets.parts import Part, Surface

    def upright(x0, x1, y, z0, z1, surface, label, towards_left):
        corners = np.array([[x0, y, z0], [x1, y, z0], [x1, y, z1], [x0, y, z1]], np.float32)
        return Part(corners, np.array([[3, 2, 1, 0]] if towards_left else [[0, 1, 2, 3]]), surface, label)

    glass = Surface("mirror_glass", (0.02, 0.022, 0.025), roughness=0.03)
    light, leaf = Surface("plaster", (0.8, 0.8, 0.8), roughness=0.9), Surface("plaster", (0.02, 0.05, 0.01), roughness=0.9)
    # A pane at y = 5 from x = 4 to 14; opposite, at y = -5, mirrored at y = 15: wall, window and tree side by side.
    parts = [upright(4, 14, 5, 0, 5, glass, 47, False), upright(20, 28, -5, 0, 9, light, 11, True),
             upright(34, 44, -5, 0, 9, leaf, 21, True), upright(28, 34, -5, 0, 9, glass, 40, True)]
    frame = _plain_street(parts, camera=Camera(0.0, 0.0, 2.0, 0.0, 0.1, 1.2, False, 0))
    row = 66  # just below the eye's height, where the wall's mirror image reaches far up
    names = [STREETS.name_of(int(i)) for i in frame.labels[row]]
    seen = [name for name, before in zip(names, [None, *names]) if name != before and "car glass" in name]
    assert seen == ["house in car glass", "car glass", "tree in car glass"]
    tone = frame.photograph.mean(2)
    house, tree = (frame.labels == STREETS.named(f"{what} in car glass").id for what in ("house", "tree"))
    assert house.sum() > 200 and tree.sum() > 100 and tone[house].mean() > tone[tree].mean() + 15
    # The wall's far end is seen in the mirror 28 m ahead and 15 m to the left.
    tangent = (128 - (np.flatnonzero(house[row]).max() + 1)) / (128 / np.tan(0.6))
    assert abs(tangent - 15 / 28 / np.cos(0.1)) < 0.02


@needs_blender
def test_car_paint_shines_where_it_mirrors_what_is_above_the_horizon():
    from core.streets.parts import Part, Surface

    # A drum that lies along the street, its axis at the eye's height: above its middle it mirrors the sky, below the road.
    turn = np.linspace(-1.2, 1.2, 41)
    rows = [np.column_stack([np.full(41, x), 6 - 2 * np.cos(turn), 2 + 2 * np.sin(turn)]) for x in (4.0, 14.0)]
    faces = np.array([[i, i + 1, i + 42, i + 41] for i in range(40)])[:, ::-1]
    paint = Surface("paint", (0.05, 0.05, 0.05), roughness=0.3)
    drum = Part(np.concatenate(rows).astype(np.float32), faces, paint, 26, smooth=True)
    frame = _plain_street([drum], camera=Camera(0.0, 0.0, 2.0, 0.0, 0.0, 1.4, False, 0))
    shine, below = np.isin(frame.labels, (146, 147, 158, 168)), frame.labels == 26
    assert shine.sum() > 200 and below.sum() > 200
    for column in np.flatnonzero((shine & (np.arange(128)[:, None] < 64)).any(0) & below.any(0)):
        ends = np.flatnonzero(shine[:, column]).max(), np.flatnonzero(below[:, column]).min()
        assert abs(ends[0] - 63) <= 1 and ends[1] == ends[0] + 1
    tone = frame.photograph.mean(2)
    assert tone[shine].mean() > tone[below].mean() + 10


@needs_blender
def test_puddles_mirror_and_cracks_are_dark():
    from core.streets.parts import Surface

    def road(wet):
        return _sheet(Surface("asphalt", (0.06, 0.06, 0.06), None, 0.85, wet, 1.0), 7)

    # Cracks are told where a pixel is small, the more the larger the frame.
    wet, dry = _plain_street([road(0.8)]), _plain_street([road(0.0)], size=(640, 320))
    walk = _plain_street([_sheet(Surface("asphalt", (0.06, 0.06, 0.06), None, 0.85, 0.0, 1.0), 8)], size=(640, 320))
    sheet = STREETS.base[walk.labels] == 8
    assert np.array_equal((walk.labels == 142)[sheet], (dry.labels == 104)[sheet]), "asphalt cracks alike on a sidewalk"
    near = np.arange(128)[:, None] > 60
    asphalt = [STREETS.named(name).id for name in ("dark asphalt", "road", "light asphalt")]
    puddles, road_ = np.isin(wet.labels, (105, 135)) & near, np.isin(wet.labels, asphalt) & near
    assert not np.isin(dry.labels, (105, 135)).any() and puddles.sum() > 300 and road_.sum() > 300
    assert wet.photograph.mean(2)[puddles].mean() > wet.photograph.mean(2)[road_].mean() + 10, "they mirror the sky"
    cracks = dry.labels == 104
    beside = np.isin(dry.labels, asphalt) & np.isin(np.arange(320), np.flatnonzero(cracks.any(1)))[:, None]
    assert 20 < cracks.sum() < 0.2 * beside.sum()
    # Beside what lies around them, as the road is lighter further off.
    darker = dry.photograph.mean(2) / cv2.blur(dry.photograph.mean(2), (9, 9))
    assert darker[cracks].mean() < 0.98 * darker[beside].mean()
    for moved in ((3, 0), (-3, 0), (3, 1), (-3, 1)):
        assert darker[cracks].mean() < 0.985 * darker[np.roll(cracks, *moved) & sheet].mean(), "a crack lies where it is told"
    close = cracks[180:].view(np.uint8).copy()
    _, _, stats, _ = cv2.connectedComponentsWithStats(close, connectivity=8)
    sizes = stats[1:, cv2.CC_STAT_AREA]
    assert sizes[sizes > 8].sum() > 0.95 * close.sum() > 200, "lines, not dots"
    patch = _plain_street([_sheet(Surface("asphalt", (0.06, 0.06, 0.06), None, 0.85, 0.0, 1.0), 92)], size=(640, 320))
    assert np.array_equal(patch.labels == 104, cracks) and not np.isin(patch.labels[sheet], asphalt).any(), "they run on over patches"


@needs_blender
def test_asphalt_is_named_by_how_light_it_is_also_in_shadow():
    from core.streets.parts import Part, Surface

    names = ("dark asphalt", "road", "light asphalt", "shadow on dark asphalt", "shadow on road", "rail track", "shadow on rail track")
    dark, road, light, dark_shadow, shadow, track, track_shadow = (STREETS.named(name).id for name in names)
    ground = Surface("asphalt", (0.06, 0.06, 0.06), None, 0.85, 0.0, 1.0)
    frame = _plain_street([_sheet(ground, 7)], size=(640, 320), kind="overcast")
    tone = frame.photograph.mean(2)
    near = np.arange(320)[:, None] > 180
    tones = [tone[(frame.labels == label) & near].mean() for label in (dark, road, light)]
    assert tones[0] < 0.97 * tones[1] and 1.03 * tones[1] < tones[2]
    assert all(0.1 < np.isin(frame.labels[near[:, 0]], label).mean() < 0.7 for label in (dark, road, light))
    # A wall to the left, the sun behind it.
    wall = Part(np.array([[2, 3, 0], [30, 3, 0], [30, 3, 4], [2, 3, 4]], np.float32), np.array([[0, 1, 2, 3]]), Surface("plaster", (0.5, 0.5, 0.5)), 11)
    sunny = dict(kind="clear", elevation=np.pi / 4, azimuth=np.pi / 2, cover=0.0)
    shaded = _plain_street([_sheet(ground, 7), wall], size=(640, 320), **sunny)
    both = np.isin(shaded.labels, (dark_shadow, shadow)) & near & np.isin(frame.labels, (dark, road, light))
    assert both.sum() > 500 and np.array_equal((shaded.labels == dark_shadow)[both], (frame.labels == dark)[both])
    rails = _plain_street([_sheet(ground, 10), wall], size=(640, 320), **sunny)
    assert np.array_equal((rails.labels == track_shadow)[both], np.ones(both.sum(), bool)) and (rails.labels == track).sum() > 500


@needs_blender
def test_walls_and_leaves_that_the_sun_does_not_reach_are_named():
    """A wall that faces the sun beside one that doesn't, and a crown of quads lit from the left."""
    from core.streets.parts import Part, Surface

    plaster, leaf = Surface("brick", (0.5, 0.3, 0.25), roughness=0.9, scale=0.08), Surface("leaf", (0.1, 0.2, 0.03))
    # Both seen from the camera at the origin: the left wall faces right (away from the sun), the right one faces left.
    left = Part(np.array([[4, 5, 0], [14, 5, 0], [14, 5, 4], [4, 5, 4]], np.float32), np.array([[0, 1, 2, 3]]), plaster, 11)
    right = Part(np.array([[4, -5, 0], [14, -5, 0], [14, -5, 4], [4, -5, 4]], np.float32), np.array([[3, 2, 1, 0]]), plaster, 11)
    rng = np.random.default_rng(0)
    centres = rng.uniform((10, -1.6, 1.0), (13, 1.6, 4.0), (4000, 3))
    corners = (centres[:, None] + rng.normal(0, 0.12, (4000, 4, 3))).astype(np.float32)
    crown = Part(corners.reshape(-1, 3), np.arange(16000).reshape(-1, 4), leaf, 21)
    camera = Camera(0.0, 0.0, 2.0, 0.0, 0.1, 1.2, False, 0)
    sunny = dict(kind="clear", elevation=np.pi / 5, azimuth=np.pi / 2, cover=0.0)
    frame = _plain_street([left, right, crown], camera=camera, **sunny)
    assert (frame.labels[:, :90] == 111).sum() > 500 and not (frame.labels[:, :90] == 110).any()
    assert (frame.labels[:, 166:] == 110).sum() > 500
    assert (frame.labels[:, 166:] == 111).sum() < 0.2 * (frame.labels[:, 166:] == 110).sum(), "but for the crown's shadow"
    light, shade = frame.labels == 21, frame.labels == 108
    assert light.sum() > 200 and shade.sum() > 200
    assert np.nonzero(light)[1].mean() < np.nonzero(shade)[1].mean() - 5, "the sun stands on the left"
    tone = frame.photograph.mean(2)
    assert tone[light].mean() > 1.1 * tone[shade].mean()
    dull = _plain_street([left, right, crown], camera=camera)
    assert not np.isin(dull.labels, (109, 111)).any() and (dull.labels == 110).sum() > 1000
    light, shade = dull.labels == 21, dull.labels == 108
    assert light.sum() > 200 and shade.sum() > 200, "a crown keeps the sky's light from itself"
    tone = dull.photograph.mean(2)
    assert tone[light].mean() > 1.3 * tone[shade].mean()
    assert np.nonzero(light)[0].mean() < np.nonzero(shade)[0].mean() - 2, "the sky is above"


@needs_blender
def test_maps_alone_are_those_of_the_whole_frame(tmp_path):
    options = ["--count", "1", "--size", "64x32", "--seed", "3", "--samples", "1", "--threads", "1"]
    assert dataset.main(["--out", str(tmp_path / "maps"), "--maps-only", *options]) == 0
    assert dataset.main(["--out", str(tmp_path / "whole"), *options]) == 0
    maps, whole = (dataset.paths_of(tmp_path / name, 3, 0) for name in ("maps", "whole"))
    assert not maps.photograph.exists() and maps.mapped and whole.whole
    assert maps.labels.read_bytes() == whole.labels.read_bytes()
    assert maps.instances.read_bytes() == whole.instances.read_bytes()
    before = maps.labels.stat().st_mtime_ns
    assert dataset.main(["--out", str(tmp_path / "maps"), "--maps-only", *options]) == 0
    assert maps.labels.stat().st_mtime_ns == before, "what is there is passed over"


def test_splits_are_settled_by_the_seed():
    splits = [dataset.split_of(seed) for seed in range(3000)]
    assert splits == [dataset.split_of(seed) for seed in range(3000)]
    assert 0.07 < splits.count("val") / 3000 < 0.13
    assert set(splits) == {"train", "val"}


def test_paths_are_cityscapes(tmp_path):
    paths = dataset.paths_of(tmp_path, 12, 3)
    split = dataset.split_of(12)
    assert paths.photograph == tmp_path / "leftImg8bit" / split / "veduta" / "veduta_000012_000003_leftImg8bit.png"
    assert paths.labels == tmp_path / "gtFine" / split / "veduta" / "veduta_000012_000003_gtFine_labelIds.png"
    assert paths.instances.name == "veduta_000012_000003_gtFine_instanceIds.png"


@dataclasses.dataclass
class Maps:
    photograph: np.ndarray
    labels: np.ndarray
    instances: np.ndarray


def example():
    rng = np.random.default_rng(0)
    labels = np.array([[7, 45, 11, 40], [26, 47, 23, 50]], np.uint8)
    instances = np.array([[7, 7, 11003, 11003], [26001, 26001, 23, 21002]], np.uint16)
    return Maps(rng.integers(0, 255, (2, 4, 3), dtype=np.uint8), labels, instances)


def test_frames_are_written_in_cityscapes_encodings(tmp_path):
    frame, paths = example(), dataset.paths_of(tmp_path, 5, 0)
    dataset.write_frame(frame, paths)
    assert paths.whole
    assert np.array_equal(np.asarray(Image.open(paths.labels)), frame.labels)
    instances = Image.open(paths.instances)
    assert instances.mode.startswith("I;16") and np.array_equal(np.asarray(instances), frame.instances)
    assert np.array_equal(np.asarray(Image.open(paths.photograph)), frame.photograph)
    assert not list(tmp_path.rglob("*.part"))


def test_strict_frames_hold_only_cityscapes_ids(tmp_path):
    paths = dataset.paths_of(tmp_path, 5, 0)
    dataset.write_frame(example(), paths, strict=True)
    labels, instances = np.asarray(Image.open(paths.labels)), np.asarray(Image.open(paths.instances))
    CITYSCAPES.check(labels)
    assert labels.tolist() == [[7, 7, 11, 11], [26, 26, 23, 21]]
    assert instances.tolist() == [[7, 7, 11, 11], [26001, 26001, 23, 21]]


def test_whole_frames_are_passed_over_without_starting_blender(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "need_blender", lambda: None)
    width, height = SIZE
    whole = Maps(np.zeros((height, width, 3), np.uint8), *(np.full((height, width), 7, kind) for kind in (np.uint8, np.uint16)))
    for street, frame in ((40, 0), (40, 1), (41, 0)):
        dataset.write_frame(whole, dataset.paths_of(tmp_path, street, frame))
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.png")}
    steps = list(dataset.render_streets(3, tmp_path, SIZE, 40, cameras_per_street=2))
    assert [s.rendered for s in steps] == [False] * 3 and steps[-1].done == steps[-1].total == 3
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.png")} == before


@pytest.mark.parametrize("options", [dict(count=0), dict(cameras_per_street=5), dict(size=(4, 512)), dict(seed=-1)])
def test_impossible_requests_are_refused(tmp_path, monkeypatch, options):
    monkeypatch.setattr(dataset, "need_blender", lambda: None)
    with pytest.raises(DataError):
        dataset.render_streets(**{**dict(count=1, out=tmp_path), **options})


def test_a_missing_blender_is_said_in_a_sentence(tmp_path, monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(dataset.importlib.util, "find_spec", lambda name: None if name == "bpy" else find(name))
    with pytest.raises(MissingPackageError, match="pip install bpy"):
        dataset.render_streets(1, tmp_path)
    assert dataset.main(["--out", str(tmp_path), "--count", "1"]) == 2
    assert "pip install bpy" in capsys.readouterr().err


@needs_blender
def test_the_command_renders_and_resumes(tmp_path, capfd):
    arguments = ["--out", str(tmp_path), "--count", "1", "--size", "64x32", "--seed", "3", "--samples", "1", "--threads", "1", "--jpeg"]
    assert dataset.main(arguments) == 0
    paths = dataset.paths_of(tmp_path, 3, 0, jpeg=True)
    assert paths.whole
    labels = np.asarray(Image.open(paths.labels))
    assert labels.shape == (32, 64)
    STREETS.check(labels)
    paths.photograph.unlink()
    written = paths.labels.read_bytes()
    assert dataset.main(arguments) == 0
    assert paths.whole and paths.labels.read_bytes() == written
