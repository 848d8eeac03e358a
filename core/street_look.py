"""Named looks: the codes of a whole street, kept in a file and given to another street by class.

The file is JSON: ``{"format": "veduta-look", "version": 1, "name", "model",
"dim": K, "classes": {class name: [[K numbers], ...]}, "parts": {class name:
{part's name: [[K numbers], ...]}}}``, a class's largest object first; a row of
a part belongs to the object of that row. Files without "parts" are older.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Collection

import numpy as np

from core.appearance import CodeBook
from core.errors import SceneError
from core.labels import LabelSet
from core.looks import give_looks, of_objects, whole_look
from core.scene.edit import Edit
from core.scene.json_files import read_json, write_json
from core.scene.scene import Scene, SceneObject

#: What such a file is called.
SUFFIX = ".look.json"

_FORMAT, _VERSION = "veduta-look", 1
_SIZE_LIMIT = 16 << 20


@dataclass
class StreetLook:
    """The looks of a street.

    Attributes:
        name: what a person reads.
        model: name of the model whose codes these are; other models' codes mean something else.
        dim: length K of a code.
        classes: class name -> (n, K) float32, the largest object's first.
        parts: class name -> part's name -> (n, K) float32, of the same objects.
    """

    name: str
    model: str
    dim: int
    classes: dict[str, np.ndarray] = field(default_factory=dict)
    parts: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)

    @classmethod
    def of(cls, scene: Scene, book: CodeBook, name: str, model: str = "") -> "StreetLook":
        """The looks of ``scene`` as it is rendered, of all classes that have a choice."""
        classes: dict[str, list[np.ndarray]] = {}
        parts: dict[str, dict[str, list[np.ndarray]]] = {}
        for entry in _by_size(scene):
            if book.looks(entry.label_id) and entry.label_id in scene.label_set:
                key = scene.label_set[entry.label_id].name
                for part, code in whole_look(scene, book, entry.value).items():
                    if part:
                        parts.setdefault(key, {}).setdefault(scene.label_set[part].name, []).append(code)
                    else:
                        classes.setdefault(key, []).append(code)
        return cls(
            name, model, book.dim, {key: np.stack(rows) for key, rows in classes.items()},
            {key: {part: np.stack(rows) for part, rows in kinds.items()} for key, kinds in parts.items()},
        )

    def apply(self, scene: Scene, locked: Collection[int] = ()) -> Edit | None:
        """Give the looks to ``scene``: in each class the largest object gets the largest one's, and so on, in turns.

        On the street it was taken from, this gives every object its look back.
        """
        codes: dict[int, np.ndarray] = {}
        turn: dict[str, int] = {}
        for entry in _by_size(scene):
            key = scene.label_set[entry.label_id].name if entry.label_id in scene.label_set else ""
            rows = self.classes.get(key)
            if rows is None or not len(rows):
                continue
            if entry.value not in locked:
                codes.update(of_objects([entry.value], self._row(key, turn.get(key, 0), scene.label_set)))
            turn[key] = turn.get(key, 0) + 1
        return give_looks(scene, codes, f"Apply the look '{self.name}'")

    def _row(self, key: str, turn: int, label_set: LabelSet) -> dict[int, np.ndarray]:
        """Part -> code of the class's object of this turn; 0 for the object itself."""
        row = turn % len(self.classes[key])
        known = {label.name: label.id for label in label_set if label.parent is not None}
        kinds = self.parts.get(key, {})
        return {0: self.classes[key][row], **{known[name]: rows[row] for name, rows in kinds.items() if name in known}}


def save_street_look(path: str | os.PathLike, look: StreetLook) -> None:
    """Write a look, replacing the file as a whole; SceneError where it can't be written."""
    # Shortest decimals that give the same float32 back.
    plain = lambda rows: [[float(str(x)) for x in row] for row in rows]  # noqa: E731
    data = {
        "format": _FORMAT, "version": _VERSION, "name": look.name, "model": look.model, "dim": look.dim,
        "classes": {key: plain(rows) for key, rows in look.classes.items()},
        "parts": {key: {part: plain(rows) for part, rows in kinds.items()} for key, kinds in look.parts.items()},
    }
    write_json(path, data, indent=1)


def load_street_look(path: str | os.PathLike) -> StreetLook:
    """Read a look; SceneError in a sentence for anything else."""
    path = Path(path)
    data = read_json(path, _FORMAT, _VERSION, _SIZE_LIMIT, _not_a_look(path))
    dim, classes, parts = data.get("dim"), data.get("classes"), data.get("parts", {})
    if not isinstance(dim, int) or isinstance(dim, bool) or not 0 < dim <= 4096:
        raise _not_a_look(path)
    if not isinstance(classes, dict) or not isinstance(parts, dict) or not all(isinstance(k, dict) for k in parts.values()):
        raise _not_a_look(path)
    read = {str(key): _rows(rows, dim, path) for key, rows in classes.items()}
    kinds = {str(key): {str(part): _rows(rows, dim, path) for part, rows in held.items()} for key, held in parts.items()}
    for key, held in kinds.items():
        if any(key not in read or len(rows) != len(read[key]) for rows in held.values()):
            raise _not_a_look(path)
    return StreetLook(str(data.get("name", path.stem)), str(data.get("model", "")), dim, read, kinds)


def _rows(rows, dim: int, path: Path) -> np.ndarray:
    """(n, dim) float32; SceneError for anything else."""
    try:
        codes = np.array(rows, np.float32)
    except (ValueError, TypeError, OverflowError):
        raise _not_a_look(path) from None
    if codes.ndim != 2 or codes.shape[1] != dim or not np.isfinite(codes).all():
        raise _not_a_look(path)
    return codes


def check_fits(look: StreetLook, dim: int) -> None:
    """SceneError unless a model with codes of length ``dim`` can use the look."""
    if look.dim != dim:
        made = f" with '{look.model}'" if look.model else ""
        raise SceneError(f"The look '{look.name}' was made{made} for another model; open that one first.")


def _by_size(scene: Scene) -> list[SceneObject]:
    return sorted(scene.objects().values(), key=lambda entry: (-entry.area, entry.value))


def _not_a_look(path: Path) -> SceneError:
    return SceneError(f"'{path.name}' is not a saved look; choose a file that ends in {SUFFIX}.")
