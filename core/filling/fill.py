"""Fill in parts: plausible windows, doors, car glass, wheels, hair, shoes, signs' faces, lit signals, crowns, kerbs, paving, asphalt, rails, crossings' stripes and mirrored bonnets in what is bare.

As in ``core.scene.edits``, an edit is described and the scene left alone. Labels change only
from a class to one of its own parts, so folding the result gives the map as it was; instance
values stay, unless each house is asked to be an object. Objects that have parts already are
left as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Callable, Iterable

import numpy as np

from core.filling import asphalt, bonnet, paving, signals, signs
from core.filling.crossings import stripes
from core.filling.facades import Site, fill_facade
from core.filling.kerbs import kerbs
from core.filling.leaves import in_shade, twigs
from core.filling.plates import letter_plates
from core.filling.rails import rails
from core.filling.silhouettes import SMALLEST, Outline, fill_silhouette
from core.filling.trunks import trunks
from core.filling.view import View, estimate_view, ground_table
from core.filling.walls import profile
from core.labels import INSTANCE_FACTOR, LabelSet
from core.opencv import cv2
from core.scene.edit import Edit, make_edit
from core.scene.objects import free_values
from core.scene.regions import Box
from core.scene.scene import Scene

#: Classes that are filled by comparison with the library.
SILHOUETTES = ("car", "truck", "bus", "train", "person", "rider")
FACADES = ("building",)
SIGNS, TREES, SIDEWALKS = ("traffic sign",), ("vegetation",), ("sidewalk",)
PARKING, TRACKS, SIGNALS, BONNETS = ("parking",), ("rail track",), ("traffic light",), ("ego vehicle",)
#: Of a road its crossings are filled, what is between their stripes and the stripes, and its bare asphalt.
ROADS, _CROSSING, _STRIPE = ("road",), "crossing", "lane mark"
_WORN = _DARK_ASPHALT, _LIGHT_ASPHALT, _CRACK = "dark asphalt", "light asphalt", "crack"
#: A piece of crossing lies between stripes where marks run along more than this share of its border.
_STRIPED = 0.25

#: Every class that can get parts.
FILLABLE = (*FACADES, *SILHOUETTES, *SIGNS, *SIGNALS, *TREES, *SIDEWALKS, *PARKING, *TRACKS, *ROADS, *BONNETS)

#: Smallest side in pixels of what is compared with something known.
_COMPARED = dict.fromkeys(SILHOUETTES, SMALLEST) | dict.fromkeys(SIGNS, signs.SMALLEST) | dict.fromkeys(SIGNALS, signals.SMALLEST)

#: What one drives on: a sidewalk has its kerb along this.
_DRIVEN = ("road", "parking")

#: What hides the street's near end.
_CUT_OFF = ("ego vehicle", "rectification border", "out of roi")

#: What a bonnet mirrors -> its part that shows it.
_IN_THE_BONNET = {
    ("sky", *_CUT_OFF): "sky in the bonnet", ("vegetation",): "tree in the bonnet",
    ("building", "wall", "fence", "bridge"): "house in the bonnet",
}
#: Half the width, as a share of the frame's, of what is just seen in it.
_BLURRED = 0.012

#: What a trunk is seen in front of, beside what hides nothing.
_BEHIND_TREES = ("wall", "fence", "guard rail", "vegetation")

#: Smallest region of a class without objects, in pixels, that is looked at; of signs and traffic lights.
_REGION, _SMALL_REGION = 300, 75

#: What lies on the ground or behind everything hides nothing.
_NEVER_HIDES = ("road", "sidewalk", "parking", "rail track", "ground", "terrain", "sky", "building", "bridge",
                "tunnel", "unlabeled")

#: A street whose faces cover more than this many times what its bare signs do has got its faces.
_FACED = 0.3

#: Most columns in which a building's walls are looked for.
_COLUMNS = 256


@dataclass(frozen=True)
class Filling:
    """What filling in does.

    Attributes:
        edit: one undoable step; None where nothing can be filled in.
        objects: instance values of the objects that get parts.
        regions: how many regions of classes without objects get parts, such as a row of houses.
        unlike: how many large enough to get parts resemble nothing that is known.
    """

    edit: Edit | None
    objects: tuple[int, ...] = ()
    regions: int = 0
    unlike: int = 0

    @property
    def sentence(self) -> str:
        """What was done, for a person."""
        count = len(self.objects) + self.regions
        if count:
            return f"Parts laid into {count} {'object' if count == 1 else 'objects'}."
        if self.unlike:
            return "Nothing known has an outline like this; paint the parts by hand, or put down a stamp."
        return "There is nothing without parts that could get some."


def fill_parts(
    scene: Scene, seed: int = 0, objects: Iterable[int] | None = None, horizon: float | None = None, houses: bool = False,
    again: bool = False, progress: Callable[[int, int], object] | None = None,
) -> Filling:
    """Lay parts inside bare objects.

    Args:
        seed: another one gives another filling; the same gives the same again.
        objects: instance values to fill (a bare class id for all its regions); None for everything.
        horizon: its row where it is known, else it is estimated.
        houses: make each house of a row without objects an object of its own, which then can have its own look.
        again: fill objects that have parts anew, in place of those.
        progress: called before each object with (objects done, objects in all); what it raises ends the filling.

    Raises:
        SceneError: when more houses are found than a class can have objects.
    """
    wanted = None if objects is None else {int(value) for value in objects}
    sites = bare_sites(scene, wanted, again)
    if not sites:
        return Filling(None)
    view = estimate_view(scene, horizon)
    surroundings = _Surroundings(scene, view, int(seed))
    labels, instances = scene.label_map.copy(), scene.instance_map.copy()
    filled: set[int] = set()
    regions = unlike = count = 0
    numbered: list[tuple[Box, np.ndarray, np.ndarray]] = []
    for done, site in enumerate(sites):
        if progress is not None:
            progress(done, len(sites))
        parts, owners = _parts(scene, surroundings, site, int(seed), wanted is not None)
        if parts is None:
            unlike += int(min(site.mask.shape) >= _COMPARED.get(scene.label_set[site.class_id].name, np.inf))
            continue
        x0, y0, x1, y1 = site.box
        if houses and owners is not None and site.value < INSTANCE_FACTOR:
            mine = site.mask & (owners >= 0)
            numbered.append((site.box, mine, owners[mine] + count))
            count = max(count, int(owners.max()) + 1 + count)
        there = labels[y0:y1, x0:x1]
        # A part must be one of this class: whatever the library says, folding gives the scene back.
        right = (parts > 0) & site.mask & (scene.label_set.base[parts] == site.class_id)
        right &= parts != site.class_id
        if right.any():
            there[site.mask] = site.class_id
            there[right] = parts[right]
            if site.value >= INSTANCE_FACTOR:
                filled.add(site.value)
            else:
                regions += 1
    if count:
        values = np.array(free_values(scene, [surroundings.building] * count), np.uint16)
        for (x0, y0, x1, y1), mine, numbers in numbered:
            instances[y0:y1, x0:x1][mine] = values[numbers]
    mask = (labels != scene.label_map) | (instances != scene.instance_map)
    if not mask.any():
        return Filling(None, unlike=unlike)
    edit = make_edit(scene, "Fill in parts", (0, 0, *scene.size), mask, labels[mask], instances[mask])
    return Filling(edit, tuple(sorted(filled)), regions, unlike)


@dataclass(frozen=True)
class BareSite:
    """A bare object, or a bare region of a class without objects.

    Attributes:
        value: instance value. class_id: its class.
        number: 0 for an object, else the region's number among those of its class.
        box: around it. mask: (h, w) bool over the box.
        crossing: whether it is a road's crossing.
    """

    value: int
    class_id: int
    number: int
    box: Box
    mask: np.ndarray
    crossing: bool = False


def bare_sites(scene: Scene, wanted: set[int] | None = None, again: bool = False) -> list[BareSite]:
    """Objects and regions of the classes that can be filled, and that have no part yet (or all, with ``again``)."""
    label_set, found = scene.label_set, []
    backs = wanted is None and not again and _shows_faces(scene)
    fillable = {label.id for label in label_set if label.name in FILLABLE and label_set.parts_of(label.id)}
    for value, entry in scene.objects().items():
        if entry.label_id not in fillable or (wanted is not None and value not in wanted):
            continue
        if backs and label_set[entry.label_id].name in SIGNS:
            continue
        x0, y0, x1, y1 = entry.bbox
        labels = scene.label_map[y0:y1, x0:x1]
        # Pixels that contradict their object are left alone.
        mask = (scene.instance_map[y0:y1, x0:x1] == value) & (label_set.base[labels] == entry.label_id)
        if not mask.any():
            continue
        if value < INSTANCE_FACTOR and label_set[value].name in ROADS:
            found += _crossings(label_set, value, entry.bbox, labels, mask)
            found += _asphalt(label_set, value, entry.bbox, labels, mask, again)
            continue
        if value >= INSTANCE_FACTOR:
            if again or (labels[mask] == entry.label_id).all():
                found.append(BareSite(value, entry.label_id, 0, entry.bbox, mask))
            continue
        least = _SMALL_REGION if label_set[value].name in (*SIGNS, *SIGNALS) else _REGION
        found += _regions(value, entry.bbox, mask, np.zeros_like(mask) if again else mask & (labels != value), least)
    return found


def _shows_faces(scene: Scene) -> bool:
    """Whether signs have faces in this street, so that the bare ones among them are seen from behind."""
    counts = np.bincount(scene.label_map.reshape(-1), minlength=256)
    bare = [label.id for label in scene.label_set if label.name in SIGNS]
    faced = sum(int(counts[part.id]) for label in bare for part in scene.label_set.parts_of(label))
    return faced > _FACED * int(counts[bare].sum()) and faced > 0


def _regions(value: int, box: Box, mask: np.ndarray, parts: np.ndarray, least: int) -> list[BareSite]:
    """The connected regions of a class that have ``least`` pixels and hold none of ``parts``."""
    count, which, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    parted = np.zeros(count, bool)
    parted[np.unique(which[parts])] = True
    found = []
    for number in range(1, count):
        x, y, width, height, area = stats[number].tolist()
        if parted[number] or area < least:
            continue
        own = which[y:y + height, x:x + width] == number
        x, y = box[0] + x, box[1] + y
        found.append(BareSite(value, value, number, (x, y, x + width, y + height), own))
    return found


def _crossings(label_set: LabelSet, value: int, box: Box, labels: np.ndarray, mask: np.ndarray) -> list[BareSite]:
    """The regions of a road that are crossings without stripes: lane marks run along little of their borders."""
    names = {part.name: part.id for part in label_set.parts_of(value)}
    if not {_CROSSING, _STRIPE} <= names.keys():
        return []
    around = np.ones((3, 3), np.uint8)
    here = mask & (labels == names[_CROSSING])
    border = here & ~(cv2.erode(here.view(np.uint8), around) > 0)
    beside = border & (cv2.dilate((labels == names[_STRIPE]).view(np.uint8), around) > 0)
    count, which = cv2.connectedComponents(here.view(np.uint8), connectivity=8)
    borders, marked = (np.bincount(which[pixels], minlength=count) for pixels in (border, beside))
    striped = here & (marked > _STRIPED * borders)[which]
    return [replace(site, crossing=True) for site in _regions(value, box, here, striped, _REGION)]


def _asphalt(label_set: LabelSet, value: int, box: Box, labels: np.ndarray, mask: np.ndarray, again: bool) -> list[BareSite]:
    """The regions of a road that are asphalt without cracks and stains; marks and the like on it are left out."""
    worn = mask & _named_so(label_set, _WORN)[labels]
    return _regions(value, box, mask & (labels == value) | worn, worn & (not again), _REGION)


class _Surroundings:
    """What all sites of a scene are judged by, computed once."""

    def __init__(self, scene: Scene, view: View, seed: int = 0):
        self.view, self._scene, self._seed = view, scene, seed
        label_set = scene.label_set
        names = {label.name: label.id for label in label_set}
        self.base = label_set.base[scene.label_map]
        self.hides = ~_named_so(label_set, _NEVER_HIDES)
        self.sky = self.base == names.get("sky", -1)
        self.near_sky = cv2.dilate(self.sky.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
        self.building = names.get("building", -1)
        self.step = max(2, -(-scene.size[0] // _COLUMNS))
        ground = ground_table(label_set)[scene.label_map[:, ::self.step]]
        rows = np.where(ground, np.arange(scene.size[1])[:, None], scene.size[1])
        self.next_ground = np.minimum.accumulate(rows[::-1], axis=0)[::-1]
        self.walkable = _named_so(label_set, ("sidewalk", "road", "parking", "ground"))
        self.feet = {value: entry.bbox[3] for value, entry in scene.objects().items()}

    @cached_property
    def twigs(self) -> np.ndarray:
        """(H, W) float32, see :func:`core.filling.leaves.twigs`."""
        return twigs(self._scene.size, self._seed)

    @cached_property
    def kerbs(self) -> np.ndarray:
        """(H, W) bool, where kerbs are seen."""
        sidewalk, driven, cut_off = (
            _named_so(self._scene.label_set, names)[self.base] for names in (SIDEWALKS, _DRIVEN, _CUT_OFF)
        )
        return kerbs(sidewalk, driven, cut_off, self.view)

    @cached_property
    def ground(self) -> np.ndarray:
        """(H, W) bool: what one stands on."""
        return ground_table(self._scene.label_set)[self._scene.label_map]

    @cached_property
    def stands(self) -> np.ndarray:
        """(H, W) int32: the row above which what may hide a trunk stands; 0 where there is nothing of the kind."""
        instances = self._scene.instance_map
        standing = (self.hides & ~_named_so(self._scene.label_set, _BEHIND_TREES))[self.base]
        feet = np.zeros(1 << 16, np.int32)
        for value, foot in self.feet.items():
            feet[value] = foot if value >= INSTANCE_FACTOR else 0
        # What has no objects, such as poles, stands where its own piece does.
        _, pieces, stats, _ = cv2.connectedComponentsWithStats(
            (standing & (instances < INSTANCE_FACTOR)).view(np.uint8), connectivity=8
        )
        ends = stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT]
        ends[0] = 0
        return np.where(standing, np.maximum(feet[instances], ends[pieces]), 0)


def _named_so(label_set: LabelSet, names: Iterable[str]) -> np.ndarray:
    """(256,) bool: True for the ids of the classes with these names, as far as the label set has them."""
    return np.isin(np.arange(256), [label.id for label in label_set if label.name in names])


def _parts(
    scene: Scene, around: _Surroundings, site: BareSite, seed: int, asked_for: bool
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """((h, w) part labels, (h, w) numbers of its houses), each None where there is nothing of it."""
    name = scene.label_set[site.class_id].name
    # The seed follows the object, not its place in the list: filled alone, it gets the same parts.
    seeds = [seed & 0xFFFFFFFF, site.value, site.number]
    if name in SILHOUETTES:
        outline = _outline(scene, around, site)
        parts = fill_silhouette(outline, scene.label_set, seeds)
        if parts is not None and name == "car":
            letter_plates(parts, scene.label_set, seeds)
        return parts, None
    if name in SIGNS:
        # Who asks for a sign's face wants to see it.
        return signs.fill_sign(site.mask, scene.label_set, seeds, backs=not asked_for), None
    if name in ROADS:
        if site.crossing:
            return _painted(scene, site, ((_CROSSING, site.mask), (_STRIPE, stripes(around.view, site.box) & site.mask))), None
        # One street has one asphalt, whatever lies on it.
        dark, light = asphalt.tones(around.view, site.box, seeds[:2])
        worn = ((_DARK_ASPHALT, dark), (_LIGHT_ASPHALT, light), (_CRACK, asphalt.cracks(around.view, site.box, seeds[:2])))
        return _painted(scene, site, [(part, where & site.mask) for part, where in worn]), None
    if name in SIGNALS:
        return signals.fill_signal(site.mask, scene.label_set, seeds[0], seeds, backs=not asked_for), None
    if name in TREES:
        return _tree(scene, around, site), None
    if name in BONNETS:
        return _bonnet(scene, around, site), None
    if name in TRACKS:
        return _painted(scene, site, (("rail", rails(site.mask, *site.box[:2], around.view)),)), None
    if name in (*SIDEWALKS, *PARKING):
        return _paved(scene, around, site, name, seeds[:2]), None
    return _facade(scene, around, site, seeds)


def _tree(scene: Scene, around: _Surroundings, site: BareSite) -> np.ndarray | None:
    """(h, w) uint8: the shade in a tree's crown, and its trunk where it is seen."""
    x0, y0, x1, y1 = site.box
    low = min(y1 + 1, scene.size[1])  # with the row that a foot stands on
    tree = np.zeros((low - y0, x1 - x0), bool)
    tree[:y1 - y0] = site.mask
    here = np.s_[y0:low, x0:x1]
    found = trunks(tree, around.stands[here], around.ground[here], around.view, y0)[:y1 - y0]
    dark = in_shade(site.mask, around.twigs[y0:y1, x0:x1])
    return _painted(scene, site, (("leaves in shade", dark), ("tree trunk", found)))


def _bonnet(scene: Scene, around: _Surroundings, site: BareSite) -> np.ndarray | None:
    """(h, w) uint8: what the bonnet mirrors of the street ahead."""
    row = bonnet.mirrored(site.mask, around.view.horizon, scene.size)
    seen = around.base[np.maximum(row, 0), np.arange(site.box[0], site.box[2])[None]]
    # What is thin is not seen in a bonnet, nor what lies beyond the borders of a rectified frame: that is sky.
    blurred = 2 * round(_BLURRED * scene.size[0]) + 1
    kept = {
        part: cv2.blur(((row >= 0) & _named_so(scene.label_set, names)[seen]).astype(np.float32), (blurred, 5))
        for names, part in _IN_THE_BONNET.items()
    }
    most = np.max(list(kept.values()), axis=0)
    return _painted(scene, site, [(part, (row >= 0) & (share == most) & (share > 0)) for part, share in kept.items()])


def _paved(scene: Scene, around: _Surroundings, site: BareSite, name: str, seeds: list[int]) -> np.ndarray | None:
    """(h, w) uint8: what ground is paved with: a sidewalk's slabs, or its cracks, and kerb, setts in parking; None where nothing."""
    x0, y0, x1, y1 = site.box
    # One street has one paving: all its regions draw alike.
    rng = np.random.default_rng(seeds)
    paved, breadth = rng.random(), float(rng.choice(paving.SLABS))
    if name in PARKING:
        if paved > paving.COBBLED:
            return None
        dark, joints = paving.stones(around.view, paving.SETT, seeds, site.box)
        found = (("setts in parking", site.mask), ("dark sett in parking", dark & site.mask), ("joint of setts in parking", joints & site.mask))
        return _painted(scene, site, found)
    kerb = ("kerb", around.kerbs[y0:y1, x0:x1] & site.mask)
    if paved < paving.SLABBED:
        dark, joints = paving.stones(around.view, breadth, seeds, site.box)
        laid = [("dark slab", dark & site.mask), ("joint of slabs", joints & site.mask)]
    else:
        laid = [("crack in sidewalk", asphalt.cracks(around.view, site.box, seeds) & site.mask)]
    return _painted(scene, site, [*laid, kerb])


def _painted(scene: Scene, site: BareSite, found: Iterable[tuple[str, np.ndarray]]) -> np.ndarray | None:
    """(h, w) uint8: parts of the site's class by name, one over the other; None where nothing of them is seen."""
    ids = {label.name: label.id for label in scene.label_set.parts_of(site.class_id)}
    parts = np.zeros(site.mask.shape, np.uint8)
    for name, where in found:
        if name in ids:
            parts[where] = ids[name]
    return parts if parts.any() else None


def _outline(scene: Scene, around: _Surroundings, site: BareSite) -> Outline:
    """The object with what hides it: nearer things that touch it, and the frame."""
    x0, y0, x1, y1 = site.box
    width, height = scene.size
    base, instances = around.base[y0:y1, x0:x1], scene.instance_map[y0:y1, x0:x1]
    other = ~site.mask & around.hides[base]
    unknown = np.zeros_like(site.mask)
    for value in np.unique(instances[other]).tolist():
        here = other & (instances == value)
        # Something stands nearer where its foot lies lower; a class without objects (poles) where it does here.
        foot = around.feet[value] if value >= INSTANCE_FACTOR else y0 + int(np.flatnonzero(here.any(axis=1))[-1]) + 1
        if foot > y1 or (value < INSTANCE_FACTOR and foot >= y1 - 1):
            unknown |= here
    margin = max(2, round(0.01 * min(x1 - x0, y1 - y0)))
    sides = []
    for line, beyond in (
        (np.s_[:, :1], (np.s_[y0:y1, x0 - 1:x0]) if x0 > 0 else None),
        (np.s_[:1, :], (np.s_[y0 - 1:y0, x0:x1]) if y0 > 0 else None),
        (np.s_[:, -1:], (np.s_[y0:y1, x1:x1 + 1]) if x1 < width else None),
        (np.s_[-1:, :], (np.s_[y1:y1 + 1, x0:x1]) if y1 < height else None),
    ):
        edge = site.mask[line].reshape(-1)
        if beyond is None:
            sides.append(True)
            continue
        labels, values = around.base[beyond].reshape(-1), scene.instance_map[beyond].reshape(-1)
        nearer = np.array([around.feet.get(value, 0) > y1 or value < INSTANCE_FACTOR for value in values.tolist()])
        touched = edge & around.hides[labels] & nearer
        # The car that carries the camera, and the borders of a rectified frame, cut like the frame itself.
        sides.append(bool(touched.sum() > max(margin, 0.3 * edge.sum())))
    heading = None
    if scene.label_set[site.class_id].group == "vehicle":
        heading = float(np.arctan2((x0 + x1) / 2 - around.view.vanishing, around.view.focal))
    return Outline(site.class_id, site.mask, unknown, tuple(sides), heading)


def _facade(
    scene: Scene, around: _Surroundings, site: BareSite, seeds: list[int]
) -> tuple[np.ndarray | None, np.ndarray | None]:
    x0, y0, x1, y1 = site.box
    if x1 - x0 < 12 or y1 - y0 < 12:
        return None, None
    seen = profile(site.mask, x0, y0, around.sky, around.next_ground, around.step)
    if not len(seen.x):
        return None, None
    rows = np.where(np.isfinite(seen.lowest), seen.lowest, 0).astype(int)
    touches = np.isfinite(seen.lowest) & (seen.lowest - seen.bottom <= 0.02 * scene.size[1])
    entrance = touches & around.walkable[around.base[rows, seen.x]]
    other = (around.base[y0:y1, x0:x1] == around.building) & ~site.mask
    place = Site(
        site.mask, x0, y0, around.sky[y0:y1, x0:x1], around.near_sky[y0:y1, x0:x1], other, seen,
        site.value >= INSTANCE_FACTOR, entrance,
    )
    return fill_facade(place, around.view, scene.label_set, seeds)
