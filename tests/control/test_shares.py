"""Bounds on counted shares hold as often as they say, also for few and for none."""

from __future__ import annotations

from math import comb
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.control.shares import Share, grew

Z = 3.0
COUNTS = st.integers(1, 10_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(COUNTS)
def test_the_bounds_of_a_share_are_around_it_and_are_shares(counts: tuple[int, int]) -> None:
    share = Share(*counts)
    lower, upper = share.bounds(Z)
    assert 0 <= lower <= share.value <= upper <= 1
    assert (lower == 0) == (share.count == 0)
    assert (upper == 1) == (share.count == share.of)


@given(COUNTS, st.integers(2, 50))
def test_more_of_the_same_are_surer(counts: tuple[int, int], times: int) -> None:
    count, of = counts
    few, many = Share(count, of).bounds(Z), Share(count * times, of * times).bounds(Z)
    assert few[0] <= many[0] + 1e-9
    assert many[1] <= few[1] + 1e-9


@pytest.mark.parametrize("truth", [0.001, 0.01, 0.05, 0.3, 0.9])
@pytest.mark.parametrize("of", [100, 400])
def test_the_truth_is_beyond_a_bound_about_as_seldom_as_said(truth: float, of: int) -> None:
    said = 1 - NormalDist().cdf(Z)
    chances = [comb(of, count) * truth**count * (1 - truth) ** (of - count) for count in range(of + 1)]
    below = sum(chance for count, chance in enumerate(chances) if truth < Share(count, of).bounds(Z)[0])
    above = sum(chance for count, chance in enumerate(chances) if truth > Share(count, of).bounds(Z)[1])
    assert max(below, above) < 5 * said  # counts are whole numbers, so it cannot be exact


@given(COUNTS, COUNTS, st.floats(0, 0.5), st.floats(0, 0.5))
def test_what_has_grown_by_more_than_a_margin_has_grown_by_more_than_a_smaller_one(
    before: tuple[int, int], since: tuple[int, int], one: float, other: float
) -> None:
    if grew(Share(*before), Share(*since), max(one, other), Z):
        assert grew(Share(*before), Share(*since), min(one, other), Z)


@given(COUNTS, COUNTS)
def test_what_has_not_grown_has_not(before: tuple[int, int], since: tuple[int, int]) -> None:
    old, new = sorted([Share(*before), Share(*since)], key=lambda share: share.value, reverse=True)
    assert not grew(old, new, 0.0, Z)


def test_few_failures_after_hardly_any_are_no_growth_yet() -> None:
    assert not grew(Share(20, 3000), Share(5, 100), 0.0, 4.0)
    assert grew(Share(20, 3000), Share(50, 1000), 0.0, 4.0)
