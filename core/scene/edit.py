"""One undoable step, and the rules by which painted pixels join objects.

Which object painted pixels belong to is the ``target``:

* an int: that instance value is extended; it must be of the painted class.
* ``NEW``: a new object, where the class can have objects.
* None, automatic: a thing becomes a new object; so does a class that only our own
  scenes count (buildings, trees, poles, signs), unless the scene has some of it and doesn't count
  it, when it takes the bare id; other stuff always takes its bare id.

A part (a wheel) painted on an object of its parent's class stays with that object;
the pixels beside it join the object the gesture covers most, or else follow the rules above.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from core.errors import SceneError
from core.labels import SHADOWS, object_class
from core.look_regions import key_value
from core.scene.hidden import Hidden
from core.scene.regions import Box, mask_box
from core.scene.scene import Scene, count_values


class _New:
    def __repr__(self) -> str:
        return "NEW"


#: As a target: make a new object.
NEW = _New()

Target = int | _New | None


@dataclass(frozen=True, eq=False)
class Edit:
    """One undoable step.

    Attributes:
        title: what a person reads in the undo menu.
        bbox: (x0, y0, x1, y1) around the changed pixels, (0, 0, 0, 0) for codes alone.
        mask: (y1-y0, x1-x0) bool, the changed pixels.
        old_labels, new_labels: (N,) uint8, values under the mask in row order.
        old_instances, new_instances: (N,) uint16, likewise.
        old_codes, new_codes: look key -> code, or None for no code. An edit that
            removes an object's last pixel takes its codes and its parts' along.
        old_hidden, new_hidden: likewise, what lies behind others (``core.scene.hidden``).
        heirs: new instance value -> the one that goes on under it, as when an object changes its
            class. What is settled about the old one beside the scene (a lock) holds for its heirs.
    """

    title: str
    bbox: Box
    mask: np.ndarray
    old_labels: np.ndarray
    new_labels: np.ndarray
    old_instances: np.ndarray
    new_instances: np.ndarray
    old_codes: dict[int, np.ndarray | None] = field(default_factory=dict)
    new_codes: dict[int, np.ndarray | None] = field(default_factory=dict)
    old_hidden: dict[int, Hidden | None] = field(default_factory=dict)
    new_hidden: dict[int, Hidden | None] = field(default_factory=dict)
    heirs: dict[int, int] = field(default_factory=dict)

    def apply(self, scene: Scene) -> None:
        """Carry the edit out; ``scene.revision`` grows where that changes anything."""
        scene.write(self.bbox, self.mask, self.new_labels, self.new_instances)
        self.apply_beside(scene)

    def apply_beside(self, scene: Scene) -> None:
        """Carry out what the edit changes beside the pixels."""
        scene.change_codes(self.new_codes)
        scene.change_hidden(self.new_hidden)

    def revert(self, scene: Scene) -> None:
        """Put back exactly what was there before."""
        scene.write(self.bbox, self.mask, self.old_labels, self.old_instances)
        scene.change_codes(self.old_codes)
        scene.change_hidden(self.old_hidden)

    @property
    def is_empty(self) -> bool:
        """True where the scene stays as it is, see :func:`nothing`."""
        return not (self.mask.size or self.old_codes or self.new_codes or self.old_hidden or self.new_hidden)

    @property
    def nbytes(self) -> int:
        """Memory held; runs of one value are kept as a single number."""
        arrays = (self.mask, self.old_labels, self.new_labels, self.old_instances, self.new_instances)
        codes = [code for codes in (self.old_codes, self.new_codes) for code in codes.values() if code is not None]
        behind = [entry for one in (self.old_hidden, self.new_hidden) for entry in one.values() if entry is not None]
        held = sum(a.itemsize if a.strides == (0,) else a.nbytes for a in (*arrays, *codes))
        return held + sum(entry.nbytes for entry in behind)


def nothing(title: str) -> Edit:
    """An edit that changes no pixel, for a step that changes something else."""
    no_labels, no_values = np.zeros(0, np.uint8), np.zeros(0, np.uint16)
    return Edit(title, (0, 0, 0, 0), np.zeros((0, 0), bool), no_labels, no_labels, no_values, no_values)


# -- the rules ---------------------------------------------------------------


def resolve_target(scene: Scene, label_id: int, target: Target, covered: int | None = None) -> int:
    """The instance value for painted pixels, see the module's rules.

    Args:
        covered: for a part, the object of its parent's class that the gesture covers most.
    """
    label = scene.label_set[label_id]
    base = scene.label_set[int(scene.label_set.base[label.id])]
    if isinstance(target, (int, np.integer)):
        if object_class(int(target)) != base.id:
            raise SceneError(
                f"Object {int(target)} is not a {base.name}, so '{label.name}' can't be painted on it; "
                "choose one of that class or make a new one."
            )
        return int(target)
    if target is None and label.parent is not None and covered is not None:
        return covered
    counted = target is NEW or scene.has_objects_of(base.id) or not scene.area(base.id)
    makes_object = base.thing or (base.instanced and counted)
    return scene.free_value(base.id) if makes_object else base.id


def painted_values(scene: Scene, box: Box, mask: np.ndarray, label_id: int, value: int):
    """(labels, instances) to write under ``mask``: scalars, or an array where a part keeps its objects.

    A shadow falls on whatever ground or wall is there, as the shadow of that,
    and on nothing else: lane marks, kerbs and cars stay what they are.
    """
    label = scene.label_set[label_id]
    if label.parent is None:
        return label_id, value
    instances = scene.instance_map[box[1]:box[3], box[0]:box[2]][mask]
    if label.group == SHADOWS:
        return scene.label_set.in_shadow[scene.label_map[box[1]:box[3], box[0]:box[2]][mask]], instances
    return label_id, np.where(object_class(instances) == label.parent, instances, np.uint16(value)).astype(np.uint16)


def most_covered(scene: Scene, box: Box, mask: np.ndarray, label_id: int) -> int | None:
    """The value of a part's parent class with most pixels under the mask."""
    parent = scene.label_set[label_id].parent
    if parent is None:
        return None
    counts = count_values(scene.instance_map[box[1]:box[3], box[0]:box[2]][mask])
    counts = [(count, value) for value, count in counts if object_class(value) == parent]
    return max(counts)[1] if counts else None


def make_edit(scene: Scene, title: str, box: Box, mask: np.ndarray, labels, instances) -> Edit | None:
    """The edit that writes these values (scalars or 1-D under ``mask``) over the scene as it is now."""
    x0, y0, x1, y1 = box
    return edit_between(
        scene, title, box, mask,
        scene.label_map[y0:y1, x0:x1][mask], labels, scene.instance_map[y0:y1, x0:x1][mask], instances,
        already_applied=False,
    )


def edit_between(
    scene: Scene, title: str, box: Box, mask: np.ndarray,
    old_labels: np.ndarray, new_labels, old_instances: np.ndarray, new_instances, already_applied: bool,
) -> Edit | None:
    """An edit from old to new values under ``mask``, cut down to the pixels that really differ.

    The codes of an object that loses its last pixel, and of its parts, go with it, and what was hidden of it.
    """
    differs = (old_labels != new_labels) | (old_instances != new_instances)
    if not differs.any():
        return None
    changed = np.zeros(mask.shape, bool)
    changed[mask] = differs
    x0, y0, x1, y1 = mask_box(changed)
    old_labels, new_labels = _stored(old_labels, differs, np.uint8), _stored(new_labels, differs, np.uint8)
    old_instances = _stored(old_instances, differs, np.uint16)
    new_instances = _stored(new_instances, differs, np.uint16)
    gained = dict(count_values(new_instances))
    lost = {
        value for value, count in count_values(old_instances)
        if scene.area(value) == (0 if already_applied else count - gained.get(value, 0))
    }
    # A kind of part keeps its code when its last pixel goes, until its object does: the windows that
    # somebody paints or fills in again look as before, and no edit has to count an object's parts.
    gone = {key: code for key, code in scene.codes.items() if key_value(key) in lost} if lost else {}
    forgotten = {value: scene.hidden[value] for value in lost if value in scene.hidden}
    return Edit(
        title, (box[0] + x0, box[1] + y0, box[0] + x1, box[1] + y1), changed[y0:y1, x0:x1].copy(),
        old_labels, new_labels, old_instances, new_instances, gone, dict.fromkeys(gone),
        forgotten, dict.fromkeys(forgotten),
    )


def _stored(values, differs: np.ndarray, dtype) -> np.ndarray:
    """The values where ``differs`` (1-D bool); a single number broadcast where all are equal."""
    if np.ndim(values):
        values = np.asarray(values, dtype)[differs]
        if not (values == values[0]).all():
            return values
        values = values[0]
    return np.broadcast_to(np.asarray(values, dtype), (int(np.count_nonzero(differs)),))
