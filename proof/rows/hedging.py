"""A second copy of a slow call cuts the tail, and costs little, also when all calls are slow."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from proof.client import Clients, post
from proof.load import Sample, sampled
from proof.replica import Act, Behaviour, Replica, always, replicas
from proof.row import Figures, Goal, Row, Run, quantile
from proof.serving import serving

REPLICAS = 3
RATE = 200.0
STALL = 1.0
STALLED = 0.01
_QUICK, _SLOW = 0.005, 0.05


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds of load, of each kind."""

    seconds: float


def stalling(draws: Random) -> Behaviour:
    """One call in a hundred stalls."""
    return lambda _: Act(STALL if draws.random() < STALLED else _QUICK)


async def measure(scale: Scale, run: Run) -> Figures:
    """Ask without hedging and with it; then let every call be slow."""
    async with replicas(REPLICAS, Act(_QUICK)) as models:
        urls = [model.url for model in models]
        config = {
            "defaults": {"predictor": {"timeout": "5s"}, "graph": {"timeout": "10s"}},
            "predictors": {"plain": {"urls": urls}, "hedged": {"urls": urls, "hedge": {"after": "p95"}}},
            "graphs": {"plain": {"predict": "plain"}, "hedged": {"predict": "hedged"}},
        }
        async with serving(config, run.folder) as served, Clients(served.url) as clients:
            tails, extra = {}, {}
            for number, kind in enumerate(("plain", "hedged")):
                for model in models:
                    model.behaviour = always(Act(_QUICK))
                await sampled(clients, RATE, 1, run.random("warm"), post(f"/predict/{kind}"))
                for model in models:
                    model.behaviour = stalling(run.random("stalls"))
                samples, extra[kind] = await counted(clients, models, scale, run, kind)
                tails[kind] = quantile([sample.seconds for sample in samples], 0.999) * 1000
                run.progress((number + 1) / 3)
            for model in models:
                model.behaviour = always(Act(_SLOW))
            _, extra["all slow"] = await counted(clients, models, scale, run, "hedged")
    return {
        "p99.9 of that without hedging": tails["hedged"] / tails["plain"],
        "extra calls": max(extra["hedged"], extra["all slow"]),
        "p99.9 without hedging, in ms": tails["plain"],
        "p99.9 with hedging, in ms": tails["hedged"],
        "extra calls in %": extra["hedged"],
        "extra calls in %, all slow": extra["all slow"],
    }


async def counted(clients: Clients, models: list[Replica], scale: Scale, run: Run, kind: str) -> tuple[list[Sample], float]:
    """Samples, and how many calls more than requests the replicas got, in per cent."""
    before = sum(len(model.calls) for model in models)
    samples = await sampled(clients, RATE, scale.seconds, run.random("load"), post(f"/predict/{kind}"))
    return samples, ((sum(len(model.calls) for model in models) - before) / len(samples) - 1) * 100


ROW = Row(
    name="hedging",
    promise="hedging, 1 % of calls stall 1 s: p99.9; extra calls, also when all are slow",
    elsewhere="0.04-0.15 of unhedged; 2 %",
    goal="0.15; 2 %",
    how="Three replicas that take 5 ms; one call in a hundred takes 1 s. 200 requests a second to a predictor without and one with "
    "`hedge: {after: p95}`. Then every call suddenly takes 50 ms.",
    goals=(Goal("p99.9 of that without hedging", 0.15, short=1.1), Goal("extra calls", 2, "%", short=4)),
    measure=measure,
    full=Scale(40),
    short=Scale(2),
)
