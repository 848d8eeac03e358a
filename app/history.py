"""Qt's undo stack over the engine's edits: one drag, one step."""

from __future__ import annotations

import weakref
from dataclasses import dataclass

from PySide6.QtGui import QUndoCommand, QUndoStack

from core.scene.edit import Edit
from core.scene.packed import PackedEdit, packed

#: So many of the newest steps are kept ready; older ones are compressed.
READY = 8

#: Once the edits hold more than this many bytes, the oldest become unreachable.
LIMIT_BYTES = 1 << 30


@dataclass(frozen=True)
class Horizon:
    """Where the horizon lies: its row, None where it is yet to be estimated, and whether a person has set it."""

    row: float | None = None
    by_hand: bool = False


class EditCommand(QUndoCommand):
    """One edit on the stack; ``applied`` where a stroke has carried it out already.

    Locks belong to objects: one that is gone takes its lock along, and brings it back
    when the step is undone. ``locks`` are the locks from this step on; None leaves them,
    but that what goes on under another number stays locked, and selected. ``horizon``
    is the horizon from this step on, None where the step has nothing to do with it.
    """

    def __init__(
        self, edit: Edit, history: "UndoHistory", applied: bool, locks: frozenset[int] | None = None,
        horizon: Horizon | None = None,
    ):
        super().__init__(edit.title)
        self.edit: Edit | PackedEdit | None = edit
        self._applied = applied
        self._history = weakref.ref(history)
        self._locks_before = frozenset(history.context.locked)
        if locks is None and edit.heirs:
            locks = self._locks_before.union(new for new, old in edit.heirs.items() if old in self._locks_before)
        self._locks_after = locks
        self._horizons = None if horizon is None else (history.context.horizon_settled, horizon)

    def redo(self) -> None:
        # Pushing a command redoes it; what a stroke has painted and drawn is not done twice.
        applied, self._applied = self._applied, False
        self._carry_out("apply", there_already=applied)

    def undo(self) -> None:
        self._carry_out("revert")

    def pack(self) -> None:
        """Compress the edit until undo comes near it."""
        if isinstance(self.edit, Edit):
            self.edit = packed(self.edit)

    def forget(self) -> None:
        """Free the edit's memory; when undo comes to this step, it is dropped and does nothing."""
        self.edit = None
        self.setText("(forgotten)")
        self.setObsolete(True)

    def _carry_out(self, direction: str, there_already: bool = False) -> None:
        history = self._history()
        context = history.context if history is not None else None
        if self.edit is None or context is None or context.scene is None:
            return
        if not there_already:
            if isinstance(self.edit, PackedEdit):
                self.edit = self.edit.unpacked()
            getattr(self.edit, direction)(context.scene)
        if direction == "revert":
            locks = self._locks_before
        else:
            locks = self._locks_before if self._locks_after is None else self._locks_after
            locks = self._locks_after = frozenset(value for value in locks if context.scene.area(value))
        if locks != context.locked:
            context.locked.clear()
            context.locked.update(locks)
            context.locks_changed.emit()
        if self._horizons is not None:
            context.settle_horizon(self._horizons[direction == "apply"])
        if not there_already and not self.edit.is_empty:
            self._keep_selected(context, direction)
            context.touched(self.edit.bbox)

    def _keep_selected(self, context, direction: str) -> None:
        """What is selected and has got another number is selected under that one."""
        renamed = self.edit.heirs
        if direction == "apply":
            renamed = {old: new for new, old in renamed.items() if not context.scene.area(old)}
        if not renamed.keys().isdisjoint(context.selected):
            context.select_many([renamed.get(value, value) for value in context.selected])


class UndoHistory(QUndoStack):
    """The studio's undo stack; ``context`` is the StudioContext whose scene it changes."""

    def __init__(self, context):
        super().__init__(context)
        self.context = context
        self._forgotten = False

    def restart(self) -> None:
        """Forget every step, for another scene, which counts as saved."""
        self.clear()
        self.setUndoLimit(self.context.settings["undo_steps"])
        self._forgotten = False

    def push(
        self, edit: Edit, applied: bool = False, locks: frozenset[int] | None = None, horizon: Horizon | None = None
    ) -> None:
        super().push(EditCommand(edit, self, applied, locks, horizon))
        if self.count() > READY:
            self.command(self.count() - 1 - READY).pack()
        self._spare_memory()

    @property
    def held_bytes(self) -> int:
        """Memory that the steps hold."""
        return sum(command.edit.nbytes for command in self._commands() if command.edit is not None)

    def _commands(self) -> list[EditCommand]:
        return [self.command(i) for i in range(self.count())]

    @property
    def saved(self) -> bool:
        """True where the scene is as it was opened or last saved."""
        return self.isClean() and not self._forgotten

    def mark_saved(self) -> None:
        self._forgotten = False
        self.setClean()

    def mark_unsaved(self) -> None:
        """The scene was never written as it is (a recovered or a new one)."""
        self._forgotten = True
        self.resetClean()

    def undo(self) -> None:
        if not self.context.stroking:
            super().undo()

    def redo(self) -> None:
        if not self.context.stroking:
            super().redo()

    def _spare_memory(self) -> None:
        """Past the limit the oldest steps lose their memory, which makes them unreachable."""
        if self.count() % 16:
            return
        held = self.held_bytes
        for index, command in enumerate(self._commands()[:-1]):
            if held <= LIMIT_BYTES:
                break
            if command.edit is not None:
                held -= command.edit.nbytes
                command.forget()
                self._forgotten |= self.cleanIndex() <= index
