"""Which part a face is, where the builder says only its class: by what it is made of, and by the way it faces.

Builders name what they model as a thing of its own (a lamp, a rim). What is
known by its surface (a brick wall, a tyre, black trim) is named here, once for
the id pass and for the library of silhouettes.
"""

from __future__ import annotations

import numpy as np

from core.streets.parts import Surface

ROAD, WALK, PARKING, RAIL, BUILDING, CAR, TRUCK, BUS, MOTORCYCLE, BICYCLE, BALCONY, TRIM, PLINTH = 7, 8, 9, 10, 11, 26, 27, 28, 32, 33, 44, 60, 176
PATCH, SETTS, PARKING_SETTS, BRICK, CAR_TOP, CAR_SHINE = 92, 98, 100, 110, 112, 146
CAR_GLASS, BUS_GLASS = 47, 53
SHOP_LETTERING, PLATE_LETTERING, BUS_LETTERING = 97, 141, 150
#: A bus's second paint, and what of it is black.
BUS_BAND, BUS_TRIM = 148, 149
#: A bridge, its panes, and its beams, bars and railings.
BRIDGE, BRIDGE_GLASS, BRIDGE_TRIM = 15, 143, 144
#: Leaves and trunks, and their parts in shade.
LEAVES, LEAVES_IN_SHADE, TRUNK, TRUNK_IN_SHADE = 21, 108, 50, 166
#: Asphalt that is darker or lighter than most of its road.
DARK_ASPHALT, LIGHT_ASPHALT = 163, 164
#: What lies inside a rim but isn't the rim; a car's amber lamps; what surrounds its headlights' reflectors.
BETWEEN_SPOKES, INDICATOR, HEADLIGHT_HOUSING = 151, 159, 160
#: What mirrors what: surface -> the part of it in which the sky is seen, or a house's wall, or a tree's leaves.
SKY_IN = {40: 131, CAR_GLASS: 132, BUS_GLASS: 133, 105: 135, 51: 136, 42: 137, 1: 138, BRIDGE_GLASS: 145, CAR_SHINE: 147}
HOUSE_IN = {CAR_GLASS: 152, BUS_GLASS: 154, 1: 156, CAR_SHINE: 168}
TREE_IN = {CAR_GLASS: 153, BUS_GLASS: 155, 1: 157, CAR_SHINE: 158}
#: Classes whose walls are seen in glass as a house's, and their panes, which stay dark there.
WALLED, PANES = (BUILDING, 12, 13, BRIDGE), (40, 42, BRIDGE_GLASS)
_PERSON, _BAG = 24, 129

#: (label, kind of surface) -> part.
_MADE_OF = {
    (ROAD, "paving"): SETTS,
    (PARKING, "paving"): PARKING_SETTS,
    (RAIL, "metal"): 106,
    (RAIL, "grass"): 107,
    (BUILDING, "brick"): BRICK,
    (BALCONY, "metal"): 119,
    (CAR, "plastic"): 113,
    (TRUCK, "plastic"): 115,
    (BUS, "plastic"): BUS_TRIM,
    (BICYCLE, "rubber"): 116,
    (MOTORCYCLE, "rubber"): 117,
    (MOTORCYCLE, "metal"): 118,
}
#: (label, kind of surface) -> the part of it that faces up.
_TOPS = {(CAR, "paint"): CAR_TOP}
#: Label -> the part of it that faces down: what juts out is seen from the street, from below.
_UNDERSIDES = {TRIM: 161, BALCONY: 162}
#: A face whose normal rises more than this faces up, or, where it falls so much, down.
_UP = 0.6
#: A truck's chassis and mudguards are painted a matt black.
_BLACK, _MATT = 0.03, 0.55


def part_of(surface: Surface, label: int) -> int:
    """The part that a face of ``label`` is for being made of ``surface``; ``label`` where that says nothing."""
    if label == TRUCK and surface.kind == "paint" and max(surface.colour) < _BLACK and surface.roughness > _MATT:
        return 115
    return _MADE_OF.get((label, surface.kind), label)


def part_facing(surface: Surface, label: int, normals: np.ndarray) -> np.ndarray:
    """(F,) int labels of faces with unit ``normals`` (F, 3), z up, of an asset that stands upright."""
    labels = np.full(len(normals), part_of(surface, label))
    top = _TOPS.get((label, surface.kind))
    if top is not None:
        labels[normals[:, 2] > _UP] = top
    under = _UNDERSIDES.get(label)
    if under is not None:
        labels[(normals[:, 2] < -_UP) & (labels == label)] = under
    return labels


def carried(label: int) -> int:
    """The part that a bag is, of a person of ``label``; a rider's is the rider's own."""
    return _BAG if label == _PERSON else label
