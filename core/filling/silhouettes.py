"""Parts laid into a bare silhouette: the most similar one of the library is found and bent to fit.

Each candidate is scaled to the object's box and compared by intersection over union. Where
something nearer, or the frame, hides a side of the object, the candidate may reach beyond it,
and only what is told by pixels counts. The best one is then bent: its signed distance to the
outline is brought to agree with the object's, step by step, by a smooth displacement
("demons": Thirion, Medical Image Analysis 2(3), 1998).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.filling.library import Silhouette, silhouettes_of
from core.labels import LabelSet
from core.opencv import cv2

#: Smallest side in pixels of an object that gets parts.
SMALLEST = 12

#: Least agreement (intersection over union) for parts as they are.
AGREEMENT = {"person": 0.50, "rider": 0.50}
_AGREEMENT = 0.62

#: Rows and columns in which whole objects are compared, and the longest side of hidden ones.
_GRID, _WORK = 40, 64

#: Candidates that are bent before the best is chosen, and steps of bending.
_SHORTLIST, _STEPS = 3, 10

#: How far an object may reach behind what hides it, in its visible length.
_REACH = (0.0, 0.15, 0.35, 0.65, 1.1, 1.8)


@dataclass(frozen=True)
class Outline:
    """A bare object.

    Attributes:
        class_id: its class.
        mask: (h, w) bool, its pixels, touching all four borders of the box.
        unknown: (h, w) bool, pixels that hide it: they may be of it or not.
        hidden: whether it may go on beyond the box: (left, top, right, bottom).
    """

    class_id: int
    mask: np.ndarray
    unknown: np.ndarray
    hidden: tuple[bool, bool, bool, bool]


@dataclass(frozen=True)
class Match:
    """A silhouette on an object.

    Attributes:
        silhouette: the candidate. agreement: intersection over union where pixels tell.
        box: (x0, y0, x1, y1) of the candidate in the object's pixels, floats; may reach out of its box.
    """

    silhouette: Silhouette
    agreement: float
    box: tuple[float, float, float, float]


def fill_silhouette(outline: Outline, label_set: LabelSet, seed: list[int]) -> np.ndarray | None:
    """(h, w) uint8 part labels, 0 where the object stays bare; None where nothing fits well enough."""
    height, width = outline.mask.shape
    if min(height, width) < SMALLEST or outline.mask.mean() < 0.15:
        return None
    matches = find_matches(outline, label_set, _SHORTLIST)
    name = label_set[outline.class_id].name
    matches = [match for match in matches if match.agreement >= AGREEMENT.get(name, _AGREEMENT)]
    if not matches:
        return None
    # Nearly as good ones take turns, so that another seed gives another car.
    good = [match for match in matches if match.agreement > matches[0].agreement - 0.015]
    match = good[int(np.random.default_rng(seed).integers(len(good)))]
    return lay(outline, match, label_set)


# -- finding -----------------------------------------------------------------------


def find_matches(outline: Outline, label_set: LabelSet, count: int) -> list[Match]:
    """The best matches, best first."""
    candidates = silhouettes_of(outline.class_id, label_set)
    if not candidates:
        return []
    if not any(outline.hidden):
        return _whole(outline, candidates, count, label_set)
    return _partly(outline, candidates, count)


@lru_cache(maxsize=16)
def _grids(class_id: int, label_set: LabelSet) -> tuple[np.ndarray, np.ndarray]:
    """((N, _GRID ** 2) float32 silhouettes as fields of 0..1, (N,) logarithms of width / height)."""
    candidates = silhouettes_of(class_id, label_set)
    fields = [
        cv2.resize(one.mask.astype(np.float32), (_GRID, _GRID), interpolation=cv2.INTER_AREA).reshape(-1)
        for one in candidates
    ]
    aspects = [np.log(one.labels.shape[1] / one.labels.shape[0]) for one in candidates]
    return np.stack(fields), np.array(aspects)


def _whole(outline: Outline, candidates, count: int, label_set: LabelSet) -> list[Match]:
    """Candidates scaled to the object's box; an unlike aspect takes from the agreement."""
    fields, aspects = _grids(outline.class_id, label_set)
    height, width = outline.mask.shape
    known = 1 - cv2.resize(outline.unknown.astype(np.float32), (_GRID, _GRID), interpolation=cv2.INTER_AREA).reshape(-1)
    own = cv2.resize(outline.mask.astype(np.float32), (_GRID, _GRID), interpolation=cv2.INTER_AREA).reshape(-1)
    common = np.minimum(fields, own[None]) @ known
    agreement = common / np.maximum(np.maximum(fields, own[None]) @ known, 1e-6)
    agreement -= 0.35 * np.maximum(np.abs(aspects - np.log(width / height)) - 0.06, 0)
    best = np.argsort(-agreement, kind="stable")[:count]
    return [Match(candidates[i], float(agreement[i]), (0.0, 0.0, float(width), float(height))) for i in best.tolist()]


def _partly(outline: Outline, candidates, count: int) -> list[Match]:
    """Candidates that reach out of the object's box where it is hidden, at their own aspect or nearly so."""
    height, width = outline.mask.shape
    scale = min(1.0, _WORK / max(height, width))
    rows, columns = max(int(round(height * scale)), 4), max(int(round(width * scale)), 4)
    own = cv2.resize(outline.mask.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    known = 1 - cv2.resize(outline.unknown.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    left, top, right, bottom = outline.hidden
    found: list[Match] = []
    for one in candidates:
        aspect = one.labels.shape[1] / one.labels.shape[0]
        field = one.mask.astype(np.float32)
        for box in _placements(width, height, aspect, left, top, right, bottom):
            x0, y0, x1, y1 = box
            sx, sy = one.labels.shape[1] / (x1 - x0), one.labels.shape[0] / (y1 - y0)
            matrix = np.array([
                [sx * width / columns, 0, sx * (0.5 * width / columns - x0) - 0.5],
                [0, sy * height / rows, sy * (0.5 * height / rows - y0) - 0.5],
            ])
            laid = cv2.warpAffine(field, matrix, (columns, rows), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
            union = float((np.maximum(laid, own) * known).sum())
            agreement = float((np.minimum(laid, own) * known).sum()) / max(union, 1e-6)
            hidden = 1 - width * height / ((x1 - x0) * (y1 - y0))
            odd = abs(np.log(aspect * (y1 - y0) / (x1 - x0)))
            # The less of it is seen, the less its agreement says.
            found.append(Match(one, agreement - 0.08 * max(hidden, 0) - 0.35 * max(odd - 0.06, 0), box))
    found.sort(key=lambda match: -match.agreement)
    return found[:count]


def _placements(width: int, height: int, aspect: float, left: bool, top: bool, right: bool, bottom: bool):
    """Boxes in which a candidate may stand: its free sides lie where the object's do."""
    across, upright = left or right, top or bottom
    boxes = set()
    for reach_x in _REACH if across else (0.0,):
        for reach_y in _REACH if upright else (0.0,):
            wide, tall = width * (1 + reach_x), height * (1 + reach_y)
            if abs(np.log(aspect * tall / wide)) > (0.15 if across or upright else 9.0):
                continue
            for x in {0.0 if not left else width - wide, width - wide if not right else 0.0,
                      (width - wide) / 2 if left and right else 0.0 if not left else width - wide}:
                for y in {0.0 if not top else height - tall, height - tall if not bottom else 0.0}:
                    if not left:
                        x = 0.0
                    elif not right:
                        x = width - wide
                    y = 0.0 if not top else (height - tall if not bottom else y)
                    boxes.add((x, y, x + wide, y + tall))
    # The box itself as well: what hides something may hide hardly any of it.
    boxes.add((0.0, 0.0, float(width), float(height)))
    return sorted(boxes)


# -- laying ------------------------------------------------------------------------


def lay(outline: Outline, match: Match, label_set: LabelSet) -> np.ndarray:
    """(h, w) uint8: the match's parts bent into the object, 0 elsewhere."""
    height, width = outline.mask.shape
    map_x, map_y = _bent(outline, match)
    map_x = cv2.resize(map_x, (width, height), interpolation=cv2.INTER_LINEAR)
    map_y = cv2.resize(map_y, (width, height), interpolation=cv2.INTER_LINEAR)
    source = match.silhouette.labels
    parts = [label for label in np.unique(source).tolist() if label and label_set.base[label] != label]
    # Enlarged, a part's border is smoothed; the part that has most of a pixel gets it.
    blur = max(0.0, 0.5 * (match.box[2] - match.box[0]) / source.shape[1] - 0.5) > 0
    best = np.full((height, width), 0.5, np.float32)
    result = np.zeros((height, width), np.uint8)
    for label in parts:
        field = (source == label).astype(np.float32)
        if blur:
            field = cv2.GaussianBlur(field, (0, 0), 0.7)
        share = cv2.remap(field, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        more = share > best
        result[more], best[more] = label, share[more]
    result[~outline.mask] = 0
    return result


def _bent(outline: Outline, match: Match) -> tuple[np.ndarray, np.ndarray]:
    """(rows, columns) float32 maps from the object's pixels, at a working size, to the silhouette's."""
    height, width = outline.mask.shape
    scale = min(1.0, 1.5 * _WORK / max(height, width))
    rows, columns = max(int(round(height * scale)), 8), max(int(round(width * scale)), 8)
    x0, y0, x1, y1 = match.box
    source = match.silhouette.mask
    sx, sy = source.shape[1] / (x1 - x0), source.shape[0] / (y1 - y0)
    map_x = np.broadcast_to(((np.arange(columns) + 0.5) * width / columns - x0) * sx - 0.5, (rows, columns)).astype(np.float32)
    map_y = np.broadcast_to((((np.arange(rows) + 0.5) * height / rows - y0) * sy - 0.5)[:, None], (rows, columns)).astype(np.float32)
    # Distances in working pixels on both sides.
    own = _distance(cv2.resize(outline.mask.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA) > 0.5)
    size = max(int(round((x1 - x0) * columns / width)), 4), max(int(round((y1 - y0) * rows / height)), 4)
    theirs = _distance(cv2.resize(source.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5)
    kx, ky = size[0] / source.shape[1], size[1] / source.shape[0]
    known = cv2.resize(outline.unknown.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA) < 0.3
    reach = 0.12 * min(rows, columns) + 2
    near = (np.abs(own) < reach) & known
    weight = (near * np.exp(-(own / (0.5 * reach)) ** 2)).astype(np.float32)
    sigma = 0.07 * max(rows, columns) + 1
    spread = cv2.GaussianBlur(weight, (0, 0), sigma) + 1e-3
    shift_x, shift_y = np.zeros_like(own), np.zeros_like(own)
    grow_x, grow_y = (map_x + 0.5) * kx - 0.5, (map_y + 0.5) * ky - 0.5
    pad = 16
    theirs = cv2.copyMakeBorder(theirs, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    slope_x, slope_y = cv2.Sobel(theirs, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(theirs, cv2.CV_32F, 0, 1, scale=1 / 8)
    for _ in range(_STEPS):
        at_x, at_y = (grow_x + shift_x + pad).astype(np.float32), (grow_y + shift_y + pad).astype(np.float32)
        there = cv2.remap(theirs, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        gx = cv2.remap(slope_x, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        gy = cv2.remap(slope_y, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        wrong = np.clip(own - there, -reach, reach) * weight
        shift_x += cv2.GaussianBlur(wrong * gx, (0, 0), sigma) / spread * 0.8
        shift_y += cv2.GaussianBlur(wrong * gy, (0, 0), sigma) / spread * 0.8
    limit = 0.2 * min(rows, columns)
    shift_x, shift_y = np.clip(shift_x, -limit, limit), np.clip(shift_y, -limit, limit)
    return map_x + (shift_x / kx).astype(np.float32), map_y + (shift_y / ky).astype(np.float32)


def _distance(mask: np.ndarray) -> np.ndarray:
    """(h, w) float32: distance to the outline, positive inside; the box's border counts as outline."""
    padded = cv2.copyMakeBorder(mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inside = cv2.distanceTransform(padded, cv2.DIST_L2, 3)
    outside = cv2.distanceTransform(1 - padded, cv2.DIST_L2, 3)
    return (inside - outside)[1:-1, 1:-1]
