"""A hand on the mouse for dialogs: clicks on what is there to be seen, as a person would."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton, QAbstractItemView, QApplication, QDialogButtonBox, QFileDialog, QMessageBox, QRadioButton, QTreeWidget, QWidget,
)

LEFT = Qt.MouseButton.LeftButton


def press(widget: QWidget) -> None:
    """Click on a widget that can be seen and used; on the words of a radio button or check box."""
    assert widget.isVisible() and widget.isEnabled(), f"{widget.objectName() or widget} can't be clicked"
    spot = QPoint(12, widget.height() // 2) if isinstance(widget, QRadioButton) else widget.rect().center()
    QTest.mouseClick(widget, LEFT, Qt.KeyboardModifier.NoModifier, spot)


def press_row(tree: QTreeWidget, words: str) -> None:
    """Click on the row of a table that begins with ``words``."""
    (item,) = tree.findItems(words, Qt.MatchFlag.MatchExactly, 0)
    tree.scrollToItem(item)
    QTest.mouseClick(tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, tree.visualItemRect(item).center())


def press_menu(window, menu: str, words: str) -> None:
    """Open a menu of the window's bar and click on an entry."""
    bar = window.menuBar()
    (top,) = [action for action in bar.actions() if action.text().replace("&", "") == menu]
    QTest.mouseClick(bar, LEFT, Qt.KeyboardModifier.NoModifier, bar.actionGeometry(top).center())
    opened = top.menu()
    (entry,) = [action for action in opened.actions() if action.text() == words]
    QTest.mouseClick(opened, LEFT, Qt.KeyboardModifier.NoModifier, opened.actionGeometry(entry).center())


def choosing(path: Path, button) -> None:
    """Click on ``button`` (or call it), which asks for a file or folder, and choose ``path`` in Qt's own dialog by mouse.

    The dialog must open in the folder that holds ``path``.
    """
    state = {"tries": 0, "done": False}

    def choose() -> None:
        dialog = QApplication.activeModalWidget()
        state["tries"] += 1
        if state["tries"] > 400:
            if dialog is not None:
                dialog.reject()
            return
        views = dialog.findChildren(QAbstractItemView) if isinstance(dialog, QFileDialog) else []
        view = next((v for v in views if v.objectName() in ("listView", "treeView") and v.isVisible()), None)
        if view is None:
            QTimer.singleShot(25, choose)
            return
        model, root = view.model(), view.rootIndex()
        rows = [model.index(row, 0, root) for row in range(model.rowCount(root))]
        found = [index for index in rows if index.data() == path.name]
        if not found or view.visualRect(found[0]).isEmpty():
            QTimer.singleShot(25, choose)
            return
        view.scrollTo(found[0])
        QTest.mouseClick(view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, view.visualRect(found[0]).center())
        box = dialog.findChild(QDialogButtonBox)
        accept = [b for b in box.buttons() if box.buttonRole(b) == QDialogButtonBox.ButtonRole.AcceptRole]
        state["done"] = True
        QTest.mouseClick(accept[0], LEFT)

    QTimer.singleShot(50, choose)
    press(button) if isinstance(button, QWidget) else button()
    assert state["done"], f"{path.name} was not there to be chosen"


def answering(words: str, asks, about: str = "") -> list[str]:
    """Call ``asks``, which opens a message box (whose question holds ``about``), and click on the button that says
    ``words``; returns the box's texts."""
    texts: list[str] = []
    tries = [0]

    def answer() -> None:
        box = QApplication.activeModalWidget()
        tries[0] += 1
        if not isinstance(box, QMessageBox) or about not in box.text():
            if tries[0] < 400:
                QTimer.singleShot(25, answer)
            return
        texts.extend([box.text(), box.informativeText()])
        (button,) = [b for b in box.findChildren(QAbstractButton) if b.text().replace("&", "") == words]
        QTest.mouseClick(button, LEFT)

    QTimer.singleShot(25, answer)
    asks()
    assert texts, "nothing was asked"
    return texts
