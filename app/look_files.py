"""Looks from and to files: named looks of streets, and looks taken from photographs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.dialogs import ask_where
from core.errors import VedutaError
from core.street_look import SUFFIX, StreetLook, check_fits, load_street_look, save_street_look

_FILTER = f"Looks (*{SUFFIX})"


class LookFiles(QObject):
    """Saving, applying and capturing the looks of a street, for the look panel."""

    def __init__(self, panel):
        super().__init__(panel)
        self.panel, self.context = panel, panel.context

    def save(self, path: Path) -> bool:
        """Write the street's looks to a file; False where that failed, which has been said."""
        name = path.name.removesuffix(SUFFIX)
        try:
            look = StreetLook.of(self.context.scene, self.panel.book, name, self.context.model.name)
            save_street_look(path, look)
        except VedutaError as error:
            self.context.failed.emit("The look can't be saved.", str(error))
            return False
        self.context.message.emit(f"Look saved: {path.name}")
        return True

    def apply(self, path: Path) -> bool:
        """Give the street the looks in a file; False where that failed, which has been said."""
        try:
            look = load_street_look(path)
            check_fits(look, self.panel.book.dim)
        except VedutaError as error:
            self.context.failed.emit("The look can't be applied.", str(error))
            return False
        return self.give(look)

    def give(self, look: StreetLook) -> bool:
        """Give a street's looks to this one, by class, as one undo step."""
        try:
            self.context.commit(look.apply(self.context.scene, self.context.locked))
        except VedutaError as error:
            self.context.failed.emit("The look can't be applied.", str(error))
            return False
        self.panel.refresh()
        return True

    def ask_save(self) -> None:
        start = str(Path(self.context.settings["folder"]) / f"street{SUFFIX}")
        path = ask_where(self.panel.window(), "Save this street's look", start, _FILTER, lambda path, _: _named(path))
        if path is not None:
            self.save(path)

    def ask_apply(self) -> None:
        folder = self.context.settings["folder"]
        path, _ = QFileDialog.getOpenFileName(self.panel.window(), "Apply a saved look", folder, _FILTER)
        if path:
            self.apply(Path(path))

    def ask_capture(self) -> None:
        """Show the dialog that takes looks from a photograph."""
        from app.capture_dialog import CaptureDialog

        CaptureDialog(self.panel).open()


def _named(path: Path) -> Path:
    """``path`` with the ending of a look."""
    return path if path.name.endswith(SUFFIX) else path.with_name(path.name.removesuffix(".json") + SUFFIX)
