"""Full frames: a scene's maps and codes in, a photograph out."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping
from weakref import WeakKeyDictionary

import numpy as np
import torch

from core.labels import INSTANCE_FACTOR, STREETS, LabelSet
from core.memory import keep_large_blocks
from core.models.model_file import Model
from core.networks.weights import fold
from core.rendering.conditioning import CodeTable, Conditioning, condition, inputs_for
from core.rendering.device import choose_device
from core.rendering.frame_index import FrameIndex, TooManyObjects
from core.rendering.local.executor import Executor
from core.rendering.local.lower import UnsupportedGraph
from core.rendering.local.rects import Rect
from core.rendering.precision import MIN_PSNR_DB, check_name, in_bfloat16, native_bfloat16, psnr, sample_maps
from core.rendering.stand_ins import stand_ins


def default_model_path() -> Path:
    """Where the model that comes with the program lies."""
    return Path(__file__).resolve().parents[2] / "checkpoints" / "streets.safetensors"


class Renderer:
    """Renders frames with one model on one device.

    Not thread-safe: give each thread its own, or call it from one thread.

    Args:
        model: a loaded model; it is copied, the original stays as it is.
        device: ``auto``, ``cpu``, ``cuda``, ``mps`` or a torch device name.
        precision: ``float32``, ``bfloat16``, or ``auto``: bfloat16 where the
            device has it and this model's pictures stay the same (see
            :mod:`core.rendering.precision`).

    Attributes:
        generator: folded, in float32, on the device.
        precision: "float32" or "bfloat16", what frames are computed in.
        obstacle: why the generator can't be run by the executor, or "".
    """

    def __init__(self, model: Model, device: str = "auto", precision: str = "auto"):
        keep_large_blocks()
        self.model = model
        self.device = choose_device(device)
        self.generator = fold(model.generator).to(self.device, memory_format=torch.channels_last)
        self.multiple = model.generator.multiple
        #: Least padded side; mirrored borders need a few pixels at the coarsest scale.
        self.smallest = getattr(model.generator, "smallest", self.multiple)
        # By the label set itself, not by its name: a project may bring its own set under a known name.
        self._fold_tables: WeakKeyDictionary[LabelSet, np.ndarray] = WeakKeyDictionary()
        self._stand_ins = stand_ins(model.label_set, model.card.provenance.get("classes"))
        self._index: tuple[LabelSet, FrameIndex] | None = None
        known = np.zeros(65536, bool)
        for label_id in model.card.object_classes:
            if label_id < 65:
                known[label_id * INSTANCE_FACTOR : (label_id + 1) * INSTANCE_FACTOR] = True
        values = np.arange(65536)
        bare = np.where(values < INSTANCE_FACTOR, values, values // INSTANCE_FACTOR)
        #: (65536,) uint16: objects of classes the model can't tell apart become stuff.
        self._object_table = np.where(known, values, bare).astype(np.uint16)
        # Stuff of a class that was never met goes together with what it is painted as, its look too.
        self._object_table[:256] = self._stand_ins[self._object_table[:256]]
        self.obstacle = ""
        self._executor = self._make_executor(self.generator)
        self.precision = "float32"
        self._choose_precision(check_name(precision))

    def _choose_precision(self, wanted: str) -> None:
        if wanted == "float32" or self._executor is None or wanted == "auto" and not native_bfloat16(self.device):
            return
        other = self._make_executor(in_bfloat16(self.generator))
        if wanted == "auto":
            maps = sample_maps(np.array(self.model.label_set.ids, np.uint8), self.multiple)
            try:
                pictures = [self._picture(executor, *maps) for executor in (self._executor, other)]
            except RuntimeError:
                return  # an operation without bfloat16 on this device
            if psnr(*pictures) < MIN_PSNR_DB:
                return
        self._executor, self.precision = other, "bfloat16"

    def _picture(self, executor: Executor, labels: np.ndarray, instances: np.ndarray) -> np.ndarray:
        """(3, H, W) float32 in [-1, 1]."""
        index = self.new_index(self.model.label_set, executor.dtype)
        index.reset(labels, instances, {})
        out = np.empty((3, *index.size), np.float32)

        def put(rect, block):
            out[(slice(None), *rect.slices)] = block[0].float().cpu().numpy()

        executor.full(index, put, keep=False)
        return out

    def _make_executor(self, generator: torch.nn.Module) -> Executor | None:
        try:
            return Executor(generator)
        except UnsupportedGraph as reason:
            self.obstacle = str(reason)
            return None

    @property
    def fastest(self) -> torch.nn.Module:
        """The generator in the precision that frames are computed in."""
        return self.generator if self._executor is None else self._executor.generator

    def new_executor(self) -> Executor | None:
        """Another executor of the same generator, with outputs of its own; None where there is an obstacle."""
        return None if self._executor is None else Executor(self._executor.generator)

    def new_index(self, label_set: LabelSet, dtype: torch.dtype | None = None) -> FrameIndex:
        """Conditioning for executors, for scenes of ``label_set``."""
        return FrameIndex(
            self.generator, self.device, self.model.label_set, self._fold(label_set), self._object_table,
            self.code_table, self.multiple, self.smallest, dtype or self._executor.dtype,
        )

    def fitting(self, codes: Mapping[int, np.ndarray] | None) -> dict[int, np.ndarray]:
        """``codes`` without those of another length than the model's."""
        dim = self.model.card.code_dim
        return {value: code for value, code in (codes or {}).items() if np.shape(code) == (dim,)}

    def conditioning(
        self,
        label_map: np.ndarray,
        instance_map: np.ndarray,
        codes: Mapping[int, np.ndarray],
        label_set: LabelSet = STREETS,
    ) -> Conditioning:
        """What the generator is told about a frame, on the CPU, padded to a multiple it can take."""
        return condition(*self.padded(label_map, instance_map, label_set), self.model.label_set, self.code_table(codes))

    def padded(
        self, label_map: np.ndarray, instance_map: np.ndarray, label_set: LabelSet = STREETS
    ) -> tuple[np.ndarray, np.ndarray]:
        """Maps as the model knows them: classes and objects folded, the border repeated up to a multiple it can take."""
        labels = self._fold(label_set)[label_map]
        instances = self._object_table[instance_map]
        height, width = labels.shape
        pad = tuple((0, max(side + -side % self.multiple, self.smallest) - side) for side in (height, width))
        if any(p[1] for p in pad):
            labels = np.pad(labels, pad, mode="edge")
            instances = np.pad(instances, pad, mode="edge")
        return labels, instances

    def code_table(self, codes: Mapping[int, np.ndarray]) -> CodeTable:
        """The codes of all looks; chosen ones of another length than the model's are left out."""
        card = self.model.card
        return CodeTable(self.fitting(codes), self.model.code_book, card.code_dim, card.part_codes)

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
            codes: look key -> (K,) appearance code; objects without one get one
                of their class's looks, parts without one follow their object.
            label_set: the scene's; it is folded into the model's.

        Returns:
            (H, W, 3) uint8 RGB.
        """
        height, width = label_map.shape
        if self._executor is not None:
            if self._index is None or self._index[0] is not label_set:
                self._index = label_set, self.new_index(label_set)
            index = self._index[1]
            try:
                index.reset(label_map, instance_map, self.fitting(codes))
            except TooManyObjects:
                pass  # the plain way has no such limit
            else:
                rgb = np.empty((height, width, 3), np.uint8)
                self._executor.full(index, lambda rect, block: store(rgb, rect, block), keep=False)
                return rgb
        conditioning = self.conditioning(label_map, instance_map, codes or {}, label_set)
        picture = self.generator(*inputs_for(self.generator, conditioning.to(self.device)))
        return to_pixels(picture[0])[:height, :width]

    def _fold(self, label_set: LabelSet) -> np.ndarray:
        if label_set not in self._fold_tables:
            self._fold_tables[label_set] = self._stand_ins[label_set.fold_table(self.model.label_set)]
        return self._fold_tables[label_set]


def to_pixels(picture: torch.Tensor) -> np.ndarray:
    """(3, H, W) float in [-1, 1] -> (H, W, 3) uint8, contiguous."""
    scaled = (picture.float() * 127.5 + 128.0).clamp_(0, 255)
    return scaled.to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy()


#: Rows of a picture that are rounded at a time.
_STORED_ROWS = 32


def store(rgb: np.ndarray, rect: Rect, block: torch.Tensor) -> None:
    """Put a block (1, 3, h, w) in [-1, 1] into a picture (H, W, 3); what lies in the padding is dropped."""
    rect = rect.clip(rgb.shape[:2])
    if not rect:
        return
    pixels, inside = block[0, :, : rect.height, : rect.width].permute(1, 2, 0), rgb[rect.slices]
    # On a CPU in pieces that stay in its cache.
    rows = _STORED_ROWS if block.device.type == "cpu" else rect.height
    for y in range(0, rect.height, rows):
        piece = pixels[y : y + rows].float().mul(127.5).add_(128.0).clamp_(0, 255)
        inside[y : y + rows] = piece.to(torch.uint8).cpu().numpy()
