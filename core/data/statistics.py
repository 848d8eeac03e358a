"""How often each class occurs in a data set."""

from __future__ import annotations

from typing import Sequence

import numpy as np

from core.data.samples import Sample, read_maps
from core.labels import LabelSet


class ClassCount:
    """Counts classes over label maps that are read for something else."""

    def __init__(self):
        self._maps = 0
        self._pixels, self._frames = np.zeros(256, np.int64), np.zeros(256, np.int64)

    def add(self, label_map: np.ndarray) -> None:
        """Count one more frame's (H, W) uint8 map."""
        counts = np.bincount(label_map.reshape(-1), minlength=256)
        self._maps += 1
        self._pixels += counts
        self._frames += counts > 0

    def shares(self, label_set: LabelSet) -> dict[str, list[float]]:
        """Class name -> [share of the frames that show it, share of all pixels], each 0..1, most pixels first.

        Classes that never occur are left out. A part counts as itself, not as its parent.
        """
        pixels, total = self._pixels, max(1, int(self._pixels.sum()))
        found = sorted((label for label in label_set if pixels[label.id]), key=lambda label: -pixels[label.id])
        return {
            label.name: [round(float(self._frames[label.id] / self._maps), 4), round(float(pixels[label.id] / total), 6)]
            for label in found
        }


def class_shares(samples: Sequence[Sample], label_set: LabelSet) -> dict[str, list[float]]:
    """:meth:`ClassCount.shares` of samples, which are read for it."""
    count = ClassCount()
    for sample in samples:
        count.add(read_maps(sample)[0])
    return count.shares(label_set)
