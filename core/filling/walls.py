"""The walls behind a building's pixels: which stretch of it runs along the road, which faces the camera.

A building's pixels show at most how far *up* its foot may lie (its lowest pixel) and how far
*down* (the ground below it, or the foot of what hides it), and where it stands against the sky,
how its top slopes. A wall along the road has its foot and its top on lines through the
vanishing point, a wall that faces the camera on level lines. Dynamic programming over the
columns finds the cheapest sequence of walls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.filling.view import View

#: Distances tried, in metres: of walls beside the camera, and of walls ahead of it.
ASIDE = np.geomspace(2.5, 45.0, 20)
AHEAD = np.geomspace(6.0, 160.0, 24)

#: Usual distance of walls beside a street and of those that close it, metres, and the price of an unusual one.
_USUAL, _USUAL_AHEAD, _UNUSUAL = 9.0, 45.0, 0.25

#: Price of a wall ahead; of a wall along the road this close to the vanishing point (share of the width).
_FACING, _DISTANT, _CLOSE = 0.5, 1.6, 0.07

#: Price of another wall, and of its foot lying elsewhere.
_CORNER, _STEP = 7.0, 10.0


@dataclass(frozen=True)
class Wall:
    """An upright plane: metres ``u`` along it, ``up`` above the ground, ``out`` of it towards the street.

    Attributes:
        side: -1 and 1 for a wall along the road on the left and right, 0 for one that faces the camera.
        distance: metres to the side, or ahead.
    """

    view: View
    side: int
    distance: float

    def project(self, u, up, out=0.0) -> np.ndarray:
        """(..., 2) x, y in pixels. ``u`` is the depth of a wall along the road, else metres right of the vanishing point."""
        if self.side:
            return self.view.project(self.side * (self.distance - np.asarray(out)), u, up)
        return self.view.project(u, self.distance - np.asarray(out), up)

    def along(self, x) -> np.ndarray:
        """Metres ``u`` at columns ``x``."""
        away = np.asarray(x, np.float64) - self.view.vanishing
        if self.side:
            return self.view.focal * self.distance / np.maximum(away * self.side, 1e-3)
        return away * self.distance / self.view.focal

    def depth(self, x) -> np.ndarray:
        """Metres ahead at columns ``x``."""
        return self.along(x) if self.side else np.full(np.shape(x), self.distance)

    def up(self, x, y) -> np.ndarray:
        """Metres above the ground of what is seen on the wall at (x, y)."""
        return self.view.eye + (self.view.horizon - np.asarray(y, np.float64)) * self.depth(x) / self.view.focal

    def foot(self, x) -> np.ndarray:
        """Rows in which the wall meets the ground, at columns ``x``."""
        return self.view.horizon + self.view.focal * self.view.eye / self.depth(x)


@dataclass(frozen=True)
class Stretch:
    """A wall and the columns in which it is seen, x1 exclusive."""

    wall: Wall
    x0: int
    x1: int


@dataclass(frozen=True)
class Profile:
    """What a building shows in each of some columns.

    Attributes:
        x: (N,) columns (pixel centres are x + 0.5).
        top, bottom: (N,) first row, and row after the last.
        lowest: (N,) row down to which its foot may lie; infinite where nothing tells.
        sky: (N,) bool, whether its top stands against the sky.
    """

    x: np.ndarray
    top: np.ndarray
    bottom: np.ndarray
    lowest: np.ndarray
    sky: np.ndarray


def profile(mask: np.ndarray, x0: int, y0: int, sky: np.ndarray, next_ground: np.ndarray, step: int) -> Profile:
    """The profile of (h, w) bool ``mask`` at (x0, y0).

    Args:
        sky: (H, W) bool. next_ground: (H, ceil(W / step)) rows of the first ground at or below a pixel,
            for every ``step``-th column; H where there is none.
    """
    height = sky.shape[0]
    columns = np.arange(-(-x0 // step), -(-(x0 + mask.shape[1]) // step)) * step
    slices = mask[:, columns - x0]
    seen = slices.any(axis=0)
    columns, slices = columns[seen], slices[:, seen]
    top = slices.argmax(axis=0) + y0
    bottom = y0 + mask.shape[0] - slices[::-1].argmax(axis=0)
    ground = next_ground[np.minimum(bottom, height - 1), columns // step].astype(np.float64)
    ground[(ground >= height) | (bottom >= height)] = np.inf
    against = (top > 0) & sky[np.maximum(top - 1, 0), columns]
    return Profile(columns, top.astype(np.float64), bottom.astype(np.float64), ground, against)


def find_walls(view: View, seen: Profile, single: bool = False) -> list[Stretch]:
    """The walls of a building from left to right; none for a building without columns.

    Args:
        single: it is one house, which has few corners.
    """
    count = len(seen.x)
    if not count:
        return []
    x = seen.x + 0.5
    away = x - view.vanishing
    beside = 1e-3 + np.abs(away)
    feet = np.concatenate([
        view.horizon + view.eye * beside[None] / ASIDE[:, None],
        np.broadcast_to((view.horizon + view.focal * view.eye / AHEAD)[:, None], (len(AHEAD), count)),
    ])
    height = view.size[1]
    slack = 0.006 * height + 0.06 * np.abs(feet - view.horizon)
    wrong = np.maximum(seen.bottom - feet - slack, 0) + np.maximum(feet - seen.lowest - slack, 0)
    cost = np.minimum(wrong / (0.012 * height), 4.0)
    cost[: len(ASIDE)] += _UNUSUAL * np.log(ASIDE / _USUAL)[:, None] ** 2
    cost[: len(ASIDE)] += _DISTANT * np.clip(1.5 - beside / (_CLOSE * view.size[0]), 0, 1)
    cost[len(ASIDE):] += _FACING + _UNUSUAL / 2 * np.log(AHEAD / _USUAL_AHEAD)[:, None] ** 2
    slope, known = _slope(seen)
    level = np.where(known, np.minimum(np.abs(slope) / 0.2, 1.5), 0.0)
    expected = (seen.top - view.horizon) / np.where(np.abs(away) < 1, 1, away)
    towards = np.where(known, np.minimum(np.abs(slope - expected) / 0.2, 1.5), 0.0)
    # Low above the horizon both are level.
    told = np.clip(np.abs(expected) / 0.2, 0, 1)
    cost[: len(ASIDE)] += towards * told
    cost[len(ASIDE):] += level * told
    chosen = _cheapest(cost, feet, (2 if single else 1) * _CORNER, _STEP / (0.05 * height))
    return _stretches(view, seen, chosen)


def _slope(seen: Profile) -> tuple[np.ndarray, np.ndarray]:
    """(slope of the top in rows per column, whether it is known): medians over neighbouring columns."""
    count, reach = len(seen.x), 4
    slope, known = np.zeros(count), np.zeros(count, bool)
    if count < 2 * reach + 1:
        return slope, known
    steps = np.diff(seen.top) / np.diff(seen.x)
    windows = np.lib.stride_tricks.sliding_window_view(steps, 2 * reach)
    sky = np.lib.stride_tricks.sliding_window_view(seen.sky, 2 * reach + 1)
    slope[reach:count - reach] = np.median(windows, axis=1)
    known[reach:count - reach] = sky.mean(axis=1) > 0.8
    return slope, known


def _cheapest(cost: np.ndarray, feet: np.ndarray, corner: float, step: float) -> np.ndarray:
    """(N,) indices of the walls with the smallest sum of (K, N) costs and prices of corners (Viterbi)."""
    states, count = cost.shape
    total, back = cost[:, 0].copy(), np.zeros((count, states), np.int64)
    stay = np.arange(states)
    for i in range(1, count):
        moves = total[:, None] + corner + np.minimum(np.abs(feet[:, i][None] - feet[:, i - 1][:, None]) * step, _STEP)
        moves[stay, stay] = total
        back[i] = moves.argmin(axis=0)
        total = moves[back[i], stay] + cost[:, i]
    chosen = np.zeros(count, np.int64)
    chosen[-1] = total.argmin()
    for i in range(count - 1, 0, -1):
        chosen[i - 1] = back[i][chosen[i]]
    return chosen


def _stretches(view: View, seen: Profile, chosen: np.ndarray) -> list[Stretch]:
    sides = np.where(seen.x + 0.5 < view.vanishing, -1, 1)
    # Left and right of the vanishing point the same distance means two walls.
    kinds = np.where(chosen < len(ASIDE), sides * (chosen + 1), 1000 + chosen)
    edges = np.flatnonzero(np.diff(kinds)) + 1
    starts, ends = np.r_[0, edges], np.r_[edges, len(kinds)]
    found = []
    for start, end in zip(starts.tolist(), ends.tolist()):
        index = int(chosen[start])
        if index < len(ASIDE):
            wall = Wall(view, int(sides[start]), float(ASIDE[index]))
        else:
            wall = Wall(view, 0, float(AHEAD[index - len(ASIDE)]))
        x0 = int(seen.x[start])
        x1 = int(seen.x[end]) if end < len(seen.x) else int(seen.x[-1] + max(np.diff(seen.x).min(initial=8), 1))
        found.append(Stretch(wall, x0, x1))
    return found
