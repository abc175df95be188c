"""The policies together, on simulated time: the figures that plait promises of them."""

from __future__ import annotations

import random

import pytest

from plait.upstream.defaults import EJECT_STREAK
from plait.upstream.limit import Limit
from plait.upstream.retry import Reason
from tests.upstream.simulation import NO_RETRY, Behaviour, Done, Predictor, Seen, Server, World, failing, steady


class Proxy:
    """A predictor that is another plait."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    def ask(self, done: Done) -> None:
        self.predictor.call(done)


def one_of_five(behave: Behaviour, rate: float, seconds: float, seed: int) -> tuple[Predictor, list[Server]]:
    """Five replicas of 50 ms, of which the first behaves differently."""
    world = World(seed)
    servers = [Server(world, behave), *(Server(world, steady(0.05)) for _ in range(4))]
    predictor = Predictor(world, servers)
    world.arrive(rate, seconds, predictor.call)
    world.run()
    return predictor, servers


def share(servers: list[Server], since: float) -> float:
    counts = [sum(moment >= since for moment in server.at) for server in servers]
    return counts[0] / sum(counts)


def breaking(at: float, seconds: float, reason: Reason | None) -> Behaviour:
    """Good for a while, then slow or failing."""

    def behave(now: float, chance: random.Random) -> tuple[float, Reason | None]:
        return (0.05 * chance.uniform(0.8, 1.2), None) if now < at else (seconds, reason)

    return behave


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("reason", ["connect", 503])
def test_with_all_replicas_failing_retries_add_a_tenth(reason: Reason, seed: int) -> None:
    world = World(seed)
    servers = [Server(world, failing(0.01, reason)) for _ in range(5)]
    predictor = Predictor(world, servers)
    world.arrive(200, 15, predictor.call)
    world.run()
    assert sum(server.asked for server in servers) <= 1.10 * predictor.seen.outcomes.total()


def test_through_a_chain_of_five_retries_add_a_tenth_too() -> None:
    world = World(1)
    servers = [Server(world, failing(0.005)) for _ in range(3)]
    predictor = Predictor(world, servers)
    for _ in range(4):
        predictor = Predictor(world, [Proxy(predictor)])
    world.arrive(200, 10, predictor.call)
    world.run()
    assert sum(server.asked for server in servers) <= 1.10 * predictor.seen.outcomes.total()


@pytest.mark.parametrize("rate", [50, 200])
@pytest.mark.parametrize("seconds", [0.0002, 0.05, 0.2])
def test_a_replica_that_begins_to_fail_is_avoided_after_five_bad_attempts(seconds: float, rate: float) -> None:
    predictor, servers = one_of_five(breaking(3.0, seconds, 503), rate, 10.0, seed=1)
    seen = predictor.seen.outcomes
    assert seen["ok"] >= 0.999 * seen.total()
    assert EJECT_STREAK <= 5
    assert sum(3.0 <= moment < 6.0 for moment in servers[0].at) <= 5 + 2  # those before it is out, and two trials


@pytest.mark.parametrize("seed", [1, 2])
def test_a_replica_that_fails_fast_attracts_nothing(seed: int) -> None:
    assert share(one_of_five(failing(0.0002), 200, 10.0, seed)[1], 0.0) <= 0.05
    assert share(one_of_five(failing(0.0002), 1000, 4.0, seed)[1], 0.0) <= 0.05


@pytest.mark.parametrize("rate", [50, 800])
def test_a_replica_ten_times_slower_has_next_to_no_share_after_five_seconds(rate: float) -> None:
    assert share(one_of_five(breaking(2.0, 0.5, None), rate, 12.0, seed=1)[1], 7.0) <= 0.03


def outage(seed: int, *, limited: bool) -> tuple[float, float]:
    """30 s in which nothing can be reached: successes from 2 s after it, and attempts per call while it lasts."""

    def behave(now: float, chance: random.Random) -> tuple[float, Reason | None]:
        return (0.001, "connect") if 5 <= now < 35 else (0.05 * chance.uniform(0.8, 1.2), None)

    world = World(seed)
    servers = [Server(world, behave, 16) for _ in range(5)]
    predictor = Predictor(world, servers, limit=Limit(0.0) if limited else None)
    world.arrive(200, 40, predictor.call)
    world.run()
    calls = sum(5 <= ended - seconds < 35 for ended, seconds, _ in predictor.seen.ended)
    attempts = sum(sum(5 <= moment < 35 for moment in server.at) for server in servers)
    return predictor.seen.good_after(37.0), attempts / calls


@pytest.mark.parametrize("limited", [True, False])
def test_after_a_total_outage_calls_succeed_within_two_seconds(limited: bool) -> None:  # noqa: FBT001 - a parameter
    good, attempts = outage(1, limited=limited)
    assert good >= 0.99
    assert attempts <= 1.11  # what was saved up before it, of 10 s without a retry, is spent in it


def hedged(seed: int, *, hedge: bool, slow_from: float = 1e9) -> Seen:
    """One call in a hundred stalls for a second; from a moment on all are slow."""

    def behave(now: float, chance: random.Random) -> tuple[float, Reason | None]:
        if now > slow_from:
            return 0.5 * chance.uniform(0.8, 1.2), None
        return (1.0, None) if chance.random() < 0.01 else (0.02 * chance.lognormvariate(0, 0.4), None)

    world = World(seed)
    predictor = Predictor(world, [Server(world, behave) for _ in range(3)], timeout=2.0, retry=NO_RETRY, hedge=hedge)
    world.arrive(200, 30, predictor.call)
    world.run()
    return predictor.seen


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hedges_cut_the_tail_for_two_calls_more_in_a_hundred(seed: int) -> None:
    seen = hedged(seed, hedge=True)
    assert seen.quantile(0.999) <= 0.15 * hedged(seed, hedge=False).quantile(0.999)
    assert seen.attempts["hedge"] <= 0.02 * seen.outcomes.total()


def test_hedges_stay_two_in_a_hundred_when_all_are_slow() -> None:
    seen = hedged(1, hedge=True, slow_from=10.0)
    assert seen.attempts["hedge"] <= 0.02 * seen.outcomes.total()


def overloaded(
    slots: int, behave: Behaviour, *, seconds: float = 20.0, refuses: bool = False
) -> tuple[Predictor, list[int], float]:
    """Five times as many calls of 50 ms as it can take: what it did, its limits after 5 s, and the share of the possible it did."""
    world = World(1)
    predictor = Predictor(world, [Server(world, behave, slots, refuses=refuses)], limit=Limit(0.0), retry=NO_RETRY)
    capacity = slots / 0.05
    limits: list[int] = []

    def look() -> None:
        limits.append(predictor.limit.limit)
        if world.now < seconds:
            world.after(0.1, look)

    world.after(5.0, look)
    world.arrive(5 * capacity, seconds, predictor.call)
    world.run()
    good = sum(outcome == "ok" and ended < seconds for ended, _, outcome in predictor.seen.ended)
    return predictor, sorted(limits), good / (capacity * seconds)


@pytest.mark.parametrize("refuses", [False, True])
@pytest.mark.parametrize("kind", ["even", "exponential"])
def test_overload_leaves_nine_tenths_of_the_work_done_and_refuses_the_rest_at_once(kind: str, refuses: bool) -> None:  # noqa: FBT001 - a parameter
    behave: Behaviour = steady(0.05) if kind == "even" else lambda _now, chance: (chance.expovariate(20.0), None)
    predictor, limits, goodput = overloaded(8, behave, refuses=refuses)
    assert goodput >= 0.9
    assert 7 <= limits[len(limits) // 2] <= 64
    assert predictor.seen.late == 0
    assert predictor.seen.slowest_refusal < 0.01


@pytest.mark.parametrize("slots", [1, 2, 4])
def test_small_true_limits_are_found_from_sixteen(slots: int) -> None:
    _, limits, goodput = overloaded(slots, steady(0.05), seconds=30.0)
    assert slots <= limits[len(limits) // 2] <= 3 * slots
    assert goodput >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_hedges_hold_over_many_seeds(seed: int) -> None:
    test_hedges_cut_the_tail_for_two_calls_more_in_a_hundred(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_a_fast_failure_attracts_nothing_over_many_seeds(seed: int) -> None:
    test_a_replica_that_fails_fast_attracts_nothing(seed)
