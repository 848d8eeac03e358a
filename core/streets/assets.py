"""From a plan's items to parts: one place that knows every asset module."""

from __future__ import annotations

import importlib
from functools import lru_cache
from types import ModuleType

import numpy as np

from core.streets.parts import Part
from core.streets.plan import Item

#: A plan's kind of vehicle -> the bodies it may have and how often each is met.
BODIES = {
    "car": {"hatchback": 0.3, "sedan": 0.22, "estate": 0.18, "suv": 0.2, "sports": 0.03, "taxi": 0.04, "pickup": 0.03},
    "truck": {"box_truck": 0.6, "flatbed": 0.2, "tipper": 0.2},
    "bus": {"city_bus": 0.75, "coach": 0.25},
}

#: Kinds that are built to the item's length, which runs along their own y.
LONG = ("hedge", "fence", "wall", "guard_rail", "bridge")


@lru_cache(maxsize=None)
def _module(name: str) -> ModuleType:
    return importlib.import_module(f"core.streets.{name}")


def key_of(item: Item) -> tuple:
    """What decides an item's mesh: items with equal keys are copies of one asset."""
    length = round(item.width, 1) if item.kind in LONG else 0.0
    return item.family, item.kind, item.seed, item.option, length


def parts_of(item: Item) -> list[Part]:
    """The parts of one asset in its own frame."""
    rng = np.random.default_rng([item.seed, len(item.kind), len(item.family)])
    return _FAMILIES[item.family](item, rng)


def _vehicle(item: Item, rng) -> list[Part]:
    bodies = BODIES.get(item.kind, {item.kind: 1.0})
    kind = str(rng.choice(list(bodies), p=list(bodies.values())))
    return _module("vehicles").vehicle(kind, rng)


def _person(item: Item, rng) -> list[Part]:
    return _module("people").person(rng, pose=item.option or "walk")


def _rider(item: Item, rng) -> list[Part]:
    return _module("people").rider(rng, item.kind)


def _tree(item: Item, rng) -> list[Part]:
    return _module("nature").tree(rng, kind=item.kind, season=item.option or "summer")


def _hedge(item: Item, rng) -> list[Part]:
    return _module("nature").hedge(rng, length=item.width)


def _furniture(item: Item, rng) -> list[Part]:
    options = {"length": item.width} if item.kind in LONG else {}
    return _module("furniture").furniture(item.kind, rng, item.option, **options)


_FAMILIES = {
    "vehicle": _vehicle, "person": _person, "rider": _rider, "tree": _tree, "hedge": _hedge, "furniture": _furniture,
}
