"""The label map in colours, and the paint that the photograph doesn't show yet."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage

from app.canvas.pyramid import Pyramid, halves
from core.labels import LabelSet
from core.scene.regions import Box, clip, union
from core.scene.scene import Scene, SceneSnapshot

OPAQUE = np.uint32(0xFF000000)

# More pending edits than this are looked at as one.
_MOST_BOXES = 256


def colour_table(label_set: LabelSet) -> np.ndarray:
    """(256,) uint32 0xffRRGGBB by label id."""
    return _packed(label_set.palette)


def edge_table(label_set: LabelSet) -> np.ndarray:
    """Likewise, the colours of lines between objects: lighter on dark classes, darker on light ones."""
    rgb = label_set.palette.astype(np.float32)
    dark = rgb @ np.float32([0.299, 0.587, 0.114]) < 100
    return _packed(np.where(dark[:, None], rgb + (255 - rgb) * 0.55, rgb * 0.6).astype(np.uint8))


def _packed(rgb: np.ndarray) -> np.ndarray:
    rgb = rgb.astype(np.uint32)
    return OPAQUE | rgb[:, 0] << 16 | rgb[:, 1] << 8 | rgb[:, 2]


class LabelPicture:
    """The coloured label map of one scene; strokes redraw only their rectangle.

    Args:
        edges: draw a line between two objects.
    """

    def __init__(self, scene: Scene, edges: bool = True):
        self.scene = scene
        self.edges = edges
        self._table = colour_table(scene.label_set)
        self._edge_table = edge_table(scene.label_set)
        width, height = scene.size
        full = np.empty((height, width, 4), np.uint8)
        self._packed = full.view(np.uint32)[..., 0]
        self._draw((0, 0, width, height))
        self.pyramid = Pyramid(halves(full))

    def update(self, box: Box) -> Box | None:
        """Redraw ``box``; the rectangle that may look different, or None."""
        # An edge is drawn on the pixel left of or above it, so it reaches one pixel out.
        grown = clip((box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1), self.scene.size)
        if grown is None:
            return None
        self._draw(grown)
        self.pyramid.refresh(grown)
        return grown

    def _draw(self, box: Box) -> None:
        x0, y0, x1, y1 = box
        here = self._packed[y0:y1, x0:x1]
        np.take(self._table, self.scene.label_map[y0:y1, x0:x1], out=here, mode="clip")
        if not self.edges:
            return
        instances = self.scene.instance_map[y0:y1 + 1, x0:x1 + 1]
        edge = np.zeros(here.shape, bool)
        across = instances[:here.shape[0], 1:] != instances[:here.shape[0], :-1]
        down = instances[1:, :here.shape[1]] != instances[:-1, :here.shape[1]]
        edge[:, :across.shape[1]] |= across[:, :here.shape[1]]
        edge[:down.shape[0]] |= down[:here.shape[0]]
        here[edge] = self._edge_table[self.scene.label_map[y0:y1, x0:x1][edge]]


class PendingPaint:
    """Pixels whose label or object differs from what the photograph on show was made from.

    Drawn over the photograph, so that painting on it is seen at once.
    """

    def __init__(self, scene: Scene, shown: SceneSnapshot | None):
        self.scene = scene
        self._table = colour_table(scene.label_set)
        width, height = scene.size
        self._packed = np.zeros((height, width), np.uint32)
        self.image = QImage(self._packed.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied)
        self._shown = shown
        # The edits since, box by box: while a hand paints on, the box round all of them grows without end.
        self._boxes: list[Box] = []

    @property
    def bbox(self) -> Box | None:
        """Round all paint that is pending; None without any."""
        return _bounds(self._boxes)

    def update(self, box: Box) -> None:
        """The scene changed in ``box``."""
        box = clip(box, self.scene.size)
        if box is not None and self._shown is not None:
            self._compare(box)
            self._boxes.append(box)
            if len(self._boxes) > _MOST_BOXES:
                self._boxes = [_bounds(self._boxes)]

    def shown(self, snapshot: SceneSnapshot) -> Box | None:
        """A photograph of ``snapshot`` is on show now; the rectangle that must be drawn again."""
        self._shown = snapshot
        before = self.bbox
        self._boxes = [box for box in self._boxes if self._compare(box)]
        return before

    def _compare(self, box: Box) -> bool:
        x0, y0, x1, y1 = box
        labels = self.scene.label_map[y0:y1, x0:x1]
        differs = labels != self._shown.label_map[y0:y1, x0:x1]
        differs |= self.scene.instance_map[y0:y1, x0:x1] != self._shown.instance_map[y0:y1, x0:x1]
        self._packed[y0:y1, x0:x1] = np.where(differs, self._table[labels], np.uint32(0))
        return bool(differs.any())


def _bounds(boxes: list[Box]) -> Box | None:
    found = None
    for box in boxes:
        found = union(found, box)
    return found
