"""What bare cars, people and riders are compared with: the silhouettes that come with the program, and the stamps."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from core.labels import STREETS, LabelSet, object_class
from core.silhouettes import Silhouette, default_path, load_silhouettes


@lru_cache(maxsize=4)
def silhouettes_of(class_id: int, label_set: LabelSet = STREETS) -> tuple[Silhouette, ...]:
    """All silhouettes of a class, each also mirrored; the program's own and those of the stamps."""
    found = [one for one in _all(label_set) if one.class_id == class_id]
    return tuple(found) + tuple(one.mirrored() for one in found)


@lru_cache(maxsize=4)
def _all(label_set: LabelSet) -> tuple[Silhouette, ...]:
    from core.stamps import library

    path, table = default_path(), STREETS.fold_table(label_set)
    found = load_silhouettes(path) if path.is_file() else []
    for stamp in library(label_set):
        for piece in stamp.pieces:
            labels = np.where(piece.mask, piece.labels, 0).astype(np.uint8)
            found.append(Silhouette(int(object_class(piece.value)), labels))
    # An older set gets what it has; one without parts, or with others, has nothing to gain from these.
    folded = (replace(one, labels=table[one.labels]) for one in found)
    return tuple(
        one for one in folded
        if _fits(one, label_set) and (label_set.base[one.labels[one.mask]] != one.labels[one.mask]).any()
    )


def _fits(one: Silhouette, label_set: LabelSet) -> bool:
    inside = one.labels[one.mask]
    return bool(inside.size and label_set.known[inside].all() and (label_set.base[inside] == one.class_id).all())
