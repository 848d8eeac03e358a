"""How often each class occurs in a data set."""

from __future__ import annotations

from typing import Sequence

import numpy as np

from core.data.samples import Sample, read_maps
from core.labels import LabelSet


def class_shares(samples: Sequence[Sample], label_set: LabelSet) -> dict[str, list[float]]:
    """Class name -> [share of the frames that show it, share of all pixels], each 0..1, most pixels first.

    Classes that never occur are left out. A part counts as itself, not as its parent.
    """
    pixels, frames = np.zeros(256, np.int64), np.zeros(256, np.int64)
    for sample in samples:
        counts = np.bincount(read_maps(sample)[0].reshape(-1), minlength=256)
        pixels += counts
        frames += counts > 0
    found = sorted((label for label in label_set if pixels[label.id]), key=lambda label: -pixels[label.id])
    total = max(1, int(pixels.sum()))
    return {
        label.name: [round(float(frames[label.id] / len(samples)), 4), round(float(pixels[label.id] / total), 6)]
        for label in found
    }
