"""pix2pixHD's networks against the same sums done by hand from NVIDIA-named weights.

Every reference below reads the raw state dict and applies torch.nn.functional
layer by layer, following the published architecture; it shares no code with
the modules under test.
"""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from core.networks.macs import macs
from core.networks.pix2pixhd import GlobalGenerator, LocalEnhancer
from core.networks.pix2pixhd_encoder import InstanceEncoder
from core.networks.pooling import instance_average, instance_means


class ByHand:
    """Draws weights for the names that a walk through the layers asks for, then repeats the walk on numbers."""

    def __init__(self, norm, seed):
        self.norm, self.state = norm, {}
        self.random = torch.Generator().manual_seed(seed)

    def weight(self, name, *shape, spread=None):
        if name not in self.state:
            fan = np.prod(shape[1:]) if len(shape) > 1 else 1
            self.state[name] = torch.randn(shape, generator=self.random) * (spread or (2.0 / fan) ** 0.5)
        return self.state[name]

    def conv(self, name, x, outputs, kernel, stride=1, padding=0):
        weight = self.weight(f"{name}.weight", outputs, x.shape[1], kernel, kernel)
        return F.conv2d(x, weight, self.weight(f"{name}.bias", outputs, spread=0.1), stride=stride, padding=padding)

    def transposed(self, name, x, outputs):
        weight = self.weight(f"{name}.weight", x.shape[1], outputs, 3, 3, spread=0.3)
        bias = self.weight(f"{name}.bias", outputs, spread=0.1)
        return F.conv_transpose2d(x, weight, bias, stride=2, padding=1, output_padding=1)

    def normalise(self, name, x):
        if self.norm == "instance":
            mean, var = x.mean((2, 3), keepdim=True), x.var((2, 3), keepdim=True, unbiased=False)
            return (x - mean) / (var + 1e-5).sqrt()
        channels = x.shape[1]
        if f"{name}.running_var" not in self.state:
            self.state[f"{name}.running_var"] = x.var((0, 2, 3)) * (torch.rand(channels, generator=self.random) + 0.5)
            self.state[f"{name}.num_batches_tracked"] = torch.tensor(7)
        scale, shift = self.weight(f"{name}.weight", channels), self.weight(f"{name}.bias", channels)
        mean, var = self.weight(f"{name}.running_mean", channels, spread=0.2), self.state[f"{name}.running_var"]
        shape = (1, channels, 1, 1)
        return (x - mean.view(shape)) / (var.view(shape) + 1e-5).sqrt() * scale.view(shape) + shift.view(shape)

    def mirrored(self, x, p):
        """Reflection padding by indexing, so that it isn't the layer under test."""
        height, width = x.shape[2:]
        rows = [abs(i) if i < height else 2 * (height - 1) - i for i in range(-p, height + p)]
        columns = [abs(i) if i < width else 2 * (width - 1) - i for i in range(-p, width + p)]
        return x[:, :, rows][:, :, :, columns]

    def block(self, name, x):
        y = self.conv(f"{name}.conv_block.1", self.mirrored(x, 1), x.shape[1], 3)
        y = self.normalise(f"{name}.conv_block.2", y).clamp(min=0)
        y = self.conv(f"{name}.conv_block.5", self.mirrored(y, 1), x.shape[1], 3)
        return x + self.normalise(f"{name}.conv_block.6", y)

    def stem(self, prefix, x, width):
        x = self.conv(f"{prefix}.1", self.mirrored(x, 3), width, 7)
        return self.normalise(f"{prefix}.2", x).clamp(min=0)

    def down(self, prefix, at, x):
        x = self.conv(f"{prefix}.{at}", x, 2 * x.shape[1], 3, stride=2, padding=1)
        return self.normalise(f"{prefix}.{at + 1}", x).clamp(min=0)

    def up(self, prefix, at, x):
        x = self.transposed(f"{prefix}.{at}", x, x.shape[1] // 2)
        return self.normalise(f"{prefix}.{at + 1}", x).clamp(min=0)

    def head(self, prefix, at, x, outputs=3):
        return self.conv(f"{prefix}.{at + 1}", self.mirrored(x, 3), outputs, 7).tanh()

    def body(self, x, width, downs, blocks):
        """The global generator up to its last three layers; returns the features and the next layer's number."""
        x, at = self.stem("model", x, width), 4
        for _ in range(downs):
            x, at = self.down("model", at, x), at + 3
        for _ in range(blocks):
            x, at = self.block(f"model.{at}", x), at + 1
        for _ in range(downs):
            x, at = self.up("model", at, x), at + 3
        return x, at

    def global_generator(self, x, width, downs, blocks):
        x, at = self.body(x, width, downs, blocks)
        return self.head("model", at, x)

    def local_enhancer(self, x, width, downs, blocks, enhancers, local_blocks):
        pyramid = [x]
        for _ in range(enhancers):
            pyramid.append(halve(pyramid[-1]))
        y, _ = self.body(pyramid[-1], width * 2**enhancers, downs, blocks)
        for n in range(1, enhancers + 1):
            own = width * 2 ** (enhancers - n)
            z = self.down(f"model{n}_1", 4, self.stem(f"model{n}_1", pyramid[enhancers - n], own))
            y = z + y
            for b in range(local_blocks):
                y = self.block(f"model{n}_2.{b}", y)
            y = self.up(f"model{n}_2", local_blocks, y)
        return self.head(f"model{enhancers}_2", local_blocks + 3, y)

    def encoder(self, x, outputs, width, downs):
        x, at = self.body(x, width, downs, 0)
        return self.head("model", at, x, outputs)


def halve(x):
    """3x3 average at every second place; border places average only what is inside."""
    total = F.avg_pool2d(F.pad(x, (1, 1, 1, 1)), 3, stride=2, divisor_override=1)
    count = F.avg_pool2d(F.pad(torch.ones_like(x), (1, 1, 1, 1)), 3, stride=2, divisor_override=1)
    return total / count


def picture(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def agree(network, by_hand, compute, x, *arguments):
    want = compute(x)
    network.eval().load_state_dict(by_hand.state, strict=True)
    with torch.inference_mode():
        got = network(x, *arguments)
    assert got.std() > 0.05 and got.abs().max() <= 1
    torch.testing.assert_close(got, want, atol=1e-4, rtol=0)


@pytest.mark.parametrize("norm", ["instance", "batch"])
@pytest.mark.parametrize("downs, blocks", [(2, 3), (3, 1), (1, 0)])
def test_global_generator_loads_by_name_and_gives_the_same_numbers(norm, downs, blocks):
    by_hand = ByHand(norm, seed=downs)
    network = GlobalGenerator(5, code_dim=3, width=4, downsamples=downs, blocks=blocks, norm=norm)
    agree(network, by_hand, lambda x: by_hand.global_generator(x, 4, downs, blocks), picture(2, 9, 32, 48))


@pytest.mark.parametrize("norm", ["instance", "batch"])
@pytest.mark.parametrize("enhancers, local_blocks", [(1, 3), (2, 2), (3, 1)])
def test_local_enhancer_loads_by_name_and_gives_the_same_numbers(norm, enhancers, local_blocks):
    by_hand = ByHand(norm, seed=enhancers)
    network = LocalEnhancer(
        6, code_dim=0, width=4, downsamples=2, blocks=2, enhancers=enhancers, local_blocks=local_blocks, norm=norm
    )
    agree(
        network,
        by_hand,
        lambda x: by_hand.local_enhancer(x, 4, 2, 2, enhancers, local_blocks),
        picture(1, 7, 64, 96, seed=3),
    )


def test_city_model_has_the_published_names_and_shapes():
    with torch.device("meta"):
        shapes = {k: tuple(v.shape) for k, v in LocalEnhancer().state_dict().items()}
    assert shapes["model.1.weight"] == (64, 39, 7, 7)
    assert shapes["model.13.weight"] == (1024, 512, 3, 3)
    assert shapes["model.16.conv_block.1.weight"] == shapes["model.24.conv_block.5.weight"] == (1024, 1024, 3, 3)
    assert shapes["model.25.weight"] == (1024, 512, 3, 3) and shapes["model.34.weight"] == (128, 64, 3, 3)
    assert "model.37.weight" not in shapes and "model.38.weight" not in shapes
    assert shapes["model1_1.1.weight"] == (32, 39, 7, 7) and shapes["model1_1.4.weight"] == (64, 32, 3, 3)
    assert shapes["model1_2.2.conv_block.5.weight"] == (64, 64, 3, 3)
    assert shapes["model1_2.3.weight"] == (64, 32, 3, 3) and shapes["model1_2.7.weight"] == (3, 32, 7, 7)
    assert len(shapes) == 74 and not any("running" in name for name in shapes)


def test_two_enhancers_only_the_last_makes_an_image():
    with torch.device("meta"):
        shapes = {k: tuple(v.shape) for k, v in LocalEnhancer(enhancers=2).state_dict().items()}
    assert shapes["model.1.weight"][0] == 128
    assert shapes["model1_1.1.weight"][0] == 64 and shapes["model2_1.1.weight"][0] == 32
    assert "model1_2.7.weight" not in shapes and shapes["model2_2.7.weight"] == (3, 32, 7, 7)


@pytest.mark.parametrize("make", [GlobalGenerator, LocalEnhancer])
def test_generators_trace_and_say_what_they_need(make):
    network = make(4, code_dim=2, width=4, downsamples=2, blocks=1).eval()
    assert network.input_form == "dense" and network.label_channels == 4 and network.code_dim == 2
    side = network.smallest
    x = picture(1, 7, side, 3 * network.multiple)
    traced = torch.fx.symbolic_trace(network)
    with torch.inference_mode():
        image = network(x)
        assert image.shape == (1, 3, side, 3 * network.multiple)
        torch.testing.assert_close(traced(x), image, atol=0, rtol=0)
        channels_last = network.to(memory_format=torch.channels_last)(x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(channels_last, image, atol=1e-4, rtol=0)


def test_weights_start_as_in_the_papers_code():
    torch.manual_seed(0)
    network = GlobalGenerator(8, code_dim=0, width=16, downsamples=2, blocks=1, norm="batch")
    for name in ("1", "7", "11"):  # a convolution, a strided one and a transposed one
        weight = network.state_dict()[f"model.{name}.weight"]
        assert abs(weight.std().item() - 0.02) < 1e-3 and abs(weight.mean().item()) < 1e-3
    scale = network.state_dict()["model.10.conv_block.2.weight"]
    assert abs(scale.mean().item() - 1) < 0.02 and 0.005 < scale.std().item() < 0.04


def test_encoder_loads_by_name_and_averages_over_each_instance():
    by_hand = ByHand("instance", seed=5)
    instances = torch.zeros(2, 32, 48, dtype=torch.int32)
    instances[:, 4:20, 5:30] = 26001
    instances[0, 10:14, :] = 26002  # splits the first car in two parts of one object
    instances[1, 25:, 40:] = 7

    def expected(x):
        features = by_hand.encoder(x, 3, 4, 2)
        painted = features.clone()
        for b in range(2):
            for value in instances[b].unique():
                inside = instances[b] == value
                for c in range(3):
                    painted[b, c][inside] = features[b, c][inside].mean()
        assert not torch.equal(painted, features)
        return painted

    network = InstanceEncoder(3, width=4, downsamples=2)
    x = picture(2, 3, 32, 48, seed=6)
    want = expected(x)
    network.load_state_dict(by_hand.state, strict=True)
    with torch.inference_mode():
        torch.testing.assert_close(network(x, instances), want, atol=1e-4, rtol=0)
        torch.testing.assert_close(network(x, instances[:, None]), want, atol=1e-4, rtol=0)


def test_instance_means_give_one_row_for_each_object_and_pass_gradients():
    instances = torch.tensor([[[5, 5, 9], [9, 9, 65535]]])
    features = torch.arange(12.0).view(1, 2, 2, 3).requires_grad_()
    values, means, index = instance_means(features, instances)
    assert values.tolist() == [[0, 5], [0, 9], [0, 65535]]
    assert means.tolist() == [[0.5, 6.5], [3.0, 9.0], [5.0, 11.0]]
    assert index.tolist() == [0, 0, 1, 1, 1, 2]
    instance_average(features, instances)[0, 0, 0, 0].backward()
    assert features.grad[0, 0].tolist() == [[0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]


def test_instance_means_stay_exact_over_a_large_object():
    features = torch.full((1, 1, 1024, 2048), 0.1)
    features[..., ::2] = 0.7
    _, means, _ = instance_means(features, torch.full((1, 1024, 2048), 7))
    assert abs(means.item() - 0.4) < 1e-6


def test_macs_count_by_hand():
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, stride=2, padding=1, groups=1),
        torch.nn.Conv2d(8, 8, 3, padding=1, groups=4),
        torch.nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1),
        torch.nn.Flatten(),
        torch.nn.Linear(4 * 8 * 16, 5),
    )
    places = 4 * 8
    want = places * 8 * 27 + places * 8 * 2 * 9 + places * 8 * 4 * 9 + 4 * 8 * 16 * 5
    assert macs(network, torch.zeros(1, 3, 8, 16)) == want
    assert macs(network, torch.zeros(2, 3, 8, 16), meta=False) == 2 * want
    assert next(network.parameters()).device.type == "cpu"


def test_city_model_needs_about_760_gmac_a_frame():
    with torch.device("meta"):
        network, frame = LocalEnhancer(), torch.empty(1, 39, 1024, 2048)
    assert 740e9 < macs(network, frame) < 780e9


def test_instance_averages_hold_in_half_precision():
    """Counting a large object's pixels in bfloat16 stops at 256; the mean must not notice."""
    torch.manual_seed(0)
    features = torch.rand(2, 3, 64, 64)
    instances = torch.zeros(2, 64, 64, dtype=torch.int64)
    instances[:, :8] = 26001
    exact = instance_average(features, instances)
    half = instance_average(features.bfloat16(), instances)
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), exact, atol=0.01, rtol=0)
