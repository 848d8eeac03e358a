"""The judge as a file: its weights, which class each of its channels means, and what it learnt from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Sequence

from core.atomic import replacing
from core.data.samples import Sample
from core.errors import ModelFileError
from core.evaluation.segmentation import Segmenter
from core.labels import LabelSet

#: The key under which the file's header describes the judge.
_HEADER = "judge"


def save_judge(path: str | Path, judge: Segmenter, label_set: LabelSet, samples: Sequence[Sample]) -> None:
    """Write a judge of ``label_set``'s classes, whole or not at all: half a one would be taken for a whole one next time.

    Args:
        samples: what it learnt from.

    Raises:
        ModelFileError: when the file can't be written.
    """
    from safetensors.torch import save

    tensors = {name: value.detach().cpu().contiguous() for name, value in judge.state_dict().items()}
    header = {"classes": list(label_set.ids), "picture_width": judge.picture_width, "learnt_from": _told(samples)}
    try:
        with replacing(path) as file:
            file.write(save(tensors, metadata={_HEADER: json.dumps(header)}))
    except OSError as error:
        raise ModelFileError(f"The judge can't be written to {path} ({error.strerror}); choose another folder.") from None


def load_judge(path: str | Path, label_set: LabelSet, samples: Sequence[Sample]) -> Segmenter | None:
    """Read a judge that knows just the classes of ``label_set``, ready to judge; None where it learnt from others than ``samples``.

    Judges of before, which don't tell what they learnt from, are taken for such.

    Raises:
        ModelFileError: when the file is damaged or no judge, or when its classes are others.
    """
    from safetensors import SafetensorError, safe_open

    path, told = Path(path), _told(samples)
    try:
        with safe_open(str(path), framework="pt") as file:
            header = json.loads((file.metadata() or {})[_HEADER])
            classes, picture_width = [int(value) for value in header["classes"]], int(header["picture_width"])
            if header.get("learnt_from") != told:
                return None
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        if classes == list(label_set.ids):
            judge = Segmenter(len(classes), picture_width=picture_width)
            judge.load_state_dict(tensors)
            return judge.eval()
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError):
        raise ModelFileError(f"{path} is no judge of this program, or damaged; delete it to train a new one.") from None
    raise ModelFileError(
        f"{path} was trained for other classes than those of '{label_set.name}'; delete it, or choose another folder with --out."
    )


def _told(samples: Sequence[Sample]) -> dict[str, int | str]:
    """How many pictures there are, and a checksum of their names and sizes in bytes: it stays where a folder is moved."""
    names = hashlib.sha256()
    for sample in samples:
        sizes = [path.stat().st_size for path in (sample.photograph, sample.labels)]
        names.update(f"{sample.name} {sizes}\n".encode())
    return {"pictures": len(samples), "checksum": names.hexdigest()}
