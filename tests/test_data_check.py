"""Data sets: finding samples, saying what is wrong with them, lists of classes."""

from __future__ import annotations

import json
import shutil

import cv2
import numpy as np
import pytest

from core.data.check import check_data
from core.data.command import main
from core.data.crops import CropSettings, make_batch
from core.data.label_file import read_label_set
from core.data.loader import Reader, ahead
from core.data.samples import find_maps, find_samples, read_sample, suited
from core.errors import BadImageError, DataError, LabelError
from core.labels import STREETS, label_set_to_json
from core.scene.files import write_png
from tests.training_data import make_data_set, scene


@pytest.fixture
def data(tmp_path):
    return make_data_set(tmp_path / "data")


def only_error(data, label_set=STREETS) -> str:
    """The one error that the full check and the quick check agree on."""
    errors = check_data(data, label_set).errors
    assert errors == check_data(data, label_set, quick=True).errors and len(errors) == 1, errors
    return errors[0]


def test_good_data_has_no_errors_and_its_classes_are_counted(data):
    found = check_data(data, STREETS)
    assert found.errors == [] and (found.frames, found.layout) == (4, "pix2pixHD")
    maps = [scene(i)[1] for i in range(4)]
    assert found.pixels[26] == pytest.approx(np.mean([m == 26 for m in maps]))
    assert found.frames_with[23] == 4
    assert sum(found.pixels.values()) == pytest.approx(1)
    (never,) = [note for note in found.notes if "never seen" in note]
    assert "30 classes never seen" in never and "unlabeled" in never


def test_a_label_outside_the_set_names_the_label_and_the_files(data):
    labels = scene(2)[1]
    labels[:3, :3] = 36
    write_png(data / "train_label" / "002.png", labels)
    error = only_error(data)
    assert "Label 36" in error and "1 map: 002" in error and "--labels-json" in error


def test_train_ids_are_recognised(data):
    labels = scene(0)[1]
    labels[:3] = 255
    write_png(data / "train_label" / "000.png", labels)
    assert "trainIds" in only_error(data)


def test_instance_maps_of_8_bits_or_missing(data):
    write_png(data / "train_inst" / "001.png", scene(1)[1])
    error = only_error(data)
    assert "1 instance map with 8 bits" in error and "001" in error
    with pytest.raises(BadImageError, match="8-bit"):
        read_sample(find_samples(data)[1])
    shutil.rmtree(data / "train_inst")
    found = check_data(data, STREETS)
    assert not found.errors and any("no instance maps" in note for note in found.notes)


def test_sizes_that_differ(data):
    write_png(data / "train_img" / "003.png", scene(3, 64, 32)[0])
    assert "003 (photograph 64x32, label map 128x64, instance map 128x64)" in only_error(data)
    with pytest.raises(BadImageError, match="64x32 but its label map 128x64"):
        read_sample(find_samples(data)[3])


def turned_photograph(path, number: int, orientation: int, size=(128, 64)) -> None:
    """A scene's photograph, stored as it is, with a mark how the camera was held."""
    from PIL import Image

    exif = Image.Exif()
    exif[0x112] = orientation
    Image.fromarray(scene(number, *size)[0]).save(path, exif=exif)


@pytest.mark.parametrize("ending", ("jpg", "png", "webp"))
@pytest.mark.parametrize("orientation", (1, 3, 5, 6, 7, 8))
def test_a_photograph_has_the_size_at_which_it_is_read(tmp_path, ending, orientation):
    """Whatever this OpenCV makes of the mark, the check says what training will."""
    for name, size in (("lying", (128, 64)), ("standing", (64, 128))):
        for kind in ("labels", "images"):
            (tmp_path / name / kind).mkdir(parents=True)
        for number in range(17):  # more than the quick check decodes
            write_png(tmp_path / name / "labels" / f"{number:03}.png", scene(number, *size)[1])
            turned_photograph(tmp_path / name / "images" / f"{number:03}.{ending}", number, orientation)
        samples = find_samples(tmp_path / name)
        fine = cv2.imread(str(samples[0].photograph)).shape[1::-1] == size
        if ending != "webp":
            assert fine == ((orientation < 5) == (name == "lying"))
        if fine:
            assert all(read_sample(sample)[0].shape[1::-1] == size for sample in samples)
            assert not check_data(tmp_path / name, STREETS).errors and not check_data(tmp_path / name, STREETS, quick=True).errors
        else:
            with pytest.raises(BadImageError, match="export them at one size"):
                read_sample(samples[0])
            assert "17 samples whose files differ in size: 000 (photograph" in only_error(tmp_path / name)


def test_a_mark_behind_the_pixels_is_found_where_files_are_decoded(data):
    path = data / "train_img" / "002.png"
    turned_photograph(path, 2, 6)
    png = path.read_bytes()
    at = png.index(b"eXIf") - 4
    end = at + 12 + int.from_bytes(png[at:at + 4], "big")
    path.write_bytes(png[:at] + png[end:-12] + png[at:end] + png[-12:])  # before the last chunk
    assert "002 (photograph 64x128, label map 128x64)" in only_error(data)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_data_turn_nothing(data):
    from PIL import Image

    for content in (b"Exif\0\0II*\0\xff\xff\xff\x7f", b"Exif\0\0MM", b"II*\0\x08\0\0\0\xff\xff\x12\x01", b"x"):
        Image.fromarray(scene(1)[0]).save(data / "train_img" / "001.jpg", exif=content)
        (data / "train_img" / "001.png").unlink(missing_ok=True)
        assert check_data(data, STREETS).errors == check_data(data, STREETS, quick=True).errors == []


def test_unreadable_files(data):
    (data / "train_label" / "000.png").write_bytes(b"<html>404</html>")
    whole = (data / "train_img" / "001.png").read_bytes()
    (data / "train_img" / "001.png").write_bytes(whole[: len(whole) // 2])
    errors = check_data(data, STREETS).errors
    assert len(errors) == 1 and "2 files can't be read as pictures: 000.png, 001.png" in errors[0]


def test_files_paired_in_sorted_order_must_be_as_many(data):
    (data / "train_img" / "002.png").unlink()
    assert "4 label maps but 3 photographs" in only_error(data)
    with pytest.raises(DataError, match="sorted order"):
        find_samples(data)


def test_a_folder_without_a_layout_says_what_is_needed(tmp_path):
    assert "train_label with train_img" in check_data(tmp_path, STREETS).errors[0]
    assert "There is no folder" in check_data(tmp_path / "missing", STREETS).errors[0]


def test_classes_of_the_instance_map_that_contradict_the_label_map_are_noted(data):
    instances = scene(0)[2]
    instances[:30] = 24001
    write_png(data / "train_inst" / "000.png", instances)
    found = check_data(data, STREETS)
    assert not found.errors and any("naming other classes" in note and "000" in note for note in found.notes)


def test_cityscapes_layout_reports_what_has_no_partner(tmp_path):
    for number in range(3):
        photograph, labels, instances = scene(number)
        stem = tmp_path / "gtFine" / "train" / "town" / f"town_{number:06}_000000_gtFine"
        stem.parent.mkdir(parents=True, exist_ok=True)
        write_png(f"{stem}_labelIds.png", labels)
        write_png(f"{stem}_instanceIds.png", instances)
        pictures = tmp_path / "leftImg8bit" / "train" / "town"
        pictures.mkdir(parents=True, exist_ok=True)
        write_png(pictures / f"town_{number + 1:06}_000000_leftImg8bit.png", photograph)
    found = check_data(tmp_path, STREETS)
    assert found.frames == 2 and not found.errors
    assert any("1 photograph without a label map" in n and "town_000003" in n for n in found.notes)
    assert any("1 label map without a photograph" in n and "town_000000" in n for n in found.notes)
    assert [s.name[:11] for s in find_samples(tmp_path)] == ["town_000001", "town_000002"]


def test_any_pair_of_folders_with_a_list_of_classes(tmp_path):
    from PIL import Image

    for number in range(40):
        photograph, labels, _ = scene(number % 4)
        classes = np.select([labels == 23, labels == 7, labels == 11], [0, 1, 2], 3).astype(np.uint8)
        for folder in ("images", "masks"):
            (tmp_path / folder).mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "images" / f"{number:03}.jpg"), photograph)
        mask = Image.fromarray(classes, "P")  # an indexed PNG, as segmentation masks often are
        mask.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
        mask.save(tmp_path / "masks" / f"{number:03}.png")
    (tmp_path / "classes.json").write_text('["sky", "road", "house", {"name": "car", "thing": true}]')
    label_set = read_label_set(tmp_path / "classes.json")
    found = check_data(tmp_path, label_set)
    assert not found.errors and found.layout == "pair of folders" and found.frames == 38
    assert [s.name for s in find_maps(tmp_path, "val")] == ["019", "039"]
    batch = make_batch(find_samples(tmp_path), CropSettings((32, 32), (64, 128)), label_set, 0, 0, 2)
    assert batch.labels.max() <= 3


@pytest.mark.parametrize(
    "text",
    [
        '{"labels": [{"id": 0, "name": "sky", "colour": [1, 2, 3], "group": "far"}, {"id": 5, "name": "car", "thing": true}]}',
        '{"0": {"name": "sky", "color": [1, 2, 3], "category": "far"}, "5": {"name": "car", "hasInstances": true}}',
    ],
)
def test_forms_of_a_list_of_classes(tmp_path, text):
    (tmp_path / "l.json").write_text(text)
    label_set = read_label_set(tmp_path / "l.json")
    assert label_set.ids == (0, 5)
    assert (label_set[0].colour, label_set[0].group) == ((1, 2, 3), "far")
    assert label_set[5].thing and label_set[5].instanced and not label_set[0].thing


def test_our_own_list_of_classes_comes_back_whole(tmp_path):
    (tmp_path / "l.json").write_text(json.dumps(label_set_to_json(STREETS)))
    assert list(read_label_set(tmp_path / "l.json")) == list(STREETS)


@pytest.mark.parametrize("text", ["", "[1, 2]", "[]", '[{"id": "x", "name": "y"}]', '["a", {"id": 0, "name": "b"}]'])
def test_lists_of_classes_that_say_nothing_are_refused(tmp_path, text):
    (tmp_path / "l.json").write_text(text)
    with pytest.raises(LabelError):
        read_label_set(tmp_path / "l.json")


def test_the_command_returns_2_only_when_nothing_can_be_trained(data, capsys):
    assert main([str(data)]) == 0
    assert "It can be trained on." in capsys.readouterr().out
    write_png(data / "train_label" / "000.png", np.full((64, 128), 250, np.uint8))
    assert main([str(data), "--json"]) == 2
    assert "Label 250" in json.loads(capsys.readouterr().out)["errors"][0]
    assert main([str(data), "--labels-json", str(data / "none.json")]) == 2
    assert "error: The label list" in capsys.readouterr().err


def test_batches_are_read_ahead_in_order_and_errors_pass_through():
    assert list(ahead(lambda n: n * n, 3, 9, threads=3)) == [9, 16, 25, 36, 49, 64]

    def broken(n):
        if n == 2:
            raise BadImageError("two")
        return n

    batches = ahead(broken, 0, 5)
    assert [next(batches), next(batches)] == [0, 1]
    with pytest.raises(BadImageError, match="two"):
        next(batches)


def test_the_reader_keeps_no_more_than_its_limit(data):
    samples = find_samples(data)
    one = sum(a.nbytes for a in read_sample(samples[0]))
    reader = Reader(limit=2 * one)
    for sample in samples + samples:
        for ours, theirs in zip(reader(sample), read_sample(sample)):
            assert np.array_equal(ours, theirs)
    assert reader._bytes <= 2 * one and len(reader._kept) == 2


def test_parts_are_folded_wholly_partly_or_not(tmp_path):
    """A label map of one class's parts tells how each crop was folded."""
    parts = [part.id for part in STREETS.parts_of(11)]
    labels = np.repeat(np.array([11, *parts], np.uint8), 8)[None].repeat(64, 0)
    for ending, array in (("label", labels), ("inst", np.full(labels.shape, 11, np.uint16)), ("img", np.zeros((*labels.shape, 3), np.uint8))):
        (tmp_path / f"train_{ending}").mkdir()
        write_png(tmp_path / f"train_{ending}" / "0.png", array)
    samples = find_samples(tmp_path)
    settings = CropSettings(labels.shape[::-1], (labels.shape[1], labels.shape[1]), flip=False, fold_parts=0.3, fold_some=0.4)
    kinds = {"all": 0, "some": 0, "none": 0}
    for step in range(200):
        batch = make_batch(samples, settings, STREETS, 0, step, 1)
        found = set(np.unique(batch.labels.numpy()).tolist())
        left = len(found) - 1
        assert np.array_equal(batch.hidden[0].numpy(), STREETS.index[labels] != batch.labels[0].numpy()), "what was folded is known"
        assert int(STREETS.index[11]) in found
        kinds["all" if left == 0 else "none" if left == len(parts) else "some"] += 1
    assert 35 < kinds["all"] < 90 and 50 < kinds["some"] < 110 and 35 < kinds["none"] < 90


def test_photographs_are_never_enlarged_into_blur(tmp_path):
    """Vertical stripes of one pixel: how wide they come out tells how much a crop was enlarged."""
    labels = np.full((128, 256), 7, np.uint8)
    stripes = np.zeros((128, 256, 3), np.uint8)
    stripes[:, ::8] = 255
    for ending, array in (("label", labels), ("inst", labels.astype(np.uint16)), ("img", stripes)):
        (tmp_path / f"train_{ending}").mkdir()
        write_png(tmp_path / f"train_{ending}" / "0.png", array)
    samples = find_samples(tmp_path)

    def pitch(**options):
        found = []
        for step in range(8):
            row = make_batch(samples, CropSettings((64, 64), (1024, 1024), **options), STREETS, 0, step, 1).photograph[0, 0, 32].numpy()
            peaks = np.flatnonzero((row[1:-1] > row[:-2]) & (row[1:-1] >= row[2:]) & (row[1:-1] > -0.5))
            found += np.diff(peaks).tolist()
        return np.median(found)

    assert pitch() == pytest.approx(8 * 1.3, abs=0.7)
    assert pitch(enlarge=4.0) == pytest.approx(32, abs=1)


def test_frames_of_a_fitting_width_keep_their_own_size_as_often_as_asked(tmp_path):
    """Maps that tell of each pixel where it lies: what a crop holds was cut out, or it was resized."""
    rng = np.random.default_rng(0)
    sides = {"0": (96, 192), "1": (256, 512)}  # the second is wider than any crop's frame may be
    for name, (height, width) in sides.items():
        labels = rng.choice(np.array([7, 8, 11, 21, 23], np.uint8), (height, width))
        photograph = np.repeat(labels[..., None], 3, 2) * 8
        for ending, array in (("label", labels), ("inst", labels.astype(np.uint16)), ("img", photograph)):
            (tmp_path / f"train_{ending}").mkdir(exist_ok=True)
            write_png(tmp_path / f"train_{ending}" / f"{name}.png", array)
    samples = find_samples(tmp_path)

    def share(sample, **options) -> float:
        settings = CropSettings((48, 48), (128, 256), fold_parts=0, **options)
        kept = 0
        for step in range(60):
            batch = make_batch([sample], settings, STREETS, 0, step, 1)
            ids = np.array(STREETS.ids)[batch.labels[0].numpy()]
            kept += np.array_equal(np.rint((batch.photograph[0, 0].numpy() + 1) * 127.5 / 8), ids)
        return kept / 60

    assert share(samples[0]) < 0.1 and share(samples[0], own_size=1.0) == 1
    assert 0.3 < share(samples[0], own_size=0.5) < 0.7
    assert share(samples[1], own_size=1.0) == 0, "a frame of no fitting width is resized"


@pytest.mark.parametrize("ending", ["png", "bmp", "tif"])
def test_widths_are_known_of_grey_maps_of_any_format(tmp_path, ending):
    for folder in ("labels", "photographs"):
        (tmp_path / folder).mkdir()
    for name, width in (("a", 32), ("b", 64)):
        cv2.imwrite(str(tmp_path / "labels" / f"{name}.{ending}"), np.full((16, width), 7, np.uint8))
        cv2.imwrite(str(tmp_path / "photographs" / f"{name}.jpg"), np.zeros((16, width, 3), np.uint8))
    narrow, wide = find_samples(tmp_path)
    assert suited([narrow, wide], 64) == [wide, wide, narrow]
    assert suited([narrow, wide], 65) == [narrow, wide]
