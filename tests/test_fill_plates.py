"""What is written on number plates: within them, in their perspective, left out where it couldn't be read."""

from __future__ import annotations

import numpy as np
import pytest

from core.filling.plates import SHORTEST, letter_plates
from core.labels import CITYSCAPES, STREETS
from core.opencv import cv2
from core.streets import glyphs

CAR, PLATE, INK = 26, 58, 141


def car(corners) -> np.ndarray:
    """A car's parts with one plate of these corners (x, y), clockwise from the upper left one."""
    parts = np.full((200, 400), CAR, np.uint8)
    cv2.fillConvexPoly(parts, np.array(corners, np.int32), PLATE)
    return parts


def upright(width: int, height: int | None = None):
    height = round(width * 0.11 / 0.52) if height is None else height
    return [(40, 60), (40 + width, 60), (40 + width, 60 + height), (40, 60 + height)]


def test_a_plate_bears_a_band_and_six_letters():
    for seed in range(8):
        parts = car(upright(312))
        before = parts.copy()
        letter_plates(parts, STREETS, [seed])
        ink = parts == INK
        assert (before[ink] == PLATE).all() and np.array_equal(parts[~ink], before[~ink])
        assert ink[60:127, 42:62].mean() > 0.9, "the band"
        # At 600 pixels a metre 7.5 cm are 45; six letters and two gaps leave room for a little less.
        rows, columns = np.nonzero(ink[:, 75:])
        assert 37 < np.ptp(rows) + 1 < 47 and columns.max() < 352 - 75 - 5
        assert 0.15 < ink[74:113, 80:345].mean() < 0.6


def test_the_letters_are_those_of_the_glyphs():
    """Each letter of a large plate is found again among the glyphs, drawn by themselves."""
    parts = car(upright(340, 72))
    letter_plates(parts, STREETS, [3])
    ink = (parts == INK)[60:132, 80:380]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], ink.any(0), [0]]).astype(int)))
    letters = [ink[:, a:b] for a, b in zip(edges[::2], edges[1::2])]
    assert len(letters) == 6
    for number, letter in enumerate(letters):
        letter = letter[np.flatnonzero(letter.any(1))[0] : np.flatnonzero(letter.any(1))[-1] + 1]
        likeness = {}
        for char in "ABCDEFGHKLMNPRSTUVWXZ" if number < 3 else "0123456789":
            quads = np.array(glyphs.letters(char))
            wanted = np.zeros((80, 80), np.uint8)
            for quad in (quads - quads.min((0, 1))) / np.ptp(quads, axis=(0, 1)) * (63, -63) + (0, 63):
                cv2.fillConvexPoly(wanted, np.rint(quad * 16).astype(np.int32), 1, cv2.LINE_8, 4)
            found = cv2.resize(letter.astype(np.uint8), (64, 64), interpolation=cv2.INTER_AREA) > 0
            wanted = wanted[:64, :64] > 0
            likeness[char] = (found & wanted).sum() / (found | wanted).sum()
        assert max(likeness.values()) > 0.75, (number, likeness)


def test_letters_lean_as_their_plate_does():
    parts = car([(40, 40), (300, 90), (300, 130), (40, 95)])
    letter_plates(parts, STREETS, [1])
    rows, columns = np.nonzero(parts == INK)
    near, far = rows[(columns > 80) & (columns < 140)], rows[(columns > 220) & (columns < 280)]
    assert far.mean() - near.mean() == pytest.approx(140 * (50 + 35) / 2 / 260, abs=5)
    assert np.ptp(far) < np.ptp(near), "the far end is smaller"


def test_small_or_hidden_plates_and_sets_without_letters_stay_as_they_are():
    small, hidden, plain = car(upright(int(SHORTEST) - 3)), car(upright(300)), car(upright(300))
    hidden[60:100, 120:260] = CAR
    for parts, label_set in ((small, STREETS), (hidden, STREETS), (plain, CITYSCAPES)):
        before = parts.copy()
        letter_plates(parts, label_set, [0])
        assert np.array_equal(parts, before)


def test_the_same_seed_writes_the_same():
    first, second, other = (car(upright(300)) for _ in range(3))
    for parts, seed in ((first, 5), (second, 5), (other, 6)):
        letter_plates(parts, STREETS, [seed, 26001, 0])
    assert np.array_equal(first, second) and not np.array_equal(first, other)
