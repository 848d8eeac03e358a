"""A run's folder: what it was asked to do, how far it is, and how to speak to it.

    run.json       settings; written once, and again when a run is resumed with others
    state.json     starting, running, paused, stopped, finished or failed; step and speed
    log.jsonl      one line a step
    events.jsonl   what else the newest process told, an event a line (core.training.session)
    control.txt    commands for the run, one a line; the run takes them away
    asked.json     the options with which the studio started it
    samples/       pictures of held-out maps as the model sees them
    checkpoint_*   training states
    model.safetensors

Nothing here needs torch: the studio lists runs before it has loaded it.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from core.atomic import replacing
from core.errors import TrainingError

STARTING, RUNNING, PAUSED = "starting", "running", "paused"
STOPPED, FINISHED, FAILED = "stopped", "finished", "failed"
#: A process works on the run.
ALIVE = (STARTING, RUNNING, PAUSED)
#: A run whose process is gone without saying so: killed, or the power went.
INTERRUPTED = "interrupted"

#: What a run can be told: ``pause`` and ``resume``; ``save`` writes a
#: checkpoint now, ``sample`` the pictures, ``model`` the model file, ``publish``
#: the model file in haste, with a code book from few photographs; ``stop`` ends
#: the run and keeps everything.
COMMANDS = ("pause", "resume", "save", "sample", "model", "publish", "stop")

_LOCK_TRIES, _LOCK_WAIT = 10, 0.05


@dataclass(frozen=True)
class RunInfo:
    """How a run stands, for a list of runs.

    Attributes:
        folder: of the run. recipe: its recipe's name.
        state: one of the words above. step, steps: done and planned.
        seconds_per_step: recent speed, 0 before the first step.
        memory: bytes at the run's peak, 0 where unknown.
        message: the sentence of the error of a failed run, else "".
        updated: when the state was last written, seconds since 1970.
        model: the model file, or None while there is none.
    """

    folder: Path
    recipe: str
    state: str
    step: int
    steps: int
    seconds_per_step: float
    memory: int
    message: str
    updated: float
    model: Path | None

    @property
    def seconds_left(self) -> float:
        return self.seconds_per_step * (self.steps - self.step)


class RunFolder:
    """Reading and writing the small files of a run."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.run, self.state = self.path / "run.json", self.path / "state.json"
        self.log, self.control = self.path / "log.jsonl", self.path / "control.txt"
        self.events, self.asked = self.path / "events.jsonl", self.path / "asked.json"
        self.samples, self.model = self.path / "samples", self.path / "model.safetensors"
        self._lock: BinaryIO | None = None

    # --- settings and state -----------------------------------------------

    def write_settings(self, settings: dict[str, Any]) -> None:
        self._write(self.run, settings)

    def read_settings(self) -> dict[str, Any]:
        """What run.json says.

        Raises:
            TrainingError: when the folder holds no run, or its run.json is damaged.
        """
        try:
            settings = json.loads(self.run.read_text(encoding="utf-8"))
            settings["recipe"], settings["seed"], settings["data"]
            return settings
        except OSError:
            raise TrainingError(f"{self.path} holds no run to resume; start one without --resume.") from None
        except (ValueError, KeyError, TypeError):
            raise TrainingError(f"The settings in {self.run} are damaged; start a new run.") from None

    def write_state(
        self, state: str, step: int, steps: int, seconds: float = 0.0, memory: int = 0, message: str = ""
    ) -> None:
        """Say how the run stands; seconds: of a step."""
        self._write(
            self.state,
            {
                "state": state, "step": step, "steps": steps, "seconds_per_step": seconds,
                "memory": memory, "message": message, "updated": time.time(),
            },
        )  # fmt: skip

    def mark(self, state: str, message: str = "") -> None:
        """Change the word for how the run stands, and nothing else that was said of it."""
        before = self._read_state()
        self._write(self.state, {**before, "state": state, "message": message, "updated": time.time()})

    def _read_state(self) -> dict[str, Any]:
        try:
            state = json.loads(self.state.read_text(encoding="utf-8"))
            return state if isinstance(state, dict) else {}
        except (OSError, ValueError):
            return {}

    def write_asked(self, recipe: str, steps: int, options: list[str]) -> None:
        """Remember what a run that is about to start was asked: the options of its command."""
        self._write(self.asked, {"recipe": recipe, "steps": steps, "options": options})

    def read_asked(self) -> dict[str, Any]:
        """What :meth:`write_asked` wrote; {} where it did not."""
        try:
            asked = json.loads(self.asked.read_text(encoding="utf-8"))
            return {"recipe": str(asked["recipe"]), "steps": int(asked["steps"]), "options": [*map(str, asked["options"])]}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def _write(self, path: Path, data: dict[str, Any]) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(json.dumps(data, indent=2, ensure_ascii=False).encode())
        except OSError as error:
            raise TrainingError(
                f"The run can't be written to {self.path} ({error.strerror}); choose another folder."
            ) from None

    def info(self) -> RunInfo:
        """How the run stands; TrainingError where there is none."""
        asked = {} if self.run.is_file() else self.read_asked()
        recipe = {"name": asked["recipe"], "steps": asked["steps"]} if asked else self.read_settings()["recipe"]
        state = self._read_state()
        word = state.get("state", INTERRUPTED)
        if word in ALIVE and not self.is_alive():
            word = INTERRUPTED
        try:
            return RunInfo(
                folder=self.path,
                recipe=str(recipe.get("name", "")),
                state=word,
                step=int(state.get("step", 0)),
                steps=int(recipe.get("steps", 0)),
                seconds_per_step=float(state.get("seconds_per_step", 0.0)),
                memory=int(state.get("memory", 0)),
                message=str(state.get("message", "")),
                updated=float(state.get("updated", 0.0)),
                model=self.model if self.model.is_file() else None,
            )
        except (AttributeError, TypeError, ValueError, OverflowError):
            raise TrainingError(f"The settings in {self.path} are damaged; start a new run.") from None

    # --- commands ---------------------------------------------------------

    def send(self, command: str) -> None:
        """Tell the run something; one of :data:`COMMANDS`."""
        if command not in COMMANDS:
            raise TrainingError(f"A run can't be told '{command}'; it knows {', '.join(COMMANDS)}.")
        sent = False
        while not sent:
            with open(self.control, "a", encoding="utf-8") as file:
                _hold(file)
                if sent := _is_at(file, self.control):  # else it has just been taken away, and what is written now would be lost
                    file.write(command + "\n")

    def take_commands(self) -> list[str]:
        """Commands sent since the last call, in order; words that mean nothing are left out."""
        taken = self.control.with_name("control.taken")
        try:
            os.replace(self.control, taken)  # what is written from now on makes a new file
            with open(taken, encoding="utf-8", errors="replace") as file:
                _hold(file)
                words = file.read().split()
            taken.unlink(missing_ok=True)
        except OSError:
            return []
        return [word for word in words if word in COMMANDS]

    # --- one process at a time --------------------------------------------

    def lock(self) -> None:
        """Claim the folder for this process; the claim ends with the process, however it ends.

        Raises:
            TrainingError: when a run is going on in it.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            file = open(self.path / "lock", "ab")
        except OSError as error:
            raise TrainingError(
                f"The run can't be written to {self.path} ({error.strerror}); choose another folder."
            ) from None
        # Who asks whether the run is alive holds the lock for a moment.
        if not any(_claim(file) or time.sleep(_LOCK_WAIT) for _ in range(_LOCK_TRIES)):
            file.close()
            raise TrainingError(f"A run is going on in {self.path}; stop it first, or name another folder.")
        self._lock = file

    def unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def is_alive(self) -> bool:
        """True while some process holds the folder."""
        if self._lock is not None:
            return True
        try:
            with open(self.path / "lock", "rb+") as file:
                return not _claim(file)
        except OSError:
            return False


def list_runs(parent: str | Path) -> list[RunInfo]:
    """The runs in the folders of ``parent``, newest first; what is no run is passed over."""
    found = []
    for folder in {file.parent for name in ("run.json", "asked.json") for file in Path(parent).glob(f"*/{name}")}:
        try:
            found.append(RunFolder(folder).info())
        except TrainingError:
            continue
    return sorted(found, key=lambda info: -info.updated)


def _hold(file: IO) -> None:
    """Wait until nobody else holds ``file``, and hold it until it is closed. On Windows an open file can't be taken away."""
    if os.name != "nt":
        import fcntl

        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
        except OSError:
            pass  # a file system without locks


def _is_at(file: IO, path: Path) -> bool:
    """Whether ``path`` still names the open ``file``."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except OSError:
        return False


def _claim(file: BinaryIO) -> bool:
    """Lock ``file`` until it is closed; False when another process has it."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False
