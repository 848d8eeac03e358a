"""Opening, saving, exporting, recovering; damaged files cost nothing but a sentence."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox

from app import dialogs
from app.files import example_name, instance_partner, sort_maps
from app.recovery import Recovery
from core.scene import edits
from core.scene.files import read_instance_map, read_label_map, read_picture, write_png
from core.scene.project import load_project, save_project
from core.scene.scene import Scene
from tests.app_mouse import answering, wait_for
from tests.app_support import (
    CAR, LEFT, NONE, bare_studio, drag, fresh_render, move, no_leaks, pane_at, same_picture, settings, small_street, studio,
    wait_current,
)


def paint(window, x: int = 10) -> None:
    context = window.context
    context.commit(edits.paint(context.scene, np.ones((6, 6), bool), (x, 60), CAR, edits.NEW))


def box_of(window) -> QMessageBox:
    """The message box that is open."""
    boxes = [child for child in window.findChildren(QMessageBox) if child.isVisible()]
    assert len(boxes) == 1
    return boxes[0]


def same_scene(one: Scene, other: Scene) -> bool:
    return (
        np.array_equal(one.label_map, other.label_map) and np.array_equal(one.instance_map, other.instance_map)
        and one.codes.keys() == other.codes.keys()
        and all(np.array_equal(code, other.codes[value]) for value, code in one.codes.items())
    )


def test_a_project_is_saved_and_opened_again(studio, tmp_path):
    paint(studio)
    studio.look_panel.randomise(3)
    wait_current(studio)
    scene, path = studio.context.scene, tmp_path / "street.veduta"
    assert studio.isWindowModified()
    assert studio.documents.save_to(path)
    assert not studio.isWindowModified() and studio.documents.saved
    photograph = studio.context.photograph.rgb
    kept = load_project(path).last_render  # as a JPEG: close, not equal
    assert kept.shape == photograph.shape and np.abs(kept.astype(int) - photograph).mean() < 4
    studio.documents.show(small_street(), "Other", None)
    assert studio.documents.open([path])
    assert same_scene(scene, studio.context.scene) and studio.documents.path == path
    assert str(path) in studio.context.settings["recent"]
    assert studio.windowTitle().startswith("street")
    wait_current(studio)
    assert same_picture(studio.context.photograph.rgb, photograph)


def test_undoing_to_the_saved_state_counts_as_saved(bare_studio, tmp_path):
    bare_studio.documents.show(small_street(), "Street", None)
    paint(bare_studio)
    bare_studio.documents.save_to(tmp_path / "a.veduta")
    paint(bare_studio, 40)
    assert not bare_studio.documents.saved
    bare_studio.context.history.undo()
    assert bare_studio.documents.saved


def test_maps_are_exported_and_opened_exactly(bare_studio, tmp_path):
    scene = small_street()
    bare_studio.documents.show(scene, "Street", None)
    labels = tmp_path / "a_000000_000001_gtFine_labelIds.png"
    bare_studio.documents.export_maps(labels)
    instances = tmp_path / "a_000000_000001_gtFine_instanceIds.png"
    assert np.array_equal(read_label_map(labels), scene.label_map)
    assert np.array_equal(read_instance_map(instances), scene.instance_map)
    bare_studio.documents.show(small_street(64, 48), "Other", None)
    assert bare_studio.documents.open([labels])  # takes the instance map beside it
    assert same_scene(scene, bare_studio.context.scene)
    for order in ([labels, instances], [instances, labels], [instances]):
        assert sort_maps(order) == (labels, instances)


def test_a_real_cityscapes_pair_opens_as_it_is(bare_studio, samples):
    labels = sorted((samples / "train_label").glob("*.png"))[0]
    instances = sorted((samples / "train_inst").glob("*.png"))[0]
    assert bare_studio.documents.open([instances, labels])
    assert np.array_equal(bare_studio.context.scene.label_map, read_label_map(labels))
    assert np.array_equal(bare_studio.context.scene.instance_map, read_instance_map(instances))
    drag(bare_studio.canvas.panes[0], (900, 700), (1000, 700))
    assert bare_studio.context.scene.label_at(950, 700) == CAR


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_the_photograph_is_exported_after_the_newest_stroke(studio, tmp_path, suffix):
    paint(studio, 30)  # on its way; the export waits for it
    path = tmp_path / f"photo{suffix}"
    studio.documents.export_photograph(path)
    wait_for(path.exists)
    wait_current(studio)
    written, rendered = read_picture(path).astype(int), fresh_render(studio).astype(int)
    assert np.abs(written - rendered).mean() < 8 if suffix == ".jpg" else same_picture(written, rendered)


def test_an_unwritable_place_is_said_and_nothing_is_lost(bare_studio, tmp_path):
    bare_studio.documents.show(small_street(), "Street", None)
    paint(bare_studio)
    assert not bare_studio.documents.save_to(tmp_path / "missing" / "deep" / "a.veduta")
    box = box_of(bare_studio)
    assert box.text() == "The street is not saved." and box.informativeText().endswith(".")
    box.accept()
    assert not bare_studio.documents.saved and bare_studio.context.history.count() == 1


def bad_files(folder):
    """(name, content) of files that are no street."""
    labels = np.full((32, 64), 7, np.uint8)
    write_png(folder / "whole.png", labels)
    whole = (folder / "whole.png").read_bytes()
    write_png(folder / "ids.png", np.full((32, 64), 200, np.uint8))
    return {
        "jpeg.png": b"\xff\xd8\xff\xe0 not a png",
        "cut.png": whole[: len(whole) // 2],
        "text.veduta": b"<html></html>",
        "ids.png": (folder / "ids.png").read_bytes(),
    }


@pytest.mark.parametrize("name", ["jpeg.png", "cut.png", "text.veduta", "ids.png", "missing.png"])
def test_bad_input_is_one_sentence_and_the_street_stays(bare_studio, tmp_path, name):
    content = bad_files(tmp_path).get(name)
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    scene = small_street()
    bare_studio.documents.show(scene, "Street", None)
    paint(bare_studio)
    assert not bare_studio.documents.open([path])
    box = box_of(bare_studio)
    assert name in box.informativeText() and box.informativeText().endswith(".") and not box.detailedText()
    box.accept()
    assert bare_studio.context.scene is scene and bare_studio.context.history.count() == 1


def test_a_foreign_checkpoint_is_not_opened_but_explained(bare_studio, tmp_path):
    path = tmp_path / "latest_net_G.pth"
    path.write_bytes(b"<html></html>")
    bare_studio.documents.open([path])
    box = box_of(bare_studio)
    assert "main.py import" in box.informativeText()
    box.accept()


@pytest.mark.parametrize("words, leaves", [("Cancel", False), ("Don't save", True), ("Save", True)])
def test_unsaved_changes_are_asked_about(bare_studio, tmp_path, words, leaves):
    documents = bare_studio.documents
    path = tmp_path / "street.veduta"
    save_project(path, small_street())
    documents.open([path])
    paint(bare_studio)
    changed = bare_studio.context.scene
    left = []
    answering(words, lambda: left.append(documents.may_leave()))
    assert left == [leaves]
    assert same_scene(load_project(path).scene, changed if words == "Save" else small_street())


def test_dropping_a_file_opens_it(bare_studio, tmp_path):
    path = tmp_path / "dropped.veduta"
    save_project(path, small_street(64, 48))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    bare_studio.dropEvent(event)
    wait_for(lambda: bare_studio.documents.path == path)
    assert bare_studio.context.scene.size == (64, 48)


def test_recent_files_come_newest_first_without_repeats(bare_studio, tmp_path):
    paths = [tmp_path / f"{name}.veduta" for name in "abc"]
    for path in paths:
        save_project(path, small_street(32, 32))
    for index in (0, 1, 2, 0):
        bare_studio.documents.open([paths[index]])
    assert bare_studio.context.settings["recent"] == tuple(str(paths[index]) for index in (0, 2, 1))
    names = [action.text() for action in bare_studio.actions_.recent.actions()]
    assert names[:3] == ["a.veduta", "c.veduta", "b.veduta"]
    bare_studio.documents.forget_recent()
    assert bare_studio.context.settings["recent"] == ()


def test_a_crash_leaves_a_copy_that_is_offered(bare_studio, tmp_path):
    bare_studio.documents.show(small_street(), "Street", None)
    recovery = bare_studio.recovery
    recovery.write()
    recovery._pool.waitForDone()
    assert not recovery.path.exists()  # nothing unsaved
    paint(bare_studio)
    bare_studio.context.set_horizon(31.0)
    recovery.write()
    recovery._pool.waitForDone()
    assert same_scene(load_project(recovery.path).scene, bare_studio.context.scene)
    later = Recovery(bare_studio.context, recovery.folder)
    assert later.abandoned() == []  # this studio still runs
    left = recovery.folder / "123-dead.veduta"
    left.write_bytes(recovery.path.read_bytes())
    assert later.abandoned() == [left]
    painted = bare_studio.context.scene

    bare_studio.context.history.mark_saved()
    opened = []
    answering("Open the copy", lambda: opened.append(bare_studio._offer_recovery()))
    assert opened == [True]
    assert same_scene(bare_studio.context.scene, painted) and not bare_studio.documents.saved
    assert bare_studio.context.horizon_set and bare_studio.context.horizon() == 31.0
    assert not left.exists()
    recovery._pool.waitForDone()
    assert same_scene(load_project(recovery.path).scene, painted)  # the new studio guards it now
    recovery.close()
    assert not recovery.path.exists()


def test_copies_of_several_crashes_are_offered_one_by_one_and_none_is_lost(bare_studio, monkeypatch):
    recovery, streets = bare_studio.recovery, {}
    recovery.folder.mkdir()
    for age, name in enumerate(("new", "middle", "old")):
        path = recovery.folder / f"1-{name}.veduta"
        streets[name] = Scene(np.full((24, 32), (CAR, 7, 11)[age], np.uint8))
        save_project(path, streets[name])
        os.utime(path, (1e9 - age, 1e9 - age))
    kept = lambda: {path.stem[2:] for path in recovery.folder.glob("1-*.veduta")}  # noqa: E731
    offered = []
    offer = lambda: offered.append(bare_studio._offer_recovery())  # noqa: E731

    texts = answering("Ask me later", offer)
    assert "2 older ones" in texts[1] and "2001" not in texts[1] and "9 Sep" in texts[1]
    assert offered == [False] and kept() == {"new", "middle", "old"}
    answering("Open the copy", offer)
    assert offered[-1] and kept() == {"middle", "old"}
    assert same_scene(bare_studio.context.scene, streets["new"])
    # From the first moment on it is this studio's own copy, whether or not that could be written anew.
    assert same_scene(load_project(recovery.path).scene, streets["new"]) and recovery.path not in recovery.abandoned()

    (recovery.folder / "1-middle.veduta").write_bytes(b"PK damaged")
    os.utime(recovery.folder / "1-middle.veduta", (1e9, 1e9))
    bare_studio.context.history.mark_saved()

    told = []
    monkeypatch.setattr("app.files.dialogs.tell", lambda parent, title, text: told.append(title))
    monkeypatch.setattr("app.studio.dialogs.ask_recovery", lambda parent, when, older: "open")
    offer()
    assert told == ["The copy can't be opened."] and offered[-1] and kept() == {"middle"}
    assert same_scene(bare_studio.context.scene, streets["old"])


def test_nothing_is_written_while_a_stroke_is_under_way(studio, tmp_path):
    pane, told = studio.canvas.panes[0], []
    studio.context.message.connect(told.append)
    before = np.array(studio.context.scene.label_map)
    QTest.mousePress(pane, LEFT, NONE, pane_at(pane, 20, 20))
    move(pane, pane_at(pane, 60, 20), LEFT)
    assert not np.array_equal(studio.context.scene.label_map, before)
    assert not studio.documents.save_to(tmp_path / "s.veduta")
    studio.documents.export_maps(tmp_path / "x_labelIds.png")
    assert list(tmp_path.glob("*.veduta")) + list(tmp_path.glob("*.png")) == [] and "press Esc" in told[-1]
    QTest.keyClick(pane, Qt.Key.Key_Escape)
    QTest.mouseRelease(pane, LEFT, NONE, pane_at(pane, 60, 20))
    assert studio.documents.save_to(tmp_path / "s.veduta") and studio.documents.saved
    assert np.array_equal(load_project(tmp_path / "s.veduta").scene.label_map, before)


def test_names_for_people_and_for_partners(tmp_path):
    assert example_name(tmp_path / "02_wide_avenue.veduta") == "Wide avenue"
    assert example_name(tmp_path / "01 Passers-by.veduta") == "Passers-by"
    assert example_name(tmp_path / "02 Parked in a row.veduta") == "Parked in a row"
    assert instance_partner(tmp_path / "x_gtFine_labelIds.png").name == "x_gtFine_instanceIds.png"
    assert instance_partner(tmp_path / "mine.png").name == "mine_instanceIds.png"


def test_a_new_street_has_sky_above_road(qapp):
    dialog = dialogs.NewStreetDialog()
    dialog.preset.setCurrentIndex(1)
    scene = dialog.scene()
    assert scene.size == (1024, 512)
    assert scene.label_set[scene.label_at(5, 5)].name == "sky"
    assert scene.label_set[scene.label_at(5, 500)].name == "road"
    dialog.start.setCurrentIndex(1)
    assert not dialog.scene().label_map.any() and dialog.kept() == {}
    dialog.deleteLater()


def test_a_new_street_has_its_horizon_where_it_was_asked_for(bare_studio, monkeypatch):
    def create(dialog):
        dialog.preset.setCurrentIndex(1)
        dialog.horizon.setValue(40)
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(dialogs.NewStreetDialog, "exec", create)
    assert bare_studio.documents.new()
    context = bare_studio.context
    assert context.horizon() == 205 and context.horizon_set and bare_studio.documents.saved
    sky = context.label_set.named("sky").id
    assert context.scene.label_at(9, 204) == sky != context.scene.label_at(9, 205)
    assert bare_studio.documents.project_settings()["horizon"] == 205


@pytest.mark.parametrize("typed, kind, path", [
    ("named", "", "named.veduta"), ("named", "PNG (*.png)", "named.png"), ("named", "JPEG (*.jpg *.jpeg)", "named.jpg"),
    ("a_labelIds", "", "a_labelIds.png"), ("dusk", "", "dusk.look.json"), ("dusk.json", "", "dusk.look.json"),
])  # fmt: skip
def test_a_name_that_gets_its_ending_replaces_no_file_unasked(studio, tmp_path, monkeypatch, typed, kind, path):  # noqa: F811
    documents, there = studio.documents, tmp_path / path
    ask = documents.ask_export_maps if "labelIds" in path else {
        ".veduta": documents.save_as, ".json": studio.look_panel.files.ask_save,
    }.get(there.suffix, documents.ask_export_photograph)  # fmt: skip
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / typed), kind))
    there.write_bytes(b"precious")
    texts = answering("Cancel", ask)
    assert f"Replace {path}?" in texts and there.read_bytes() == b"precious"
    answering("Replace", ask)
    assert len(there.read_bytes()) > 100 and not (tmp_path / typed).exists()
    # A whole name was asked about by the dialog itself.
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(there), kind))
    there.write_bytes(b"precious")
    ask()
    assert len(there.read_bytes()) > 100


def test_saving_asks_for_a_place_once(bare_studio, tmp_path, monkeypatch):
    bare_studio.documents.show(small_street(), "Street", None)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "named"), ""))
    assert bare_studio.documents.save()
    assert (tmp_path / "named.veduta").exists()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: pytest.fail("asked again"))
    paint(bare_studio)
    assert bare_studio.documents.save()
