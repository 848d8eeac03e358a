"""Cityscapes label and instance maps, in and out, exact to every pixel."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import DataError, SceneError
from core.labels import CITYSCAPES, INSTANCE_FACTOR, STREETS, LabelSet, object_class
from core.opencv import cv2
from core.scene.files import encode_png, read_instance_map, read_label_map, write_bytes
from core.scene.scene import INSTANCE_VALUES, Scene, SceneSnapshot, bare_instances

LABELS_ENDING = "_labelIds.png"
INSTANCES_ENDING = "_instanceIds.png"
POLYGONS_ENDING = "_polygons.json"
PHOTO_ENDINGS = ("_leftImg8bit.png", "_leftImg8bit.jpg", ".png", ".jpg")


@dataclass(frozen=True)
class Pair:
    """The files of one street.

    Attributes:
        name: what its files are called without their endings.
        labels: label map.
        instances, photo, polygons: the other files, None where there is none.
    """

    name: str
    labels: Path
    instances: Path | None = None
    photo: Path | None = None
    polygons: Path | None = None


def encode_instance(label_id: int, number: int) -> int:
    """``id * 1000 + n``; SceneError where n or the value does not fit."""
    value = label_id * INSTANCE_FACTOR + number
    if not 0 <= number < INSTANCE_FACTOR or not INSTANCE_FACTOR <= value < INSTANCE_VALUES:
        raise SceneError(f"Object {number} of class {label_id} has no 16-bit value; use numbers from 0 to 999.")
    return value


def decode_instance(value: int) -> tuple[int, int | None]:
    """(class id, number) of an instance value; the number is None for stuff and groups."""
    return (value // INSTANCE_FACTOR, value % INSTANCE_FACTOR) if value >= INSTANCE_FACTOR else (value, None)


def load_pair(
    label_path: str | os.PathLike, instance_path: str | os.PathLike | None = None, label_set: LabelSet = STREETS
) -> Scene:
    """The scene of a label map and its instance map, every pixel as in the files.

    Without an instance map each connected region of a thing class becomes an object.

    Raises:
        BadImageError, LabelError: see ``core.scene.files``.
        SceneError: when the two sizes differ.
    """
    label_map = read_label_map(label_path, label_set)
    if instance_path is None:
        return Scene(label_map, split_objects(label_map, label_set), label_set)
    return Scene(label_map, read_instance_map(instance_path), label_set)


def split_objects(label_map: np.ndarray, label_set: LabelSet = STREETS) -> np.ndarray:
    """(H, W) uint16 instance map in which each connected region of a thing class is an object.

    Regions are numbered from the largest down; past 1000 of a class the rest keeps the bare id.
    """
    base = label_set.base[label_map]
    instances = bare_instances(label_map, label_set)
    for label in label_set:
        if not label.thing or label.id * INSTANCE_FACTOR + INSTANCE_FACTOR > INSTANCE_VALUES:
            continue
        here = (base == label.id).view(np.uint8)
        if not here.any():
            continue
        count, regions, stats, _ = cv2.connectedComponentsWithStats(here, connectivity=8)
        values = np.full(count, label.id, np.uint16)
        values[0] = 0
        largest = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")[:INSTANCE_FACTOR]
        values[largest] = label.id * INSTANCE_FACTOR + np.arange(largest.size)
        inside = here.view(bool)
        instances[inside] = values[regions[inside]]
    return instances


def save_pair(
    scene: Scene | SceneSnapshot, label_path: str | os.PathLike, instance_path: str | os.PathLike | None = None,
    strict: bool = False,
) -> None:
    """Write the label map and, where a path is given, the instance map.

    Args:
        strict: fold parts into their parents, and objects of classes that
            Cityscapes does not count (buildings, trees, poles) into the bare id. Otherwise
            every pixel is written as it is.

    Raises:
        BadImageError: when a file can't be written.
    """
    label_map, instance_map = strict_maps(scene) if strict else (scene.label_map, scene.instance_map)
    labels = encode_png(label_map)
    if instance_path is not None:
        write_bytes(instance_path, encode_png(instance_map))
    write_bytes(label_path, labels)


def strict_maps(scene: Scene | SceneSnapshot) -> tuple[np.ndarray, np.ndarray]:
    """Label map (uint8) and instance map (uint16) as Cityscapes itself would write them."""
    values = np.arange(INSTANCE_VALUES, dtype=np.uint16)
    classes = object_class(values)
    things = [label.id for label in CITYSCAPES if label.thing]
    ours = np.isin(classes, [label.id for label in scene.label_set if label.id not in things])
    table = np.where(ours, classes, values)
    # A bare value may be a part's id in a foreign map; it folds like a label.
    bare = np.minimum(table, 255)
    known = (table < 256) & scene.label_set.known[bare]
    fold = scene.label_set.fold_table(CITYSCAPES)
    table = np.where(known, fold[bare], table).astype(np.uint16)
    return fold[scene.label_map], table[scene.instance_map]


def find_pairs(folder: str | os.PathLike) -> list[Pair]:
    """All streets below a folder in Cityscapes' naming, sorted by path.

    Any depth is fine: the official ``gtFine/{split}/{city}/`` with photographs under
    ``leftImg8bit/``, or all files side by side.

    Raises:
        DataError: when there is no folder, or no ``*_labelIds.png`` in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"There is no folder '{folder}'; check the path.")
    pairs = [_pair(labels) for labels in sorted(folder.rglob("*" + LABELS_ENDING))]
    if not pairs:
        raise DataError(f"'{folder}' holds no ..._labelIds.png; choose a folder in the Cityscapes layout.")
    return pairs


def _pair(labels: Path) -> Pair:
    stem = labels.name[: -len(LABELS_ENDING)]  # aachen_000000_000019_gtFine
    name = stem.removesuffix("_gtFine").removesuffix("_gtCoarse")
    folders = [labels.parent]
    parts = list(labels.parent.parts)
    for kind in ("gtFine", "gtCoarse"):
        if kind in parts:
            at = len(parts) - 1 - parts[::-1].index(kind)
            folders.insert(0, Path(*parts[:at], "leftImg8bit", *parts[at + 1:]))
    photos = (folder / (name + ending) for folder in folders for ending in PHOTO_ENDINGS)
    return Pair(
        name, labels,
        _if_there(labels.with_name(stem + INSTANCES_ENDING)),
        next((photo for photo in photos if photo.is_file()), None),
        _if_there(labels.with_name(stem + POLYGONS_ENDING)),
    )


def _if_there(path: Path) -> Path | None:
    return path if path.is_file() else None
