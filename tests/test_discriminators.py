"""The discriminators against the same sums done by hand from NVIDIA-named weights."""

import time

import pytest
import torch
from torch.nn import functional as F

from core.networks.discriminators import MultiscaleDiscriminator, NLayerDiscriminator
from core.networks.label_conv import label_conv


def _random_state(shapes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(shape, generator=generator) * (0.5 / max(1, torch.tensor(shape[1:]).prod().item()) ** 0.5)
        for name, shape in shapes.items()
    }


def _patch_shapes(prefixes, channels):
    """Shapes of one discriminator with 3 layers and width 4; ``prefixes`` name its five convolutions."""
    widths = (channels, 4, 8, 16, 32, 1)
    shapes = {}
    for prefix, before, after in zip(prefixes, widths, widths[1:]):
        shapes[f"{prefix}.weight"] = (after, before, 4, 4)
        shapes[f"{prefix}.bias"] = (after,)
    return shapes


def _by_hand(state, prefixes, x):
    features = []
    for j, prefix in enumerate(prefixes):
        stride = 2 if j < 3 else 1
        x = F.conv2d(x, state[f"{prefix}.weight"], state[f"{prefix}.bias"], stride=stride, padding=2)
        if 0 < j < 4:
            mean, var = x.mean((2, 3), keepdim=True), x.var((2, 3), keepdim=True, unbiased=False)
            x = (x - mean) / (var + 1e-5).sqrt()
        if j < 4:
            x = torch.where(x > 0, x, 0.2 * x)
        features.append(x)
    return features


def _halve(x):
    total = F.avg_pool2d(F.pad(x, (1, 1, 1, 1)), 3, stride=2, divisor_override=1)
    count = F.avg_pool2d(F.pad(torch.ones_like(x), (1, 1, 1, 1)), 3, stride=2, divisor_override=1)
    return total / count


@pytest.mark.parametrize("size", [(48, 64), (37, 51)])
def test_tapped_layout_loads_by_name_and_gives_the_same_numbers(size):
    names = [[f"scale{i}_layer{j}.0" for j in range(5)] for i in range(3)]
    state = _random_state({k: s for prefixes in names for k, s in _patch_shapes(prefixes, 6).items()})
    network = MultiscaleDiscriminator(6, width=4, layers=3, scales=3)
    network.load_state_dict(state, strict=True)
    x = torch.randn(2, 6, *size, generator=torch.Generator().manual_seed(1))
    found = network(x)
    assert [len(features) for features in found] == [5, 5, 5]
    for scale, features in enumerate(found):
        for got, want in zip(features, _by_hand(state, names[2 - scale], x)):
            torch.testing.assert_close(got, want, atol=1e-4, rtol=1e-4)
        x = _halve(x)


def test_flat_layout_loads_by_name_and_gives_the_prediction():
    names = [[f"layer{i}.{j}" for j in (0, 2, 5, 8, 11)] for i in range(2)]
    state = _random_state({k: s for prefixes in names for k, s in _patch_shapes(prefixes, 3).items()}, seed=2)
    network = MultiscaleDiscriminator(3, width=4, layers=3, scales=2, taps=False)
    network.load_state_dict(state, strict=True)
    x = torch.randn(1, 3, 64, 40, generator=torch.Generator().manual_seed(3))
    found = network(x)
    for scale, features in enumerate(found):
        assert len(features) == 1
        torch.testing.assert_close(features[0], _by_hand(state, names[1 - scale], x)[-1], atol=1e-4, rtol=1e-4)
        x = _halve(x)


def test_single_discriminator_gives_the_same_prediction_in_both_layouts():
    tapped, flat = NLayerDiscriminator(5, width=4), NLayerDiscriminator(5, width=4, taps=False)
    flat.load_state_dict(dict(zip(flat.state_dict(), tapped.state_dict().values())))
    x = torch.randn(1, 5, 32, 32)
    torch.testing.assert_close(flat(x)[-1], tapped(x)[-1])


def test_batch_norm_carries_running_statistics_and_width_stops_at_512():
    network = MultiscaleDiscriminator(3, width=64, layers=5, scales=1, norm="batch")
    state = network.state_dict()
    assert state["scale0_layer1.1.running_var"].shape == (128,)
    assert state["scale0_layer5.0.weight"].shape == (512, 512, 4, 4)
    assert state["scale0_layer6.0.weight"].shape == (1, 512, 4, 4)


def test_weights_start_from_a_normal_of_spread_two_hundredths():
    torch.manual_seed(0)
    weight = MultiscaleDiscriminator(39, scales=1).scale0_layer3[0].weight
    assert abs(weight.std().item() - 0.02) < 2e-4 and abs(weight.mean().item()) < 2e-4


def test_gradient_reaches_the_input_through_every_tap():
    x = torch.randn(1, 3, 32, 32, requires_grad=True)
    for features in MultiscaleDiscriminator(3, width=4, scales=2)(x):
        for tap in features:
            (gradient,) = torch.autograd.grad(tap.square().sum(), x, retain_graph=True)
            assert gradient.abs().sum() > 0


@pytest.mark.parametrize("taps", [True, False])
@pytest.mark.parametrize("pictures", [1, 2])
@pytest.mark.parametrize("size", [(40, 56), (37, 51)])
def test_maps_that_pictures_share_are_judged_as_if_they_were_repeated_one_hot(taps, pictures, size):
    judge = MultiscaleDiscriminator(5 + 2 + 3, width=4, scales=3, taps=taps).double()
    torch.manual_seed(1)
    labels, planes = torch.randint(5, (2, *size)), torch.randn(2, 2, *size).double()
    seen = torch.randn(2 * pictures, 3, *size).double().requires_grad_()
    shown = torch.cat((F.one_hot(labels, 5).permute(0, 3, 1, 2).double(), planes), 1)
    whole = torch.cat((shown.repeat(pictures, 1, 1, 1), seen), 1)
    gradients = []
    results = []
    for judged in (judge(whole), judge(seen, (labels, planes))):
        results.append([tap for scale in judged for tap in scale])
        wanted = [seen, *judge.parameters()]
        gradients.append(torch.autograd.grad(sum(tap.square().sum() for tap in results[-1]), wanted))
    for ours, theirs in zip(results[1] + list(gradients[1]), results[0] + list(gradients[0]), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_labels_are_looked_up_at_half_the_time_of_a_convolution_or_less():
    labels = torch.randint(180, (2, 24, 24)).repeat_interleave(8, 1).repeat_interleave(8, 2)
    weight = torch.randn(24, 180, 4, 4)
    planes = F.one_hot(labels, 180).permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)

    def seconds(call):
        best = float("inf")
        for _ in range(5):
            start = time.perf_counter()
            call()
            best = min(best, time.perf_counter() - start)
        return best

    torch.testing.assert_close(label_conv(labels, weight, 2, 2), F.conv2d(planes, weight, None, 2, 2), rtol=1e-4, atol=1e-4)
    looked_up = seconds(lambda: label_conv(labels, weight, 2, 2))
    assert looked_up < 0.5 * seconds(lambda: F.conv2d(planes, weight, None, 2, 2))
