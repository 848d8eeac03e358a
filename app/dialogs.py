"""Dialogs: messages, questions, the new street, the preferences."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox, QComboBox, QDialog, QDialogButtonBox, QFileDialog, QFormLayout, QLabel, QMessageBox, QPushButton, QSlider,
    QVBoxLayout, QWidget,
)

from app.controls import NumberField
from app.settings import Setting, Settings
from core.labels import STREETS
from core.scene.png import SIDE_LIMIT


def tell(parent: QWidget, title: str, text: str, details: str = "") -> QMessageBox:
    """Say something went wrong, without stopping the program's other work. Returns the open box."""
    box = QMessageBox(QMessageBox.Icon.Warning, "Veduta", title, QMessageBox.StandardButton.Ok, parent)
    box.setInformativeText(text)
    if details:
        box.setDetailedText(details)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
    return box


def ask_save(parent: QWidget, name: str) -> str:
    """What to do with unsaved changes: "save", "discard" or "cancel"."""
    answers = {"save": "Save", "discard": "Don't save"}
    return _ask(parent, f"Save the changes to {name}?", "They are lost otherwise.", answers, "Cancel") or "cancel"


def ask_yes(parent: QWidget, question: str, text: str, yes: str, no: str) -> bool:
    """A question with two answers in words."""
    return _ask(parent, question, text, {"yes": yes}, no) == "yes"


def ask_recovery(parent: QWidget, when: str, older: int) -> str | None:
    """What to do with the copy of ``when`` that a crash has left, the newest but ``older`` ones: "open" or "delete" it, None to keep it for later."""
    text = f"There is a copy of the street you were painting, of {when}."
    if older:
        text += f" You are asked about {'an older one' if older == 1 else f'{older} older ones'} later."
    answers = {"open": "Open the copy", "delete": "Delete it"}
    return _ask(parent, "Veduta was not closed properly.", text, answers, "Ask me later")


def ask_training(parent: QWidget, names: list[str]) -> str:
    """What to do with runs when the studio closes: "keep" them going, "stop" them, or "cancel"."""
    several = len(names) > 1
    text = (
        "Training can go on without the window; you find it here again next time. "
        f"Or {'they finish their present steps, save, and end' if several else 'it finishes its present step, saves, and ends'}."
    )
    question = f"{', '.join(names)} {'are' if several else 'is'} still training."
    return _ask(parent, question, text, {"keep": "Keep training", "stop": "Stop and save"}, "Cancel") or "cancel"


def ask_where(
    parent: QWidget, title: str, start: str | Path, filters: str, complete: Callable[[Path, str], Path]
) -> Path | None:
    """Where to write a file; None where nothing was chosen.

    Args:
        complete: gives the path from the one chosen and the filter, with an ending where it has none.
    """
    chosen, kind = QFileDialog.getSaveFileName(parent, title, str(start), filters)
    if not chosen:
        return None
    path = complete(Path(chosen), kind)
    # The dialog has asked about the name as it was typed.
    if path != Path(chosen) and path.exists():
        words = "There is a file of this name already; what it holds would be lost."
        if not ask_yes(parent, f"Replace {path.name}?", words, "Replace", "Cancel"):
            return None
    return path


def _ask(parent: QWidget, question: str, text: str, answers: dict[str, str], refuse: str) -> str | None:
    """Ask and wait: the key of the answer that was chosen, None for ``refuse`` and a closed box.

    Args:
        answers: key -> words of its button; the first is the default, a second one is the destructive way.
    """
    box = QMessageBox(QMessageBox.Icon.Question, "Veduta", question, parent=parent)
    box.setInformativeText(text)
    roles = (QMessageBox.ButtonRole.AcceptRole, QMessageBox.ButtonRole.DestructiveRole)
    buttons = {box.addButton(words, role): key for (key, words), role in zip(answers.items(), roles)}
    box.addButton(refuse, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(next(iter(buttons)))
    box.exec()
    chosen = buttons.get(box.clickedButton())
    box.deleteLater()  # else every question ever asked stays with the window
    return chosen


class NewStreetDialog(QDialog):
    """Asks for the size of a new street and what it starts with."""

    SIZES = (("2048 \u00d7 1024", (2048, 1024)), ("1024 \u00d7 512", (1024, 512)), ("4096 \u00d7 2048", (4096, 2048)))

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("New street")
        self.preset = QComboBox()
        for words, size in self.SIZES:
            self.preset.addItem(words, size)
        self.preset.addItem("Other", None)
        self.across = NumberField(minimum=64, maximum=SIDE_LIMIT, value=2048, suffix=" px")
        self.down = NumberField(minimum=64, maximum=SIDE_LIMIT, value=1024, suffix=" px")
        self.start = QComboBox()
        self.start.addItem("Sky above, road below", "street")
        self.start.addItem("Unlabeled", "blank")
        self.horizon = QSlider(Qt.Orientation.Horizontal, minimum=10, maximum=90, value=48)
        self.horizon.setToolTip("Where the sky ends")
        self.preset.currentIndexChanged.connect(self._take_preset)
        self.across.valueChanged.connect(self._show_preset)
        self.down.valueChanged.connect(self._show_preset)
        self.start.currentIndexChanged.connect(lambda: self.horizon.setEnabled(self.start.currentData() == "street"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        create = buttons.addButton("Create", QDialogButtonBox.ButtonRole.AcceptRole)
        create.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = form_layout()
        form.addRow("Size", self.preset)
        form.addRow("Width", self.across)
        form.addRow("Height", self.down)
        form.addRow("Start with", self.start)
        form.addRow("Horizon", self.horizon)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 18)
        layout.setSpacing(18)
        layout.addLayout(form)
        layout.addWidget(buttons)
        self.setMinimumWidth(380)

    def _take_preset(self) -> None:
        size = self.preset.currentData()
        if size is not None:
            for box, value in zip((self.across, self.down), size):
                box.blockSignals(True)
                box.setValue(value)
                box.blockSignals(False)

    def _show_preset(self) -> None:
        sizes = [size for _, size in self.SIZES]
        size = (self.across.value(), self.down.value())
        self.preset.setCurrentIndex(sizes.index(size) if size in sizes else len(sizes))

    def scene(self):
        """The scene that was asked for."""
        from core.scene.scene import Scene

        size = (self.across.value(), self.down.value())
        if self.start.currentData() == "blank":
            return Scene.blank(size)
        return sky_and_road(size, self.horizon.value() / 100)

    def kept(self) -> dict:
        """What a project of it remembers: the horizon that was asked for."""
        if self.start.currentData() == "blank":
            return {}
        return {"horizon": round(self.down.value() * self.horizon.value() / 100)}


def sky_and_road(size: tuple[int, int], horizon: float = 0.48):
    """A scene of ``size`` (width, height): sky down to ``horizon`` (0..1 of the height), road below."""
    import numpy as np

    from core.scene.scene import Scene

    labels = np.full((size[1], size[0]), STREETS.named("sky").id, np.uint8)
    labels[round(size[1] * horizon):] = STREETS.named("road").id
    return Scene(labels)


class PreferencesDialog(QDialog):
    """Every declared setting that has a title, each with the control that fits its type."""

    def __init__(self, settings: Settings, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self.settings = settings
        self.controls: dict[str, QWidget] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 18)
        layout.setSpacing(10)
        shown = [setting for setting in settings.declared.values() if setting.title]
        for page in dict.fromkeys(setting.page for setting in shown):
            layout.addWidget(QLabel(page, objectName="heading"))
            form = form_layout()
            for setting in (setting for setting in shown if setting.page == page):
                control = self.controls[setting.key] = self._control(setting)
                control.setToolTip(setting.hint)
                if isinstance(control, QCheckBox):
                    form.addRow(control)
                else:
                    words = QLabel(setting.title)
                    words.setMinimumWidth(250)  # so that the fields of all pages stand in one column
                    form.addRow(words, control)
            layout.addLayout(form)
            layout.addSpacing(8)
        close = QPushButton("Done", default=True)
        close.clicked.connect(self.accept)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        self.setMinimumWidth(460)

    def _control(self, setting: Setting) -> QWidget:
        def store(value):
            self.settings[setting.key] = value

        value = self.settings[setting.key]
        if setting.choices:
            control = QComboBox()
            for choice, words in setting.choices:
                control.addItem(words, choice)
            control.setCurrentIndex(control.findData(value))
            control.currentIndexChanged.connect(lambda: store(control.currentData()))
        elif isinstance(setting.default, bool):
            control = QCheckBox(setting.title, checked=value)
            control.toggled.connect(store)
        else:
            control = NumberField(minimum=int(setting.low), maximum=int(setting.high), suffix=setting.suffix)
            control.setValue(value)
            control.valueChanged.connect(store)
        return control


def form_layout() -> QFormLayout:
    """Words on the left, fields on the right, spaced as in all dialogs."""
    form = QFormLayout()
    form.setHorizontalSpacing(18)
    form.setVerticalSpacing(10)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form
