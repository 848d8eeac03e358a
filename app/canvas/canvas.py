"""The canvas: up to two panes side by side, one viewport, one tool at a time."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import QPainterPath, QTransform
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from app.canvas.label_picture import LabelPicture, PendingPaint
from app.canvas.pane import Pane
from app.canvas.pyramid import Pyramid
from app.canvas.tools import TOOLS, Tool
from app.canvas.viewport import Viewport
from app.context import StudioContext
from app.object_commands import ObjectCommands
from core.opencv import cv2
from core.scene.regions import Box

#: Views: value, words, icon.
VIEWS = (
    ("side", "Side by side", "columns"),
    ("overlay", "Overlay", "stack"),
    ("swipe", "Swipe", "square-half"),
)


class Canvas(QWidget):
    """Shows the context's scene and photograph and lets the tools work on them.

    Signals:
        view_changed(view): "side", "overlay" or "swipe".
        labels_hidden_changed(hidden).
        open_model_requested: the button in the empty photograph pane.
    """

    view_changed = Signal(str)
    labels_hidden_changed = Signal(bool)
    open_model_requested = Signal()

    def __init__(self, context: StudioContext, parent: QWidget | None = None):
        super().__init__(parent)
        self.context = context
        self.viewport = Viewport(self)
        self.labels: LabelPicture | None = None
        self.photograph: Pyramid | None = None
        self.pending: PendingPaint | None = None
        self.selection_path: QPainterPath | None = None
        #: Outlines of the parts in it whose look is chosen, or None; and who chooses them.
        self.part_path: QPainterPath | None = None
        self._look_choice = None
        self.labels_hidden = False
        #: (heading, text, button) where a photograph is missing, or None.
        self.notice_text: tuple[str, str, str] | None = None
        #: Image point under the pointer, or None; and the pane it is in.
        self.pointer: QPointF | None = None
        self.pointer_pane: Pane | None = None

        #: Where the outline of what is selected is drawn while it is held, or None.
        self.selection_matrix: QTransform | None = None
        self.commands = ObjectCommands(context, self)
        self.tools: dict[str, Tool] = {kind.name: kind(context, self) for kind in TOOLS}
        self.panes = (Pane(self, "labels"), Pane(self, "photograph"))
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.setHandleWidth(5)
        self._splitter.setChildrenCollapsible(False)
        for pane in self.panes:
            self._splitter.addWidget(pane)
        self._splitter.setSizes([1000, 1000])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)
        self.setFocusProxy(self.panes[0])
        self._refit = QTimer(self, singleShot=True, interval=0)
        self._refit.timeout.connect(self._fit_again)

        # The outline follows a short rest after an edit, so that dabs don't wait for it.
        self._outline_timer = QTimer(self, singleShot=True, interval=40)
        self._outline_timer.timeout.connect(self._trace_selection)

        self.viewport.changed.connect(self.redraw)
        context.scene_replaced.connect(self._scene_replaced)
        context.scene_changed.connect(self._scene_changed)
        context.photograph_changed.connect(self._photograph_changed)
        context.selection_changed.connect(self._trace_selection)
        context.model_changed.connect(self._trace_selection)  # which parts have looks is the model's
        context.tool_changed.connect(self._tool_changed)
        context.brush_changed.connect(self.redraw)
        context.theme.changed.connect(self.redraw)
        context.settings.changed.connect(self._setting_changed)
        self.set_view(context.settings["view"])

    @property
    def tool(self) -> Tool:
        return self.tools[self.context.tool]

    @property
    def opacity(self) -> float:
        return self.context.settings["overlay_opacity"] / 100

    # -- views -----------------------------------------------------------------

    @property
    def view(self) -> str:
        return self.context.settings["view"]

    def set_view(self, view: str) -> None:
        """Arrange the panes as "side", "overlay" or "swipe"."""
        self.tool.abort()
        self.context.settings["view"] = view
        self.panes[0].kind = "labels" if view == "side" else view
        self.panes[1].setVisible(view == "side")
        for pane in self.panes:
            pane.place_notice()
        self.panes[0].setFocus()
        self.redraw()
        self.view_changed.emit(view)

    def next_view(self) -> None:
        names = [name for name, _, _ in VIEWS]
        self.set_view(names[(names.index(self.view) + 1) % len(names)])

    def hide_labels(self, hidden: bool) -> None:
        """Show the photograph alone, while a key is held."""
        if hidden != self.labels_hidden:
            self.labels_hidden = hidden
            self.redraw()
            self.labels_hidden_changed.emit(hidden)

    def show_notice(self, text: tuple[str, str, str] | None) -> None:
        """Say why there is no photograph: (heading, sentence, button or "")."""
        self.notice_text = text
        for pane in self.panes:
            pane.place_notice()

    # -- zoom --------------------------------------------------------------------

    @property
    def extent(self) -> QSizeF:
        """The size of a pane; of two that stand side by side, the smaller one's."""
        visible = [pane.size() for pane in self.panes if not pane.isHidden()]
        return QSizeF(min(size.width() for size in visible), min(size.height() for size in visible))

    def fit(self) -> None:
        """Show the whole frame."""
        self._arrange()
        self.viewport.fit(self.extent)

    def _arrange(self) -> None:
        """Put two panes beside or above each other, whichever shows the street larger."""
        how, frame = self.context.settings["arrange"], self.viewport.frame
        width, height = max(self.width(), 1), max(self.height(), 1)
        beside = min(width / 2 / frame.width(), height / frame.height())
        above = min(width / frame.width(), height / 2 / frame.height())
        vertical = how == "above" or how == "auto" and above > beside
        orientation = Qt.Orientation.Vertical if vertical else Qt.Orientation.Horizontal
        if orientation != self._splitter.orientation():
            self._splitter.setOrientation(orientation)
            self._splitter.setSizes([1000, 1000])
            # Lay out now, so that the frame is fitted to the sizes that will be shown.
            self._splitter.refresh()

    def actual_size(self) -> None:
        """One image pixel on one screen pixel, around the pointer."""
        self._zoom_to(1.0 / self.devicePixelRatioF())

    def show_box(self, box: Box) -> None:
        """Zoom in until ``box`` fills a third of the view."""
        x0, y0, x1, y1 = box
        extent = self.extent
        scale = min(extent.width() / max(x1 - x0, 8), extent.height() / max(y1 - y0, 8)) / 3
        self.viewport.show_at(min(scale, 8.0), QPointF((x0 + x1) / 2, (y0 + y1) / 2))

    def zoom_by(self, factor: float) -> None:
        self._zoom_to(self.viewport.scale * factor)

    def _zoom_to(self, scale: float) -> None:
        pane = self.pointer_pane or self.panes[0]
        middle = QPointF(pane.width() / 2, pane.height() / 2)
        position = pane.from_image(self.pointer) if self.pointer is not None else middle
        self.viewport.zoom_to(scale, position, pane.extent)

    def pane_resized(self) -> None:
        if self.viewport.fitted and self.context.scene is not None:
            self.viewport.fit(self.extent)
            # The splitter is laying its panes out and can't be turned before it is done.
            self._refit.start()

    def _fit_again(self) -> None:
        if self.viewport.fitted and self.context.scene is not None:
            self.fit()

    # -- drawing -------------------------------------------------------------------

    def redraw(self, *_) -> None:
        for pane in self.panes:
            pane.update()

    def _redraw_box(self, box: Box | None) -> None:
        if box is not None:
            for pane in self.panes:
                pane.redraw_box(box)

    def point_at(self, pane: Pane, position: QPointF | None) -> None:
        """The pointer is over ``pane`` at ``position``, or has left it."""
        before = [shown.pointer_rect() for shown in self.panes]
        self.pointer_pane = pane if position is not None else None
        self.pointer = pane.to_image(position) if position is not None and self.context.scene is not None else None
        for shown, old in zip(self.panes, before):
            shown.update(old)
            shown.update(shown.pointer_rect())
        if self.pointer is not None and self.context.inside(self.pointer.x(), self.pointer.y()):
            self.context.pointer_moved.emit(int(self.pointer.x()), int(self.pointer.y()))
        else:
            self.context.pointer_moved.emit(-1, -1)

    # -- what the context says ---------------------------------------------------------

    def _scene_replaced(self) -> None:
        scene = self.context.scene
        self.photograph = self.pending = self.selection_path = self.part_path = self.labels = self.pointer = None
        self.selection_matrix = None
        for pane in self.panes:
            pane.abort()
        if scene is not None:
            self.labels = LabelPicture(scene, self.context.settings["object_edges"])
            self.pending = PendingPaint(scene, None)
            self.viewport.set_frame(*scene.size)
            self.fit()
        self.redraw()

    def _scene_changed(self, box: Box) -> None:
        if box[0] >= box[2] or self.labels is None:
            return
        self.pending.update(box)
        self._redraw_box(self.labels.update(box))
        if self.context.selection:
            self._outline_timer.start()

    def _photograph_changed(self) -> None:
        photograph = self.context.photograph
        self.photograph = photograph.pyramid if photograph is not None else None
        hint = None
        if photograph is not None and self.pending is not None:
            hint = self.pending.shown(photograph.snapshot)
        if photograph is None or photograph.boxes is None:
            self.redraw()
            return
        for box in (*photograph.boxes, hint):
            for pane in self.panes:
                if box is not None and pane.shows_photograph:
                    pane.redraw_box(box)

    def turn_selection(self, matrix: QTransform | None) -> None:
        """What is selected is held and lies under ``matrix`` now; None: it has been put down."""
        self.selection_matrix = matrix
        if matrix is None:
            self._outline_timer.stop()
            self._trace_selection()
        self.redraw()

    def show_choice(self, choice) -> None:
        """Outline the parts, too, that ``choice`` (a :class:`~app.look_choice.LookChoice`) names."""
        self._look_choice = choice
        choice.changed.connect(self._trace_selection)

    def _trace_selection(self, *_) -> None:
        """Find the outlines of the selected objects, and of the parts in them whose look is chosen."""
        scene, whole, parts = self.context.scene, QPainterPath(), QPainterPath()
        if self.selection_matrix is not None:
            return  # while objects are held their outlines move with them
        boxes = self._selected_boxes()
        part = self._look_choice.part if boxes and self._look_choice is not None else 0
        for value, (x0, y0, x1, y1) in boxes:
            mask = scene.instance_map[y0:y1, x0:x1] == value
            add_outline(whole, mask, (x0, y0))
            if part:
                add_outline(parts, mask & (scene.label_map[y0:y1, x0:x1] == part), (x0, y0))
        self.selection_path = None if whole.isEmpty() else whole
        self.part_path = None if parts.isEmpty() else parts
        self.redraw()

    def _selected_boxes(self) -> list[tuple[int, Box]]:
        """(value, box) of the selected objects that are there."""
        scene, selected = self.context.scene, self.context.selected
        if scene is None:
            return []
        if len(selected) > 4:
            entries = scene.objects()
            return [(value, entries[value].bbox) for value in selected if value in entries]
        # For a few, as after every stroke, looking for them is quicker than measuring all objects.
        found = []
        for value in selected:
            x, y, width, height = cv2.boundingRect((scene.instance_map == np.uint16(value)).view(np.uint8))
            if width:
                found.append((value, (x, y, x + width, y + height)))
        return found

    def _tool_changed(self, _name: str) -> None:
        for tool in self.tools.values():
            if tool is not self.tool:
                tool.abort()
        for pane in self.panes:
            pane.refresh_cursor()
        self.redraw()

    def _setting_changed(self, key: str, _value) -> None:
        if key == "arrange" and self.context.scene is not None:
            self.fit()
        if key == "object_edges" and self.context.scene is not None:
            self.labels = LabelPicture(self.context.scene, self.context.settings["object_edges"])
        if key in ("object_edges", "overlay_opacity", "paint_hint"):
            self.redraw()


#: An object whose outline has more points, such as a crown of leaves, is outlined as a whole: gaps this wide, pixels, are bridged.
_RAGGED, _GAP = 1500, 15


def add_outline(path: QPainterPath, mask: np.ndarray, offset: tuple[int, int]) -> None:
    """Add the outlines of ``mask``, (h, w) bool whose top left pixel is ``offset`` (x, y), to ``path``."""
    contours, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE, offset=offset)
    if sum(map(len, contours)) > _RAGGED:
        x, y = offset
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_GAP, _GAP))
        wide = cv2.copyMakeBorder(mask.view(np.uint8), *4 * (_GAP,), cv2.BORDER_CONSTANT)
        solid = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, kernel)
        contours, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_TC89_L1, offset=(x - _GAP, y - _GAP))
    for contour in contours:
        points = contour[:, 0].tolist()
        path.moveTo(points[0][0] + 0.5, points[0][1] + 0.5)
        for x, y in points[1:]:
            path.lineTo(x + 0.5, y + 0.5)
        path.closeSubpath()
