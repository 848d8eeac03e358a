"""A hand on the mouse: it waits, as a person does, until what it is to click on can be seen and used."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable

import shiboken6
from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton, QAbstractItemView, QApplication, QCheckBox, QDialogButtonBox, QFileDialog, QMessageBox, QRadioButton,
    QTreeWidget, QWidget,
)

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier

#: Nothing takes this long, in seconds, on the slowest machine that also does other things; what does never comes.
PATIENCE = 600.0

#: Where to click, or why that can't be done yet.
Target = tuple[QWidget, QPoint] | str


def turn(milliseconds: int = 10) -> None:
    """Let the window work for a moment.

    In a loop of Qt's own: what is to be deleted goes, and Python's lock is free for other threads, which QTest.qWait keeps.
    """
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_for(there: Callable[[], object], words: str | Callable[[], str] = "it never came", seconds: float = PATIENCE):
    """Let the window work until ``there()`` gives something true, and return that; ``words`` say what is missing."""
    end = time.monotonic() + seconds
    while not (found := there()):
        assert time.monotonic() < end, f"waited {seconds:.0f} s: {words() if callable(words) else words}"
        turn()
    return found


# -- clicking ------------------------------------------------------------------------


def press(widget: QWidget | Callable[[], QWidget | None]) -> None:
    """Click on a widget once it can be seen and used; on the words of a radio button or check box.

    Args:
        widget: or what finds it, called until it is there: for widgets that come and go.
    """
    def target() -> Target:
        found = widget if isinstance(widget, QWidget) else widget()
        if found is None:
            return "what is to be clicked is not there"
        return (found, _middle(found)) if shiboken6.isValid(found) else "what is to be clicked has been deleted"

    _click(_Aim(target))


def press_row(tree: QTreeWidget, words: str) -> None:
    """Click on the row of a table that begins with ``words``."""
    def target() -> Target:
        found = tree.findItems(words, Qt.MatchFlag.MatchExactly, 0)
        if len(found) != 1:
            return f"{len(found)} rows begin with '{words}'"
        tree.scrollToItem(found[0])
        return _in_view(tree, tree.visualItemRect(found[0]), f"row '{words}'")

    _click(_Aim(target))


def press_menu(window, menu: str, words: str) -> None:
    """Open a menu of the window's bar and click on an entry."""
    bar = window.menuBar()
    (top,) = [action for action in bar.actions() if action.text().replace("&", "") == menu]
    (entry,) = [action for action in top.menu().actions() if action.text() == words]
    for widget, action in ((bar, top), (top.menu(), entry)):

        def target(widget=widget, action=action) -> Target:
            if not action.isEnabled():
                return f"'{action.text()}' is disabled"
            return widget, widget.actionGeometry(action).center()

        _click(_Aim(target))


class _Aim:
    """Where to click: known once the target can be seen and used, and has stood still between two looks."""

    def __init__(self, target: Callable[[], Target]):
        self._target, self._before = target, None
        #: Why there is nowhere to click yet.
        self.obstacle = ""

    def look(self) -> tuple[QWidget, QPoint] | None:
        found = self._target()
        self.obstacle = found if isinstance(found, str) else _obstacle(*found)
        place = None if self.obstacle else (shiboken6.getCppPointer(found[0]), found[0].mapToGlobal(found[1]))
        steady, self._before = place is not None and place == self._before, place
        return found if steady else None


def _click(aim: _Aim) -> None:
    turn()  # what was done just now takes effect first
    spot = wait_for(aim.look, lambda: aim.obstacle or "what is to be clicked does not stand still")
    QTest.mouseClick(spot[0], LEFT, NONE, spot[1])


def _middle(widget: QWidget) -> QPoint:
    on_words = isinstance(widget, (QRadioButton, QCheckBox))  # what lies behind the words takes no clicks
    return QPoint(12, widget.height() // 2) if on_words else widget.rect().center()


def _in_view(view: QAbstractItemView, rect, what: str) -> Target:
    rect = rect.intersected(view.viewport().rect())
    return (view.viewport(), rect.center()) if not rect.isEmpty() else f"{what} is out of sight"


def _obstacle(widget: QWidget, spot: QPoint) -> str:
    """Why a person could not click on ``widget`` at ``spot`` now, "" where nothing is in the way."""
    name, window = f"{widget.metaObject().className()} '{_words(widget)}'", widget.window()
    handle = window.windowHandle()
    if not widget.isVisible() or handle is None or not handle.isExposed():
        return f"{name} is not to be seen"
    if not widget.isEnabled():
        return f"{name} is disabled"
    popup, modal = QApplication.activePopupWidget(), QApplication.activeModalWidget()
    if popup is not None and popup is not window:
        return f"{name} lies behind an open menu"
    if modal is not None and modal is not window and not modal.isAncestorOf(window):
        parent = modal.parentWidget()
        if modal.windowModality() != Qt.WindowModality.WindowModal or parent is not None and parent.window() is window:
            return f"{name} lies behind the dialog '{_words(modal)}'"
    if not widget.rect().contains(spot):
        return f"{name} has no room"
    top = window.childAt(widget.mapTo(window, spot)) if widget is not window else widget
    if top is not widget and (top is None or not widget.isAncestorOf(top)):
        return f"{name} is covered by {top.metaObject().className() if top is not None else 'the edge of its window'}"
    return ""


def _words(widget: QWidget) -> str:
    text = getattr(widget, "text", None)
    return (text() if callable(text) else "") or widget.objectName() or widget.windowTitle()


# -- dialogs, which hold up whoever opens them ---------------------------------------------


def choosing(path: Path, button: QWidget | Callable[[], object]) -> None:
    """Click on ``button`` (or call it), which asks for a file or folder, and choose ``path`` in Qt's own dialog by mouse.

    The dialog must open in the folder that holds ``path``.
    """
    held: list[QWidget] = []  # with the dialog's Python object those of its parts would go, too

    def target() -> Target:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QFileDialog):
            return "no dialog asks for a file"
        held[:] = [dialog]
        if [Path(chosen).resolve() for chosen in dialog.selectedFiles()] == [path.resolve()]:
            box = dialog.findChild(QDialogButtonBox)
            (accept,) = [b for b in box.buttons() if box.buttonRole(b) == QDialogButtonBox.ButtonRole.AcceptRole]
            return accept, _middle(accept)
        views = dialog.findChildren(QAbstractItemView)
        views = [view for view in views if view.objectName() in ("listView", "treeView") and view.isVisible()]
        if not views:
            return "the dialog lists nothing"
        held.append(view := views[0])
        model, root = view.model(), view.rootIndex()
        found = [index for row in range(model.rowCount(root)) if (index := model.index(row, 0, root)).data() == path.name]
        if not found:
            return f"{path.name} is not listed"
        view.scrollTo(found[0])
        return _in_view(view, view.visualRect(found[0]), path.name)

    _with_the_other_hand(target, (lambda: press(button)) if isinstance(button, QWidget) else button)


def answering(words: str, asks: Callable[[], object], about: str = "") -> list[str]:
    """Call ``asks``, which opens a message box (whose question holds ``about``), and click on the button that says
    ``words``; returns the box's texts."""
    answered: list[QMessageBox] = []
    texts: list[str] = []

    def target() -> Target:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox) or about not in box.text() or answered and box is not answered[0]:
            return f"no question about '{about}'" if about else "no question"
        found = [b for b in box.findChildren(QAbstractButton) if b.text().replace("&", "") == words]
        if not found:
            return f"'{box.text()}' can't be answered with '{words}'"
        answered[:], texts[:] = [box], [box.text(), box.informativeText()]
        return found[0], _middle(found[0])

    _with_the_other_hand(target, asks)
    return texts


def _with_the_other_hand(target: Callable[[], Target], opens: Callable[[], object]) -> None:
    """Call ``opens``, which returns once a dialog has been answered, and meanwhile click on ``target`` whenever there is one."""
    aim, end = _Aim(target), time.monotonic() + PATIENCE
    state: dict = {"clicks": 0, "error": None}
    timer = QTimer(interval=25)

    def look() -> None:
        if state["error"] is not None:
            if (dialog := QApplication.activeModalWidget()) is not None:
                dialog.reject()  # else whoever opened it waits for ever
            return
        try:
            spot = aim.look()
            if spot is not None:
                state["clicks"] += 1
                QTest.mouseClick(spot[0], LEFT, NONE, spot[1])
            assert time.monotonic() < end, f"waited {PATIENCE:.0f} s: {aim.obstacle or 'the dialog stays open'}"
        except Exception as error:
            state["error"] = error

    timer.timeout.connect(look)
    timer.start()
    try:
        opens()
    finally:
        timer.stop()
    if state["error"] is not None:
        raise state["error"]
    assert state["clicks"], f"nothing was asked: {aim.obstacle}"
