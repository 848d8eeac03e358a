"""Choosing stamps from a street: whole silhouettes, hidden by nothing, of a good size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

import numpy as np

from core.labels import INSTANCE_FACTOR, LabelSet
from core.opencv import cv2
from core.perspective import estimate_horizon
from core.scene.belonging import RIDDEN, ridden
from core.scene.pieces import Piece, around, take
from core.scene.regions import Box
from core.scene.scene import Scene
from core.scene.surroundings import background
from core.stamps import Stamp, centred

#: Kind -> (class whose objects it is, smallest height and width in pixels).
_PLAIN = {
    "car": ("car", 48, 64), "truck": ("truck", 70, 60), "bus": ("bus", 70, 60), "person": ("person", 64, 16),
    "bicycle": ("bicycle", 40, 24), "motorcycle": ("motorcycle", 40, 24), "tree": ("vegetation", 90, 40),
    "piece of street furniture": ("static", 40, 16), "piece of clutter": ("dynamic", 36, 16),
}
_POSTED = ("traffic sign", "traffic light")

#: Share of the outline that may have something nearer beside it.
_HIDDEN_SHARE = 0.04

#: Of one kind from one street, and in all.
PER_STREET, PER_KIND = 5, 14


@dataclass(frozen=True)
class _Found:
    stamp: Stamp
    area: int


def pick(scene: Scene, source: str) -> list[_Found]:
    """The street's stamps, best first in each kind."""
    horizon = estimate_horizon(scene)
    ids = {label.name: label.id for label in scene.label_set}
    objects = [entry for entry in scene.objects().values() if entry.is_object]
    taken: set[int] = set()
    found: list[_Found] = []

    def offer(kind: str, pieces: list[Piece]) -> None:
        stamp = _checked(scene, horizon, kind, pieces, source)
        if stamp is not None:
            found.append(stamp)

    for rider in objects:
        if rider.label_id != ids.get("rider"):
            continue
        mount = ridden(scene, rider.value, reach=1)  # nothing has been scaled here
        taken.add(rider.value)
        if mount:
            taken.add(mount)
            if rider.bbox[3] - rider.bbox[1] >= 56:
                offer("rider", [take(scene, mount), take(scene, rider.value)])
    for kind, (name, tall, wide) in _PLAIN.items():
        for entry in objects:
            x0, y0, x1, y1 = entry.bbox
            if entry.label_id == ids.get(name) and entry.value not in taken and y1 - y0 >= tall and x1 - x0 >= wide:
                piece = take(scene, entry.value)
                if _looks_whole(kind, piece, scene.label_set):
                    offer(kind, [piece])
    for pieces in _posts(scene, ids):
        offer("sign", pieces)
    return found


def choose(found: Iterable[_Found]) -> list[Stamp]:
    """The largest of each kind, from as many streets as there are."""
    chosen: list[Stamp] = []
    entries = sorted(found, key=lambda entry: -entry.area)
    for kind in dict.fromkeys(entry.stamp.kind for entry in entries):
        counts: dict[str, int] = {}
        of_kind = []
        for entry in (entry for entry in entries if entry.stamp.kind == kind):
            street = counts.get(entry.stamp.source, 0)
            if street < PER_STREET and len(of_kind) < PER_KIND:
                counts[entry.stamp.source] = street + 1
                of_kind.append(entry.stamp)
        chosen += of_kind
    return chosen


def _checked(scene: Scene, horizon: float, kind: str, pieces: list[Piece], source: str) -> _Found | None:
    x0, y0, x1, y1 = box = around(pieces)
    width, height = scene.size
    below = y1 - horizon
    if x0 <= 0 or x1 >= width or y1 >= height or (y0 <= 0) or below < 0.02 * height:
        return None
    if hidden_share(scene, pieces, box) > _HIDDEN_SHARE or (y1 - y0) > 0.8 * height:
        return None
    area = sum(int(piece.mask.sum()) for piece in pieces)
    return _Found(Stamp(kind, source, float(below), centred(pieces)), area)


def hidden_share(scene: Scene, pieces: list[Piece], box: Box) -> float:
    """Share of a silhouette's outline that has something nearer beside it.

    Nearer is what stands lower in the picture: other things, poles, and bushes
    beside the lower half; and the car that carries the camera.
    """
    x0, y0, x1, y1 = grown = (box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1)
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    for piece in pieces:
        mask |= piece.seen_in(grown)[0]
    ring = (cv2.dilate(mask, np.ones((3, 3), np.uint8)) > 0) & (mask == 0)
    labels = scene.label_map[y0:y1, x0:x1]
    instances = scene.instance_map[y0:y1, x0:x1]
    standing = ~background(scene.label_set)[labels] & ring
    nature = np.array([scene.label_set.base[i] for i in range(256)])[labels]
    bushes = ring & (nature == next((l.id for l in scene.label_set if l.name == "vegetation"), -1))
    bushes[: (y1 - y0) // 2] = False
    hidden = int(np.count_nonzero(bushes & (instances != pieces[0].value)))
    entries = scene.objects()
    for value in np.unique(instances[standing]).tolist():
        beside = standing & (instances == value)
        nearer = entries[value].bbox[3] > box[3] + 1
        if value < INSTANCE_FACTOR:
            # A pole's class spans the frame; what counts is how far down it goes here.
            nearer = bool(beside[int(0.6 * (y1 - y0)):].any())
        hidden += int(beside.sum()) if nearer else 0
    return hidden / max(int(ring.sum()), 1)


def _looks_whole(kind: str, piece: Piece, label_set: LabelSet) -> bool:
    """What a whole one of its kind shows, judged by its parts and its shape."""
    labels = piece.labels[piece.mask]
    parts = {label_set[int(i)].name.split()[-1] for i in np.unique(labels)}
    height, width = piece.mask.shape
    count, _, stats, _ = cv2.connectedComponentsWithStats(piece.mask.view(np.uint8), connectivity=8)
    # Spokes and forks are thinner than a pixel, so a whole bicycle may come in pieces; so are the legs of chairs.
    share = 0.5 if kind in RIDDEN else 0.9 if kind == "piece of street furniture" else 0.97
    whole = stats[1:, cv2.CC_STAT_AREA].max() >= share * labels.size
    if kind in ("car", "truck", "bus"):
        return whole and {"glass", "wheel"} <= parts and _wheels(piece, label_set) >= 2 and 0.8 <= width / height <= 4
    if kind == "person":
        return whole and 1.7 <= height / width <= 5.5
    if kind == "tree":
        # A crown over a trunk that reaches the ground.
        trunk = np.array([label_set[i].name.endswith("trunk") if i in label_set else False for i in range(256)])
        foot = piece.mask[int(0.93 * height):]
        return whole and "trunk" in parts and bool(trunk[piece.labels[-max(3, height // 20):]].any()) and (
            foot.any(0).sum() < 0.5 * width
        )
    return whole


def _wheels(piece: Piece, label_set: LabelSet) -> int:
    wheel = np.array([label_set[i].name.endswith("wheel") if i in label_set else False for i in range(256)])
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        (piece.mask & wheel[piece.labels]).view(np.uint8), connectivity=8
    )
    return int((stats[1:, cv2.CC_STAT_AREA] >= 12).sum())


def _posts(scene: Scene, ids: dict[str, int]) -> Iterable[list[Piece]]:
    """Signs and lights with the pole that carries them, where the pole stands on the ground."""
    base = scene.label_set.base[scene.label_map]
    heads = [ids[name] for name in _POSTED if name in ids]
    poles = [ids["pole"]] if "pole" in ids else []
    either = np.isin(base, [*heads, *poles]).view(np.uint8)
    count, groups, stats, _ = cv2.connectedComponentsWithStats(either, connectivity=8)
    ground = background(scene.label_set)
    for group in range(1, count):
        x, y, width, height, area = stats[group].tolist()
        if height < 80 or width > 0.7 * height or height > 0.6 * scene.size[1]:
            continue
        mask = groups[y:y + height, x:x + width] == group
        labels = scene.label_map[y:y + height, x:x + width]
        head = mask & np.isin(base[y:y + height, x:x + width], heads)
        # The head sits in the upper part and is large enough to be read.
        if head.sum() < 120 or np.nonzero(head)[0].mean() > 0.45 * height or y + height >= scene.size[1]:
            continue
        foot = mask[-1].nonzero()[0] + x
        flat = scene.label_set[int(scene.label_set.base[scene.label_map[y + height, foot[len(foot) // 2]]])]
        narrow = mask[int(0.8 * height):].sum(1).max() <= max(10, 0.25 * width)
        if flat.group not in ("flat", "nature") or not ground[flat.id] or not narrow:
            continue
        pieces = []
        for class_id in (*poles, *heads):
            own = mask & (base[y:y + height, x:x + width] == class_id)
            if own.any():
                pieces.append(Piece(class_id, x, y, np.where(own, labels, 0).astype(np.uint8), own))
        yield pieces
