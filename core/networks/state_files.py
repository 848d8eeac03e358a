"""Reading foreign weight files without running anything that is in them.

A ``.pth`` is a pickle, and a pickle can run code. Here it is read by PyTorch's
restricted unpickler (``weights_only=True``), which knows tensors and plain
containers and refuses everything else before it is called.
"""

from __future__ import annotations

import pickle
import warnings
import zipfile
from pathlib import Path

import torch

from core.errors import ModelFileError

_ZIP = b"PK\x03\x04"
_PICKLE = b"\x80"


def read_state_dict(path: str | Path) -> dict[str, torch.Tensor]:
    """Read a state dict (name -> tensor on the CPU) from a ``.pth``/``.pt`` or ``.safetensors`` file.

    A ``{"state_dict": {...}}`` wrapper is opened and a ``module.`` prefix that
    ``DataParallel`` put before every name is taken off.

    Raises:
        ModelFileError: when the file is missing, is no weight file, is cut
            short, or would run code. Nothing in it is ever executed.
    """
    path = Path(path)
    head = _head(path)
    try:
        if path.suffix == ".safetensors" or _looks_like_safetensors(head):
            from safetensors.torch import load_file

            loaded = load_file(path)
        elif not head.startswith((_ZIP, _PICKLE)):
            raise ModelFileError(f"{path.name} is {_what_it_is(head)}; give a .pth or .safetensors with weights.")
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about unusual pickles; they are refused below in our words
                loaded = torch.load(path, map_location="cpu", weights_only=True)
    except ModelFileError:
        raise
    except pickle.UnpicklingError as error:
        if "WeightsUnpickler" in str(error) or "weights_only" in str(error).lower():
            raise ModelFileError(
                f"{path.name} holds more than plain tensors and could run code, so it was not opened; "
                "save the network's state_dict() alone."
            ) from None
        raise ModelFileError(_damaged(path)) from None
    except MemoryError:
        raise ModelFileError(f"{path.name} needs more memory than there is; close other programs.") from None
    except Exception:
        # torch.load and safetensors answer broken bytes with whatever their
        # parser met first (RuntimeError, EOFError, KeyError, SafetensorError...).
        raise ModelFileError(_damaged(path)) from None
    return _plain_tensors(path, loaded)


def _head(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(512)
    except FileNotFoundError:
        raise ModelFileError(f"There is no file {path}; check the path.") from None
    except IsADirectoryError:
        raise ModelFileError(f"{path} is a folder, not a weight file; name the file inside it.") from None
    except OSError as error:
        raise ModelFileError(f"{path} can't be read ({error.strerror}); check its permissions.") from None


def _looks_like_safetensors(head: bytes) -> bool:
    return len(head) > 9 and int.from_bytes(head[:8], "little") < 1 << 27 and head[8:9] == b"{"


def _what_it_is(head: bytes) -> str:
    start = head.lstrip()[:64].lower()
    if not head:
        return "empty"
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<")):
        return "a web page, not a weight file"
    if start.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, not the weight file itself"
    return "no weight file"


def _damaged(path: Path) -> str:
    try:
        whole = zipfile.is_zipfile(path)
    except (zipfile.BadZipFile, OSError):
        whole = False  # its last lines contradict themselves
    if whole:
        return f"{path.name} is not a weight file that can be read; download it again."
    return f"{path.name} is cut short or damaged; download it again."


def _plain_tensors(path: Path, loaded) -> dict[str, torch.Tensor]:
    if isinstance(loaded, dict) and isinstance(loaded.get("state_dict"), dict):
        loaded = loaded["state_dict"]
    if (
        not isinstance(loaded, dict)
        or not loaded
        or not all(isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in loaded.items())
    ):
        raise ModelFileError(f"{path.name} is not a state dict of named tensors; save the network's state_dict() alone.")
    if all(name.startswith("module.") for name in loaded):
        loaded = {name[len("module.") :]: tensor for name, tensor in loaded.items()}
    return dict(loaded)
