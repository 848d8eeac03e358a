"""Cityscapes and pix2pixHD files in and out, exact to each pixel."""

import io
import json
import struct
import zlib

import cv2
import numpy as np
import PIL.Image
import pytest

from core.errors import BadImageError, DataError, LabelError, SceneError
from core.labels import CITYSCAPES, STREETS, object_class
from core.scene import edits
from core.scene.cityscapes import (
    decode_instance, encode_instance, find_pairs, load_pair, save_pair, split_objects, strict_maps,
)
from core.scene.files import read_instance_map, read_label_map, read_picture, write_png
from core.scene.pix2pixhd_folders import find_folder_pairs, phases, save_folder_pair
from core.scene.png import SIGNATURE, check_png
from core.scene.polygons import polygons_of, rasterise, read_polygons, write_polygons
from core.scene.project import load_project, save_project
from core.scene.scene import Scene


def raw(path):
    """What another reader sees."""
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def same(first, second):
    return np.array_equal(first.label_map, second.label_map) and np.array_equal(
        first.instance_map, second.instance_map
    )


# -- real pairs -----------------------------------------------------------------


def test_real_pairs_survive_every_way_out_and_in(samples, tmp_path):
    pairs = find_folder_pairs(samples)
    assert len(pairs) == 12
    for pair in pairs:
        scene = load_pair(pair.labels, pair.instances)
        assert scene.contradictions() == 0
        assert np.array_equal(scene.label_map, raw(pair.labels))
        assert np.array_equal(scene.instance_map, raw(pair.instances))
        for strict in (False, True):
            save_pair(scene, tmp_path / "l.png", tmp_path / "i.png", strict)
            assert np.array_equal(raw(tmp_path / "l.png"), raw(pair.labels))
            assert np.array_equal(raw(tmp_path / "i.png"), raw(pair.instances))
            assert raw(tmp_path / "i.png").dtype == np.uint16 and raw(tmp_path / "l.png").dtype == np.uint8
        save_project(tmp_path / "s.veduta", scene)
        assert same(load_project(tmp_path / "s.veduta").scene, scene)


def test_real_pairs_survive_the_way_through_polygons(samples, tmp_path):
    for pair in find_folder_pairs(samples, "train"):
        scene = load_pair(pair.labels, pair.instances)
        write_polygons(tmp_path / "p.json", polygons_of(scene))
        assert same(rasterise(read_polygons(tmp_path / "p.json")), scene)


def test_real_pairs_without_instances_get_objects_of_the_right_class(samples):
    for pair in find_folder_pairs(samples, "train"):
        scene = load_pair(pair.labels)
        assert scene.contradictions() == 0
        things = np.isin(scene.label_map, [label.id for label in CITYSCAPES if label.thing])
        assert (scene.instance_map[things] >= 1000).all() and (scene.instance_map[~things] < 1000).all()


# -- maps -------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (333, 17), (1, 400)])
def test_any_size_survives(tmp_path, size):
    rng = np.random.default_rng(3)
    labels = rng.choice([0, 7, 11, 26, 48], (size[1], size[0])).astype(np.uint8)
    scene = Scene(labels, split_objects(labels))
    save_pair(scene, tmp_path / "l.png", tmp_path / "i.png")
    assert same(load_pair(tmp_path / "l.png", tmp_path / "i.png"), scene)


def test_contradicting_maps_survive_as_they_are(tmp_path):
    rng = np.random.default_rng(4)
    write_png(tmp_path / "l.png", rng.choice([7, 26], (20, 30)).astype(np.uint8))
    write_png(tmp_path / "i.png", rng.integers(0, 65536, (20, 30)).astype(np.uint16))
    scene = load_pair(tmp_path / "l.png", tmp_path / "i.png")
    assert scene.contradictions() > 0
    save_pair(scene, tmp_path / "l2.png", tmp_path / "i2.png")
    save_project(tmp_path / "s.veduta", scene)
    assert same(load_pair(tmp_path / "l2.png", tmp_path / "i2.png"), scene)
    assert same(load_project(tmp_path / "s.veduta").scene, scene)


def test_strict_folds_parts_and_our_own_objects(street):
    edits.paint(street, np.ones((4, 4), bool), (0, 0), 11, edits.NEW).apply(street)
    edits.paint(street, np.ones((2, 2), bool), (1, 1), 40).apply(street)
    assert street.object_at(1, 1) == 11000
    labels, instances = strict_maps(street)
    assert set(np.unique(labels)) <= set(CITYSCAPES.ids)
    assert (labels[:4, :4] == 11).all() and (instances[:4, :4] == 11).all()
    assert set(np.unique(instances)) == {7, 11, 23, 24001, 26, 26000, 26004}
    assert np.array_equal(object_class(instances), labels)


def test_instance_values():
    assert encode_instance(26, 3) == 26003 and decode_instance(26003) == (26, 3)
    assert decode_instance(26) == (26, None) and decode_instance(26000) == (26, 0)
    for label_id, number in ((26, 1000), (26, -1), (66, 0), (0, 5)):
        with pytest.raises(SceneError):
            encode_instance(label_id, number)


def test_regions_become_objects_from_the_largest_down():
    labels = np.full((10, 20), 7, np.uint8)
    labels[1:3, 1:3] = 26
    labels[5:9, 5:15] = 26
    labels[6:8, 6:8] = 48  # a wheel does not split its car
    instances = split_objects(labels)
    assert (instances[5:9, 5:15] == 26000).all() and (instances[1:3, 1:3] == 26001).all()
    assert set(np.unique(instances)) == {7, 26000, 26001}


def test_more_regions_than_numbers_keep_the_bare_id():
    labels = np.full((80, 80), 7, np.uint8)
    labels[::2, ::2] = 24  # 1600 regions
    instances = split_objects(labels)
    assert len(set(np.unique(instances)) & set(range(24000, 25000))) == 1000
    assert (instances == 24).sum() == 600


# -- other forms of label maps -----------------------------------------------------


def test_colour_maps_become_ids(tmp_path, street):
    rgb = STREETS.palette[street.label_map]
    write_png(tmp_path / "c.png", rgb)
    assert np.array_equal(read_label_map(tmp_path / "c.png"), street.label_map)
    alpha = np.dstack([rgb[..., ::-1], np.full(rgb.shape[:2], 255, np.uint8)])
    cv2.imwrite(str(tmp_path / "a.png"), alpha)
    assert np.array_equal(read_label_map(tmp_path / "a.png"), street.label_map)


def test_indexed_maps_keep_indices_or_take_their_colours(tmp_path, street):
    from PIL import Image

    def save(indices, palette):
        picture = Image.fromarray(indices).convert("P")
        picture = Image.frombytes("P", (indices.shape[1], indices.shape[0]), indices.tobytes())
        picture.putpalette(np.asarray(palette, np.uint8).reshape(-1).tolist())
        picture.save(tmp_path / "p.png")
        return read_label_map(tmp_path / "p.png")

    assert np.array_equal(save(street.label_map, STREETS.palette), street.label_map)
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1) + np.array([0, 1, 0], np.uint8)
    assert np.array_equal(save(street.label_map, greys), street.label_map)
    ids, indices = np.unique(street.label_map, return_inverse=True)  # other indices, the classes' colours
    indices = indices.reshape(street.label_map.shape).astype(np.uint8)
    assert np.array_equal(save(indices, STREETS.palette[ids]), street.label_map)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_fewer_bits_are_not_stretched(tmp_path, bits):
    import struct
    import zlib

    ids = np.random.default_rng(5).integers(0, 2**bits, (6, 16)).astype(np.uint8)
    per_byte = 8 // bits
    shifts = np.arange(per_byte)[::-1] * bits
    packed = (ids.reshape(6, -1, per_byte) << shifts).sum(axis=2).astype(np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in packed)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 16, 6, bits, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    (tmp_path / "m.png").write_bytes(png)
    assert np.array_equal(read_label_map(tmp_path / "m.png"), ids)


@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize("width, height", [(1, 1), (1, 9), (5, 3), (9, 17)])
def test_whole_pngs_of_every_kind_are_read_and_those_that_lack_a_byte_refused(width, height, interlaced):
    kinds = [(0, bits) for bits in (1, 2, 4, 8, 16)] + [(kind, bits) for kind in (2, 4, 6) for bits in (8, 16)] + [(3, 2), (3, 8)]
    for kind, bits in kinds:
        def written(rows):
            def chunk(name, data):
                return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

            header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlaced)
            packed = zlib.compress(rows)
            pieces = [packed[: len(packed) // 2], b"", packed[len(packed) // 2 :]]
            table = chunk(b"PLTE", bytes(768)) if kind == 3 else b""
            return SIGNATURE + chunk(b"IHDR", header) + table + b"".join(chunk(b"IDAT", piece) for piece in pieces) + chunk(b"IEND", b"")

        needed = _bytes_of_rows(width, height, bits * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind], interlaced)
        header = check_png(written(bytes(needed)), "whole")
        assert (header.width, header.height, header.interlaced) == (width, height, bool(interlaced))
        assert PIL.Image.open(io.BytesIO(written(bytes(needed)))).convert("L").getextrema() == (0, 0)
        check_png(written(bytes(needed + 5)), "longer than it must be")
        with pytest.raises(BadImageError, match="cut off"):
            check_png(written(bytes(needed - 1)), "short")


def _bytes_of_rows(width, height, bits, interlaced):
    """By counting the pixels of each pass one by one, on the pattern that the standard prints."""
    pattern = ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"]
    total = 0
    for number in "1234567" if interlaced else " ":
        for y in range(height):
            columns = sum(pattern[y % 8][x % 8] == number for x in range(width)) if interlaced else width
            total += 1 + (columns * bits + 7) // 8 if columns else 0
    return total


# -- photographs ---------------------------------------------------------------


def test_tiffs_of_deep_grey_keep_their_light(tmp_path):
    grey = np.linspace(0, 1, 20).reshape(4, 5)
    cv2.imwrite(str(tmp_path / "float.tif"), grey.astype(np.float32))
    cv2.imwrite(str(tmp_path / "deep.tif"), np.rint(grey * 65535).astype(np.uint16))
    cv2.imwrite(str(tmp_path / "deep.png"), np.rint(grey * 65535).astype(np.uint16))
    for name in ("float.tif", "deep.tif", "deep.png"):
        picture = read_picture(tmp_path / name)
        assert picture.shape == (4, 5, 3) and picture.dtype == np.uint8
        assert np.abs(picture - 255 * grey[..., None]).max() <= 1


@pytest.mark.parametrize("grey", [
    np.float32([[0, 1.5]]), np.float32([[0, 255]]), np.float32([[-0.1, 1]]), np.float32([[0, np.nan]]), np.int32([[0, 70000]]),
    np.int32([[0, 255]]), np.int32([[-1, 0]]), np.int16([[-7, 7]]),
])
def test_tiffs_that_do_not_tell_what_is_white_are_refused(tmp_path, grey):
    cv2.imwrite(str(tmp_path / "p.tif"), grey)
    with pytest.raises(BadImageError, match="8 or 16 bits"):
        read_picture(tmp_path / "p.tif")


# -- polygons ----------------------------------------------------------------------


def polygon_json(objects, **extra):
    return {"imgHeight": 40, "imgWidth": 60, "objects": objects, **extra}


def test_polygons_are_painted_in_order_by_cityscapes_rules(tmp_path):
    square = [[10, 10], [20, 10], [20, 20], [10, 20]]
    data = polygon_json([
        {"label": "road", "polygon": [[0, 0], [59, 0], [59, 39], [0, 39]]},
        {"label": "car", "polygon": square},
        {"label": "cargroup", "polygon": [[30, 10], [40, 10], [40, 20], [30, 20]]},
        {"label": "car", "polygon": [[15, 15], [25, 15], [25, 25], [15, 25]]},
        {"label": "license plate", "polygon": [[16, 16], [18, 16], [18, 18]]},
        {"label": "person", "polygon": [[1, 1], [9, 1], [9, 9]], "deleted": 1},
        {"label": "polegroup", "polygon": [[50, 1], [55, 1], [55, 9]]},
    ])
    (tmp_path / "p.json").write_text(json.dumps(data))
    scene = rasterise(read_polygons(tmp_path / "p.json"))
    assert scene.size == (60, 40)
    assert set(scene.objects()) == {7, 18, 26, 26000, 26001}
    assert scene.object_at(12, 12) == 26000 and scene.object_at(17, 17) == 26001 and scene.object_at(20, 20) == 26001
    assert scene.object_at(10, 20) == 26000  # outlines belong to the polygon
    assert scene.object_at(35, 15) == 26 and scene.object_at(3, 2) == 7


def test_unknown_keys_survive(tmp_path):
    data = polygon_json(
        [{"label": "car", "polygon": [[1.5, 2], [3, 4], [5, 1]], "id": 7, "user": "ü", "draw": True, "date": None}],
        camera={"fx": 2262.52}, fileVersion="1",
    )
    (tmp_path / "a.json").write_text(json.dumps(data), encoding="utf-8")
    write_polygons(tmp_path / "b.json", read_polygons(tmp_path / "a.json"))
    assert json.loads((tmp_path / "b.json").read_text(encoding="utf-8")) == data


def test_polygons_far_out_of_the_frame_are_painted(tmp_path):
    (tmp_path / "p.json").write_text(json.dumps(polygon_json([{"label": "car", "polygon": [[-1e9, -1e9], [1e9, -1e9], [1e300, 1e9], [-1e9, 1e9]]}])))
    assert rasterise(read_polygons(tmp_path / "p.json")).size == (60, 40)


def test_painted_scenes_come_back_through_polygons(street, tmp_path):
    edits.paint(street, np.ones((2, 2), bool), (90, 1), 26, 26000).apply(street)  # an object of two pieces
    edits.paint(street, np.ones((1, 1), bool), (70, 1), 24).apply(street)  # of one pixel
    write_polygons(tmp_path / "p.json", polygons_of(street))
    assert same(rasterise(read_polygons(tmp_path / "p.json")), street)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", DataError), ("[]", DataError), ("{}", DataError), ("null", DataError), ("{" * 5000, DataError),
        (json.dumps(polygon_json([{"label": "car", "polygon": [[1]]}])), DataError),
        (json.dumps(polygon_json([{"label": "car", "polygon": []}])), DataError),
        (json.dumps(polygon_json([{"label": "car", "polygon": [["a", "b"]]}])), DataError),
        (json.dumps(polygon_json([{"label": "car", "polygon": [["1", "2"], [3, 4], [5, 6]]}])), DataError),
        (json.dumps(polygon_json([{"label": "car", "polygon": [[10**400, 2], [3, 4], [5, 6]]}])), DataError),
        (json.dumps(polygon_json([{"label": "car", "polygon": [[float("nan"), 2], [3, 4], [5, 6]]}])), DataError),
        (json.dumps(polygon_json([{"label": "car", "polygon": [[True, 2], [3, 4], [5, 6]]}])), DataError),
        (json.dumps({**polygon_json([]), "imgWidth": "60"}), DataError),
        (json.dumps({**polygon_json([]), "imgWidth": 10**6}), BadImageError),
        (json.dumps({**polygon_json([]), "imgWidth": -3}), BadImageError),
    ],
)
def test_bad_polygon_files_are_refused(tmp_path, text, error):
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(error):
        read_polygons(tmp_path / "p.json")


def test_unknown_classes_in_polygons_are_named(tmp_path):
    (tmp_path / "p.json").write_text(json.dumps(polygon_json([{"label": "dragon", "polygon": [[1, 1]] * 3}])))
    with pytest.raises(LabelError, match="dragon"):
        rasterise(read_polygons(tmp_path / "p.json"))


# -- folders -----------------------------------------------------------------------


def test_official_folders_are_found(street, tmp_path):
    for city, frame in (("ulm", 2), ("bonn", 1)):
        labels = tmp_path / "gtFine" / "val" / city / f"{city}_000000_{frame:06}_gtFine_labelIds.png"
        labels.parent.mkdir(parents=True)
        save_pair(street, labels, str(labels).replace("labelIds", "instanceIds"))
    photo = tmp_path / "leftImg8bit" / "val" / "ulm" / "ulm_000000_000002_leftImg8bit.png"
    photo.parent.mkdir(parents=True)
    write_png(photo, np.zeros((48, 96, 3), np.uint8))
    bonn, ulm = find_pairs(tmp_path)
    assert (bonn.name, bonn.photo) == ("bonn_000000_000001", None)
    assert ulm.photo == photo and ulm.instances is not None and ulm.polygons is None
    with pytest.raises(DataError, match="no folder"):
        find_pairs(tmp_path / "nowhere")
    with pytest.raises(DataError, match="labelIds"):
        find_pairs(tmp_path / "leftImg8bit")


def test_pix2pixhd_folders_pair_by_order(street, tmp_path):
    photo = np.random.default_rng(6).integers(0, 256, (48, 96, 3), dtype=np.uint8)
    for name in ("b", "a"):
        save_folder_pair(tmp_path, "train", name, street, photo, strict=False)
    (tmp_path / "train_inst" / "a.png").rename(tmp_path / "train_inst" / "0.png")  # still the first
    pairs = find_folder_pairs(tmp_path)
    assert phases(tmp_path) == ["train"] and [pair.name for pair in pairs] == ["a", "b"]
    assert pairs[0].instances.name == "0.png" and pairs[1].photo.name == "b.png"
    assert same(load_pair(pairs[0].labels, pairs[0].instances), street)
    assert np.array_equal(raw(pairs[0].photo)[..., ::-1], photo)
    (tmp_path / "train_inst" / "0.png").unlink()
    with pytest.raises(DataError, match="numbers must agree"):
        find_folder_pairs(tmp_path)
    with pytest.raises(DataError, match="test_label"):
        find_folder_pairs(tmp_path, "test")
    with pytest.raises(DataError, match="layout"):
        find_folder_pairs(tmp_path / "train_img")


def test_instances_are_read_as_they_are(tmp_path):
    values = np.random.default_rng(7).integers(0, 65536, (9, 11)).astype(np.uint16)
    write_png(tmp_path / "i.png", values)
    assert np.array_equal(read_instance_map(tmp_path / "i.png"), values)
