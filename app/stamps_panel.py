"""The library of stamps: pictures to click, or to drag onto the street."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QMimeData, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QDrag, QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox, QComboBox, QHBoxLayout, QLabel, QListView, QListWidget, QListWidgetItem, QPushButton, QSlider,
    QVBoxLayout, QWidget,
)

from app.canvas.pane import STAMP
from app.context import StudioContext
from core.errors import VedutaError
from core.opencv import cv2
from core.stamps import KINDS, Stamp

_PICTURE = QSize(68, 68)
_INDEX = Qt.ItemDataRole.UserRole
#: Room for the outline of a picture, in its pixels.
_LINE = 3


class StampsPanel(QWidget):
    """Chooses what the stamp tool puts down."""

    def __init__(self, context: StudioContext, canvas, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.context, self.canvas = context, canvas
        self.tool = canvas.tools["stamp"]
        self.stamps: list[Stamp] = []
        self._label_set, self._seen = None, False
        self.kinds = QComboBox(toolTip="Which stamps are shown")
        self.kinds.setAccessibleName("Kind of stamp")
        self.kinds.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list = _Pictures(self)
        self.list.setObjectName("rows")
        self.empty = QLabel("There is no library of stamps. Make one with:  python main.py stamps", objectName="muted", wordWrap=True)
        self.empty.setContentsMargins(14, 6, 14, 6)
        self.perspective = QCheckBox("Size by perspective")
        self.perspective.setToolTip("Things become smaller towards the horizon, when put down and when moved")
        self.perspective.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.perspective.setChecked(context.settings["perspective"])
        self.estimate = QPushButton("Find horizon", toolTip="Estimate the horizon from people and road; drag its handle to correct it")
        self.estimate.setStyleSheet("padding: 4px 8px;")
        self.estimate.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.mirror = QCheckBox("Mirrored", toolTip="Put it down the other way round  (F)")
        self.mirror.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.size = QSlider(Qt.Orientation.Horizontal, minimum=-100, maximum=100, toolTip="Larger or smaller")
        self.size.setAccessibleName("Size of the stamp")
        self.size.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.size_text = QLabel("100 %", objectName="muted")
        self.size_text.setFixedWidth(46)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 10)
        layout.setSpacing(6)
        for row in ([self.kinds], None, [self.perspective, self.estimate], [self.mirror, self.size, self.size_text]):
            if row is None:
                layout.addWidget(self.empty)
                layout.addWidget(self.list, 1)
                continue
            line = QHBoxLayout()
            line.setContentsMargins(14, 2, 12, 0)
            line.setSpacing(8)
            for i, widget in enumerate(row):
                line.addWidget(widget, 1 if widget is self.size or len(row) == 1 else 0)
                if i == 0 and widget is self.perspective:
                    line.addStretch(1)
            layout.addLayout(line)

        self.kinds.activated.connect(lambda _: self._fill())
        self.list.itemSelectionChanged.connect(self._chosen)
        self.list.itemClicked.connect(lambda _: self._chosen())
        self.perspective.toggled.connect(lambda on: context.settings.__setitem__("perspective", on))
        self.estimate.clicked.connect(lambda _: context.find_horizon())
        self.mirror.toggled.connect(self.tool.mirror)
        self.tool.mirror_changed = self.mirror.setChecked
        self.size.valueChanged.connect(self._sized)
        context.scene_replaced.connect(self._load_seen)
        context.settings.changed.connect(self._setting_changed)
        context.tool_changed.connect(self._tool_changed)
        context.theme.changed.connect(self._fill)

    def sizeHint(self) -> QSize:
        return QSize(248, 480)

    def look(self, seen: bool = True) -> None:
        """The panel came to the front, or went behind another."""
        self._seen = seen
        self._load_seen()

    def _load_seen(self) -> None:
        if self._seen:
            self._load()

    def _load(self) -> None:
        """Read the library for the scene's classes. It takes a while: not before it is needed."""
        if self.context.label_set is self._label_set:
            return
        from core.stamps import library

        self._label_set = self.context.label_set
        try:
            self.stamps = list(library(self._label_set))
        except VedutaError as error:
            self.stamps = []
            self.empty.setText(str(error))
        present = {stamp.kind for stamp in self.stamps}
        self.kinds.clear()
        self.kinds.addItem("All stamps", "")
        for kind, words in KINDS:
            if kind in present:
                self.kinds.addItem(words, kind)
        self._fill()

    def _fill(self) -> None:
        order = [kind for kind, _ in KINDS]
        wanted = self.kinds.currentData()
        # Emptying a list selects its rows one by one: nobody has chosen those.
        self.list.blockSignals(True)
        self.list.clear()
        shown = [i for i, stamp in enumerate(self.stamps) if not wanted or stamp.kind == wanted]
        shown.sort(key=lambda i: order.index(self.stamps[i].kind) if self.stamps[i].kind in order else len(order))
        for i in shown:
            picture, icon = _pixmap(self.stamps[i].picture(self.context.label_set), self.context.theme.look.muted), QIcon()
            for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Active):
                icon.addPixmap(picture, mode)  # not tinted: the colours are the classes'
            item = QListWidgetItem(icon, "")
            item.setData(_INDEX, i)
            item.setToolTip(f"{self.stamps[i].kind.capitalize()}. Click, then click in the street; or drag it there")
            item.setSizeHint(_PICTURE + QSize(8, 8))
            self.list.addItem(item)
            if self.stamps[i] is self.tool.stamp:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        self.empty.setVisible(not self.stamps)
        self.list.setVisible(bool(self.stamps))

    def stamp_of(self, item: QListWidgetItem | None) -> Stamp | None:
        return self.stamps[item.data(_INDEX)] if item is not None else None

    def _chosen(self) -> None:
        items = self.list.selectedItems()
        if items:
            self.tool.choose(self.stamp_of(items[0]))
            self.context.choose_tool("stamp")

    def _tool_changed(self, name: str) -> None:
        if name == "stamp" and self.tool.stamp is None:
            # The tool was chosen first: show what it can put down.
            self._load()
            QTimer.singleShot(0, self._first)

    def _first(self) -> None:
        if self.tool.stamp is None and self.list.count():
            self.list.setCurrentRow(0)

    def _sized(self, value: int) -> None:
        self.tool.size = 4 ** (value / 100)
        self.size_text.setText(f"{self.tool.size * 100:.0f} %")
        self.canvas.redraw()

    def _setting_changed(self, key: str, value) -> None:
        if key == "perspective":
            self.perspective.setChecked(value)
            self.canvas.redraw()


class _Pictures(QListWidget):
    """The stamps as a wall of pictures that can be dragged out."""

    def __init__(self, panel: StampsPanel):
        super().__init__(panel)
        self._panel = panel
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setIconSize(_PICTURE)
        self.setUniformItemSizes(True)
        self.setDragEnabled(True)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def startDrag(self, _actions) -> None:
        item = self.currentItem()
        stamp = self._panel.stamp_of(item)
        if stamp is None:
            return
        self._panel.tool.choose(stamp)
        self._panel.context.choose_tool("stamp")
        data = QMimeData()
        data.setData(STAMP, str(item.data(_INDEX)).encode())
        drag = QDrag(self)
        drag.setMimeData(data)
        # The street shows it at its true size; an empty picture keeps Qt from drawing the icon too.
        blank = QPixmap(1, 1)
        blank.fill(Qt.GlobalColor.transparent)
        drag.setPixmap(blank)
        drag.setHotSpot(QPoint(0, 0))
        drag.exec(Qt.DropAction.CopyAction)


def _pixmap(rgba: np.ndarray, line: str) -> QPixmap:
    """A stamp's picture, fitted into a square, with an outline in the colour ``line``: a class's own may be the panel's."""
    side = 2 * _PICTURE.width() - 2 * _LINE
    scale = side / max(rgba.shape[:2])
    size = [max(round(length * scale), 1) for length in rgba.shape[1::-1]]
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    # Colours weighed by how much of a pixel is covered, so that no black comes in from around.
    seen = rgba[..., 3:].astype(np.float32) / 255
    colours, seen = (cv2.copyMakeBorder(cv2.resize(part, size, interpolation=smooth), *4 * (_LINE,), cv2.BORDER_CONSTANT) for part in (rgba[..., :3] * seen, seen))
    around = cv2.GaussianBlur(cv2.dilate(seen, np.ones((3, 3))), (0, 0), 1.0)
    under = (around * (1 - seen))[..., None]
    covered = seen[..., None] + under
    mixed = (colours + under * QColor(line).getRgb()[:3]) / np.maximum(covered, 1e-6)
    picture = np.ascontiguousarray(np.concatenate([mixed, 255 * covered], 2).clip(0, 255).round().astype(np.uint8))
    height, width = picture.shape[:2]
    return QPixmap.fromImage(QImage(picture.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy())
