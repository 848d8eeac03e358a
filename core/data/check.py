"""What is wrong with a data set, in sentences."""

from __future__ import annotations

import os
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable, Sequence

import numpy as np

from core.data.samples import Found, Sample, look_into, read_maps, read_photograph
from core.errors import BadImageError, DataError
from core.labels import LabelSet, object_class

#: The quick check decodes this many samples; of the others it reads the headers.
_DECODED = 16
_SHOWN = 3
#: Exif's tag for how the camera was held; from 5 on by a quarter turn.
_ORIENTATION = 0x112


@dataclass
class Findings:
    """What a check found.

    Attributes:
        frames: samples with a photograph. layout: of the folder.
        errors: sentences; with any of them nothing can be trained.
        notes: sentences worth knowing.
        pixels: class id -> share of all pixels looked at, 0..1.
        frames_with: class id -> how many of the frames looked at show it.
    """

    frames: int = 0
    layout: str = ""
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pixels: dict[int, float] = field(default_factory=dict)
    frames_with: dict[int, int] = field(default_factory=dict)


@dataclass
class _Seen:
    """What looking at one sample gave."""

    name: str
    broken: list[str] = field(default_factory=list)
    sizes: str = ""
    eight_bit: bool = False
    form: str = ""
    counts: np.ndarray | None = None
    contradicting: float = 0.0


def check_data(
    folder: str | Path,
    label_set: LabelSet,
    split: str = "train",
    quick: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Findings:
    """Look at a split of a data set.

    Args:
        label_set: what the label maps may hold.
        quick: decode some samples only, and read the headers of the others.
        progress: called with (samples looked at, samples in all).
    """
    try:
        found = look_into(folder, split)
    except DataError as error:
        return Findings(errors=[str(error)])
    return check_found(found, label_set, quick, progress)


def check_found(
    found: Found, label_set: LabelSet, quick: bool = False, progress: Callable[[int, int], None] | None = None
) -> Findings:
    """:func:`check_data` of what has been found."""
    result = Findings(frames=len(found.samples), layout=found.layout)
    if found.uneven:
        result.errors.append(found.uneven)
        return result
    _unpaired(found, result)
    if not found.samples:
        result.errors.append("There is no photograph with a label map; check the names of the files.")
        return result
    chosen = set(range(len(found.samples)))
    if quick:
        chosen = {i * len(found.samples) // _DECODED for i in range(_DECODED)} & chosen
    seen = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        work = ((sample, i in chosen) for i, sample in enumerate(found.samples))
        for item in pool.map(lambda pair: _look(pair[0], label_set, pair[1]), work):
            seen.append(item)
            if progress is not None:
                progress(len(seen), len(found.samples))
    _broken_files(seen, result)
    _instance_maps(found, seen, result)
    _classes(seen, label_set, result)
    return result


def _unpaired(found: Found, result: Findings) -> None:
    if found.lone:
        names = [path.name for path in found.lone]
        result.notes.append(
            f"{_count(names, 'photograph')} without a label map of the same name; left out: {_list(names)}."
        )
    if found.maps:
        names = [sample.labels.name for sample in found.maps]
        result.notes.append(
            f"{_count(names, 'label map')} without a photograph of the same name; left out: {_list(names)}."
        )


def _look(sample: Sample, label_set: LabelSet, decode: bool) -> _Seen:
    seen = _Seen(sample.name)
    sizes = {}
    for what, path in (("photograph", sample.photograph), ("label map", sample.labels), ("instance map", sample.instances)):
        if path is None:
            continue
        header = _header(path, what == "photograph")
        if header is None:
            seen.broken.append(path.name)
            continue
        sizes[what] = f"{header[0]}x{header[1]}"
        if what == "instance map" and not header[2].startswith("I"):
            seen.eight_bit = True
    _compare(seen, sizes)
    if not decode or seen.broken or seen.sizes:
        return seen
    try:
        labels, instances = read_maps(sample if not seen.eight_bit else Sample(sample.name, None, sample.labels, None))
    except BadImageError as error:
        seen.form = str(error)
        return seen
    try:
        photograph = read_photograph(sample.photograph)
    except BadImageError:
        seen.broken.append(sample.photograph.name)
    else:
        _compare(seen, {what: f"{array.shape[1]}x{array.shape[0]}" for what, array in (("photograph", photograph), ("label map", labels))})
    seen.counts = np.bincount(labels.reshape(-1), minlength=256)
    if sample.instances is not None and not seen.eight_bit:
        seen.contradicting = float((object_class(instances) != label_set.base[labels]).mean())
    return seen


def _compare(seen: _Seen, sizes: dict[str, str]) -> None:
    """Note a sample whose files, by what they are, differ in size."""
    if len(set(sizes.values())) > 1:
        seen.sizes = f"{seen.name} (" + ", ".join(f"{what} {size}" for what, size in sizes.items()) + ")"


def _header(path: Path, turned: bool = False) -> tuple[int, int, str] | None:
    """(width, height, Pillow's mode) from the first bytes of a picture, None when it is none.

    Args:
        turned: as the picture's Exif says how it was held; photographs are read so, maps are not.
    """
    from PIL import Image

    try:
        with Image.open(path) as picture:
            size = picture.size
            if turned and _on_its_side(picture):
                # Whether others than these are turned depends on OpenCV's version, so they are read.
                known = picture.format in ("JPEG", "MPO", "PNG")
                size = size[::-1] if known else read_photograph(path).shape[1::-1]
            return (*size, picture.mode)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, BadImageError):
        return None


def _on_its_side(picture) -> bool:
    """Whether the Exif data of an opened picture turn it by a quarter. Pillow's own ``getexif`` would decode a PNG."""
    from PIL import Image

    exif = Image.Exif()
    try:
        exif.load(picture.info.get("exif") or b"")
        orientation = exif.get(_ORIENTATION, getattr(picture, "tag_v2", {}).get(_ORIENTATION))
    except (OSError, SyntaxError, ValueError, KeyError, TypeError, struct.error):
        return False  # damaged: nothing else reads it either
    return orientation in range(5, 9)


def _broken_files(seen: Sequence[_Seen], result: Findings) -> None:
    broken = [name for item in seen for name in item.broken]
    if broken:
        result.errors.append(f"{_count(broken, 'file')} can't be read as pictures: {_list(broken)}. Copy them again.")
    sizes = [item.sizes for item in seen if item.sizes]
    if sizes:
        result.errors.append(
            f"{_count(sizes, 'sample')} whose files differ in size: {_list(sizes)}. Export them at one size."
        )
    forms = [item.form for item in seen if item.form]
    if forms:
        more = f" {len(forms) - 1} more are like it." if len(forms) > 1 else ""
        result.errors.append(forms[0] + more)


def _instance_maps(found: Found, seen: Sequence[_Seen], result: Findings) -> None:
    missing = [sample.name for sample in found.samples if sample.instances is None]
    if len(missing) == len(found.samples):
        result.notes.append("There are no instance maps, so objects that touch can't be told apart.")
    elif missing:
        result.errors.append(
            f"{_count(missing, 'sample')} without an instance map, where others have one: {_list(missing)}. "
            "Add the missing ones, or take all away."
        )
    eight = [item.name for item in seen if item.eight_bit]
    if eight:
        result.errors.append(
            f"{_count(eight, 'instance map')} with 8 bits, which can't hold class id * 1000 + number: {_list(eight)}. "
            "Export 16-bit instanceIds files, or take the instance maps away."
        )
    wrong = [item.name for item in seen if item.contradicting > 0.02]
    if wrong:
        result.notes.append(
            f"{_count(wrong, 'instance map')} naming other classes than the label map: {_list(wrong)}. "
            "Only the borders between objects are used there."
        )


def _classes(seen: Sequence[_Seen], label_set: LabelSet, result: Findings) -> None:
    looked = [item for item in seen if item.counts is not None]
    if not looked:
        return
    present = np.stack([item.counts for item in looked])
    outside = [i for i in np.flatnonzero(present.sum(0)) if not label_set.known[i]]
    for label_id in outside:
        names = [item.name for item, counts in zip(looked, present) if counts[label_id]]
        why = (
            "255 marks ignored pixels in trainIds maps; use the labelIds maps."
            if label_id == 255
            else f"'{label_set.name}' has {len(label_set)} classes with ids {label_set.ids[0]} to {label_set.ids[-1]}; "
            "correct the maps, or name the classes with --labels-json."
        )
        result.errors.append(f"Label {label_id} is outside the label set in {_count(names, 'map')}: {_list(names)}. {why}")
        if len(result.errors) > 8:
            break
    total = present.sum()
    for label in label_set:
        count = int(present[:, label.id].sum())
        if count:
            result.pixels[label.id] = count / total
            result.frames_with[label.id] = int((present[:, label.id] > 0).sum())
    never = [label.name for label in label_set if label.id not in result.pixels and label.parent is None]
    if never:
        where = "" if len(looked) == len(seen) else f" in the {len(looked)} maps looked at"
        result.notes.append(
            f"{_count(never, 'class', 'classes')} never seen{where}, so the model won't know what they look like: "
            f"{_list(never, 12)}."
        )
    rare = [f"{label_set[i].name} ({n})" for i, n in result.frames_with.items() if n <= 2 < len(looked) // 10]
    if rare:
        result.notes.append(f"Seen in one or two frames only: {_list(rare, 12)}.")


def _count(items: Sequence, one: str, many: str = "") -> str:
    return f"{len(items)} {one if len(items) == 1 else many or one + 's'}"


def _list(names: Iterable[str], shown: int = _SHOWN) -> str:
    names = list(names)
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")
