"""The looks of an object: pictures to choose from, blends and variations, and looks for the whole street."""

from __future__ import annotations

import random

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox, QFrame, QGridLayout, QHBoxLayout, QLabel, QMenu, QPushButton, QScrollArea, QSpinBox,
    QToolButton, QVBoxLayout, QWidget,
)

from app.context import StudioContext
from app.look_files import LookFiles
from app.look_pictures import LookPictures
from app.look_widgets import PICTURE, CodeSlider, FineControl, LookButton
from core import looks
from core.errors import VedutaError
from core.labels import INSTANCE_FACTOR, object_class

COLUMNS = 3

#: Milliseconds on a picture until the photograph shows its look.
HOVER = 120


class LookPanel(QWidget):
    """Chooses appearance codes of the selected object, or of the chosen class where it is stuff."""

    def __init__(self, context: StudioContext, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.context = context
        #: The look that was copied, (K,) float32, or None.
        self.copied: np.ndarray | None = None
        # Twice the size on the screen, for screens with small pixels.
        self.pictures = LookPictures(context, (2 * PICTURE.width(), 2 * PICTURE.height()), self)
        self.buttons: list[LookButton] = []
        self.files = LookFiles(self)
        #: A look is shown in the photograph once the pointer has rested on its picture.
        self._hovering = QTimer(self, singleShot=True, interval=HOVER)
        self._hovered: np.ndarray | None = None
        self._randomised: int | None = None
        self._draws = 0
        self._shown: tuple = ()
        self._build()
        self._connect()
        self.refresh()

    # -- construction --------------------------------------------------------------------

    def _build(self) -> None:
        theme = self.context.theme
        self.title = QLabel(objectName="heading")
        self.lock = QToolButton(checkable=True, toolTip="Keep this look when others are changed together")
        self.lock.setAccessibleName("Lock the look")
        self.lock.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.lock.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.lock.setStyleSheet("padding: 3px 7px;")
        self.lock.setIconSize(QSize(17, 17))
        theme.dress(self.lock, "lock-open", "lock-fill")
        self.text = QLabel(objectName="muted", wordWrap=True)
        self.grid = QGridLayout()
        self.grid.setSpacing(5)
        self.reset = _button("Usual", "The most common look of this class")
        self.any = _button("Dice", "Draw any look for this object")
        theme.dress(self.any, "dice-five")
        self.like = _button("Similar", "More like this: draw a look near the present one")
        self.blend_from, self.blend_to = QComboBox(), QComboBox()
        for box, words in ((self.blend_from, "Blend from this look"), (self.blend_to, "Blend towards this look")):
            box.setToolTip(words)
            box.setAccessibleName(words)
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.blend = CodeSlider("Blend", "Blend two looks")
        self.trial = LookButton(theme, "")
        self.trial.setCheckable(False)
        self.trial.setEnabled(False)
        self.trial.setToolTip("What the slider would give")
        self.trial.setFixedWidth(PICTURE.width())
        self.fine = FineControl()
        self.copy = _button("Copy look", "Remember this object's look")
        self.paste = _button("Paste look", "Give this object the look that was copied")
        self.to_all = _button("", "Give every unlocked object of this class this look")
        self.capture = _button("Capture from a photograph\u2026", "Take the looks of what a photograph shows")
        self.context.theme.dress(self.capture, "camera")
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
        self.save_action = menu.addAction("Save this street's look\u2026", self.files.ask_save)
        self.apply_action = menu.addAction("Apply a saved look\u2026", self.files.ask_apply)
        self.more.setMenu(menu)

        self.choices = QWidget()
        inner = QVBoxLayout(self.choices)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        inner.addLayout(self.grid)
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

    def _connect(self) -> None:
        context = self.context
        self.lock.toggled.connect(self._lock)
        self.reset.clicked.connect(lambda: self._give(None))
        self.any.clicked.connect(self.draw_look)
        self.like.clicked.connect(self.more_like_this)
        self.blend_from.activated.connect(lambda _: self._try_blend())
        self.blend_to.activated.connect(lambda _: self._try_blend())
        self.blend.tried.connect(self._try_blend)
        self.blend.chosen.connect(self._choose_blend)
        self.fine.tried.connect(self._try)
        self.fine.chosen.connect(self._give)
        self.copy.clicked.connect(self.copy_look)
        self.paste.clicked.connect(self.paste_look)
        self.to_all.clicked.connect(self.apply_to_all)
        self.capture.clicked.connect(self.files.ask_capture)
        self.seed.editingFinished.connect(self._seed_edited)
        self.dice.clicked.connect(self.roll)
        self.pictures.arrived.connect(self._show_pictures)
        for signal in (context.selection_changed, context.label_changed, context.model_changed):
            signal.connect(self.refresh)
        context.scene_replaced.connect(self._scene_replaced)
        self._hovering.timeout.connect(self._try_hovered)
        context.scene_changed.connect(self._scene_changed)
        context.history.indexChanged.connect(self.refresh)
        context.locks_changed.connect(self.refresh)

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event) -> None:
        self.pictures.stop()
        self._stop_trying()
        super().hideEvent(event)

    # -- what is shown -------------------------------------------------------------------

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

    @property
    def values(self) -> list[int]:
        """All whose look is chosen here: the selected objects of the class of :attr:`value`."""
        value = self.value
        together = [v for v in self.context.selected if object_class(v) == object_class(value)]
        return together if value in together else [value] if value else []

    @property
    def book(self):
        """The model's code book where it has any looks, else None."""
        model = self.context.model
        return model.code_book if model is not None and model.code_book is not None and model.code_book.centres else None

    def refresh(self, *_) -> None:
        """Show the looks of what is chosen now."""
        context, value, book = self.context, self.value, self.book
        label_id = int(object_class(value)) if value else 0
        name = context.label_set[label_id].name if value and label_id in context.label_set else f"class {label_id}"
        count = book.looks(label_id) if book is not None and value else 0
        apart = context.model is None or value < INSTANCE_FACTOR or label_id in context.model.card.object_classes
        if not apart:
            count = 0
        many = len(self.values)
        one = f"{name} {value}" if value >= INSTANCE_FACTOR else f"all {name}"
        self.title.setText("No object selected" if not value else one if many == 1 else f"{name}, {many} objects")
        if context.model is None:
            words = "Looks come with a model."
        elif book is None:
            words = "This model has no looks to choose from."
        elif not value:
            words = "Alt+click an object to choose its look."
        elif not apart:
            words = "This model gives all objects of this class one look."
        elif not count:
            words = "This model has one look for this class."
        else:
            words = ""
        self.text.setText(words)
        self.text.setVisible(bool(words))
        self.choices.setVisible(count > 0)
        self.lock.setVisible(count > 0)
        self.dice.setEnabled(book is not None and context.scene is not None)
        self.seed.setEnabled(self.dice.isEnabled())
        self.more.setEnabled(self.dice.isEnabled())
        if self._shown != (value, id(context.model)):
            self._shown = (value, id(context.model))
            self._stop_trying()
            self.blend.forget()
            self.fine.forget()
            self._fill_blend(count)
        self._show_buttons(count)
        if count:
            self._show_object(name)
        if self.isVisible():
            codes = [book.code(label_id, k) for k in range(count)]
            self.pictures.want(value if count else 0, codes)
            self._show_pictures()

    def _show_object(self, name: str) -> None:
        scene, book, value = self.context.scene, self.book, self.value
        self.reset.setEnabled(value in scene.codes)
        self.paste.setEnabled(self.copied is not None and self.copied.shape == (book.dim,))
        self.to_all.setText(f"Apply to every {name}")
        self.to_all.setVisible(value >= INSTANCE_FACTOR)
        self.lock.blockSignals(True)
        self.lock.setChecked(value in self.context.locked)
        self.lock.setText("Locked" if self.lock.isChecked() else "Lock")
        self.lock.blockSignals(False)
        self.fine.show_code(looks.code_of(scene, book, value), *book.bounds(object_class(value)))

    def _show_buttons(self, count: int) -> None:
        while len(self.buttons) < count:
            k = len(self.buttons)
            button = LookButton(self.context.theme, str(k + 1))
            button.setAccessibleName(f"Look {k + 1}")
            button.setToolTip(f"Look {k + 1}")
            button.clicked.connect(lambda _=False, k=k: self._choose(k))
            button.hovered.connect(lambda on, k=k: self._hover(k if on else None))
            self.buttons.append(button)
            self.grid.addWidget(button, k // COLUMNS, k % COLUMNS)
        chosen = looks.look_of(self.context.scene, self.book, self.value) if count else None
        for k, button in enumerate(self.buttons):
            button.setVisible(k < count)
            button.setChecked(k == chosen)

    def _show_pictures(self) -> None:
        book, value = self.book, self.value
        if book is None or not value:
            return
        for k, button in enumerate(self.buttons):
            if not button.isHidden():
                button.show_picture(self.pictures.picture(book.code(object_class(value), k)))
        if not self.trial.isHidden():
            shown = self.pictures.picture(self._tried) if self._tried is not None else None
            if shown is not None or self._tried is None:
                self.trial.show_picture(shown)

    def _fill_blend(self, count: int) -> None:
        self._tried: np.ndarray | None = None
        self.trial.show_picture(None)
        for box, index in ((self.blend_from, 0), (self.blend_to, min(1, count - 1))):
            box.clear()
            box.addItems([f"Look {k + 1}" for k in range(count)])
            box.setCurrentIndex(index)
        self.blend.setEnabled(count > 1)
        self.blend.show_value(0)

    def _scene_replaced(self) -> None:
        self._hovering.stop()
        self.refresh()

    def _scene_changed(self, _box) -> None:
        if self.context.stroking:
            self.pictures.pause()
        else:
            self.refresh()

    # -- one object ----------------------------------------------------------------------

    def _ready(self) -> bool:
        """True where a look can be given now; a model or a scene may have gone while a slider rested."""
        return bool(self.value and self.book is not None and self.book.looks(object_class(self.value)))

    def _give(self, code: np.ndarray | None) -> None:
        if self._ready():
            name = self.context.label_set[int(object_class(self.value))].name
            self._commit(looks.give_look, self.values, code, f"Change the look of {name}")

    def _choose(self, k: int) -> None:
        if self._ready():
            self._give(self.book.code(object_class(self.value), k))

    def _commit(self, function, *arguments) -> None:
        """Carry out an edit of ``core.looks`` as one undo step, or say why it can't be."""
        self._stop_trying()
        try:
            self.context.commit(function(self.context.scene, *arguments))
        except VedutaError as error:
            self.context.failed.emit("The look can't be changed.", str(error))
        self.refresh()

    def draw_look(self) -> None:
        """Any look for the object, another at each press."""
        if self._ready():
            self._draws += 1
            self._give(looks.draw(self.book, self.value, self.seed.value() * 10_000 + self._draws))

    def more_like_this(self) -> None:
        """A look near the present one, another at each press."""
        if self._ready():
            self._draws += 1
            code = looks.code_of(self.context.scene, self.book, self.value)
            seed = self.seed.value() * 10_000 + self._draws
            self._give(looks.similar(self.book, int(object_class(self.value)), code, seed))

    def _blended(self) -> np.ndarray:
        label_id = int(object_class(self.value))
        a, b = (self.book.code(label_id, box.currentIndex()) for box in (self.blend_from, self.blend_to))
        return looks.blend(a, b, self.blend.fraction)

    def _try_blend(self) -> None:
        if self._ready():
            self._try(self._blended())

    def _choose_blend(self) -> None:
        if self._ready():
            self._give(self._blended())

    def _try(self, code: np.ndarray) -> None:
        """Show what a slider would give, beside it."""
        self._tried = code
        if self.isVisible():
            self.pictures.try_code(code)
        self.context.try_looks(dict.fromkeys(self.values, code))
        self._show_pictures()

    def _hover(self, k: int | None) -> None:
        """The pointer is on the picture of look ``k``, or has left it."""
        if k is None or not self._ready() or self.context.stroking:
            self._hovering.stop()
            self._stop_trying()
        else:
            self._hovered = self.book.code(object_class(self.value), k)
            self._hovering.start()

    def _try_hovered(self) -> None:
        if self._ready() and not self.context.stroking:
            self.context.try_looks(dict.fromkeys(self.values, self._hovered))

    def _stop_trying(self) -> None:
        self._hovering.stop()
        self.context.try_looks({})

    def _lock(self, on: bool) -> None:
        self.context.lock(self.values, on)
        self.refresh()  # while a stroke is drawn nothing can be locked

    def toggle_lock(self) -> None:
        """Lock the looks of what is chosen, or unlock them where all are locked."""
        if self._ready():
            self._lock(not self.context.locked.issuperset(self.values))

    # -- several objects -----------------------------------------------------------------

    def copy_look(self) -> None:
        if self._ready():
            self.copied = looks.code_of(self.context.scene, self.book, self.value).copy()
            self.refresh()

    def paste_look(self) -> None:
        if self.copied is not None:
            self._give(self.copied)

    def apply_to_all(self) -> None:
        if self._ready():
            self._commit(looks.apply_to_class, self.book, self.value, self.context.locked)

    def roll(self) -> None:
        """Draw a new seed and with it a look for everything."""
        self.seed.setValue(random.randrange(1, 1000))
        self.randomise(self.seed.value())

    def _seed_edited(self) -> None:
        if self.seed.value() != self._randomised:
            self.randomise(self.seed.value())

    def randomise(self, seed: int) -> None:
        """Give everything that isn't locked a look drawn by ``seed``."""
        if self.context.scene is not None and self.book is not None:
            self._randomised = seed
            self._commit(looks.randomise_street, self.book, seed, self.context.locked)


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
