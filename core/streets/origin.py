"""What a folder of rendered streets was begun with, so that frames of two kinds are never mixed unnoticed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import DataError, SceneError
from core.labels import CITYSCAPES, STREETS
from core.scene.json_files import read_json, write_json
from core.scene.png import HEADER_BYTES, read_header

NAME, _FORMAT, _VERSION, _LIMIT = "streets.json", "veduta streets", 1, 1 << 20


@dataclass(frozen=True)
class Origin:
    """How frames come about.

    Attributes:
        size: (width, height) in pixels; None in a folder of before, which doesn't tell it.
        samples: light paths a pixel of the photographs; None where there are none yet.
        classes: names of all classes that the maps may hold.
    """

    size: tuple[int, int] | None
    samples: int | None
    classes: tuple[str, ...]


def origin(size: tuple[int, int], samples: int | None, strict: bool) -> Origin:
    """That of frames made now, ``samples`` None for maps alone; ``strict`` maps hold Cityscapes' classes alone."""
    return Origin(tuple(size), samples, tuple(label.name for label in (CITYSCAPES if strict else STREETS)))


def keep_to(out: Path, now: Origin) -> None:
    """Note in the folder ``out`` what it is begun with; where it was begun before, frames must be of the same kind.

    Raises:
        DataError: when they aren't, or the note can't be read or written.
    """
    path = out / NAME
    try:
        out.mkdir(parents=True, exist_ok=True)
        told = _told(path) if path.exists() else Origin(None, None, now.classes)
        _compare(out, told if told.size else replace(told, size=_size_there(out)), now)
        kept = now if told.samples is None else replace(now, samples=told.samples)
        if kept != told:
            _note(path, kept)
    except SceneError as error:
        raise DataError(str(error)) from None
    except OSError as error:
        raise DataError(f"'{out}' can't be written ({error.strerror}); choose another folder.") from None


def _compare(out: Path, told: Origin, now: Origin) -> None:
    if told.classes != now.classes:
        raise DataError(
            f"The maps in '{out}' tell other classes than those made now; choose another folder, or move its "
            "'gtFine' and 'streets.json' away and draw its maps anew with --maps-only."
        )
    if told.size not in (None, now.size):
        raise DataError(
            f"The frames in '{out}' are {told.size[0]}x{told.size[1]}, not {now.size[0]}x{now.size[1]}; "
            "choose another folder, or the same size."
        )
    if None not in (told.samples, now.samples) and told.samples != now.samples:
        raise DataError(
            f"The photographs in '{out}' have {told.samples} light paths a pixel, not {now.samples}; "
            "choose another folder, or the same light."
        )


def _told(path: Path) -> Origin:
    """What a note says; SceneError when it is none."""
    foreign = SceneError(f"'{path}' is no note on rendered streets; choose another folder.")
    told = read_json(path, _FORMAT, _VERSION, _LIMIT, foreign)
    size, samples, classes = (told.get(name) for name in ("size", "samples", "classes"))
    sized = size is None or isinstance(size, list) and [type(side) for side in size] == [int, int]
    if not sized or not isinstance(samples, int | None) or not isinstance(classes, list):
        raise foreign
    return Origin(None if size is None else (size[0], size[1]), samples, tuple(classes))


def _size_there(out: Path) -> tuple[int, int] | None:
    """(width, height) of the first label map in a folder of streets; None without any."""
    for path in sorted((out / "gtFine").glob("*/*/*_labelIds.png")):
        with open(path, "rb") as file:
            header = read_header(file.read(HEADER_BYTES))
        if header is not None:
            return header.width, header.height
    return None


def _note(path: Path, now: Origin) -> None:
    data = {"size": list(now.size), "samples": now.samples, "classes": list(now.classes)}
    write_json(path, {"format": _FORMAT, "version": _VERSION, **data})
