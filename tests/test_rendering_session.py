"""A picture kept up with a scene equals a fresh render after any sequence of edits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from core.appearance import CodeBook
from core.errors import VedutaError
from core.labels import CITYSCAPES, STREETS, Label, LabelSet
from core.models.model_file import Model, make_card
from core.models.registry import build
from core.rendering import frame_index
from core.rendering import renderer as renderer_module
from core.rendering.conditioning import dense, inputs_for
from core.rendering.frame_index import mask_rects
from core.rendering.local.executor import Stopped, TensorFeed
from core.rendering.local.ops import PatchConv
from core.rendering.local.rects import Rect
from core.rendering.precision import psnr
from core.rendering.renderer import Renderer, to_pixels
from core.rendering.session import FrameSession

CODE_DIM = 3


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(before)


def make_model(name: str = "compact", norm: str = "batch", label_set=STREETS) -> Model:
    config = {
        "compact": dict(label_count=len(label_set), code_dim=CODE_DIM, widths=[8, 8, 12, 16], blocks=[1, 1, 1], upsampling="bilinear"),
        "pix2pixhd_global": dict(label_channels=len(label_set), code_dim=CODE_DIM, width=4, downsamples=2, blocks=1, norm=norm),
        "pix2pixhd_local": dict(label_channels=len(label_set), code_dim=CODE_DIM, width=3, downsamples=1, blocks=1, enhancers=1, local_blocks=1, norm=norm),
    }[name]
    generator = build(name, config)
    convs = [m for m in generator.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]
    for conv in convs:
        nn.init.normal_(conv.weight, std=(2 / conv.weight[0].numel()) ** 0.5)
    convs[-1].weight.data *= 0.3
    rng = np.random.default_rng(0)
    book = CodeBook(CODE_DIM)
    for label_id in (7, 11, 26):
        book.centres[label_id] = rng.normal(size=(3, CODE_DIM)).astype(np.float32)
        book.sizes[label_id] = np.array([5, 3, 1])
    card = make_card("test", (name, config), None, label_set, CODE_DIM, (2048, 1024), object_classes=[11, 24, 26])
    return Model(generator.eval(), None, card, book, label_set)


class Painter:
    """A scene's maps and random edits to them."""

    def __init__(self, height: int, width: int, seed: int = 0):
        self.rng = np.random.default_rng(seed)
        self.labels = np.full((height, width), 23, np.uint8)
        self.labels[height // 2 :] = 7
        self.instances = self.labels.astype(np.uint16)
        self.codes: dict[int, np.ndarray] = {}
        for _ in range(4):
            self.paint()

    def paint(self, box=None) -> tuple[int, int, int, int]:
        """A rectangle of a class, sometimes of a new object; gives its bounding box."""
        height, width = self.labels.shape
        if box is None:
            x, y = int(self.rng.integers(width)), int(self.rng.integers(height))
            box = (x, y, min(width, x + int(self.rng.integers(1, 30))), min(height, y + int(self.rng.integers(1, 20))))
        label = int(self.rng.choice([7, 11, 23, 24, 26, 17, 40]))
        at = np.s_[box[1] : box[3], box[0] : box[2]]
        self.labels[at] = label
        base = int(STREETS.base[label])
        self.instances[at] = base if base in (7, 17, 23) else base * 1000 + int(self.rng.integers(5))
        return box

    def restyle(self) -> None:
        value = int(self.rng.choice(np.unique(self.instances)))
        if self.rng.random() < 0.3:
            self.codes.pop(value, None)
        else:
            self.codes[value] = self.rng.normal(size=CODE_DIM).astype(np.float32)

    @property
    def scene(self):
        return self.labels, self.instances, dict(self.codes)


def difference(a: np.ndarray, b: np.ndarray) -> int:
    return int(np.abs(a.astype(int) - b.astype(int)).max())


def always_local(session: FrameSession, monkeypatch) -> None:
    """So small a frame is as fast in full; make the session take updates all the same."""
    monkeypatch.setattr(session.executor.cost, "predict", lambda plan: 0.0)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("size", [(64, 96), (70, 101)], ids=["whole multiples", "padded"])
@pytest.mark.parametrize("name", ["compact", "pix2pixhd_global", "pix2pixhd_local"])
def test_edits_of_every_kind_equal_a_fresh_render(name, size, precision, monkeypatch):
    renderer = Renderer(make_model(name), "cpu", precision)
    session, painter = FrameSession(renderer), Painter(*size)
    first = session.full(*painter.scene)
    assert first.exact and first.kind == "full" and first.rect == (0, 0, size[1], size[0])
    assert first.rgb.std() > 3
    assert difference(first.rgb, renderer.render(*painter.scene)) <= 1
    always_local(session, monkeypatch)
    kinds = set()
    for turn in range(14):
        dirty = None
        if turn % 3 == 2:
            painter.restyle()
        elif turn % 3 == 1:
            dirty = painter.paint()
        else:
            painter.paint(), painter.paint()
        before = session.rgb.copy()
        frame = session.update(*painter.scene, dirty=dirty)
        kinds.add(frame.kind)
        assert frame.exact
        assert difference(frame.rgb, renderer.render(*painter.scene)) <= 1
        outside = np.ones(size, bool)
        for x0, y0, x1, y1 in frame.rects:
            outside[y0:y1, x0:x1] = False
        assert not (frame.rgb != before).any(axis=2)[outside].any()
    assert "local" in kinds


def test_corners_and_the_whole_frame(monkeypatch):
    renderer = Renderer(make_model(), "cpu")
    session, painter = FrameSession(renderer), Painter(50, 70)
    session.full(*painter.scene)
    always_local(session, monkeypatch)
    for box in [(0, 0, 1, 1), (69, 49, 70, 50), (0, 49, 1, 50), (69, 0, 70, 1), (0, 0, 70, 50), (30, 0, 31, 50)]:
        painter.paint(box)
        frame = session.update(*painter.scene)
        assert difference(frame.rgb, renderer.render(*painter.scene)) <= 1, box


def test_nothing_changed_draws_nothing():
    session, painter = FrameSession(Renderer(make_model(), "cpu")), Painter(48, 64)
    session.full(*painter.scene)
    frame = session.update(*painter.scene)
    assert frame.kind == "none" and frame.rect is None and frame.rects == () and frame.exact


def test_the_measured_times_decide(monkeypatch):
    session, painter = FrameSession(Renderer(make_model(), "cpu")), Painter(64, 96)
    session.full(*painter.scene)
    monkeypatch.setattr(session.executor.cost, "predict", lambda plan: session.executor.cost.full_seconds * 2)
    painter.paint((3, 3, 9, 9))
    assert session.update(*painter.scene).kind == "full"
    monkeypatch.setattr(session.executor.cost, "predict", lambda plan: session.executor.cost.full_seconds / 2)
    painter.paint((3, 3, 9, 9))
    painter.labels[5, 5] = 8
    assert session.update(*painter.scene).kind == "local"


def test_another_size_or_label_set_starts_anew():
    session = FrameSession(Renderer(make_model(label_set=CITYSCAPES), "cpu"))
    one, other = Painter(48, 64), Painter(64, 48)
    session.full(*one.scene)
    frame = session.update(*other.scene)
    assert frame.kind == "full" and frame.rgb.shape == (64, 48, 3)
    assert session.update(*other.scene, CITYSCAPES).kind == "full"
    renderer = session.renderer
    assert difference(session.rgb, renderer.render(*other.scene, CITYSCAPES)) <= 1


def test_label_sets_of_one_name_are_told_apart():
    renderer = Renderer(make_model(label_set=CITYSCAPES), "cpu")
    session = FrameSession(renderer)
    labels, instances, codes = Painter(48, 64).scene
    labels, instances = labels.copy(), instances.copy()
    labels[10:40, 10:50], instances[10:40, 10:50] = 47, 26
    for parent in (26, 7):  # two projects' own sets: what 47 is a part of differs
        own = LabelSet("own", [*CITYSCAPES.labels, Label(47, "part", (1, 2, 3), "parts", parent=parent)])
        plain = np.where(labels == 47, parent, labels).astype(np.uint8)
        expected = renderer.render(plain, instances, codes, CITYSCAPES)
        assert difference(renderer.render(labels, instances, codes, own), expected) <= 1
        assert difference(session.full(labels, instances, codes, own).rgb, expected) <= 1


@pytest.mark.parametrize("name", ["pix2pixhd_global", "pix2pixhd_local"])
def test_instance_norm_gives_a_preview_and_then_the_exact_frame(name, monkeypatch):
    renderer = Renderer(make_model(name, "instance"), "cpu")
    session, painter = FrameSession(renderer), Painter(96, 160)
    session.full(*painter.scene)
    always_local(session, monkeypatch)
    dirty = painter.paint((60, 40, 66, 46))
    frame = session.update(*painter.scene, dirty=dirty)
    expected = renderer.render(*painter.scene)
    assert frame.kind == "local" and not frame.exact and not session.exact
    error = np.mean((frame.rgb.astype(float) - expected) ** 2)
    assert error < 0.1 * np.var(expected.astype(float))
    assert not session.update(*painter.scene).exact, "still a preview"
    exact = session.full(*painter.scene)
    assert exact.exact and difference(exact.rgb, expected) <= 1


def test_an_exact_frame_given_up_leaves_the_preview_and_its_state(monkeypatch):
    renderer = Renderer(make_model("pix2pixhd_global", "instance"), "cpu")
    session, painter = FrameSession(renderer), Painter(48, 64)
    session.full(*painter.scene)
    always_local(session, monkeypatch)
    painter.paint((5, 5, 20, 20))
    preview = session.update(*painter.scene).rgb.copy()
    asked = []
    with pytest.raises(Stopped):
        session.full(*painter.scene, stop=lambda: asked.append(1) or len(asked) > 3)
    assert np.array_equal(session.rgb, preview) and not session.exact
    painter.paint((30, 20, 40, 30))
    assert session.update(*painter.scene).kind == "local"
    assert difference(session.full(*painter.scene, stop=lambda: False).rgb, renderer.render(*painter.scene)) <= 1


def test_a_new_scene_given_up_half_way_is_drawn_in_full_next():
    session, painter = FrameSession(Renderer(make_model(), "cpu")), Painter(48, 64)
    session.full(*painter.scene)
    shown = session.rgb.copy()
    painter.paint((0, 0, 64, 48))
    with pytest.raises(Stopped):
        session.full(*painter.scene, stop=lambda: True)
    assert np.array_equal(session.rgb, shown)
    frame = session.update(*painter.scene)
    assert frame.kind == "full" and difference(frame.rgb, session.renderer.render(*painter.scene)) <= 1


def test_memory_is_reported_and_bounded():
    renderer = Renderer(make_model(), "cpu")
    session, painter = FrameSession(renderer), Painter(64, 96)
    session.full(*painter.scene)
    kept = session.cache_bytes
    assert 0 < kept < 64 * 96 * 4 * 20
    painter.paint()
    session.update(*painter.scene)
    assert session.cache_bytes == kept
    small = FrameSession(renderer, max_bytes=kept // 2)
    assert small.full(*painter.scene).exact
    assert small.cache_bytes == 0 and "memory" in small.obstacle
    painter.paint()
    frame = small.update(*painter.scene)
    assert frame.kind == "full" and difference(frame.rgb, renderer.render(*painter.scene)) <= 1


def test_a_generator_without_rules_is_rendered_in_full():
    class Odd(nn.Module):
        input_form, multiple = "dense", 1

        def __init__(self):
            super().__init__()
            self.label_channels = len(STREETS)
            self.conv = nn.Conv2d(len(STREETS) + 1 + CODE_DIM, 3, 3, padding=1)

        def forward(self, x):
            return torch.softmax(self.conv(x), 1) * 2 - 1

    model = make_model()
    model.generator = Odd().eval()
    session, painter = FrameSession(Renderer(model, "cpu")), Painter(20, 30)
    session.full(*painter.scene)
    painter.paint()
    frame = session.update(*painter.scene)
    assert frame.kind == "full" and "softmax" in session.obstacle
    assert difference(frame.rgb, session.renderer.render(*painter.scene)) <= 1


def test_too_many_objects_fall_back_to_full_frames(monkeypatch):
    session, painter = FrameSession(Renderer(make_model(), "cpu", "float32")), Painter(48, 64)
    monkeypatch.setattr(frame_index, "MAX_OBJECTS", 6)
    session.full(*painter.scene)
    always_local(session, monkeypatch)
    for n in range(9):
        painter.labels[0, n], painter.instances[0, n] = 26, 26100 + n
    frame = session.update(*painter.scene)
    assert frame.kind == "full" and difference(frame.rgb, session.renderer.render(*painter.scene)) <= 1


def test_the_table_of_distinct_pixels_is_the_conditioning():
    renderer = Renderer(make_model("pix2pixhd_global"), "cpu", "float32")
    session, painter = FrameSession(renderer), Painter(37, 50)
    painter.restyle()
    session.full(*painter.scene)
    whole = dense(renderer.conditioning(*painter.scene), len(STREETS))
    (source,) = session.executor.graph.sources
    rect = Rect(5, 3, 52, 40)
    found, _ = session.index.block(source, rect)
    assert torch.equal(found, whole[(..., *rect.slices)])
    assert torch.equal(found, TensorFeed(whole).block(source, rect)[0])


def test_what_patches_add_up_to_is_the_first_convolution():
    renderer = Renderer(make_model(), "cpu", "float32")
    session, painter = FrameSession(renderer), Painter(70, 90)
    session.full(*painter.scene)
    (conv,) = [op for op in session.executor.graph.ops if isinstance(op, PatchConv)]
    index = session.index
    for _ in range(3):
        painter.paint()
        painter.restyle()
        session.update(*painter.scene)
        planes, _ = index.block(conv.inputs[0], Rect(10, 4, 82, 60))
        expected = torch.nn.functional.conv2d(planes, conv.weight, conv.bias, 2)
        found = index.patches(conv, Rect(5, 2, 41, 30))
        assert found.shape == (1, 8, 28, 36) and torch.allclose(found, expected, atol=1e-5)
        assert expected.std() > 0.1
    assert len(index._pairs) < 0.1 * index._values.size * index.labels_count, "combinations that aren't in the frame have no row"


def test_changed_pixels_become_few_tight_rectangles():
    mask = np.zeros((600, 900), bool)
    assert mask_rects(mask) == []
    mask[10:20, 30:45] = True
    assert mask_rects(mask) == [Rect(30, 10, 45, 20)]
    mask[500:590, 800:880] = True
    assert sorted(mask_rects(mask)) == [Rect(30, 10, 45, 20), Rect(800, 500, 880, 590)]
    mask[:] = True
    assert mask_rects(mask) == [Rect(0, 0, 900, 600)]


@pytest.mark.parametrize("name", ["compact", "pix2pixhd_global", "pix2pixhd_local"])
@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_a_frame_is_what_the_plain_network_gives(name, norm):
    renderer, painter = Renderer(make_model(name, norm), "cpu", "float32"), Painter(45, 62)
    painter.restyle()
    with torch.inference_mode():
        (picture,) = renderer.generator(*inputs_for(renderer.generator, renderer.conditioning(*painter.scene)))
    expected = to_pixels(picture)[:45, :62]
    assert expected.std() > 3
    assert difference(renderer.render(*painter.scene), expected) <= 1
    assert renderer._executor.cache_bytes == 0, "a single frame keeps nothing"


def test_bfloat16_is_taken_only_where_it_is_native_and_does_not_show(monkeypatch):
    model, painter = make_model(), Painter(48, 64)
    exact = Renderer(model, "cpu", "float32").render(*painter.scene).astype(float)
    forced = Renderer(model, "cpu", "bfloat16")
    assert forced.precision == "bfloat16"
    error = np.mean((forced.render(*painter.scene) - exact) ** 2)
    assert 0 < error < 6
    monkeypatch.setattr(renderer_module, "native_bfloat16", lambda device: False)
    assert Renderer(model, "cpu").precision == "float32"
    monkeypatch.setattr(renderer_module, "native_bfloat16", lambda device: True)
    monkeypatch.setattr(renderer_module, "MIN_PSNR_DB", 20.0)
    assert Renderer(model, "cpu").precision == "bfloat16"
    monkeypatch.setattr(renderer_module, "MIN_PSNR_DB", 90.0)
    assert Renderer(model, "cpu").precision == "float32"
    with pytest.raises(VedutaError, match="float32"):
        Renderer(model, "cpu", "float8")


def test_the_likeness_asked_of_bfloat16_is_counted_in_decibels():
    one = np.zeros((3, 4, 4), np.float32)
    assert psnr(one, one) == float("inf")
    assert psnr(one, one + 0.02) == pytest.approx(40, abs=0.01)
