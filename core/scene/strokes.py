"""A stroke of the brush: painted while the hand moves, one undoable step at the end."""

from __future__ import annotations

import numpy as np

from core.errors import SceneError
from core.labels import object_class
from core.opencv import cv2
from core.scene.edit import Edit, Target, edit_between, most_covered, painted_values, resolve_target
from core.scene.regions import Box, clip, union
from core.scene.scene import Scene

#: Side in pixels of the squares in which a stroke keeps what it painted over.
TILE = 256

SHAPES = ("round", "square")


class Stroke:
    """One drag of the brush.

    Each :meth:`add` paints the way from the last point at once, touching only the
    pixels around it. With an automatic target, a stroke that starts on an object of
    its own class extends that object; else the rules of ``core.scene.edit`` hold.
    Nothing else may edit the scene between the first ``add`` and ``finish``.

    Args:
        label_id: the class to paint; 0 erases.
        target: as for ``core.scene.edits.paint``.
        radius: in pixels, from 0 (one pixel).
        shape: "round" or "square" (side 2 * radius + 1).
        title: what the undo menu says.
        over: (256,) bool, the labels that may be painted over; None for all.
        autofill: a stroke that closes a contour fills it when it ends.

    Raises:
        LabelError, SceneError: as ``paint``; from ``__init__`` or the first ``add``.
    """

    def __init__(
        self, scene: Scene, label_id: int, target: Target = None, radius: float = 16.0, shape: str = "round",
        title: str | None = None, over: np.ndarray | None = None, autofill: bool = False,
    ):
        if shape not in SHAPES:
            raise SceneError(f"There is no brush shape '{shape}'; use round or square.")
        if not 0 <= radius <= 4096:
            raise SceneError("A brush radius runs from 0 to 4096 pixels.")
        self.scene = scene
        self.label = scene.label_set[label_id]
        self.target = target
        self.radius = float(radius)
        self.shape = shape
        self.over = over
        self.autofill = autofill
        self.title = title or ("Erase" if self.label.id == 0 else f"Paint {self.label.name}")
        self.value: int | None = None  # the instance value, once the first point has settled it
        self.bbox: Box | None = None  # around everything painted so far
        self._dabs: list[tuple[np.ndarray, Box]] = []  # where the brush was, for a contour to be filled
        self._swept: Box | None = None
        self.filled = False  # whether a closed contour was filled at the end
        self._last: tuple[float, float] | None = None
        self._before: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}
        if isinstance(target, (int, np.integer)):
            resolve_target(scene, self.label.id, target)

    def add(self, x: float, y: float) -> Box | None:
        """Paint from the last point to (x, y), pixel centres at whole numbers.

        Returns:
            the box in which pixels changed, or None where none did.
        """
        start = self._last or (x, y)
        self._last = (x, y)
        reach = int(np.ceil(self.radius)) + 1
        box = clip(
            (
                int(np.floor(min(start[0], x))) - reach, int(np.floor(min(start[1], y))) - reach,
                int(np.ceil(max(start[0], x))) + reach + 1, int(np.ceil(max(start[1], y))) + reach + 1,
            ),
            self.scene.size,
        )
        if box is None:
            return None
        mask = swept(start, (x, y), self.radius, self.shape, box)
        if self.autofill and mask.any():
            self._dabs.append((mask.view(np.uint8).copy(), box))
            self._swept = union(self._swept, box)
        if self.over is not None and mask.any():
            # What the stroke has painted itself stays paintable by nature: it changes nothing there.
            mask &= self.over[self.scene.label_map[box[1]:box[3], box[0]:box[2]]]
        if not mask.any():
            return None
        if self.value is None:
            self.value = self._settle(x, y, box, mask)
        labels, instances = painted_values(self.scene, box, mask, self.label.id, self.value)
        self._remember(box)
        if not self.scene.write(box, mask, labels, instances):
            return None
        self.bbox = union(self.bbox, box)
        return box

    def finish(self) -> Edit | None:
        """End the stroke and return its edit, already applied; None where it changed nothing."""
        if self.autofill and self._swept is not None and self.value is not None:
            self._fill_contour()
        if self.bbox is None:
            self._forget()
            return None
        old_labels, old_instances = self._old(self.bbox)
        x0, y0, x1, y1 = self.bbox
        new_labels = self.scene.label_map[y0:y1, x0:x1]
        new_instances = self.scene.instance_map[y0:y1, x0:x1]
        mask = (old_labels != new_labels) | (old_instances != new_instances)
        edit = edit_between(
            self.scene, self.title, self.bbox, mask,
            old_labels[mask], new_labels[mask], old_instances[mask], new_instances[mask], already_applied=True,
        )
        if edit is not None:
            edit.apply_beside(self.scene)
        self._forget()
        return edit

    def abort(self) -> Box | None:
        """Undo the stroke exactly; the box that changed back, or None."""
        box = self.bbox
        if box is not None:
            labels, instances = self._old(box)
            everything = np.ones(labels.shape, bool)
            self.scene.write(box, everything, labels.reshape(-1), instances.reshape(-1))
        self._forget()
        return box

    # -- details -------------------------------------------------------------

    def _fill_contour(self) -> None:
        """Paint what the stroke encloses."""
        # Where the brush was, whether or not that changed anything.
        self.bbox = x0, y0, x1, y1 = self._swept
        drawn = np.zeros((y1 - y0, x1 - x0), np.uint8)
        for mask, (mx, my, _, _) in self._dabs:
            drawn[my - y0:my - y0 + mask.shape[0], mx - x0:mx - x0 + mask.shape[1]] |= mask
        outlines, _ = cv2.findContours(drawn, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        inside = np.zeros_like(drawn)
        cv2.drawContours(inside, outlines, -1, 1, cv2.FILLED)
        inside = (inside > drawn)
        if self.over is not None:
            inside &= self.over[self.scene.label_map[y0:y1, x0:x1]]
        if inside.any():
            labels, instances = painted_values(self.scene, self.bbox, inside, self.label.id, self.value)
            self._remember(self.bbox)
            self.filled = self.scene.write(self.bbox, inside, labels, instances)

    def _settle(self, x: float, y: float, box: Box, mask: np.ndarray) -> int:
        """The stroke's instance value, from what lies under its first dab."""
        if self.target is None and self.label.parent is None and (self.label.thing or self.label.instanced):
            width, height = self.scene.size
            column, row = min(max(round(x), 0), width - 1), min(max(round(y), 0), height - 1)
            under = self.scene.object_at(column, row)
            if object_class(under) == self.label.id:
                return under
        covered = most_covered(self.scene, box, mask, self.label.id)
        return resolve_target(self.scene, self.label.id, self.target, covered)

    def _remember(self, box: Box) -> None:
        """Keep the tiles under ``box`` as they are, unless the stroke has touched them before."""
        for row in range(box[1] // TILE, (box[3] - 1) // TILE + 1):
            for column in range(box[0] // TILE, (box[2] - 1) // TILE + 1):
                if (row, column) not in self._before:
                    y, x = row * TILE, column * TILE
                    self._before[row, column] = (
                        self.scene.label_map[y:y + TILE, x:x + TILE].copy(),
                        self.scene.instance_map[y:y + TILE, x:x + TILE].copy(),
                    )

    def _old(self, box: Box) -> tuple[np.ndarray, np.ndarray]:
        """Labels and instances in ``box`` as they were before the stroke."""
        x0, y0, x1, y1 = box
        labels = self.scene.label_map[y0:y1, x0:x1].copy()
        instances = self.scene.instance_map[y0:y1, x0:x1].copy()
        for (row, column), (tile_labels, tile_instances) in self._before.items():
            ty, tx = row * TILE, column * TILE
            part = clip((x0 - tx, y0 - ty, x1 - tx, y1 - ty), (tile_labels.shape[1], tile_labels.shape[0]))
            if part is not None:
                inside = np.s_[part[1] + ty - y0:part[3] + ty - y0, part[0] + tx - x0:part[2] + tx - x0]
                labels[inside] = tile_labels[part[1]:part[3], part[0]:part[2]]
                instances[inside] = tile_instances[part[1]:part[3], part[0]:part[2]]
        return labels, instances

    def _forget(self) -> None:
        self._before.clear()
        self._dabs.clear()
        self._swept = None
        self.bbox = self._last = self.value = None


def swept(
    start: tuple[float, float], end: tuple[float, float], radius: float, shape: str, box: Box
) -> np.ndarray:
    """Bool mask over ``box`` of the pixels that a brush covers on its way from start to end.

    A pixel is covered where its centre is; the pixels nearest to the way always are.
    """
    x0, y0, x1, y1 = box
    if radius < 1 or shape == "square":
        reach = 0 if radius < 1 else round(radius)
        corners = [
            (round(x) + dx - x0, round(y) + dy - y0)
            for x, y in (start, end) for dx in (-reach, reach) for dy in (-reach, reach)
        ]
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        cv2.fillConvexPoly(mask, cv2.convexHull(np.array(corners, np.int32)), 1)
        return mask > 0
    ys = np.arange(y0, y1, dtype=np.float32)[:, None] - np.float32(start[1])
    xs = np.arange(x0, x1, dtype=np.float32)[None, :] - np.float32(start[0])
    dx, dy = end[0] - start[0], end[1] - start[1]
    length2 = dx * dx + dy * dy
    if length2 > 0:
        along = np.clip((xs * dx + ys * dy) / length2, 0, 1)
        xs, ys = xs - along * dx, ys - along * dy
    return xs * xs + ys * ys <= radius * radius
