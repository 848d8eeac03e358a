"""Taking appearance codes from a photograph (pix2pixHD, sec. 3.4)."""

from __future__ import annotations

import numpy as np
import torch

from core.appearance import object_means
from core.errors import ModelFileError
from core.models.model_file import Model
from core.opencv import cv2


@torch.inference_mode()
def capture_codes(
    encoder: torch.nn.Module,
    photograph: np.ndarray,
    instance_map: np.ndarray,
    width: int,
) -> dict[int, tuple[np.ndarray, int]]:
    """Code and size of every object in a photograph.

    Args:
        encoder: the model's encoder, with ``features`` or called with the map.
        photograph: (H, W, 3) uint8 RGB.
        instance_map: (H, W) uint16.
        width: the photograph is resized to it first, so that its objects have
            the size that the encoder knows.

    Returns:
        instance value -> ((K,) float32 code, pixels at the encoder's scale).
    """
    height = max(16, round(photograph.shape[0] * width / photograph.shape[1]) // 16 * 16)
    size = (max(16, width // 16 * 16), height)
    shrinking = size[0] < photograph.shape[1]
    resized = cv2.resize(photograph, size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC)
    device = next(encoder.parameters()).device
    image = torch.from_numpy(resized).permute(2, 0, 1)[None].to(device).float() / 127.5 - 1
    features = encoder.features(image)[0].float().cpu().numpy()
    small = cv2.resize(instance_map, features.shape[:0:-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return object_means(features, small)


def photograph_codes(model: Model, photograph: np.ndarray, instance_map: np.ndarray) -> dict[int, np.ndarray]:
    """Instance value -> code, for use in a scene with ``model``.

    Raises:
        ModelFileError: when the model has no encoder.
    """
    if model.encoder is None:
        raise ModelFileError("This model has no encoder, so it can't take looks from a photograph; choose another model.")
    width = int(model.card.provenance.get("encoder_width", model.card.resolution[0]))
    found = capture_codes(model.encoder, photograph, instance_map, width)
    return {value: code for value, (code, _) in found.items()}
