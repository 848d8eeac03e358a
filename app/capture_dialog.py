"""Capture from a photograph: which photograph, what it shows, and who gets the looks."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal
from PySide6.QtWidgets import (
    QComboBox, QDialog, QDialogButtonBox, QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton,
    QVBoxLayout, QWidget,
)

from app.capture_picture import CapturePicture
from app.controls import Segments
from app.dialogs import form_layout
from app.files import sort_maps
from app.look_commands import CopiedLook
from core import looks
from core.errors import SceneError, VedutaError
from core.labels import object_class
from core.look_regions import key_part, key_value, keys_of, look_key
from core.street_look import StreetLook

log = logging.getLogger("veduta.capture")

_PICTURES = "Photographs (*.png *.jpg *.jpeg *.tif *.tiff *.webp);;All files (*)"

#: What the photograph shows: value, words, hint.
SUBJECTS = (
    ("region", "A region", "Draw a rectangle: what it shows gives its look to the selected objects"),
    ("maps", "With its own maps", "Its label and instance maps say what is where; click an object, or take all by class"),
    ("street", "This street", "It is the photograph of the street on the canvas, object by object"),
)

SELECTED, ALL = "selected", "all"


class CaptureDialog(QDialog):
    """Takes looks from a photograph with the model's encoder; one undo step."""

    def __init__(self, panel, parent: QWidget | None = None):
        super().__init__(parent or panel.window())
        self.panel, self.context = panel, panel.context
        self.setWindowTitle("Capture looks from a photograph")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(620)
        self.photograph: np.ndarray | None = None
        self.maps: tuple[np.ndarray, np.ndarray] | None = None  # (label map, instance map)
        self.values = list(panel.values) if self.context.selected else []
        self.part = panel.choice.part if self.values else 0  # what a region's look is for; 0: whole objects
        self._job: CaptureJob | None = None
        self._to = ALL  # who gets the looks that are being taken

        self.path = QLineEdit(readOnly=True, placeholderText="No photograph chosen yet")
        choose = QPushButton("Choose\u2026")
        choose.setAutoDefault(False)
        choose.clicked.connect(self._ask_photograph)
        self.subject = Segments(self.context.theme, SUBJECTS)
        self.subject.chosen.connect(self.choose_subject)
        self.maps_path = QLineEdit(readOnly=True, placeholderText="Label map; the instance map beside it is found by its name")
        self.maps_choose = QPushButton("Choose\u2026")
        self.maps_choose.setAutoDefault(False)
        self.maps_choose.clicked.connect(self._ask_maps)
        self.maps_row = QWidget()
        self.picture = CapturePicture(self.context.theme)
        self.picture.changed.connect(self._settle)
        self.give = QComboBox()
        self.give.activated.connect(lambda _: self._settle())
        self.text = QLabel(objectName="muted", wordWrap=True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.take = buttons.addButton("Take looks", QDialogButtonBox.ButtonRole.AcceptRole)
        self.take.setDefault(True)
        self.take.clicked.connect(self.start)
        buttons.rejected.connect(self.reject)

        form = form_layout()
        form.setFieldGrowthPolicy(form.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("Photograph", _pair(self.path, choose))
        form.addRow("It shows", self.subject)
        inner = QHBoxLayout(self.maps_row)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(6)
        inner.addWidget(self.maps_path, 1)
        inner.addWidget(self.maps_choose)
        form.addRow("Maps", self.maps_row)
        self.form = form
        form.addRow("Give to", self.give)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(14)
        layout.addLayout(form)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.text)
        layout.addWidget(buttons)
        self.kind = ""
        self.choose_subject("region" if self.values else "street")

    # -- choosing ----------------------------------------------------------------

    def choose_subject(self, kind: str) -> None:
        """What the photograph shows, see :data:`SUBJECTS`."""
        self.kind = kind
        self.subject.show_choice(kind)
        self.form.setRowVisible(self.maps_row, kind == "maps")
        self.give.clear()
        if self.values:
            name_of, count = self.context.label_set.name_of, len(self.values)
            words = f"the selected {name_of(object_class(self.values[-1]))}" if count == 1 else f"the {count} selected objects"
            if kind == "region" and self.part:
                words = f"the parts of {words} of this kind: {name_of(self.part)}"
            self.give.addItem(words, SELECTED)
        if kind != "region":
            words = {"maps": "the whole street, class by class", "street": "every object of the street"}[kind]
            self.give.addItem(words, ALL)
        self._show()

    def open_photograph(self, path: Path) -> bool:
        """Read the photograph; False where that failed, which is said in the dialog."""
        from core.scene.files import read_picture

        try:
            self.photograph = read_picture(path)
        except VedutaError as error:
            self._say(str(error))
            return False
        self.path.setText(str(path))
        self._show()
        return True

    def open_maps(self, paths: list[Path]) -> bool:
        """Read the photograph's maps; False where that failed, which is said in the dialog."""
        from core.scene.cityscapes import load_pair

        try:
            label_path, instance_path = sort_maps(paths)
            scene = load_pair(label_path, instance_path)
        except VedutaError as error:
            self._say(str(error))
            return False
        self.maps = np.asarray(scene.label_map), np.asarray(scene.instance_map)
        self.maps_path.setText(str(label_path))
        self._show()
        return True

    def _ask_photograph(self) -> None:
        folder = self.context.settings["folder"]
        path, _ = QFileDialog.getOpenFileName(self, "Choose a photograph", folder, _PICTURES)
        if path:
            self.open_photograph(Path(path))

    def _ask_maps(self) -> None:
        folder = str(Path(self.path.text()).parent) if self.path.text() else self.context.settings["folder"]
        paths, _ = QFileDialog.getOpenFileNames(self, "Choose the label map, or both maps", folder, "Maps (*.png)")
        if paths:
            self.open_maps([Path(path) for path in paths])

    def _shown_maps(self) -> tuple[np.ndarray, np.ndarray] | None:
        if self.kind == "maps":
            return self.maps
        if self.kind == "street":
            scene = self.context.scene
            return np.asarray(scene.label_map), np.asarray(scene.instance_map)
        return None

    def _show(self) -> None:
        maps = self._shown_maps()
        self.picture.show_photograph(self.photograph, maps[1] if maps is not None else None, self.kind == "region")
        self._settle()

    # -- what is missing -------------------------------------------------------------

    def _missing(self) -> str:
        """What a person still has to do, "" where nothing."""
        if self.photograph is None:
            return "Choose a photograph."
        if self.kind == "region" and not self.values:
            return "Close this, select the objects that are to get the look, and come back."
        if self.kind == "region" and self.picture.region is None:
            return "Draw a rectangle over what the look is to be taken from."
        if self.kind == "maps" and self.maps is None:
            return "Choose the photograph's maps."
        if self.kind == "maps" and self.give.currentData() == SELECTED and not self.picture.value:
            return "Click the object in the photograph whose look is wanted."
        return ""

    def _settle(self) -> None:
        missing = self._missing()
        self.take.setEnabled(not missing and self._job is None)
        self._say(missing)

    def _say(self, text: str) -> None:
        self.text.setText(text)

    # -- taking ------------------------------------------------------------------------

    def start(self) -> None:
        """Compute the looks on another thread, then give them."""
        if self._missing() or self._job is not None:
            return
        give = self._to = self.give.currentData()
        kind, photograph, maps = self.kind, self.photograph, self._shown_maps()
        region, value = self.picture.region, self.picture.value
        label_set, name = self.context.label_set, Path(self.path.text()).stem

        def run(model):
            from core import capture

            if kind == "region":
                return capture.region_code(model, photograph, region)
            if kind == "maps" and give == ALL:
                return capture.photograph_look(model, photograph, *maps, label_set, name)
            capture.check_proportions(photograph, maps[1].shape[::-1], "the maps" if kind == "maps" else "the street")
            codes = capture.photograph_codes(model, photograph, *maps, label_set)
            if kind == "street":
                return codes
            if value not in codes:
                raise SceneError("That object is too small to take a look from; click a larger one.")
            return CopiedLook(int(object_class(value)), 0, {key_part(key): codes[key] for key in keys_of(codes, value)})

        self._job = CaptureJob(self.context.model.path, self.context.settings["device"], run)
        self._job.signals.done.connect(self._give)
        self._job.signals.failed.connect(self._failed)
        self.take.setEnabled(False)
        self._say("Taking looks\u2026")
        QThreadPool.globalInstance().start(self._job)

    def _give(self, found) -> None:
        if self._job is None:
            return  # cancelled while this was on its way
        self._job = None
        if self.context.scene is None:
            self.reject()
            return
        try:
            if isinstance(found, StreetLook):
                edit = found.apply(self.context.scene, self.context.locked)
            else:
                chosen = self._chosen(found)
                if not chosen:
                    raise SceneError("The photograph shows nothing large enough to take a look from.")
                edit = looks.give_looks(self.context.scene, chosen, "Take looks from a photograph")
        except VedutaError as error:
            self._failed(str(error))
            return
        self.context.commit(edit)
        self.panel.refresh()
        self.context.message.emit("The looks are taken from the photograph.")
        self.accept()

    def _chosen(self, found: np.ndarray | CopiedLook | dict[int, np.ndarray]) -> dict[int, np.ndarray]:
        """Look key -> code: who gets what, of the code of a region, the look of an object, or the looks of this street."""
        scene = self.context.scene
        there = [value for value in self.values if scene.area(value)]
        if isinstance(found, np.ndarray):
            return {look_key(value, self.part): found for value in there}
        if isinstance(found, CopiedLook):
            return found.for_objects(there)
        wanted = set(there) if self._to == SELECTED else set(map(key_value, found)) - self.context.locked
        return {key: code for key, code in found.items() if key_value(key) in wanted and scene.area(key_value(key))}

    def _failed(self, sentence: str) -> None:
        self._job = None
        self._settle()
        self._say(sentence)

    def done(self, result: int) -> None:
        if self._job is not None:
            self._job.signals.blockSignals(True)
            self._job = None
        super().done(result)


class _Signals(QObject):
    done = Signal(object)
    failed = Signal(str)


class CaptureJob(QRunnable):
    """Runs the encoder of a model file on a thread of the pool."""

    def __init__(self, path: str, device: str, run):
        super().__init__()
        self._path, self._device, self._run = path, device, run
        self.signals = _Signals()

    def run(self) -> None:
        try:
            from core.models.model_file import load_model
            from core.rendering.device import choose_device

            model = load_model(self._path)
            if model.encoder is not None:
                model.encoder.to(choose_device(self._device))
            self.signals.done.emit(self._run(model))
        except VedutaError as error:
            self.signals.failed.emit(str(error))
        except Exception as error:
            log.exception("Looks can't be taken")
            self.signals.failed.emit(f"Looks can't be taken from this photograph ({error}).")


def _pair(field: QWidget, button: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    row.addWidget(field, 1)
    row.addWidget(button)
    return row
