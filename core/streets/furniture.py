"""Street furniture in one table: what can stand on a pavement and how much room it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import numpy as np

from core.streets.barriers import FENCE_KINDS, fence, guard_rail, wall
from core.streets.bridges import bridge
from core.streets.fittings import (
    advert_board, advertising_pillar, bench, bin, bus_shelter, cafe_table, chair, cycle_stand, electric_cabinet, hydrant,
    letterbox, parasol, parking_meter,
)
from core.streets.greenery import planter
from core.streets.lights import bollard, signal_head, street_lamp, traffic_light
from core.streets.litter import bags, barricade, cardboard_box, cone, wheelie_bin
from core.streets.parts import Part
from core.streets.signs import FACES, nameplate, sign


@dataclass(frozen=True)
class Piece:
    """One kind of street furniture; call it with a generator to build one.

    Attributes:
        build: ``build(rng, **options) -> list[Part]``.
        footprint: room on the ground along x (front to back) and y, metres.
        label: class of its main part.
        place: where it belongs: ``kerb`` (along the road), ``walk`` (on the
            pavement), ``facade`` (against a house), ``edge`` (a boundary that
            runs along y, takes ``length``), ``road`` (on the carriageway), ``over`` (spans the street along y, takes ``length``).
        common: how often it is met, relative to the others of its place.
    """

    build: Callable[..., list[Part]]
    footprint: tuple[float, float]
    label: int
    place: str
    common: float = 1.0

    def __call__(self, rng: np.random.Generator, **options) -> list[Part]:
        return self.build(rng, **options)


#: Every piece by name.
FURNITURE: dict[str, Piece] = {
    "street_lamp":        Piece(street_lamp,        (0.4, 0.4), 17, "kerb", 3.0),
    "sign":               Piece(sign,               (0.3, 0.9), 20, "kerb", 3.0),
    "bollard":            Piece(bollard,            (0.4, 0.4), 17, "kerb", 2.0),
    "traffic_light":      Piece(traffic_light,      (0.5, 0.5), 19, "kerb", 0.6),
    "parking_meter":      Piece(parking_meter,      (0.4, 0.4), 4, "kerb", 0.5),
    "cycle_stand":        Piece(cycle_stand,        (1.0, 2.4), 4, "kerb", 0.7),
    "hydrant":            Piece(hydrant,            (0.4, 0.4), 4, "kerb", 0.4),
    "bus_shelter":        Piece(bus_shelter,        (1.9, 5.2), 4, "kerb", 0.3),
    "bin":                Piece(bin,                (0.6, 0.6), 4, "walk", 2.0),
    "bench":              Piece(bench,              (0.9, 2.1), 4, "walk", 1.2),
    "planter":            Piece(planter,            (1.1, 2.2), 4, "walk", 1.2),
    "advertising_pillar": Piece(advertising_pillar, (1.6, 1.6), 4, "walk", 0.4),
    "letterbox":          Piece(letterbox,          (0.6, 0.6), 4, "walk", 0.7),
    "electric_cabinet":   Piece(electric_cabinet,   (0.6, 1.4), 4, "facade", 1.0),
    "advert_board":       Piece(advert_board,       (0.8, 0.8), 4, "facade", 0.7),
    "cafe_table":         Piece(cafe_table,         (2.3, 2.3), 4, "facade", 1.2),
    "parasol":            Piece(parasol,            (3.4, 3.4), 4, "facade", 0.6),
    "wheelie_bin":        Piece(wheelie_bin,        (1.3, 1.5), 5, "facade", 1.2),
    "bags":               Piece(bags,               (2.0, 2.0), 5, "facade", 0.5),
    "cardboard_box":      Piece(cardboard_box,      (1.0, 1.0), 5, "facade", 0.5),
    "cone":               Piece(cone,               (0.6, 0.6), 5, "road", 1.0),
    "barricade":          Piece(barricade,          (0.8, 2.4), 5, "road", 0.4),
    "fence":              Piece(fence,              (0.7, 6.2), 13, "edge", 1.0),
    "bridge":             Piece(bridge,             (9.6, 20.3), 15, "over", 0.1),
    "guard_rail":         Piece(guard_rail,         (0.4, 8.1), 14, "edge", 0.4),
    "wall":               Piece(wall,               (0.6, 6.3), 12, "edge", 0.8),
}

#: Short names a plan uses -> a piece and the options that keep it within a narrow pavement's room.
_SHORT: dict[str, tuple[tuple[str, dict], ...]] = {
    "lamp": (("street_lamp", {}),), "traffic light": (("traffic_light", {}),),
    "cabinet": (("electric_cabinet", {}),), "post": (("letterbox", {}), ("parking_meter", {})),
    "shelter": (("bus_shelter", {"length": 3.9}),), "column": (("advertising_pillar", {}),),
    "stand": (("cycle_stand", {"hoops": 2}), ("advert_board", {})), "planter": (("planter", {"length": 0.95}),),
    "cafe": (("cafe_table", {}),), "pillar": (("advertising_pillar", {}),), "box": (("cardboard_box", {}),),
}


def furniture(kind: str, rng: np.random.Generator, option: str = "", **options) -> list[Part]:
    """A piece by its name in :data:`FURNITURE` or by a plan's short name.

    ``option`` picks among one piece's forms: a sign's face, a lamp's, bin's,
    bollard's, fence's or wall's kind, a traffic light's state.

    Raises:
        KeyError: for a name that does not exist.
    """
    if kind in _SHORT:
        choices = _SHORT[kind]
        kind, preset = choices[int(rng.integers(len(choices)))]
        options = {**preset, **options}
    if option:
        options.setdefault({"sign": "face", "traffic_light": "state"}.get(kind, "kind"), option)
    return FURNITURE[kind](rng, **options)


__all__ = [
    "FACES", "FENCE_KINDS", "FURNITURE", "Piece", "advert_board", "advertising_pillar",
    "bags", "barricade", "bench", "bin", "bollard",
    "bus_shelter", "cafe_table", "cardboard_box", "chair", "cone", "cycle_stand", "electric_cabinet", "fence",
    "furniture", "guard_rail", "hydrant", "letterbox", "nameplate", "parasol", "parking_meter", "planter", "sign", "signal_head",
    "street_lamp", "traffic_light", "wall", "wheelie_bin",
]
