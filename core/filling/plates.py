"""What is written on the number plates of filled cars, in the perspective in which each is seen."""

from __future__ import annotations

import numpy as np

from core.labels import LabelSet
from core.opencv import cv2
from core.streets import glyphs

#: Length and height of a plate, height of its letters, width of the band at its left end, all in metres.
_LONG, _HIGH, _LETTERS, _BAND = 0.52, 0.11, 0.075, 0.044
#: What is left free between the band or the right end and the letters, metres.
_MARGIN = 0.025
#: A letter's stroke is 11 mm wide, and seen from so many pixels on; so long is a plate then.
_STROKE, _SEEN = 0.011, 0.7
SHORTEST = _SEEN / _STROKE * _LONG
#: What fills less of a rectangle around it, or is not so many times as long as high, is a plate half hidden.
_WHOLE, _LENGTHS = 0.75, 2.0
_CAPITALS, _DIGITS = "ABCDEFGHKLMNPRSTUVWXZ", "0123456789"


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
        left, right = _edges(plate)
        tall = int(plate.sum(axis=0).max())
        if area < _WHOLE * width * tall or width < _LENGTHS * tall:
            continue
        ink = np.zeros(plate.shape, np.uint8)
        for quad in _written(np.random.default_rng([*seeds, number])):
            along, up = (quad[:, 0] / _LONG + 0.5)[:, None], (0.5 - quad[:, 1] / _HIGH)[:, None]
            # Rows between the plate's upper and lower edge there; OpenCV's pixels have their centres at whole numbers.
            edge = left * (1 - along) + right * along
            rows = edge[:, :1] * (1 - up) + edge[:, 1:] * up
            place = np.concatenate([along * width, rows], axis=1) - 0.5
            cv2.fillConvexPoly(ink, np.rint(place * 16).astype(np.int32), 1, cv2.LINE_8, 4)
        parts[y : y + height, x : x + width][(ink > 0) & plate] = ids["plate lettering"]


def _edges(plate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(upper, lower) row of the plate's edges at its left and at its right end, straight lines through its middle columns."""
    height, width = plate.shape
    inner = np.arange(width // 8, width - width // 8)
    upper = np.argmax(plate[:, inner], axis=0)
    lower = height - np.argmax(plate[::-1, inner], axis=0)
    lines = [np.polyfit(inner + 0.5, rows, 1) for rows in (upper, lower)]
    left, right = (np.array([np.polyval(line, x) for line in lines]) for x in (0.0, float(width)))
    return left, right


def _written(rng: np.random.Generator) -> list[np.ndarray]:
    """(4, 2) quads about a plate's middle, metres: the band, and the strokes of letters and digits."""
    letters = "".join(rng.choice(list(_CAPITALS), 3))
    word = f"{letters[0]} {letters[1:]} {''.join(rng.choice(list(_DIGITS), 3))}"
    low, high = -_LONG / 2 + _BAND + _MARGIN, _LONG / 2 - _MARGIN
    band = np.array([(-_LONG / 2, -_HIGH / 2), (-_LONG / 2 + _BAND, -_HIGH / 2), (-_LONG / 2 + _BAND, _HIGH / 2), (-_LONG / 2, _HIGH / 2)])
    return [band, *(glyphs.written(word, _LETTERS, high - low) + ((low + high) / 2, 0.0))]
