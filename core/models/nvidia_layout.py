"""What a pix2pixHD state dict says about its own architecture.

Every number that its options name can be read off the names and shapes of the
weights, so a bare ``.pth`` needs no options and options that don't fit are found.
"""

from __future__ import annotations

import re
from typing import Mapping

from torch import Tensor

from core.errors import ModelFileError

_ENTRY = re.compile(r"(\d+)\.(?:(conv_block)\.\d+\.)?weight")


class _Part:
    """The layers of one ``Sequential``, by what they do."""

    def __init__(self, state: Mapping[str, Tensor], prefix: str):
        self.prefix = prefix
        self.wide: list[Tensor] = []  #  7x7 convolutions, in order
        self.blocks: set[int] = set()
        self.downs = self.ups = 0
        self.batch = False
        layers: dict[int, Tensor] = {}
        for name, tensor in state.items():
            if not name.startswith(prefix + "."):
                continue
            match = _ENTRY.fullmatch(name, len(prefix) + 1)
            if match is None:
                continue
            if match[2]:
                self.blocks.add(int(match[1]))
                self.batch |= tensor.ndim == 1
            else:
                layers[int(match[1])] = tensor
        for place in sorted(layers):
            weight = layers[place]
            if weight.ndim == 1:
                self.batch = True
            elif weight.ndim == 4 and weight.shape[-1] == 7:
                self.wide.append(weight)
            elif weight.ndim == 4 and weight.shape[-1] == 3:
                # A convolution's bias has weight.shape[0] entries, a transposed one's weight.shape[1].
                bias = state.get(f"{prefix}.{place}.bias")
                if bias is not None and bias.ndim == 1 and bias.shape[0] == weight.shape[1] != weight.shape[0]:
                    self.ups += 1
                else:
                    self.downs += 1


def generator_options(state: Mapping[str, Tensor], name: str) -> dict[str, str | int]:
    """NVIDIA's options of a generator, read off its weights, and ``input_channels``, ``output_nc``.

    Raises:
        ModelFileError: when ``state`` is no pix2pixHD generator. ``name`` is the file's.
    """
    body = _Part(state, "model")
    if not body.wide or body.downs != body.ups or not body.downs:
        raise ModelFileError(
            f"{name} is no pix2pixHD generator (its first weight is '{next(iter(state))}'); "
            "choose the *_net_G.pth of a pix2pixHD training."
        )
    first = body.wide[0]
    found: dict[str, str | int] = {
        "netG": "global",
        "ngf": first.shape[0],
        "n_downsample_global": body.downs,
        "n_blocks_global": len(body.blocks),
        "norm": "batch" if body.batch else "instance",
        "input_channels": first.shape[1],
    }
    enhancers = 0
    while any(key.startswith(f"model{enhancers + 1}_1.") for key in state):
        enhancers += 1
    if enhancers:
        last = _Part(state, f"model{enhancers}_2")
        found |= {
            "netG": "local",
            "ngf": first.shape[0] >> enhancers,
            "n_local_enhancers": enhancers,
            "n_blocks_local": len(last.blocks),
        }
        head = last.wide
    else:
        head = body.wide[1:]
    if len(head) != 1:
        raise ModelFileError(f"{name} lacks the layer that makes the picture; get the whole *_net_G.pth.")
    found["output_nc"] = head[0].shape[0]
    return found


def encoder_options(state: Mapping[str, Tensor], name: str) -> dict[str, str | int]:
    """NVIDIA's options of an encoder, read off its weights.

    Raises:
        ModelFileError: when ``state`` is no pix2pixHD encoder.
    """
    body = _Part(state, "model")
    if len(body.wide) != 2 or body.downs != body.ups or body.blocks or body.wide[0].shape[1] != 3:
        raise ModelFileError(f"{name} is no pix2pixHD encoder; choose the *_net_E.pth of the same training.")
    return {
        "nef": body.wide[0].shape[0],
        "n_downsample_E": body.downs,
        "feat_num": body.wide[1].shape[0],
        "norm": "batch" if body.batch else "instance",
    }
