"""Pictures of fixed held-out maps while a run goes on, as the model for use sees them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

import numpy as np
import torch

from core.data.samples import Sample, find_maps, read_maps, read_photograph
from core.errors import VedutaError
from core.labels import LabelSet
from core.look_regions import look_regions
from core.opencv import cv2
from core.rendering.conditioning import instance_edges
from core.rendering.renderer import to_pixels
from core.scene.files import write_png
from core.training.canvas_map import CANVAS_INSTANCES, CANVAS_LABELS
from core.training.trainer import Trainer

#: Pictures in the grid are no wider than this, pixels.
SHOWN_WIDTH = 512


@dataclass(frozen=True)
class _Map:
    """A map ready for the networks: (1, ...) tensors, and what it and its photograph look like."""

    inputs: tuple[torch.Tensor, ...]
    shown: np.ndarray
    photograph: np.ndarray | None


class Previews:
    """Renders the same maps again and again.

    Args:
        samples: the held-out maps; those that can't be read are left out.
        label_set: of the maps.
        width: frames are resized to it and rendered so; the grid shows them smaller.
        multiple: both sides become multiples of it.
        part_codes: see :class:`core.data.crops.CropSettings`.
    """

    def __init__(
        self, samples: Sequence[Sample], label_set: LabelSet, width: int, multiple: int, part_codes: bool = False
    ):
        self.label_set, self.width, self.multiple, self.part_codes = label_set, width, multiple, part_codes
        self._maps = [m for m in map(self._prepare, samples) if m is not None]

    def write(self, trainer: Trainer, folder: Path) -> Path | None:
        """Write ``samples/step_<n>.png``: a row for each map: labels, rendering, and photograph if there is one.

        Where ``folder`` holds a canvas map, ``samples/canvas_<n>.png`` is its
        rendering, of the map's own width.

        Returns:
            the path of the first, or None without maps.
        """
        target = folder / "samples"
        target.mkdir(exist_ok=True)
        self._write_canvas(trainer, folder, target)
        rows = []
        for item in self._maps:
            picture = _render(trainer, item)
            row = [item.shown, picture]
            if any(m.photograph is not None for m in self._maps):
                row.append(item.photograph if item.photograph is not None else np.full_like(picture, 128))
            rows.append(np.concatenate([_fitted(part) for part in row], 1))
        if not rows:
            return None
        path = target / f"step_{trainer.step:08}.png"
        across = max(row.shape[1] for row in rows)
        write_png(path, np.concatenate([np.pad(r, ((0, 0), (0, across - r.shape[1]), (0, 0))) for r in rows]))
        return path

    def _write_canvas(self, trainer: Trainer, folder: Path, target: Path) -> None:
        labels = folder / CANVAS_LABELS
        if not labels.is_file():
            return
        instances = folder / CANVAS_INSTANCES
        sample = Sample("canvas", None, labels, instances if instances.is_file() else None)
        try:
            width = read_maps(sample)[0].shape[1]
        except VedutaError:
            return  # the studio is just writing it
        item = self._prepare(sample, width)
        if item is not None:
            write_png(target / f"canvas_{trainer.step:08}.png", _render(trainer, item))

    def _prepare(self, sample: Sample, width: int | None = None) -> _Map | None:
        try:
            labels, instances = read_maps(sample)
            self.label_set.check(labels)
            photograph = None if sample.photograph is None else read_photograph(sample.photograph)
        except VedutaError:
            return None
        width = max(self.multiple, (width or self.width) // self.multiple * self.multiple)
        height = max(self.multiple, round(labels.shape[0] * width / labels.shape[1] / self.multiple) * self.multiple)
        labels = cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        instances = cv2.resize(instances, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        seen = np.full((height, width, 3), 128, np.uint8)
        if photograph is not None:
            photograph = seen = cv2.resize(photograph, (width, height), interpolation=cv2.INTER_AREA)
        _, regions = look_regions(labels, instances, self.label_set, self.part_codes)
        inputs = (
            torch.from_numpy(self.label_set.index[labels].astype(np.int64))[None],
            torch.from_numpy(instance_edges(instances)).float()[None, None],
            torch.from_numpy(seen).permute(2, 0, 1)[None].float() / 127.5 - 1,
            torch.from_numpy(regions.astype(np.int64))[None],
        )
        return _Map(inputs, self.label_set.palette[labels], photograph)


def _fitted(picture: np.ndarray) -> np.ndarray:
    """``picture`` at most :data:`SHOWN_WIDTH` wide."""
    height, width = picture.shape[:2]
    if width <= SHOWN_WIDTH:
        return picture
    return cv2.resize(picture, (SHOWN_WIDTH, round(height * SHOWN_WIDTH / width)), interpolation=cv2.INTER_AREA)


@torch.no_grad()
def _render(trainer: Trainer, item: _Map) -> np.ndarray:
    """Codes are those of the map's photograph, or of a grey one."""
    with trainer.precision.autocast():
        picture = trainer.networks.averaging()(*(t.to(trainer.device) for t in item.inputs))
    return to_pixels(picture[0])


def held_out(folders: Sequence[Path], training: Sequence[Sample], count: int = 4) -> list[Sample]:
    """Maps to look at: of the validation set, else of the test set, else training samples."""
    for split in ("val", "test"):
        found = [sample for folder in folders for sample in find_maps(folder, split)]
        if found:
            return spread(found, count)
    return spread(training, count)


def spread(items: Sequence, count: int) -> list:
    """At most ``count`` of ``items``, evenly spaced."""
    return [items[i * len(items) // count] for i in range(count)] if len(items) > count else list(items)
