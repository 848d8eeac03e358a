"""Storeys, windows, doors, shopfronts and balconies of one facade."""

from __future__ import annotations

import numpy as np

from core.streets import glyphs, wares
from core.streets.masonry import Frame, Masonry
from core.streets.naming import SHOP_LETTERING
from core.streets.palette import Palette
from core.streets.plan import Building

BUILDING, WINDOW, DOOR, SHOP, BALCONY, TRIM, SIGN = 11, 40, 41, 42, 44, 60, 61
FRAME, SHOP_FRAME, AWNING, SHUTTER, REVEAL = 71, 73, 75, 77, 172


def facade(mesh: Masonry, frame: Frame, width: float, plan: Building, colours: Palette, rng, front: bool) -> None:
    """One shown wall, from the ground to the eaves; a flank (``front`` False) has no shop and fewer windows."""
    if plan.style == "glass":
        _curtain_wall(mesh, frame, width, plan, colours, rng, front)
        return
    grid = _Grid(plan, width, rng, front)
    _ground_floor(mesh, frame, width, plan, colours, rng, grid, front)
    for storey in range(1, plan.storeys):
        z0 = plan.ground + (storey - 1) * plan.storey
        _upper_floor(mesh, frame, width, z0, z0 + plan.storey, storey, plan, colours, rng, grid)
    _ornament(mesh, frame, width, plan, colours, rng, grid)


class _Grid:
    """Where a facade's window axes stand and how its windows look, alike on all storeys."""

    def __init__(self, plan: Building, width: float, rng, front: bool):
        # A building's facades share their habits, so these draw from the building's own seed.
        habit = np.random.default_rng(plan.seed + 17)
        self.ribbon = plan.style == "concrete" and habit.random() < 0.6
        self.window = float(habit.uniform(0.95, 1.45)) if not self.ribbon else 2.4
        self.height = float(habit.uniform(1.45, 1.9))
        if plan.style == "concrete":
            self.height = float(habit.uniform(1.3, 1.6))
        self.sill_at = float(np.clip(plan.storey - self.height - habit.uniform(0.35, 0.6), 0.35, 1.05))
        self.reveal = float(habit.uniform(0.09, 0.22))
        self.sash = str(habit.choice(["single", "double", "cross", "grid"]))
        self.surround = float(habit.choice([0.0, 0.0, 0.09, 0.13]))
        self.shutters = bool(plan.style == "plaster" and habit.random() < 0.18 and not self.ribbon)
        self.balcony = str(habit.choice(["none", "some", "column", "rows"], p=[0.5, 0.2, 0.15, 0.15]))
        self.string = bool(habit.random() < 0.5)
        self.hood = bool(habit.random() < 0.3)
        pitch = self.window + (float(habit.uniform(0.75, 1.7)) if not self.ribbon else 0.35)
        pitch += 0.5 if self.shutters else 0.0
        margin = 0.55 if front else 1.1
        count = max(int((width - 2 * margin + pitch - self.window) // pitch), 1)
        if not front and habit.random() < 0.6 and not self.ribbon:
            count = max(count // 2, 1)
        free = width - 2 * margin - self.window
        step = free / (count - 1) if count > 1 else 0.0
        first = margin if count > 1 else (width - self.window) / 2
        self.u = first + step * np.arange(count)
        self.balcony_axis = int(habit.integers(count))
        self.door_axis = int(habit.integers(count))


def _glazing(mesh, frame, colours, openings, depth, sash, rng, label=WINDOW, panes=None, border=0.055) -> None:
    """Frames, glazing bars and panes in openings (K, 4) of u0, zb, u1, zt; the pane lies ``depth`` behind the wall."""
    o = np.asarray(openings, float).reshape(-1, 4)
    u0, z0, u1, z1 = o.T
    b, back, proud = border, -depth, -depth + 0.05
    bars = [
        (u0, z0, u0 + b, z1), (u1 - b, z0, u1, z1), (u0, z0, u1, z0 + b), (u0, z1 - b, u1, z1),
    ]
    middle, upper = (u0 + u1) / 2, z0 + 0.68 * (z1 - z0)
    if sash in ("double", "cross", "grid"):
        bars.append((middle - 0.035, z0, middle + 0.035, z1))
    if sash in ("cross", "grid"):
        bars.append((u0, upper - 0.03, u1, upper + 0.03))
    if sash == "grid":
        third = z0 + 0.34 * (z1 - z0)
        bars.append((u0, third - 0.015, u1, third + 0.015))
    for a0, c0, a1, c1 in bars:
        mesh.boxes(colours.frame, FRAME, frame, a0, c0, back, a1, c1, proud)
    panes = panes or colours.panes
    which = rng.choice(len(panes), len(o), p=None if len(panes) != 4 else (0.42, 0.26, 0.2, 0.12))
    for i, pane in enumerate(panes):
        chosen = which == i
        if chosen.any():
            mesh.panel(pane, label, frame, u0[chosen], z0[chosen], u1[chosen], z1[chosen], back + 0.012)


def _windows(mesh, frame, plan, colours, rng, grid, openings) -> None:
    if not len(openings):
        return
    o = np.asarray(openings, float).reshape(-1, 4)
    u0, z0, u1, z1 = o.T
    mesh.reveal(colours.wall if not grid.surround else colours.trim, REVEAL, frame, u0, z0, u1, z1, grid.reveal)
    _glazing(mesh, frame, colours, o, grid.reveal, "double" if grid.ribbon else grid.sash, rng)
    mesh.boxes(colours.trim if plan.style != "concrete" else colours.zinc, TRIM, frame,
               u0 - 0.06, z0 - 0.07, -grid.reveal, u1 + 0.06, z0, 0.07)
    if grid.surround:
        s = grid.surround
        for a in ((u0 - s, z0, u0, z1), (u1, z0, u1 + s, z1), (u0 - s, z1, u1 + s, z1 + s)):
            mesh.boxes(colours.trim, TRIM, frame, a[0], a[1], 0.0, a[2], a[3], 0.035)
        if grid.hood:
            mesh.boxes(colours.trim, TRIM, frame, u0 - s - 0.06, z1 + s, 0.0, u1 + s + 0.06, z1 + s + 0.08, 0.14)
    elif plan.style == "brick":
        mesh.boxes(colours.trim, TRIM, frame, u0 - 0.1, z1, 0.0, u1 + 0.1, z1 + 0.16, 0.012)
    if grid.shutters:
        half = (u1 - u0) / 2
        for a0, a1 in ((u0 - half - 0.02, u0 - 0.02), (u1 + 0.02, u1 + half + 0.02)):
            mesh.boxes(colours.door, SHUTTER, frame, a0, z0, 0.01, a1, z1, 0.05)


def _upper_floor(mesh, frame, width, z0, z1, storey, plan, colours, rng, grid) -> None:
    low = z0 + grid.sill_at
    openings = np.stack([grid.u, np.full_like(grid.u, low), grid.u + grid.window, np.full_like(grid.u, low + grid.height)], 1)
    has = np.zeros(len(openings), bool)
    if grid.balcony == "column":
        has[grid.balcony_axis] = True
    elif grid.balcony == "rows":
        has[:] = storey % 2 == 1 or plan.style == "concrete"
    elif grid.balcony == "some":
        has = rng.random(len(openings)) < 0.25
    has &= (openings[:, 0] > 0.5) & (openings[:, 2] < width - 0.5)
    # A balcony is entered through a French window.
    openings[has, 1] = z0 + 0.06
    mesh.storey(colours.wall, BUILDING, frame, width, z0, z1, openings)
    _windows(mesh, frame, plan, colours, rng, grid, openings)
    if has.any():
        _balconies(mesh, frame, colours, openings[has], z0, grid, plan)


def _balconies(mesh, frame, colours, openings, z0, grid, plan) -> None:
    side = min(0.45, max((grid.u[1] - grid.u[0] - grid.window) / 2 - 0.08, 0.1)) if len(grid.u) > 1 else 0.45
    u0, u1 = openings[:, 0] - side, openings[:, 2] + side
    out = 1.15 if plan.style == "concrete" else 0.85
    mesh.boxes(colours.trim, BALCONY, frame, u0, z0 - 0.14, 0.0, u1, z0 + 0.02, out)
    if plan.style == "concrete":
        mesh.boxes(colours.trim, BALCONY, frame, u0, z0 + 0.02, out - 0.08, u1, z0 + 0.98, out)
        for a0, a1 in ((u0, u0 + 0.06), (u1 - 0.06, u1)):
            mesh.boxes(colours.wall, BALCONY, frame, a0, z0 + 0.02, 0.0, a1, z0 + 0.98, out - 0.08)
        return
    rail, low = colours.metal, z0 + 0.1
    mesh.boxes(rail, BALCONY, frame, u0, z0 + 1.0, out - 0.05, u1, z0 + 1.05, out)
    mesh.boxes(rail, BALCONY, frame, u0, low, out - 0.04, u1, low + 0.03, out - 0.01)
    for a in (u0, u1 - 0.05):
        mesh.boxes(rail, BALCONY, frame, a, z0 + 1.0, 0.0, a + 0.05, z0 + 1.05, out)
        mesh.boxes(rail, BALCONY, frame, a, z0, out - 0.05, a + 0.05, z0 + 1.0, out)
    for start, end in zip(u0, u1):
        bars = np.arange(start + 0.11, end - 0.05, 0.13)
        mesh.boxes(rail, BALCONY, frame, bars, low, out - 0.034, bars + 0.018, z0 + 1.0, out - 0.016)
    for a in (u0 + 0.015, u1 - 0.033):
        for n in np.arange(0.1, out - 0.08, 0.13):
            mesh.boxes(rail, BALCONY, frame, a, low, n, a + 0.018, z0 + 1.0, n + 0.018)


def _ground_floor(mesh, frame, width, plan, colours, rng, grid, front) -> None:
    top = plan.ground
    if front and plan.shop:
        _shopfront(mesh, frame, width, top, plan, colours, rng)
        return
    low = 0.95
    high = min(low + grid.height + 0.1, top - 0.5)
    openings = [[u, low, u + grid.window, high] for u in grid.u]
    door = None
    if front:
        axis = grid.door_axis
        middle = grid.u[axis] + grid.window / 2
        half = min(0.62, grid.window / 2 + 0.12)
        door = [middle - half, 0.0, middle + half, min(2.65, top - 0.45)]
        if width > 9 and rng.random() < 0.3 and len(grid.u) > 3:
            # A carriage gate takes two axes.
            other = axis + 1 if axis + 1 < len(grid.u) else axis - 1
            a = min(grid.u[axis], grid.u[other])
            b = max(grid.u[axis], grid.u[other]) + grid.window
            door = [max((a + b) / 2 - 1.35, a), 0.0, min((a + b) / 2 + 1.35, b), min(2.9, top - 0.4)]
            openings = [o for i, o in enumerate(openings) if i not in (axis, other)]
        else:
            openings.pop(axis)
        openings.append(door)
        openings.sort()
    elif rng.random() < 0.5:
        openings = openings[:: 2]
    mesh.storey(colours.wall, BUILDING, frame, width, 0.0, top, openings)
    windows = [o for o in openings if o is not door]
    _windows(mesh, frame, plan, colours, rng, grid, windows)
    edges = [0.0] + ([door[0], door[2]] if door else []) + [width]
    plinth = float(rng.uniform(0.3, 0.8))
    for a, b in zip(edges[::2], edges[1::2]):
        mesh.boxes(colours.plinth, TRIM, frame, a, 0.0, 0.0, b, plinth, 0.03)
    if door:
        _door(mesh, frame, door, colours, rng, grid)


def _door(mesh, frame, door, colours, rng, grid) -> None:
    u0, z0, u1, z1 = door
    depth = max(grid.reveal, 0.16)
    mesh.reveal(colours.trim, REVEAL, frame, u0, z0, u1, z1, depth)
    step = 0.14
    mesh.boxes(colours.plinth, TRIM, frame, u0 - 0.1, -0.1, -depth, u1 + 0.1, step, 0.28)
    light = z1 - 0.45 if z1 > 2.45 else z1
    mesh.boxes(colours.door, DOOR, frame, u0, step, -depth - 0.05, u1, light, -depth + 0.02)
    leaves = 2 if u1 - u0 > 1.15 else 1
    span = (u1 - u0) / leaves
    for i in range(leaves):
        a = u0 + i * span
        for low, high in ((step + 0.12, 0.95), (1.05, light - 0.14)):
            glazed = high > 1.5 and grid.sash != "single"
            mesh.boxes(colours.panes[1] if glazed else colours.door, DOOR, frame, a + 0.14, low, -depth, a + span - 0.14, high, -depth + 0.04)
        mesh.boxes(colours.zinc, DOOR, frame, a + span - 0.11, 1.0, -depth, a + span - 0.08, 1.22, -depth + 0.08)
    if light < z1:
        mesh.boxes(colours.frame, DOOR, frame, u0, light, -depth - 0.03, u1, light + 0.06, -depth + 0.05)
        mesh.panel(colours.panes[0], DOOR, frame, u0, light + 0.06, u1, z1, -depth)
    mesh.boxes(colours.trim, TRIM, frame, [u0 - 0.14, u1, u0 - 0.14], [0, 0, z1], 0.0, [u0, u1 + 0.14, u1 + 0.14], [z1, z1, z1 + 0.16], 0.05)


def _shopfront(mesh, frame, width, top, plan, colours, rng) -> None:
    """Pillars, display windows on a riser, a glazed door, a signboard, sometimes an awning."""
    names = np.random.default_rng([plan.seed, 97])
    pillar = float(rng.uniform(0.28, 0.5))
    bays = max(int(round((width - pillar) / rng.uniform(2.6, 4.2))), 1)
    span = (width - pillar) / bays
    head = top - float(rng.uniform(0.75, 1.0))
    depth, riser = float(rng.uniform(0.15, 0.45)), float(rng.choice([0.12, 0.3, 0.45]))
    edges = pillar + span * np.arange(bays)
    openings = np.stack([edges, np.zeros(bays), edges + span - pillar, np.full(bays, head)], 1)
    mesh.storey(colours.wall, BUILDING, frame, width, 0.0, top, openings)
    u0, _, u1, _ = openings.T
    mesh.reveal(colours.trim, REVEAL, frame, u0, 0.0, u1, head, depth)
    door = int(rng.integers(bays))
    frames = colours.metal if rng.random() < 0.6 else colours.shop
    b = 0.07
    for i in range(bays):
        a0, a1 = u0[i], u1[i]
        if i == door:
            middle = a0 + min(1.15, (a1 - a0) * 0.45)
            glass = [(a0, 0.06, middle), (middle, riser, a1)]
            mesh.boxes(frames, SHOP_FRAME, frame, middle - b / 2, 0.0, -depth, middle + b / 2, head, -depth + 0.07)
            mesh.boxes(frames, SHOP_FRAME, frame, a0, 2.2, -depth, middle, 2.28, -depth + 0.07)
            mesh.boxes(colours.zinc, SHOP_FRAME, frame, middle - 0.2, 0.9, -depth, middle - 0.16, 1.3, -depth + 0.1)
        else:
            glass = [(a0, riser, a1)]
        for g0, z0, g1 in glass:
            mesh.panel(colours.shop_glass, SHOP, frame, g0, z0, g1, head, -depth + 0.015)
            mesh.boxes(colours.plinth if riser > 0.2 else frames, SHOP_FRAME, frame, g0, 0.0, -depth - 0.02, g1, z0, -depth + 0.09)
            if g1 - g0 > 2.2:
                m = (g0 + g1) / 2
                mesh.boxes(frames, SHOP_FRAME, frame, m - b / 2, z0, -depth, m + b / 2, head, -depth + 0.06)
        mesh.boxes(frames, SHOP_FRAME, frame, [a0, a1 - b, a0], [0, 0, head - b], -depth, [a0 + b, a1, a1], [head, head, head], -depth + 0.07)
    shops = max(1, min(bays, int(round(width / 9))))
    for i in range(shops):
        lo, hi = pillar / 2 + i * width / shops, (i + 1) * width / shops - pillar / 2
        if rng.random() < 0.85:
            mesh.boxes(colours.sign, SIGN, frame, lo + 0.1, head + 0.08, 0.0, hi - 0.1, head + 0.62, 0.12)
            _written(mesh, frame, colours, str(names.choice(wares.NAMES)), (lo + hi) / 2, head + 0.35, hi - lo - 0.5)
        if rng.random() < 0.3:
            reach, drop = float(rng.uniform(0.9, 1.5)), float(rng.uniform(0.35, 0.6))
            z = head + 0.02
            slope = [[(lo, z - drop, reach), (hi, z - drop, reach), (hi, z, 0.02), (lo, z, 0.02)]]
            mesh.quads(colours.awning, AWNING, slope, frame)
            mesh.panel(colours.awning, AWNING, frame, lo, z - drop - 0.2, hi, z - drop, reach)
            mesh.quads(colours.awning, AWNING, [
                [(lo, z - drop, reach), (lo, z, 0.02), (lo, z - drop, 0.02), (lo, z - drop, 0.3)],
                [(hi, z - drop, reach), (hi, z - drop, 0.3), (hi, z - drop, 0.02), (hi, z, 0.02)],
            ], frame)
    if rng.random() < 0.4:
        at = float(rng.uniform(0.5, width - 0.5))
        mesh.boxes(colours.sign, SIGN, frame, at - 0.06, head + 0.7, 0.1, at + 0.06, head + 1.4, 0.9)


def _written(mesh, frame, colours, word: str, u: float, z: float, room: float) -> None:
    """A shop's name on its board, smaller where there is little ``room``, centred on (u, z)."""
    places = glyphs.written(word, 0.34, room) + (u, z)
    mesh.quads(colours.letters, SHOP_LETTERING, np.concatenate([places, np.full((*places.shape[:2], 1), 0.125)], 2), frame)


def _ornament(mesh, frame, width, plan, colours, rng, grid) -> None:
    """String courses, cornice, corner stones and a rain pipe."""
    top = plan.ground + plan.storey * (plan.storeys - 1)
    if plan.style != "concrete":
        if grid.string or plan.shop:
            mesh.boxes(colours.trim, TRIM, frame, 0.0, plan.ground - 0.12, 0.0, width, plan.ground + 0.04, 0.09)
        mesh.boxes(colours.trim, TRIM, frame, 0.0, top - 0.32, 0.0, width, top - 0.14, 0.1)
        mesh.boxes(colours.trim, TRIM, frame, 0.0, top - 0.14, 0.0, width, top, 0.26)
        if plan.style == "stone" or grid.hood:
            for u in (0.0, width - 0.45):
                mesh.boxes(colours.trim, TRIM, frame, u, 0.0, 0.0, u + 0.45, top - 0.3, 0.05)
    else:
        for storey in range(1, plan.storeys):
            z = plan.ground + (storey - 1) * plan.storey
            mesh.boxes(colours.trim if grid.string else colours.wall, TRIM, frame, 0.0, z - 0.12, 0.0, width, z + 0.1, 0.04)
    if rng.random() < 0.7:
        mesh.boxes(colours.zinc, TRIM, frame, width - 0.22, 0.0, 0.02, width - 0.12, top - 0.1, 0.12)


def _curtain_wall(mesh, frame, width, plan, colours, rng, front) -> None:
    """An office front: glass from slab to slab behind metal mullions."""
    habit = np.random.default_rng(plan.seed + 17)
    pitch = float(habit.uniform(1.2, 1.8))
    count = max(int(round(width / pitch)), 1)
    u = np.linspace(0, width, count + 1)
    slab = float(habit.uniform(0.5, 1.0))
    fin = float(habit.uniform(0.06, 0.22))
    top = plan.ground + plan.storey * (plan.storeys - 1)
    levels = [0.0] + [plan.ground + i * plan.storey for i in range(plan.storeys)]
    for i, (z0, z1) in enumerate(zip(levels, levels[1:])):
        label = SHOP if i == 0 and front and plan.shop else WINDOW
        glass = colours.shop_glass if label == SHOP else colours.tower_glass
        upper = z1 - slab
        foot = z0 + (0.12 if i == 0 else 0.0)
        # Panes are set at very slightly different angles, which breaks the mirror image as in real fronts.
        tilt = rng.normal(0, 0.004, (count, 4))
        low, high = np.full(count, foot), np.full(count, upper)
        a, b = u[:-1], u[1:]
        corners = np.stack([
            np.stack([a, low, -0.03 + tilt[:, 0]], -1), np.stack([b, low, -0.03 + tilt[:, 1]], -1),
            np.stack([b, high, -0.03 + tilt[:, 2]], -1), np.stack([a, high, -0.03 + tilt[:, 3]], -1),
        ], 1)
        mesh.quads(glass, label, corners, frame)
        mesh.panel(colours.wall, BUILDING, frame, 0.0, upper, width, z1, 0.0)
        mesh.boxes(colours.trim, TRIM, frame, 0.0, upper - 0.06, -0.06, width, upper + 0.04, 0.04)
        if foot > z0:
            mesh.boxes(colours.plinth, TRIM, frame, 0.0, z0, -0.06, width, foot, 0.03)
        if label == WINDOW and habit.random() < 0.7:
            mesh.boxes(colours.trim, FRAME, frame, 0.0, foot + 0.9, -0.05, width, foot + 0.95, 0.02)
    mesh.boxes(colours.trim, TRIM, frame, np.clip(u - 0.03, 0, None), 0.0, -0.06, np.clip(u + 0.03, None, width), top, fin)
    if front:
        middle = float(habit.uniform(0.3, 0.7)) * width
        mesh.boxes(colours.metal, BUILDING, frame, middle - 1.8, 2.9, 0.0, middle + 1.8, 3.1, 1.6)
        for a in (-0.95, 0.0):
            mesh.boxes(colours.metal, DOOR, frame, middle + a, 0.05, 0.02, middle + a + 0.95, 2.5, 0.05)
            mesh.panel(colours.shop_glass, DOOR, frame, middle + a + 0.07, 0.12, middle + a + 0.88, 2.42, 0.055)
