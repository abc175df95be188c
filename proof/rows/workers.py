"""Workers are restarted without losing a request, and a killed one takes only its own along."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from time import perf_counter

from proof.client import Clients, post
from proof.row import Figures, Goal, Row, Run, quantile
from proof.serving import INSIDE, Served, serving

CLIENTS = 16
CONFIG = {"server": {"workers": 2}, "graphs": {"predict": {"transform": {"a": 1}}, "inside": INSIDE}}
_RESTARTED = "all 2 workers have been restarted"
_BACK = "serves again, as process"
_SETTLE = 1.2
_DELAYS = (0.005, 0.02, 0.1, 0.5)


@dataclass(frozen=True, slots=True)
class Scale:
    times: int


@dataclass(slots=True)
class Load:
    """What became of requests on connections that are kept while the server does.

    Args:
        served: Whom they ask.
        draws: How long each client thinks between two requests.
    """

    served: Served
    draws: Random
    good: int = 0
    failures: list[int | None] = field(default_factory=list)
    """For each, the process that had answered on this connection before; None if none had."""
    _ending: bool = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Ask for the length of the block, then let every client finish."""
        async with asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                group.create_task(self._client(_DELAYS[number % len(_DELAYS)]))
            try:
                yield
            finally:
                self._ending = True

    async def _client(self, longest: float) -> None:
        while not self._ending:
            pid: int | None = None
            try:
                async with Clients(self.served.url) as clients:
                    connection = await clients.connection()
                    while connection.kept and not self._ending:
                        answer = await connection.ask(post("/predict/inside"))
                        if answer.status != 200:
                            self.failures.append(pid)
                            break
                        pid = json.loads(answer.body)["pid"]
                        self.good += 1
                        await asyncio.sleep(self.draws.uniform(0, longest))
            except OSError:
                self.failures.append(pid)


async def measure_restarts(scale: Scale, run: Run) -> Figures:
    """Restart the workers so often, under load."""
    async with serving(CONFIG, run.folder) as served:
        load = Load(served, run.random())
        before = set(served.workers())
        async with load.running():
            for time in range(1, scale.times + 1):
                os.kill(served.pid, signal.SIGHUP)
                await served.says(_RESTARTED, time)
                run.progress(time / scale.times)
        stayed = len(before & set(served.workers()))
    return {
        "failed requests": len(load.failures),
        "workers not restarted": stayed,
        "good requests": load.good,
        "restarts": scale.times,
    }


async def measure_kills(scale: Scale, run: Run) -> Figures:
    """Kill a worker so often, under load, and wait for its successor."""
    seconds: list[float] = []
    strangers = own = 0
    draws = run.random("which")
    async with serving(CONFIG, run.folder) as served:
        for time in range(1, scale.times + 1):
            load = Load(served, run.random(time))
            async with load.running():
                await asyncio.sleep(_SETTLE)
                killed = draws.choice(served.workers())
                began = perf_counter()
                os.kill(killed, signal.SIGKILL)
                await served.says(_BACK, time)
                seconds.append(perf_counter() - began)
            strangers += sum(pid not in {killed, None} for pid in load.failures)
            own += len(load.failures)
            run.progress(time / scale.times)
    return {
        "replaced after, longest": max(seconds),
        "failed requests of other workers": strangers,
        "failed requests for each kill": own / scale.times,
        "replaced after, median": quantile(seconds, 0.5),
        "kills": scale.times,
    }


RESTARTS = Row(
    name="restarts",
    promise="rolling restart under keep-alive load, 20 times",
    elsewhere="not known",
    goal="0 failed requests",
    how="`--workers 2`, 16 clients on connections that are kept, who think up to 5, 20, 100 or 500 ms between two requests, a "
    "quarter of them each. SIGHUP as soon as the workers of the last one are all new.",
    goals=(
        Goal("failed requests", 0),
        Goal("workers not restarted", 0),
        Goal("restarts", 20, at_least=True, short=1),
    ),
    measure=measure_restarts,
    full=Scale(20),
    short=Scale(1),
)

KILLS = Row(
    name="kills",
    promise="a worker killed with `kill -9`",
    elsewhere="not respawned by default",
    goal="replaced within 1 s; only its own requests fail",
    how="The same load; a worker drawn by the seed is killed, and the time taken until its successor serves. Every answer "
    "says which process gave it, so that a failure on a connection of the other worker is seen.",
    goals=(
        Goal("replaced after, longest", 1, "s", short=10),
        Goal("failed requests of other workers", 0),
    ),
    measure=measure_kills,
    full=Scale(20),
    short=Scale(1),
)
