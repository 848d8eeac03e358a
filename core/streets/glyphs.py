"""Letters and pictograms as flat polygons, for signs, plates and posters.

Every glyph is a list of (P, 2) outlines, counter-clockwise, in a square from
(-1, -1) to (1, 1): right and up. :func:`letters` sets a word.
"""

from __future__ import annotations

import numpy as np

from core.streets.solids import circle

#: Strokes of each character on a grid 0..4 wide and 0..6 high.
_STROKES: dict[str, tuple[str, ...]] = {
    "0": ("10 30 41 45 36 16 05 01 10",), "1": ("04 26 20", "00 40"), "2": ("05 16 36 45 44 01 00 40",),
    "3": ("06 46 23 33 42 41 30 10 01",), "4": ("30 36 02 42",), "5": ("46 06 03 33 42 41 30 10 01",),
    "6": ("46 26 04 01 10 30 41 42 33 03",), "7": ("06 46 20",), "8": ("13 04 05 16 36 45 44 33 13 02 01 10 30 41 42 33",),
    "9": ("00 20 42 45 36 16 05 04 13 43",), "A": ("00 26 40", "12 32"), "B": ("00 06 36 45 44 33 03 33 42 41 30 00",),
    "C": ("45 36 16 05 01 10 30 41",), "D": ("00 06 26 44 42 20 00",), "E": ("46 06 00 40", "03 33"),
    "F": ("46 06 00", "03 33"), "G": ("45 36 16 05 01 10 30 41 43 23",), "H": ("00 06", "40 46", "03 43"),
    "I": ("20 26",), "J": ("46 41 30 10 01",), "K": ("00 06", "46 03 40"), "L": ("06 00 40",), "M": ("00 06 23 46 40",), "N": ("00 06 40 46",),
    "O": ("10 30 41 45 36 16 05 01 10",), "P": ("00 06 36 45 44 33 03",), "Q": ("10 30 41 45 36 16 05 01 10", "22 40"), "R": ("00 06 36 45 44 33 03", "23 40"),
    "S": ("45 36 16 05 04 13 33 42 41 30 10 01",), "T": ("20 26", "06 46"), "U": ("06 01 10 30 41 46",),
    "V": ("06 20 46",), "W": ("06 10 23 30 46",), "X": ("00 46", "06 40"), "Y": ("06 23 46", "23 20"), "Z": ("06 46 00 40",),
    "-": ("13 33",), " ": (),
}
#: What can be set.
CHARACTERS = frozenset(_STROKES)


def stroke(points, width: float) -> list[np.ndarray]:
    """A polyline drawn with a flat pen of ``width``: a quad a segment, mitred where two meet.

    The quads share their corners and don't overlap, as two coplanar faces would shade each other.
    """
    points = np.asarray(points, np.float64)
    closed = len(points) > 3 and np.allclose(points[0], points[-1])
    along = np.diff(points, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    sides = np.column_stack([-along[:, 1], along[:, 0]]) * width / 2
    before = np.vstack([sides[-1:] if closed else sides[:1], sides])
    after = np.vstack([sides, sides[:1] if closed else sides[-1:]])
    middle = before + after
    reach = (middle * before).sum(1) / (np.linalg.norm(before, axis=1) ** 2 + 1e-12)
    # Sharp bends are cut short of the full mitre.
    mitre = middle / np.maximum(reach, 0.7)[:, None]
    left, right = points + mitre, points - mitre
    return [np.array([right[i], right[i + 1], left[i + 1], left[i]]) for i in range(len(points) - 1)]


#: Advance of a character, and height of a capital, on the grid.
_ADVANCE, _CAPITAL = 5.8, 6.0


def _set(word: str, weight: float) -> tuple[list[np.ndarray], float]:
    """Strokes of ``word`` on the grid about its middle, and its width there."""
    pieces = []
    for index, char in enumerate(word.upper()):
        for line in _STROKES.get(char, ()):
            pieces += stroke([(int(p[0]) + index * _ADVANCE, int(p[1])) for p in line.split()], weight)
    width = max(len(word) * _ADVANCE - 1.8, 1.0)
    return [p - (width / 2, _CAPITAL / 2) for p in pieces], width + weight


def letters(word: str, weight: float = 0.95) -> list[np.ndarray]:
    """``word`` fitted into the square; characters without strokes are left blank."""
    pieces, width = _set(word, weight)
    scale = min(2 / width, 2 / (_CAPITAL + weight))
    return [p * scale for p in pieces]


def written(word: str, tall: float, wide: float, weight: float = 0.95) -> np.ndarray:
    """(N, 4, 2) strokes of ``word`` about the origin; capitals are ``tall``, or less where it would be more than ``wide`` long."""
    pieces, width = _set(word, weight)
    return np.array(pieces).reshape(-1, 4, 2) * min(tall / (_CAPITAL + weight), wide / width)


def registration(rng: np.random.Generator) -> str:
    """What stands on a number plate: three letters and three digits."""
    letters, digits = ("".join(rng.choice(list(among), 3)) for among in ("ABCDEFGHKLMNPRSTUVWXZ", "0123456789"))
    return f"{letters[0]} {letters[1:]} {digits}"


def arrow(turn: float = 0.0, shaft: float = 0.32) -> list[np.ndarray]:
    """An arrow that points up, turned by ``turn`` radians (counter-clockwise)."""
    half = shaft / 2
    pieces = [
        np.array([[-half, -0.9], [half, -0.9], [half, 0.2], [-half, 0.2]]),
        np.array([[-0.55, 0.1], [0.55, 0.1], [0.0, 0.95]]),
    ]
    c, s = np.cos(turn), np.sin(turn)
    return [p @ np.array([[c, s], [-s, c]]) for p in pieces]


def bent_arrow(side: int) -> list[np.ndarray]:
    """An arrow up and round to the right (``side`` = 1) or left (-1)."""
    pieces = stroke([(-0.45, -0.9), (-0.45, 0.1), (-0.2, 0.35), (0.25, 0.35)], 0.3)
    pieces.append(np.array([[0.2, -0.1], [0.95, 0.35], [0.2, 0.8]]))
    return pieces if side > 0 else [(p * (-1, 1))[::-1] for p in pieces]


def walker() -> list[np.ndarray]:
    """A person walking, seen from the side."""
    return [
        (0.08, 0.74) + circle(0.18, 16),
        *stroke([(0.05, 0.45), (0.0, -0.05)], 0.36),
        *stroke([(0.0, -0.05), (0.22, -0.4), (0.2, -0.92)], 0.17),
        *stroke([(0.0, -0.05), (-0.16, -0.45), (-0.45, -0.85)], 0.17),
        *stroke([(0.05, 0.45), (0.38, 0.18), (0.5, -0.02)], 0.12),
        *stroke([(0.05, 0.45), (-0.28, 0.2), (-0.36, -0.1)], 0.12),
    ]


def cycle() -> list[np.ndarray]:
    """A bicycle, seen from the side."""
    pieces = []
    for x in (-0.55, 0.55):
        pieces += stroke(np.vstack([circle(0.38, 20), circle(0.38, 20)[:1]]) + (x, -0.25), 0.1)
    pieces += stroke([(-0.55, -0.25), (-0.25, 0.3), (0.36, 0.3), (-0.05, -0.25), (-0.55, -0.25)], 0.1)
    pieces += stroke([(-0.05, -0.25), (-0.3, 0.45)], 0.1) + stroke([(-0.48, 0.47), (-0.12, 0.47)], 0.12)
    return pieces + stroke([(0.55, -0.25), (0.33, 0.55), (0.58, 0.62)], 0.1)


def motor_car() -> list[np.ndarray]:
    """A car, seen from the front."""
    return [
        np.array([[-0.75, -0.35], [0.75, -0.35], [0.75, 0.1], [0.55, 0.22], [-0.55, 0.22], [-0.75, 0.1]]),
        np.array([[-0.55, 0.22], [0.55, 0.22], [0.36, 0.62], [-0.36, 0.62]]),
        np.array([[-0.7, -0.62], [-0.42, -0.62], [-0.42, -0.3], [-0.7, -0.3]]),
        np.array([[0.42, -0.62], [0.7, -0.62], [0.7, -0.3], [0.42, -0.3]]),
    ]


def exclamation() -> list[np.ndarray]:
    return [np.array([[-0.09, -0.35], [0.09, -0.35], [0.17, 0.8], [-0.17, 0.8]]), (0, -0.68) + circle(0.16, 16)]


def hump() -> list[np.ndarray]:
    x = np.linspace(0.85, -0.85, 24)
    top = np.column_stack([x, -0.35 + 0.55 * np.cos(x / 0.85 * np.pi / 2) ** 2])
    return [np.vstack([[(-0.85, -0.6), (0.85, -0.6)], top])]


def crossroads() -> list[np.ndarray]:
    return [*stroke([(-0.7, -0.7), (0.7, 0.7)], 0.28), *stroke([(-0.7, 0.7), (0.7, -0.7)], 0.28)]
