"""Small pictures of one object in each of its looks.

Only the object and what the generator sees of it are rendered: a crop of the
maps, larger than what is shown by most of the generator's reach and laid on its grid.
Pixels further away have next to no weight: the picture is the whole frame's to
within a few steps of 255 (see ``SURROUNDINGS``). Where that would be too much (a
sky, a lorry at the lens), the maps are made smaller first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Sequence

import numpy as np

from core.errors import SceneError
from core.look_regions import key_part, key_value, look_regions
from core.looks import given, looks_of, with_changes
from core.opencv import cv2
from core.scene.regions import Box
from core.scene.scene import SceneSnapshot

if TYPE_CHECKING:
    from core.rendering.renderer import Renderer

#: Pixels that the generator may see for one thumbnail: about a quarter of a 2048x1024 frame.
PIXELS = 600_000

#: How much of the generator's reach is rendered around what is shown. Of the default model's
#: 175 pixels, 128 gave the same thumbnails to one step of 255, 96 to three (1 in 99 % of pixels).
SURROUNDINGS = 0.6

#: A small crop leaves a processor idle; several are drawn at once up to this many pixels.
_BATCH_PIXELS = 200_000

#: For generators that don't say how far a pixel reaches (their statistics span the frame).
_REACH = 96

_SCALES = (1.0, 1 / 2, 1 / 4, 1 / 8, 1 / 16)


@dataclass(frozen=True)
class Crop:
    """What is rendered for a thumbnail.

    Attributes:
        box: (x0, y0, x1, y1), the frame's pixels that the generator sees.
        view: those that are shown.
        scale: by which the maps are made smaller first, 1.0 for not at all.
    """

    box: Box
    view: Box
    scale: float

    @property
    def working_size(self) -> tuple[int, int]:
        """(width, height) of what the generator sees."""
        x0, y0, x1, y1 = self.box
        return max(1, round((x1 - x0) * self.scale)), max(1, round((y1 - y0) * self.scale))


def plan_crop(
    bbox: Box, frame: tuple[int, int], size: tuple[int, int], reach: int, multiple: int, pixels: int = PIXELS
) -> Crop:
    """The largest scale at which an object's crop stays within ``pixels``.

    Args:
        bbox: the object's box in the frame.
        frame: (width, height) of the scene.
        size: (width, height) of the thumbnail; what is shown takes its proportions where the frame allows.
        reach: how far, in pixels, the generator lets a pixel change the picture.
        multiple: of the generator's grid.
    """
    view = _view(bbox, frame, size)
    for scale in _SCALES:
        # One pixel more than the reach: an object's edge is seen from its neighbour.
        margin, grid = math.ceil((reach + 1) / scale), round(multiple / scale)
        box = (
            max(0, view[0] - margin) // grid * grid,
            max(0, view[1] - margin) // grid * grid,
            min(frame[0], -(-(view[2] + margin) // grid) * grid),
            min(frame[1], -(-(view[3] + margin) // grid) * grid),
        )
        crop = Crop(box, view, scale)
        if math.prod(crop.working_size) <= pixels:
            break
    return crop


def look_box(snapshot: SceneSnapshot, key: int) -> Box:
    """(x0, y0, x1, y1) of what has a look key, an object with its parts; SceneError where no pixel has it."""
    value, part = key_value(key), key_part(key)
    there = snapshot.instance_map == value
    if part:
        there &= snapshot.label_map == part
    rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
    if not rows.size:
        raise SceneError(f"There is no object {value} in this scene; choose one that is there.")
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def look_thumbnails(
    renderer: "Renderer", snapshot: SceneSnapshot, key: int, size: tuple[int, int]
) -> Iterator[tuple[int, np.ndarray]]:
    """Draw an object, or its parts of one kind, in each look there is, one after the other.

    Args:
        renderer: it is used on this thread while the iterator is consumed.
        key: look key: an object with its parts, stuff by its bare id, or parts of one kind alone.
        size: (width, height) that a thumbnail fits into.

    Yields:
        (k, rgb): the look's number and its picture, (h, w, 3) uint8.

    Raises:
        SceneError: when nothing in the scene has the key.
    """
    book = renderer.model.code_book
    codes = looks_of(snapshot, book, key) if book else []
    yield from code_thumbnails(renderer, snapshot, key, codes, size)


def code_thumbnails(
    renderer: "Renderer", snapshot: SceneSnapshot, key: int, codes: Sequence[np.ndarray], size: tuple[int, int]
) -> Iterator[tuple[int, np.ndarray]]:
    """As :func:`look_thumbnails`, for any (K,) codes: yields (position in ``codes``, rgb)."""
    if not len(codes):
        return
    crop = plan_crop(look_box(snapshot, key), snapshot.size, size, seen(renderer), renderer.multiple)
    for i, picture in enumerate(crop_pictures(renderer, snapshot, key, codes, crop)):
        yield i, _cut(picture, crop, size)


def seen(renderer: "Renderer") -> int:
    """Pixels around what is shown that are rendered along."""
    reach = getattr(renderer.model.generator, "reach", None)
    return _REACH if reach is None else math.ceil(SURROUNDINGS * reach)


def crop_pictures(
    renderer: "Renderer", snapshot: SceneSnapshot, key: int, codes: Sequence[np.ndarray], crop: Crop
) -> Iterator[np.ndarray]:
    """What the generator makes of a crop for each of the (K,) codes given to a look key, (h, w, 3) uint8.

    The pictures are of the crop's ``working_size``, padded to the generator's grid.
    """
    import torch

    base, keys, index = _conditioning(renderer, snapshot, crop)
    changing = keys == key if key_part(key) else key_value(keys) == key
    there = torch.from_numpy(changing[index])
    row = torch.from_numpy(index)[there].long()
    at_once = max(1, min(len(codes), _BATCH_PIXELS // there.numel()))
    for start in range(0, len(codes), at_once):
        tables = [
            renderer.code_table(with_changes(snapshot.codes, given(snapshot.codes, key, code)))(keys)
            for code in codes[start:start + at_once]
        ]
        # Entered for each group: a generator must not leave the mode on while it waits.
        with torch.inference_mode():
            pictures = _draw(renderer, base, there, [torch.from_numpy(table)[row] for table in tables])
        yield from pictures


def _conditioning(renderer: "Renderer", snapshot: SceneSnapshot, crop: Crop):
    """The crop's conditioning, and its look keys with the (H, W) index into them."""
    from core.rendering.conditioning import condition
    from core.scene.files import resize_nearest

    x0, y0, x1, y1 = crop.box
    labels, instances = snapshot.label_map[y0:y1, x0:x1], snapshot.instance_map[y0:y1, x0:x1]
    if crop.scale != 1:
        labels = resize_nearest(labels, crop.working_size)
        instances = resize_nearest(instances, crop.working_size)
    maps = renderer.padded(labels, instances, snapshot.label_set)
    known = renderer.model.label_set
    return condition(*maps, known, renderer.code_table(snapshot.codes)), *look_regions(*maps, known)


def _draw(renderer: "Renderer", base, there, values: Sequence) -> list[np.ndarray]:
    """A picture of the crop for each (pixels, K) of codes, put where ``there`` is true."""
    import torch

    from core.rendering.conditioning import Conditioning, inputs_for
    from core.rendering.renderer import to_pixels

    planes = base.planes.repeat(len(values), 1, 1, 1).contiguous(memory_format=torch.channels_last)
    for plane, codes in zip(planes, values):
        plane[1:, there] = codes.T
    labels = base.labels.expand(len(values), -1, -1)
    generator = renderer.fastest
    conditioning = Conditioning(labels, planes.to(next(generator.parameters()).dtype)).to(renderer.device)
    return [to_pixels(picture.float()) for picture in generator(*inputs_for(generator, conditioning))]


def _cut(picture: np.ndarray, crop: Crop, size: tuple[int, int]) -> np.ndarray:
    """What is shown of a crop's picture, made to fit ``size``."""
    x0, y0, x1, y1 = (
        round((side - origin) * crop.scale) for side, origin in zip(crop.view, crop.box[:2] * 2)
    )
    shown = picture[y0:max(y1, y0 + 1), x0:max(x1, x0 + 1)]
    height, width = shown.shape[:2]
    factor = min(size[0] / width, size[1] / height)
    target = max(1, round(width * factor)), max(1, round(height * factor))
    return cv2.resize(shown, target, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def _view(bbox: Box, frame: tuple[int, int], size: tuple[int, int]) -> Box:
    """The object with a little around it, in the thumbnail's proportions where the frame allows."""
    x0, y0, x1, y1 = bbox
    rim = max(4, round(0.08 * max(x1 - x0, y1 - y0)))
    width, height = x1 - x0 + 2 * rim, y1 - y0 + 2 * rim
    width, height = max(width, round(height * size[0] / size[1])), max(height, round(width * size[1] / size[0]))
    (left, right), (top, bottom) = (
        _centred(low, high, side, limit) for low, high, side, limit in ((x0, x1, width, frame[0]), (y0, y1, height, frame[1]))
    )
    return left, top, right, bottom


def _centred(low: int, high: int, side: int, limit: int) -> tuple[int, int]:
    side = min(side, limit)
    start = min(max(0, (low + high - side) // 2), limit - side)
    return start, start + side
