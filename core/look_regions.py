"""What has a look of its own: each object, and in it each kind of part.

A *look key* names such a region by one number: the instance value for the
object itself (or for stuff, by its bare id), and for the windows, say, of
building 11003 its value with the part's label id in the bits above 16.
"""

from __future__ import annotations

from typing import Iterable

import numpy as np

from core.labels import LabelSet

_BITS = 16
_VALUES = 1 << _BITS


def look_key(value, part=0):
    """The key of an object, or of the parts of label id ``part`` in it; of integers, or int64 arrays."""
    return value | part << _BITS


def key_value(key):
    """The instance value of the object that a key, or each of an array of keys, is of."""
    return key & (_VALUES - 1)


def key_part(key):
    """The label id of the parts that a key, or each of an array of keys, is of; 0 for the object itself."""
    return key >> _BITS


def keys_of(keys: Iterable[int], value: int) -> list[int]:
    """Those of ``keys`` that belong to the object ``value``: its own and its parts'."""
    return [key for key in keys if key_value(key) == value]


def look_regions(
    label_map: np.ndarray, instance_map: np.ndarray, label_set: LabelSet, parts: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Which look every pixel has.

    Args:
        label_map: (H, W) uint8 ids of ``label_set``.
        instance_map: (H, W) uint16.
        parts: parts have looks of their own; else they share their object's.

    Returns:
        keys (N,) int64, each once; index (H, W) int32 into them.
    """
    present = np.zeros(_VALUES, bool)
    present[instance_map.reshape(-1)] = True
    values = np.flatnonzero(present)
    position = np.zeros(_VALUES, np.int32)
    position[values] = np.arange(values.size, dtype=np.int32)
    if not parts:
        return values, position[instance_map]
    # Counting is several times faster than sorting: pairs of object and part are few.
    pairs = position[instance_map]
    pairs *= 256
    pairs += label_set.part[label_map]
    found = np.zeros(256 * values.size, bool)
    found[pairs.reshape(-1)] = True
    pair = np.flatnonzero(found)
    row = np.zeros(found.size, np.int32)
    row[pair] = np.arange(pair.size, dtype=np.int32)
    return look_key(values[pair // 256], pair % 256), row[pairs]
