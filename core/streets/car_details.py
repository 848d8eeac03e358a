"""What makes a shell a car: lamps, grille, plates, gaps, handles, mirrors, seats."""

from __future__ import annotations

import numpy as np

from core.streets import glyphs
from core.streets.car_bodies import CarSpec, Greenhouse, Tub
from core.streets.naming import HEADLIGHT_HOUSING, INDICATOR, PLATE_LETTERING
from core.streets.parts import Surface
from core.streets.vehicle_shapes import (
    Bag, Mesh, blob, bent_path, cuboid, disc, facing, flipped, grid, joined, outward, ring, shifted, tube, turned,
)

GAP = Surface("plastic", (0.006, 0.006, 0.007), roughness=0.9)
BLACK = Surface("plastic", (0.012, 0.012, 0.013), roughness=0.45)
GREY_PLASTIC = Surface("plastic", (0.045, 0.045, 0.048), roughness=0.65)
GLOSS_BLACK = Surface("paint", (0.008, 0.008, 0.009), roughness=0.15)
CHROME = Surface("metal", (0.75, 0.76, 0.78), roughness=0.12)
REFLECTOR = Surface("metal", (0.80, 0.81, 0.83), roughness=0.25)
LAMP_GLASS = Surface("plastic", (0.80, 0.82, 0.85), roughness=0.05)
DAYLIGHT = Surface("emission", (1.0, 0.98, 0.94), strength=2.0)
RED_LAMP = Surface("plastic", (0.32, 0.004, 0.006), roughness=0.06)
RED_GLOW = Surface("emission", (1.0, 0.02, 0.015), strength=0.6)
AMBER = Surface("plastic", (0.75, 0.22, 0.01), roughness=0.08)
WHITE_LAMP = Surface("plastic", (0.70, 0.70, 0.70), roughness=0.06)
PLATE = Surface("sign", (0.82, 0.82, 0.80), roughness=0.5)
PLATE_BLUE = Surface("sign", (0.01, 0.05, 0.42), roughness=0.5)
PLATE_INK = Surface("sign", (0.01, 0.01, 0.01), roughness=0.6)
MIRROR = Surface("metal", (0.85, 0.87, 0.9), roughness=0.03)
SEATS = (
    Surface("cloth", (0.022, 0.022, 0.025), roughness=0.9),
    Surface("cloth", (0.06, 0.06, 0.065), roughness=0.9),
    Surface("cloth", (0.16, 0.12, 0.085), roughness=0.8),
)
CABIN = Surface("plastic", (0.020, 0.020, 0.022), roughness=0.8)
LINER = Surface("cloth", (0.28, 0.27, 0.26), roughness=0.95)

HOUSING = Surface("metal", (0.20, 0.205, 0.21), roughness=0.22)

LIGHT_LABEL, TAIL_LABEL, PLATE_LABEL, GRILLE_LABEL = 49, 57, 58, 59
#: (place along the lamp 0..1, half width) of a head lamp's reflectors.
LAMP_LAYOUTS = (((0.30, 0.15), (0.64, 0.15)), ((0.50, 0.24),), ((0.22, 0.12), (0.47, 0.12), (0.70, 0.10)), ((0.62, 0.20),))


def patch(tub: Tub, p0: float, p1: float, low, high, offset: float, columns: int = 8, rows: int = 4) -> Mesh:
    """A piece of the tub's surface lifted ``offset`` metres, with its rim folded back to the paint.

    ``low`` and ``high`` give h along the patch: numbers, or functions of 0..1 from ``p0`` to ``p1``.
    """
    t = np.linspace(0, 1, columns)
    p = p0 + (p1 - p0) * t
    lo = low(t) if callable(low) else np.full(columns, float(low))
    hi = high(t) if callable(high) else np.full(columns, float(high))
    s = np.linspace(0, 1, rows)
    h = lo[:, None] + (hi - lo)[:, None] * s[None]
    p = np.broadcast_to(p[:, None], h.shape)
    points, normal = tub(p, h), tub.normal(p, h)
    lifted = points + normal * offset
    sunk = points - normal * 0.004
    full = np.empty((columns + 2, rows + 2, 3))
    full[1:-1, 1:-1] = lifted
    full[0, 1:-1], full[-1, 1:-1] = sunk[0], sunk[-1]
    full[1:-1, 0], full[1:-1, -1] = sunk[:, 0], sunk[:, -1]
    full[0, 0], full[0, -1], full[-1, 0], full[-1, -1] = sunk[0, 0], sunk[0, -1], sunk[-1, 0], sunk[-1, -1]
    return facing(grid(full), normal.reshape(-1, 3).mean(0))


def ribbon(points: np.ndarray, normals: np.ndarray, width: float = 0.006, offset: float = 0.0035) -> Mesh:
    """A narrow band along a line that lies on a surface."""
    points = np.asarray(points, float)
    tangent = np.gradient(points, axis=0)
    side = np.cross(tangent, normals)
    side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-12
    middle = points + normals * offset
    return facing(grid(np.stack([middle - side * width / 2, middle + side * width / 2])), normals.mean(0))


def line_on_tub(tub: Tub, p, h, width=0.006, offset=0.0035) -> Mesh:
    p, h = np.broadcast_arrays(np.asarray(p, float), np.asarray(h, float))
    return ribbon(tub(p, h), tub.normal(p, h), width, offset)


def flank_line(tub: Tub, xs, zs, width=0.006) -> Mesh:
    """A gap on the left flank through points (x, z)."""
    p = tub.p_of_x(np.asarray(xs, float))
    h = np.clip(tub.h_of_z(p, np.asarray(zs, float)), 0.0, 0.995)
    return line_on_tub(tub, p, h, width)


def number_plate(bag: Bag, tub: Tub, p: float, h: float, rng, push: float = 0.012):
    """A European plate: white, a blue band at its left, letters and digits."""
    point = tub(np.float64(p), np.float64(h))
    forward = 1.0 if p < 1 else -1.0
    x = point[0] + forward * push
    z, w, t = point[2], 0.52, 0.11
    bag.add(cuboid((x, 0, z), (0.012, w + 0.012, t + 0.012)), BLACK, PLATE_LABEL, smooth=False)
    face = x + forward * 0.0075
    bag.add(cuboid((face, 0, z), (0.004, w, t)), PLATE, PLATE_LABEL, smooth=False)
    mark = face + forward * 0.0028

    def flat(corners):
        """A face on the plate, of (4, 2) corners as one reads it: right, up."""
        points = np.column_stack([np.full(4, mark), forward * corners[:, 0], z + corners[:, 1]])
        return facing((points, np.array([[0, 1, 2], [0, 2, 3]])), (forward, 0, 0))

    band = 0.044
    strokes = glyphs.written(glyphs.registration(rng), 0.075, w - band - 0.05)
    bag.add(joined(*(flat(corners + (band / 2, 0)) for corners in strokes)), PLATE_INK, PLATE_LETTERING, smooth=False)
    left, right = -w / 2, band - w / 2
    blue = np.array([(left, -t / 2), (right, -t / 2), (right, t / 2), (left, t / 2)])
    bag.add(flat(blue), PLATE_BLUE, PLATE_LETTERING, smooth=False)


def front_face(bag: Bag, tub: Tub, rng, colour: Surface):
    """Head lamps, grille, intakes, badge and plate."""
    style = tub.spec.style
    inner = style.get("lamp_inner", 0.30) + 0.03 * rng.uniform(-1, 1)
    outer = style.get("lamp_outer", 0.86) + 0.06 * rng.uniform(-1, 1)
    low, high = style.get("lamp_h", (0.70, 0.93))
    sweep, taper = rng.uniform(0.0, 0.05), rng.uniform(0.25, 0.75)
    lamps, daylight = int(rng.integers(len(LAMP_LAYOUTS))), rng.random() < 0.55

    def bottom(t):
        return low + (0.05 * (1 - taper)) * (1 - t) ** 2 + sweep * t**2

    def top(t):
        return high - (high - low) * (0.15 + 0.35 * taper) * (1 - t) ** 2 - 0.03 * t**4

    for sign in (1, -1):
        bag.add(patch(tub, sign * inner, sign * outer, bottom, top, 0.004, 10, 5), GLOSS_BLACK, LIGHT_LABEL)
        span = outer - inner

        def part(t0, t1, s0, s1):
            def lo(t):
                u = t0 + (t1 - t0) * t
                return bottom(u) + (top(u) - bottom(u)) * s0

            def hi(t):
                u = t0 + (t1 - t0) * t
                return bottom(u) + (top(u) - bottom(u)) * s1

            return sign * (inner + span * t0), sign * (inner + span * t1), lo, hi

        bag.add(patch(tub, *part(0.04, 0.96, 0.08, 0.92), 0.006, 9, 4), HOUSING, HEADLIGHT_HOUSING)
        for t, wide in LAMP_LAYOUTS[lamps]:
            bag.add(patch(tub, *part(t - wide, t + wide, 0.18, 0.84), 0.009, 4, 3), REFLECTOR, LIGHT_LABEL)
            bag.add(patch(tub, *part(t - wide * 0.62, t + wide * 0.62, 0.30, 0.72), 0.012, 4, 3), LAMP_GLASS, LIGHT_LABEL)
            bag.add(patch(tub, *part(t - wide * 0.22, t + wide * 0.22, 0.42, 0.60), 0.014, 2, 2), BLACK, HEADLIGHT_HOUSING)
        if daylight:
            bag.add(patch(tub, *part(0.03, 0.97, 0.03, 0.13), 0.010, 9, 2), DAYLIGHT, LIGHT_LABEL)
        bag.add(patch(tub, *part(0.86, 0.98, 0.15, 0.7), 0.010, 3, 3), AMBER, INDICATOR)

    g_low, g_high = style.get("grille_h", (0.60, 0.86))
    g_wide = style.get("grille_p", 0.26)
    shape = int(rng.choice(4, p=(0.40, 0.22, 0.22, 0.16)))
    bars = CHROME if rng.random() < 0.5 else GREY_PLASTIC
    count = int(rng.integers(2, 5))
    plate_on_grille = False
    if shape == 1:  # a slim slot between the lamps
        g_low = g_low + 0.45 * (g_high - g_low)
        count = 1
    elif shape == 2:  # one tall frame down to the bumper
        g_low, g_wide, plate_on_grille, count = 0.24, 0.20, True, 5

    def g_bottom(t):
        return g_low + (0.05 if shape == 2 else 0.02) * np.abs(2 * t - 1) ** 2

    sides = ((-g_wide, g_wide),) if shape != 3 else ((0.025, g_wide * 0.72), (-0.025, -g_wide * 0.72))
    for p0, p1 in sides:
        bag.add(patch(tub, p0, p1, g_bottom, g_high, 0.006, 9, 5), BLACK, GRILLE_LABEL)
        margin = 0.04 * (p1 - p0)
        for k in range(count):
            mid = g_low + (g_high - g_low) * (k + 0.5) / count
            bag.add(patch(tub, p0 + margin, p1 - margin, mid - 0.008, mid + 0.014, 0.013, 7, 2), bars, GRILLE_LABEL)
        if shape == 3 or rng.random() < 0.6:
            p = np.concatenate([np.linspace(p0, p1, 9), np.full(3, p1), np.linspace(p1, p0, 9), np.full(3, p0)])
            h = np.concatenate([np.full(9, g_high), np.linspace(g_high, g_low + 0.03, 3), np.full(9, g_low + 0.012), np.linspace(g_low + 0.03, g_high, 3)])
            bag.add(line_on_tub(tub, p, h, 0.012, 0.009), CHROME)
    badge = tub(0.0, g_high - 0.09 if shape != 3 else min(g_high + 0.05, 0.95))
    bag.add(disc(badge + [0.014, 0, 0], 0.046, "x", 14, 0.008), CHROME)

    if not plate_on_grille:
        bag.add(patch(tub, -0.40, 0.40, 0.10, lambda t: 0.34 - 0.05 * np.abs(2 * t - 1) ** 3, 0.008, 11, 5), BLACK, GRILLE_LABEL)
    fog = rng.random() < 0.7
    for sign in (1, -1):
        bag.add(patch(tub, sign * 0.50, sign * 0.78, lambda t: 0.14 + 0.03 * t, lambda t: 0.34 - 0.05 * t, 0.007, 6, 4), BLACK, GRILLE_LABEL)
        if fog:
            bag.add(patch(tub, sign * 0.58, sign * 0.67, 0.19, 0.29, 0.013, 4, 3), LAMP_GLASS, LIGHT_LABEL)
    bag.add(patch(tub, -1.0, 1.0, 0.0, 0.07, 0.005, 19, 2), GREY_PLASTIC)
    number_plate(bag, tub, 0.0, style.get("plate_h", 0.44), rng)


def rear_face(bag: Bag, tub: Tub, rng, colour: Surface):
    """Tail lamps, bumper insert, plate, badge, exhaust."""
    style = tub.spec.style
    tall = style.get("tall_lamps", False)
    low, high = style.get("tail_h", (0.62, 0.93))
    inner, outer = (2.52, 2.20) if not tall else (2.50, 2.30)
    inner += 0.05 * rng.uniform(-1, 1)
    slope = rng.uniform(-0.03, 0.06)

    def bottom(t):
        return low + slope * (1 - t)

    def top(t):
        return high - 0.03 * t**2

    for sign in (1, -1):
        bag.add(patch(tub, sign * inner, sign * outer, bottom, top, 0.005, 8, 5), RED_LAMP, TAIL_LABEL)

        def band(t0, t1, s0, s1, lift):
            def lo(t):
                u = t0 + (t1 - t0) * t
                return bottom(u) + (top(u) - bottom(u)) * s0

            def hi(t):
                u = t0 + (t1 - t0) * t
                return bottom(u) + (top(u) - bottom(u)) * s1

            a, b = inner + (outer - inner) * t0, inner + (outer - inner) * t1
            return patch(tub, sign * a, sign * b, lo, hi, lift, 6, 2)

        bag.add(band(0.06, 0.94, 0.60, 0.86, 0.008), RED_GLOW, TAIL_LABEL)
        bag.add(band(0.08, 0.45, 0.14, 0.36, 0.008), WHITE_LAMP, TAIL_LABEL)
        bag.add(band(0.52, 0.92, 0.14, 0.36, 0.008), AMBER, INDICATOR)
        bag.add(patch(tub, sign * 2.62, sign * 2.40, 0.19, 0.23, 0.005, 5, 2), RED_LAMP, TAIL_LABEL)
    bag.add(patch(tub, -2.30, -2.0, 0.0, 0.10, 0.005, 6, 2), GREY_PLASTIC)
    bag.add(patch(tub, 2.0, 2.30, 0.0, 0.10, 0.005, 6, 2), GREY_PLASTIC)
    tail = np.linspace(2.30, 3.0, 9)
    loop = np.concatenate([tail, -tail[-2::-1]])
    points = np.stack([tub(loop, np.full(17, h)) + tub.normal(loop, np.full(17, h)) * 0.005 for h in (0.0, 0.06, 0.14, 0.17)], 1)
    # at the middle of the tail p jumps from 3 to -3, so the strip is built from points
    bag.add(facing(grid(points), (-1, 0, 0)), GREY_PLASTIC)
    h_plate = style.get("rear_plate_h", 0.62)
    number_plate(bag, tub, 3.0, h_plate, rng)
    badge = tub(3.0, min(h_plate + 0.17, 0.92))
    bag.add(facing(disc(badge - [0.008, 0, 0], 0.045, "x", 12), (-1, 0, 0)), CHROME)
    edge = 2.42 if not tall else 2.47
    tail = np.linspace(edge, 3.0, 9)
    loop, gap = np.concatenate([tail, -tail[-2::-1]]), np.full(17, 0.49)
    bag.add(ribbon(tub(loop, gap), tub.normal(loop, gap), 0.009, 0.004), GAP)
    bag.add(line_on_tub(tub, np.full(8, edge), np.linspace(0.49, 0.97, 8), 0.007, 0.003), GAP, pair=True)
    if rng.random() < 0.7:
        y = tub.half * 0.55
        pipe = tub(2.75, 0.0)
        bag.add(tube([(pipe[0] - 0.0, y, 0.5 * tub.spec.sill + 0.09), (pipe[0] + 0.25, y, 0.5 * tub.spec.sill + 0.10)], 0.03, 10), CHROME)


def gaps_and_trim(bag: Bag, tub: Tub, house: Greenhouse, rng, colour: Surface):
    """Door, bonnet and fuel-flap gaps, handles, sills, mirrors, wipers."""
    spec = tub.spec
    front, rear = spec.axles
    arch_front, arch_rear = front - spec.arch, rear + spec.arch
    z0 = spec.sill + 0.09
    xs = [spec.x(d) for d in spec.doors]
    z_low = np.linspace(0, 1, 9)

    def upright(x0, x1, bow=0.0):
        top = tub.shoulder(x1)
        z = z0 + (top - z0) * z_low
        x = x0 + (x1 - x0) * z_low**2 + bow * np.sin(np.pi * z_low)
        return flank_line(tub, x, z)

    bag.add(upright(xs[0], xs[0] - 0.02, 0.03), GAP, pair=True)
    for x in xs[1:-1]:
        bag.add(upright(x, x), GAP, pair=True)
    last = xs[-1]
    if spec.style.get("rear_door", True) and last < arch_rear + 0.12:
        # a rear door's edge sweeps round the arch
        z = np.linspace(z0, tub.shoulder(last), 12)
        distance = np.sqrt(np.clip((spec.arch + 0.06) ** 2 - (z - spec.wheel) ** 2, 0, None))
        x = np.maximum(np.where(z < spec.wheel + spec.arch + 0.06, rear + distance, last), last)
        bag.add(flank_line(tub, x, z), GAP, pair=True)
        end = x[0]
    else:
        bag.add(upright(last, last), GAP, pair=True)
        end = last
    line = np.linspace(xs[0], end, 14)
    bag.add(flank_line(tub, line, np.full(14, z0)), GAP, pair=True)
    # sills, and plastic or chrome strips under the windows
    p = tub.p_of_x(np.linspace(arch_front - 0.01, arch_rear + 0.01, 14))
    bag.add(patch(tub, p[0], p[-1], 0.0, 0.10 if not spec.style.get("cladding") else 0.17, 0.007, 14, 3), GREY_PLASTIC, pair=True)
    if spec.style.get("cladding"):
        for axle in (front, rear):
            a = np.linspace(-0.15, np.pi + 0.15, 18)
            x, z = axle + (spec.arch + 0.028) * np.cos(a), spec.wheel + (spec.arch + 0.028) * np.sin(a)
            z = np.maximum(z, spec.sill + 0.01)
            p = np.interp(x, [tub.x_tail, tub.x_nose], [2.0, 1.0])
            bag.add(line_on_tub(tub, p, np.clip(tub.h_of_z(p, z), 0, 1), 0.060, 0.004), GREY_PLASTIC, pair=True)
    # handles
    doors = list(zip(xs[:-1], xs[1:]))
    for k, (x0, x1) in enumerate(doors):
        x = x1 + (0.16 if not (k == len(doors) - 1 and len(doors) > 1) else 0.20)
        z = tub.shoulder(x) - 0.115
        p = float(tub.p_of_x(x))
        point = tub(p, float(tub.h_of_z(p, z)))
        bag.add(blob(point + [0, 0.006, -0.012], (0.15, 0.012, 0.055), 2.6, 10, 5), GAP, pair=True)
        handle = CHROME if spec.style.get("chrome") else colour
        bag.add(blob(point + [0, 0.022, 0.004], (0.19, 0.022, 0.026), 3, 10, 5), handle, pair=True)
    # bonnet gaps run along the wings
    x = np.linspace(spec.length / 2 - 0.22, tub.cowl_x + 0.03, 14)
    p_side = np.where(x > tub.x_nose, 0.80, tub.p_of_x(np.minimum(x, tub.x_nose)))
    edge = tub(p_side, np.full(14, 0.93))
    keep = x <= tub.x_nose
    bag.add(ribbon(edge[keep], tub.normal(p_side, np.full(14, 0.93))[keep], 0.007, 0.002), GAP, pair=True)
    p = np.linspace(-1.0, 1.0, 25)
    middle = min(0.965, spec.style.get("lamp_h", (0.7, 0.93))[1] + 0.035)
    h = np.where(np.abs(p) < 0.7, middle, middle + (0.93 - middle) * ((np.abs(p) - 0.7) / 0.3) ** 2)
    bag.add(ribbon(tub(p, h), tub.normal(p, h), 0.007, 0.003), GAP)
    flap = tub.p_of_x(rear + 0.02)
    z = tub.shoulder(rear) - 0.14
    a = np.linspace(0, 2 * np.pi, 17)
    side = flank_line(tub, rear - 0.02 + 0.075 * np.cos(a), z + 0.065 * np.sin(a), 0.005)
    bag.add(side if rng.random() < 0.5 else (side[0] * [1, -1, 1], side[1][:, ::-1]), GAP)
    _mirrors(bag, tub, colour, rng)
    _wipers(bag, tub, house)
    strip = CHROME if spec.style.get("chrome") else BLACK
    x = np.linspace(spec.x(spec.windows[0][0]) - 0.02, spec.x(spec.windows[-1][1]), 12)
    line = np.stack([x, house.base_y(x) + 0.006, tub.shoulder(x) + 0.004], 1)
    bag.add(ribbon(line, np.tile([[0, 0.7, 0.7]], (12, 1)), 0.022, 0.006), strip, pair=True)
    cowl = tub.cowl_x
    y = np.linspace(-0.9, 0.9, 9) * float(house.base_y(cowl))
    bow = spec.screen_bow * (1 - (y / float(house.base_y(cowl))) ** 2)
    for_cowl = np.stack([cowl + bow + 0.01, y, np.full(9, spec.z_cowl + 0.02) + 0.012 * (1 - (y / y[0]) ** 2) + 0.010], 1)
    bag.add(ribbon(for_cowl, np.tile([[0.35, 0, 0.94]], (9, 1)), 0.075, 0.004), BLACK)


def _mirrors(bag: Bag, tub: Tub, colour: Surface, rng):
    spec = tub.spec
    big = 1.35 if spec.style.get("van") else 1.0
    x = spec.x(spec.windows[0][0]) - 0.13
    z = float(tub.shoulder(x)) + 0.085 * big
    y = tub.half + 0.045
    shell = blob((x, y, z), (0.12, 0.18, 0.125 * big), 2.8, 12, 7)
    v = shell[0]
    # the shell narrows outwards and its back is flat
    v[:, 0] = np.where(v[:, 0] < x, x + (v[:, 0] - x) * 0.45, v[:, 0])
    cap = colour if rng.random() < 0.8 else BLACK
    bag.add(shell, cap, pair=True)
    bag.add(blob((x - 0.026, y, z), (0.012, 0.15, 0.10 * big), 3, 12, 5), MIRROR, pair=True)
    bag.add(tube([(x + 0.01, y - 0.05, z - 0.05), (x + 0.02, tub.half - 0.075, z - 0.075 * big - 0.01)], [0.02, 0.028], 8), BLACK, pair=True)


def _wipers(bag: Bag, tub: Tub, house: Greenhouse):
    left = house.left[:8]
    for (s0, q0), (s1, q1) in (((0, 1), (5, 2)), ((5, 1), (1, 2))):
        a = left[s0, q0] * ([1, 1, 1] if s0 == 0 else [1, -1, 1])
        b = left[s1, q1] * ([1, 1, 1] if s0 == 0 else [1, -1, 1])
        lift = np.array([0.018, 0, 0.014])
        bag.add(tube([a + lift, b + lift], [0.009, 0.006], 5), GAP)


def cabin(bag: Bag, tub: Tub, house: Greenhouse, rng):
    """Dark floor, dashboard, steering wheel, seats, liner: what shows through the panes."""
    spec = tub.spec
    cloth = SEATS[int(rng.integers(len(SEATS)))]
    wide = tub.half - 0.14
    front, rear = spec.axles
    z_floor = spec.sill + 0.10
    # belly and the dark blocks behind the wheels
    nose, tail = spec.length / 2 - 0.30, -spec.length / 2 + 0.25
    p = tub.columns(10)
    rim = tub(p, 0.0) * [0.985, 0.96, 1] + [0, 0, 0.015]
    rim[:, 1] = np.minimum(rim[:, 1], tub.half - 0.30 + 0.0 * rim[:, 1])
    belly = np.stack([rim, rim * [1, -1, 1]], 1)
    bag.add(facing(grid(belly), (0, 0, -1)), GAP, smooth=False)
    inner = tub.half - spec.tyre - 0.06
    bag.add(cuboid(((front + spec.arch + 0.25) / 2 + (front - spec.arch - 0.05) / 2, 0, (spec.sill + spec.z_nose) / 2), (2 * spec.arch + 0.30, 2 * inner, spec.z_nose - spec.sill - 0.05)), GAP, smooth=False)
    bag.add(cuboid((rear, 0, spec.sill + 0.25), (2 * spec.arch + 0.2, 2 * inner, 0.55)), GAP, smooth=False)
    bag.add(cuboid(((nose + tail) / 2, 0, z_floor), (nose - tail - 0.3, 2 * wide - 0.1, 0.03)), CABIN, smooth=False)
    # inner sides
    x = np.linspace(tub.cowl_x, max(tub.screen_end_x, tub.x_tail) , 8)
    pf = tub.p_of_x(x)
    top = tub(pf, 0.985) - [0, 0.055, 0.0]
    low = top.copy()
    low[:, 2] = z_floor
    bag.add(facing(grid(np.stack([top, low])), (0, -1, 0)), CABIN, pair=True)
    bag.add(house.headliner(), LINER)
    # dashboard
    x_dash = tub.cowl_x - 0.16
    z_dash = spec.z_cowl - 0.045
    bag.add(blob((x_dash, 0, z_dash - 0.14), (0.62, 2 * wide - 0.06, 0.30), 4.5, 12, 5), CABIN)
    driver = 0.37 if spec.width > 1.7 else 0.34
    hub = np.array([x_dash - 0.34, driver, z_dash - 0.06])
    wheel = ring((0, 0, 0), 0.18, 0.016, "x", 16, 5)
    wheel = shifted(turned(wheel, "y", 0.45), hub)
    bag.add(wheel, GAP)
    bag.add(shifted(turned(blob((0, 0, 0), (0.05, 0.30, 0.07), 3, 8, 5), "y", 0.45), hub), GAP)
    z_seat = spec.sill + 0.36 + (0.1 if spec.height > 1.6 else 0.0)
    rows = [tub.cowl_x - 1.02]
    if spec.style.get("rows", 2) > 1:
        rows.append(min(rows[0] - 0.83, 0.35 * rows[0] + 0.65 * (rear + 0.15)))
    if spec.style.get("rows", 2) > 2:
        rows.append(rows[1] - 0.85)
    rows = [x for k, x in enumerate(rows) if k == 0 or x - 0.30 > house.base[-1, 0] + 0.05]
    for k, x in enumerate(rows):
        places = (driver, -driver) if k == 0 else (0.42, 0.0, -0.42)
        high = min(0.64, spec.height - 0.33 - z_seat)
        for y in places:
            seat_wide = 0.50 if k == 0 else 0.40
            back = blob((0, 0, high / 2), (0.15, seat_wide, high), 3.5, 8, 6)
            bag.add(shifted(turned(back, "y", -0.32 if k == 0 else -0.28), (x, y, z_seat)), cloth)
            head = blob((0, 0, high + 0.10), (0.10, 0.26, 0.17), 3, 8, 5)
            bag.add(shifted(turned(head, "y", -0.30), (x, y, z_seat)), cloth)
        bag.add(blob((x + 0.26, 0, z_seat), (0.56, 2 * wide - 0.2, 0.18), 4, 10, 5), cloth)
    if spec.style.get("shelf", True):
        end = house.base[-1, 0]
        bag.add(cuboid(((rows[-1] - 0.22 + end + 0.08) / 2, 0, spec.z_hip - 0.06), (max(0.1, rows[-1] - 0.22 - end - 0.08), 2 * wide - 0.1, 0.02)), CABIN, smooth=False)
    # inside mirror
    bag.add(blob((house.x_header + 0.13, 0, spec.height - 0.22), (0.03, 0.22, 0.065), 3, 10, 5), GAP)


def load_bed(bag: Bag, tub: Tub, house: Greenhouse, colour: Surface):
    """A pickup's open bed: inner walls and floor behind the cab, the cab's back below its window."""
    spec = tub.spec
    p = tub.columns()
    start = tub.p_screen_end
    p = np.concatenate([[start], p[p > start + 1e-6]])
    rim = tub(p, 1.0) + [0, 0, 0.006]
    tail = np.concatenate([rim, rim[-2::-1] * [1, -1, 1]])
    inset = tail.copy()
    inset[:, 1] = np.clip(inset[:, 1], -(tub.half - 0.20), tub.half - 0.20)
    inset[:, 0] = np.maximum(inset[:, 0], -spec.length / 2 + 0.20)
    bag.add(facing(grid(np.stack([tail, inset])), (0, 0, 1)), GREY_PLASTIC)
    floor = inset * [1, 1, 0] + [0, 0, spec.wheel + spec.arch - 0.02]
    wall = grid(np.stack([inset, floor]))
    bag.add(flipped(outward(wall)), GREY_PLASTIC, smooth=False)
    bag.add(facing(grid(np.stack([floor, floor * [1, -1, 1]])), (0, 0, 1)), BLACK, smooth=False)
    x, y = float(inset[0, 0]), float(inset[0, 1])
    bag.add(cuboid((x + 0.02, 0, 0.5 * (spec.wheel + spec.arch + rim[0, 2])), (0.04, 2 * y + 0.2, rim[0, 2] - spec.wheel - spec.arch + 0.04)), colour, smooth=False)


def roof_things(bag: Bag, tub: Tub, house: Greenhouse, rng, colour: Surface):
    """Aerial, rails, a taxi's sign."""
    spec = tub.spec
    z_rear = float(house.roof(house.x_end + 0.25)) + house.crown
    if spec.style.get("taxi"):
        x = 0.5 * (house.x_header + house.x_end) + 0.15
        z = float(house.roof(x)) + house.crown - 0.005
        bag.add(blob((x, 0, z + 0.07), (0.14, 0.46, 0.15), 5, 12, 7), Surface("emission", (1.0, 0.78, 0.16), strength=1.1))
        bag.add(cuboid((x, 0, z + 0.075), (0.146, 0.26, 0.055)), PLATE_INK, smooth=False)
        bag.add(cuboid((x, 0, z + 0.012), (0.20, 0.34, 0.03)), BLACK, smooth=False)
    elif rng.random() < 0.75:
        fin = blob((0, 0, 0), (0.16, 0.04, 0.09), 2.2, 10, 6)
        bag.add((fin[0] + [house.x_end + 0.28, 0, z_rear - 0.004] - fin[0][:, 2:] * [0.6, 0, 0], fin[1]), colour)
    else:
        bag.add(tube([(house.x_end + 0.2, 0, z_rear - 0.02), (house.x_end + 0.04, 0, z_rear + 0.07)], [0.006, 0.003], 5), GAP)
    if spec.style.get("rails") and rng.random() < 0.75:
        x = np.linspace(house.x_header - 0.22, house.x_end + 0.20, 7)
        z = house.roof(x) + 0.048
        z[[0, -1]] -= 0.045
        y = house.roof_y(x) - 0.03
        finish = CHROME if rng.random() < 0.5 else GLOSS_BLACK
        bag.add(tube(bent_path(np.stack([x, y, z], 1), 2), 0.014, 6), finish, pair=True)
    if spec.style.get("spoiler"):
        x = house.x_end
        z = float(house.roof(x)) + house.crown * 0.4
        lip = blob((x + 0.005, 0, z + 0.000), (0.17, 2 * float(house.roof_y(x)) * 0.92, 0.035), 4, 14, 5)
        bag.add(lip, colour)
        bag.add(cuboid((x - 0.078, 0, z - 0.004), (0.01, 0.26, 0.018)), RED_LAMP, TAIL_LABEL, smooth=False)


__all__ = ["patch", "front_face", "rear_face", "gaps_and_trim", "cabin", "roof_things", "load_bed", "number_plate", "ribbon", "flipped", "outward", "CarSpec"]
