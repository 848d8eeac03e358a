"""Batches of training crops, a pure function of (samples, settings, seed, step).

Because a batch depends on nothing else, a resumed run sees exactly the batches
that the interrupted one would have seen, and each rank of several can cut its
own share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence

import numpy as np
import torch

from core.data.samples import Sample, read_sample
from core.labels import LabelSet
from core.look_regions import look_regions
from core.opencv import cv2
from core.rendering.conditioning import instance_edges


@dataclass(frozen=True)
class CropSettings:
    """How crops are cut.

    Attributes:
        size: (width, height) of a crop in pixels.
        widths: the frame is resized so that its width lies in [low, high]
            (log-uniform); objects then have the size that they have in a frame
            of that width.
        enlarge: a photograph is never enlarged more than this, or it would
            teach blur; it is then shown at a smaller width.
        flip: mirror half of the crops.
        fold_parts: share of crops whose parts (windows, wheels) are folded
            into their parents, so that maps without parts work too.
        fold_some: share of crops in which half of the kinds of parts, drawn
            at random, are folded into what they lie within or their parents:
            whoever paints windows need not paint frames or doors.
        part_codes: the parts of an object have codes of their own, one for
            each kind; else they share the object's.
        own_size: share of crops in which a frame whose width lies in
            ``widths`` keeps it. Of a resized frame the photograph is an
            average and the map a choice, up to half a pixel beside it: who
            learns from such pairs alone draws slanting edges as stairs.
    """

    size: tuple[int, int]
    widths: tuple[int, int]
    enlarge: float = 1.3
    flip: bool = True
    fold_parts: float = 0.5
    fold_some: float = 0.0
    part_codes: bool = False
    own_size: float = 0.0


@dataclass
class Batch:
    """Tensors of B crops.

    Attributes:
        photograph: (B, 3, H, W) float32 in [-1, 1].
        labels: (B, H, W) int64 channel indices.
        instances: (B, H, W) int64 instance values.
        edges: (B, 1, H, W) float32, 0 or 1.
        regions: (B, H, W) int64, equal where pixels of one crop share a code,
            counted from 0.
        hidden: (B, H, W) bool, where a part was folded into its parent: the
            photograph shows what no label tells.
    """

    photograph: torch.Tensor
    labels: torch.Tensor
    instances: torch.Tensor
    edges: torch.Tensor
    regions: torch.Tensor
    hidden: torch.Tensor

    def to(self, device) -> "Batch":
        return Batch(*(t.to(device, non_blocking=True) for t in vars(self).values()))


def make_batch(
    samples: Sequence[Sample],
    settings: CropSettings,
    label_set: LabelSet,
    seed: int,
    step: int,
    batch: int,
    rank: int = 0,
    world: int = 1,
    read: Callable[[Sample], tuple[np.ndarray, np.ndarray, np.ndarray]] = read_sample,
) -> Batch:
    """The crops of one step.

    Every sample is visited once before any is visited twice. ``batch`` is the
    global batch; rank r of ``world`` gets crops r, r + world, ... ``read``
    gives a sample's photograph, label map and instance map.
    """
    crops = [
        _crop(read, samples[_sample_index(len(samples), seed, number)], settings, label_set, (seed, 1, number))
        for number in range(step * batch + rank, (step + 1) * batch, world)
    ]
    photographs, labels, instances, regions, hidden = (np.stack(arrays) for arrays in zip(*crops))
    edges = np.stack([instance_edges(m) for m in instances])
    # A permuted view is channels-last in memory, as the networks want it.
    photograph = torch.from_numpy(photographs).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
    return Batch(
        photograph,
        torch.from_numpy(label_set.index[labels].astype(np.int64)),
        torch.from_numpy(instances.astype(np.int64)),
        torch.from_numpy(edges).float()[:, None],
        torch.from_numpy(regions.astype(np.int64)),
        torch.from_numpy(hidden),
    )


def _sample_index(count: int, seed: int, number: int) -> int:
    epoch, position = divmod(number, count)
    return int(np.random.default_rng((seed, 0, epoch)).permutation(count)[position])


def _crop(read, sample: Sample, settings: CropSettings, label_set: LabelSet, seed: tuple[int, ...]):
    rng = np.random.default_rng(seed)
    photograph, labels, instances = read(sample)
    label_set.check(labels, f"label map {sample.labels.name}")
    crop_width, crop_height = settings.size
    height, width = labels.shape
    low, high = settings.widths
    scale = np.exp(rng.uniform(np.log(low), np.log(high))) / width
    # Without a share nothing is drawn: a run begun before there was one goes on with the same crops.
    if settings.own_size and rng.random() < settings.own_size and low <= width <= high:
        scale = 1.0
    # A crop never reaches outside the frame: a frame too small is enlarged all the same.
    scale = max(min(scale, settings.enlarge), crop_width / width, crop_height / height)
    # The window is cut before it is resized: only what is used is computed.
    cut_width, cut_height = min(width, round(crop_width / scale)), min(height, round(crop_height / scale))
    x = int(rng.integers(0, width - cut_width + 1))
    y = int(rng.integers(0, height - cut_height + 1))
    window = np.s_[y : y + cut_height, x : x + cut_width]
    shrinking = cut_width > crop_width
    photograph = cv2.resize(
        photograph[window], settings.size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC
    )
    labels = cv2.resize(labels[window], settings.size, interpolation=cv2.INTER_NEAREST_EXACT)
    instances = cv2.resize(instances[window], settings.size, interpolation=cv2.INTER_NEAREST_EXACT)
    if settings.flip and rng.random() < 0.5:
        photograph, labels, instances = photograph[:, ::-1], labels[:, ::-1], instances[:, ::-1]
    drawn, shown = rng.random(), labels
    if drawn < settings.fold_parts:
        shown = label_set.base[labels]
    elif drawn < settings.fold_parts + settings.fold_some:
        shown = label_set.folded(rng.random(256) < 0.5)[labels]
    _, regions = look_regions(shown, instances, label_set, settings.part_codes)
    return photograph, shown, instances, regions, shown != labels
