"""The command "Cast shadows": a sun is chosen while the street shows its shadows; found and cast in a thread of its own."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRunnable, Signal, Slot

from app.context import StudioContext
from app.render_worker import low_pool
from app.sun_dialog import SunDialog
from core.errors import VedutaError
from core.scene.scene import SceneSnapshot
from core.shadows.parts import CAST, NO_GROUND, REMOVE, shadow_table
from core.shadows.sun import Sun
from core.shadows.trial import Trial

if TYPE_CHECKING:
    from core.shadows.cast import Shadows

log = logging.getLogger("veduta.shadows")

_FINDING = "Looking for what casts shadows\u2026"


@dataclass(frozen=True)
class ShadowJob:
    """Cast the shadows of ``sun``, those of houses or not, in ``snapshot``.

    ``found`` is what casts them, None where that is yet to be found.
    """

    session: int
    snapshot: SceneSnapshot
    horizon: float
    sun: Sun
    houses: bool
    found: Shadows | None = None


class ShadowCaster(QObject):
    """Opens the dialog, shows the shadows of its sun in the scene, and makes one undo step of them in the end.

    While the dialog is open the scene is held as by a stroke: nothing else edits it, and the photograph follows.
    Suns that the hand has left behind are skipped.

    Signals:
        finished(whether): the dialog is closed; shadows were cast or removed, or not.
    """

    finished = Signal(bool)

    # From the thread: the job, what was found, the labels or None, and what went wrong.
    _answered = Signal(object, object, object, str)

    def __init__(self, context: StudioContext, window):
        super().__init__(window)
        self.context, self._window = context, window
        self.dialog: SunDialog | None = None
        self._trial: Trial | None = None
        self._session = 0
        self._job: ShadowJob | None = None  # in the thread
        self._snapshot: SceneSnapshot | None = None
        self._found: Shadows | None = None
        self._shown: tuple[Sun, bool] | None = None
        self._casting = False  # wanted as soon as the sun's shadows are shown
        self._pool = low_pool(self)
        self._answered.connect(self._take)
        context.scene_replaced.connect(self._forget)

    @property
    def busy(self) -> bool:
        """True while shadows of a sun are awaited."""
        return self._job is not None

    def run(self) -> bool:
        """Open the dialog; True where that is possible. The status bar says why not."""
        context = self.context
        if context.scene is None or context.stroking or self.dialog is not None:
            return False
        try:
            table = shadow_table(context.label_set)
        except VedutaError as error:
            context.message.emit(str(error))
            return False
        trial = Trial(context.scene)
        if not (table[trial.bare] != trial.bare).any():
            context.message.emit(NO_GROUND)
            return False
        self._session += 1
        self._trial, self._snapshot, self._found, self._shown = trial, context.scene.snapshot(), None, None
        self._casting = False
        context.stroking = True
        settings = context.settings
        dialog = self.dialog = SunDialog(
            context.theme, settings["sun_azimuth"], settings["sun_elevation"], settings["sun_houses"], trial.had_shadows,
            self._window,
        )
        dialog.moved.connect(self._ask)
        dialog.cast_pressed.connect(self._cast)
        dialog.remove_pressed.connect(self._remove)
        dialog.rejected.connect(self.cancel)
        dialog.place_over(self._window)
        dialog.open()
        self._ask()
        return True

    def cancel(self) -> None:
        """Leave the street as it was."""
        if self._trial is not None:
            self._show_box(self._trial.abort())
            self._close(False)

    def stop(self) -> None:
        """Leave the street as it was, and end the thread."""
        self.cancel()
        self._pool.waitForDone()

    # -- the sun ---------------------------------------------------------------------

    def _ask(self) -> None:
        """Cast the shadows of the dialog's sun, once the thread is free."""
        dialog = self.dialog
        if dialog is None:
            return
        dialog.work(_FINDING if self._found is None else "")
        if self._job is None and self._shown != dialog.wanted:
            self._job = ShadowJob(self._session, self._snapshot, self.context.horizon(), *dialog.wanted, self._found)
            self._pool.start(_Casting(self._job, self._answered))

    # A declared slot: so Qt knows that this runs on this object's thread, not on the worker's.
    @Slot(object, object, object, str)
    def _take(self, job: ShadowJob, found: Shadows | None, labels, failure: str) -> None:
        if job is not self._job:
            return  # given up
        self._job = None
        if job.session != self._session or self._trial is None:
            return
        if labels is None:
            self.cancel()
            self.context.message.emit(failure)
            return
        self._found, self._shown = found, (job.sun, job.houses)
        self._show_box(self._trial.show(labels))
        self._ask()
        if self._casting and self._job is None:
            self._finish(CAST, f"Shadows cast by a sun {job.sun.words}; undo with Ctrl+Z.")

    # -- the end ---------------------------------------------------------------------

    def _cast(self) -> None:
        self.context.settings["sun_azimuth"] = self.dialog.dial.azimuth
        self.context.settings["sun_elevation"] = self.dialog.dial.elevation
        self.context.settings["sun_houses"] = self.dialog.houses.isChecked()
        self._casting = True
        self.dialog.hold(True)
        if self._job is None:
            self._finish(CAST, f"Shadows cast by a sun {self.dialog.sun.words}; undo with Ctrl+Z.")

    def _remove(self) -> None:
        self._show_box(self._trial.show(self._trial.bare))
        self._finish(REMOVE, "Shadows removed; undo with Ctrl+Z.")

    def _finish(self, title: str, sentence: str) -> None:
        edit = self._trial.finish(title)
        self.context.stroking = False
        done = self.context.commit(edit, applied=True)
        self.context.message.emit(sentence if done else "The shadows are as they were.")
        self._close(done)

    def _close(self, done: bool) -> None:
        self._trial = None
        self.context.stroking = False
        self._forget()
        self.finished.emit(done)

    def _forget(self) -> None:
        """Close the dialog; whatever is under way is for nobody."""
        self._trial = self._found = self._snapshot = self._job = None
        self._session += 1
        dialog, self.dialog = self.dialog, None
        if dialog is not None and dialog.isVisible():
            dialog.done(SunDialog.DialogCode.Accepted)

    def _show_box(self, box) -> None:
        if box is not None:
            self.context.touched(box)


class _Casting(QRunnable):
    """One sun, in the pool's thread; the signal is the window's."""

    def __init__(self, job: ShadowJob, answered):
        super().__init__()
        self._job, self._answered = job, answered

    def run(self) -> None:
        job, found, labels, failure = self._job, self._job.found, None, ""
        try:
            from core.shadows.cast import find_shadows

            found = found or find_shadows(job.snapshot, job.horizon)
            labels = found.cast(job.sun, job.houses)
        except VedutaError as error:
            failure = str(error)
        except Exception as error:
            log.exception("shadows can't be cast")
            failure = f"Shadows can't be cast ({type(error).__name__}); save the street and start anew."
        self._answered.emit(job, found, labels, failure)
