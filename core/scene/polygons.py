"""Cityscapes' polygon files (``..._gtFine_polygons.json``): read, rasterise, write.

Polygons are painted in list order, later ones over earlier ones. Keys that this
program does not know are kept. What it writes itself names the object of each
polygon under ``instance``, which other readers ignore, so that an object of
several pieces comes back as one and with its number.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.errors import DataError, LabelError
from core.labels import STREETS, LabelSet, object_class
from core.opencv import cv2
from core.scene.files import write_bytes
from core.scene.png import check_size
from core.scene.cityscapes import encode_instance
from core.scene.scene import INSTANCE_VALUES, Scene, SceneSnapshot

_INSTANCE = "instance"
_OUTSIDE = ("license plate",)  # named in the files, never drawn (id -1)


@dataclass
class PolygonObject:
    """One entry of ``objects``: class name, corners (x, y) in pixels, and all other keys as they came."""

    label: str
    polygon: list
    extra: dict = field(default_factory=dict)


@dataclass
class PolygonFile:
    """A whole polygon file; ``extra`` holds the keys beside imgHeight, imgWidth and objects."""

    width: int
    height: int
    objects: list[PolygonObject]
    extra: dict = field(default_factory=dict)


def read_polygons(path: str | os.PathLike) -> PolygonFile:
    """Read a polygon file.

    Raises:
        DataError: when it is missing or has not the form that Cityscapes gives it.
    """
    path = Path(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        objects = [
            PolygonObject(
                str(entry["label"]), _corners(entry["polygon"]),
                {key: value for key, value in entry.items() if key not in ("label", "polygon")},
            )
            for entry in data["objects"]
        ]
        width, height = data["imgWidth"], data["imgHeight"]
        if type(width) is not int or type(height) is not int:
            raise TypeError
        extra = {key: value for key, value in data.items() if key not in ("imgWidth", "imgHeight", "objects")}
    except OSError as error:
        raise DataError(f"The polygon file '{path}' can't be read ({error.strerror}); check the path.") from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise DataError(
            f"'{path.name}' is not a Cityscapes polygon file (imgHeight, imgWidth, objects); choose another."
        ) from None
    check_size(max(width, 0), max(height, 0), path.name)
    return PolygonFile(width, height, objects, extra)


def write_polygons(path: str | os.PathLike, file: PolygonFile) -> None:
    """Write a polygon file, unknown keys included; BadImageError where the place does not allow it."""
    data = {
        "imgHeight": file.height,
        "imgWidth": file.width,
        "objects": [{"label": entry.label, "polygon": entry.polygon, **entry.extra} for entry in file.objects],
        **file.extra,
    }
    # Texts that can't be written as they are (lone surrogates) are escaped, as they were read.
    write_bytes(path, json.dumps(data, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace"))


def rasterise(file: PolygonFile, label_set: LabelSet = STREETS) -> Scene:
    """The scene that a polygon file describes, drawn as Cityscapes' own tool draws it.

    Deleted entries and licence plates are left out; ``...group`` of a thing class keeps the
    bare id; the n-th polygon of a thing class is its object n - 1.

    Raises:
        LabelError: for a class that the label set does not have.
        SceneError: past 1000 objects of a class.
    """
    from PIL import Image, ImageDraw

    labels = Image.new("L", (file.width, file.height), 0)
    instances = Image.new("I", (file.width, file.height), 0)
    draw_label, draw_instance = ImageDraw.Draw(labels), ImageDraw.Draw(instances)
    by_name = {label.name: label for label in label_set}
    counts: dict[int, int] = {}
    for entry in file.objects:
        if entry.extra.get("deleted") or entry.label in _OUTSIDE:
            continue
        label, group = by_name.get(entry.label), False
        if label is None and entry.label.endswith("group"):
            label, group = by_name.get(entry.label.removesuffix("group")), True
        if label is None:
            raise LabelError(
                f"The polygon file names the class '{entry.label}', which '{label_set.name}' does not have; rename it."
            )
        value = _named_instance(entry, label_set, label.id)
        if value is None:
            value = int(label_set.base[label.id])
            if label.thing and not group:
                value = encode_instance(label.id, counts.get(label.id, 0))
                counts[label.id] = counts.get(label.id, 0) + 1
        corners = [tuple(corner) for corner in entry.polygon]
        if len(corners) < 3:
            corners += corners[-1:] * (3 - len(corners))
        draw_label.polygon(corners, fill=label.id)
        draw_instance.polygon(corners, fill=value)
    return Scene(np.asarray(labels, np.uint8), np.asarray(instances).astype(np.uint16), label_set)


def polygons_of(scene: Scene | SceneSnapshot) -> PolygonFile:
    """Polygons that :func:`rasterise` turns back into exactly this scene.

    Each connected region of one label and one object is outlined, larger ones
    first: what lies in a region's hole is smaller and so is painted over it.
    """
    pair = scene.label_map.astype(np.int32) * INSTANCE_VALUES + scene.instance_map
    found: list[tuple[float, PolygonObject]] = []
    values, which = np.unique(pair.reshape(-1), return_inverse=True)
    which = which.reshape(pair.shape)
    for index, value in enumerate(values.tolist()):
        label_id, instance = divmod(value, INSTANCE_VALUES)
        here = (which == index).view(np.uint8)
        # Regions hang together over edges only: corners would let two of them cross.
        count, regions, stats, _ = cv2.connectedComponentsWithStats(here, connectivity=4)
        for region in range(1, count):
            x, y, width, height = stats[region, :4].tolist()
            piece = (regions[y:y + height, x:x + width] == region).view(np.uint8)
            outlines, _ = cv2.findContours(piece, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=(x, y))
            corners = outlines[0].reshape(-1, 2).tolist()
            name, extra = _entry_for(scene.label_set, label_id, instance)
            found.append((width * height, PolygonObject(name, corners, extra)))
    found.sort(key=lambda pair: -pair[0])
    width, height = scene.size
    return PolygonFile(width, height, [entry for _, entry in found])


def _entry_for(label_set: LabelSet, label_id: int, instance: int) -> tuple[str, dict]:
    """Class name and extra keys for a region."""
    label = label_set[label_id]
    if label.thing and instance == label.id:
        return label.name + "group", {_INSTANCE: instance}
    return label.name, {} if instance == label_set.base[label_id] else {_INSTANCE: instance}


def _named_instance(entry: PolygonObject, label_set: LabelSet, label_id: int) -> int | None:
    """The instance value that an entry names itself; None where it names none of its class."""
    value = entry.extra.get(_INSTANCE)
    if type(value) is not int or not 0 <= value < INSTANCE_VALUES:
        return None
    return value if object_class(value) == label_set.base[label_id] else None


def _corners(polygon) -> list:
    """[[x, y], ...] of finite numbers; TypeError or OverflowError for anything else."""
    corners = [[x, y] for x, y in polygon]
    if not corners or not all(type(number) in (int, float) and math.isfinite(number) for corner in corners for number in corner):
        raise TypeError
    return corners
