"""The status bar: what to do, where the pointer is, how the photograph is coming along."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from app.canvas.canvas import Canvas
from app.context import StudioContext
from app.controls import CutLabel, Spinner
from app.live import LiveRenderer
from core.labels import INSTANCE_FACTOR


class StatusBar(QStatusBar):
    """Hints and messages on the left; facts on the right."""

    def __init__(self, context: StudioContext, canvas: Canvas, live: LiveRenderer, parent: QWidget | None = None):
        super().__init__(parent)
        self.context, self.canvas, self.live = context, canvas, live
        self.setSizeGripEnabled(False)
        self.hint = CutLabel()
        self.hint.setContentsMargins(6, 0, 0, 0)
        self.addWidget(self.hint, 1)
        self.under = _fact("Label under the pointer", 190)
        self.position = _fact("Pixel under the pointer", 92)
        self.zoom = _fact("Zoom", 52)
        self.size = _fact("Size of the street in pixels", 92)
        self.device = _fact("Where the photograph is computed", 0)
        self.spinner = Spinner(context.theme)
        self.time = _fact("Time the last photograph took", 64)
        for widget in (self.under, self.position, self.zoom, self.size, self.device, self.spinner, self.time):
            self.addPermanentWidget(widget)
        context.message.connect(lambda text: self.showMessage(text, 8000))
        context.tool_changed.connect(self._show_hint)
        context.pointer_moved.connect(self._show_pointer)
        context.scene_replaced.connect(self._show_size)
        context.model_changed.connect(self._show_live)
        context.photograph_changed.connect(self._show_live)
        live.state_changed.connect(self._show_live)
        canvas.viewport.changed.connect(self._show_zoom)
        self._show_hint()
        self._show_live()

    def _show_hint(self, *_) -> None:
        self.hint.setText(self.canvas.tool.hint if self.context.scene is not None else "")

    def _show_size(self) -> None:
        scene = self.context.scene
        self.size.setText(f"{scene.size[0]} \u00d7 {scene.size[1]}" if scene else "")
        self._show_hint()
        self._show_zoom()
        self._show_live()

    def _show_zoom(self) -> None:
        percent = self.canvas.viewport.scale * self.canvas.devicePixelRatioF() * 100
        self.zoom.setText(f"{percent:.0f} %" if self.context.scene else "")

    def _show_pointer(self, x: int, y: int) -> None:
        if x < 0 or self.context.scene is None:
            self.position.setText("")
            self.under.setText("")
            return
        scene = self.context.scene
        value = scene.object_at(x, y)
        name = scene.label_set[scene.label_at(x, y)].name
        self.under.setText(f"{name}  {value}" if value >= INSTANCE_FACTOR else name)
        self.position.setText(f"{x}, {y}")

    def _show_live(self) -> None:
        live, model, photograph = self.live, self.context.model, self.context.photograph
        self.spinner.turn(live.busy or live.loading)
        if live.loading:
            self.device.setText("Loading the model")
            self.device.setToolTip("Paint meanwhile: the photograph follows as soon as it is loaded")
        elif model is None:
            self.device.setText("No model")
            self.device.setToolTip("Open a model file to turn labels into a photograph")
        else:
            self.device.setText(model.device)
            self.device.setToolTip(f"Model: {model.name}")
        taken = photograph.milliseconds if photograph is not None else 0
        words = f"{taken:.0f} ms" if taken else ""
        if taken and not photograph.exact:
            words = f"preview  {words}"
        self.time.setText("waits for rest" if live.paused else words)
        self.time.setToolTip(live.paused or "Time the last photograph took")


def _fact(hint: str, width: int) -> QLabel:
    """A right-aligned label that keeps its width, so that nothing jumps."""
    label = QLabel(toolTip=hint, alignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    if width:
        label.setMinimumWidth(width)
    return label
