"""Who and what is in a street: traffic, parked vehicles, people, trees, furniture.

Works on a plan whose ground, buildings and cameras are settled. Nothing that
stands on the ground overlaps anything else that does: every footprint is
tested against those already taken.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from core.streets.plan import Item, StreetPlan

#: Length and width in metres of what ``kind`` occupies.
FOOTPRINTS = {
    "car": (4.7, 1.95), "van": (5.6, 2.1), "truck": (8.6, 2.6), "bus": (12.4, 2.7), "tram": (27.0, 2.6),
    "motorcycle": (2.2, 0.9), "bicycle": (1.8, 0.6), "person": (0.6, 0.6), "tree": (1.1, 1.1),
    "lamp": (0.6, 0.6), "traffic light": (0.6, 0.6), "sign": (0.5, 0.5), "bin": (0.7, 0.7),
    "bench": (0.9, 2.1), "bollard": (0.4, 0.4), "hydrant": (0.4, 0.4), "cabinet": (0.6, 1.4),
    "post": (0.6, 0.6), "shelter": (1.9, 4.2), "column": (1.6, 1.6), "planter": (1.1, 1.2), "stand": (1.0, 1.8),
    "cafe": (2.3, 2.3), "parasol": (3.4, 3.4), "wheelie_bin": (1.3, 1.5), "bags": (2.0, 2.0), "box": (1.0, 1.0),
    "cone": (0.6, 0.6), "barricade": (0.8, 2.4), "caravan": (7.0, 2.4), "trailer": (4.2, 2.0),
}
#: A post is counted by its pole; the signs and lights on it have its number, each in its own class.
POLE, ON_POLES = 17, (19, 20)
CLASS_OF = {
    "car": 26, "van": 26, "truck": 27, "bus": 28, "tram": 31, "motorcycle": 32, "bicycle": 33,
    "caravan": 29, "trailer": 30,
    "person": 24, "rider": 25, "tree": 21, "hedge": 21,
    **dict.fromkeys(("bin", "bench", "cabinet", "post", "shelter", "column", "planter", "stand", "cafe", "parasol", "hydrant"), 4),
    **dict.fromkeys(("lamp", "traffic light", "sign", "bollard"), POLE),
    **dict.fromkeys(("wheelie_bin", "bags", "box", "cone", "barricade"), 5),
}


def instance_value(item: Item) -> int:
    """``id * 1000 + n`` of a placed object, or 0 where its class counts no objects."""
    if item.number < 0:
        return 0
    label = CLASS_OF["rider"] if item.family == "rider" else CLASS_OF.get(item.kind, CLASS_OF.get(item.family))
    return label * 1000 + item.number % 1000


#: How many different models of one kind a street may build; the rest are copies.
VARIANTS = {"car": 12, "van": 3, "truck": 2, "bus": 2, "tram": 1, "motorcycle": 3, "bicycle": 4, "person": 20, "tree": 4}


class _Taken:
    """Footprints already on the ground, as oriented boxes in (s, t)."""

    def __init__(self):
        self.boxes: list[tuple[float, float, float, float]] = []

    def add(self, s, t, length, width, turn, margin) -> bool:
        """Claim a footprint grown by ``margin`` on every side; False where it isn't free."""
        c, n = abs(math.cos(turn)), abs(math.sin(turn))
        half_s = (length * c + width * n) / 2 + margin
        half_t = (length * n + width * c) / 2 + margin
        for s1, t1, hs, ht in self.boxes:
            if abs(s - s1) < half_s + hs and abs(t - t1) < half_t + ht:
                return False
        self.boxes.append((s, t, half_s - margin, half_t - margin))
        return True


class _Crowd:
    """Collects items, numbering those whose class counts objects."""

    def __init__(self, plan: StreetPlan):
        self.plan = plan
        self.items: list[Item] = []
        self.taken = _Taken()
        self.counts: dict[int, int] = {}
        for camera in plan.cameras:
            # The ego vehicle and clear sight ahead; on the pavement only arm's room.
            if camera.ego or abs(camera.height - 1.4) < 0.9 and plan.kerb_right < camera.t < plan.kerb_left:
                ahead = 4.5 * math.cos(camera.turn)
                self.taken.boxes.append((camera.s + ahead, camera.t, 7.5, 1.3))
            else:
                self.taken.boxes.append((camera.s + 2.2 * math.cos(camera.turn), camera.t, 3.2, 1.4))

    def add(self, family, kind, s, t, turn, rng, option="", margin=0.05, scale=1.0, length=None, moving=False) -> bool:
        footprint = FOOTPRINTS.get(kind, (0.6, 0.6)) if family != "tree" else FOOTPRINTS["tree"]
        size = (0.7, length) if length else footprint
        if not self.taken.add(s, t, size[0], size[1], turn, margin):
            return False
        label = CLASS_OF.get(kind, CLASS_OF.get(family))
        number = -1
        if label is not None:
            number = self.counts.get(label, 0)
            self.counts[label] = number + 1
        pool = VARIANTS.get(kind, VARIANTS.get(family, 3))
        seed = self.plan.seed % 100_000 * 100 + int(rng.integers(pool))
        self.items.append(Item(
            family, kind, float(s), float(t), float(turn), size[0], size[1], seed, number, option, float(scale), moving
        ))
        return True

    def rider(self, kind, s, t, turn, rng) -> bool:
        """A two-wheeler with someone on it, as two objects in one place."""
        if not self.add("vehicle", kind, s, t, turn, rng, moving=True, margin=0.3):
            return False
        number = self.counts.get(CLASS_OF["rider"], 0)
        self.counts[CLASS_OF["rider"]] = number + 1
        wheels = self.items[-1]
        self.items.append(dataclasses.replace(wheels, family="rider", number=number))
        return True


def _clear_of_crossings(plan: StreetPlan, s: float, room: float) -> bool:
    near = any(abs(s - c.s) < c.half + room for c in plan.crossings)
    return not near and all(abs(s - z) > room for z in plan.zebras)


def populate(plan: StreetPlan, greenery: float) -> StreetPlan:
    """``plan`` with its items; ``greenery`` 0..1 is the character's share of trees."""
    rng = np.random.default_rng([plan.seed, 5])
    crowd = _Crowd(plan)
    busy = float(rng.uniform(0.25, 1.0))
    _traffic(rng, plan, crowd, busy)
    _parked(rng, plan, crowd)
    _trees(rng, plan, crowd, greenery)
    _furniture(np.random.default_rng([plan.seed, 6]), plan, crowd)
    _people(np.random.default_rng([plan.seed, 7]), plan, crowd, busy)
    _gardens(np.random.default_rng([plan.seed, 8]), plan, crowd)
    _squares(np.random.default_rng([plan.seed, 11]), plan, crowd, busy)
    _structures(np.random.default_rng([plan.seed, 9]), plan, crowd)
    return dataclasses.replace(plan, items=tuple(crowd.items))


def _traffic(rng, plan, crowd, busy) -> None:
    for band in plan.bands:
        middle = (band.t0 + band.t1) / 2
        if band.kind == "rail":
            if rng.random() < 0.55:
                side = int(rng.choice([-1, 1]))
                crowd.add("vehicle", "tram", rng.uniform(40, 125), side * 1.6, 0.0 if side < 0 else math.pi, rng, moving=True)
            continue
        if band.kind != "lane":
            continue
        turn = 0.0 if band.direction > 0 else math.pi
        s = plan.axis.start + float(rng.uniform(6, 20))
        while s < plan.axis.end - 8:
            kind = str(rng.choice(["car", "van", "truck", "bus"], p=[0.72, 0.09, 0.1, 0.09]))
            if rng.random() < 0.09:
                kind = str(rng.choice(["motorcycle", "bicycle"]))
                side = middle + (-0.25 if kind == "motorcycle" else 1.0) * -band.direction * min(plan.lane / 2 - 0.7, 0.9)
                crowd.rider(kind, s, side, turn, rng)
            else:
                crowd.add("vehicle", kind, s, middle + rng.normal(0, 0.12), turn + rng.normal(0, 0.008), rng, margin=0.8, moving=True)
            s += 7.0 + float(rng.exponential(30.0 / busy / 1.3))
    if rng.random() < 0.12:
        # A small road works on the right-hand lane.
        lane = min((b for b in plan.bands if b.kind == "lane"), key=lambda b: b.t0)
        s = float(rng.uniform(45, 110))
        for i in range(int(rng.integers(3, 7))):
            crowd.add("furniture", "cone", s + 2.2 * i, lane.t0 + 0.4 + 0.15 * i, 0.0, rng)
        crowd.add("furniture", "barricade", s + 16, lane.t0 + 1.3, math.pi, rng)
    for crossing in plan.crossings[1:-1]:
        for direction in (-1, 1):
            t = float(rng.uniform(10, 50)) * rng.choice([-1, 1])
            if rng.random() < 0.5 * busy + 0.2:
                crowd.add("vehicle", "car", crossing.s + direction * crossing.half / 2, t,
                          direction * math.pi / 2, rng, margin=0.5, moving=True)


def _parked(rng, plan, crowd) -> None:
    for band in plan.bands:
        if band.kind != "parking":
            continue
        right = band.t1 <= 0
        full = float(rng.uniform(0.35, 0.95))
        s = plan.axis.start + 8.0
        while s < plan.axis.end - 8:
            if rng.random() < full and _clear_of_crossings(plan, s, 8.5):
                kind = str(rng.choice(["car", "van", "motorcycle", "caravan", "trailer"], p=[0.84, 0.08, 0.04, 0.025, 0.015]))
                turn = (0.0 if right else math.pi) + (math.pi if rng.random() < 0.08 else 0.0)
                crowd.add("vehicle", kind, s, (band.t0 + band.t1) / 2 + rng.normal(0, 0.06),
                          turn + rng.normal(0, 0.02), rng, margin=0.12)
                s += FOOTPRINTS[kind][0] / 2 + 3.1 + float(rng.exponential(0.6))
            else:
                s += 5.5


def _sides(plan):
    """(+1, left kerb) and (-1, right kerb)."""
    return ((1, plan.kerb_left), (-1, plan.kerb_right))


def _walk(plan, side: int) -> float:
    return next(b.walk for b in plan.blocks if b.s0 > plan.axis.start - 20 and b.s1 < plan.axis.end + 20
                and (b.t0 if side > 0 else -b.t1) > 0)


def _trees(rng, plan, crowd, greenery) -> None:
    species = [str(k) for k in rng.choice(["round", "oval", "poplar", "birch", "ornamental"], 2, replace=False,
                                              p=[0.38, 0.3, 0.08, 0.14, 0.1])]
    for side, kerb in _sides(plan):
        if rng.random() > greenery or _walk(plan, side) < 2.3:
            continue
        step = float(rng.uniform(7.5, 13))
        s = plan.axis.start + float(rng.uniform(8, 14))
        scale = float(rng.uniform(0.75, 1.1))
        while s < plan.axis.end - 6:
            if _clear_of_crossings(plan, s, 5.0) and rng.random() < 0.85:
                crowd.add("tree", species[0], s + rng.normal(0, 0.3), kerb + side * 0.95, rng.uniform(0, 6.28), rng,
                          option=plan.season, scale=scale * rng.uniform(0.9, 1.12))
            s += step
    for band in plan.bands:
        if band.kind != "median" or band.t1 - band.t0 < 2.2:
            continue
        s = plan.axis.start + 10.0
        while s < plan.axis.end - 8:
            if _clear_of_crossings(plan, s, 6.0) and rng.random() < 0.8 * greenery + 0.1:
                crowd.add("tree", species[1], s, 0.0, rng.uniform(0, 6.28), rng, option=plan.season, scale=rng.uniform(0.6, 0.85))
            s += 11.0


def _furniture(rng, plan, crowd) -> None:
    for side, kerb in _sides(plan):
        inward = -side * math.pi / 2  # faces the carriageway
        along = math.pi if side > 0 else 0.0  # the way traffic on this side drives
        near = kerb + side * 0.55
        step = float(rng.uniform(22, 32))
        s = plan.axis.start + float(rng.uniform(4, 16))
        while s < plan.axis.end:
            if _clear_of_crossings(plan, s, 3.0):
                for shift in (0.0, 1.2, -1.2, 2.4):
                    if crowd.add("furniture", "lamp", s + shift, near, inward, rng):
                        break
            s += step
        for crossing in plan.crossings:
            approach = crossing.s + (1 if side > 0 else -1) * (crossing.half + 5.4)
            if crossing.signals:
                crowd.add("furniture", "traffic light", approach, near, along + math.pi, rng)
                crowd.add("furniture", "traffic light", crossing.s + (-1 if side > 0 else 1) * (crossing.half + 1.6),
                          near + side * 0.4, along + math.pi, rng)
            else:
                crowd.add("furniture", "sign", approach + (1.5 if side > 0 else -1.5), near, along + math.pi, rng, option="priority")
        for zebra in plan.zebras:
            if _clear_of_crossings(plan, zebra, 0.0) is False and rng.random() < 0.6:
                crowd.add("furniture", "sign", zebra + (2.6 if side > 0 else -2.6), near, along + math.pi, rng, option="crossing")
        for _ in range(int(rng.integers(5, 14))):
            kind = str(rng.choice(
                ["sign", "bin", "bench", "hydrant", "cabinet", "post", "shelter", "column", "planter", "stand"],
                p=[0.34, 0.17, 0.07, 0.05, 0.08, 0.08, 0.05, 0.04, 0.06, 0.06],
            ))
            s = float(rng.uniform(plan.axis.start + 8, plan.axis.end - 8))
            if not _clear_of_crossings(plan, s, 3.5):
                continue
            walk = _walk(plan, side)
            if kind in ("shelter", "column", "planter", "stand") and walk < 3.2:
                continue
            deep = {"shelter": 1.5, "column": 1.2, "bench": 1.0, "planter": 0.9}.get(kind, 0.6)
            facing = along + math.pi if kind == "sign" else inward
            crowd.add("furniture", kind, s, kerb + side * deep, facing, rng)
        walk = _walk(plan, side)
        for _ in range(int(rng.integers(2, 7))):
            kind = str(rng.choice(["cabinet", "cafe", "parasol", "wheelie_bin", "bags", "box"], p=[0.25, 0.22, 0.08, 0.3, 0.08, 0.07]))
            deep = FOOTPRINTS[kind][0]
            if walk - deep < 1.5:
                continue
            for _ in range(int(rng.integers(2, 5)) if kind in ("cafe", "wheelie_bin") else 1):
                s = float(rng.uniform(plan.axis.start + 8, plan.axis.end - 8))
                if _clear_of_crossings(plan, s, 5.0):
                    crowd.add("furniture", kind, s, kerb + side * (walk - deep / 2), inward, rng)
        if rng.random() < 0.3:
            start = float(rng.uniform(plan.axis.start + 10, plan.axis.end - 50))
            for i in range(int(rng.integers(6, 18))):
                s = start + i * 1.8
                if _clear_of_crossings(plan, s, 2.5):
                    crowd.add("furniture", "bollard", s, kerb + side * 0.4, inward, rng)


def _people(rng, plan, crowd, busy) -> None:
    poses = ("walk", "walk", "walk", "stand")
    for side, kerb in _sides(plan):
        walk = _walk(plan, side)
        for _ in range(int(rng.poisson(20 * busy + 3))):
            s = float(rng.uniform(plan.axis.start + 6, plan.axis.end - 6))
            if any(abs(s - c.s) < c.half + 0.5 for c in plan.crossings):
                continue
            t = kerb + side * float(rng.uniform(0.9, max(walk - 0.5, 1.0)))
            turn = float(rng.choice([0.0, math.pi])) + rng.normal(0, 0.25)
            if crowd.add("person", "person", s, t, turn, rng, option=str(rng.choice(poses)), margin=0.1) and rng.random() < 0.3:
                crowd.add("person", "person", s + rng.normal(0, 0.1), t + 0.85, turn, rng, option="walk", margin=0.0)
    for zebra in plan.zebras:
        for _ in range(int(rng.poisson(1.3 * busy))):
            crowd.add("person", "person", zebra + rng.uniform(-1.2, 1.2), rng.uniform(plan.kerb_right, plan.kerb_left),
                      float(rng.choice([-1, 1])) * math.pi / 2 + rng.normal(0, 0.1), rng, option="walk")
    for side, kerb in _sides(plan):
        for _ in range(int(rng.poisson(2))):
            s = float(rng.uniform(plan.axis.start + 8, plan.axis.end - 8))
            if _clear_of_crossings(plan, s, 3):
                for i in range(int(rng.integers(1, 4))):
                    crowd.add("vehicle", "bicycle", s + 0.75 * i, kerb + side * 1.1, side * math.pi / 2 + 0.1, rng, margin=0.0)


def _gardens(rng, plan, crowd) -> None:
    """Hedges along front gardens, trees in them."""
    for block in plan.blocks:
        if not block.garden:
            continue
        side = 1 if block.t0 > 0 else -1
        edge = block.t0 if side > 0 else block.t1
        line = edge + side * (block.walk + 0.45)
        s = block.s0 + block.walk + 1.2
        while s < block.s1 - block.walk - 4:
            length = float(rng.uniform(3, 7))
            roll = rng.random()
            if roll < 0.45:
                crowd.add("hedge", "hedge", s + length / 2, line, side * -math.pi / 2, rng, length=length, margin=0.0)
            elif roll < 0.75:
                crowd.add("furniture", str(rng.choice(["fence", "wall"], p=[0.65, 0.35])), s + length / 2, line, side * -math.pi / 2, rng, length=length, margin=0.0)
            s += length + float(rng.uniform(0.3, 2.5))
        for _ in range(int((block.s1 - block.s0) / 14)):
            crowd.add("tree", str(rng.choice(["birch", "oval", "conifer", "ornamental"])), rng.uniform(block.s0 + 5, block.s1 - 5), line + side * rng.uniform(1.2, 2.2),
                      rng.uniform(0, 6), rng, option=plan.season, scale=rng.uniform(0.5, 0.8), margin=0.3)


def _squares(rng, plan, crowd, busy) -> None:
    """Rows of trees with benches between them round an open middle; cafes before the houses; people."""
    for block in plan.blocks:
        if not block.square:
            continue
        side = 1 if block.t0 > 0 else -1
        near = (block.t0 if side > 0 else block.t1) + side * (block.walk + 1.5)
        low, high, deep = block.s0 + block.walk + 2.0, block.s1 - block.walk - 2.0, block.square - 3.0
        middle = (low + high) / 2
        species = str(rng.choice(["round", "oval", "ornamental", "birch"]))
        scale = float(rng.uniform(0.55, 0.9))
        rows, step = np.arange(0.0, deep - 4.0, float(rng.uniform(6.0, 7.5))), float(rng.uniform(7.0, 9.5))
        for row in rows:
            for s in np.arange(low, high, step):
                open_middle = 0 < row < rows[-1] and abs(s - middle) < 8
                if not open_middle and rng.random() < 0.85:
                    crowd.add("tree", species, s, near + side * row, rng.uniform(0, 6.28), rng,
                              option=plan.season, scale=scale * rng.uniform(0.9, 1.1))
                if rng.random() < 0.5:
                    kind = str(rng.choice(["bench", "planter", "bin", "lamp"], p=[0.55, 0.2, 0.1, 0.15]))
                    crowd.add("furniture", kind, s + step / 2, near + side * row, math.pi / 2 * rng.choice([-1, 1]), rng)
        crowd.add("furniture", str(rng.choice(["column", "planter"])), middle, near + side * deep / 2, 0.0, rng)
        for _ in range(int(rng.integers(2, 9))):
            kind = str(rng.choice(["cafe", "parasol"], p=[0.7, 0.3]))
            crowd.add("furniture", kind, rng.uniform(low, high), near + side * (deep - rng.uniform(0.0, 2.5)), 0.0, rng)
        for _ in range(int(rng.poisson(16 * busy + 3))):
            crowd.add("person", "person", rng.uniform(low, high), near + side * rng.uniform(0.0, deep), rng.uniform(0, 2 * math.pi), rng,
                      option=str(rng.choice(["walk", "walk", "stand"])), margin=0.1)


def _structures(rng, plan, crowd) -> None:
    """Now and then a bridge overhead, between blocks' houses, or a crash barrier along a kerb."""
    if rng.random() < 0.35:
        s = float(rng.uniform(45, 120))
        if _clear_of_crossings(plan, s, 9.0):
            left, right = plan.kerb_left + _walk(plan, 1) + 0.6, plan.kerb_right - _walk(plan, -1) - 0.6
            # It hangs above whatever stands below: no footprint is claimed.
            crowd.items.append(Item(
                "furniture", "bridge", s, (left + right) / 2, 0.0, 9.4, left - right, plan.seed % 100_000 * 100 + int(rng.integers(3))
            ))
    for side, kerb in _sides(plan):
        if rng.random() < 0.14:
            start = float(rng.uniform(plan.axis.start + 10, 90))
            for i in range(int(rng.integers(2, 9))):
                s = start + 8.0 * i
                if _clear_of_crossings(plan, s, 8.0):
                    crowd.add("furniture", "guard_rail", s, kerb + side * 0.3, -side * math.pi / 2, rng, length=8.0, margin=0.0)
