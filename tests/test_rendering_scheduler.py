"""What is rendered next and what is shown: the scheduler alone, with a clock made of numbers."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from core.rendering.scheduler import Policy, RenderScheduler


def drawn(scheduler: RenderScheduler, now: float, seconds: float = 0.02, exact: bool = True, full: bool = False):
    """Start the next job and finish it; (job, shown)."""
    job = scheduler.next(now)
    assert job is not None
    return job, scheduler.finished(job, seconds, exact, full, now + seconds)


def painted(exact: bool = True) -> RenderScheduler:
    """A scheduler whose first full frame of 0.3 s is on show."""
    scheduler = RenderScheduler()
    scheduler.request(0.0)
    assert drawn(scheduler, 0.0)[0].kind == "draft"
    assert drawn(scheduler, 0.1, 0.3, exact=True, full=True)[0].kind == "update"
    assert scheduler.next(0.5) is None
    return scheduler


def test_the_first_frame_of_unknown_cost_is_drafted_and_then_owed():
    scheduler = RenderScheduler()
    scheduler.request(0.0, (0, 0, 4, 4))
    draft, shown = drawn(scheduler, 0.0, exact=False)
    assert draft.kind == "draft" and shown
    update, shown = drawn(scheduler, 0.1, 9.0, full=True)
    assert update.kind == "update" and shown and update.dirty == (0, 0, 4, 4)
    assert scheduler.next(10.0) is None and scheduler.wake_in(10.0) is None


def test_a_fast_full_frame_needs_no_draft():
    scheduler = painted()
    scheduler.restart()
    scheduler.request(1.0)
    assert scheduler.next(1.0).kind == "update"


def test_requests_melt_into_one_job_over_all_their_pixels():
    scheduler = painted()
    scheduler.request(1.0, (10, 20, 30, 40))
    first = scheduler.next(1.0)
    assert first.dirty == (10, 20, 30, 40)
    for x in (100, 50, 70):
        scheduler.request(1.0, (x, 0, x + 5, 5))
        assert scheduler.next(1.0) is None, "one job at a time"
    assert scheduler.finished(first, 0.02, True, False, 1.02)
    second = scheduler.next(1.02)
    assert second.dirty == (50, 0, 105, 5) and second.number > first.number
    assert scheduler.finished(second, 0.02, True, False, 1.04)
    assert scheduler.next(1.04) is None


def test_codes_alone_compare_no_maps_and_unknown_edits_compare_all():
    scheduler = painted()
    scheduler.request(1.0, (0, 0, 0, 0))
    assert drawn(scheduler, 1.0)[0].dirty == (0, 0, 0, 0)
    scheduler.request(2.0, (0, 0, 4, 4))
    scheduler.request(2.0, None)
    assert drawn(scheduler, 2.0)[0].dirty is None


def test_an_answer_for_another_scene_is_not_shown_and_its_work_is_stopped():
    scheduler = painted()
    scheduler.request(1.0)
    job = scheduler.next(1.0)
    assert not scheduler.should_stop()
    scheduler.restart()
    assert scheduler.should_stop()
    assert not scheduler.finished(job, 0.1, True, True, 1.2)


def test_nothing_older_is_shown_over_something_newer():
    scheduler = painted()
    scheduler.request(1.0)
    job, shown = drawn(scheduler, 1.0)
    assert shown
    assert not scheduler.finished(replace(job, number=job.number - 1), 0.1, True, True, 2.0)


def test_a_preview_becomes_exact_when_the_hand_rests():
    scheduler = painted()
    scheduler.request(1.0, (0, 0, 9, 9))
    drawn(scheduler, 1.0, exact=False)
    assert scheduler.next(1.1) is None
    assert abs(scheduler.wake_in(1.1) - 0.25) < 1e-9
    exact, shown = drawn(scheduler, 1.36, 5.0, full=True)
    assert exact.kind == "exact" and shown
    assert scheduler.wake_in(7.0) is None


def test_an_exact_frame_gives_way_to_painting_and_comes_again():
    scheduler = painted()
    scheduler.request(1.0, (0, 0, 9, 9))
    drawn(scheduler, 1.0, exact=False)
    job = scheduler.next(2.0)
    assert job.kind == "exact" and not scheduler.should_stop()
    scheduler.request(2.1, (5, 5, 6, 6))
    assert scheduler.should_stop()
    scheduler.given_up(job)
    update, _ = drawn(scheduler, 2.2, exact=False)
    assert update.kind == "update" and update.dirty is None
    assert scheduler.next(2.3) is None
    assert scheduler.next(2.6).kind == "exact"


def test_updates_are_finished_even_when_more_is_painted():
    scheduler = painted()
    scheduler.request(1.0)
    scheduler.next(1.0)
    scheduler.request(1.01)
    assert not scheduler.should_stop()


def paused() -> RenderScheduler:
    """A scheduler after three strokes of 7 s."""
    scheduler = painted()
    for turn in range(3):
        assert scheduler.paused == ""
        scheduler.request(10.0 * turn + 1)
        drawn(scheduler, 10.0 * turn + 1, 7.0, full=True)
    return scheduler


def test_it_pauses_with_a_reason_when_strokes_are_too_slow_and_draws_at_rest():
    scheduler = paused()
    assert "7 s" in scheduler.paused
    for now in (50.0, 50.5, 51.0):
        scheduler.request(now)
        assert scheduler.next(now) is None
    assert abs(scheduler.wake_in(51.0) - 1.5) < 1e-9
    assert scheduler.next(52.4) is None
    drawn(scheduler, 52.6, 7.0, full=True)
    assert scheduler.paused and scheduler.wake_in(60.0) is None


def test_a_pause_ends_when_the_machine_keeps_up_again():
    scheduler = paused()
    scheduler.request(50.0)
    drawn(scheduler, 51.6, 0.02)
    assert scheduler.paused == ""
    scheduler.request(52.0)
    assert scheduler.next(52.0) is not None


def test_a_demand_is_drawn_in_spite_of_a_pause_and_ends_it():
    scheduler = paused()
    scheduler.request(51.0, demanded=True)
    job, shown = drawn(scheduler, 51.0, 7.0, full=True)
    assert job.kind == "exact" and shown and scheduler.paused == ""


def test_one_slow_stroke_among_fast_ones_does_not_pause():
    scheduler = painted()
    for turn in range(12):
        scheduler.request(10.0 * turn + 1)
        drawn(scheduler, 10.0 * turn + 1, 7.0 if turn % 3 else 0.02)
    assert scheduler.paused == ""


def test_a_failed_job_is_not_tried_for_ever():
    scheduler = painted()
    scheduler.request(1.0, (0, 0, 2, 2))
    scheduler.given_up(scheduler.next(1.0))
    assert scheduler.next(1.1) is None
    scheduler.request(2.0, (4, 4, 5, 5))
    assert scheduler.next(2.0).dirty is None, "what failed is drawn with the next"


_BOX = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(51, 99), st.integers(51, 99))
_STEP = st.one_of(
    st.tuples(st.just("paint"), st.none() | _BOX),
    st.tuples(st.just("demand"), st.none()),
    st.tuples(st.just("restart"), st.none()),
    st.tuples(st.just("finish"), st.booleans()),
    st.tuples(st.just("fail"), st.none()),
    st.tuples(st.just("wait"), st.floats(0.0, 2.0)),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_STEP, max_size=40))
def test_whatever_happens_every_edit_is_drawn_in_the_end_and_numbers_grow(steps):
    """Edits are counted; a job draws all of its dirty box, or everything for None."""
    scheduler, now, shown_numbers = RenderScheduler(Policy(patience=1e9)), 0.0, []
    pending: list = []  # boxes (or None) that no shown picture holds yet

    def covers(job, box):
        return job.kind == "exact" or job.dirty is None or box is not None and (
            job.dirty[0] <= box[0] and job.dirty[1] <= box[1] and job.dirty[2] >= box[2] and job.dirty[3] >= box[3]
        )

    def start():
        job = scheduler.next(now)
        if job is not None and job.kind != "draft":
            assert all(covers(job, box) for box in pending)
            pending.clear()

    def finish(exact):
        job = scheduler.running
        if job is not None and scheduler.finished(job, 0.1, exact or job.kind == "exact", job.kind == "exact", now):
            shown_numbers.append(job.number)

    for what, detail in steps:
        now += 0.01
        if what in ("paint", "demand"):
            box = detail if what == "paint" else None
            pending.append(box)
            scheduler.request(now, box, demanded=what == "demand")
        elif what == "restart":
            scheduler.restart()
            pending.clear()
            scheduler.request(now)
            pending.append(None)
        elif what == "finish":
            finish(detail)
        elif what == "fail" and scheduler.running is not None:
            job = scheduler.running
            scheduler.given_up(job)
            if job.generation == scheduler.generation:
                pending.append(None)
                scheduler.request(now)  # a person paints on
        elif what == "wait":
            now += detail
        start()
    for _ in range(6):
        finish(True)
        now += 1.0
        start()
    assert not pending and scheduler.running is None
    assert shown_numbers == sorted(set(shown_numbers))
