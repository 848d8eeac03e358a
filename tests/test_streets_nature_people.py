"""Trees, low green, street furniture and people: sound meshes in the right classes."""

import numpy as np
import pytest

from core.errors import DataError
from core.labels import STREETS
from core.streets import bodies, furniture, nature, people, poses, signs, two_wheelers
from core.streets.clothes import Tailor, trimmed
from core.streets.parts import Part
from core.streets.wardrobe import dress

SURFACE_KINDS = {
    "paint", "plastic", "metal", "glass", "mirror_glass", "rubber", "cloth", "skin", "hair", "plaster", "brick",
    "stone", "concrete", "asphalt", "paving", "tiles", "wood", "bark", "leaf", "grass", "emission", "sign",
}


def points(part: Part) -> np.ndarray:
    """(N, 3) every vertex as it stands in the asset's frame, instances included."""
    if part.scatter is None:
        return part.vertices
    turned = np.einsum("kij,nj->kni", part.scatter[:, :3, :3], part.vertices) + part.scatter[:, None, :3, 3]
    return turned.reshape(-1, 3)


def check(parts: list[Part], labels: set[int], low: float, high: float, ground=(-0.1, 0.05)) -> np.ndarray:
    """Assert that ``parts`` are sound; return their bounds (2, 3)."""
    assert parts
    cloud = []
    for part in parts:
        assert part.label in labels and part.label in STREETS, part.label
        assert part.surface.kind in SURFACE_KINDS, part.surface.kind
        assert all(0 <= c <= 1 for c in part.surface.colour)
        assert part.vertices.dtype == np.float32 and part.vertices.ndim == 2 and part.vertices.shape[1] == 3
        used = np.concatenate([np.asarray(face) for face in part.faces]) if len(part.faces) else np.zeros(0, int)
        assert len(used) and used.min() >= 0 and used.max() < len(part.vertices)
        if part.scatter is not None:
            assert part.scatter.shape[1:] == (4, 4) and part.scatter.dtype == np.float32 and len(part.scatter)
        here = points(part)
        assert np.isfinite(here).all()
        cloud.append(here)
    cloud = np.concatenate(cloud)
    bounds = np.array([cloud.min(0), cloud.max(0)])
    assert ground[0] <= bounds[0, 2] <= ground[1], f"stands at {bounds[0, 2]:.3f} m"
    assert low <= bounds[1, 2] <= high, f"is {bounds[1, 2]:.2f} m high"
    return bounds


def same(first: list[Part], second: list[Part]) -> bool:
    return len(first) == len(second) and all(
        np.array_equal(points(a), points(b)) and a.surface == b.surface and a.label == b.label
        for a, b in zip(first, second)
    )


def instances(parts: list[Part]) -> int:
    return sum(len(part.scatter) for part in parts if part.scatter is not None)


@pytest.mark.parametrize("season", nature.SEASONS)
@pytest.mark.parametrize("kind", list(nature.SPECIES))
def test_tree_stands_and_keeps_its_budget(kind, season):
    for seed in (0, 7):
        parts = nature.tree(np.random.default_rng(seed), kind, season)
        low, high = nature.SPECIES[kind].height
        bounds = check(parts, {21, 50}, low * 0.8, high * 1.15)
        assert 500 <= instances(parts) <= nature.MOST_CLUSTERS
        assert any(part.label == 50 for part in parts)
        bare = season == "winter" and kind != "conifer"
        assert any(part.label == 21 for part in parts) != bare
        assert np.abs(bounds[:, :2]).max() < high
        leaves = [part for part in parts if part.surface.kind == "leaf"]
        assert bare or len({part.surface.colour for part in leaves}) >= 3


def test_tree_takes_the_height_and_thins_with_distance():
    full = nature.tree(np.random.default_rng(3), "round", "summer", height=9.0)
    far = nature.tree(np.random.default_rng(3), "round", "summer", height=9.0, detail=0.3)
    for parts in (full, far):
        check(parts, {21, 50}, 7.6, 10.2)
    assert instances(far) < 0.4 * instances(full)


def test_crown_has_gaps():
    """Seen from the side, sky shows within the crown's outline, and yet most of it is filled."""
    parts = nature.tree(np.random.default_rng(5), "round", "summer", height=9.0)
    centres = np.concatenate([part.scatter[:, :3, 3] for part in parts if part.scatter is not None])
    side = centres[:, 1:]
    filled, _, _ = np.histogram2d(side[:, 0], side[:, 1], bins=22)
    assert 0.35 < (filled > 0).mean() < 0.95


def test_same_seed_same_tree_other_seed_another():
    def grown(seed):
        return nature.tree(np.random.default_rng(seed))

    assert same(grown(11), grown(11))
    assert not same(grown(11), grown(12))


def test_unknown_kind_or_season_is_refused():
    with pytest.raises(KeyError):
        nature.tree(np.random.default_rng(0), "palm")
    with pytest.raises(KeyError):
        nature.tree(np.random.default_rng(0), "round", "monsoon")


@pytest.mark.parametrize("seed", range(4))
def test_low_green(seed):
    rng = np.random.default_rng(seed)
    bounds = check(nature.hedge(rng, 5.0, 1.3, 0.7), {21}, 1.1, 1.7)
    assert abs(bounds[1, 1] - bounds[0, 1] - 5.0) < 0.5 and bounds[1, 0] - bounds[0, 0] < 1.2
    check(nature.bush(rng), {21, 50}, 0.35, 2.6)
    check(nature.climber(rng, 3, 4), {21}, 1.5, 4.5)
    check(nature.planter(rng), {4, 21}, 0.4, 1.9)


def test_grass_stays_on_its_plot():
    plot = np.array([[0, 0], [6, 0], [6, 2], [2, 2], [2, 5], [0, 5]], float)
    parts = nature.grass(np.random.default_rng(0), plot)
    check(parts, {22}, 0.05, 0.3)
    feet = np.concatenate([part.scatter[:, :2, 3] for part in parts])
    assert not ((feet[:, 0] > 2) & (feet[:, 1] > 2)).any()
    assert instances(nature.grass(np.random.default_rng(0), (60, 60))) <= 6000


def volume(part: Part) -> float:
    """Signed volume, positive where the faces look outwards."""
    total = 0.0
    for face in part.faces:
        corners = part.vertices[np.asarray(face)].astype(np.float64)
        total += np.einsum("ij,ij->", np.cross(corners[1:-1], corners[2:]), np.repeat(corners[:1], len(face) - 2, 0)) / 6
    return total


#: A sign: its post, its back and edge, and the colours of its face.
SIGN = {17, 20, *range(85, 91)}

#: Piece -> the classes it may hold, and its lowest and highest top.
PIECES = {
    "street_lamp": ({17, 130}, 3.2, 10.0), "sign": (SIGN, 2.3, 4.5), "bollard": ({17}, 0.55, 1.1),
    "traffic_light": ({17, 19, 68, 69, 70}, 3.1, 7.2), "parking_meter": ({4}, 1.4, 1.9), "cycle_stand": ({4}, 0.7, 1.0),
    "bus_shelter": ({4}, 2.3, 2.8), "bin": ({4}, 0.7, 1.3), "bench": ({4}, 0.4, 1.0), "planter": ({4, 21}, 0.4, 1.9),
    "advertising_pillar": ({4}, 2.8, 3.8), "letterbox": ({4}, 1.2, 1.6), "electric_cabinet": ({4}, 0.85, 1.6),
    "cafe_table": ({4}, 0.7, 1.0), "parasol": ({4}, 2.4, 3.0), "wheelie_bin": ({5}, 0.9, 1.4), "bags": ({5}, 0.4, 1.1),
    "cardboard_box": ({5}, 0.15, 1.4), "cone": ({5}, 0.45, 0.8), "barricade": ({5}, 1.0, 1.4),
    "fence": ({13}, 0.8, 2.1), "guard_rail": ({14}, 0.7, 0.85), "bridge": ({15, 143, 144}, 5.7, 9.5), "wall": ({12}, 0.6, 2.3), "hydrant": ({4}, 0.7, 1.0),
    "advert_board": ({4}, 0.8, 1.2),
}


def test_every_piece_is_checked():
    assert set(PIECES) == set(furniture.FURNITURE)


@pytest.mark.parametrize("name", list(PIECES))
def test_furniture_is_sound_and_fits_its_footprint(name):
    labels, low, high = PIECES[name]
    piece = furniture.FURNITURE[name]
    for seed in range(3):
        parts = piece(np.random.default_rng(seed))
        bounds = check(parts, labels, low, high, (-0.9, 7.0) if piece.place == "over" else (-0.1, 0.05))
        assert piece.label in {part.label for part in parts}
        assert same(parts, piece(np.random.default_rng(seed)))
        size = bounds[1, :2] - bounds[0, :2]
        if piece.place != "kerb":  # A lamp's arm and a signal's mast may overhang the road.
            assert (size <= np.array(piece.footprint) + 0.05).all(), (seed, size)
        assert sum(len(part.faces) for part in parts) < 9000


@pytest.mark.parametrize("name", ["bollard", "cone", "hydrant", "guard_rail", "bags", "wheelie_bin", "wall", "parking_meter", "bridge"])
def test_faces_look_outwards(name):
    for seed in range(3):
        for part in furniture.FURNITURE[name](np.random.default_rng(seed)):
            if part.surface.kind != "sign":
                assert volume(part) > 0, (seed, part.surface.kind)


@pytest.mark.parametrize("face", list(signs.FACES))
def test_sign_faces_look_forward_and_have_a_grey_back(face):
    parts = signs.sign(np.random.default_rng(2), face)
    check(parts, SIGN, 2.3, 4.5)
    faces = [part for part in parts if part.surface.kind == "sign"]
    assert len({part.surface.colour for part in faces}) >= 2
    # The label names the colour: the strongest channel of what is called red, blue or green is that.
    assert {part.label for part in faces} <= set(range(85, 91))
    for part in faces:
        channel = {85: 0, 90: 1, 86: 2}.get(part.label)
        assert channel is None or int(np.argmax(part.surface.colour)) == channel
        assert part.label != 88 or min(part.surface.colour) > 0.5
    for part in faces:
        for polygon in part.faces:
            a, b, c = part.vertices[list(polygon[:3])]
            corners = part.vertices[list(polygon)]
            normal = np.cross(corners[1:-1] - corners[0], corners[2:] - corners[0]).sum(0)
            assert normal[0] > 0
    backs = [part for part in parts if part.label == 20 and part.surface.kind == "metal"]
    assert backs and min(p.vertices[:, 0].min() for p in backs) < min(p.vertices[:, 0].min() for p in faces)


def test_traffic_light_shows_its_state():
    for state, channel, label in (("red", 0, 68), ("green", 1, 70)):
        parts = furniture.traffic_light(np.random.default_rng(1), state=state, mast=True, walkers=False)
        lit = [part for part in parts if part.surface.kind == "emission"]
        assert len(lit) == 2 and all(part.label == label for part in lit)
        assert all(int(np.argmax(part.surface.colour)) == channel for part in lit)
        assert all(part.vertices[:, 0].mean() > 0 for part in lit)


def test_plans_short_names_and_options():
    rng = np.random.default_rng(0)
    for kind in ("lamp", "traffic light", "sign", "bin", "bench", "hydrant", "cabinet", "post", "shelter", "column",
                 "planter", "stand", "bollard"):
        assert furniture.furniture(kind, rng)
    stop = furniture.furniture("sign", rng, option="stop")
    assert any(part.surface.colour[0] > 0.3 and part.surface.colour[1] < 0.05 for part in stop)
    with pytest.raises(KeyError):
        furniture.furniture("fountain", rng)


@pytest.mark.parametrize("kind", furniture.FENCE_KINDS)
def test_fence_keeps_its_length(kind):
    for length in (2.0, 7.3):
        bounds = check(furniture.fence(np.random.default_rng(0), length, kind), {13}, 0.8, 2.1)
        assert abs(bounds[1, 1] - bounds[0, 1] - length) < 0.3


@pytest.mark.parametrize("pose", people.POSES)
def test_people_stand_on_the_ground_and_have_human_sizes(pose):
    for seed in range(3):
        parts = people.person(np.random.default_rng(seed), pose)
        assert {24, 62, 63, 64, 65, 129} >= {part.label for part in parts} >= {24, 62, 65}
        bounds = check(parts, {24, 62, 63, 64, 65, 129}, 0.9 if pose == "sit" else 1.0, 2.15)
        assert (bounds[1, :2] - bounds[0, :2]).max() < 1.9
        assert {"skin", "cloth"} <= {part.surface.kind for part in parts}
        assert sum(len(part.faces) for part in parts) < 25_000
        assert same(parts, people.person(np.random.default_rng(seed), pose))


def test_people_differ():
    tops = [max(points(part)[:, 2].max() for part in people.person(np.random.default_rng(seed), "stand")) for seed in range(12)]
    assert np.ptp(tops) > 0.15
    looks = {tuple(part.surface for part in people.person(np.random.default_rng(seed), "stand")) for seed in range(12)}
    assert len(looks) == 12


@pytest.mark.parametrize("season", nature.SEASONS)
def test_every_season_clothes_chest_and_hips(season):
    for seed in range(4):
        body = bodies.body(np.random.default_rng(seed))
        poses.strike(np.random.default_rng(seed), body, "stand")
        tailor = Tailor(body, people.PERSON)
        outfit = dress(np.random.default_rng(seed), tailor, season)
        assert (outfit.cover[tailor.on("chest")] > 0).mean() > 0.6
        hips = tailor.on("pelvis")
        skirted = any(len(part.faces[0]) == 4 and np.ptp(part.vertices[:, 2]) > 0.25 for part in outfit.parts)
        assert skirted or (outfit.cover[hips] > 0).mean() > 0.95
        assert (outfit.cover[tailor.on("foot", "toes")] > 0).all()


def test_a_walker_faces_forward():
    """Toes and nose point to +x."""
    body = bodies.body(np.random.default_rng(0), "adult", False)
    poses.strike(np.random.default_rng(0), body, "walk")
    for side in "LR":
        along = body.joint(f"toes.{side}") - body.joint(f"foot.{side}")
        assert along[0] > 0.5 * np.linalg.norm(along[:2])
    assert body.posed[body.data.eyes][:, 0].mean() > body.joint("head")[0]
    assert body.joint("thigh.L")[1] > body.joint("thigh.R")[1]


def test_children_are_small_and_grown_people_are_not():
    for seed in range(6):
        child = bodies.body(np.random.default_rng(seed), "child")
        grown = bodies.body(np.random.default_rng(seed), "adult")
        assert 1.0 < child.height < 1.5 < grown.height < 2.0


def test_unknown_pose_is_refused():
    with pytest.raises(KeyError):
        people.person(np.random.default_rng(0), "levitate")
    with pytest.raises(KeyError):
        people.rider(np.random.default_rng(0), "bus")


def test_damaged_bodies_are_told_in_a_sentence(tmp_path):
    broken = tmp_path / "people.safetensors"
    broken.write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match="get the file again"):
        bodies.load(broken)


@pytest.mark.parametrize("kind", ["bicycle", "city_bicycle", "motorcycle", "scooter"])
def test_riders_reach_grips_and_pedals(kind):
    place = two_wheelers.seat(kind)
    for seed in range(2):
        parts = people.rider(np.random.default_rng(seed), kind)
        check(parts, {25, 66, 67}, 1.25, 2.15, ground=(-0.1, 0.5))
        cloud = np.concatenate([points(part) for part in parts])
        for target, limit in ((place.hands, 0.14), (place.feet, 0.14)):
            for spot in target:
                assert np.linalg.norm(cloud - spot, axis=1).min() < limit, (kind, seed, spot)


def test_two_bones_reach_their_target():
    root, target = np.zeros(3), np.array([0.3, 0.1, -0.4])
    first, second = poses.reach(root, target, 0.4, 0.35, (0, 0, 1.0))
    assert np.allclose(first * 0.4 + second, target, atol=1e-6)
    assert np.isclose(np.linalg.norm(second), 0.35)
    far = np.array([5.0, 0, 0])
    a, b = poses.reach(root, far, 0.4, 0.35, (0, 0, 1.0))
    assert np.linalg.norm(a * 0.4 + b) < 0.751


def test_trimming_splits_faces_along_the_hem():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    cut, pieces = trimmed(vertices, faces, vertices[:, 0] - 0.25)
    a, b, c = (cut[pieces[:, k]] for k in range(3))
    area = np.cross(b - a, c - a)[:, 2] / 2
    assert np.isclose(area.sum(), 0.75) and (area > 0).all() and np.isclose(cut[:, 0].min(), 0.25)
    assert len(trimmed(vertices, faces, np.full(4, -1.0))[1]) == 0
