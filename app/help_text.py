"""Help: the keys on one page, and what the program is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QMessageBox, QWidget

KEYS = (
    ("Paint", (
        ("B  E  G  P  T  I  H", "Brush, eraser, fill, polygon, write, pick, pan"),
        ("Enter, Backspace", "Polygon: close it, take the last corner back"),
        ("[  ]", "Brush size; with Shift in larger steps"),
        ("1 to 9", "Classes that streets are full of"),
        ("X", "Swap with the class before"),
        ("Alt+click", "Take class or part, and the object, from the picture"),
        ("Shift+click", "Straight line from the last point"),
        ("N", "Auto, new object, extend"),
        ("Esc", "Give up the stroke or polygon"),
    )),
    ("Objects", (
        ("V  S  L", "Select and move, stamp, copy a look"),
        ("Click, Shift+click, drag", "Select, add, select with a frame"),
        ("Ctrl+A  Ctrl+Shift+A  Ctrl+D", "Select all, all of the class, none"),
        ("Double click", "A sign without its pole, a rider without the bicycle"),
        ("Drag, Ctrl+drag", "Move, move a copy; Shift keeps it straight"),
        ("Arrows", "Nudge by 1 pixel; with Shift by 10"),
        ("Ctrl+C  Ctrl+V  Ctrl+J  Del", "Copy, paste, duplicate, delete"),
        ("Ctrl+}  Ctrl+{", "In front of, behind what overlaps it"),
        ("Ctrl+G  Ctrl+Shift+G", "Merge, split into connected pieces"),
        ("C", "Change to the class in hand"),
        ("Ctrl+Shift+F", "Fill in windows, wheels and other parts"),
        ("Ctrl+Shift+L", "Cast shadows: choose where the sun stands"),
        ("+  -  M", "Grow, shrink, smooth the edge"),
        ("Shift+H  F", "Mirror; mirror the stamp"),
        ("Handle at the left edge", "Drag with the stamp in hand: set the horizon"),
    )),
    ("Look", (
        ("Wheel", "Zoom at the pointer, in every tool"),
        ("Space, middle button", "Drag to move the picture"),
        ("Ctrl+0  Ctrl+1", "Whole street, actual size"),
        ("Tab", "Side by side, overlay, swipe"),
        ("Hold 0", "Photograph alone"),
        ("R", "New looks for the whole street"),
        ("F5", "Render now"),
    )),
    ("Files", (
        ("Ctrl+Z  Ctrl+Shift+Z", "Undo, redo: one drag is one step"),
        ("Ctrl+S", "Save the project"),
        ("Ctrl+E", "Export the photograph"),
        ("Ctrl+F", "Find a class"),
    )),
)


#: Which headings stand under each other.
COLUMNS = (("Paint", "Look"), ("Objects", "Files"))


class KeysDialog(QDialog):
    """All keys and habits."""

    def __init__(self, parent: QWidget):
        super().__init__(parent)
        self.setWindowTitle("Keys and habits")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(28, 22, 28, 24)
        columns.setSpacing(44)
        for headings in COLUMNS:
            layout = QGridLayout()
            layout.setHorizontalSpacing(26)
            layout.setVerticalSpacing(7)
            row = 0
            for heading, entries in (group for group in KEYS if group[0] in headings):
                if row:
                    layout.setRowMinimumHeight(row, 8)
                    row += 1
                layout.addWidget(QLabel(heading, objectName="heading"), row, 0, 1, 2)
                row += 1
                for keys, words in entries:
                    layout.addWidget(QLabel(keys), row, 0)
                    layout.addWidget(QLabel(words, objectName="muted"), row, 1)
                    row += 1
            layout.setRowStretch(row, 1)
            columns.addLayout(layout)


def show_about(parent: QWidget) -> None:
    model = parent.context.model
    box = QMessageBox(QMessageBox.Icon.NoIcon, "About Veduta", "Veduta", QMessageBox.StandardButton.Ok, parent)
    box.setInformativeText(
        "Paint a street as labels and objects, and see it become a photograph.\n\n"
        + (f"Model: {model.name}\nComputed on: {model.device}" if model is not None else "No model is open.")
    )
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
