"""Bicycles, motorcycles and scooters, and where a rider sits on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.streets.car_details import AMBER, BLACK, CHROME, GAP, GLOSS_BLACK, GREY_PLASTIC, LAMP_GLASS, MIRROR, PLATE, RED_LAMP, REFLECTOR
from core.streets.parts import Surface
from core.streets.vehicle_shapes import Bag, Mesh, bent_path, blob, cuboid, disc, extruded, facing, grid, joined, lathe, outward, ring, shifted, tube, turned
from core.streets.wheels import BRAKE, RIM_FINISHES, RUBBER, facing_axis, spoke, tyre

MOTORCYCLE, BICYCLE = 32, 33

ALLOY = Surface("metal", (0.55, 0.56, 0.58), roughness=0.3)
STEEL = Surface("metal", (0.22, 0.22, 0.23), roughness=0.4)
LEATHER = Surface("plastic", (0.015, 0.014, 0.014), roughness=0.6)
BROWN_LEATHER = Surface("plastic", (0.14, 0.055, 0.02), roughness=0.55)
GUM = Surface("rubber", (0.16, 0.10, 0.05), roughness=0.8)
BASKET = Surface("wood", (0.28, 0.17, 0.08), (0.20, 0.12, 0.05), roughness=0.9, scale=0.05)
FRAME_COLOURS = (
    (0.010, 0.010, 0.011), (0.012, 0.012, 0.013), (0.30, 0.012, 0.014), (0.02, 0.06, 0.22), (0.02, 0.12, 0.08), (0.62, 0.62, 0.61),
    (0.14, 0.145, 0.15), (0.40, 0.42, 0.44), (0.10, 0.28, 0.30), (0.55, 0.30, 0.02), (0.30, 0.07, 0.12), (0.45, 0.40, 0.28),
)
TANK_COLOURS = (
    (0.010, 0.010, 0.011), (0.40, 0.010, 0.012), (0.015, 0.05, 0.28), (0.70, 0.70, 0.69), (0.60, 0.15, 0.01),
    (0.16, 0.165, 0.17), (0.05, 0.18, 0.06), (0.70, 0.48, 0.02),
)
SCOOTER_COLOURS = (
    (0.70, 0.69, 0.66), (0.42, 0.012, 0.014), (0.012, 0.012, 0.013), (0.30, 0.50, 0.48), (0.02, 0.08, 0.24),
    (0.55, 0.50, 0.36), (0.38, 0.39, 0.40), (0.62, 0.42, 0.03),
)


@dataclass(frozen=True)
class Seat:
    """A rider's pose on a two-wheeler, in the vehicle's frame, metres.

    Attributes:
        hip: (x, z) of the hip joints' middle.
        hands: left and right grip, (x, y, z) each.
        feet: left and right sole, (x, y, z) each; on a bicycle the left pedal is up.
        lean: forward lean of the trunk from upright, radians.
    """

    hip: tuple[float, float]
    hands: tuple[tuple[float, float, float], tuple[float, float, float]]
    feet: tuple[tuple[float, float, float], tuple[float, float, float]]
    lean: float


@dataclass(frozen=True)
class _Cycle:
    """A bicycle's points in the (x, z) plane; its crank hangs at ``crank``."""

    wheel: float
    tyre: float
    rear: tuple[float, float]
    front: tuple[float, float]
    crank: tuple[float, float]
    saddle: tuple[float, float]
    seat_top: tuple[float, float]
    head_top: tuple[float, float]
    head_low: tuple[float, float]
    grip: tuple[float, float, float]


_CYCLES = {
    "bicycle": _Cycle(0.340, 0.019, (-0.53, 0.34), (0.53, 0.34), (-0.09, 0.285), (-0.285, 0.985), (-0.245, 0.84), (0.335, 0.865), (0.375, 0.735), (0.40, 0.28, 1.005)),
    "city_bicycle": _Cycle(0.345, 0.022, (-0.56, 0.345), (0.57, 0.345), (-0.10, 0.28), (-0.33, 0.96), (-0.275, 0.80), (0.315, 0.93), (0.375, 0.73), (0.17, 0.29, 1.10)),
}
_CRANK = 0.17
_SEATS = {
    "motorcycle": Seat((-0.22, 0.86), ((0.37, 0.36, 1.02), (0.37, -0.36, 1.02)), ((-0.12, 0.20, 0.36), (-0.12, -0.20, 0.36)), 0.28),
    "scooter": Seat((-0.30, 0.84), ((0.35, 0.33, 1.02), (0.35, -0.33, 1.02)), ((0.20, 0.13, 0.36), (0.20, -0.13, 0.36)), 0.08),
}


def seat(kind: str) -> Seat:
    """Where a rider's hip, hands and feet belong on ``kind``.

    Raises:
        KeyError: when ``kind`` is no two-wheeler.
    """
    if kind in _SEATS:
        return _SEATS[kind]
    c = _CYCLES[kind]
    pedals = [(c.crank[0] + s * 0.08 + 0.01, s * 0.135, c.crank[1] + s * 0.15 + 0.02) for s in (1, -1)]
    lean = 0.50 if kind == "bicycle" else 0.16
    hands = ((c.grip[0], c.grip[1], c.grip[2]), (c.grip[0], -c.grip[1], c.grip[2]))
    return Seat((c.saddle[0] + 0.03, c.saddle[1] + 0.06), hands, tuple(pedals), lean)


def _pair(pick, table):
    return tuple(float(c) for c in table[int(pick.integers(len(table)))])


def _spoked(bag: Bag, x: float, z: float, outer: float, thick: float, wall: Surface, spokes: int = 20):
    """A bicycle wheel: tyre, rim, hub and thin spokes crossing from both hub flanges."""
    bag.add(ring((x, 0, z), outer - thick, thick, "y", 32, 6), wall)
    rim = outer - 2 * thick
    profile = [(rim + 0.004, 0.011), (rim - 0.014, 0.010), (rim - 0.014, -0.010), (rim + 0.004, -0.011)]
    bag.add(outward(lathe(profile, 32, "y", (x, 0, z)), (x, 0, z)), ALLOY)
    bag.add(tube([(x, -0.05, z), (x, 0.05, z)], 0.016, 8), ALLOY)
    a = 2 * np.pi * np.arange(spokes) / spokes
    side = np.where(np.arange(spokes) % 2, 1.0, -1.0)
    twist = np.where((np.arange(spokes) // 2) % 2, 0.9, -0.9)
    start = np.stack([x + 0.02 * np.cos(a + twist), side * 0.028, z + 0.02 * np.sin(a + twist)], 1)
    end = np.stack([x + (rim - 0.012) * np.cos(a), 0 * a, z + (rim - 0.012) * np.sin(a)], 1)
    bag.add(joined(*(tube([p, q], 0.0016, 3, caps=False) for p, q in zip(start, end))), ALLOY)


def _at(point, y: float = 0.0):
    return np.array([point[0], y, point[1]], float)


def _mudguard(c: _Cycle, centre, low: float, high: float) -> Mesh:
    """A curved strip over a wheel, from angle ``low`` to ``high`` (degrees from +x upwards)."""
    a = np.radians(np.linspace(low, high, 15))
    r, profile = c.wheel + 0.018, ((-0.026, -0.012), (-0.015, 0.004), (0.015, 0.004), (0.026, -0.012))
    points = np.stack([np.stack([centre[0] + (r + dr) * np.cos(a), np.full(15, y), centre[1] + (r + dr) * np.sin(a)], 1) for y, dr in profile], 1)
    return outward(grid(points), _at(centre))


def _bicycle(kind: str, rng, colour=None) -> Bag:
    c, city = _CYCLES[kind], kind == "city_bicycle"
    bag = Bag(BICYCLE)
    paint = Surface("paint", tuple(colour) if colour is not None else _pair(rng, FRAME_COLOURS), roughness=0.35)
    wall = GUM if rng.random() < 0.15 else RUBBER
    _spoked(bag, *c.rear, c.wheel, c.tyre, wall)
    _spoked(bag, *c.front, c.wheel, c.tyre, wall)

    head_low, head_top, crank, seat_top = _at(c.head_low), _at(c.head_top), _at(c.crank), _at(c.seat_top)
    bag.add(tube([head_low, head_top], 0.022, 8), paint)
    if city:
        # a low step-through: a curved main tube, and a thinner one above it
        down = bent_path([head_low + [-0.01, 0, 0.02], (0.20, 0, 0.46), (0.04, 0, 0.33), crank], 4)
        bag.add(tube(down, 0.022, 8), paint)
        upper = bent_path([head_top + [-0.01, 0, -0.09], (0.16, 0, 0.60), (-0.02, 0, 0.47), (-0.165, 0, 0.50)], 4)
        bag.add(tube(upper, 0.015, 7), paint)
    else:
        bag.add(tube([head_low + [0, 0, 0.02], crank], 0.021, 8), paint)
        drop = 0.0 if rng.random() < 0.7 else 0.16
        bag.add(tube([head_top - [0, 0, 0.03], seat_top - [-0.20 * drop, 0, 0.03 + drop]], 0.017, 8), paint)
    bag.add(tube([crank, seat_top], 0.017, 8), paint)
    bag.add(tube([seat_top, _at(c.saddle) - [0, 0, 0.04]], 0.013, 6), ALLOY)
    for y in (0.055, -0.055):
        bag.add(tube([crank + [0, 0.6 * y, 0], _at(c.rear, y)], 0.010, 6), paint)
        bag.add(tube([seat_top + [0.006, 0.35 * y, -0.06], _at(c.rear, y)], 0.008, 6), paint)
        fork = bent_path([head_low + [0.0, 0.85 * y, -0.03], head_low + 0.6 * (_at(c.front) - head_low) + [0, y, -0.01], _at(c.front, y)], 4)
        bag.add(tube(fork, np.linspace(0.014, 0.009, len(fork)), 6), paint)
    bag.add(tube([head_low + [0, -0.05, -0.03], head_low + [0, 0.05, -0.03]], 0.016, 6), paint)
    bag.add(tube([crank + [0, -0.045, 0], crank + [0, 0.045, 0]], 0.024, 8), ALLOY)

    # handlebar
    gx, gy, gz = c.grip
    stem = head_top + (head_top - head_low) * (0.40 if not city else 0.55)
    bag.add(tube([head_top, stem], 0.013, 6), ALLOY)
    if city:
        half = [stem, stem + [0.05, 0.10, 0.04], (gx + 0.16, gy - 0.03, gz + 0.02), (gx + 0.05, gy, gz), (gx - 0.06, gy, gz - 0.015)]
    else:
        half = [stem, stem + [0.07, 0.04, 0.02], (gx + 0.02, gy - 0.10, gz), (gx, gy + 0.02, gz), (gx - 0.01, gy + 0.05, gz)]
    path = bent_path(half, 4)
    bag.add(tube(path, 0.011, 6), ALLOY if rng.random() < 0.5 else BLACK, pair=True)
    bag.add(tube(path[-5:], 0.017, 7), LEATHER if not city else BROWN_LEATHER, pair=True)
    bag.add(tube([path[-6] + [0.02, 0, -0.01], path[-2] + [0.045, 0.0, -0.02]], 0.005, 4), STEEL, pair=True)
    bag.add(tube(bent_path([path[4] + [0.02, 0, 0], head_top + [0.12, 0.03, 0.0], head_low + [0.05, 0.01, 0]], 3), 0.003, 4, caps=False), GAP)

    # saddle: wide behind, a narrow nose
    sx, sz = c.saddle
    xs = np.array([-0.125, -0.11, -0.06, 0.0, 0.06, 0.12, 0.135])
    wide = np.array([0.035, 0.072, 0.078, 0.050, 0.026, 0.020, 0.008]) * (1.25 if city else 1.0)
    a = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    thick = np.array([0.012, 0.03, 0.034, 0.028, 0.022, 0.020, 0.008])
    points = np.stack([np.stack([np.full(10, sx + x), w * np.cos(a), sz + t * np.sin(a) - 0.002 + 0.010 * (x < -0.05)], 1) for x, w, t in zip(xs, wide, thick)])
    bag.add(outward(grid(points, close_columns=True), (sx, 0, sz)), BROWN_LEATHER if city and rng.random() < 0.5 else LEATHER)

    # cranks, pedals, chain
    ring_r = 0.092
    bag.add(ring((c.crank[0], -0.045, c.crank[1]), ring_r - 0.008, 0.008, "y", 20, 4), STEEL)
    for k in range(4):
        angle = 2 * np.pi * k / 4 + 0.4
        bag.add(tube([_at(c.crank, -0.045), _at((c.crank[0] + ring_r * np.cos(angle), c.crank[1] + ring_r * np.sin(angle)), -0.045)], 0.006, 4, caps=False), STEEL)
    bag.add(tube([_at(c.rear, -0.055), _at(c.rear, -0.035)], 0.038, 10), STEEL)
    for dz in (1, -1):
        bag.add(tube([_at((c.crank[0], c.crank[1] + dz * (ring_r - 0.004)), -0.045), _at((c.rear[0], c.rear[1] + dz * 0.036), -0.045)], 0.005, 4), STEEL)
    if city:
        outline = [(c.crank[0] + 0.11, c.crank[1] - 0.06), (c.crank[0] + 0.12, c.crank[1] + 0.05), (c.crank[0] + 0.02, c.crank[1] + 0.115), (c.rear[0] - 0.01, c.rear[1] + 0.055), (c.rear[0] - 0.05, c.rear[1] + 0.01), (c.rear[0], c.rear[1] - 0.045), (c.crank[0], c.crank[1] - 0.11)]
        bag.add(extruded(outline, 0.016, "y", -0.056), GLOSS_BLACK if rng.random() < 0.6 else paint, smooth=False)
    for s in (1, -1):
        end = (c.crank[0] + s * 0.08, c.crank[1] + s * 0.15)
        y = s * 0.06
        bag.add(tube([_at(c.crank, y), _at(end, y + s * 0.01)], 0.009, 6), ALLOY)
        bag.add(cuboid((end[0] + 0.005, s * 0.125, end[1]), (0.085, 0.095, 0.022)), GAP, smooth=False)

    # mudguards, carrier, lamps, stand
    if city or rng.random() < 0.6:
        guard = paint if city else GLOSS_BLACK
        bag.add(_mudguard(c, c.rear, 40, 205), guard)
        bag.add(_mudguard(c, c.front, -25 if city else 10, 128), guard)
        for y in (0.03, -0.03):
            bag.add(tube([_at(c.rear, 1.8 * y), _at((c.rear[0] - 0.30, c.rear[1] + 0.24), y)], 0.003, 3, caps=False), STEEL)
            z = c.rear[1] + c.wheel + 0.07
            bag.add(tube([_at((c.seat_top[0] - 0.05, z)), (c.seat_top[0] - 0.10, 2 * y, z), (c.rear[0] - 0.20, 2 * y, z), (c.rear[0] - 0.21, 0, z)], 0.006, 5), STEEL)
            bag.add(tube([(c.rear[0] - 0.05, 2 * y, z), _at(c.rear, 2 * y)], 0.005, 4), STEEL)
        bag.add(tube([_at((c.seat_top[0] - 0.10, z)), _at((c.rear[0] - 0.20, z))], 0.006, 5), STEEL)
        bag.add(blob((c.rear[0] - 0.225, 0, z - 0.03), (0.025, 0.09, 0.045), 3, 10, 5), RED_LAMP)
    lamp = head_top + [0.075, 0, -0.07] if city else head_low + [0.075, 0, 0.07]
    bag.add(blob(lamp, (0.07, 0.065, 0.065), 2.4, 10, 7), GLOSS_BLACK if not city else CHROME)
    bag.add(disc(lamp + [0.033, 0, 0], 0.027, "x", 10, 0.006), LAMP_GLASS)
    bag.add(tube([_at((c.crank[0] - 0.06, c.crank[1]), 0.03), (c.crank[0] - 0.10, 0.16, 0.02)], 0.009, 6), STEEL)
    if city and rng.random() < 0.6:
        _basket(bag, head_top + [0.24, 0, -0.02])
        for y in (0.05, -0.05):
            bag.add(tube([_at(c.front, y), head_top + [0.22, y, -0.13], head_top + [0.01, 0.4 * y, -0.10]], 0.006, 5), STEEL)
    return bag


def _basket(bag: Bag, centre):
    """An open front basket of wickerwork."""
    lower, upper, tall = np.array([0.11, 0.15]), np.array([0.14, 0.19]), 0.22
    a = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    shape = np.stack([np.sign(np.cos(a)) * np.abs(np.cos(a)) ** 0.6, np.sign(np.sin(a)) * np.abs(np.sin(a)) ** 0.6], 1)
    rings = []
    for t in (0.0, 0.5, 1.0):
        size = lower + (upper - lower) * t
        rings.append(np.column_stack([shape * size, np.full(16, (t - 0.5) * tall)]))
    wall = outward(grid(np.stack(rings), close_columns=True))
    fan = np.array([[0, k, k + 1] for k in range(1, 15)])
    bottom = facing((rings[0].copy(), fan), (0, 0, 1))
    bag.add(shifted(joined(wall, (wall[0] * 0.98, wall[1][:, ::-1]), bottom), centre), BASKET)
    rim = np.vstack([rings[-1], rings[-1][:1]])
    bag.add(shifted(tube(rim, 0.009, 5, caps=False), centre), BASKET)


def _moto_wheel(bag: Bag, x: float, radius: float, width: float, finish: Surface, spokes: int = 5):
    rim = radius * 0.70
    wheel = tyre(radius, width, rim, 28)
    barrel = lathe([(rim * 1.01, width * 0.36), (rim * 0.90, width * 0.34), (rim * 0.88, 0), (rim * 0.90, -width * 0.34), (rim * 1.01, -width * 0.36)], 24)
    bag.add(shifted(wheel, (x, 0, radius)), RUBBER)
    bag.add(shifted(facing_axis(barrel, outside=False), (x, 0, radius)), finish)
    one = spoke(rim * 0.98, spokes, 0.016, 0.03, 0.03)
    bag.add(shifted(joined(one, (one[0] * [1, -1, 1], one[1][:, ::-1])), (x, 0, radius)), finish, smooth=False)
    bag.add(tube([(x, -0.09, radius), (x, 0.09, radius)], 0.032, 10), STEEL)
    for y in (0.058, -0.058):
        annulus = [(rim * 0.42, y - 0.002), (rim * 0.72, y - 0.002), (rim * 0.72, y + 0.002), (rim * 0.42, y + 0.002), (rim * 0.42, y - 0.002)]
        bag.add(outward(lathe(annulus, 20, "y", (x, 0, radius)), (x, y, radius)), BRAKE, smooth=False)
        bag.add(tube([(x, y - 0.004, radius), (x, y + 0.004, radius)], rim * 0.43, 12), GLOSS_BLACK, smooth=False)


def _loft(rows, around: int = 14, power: float = 2.4) -> Mesh:
    """A closed body through stations (x, z middle, half width, half height)."""
    a = np.linspace(0, 2 * np.pi, around, endpoint=False)
    c = np.sign(np.cos(a)) * np.abs(np.cos(a)) ** (2 / power)
    s = np.sign(np.sin(a)) * np.abs(np.sin(a)) ** (2 / power)
    rows = np.asarray(rows, float)
    ends = [np.concatenate([rows[0, :2], [0, 0]]), np.concatenate([rows[-1, :2], [0, 0]])]
    rows = np.vstack([ends[0], rows, ends[1]])
    points = np.stack([np.stack([np.full(around, x), w * c, z + h * s], 1) for x, z, w, h in rows])
    return outward(grid(points, close_columns=True))


def motorcycle(rng, colour=None) -> Bag:
    """A naked motorcycle: tank, engine, stepped saddle, fork, exhaust."""
    bag = Bag(MOTORCYCLE)
    paint = Surface("paint", tuple(colour) if colour is not None else _pair(rng, TANK_COLOURS), roughness=0.3)
    finish = GLOSS_BLACK if rng.random() < 0.6 else RIM_FINISHES[0]
    radius, x_front, x_rear = 0.305, 0.715, -0.715
    _moto_wheel(bag, x_front, radius, 0.12, finish)
    _moto_wheel(bag, x_rear, radius, 0.165, finish)
    head = np.array([0.36, 0, 0.90])
    axle = np.array([x_front, 0, radius])
    for y in (0.105, -0.105):
        side = np.array([0, y, 0])
        middle = head + 0.5 * (axle - head)
        bag.add(tube([head + side + [-0.02, 0, 0.06], middle + side], 0.027, 8), STEEL)
        bag.add(tube([middle + side, axle + side], 0.020, 8), CHROME)
        bag.add(tube([axle + side * 0.5, axle + side * 1.05], 0.03, 8), STEEL)
        # swing arm, rear frame, pegs
        bag.add(tube([(-0.22, y * 1.05, 0.40), (x_rear, y * 1.05, radius)], [0.035, 0.024], 6), STEEL)
        bag.add(tube([(0.25, y * 0.6, 0.82), (-0.05, y * 1.2, 0.55), (-0.22, y * 1.2, 0.40)], 0.022, 6), STEEL)
        bag.add(tube([(-0.10, y * 1.1, 0.62), (-0.62, y * 0.8, 0.76)], 0.014, 6), STEEL)
        bag.add(tube([(-0.12, y * 1.1, 0.34), (-0.12, y * 2.1, 0.34)], 0.014, 6), RUBBER)
        # spring and damper from the swing arm up to the rear frame
        low, high = np.array([x_rear + 0.10, y * 1.15, radius + 0.03]), np.array([-0.50, y * 0.95, 0.76])
        bag.add(tube([low, high], 0.016, 7), CHROME)
        for t in np.linspace(0.18, 0.72, 7):
            bag.add(tube([low + (high - low) * (t - 0.022), low + (high - low) * (t + 0.022)], 0.031, 8), BLACK)
    for z in (0.90, 0.74):
        t = (0.90 - z) / (0.90 - radius)
        bag.add(cuboid(head + t * (axle - head) + [-0.01, 0, 0.02], (0.07, 0.26, 0.035)), BLACK, smooth=False)
    bag.add(_loft([(0.36, 0.83, 0.06, 0.06), (0.30, 0.86, 0.115, 0.09), (0.18, 0.87, 0.145, 0.115), (0.02, 0.845, 0.135, 0.10), (-0.10, 0.80, 0.10, 0.065), (-0.14, 0.78, 0.07, 0.04)]), paint)
    bag.add(disc((0.16, 0, 0.985), 0.03, "z", 10, 0.01), CHROME)
    bag.add(_loft([(-0.06, 0.785, 0.09, 0.04), (-0.16, 0.78, 0.125, 0.045), (-0.34, 0.785, 0.13, 0.045), (-0.42, 0.815, 0.115, 0.05), (-0.62, 0.845, 0.09, 0.04), (-0.70, 0.86, 0.06, 0.02)]), LEATHER)
    bag.add(_loft([(-0.30, 0.735, 0.10, 0.03), (-0.55, 0.785, 0.095, 0.045), (-0.74, 0.84, 0.06, 0.035), (-0.80, 0.855, 0.03, 0.015)]), paint)
    bag.add(blob((-0.80, 0, 0.835), (0.05, 0.13, 0.05), 3, 10, 5), RED_LAMP)
    # engine: crankcase, cylinders with fins, covers
    bag.add(blob((0.02, 0, 0.43), (0.50, 0.34, 0.28), 3.2, 14, 8), STEEL)
    for k in range(6):
        bag.add(turned(cuboid((0.12, 0, 0.56 + 0.030 * k), (0.22, 0.30, 0.016)), "y", 0.22, (0.1, 0, 0.5)), STEEL, smooth=False)
    bag.add(turned(blob((0.13, 0, 0.75), (0.22, 0.30, 0.08), 4, 10, 5), "y", 0.22, (0.1, 0, 0.5)), ALLOY)
    for s in (1, -1):
        bag.add(facing(lathe([(0.11, 0.14), (0.10, 0.19), (0.05, 0.205), (0.0, 0.205)], 16, "y", (-0.03, 0, 0.42)), (0, 1, 0)) if s > 0 else
                facing(lathe([(0.12, -0.14), (0.11, -0.19), (0.05, -0.205), (0.0, -0.205)], 16, "y", (-0.02, 0, 0.43)), (0, -1, 0)), ALLOY)
    bag.add(cuboid((0.37, 0, 0.62), (0.05, 0.32, 0.30)), GAP, smooth=False)
    for y in (0.05, -0.05):
        pipe = bent_path([(0.22, y, 0.68), (0.36, y * 1.3, 0.55), (0.34, y * 1.3, 0.34), (0.10, -0.05 + y, 0.24), (-0.18, -0.13, 0.26)], 4)
        bag.add(tube(pipe, 0.021, 8, caps=False), CHROME)
    bag.add(tube([(-0.18, -0.14, 0.27), (-0.34, -0.19, 0.32), (-0.78, -0.215, 0.46)], [0.03, 0.055, 0.05], 12), CHROME if rng.random() < 0.5 else GLOSS_BLACK)
    # mudguards
    a = np.radians(np.linspace(20, 150, 11))
    r = radius + 0.022
    arc = np.stack([x_front + r * np.cos(a), 0 * a, radius + r * np.sin(a)], 1)
    inner = arc - np.stack([np.cos(a), 0 * a, np.sin(a)], 1) * 0.03
    points = np.stack([inner + [0, -0.078, 0], arc + [0, -0.045, 0], arc + [0, 0.045, 0], inner + [0, 0.078, 0]], 1)
    guard = outward(grid(points), (x_front, 0, radius))
    bag.add(guard, paint if rng.random() < 0.6 else GLOSS_BLACK)
    bag.add(tube([(-0.70, 0, 0.80), (-0.93, 0, 0.62)], [0.05, 0.012], 6), GAP)
    bag.add(turned(cuboid((-0.955, 0, 0.62), (0.01, 0.18, 0.20)), "y", 0.35, (-0.955, 0, 0.62)), PLATE, smooth=False)
    # head lamp, clocks, bars, mirrors, indicators
    lamp = np.array([0.47, 0, 0.90])
    bag.add(blob(lamp, (0.17, 0.19, 0.19), 2.1, 14, 8), GLOSS_BLACK)
    bag.add(disc(lamp + [0.066, 0, 0], 0.083, "x", 18, 0.035), LAMP_GLASS)
    bag.add(ring(lamp + [0.062, 0, 0], 0.083, 0.008, "x", 18, 5), CHROME)
    bag.add(turned(blob((0.42, 0, 1.02), (0.05, 0.15, 0.09), 3, 10, 5), "y", -0.4, (0.42, 0, 1.02)), BLACK)
    bar = bent_path([(0.36, 0.0, 0.98), (0.36, 0.10, 0.98), (0.40, 0.20, 1.03), (0.375, 0.32, 1.02), (0.36, 0.40, 1.015)], 4)
    bag.add(tube(bar, 0.012, 6), BLACK, pair=True)
    bag.add(tube(bar[-6:], 0.018, 8), RUBBER, pair=True)
    bag.add(tube([bar[-7] + [0.03, 0, 0], bar[-1] + [0.065, 0, -0.01]], 0.006, 4), ALLOY, pair=True)
    bag.add(tube([bar[-8], bar[-8] + [0.01, 0.06, 0.13], bar[-8] + [0.0, 0.09, 0.17]], 0.006, 5), BLACK, pair=True)
    bag.add(blob(bar[-8] + [0.0, 0.10, 0.20], (0.045, 0.14, 0.085), 2.6, 10, 6), GLOSS_BLACK, pair=True)
    bag.add(blob(bar[-8] + [-0.018, 0.10, 0.20], (0.016, 0.115, 0.066), 2.6, 10, 5), MIRROR, pair=True)
    for x, y, z in ((0.44, 0.17, 0.87), (-0.74, 0.14, 0.79)):
        bag.add(tube([(x, 0.05, z), (x, y, z)], 0.008, 5), BLACK, pair=True)
        bag.add(blob((x, y + 0.02, z), (0.06, 0.05, 0.045), 2.3, 8, 5), AMBER, pair=True)
    bag.add(tube([(-0.16, 0.12, 0.30), (-0.24, 0.25, 0.015)], 0.013, 6), STEEL)
    return bag


def scooter(rng, colour=None) -> Bag:
    """A step-through scooter: leg shield, flat floor, rounded tail."""
    bag = Bag(MOTORCYCLE)
    paint = Surface("paint", tuple(colour) if colour is not None else _pair(rng, SCOOTER_COLOURS), roughness=0.3)
    radius, x_front, x_rear = 0.235, 0.645, -0.625
    finish = RIM_FINISHES[int(rng.integers(3))]
    _moto_wheel(bag, x_front, radius, 0.11, finish)
    _moto_wheel(bag, x_rear, radius, 0.12, finish)
    # tail body, saddle, floor
    bag.add(_loft([(-0.02, 0.46, 0.15, 0.14), (-0.12, 0.52, 0.185, 0.20), (-0.34, 0.54, 0.215, 0.20), (-0.60, 0.56, 0.205, 0.165), (-0.80, 0.60, 0.13, 0.10), (-0.90, 0.62, 0.05, 0.04)], 16, 2.6), paint)
    bag.add(_loft([(-0.02, 0.735, 0.09, 0.025), (-0.14, 0.755, 0.135, 0.05), (-0.40, 0.765, 0.145, 0.05), (-0.52, 0.785, 0.14, 0.055), (-0.76, 0.785, 0.105, 0.045), (-0.84, 0.775, 0.05, 0.02)], 14, 2.8), LEATHER if rng.random() < 0.7 else BROWN_LEATHER)
    bag.add(blob((0.16, 0, 0.285), (0.62, 0.35, 0.11), 6, 16, 7), paint)
    bag.add(cuboid((0.16, 0, 0.338), (0.50, 0.30, 0.012)), RUBBER, smooth=False)
    # leg shield: a curved plate from the floor to the bars
    t, y = np.linspace(0, 1, 10), np.linspace(-1, 1, 9)
    line = bent_path([(0.40, 0, 0.26), (0.50, 0, 0.42), (0.47, 0, 0.62), (0.42, 0, 0.80), (0.38, 0, 0.94)], 4)
    wide = np.interp(np.linspace(0, 1, len(line)), [0, 0.25, 0.6, 0.85, 1], [0.17, 0.215, 0.225, 0.17, 0.09])
    points = line[:, None] + np.stack([-0.12 * np.abs(y) ** 2.2, 0 * y, 0 * y], 1)[None] * np.ones((len(line), 1, 1))
    points[..., 1] = wide[:, None] * y[None]
    front = facing(grid(points), (1, 0, 0))
    bag.add(front, paint)
    bag.add((points.reshape(-1, 3) - [0.025, 0, 0], front[1][:, ::-1]), GREY_PLASTIC)
    bag.add(tube(np.concatenate([points[::2, 0], points[-1, 1:-1], points[::-2, -1]]) - [0.012, 0, 0], 0.014, 5), CHROME if rng.random() < 0.4 else paint)
    bag.add(_loft([(0.30, 0.80, 0.03, 0.06), (0.38, 0.72, 0.05, 0.16), (0.47, 0.62, 0.05, 0.17), (0.52, 0.55, 0.03, 0.10)], 12, 2.2), paint)
    # fork and front mudguard
    axle = np.array([x_front, 0, radius])
    for y0 in (0.075, -0.075):
        bag.add(tube([(0.50, y0 * 0.8, 0.52), axle + [-0.02, y0, 0.03]], 0.024, 7), STEEL)
    bag.add(_loft([(0.40, 0.42, 0.05, 0.07), (0.48, 0.47, 0.085, 0.085), (0.62, 0.50, 0.09, 0.07), (0.76, 0.465, 0.078, 0.055), (0.85, 0.42, 0.04, 0.03)], 12, 2.4), paint)
    # handlebar cowl, lamp, mirrors
    bag.add(_loft([(0.28, 0.985, 0.06, 0.03), (0.34, 1.0, 0.16, 0.05), (0.42, 1.0, 0.15, 0.07), (0.48, 0.99, 0.08, 0.06)], 14, 2.4), paint)
    lamp = np.array([0.475, 0, 0.985])
    bag.add(disc(lamp, 0.068, "x", 16, 0.02), LAMP_GLASS)
    bag.add(ring(lamp, 0.068, 0.008, "x", 16, 5), CHROME)
    bar = np.array([(0.36, 0.12, 1.01), (0.36, 0.24, 1.02), (0.345, 0.36, 1.015)])
    bag.add(tube(bar, 0.013, 6), BLACK, pair=True)
    bag.add(tube(bar[1:], 0.019, 8), RUBBER, pair=True)
    bag.add(tube([bar[1] + [0.03, 0, 0], bar[2] + [0.06, 0, -0.01]], 0.006, 4), ALLOY, pair=True)
    bag.add(tube([(0.37, 0.17, 1.03), (0.37, 0.23, 1.16), (0.36, 0.26, 1.20)], 0.006, 5), BLACK, pair=True)
    bag.add(blob((0.36, 0.28, 1.23), (0.04, 0.13, 0.10), 2.3, 10, 6), CHROME if rng.random() < 0.4 else GLOSS_BLACK, pair=True)
    bag.add(blob((0.342, 0.28, 1.23), (0.014, 0.11, 0.08), 2.3, 10, 5), MIRROR, pair=True)
    # lamps, plate, exhaust, stand
    for x, y1, z, size in ((0.445, 0.15, 0.76, 0.05), (-0.82, 0.10, 0.64, 0.05)):
        bag.add(blob((x, y1, z), (size, 0.06, 0.05), 2.4, 8, 5), AMBER, pair=True)
    bag.add(blob((-0.885, 0, 0.65), (0.06, 0.13, 0.06), 3, 10, 6), RED_LAMP)
    bag.add(blob((-0.42, 0.02, 0.27), (0.60, 0.20, 0.17), 3.0, 12, 7), STEEL)
    bag.add(facing(lathe([(0.10, 0.09), (0.09, 0.125), (0.0, 0.13)], 14, "y", (-0.32, 0, 0.28)), (0, 1, 0)), BLACK)
    bag.add(tube([(-0.80, 0, 0.56), (-0.90, 0, 0.40)], [0.05, 0.014], 6), GAP)
    bag.add(turned(cuboid((-0.91, 0, 0.44), (0.01, 0.17, 0.15)), "y", 0.25, (-0.91, 0, 0.44)), PLATE, smooth=False)
    bag.add(tube([(-0.30, -0.13, 0.20), (-0.45, -0.16, 0.24), (-0.80, -0.17, 0.33)], [0.03, 0.05, 0.045], 10), GLOSS_BLACK)
    bag.add(tube([(-0.20, 0.10, 0.22), (-0.28, 0.16, 0.015)], 0.012, 6), STEEL)
    bag.add(facing(disc((0.505, 0, 0.66), 0.022, "x", 8, 0.004), (1, 0, 0)), REFLECTOR)
    return bag


def bicycle(rng, colour=None) -> Bag:
    """A sporty or trekking bicycle with a diamond frame."""
    return _bicycle("bicycle", rng, colour)


def city_bicycle(rng, colour=None) -> Bag:
    """A step-through city bicycle with mudguards, chain guard and often a basket."""
    return _bicycle("city_bicycle", rng, colour)


#: kind -> (length, width, height) in metres.
SIZES = {
    "bicycle": (1.74, 0.66, 1.03), "city_bicycle": (1.82, 0.62, 1.13),
    "motorcycle": (2.03, 0.82, 1.25), "scooter": (1.80, 0.72, 1.27),
}
BUILDERS = {"bicycle": bicycle, "city_bicycle": city_bicycle, "motorcycle": motorcycle, "scooter": scooter}
