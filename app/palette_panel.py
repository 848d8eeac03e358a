"""The classes: colours and names, grouped and searchable, parts under the class they belong to."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView, QHBoxLayout, QLineEdit, QStyle, QStyledItemDelegate, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget,
)

from app.context import StudioContext
from app.controls import draw_swatch
from core.labels import Label

LABEL, COUNT = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1

#: What a person should know of a class before painting it.
HINTS = {
    "crossing": "Paint its whole outline; Fill in parts lays the stripes.",
    "crack": "Draw it a few centimetres wide; Fill in parts lays cracks in a bare road.",
}

#: Classes on the keys 1 to 9.
QUICK = ("road", "sidewalk", "building", "vegetation", "sky", "car", "person", "pole", "traffic sign")


def quick_label(label_set, digit: int) -> Label | None:
    """The class on key ``digit``, None where the label set lacks it."""
    name = QUICK[digit - 1]
    return next((label for label in label_set if label.name == name), None)


class PalettePanel(QWidget):
    """Chooses the class to paint with.

    Signals:
        chosen: a class was chosen here; the keyboard should go back to the canvas.
    """

    chosen = Signal()

    def __init__(self, context: StudioContext, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.context = context
        self.search = QLineEdit(self, objectName="search", placeholderText="Find a class", clearButtonEnabled=True)
        self.search.setToolTip("Find a class  (Ctrl+F). Enter takes the first.")
        context.theme.dress(_LeadingIcon(self.search), "magnifying-glass")
        self.tree = QTreeWidget(self)
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(0)
        self.tree.setUniformRowHeights(True)
        self.tree.setMouseTracking(True)
        self.tree.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setItemDelegate(_Row(context, self.tree))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 4, 0)
        layout.setSpacing(8)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 8, 0)
        top.addWidget(self.search)
        layout.addLayout(top)
        layout.addWidget(self.tree)

        self._items: dict[int, QTreeWidgetItem] = {}
        self._label_set = None
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._take_first)
        self.tree.itemClicked.connect(self._clicked)
        context.scene_replaced.connect(self._fill)
        context.label_changed.connect(self._show_choice)
        context.theme.changed.connect(self.tree.viewport().update)
        self._fill()

    def sizeHint(self) -> QSize:
        return QSize(248, 480)

    def item(self, label_id: int) -> QTreeWidgetItem:
        return self._items[label_id]

    def _fill(self) -> None:
        label_set = self.context.label_set
        if label_set is self._label_set:
            return
        self._label_set = label_set
        self.tree.clear()
        self._items.clear()
        quick = {label.id: digit for digit in range(1, 10) if (label := quick_label(label_set, digit)) is not None}
        # What nobody paints on purpose comes last, folded up.
        for group in sorted(label_set.groups, key=lambda name: name == "void"):
            classes = [label for label in label_set.groups[group] if label.parent is None]
            if not classes:
                continue
            heading = QTreeWidgetItem(self.tree, [group])
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for label in classes:
                row = self._add(heading, label, quick.get(label.id))
                for part in label_set.parts_of(label.id):
                    self._add(row, part, None)
            heading.setExpanded(group != "void")
        self._show_choice(self.context.label_id)
        self._filter(self.search.text())

    def _add(self, parent: QTreeWidgetItem, label: Label, digit: int | None) -> QTreeWidgetItem:
        row = QTreeWidgetItem(parent, [label.name])
        row.setData(0, LABEL, label.id)
        row.setData(0, COUNT, digit)
        hint = f"{label.name}, id {label.id}" + (f"  ({digit})" if digit else "")
        said = HINTS.get(label.name, "Each one is an object." if label.thing else "")
        row.setToolTip(0, f"{hint}. {said}" if said else hint)
        self._items[label.id] = row
        return row

    def _clicked(self, item: QTreeWidgetItem) -> None:
        label_id = item.data(0, LABEL)
        if label_id is None:
            item.setExpanded(not item.isExpanded())
            return
        if label_id == self.context.label_id and item.childCount():
            item.setExpanded(not item.isExpanded())
        self.context.choose_label(label_id)
        self.chosen.emit()

    def _show_choice(self, label_id: int) -> None:
        row = self._items.get(label_id)
        if row is None:
            return
        above = row.parent()
        while above is not None:
            above.setExpanded(True)
            above = above.parent()
        row.setExpanded(True)
        seen = self.tree.viewport().rect().intersects(self.tree.visualItemRect(row))
        self.tree.setCurrentItem(row)
        # One that comes from elsewhere is shown with its neighbours and its parts; under the pointer nothing jumps.
        hint = QAbstractItemView.ScrollHint
        self.tree.scrollToItem(row, hint.EnsureVisible if seen else hint.PositionAtCenter)

    def _filter(self, text: str) -> None:
        words = text.lower().split()

        def matches(item: QTreeWidgetItem) -> bool:
            return all(word in item.text(0).lower() for word in words)

        def settle(item: QTreeWidgetItem, above: bool) -> bool:
            hit = above or matches(item)
            inside = [settle(item.child(i), hit) for i in range(item.childCount())]
            item.setHidden(not (hit or any(inside)))
            if words and any(inside):
                item.setExpanded(True)
            return hit or any(inside)

        for i in range(self.tree.topLevelItemCount()):
            settle(self.tree.topLevelItem(i), not words)

    def _take_first(self) -> None:
        """The class that is spelled so, else the first one shown."""
        rows = [row for row in self._items.values() if not row.isHidden() and not row.parent().isHidden()]
        text = self.search.text().strip().lower()
        hits = [row for row in rows if text in row.text(0).lower()] or rows
        hits.sort(key=lambda row: (row.text(0).lower() != text, not row.text(0).lower().startswith(text)))
        if hits:
            self.search.clear()
            self.context.choose_label(hits[0].data(0, LABEL))
            self.chosen.emit()


class _LeadingIcon:
    """Lets the theme set the icon in front of a line edit."""

    def __init__(self, edit: QLineEdit):
        self._edit = edit
        self._action = None
        edit._leading_icon = self  # lives as long as the edit

    def setIcon(self, icon) -> None:
        if self._action is None:
            self._action = self._edit.addAction(icon, QLineEdit.ActionPosition.LeadingPosition)
        self._action.setIcon(icon)


class _Row(QStyledItemDelegate):
    """Draws a heading, a class or a part."""

    def __init__(self, context: StudioContext, parent):
        super().__init__(parent)
        self.context = context

    def sizeHint(self, option, index: QModelIndex) -> QSize:
        return QSize(100, 28)

    def paint(self, painter: QPainter, option, index: QModelIndex) -> None:
        look = self.context.theme.look
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(option.rect).adjusted(0, 1, -8, -1)
        label_id = index.data(LABEL)
        if label_id is None:
            self._heading(painter, area, index, look)
        else:
            self._class(painter, area, option, index, self.context.label_set[label_id], look)
        painter.restore()

    def _heading(self, painter, area, index, look) -> None:
        font = QFont(painter.font())
        font.setPointSizeF(font.pointSizeF() - 1)
        font.setWeight(QFont.Weight.DemiBold)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
        painter.setFont(font)
        painter.setPen(QColor(look.muted))
        painter.drawText(area.adjusted(2, 4, 0, 0), Qt.AlignmentFlag.AlignVCenter, index.data().upper())
        self._chevron(painter, area.adjusted(0, 4, 0, 0), index, QColor(look.faint))

    def _class(self, painter, area, option, index, label: Label, look) -> None:
        indent = 18 if label.parent is not None else 0
        chosen = label.id == self.context.label_id
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(look.accent_soft if chosen else look.hover))
            painter.drawRoundedRect(area.adjusted(indent, 0, 0, 0), 6, 6)
        side = 14 if label.parent is not None else 16
        swatch = QRectF(area.left() + 8 + indent, area.center().y() - side / 2, side, side)
        draw_swatch(painter, swatch, label.colour, QColor(255, 255, 255, 60) if look.dark else QColor(0, 0, 0, 45))
        font = QFont(painter.font())
        font.setWeight(QFont.Weight.DemiBold if chosen else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(look.text))
        painter.drawText(
            area.adjusted(7 + indent + side + 10, 0, -30, 0), Qt.AlignmentFlag.AlignVCenter, label.name
        )
        digit = index.data(COUNT)
        if digit:
            painter.setPen(QColor(look.faint))
            painter.drawText(
                area.adjusted(0, 0, -26, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, str(digit)
            )
        self._chevron(painter, area, index, QColor(look.muted))

    def _chevron(self, painter, area, index, colour: QColor) -> None:
        if not index.model().hasChildren(index):
            return
        x, y = area.right() - 12, area.center().y()
        painter.setPen(QPen(colour, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.parent().isExpanded(index):
            painter.drawPolyline([QPointF(x - 3.5, y - 1.8), QPointF(x, y + 1.8), QPointF(x + 3.5, y - 1.8)])
        else:
            painter.drawPolyline([QPointF(x - 1.8, y - 3.5), QPointF(x + 1.8, y), QPointF(x - 1.8, y + 3.5)])
