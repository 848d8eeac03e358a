"""The project file (``.veduta``): one zip with the scene, its appearance and the last render.

Entries: ``project.json`` (format, version, size, label set, codes, settings),
``labels.png`` and ``instances.png`` (Cityscapes encoding), ``render.jpg`` and ``hidden.json``
(what lies behind objects, see ``core.scene.hidden``), which may be missing. Readers ignore
entries and settings that they don't know.

A code's key is its object's instance value, "11003"; that of its parts of label id 42 is
"11003/42". A file with such keys is of version 2, any other of version 1.
"""

from __future__ import annotations

import io
import json
import os
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Collection, Mapping

import numpy as np

from core.atomic import replacing
from core.errors import ProjectFileError, VedutaError
from core.labels import LABEL_SETS, LabelSet, label_set_from_json, label_set_to_json
from core.look_regions import key_part, key_value, look_key
from core.scene import hidden
from core.scene.files import decode_instance_map, decode_label_map, encode_png
from core.scene.json_files import strict_json
from core.scene.png import check_png
from core.scene.scene import INSTANCE_VALUES, Scene, SceneSnapshot

FORMAT = "veduta-project"
VERSION = 2
SUFFIX = ".veduta"

_JSON, _LABELS, _INSTANCES, _RENDER = "project.json", "labels.png", "instances.png", "render.jpg"
#: Projects kept the render so before; a picture that is made anew anyway need not be exact, and takes a quarter of the room.
_OLD_RENDER = "render.png"
_HIDDEN = "hidden.json"

#: Unpacked bytes that an entry may have. A zip that promises more is refused unread. Maps and render may be as large as
#: pictures may be. The JSON, which takes twenty times its size while it is read, is held to several times what streets need:
#: six hundred objects moved and copied over each other in a full 4096x2048 street make 11 MB of hidden pixels; the codes of
#: a thousand objects with ten kinds of parts each, 2 MB.
_LIMITS = {_JSON: 16 << 20, _LABELS: 192 << 20, _INSTANCES: 320 << 20, _RENDER: 128 << 20, _OLD_RENDER: 448 << 20, _HIDDEN: 64 << 20}
#: JSON shrinks to a fifth or a tenth in the zip; more than a little that promises to grow this much is made to fill the memory.
_GROWTH, _LITTLE = 64, 1 << 20
#: The place of an entry's time, so that a clock that stands before zips began doesn't matter, and the same street is the same file.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass
class Project:
    """What a project file holds.

    Attributes:
        settings: plain JSON data, kept as it is.
        last_render: (H, W, 3) uint8 RGB, or None.
    """

    scene: Scene
    settings: dict = field(default_factory=dict)
    last_render: np.ndarray | None = None


def horizon_in(settings: Mapping, size: tuple[int, int]) -> float | None:
    """Row of the horizon that a person has set, as the settings tell it; None for none, or one outside the frame."""
    row = settings.get("horizon")
    return float(row) if type(row) in (int, float) and 0 <= row < size[1] else None


def save_project(
    path: str | os.PathLike, scene: Scene | SceneSnapshot, settings: dict | None = None,
    last_render: np.ndarray | None = None,
) -> None:
    """Write a project file; a crash at any moment leaves the old file or the new one whole.

    Pass a snapshot to save from another thread.

    Raises:
        ProjectFileError: when it can't be written, the settings are no JSON data, or a part is larger than it can be read again.
    """
    path = Path(path)
    width, height = scene.size
    described = {
        "format": FORMAT,
        # Without looks of parts, programs that know of none can open it.
        "version": VERSION if any(map(key_part, scene.codes)) else 1,
        "size": [width, height],
        "label_set": label_set_to_json(scene.label_set),
        "codes": {_key_text(key): [float(number) for number in code] for key, code in sorted(scene.codes.items())},
        "settings": settings or {},
    }
    try:
        text = json.dumps(described, ensure_ascii=False, indent=1, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ProjectFileError(f"The settings can't be saved ({error}); use plain numbers, texts and lists.") from None
    # File names may hold bytes that are no text (lone surrogates in Python); escaped as JSON does it they come back.
    described_bytes = text.encode("utf-8", "backslashreplace")
    entries = {_JSON: described_bytes, _LABELS: encode_png(scene.label_map), _INSTANCES: encode_png(scene.instance_map)}
    if scene.hidden:
        entries[_HIDDEN] = json.dumps(hidden.to_json(scene.hidden), separators=(",", ":")).encode()
    if last_render is not None:
        entries[_RENDER] = _encode_render(last_render)
    if any(len(data) > _LIMITS[name] for name, data in entries.items()):
        raise ProjectFileError("This street holds more than a project can; delete objects that lie behind others, or make it smaller.")
    try:
        with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
            for name, data in entries.items():
                entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
                entry.external_attr = 0o644 << 16  # else unpacked files could not be read
                archive.writestr(entry, data, zipfile.ZIP_DEFLATED if name in (_JSON, _HIDDEN) else zipfile.ZIP_STORED)
    except OSError as error:
        raise ProjectFileError(f"'{path}' can't be written ({error.strerror}); choose another place.") from None


def load_project(path: str | os.PathLike) -> Project:
    """Read a project file.

    Raises:
        ProjectFileError: one sentence saying what is wrong with it.
    """
    path = Path(path)
    try:
        entries = _entries(path)
    except FileNotFoundError:
        raise ProjectFileError(f"There is no project at '{path}'; check the path.") from None
    except OSError as error:
        raise ProjectFileError(f"'{path}' can't be read ({error.strerror}); check the path.") from None
    described = _described(entries.get(_JSON), path)
    if _LABELS not in entries or _INSTANCES not in entries:
        raise _damaged(path)
    try:
        label_set = _label_set(described)
        codes = {_key(text, label_set): np.array(code, np.float32) for text, code in described["codes"].items()}
        for name in (_LABELS, _INSTANCES):  # before decoding either
            header = check_png(entries[name], f"{path.name}: {name}")
            if [header.width, header.height] != list(described["size"]):
                raise ProjectFileError(
                    f"The maps in '{path.name}' do not have the size that the project names; open a backup of it."
                )
        scene = Scene(
            decode_label_map(entries[_LABELS], f"{path.name}: {_LABELS}", label_set),
            decode_instance_map(entries[_INSTANCES], f"{path.name}: {_INSTANCES}"),
            label_set, codes,
            hidden.from_json(strict_json(entries[_HIDDEN]), label_set.known) if _HIDDEN in entries else None,
        )
        render = None
        if _RENDER in entries:
            render = _render(entries[_RENDER], tuple(described["size"]), path)
        elif _OLD_RENDER in entries:
            check_png(entries[_OLD_RENDER], f"{path.name}: {_OLD_RENDER}")
            render = _decoded(entries[_OLD_RENDER], path)
        settings = described["settings"]
        if not isinstance(settings, dict):
            raise _damaged(path)
    except ProjectFileError:
        raise
    except VedutaError as error:
        raise ProjectFileError(f"The project '{path.name}' can't be opened: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, IndexError):
        raise _damaged(path) from None
    return Project(scene, settings, render)


def read_render(path: str | os.PathLike, least_width: int) -> np.ndarray | None:
    """The last render alone, for a list of projects: quick, because it is decoded small.

    Args:
        least_width: it is at least so many pixels wide, where the render is.

    Returns:
        (h, w, 3) uint8 RGB, or None where the project has none.

    Raises:
        ProjectFileError: when the file can't be read or is damaged.
    """
    from PIL import Image

    path = Path(path)
    try:
        data = _entries(path, (_RENDER,)).get(_RENDER)
    except OSError as error:
        raise ProjectFileError(f"'{path}' can't be read ({error.strerror}); check the path.") from None
    if data is None:
        return None
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
            if max(picture.size) > 1 << 14:
                raise _damaged(path)
            # A JPEG is decoded at a half, a quarter or an eighth of its size for a part of the work.
            picture.draft("RGB", (least_width, 1))
            return np.array(picture.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise _damaged(path) from None


def _entries(path: Path, wanted: Collection[str] = tuple(_LIMITS)) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            found = {}
            for name, limit in _LIMITS.items():
                if name not in wanted or name not in archive.namelist():
                    continue
                promised = archive.getinfo(name)
                if promised.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise _damaged(path)  # never written so; other packings fail in ways of their own
                if promised.file_size > limit or name in (_JSON, _HIDDEN) and _swells(promised, path.stat().st_size):
                    raise ProjectFileError(
                        f"'{path.name}' unpacks to more than a street can hold; open a project saved by Veduta."
                    )
                with archive.open(name) as entry:  # what an entry promises may be a lie, so count again
                    data = entry.read(limit + 1)
                if len(data) > limit:
                    raise _damaged(path)
                found[name] = data
            return found
    # What isn't a name, a number or a place in the file any more is a ValueError, an OverflowError or a struct.error.
    except (
        zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error,
        ValueError, OverflowError, struct.error,
    ):
        raise _damaged(path) from None


def _swells(entry: zipfile.ZipInfo, size: int) -> bool:
    """Whether an entry of a file of ``size`` bytes is far larger than what it is unpacked from."""
    return entry.file_size > max(_LITTLE, _GROWTH * min(entry.compress_size, size))


def _described(data: bytes | None, path: Path) -> dict:
    try:
        described = strict_json(data or b"")
        if described["format"] != FORMAT:
            raise ValueError
        version = int(described["version"])
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        raise _damaged(path) from None
    if version > VERSION:
        raise ProjectFileError(
            f"'{path.name}' was saved by a newer Veduta (file version {version}, this one reads up to {VERSION}); "
            "update Veduta to open it."
        )
    return described


def _key_text(key: int) -> str:
    part = key_part(key)
    return f"{key_value(key)}/{part}" if part else str(key_value(key))


def _key(text: str, label_set: LabelSet) -> int:
    """The look key of its text; ValueError for what is none."""
    match = re.fullmatch(r"([0-9]{1,5})(?:/([0-9]{1,3}))?", text)
    if match is None or int(match[1]) >= INSTANCE_VALUES:
        raise ValueError
    value, part = int(match[1]), match[2] and int(match[2])
    if part is None:
        return look_key(value)
    if part not in label_set or label_set[part].parent is None:
        raise ValueError
    return look_key(value, part)


def _label_set(described: dict) -> LabelSet:
    """The file's own label set; the built-in one where they are the same."""
    found = label_set_from_json(described["label_set"])
    built_in = LABEL_SETS.get(found.name)
    # A built-in set only ever gains classes: an older project's ids mean the same in today's.
    if built_in is not None and all(
        label.id in built_in and (built_in[label.id].parent, built_in[label.id].colour) == (label.parent, label.colour)
        for label in found
    ):
        return built_in
    return found


def _encode_render(picture: np.ndarray) -> bytes:
    from PIL import Image

    data = io.BytesIO()
    Image.fromarray(picture).save(data, "JPEG", quality=92, subsampling=0)
    return data.getvalue()


def _render(data: bytes, size: tuple[int, int], path: Path) -> np.ndarray:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as header:  # reads no pixels yet
            claimed = header.size
    except (OSError, ValueError, Image.DecompressionBombError):
        raise _damaged(path) from None
    # A huge picture is refused before it is decoded.
    if max(claimed) > max(4096, 4 * max(size)):
        raise _damaged(path)
    return _decoded(data, path)


def _decoded(data: bytes, path: Path) -> np.ndarray:
    from core.opencv import cv2

    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise _damaged(path)
    return np.ascontiguousarray(picture[..., ::-1])


def _damaged(path: Path) -> ProjectFileError:
    return ProjectFileError(f"'{path.name}' is not a whole Veduta project; open a backup or another file.")
