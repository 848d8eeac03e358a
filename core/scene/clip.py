"""Objects on their way to another scene: as bytes for the clipboard, and for the library of stamps.

JSON: ``{"format": "veduta-objects", "version", "pieces": [{"label", "names", "x", "y",
"pixels": base64 of an 8-bit PNG, "code", "part_codes"}]}``. ``names`` gives the class name of
every label id in the pixels, since other label sets may number them otherwise; id 255 is
transparent. ``part_codes``, by the name of the part, may be missing; where it is there the
version is 2, else 1. Nothing in it is executed, and its sizes are checked before decoding.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Iterable, Sequence

import numpy as np

from core.errors import SceneError, VedutaError
from core.labels import LabelSet
from core.opencv import cv2
from core.scene.files import encode_png
from core.scene.json_files import parse_json
from core.scene.pieces import Piece
from core.scene.png import check_png

#: What the clipboard calls it.
MIME = "application/x-veduta-objects"

FORMAT, VERSION = "veduta-objects", 2

_TRANSPARENT = 255
_LIMIT_BYTES = 64 << 20
_LIMIT_PIXELS = 1 << 26
_LIMIT_PIECES = 1000


def to_bytes(pieces: Sequence[Piece], label_set: LabelSet) -> bytes:
    """Pieces, the rearmost first, as bytes."""
    return json.dumps({
        "format": FORMAT, "version": version_of(pieces), "pieces": [piece_to_json(piece, label_set) for piece in pieces],
    }).encode()


def version_of(pieces: Iterable[Piece]) -> int:
    """2 where parts have codes of their own; what holds none can be read by older programs."""
    return 2 if any(part for piece in pieces for part in piece.codes) else 1


def from_bytes(data: bytes, label_set: LabelSet) -> list[Piece]:
    """The pieces; each has its class's bare id as value until ``core.scene.objects.numbered`` gives it a free one.

    Raises:
        SceneError: when the bytes are something else, or hold a class that the label set lacks.
    """
    newer = SceneError("These objects come from a newer version; update the program to paste them.")
    entries = parse_json(data, FORMAT, VERSION, _LIMIT_BYTES, _unreadable(), newer).get("pieces")
    if not isinstance(entries, list) or not 0 < len(entries) <= _LIMIT_PIECES:
        raise _unreadable()
    left, pieces = _LIMIT_PIXELS, []
    for entry in entries:
        pieces.append(piece_from_json(entry, label_set, left))
        left -= pieces[-1].mask.size
    return pieces


def piece_to_json(piece: Piece, label_set: LabelSet) -> dict:
    """One piece as plain data."""
    pixels = np.where(piece.mask, piece.labels, np.uint8(_TRANSPARENT))
    present = np.unique(piece.labels[piece.mask]).tolist()
    described = {
        "label": label_set[piece.label_id].name,
        "names": {str(label_id): label_set[label_id].name for label_id in present},
        "x": int(piece.x), "y": int(piece.y),
        "pixels": base64.b64encode(encode_png(pixels)).decode(),
        "code": _numbers(piece.codes[0]) if 0 in piece.codes else None,
    }
    parts = {label_set[part].name: _numbers(code) for part, code in sorted(piece.codes.items()) if part}
    return {**described, "part_codes": parts} if parts else described


def piece_from_json(entry: dict, label_set: LabelSet, limit: int = _LIMIT_PIXELS) -> Piece:
    """The inverse; ``limit`` is how many pixels it may have. Errors as :func:`from_bytes`."""
    try:
        label, x, y = str(entry["label"]), int(entry["x"]), int(entry["y"])
        names = {int(key): str(name) for key, name in entry["names"].items()}
        data = base64.b64decode(entry["pixels"], validate=True)
        header = check_png(data, "the objects")
        if header.width * header.height > limit or max(abs(x), abs(y)) > 1 << 15:
            raise ValueError
        own = None if entry["code"] is None else _code(entry["code"])
        of_parts = {str(name): _code(code) for name, code in entry.get("part_codes", {}).items()}
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, binascii.Error, VedutaError):
        raise _unreadable() from None
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim != 2 or pixels.dtype != np.uint8 or not (pixels != _TRANSPARENT).any():
        raise _unreadable()
    base = _named(label, label_set)
    known = {one.name: one.id for one in (label_set[base], *label_set.parts_of(base))}
    table = np.full(256, base, np.uint8)
    for old, name in names.items():
        if 0 <= old < _TRANSPARENT:
            table[old] = known.get(name, base)  # a part that this label set lacks becomes the object's body
    codes = {} if own is None else {0: own}
    codes |= {known[name]: code for name, code in of_parts.items() if known.get(name, base) != base}
    mask = pixels != _TRANSPARENT
    return Piece(base, x, y, np.where(mask, table[pixels], 0).astype(np.uint8), mask, codes)


def _numbers(code: np.ndarray) -> list[float]:
    return [float(number) for number in code]


def _code(numbers: list) -> np.ndarray:
    """(K,) float32; ValueError or TypeError for anything else."""
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
        code = np.array(numbers, np.float32)
    if code.ndim != 1 or not 0 < code.size <= 4096 or not np.isfinite(code).all():
        raise ValueError
    return code


def _named(name: str, label_set: LabelSet) -> int:
    found = next((label for label in label_set if label.name == name), None)
    if found is None:
        raise SceneError(f"This street's classes have no '{name}', so the objects can't be pasted here.")
    return int(label_set.base[found.id])


def _unreadable() -> SceneError:
    return SceneError("What is in the clipboard is no object of a street; copy one first.")
