"""The judge as a file: its weights, and which class each of its channels means."""

from __future__ import annotations

import json
from pathlib import Path

from core.atomic import replacing
from core.errors import ModelFileError
from core.evaluation.segmentation import Segmenter
from core.labels import LabelSet

#: The key under which the file's header describes the judge.
_HEADER = "judge"


def save_judge(path: str | Path, judge: Segmenter, label_set: LabelSet) -> None:
    """Write a judge of ``label_set``'s classes, whole or not at all: half a one would be taken for a whole one next time.

    Raises:
        ModelFileError: when the file can't be written.
    """
    from safetensors.torch import save

    tensors = {name: value.detach().cpu().contiguous() for name, value in judge.state_dict().items()}
    header = {"classes": list(label_set.ids), "picture_width": judge.picture_width}
    try:
        with replacing(path) as file:
            file.write(save(tensors, metadata={_HEADER: json.dumps(header)}))
    except OSError as error:
        raise ModelFileError(f"The judge can't be written to {path} ({error.strerror}); choose another folder.") from None


def load_judge(path: str | Path, label_set: LabelSet) -> Segmenter:
    """Read a judge that knows just the classes of ``label_set``, ready to judge.

    Raises:
        ModelFileError: when the file is damaged or no judge, or when its classes are others.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    try:
        with safe_open(str(path), framework="pt") as file:
            header = json.loads((file.metadata() or {})[_HEADER])
            classes, picture_width = [int(value) for value in header["classes"]], int(header["picture_width"])
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
