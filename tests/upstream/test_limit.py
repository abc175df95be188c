"""Permits for calls in flight, and the line of those who wait for one."""

from __future__ import annotations

import pytest

from plait.types import DEFERRED, JOB, STREAM, SYNC
from plait.upstream.limit import Limit
from plait.upstream.line import Line


def pressed(limit: Limit, seconds: float, calls: int, now: float = 0.0) -> None:
    """As many calls as there are permits and one more, time after time."""
    for _ in range(calls):
        while limit.take():
            pass
        limit.ended(now, seconds)


def test_it_begins_at_sixteen_and_gives_no_more() -> None:
    limit = Limit(0.0)
    assert [limit.take() for _ in range(17)] == [True] * 16 + [False]
    limit.cut()
    assert limit.take()


def test_a_fixed_limit_stays() -> None:
    limit = Limit(0.0, 3, fixed=True)
    pressed(limit, 1.0, 500)
    limit.dropped()
    assert (limit.limit, limit.take()) == (3, True)


def test_it_grows_only_while_more_is_asked_for() -> None:
    limit = Limit(0.0)
    for _ in range(500):
        assert limit.take()
        limit.ended(0.0, 0.05)
    assert limit.limit == 16
    pressed(limit, 0.05, 1000)
    assert limit.limit > 20


def test_it_never_grows_beyond_what_the_file_allows() -> None:
    limit = Limit(0.0, 18)
    pressed(limit, 0.05, 5000)
    assert limit.limit == 18


def test_a_refusal_takes_a_tenth_off_and_those_that_were_under_way_do_not_count() -> None:
    limit = Limit(0.0)
    for _ in range(16):
        limit.take()
        limit.ended(0.0, 0.05)
    for _ in range(16):
        limit.take()
    for _ in range(16):
        limit.dropped()
    assert limit.limit == 15
    for _ in range(500):
        limit.take()
        limit.dropped()
    assert limit.limit == 1


def test_three_calls_in_a_window_without_an_answer_halve_it() -> None:
    limit = Limit(0.0)
    for call in range(1, 4):
        limit.take()
        limit.late(call * 1.0, 1.0)
        assert limit.limit == (8 if call == 3 else 16)


def test_one_silence_in_a_hundred_calls_changes_nothing() -> None:
    limit = Limit(0.0)
    for call in range(2000):
        assert limit.take()
        if call % 100:
            limit.ended(call * 0.01, 0.05)
        else:
            limit.late(call * 0.01, 1.0)
    assert limit.limit == 16


def test_it_is_measured_at_a_quarter_and_only_what_is_faster_there_lowers_it() -> None:
    for slope in (0.0, 1.0):
        limit = Limit(0.0)
        seen: list[int] = []
        for call in range(300):
            while limit.take():
                pass
            limit.ended(call * 0.01, 0.05 * limit.limit**slope)
            seen.append(limit.limit)
        assert min(seen) <= 4
        assert (seen[-1] >= 16) is (slope == 0.0)


def test_times_that_grow_with_the_calls_in_flight_bring_it_down_to_one() -> None:
    limit = Limit(0.0)
    now = 0.0
    for _ in range(600):
        while limit.take():
            pass
        now += 0.05
        limit.ended(now, 0.05 * (limit.in_flight))
    assert 1 <= limit.limit <= 3


def test_a_predictor_that_is_slower_for_good_keeps_its_calls() -> None:
    limit = Limit(0.0)
    pressed(limit, 0.05, 500)
    for turn in range(200):
        pressed(limit, 0.5, 20, 10.0 + turn)
    assert limit.limit >= 16


def test_the_first_in_line_is_the_first_served() -> None:
    line = Line[str]()
    assert all(line.enter(waiter, 1.0, 1.0, 0.01, 1) for waiter in "abc")
    line.leave("b")
    line.leave("never there")
    assert [line.next(0.5, 0.01, []) for _ in range(3)] == ["a", "c", None]


def test_a_full_line_turns_away() -> None:
    line = Line[int](2)
    assert [line.enter(waiter, 1.0, 1.0, 0.01, 1) for waiter in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("left", "limit", "enters"), [(1.0, 1, True), (0.1, 1, False), (0.3, 1, True), (0.12, 16, True), (0.1, 16, False)]
)
def test_who_would_be_answered_too_late_need_not_wait(left: float, limit: int, enters: bool) -> None:  # noqa: FBT001 - a column of the table
    assert Line[int]().enter(1, left, left, 0.05, limit) is enters


def test_what_has_expired_is_dropped_and_named() -> None:
    line = Line[str]()
    line.enter("late", 1.0, 1.0, 0.01, 1)
    line.enter("too close", 2.0, 2.0, 0.01, 1)
    line.enter("in time", 3.0, 3.0, 0.01, 1)
    expired: list[str] = []
    assert line.next(1.95, 0.1, expired) == "in time"
    assert expired == ["late", "too close"]
    assert len(line) == 0


def test_a_line_serves_the_most_urgent_first_and_counts_those_that_somebody_waits_for() -> None:
    line = Line[str]()
    for priority, waiter in ((DEFERRED, "deferred"), (JOB, "job")):
        assert line.stand(waiter, 1.0, priority)
    for priority, waiter in ((STREAM, "stream"), (SYNC, "sync")):
        assert line.enter(waiter, 1.0, 1.0, 0.01, 1, priority)
    assert (line.waiting, line.urgent) == (4, 2)
    assert [line.next(0.5, 0.01, []) for _ in range(5)] == ["sync", "stream", "job", "deferred", None]
    assert (line.waiting, line.urgent) == (0, 0)


def test_whoever_leaves_says_whether_it_waited() -> None:
    line = Line[str]()
    line.stand("job", 0.0)
    line.enter("sync", 1.0, 1.0, 0.01, 1)
    assert [line.leave("job"), line.leave("job"), line.leave("sync")] == [True, False, True]
    assert (line.waiting, line.urgent) == (0, 0)


def test_those_that_are_less_urgent_are_not_waited_for() -> None:
    line = Line[int]()
    for waiter in range(50):
        assert line.enter(waiter, 10.0, 10.0, 0.01, 1, STREAM)
    assert line.enter(100, 0.05, 0.05, 0.01, 1, SYNC)
    assert not line.enter(101, 0.05, 0.05, 0.01, 1, STREAM)


def test_streams_that_fill_their_class_leave_room_for_others() -> None:
    line = Line[int](2)
    assert [line.enter(waiter, 9.0, 9.0, 0.01, 1, STREAM) for waiter in range(3)] == [True, True, False]
    assert [line.enter(waiter, 9.0, 9.0, 0.01, 1, SYNC) for waiter in range(3, 6)] == [True, True, False]
    assert line.stand(6, 9.0)
