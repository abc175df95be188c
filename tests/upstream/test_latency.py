"""How long calls take: peaks at once, their forgetting with time, and quantiles of the last seconds."""

from __future__ import annotations

import random

import pytest

from plait.upstream.defaults import LATENCY_DECAY
from plait.upstream.latency import BUCKETS, STEP, Latency, Quantiles


def test_the_first_time_replaces_what_was_guessed() -> None:
    latency = Latency(0.0, 0.5)
    latency.saw(0.0, 0.02)
    assert latency.seconds == 0.02


def test_a_peak_counts_at_once_and_is_forgotten_with_time() -> None:
    latency = Latency(0.0)
    latency.saw(0.0, 0.01)
    latency.saw(1.0, 1.0)
    assert latency.seconds == 1.0
    for step in range(1, 4001):
        latency.saw(1.0 + step * 0.01, 0.01)
    assert latency.seconds == pytest.approx(0.01 + 0.99 * 2.718281828 ** (-40 / LATENCY_DECAY), rel=0.05)


def test_a_failure_is_slow_however_fast_it_came() -> None:
    latency = Latency(0.0, failure=0.3)
    latency.failed(0.0, 0.0002)
    assert latency.seconds == 0.3
    latency.failed(0.0, 2.0)
    assert latency.seconds == 2.0


def test_a_call_given_up_can_only_make_it_slower() -> None:
    latency = Latency(0.0)
    latency.saw(0.0, 0.1)
    latency.cut(5.0, 0.05)
    assert latency.seconds == 0.1
    latency.cut(5.0, 0.2)
    assert latency.seconds == 0.2


def test_who_is_not_asked_is_forgiven_with_time() -> None:
    latency = Latency(0.0)
    latency.failed(0.0, 0.0)
    latency.idle(0.5)
    assert latency.seconds == 1.0
    for moment in range(1, 41):
        latency.idle(moment * 1.01)
    assert latency.seconds == pytest.approx(2.718281828 ** (-40.4 / LATENCY_DECAY), rel=0.01)


@pytest.mark.parametrize("share", [0.5, 0.95, 0.98])
def test_a_quantile_is_right_to_one_bucket(share: float) -> None:
    chance = random.Random(3)
    times = sorted(chance.lognormvariate(-3, 0.7) for _ in range(5000))
    quantiles = Quantiles(0.0)
    for seconds in times:
        quantiles.saw(1.0, seconds)
    total, (found,) = quantiles.at(1.0, share)
    exact = times[int(len(times) * share)]
    assert total == 5000
    assert exact / STEP <= found * 1.0001
    assert found <= exact * STEP


def test_quantiles_forget_what_is_older_than_two_windows() -> None:
    quantiles = Quantiles(0.0, window=10.0)
    quantiles.saw(1.0, 5.0)
    quantiles.saw(11.0, 0.1)
    assert quantiles.at(11.0, 0.5)[0] == 2
    assert quantiles.at(21.0, 0.5)[0] == 1
    assert quantiles.at(99.0, 0.5)[0] == 0


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 1e-4, 99.0, 1e6])
def test_any_time_has_a_bucket_and_memory_stays_constant(seconds: float) -> None:
    quantiles = Quantiles(0.0)
    quantiles.saw(0.0, seconds)
    assert quantiles.at(0.0, 0.5)[0] == 1
    assert len(quantiles._counts) == BUCKETS
