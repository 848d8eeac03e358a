"""pix2pixHD's data folders: ``{train|test}_{label|inst|img|feat}``, paired by sorted order."""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import DataError
from core.scene.cityscapes import Pair, save_pair
from core.scene.files import write_png
from core.scene.scene import Scene, SceneSnapshot

PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".tiff")

#: Folder endings by what they hold; the second name is pix2pixHD's for data without a label map.
_LABELS, _PHOTOS, _INSTANCES = ("_label", "_A"), ("_img", "_B"), ("_inst",)


def phases(root: str | os.PathLike) -> list[str]:
    """"train", "test" and the like for which a folder of label maps stands below ``root``."""
    root = Path(root)
    if not root.is_dir():
        return []
    names = sorted(entry.name for entry in root.iterdir() if entry.is_dir())
    found = [name[: -len(ending)] for name in names for ending in _LABELS if name.endswith(ending)]
    return list(dict.fromkeys(phase for phase in found if phase))


def find_folder_pairs(root: str | os.PathLike, phase: str | None = None) -> list[Pair]:
    """The streets of one phase, or of all; the n-th label map goes with the n-th of each other kind.

    Raises:
        DataError: when there is no such folder, or a folder holds another number of files.
    """
    root = Path(root)
    chosen = [phase] if phase else phases(root)
    if not chosen:
        raise DataError(f"'{root}' holds no folder such as train_label; choose a folder in the pix2pixHD layout.")
    pairs: list[Pair] = []
    for name in chosen:
        folder = _first(root, name, _LABELS)
        if folder is None:
            raise DataError(f"'{root}' holds no folder {name}_label; choose another phase.")
        labels = pictures(folder)
        others = []
        for endings in (_INSTANCES, _PHOTOS):
            other = _first(root, name, endings)
            files = [None] * len(labels) if other is None else pictures(other)
            if other is not None and len(files) != len(labels):
                raise DataError(
                    f"{other.name} holds {len(files)} files but {folder.name} {len(labels)}; "
                    "they are paired by sorted order, so the numbers must agree."
                )
            others.append(files)
        pairs += [Pair(path.stem, path, *rest) for path, *rest in zip(labels, *others)]
    if not pairs:
        raise DataError(f"The label folders in '{root}' are empty; put label maps there.")
    return pairs


def save_folder_pair(
    root: str | os.PathLike, phase: str, name: str, scene: Scene | SceneSnapshot, photo=None, strict: bool = True
) -> None:
    """Add a street to pix2pixHD folders, making them where they are missing.

    Args:
        name: file name without its ending; the same in each folder, so that sorting pairs them.
        photo: (H, W, 3) uint8 RGB, or None.
        strict: as for ``core.scene.cityscapes.save_pair``; NVIDIA's networks know 35 labels.

    Raises:
        BadImageError: when a file can't be written.
        DataError: when a folder can't be made.
    """
    root = Path(root)
    folders = {kind: root / f"{phase}_{kind}" for kind in ("label", "inst", "img")}
    try:
        for kind, folder in folders.items():
            if kind != "img" or photo is not None:
                folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"'{root}' can't be written ({error.strerror}); choose another folder.") from None
    save_pair(scene, folders["label"] / f"{name}.png", folders["inst"] / f"{name}.png", strict)
    if photo is not None:
        write_png(folders["img"] / f"{name}.png", photo)


def pictures(folder: Path) -> list[Path]:
    """Every picture below a folder, sorted by its whole path as pix2pixHD sorts them."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_ENDINGS and path.is_file())
    return sorted(found, key=str)


def _first(root: Path, phase: str, endings: tuple[str, ...]) -> Path | None:
    return next((root / (phase + ending) for ending in endings if (root / (phase + ending)).is_dir()), None)
