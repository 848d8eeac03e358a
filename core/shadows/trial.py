"""Shadows tried on in a scene while a person looks for the sun, as one undoable step in the end."""

from __future__ import annotations

import numpy as np

from core.scene.edit import Edit, edit_between
from core.scene.regions import Box, mask_box
from core.scene.scene import Scene
from core.shadows.parts import without_shadows


class Trial:
    """The scene shows shadows that aren't settled. Until :meth:`finish` or :meth:`abort` nothing else may edit it."""

    def __init__(self, scene: Scene):
        self.scene = scene
        self._before = scene.label_map.copy()
        #: (H, W) uint8: the labels without any shadows.
        self.bare = without_shadows(self._before, scene.label_set)

    @property
    def had_shadows(self) -> bool:
        """Whether there were any at the beginning."""
        return bool((self.bare != self._before).any())

    def show(self, labels: np.ndarray) -> Box | None:
        """Show (H, W) ``labels`` that differ in shadows alone; the box that changed, or None."""
        differs = labels != self.scene.label_map
        box = mask_box(differs)
        if box is None:
            return None
        here = np.s_[box[1]:box[3], box[0]:box[2]]
        mask = differs[here]
        self.scene.write(box, mask, labels[here][mask], self.scene.instance_map[here][mask])
        return box

    def abort(self) -> Box | None:
        """Put everything back as it was; the box that changed, or None."""
        return self.show(self._before)

    def finish(self, title: str) -> Edit | None:
        """What is shown as a step that is carried out already; None where it is what was there at the beginning."""
        now, instances = self.scene.label_map, self.scene.instance_map
        mask = now != self._before
        if not mask.any():
            return None
        return edit_between(
            self.scene, title, (0, 0, *self.scene.size), mask, self._before[mask], now[mask], instances[mask],
            instances[mask], already_applied=True,
        )
