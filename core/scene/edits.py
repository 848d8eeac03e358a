"""Every way to change a scene: painting, filling, polygons, erasing, appearance.

The functions here *describe* an edit and leave the scene alone; ``edit.apply(scene)``
carries it out. Applying an applied edit changes nothing, so the same edit can be
pushed on any undo stack. They return None where nothing would change. Which object
the pixels join is said by ``target``, see ``core.scene.edit``. A :class:`Stroke` is
the exception: it paints while the hand moves and hands over its edit at the end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping, Sequence

import numpy as np

from core.errors import SceneError
from core.labels import LabelSet
from core.look_regions import key_part, key_value
from core.opencv import cv2
from core.scene.edit import NEW, Edit, Target, make_edit, most_covered, nothing, painted_values, resolve_target
from core.scene.history import History
from core.scene.regions import Box, clip
from core.scene.scene import Scene, frozen_code
from core.scene.strokes import Stroke
from core.scene.surroundings import background

__all__ = [
    "NEW", "UNLABELED", "Edit", "History", "Stroke", "Target",
    "erase", "fill", "paint", "paintable", "polygon", "region_mask", "set_codes",
]

#: What the eraser leaves.
UNLABELED = 0


def paint(
    scene: Scene, mask: np.ndarray, offset_xy: tuple[int, int], label_id: int, target: Target = None,
    title: str | None = None, over: np.ndarray | None = None,
) -> Edit | None:
    """Paint ``label_id`` under a bool mask whose top left pixel lies at ``offset_xy``.

    What lies outside the frame is cut off.

    Args:
        over: (256,) bool, the labels that may be painted over; None for all. See :func:`paintable`.

    Raises:
        LabelError: when the label is not in the scene's set.
        SceneError: when the target is of another class, or no value is free.
    """
    box, mask = _clipped(scene, mask, offset_xy)
    if box is not None and over is not None:
        mask = mask & over[scene.label_map[box[1]:box[3], box[0]:box[2]]]
    if box is None or not mask.any():
        return None
    value = resolve_target(scene, label_id, target, most_covered(scene, box, mask, label_id))
    labels, instances = painted_values(scene, box, mask, label_id, value)
    return make_edit(scene, title or f"Paint {scene.label_set[label_id].name}", box, mask, labels, instances)


def erase(scene: Scene, mask: np.ndarray, offset_xy: tuple[int, int]) -> Edit | None:
    """Make the pixels unlabeled (id 0), which is what Cityscapes calls a place that nobody described."""
    return paint(scene, mask, offset_xy, UNLABELED, None, "Erase")


def paintable(label_set: LabelSet, what: str) -> np.ndarray | None:
    """Which labels may be painted over: (256,) bool, or None for all.

    Args:
        what: "all"; "background": everything but what stands in front of it (people,
            vehicles, poles, signs); "unlabeled": only what nobody described yet.
    """
    if what == "all":
        return None
    table = np.zeros(256, bool)
    table[UNLABELED] = True
    if what == "background":
        table |= background(label_set)
    return table


def region_mask(scene: Scene, x: int, y: int) -> tuple[np.ndarray, Box]:
    """The connected region (4 neighbours) of the same label **and** object around a pixel, and its box."""
    label, instance = scene.label_at(x, y), scene.object_at(x, y)
    same = ((scene.label_map == label) & (scene.instance_map == instance)).view(np.uint8)
    reached = np.zeros((same.shape[0] + 2, same.shape[1] + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
    _, _, _, (x0, y0, width, height) = cv2.floodFill(same, reached, (int(x), int(y)), 1, 0, 0, flags)
    mask = reached[1 + y0:1 + y0 + height, 1 + x0:1 + x0 + width] > 0
    return mask, (x0, y0, x0 + width, y0 + height)


def fill(scene: Scene, x: int, y: int, label_id: int, target: Target = None) -> Edit | None:
    """Flood-fill the region around a pixel; errors as :func:`paint`, and SceneError outside the frame.

    Filling a region with the class it already has changes nothing, unless a target asks for another object.
    """
    if target is None and scene.label_at(x, y) == label_id:
        return None
    mask, box = region_mask(scene, x, y)
    return paint(scene, mask, box[:2], label_id, target, f"Fill {scene.label_set[label_id].name}")


def polygon(
    scene: Scene, points: Sequence[tuple[float, float]], label_id: int, target: Target = None,
    over: np.ndarray | None = None,
) -> Edit | None:
    """Fill the polygon through ``points`` (x, y; pixel centres at whole numbers), its outline included.

    Errors as :func:`paint`, and SceneError for fewer than three points.
    """
    if len(points) < 3:
        raise SceneError("A polygon needs at least three corners; click once more.")
    corners = np.rint(np.asarray(points, np.float64)).astype(np.int64)
    box = clip(
        (*corners.min(axis=0).tolist(), *(corners.max(axis=0) + 1).tolist()), scene.size
    )
    if box is None:
        return None
    mask = np.zeros((box[3] - box[1], box[2] - box[0]), np.uint8)
    cv2.fillPoly(mask, [(corners - box[:2]).astype(np.int32)], 1)
    return paint(scene, mask > 0, box[:2], label_id, target, f"Polygon {scene.label_set[label_id].name}", over)


def set_codes(
    scene: Scene, codes: Mapping[int, np.ndarray | None], title: str = "Change appearance"
) -> Edit | None:
    """Give objects, or kinds of parts in them, new appearance codes.

    Args:
        codes: look key (``core.look_regions``) -> (K,) code. None: an object goes back to the
            model's default, parts go back to what their object has.

    Raises:
        SceneError: when an object is not in the scene, or what a key names in it is no kind of
            part. Parts need not be there yet.
    """
    old, new = {}, {}
    for key, code in codes.items():
        key = int(key)
        value, part = key_value(key), key_part(key)
        if part < 0 or not scene.area(value):
            raise SceneError(f"There is no object {value if key >= 0 else key} in this scene; choose one that is there.")
        if part and (part not in scene.label_set or scene.label_set[part].parent is None):
            raise SceneError(
                f"'{scene.label_set.name_of(part)}' is no part of anything, so it has no look in object {value}; "
                "choose a part, such as a window."
            )
        before = scene.codes.get(key)
        code = None if code is None else frozen_code(code)
        same = code is before if code is None or before is None else np.array_equal(code, before)
        if not same:
            old[key], new[key] = before, code
    if not new:
        return None
    return replace(nothing(title), old_codes=old, new_codes=new)


def _clipped(scene: Scene, mask: np.ndarray, offset_xy: tuple[int, int]) -> tuple[Box | None, np.ndarray]:
    left, top = int(offset_xy[0]), int(offset_xy[1])
    box = clip((left, top, left + mask.shape[1], top + mask.shape[0]), scene.size)
    if box is None:
        return None, mask
    mask = np.asarray(mask, bool)[box[1] - top:box[3] - top, box[0] - left:box[2] - left]
    return (box, mask) if mask.any() else (None, mask)
