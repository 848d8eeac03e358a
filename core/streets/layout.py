"""How a street's plan is drawn from its seed: carriageway, blocks, buildings, sky, cameras.

Traffic, people, trees and furniture follow in :mod:`core.streets.populate`.
Each stage draws from its own generator, so a change in one leaves the others.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from core.streets.plan import (
    Axis, Band, Block, Building, Camera, CrossStreet, Sky, StreetPlan,
)

START, END = -24.0, 168.0
#: Half width, in metres, of the whole built strip; cross streets run out to it.
REACH = 66.0
#: Share of streets with a square, where there is room for one.
SQUARES = 0.25


@dataclass(frozen=True)
class Character:
    """Ranges from which one kind of street draws its measures."""

    lanes: tuple[int, ...]
    lane: tuple[float, float]
    parking: float
    walk: tuple[float, float]
    storeys: tuple[int, int]
    front: tuple[float, float]
    setback: tuple[float, float]
    styles: tuple[str, ...]
    roofs: tuple[str, ...]
    shop: float
    median: tuple[str, ...]
    roads: tuple[str, ...]
    gap: float
    trees: float


CHARACTERS: dict[str, Character] = {
    "town": Character((1,), (3.0, 3.5), 0.75, (2.4, 4.0), (3, 5), (9, 18), (0, 0),
                      ("plaster", "plaster", "brick", "stone"), ("gable", "gable", "hip", "flat"),
                      0.45, ("",), ("asphalt",), 0.06, 0.5),
    "avenue": Character((2, 2, 3), (3.1, 3.5), 0.5, (3.5, 6.0), (4, 8), (14, 30), (0, 2),
                        ("glass", "stone", "plaster", "brick", "concrete"), ("flat", "flat", "hip"),
                        0.55, ("", "rail", "grass", "grass"), ("asphalt",), 0.08, 0.6),
    "old town": Character((1,), (2.7, 3.1), 0.2, (1.6, 2.6), (2, 4), (6, 11), (0, 0),
                          ("plaster", "plaster", "plaster", "stone", "brick"), ("gable", "gable", "hip"),
                          0.6, ("",), ("setts", "asphalt"), 0.03, 0.12),
    "suburb": Character((1,), (2.9, 3.3), 0.6, (1.8, 2.6), (1, 3), (9, 14), (3, 6),
                        ("plaster", "brick", "plaster"), ("gable", "hip", "gable"),
                        0.04, ("",), ("asphalt",), 0.75, 0.7),
    "tramway": Character((1, 2), (3.0, 3.4), 0.4, (2.8, 4.5), (3, 6), (11, 22), (0, 1),
                         ("plaster", "stone", "brick", "concrete"), ("gable", "flat", "hip"),
                         0.5, ("rail",), ("asphalt",), 0.05, 0.45),
    "green": Character((1, 2), (3.1, 3.5), 0.5, (2.6, 4.0), (2, 5), (12, 22), (2, 6),
                       ("plaster", "brick", "concrete"), ("gable", "flat", "hip"),
                       0.1, ("", "grass"), ("asphalt",), 0.4, 1.0),
}


def lay_out(seed: int) -> StreetPlan:
    """The whole plan of ``seed``."""
    from core.streets.populate import populate

    rng = np.random.default_rng([seed, 1])
    name = rng.choice(list(CHARACTERS), p=[0.3, 0.2, 0.12, 0.12, 0.14, 0.12])
    kind = CHARACTERS[name]
    curvature = 0.0 if rng.random() < 0.45 else float(rng.uniform(-1, 1) / 380)
    slope = 0.0 if rng.random() < 0.5 else float(rng.uniform(-0.03, 0.03))
    axis = Axis(curvature, slope, START, END)
    bands, left, right, lane = _carriageway(rng, kind)
    crossings = _cross_streets(rng, name)
    blocks = _with_square(np.random.default_rng([seed, 10]), name, _blocks(rng, kind, name, crossings, left, right))
    buildings = _buildings(np.random.default_rng([seed, 2]), kind, blocks, left, right, curvature)
    sky = _sky(np.random.default_rng([seed, 3]))
    cameras = _cameras(np.random.default_rng([seed, 4]), bands, left, right, crossings)
    season = str(rng.choice(["spring", "summer", "autumn", "winter"], p=[0.25, 0.45, 0.2, 0.1]))
    zebras = [c.s + side * (c.half + 3.4) for c in crossings if c.zebra for side in (-1, 1)]
    if rng.random() < 0.35:
        middle = float(rng.uniform(35, 110))
        if all(abs(middle - c.s) > c.half + 14 for c in crossings):
            zebras.append(middle)
    zebras = tuple(z for z in zebras if START + 16 < z < END - 16)
    bare = StreetPlan(
        seed=int(seed), character=str(name), season=season, axis=axis, lane=lane,
        kerb_left=left, kerb_right=right, road=str(rng.choice(kind.roads)),
        walk=str(rng.choice(["slabs", "small slabs", "asphalt", "setts"], p=[0.4, 0.3, 0.15, 0.15])),
        bands=bands, crossings=crossings, zebras=zebras, blocks=blocks, buildings=buildings,
        items=(), cameras=cameras, sky=sky,
    )
    return populate(bare, kind.trees)


def _carriageway(rng, kind: Character) -> tuple[tuple[Band, ...], float, float, float]:
    """Bands from the left kerb to the right one, the kerbs' t, and a lane's width."""
    lane = float(rng.uniform(*kind.lane))
    lanes = int(rng.choice(kind.lanes))
    median = str(rng.choice(kind.median))
    half = {"": 0.0, "rail": 3.1, "grass": float(rng.uniform(1.0, 2.6))}[median]
    bands = []
    if half:
        bands.append(Band("rail" if median == "rail" else "median", -half, half))
    edges = {}
    for side in (1, -1):
        t = half
        for _ in range(lanes):
            bands.append(Band("lane", *sorted((side * t, side * (t + lane))), direction=-side))
            t += lane
        if rng.random() < kind.parking:
            bands.append(Band("parking", *sorted((side * t, side * (t + 2.15)))))
            t += 2.15
        edges[side] = side * (t + 0.25)
    return tuple(bands), edges[1], edges[-1], lane


def _cross_streets(rng, name: str) -> tuple[CrossStreet, ...]:
    # Both ends close with a T-junction; between them there are none to two more.
    found = [START + 2, END - 2]
    for low, high, chance in ((42.0, 72.0, 0.75), (98.0, 132.0, 0.8)):
        if rng.random() < chance:
            found.append(float(rng.uniform(low, high)))
    grand = name in ("avenue", "tramway")
    return tuple(
        CrossStreet(
            s, float(rng.uniform(4.5, 7.5) if grand else rng.uniform(3.2, 5.2)),
            zebra=bool(rng.random() < 0.7), signals=bool(rng.random() < (0.8 if grand else 0.3)),
        )
        for s in sorted(found)
    )


def _blocks(rng, kind: Character, name: str, crossings, left: float, right: float) -> tuple[Block, ...]:
    blocks = []
    for side, kerb in ((1, left), (-1, right)):
        walk = float(rng.uniform(*kind.walk))
        for before, after in zip(crossings, crossings[1:]):
            s0, s1 = before.s + before.half, after.s - after.half
            garden = name == "suburb" or (name == "green" and rng.random() < 0.6)
            t0, t1 = sorted((kerb, side * REACH))
            blocks.append(Block(s0, s1, t0, t1, walk, float(rng.uniform(2.5, 5.5)), bool(garden)))
        # Far ends of the cross streets.
        t0, t1 = sorted((side * (REACH + 8), side * (REACH + 40)))
        blocks.append(Block(START - 60, END + 60, t0, t1, 3.0, 3.0))
    first, last = crossings[0], crossings[-1]
    blocks.append(Block(START - 46, first.s - first.half, -REACH, REACH, 3.5, 4.0))
    blocks.append(Block(last.s + last.half, END + 46, -REACH, REACH, 3.5, 4.0))
    return tuple(blocks)


def _with_square(rng, name: str, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Now and then the houses of one block stand back behind a square."""
    fit = [i for i, b in enumerate(blocks) if max(abs(b.t0), abs(b.t1)) <= REACH and b.s1 - b.s0 > 32 and not b.garden
           and START <= b.s0 and b.s1 <= END]
    if name == "suburb" or not fit or rng.random() > SQUARES:
        return blocks
    chosen = fit[int(rng.integers(len(fit)))]
    square = dataclasses.replace(blocks[chosen], square=float(rng.uniform(16, 24)))
    return (*blocks[:chosen], square, *blocks[chosen + 1:])


def _buildings(rng, kind: Character, blocks, left, right, curvature) -> tuple[Building, ...]:
    found: list[Building] = []

    def row(start, end, fixed, turn, along_s, block, tall=0, ends=(False, False), open_row=None):
        """Lots from ``start`` to ``end`` along one edge, fronts on the line ``fixed``."""
        gap_chance = kind.gap if open_row is None else open_row
        base = int(rng.integers(kind.storeys[0], kind.storeys[1] + 1)) + tall
        at, gap_before = start, False
        while end - at > 5.5:
            width = float(rng.uniform(*kind.front))
            if end - at - width < kind.front[0] * 0.8:
                width = end - at
            setback = float(rng.uniform(*kind.setback)) if block.garden or kind.setback[1] < 3 else 0.0
            gap = float(rng.uniform(2.0, 5.0)) if rng.random() < gap_chance and end - at - width > 12 else 0.0
            storeys = int(np.clip(base + rng.integers(-1, 2), 1, 9))
            style = str(rng.choice(kind.styles))
            if style == "glass":
                storeys = max(storeys, 4)
            roof = "flat" if style in ("glass", "concrete") or storeys > 6 else str(rng.choice(kind.roofs))
            facing = math.copysign(1, math.sin(turn) if along_s else math.cos(turn))
            place = fixed - facing * setback
            middle = at + width / 2
            s, t = (middle, place) if along_s else (place, middle)
            # On a bend the lots inside it are shorter than their length along the axis.
            scale = (1 - curvature * t) if along_s else 1.0
            first, final = at == start, at + width >= end - 1e-6
            # Whether the flank towards growing coordinate is on the facade's left depends on the facing.
            flips = along_s == (facing > 0)
            low = (first and ends[0]) or gap_before
            high = (final and ends[1]) or gap > 0
            open_left, open_right = (low, high) if flips else (high, low)
            found.append(Building(
                s=s, t=t, turn=turn, width=max(width * scale - 0.02, 4.0), depth=float(rng.uniform(10, 13)),
                storeys=storeys, storey=float(rng.uniform(2.8, 3.4)), ground=float(rng.uniform(3.4, 4.4)),
                style=style, roof=roof, shop=bool(rng.random() < kind.shop),
                open_left=bool(open_left), open_right=bool(open_right),
                seed=int(rng.integers(2**31)), number=len(found) % 1000,
            ))
            gap_before = gap > 0
            at += width + gap

    for block in blocks:
        if abs(block.t0) > REACH or abs(block.t1) > REACH:
            side = 1 if block.t0 > 0 else -1
            edge = block.t0 if side > 0 else block.t1
            row(START - 55, END + 55, edge + side * 3.2, -side * math.pi / 2, True, block, tall=1, open_row=0.0)
            continue
        if block.s0 < START - 20:
            row(-REACH + 1, REACH - 1, block.s1 - block.walk - 0.2, 0.0, False, block, tall=1, open_row=0.0)
            continue
        if block.s1 > END + 20:
            row(-REACH + 1, REACH - 1, block.s0 + block.walk + 0.2, math.pi, False, block, tall=1, open_row=0.0)
            continue
        side = 1 if block.t0 > 0 else -1
        edge = block.t0 if side > 0 else block.t1
        front = edge + side * (block.walk + block.square + 0.2)
        inset = block.walk + 0.2
        row(block.s0 + inset, block.s1 - inset, front, -side * math.pi / 2, True, block, ends=(True, True))
        # Along the two cross streets, behind the corner houses.
        t_near, t_far = front + side * 15.5, side * (REACH - 1)
        if block.s1 - block.s0 > 34:
            low, high = sorted((t_near, t_far))
            row(low, high, block.s0 + inset, math.pi, False, block)
            row(low, high, block.s1 - inset, 0.0, False, block)
    return tuple(found)


def _sky(rng) -> Sky:
    kind = str(rng.choice(["clear", "fair", "hazy", "overcast"], p=[0.3, 0.3, 0.2, 0.2]))
    cover = {"clear": 0.1, "fair": 0.5, "hazy": 0.35, "overcast": 1.0}[kind] * float(rng.uniform(0.7, 1.15))
    wet = float(rng.uniform(0.25, 0.8)) if rng.random() < (0.4 if kind == "overcast" else 0.08) else 0.0
    # Most pictures are taken when some sun reaches the road: along the street, or high.
    along = rng.random() < 0.6
    azimuth = rng.choice([0.0, math.pi]) + rng.normal(0, 0.55) if along else rng.uniform(0, 2 * math.pi)
    elevation = rng.uniform(18, 58) if along else rng.uniform(30, 64)
    return Sky(
        kind=kind, elevation=math.radians(float(elevation)), azimuth=float(azimuth % (2 * math.pi)),
        cover=min(cover, 1.0), exposure=float(rng.normal(0, 0.18)), warmth=float(np.clip(rng.normal(0.1, 0.35), -1, 1)),
        look=str(rng.choice(["agx", "agx contrast", "filmic"], p=[0.35, 0.4, 0.25])), wet=wet,
    )


def _cameras(rng, bands, left, right, crossings) -> tuple[Camera, ...]:
    """Four viewpoints: three from a car, one (sometimes) from the pavement."""
    lanes = [b for b in bands if b.kind == "lane"]
    ego_seed = int(rng.integers(2**31))
    cameras: list[Camera] = []
    while len(cameras) < 4:
        along = -1 if len(cameras) == 2 else 1
        pavement = len(cameras) == 3 and rng.random() < 0.55
        s = float({0: rng.uniform(-8, 22), 1: rng.uniform(34, 66), 2: rng.uniform(118, 150), 3: rng.uniform(8, 60)}[len(cameras)])
        if pavement:
            side = int(rng.choice([-1, 1]))
            # Just behind the kerb, looking down the street and slightly across it.
            t = (left + 0.9) if side > 0 else (right - 0.9)
            turn = -side * math.radians(float(rng.uniform(4, 24)))
            height = 0.12 + float(rng.uniform(1.5, 1.75))
            if any(abs(s - c.s) < c.half + 3 for c in crossings):
                s = s + 16.0
        else:
            lane = [b for b in lanes if b.direction == along][int(rng.integers(sum(b.direction == along for b in lanes)))]
            t = (lane.t0 + lane.t1) / 2 + float(rng.normal(0, 0.15))
            turn = math.radians(float(np.clip(rng.normal(0, 3.0), -8, 8)))
            height = float(rng.uniform(1.2, 1.6) if rng.random() < 0.75 else rng.uniform(1.6, 2.2))
        cameras.append(Camera(
            s=s, t=t, height=height, turn=turn + (math.pi if along < 0 else 0.0),
            pitch=math.radians(float(rng.normal(0.3, 0.9))), hfov=math.radians(float(rng.uniform(50, 74))),
            ego=not pavement and bool(rng.random() < 0.85), ego_seed=ego_seed,
        ))
    return tuple(cameras)
