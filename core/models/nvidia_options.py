"""pix2pixHD's training options, as ``opt.txt`` and as command-line flags name them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from core.errors import ModelFileError


@dataclass
class Options:
    """What is known of a training run; None where nothing was said.

    The names are NVIDIA's, so that a person can copy them from a training script.
    """

    netG: str | None = None  #                  "global" or "local"
    ngf: int | None = None  #                   channels of the generator's first convolution
    n_downsample_global: int | None = None
    n_blocks_global: int | None = None
    n_local_enhancers: int | None = None
    n_blocks_local: int | None = None
    norm: str | None = None  #                  "instance" or "batch"
    label_nc: int | None = None  #              one-hot channels; 0 means RGB input
    output_nc: int | None = None
    no_instance: bool | None = None  #          True: no edge channel
    instance_feat: bool | None = None  #        True: codes per object
    label_feat: bool | None = None  #           True: codes per class
    feat_num: int | None = None  #              channels of a code
    nef: int | None = None  #                   channels of the encoder's first convolution
    n_downsample_E: int | None = None
    resize_or_crop: str | None = None
    loadSize: int | None = None
    fineSize: int | None = None

    def given(self) -> dict[str, str | int | bool]:
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}

    def overridden_by(self, other: "Options") -> "Options":
        """These options, with those that ``other`` gives in their place."""
        return Options(**(self.given() | other.given()))

    @property
    def uses_features(self) -> bool | None:
        """Whether the generator takes appearance planes; None where nothing was said."""
        if self.instance_feat is None and self.label_feat is None:
            return None
        return bool(self.instance_feat or self.label_feat)


def read_options(path: str | Path) -> Options:
    """Read ``opt.txt``: lines ``key: value``; keys that play no part here are passed over.

    Raises:
        ModelFileError: when it can't be read or a value is not what its key wants.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ModelFileError(f"{path.name} can't be read ({error.strerror}); check its permissions.") from None
    kinds = {f.name: f.type for f in fields(Options)}
    found: dict[str, str | int | bool] = {}
    for line in text.splitlines():
        key, separator, value = (part.strip() for part in line.partition(":"))
        if separator and key in kinds and value not in ("", "None"):
            found[key] = _value(path.name, key, value, kinds[key])
    return Options(**found)


def _value(name: str, key: str, value: str, kind: str) -> str | int | bool:
    try:
        if kind.startswith("bool"):
            return {"true": True, "false": False}[value.lower()]
        return int(value) if kind.startswith("int") else value
    except (KeyError, ValueError):
        raise ModelFileError(f"{name} says '{key}: {value}', which makes no sense; correct that line.") from None


def training_resolution(options: Options, local: bool) -> tuple[tuple[int, int], str]:
    """((width, height) of a training frame, how that is known).

    NVIDIA scales by width and Cityscapes is 2:1, so the width tells all.
    """
    how = options.resize_or_crop or ("scale_width" if options.loadSize else None)
    if how is not None and "crop" in how and options.fineSize:
        return (options.fineSize, options.fineSize), "opt.txt, fineSize"
    if how in ("scale_width", "resize") and options.loadSize:
        return (options.loadSize, options.loadSize // 2), "opt.txt, loadSize"
    if how == "none":
        return (2048, 1024), "opt.txt, frames as they are"
    return ((2048, 1024) if local else (1024, 512)), "assumed: usual for this architecture"
