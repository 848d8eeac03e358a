"""The list of objects: picture, class, number and size; choosing rows chooses objects."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath
from PySide6.QtWidgets import (
    QAbstractItemView, QComboBox, QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate,
    QToolButton, QVBoxLayout, QWidget,
)

from app.context import StudioContext
from app.controls import draw_swatch
from core.scene.scene import SceneObject

VALUE = Qt.ItemDataRole.UserRole

#: A row's height and its picture's size.
_ROW, _PICTURE = 50, QSize(60, 42)

#: The list follows the scene once it has rested for this long, in milliseconds.
_REST = 180

#: Objects of fewer pixels, what is left to see of something behind others, are listed last.
_SPECK = 64


class ObjectsPanel(QWidget):
    """Lists the street's objects, the largest of each class first, specks at the end."""

    def __init__(self, context: StudioContext, canvas, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.context, self.canvas = context, canvas
        self.classes = QComboBox(toolTip="Show the objects of one class")
        self.classes.setAccessibleName("Class shown")
        self.classes.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.whole = QToolButton(toolTip="Select all that are listed  (Ctrl+Shift+A: all of the class)")
        self.whole.setAccessibleName("Select all that are listed")
        self.whole.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        context.theme.dress(self.whole, "selection-all")
        self.list = QListWidget()
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list.setMouseTracking(True)
        self.list.setObjectName("rows")
        self.list.setItemDelegate(_ObjectRow(self))
        self.empty = QLabel("Paint a car or a person, or put down a stamp: each is an object.", objectName="muted", wordWrap=True)
        top = QHBoxLayout()
        top.setContentsMargins(12, 4, 12, 0)
        top.addWidget(self.classes, 1)
        top.addWidget(self.whole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 1)
        self.empty.setContentsMargins(14, 6, 14, 6)

        self.entries: dict[int, SceneObject] = {}
        self._filling = False
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self.refresh)
        context.scene_replaced.connect(self.refresh)
        context.scene_changed.connect(self._changed)
        context.selection_changed.connect(self._show_selection)
        context.photograph_changed.connect(self.list.viewport().update)
        context.locks_changed.connect(self.list.viewport().update)
        context.theme.changed.connect(self.list.viewport().update)
        self.classes.activated.connect(lambda _: self._fill())
        self.whole.clicked.connect(self._select_listed)
        self.list.itemSelectionChanged.connect(self._chosen)
        self.list.itemDoubleClicked.connect(lambda item: canvas.show_box(self.entries[item.data(VALUE)].bbox))
        self.refresh()

    def sizeHint(self) -> QSize:
        return QSize(248, 480)

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self.refresh()

    # -- what is listed ----------------------------------------------------------

    def _changed(self, box) -> None:
        if self.isVisible() and box[0] < box[2]:
            self._rest.start()

    def refresh(self) -> None:
        """List what is in the scene now."""
        if self.context.stroking:
            self._rest.start()
            return
        scene = self.context.scene
        entries = {v: o for v, o in scene.objects().items() if o.is_object} if scene is not None else {}
        if entries == self.entries and self.list.count():
            return
        self.entries = entries
        names = sorted({self._name(entry) for entry in entries.values()})
        shown = ["All classes", *names]
        if [self.classes.itemText(i) for i in range(self.classes.count())] != shown:
            before = self.classes.currentText()
            self.classes.clear()
            self.classes.addItems(shown)
            self.classes.setCurrentIndex(max(shown.index(before) if before in shown else 0, 0))
        self._fill()

    def _name(self, entry: SceneObject) -> str:
        label_set = self.context.label_set
        return label_set[entry.label_id].name if entry.label_id in label_set else f"class {entry.label_id}"

    def _fill(self) -> None:
        label_set = self.context.label_set

        def rank(entry: SceneObject):
            thing = entry.label_id in label_set and label_set[entry.label_id].thing
            return entry.area < _SPECK, not thing, self._name(entry), -entry.area, entry.value

        wanted = self.classes.currentText() if self.classes.currentIndex() > 0 else None
        rows = sorted(
            (entry for entry in self.entries.values() if wanted in (None, self._name(entry))), key=rank
        )
        self._filling = True
        self.list.clear()
        for entry in rows:
            item = QListWidgetItem(f"{self._name(entry)} {entry.value}")
            item.setData(VALUE, entry.value)
            item.setToolTip("Click to select, Ctrl+click to add, double click to look at it")
            self.list.addItem(item)
        self._filling = False
        self.empty.setVisible(not rows)
        self.list.setVisible(bool(rows))
        self._show_selection()

    # -- choosing ------------------------------------------------------------------

    def _chosen(self) -> None:
        if self._filling or self.context.stroking:
            return
        values = [item.data(VALUE) for item in self.list.selectedItems()]
        current = self.list.currentItem()
        if current is not None and current.isSelected():  # its look is shown
            values = [v for v in values if v != current.data(VALUE)] + [current.data(VALUE)]
        self._filling = True
        self.context.select_many(values)
        if values:
            self.context.choose_tool("select")
        self._filling = False

    def _select_listed(self) -> None:
        self.context.select_many(self.list.item(i).data(VALUE) for i in range(self.list.count()))
        if self.context.selected:
            self.context.choose_tool("select")

    def _show_selection(self, *_) -> None:
        if self._filling:
            return
        self._filling = True
        model = self.list.selectionModel()
        chosen = set(self.context.selected)
        for i in range(self.list.count()):
            item = self.list.item(i)
            if item.isSelected() != (item.data(VALUE) in chosen):
                item.setSelected(item.data(VALUE) in chosen)
            if item.data(VALUE) == self.context.selection:
                model.setCurrentIndex(self.list.indexFromItem(item), QItemSelectionModel.SelectionFlag.NoUpdate)
                self.list.scrollToItem(item)
        self._filling = False


class _ObjectRow(QStyledItemDelegate):
    """Draws a row: the object's place in the photograph, else in the labels, and what it is."""

    def __init__(self, panel: ObjectsPanel):
        super().__init__(panel)
        self.panel = panel

    def sizeHint(self, option, index: QModelIndex) -> QSize:
        return QSize(100, _ROW)

    def paint(self, painter: QPainter, option, index: QModelIndex) -> None:
        panel, look = self.panel, self.panel.context.theme.look
        entry = panel.entries.get(index.data(VALUE))
        if entry is None:
            return
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(option.rect).adjusted(8, 1, -8, -1)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(look.accent_soft if selected else look.hover))
            painter.drawRoundedRect(area, 6, 6)
        picture = QRectF(area.left() + 4, area.top() + 3, _PICTURE.width(), _PICTURE.height())
        self._picture(painter, picture, entry)
        label_set = panel.context.label_set
        colour = label_set[entry.label_id].colour if entry.label_id in label_set else (255, 0, 255)
        left = picture.right() + 10
        draw_swatch(painter, QRectF(left, area.top() + 9, 10, 10), colour, QColor(128, 128, 128, 90))
        font = QFont(painter.font())
        font.setWeight(QFont.Weight.DemiBold if selected else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(look.text))
        upper = QRectF(left + 16, area.top() + 3, area.right() - left - 20, 21)
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter, panel._name(entry))
        painter.setPen(QColor(look.muted))
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, str(entry.value))
        font.setPointSizeF(font.pointSizeF() - 1)
        font.setWeight(QFont.Weight.Normal)
        painter.setFont(font)
        x0, y0, x1, y1 = entry.bbox
        words = f"{x1 - x0} \u00d7 {y1 - y0} px"
        if entry.value in panel.context.locked:
            words += ", locked"
        painter.drawText(QRectF(left, area.top() + 24, area.right() - left - 4, 18), Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()

    def _picture(self, painter: QPainter, area: QRectF, entry: SceneObject) -> None:
        canvas = self.panel.canvas
        pyramid = canvas.photograph or (canvas.labels.pyramid if canvas.labels is not None else None)
        look = self.panel.context.theme.look
        shape = QPainterPath()
        shape.addRoundedRect(area, 4, 4)
        painter.fillPath(shape, QColor(look.hover))
        if pyramid is None:
            return
        x0, y0, x1, y1 = entry.bbox
        # The object with a little around it, in the picture's proportions.
        width, height = max(x1 - x0, 8) * 1.15, max(y1 - y0, 8) * 1.15
        width, height = max(width, height * area.width() / area.height()), max(height, width * area.height() / area.width())
        source = QRectF((x0 + x1 - width) / 2, (y0 + y1 - height) / 2, width, height)
        scale = area.width() / width * painter.device().devicePixelRatioF()
        image = pyramid.image_for(scale)
        factor = image.width() / pyramid.images[0].width()
        painter.save()
        painter.setClipPath(shape)
        painter.drawImage(area, image, QRectF(source.topLeft() * factor, source.size() * factor))
        painter.restore()
