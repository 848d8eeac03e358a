"""Trucks, caravans and trailers."""

from __future__ import annotations

import numpy as np

from core.streets.car_details import (
    AMBER, BLACK, CABIN, DAYLIGHT, GAP, GLOSS_BLACK, GREY_PLASTIC, LAMP_GLASS, MIRROR, PLATE, RED_GLOW, RED_LAMP, REFLECTOR, WHITE_LAMP,
)
from core.streets.hulls import Hull
from core.streets.parts import Surface
from core.streets.vehicle_shapes import Bag, Mesh, blob, cuboid, extruded, facing, grid, joined, outward, shifted, tube
from core.streets.wheels import RIM_FINISHES, car_wheel, put_wheel, truck_wheel

TRUCK, TRUCK_GLASS, TRUCK_WHEEL, CARAVAN, TRAILER = 27, 51, 52, 29, 30
RIM, LIGHT, TAIL_LIGHT, BOX = 79, 81, 82, 114

PANE = Surface("glass", (0.74, 0.80, 0.79), roughness=0.02)
ALUMINIUM = Surface("metal", (0.66, 0.67, 0.68), roughness=0.35)
FRAME = Surface("paint", (0.020, 0.020, 0.022), roughness=0.6)
BOX_WHITE = Surface("paint", (0.76, 0.76, 0.75), roughness=0.45)
PLANK = Surface("wood", (0.26, 0.17, 0.10), (0.17, 0.11, 0.065), roughness=0.8, scale=0.12)
LOADS = (
    Surface("concrete", (0.30, 0.24, 0.17), (0.22, 0.17, 0.12), roughness=0.95),
    Surface("concrete", (0.24, 0.23, 0.22), (0.16, 0.16, 0.15), roughness=0.95),
    Surface("concrete", (0.10, 0.07, 0.05), (0.07, 0.05, 0.035), roughness=0.95),
)
CAB_COLOURS = (
    (0.76, 0.76, 0.75), (0.76, 0.76, 0.75), (0.74, 0.74, 0.72), (0.46, 0.012, 0.012), (0.012, 0.06, 0.27),
    (0.75, 0.38, 0.01), (0.02, 0.16, 0.08), (0.60, 0.12, 0.01), (0.17, 0.18, 0.19), (0.03, 0.20, 0.42),
)


def rounded_box(centre, size, radius: float = 0.04, segments: int = 3) -> Mesh:
    """A box whose upright and lengthwise edges are rounded."""
    (cx, cy, cz), (lx, ly, lz) = centre, size
    a = np.linspace(0, np.pi / 2, segments)
    corner = np.stack([np.cos(a), np.sin(a)], 1) * radius
    hy, hz = ly / 2 - radius, lz / 2 - radius
    outline = np.concatenate([
        corner * [1, 1] + [hy, hz], corner[::-1] * [-1, 1] + [-hy, hz], corner * [-1, -1] + [-hy, -hz], corner[::-1] * [1, -1] + [hy, -hz],
    ])
    ease = 0.6 * radius
    rings = []
    for x, inset in ((-lx / 2, ease), (-lx / 2 + ease, 0.0), (lx / 2 - ease, 0.0), (lx / 2, ease)):
        rings.append(np.column_stack([np.full(len(outline), x), outline * (1 - inset / np.array([ly / 2, lz / 2]))]))
    # the ends keep vertices of their own, so that they shade flat
    fan = np.array([[0, k, k + 1] for k in range(1, len(outline) - 1)])
    ends = [facing((rings[k].copy(), fan), (direction, 0, 0)) for k, direction in ((0, -1), (3, 1))]
    mesh = joined(outward(grid(np.stack(rings), close_columns=True)), *ends)
    return shifted(mesh, (cx, cy, cz))


def cab(bag: Bag, rng, x1: float, length: float, width: float, height: float, sill: float, paint: Surface, axle: float, radius: float) -> Hull:
    """A forward-control cab whose nose stands at ``x1``."""
    rim = height - 0.06
    slope = rng.uniform(0.16, 0.34)
    hull = Hull(
        x1 - length, x1, width, sill, rim,
        front=[(sill, 0.05), (sill + 0.25, 0.0), (sill + 0.85, 0.015), (rim - 0.35, 0.05 + slope), (rim - 0.12, 0.13 + slope), (rim, 0.30 + slope)],
        back=[(sill, 0.0), (rim - 0.1, 0.02), (rim, 0.10)],
        side=[(sill, 0.03), (sill + 0.4, 0.0), (sill + 1.0, 0.005), (rim - 0.30, 0.07), (rim - 0.12, 0.11), (rim - 0.04, 0.18), (rim, 0.27)],
        nose=0.42, tail=0.08, nose_power=rng.uniform(3.4, 4.6), tail_power=6.0, crown=0.05, arches=[(axle, radius + 0.08, radius)],
    )
    z_win, z_top = sill + 0.92, rim - 0.30
    x_a, x_b = x1 - 0.50, x1 - 1.28
    rows = sorted({sill, sill + 0.12, sill + 0.45, z_win - 0.16, z_win, z_win + 0.04, (z_win + z_top) / 2, z_top - 0.04, z_top, rim - 0.18, rim - 0.10, rim - 0.05, rim})

    def kind(p, x, z):
        if abs(p) < 1:
            if z_win - 0.16 < z < z_top:
                return "dark" if 0.80 < abs(p) < 0.84 or z > z_top - 0.04 else "glass" if abs(p) < 0.80 else "body"
            return "body"
        if abs(p) <= 2 and z_win < z < z_top and x_b < x < x_a:
            return "dark" if z < z_win + 0.04 or x < x_b + 0.03 or x > x_a - 0.03 else "glass"
        return "bumper" if z < sill + 0.12 else "body"

    meshes = hull.meshes(hull.columns([x_a, x_a - 0.03, x_b + 0.03, x_b, (x_a + x_b) / 2], nose=(0, 0.2, 0.4, 0.6, 0.74, 0.80, 0.84, 0.92)), rows, kind)
    table = {"body": (paint, TRUCK), "glass": (PANE, TRUCK_GLASS), "dark": (BLACK, TRUCK), "bumper": (GREY_PLASTIC, TRUCK), "well": (GAP, TRUCK), "belly": (GAP, TRUCK)}
    for name, mesh in meshes.items():
        bag.add(mesh, *table[name])
    # bumper, grille, lamps
    bag.add(hull.patch(-0.96, 0.96, sill, sill + 0.30, 0.012, 19, 3), GREY_PLASTIC if rng.random() < 0.6 else paint)
    bag.add(hull.patch(-0.58, 0.58, sill + 0.42, z_win - 0.24, 0.006, 11, 3), BLACK)
    for k in range(3):
        z = sill + 0.46 + 0.10 * k
        if z + 0.03 < z_win - 0.24:
            bag.add(hull.patch(-0.56, 0.56, z, z + 0.035, 0.018, 9, 2), paint if k % 2 else GREY_PLASTIC)
    for side in (1, -1):
        z = sill + 0.16
        bag.add(hull.patch(side * 0.46, side * 0.86, z - 0.09, z + 0.11, 0.018, 8, 4), GLOSS_BLACK, LIGHT)
        bag.add(hull.patch(side * 0.49, side * 0.64, z - 0.06, z + 0.08, 0.024, 5, 4), REFLECTOR, LIGHT)
        bag.add(hull.patch(side * 0.66, side * 0.76, z - 0.06, z + 0.08, 0.024, 4, 3), LAMP_GLASS, LIGHT)
        bag.add(hull.patch(side * 0.78, side * 0.84, z - 0.06, z + 0.08, 0.024, 3, 3), AMBER)
        bag.add(hull.patch(side * 0.50, side * 0.76, z + 0.085, z + 0.10, 0.026, 6, 2), DAYLIGHT, LIGHT)
        # door gaps, handle, mirrors on arms, step
        for x, z0 in ((x_a + 0.06, sill + 0.15), (x_b - 0.05, max(sill + 0.15, radius * 2 + 0.12 if abs(x_b - axle) < radius + 0.1 else 0))):
            z = np.linspace(z0, z_top + 0.06, 8)
            bag.add(hull.line(np.full(8, side * float(hull.p_of_x(x))), z), GAP)
        point = hull(side * float(hull.p_of_x(x_b + 0.15)), z_win - 0.14)
        bag.add(blob(point + [0, side * 0.015, 0], (0.20, 0.03, 0.04), 3, 8, 5), BLACK)
        root = hull(side * 0.95, z_top - 0.05)
        y = side * (hull.half + 0.14)
        bag.add(tube([root, [x1 - 0.20, y, z_top - 0.02], [x1 - 0.20, y, z_win - 0.05], hull(side * 0.96, z_win - 0.08)], 0.016, 5), BLACK)
        bag.add(blob((x1 - 0.20, y, (z_win + z_top) / 2 + 0.06), (0.11, 0.20, 0.42), 3.5, 10, 7), BLACK)
        bag.add(blob((x1 - 0.252, y, (z_win + z_top) / 2 + 0.06), (0.02, 0.16, 0.36), 4, 8, 5), MIRROR)
    bag.add(cuboid((x1 + 0.014, 0, sill + 0.14), (0.012, 0.52, 0.11)), PLATE, smooth=False)
    for y0, y1 in ((0.62, 0.02), (-0.02, -0.62)):
        a, b = hull(0.2, z_win - 0.15), hull(0.2, z_win + 0.18)
        bag.add(tube([[a[0] + 0.03, y0, a[2]], [b[0] + 0.03, y1, b[2]]], [0.012, 0.008], 5), GAP)
    # inside
    for y in (0.55 * hull.half, -0.55 * hull.half):
        bag.add(blob((x1 - 1.25, y, z_win + 0.05), (0.20, 0.52, 1.0), 4, 8, 6), CABIN)
        bag.add(blob((x1 - 1.0, y, z_win - 0.35), (0.5, 0.52, 0.22), 4, 8, 5), CABIN)
    bag.add(cuboid((x1 - 0.42, 0, z_win - 0.24), (0.5, width - 0.35, 0.30)), CABIN, smooth=False)
    bag.add(cuboid((x1 - length + 0.10, 0, (sill + z_top) / 2), (0.04, width - 0.3, z_top - sill + 0.2)), CABIN, smooth=False)
    bag.add(cuboid((x1 - length / 2, 0, sill + 0.30), (length - 0.3, width - 0.5, 0.05)), CABIN, smooth=False)
    return hull


def chassis(bag: Bag, rng, x0: float, x_cab: float, width: float, axles, radius: float, bed: float):
    """Rails, wheels, tank, guards, lamps of a rigid truck."""
    middle, span = (x0 + x_cab) / 2, x_cab - x0
    for side in (1, -1):
        bag.add(cuboid((middle + 0.5, side * 0.40, bed - 0.20), (span + 0.9, 0.09, 0.24)), FRAME, smooth=False)
    rear = axles[1]
    bag.add(tube([(rear, -0.9, radius), (rear, 0.9, radius)], 0.07, 8), FRAME)
    bag.add(blob((rear, 0, radius), (0.34, 0.36, 0.34), 2.5, 10, 6), FRAME)
    finish = RIM_FINISHES[3] if rng.random() < 0.6 else ALUMINIUM
    put_wheel(bag, truck_wheel(TRUCK_WHEEL, radius, 0.26, finish, rim_label=RIM), axles[0], width / 2 - 0.04 - 0.13, radius)
    put_wheel(bag, truck_wheel(TRUCK_WHEEL, radius, 0.26, finish, rear=True, rim_label=RIM), rear, width / 2 - 0.04 - 0.13, radius)
    inner = truck_wheel(TRUCK_WHEEL, radius, 0.24, FRAME, rear=True, segments=14)
    inner.found = {key: meshes for key, meshes in inner.found.items() if key[0].kind == "rubber"}
    put_wheel(bag, inner, rear, width / 2 - 0.04 - 0.26 - 0.15, radius)
    # mudguards over the rear wheels
    a = np.linspace(0.15, np.pi - 0.15, 9)
    arc = np.stack([rear + (radius + 0.09) * np.cos(a), np.zeros(9), np.minimum(radius + (radius + 0.09) * np.sin(a), bed - 0.05)], 1)
    guard = grid(np.stack([arc + [0, width / 2 - 0.03, 0], arc + [0, width / 2 - 0.62, 0]]))
    bag.add(facing(guard, (0, 0, 1)), GREY_PLASTIC, pair=True)
    # tank and side guards
    x_a, x_b = axles[0] - radius - 0.35, rear + radius + 0.25
    if x_a - x_b > 1.2:
        bag.add(rounded_box((x_a - 0.55, width / 2 - 0.35, bed - 0.50), (0.95, 0.55, 0.50), 0.10, 4), ALUMINIUM)
        bag.add(rounded_box((x_a - 0.45, -width / 2 + 0.35, bed - 0.50), (0.70, 0.50, 0.46), 0.04), FRAME)
        for z in (bed - 0.62, bed - 0.32):
            bag.add(cuboid(((x_a + x_b) / 2 - 0.5, width / 2 - 0.05, z), (x_a - x_b - 1.0, 0.03, 0.10)), ALUMINIUM, smooth=False, pair=True)
    # the back: underrun bar, lamps, plate
    bag.add(cuboid((x0 + 0.10, 0, 0.52), (0.10, width - 0.15, 0.12)), FRAME, smooth=False)
    for side in (1, -1):
        y = side * (width / 2 - 0.26)
        bag.add(cuboid((x0 + 0.05, y, bed - 0.20), (0.06, 0.44, 0.14)), RED_LAMP, TAIL_LIGHT, smooth=False)
        bag.add(cuboid((x0 + 0.017, y + side * 0.14, bed - 0.20), (0.01, 0.13, 0.11)), AMBER, TAIL_LIGHT, smooth=False)
        bag.add(cuboid((x0 + 0.017, y, bed - 0.20), (0.01, 0.10, 0.11)), RED_GLOW, TAIL_LIGHT, smooth=False)
        bag.add(cuboid((x0 + 0.017, y - side * 0.13, bed - 0.20), (0.01, 0.10, 0.11)), WHITE_LAMP, TAIL_LIGHT, smooth=False)
        bag.add(cuboid((rear - radius - 0.22, side * (width / 2 - 0.32), radius * 0.75), (0.02, 0.56, 0.55)), GAP, smooth=False)
    bag.add(cuboid((x0 + 0.04, 0, 0.66), (0.012, 0.52, 0.11)), PLATE, smooth=False)


def _start(rng, colour, dims, cab_height):
    length, width, height = dims
    paint = Surface("paint", tuple(colour) if colour is not None else CAB_COLOURS[int(rng.integers(len(CAB_COLOURS)))], roughness=0.4)
    x1, x0, radius = length / 2, -length / 2, 0.46
    axles = (x1 - 1.22, x0 + 2.05)
    bag = Bag(TRUCK)
    cab(bag, rng, x1 - 0.03, 1.86, width - 0.12, cab_height, 0.42, paint, axles[0], radius)
    chassis(bag, rng, x0, x1 - 1.9, width, axles, radius, 1.02)
    return bag, paint, x0, x1, width, height


def box_truck(rng, colour=None, dims=(7.9, 2.50, 3.45)) -> Bag:
    """A delivery truck: cab and box, the box plain or in the firm's colour."""
    bag, paint, x0, x1, width, height = _start(rng, colour, dims, 2.62 + rng.uniform(-0.05, 0.12))
    front = x1 - 1.98
    bed, top = 1.02, height
    choice = rng.random()
    skin = BOX_WHITE if choice < 0.5 else paint if choice < 0.7 else Surface("paint", CAB_COLOURS[int(rng.integers(len(CAB_COLOURS)))], roughness=0.5)
    length = front - x0 - 0.03
    middle = x0 + 0.03 + length / 2
    bag.add(rounded_box((middle, 0, (bed + top) / 2), (length, width - 0.03, top - bed), 0.03), skin, BOX)
    # frame rails along the edges and round the doors
    for side in (1, -1):
        y = side * (width / 2 - 0.012)
        for z in (bed + 0.06, top - 0.05):
            bag.add(cuboid((middle, y, z), (length + 0.01, 0.024, 0.10)), ALUMINIUM, smooth=False)
        for x in (x0 + 0.06, front - 0.04):
            bag.add(cuboid((x, y, (bed + top) / 2), (0.09, 0.024, top - bed)), ALUMINIUM, smooth=False)
        for x in np.arange(x0 + 1.0, front - 0.5, 0.9):
            bag.add(cuboid((x, y - side * 0.002, (bed + top) / 2), (0.012, 0.010, top - bed - 0.25)), ALUMINIUM, smooth=False)
        bag.add(cuboid((x0 + 0.012, side * (width / 2 - 0.07), (bed + top) / 2), (0.03, 0.10, top - bed)), ALUMINIUM, smooth=False)
        bag.add(tube([(x0 + 0.005, side * 0.16, bed + 0.12), (x0 + 0.005, side * 0.16, top - 0.12)], 0.018, 6), ALUMINIUM)
        for z in (bed + 0.5, top - 0.5):
            bag.add(cuboid((x0 + 0.015, side * (width / 2 - 0.20), z), (0.03, 0.24, 0.06)), ALUMINIUM, smooth=False)
    bag.add(cuboid((x0 + 0.022, 0, (bed + top) / 2), (0.02, 0.014, top - bed - 0.1)), GAP, smooth=False)
    for z in (bed + 0.06, top - 0.05):
        bag.add(cuboid((x0 + 0.012, 0, z), (0.03, width - 0.06, 0.10)), ALUMINIUM, smooth=False)
    if rng.random() < 0.65:
        band = Surface("paint", CAB_COLOURS[3 + int(rng.integers(len(CAB_COLOURS) - 3))], roughness=0.45)
        z0, tall = rng.uniform(1.35, 2.3), rng.uniform(0.25, 0.75)
        bag.add(cuboid((middle, 0, z0 + tall / 2), (length - 0.22, width - 0.022, tall)), band, smooth=False)
    if rng.random() < 0.5:
        bag.add(blob((front + 0.14, 0, top - 0.45), (0.42, 1.5, 0.60), 5, 14, 7), BOX_WHITE)
    return bag


def _bed_walls(bag: Bag, x0, front, width, low, high, skin: Surface, posts: int):
    middle, span = (x0 + front) / 2, front - x0
    bag.add(cuboid((middle, 0, low - 0.03), (span, width, 0.12)), FRAME, smooth=False)
    bag.add(cuboid((middle, 0, low + 0.035), (span - 0.08, width - 0.08, 0.01)), PLANK, smooth=False)
    for side in (1, -1):
        bag.add(cuboid((middle, side * (width / 2 - 0.025), (low + high) / 2), (span, 0.04, high - low)), skin, BOX, smooth=False)
        for x in np.linspace(x0 + 0.05, front - 0.05, posts):
            bag.add(cuboid((x, side * (width / 2 - 0.012), (low + high) / 2), (0.09, 0.024, high - low + 0.03)), FRAME, smooth=False)
    bag.add(cuboid((x0 + 0.03, 0, (low + high) / 2), (0.04, width - 0.05, high - low)), skin, BOX, smooth=False)
    bag.add(cuboid((front - 0.03, 0, (low + high) / 2 + 0.15), (0.04, width - 0.05, high - low + 0.3)), skin, BOX, smooth=False)


def flatbed(rng, colour=None, dims=(7.6, 2.48, 2.68)) -> Bag:
    """A drop-side truck with crates or timber on its bed."""
    bag, paint, x0, x1, width, height = _start(rng, colour, dims, dims[2])
    front = x1 - 2.0
    skin = ALUMINIUM if rng.random() < 0.6 else paint
    _bed_walls(bag, x0 + 0.02, front, width - 0.02, 1.10, 1.52, skin, 5)
    x = x0 + 0.75
    while x < front - 0.8:
        size = (rng.uniform(0.8, 1.1), rng.uniform(1.4, 2.0), rng.uniform(0.5, 1.15))
        roll = rng.random()
        if roll < 0.4:
            bag.add(cuboid((x, 0, 1.14 + size[2] / 2), size), PLANK, smooth=False)
        elif roll < 0.75:
            wrap = Surface("plastic", tuple(float(c) for c in rng.choice([(0.55, 0.55, 0.54), (0.05, 0.12, 0.30), (0.30, 0.22, 0.14)])), roughness=0.5)
            bag.add(rounded_box((x, 0, 1.14 + size[2] / 2), size, 0.05), wrap)
        x += 1.25
    return bag


def tipper(rng, colour=None, dims=(7.2, 2.48, 2.72)) -> Bag:
    """A tipper with a heap of sand, gravel or soil."""
    bag, paint, x0, x1, width, height = _start(rng, colour, dims, dims[2])
    front = x1 - 2.0
    skin = Surface("paint", (0.16, 0.165, 0.17) if rng.random() < 0.5 else paint.colour, roughness=0.5)
    low, high = 1.12, 1.86
    _bed_walls(bag, x0 + 0.02, front, width - 0.02, low, high, skin, 6)
    bag.add(cuboid((front + 0.10, 0, high + 0.42), (0.34, width - 0.5, 0.05)), skin, smooth=False)
    bag.add(cuboid((front - 0.03, 0, high + 0.20), (0.05, width - 0.1, 0.48)), skin, smooth=False)
    if rng.random() < 0.75:
        n, m = 13, 9
        x, y = np.linspace(x0 + 0.08, front - 0.08, n), np.linspace(-1, 1, m) * (width / 2 - 0.06)
        xx, yy = np.meshgrid(x, y, indexing="ij")
        u, v = (xx - x.mean()) / (np.ptp(x) / 2), yy / (width / 2)
        z = high - 0.22 + 0.42 * np.clip(1 - np.abs(u) ** 1.7, 0, 1) * np.clip(1 - np.abs(v) ** 1.5, 0, 1)
        z += rng.normal(0, 0.025, z.shape)
        bag.add(facing(grid(np.stack([xx, yy, z], -1)), (0, 0, 1)), LOADS[int(rng.integers(len(LOADS)))])
    return bag


def caravan(rng, colour=None, dims=(6.6, 2.26, 2.58)) -> Bag:
    """A touring caravan: drawbar in front, one axle, rounded white body."""
    length, width, height = dims
    x1, x0 = length / 2 - 1.12, -length / 2
    body = Surface("paint", tuple(colour) if colour is not None else [(0.76, 0.76, 0.74), (0.72, 0.71, 0.66), (0.66, 0.67, 0.68)][int(rng.integers(3))], roughness=0.4)
    second = Surface("paint", [(0.30, 0.31, 0.33), (0.04, 0.09, 0.22), (0.36, 0.30, 0.22), (0.40, 0.03, 0.03)][int(rng.integers(4))], roughness=0.4)
    sill, rim, radius = 0.34, height - 0.06, 0.32
    axle = (x0 + x1) / 2 - 0.15
    hull = Hull(
        x0, x1, width, sill, rim,
        front=[(sill, 0.16), (0.8, 0.0), (1.3, 0.05), (2.0, 0.24), (rim - 0.1, 0.42), (rim, 0.62)],
        back=[(sill, 0.06), (0.7, 0.0), (1.9, 0.05), (rim - 0.1, 0.14), (rim, 0.28)],
        side=[(sill, 0.03), (0.6, 0.0), (1.9, 0.0), (rim - 0.15, 0.02), (rim - 0.05, 0.07), (rim, 0.15)],
        nose=0.75, tail=0.40, nose_power=3.6, tail_power=4.5, crown=0.04, arches=[(axle, radius + 0.05, radius)],
    )
    z0, z1 = 1.22, 1.92
    panes = [(x1 - 1.75, x1 - 0.92), (x0 + 1.55, x0 + 2.35), (x0 + 0.52, x0 + 1.25)]
    door = (x1 - 2.75, x1 - 2.12)
    xs = [v for a, b in panes for v in (a, a + 0.05, b - 0.05, b)] + [*door]
    rows = sorted({sill, 0.50, 0.78, 1.05, z0, z0 + 0.05, 1.55, z1 - 0.05, z1, rim - 0.15, rim - 0.08, rim - 0.03, rim})
    scheme = int(rng.integers(3))

    def kind(p, x, z):
        if z0 < z < z1:
            if abs(p) < 1:
                return "pane" if abs(p) < 0.62 else "body"
            if abs(p) > 2:
                return "pane" if abs(p) > 2.50 else "body"
            if not (p < 0 and door[0] - 0.1 < x < door[1] + 0.1):
                for a, b in panes:
                    if a < x < b:
                        return "pane" if a + 0.05 < x < b - 0.05 and z0 + 0.05 < z < z1 - 0.05 else "dark"
        if (scheme == 0 and 0.78 < z < 1.05) or (scheme == 1 and z < 0.78):
            return "second"
        return "body"

    bag = Bag(CARAVAN)
    pane = Surface("mirror_glass", (0.035, 0.038, 0.042), roughness=0.08)
    table = {"body": body, "second": second, "pane": pane, "dark": BLACK, "well": GAP, "belly": GAP}
    for name, mesh in hull.meshes(hull.columns(xs), rows, kind).items():
        bag.add(mesh, table[name])
    p0, p1 = -float(hull.p_of_x(door[1])), -float(hull.p_of_x(door[0]))
    frame = np.array([(p0, 0.46), (p0, 2.30), (p1, 2.30), (p1, 0.46), (p0, 0.46)])
    for a, b in zip(frame[:-1], frame[1:]):
        t = np.linspace(0, 1, 5)[:, None]
        line = a + (b - a) * t
        bag.add(hull.line(line[:, 0], line[:, 1], 0.02), GREY_PLASTIC)
    bag.add(hull.patch((p0 + p1) / 2 * 0.995, p1 * 0.99, 1.45, 1.85, 0.008, 4, 3), pane)
    bag.add(blob(hull(p0 * 1.02, 1.15) - [0, 0.02, 0], (0.04, 0.04, 0.14), 3, 8, 5), BLACK)
    wheel = car_wheel(CARAVAN, radius, 0.185, 5, RIM_FINISHES[3])
    put_wheel(bag, wheel, axle, width / 2 - 0.05 - 0.0925, radius)
    # drawbar, gas locker, jockey wheel
    tip = (length / 2, 0, 0.46)
    for side in (1, -1):
        bag.add(tube([(x1 - 0.4, side * 0.62, 0.42), (length / 2 - 0.25, side * 0.05, 0.44)], 0.035, 6), ALUMINIUM)
    bag.add(tube([(length / 2 - 0.35, 0, 0.45), tip], 0.04, 8), ALUMINIUM)
    bag.add(blob((x1 + 0.20, 0, 0.66), (0.62, 1.20, 0.46), 5, 14, 7), body)
    bag.add(tube([(length / 2 - 0.45, 0.12, 0.16), (length / 2 - 0.45, 0.12, 0.72)], 0.025, 6), ALUMINIUM)
    bag.add(shifted(joined(extruded(np.stack([0.10 * np.cos(np.linspace(0, 2 * np.pi, 14, endpoint=False)), 0.10 * np.sin(np.linspace(0, 2 * np.pi, 14, endpoint=False))], 1), 0.05)), (length / 2 - 0.45, 0.12, 0.10)), BLACK)
    for side in (1, -1):
        y0, y1 = float(hull.p_of_y(0.68 * hull.half, True)), float(hull.p_of_y(0.93 * hull.half, True))
        bag.add(hull.patch(side * y0, side * y1, 0.66, 0.84, 0.012, 5, 3), RED_LAMP)
        bag.add(hull.patch(side * (y0 * 0.6 + y1 * 0.4), side * y1, 0.86, 0.93, 0.012, 5, 3), AMBER)
    bag.add(cuboid((x0 - 0.002, 0, 0.74), (0.012, 0.52, 0.11)), PLATE, smooth=False)
    bag.add(blob(((x0 + x1) / 2, 0, height + 0.02), (0.7, 0.7, 0.12), 4, 12, 6), body)
    return bag


def trailer(rng, colour=None, dims=(3.55, 1.72, 1.72)) -> Bag:
    """A small car trailer under a tarpaulin."""
    length, width, height = dims
    x0, x1 = -length / 2, length / 2 - 1.15
    colours = ((0.10, 0.11, 0.12), (0.012, 0.06, 0.25), (0.03, 0.14, 0.07), (0.42, 0.43, 0.44), (0.40, 0.02, 0.02), (0.62, 0.60, 0.52))
    cloth = Surface("plastic", tuple(colour) if colour is not None else colours[int(rng.integers(len(colours)))], roughness=0.55)
    bag = Bag(TRAILER)
    middle, span, box_wide = (x0 + x1) / 2, x1 - x0, width - 0.42
    low, wall = 0.48, 0.86
    bag.add(cuboid((middle, 0, (low + wall) / 2), (span, box_wide, wall - low)), ALUMINIUM, smooth=False)
    for x in np.linspace(x0 + 0.04, x1 - 0.04, 4):
        for side in (1, -1):
            bag.add(cuboid((x, side * box_wide / 2, (low + wall) / 2), (0.06, 0.03, wall - low + 0.02)), FRAME, smooth=False)
    # tarpaulin with a slight ridge and sag between bows
    xs, share = np.linspace(x0 - 0.012, x1 + 0.012, 9), np.linspace(-1, 1, 9)
    outline = np.array([(-1, wall - 0.10), (-1, 1.2), (-0.985, height - 0.10), (-0.93, height - 0.035), (-0.5, height - 0.012), (0, height), (0.5, height - 0.012), (0.93, height - 0.035), (0.985, height - 0.10), (1, 1.2), (1, wall - 0.10)])
    sag = 0.012 * np.cos(np.linspace(0, 6 * np.pi, len(xs)))
    points = np.empty((len(xs), len(outline), 3))
    points[..., 0] = xs[:, None]
    points[..., 1] = outline[None, :, 0] * (box_wide / 2 + 0.012)
    points[..., 2] = outline[None, :, 1] + np.where(outline[None, :, 1] > 1.3, sag[:, None] - 0.012, 0)
    bag.add(outward(grid(points), (middle, 0, 1.0)), cloth)
    for x, direction in ((xs[0], -1), (xs[-1], 1)):
        end = points[0 if direction < 0 else -1]
        fan = np.array([[0, k, k + 1] for k in range(1, len(outline) - 1)])
        bag.add(facing((end.copy(), fan), (direction, 0, 0)), cloth, smooth=False)
    radius, axle = 0.29, middle - 0.08
    wheel = car_wheel(TRAILER, radius, 0.155, 5, RIM_FINISHES[3])
    y = box_wide / 2 + 0.115
    put_wheel(bag, wheel, axle, y, radius)
    a = np.linspace(0.1, np.pi - 0.1, 11)
    arc = np.stack([axle + (radius + 0.06) * np.cos(a), np.full(11, y), radius + (radius + 0.06) * np.sin(a)], 1)
    guard = grid(np.stack([arc + [0, -0.10, 0], arc + [0, 0.075, 0.0], arc * [1, 1, 1] + [0, 0.095, -0.02]]))
    bag.add(facing(guard, (0, 0, 1)), BLACK, pair=True)
    bag.add(tube([(axle, -y, radius), (axle, y, radius)], 0.03, 6), FRAME)
    for side in (1, -1):
        bag.add(tube([(x1 - 0.3, side * 0.45, low - 0.04), (length / 2 - 0.4, 0.03 * side, low - 0.02)], 0.03, 6), ALUMINIUM)
        bag.add(cuboid((x0 - 0.02, side * (box_wide / 2 - 0.13), low - 0.03), (0.05, 0.24, 0.12)), RED_LAMP, smooth=False)
        bag.add(cuboid((x0 - 0.048, side * (box_wide / 2 - 0.06), low - 0.03), (0.01, 0.07, 0.09)), AMBER, smooth=False)
    bag.add(tube([(length / 2 - 0.5, 0, low - 0.02), (length / 2, 0, low - 0.02)], 0.035, 8), ALUMINIUM)
    bag.add(tube([(length / 2 - 0.55, 0.10, 0.05), (length / 2 - 0.55, 0.10, 0.70)], 0.022, 6), ALUMINIUM)
    bag.add(cuboid((x0 - 0.03, 0, low - 0.03), (0.02, 0.52, 0.11)), PLATE, smooth=False)
    return bag


__all__ = ["box_truck", "flatbed", "tipper", "caravan", "trailer", "rounded_box"]
