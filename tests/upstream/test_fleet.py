"""Which replica gets a call: by load, by turn, without those that are out, and slowly for those that come."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from plait.upstream.balance import Replica, Rule, least_loaded, p2c, round_robin
from plait.upstream.budget import Budget
from plait.upstream.defaults import EJECT_SECONDS, PROBES, SLOW_START
from plait.upstream.fleet import Fleet

RULES: dict[str, Rule[str]] = {"p2c": p2c, "least_loaded": least_loaded, "round_robin": round_robin()}


def fleet_of(names: str, rule: Rule[str] = p2c, budget: Budget | None = None) -> Fleet[str]:
    fleet: Fleet[str] = Fleet(rule, random.Random(1).random, budget or Budget(0.0))
    for name in names:
        fleet.add(name, 0.0)
    return fleet


def picks(fleet: Fleet[str], calls: int, now: float = 0.0) -> Counter[str]:
    """How often each gets a call that is answered at once."""
    seen: Counter[str] = Counter()
    for _ in range(calls):
        replica = fleet.pick(now)
        assert replica is not None
        fleet.good(replica, now, 0.01)
        seen[replica.endpoint] += 1
    return seen


def eject(fleet: Fleet[str], replica: Replica[str], now: float = 0.0) -> None:
    while not replica.health.ejected:
        replica.in_flight += 1
        fleet.bad(replica, now, 0.01)


@pytest.mark.parametrize("rule", RULES)
def test_equal_replicas_get_equal_shares(rule: str) -> None:
    assert all(900 < count < 1100 for count in picks(fleet_of("abcde", RULES[rule]), 5000).values())


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("names", ["", "a"])
def test_none_gives_none_and_one_gets_all(rule: str, names: str) -> None:
    picked = fleet_of(names, RULES[rule]).pick(0.0)
    assert (picked.endpoint if picked else "") == names


@pytest.mark.parametrize("rule", ["p2c", "least_loaded"])
def test_calls_in_flight_turn_others_away(rule: str) -> None:
    fleet = fleet_of("ab", RULES[rule])
    fleet.replicas[0].in_flight = 5
    assert [picked.endpoint for picked in (fleet.pick(0.0) for _ in range(5)) if picked] == ["b"] * 5


def test_two_choices_look_at_latency_too() -> None:
    fleet = fleet_of("ab")
    fleet.replicas[0].latency.saw(0.0, 0.5)
    assert picks(fleet, 100) == {"b": 100}


@pytest.mark.parametrize("rule", RULES)
def test_each_attempt_goes_to_another_replica_while_there_is_one(rule: str) -> None:
    fleet = fleet_of("abc", RULES[rule])
    tried: list[Replica[str]] = []
    for _ in range(3):
        replica = fleet.pick(0.0, tried)
        assert replica is not None
        tried.append(replica)
    assert sorted(replica.endpoint for replica in tried) == ["a", "b", "c"]
    assert fleet.pick(0.0, tried) in tried


def test_an_ejected_replica_gets_one_trial_and_then_starts_slowly() -> None:
    fleet = fleet_of("abcde")
    replica = fleet.replicas[0]
    eject(fleet, replica)
    assert "a" not in picks(fleet, 1000)
    trial = fleet.pick(EJECT_SECONDS)
    assert trial is replica
    assert all(fleet.pick(EJECT_SECONDS) is not replica for _ in range(50))
    fleet.good(replica, EJECT_SECONDS, 0.01)
    assert replica.handicap == 10.0
    replica.warm(EJECT_SECONDS + SLOW_START / 2)
    assert replica.handicap == 2.0
    assert not replica.warm(EJECT_SECONDS + SLOW_START)


def test_the_budget_pays_for_trials() -> None:
    budget = Budget(0.0)
    fleet = fleet_of("abcde", budget=budget)
    eject(fleet, fleet.replicas[0])
    while budget.take(EJECT_SECONDS):
        pass
    assert "a" not in picks(fleet, 100, EJECT_SECONDS)


@pytest.mark.parametrize(("out", "panic"), [(1, False), (2, False), (3, True), (5, True)])
def test_all_are_used_where_more_than_half_would_be_out(out: int, panic: bool) -> None:  # noqa: FBT001 - a column of the table
    fleet = fleet_of("abcde", least_loaded)
    for replica in fleet.replicas[:out]:
        eject(fleet, replica)
    assert fleet.panic is panic
    assert {picked.endpoint for picked in (fleet.pick(0.0) for _ in range(40)) if picked} == set("abcde"[0 if panic else out :])


def test_probes_take_out_some_and_never_all() -> None:
    fleet = fleet_of("abcd")
    for number, replica in enumerate(fleet.replicas):
        for _ in range(PROBES):
            fleet.probed(replica, 0.0, good=False)
        assert fleet.panic is (number > 1)
    assert set(picks(fleet, 1000)) == set("abcd")
    for replica in fleet.replicas[:3]:
        fleet.probed(replica, 0.0, good=True)
    assert set(picks(fleet, 1000)) == set("abc")


def test_one_that_is_removed_gets_no_more_calls_and_one_that_comes_gets_few_at_first() -> None:
    fleet = fleet_of("abcd", round_robin())
    picks(fleet, 100)
    fleet.remove(fleet.replicas[0], 1.0)
    fleet.add("new", 1.0)
    seen = picks(fleet, 4000, 1.0)
    assert "a" not in seen
    assert 50 < seen["new"] < 200
    fleet.changed(1.0 + SLOW_START)
    assert picks(fleet, 4000, 1.0 + SLOW_START)["new"] == 1000


def test_a_call_given_up_is_no_longer_in_flight_and_no_failure() -> None:
    fleet = fleet_of("a")
    replica = fleet.pick(0.0)
    assert replica is not None
    fleet.cut(replica, 0.5, 0.5)
    assert (replica.in_flight, replica.health.rate, replica.latency.seconds) == (0, 0.0, 0.5)
