"""User settings, each declared once.

A row of :data:`DECLARED` gives a setting's key, its default (which also fixes
its type), its words and its range; storage and the preferences dialog follow
from that row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal


@dataclass(frozen=True)
class Setting:
    """One declared setting.

    Attributes:
        key: name in the settings file.
        default: value before the user chooses; its type is the setting's type.
        title: what the preferences dialog calls it, or "" to keep it out of the dialog.
        hint: one sentence of help.
        page: heading in the preferences dialog.
        low, high: inclusive range of a number.
        choices: (value, words) pairs where only some values are allowed.
        suffix: unit shown behind a number.
    """

    key: str
    default: Any
    title: str = ""
    hint: str = ""
    page: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[tuple[Any, str], ...] = ()
    suffix: str = ""

    def accept(self, value: Any) -> Any:
        """``value`` in this setting's type and range; the default where it can't be."""
        try:
            if isinstance(self.default, bool):
                value = value if isinstance(value, bool) else str(value).lower() in ("true", "1")
            elif isinstance(self.default, int):
                value = int(value)
            elif isinstance(self.default, float):
                value = float(value)
            elif isinstance(self.default, str):
                value = str(value)
            elif isinstance(self.default, tuple):
                value = tuple(value) if isinstance(value, (list, tuple)) else (value,) if value else ()
            elif isinstance(self.default, QByteArray):
                value = value if isinstance(value, QByteArray) else QByteArray()
        except (TypeError, ValueError):
            return self.default
        if self.choices and value not in [choice for choice, _ in self.choices]:
            return self.default
        if self.low is not None:
            value = max(type(self.default)(self.low), value)
        if self.high is not None:
            value = min(type(self.default)(self.high), value)
        return value


DECLARED: tuple[Setting, ...] = (
    Setting(
        "theme", "system", "Look", "Light or dark; 'system' follows the desktop.", "Window",
        choices=(("system", "Follow the system"), ("light", "Light"), ("dark", "Dark")),
    ),
    Setting("open_example", True, "Start with an example street", "Otherwise the start page is shown.", "Window"),
    Setting(
        "arrange", "auto", "Labels and photograph stand", "'The larger way' looks at the window and the street.", "Window",
        choices=(("auto", "The larger way"), ("beside", "Beside each other"), ("above", "Above each other")),
    ),
    Setting("object_edges", True, "Draw lines between objects", "Shows where one car ends and the next begins.", "Painting"),
    Setting("paint_hint", 45, "Paint on the photograph shows through", "How strongly fresh paint covers the photograph until the new one arrives.", "Painting", 0, 100, suffix=" %"),
    Setting("fill_painted", True, "Fill in parts of what is painted", "A painted house gets windows, a car wheels and glass, once the hand rests.", "Painting"),
    Setting("undo_steps", 300, "Steps that can be undone", "Counts from the next street that you open.", "Painting", 10, 5000),
    Setting("live", True, "Render while painting", "Off: press F5 for a new photograph.", "Photograph"),
    Setting(
        "device", "auto", "Compute on", "Takes effect when a model is opened.", "Photograph",
        choices=(("auto", "The fastest device"), ("cpu", "CPU"), ("cuda", "NVIDIA GPU"), ("mps", "Apple GPU")),
    ),
    Setting("jpeg_quality", 95, "JPEG quality", "For exported photographs.", "Photograph", 50, 100),
    Setting("autosave_seconds", 60, "Keep a recovery copy every", "Offered after a crash.", "Files", 5, 3600, suffix=" s"),
    # Remembered between sessions, not in the dialog.
    Setting("brush_radius", 24, low=1, high=512),
    Setting("overlay_opacity", 50, low=0, high=100),
    Setting("view", "side", choices=(("side", ""), ("overlay", ""), ("swipe", ""))),
    Setting("target", "auto", choices=(("auto", ""), ("new", ""), ("extend", ""))),
    Setting("paint_over", "all", choices=(("all", ""), ("background", ""), ("unlabeled", ""))),
    Setting("autofill", False),
    Setting("perspective", False),
    Setting("sun_azimuth", -50, low=-180, high=180),
    Setting("sun_elevation", 40, low=3, high=90),
    Setting("sun_houses", True),
    Setting("model_path", ""),
    Setting("runs_folder", ""),
    Setting("scenes_folder", ""),
    Setting("training_data", ""),
    Setting("training_recipe", "compact"),
    Setting("folder", ""),
    Setting("recent", ()),
    Setting("geometry", QByteArray()),
    Setting("window_state", QByteArray()),
)


class Settings(QObject):
    """The user's settings: ``settings["key"]`` reads, ``settings["key"] = v`` checks, stores and tells."""

    changed = Signal(str, object)

    def __init__(self, store: QSettings | None = None, parent: QObject | None = None):
        super().__init__(parent)
        self._store = store or QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "Veduta", "Veduta"
        )
        self.declared = {setting.key: setting for setting in DECLARED}
        self._values = {
            key: setting.accept(self._store.value(key, setting.default)) for key, setting in self.declared.items()
        }

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        value = self.declared[key].accept(value)
        if value == self._values[key]:
            return
        self._values[key] = value
        self._store.setValue(key, list(value) if isinstance(value, tuple) else value)
        self.changed.emit(key, value)

    def sync(self) -> None:
        """Write to disk now."""
        self._store.sync()
