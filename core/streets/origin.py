"""What a folder of rendered streets was begun with, so that frames of two kinds are never mixed unnoticed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import DataError, SceneError
from core.labels import CITYSCAPES, STREETS
from core.scene.json_files import read_json, write_json

NAME, _FORMAT, _VERSION, _LIMIT = "streets.json", "veduta streets", 1, 1 << 20


@dataclass(frozen=True)
class Origin:
    """How frames come about.

    Attributes:
        samples: light paths a pixel of the photographs; None where there are none yet.
        classes: names of all classes that the maps may hold.
    """

    samples: int | None
    classes: tuple[str, ...]


def origin(samples: int | None, strict: bool) -> Origin:
    """That of frames made now, ``samples`` None for maps alone; ``strict`` maps hold Cityscapes' classes alone."""
    return Origin(samples, tuple(label.name for label in (CITYSCAPES if strict else STREETS)))


def keep_to(out: Path, now: Origin) -> None:
    """Note in the folder ``out`` what it is begun with; where it was begun before, frames must be of the same kind.

    Raises:
        DataError: when they aren't, or the note can't be read or written.
    """
    path = out / NAME
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _note(path, now)
            return
        foreign = SceneError(f"'{path}' is no note on rendered streets; choose another folder.")
        told = read_json(path, _FORMAT, _VERSION, _LIMIT, foreign)
        if not isinstance(told.get("samples"), int | None) or not isinstance(told.get("classes"), list):
            raise foreign
        if told["classes"] == list(now.classes) and told.get("samples") is None:
            _note(path, now)
            return
    except SceneError as error:
        raise DataError(str(error)) from None
    except OSError as error:
        raise DataError(f"'{out}' can't be written ({error.strerror}); choose another folder.") from None
    if told["classes"] != list(now.classes):
        raise DataError(
            f"The maps in '{out}' tell other classes than those made now; choose another folder, or move its "
            "'gtFine' and 'streets.json' away and draw its maps anew with --maps-only."
        )
    if now.samples not in (None, told["samples"]):
        raise DataError(
            f"The photographs in '{out}' have {told['samples']} light paths a pixel, not {now.samples}; "
            "choose another folder, or the same light."
        )


def _note(path: Path, now: Origin) -> None:
    write_json(path, {"format": _FORMAT, "version": _VERSION, "samples": now.samples, "classes": list(now.classes)})
