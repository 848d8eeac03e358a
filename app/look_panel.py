"""The looks of an object: pictures to choose from, blends and variations, and looks for the whole street."""

from __future__ import annotations

import random

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QWidget

from app.context import StudioContext
from app.look_commands import LookCommands
from app.look_controls import LookControls
from app.look_files import LookFiles
from app.look_pictures import LookPictures
from app.look_widgets import PICTURE
from core import looks
from core.labels import INSTANCE_FACTOR, object_class

#: Milliseconds on a picture until the photograph shows its look.
HOVER = 120


class LookPanel(LookControls):
    """Chooses appearance codes of the selected object, or of the chosen class where it is stuff.

    Here is what the controls show, and looks that are only tried on; ``commands`` gives them.
    """

    def __init__(self, context: StudioContext, parent: QWidget | None = None):
        super().__init__(context.theme, parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.context = context
        self.commands = LookCommands(context, self)
        # Twice the size on the screen, for screens with small pixels.
        self.pictures = LookPictures(context, (2 * PICTURE.width(), 2 * PICTURE.height()), self)
        self.files = LookFiles(self)
        #: A look is shown in the photograph once the pointer has rested on its picture.
        self._hovering = QTimer(self, singleShot=True, interval=HOVER)
        self._hovered: np.ndarray | None = None
        self._tried: np.ndarray | None = None
        self._randomised: int | None = None
        self._shown: tuple = ()
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        context, commands = self.context, self.commands
        self.lock.toggled.connect(commands.lock)
        self.reset.clicked.connect(lambda: commands.give(None))
        self.any.clicked.connect(lambda: commands.draw(self.seed.value()))
        self.like.clicked.connect(lambda: commands.draw_similar(self.seed.value()))
        self.blend_from.activated.connect(lambda _: self._try_blend())
        self.blend_to.activated.connect(lambda _: self._try_blend())
        self.blend.tried.connect(self._try_blend)
        self.blend.chosen.connect(self._choose_blend)
        self.fine.tried.connect(self._try)
        self.fine.chosen.connect(commands.give)
        self.copy.clicked.connect(commands.copy_look)
        self.paste.clicked.connect(commands.paste_look)
        self.to_all.clicked.connect(commands.apply_to_all)
        self.capture.clicked.connect(self.files.ask_capture)
        self.save_action.triggered.connect(self.files.ask_save)
        self.apply_action.triggered.connect(self.files.ask_apply)
        self.seed.editingFinished.connect(self._seed_edited)
        self.dice.clicked.connect(self.roll)
        self.pictures.arrived.connect(self._show_pictures)
        for signal in (commands.done, context.scene_replaced):
            signal.connect(self._settle)
        for signal in (
            context.selection_changed, context.label_changed, context.model_changed, context.locks_changed,
            context.history.indexChanged,
        ):
            signal.connect(self.refresh)
        context.scene_changed.connect(self._scene_changed)
        self._hovering.timeout.connect(self._try_hovered)

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event) -> None:
        self.pictures.stop()
        self._stop_trying()
        super().hideEvent(event)

    # -- whose looks, see LookCommands -----------------------------------------------------

    @property
    def value(self) -> int:
        return self.commands.value

    @property
    def values(self) -> list[int]:
        return self.commands.values

    @property
    def book(self):
        return self.commands.book

    # -- what is shown -------------------------------------------------------------------

    def refresh(self, *_) -> None:
        """Show the looks of what is chosen now."""
        context, value, book = self.context, self.value, self.book
        label_id = int(object_class(value)) if value else 0
        name = context.label_set.name_of(label_id)
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
            words = "Click an object with the select tool (V), or Alt+click it, to choose its look."
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
        for control in (self.dice, self.seed, self.more):
            control.setEnabled(book is not None and context.scene is not None)
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
        scene, book, value, copied = self.context.scene, self.book, self.value, self.commands.copied
        self.reset.setEnabled(value in scene.codes)
        self.paste.setEnabled(copied is not None and copied.shape == (book.dim,))
        self.to_all.setText(f"Apply to every {name}")
        self.to_all.setVisible(value >= INSTANCE_FACTOR)
        self.lock.blockSignals(True)
        self.lock.setChecked(value in self.context.locked)
        self.lock.setText("Locked" if self.lock.isChecked() else "Lock")
        self.lock.blockSignals(False)
        self.fine.show_code(looks.code_of(scene, book, value), *book.bounds(object_class(value)))

    def _show_buttons(self, count: int) -> None:
        for k in range(len(self.buttons), count):
            button = self.picture_button(k)
            button.clicked.connect(lambda _=False, k=k: self.commands.choose(k))
            button.hovered.connect(lambda on, k=k: self._hover(k if on else None))
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
        self._tried = None
        self.trial.show_picture(None)
        for box, index in ((self.blend_from, 0), (self.blend_to, min(1, count - 1))):
            box.clear()
            box.addItems([f"Look {k + 1}" for k in range(count)])
            box.setCurrentIndex(index)
        self.blend.setEnabled(count > 1)
        self.blend.show_value(0)

    def _settle(self) -> None:
        """Show what there is now; a look that the pointer has only just come to is not tried any more."""
        self._hovering.stop()
        self.refresh()

    def _scene_changed(self, _box) -> None:
        if self.context.stroking:
            self.pictures.pause()
        else:
            self.refresh()

    # -- looks that are only tried -------------------------------------------------------

    def _blended(self) -> np.ndarray:
        label_id = int(object_class(self.value))
        a, b = (self.book.code(label_id, box.currentIndex()) for box in (self.blend_from, self.blend_to))
        return looks.blend(a, b, self.blend.fraction)

    def _try_blend(self) -> None:
        if self.commands.ready:
            self._try(self._blended())

    def _choose_blend(self) -> None:
        if self.commands.ready:
            self.commands.give(self._blended())

    def _try(self, code: np.ndarray) -> None:
        """Show what a slider would give, beside it."""
        self._tried = code
        if self.isVisible():
            self.pictures.try_code(code)
        self.context.try_looks(dict.fromkeys(self.values, code))
        self._show_pictures()

    def _hover(self, k: int | None) -> None:
        """The pointer is on the picture of look ``k``, or has left it."""
        if k is None or not self.commands.ready or self.context.stroking:
            self._stop_trying()
        else:
            self._hovered = self.book.code(object_class(self.value), k)
            self._hovering.start()

    def _try_hovered(self) -> None:
        if self.commands.ready and not self.context.stroking:
            self.context.try_looks(dict.fromkeys(self.values, self._hovered))

    def _stop_trying(self) -> None:
        self._hovering.stop()
        self.context.try_looks({})

    # -- the whole street ----------------------------------------------------------------

    def roll(self) -> None:
        """Draw a new seed and with it a look for everything."""
        if self.book is not None:
            self.seed.setValue(random.randrange(1, 1000))
        self.randomise(self.seed.value())

    def _seed_edited(self) -> None:
        if self.seed.value() != self._randomised:
            self.randomise(self.seed.value())

    def randomise(self, seed: int) -> None:
        """Give everything that isn't locked a look drawn by ``seed``."""
        if self.context.scene is not None:
            if self.book is not None:
                self._randomised = seed
            self.commands.randomise(seed)  # or it says why not
