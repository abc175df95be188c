"""Jobs without a store: what routes see of jobs, and what a test has go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from plait.clock import Clock
from plait.errors import NotFound, PlaitError
from plait.events import Part
from plait.graph.spec import Config
from plait.http1.ids import new_id
from plait.http1.problem import problem
from plait.jobs.asked import Asked
from plait.jobs.carried import Carried
from plait.jobs.errors import KeyReused
from plait.jobs.state import JobState, job_part, moment
from plait.types import JOB, Message, Run

FOREVER = 600.0


@dataclass
class Kept:
    """One job: what was asked, and its run."""

    asked: Asked
    carried: Carried
    cancelled: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def state(self) -> JobState:
        outcome = self.carried.outcome
        error = problem(outcome, self.asked.request_id).body if isinstance(outcome, PlaitError) else None
        result = outcome.raw if isinstance(outcome, Message) else None
        status = "cancelled" if self.cancelled else "failed" if error else "succeeded" if result else "running"
        now = moment(datetime.now(UTC))
        return JobState(
            id=self.carried.run.job,
            graph=self.asked.graph,
            status=status,
            parts={part.key: job_part(part) for part in self.carried.run.parts},
            result=None if result is None else msgspec.Raw(result),
            complete=outcome.complete if isinstance(outcome, Message) else None,
            error=None if error is None else msgspec.Raw(error),
            created=now,
            finished=None if status == "running" else now,
            revision=self.asked.revision,
            request_id=self.asked.request_id,
        )


class KeptJobs:
    """Jobs in memory.

    `error` is what the store says instead, `broken` what it says to those who listen already; nothing is durable while `gate` is
    closed; `handed` counts the events that were taken.
    """

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.keys: dict[str, str] = {}
        self.error: PlaitError | None = None
        self.broken: PlaitError | None = None
        self.handed = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.coming = asyncio.Event()  # somebody stands before the gate, or has passed it
        self.adopting: Carried | None = None
        self.drained: float | None = None

    @property
    def only(self) -> Kept:
        (kept,) = self.kept.values()
        return kept

    async def change(self, config: Config) -> None:
        """Another configuration changes nothing here."""

    async def submit(self, asked: Asked) -> JobState:
        await self._durable()
        before = self.kept.get(self.keys.get(asked.key or "", ""))
        if before is not None:
            if before.asked.message.raw != asked.message.raw:
                raise KeyReused("this Idempotency-Key came with another body")
            return before.state()
        run = Run(asked.message, Clock(asyncio.get_running_loop()), asked.request_id.encode(), asked.headers, asked.forwarded)
        run.priority = JOB
        assert asked.compiled is not None
        carried = Carried(asked.compiled.call, run, run.clock.now() + FOREVER)
        self.keys[asked.key or new_id()] = run.job
        kept = self._keep(asked, carried)
        carried.start()
        carried.listen(lambda _: None, kept.over.set)
        return kept.state()

    async def adopt(self, carried: Carried, asked: Asked) -> JobState:
        self.adopting = carried
        await self._durable()
        kept = self._keep(asked, carried)
        carried.listen(lambda _: None, kept.over.set)
        return kept.state()

    async def find(self, job: str, client: str) -> JobState:
        return self._find(job, client).state()

    async def wait(self, job: str, client: str, seconds: float) -> JobState:
        kept = self._find(job, client)
        try:
            async with asyncio.timeout(seconds):
                await kept.over.wait()
        except TimeoutError:
            pass
        return kept.state()

    async def cancel(self, job: str, client: str) -> JobState:
        kept = self._find(job, client)
        if not kept.over.is_set() or kept.carried.outcome is None:
            kept.cancelled = True
        kept.carried.cancel()
        return kept.state()

    async def events(self, job: str, client: str) -> AsyncIterator[Part | JobState]:
        kept = self._find(job, client)
        told = 0
        while True:
            news = asyncio.Event()
            leave = kept.carried.listen(lambda _, news=news: news.set(), news.set)
            while told < len(kept.carried.run.parts):
                told += 1
                self.handed += 1
                if self.broken is not None:
                    raise self.broken
                yield kept.carried.run.parts[told - 1]
            if kept.over.is_set():
                yield kept.state()
                return
            await news.wait()
            leave()

    async def drain(self, seconds: float) -> None:
        self.drained = seconds

    async def close(self) -> None:
        for kept in self.kept.values():
            kept.carried.cancel()

    async def _durable(self) -> None:
        self.coming.set()
        await self.gate.wait()
        if self.error is not None:
            raise self.error

    def _keep(self, asked: Asked, carried: Carried) -> Kept:
        kept = self.kept[carried.run.job] = Kept(asked, carried)
        return kept

    def _find(self, job: str, client: str) -> Kept:
        if self.error is not None:
            raise self.error
        kept = self.kept.get(job)
        if kept is None or kept.asked.client != client:
            raise NotFound("there is no such job")
        return kept
