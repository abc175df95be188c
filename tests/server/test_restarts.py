"""When a worker that has ended starts again, and which one hangs."""

from __future__ import annotations

from plait.server.restarts import HANG, STEADY, TRIES, Pulse, Restarts


def test_a_worker_that_has_served_is_replaced_at_once_however_often_that_happens() -> None:
    restarts = Restarts()
    assert [restarts.pause(STEADY) for _ in range(100)] == [0.0] * 100


def test_one_that_was_killed_says_nothing_of_its_start_unless_it_never_was_ready() -> None:
    restarts = Restarts()
    assert [restarts.pause(0.1, killed=True) for _ in range(100)] == [0.0] * 100
    assert [restarts.pause(None, killed=True) for _ in range(TRIES)][-1] is None


def test_one_that_ends_right_after_its_start_waits_longer_each_time_and_then_is_given_up() -> None:
    restarts = Restarts()
    pauses = [restarts.pause(served) for served in (None, STEADY / 2) * (TRIES // 2)]
    assert pauses == [0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, None]


def test_one_that_has_served_in_between_begins_anew() -> None:
    restarts = Restarts()
    for _ in range(TRIES - 1):
        restarts.pause(None)
    assert restarts.pause(STEADY) == 0.0
    assert [restarts.pause(None), restarts.pause(None)] == [0.0, 0.1]


def test_a_silent_worker_hangs_after_a_while() -> None:
    pulse = Pulse(100.0)
    assert not pulse.hangs(100.0 + HANG, 0.0)
    assert pulse.hangs(100.1 + HANG, 0.0)


def test_time_in_which_the_parent_stood_still_is_not_held_against_a_worker() -> None:
    pulse = Pulse(100.0)
    assert not pulse.hangs(1000.0, 900.0)
    assert not pulse.hangs(1000.0 + HANG, 0.0)
    assert pulse.hangs(1000.1 + HANG, 0.0)
