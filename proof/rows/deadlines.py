"""Deadlines hold, whatever the predictors do: with no answer, and with what has come until then."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from plait.testing import Drip, FaultProxy, HalfOpen, Hang, ScriptedServer
from plait.testing.faults import Fault
from proof.client import Answered, Clients, post
from proof.load import at_once
from proof.model import stoppable
from proof.row import Figures, Goal, Row, Run, quantile
from proof.serving import Served, serving

SHORTEST, LONGEST = 0.1, 0.4
"""Seconds that requests give."""
ENVELOPE = "application/vnd.plait+json"
KINDS = ("silent", "drip", "half_open", "stopped")
REASONS = ("timeout", "overloaded")
_EARLY = 0.001


@dataclass(frozen=True, slots=True)
class Scale:
    """Requests of each kind, and how many at a time."""

    requests: int
    width: int = 32


@dataclass(frozen=True, slots=True)
class Bad:
    """Predictors that answer well until `turn` makes them bad, each in its own way."""

    urls: dict[str, str]
    turn: Callable[[], None]


@asynccontextmanager
async def bad_predictors(run: Run) -> AsyncIterator[Bad]:
    """One of each kind."""
    async with (
        ScriptedServer({"ok": True}, Hang()) as silent,
        ScriptedServer({"ok": True}) as good,
        FaultProxy(good.url) as drip,
        FaultProxy(good.url) as half_open,
        stoppable(run.folder) as (url, pid),
    ):
        faults: dict[FaultProxy, Fault] = {drip: Drip(20), half_open: HalfOpen()}

        def turn() -> None:
            for proxy, fault in faults.items():
                proxy.fault = fault
            os.kill(pid, signal.SIGSTOP)

        yield Bad(dict(zip(KINDS, (silent.url, drip.url, half_open.url, url), strict=True)), turn)


async def measure_late(scale: Scale, run: Run) -> Figures:
    """Ask each bad predictor with deadlines that are drawn, and see how much later the answer comes."""
    late: dict[str, list[float]] = {kind: [] for kind in KINDS}
    wrong = refused = 0

    def saw(kind: str, answer: Answered, given: float) -> None:
        nonlocal wrong, refused
        after = answer.seconds - given
        if answer.status == 503 and after < -_EARLY:
            refused += 1  # a predictor that never answers is soon spared: those who would wait in vain may hear so at once
        else:
            wrong += answer.status not in {503, 504} or after < -_EARLY
            late[kind].append(after * 1000)
        run.progress((refused + sum(map(len, late.values()))) / scale.requests / len(KINDS))

    async with bad_predictors(run) as bad:
        graphs = {kind: {"predict": kind} for kind in KINDS}
        async with serving(config_of(bad, graphs), run.folder) as served:
            await warm_up(served, KINDS)
            bad.turn()
            for kind in KINDS:
                await ask_late(served, kind, scale, run.random(kind), saw)
    each = {f"{kind.replace('_', '-')}, p99.9": quantile(late[kind], 0.999) for kind in KINDS}
    every = [after for values in late.values() for after in values]
    return {
        "after the deadline, p99.9 of the worst kind": max(each.values()),
        "answers that were wrong, or early": wrong,
        **each,
        "median of all": quantile(every, 0.5),
        "answers at the deadline": len(every),
        "refused before it": refused,
    }


Saw = Callable[[str, Answered, float], None]


async def ask_late(served: Served, kind: str, scale: Scale, draws: Random, saw: Saw) -> None:
    """Ask one graph so often, each time with another deadline."""
    async with Clients(served.url) as clients:

        async def one(_: int) -> None:
            given = round(draws.uniform(SHORTEST, LONGEST), 3)
            answer = await clients.ask(post(f"/predict/{kind}", X_Request_Timeout=f"{given * 1000:.0f}ms", Accept=ENVELOPE))
            saw(kind, answer, given)

        await at_once(scale.width, scale.requests, one)


async def measure_partial(scale: Scale, run: Run) -> Figures:
    """Ask for what has arrived by the deadline: one good branch and one of each bad kind."""
    late: list[float] = []
    wrong = spared = 0

    def saw(_: str, answer: Answered, given: float) -> None:
        nonlocal wrong, spared
        after = answer.seconds - given
        wrong += not has_reasons(answer, early=after < -_EARLY)
        if after < -_EARLY:
            spared += 1  # every bad predictor was spared, so there was nothing to wait for
        else:
            late.append(after * 1000)
        run.progress((len(late) + spared) / scale.requests)

    async with bad_predictors(run) as bad, ScriptedServer({"ok": True}) as good:
        everything = Bad({"good": good.url, **bad.urls}, bad.turn)
        graphs = {"some": {"parallel": ["good", *KINDS], "require": "any"}}
        async with serving(config_of(everything, graphs), run.folder) as served:
            await warm_up(served, ("some",))
            bad.turn()
            await ask_late(served, "some", scale, run.random(), saw)
    return {
        "after the deadline, p99": quantile(late, 0.99),
        "answers without the good part or a reason for each other": wrong,
        "after the deadline, median": quantile(late, 0.5),
        "after the deadline, p99.9": quantile(late, 0.999),
        "answers at the deadline": len(late),
        "answers before it": spared,
    }


def has_reasons(answer: Answered, *, early: bool) -> bool:
    """Whether the answer has the good part, is marked incomplete, and says why each other is missing: no `timeout` if early."""
    if answer.status != 200:
        return False
    told = json.loads(answer.body)
    parts = told["parts"]
    reasons = all(parts[kind]["status"] in REASONS[early:] and parts[kind]["error"] for kind in KINDS)
    return told["complete"] is False and told["result"] == {"good": {"ok": True}} and reasons


async def warm_up(served: Served, graphs: tuple[str, ...]) -> None:
    """Ask once while all is well, so that connections are kept."""
    async with Clients(served.url) as clients:
        for graph in graphs:
            await clients.ask(post(f"/predict/{graph}"))


def config_of(bad: Bad, graphs: Mapping[str, object]) -> dict[str, object]:
    """A file in which only the request's own deadline counts."""
    return {
        "defaults": {"predictor": {"timeout": "30s"}, "graph": {"timeout": "60s"}},
        "predictors": {name: {"url": url} for name, url in bad.urls.items()},
        "graphs": graphs,
    }


HOW = (
    "Clients give 100 to 400 ms. Predictors are silent, drip 20 bytes a second, are half-open (requests are read "
    "and lost), or are a process stopped by SIGSTOP; each had answered well before, so that connections to it are kept. In ms "
    "after the deadline."
)

LATE = Row(
    name="late",
    promise="answer after the deadline",
    elsewhere="not known",
    goal="deadline + 50 ms, p99.9, whatever the predictor does (silent, drip, half-open, stopped)",
    how=HOW
    + " 32 clients at a time. Right is 504, or 503 where the predictor was spared; that may come before the deadline, which "
    "is counted apart.",
    goals=(
        Goal("after the deadline, p99.9 of the worst kind", 50, "ms", short=1000),
        Goal("answers that were wrong, or early", 0),
    ),
    measure=measure_late,
    full=Scale(2000),
    short=Scale(80),
)

PARTIAL = Row(
    name="partial",
    promise="partial answer",
    elsewhere="85 % of the timeout and one boolean (KrakenD)",
    goal="at the deadline + 20 ms, with a reason per part",
    how=HOW + " A fan-out of a good predictor and one of each, `require: any`, 8 clients at a time; the percentile is the 99th.",
    goals=(
        Goal("after the deadline, p99", 20, "ms", short=1000),
        Goal("answers without the good part or a reason for each other", 0, short=8),
    ),
    measure=measure_partial,
    full=Scale(1500, 8),
    short=Scale(80, 8),
)
