"""Edits at rest: an undo step that is not the next to be undone needs no quick memory."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields, replace

import numpy as np

from core.scene.edit import Edit

# Masks and runs of labels shrink to a twentieth and less; higher levels gain little and take many times as long.
_LEVEL = 1


@dataclass(frozen=True, eq=False)
class PackedEdit:
    """An edit whose arrays are compressed without loss; :meth:`unpacked` gives it back."""

    edit: Edit  # codes and what is hidden stay as they are: small, and shared with the scene
    arrays: dict[str, tuple[tuple[int, ...], str, bytes]]

    def unpacked(self) -> Edit:
        """The edit that was packed."""
        return replace(self.edit, **{name: _expanded(*held) for name, held in self.arrays.items()})

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return self.edit.nbytes + sum(len(data) for _, _, data in self.arrays.values())


def packed(edit: Edit) -> PackedEdit:
    """``edit``, compressed; some milliseconds for a stroke."""
    arrays, empty = {}, {}
    for name in (field.name for field in fields(edit)):
        array = getattr(edit, name)
        # A single number for many pixels takes no memory already.
        if isinstance(array, np.ndarray) and array.size and any(array.strides):
            data = np.packbits(array) if array.dtype == bool else np.ascontiguousarray(array)
            arrays[name] = (array.shape, array.dtype.str, zlib.compress(data.tobytes(), _LEVEL))
            empty[name] = np.zeros(0, array.dtype)
    return PackedEdit(replace(edit, **empty), arrays)


def _expanded(shape: tuple[int, ...], dtype: str, data: bytes) -> np.ndarray:
    raw = np.frombuffer(zlib.decompress(data), np.uint8)
    if np.dtype(dtype) == bool:
        return np.unpackbits(raw, count=int(np.prod(shape))).view(bool).reshape(shape)
    return raw.view(dtype).reshape(shape)
