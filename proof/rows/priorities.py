"""Jobs come after everybody else: what plain requests wait for beside a backlog of jobs at the same predictor."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import median
from time import perf_counter

from proof.client import Clients, post
from proof.load import at_rate, sampled
from proof.row import Figures, Goal, Row, Run, quantile
from proof.rows.overload import Limited
from proof.serving import serving
from proof.witness import Notes
from trouble import Trouble

LIMIT = 16
WORK = 0.1
CAPACITY = LIMIT / WORK
RATE = CAPACITY / 4
SUBMITTED = 150.0
"""Jobs in a second, while the backlog is made: more than end meanwhile."""
END = 60.0
"""Seconds until a backlog has ended that nothing holds up any more."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How often, and for how many seconds each: a backlog is made, plain requests are measured beside it, and without it."""

    rounds: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """Plain requests for a while; those of its second half count.

    Args:
        making: How long those of the first half took.
        seconds: How long those took that count.
        failed: Requests without a good answer.
        ended: Jobs that ended in a second of the second half.
        left: Jobs that were left at its end.
    """

    making: Sequence[float]
    seconds: Sequence[float]
    failed: int
    ended: float
    left: int


async def measure(scale: Scale, run: Run) -> Figures:
    """The same load in turn, without jobs and with a backlog that is made in its first half and outlasts the second."""
    alone: list[Load] = []
    beside: list[Load] = []
    async with Limited(LIMIT, WORK) as model:
        config = {
            "predictors": {"model": {"url": model.url, "timeout": "5s", "limit": {"in_flight": LIMIT}}},
            "graphs": {"predict": "model"},
            "jobs": {},
        }
        async with serving(config, run.folder) as served, Clients(served.url) as clients:
            notes = Notes(run.folder / ".plait" / "jobs.db")
            await _submit(clients)  # the first makes the store
            for number in range(scale.rounds):
                for loads, rate in ((alone, 0.0), (beside, SUBMITTED)):
                    await notes.ended(END)
                    loads.append(await _load(clients, notes, scale.seconds, rate, run.random((number, rate))))
                run.progress((number + 1) / scale.rounds)
            stuck = await notes.ended(END)
    return _figures(alone, beside) | {"jobs that did not end": stuck}


async def _load(clients: Clients, notes: Notes, seconds: float, rate: float, draws: Random) -> Load:
    """So many seconds while jobs are submitted at a rate, and as many that count."""
    began, draw = perf_counter(), draws.random()
    async with asyncio.TaskGroup() as group:
        plain = group.create_task(sampled(clients, RATE, 2 * seconds, draws, post(body=b'{"n":1}')))
        if rate:
            await at_rate(rate, seconds, lambda _: _submit(clients), Random(draw))
        await asyncio.sleep(began + seconds - perf_counter())
        before, since = notes.unfinished(), perf_counter()
    left = notes.unfinished()
    samples = plain.result()
    return Load(
        [sample.seconds for sample in samples if sample.began < since],
        [sample.seconds for sample in samples if sample.began >= since],
        sum(sample.status != 200 for sample in samples),
        (before - left) / (perf_counter() - since),
        left,
    )


async def _submit(clients: Clients) -> None:
    answer = await clients.ask(post(body=b'{"n":2}', Prefer="respond-async"))
    if answer.status != 202:
        raise Trouble(f"a job was answered {answer.status}: {answer.body[:500]!r}")


def _figures(alone: Sequence[Load], beside: Sequence[Load]) -> dict[str, float]:
    without = [quantile(each.seconds, 0.99) for each in alone]
    there = [quantile(each.seconds, 0.99) for each in beside]
    more = [(one / other - 1) * 100 for one, other in zip(there, without, strict=True)]
    return {
        "p99 longer beside a backlog": median(more),
        "requests that failed": sum(each.failed for each in (*alone, *beside)),
        "jobs left at the end of each load, fewest": min(each.left for each in beside),
        "jobs ended in a second": median(each.ended for each in beside),
        "p99 without, median of ms": median(without) * 1000,
        "p99 beside, median of ms": median(there) * 1000,
        "p99 longer beside a backlog, worst round, in %": max(more),
        "p99 while the backlog is made, median of ms": median(quantile(each.making, 0.99) for each in beside) * 1000,
        "requests that count": sum(len(each.seconds) for each in (*alone, *beside)),
    }


ROW = Row(
    name="priorities",
    promise="plain requests beside a backlog of jobs at the same predictor: their p99",
    elsewhere="not known",
    goal="at most 10 % longer, while jobs go on",
    how=f"One worker, a predictor that does {LIMIT} calls at a time (`limit: {{in_flight: {LIMIT}}}`), each in 100 ms. "
    f"{RATE:.0f} plain requests a second, a quarter of what it can do, at random moments, in turn without jobs and with them: a "
    "backlog is made in the first half of each load, which is told apart, and outlasts the second. The ratio of the two p99s "
    "of each round; the median of the rounds.",
    goals=(
        Goal("p99 longer beside a backlog", 10, "%", short=100),
        Goal("requests that failed", 0),
        Goal("jobs left at the end of each load, fewest", 1, at_least=True),
        Goal("jobs ended in a second", 20, at_least=True, short=2),
        Goal("jobs that did not end", 0),
    ),
    measure=measure,
    full=Scale(7, 15),
    short=Scale(2, 4),
)
