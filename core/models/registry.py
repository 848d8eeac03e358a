"""Architectures by name, so that a model file can say which one it holds."""

from __future__ import annotations

from typing import Any, Callable

from torch import nn

from core.errors import ModelFileError


def _compact(**config) -> nn.Module:
    from core.networks.compact import CompactGenerator

    # Model files and training states from before there was a choice don't name it.
    config.setdefault("upsampling", "nearest")
    return CompactGenerator(**{k: tuple(v) if isinstance(v, list) else v for k, v in config.items()})


def _compact_encoder(**config) -> nn.Module:
    from core.networks.compact_encoder import CompactEncoder

    return CompactEncoder(**config)


def _global(**config) -> nn.Module:
    from core.networks.pix2pixhd import GlobalGenerator

    return GlobalGenerator(**config)


def _local(**config) -> nn.Module:
    from core.networks.pix2pixhd import LocalEnhancer

    return LocalEnhancer(**config)


def _encoder(**config) -> nn.Module:
    from core.networks.pix2pixhd_encoder import InstanceEncoder

    return InstanceEncoder(**config)


ARCHITECTURES: dict[str, Callable[..., nn.Module]] = {
    "compact": _compact,
    "compact_encoder": _compact_encoder,
    "pix2pixhd_global": _global,
    "pix2pixhd_local": _local,
    "pix2pixhd_encoder": _encoder,
}


def build(name: str, config: dict[str, Any]) -> nn.Module:
    """The network ``name`` with ``config`` as keyword arguments, randomly initialised.

    Raises:
        ModelFileError: for an unknown name or arguments that don't fit it.
    """
    builder = ARCHITECTURES.get(name)
    if builder is None:
        raise ModelFileError(
            f"This model names the architecture '{name}', which this version doesn't have; update Veduta."
        )
    try:
        return builder(**config)
    # Numbers that make no network: too few of them, negative ones, more than there is memory for.
    except (TypeError, ValueError, RuntimeError, LookupError, ArithmeticError, MemoryError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise ModelFileError(f"The model's settings don't fit '{name}' ({reason}); save the model again.") from None
