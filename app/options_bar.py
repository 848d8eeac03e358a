"""The bar above the canvas: the class in hand, the brush, the object choice, the view."""

from __future__ import annotations

from typing import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QMenu, QSizePolicy, QSlider, QToolBar, QToolButton, QWidget

from app.canvas.canvas import VIEWS, Canvas
from app.context import TARGETS, StudioContext
from app.controls import Segments, swatch_icon
from core.labels import object_class

VIEW_HINTS = {
    "side": "Labels and photograph side by side  (Tab)",
    "overlay": "Labels over the photograph  (Tab)",
    "swipe": "Drag the divider between labels and photograph  (Tab)",
}


#: What may be painted over, see ``core.scene.edits.paintable``: value, words in the menu, words on the button.
PAINT_OVER = (
    ("all", "Paint over everything", "Over all"),
    ("background", "Only over the background, not over people, vehicles, poles", "Over background"),
    ("unlabeled", "Only over unlabeled pixels", "Over unlabeled"),
)


#: What goes, in this order, where the bar is too narrow, and the width below which nothing more can.
_STEPS = ("words of the views", "figures, and the selected object's class", "targets but the one chosen", "views but the one chosen")
_NARROWEST = 560


class OptionsBar(QToolBar):
    """Shows the context's choices and changes them."""

    def __init__(self, context: StudioContext, canvas: Canvas, parent: QWidget | None = None):
        super().__init__("Options", parent)
        self.context, self.canvas = context, canvas
        self.setObjectName("options")
        self.setMovable(False)

        self.label_button = QToolButton(self, toolTip="The class in hand. Click to swap with the one before  (X)")
        self.label_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.label_button.setIconSize(QSize(18, 18))
        self.label_button.setMinimumWidth(110)
        self.label_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.label_button.clicked.connect(context.swap_labels)

        self.size = self._slider(0, 100, 100, "Brush size  ( [ and ], Shift: larger steps )")
        self.size.valueChanged.connect(lambda value: context.choose_radius(_radius(value)))
        self.size_text = QLabel(objectName="muted")
        self.size_text.setFixedWidth(52)

        self.targets = Segments(context.theme, [(key, words, hint + "  (N)") for key, words, hint in TARGETS])
        self.targets.chosen.connect(context.choose_target)
        self.object_chip = QToolButton(self, toolTip="The selected object. Click to select none")
        self.object_chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.object_chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.object_chip.clicked.connect(lambda: context.select(0))

        self.over = QToolButton(self, toolTip="What a stroke or polygon may paint over, and whether a closed loop fills itself")
        self.over.setAccessibleName("Paint over")
        self.over.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.over.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.over)
        group = QActionGroup(menu)
        self.over_actions = {}
        for value, words, _ in PAINT_OVER:
            action = self.over_actions[value] = menu.addAction(words)
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(lambda _=False, value=value: context.settings.__setitem__("paint_over", value))
        menu.addSeparator()
        self.autofill = menu.addAction("Fill closed loops")
        self.autofill.setCheckable(True)
        self.autofill.setChecked(context.settings["autofill"])
        self.autofill.toggled.connect(lambda on: context.settings.__setitem__("autofill", on))
        self.over.setMenu(menu)
        self.perspective = QCheckBox("Size by perspective", self)
        self.perspective.setToolTip("What is moved towards the horizon becomes smaller")
        self.perspective.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.perspective.setChecked(context.settings["perspective"])
        self.perspective.toggled.connect(lambda on: context.settings.__setitem__("perspective", on))

        self.opacity = self._slider(0, 100, 90, "How strongly the labels cover the photograph. Hold 0 to hide them")
        self.opacity.valueChanged.connect(lambda value: context.settings.__setitem__("overlay_opacity", value))
        self.opacity_text = QLabel("Labels", objectName="muted")
        self.views = Segments(
            context.theme, [(value, words, VIEW_HINTS[value], icon) for value, words, icon in VIEWS]
        )
        self.views.chosen.connect(canvas.set_view)

        spacer = QWidget(self)
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.row = row = _Row(self._fit, self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.setSpacing(10)
        rules = [_rule() for _ in range(2)]
        #: What is shown only with some tools.
        self._with_tools = (
            ((self.size, self.size_text, rules[0]), ("brush", "eraser")),
            ((self.targets, rules[1]), ("brush", "fill", "polygon")),
            ((self.over,), ("brush", "polygon")),
            ((self.perspective,), ("select", "stamp")),
        )
        for widget in (
            self.label_button, rules[0], self.size, self.size_text,
            rules[1], self.targets, self.over, self.perspective,
            self.object_chip, spacer, self.opacity_text, self.opacity, self.views,
        ):
            layout.addWidget(widget)
        self.addWidget(row)

        context.label_changed.connect(self._show_label)
        context.brush_changed.connect(self._show_size)
        context.target_changed.connect(self.targets.show_choice)
        context.selection_changed.connect(self._show_selection)
        context.tool_changed.connect(self._show_tool)
        context.settings.changed.connect(self._setting_changed)
        canvas.view_changed.connect(self._show_view)
        context.theme.changed.connect(self._show_label)
        self._show_label()
        self._show_size(context.brush_radius)
        self._show_selection(context.selection)
        self._show_view(canvas.view)
        self._show_tool()
        self.targets.show_choice(context.target)
        self._show_over(context.settings["paint_over"])
        self._fit()

    def _fit(self) -> None:
        """Leave out, step by step, what the bar has no room for: it must not widen the window."""
        room = self.row.width()
        for step in range(len(_STEPS) + 1):
            self._leave_out(step)
            # What was hidden or shown just now counts only in a layout that is made anew.
            self.row.layout().invalidate()
            if self.row.layout().minimumSize().width() <= room:
                break

    def _leave_out(self, step: int) -> None:
        words, texts, targets, views = (step > i for i in range(len(_STEPS)))
        self.views.show_words(not words)
        self.size_text.setVisible(self.size.isVisibleTo(self.row) and not texts)
        self.opacity_text.setVisible(self.opacity.isVisibleTo(self.row) and not texts)
        self._show_chip(short=texts)
        self.targets.fold(targets)
        self.views.fold(views)

    def _slider(self, low: int, high: int, width: int, hint: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal, self, minimum=low, maximum=high, toolTip=hint)
        slider.setFixedWidth(width)
        slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return slider

    def _show_label(self, *_) -> None:
        label = self.context.label
        self.label_button.setText("  " + label.name)
        self.label_button.setIcon(swatch_icon(label.colour, 18))
        counts = self.context.counts_objects
        self.targets.setEnabled(counts)
        self._show_selection(self.context.selection)

    def _show_size(self, radius: int) -> None:
        self.size.blockSignals(True)
        self.size.setValue(_slider_value(radius))
        self.size.blockSignals(False)
        self.size_text.setText(f"{2 * radius} px")

    def _show_tool(self, *_) -> None:
        for widgets, tools in self._with_tools:
            for widget in widgets:
                widget.setVisible(self.context.tool in tools)
        self._fit()

    def _show_selection(self, value: int) -> None:
        self.object_chip.setVisible(bool(value))
        self._fit()

    def _show_chip(self, short: bool) -> None:
        value = self.context.selection
        if value:
            label_set, many = self.context.label_set, len(self.context.selected)
            classes = {object_class(other) for other in self.context.selected}
            label = label_set[object_class(value)] if object_class(value) in label_set else label_set.labels[0]
            self.object_chip.setIcon(swatch_icon(label.colour, 14))
            words = f"{label.name} {value}" if many == 1 else f"{many} \u00d7 {label.name}" if len(classes) == 1 else f"{many} objects"
            if short:
                words = f"{value}" if many == 1 else f"{many}"
            self.object_chip.setText(f"  {words}  \u2715")

    def _show_over(self, value: str) -> None:
        self.over_actions[value].setChecked(True)
        self.over.setText(next(short for key, _, short in PAINT_OVER if key == value))
        self._fit()

    def _show_view(self, view: str) -> None:
        self.views.show_choice(view)
        for widget in (self.opacity, self.opacity_text):
            widget.setVisible(view == "overlay")
        self.opacity.setValue(self.context.settings["overlay_opacity"])
        self._fit()

    def _setting_changed(self, key: str, value) -> None:
        if key == "overlay_opacity":
            self.opacity.setValue(value)
        elif key == "paint_over":
            self._show_over(value)
        elif key == "autofill":
            self.autofill.setChecked(value)
        elif key == "perspective":
            self.perspective.setChecked(value)


class _Row(QWidget):
    """Calls ``fit`` whenever its width changes; may be narrower than what it holds."""

    def __init__(self, fit: Callable[[], None], parent: QWidget):
        super().__init__(parent)
        self._fit = fit
        self.setMinimumWidth(_NARROWEST)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def resizeEvent(self, event) -> None:
        if event.size().width() != event.oldSize().width():
            self._fit()


def _radius(slider: int) -> int:
    """Slider 0..100 -> radius 1..512, finer among small brushes."""
    return max(1, round(512 ** (slider / 100)))


def _slider_value(radius: int) -> int:
    from math import log

    return round(100 * log(max(radius, 1)) / log(512))


def _rule() -> QWidget:
    line = QWidget()
    line.setFixedSize(1, 22)
    line.setStyleSheet("background: palette(mid);")
    return line
