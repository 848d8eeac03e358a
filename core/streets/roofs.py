"""Roofs: gables, hips, gables towards the street, flat roofs with a parapet; dormers and chimneys."""

from __future__ import annotations

import numpy as np

from core.streets.masonry import Frame, Masonry
from core.streets.palette import Palette
from core.streets.plan import Building

BUILDING, WINDOW, ROOF = 11, 40, 43
EAVE = 0.38


def roof(mesh: Masonry, plan: Building, height: float, colours: Palette, rng) -> None:
    """The roof above the eaves at ``height`` metres; the facade is x = 0."""
    kind = plan.roof
    if kind == "gable" and plan.width < 10.5 and rng.random() < 0.45 and plan.style != "concrete":
        kind = "street gable"
    {"flat": _flat, "gable": _gable, "hip": _hip, "street gable": _street_gable}[kind](mesh, plan, height, colours, rng)


def _flat(mesh, plan, height, colours, rng) -> None:
    w, d = plan.width / 2, plan.depth
    parapet = float(rng.uniform(0.35, 0.9))
    mesh.quads(colours.felt, ROOF, [[(-d, -w, height + 0.02), (0, -w, height + 0.02), (0, w, height + 0.02), (-d, w, height + 0.02)]])
    ground = Frame((0, 0), (0, 1), (1, 0), height)
    for u0, n0, u1, n1 in ((-w, -0.25, w, 0.0), (-w, -d, w, -d + 0.25), (-w, -d, -w + 0.25, 0.0), (w - 0.25, -d, w, 0.0)):
        mesh.boxes(colours.wall, BUILDING, ground, u0, 0.0, n0, u1, parapet, n1)
        mesh.boxes(colours.zinc, ROOF, ground, u0 - 0.03, parapet, n0 - 0.03, u1 + 0.03, parapet + 0.05, n1 + 0.03)
    for _ in range(int(rng.integers(0, 4))):
        u, n = float(rng.uniform(-w + 1.5, w - 1.5)) if w > 2.5 else 0.0, -float(rng.uniform(2, max(d - 2, 2.5)))
        a, b, h = rng.uniform(0.4, 1.6, 2).tolist() + [float(rng.uniform(0.6, 2.4))]
        mesh.boxes(colours.zinc if h < 1.5 else colours.felt, ROOF, ground, u - a, 0.0, n - b, u + a, h, n + b)
    if rng.random() < 0.35 and plan.style in ("glass", "concrete", "stone", "plaster"):
        # A set-back top storey.
        top = 2.7
        mesh.boxes(colours.trim, BUILDING, ground, -w + 1.5, 0.0, -d + 1.0, w - 1.5, top, -1.8)
        mesh.boxes(colours.felt, ROOF, ground, -w + 1.2, top, -d + 0.8, w - 1.2, top + 0.2, -1.4)
        panes = np.arange(-w + 1.8, w - 2.8, 1.5)
        if len(panes):
            mesh.panel(colours.glass, WINDOW, ground, panes, 0.5, panes + 1.15, 2.3, -1.78)


def _slab(mesh, surface, label, eave_low, eave_high, ridge_high, ridge_low, thick=0.16) -> None:
    """A sloping slab; corners counter-clockwise from above, starting along the eave."""
    top = np.array([eave_low, eave_high, ridge_high, ridge_low], float)
    under = top - (0, 0, thick)
    sides = [[under[i], under[(i + 1) % 4], top[(i + 1) % 4], top[i]] for i in range(4)]
    mesh.quads(surface, label, [top, under[::-1], *sides])


def _pitch(plan, rng) -> float:
    return float(np.tan(np.radians(rng.uniform(30, 48))))


def _gable(mesh, plan, height, colours, rng) -> None:
    w, d, rise = plan.width / 2, plan.depth, 0.0
    tilt = _pitch(plan, rng)
    rise = tilt * d / 2
    drop = tilt * EAVE
    ridge = height + rise
    _slab(mesh, colours.tiles, ROOF, (EAVE, -w, height - drop + 0.16), (EAVE, w, height - drop + 0.16), (-d / 2, w, ridge + 0.16), (-d / 2, -w, ridge + 0.16))
    _slab(mesh, colours.tiles, ROOF, (-d - EAVE, w, height - drop + 0.16), (-d - EAVE, -w, height - drop + 0.16), (-d / 2, -w, ridge + 0.16), (-d / 2, w, ridge + 0.16))
    for side, order in ((w, 1), (-w, -1)):
        points = [(0, side, height), (-d / 2, side, ridge), (-d, side, height), (-d / 2, side, height)]
        # A triangle written as a quad whose last corner lies on its base.
        mesh.quads(colours.side, BUILDING, [points[::-1] if order < 0 else points])
    _gutter(mesh, plan, height - drop + 0.02, colours)
    _dormers(mesh, plan, height, tilt, colours, rng)
    _chimneys(mesh, plan, ridge, colours, rng)


def _street_gable(mesh, plan, height, colours, rng) -> None:
    w, d = plan.width / 2, plan.depth
    tilt = _pitch(plan, rng) * 1.1
    ridge = height + tilt * w
    drop = tilt * 0.2
    for side in (1, -1):
        a, b = (0.12, side * (w + 0.0), height - drop * 0 + 0.14), (-d, side * w, height + 0.14)
        c, e = (-d, 0.0, ridge + 0.14), (0.12, 0.0, ridge + 0.14)
        _slab(mesh, colours.tiles, ROOF, *((b, a, e, c) if side > 0 else (a, b, c, e)))
    mesh.quads(colours.wall, BUILDING, [[(0, -w, height), (0, 0, height), (0, w, height), (0, 0, ridge)]])
    mesh.quads(colours.side, BUILDING, [[(-d, w, height), (-d, 0, height), (-d, -w, height), (-d, 0, ridge)]])
    frame = Frame((0, 0), (0, 1), (1, 0), height)
    if w > 2.4:
        z0, z1 = 0.5, min(1.8, tilt * (w - 0.8))
        if z1 > z0 + 0.5:
            mesh.boxes(colours.frame, WINDOW, frame, -0.45, z0, -0.01, 0.45, z1, 0.02)
            mesh.panel(colours.glass, WINDOW, frame, [-0.38, 0.03], z0 + 0.07, [-0.03, 0.38], z1 - 0.07, 0.026)
    _chimneys(mesh, plan, ridge - 0.5, colours, rng)


def _hip(mesh, plan, height, colours, rng) -> None:
    w, d = plan.width / 2, plan.depth
    tilt = _pitch(plan, rng) * 0.85
    run = min(d / 2, w)
    ridge = height + tilt * run
    e, z = EAVE, height - tilt * EAVE + 0.12
    inner = max(w - run, 0.02)
    front = [(e, -w - e * 0, z), (e, w, z), (-d / 2, inner, ridge), (-d / 2, -inner, ridge)]
    back = [(-d - e, w, z), (-d - e, -w, z), (-d / 2, -inner, ridge), (-d / 2, inner, ridge)]
    left = [(e, w, z), (-d - e, w, z), (-d / 2, inner, ridge), (-d / 2, inner, ridge)]
    right = [(-d - e, -w, z), (e, -w, z), (-d / 2, -inner, ridge), (-d / 2, -inner, ridge)]
    mesh.quads(colours.tiles, ROOF, [front, back])
    for three in (left, right):
        a, b, c, _ = (np.array(p, float) for p in three)
        mesh.quads(colours.tiles, ROOF, [[a, (a + b) / 2, b, c]])
    mesh.quads(colours.trim, ROOF, [[(e, -w, z), (-d - e, -w, z), (-d - e, w, z), (e, w, z)]])
    _gutter(mesh, plan, z - 0.06, colours)
    if run == d / 2:
        _dormers(mesh, plan, height, tilt, colours, rng, margin=run)
    _chimneys(mesh, plan, ridge - 0.6, colours, rng)


def _gutter(mesh, plan, z, colours) -> None:
    frame = Frame((0, 0), (0, 1), (1, 0))
    mesh.boxes(colours.zinc, ROOF, frame, -plan.width / 2, z - 0.02, EAVE - 0.02, plan.width / 2, z + 0.09, EAVE + 0.1)


def _dormers(mesh, plan, height, tilt, colours, rng, margin=1.0) -> None:
    if rng.random() < 0.45 or tilt < 0.6:
        return
    count = max(int((plan.width - 2 * margin) // 3.4), 0)
    if not count:
        return
    habit = float(rng.uniform(1.0, 1.3))
    for u in np.linspace(-1, 1, count) * (plan.width / 2 - margin - 0.8) if count > 1 else [0.0]:
        front, width, tall = -0.9, habit / 2 + 0.2, 1.55
        foot = height + tilt * 0.9 - 0.05
        frame = Frame((front, float(u)), (0, 1), (1, 0), foot)
        deep = tall / tilt + 0.3
        mesh.boxes(colours.tiles if rng.random() < 0.3 else colours.trim, ROOF, frame, -width, 0.0, -deep, width, tall, 0.0)
        mesh.boxes(colours.zinc, ROOF, frame, -width - 0.12, tall, -deep - 0.3, width + 0.12, tall + 0.12, 0.15)
        mesh.boxes(colours.frame, WINDOW, frame, -habit / 2, 0.35, 0.0, habit / 2, tall - 0.1, 0.03)
        mesh.panel(colours.glass, WINDOW, frame, [-habit / 2 + 0.07, 0.03], 0.42, [-0.03, habit / 2 - 0.07], tall - 0.17, 0.034)


def _chimneys(mesh, plan, ridge, colours, rng) -> None:
    frame = Frame((-plan.depth / 2, 0), (0, 1), (1, 0), ridge)
    for _ in range(int(rng.integers(0, 3))):
        u = float(rng.uniform(-0.42, 0.42)) * plan.width
        n = float(rng.uniform(-1.2, 1.2))
        mesh.boxes(colours.side if rng.random() < 0.5 else colours.plinth, BUILDING, frame, u - 0.35, -1.8, n - 0.3, u + 0.35, 1.1, n + 0.3)
        mesh.boxes(colours.zinc, BUILDING, frame, u - 0.42, 1.1, n - 0.37, u + 0.42, 1.18, n + 0.37)
        mesh.boxes(colours.tiles, BUILDING, frame, [u - 0.2, u + 0.02], 1.18, n - 0.1, [u - 0.02, u + 0.2], 1.5, n + 0.1)
