"""The compact generator: pix2pixHD's conditioning at a fortieth of its work.

Made for painting live. Most work happens at 1/16 and 1/8 of the frame, where
an object's shape and light are decided; the label detail of the full frame
comes back through skips at 1/8, 1/4 and 1/2, so a painted window keeps its
straight edge. Nothing depends on the whole frame: a changed pixel reaches at
most :attr:`CompactGenerator.reach` pixels, so a stroke can be rendered locally
and exactly.

What an object looks like is its own affair: channels of their own carry the
appearance codes down to 1/8, where a look is decided, and the others, with all
of 1/16, see labels and edges alone. A changed code therefore reaches only
:attr:`CompactGenerator.code_reach` pixels, and no further than
:attr:`CompactGenerator.code_radius` in any direction.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from core.networks.grain import Grain
from core.networks.weights import LabelEmbedding, MaskedConv2d, StandardConv2d


class ResidualBlock(nn.Module):
    """x + conv(act(conv(act(x)))), the second convolution dilated to see further.

    With ``cross``, what its last so many channels hold doesn't go round corners:
    it reaches as far as before along rows and columns, less far between them.
    """

    def __init__(self, channels: int, dilation: int = 1, cross: int = 0):
        super().__init__()
        self.conv1 = StandardConv2d(channels, channels, 3, padding=1, cross=cross)
        self.conv2 = StandardConv2d(
            channels, channels, 3, padding=dilation, dilation=dilation, gain=0.3, cross=channels if cross else 0,
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv1(F.leaky_relu(x, 0.2))
        return x + self.conv2(F.leaky_relu(y, 0.2))


class CompactGenerator(nn.Module):
    """Labels, object edges and appearance planes to a picture.

    Args:
        label_count: number of classes (channels of the label set).
        code_dim: channels of an appearance code.
        widths: channels at 1/2, 1/4, 1/8 and 1/16 of the frame.
        blocks: residual blocks at 1/4, 1/8 and 1/16.
        upsampling: ``bilinear``, or ``nearest``, as models were trained before.
            Repeated pixels left a pattern of lines in the picture, 16 apart.
        grain: add fixed noise at 1/8 and 1/4, to make texture of; models were
            trained without before.
        code_channels: how many of the channels on the way down, at 1/2, 1/4
            and 1/8, codes may enter; None lets them enter all, to 1/16, as
            models were trained before.
        label_dims: numbers that tell a class; None for as many as fill 16 planes
            with the edge and the codes, as models were trained before. A
            hundred and more classes crowd those few.
        code_cross: the kernels at 1/8 see codes without their corners, so that
            a look's reach is nearly round instead of a square; needs ``code_channels``.

    Raises:
        ValueError: for another ``upsampling``, or ``code_cross`` by itself.

    Attributes:
        reach: pixels that a change of the input reaches at most, across and down.
        code_reach: the same for a change of the codes alone.
        code_radius: the longest straight way that such a change takes.

    The frame's sides must be multiples of 16; the renderer pads.
    """

    input_form = "index"
    multiple = 16

    def __init__(
        self,
        label_count: int,
        code_dim: int = 6,
        widths: tuple[int, int, int, int] = (32, 48, 96, 160),
        blocks: tuple[int, int, int] = (1, 1, 2),
        upsampling: str = "bilinear",
        grain: bool = False,
        code_channels: tuple[int, int, int] | None = None,
        code_cross: bool = False,
        label_dims: int | None = None,
    ):
        super().__init__()
        if upsampling not in ("bilinear", "nearest"):
            raise ValueError(f"no upsampling is called '{upsampling}'")
        if code_cross and not code_channels:
            raise ValueError("code_cross needs code_channels")
        self.upsampling = upsampling
        self.label_count, self.code_dim = label_count, code_dim
        half, quarter, eighth, sixteenth = widths
        label_dims = 15 - code_dim if label_dims is None else label_dims
        self.embedding = LabelEmbedding(label_count, label_dims)
        coded = (code_dim, *code_channels, 0) if code_channels else None

        def blind(scale: int, outputs: int) -> tuple[int, int]:
            """Of the convolution from the scale before: outputs that see no codes, inputs that hold some."""
            return (outputs - coded[scale + 1], coded[scale]) if coded else (0, 0)

        self.stem = MaskedConv2d(label_dims + 1 + code_dim, half, 2, stride=2, blind=blind(0, half))
        self.down1 = StandardConv2d(half, quarter, 3, stride=2, padding=1, blind=blind(1, quarter))
        self.down2 = StandardConv2d(quarter, eighth, 3, stride=2, padding=1, blind=blind(2, eighth))
        self.down3 = StandardConv2d(eighth, sixteenth, 3, stride=2, padding=1, blind=blind(3, sixteenth))

        def stage(channels, count, dilated, coded=0):
            # Codes are in the last channels of the first block's input, in all channels after it.
            cross = [coded and (channels if k else coded) for k in range(count)]
            return nn.Sequential(*(ResidualBlock(channels, 2 if dilated else 1, c) for c in cross))

        self.body16 = stage(sixteenth, blocks[2], True)
        self.up3 = StandardConv2d(sixteenth, eighth, 1)
        self.grain8 = Grain(eighth) if grain else nn.Identity()
        self.body8 = stage(eighth, blocks[1], True, coded=code_channels[2] if code_cross else 0)
        self.up2 = StandardConv2d(eighth, quarter, 1)
        self.grain4 = Grain(quarter) if grain else nn.Identity()
        self.body4 = stage(quarter, blocks[0], False)
        self.up1 = StandardConv2d(quarter, half, 1)
        # One plain convolution: at 1/2 a residual block would cost as much as all of 1/16.
        self.body2 = StandardConv2d(half, half, 3, padding=1)
        self.head = nn.Conv2d(half, 12, 3, padding=1)
        self._init_head()
        self.reach = _reach(blocks, upsampling)
        self.code_reach = _reach(blocks, upsampling, codes=True) if code_channels else self.reach
        # Without corners, 1/8's 24 pixels a block go either across or down.
        across = [8, 16] * blocks[1] if code_cross else []
        self.code_radius = _radius(self.code_reach - sum(across), across)

    def _init_head(self) -> None:
        # The four sub-pixels of a pixel-shuffle start equal (Aitken et al. 2017),
        # else random differences between them stay visible as a checkerboard.
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        with torch.no_grad():
            self.head.weight.copy_(self.head.weight[::4].repeat_interleave(4, dim=0))

    def forward(self, labels: torch.Tensor, planes: torch.Tensor) -> torch.Tensor:
        """Render.

        Args:
            labels: (B, H, W) int64 channel indices 0..label_count-1.
            planes: (B, 1 + code_dim, H, W) float32, instance edge then code planes.

        Returns:
            (B, 3, H, W) float32 in [-1, 1].
        """
        x2 = self.stem(torch.cat((self.embedding(labels), planes), 1))  #          (B, half, H/2, W/2)
        x4 = self.down1(F.leaky_relu(x2, 0.2))  #                  (B, quarter, H/4, W/4)
        x8 = self.down2(F.leaky_relu(x4, 0.2))  #                  (B, eighth, H/8, W/8)
        x = self.down3(F.leaky_relu(x8, 0.2))  #                   (B, sixteenth, H/16, W/16)
        x = self.up3(self.body16(x))
        x = self.body8(self.grain8(self._double(x) + x8))
        x = self.up2(x)
        x = self.body4(self.grain4(self._double(x) + x4))
        x = self.up1(x)
        x = self.body2(F.leaky_relu(self._double(x) + x2, 0.2))
        x = self.head(F.leaky_relu(x, 0.2))  #                     (B, 12, H/2, W/2)
        return torch.tanh(F.pixel_shuffle(x, 2))

    def widened(self, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """``state`` of a generator whose classes were told by fewer numbers, for this one.

        The further numbers are random, always the same, and nothing sees them yet: it paints as before.
        """
        table, stem = state["embedding.weight"], state["stem.weight"]
        further = self.embedding.weight.shape[1] - table.shape[1]
        if further <= 0:
            return state
        noise = torch.randn(len(table), further, generator=torch.Generator().manual_seed(0)).to(table) / self.embedding.scale
        unseen = stem.new_zeros(len(stem), further, *stem.shape[2:])
        known = table.shape[1]
        return {
            **state,
            "embedding.weight": torch.cat((table, noise), 1),
            "stem.weight": torch.cat((stem[:, :known], unseen, stem[:, known:]), 1),
        }

    def _double(self, x: torch.Tensor) -> torch.Tensor:
        # A 1x1 convolution goes before: it commutes with interpolation, at a quarter of the work.
        align_corners = False if self.upsampling == "bilinear" else None
        return F.interpolate(x, scale_factor=2.0, mode=self.upsampling, align_corners=align_corners)


def _reach(blocks: tuple[int, int, int], upsampling: str, codes: bool = False) -> int:
    """How far, in pixels, a changed input pixel changes the output at most; with ``codes`` by way of 1/8 alone.

    From an output pixel back to the first and the last column it is computed
    from, for every place that a pixel can have in the grid of 1/16.
    """
    quarter, eighth, sixteenth = blocks

    def doubled(low: int, high: int) -> tuple[int, int]:
        return ((low - 1) // 2, (high + 1) // 2) if upsampling == "bilinear" else (low // 2, high // 2)

    found = 0
    for pixel in range(16):
        low, high = pixel // 2 - 2, pixel // 2 + 2  # the pixel shuffle, head and body2
        low, high = doubled(low, high)
        low, high = doubled(low - 2 * quarter, high + 2 * quarter)
        low, high = low - 3 * eighth, high + 3 * eighth
        if not codes:
            low, high = doubled(low, high)
            low, high = 2 * (low - 3 * sixteenth) - 1, 2 * (high + 3 * sixteenth) + 1
        for _ in range(2):
            low, high = 2 * low - 1, 2 * high + 1
        found = max(found, pixel - 2 * low, 2 * high + 1 - pixel)
    return found


def _radius(square: int, crosses: list[int]) -> float:
    """The longest straight way over a square of that half side, then over crosses of those half lengths."""
    turned = [(0, 0)]
    for length in crosses:
        turned = [step for x, y in turned for step in ((x + length, y), (x, y + length))]
    return max(math.hypot(square + x, square + y) for x, y in turned)
