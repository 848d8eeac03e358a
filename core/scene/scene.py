"""The scene: what is where, which object it belongs to, and how each object looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

import numpy as np

from core.errors import SceneError
from core.labels import INSTANCE_FACTOR, STREETS, LabelSet, object_class
from core.look_regions import key_part, key_value, keys_of
from core.scene.hidden import Hidden
from core.scene.regions import Box, measure

#: Values that a 16-bit instance map can hold.
INSTANCE_VALUES = 1 << 16


@dataclass(frozen=True)
class SceneObject:
    """One value of the instance map: an object, or all of a stuff class.

    Attributes:
        value: ``id * 1000 + n`` for an object, the bare id for stuff and groups.
        label_id: the class, ``object_class(value)``.
        bbox: (x0, y0, x1, y1) in pixels, x1 and y1 exclusive.
        area: in pixels.
    """

    value: int
    label_id: int
    bbox: Box
    area: int

    @property
    def is_object(self) -> bool:
        return self.value >= INSTANCE_FACTOR


@dataclass(frozen=True)
class SceneSnapshot:
    """A scene that no longer changes: safe to hand to another thread.

    Attributes:
        label_map: (H, W) uint8, read-only.
        instance_map: (H, W) uint16, read-only.
        codes: look key (``core.look_regions``) -> (K,) float32, read-only arrays.
        revision: that of the scene when the snapshot was taken.
        hidden: instance value -> what of it lies behind others, see ``core.scene.hidden``.
    """

    label_map: np.ndarray
    instance_map: np.ndarray
    codes: Mapping[int, np.ndarray]
    label_set: LabelSet
    revision: int
    hidden: Mapping[int, Hidden] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        return self.label_map.shape[1], self.label_map.shape[0]


def bare_instances(label_map: np.ndarray, label_set: LabelSet) -> np.ndarray:
    """(H, W) uint16 instance map without objects: every pixel holds its base class."""
    return label_set.base[label_map].astype(np.uint16)


class Scene:
    """A label map, an instance map of the same size, and appearance codes. Lives on one thread.

    The invariant: at every pixel ``object_class(instance) == base(label)``, so a
    part (a wheel) carries the value of the object it belongs to. Every edit
    keeps it for the pixels it touches. Maps that come from elsewhere may break
    it (a foreign instance map that disagrees with its label map); such pixels
    are **kept as they are** until they are painted over, so that what was
    loaded can be saved unchanged. :meth:`contradictions` counts them.

    The maps are handed out read-only: change them with ``core.scene.edits``.

    Args:
        label_map: (H, W) uint8, ids of ``label_set``.
        instance_map: (H, W) unsigned integers up to 65535, or None for a scene
            without objects (every pixel then holds its bare base class).
        codes: look key (``core.look_regions``) -> (K,) appearance code. A plain
            instance value, for stuff the bare id, is the key of the object itself;
            without a code it gets the model's default for its class. Parts of a
            kind that has no code of its own follow their object.
        hidden: instance value -> what of it lies behind others; for values that are there.

    Raises:
        SceneError: when a map has the wrong form or the sizes differ.
        LabelError: when the label map holds ids outside the label set.
    """

    def __init__(
        self,
        label_map: np.ndarray,
        instance_map: np.ndarray | None = None,
        label_set: LabelSet = STREETS,
        codes: Mapping[int, np.ndarray] | None = None,
        hidden: Mapping[int, Hidden] | None = None,
    ):
        if label_map.ndim != 2 or label_map.dtype != np.uint8 or not label_map.size:
            raise SceneError("A label map must be one 8-bit channel of at least one pixel; pass a (H, W) uint8 array.")
        label_set.check(label_map)
        if instance_map is None:
            instance_map = bare_instances(label_map, label_set)
        elif instance_map.shape != label_map.shape:
            raise SceneError(
                f"The label map is {_size_text(label_map)} but the instance map is {_size_text(instance_map)} pixels; "
                "choose the two files of one street."
            )
        elif instance_map.dtype != np.uint16:
            if not np.issubdtype(instance_map.dtype, np.integer) or (
                int(instance_map.min()) < 0 or int(instance_map.max()) >= INSTANCE_VALUES
            ):
                raise SceneError("An instance map holds whole numbers from 0 to 65535; use the instanceIds file.")
        self.label_set = label_set
        self.codes: dict[int, np.ndarray] = {}
        self.revision = 0
        self._labels = np.array(label_map, np.uint8, order="C")
        self._instances = np.array(instance_map, np.uint16, order="C")
        self.label_map = _read_only(self._labels)
        self.instance_map = _read_only(self._instances)
        self._objects: tuple[int, dict[int, SceneObject]] | None = None
        self._snapshot: SceneSnapshot | None = None
        measured = measure(self._instances)
        self._areas = np.zeros(INSTANCE_VALUES, np.int64)
        self._areas[measured.values] = measured.areas
        for key, code in (codes or {}).items():
            self.codes[int(key)] = frozen_code(code)
        self.hidden: dict[int, Hidden] = {
            int(value): entry for value, entry in (hidden or {}).items() if self._areas[int(value)]
        }

    @classmethod
    def blank(cls, size: tuple[int, int], label_id: int = 0, label_set: LabelSet = STREETS) -> "Scene":
        """A scene of ``size`` (width, height) filled with one class."""
        return cls(np.full((size[1], size[0]), label_set[label_id].id, np.uint8), None, label_set)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self._labels.shape[1], self._labels.shape[0]

    # -- questions ---------------------------------------------------------

    def objects(self) -> dict[int, SceneObject]:
        """Every value of the instance map, ascending; measured once per revision.

        Stuff appears under its bare id: ``SceneObject.is_object`` tells them apart.
        """
        if self._objects is None or self._objects[0] != self.revision:
            measured = measure(self._instances)
            found = {
                value: SceneObject(value, int(object_class(value)), tuple(box), area)
                for value, area, box in zip(
                    measured.values.tolist(), measured.areas.tolist(), measured.boxes.tolist()
                )
            }
            self._objects = (self.revision, found)
        return self._objects[1]

    def area(self, value: int) -> int:
        """How many pixels hold the instance value ``value``; costs nothing."""
        return int(self._areas[value])

    def codes_of(self, value: int) -> dict[int, np.ndarray]:
        """The codes of one object: label id of its parts -> (K,) code; 0 is the object itself."""
        return {key_part(key): self.codes[key] for key in keys_of(self.codes, int(value))}

    def object_at(self, x: int, y: int) -> int:
        """The instance value at a pixel; SceneError outside the frame."""
        self._check_inside(x, y)
        return int(self._instances[y, x])

    def label_at(self, x: int, y: int) -> int:
        """The label id at a pixel; SceneError outside the frame."""
        self._check_inside(x, y)
        return int(self._labels[y, x])

    def has_objects_of(self, label_id: int) -> bool:
        """True where at least one object (not the bare id) of this class is in the scene."""
        first = int(self.label_set.base[label_id]) * INSTANCE_FACTOR
        return bool(self._areas[first:first + INSTANCE_FACTOR].any()) if first else False

    def free_value(self, label_id: int) -> int:
        """The smallest unused ``id * 1000 + n`` of a class (of the parent, for a part).

        Raises:
            SceneError: when all 1000 are taken, or no 16-bit value can hold the class.
        """
        base = self.label_set[int(self.label_set.base[self.label_set[label_id].id])]
        first = base.id * INSTANCE_FACTOR
        if not first or first + INSTANCE_FACTOR > INSTANCE_VALUES:
            raise SceneError(f"The class '{base.name}' can't have objects; paint it without one.")
        coded = {key_value(key) for key in self.codes}
        for value in (first + np.flatnonzero(self._areas[first:first + INSTANCE_FACTOR] == 0)).tolist():
            if value not in coded:
                return value
        raise SceneError(
            f"This scene already has 1000 objects of the class '{base.name}'; extend one of them or erase some."
        )

    def contradictions(self) -> int:
        """How many pixels break the invariant; 0 for everything painted here."""
        return int(np.count_nonzero(object_class(self._instances) != self.label_set.base[self._labels]))

    def snapshot(self) -> SceneSnapshot:
        """A frozen copy for another thread; the same one until the scene changes."""
        if self._snapshot is None or self._snapshot.revision != self.revision:
            self._snapshot = SceneSnapshot(
                _read_only(self._labels.copy()), _read_only(self._instances.copy()),
                dict(self.codes), self.label_set, self.revision, dict(self.hidden),
            )
        return self._snapshot

    # -- changes: for core.scene.edits only ----------------------------------

    def write(self, bbox: Box, mask: np.ndarray, labels, instances) -> bool:
        """Put ``labels`` and ``instances`` under ``mask`` (bool over ``bbox``); True where that changed anything.

        The values are scalars or 1-D arrays in the mask's row order.
        """
        x0, y0, x1, y1 = bbox
        label_view, instance_view = self._labels[y0:y1, x0:x1], self._instances[y0:y1, x0:x1]
        before_labels, before = label_view[mask], instance_view[mask]
        if np.array_equal(before, np.broadcast_to(instances, before.shape)) and np.array_equal(
            before_labels, np.broadcast_to(labels, before.shape)
        ):
            return False
        label_view[mask] = labels
        instance_view[mask] = instances
        for values, sign in ((before, -1), (np.broadcast_to(instances, before.shape), 1)):
            for value, count in count_values(values):
                self._areas[value] += sign * count
        self.revision += 1
        return True

    def change_codes(self, changes: Mapping[int, np.ndarray | None]) -> bool:
        """Set or (None) drop codes by look key; True where that changed anything."""
        changed = False
        for key, code in changes.items():
            before = self.codes.get(key)
            if code is None:
                changed |= self.codes.pop(key, None) is not None
            elif before is None or not np.array_equal(before, code):
                self.codes[key] = frozen_code(code)
                changed = True
        self.revision += int(changed)
        return changed

    def change_hidden(self, changes: Mapping[int, Hidden | None]) -> bool:
        """Set or (None) forget what lies behind others; True where that changed anything."""
        changed = False
        for value, entry in changes.items():
            if entry is None:
                changed |= self.hidden.pop(value, None) is not None
            elif self.hidden.get(value) != entry:
                self.hidden[value] = entry
                changed = True
        self.revision += int(changed)
        return changed

    def _check_inside(self, x: int, y: int) -> None:
        width, height = self.size
        if not (0 <= x < width and 0 <= y < height):
            raise SceneError(f"The point ({x}, {y}) lies outside the scene of {width}x{height} pixels.")


def count_values(values: np.ndarray) -> list[tuple[int, int]]:
    """(value, how often) for a 1-D array; quick for a broadcast scalar."""
    if not values.size:
        return []
    if values.strides == (0,):
        return [(int(values[0]), values.size)]
    if values.size > 2048 and values.dtype.kind == "u" and values.dtype.itemsize <= 2:
        counts = np.bincount(values)  # counting beats sorting, which a stroke's end would be felt to wait for
        found = np.flatnonzero(counts)
        return list(zip(found.tolist(), counts[found].tolist()))
    found, counts = np.unique(values, return_counts=True)
    return list(zip(found.tolist(), counts.tolist()))


def frozen_code(code: np.ndarray) -> np.ndarray:
    """A read-only (K,) float32 copy of an appearance code."""
    copy = np.array(code, np.float32).reshape(-1)
    if not np.isfinite(copy).all():
        raise SceneError("An appearance code must be made of finite numbers.")
    copy.flags.writeable = False
    return copy


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view


def _size_text(array: np.ndarray) -> str:
    return "x".join(str(side) for side in reversed(array.shape[:2]))
