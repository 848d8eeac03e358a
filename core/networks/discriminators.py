"""Patch discriminators with feature taps (pix2pixHD, section 3.2, eqs. 3-5).

Their layers carry the names of NVIDIA's public state dicts, so those load.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from core.networks.label_conv import halved_one_hot, label_conv
from core.networks.normalisation import init_weights, norm_layer

_MAX_WIDTH = 512


def _stages(input_channels: int, width: int, layers: int, norm: str) -> list[list[nn.Module]]:
    """The ``layers + 2`` stages of a 70x70 patch discriminator (for 3 layers), each a list of modules.

    4x4 convolutions with padding 2: ``layers`` of stride 2 that double the
    width up to 512, one more of stride 1, and one that gives the prediction.
    There is no sigmoid: the loss decides how to read the prediction.
    """
    make_norm = norm_layer(norm)
    stages = [[nn.Conv2d(input_channels, width, 4, stride=2, padding=2), nn.LeakyReLU(0.2, inplace=True)]]
    channels = width
    for index in range(1, layers + 1):
        wider = min(channels * 2, _MAX_WIDTH)
        stride = 2 if index < layers else 1
        stages.append(
            [
                nn.Conv2d(channels, wider, 4, stride=stride, padding=2),
                make_norm(wider),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        )
        channels = wider
    stages.append([nn.Conv2d(channels, 1, 4, padding=2)])
    return stages


class NLayerDiscriminator(nn.Module):
    """Judges overlapping patches of one image.

    Args:
        input_channels: of the judged tensor, e.g. one-hot labels + edge + RGB.
        width: channels of the first convolution (NVIDIA's ``ndf``).
        layers: stride-2 convolutions (``n_layers_D``).
        norm: "instance" or "batch".
        taps: return every stage's features (``getIntermFeat``), with weights
            named ``model{j}.*``; else only the prediction, named ``model.*``.

    Returns from a call, for an input (B, C, H, W): a list of features, shallow
    to deep; the last is the prediction (B, 1, h, w), unbounded.
    """

    def __init__(
        self, input_channels: int, width: int = 64, layers: int = 3, norm: str = "instance", taps: bool = True
    ):
        super().__init__()
        self.taps = taps
        stages = _stages(input_channels, width, layers, norm)
        if taps:
            self.depth = len(stages)
            for j, stage in enumerate(stages):
                setattr(self, f"model{j}", nn.Sequential(*stage))
        else:
            self.model = nn.Sequential(*(module for stage in stages for module in stage))
        init_weights(self)

    def forward(self, x: Tensor) -> list[Tensor]:
        if not self.taps:
            return [self.model(x)]
        features = []
        for j in range(self.depth):
            x = getattr(self, f"model{j}")(x)
            features.append(x)
        return features


class MultiscaleDiscriminator(nn.Module):
    """Equal discriminators on a pyramid of the image (section 3.2, eq. 3).

    Args:
        scales: levels of the pyramid (``num_D``), each half of the one before,
            by a 3x3 average that counts no padding.
        input_channels, width, layers, norm, taps: see :class:`NLayerDiscriminator`.

    Weights are named ``scale{i}_layer{j}.*`` with taps and ``layer{i}.*``
    without. As in NVIDIA's code the *last* one, i = scales - 1, judges the full
    resolution and i = 0 the coarsest.

    A call takes what is judged as one tensor (B, C, H, W); or the pictures
    alone, (k B, c, H, W), and ``shown``, the maps that k pictures of each
    share: labels (B, H, W), int64 indices of channels, whose one-hot planes
    come first among the channels, and further planes (B, P, H, W) after them.
    The first convolution then passes over the maps once, and looks its weights
    for labels up, which is most of its work.

    Returns from a call: a list over scales, full resolution first, of lists of
    features as :class:`NLayerDiscriminator` gives them.
    """

    def __init__(
        self,
        input_channels: int,
        width: int = 64,
        layers: int = 3,
        scales: int = 3,
        norm: str = "instance",
        taps: bool = True,
    ):
        super().__init__()
        self.scales, self.input_channels = scales, input_channels
        self.taps = taps
        self.depth = layers + 2
        for i in range(scales):
            stages = _stages(input_channels, width, layers, norm)
            if taps:
                for j, stage in enumerate(stages):
                    setattr(self, f"scale{i}_layer{j}", nn.Sequential(*stage))
            else:
                setattr(self, f"layer{i}", nn.Sequential(*(module for stage in stages for module in stage)))
        self.downsample = nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)
        init_weights(self)

    def forward(self, x: Tensor, shown: tuple[Tensor, Tensor] | None = None) -> list[list[Tensor]]:
        judged = []
        labels, planes = (None, None) if shown is None else shown
        for i in reversed(range(self.scales)):
            judged.append(self._judge(i, x, labels, planes))
            if i > 0:
                x = self.downsample(x)
                if labels is not None:
                    labels, planes = self._halved(labels, planes, x.shape[1])
        return judged

    def _halved(self, labels: Tensor, planes: Tensor, pictured: int) -> tuple[Tensor, Tensor]:
        """Maps at half size, where a pixel shows several classes: labels as shares, (B, L, h, w)."""
        if labels.is_floating_point():
            return self.downsample(labels), self.downsample(planes)
        count = self.input_channels - planes.shape[1] - pictured
        return halved_one_hot(labels, count, planes.dtype), self.downsample(planes)

    def _judge(self, i: int, x: Tensor, labels: Tensor | None, planes: Tensor | None) -> list[Tensor]:
        if not self.taps:
            stages = getattr(self, f"layer{i}")
            return [stages[1:](_first(stages[0], x, labels, planes))]
        features = []
        for j in range(self.depth):
            stage = getattr(self, f"scale{i}_layer{j}")
            x = stage(x) if j else stage[1:](_first(stage[0], x, labels, planes))
            features.append(x)
        return features


def _first(conv: nn.Conv2d, x: Tensor, labels: Tensor | None, planes: Tensor | None) -> Tensor:
    """``conv`` over maps and pictures together, without putting them together.

    ``labels``: (B, H, W) indices, or (B, L, H, W) shares.
    """
    if labels is None:
        return conv(x)
    of_labels, of_planes, of_pictures = conv.weight.split(
        (conv.in_channels - planes.shape[1] - x.shape[1], planes.shape[1], x.shape[1]), 1
    )
    if labels.is_floating_point():
        condition = F.conv2d(labels, of_labels, None, conv.stride, conv.padding)
    else:
        condition = label_conv(labels, of_labels, conv.stride[0], conv.padding[0])
    condition = condition + F.conv2d(planes, of_planes, conv.bias, conv.stride, conv.padding)
    pictures = F.conv2d(x, of_pictures, None, conv.stride, conv.padding)
    return (pictures.unflatten(0, (-1, len(condition))) + condition).flatten(0, 1).to(pictures.dtype)
