"""Choosing looks: blending, variation, and giving them to objects. Every change is one undoable edit.

A look is an appearance code, (K,) float32. Functions that change a scene only
describe the change, as ``core.scene.edits`` does; they return None where there
is nothing to change.
"""

from __future__ import annotations

from typing import Collection, Iterable

import numpy as np

from core.appearance import CodeBook
from core.labels import object_class
from core.scene import edits
from core.scene.edit import Edit
from core.scene.scene import Scene

#: How far "more like this" goes, in spreads of the class.
_STEP = 0.5


def blend(code_a: np.ndarray, code_b: np.ndarray, t: float) -> np.ndarray:
    """(K,) float32 between two codes: ``code_a`` at t = 0, ``code_b`` at t = 1."""
    a, b = np.asarray(code_a, np.float32), np.asarray(code_b, np.float32)
    t = min(1.0, max(0.0, float(t)))
    return ((1 - t) * a + t * b).astype(np.float32)


def similar(book: CodeBook, label_id: int, code: np.ndarray, seed: int) -> np.ndarray:
    """(K,) float32: a look near ``code``, drawn by ``seed``.

    Each dimension moves by half the class's spread, on average, and no further
    out of the class's range than the code itself lies.
    """
    code = np.asarray(code, np.float32)
    rng = np.random.default_rng((int(seed), int(label_id)))
    moved = code + rng.normal(size=code.shape) * _STEP * book.spread(label_id)
    low, high = book.bounds(label_id)
    return np.clip(moved, np.minimum(low, code), np.maximum(high, code)).astype(np.float32)


def draw(book: CodeBook, value: int, seed: int) -> np.ndarray:
    """(K,) float32: any look for an object of a class with looks, drawn by ``seed``: one of them, then one like it."""
    return similar(book, int(object_class(value)), book.random_codes([value], seed)[int(value)], seed)


def code_of(scene: Scene, book: CodeBook, value: int) -> np.ndarray:
    """(K,) float32: the code with which an object is rendered, its class's usual one where it has none that fits."""
    code = scene.codes.get(value)
    return code if code is not None and code.shape == (book.dim,) else book.default_code(value)


def look_of(scene: Scene, book: CodeBook, value: int) -> int | None:
    """Which look of its class an object has; None for a code that is none of them."""
    label_id = int(object_class(value))
    code = code_of(scene, book, value)
    return next((k for k in range(book.looks(label_id)) if np.array_equal(code, book.code(label_id, k))), None)


def same_class(scene: Scene, value: int) -> list[int]:
    """The objects of the class of ``value``, itself included; for stuff the bare id alone."""
    of_class = [o for o in scene.objects().values() if o.label_id == object_class(value)]
    return [o.value for o in of_class if o.is_object] or [o.value for o in of_class]


def give_look(
    scene: Scene, values: Iterable[int], code: np.ndarray | None, title: str = "Change the look"
) -> Edit | None:
    """Give objects one code, or (None) their class's usual look.

    Raises:
        SceneError: when a value is not in the scene, or the code holds no finite numbers.
    """
    return edits.set_codes(scene, {int(value): code for value in values}, title)


def copy_look(scene: Scene, book: CodeBook, source: int, targets: Iterable[int]) -> Edit | None:
    """Give ``targets`` the look of the object ``source``; errors as :func:`give_look`."""
    return give_look(scene, (v for v in targets if v != source), code_of(scene, book, source), "Copy a look")


def apply_to_class(
    scene: Scene, book: CodeBook, source: int, locked: Collection[int] = ()
) -> Edit | None:
    """Give every object of the class of ``source`` its look, except the locked ones."""
    label_id = int(object_class(source))
    values = [v for v in same_class(scene, source) if v == source or v not in locked]
    return give_look(scene, values, code_of(scene, book, source), f"Give every {scene.label_set.name_of(label_id)} this look")


def randomise_street(
    scene: Scene, book: CodeBook, seed: int, locked: Collection[int] = ()
) -> Edit | None:
    """Draw a look for everything that has a choice, except locked objects; the same seed, the same street."""
    codes = book.random_codes((v for v in scene.objects() if v not in locked), seed)
    return edits.set_codes(scene, codes, "Randomise street")


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
    found = photograph_codes(model, photograph, np.asarray(scene.instance_map))
    chosen = {v: code for v, code in found.items() if scene.area(v) and (values is None or v in values)}
    return edits.set_codes(scene, chosen, "Take looks from a photograph")
