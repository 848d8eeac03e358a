"""The map on the studio's canvas, handed to a run through its folder. Needs no torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.opencv import cv2
from core.scene.files import write_png

#: The map that the studio has on its canvas, for the run to render too.
CANVAS_LABELS, CANVAS_INSTANCES = "canvas_label.png", "canvas_instance.png"


def write_canvas_map(folder: Path, labels: np.ndarray, instances: np.ndarray, width: int) -> None:
    """Write both maps into a run's folder, no wider than ``width``; each whole or not at all.

    Args:
        labels: (H, W) uint8. instances: (H, W) uint16.

    Raises:
        VedutaError: when the folder can't be written.
    """
    if labels.shape[1] > width:
        size = width, max(1, round(labels.shape[0] * width / labels.shape[1]))
        labels, instances = (cv2.resize(a, size, interpolation=cv2.INTER_NEAREST_EXACT) for a in (labels, instances))
    # The label map last: it is what the run looks for.
    write_png(folder / CANVAS_INSTANCES, instances)
    write_png(folder / CANVAS_LABELS, labels)
