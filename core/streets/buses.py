"""City buses, coaches and trams."""

from __future__ import annotations

import numpy as np

from core.streets.car_details import (
    AMBER, BLACK, CABIN, DAYLIGHT, GAP, GLOSS_BLACK, GREY_PLASTIC, LAMP_GLASS, MIRROR, RED_GLOW, RED_LAMP, REFLECTOR, WHITE_LAMP,
)
from core.streets.hulls import Hull, lettering
from core.streets.naming import BUS, BUS_BAND, BUS_LETTERING, BUS_TRIM
from core.streets.parts import Surface
from core.streets.vehicle_shapes import Bag, blob, cuboid, facing, lathe, tube
from core.streets.wheels import BRAKE, RIM_FINISHES, put_wheel, truck_wheel

BUS_GLASS, BUS_WHEEL, TRAIN, TRAIN_GLASS = 53, 54, 31, 56
BUS_RIM, BUS_LIGHT, BUS_TAIL_LIGHT = 80, 83, 84

PANE = Surface("glass", (0.62, 0.68, 0.67), roughness=0.02)
DARK_PANE = Surface("glass", (0.20, 0.22, 0.23), roughness=0.02)
DESTINATIONS = ("CENTRE", "STATION", "MARKET", "HARBOUR", "AIRPORT", "OLD TOWN", "MUSEUM", "STADIUM", "PARK", "WEST END")
TOURS = ("TOURS", "TRAVEL", "EXPRESS", "HOLIDAYS", "VOYAGES")
AMBER_TEXT = Surface("emission", (1.0, 0.45, 0.04), strength=5.0)
WHITE_TEXT = Surface("emission", (0.95, 0.97, 1.0), strength=4.0)
CEILING = Surface("plastic", (0.62, 0.62, 0.60), roughness=0.6)
POLES = (
    Surface("paint", (0.75, 0.50, 0.03), roughness=0.4),
    Surface("metal", (0.6, 0.6, 0.62), roughness=0.3),
    Surface("paint", (0.02, 0.18, 0.45), roughness=0.4),
)
SEAT_CLOTHS = (
    Surface("cloth", (0.02, 0.06, 0.22), roughness=0.9),
    Surface("cloth", (0.22, 0.02, 0.03), roughness=0.9),
    Surface("cloth", (0.10, 0.11, 0.12), roughness=0.9),
    Surface("cloth", (0.02, 0.14, 0.10), roughness=0.9),
)
#: (body, second colour) linear RGB, as transport companies paint them.
LIVERIES = (
    ((0.74, 0.73, 0.68), (0.50, 0.012, 0.015)), ((0.78, 0.78, 0.77), (0.010, 0.070, 0.330)),
    ((0.52, 0.010, 0.012), (0.75, 0.75, 0.73)), ((0.76, 0.52, 0.02), (0.03, 0.03, 0.03)),
    ((0.015, 0.10, 0.36), (0.80, 0.80, 0.80)), ((0.78, 0.78, 0.77), (0.020, 0.260, 0.080)),
    ((0.03, 0.22, 0.10), (0.76, 0.72, 0.58)), ((0.55, 0.56, 0.58), (0.62, 0.16, 0.01)),
    ((0.76, 0.70, 0.50), (0.45, 0.02, 0.02)), ((0.80, 0.80, 0.80), (0.02, 0.34, 0.44)),
)


def livery(rng, colour=None) -> tuple[Surface, Surface, Surface]:
    """(body, second, accent) paints; ``colour`` takes the body's place."""
    body, second = LIVERIES[int(rng.integers(len(LIVERIES)))]
    _, accent = LIVERIES[int(rng.integers(len(LIVERIES)))]
    body = body if colour is None else tuple(colour)
    return tuple(Surface("paint", c, roughness=0.35) for c in (body, second, accent))


def _spread(start: float, end: float, pane: float) -> list[float]:
    """Even divisions of start..end into panes of about ``pane`` metres."""
    count = max(1, int(round(abs(end - start) / pane)))
    return list(np.linspace(start, end, count + 1))


def _inside(xs, gaps) -> bool:
    return any(low - 1e-6 <= xs <= high + 1e-6 for low, high in gaps)


def _add(bag: Bag, meshes, table):
    for name, mesh in meshes.items():
        surface, label = table[name]
        bag.add(mesh, surface, label)


def _saloon(bag: Bag, rng, x0, x1, half, floor, ceiling, keep_clear=(), back=0.62):
    """Seats, poles, floor and ceiling of a passenger room."""
    middle, span = (x0 + x1) / 2, x1 - x0
    bag.add(cuboid((middle, 0, floor), (span, 2 * half - 0.1, 0.04)), CABIN, smooth=False)
    bag.add(cuboid((middle, 0, ceiling), (span, 2 * half - 0.16, 0.03)), CEILING, smooth=False)
    cloth, pole = SEAT_CLOTHS[int(rng.integers(len(SEAT_CLOTHS)))], POLES[int(rng.integers(len(POLES)))]
    x = x0 + 0.55
    while x < x1 - 0.5:
        for side in (1, -1):
            if any(low - 0.2 < x < high + 0.2 and side == where for low, high, where in keep_clear):
                continue
            y = side * (half - 0.52)
            bag.add(cuboid((x + 0.20, y, floor + 0.44), (0.42, 0.84, 0.10)), cloth, smooth=False)
            bag.add(cuboid((x - 0.03, y, floor + 0.44 + back / 2), (0.09, 0.84, back)), cloth, smooth=False)
        x += 0.78
    for x in np.arange(x0 + 1.2, x1 - 0.6, 1.9):
        for side in (1, -1):
            bag.add(tube([(x, side * 0.42, floor), (x, side * 0.42, ceiling)], 0.018, 5, caps=False), pole)


def _mirror_arms(bag: Bag, hull: Hull, z: float, reach: float = 0.34):
    for side in (1, -1):
        root = hull(side * 0.82, z + 0.5)
        tip = np.array([hull.x1 + 0.10, side * (hull.half + 0.12), z + 0.30])
        bag.add(tube([root, (root + tip) / 2 + [0.06, 0, 0.08], tip], 0.022, 6), GLOSS_BLACK)
        bag.add(blob(tip - [0, 0, reach / 2], (0.13, 0.22, reach), 3.2, 12, 7), GLOSS_BLACK)
        bag.add(blob(tip - [0.062, 0, reach / 2], (0.02, 0.17, reach * 0.8), 3.5, 10, 5), MIRROR)


def city_bus(rng, colour=None, dims=(11.9, 2.55, 3.04)) -> Bag:
    """A low-floor city bus; doors on its right."""
    length, width, height = dims
    body, second, accent = livery(rng, colour)
    x1, x0 = length / 2, -length / 2
    sill, rim, radius = 0.30, height - 0.05, 0.49
    axles = (x1 - 2.72, x1 - 2.72 - 5.9)
    arches = [(x, radius + 0.07, radius) for x in axles]
    lean = rng.uniform(0.10, 0.24)
    hull = Hull(
        x0, x1, width, sill, rim,
        front=[(sill, 0.05), (0.5, 0.0), (0.95, 0.01), (2.5, 0.02 + lean), (rim - 0.12, 0.06 + lean), (rim, 0.24 + lean)],
        back=[(sill, 0.06), (0.6, 0.0), (2.4, 0.04), (rim - 0.12, 0.08), (rim, 0.2)],
        side=[(sill, 0.03), (0.5, 0.0), (1.3, 0.0), (2.5, 0.035), (rim - 0.22, 0.05), (rim - 0.10, 0.085), (rim - 0.03, 0.16), (rim, 0.25)],
        nose=0.55, tail=0.34, nose_power=rng.uniform(3.2, 4.6), tail_power=6.0, crown=0.05, arches=arches,
    )
    z_win, z_top = 1.02 + rng.uniform(-0.06, 0.06), 2.46
    doors = [(x1 - 1.95, x1 - 0.72), (x1 - 6.72, x1 - 5.46)]
    if rng.random() < 0.6:
        doors.append((x0 + 1.15, x0 + 2.25) if rng.random() < 0.3 else (x1 - 10.75, x1 - 9.65))
    pane_xs = []
    edges = _spread(x1 - 0.60, x0 + 0.55, 1.45)
    for x in edges:
        pane_xs += [x - 0.03, x + 0.03]
    door_xs = [x for low, high in doors for x in (low, low + 0.06, (low + high) / 2 - 0.035, (low + high) / 2 + 0.035, high - 0.06, high)]
    columns = hull.columns(pane_xs + door_xs)
    rows = sorted({sill, 0.42, 0.55, 0.80, z_win, z_win + 0.05, 1.6, 2.0, z_top - 0.32, z_top - 0.29, z_top, z_top + 0.12, rim - 0.16, rim - 0.10, rim - 0.06, rim - 0.03, rim})
    scheme = int(rng.integers(4))
    skirt = rng.random() < 0.5

    def kind(p, x, z):
        front, back, right = abs(p) < 1, abs(p) > 2, p < 0
        if front:
            if 0.80 < z < z_top and abs(p) < 0.86:
                return "glass"
            if z_top <= z < rim - 0.06 and abs(p) < 0.80:
                return "display"
            if z_win < z < z_top:
                return "glass" if abs(p) > 0.93 else "dark"
            return "body" if scheme != 1 or z > 0.55 else "second"
        if back:
            if 1.6 < z < z_top and abs(p) > 2.30:
                return "rear glass"
            return "second" if scheme in (2, 3) else "body"
        if right and _inside(x, doors):
            if z < 0.42 or z > z_top + 0.12:
                return "body"
            for low, high in doors:
                if low < x < high:
                    middle = (low + high) / 2
                    solid = x < low + 0.06 or x > high - 0.06 or abs(x - middle) < 0.035 or z < 0.55 or z > z_top
                    return "dark" if solid else "glass"
        if z_win < z < z_top:
            if any(abs(x - edge) < 0.03 for edge in edges) or z < z_win + 0.05 or z_top - 0.32 < z < z_top - 0.29:
                return "dark"
            if x < x0 + 0.55:
                return "body"
            return "glass"
        if skirt and z < 0.55:
            return "second"
        if scheme == 2 and x < x0 + 2.6 and z < rim - 0.16:
            return "second"
        if scheme == 3 and z > z_top:
            return "second"
        if scheme == 1 and 0.55 < z < 0.80:
            return "second"
        return "body"

    bag = Bag(BUS)
    _add(bag, hull.meshes(columns, rows, kind), {
        "body": (body, BUS), "second": (second, BUS_BAND), "glass": (PANE, BUS_GLASS), "rear glass": (DARK_PANE, BUS_GLASS),
        "dark": (GLOSS_BLACK, BUS_TRIM), "display": (GLOSS_BLACK, BUS_TRIM), "well": (GAP, BUS), "belly": (GAP, BUS),
    })
    if rng.random() < 0.45:
        p0, p1 = hull.p_of_x(axles[0] - 0.7), hull.p_of_x(axles[1] + 0.75)
        side = 1 if rng.random() < 0.6 else 1
        bag.add(hull.slanted([(side * p0, 0.50), (side * p1, 0.50), (side * p1, z_win - 0.06), (side * (p0 + 0.05), z_win - 0.06)], 0.003, 8, 3), accent, BUS_BAND)
    _saloon(bag, rng, x0 + 0.8, x1 - 2.2, width / 2 - 0.08, 0.36, height - 0.20, [(low, high, -1) for low, high in doors])
    bag.add(cuboid((x1 - 0.75, 0, 0.68), (0.5, width - 0.4, 0.62)), CABIN, smooth=False)
    bag.add(cuboid((x1 - 1.75, 0.62, 1.15), (0.10, 0.6, 0.85)), CABIN, smooth=False)
    bag.add(blob((x1 - 1.55, 0.62, 0.80), (0.5, 0.5, 0.16), 3.5, 8, 5), CABIN)
    bag.add(cuboid((x0 + 0.75, 0, 0.95), (1.1, width - 0.3, 1.15)), CABIN, smooth=False)
    text = AMBER_TEXT if rng.random() < 0.75 else WHITE_TEXT
    z_text = z_top + 0.10
    line, place = str(int(rng.integers(1, 100))), str(rng.choice(DESTINATIONS))
    bag.add(lettering(hull, line, -0.62, -0.36, z_text, 0.20), text, BUS_LETTERING)
    bag.add(lettering(hull, place, -0.24, 0.78, z_text + 0.01, 0.17), text, BUS_LETTERING)
    bag.add(facing(lettering(hull, line, 0.22, -0.22, 2.10, 0.22, 0.012, back=True), (-1, 0, 0)), text, BUS_LETTERING)
    bus_front(bag, hull, BUS, rng)
    bus_back(bag, hull, BUS)
    _mirror_arms(bag, hull, 1.95)
    _roof_units(bag, rng, hull, height, body, BUS)
    for k, x in enumerate(axles):
        wheel = truck_wheel(BUS_WHEEL, radius, 0.29, RIM_FINISHES[3], rear=k == 1, rim_label=BUS_RIM)
        put_wheel(bag, wheel, x, width / 2 - 0.035 - 0.145, radius)
    return bag


def bus_front(bag: Bag, hull: Hull, label: int, rng, z: float = 0.62):
    """Lamps, bumper line, plate and wipers."""
    light = BUS_LIGHT if label == BUS else label
    for side in (1, -1):
        bag.add(hull.patch(side * 0.52, side * 0.90, z - 0.10, z + 0.10, 0.006, 8, 4), GLOSS_BLACK, light)
        bag.add(hull.patch(side * 0.55, side * 0.67, z - 0.075, z + 0.075, 0.012, 5, 4), REFLECTOR, light)
        bag.add(hull.patch(side * 0.69, side * 0.79, z - 0.075, z + 0.075, 0.012, 5, 4), LAMP_GLASS, light)
        bag.add(hull.patch(side * 0.81, side * 0.88, z - 0.075, z + 0.075, 0.012, 4, 3), AMBER, light)
        bag.add(hull.patch(side * 0.54, side * 0.88, z + 0.080, z + 0.10, 0.014, 6, 2), DAYLIGHT, light)
    bag.add(hull.patch(-0.40, 0.40, hull.sill + 0.04, hull.sill + 0.16, 0.004, 9, 2), BLACK)
    bag.add(hull.line(np.linspace(-0.95, 0.95, 17), np.full(17, hull.sill + 0.20), 0.012), GAP)
    bag.add(cuboid((hull.x1 + 0.008, 0, z - 0.11), (0.012, 0.52, 0.11)), WHITE_LAMP, smooth=False)
    for side, tip in ((1, -0.05), (-1, -0.75)):
        a, b = hull(0.0, 0.86), hull(float(hull.p_of_y(0.55)), 1.25)
        root = np.array([a[0] + 0.03, side * 0.55 + 0.25, 0.84])
        end = np.array([b[0] + 0.03, tip + 0.25, 1.30])
        bag.add(tube([root, end], [0.012, 0.008], 5), GAP)


def bus_back(bag: Bag, hull: Hull, label: int):
    """Tail lamps, engine lid and its grille, plate, bumper."""
    light = BUS_TAIL_LIGHT if label == BUS else label
    for side in (1, -1):
        for z, surface in ((0.78, RED_LAMP), (0.98, AMBER), (1.16, RED_GLOW), (0.60, WHITE_LAMP)):
            p = float(hull.p_of_y(0.86 * hull.half, True)), float(hull.p_of_y(0.955 * hull.half, True))
            bag.add(hull.patch(side * p[0], side * p[1], z - 0.07, z + 0.07, 0.010, 4, 3), surface, light)
        bag.add(hull.patch(side * p[0], side * p[1], 2.62, 2.72, 0.010, 4, 3), RED_GLOW, light)
    y = 0.72 * hull.half
    x = hull.x0

    def at(yy, z):
        return hull(hull.p_of_y(yy, True), z)

    for z0, z1 in ((0.55, 1.45),):
        edge = [(-y, z0), (y, z0), (y, z1), (-y, z1), (-y, z0)]
        for (ya, za), (yb, zb) in zip(edge[:-1], edge[1:]):
            a, b = at(ya, za) - [0.004, 0, 0], at(yb, zb) - [0.004, 0, 0]
            bag.add(tube([a, b], 0.006, 4), GAP)
    for k in range(6):
        z = 0.98 + 0.06 * k
        bag.add(cuboid((at(0.0, z)[0] - 0.004, -0.1, z), (0.02, 1.2, 0.035)), BLACK, smooth=False)
    bag.add(cuboid((x + 0.0, 0, 0.72), (0.02, 0.52, 0.11)), WHITE_LAMP, smooth=False)
    bag.add(cuboid((x + 0.03, 0, hull.sill + 0.10), (0.08, 1.8 * hull.half, 0.16)), GREY_PLASTIC, smooth=False)


def _roof_units(bag: Bag, rng, hull: Hull, height: float, body: Surface, label: int, tall: float = 0.16):
    """Air conditioning and hatches."""
    z = hull.height + hull.crown
    for x in (hull.x0 + 0.30 * (hull.x1 - hull.x0), hull.x0 + 0.68 * (hull.x1 - hull.x0)):
        if rng.random() < 0.8:
            bag.add(blob((x, 0, z + tall / 2 - 0.03), (2.0, 1.7, tall), 6, 16, 7), body)
    bag.add(cuboid((hull.x0 + 0.5 * (hull.x1 - hull.x0), 0, z + 0.01), (0.8, 0.8, 0.05)), CEILING, smooth=False)


def coach(rng, colour=None, dims=(12.3, 2.55, 3.60)) -> Bag:
    """A high-floor touring coach with dark panes."""
    length, width, height = dims
    body, second, accent = livery(rng, colour)
    x1, x0 = length / 2, -length / 2
    sill, rim, radius = 0.28, height - 0.06, 0.51
    axles = (x1 - 2.75, x1 - 2.75 - 6.1)
    arches = [(x, radius + 0.07, radius) for x in axles]
    hull = Hull(
        x0, x1, width, sill, rim,
        front=[(sill, 0.06), (0.5, 0.0), (1.0, 0.01), (2.6, 0.30), (rim - 0.15, 0.55), (rim, 0.80)],
        back=[(sill, 0.08), (0.6, 0.0), (1.8, 0.03), (2.9, 0.14), (rim - 0.12, 0.20), (rim, 0.34)],
        side=[(sill, 0.04), (0.55, 0.0), (1.5, 0.0), (3.0, 0.05), (rim - 0.24, 0.075), (rim - 0.10, 0.12), (rim - 0.03, 0.20), (rim, 0.28)],
        nose=0.95, tail=0.50, nose_power=3.3, tail_power=4.5, crown=0.05, arches=arches,
    )
    z_win, z_top = 1.62, 2.98
    door = (x1 - 1.98, x1 - 1.05)
    edges = _spread(x1 - 2.05, x0 + 0.70, 1.6)
    xs = [v for x in edges for v in (x - 0.025, x + 0.025)] + [door[0], door[0] + 0.05, door[1] - 0.05, door[1]]
    rows = sorted({sill, 0.42, 0.62, 0.98, 1.35, z_win, z_win + 0.06, 2.1, 2.6, z_top, 3.12, rim - 0.20, rim - 0.10, rim - 0.06, rim - 0.03, rim})

    def kind(p, x, z):
        front, back, right = abs(p) < 1, abs(p) > 2, p < 0
        if front:
            if 0.98 < z < 3.12:
                return "screen" if abs(p) < 0.80 else "dark" if abs(p) < 0.88 else ("glass" if z > 1.35 else "body")
            return "body"
        if back:
            return "glass" if 2.1 < z < z_top and abs(p) > 2.35 else "body"
        if right and door[0] < x < door[1] and 0.42 < z < z_top:
            return "dark" if x < door[0] + 0.05 or x > door[1] - 0.05 or z < 0.62 else "screen"
        if z_win < z < z_top and x > x0 + 0.62:
            return "dark" if any(abs(x - edge) < 0.025 for edge in edges) or z < z_win + 0.06 else "glass"
        return "body"

    bag = Bag(BUS)
    _add(bag, hull.meshes(hull.columns(xs), rows, kind), {
        "body": (body, BUS), "screen": (PANE, BUS_GLASS), "glass": (DARK_PANE, BUS_GLASS), "dark": (GLOSS_BLACK, BUS_TRIM),
        "well": (GAP, BUS), "belly": (GAP, BUS),
    })
    for side in (1, -1):
        a, b, c = (float(hull.p_of_x(x)) for x in (x1 - 4.6, x0 + 3.4, x0 + 0.9))
        shift = 0.16
        bag.add(hull.slanted([(side * b, 0.80), (side * c, 0.80), (side * (c - 0.01), 1.56), (side * (b - shift), 1.56)], 0.003, 6, 3), second, BUS_BAND)
        bag.add(hull.slanted([(side * (b - 0.045), 0.80), (side * (b - 0.015), 0.80), (side * (b - shift - 0.015), 1.56), (side * (b - shift - 0.045), 1.56)], 0.004, 3, 3), accent, BUS_BAND)
        # luggage bays
        for x in np.linspace(axles[0] - 0.85, axles[1] + 0.85, 4):
            p = float(hull.p_of_x(x))
            bag.add(hull.line(np.full(5, side * p), np.linspace(0.40, 1.34, 5)), GAP)
        p = np.linspace(float(hull.p_of_x(axles[0] - 0.85)), float(hull.p_of_x(axles[1] + 0.85)), 6)
        bag.add(hull.line(side * p, np.full(6, 1.34)), GAP)
    _saloon(bag, rng, x0 + 0.7, x1 - 2.3, width / 2 - 0.1, 1.25, height - 0.25, back=0.78)
    bag.add(cuboid((x1 - 1.0, 0, 0.80), (0.7, width - 0.5, 0.55)), CABIN, smooth=False)
    bag.add(cuboid((x1 - 1.95, 0.6, 1.35), (0.12, 0.6, 0.9)), CABIN, smooth=False)
    bag.add(lettering(hull, str(rng.choice(TOURS)), -0.55, 0.55, 3.16, 0.13), WHITE_TEXT, BUS_LETTERING)
    bus_front(bag, hull, BUS, rng, 0.68)
    bus_back(bag, hull, BUS)
    _mirror_arms(bag, hull, 2.05, 0.42)
    _roof_units(bag, rng, hull, height, body, BUS, 0.14)
    for k, x in enumerate(axles):
        wheel = truck_wheel(BUS_WHEEL, radius, 0.30, RIM_FINISHES[0], rear=k == 1, rim_label=BUS_RIM)
        put_wheel(bag, wheel, x, width / 2 - 0.035 - 0.15, radius)
    return bag


def tram(rng, colour=None, dims=(22.4, 2.40, 3.95)) -> Bag:
    """A two-section low-floor tram with bellows between; the height counts its raised pantograph."""
    length, width, top = dims
    height = top - 0.55
    body, second, accent = livery(rng, colour)
    gap = 0.55
    x1, join = length / 2, gap / 2
    sill, rim = 0.26, height - 0.10
    slope = rng.uniform(0.55, 0.95)
    hull = Hull(
        join, x1, width, sill, rim,
        front=[(sill, 0.14), (0.5, 0.02), (0.85, 0.0), (1.15, 0.05), (2.35, 0.25 + 0.55 * slope), (rim - 0.3, 0.40 + 0.75 * slope), (rim, 0.75 + 0.9 * slope)],
        back=[(sill, 0.0), (rim - 0.1, 0.0), (rim, 0.05)],
        side=[(sill, 0.06), (0.55, 0.0), (1.3, 0.0), (2.5, 0.04), (rim - 0.30, 0.075), (rim - 0.14, 0.12), (rim - 0.05, 0.20), (rim, 0.30)],
        nose=2.0, tail=0.10, nose_power=rng.uniform(2.3, 2.8), tail_power=9.0, crown=0.05,
    )
    z_win, z_top = 1.05, 2.46
    doors = [(x1 - 3.95, x1 - 2.75), (x1 - 8.35, x1 - 7.05)]
    edges = _spread(x1 - 2.05, join + 0.22, 1.55)
    xs = [v for x in edges for v in (x - 0.03, x + 0.03)]
    xs += [x for low, high in doors for x in (low, low + 0.05, (low + high) / 2 - 0.03, (low + high) / 2 + 0.03, high - 0.05, high)]
    rows = sorted({sill, 0.40, 0.55, 0.80, 0.95, z_win, z_win + 0.05, 1.6, 2.1, z_top, z_top + 0.10, 2.80, rim - 0.20, rim - 0.12, rim - 0.05, rim})
    scheme = int(rng.integers(3))

    def kind(p, x, z):
        front, back = abs(p) < 1, abs(p) > 2
        if front:
            if 0.95 < z < z_top:
                return "glass" if abs(p) < 0.62 or abs(p) > 0.68 else "dark"
            if z_top < z < 2.80 and abs(p) < 0.62:
                return "display"
            return "second" if scheme == 1 and z < 0.95 else "body"
        if back:
            return "dark"
        if _inside(x, doors) and 0.40 < z < z_top + 0.10:
            for low, high in doors:
                if low < x < high:
                    middle = (low + high) / 2
                    solid = x < low + 0.05 or x > high - 0.05 or abs(x - middle) < 0.03 or z < 0.55 or z > z_top
                    return "door" if solid else "glass"
        if z_win < z < z_top:
            return "dark" if any(abs(x - edge) < 0.03 for edge in edges) or z < z_win + 0.05 or x < join + 0.2 else "glass"
        if scheme == 0 and z < 0.80:
            return "second"
        if scheme == 2 and z_top < z < rim - 0.20:
            return "second"
        return "body"

    half_bag = Bag(TRAIN)
    door_paint = accent if rng.random() < 0.5 else GLOSS_BLACK
    _add(half_bag, hull.meshes(hull.columns(xs, nose=np.linspace(0, 0.92, 11)), rows, kind), {
        "body": (body, TRAIN), "second": (second, TRAIN), "glass": (PANE, TRAIN_GLASS), "dark": (GLOSS_BLACK, TRAIN),
        "display": (GLOSS_BLACK, TRAIN), "door": (door_paint, TRAIN), "belly": (GAP, TRAIN),
    })
    _saloon(half_bag, rng, join + 0.1, x1 - 2.3, width / 2 - 0.08, 0.42, rim - 0.28, [(a, b, s) for a, b in doors for s in (1, -1)])
    half_bag.add(cuboid((x1 - 1.05, 0, 0.78), (0.8, width - 1.0, 0.5)), CABIN, smooth=False)
    half_bag.add(cuboid((x1 - 1.95, 0, 1.2), (0.12, 0.55, 1.0)), CABIN, smooth=False)
    for side in (1, -1):
        half_bag.add(hull.patch(side * 0.42, side * 0.62, 0.66, 0.80, 0.010, 6, 3), REFLECTOR)
        half_bag.add(hull.patch(side * 0.64, side * 0.74, 0.66, 0.80, 0.010, 5, 3), LAMP_GLASS)
        half_bag.add(hull.patch(side * 0.42, side * 0.74, 0.82, 0.85, 0.012, 7, 2), DAYLIGHT)
        # mirrors fold along the flank
        half_bag.add(blob((x1 - 1.75, side * (hull.half + 0.02), 2.15), (0.10, 0.14, 0.30), 3, 10, 6), GLOSS_BLACK)
    half_bag.add(hull.patch(-0.30, 0.30, 0.34, 0.50, 0.02, 9, 3), BLACK)
    # bogies: frames and wheels in the shadow of the skirt
    for x in (x1 - 2.2, join + 1.4):
        half_bag.add(cuboid((x, 0, 0.30), (2.3, width - 0.30, 0.26)), GAP, smooth=False)
        for dx in (-0.9, 0.9):
            tread = lathe([(0.0, 0.06), (0.12, 0.06), (0.16, 0.03), (0.29, 0.05), (0.30, -0.05), (0.32, -0.07)], 16, "y", (x + dx, 0.75, 0.32))
            half_bag.add(facing(tread, (0, 1, 0)), BRAKE, pair=True)
    z = rim + hull.crown
    for x, size in ((x1 - 4.6, 2.2), (x1 - 8.2, 2.6)):
        half_bag.add(blob((x, 0, z + 0.08), (size, 1.7, 0.30), 7, 14, 6), body if scheme != 2 else second)
    bag = Bag(TRAIN)
    bag.extend(half_bag)
    # the other section looks backwards: turned about z
    for (surface, label, smooth), meshes in half_bag.found.items():
        for v, f in list(meshes):
            bag.add((v * [-1, -1, 1], f), surface, label, smooth)
    for sign, text in ((1, AMBER_TEXT),):
        bag.add(lettering(hull, str(rng.choice(TOURS)), -0.55, 0.55, z_top + 0.10, 0.18), text)
    for k in range(7):
        x = (k - 3) * gap / 6.2
        wide = width - (0.16 if k % 2 else 0.28)
        bag.add(cuboid((x, 0, (0.40 + rim - 0.1) / 2), (0.075, wide, rim - 0.5)), GAP if k % 2 else BLACK, smooth=False)
    bag.add(cuboid((0, 0, 0.34), (gap + 0.4, width - 0.5, 0.2)), GAP, smooth=False)
    # pantograph
    base = z + 0.05
    root = x1 - 6.5
    for y in (0.35, -0.35):
        bag.add(tube([(root, y, base), (root - 1.1, y * 0.8, base + 0.35), (root - 0.1, y * 0.7, top)], 0.025, 5), GREY_PLASTIC)
    bag.add(tube([(root - 0.1, -0.85, top - 0.05), (root - 0.1, -0.55, top), (root - 0.1, 0.55, top), (root - 0.1, 0.85, top - 0.05)], 0.022, 5), BLACK)
    bag.add(cuboid((root - 0.4, 0, base), (1.5, 0.9, 0.06)), GREY_PLASTIC, smooth=False)
    tail_lamps = [hull.patch(side * 0.64, side * 0.70, 0.70, 0.78, 0.016, 4, 3) for side in (1, -1)]
    for v, f in tail_lamps:
        bag.add((v * [-1, -1, 1], f), RED_GLOW)
    return bag


__all__ = ["city_bus", "coach", "tram", "livery", "LIVERIES"]
