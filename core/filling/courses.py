"""Courses: stones, slabs or bricks laid in rows, each row half a stone further on, and the joints between them."""

from __future__ import annotations

import numpy as np

#: A stone is told from its neighbours where it is so many pixels long; joints are where both its sides are so many.
_STONE, _JOINTED = 2.0, 3.0


def laid(
    along: np.ndarray, across: np.ndarray, breadth: float, length: float, pixels_along: np.ndarray, pixels_across: np.ndarray,
    seeds: list[int],
) -> tuple[np.ndarray, np.ndarray]:
    """Where the darker half of the stones lies, and their joints, a pixel wide.

    Args:
        along, across: metres along the courses and across them of each pixel; any shapes that broadcast.
        breadth: of a course, metres. length: of a stone, as a share of that.
        pixels_along, pixels_across: of a metre each way.

    Returns:
        two bool arrays of the common shape.
    """
    row = across / breadth
    course = np.floor(row).astype(np.int64)
    place = along / (length * breadth) + 0.5 * (course & 1)
    dark = (cells(course, np.floor(place).astype(np.int64), seeds) & 1).astype(bool) & (breadth * pixels_along >= _STONE)
    high, long = breadth * pixels_across, length * breadth * pixels_along
    joint = _on_line(row, high) | _on_line(place, long)
    return dark, joint & (np.minimum(high, long) >= _JOINTED)


def _on_line(value: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Within half a pixel of a whole number, which is ``pixels`` from the next; of two pixels as near, one."""
    aside = np.round((value - np.rint(value)) * pixels, 6)
    return (aside >= -0.5) & (aside < 0.5)


def cells(row: np.ndarray, stone: np.ndarray, seeds: list[int]) -> np.ndarray:
    """A random uint64 for each stone of a wall, or other cell of it, by row and place (the finaliser of splitmix64)."""
    start = np.random.SeedSequence(seeds).generate_state(2, np.uint64)
    mixed = start[0] ^ (row.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    mixed = mixed + start[1] + stone.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
