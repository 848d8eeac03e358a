"""The window's actions, menus and tool bar: one table, so that every key is found in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QToolBar

from app.canvas.canvas import VIEWS
from app.canvas.tools import TOOLS
from app.context import TARGETS
from app.object_actions import add_object_actions
from app.palette_panel import quick_label
from app.theme import ICON

Standard = QKeySequence.StandardKey


@dataclass(frozen=True)
class Command:
    """One action: menu path, words, keys, icon (Phosphor or ""), what it does, whether it needs a street."""

    menu: str
    words: str
    keys: tuple
    icon: str
    run: Callable[[], object]
    needs_scene: bool = False
    separate: bool = False


class Actions:
    """Builds the actions of a studio window; ``named`` finds one by its words."""

    def __init__(self, window: QMainWindow):
        self.window = window
        self.named: dict[str, QAction] = {}
        self.tools: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        self._scene_actions: list[QAction] = []
        context, canvas, documents, live = window.context, window.canvas, window.documents, window.live

        for name in ("File", "Edit", "Object", "Paint", "View", "Train", "Help"):
            self._menus[name] = window.menuBar().addMenu(f"&{name}")
        self.recent = QMenu("Open recent", window)
        self.examples = QMenu("Examples", window)

        def radius(step: int, large: bool):
            def change():
                now = context.brush_radius
                factor = 0.5 if large else 0.12
                context.choose_radius(now + step * max(1, round(now * factor)))
            return change

        def next_target():
            keys = [key for key, _, _ in TARGETS]
            context.choose_target(keys[(keys.index(context.target) + 1) % len(keys)])

        for command in (
            Command("File", "New street\u2026", (Standard.New,), "file-plus", documents.new),
            Command("File", "Open\u2026", (Standard.Open,), "folder-open", documents.ask_open),
            Command("File", "Start page", (), "", window.show_start, separate=True),
            Command("File", "Save", (Standard.Save,), "floppy-disk", documents.save, True),
            Command("File", "Save as\u2026", (Standard.SaveAs, "Ctrl+Shift+S"), "", documents.save_as, True),
            Command("File", "Export photograph\u2026", ("Ctrl+E",), "export", documents.ask_export_photograph, True, True),
            Command("File", "Export maps\u2026", ("Ctrl+Shift+E",), "", documents.ask_export_maps, True),
            Command("File", "Open model\u2026", ("Ctrl+M",), "cube", documents.ask_open_model, separate=True),
            Command("File", "Preferences\u2026", ("Ctrl+,",), "gear", window.show_preferences, separate=True),
            Command("File", "Quit", (Standard.Quit, "Ctrl+Q"), "", window.close, separate=True),
            Command("Paint", "Swap class", ("X",), "swap", context.swap_labels, True, True),
            Command("Paint", "Find a class", ("Ctrl+F", "/"), "magnifying-glass", window.find_class),
            Command("Paint", "Next object choice", ("N",), "", next_target, True, True),
            Command("Paint", "Smaller brush", ("[",), "", radius(-1, False), True, True),
            Command("Paint", "Larger brush", ("]",), "", radius(1, False), True),
            Command("Paint", "Much smaller brush", ("Shift+[", "{", "Shift+{"), "", radius(-1, True), True),
            Command("Paint", "Much larger brush", ("Shift+]", "}", "Shift+}"), "", radius(1, True), True),
            Command("Paint", "Randomise street", ("R",), "dice-five", window.look_panel.roll, True, True),
            Command("Paint", "Render now", ("F5",), "lightning", live.request, True),
            Command("View", "Zoom in", (Standard.ZoomIn, "Ctrl+="), "magnifying-glass-plus", lambda: canvas.zoom_by(1.25), True, True),
            Command("View", "Zoom out", (Standard.ZoomOut,), "magnifying-glass-minus", lambda: canvas.zoom_by(0.8), True),
            Command("View", "Whole street", ("Ctrl+0",), "frame-corners", canvas.fit, True),
            Command("View", "Actual size", ("Ctrl+1",), "", canvas.actual_size, True),
            Command("Train", "Train a model\u2026", ("Ctrl+T",), "graduation-cap", window.training.show),
            Command("Train", "New training scenes\u2026", (), "buildings", window.training.show_scenes),
            Command("Help", "Keys and habits", ("F1",), "keyboard", window.show_keys),
            Command("Help", "About Veduta", (), "", window.show_about),
        ):
            self.add(command)

        self._add_undo()
        add_object_actions(window, self, Command)
        fill = self.add(Command("Object", "Fill in parts", ("Ctrl+Shift+F",), "squares-four", window.parts_filler.run, True, True))
        context.selection_changed.connect(
            lambda value: fill.setText("Fill in parts of what is selected" if value else "Fill in parts")
        )
        self.add(Command("Object", "Fill in parts, each house an object", (), "", window.parts_filler.run_houses, True))
        self.add(Command("Object", "Cast shadows\u2026", ("Ctrl+Shift+L",), "sun", window.shadow_caster.run, True))
        self._add_tools()
        self._add_views()
        self._add_quick_labels()
        self._add_switch("Fill in parts of what is painted", "fill_painted", "A painted house gets windows, a car wheels and glass")
        self._add_switch("Live rendering", "live", "Render while painting")
        file_menu = self._menus["File"]
        file_menu.insertMenu(self.named["Start page"], self.recent)
        file_menu.insertMenu(self.named["Start page"], self.examples)
        context.scene_replaced.connect(self.refresh)
        context.history.canUndoChanged.connect(self.refresh)
        self.refresh()

    def _add_switch(self, words: str, key: str, hint: str) -> None:
        """A setting that is on or off, in the Paint menu."""
        settings = self.window.context.settings
        action = self._plain(words, lambda: settings.__setitem__(key, not settings[key]))
        action.setCheckable(True)
        action.setChecked(settings[key])
        action.setToolTip(hint)
        settings.changed.connect(lambda changed, value: action.setChecked(value) if changed == key else None)
        self._menus["Paint"].insertAction(self.named["Render now"], action)

    def menu(self, name: str) -> QMenu:
        """The top menu ``name``, for panels that add their own actions."""
        return self._menus[name]

    def refresh(self, *_) -> None:
        there = self.window.context.scene is not None
        for action in self._scene_actions:
            action.setEnabled(there)

    def tool_bar(self) -> QToolBar:
        """The bar of tools for the left edge."""
        bar = QToolBar("Tools", self.window)
        bar.setObjectName("tools")
        bar.setOrientation(Qt.Orientation.Vertical)
        bar.setMovable(False)
        bar.setIconSize(ICON)
        for action in self.tools.values():
            bar.addAction(action)
        bar.addSeparator()
        for words in ("Undo", "Redo"):
            bar.addAction(self.named[words])
        bar.addSeparator()
        bar.addAction(self.named["Whole street"])
        for action in bar.actions():
            button = bar.widgetForAction(action)
            if button is not None and not action.isSeparator():
                button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return bar

    # -- details -----------------------------------------------------------------

    def add(self, command: Command) -> QAction:
        """Make an action of a row, in its menu."""
        action = self._plain(command.words, command.run)
        keys: list[QKeySequence] = []
        for entry in command.keys:
            keys += QKeySequence.keyBindings(entry) if isinstance(entry, Standard) else [QKeySequence(entry)]
        unique = {key.toString(): key for key in keys if not key.isEmpty()}
        action.setShortcuts(list(unique.values()))
        describe(action)
        if command.icon:
            self.window.context.theme.dress(action, command.icon)
        if command.needs_scene:
            self._scene_actions.append(action)
        menu = self._menus[command.menu]
        if command.separate:
            menu.addSeparator()
        menu.addAction(action)
        return action

    def _plain(self, words: str, run) -> QAction:
        action = QAction(words, self.window)
        action.triggered.connect(lambda _=False: run())
        self.named[words.rstrip("\u2026")] = action
        return action

    def _add_undo(self) -> None:
        history, theme = self.window.context.history, self.window.context.theme
        for words, run, keys, icon, can, text in (
            ("Undo", history.undo, ["Ctrl+Z"], "arrow-counter-clockwise", history.canUndoChanged, history.undoTextChanged),
            ("Redo", history.redo, ["Ctrl+Shift+Z", "Ctrl+Y"], "arrow-clockwise", history.canRedoChanged, history.redoTextChanged),
        ):
            action = self._plain(words, run)
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.setEnabled(False)
            theme.dress(action, icon)
            describe(action)
            can.connect(action.setEnabled)

            def show(title: str, action=action, words=words) -> None:
                action.setText(f"{words} {title[:1].lower()}{title[1:]}" if title else words)
                describe(action)

            text.connect(show)
            self._menus["Edit"].addAction(action)

    def _add_tools(self) -> None:
        context, menu = self.window.context, self._menus["Paint"]
        first = menu.actions()[0] if menu.actions() else None
        group = QActionGroup(self.window)
        for kind in TOOLS:
            action = QAction(kind.title, self.window, checkable=True)
            action.setShortcut(QKeySequence(kind.key))
            action.setToolTip(f"{kind.title}  ({kind.key})\n{kind.hint}")
            context.theme.dress(action, kind.icon)
            action.triggered.connect(lambda _=False, name=kind.name: context.choose_tool(name))
            group.addAction(action)
            self.tools[kind.name] = action
            self._scene_actions.append(action)
            menu.insertAction(first, action)
        self.tools[context.tool].setChecked(True)
        context.tool_changed.connect(lambda name: self.tools[name].setChecked(True))

    def _add_views(self) -> None:
        canvas, menu = self.window.canvas, self._menus["View"]
        first = menu.actions()[0]
        group = QActionGroup(self.window)
        views = {}
        for index, (value, words, icon) in enumerate(VIEWS):
            action = QAction(words, self.window, checkable=True)
            action.setShortcut(QKeySequence(f"Ctrl+{index + 2}"))
            self.window.context.theme.dress(action, icon)
            action.triggered.connect(lambda _=False, value=value: canvas.set_view(value))
            describe(action)
            group.addAction(action)
            views[value] = action
            menu.insertAction(first, action)
        views[canvas.view].setChecked(True)
        canvas.view_changed.connect(lambda view: views[view].setChecked(True))

    def _add_quick_labels(self) -> None:
        context = self.window.context

        def choose(digit: int) -> None:
            label = quick_label(context.label_set, digit)
            if label is not None:
                context.choose_label(label.id)

        for digit in range(1, 10):
            action = QAction(f"Class on key {digit}", self.window)
            action.setShortcut(QKeySequence(str(digit)))
            action.triggered.connect(lambda _=False, digit=digit: choose(digit))
            self.window.addAction(action)


def describe(action: QAction) -> None:
    """Put the keys behind the words of the tool tip."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    words = action.text().rstrip("\u2026")
    action.setToolTip(f"{words}  ({keys})" if keys else words)
