"""What is written on the number plates of filled cars, in the perspective in which each is seen."""

from __future__ import annotations

import numpy as np

from core.filling.lettering import PLATE, board_of, inked, on_plate
from core.labels import LabelSet
from core.opencv import cv2
from core.streets.glyphs import registration

#: A letter's stroke is 11 mm wide, and seen from so many pixels on; so long is a plate of 0.52 m then.
_STROKE, _SEEN = 0.011, 0.7
SHORTEST = _SEEN / _STROKE * 0.52
#: What fills less of a rectangle around it, or is not so many times as long as high, is a plate half hidden.
_WHOLE, _LENGTHS = 0.75, 2.0


def letter_plates(parts: np.ndarray, label_set: LabelSet, seeds: list[int]) -> None:
    """Write on every number plate in ``parts`` that is long enough and seen whole.

    Args:
        parts: (h, w) uint8 part labels of one car, changed in place.
        seeds: decide what is written.
    """
    ids = {label.name: label.id for label in label_set}
    if "plate lettering" not in ids:
        return
    count, which, stats, _ = cv2.connectedComponentsWithStats((parts == ids["number plate"]).view(np.uint8), connectivity=8)
    for number in range(1, count):
        x, y, width, height, area = stats[number].tolist()
        if width < SHORTEST:
            continue
        plate = which[y : y + height, x : x + width] == number
        tall = int(plate.sum(axis=0).max())
        if area < _WHOLE * width * tall or width < _LENGTHS * tall:
            continue
        board = board_of(plate, length=PLATE)
        if board is not None:
            ink = inked(board, on_plate(registration(np.random.default_rng([*seeds, number]))), (0, 0), plate.shape)
            parts[y : y + height, x : x + width][ink & plate] = ids["plate lettering"]
