"""Every vehicle of a street: kinds, colours, sizes, and the one door to their meshes."""

from __future__ import annotations

import numpy as np

from core.streets import buses, cars, trucks, two_wheelers
from core.streets.parts import Part, Surface
from core.streets.two_wheelers import Seat, seat

#: kind -> Cityscapes class id.
KINDS: dict[str, int] = {
    "hatchback": 26, "sedan": 26, "estate": 26, "suv": 26, "van": 26, "sports": 26, "taxi": 26, "pickup": 26,
    "box_truck": 27, "flatbed": 27, "tipper": 27,
    "city_bus": 28, "coach": 28,
    "caravan": 29, "trailer": 30, "tram": 31,
    "motorcycle": 32, "scooter": 32, "bicycle": 33, "city_bicycle": 33,
}

#: kind -> (builder(rng, colour, dims), (length, width, height)).
_BUILDERS = {
    "box_truck": (trucks.box_truck, (7.9, 2.50, 3.45)),
    "flatbed": (trucks.flatbed, (7.6, 2.48, 2.68)),
    "tipper": (trucks.tipper, (7.2, 2.48, 2.72)),
    "caravan": (trucks.caravan, (6.6, 2.26, 2.58)),
    "trailer": (trucks.trailer, (3.55, 1.72, 1.72)),
    "city_bus": (buses.city_bus, (11.9, 2.55, 3.04)),
    "coach": (buses.coach, (12.3, 2.55, 3.60)),
    "tram": (buses.tram, (22.4, 2.40, 3.95)),
}

#: (share, low colour, high colour): linear RGB; the colour lies between the two.
CAR_COLOURS = (
    (0.21, (0.105, 0.110, 0.118), (0.270, 0.275, 0.285)),  # greys
    (0.20, (0.010, 0.010, 0.011), (0.022, 0.022, 0.025)),  # black
    (0.17, (0.720, 0.720, 0.710), (0.830, 0.830, 0.820)),  # white
    (0.13, (0.460, 0.470, 0.480), (0.600, 0.610, 0.620)),  # silver
    (0.12, (0.010, 0.030, 0.110), (0.035, 0.110, 0.340)),  # blue
    (0.08, (0.230, 0.008, 0.010), (0.480, 0.020, 0.018)),  # red
    (0.03, (0.012, 0.070, 0.035), (0.080, 0.180, 0.070)),  # green
    (0.02, (0.650, 0.420, 0.020), (0.780, 0.520, 0.040)),  # yellow
    (0.02, (0.380, 0.290, 0.190), (0.520, 0.420, 0.300)),  # beige
    (0.02, (0.550, 0.130, 0.010), (0.650, 0.180, 0.020)),  # orange
)
TAXI_IVORY = (0.72, 0.60, 0.38)


def car_colour(rng) -> tuple[float, float, float]:
    """A car's linear RGB, in the shares that are seen on the road."""
    shares = np.array([entry[0] for entry in CAR_COLOURS])
    _, low, high = CAR_COLOURS[int(rng.choice(len(shares), p=shares / shares.sum()))]
    t = rng.random()
    return tuple(float(a + (b - a) * t) for a, b in zip(low, high))


def vehicle(kind: str, rng: np.random.Generator, colour=None) -> list[Part]:
    """The parts of one vehicle; +x forward, the origin on the ground below its centre.

    Args:
        kind: one of :data:`KINDS`.
        rng: decides shape details, finish and, where ``colour`` is None, the colour.
        colour: linear RGB 0..1 of the paint, or None.

    Raises:
        KeyError: for an unknown kind.
    """
    if kind not in KINDS:
        raise KeyError(kind)
    if kind in two_wheelers.BUILDERS:
        return two_wheelers.BUILDERS[kind](rng, colour).parts()
    if kind in _BUILDERS:
        build, dims = _BUILDERS[kind]
        return build(rng, colour, dims).parts()
    drawn = TAXI_IVORY if kind == "taxi" else car_colour(rng)
    paint = Surface("paint", tuple(colour) if colour is not None else drawn, roughness=0.4)
    return cars.car(kind, rng, paint).parts()


def footprint(kind: str) -> tuple[float, float, float]:
    """(length, width, height) in metres; a vehicle stays within about 5 % of it, mirrors apart."""
    if kind in two_wheelers.SIZES:
        return two_wheelers.SIZES[kind]
    if kind in _BUILDERS:
        return _BUILDERS[kind][1]
    spec = cars.SPECS[kind]
    return spec.length, spec.width, spec.height + (0.14 if kind == "taxi" else 0.0)


__all__ = ["KINDS", "vehicle", "footprint", "seat", "Seat", "car_colour"]
