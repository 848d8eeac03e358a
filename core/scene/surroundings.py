"""Filling a gap with what surrounds it: what is seen where an object was taken away."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from core.labels import INSTANCE_FACTOR, LabelSet
from core.opencv import cv2
from core.scene.regions import Box, clip, mask_box

#: A street lies in bands (sky, houses, pavement, road), so what is beside a gap
#: tells more of it than what is above: heights count this many times.
_UPRIGHT = 3

#: Things that don't go on behind a neighbour.
_NOT_BEHIND = ("void", "human", "vehicle", "object")

#: Width in pixels over which a filled border is straightened.
_SMOOTH = 9
_SMOOTH_CLASSES = 24


@lru_cache(maxsize=8)
def background(label_set: LabelSet) -> np.ndarray:
    """(256,) bool: the classes that go on behind an object: ground, buildings, nature, sky."""
    table = np.zeros(256, bool)
    for label in label_set:
        base = label_set[int(label_set.base[label.id])]
        table[label.id] = base.group not in _NOT_BEHIND and not base.thing
    return table


def fill_gap(
    label_map: np.ndarray, instance_map: np.ndarray, mask: np.ndarray, offset_xy: tuple[int, int],
    label_set: LabelSet,
) -> tuple[np.ndarray, np.ndarray, Box] | None:
    """What would be seen under ``mask`` if it weren't there.

    Each pixel takes the nearest background (ground, building, nature, sky), its
    parts folded into their class; borders between two fillings are straightened.
    Where no background is in the frame, the nearest pixel of anything, else unlabeled.

    Args:
        label_map: (H, W) uint8, ``instance_map``: (H, W) uint16; they are left alone.
        mask: (h, w) bool, its top left pixel at ``offset_xy``, inside the frame.

    Returns:
        (labels, instances) in row order of the true pixels, and the mask's box; None for an empty mask.
    """
    tight = mask_box(mask)
    if tight is None:
        return None
    left, top = offset_xy
    height, width = label_map.shape
    box = (left + tight[0], top + tight[1], left + tight[2], top + tight[3])
    reach = max(48, (box[2] - box[0]) // 2, (box[3] - box[1]) // 4)
    near = clip((box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach), (width, height))
    for area in (near, (0, 0, width, height)):
        x0, y0, x1, y1 = area
        gap = np.zeros((y1 - y0, x1 - x0), bool)
        gap[top - y0 + tight[1]:top - y0 + tight[3], left - x0 + tight[0]:left - x0 + tight[2]] = (
            mask[tight[1]:tight[3], tight[0]:tight[2]]
        )
        labels, instances = label_map[y0:y1, x0:x1], instance_map[y0:y1, x0:x1]
        sources = background(label_set)[labels] & ~gap
        if sources.any():
            break
    else:
        sources = ~gap
        if not sources.any():
            count = int(np.count_nonzero(mask))
            return np.zeros(count, np.uint8), np.zeros(count, np.uint16), box
    base = label_set.base[labels]
    # A part folds into its class; a pixel that contradicts its object stands for its bare class.
    owner = np.where(instances >= INSTANCE_FACTOR, instances // INSTANCE_FACTOR, instances)
    pair = base.astype(np.int64) << 16 | np.where(owner == base, instances, base)
    filled = _nearest(pair, sources)
    filled = _straightened(filled, gap, sources)[gap]
    return (filled >> 16).astype(np.uint8), (filled & 0xFFFF).astype(np.uint16), box


def _nearest(values: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Every pixel's nearest source value; heights count more, see ``_UPRIGHT``."""
    tall = np.repeat(~sources, _UPRIGHT, axis=0).view(np.uint8)
    _, which = cv2.distanceTransformWithLabels(tall, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    table = np.zeros(int(which.max()) + 1, np.int64)
    known = values[sources]
    for row in range(_UPRIGHT):
        table[which[row::_UPRIGHT][sources]] = known
    return table[which[_UPRIGHT // 2::_UPRIGHT]]


def _straightened(filled: np.ndarray, gap: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """``filled`` with each pixel of the gap at what most pixels around it have."""
    present = np.unique(filled[gap])
    if not 1 < present.size <= _SMOOTH_CLASSES:
        return filled
    best, result = np.zeros(gap.shape, np.float32), filled.copy()
    counts = (gap | sources).astype(np.float32)
    for value in present.tolist():
        share = cv2.blur((filled == value) * counts, (_SMOOTH, _SMOOTH))
        better = share > best
        result[better] = value
        best[better] = share[better]
    return result
