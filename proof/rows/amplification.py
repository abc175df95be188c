"""When everything fails, retries do not multiply, also not through a chain of proxies."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from proof.client import Clients, post
from proof.load import failed, sampled
from proof.replica import NOT_NOW, Act, Replica, replicas
from proof.row import Figures, Goal, Row, Run
from proof.serving import Served, serving

REPLICAS = 3
CHAIN = 5
RATE = 200.0
KINDS = {"503": Act(0.0, NOT_NOW), "closed": Act(0.0, b"")}


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds of load, for each of these kinds of failure."""

    seconds: float
    kinds: tuple[str, ...]


async def measure(scale: Scale, run: Run) -> Figures:
    """Ask replicas that all fail, through one plait and through five, and count what arrives there."""
    found: dict[str, float] = {}
    good = 0.0
    for name in scale.kinds:
        for length in (1, CHAIN):
            async with replicas(REPLICAS, KINDS[name]) as models, AsyncExitStack() as stack:
                first = await chain(stack, models, length, run.folder)
                clients = await stack.enter_async_context(Clients(first.url))
                samples = await sampled(clients, RATE, scale.seconds, run.random((name, length)), post())
                found[f"{name}, {'alone' if length == 1 else f'chain of {length}'}"] = sum(
                    len(each.calls) for each in models
                ) / len(samples)
                good = max(good, 1 - failed(samples))
            run.progress(len(found) / 2 / len(scale.kinds))
    return {"calls for each request, at worst": round(max(found.values()), 2), **found, "share of good answers": good}


async def chain(stack: AsyncExitStack, models: list[Replica], length: int, folder: Path) -> Served:
    """The first of so many proxies, each of which asks the next; the last asks the replicas."""
    urls = [model.url for model in models]
    for number in range(length):
        config = {
            "defaults": {"graph": {"timeout": "10s"}, "predictor": {"timeout": "5s"}},
            "predictors": {"model": {"urls": urls, "idempotent": True}},
            "graphs": {"predict": {"predict": "model"}},
        }
        served = await stack.enter_async_context(serving(config, folder, f"plait{number}"))
        urls = [f"{served.url}/predict"]
    return served


ROW = Row(
    name="amplification",
    promise="retry amplification, all replicas failing, also through a chain of five",
    elsewhere="1.2 (Envoy); 243 in a naive chain",
    goal="1.10 or less",
    how="Three replicas that all fail at once, by 503 or by closing the connection, `idempotent: true` (three attempts); 200 "
    "requests a second to one plait, then to the first of five, each of which has the next one for a predictor. Counted: "
    "calls at the replicas; the worst is rounded as the goal is.",
    goals=(Goal("calls for each request, at worst", 1.10),),
    measure=measure,
    full=Scale(20, tuple(KINDS)),
    short=Scale(2, ("503",)),
)
