"""A small segmentation network, the judge of semantic consistency.

It is trained on real photographs only. What it recognises in a generated
picture, beside what it recognises in the real one, tells whether the picture
shows what was painted (the FCN-score of Isola et al. 2017, sec. 3.4).
"""

from __future__ import annotations

from typing import Callable, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from core.data.loader import Reader
from core.data.samples import Sample
from core.labels import LabelSet
from core.opencv import cv2
from core.training.precision import Precision


class Segmenter(nn.Module):
    """A U-shaped network of four scales; (B, 3, H, W) in [-1, 1] -> (B, classes, H/2, W/2) scores.

    Args:
        classes: channels of the label set.
        width: channels at 1/2.
        picture_width: pictures are resized to this width to be judged; the height follows.
    """

    def __init__(self, classes: int, width: int = 24, picture_width: int = 512):
        super().__init__()
        self.picture_width = picture_width
        widths = [width, 2 * width, 4 * width, 6 * width]

        def block(inputs, outputs, stride):
            return nn.Sequential(
                nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
                nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
            )  # fmt: skip

        self.down = nn.ModuleList([block(a, b, 2) for a, b in zip([3, *widths[:-1]], widths)])
        self.across = nn.ModuleList([nn.Conv2d(b, a, 1) for a, b in zip(widths, widths[1:])])
        self.refine = nn.ModuleList([block(w, w, 1) for w in widths[:-1]])
        self.score = nn.Conv2d(width, classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = []
        for stage in self.down:
            x = stage(x)
            kept.append(x)
        for i in reversed(range(len(self.refine))):
            x = F.interpolate(self.across[i](x), scale_factor=2.0, mode="nearest")
            x = self.refine[i](x + kept[i])
        return self.score(x)


def _prepare(photograph: np.ndarray, labels: np.ndarray, label_set: LabelSet, width: int):
    """Resized picture (3, h, w) float32 and base-class channels (h/2, w/2) int64; h and w are multiples of 16."""
    height = max(16, round(photograph.shape[0] * width / photograph.shape[1]) // 16 * 16)
    width = max(16, width // 16 * 16)
    image = cv2.resize(photograph, (width, height), interpolation=cv2.INTER_AREA)
    base = cv2.resize(label_set.base[labels], (width // 2, height // 2), interpolation=cv2.INTER_NEAREST_EXACT)
    return torch.from_numpy(image).permute(2, 0, 1).float() / 127.5 - 1, torch.from_numpy(
        label_set.index[base].astype(np.int64)
    )


def _of_one_height(images: list[torch.Tensor], targets: list[torch.Tensor], rng: np.random.Generator):
    """Pictures of a batch, and their classes, cut to the lowest one's height, each at a place drawn by ``rng``."""
    height = min(target.shape[0] for target in targets)
    for i, target in enumerate(targets):
        if target.shape[0] > height:
            # Not padded: what is judged later has no border to get used to.
            top = int(rng.integers(0, target.shape[0] - height + 1))
            images[i], targets[i] = images[i][:, 2 * top : 2 * (top + height)], target[top : top + height]
    return images, targets


def train_segmenter(
    samples: Sequence[Sample],
    label_set: LabelSet,
    steps: int = 800,
    batch: int = 4,
    seed: int = 0,
    picture_width: int = 512,
    device: torch.device | str = "cpu",
    progress: Callable[[int, float], None] | None = None,
) -> Segmenter:
    """A segmenter fitted to real photographs and their base classes.

    Args:
        progress: called after each step with (steps done, loss).

    Raises:
        BadImageError: when a file can't be read. LabelError: when a label map holds other classes.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    read, precision = Reader(), Precision("native", torch.device(device))
    net = Segmenter(len(label_set), picture_width=picture_width).to(device, memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for step in range(steps):
        images, targets = [], []
        for index in rng.integers(0, len(samples), batch):
            photograph, labels, _ = read(samples[index])
            label_set.check(labels, f"label map of {samples[index].name}")
            image, target = _prepare(photograph, labels, label_set, picture_width)
            if rng.random() < 0.5:
                image, target = image.flip(-1), target.flip(-1)
            # Light and colour vary, so that the judge looks at shapes too.
            images.append(((image + 1) * rng.uniform(0.8, 1.2) - 1 + rng.uniform(-0.1, 0.1)).clamp(-1, 1))
            targets.append(target)
        images, targets = _of_one_height(images, targets, rng)
        with precision.autocast():
            scores = net(torch.stack(images).to(device, memory_format=torch.channels_last))
        loss = F.cross_entropy(scores.float(), torch.stack(targets).to(device))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        if progress:
            progress(step + 1, float(loss.detach()))
    return net.eval()


@torch.inference_mode()
def segment(net: Segmenter, picture: np.ndarray, labels: np.ndarray, label_set: LabelSet):
    """What ``net`` sees in a picture, and the truth, both as class channels (h, w) at its scale."""
    image, target = _prepare(picture, labels, label_set, net.picture_width)
    device = next(net.parameters()).device
    return net(image[None].to(device))[0].argmax(0).cpu().numpy(), target.numpy()
