"""Submitting jobs: how soon each is acknowledged, which is when it is on the disk, and what it costs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from proof.client import Clients, post
from proof.load import at_once, at_rate
from proof.replica import Act, replicas
from proof.row import Figures, Goal, Row, Run, quantile
from proof.serving import Served, serving
from proof.witness import Notes
from usage import cpu_seconds

PARTS = ("a", "b", "c")
RATE = 200.0
END = 60.0
"""Seconds until everything has ended."""
WARM = 50
"""Jobs before those that are measured: the first makes the store."""
WIDTH = 16


@dataclass(frozen=True, slots=True)
class Scale:
    """For how many seconds."""

    seconds: float


async def measure(scale: Scale, run: Run) -> Figures:
    """Submit at a rate; what each costs is what the proxy took, but for what it takes at rest."""
    seconds: list[float] = []
    refused = 0
    async with replicas(3, Act(0.0)) as made:
        config = {
            "predictors": {name: {"url": each.url} for name, each in zip(PARTS, made, strict=True)},
            "graphs": {"predict": {"parallel": [*PARTS]}},
            "jobs": {},
        }
        async with serving(config, run.folder) as served, Clients(served.url) as clients:
            notes = Notes(run.folder / ".plait" / "jobs.db")

            async def one(number: int) -> None:
                nonlocal refused
                answer = await clients.ask(post(body=b'{"n": %d}' % number, Prefer="respond-async"))
                seconds.append(answer.seconds)
                refused += answer.status != 202
                run.progress(min(1.0, number / (RATE * scale.seconds)))

            await at_once(WIDTH, WARM, one)
            idle = await _idle(served, notes, scale.seconds / 3)
            seconds.clear()
            before = cpu_seconds(served.pid)
            began = asyncio.get_running_loop().time()
            jobs = await at_rate(RATE, scale.seconds, one, run.random())
            stuck = await notes.ended(END)
            took = asyncio.get_running_loop().time() - began
            cost = (cpu_seconds(served.pid) - before - idle * took) / jobs
    return {
        "202 after, p99": quantile(seconds, 0.99) * 1000,
        "CPU of a job": cost * 1000,
        "refused": refused,
        "not ended": stuck,
        "202 after, median of ms": quantile(seconds, 0.5) * 1000,
        "202 after, longest of ms": max(seconds) * 1000,
        "jobs": jobs,
        "CPU at rest, in % of a core": idle * 100,
    }


async def _idle(served: Served, notes: Notes, seconds: float) -> float:
    """The share of a core that it takes when nothing is asked of it."""
    await notes.ended(END)
    before = cpu_seconds(served.pid)
    await asyncio.sleep(seconds)
    return (cpu_seconds(served.pid) - before) / seconds


ROW = Row(
    name="submissions",
    promise="200 jobs of three parts submitted in a second, on SQLite",
    elsewhere="12-16 ms of CPU for each job (DBOS)",
    goal="202 within 15 ms, p99, once it is on the disk; at most 3 ms of CPU for each job",
    how="One worker, three predictors that answer at once, submissions at random moments over connections that are kept. CPU is "
    "that of all processes until the last job has ended, without what they take at rest.",
    goals=(
        Goal("202 after, p99", 15, "ms", short=1000),
        Goal("CPU of a job", 3, "ms", short=12),
        Goal("refused", 0),
        Goal("not ended", 0),
        Goal("jobs", 5000, at_least=True, short=200),
    ),
    measure=measure,
    full=Scale(30),
    short=Scale(2),
)
