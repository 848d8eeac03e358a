"""A model is one ``.safetensors`` file: weights, code book, and a card.

The card is JSON in the file's metadata. Nothing in the file is ever executed.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.appearance import CodeBook, Following
from core.atomic import replacing
from core.errors import LabelError, ModelFileError
from core.labels import LabelSet, label_set_from_json, label_set_to_json
from core.models.card_fields import check_fields, numbers
from core.models.registry import build

#: 2 brought codes of parts.
FORMAT = 2


@dataclass
class Card:
    """What a model file says about itself.

    Attributes:
        name: what a person reads.
        generator: {"name": architecture, "config": keyword arguments}.
        encoder: likewise, or None for a model without appearance codes.
        label_set: :func:`core.labels.label_set_to_json` of what it was trained on.
        object_classes: class ids whose objects it knows apart; others are
            rendered without edges between their objects.
        code_dim: channels of an appearance code, 0 for none.
        resolution: (width, height) of a training frame.
        provenance: data, seeds, steps, licence, in plain words or numbers.
        metrics: measured scores, name -> number.
        part_codes: the parts of an object have codes of their own.
    """

    name: str
    generator: dict[str, Any]
    encoder: dict[str, Any] | None
    label_set: dict[str, Any]
    object_classes: list[int]
    code_dim: int
    resolution: tuple[int, int]
    provenance: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    part_codes: bool = False
    format: int = FORMAT

    @property
    def encoder_width(self) -> int:
        """Width in pixels to which a photograph is resized before the encoder sees it."""
        return int(self.provenance.get("encoder_width", self.resolution[0]))


@dataclass
class Model:
    """A loaded model, on the CPU in float32; ``generator`` and ``encoder`` are modules."""

    generator: Any
    encoder: Any | None
    card: Card
    code_book: CodeBook | None
    label_set: LabelSet


def make_card(
    name: str,
    generator: tuple[str, dict],
    encoder: tuple[str, dict] | None,
    label_set: LabelSet,
    code_dim: int,
    resolution: tuple[int, int],
    object_classes: list[int] | None = None,
    provenance: dict | None = None,
    metrics: dict | None = None,
    part_codes: bool = False,
) -> Card:
    """A card; ``object_classes`` defaults to every class of the set that may have objects."""
    if object_classes is None:
        object_classes = [label.id for label in label_set if label.instanced]
    return Card(
        name=name,
        generator={"name": generator[0], "config": generator[1]},
        encoder=None if encoder is None else {"name": encoder[0], "config": encoder[1]},
        label_set=label_set_to_json(label_set),
        object_classes=object_classes,
        code_dim=code_dim,
        resolution=resolution,
        provenance=provenance or {},
        metrics=metrics or {},
        part_codes=part_codes,
    )


def save_model(path: str | Path, model: Model) -> None:
    """Write ``model`` whole or not at all.

    Raises:
        ModelFileError: when the folder can't be written.
    """
    from safetensors.torch import save

    tensors = {f"generator.{k}": v for k, v in model.generator.state_dict().items()}
    if model.encoder is not None:
        tensors |= {f"encoder.{k}": v for k, v in model.encoder.state_dict().items()}
    if model.code_book is not None:
        import torch

        for label_id, centres in model.code_book.centres.items():
            tensors[f"code_book.{label_id}.centres"] = torch.from_numpy(np.ascontiguousarray(centres))
            tensors[f"code_book.{label_id}.sizes"] = torch.from_numpy(
                np.ascontiguousarray(model.code_book.sizes[label_id])
            )
        for part, following in model.code_book.follow.items():
            tensors[f"code_book.{part}.slope"] = torch.from_numpy(np.ascontiguousarray(following.slope))
            tensors[f"code_book.{part}.mean"] = torch.from_numpy(np.ascontiguousarray(following.mean))
    tensors = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
    data = save(tensors, metadata={"card": json.dumps(asdict(model.card), ensure_ascii=False)})
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(data)
    except OSError as error:
        raise ModelFileError(
            f"The model can't be written to {path} ({error.strerror}); choose another folder."
        ) from None


def read_card(path: str | Path) -> Card:
    """The card alone, without loading weights.

    Raises:
        ModelFileError: when the file is missing, damaged, or no model of this program.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
    except FileNotFoundError:
        raise ModelFileError(f"There is no model at {path}; choose an existing .safetensors file.") from None
    except (SafetensorError, OSError):
        raise ModelFileError(
            f"{Path(path).name} is not a model file; choose a .safetensors file, "
            "or bring a .pth in with 'python main.py import'."
        ) from None
    return _card(metadata, Path(path).name)


def load_model(path: str | Path) -> Model:
    """Read a model file strictly: every weight must be there and fit.

    Raises:
        ModelFileError: with one sentence for the person.
    """
    from safetensors.torch import load_file

    card = read_card(path)
    tensors = load_file(str(path))
    name = Path(path).name
    try:
        label_set = label_set_from_json(card.label_set)
    except LabelError as error:
        raise ModelFileError(str(error)) from None
    generator = _network(card.generator, "generator", tensors, name)
    encoder = None if card.encoder is None else _network(card.encoder, "encoder", tensors, name)
    channels = getattr(generator, "label_count", None) or getattr(generator, "label_channels", 0)
    # pix2pixHD's city models have a channel more than there are labels.
    if len(label_set) > channels or any(getattr(part, "code_dim", None) != card.code_dim for part in (generator, encoder) if part is not None):
        raise ModelFileError(f"The networks in {name} don't fit its card (its classes, or the length of a code); get the file again.")
    return Model(generator, encoder, card, _code_book(card, tensors, name), label_set)


def _card(metadata: dict[str, str], name: str) -> Card:
    try:
        data = json.loads(metadata["card"])
        if data["format"] > FORMAT:  # its other fields may be others
            raise ModelFileError(f"{name} was written by a newer version; update Veduta to use it.")
        check_fields(data)
        data["resolution"] = tuple(data["resolution"])
        return Card(**data)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise ModelFileError(
            f"{name} has no card that this program understands; choose a model made with Veduta, "
            "or import it with 'python main.py import'."
        ) from None


def _network(described: dict, prefix: str, tensors: dict, name: str):
    state = {k[len(prefix) + 1 :]: v for k, v in tensors.items() if k.startswith(prefix + ".")}
    # Every number says how wide something is or how many there are, so that one above all that is in the file
    # can't be right; it could fill the memory before the weights are compared.
    most = max([len(state), *(side for tensor in state.values() for side in tensor.shape)])
    if any(type(number) is int and number > most for value in described["config"].values() for number in numbers(value)):
        raise ModelFileError(f"The {prefix} in {name} is smaller than its card says; get the file again.")
    network = build(described["name"], described["config"])
    expected = network.state_dict()
    wrong = sorted(expected.keys() ^ state.keys()) or [k for k in expected if expected[k].shape != state[k].shape]
    if wrong:
        raise ModelFileError(f"The {prefix} in {name} doesn't fit its card (first at '{wrong[0]}'); get the file again.")
    network.load_state_dict(state, strict=True)
    return network.eval()


def _code_book(card: Card, tensors: dict, name: str) -> CodeBook | None:
    if not card.code_dim:
        return None
    book = CodeBook(card.code_dim)
    for key, tensor in tensors.items():
        if key.startswith("code_book.") and key.endswith(".centres"):
            label_id = key.split(".")[1]
            sizes, slope, mean = (tensors.get(f"code_book.{label_id}.{what}") for what in ("sizes", "slope", "mean"))
            whole = re.fullmatch("[0-9]{1,3}", label_id) and int(label_id) <= 255
            whole = whole and tensor.ndim == 2 and tensor.shape[1] == card.code_dim and _finite(tensor)
            whole = whole and sizes is not None and sizes.shape == tensor.shape[:1] and _counted(sizes)
            whole = whole and (slope is None) == (mean is None)
            if whole and slope is not None:
                whole = slope.shape == (card.code_dim,) * 2 and mean.shape == (card.code_dim,) and _finite(slope) and _finite(mean)
            if not whole:
                raise ModelFileError(f"The code book in {name} is damaged at '{key}'; get the file again.")
            book.centres[int(label_id)] = tensor.float().numpy()
            book.sizes[int(label_id)] = sizes.long().numpy()
            if slope is not None:
                book.follow[int(label_id)] = Following(slope.float().numpy(), mean.float().numpy())
    return book


def _finite(tensor) -> bool:
    return bool(tensor.float().isfinite().all())


def _counted(sizes) -> bool:
    """Whether these can be numbers of objects: a look is drawn in proportion to them."""
    return bool((sizes >= 0).all() and (sizes < 1 << 40).all()) and int(sizes.long().sum()) > 0
