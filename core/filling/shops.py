"""A shop's panels: display windows on risers in their frames, a glazed door, a signboard, awnings; and what is lit in it."""

from __future__ import annotations

from typing import Iterator

import numpy as np

from core.filling.panel import Group, Panel

#: Half the width of a frame's member, and how far it and a riser stand out of the glass, metres.
_MEMBER, _PROUD, _RISER = 0.07, 0.055, 0.075

#: Probability of a signboard above a shop, of an awning, and of stripes on it; width of two stripes in metres.
_SIGNED, _SHADED, _STRIPED, _STRIPES = 0.85, 0.3, 0.5, 0.35

#: Letters on a signboard: width of a stroke and of a word in metres, and shares of strokes and words that are there.
_STROKE, _WORD, _INKED, _WRITTEN = 0.075, 1.7, 0.58, 0.55

#: Size in metres of patches in which goods are lit, heights between which they get darker, and how dark they end;
#: noise from which a patch is lit, at full light, and how much more it takes where it is dark.
_PATCH, _DARKER, _DARK, _LIT, _MORE = 1 / 0.7, (0.2, 2.6), 0.25, 0.457, 0.066

#: Brings the noise's spread to that of the shader's.
_SPREAD = 0.42


def shopfront(width: float, ground: float, rng: np.random.Generator, coarse: int, small: bool) -> Iterator[Group]:
    """The ground floor of a shop ``width`` metres wide and ``ground`` metres high.

    Args:
        coarse: far away, this many bays become one. small: what is small is seen.
    """
    pillar = float(rng.uniform(0.28, 0.5))
    bays = max(int(round((width - pillar) / (rng.uniform(2.6, 4.2) * coarse))), 1)
    span = (width - pillar) / bays
    head = ground - float(rng.uniform(0.75, 1.0))
    depth, riser = float(rng.uniform(0.15, 0.45)), float(rng.choice([0.12, 0.3, 0.45]))
    door = int(rng.integers(bays))
    for bay in range(bays):
        u = pillar + bay * span
        glass = Panel("shopfront", u, u + span - pillar, 0.0, head, -depth, True, 0.0, (u, u + span - pillar, 0.0, head))
        members = _members(glass, riser, bay == door) if small else ()
        yield Group((glass, *members))
    if not small:
        return
    shops = max(1, min(bays, int(round(width / 9))))
    for i in range(shops):
        lo, hi = pillar / 2 + i * width / shops, (i + 1) * width / shops - pillar / 2
        if rng.random() < _SIGNED:
            yield _board(lo + 0.1, hi - 0.1, head + 0.08, rng)
        if rng.random() < _SHADED:
            yield _awning(lo, hi, head + 0.02, rng)


def _members(glass: Panel, riser: float, door: bool) -> Iterator[Panel]:
    """Risers and frames in front of the glass."""
    def member(u0, u1, up0, up1, thick=_PROUD):
        return Panel("shop frame", u0, u1, up0, up1, glass.out, False, thick, glass.hole)

    u0, u1, head, half = glass.u0, glass.u1, glass.up1, _MEMBER / 2
    panes = [(u0, u1, riser)]
    if door:
        middle = u0 + min(1.15, (u1 - u0) * 0.45)
        panes = [(u0, middle, 0.06), (middle, u1, riser)]
        yield member(middle - half, middle + half, 0.0, head)
        yield member(u0, middle, 2.2, 2.28)
    for a, b, low in panes:
        yield member(a, b, 0.0, low, _RISER)
        if b - a > 2.2:
            yield member((a + b) / 2 - half, (a + b) / 2 + half, low, head)
    yield member(u0, u0 + _MEMBER, 0.0, head)
    yield member(u1 - _MEMBER, u1, 0.0, head)
    yield member(u0, u1, head - _MEMBER, head)


def _board(u0: float, u1: float, low: float, rng: np.random.Generator) -> Group:
    """A signboard with something written on it: words of strokes beside each other."""
    board = Panel("shop sign", u0, u1, low, low + 0.54, 0.0, True, 0.12)
    edges = np.append(np.arange(u0, u1, _STROKE), u1)
    word = ((edges[:-1] + rng.random() * _WORD) / _WORD).astype(int)
    inked = (rng.random(len(edges) - 1) < _INKED) & (rng.random(word.max() + 1) < _WRITTEN)[word]
    changes = np.flatnonzero(np.diff(np.concatenate([[0], inked, [0]]))).tolist()
    runs = zip(edges[changes[::2]].tolist(), edges[changes[1::2]].tolist())
    return Group((board, *(board._replace(what="shop lettering", u0=a, u1=b, out=0.12, whole=False, thick=0.0) for a, b in runs)))


def _awning(lo: float, hi: float, top: float, rng: np.random.Generator) -> Group:
    """A sloping cloth from the wall at height ``top``, its sides, and the flap that hangs from its edge."""
    reach, low = float(rng.uniform(0.9, 1.5)), top - float(rng.uniform(0.35, 0.6))
    slope = Panel("awning", lo, hi, low, top, 0.02, True, 0.0, None, (reach, reach))
    flap = Panel("awning", lo, hi, low - 0.2, low + 0.04, reach)  # a bit of both, so that no gap shows
    found = [slope, flap]
    found += (slope._replace(u0=u, u1=u, whole=False, lean=(reach, 0.0)) for u in (lo, hi))
    if rng.random() < _STRIPED:
        for u in np.arange(lo, hi - 0.05, _STRIPES).tolist():
            end = min(u + _STRIPES / 2, hi)
            found += (panel._replace(what="awning stripe", u0=u, u1=end, whole=False) for panel in (slope, flap))
    return Group(tuple(found))


def lit(u: np.ndarray, up: np.ndarray, seed: int) -> np.ndarray:
    """(N,) bool: where on the glass lit goods are seen, for points in metres; in patches, less with height."""
    octaves = ((1.0, 1.0), (2.0, 0.5), (4.0, 0.25))
    noise = sum((_noise(u * scale / _PATCH, up * scale / _PATCH, seed + i) - 0.5) * share for i, (scale, share) in enumerate(octaves))
    light = np.interp(up, _DARKER, (1.0, _DARK))
    return 0.5 + _SPREAD * noise > _LIT + _MORE * (1 / light - 1)


def _noise(x: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """Smooth values 0..1 with cells of one unit (value noise)."""
    i, j = np.floor(x), np.floor(y)
    fx, fy = x - i, y - j
    fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
    i, j = i.astype(np.int64).astype(np.uint64), j.astype(np.int64).astype(np.uint64)
    salt = np.uint64(seed * 0x165667B19E3779F9 & 0xFFFFFFFFFFFFFFFF)

    def corner(di: int, dj: int) -> np.ndarray:
        mixed = (i + np.uint64(di)) * np.uint64(0x9E3779B97F4A7C15) ^ (j + np.uint64(dj)) * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed = (mixed ^ salt) * np.uint64(0xD6E8FEB86659FD93)
        mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
        return (mixed >> np.uint64(40)).astype(np.float64) / (1 << 24)

    low = corner(0, 0) * (1 - fx) + corner(1, 0) * fx
    high = corner(0, 1) * (1 - fx) + corner(1, 1) * fx
    return low * (1 - fy) + high * fy
