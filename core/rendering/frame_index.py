"""A frame as few distinct pixels: conditioning that can be updated locally.

What a generator is told of a pixel depends on its class, on whether it lies
on an edge, and on its object's code: some thousand combinations in a frame of
two million pixels. So a frame is kept as one number a pixel and a table with
a row per combination; the planes and one-hot labels of :mod:`.conditioning`
are made for the table alone and looked up per rectangle.
"""

from __future__ import annotations

import sys
from typing import Callable, Mapping

import numpy as np
import torch
from torch.nn import functional as F

from core.labels import LabelSet
from core.look_regions import key_part, key_value, look_key
from core.rendering.conditioning import CodeTable, Conditioning, inputs_for, instance_edges
from core.rendering.local.ops import PatchConv, Source
from core.rendering.local.rects import Rect, coalesce, whole

# More objects than this in one frame would make the table outgrow the frame itself.
MAX_OBJECTS = 8192

# Changed pixels are gathered into rectangles on a grid of this many pixels.
_CELL = 32


class TooManyObjects(Exception):
    """The frame holds more than :data:`MAX_OBJECTS` distinct instance values."""


class FrameIndex:
    """The conditioning of one frame, kept up with a scene's maps (a feed for the executor).

    Args:
        generator: decides the form of the table's rows (see ``inputs_for``).
        device: where blocks go.
        label_set: the model's.
        labels: (256,) uint8, a scene's label id -> the model's.
        objects: (65536,) uint16, a scene's instance value -> the model's.
        code_table: of chosen codes by look key.
        multiple: the frame is padded to multiples of this by repeating its border,
        smallest: and at least to this many pixels a side.
        dtype: of blocks.
    """

    def __init__(
        self, generator, device, label_set: LabelSet, labels: np.ndarray, objects: np.ndarray,
        code_table: Callable[[Mapping[int, np.ndarray]], CodeTable], multiple: int,
        smallest: int = 1, dtype: torch.dtype = torch.float32,
    ):
        self.generator, self.device, self.dtype = generator, torch.device(device), dtype
        self.objects, self.code_table = objects, code_table
        #: (256,) uint8: a scene's label id -> the generator's channel.
        self.channels = label_set.index[labels].astype(np.uint8)
        self.labels_count = int(self.channels.max()) + 1
        #: (256,) a scene's label id -> the part that it is to the model, or 0; and the same by channel.
        self._part = label_set.part[labels]
        self._channel_part = label_set.part[list(label_set.ids)][: self.labels_count]
        self.multiple, self.smallest = multiple, smallest
        self.codes: dict[int, np.ndarray] = {}
        self.size: tuple[int, int] = (0, 0)  # padded (height, width)
        self.frame_size: tuple[int, int] = (0, 0)

    # -- the whole frame ----------------------------------------------------------

    def reset(self, label_map: np.ndarray, instance_map: np.ndarray, codes: Mapping[int, np.ndarray]) -> None:
        """Take a new frame: (H, W) uint8 ids, (H, W) uint16 and codes by look key.

        Raises:
            TooManyObjects: see there.
        """
        height, width = self.frame_size = label_map.shape
        self.size = tuple(max(side + -side % self.multiple, self.smallest) for side in (height, width))
        if getattr(self, "_seen_labels", np.empty(0)).shape != label_map.shape:
            self._seen_labels = np.empty(label_map.shape, np.uint8)
            self._seen_instances = np.empty(label_map.shape, np.uint16)
            self._channel = np.empty(self.size, np.uint8)
            self._number = np.empty(self.size, np.int16)
            self._index = np.empty(self.size, np.int32)
        self.codes = dict(codes)
        self._values = np.empty(0, np.uint16)
        #: (65536,) int16: a scene's instance value -> its model's place in ``_values``; -1 where it has none.
        self._number_of = np.full(65536, -1, np.int16)
        #: Pairs of object and class, as place in ``_values`` * ``labels_count`` + channel, in the table's order; and the inverse.
        self._pairs = np.empty(0, np.int32)
        self._place_of = np.empty(0, np.int32)
        self._code_table = self.code_table(self.codes)
        self._forget_rows()
        self._write(label_map, instance_map, Rect(0, 0, width, height))

    # -- updates --------------------------------------------------------------------

    def holds(self, label_map: np.ndarray, instance_map: np.ndarray) -> bool:
        """True where the maps, of the frame's size, are those last seen."""
        return np.array_equal(label_map, self._seen_labels) and np.array_equal(instance_map, self._seen_instances)

    def changes(self, label_map: np.ndarray, instance_map: np.ndarray, where: Rect | None = None) -> list[Rect]:
        """Rectangles in which the maps differ from the last ones seen; looks only into ``where`` when given."""
        where = whole(self.frame_size) if where is None else where.clip(self.frame_size)
        if not where:
            return []
        at = where.slices
        differs = label_map[at] != self._seen_labels[at]
        differs |= instance_map[at] != self._seen_instances[at]
        return [rect.shift(where.x0, where.y0) for rect in mask_rects(differs)]

    def code_changes(self, codes: Mapping[int, np.ndarray]) -> list[Rect]:
        """Rectangles round the objects and parts whose code differs from the last one seen."""
        changed = _changed_codes(codes, self.codes)
        if not changed:
            return []
        objects, holders, parts = np.zeros(65536, bool), np.zeros(65536, bool), np.zeros(256, bool)
        for key in changed:
            part = key_part(key)
            (holders if part else objects)[key_value(key)] = True  # an object's own code moves its parts' along
            parts[part] |= part > 0
        mask = objects[self._seen_instances]
        if holders.any():  # these parts, or their like in others of these objects: at most too much
            mask |= holders[self._seen_instances] & parts[self._part][self._seen_labels]
        return mask_rects(mask)

    def update(
        self, label_map: np.ndarray, instance_map: np.ndarray, codes: Mapping[int, np.ndarray], rects: list[Rect]
    ) -> list[Rect]:
        """Take what changed inside ``rects`` and all ``codes``.

        Returns:
            rectangles of the padded frame whose conditioning changed: with the
            ring of edges round them.
        """
        if _changed_codes(codes, self.codes):
            self.codes = dict(codes)
            self._code_table = self.code_table(self.codes)
            self._forget_rows()
        return [self._write(label_map, instance_map, rect) for rect in rects]

    def _write(self, label_map, instance_map, rect: Rect) -> Rect:
        height, width = self.frame_size
        full_height, full_width = self.size
        at = rect.slices
        self._seen_labels[at] = label_map[at]
        self._seen_instances[at] = instance_map[at]
        self._channel[at] = np.take(self.channels, label_map[at], mode="clip")
        self._number[at] = self._numbers(instance_map[at])
        # The padding repeats the border.
        right, bottom = rect.x1 == width, rect.y1 == height
        for array in (self._channel, self._number):
            if right and full_width > width:
                array[rect.y0 : rect.y1, width:] = array[rect.y0 : rect.y1, width - 1 : width]
            if bottom and full_height > height:
                columns = slice(rect.x0, full_width if right else rect.x1)
                array[height:, columns] = array[height - 1 : height, columns]
        ring = Rect(
            rect.x0, rect.y0, full_width if right else rect.x1, full_height if bottom else rect.y1
        ).grow(1).clip(self.size)
        self._reindex(ring)
        return ring

    def _reindex(self, rect: Rect) -> None:
        around = rect.grow(1).clip(self.size)
        edges = instance_edges(self._number[around.slices])
        dy, dx = rect.y0 - around.y0, rect.x0 - around.x0
        edges = edges[dy : dy + rect.height, dx : dx + rect.width]
        # torch's arithmetic in place takes a quarter of numpy's time.
        pair = torch.from_numpy(self._number[rect.slices]).to(torch.int32)
        pair = pair.mul_(self.labels_count).add_(torch.from_numpy(self._channel[rect.slices])).numpy()
        index = torch.from_numpy(self._index)[rect.slices]
        index.copy_(torch.from_numpy(self._places(pair))).mul_(2).add_(torch.from_numpy(edges))

    def _places(self, pairs: np.ndarray) -> np.ndarray:
        """(h, w) int32: the places of pairs of object and class in the table; new ones are given theirs."""
        found = np.take(self._place_of, pairs, mode="clip") if self._pairs.size else None
        if found is None or found.min() < 0:
            new = np.unique(_where_runs_begin(pairs))
            new = new[self._place_of[new] < 0]
            self._place_of[new] = self._pairs.size + np.arange(new.size, dtype=np.int32)
            self._pairs = np.concatenate((self._pairs, new))
            self._forget_rows()
            found = np.take(self._place_of, pairs, mode="clip")
        return found

    def _numbers(self, instances: np.ndarray) -> np.ndarray:
        """(h, w) int16: the places of instance values in the table; new ones are given theirs."""
        found = np.take(self._number_of, instances, mode="clip") if self._values.size else None
        if found is None or found.min() < 0:
            values = np.unique(_where_runs_begin(instances))
            self._register(np.unique(self.objects[values[self._number_of[values] < 0]]))
            found = np.take(self._number_of, instances, mode="clip")
        return found

    def _register(self, values: np.ndarray) -> None:
        """Give the model's values their rows, new ones behind the others."""
        values = np.setdiff1d(values, self._values)
        if self._values.size + values.size > MAX_OBJECTS:
            raise TooManyObjects
        self._values = np.concatenate((self._values, values.astype(np.uint16)))
        place = np.full(65536, -1, np.int16)
        place[self._values] = np.arange(self._values.size, dtype=np.int16)
        self._number_of = place[self.objects]
        further = np.full(values.size * self.labels_count, -1, np.int32)
        self._place_of = np.concatenate((self._place_of, further))

    def _forget_rows(self) -> None:
        self._rows: dict[Source, torch.Tensor] = {}
        self._patch_rows: dict[PatchConv, torch.Tensor] = {}

    # -- what the executor asks --------------------------------------------------------

    def block(self, source: Source, rect: Rect) -> tuple[torch.Tensor, bool]:
        """(1, C, h, w) values of ``source``, looked up in its table."""
        rows = self._rows_of(source)
        index = torch.from_numpy(self._index[rect.slices].reshape(-1)).to(self.device, non_blocking=True)
        values = rows.index_select(0, index)
        return values.view(1, rect.height, rect.width, -1).permute(0, 3, 1, 2), True

    def patches(self, conv: PatchConv, rect: Rect) -> torch.Tensor | None:
        """(1, C, h, w) of ``conv`` over a source, in ``rect`` of its output: sums of rows of a table; None where that isn't faster."""
        if self.device.type != "cpu" or conv.kernel != (2, 2) or sys.byteorder != "little":
            return None
        table = self._patch_rows.get(conv)
        if table is None:
            table = self._patch_rows[conv] = conv.added(self._rows_of(conv.inputs[0])).flatten(0, 1)
        # Two neighbours in a row are one number of 64 bits, the left one low: both are moved to their places' rows at once.
        pairs = self._index[2 * rect.y0 : 2 * rect.y1, 2 * rect.x0 : 2 * rect.x1].view(np.int64)
        count = len(table) // 4
        right = 1 << 32
        bags = np.empty((rect.height, rect.width, 2), np.int64)
        np.add(pairs[0::2], count * right, out=bags[..., 0])
        np.add(pairs[1::2], 2 * count + 3 * count * right, out=bags[..., 1])
        summed = F.embedding_bag(torch.from_numpy(bags.view(np.int32)).reshape(-1, 4), table, mode="sum")
        return summed.view(1, rect.height, rect.width, -1).permute(0, 3, 1, 2)

    def _rows_of(self, source: Source) -> torch.Tensor:
        rows = self._rows.get(source)
        if rows is None:
            rows = self._rows[source] = self._table(source)
        return rows

    def _table(self, source: Source) -> torch.Tensor:
        """(rows, C): the source's prefix run on one pixel of every combination."""
        dim = self._code_table.dim
        planes = np.empty((self._pairs.size, 2, 1 + dim), np.float32)
        planes[..., 0] = np.arange(2, dtype=np.float32)
        values, channels = self._values[self._pairs // self.labels_count], self._pairs % self.labels_count
        parts = self._channel_part[channels].astype(np.int64)
        planes[..., 1:] = self._code_table(look_key(values.astype(np.int64), parts))[:, None]
        planes = planes.reshape(-1, 1 + dim)
        labels = np.repeat(channels.astype(np.int64), 2)
        pixels = Conditioning(
            torch.from_numpy(labels)[None, None], torch.from_numpy(planes).T[None, :, None].contiguous()
        )
        values = source.prefix(*inputs_for(self.generator, pixels.to(self.device, self.dtype)))
        return values[0, :, 0].T.contiguous()


def _where_runs_begin(values: np.ndarray) -> np.ndarray:
    """All values of an array (h, w), and few of them more than once."""
    return np.concatenate((values[:, 0], values[:, 1:][values[:, 1:] != values[:, :-1]]))


def _changed_codes(codes: Mapping[int, np.ndarray], before: Mapping[int, np.ndarray]) -> list[int]:
    """Look keys whose code is new, gone or another."""
    return [
        value
        for value in codes.keys() | before.keys()
        if value not in codes or value not in before or not np.array_equal(codes[value], before[value])
    ]


def mask_rects(mask: np.ndarray) -> list[Rect]:
    """Few rectangles that cover the true pixels of ``mask``, tight round each group of them."""
    height, width = mask.shape
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return []
    columns = np.flatnonzero(mask[rows[0] : rows[-1] + 1].any(axis=0))
    box = Rect(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    if box.width <= 4 * _CELL and box.height <= 4 * _CELL:
        return [box]
    inside = mask[box.slices]
    cells = np.add.reduceat(inside, np.arange(0, box.height, _CELL), axis=0, dtype=np.int32)
    cells = np.add.reduceat(cells, np.arange(0, box.width, _CELL), axis=1) > 0
    found = []
    for group in _groups(cells):
        part = Rect(*(v * _CELL for v in group)).clip((box.height, box.width))
        tight = inside[part.slices]
        ys, xs = np.flatnonzero(tight.any(axis=1)), np.flatnonzero(tight.any(axis=0))
        found.append(
            Rect(int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1).shift(part.x0 + box.x0, part.y0 + box.y0)
        )
    return coalesce(found)


def _groups(cells: np.ndarray) -> list[Rect]:
    """Bounding rectangles of the connected true cells (touching corners count)."""
    from core.opencv import cv2

    count, _, stats, _ = cv2.connectedComponentsWithStats(cells.astype(np.uint8), connectivity=8)
    return [Rect(int(x), int(y), int(x + w), int(y + h)) for x, y, w, h, _ in stats[1:count]]
