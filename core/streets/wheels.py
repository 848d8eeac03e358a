"""Wheels: tyres, multi-spoke rims, steel wheels, and spoked bicycle wheels.

Every wheel is made at the origin with its axle along y and its outer face
towards +y; the caller shifts it, and mirrors it for the other side.
"""

from __future__ import annotations

import numpy as np

from core.streets.parts import Surface
from core.streets.vehicle_shapes import (
    Bag, Mesh, disc, extruded, facing, flipped, joined, lathe, mirrored, outward, ring, shifted, turned,
)

RUBBER = Surface("rubber", (0.018, 0.018, 0.019), roughness=0.85)
DARK = Surface("plastic", (0.008, 0.008, 0.009), roughness=0.9)
BRAKE = Surface("metal", (0.30, 0.29, 0.28), roughness=0.4)

RIM_FINISHES = (
    Surface("metal", (0.62, 0.63, 0.65), roughness=0.28),
    Surface("metal", (0.42, 0.43, 0.45), roughness=0.30),
    Surface("paint", (0.025, 0.026, 0.028), roughness=0.25),
    Surface("plastic", (0.50, 0.51, 0.53), roughness=0.35),
)


def tyre(radius: float, width: float, rim: float, segments: int = 24) -> Mesh:
    """A tyre of outer ``radius`` over a rim of radius ``rim``, metres."""
    h, side = width / 2, radius - rim
    half = [
        (rim, 0.82 * h), (rim + 0.40 * side, 1.00 * h), (radius - 0.09 * side, 0.90 * h), (radius, 0.66 * h),
    ]
    profile = half + [(r, -y) for r, y in half[::-1]]
    return outward(lathe(profile, segments))


def spoke(rim: float, count: int, y: float, width: float, depth: float, twist: float = 0.0) -> Mesh:
    """``count`` tapering spokes from the hub to the rim, their faces at ``y``."""
    inner, outer = 0.16 * rim, 0.97 * rim
    wide, narrow = width * 1.25, width
    half = np.array([
        [inner, -wide / 2, y + 0.010], [inner, wide / 2, y + 0.010],
        [outer, narrow / 2 + twist, y - 0.012], [outer, -narrow / 2 + twist, y - 0.012],
    ])
    # (radial, tangential, along) to (x, z, y)
    top = half[:, [0, 2, 1]]
    inset = (top[0] + top[1] + top[2] + top[3]) / 4
    low = top.copy()
    low[:, 1] -= depth
    low[:, [0, 2]] += (low[:, [0, 2]] - inset[[0, 2]]) * np.array([0.0, 0.35])
    v = np.concatenate([top, low])
    i = np.arange(4)
    j = (i + 1) % 4
    sides = np.concatenate([np.stack([i, j, j + 4], 1), np.stack([i, j + 4, i + 4], 1)])
    one = outward((v, np.concatenate([[[0, 1, 2], [0, 2, 3]], sides])), centre=inset - [0, depth, 0])
    return joined(*(turned(one, "y", 2 * np.pi * k / count) for k in range(count)))


def car_wheel(
    label: int, radius: float, width: float, style: int, finish: Surface, segments: int = 24, rim_share: float = 0.70,
    rim_label: int | None = None, gap_label: int | None = None,
) -> Bag:
    """A road wheel, its rim under ``rim_label`` (None: ``label``) and what is seen through it under ``gap_label`` (None: ``rim_label``). ``style`` 0..5: five spokes, ten, five pairs, seven, turbine, steel with a cap."""
    bag = Bag(label)
    if gap_label is None:
        gap_label = rim_label
    rim = radius * rim_share
    face = width * 0.40
    bag.add(tyre(radius, width, rim, segments), RUBBER)
    barrel = lathe([(rim * 0.86, -0.3 * width), (rim * 0.90, 0.2 * width), (rim * 0.94, face + 0.002)], segments)
    lip = lathe([(rim * 0.935, face - 0.004), (rim * 0.955, face + 0.008), (rim * 1.01, face + 0.006), (rim * 1.01, 0.3 * width)], segments)
    bag.add(facing_axis(lip, outside=True), finish, rim_label)
    bag.add(facing_axis(barrel, outside=False), BRAKE if style != 5 else DARK, gap_label)
    bag.add(disc((0, -0.05 * width, 0), rim * 0.9, "y", 14), DARK, gap_label)
    if style != 5:
        bag.add(disc((0, 0.08 * width, 0), rim * 0.70, "y", 14), BRAKE, gap_label)
    depth = 0.035
    spread = 2 * np.pi * rim
    if style == 0:
        bag.add(spoke(rim, 5, face, spread * 0.075, depth), finish, rim_label, smooth=False)
    elif style == 1:
        bag.add(spoke(rim, 10, face, spread * 0.030, depth), finish, rim_label, smooth=False)
    elif style == 2:
        pair = spoke(rim, 5, face, spread * 0.032, depth, twist=0.0)
        bag.add(turned(pair, "y", 0.13), finish, rim_label, smooth=False)
        bag.add(turned(pair, "y", -0.13), finish, rim_label, smooth=False)
    elif style == 3:
        bag.add(spoke(rim, 7, face, spread * 0.050, depth), finish, rim_label, smooth=False)
    elif style == 4:
        bag.add(spoke(rim, 14, face, spread * 0.022, depth, twist=0.05), finish, rim_label, smooth=False)
    else:
        cap = lathe([(rim * 0.93, face - 0.004), (rim * 0.80, face + 0.012), (rim * 0.30, face + 0.004), (0.0, face + 0.012)], segments)
        bag.add(facing(cap, (0, 1, 0)), finish, rim_label)
        slot = disc((rim * 0.68, face + 0.0135, 0), rim * 0.085, "y", 8)
        bag.add(joined(*(turned(slot, "y", 2 * np.pi * k / 9) for k in range(9))), DARK, gap_label)
    if style != 5:
        hub = lathe([(rim * 0.24, face - depth), (rim * 0.22, face + 0.010), (rim * 0.12, face + 0.016), (0.0, face + 0.016)], 14)
        bag.add(facing(hub, (0, 1, 0)), finish, rim_label)
        bag.add(disc((0, face + 0.018, 0), rim * 0.10, "y", 10), DARK, gap_label)
    return bag


def facing_axis(mesh: Mesh, outside: bool) -> Mesh:
    """A surface of revolution about y turned away from the axle (or towards it)."""
    v, f = mesh
    middle = v[f].mean(1)
    normal = np.cross(v[f[:, 1]] - v[f[:, 0]], v[f[:, 2]] - v[f[:, 0]])
    out = (normal[:, 0] * middle[:, 0] + normal[:, 2] * middle[:, 2]).sum() > 0
    return mesh if out == outside else flipped(mesh)


def truck_wheel(label: int, radius: float, width: float, finish: Surface, rear: bool = False, segments: int = 24,
                rim_label: int | None = None) -> Bag:
    """A commercial wheel: a deep dish with hand holes and wheel nuts; ``rear`` has the sunk hub of a twin."""
    bag = Bag(label)
    rim = radius * 0.60
    h = width / 2
    bag.add(tyre(radius, width, rim, segments), RUBBER)
    dish, hub = (0.05 * width, 0.22 * width) if not rear else (-0.25 * width, 0.05 * width)
    plate = lathe([
        (rim * 1.01, 0.82 * h), (rim * 0.93, 0.80 * h), (rim * 0.88, dish), (rim * 0.50, dish + 0.01),
        (rim * 0.45, hub), (rim * 0.30, hub + 0.03), (0.0, hub + 0.035),
    ], segments)
    bag.add(facing(plate, (0, 1, 0)), finish, rim_label)
    hole = disc((rim * 0.70, dish + 0.014, 0), rim * 0.10, "y", 8)
    bag.add(joined(*(turned(hole, "y", 2 * np.pi * k / 8) for k in range(8))), DARK, rim_label)
    nut = extruded([(rim * 0.56 - 0.012, -0.012), (rim * 0.56 + 0.012, -0.012), (rim * 0.56 + 0.012, 0.012), (rim * 0.56 - 0.012, 0.012)], 0.03, "y", dish + 0.02)
    bag.add(joined(*(turned(nut, "y", 2 * np.pi * (k + 0.5) / 8) for k in range(8))), BRAKE, rim_label, smooth=False)
    return bag


def put_wheel(bag: Bag, wheel: Bag, x: float, y: float, z: float, pair: bool = True):
    """Add ``wheel`` with its middle at (x, y, z), and its mirror image at -y."""
    for (surface, label, smooth), meshes in wheel.found.items():
        mesh = shifted(joined(*meshes), (x, y, z))
        bag.add(joined(mesh, mirrored(mesh)) if pair else mesh, surface, label, smooth)


__all__ = ["car_wheel", "truck_wheel", "put_wheel", "tyre", "spoke", "ring", "RIM_FINISHES", "RUBBER", "DARK", "BRAKE"]
