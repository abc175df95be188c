"""Predictors of many kinds under many loads: how much of what a limit that knows the truth does, the one that learns does."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from plait.upstream.limit import Limit
from tests.upstream.simulation import NO_RETRY, Batcher, Behaviour, Predictor, Server, World

Times = Callable[[random.Random], float]
TIMES: dict[str, Times] = {
    "constant": lambda _chance: 1.0,
    "even": lambda chance: chance.uniform(0.8, 1.2),
    "exponential": lambda chance: chance.expovariate(1.0),
    "lognormal": lambda chance: chance.lognormvariate(-0.5, 1.0),
    "bimodal": lambda chance: (50 if chance.random() < 0.1 else 5) / 9.5,
}
"""How long calls take, as a multiple of their mean."""
SETTLED = 3.0
"""Seconds after which a predictor's limit should be known."""


@dataclass(frozen=True)
class Load:
    """One predictor and what is asked of it.

    Args:
        slots: Calls that it works on at once.
        mean: Seconds that one takes.
        times: A name in `TIMES`.
        load: What is offered, as a multiple of what it can do.
        server: `queues`, `refuses` or `batches`.
        workers: How many processes call it, with limits that do not know each other.
        change: By what its times are multiplied in the middle.
        seconds: How long it goes on.
        least: The share, of what a limit that knows the truth does, that must be done in every run.
    """

    slots: int
    mean: float
    times: str = "exponential"
    load: float = 5.0
    server: str = "queues"
    workers: int = 1
    change: float = 1.0
    seconds: float = 20.0
    least: float = 0.9

    def __str__(self) -> str:
        parts = [f"{self.slots} x {self.mean * 1000:g} ms {self.times}, load {self.load:g}"]
        if self.server != "queues":
            parts.append(self.server)
        if self.workers > 1:
            parts.append(f"{self.workers} workers")
        if self.change != 1.0:
            parts.append(f"then times {self.change:g}")
        return ", ".join(parts)


LOADS = [
    *(Load(8, 0.05, times) for times in TIMES),
    *(Load(8, 0.05, times, load=1.5) for times in TIMES),
    *(Load(8, 0.05, times, load=0.5, least=0.99 if times in {"constant", "even"} else 0.95) for times in TIMES),
    Load(8, 0.05, "even", load=0.9, least=0.95),
    Load(8, 0.05, load=0.9, least=0.9),
    Load(8, 0.05, "bimodal", load=0.9, least=0.85),
    *(Load(1, 0.01, times) for times in TIMES),
    *(Load(1, 0.05, times, least=least) for times, least in (("even", 0.9), ("exponential", 0.85), ("bimodal", 0.8))),
    *(Load(1, 0.1, times, least=least) for times, least in (("even", 0.9), ("exponential", 0.7), ("bimodal", 0.7))),
    Load(1, 0.02, load=0.9, least=0.9),
    Load(1, 0.02, load=1.5),
    Load(2, 0.05, least=0.85),
    Load(4, 0.02, "lognormal"),
    Load(4, 0.002, "bimodal", seconds=10.0),
    Load(32, 0.02, seconds=10.0),
    Load(32, 0.05, "lognormal", load=1.5),
    Load(32, 0.05, load=0.9, least=0.97),
    Load(200, 0.1, "even", seconds=10.0),
    Load(200, 0.1, load=0.9, seconds=10.0, least=0.95),
    *(Load(8, 0.05, times, server="refuses") for times in ("even", "exponential")),
    Load(8, 0.05, server="refuses", load=0.9, least=0.85),
    Load(32, 0.02, server="refuses", load=1.5, seconds=10.0),
    *(Load(8, 0.02, "constant", load=load, server="batches", seconds=10.0) for load in (0.5, 0.9, 1.5, 5.0)),
    *(Load(8, 0.05, times, workers=workers, least=0.85) for workers in (2, 4) for times in ("even", "exponential")),
    Load(32, 0.02, workers=4, load=2.0, seconds=10.0),
    *(Load(8, 0.02, times, change=4.0) for times in ("even", "exponential")),
    Load(8, 0.08, change=0.25),
    Load(8, 0.02, "even", load=0.5, change=4.0),
]


@dataclass
class Outcome:
    """What came of one run: answers in time while it should be settled, their 99th percentile, and the limits seen."""

    good: int = 0
    p99: float = 0.0
    late: int = 0
    limits: list[int] = field(default_factory=list)

    @property
    def limit(self) -> int:
        """That in the middle of the second half."""
        return sorted(self.limits[len(self.limits) // 2 :])[len(self.limits) // 4]


def behaviour(load: Load) -> Behaviour:
    """How its server behaves."""
    times = TIMES[load.times]

    def behave(now: float, chance: random.Random) -> tuple[float, None]:
        return load.mean * times(chance) * (load.change if now > load.seconds / 2 else 1.0), None

    return behave


def run(load: Load, seed: int, *, known: bool = False) -> Outcome:
    """Simulate it; with `known`, the limit is the true one."""
    world = World(seed)
    slots = 2 * load.slots if load.server == "batches" else load.slots  # one batch is worked on, one waits
    server = (
        Batcher(world, behaviour(load), load.slots)
        if load.server == "batches"
        else Server(world, behaviour(load), load.slots, refuses=load.server == "refuses")
    )
    share = max(1, slots // load.workers)
    limits = [Limit(0.0, share, fixed=True) if known else Limit(0.0) for _ in range(load.workers)]
    predictors = [Predictor(world, [server], limit=limit, retry=NO_RETRY) for limit in limits]
    outcome = Outcome()

    def call() -> None:
        predictor = predictors[0] if load.workers == 1 else world.random.choice(predictors)
        predictor.call()

    def look() -> None:
        outcome.limits.append(sum(limit.limit for limit in limits))
        if world.now < load.seconds:
            world.after(0.05, look)

    look()
    world.arrive(load.load * load.slots / load.mean, load.seconds, call)
    world.run()
    ended = [one for predictor in predictors for one in predictor.seen.ended]
    times = sorted(seconds for _, seconds, kind in ended if kind == "ok")
    outcome.good = sum(kind == "ok" and SETTLED < moment < load.seconds for moment, _, kind in ended)
    outcome.p99 = times[len(times) * 99 // 100]
    outcome.late = sum(predictor.seen.late for predictor in predictors)
    return outcome
