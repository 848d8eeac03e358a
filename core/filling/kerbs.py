"""Kerbs: the stone that edges a sidewalk towards the road.

On a flat map a kerb is what of the sidewalk lies within its height above the road's edge, and
within its width behind that. Both shrink with the distance: a metre at the row y of the ground
is (y - horizon) / eye pixels across and up, and (y - horizon)^2 / (focal * eye) pixels along.
"""

from __future__ import annotations

import numpy as np

from core.filling.view import View

#: Height of the kerb and width of its upper face, in metres.
HEIGHT, WIDTH = 0.12, 0.22

#: A kerb nearer to the horizon than this share of the frame's height isn't seen as one.
_FAR = 0.02


def kerbs(sidewalk: np.ndarray, driven: np.ndarray, unknown: np.ndarray, view: View) -> np.ndarray:
    """(H, W) bool, where kerbs are seen.

    Args:
        sidewalk: (H, W) bool. driven: (H, W) bool, what one drives on.
        unknown: (H, W) bool, where the frame, or the car that carries the camera, cuts the street off.
    """
    height = len(sidewalk)
    first = int(np.clip(view.horizon, 0, height))
    found = np.zeros(sidewalk.shape, bool)
    if not (sidewalk[first:].any() and driven.any()):
        return found
    tall = HEIGHT * (height - view.horizon) / view.eye
    sidewalk, driven = (_gone_on(mask, unknown, view, int(tall) + 1)[first:] for mask in (sidewalk, driven))
    below = np.arange(len(sidewalk)) + first + 0.5 - view.horizon
    near = below > _FAR * view.size[1]
    metre = np.where(near, below, 0)[:, None] / view.eye
    along = np.where(near, below, 0)[:, None] ** 2 / (view.focal * view.eye)
    # The face towards us: the road ends below it.
    face = sidewalk & (_to_next(driven[::-1])[::-1] <= HEIGHT * metre)
    edge = driven | face
    top = _to_next(edge[::-1])[::-1] <= WIDTH * along
    top |= _to_next(edge) <= WIDTH * along
    top |= np.minimum(_to_next(edge.T).T, _to_next(edge.T[::-1])[::-1].T) <= WIDTH * metre
    found[first:] = (face | (sidewalk & top))[:height - first]
    return found & ~unknown


def _gone_on(mask: np.ndarray, unknown: np.ndarray, view: View, more: int) -> np.ndarray:
    """(H + more, W) bool: a mask that goes on where the street is cut off, as all that leads to the vanishing point does."""
    rows, columns = np.nonzero(_below(unknown, len(mask) + more))
    result = np.zeros((len(mask) + more, mask.shape[1]), bool)
    result[:len(mask)] = mask & ~unknown
    wanted = np.ones(len(rows), bool)
    for share in (0.9, 0.8, 0.7):
        up = np.clip(np.rint(view.horizon + (rows - view.horizon) * share).astype(int), 0, len(mask) - 1)
        in_ = np.clip(np.rint(view.vanishing + (columns - view.vanishing) * share).astype(int), 0, mask.shape[1] - 1)
        seen = wanted & ~unknown[up, in_] & (rows > view.horizon)
        result[rows[seen], columns[seen]] = mask[up[seen], in_[seen]]
        wanted &= ~seen
    return result


def _below(unknown: np.ndarray, height: int) -> np.ndarray:
    """(height, W) bool: what is unknown, and what lies below the frame."""
    return np.pad(unknown, ((0, height - len(unknown)), (0, 0)), constant_values=True)


def _to_next(mask: np.ndarray) -> np.ndarray:
    """(h, w) float32: how many rows above each pixel ``mask`` was last true; inf where it was not."""
    rows = np.arange(mask.shape[0], dtype=np.float32)[:, None]
    last = np.maximum.accumulate(np.where(mask, rows, -np.inf).astype(np.float32), axis=0)
    return rows - last
