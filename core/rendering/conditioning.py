"""What a generator is told: classes, object edges and appearance codes.

The same functions serve painting and training, so what is painted and what
was trained on can't differ (pix2pixHD, sections 3.3 and 3.4).
"""

from __future__ import annotations

from typing import Mapping, NamedTuple

import numpy as np
import torch

from core.appearance import CodeBook
from core.labels import LabelSet
from core.look_regions import key_part, key_value, look_regions


class Conditioning(NamedTuple):
    """A batch of generator inputs.

    Attributes:
        labels: (B, H, W) int64, channel indices of the model's label set.
        planes: (B, 1 + K, H, W) float32: the instance edge (0 or 1), then the
            appearance code of each pixel's object or part.
    """

    labels: torch.Tensor
    planes: torch.Tensor

    def to(self, device, dtype=None) -> "Conditioning":
        return Conditioning(
            self.labels.to(device, non_blocking=True), self.planes.to(device, dtype, non_blocking=True)
        )


def instance_edges(instance_map: np.ndarray) -> np.ndarray:
    """(H, W) bool, True where any 4-neighbour belongs to another object (sec. 3.3).

    Args:
        instance_map: (H, W) integers.
    """
    edges = np.zeros(instance_map.shape, bool)
    across = instance_map[:, 1:] != instance_map[:, :-1]
    down = instance_map[1:] != instance_map[:-1]
    edges[:, 1:] |= across
    edges[:, :-1] |= across
    edges[1:] |= down
    edges[:-1] |= down
    return edges


class CodeTable:
    """The code of every look key, for one set of chosen codes.

    Args:
        codes: chosen codes (K,) by look key; others' follow from ``book``.
        book: the model's looks; without one, what has no chosen code gets zeros.
        dim: K.
        part_codes: the model knows codes of parts; else parts share their object's.
    """

    def __init__(self, codes: Mapping[int, np.ndarray], book: CodeBook | None, dim: int, part_codes: bool = False):
        self.book, self.dim, self.part_codes = book, dim, part_codes
        self._objects = np.zeros((65536, dim), np.float32)
        for label_id, rows in (book.defaults() if book else {}).items():
            if label_id < 1000:
                self._objects[label_id] = rows[0]
            if 0 < label_id < 65:
                self._objects[label_id * 1000 : label_id * 1000 + 1000] = rows
        chosen = {key: code for key, code in codes.items() if part_codes and key_part(key)}
        for key, code in codes.items():
            if not key_part(key):
                self._objects[key] = code
        self._keys = np.array(sorted(chosen), np.int64)
        self._chosen = np.array([chosen[key] for key in self._keys.tolist()], np.float32).reshape(len(chosen), dim)

    def __call__(self, keys: np.ndarray) -> np.ndarray:
        """(N, K) float32: the codes of (N,) look keys."""
        keys = np.asarray(keys, np.int64)
        values, parts = key_value(keys), key_part(keys)
        codes = self._objects[values]
        if not self.part_codes:
            return codes
        if self.book is not None:
            for part in np.intersect1d(parts, list(self.book.follow)).tolist():
                there = parts == part
                codes[there] = self.book.default_part_codes(part, values[there], codes[there])
        if self._keys.size:
            at = np.minimum(np.searchsorted(self._keys, keys), self._keys.size - 1)
            there = self._keys[at] == keys
            codes[there] = self._chosen[at[there]]
        return codes


def condition(label_map: np.ndarray, instance_map: np.ndarray, label_set: LabelSet, table: CodeTable) -> Conditioning:
    """Conditioning of one frame.

    Args:
        label_map: (H, W) uint8 ids of ``label_set``.
        instance_map: (H, W) uint16.
        label_set: the *model's* label set; fold the scene's map into it first.

    Returns:
        a batch of one, on the CPU.
    """
    height, width = label_map.shape
    planes = np.empty((height, width, 1 + table.dim), np.float32)
    planes[..., 0] = instance_edges(instance_map)
    # One look-up per distinct look, then a small gather.
    keys, index = look_regions(label_map, instance_map, label_set)
    planes[..., 1:] = table(keys)[index]
    labels = label_set.index[label_map].astype(np.int64)
    return Conditioning(
        torch.from_numpy(labels)[None],
        # Channels-last by construction: no copy before the first convolution.
        torch.from_numpy(planes).permute(2, 0, 1)[None],
    )


def dense(conditioning: Conditioning, label_count: int) -> torch.Tensor:
    """(B, label_count + 1 + K, H, W) in NVIDIA's order: one-hot, edge, features; of the planes' dtype."""
    labels, planes = conditioning
    batch, extra, height, width = planes.shape
    # Channels-last in memory, as convolutions want it; turning so many planes afterwards costs more than filling them.
    out = planes.new_zeros((batch, height, width, label_count + extra))
    # Scattering would copy all planes.
    first = torch.arange(0, out.numel(), label_count + extra, device=out.device)
    out.view(-1).index_fill_(0, labels.reshape(-1) + first, 1.0)
    out[..., label_count:] = planes.permute(0, 2, 3, 1)
    return out.permute(0, 3, 1, 2)


def inputs_for(generator: torch.nn.Module, conditioning: Conditioning) -> tuple[torch.Tensor, ...]:
    """The arguments ``generator`` takes: ``generator(*inputs_for(generator, c))``.

    A generator says by ``input_form`` whether it looks labels up ("index") or
    wants them one-hot ("dense", with ``label_channels`` classes).
    """
    if generator.input_form == "index":
        return (conditioning.labels, conditioning.planes)
    return (dense(conditioning, generator.label_channels),)
