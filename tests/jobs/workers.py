"""Workers that run jobs on one store in memory, on virtual time, with predictors that do as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from plait.background import Background
from plait.clock import Clock
from plait.counts import JobCounts
from plait.graph.compile import Compiled, compile_graph
from plait.graph.slice import slice_of
from plait.graph.spec import Config
from plait.http1.ids import new_id
from plait.jobs.asked import Asked
from plait.jobs.carried import Carried
from plait.jobs.jobs import Jobs, Place
from plait.jobs.records import Outgoing
from plait.jobs.reviving import Reviving
from plait.jobs.state import JobState
from plait.nodes.ask import Asked as Askable
from plait.testing import FakePredictor
from plait.types import Message, Run
from tests.jobs.memory import Memory, Tables


class Lent:
    """Fakes, lent."""

    running = True

    def __init__(self, upstreams: Mapping[str, Askable]) -> None:
        self.upstreams = upstreams

    async def give_back(self) -> None:
        """They are never retired."""


class Fakes:
    """Lends the fakes of a worker, whatever is asked for."""

    def __init__(self, predictors: Sequence[FakePredictor]) -> None:
        self.by_name = {fake.name: fake for fake in predictors}

    async def lend(self, predictors: Mapping[str, Any], defaults: Any) -> Lent:
        return Lent(self.by_name)


class Worker:
    """One process."""

    def __init__(self, tables: Tables, name: str, config: Config, predictors: Sequence[FakePredictor]) -> None:
        loop = asyncio.get_running_loop()
        self.clock = Clock(loop, loop.time)
        self.config = config
        self.store = Memory(tables, name)
        self.fakes = Fakes(predictors)
        self.told: list[Outgoing] = []
        self.background = Background()
        self.reviving = Reviving(self.fakes, self._compile)  # type: ignore[arg-type] # fakes are no upstreams
        self.counts = JobCounts()
        self.jobs = Jobs(Place(self.store, lambda: tables.wanted), self.reviving, self.clock, self.told.extend, self.counts)

    def _compile(self, config: Config, graph: str, upstreams: object, ruled: object) -> Compiled:
        return self._compiled(config, graph)

    def _compiled(self, config: Config, graph: str) -> Compiled:
        return compile_graph(config, graph, self.fakes.by_name, self.background)

    def asked(self, request: Any = None, graph: str = "predict", **fields: Any) -> Asked:
        return Asked(
            graph=graph,
            slice=slice_of(self.config, graph),
            message=Message.of(request),
            compiled=None if fields.get("queue") else self._compiled(self.config, graph),
            request_id="test",
            revision=1,
            **fields,
        )

    async def submit(self, request: Any = None, graph: str = "predict", **fields: Any) -> JobState:
        return await self.jobs.submit(self.asked(request, graph, **fields))

    async def ended(self, job: str, seconds: float = 60.0) -> JobState:
        state = await self.jobs.wait(job, "", seconds)
        assert state.ended, state
        return state

    def carried(self, request: Any = None, deadline: float = 600.0) -> Carried:
        run = Run(Message.of(request), self.clock, b"test")
        return Carried(self._compiled(self.config, "predict").call, run, deadline)

    def kill(self) -> None:
        """End it as `kill -9` does: nothing more of it happens, and nobody is told."""
        self.store.stop()
        for held in self.jobs._working.runner.held.values():
            held.left = True
            if held.carried is not None:
                held.carried.cancel()


class Site:
    """Processes on one store."""

    def __init__(self, graphs: Mapping[str, Any], predictors: Sequence[FakePredictor], sections: Mapping[str, Any]) -> None:
        entries = {fake.name: {"url": "http://127.0.0.1:1"} for fake in predictors}
        self.config = Config.model_validate({"predictors": entries, "graphs": dict(graphs), **sections})
        self.predictors = predictors
        self.tables = Tables()
        self.workers: list[Worker] = []

    async def worker(self) -> Worker:
        worker = Worker(self.tables, f"w{len(self.workers) + 1}-{new_id()[:4]}", self.config, self.predictors)
        self.workers.append(worker)
        await worker.jobs.change(self.config)
        return worker


@asynccontextmanager
async def site(graphs: Mapping[str, Any], predictors: Sequence[FakePredictor], **sections: Any) -> AsyncIterator[Site]:
    found = Site(graphs, predictors, sections)
    try:
        yield found
    finally:
        for worker in found.workers:
            worker.store.wake()
            worker.store.down = False
            await worker.jobs.close()
            worker.clock.close()
