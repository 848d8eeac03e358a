"""Bridges that cross the street overhead (label 15): a railway's girders, a concrete deck, a glazed walkway.

Each spans along y, centred on the origin, which lies on the road below.
"""

from __future__ import annotations

import numpy as np

from core.streets.parts import Part, Surface
from core.streets.naming import BRIDGE, BRIDGE_GLASS, BRIDGE_TRIM
from core.streets.solids import Mesh, block, part, spaced

KINDS = ("girder", "concrete", "walkway")


def _railing(x: float, z: float, length: float) -> list[Mesh]:
    """A handrail a metre high along y."""
    bars = [block((x, y, z + 0.5), (0.02, 0.02, 1.0)) for y in spaced(length, 0.14, 0.05)]
    return bars + [block((x, 0, z + h), (0.05, length, 0.05)) for h in (0.08, 1.0)]


def _piers(rng, length: float, width: float, height: float, surface: Surface) -> Part:
    deep = float(rng.uniform(0.7, 1.1))
    shafts = []
    for y in (-1, 1):
        at = y * (length / 2 - deep / 2)
        shafts += [block((0, at, height / 2 - 0.4), (width, deep, height + 0.8)), block((0, at, height - 0.2), (width + 0.3, deep + 0.2, 0.4))]
    return part(shafts, surface, BRIDGE, bevel=0.03)


def _girder(rng, length: float) -> list[Part]:
    """Two riveted plate girders with stiffeners, a ballasted deck between them, on stone piers."""
    low, tall, width = float(rng.uniform(4.9, 5.6)), float(rng.uniform(1.3, 1.9)), float(rng.uniform(4.6, 9.0))
    tint = ((0.03, 0.055, 0.045), (0.09, 0.035, 0.022), (0.11, 0.12, 0.12), (0.02, 0.03, 0.055))[int(rng.integers(4))]
    steel = Surface("paint", tint, roughness=0.55)
    webs, ribs = [], []
    for x in (-width / 2, width / 2):
        webs += [block((x, 0, low + tall / 2), (0.03, length, tall))]
        ribs += [block((x, 0, low + z), (0.36, length, 0.05)) for z in (0.02, tall - 0.02)]
        ribs += [block((x, y, low + tall / 2), (0.26, 0.03, tall - 0.06)) for y in spaced(length, 1.25)]
    # Cross-beams are what a driver sees from below.
    webs += [block((0, y, low + 0.3), (width, 0.22, 0.5)) for y in spaced(length, 2.5)]
    deck = block((0, 0, low + 0.6), (width - 0.2, length, 0.12))
    stone = Surface("stone", (0.30, 0.28, 0.25), (0.2, 0.19, 0.17), roughness=0.9, scale=0.5)
    rails = _railing(-width / 2, low + tall, length) + _railing(width / 2, low + tall, length)
    return [part(webs, steel, BRIDGE), part(ribs + rails, steel, BRIDGE_TRIM), part(deck, Surface("concrete", (0.16, 0.15, 0.14), roughness=0.95), BRIDGE),
            _piers(rng, length, width, low, stone)]


def _concrete(rng, length: float) -> list[Part]:
    """A box girder with cantilevered edges, parapet beams and a steel railing."""
    low, width = float(rng.uniform(4.9, 5.8)), float(rng.uniform(3.2, 8.0))
    grey = Surface("concrete", tuple(float(c) for c in np.array((0.42, 0.41, 0.39)) * rng.uniform(0.75, 1.1)), roughness=0.9)
    body = [block((0, 0, low + 0.4), (width * 0.62, length, 0.8)), block((0, 0, low + 0.9), (width, length, 0.2))]
    edges = [block((x, 0, low + 1.0), (0.22, length, 0.6)) for x in (-width / 2, width / 2)]
    steel = Surface("metal", (0.42, 0.43, 0.44), roughness=0.45)
    rails = _railing(-width / 2, low + 1.3, length) + _railing(width / 2, low + 1.3, length)
    return [part(body, grey, BRIDGE, bevel=0.02), part(edges, grey, BRIDGE_TRIM, bevel=0.02), part(rails, steel, BRIDGE_TRIM), _piers(rng, length, width * 0.62, low, grey)]


def _walkway(rng, length: float) -> list[Part]:
    """A glazed corridor from house to house."""
    low, tall, width = float(rng.uniform(5.0, 7.0)), float(rng.uniform(2.7, 3.2)), float(rng.uniform(2.4, 3.6))
    frame = Surface("metal", ((0.35, 0.36, 0.37), (0.05, 0.055, 0.06), (0.6, 0.6, 0.59))[int(rng.integers(3))], roughness=0.4)
    panel = Surface("paint", ((0.55, 0.55, 0.53), (0.12, 0.13, 0.14), (0.30, 0.10, 0.06))[int(rng.integers(3))], roughness=0.5)
    glass = Surface("mirror_glass", (0.05, 0.06, 0.065), roughness=0.04)
    slabs = [block((0, 0, low + 0.25), (width, length, 0.5)), block((0, 0, low + tall + 0.2), (width + 0.2, length, 0.4))]
    panes, bars = [], []
    for x in (-width / 2, width / 2):
        panes.append(block((x * 0.985, 0, low + 0.5 + (tall - 0.5) / 2), (0.02, length, tall - 0.5)))
        bars += [block((x, y, low + tall / 2 + 0.2), (0.07, 0.06, tall - 0.3)) for y in spaced(length, 1.6)]
        bars.append(block((x, 0, low + 1.5), (0.06, length, 0.05)))
    return [part(slabs, panel, BRIDGE, bevel=0.02), part(panes, glass, BRIDGE_GLASS), part(bars, frame, BRIDGE_TRIM)]


def bridge(rng, length: float = 20.0, kind: str | None = None) -> list[Part]:
    """A bridge overhead.

    Args:
        length: metres from house to house.
        kind: one of :data:`KINDS`; None draws one.
    """
    kind = kind or str(rng.choice(KINDS, p=(0.4, 0.3, 0.3)))
    return {"girder": _girder, "concrete": _concrete, "walkway": _walkway}[kind](rng, length)
