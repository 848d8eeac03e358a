"""What every panel, tool and dialog of the studio shares.

A panel gets one :class:`StudioContext`. It reads the scene and the choices from
it, asks it to carry out edits, and listens to its signals; panels never know
each other or the window.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.history import Horizon, UndoHistory
from app.settings import Settings
from app.theme import Theme
from core.labels import INSTANCE_FACTOR, STREETS, Label, object_class
from core.scene.edit import NEW, Edit, Target, nothing
from core.scene.regions import Box
from core.scene.scene import Scene

#: Ways in which painted pixels join objects: value, words, hint.
TARGETS = (
    ("auto", "Auto", "A stroke that starts on an object of its class extends it; elsewhere it makes a new one."),
    ("new", "New object", "Every stroke makes a new object."),
    ("extend", "Extend", "Strokes join the selected object while it is of the painted class."),
)


class StudioContext(QObject):
    """The studio's shared state.

    Signals:
        scene_replaced: another scene is on the canvas (``scene`` may be None).
        scene_changed(box): pixels in ``box`` = (x0, y0, x1, y1) changed; an empty
            box means that only appearance codes did.
        painted(edit): a tool has painted a class, as one step (an Edit).
        label_changed(id), selection_changed(value), target_changed(key),
        tool_changed(name), brush_changed(radius): a choice changed. ``value`` is
            the instance value selected last, 0 for no object; it is sent again
            when others join or leave the selection.
        horizon_changed: the horizon was set. locks_changed: ``locked`` changed.
        preview_changed: other looks are tried on, see ``preview``.
        model_changed: another model file, or none, is in use.
        photograph_changed: a new photograph arrived, or the old one went.
        pointer_moved(x, y): pixel under the pointer, (-1, -1) outside the frame.
        message(text): something to say in the status bar.
        failed(title, text): something to say in a dialog.
    """

    scene_replaced = Signal()
    scene_changed = Signal(tuple)
    painted = Signal(object)
    label_changed = Signal(int)
    selection_changed = Signal(int)
    preview_changed = Signal()
    horizon_changed = Signal()
    locks_changed = Signal()
    target_changed = Signal(str)
    tool_changed = Signal(str)
    brush_changed = Signal(int)
    model_changed = Signal()
    photograph_changed = Signal()
    pointer_moved = Signal(int, int)
    message = Signal(str)
    failed = Signal(str, str)

    def __init__(self, settings: Settings, theme: Theme, parent: QObject | None = None):
        super().__init__(parent)
        self.settings = settings
        self.theme = theme
        self.scene: Scene | None = None
        self.history = UndoHistory(self)
        #: Facts about the loaded model (app.render_worker.ModelFacts), or None.
        self.model = None
        #: The newest photograph (app.live.Photograph), or None.
        self.photograph = None
        self.label_id = STREETS.named("car").id
        self.previous_label_id = STREETS.named("building").id
        #: The object selected last, 0 for none, and all that are selected.
        self.selection = 0
        self.selected: tuple[int, ...] = ()
        #: Ask :meth:`horizon` for its row. One that a person has set is kept in the project.
        self.horizon_settled = Horizon()
        #: What the photograph shows in place of the scene's codes while a look is tried on: look key -> code or None.
        self.preview: dict = {}
        #: Objects that keep their look when others are changed together; saved in the project.
        self.locked: set[int] = set()
        self.target: str = settings["target"]
        self.tool = "brush"
        self.brush_radius: int = settings["brush_radius"]
        #: True while a stroke is drawn or objects are held: nothing else may edit then.
        self.stroking = False

    # -- the scene -----------------------------------------------------------

    @property
    def label_set(self):
        return self.scene.label_set if self.scene is not None else STREETS

    @property
    def label(self) -> Label:
        return self.label_set[self.label_id]

    def show_scene(self, scene: Scene | None) -> None:
        """Put another scene on the canvas; forgets the undo steps and the photograph."""
        self.stroking = False
        self.scene = scene
        self.photograph = None
        self.selection, self.selected = 0, ()
        self.preview = {}
        self.horizon_settled = Horizon()
        self.locked.clear()
        self.history.restart()
        if scene is not None and self.label_id not in scene.label_set:
            self.label_id = scene.label_set.ids[0]
        if scene is not None and self.previous_label_id not in scene.label_set:
            self.previous_label_id = self.label_id
        self.scene_replaced.emit()
        self.selection_changed.emit(0)
        self.label_changed.emit(self.label_id)

    def commit(
        self, edit: Edit | None, applied: bool = False, locks: frozenset[int] | None = None, horizon: Horizon | None = None
    ) -> bool:
        """Carry out ``edit`` as one undo step; False for None.

        ``applied`` says that a stroke has carried it out, and told of it, already;
        ``locks`` are the objects whose looks are locked from then on, None: the same as before;
        ``horizon`` is the horizon from then on, None: the same as before.
        Nothing is carried out while a stroke is being drawn, or objects are held.
        """
        if edit is None or self.scene is None or self.stroking:
            return False
        self.history.push(edit, applied, locks, horizon)
        return True

    def lock(self, values, on: bool) -> bool:
        """Lock the looks of objects, or unlock them, as one undo step; False where that changes nothing."""
        locks = frozenset(self.locked.union(values) if on else self.locked.difference(values))
        if locks == self.locked:
            return False
        title = "Lock the look" if on else "Unlock the look"
        return self.commit(nothing(title), locks=locks)

    def touched(self, box: Box) -> None:
        """Say that pixels in ``box`` (or, for an empty box, codes) have changed."""
        if not self.stroking and any(not self.scene.area(value) for value in self.selected):
            self.select_many([value for value in self.selected if self.scene.area(value)])
        self.scene_changed.emit(tuple(box))

    # -- choices -------------------------------------------------------------

    def choose_label(self, label_id: int) -> None:
        if label_id == self.label_id or label_id not in self.label_set:
            return
        self.previous_label_id, self.label_id = self.label_id, label_id
        self.label_changed.emit(label_id)

    def swap_labels(self) -> None:
        """Back to the class used before."""
        self.choose_label(self.previous_label_id)

    def select(self, value: int) -> None:
        """Select one object by its instance value; 0, or a bare class id, selects none."""
        self.select_many([value])

    def select_many(self, values) -> None:
        """Select these objects, the last of them as the one whose look is shown; bare class ids are left out."""
        values = tuple(dict.fromkeys(int(value) for value in values if value >= INSTANCE_FACTOR))
        if values != self.selected:
            self.selected = values
            self.selection = values[-1] if values else 0
            self.selection_changed.emit(self.selection)

    def toggle(self, values) -> None:
        """Let objects that belong together join the selection, or leave it where the last of them is in it."""
        values = list(values)
        rest = [other for other in self.selected if other not in values]
        self.select_many(rest if values[-1] in self.selected else [*rest, *values])

    def select_class(self, label_id: int) -> None:
        """Select every object of a class (of the parent, for a part)."""
        base = int(self.label_set.base[label_id])
        self.select_many(
            entry.value for entry in self.scene.objects().values() if entry.is_object and entry.label_id == base
        )

    def try_looks(self, changes: dict) -> None:
        """Show the photograph with these changes of codes until {} is tried; the scene stays.

        ``changes`` are look key -> (K,) code, or None for the usual look, as ``core.looks.given`` makes them.
        """
        if changes or self.preview:
            self.preview = dict(changes)
            self.preview_changed.emit()

    def choose_target(self, key: str) -> None:
        if key != self.target:
            self.target = self.settings["target"] = key
            self.target_changed.emit(key)

    def choose_tool(self, name: str) -> None:
        if name != self.tool:
            self.tool = name
            self.tool_changed.emit(name)

    def choose_radius(self, radius: int) -> None:
        radius = max(1, min(512, int(radius)))
        if radius != self.brush_radius:
            self.brush_radius = self.settings["brush_radius"] = radius
            self.brush_changed.emit(radius)

    def pick(self, x: int, y: int) -> None:
        """Take the class under a pixel, and select its object if it has one."""
        if self.scene is None or not self.inside(x, y):
            return
        self.choose_label(self.scene.label_at(x, y))
        self.select(self.scene.object_at(x, y))

    def inside(self, x: float, y: float) -> bool:
        width, height = self.scene.size if self.scene is not None else (0, 0)
        return 0 <= x < width and 0 <= y < height

    @property
    def counts_objects(self) -> bool:
        """True where the chosen class, or its parent, may have objects."""
        base = self.label_set[int(self.label_set.base[self.label_id])]
        return base.thing or base.instanced

    def paint_over(self):
        """(256,) bool, the labels that may be painted over, or None for all; see ``core.scene.edits.paintable``."""
        from core.scene.edits import paintable

        return paintable(self.label_set, self.settings["paint_over"])

    def horizon(self) -> float:
        """Row of the horizon: the one that was set for this street, else estimated from it as it was opened."""
        if self.horizon_settled.row is None and self.scene is not None:
            self.horizon_settled = Horizon(self._estimated_horizon())
        return self.horizon_settled.row or 0.0

    @property
    def horizon_set(self) -> bool:
        """True where a person has set the horizon."""
        return self.horizon_settled.by_hand

    def settle_horizon(self, horizon: Horizon) -> None:
        """Let this be the horizon, without a step to undo: on opening, and while it is dragged."""
        if horizon != self.horizon_settled:
            self.horizon_settled = horizon
            self.horizon_changed.emit()

    def set_horizon(self, row: float) -> bool:
        """Set the horizon by hand, as one undo step; False where that changes nothing."""
        horizon = Horizon(float(row), True)
        return horizon != self.horizon_settled and self.commit(nothing("Set the horizon"), horizon=horizon)

    def find_horizon(self) -> None:
        """Estimate the horizon from the street as it is now; one that was set by hand goes, as one undo step."""
        if self.scene is None or self.stroking:
            return
        horizon = Horizon(self._estimated_horizon())
        if self.horizon_set:
            self.commit(nothing("Find the horizon"), horizon=horizon)
        else:
            self.settle_horizon(horizon)  # no project keeps an estimate

    def _estimated_horizon(self) -> float:
        from core.perspective import estimate_horizon

        return estimate_horizon(self.scene)

    def paint_target(self) -> Target:
        """The target for the next edit, see ``core.scene.edit``."""
        if not self.counts_objects:
            return None
        base = int(self.label_set.base[self.label_id])
        if self.target == "extend" and self.selection and object_class(self.selection) == base:
            return self.selection
        if self.target == "new" and self.label.parent is None:
            return NEW
        return None
