"""A run as a person sees it: steps, saving, pictures, pausing and stopping.

The trainer knows how to do a step; the session decides when to save, listens
to commands and signals, and tells what happens as events (plain dicts that
become lines of JSON).
"""

from __future__ import annotations

import signal
import threading
import time
from typing import Any, Callable

from core.errors import BadImageError, DataError, LabelError, TrainingError, VedutaError
from core.memory import is_out_of_memory
from core.models.model_file import save_model
from core.training.distributed import from_writer, is_writer
from core.training.finish import finished_model
from core.training.log import RunLog
from core.training.memory import explained, peak_bytes
from core.training.previews import Previews
from core.training.run_folder import FAILED, FINISHED, PAUSED, RUNNING, STOPPED, RunFolder
from core.training.trainer import Report, Trainer

Listener = Callable[[dict[str, Any]], None]

#: The state file is written at most this often, seconds.
_STATE_EVERY = 2.0
_PAUSE_POLL = 0.2


class Session:
    """Drives a trainer to the end of its recipe.

    Args:
        trainer: at the step where the run goes on.
        folder: locked by this process where it is the writer.
        listener: called with every event: ``started``, ``step``, ``saved``,
            ``sampled``, ``paused``, ``resumed``, ``model``, ``stopped``,
            ``finished``, ``failed``, each with ``event``, ``step`` and ``steps``.
        previews: pictures to write, or None.
        save_every, sample_every: steps; 0 for never.
        provenance: for the model's card.
    """

    def __init__(
        self,
        trainer: Trainer,
        folder: RunFolder,
        listener: Listener,
        previews: Previews | None = None,
        save_every: int = 200,
        sample_every: int = 200,
        provenance: dict[str, Any] | None = None,
    ):
        self.trainer, self.folder, self.previews = trainer, folder, previews
        self.save_every, self.sample_every = save_every, sample_every
        self.provenance = provenance or {}
        self._listener = listener if is_writer() else lambda event: None
        self._commands: list[str] = []  # from signals
        self._log: RunLog | None = None
        self._seconds = 0.0
        self._stated = 0.0
        self._saved = trainer.step

    def run(self) -> str:
        """Train until the recipe's end or a stop.

        Returns:
            :data:`FINISHED` or :data:`STOPPED`; everything is kept in both.

        Raises:
            TrainingError: when the run can't go on. The last checkpoint stands.
        """
        if is_writer():
            self._log = RunLog(self.folder.path, self.trainer.step)
        restore = self._listen_to_signals()
        try:
            self._state(RUNNING)
            self._tell("started")
            if self.trainer.step == 0 and self.sample_every:
                self._sample()
            ended = self._loop()
            if self._saved != self.trainer.step or not self.trainer.step:
                self._save()
            self._write_model()
            self._state(ended)
            self._tell(ended)
            return ended
        except BaseException as error:
            if isinstance(error, (BadImageError, LabelError, DataError)) and self.trainer.world == 1:
                self._keep()
            self._fail(error)
            raise
        finally:
            restore()
            if self._log is not None:
                self._log.close()

    def _loop(self) -> str:
        trainer = self.trainer
        steps = trainer.run()
        try:
            while True:
                if self._obey() == "stop":
                    return STOPPED if trainer.step < trainer.recipe.steps else FINISHED
                report = self._next(steps)
                if report is None:
                    return FINISHED
                self._note(report)
                if self.save_every and report.step % self.save_every == 0:
                    self._save()
                if self.sample_every and report.step % self.sample_every == 0:
                    self._sample()
        finally:
            steps.close()

    def _next(self, steps) -> Report | None:
        try:
            return next(steps, None)
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                raise explained(self.trainer.recipe, self.trainer.step, self.trainer.device) from None
            raise

    def _note(self, report: Report) -> None:
        # A running mean that follows a change of phase within some twenty steps.
        self._seconds = 0.9 * self._seconds + 0.1 * report.seconds if self._seconds else report.seconds
        if self._log is None:
            return
        self._log.write(report)
        left = self._seconds * (self.trainer.recipe.steps - report.step)
        self._tell("step", rate=report.rate, seconds=report.seconds, left=left, losses=report.losses,
                   memory=peak_bytes(self.trainer.device))  # fmt: skip
        if time.monotonic() - self._stated > _STATE_EVERY:
            self._state(RUNNING)

    # --- commands ---------------------------------------------------------

    def _obey(self) -> str | None:
        """Do what was asked since the last step; "stop" ends the run."""
        paused = False
        while True:
            signalled, self._commands = self._commands, []
            commands = from_writer(signalled + self.folder.take_commands() if is_writer() else [])
            for command in commands:
                if command == "stop":
                    return "stop"
                if command == "save":
                    self._save()
                elif command == "sample":
                    self._sample()
                elif command == "model":
                    self._write_model(frames=24)  # soon, with a code book from fewer photographs
                elif command == "publish":
                    self._write_model(frames=8)
                elif command in ("pause", "resume") and paused != (command == "pause"):
                    paused = not paused
                    self._state(PAUSED if paused else RUNNING)
                    self._tell("paused" if paused else "resumed")
            if paused:
                time.sleep(_PAUSE_POLL)
            elif not commands:
                return None

    def _listen_to_signals(self) -> Callable[[], None]:
        """Ctrl+C and a polite kill stop after the step; a second Ctrl+C stops at once."""
        if threading.current_thread() is not threading.main_thread():
            return lambda: None

        def stop(number, frame):
            if "stop" in self._commands and number == signal.SIGINT:
                raise KeyboardInterrupt
            self._commands.append("stop")

        wanted: dict[int, Any] = {signal.SIGINT: stop, signal.SIGTERM: stop}
        if hasattr(signal, "SIGUSR1"):
            wanted[signal.SIGUSR1] = lambda number, frame: self._commands.append("save")
        before = {number: signal.signal(number, handler) for number, handler in wanted.items()}

        def restore() -> None:
            for number, handler in before.items():
                signal.signal(number, handler)

        return restore

    # --- what is written --------------------------------------------------

    def _save(self) -> None:
        path = self.trainer.save()
        self._saved = self.trainer.step
        self._tell("saved", path=str(path))

    def _keep(self) -> None:
        """Save what was learnt before a file that can't be read: nothing has been updated by halves."""
        try:
            if self._saved != self.trainer.step:
                self._save()
        except (VedutaError, OSError):
            pass  # the file is what is to be told of

    def _sample(self) -> None:
        if self.previews is None or not is_writer():
            return
        path = self.previews.write(self.trainer, self.folder.path)
        if path is not None:
            if self._log is not None:
                self._log.picture_file(path, self.trainer.step)
            self._tell("sampled", path=str(path))

    def _write_model(self, frames: int = 300) -> None:
        if is_writer():
            provenance = {**self.provenance, "finished": time.strftime("%Y-%m-%d")}
            model = finished_model(self.trainer, self.folder.path.name, provenance, frames)
            save_model(self.folder.model, model)
            self._tell("model", path=str(self.folder.model))

    def _state(self, state: str, message: str = "") -> None:
        if is_writer():
            self._stated = time.monotonic()
            trainer = self.trainer
            self.folder.write_state(
                state, trainer.step, trainer.recipe.steps, self._seconds, peak_bytes(trainer.device), message
            )

    def _fail(self, error: BaseException) -> None:
        if isinstance(error, KeyboardInterrupt):
            message = "It was stopped at once; steps since the last checkpoint are lost."
        elif isinstance(error, VedutaError):
            message = str(error)
        else:
            message = f"Something went wrong ({type(error).__name__}: {str(error)[:200]}); resume from the last checkpoint."
        try:
            self._state(FAILED, message)
        except TrainingError:
            pass  # the disk that can't be written to may be the very error
        self._tell("failed", sentence=message, smaller=getattr(error, "smaller", {}))

    def _tell(self, event: str, **details: Any) -> None:
        self._listener({"event": event, "step": self.trainer.step, "steps": self.trainer.recipe.steps, **details})
