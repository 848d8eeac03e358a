"""Training states on disk: written whole or not at all, the last few kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from core.errors import TrainingError

KEPT = 2


def save_checkpoint(folder: Path, step: int, state: dict[str, Any]) -> Path:
    """Write ``state`` as ``checkpoint_<step>.pt`` and drop all but the newest :data:`KEPT`.

    Raises:
        TrainingError: when the disk is full or the folder can't be written.
    """
    path = folder / f"checkpoint_{step:08}.pt"
    part = path.with_suffix(".part")
    try:
        with open(part, "wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        raise TrainingError(
            f"The training state can't be written to {folder} ({error}); free some space and resume."
        ) from None
    for old in checkpoints(folder)[:-KEPT]:
        old.unlink()
    return path


def checkpoints(folder: Path) -> list[Path]:
    """Whole checkpoints in ``folder``, oldest first."""
    return sorted(folder.glob("checkpoint_*.pt"))


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The newest state, on the CPU, or None; reads tensors and plain values only.

    Raises:
        TrainingError: when the newest file is damaged.
    """
    found = checkpoints(folder)
    if not found:
        return None
    try:
        return torch.load(found[-1], map_location="cpu", weights_only=True)
    except Exception:  # torch raises many kinds for a damaged zip
        raise TrainingError(
            f"{found[-1].name} is damaged; delete it and resume from the one before, or start again."
        ) from None
