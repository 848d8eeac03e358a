"""What the canvas shows: viewport, picture levels, label colours, paint not yet photographed."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSizeF

from app.canvas.label_picture import LabelPicture, PendingPaint, colour_table
from app.canvas.pyramid import Pyramid, bgrx, halves
from app.canvas.viewport import LARGEST, SMALLEST, Viewport
from core.labels import STREETS
from core.scene import edits
from tests.app_support import CAR, ROAD, SKY, small_street

PANE = QSizeF(700, 500)


def test_zooming_keeps_the_point_under_the_pointer(qapp):
    viewport = Viewport()
    viewport.set_frame(2048, 1024)
    viewport.fit(PANE)
    for position, factor in ((QPointF(300, 250), 1.7), (QPointF(520, 260), 3.0), (QPointF(100, 240), 0.5)):
        before = viewport.to_image(position, PANE)
        viewport.zoom_at(position, PANE, factor)
        after = viewport.to_image(position, PANE)
        # The frame is snapped to whole pane pixels, so half of one may be lost.
        assert (after - before).manhattanLength() * viewport.scale <= 1.5


def test_fit_shows_the_whole_frame_and_zoom_has_ends(qapp):
    viewport = Viewport()
    viewport.set_frame(4096, 300)
    viewport.fit(PANE)
    frame = viewport.frame_in(PANE)
    assert frame.left() >= 0 and frame.right() <= PANE.width() and frame.width() > 0.9 * PANE.width()
    assert viewport.fitted
    viewport.zoom_at(QPointF(5, 5), PANE, 1e9)
    assert viewport.scale == LARGEST and not viewport.fitted
    viewport.zoom_at(QPointF(5, 5), PANE, 1e-9)
    assert viewport.scale == SMALLEST


@pytest.mark.parametrize("size", [(64, 48), (61, 37), (8, 3), (1, 1)])
def test_refreshing_a_box_gives_the_same_levels_as_building_anew(qapp, size):
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (size[1], size[0], 4), np.uint8)
    pyramid = Pyramid(halves(picture.copy()))
    for _ in range(40):
        x0, x1 = sorted(rng.integers(0, size[0] + 1, 2))
        y0, y1 = sorted(rng.integers(0, size[1] + 1, 2))
        if x0 == x1 or y0 == y1:
            continue
        pyramid.full[y0:y1, x0:x1] = rng.integers(0, 256, (y1 - y0, x1 - x0, 4), np.uint8)
        pyramid.refresh((x0, y0, x1, y1))
    for level, fresh in zip(pyramid.levels, halves(pyramid.full.copy())):
        assert np.array_equal(level, fresh)


def test_a_level_is_chosen_that_is_never_enlarged(qapp):
    pyramid = Pyramid(halves(np.zeros((256, 512, 4), np.uint8)))
    widths = {scale: pyramid.image_for(scale).width() for scale in (4.0, 1.0, 0.6, 0.5, 0.3, 0.2, 0.01)}
    assert widths == {4.0: 512, 1.0: 512, 0.6: 512, 0.5: 256, 0.3: 256, 0.2: 128, 0.01: 64}


def test_bgrx_is_what_qt_reads(qapp):
    picture = np.array([[[250, 120, 7]]], np.uint8)
    colour = Pyramid(halves(bgrx(picture))).images[0].pixelColor(0, 0)
    assert (colour.red(), colour.green(), colour.blue()) == (250, 120, 7)


def test_label_colours_follow_every_edit_in_its_box_alone(qapp):
    scene = small_street()
    picture = LabelPicture(scene)
    rng = np.random.default_rng(2)
    for _ in range(30):
        x, y, radius = rng.integers(0, 160), rng.integers(0, 96), int(rng.integers(1, 14))
        stroke = edits.Stroke(scene, int(rng.choice([CAR, ROAD, SKY])), None, radius)
        box = stroke.add(float(x), float(y))
        stroke.finish()
        if box is not None:
            picture.update(box)
    fresh = LabelPicture(scene)
    for level, built in zip(picture.pyramid.levels, fresh.pyramid.levels):
        assert np.array_equal(level, built)


def test_objects_of_one_class_are_told_apart_by_a_line(qapp):
    scene = small_street()
    plain, lined = LabelPicture(scene, edges=False), LabelPicture(scene, edges=True)
    blue = STREETS[CAR].colour[2]
    assert plain.pyramid.full[70, 99, 0] == blue
    assert lined.pyramid.full[70, 99, 0] > blue + 40  # last column of the left car, which is dark blue
    assert lined.pyramid.full[70, 98, 0] == blue


def test_paint_shows_over_the_photograph_until_one_has_it(qapp):
    scene = small_street()
    pending = PendingPaint(scene, scene.snapshot())
    edit = edits.polygon(scene, [(5, 60), (30, 60), (30, 80), (5, 80)], CAR, edits.NEW)
    edit.apply(scene)
    pending.update(edit.bbox)
    assert pending.bbox == edit.bbox
    assert pending._packed[70, 10] == colour_table(STREETS)[CAR]
    assert pending._packed[70, 40] == 0
    late = scene.snapshot()
    edit.revert(scene)
    pending.update(edit.bbox)
    assert pending._packed[70, 10] == 0  # as on the photograph again
    pending.shown(late)
    assert pending._packed[70, 10] == colour_table(STREETS)[ROAD]
    pending.shown(scene.snapshot())
    assert pending.bbox is None and not pending._packed.any()


def test_pending_paint_shrinks_to_what_the_photograph_lacks(qapp):
    scene = small_street()
    pending = PendingPaint(scene, scene.snapshot())
    first, second = (10, 70, 16, 76), (100, 20, 108, 28)
    for box in (first, second):
        mask = np.ones((box[3] - box[1], box[2] - box[0]), bool)
        scene.write(box, mask, CAR, 26050)
        pending.update(box)
        if box is first:
            late = scene.snapshot()
    assert pending.bbox == (10, 20, 108, 76)
    assert pending.shown(late) == (10, 20, 108, 76), "all of it is drawn again"
    assert pending.bbox == second and not pending._packed[72, 12] and pending._packed[24, 104]
    pending.shown(scene.snapshot())
    assert pending.bbox is None and not pending._packed.any()
    for x in range(600):
        scene.write((x % 150, 5, x % 150 + 1, 6), np.ones((1, 1), bool), CAR if x < 150 else ROAD, 26050 if x < 150 else ROAD)
        pending.update((x % 150, 5, x % 150 + 1, 6))
    assert pending.bbox == (0, 5, 150, 6) and pending._packed[5, :150].all()


