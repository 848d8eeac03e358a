"""Cast shadows: against rays traced through boxes, what they may touch, what they must give back, the shell."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from core.commands import dispatch
from core.errors import LabelError, SceneError
from core.filling.view import View
from core.labels import CITYSCAPES, STREETS
from core.opencv import cv2
from core.scene.cityscapes import load_pair, save_pair
from core.scene.project import load_project, save_project
from core.scene.scene import Scene
from core.shadows.cast import Shadows, cast_in, cast_shadows, remove_from
from core.shadows.parts import NO_GROUND, has_shadows, shadow_table, without_shadows
from core.shadows.sun import Sun
from tests.conftest import carried_out, scene_state

SKY, ROAD, SIDEWALK, PARKING, TERRAIN, BUILDING, CAR, PERSON, POLE, TREE, TRUNK, MARK, KERB = (
    STREETS.named(name).id for name in (
        "sky", "road", "sidewalk", "parking", "terrain", "building", "car", "person", "pole", "vegetation", "tree trunk",
        "lane mark", "kerb",
    )
)
SHADOWS = {ROAD: 93, SIDEWALK: 94, PARKING: 95, TERRAIN: 96}
EXAMPLES = Path(__file__).resolve().parents[1] / "assets" / "examples"
VIEW = View((1024, 512), 200.0, 512.0, 1000.0, 1.5)


def shaded(labels: np.ndarray) -> np.ndarray:
    return np.isin(labels, list(SHADOWS.values()))


def plain(view: View = VIEW) -> np.ndarray:
    """Sky, and road from the horizon down."""
    labels = np.full((view.size[1], view.size[0]), SKY, np.uint8)
    labels[round(view.horizon):] = ROAD
    return labels


def bare(labels: np.ndarray) -> np.ndarray:
    return STREETS.base[labels].astype(np.uint16)


# -- rays through boxes --------------------------------------------------------------------


class Box:
    """An upright box: metres from ``x0`` to ``x1`` aside and ``z0`` to ``z1`` ahead, ``high`` from the ground up."""

    def __init__(self, x0, x1, z0, z1, high, label, value=None):
        self.low, self.high = np.array([x0, 0.0, z0]), np.array([x1, high, z1])
        self.label, self.value = label, label if value is None else value

    def hit(self, origin: np.ndarray, ray: np.ndarray) -> np.ndarray:
        """How far along each ray (..., 3) the box is entered; infinite where it is missed."""
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = (self.low - origin) / ray, (self.high - origin) / ray
        near, far = np.minimum(first, second).max(axis=-1), np.maximum(first, second).min(axis=-1)
        return np.where((near <= far) & (far > 1e-6), np.maximum(near, 0), np.inf)


def traced(boxes: list[Box], sun: Sun, view: View = VIEW, on: int = ROAD) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(labels without shadows, instances, (H, W) bool: ground, or another class, that the sun doesn't reach), ray by ray."""
    width, height = view.size
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    ray = np.stack([(x - view.vanishing) / view.focal, (view.horizon - y) / view.focal, np.ones_like(x)], axis=-1)
    eye = np.array([0.0, view.eye, 0.0])
    ground = np.where(ray[..., 1] < 0, -view.eye / np.minimum(ray[..., 1], -1e-9), np.inf)
    labels, nearest = np.where(np.isfinite(ground), ROAD, SKY).astype(np.uint8), ground
    instances = labels.astype(np.uint16)
    for box in boxes:
        found = box.hit(eye, ray)
        labels[found < nearest], instances[found < nearest] = box.label, box.value
        nearest = np.minimum(nearest, found)
    # From just before what is seen, lest it shade itself.
    place = eye + ray * np.where(labels == on, nearest * (1 - 1e-5), 0)[..., None]
    place[..., 1] = np.maximum(place[..., 1], 0)
    to_sun = np.array([
        math.cos(sun.elevation) * math.sin(sun.azimuth), math.sin(sun.elevation), math.cos(sun.elevation) * math.cos(sun.azimuth),
    ])
    dark = np.zeros(labels.shape, bool)
    for box in boxes:
        dark |= np.isfinite(box.hit(place, np.broadcast_to(to_sun, place.shape)))
    return labels, instances, dark & (labels == on)


def agreement(boxes: list[Box], sun: Sun, view: View = VIEW) -> tuple[float, float]:
    """(intersection over union of our shadows with the traced ones, share of the ground that agrees)."""
    labels, instances, dark = traced(boxes, sun, view)
    ours = shaded(cast_shadows(labels, instances, STREETS, sun, view))
    return np.count_nonzero(ours & dark) / max(np.count_nonzero(ours | dark), 1), float((ours == dark)[labels == ROAD].mean())


SUNS = [(azimuth, elevation) for azimuth in (0, -50, 90, 140, 180) for elevation in (25, 55)]


@pytest.mark.parametrize("azimuth,elevation", SUNS)
def test_shadows_of_cars_are_those_that_rays_find(azimuth, elevation):
    cars = [
        Box(-4.6, -2.8, 9.0, 13.2, 1.5, CAR, 26000), Box(2.6, 4.4, 7.0, 11.2, 1.5, CAR, 26001),
        Box(-0.9, 0.9, 16.0, 20.2, 1.5, CAR, 26002),
    ]
    overlap, right = agreement(cars, Sun.degrees(azimuth, elevation))
    # With the sun behind us the shadows lie behind the cars, but for slivers.
    assert right > 0.98 and (overlap > 0.8 or abs(azimuth) > 120)


def test_a_car_across_the_street_is_as_deep_as_a_car_is_wide():
    across = [Box(-2.1, 2.1, 10.0, 11.8, 1.5, CAR, 26000)]
    for azimuth in (0, 60, -60):
        assert agreement(across, Sun.degrees(azimuth, 40))[0] > 0.8


@pytest.mark.parametrize("azimuth,elevation", SUNS)
def test_shadows_of_people_are_those_that_rays_find(azimuth, elevation):
    people = [Box(x, x + 0.45, z, z + 0.4, 1.75, PERSON, 24000 + n) for n, (x, z) in enumerate([(-2, 6), (0.5, 8), (3, 11)])]
    overlap, right = agreement(people, Sun.degrees(azimuth, elevation))
    assert right > 0.985 and (overlap > 0.75 or azimuth == 180)


@pytest.mark.parametrize("azimuth,side", [(-90, -1), (-50, -1), (-130, -1), (90, 1), (40, 1)])
def test_walls_along_the_street_shade_it_on_the_side_away_from_the_sun(azimuth, side):
    houses = [Box(-18, -8, -40, 120, 9, BUILDING), Box(8, 18, -40, 120, 9, BUILDING)]
    overlap, right = agreement(houses, Sun.degrees(azimuth, 50))
    assert overlap > 0.95 and right > 0.99
    labels, instances, _ = traced(houses, Sun.degrees(azimuth, 50))
    ours = shaded(cast_shadows(labels, instances, STREETS, Sun.degrees(azimuth, 50), VIEW))
    left, mid, far = ours[330, :100].mean(), ours[500, 512], ours[330, -100:].mean()
    assert not mid and (left, far) == ((1, 0) if side < 0 else (0, 1))


@pytest.mark.parametrize("azimuth", (-90, -50, 40, 90, 140, 165))
@pytest.mark.parametrize("elevation", (15, 40, 65))
def test_walls_are_dark_where_they_face_away_or_the_houses_opposite_stand_before_the_sun(azimuth, elevation):
    houses = [Box(-18, -8, -40, 120, 9, BUILDING), Box(8, 18, -40, 120, 12, BUILDING)]
    sun = Sun.degrees(azimuth, elevation)
    labels, instances, dark = traced(houses, sun, on=BUILDING)
    walls = labels == BUILDING
    ours = cast_shadows(labels, instances, STREETS, sun, VIEW)
    assert np.array_equal(without_shadows(ours, STREETS), labels)
    assert ((ours == 109) == dark)[walls].mean() > 0.97
    # Windows keep their labels; brick darkens as brick.
    labels[walls & (np.arange(1024) // 40 % 3 == 0)], labels[walls & (np.arange(1024) // 40 % 3 == 1)] = 40, 110
    parts = cast_shadows(labels, instances, STREETS, sun, VIEW)
    assert np.array_equal(parts == 40, labels == 40) and np.array_equal(without_shadows(parts, STREETS), labels)
    assert ((parts == 111) == dark)[labels == 110].mean() > 0.97


def test_a_wall_ahead_is_dark_under_a_sun_behind_it():
    houses = [Box(-30, 30, 40, 50, 25, BUILDING)]
    for azimuth, dark in ((0, True), (60, True), (120, False), (180, False)):
        sun = Sun.degrees(azimuth, 40)
        labels, instances, _ = traced(houses, sun)
        middle = (labels == BUILDING) & (np.abs(np.arange(1024) - 512) < 200)  # the wings might run along a road
        shade = cast_shadows(labels, instances, STREETS, sun, VIEW)[middle] == 109
        assert shade.all() if dark else not shade.any()


@pytest.mark.parametrize("azimuth,elevation", [(0, 45), (30, 50), (-75, 35), (90, 30), (-120, 40), (180, 30), (200, 60)])
def test_the_tip_of_a_poles_shadow(azimuth, elevation):
    sun, labels = Sun.degrees(azimuth, elevation), plain()
    foot, top, left, wide = 320, 60, 560, 4
    labels[top:foot, left:left + wide] = POLE
    depth = VIEW.focal * VIEW.eye / (foot - VIEW.horizon)
    high = VIEW.eye + (VIEW.horizon - top) * depth / VIEW.focal
    away = high / math.tan(sun.elevation)

    def shadow_of_top(column: float) -> np.ndarray:
        aside = (column - VIEW.vanishing) * depth / VIEW.focal
        return VIEW.project(aside - away * math.sin(sun.azimuth), depth - away * math.cos(sun.azimuth), 0.0)

    tip, corners = shadow_of_top(left + wide / 2), np.stack([shadow_of_top(left), shadow_of_top(left + wide)])
    assert 0 < tip[0] < VIEW.size[0] and VIEW.horizon < tip[1] < VIEW.size[1]
    y, x = np.nonzero(shaded(cast_shadows(labels, bare(labels), STREETS, sun, VIEW)))
    start = np.array([left + wide / 2, foot])
    way = (tip - start) / np.linalg.norm(tip - start)
    along = (np.stack([x + 0.5, y + 0.5], axis=1) - start) @ way
    assert abs(along.max() - ((corners - start) @ way).max()) < 2
    last = along > along.max() - 1.5
    assert np.hypot(x[last].mean() + 0.5 - tip[0], y[last].mean() + 0.5 - tip[1]) < 2 + np.linalg.norm(corners[1] - corners[0]) / 2


# -- what they may touch ---------------------------------------------------------------------


def street() -> Scene:
    """Every kind of ground, with marks and a kerb, two cars, a person, a tree with a trunk and a house."""
    labels = plain()
    labels[200:, :300] = SIDEWALK
    labels[200:, 800:900] = PARKING
    labels[200:, 900:] = TERRAIN
    labels[200:, 290:300] = KERB
    labels[300:320, 480:540] = MARK
    labels[60:240, 0:120] = BUILDING
    labels[160:300, 205:215] = TRUNK
    cv2.circle(labels, (210, 120), 70, TREE, -1)
    instances = bare(labels)
    for value, label, box in (
        (26000, CAR, np.s_[210:300, 420:560]), (26001, CAR, np.s_[205:330, 780:940]), (24000, PERSON, np.s_[160:310, 330:370]),
    ):
        labels[box], instances[box] = label, value
    return Scene(labels, instances)


@pytest.mark.parametrize("azimuth,elevation", [(0, 30), (-60, 20), (100, 45), (180, 70), (10, 90)])
def test_ground_and_walls_alone_change_and_marks_and_things_stay(azimuth, elevation):
    scene = street()
    before, state = scene.label_map.copy(), scene_state(scene)
    casting = cast_in(scene, Sun.degrees(azimuth, elevation), horizon=200.0)
    assert scene_state(scene) == state, "describing the edit changes nothing"
    carried_out(scene, casting.edit)
    changed = scene.label_map != before
    assert changed.sum() > 500 and casting.edit.title == "Cast shadows"
    assert set(np.unique(before[changed]).tolist()) <= {*SHADOWS, BUILDING}
    table = shadow_table(STREETS)
    assert np.array_equal(scene.label_map[changed], table[before[changed]])
    assert np.array_equal(STREETS.base[scene.label_map], STREETS.base[before])
    assert casting.sentence == f"Shadows cast by a sun {Sun.degrees(azimuth, elevation).words}."


def test_each_ground_gets_its_own_shadow():
    scene, found = street(), set()
    for azimuth in (-90, 0, 90):
        cast_in(scene, Sun.degrees(azimuth, 25), 200.0).edit.apply(scene)
        found |= set(np.unique(scene.label_map).tolist())
    assert set(SHADOWS.values()) <= found
    assert {label: int(table) for label, table in zip(SHADOWS, shadow_table(STREETS)[list(SHADOWS)])} == SHADOWS


def test_casting_replaces_is_repeatable_and_can_be_removed():
    scene = street()
    before = scene.label_map.copy()
    cast_in(scene, Sun.degrees(-60, 30), 200.0).edit.apply(scene)
    once = scene.label_map.copy()
    again = cast_in(scene, Sun.degrees(-60, 30), 200.0)
    assert again.edit is None and again.sentence.startswith("Nothing changes")
    assert np.array_equal(cast_shadows(once, scene.instance_map, STREETS, Sun.degrees(300, 30), VIEW),
                          cast_shadows(before, scene.instance_map, STREETS, Sun.degrees(-60, 30), VIEW))
    cast_in(scene, Sun.degrees(70, 30), 200.0).edit.apply(scene)
    assert not np.array_equal(scene.label_map, once)
    assert np.array_equal(without_shadows(once, STREETS), before)
    removal = remove_from(scene)
    carried_out(scene, removal.edit)
    assert np.array_equal(scene.label_map, before) and removal.edit.title == "Remove shadows"
    assert remove_from(scene).edit is None and remove_from(scene).sentence == "There are no cast shadows to remove."


def test_painted_shadows_give_way():
    scene = street()
    expected = Shadows(scene.label_map, scene.instance_map, STREETS, VIEW).cast(Sun.degrees(20, 40))
    painted = scene.label_map.copy()
    painted[400:500, 320:700][painted[400:500, 320:700] == ROAD] = SHADOWS[ROAD]
    assert np.array_equal(cast_shadows(painted, scene.instance_map, STREETS, Sun.degrees(20, 40), VIEW), expected)


def test_a_higher_sun_makes_shorter_shadows_and_none_stands_at_the_zenith():
    labels = plain()
    labels[200:330, 480:560] = PERSON
    found = Shadows(labels, np.where(labels == PERSON, 24000, labels).astype(np.uint16), STREETS, VIEW)
    sizes = [int(shaded(found.cast(Sun.degrees(40, elevation))).sum()) for elevation in (15, 25, 40, 60, 80, 90)]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > 5 * sizes[-1]


def test_a_crown_without_a_trunk_stands_over_the_ground_below_it():
    labels = plain()
    cv2.circle(labels, (512, 90), 60, TREE, -1)
    labels[140:300, 400:620][labels[140:300, 400:620] != TREE] = CAR  # hides the trunk
    instances = np.where(labels == TREE, 21000, np.where(labels == CAR, 26000, labels)).astype(np.uint16)
    sun = Sun.degrees(-90, 35)
    crown = shaded(cast_shadows(labels, instances, STREETS, sun, VIEW))
    labels[labels == TREE], instances[instances == 21000] = SKY, SKY
    crown &= ~shaded(cast_shadows(labels, instances, STREETS, sun, VIEW))
    y, x = np.nonzero(crown)
    # The trunk stands behind the car, about as far back as a car is wide: its crown is 2.4 to 4.4 metres up there.
    depth = VIEW.focal * VIEW.eye / (300 - VIEW.horizon) + 2.2
    end = VIEW.vanishing + 4.4 / math.tan(sun.elevation) / depth * VIEW.focal
    assert len(x) > 200 and abs(x.max() - end) < 40
    assert abs(VIEW.focal * VIEW.eye / (np.median(y) + 0.5 - VIEW.horizon) - depth) < 2


def test_a_person_behind_a_car_stands_behind_it_and_not_on_its_roof():
    labels = plain()
    labels[170:330, 400:640] = CAR
    labels[120:190, 500:530] = PERSON
    instances = np.where(labels == PERSON, 24000, np.where(labels == CAR, 26000, labels)).astype(np.uint16)
    both = shaded(cast_shadows(labels, instances, STREETS, Sun.degrees(-70, 30), VIEW))
    y, _ = np.nonzero(both)
    assert y.min() > 230, "nothing falls near the horizon"


# -- odd maps -----------------------------------------------------------------------------------


def test_without_ground_nothing_happens_and_a_sentence_says_so():
    scene = Scene.blank((200, 100), SKY)
    casting = cast_in(scene, Sun.degrees(0, 45))
    assert casting.edit is None and casting.sentence == NO_GROUND


@pytest.mark.parametrize("horizon", [0.0, 99.0])
def test_a_map_of_ground_alone_stays_as_it_is_wherever_the_horizon_lies(horizon):
    scene = Scene.blank((200, 100), ROAD)
    casting = cast_in(scene, Sun.degrees(0, 45), horizon)
    assert casting.edit is None and casting.sentence.startswith("Nothing changes")


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (17, 400), (400, 17)])
def test_noise_of_any_size_gives_ground_in_shadow_or_nothing(size):
    rng = np.random.default_rng(7)
    labels = rng.choice(np.array(STREETS.ids, np.uint8), (size[1], size[0]))
    scene = Scene(labels)
    casting = cast_in(scene, Sun.degrees(33, 21))
    if casting.edit is not None:
        carried_out(scene, casting.edit)
    # A dark sett in parking has the shadow of the setts around it.
    paved = STREETS.lit[STREETS.in_shadow]
    assert np.array_equal(paved[scene.label_map], paved[labels])
    assert np.array_equal(STREETS.base[scene.label_map], STREETS.base[labels])


def test_a_sun_below_the_horizon_and_a_label_set_without_shadows_are_refused():
    scene = street()
    for sun in (Sun(0.0, 0.0), Sun(1.0, -0.3), Sun(0.0, 2.0), Sun(math.nan, 1.0)):
        with pytest.raises(SceneError):
            cast_in(scene, sun)
    plain_set = Scene(STREETS.base[scene.label_map], scene.instance_map, CITYSCAPES)
    assert not has_shadows(CITYSCAPES)
    with pytest.raises(LabelError, match="'cityscapes' has no cast shadows"):
        cast_in(plain_set, Sun.degrees(0, 40))
    assert remove_from(plain_set).edit is None


def test_the_suns_words_and_its_turns():
    words = {0: "ahead", 44: "ahead at the right", 90: "at the right", 135: "behind at the right", 180: "behind", -90: "at the left"}
    for azimuth, said in words.items():
        assert Sun.degrees(azimuth, 30).words == f"{said}, 30\u00b0 high"
        assert Sun.degrees(azimuth + 360, 30).drift == pytest.approx(Sun.degrees(azimuth, 30).drift)
    assert Sun.degrees(0, 90).drift == pytest.approx((0, 0))


# -- whole streets ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["02 Parked in a row", "03 Avenue"])
def test_examples_keep_all_but_their_ground(name):
    scene = load_project(EXAMPLES / f"{name}.veduta").scene
    before = without_shadows(scene.label_map, STREETS)
    for azimuth in (0, -75):
        labels = cast_shadows(
            scene.label_map, scene.instance_map, STREETS, Sun.degrees(azimuth, 35), View(scene.size, 500.0, 1024.0, 2048.0, 1.4)
        )
        assert np.array_equal(without_shadows(labels, STREETS), before)
        assert 0.02 < shaded(labels).sum() / np.isin(before, list(SHADOWS)).sum() <= 1


def test_real_streets(samples):
    labels = sorted((samples / "test_label").glob("*_labelIds.png"))[0]
    scene = load_pair(labels, samples / "test_inst" / labels.name.replace("labelIds", "instanceIds"))
    before = scene.label_map.copy()
    cast_in(scene, Sun.degrees(0, 30)).edit.apply(scene)
    assert 0.02 < shaded(scene.label_map).sum() / np.isin(before, list(SHADOWS)).sum() < 0.6
    assert np.array_equal(without_shadows(scene.label_map, STREETS), before)


# -- shell ----------------------------------------------------------------------------------------


def run(*argv) -> int:
    return dispatch.main([str(word) for word in argv])


def test_the_command_casts_removes_and_refuses(tmp_path, capsys):
    scene = street()
    save_pair(scene, tmp_path / "l.png", tmp_path / "i.png")
    maps = ("cast-shadows", tmp_path / "l.png", "--instances", tmp_path / "i.png")
    assert run(*maps, "--sun", "-60,35", "--out", tmp_path / "o.png") == 0
    assert "Shadows cast by a sun ahead at the left, 35\u00b0 high. Written: " in capsys.readouterr().out
    expected = load_pair(tmp_path / "l.png", tmp_path / "i.png")
    cast_in(expected, Sun.degrees(-60, 35)).edit.apply(expected)
    assert np.array_equal(load_pair(tmp_path / "o.png").label_map, expected.label_map)
    assert run(*maps, "--sun=300,35", "--out", tmp_path / "p.veduta") == 0
    project = load_project(tmp_path / "p.veduta").scene
    assert np.array_equal(project.label_map, expected.label_map) and np.array_equal(project.instance_map, scene.instance_map)
    assert run(*maps, "--sun", "-60,35", "--without-houses", "--out", tmp_path / "h.png") == 0
    less = shaded(load_pair(tmp_path / "h.png").label_map)
    assert 0 < less.sum() < shaded(expected.label_map).sum() and shaded(expected.label_map)[less].all()
    assert run("cast-shadows", tmp_path / "o.png", "--remove", "--out", tmp_path / "r.png") == 0
    assert "Shadows removed." in capsys.readouterr().out
    assert np.array_equal(load_pair(tmp_path / "r.png").label_map, scene.label_map)
    assert run(*maps, "--out", tmp_path / "o.jpg") == 2
    for wrong, words in {"30": "write it as -60,35", "0,-5": "above the horizon", "0,91": "above the horizon"}.items():
        with pytest.raises(SystemExit):
            run(*maps, "--sun", wrong, "--out", tmp_path / "x.png")
        assert words in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "x.png").exists()


def test_a_projects_horizon_holds(tmp_path):
    scene = street()
    for horizon in (150, 200):
        save_project(tmp_path / "s.veduta", scene, {"horizon": horizon})
        assert run("cast-shadows", tmp_path / "s.veduta", "--out", tmp_path / "o.veduta") == 0
        expected = street()
        cast_in(expected, Sun.degrees(-50, 40), float(horizon)).edit.apply(expected)
        made = load_project(tmp_path / "o.veduta")
        assert np.array_equal(made.scene.label_map, expected.label_map) and made.settings["horizon"] == horizon


def test_render_casts_first(tmp_path, small_model_path):
    from core.models.model_file import load_model
    from core.rendering.renderer import Renderer

    scene = street()
    save_pair(scene, tmp_path / "l.png", tmp_path / "i.png")
    common = ("render", "--labels", tmp_path / "l.png", "--instances", tmp_path / "i.png", "--model", small_model_path)
    assert run(*common, "--shadows", "-60,35", "--out", tmp_path / "o.png") == 0
    cast_in(scene, Sun.degrees(-60, 35)).edit.apply(scene)
    expected = Renderer(load_model(small_model_path)).render(scene.label_map, scene.instance_map, scene.codes, scene.label_set)
    assert np.array_equal(cv2.imread(str(tmp_path / "o.png"))[..., ::-1], expected)
