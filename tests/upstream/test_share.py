"""What jobs may have of a predictor's permits, and how it is found out how many calls cost nobody anything."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest

from plait.upstream.crowd import FEW, FORGET, Crowd
from plait.upstream.limit import Limit
from plait.upstream.share import FIRST, HALF, STEP, Share


def learnt(times: dict[int, float], spread: float = 0.0, calls: int = 2000) -> Crowd:
    """After so many calls of each level, in random order."""
    crowd, chance = Crowd(), random.Random(1)
    for _ in range(calls):
        level = chance.choice(list(times))
        crowd.saw(level, times[level] * (chance.expovariate(1.0) if spread else 1.0))
    return crowd


@pytest.mark.parametrize(
    ("times", "alone"),
    [
        ({1: 0.01, 2: 0.01, 3: 0.01}, math.inf),
        ({1: 0.01, 2: 0.0109, 3: 0.0109}, math.inf),
        ({1: 0.01, 2: 0.02}, 1),
        ({1: 0.01, 2: 0.01, 3: 0.012, 4: 0.015}, 2),
        ({3: 0.02, 4: 0.02, 7: 0.04}, 6),
        ({1: 0.01, 2: 0.005, 3: 0.005}, math.inf),
    ],
)
def test_it_is_the_last_number_of_calls_at_which_none_takes_a_tenth_longer(times: dict[int, float], alone: float) -> None:
    assert learnt(times).alone == alone


def test_times_that_vary_for_other_reasons_say_nothing() -> None:
    assert learnt(dict.fromkeys(range(1, 9), 0.01), spread=1.0).alone == math.inf
    assert learnt({1: 0.01, 2: 0.01, 3: 0.02}, spread=1.0).alone == 2


def test_a_few_calls_say_nothing_yet() -> None:
    crowd = Crowd()
    for _ in range(FEW):
        crowd.saw(1, 0.01)
    for _ in range(FEW - 1):
        crowd.saw(2, 0.03)
    assert crowd.alone == math.inf
    crowd.saw(2, 0.03)
    assert crowd.alone == 1


def test_after_many_calls_it_is_tried_again_whether_more_are_possible() -> None:
    crowd = learnt({1: 0.01, 2: 0.02})
    for _ in range(FORGET + FEW):
        assert crowd.alone == 1
        crowd.saw(1, 0.01)
        if crowd.alone == math.inf:
            break
    assert crowd.alone == math.inf


def test_a_predictor_that_has_become_slower_keeps_its_calls_once_that_is_seen_where_it_is_not_crowded() -> None:
    crowd = learnt({1: 0.01, 2: 0.01})
    for _ in range(2000):
        for level in (1, 2):
            crowd.saw(level, 0.05)
    assert crowd.alone == math.inf


def share(most: int = 16) -> tuple[Share, Limit]:
    limit = Limit(0.0, most, fixed=True)
    return Share(limit, Limit(0.0, most, fixed=True), 0.0), limit


def test_where_it_is_not_known_whether_others_come_one_job_goes_ahead() -> None:
    jobs, _ = share()
    assert [jobs.take(0.0), jobs.take(0.5), jobs.take(1.0)] == [True, False, True]
    assert jobs.room(100.0) == 1  # it was not looked for long


def test_beside_others_one_more_is_tried_at_a_time() -> None:
    jobs, limit = share()
    limit.take()
    now, taken = 0.0, []
    for call in range(1, 200):
        now += 0.01 if call <= FIRST else STEP / 8
        limit.take()
        jobs.beside(now).ended(now, 0.01)
        if jobs.take(now):
            taken.append(call)
    assert taken[0] == FIRST
    assert all(later - before >= FEW for before, later in pairwise(taken))
    assert len(taken) == 13  # 16 but two at once, and one


def test_what_others_have_needed_is_theirs_for_some_seconds() -> None:
    jobs, limit = share(4)
    jobs.watch(0.0)
    for _ in range(4):
        limit.take()
    jobs.watch(2.0)
    for _ in range(4):
        limit.cut()
    moments = [2.0 + 0.5 * step for step in range(40)]
    rooms = [jobs.room(now) for now in moments]
    assert set(rooms) == {0, 4}
    assert HALF < moments[rooms.index(4)] - 2.0 <= 2 * HALF


@pytest.mark.parametrize("how", ["ended", "late", "dropped", "cut"])
def test_whatever_becomes_of_a_job_its_permit_comes_back_and_the_limit_learns_nothing(how: str) -> None:
    limit, own = Limit(0.0), Limit(0.0)
    jobs = Share(limit, own, 0.0)
    for _ in range(1000):
        assert jobs.take(5.0)
        getattr(jobs, how)(*((5.0, 9.0) if how in ("ended", "late") else ()))
    assert (limit.in_flight, own.in_flight) == (0, 0)
    assert (limit.limit, limit.usual, limit.took) == (16, 16, 0.01)
    assert own.limit == {"ended": 16, "late": 1, "dropped": 1, "cut": 16}[how]
