"""Bringing pix2pixHD checkpoints in: exact numbers, clear sentences, nothing executed."""

import os
import pickle
import pickletools
import struct
from collections import OrderedDict

import numpy as np
import pytest
import torch

from core.commands.import_model import main as import_main
from core.errors import ModelFileError
from core.labels import CITYSCAPES
from core.models.model_file import load_model
from core.models.nvidia_features import read_feature_clusters
from core.networks.pix2pixhd import GlobalGenerator, LocalEnhancer
from core.networks.pix2pixhd_encoder import InstanceEncoder
from core.networks.state_files import read_state_dict
from core.scene.files import write_png

OPT = """------------ Options -------------
batchSize: 1
feat_num: 3
fineSize: 512
gpu_ids: [0]
instance_feat: True
isTrain: True
label_feat: False
label_nc: 35
loadSize: 1024
max_dataset_size: inf
n_blocks_global: 2
n_blocks_local: 1
n_downsample_E: 2
n_downsample_global: 2
n_local_enhancers: 1
name: small
nef: 4
netG: local
ngf: 4
no_instance: False
norm: instance
output_nc: 3
resize_or_crop: scale_width
-------------- End ----------------
"""


class Marker:
    """A pickle of this creates a file when it is naively loaded."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def save(network, path, legacy=False):
    torch.save(OrderedDict(network.state_dict()), path, _use_new_zipfile_serialization=not legacy)


def save_clusters(path, clusters):
    np.save(path, np.array(clusters, dtype=object))


def small_generator(**options):
    return LocalEnhancer(35, **({"code_dim": 3, "width": 4, "downsamples": 2, "blocks": 2, "local_blocks": 1} | options))


@pytest.fixture
def folder(tmp_path):
    """A whole checkpoint, as small as the architecture allows, in the old .pth form of 2017."""
    source = tmp_path / "small"
    source.mkdir()
    torch.manual_seed(1)
    save(small_generator(), source / "latest_net_G.pth", legacy=True)
    save(InstanceEncoder(3, width=4, downsamples=2), source / "latest_net_E.pth", legacy=True)
    centres = np.linspace(-1, 1, 12).reshape(4, 3)
    save_clusters(source / "features_clustered_010.npy", {26: centres, 7: centres[:1], 11: centres[1:]})
    (source / "opt.txt").write_text(OPT)
    return source


def run(capsys, *argv):
    status = import_main([str(a) for a in argv])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def refused(capsys, tmp_path, *argv):
    """The sentence with which an import is refused; nothing is written."""
    out = tmp_path / "refused.safetensors"
    status, printed, sentence = run(capsys, *argv, "--out", out)
    assert status == 2 and not out.exists() and printed == ""
    assert sentence.startswith("error: ") and sentence.count("\n") == 1 and "Traceback" not in sentence
    return sentence


def test_folder_becomes_a_model_file_that_gives_the_same_numbers(folder, tmp_path, capsys):
    out = tmp_path / "city.safetensors"
    status, printed, _ = run(capsys, folder, "--out", out)
    assert status == 0 and "local enhancer" in printed and "looks for 3 classes" in printed
    model = load_model(out)
    original = small_generator()
    original.load_state_dict(torch.load(folder / "latest_net_G.pth", weights_only=True), strict=True)
    x = torch.randn(1, 39, 32, 48)
    with torch.inference_mode():
        assert torch.equal(model.generator(x), original.eval()(x))
    encoder = InstanceEncoder(3, width=4, downsamples=2)
    encoder.load_state_dict(torch.load(folder / "latest_net_E.pth", weights_only=True), strict=True)
    image, instances = torch.randn(1, 3, 16, 32), torch.randint(24000, 24003, (1, 16, 32))
    with torch.inference_mode():
        assert torch.equal(model.encoder(image, instances), encoder.eval()(image, instances))
    card = model.card
    assert card.resolution == (1024, 512) and card.code_dim == 3
    assert model.label_set.ids == CITYSCAPES.ids and card.object_classes == list(range(24, 34))
    names = [entry["file"] for entry in card.provenance["imported_from"]]
    assert names == ["opt.txt", "latest_net_G.pth", "latest_net_E.pth", "features_clustered_010.npy"]
    assert all(len(entry["sha256"]) == 64 for entry in card.provenance["imported_from"])
    assert model.code_book.looks(26) == 4 and model.code_book.looks(7) == 1 and model.code_book.looks(8) == 0
    np.testing.assert_allclose(model.code_book.code(11, 0), np.linspace(-1, 1, 12).reshape(4, 3)[1], rtol=1e-6)


def test_imported_model_renders_a_scene(folder, tmp_path, capsys):
    from core.rendering.renderer import Renderer

    out = tmp_path / "city.safetensors"
    assert run(capsys, folder, "--out", out)[0] == 0
    labels = np.full((70, 90), 7, np.uint8)
    labels[20:50, 30:60] = 26
    instances = labels.astype(np.uint16)
    instances[labels == 26] = 26000
    renderer = Renderer(load_model(out), "cpu")
    picture = renderer.render(labels, instances, {}, CITYSCAPES)
    other = renderer.render(labels, instances, {26000: np.float32([1, -1, 1])}, CITYSCAPES)
    assert picture.shape == (70, 90, 3) and (picture != other).any()
    assert renderer.render(labels[:3, :5], instances[:3, :5], {}, CITYSCAPES).shape == (3, 5, 3)


def test_imported_model_without_codes_renders_a_scene(tmp_path, capsys):
    from core.rendering.renderer import Renderer

    save(GlobalGenerator(35, code_dim=0, width=4, downsamples=1, blocks=1), tmp_path / "g.pth")
    assert run(capsys, tmp_path / "g.pth", "--out", tmp_path / "g.safetensors")[0] == 0
    labels = np.full((24, 40), 7, np.uint8)
    labels[5:15, 5:15] = 26
    values = labels.astype(np.uint16)
    values[labels == 26] = 26000
    renderer = Renderer(load_model(tmp_path / "g.safetensors"), "cpu")
    picture = renderer.render(labels, values, {26000: np.float32([1, -1, 1])}, CITYSCAPES)
    assert picture.shape == (24, 40, 3) and (picture[5:15, 5:15] != picture[15, 20]).any()


def test_imported_model_with_classes_of_its_own_reads_its_own_maps(tmp_path, capsys):
    from core.commands import dispatch

    save(GlobalGenerator(182, code_dim=0, width=4, downsamples=1, blocks=1), tmp_path / "g.pth")
    assert run(capsys, tmp_path / "g.pth", "--out", tmp_path / "g.safetensors", "--label_nc", "182")[0] == 0
    labels = np.repeat(np.arange(182, dtype=np.uint8), 4)[None].repeat(8, 0)
    write_png(tmp_path / "l.png", labels)
    words = ["render", "--labels", tmp_path / "l.png", "--model", tmp_path / "g.safetensors", "--out", tmp_path / "p.png"]
    assert dispatch.main([str(word) for word in words]) == 0
    write_png(tmp_path / "l.png", labels + 1)
    assert dispatch.main([str(word) for word in words]) == 2
    assert "'182 classes' does not have (182)" in capsys.readouterr().err


@pytest.mark.parametrize("norm", ["instance", "batch"])
@pytest.mark.parametrize("enhancers", [0, 1, 2])
def test_bare_file_needs_no_options(tmp_path, capsys, norm, enhancers):
    make = dict(code_dim=0, width=4, downsamples=3, blocks=2, norm=norm)
    network = (
        LocalEnhancer(35, enhancers=enhancers, local_blocks=2, **make) if enhancers else GlobalGenerator(35, **make)
    )
    save(network, tmp_path / "net.pth")
    out = tmp_path / "net.safetensors"
    assert run(capsys, tmp_path / "net.pth", "--out", out)[0] == 0
    model = load_model(out)
    side = network.multiple * 2
    x = torch.randn(1, 36, side, side)
    with torch.inference_mode():
        assert torch.equal(model.generator(x), network.eval()(x))
    config = model.card.generator["config"]
    assert config["norm"] == norm and config["downsamples"] == 3 and config["blocks"] == 2 and config["width"] == 4
    assert config.get("enhancers", 0) == enhancers and model.encoder is None and model.code_book is None


def test_flags_replace_what_opt_txt_says(folder, tmp_path, capsys):
    (folder / "opt.txt").write_text(OPT.replace("ngf: 4", "ngf: 8"))
    sentence = refused(capsys, tmp_path, folder)
    assert "ngf is 4" in sentence and "8 in the options" in sentence and "--ngf 4" in sentence
    assert run(capsys, folder, "--ngf", 4, "--out", tmp_path / "m.safetensors")[0] == 0


def test_generator_without_edges_gets_an_edge_channel_that_is_silent(tmp_path, capsys):
    # Built with one label channel less, so 5 labels + "edge" are really 6 labels.
    network = LocalEnhancer(37, code_dim=2, width=4, downsamples=2, blocks=1, local_blocks=1).eval()
    save(network, tmp_path / "plain.pth")
    flags = ("--label_nc", 38, "--no_instance", "--instance_feat", "--feat_num", 2)
    out = tmp_path / "plain.safetensors"
    assert run(capsys, tmp_path / "plain.pth", *flags, "--out", out)[0] == 0
    model = load_model(out)
    x = torch.randn(1, 40, 32, 32)
    edge = torch.randn(1, 1, 32, 32)
    with torch.inference_mode():
        got = model.generator(torch.cat((x[:, :38], edge, x[:, 38:]), 1))
        torch.testing.assert_close(got, network(x), atol=1e-5, rtol=0)
    assert model.label_set.ids == tuple(range(38)) and model.generator.label_channels == 38


def test_old_instance_norm_statistics_are_left_out(tmp_path, capsys):
    network = GlobalGenerator(35, code_dim=0, width=4, downsamples=1, blocks=1)
    state = network.state_dict()
    state |= {"model.2.running_mean": torch.zeros(4), "model.2.running_var": torch.ones(4)}
    torch.save(state, tmp_path / "old.pth")
    status, printed, _ = run(capsys, tmp_path / "old.pth", "--out", tmp_path / "old.safetensors")
    assert status == 0 and "2 unused statistics" in printed


class _Pickle2017:
    """Stands in for the pickle module: writes tensors as PyTorch 0.2 did, by ``_rebuild_tensor``."""

    dump, HIGHEST_PROTOCOL = staticmethod(pickle.dump), 2

    class Pickler(pickle.Pickler):
        def reducer_override(self, value):
            if isinstance(value, torch.Tensor):
                storage = value._typed_storage()
                return torch._utils._rebuild_tensor, (storage, 0, tuple(value.shape), value.stride())
            return NotImplemented


def _as_python_2(raw):
    """The pickles at the start of a .pth with every text written as Python 2 wrote it, a byte string."""
    written, start = b"", 0
    for _ in range(5):  # magic number, protocol, system, the state dict, names of the storages
        operations = list(pickletools.genops(raw[start:]))
        bounds = [at for _, _, at in operations[1:]] + [operations[-1][2] + 1]
        for (operation, text, at), end in zip(operations, bounds):
            if operation.name == "BINUNICODE":
                written += b"U" + bytes([len(text)]) + text.encode("ascii")
            else:
                written += raw[start + at : start + end]
        start += bounds[-1]
    return written + raw[start:]


def test_files_of_2017_written_by_python_2_are_read(tmp_path):
    state = small_generator().state_dict()
    path = tmp_path / "old.pth"
    torch.save(OrderedDict(state), path, pickle_module=_Pickle2017, _use_new_zipfile_serialization=False)
    raw = _as_python_2(path.read_bytes())
    assert b"_rebuild_tensor\n" in raw and b"U\x0emodel.1.weight" in raw
    path.write_bytes(raw)
    found = read_state_dict(path)
    assert found.keys() == state.keys() and all(torch.equal(found[k], state[k]) for k in state)


@pytest.mark.parametrize("legacy", [True, False])
def test_a_pickle_that_runs_code_is_refused_and_not_run(tmp_path, capsys, legacy):
    trap = tmp_path / "trap"
    torch.save({"model.1.weight": Marker(trap)}, tmp_path / "evil.pth", _use_new_zipfile_serialization=not legacy)
    assert "could run code" in refused(capsys, tmp_path, tmp_path / "evil.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Marker(trap)))
    refused(capsys, tmp_path, tmp_path / "plain.pth")
    assert not trap.exists()


def test_a_features_file_that_runs_code_is_refused_and_not_run(folder, tmp_path, capsys):
    trap = tmp_path / "trap"
    save_clusters(folder / "features_clustered_010.npy", {26: Marker(trap)})
    sentence = refused(capsys, tmp_path, folder)
    assert "features_clustered_010.npy" in sentence and "mkdir" in sentence
    assert not trap.exists()


def test_files_that_are_no_weights_are_named(tmp_path, capsys):
    page = tmp_path / "page.pth"
    page.write_text("<!DOCTYPE html><html><body>Sign in</body></html>")
    assert "web page" in refused(capsys, tmp_path, page)
    page.write_bytes(b"")
    assert "empty" in refused(capsys, tmp_path, page)
    page.write_text("version https://git-lfs.github.com/spec/v1\n")
    assert "LFS" in refused(capsys, tmp_path, page)
    assert "There is no" in refused(capsys, tmp_path, tmp_path / "absent.pth")
    torch.save(torch.nn.Linear(2, 2).state_dict(), page)
    assert "no pix2pixHD generator" in refused(capsys, tmp_path, page)
    torch.save([torch.zeros(2)], page)
    assert "state dict" in refused(capsys, tmp_path, page)


@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.98])
def test_truncated_weights_are_refused(tmp_path, capsys, legacy, kept):
    path = tmp_path / "cut.pth"
    save(small_generator(), path, legacy)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    sentence = refused(capsys, tmp_path, path)
    assert "cut.pth" in sentence and "again" in sentence


def test_a_damaged_end_of_a_large_zip_is_refused(tmp_path, capsys):
    """A zip64's last record but one says where the directory is, and on how many disks: here on two."""
    path = tmp_path / "cut.pth"
    save(small_generator(), path)
    whole = path.read_bytes()
    end = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 50, 0) + struct.pack("<4sIQI", b"PK\x06\x07", 0, 0, 2)
    path.write_bytes(whole[: len(whole) // 2] + end + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, 50, 0, 0))
    assert "cut.pth" in refused(capsys, tmp_path, path)


@pytest.mark.parametrize("change, word", [
    (lambda t: t.int(), "int32"), (lambda t: t > 0, "bool"), (lambda t: t.to(torch.complex64), "complex64"), (lambda t: t.to_sparse(), "sparse"),
], ids=["int32", "bool", "complex64", "sparse"])
def test_weights_that_are_no_plain_floats_are_told(folder, tmp_path, capsys, change, word):
    state = small_generator().state_dict()
    for key in ("model.1.weight", "model.4.bias"):
        torch.save({k: change(v) if k == key else v for k, v in state.items()}, folder / "latest_net_G.pth")
        sentence = refused(capsys, tmp_path, folder)
        assert f"has {key} as " in sentence and word in sentence


def test_half_precision_is_imported(folder, tmp_path, capsys):
    state = {k: v.half() for k, v in small_generator().state_dict().items()}
    torch.save(state, folder / "latest_net_G.pth")
    assert run(capsys, folder, "--out", tmp_path / "m.safetensors")[0] == 0
    loaded = load_model(tmp_path / "m.safetensors").generator.state_dict()
    assert all(torch.equal(loaded[k], v.float()) for k, v in state.items())


def test_a_bias_without_dimensions_is_told(folder, tmp_path, capsys):
    state = small_generator().state_dict()
    bias = next(k for k, v in state.items() if k.startswith("model.4.") and k.endswith(".bias"))
    torch.save({k: v.sum() if k == bias else v for k, v in state.items()}, folder / "latest_net_G.pth")
    assert bias in refused(capsys, tmp_path, folder)


def test_options_that_choose_in_a_folder_do_not_go_with_a_file(tmp_path, capsys):
    save(GlobalGenerator(35, code_dim=0, width=4, downsamples=1, blocks=1), tmp_path / "g.pth")
    assert "--which_epoch" in refused(capsys, tmp_path, tmp_path / "g.pth", "--which_epoch", 77)
    assert "--cluster_path" in refused(capsys, tmp_path, tmp_path / "g.pth", "--cluster_path", "nothere.npy")
    assert run(capsys, tmp_path / "g.pth", "--out", tmp_path / "g.safetensors")[0] == 0


def test_clusters_that_do_not_exist_are_told_and_those_without_use_noted(folder, tmp_path, capsys):
    assert "no nothere.npy" in refused(capsys, tmp_path, folder, "--cluster_path", "nothere.npy")
    save(GlobalGenerator(35, code_dim=0, width=4, downsamples=1, blocks=1), folder / "latest_net_G.pth")
    (folder / "opt.txt").unlink()
    (folder / "latest_net_E.pth").unlink()
    status, printed, _ = run(capsys, folder, "--out", tmp_path / "m.safetensors")
    assert status == 0 and "features_clustered_010.npy was left out" in printed


@pytest.mark.parametrize("side", [-8, 1, 10**9])
def test_a_training_frame_of_senseless_size_is_told(folder, tmp_path, capsys, side):
    assert "loadSize" in refused(capsys, tmp_path, folder, "--loadSize", side)


def test_folders_without_a_generator_say_what_to_do(tmp_path, capsys):
    assert "latest_net_G.pth" in refused(capsys, tmp_path, tmp_path)
    save(GlobalGenerator(35, code_dim=0, width=4, downsamples=1, blocks=1), tmp_path / "20_net_G.pth")
    assert "--which_epoch 20" in refused(capsys, tmp_path, tmp_path)
    out = tmp_path / "twenty.safetensors"
    assert run(capsys, tmp_path, "--which-epoch", 20, "--out", out)[0] == 0 and out.exists()


def test_missing_parts_of_a_folder_are_told_and_the_rest_imported(folder, tmp_path, capsys):
    (folder / "latest_net_E.pth").unlink()
    (folder / "features_clustered_010.npy").unlink()
    out = tmp_path / "m.safetensors"
    status, printed, _ = run(capsys, folder, "--out", out)
    assert status == 0 and "no encoder" in printed and "no feature clusters" in printed
    model = load_model(out)
    assert model.encoder is None and model.card.code_dim == 3


def test_what_does_not_fit_is_named(folder, tmp_path, capsys):
    assert "no pix2pixHD encoder" in _with_file(capsys, tmp_path, folder, "latest_net_E.pth", small_generator())
    save(InstanceEncoder(5, width=4, downsamples=2), folder / "latest_net_E.pth")
    assert "feat_num is 5" in refused(capsys, tmp_path, folder)
    save(InstanceEncoder(3, width=4, downsamples=2), folder / "latest_net_E.pth")
    state = small_generator().state_dict()
    lost = {k: v for k, v in state.items() if not k.startswith("model.11.conv_block.1")}
    torch.save(lost, folder / "latest_net_G.pth")
    assert "lacks model.11.conv_block.1.weight" in refused(capsys, tmp_path, folder)
    state["model.4.weight"] = torch.zeros(8, 5, 3, 3)
    torch.save(state, folder / "latest_net_G.pth")
    assert "model.4.weight as 8x5x3x3 where 16x8x3x3" in refused(capsys, tmp_path, folder)


def _with_file(capsys, tmp_path, folder, name, network):
    save(network, folder / name)
    return refused(capsys, tmp_path, folder)


def test_input_channels_that_do_not_add_up_are_told(tmp_path, capsys):
    save(GlobalGenerator(35, code_dim=3, width=4, downsamples=1, blocks=1), tmp_path / "g.pth")
    sentence = refused(capsys, tmp_path, tmp_path / "g.pth", "--label_nc", 19)
    assert "39 input channels" in sentence and "--label_nc" in sentence
    assert "label_nc 0" in refused(capsys, tmp_path, tmp_path / "g.pth", "--label_nc", 0)


def test_opt_txt_with_a_senseless_value_is_told(folder, tmp_path, capsys):
    (folder / "opt.txt").write_text(OPT.replace("ngf: 4", "ngf: many"))
    assert "'ngf: many'" in refused(capsys, tmp_path, folder)


def test_only_safetensors_are_written(folder, tmp_path, capsys):
    status, _, sentence = run(capsys, folder, "--out", tmp_path / "m.pth")
    assert status == 2 and ".safetensors" in sentence


# --- feature clusters -------------------------------------------------------------------------


def _python2_array(values):
    """Opcodes of one float64 array as Python 2's numpy pickled it (protocol 2, byte strings as text)."""
    rows, columns = values.shape
    raw = values.astype("<f8").tobytes()
    return (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K" + bytes([rows]) + b"K" + bytes([columns]) + b"\x86"
        b"cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89T" + struct.pack("<I", len(raw)) + raw + b"tb"
    )


def test_clusters_of_python_2_are_read(tmp_path):
    centres = np.array([[0.5, -1.0, 0.25], [3.0, 2.0, 255.0]])
    body = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01)cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb\x89"
        b"]}(K\x07" + _python2_array(centres) + b"K\x1a" + _python2_array(centres[:1]) + b"uatb."
    )
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }"
    header += b" " * (117 - len(header)) + b"\n"
    path = tmp_path / "features.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body)
    # numpy itself agrees that this is what Python 2 wrote.
    trusted = np.load(path, allow_pickle=True, encoding="latin1").item()
    np.testing.assert_array_equal(trusted[7], centres)
    found = read_feature_clusters(path)
    assert sorted(found) == [7, 26] and found[7].dtype == np.float32
    np.testing.assert_array_equal(found[7], centres)
    np.testing.assert_array_equal(found[26], centres[:1])


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_clusters_of_every_protocol_and_key_type_are_read(tmp_path, protocol):
    centres = np.asfortranarray(np.random.default_rng(0).normal(size=(5, 3)))
    path = tmp_path / "c.npy"
    with open(path, "wb") as file:
        header = {"descr": "|O", "fortran_order": False, "shape": ()}
        np.lib.format.write_array_header_1_0(file, header)
        content = {np.int64(26): centres, 7: centres[:2].astype(np.float32), 8: np.zeros((0, 3))}
        pickle.dump(np.array(content, dtype=object), file, protocol=protocol)
    found = read_feature_clusters(path)
    assert sorted(found) == [7, 26]
    np.testing.assert_allclose(found[26], centres, rtol=1e-6)


@pytest.mark.parametrize(
    "content",
    [{"car": np.zeros((2, 3))}, {26: np.zeros(3)}, {26: [1, 2]}, [1, 2], {26: np.full((1, 3), np.nan)}],
    ids=["names", "flat", "list", "no dict", "nan"],
)
def test_other_content_is_no_clusters(tmp_path, content):
    path = tmp_path / "c.npy"
    array = np.empty((), object)
    array[()] = content
    np.save(path, array)
    with pytest.raises(ModelFileError, match="doesn't hold feature clusters"):
        read_feature_clusters(path)


def test_damaged_clusters_are_told(tmp_path):
    path = tmp_path / "c.npy"
    save_clusters(path, {26: np.zeros((4, 3))})
    whole = path.read_bytes()
    for cut in (0, 5, 40, len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:cut])
        with pytest.raises(ModelFileError, match="cut short"):
            read_feature_clusters(path)
    np.save(path, np.zeros((3, 3)))
    with pytest.raises(ModelFileError, match="plain array"):
        read_feature_clusters(path)


def test_state_dicts_are_unwrapped(tmp_path):
    inner = {f"module.{k}": v for k, v in torch.nn.Linear(2, 3).state_dict().items()}
    torch.save({"state_dict": inner}, tmp_path / "w.pth")
    assert sorted(read_state_dict(tmp_path / "w.pth")) == ["bias", "weight"]
