"""The controls of the look panel and where they stand; what they do is the panel's business."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QComboBox, QFrame, QGridLayout, QHBoxLayout, QLabel, QMenu, QPushButton, QScrollArea, QSpinBox,
    QToolButton, QVBoxLayout, QWidget,
)

from app.look_widgets import PICTURE, CodeSlider, FineControl, LookButton
from app.theme import Theme

COLUMNS = 3


class LookControls(QWidget):
    """Pictures of the looks, buttons and sliders for one object, and a row for the whole street.

    Attributes:
        buttons: a picture for each look, made by :meth:`picture_button` as they are needed.
        choices: everything that is of use only where there are looks to choose from.
        part_row: the choice among the whole object and its parts, for objects whose parts have looks of their own.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        self.buttons: list[LookButton] = []
        self._make_choices()
        self._make_street()
        self._lay_out()

    def picture_button(self, k: int) -> LookButton:
        """The button of look ``k``, made if there is none yet; those before it are there."""
        if k == len(self.buttons):
            button = LookButton(self._theme, str(k + 1))
            button.setAccessibleName(f"Look {k + 1}")
            button.setToolTip(f"Look {k + 1}")
            self.buttons.append(button)
            self._grid.addWidget(button, k // COLUMNS, k % COLUMNS)
        return self.buttons[k]

    def _make_choices(self) -> None:
        theme = self._theme
        self.title = QLabel(objectName="heading")
        self.lock = QToolButton(checkable=True, toolTip="Keep this look when others are changed together")
        self.lock.setAccessibleName("Lock the look")
        self.lock.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.lock.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.lock.setStyleSheet("padding: 3px 7px;")
        self.lock.setIconSize(QSize(17, 17))
        theme.dress(self.lock, "lock-open", "lock-fill")
        self.part = _Choice(
            toolTip="The look of the whole, or of its parts of one kind; Alt+click a part in the picture to choose it"
        )
        self.part.setAccessibleName("Part whose look is chosen")
        self.part.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.part.setMinimumContentsLength(8)  # long names are not to widen the panel
        self.part_row = QWidget()
        self.text = QLabel(objectName="muted", wordWrap=True)
        self.reset = _button("Usual", "Back to the look that it has of itself")
        self.any = _button("Dice", "Draw any look, for each object its own")
        theme.dress(self.any, "dice-five")
        self.like = _button("Similar", "More like this: draw a look near the present one, for each object its own")
        self.blend_from, self.blend_to = _Choice(), _Choice()
        for box, words in ((self.blend_from, "Blend from this look"), (self.blend_to, "Blend towards this look")):
            box.setToolTip(words)
            box.setAccessibleName(words)
        self.blend = CodeSlider("Blend", "Blend two looks")
        self.trial = LookButton(theme, "")
        self.trial.setCheckable(False)
        self.trial.setEnabled(False)
        self.trial.setToolTip("What the slider would give")
        self.trial.setFixedWidth(PICTURE.width())
        self.fine = FineControl()
        self.copy = _button("Copy look", "Remember this look")
        self.paste = _button("Paste look", "")
        self.to_all = _button("", "")
        self.capture = _button("Capture from a photograph\u2026", "Take the looks of what a photograph shows")
        theme.dress(self.capture, "camera")

    def _make_street(self) -> None:
        theme = self._theme
        self.seed = QSpinBox(minimum=0, maximum=999_999, value=1, toolTip="The same number gives the same street")
        self.seed.setPrefix("Seed ")
        self.seed.setObjectName("seed")  # the style takes its arrows away
        self.seed.lineEdit().setTextMargins(6, 0, 4, 0)
        self.seed.setFixedWidth(96)
        self.dice = QPushButton("Randomise street", toolTip="Give every unlocked object a look drawn anew  (R)")
        self.dice.setStyleSheet("padding: 6px 8px;")
        theme.dress(self.dice, "dice-five")
        self.more = QToolButton(toolTip="Looks of the whole street")
        self.more.setAccessibleName("Looks of the whole street")
        self.more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        theme.dress(self.more, "dots-three-vertical")
        menu = QMenu(self.more)
        self.save_action = menu.addAction("Save this street's look\u2026")
        self.apply_action = menu.addAction("Apply a saved look\u2026")
        self.more.setMenu(menu)

    def _lay_out(self) -> None:
        self._grid = QGridLayout()
        self._grid.setSpacing(5)
        self.choices = QWidget()
        inner = QVBoxLayout(self.choices)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        inner.addLayout(self._grid)
        inner.addLayout(_row(self.reset, self.any, self.like))
        blend = QVBoxLayout()
        blend.setSpacing(4)
        blend.addLayout(_row(self.blend_from, self.blend_to))
        blend.addWidget(self.blend)
        row = _row(self.trial)
        row.addLayout(blend, 1)
        inner.addLayout(row)
        inner.addWidget(self.fine)
        inner.addLayout(_row(self.copy, self.paste))
        inner.addLayout(_row(self.to_all))
        inner.addWidget(self.capture)

        content = QWidget()
        body = QVBoxLayout(content)
        body.setContentsMargins(14, 4, 14, 4)
        body.setSpacing(8)
        heading = _row(self.title)
        heading.addStretch(1)
        heading.addWidget(self.lock)
        body.addLayout(heading)
        caption = QLabel("Part", objectName="muted")
        caption.setBuddy(self.part)
        inner = QHBoxLayout(self.part_row)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        inner.addWidget(caption)
        inner.addWidget(self.part, 1)
        body.addWidget(self.part_row)
        body.addWidget(self.text)
        body.addWidget(self.choices)
        body.addStretch(1)
        scroll = QScrollArea(objectName="panel", widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        street = _row(self.seed)
        street.addWidget(self.dice, 1)
        street.addWidget(self.more)
        street.setContentsMargins(14, 6, 14, 12)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(scroll, 1)
        layout.addLayout(street)


class _Choice(QComboBox):
    """Reached by Tab, not by click; the wheel over it turns the panel, not the choice."""

    def __init__(self, **properties):
        super().__init__(**properties)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def wheelEvent(self, event) -> None:
        event.ignore()


def _button(words: str, tip: str) -> QPushButton:
    button = QPushButton(words, toolTip=tip)
    button.setStyleSheet("padding: 5px 6px;")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget)
    return row
