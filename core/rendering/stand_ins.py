"""What is painted in place of classes that a model has never seen."""

from __future__ import annotations

from typing import Collection

import numpy as np

from core.labels import LabelSet

#: Class -> those that look most like it, the first one first.
_ALIKE = {
    "unlabeled": ("static",),
    "rectification border": ("ego vehicle", "static"),
    "out of roi": ("ego vehicle", "static"),
    "dynamic": ("static",),
    "ground": ("sidewalk", "road"),
    "parking": ("road",),
    "rail track": ("road",),
    "wall": ("building",),
    "guard rail": ("fence",),
    "bridge": ("building",),
    "tunnel": ("bridge", "building"),
    "polegroup": ("pole",),
    "terrain": ("vegetation",),
    "rider": ("person",),
    "caravan": ("truck", "bus"),
    "trailer": ("truck",),
    "train": ("bus",),
}


def stand_ins(label_set: LabelSet, seen: Collection[str] | None) -> np.ndarray:
    """(256,) uint8: label id -> itself, or a class like it that the model knows.

    A class that training never met has random weights, and a picture of it
    shows anything. A part that was never met is painted as what it lies within.

    Args:
        label_set: the model's. seen: names of the classes that training met, the card's table of them;
            empty, or no table (a card is another program's word): all.
    """
    if not seen or not isinstance(seen, (dict, set, tuple)):
        return np.arange(256, dtype=np.uint8)
    met = np.ones(256, bool)
    met[[label.id for label in label_set if label.name not in seen]] = False
    table = label_set.folded(~met)
    ids = {label.name: label.id for label in label_set if label.name in seen}
    for label in label_set:
        if not met[label.id] and label.parent is None:
            known = [ids[name] for name in _ALIKE.get(label.name, ()) if name in ids]
            table[table == label.id] = known[0] if known else label.id
    return table
