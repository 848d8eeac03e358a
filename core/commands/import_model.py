"""``main.py import``: a pix2pixHD checkpoint becomes a model file."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from pathlib import Path

from core.errors import ModelFileError, VedutaError


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="main.py import",
        description="Turn a pix2pixHD checkpoint into a model file. Nothing in the checkpoint is executed.",
        epilog="The other options are named as in pix2pixHD's training script. They take the place of opt.txt's; "
        "what neither says is read off the weights.",
    )
    parser.add_argument("source", type=Path, help="checkpoint folder (opt.txt, latest_net_G.pth, ...) or a bare .pth")
    parser.add_argument("--out", type=Path, required=True, metavar="MODEL.safetensors", help="model file to write")
    parser.add_argument("--which_epoch", "--which-epoch", help="networks of this epoch (latest)")
    parser.add_argument("--cluster_path", metavar="NAME", help="feature clusters (features_clustered_010.npy)")
    options = parser.add_argument_group("pix2pixHD's options")
    options.add_argument("--netG", choices=("global", "local"))
    options.add_argument("--norm", choices=("instance", "batch"))
    for flag in ("no_instance", "instance_feat", "label_feat"):
        options.add_argument(f"--{flag}", action="store_true", default=None)
    for flag in (
        "ngf n_downsample_global n_blocks_global n_local_enhancers n_blocks_local "
        "label_nc output_nc feat_num nef n_downsample_E loadSize fineSize"
    ).split():
        options.add_argument(f"--{flag}", type=int, metavar="N")
    options.add_argument("--resize_or_crop", metavar="HOW")
    return parser


def main(argv: list[str]) -> int:
    """Import a checkpoint; 0 when the model file is written, 2 with a sentence when it can't be."""
    arguments = parser().parse_args(argv)
    try:
        _import(arguments)
    except VedutaError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _import(arguments: argparse.Namespace) -> None:
    if arguments.out.suffix != ".safetensors":
        raise ModelFileError(f"{arguments.out.name} must end in .safetensors; name the model file so.")
    from core.models.model_file import save_model
    from core.models.nvidia_import import find_sources, import_checkpoint
    from core.models.nvidia_options import Options

    flags = Options(**{f.name: getattr(arguments, f.name) for f in fields(Options)})
    sources = find_sources(arguments.source, arguments.which_epoch, arguments.cluster_path)
    model, notes = import_checkpoint(sources, flags)
    save_model(arguments.out, model)
    for note in notes:
        print(note)
    print(f"Wrote {arguments.out}: {_describe(model)}.")


def _describe(model) -> str:
    config = model.card.generator["config"]
    kind = "local enhancer" if "local" in model.card.generator["name"] else "global generator"
    parameters = sum(p.numel() for p in model.generator.parameters())
    parts = [f"pix2pixHD's {kind}", f"{config['label_channels']} labels", f"{parameters / 1e6:.1f} M weights"]
    if model.card.code_dim:
        parts.append(f"appearance codes of {model.card.code_dim} numbers")
        parts.append("with encoder" if model.encoder is not None else "without encoder")
        if model.code_book is not None:
            parts.append(f"looks for {len(model.code_book.centres)} classes")
    return ", ".join(parts)
