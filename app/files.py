"""Opening, saving and exporting; every dialog about files is here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from app import dialogs
from app.canvas.pyramid import Pyramid, bgrx, halves
from app.context import StudioContext
from app.history import Horizon
from app.live import LiveRenderer, Photograph
from core.errors import VedutaError
from core.labels import STREETS, label_set_for
from core.scene.scene import Scene

PROJECT, MODEL = ".veduta", ".safetensors"
FOREIGN_MODELS = (".pth", ".pt")
RECENT_LIMIT = 10

OPEN_FILTER = "Streets (*.veduta *.png);;Projects (*.veduta);;Label maps (*.png);;All files (*)"
PICTURE_FILTER = "PNG (*.png);;JPEG (*.jpg *.jpeg);;TIFF (*.tif *.tiff)"


def examples_folder() -> Path:
    """Where the streets that come with the program lie."""
    return Path(__file__).resolve().parents[1] / "assets" / "examples"


def example_files() -> list[Path]:
    """The example streets, sorted by name; none where the folder is missing."""
    return sorted(examples_folder().glob(f"*{PROJECT}"))


def example_name(path: Path) -> str:
    """What a person reads: ``02_wide_avenue.veduta`` -> "Wide avenue"."""
    words = path.stem.lstrip("0123456789_- ")
    if " " not in path.stem:  # else it is spelt as it is meant
        words = words.replace("_", " ").replace("-", " ")
    return words[:1].upper() + words[1:]


class Documents(QObject):
    """The street on the canvas as a file.

    Signals:
        changed: its name, path, or saved state changed.
        recent_changed: the list of recent files changed.
    """

    changed = Signal()
    recent_changed = Signal()

    def __init__(self, context: StudioContext, live: LiveRenderer, window: QWidget):
        super().__init__(window)
        self.context, self.live, self.window = context, live, window
        self.path: Path | None = None
        self.name = "Untitled"
        self._after_render = None
        self._settings: dict = {}
        context.history.cleanChanged.connect(self.changed)
        context.history.indexChanged.connect(self.changed)
        context.photograph_changed.connect(self._run_waiting)
        live.failed.connect(lambda *_: self._stop_waiting())

    @property
    def saved(self) -> bool:
        return self.context.scene is None or self.context.history.saved

    # -- opening -----------------------------------------------------------------

    def new(self) -> bool:
        """Ask for a size and start a new street."""
        dialog = dialogs.NewStreetDialog(self.window)
        if dialog.exec() != QDialog.DialogCode.Accepted or not self.may_leave():
            return False
        self.show(dialog.scene(), "Untitled", None, kept=dialog.kept())
        return True

    def ask_open(self) -> bool:
        path, _ = QFileDialog.getOpenFileName(self.window, "Open a street", self.context.settings["folder"], OPEN_FILTER)
        return bool(path) and self.open([Path(path)])

    def ask_open_model(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self.window, "Open a model", self.context.settings["model_path"] or self.context.settings["folder"],
            "Models (*.safetensors);;All files (*)",
        )
        if path:
            self.open_model(Path(path))

    def open_model(self, path: Path) -> None:
        """Load a model file; what it says when it can't be used comes through ``live.failed``."""
        if path.suffix.lower() in FOREIGN_MODELS:
            dialogs.tell(
                self.window, f"{path.name} is not a model file of Veduta.",
                f"Bring it in with:  python main.py import \"{path}\" --out MODEL.safetensors",
            )
            return
        self.live.open_model(str(path))

    def open(self, paths: list[Path]) -> bool:
        """Open what was chosen or dropped: a project, a label map (with its instance map), or a model."""
        models = [path for path in paths if path.suffix.lower() in (MODEL, *FOREIGN_MODELS)]
        if models:
            self.open_model(models[0])
            paths = [path for path in paths if path not in models]
            if not paths:
                return True
        projects = [path for path in paths if path.suffix.lower() == PROJECT]
        try:
            if projects:
                scene, photograph, kept = self._read_project(projects[0])
                if not self.may_leave():
                    return False
                self.show(scene, projects[0].stem, projects[0], photograph, kept)
                self._remember(projects[0])
            else:
                label_path, instance_path = sort_maps(paths)
                scene = self._read_maps(label_path, instance_path)
                if not self.may_leave():
                    return False
                self.show(scene, label_path.stem, None)
                self._remember(label_path)
        except VedutaError as error:
            dialogs.tell(self.window, "This can't be opened.", str(error))
            return False
        return True

    def open_example(self, path: Path) -> bool:
        """Open a copy of a street that comes with the program; saving asks for a place."""
        try:
            scene, photograph, kept = self._read_project(path)
        except VedutaError as error:
            dialogs.tell(self.window, "This example can't be opened.", str(error))
            return False
        if not self.may_leave():
            return False
        self.show(scene, example_name(path), None, photograph, kept)
        return True

    def open_recovered(self, path: Path) -> bool:
        """Open the copy that a crash has left; it counts as never saved."""
        try:
            scene, photograph, kept = self._read_project(path)
        except VedutaError as error:
            dialogs.tell(self.window, "The copy can't be opened.", str(error))
            return False
        self.show(scene, "Recovered street", None, photograph, kept)
        self.context.history.mark_unsaved()
        self.changed.emit()
        return True

    def show(
        self, scene: Scene, name: str, path: Path | None, photograph: np.ndarray | None = None, kept: dict | None = None
    ) -> None:
        """Put a scene on the canvas under a name.

        Args:
            photograph: (H, W, 3), shown until a new one is rendered.
            kept: the settings that the project remembers.
        """
        self._stop_waiting()
        self.path, self.name = path, name
        self.context.show_scene(scene)
        self._take_settings(kept or {})
        if photograph is not None and photograph.shape[:2] == scene.label_map.shape:
            pyramid = Pyramid(halves(bgrx(photograph)))
            # Kept as a JPEG, perhaps made by another model: never saved or exported as this scene's own.
            self.context.photograph = Photograph(0, scene.snapshot(), pyramid, 0.0, exact=False)
            self.context.photograph_changed.emit()
        self.changed.emit()

    def _read_project(self, path: Path):
        from core.scene.project import load_project

        project = load_project(path)
        return project.scene, project.last_render, project.settings

    def _take_settings(self, settings: dict) -> None:
        """What a project remembers besides the scene; a value that makes no sense is left out."""
        from core.scene.project import horizon_in

        known = ("model", "label", "locked", "horizon")
        self._settings = {key: value for key, value in settings.items() if key not in known}
        locked, horizon = settings.get("locked"), horizon_in(settings, self.context.scene.size)
        if isinstance(locked, list):
            there = self.context.scene.objects()
            self.context.locked.update(value for value in locked if type(value) is int and value in there)
            self.context.locks_changed.emit()
        if horizon is not None:
            self.context.settle_horizon(Horizon(horizon, True))

    def _read_maps(self, label_path: Path, instance_path: Path | None) -> Scene:
        from core.scene.cityscapes import load_pair

        model = self.context.model
        return load_pair(label_path, instance_path, label_set_for(model.label_set if model is not None else STREETS))

    # -- saving --------------------------------------------------------------------

    def may_leave(self) -> bool:
        """Ask about unsaved changes; True where the street on the canvas may go."""
        if self.saved:
            return True
        answer = dialogs.ask_save(self.window, self.name)
        return answer == "discard" or answer == "save" and self.save()

    def save(self) -> bool:
        return self.save_to(self.path) if self.path is not None else self.save_as()

    def save_as(self) -> bool:
        start = self.path or Path(self.context.settings["folder"] or Path.home()) / f"{self.name}{PROJECT}"
        path = dialogs.ask_where(
            self.window, "Save the street", start, "Projects (*.veduta)", lambda path, _: _with_suffix(path, PROJECT)
        )
        return path is not None and self.save_to(path)

    def save_to(self, path: Path) -> bool:
        """Write the project; False, after saying why, where that fails."""
        from core.scene.project import save_project

        if self._held():
            return False
        try:
            save_project(path, self.context.scene, self.project_settings(), self.current_photograph())
        except VedutaError as error:
            dialogs.tell(self.window, "The street is not saved.", str(error))
            return False
        self.path, self.name = path, path.stem
        self.context.history.mark_saved()
        self._remember(path)
        self.context.message.emit(f"Saved {path.name}")
        self.changed.emit()
        return True

    def _held(self) -> bool:
        """True, after saying so, while a gesture is under way: what it has drawn so far may yet be taken back."""
        if self.context.stroking:
            self.context.message.emit("Nothing is written while you paint or move something. Finish that, or press Esc, and try again.")
        return self.context.stroking

    def project_settings(self) -> dict:
        """What a project remembers besides the scene."""
        model = self.context.model
        kept = {"model": model.name if model is not None else "", "label": self.context.label_id}
        locked = sorted(value for value in self.context.locked if self.context.scene.area(value))
        if locked:
            kept["locked"] = locked
        if self.context.horizon_set:
            kept["horizon"] = self.context.horizon()
        # What a newer version has put there goes along.
        return {**self._settings, **kept}

    def current_photograph(self) -> np.ndarray | None:
        """The photograph on show, if it is of the scene as it is now."""
        return self.context.photograph.rgb if self.live.is_current else None

    # -- exporting -------------------------------------------------------------------

    def ask_export_photograph(self) -> None:
        start = Path(self.context.settings["folder"] or Path.home()) / f"{self.name}.png"
        path = dialogs.ask_where(self.window, "Export the photograph", start, PICTURE_FILTER, _with_picture_suffix)
        if path is not None:
            self.export_photograph(path)

    def export_photograph(self, path: Path) -> None:
        """Write the photograph of the scene as it is now, rendering it first where needed."""
        if not self.live.is_current:
            if self.context.model is None:
                dialogs.tell(self.window, "There is no photograph yet.", "Open a model first.")
                return
            self._after_render = lambda: self.export_photograph(path)
            self.context.message.emit("Rendering, then exporting.")
            self.live.request()
            return
        from core.scene.files import write_picture

        try:
            write_picture(path, self.context.photograph.rgb, self.context.settings["jpeg_quality"])
        except VedutaError as error:
            dialogs.tell(self.window, "The photograph is not exported.", str(error))
            return
        self.context.settings["folder"] = str(path.parent)
        self.context.message.emit(f"Exported {path.name}")

    def ask_export_maps(self) -> None:
        start = Path(self.context.settings["folder"] or Path.home()) / f"{self.name}_gtFine_labelIds.png"
        path = dialogs.ask_where(
            self.window, "Export the label map and the instance map", start, "Label map (*.png)",
            lambda path, _: _with_suffix(path, ".png"),
        )
        if path is not None:
            self.export_maps(path)

    def export_maps(self, label_path: Path) -> None:
        """Write the label map there and the instance map beside it."""
        from core.scene.cityscapes import save_pair

        if self._held():
            return
        instance_path = instance_partner(label_path)
        try:
            save_pair(self.context.scene, label_path, instance_path)
        except VedutaError as error:
            dialogs.tell(self.window, "The maps are not exported.", str(error))
            return
        self.context.settings["folder"] = str(label_path.parent)
        self.context.message.emit(f"Exported {label_path.name} and {instance_path.name}")

    def _run_waiting(self) -> None:
        if self._after_render is not None and self.live.is_current:
            action, self._after_render = self._after_render, None
            action()
        elif self._after_render is not None and self.context.photograph is not None:
            self.live.request()

    def _stop_waiting(self) -> None:
        self._after_render = None

    # -- recent files ------------------------------------------------------------------

    def _remember(self, path: Path) -> None:
        path = path.absolute()
        kept = [entry for entry in self.context.settings["recent"] if entry != str(path)]
        self.context.settings["recent"] = tuple([str(path), *kept][:RECENT_LIMIT])
        self.context.settings["folder"] = str(path.parent)
        self.recent_changed.emit()

    def forget_recent(self) -> None:
        self.context.settings["recent"] = ()
        self.recent_changed.emit()


def instance_partner(label_path: Path) -> Path:
    """Where the instance map of a label map lies by Cityscapes' names, else ``name_instanceIds.png``."""
    for mine, its in (("labelIds", "instanceIds"), ("label", "inst")):
        if mine in label_path.name:
            return label_path.with_name(label_path.name.replace(mine, its))
    return label_path.with_name(f"{label_path.stem}_instanceIds.png")


def sort_maps(paths: list[Path]) -> tuple[Path, Path | None]:
    """Which of one or two files is the label map, and which the instance map (16 bits a pixel), if any.

    A label map alone takes the instance map that lies beside it under Cityscapes' name.
    """
    instances = [path for path in paths if _has_16_bits(path)]
    labels = [path for path in paths if path not in instances]
    if not labels:
        for instance in instances:
            label = instance.with_name(instance.name.replace("instanceIds", "labelIds"))
            if label != instance and label.exists():
                return label, instance
        return paths[0], None  # the reader says what is wrong with it
    if instances:
        return labels[0], instances[0]
    partner = instance_partner(labels[0])
    return labels[0], partner if partner != labels[0] and partner.exists() else None


def _has_16_bits(path: Path) -> bool:
    from core.scene.png import SIGNATURE

    try:
        with open(path, "rb") as file:
            head = file.read(26)
    except OSError:
        return False
    return head.startswith(SIGNATURE) and len(head) == 26 and head[24] == 16


def _with_picture_suffix(path: Path, kind: str) -> Path:
    """``path`` with the ending of the chosen filter where it has none of a picture."""
    from core.scene.files import PICTURE_SUFFIXES

    if path.suffix.lower() in PICTURE_SUFFIXES:
        return path
    return path.with_name(path.name + ("." + kind.split("*.")[1].split(" ")[0].rstrip(")") if "*." in kind else ".png"))


def _with_suffix(path: Path, suffix: str) -> Path:
    return path if path.suffix.lower() == suffix else path.with_name(path.name + suffix)
