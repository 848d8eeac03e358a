"""VGG features against sums done by hand, the loss, the distance, and finding the weights."""

import hashlib
import http.server
import threading
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from core.errors import ModelFileError
from core.networks import vgg, vgg_files
from core.networks.perceptual import LAYERS, WEIGHTS, PerceptualLoss, perceptual_distance
from core.networks.region_statistics import region_colour_loss, region_statistics_loss

SHARED = Path(__file__).resolve().parents[2] / "shared" / "weights" / "vgg16_bsds.safetensors"

# Numbers of torchvision's convolutions: (place, channels in, channels out), pools lie between the blocks.
VGG16 = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))
VGG19 = ((0, 2), (5, 7), (10, 12, 14, 16), (19, 21, 23, 25), (28, 30, 32, 34))
WIDTHS = (64, 128, 256, 512, 512)


def random_torchvision(plan, seed=0):
    generator = torch.Generator().manual_seed(seed)
    state, before = {}, 3
    for places, width in zip(plan, WIDTHS):
        for place in places:
            spread = (2 / (9 * before)) ** 0.5
            state[f"features.{place}.weight"] = torch.randn(width, before, 3, 3, generator=generator) * spread
            state[f"features.{place}.bias"] = torch.randn(width, generator=generator) * 0.1
            before = width
    return state


def by_hand(state, plan, x):
    """relu{block}_1 of every block, for images already in the network's own range."""
    taps = []
    for block, places in enumerate(plan):
        if block:
            x = F.max_pool2d(x, 2)
        for index, place in enumerate(places):
            x = F.conv2d(x, state[f"features.{place}.weight"], state[f"features.{place}.bias"], padding=1).clamp(min=0)
            if index == 0:
                taps.append(x)
    return taps


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    path = tmp_path_factory.mktemp("vgg") / "vgg16.pth"
    torch.save(random_torchvision(VGG16), path)
    return vgg.load_vgg(path)


def images(seed=0, size=(32, 40)):
    return torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize("depth, plan", [("vgg16", VGG16), ("vgg19", VGG19)])
def test_torchvision_weights_give_the_same_features(tmp_path, depth, plan):
    state = random_torchvision(plan)
    torch.save(state | {"classifier.0.weight": torch.zeros(2, 2)}, tmp_path / "w.pth")
    network = vgg.load_vgg(tmp_path / "w.pth")
    assert network.depth == depth and not any(p.requires_grad for p in network.parameters())
    x = images()
    mean, std = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    for got, want in zip(network(x, LAYERS), by_hand(state, plan, ((x + 1) / 2 - mean) / std)):
        torch.testing.assert_close(got, want, atol=1e-4, rtol=1e-4)


def test_caffe_weights_give_the_same_features_up_to_one_scale(tmp_path):
    plan, state = VGG16, random_torchvision(VGG16, seed=1)
    caffe = {}
    for block, places in enumerate(plan, 1):
        for index, place in enumerate(places, 1):
            for kind in ("weight", "bias"):
                caffe[f"conv{block}_{index}.{kind}"] = state[f"features.{place}.{kind}"].half()
    save_file(caffe, tmp_path / "w.safetensors")
    network = vgg.load_vgg(tmp_path / "w.safetensors")
    x = images(1)
    bgr = ((x + 1) * 127.5).flip(1) - torch.tensor([104.00699, 116.66877, 122.67892]).view(3, 1, 1)
    rounded = {k: v.half().float() for k, v in state.items()}
    scale = 255 * (0.229 + 0.224 + 0.225) / 3
    for got, want in zip(network(x, LAYERS), by_hand(rounded, plan, bgr)):
        torch.testing.assert_close(got * scale, want, atol=1e-2, rtol=1e-4)


@pytest.mark.skipif(not SHARED.is_file(), reason="the shared VGG16 weights are not here")
def test_real_weights_tell_pictures_from_noise():
    network = vgg.load_vgg(SHARED)
    steps = torch.linspace(-1, 1, 96)
    scene = (torch.sin(steps[:, None] * 9) * torch.cos(steps[None] * 7)).expand(1, 3, 96, 96)
    levels = [perceptual_distance(network, scene, scene + s * torch.randn_like(scene)).item() for s in (0, 0.05, 0.4)]
    assert levels[0] < 1e-5 and levels[0] < levels[1] < levels[2] < 1.5


def test_the_loss_is_the_weighted_mean_difference_of_the_taps(features):
    fake, real = images(2), images(3)
    want = sum(w * (a - b).abs().mean() for w, a, b in zip(WEIGHTS, features(fake, LAYERS), features(real, LAYERS)))
    torch.testing.assert_close(PerceptualLoss(features)(fake, real), want)
    assert WEIGHTS == (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
    relative = PerceptualLoss(features, relative=True)(fake, real)
    want = sum(
        w * (a - b).abs().mean() / b.mean() for w, a, b in zip(WEIGHTS, features(fake, LAYERS), features(real, LAYERS))
    )
    torch.testing.assert_close(relative, want)


def test_the_loss_pulls_the_fake_towards_the_real_and_leaves_the_rest_alone(features):
    loss = PerceptualLoss(features)
    real = images(4, (32, 32)).requires_grad_()
    fake = images(5, (32, 32)).requires_grad_()
    before = loss(fake, real)
    before.backward()
    assert real.grad is None and all(p.grad is None for p in features.parameters())
    with torch.no_grad():
        after = loss(fake - 0.02 * fake.grad.sign(), real)
    assert after < before and loss(real, real).item() == 0


def test_the_loss_of_directions_is_the_distance_that_reports_measure(features):
    """But for vectors of next to no length, whose slope would know no bounds."""
    fake, real = images(2, (64, 64)), images(3, (64, 64))
    loss = PerceptualLoss(features, weights=[1 / len(LAYERS)] * len(LAYERS), form="direction")
    torch.testing.assert_close(loss(fake, real), perceptual_distance(features, fake, real).mean(), rtol=0.02, atol=0)
    assert loss(real, real).item() == 0
    flat = torch.zeros(1, 3, 64, 64, requires_grad=True)
    loss(flat, torch.zeros(1, 3, 64, 64)).backward()
    assert torch.isfinite(flat.grad).all()
    fake.requires_grad_()
    before = loss(fake, real)
    before.backward()
    with torch.no_grad():
        assert loss(fake - 0.02 * fake.grad.sign(), real) < before
    with pytest.raises(ValueError):
        PerceptualLoss(features, form="squared")


def test_distance_is_one_number_for_each_pair_zero_for_equals(features):
    a, b = images(6), images(7)
    b[0] = a[0]
    distance = perceptual_distance(features, a, b)
    assert distance.shape == (2,) and distance[0] < 1e-5 < 0.01 < distance[1]
    flat = torch.zeros(1, 3, 32, 32)
    assert torch.isfinite(perceptual_distance(features, flat, flat)).all()


def test_shallow_taps_stop_early_and_unknown_ones_are_refused(features):
    deep = features.conv2_1.register_forward_hook(lambda *_: pytest.fail("went too deep"))
    try:
        assert features(images(), ["relu1_2"])[0].shape == (2, 64, 32, 40)
    finally:
        deep.remove()
    with pytest.raises(KeyError, match="relu9_9"):
        features(images(), ["relu9_9"])


def test_weights_are_found_by_path_then_variable_then_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("VEDUTA_VGG", raising=False)
    cached = tmp_path / "cache" / "vgg.pth"
    monkeypatch.setattr(vgg_files, "vgg_cache", lambda: cached)
    with pytest.raises(ModelFileError, match="--vgg"):
        vgg_files.find_vgg()
    cached.parent.mkdir()
    cached.write_bytes(b"x")
    assert vgg_files.find_vgg() == cached
    other = tmp_path / "other.pth"
    other.write_bytes(b"y")
    monkeypatch.setenv("VEDUTA_VGG", str(other))
    assert vgg_files.find_vgg() == other and vgg_files.find_vgg(cached) == cached
    monkeypatch.setenv("VEDUTA_VGG", str(tmp_path / "absent"))
    with pytest.raises(ModelFileError, match="absent"):
        vgg_files.find_vgg()


def test_other_weights_are_no_vgg(tmp_path):
    torch.save(torch.nn.Linear(2, 2).state_dict(), tmp_path / "w.pth")
    with pytest.raises(ModelFileError, match="no VGG16 or VGG19"):
        vgg.load_vgg(tmp_path / "w.pth")


@pytest.fixture
def server():
    """A real web server on this machine with one file."""
    content = bytes(range(256)) * 9000

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path != "/vgg.pth":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", content
        running.shutdown()
        thread.join()


def test_download_checks_the_sum_and_replaces_whole_files_only(tmp_path, server):
    address, content = server
    target = tmp_path / "new" / "vgg.pth"
    steps = []
    right = hashlib.sha256(content).hexdigest()
    got = vgg_files.download_vgg19(lambda done, total: steps.append((done, total)), target, f"{address}/vgg.pth", right)
    assert got == target and target.read_bytes() == content
    assert steps[-1] == (len(content), len(content)) and len(steps) > 1
    with pytest.raises(ModelFileError, match="checksum"):
        vgg_files.download_vgg19(None, target, f"{address}/vgg.pth", "0" * 64)
    with pytest.raises(ModelFileError, match="by hand"):
        vgg_files.download_vgg19(None, target, f"{address}/absent", right)
    with pytest.raises(ModelFileError, match="offline"):
        vgg_files.download_vgg19(None, target, "http://127.0.0.1:9/vgg.pth", right)
    assert target.read_bytes() == content and [p.name for p in target.parent.iterdir()] == ["vgg.pth"]


def two_regions(batch=1, height=32, width=48):
    instances = torch.full((batch, height, width), 7)
    instances[:, :, width // 2 :] = 11_003
    return instances


def test_region_statistics_ignore_where_in_a_region_a_pixel_lies():
    torch.manual_seed(0)
    real = torch.rand(2, 5, 16, 24)
    instances = two_regions(2)
    moved = real.clone()
    left = real[..., :12].flatten(2)
    moved[..., :12] = left[..., torch.randperm(left.shape[-1])].view(2, 5, 16, 12)
    assert region_statistics_loss([moved], [real], instances) < 1e-5
    swapped = real.roll(12, -1) * torch.tensor([0.2, 1.0]).repeat_interleave(12)
    assert region_statistics_loss([swapped], [real], instances) > 0.1


def test_region_statistics_ask_a_flat_region_for_texture():
    torch.manual_seed(0)
    real = torch.rand(1, 5, 32, 48)
    instances = two_regions()
    fake = real.clone()
    fake[..., :24] = real[..., :24].mean((2, 3), keepdim=True)
    fake.requires_grad_()
    flat = region_statistics_loss([fake], [real], instances)
    assert flat > 0.2
    flat.backward()
    assert fake.grad.isfinite().all() and fake.grad[..., 24:].abs().max() < 1e-3
    # Grain of any kind brings it nearer, though not one pixel is closer to the photograph's.
    grain = fake.detach().clone()
    grain[..., :24] += 0.28 * torch.randn(1, 5, 32, 24)
    assert region_statistics_loss([grain], [real], instances) < 0.5 * flat
    assert (grain - real).abs().mean() > (fake - real).abs().mean()


def test_region_statistics_without_a_region_large_enough():
    instances = torch.arange(64).view(1, 8, 8)
    loss = region_statistics_loss([torch.rand(1, 3, 8, 8, requires_grad=True)], [torch.rand(1, 3, 8, 8)], instances)
    assert loss == 0


def test_region_statistics_pass_over_what_is_marked():
    torch.manual_seed(0)
    real, fake = torch.rand(2, 3, 16, 24), torch.rand(2, 3, 16, 24)
    regions = two_regions(2, 16, 24)
    both = region_statistics_loss([fake], [real], regions)
    fake[..., 12:] = 5.0
    assert region_statistics_loss([fake], [real], regions) > 2 * both
    marked = torch.where(regions == 7, 7, -1)
    assert region_statistics_loss([fake], [real], marked) < 2 * both


def test_region_statistics_of_a_flat_photograph_stay_bounded():
    """All sky: there is no texture to be relative to."""
    torch.manual_seed(0)
    real = torch.full((2, 5, 16, 24), 0.5)
    fake = (real + 0.1 * torch.randn_like(real)).requires_grad_()
    loss = region_statistics_loss([fake], [real], two_regions(2, 16, 24))
    loss.backward()
    assert 0.1 < loss < 0.5 and fake.grad.abs().max() < 0.01


def test_colour_is_compared_region_by_region():
    regions = torch.zeros(1, 16, 16, dtype=torch.int64)
    regions[:, :, 8:] = 3
    real = torch.rand(1, 3, 16, 16)
    shuffled = torch.cat([half.flatten(2)[..., torch.randperm(128)].view(1, 3, 16, 8) for half in real.split(8, 3)], 3)
    assert region_colour_loss(shuffled, real, regions) < 1e-6 < (shuffled - real).abs().mean()
    fake = shuffled.clone()
    fake[..., 8:] += 0.5  # half of the picture is another colour
    assert region_colour_loss(fake, real, regions).item() == pytest.approx(0.25, abs=1e-5)
    swapped = torch.cat([real[..., 8:], real[..., :8]], 3) + torch.tensor([0.4, 0.0])[None, None, None].repeat_interleave(8, 3)
    assert region_colour_loss(swapped, real, regions) > 0.15, "what one region lacks another can't make up for"
    fake.requires_grad_()
    region_colour_loss(fake, real, regions).backward()
    assert fake.grad[..., :8].abs().max() < fake.grad[..., 8:].min()
