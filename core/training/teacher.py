"""Distillation: a small model learns what a larger one paints.

The teacher's picture takes the photograph's place in every loss, and the
student's encoder looks at it too; so a student learns from maps for which no
photograph exists as well.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from core.data.crops import Batch
from core.errors import TrainingError
from core.labels import INSTANCE_FACTOR, LabelSet, object_class
from core.look_regions import look_regions
from core.models.model_file import Model
from core.networks.weights import fold
from core.rendering.conditioning import CodeTable, Conditioning, inputs_for


class Teacher:
    """A trained model as the source of pictures; a pure function of crop and crop number.

    Args:
        model: any model file's.
        label_set: of the student's label maps; folded into the teacher's.
        seed: of the codes of objects that have no photograph to take them from.
        with_photographs: take codes from the crops' photographs with the
            teacher's encoder; else draw them from its code book.
    """

    def __init__(
        self, model: Model, label_set: LabelSet, device: torch.device, seed: int, with_photographs: bool = True
    ):
        self.model, self.seed, self.device = model, seed, device
        self.generator = fold(model.generator).to(device, memory_format=torch.channels_last)
        self.encoder = None
        if with_photographs and model.encoder is not None:
            self.encoder = fold(model.encoder).to(device, memory_format=torch.channels_last)
        channels = model.label_set.index[label_set.fold_table(model.label_set)[list(label_set.ids)]]
        self._channels = torch.from_numpy(channels.astype(np.int64)).to(device)
        values = np.arange(65536)
        bare = object_class(values)
        known = np.isin(bare, model.card.object_classes) & (values >= INSTANCE_FACTOR)
        self._objects = torch.from_numpy(np.where(known, values, bare)).to(device)

    def check(self, crop: tuple[int, int]) -> None:
        """Raise TrainingError when the teacher can't paint crops of this size."""
        if any(side % self.generator.multiple for side in crop):
            raise TrainingError(
                f"The teacher paints frames whose sides are multiples of {self.generator.multiple}, "
                f"not crops of {crop[0]}x{crop[1]}; choose another crop with --crop."
            )

    @torch.no_grad()
    def __call__(self, batch: Batch, numbers: list[int]) -> Batch:
        """``batch`` with the teacher's pictures for photographs.

        Args:
            numbers: of the crops, unique over the run; they seed drawn codes.
        """
        instances = self._objects[batch.instances]
        planes = torch.cat((_edges(instances), self._codes(batch, instances, numbers)), 1)
        planes = planes.contiguous(memory_format=torch.channels_last)
        conditioning = Conditioning(self._channels[batch.labels], planes)
        picture = self.generator(*inputs_for(self.generator, conditioning)).float().clamp(-1, 1)
        return replace(batch, photograph=picture.contiguous(memory_format=torch.channels_last))

    def _codes(self, batch: Batch, instances: Tensor, numbers: list[int]) -> Tensor:
        card, book = self.model.card, self.model.code_book
        planes = batch.photograph.new_zeros(len(numbers), card.code_dim, *batch.labels.shape[1:])
        if not card.code_dim or self.encoder is None and book is None:
            return planes
        label_set = self.model.label_set
        ids = np.array(label_set.ids, np.uint8)[self._channels[batch.labels].cpu().numpy()]
        regions = [look_regions(*maps, label_set, card.part_codes) for maps in zip(ids, instances.cpu().numpy())]
        if self.encoder is not None:
            index = np.stack([index for _, index in regions]).astype(np.int64)
            return self.encoder(batch.photograph, torch.from_numpy(index).to(self.device)).float()
        for i, (number, (keys, index)) in enumerate(zip(numbers, regions)):
            seed = int(np.random.default_rng((self.seed, 3, number)).integers(1 << 31))
            table = CodeTable(book.random_codes(keys.tolist(), seed), book, card.code_dim, card.part_codes)(keys)
            planes[i] = torch.from_numpy(table[index]).to(self.device).permute(2, 0, 1)
        return planes


def _edges(instances: Tensor) -> Tensor:
    """(B, H, W) -> (B, 1, H, W) float: :func:`core.rendering.conditioning.instance_edges` of a batch."""
    edges = torch.zeros_like(instances, dtype=torch.bool)
    across = instances[:, :, 1:] != instances[:, :, :-1]
    down = instances[:, 1:] != instances[:, :-1]
    edges[:, :, 1:] |= across
    edges[:, :, :-1] |= across
    edges[:, 1:] |= down
    edges[:, :-1] |= down
    return edges[:, None].float()
