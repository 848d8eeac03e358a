"""The ground: carriageway, marks, crossings, parking, rails, kerbs, pavements, grass.

Everything is laid in (s, t, height) and warped along the street's axis, so the
parts come out in world metres. Marks are thin sheets a few millimetres above
the road, so that they are as exact in the label map as in the photograph.
"""

from __future__ import annotations

import math

import numpy as np

from core.streets.palette import linear
from core.streets.parts import Part, Surface
from core.streets.plan import Block, StreetPlan

ROAD, WALK, PARKING, RAIL, TERRAIN, MARK, CROSSING, KERB = 7, 8, 9, 10, 22, 45, 46, 55
MANHOLE, PATCH = 91, 92
KERB_HEIGHT, KERB_WIDTH = 0.12, 0.16


class _Ground:
    """Collects warped quads by (surface, label)."""

    def __init__(self, plan: StreetPlan):
        self.axis = plan.axis
        self.step = 1e9 if plan.axis.curvature == 0 else 3.0
        self.pieces: dict[tuple[Surface, int], list[np.ndarray]] = {}

    def quads(self, surface: Surface, label: int, corners) -> None:
        """(K, 4, 3) of (s, t, h), counter-clockwise from above (s right, t up)."""
        corners = np.asarray(corners, float).reshape(-1, 4, 3)
        self.pieces.setdefault((surface, label), []).append(corners)

    def strip(self, surface, label, s0, s1, t0, t1, h) -> None:
        """A flat rectangle, cut along s where the street bends."""
        if s1 - s0 < 1e-3 or t1 - t0 < 1e-3:
            return
        s = np.linspace(s0, s1, max(int(math.ceil((s1 - s0) / self.step)), 1) + 1)
        a, b = s[:-1], s[1:]
        self.quads(surface, label, np.stack([
            np.stack([x, np.full_like(x, t), np.full_like(x, h)], -1) for x, t in ((a, t0), (b, t0), (b, t1), (a, t1))
        ], 1))

    def beam(self, surface, label, s0, s1, t0, t1, h0, h1) -> None:
        """A long low box: its top and two long sides."""
        self.strip(surface, label, s0, s1, t0, t1, h1)
        s = np.linspace(s0, s1, max(int(math.ceil((s1 - s0) / min(self.step, 1e3))), 1) + 1)
        a, b = s[:-1], s[1:]
        for t, (x, y) in ((t0, (a, b)), (t1, (b, a))):
            self.quads(surface, label, np.stack([
                np.stack([v, np.full_like(v, t), np.full_like(v, h)], -1) for v, h in ((x, h0), (y, h0), (y, h1), (x, h1))
            ], 1))

    def parts(self) -> list[Part]:
        found = []
        for (surface, label), pieces in self.pieces.items():
            corners = np.concatenate(pieces)
            vertices = self.axis.warp(corners.reshape(-1, 3)).astype(np.float32)
            found.append(Part(vertices, np.arange(len(vertices), dtype=np.int32).reshape(-1, 4), surface, label))
        return found


def ground(plan: StreetPlan) -> list[Part]:
    """All parts of the ground, in world metres."""
    rng = np.random.default_rng([plan.seed, 20])
    look = _Looks(plan, rng)
    g = _Ground(plan)
    reach = max(abs(b.t1) for b in plan.blocks) + 30
    low, high = min(b.s0 for b in plan.blocks) - 30, max(b.s1 for b in plan.blocks) + 30
    g.strip(look.road, ROAD, low, high, -reach, reach, 0.0)
    for block in plan.blocks:
        _block(g, block, look)
        if block.garden:
            side = 1 if block.t0 > 0 else -1
            t = sorted(((block.t0 if side > 0 else block.t1) + side * block.walk, side * (max(abs(block.t0), abs(block.t1)) - 2)))
            g.strip(look.grass, TERRAIN, block.s0 + block.walk, block.s1 - block.walk, *t, KERB_HEIGHT + 0.012)
    stretches = [(a.s + a.half, b.s - b.half) for a, b in zip(plan.crossings, plan.crossings[1:])]
    _gutters(g, plan, look, stretches)
    _bands(g, plan, look, stretches)
    _patches(g, plan, look, rng)
    _marks(g, plan, look, stretches, rng)
    _zebras(g, plan, look)
    return g.parts()


class _Looks:
    """The ground's surfaces in this street."""

    def __init__(self, plan: StreetPlan, rng):
        def grey(low, high, tint=(1, 1, 1)):
            v = float(rng.uniform(low, high))
            return tuple(v * k for k in tint)

        wet = plan.sky.wet
        dark = 1 - 0.5 * wet
        tone = grey(0.055, 0.13, (1.0, 0.985, 0.96))
        rough = 0.85
        if plan.road == "setts":
            self.road = Surface("paving", tuple(v * dark * 1.3 for v in tone), tuple(v * 0.5 for v in tone), rough, wet, 0.13)
        else:
            self.road = Surface("asphalt", tuple(v * dark for v in tone), None, rough, wet, 1.0)
        self.patch = [Surface("asphalt", tuple(v * dark * k for v in tone), None, rough, wet, 1.0) for k in (0.62, 0.8, 1.25)]
        slab = grey(0.2, 0.34, (1.0, 0.96, 0.9))
        size = {"slabs": 0.5, "small slabs": 0.25, "setts": 0.12, "asphalt": 1.0}[plan.walk]
        if plan.walk == "asphalt":
            self.walk = Surface("asphalt", tuple(v * dark * 1.3 for v in tone), None, rough, wet * 0.6, 1.0)
        else:
            self.walk = Surface("paving", tuple(v * dark for v in slab), tuple(v * 0.5 for v in slab), 0.85, wet * 0.6, size)
        self.kerb = Surface("concrete", tuple(v * dark for v in grey(0.28, 0.4, (1, 0.98, 0.94))), None, 0.85, 0.0, 1.0)
        self.gutter = Surface("paving", tuple(v * dark for v in grey(0.16, 0.24)), (0.06, 0.06, 0.055), 0.85, wet, 0.16)
        self.parking = Surface("paving", tuple(v * dark for v in grey(0.13, 0.22)), (0.05, 0.05, 0.047), 0.85, wet, float(rng.choice([0.1, 0.2]))) \
            if rng.random() < 0.5 else Surface("asphalt", tuple(v * dark * 0.85 for v in tone), None, rough, wet, 1.0)
        self.paint = Surface("asphalt", tuple(v * float(rng.uniform(0.8, 1)) for v in (0.66, 0.66, 0.63)), tone, 0.7, 0.0, 0.25)
        green = {"spring": (0.09, 0.16, 0.03), "summer": (0.085, 0.13, 0.03), "autumn": (0.12, 0.12, 0.035), "winter": (0.1, 0.1, 0.045)}
        self.grass = Surface("grass", green[plan.season], tuple(1.6 * v for v in green[plan.season]), 0.95, 0.0, 0.5)
        self.steel = Surface("metal", (0.4, 0.39, 0.37), None, 0.3)
        self.iron = Surface("metal", linear(74, 70, 66), None, 0.6)
        self.track = self.grass if plan.character == "avenue" and rng.random() < 0.6 else \
            Surface("concrete", grey(0.2, 0.3, (1, 0.97, 0.93)), None, 0.9, 0.0, 3.0)


def _rounded(block: Block, inset: float) -> np.ndarray:
    """(N, 2) outline of a block, counter-clockwise, corners rounded, ``inset`` metres inside."""
    s0, s1, t0, t1 = block.s0 + inset, block.s1 - inset, block.t0 + inset, block.t1 - inset
    r = max(min(block.radius - inset, (s1 - s0) / 2, (t1 - t0) / 2), 0.02)
    angles = np.linspace(0, math.pi / 2, 7)
    points = []
    for cs, ct, start in ((s1 - r, t0 + r, -math.pi / 2), (s1 - r, t1 - r, 0), (s0 + r, t1 - r, math.pi / 2), (s0 + r, t0 + r, math.pi)):
        points += [(cs + r * math.cos(start + a), ct + r * math.sin(start + a)) for a in angles]
    return np.array(points)


def _refined(outline: np.ndarray, step: float) -> np.ndarray:
    """A closed outline with no edge longer than ``step`` metres."""
    out = []
    for a, b in zip(outline, np.roll(outline, -1, 0)):
        n = max(int(math.ceil(np.linalg.norm(b - a) / step)), 1)
        out += [a + (b - a) * i / n for i in range(n)]
    return np.array(out)


def _raise(points: np.ndarray, h: float) -> np.ndarray:
    return np.concatenate([points, np.full((len(points), 1), h)], 1)


def _block(g: _Ground, block: Block, look: _Looks, surface=None, label=WALK) -> None:
    """Kerb ring with its upright side, and the pavement inside it."""
    step = min(g.step, 1e3)
    outer, inner = _rounded(block, 0.0), _rounded(block, KERB_WIDTH)
    # Both outlines have the same corners in the same order, so they refine alike along the straight edges.
    pairs_out, pairs_in = [], []
    for a, b, c, d in zip(outer, np.roll(outer, -1, 0), inner, np.roll(inner, -1, 0)):
        n = max(int(math.ceil(np.linalg.norm(b - a) / step)), 1)
        for i in range(n):
            pairs_out.append(a + (b - a) * i / n)
            pairs_in.append(c + (d - c) * i / n)
    o, i = np.array(pairs_out), np.array(pairs_in)
    o1, i1 = np.roll(o, -1, 0), np.roll(i, -1, 0)
    h = KERB_HEIGHT
    g.quads(look.kerb, KERB, np.stack([_raise(o, h), _raise(o1, h), _raise(i1, h), _raise(i, h)], 1))
    g.quads(look.kerb, KERB, np.stack([_raise(o, -0.2), _raise(o1, -0.2), _raise(o1, h), _raise(o, h)], 1))
    # The inside, in slices across s, between the outline's low and high t.
    s = np.unique(np.round(_refined(inner, step)[:, 0], 5))
    low, high = _bounds(inner, s)
    a, b = slice(None, -1), slice(1, None)
    corners = np.stack([
        np.stack([s[a], low[a]], -1), np.stack([s[b], low[b]], -1), np.stack([s[b], high[b]], -1), np.stack([s[a], high[a]], -1),
    ], 1)
    g.quads(surface or look.walk, label, np.concatenate([corners, np.full((*corners.shape[:2], 1), h)], 2))


def _bounds(outline: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest t of a convex outline at each s."""
    q = len(outline) // 4
    low = np.concatenate([outline[3 * q:], outline[:q]])
    high = outline[q:3 * q][::-1]
    return np.interp(s, low[:, 0], low[:, 1]), np.interp(s, high[:, 0], high[:, 1])


def _gutters(g, plan, look, stretches) -> None:
    if plan.road == "setts":
        return
    for s0, s1 in stretches:
        for t0, t1 in ((plan.kerb_left - 0.26, plan.kerb_left), (plan.kerb_right, plan.kerb_right + 0.26)):
            g.strip(look.gutter, ROAD, s0 + 4, s1 - 4, t0, t1, 0.003)


def _bands(g, plan, look, stretches) -> None:
    for band in plan.bands:
        if band.kind == "parking":
            for s0, s1 in stretches:
                for a, b in _without(s0 + 7, s1 - 7, [(z - 4, z + 4) for z in plan.zebras]):
                    g.strip(look.parking, PARKING, a, b, band.t0, band.t1, 0.004)
                    edge = band.t0 if band.t0 > 0 else band.t1
                    g.strip(look.paint, MARK, a, b, edge - 0.06, edge + 0.06, 0.007)
        elif band.kind == "rail":
            low, high = plan.axis.start - 20, plan.axis.end + 20
            g.strip(look.track, RAIL, low, high, band.t0 + 0.15, band.t1 - 0.15, 0.004)
            for middle in (-1.6, 1.6):
                for side in (-1, 1):
                    t = middle + side * 1.435 / 2
                    g.beam(look.steel, RAIL, low, high, t - 0.035, t + 0.035, 0.0, 0.018)
                    g.strip(look.patch[0], RAIL, low, high, t - 0.12, t + 0.12, 0.006)
        elif band.kind == "median":
            for s0, s1 in stretches:
                for a, b in _without(s0 + 3, s1 - 3, [(z - 2.4, z + 2.4) for z in plan.zebras]):
                    if b - a > 2 * (band.t1 - band.t0):
                        _block(g, Block(a, b, band.t0, band.t1, 0.0, (band.t1 - band.t0) / 2), look, look.grass, TERRAIN)


def _without(s0: float, s1: float, gaps) -> list[tuple[float, float]]:
    """The parts of s0..s1 outside ``gaps``."""
    found, at = [], s0
    for a, b in sorted(gaps):
        if b <= at or a >= s1:
            continue
        if a > at:
            found.append((at, a))
        at = b
    if at < s1:
        found.append((at, s1))
    return found


def _patches(g, plan, look, rng) -> None:
    lanes = [b for b in plan.bands if b.kind == "lane"]
    laid: list[tuple[float, float, float, float]] = []
    for _ in range(int(rng.integers(3, 12))):
        if plan.road == "setts":
            break
        lane = lanes[int(rng.integers(len(lanes)))]
        s = float(rng.uniform(plan.axis.start, plan.axis.end))
        length, width = (float(rng.uniform(1, 14)), float(rng.uniform(0.6, 2.0)))
        t = float(rng.uniform(lane.t0 + 0.1, max(lane.t1 - width - 0.1, lane.t0 + 0.11)))
        surface, end = look.patch[int(rng.integers(3))], min(t + width, lane.t1 - 0.08)
        # Two sheets at one height would shade each other black.
        if any(s < b and a < s + length and t < d and c < end for a, b, c, d in laid):
            continue
        laid.append((s, s + length, t, end))
        g.strip(surface, PATCH, s, s + length, t, end, 0.002)
    for _ in range(int(rng.integers(4, 12))):
        lane = lanes[int(rng.integers(len(lanes)))]
        s, t = float(rng.uniform(plan.axis.start, plan.axis.end)), float(rng.uniform(lane.t0 + 0.5, lane.t1 - 0.5))
        angles = np.linspace(0, 2 * math.pi, 21)
        ring = np.stack([s + 0.34 * np.cos(angles), t + 0.34 * np.sin(angles), np.full(21, 0.009)], 1)
        centre = np.array([s, t, 0.009])
        half = ring[:-1:2]
        g.quads(look.iron, MANHOLE, [[centre, half[i], ring[2 * i + 1], ring[2 * i + 2]] for i in range(10)])


def _dashes(g, look, s0, s1, t, dash, gap, width=0.12, zebras=()) -> None:
    for a, b in _without(s0, s1, [(z - 3.2, z + 3.2) for z in zebras]):
        if gap == 0:
            g.strip(look.paint, MARK, a, b, t - width / 2, t + width / 2, 0.007)
            continue
        s = a + gap / 2
        while s < b:
            g.strip(look.paint, MARK, s, min(s + dash, b), t - width / 2, t + width / 2, 0.007)
            s += dash + gap


def _marks(g, plan, look, stretches, rng) -> None:
    if plan.road == "setts" or (plan.character in ("old town", "suburb") and rng.random() < 0.6):
        return
    lanes = [b for b in plan.bands if b.kind == "lane"]
    split = any(b.kind in ("median", "rail") for b in plan.bands)
    solid = bool(len(lanes) >= 4 and rng.random() < 0.6)
    edge_lines = bool(rng.random() < 0.4)
    dash, gap = (3.0, 6.0) if rng.random() < 0.5 else (3.0, 3.0)
    for s0, s1 in stretches:
        a, b = s0 + 8.5, s1 - 8.5
        if b - a < 8:
            continue
        if not split:
            if solid:
                _dashes(g, look, a, b, 0.1, 0, 0, 0.12, plan.zebras)
                _dashes(g, look, a, b, -0.1, 0, 0, 0.12, plan.zebras)
            else:
                _dashes(g, look, a, b, 0.0, dash, gap, 0.13, plan.zebras)
        for band in lanes:
            outer = band.t1 if band.t0 >= 0 else band.t0
            inner = band.t0 if band.t0 >= 0 else band.t1
            if any(abs(inner - (o.t1 if o.t0 >= 0 else o.t0)) < 1e-6 for o in lanes if o is not band):
                # Near the junction the lanes are parted by a solid line.
                ahead = band.direction > 0
                low, high = (a, max(b - 14, a)) if ahead else (min(a + 14, b), b)
                _dashes(g, look, low, high, inner, dash, gap, 0.12, plan.zebras)
                _dashes(g, look, high if ahead else a - 1.5, b + 1.5 if ahead else low, inner, 0, 0, 0.12, plan.zebras)
            lone = not any(o.kind == "parking" and o.t0 * band.t0 >= 0 for o in plan.bands)
            if edge_lines and lone and abs(abs(outer) - max(abs(o.t0) if o.t0 < 0 else o.t1 for o in lanes)) < 0.05:
                _dashes(g, look, a, b, outer, 0, 0, 0.12, plan.zebras)
            at = b + 1.9 if band.direction > 0 else a - 1.9
            g.strip(look.paint, MARK, at - 0.22, at + 0.22, band.t0 + 0.2, band.t1 - 0.2, 0.007)
            if len(lanes) >= 4 and b - a > 40:
                _arrow(g, look, (b - 8) if band.direction > 0 else (a + 8), (band.t0 + band.t1) / 2, band.direction)


def _arrow(g, look, s, t, direction) -> None:
    """A straight-ahead arrow, five metres long."""
    d = direction
    shaft = [(s - 2.5 * d, t - 0.08, 0.007), (s + 0.9 * d, t - 0.08, 0.007), (s + 0.9 * d, t + 0.08, 0.007), (s - 2.5 * d, t + 0.08, 0.007)]
    tip = [(s + 0.9 * d, t - 0.4, 0.007), (s + 2.5 * d, t, 0.007), (s + 0.9 * d, t + 0.4, 0.007), (s + 0.9 * d, t, 0.007)]
    g.quads(look.paint, MARK, [shaft if d > 0 else shaft[::-1], tip if d > 0 else tip[::-1]])


def _zebras(g, plan, look) -> None:
    """Crossings over the street and over its side streets. The stripes are marks, the gaps between them crossing."""
    spans = []
    for z in plan.zebras:
        spans += [(z - 2.0, z + 2.0, t0, t1) for t0, t1 in _spans(plan, z)]
    for s0, s1, t0, t1 in spans:
        g.strip(look.road, CROSSING, s0, s1, t0, t1, 0.006)
        stripes = np.arange(t0 + 0.15, t1 - 0.45, 1.0)
        for t in stripes:
            g.strip(look.paint, MARK, s0, s1, t, t + 0.5, 0.0075)
    for crossing in plan.crossings:
        if not crossing.zebra:
            continue
        for side, kerb in ((1, plan.kerb_left), (-1, plan.kerb_right)):
            middle = kerb + side * 4.6
            t0, t1 = middle - 1.6, middle + 1.6
            s0, s1 = crossing.s - crossing.half + 0.1, crossing.s + crossing.half - 0.1
            g.strip(look.road, CROSSING, s0, s1, t0, t1, 0.006)
            for s in np.arange(s0 + 0.2, s1 - 0.4, 1.0):
                g.strip(look.paint, MARK, s, s + 0.5, t0, t1, 0.0075)


def _spans(plan, s) -> list[tuple[float, float]]:
    """The carriageway at ``s`` from kerb to kerb, less a raised median and the rails."""
    gaps = [(b.t0, b.t1) for b in plan.bands if b.kind == "rail"]
    return _without(plan.kerb_right + 0.1, plan.kerb_left - 0.1, gaps)
