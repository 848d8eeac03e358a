"""Vehicles: sizes, labels, contact with the road, symmetry, budgets, repeatability."""

import numpy as np
import pytest

from core.labels import STREETS
from core.streets import vehicles
from core.streets.naming import CAR_SHINE, CAR_TOP, HOUSE_IN, SKY_IN, TREE_IN, part_of
from core.streets.vehicle_shapes import Curve, blob, cuboid, lathe, outward, ring, tidy, tube

SEEDS = (0, 1, 2, 5, 11)
WHEELED = {26: 48, 27: 52, 28: 54}
BUDGET = {26: 15_500, 27: 15_000, 28: 15_000, 29: 8000, 30: 6000, 31: 15_000, 32: 8000, 33: 6000}


def corners(parts):
    points = np.concatenate([part.vertices for part in parts])
    return points.min(0), points.max(0)


def triangle_count(parts):
    return sum(sum(len(face) - 2 for face in part.faces) for part in parts)


@pytest.fixture(scope="module")
def built():
    return {kind: [vehicles.vehicle(kind, np.random.default_rng(seed)) for seed in SEEDS] for kind in vehicles.KINDS}


def test_every_vehicle_class_has_a_kind():
    assert set(vehicles.KINDS.values()) == {26, 27, 28, 29, 30, 31, 32, 33}


@pytest.mark.parametrize("kind", vehicles.KINDS)
def test_meshes_are_sound(built, kind):
    for parts in built[kind]:
        for part in parts:
            assert part.vertices.dtype == np.float32 and part.vertices.shape[1] == 3
            assert np.isfinite(part.vertices).all()
            faces = np.asarray(part.faces)
            assert faces.ndim == 2 and len(faces) and faces.min() >= 0 and faces.max() < len(part.vertices)
            assert (faces[:, 0] != faces[:, 1]).all() and (faces[:, 1] != faces[:, 2]).all()
            assert all(0 <= c <= 1 for c in part.surface.colour)


@pytest.mark.parametrize("kind", vehicles.KINDS)
def test_size_is_the_footprint(built, kind):
    length, width, height = vehicles.footprint(kind)
    for parts in built[kind]:
        low, high = corners(parts)
        size = high - low
        assert size[0] == pytest.approx(length, abs=0.05 * length)
        assert size[2] == pytest.approx(height, rel=0.07)
        # mirrors may stand out on both sides, the body may not
        assert width * 0.95 <= size[1] <= width + {26: 0.5, 27: 0.5, 28: 0.5, 31: 0.2}.get(vehicles.KINDS[kind], 0.12)
        assert abs(low[0] + high[0]) < 0.25 + 0.01 * length


@pytest.mark.parametrize("kind", vehicles.KINDS)
def test_it_stands_on_the_road(built, kind):
    label = WHEELED.get(vehicles.KINDS[kind])
    for parts in built[kind]:
        low, _ = corners(parts)
        assert abs(low[2]) < 0.02
        if label is not None:
            wheels = np.concatenate([part.vertices for part in parts if part.label == label])
            assert abs(wheels[:, 2].min()) < 0.02
            # wheels on both axles and on both sides touch the ground
            touching = wheels[wheels[:, 2] < 0.02]
            assert touching[:, 0].min() < -0.5 and touching[:, 0].max() > 0.5
            assert touching[:, 1].min() < -0.5 and touching[:, 1].max() > 0.5


@pytest.mark.parametrize("kind", vehicles.KINDS)
def test_labels_belong_to_the_class(built, kind):
    label = vehicles.KINDS[kind]
    allowed = {label} | {part.id for part in STREETS.parts_of(label)}
    for parts in built[kind]:
        found = {part_of(part.surface, part.label) for part in parts}
        assert found <= allowed and {part.label for part in parts} <= allowed
        assert label in found
        if label in (26, 27, 28):
            # What is a car's top is known by the way that it faces, what shines or mirrors its surroundings when it is seen.
            assert allowed - {CAR_TOP, CAR_SHINE, *SKY_IN.values(), *HOUSE_IN.values(), *TREE_IN.values()} <= found | {49} and (label != 26 or 49 in found)
        if label == 31:
            assert 56 in found


@pytest.mark.parametrize("kind", vehicles.KINDS)
def test_left_and_right_extents_agree(built, kind):
    for parts in built[kind]:
        low, high = corners(parts)
        assert high[1] == pytest.approx(-low[1], abs=0.05)


@pytest.mark.parametrize("kind", vehicles.KINDS)
def test_triangle_budget(built, kind):
    assert max(triangle_count(parts) for parts in built[kind]) <= BUDGET[vehicles.KINDS[kind]]


@pytest.mark.parametrize("kind", vehicles.KINDS)
def test_one_seed_gives_one_vehicle(built, kind):
    again = vehicles.vehicle(kind, np.random.default_rng(SEEDS[1]))
    first = built[kind][1]
    assert len(again) == len(first)
    for a, b in zip(again, first):
        assert a.surface == b.surface and a.label == b.label
        assert np.array_equal(a.vertices, b.vertices) and np.array_equal(a.faces, b.faces)


def test_seeds_differ_in_shape_and_colour(built):
    shapes = {tuple(corners(parts)[1].round(4)) for parts in built["hatchback"]}
    assert len(shapes) >= 4
    paints = {part.surface.colour for parts in built["sedan"] for part in parts if part.surface.kind == "paint"}
    assert len(paints) >= 4


@pytest.mark.parametrize("kind", ["suv", "city_bus", "box_truck", "bicycle", "scooter", "caravan", "tram"])
def test_colour_is_obeyed(kind):
    colour = (0.123, 0.456, 0.234)
    parts = vehicles.vehicle(kind, np.random.default_rng(3), colour)
    painted = [part for part in parts if part.surface.colour == colour]
    assert painted and max(len(part.faces) for part in painted) > 100


def test_glass_lies_outside_the_seats(built):
    """From the flank, the first thing met at window height is a pane, not the cabin."""
    for parts in built["sedan"]:
        glass = np.concatenate([part.vertices for part in parts if part.label == 47])
        cloth = np.concatenate([part.vertices for part in parts if part.surface.kind == "cloth" and max(part.surface.colour) < 0.2])
        assert cloth[:, 1].max() < glass[:, 1].max() - 0.05
        assert cloth[:, 2].max() < glass[:, 2].max() + 0.01
        assert all(part.surface.kind == "glass" for part in parts if part.label == 47)


def test_body_faces_look_outwards(built):
    for kind in ("hatchback", "van", "city_bus"):
        for parts in built[kind][:2]:
            body = max((part for part in parts if part.surface.kind == "paint"), key=lambda part: len(part.faces))
            v, f = body.vertices.astype(float), np.asarray(body.faces)
            normal = np.cross(v[f[:, 1]] - v[f[:, 0]], v[f[:, 2]] - v[f[:, 0]])
            middle = v[f].mean(1) - [0, 0, 0.5 * v[:, 2].max()]
            area = np.linalg.norm(normal, axis=1)
            # The undersides of what stands on the roof look down on it, rightly.
            area[(normal[:, 2] < 0) & (v[f].mean(1)[:, 2] > 0.9 * v[:, 2].max())] = 0
            agree = area[np.einsum("ij,ij->i", normal, middle) > 0].sum() / area.sum()
            assert agree > 0.9


def test_car_colours_have_the_roads_shares():
    rng = np.random.default_rng(0)
    drawn = np.array([vehicles.car_colour(rng) for _ in range(2000)])
    grey = np.ptp(drawn, axis=1) < 0.03
    assert 0.60 < grey.mean() < 0.80
    assert (drawn >= 0).all() and (drawn <= 1).all()


@pytest.mark.parametrize("kind", ["bicycle", "city_bicycle", "motorcycle", "scooter"])
def test_seat(kind):
    pose = vehicles.seat(kind)
    length, _, height = vehicles.footprint(kind)
    assert abs(pose.hip[0]) < length / 2 and 0.7 < pose.hip[1] < height + 0.1
    for (xl, yl, zl), (xr, yr, zr) in (pose.hands, pose.feet):
        assert yl > 0 > yr and max(abs(xl), abs(xr)) < length / 2
    assert min(z for _, _, z in pose.feet) > 0.05
    # hands lie on the bars: something of the mesh is within 4 cm
    points = np.concatenate([part.vertices for part in vehicles.vehicle(kind, np.random.default_rng(0))])
    for hand in pose.hands:
        assert np.linalg.norm(points - hand, axis=1).min() < 0.06


def test_unknown_kind():
    with pytest.raises(KeyError):
        vehicles.vehicle("hovercraft", np.random.default_rng(0))
    with pytest.raises(KeyError):
        vehicles.seat("sedan")


def test_curve_never_overshoots():
    curve = Curve([(0, 0.0), (1, 1.0), (2, 1.0), (3, 0.2)])
    y = curve(np.linspace(-1, 4, 301))
    assert y.min() >= -1e-9 and y.max() <= 1 + 1e-9
    assert np.allclose(curve([0, 1, 2, 3]), [0, 1, 1, 0.2])


@pytest.mark.parametrize(
    "mesh",
    [cuboid((0, 0, 1), (1, 2, 3)), blob((1, 0, 0), (1, 1, 1)), ring((0, 0, 0), 0.3, 0.05), tube([(0, 0, 0), (0, 0, 1), (0, 0.2, 2)], 0.1),
     outward(lathe([(0.0, -1), (1, -1), (1, 1), (0.0, 1)], 16))],
)
def test_solids_have_positive_volume(mesh):
    """Counter-clockwise faces give the divergence theorem a positive volume."""
    v, f = tidy(mesh, 1e-7)
    volume = np.einsum("ij,ij->i", v[f[:, 0]], np.cross(v[f[:, 1]], v[f[:, 2]])).sum() / 6
    assert volume > 0
