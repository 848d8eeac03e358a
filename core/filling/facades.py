"""Parts laid on a building's pixels: its walls found, split into houses, and each front painted in perspective."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.filling.houses import design, panels
from core.filling.masonry import BRICK, STONE, courses, sky_in_panes
from core.filling.painter import WINDOW, Painter
from core.filling.panel import Panel, alone
from core.filling.shops import shown
from core.filling.view import View
from core.filling.walls import Profile, Stretch, Wall, find_walls
from core.labels import LabelSet

#: How far away fronts are told apart, metres.
_FAR = 220.0

#: Widths of houses in metres where one region holds a whole row.
_NARROW, _WIDE = 7.5, 17.0

#: A step of the skyline of this many metres parts two houses.
_STEP = 1.3

#: A roof rises behind the eaves by this much in this many metres (a pitch of 40 degrees).
_RISE, _BACK = 4.2, 5.0

#: Highest roof seen, in metres.
_ROOF = 7.0

#: Pixels that a metre along the wall takes where displays are told from the glass.
_DISPLAYS = 6.0

#: Probability of a shop, in a street of shops and elsewhere.
_SHOPS = (0.7, 0.15)


@dataclass(frozen=True)
class Site:
    """Pixels of one building, or of a row of them.

    Attributes:
        mask: (h, w) bool. x0, y0: its place in the frame.
        sky: (h, w) bool, the sky around it. near_sky: (h, w) bool, likewise with a pixel's margin.
        other: (h, w) bool, other buildings.
        seen: its profile.
        single: it is one house, however wide.
        entrance: (N,) bool, columns of the profile in which its foot meets ground that people walk on.
    """

    mask: np.ndarray
    x0: int
    y0: int
    sky: np.ndarray
    near_sky: np.ndarray
    other: np.ndarray
    seen: Profile
    single: bool
    entrance: np.ndarray


def fill_facade(site: Site, view: View, label_set: LabelSet, seed: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Parts on a building, and which house stands where.

    Returns:
        (h, w) uint8 part labels, 0 where it stays bare; (h, w) int32 numbers of the houses from 0, -1 where there is none.
    """
    result = np.zeros(site.mask.shape, np.uint8)
    owners, houses = np.full(site.mask.shape, -1, np.int32), 0
    ids = {label.name: label.id for label in label_set}
    shops = np.random.default_rng(seed).random() < 0.5
    for number, stretch in enumerate(find_walls(view, site.seen, site.single)):
        x0, x1 = max(stretch.x0 - site.x0, 0), min(stretch.x1 - site.x0, site.mask.shape[1])
        if x1 - x0 < 6:
            continue
        there = np.s_[:, x0:x1]
        along = stretch.wall.along(np.arange(x0, x1) + site.x0 + 0.5)
        canvas, whose = np.zeros((site.mask.shape[0], x1 - x0), np.uint8), np.full((site.mask.shape[0], x1 - x0), -1, np.int32)
        painter = Painter(
            canvas, whose, (site.x0 + x0, site.y0), stretch.wall, site.mask[there], (site.sky | site.other)[there], label_set
        )
        row = _houses(site, stretch, [*seed, number])
        for u0, u1 in row:
            whose[:, (along >= u0) & (along < u1)] = houses
            houses += 1
        # The nearest last: its awnings and balconies are seen before the next one.
        styles: dict[str, list[int]] = {}
        for i, (u0, u1) in reversed(list(enumerate(row, start=houses - len(row)))):
            # All walls of one house are of one kind.
            own = seed if site.single else [*seed, number, int(u0 * 16) & 0xFFFFF]
            style = _front(painter, i, site, stretch, u0, u1, own, _SHOPS[0 if shops else 1])
            styles.setdefault(style, []).append(i)
        light(canvas, painter, ids, int(np.random.default_rng([*seed, number]).integers(1 << 31)))
        finish(canvas, whose, painter, ids, styles, [*seed, number])
        result[there], owners[there] = canvas, whose
    # Where the label set has no reveals, their panels are of the building itself and stand for no part.
    result[result == ids["building"]] = 0
    # Roofs alone meet the sky.
    result[~site.mask | site.near_sky & (result != ids["roof"])] = 0
    return result, owners


def light(canvas: np.ndarray, painter: Painter, ids: dict[str, int], seed: int) -> None:
    """Lay lit displays and their goods into the shopfronts of a wall that are near enough."""
    if "shop display" not in ids:
        return
    wall, (left, top) = painter.wall, painter.corner
    rows, columns = np.nonzero(canvas == ids["shopfront"])
    if not len(rows):
        return
    u, up = wall.along(columns + left + 0.5), wall.up(columns + left + 0.5, rows + top + 0.5)
    pixels = _pixels_per_metre(wall, u)
    near = pixels > _DISPLAYS
    lit = ids["shop display"]
    labels = np.array([ids["shopfront"], lit, ids.get("goods", lit), ids.get("dark goods", lit)], np.uint8)
    canvas[rows[near], columns[near]] = labels[shown(u[near], up[near], pixels[near], seed)]


def finish(
    canvas: np.ndarray, whose: np.ndarray, painter: Painter, ids: dict[str, int], styles: dict[str, list[int]], seeds: list[int]
) -> None:
    """Lay the joints of bricks and stones, the darker stones, and the sky in the panes; ``styles``: houses by style."""
    wall, (left, top) = painter.wall, painter.corner

    def centres(where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, columns = np.nonzero(where)
        return columns + left + 0.5, rows + top + 0.5

    bare = np.isin(canvas, (0, ids["building"]))
    for style, kind, where in (("brick", BRICK, canvas == ids.get("brick", -1)), ("stone", STONE, bare)):
        where = where & np.isin(whose, styles.get(style, ()))
        if "joint of masonry" in ids and where.any():
            dark, joints = courses(wall, *centres(where), kind, seeds)
            laid = canvas[where]
            if style == "stone":
                laid[dark] = ids["dark stone"]
            laid[joints] = ids["joint of masonry"]
            canvas[where] = laid
    if "sky in a window" in ids:
        panes = canvas == ids["window"]
        canvas[panes] = np.where(sky_in_panes(wall, *centres(panes), seeds), ids["sky in a window"], ids["window"])


def _houses(site: Site, stretch: Stretch, seed: list[int]) -> list[tuple[float, float]]:
    """(u0, u1) of the houses along a stretch, u0 < u1."""
    wall = stretch.wall
    ends = wall.along(np.array([stretch.x0, stretch.x1]))
    near, far = max(float(ends.min()), 1.0 if wall.side else -1e4), min(float(ends.max()), _FAR)
    if far - near < 1.0:
        return []
    if site.single:
        return [(near, far)]
    columns = (site.seen.x >= stretch.x0) & (site.seen.x < stretch.x1)
    x, sky = site.seen.x[columns], site.seen.sky[columns]
    u, top = wall.along(x + 0.5), wall.up(x + 0.5, site.seen.top[columns])
    # A step in the skyline is where one house ends; as many columns on either side must agree.
    edges = [near, far]
    reach = 3
    for i in range(reach, len(x) - reach):
        left, right = slice(i - reach, i), slice(i, i + reach)
        if sky[left].all() and sky[right].all() and abs(np.median(top[left]) - np.median(top[right])) > _STEP:
            at = float((u[i - 1] + u[i]) / 2)
            if min(abs(at - edge) for edge in edges) > 3.0:
                edges.append(at)
    edges.sort()
    rng = np.random.default_rng(seed)
    cuts = [edges[0]]
    for start, end in zip(edges, edges[1:]):
        while end - start > 1.3 * _WIDE or (end - start > _WIDE and rng.random() < 0.6):
            start += float(rng.uniform(_NARROW, _WIDE))
            if end - start < 0.7 * _NARROW:
                break
            cuts.append(start)
        cuts.append(end)
    return list(zip(cuts, cuts[1:]))


def _front(
    painter: Painter, number: int, site: Site, stretch: Stretch, u0: float, u1: float, seed: list[int], shops: float
) -> str:
    """Design one house and paint it; returns its style, "" where it stays bare."""
    wall, seen, rng = stretch.wall, site.seen, np.random.default_rng(seed)
    along = wall.along(seen.x + 0.5)
    mine = (seen.x >= stretch.x0) & (seen.x < stretch.x1) & (along >= u0) & (along < u1)
    if not mine.any():
        return ""
    x = seen.x[mine] + 0.5
    tops = wall.up(x, seen.top[mine])
    against = seen.sky[mine]
    known = bool(against.mean() > 0.5)
    height = float(np.percentile(tops[against], 25)) if known else float(tops.max()) + 4.0
    if height < 2.2:
        return ""
    eaves = height
    if known:
        eaves = _eaves(wall, tops[against], rng)
        if eaves < height - 0.3 or np.percentile(tops[against], 90) > eaves + 0.6:
            roof = Panel("roof", 0.0, u1 - u0, eaves, min(float(tops.max()) + 2.0, eaves + _ROOF))
            painter.paint([alone(roof)], u0, u1, False, number)
    # What the frame cuts goes on beyond it, so its windows stand as if it were seen whole.
    start, end = _beyond(stretch, u0, u1, rng)
    width = end - start
    # The far end has the smallest windows.
    per_metre = min(_pixels_per_metre(wall, u0), _pixels_per_metre(wall, u1))
    middle = _pixels_per_metre(wall, (u0 + u1) / 2)
    if wall.side and 0.5 * per_metre + 0.5 * middle <= 0.35 or not wall.side and per_metre < 1.0:
        return ""
    entrance = bool(site.entrance[mine].mean() > 0.3)
    house = design(rng, width, eaves, known, entrance, shops)
    across = house.pane[0] * (0.5 * per_metre + 0.5 * middle)
    coarse = int(np.clip(np.ceil(WINDOW / max(across, 0.1)), 1, 4))
    painter.paint(panels(house, rng, coarse), start, end, wall.side > 0, number)
    return house.style


def _beyond(stretch: Stretch, u0: float, u1: float, rng) -> tuple[float, float]:
    """A house's ends; beyond the frame's where that cuts it."""
    wall, frame = stretch.wall, stretch.wall.view.size[0]
    more = float(rng.uniform(3.0, 9.0))
    cut = [float(wall.project(u, 0.0)[0]) for u in (u0, u1)]
    at_left, at_right = min(cut) < 0.012 * frame, max(cut) > 0.988 * frame
    if wall.side:
        return (u0 - more, u1) if (at_left if wall.side < 0 else at_right) else (u0, u1)
    return u0 - more * at_left, u1 + more * at_right


def _pixels_per_metre(wall: Wall, u):
    """Columns that a metre along the wall takes at ``u``."""
    if not wall.side:
        return wall.view.focal / wall.distance + 0 * u
    return wall.view.focal * wall.distance / np.maximum(u, 1.0) ** 2


def _eaves(wall: Wall, tops: np.ndarray, rng) -> float:
    """Height in metres of the eaves: below a gable, below a roof that can be seen from the street, else the top."""
    top = float(np.percentile(tops, 50))
    few = max(len(tops) // 16, 1)
    ends = min(float(np.median(tops[:few])), float(np.median(tops[-few:])))
    peak = float(np.percentile(tops, 90))
    if len(tops) >= 7 and peak - ends > 1.2 and peak - ends < 8 and ends > 2.5:
        return ends
    if rng.random() < 0.25:
        return top  # a flat roof
    distance = wall.distance
    # The ridge at (eaves + rise, back behind the wall) is seen at the top's height on the wall.
    eaves = (top - wall.view.eye) * (distance + _BACK) / distance + wall.view.eye - _RISE
    return eaves if 2.5 < eaves < top - 0.5 else top
