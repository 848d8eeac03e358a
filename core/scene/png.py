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
    """What the first chunk says: size in pixels, bits per channel, colour type (0, 2, 3, 4 or 6), whether rows come in passes."""

    width: int
    height: int
    bits: int
    colour_type: int
    interlaced: bool = False


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
    return PngHeader(*struct.unpack(">IIBB", head[16:26]), interlaced=head[28] == 1)


def check_png(data: bytes, name: str) -> PngHeader:
    """The header of a whole, undamaged PNG of acceptable size.

    Walks all chunks and their checksums and counts the bytes that the rows
    unpack to, so that a cut-off file is refused rather than filled up with
    black. Decodes and keeps nothing.

    Raises:
        BadImageError: one sentence saying what is wrong with ``name``.
    """
    cut = BadImageError(f"The PNG '{name}' is cut off or damaged; copy or export it again.")
    header = read_header(data)
    if header is None:
        raise cut
    check_size(header.width, header.height, name)
    view, at, packed = memoryview(data), len(SIGNATURE), []
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 12 + length
        if end > len(data):
            raise cut
        if struct.unpack_from(">I", data, end - 4)[0] != zlib.crc32(view[at + 4:end - 4]):
            raise cut
        if data[at + 4:at + 8] == b"IDAT":
            packed.append(view[at + 8:end - 4])
        if data[at + 4:at + 8] == b"IEND":
            if not _holds(packed, _unpacked_bytes(header)):
                raise cut
            return header
        at = end
    raise cut


#: The seven passes of an interlaced PNG: first column and row, steps across and down.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_CHANNELS = {GREY: 1, RGB: 3, INDEXED: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}


def _unpacked_bytes(header: PngHeader) -> int:
    """What the rows of such a PNG take, with the byte before each that names its filter; 0 for a colour type that there isn't."""
    bits, total = header.bits * _CHANNELS.get(header.colour_type, 0), 0
    for left, top, across, down in _PASSES if header.interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-max(header.width - left, 0) // across), -(-max(header.height - top, 0) // down)
        if columns and bits:
            total += rows * (1 + -(-columns * bits // 8))
    return total


def _holds(packed: list[memoryview], needed: int) -> bool:
    """Whether the data of IDAT chunks unpack to as many bytes as are needed; a piece at a time, and no further."""
    unpacker = zlib.decompressobj()
    try:
        for chunk in packed:
            while chunk and needed > 0:
                needed -= len(unpacker.decompress(chunk, 1 << 18))
                chunk = unpacker.unconsumed_tail
        while needed > 0 and (last := unpacker.decompress(b"", 1 << 18)):
            needed -= len(last)
    except zlib.error:
        return needed <= 0
    return needed <= 0
