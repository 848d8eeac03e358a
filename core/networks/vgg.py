"""VGG16 and VGG19 as feature extractors, for perceptual losses and distances.

Simonyan & Zisserman, "Very Deep Convolutional Networks", table 1, columns D
and E, without the classifier. Weights come from a file: PyTorch's official
VGG19 (fetched by :func:`core.networks.vgg_files.download_vgg19`), or any VGG16/VGG19 in torchvision's
naming (``features.N.weight``) or Caffe's (``conv{block}_{index}.weight``, BGR,
0..255 minus mean).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.errors import ModelFileError
from core.networks.state_files import read_state_dict
from core.networks.vgg_files import find_vgg

#: Convolutions in each of the five blocks.
DEPTHS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
_WIDTHS = (64, 128, 256, 512, 512)

# ImageNet statistics of RGB in 0..1 (torchvision) and of RGB in 0..255 (Caffe).
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CAFFE_MEAN = (122.67892, 116.66877, 104.00699)


class VGGFeatures(nn.Module):
    """The convolutional trunk of VGG; weights are frozen.

    Args:
        depth: "vgg16" or "vgg19".

    Call with images (B, 3, H, W), RGB in [-1, 1], and the names of the taps
    (``relu{block}_{index}``); it returns their features, each (B, C_b, H / 2^(b-1),
    W / 2^(b-1)), and computes nothing past the deepest tap.
    """

    def __init__(self, depth: str = "vgg19"):
        super().__init__()
        self.depth = depth
        self.names: list[str] = []
        channels = 3
        for block, count in enumerate(DEPTHS[depth], 1):
            for index in range(1, count + 1):
                name = f"conv{block}_{index}"
                width = _WIDTHS[block - 1]
                setattr(self, name, nn.Conv2d(channels, width, 3, padding=1))
                self.names.append(name)
                channels = width
        # What grey-level 0 of the training data is in [-1, 1]; set with the weights.
        self.register_buffer("centre", torch.zeros(1, 3, 1, 1))
        self.requires_grad_(False)

    def forward(self, image: Tensor, taps: Sequence[str]) -> list[Tensor]:
        wanted = set(taps)
        found: dict[str, Tensor] = {}
        x = image - self.centre
        for name in self.names:
            if name.endswith("_1") and name != "conv1_1":
                x = F.max_pool2d(x, 2)
            # Not in place: a tap's features must outlive the next layer.
            x = F.relu(getattr(self, name)(x))
            tap = "relu" + name[4:]
            if tap in wanted:
                found[tap] = x
                if len(found) == len(wanted):
                    break
        missing = wanted - found.keys()
        if missing:
            raise KeyError(f"{self.depth} has no layer {sorted(missing)[0]}")
        return [found[tap] for tap in taps]


def load_vgg(path: str | Path | None = None) -> VGGFeatures:
    """A VGG with weights from ``path``, or from where :func:`find_vgg` finds them.

    Both namings end as the same module: the input scale and channel order are
    folded into the first convolution. Caffe's weights expect inputs of about
    +-128 and give features of that size; since ReLU and convolution scale
    together, dividing the input scale and every bias by one number (57.4, the
    spread of ImageNet's grey levels) brings them to torchvision's range exactly.

    Raises:
        ModelFileError: when no weights are found or the file is no VGG.
    """
    path = find_vgg(path)
    state = read_state_dict(path)
    caffe = "conv1_1.weight" in state
    named = {k: v for k, v in state.items() if k.startswith("conv")} if caffe else _from_torchvision(state)
    depth = "vgg19" if "conv3_4.weight" in named else "vgg16"
    module = VGGFeatures(depth)
    expected = {k: v for k, v in module.state_dict().items() if k != "centre"}
    if expected.keys() != named.keys() or any(expected[k].shape != named[k].shape for k in expected):
        raise ModelFileError(
            f"{Path(path).name} is no VGG16 or VGG19 trunk; give torchvision's or Caffe's weights with --vgg."
        )
    named = {k: v.to(torch.float32).clone() for k, v in named.items()}
    first = named["conv1_1.weight"]
    if caffe:
        grey = 255.0 * sum(_STD) / 3
        centre = torch.tensor(_CAFFE_MEAN) / 127.5 - 1
        named["conv1_1.weight"] = first.flip(1) * (127.5 / grey)
        for name in module.names:
            named[f"{name}.bias"] /= grey
    else:
        centre = 2 * torch.tensor(_MEAN) - 1
        named["conv1_1.weight"] = first / (2 * torch.tensor(_STD)).view(1, 3, 1, 1)
    module.load_state_dict({**named, "centre": centre.view(1, 3, 1, 1)})
    return module.requires_grad_(False).eval()


def _from_torchvision(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """``features.N.*`` -> ``conv{block}_{index}.*``; names that don't fit are left out.

    torchvision counts every layer: a convolution and its ReLU take two numbers,
    a pool one.
    """
    places = sorted({int(m[1]) for k in state if (m := re.fullmatch(r"features\.(\d+)\.weight", k))})
    named: dict[str, Tensor] = {}
    block, index, previous = 1, 0, -2
    for place in places:
        if place - previous == 3:
            block, index = block + 1, 0
        index += 1
        previous = place
        for kind in ("weight", "bias"):
            if f"features.{place}.{kind}" in state:
                named[f"conv{block}_{index}.{kind}"] = state[f"features.{place}.{kind}"]
    return named
