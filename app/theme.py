"""The studio's look: Fusion with a light and a dark palette, one accent, icons that follow."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from app.icons import icon


@dataclass(frozen=True)
class Look:
    """Named colours, as #rrggbb."""

    dark: bool
    window: str
    panel: str
    raised: str
    field: str
    canvas: str
    line: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    accent_soft: str
    hover: str
    warn: str


LIGHT = Look(
    dark=False, window="#f3f4f5", panel="#fafbfb", raised="#ffffff", field="#ffffff", canvas="#dcdfe1",
    line="#d9dcdf", text="#22272b", muted="#69727a", faint="#a3abb1", accent="#1f7a8c", on_accent="#ffffff",
    accent_soft="#d8eaee", hover="#e7eaec", warn="#b3541e",
)
DARK = Look(
    dark=True, window="#25282b", panel="#2b2f32", raised="#34393d", field="#1f2225", canvas="#191b1d",
    line="#3b4044", text="#e3e6e8", muted="#98a1a8", faint="#656d73", accent="#5cb8c9", on_accent="#10242a",
    accent_soft="#294a52", hover="#383d41", warn="#e8a06a",
)


class Theme(QObject):
    """Applies a look to the application and keeps icons in its colours.

    ``changed`` fires after the look has changed, so custom-painted widgets
    can repaint.
    """

    changed = Signal()

    def __init__(self, app: QApplication, choice: str = "system"):
        super().__init__(app)
        self._app = app
        self._choice = choice
        self._dressed: list[tuple[weakref.ref, tuple[str, ...]]] = []
        self.look = LIGHT
        app.setStyle(QStyleFactory.create("Fusion"))
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow)
        self.choose(choice)

    def choose(self, choice: str) -> None:
        """``choice``: "system", "light" or "dark"."""
        self._choice = choice
        scheme = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(choice, Qt.ColorScheme.Unknown)
        hints = QGuiApplication.styleHints()
        if scheme == Qt.ColorScheme.Unknown:
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(scheme)
        self._apply()

    def _follow(self) -> None:
        if self._choice == "system":
            self._apply()

    def _apply(self) -> None:
        system_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        dark = system_dark if self._choice == "system" else self._choice == "dark"
        self.look = DARK if dark else LIGHT
        self._app.setPalette(_palette(self.look))
        self._app.setStyleSheet(_style_sheet(self.look))
        alive = []
        for reference, names in self._dressed:
            target = reference()
            if target is not None:
                try:
                    target.setIcon(self.icon(*names))
                except RuntimeError:  # the C++ side is gone already
                    continue
                alive.append((reference, names))
        self._dressed = alive
        self.changed.emit()

    def colour(self, name: str) -> QColor:
        """A named colour of the present look."""
        return QColor(getattr(self.look, name))

    def icon(self, name: str, on_name: str | None = None) -> QIcon:
        """A Phosphor icon, e.g. ``paint-brush``, in the look's colours; its "on" state is in the accent, or ``on_name``."""
        look = self.look
        return icon(name, look.text, look.faint, look.accent, on_name)

    def dress(self, target, *names: str):
        """Give ``target`` (anything with ``setIcon``) an :meth:`icon` that follows the look; returns ``target``."""
        target.setIcon(self.icon(*names))
        self._dressed.append((weakref.ref(target), names))
        return target


ICON = QSize(20, 20)
ICONS = Path(__file__).resolve().parents[1] / "assets" / "icons"


def _palette(look: Look) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for name, colour in (
        (role.Window, look.window), (role.WindowText, look.text), (role.Base, look.field),
        (role.AlternateBase, look.panel), (role.Text, look.text), (role.Button, look.raised),
        (role.ButtonText, look.text), (role.BrightText, look.warn), (role.Highlight, look.accent),
        (role.HighlightedText, look.on_accent), (role.Link, look.accent), (role.ToolTipBase, look.raised),
        (role.ToolTipText, look.text), (role.PlaceholderText, look.faint), (role.Accent, look.accent),
        (role.Light, look.raised), (role.Midlight, look.hover), (role.Mid, look.line), (role.Dark, look.line),
        (role.Shadow, look.canvas),
    ):
        palette.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(look.faint))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(look.line))
    return palette


def _style_sheet(look: Look) -> str:
    tick, caret, caret_up = (
        (ICONS / f"{name}-{'dark' if look.dark else 'light'}.svg").as_posix() for name in ("check", "caret", "caret-up")
    )
    return f"""
    QToolTip {{ background: {look.raised}; color: {look.text}; border: 1px solid {look.line}; padding: 5px 7px; }}
    QMainWindow::separator {{ background: {look.line}; width: 1px; height: 1px; }}
    QMainWindow::separator:hover {{ background: {look.accent}; }}
    QMenuBar {{ background: {look.window}; border-bottom: 1px solid {look.line}; padding: 2px 6px; }}
    QMenuBar::item {{ padding: 5px 9px; border-radius: 5px; background: transparent; }}
    QMenuBar::item:selected {{ background: {look.hover}; }}
    QMenu {{ background: {look.raised}; border: 1px solid {look.line}; padding: 5px; }}
    QMenu::item {{ padding: 6px 26px 6px 10px; border-radius: 5px; }}
    QMenu::item:selected {{ background: {look.accent_soft}; color: {look.text}; }}
    QMenu::item:disabled {{ color: {look.faint}; }}
    QMenu::separator {{ height: 1px; background: {look.line}; margin: 5px 8px; }}
    QMenu::icon {{ padding-left: 8px; }}
    QToolBar {{ background: {look.window}; border: none; spacing: 4px; padding: 6px 8px; }}
    QToolBar#options {{ border-bottom: 1px solid {look.line}; }}
    QToolBar#tools {{ border-right: 1px solid {look.line}; padding: 8px 6px; spacing: 4px; }}
    QToolBar::separator {{ background: {look.line}; width: 1px; height: 1px; margin: 6px 6px; }}
    QToolButton {{ border: none; border-radius: 7px; padding: 6px; color: {look.text}; background: transparent; }}
    QToolButton:hover {{ background: {look.hover}; }}
    QToolButton:pressed {{ background: {look.line}; }}
    QToolButton:checked {{ background: {look.accent_soft}; color: {look.text}; }}
    QToolButton:disabled {{ color: {look.faint}; }}
    QFrame#segments {{ background: {look.field if look.dark else look.hover}; border-radius: 8px; }}
    QFrame#segments QToolButton {{ padding: 4px 10px; border-radius: 6px; margin: 2px; color: {look.muted}; }}
    QFrame#segments QToolButton:checked {{ background: {look.line if look.dark else look.raised}; color: {look.text}; }}
    QFrame#segments QToolButton:disabled {{ color: {look.faint}; }}
    QLabel#panelTitle {{ color: {look.muted}; font-weight: 600; }}
    QWidget#panel, QScrollArea#panel, QScrollArea#panel > QWidget > QWidget {{ background: {look.panel}; }}
    QTreeView {{ background: {look.panel}; border: none; outline: none; }}
    QTreeView::branch {{ background: {look.panel}; }}
    QListView#runs {{ background: {look.panel}; border: none; outline: none; }}
    QListView#runs::item {{ border-radius: 7px; padding: 4px 8px; }}
    QListView#runs::item:hover {{ background: {look.hover}; }}
    QListView#runs::item:selected {{ background: {look.accent_soft}; color: {look.text}; }}
    QTreeView#table {{ background: {look.field}; border: 1px solid {look.line}; border-radius: 7px; }}
    QTreeView#table::branch {{ background: {look.field}; }}
    QTreeView#table::item {{ padding: 4px 8px; }}
    QTreeView#table::item:selected {{ background: {look.accent_soft}; color: {look.text}; }}
    QTreeView#table QHeaderView::section {{ background: {look.field}; color: {look.muted}; border: none;
        border-bottom: 1px solid {look.line}; padding: 5px 10px; }}
    QProgressBar {{ background: {look.line}; border: none; border-radius: 3px; text-align: center; }}
    QProgressBar::chunk {{ background: {look.accent}; border-radius: 3px; }}
    QTabWidget::pane {{ border: none; }}
    QTabBar::tab {{ background: transparent; border: none; border-bottom: 2px solid transparent; padding: 5px 12px;
        color: {look.muted}; }}
    QTabBar::tab:selected {{ color: {look.text}; border-bottom-color: {look.accent}; }}
    QListWidget#rows {{ background: {look.panel}; border: none; outline: none; padding-left: 6px; }}
    QListWidget#rows::item {{ border-radius: 6px; }}
    QListWidget#rows::item:hover {{ background: {look.hover}; }}
    QListWidget#rows::item:selected {{ background: {look.accent_soft}; border: 1px solid {look.accent}; }}
    QLineEdit, QComboBox, QSpinBox {{ background: {look.field}; border: 1px solid {look.line}; border-radius: 7px;
        padding: 4px 8px; min-height: 18px; selection-background-color: {look.accent}; selection-color: {look.on_accent}; }}
    QLineEdit:hover, QComboBox:hover, QSpinBox:hover {{ border-color: {look.faint}; }}
    QLineEdit:focus, QComboBox:focus, QSpinBox:focus {{ border-color: {look.accent}; }}
    QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled {{ color: {look.faint}; }}
    QSpinBox QLineEdit, QComboBox QLineEdit, QAbstractItemView QLineEdit {{ border: none; padding: 0; min-height: 0;
        background: transparent; }}
    QSpinBox {{ padding-top: 3px; padding-bottom: 2px; }}
    QSpinBox::up-button, QSpinBox::down-button {{ subcontrol-origin: border; width: 18px; height: 12px; border: none;
        background: transparent; }}
    QSpinBox::up-button {{ subcontrol-position: top right; margin: 2px 3px 0 0; }}
    QSpinBox::down-button {{ subcontrol-position: bottom right; margin: 0 3px 2px 0; }}
    QSpinBox::up-arrow {{ image: url("{caret_up}"); width: 11px; height: 11px; }}
    QSpinBox::down-arrow {{ image: url("{caret}"); width: 11px; height: 11px; }}
    QSpinBox#seed::up-button, QSpinBox#seed::down-button, QSpinBox#seed::up-arrow, QSpinBox#seed::down-arrow {{
        width: 0; border: none; image: none; }}
    QComboBox::drop-down {{ border: none; width: 22px; }}
    QComboBox::down-arrow {{ image: url("{caret}"); width: 12px; height: 12px; }}
    QComboBox QAbstractItemView {{ background: {look.raised}; border: 1px solid {look.line}; outline: none;
        selection-background-color: {look.accent_soft}; selection-color: {look.text}; }}
    QPushButton {{ background: {look.raised}; border: 1px solid {look.line}; border-radius: 7px; padding: 6px 14px; }}
    QPushButton:hover {{ background: {look.hover}; }}
    QPushButton:pressed {{ background: {look.line}; }}
    QPushButton:disabled {{ color: {look.faint}; }}
    QPushButton:focus {{ border-color: {look.accent}; }}
    QPushButton:checked {{ background: {look.accent_soft}; border-color: {look.accent}; }}
    QPushButton#primary, QPushButton:default {{ background: {look.accent}; color: {look.on_accent}; border-color: {look.accent}; }}
    QPushButton#primary:disabled, QPushButton:default:disabled {{ background: {look.line}; color: {look.faint}; border-color: {look.line}; }}
    QPushButton#code {{ padding: 0; border-radius: 6px; font-weight: 500; }}
    QPushButton#code:checked {{ background: {look.accent}; color: {look.on_accent}; border-color: {look.accent}; }}
    QSlider::groove:horizontal {{ height: 3px; background: {look.line}; border-radius: 1px; }}
    QSlider::sub-page:horizontal {{ height: 3px; background: {look.accent}; border-radius: 1px; }}
    QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -6px 0; border-radius: 7px;
        background: {look.raised}; border: 1px solid {look.faint}; }}
    QSlider::handle:horizontal:hover {{ border-color: {look.accent}; }}
    QSlider::sub-page:horizontal:disabled {{ background: {look.line}; }}
    QStatusBar {{ background: {look.window}; border-top: 1px solid {look.line}; color: {look.muted}; }}
    QStatusBar::item {{ border: none; }}
    QStatusBar QLabel {{ color: {look.muted}; padding: 3px 6px; }}
    QCheckBox {{ spacing: 8px; }}
    QCheckBox::indicator {{ width: 16px; height: 16px; border: 1px solid {look.faint}; border-radius: 4px;
        background: {look.field}; }}
    QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border-color: {look.accent}; }}
    QCheckBox::indicator:checked {{ background: {look.accent}; border-color: {look.accent};
        image: url("{tick}"); }}
    QCheckBox::indicator:disabled {{ border-color: {look.line}; }}
    QRadioButton {{ spacing: 8px; }}
    QRadioButton::indicator {{ width: 14px; height: 14px; border: 1px solid {look.faint}; border-radius: 8px;
        background: {look.field}; }}
    QRadioButton::indicator:hover, QRadioButton::indicator:focus {{ border-color: {look.accent}; }}
    QRadioButton::indicator:checked {{ width: 6px; height: 6px; border: 5px solid {look.accent}; background: {look.field}; }}
    QRadioButton::indicator:disabled {{ border-color: {look.line}; }}
    QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
    QSplitter::handle {{ background: {look.line}; }}
    QSplitter::handle:hover {{ background: {look.faint}; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {look.line}; border-radius: 3px; min-height: 28px; margin: 2px; }}
    QScrollBar::handle:vertical:hover {{ background: {look.faint}; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
    QScrollBar::handle:horizontal {{ background: {look.line}; border-radius: 3px; min-width: 28px; margin: 2px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QLabel#title {{ font-size: 22px; font-weight: 600; }}
    QLabel#heading {{ font-weight: 600; }}
    QLabel#muted {{ color: {look.muted}; }}
    """
