"""Quantiles of a histogram lie in their bucket, where its sum says, and are Prometheus' where values are spread evenly."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.control.quantiles import Times
from plait.counts import BOUNDS, Histogram


def times(*seconds: float) -> Times:
    histogram = Histogram()
    histogram.take(list(seconds))
    return Times(tuple(accumulate(map(float, histogram.counts))), histogram.total)


SECONDS = st.lists(st.floats(0.0001, 29.9), min_size=1, max_size=50)
SHARES = st.floats(0.01, 0.99)


def test_values_that_are_spread_evenly_have_prometheus_quantiles() -> None:
    spread = times(*(0.05 + 0.05 * (place + 0.5) / 1000 for place in range(1000)))
    assert spread.quantile(0.95) == pytest.approx(0.05 + 0.95 * 0.05, rel=1e-3)
    assert spread.quantile(0.5) == pytest.approx(0.075, rel=1e-3)


@pytest.mark.parametrize("seconds", [0.049, 0.051, 0.026, 0.0099])
def test_values_that_are_all_the_same_are_found_near_where_they_are(seconds: float) -> None:
    assert times(*[seconds] * 100).quantile(0.95) == pytest.approx(seconds, rel=0.25)


@given(SECONDS, SHARES)
def test_a_quantile_is_within_the_bucket_of_the_true_one(seconds: list[float], share: float) -> None:
    found = times(*seconds).quantile(share)
    rank = share * len(seconds)
    true = next(each for place, each in enumerate(sorted(seconds), 1) if place >= rank)
    upper = min(bound for bound in BOUNDS if bound >= true)
    lower = max((bound for bound in BOUNDS if bound < true), default=0.0)
    assert lower <= found <= upper


@given(SECONDS, SHARES, SHARES)
def test_quantiles_rise_with_the_share(seconds: list[float], one: float, other: float) -> None:
    found = times(*seconds)
    assert found.quantile(min(one, other)) <= found.quantile(max(one, other))


@given(SECONDS, SHARES)
def test_as_many_take_longer_than_a_quantile_as_it_says(seconds: list[float], share: float) -> None:
    found = times(*seconds)
    at = found.quantile(share)
    if at not in BOUNDS and at > 0:  # many take exactly as long as a bound there
        assert found.longer(at) == pytest.approx((1 - share) * len(seconds), abs=1e-3 * len(seconds) + 1e-6)


@given(SECONDS, st.sampled_from(BOUNDS))
def test_what_takes_longer_than_a_bound_is_counted_exactly(seconds: list[float], bound: float) -> None:
    assert times(*seconds).longer(bound) == pytest.approx(sum(each > bound for each in seconds))


def test_what_takes_longer_than_the_last_bound_is_said_to_take_that() -> None:
    assert times(40.0, 50.0).quantile(0.5) == BOUNDS[-1]
    assert times(40.0, 1.0).longer(35.0) == 1.0
