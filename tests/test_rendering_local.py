"""Edit-local rendering equals full frames: random graphs, random edits, borders, both families of generators."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from core.appearance import FAR
from core.networks.compact import CompactGenerator
from core.networks.grain import FixedGrain
from core.networks.pix2pixhd import GlobalGenerator, LocalEnhancer
from core.networks.weights import fold
from core.rendering.local import executor as executor_module
from core.rendering.local.executor import Executor, Stopped, TensorFeed
from core.rendering.local.lower import UnsupportedGraph
from core.rendering.local.ops import Conv, Shuffle
from core.rendering.local.rects import Rect, coalesce, whole
from core.rendering.local.threads import ThreadChoice

TOLERANCE = 1e-5


@pytest.fixture(autouse=True)
def one_thread():
    """Small blocks gain nothing from threads, and on a busy machine lose much."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(before)


class Picture:
    """Collects what an executor emits."""

    def __init__(self):
        self.whole: torch.Tensor | None = None
        self.touched: list[Rect] = []

    def bind(self, executor: Executor):
        def emit(rect, block):
            if self.whole is None:
                self.whole = torch.zeros(1, block.shape[1], *executor.graph.output.size, dtype=block.dtype)
            self.touched.append(rect)
            self.whole[(..., *rect.slices)] = block

        return emit


def unit_weights(network: nn.Module) -> nn.Module:
    """Weights that keep values near unit size through every layer, and batch norms with a history."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            fan_in = module.in_channels * module.weight[0, 0].numel() // (module.stride[0] ** 2 if isinstance(module, nn.ConvTranspose2d) else 1)
            nn.init.normal_(module.weight, std=(2 / fan_in) ** 0.5)
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.uniform_(-0.5, 0.5)
    last = [module for module in network.modules() if isinstance(module, nn.Conv2d)][-1]
    last.weight.data *= 0.2  # tanh isn't saturated, so that it hides nothing
    return network.eval().requires_grad_(False)


def edits(height: int, width: int, count: int):
    """Rectangles of every kind: single pixels, corners, borders, strips, the whole frame."""
    yield Rect(0, 0, 1, 1)
    yield Rect(width - 1, height - 1, width, height)
    yield Rect(0, height // 2, width, height // 2 + 1)
    yield Rect(width - 1, 0, width, height)
    yield whole((height, width))
    for _ in range(count):
        x, y = (int(torch.randint(0, n, ())) for n in (width, height))
        w, h = (int(torch.randint(1, 24, ())) for _ in range(2))
        yield Rect(x, y, x + w, y + h).clip((height, width))


def check(network: nn.Module, inputs: list[torch.Tensor], count: int = 12, tolerance: float = TOLERANCE) -> Executor:
    """Edit ``inputs`` at random and compare every update with the network itself."""
    height, width = inputs[0].shape[-2:]
    executor, picture = Executor(network), Picture()
    emit = picture.bind(executor)
    with torch.inference_mode():
        inputs = [t.clone() for t in inputs]
        executor.full(TensorFeed(*inputs), emit)
        expected = network(*inputs)
        assert expected.std() > 0.01, "a flat picture would prove nothing"
        assert (picture.whole - expected).abs().max() <= tolerance
        for rect in edits(height, width, count):
            for tensor in inputs:
                spot = tensor[(..., *rect.slices)]
                spot.copy_(torch.randint(0, 9, spot.shape) if tensor.dtype == torch.int64 else torch.randn(spot.shape))
            before, expected = expected, network(*inputs)
            picture.touched.clear()
            drawn = executor.update([rect], emit)
            assert (picture.whole - expected).abs().max() <= tolerance, rect
            inside = torch.zeros(expected.shape[-2:], dtype=torch.bool)
            for touched in picture.touched:
                inside[touched.slices] = True
            assert not (before != expected).any(1)[0][~inside].any()
            assert drawn == picture.touched
    return executor


def dense_inputs(network, height, width):
    return [torch.randn(1, network.input_channels, height, width)]


@pytest.mark.parametrize("upsampling", ["bilinear", "nearest"])
def test_compact_updates_are_exact(upsampling):
    network = CompactGenerator(9, 4, (8, 12, 16, 24), (1, 1, 2), upsampling)
    nn.init.normal_(network.head.weight, std=0.3)
    inputs = [torch.randint(0, 9, (1, 64, 160)), torch.randn(1, 5, 64, 160)]
    executor = check(fold(network).to(memory_format=torch.channels_last), inputs)
    assert executor.exact and executor.grid == 16


def test_grain_is_a_pattern_of_the_frame():
    network = CompactGenerator(9, 4, (8, 12, 16, 24), (1, 1, 2), grain=True)
    inputs = [torch.randint(0, 9, (1, 64, 160)), torch.randn(1, 5, 64, 160)]
    nn.init.normal_(network.head.weight, std=0.3)
    without = network(*inputs)
    plain = CompactGenerator(9, 4, (8, 12, 16, 24), (1, 1, 2))
    plain.load_state_dict({k: v for k, v in network.state_dict().items() if "grain" not in k})
    assert torch.equal(without, plain(*inputs)), "grain changes nothing before it is learnt"
    for grain in (network.grain8, network.grain4):
        nn.init.normal_(grain.mixture, std=0.5)
    with torch.no_grad():
        assert (network(*inputs) - without).abs().max() > 0.05
        folded = fold(network).to(memory_format=torch.channels_last)
        torch.testing.assert_close(folded(*inputs), network(*inputs), rtol=0, atol=1e-5)
    assert check(folded, inputs).exact


def test_the_noise_is_the_same_everywhere_and_even():
    from core.networks.grain import noise

    fields = noise()
    assert abs(fields.mean()) < 0.01 and abs(fields.std() - 1) < 0.01
    flat = fields.flatten(2)[0]
    assert (torch.corrcoef(flat) - torch.eye(len(flat))).abs().max() < 0.02
    assert (fields[..., 1:] * fields[..., :-1]).mean().abs() < 0.02 and (fields[..., 1:, :] * fields[..., :-1, :]).mean().abs() < 0.02
    first = torch.tensor([-1.488639, 0.800624, 1.172384])
    torch.testing.assert_close(flat[0, :3], first, rtol=0, atol=1e-6)


class Patterned(nn.Module):
    def __init__(self, height: int, width: int):
        super().__init__()
        self.before, self.after = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 3, 3, padding=1)
        self.grain = FixedGrain(torch.randn(1, 4, height, width))

    def forward(self, x):
        return self.after(F.relu(self.grain(self.before(x))))


@pytest.mark.parametrize("period", [(5, 7), (64, 16), (40, 200)])
def test_a_pattern_repeats_over_the_frame(period):
    network = Patterned(*period).eval()
    x = torch.randn(1, 3, 48, 72)
    assert check(network, [x]).exact
    flat = network.grain(torch.zeros(1, 4, 48, 72))
    rows, columns = torch.arange(48) % period[0], torch.arange(72) % period[1]
    assert torch.equal(flat, network.grain.pattern[:, :, rows][..., columns])


@pytest.mark.parametrize("upsampling", ["bilinear", "nearest"])
def test_a_pixel_of_the_compact_generator_reaches_as_far_as_it_says(upsampling):
    network = unit_weights(CompactGenerator(9, 4, (6, 6, 6, 6), (1, 1, 1), upsampling).double())
    y, seen = 1, []
    labels, planes = torch.zeros(1, 32, 768, dtype=torch.int64), torch.randn(1, 5, 32, 768).double()
    with torch.inference_mode():
        before = network(labels, planes)
        for x in (0, 15, 384, 401, 767):
            planes[0, :, y, x] += 1e3
            changed = (network(labels, planes) != before).any(1).any(1)[0].nonzero()
            planes[0, :, y, x] -= 1e3
            seen.append(int((changed - x).abs().max()))
    assert network.reach / 2 < max(seen) <= network.reach


@pytest.mark.parametrize("upsampling", ["bilinear", "nearest"])
def test_a_code_reaches_as_far_as_its_channels_let_it(upsampling):
    """Labels and edges reach farther; no change of a code, however large, is seen beyond its reach."""
    build = partial(CompactGenerator, 9, 4, (8, 8, 8, 8), (1, 1, 1), upsampling, True)
    network = unit_weights(build(code_channels=(3, 3, 3)).double())
    labels, planes = torch.zeros(1, 32, 768, dtype=torch.int64), torch.randn(1, 5, 32, 768).double()

    def reached(channel: int) -> int:
        seen = []
        with torch.inference_mode():
            before = network(labels, planes)
            for x in range(360, 376):
                planes[0, channel, 1, x] += 1e3
                changed = (network(labels, planes) != before).any(1).any(1)[0].nonzero()
                planes[0, channel, 1, x] -= 1e3
                seen.append(int((changed - x).abs().max()))
        return max(seen)

    assert max(map(reached, range(1, 5))) == network.code_reach <= FAR
    assert network.code_reach < reached(0) <= network.reach
    network, planes = network.float(), planes.float()
    torch.testing.assert_close(fold(network)(labels, planes), network(labels, planes), rtol=0, atol=1e-5)
    assert build(code_channels=None).code_reach == network.reach


def test_without_corners_a_code_reaches_less_than_64_pixels_in_every_direction():
    build = partial(CompactGenerator, 9, 4, (8, 8, 8, 8), (1, 1, 1), "bilinear", True, (3, 3, 3))
    labels, planes = torch.zeros(1, 192, 192, dtype=torch.int64), torch.randn(1, 5, 192, 192).double()

    def farthest(network) -> float:
        seen = []
        with torch.inference_mode():
            before = network(labels, planes)
            for y, x in ((90, 90), (95, 96), (96, 95), (100, 103)):
                planes[0, 2, y, x] += 1e3
                changed = (network(labels, planes) != before).any(1)[0].nonzero()
                planes[0, 2, y, x] -= 1e3
                seen.append(float((changed - torch.tensor([y, x])).double().norm(dim=1).max()))
        return max(seen)

    square, round_ = (unit_weights(build(code_cross=cross).double()) for cross in (False, True))
    assert square.code_radius == pytest.approx(2**0.5 * square.code_reach)
    assert FAR < farthest(square) <= square.code_radius
    assert round_.code_reach == square.code_reach
    assert square.code_reach < farthest(round_) <= round_.code_radius < FAR
    round_, planes = round_.float(), planes.float()
    torch.testing.assert_close(fold(round_)(labels, planes), round_(labels, planes), rtol=0, atol=1e-5)
    with pytest.raises(ValueError):
        CompactGenerator(9, 4, code_cross=True)


class Doubled(nn.Module):
    """Only the enlargement, by ``factor``."""

    def __init__(self, factor: int):
        super().__init__()
        self.conv, self.factor = nn.Conv2d(8, 8, 1), factor

    def forward(self, x):
        return F.interpolate(self.conv(x), scale_factor=float(self.factor), mode="bilinear", align_corners=False)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_linear_interpolation_of_a_part_equals_the_whole(dtype, factor):
    executor, whole_frame = Executor(Doubled(factor).to(dtype).eval().requires_grad_(False)), Picture()
    x = torch.randn(1, 8, 11, 14).to(dtype)
    executor.full(TensorFeed(x), whole_frame.bind(executor))
    output, size = executor.graph.output, executor.graph.output.size
    with torch.inference_mode():
        expected = F.interpolate(output.inputs[0].block(whole((11, 14)))[0].float(), scale_factor=factor, mode="bilinear")
        assert (whole_frame.whole - expected).abs().max() <= (0 if dtype == torch.float32 else 0.01)
        for rect in [*edits(*size, 0), *(Rect(a, b, a + w, b + w) for a in range(6) for b in (0, 1, 19) for w in (1, 2, 7))]:
            block, _ = output.evaluate(rect)
            difference = (block - whole_frame.whole[(..., *rect.slices)]).abs().max()
            # Thirds are rounded by where they lie; halves and quarters are not.
            assert difference <= (0 if factor != 3 else 1e-6 if dtype == torch.float32 else 0.01), rect


class _Shuffled(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(4, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(2, 12, 3, padding=1)

    def forward(self, x):
        y = torch.tanh(F.pixel_shuffle(self.conv1(x), 2))
        return torch.tanh(F.pixel_shuffle(self.conv2(torch.sigmoid(y) + y), 2))


def test_an_activation_behind_a_pixel_shuffle_is_computed_by_the_convolution_before_it():
    network = unit_weights(_Shuffled())
    executor, picture = Executor(network), Picture()
    assert isinstance(executor.graph.output, Shuffle)
    assert [op.activation.fused[0] for op in executor.graph.ops if isinstance(op, Conv)] == ["tanh", "tanh"]
    x = torch.randn(1, 4, 24, 40)
    executor.full(TensorFeed(x), picture.bind(executor))
    assert torch.allclose(picture.whole, network(x), atol=TOLERANCE)


def test_what_has_no_rule_for_enlarging_is_named():
    for layer in (nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), nn.Upsample(scale_factor=2, mode="bicubic")):
        with pytest.raises(UnsupportedGraph, match="Upsample"):
            Executor(nn.Sequential(nn.Conv2d(3, 3, 1), layer).eval())


@pytest.mark.parametrize(
    "network",
    [
        GlobalGenerator(4, 2, width=6, downsamples=3, blocks=2, norm="batch"),
        LocalEnhancer(4, 2, width=4, downsamples=2, blocks=1, enhancers=1, local_blocks=2, norm="batch"),
        LocalEnhancer(4, 2, width=3, downsamples=1, blocks=1, enhancers=2, local_blocks=1, norm="batch"),
    ],
    ids=["global", "local", "two enhancers"],
)
def test_pix2pixhd_with_batch_norm_is_exact(network):
    executor = check(unit_weights(network), dense_inputs(network, 48, 112), count=8)
    assert executor.exact


@pytest.mark.parametrize("kind", [GlobalGenerator, LocalEnhancer])
def test_pix2pixhd_with_instance_norm_is_a_preview_and_then_exact(kind):
    network = unit_weights(kind(4, 2, width=4, downsamples=2, blocks=2))
    (x,) = dense_inputs(network, 96, 160)
    executor, picture = Executor(network), Picture()
    emit = picture.bind(executor)
    assert not executor.exact
    with torch.inference_mode():
        executor.full(TensorFeed(x), emit)
        assert (picture.whole - network(x)).abs().max() <= TOLERANCE
        x[..., 30:38, 40:48] += 0.5
        executor.update([Rect(40, 30, 48, 38)], emit)
        expected = network(x)
        error = (picture.whole - expected).square().mean()
        assert 0 < error < 0.05 * expected.var(), "near, not equal: the statistics are those of the frame before"
        executor.full(TensorFeed(x), emit)
        assert (picture.whole - expected).abs().max() <= TOLERANCE


def test_a_margin_bounds_what_a_preview_draws():
    network = unit_weights(GlobalGenerator(4, 2, width=4, downsamples=3, blocks=4))
    (x,) = dense_inputs(network, 128, 256)
    executor, picture = Executor(network), Picture()
    emit = picture.bind(executor)
    executor.full(TensorFeed(x), emit)
    rect = Rect(120, 56, 128, 64)
    near, far = (executor.plan([rect], margin) for margin in (16, None))
    assert near[0][-1][0] == rect.grow(16) and far[0][-1][0].area > 4 * near[0][-1][0].area
    assert near[1] < far[1]
    picture.touched.clear()
    executor.update([rect], emit, margin=16)
    assert picture.touched == [rect.grow(16)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_changed_code_is_followed_no_further_than_it_reaches(dtype):
    network = unit_weights(CompactGenerator(9, 4, (8, 8, 8, 8), (1, 1, 2), "bilinear", True, (3, 3, 3)))
    executor, picture = Executor(fold(network).to(dtype, memory_format=torch.channels_last)), Picture()
    emit = picture.bind(executor)
    labels, planes = torch.zeros(1, 512, 1024, dtype=torch.int64), torch.randn(1, 5, 512, 1024).to(dtype)
    executor.full(TensorFeed(labels, planes), emit)
    rect = Rect(480, 240, 544, 272)
    for channel, reach in ((2, network.code_reach), (0, network.reach)):
        picture.touched.clear()
        planes[0, channel, rect.y0 : rect.y1, rect.x0 : rect.x1] += 1.0
        executor.update([rect], emit)
        inside = rect.grow(reach + 16)
        assert all(touched.intersect(inside) == touched for touched in picture.touched)
        assert sum(touched.area for touched in picture.touched) > rect.area
        drawn = picture.whole.clone()
        executor.full(TensorFeed(labels, planes), emit)
        assert (picture.whole - drawn).abs().max() <= (TOLERANCE if dtype == torch.float32 else 0.02)
    picture.touched.clear()
    executor.update([rect], emit)
    assert sum(touched.area for touched in picture.touched) < rect.grow(network.code_reach).area, "nothing changed"


def test_an_update_repairs_what_a_margin_cut_off():
    network = unit_weights(CompactGenerator(9, 4, (8, 8, 8, 8), (1, 1, 2), "bilinear", True))
    executor, picture = Executor(fold(network)), Picture()
    emit = picture.bind(executor)
    labels, planes = torch.zeros(1, 256, 512, dtype=torch.int64), torch.randn(1, 5, 256, 512)
    executor.full(TensorFeed(labels, planes), emit)
    rect = Rect(240, 120, 272, 136)
    planes[..., rect.y0 : rect.y1, rect.x0 : rect.x1] += 1.0
    executor.update([rect], emit, margin=16)
    with torch.inference_mode():
        expected = executor.generator(labels, planes)
    assert (picture.whole - expected).abs().max() > TOLERANCE
    executor.update([rect], emit)
    assert (picture.whole - expected).abs().max() <= TOLERANCE


class RandomNetwork(nn.Module):
    """A random chain with skips of everything the executor has a rule for."""

    def __init__(self, seed: int):
        super().__init__()
        draw = torch.Generator().manual_seed(seed)

        def pick(*options):
            return options[int(torch.randint(0, len(options), (), generator=draw))]

        channels, layers, self.joins = 6, [nn.Conv2d(3, 6, 3, padding=1)], []
        scale = 1
        for _ in range(7):
            kind = pick("conv", "dilated", "even", "down", "up", "transposed", "reflect", "replicate", "zero",
                        "average", "maximum", "act", "shuffle", "norm", "skip")  # fmt: skip
            act = pick(nn.ReLU(), nn.LeakyReLU(0.2), nn.Tanh(), nn.SiLU(), nn.Identity())
            if kind == "conv":
                layer = nn.Sequential(nn.Conv2d(channels, channels, pick(1, 3, 5), padding="same"), act)
                layer[0].padding = (layer[0].kernel_size[0] // 2,) * 2
            elif kind == "dilated":
                layer = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=2, dilation=2), act)
            elif kind == "even":
                # A window that isn't centred, and unequal axes.
                layer = nn.Sequential(nn.ZeroPad2d((0, 1, 2, 0)), nn.Conv2d(channels, channels, (3, 2)), act)
            elif kind == "down" and scale < 8:
                layer, scale = nn.Conv2d(channels, channels, pick(2, 3, 4), stride=2, padding=1), scale * 2
            elif kind == "average" and scale < 8:
                layer, scale = nn.AvgPool2d(3, 2, 1, count_include_pad=pick(True, False)), scale * 2
            elif kind == "maximum" and scale < 8:
                layer, scale = nn.MaxPool2d(3, 2, 1), scale * 2
            elif kind == "up" and scale > 1:
                layer, scale = nn.Upsample(scale_factor=2, mode=pick("nearest", "bilinear")), scale // 2
            elif kind == "transposed" and scale > 1:
                options = pick(dict(kernel_size=3, padding=1, output_padding=1), dict(kernel_size=4, padding=1),
                               dict(kernel_size=2, output_padding=0))  # fmt: skip
                layer, scale = nn.ConvTranspose2d(channels, channels, stride=2, **options), scale // 2
            elif kind == "reflect":
                layer = nn.Sequential(nn.ReflectionPad2d(2), nn.Conv2d(channels, channels, 5), act)
            elif kind == "replicate":
                layer = nn.Sequential(nn.ReplicationPad2d(1), nn.Conv2d(channels, channels, 3), act)
            elif kind == "zero":
                layer = nn.Sequential(nn.ConstantPad2d(1, 0.3), nn.Conv2d(channels, channels, 3))
            elif kind == "shuffle" and scale > 1:
                layer, scale = nn.Sequential(nn.Conv2d(channels, 4 * channels, 1), nn.PixelShuffle(2)), scale // 2
            elif kind == "norm":
                layer = nn.BatchNorm2d(channels)
            elif kind == "skip":
                layer = nn.Sequential(act, nn.Conv2d(channels, channels, 3, padding=1))
                self.joins.append(len(layers))
            else:
                layer = act
            layers.append(layer)
        layers.append(nn.Conv2d(2 * channels, 3, 3, padding=1))
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        for index, layer in enumerate(self.layers[:-1]):
            y = layer(x)
            x = x * 0.5 + y if index in self.joins else y
        return self.layers[-1](torch.cat((F.leaky_relu(x, 0.1), x - 0.2), 1))


@pytest.mark.parametrize("seed", range(24))
def test_random_graphs_are_exact(seed):
    # Sides whose halves are odd at some depth: rounding must go outwards. In float64 nothing hides in rounding.
    network = unit_weights(RandomNetwork(seed)).double()
    check(network, [torch.randn(1, 3, 44, 58).double()], count=8, tolerance=1e-11)


@pytest.mark.parametrize("seed", range(100, 104))
def test_random_graphs_are_exact_in_single_precision(seed):
    check(unit_weights(RandomNetwork(seed)), [torch.randn(1, 3, 40, 48)], count=6)


def test_several_rectangles_in_one_update():
    network = unit_weights(GlobalGenerator(3, 0, width=4, downsamples=1, blocks=1, norm="batch"))
    (x,) = dense_inputs(network, 64, 256)
    executor, picture = Executor(network), Picture()
    emit = picture.bind(executor)
    executor.full(TensorFeed(x), emit)
    rects = [Rect(4, 4, 8, 8), Rect(240, 50, 250, 60)]
    for rect in rects:
        x[(..., *rect.slices)].normal_()
    with torch.inference_mode():
        drawn = executor.update(rects, emit)
        assert (picture.whole - network(x)).abs().max() <= TOLERANCE
    assert len(drawn) == 2, "far apart, they stay apart"
    assert sum(rect.area for rect in drawn) < 64 * 256 / 2


def test_bands_do_not_change_the_frame(monkeypatch):
    network = unit_weights(LocalEnhancer(3, 0, width=4, downsamples=2, blocks=1, norm="batch"))
    (x,) = dense_inputs(network, 96, 64)
    monkeypatch.setattr(executor_module, "_BAND_BYTES", 1)
    executor, picture = Executor(network), Picture()
    executor.full(TensorFeed(x), picture.bind(executor))
    assert len(picture.touched) == 12
    with torch.inference_mode():
        assert (picture.whole - network(x)).abs().max() <= TOLERANCE


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_a_frame_given_up_leaves_a_usable_state(norm):
    network = unit_weights(GlobalGenerator(3, 0, width=4, downsamples=1, blocks=2, norm=norm))
    (x,) = dense_inputs(network, 32, 64)
    executor, picture = Executor(network), Picture()
    emit = picture.bind(executor)
    feed = TensorFeed(x)
    executor.full(feed, emit)
    asked = []

    def stop():
        asked.append(True)
        return len(asked) > 3

    with pytest.raises(Stopped):
        executor.full(feed, lambda *_: None, stop)
    # With statistics of the frame, the state before comes back; without, a new full frame is needed.
    assert executor.ready == (norm == "instance")
    if not executor.ready:
        with pytest.raises(RuntimeError):
            executor.update([Rect(0, 0, 1, 1)], emit)
        executor.full(feed, emit)
    with torch.inference_mode():
        executor.update([Rect(8, 8, 12, 12)], emit)
        assert (picture.whole - network(x)).abs().max() <= TOLERANCE


def test_memory_is_what_convolutions_left_and_is_freed():
    network = fold(CompactGenerator(9, 4, (8, 12, 16, 24), (1, 1, 2)))
    executor = Executor(network)
    feed = TensorFeed(torch.randint(0, 9, (1, 64, 128)), torch.randn(1, 5, 64, 128))
    executor.full(feed, lambda *_: None)
    pixels = 64 * 128
    # Two planes of 8 at 1/2, three of 12 and one of 8 at 1/4, four of 16 and one of 12 at 1/8, seven of 24 at 1/16.
    bound = 4 * (2 * 8 * pixels // 4 + 44 * pixels // 16 + 76 * pixels // 64 + 168 * pixels // 256)
    assert 0 < executor.cache_bytes <= bound
    before = executor.cache_bytes
    for _ in range(3):
        executor.update([Rect(0, 0, 30, 30)], lambda *_: None)
        executor.full(feed, lambda *_: None)
    assert executor.cache_bytes == before
    executor.release()
    assert executor.cache_bytes == 0 and not executor.ready


def test_a_graph_without_rules_is_named():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3)

        def forward(self, x):
            return torch.softmax(self.conv(x), 1)

    with pytest.raises(UnsupportedGraph, match="softmax"):
        Executor(Odd().eval())

    class Branches(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    with pytest.raises(UnsupportedGraph, match="traced"):
        Executor(Branches())


def test_rectangles_join_where_that_is_cheaper():
    a, b = Rect(0, 0, 10, 10), Rect(8, 0, 18, 10)
    assert coalesce([a, b]) == [Rect(0, 0, 18, 10)]
    far = Rect(100, 100, 110, 110)
    assert coalesce([a, far]) == [a, far]
    assert coalesce([a, far], worth=1e6) == [Rect(0, 0, 110, 110)]
    assert coalesce([Rect(3, 3, 3, 9)]) == []
    assert Rect(3, 5, 9, 10).scale((8, 16), (16, 32)) == Rect(1, 2, 5, 5)
    assert Rect(-3, 5, 9, 10).snap(4) == Rect(-4, 4, 12, 12)


def simulate(choice: ThreadChoice, seconds: dict[int, float], updates: int) -> list[int]:
    picked = []
    for _ in range(updates):
        threads = choice.pick()
        picked.append(threads)
        choice.took(threads, seconds[threads])
    return picked


def test_the_number_of_threads_follows_measured_times():
    choice = ThreadChoice(2)
    quiet = simulate(choice, {2: 1.0, 1: 1.8}, 100)
    assert quiet[4:].count(1) <= 4, "tried now and then"
    busy = simulate(choice, {2: 9.0, 1: 3.0}, 100)
    assert busy[4:].count(2) <= 4, "waiting for a busy core costs more than computing alone"
    assert simulate(choice, {2: 1.0, 1: 1.8}, 200)[100:].count(2) >= 96
    assert simulate(ThreadChoice(1), {1: 1.0}, 5) == [1] * 5
    assert set(simulate(ThreadChoice(16), {16: 2.0, 8: 1.0, 1: 4.0}, 24)[8:]) == {8}


def test_an_update_leaves_the_number_of_threads_alone():
    torch.set_num_threads(2)
    network = unit_weights(GlobalGenerator(3, 0, width=4, downsamples=1, blocks=1, norm="batch"))
    (x,) = dense_inputs(network, 32, 64)
    executor = Executor(network)
    executor.full(TensorFeed(x), lambda *_: None)
    for _ in range(6):
        executor.update([Rect(3, 3, 9, 9)], lambda *_: None)
        assert torch.get_num_threads() == 2
    assert all(len(times) >= 2 for times in executor.threads.times.values())
