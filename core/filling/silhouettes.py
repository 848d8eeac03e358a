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

from core.filling.library import silhouettes_of
from core.filling.rims import lay_rims, round_rims
from core.labels import LabelSet
from core.opencv import cv2
from core.silhouettes import Silhouette

#: Smallest side in pixels of an object that gets parts.
SMALLEST = 12

#: Least agreement (intersection over union) for parts as they are.
AGREEMENT = {"person": 0.50, "rider": 0.50}
_AGREEMENT = 0.62

#: Rows and columns in which whole objects are compared.
_GRID = 40

#: Longest side of partly hidden ones, at first and for the likely candidates, and how many those are.
_COARSE, _WORK, _LIKELY = 28, 64, 30

#: Candidates of which one is drawn, and how much worse than the best they may be.
_SHORTLIST, _NEARLY = 4, 0.1

#: Stages of bending: smoothness as a share of the object's longer side, and steps.
_STEPS = ((0.25, 5), (0.11, 5))

#: How far an object may reach up or down behind what hides it, in its visible height; by how much its aspect may
#: differ from the candidate's; how far it reaches sideways at most, in its visible width.
_REACH, _STRETCH, _FURTHEST = (0.0, 0.15, 0.35, 0.65, 1.1), (0.9, 1.0, 1.1), 3.5

#: Parts that don't bend.
_STIFF = ("number plate",)

#: What it costs to stand across the road, beside the agreement.
_ACROSS = 0.08


@dataclass(frozen=True)
class Outline:
    """A bare object.

    Attributes:
        class_id: its class.
        mask: (h, w) bool, its pixels, touching all four borders of the box.
        unknown: (h, w) bool, pixels that hide it: they may be of it or not.
        hidden: whether it may go on beyond the box: (left, top, right, bottom).
        heading: yaw (see :class:`Silhouette`) of something there that drives along the road; None for no matter.
    """

    class_id: int
    mask: np.ndarray
    unknown: np.ndarray
    hidden: tuple[bool, bool, bool, bool]
    heading: float | None = None


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
    # The first seed takes the best; with others nearly as good ones take turns.
    good = [match for match in matches if match.agreement > matches[0].agreement - _NEARLY] if seed[0] else matches[:1]
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
    agreement -= _turned(candidates, outline.heading)
    best = np.argsort(-agreement, kind="stable")[:count]
    return [Match(candidates[i], float(agreement[i]), (0.0, 0.0, float(width), float(height))) for i in best.tolist()]


def _partly(outline: Outline, candidates, count: int) -> list[Match]:
    """Candidates that reach out of the object's box where it is hidden, at their own aspect or nearly so.

    All are looked at coarsely, the best of them closely.
    """
    prices = dict(zip(candidates, _turned(candidates, outline.heading).tolist()))
    coarse = _placed(outline, candidates, prices, _COARSE, (1.0,))
    likely = list(dict.fromkeys(match.silhouette for match in coarse))[:_LIKELY]
    return _placed(outline, likely, prices, _WORK, _STRETCH)[:count]


def _placed(outline: Outline, candidates, prices: dict, work: int, stretches) -> list[Match]:
    """Every candidate in every place, best first; the longer side is ``work`` pixels long."""
    height, width = outline.mask.shape
    scale = min(1.0, work / max(height, width))
    rows, columns = max(int(round(height * scale)), 4), max(int(round(width * scale)), 4)
    own = cv2.resize(outline.mask.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    known = 1 - cv2.resize(outline.unknown.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    own *= known
    area = float(own.sum())
    found: list[Match] = []
    for one in candidates:
        tall, wide = one.labels.shape
        field, aspect = _field(one), wide / tall
        for box in _placements(width, height, aspect, outline.hidden, stretches):
            x0, y0, x1, y1 = box
            sx, sy = wide / (x1 - x0), tall / (y1 - y0)
            matrix = np.array([
                [sx * width / columns, 0, sx * (0.5 * width / columns - x0) - 0.5],
                [0, sy * height / rows, sy * (0.5 * height / rows - y0) - 0.5],
            ])
            laid = cv2.warpAffine(field, matrix, (columns, rows), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
            laid *= known
            common = float(np.minimum(laid, own).sum())
            agreement = common / max(area + float(laid.sum()) - common, 1e-6)
            hidden = 1 - width * height / ((x1 - x0) * (y1 - y0))
            odd = abs(np.log(aspect * (y1 - y0) / (x1 - x0)))
            # The less of it is seen, the less its agreement says.
            price = prices[one] + 0.08 * max(hidden, 0) + 0.35 * max(odd - 0.06, 0)
            found.append(Match(one, agreement - price, box))
    found.sort(key=lambda match: -match.agreement)
    return found


@lru_cache(maxsize=2048)
def _field(one: Silhouette) -> np.ndarray:
    """(h, w) float32, 1 inside the silhouette."""
    return one.mask.astype(np.float32)


def _turned(candidates, heading: float | None) -> np.ndarray:
    """(N,) price of how far candidates are turned out of the road's direction; stamps pay a middling one."""
    if heading is None:
        return np.zeros(len(candidates))
    yaws = np.array([one.yaw for one in candidates])
    # Driving away or towards us is as good.
    away = np.abs(np.angle(np.exp(2j * (yaws - heading)))) / np.pi
    return _ACROSS * np.where(np.isnan(away), 0.3, away)


def _placements(width: int, height: int, aspect: float, hidden, stretches):
    """Boxes in which a candidate may stand: its free sides lie where the object's do."""
    left, top, right, bottom = hidden
    # The box itself as well: what hides something may hide hardly any of it.
    boxes = {(0.0, 0.0, float(width), float(height))}
    for stretch in stretches:
        talls = [height * (1 + reach) for reach in _REACH] if top or bottom else [float(height)]
        if (top or bottom) and not (left or right):
            talls = [width / (aspect * stretch)]
        for tall in talls:
            wide = tall * aspect * stretch if left or right else float(width)
            if not 0.97 * width <= wide <= (1 + _FURTHEST) * width or not 0.97 * height <= tall <= 4 * height:
                continue
            for x in _ends(width, wide, left, right):
                for y in _ends(height, tall, top, bottom):
                    boxes.add((x, y, x + wide, y + tall))
    return sorted(boxes)


def _ends(own: float, theirs: float, before: bool, after: bool) -> list[float]:
    """Where something longer begins that may go on before, or after, what is seen of it."""
    if before and after:
        return [own - theirs, (own - theirs) / 2, 0.0]
    return [own - theirs if before else 0.0]


# -- laying ------------------------------------------------------------------------


def lay(outline: Outline, match: Match, label_set: LabelSet) -> np.ndarray:
    """(h, w) uint8: the match's parts bent into the object, 0 elsewhere."""
    height, width = outline.mask.shape
    map_x, map_y = _bent(outline, match)
    map_x = cv2.resize(map_x, (width, height), interpolation=cv2.INTER_LINEAR)
    map_y = cv2.resize(map_y, (width, height), interpolation=cv2.INTER_LINEAR)
    source = match.silhouette.labels
    parts = [label for label in np.unique(source).tolist() if label and label_set.base[label] != label]
    enlarged = (match.box[2] - match.box[0]) / source.shape[1]
    result = np.zeros((height, width), np.uint8)
    # A part has the pixels of which it covers most; a part within it, those of which it covers most of that.
    shares = {0: np.ones((height, width), np.float32)}
    best: dict[int, np.ndarray] = {}
    around = {part: _around(part, label_set) for part in parts}
    for label in parts:
        outer = next((part for part in around[label] if part in parts), 0)
        field = np.isin(source, [part for part in parts if part == label or label in around[part]]).astype(np.float32)
        if enlarged > 1:
            # The steps of its pixels would be seen.
            field = cv2.GaussianBlur(field, (0, 0), float(np.clip(0.4 * enlarged, 0.6, 1.2)))
        share = _sampled(field, map_x, map_y)
        if label_set[label].name in _STIFF:
            share = _stiff(field, share, map_x, map_y)
        shares[label] = share
        most = best.setdefault(outer, 0.5 * shares[outer])
        more = (share > most) & ((result == outer) | (label_set.outer[result] == outer) if outer else True)
        result[more], most[more] = label, share[more]
    result[~outline.mask] = 0
    round_rims(result, label_set)
    if not np.isfinite(match.silhouette.yaw):
        # The stamps come from streets of all times; what the models draw shows its rims where they are seen.
        lay_rims(result, label_set, without=parts)
    return result


def _around(label: int, label_set: LabelSet) -> list[int]:
    """The parts within which a part lies, the innermost first."""
    found = []
    while label_set[label].within is not None:
        label = label_set[label].within
        found.append(label)
    return found


def _sampled(field: np.ndarray, map_x: np.ndarray, map_y: np.ndarray) -> np.ndarray:
    return cv2.remap(field, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)


def _stiff(field: np.ndarray, share: np.ndarray, map_x: np.ndarray, map_y: np.ndarray) -> np.ndarray:
    """``share`` of a part that keeps its straight edges: the maps there as one affine map."""
    rows, columns = np.nonzero(share > 0.5)
    if len(rows) < 12:
        return share
    there = np.column_stack([columns, rows, np.ones(len(rows))])
    affine, *_ = np.linalg.lstsq(there, np.column_stack([map_x[rows, columns], map_y[rows, columns]]), rcond=None)
    y, x = np.mgrid[0:share.shape[0], 0:share.shape[1]]
    straight = np.tensordot(np.stack([x, y, np.ones_like(x)], axis=-1).astype(np.float32), affine.astype(np.float32), 1)
    return _sampled(field, np.ascontiguousarray(straight[..., 0]), np.ascontiguousarray(straight[..., 1]))


def _bent(outline: Outline, match: Match) -> tuple[np.ndarray, np.ndarray]:
    """(rows, columns) float32 maps from the object's pixels, at a working size, to the silhouette's."""
    height, width = outline.mask.shape
    scale = min(1.0, 1.5 * _WORK / max(height, width))
    rows, columns = max(int(round(height * scale)), 8), max(int(round(width * scale)), 8)
    x0, y0, x1, y1 = match.box
    source = match.silhouette.mask
    sx, sy = source.shape[1] / (x1 - x0), source.shape[0] / (y1 - y0)
    across = ((np.arange(columns) + 0.5) * width / columns - x0) * sx - 0.5
    down = ((np.arange(rows) + 0.5) * height / rows - y0) * sy - 0.5
    map_x, map_y = (axis.astype(np.float32) for axis in np.meshgrid(across, down))
    # Distances in working pixels on both sides.
    own = _distance(cv2.resize(outline.mask.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA) > 0.5)
    size = max(int(round((x1 - x0) * columns / width)), 4), max(int(round((y1 - y0) * rows / height)), 4)
    theirs = _distance(cv2.resize(source.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5)
    kx, ky = size[0] / source.shape[1], size[1] / source.shape[0]
    known = cv2.resize(outline.unknown.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA) < 0.3
    reach = 0.12 * min(rows, columns) + 2
    near = (np.abs(own) < reach) & known
    weight = (near * np.exp(-(own / (0.5 * reach)) ** 2)).astype(np.float32)
    shift_x, shift_y = np.zeros_like(own), np.zeros_like(own)
    grow_x, grow_y = (map_x + 0.5) * kx - 0.5, (map_y + 0.5) * ky - 0.5
    pad = 16
    theirs = cv2.copyMakeBorder(theirs, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    slope_x, slope_y = cv2.Sobel(theirs, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(theirs, cv2.CV_32F, 0, 1, scale=1 / 8)
    for share, steps in _STEPS:
        sigma = share * max(rows, columns) + 1
        spread = cv2.GaussianBlur(weight, (0, 0), sigma) + 0.02 * weight.mean() + 1e-6
        for _ in range(steps):
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
