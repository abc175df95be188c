"""After a total outage under load, the good answers are back at once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import perf_counter

from plait.testing import FaultProxy, Refuse, Stop
from plait.testing.faults import Fault
from proof.client import Clients, post
from proof.load import Sample, failed, sampled
from proof.replica import Act, Replica, replicas
from proof.row import Figures, Goal, Row, Run
from proof.serving import serving

REPLICAS = 3
RATE = 100.0
KINDS: dict[str, Fault] = {"refused": Refuse(), "stopped": Stop()}
BUCKET = 0.25
_WARM = 1.0


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds of the outage, and for which the load goes on after it."""

    outage: float
    after: float


async def measure(scale: Scale, run: Run) -> Figures:
    """Take all replicas of two predictors away for a while, each in its own way, and look when good answers are back."""
    async with AsyncExitStack() as stack:
        proxies: dict[str, list[FaultProxy]] = {}
        for kind in KINDS:
            models: list[Replica] = await stack.enter_async_context(replicas(REPLICAS, Act(0.005)))
            proxies[kind] = [await stack.enter_async_context(FaultProxy(model.url)) for model in models]
        config = {
            "predictors": {kind: {"urls": [proxy.url for proxy in each], "idempotent": True} for kind, each in proxies.items()},
            "graphs": {kind: {"predict": kind} for kind in KINDS},
        }
        served = await stack.enter_async_context(serving(config, run.folder))
        clients = await stack.enter_async_context(Clients(served.url))
        whole = _WARM + scale.outage + scale.after
        async with asyncio.TaskGroup() as group:
            loads = {
                kind: group.create_task(sampled(clients, RATE, whole, run.random(kind), post(f"/predict/{kind}"))) for kind in KINDS
            }
            await asyncio.sleep(_WARM)
            began = perf_counter()
            for kind, each in proxies.items():
                for proxy in each:
                    proxy.fault = KINDS[kind]
            await asyncio.sleep(scale.outage)
            for each in proxies.values():
                for proxy in each:
                    proxy.fault = None
            ended = perf_counter()
            run.progress(0.8)
    seconds = {kind: recovered(load.result(), ended) for kind, load in loads.items()}
    during = [sample for load in loads.values() for sample in load.result() if began + 0.2 < sample.began < ended - 0.2]
    return {
        "99 % good again after": max(seconds.values()),
        "failed before the outage": sum(
            s.status != 200 for load in loads.values() for s in load.result() if s.began + s.seconds < began
        ),
        **{f"good again after, {kind}": each for kind, each in seconds.items()},
        "failed during the outage, in %": failed(during) * 100,
    }


def recovered(samples: list[Sample], ended: float) -> float:
    """Seconds after the outage from which on every bucket has 99 % good answers."""
    after = [sample for sample in samples if sample.began >= ended]
    last = 0
    for number in range(int(max((sample.began - ended for sample in after), default=0) / BUCKET) + 1):
        bucket = [sample for sample in after if number <= (sample.began - ended) / BUCKET < number + 1]
        if bucket and failed(bucket) > 0.01:
            last = number + 1
    return last * BUCKET


ROW = Row(
    name="recovery",
    promise="recovery after 30 s of total outage under load",
    elsewhere="retry storms",
    goal="99 % success within 2 s",
    how="Two predictors of three replicas each, 100 requests a second to each. All replicas of one refuse connections for 30 "
    "s, those of the other stop without a word. Requests that begin after the outage, by quarters of a second: from when "
    "on are 99 % of them good?",
    goals=(Goal("99 % good again after", 2, "s", short=4), Goal("failed before the outage", 0)),
    measure=measure,
    full=Scale(30, 10),
    short=Scale(1, 3),
)
