"""Cast shadows as labels: each is a part of the ground or the wall that it falls on."""

from __future__ import annotations

import numpy as np

from core.errors import LabelError
from core.labels import SHADOWS, LabelSet

#: What the undo menu says.
CAST, REMOVE = "Cast shadows", "Remove shadows"

NO_GROUND = "There is no road, sidewalk, parking or grass that a shadow could fall on; paint some first."


def shadow_table(label_set: LabelSet) -> np.ndarray:
    """(256,) uint8: ground or wall -> its part in shadow; every other id -> itself.

    Marks, crossings, kerbs, manholes and the like keep their own labels in shadow.

    Raises:
        LabelError: when the label set has no shadows.
    """
    if not has_shadows(label_set):
        raise LabelError(f"The label set '{label_set.name}' has no cast shadows; open the street with the label set 'streets'.")
    return label_set.in_shadow


def has_shadows(label_set: LabelSet) -> bool:
    """Whether what lies in shadow has labels of its own."""
    return any(label.group == SHADOWS for label in label_set)


def without_shadows(labels: np.ndarray, label_set: LabelSet) -> np.ndarray:
    """A copy of (H, W) uint8 ``labels`` in which ground and walls in shadow are plain again."""
    return label_set.lit[labels]
