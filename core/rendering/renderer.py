"""Full frames: a scene's maps and codes in, a photograph out."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

import numpy as np
import torch

from core.labels import INSTANCE_FACTOR, STREETS, LabelSet
from core.models.model_file import Model
from core.networks.weights import fold
from core.rendering.conditioning import Conditioning, code_table, condition, inputs_for
from core.rendering.device import choose_device, keep_large_blocks


def default_model_path() -> Path:
    """Where the model that comes with the program lies."""
    return Path(__file__).resolve().parents[2] / "checkpoints" / "streets.safetensors"


class Renderer:
    """Renders frames with one model on one device.

    Not thread-safe: give each thread its own, or call it from one thread.

    Args:
        model: a loaded model; it is copied, the original stays as it is.
        device: ``auto``, ``cpu``, ``cuda``, ``mps`` or a torch device name.
    """

    def __init__(self, model: Model, device: str = "auto"):
        keep_large_blocks()
        self.model = model
        self.device = choose_device(device)
        self.generator = fold(model.generator).to(self.device, memory_format=torch.channels_last)
        self.multiple = model.generator.multiple
        #: Least padded side; mirrored borders need a few pixels at the coarsest scale.
        self.smallest = getattr(model.generator, "smallest", self.multiple)
        self._fold_tables: dict[str, np.ndarray] = {}
        known = np.zeros(65536, bool)
        for label_id in model.card.object_classes:
            if label_id < 65:
                known[label_id * INSTANCE_FACTOR : (label_id + 1) * INSTANCE_FACTOR] = True
        values = np.arange(65536)
        bare = np.where(values < INSTANCE_FACTOR, values, values // INSTANCE_FACTOR)
        #: (65536,) uint16: objects of classes the model can't tell apart become stuff.
        self._object_table = np.where(known, values, bare).astype(np.uint16)

    def conditioning(
        self,
        label_map: np.ndarray,
        instance_map: np.ndarray,
        codes: Mapping[int, np.ndarray],
        label_set: LabelSet = STREETS,
    ) -> Conditioning:
        """What the generator is told about a frame, on the CPU, padded to a multiple it can take."""
        labels = self._fold(label_set)[label_map]
        instances = self._object_table[instance_map]
        table = self.code_table(codes)
        height, width = labels.shape
        pad = tuple((0, max(side + -side % self.multiple, self.smallest) - side) for side in (height, width))
        if any(p[1] for p in pad):
            labels = np.pad(labels, pad, mode="edge")
            instances = np.pad(instances, pad, mode="edge")
        return condition(labels, instances, self.model.label_set, table)

    def code_table(self, codes: Mapping[int, np.ndarray]) -> np.ndarray:
        """(65536, K) codes by instance value; codes of another length than the model's are left out."""
        dim = self.model.card.code_dim
        book = self.model.code_book
        fitting = {v: c for v, c in codes.items() if np.shape(c) == (dim,)}
        return code_table(fitting, book.defaults() if book else {}, dim)

    @torch.inference_mode()
    def render(
        self,
        label_map: np.ndarray,
        instance_map: np.ndarray,
        codes: Mapping[int, np.ndarray] | None = None,
        label_set: LabelSet = STREETS,
    ) -> np.ndarray:
        """Render one frame.

        Args:
            label_map: (H, W) uint8 ids of ``label_set``.
            instance_map: (H, W) uint16.
            codes: instance value -> (K,) appearance code; objects without one
                get their class's most common look.
            label_set: the scene's; it is folded into the model's.

        Returns:
            (H, W, 3) uint8 RGB.
        """
        height, width = label_map.shape
        conditioning = self.conditioning(label_map, instance_map, codes or {}, label_set)
        picture = self.generator(*inputs_for(self.generator, conditioning.to(self.device)))
        return to_pixels(picture[0])[:height, :width]

    def _fold(self, label_set: LabelSet) -> np.ndarray:
        if label_set.name not in self._fold_tables:
            self._fold_tables[label_set.name] = label_set.fold_table(self.model.label_set)
        return self._fold_tables[label_set.name]


def to_pixels(picture: torch.Tensor) -> np.ndarray:
    """(3, H, W) float in [-1, 1] -> (H, W, 3) uint8, contiguous."""
    scaled = (picture.float() * 127.5 + 128.0).clamp_(0, 255)
    return scaled.to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy()
