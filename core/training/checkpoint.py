"""Training states on disk: written whole or not at all, the last few kept."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch

from core.atomic import replacing
from core.errors import TrainingError

KEPT = 2


def save_checkpoint(folder: Path, step: int, state: dict[str, Any]) -> Path:
    """Write ``state`` as ``checkpoint_<step>.pt`` and drop all but the newest :data:`KEPT`.

    Raises:
        TrainingError: when the disk is full or the folder can't be written.
    """
    path = folder / f"checkpoint_{step:08}.pt"
    try:
        with replacing(path) as file:
            torch.save(state, file)
    except (OSError, RuntimeError) as error:
        raise TrainingError(
            f"The training state can't be written to {folder} ({error}); free some space and resume."
        ) from None
    for old in checkpoints(folder)[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def checkpoints(folder: Path) -> list[Path]:
    """Whole checkpoints in ``folder``, oldest first."""
    return sorted(folder.glob("checkpoint_*.pt"))


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The newest readable state, on the CPU, or None where there is none yet.

    Tensors and plain values are read, nothing else. A damaged file is passed
    over with a warning: the one before it holds all that is needed.

    Raises:
        TrainingError: when there are files and all are damaged.
    """
    found = checkpoints(folder)
    for path in reversed(found):
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except Exception:  # torch raises many kinds for a damaged zip
            warnings.warn(f"{path.name} is damaged and is passed over.", stacklevel=2)
    if found:
        raise TrainingError(f"Every checkpoint in {folder} is damaged; delete them and start again.")
    return None


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed run had half written. Only for a folder that no other run writes to."""
    for pattern in (".*.part", "model.safetensors*.part"):
        for part in folder.glob(pattern):
            part.unlink(missing_ok=True)
