"""Choosing looks: blending, variation, and giving them to objects and parts. Every change is one undoable edit.

A look is an appearance code, (K,) float32. Whose it is, is said by a look key
(``core.look_regions``): an object, or its parts of one kind. Parts without a
code of their own follow their object; an object that is given a look takes its
parts along. Functions that change a scene only describe the change, as
``core.scene.edits`` does; they return None where there is nothing to change.
"""

from __future__ import annotations

from typing import Collection, Iterable, Mapping

import numpy as np

from core.appearance import CodeBook
from core.labels import LabelSet, object_class
from core.look_regions import key_part, key_value, keys_of, look_key, look_regions
from core.scene import edits
from core.scene.edit import Edit
from core.scene.scene import Scene, SceneSnapshot

#: How far "more like this" goes, in spreads of the class.
_STEP = 0.5

Changes = dict[int, "np.ndarray | None"]


def blend(code_a: np.ndarray, code_b: np.ndarray, t: float) -> np.ndarray:
    """(K,) float32 between two codes: ``code_a`` at t = 0, ``code_b`` at t = 1."""
    a, b = np.asarray(code_a, np.float32), np.asarray(code_b, np.float32)
    t = min(1.0, max(0.0, float(t)))
    return ((1 - t) * a + t * b).astype(np.float32)


def similar(book: CodeBook, key: int, code: np.ndarray, seed: int) -> np.ndarray:
    """(K,) float32: a look near ``code`` for a look key, drawn by ``seed``; another for every key.

    Each dimension moves by half the class's spread, on average, and no further
    out of the class's range than the code itself lies.
    """
    return _near(book, look_label(key), code, np.random.default_rng((int(seed), int(key))))


def draw(scene: Scene, book: CodeBook, key: int, seed: int) -> np.ndarray:
    """(K,) float32: any look for a key that has a choice, drawn by ``seed``: one of its looks, then one like it.

    A draw depends on its own key and the seed alone, whatever is drawn for others.
    """
    rng = np.random.default_rng((int(seed), int(key)))
    k = book.draw(look_label(key), rng)
    return _near(book, look_label(key), looks_of(scene, book, key)[k], rng)


def _near(book: CodeBook, label_id: int, code: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    code = np.asarray(code, np.float32)
    moved = code + rng.normal(size=code.shape) * _STEP * book.spread(label_id)
    # A part's looks lie elsewhere in every object: only what a code can be bounds them.
    low, high = (-1, 1) if label_id in book.follow else book.bounds(label_id)
    return np.clip(moved, np.minimum(low, code), np.maximum(high, code)).astype(np.float32)


def look_label(key: int) -> int:
    """Whose looks a key chooses among: the part's label id, or the object's class."""
    return int(key_part(key) or object_class(key_value(key)))


def code_of(scene: Scene | SceneSnapshot, book: CodeBook, key: int) -> np.ndarray:
    """(K,) float32: the code with which an object or part is rendered, the usual one where it has none that fits."""
    code = scene.codes.get(key)
    if code is not None and code.shape == (book.dim,):
        return code
    value, part = key_value(key), key_part(key)
    if not part:
        return book.default_code(value)
    return book.default_part_codes(part, np.array([value]), code_of(scene, book, value)[None])[0]


def looks_of(scene: Scene | SceneSnapshot, book: CodeBook, key: int) -> list[np.ndarray]:
    """The codes that a look key chooses among, each (K,) float32: its class's, or its part's as they are in its object."""
    part, count = key_part(key), book.looks(look_label(key))
    if not part:
        return [book.code(look_label(key), k) for k in range(count)]
    held = code_of(scene, book, key_value(key))
    return [book.part_code(part, k, held) for k in range(count)]


def look_of(scene: Scene | SceneSnapshot, book: CodeBook, key: int) -> int | None:
    """Which of its looks a key has; None for a code that is none of them."""
    code = code_of(scene, book, key)
    return next((k for k, look in enumerate(looks_of(scene, book, key)) if np.array_equal(code, look)), None)


def kinds_of_parts(book: CodeBook, label_set: LabelSet, value: int) -> list[int]:
    """Label ids of the parts that objects of this class may have and that have looks of their own."""
    return [label.id for label in label_set.parts_of(int(object_class(value))) if label.id in book.follow]


def whole_look(scene: Scene | SceneSnapshot, book: CodeBook, value: int) -> dict[int, np.ndarray]:
    """Part -> code: all that makes up an object's look, 0 for the object itself."""
    return {part: code_of(scene, book, look_key(value, part)) for part in (0, *kinds_of_parts(book, scene.label_set, value))}


def given(codes: Mapping[int, np.ndarray], key: int, code: np.ndarray | None) -> Changes:
    """What changes in ``codes`` when a key is given a code, or None for the usual one: an object's parts follow it."""
    followers = {} if key_part(key) else dict.fromkeys(keys_of(codes, key))
    return {**followers, int(key): code}


def all_given(codes: Mapping[int, np.ndarray], chosen: Mapping[int, np.ndarray | None]) -> Changes:
    """What changes in ``codes`` when each look key is given its code. A part that is named keeps what it is given."""
    changes: Changes = {}
    for key in sorted(chosen):  # objects before their parts
        changes.update(given(codes, key, chosen[key]))
    return changes


def of_objects(values: Iterable[int], look: Mapping[int, np.ndarray]) -> dict[int, np.ndarray]:
    """Look key -> code: a :func:`whole_look` for each of these objects."""
    return {look_key(int(value), part): code for value in values for part, code in look.items()}


def with_changes(codes: Mapping[int, np.ndarray], changes: Mapping[int, np.ndarray | None]) -> dict[int, np.ndarray]:
    """``codes`` after the changes."""
    return {key: code for key, code in {**codes, **changes}.items() if code is not None}


def same_class(scene: Scene, value: int) -> list[int]:
    """The objects of the class of ``value``, itself included; for stuff the bare id alone."""
    of_class = [o for o in scene.objects().values() if o.label_id == object_class(value)]
    return [o.value for o in of_class if o.is_object] or [o.value for o in of_class]


def give_look(
    scene: Scene, keys: Iterable[int], code: np.ndarray | None, title: str = "Change the look"
) -> Edit | None:
    """Give look keys one code, or (None) their usual look.

    Raises:
        SceneError: when a key's object is not in the scene, or the code holds no finite numbers.
    """
    return give_looks(scene, {int(key): code for key in keys}, title)


def give_looks(scene: Scene, codes: Mapping[int, np.ndarray | None], title: str = "Change the look") -> Edit | None:
    """Give each look key its code; errors as :func:`give_look`. A part that is named keeps what it is given."""
    return edits.set_codes(scene, all_given(scene.codes, codes), title)


def copy_look(scene: Scene, book: CodeBook, source: int, targets: Iterable[int]) -> Edit | None:
    """Give the objects ``targets`` the whole look of the object ``source``; errors as :func:`give_look`."""
    targets = [v for v in targets if v != source]
    return give_looks(scene, of_objects(targets, whole_look(scene, book, source)), "Copy a look")


def apply_to_class(
    scene: Scene, book: CodeBook, source: int, locked: Collection[int] = ()
) -> Edit | None:
    """Give every object of the class of the look key ``source`` its look, except the locked ones.

    The look of an object is its :func:`whole_look`; a part's goes to that kind of part alone.
    """
    value, part = key_value(source), key_part(source)
    values = [v for v in same_class(scene, value) if v == value or v not in locked]
    title = f"Give every {scene.label_set.name_of(look_label(source))} this look"
    if part:
        return give_look(scene, [look_key(v, part) for v in values], code_of(scene, book, source), title)
    return give_looks(scene, of_objects(values, whole_look(scene, book, value)), title)


def random_looks(
    book: CodeBook, label_map: np.ndarray, instance_map: np.ndarray, label_set: LabelSet, seed: int
) -> dict[int, np.ndarray]:
    """Look key -> code for everything in (H, W) maps that has a choice, drawn by ``seed``."""
    keys, _ = look_regions(label_map, instance_map, label_set)
    return book.random_codes(keys.tolist(), seed)


def randomise_street(
    scene: Scene, book: CodeBook, seed: int, locked: Collection[int] = ()
) -> Edit | None:
    """Draw a look for everything that has a choice, except locked objects; the same seed, the same street."""
    drawn = random_looks(book, scene.label_map, scene.instance_map, scene.label_set, seed)
    free = {key: code for key, code in drawn.items() if key_value(key) not in locked}
    return give_looks(scene, free, "Randomise street")


def capture_looks(
    scene: Scene, model, photograph: np.ndarray, values: Collection[int] | None = None
) -> Edit | None:
    """Take the looks of the scene's objects from a photograph of this very street.

    Args:
        model: a core.models.model_file.Model with an encoder.
        photograph: (H, W, 3) uint8 RGB; the scene's maps describe it.
        values: only these objects; None for all that are large enough for the encoder to see.

    Raises:
        SceneError: when the photograph has other proportions than the scene.
        ModelFileError: when the model has no encoder.
    """
    from core.capture import check_proportions, photograph_codes

    check_proportions(photograph, scene.size, "the street")
    found = photograph_codes(model, photograph, np.asarray(scene.label_map), np.asarray(scene.instance_map), scene.label_set)
    chosen = {key: code for key, code in found.items() if values is None or key_value(key) in values}
    return give_looks(scene, chosen, "Take looks from a photograph")
