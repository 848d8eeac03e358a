"""Scores against values known by arithmetic, and a judge that really learns."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.evaluation.metrics import confusion, delta_e, lab, mean_colour_difference, mean_iou, psnr, ssim
from core.opencv import cv2


def test_psnr_of_a_constant_difference():
    a = np.full((8, 8, 3), 100, np.uint8)
    assert psnr(a, a + 5) == pytest.approx(10 * np.log10(255**2 / 25))
    assert psnr(a, a) == float("inf")


def test_ssim_agrees_with_its_formula_on_constants_and_falls_with_noise():
    rng = np.random.default_rng(0)
    a = rng.integers(0, 256, (40, 40, 3)).astype(np.uint8)
    assert ssim(a, a) == pytest.approx(1)
    light, dark = np.full((20, 20, 3), 200, np.uint8), np.full((20, 20, 3), 50, np.uint8)
    c1 = (0.01 * 255) ** 2
    assert ssim(light, dark) == pytest.approx((2 * 200 * 50 + c1) / (200**2 + 50**2 + c1))
    little = np.clip(a + rng.normal(0, 5, a.shape), 0, 255).astype(np.uint8)
    much = np.clip(a + rng.normal(0, 60, a.shape), 0, 255).astype(np.uint8)
    assert ssim(a, little) > ssim(a, much) + 0.1


def test_colour_difference_of_known_colours():
    white, black = np.full((2, 2, 3), 255, np.uint8), np.zeros((2, 2, 3), np.uint8)
    assert delta_e(white, black) == pytest.approx(np.full((2, 2), 100), abs=0.1)
    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 255
    # sRGB red is L 53.24, a 80.09, b 67.20 under D65.
    assert delta_e(red, black)[0, 0] == pytest.approx(np.linalg.norm([53.24, 80.09, 67.20]), rel=0.01)
    mask = np.array([[True, False], [False, False]])
    half = black.copy()
    half[0, 0] = 255
    assert mean_colour_difference(half, black, mask) == pytest.approx(100, abs=0.1)
    assert mean_colour_difference(half, black, ~mask) == 0


def test_colour_differences_are_those_of_the_formula():
    # L*, a*, b* by IEC 61966-2-1 and CIE 15 with seven decimals, under D65.
    known = {(0, 0, 255): (32.2970, 79.1875, -107.8602), (255, 255, 0): (97.1393, -21.5537, 94.4780), (119, 119, 119): (50.0344, 0, 0)}
    for colour, expected in known.items():
        assert lab(np.array(colour, np.uint8)) == pytest.approx(expected, abs=2e-3)
        assert lab(np.array(colour, np.float64)) == pytest.approx(expected, abs=2e-3)
    rng = np.random.default_rng(1)
    a = rng.integers(2, 254, (300, 300, 3)).astype(np.uint8)
    b = (a + rng.integers(-2, 3, a.shape)).astype(np.uint8)
    v = np.stack([a, b]) / 255
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    matrix = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    xyz = linear @ np.transpose(matrix) / np.sum(matrix, 1)
    x, y, z = np.moveaxis(np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29), -1, 0)
    exact = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)
    assert delta_e(a, b) == pytest.approx(np.linalg.norm(exact[0] - exact[1], axis=-1), abs=1e-3)


def test_mean_iou_counts_what_it_says():
    truth = np.array([[0, 0], [1, 1]])
    seen = np.array([[0, 1], [1, 1]])
    matrix = confusion(seen, truth, 3)
    assert matrix.tolist() == [[1, 1, 0], [0, 2, 0], [0, 0, 0]]
    assert mean_iou(matrix) == pytest.approx((1 / 2 + 2 / 3) / 2)


def _data_set(folder, count, split):
    """Streets in miniature: sky over road, a car whose colour says nothing about its class."""
    rng = np.random.default_rng(1)
    for number in range(count):
        labels = np.full((64, 128), 23, np.uint8)
        labels[32:] = 7
        x, y = rng.integers(0, 80), rng.integers(30, 44)
        labels[y : y + 18, x : x + 40] = 26
        instances = labels.astype(np.uint16)
        instances[labels == 26] = 26000
        photograph = np.zeros((64, 128, 3), np.uint8)
        photograph[labels == 23] = (230, 180, 120)
        photograph[labels == 7] = (90, 90, 90)
        photograph[labels == 26] = rng.choice([(20, 20, 200), (30, 160, 30)])
        photograph = np.clip(photograph + rng.normal(0, 6, photograph.shape), 0, 255).astype(np.uint8)
        stem = f"veduta_{number:06}_000000"
        for kind, image, top in (
            ("leftImg8bit.png", photograph, "leftImg8bit"),
            ("gtFine_labelIds.png", labels, "gtFine"),
            ("gtFine_instanceIds.png", instances, "gtFine"),
        ):
            path = folder / top / split / "veduta" / f"{stem}_{kind}"
            path.parent.mkdir(parents=True, exist_ok=True)
            assert cv2.imwrite(str(path), image)


def test_the_report_tells_a_good_picture_from_a_wrong_one(tmp_path):
    from core.data.samples import find_samples, read_sample
    from core.evaluation.report import evaluate
    from core.evaluation.segmentation import segment, train_segmenter
    from core.labels import STREETS
    from tests.test_model_file import small_model

    _data_set(tmp_path, 6, "train")
    _data_set(tmp_path, 3, "val")
    judge = train_segmenter(find_samples(tmp_path), STREETS, steps=60, batch=4, picture_width=128)
    held_out = find_samples(tmp_path, "val")
    photograph, labels, _ = read_sample(held_out[0])
    seen, truth = segment(judge, photograph, labels, STREETS)
    assert (seen == truth).mean() > 0.9
    wrong, _ = segment(judge, photograph[::-1].copy(), labels, STREETS)
    assert (wrong == truth).mean() < (seen == truth).mean() - 0.2

    scores = evaluate(small_model(), held_out, tmp_path / "report", None, judge, device="cpu")
    assert scores.frames == 3 and scores.cars == 3
    assert scores.miou_real > 0.5
    # The small model is untrained: its pictures must not pass for streets.
    assert scores.miou_ratio < 0.9
    frames, pixels = scores.classes["car"]
    assert frames == 1 and 0 < pixels < 0.2
    data = json.loads((tmp_path / "report" / "report.json").read_text())
    assert data["scores"]["psnr_db"] == scores.psnr_db
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    for picture in (tmp_path / "report" / "pictures").iterdir():
        assert picture.name in page


def _own_classes(folder, model_path):
    """A data set with classes of its own, of which none is what the project calls so, and an untrained model of them."""
    from dataclasses import replace

    from core.labels import Label, LabelSet, label_set_to_json
    from core.models.model_file import save_model
    from core.models.registry import build
    from tests.test_model_file import small_model

    grey = (90, 90, 90)
    own = LabelSet("mine", [
        Label(0, "sky", grey, "classes"), Label(1, "ground", grey, "classes"), Label(26, "boat", (200, 0, 0), "classes", thing=True, instanced=True),
        Label(200, "deck", (0, 200, 0), "classes", parent=26),
    ])  # fmt: skip
    model = small_model()
    generator = ("compact", {**model.card.generator["config"], "label_count": len(own)})
    model.card = replace(
        model.card, generator={"name": generator[0], "config": generator[1]}, label_set=label_set_to_json(own), object_classes=[26]
    )
    save_model(model_path, replace(model, generator=build(*generator), label_set=own))
    for split, count in (("train", 3), ("val", 2)):
        for kind in ("label", "inst", "img"):
            (folder / f"{split}_{kind}").mkdir(parents=True)
        for number in range(count):
            labels = np.zeros((64, 128), np.uint8)
            labels[32:] = 1
            labels[26:50, 20 + 10 * number:70] = 26
            labels[26:32, 30 + 10 * number:60] = 200
            instances = np.where(labels >= 26, 26001, labels).astype(np.uint16)
            photograph = np.random.default_rng(number).integers(0, 256, (64, 128, 3)).astype(np.uint8)
            for kind, image in (("label", labels), ("inst", instances), ("img", photograph)):
                assert cv2.imwrite(str(folder / f"{split}_{kind}" / f"{number}.png"), image)
    return own


def test_a_model_of_other_classes_is_measured_by_its_own(tmp_path):
    from core.capture import photograph_codes
    from core.data.samples import find_samples, read_sample
    from core.evaluation.command import main
    from core.evaluation.judge_file import load_judge
    from core.models.model_file import load_model
    from core.rendering.renderer import Renderer

    path = tmp_path / "mine.safetensors"
    own = _own_classes(tmp_path / "data", path)
    words = ["--model", str(path), "--data", str(tmp_path / "data"), "--out", str(tmp_path / "report"), "--vgg", "none"]
    assert main([*words, "--judge-steps", "2", "--judge-width", "64", "--card", "--device", "cpu"]) == 0
    scores = json.loads((tmp_path / "report" / "report.json").read_text())["scores"]
    assert set(scores["classes"]) == {"sky", "ground", "boat", "deck"}
    assert scores["cars"] == 0, "its class 26 is no car"
    model, expected = load_model(path), []
    for sample in find_samples(tmp_path / "data", "val"):
        photograph, labels, instances = read_sample(sample)
        codes = photograph_codes(model, photograph, labels, instances, own, scarce=0)
        expected.append(psnr(Renderer(model, "cpu").render(labels, instances, codes, own), photograph))
    assert scores["psnr_db"] == pytest.approx(np.mean(expected))
    assert model.card.metrics["psnr_db"] == round(scores["psnr_db"], 4)
    assert load_judge(tmp_path / "report" / "judge_2_64.safetensors", own, find_samples(tmp_path / "data")).score.out_channels == len(own)


def test_maps_of_other_classes_are_refused_by_name(tmp_path):
    from core.data.samples import find_samples
    from core.errors import LabelError
    from core.evaluation.report import evaluate
    from core.evaluation.segmentation import train_segmenter
    from core.labels import STREETS
    from tests.test_model_file import small_model
    from tests.training_data import make_data_set, scene

    make_data_set(tmp_path, 2)
    labels = scene(1)[1]
    labels[:3] = 255
    assert cv2.imwrite(str(tmp_path / "train_label" / "001.png"), labels)
    samples = find_samples(tmp_path)
    with pytest.raises(LabelError, match="label map of 001 holds 255"):
        evaluate(small_model(), samples, tmp_path / "report", None, None, device="cpu")
    with pytest.raises(LabelError, match="label map of 001 holds 255"):
        train_segmenter(samples, STREETS, steps=4, picture_width=64)


def test_maps_with_newer_parts_are_folded_for_a_model_of_before(tmp_path):
    from dataclasses import replace

    from core.data.samples import find_samples
    from core.evaluation.report import evaluate
    from core.labels import STREETS, LabelSet, label_set_to_json
    from core.models.registry import build
    from tests.test_model_file import small_model
    from tests.training_data import make_data_set, scene

    make_data_set(tmp_path, 1)
    labels = scene(0)[1]
    labels[labels == 11] = 71  # a window's frame
    assert cv2.imwrite(str(tmp_path / "train_label" / "000.png"), labels)
    before = LabelSet("streets", [label for label in STREETS if label.id < 71])
    model = small_model()
    generator = build("compact", {**model.card.generator["config"], "label_count": len(before)})
    model = replace(model, generator=generator, label_set=before, card=replace(model.card, label_set=label_set_to_json(before)))
    scores = evaluate(model, find_samples(tmp_path), tmp_path / "report", None, None, device="cpu")
    assert scores.frames == 1 and "window frame" in scores.classes


def test_a_judge_names_its_classes_and_refuses_others(tmp_path):
    import torch

    from core.errors import ModelFileError
    from core.evaluation.judge_file import load_judge, save_judge
    from core.evaluation.segmentation import Segmenter, segment
    from core.labels import CITYSCAPES, STREETS, LabelSet
    from safetensors.torch import save_file

    judge = Segmenter(len(STREETS), picture_width=64).eval()
    path = tmp_path / "judge.safetensors"
    save_judge(path, judge, STREETS, [])
    again = load_judge(path, STREETS, [])
    picture = np.random.default_rng(0).integers(0, 256, (32, 64, 3)).astype(np.uint8)
    labels = np.full((32, 64), 7, np.uint8)
    assert again.picture_width == 64 and not again.training
    assert np.array_equal(segment(again, picture, labels, STREETS)[0], segment(judge, picture, labels, STREETS)[0])
    # As many classes, but one of them another: the weights would fit and the scores would be wrong.
    other = LabelSet("mine", [label for label in CITYSCAPES if label.id != 33])
    same_count = LabelSet("mine", [label for label in CITYSCAPES if label.id != 32])
    save_judge(path, Segmenter(len(other)), other, [])
    for label_set in (same_count, STREETS):
        with pytest.raises(ModelFileError, match="other classes") as told:
            load_judge(path, label_set, [])
        assert str(told.value).count(".") == str(path).count(".") + 1 and label_set.name in str(told.value)
    save_file({"x": torch.zeros(1)}, tmp_path / "no_judge.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(path.read_bytes()[:-50])
    for name in ("no_judge", "cut", "missing"):
        with pytest.raises(ModelFileError, match="no judge"):
            load_judge(tmp_path / f"{name}.safetensors", other, [])
    with pytest.raises(ModelFileError, match="can't be written"):
        save_judge(tmp_path / "no" / "judge.safetensors", judge, STREETS, [])


def test_a_judge_of_other_photographs_is_trained_anew(tmp_path, small_model_path, capsys):
    from safetensors.torch import load_file, save_file

    from core.evaluation.command import main
    from tests.training_data import make_data_set, scene

    data = make_data_set(make_data_set(tmp_path / "data", 3), 1, split="val")
    words = ["--model", str(small_model_path), "--data", str(data), "--out", str(tmp_path / "report"), "--vgg", "none",
             "--judge-steps", "2", "--judge-width", "64", "--device", "cpu"]  # fmt: skip
    kept, anew = tmp_path / "report" / "judge_2_64.safetensors", "learnt from other photographs, so a new one is trained"

    def judged() -> tuple[bytes, bool]:
        assert main(words) == 0
        return kept.read_bytes(), anew in capsys.readouterr().out

    first, said = judged()
    assert not said
    data = data.rename(tmp_path / "moved")
    words[3] = str(data)
    assert judged() == (first, False), "wherever they lie"
    # The same names and as many, but another photograph.
    assert cv2.imwrite(str(data / "train_img" / "001.png"), scene(9)[0])
    second, said = judged()
    assert said and second != first
    words += ["--judge-data", str(make_data_set(tmp_path / "other", 4))]
    third, said = judged()
    assert said and third != second and judged() == (third, False)
    # As one was written before it told what it learnt from.
    save_file(load_file(kept), kept, metadata={"judge": json.dumps({"classes": list(range(34)), "picture_width": 64})})
    fourth, said = judged()
    assert said and fourth == third


def test_photographs_of_any_proportions_are_judged_together(tmp_path):
    from core.data.samples import find_samples, read_sample
    from core.evaluation.segmentation import segment, train_segmenter
    from core.labels import STREETS
    from tests.training_data import make_data_set, scene

    make_data_set(tmp_path, 4)
    for number, size in enumerate(((128, 96), (64, 128), (250, 18))):
        for kind, image in zip(("img", "label", "inst"), scene(number, *size)):
            assert cv2.imwrite(str(tmp_path / f"train_{kind}" / f"{number:03}.png"), image)
    samples, seen = find_samples(tmp_path), []
    judge = train_segmenter(samples, STREETS, steps=6, picture_width=100, progress=lambda step, loss: seen.append(loss))
    assert len(seen) == 6 and np.isfinite(seen).all()
    for sample in samples:
        photograph, labels, _ = read_sample(sample)
        predicted, truth = segment(judge, photograph, labels, STREETS)
        assert predicted.shape == truth.shape == (max(8, round(100 * labels.shape[0] / labels.shape[1]) // 16 * 8), 48)


def test_a_tall_picture_and_its_classes_are_cut_at_the_same_place():
    import torch

    from core.evaluation.segmentation import _of_one_height

    truth = [torch.randint(0, 9, (height, 8)) for height in (24, 8, 16)]
    pictures = [t.repeat_interleave(2, 0).repeat_interleave(2, 1).expand(3, -1, -1).float() for t in truth]
    images, targets = _of_one_height(list(pictures), list(truth), np.random.default_rng(0))
    assert [tuple(i.shape) for i in images] == [(3, 16, 16)] * 3 and torch.equal(targets[1], truth[1])
    assert all(torch.equal(i[0, ::2, ::2].long(), t) for i, t in zip(images, targets))


def test_the_reports_pictures_are_found_whatever_the_photographs_are_called(tmp_path):
    import re
    from urllib.parse import unquote

    from core.data.samples import find_samples
    from core.evaluation.report import evaluate
    from tests.test_model_file import small_model
    from tests.training_data import make_data_set

    make_data_set(tmp_path, 1)
    for kind in ("img", "label", "inst"):
        (tmp_path / f"train_{kind}" / "000.png").rename(tmp_path / f"train_{kind}" / "a #1 50%25 'Straße' & more.png")
    evaluate(small_model(), find_samples(tmp_path), tmp_path / "report", None, None, device="cpu")
    places = re.findall('src="([^"]*)"', (tmp_path / "report" / "index.html").read_text(encoding="utf-8"))
    assert len(places) == 3 and not any(set(place) & set(" #?&'<>") for place in places)
    assert all((tmp_path / "report" / unquote(place)).is_file() for place in places)


def test_class_shares_count_frames_and_pixels(tmp_path):
    from core.data.samples import Sample
    from core.data.statistics import class_shares
    from core.labels import STREETS
    from core.scene.files import write_png

    samples = []
    for i, values in enumerate(([7, 7, 7, 26], [7, 7, 23, 23])):
        write_png(tmp_path / f"{i}.png", np.array(values, np.uint8).reshape(2, 2))
        samples.append(Sample(str(i), None, tmp_path / f"{i}.png", None))
    assert class_shares(samples, STREETS) == {"road": [1.0, 0.625], "sky": [0.5, 0.25], "car": [0.5, 0.125]}


def test_a_contact_sheet_shows_every_picture_in_its_place():
    from core.evaluation.sheet import GAP, contact_sheet

    colours = [[(255, 0, 0), (0, 255, 0)], [(0, 0, 255)]]
    sheet = contact_sheet([[np.full((32, 64, 3), c, np.uint8) for c in row] for row in colours], width=40)
    assert sheet.shape == (2 * 20 + GAP, 2 * 40 + GAP, 3)
    assert tuple(sheet[10, 20]) == (255, 0, 0) and tuple(sheet[10, 60 + GAP]) == (0, 255, 0)
    assert tuple(sheet[30 + GAP, 20]) == (0, 0, 255) and tuple(sheet[30 + GAP, 60 + GAP]) == (255, 255, 255)


def test_a_contact_sheet_of_label_maps_is_written_or_the_reason_said(tmp_path, small_model_path, capsys):
    from core.evaluation.sheet import main
    from core.scene.files import read_picture
    from tests.training_data import make_data_set

    make_data_set(tmp_path / "data", 2, 64, 32)
    words = ["--model", str(small_model_path), "--maps", str(tmp_path / "data")]
    assert main([*words, "--out", str(tmp_path / "new" / "sheet.png")]) == 0
    assert read_picture(tmp_path / "new" / "sheet.png").shape == (280, 2 * 560 + 6, 3)
    assert main([*words, "--fill", "1", "--out", str(tmp_path / "filled.png")]) == 0
    assert read_picture(tmp_path / "filled.png").shape == (2 * 280 + 6, 2 * 560 + 6, 3)
    assert main([*words, "--map-names", "nowhere", "--out", str(tmp_path / "sheet.png")]) == 2
    assert "no label map called 'nowhere'" in capsys.readouterr().err
    assert main([*words, "--out", str(tmp_path / "sheet.webp")]) == 2
    assert "does not end in .png" in capsys.readouterr().err
    assert not (tmp_path / "sheet.png").exists()
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path / "sheet.png")])
    with pytest.raises(SystemExit):
        main([*words, "--sun", "-60", "35", "--out", str(tmp_path / "sheet.png")])
    assert "give --fill, too" in capsys.readouterr().err


def test_a_contact_sheet_casts_shadows_for_its_sun(tmp_path, small_model_path):
    from core.evaluation.sheet import main
    from core.scene.files import read_picture, write_png

    labels = np.full((128, 256), 23, np.uint8)
    labels[60:] = 7
    labels[30:90, 100:106] = 17  # a lone post on a road
    for kind, each in (("label", labels), ("inst", labels.astype(np.uint16))):
        (tmp_path / "maps" / f"test_{kind}").mkdir(parents=True)
        write_png(tmp_path / "maps" / f"test_{kind}" / "post.png", each)
    words = ["--model", str(small_model_path), "--maps", str(tmp_path / "maps"), "--fill", "1"]
    assert main([*words, "--out", str(tmp_path / "plain.png")]) == 0
    assert main([*words, "--sun", "-90", "40", "--out", str(tmp_path / "sunny.png")]) == 0
    plain, sunny = (read_picture(tmp_path / f"{name}.png").astype(int) for name in ("plain", "sunny"))
    changed = (abs(plain - sunny) > 2).any(2)
    columns = np.flatnonzero(changed[286:].any(0))
    post = 103 * 560 / 256
    assert len(columns) and columns.max() - post > 3 * (post - columns.min()), "the sun stands at the left: it falls to the right"
    assert not changed[:280].any(), "the maps as they are stay so"


def test_the_reach_of_a_cars_looks_agrees_with_whole_frames(small_model_path):
    from core.evaluation.looks import FAR, measure_cars
    from core.labels import STREETS
    from core.models.model_file import load_model
    from core.opencv import cv2
    from core.rendering.renderer import Renderer

    model = load_model(small_model_path)
    renderer = Renderer(model, "cpu")
    labels = np.full((192, 384), 7, np.uint8)
    instances = labels.astype(np.uint16)
    for value, x in ((26000, 40), (26001, 300)):
        labels[80:120, x:x + 50], instances[80:120, x:x + 50] = 26, value
    labels[10:12, 10:12], instances[10:12, 10:12] = 26, 26002  # too small to say anything
    codes = {26001: model.code_book.code(26, 1)}
    found = measure_cars(renderer, labels, instances, codes, STREETS)
    assert {car.value for car in found} == {26000, 26001}
    for car in found:
        frames = [
            renderer.render(labels, instances, {**codes, car.value: model.code_book.code(26, k)}, STREETS)
            for k in range(model.code_book.looks(26))
        ]
        mask = instances == car.value
        pairs = [(i, j) for i in range(len(frames)) for j in range(i)]
        apart = {pair: float(delta_e(frames[pair[0]], frames[pair[1]])[mask].mean()) for pair in pairs}
        best = max(apart, key=apart.get)
        assert car.looks == len(frames) and car.delta_e == pytest.approx(apart[best], rel=0.05, abs=0.3)
        away = cv2.distanceTransform(1 - mask.astype(np.uint8), cv2.DIST_L2, 5) > FAR
        far = delta_e(frames[best[0]], frames[best[1]])[away]
        assert car.far_mean == pytest.approx(float(far.mean()), abs=0.05)
        assert car.far_largest == pytest.approx(float(far.max()), abs=1.0)
        assert 0 < car.weakest <= car.delta_e
