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
    """Chooses appearance codes of the selected object, or of the chosen class where it is stuff, or of parts in them.

    Here is what the controls show, and looks that are only tried on; ``choice`` says whose they are, ``commands`` gives them.
    """

    def __init__(self, context: StudioContext, parent: QWidget | None = None):
        super().__init__(context.theme, parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.context = context
        self.commands = LookCommands(context, self)
        self.choice = self.commands.choice
        # Twice the size on the screen, for screens with small pixels.
        self.pictures = LookPictures(context, (2 * PICTURE.width(), 2 * PICTURE.height()), self)
        self.files = LookFiles(self)
        #: A look is shown in the photograph once the pointer has rested on its picture.
        self._hovering = QTimer(self, singleShot=True, interval=HOVER)
        self._hovered = 0
        self._tried: np.ndarray | None = None
        self._randomised: int | None = None
        self._shown: tuple = ()
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        context, commands = self.context, self.commands
        self.part.activated.connect(lambda _: self.choice.choose_part(self.part.currentData()))
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
            context.history.indexChanged, self.choice.changed,
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

    # -- whose looks, see LookChoice -------------------------------------------------------

    @property
    def value(self) -> int:
        return self.choice.value

    @property
    def values(self) -> list[int]:
        return self.choice.values

    @property
    def book(self):
        return self.choice.book

    # -- what is shown -------------------------------------------------------------------

    def refresh(self, *_) -> None:
        """Show the looks of what is chosen now."""
        context, choice, value, book = self.context, self.choice, self.value, self.book
        name = context.label_set.name_of(int(object_class(value)))
        count, many = choice.count, len(self.values)
        one = f"{name} {value}" if value >= INSTANCE_FACTOR else f"all {name}"
        self.title.setText("No object selected" if not value else one if many == 1 else f"{name}, {many} objects")
        if context.model is None:
            words = "Looks come with a model."
        elif book is None:
            words = "This model has no looks to choose from."
        elif not value:
            words = "Click an object with the select tool (V), or Alt+click it, to choose its look."
        elif not choice.apart:
            words = "This model gives all objects of this class one look."
        elif not count:
            words = "This model has one look for this class."
        else:
            words = ""
        self.text.setText(words)
        self.text.setVisible(bool(words))
        self._show_parts(name)
        self.choices.setVisible(count > 0)
        self.lock.setVisible(count > 0)
        for control in (self.dice, self.seed, self.more):
            control.setEnabled(book is not None and context.scene is not None)
        if self._shown != (choice.key, id(context.model)):
            self._shown = (choice.key, id(context.model))
            self._stop_trying()
            self.blend.forget()
            self.fine.forget()
            self._fill_blend(count)
        self._show_buttons(count)
        if count:
            self._show_object(name)
        if self.isVisible():
            self.pictures.want(choice.key if count else 0, choice.codes)
            self._show_pictures()

    def _show_parts(self, name: str) -> None:
        """Offer the whole of what is chosen, and the kinds of parts in it."""
        kinds = self.choice.kinds
        self.part_row.setVisible(bool(kinds))
        if not kinds:
            return
        whole = f"Whole {name}" if self.value >= INSTANCE_FACTOR else f"All {name}"
        entries = [(whole, 0), *((self.context.label_set.name_of(part).capitalize(), part) for part in kinds)]
        if entries != [(self.part.itemText(i), self.part.itemData(i)) for i in range(self.part.count())]:
            self.part.clear()
            for words, part in entries:
                self.part.addItem(words, part)
        self.part.setCurrentIndex(self.part.findData(self.choice.part))

    def _show_object(self, name: str) -> None:
        choice, codes = self.choice, self.context.scene.codes
        self.reset.setEnabled(any(looks.given(codes, key, None).keys() & codes for key in choice.keys))
        self.paste.setEnabled(not self.commands.cannot_paste)
        self.paste.setToolTip(self.commands.cannot_paste or "Give the look that was copied")
        self.to_all.setText(f"Apply to every {choice.name}")
        parts = f"the parts of this kind in every unlocked {name}" if choice.part else f"every unlocked {name}"
        self.to_all.setToolTip(f"Give {parts} this look")
        self.to_all.setVisible(choice.value >= INSTANCE_FACTOR)
        self.lock.blockSignals(True)
        self.lock.setChecked(choice.value in self.context.locked)
        self.lock.setText("Locked" if self.lock.isChecked() else "Lock")
        self.lock.blockSignals(False)
        # What parts look like goes with their object, so their looks may lie beyond the bounds.
        low, high = choice.book.bounds(choice.label_id)
        self.fine.show_code(choice.code, np.min([low, *choice.codes], 0), np.max([high, *choice.codes], 0))

    def _show_buttons(self, count: int) -> None:
        for k in range(len(self.buttons), count):
            button = self.picture_button(k)
            button.clicked.connect(lambda _=False, k=k: self.commands.choose(k))
            button.hovered.connect(lambda on, k=k: self._hover(k if on else None))
        chosen = looks.look_of(self.context.scene, self.book, self.choice.key) if count else None
        for k, button in enumerate(self.buttons):
            button.setVisible(k < count)
            button.setChecked(k == chosen)

    def _show_pictures(self) -> None:
        for button, code in zip(self.buttons, self.choice.codes):
            button.show_picture(self.pictures.picture(code))
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
        a, b = (self.choice.codes[box.currentIndex()] for box in (self.blend_from, self.blend_to))
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
        self.choice.try_on(dict.fromkeys(self.choice.keys, code))
        self._show_pictures()

    def _hover(self, k: int | None) -> None:
        """The pointer is on the picture of look ``k``, or has left it."""
        if k is None or not self.commands.ready or self.context.stroking:
            self._stop_trying()
        else:
            self._hovered = k
            self._hovering.start()

    def _try_hovered(self) -> None:
        if self._hovered < self.choice.count and not self.context.stroking:
            self.choice.try_on(self.choice.look(self._hovered))

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
