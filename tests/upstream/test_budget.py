"""What calls may cost beyond their first attempts: the larger of 10 and a tenth of those of the last 10 s."""

from __future__ import annotations

import random

import pytest

from plait.upstream.budget import Budget


@pytest.mark.parametrize(("calls", "paid"), [(0, 10), (5, 10), (100, 10), (109, 10), (110, 11), (1000, 100)])
def test_it_pays_the_larger_of_ten_and_a_tenth(calls: int, paid: int) -> None:
    budget = Budget(0.0)
    for _ in range(calls):
        budget.call(0.5)
    assert sum(budget.take(0.6) for _ in range(2000)) == paid


def test_what_was_spent_comes_back_after_ten_seconds_and_not_before() -> None:
    budget = Budget(0.0)
    assert all(budget.take(0.5) for _ in range(10))
    assert not budget.take(9.4)
    assert sum(budget.take(10.1) for _ in range(20)) == 10


@pytest.mark.parametrize("pause", [10.0, 10.5, 11.0, 1e6])
def test_a_long_silence_empties_it_of_calls_and_of_spending(pause: float) -> None:
    budget = Budget(0.0)
    for _ in range(1000):
        budget.call(0.1)
    assert sum(budget.take(0.1) for _ in range(200)) == 100
    assert sum(budget.take(pause + 0.2) for _ in range(200)) == 10


@pytest.mark.parametrize("seed", range(5))
def test_no_nine_seconds_ever_hold_more_than_it_says(seed: int) -> None:
    chance = random.Random(seed)
    budget = Budget(0.0)
    calls: list[float] = []
    paid: list[float] = []
    now = 0.0
    while now < 60:
        now += chance.expovariate(chance.choice([2, 50, 300]))
        budget.call(now)
        calls.append(now)
        if budget.take(now):
            paid.append(now)
            recent = sum(moment > now - 9 for moment in paid)
            assert recent <= max(10, 0.1 * sum(moment > now - 10.0 for moment in calls))
