"""What is taken in the hand together: a sign with its pole, a rider with what is ridden.

They are objects of their own, since Cityscapes has a class for each, but whoever
moves one of them means both.
"""

from __future__ import annotations

import numpy as np

from core.labels import INSTANCE_FACTOR, object_class
from core.opencv import cv2
from core.scene.posts import CARRIERS, is_post
from core.scene.regions import clip
from core.scene.scene import Scene

#: So many pixels from each other two objects still touch: gaps of one pixel come from scaling.
REACH = 2

_RIDER, RIDDEN = "rider", ("bicycle", "motorcycle")


def together(scene: Scene, value: int) -> tuple[int, ...]:
    """The objects that an object is taken in the hand with, itself last.

    Two poles that cross stay apart, and so do two signs that share none. A rider
    comes with the bicycle or motorcycle that touches most of the rider.
    """
    found, waiting = [value], [value]
    while waiting:
        for other in _belonging(scene, waiting.pop()):
            if other not in found:
                found.append(other)
                waiting.append(other)
    return tuple(found[::-1])


def ridden(scene: Scene, rider: int, reach: int = REACH) -> int:
    """What a rider sits on: the bicycle or motorcycle that touches most of the rider; 0 for nothing.

    Args:
        reach: pixels from each other at which two objects touch; 1: side by side.
    """
    mounts = [(count, other) for other, count in _touching(scene, rider, reach).items() if _name(scene, other) in RIDDEN]
    return max(mounts)[1] if mounts else 0


def _belonging(scene: Scene, value: int) -> list[int]:
    """What belongs to one object, ascending."""
    name = _name(scene, value)
    if name == _RIDER:
        mount = ridden(scene, value)
        return [mount] if mount else []
    if name in RIDDEN:
        riders = (other for other in _touching(scene, value) if _name(scene, other) == _RIDER)
        return [rider for rider in riders if ridden(scene, rider) == value]
    if name and is_post(scene.label_set, int(object_class(value))):
        return [
            other for other in _touching(scene, value)
            if is_post(scene.label_set, int(object_class(other)))
            and (_name(scene, other) in CARRIERS) != (name in CARRIERS)
        ]
    return []


def _name(scene: Scene, value: int) -> str:
    """The class of an object, "" for what is none."""
    label_id = int(object_class(value))
    return scene.label_set[label_id].name if value >= INSTANCE_FACTOR and label_id in scene.label_set else ""


def _touching(scene: Scene, value: int, reach: int = REACH) -> dict[int, int]:
    """The other objects that touch this one -> pixels of them near it, ascending."""
    entry = scene.objects().get(value)
    if entry is None:
        return {}
    x0, y0, x1, y1 = entry.bbox
    x0, y0, x1, y1 = clip((x0 - reach, y0 - reach, x1 + reach, y1 + reach), scene.size)
    here = scene.instance_map[y0:y1, x0:x1]
    side = 2 * reach + 1
    near = cv2.dilate((here == value).view(np.uint8), np.ones((side, side), np.uint8)) > 0
    values, counts = np.unique(here[near], return_counts=True)
    return {
        other: count for other, count in zip(values.tolist(), counts.tolist())
        if other >= INSTANCE_FACTOR and other != value
    }
