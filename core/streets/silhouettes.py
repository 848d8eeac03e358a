"""Silhouettes with parts of the project's vehicles and people, drawn without Blender.

``python -m core.streets.silhouettes`` makes ``assets/silhouettes.npz``, to which
``core.filling`` compares bare objects. Triangles are painted in the classes' ids, the nearest last.
"""

from __future__ import annotations

import sys
from typing import Iterator, Sequence

import numpy as np

from core.labels import STREETS
from core.opencv import cv2
from core.scene.regions import mask_box
from core.silhouettes import Silhouette, default_path, save_silhouettes
from core.streets.naming import (
    BUS_BAND, BUS_GLASS, BUS_LETTERING, CAR, CAR_GLASS, CAR_SHINE, HOUSE_IN, PLATE_LETTERING, SKY_IN, part_facing,
)
from core.streets.parts import Part

#: Height of the camera above the road in metres, as on a car's roof.
EYE = 1.3

#: Kind -> (class name, bodies, distances in metres, silhouettes' height in pixels, yaws over half a turn).
VIEWS = {
    "car": ("car", ("hatchback", "sedan", "estate", "suv", "van", "sports"), (4.8, 8.0, 18.0), 120, 13),
    "truck": ("truck", ("box_truck", "tipper", "flatbed"), (9.0, 28.0), 112, 13),
    "bus": ("bus", ("city_bus", "coach"), (12.0, 34.0), 112, 13),
    "train": ("train", ("tram",), (26.0,), 112, 13),
    "person": ("person", ("walk", "stand", "stroll", "walk", "run", "stand"), (9.0,), 128, 9),
    "rider": ("rider", ("bicycle", "motorcycle", "scooter"), (9.0,), 128, 13),
}

#: What shows its surroundings in a silhouette, and the sine of the angle under which a street's roofs are seen.
MIRRORS, ROOFS = (CAR_GLASS, BUS_GLASS, CAR_SHINE), 0.5

#: Widest silhouette, in pixels.
WIDEST = 400

#: Longest side in pixels of a triangle that is painted whole; in metres of one of glass that mirrors one thing.
_SMALL, _PANE = 3.0, 0.12


def triangles(part: Part) -> np.ndarray:
    """(T, 3) vertex indices: a part's faces as fans."""
    if isinstance(part.faces, np.ndarray) and part.faces.ndim == 2:
        corners = part.faces.shape[1]
        return np.concatenate([part.faces[:, [0, i, i + 1]] for i in range(1, corners - 1)]).astype(np.int64)
    fans = [(face[0], face[i], face[i + 1]) for face in part.faces for i in range(1, len(face) - 1)]
    return np.array(fans, np.int64).reshape(-1, 3)


def draw(parts: Sequence[Part], class_id: int, yaw: float, distance: float, height: int) -> Silhouette:
    """An asset seen by a level camera at :data:`EYE` metres.

    Args:
        yaw: radians by which the asset turns left, 0 to drive away from the camera.
        distance: from the camera to the asset's origin, metres.
        height: of the silhouette in pixels, less where it would be too wide.
    """
    corners, labels, gloss = [], [], []
    for part in parts:
        vertices, faces = np.asarray(part.vertices, np.float64).reshape(-1, 3), triangles(part)
        copies = [vertices] if part.scatter is None else [
            vertices @ matrix[:3, :3].T + matrix[:3, 3] for matrix in np.asarray(part.scatter, np.float64)
        ]
        for copy in copies:
            corners.append(copy[faces])
            a, b, c = np.moveaxis(corners[-1], 1, 0)
            normals = np.cross(b - a, c - a)
            normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
            # The strokes of letters are finer than a silhouette's pixels.
            label = int(STREETS.outer[part.label]) if part.label in (PLATE_LETTERING, BUS_LETTERING) else part.label
            labels.append(part_facing(part.surface, label, normals).astype(np.uint8))
            gloss.append(np.full(len(normals), part.surface.kind == "paint"))
    corners, labels, gloss = np.concatenate(corners), np.concatenate(labels), np.concatenate(gloss)
    corners, labels, gloss = _panes_halved(corners, labels, gloss)
    c, s = np.cos(yaw), np.sin(yaw)
    x, y, z = corners[..., 0] * c - corners[..., 1] * s, corners[..., 0] * s + corners[..., 1] * c, corners[..., 2]
    depth = np.maximum(x + distance, 0.3)
    # A band that is stuck on lies millimetres before its body; nothing else is so near.
    depth[labels == BUS_BAND] -= 0.06
    rise = _mirrored_rise(np.stack([x + distance, y, z - EYE], axis=-1))
    labels[(labels == CAR) & gloss & (rise > 0)] = CAR_SHINE
    for parts, seen in ((HOUSE_IN, (rise > 0) & (rise <= ROOFS)), (SKY_IN, rise > ROOFS)):
        for surface in MIRRORS:
            if surface in parts:
                labels[seen & (labels == surface)] = parts[surface]
    seen = np.stack([-y / depth, (EYE - z) / depth], axis=-1)
    low, high = seen.reshape(-1, 2).min(0), seen.reshape(-1, 2).max(0)
    scale = min(height / (high[1] - low[1]), WIDEST / (high[0] - low[0]))
    points = (seen - low) * scale
    width, height = (np.ceil((high - low) * scale).astype(int) + 1).tolist()
    nearest = _painted(points, depth, labels, width, height)
    x0, y0, x1, y1 = mask_box(nearest > 0)
    nearest = nearest[y0:y1, x0:x1]
    base = STREETS.base[nearest]
    return Silhouette(
        class_id, np.where((nearest > 0) & (base != class_id), class_id, nearest).astype(np.uint8), yaw,
    )


def _panes_halved(corners: np.ndarray, labels: np.ndarray, gloss: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The (T, 3, 3) triangles with their labels and glosses, those of glass no longer than :data:`_PANE`: a pane mirrors more than one thing."""
    while True:
        sides = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=-1)
        long = np.isin(labels, (CAR_GLASS, BUS_GLASS)) & (sides.max(axis=1) > _PANE)
        if not long.any():
            return corners, labels, gloss
        a, b = _halved(corners[long], sides[long])
        corners = np.concatenate([corners[~long], a, b])
        labels, gloss = (np.concatenate([values[~long], values[long], values[long]]) for values in (labels, gloss))


def _halved(corners: np.ndarray, sides: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, 3, 3) triangles as two of the same turn each, parted at the middle of the longest of their (T, 3) ``sides``."""
    longest, rows = sides.argmax(axis=1), np.arange(len(corners))
    start, end, other = (corners[rows, (longest + k) % 3] for k in range(3))
    middle = (start + end) / 2
    return np.stack([start, middle, other], 1), np.stack([middle, end, other], 1)


def _mirrored_rise(corners: np.ndarray) -> np.ndarray:
    """(T,) sine of the angle above the horizon at which triangles, mirrors, let the eye at the origin look."""
    a, b, c = np.moveaxis(corners, 1, 0)
    normals = np.cross(b - a, c - a)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    away = corners.mean(axis=1)
    seen = away - 2 * (away * normals).sum(axis=1, keepdims=True) * normals
    return seen[:, 2] / (np.linalg.norm(seen, axis=1) + 1e-12)


def _painted(points: np.ndarray, depth: np.ndarray, labels: np.ndarray, width: int, height: int) -> np.ndarray:
    """(height, width) uint8: the label of the nearest triangle, 0 where there is none.

    Triangles are halved until they are small, so that painting them from the far to the near one is exact enough.
    """
    a, b, c = points[:, 0], points[:, 1], points[:, 2]
    turn = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    faces_us = turn < 0  # counter-clockwise from outside, with rows counted downwards
    corners, labels = np.concatenate([points, depth[..., None]], axis=-1)[faces_us], labels[faces_us]
    small, theirs = [], []
    while len(corners):
        sides = np.linalg.norm(np.roll(corners, -1, axis=1)[..., :2] - corners[..., :2], axis=-1)
        done = sides.max(axis=1) <= _SMALL
        small.append(corners[done])
        theirs.append(labels[done])
        corners, labels = np.concatenate(_halved(corners[~done], sides[~done])), np.concatenate([labels[~done]] * 2)
    small, theirs = np.concatenate(small), np.concatenate(theirs)
    order = np.argsort(-small[..., 2].mean(axis=1), kind="stable")
    # Twice as large, of which every other pixel is kept: a painted outline is half a pixel wide.
    picture = np.zeros((2 * height, 2 * width), np.uint8)
    places = np.rint(small[order][..., :2] * 2 * 16 - 8).astype(np.int32)
    for place, label in zip(places, theirs[order].tolist()):
        cv2.fillConvexPoly(picture, place, label, cv2.LINE_8, 4)
    return np.ascontiguousarray(_majority(picture, 5)[::2, ::2])


def _majority(picture: np.ndarray, side: int) -> np.ndarray:
    """Each pixel with the label that most pixels around it have: what lies millimetres apart was painted in any order."""
    best, result = np.zeros(picture.shape, np.float32), picture.copy()
    for label in np.unique(picture).tolist():
        share = cv2.blur((picture == label).astype(np.float32), (side, side), borderType=cv2.BORDER_CONSTANT)
        more = share > best
        result[more], best[more] = label, share[more]
    return result


def silhouettes(kinds: Sequence[str] = tuple(VIEWS)) -> Iterator[Silhouette]:
    """All views of all kinds; the same each time."""
    from core.streets.people import person, rider
    from core.streets.vehicles import vehicle

    for kind in kinds:
        name, bodies, distances, height, yaws = VIEWS[kind]
        class_id = STREETS.named(name).id
        for number, body in enumerate(bodies):
            rng = np.random.default_rng([number, class_id])
            if kind == "person":
                parts = person(rng, body)
            elif kind == "rider":
                parts = rider(rng, body)
            else:
                parts = vehicle(body, rng)
            for distance in distances:
                for yaw in np.linspace(0, np.pi, yaws):
                    yield draw(parts, class_id, float(yaw), distance, height)


def main(path: str = "") -> None:
    """Write the library."""
    made = list(silhouettes())
    save_silhouettes(path or default_path(), made)
    print(f"{len(made)} silhouettes")


if __name__ == "__main__":
    main(*sys.argv[1:2])
