"""Rims in the wheels of cars, trucks and buses: laid where a silhouette has none, and round where it was bent."""

from __future__ import annotations

from typing import Collection, Iterator

import numpy as np

from core.labels import LabelSet
from core.opencv import cv2
from core.scene.regions import pieces

#: Wheels, their rims, and what is seen between a rim's spokes.
_RIMS = {"car wheel": "car rim", "truck wheel": "truck rim", "bus wheel": "bus rim"}
_GAPS = {"car rim": "between spokes"}

#: A rim's size in its wheel's. Smallest wheel in pixels, least and largest width as shares of its height (what is narrower
#: is a tyre's tread, what is wider its lower end), and least share of its ellipse that is seen.
_SHARE, _SMALLEST, _TREAD, _LOWER_END, _SEEN = 0.62, 8, 0.5, 1.35, 0.55

#: Smallest bent rim in pixels that is made round, least share of its ellipse that it fills, and share of the largest rim
#: up to which a piece is a crumb of it.
_BENT, _WHOLE, _CRUMB = 14, 0.85, 0.02

#: Spokes of a rim that is laid, their width as a share of their distance, where they start and end as shares of its
#: radius, and the smallest rim in pixels that has some. A bent rim gets such, too, where so much of it is gaps.
_SPOKES, _SPOKE, _HUB, _LIP, _SPOKED, _OPEN = 5, 0.45, 0.28, 0.86, 14, 0.12


def lay_rims(parts: np.ndarray, label_set: LabelSet, without: Collection[int]) -> None:
    """Lay rims into the wheels among (h, w) part labels, in place, but for those whose label is in ``without``."""
    for wheel, rim, gap in _wheels(label_set):
        if rim in without:
            continue
        for box, own in pieces(parts == wheel):
            height, width = own.shape
            if min(width, height) < _SMALLEST or not _TREAD * height <= width <= _LOWER_END * height:
                continue
            middle, axes, turn = _ellipse(own)
            if own.sum() >= _SEEN * np.pi / 4 * axes[0] * axes[1]:
                disc = _disc(own.shape, middle, (_SHARE * axes[0], _SHARE * axes[1]), turn)
                parts[box][own & disc] = rim
                if gap and min(axes) * _SHARE >= _SPOKED:
                    parts[box][own & disc & _between_spokes(own.shape, middle, np.array(axes) * _SHARE, turn)] = gap


def round_rims(parts: np.ndarray, label_set: LabelSet) -> None:
    """Give rims among (h, w) part labels that are seen whole the outline of an ellipse, and even spokes if any, in place."""
    for wheel, rim, gap in _wheels(label_set):
        open_ = (parts == gap) & (gap > 0)
        rims = list(pieces((parts == rim) | open_))
        largest = max((np.count_nonzero(own) for _, own in rims), default=0)
        for box, own in rims:
            there = parts[box]
            if np.count_nonzero(own) < _CRUMB * largest:
                there[own] = wheel
            if min(own.shape) < _BENT:
                continue
            rows, columns = np.nonzero(own)
            spread = np.cov(np.stack([columns, rows])) + np.eye(2) / 12
            values, vectors = np.linalg.eigh(spread)
            axes = 4 * np.sqrt(values)  # those of a filled ellipse with these moments
            turn = float(np.degrees(np.arctan2(vectors[1, 0], vectors[0, 0])))
            disc = _disc(own.shape, (float(columns.mean()), float(rows.mean())), tuple(axes.tolist()), turn)
            if np.count_nonzero(own & disc) < _WHOLE * np.count_nonzero(own | disc):
                continue
            wheels = (there == wheel) | own
            there[own] = wheel
            there[wheels & disc] = rim
            gaps = open_[box]
            if gap and min(axes) >= _SPOKED and np.count_nonzero(own & gaps) > _OPEN * np.count_nonzero(own):
                # Spokes of a few pixels come out ragged when they are enlarged.
                gaps = _between_spokes(own.shape, (columns.mean(), rows.mean()), axes, turn)
            there[wheels & disc & gaps] = gap


def _wheels(label_set: LabelSet) -> Iterator[tuple[int, int, int]]:
    """(wheel, rim, what is seen between its spokes) ids, as far as the label set has the first two; 0 where it hasn't the last."""
    ids = {label.name: label.id for label in label_set}
    for wheel, rim in _RIMS.items():
        if wheel in ids and rim in ids:
            yield ids[wheel], ids[rim], ids.get(_GAPS.get(rim, ""), 0)


def _ellipse(mask: np.ndarray) -> tuple:
    """(middle, axes, degrees) of the ellipse around a piece, which may be seen in part."""
    outline = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0]
    hull = cv2.convexHull(outline)
    return cv2.fitEllipse(hull if len(hull) >= 8 else outline)


def _between_spokes(shape: tuple[int, int], middle, axes: np.ndarray, turn: float) -> np.ndarray:
    """(h, w) bool: the gaps between the spokes of a rim that is seen as an ellipse of these diameters, turned by degrees."""
    y, x = np.indices(shape, dtype=np.float64)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    x, y = x - middle[0], y - middle[1]
    u, v = (x * c + y * s) / (axes[0] / 2), (y * c - x * s) / (axes[1] / 2)
    radius = np.hypot(u, v)
    place = np.arctan2(v, u) / (2 * np.pi) * _SPOKES % 1
    return (radius > _HUB) & (radius < _LIP) & (np.abs(place - 0.5) > _SPOKE / 2)


def _disc(shape: tuple[int, int], middle, axes, turn: float) -> np.ndarray:
    """(h, w) bool: a filled ellipse of these diameters."""
    disc = np.zeros(shape, np.uint8)
    cv2.ellipse(disc, (middle, axes, turn), 1, -1)
    return disc > 0
