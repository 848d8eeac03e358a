"""Writing on what is seen in perspective: where a board stands, told by its outline, and strokes laid on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import SceneError
from core.filling.view import FOCAL
from core.opencv import cv2
from core.scene.edit import Edit, make_edit
from core.scene.regions import Box
from core.scene.scene import Scene
from core.streets import glyphs

#: What can be written on -> its letters.
LETTERING = {"shop sign": "shop lettering", "number plate": "plate lettering"}
#: Height of letters on a sign and on a number plate, and the most that they may take of the length, as shares of the board's.
_TALL, _PLATE_TALL, _LONG = 0.62, 0.68, 0.9
#: Length of a number plate in heights: 52 by 11 cm.
PLATE = 52 / 11
#: A number plate's band at its left end and what is free beside the letters, as a share of its length.
_BAND, _FREE = 0.085, 0.05
#: Letters can be read where they are so many pixels high.
READABLE = 6.0


@dataclass(frozen=True)
class Board:
    """An upright rectangle seen by a level camera: an end's (x, upper row, lower row), over pixel edges.

    Attributes:
        left, right: its ends. length: in its own heights.
    """

    left: tuple[float, float, float]
    right: tuple[float, float, float]
    length: float

    def place(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) pixels x, y of ``points`` (..., 2): along and up from the board's middle, in its heights."""
        share = points[..., 0] / self.length + 0.5
        # What is twice as far away is half as high: an end's weight is its depth.
        near, far = ((1 - share) * _depth(self.left), share * _depth(self.right))
        x = (near * self.left[0] + far * self.right[0]) / (near + far)
        across = (x - self.left[0]) / (self.right[0] - self.left[0])
        high, low = (self.left[i] + across * (self.right[i] - self.left[i]) for i in (1, 2))
        return np.stack([x, low - (points[..., 1] + 0.5) * (low - high)], axis=-1)


def _depth(end: tuple[float, float, float]) -> float:
    """Of an end, in heights times focal lengths."""
    return 1.0 / (end[2] - end[1])


def board_of(mask: np.ndarray, corner: tuple[int, int] = (0, 0), length: float = 0.0, size: tuple[int, int] = (0, 0)) -> Board | None:
    """The board whose pixels are ``mask`` (h, w), its upper left one at ``corner``; None for a sliver.

    Args:
        length: in its heights, where that is known; 0 where how it is foreshortened tells.
        size: of the frame, which is asked for the latter.
    """
    height, width = mask.shape
    # The ends of an outline are ragged; straight lines through its middle columns tell more.
    inner = np.arange(width // 8, width - width // 8)
    inner = inner[mask[:, inner].any(axis=0)] if len(inner) else inner
    if len(inner) < 4:
        return None
    upper = np.argmax(mask[:, inner], axis=0)
    lower = height - np.argmax(mask[::-1, inner], axis=0)
    high, low = (np.polyfit(inner + 0.5, rows, 1) for rows in (upper, lower))
    x0, y0 = corner
    left, right = ((x0 + x, y0 + float(np.polyval(high, x)), y0 + float(np.polyval(low, x))) for x in (0.0, float(width)))
    if min(left[2] - left[1], right[2] - right[1]) < 1:
        return None
    aside = [(end[0] - size[0] / 2) * _depth(end) for end in (left, right)]
    away = FOCAL * size[0] * (_depth(right) - _depth(left))
    return Board(left, right, length or float(np.hypot(aside[1] - aside[0], away)))


def inked(board: Board, quads: np.ndarray, corner: tuple[int, int], shape: tuple[int, int]) -> np.ndarray:
    """``shape`` bool: the pixels that ``quads`` (N, 4, 2), in the board's heights about its middle, cover."""
    ink = np.zeros(shape, np.uint8)
    # OpenCV's pixels have their centres at whole numbers.
    for place in np.rint((board.place(np.asarray(quads)) - corner - 0.5) * 16).astype(np.int32):
        cv2.fillConvexPoly(ink, place, 1, cv2.LINE_8, 4)
    return ink > 0


def on_plate(text: str) -> np.ndarray:
    """(N, 4, 2) strokes of ``text`` on a number plate, in its heights about its middle; the first is the coloured band at its left end."""
    left, right = -PLATE / 2, PLATE * (_BAND - 0.5)
    band = np.array([(left, -0.5), (right, -0.5), (right, 0.5), (left, 0.5)])
    strokes = glyphs.written(text, _PLATE_TALL, PLATE * (1 - _BAND - 2 * _FREE)) + (PLATE * _BAND / 2, 0.0)
    return np.concatenate([band[None], strokes])


def find_board(scene: Scene, x: int, y: int) -> tuple[np.ndarray, Box, int, int]:
    """The sign or plate at a pixel, with what is written on it.

    Returns:
        (h, w) bool, its box, the label it is painted with, the label of its letters.

    Raises:
        SceneError: when there is none, or the label set has no letters for it.
    """
    ids = {label.name: label.id for label in scene.label_set}
    pairs = [(ids[board], ids[letters]) for board, letters in LETTERING.items() if board in ids and letters in ids]
    label = scene.label_at(x, y)
    for board, letters in pairs:
        if label in (board, letters):
            same = np.isin(scene.label_map, (board, letters)) & (scene.instance_map == scene.object_at(x, y))
            _, which, stats, _ = cv2.connectedComponentsWithStats(same.view(np.uint8), connectivity=8)
            left, top, width, height, _ = stats[which[y, x]].tolist()
            box = (left, top, left + width, top + height)
            return which[box[1] : box[3], box[0] : box[2]] == which[y, x], box, board, letters
    raise SceneError("There is nothing to write on here; click a shop's sign or a number plate.")


def write(scene: Scene, x: int, y: int, text: str) -> Edit | None:
    """Write ``text`` on the sign or plate at a pixel, in its perspective, in place of what is written there.

    Args:
        text: letters, digits, hyphens and spaces, small letters as capitals; nothing wipes the board.

    Returns:
        the edit, None where it would change nothing.

    Raises:
        SceneError: where there is nothing to write on, for a character that can't be drawn, and
            where the letters would be too small to be read.
    """
    mask, box, board_id, letters_id = find_board(scene, x, y)
    text = " ".join(text.upper().split())
    unknown = sorted({char for char in text if char not in glyphs.CHARACTERS})
    if unknown:
        raise SceneError(f"'{unknown[0]}' can't be written; use letters, digits, hyphens and spaces.")
    labels = np.full(mask.shape, board_id, np.uint8)
    if text:
        plate = scene.label_set[board_id].name == "number plate"
        board = board_of(mask, box[:2], PLATE if plate else 0.0, scene.size)
        if board is None:
            raise SceneError("This sign is too small to be written on; choose a nearer one.")
        if plate:
            quads = on_plate(text)
            strokes = quads[1:]
        else:
            quads = strokes = glyphs.written(text, _TALL, _LONG * board.length)
        middle = np.abs(strokes[..., 0]).min()
        tall = np.ptp(board.place(np.stack([[middle, middle], [strokes[..., 1].min(), strokes[..., 1].max()]], -1))[:, 1])
        if tall < READABLE:
            raise SceneError("The letters would be too small to be read; choose a nearer sign, or write less.")
        labels[inked(board, quads, box[:2], mask.shape)] = letters_id
    title = f"Write {text}" if text else "Wipe the sign"
    return make_edit(scene, title, box, mask, labels[mask], scene.instance_map[box[1] : box[3], box[0] : box[2]][mask])
