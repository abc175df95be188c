"""A job, for asyncio."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from plait.answer import Answer
from plait.client.aio_calls import AsyncCalls, AsyncStream, parts_of
from plait.client.events import Events
from plait.client.job_view import JobTold, JobView, told
from plait.client.part import Part
from plait.client.waiting import Waiting


class AsyncJob(JobView):
    """`plait.client.job.Job` for asyncio: same methods, awaited."""

    def __init__(self, calls: AsyncCalls, graph: str, found: JobTold | Answer) -> None:
        super().__init__(graph, found)
        self._calls = calls

    async def refresh(self) -> AsyncJob:
        """Look at it anew; itself."""
        await self._look()
        return self

    async def wait(self, timeout: float | None = None) -> Any:  # noqa: ASYNC109 - as `Job.wait`
        """Its result, once it has ended; a proxy that is away for a moment is asked again.

        Args:
            timeout: Seconds, for as long as it takes if not given; with 0 it is only looked at.

        Raises:
            NotFinished: If it has not ended by then, a `TimedOut` and Python's `TimeoutError`; the job goes on.
            Cancelled: If somebody has cancelled it.
            PlaitError: What it failed with.
        """
        waiting = Waiting(timeout)
        while not self.done:
            await self._look(waiting.look())
            if not self.done:
                await self._calls.pause(waiting.pause())
        return self._outcome()

    def stream(self) -> AsyncStream:
        """Its parts, from the first on, each as it ends; asked for when the first one is.

        Raises what it failed with, after its parts. A stream that is cut short raises too, and can be asked for again.
        """
        events = Events(self._calls.plan.most, sse=True)
        return AsyncStream(events, self._parts(events))

    async def cancel(self) -> AsyncJob:
        """Stop it, unless it has ended; itself."""
        if self.id is not None:
            self._take(await self._calls.surely(self._calls.plan.job(self.id, method="DELETE"), told, patient=True))
        return self

    async def _look(self, wait: float = 0.0) -> None:
        if self.id is not None:
            self._take(await self._calls.surely(self._calls.plan.job(self.id, wait=wait), told, patient=True))

    async def _parts(self, events: Events) -> AsyncGenerator[Part]:
        if self.id is None:
            for part in self._replayed(events):
                yield part
            return
        try:
            async with aclosing(parts_of(self._calls.http, self._calls.plan.events(self.id), events)) as parts:
                async for part in parts:
                    self._heard(part)
                    yield part
        finally:
            self._ended(events)
