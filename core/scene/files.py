"""Label maps, instance maps and pictures as files: read exactly, written atomically."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import NoReturn

import numpy as np

from core.atomic import replacing
from core.errors import BadImageError
from core.labels import STREETS, LabelSet
from core.opencv import cv2
from core.scene.png import GREY, GREY_ALPHA, INDEXED, SIGNATURE, check_png, check_size, other_format, read_bytes

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")


def read_label_map(path: str | os.PathLike, label_set: LabelSet = STREETS) -> np.ndarray:
    """(H, W) uint8 ids of ``label_set`` from a PNG.

    An 8-bit grey PNG is taken as it is. A colour or indexed PNG is turned into
    ids where all its colours are class colours (black is unlabeled); else an
    indexed PNG's indices are the ids.

    Raises:
        BadImageError: not a whole PNG, too large, 16 bits, or foreign colours.
        LabelError: ids outside the set.
    """
    path = Path(path)
    data = read_bytes(path, "label map")
    if not data.startswith(SIGNATURE):
        _refuse_format(data, path, "label map", "which does not keep label ids", "an 8-bit grey PNG")
    label_map = decode_label_map(data, path.name, label_set)
    label_set.check(label_map, f"label map '{path.name}'")
    return label_map


def decode_label_map(data: bytes, name: str, label_set: LabelSet) -> np.ndarray:
    """:func:`read_label_map` from bytes, without the check of the ids."""
    header = check_png(data, name)
    if header.bits == 16:
        raise BadImageError(
            f"'{name}' has 16 bits, as an instance map has; choose the labelIds file as the label map."
        )
    picture = _decode(data, name)
    if header.colour_type == GREY:
        grey = np.asarray(picture, np.uint8)
        if picture.mode == "1":
            return grey
        return grey // (255 // (2**header.bits - 1))  # fewer bits come back stretched over 0..255
    if header.colour_type == GREY_ALPHA:
        return np.ascontiguousarray(np.asarray(picture)[..., 0])
    if header.colour_type == INDEXED:
        indices = np.asarray(picture, np.uint8)
        colours = picture.palette.getdata()[1] if picture.palette is not None else b""
        if not colours or len(colours) % 3:
            raise BadImageError(f"The PNG '{name}' has no whole table of colours; export it again.")
        palette = np.frombuffer(colours, np.uint8).reshape(-1, 3)
        used = np.flatnonzero(np.bincount(indices.reshape(-1), minlength=256))
        if used.max() < len(palette):
            ids = ids_of_colours(palette[used], label_set)
            if ids is not None:
                table = np.zeros(256, np.uint8)
                table[used] = ids
                return table[indices]
        return indices.copy()
    rgb = np.asarray(picture.convert("RGB"))
    packed = rgb[..., 0].astype(np.uint32) << 16 | rgb[..., 1].astype(np.uint32) << 8 | rgb[..., 2]
    colours, which = np.unique(packed.reshape(-1), return_inverse=True)
    if colours.size <= 256:
        ids = ids_of_colours(np.stack([colours >> 16, colours >> 8 & 255, colours & 255], 1), label_set)
        if ids is not None:
            return ids[which].reshape(packed.shape)
    raise BadImageError(
        f"'{name}' is a colour picture whose colours are not those of '{label_set.name}'; "
        "choose an 8-bit grey map with one class id per pixel (labelIds)."
    )


def ids_of_colours(colours: np.ndarray, label_set: LabelSet) -> np.ndarray | None:
    """(N,) uint8 ids of (N, 3) class colours; None where one is no class's colour."""
    by_colour = {}
    for label in label_set:
        by_colour.setdefault(tuple(label.colour), label.id)
    ids = [by_colour.get(tuple(colour)) for colour in colours.tolist()]
    return None if None in ids else np.array(ids, np.uint8)


def read_instance_map(path: str | os.PathLike) -> np.ndarray:
    """(H, W) uint16 instance values from a 16-bit grey PNG, exactly as they stand there.

    Raises:
        BadImageError: not a whole PNG, too large, or not one 16-bit channel.
    """
    path = Path(path)
    data = read_bytes(path, "instance map")
    if not data.startswith(SIGNATURE):
        _refuse_format(data, path, "instance map", "which does not keep object numbers", "a 16-bit grey PNG")
    return decode_instance_map(data, path.name)


def decode_instance_map(data: bytes, name: str) -> np.ndarray:
    """:func:`read_instance_map` from bytes."""
    header = check_png(data, name)
    if header.colour_type != GREY or header.bits != 16:
        form = f"{header.bits}-bit" if header.colour_type in (GREY, INDEXED) else "colour"
        raise BadImageError(
            f"The instance map '{name}' is a {form} picture; choose the 16-bit grey instanceIds file "
            "(class id * 1000 + number)."
        )
    return np.asarray(_decode(data, name)).astype(np.uint16)


def read_picture(path: str | os.PathLike) -> np.ndarray:
    """(H, W, 3) uint8 RGB from a PNG, JPEG, TIFF, BMP or WebP photograph.

    Raises:
        BadImageError: it can't be decoded whole, is too large, or holds numbers that don't tell what is white.
    """
    from PIL import Image, ImageOps

    path = Path(path)
    data = read_bytes(path, "picture")
    if data.startswith(SIGNATURE):
        check_png(data, path.name)
    elif other_format(data) in (None, "a PDF", "a GIF"):
        _refuse_format(data, path, "picture", "which this program does not read", "a PNG or JPEG")
    try:
        with Image.open(io.BytesIO(data)) as picture:
            check_size(*picture.size, path.name)
            picture = ImageOps.exif_transpose(picture)
            if picture.mode == "F" or picture.mode.startswith("I"):
                return np.repeat(_deep_grey(picture, data.startswith(SIGNATURE), path.name)[..., None], 3, axis=2)
            return np.array(picture.convert("RGB"))
    except BadImageError:
        raise
    except Exception as error:  # decoders raise all sorts of errors on damaged files
        raise BadImageError(f"The picture '{path.name}' is damaged ({_short(error)}); export it again.") from None


def _deep_grey(picture, png: bool, name: str) -> np.ndarray:
    """(H, W) uint8 of a Pillow picture with one channel of more than 8 bits; BadImageError where white can't be told."""
    grey = np.asarray(picture)
    if picture.mode == "F":
        if not ((grey >= 0) & (grey <= 1)).all():  # NaN is neither
            raise BadImageError(f"The picture '{name}' holds numbers outside 0 to 1; export it with 8 or 16 bits a channel.")
        return np.rint(grey * 255).astype(np.uint8)
    # 16 bits; a PNG's come as 32-bit numbers from older Pillows. A TIFF's that do are signed, or have more bits.
    if picture.mode == "I" and not png:
        raise BadImageError(f"The picture '{name}' holds whole numbers of 32 bits, or signed ones; export it with 8 or 16 bits a channel.")
    return (grey >> 8).astype(np.uint8)


def encode_png(array: np.ndarray) -> bytes:
    """PNG bytes of (H, W) uint8 or uint16, or (H, W, 3) uint8 RGB."""
    if array.ndim == 3:
        array = cv2.cvtColor(np.ascontiguousarray(array), cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".png", np.ascontiguousarray(array), [cv2.IMWRITE_PNG_COMPRESSION, 4])
    if not done:
        raise BadImageError("This picture can't be written as a PNG; use 8 or 16 bits a channel.")
    return data.tobytes()


def write_png(path: str | os.PathLike, array: np.ndarray) -> None:
    """Write (H, W) uint8/uint16 or (H, W, 3) uint8 RGB as a PNG, whole or not at all.

    Raises:
        BadImageError: when the file can't be written.
    """
    write_bytes(path, encode_png(array))


def write_picture(path: str | os.PathLike, rgb: np.ndarray, quality: int = 95) -> None:
    """Write (H, W, 3) uint8 RGB as PNG, JPEG or TIFF, by the name's ending.

    Args:
        quality: of a JPEG, 1..100.

    Raises:
        BadImageError: for another ending, or when the file can't be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in PICTURE_SUFFIXES:
        raise BadImageError(f"'{path.name}' does not end in .png, .jpg or .tif; give the picture one of these.")
    if suffix == ".png":
        return write_png(path, rgb)
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if suffix in (".jpg", ".jpeg") else []
    done, data = cv2.imencode(suffix, cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2BGR), options)
    if not done:
        raise BadImageError(f"This picture can't be written as {suffix}; choose .png.")
    write_bytes(path, data.tobytes())


def write_bytes(path: str | os.PathLike, data: bytes) -> None:
    """Write a file whole or not at all; BadImageError where the place does not allow it."""
    try:
        with replacing(path) as file:
            file.write(data)
    except OSError as error:
        raise BadImageError(f"'{path}' can't be written ({error.strerror}); choose another place.") from None


def resize_nearest(map_2d: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A (H, W) map at ``size`` (width, height), each pixel the one whose area holds its centre."""
    height, width = map_2d.shape
    columns = (np.arange(size[0]) * 2 + 1) * width // (2 * size[0])
    rows = (np.arange(size[1]) * 2 + 1) * height // (2 * size[1])
    return np.ascontiguousarray(map_2d[rows[:, None], columns])


def _decode(data: bytes, name: str):
    """A loaded Pillow picture of a PNG that ``check_png`` has passed."""
    from PIL import PngImagePlugin

    try:
        picture = PngImagePlugin.PngImageFile(io.BytesIO(data))
        picture.load()
        return picture
    except Exception as error:
        raise BadImageError(f"The PNG '{name}' is damaged ({_short(error)}); copy or export it again.") from None


def _refuse_format(data: bytes, path: Path, what: str, why: str, instead: str) -> NoReturn:
    form = other_format(data)
    if form is None:
        raise BadImageError(f"The {what} '{path.name}' is not a picture; choose {instead}.")
    raise BadImageError(f"The {what} '{path.name}' is {form}, {why}; save it as {instead}.")


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:80]
