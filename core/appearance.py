"""Appearance codes: one small vector per object, and a code book per class.

pix2pixHD, section 3.4: an encoder looks at the photograph, its output is
averaged over every object, and after training the codes of each class are
clustered with K-means, so that a person can choose among K looks.

Beyond the paper, the parts of an object may have codes of their own (see
``core.look_regions``). What a part looks like goes with its object (the glass
of a car in the shade is dark too), so a part's looks are stored together with
how they follow the object's code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Iterable, Mapping

import numpy as np

from core.labels import INSTANCE_FACTOR, object_class
from core.look_regions import key_part, key_value

#: Beyond so many pixels from an object, its look is to change nothing.
FAR = 64


def region_means(features: np.ndarray, keys: np.ndarray, index: np.ndarray) -> dict[int, tuple[np.ndarray, int]]:
    """Look key -> (mean feature (K,) float32, pixels), for one frame.

    Args:
        features: (K, H, W) float32.
        keys, index: from :func:`core.look_regions.look_regions`.
    """
    segment = index.reshape(-1)
    sizes = np.bincount(segment, minlength=keys.size)
    flat = features.reshape(features.shape[0], -1)
    means = np.stack([np.bincount(segment, weights=row, minlength=keys.size) for row in flat], 1)
    means = (means / np.maximum(sizes, 1)[:, None]).astype(np.float32)
    return {int(key): (means[i], int(sizes[i])) for i, key in enumerate(keys) if sizes[i]}


@dataclass(frozen=True)
class Following:
    """How the codes of a kind of part go with those of the objects that they are in.

    A part's look k in an object of code c is its centre k, moved by ``slope`` @ (c - ``mean``).

    Attributes:
        slope: (dim, dim) float32.
        mean: (dim,) float32, the objects' mean code.
    """

    slope: np.ndarray
    mean: np.ndarray

    def shift(self, codes: np.ndarray) -> np.ndarray:
        """(..., dim) float32: by how much a part's looks are moved in objects of these (..., dim) codes."""
        return ((codes - self.mean) @ self.slope.T).astype(np.float32)


@dataclass
class CodeBook:
    """The looks of each class.

    Attributes:
        dim: length K of a code.
        centres: class id -> (k, dim) float32, the usual look first: the most
            common, or of stuff that of a fair day (see :func:`build_code_book`);
            then by frequency. The id of a part, too: its looks in an object of
            mean code.
        sizes: class id -> (k,) int64, training objects per look.
        follow: part's label id -> how its looks go with the object's.
    """

    dim: int
    centres: dict[int, np.ndarray] = field(default_factory=dict)
    sizes: dict[int, np.ndarray] = field(default_factory=dict)
    follow: dict[int, Following] = field(default_factory=dict)

    def looks(self, label_id: int) -> int:
        """How many looks the class has; 0 where training saw too few objects."""
        return len(self.centres.get(int(label_id), ()))

    def code(self, label_id: int, k: int) -> np.ndarray:
        """(dim,) float32: look ``k`` of the class, wrapped round; zeros for a class without looks."""
        count = self.looks(label_id)
        if not count:
            return np.zeros(self.dim, np.float32)
        return self.centres[int(label_id)][k % count]

    def part_code(self, part: int, k: int, object_code: np.ndarray) -> np.ndarray:
        """(dim,) float32: look ``k`` of a kind of part, in an object of the code ``object_code``.

        A kind that training saw too little of looks like its object.
        """
        if part not in self.follow:
            return np.asarray(object_code, np.float32)
        return np.clip(self.code(part, k) + self.follow[part].shift(np.asarray(object_code)), -1, 1)

    def default_part_codes(self, part: int, values: np.ndarray, object_codes: np.ndarray) -> np.ndarray:
        """(N, dim) float32: the looks of one kind of part in N objects until they are given others.

        Which look is drawn as for objects (see :meth:`defaults`), by the object's number.

        Args:
            values: (N,) instance values. object_codes: (N, dim), what they have themselves.
        """
        if part not in self.follow:
            return np.asarray(object_codes, np.float32)
        numbers = np.where(values >= INSTANCE_FACTOR, values % INSTANCE_FACTOR, 0)
        drawn = self.centres[part][self._draw(part)[numbers]]
        return np.clip(drawn + self.follow[part].shift(object_codes), -1, 1)

    def defaults(self) -> dict[int, np.ndarray]:
        """Class id -> (1000, dim) float32: the look of object ``id * 1000 + n`` until it is given one.

        Row 0, also the look of a class that isn't counted, is the usual one;
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
        return _drawn(int(label_id), tuple(self.sizes[label_id].tolist()))

    def draw(self, label_id: int, rng: np.random.Generator) -> int:
        """One of the class's looks, in proportion to frequency."""
        sizes = self.sizes[label_id]
        return int(rng.choice(len(sizes), p=sizes / sizes.sum()))

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

    def random_codes(self, keys: Iterable[int], seed: int) -> dict[int, np.ndarray]:
        """A look for each look key, drawn by ``seed`` in proportion to its frequency.

        A draw depends on its own key, the object's look and the seed alone, so
        adding one object doesn't change the looks of the others.
        """
        chosen = {}
        for key in sorted(int(key) for key in keys):  # objects before their parts
            part, value = key_part(key), key_value(key)
            label_id = part or int(object_class(value))
            if not self.looks(label_id):
                continue
            k = self.draw(label_id, np.random.default_rng((seed, key)))
            if part:
                chosen[key] = self.part_code(part, k, chosen.get(value, self.default_code(value)))
            else:
                chosen[key] = self.centres[label_id][k]
        return chosen


@lru_cache(maxsize=256)
def _drawn(label_id: int, sizes: tuple[int, ...]) -> np.ndarray:
    """(1000,) read-only: see :meth:`CodeBook._draw`; kept, since every change of a look asks for all classes."""
    weights = np.array(sizes) / sum(sizes)
    drawn = np.random.default_rng((label_id, 10)).choice(len(weights), INSTANCE_FACTOR, p=weights)
    drawn[0] = 0
    drawn.flags.writeable = False
    return drawn


@dataclass
class Collected:
    """The codes of many training objects, of one class or one kind of part.

    Attributes:
        codes: (N, dim). pixels: (N,).
        objects: (N, dim), for parts: the codes of the objects that they are in; None for a class.
        fairness: (N,), for stuff: how fair a day it was, see :func:`core.training.finish.fairness_of`; None where it doesn't matter.
    """

    codes: np.ndarray
    pixels: np.ndarray
    objects: np.ndarray | None = None
    fairness: np.ndarray | None = None


#: A look that fewer than one in so many of a class's objects have isn't usual.
_RARE = 8


def build_code_book(collected: Mapping[int, Collected], dim: int, k: int = 10, seed: int = 0) -> CodeBook:
    """Cluster the training objects' codes (sec. 3.4, K-means, K = 10).

    Only the largest quarter is clustered when there are plenty: small objects'
    codes are noisy, and mix a car's paint with what reflects in it. Of parts,
    what their objects' codes foretell is taken out first (ridge regression), so
    that a part's looks are those that one and the same object could have.

    Args:
        collected: class id, or part's label id -> codes.
        dim: length of a code.
        k: looks per class; a class of fewer than 2k objects gets fewer.

    Returns:
        the book, the usual look first: of stuff the fairest that one object in
        eight has, else the most common. Stuff is what lies about a street
        before anybody chooses a look, and most leaves are seen in the shade;
        bins and posts are objects.
    """
    from sklearn.cluster import KMeans

    book = CodeBook(dim)
    for label_id, found in collected.items():
        rows, pixels, objects = np.asarray(found.codes, np.float32), np.asarray(found.pixels), found.objects
        fairness = found.fairness
        if objects is not None and len(rows) < 4 * dim:
            continue  # too few to tell how they go with their objects
        if len(rows) > 4 * k:
            large = np.argsort(-pixels, kind="stable")[: max(4 * k, len(rows) // 4)]
            rows, objects, fairness = (None if held is None else held[large] for held in (rows, objects, fairness))
        if objects is not None:
            following = book.follow[int(label_id)] = _following(rows, objects)
            rows = rows - following.shift(objects)
        count = max(1, min(k, len(rows) // 2))
        fit = KMeans(count, n_init=4, random_state=seed).fit(rows)
        sizes = np.bincount(fit.labels_, minlength=count)
        order = np.argsort(-sizes, kind="stable")
        order = order[sizes[order] > 0]
        if fairness is not None:
            usual = [look for look in order if sizes[look] * _RARE >= len(rows)] or [order[0]]
            fairest = max(usual, key=lambda look: fairness[fit.labels_ == look].mean())
            order = np.array([fairest, *order[order != fairest]])
        book.centres[int(label_id)] = fit.cluster_centers_[order].astype(np.float32)
        book.sizes[int(label_id)] = sizes[order].astype(np.int64)
    return book


def _following(parts: np.ndarray, objects: np.ndarray) -> Following:
    """The ridge regression of (N, dim) parts' codes on those of their objects."""
    mean = objects.mean(0)
    x, y = (objects - mean).astype(np.float64), (parts - parts.mean(0)).astype(np.float64)
    # A tenth of the mean variance: dimensions that hardly vary foretell nothing.
    ridge = 0.1 * max(float(x.var(0).mean()), 1e-6) * len(x)
    slope = np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ y).T
    return Following(slope.astype(np.float32), mean.astype(np.float32))


def is_object(value: int) -> bool:
    """True for an instance value that names a single object."""
    return value >= INSTANCE_FACTOR
