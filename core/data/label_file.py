"""A list of classes in a JSON file, for data with classes of its own."""

from __future__ import annotations

import colorsys
import json
from pathlib import Path
from typing import Any

from core.errors import LabelError
from core.labels import LABEL_SETS, Label, LabelSet


def read_label_set(path: str | Path | None) -> LabelSet:
    """The label set in a JSON file; None gives the project's own.

    Any of these forms: ``["sky", "road"]`` (ids by position), ``{"0": "sky",
    "1": "road"}``, or ``[{"id": 0, "name": "sky", ...}]``, bare or under
    "labels". An entry may have "colour" (r, g, b), "group", "thing" (its
    objects are told apart), "instanced", and "parent" (the class of which it is
    a part), "within" (the coarser part in which it lies) and "on" (what a cast
    shadow falls on), by id or name. Cityscapes' and COCO's words "color",
    "category", "supercategory", "hasInstances" and "isthing" are understood too.

    Raises:
        LabelError: when the file is missing or says something else.
    """
    if path is None:
        return LABEL_SETS["streets"]
    path = Path(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LabelError(f"The label list {path} can't be read ({error.strerror}); check the path.") from None
    except ValueError as error:
        raise LabelError(f"The label list {path.name} is no JSON ({error}); correct it.") from None
    name = path.stem
    if isinstance(data, dict) and isinstance(data.get("labels"), (list, dict)):
        name, data = str(data.get("name", name)), data["labels"]
    try:
        entries = list(_entries(data))
        ids = {entry["name"]: entry["id"] for entry in entries}
        labels = [_label(entry, ids) for entry in entries if entry["id"] >= 0]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise LabelError(
            f'The label list {path.name} has a form that isn\'t known; write [{{"id": 0, "name": "sky"}}, ...].'
        ) from None
    if not labels:
        raise LabelError(f"The label list {path.name} names no class; add at least one.")
    return LabelSet(name, labels)


def _entries(data: Any):
    if isinstance(data, dict):
        data = [{"id": key, **(value if isinstance(value, dict) else {"name": value})} for key, value in data.items()]
    for position, entry in enumerate(data):
        if isinstance(entry, str):
            entry = {"name": entry}
        yield {**entry, "id": int(entry.get("id", position)), "name": str(entry["name"])}


def _label(entry: dict[str, Any], ids: dict[str, int]) -> Label:
    colour = entry.get("colour", entry.get("color"))
    thing = bool(entry.get("thing", entry.get("hasInstances", entry.get("isthing", False))))

    def other(field: str) -> int | None:
        value = entry.get(field)
        return ids[value] if isinstance(value, str) and value in ids else None if value is None else int(value)

    return Label(
        id=entry["id"],
        name=entry["name"],
        colour=_colour(entry["id"]) if colour is None else (int(colour[0]), int(colour[1]), int(colour[2])),
        group=str(entry.get("group", entry.get("category", entry.get("supercategory", "classes")))),
        thing=thing,
        instanced=bool(entry.get("instanced", thing)),
        parent=other("parent"),
        within=other("within"),
        on=other("on"),
    )


def _colour(label_id: int) -> tuple[int, int, int]:
    """A colour for a class that has none: hues a golden angle apart never come close."""
    red, green, blue = colorsys.hsv_to_rgb(label_id * 0.618034 % 1, 0.55 + 0.25 * (label_id % 2), 0.85)
    return round(255 * red), round(255 * green), round(255 * blue)
