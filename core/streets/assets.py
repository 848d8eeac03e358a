"""From a plan's items to parts: one place that knows every asset module."""

from __future__ import annotations

import importlib
from functools import lru_cache
from types import ModuleType

import numpy as np

from core.streets.parts import Part
from core.streets.plan import Item

#: How often each car body is met.
CAR_BODIES = {"hatchback": 0.3, "sedan": 0.22, "estate": 0.18, "suv": 0.2, "sports": 0.03, "taxi": 0.04, "pickup": 0.03}


@lru_cache(maxsize=None)
def _module(name: str) -> ModuleType:
    return importlib.import_module(f"core.streets.{name}")


def key_of(item: Item) -> tuple:
    """What decides an item's mesh: items with equal keys are copies of one asset."""
    length = round(item.length, 1) if item.family == "hedge" or item.kind == "fence" else 0.0
    return item.family, item.kind, item.seed, item.option, length


def parts_of(item: Item) -> list[Part]:
    """The parts of one asset in its own frame."""
    rng = np.random.default_rng([item.seed, len(item.kind), len(item.family)])
    return _FAMILIES[item.family](item, rng)


def _vehicle(item: Item, rng) -> list[Part]:
    kind = item.kind
    if kind == "car":
        kind = str(rng.choice(list(CAR_BODIES), p=list(CAR_BODIES.values())))
    return _module("vehicles").vehicle(kind, rng)


def _person(item: Item, rng) -> list[Part]:
    return _module("people").person(rng, pose=item.option or "walk")


def _rider(item: Item, rng) -> list[Part]:
    return _module("people").rider(rng, item.kind)


def _tree(item: Item, rng) -> list[Part]:
    return _module("nature").tree(rng, kind=item.kind, season=item.option or "summer")


def _hedge(item: Item, rng) -> list[Part]:
    return _module("nature").hedge(rng, length=item.length)


def _furniture(item: Item, rng) -> list[Part]:
    furniture = _module("furniture")
    if item.kind == "fence":
        return furniture.fence(rng, length=item.length)
    return furniture.furniture(item.kind, rng)


_FAMILIES = {
    "vehicle": _vehicle, "person": _person, "rider": _rider, "tree": _tree, "hedge": _hedge, "furniture": _furniture,
}
