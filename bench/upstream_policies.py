"""What the policies of an upstream cost: nanoseconds per call of each, and of all together per request of three calls.

    PYTHONPATH=src python bench/upstream_policies.py [--repeat 7]

Nothing is started and nothing is asked over the network. The best of the repeats is printed, as `timeit` advises, in CPU time.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from functools import partial

from plait.upstream.balance import Rule, least_loaded, p2c, round_robin
from plait.upstream.budget import Budget
from plait.upstream.fleet import Fleet
from plait.upstream.hedge import Hedge
from plait.upstream.latency import Latency
from plait.upstream.limit import Limit
from plait.upstream.line import Line
from plait.upstream.retry import REPEATABLE, Retry

CALLS = 100_000
GOAL = 3000.0
"""Nanoseconds that a request of three calls may pay for all of them."""


def fleet_of(count: int, rule: Rule[int], budget: Budget) -> Fleet[int]:
    fleet = Fleet(rule, random.Random(1).random, budget)
    for number in range(count):
        fleet.add(number, 0.0)
    return fleet


def picked(count: int, rule: Rule[int]) -> Callable[[float], None]:
    """A pick and its good end."""
    fleet = fleet_of(count, rule, Budget(0.0))
    pick, good = fleet.pick, fleet.good

    def one(now: float) -> None:
        good(pick(now), now, 0.01)  # type: ignore[arg-type]

    return one


def permitted() -> Callable[[float], None]:
    limit = Limit(0.0)
    take, ended = limit.take, limit.ended

    def one(now: float) -> None:
        take()
        ended(now, 0.01)

    return one


def refused() -> Callable[[float], None]:
    limit, line = Limit(0.0, 1, fixed=True), Line[int]()
    limit.take()

    def one(_now: float) -> None:
        if not limit.take():
            line.enter(1, 0.001, 1.0, 0.01, 1)

    return one


def together(count: int, *, hedged: bool = False) -> Callable[[float], None]:
    """A call as an upstream makes it: budget, permit, pick, good end."""
    budget, limit, hedge = Budget(0.0), Limit(0.0), Hedge(0.0)
    fleet = fleet_of(count, p2c, budget)

    def one(now: float) -> None:
        budget.call(now)
        if limit.take():
            replica = fleet.pick(now)
            fleet.good(replica, now, 0.01)  # type: ignore[arg-type]
            limit.ended(now, 0.01)

    def one_hedged(now: float) -> None:
        hedge.delay(now)
        one(now)
        hedge.saw(now, 0.01)

    return one_hedged if hedged else one


def nothing(_now: float) -> None:
    """What calling costs by itself."""


def discard(_value: object) -> None:
    """What an answer needs that nobody reads."""


def nanoseconds(call: Callable[[float], None], repeat: int) -> float:
    """The best time of one call; moments are 0.1 ms apart."""
    best = float("inf")
    moments = [number * 1e-4 for number in range(CALLS)]
    for turn in range(repeat):
        shift = turn * CALLS * 1e-4
        shifted = [moment + shift for moment in moments]
        began = time.process_time()
        for moment in shifted:
            call(moment)
        best = min(best, time.process_time() - began)
    return best / CALLS * 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=7)
    repeat = parser.parse_args().repeat
    budget, retry, draw = Budget(0.0), Retry(on=REPEATABLE), random.Random(1).random
    spent = Budget(0.0)
    cases: dict[str, Callable[[float], None]] = {
        "latency: saw": partial(lambda latency, now: latency.saw(now, 0.01), Latency(0.0)),
        "pick and good, 1 replica": picked(1, p2c),
        "pick and good, 5, p2c": picked(5, p2c),
        "pick and good, 5, least_loaded": picked(5, least_loaded),
        "pick and good, 5, round_robin": picked(5, round_robin()),
        "budget: call": budget.call,
        "budget: take (mostly refused)": lambda now: discard(spent.take(now)),
        "limit: take and ended": permitted(),
        "limit and line: refused": refused(),
        "retry: allows and wait": lambda _now: discard(retry.allows(503, 1) and retry.wait(1, 1.0, draw)),
    }
    wholes = {"1 replica": together(1), "5 replicas": together(5), "5 replicas, hedged": together(5, hedged=True)}
    empty = nanoseconds(nothing, repeat)
    for name, case in cases.items():
        print(f"{name:34} {nanoseconds(case, repeat) - empty:6.0f} ns")
    print(f"\nall together, per request of three calls (goal {GOAL:.0f} ns)")
    for name, case in wholes.items():
        print(f"{name:34} {3 * (nanoseconds(case, repeat) - empty):6.0f} ns")


if __name__ == "__main__":
    main()
