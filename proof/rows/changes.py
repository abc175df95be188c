"""A configuration that changes while requests run: none fails, it is live everywhere at once, and its size costs nothing."""

from __future__ import annotations

import asyncio
import json
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from proof.client import Answered, Clients, post, put
from proof.load import failed, sampled
from proof.replica import Act, Replica, replicas
from proof.row import Figures, Goal, Row, Run, quantile
from proof.serving import TOKEN, Served, serving
from trouble import Trouble
from usage import cpu_seconds, memory

RATE = 200.0
EACH = 5
"""Changes a second."""
WRONG = 5
"""Every so many, one is invalid."""
WORKERS = 4
PREDICTORS = 200
GRAPHS = 200
MANY = 1000
_TRIES = 24
"""Connections that see whether all workers have changed: the chance to miss one of four is one in a thousand."""


@dataclass(frozen=True, slots=True)
class Changing:
    """How many changes, and for how many seconds there are none before."""

    changes: int
    quiet: float


@dataclass(frozen=True, slots=True)
class Times:
    """How often, and how many requests each time."""

    times: int
    requests: int = 0


def _urls(replicas: list[Replica], **options: Any) -> dict[str, Any]:
    return {"urls": [each.url for each in replicas], **options}


async def _changed(clients: Clients, path: str, what: Mapping[str, Any], *, good: bool = True) -> Answered:
    """Make a change.

    Raises:
        Trouble: If it is answered otherwise than it should be.
    """
    answer = await clients.ask(put(path, json.dumps(what).encode(), TOKEN))
    if (answer.status in {200, 201}) is not good:
        raise Trouble(f"PUT {path} was answered {answer.status}: {answer.body[:500]!r}")
    return answer


async def measure_changes(scale: Changing, run: Run) -> Figures:
    """Ask all the time, first with no change and then with many, a fifth of which are refused."""
    async with replicas(2, Act(0.002)) as (one, two):
        config = {
            "predictors": {"a": _urls([one]), "b": _urls([two])},
            "graphs": {"predict": {"parallel": ["a", "b"]}, "other": "b"},
        }
        async with (
            serving(config, run.folder, admin=True) as served,
            Clients(served.url) as clients,
            Clients(served.admin) as admin,
        ):
            await _change(admin, 2 * WRONG, 0.0, two)  # what is done for the first time takes memory that stays
            quiet = await sampled(clients, RATE, scale.quiet, run.random("quiet"), post())
            before = served.resident()
            changing = asyncio.create_task(_change(admin, scale.changes, 1 / EACH, two, run))
            busy = await sampled(clients, RATE, scale.changes / EACH, run.random("busy"), post())
            refused = await changing
            after = served.resident()
    p99 = {name: quantile([each.seconds for each in found], 0.99) * 1000 for name, found in (("quiet", quiet), ("busy", busy))}
    return {
        "failed requests": sum(each.status != 200 for each in (*quiet, *busy)),
        "p99, times the quiet one": p99["busy"] / p99["quiet"],
        "memory more than before": after - before,
        "changes": scale.changes,
        "of them refused": refused,
        "requests": len(busy),
        "failed, in %": failed(busy) * 100,
        "p99 without changes, in ms": p99["quiet"],
        "p99 with changes, in ms": p99["busy"],
        "memory before, MB": before,
    }


async def _change(admin: Clients, count: int, every: float, replica: Replica, run: Run | None = None) -> int:
    """Make changes, one after the other; how many were refused, as they should be."""
    refused, due = 0, perf_counter()
    for number in range(count):
        wrong = number % WRONG == WRONG - 1
        what = _urls([replica], timeout="never" if wrong else f"{500 + number % 97}ms")
        await _changed(admin, "/predictors/b", what, good=not wrong)
        refused += wrong
        if run is not None:
            run.progress((number + 1) / count)
        due += every
        await asyncio.sleep(max(0.0, due - perf_counter()))
    return refused


async def measure_live(scale: Times, run: Run) -> Figures:
    """Change one of many predictors again and again; when do all workers answer by it?"""
    seconds: list[float] = []
    old = 0
    async with replicas(2, Act(0.0)) as made:
        predictors = {f"p{number}": _urls([made[0]]) for number in range(PREDICTORS)}
        config = {"server": {"workers": WORKERS}, "predictors": predictors, "graphs": {"predict": "p0", "inside": "p1"}}
        async with serving(config, run.folder, admin=True) as served, Clients(served.admin) as admin:
            for time in range(1, scale.times + 1):
                answer = await _changed(admin, "/predictors/p0", _urls([made[time % 2]]))
                seconds.append(answer.seconds)
                old += await _still_old(served, json.loads(answer.body)["revision"])
                run.progress(time / scale.times)
    return {
        "live everywhere after, longest": max(seconds),
        "answers by an older one, after that": old,
        "live after, median": quantile(seconds, 0.5),
        "changes": scale.times,
    }


async def _still_old(served: Served, revision: int) -> int:
    """How many of new connections, over which the system spreads the workers, are answered by an older revision."""
    said = b"x-plait-revision: %d" % revision
    old = 0
    for _ in range(_TRIES):
        async with Clients(served.url) as clients:
            old += said not in (await clients.ask(post())).head.lower()
    return old


async def measure_large(scale: Times, run: Run) -> Figures:
    """A file of many predictors and graphs, beside one of three predictors: until it serves, and what a request costs it."""
    async with replicas(3, Act(0.0)) as made:
        few = {f"p{number}": _urls([each]) for number, each in enumerate(made)}
        many = {f"p{number}": _urls([made[number % 3]]) for number in range(MANY)}
        asked = {"predict": {"parallel": ["p0", "p1", "p2"]}}
        more = {f"g{number}": {"parallel": [f"p{(number * 5 + each) % MANY}" for each in range(5)]} for number in range(GRAPHS)}
        (run.folder / "few").mkdir()
        began = perf_counter()
        async with serving({"predictors": many, "graphs": asked | more}, run.folder, "large", admin=True) as large:
            took = perf_counter() - began
            began = perf_counter()
            async with serving({"predictors": few, "graphs": asked}, run.folder / "few", "small", admin=True) as small:
                alone = perf_counter() - began
                loads = await _loads(small, {"predictors": many, "graphs": asked | more}, {"predictors": few, "graphs": asked})
                costs: dict[str, list[float]] = {"large": [], "small": []}
                for time in range(1, scale.times + 1):
                    for name, served in (("large", large), ("small", small)):
                        costs[name].append(await _cost(served, scale.requests))
                    run.progress(time / scale.times)
            resident = memory(large.pid)["rss_mb"] or 0.0
    medians = {name: statistics.median(found) * 1e6 for name, found in costs.items()}
    return {
        "loads in": loads,
        "CPU of a request, times that of the small one": medians["large"] / medians["small"],
        "serves after its start, in s": took,
        "the small one serves after its start, in s": alone,
        "CPU of a request, in µs": medians["large"],
        "the same of the small one": medians["small"],
        "memory of all processes, MB": resident,
    }


async def _loads(served: Served, large: Mapping[str, Any], small: Mapping[str, Any]) -> float:
    """Seconds until another configuration runs; it is taken back then."""
    async with Clients(served.admin) as admin:
        answer = await _changed(admin, "/config", large)
        await _changed(admin, "/config", small)
    return answer.seconds


async def _cost(served: Served, requests: int) -> float:
    """Seconds of CPU of one request, of the process that serves."""
    async with Clients(served.url) as clients:
        await clients.ask(post())
        before = cpu_seconds(served.pid)
        for _ in range(requests):
            await clients.ask(post())
        return (cpu_seconds(served.pid) - before) / requests


CHANGES = Row(
    name="changes",
    promise="500 changes at 5 a second under load, a fifth of them invalid",
    elsewhere="not known",
    goal="0 failed requests; p99 at most 1.5 times the quiet one; memory within 5 MB of before",
    how="Two predictors that take 2 ms, 200 requests a second, first without a change. Then `PUT /predictors/b` with another "
    "timeout, 5 times a second; every fifth is refused. Memory is that of all processes.",
    goals=(
        Goal("failed requests", 0),
        Goal("p99, times the quiet one", 1.5, short=20),
        Goal("memory more than before", 5, "MB", short=20),
        Goal("changes", 500, at_least=True, short=1),
    ),
    measure=measure_changes,
    full=Changing(500, 30),
    short=Changing(20, 2),
)

LIVE = Row(
    name="live",
    promise="a change of one predictor among 200 is live in all of 4 workers",
    elsewhere="not known",
    goal="within 1 s",
    how="`PUT /predictors/p0` with the URL of another replica; it is answered once all workers run it, which 24 new connections "
    "then confirm by the revision in their answers.",
    goals=(
        Goal("live everywhere after, longest", 1, "s", short=10),
        Goal("answers by an older one, after that", 0),
    ),
    measure=measure_live,
    full=Times(50),
    short=Times(3),
)

LARGE = Row(
    name="large",
    promise="1,000 predictors and 200 graphs",
    elsewhere="not known",
    goal="load in 2 s, and add nothing to the hot path",
    how="`PUT /config` to a plait with a small file, until its worker runs it; beside it, how long `plait serve` takes from its "
    "start. Then requests to a fan-out of three, one after the other, in turn to this one and to one with three predictors and one "
    "graph: CPU of all processes of each, median of the rounds.",
    goals=(
        Goal("loads in", 2, "s", short=20),
        Goal("CPU of a request, times that of the small one", 1.05, short=3),
    ),
    measure=measure_large,
    full=Times(15, 1000),
    short=Times(2, 50),
)
