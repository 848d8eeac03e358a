"""What a generator is told: classes, object edges and appearance codes.

The same functions serve painting and training, so what is painted and what
was trained on can't differ (pix2pixHD, sections 3.3 and 3.4).
"""

from __future__ import annotations

from typing import Mapping, NamedTuple

import numpy as np
import torch

from core.labels import LabelSet


class Conditioning(NamedTuple):
    """A batch of generator inputs.

    Attributes:
        labels: (B, H, W) int64, channel indices of the model's label set.
        planes: (B, 1 + K, H, W) float32: the instance edge (0 or 1), then the
            appearance code of the object under each pixel.
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


def code_table(codes: Mapping[int, np.ndarray], default: Mapping[int, np.ndarray], dim: int) -> np.ndarray:
    """(65536, dim) float32: instance value -> appearance code.

    Args:
        codes: codes chosen for single objects, by instance value.
        default: by class id, for objects without one: (dim,) for all of the
            class, or (1000, dim) by the object's number, whose row 0 also
            serves the bare id. A class missing here gets zeros.
    """
    table = np.zeros((65536, dim), np.float32)
    for label_id, code in default.items():
        table[label_id] = code if np.ndim(code) == 1 else code[0]
        if 0 < label_id < 65:
            table[label_id * 1000 : label_id * 1000 + 1000] = code
    for value, code in codes.items():
        table[value] = code
    return table


def condition(
    label_map: np.ndarray,
    instance_map: np.ndarray,
    label_set: LabelSet,
    table: np.ndarray,
) -> Conditioning:
    """Conditioning of one frame.

    Args:
        label_map: (H, W) uint8 ids of ``label_set``.
        instance_map: (H, W) uint16.
        label_set: the *model's* label set; fold the scene's map into it first.
        table: (65536, K) float32 from :func:`code_table`.

    Returns:
        a batch of one, on the CPU.
    """
    height, width = label_map.shape
    planes = np.empty((height, width, 1 + table.shape[1]), np.float32)
    planes[..., 0] = instance_edges(instance_map)
    # One look-up per distinct object, then a small gather: instance values are sparse.
    values, inverse = _distinct(instance_map)
    planes[..., 1:] = table[values][inverse]
    labels = label_set.index[label_map].astype(np.int64)
    return Conditioning(
        torch.from_numpy(labels)[None],
        # Channels-last by construction: no copy before the first convolution.
        torch.from_numpy(planes).permute(2, 0, 1)[None],
    )


def _distinct(instance_map: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted distinct values and, per pixel, the index into them (16-bit counting, no sort)."""
    present = np.zeros(65536, bool)
    present[instance_map.reshape(-1)] = True
    values = np.flatnonzero(present)
    position = np.zeros(65536, np.int32)
    position[values] = np.arange(values.size)
    return values, position[instance_map]


def dense(conditioning: Conditioning, label_count: int, form: torch.dtype | None = None) -> torch.Tensor:
    """(B, label_count + 1 + K, H, W) in NVIDIA's order: one-hot, edge, features; of the planes' dtype, or of ``form``."""
    labels, planes = conditioning
    batch, extra, height, width = planes.shape
    # Channels-last in memory, as convolutions want it; turning so many planes afterwards costs more than filling them.
    out = planes.new_zeros((batch, height, width, label_count + extra), dtype=form).permute(0, 3, 1, 2)
    out.scatter_(1, labels[:, None], 1.0)
    out[:, label_count:] = planes
    return out


def inputs_for(generator: torch.nn.Module, conditioning: Conditioning) -> tuple[torch.Tensor, ...]:
    """The arguments ``generator`` takes: ``generator(*inputs_for(generator, c))``.

    A generator says by ``input_form`` whether it looks labels up ("index") or
    wants them one-hot ("dense", with ``label_channels`` classes).
    """
    if generator.input_form == "index":
        return (conditioning.labels, conditioning.planes)
    return (dense(conditioning, generator.label_channels),)
