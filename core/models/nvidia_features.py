"""Reading pix2pixHD's ``features_clustered_*.npy`` without running anything in it.

The file is a pickled dictionary: class id -> (k, feat_num) cluster centres.
A pickle names functions to call; the reader here lets it name only numpy's
array and dtype, and even for those puts plain stand-ins in their place that
store what they are given. Anything else is refused before it is called.
"""

from __future__ import annotations

import io
import pickle
import re
from pathlib import Path

import numpy as np

from core.errors import ModelFileError

# Ten centres of a few numbers for some dozens of classes take kilobytes.
_MAX_BYTES = 64 << 20
_NUMERIC = re.compile(r"[fiu][1248]|b1")


def read_feature_clusters(path: str | Path) -> dict[int, np.ndarray]:
    """Class id -> (k, feat_num) float32 centres; files of Python 2 and 3 alike.

    Raises:
        ModelFileError: when the file can't be read, holds something else, or
            names anything but arrays. Nothing in it is executed.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ModelFileError(f"{path.name} is far too large for feature clusters; choose the right file.")
        raw = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path.name} can't be read ({error.strerror}); check the path.") from None
    return _clusters(path.name, _unpickle(path.name, raw))


def _unpickle(name: str, raw: bytes):
    file = io.BytesIO(raw)
    try:
        version = np.lib.format.read_magic(file)
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        _, _, dtype = read_header[version](file)
        if dtype != object:
            raise ModelFileError(f"{name} holds a plain array, not feature clusters; choose features_clustered_*.npy.")
        return _Reader(file, encoding="latin1").load()
    except ModelFileError:
        raise
    except _Refused as refused:
        raise ModelFileError(
            f"{name} names {refused}, which is no plain data, so it was not opened; get the file from its maker."
        ) from None
    except Exception:
        # A damaged pickle fails in as many ways as there are opcodes.
        raise ModelFileError(f"{name} is no numpy file, or is cut short; get it again.") from None


def _clusters(name: str, loaded) -> dict[int, np.ndarray]:
    wrong = ModelFileError(f"{name} doesn't hold feature clusters by class; choose features_clustered_*.npy.")
    content = loaded.value if isinstance(loaded, _Array) else loaded
    if isinstance(content, list) and len(content) == 1:
        content = content[0]
    if not isinstance(content, dict):
        raise wrong
    clusters = {}
    for label_id, centres in content.items():
        if isinstance(label_id, np.integer):
            label_id = int(label_id)
        values = centres.value if isinstance(centres, _Array) else None
        if type(label_id) is not int or not isinstance(values, np.ndarray) or values.ndim != 2:
            raise wrong
        values = values.astype(np.float32)
        if not np.isfinite(values).all():
            raise wrong
        if len(values):
            clusters[label_id] = values
    if len({values.shape[1] for values in clusters.values()}) > 1:
        raise wrong
    return clusters


class _Refused(Exception):
    """The pickle names something that it may not."""


class _Dtype:
    """Stands in for ``numpy.dtype``: numbers and "object", nothing structured."""

    def __init__(self, code, align=False, copy=False):
        self.code, self.order = code, "="

    def __setstate__(self, state):
        self.order = {"<": "<", ">": ">"}.get(state[1], "=")

    def numpy(self) -> np.dtype | None:
        """The real dtype, or None for objects."""
        if self.code in ("O", "O8", "O4"):
            return None
        if not isinstance(self.code, str) or not _NUMERIC.fullmatch(self.code):
            raise ValueError("dtype")
        return np.dtype(self.order + self.code)


class _Array:
    """Stands in for ``numpy.ndarray``: keeps an array of numbers, or a list of objects, as ``value``."""

    value: np.ndarray | list | None = None

    def __setstate__(self, state):
        _, shape, dtype, fortran, data = state
        real = dtype.numpy()
        if real is None:
            self.value = list(data)
            return
        array = np.frombuffer(_bytes(data), real)
        self.value = array.reshape(shape, order="F" if fortran else "C")


def _bytes(data) -> bytes:
    # A Python 2 string arrives as text: that is what encoding="latin1" does.
    return data.encode("latin1") if isinstance(data, str) else bytes(data)


def _reconstruct(kind, shape, typecode):
    if kind is not _Array:
        raise ValueError("array type")
    return _Array()


def _scalar(dtype, data):
    return np.frombuffer(_bytes(data), dtype.numpy())[0]


def _encode(text, encoding):
    """Stands in for ``_codecs.encode``, with which Python 3 writes bytes for Python 2."""
    if encoding != "latin1":
        raise ValueError("encoding")
    return text.encode("latin1")


def _no_bytes():
    """Stands in for ``bytes``, which protocol 2 calls for an empty byte string."""
    return b""


class _Reader(pickle.Unpickler):
    _ALLOWED = {
        ("numpy", "ndarray"): _Array,
        ("numpy", "dtype"): _Dtype,
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy.core.multiarray", "scalar"): _scalar,
        ("numpy._core.multiarray", "scalar"): _scalar,
        ("_codecs", "encode"): _encode,
        ("__builtin__", "bytes"): _no_bytes,
        ("builtins", "bytes"): _no_bytes,
    }

    def find_class(self, module, name):
        try:
            return self._ALLOWED[module, name]
        except KeyError:
            raise _Refused(f"{module}.{name}") from None

    def persistent_load(self, pid):
        raise _Refused("an outside object")
