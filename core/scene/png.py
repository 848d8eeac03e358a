"""Looking at a PNG before it is decoded: what it is, how large, and whether it is whole."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadImageError

SIGNATURE = b"\x89PNG\r\n\x1a\n"

#: Signature and first chunk.
HEADER_BYTES = 33

#: No picture may be longer than this on a side, or hold more pixels in all.
SIDE_LIMIT = 16384
PIXEL_LIMIT = 128 << 20

GREY, RGB, INDEXED, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6

_OTHER_FORMATS = (
    (b"\xff\xd8\xff", "a JPEG"),
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"RIFF", "a WebP"),
    (b"%PDF", "a PDF"),
)


@dataclass(frozen=True)
class PngHeader:
    """What the first chunk says: size in pixels, bits per channel, colour type (0, 2, 3, 4 or 6)."""

    width: int
    height: int
    bits: int
    colour_type: int


def read_bytes(path: Path, what: str) -> bytes:
    """The whole file; BadImageError, naming ``what``, where there is none."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise BadImageError(f"There is no {what} at '{path}'; check the path.") from None
    except IsADirectoryError:
        raise BadImageError(f"'{path}' is a folder, not a {what}; choose a file in it.") from None
    except OSError as error:
        raise BadImageError(f"The {what} '{path}' can't be read ({error.strerror}); check its permissions.") from None


def other_format(data: bytes) -> str | None:
    """ "a JPEG" and the like, by the first bytes; None where they are not known."""
    return next((name for magic, name in _OTHER_FORMATS if data.startswith(magic)), None)


def check_size(width: int, height: int, name: str) -> None:
    """Raise BadImageError for a picture too large to open."""
    if not width or not height:
        raise BadImageError(f"'{name}' has no pixels; save it again.")
    if max(width, height) > SIDE_LIMIT or width * height > PIXEL_LIMIT:
        raise BadImageError(
            f"'{name}' is {width}x{height} pixels; scale it down to at most {SIDE_LIMIT} a side "
            f"and {PIXEL_LIMIT >> 20} million in all."
        )


def read_header(head: bytes) -> PngHeader | None:
    """The header in a PNG's first :data:`HEADER_BYTES`; None where they begin no PNG."""
    if len(head) < HEADER_BYTES or not head.startswith(SIGNATURE) or head[12:16] != b"IHDR":
        return None
    return PngHeader(*struct.unpack(">IIBB", head[16:26]))


def check_png(data: bytes, name: str) -> PngHeader:
    """The header of a whole, undamaged PNG of acceptable size.

    Walks all chunks and their checksums, so that a cut-off file is refused
    rather than filled up with black. Decodes nothing.

    Raises:
        BadImageError: one sentence saying what is wrong with ``name``.
    """
    cut = BadImageError(f"The PNG '{name}' is cut off or damaged; copy or export it again.")
    header = read_header(data)
    if header is None:
        raise cut
    check_size(header.width, header.height, name)
    view, at = memoryview(data), len(SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 12 + length
        if end > len(data):
            raise cut
        if struct.unpack_from(">I", data, end - 4)[0] != zlib.crc32(view[at + 4:end - 4]):
            raise cut
        if data[at + 4:at + 8] == b"IEND":
            return header
        at = end
    raise cut
