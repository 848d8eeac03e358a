"""Objects taken off the map: silhouettes with their parts, to be moved, turned, and put down.

Coordinates of transformations run over pixel *edges*: pixel (x, y) covers x..x+1, y..y+1.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Mapping

import numpy as np

from core.errors import SceneError
from core.labels import object_class
from core.scene.hidden import Hidden, of_mask
from core.scene.regions import Box, clip, union
from core.scene.scene import Scene

#: Pixels that one transformed object may cover, in and out of the frame.
LIMIT = 1 << 25


@dataclass(frozen=True, eq=False)
class Piece:
    """The pixels of one instance value, whether seen or hidden.

    Attributes:
        value: instance value; a bare class id for stuff (a sign on a stamp).
        x, y: where its top left pixel lies; may be outside the frame.
        labels: (h, w) uint8.
        mask: (h, w) bool.
        codes: label id of its parts -> (K,) float32; 0 is the object itself. What is missing has no code of its own.
    """

    value: int
    x: int
    y: int
    labels: np.ndarray
    mask: np.ndarray
    codes: Mapping[int, np.ndarray] = field(default_factory=dict)

    @property
    def box(self) -> Box:
        height, width = self.mask.shape
        return self.x, self.y, self.x + width, self.y + height

    @property
    def label_id(self) -> int:
        return int(object_class(self.value))

    def hidden(self) -> Hidden | None:
        return of_mask(self.mask, self.labels, self.x, self.y)

    def seen_in(self, box: Box) -> tuple[np.ndarray, np.ndarray]:
        """(mask, labels) over a box, (h, w) each."""
        shape = box[3] - box[1], box[2] - box[0]
        mask, labels = np.zeros(shape, bool), np.zeros(shape, np.uint8)
        inside = clip((self.x - box[0], self.y - box[1], self.x - box[0] + self.mask.shape[1],
                       self.y - box[1] + self.mask.shape[0]), shape[::-1])
        if inside is not None:
            x0, y0, x1, y1 = inside
            dx, dy = box[0] - self.x, box[1] - self.y
            there = np.s_[y0:y1, x0:x1]
            here = np.s_[y0 + dy:y1 + dy, x0 + dx:x1 + dx]
            mask[there], labels[there] = self.mask[here], self.labels[here]
        return mask, labels

    def numbered(self, value: int) -> "Piece":
        """The same as another object."""
        return replace(self, value=int(value))


def take(scene: Scene, value: int) -> Piece:
    """An object with what of it lies behind others or out of the frame.

    Raises:
        SceneError: when the value is not in the scene.
    """
    entry = scene.objects().get(int(value))
    if entry is None:
        raise SceneError(f"There is no object {value} in this scene; choose one that is there.")
    box, behind = entry.bbox, scene.hidden.get(entry.value)
    if behind is not None:
        x, y = behind.points()
        box = union(box, (int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1))
    shape = box[3] - box[1], box[2] - box[0]
    mask, labels = np.zeros(shape, bool), np.zeros(shape, np.uint8)
    if behind is not None:
        mask[y - box[1], x - box[0]] = True
        labels[y - box[1], x - box[0]] = behind.labels
    x0, y0, x1, y1 = entry.bbox
    seen = scene.instance_map[y0:y1, x0:x1] == entry.value
    there = np.s_[y0 - box[1]:y1 - box[1], x0 - box[0]:x1 - box[0]]
    mask[there] |= seen
    labels[there][seen] = scene.label_map[y0:y1, x0:x1][seen]
    return Piece(entry.value, box[0], box[1], labels, mask, scene.codes_of(entry.value))


def around(pieces) -> Box:
    """The box around pieces, seen and hidden."""
    box = None
    for piece in pieces:
        box = union(box, piece.box)
    return box


def moved(piece: Piece, matrix: np.ndarray) -> Piece:
    """``piece`` under a (2, 3) affine matrix [A | b], x' = A x + b, by the nearest neighbour.

    Whole steps move it exactly. An object never shrinks to nothing: its middle stays.

    Raises:
        SceneError: for a matrix that folds the plane, or a result beyond all measure.
    """
    matrix = np.asarray(matrix, np.float64)
    linear, shift = matrix[:, :2], matrix[:, 2]
    if np.array_equal(linear, np.eye(2)):
        dx, dy = np.rint(shift).astype(int)
        return replace(piece, x=piece.x + int(dx), y=piece.y + int(dy))
    if not np.isfinite(matrix).all() or abs(np.linalg.det(linear)) < 1e-9:
        raise SceneError("An object can't be made that small; make it larger again.")
    x0, y0, x1, y1 = piece.box
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float64) @ linear.T + shift
    low, high = np.floor(corners.min(0) + 1e-6).astype(int), np.ceil(corners.max(0) - 1e-6).astype(int)
    width, height = np.maximum(high - low, 1).tolist()
    if width * height > LIMIT:
        raise SceneError("An object can't be made that large; make it smaller again.")
    back = np.linalg.inv(linear)
    # Pixel centres of the result, taken back to the piece.
    centres_x = np.arange(width) + low[0] + 0.5 - shift[0]
    centres_y = np.arange(height) + low[1] + 0.5 - shift[1]
    columns = back[0, 0] * centres_x[None, :] + back[0, 1] * centres_y[:, None] - x0
    rows = back[1, 0] * centres_x[None, :] + back[1, 1] * centres_y[:, None] - y0
    # A hair's breadth decides ties the same way whichever side rounding falls.
    columns, rows = np.floor(columns + 1e-6).astype(np.intp), np.floor(rows + 1e-6).astype(np.intp)
    inside = (columns >= 0) & (columns < x1 - x0) & (rows >= 0) & (rows < y1 - y0)
    np.clip(columns, 0, x1 - x0 - 1, out=columns)
    np.clip(rows, 0, y1 - y0 - 1, out=rows)
    mask, labels = piece.mask[rows, columns] & inside, piece.labels[rows, columns]
    if not mask.any():
        row, column = (part[len(part) // 2] for part in np.nonzero(piece.mask))
        mask[height // 2, width // 2], labels[height // 2, width // 2] = True, piece.labels[row, column]
    return replace(piece, x=int(low[0]), y=int(low[1]), labels=labels, mask=mask)


def about(point: tuple[float, float], linear: np.ndarray, shift: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """(2, 3) matrix: the (2, 2) ``linear`` about ``point``, then a shift."""
    point, linear = np.asarray(point, np.float64), np.asarray(linear, np.float64)
    return np.column_stack([linear, point - linear @ point + np.asarray(shift, np.float64)])


def translation(dx: float, dy: float) -> np.ndarray:
    return np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]])


def scaling(point: tuple[float, float], sx: float, sy: float) -> np.ndarray:
    """Scale about a point; a negative factor mirrors."""
    return about(point, np.diag([sx, sy]))


def rotation(point: tuple[float, float], degrees: float) -> np.ndarray:
    """Turn about a point, clockwise on the screen; quarter turns are exact."""
    angle = np.deg2rad(degrees)
    c, s = np.cos(angle), np.sin(angle)
    if abs(degrees / 90 - round(degrees / 90)) < 1e-9:
        c, s = round(c), round(s)
    return about(point, np.array([[c, -s], [s, c]]))


def after(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """One matrix that does ``first`` and then ``second``."""
    square = np.vstack([second, (0, 0, 1)]) @ np.vstack([first, (0, 0, 1)])
    return square[:2]
