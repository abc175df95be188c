"""Replicas that fail or are slow get little of the traffic; those whose probes alone fail get all of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter
from typing import Any

from proof.client import Clients, get, post
from proof.load import Sample, failed, sampled
from proof.replica import NOT_NOW, Act, Replica, always, replicas
from proof.row import Figures, Goal, Row, Run
from proof.serving import Served, serving

REPLICAS = 5
RATE = 300.0
PAUSE = 0.5
"""Seconds without a call that show an ejection; the shortest is of 1 s."""
LEARNING = 5.0
KINDS = {"503": Act(0.0, NOT_NOW), "closed": Act(0.0, b"")}


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds of load before the fault, and with it."""

    before: float
    seconds: float


@asynccontextmanager
async def fleet(run: Run, act: Act, options: Mapping[str, Any]) -> AsyncIterator[tuple[list[Replica], Served, Clients]]:
    """Replicas, a plait before them, and its clients."""
    async with replicas(REPLICAS, act) as models:
        config = {
            "predictors": {"model": {"urls": [model.url for model in models], **options}},
            "graphs": {"predict": {"predict": "model"}},
        }
        async with serving(config, run.folder) as served, Clients(served.url) as clients:
            yield models, served, clients


def share_since(models: list[Replica], moment: float) -> float:
    """The first replica's share of the calls since a moment."""
    counts = [sum(call >= moment for call in model.calls) for model in models]
    return counts[0] / max(1, sum(counts))


async def measure_failing(scale: Scale, run: Run) -> Figures:
    """Let one replica fail, and count what it is asked until it is left alone, and what clients notice."""
    attempts: dict[str, float] = {}
    errors: dict[str, float] = {}
    for name, act in KINDS.items():
        async with fleet(run, Act(0.005), {"idempotent": True}) as (models, _, clients):
            await sampled(clients, RATE, scale.before, run.random((name, "before")), post())
            models[0].behaviour, began = always(act), perf_counter()
            samples = await sampled(clients, RATE, scale.seconds, run.random(name), post())
        attempts[name] = until_pause([call for call in models[0].calls if call >= began])
        errors[name] = failed(samples) * 100
        run.progress(len(attempts) / len(KINDS))
    return {
        "bad attempts before ejection": max(attempts.values()),
        "client errors": max(errors.values()),
        **{f"bad attempts, {name}": count for name, count in attempts.items()},
        **{f"client errors in %, {name}": share for name, share in errors.items()},
    }


def until_pause(calls: list[float]) -> int:
    """How many calls there were before the first pause."""
    for number, (one, following) in enumerate(pairwise(calls), 1):
        if following - one >= PAUSE:
            return number
    return len(calls)


async def measure_fast(scale: Scale, run: Run) -> Figures:
    """One replica fails at once, the others take 50 ms."""
    async with fleet(run, Act(0.05), {}) as (models, _, clients):
        models[0].behaviour = always(Act(0.0, NOT_NOW))
        samples = await sampled(clients, RATE, scale.seconds, run.random(), post())
    run.progress(1)
    return {
        "share of the failing replica": share_since(models, 0) * 100,
        "client errors in %": failed(samples) * 100,
        "requests": len(samples),
    }


async def measure_slow(scale: Scale, run: Run) -> Figures:
    """One replica takes 100 ms, the others 10 ms."""
    async with fleet(run, Act(0.01), {}) as (models, _, clients):
        models[0].behaviour = always(Act(0.1))
        await sampled(clients, RATE, scale.before, run.random("before"), post())
        since = perf_counter()
        run.progress(0.3)
        samples = await sampled(clients, RATE, scale.seconds, run.random(), post())
        run.progress(1)
    return {
        "share of the slow replica": share_since(models, since) * 100,
        "client errors in %": failed(samples) * 100,
        "requests": len(samples),
    }


async def measure_probes(scale: Scale, run: Run) -> Figures:
    """Let every probe fail while every call is answered well."""
    options = {"health": {"path": "/health", "interval": "100ms"}}
    async with fleet(run, Act(0.005), options) as (models, served, clients):
        for model in models:
            model.behaviour = lambda request: Act(0.005) if request.startswith(b"POST") else Act(0.0, NOT_NOW)
        samples: list[Sample] = await sampled(clients, RATE, scale.seconds, run.random(), post())
        told = (await clients.ask(get("/health/all"))).body
        probes = min(len(model.probes) for model in models)
        said = b"error" in told or "prob" in served.printed()
    run.progress(1)
    return {
        "requests that failed": sum(sample.status != 200 for sample in samples),
        "failed probes of each replica": probes,
        "says so": float(said),
        "requests": len(samples),
    }


LOAD = "Five replicas, 300 requests a second. "

FAILING = Row(
    name="one-fails",
    promise="one of 5 replicas fails: bad attempts before it is ejected; client errors",
    elsewhere="5-7, then a sweep of 10 s",
    goal="5 or fewer; 0.1 % or less",
    how=LOAD
    + "`idempotent: true`; after a while one replica answers 503 to everything, in a second run it closes every connection. "
    "Attempts are those before the first pause of half a second.",
    goals=(Goal("bad attempts before ejection", 5, short=8), Goal("client errors", 0.1, "%", short=1)),
    measure=measure_failing,
    full=Scale(5, 20),
    short=Scale(0.5, 1.5),
)

FAST = Row(
    name="fails-fast",
    promise="a replica that fails fast (0.2 ms) beside good ones (50 ms): its share",
    elsewhere="attracts traffic by default",
    goal="5 % or less",
    how=LOAD + "One answers 503 at once, from the beginning, the others well after 50 ms.",
    goals=(Goal("share of the failing replica", 5, "%", short=10),),
    measure=measure_fast,
    full=Scale(0, 20),
    short=Scale(0, 2),
)

SLOW = Row(
    name="slow-replica",
    promise="a replica 10 times slower: its share after 5 s",
    elsewhere="not known",
    goal="3 % or less",
    how=LOAD + "One takes 100 ms, the others 10 ms. Counted from the fifth second on.",
    goals=(Goal("share of the slow replica", 3, "%", short=10),),
    measure=measure_slow,
    full=Scale(LEARNING, 20),
    short=Scale(2, 2),
)

PROBES = Row(
    name="probes",
    promise="all health probes fail but inference works",
    elsewhere="fail everything, or panic mode",
    goal="keeps serving, says so",
    how=LOAD + "`health: {path: /health, interval: 100ms}`; every probe is answered 503, every call well. What it says is in "
    "`/health/all` or in the log.",
    goals=(
        Goal("requests that failed", 0),
        Goal("failed probes of each replica", 20, at_least=True, short=3),
        Goal("says so", 1, at_least=True),
    ),
    measure=measure_probes,
    full=Scale(0, 10),
    short=Scale(0, 1),
)
