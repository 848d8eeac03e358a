"""A traffic sign's face laid into its silhouette: found by its outline, drawn in the colours of the project's own signs.

A silhouette may hold several plates, one above the other; each gets a face of its own. A plate
is seen as an affine picture of a face's outline that keeps upright lines upright, as a camera
that stands level sees it: fitted box to box, or by the second moments of the two (their
Cholesky factors differ by just such a map), whichever agrees better.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.filling.painter import FINE
from core.labels import STREETS, LabelSet
from core.opencv import cv2
from core.scene.regions import pieces
from core.streets import signs

#: Smallest side in pixels of a plate that gets a face.
SMALLEST = 10

#: Share of the signs that are seen from behind.
_BACKS = 1 / 6

#: Least agreement (intersection over union) of an outline; what pixels take from it where a plate is smallest, and the
#: side from which they take nothing; how much worse than the best one it may be.
_AGREEMENT, _COARSE, _SHARP, _NEARLY = 0.85, 0.05, 24, 0.04

#: Logarithms by which a plate may be narrower (turned away) and wider than its face, rows per column by which its level
#: lines may rise, and the price of more.
_NARROWER, _WIDER, _STEEPEST, _ODD = 0.45, 0.2, 0.35, 0.35

#: Rows and columns in which outlines are compared; times as fine as the map in which a face is drawn.
_GRID, _FINER = 48, 4

#: Most plates in one silhouette; rows at which it is tried to part them, and how many of these are looked at closely.
_PLATES, _CUTS, _LIKELY = 3, 24, 3

#: Thinnest rim in pixels that is drawn. Shares of a pixel from which a plate, and a stroke, has it: strokes of 0.7 pixels
#: hold together.
_RIM, _HALF, _STROKE = 1.2, 0.5, 0.35

#: Faces by name, the small panel under a sign among them.
_FACES = signs.FACES | {"extra panel": signs.extra_panel}


@dataclass(frozen=True, eq=False)
class _Outline:
    """The outline of a face.

    Attributes:
        name: of the face. points: (N, 2) x, y in its box, 0..1, y downwards.
        aspect: the box's width / height.
        field: (_GRID ** 2,) float32, 0..1, how much of each cell lies inside.
        middle: mean of what lies inside. whiten: inverse of the Cholesky factor of its covariance.
    """

    name: str
    points: np.ndarray
    aspect: float
    field: np.ndarray
    middle: np.ndarray
    whiten: np.ndarray


@dataclass(frozen=True)
class _Fit:
    """An outline on a plate: ``matrix`` (2, 3) maps its box to the plate's, both 0..1."""

    outline: _Outline
    matrix: np.ndarray
    agreement: float


def fill_sign(mask: np.ndarray, label_set: LabelSet, seed: list[int], backs: bool = True) -> np.ndarray | None:
    """(h, w) uint8 part labels, 0 where a sign stays grey; None where all of it does.

    Args:
        mask: (h, w) bool, its pixels.
        backs: some signs are seen from behind.
    """
    rng = np.random.default_rng(seed)
    if rng.random() < _BACKS and backs:
        return None
    result = np.zeros(mask.shape, np.uint8)
    for there, piece in pieces(mask):
        for plate in _plates(piece, _PLATES):
            result[there] = np.where(plate, _face(plate, label_set, rng), result[there])
    return result if result.any() else None


def _face(plate: np.ndarray, label_set: LabelSet, rng: np.random.Generator) -> np.ndarray:
    """(h, w) uint8: a face that agrees with a plate, 0 where none does."""
    rows, columns = np.flatnonzero(plate.any(axis=1)), np.flatnonzero(plate.any(axis=0))
    box = np.s_[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    result = np.zeros(plate.shape, np.uint8)
    fits = _fits(plate[box]) if min(plate[box].shape) >= SMALLEST else []
    good = [fit for fit in fits if fit.agreement >= max(_least(plate[box]), fits[0].agreement - _NEARLY)]
    if good:
        names = sorted({fit.outline.name for fit in good})
        name = names[int(rng.integers(len(names)))]
        chosen = next(fit for fit in good if fit.outline.name == name)
        result[box] = np.where(plate[box], _drawn(chosen, plate[box].shape, label_set, rng), 0)
    return result


# -- outlines --------------------------------------------------------------------------


def _boxed(outline: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """((N, 2) points in their box, its lowest corner, its size) of an outline in (right, up)."""
    low, size = outline.min(axis=0), np.ptp(outline, axis=0)
    points = (outline - low) / size
    return np.column_stack([points[:, 0], 1 - points[:, 1]]), low, size


@lru_cache(maxsize=1)
def _outlines() -> tuple[_Outline, ...]:
    """Those of all faces, each once."""
    found: dict[tuple, _Outline] = {}
    for name, face in _FACES.items():
        for seed in range(8):
            points, _, size = _boxed(np.asarray(face(np.random.default_rng(seed), 1.0)[0][0][0], np.float64))
            key = name, np.rint(points * 100).tobytes()
            if key not in found:
                field = _field(points)
                middle, spread = _moments(field)
                aspect = float(size[0] / size[1])
                found[key] = _Outline(name, points, aspect, field.reshape(-1), middle, np.linalg.inv(spread))
    return tuple(found.values())


def _field(points: np.ndarray) -> np.ndarray:
    """(_GRID, _GRID) float32: how much of each cell of the unit square a polygon covers."""
    fine = np.zeros((2 * _GRID, 2 * _GRID), np.uint8)
    cv2.fillPoly(fine, [np.rint(np.clip(points, -1, 2) * 2 * _GRID * 16 - 8).astype(np.int32)], 255, cv2.LINE_8, 4)
    return cv2.resize(fine, (_GRID, _GRID), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _moments(field: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((2,) mean, (2, 2) Cholesky factor of the covariance) of a (rows, columns) field over the unit square."""
    y, x = ((np.arange(size) + 0.5) / size for size in field.shape)
    total = field.sum()
    middle = np.array([field.sum(axis=0) @ x, field.sum(axis=1) @ y]) / total
    dx, dy = x - middle[0], y - middle[1]
    covariance = np.array([
        [field.sum(axis=0) @ dx ** 2, dy @ field @ dx], [dy @ field @ dx, field.sum(axis=1) @ dy ** 2],
    ]) / total
    return middle, np.linalg.cholesky(covariance + 1e-9 * np.eye(2))


# -- fitting ---------------------------------------------------------------------------


def _compared(plate: np.ndarray) -> np.ndarray:
    return cv2.resize(plate.astype(np.float32), (_GRID, _GRID), interpolation=cv2.INTER_AREA)


def _boxes(own: np.ndarray, aspect: float) -> np.ndarray:
    """(N,) agreement of all outlines with a plate's field when their boxes are laid on each other."""
    outlines = _outlines()
    fields = np.stack([outline.field for outline in outlines])
    common = np.minimum(fields, own.reshape(-1)).sum(axis=1)
    union = np.maximum(fields, own.reshape(-1)).sum(axis=1)
    return common / union - _price(np.array([aspect / outline.aspect for outline in outlines]))


def _least(plate: np.ndarray) -> float:
    """Agreement that is needed on a plate of this size."""
    return _AGREEMENT - _COARSE * float(np.clip((_SHARP - min(plate.shape)) / (_SHARP - SMALLEST), 0, 1))


def _price(stretched: np.ndarray | float):
    """What it costs to be that many times as wide as the face."""
    odd = np.log(stretched)
    return _ODD * np.maximum(np.maximum(-odd - _NARROWER, odd - _WIDER), 0)


def _fits(plate: np.ndarray) -> list[_Fit]:
    """Every outline on a (h, w) bool plate that fills its box, the best first."""
    height, width = plate.shape
    own = _compared(plate)
    middle, spread = _moments(own)
    found = []
    for outline, boxed in zip(_outlines(), _boxes(own, width / height).tolist()):
        found.append(_Fit(outline, np.eye(2, 3), boxed))
        turn = spread @ outline.whiten
        matrix = np.column_stack([turn, middle - turn @ outline.middle])
        points = outline.points @ turn.T + matrix[:, 2]
        field = _field(points)
        beyond = max(_area(points) * field.size - field.sum(), 0)
        agreement = np.minimum(field, own).sum() / (np.maximum(field, own).sum() + beyond)
        price = _price(turn[0, 0] * width / (turn[1, 1] * height * outline.aspect))
        price += _ODD * max(abs(turn[1, 0] * height / (turn[0, 0] * width)) - _STEEPEST, 0)
        found.append(_Fit(outline, matrix, float(agreement - price)))
    return sorted(found, key=lambda fit: -fit.agreement)


def _plates(mask: np.ndarray, most: int) -> list[np.ndarray]:
    """(h, w) bool masks of the plates of which a silhouette is made up, one above the other; itself where it isn't."""
    rows = np.flatnonzero(mask.any(axis=1))
    tall = len(rows)
    if most < 2 or tall < 2 * SMALLEST or _alone(mask) >= _AGREEMENT:
        return [mask]
    cuts = np.unique(np.linspace(rows[0] + 0.2 * tall, rows[0] + 0.8 * tall, _CUTS).astype(int)).tolist()
    pairs = [(_alone(mask[:cut]), _alone(mask[cut:]), cut) for cut in cuts]
    above, below, cut = max(pairs, key=lambda pair: min(pair[:2]))
    if min(above, below) >= _AGREEMENT:
        return list(_cut(mask, cut))
    for above, _, cut in sorted(pairs, reverse=True)[:_LIKELY]:
        upper, lower = _cut(mask, cut)
        others = _plates(lower, most - 1) if above >= _AGREEMENT else []
        if len(others) > 1:
            return [upper, *others]
    return [mask]


def _cut(mask: np.ndarray, row: int) -> tuple[np.ndarray, np.ndarray]:
    """A mask's pixels above a row, and the others."""
    upper, lower = mask.copy(), mask.copy()
    upper[row:], lower[:row] = False, False
    return upper, lower


def _alone(mask: np.ndarray) -> float:
    """How well the best outline agrees with a mask, box on box; 0 for a small one."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) < SMALLEST // 2 or len(columns) < SMALLEST // 2:
        return 0.0
    plate = mask[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    return float(_boxes(_compared(plate), plate.shape[1] / plate.shape[0]).max())


# -- drawing ---------------------------------------------------------------------------


def _layers(outline: _Outline, rng: np.random.Generator) -> list[signs.Layer]:
    """A face with this outline."""
    while True:
        layers = _FACES[outline.name](rng, 1.0)
        points = _boxed(np.asarray(layers[0][0][0], np.float64))[0]
        if points.shape == outline.points.shape and np.abs(points - outline.points).max() < 0.02:
            return layers


def _drawn(fit: _Fit, shape: tuple[int, int], label_set: LabelSet, rng: np.random.Generator) -> np.ndarray:
    """(h, w) uint8: a face drawn over the whole of a plate's box."""
    height, width = shape
    layers = _layers(fit.outline, rng)
    _, low, size = _boxed(np.asarray(layers[0][0][0], np.float64))
    # Metres (right, up) to pixels.
    scale = fit.matrix[:, :2] * (np.array([[width], [height]]) / size)
    per_metre = min(abs(scale[0, 0]), abs(scale[1, 1]))
    labels = {label.name: label.id for label in label_set}
    result = None
    for number, (outlines, colour) in enumerate(layers):
        label = labels.get(STREETS[signs.LABEL_OF[colour]].name, 0)
        if number + 1 < len(layers) and _rim(layers[number], layers[number + 1]) * per_metre < _RIM:
            continue
        if result is None:
            result = np.full(shape, label, np.uint8)
            continue
        if not outlines or _thickness(outlines) * per_metre < FINE:
            continue  # it would crumble
        fine = np.zeros((height * _FINER, width * _FINER), np.uint8)
        for outline in outlines:
            unit = (np.asarray(outline, np.float64) - low) / size
            unit[:, 1] = 1 - unit[:, 1]
            pixels = (unit @ fit.matrix[:, :2].T + fit.matrix[:, 2]) * (width, height)
            cv2.fillPoly(fine, [np.rint(pixels * _FINER * 16 - 8).astype(np.int32)], 255, cv2.LINE_8, 4)
        share = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
        result[share > 255 * (_HALF if len(outlines) == 1 else _STROKE)] = label
    return result


def _area(outline: np.ndarray) -> float:
    return abs(cv2.contourArea(np.asarray(outline, np.float32)))


def _length(outline: np.ndarray) -> float:
    return cv2.arcLength(np.asarray(outline, np.float32), True)


def _rim(outer: signs.Layer, inner: signs.Layer) -> float:
    """Width in metres of what is seen of a layer around the next one; infinite where that is no plate in it."""
    if len(outer[0]) != 1 or len(inner[0]) != 1 or _area(inner[0][0]) < 0.75 * _area(outer[0][0]):
        return np.inf
    return (_area(outer[0][0]) - _area(inner[0][0])) / _length(outer[0][0])


def _thickness(outlines: list[np.ndarray]) -> float:
    """Width in metres of strokes, which are much longer than wide."""
    return 2 * sum(map(_area, outlines)) / sum(map(_length, outlines))
