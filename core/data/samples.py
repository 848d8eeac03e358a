"""Finding photographs with their label and instance maps.

Three layouts: the official Cityscapes folders (also what ``main.py streets``
writes), pix2pixHD's ``train_label`` / ``train_inst`` / ``train_img``, and any
two folders of label maps and photographs whose files have the same names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Sequence

import numpy as np

from core.errors import BadImageError, DataError
from core.opencv import cv2
from core.scene.png import HEADER_BYTES, read_header

PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
MAP_ENDINGS = (".png", ".bmp", ".tif", ".tiff")
_PHOTOGRAPH_ENDINGS = (".jpg", ".jpeg", ".png")
#: Names that folders of a pair of folders may have.
_LABEL_FOLDERS = ("labels", "label", "label_maps", "masks", "annotations")
_PHOTOGRAPH_FOLDERS = ("photographs", "images", "image", "photos", "img", "imgs")
_INSTANCE_FOLDERS = ("instances", "instance", "instance_maps", "inst")
#: Of a pair of folders, which has no splits, one sample in this many is held out as "val".
_HELD_OUT = 20
#: A photograph is taken at most so many times as often as others: of few, a model would learn nothing but these.
MOST_OFTEN = 8


@dataclass(frozen=True)
class Sample:
    """Maps of one scene and its photograph.

    ``instances`` is None where the layout has none; ``photograph`` is None only
    in what :func:`find_maps` finds.
    """

    name: str
    photograph: Path | None
    labels: Path
    instances: Path | None


@dataclass
class Found:
    """What a folder holds of one split.

    Attributes:
        layout: "Cityscapes", "pix2pixHD" or "pair of folders".
        samples: with photograph, sorted by name.
        maps: without.
        lone: photographs without a label map.
        uneven: "" or a sentence: files paired in sorted order that differ in number.
    """

    layout: str
    samples: list[Sample] = field(default_factory=list)
    maps: list[Sample] = field(default_factory=list)
    lone: list[Path] = field(default_factory=list)
    uneven: str = ""


def find_samples(folder: str | Path, split: str = "train") -> list[Sample]:
    """All samples of a split, sorted by name.

    Args:
        folder: the data set's folder.
        split: ``train``, ``val`` or ``test``.

    Raises:
        DataError: when the folder has no known layout, or no sample of the split.
    """
    found = look_into(folder, split)
    if found.uneven:
        raise DataError(found.uneven)
    if not found.samples:
        raise DataError(f"The '{split}' set in {folder} has no photograph with a label map; check the file names.")
    return found.samples


def find_maps(folder: str | Path, split: str = "val") -> list[Sample]:
    """Label maps of a split with or without photographs, sorted by name; empty where there is no such split."""
    try:
        found = look_into(folder, split)
    except DataError:
        return []
    return sorted(found.samples + found.maps, key=lambda sample: sample.name)


def look_into(folder: str | Path, split: str) -> Found:
    """What ``folder`` holds of ``split``, complete or not.

    Raises:
        DataError: when the folder is missing or has none of the layouts.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}; check the path.")
    if (folder / "gtFine" / split).is_dir():
        return _cityscapes(folder, split)
    if _first(folder, f"{split}_label", f"{split}_A") is not None:
        return _pix2pixhd(folder, split)
    labels, photographs = _first(folder, *_LABEL_FOLDERS), _first(folder, *_PHOTOGRAPH_FOLDERS)
    if labels is not None and photographs is not None:
        return pair_folders(labels, photographs, _first(folder, *_INSTANCE_FOLDERS), split)
    raise DataError(
        f"{folder} holds no '{split}' set: it needs leftImg8bit/{split} with gtFine/{split}, "
        f"or {split}_label with {split}_img, or labels with photographs."
    )


def nearby(folder: str | Path, split: str = "train", most: int = 4) -> list[Path]:
    """Folders above and below ``folder`` that do hold the split, for whoever chose one too deep or too high."""
    folder = Path(folder)
    if not folder.is_dir():
        return []
    try:
        below = sorted(p for p in folder.iterdir() if p.is_dir() and not p.is_symlink() and not p.name.startswith("."))[:200]
    except OSError:
        below = []
    found = []
    for candidate in (*list(folder.resolve().parents)[:3], *below):
        try:
            if look_into(candidate, split).samples:
                found.append(candidate)
        except (DataError, OSError):
            continue
        if len(found) == most:
            break
    return found


def pair_folders(labels: Path, photographs: Path, instances: Path | None = None, split: str = "train") -> Found:
    """Label maps and photographs of the same name in two folders, instance maps in a third.

    There are no splits: one in twenty (in sorted order) is held out as "val".
    """
    found = Found("pair of folders")
    pictures = {p.stem: p for p in _files(photographs, PICTURE_ENDINGS)}
    numbered = {p.stem: p for p in _files(instances, MAP_ENDINGS)} if instances is not None else {}
    maps = _files(labels, MAP_ENDINGS)
    for i, path in enumerate(maps):
        held_out = i % _HELD_OUT == _HELD_OUT - 1
        photograph = pictures.pop(path.stem, None)
        if held_out == (split != "train"):
            sample = Sample(path.stem, photograph, path, numbered.get(path.stem))
            (found.maps if photograph is None else found.samples).append(sample)
    found.lone = sorted(pictures.values())
    return found


def _cityscapes(folder: Path, split: str) -> Found:
    found = Found("Cityscapes")
    pictures = {}
    for path in _files(folder / "leftImg8bit" / split, _PHOTOGRAPH_ENDINGS, "*/*"):
        if path.stem.endswith("_leftImg8bit"):
            pictures.setdefault((path.parent.name, path.stem[: -len("_leftImg8bit")]), path)
    for labels in sorted((folder / "gtFine" / split).glob("*/*_gtFine_labelIds.png")):
        stem = labels.name[: -len("_gtFine_labelIds.png")]
        instances = labels.with_name(f"{stem}_gtFine_instanceIds.png")
        photograph = pictures.pop((labels.parent.name, stem), None)
        sample = Sample(stem, photograph, labels, instances if instances.is_file() else None)
        (found.maps if photograph is None else found.samples).append(sample)
    found.lone = sorted(pictures.values())
    return found


def _pix2pixhd(folder: Path, split: str) -> Found:
    """Paired by sorted order, not by name, as NVIDIA's loader does."""
    found = Found("pix2pixHD")
    labels, photographs, instances = (
        _files(_first(folder, *(f"{split}_{ending}" for ending in endings)), _PHOTOGRAPH_ENDINGS)
        for endings in (("label", "A"), ("img", "B"), ("inst",))
    )
    for what, others in (("photographs", photographs), ("instance maps", instances)):
        if others and len(others) != len(labels):
            found.uneven = (
                f"{folder} has {len(labels)} label maps but {len(others)} {what}; they are paired in sorted order, "
                "so remove what has no partner."
            )
            return found
    for i, label in enumerate(labels):
        photograph = photographs[i] if photographs else None
        sample = Sample(label.stem, photograph, label, instances[i] if instances else None)
        (found.maps if photograph is None else found.samples).append(sample)
    return found


def _first(folder: Path, *names: str) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_dir()), None)


def _files(folder: Path | None, endings: tuple[str, ...], pattern: str = "*") -> list[Path]:
    if folder is None:
        return []
    return sorted(p for p in folder.glob(pattern) if p.suffix.lower() in endings and not p.name.startswith("."))


def read_sample(sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Photograph (H, W, 3) uint8 RGB, label map (H, W) uint8, instance map (H, W) uint16.

    A missing instance map is replaced by the label map: no object is known apart.

    Raises:
        BadImageError: when a file can't be read or the sizes differ.
    """
    labels, instances = read_maps(sample)
    photograph = read_photograph(sample.photograph)
    if photograph.shape[:2] != labels.shape:
        raise BadImageError(
            f"The photograph of {sample.name} is {_size(photograph)} but its label map {_size(labels)}; "
            "export them at one size."
        )
    return photograph, labels, instances


def suited(samples: Sequence[Sample], width: int) -> list[Sample]:
    """``samples`` as a phase that trains at frame widths of ``width`` and more draws from them.

    Those at least so wide are sharp at that scale; where they are the fewer,
    they are repeated until they make up about two thirds, up to :data:`MOST_OFTEN`.
    """
    wide, rest = by_width(samples, width)
    return wide * max(1, min(round(2 * len(rest) / len(wide)), MOST_OFTEN)) + rest if wide else rest


def by_width(samples: Sequence[Sample], width: int) -> tuple[list[Sample], list[Sample]]:
    """Those of at least ``width`` pixels, and the others."""
    wide, rest = [], []
    for sample in samples:
        (wide if _map_width(sample.labels) >= width else rest).append(sample)
    return wide, rest


def _map_width(path: Path) -> int:
    """A label map's width from its first bytes where it is a PNG, else by reading it."""
    with open(path, "rb") as handle:
        header = read_header(handle.read(HEADER_BYTES))
    return header.width if header is not None else _read_labels(path).shape[1]


def read_photograph(path: Path) -> np.ndarray:
    """(H, W, 3) uint8 RGB; BadImageError when it can't be read."""
    return cv2.cvtColor(_read(path, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def read_maps(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Label map (H, W) uint8 and instance map (H, W) uint16; see :func:`read_sample`."""
    labels = _read_labels(sample.labels)
    if sample.instances is None:
        return labels, labels.astype(np.uint16)
    instances = _read(sample.instances, cv2.IMREAD_UNCHANGED)
    if instances.ndim != 2 or instances.dtype != np.uint16:
        form = "an 8-bit" if instances.dtype == np.uint8 else "no 16-bit grey"
        raise BadImageError(
            f"The instance map {sample.instances.name} is {form} picture; it can't hold class id * 1000 + number, "
            "so export the 16-bit grey instanceIds file."
        )
    if instances.shape != labels.shape:
        raise BadImageError(
            f"The instance map of {sample.name} is {_size(instances)} but its label map {_size(labels)}; "
            "export them at one size."
        )
    return labels, instances


def _read_labels(path: Path) -> np.ndarray:
    labels = _read(path, cv2.IMREAD_UNCHANGED)
    return labels if labels.ndim == 2 and labels.dtype == np.uint8 else _indices(path)


def _indices(path: Path) -> np.ndarray:
    """The indices of an indexed PNG: segmentation masks are often saved so, with a colour for each class."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            if picture.mode == "P":
                return np.array(picture, np.uint8)
    except (OSError, SyntaxError, ValueError):
        pass
    raise BadImageError(
        f"The label map {path.name} is no 8-bit grey picture; use a labelIds PNG with one class id per pixel."
    )


def _size(array: np.ndarray) -> str:
    return f"{array.shape[1]}x{array.shape[0]}"


def _read(path: Path, flags: int) -> np.ndarray:
    image = cv2.imread(str(path), flags)
    if image is None:
        raise BadImageError(f"{path.name} can't be read as a picture; copy it again.")
    return image
