"""Appearance codes: one small vector per object, and a code book per class.

pix2pixHD, section 3.4: an encoder looks at the photograph, its output is
averaged over every object, and after training the codes of each class are
clustered with K-means, so that a person can choose among K looks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterable, Mapping

import numpy as np

from core.labels import INSTANCE_FACTOR, object_class

#: Beyond so many pixels from an object, its look is to change nothing.
FAR = 64


def object_means(features: np.ndarray, instance_map: np.ndarray) -> dict[int, tuple[np.ndarray, int]]:
    """Instance value -> (mean feature (K,) float32, pixels), for one frame.

    Args:
        features: (K, H, W) float32.
        instance_map: (H, W) uint16.
    """
    values, segment = np.unique(instance_map.reshape(-1), return_inverse=True)
    segment = segment.reshape(-1)
    sizes = np.bincount(segment, minlength=values.size)
    flat = features.reshape(features.shape[0], -1)
    means = np.stack([np.bincount(segment, weights=row, minlength=values.size) for row in flat], 1)
    means = (means / sizes[:, None]).astype(np.float32)
    return {int(v): (means[i], int(sizes[i])) for i, v in enumerate(values)}


@dataclass
class CodeBook:
    """The looks of each class.

    Attributes:
        dim: length K of a code.
        centres: class id -> (k, dim) float32, the most common look first.
        sizes: class id -> (k,) int64, training objects per look.
    """

    dim: int
    centres: dict[int, np.ndarray] = field(default_factory=dict)
    sizes: dict[int, np.ndarray] = field(default_factory=dict)

    def looks(self, label_id: int) -> int:
        """How many looks the class has; 0 where training saw too few objects."""
        return len(self.centres.get(int(label_id), ()))

    def code(self, label_id: int, k: int) -> np.ndarray:
        """(dim,) float32: look ``k`` of the class, wrapped round; zeros for a class without looks."""
        count = self.looks(label_id)
        if not count:
            return np.zeros(self.dim, np.float32)
        return self.centres[int(label_id)][k % count]

    def defaults(self) -> dict[int, np.ndarray]:
        """Class id -> (1000, dim) float32: the look of object ``id * 1000 + n`` until it is given one.

        Row 0, also the look of a class that isn't counted, is the most common;
        the others are drawn in proportion to frequency, always the same, so
        that painted cars and houses differ from each other from the start.
        """
        return {label_id: centres[self._draw(label_id)] for label_id, centres in self.centres.items()}

    def default_code(self, value: int) -> np.ndarray:
        """(dim,) float32: the look of the object ``value`` until it is given one; zeros for a class without looks."""
        label_id = int(object_class(int(value)))
        if not self.looks(label_id):
            return np.zeros(self.dim, np.float32)
        return self.centres[label_id][self._draw(label_id)[int(value) % INSTANCE_FACTOR if is_object(value) else 0]]

    def _draw(self, label_id: int) -> np.ndarray:
        """(1000,): which look each number of a class has until it is given one."""
        weights = self.sizes[label_id] / self.sizes[label_id].sum()
        drawn = np.random.default_rng((label_id, 10)).choice(len(weights), INSTANCE_FACTOR, p=weights)
        drawn[0] = 0
        return drawn

    def spread(self, label_id: int) -> np.ndarray:
        """(dim,) float32: how far the class's looks lie apart, as a standard deviation in each dimension.

        A class of fewer than two looks gets the spread of all classes' looks.
        """
        if self.looks(label_id) < 2:
            rows = [centres for centres in self.centres.values()]
            return np.concatenate(rows).std(0).astype(np.float32) if rows else np.zeros(self.dim, np.float32)
        weights = np.maximum(self.sizes[int(label_id)], 1)
        centres = self.centres[int(label_id)]
        mean = np.average(centres, axis=0, weights=weights)
        return np.sqrt(np.average((centres - mean) ** 2, axis=0, weights=weights)).astype(np.float32)

    def bounds(self, label_id: int) -> tuple[np.ndarray, np.ndarray]:
        """(lowest, highest), each (dim,) float32: the range of the class's looks, half a spread wider at both ends.

        A look is the middle of many objects, so the objects themselves reach past the outermost looks.
        """
        centres = self.centres.get(int(label_id))
        if centres is None or not len(centres):
            return np.zeros(self.dim, np.float32), np.zeros(self.dim, np.float32)
        margin = 0.5 * self.spread(label_id)
        return centres.min(0) - margin, centres.max(0) + margin

    def random_codes(self, values: Iterable[int], seed: int) -> dict[int, np.ndarray]:
        """A look for each instance value, drawn by ``seed`` in proportion to its frequency.

        An object's draw depends on its own value and the seed alone, so adding
        one object doesn't change the looks of the others.
        """
        chosen = {}
        for value in values:
            label_id = int(object_class(int(value)))
            if not self.looks(label_id):
                continue
            rng = np.random.default_rng((seed, int(value)))
            weights = self.sizes[label_id] / self.sizes[label_id].sum()
            chosen[int(value)] = self.centres[label_id][rng.choice(len(weights), p=weights)]
        return chosen


def build_code_book(
    codes: Mapping[int, np.ndarray], weights: Mapping[int, np.ndarray], dim: int, k: int = 10, seed: int = 0
) -> CodeBook:
    """Cluster the training objects' codes (sec. 3.4, K-means, K = 10).

    Args:
        codes: class id -> (N, dim) codes of that class's objects.
        weights: class id -> (N,) pixels of each object. Only the larger half
            is clustered when there are plenty (small objects' codes are noisy).
        dim: length of a code.
        k: looks per class; a class of fewer than 2k objects gets fewer.

    Returns:
        the book, most common look first.
    """
    from sklearn.cluster import KMeans

    book = CodeBook(dim)
    for label_id, rows in codes.items():
        rows = np.asarray(rows, np.float32)
        pixels = np.asarray(weights[label_id])
        if len(rows) >= 4 * k:
            rows = rows[pixels >= np.median(pixels)]
        count = max(1, min(k, len(rows) // 2))
        fit = KMeans(count, n_init=4, random_state=seed).fit(rows)
        sizes = np.bincount(fit.labels_, minlength=count)
        order = np.argsort(-sizes, kind="stable")
        order = order[sizes[order] > 0]
        book.centres[int(label_id)] = fit.cluster_centers_[order].astype(np.float32)
        book.sizes[int(label_id)] = sizes[order].astype(np.int64)
    return book


def is_object(value: int) -> bool:
    """True for an instance value that names a single object."""
    return value >= INSTANCE_FACTOR
