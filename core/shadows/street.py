"""What casts shadows is judged by this: the map's ground, its camera, and where things stand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Iterable, Iterator

import numpy as np

from core.filling.view import View, ground_table
from core.labels import INSTANCE_FACTOR, LabelSet
from core.opencv import cv2
from core.scene.regions import measure
from core.shadows.parts import without_shadows

#: Nothing is looked at whose foot lies this share of the frame's height below the horizon, or less.
_FAR = 0.012

#: A foot this share of the frame's height above ground stands on it: outlines are drawn by hand.
_TOUCHES = 0.008

#: Share of a thing's height, from below, that tells where its foot is.
_LOWEST = 0.04

#: What cuts the street off like the frame does.
_CUT_OFF = ("ego vehicle", "rectification border", "out of roi", "unlabeled")

#: Behind these trees stand.
_FENCES = ("wall", "fence", "guard rail")

#: Group of what hides a foot -> so many metres behind its own foot that foot stands.
_BEHIND = {"vehicle": 2.2, "human": 0.6, "object": 0.4}

#: A thing whose foot is seen may be this many times as tall as the tallest of its kind: a van is called a car.
_TALLER = 1.6

#: Smallest sides in pixels of what casts a shadow.
_SMALLEST = 3


@dataclass(frozen=True)
class Thing:
    """What stands upright: an object, or a connected region of a class without objects.

    Attributes:
        name: of its class. value: its instance value.
        mask: (h, w) bool. x0, y0: its place in the frame.
    """

    name: str
    value: int
    mask: np.ndarray
    x0: int
    y0: int


@dataclass(frozen=True)
class Foot:
    """Where a thing meets the ground.

    Attributes:
        depth: metres ahead. seen: False where something hides its foot, so that it reaches further down than is seen.
    """

    depth: float
    seen: bool


class Street:
    """A label map without shadows, and what is found out about it once.

    Args:
        labels: (H, W) uint8 of ``label_set``. instances: (H, W) uint16.
    """

    def __init__(self, labels: np.ndarray, instances: np.ndarray, label_set: LabelSet, view: View):
        self.labels, self.instances = without_shadows(labels, label_set), instances
        self.label_set, self.view = label_set, view
        self.base = label_set.base[self.labels]
        self.size = labels.shape[1], labels.shape[0]
        self._ids = {label.name: label.id for label in label_set}
        self.step = max(1, self.size[0] // 512)
        self.far_row = view.horizon + _FAR * self.size[1]

    def ids(self, names: Iterable[str]) -> list[int]:
        """The label ids of these names, as far as the label set has them."""
        return [self._ids[name] for name in names if name in self._ids]

    def where(self, names: Iterable[str]) -> np.ndarray:
        """(H, W) bool: the classes of these names, parts included."""
        return np.isin(np.arange(256), self.ids(names))[self.base]

    @cached_property
    def ground(self) -> np.ndarray:
        """(H, W) bool: what one stands and drives on."""
        return ground_table(self.label_set)[self.base]

    @cached_property
    def next_ground(self) -> np.ndarray:
        """(H + 1, ceil(W / step)) int32: the first row of ground at or below a row; H where there is none."""
        height = self.size[1]
        rows = np.where(self.ground[:, ::self.step], np.arange(height, dtype=np.int32)[:, None], np.int32(height))
        rows = np.concatenate([rows, np.full((1, rows.shape[1]), height, np.int32)])
        return np.minimum.accumulate(rows[::-1], axis=0)[::-1]

    @cached_property
    def holds(self) -> np.ndarray:
        """(H + 1, W) bool: what a trunk's foot stands on or behind; below the frame, anything."""
        there = self.ground | np.isin(self.base, self.ids(_FENCES)) | (self._behind > 0)[self.base] | self._cut_off[self.base]
        return np.concatenate([there, np.ones((1, self.size[0]), bool)])

    @cached_property
    def stands(self) -> np.ndarray:
        """(H, W) int32: the row above which what is seen there stands, if it may stand before a tree; else 0."""
        groups = np.isin(np.arange(256), [label.id for label in self.label_set if label.group in _BEHIND])
        standing = groups[self.base]
        feet = np.zeros(1 << 16, np.int32)
        for value, box in self._boxes:
            feet[value] = box[3] if value >= INSTANCE_FACTOR else 0
        loose = (standing & (self.instances < INSTANCE_FACTOR)).view(np.uint8)
        _, pieces, stats, _ = cv2.connectedComponentsWithStats(loose, connectivity=8)
        ends = stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT]
        ends[0] = 0
        return np.where(standing, np.maximum(feet[self.instances], ends[pieces]), 0)

    @cached_property
    def _cut_off(self) -> np.ndarray:
        return np.isin(np.arange(256), self.ids(_CUT_OFF))

    @cached_property
    def _behind(self) -> np.ndarray:
        """(256,) metres, see :data:`_BEHIND`."""
        table = np.zeros(256)
        for label in self.label_set:
            table[label.id] = _BEHIND.get(label.group, 0.0)
        return table

    # -- depths --------------------------------------------------------------------

    def depth(self, row):
        """Metres ahead of ground at ``row`` (of pixel edges), which must lie below the horizon."""
        return self.view.focal * self.view.eye / (np.asarray(row, np.float64) - self.view.horizon)

    def up(self, row, depth):
        """Metres above the ground of what is seen at ``row`` that far ahead."""
        return self.view.eye + (self.view.horizon - np.asarray(row, np.float64)) * depth / self.view.focal

    def aside(self, column, depth):
        """Metres right of the vanishing point of what is seen at ``column`` that far ahead."""
        return (np.asarray(column, np.float64) - self.view.vanishing) * depth / self.view.focal

    def foot(self, thing: Thing, tallest: float, hangs: bool = False) -> Foot | None:
        """Where a thing stands; None where that can't be told, or is too far away to matter.

        It stands on the ground that follows below its lowest pixels. Where something hides its foot, that is the
        ground before what hides it, and it stands a little further back.

        Args:
            tallest: metres. What would be taller at that depth stands nearer.
            hangs: nothing that is seen carries it down to the ground.
        """
        width, height = self.size
        tall = thing.mask.shape[0]
        bottom = thing.y0 + tall
        band = max(2, round(_LOWEST * tall))
        columns = np.flatnonzero(thing.mask[-band:].any(axis=0)) + thing.x0
        if bottom >= height - 1:
            return self._checked(thing, float(height), True, 0.0, tallest)
        found = self.next_ground[bottom, columns // self.step]
        below = self.base[bottom, columns]
        if self._cut_off[below].mean() > 0.5:
            return self._checked(thing, float(bottom), True, 0.0, tallest)
        found = found[found < height]
        if not found.size:
            return None
        row = float(np.median(found))
        if row - bottom <= max(2, _TOUCHES * height) and not hangs:
            return self._checked(thing, float(bottom), True, 0.0, tallest)
        return self._checked(thing, row, False, float(np.median(self._behind[below])), tallest)

    def _checked(self, thing: Thing, row: float, seen: bool, behind: float, tallest: float) -> Foot | None:
        if row < self.far_row:
            return None
        depth = float(self.depth(row)) + behind
        # What reaches above the horizon is as tall as its share above it tells, and hardly taller than its kind.
        above = self.view.horizon - thing.y0
        if above > 0 and self.up(thing.y0, depth) > tallest * (_TALLER if seen else 1):
            depth, seen = (tallest - self.view.eye) * self.view.focal / above, False
        return Foot(depth, seen) if depth > 0.5 else None

    # -- things --------------------------------------------------------------------

    def things(self, names: Iterable[str]) -> Iterator[Thing]:
        """The objects of these classes, and the connected regions of what is in none."""
        wanted = {self._ids[name]: name for name in names if name in self._ids}
        for value, (x0, y0, x1, y1) in self._boxes:
            label_id = value // INSTANCE_FACTOR if value >= INSTANCE_FACTOR else value
            if label_id not in wanted:
                continue
            # Pixels that contradict their object are left out.
            mask = (self.instances[y0:y1, x0:x1] == value) & (self.base[y0:y1, x0:x1] == label_id)
            if value < INSTANCE_FACTOR:
                yield from self.pieces(mask, x0, y0, wanted[label_id], value)
            elif mask.any():
                yield from cropped(Thing(wanted[label_id], value, mask, x0, y0))

    def pieces(self, mask: np.ndarray, x0: int, y0: int, name: str, value: int = 0) -> Iterator[Thing]:
        """The connected regions of a mask at (x0, y0)."""
        count, which, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
        for number in range(1, count):
            x, y, width, height, _ = stats[number].tolist()
            if width >= 1 and height >= _SMALLEST:
                yield Thing(name, value, which[y:y + height, x:x + width] == number, x0 + x, y0 + y)

    @cached_property
    def _boxes(self) -> list[tuple[int, tuple[int, int, int, int]]]:
        found = measure(self.instances)
        return [(value, tuple(box)) for value, box in zip(found.values.tolist(), found.boxes.tolist())]


def cropped(thing: Thing) -> Iterator[Thing]:
    """A thing in the box that fits it; nothing for one too small to cast a shadow."""
    rows, columns = np.flatnonzero(thing.mask.any(axis=1)), np.flatnonzero(thing.mask.any(axis=0))
    if len(rows) < _SMALLEST or not len(columns):
        return
    y, x = int(rows[0]), int(columns[0])
    mask = thing.mask[y:int(rows[-1]) + 1, x:int(columns[-1]) + 1]
    yield Thing(thing.name, thing.value, mask, thing.x0 + x, thing.y0 + y)
