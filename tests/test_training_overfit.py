"""The ``tiny`` recipe learns four real photographs by heart.

Minutes of computing, so it runs only when asked for: VEDUTA_SLOW_TESTS=1.
"""

from __future__ import annotations

import os

import pytest
import torch

from core.data.crops import CropSettings, make_batch
from core.data.samples import find_samples
from core.labels import STREETS
from core.networks.perceptual import perceptual_distance
from core.networks.vgg import load_vgg
from core.training.recipes import recipe_named
from core.training.trainer import Trainer
from tests.conftest import ROOT, SAMPLES

_VGG = ROOT.parent / "shared" / "weights" / "vgg16_bsds.safetensors"


@pytest.mark.skipif(not os.environ.get("VEDUTA_SLOW_TESTS"), reason="takes minutes; set VEDUTA_SLOW_TESTS=1")
@pytest.mark.skipif(not SAMPLES.is_dir() or not _VGG.is_file(), reason="needs ../shared")
def test_tiny_overfits_four_real_pairs():
    samples, vgg = find_samples(SAMPLES), load_vgg(_VGG)
    assert len(samples) == 4
    frames = make_batch(samples, CropSettings((256, 128), (256, 256), flip=False, fold_parts=0), STREETS, 0, 0, 4)
    recipe = recipe_named("tiny")
    trainer = Trainer(recipe, samples, None, device="cpu", vgg=load_vgg(_VGG))

    def distance(networks) -> float:
        with torch.no_grad():
            return float(perceptual_distance(vgg, networks.of(frames), frames.photograph).mean())

    before = distance(trainer.networks.averaging())
    for _ in trainer.run():
        pass
    after = distance(trainer.networks.averaging())
    print(f"\nperceptual distance at 256x128: {before:.4f} before, {after:.4f} after {recipe.steps} steps, "
          f"{1 - after / before:.1%} less")  # fmt: skip
    assert recipe.steps == 400 and after < 0.4 * before
