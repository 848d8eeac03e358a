"""Rectangles on a grid of pixels, half-open: x0 <= x < x1, y0 <= y < y1."""

from __future__ import annotations

from typing import Iterable, NamedTuple, Sequence


class Rect(NamedTuple):
    """A rectangle; the same order as a scene's bounding boxes."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        return self.y1 - self.y0

    @property
    def area(self) -> int:
        return self.width * self.height if self else 0

    def __bool__(self) -> bool:
        return self.x1 > self.x0 and self.y1 > self.y0

    def grow(self, x: int, y: int | None = None) -> "Rect":
        y = x if y is None else y
        return Rect(self.x0 - x, self.y0 - y, self.x1 + x, self.y1 + y)

    def clip(self, size: tuple[int, int]) -> "Rect":
        """Inside a grid of ``size`` (height, width)."""
        height, width = size
        return Rect(max(self.x0, 0), max(self.y0, 0), min(self.x1, width), min(self.y1, height))

    def intersect(self, other: "Rect") -> "Rect":
        return Rect(
            max(self.x0, other.x0), max(self.y0, other.y0), min(self.x1, other.x1), min(self.y1, other.y1)
        )

    def union(self, other: "Rect") -> "Rect":
        return Rect(
            min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1)
        )

    def shift(self, x: int, y: int) -> "Rect":
        return Rect(self.x0 + x, self.y0 + y, self.x1 + x, self.y1 + y)

    def snap(self, step: int) -> "Rect":
        """Outwards to multiples of ``step``."""
        return Rect(
            self.x0 // step * step, self.y0 // step * step, -(-self.x1 // step) * step, -(-self.y1 // step) * step
        )

    def scale(self, to: tuple[int, int], base: tuple[int, int]) -> "Rect":
        """The same place on a grid of size ``to``, given on one of size ``base`` (height, width), rounded outwards."""
        (height, width), (base_height, base_width) = to, base
        return Rect(
            self.x0 * width // base_width,
            self.y0 * height // base_height,
            -(-self.x1 * width // base_width),
            -(-self.y1 * height // base_height),
        )

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows, columns."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)


def whole(size: tuple[int, int]) -> Rect:
    """All of a grid of ``size`` (height, width)."""
    return Rect(0, 0, size[1], size[0])


def bounds(rects: Iterable[Rect]) -> Rect | None:
    """The smallest rectangle round all of them; None for none."""
    found = None
    for rect in rects:
        if rect:
            found = rect if found is None else found.union(rect)
    return found


def coalesce(rects: Sequence[Rect], worth: float = 0.0) -> list[Rect]:
    """Fewer rectangles that cover the same, joined wherever that is cheaper.

    Args:
        worth: how many pixels one rectangle less is worth (the overhead of a
            step, in pixels).
    """
    found = [rect for rect in rects if rect]
    joined = True
    while joined and len(found) > 1:
        joined = False
        for i in range(len(found)):
            for j in range(i + 1, len(found)):
                both = found[i].union(found[j])
                if both.area <= found[i].area + found[j].area + worth:
                    found[i] = both
                    del found[j]
                    joined = True
                    break
            if joined:
                break
    return found
