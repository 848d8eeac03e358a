"""pix2pixHD's generators (Wang et al. 2018, section 3.2, figure 3).

Layers carry the names of NVIDIA's public state dicts (``model.N``,
``model1_1``, ``model1_2``, ...), so those load strictly and give the same
numbers. Every forward is free of control flow that depends on data, so
``torch.fx`` can trace it.
"""

from __future__ import annotations

from torch import Tensor, nn

from core.networks.normalisation import init_weights, norm_layer


class ResidualBlock(nn.Module):
    """x + norm(conv(relu(norm(conv(x))))), 3x3, borders mirrored.

    Args:
        channels: of input and output.
        norm: "instance" or "batch".
    """

    def __init__(self, channels: int, norm: str):
        super().__init__()
        make_norm = norm_layer(norm)
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            make_norm(channels),
            nn.ReLU(inplace=True),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            make_norm(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


def stem(inputs: int, width: int, norm: str) -> list[nn.Module]:
    """7x7 convolution at the input's resolution."""
    return [nn.ReflectionPad2d(3), nn.Conv2d(inputs, width, 7), norm_layer(norm)(width), nn.ReLU(inplace=True)]


def down(channels: int, norm: str) -> list[nn.Module]:
    """Half the resolution, twice the channels."""
    return [
        nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1),
        norm_layer(norm)(2 * channels),
        nn.ReLU(inplace=True),
    ]


def up(channels: int, norm: str) -> list[nn.Module]:
    """Twice the resolution, half the channels."""
    return [
        nn.ConvTranspose2d(channels, channels // 2, 3, stride=2, padding=1, output_padding=1),
        norm_layer(norm)(channels // 2),
        nn.ReLU(inplace=True),
    ]


def head(width: int, outputs: int) -> list[nn.Module]:
    """7x7 convolution to the output, in [-1, 1]."""
    return [nn.ReflectionPad2d(3), nn.Conv2d(width, outputs, 7), nn.Tanh()]


def _global_body(inputs: int, width: int, downsamples: int, blocks: int, norm: str) -> list[nn.Module]:
    """The global generator without its head: stem, downs, residual blocks, ups."""
    layers = stem(inputs, width, norm)
    for i in range(downsamples):
        layers += down(width * 2**i, norm)
    layers += [ResidualBlock(width * 2**downsamples, norm) for _ in range(blocks)]
    for i in range(downsamples, 0, -1):
        layers += up(width * 2**i, norm)
    return layers


class _Generator(nn.Module):
    """What the two generators have in common: their input.

    Attributes:
        input_form: "dense": called with one tensor (B, label_channels + 1 +
            code_dim, H, W): one-hot labels, instance edge, appearance planes.
        label_channels: one-hot channels; NVIDIA's city models have 35.
        code_dim: channels of an appearance code, 0 for none.
        multiple: both sides of a frame must be multiples of this.
        smallest: and at least this, so that the coarsest features have a
            neighbour to mirror.
    """

    input_form = "dense"

    def __init__(self, label_channels: int, code_dim: int, multiple: int):
        super().__init__()
        self.multiple = multiple
        self.smallest = 2 * multiple
        self.label_channels = label_channels
        self.code_dim = code_dim
        self.input_channels = label_channels + 1 + code_dim


class GlobalGenerator(_Generator):
    """G1: a residual generator that sees the whole frame (section 3.2, "global generator").

    Args:
        label_channels, code_dim: see the attributes.
        width: channels of the first convolution (NVIDIA's ``ngf``).
        downsamples: halvings before the residual blocks (``n_downsample_global``).
        blocks: residual blocks (``n_blocks_global``).
        norm: "instance" or "batch".
    """

    def __init__(
        self,
        label_channels: int = 35,
        code_dim: int = 3,
        width: int = 64,
        downsamples: int = 4,
        blocks: int = 9,
        norm: str = "instance",
    ):
        super().__init__(label_channels, code_dim, multiple=2**downsamples)
        body = _global_body(self.input_channels, width, downsamples, blocks, norm)
        self.model = nn.Sequential(*body, *head(width, 3))
        init_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        """(B, input_channels, H, W) -> (B, 3, H, W) in [-1, 1]."""
        return self.model(x)


class LocalEnhancer(_Generator):
    """G2 around G1: the global generator at a lower resolution, refined (section 3.2, "local enhancer").

    With n enhancers the global generator works at 1 / 2^n of the frame and
    ``model{i}_1``, ``model{i}_2`` are enhancer i's two halves, i = 1 next to
    the global generator. The features that an enhancer adds to its own come
    from the layer before the one below it would have made an image.

    Args:
        label_channels, code_dim: see the attributes.
        width: channels of the finest enhancer's first convolution (``ngf``);
            the global generator starts with ``width * 2**enhancers``.
        downsamples, blocks: of the global generator.
        enhancers: how many (``n_local_enhancers``).
        local_blocks: residual blocks in each (``n_blocks_local``).
        norm: "instance" or "batch".
    """

    def __init__(
        self,
        label_channels: int = 35,
        code_dim: int = 3,
        width: int = 32,
        downsamples: int = 4,
        blocks: int = 9,
        enhancers: int = 1,
        local_blocks: int = 3,
        norm: str = "instance",
    ):
        super().__init__(label_channels, code_dim, multiple=2 ** (downsamples + enhancers))
        self.enhancers = enhancers
        inputs = self.input_channels
        self.model = nn.Sequential(*_global_body(inputs, width * 2**enhancers, downsamples, blocks, norm))
        for i in range(1, enhancers + 1):
            own = width * 2 ** (enhancers - i)
            refine = [ResidualBlock(2 * own, norm) for _ in range(local_blocks)] + up(2 * own, norm)
            if i == enhancers:
                refine += head(own, 3)
            setattr(self, f"model{i}_1", nn.Sequential(*stem(inputs, own, norm), *down(own, norm)))
            setattr(self, f"model{i}_2", nn.Sequential(*refine))
        self.downsample = nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)
        init_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        """(B, input_channels, H, W) -> (B, 3, H, W) in [-1, 1]."""
        pyramid = [x]
        for _ in range(self.enhancers):
            pyramid.append(self.downsample(pyramid[-1]))
        y = self.model(pyramid[self.enhancers])
        for i in range(1, self.enhancers + 1):
            y = getattr(self, f"model{i}_2")(getattr(self, f"model{i}_1")(pyramid[self.enhancers - i]) + y)
        return y
