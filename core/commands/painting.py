"""Painting without a person: the same strokes and edits each time, for measuring."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, NamedTuple

import numpy as np

from core.errors import DataError
from core.labels import INSTANCE_FACTOR
from core.scene.regions import Box, measure

#: Side of the brush in pixels; a stroke is dragged by three quarters of it: 0.3 % of a 2048x1024 frame.
BRUSH = 64

#: What a person does to a street, in turn.
KINDS = ("stroke", "copy", "class", "erase")

#: Objects that are edited cover this part of the frame, at least and at most.
_OBJECT_SHARE = (0.0002, 0.012)
_TREE, _PERSON, _CAR, _TRUCK, _BUILDING = 21, 24, 26, 27, 11
_OTHER_CLASS = {_CAR: _TRUCK, _TRUCK: _CAR, _PERSON: 25, 25: _PERSON, _BUILDING: _TREE, _TREE: _BUILDING}


class RealEdit(NamedTuple):
    """One edit of :meth:`Painting.edits`: what kind, where, how many pixels."""

    kind: str
    box: Box
    pixels: int


class Street(NamedTuple):
    """(H, W) uint8 labels and (H, W) uint16 instances of a street, and its name."""

    name: str
    labels: np.ndarray
    instances: np.ndarray


def streets(path: Path | None) -> Iterator[Street]:
    """The street at ``path``, those in the folder ``path``, or for None the examples that come along.

    Raises:
        VedutaError: when there is none, or one can't be read.
    """
    from core.scene.cityscapes import load_pair

    if path is None:
        from core.commands.example import EXAMPLES
        from core.scene.project import SUFFIX, load_project

        for project in sorted(EXAMPLES.glob("*" + SUFFIX)):
            scene = load_project(project).scene
            yield Street(project.stem, scene.label_map, scene.instance_map)
    elif path.is_dir():
        from core.data.samples import find_maps

        samples = next(filter(None, (find_maps(path, split) for split in ("val", "test", "train"))), [])
        if not samples:
            raise DataError(f"There are no label maps in '{path}'; give a folder in the Cityscapes or pix2pixHD layout.")
        for sample in samples:
            scene = load_pair(sample.labels, sample.instances)
            yield Street(sample.name, scene.label_map, scene.instance_map)
    else:
        scene = load_pair(path)
        yield Street(path.name, scene.label_map, scene.instance_map)


class Painting:
    """A street being painted on; the same seed paints the same."""

    def __init__(self, labels: np.ndarray, instances: np.ndarray, seed: int = 1):
        self.labels, self.instances = labels.copy(), instances.copy()
        self.random = np.random.default_rng(seed)
        self.last_pixels = 0

    @property
    def maps(self) -> tuple[np.ndarray, np.ndarray]:
        return self.labels, self.instances

    def strokes(self, count: int) -> Iterator[Box]:
        """Paint ``count`` strokes one after another, each a new car, person or tree; gives their boxes."""
        for _ in range(count):
            yield self._stroke()

    def edits(self, count: int) -> Iterator[RealEdit]:
        """Carry out ``count`` edits of all :data:`KINDS` in turn; where the street has no fit object, strokes."""
        for n in range(count):
            kind = KINDS[n % len(KINDS)]
            box = None if kind == "stroke" else self._edit_object(kind)
            if box is None:
                kind, box = "stroke", self._stroke()
            yield RealEdit(kind, box, self.last_pixels)

    def rectangle(self, share: float) -> Box:
        """Paint a rectangle of ``share`` (0..1) of the frame somewhere; gives its box."""
        height, width = self.labels.shape
        w, h = max(1, round(width * share**0.5)), max(1, round(height * share**0.5))
        x, y = int(self.random.integers(0, width - w + 1)), int(self.random.integers(0, height - h + 1))
        label = int(self.random.choice([7, _TREE, _CAR]))
        box = x, y, x + w, y + h
        self._write(box, np.ones((h, w), bool), label, 7 if label == 7 else self._new_value(label))
        return box

    # -- details ------------------------------------------------------------------

    def _stroke(self) -> Box:
        height, width = self.labels.shape
        radius, drag = min(BRUSH, height, width) / 2, min(BRUSH, height, width) * 0.75
        angle = self.random.uniform(0, 2 * np.pi)
        dx, dy = np.cos(angle) * drag, np.sin(angle) * drag
        x = self.random.uniform(radius, width - radius)
        y = self.random.uniform(radius, height - radius)
        x0, x1 = int(max(0, min(x, x + dx) - radius)), min(width, int(max(x, x + dx) + radius) + 1)
        y0, y1 = int(max(0, min(y, y + dy) - radius)), min(height, int(max(y, y + dy) + radius) + 1)
        ys, xs = np.mgrid[y0:y1, x0:x1]
        along = np.clip(((xs - x) * dx + (ys - y) * dy) / drag**2, 0, 1)
        mask = (xs - x - along * dx) ** 2 + (ys - y - along * dy) ** 2 <= radius**2
        label = int(self.random.choice([_TREE, _PERSON, _CAR]))
        self._write((x0, y0, x1, y1), mask, label, self._new_value(label))
        return x0, y0, x1, y1

    def _edit_object(self, kind: str) -> Box | None:
        """Copy, change or erase an object; None where there is none of a fit size."""
        found = measure(self.instances)
        least, most = (share * self.labels.size for share in _OBJECT_SHARE)
        fit = np.flatnonzero((found.values >= INSTANCE_FACTOR) & (found.areas >= least) & (found.areas <= most))
        if not fit.size:
            return None
        chosen = int(self.random.choice(fit))
        value, box = int(found.values[chosen]), tuple(int(v) for v in found.boxes[chosen])
        rows, columns = slice(box[1], box[3]), slice(box[0], box[2])
        mask = self.instances[rows, columns] == value
        label = value // INSTANCE_FACTOR
        if kind == "copy":
            width = box[2] - box[0]
            x = int(self.random.integers(0, self.labels.shape[1] - width + 1))
            labels = self.labels[rows, columns].copy()  # with its parts
            box = x, box[1], x + width, box[3]
            self._write(box, mask, labels[mask], self._new_value(label))
        elif kind == "class":
            label = _OTHER_CLASS.get(label, _CAR)
            self._write(box, mask, label, self._new_value(label))
        else:
            ground = self._surroundings(box, value)
            self._write(box, mask, ground, ground)
        return box

    def _surroundings(self, box: Box, value: int) -> int:
        """The class without objects that is seen most just round ``box``; road where there is none."""
        x0, y0, x1, y1 = box
        around = np.s_[max(0, y0 - 8):y1 + 8, max(0, x0 - 8):x1 + 8]
        stuff = self.instances[around][self.instances[around] < INSTANCE_FACTOR]
        return int(np.bincount(stuff).argmax()) if stuff.size else 7

    def _new_value(self, label: int) -> int:
        first = label * INSTANCE_FACTOR
        taken = np.unique(self.instances[self.instances // INSTANCE_FACTOR == label])
        return int(np.setdiff1d(np.arange(first, first + INSTANCE_FACTOR), taken)[0])

    def _write(self, box: Box, mask: np.ndarray, labels, value: int) -> None:
        at = slice(box[1], box[3]), slice(box[0], box[2])
        self.labels[at][mask] = labels
        self.instances[at][mask] = value
        self.last_pixels = int(mask.sum())
