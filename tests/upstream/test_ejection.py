"""Whether a replica is fit: failures in a row or by rate, ejections that grow, one trial, and what probes say."""

from __future__ import annotations

import random

from plait.upstream.defaults import EJECT_LONGEST, EJECT_SECONDS, EJECT_STREAK, PROBES
from plait.upstream.ejection import Health


def ejected(now: float = 0.0) -> Health:
    health = Health()
    while not health.bad(now):
        pass
    return health


def test_failures_in_a_row_eject_and_a_success_breaks_the_row() -> None:
    health = Health()
    assert [health.bad(0.0) for _ in range(EJECT_STREAK - 1)] == [False] * (EJECT_STREAK - 1)
    assert not health.good(0.0)
    assert [health.bad(0.0) for _ in range(EJECT_STREAK)] == [False] * (EJECT_STREAK - 1) + [True]
    assert EJECT_STREAK <= 5


def test_a_high_rate_ejects_without_any_row() -> None:
    health = Health()
    calls = 0
    while not health.ejected:
        calls += 1
        if calls % 3:
            health.bad(0.0)
        else:
            health.good(0.0)
    assert calls < 60


def test_a_few_failures_among_many_calls_do_not_eject() -> None:
    chance = random.Random(1)
    health = Health()
    for _ in range(20_000):
        if chance.random() < 0.02:
            assert not health.bad(0.0)
        elif health.rate:
            health.good(0.0)


def test_the_past_is_forgotten_so_that_successes_cost_nothing_again() -> None:
    health = Health()
    health.bad(0.0)
    for _ in range(100):
        health.good(0.0)
    assert health.rate == 0.0


def test_one_trial_follows_an_ejection_and_brings_it_back() -> None:
    health = ejected()
    assert not health.due(EJECT_SECONDS - 0.01)
    assert health.due(EJECT_SECONDS)
    health.trial = True
    assert not health.due(EJECT_SECONDS)
    assert health.good(EJECT_SECONDS + 0.1)
    assert not health.out


def test_a_trial_given_up_says_nothing_and_another_may_follow() -> None:
    health = ejected()
    health.trial = True
    health.cut()
    assert health.due(EJECT_SECONDS)


def test_each_failed_trial_doubles_the_ejection_up_to_a_longest() -> None:
    health = ejected()
    lengths = []
    now = 0.0
    for _ in range(8):
        lengths.append(health.until - now)
        now = health.until
        health.trial = True
        assert health.bad(now)
    assert lengths == [min(EJECT_LONGEST, EJECT_SECONDS * 2**turn) for turn in range(8)]


def test_a_long_healthy_time_makes_ejections_short_again() -> None:
    health = ejected()
    for _ in range(3):
        health.trial = True
        health.bad(health.until)
    health.trial = True
    back = health.until
    health.good(back)
    while not health.bad(back + EJECT_LONGEST + 1):
        pass
    assert health.until - back - EJECT_LONGEST - 1 == EJECT_SECONDS


def test_ejections_do_not_grow_while_all_replicas_are_used() -> None:
    health = ejected()
    for _ in range(20):
        health.bad(health.until, panic=True)
    assert health.until - 20 * EJECT_SECONDS <= 2 * EJECT_SECONDS + 20


def test_what_was_in_flight_when_it_was_ejected_neither_frees_nor_holds_it() -> None:
    health = ejected()
    until = health.until
    assert not health.good(0.1)
    assert not health.bad(0.2)
    assert (health.ejected, health.until) == (True, until)


def test_a_success_in_a_panic_brings_it_back() -> None:
    assert ejected().good(0.1, panic=True)


def test_probes_count_after_some_in_a_row_and_one_good_one_clears_them() -> None:
    health = Health()
    assert [health.probed(good=False) for _ in range(PROBES + 1)] == [False] * (PROBES - 1) + [True, False]
    assert health.out
    assert health.probed(good=True)
    assert not health.out
