"""The history pool: D also judges fakes that G made earlier (Shrivastava et al. 2017, sec. 2.3)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor


class HistoryPool:
    """At most ``size`` fakes with the maps they were made from.

    Which fakes are kept and shown depends on the seed and on the crops' numbers
    alone, and what is kept goes into the checkpoint, so a resumed run shows D
    the same pictures.

    Args:
        size: 0 keeps none; D then sees each new fake.
        seed: of the run.
    """

    def __init__(self, size: int, seed: int):
        self.size, self.seed = size, seed
        # Labels as bytes and pictures in half precision: fifty full frames still fit.
        self._items: list[tuple[Tensor, Tensor, Tensor]] = []

    def query(
        self, labels: Tensor, edges: Tensor, fake: Tensor, numbers: list[int]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What D is shown in place of new fakes: half of them are older ones.

        Args:
            labels: (B, H, W) int64 channel indices.
            edges: (B, 1, H, W) float32.
            fake: (B, 3, H, W), without gradient.
            numbers: of the crops, unique over the run.

        Returns:
            the same three, some rows exchanged.
        """
        if self.size == 0:
            return labels, edges, fake
        with torch.autocast(fake.device.type, enabled=False):  # which knows no float16 on a CPU
            return self._exchanged(labels, edges, fake, numbers)

    def _exchanged(self, labels: Tensor, edges: Tensor, fake: Tensor, numbers: list[int]) -> tuple[Tensor, Tensor, Tensor]:
        if self._items and self._items[0][0].shape != labels.shape[1:]:
            self._items.clear()  # another phase, another size of crops
        shown = []
        for i, number in enumerate(numbers):
            item = (labels[i].to(torch.uint8), edges[i].bool(), fake[i].half())
            rng = np.random.default_rng((self.seed, 2, number))
            if len(self._items) < self.size:
                self._items.append(item)
            elif rng.random() < 0.5:
                place = int(rng.integers(self.size))
                item, self._items[place] = self._items[place], item
            shown.append(item)
        old_labels, old_edges, old_fake = (torch.stack(parts) for parts in zip(*shown))
        return old_labels.to(labels.dtype), old_edges.to(edges.dtype), old_fake.to(fake.dtype)

    def state_dict(self) -> dict[str, Any]:
        return {"items": [tuple(t.cpu() for t in item) for item in self._items]}

    def load_state_dict(self, state: dict[str, Any], device: torch.device) -> None:
        self._items = [tuple(t.to(device) for t in item) for item in state["items"]]
