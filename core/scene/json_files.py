"""The program's own small JSON files: known by format and version, read within a limit, written whole."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

from core.atomic import replacing
from core.errors import SceneError


def strict_json(data: bytes):
    """What JSON says; ValueError also for NaN, Infinity and numbers beyond all measure, which no strict file holds.

    Python reads them, but they could not be written again.
    """
    return json.loads(data, parse_constant=_refuse, parse_float=_finite)


def write_json(path: str | os.PathLike, data: dict, **layout) -> None:
    """Write ``data``, replacing the file as a whole; ``layout`` goes to ``json.dumps``.

    Raises:
        SceneError: where it can't be written.
    """
    try:
        with replacing(path) as file:
            file.write(json.dumps(data, **layout).encode())
    except OSError as error:
        raise SceneError(f"'{path}' can't be written ({error.strerror}); choose another place.") from None


def read_json(path: str | os.PathLike, name: str, version: int, limit: int, foreign: SceneError) -> dict:
    """The data of a file of format ``name``, of ``version`` or an older one, of at most ``limit`` bytes.

    Raises:
        SceneError: when it can't be read or comes from a newer version; ``foreign`` when it is something else.
    """
    path = Path(path)
    try:
        # One byte more than allowed tells, whatever the size was a moment ago.
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise SceneError(f"'{path}' can't be read ({error.strerror}); choose another file.") from None
    newer = SceneError(f"'{path.name}' comes from a newer version; update the program to use it.")
    return parse_json(data, name, version, limit, foreign, newer)


def parse_json(data: bytes, name: str, version: int, limit: int, foreign: SceneError, newer: SceneError) -> dict:
    """As :func:`read_json`, from bytes; raises ``foreign`` or ``newer``."""
    if len(data) > limit:
        raise foreign
    try:
        described = json.loads(data)
    except (ValueError, RecursionError):
        raise foreign from None
    if not isinstance(described, dict) or described.get("format") != name:
        raise foreign
    if described.get("version") not in range(1, version + 1):
        raise newer
    return described


def _refuse(name: str):
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse(text)
    return number
