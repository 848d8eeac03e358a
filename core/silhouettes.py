"""Silhouettes with their parts, and the file that holds them.

They are drawn from the project's own models (``core.streets.silhouettes`` makes the file), and
bare cars, people and riders are compared with them (``core.filling``). A compressed NumPy
archive holds them: ``classes`` (N,) uint8, ``yaws`` (N,) float32, ``shapes`` (N, 2) uint16 rows and
columns, ``labels`` uint8, all label maps in row order one after the other, 0 outside the silhouette.
"""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

import numpy as np

from core.atomic import replacing
from core.errors import SceneError

_LIMIT_BYTES = 64 << 20


@dataclass(frozen=True, eq=False)
class Silhouette:
    """One thing seen from one side.

    Attributes:
        class_id: whose silhouette it is.
        labels: (h, w) uint8, the class or its parts, 0 outside; touches all four borders.
        yaw: radians by which it is turned left from the way one looks (0: its back is seen); NaN where unknown.
    """

    class_id: int
    labels: np.ndarray
    yaw: float = float("nan")

    @property
    def mask(self) -> np.ndarray:
        return self.labels > 0

    def mirrored(self) -> "Silhouette":
        return Silhouette(self.class_id, np.ascontiguousarray(self.labels[:, ::-1]), -self.yaw)


def default_path() -> Path:
    """The library that comes with the program."""
    return Path(__file__).resolve().parents[1] / "assets" / "silhouettes.npz"


def save_silhouettes(path: str | os.PathLike, silhouettes: Iterable[Silhouette]) -> None:
    """Write a library, replacing the file as a whole; SceneError where it can't be written."""
    silhouettes = list(silhouettes)
    try:
        with replacing(path) as file:
            np.savez_compressed(
                file,
                classes=np.array([one.class_id for one in silhouettes], np.uint8),
                yaws=np.array([one.yaw for one in silhouettes], np.float32),
                shapes=np.array([one.labels.shape for one in silhouettes], np.uint16).reshape(-1, 2),
                labels=np.concatenate([np.zeros(0, np.uint8), *(one.labels.reshape(-1) for one in silhouettes)]),
            )
    except OSError as error:
        raise SceneError(f"'{path}' can't be written ({error.strerror}); choose another place.") from None


def load_silhouettes(path: str | os.PathLike) -> list[Silhouette]:
    """Read a library.

    Raises:
        SceneError: when the file can't be read or is something else.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _LIMIT_BYTES:
                raise ValueError
        with np.load(path, allow_pickle=False) as data:
            classes, yaws, labels = data["classes"], data["yaws"].astype(np.float64), data["labels"]
            shapes = data["shapes"].astype(np.int64)
        sizes = shapes.prod(axis=1)
        right = (classes.dtype, labels.dtype) == (np.uint8, np.uint8) and shapes.shape == (len(classes), 2)
        right = right and yaws.shape == classes.shape
        if not right or sizes.sum() != labels.size or (sizes <= 0).any():
            raise ValueError
    except OSError as error:
        raise SceneError(f"'{path}' can't be read ({error.strerror}); choose another file.") from None
    except (ValueError, KeyError, IndexError, zipfile.BadZipFile):
        raise SceneError(f"'{path.name}' is no library of silhouettes; install the program again.") from None
    ends = np.cumsum(sizes)
    return [
        Silhouette(class_id, labels[end - size:end].reshape(shape), yaw)
        for class_id, yaw, shape, size, end in zip(
            classes.tolist(), yaws.tolist(), shapes.tolist(), sizes.tolist(), ends.tolist()
        )
    ]
