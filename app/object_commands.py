"""What can be done with the selected objects, as one undo step each; the window's actions call these."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace
from typing import Sequence

import numpy as np
from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QGuiApplication

from app.context import StudioContext
from core import looks
from core.errors import VedutaError
from core.labels import INSTANCE_FACTOR, object_class
from core.look_regions import look_key
from core.scene import clip, objects, posts, shapes
from core.scene.edit import Edit
from core.scene.pieces import Piece, around, scaling, rotation, translation
from core.scene.regions import Box
from core.scene.scene import Scene

#: A duplicate is put down this many screen pixels away, so that it is seen.
_ASIDE = 24


@dataclass(frozen=True)
class Copies:
    """New objects for the scene.

    Attributes:
        pieces: the rearmost first.
        locked: values of those whose originals are locked.
    """

    pieces: list[Piece]
    locked: frozenset[int] = frozenset()


@dataclass(frozen=True)
class _Clipped:
    """What was put into the clipboard: which of its pieces were locked, and in which street."""

    data: bytes
    locked: tuple[bool, ...]
    scene: weakref.ref[Scene]


class ObjectCommands(QObject):
    """Commands on ``context.selected``; what can't be done is said in the status bar."""

    def __init__(self, context: StudioContext, canvas):
        super().__init__(canvas)
        self.context, self.canvas = context, canvas
        self._clipped: _Clipped | None = None

    # -- what is under the pointer -----------------------------------------------

    def object_at(self, x: int, y: int) -> int:
        """The object at a pixel, 0 for none. A lamp post, sign or bin that is none yet becomes one, as one undo step."""
        scene = self.context.scene
        self.context.commit(self._guarded(lambda: posts.pick_out(scene, x, y, self._usual_codes())))
        value = scene.object_at(x, y)
        return value if value >= INSTANCE_FACTOR else 0

    def objects_in(self, box: Box) -> list[int]:
        """The objects of which most lies inside a box, ascending; posts and clutter there that are none yet become some, as one step."""
        scene = self.context.scene
        self.context.commit(self._guarded(lambda: posts.pick_out_in(scene, box, self._usual_codes())))
        return objects.mostly_in(scene, box)

    def _usual_codes(self) -> dict[int, np.ndarray]:
        """Look keys of posts and clutter that have no number -> their looks, for classes whose objects the model knows apart."""
        scene, model = self.context.scene, self.context.model
        book = model.code_book if model is not None else None
        if book is None:
            return {}
        return {
            look_key(label_id, part): code
            for label_id in model.card.object_classes if posts.may_pick_out(scene.label_set, label_id)
            for part, code in looks.whole_look(scene, book, label_id).items() if book.looks(part or label_id)
        }

    # -- copies ------------------------------------------------------------------

    def dressed(self, pieces: list[Piece], sources: list[int]) -> list[Piece]:
        """Copies with the look in which their sources are rendered, even where that is only the usual one."""
        scene, model = self.context.scene, self.context.model
        book = model.code_book if model is not None else None
        if book is None:
            return pieces

        def codes(piece: Piece, source: int) -> dict[int, np.ndarray]:
            # The usual look goes by the number, which is another one now: of an object, and of each kind of part.
            whole = looks.whole_look(scene, book, source).items()
            return {**{part: code for part, code in whole if book.looks(part or piece.label_id)}, **piece.codes}

        return [replace(piece, codes=codes(piece, source)) for piece, source in zip(pieces, sources)]

    def copied(self) -> Copies:
        """The selected objects as new ones, locked as they are."""
        from core.scene.hold import Hold

        scene = self.context.scene
        held = Hold(scene, objects.object_values(scene, self.context.selected)).pieces
        pieces = self.dressed(objects.numbered(scene, held), [piece.value for piece in held])
        return _copies(pieces, [piece.value in self.context.locked for piece in held])

    def duplicate(self) -> None:
        step = max(2, round(_ASIDE / max(self.canvas.viewport.scale, 0.05)))
        self._put(self.copied, lambda box: translation(step, 0), "Duplicate")

    def copy(self) -> bool:
        """Put the selected objects into the clipboard."""
        def run():
            copies = self.copied()
            data, held = QMimeData(), clip.to_bytes(copies.pieces, self.context.label_set)
            data.setData(clip.MIME, held)
            QGuiApplication.clipboard().setMimeData(data)
            locked = tuple(piece.value in copies.locked for piece in copies.pieces)
            self._clipped = _Clipped(held, locked, weakref.ref(self.context.scene))
            count = len(self.context.selected)
            self.context.message.emit("Copied 1 object" if count == 1 else f"Copied {count} objects")
            return True
        return bool(self._guarded(run))

    def cut(self) -> None:
        if self.copy():
            self.delete()

    def can_paste(self) -> bool:
        data = QGuiApplication.clipboard().mimeData()
        return data is not None and data.hasFormat(clip.MIME)

    def paste(self) -> None:
        """Put down what is in the clipboard: at the pointer, else in the middle of the view.

        What was copied in this very street is locked as it was then; what comes from elsewhere is not.
        """
        context = self.context
        if not self.can_paste():
            context.message.emit("There is no object in the clipboard; copy one first.")
            return

        def copies():
            data, known = bytes(QGuiApplication.clipboard().mimeData().data(clip.MIME)), self._clipped
            pieces = objects.numbered(context.scene, clip.from_bytes(data, context.label_set))
            ours = known is not None and known.scene() is context.scene and known.data == data
            return _copies(pieces, known.locked if ours else [False] * len(pieces))

        def where(box):
            at = self.canvas.pointer
            if at is None or not context.inside(at.x(), at.y()):
                at = self.canvas.viewport.centre
            return translation(round(at.x() - (box[0] + box[2]) / 2), round(at.y() - (box[1] + box[3]) / 2))

        self._put(copies, where, "Paste")

    def _put(self, make, where, verb: str) -> None:
        """Put down the :class:`Copies` that ``make()`` returns, and select them."""
        def run():
            copies = make()
            pieces = copies.pieces
            title = f"{verb} {objects.named(self.context.scene, [piece.value for piece in pieces])}"
            edit = objects.put(self.context.scene, pieces, where(around(pieces)), title)
            if edit is None:
                self.context.message.emit("Nothing of it would lie in the street.")
            elif self.context.commit(edit, locks=copies.locked | self.context.locked):
                self.context.choose_tool("select")
                self.context.select_many([p.value for p in pieces if self.context.scene.area(p.value)])
        self._guarded(run)

    # -- the selection itself ---------------------------------------------------------

    def select_all(self) -> None:
        """Every object of the street."""
        if self.context.scene is not None and not self.context.stroking:
            self.context.select_many(entry.value for entry in self.context.scene.objects().values() if entry.is_object)
            if not self.context.selected:
                self.context.message.emit("There are no objects yet; paint a car, or put down a stamp.")

    def select_none(self) -> None:
        if not self.context.stroking:
            self.context.select(0)

    def select_class(self) -> None:
        """Every object of the selected one's class, else of the class in hand; posts and clutter that are none yet become some."""
        context, scene = self.context, self.context.scene
        if scene is None or context.stroking:
            return
        label_id = int(object_class(context.selection)) if context.selection else context.label_id
        frame = (0, 0, *scene.size)
        context.commit(self._guarded(lambda: posts.pick_out_in(scene, frame, self._usual_codes(), of=label_id)))
        context.select_class(label_id)
        if not context.selected:
            context.message.emit("There is no object of this class.")

    def delete(self) -> None:
        self._do(lambda scene, values: objects.delete(scene, values))

    def flip(self) -> None:
        self._turned(lambda middle: scaling(middle, -1, 1), "Mirror")

    def quarter_turn(self) -> None:
        self._turned(lambda middle: rotation(middle, 90), "Turn")

    def nudge(self, dx: int, dy: int) -> None:
        self._do(lambda scene, values: objects.transform(scene, values, translation(dx, dy)))

    def to_front(self) -> None:
        self._do(objects.bring_to_front, "Nothing stands in front of it.")

    def to_back(self) -> None:
        self._do(objects.send_to_back, "Nothing lies behind it.")

    def merge(self) -> None:
        # The one selected last is the one that a person looks at: it stays.
        self._do(lambda scene, values: objects.merge(scene, values[::-1]))

    def split(self) -> None:
        """Each connected part of the object an object, all of them selected."""
        before = set(self.context.scene.objects())
        if self._do(lambda scene, values: objects.split(scene, values[-1]), "It is of one piece."):
            fresh = set(self.context.scene.objects()) - before
            self.context.select_many([*sorted(fresh), self.context.selection])

    def change_class(self, label_id: int | None = None) -> None:
        """The selected objects become objects of a class, by default the one in hand."""
        context = self.context
        label_id = context.label_id if label_id is None else label_id
        self._do(lambda scene, values: objects.change_class(scene, values, label_id), "It is of that class already.")

    def outline(self, change: str, pixels: int = 2) -> None:
        """``change``: "grow", "shrink", "smooth" or "fill_holes", of the object selected last."""
        over = self.context.paint_over()

        def run(scene, values):
            if change == "shrink":
                return shapes.shrink(scene, values[-1], pixels)
            if change == "fill_holes":
                return shapes.fill_holes(scene, values[-1], over)
            return getattr(shapes, change)(scene, values[-1], pixels, over)

        self._do(run, "Nothing to change there.")

    # -- details ---------------------------------------------------------------------------

    def _turned(self, matrix, verb: str) -> None:
        def run(scene, values):
            boxes = np.array([scene.objects()[value].bbox for value in values])
            low, high = boxes[:, :2].min(0), boxes[:, 2:].max(0)
            middle = (low + high) / 2
            return objects.transform(scene, values, matrix(middle), f"{verb} {objects.named(scene, values)}")
        self._do(run)

    def _do(self, run, nothing: str = "") -> bool:
        """Commit what ``run(scene, values)`` describes; says ``nothing`` where that is nothing."""
        def described() -> Edit | None:
            return run(self.context.scene, objects.object_values(self.context.scene, self.context.selected))
        done = self._guarded(lambda: (described(),))
        if done is None:
            return False
        if done[0] is None and nothing:
            self.context.message.emit(nothing)
        return self.context.commit(done[0])

    def _guarded(self, run):
        if self.context.scene is None or self.context.stroking:
            return None
        try:
            return run()
        except VedutaError as error:
            self.context.message.emit(str(error))
            return None


def _copies(pieces: list[Piece], locked: Sequence[bool]) -> Copies:
    """What is put down as stuff joins what is there, and locks nothing."""
    return Copies(pieces, frozenset(
        piece.value for piece, lock in zip(pieces, locked) if lock and piece.value >= INSTANCE_FACTOR
    ))
