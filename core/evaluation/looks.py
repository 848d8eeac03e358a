"""How far a look reaches: what each car's codes change, and what they leave alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Mapping

import numpy as np

from core.appearance import FAR
from core.evaluation.metrics import delta_e, lab
from core.labels import INSTANCE_FACTOR, LabelSet, object_class
from core.look_thumbnails import Crop, crop_pictures, look_box, plan_crop
from core.opencv import cv2
from core.scene.scene import SceneSnapshot

if TYPE_CHECKING:
    from core.rendering.renderer import Renderer

#: The class whose looks are tried.
CAR = "car"

#: Smaller cars, in pixels of a frame 2048 wide, say little about looks.
LEAST_AREA = 400


@dataclass(frozen=True)
class LookReach:
    """What the looks of one car do.

    Attributes:
        value: its instance value.
        looks: how many codes were tried, all of its class.
        delta_e: mean CIE difference over the car's pixels between the two looks for which it is largest.
        weakest: the smallest such difference from any look to the one that differs most from it.
        far_mean, far_largest: between those two looks, over all pixels further than 64 px from the car.
    """

    value: int
    looks: int
    delta_e: float
    weakest: float
    far_mean: float
    far_largest: float


def measure_cars(
    renderer: "Renderer", labels: np.ndarray, instances: np.ndarray, codes: Mapping[int, np.ndarray],
    label_set: LabelSet, most: int | None = None,
) -> list[LookReach]:
    """Try every code of the class on every car that is large enough, the largest first; none where the set has no cars.

    Args:
        labels, instances: (H, W) uint8 and uint16; ``codes`` the rest of the street's looks, by look key.
        most: only so many cars; None for all.
    """
    book = renderer.model.code_book
    car = next((label.id for label in label_set if label.name == CAR), None)
    if book is None or car is None or book.looks(car) < 2:
        return []
    values, counts = np.unique(instances[object_class(instances) == car], return_counts=True)
    least = LEAST_AREA * (labels.shape[1] / 2048) ** 2
    cars = sorted((-c, v) for v, c in zip(values.tolist(), counts.tolist()) if v >= INSTANCE_FACTOR and c >= least)
    snapshot = SceneSnapshot(labels, instances, dict(codes), label_set, 0)
    return [measure_car(renderer, snapshot, value) for _, value in cars[:most]]


def measure_car(renderer: "Renderer", snapshot: SceneSnapshot, value: int) -> LookReach:
    """One object, its parts following it, with every code of its class; see :class:`LookReach`."""
    book, label_id = renderer.model.code_book, int(object_class(value))
    looks = [book.code(label_id, k) for k in range(book.looks(label_id))]
    bbox = x0, y0, x1, y1 = look_box(snapshot, value)
    crop = _crop(renderer, snapshot, bbox, 0)
    mask = snapshot.instance_map[y0:y1, x0:x1] == value
    left, top = crop.box[:2]
    colours = [
        lab(picture[y0 - top:y1 - top, x0 - left:x1 - left][mask])
        for picture in crop_pictures(renderer, snapshot, value, looks, crop)
    ]
    apart = np.zeros((len(looks), len(looks)))
    for i in range(len(looks)):
        for j in range(i):
            apart[i, j] = apart[j, i] = float(np.linalg.norm(colours[i] - colours[j], axis=-1).mean())
    pair = np.unravel_index(apart.argmax(), apart.shape)

    # Twice the reach: then what the crop's border makes of its surroundings stays outside what is measured.
    wide = _crop(renderer, snapshot, bbox, getattr(renderer.model.generator, "reach", None))
    first, second = crop_pictures(renderer, snapshot, value, [looks[k] for k in pair], wide)
    wx0, wy0, wx1, wy1 = wide.box
    here = (snapshot.instance_map[wy0:wy1, wx0:wx1] == value).view(np.uint8)
    away = cv2.distanceTransform(1 - here, cv2.DIST_L2, 5) > FAR
    far = delta_e(first[: wy1 - wy0, : wx1 - wx0][away], second[: wy1 - wy0, : wx1 - wx0][away])
    width, height = snapshot.size
    outside = width * height - here.size  # out of the generator's reach: nothing changes there
    return LookReach(
        int(value), len(looks), float(apart.max()), float(apart.max(1).min()),
        float(far.sum() / max(far.size + outside, 1)), float(far.max()) if far.size else 0.0,
    )


def _crop(renderer: "Renderer", snapshot: SceneSnapshot, bbox, margin: int | None) -> Crop:
    """The pixels that decide what is in ``bbox`` grown by ``margin``, at full scale; None: the whole frame."""
    width, height = snapshot.size
    reach = getattr(renderer.model.generator, "reach", None)
    if margin is None or reach is None:
        return Crop((0, 0, width, height), bbox, 1.0)
    grown = max(bbox[0] - margin, 0), max(bbox[1] - margin, 0), min(bbox[2] + margin, width), min(bbox[3] + margin, height)
    size = grown[2] - grown[0], grown[3] - grown[1]
    return plan_crop(grown, snapshot.size, size, reach, renderer.multiple, pixels=1 << 40)
