"""Finding photographs with their label and instance maps.

Two layouts: the official Cityscapes folders (also what ``main.py streets``
writes) and pix2pixHD's ``train_label`` / ``train_inst`` / ``train_img``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import BadImageError, DataError
from core.opencv import cv2

PHOTOGRAPH_ENDINGS = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Sample:
    """One photograph and its maps; ``instances`` is None where the layout has none."""

    name: str
    photograph: Path
    labels: Path
    instances: Path | None


def find_samples(folder: str | Path, split: str = "train") -> list[Sample]:
    """All samples of a split, sorted by name.

    Args:
        folder: the data set's folder.
        split: ``train``, ``val`` or ``test``.

    Raises:
        DataError: when the folder has neither layout, or no sample of the split.
    """
    folder = Path(folder)
    if (folder / "gtFine" / split).is_dir():
        samples = _cityscapes(folder, split)
    elif (folder / f"{split}_label").is_dir() or (folder / f"{split}_A").is_dir():
        samples = _pix2pixhd(folder, split)
    else:
        raise DataError(
            f"{folder} holds no '{split}' set: it needs leftImg8bit/{split} with gtFine/{split}, "
            f"or {split}_label with {split}_img."
        )
    if not samples:
        raise DataError(f"The '{split}' set in {folder} has no photograph with a label map; check the file names.")
    return samples


def _cityscapes(folder: Path, split: str) -> list[Sample]:
    samples = []
    for labels in sorted((folder / "gtFine" / split).glob("*/*_gtFine_labelIds.png")):
        stem = labels.name[: -len("_gtFine_labelIds.png")]
        instances = labels.with_name(f"{stem}_gtFine_instanceIds.png")
        for ending in PHOTOGRAPH_ENDINGS:
            photograph = folder / "leftImg8bit" / split / labels.parent.name / f"{stem}_leftImg8bit{ending}"
            if photograph.is_file():
                samples.append(Sample(stem, photograph, labels, instances if instances.is_file() else None))
                break
    return samples


def _pix2pixhd(folder: Path, split: str) -> list[Sample]:
    """Paired by sorted order, not by name, as NVIDIA's loader does."""

    def files(*suffixes: str) -> list[Path]:
        for suffix in suffixes:
            found = folder / f"{split}_{suffix}"
            if found.is_dir():
                return sorted(p for p in found.iterdir() if p.suffix.lower() in PHOTOGRAPH_ENDINGS)
        return []

    labels, photographs, instances = files("label", "A"), files("img", "B"), files("inst")
    for what, others in (("photographs", photographs), ("instance maps", instances)):
        if others and len(others) != len(labels):
            raise DataError(
                f"{folder} has {len(labels)} label maps but {len(others)} {what}; they are paired in sorted order, "
                "so remove what has no partner."
            )
    if not photographs:
        return []
    return [
        Sample(label.stem, photograph, label, instances[i] if instances else None)
        for i, (label, photograph) in enumerate(zip(labels, photographs))
    ]


def read_sample(sample: Sample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Photograph (H, W, 3) uint8 RGB, label map (H, W) uint8, instance map (H, W) uint16.

    A missing instance map is replaced by the label map: no object is known apart.

    Raises:
        BadImageError: when a file can't be read or the sizes differ.
    """
    photograph = _read(sample.photograph, cv2.IMREAD_COLOR)
    labels = _read(sample.labels, cv2.IMREAD_UNCHANGED)
    if labels.ndim != 2 or labels.dtype != np.uint8:
        raise BadImageError(f"{sample.labels.name} is no 8-bit grey label map; use a labelIds PNG.")
    instances = labels.astype(np.uint16)
    if sample.instances is not None:
        instances = _read(sample.instances, cv2.IMREAD_UNCHANGED)
        if instances.ndim != 2:
            raise BadImageError(f"{sample.instances.name} is no grey instance map; use a 16-bit instanceIds PNG.")
    if not photograph.shape[:2] == labels.shape == instances.shape:
        raise BadImageError(f"The photograph and the maps of {sample.name} differ in size; export them again.")
    return cv2.cvtColor(photograph, cv2.COLOR_BGR2RGB), labels, instances.astype(np.uint16)


def _read(path: Path, flags: int) -> np.ndarray:
    image = cv2.imread(str(path), flags)
    if image is None:
        raise BadImageError(f"{path.name} can't be read as a picture; copy it again.")
    return image
