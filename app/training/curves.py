"""Loss curves of a run, and NVIDIA's beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyqtgraph
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.context import StudioContext
from app.dialogs import tell
from core.errors import VedutaError
from core.training.loss_log import read_loss_log
from core.training.recipes import Recipe

#: Loss -> (words, what it is, colour on light, colour on dark). Chosen to differ for colour-blind eyes too.
LOSSES = {
    "gan": ("Fooling", "How well the pictures pass for photographs: low is good", "#b3541e", "#e8a06a"),
    "features": ("Features", "How far the judge's features of picture and photograph differ", "#1f7a8c", "#5cb8c9"),
    "perceptual": ("Perceptual", "How different picture and photograph look to VGG", "#6a4fa3", "#b49ae8"),
    "texture": ("Texture", "How far the textures of walls, leaves and pavements differ", "#9a6b00", "#d9b24c"),
    "pixel": ("Pixels", "How far the colours differ, pixel by pixel", "#3d7d3a", "#8cc98a"),
    "weave": ("Weave", "How far regular patterns of two and four pixels differ", "#2b5fb3", "#7fa8e8"),
    "colour": ("Colours", "How far the mean colours of objects and parts differ", "#b0306f", "#e88ab8"),
    "discriminator": ("Judge", "How badly the judge tells pictures from photographs", "#69727a", "#98a1a8"),
}
#: NVIDIA's names -> ours, and what theirs are multiplied by to mean the same: its code logs them with their
#: weight of 10, and the judge's loss in two halves.
NVIDIA = {
    "G_GAN": ("gan", 1.0), "G_GAN_Feat": ("features", 0.1), "G_VGG": ("perceptual", 0.1),
    "D_real": ("discriminator", 0.5), "D_fake": ("discriminator", 0.5),
}
_POINTS = 1500


class Curves(QWidget):
    """Shows losses over steps; over photographs seen where NVIDIA's are beside them."""

    def __init__(self, context: StudioContext, parent: QWidget | None = None):
        super().__init__(parent)
        self.context = context
        self._steps = np.empty(0)
        self._losses: dict[str, np.ndarray] = {}
        self._recipe: Recipe | None = None
        self._theirs: list[dict[str, float]] = []
        self._lines: dict[tuple[str, bool], pyqtgraph.PlotDataItem] = {}
        self.plot = pyqtgraph.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMinimumHeight(150)
        self.boxes: dict[str, QCheckBox] = {}
        row, looks = QHBoxLayout(), QHBoxLayout()
        row.setSpacing(12)
        looks.setSpacing(12)
        for name, (words, hint, *_) in LOSSES.items():
            box = QCheckBox(words, checked=True, toolTip=hint)
            box.toggled.connect(self._draw)
            self.boxes[name] = box
            (row if row.count() < 4 else looks).addWidget(box)
        row.addStretch(1)
        looks.addStretch(1)
        self.smooth = QCheckBox("Smooth", checked=True, toolTip="A running mean: single steps jump about")
        self.smooth.toggled.connect(self._draw)
        self.logarithmic = QCheckBox("Log", toolTip="Logarithmic heights")
        self.logarithmic.toggled.connect(self._draw)
        self.beside = QPushButton("Compare\u2026", toolTip="Open a loss_log.txt of NVIDIA's pix2pixHD beside these curves")
        self.beside.clicked.connect(self._toggle_theirs)
        for widget in (self.smooth, self.logarithmic, self.beside):
            (looks if widget is not self.beside else row).addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.plot, 1)
        layout.addLayout(row)
        layout.addLayout(looks)
        context.theme.changed.connect(self._restyle)
        self._restyle()

    # -- what is shown ---------------------------------------------------------------

    def show_run(self, steps, losses: dict, recipe: Recipe | None) -> None:
        """steps: the steps' numbers; losses: name -> values; recipe: for counting photographs."""
        self._steps = np.array(steps, float)
        self._losses = {name: np.array(values, float) for name, values in losses.items() if name in LOSSES}
        self._recipe = recipe
        self._draw()

    def open_theirs(self, path: Path) -> None:
        """Show a loss_log.txt of NVIDIA's beside the run's own curves.

        Raises:
            TrainingError: when it is none.
        """
        self._theirs = read_loss_log(path)
        self.beside.setText(f"Without {path.name}")
        self._draw()

    def close_theirs(self) -> None:
        self._theirs = []
        self.beside.setText("Compare\u2026")
        self._draw()

    def _toggle_theirs(self) -> None:
        if self._theirs:
            self.close_theirs()
            return
        path, _ = QFileDialog.getOpenFileName(
            self, "Open NVIDIA's loss_log.txt", self.context.settings["folder"], "Loss logs (*.txt);;All files (*)"
        )
        if path:
            try:
                self.open_theirs(Path(path))
            except VedutaError as error:
                tell(self.window(), "This log can't be shown.", str(error))

    # -- drawing -----------------------------------------------------------------------

    def _restyle(self) -> None:
        look = self.context.theme.look
        self.plot.setBackground(look.field)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(QColor(look.line))
            axis.setTextPen(QColor(look.muted))
        self.plot.getAxis("left").setWidth(46)
        self.plot.showGrid(x=False, y=True, alpha=0.18)
        for name, box in self.boxes.items():
            box.setStyleSheet(f"QCheckBox {{ color: {self._colour(name)}; }}")
        for line in self._lines.values():
            self.plot.removeItem(line)
        self._lines = {}
        self._draw()

    def _colour(self, name: str) -> str:
        return LOSSES[name][3 if self.context.theme.look.dark else 2]

    def _draw(self, *_) -> None:
        self.plot.setLogMode(x=False, y=self.logarithmic.isChecked())
        compared = bool(self._theirs)
        self.plot.setLabel("bottom", "photographs seen" if compared else "step", color=self.context.theme.look.muted)
        across = self._seen(self._steps) if compared else self._steps
        shown = set()
        for name, values in self._losses.items():
            self._line(name, False, across, values, shown)
        for name, (x, y) in self._their_curves().items():
            self._line(name, True, x, y, shown)
        for key, line in self._lines.items():
            line.setVisible(key in shown)
        for name, box in self.boxes.items():
            box.setVisible(name in self._losses or not self._losses)

    def _line(self, name: str, theirs: bool, x: np.ndarray, y: np.ndarray, shown: set) -> None:
        if not self.boxes[name].isChecked() or not len(x):
            return
        key = name, theirs
        if key not in self._lines:
            style = Qt.PenStyle.DashLine if theirs else Qt.PenStyle.SolidLine
            pen = pyqtgraph.mkPen(self._colour(name), width=1.6, style=style)
            self._lines[key] = self.plot.plot([], [], pen=pen, antialias=True)
        there = np.isfinite(y) & (y > 0 if self.logarithmic.isChecked() else True)
        x, y = thinned(x[there], smoothed(y[there]) if self.smooth.isChecked() else y[there])
        self._lines[key].setData(x, y)
        shown.add(key)

    def _their_curves(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        curves = {}
        for name in LOSSES:
            parts = [(their, factor) for their, (ours, factor) in NVIDIA.items() if ours == name]
            points = [p for p in self._theirs if all(their in p for their, _ in parts)]
            if points and parts:
                x = np.array([p["step"] for p in points], float)
                curves[name] = x, np.array([sum(p[their] * factor for their, factor in parts) for p in points])
        return curves

    def _seen(self, steps: np.ndarray) -> np.ndarray:
        """Photographs seen after each of ``steps``: a step sees as many as its phase's batch."""
        if self._recipe is None:
            return steps
        places = np.unique(np.linspace(0, max(self._recipe.steps, 1), 1024).astype(int))
        batches = np.array([self._recipe.phase_at(min(int(p), self._recipe.steps - 1)).batch for p in places[:-1]])
        total = np.concatenate(([0], np.cumsum(batches * np.diff(places))))
        return np.interp(steps, places, total)


def smoothed(values: np.ndarray, share: float = 0.02) -> np.ndarray:
    """A running mean over the last ``share`` of all values, shorter at the start."""
    width = max(1, min(len(values), round(len(values) * share)))
    sums = np.concatenate(([0.0], np.cumsum(values)))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - width)
    return (sums[ends] - sums[starts]) / (ends - starts)


def thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most some :data:`_POINTS` points: means of neighbours."""
    if len(x) <= _POINTS:
        return x, y
    edges = np.linspace(0, len(x), _POINTS + 1).astype(int)[:-1]
    counts = np.diff(np.append(edges, len(x)))
    return np.add.reduceat(x, edges) / counts, np.add.reduceat(y, edges) / counts
