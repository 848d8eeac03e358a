"""pix2pixHD checkpoints -> model files.

Nothing in a checkpoint is executed: weights go through PyTorch's restricted
unpickler, feature clusters through our own.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from core.appearance import CodeBook
from core.checksum import sha256_of
from core.errors import ModelFileError
from core.labels import CITYSCAPES, INSTANCE_FACTOR, Label, LabelSet
from core.models.model_file import Model, make_card
from core.models.nvidia_features import read_feature_clusters
from core.models.nvidia_layout import encoder_options, generator_options
from core.models.nvidia_options import Options, read_options, training_resolution
from core.models.registry import build
from core.networks.state_files import read_state_dict
from core.scene.png import SIDE_LIMIT

#: NVIDIA's own default, which a bare file's shapes can't tell.
DEFAULT_LABEL_NC = 35


@dataclass
class Sources:
    """The files of one checkpoint; None for those that it doesn't have."""

    generator: Path
    encoder: Path | None = None
    clusters: Path | None = None
    options: Path | None = None

    def files(self) -> list[Path]:
        return [p for p in (self.options, self.generator, self.encoder, self.clusters) if p is not None]


def find_sources(source: str | Path, epoch: str | None = None, clusters: str | None = None) -> Sources:
    """The files of a checkpoint folder, or the one bare ``.pth``.

    Args:
        source: a folder with ``{epoch}_net_G.pth``, or a generator's file.
        epoch: ``latest`` or a number, NVIDIA's ``which_epoch``; None for the latest.
        clusters: name of the feature clusters in the folder, NVIDIA's ``cluster_path``.

    Raises:
        ModelFileError: when there is no generator, saying which epochs there are; or when a bare file is
            to have an epoch or clusters, which only a folder has.
    """
    source = Path(source)
    if not source.exists():
        raise ModelFileError(f"There is no {source}; give a pix2pixHD checkpoint folder or a .pth file.")
    if not source.is_dir():
        for option, given in (("--which_epoch", epoch), ("--cluster_path", clusters)):
            if given is not None:
                raise ModelFileError(f"{option} chooses in a checkpoint folder, and {source.name} is a file; give its folder, or leave {option} out.")
        return Sources(source)
    epoch = "latest" if epoch is None else epoch
    generator = source / f"{epoch}_net_G.pth"
    if not generator.is_file():
        others = sorted(p.name.removesuffix("_net_G.pth") for p in source.glob("*_net_G.pth"))
        hint = f"give --which_epoch {others[-1]}" if others else "give the folder in which training saved its networks"
        raise ModelFileError(f"{source} has no {generator.name}; {hint}.")
    if clusters is not None:
        found = [source / clusters]
        if not found[0].is_file():
            raise ModelFileError(f"{source} has no {clusters}; leave --cluster_path out or correct it.")
    else:
        usual = source / "features_clustered_010.npy"
        found = [usual] if usual.is_file() else sorted(source.glob("features_clustered_*.npy"))[:1]

    def optional(path: Path) -> Path | None:
        return path if path.is_file() else None

    return Sources(
        generator,
        optional(source / f"{epoch}_net_E.pth"),
        found[0] if found else None,
        optional(source / "opt.txt"),
    )


def import_checkpoint(sources: Sources, flags: Options | None = None) -> tuple[Model, list[str]]:
    """Read a pix2pixHD checkpoint into a model.

    Args:
        sources: from :func:`find_sources`.
        flags: options that take the place of ``opt.txt``'s.

    Returns:
        the model, and sentences about what was missing or assumed.

    Raises:
        ModelFileError: when a file can't be read or the parts don't fit.
    """
    notes: list[str] = []
    options = read_options(sources.options) if sources.options else Options()
    options = options.overridden_by(flags or Options())
    if options.label_nc == 0:
        raise ModelFileError(
            "This model was trained on pictures (label_nc 0), not on label maps; choose one trained on labels."
        )
    g_name = sources.generator.name
    g_state = _without_stale_buffers(read_state_dict(sources.generator), notes, g_name)
    found = generator_options(g_state, g_name)
    _compare(options, found, g_name)
    if found["output_nc"] != 3:
        raise ModelFileError(f"{g_name} makes {found['output_nc']} channels, not a picture; choose another model.")

    e_state, e_found = None, None
    if sources.encoder is not None and options.uses_features is not False:
        e_state = _without_stale_buffers(read_state_dict(sources.encoder), notes, sources.encoder.name)
        e_found = encoder_options(e_state, sources.encoder.name)
        _compare(options, e_found, sources.encoder.name)
    label_nc, edge, code_dim = _split_channels(options, found["input_channels"], e_found, g_name)
    if not edge:
        g_state = _with_silent_edge(g_state, label_nc)

    g_config = {
        "label_channels": label_nc,
        "code_dim": code_dim,
        "width": found["ngf"],
        "downsamples": found["n_downsample_global"],
        "blocks": found["n_blocks_global"],
        "norm": found["norm"],
    }
    local = found["netG"] == "local"
    if local:
        g_config |= {"enhancers": found["n_local_enhancers"], "local_blocks": found["n_blocks_local"]}
    g_described = ("pix2pixhd_local" if local else "pix2pixhd_global", g_config)
    generator = _filled(g_described, g_state, g_name)

    encoder = e_described = None
    if e_state is not None and code_dim:
        e_config = {
            "code_dim": e_found["feat_num"],
            "width": e_found["nef"],
            "downsamples": e_found["n_downsample_E"],
            "norm": e_found["norm"],
        }
        e_described = ("pix2pixhd_encoder", e_config)
        encoder = _filled(e_described, e_state, sources.encoder.name)
    elif code_dim:
        notes.append("There is no encoder (*_net_E.pth), so looks can't be taken from photographs.")

    label_set = _label_set(label_nc, notes)
    book = _code_book(sources.clusters, code_dim, label_set, notes) if code_dim else None
    if sources.clusters is not None and not code_dim:
        notes.append(f"The generator takes no codes, so that {sources.clusters.name} was left out.")
    resolution, how = training_resolution(options, local)
    if not 1 <= min(resolution) <= max(resolution) <= SIDE_LIMIT:
        raise ModelFileError(f"A training frame of {resolution[0]}x{resolution[1]} pixels makes no sense ({how}); correct loadSize and fineSize.")
    things = [label.id for label in label_set if (label.thing if label_set is CITYSCAPES else label.instanced)]
    card = make_card(
        name=f"pix2pixHD, {sources.generator.resolve().parent.name if sources.options else g_name}",
        generator=g_described,
        encoder=e_described,
        label_set=label_set,
        code_dim=code_dim,
        resolution=resolution,
        object_classes=things if edge or code_dim else [],
        provenance={
            "imported_from": [{"file": p.name, "sha256": sha256_of(p)} for p in sources.files()],
            "options": options.given(),
            "resolution": how,
            "codes_per": "class" if options.label_feat else "object",
            "licence": "that of the imported files",
            "notes": notes,
        },
    )
    return Model(generator, encoder, card, book, label_set), notes


def _compare(options: Options, found: dict, name: str) -> None:
    """Raise where an option that was given isn't what the weights show."""
    for key, wanted in options.given().items():
        # opt.txt holds every option, also those of parts that this network doesn't have.
        if key in found and found[key] != wanted:
            raise ModelFileError(
                f"{name} doesn't fit the options: {key} is {found[key]} in its weights but {wanted} in the options; "
                f"give --{key} {found[key]} or choose the right file."
            )


def _split_channels(options: Options, total: int, encoder: dict | None, name: str) -> tuple[int, bool, int]:
    """(label channels, whether there is an edge channel, code channels) that make ``total`` input channels."""
    label_nc = DEFAULT_LABEL_NC if options.label_nc is None else options.label_nc
    edge = not options.no_instance
    rest = total - label_nc - edge
    if rest == -1 and options.no_instance is None and not options.uses_features:
        edge, rest = False, 0
    if options.uses_features is False:
        codes = 0
    elif encoder is not None:
        codes = encoder["feat_num"]
    elif options.feat_num is not None and (options.uses_features or rest > 0):
        codes = options.feat_num
    elif options.uses_features or rest > 0:
        codes = 3  # NVIDIA's default
    else:
        codes = 0
    if rest != codes:
        sum_ = f"{label_nc} labels" + (" + 1 edge" if edge else "") + (f" + {codes} features" if codes else "")
        raise ModelFileError(
            f"{name} takes {total} input channels, but the options make {label_nc + edge + codes} ({sum_}); "
            "give --label_nc, --no_instance, --instance_feat or --feat_num as in its training."
        )
    return label_nc, edge, codes


def _without_stale_buffers(state: dict[str, Tensor], notes: list[str], name: str) -> dict[str, Tensor]:
    """Drop the running statistics that PyTorch before 0.4 saved with instance norm and never used."""
    stale = [
        key
        for key in state
        if key.rsplit(".", 1)[-1] in ("running_mean", "running_var", "num_batches_tracked")
        and f"{key.rsplit('.', 1)[0]}.weight" not in state
    ]
    if stale:
        notes.append(f"{name} held {len(stale)} unused statistics of instance norm; they were left out.")
    return {key: tensor for key, tensor in state.items() if key not in stale}


def _with_silent_edge(state: dict[str, Tensor], label_nc: int) -> dict[str, Tensor]:
    """Give a generator trained without edges an edge channel of weight zero, so that all take the same input."""
    widened = dict(state)
    for key, weight in state.items():
        if key == "model.1.weight" or (key.startswith("model") and key.endswith("_1.1.weight")):
            silent = torch.zeros_like(weight[:, :1])
            widened[key] = torch.cat((weight[:, :label_nc], silent, weight[:, label_nc:]), 1)
    return widened


def _filled(described: tuple[str, dict], state: dict[str, Tensor], name: str) -> nn.Module:
    """The described network with ``state`` in it, strictly."""
    with torch.device("meta"):
        network = build(*described)
    expected = network.state_dict()
    # A counter that PyTorch's batch norm keeps since 0.4.1; it plays no part in the numbers.
    counters = {k: torch.tensor(0) for k in expected if k.endswith(".num_batches_tracked")}
    state = counters | state
    missing = [k for k in expected if k not in state]
    surplus = [k for k in state if k not in expected]
    shaped = [k for k in expected if k in state and state[k].shape != expected[k].shape]
    strange = [k for k in expected if k in state and k not in shaped and not _alike(state[k], expected[k])]
    if missing or surplus or shaped or strange:
        parts = []
        for what, keys in (("lacks", missing), ("has no use for", surplus)):
            if keys:
                parts.append(f"{what} {', '.join(keys[:3])}" + (f" and {len(keys) - 3} more" if len(keys) > 3 else ""))
        for key in shaped[:3]:
            parts.append(f"has {key} as {_shape(state[key])} where {_shape(expected[key])} is needed")
        for key in strange[:3]:
            kind = "sparse " * (state[key].layout != torch.strided) + str(state[key].dtype).removeprefix("torch.")
            parts.append(f"has {key} as {kind} where plain floating-point numbers are needed")
        raise ModelFileError(f"{name} {'; '.join(parts)}; give its training's options or get the file again.")
    ready = {k: (v.float() if v.is_floating_point() else v).clone() for k, v in state.items()}
    network.load_state_dict(ready, strict=True, assign=True)
    return network.eval()


def _alike(found: Tensor, wanted: Tensor) -> bool:
    """Whether it can stand in a network: floats for floats, one after another in memory."""
    return found.layout == torch.strided and (found.is_floating_point() or not wanted.is_floating_point())


def _shape(tensor: Tensor) -> str:
    return "x".join(str(n) for n in tensor.shape)


def _label_set(label_nc: int, notes: list[str]) -> LabelSet:
    """Cityscapes for its 34 ids (NVIDIA counts one more channel), else nameless classes."""
    if label_nc in (34, 35):
        return CITYSCAPES
    if label_nc > 256:
        raise ModelFileError(f"The model has {label_nc} classes; a label map holds at most 256, so it can't be used.")
    notes.append(f"Its {label_nc} classes have no names here; it takes label maps with ids 0 to {label_nc - 1}.")
    last = 65535 // INSTANCE_FACTOR - 1
    labels = []
    for i in range(label_nc):
        # Steps of the golden ratio keep neighbouring ids apart in hue.
        colour = colorsys.hsv_to_rgb(i * 0.618034 % 1, 0.45 + 0.5 * (i % 2), 0.95 - 0.25 * (i % 3))
        rgb = tuple(round(255 * c) for c in colour)
        labels.append(Label(i, f"class {i}", rgb, "classes", instanced=i <= last))
    return LabelSet(f"{label_nc} classes", labels)


def _code_book(path: Path | None, dim: int, label_set: LabelSet, notes: list[str]) -> CodeBook | None:
    if path is None:
        notes.append("There are no feature clusters (features_clustered_010.npy), so objects have no looks to choose.")
        return None
    clusters = read_feature_clusters(path)
    book = CodeBook(dim)
    for label_id, centres in sorted(clusters.items()):
        if centres.shape[1] != dim:
            raise ModelFileError(
                f"{path.name} holds codes of {centres.shape[1]} numbers, but the generator takes {dim}; "
                "choose the clusters of the same training."
            )
        if label_id not in label_set:
            notes.append(f"{path.name} holds looks of class {label_id}, which the label set lacks; they were left out.")
            continue
        book.centres[label_id] = centres
        # How many objects each centre stands for isn't in the file: all count the same.
        book.sizes[label_id] = np.ones(len(centres), np.int64)
    return book
