"""The library of stamps: silhouettes with their parts, taken from the example streets.

A stamp is one thing as a person would count it: a car, someone on a bicycle (two
objects), a sign with its pole. It knows how far below the horizon it stood, so that
it can be put down at the size that the road's perspective asks for.

``assets/stamps.json`` holds them: ``{"format": "veduta-stamps", "version", "stamps":
[{"kind", "source", "below_horizon", "pieces"}]}``, pieces and version as in ``core.scene.clip``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Sequence

import numpy as np

from core.errors import SceneError
from core.labels import STREETS, LabelSet
from core.perspective import growth
from core.scene import clip
from core.scene.json_files import read_json, write_json
from core.scene.pieces import Piece, after, around, scaling, translation
from core.scene.regions import Box

FORMAT, VERSION = "veduta-stamps", 2

#: Kinds in the palette's order, with the words above them.
KINDS = (
    ("car", "Cars"), ("truck", "Lorries"), ("bus", "Buses"), ("person", "People"), ("rider", "Riders"),
    ("bicycle", "Bicycles"), ("motorcycle", "Motorcycles"), ("tree", "Trees"), ("sign", "Signs and lights"),
    ("piece of street furniture", "Street furniture"), ("piece of clutter", "Cones, bins and boxes"),
)

_LIMIT_BYTES = 32 << 20


@dataclass(frozen=True, eq=False)
class Stamp:
    """One thing to put down.

    Attributes:
        kind: one of :data:`KINDS`.
        source: the street it comes from.
        below_horizon: rows from the horizon down to where it stood.
        pieces: the rearmost first; x = 0 is the middle of its foot, y = 0 the row below it.
    """

    kind: str
    source: str
    below_horizon: float
    pieces: tuple[Piece, ...]

    @property
    def box(self) -> Box:
        return around(self.pieces)

    def matrix(self, x: float, y: float, horizon: float | None, size: float = 1.0) -> np.ndarray:
        """(2, 3): puts the foot at (x, y).

        Args:
            horizon: its row, for the size that the perspective asks for there; None for the size it was taken at.
            size: a factor on top.
        """
        factor = size * (growth(0.0, self.below_horizon, y - horizon) if horizon is not None else 1.0)
        place = translation(round(x), round(y))
        return place if factor == 1.0 else after(scaling((0, 0), factor, factor), place)

    def picture(self, label_set: LabelSet = STREETS) -> np.ndarray:
        """(h, w, 4) uint8 RGBA in the classes' colours, transparent around."""
        x0, y0, x1, y1 = self.box
        rgba = np.zeros((y1 - y0, x1 - x0, 4), np.uint8)
        for piece in self.pieces:
            mask, labels = piece.seen_in(self.box)
            rgba[mask, :3] = label_set.palette[labels[mask]]
            rgba[mask, 3] = 255
        return rgba


def default_path() -> Path:
    """The library that comes with the program."""
    return Path(__file__).resolve().parents[1] / "assets" / "stamps.json"


def save_stamps(path: str | os.PathLike, stamps: Sequence[Stamp], label_set: LabelSet = STREETS) -> None:
    """Write a library, replacing the file as a whole; SceneError where it can't be written."""
    data = {
        "format": FORMAT, "version": clip.version_of(piece for stamp in stamps for piece in stamp.pieces),
        "stamps": [
            {
                "kind": stamp.kind, "source": stamp.source, "below_horizon": round(stamp.below_horizon, 1),
                "pieces": [clip.piece_to_json(piece, label_set) for piece in stamp.pieces],
            }
            for stamp in stamps
        ],
    }
    write_json(path, data, separators=(",", ":"))


def load_stamps(path: str | os.PathLike, label_set: LabelSet = STREETS) -> list[Stamp]:
    """Read a library; a stamp of classes that the label set lacks is left out.

    Raises:
        SceneError: when the file can't be read or is something else.
    """
    path = Path(path)
    data = read_json(path, FORMAT, VERSION, _LIMIT_BYTES, _not_stamps(path))
    if not isinstance(data.get("stamps"), list):
        raise _not_stamps(path)
    names = {label.name for label in label_set}
    found = []
    for entry in data["stamps"]:
        try:
            if not all(piece["label"] in names for piece in entry["pieces"]):
                continue
            below = float(entry["below_horizon"])
            pieces = tuple(clip.piece_from_json(piece, label_set) for piece in entry["pieces"])
            if not pieces or not 0 < below < 1 << 15:
                raise ValueError
            found.append(Stamp(str(entry["kind"]), str(entry["source"]), below, pieces))
        except (KeyError, TypeError, ValueError, OverflowError, SceneError):  # a piece's own sentence speaks of the clipboard
            raise _not_stamps(path) from None
    return found


@lru_cache(maxsize=4)
def library(label_set: LabelSet = STREETS) -> tuple[Stamp, ...]:
    """The stamps that come with the program; none where the file is missing."""
    path = default_path()
    return tuple(load_stamps(path, label_set)) if path.is_file() else ()


def centred(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Pieces with the middle of their foot at (0, 0), without codes."""
    x0, _, x1, y1 = around(pieces)
    dx, dy = -((x0 + x1) // 2), -y1
    return tuple(replace(piece, x=piece.x + dx, y=piece.y + dy, codes={}) for piece in pieces)


def _not_stamps(path: Path) -> SceneError:
    return SceneError(f"'{path.name}' is no library of stamps; make one with: python main.py stamps")
