"""The looks of an object: the code book's choices for its class, and a dice for the whole street."""

from __future__ import annotations

import random

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from app.context import StudioContext
from core.labels import INSTANCE_FACTOR, object_class
from core.scene import edits

COLUMNS = 5


class LookPanel(QWidget):
    """Chooses appearance codes of the selected object, or of the chosen class where it is stuff."""

    def __init__(self, context: StudioContext, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.context = context
        self.title = QLabel(objectName="heading")
        self.text = QLabel(objectName="muted", wordWrap=True)
        self.grid = QGridLayout()
        self.grid.setSpacing(6)
        self.buttons: list[QPushButton] = []
        self.reset = QPushButton("Usual look", toolTip="The most common look of this class")
        self.reset.clicked.connect(lambda: self._apply(None))
        self.seed = QSpinBox(minimum=0, maximum=999_999, value=1, toolTip="The same number gives the same street")
        self.seed.setPrefix("Seed ")
        self.seed.editingFinished.connect(self._seed_edited)
        self.dice = QPushButton("Randomise street", toolTip="Give every object a look drawn anew  (R)")
        context.theme.dress(self.dice, "dice-five")
        self.dice.clicked.connect(self.roll)
        self._randomised: int | None = None

        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 4, 14, 14)
        layout.setSpacing(8)
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        layout.addLayout(self.grid)
        layout.addWidget(self.reset)
        layout.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.seed)
        row.addWidget(self.dice, 1)
        layout.addLayout(row)

        for signal in (
            context.scene_replaced, context.selection_changed, context.label_changed, context.model_changed,
        ):
            signal.connect(self.refresh)
        context.scene_changed.connect(lambda _box: context.stroking or self.refresh())
        context.history.indexChanged.connect(self.refresh)
        self.refresh()

    @property
    def value(self) -> int:
        """The instance value whose look is chosen here: the selected object, or the chosen class as stuff; 0: none."""
        context = self.context
        if context.scene is None:
            return 0
        if context.selection:
            return context.selection
        base = int(context.label_set.base[context.label_id])
        return base if context.scene.area(base) else 0

    def refresh(self, *_) -> None:
        context, value = self.context, self.value
        book = context.model.code_book if context.model is not None else None
        label_id = object_class(value) if value else 0
        looks = book.looks(label_id) if book is not None and value else 0
        if value:
            name = context.label_set[label_id].name
            self.title.setText(f"{name} {value}" if value >= INSTANCE_FACTOR else f"all {name}")
        else:
            self.title.setText("No object selected")
        if context.model is None:
            self.text.setText("Looks come with a model.")
        elif book is None or not book.centres:
            self.text.setText("This model has no looks to choose from.")
        elif not value:
            self.text.setText("Alt+click an object to choose its look.")
        elif not looks:
            self.text.setText("This model has one look for this class.")
        else:
            self.text.setText("")
        self.text.setVisible(bool(self.text.text()))
        self._show_buttons(looks, book, label_id, value)
        self.reset.setVisible(looks > 0)
        self.dice.setEnabled(book is not None and bool(book.centres) and context.scene is not None)
        self.seed.setEnabled(self.dice.isEnabled())

    def _show_buttons(self, looks: int, book, label_id: int, value: int) -> None:
        while len(self.buttons) < looks:
            k = len(self.buttons)
            button = QPushButton(str(k + 1), objectName="code", checkable=True, toolTip=f"Look {k + 1}")
            button.setFixedHeight(30)
            button.setMinimumWidth(24)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, k=k: self._apply(k))
            self.buttons.append(button)
            self.grid.addWidget(button, k // COLUMNS, k % COLUMNS)
        code = self.context.scene.codes.get(value) if looks else None
        for k, button in enumerate(self.buttons):
            button.setVisible(k < looks)
            if k < looks:
                button.setChecked(k == 0 if code is None else np.array_equal(code, book.code(label_id, k)))
        self.reset.setEnabled(code is not None)

    def _apply(self, k: int | None) -> None:
        context, value = self.context, self.value
        if not value or context.model is None or context.model.code_book is None:
            return
        code = None if k is None else context.model.code_book.code(object_class(value), k)
        name = context.label_set[object_class(value)].name
        context.commit(edits.set_codes(context.scene, {value: code}, f"Change the look of {name}"))
        self.refresh()

    def roll(self) -> None:
        """Draw a new seed and with it a look for everything."""
        self.seed.setValue(random.randrange(1, 1000))
        self.randomise(self.seed.value())

    def _seed_edited(self) -> None:
        if self.seed.value() != self._randomised:
            self.randomise(self.seed.value())

    def randomise(self, seed: int) -> None:
        context = self.context
        if context.scene is None or context.model is None or context.model.code_book is None:
            return
        self._randomised = seed
        codes = context.model.code_book.random_codes(context.scene.objects(), seed)
        context.commit(edits.set_codes(context.scene, codes, "Randomise street"))
