"""Select: take objects in the hand; move, scale and turn them while the photograph follows."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPen, QTransform

from app.canvas import handles
from app.canvas.tools.base import Modifiers, Tool
from core.errors import VedutaError
from core.labels import object_class
from core.scene import objects
from core.scene.belonging import together
from core.scene.hold import Hold
from core.scene.pieces import after, scaling, translation
from core.scene.posts import may_pick_out
from core.scene.regions import Box, clip, union
from core.perspective import growth

#: A press becomes a drag after so many pane pixels.
SLACK = 4.0

_SHIFT, _CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}


class SelectTool(Tool):
    """Click selects, Shift+click adds, a drag from the ground draws a rubber band; handles scale and turn.

    A lamp post, a sign or a bin that is no object yet becomes one by the click, or in the band. A click takes a sign
    with its pole, a rider with the bicycle; a double click takes the one alone.
    """

    name, title, icon, key = "select", "Select and move", "cursor", "V"
    hint = (
        "Click, or drag a frame, to select; Shift adds. Drag to move, Ctrl+drag a copy; the handles scale and turn."
    )
    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, context, canvas):
        super().__init__(context, canvas)
        self._start: QPointF | None = None  # where the button went down
        self._under = 0  # the object there
        self._gesture = ""  # "", "pressed", "move", "band", or a handle's name
        self._alone = False  # what is under the pointer was asked for without what belongs to it
        self._band: QRectF | None = None
        self._hold: Hold | None = None
        self._locked: frozenset[int] = frozenset()  # copies in the hand whose originals are locked
        self._box: Box | None = None  # of what is held, as it was taken
        self._matrix = translation(0, 0)
        self._hovered: str | None = None
        context.scene_replaced.connect(self._forget)
        context.selection_changed.connect(lambda _: self._measure())
        context.scene_changed.connect(lambda _: self._measure())

    def _forget(self) -> None:
        self._hold = self._start = self._band = self._box = None
        self._gesture, self._hovered = "", None

    def _measure(self) -> None:
        if self._hold is None and self.context.tool == self.name:
            self._box = None  # measured when it is drawn next

    @property
    def box(self) -> Box | None:
        """Around what is selected, in image pixels."""
        if self._box is None and self.context.selected and self.context.scene is not None:
            entries = self.context.scene.objects()
            for value in self.context.selected:
                if value in entries:
                    self._box = union(self._box, entries[value].bbox)
        return self._box if self.context.selected else None

    # -- gestures ------------------------------------------------------------------

    def press(self, point: QPointF, modifiers: Modifiers) -> None:
        self._start, self._gesture, self._band, self._alone = QPointF(point), "pressed", None, False
        self._hovered = self._handle_at(point)
        if self._hovered is not None:
            self._gesture = self._hovered
            return
        x, y = self.pixel(point)
        self._under = self.canvas.commands.object_at(x, y) if self.context.inside(x, y) else 0
        if self._under and modifiers & _SHIFT:
            self.context.toggle(self._together())
            self._gesture = "done"
        elif self._under and self._is_loose(self._under) and self._under not in self.context.selected:
            self.context.select_many(self._together())

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        if self._gesture == "pressed" and self._away(point) > SLACK:
            # A house or a tree must be selected before it can be dragged: a drag from there is a rubber band.
            self._gesture = "move" if self._under in self.context.selected and self._under else "band"
        if self._gesture == "band":
            self._band = QRectF(self._start, point).normalized()
            self.canvas.redraw()
        elif self._gesture == "move" or self._gesture in handles.CURSORS:
            self._drag(point, modifiers)

    def release(self, point: QPointF, modifiers: Modifiers) -> None:
        gesture, self._gesture = self._gesture, ""
        if self._hold is not None:
            self._finish()
        elif gesture == "band":
            self._take_band(bool(modifiers & _SHIFT))
        elif gesture == "pressed" and not modifiers & _SHIFT:
            self.context.select_many(() if not self._under else [self._under] if self._alone else self._together())
        self._start = self._band = None
        self.canvas.redraw()

    def double_click(self, point: QPointF, modifiers: Modifiers) -> None:
        if self._gesture == "pressed" and self._under:
            self._alone = True
            self.context.select(self._under)

    def hover(self, point: QPointF, modifiers: Modifiers) -> None:
        hovered = self._handle_at(point)
        if hovered != self._hovered:
            self._hovered = hovered
            for pane in self.canvas.panes:
                pane.refresh_cursor()

    def pane_cursor(self) -> QCursor:
        if self._gesture == "move":
            return QCursor(Qt.CursorShape.SizeAllCursor)
        return QCursor(handles.CURSORS.get(self._hovered, self.cursor))

    def key_press(self, key: int, modifiers: Modifiers) -> bool:
        if key in _ARROWS and self.context.selected and self._hold is None:
            step = 10 if modifiers & _SHIFT else 1
            dx, dy = _ARROWS[key]
            self.canvas.commands.nudge(step * dx, step * dy)
            return True
        return False

    def abort(self) -> bool:
        had = self._hold is not None or self._band is not None
        self._gesture = ""
        self._band = self._start = None
        hold, self._hold = self._hold, None
        if hold is not None:
            box = hold.abort()
            self.context.stroking = False
            self.canvas.turn_selection(None)
            if box is not None:
                self.context.touched(box)
        if had:
            self._box = None
            self.canvas.redraw()
        return had

    # -- holding -----------------------------------------------------------------------

    def _drag(self, point: QPointF, modifiers: Modifiers) -> None:
        if self._hold is None and not self._take(bool(modifiers & _CTRL) and self._gesture == "move"):
            self._gesture = "done"
            return
        matrix = self._dragged(point, modifiers)
        box = self.guarded(lambda: self._hold.place(matrix))
        if self._hold._placed is None:  # the first place failed
            self.abort()
            return
        self._matrix = matrix
        self.canvas.turn_selection(_qtransform(matrix))
        if box is not None:
            self.context.touched(box)

    def _take(self, copy: bool) -> bool:
        """Take what is selected, or copies of it, in the hand."""
        scene = self.context.scene
        self._box = self.box
        title = "Turn" if self._gesture == handles.ROTATE else "Move" if self._gesture == "move" else "Scale"
        values, self._locked = self.context.selected, frozenset()
        try:
            if copy:
                copies = self.canvas.commands.copied()
                self._locked = copies.locked
                self._hold = Hold(scene, (), copies.pieces, f"Duplicate {objects.named(scene, values)}")
            else:
                self._hold = Hold(scene, values, title=f"{title} {objects.named(scene, values)}")
        except VedutaError as error:
            self.context.message.emit(str(error))
            return False
        self.context.stroking = True
        return True

    def _dragged(self, point: QPointF, modifiers: Modifiers) -> np.ndarray:
        shift = bool(modifiers & _SHIFT)
        if self._gesture == handles.ROTATE:
            matrix, degrees = handles.turn_matrix(self._box, self._start, point, shift)
            self.context.message.emit(f"{degrees:.0f}\u00b0")
            return matrix
        if self._gesture in handles.PLACES:
            return handles.scale_matrix(self._box, self._gesture, self._start, point, shift)
        dx, dy = point.x() - self._start.x(), point.y() - self._start.y()
        if shift:
            dx, dy = (dx, 0.0) if abs(dx) >= abs(dy) else (0.0, dy)
        x0, y0, x1, y1 = self._box
        width, height = self.context.scene.size
        # The middle stays in the frame, so that nothing gets lost outside.
        dx = min(max(dx, -(x0 + x1) / 2), width - (x0 + x1) / 2)
        dy = min(max(dy, -(y0 + y1) / 2), height - (y0 + y1) / 2)
        dx, dy = round(dx), round(dy)
        if not self.context.settings["perspective"]:
            return translation(dx, dy)
        factor = growth(self.context.horizon(), y1, y1 + dy)
        return after(scaling(((x0 + x1) / 2, y1), factor, factor), translation(dx, dy))

    def _finish(self) -> None:
        hold, self._hold = self._hold, None
        edit = hold.finish()
        self.context.stroking = False
        self._box = None
        self.canvas.turn_selection(None)
        self.context.commit(edit, applied=True, locks=self._locked | self.context.locked)
        new = [piece.value for piece in hold.pieces if self.context.scene.area(piece.value)]
        if not hold.values:
            self.context.select_many(new)
        # Codes may have changed too, and what is gone leaves the selection.
        self.context.touched((0, 0, 0, 0))

    def _take_band(self, add: bool) -> None:
        """Select what lies inside the rubber band for the most part."""
        band = self._band
        box = clip((round(band.left()), round(band.top()), round(band.right()), round(band.bottom())), self.context.scene.size)
        found = self.canvas.commands.objects_in(box) if box is not None else []
        self.context.select_many([*(self.context.selected if add else ()), *found])

    # -- details ---------------------------------------------------------------------------

    def _together(self) -> tuple[int, ...]:
        """What is under the pointer with what belongs to it, itself last."""
        return together(self.context.scene, self._under)

    def _is_loose(self, value: int) -> bool:
        """True for what a drag takes at once: things, posts and clutter, not houses and trees."""
        label_id, label_set = int(object_class(value)), self.context.label_set
        return label_id in label_set and (label_set[label_id].thing or may_pick_out(label_set, label_id))

    def _away(self, point: QPointF) -> float:
        away = point - self._start
        return (away.x() ** 2 + away.y() ** 2) ** 0.5 * self.canvas.viewport.scale

    def _handle_at(self, point: QPointF) -> str | None:
        box = self.box
        if box is None:
            return None
        transform, height = self.canvas.viewport.transform(self.canvas.extent), self.canvas.extent.height()
        return handles.hit(box, transform, transform.map(point), height)

    def draw(self, painter: QPainter, transform: QTransform) -> None:
        accent = self.context.theme.colour("accent")
        if self._band is not None:
            area = transform.mapRect(self._band)
            fill = QColor(accent)
            fill.setAlpha(40)
            painter.setBrush(fill)
            for pen in (QPen(QColor(255, 255, 255, 200), 2.4), QPen(accent, 1.2)):
                painter.setPen(pen)
                painter.drawRect(area)
                painter.setBrush(Qt.BrushStyle.NoBrush)
        box = self.box
        if box is not None:
            held = self._hold is not None
            matrix = _qtransform(self._matrix) if held else QTransform()
            handles.draw(painter, box, transform, matrix, accent, handles=not held, height=self.canvas.extent.height())


def _qtransform(matrix: np.ndarray) -> QTransform:
    (a, b, c), (d, e, f) = matrix.tolist()
    return QTransform(a, d, b, e, c, f)
