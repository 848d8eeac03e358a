"""Whether the fields of a model's card have the types that the program counts on.

A card may be another program's word, and what reads it later would fail in its own way.
"""

from __future__ import annotations

from typing import Any, Mapping

from core.scene.png import SIDE_LIMIT

#: Numbers in provenance that the program reads again -> the least and the most that they can be.
_COUNTS = {"encoder_width": (1, SIDE_LIMIT), "steps": (0, 1 << 53), "seed": (-(1 << 63), 1 << 63)}


def check_fields(card: Mapping[str, Any]) -> None:
    """Raise ValueError where a field has another type, or a number that makes no sense; TypeError, KeyError likewise."""
    sides = card["resolution"]
    provenance = card.get("provenance", {})
    right = (
        type(card["name"]) is str
        and _is_network(card["generator"])
        and (card["encoder"] is None or _is_network(card["encoder"]))
        and type(card["label_set"]) is dict
        and type(card["object_classes"]) is list
        and all(_is_whole(label_id, 0, 255) for label_id in card["object_classes"])
        and _is_whole(card["code_dim"], 0, 1 << 12)
        and type(sides) is list
        and len(sides) == 2
        and all(_is_whole(side, 1, SIDE_LIMIT) for side in sides)
        and type(provenance) is dict
        and all(_is_whole(provenance[key], *ends) for key, ends in _COUNTS.items() if key in provenance)
        and type(card.get("metrics", {})) is dict
        and type(card.get("part_codes", False)) is bool
        and _is_whole(card["format"], 1, 1 << 53)
    )
    if not right:
        raise ValueError("field")


def _is_whole(value, least: int, most: int) -> bool:
    """Whether it is a whole number in this range; True and False are none."""
    return type(value) is int and least <= value <= most


def _is_network(described) -> bool:
    """Whether it names an architecture and its arguments: switches, words, whole numbers from 0 up and lists of them."""
    if type(described) is not dict or type(described.get("name")) is not str or type(described.get("config")) is not dict:
        return False
    return all(
        value is None or type(value) in (bool, str) or all(_is_whole(number, 0, 1 << 20) for number in numbers(value))
        for value in described["config"].values()
    )


def numbers(value) -> list:
    """The numbers of an argument: those of a list, or itself."""
    return value if type(value) is list else [value]
