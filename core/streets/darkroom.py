"""Scene-linear light -> a photograph: metering, white balance, lens, tone curve."""

from __future__ import annotations

import math
import os
import tempfile

import bpy
import numpy as np

from core.opencv import cv2
from core.streets import lighting
from core.streets.plan import Sky

#: Grey to which the street is metered, in scene-linear light.
METERED = 0.115
#: Cameras render colour a little richer than the tone curve leaves it.
SATURATION = 1.15
#: Share of bright light that the lens scatters, and light lost in the corners.
BLOOM, VIGNETTE = 0.035, 0.16
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


def exposed(linear: np.ndarray, sky: Sky) -> np.ndarray:
    """(H, W, 3) float32 light, metered on the street and half-way balanced to grey; the sky may burn out."""
    height = len(linear)
    street = (linear @ _LUMINANCE)[int(height * 0.3):int(height * 0.9)]
    metered = math.exp(float(np.log(np.clip(street, 1e-3, 20)).mean()))
    gain = METERED / metered * 2 ** sky.exposure
    lit = linear[int(height * 0.3):].reshape(-1, 3)
    usual = lit[lit.max(1) < 3 * metered]
    mean = (usual if len(usual) else lit).mean(0)
    balance = np.clip((mean.mean() / np.maximum(mean, 1e-4)) ** 0.55, 0.6, 1.6)
    warmth = 0.07 * sky.warmth
    light = linear * (balance * np.array([1 + warmth, 1, 1 - warmth]) * gain).astype(np.float32)
    grey = (light @ _LUMINANCE)[..., None]
    return np.maximum(grey + (light - grey) * SATURATION, 0.0).astype(np.float32)


def through_lens(light: np.ndarray) -> np.ndarray:
    """``light`` with a soft glow about what is bright, and slightly darker corners."""
    height, width, _ = light.shape
    bright = np.clip(light - 0.7, 0.0, 4.0)
    glow = cv2.GaussianBlur(bright, (0, 0), width / 90) + cv2.GaussianBlur(bright, (0, 0), width / 400)
    y, x = np.mgrid[-1:1:height * 1j, -1:1:width * 1j]
    corner = 1 - VIGNETTE * (0.8 * x ** 2 + 0.2 * y ** 2)
    return ((light + BLOOM * glow) * corner[..., None]).astype(np.float32)


def developed(scene, linear: np.ndarray, sky: Sky) -> np.ndarray:
    """(H, W, 3) scene-linear float32 -> (H, W, 3) uint8 sRGB under the sky's tone curve."""
    light = through_lens(exposed(linear, sky))
    height, width, _ = light.shape
    view, settings = scene.view_settings, scene.render.image_settings
    view.view_transform, view.look = lighting.LOOKS[sky.look]
    view.exposure, view.gamma = 0.0, 1.0
    image = bpy.data.images.new("photograph", width, height, float_buffer=True, alpha=False)
    try:
        pixels = np.ones((height, width, 4), np.float32)
        pixels[..., :3] = light[::-1]
        image.pixels.foreach_set(pixels.reshape(-1))
        with tempfile.TemporaryDirectory(prefix="veduta-") as folder:
            path = os.path.join(folder, "photograph.png")
            settings.file_format, settings.color_mode, settings.color_depth, settings.compression = "PNG", "RGB", "8", 0
            image.save_render(path, scene=scene)
            saved = bpy.data.images.load(path)
            saved.colorspace_settings.name = "Non-Color"
            out = np.empty(height * width * 4, np.float32)
            saved.pixels.foreach_get(out)
            bpy.data.images.remove(saved)
        return np.rint(out.reshape(height, width, 4)[::-1, :, :3] * 255).astype(np.uint8)
    finally:
        settings.file_format, settings.color_mode, settings.color_depth = "OPEN_EXR", "RGB", "32"
        bpy.data.images.remove(image)
