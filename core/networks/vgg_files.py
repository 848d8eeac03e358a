"""Where VGG's weights lie, and fetching them once. Needs no torch: the studio asks before it has loaded it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Callable

from core.checksum import sha256_of
from core.errors import ModelFileError

VGG19_URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
VGG19_SHA256 = "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44"
_CACHED_NAME = "vgg19-dcbb9e9d.pth"


def vgg_at_hand() -> bool:
    """True where :func:`find_vgg` finds weights by itself."""
    try:
        return find_vgg().is_file()
    except ModelFileError:
        return False


def vgg_cache() -> Path:
    """Where a downloaded VGG19 is kept: the user's cache folder."""
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "veduta" / _CACHED_NAME


def find_vgg(path: str | Path | None = None) -> Path:
    """The VGG weights to use: ``path``, else $VEDUTA_VGG, else the user's cache.

    Raises:
        ModelFileError: when there are none, saying how to get them.
    """
    for given in (path, os.environ.get("VEDUTA_VGG")):
        if given:
            if not Path(given).is_file():
                raise ModelFileError(f"There are no VGG weights at {given}; check the path.")
            return Path(given)
    if vgg_cache().is_file():
        return vgg_cache()
    raise ModelFileError(
        f"The perceptual loss needs VGG weights: fetch them once with 'python main.py fetch-vgg', "
        f"name a file with --vgg or VEDUTA_VGG, or train without them (--vgg none)."
    )


def download_vgg19(
    progress: Callable[[int, int], None] | None = None,
    target: str | Path | None = None,
    url: str = VGG19_URL,
    sha256: str = VGG19_SHA256,
) -> Path:
    """Fetch VGG19's ImageNet weights (575 MB) from PyTorch and check their SHA-256.

    Args:
        progress: called with (bytes so far, bytes in all or 0 when unknown).
        target: where to put the file; the user's cache by default.

    Raises:
        ModelFileError: when the network, the disk or the checksum says no. A
            file already there is then untouched.
    """
    import http.client
    import urllib.error
    import urllib.request

    target = Path(target) if target is not None else vgg_cache()
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(url, timeout=30) as answer, open(partial, "wb") as file:
            total = int(answer.headers.get("Content-Length") or 0)
            done = 0
            while chunk := answer.read(1 << 20):
                file.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
            file.flush()
            os.fsync(file.fileno())
        if sha256_of(partial) != sha256:
            raise ModelFileError("The VGG19 download is damaged (its checksum differs); try again.")
        os.replace(partial, target)
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        raise ModelFileError(_why_not_downloaded(error, url, target)) from None
    finally:
        partial.unlink(missing_ok=True)
    return target


def _why_not_downloaded(error: Exception, url: str, target: Path) -> str:
    import errno
    import socket
    import urllib.error

    reason = getattr(error, "reason", error)
    if isinstance(error, urllib.error.HTTPError):
        what = f"the server answered {error.code}"
    elif isinstance(reason, (socket.gaierror, ConnectionError, TimeoutError)) or getattr(reason, "errno", 0) in (
        errno.ENETUNREACH, errno.EHOSTUNREACH,
    ):  # fmt: skip
        what = "this computer is offline, or the server can't be reached"
    elif getattr(reason, "errno", 0) == errno.ENOSPC:
        what = f"the disk of {target.parent} is full"
    else:
        what = str(reason)
    return (
        f"VGG19 couldn't be downloaded: {what}. Try again later, save {url} as {target} by hand, "
        "name a file of VGG weights, or train without them."
    )
