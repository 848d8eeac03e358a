"""The outline of an object: grow, shrink, smooth, fill its holes.

As in ``core.scene.edits``, each function describes an edit. What an object
loses shows what surrounds it; what it gains becomes its body (its class, not a part).
"""

from __future__ import annotations

import numpy as np

from core.errors import SceneError
from core.labels import object_class
from core.opencv import cv2
from core.scene.edit import Edit, make_edit
from core.scene.objects import named, object_values
from core.scene.regions import Box, clip
from core.scene.scene import Scene
from core.scene.surroundings import fill_gap

#: Steps in pixels go this far.
LARGEST = 64


def grow(scene: Scene, value: int, pixels: int, over: np.ndarray | None = None) -> Edit | None:
    """An object ``pixels`` wider on all sides; ``over`` as for ``core.scene.edits.paint``."""
    box, mask = _mask(scene, value, pixels)
    return _reshaped(scene, value, box, mask, cv2.dilate(mask, _disc(pixels)) > 0, over, "Grow")


def shrink(scene: Scene, value: int, pixels: int) -> Edit | None:
    """An object ``pixels`` narrower on all sides; what it leaves fills with what surrounds it.

    Raises:
        SceneError: when nothing would be left.
    """
    box, mask = _mask(scene, value, pixels)
    # The frame's border is no edge of the object.
    kept = cv2.erode(mask, _disc(pixels), borderType=cv2.BORDER_REPLICATE) > 0
    if not kept.any():
        raise SceneError("Nothing would be left of the object; shrink it less.")
    return _reshaped(scene, value, box, mask, kept, None, "Shrink")


def smooth(scene: Scene, value: int, pixels: int, over: np.ndarray | None = None) -> Edit | None:
    """Round off an object's outline over about ``pixels``: corners go, notches fill."""
    box, mask = _mask(scene, value, 2 * pixels)
    side = 2 * pixels + 1
    soft = cv2.GaussianBlur(mask.astype(np.float32), (2 * side + 1, 2 * side + 1), pixels / 2 + 0.3, borderType=cv2.BORDER_REPLICATE)
    new = soft > 0.5
    return _reshaped(scene, value, box, mask, new, over, "Smooth") if new.any() else None


def fill_holes(scene: Scene, value: int, over: np.ndarray | None = None) -> Edit | None:
    """What an object encloses becomes the object."""
    box, mask = _mask(scene, value, 0)
    return _reshaped(scene, value, box, mask, enclosed(mask > 0), over, "Fill holes of")


def enclosed(mask: np.ndarray) -> np.ndarray:
    """(H, W) bool: ``mask`` with everything that its outlines enclose."""
    filled = np.zeros(mask.shape, np.uint8)
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED)
    return (filled > 0) | mask


def _disc(pixels: int) -> np.ndarray:
    across = np.arange(-pixels, pixels + 1)
    return (across[:, None] ** 2 + across[None, :] ** 2 <= (pixels + 0.3) ** 2).astype(np.uint8)


def _mask(scene: Scene, value: int, margin: int) -> tuple[Box, np.ndarray]:
    """The object's box with a margin, and (h, w) uint8 where it is."""
    (value,) = object_values(scene, [value])
    if not 0 <= margin <= 2 * LARGEST:
        raise SceneError(f"An outline moves by 1 to {LARGEST} pixels at a time.")
    x0, y0, x1, y1 = scene.objects()[value].bbox
    box = clip((x0 - margin - 1, y0 - margin - 1, x1 + margin + 1, y1 + margin + 1), scene.size)
    x0, y0, x1, y1 = box
    return box, (scene.instance_map[y0:y1, x0:x1] == value).view(np.uint8)


def _reshaped(
    scene: Scene, value: int, box: Box, old: np.ndarray, new: np.ndarray, over: np.ndarray | None, verb: str
) -> Edit | None:
    old = old > 0
    x0, y0, x1, y1 = box
    labels = scene.label_map[y0:y1, x0:x1].copy()
    instances = scene.instance_map[y0:y1, x0:x1].copy()
    gained, lost = new & ~old, old & ~new
    if over is not None:
        gained &= over[labels]
    labels[gained], instances[gained] = object_class(value), value
    if lost.any():
        # What stays of the object is no source for what it leaves.
        bare = scene.label_map.copy()
        bare[scene.instance_map == value] = 0
        filled_labels, filled_instances, _ = fill_gap(bare, scene.instance_map, lost, box[:2], scene.label_set)
        labels[lost], instances[lost] = filled_labels, filled_instances
    mask = gained | lost
    title = f"{verb} {named(scene, [value])}"
    return make_edit(scene, title, box, mask, labels[mask], instances[mask]) if mask.any() else None
