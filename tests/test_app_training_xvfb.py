"""Training with the mouse in a real X window; and, when asked for, issue 4's measure from the window."""

from __future__ import annotations

import os

import pytest

from tests.app_mouse import choosing, press, press_menu, press_row, wait_for
from tests.app_support import bare_studio, no_leaks, settings, wait_current  # noqa: F401 (fixtures)
from tests.conftest import ROOT, SAMPLES
from tests.test_app_xvfb import display, run  # noqa: F401 (a fixture)

_VGG = ROOT.parent / "shared" / "weights" / "vgg16_bsds.safetensors"
_SLOW = pytest.mark.skipif(not os.environ.get("VEDUTA_SLOW_TESTS"), reason="takes minutes; set VEDUTA_SLOW_TESTS=1")
_SHARED = pytest.mark.skipif(not SAMPLES.is_dir() or not _VGG.is_file(), reason="needs ../shared")


def test_from_data_to_the_canvas_in_a_real_window(display):  # noqa: F811
    done = run(display, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_app_training.py", "-k", "with_the_mouse")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "1 passed" in done.stdout


@_SLOW
@_SHARED
def test_the_measure_in_a_real_window(display):  # noqa: F811
    name = "test_tiny_overfits_four_real_pairs_from_the_window"
    done = run(
        display, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "tests/test_app_training_xvfb.py", "-k", name,
        timeout=3000,
    )  # fmt: skip
    print(*(line for line in done.stdout.splitlines() if "perceptual" in line), sep="\n")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "1 passed" in done.stdout


@_SLOW
@_SHARED
def test_tiny_overfits_four_real_pairs_from_the_window(bare_studio):  # noqa: F811
    """Everything by mouse: data, recipe, judge, start, use. Run on its own it needs no X server."""
    import torch

    from core.data.crops import CropSettings, make_batch
    from core.data.samples import find_samples
    from core.labels import STREETS
    from core.models.model_file import load_model
    from core.networks.perceptual import perceptual_distance
    from core.networks.vgg import load_vgg
    from core.training.networks import Generating, Networks
    from core.training.recipes import recipe_named
    from core.training.run_folder import FINISHED
    from tests.app_support import small_street

    context = bare_studio.context
    bare_studio.documents.show(small_street(), "Small street", None)
    context.settings["folder"] = str(SAMPLES.parent)
    press_menu(bare_studio, "Train", "Train a model\u2026")
    window = bare_studio.training.window
    bare_studio.training.may_close = lambda: True
    choosing(SAMPLES, window.data.choose)
    wait_for(lambda: window.data.ready is not None)
    press(window.next)
    press_row(window.recipe.table, "tiny")
    press(window.recipe.from_file)
    context.settings["folder"] = str(_VGG.parent)
    choosing(_VGG, window.recipe.browse)
    assert window.recipe.steps.value() == 400
    press(window.next)
    run_, page = window.run.watcher, window.run
    wait_for(lambda: run_.info.state == FINISHED, seconds=2800)
    press(page.use)
    wait_for(lambda: context.model is not None and context.model.name == "tiny")
    wait_current(bare_studio)

    recipe, vgg = recipe_named("tiny"), load_vgg(_VGG)
    frames = make_batch(
        find_samples(SAMPLES), CropSettings((256, 128), (256, 256), flip=False, fold_parts=0), STREETS, 0, 0, 4
    )
    untrained = Networks(recipe, STREETS, torch.device("cpu"), 0, recipe.phases[0].trains).averaging()
    model = load_model(run_.folder.model)
    trained = Generating(model.generator, model.encoder, recipe.code_dim)
    with torch.no_grad():
        before, after = (
            float(perceptual_distance(vgg, networks.of(frames), frames.photograph).mean()) for networks in (untrained, trained)
        )
    print(f"\nperceptual distance at 256x128, trained from the window: {before:.4f} before, {after:.4f} after "
          f"{recipe.steps} steps, {1 - after / before:.1%} less")  # fmt: skip
    assert after < 0.4 * before
