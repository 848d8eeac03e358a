"""Parts laid on a building's pixels: its walls found, split into houses, and each front painted in perspective."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.filling.houses import Panel, design, panels
from core.filling.view import View
from core.filling.walls import Profile, Stretch, Wall, find_walls
from core.labels import LabelSet
from core.opencv import cv2

#: Smallest sides in pixels of a window and of anything else.
_WINDOW, _THIN = 3.0, 1.3

#: How far away fronts are told apart, metres.
_FAR = 220.0

#: Nearest point of a wall along the road that is painted, in metres ahead.
_NEAREST = 0.5

#: Widths of houses in metres where one region holds a whole row.
_NARROW, _WIDE = 7.5, 17.0

#: A step of the skyline of this many metres parts two houses.
_STEP = 1.3

#: A roof rises behind the eaves by this much in this many metres (a pitch of 40 degrees).
_RISE, _BACK = 4.2, 5.0

#: Shares of a panel that may be missing: cut off by the sky, hidden by anything else.
_CUT, _HIDDEN = 0.06, 0.8

#: Highest roof seen, in metres; a window's jamb hides at most this share of its pane.
_ROOF, _REVEALED = 7.0, 0.4

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
        (h, w) uint8 part labels, 0 where it stays bare; (w,) int32 numbers of the houses from 0, -1 where there is none.
    """
    result = np.zeros(site.mask.shape, np.uint8)
    owners, houses = np.full(site.mask.shape[1], -1, np.int32), 0
    ids = {label.name: label.id for label in label_set}
    shops = np.random.default_rng(seed).random() < 0.5
    for number, stretch in enumerate(find_walls(view, site.seen, site.single)):
        x0, x1 = max(stretch.x0 - site.x0, 0), min(stretch.x1 - site.x0, site.mask.shape[1])
        if x1 - x0 < 6:
            continue
        along = stretch.wall.along(np.arange(x0, x1) + site.x0 + 0.5)
        canvas = np.zeros((site.mask.shape[0], x1 - x0), np.uint8)
        painter = _Painter(canvas, site, stretch.wall, x0, ids)
        for u0, u1 in _houses(site, stretch, [*seed, number]):
            owners[x0:x1][(along >= u0) & (along < u1)] = houses
            houses += 1
            # All walls of one house are of one kind.
            own = seed if site.single else [*seed, number, int(u0 * 16) & 0xFFFFF]
            _front(painter, site, stretch, u0, u1, own, _SHOPS[0 if shops else 1])
        result[:, x0:x1] = canvas
    # "building" panels (a window's surround) stand for no part.
    result[result == ids["building"]] = 0
    # Roofs alone meet the sky.
    result[~site.mask | site.near_sky & (result != ids["roof"])] = 0
    return result, owners


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


def _front(painter: "_Painter", site: Site, stretch: Stretch, u0: float, u1: float, seed: list[int], shops: float) -> None:
    """Design one house and paint it."""
    wall, seen, rng = stretch.wall, site.seen, np.random.default_rng(seed)
    along = wall.along(seen.x + 0.5)
    mine = (seen.x >= stretch.x0) & (seen.x < stretch.x1) & (along >= u0) & (along < u1)
    if not mine.any():
        return
    x = seen.x[mine] + 0.5
    tops = wall.up(x, seen.top[mine])
    against = seen.sky[mine]
    known = bool(against.mean() > 0.5)
    height = float(np.percentile(tops[against], 25)) if known else float(tops.max()) + 4.0
    if height < 2.2:
        return
    eaves = height
    if known:
        eaves = _eaves(wall, tops[against], rng)
        if eaves < height - 0.3 or np.percentile(tops[against], 90) > eaves + 0.6:
            painter.paint([Panel("roof", u0, u1, eaves, min(float(tops.max()) + 2.0, eaves + _ROOF))])
    # What the frame cuts goes on beyond it, so its windows stand as if it were seen whole.
    start, end = _beyond(stretch, u0, u1, rng)
    width = end - start
    # The far end has the smallest windows.
    per_metre = min(_pixels_per_metre(wall, u0), _pixels_per_metre(wall, u1))
    middle = _pixels_per_metre(wall, (u0 + u1) / 2)
    if wall.side and 0.5 * per_metre + 0.5 * middle <= 0.35 or not wall.side and per_metre < 1.0:
        return
    entrance = bool(site.entrance[mine].mean() > 0.3)
    house = design(rng, width, eaves, known, entrance, shops)
    across = house.pane[0] * (0.5 * per_metre + 0.5 * middle)
    coarse = int(np.clip(np.ceil(_WINDOW / max(across, 0.1)), 1, 4))
    flip = wall.side > 0
    for group in panels(house, rng, coarse):
        painter.paint([_placed(panel, start, end, flip) for panel in group])


def _beyond(stretch: Stretch, u0: float, u1: float, rng) -> tuple[float, float]:
    """A house's ends; beyond the frame's where that cuts it."""
    wall, frame = stretch.wall, stretch.wall.view.size[0]
    more = float(rng.uniform(3.0, 9.0))
    cut = [float(wall.project(u, 0.0)[0]) for u in (u0, u1)]
    at_left, at_right = min(cut) < 0.012 * frame, max(cut) > 0.988 * frame
    if wall.side:
        return (u0 - more, u1) if (at_left if wall.side < 0 else at_right) else (u0, u1)
    return u0 - more * at_left, u1 + more * at_right


def _placed(panel: Panel, u0: float, u1: float, flip: bool) -> Panel:
    start, end = (u1 - panel.u1, u1 - panel.u0) if flip else (u0 + panel.u0, u0 + panel.u1)
    return Panel(panel.what, start, end, panel.up0, panel.up1, panel.out, panel.whole)


def _pixels_per_metre(wall: Wall, u: float) -> float:
    """Columns that a metre along the wall takes."""
    if not wall.side:
        return wall.view.focal / wall.distance
    return wall.view.focal * wall.distance / max(u, 1.0) ** 2


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


class _Painter:
    """Paints panels of a wall on a canvas of part labels, in the order in which they come."""

    def __init__(self, canvas: np.ndarray, site: Site, wall: Wall, left: int, ids: dict[str, int]):
        self.canvas, self.wall, self.ids = canvas, wall, ids
        self.shift = np.array([site.x0 + left, site.y0], np.float64)
        there = np.s_[:, left:left + canvas.shape[1]]
        self._mask = cv2.integral(site.mask[there].view(np.uint8))
        self._cut = cv2.integral((site.sky | site.other)[there].view(np.uint8))

    def paint(self, group: list[Panel]) -> None:
        """Panels one over the other; none of them where the last one can't be shown."""
        placed = [self._corners(panel) for panel in group]
        if placed[-1] is None:
            return
        for panel, corners in zip(group, placed):
            label = self.ids.get(panel.what)
            if corners is not None and label is not None:
                cv2.fillConvexPoly(self.canvas, np.rint(corners * 16).astype(np.int32), label, cv2.LINE_8, 4)

    def _corners(self, panel: Panel) -> np.ndarray | None:
        """(4, 2) pixel coordinates, or None for what is too small or cut off."""
        start = panel.u0
        if self.wall.side and start < _NEAREST:
            if panel.whole or panel.u1 <= _NEAREST:
                return None
            start = _NEAREST  # what lies beside or behind the camera
        u = np.array([start, panel.u1, panel.u1, start])
        up = np.array([panel.up0, panel.up0, panel.up1, panel.up1])
        corners = self.wall.project(u, up, max(panel.out, 0.0)) - self.shift
        if panel.out < 0 and self.wall.side:
            # A pane set back is hidden at its far end by the wall.
            back = self.wall.project(u, up, panel.out) - self.shift
            inner = np.clip(back[1, 0], *sorted((corners[0, 0], corners[1, 0])))
            wide = corners[0, 0] - corners[1, 0]
            share = (inner - corners[1, 0]) / wide if wide else 0.0
            share = min(share, _REVEALED, max(1 - _WINDOW / max(abs(wide), 1e-6), 0.0))
            corners[[1, 2]] += (corners[[0, 3]] - corners[[1, 2]]) * share
        low, high = corners.min(axis=0), corners.max(axis=0)
        limit = _WINDOW - 0.6 if panel.whole and panel.what in ("window", "door", "shopfront") else _THIN
        heights = abs(corners[0, 1] - corners[3, 1]), abs(corners[1, 1] - corners[2, 1])
        if high[0] - low[0] < limit or max(heights) < limit:
            return None
        rows, columns = self.canvas.shape
        x0, y0 = int(max(np.floor(low[0]), 0)), int(max(np.floor(low[1]), 0))
        x1, y1 = int(min(np.ceil(high[0]), columns)), int(min(np.ceil(high[1]), rows))
        if x0 >= x1 or y0 >= y1:
            return None
        if panel.whole:
            area = (x1 - x0) * (y1 - y0)
            if _sum(self._cut, x0, y0, x1, y1) > _CUT * area or _sum(self._mask, x0, y0, x1, y1) < (1 - _HIDDEN) * area:
                return None
        # A polygon is painted with its outline, so its right and lower edges end a pixel earlier.
        order = corners.copy()
        order[:, 0] -= (corners[:, 0] > (low[0] + high[0]) / 2)
        middle = (corners[[0, 1], 1] + corners[[3, 2], 1]) / 2
        order[[0, 1], 1] -= (corners[[0, 1], 1] > middle)
        order[[3, 2], 1] -= (corners[[3, 2], 1] > middle)
        return np.clip(order, -30000, 30000)


def _sum(integral: np.ndarray, x0: int, y0: int, x1: int, y1: int) -> int:
    return int(integral[y1, x1]) - int(integral[y0, x1]) - int(integral[y1, x0]) + int(integral[y0, x0])
