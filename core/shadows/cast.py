"""Cast shadows: lay the shadows of everything in a label map on its ground and walls, for a chosen sun.

Everything that stands is found once (:class:`Shadows`); a sun is then quickly tried. The ground
is taken to be flat and the camera level, as all of ``core.filling`` does. As in ``core.scene.edits``,
an edit is described and the scene left alone: labels change from ground or wall to its part in shadow and
back, instance values stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.filling.view import View, estimate_view
from core.labels import LabelSet
from core.scene.edit import Edit, make_edit
from core.scene.scene import Scene, SceneSnapshot
from core.shadows.houses import fronts, houses
from core.shadows.parts import CAST, NO_GROUND, REMOVE, shadow_table, without_shadows
from core.shadows.prisms import joined, shade
from core.shadows.street import Street
from core.shadows.sun import Sun
from core.shadows.trees import trees
from core.shadows.upright import SCREENS, screens, upright
from core.shadows.walls import Walls


class Shadows:
    """What casts shadows in a street. The same maps, camera and sun give the same shadows.

    Args:
        labels: (H, W) uint8 of ``label_set``; shadows in it are taken for plain ground.
        instances: (H, W) uint16.

    Raises:
        LabelError: when the label set has no shadows.
    """

    def __init__(self, labels: np.ndarray, instances: np.ndarray, label_set: LabelSet, view: View):
        self._table = shadow_table(label_set)
        self.view = view
        street = Street(labels, instances, label_set, view)
        #: (H, W) uint8: the labels without shadows.
        self.bare = street.labels
        changes = (self._table != np.arange(256))[self.bare]
        #: (H, W) bool: ground on which shadows fall.
        self.takes = changes & street.ground
        found = list(fronts(street)) if self.takes.any() else []
        self._darkens = changes & street.where(("building",))
        self._walls = Walls(found, street.size)
        self._things = joined(self._found(street) if self.takes.any() else ())
        self._houses = joined(houses(street, found))

    def _found(self, street: Street):
        yield from upright(street)
        for name, kind in SCREENS.items():
            for thing in street.things((name,)):
                yield screens(street, thing.mask, thing.x0, thing.y0, kind.width, kind.tallest)
        yield from trees(street)

    def cast(self, sun: Sun, with_houses: bool = True) -> np.ndarray:
        """(H, W) uint8: the labels with the shadows of this sun, and no others.

        Args:
            with_houses: houses cast shadows too, on the ground and on those opposite; a sun from the side leaves
                little of a narrow street in the light.

        Raises:
            SceneError: for a sun that isn't above the horizon.
        """
        prisms = joined([self._things, self._houses]) if with_houses else self._things
        sun = sun.checked()
        shaded = shade(prisms, sun, self.view) & self.takes | self._walls.shade(sun, with_houses) & self._darkens
        return np.where(shaded, self._table[self.bare], self.bare)


def cast_shadows(labels: np.ndarray, instances: np.ndarray, label_set: LabelSet, sun: Sun, view: View) -> np.ndarray:
    """(H, W) uint8: ``labels`` with the shadows of this sun in place of those that are there; see :class:`Shadows`.

    A map without ground, or with nothing that stands on it, comes back without shadows.
    """
    return Shadows(labels, instances, label_set, view).cast(sun)


# -- in a scene ----------------------------------------------------------------------


@dataclass(frozen=True)
class Casting:
    """What casting, or removing, does.

    Attributes:
        edit: one undoable step; None where nothing would change.
        sentence: what was done, for a person.
    """

    edit: Edit | None
    sentence: str


def find_shadows(scene: Scene | SceneSnapshot, horizon: float | None = None) -> Shadows:
    """What casts shadows in a scene; ``horizon`` is its row where it is known.

    Raises:
        LabelError: when the scene's label set has no shadows.
    """
    shadow_table(scene.label_set)
    if not isinstance(scene, Scene):
        scene = Scene(scene.label_map, scene.instance_map, scene.label_set)
    return Shadows(scene.label_map, scene.instance_map, scene.label_set, estimate_view(scene, horizon))


def cast_in(scene: Scene, sun: Sun, horizon: float | None = None, with_houses: bool = True) -> Casting:
    """Cast the shadows of a sun in a scene, in place of those that are there; see :class:`Shadows`.

    A scene without ground stays as it is, and so does one in which nothing casts a shadow.

    Raises:
        LabelError: when the scene's label set has no shadows.
        SceneError: for a sun that isn't above the horizon.
    """
    sun, found = sun.checked(), find_shadows(scene, horizon)
    edit = edit_to(scene, found.cast(sun, with_houses), CAST)
    if not found.takes.any():
        return Casting(edit, NO_GROUND)
    if edit is None:
        return Casting(None, "Nothing changes: the shadows of this sun lie there already, or nothing casts one.")
    return Casting(edit, f"Shadows cast by a sun {sun.words}.")


def remove_from(scene: Scene) -> Casting:
    """Make ground and walls in shadow plain again."""
    edit = edit_to(scene, without_shadows(scene.label_map, scene.label_set), REMOVE)
    return Casting(edit, "Shadows removed." if edit is not None else "There are no cast shadows to remove.")


def edit_to(scene: Scene, labels: np.ndarray, title: str) -> Edit | None:
    """The step to (H, W) ``labels`` that differ in shadows alone; None where they don't."""
    mask = labels != scene.label_map
    if not mask.any():
        return None
    return make_edit(scene, title, (0, 0, *scene.size), mask, labels[mask], scene.instance_map[mask])
