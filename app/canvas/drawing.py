"""How a pane looks: pictures, overlay, divider, outlines, captions."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QTransform

from app.canvas.pyramid import Pyramid

CAPTIONS = {"labels": "Labels", "photograph": "Photograph", "overlay": "Labels over photograph"}


def draw_pane(painter: QPainter, pane, exposed: QRect) -> None:
    """Draw ``pane`` inside ``exposed``, in pane coordinates."""
    canvas, context = pane.canvas, pane.context
    look = context.theme.look
    painter.fillRect(exposed, QColor(look.canvas))
    if context.scene is None or canvas.labels is None:
        return
    transform = canvas.viewport.transform(pane.extent)
    frame = canvas.viewport.frame_in(pane.extent)
    kind = "photograph" if canvas.labels_hidden else pane.kind

    if kind == "labels":
        _draw_labels(painter, pane, frame)
    elif kind == "photograph":
        _draw_photograph(painter, pane, frame, transform, pending=not canvas.labels_hidden)
    elif kind == "overlay":
        # Without a photograph there is nothing to look through to.
        opacity = canvas.opacity if canvas.photograph is not None else 1.0
        _draw_photograph(painter, pane, frame, transform, pending=False)
        painter.setOpacity(opacity)
        _draw_labels(painter, pane, frame)
        painter.setOpacity(1.0)
    else:
        x = round(pane.divider * pane.width())
        painter.save()
        painter.setClipRect(QRect(0, 0, x, pane.height()), Qt.ClipOperation.IntersectClip)
        _draw_labels(painter, pane, frame)
        painter.restore()
        painter.save()
        painter.setClipRect(QRect(x, 0, pane.width() - x, pane.height()), Qt.ClipOperation.IntersectClip)
        _draw_photograph(painter, pane, frame, transform, pending=True)
        painter.restore()
        _draw_divider(painter, x, pane.height(), QColor(look.accent))

    if not canvas.labels_hidden:
        _draw_selection(painter, canvas, transform, QColor(look.accent))
        painter.save()
        canvas.tool.draw(painter, transform)
        painter.restore()
    _draw_pointer(painter, pane)
    if kind == "swipe":
        _caption(painter, "Labels", 12, None)
        _caption(painter, "Photograph", None, pane.width() - 12)
    else:
        _caption(painter, CAPTIONS[kind], 12, None)


def _draw_picture(painter: QPainter, pane, pyramid: Pyramid, frame: QRectF) -> None:
    scale = pane.canvas.viewport.scale * pane.devicePixelRatioF()
    # Far in, a person wants to see the pixels.
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 3)
    image = pyramid.image_for(scale)
    painter.drawImage(frame, image, QRectF(image.rect()))


def _draw_labels(painter: QPainter, pane, frame: QRectF) -> None:
    _draw_picture(painter, pane, pane.canvas.labels.pyramid, frame)


def _draw_photograph(painter: QPainter, pane, frame: QRectF, transform: QTransform, pending: bool) -> None:
    canvas = pane.canvas
    if canvas.photograph is None:
        painter.fillRect(frame, QColor(pane.context.theme.look.hover))
        return
    _draw_picture(painter, pane, canvas.photograph, frame)
    strength = pane.context.settings["paint_hint"]
    if pending and strength and canvas.pending is not None and canvas.pending.bbox is not None:
        x0, y0, x1, y1 = canvas.pending.bbox
        area = QRectF(x0, y0, x1 - x0, y1 - y0)
        painter.setOpacity(strength / 100)
        painter.drawImage(transform.mapRect(area), canvas.pending.image, area)
        painter.setOpacity(1.0)


def _draw_selection(painter: QPainter, canvas, transform: QTransform, accent: QColor) -> None:
    if canvas.selection_path is None:
        return
    painter.save()
    if canvas.selection_matrix is not None:
        transform = canvas.selection_matrix * transform
    painter.setTransform(transform, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    white = QColor(255, 255, 255, 210)
    _draw_outline(painter, canvas.selection_path, (white, 3.2), (accent, 1.4))
    if canvas.part_path is not None:
        _draw_outline(painter, canvas.part_path, (white, 1.4), (accent, 1.4), Qt.PenStyle.DotLine)
    painter.restore()


#: A path of more points, of many objects, is drawn with hairlines: smooth thick ones take a second.
_MANY_POINTS = 3000


def _draw_outline(painter: QPainter, path: QPainterPath, under, over, style=Qt.PenStyle.SolidLine) -> None:
    """Draw ``path`` twice, each time in (colour, width in screen pixels), the second time in ``style``."""
    many = path.elementCount() > _MANY_POINTS
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not many)
    above = painter.transform()
    # A hairline has the other beside it instead of around it.
    below = above * QTransform.fromTranslate(1, 1) if many and under[1] > over[1] else above
    for (colour, width), line, transform in ((under, Qt.PenStyle.SolidLine, below), (over, style, above)):
        pen = QPen(colour, 1 if many else width, line)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setTransform(transform)
        painter.drawPath(path)


def _draw_pointer(painter: QPainter, pane) -> None:
    canvas = pane.canvas
    if canvas.pointer is None:
        return
    centre = pane.from_image(canvas.pointer)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if canvas.tool.outlined:
        radius = max(canvas.context.brush_radius * canvas.viewport.scale, 1.5)
        painter.setPen(QPen(QColor(0, 0, 0, 150), 2.6))
        painter.drawEllipse(centre, radius, radius)
        painter.setPen(QPen(QColor(255, 255, 255, 235), 1.2))
        painter.drawEllipse(centre, radius, radius)
    if canvas.tool.outlined or pane is not canvas.pointer_pane:
        for colour, width in ((QColor(0, 0, 0, 150), 2.6), (QColor(255, 255, 255, 235), 1.1)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(centre - QPointF(4, 0), centre + QPointF(4, 0))
            painter.drawLine(centre - QPointF(0, 4), centre + QPointF(0, 4))


def _draw_divider(painter: QPainter, x: int, height: int, accent: QColor) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(QRectF(x - 2, 0, 4, height), QColor(0, 0, 0, 60))
    painter.fillRect(QRectF(x - 1, 0, 2, height), QColor(255, 255, 255))
    painter.setPen(QPen(QColor(0, 0, 0, 70), 1))
    painter.setBrush(QColor(255, 255, 255))
    middle = QPointF(x, height / 2)
    painter.drawEllipse(middle, 13, 13)
    painter.setPen(QPen(accent, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    for side in (-1, 1):
        tip = middle + QPointF(7.5 * side, 0)
        painter.drawPolyline([tip - QPointF(3 * side, 4), tip, tip - QPointF(3 * side, -4)])


def _caption(painter: QPainter, text: str, left: int | None, right: int | None) -> None:
    """A chip with the pane's name at the top, against the left or the right."""
    font = QFont(painter.font())
    font.setPointSizeF(max(font.pointSizeF() - 0.5, 7))
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    width, height = painter.fontMetrics().horizontalAdvance(text) + 20, painter.fontMetrics().height() + 8
    chip = QRectF(left if left is not None else right - width, 12, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(20, 22, 24, 165))
    painter.drawRoundedRect(chip, height / 2, height / 2)
    painter.setPen(QColor(255, 255, 255, 235))
    painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)
