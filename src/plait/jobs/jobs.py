"""The jobs of one worker, as those see them who ask for one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING

from plait.counts import JobCounts
from plait.errors import NotFound
from plait.jobs.cancelling import cancelled
from plait.jobs.following import LOOK, Following
from plait.jobs.intake import Intake
from plait.jobs.parts import told
from plait.jobs.records import CANCELLED, ENDED
from plait.jobs.state import state_of
from plait.jobs.working import Place as Place  # noqa: PLC0414 - a part of what jobs are made of
from plait.jobs.working import Working

if TYPE_CHECKING:
    from plait.clock import Clock
    from plait.events import Part
    from plait.graph.spec import Config
    from plait.jobs.asked import Asked
    from plait.jobs.carried import Carried
    from plait.jobs.records import StoredJob
    from plait.jobs.reviving import Reviving
    from plait.jobs.state import JobState
    from plait.jobs.writing import Told

_ID = re.compile(r"[0-9a-f]{32}")


class Jobs:
    """Jobs that are taken in, run here, or are asked for here.

    Where the store cannot be reached, every method raises `StoreDown`.

    Args:
        place: Where they are kept.
        reviving: Compiles the graphs of those that this worker did not take in.
        clock: The worker's clock.
        told: Hears of messages to sinks, once they are durable.
        counts: Where jobs are counted.
    """

    def __init__(self, place: Place, reviving: Reviving, clock: Clock, told: Told, counts: JobCounts | None = None) -> None:
        self._clock = clock
        self._told = told
        self._counts = counts or JobCounts()
        self._working = working = Working(place, reviving, clock, told, self._counts)
        self._intake = Intake(working)
        self._keeping = working.keeping
        self._held = working.runner.held

    @property
    def opened(self) -> bool:
        """Whether the store is open."""
        return self._working.opened

    async def change(self, config: Config) -> None:
        """This is configured from now on: how many jobs may run and for how long, which queues there are."""
        await self._working.change(config)

    async def open(self) -> None:
        """Open the store, and look after jobs from now on, unless that is so already; whoever writes into it asks for this first.

        Raises:
            NotInstalled: If the extra `jobs` is missing.
        """
        await self._working.open()

    async def submit(self, asked: Asked) -> JobState:
        """Keep a job; it is durable when this returns, and runs as soon as it is its turn.

        With a key that is known, it is the job that was taken in before.

        Raises:
            NotInstalled: If the extra `jobs` is missing.
            KeyReused: If the key was sent with something else.
            NotYetDurable: If the first with this key is on its way.
            Full: If there are as many jobs of the graph as there may be.
        """
        taken = await self._intake.submit(asked)
        if not isinstance(taken, str):
            return state_of(taken, ())
        return await self.find(taken, asked.client)

    async def adopt(self, carried: Carried, asked: Asked) -> JobState:
        """Make a job of a run under way, under the id of `carried.run.job`: no part is lost, and none is asked for again.

        Whoever began it still has it if this fails.

        Raises:
            NotInstalled: If the extra `jobs` is missing.
            Full: If there are as many jobs of the graph as there may be.
        """
        return state_of(await self._intake.adopt(carried, asked), tuple(carried.run.parts))

    async def find(self, job: str, client: str) -> JobState:
        """A job by its id.

        Raises:
            NotFound: If there is none of that client's.
        """
        return await self._state(await self._job(job, client))

    async def wait(self, job: str, client: str, seconds: float) -> JobState:
        """A job once it has ended, or as it is after so many seconds.

        Raises:
            NotFound: If there is none of that client's.
        """
        until = self._clock.now() + seconds
        while True:
            held = self._held.get(job)
            found = await self._job(job, client)
            left = until - self._clock.now()
            if found.status in ENDED or left <= 0:
                return await self._state(found)
            if held is None:
                await asyncio.sleep(min(left, LOOK))
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await held.over.wait()

    async def cancel(self, job: str, client: str) -> JobState:
        """Stop a job, wherever it runs; one that has ended stays as it is.

        Raises:
            NotFound: If there is none of that client's.
        """
        before = await self._job(job, client)
        found, messages = await cancelled(self._keeping, job, client)
        if found is None:
            raise _unknown()
        if before.status not in ENDED and found.status == CANCELLED:
            self._counts.ended(found.graph, CANCELLED)
        self._told(messages)
        self._working.runner.drop(job)
        return await self._state(found)

    async def events(self, job: str, client: str) -> AsyncIterator[Part | JobState]:
        """Each part of a job, from the first on, as it ends; then, last, the job that has ended.

        Raises:
            NotFound: Before the first event, if there is none of that client's.
        """
        following = Following(await self._job(job, client), self._keeping, self._held.get)
        async for event in following.events():
            yield event

    async def retry(self, job: str) -> JobState:
        """Let a job that failed or was cancelled run again: only what had an answer is not asked again.

        Raises:
            NotFound: If there is no such job.
        """
        _check(job)
        await self.open()
        found = await self._keeping.retry(job)
        if found is None:
            raise _unknown()
        self._working.more()
        return await self._state(found)

    async def drain(self, seconds: float) -> None:
        """Begin nothing more, and leave what is queued to others; what runs has so many seconds to end, and is then left too."""
        await self._working.drain(seconds)

    async def close(self) -> None:
        """Leave all jobs to others, and close the store."""
        await self._working.close()

    async def _job(self, job: str, client: str) -> StoredJob:
        _check(job)
        if not self._working.opened and not self._working.wanted():
            raise _unknown()
        await self.open()
        found = await self._keeping.job(job)
        if found is None or found.client != client:
            raise _unknown()
        return found

    async def _state(self, job: StoredJob) -> JobState:
        return state_of(job, map(told, await self._keeping.parts(job.id)))


def _check(job: str) -> None:
    if _ID.fullmatch(job) is None:
        raise _unknown()


def _unknown() -> NotFound:
    return NotFound("there is no such job")
