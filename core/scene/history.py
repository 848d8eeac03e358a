"""The engine's own undo stack, for tools without a window and for tests."""

from __future__ import annotations

from core.scene.edit import Edit
from core.scene.scene import Scene


class History:
    """Undo and redo of a scene's edits.

    Args:
        scene: the scene that the edits belong to.
        limit_bytes: once the edits hold more memory, the oldest are forgotten.
    """

    def __init__(self, scene: Scene, limit_bytes: int = 512 << 20):
        self.scene = scene
        self.limit_bytes = limit_bytes
        self._done: list[Edit] = []
        self._undone: list[Edit] = []
        self._saved: int | None = 0  # how many edits were done at the last save; None: out of reach

    def push(self, edit: Edit | None) -> None:
        """Apply ``edit`` (harmless where a stroke already did) and remember it; None is ignored."""
        if edit is None:
            return
        edit.apply(self.scene)
        if self._saved is not None and self._saved > len(self._done):
            self._saved = None
        self._undone.clear()
        self._done.append(edit)
        held = sum(done.nbytes for done in self._done)
        while held > self.limit_bytes and len(self._done) > 1:
            held -= self._done.pop(0).nbytes
            self._saved = self._saved - 1 if self._saved else None

    def undo(self) -> Edit | None:
        """Revert the last edit and return it; None where there is none."""
        if not self._done:
            return None
        edit = self._done.pop()
        edit.revert(self.scene)
        self._undone.append(edit)
        return edit

    def redo(self) -> Edit | None:
        """Apply again what was undone last and return it; None where there is none."""
        if not self._undone:
            return None
        edit = self._undone.pop()
        edit.apply(self.scene)
        self._done.append(edit)
        return edit

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    @property
    def undo_title(self) -> str:
        return self._done[-1].title if self._done else ""

    @property
    def redo_title(self) -> str:
        return self._undone[-1].title if self._undone else ""

    def clear(self) -> None:
        """Forget all edits; the scene stays as it is and counts as saved if it was."""
        self._saved = 0 if self.is_saved else None
        self._done.clear()
        self._undone.clear()

    def mark_saved(self) -> None:
        self._saved = len(self._done)

    @property
    def is_saved(self) -> bool:
        """True where the scene is as it was at the last ``mark_saved`` (or at the start)."""
        return self._saved == len(self._done)
