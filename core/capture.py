"""Taking appearance codes from a photograph (pix2pixHD, sec. 3.4)."""

from __future__ import annotations

import numpy as np
import torch

from core.appearance import region_means
from core.errors import ModelFileError, SceneError
from core.labels import STREETS, LabelSet
from core.look_regions import key_part, key_value, look_regions
from core.models.model_file import Model
from core.opencv import cv2
from core.scene.scene import Scene
from core.street_look import StreetLook


@torch.inference_mode()
def capture_codes(
    encoder: torch.nn.Module,
    photograph: np.ndarray,
    keys: np.ndarray,
    index: np.ndarray,
    width: int,
) -> dict[int, tuple[np.ndarray, int]]:
    """Code and size of every object and kind of part in a photograph.

    Args:
        encoder: the model's encoder, with ``features`` or called with the map.
        photograph: (H, W, 3) uint8 RGB.
        keys, index: from :func:`core.look_regions.look_regions`, of (H, W) maps.
        width: the photograph is resized to it first, so that its objects have
            the size that the encoder knows.

    Returns:
        look key -> ((K,) float32 code, pixels at the encoder's scale).
    """
    height = max(16, round(photograph.shape[0] * width / photograph.shape[1]) // 16 * 16)
    size = (max(16, width // 16 * 16), height)
    shrinking = size[0] < photograph.shape[1]
    resized = cv2.resize(photograph, size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC)
    device = next(encoder.parameters()).device
    image = torch.from_numpy(resized).permute(2, 0, 1)[None].to(device).float() / 127.5 - 1
    features = encoder.features(image)[0].float().cpu().numpy()
    return region_means(features, keys, cv2.resize(index, features.shape[:0:-1], interpolation=cv2.INTER_NEAREST_EXACT))


#: A painter adds marks and crossings to the ground; those that cover less of the frame than this are mostly seen far
#: away, mixed with what is beside them, and would give what is painted nearby a look of both.
SCARCE, _GROUND = 2e-3, "flat"


def photograph_codes(
    model: Model, photograph: np.ndarray, label_map: np.ndarray, instance_map: np.ndarray, label_set: LabelSet = STREETS,
    scarce: float = SCARCE,
) -> dict[int, np.ndarray]:
    """Look key -> code, for use in a scene with ``model``; parts only where the model has codes for them.

    Args:
        photograph: (H, W, 3) uint8 RGB. label_map, instance_map: of the same
            proportions, with ids of ``label_set``.
        scarce: parts of the ground that cover less than this share of the frame get no code: they follow the
            ground's, as what is painted later should; 0 for a look at the photograph itself.

    Raises:
        ModelFileError: when the model has no encoder.
    """
    if model.encoder is None:
        raise ModelFileError("This model has no encoder, so it can't take looks from a photograph; choose another model.")
    known = label_set.fold_table(model.label_set)[label_map]
    keys, index = look_regions(known, instance_map, model.label_set, model.card.part_codes)
    found = capture_codes(model.encoder, photograph, keys, index, model.card.encoder_width)
    least = scarce * sum(pixels for key, (_, pixels) in found.items() if not key_part(key))
    ground = {label.id for label in label_set if label.group == _GROUND}
    return {
        key: code for key, (code, pixels) in found.items()
        if pixels >= least or not key_part(key) or key_value(key) not in ground
    }


def region_code(model: Model, photograph: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """(K,) float32: the code of what a rectangle of a photograph shows.

    Args:
        box: (x0, y0, x1, y1) in the photograph's pixels.

    Raises:
        SceneError: when the rectangle is too small for the encoder to see.
        ModelFileError: when the model has no encoder.
    """
    region = np.zeros(photograph.shape[:2], np.uint16)
    region[max(box[1], 0):max(box[3], 0), max(box[0], 0):max(box[2], 0)] = 1
    code = photograph_codes(model, photograph, np.zeros(region.shape, np.uint8), region).get(1)
    if code is None:
        raise SceneError("The region is too small to take a look from; draw a larger one.")
    return code


def photograph_look(
    model: Model, photograph: np.ndarray, label_map: np.ndarray, instance_map: np.ndarray | None,
    label_set: LabelSet, name: str,
) -> StreetLook:
    """The looks of everything that a photograph shows, to be given to another street by class.

    Raises:
        SceneError: when photograph and maps have other proportions, or the model has no looks.
        ModelFileError: when the model has no encoder.
    """
    if model.code_book is None:
        raise SceneError("This model has no looks to choose from; open another model.")
    scene = Scene(label_map, instance_map, label_set)
    check_proportions(photograph, scene.size, "the maps")
    scene.change_codes(
        photograph_codes(model, photograph, np.asarray(scene.label_map), np.asarray(scene.instance_map), label_set)
    )
    return StreetLook.of(scene, model.code_book, name, model.card.name)


def check_proportions(photograph: np.ndarray, size: tuple[int, int], what: str) -> None:
    """SceneError unless a photograph has the proportions of maps of ``size`` (width, height)."""
    width, height = size
    if abs(photograph.shape[1] * height - photograph.shape[0] * width) > max(width, height):
        verb = "are" if what.endswith("s") else "is"
        raise SceneError(
            f"The photograph is {photograph.shape[1]}x{photograph.shape[0]} pixels but {what} {verb} {width}x{height}; "
            "choose the photograph that they describe."
        )
