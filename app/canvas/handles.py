"""The frame with handles around what is selected: where they lie, which one is hit, what dragging one means."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform

from core.scene.pieces import rotation, scaling
from core.scene.regions import Box

#: Handle -> (x, y) of its place in the box, 0..1.
PLACES = {
    "nw": (0.0, 0.0), "n": (0.5, 0.0), "ne": (1.0, 0.0), "e": (1.0, 0.5),
    "se": (1.0, 1.0), "s": (0.5, 1.0), "sw": (0.0, 1.0), "w": (0.0, 0.5),
}
ROTATE = "rotate"

CURSORS = {
    "nw": Qt.CursorShape.SizeFDiagCursor, "se": Qt.CursorShape.SizeFDiagCursor,
    "ne": Qt.CursorShape.SizeBDiagCursor, "sw": Qt.CursorShape.SizeBDiagCursor,
    "n": Qt.CursorShape.SizeVerCursor, "s": Qt.CursorShape.SizeVerCursor,
    "e": Qt.CursorShape.SizeHorCursor, "w": Qt.CursorShape.SizeHorCursor,
    ROTATE: Qt.CursorShape.PointingHandCursor,
}

#: How near, in pane pixels, hits a handle; how far from the box the round one lies; its radius.
REACH, STALK, ROUND = 9.0, 26.0, 5.5

#: Handles stand at least so far apart, in pane pixels: something small is not covered, and can be dragged.
APART = 34.0

#: The smallest side, in image pixels, to which a box can be scaled.
SMALLEST = 3.0


def frame(box: Box, transform: QTransform) -> QRectF:
    """The frame on which the handles stand, in pane coordinates: the box, or around it where that is small."""
    area = transform.mapRect(QRectF(box[0], box[1], box[2] - box[0], box[3] - box[1]))
    wider, taller = (max(0.0, (APART - side) / 2) for side in (area.width(), area.height()))
    return area.adjusted(-wider, -taller, wider, taller)


def handle_points(box: Box, transform: QTransform, height: float = math.inf) -> dict[str, QPointF]:
    """Every handle's place in pane coordinates; those that would be close together are left out.

    The round one lies above the box; where that is out of a pane of this height, below it; else inside.
    """
    area = frame(box, transform)
    points = {
        name: QPointF(area.left() + u * area.width(), area.top() + v * area.height()) for name, (u, v) in PLACES.items()
    }
    if area.width() < 2 * APART:
        points.pop("n"), points.pop("s")
    if area.height() < 2 * APART:
        points.pop("w"), points.pop("e")
    above, below = area.top() - STALK, area.bottom() + STALK
    inside = max(area.top(), 0.0) + STALK
    row = above if above >= ROUND else below if below <= height - ROUND else inside
    points[ROTATE] = QPointF(area.center().x(), row)
    return points


def hit(box: Box, transform: QTransform, position: QPointF, height: float = math.inf) -> str | None:
    """The handle at a position in a pane of this height, or None."""
    best, nearest = None, REACH
    for name, point in handle_points(box, transform, height).items():
        away = math.hypot(point.x() - position.x(), point.y() - position.y())
        if away <= nearest:
            best, nearest = name, away
    return best


def scale_matrix(box: Box, handle: str, start: QPointF, point: QPointF, free: bool) -> np.ndarray:
    """(2, 3): what dragging a square handle from ``start`` to ``point`` does; the opposite side stays.

    Corners keep the proportions unless ``free``. Past the opposite side, things are mirrored.
    """
    u, v = PLACES[handle]
    width, height = box[2] - box[0], box[3] - box[1]
    anchor = np.array([box[0] + (1 - u) * width, box[1] + (1 - v) * height])
    sx = sy = 1.0
    if u != 0.5:
        sx = 1 + (point.x() - start.x()) / (width if u == 1.0 else -width)
    if v != 0.5:
        sy = 1 + (point.y() - start.y()) / (height if v == 1.0 else -height)
    if u != 0.5 and v != 0.5 and not free:
        # Along the diagonal; the larger change wins.
        factor = sx if abs(sx - 1) * width > abs(sy - 1) * height else sy
        sx = sy = max(factor, 0.0)
    sx, sy = _apart(sx, SMALLEST / width), _apart(sy, SMALLEST / height)
    return scaling(tuple(anchor), sx, sy)


def turn_matrix(box: Box, start: QPointF, point: QPointF, steps: bool) -> tuple[np.ndarray, float]:
    """((2, 3), degrees clockwise): turning about the box's middle; in steps of 15 degrees if wished."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    first = math.atan2(start.y() - y, start.x() - x)
    degrees = math.degrees(math.atan2(point.y() - y, point.x() - x) - first)
    degrees = (degrees + 180) % 360 - 180
    if steps:
        degrees = round(degrees / 15) * 15
    return rotation((x, y), degrees), degrees


def _apart(factor: float, least: float) -> float:
    least = min(least, 1.0)
    return math.copysign(max(abs(factor), least), factor if factor else 1.0)


def draw(
    painter: QPainter, box: Box, transform: QTransform, matrix: QTransform, accent: QColor, handles: bool, height: float
) -> None:
    """The frame, under ``matrix`` while it is dragged, and its handles, in coordinates of a pane of this height."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    area = frame(box, transform)
    corners = [area.topLeft(), area.topRight(), area.bottomRight(), area.bottomLeft()]
    if not matrix.isIdentity():
        back = transform.inverted()[0]
        corners = [transform.map(matrix.map(back.map(corner))) for corner in corners]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(QColor(0, 0, 0, 110), 3), QPen(QColor(255, 255, 255, 240), 1.2)):
        painter.setPen(pen)
        painter.drawPolygon(QPolygonF(corners))
    if not handles:
        return
    points = handle_points(box, transform, height)
    edge = area.bottom() if points[ROTATE].y() > area.bottom() else area.top()
    painter.setPen(QPen(QColor(255, 255, 255, 240), 1.2))
    painter.drawLine(QPointF(area.center().x(), edge), points[ROTATE])
    for name, point in points.items():
        painter.setPen(QPen(accent, 1.6))
        painter.setBrush(QColor(255, 255, 255))
        if name == ROTATE:
            painter.drawEllipse(point, ROUND, ROUND)
        else:
            painter.drawRoundedRect(QRectF(point.x() - 4, point.y() - 4, 8, 8), 2, 2)
