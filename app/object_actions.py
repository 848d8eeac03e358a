"""The Object menu, and copying and pasting in the Edit menu."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence

Standard = QKeySequence.StandardKey


def object_commands(window) -> tuple[tuple, ...]:
    """Rows of (menu, words, keys, icon, run, starts a group, needs a selection)."""
    do = window.canvas.commands
    look = window.look_panel.commands
    return (
        ("Edit", "Cut", (Standard.Cut,), "scissors", do.cut, True, True),
        ("Edit", "Copy", (Standard.Copy,), "copy", do.copy, False, True),
        ("Edit", "Paste", (Standard.Paste,), "clipboard", do.paste, False, False),
        ("Edit", "Duplicate", ("Ctrl+J",), "copy-simple", do.duplicate, False, True),
        ("Edit", "Delete object", (Standard.Delete,), "trash", do.delete, False, True),
        ("Object", "Select all", (Standard.SelectAll,), "", do.select_all, False, False),
        ("Object", "Select all of the class", ("Ctrl+Shift+A",), "selection-all", do.select_class, False, False),
        ("Object", "Select none", ("Ctrl+D",), "", do.select_none, False, True),
        ("Object", "Mirror", ("Shift+H",), "arrows-left-right", do.flip, True, True),
        ("Object", "Turn by 90\u00b0", ("Ctrl+R",), "arrow-clockwise", do.quarter_turn, False, True),
        ("Object", "Bring to front", ("Ctrl+Shift+]", "Ctrl+}"), "", do.to_front, True, True),
        ("Object", "Send to back", ("Ctrl+Shift+[", "Ctrl+{"), "", do.to_back, False, True),
        ("Object", "Merge", ("Ctrl+G",), "intersect", do.merge, True, True),
        ("Object", "Split into its pieces", ("Ctrl+Shift+G",), "", do.split, False, True),
        ("Object", "Change to the class in hand", ("C",), "swap", do.change_class, False, True),
        ("Object", "Grow", ("+",), "", lambda: do.outline("grow"), True, True),
        ("Object", "Shrink", ("-",), "", lambda: do.outline("shrink"), False, True),
        ("Object", "Smooth the edge", ("M",), "", lambda: do.outline("smooth", 3), False, True),
        ("Object", "Fill holes", (), "", lambda: do.outline("fill_holes"), False, True),
        ("Object", "Copy look", ("Ctrl+Alt+C",), "", look.copy_look, True, True),
        ("Object", "Paste look", ("Ctrl+Alt+V",), "", look.paste_look, False, True),
        ("Object", "Lock or unlock the look", ("Ctrl+Alt+L",), "lock", look.toggle_lock, False, True),
    )


def add_object_actions(window, actions, command) -> None:
    """Add them to a window's ``actions``; ``command`` is ``app.actions.Command``."""
    needing = []
    for menu, words, keys, icon, run, separate, selection in object_commands(window):
        action = actions.add(command(menu, words, keys, icon, run, not selection, separate))
        if selection:
            needing.append(action)

    context = window.context

    def refresh(*_) -> None:
        for action in needing:
            action.setEnabled(bool(context.selected))

    context.selection_changed.connect(refresh)
    context.scene_replaced.connect(refresh)
    refresh()
