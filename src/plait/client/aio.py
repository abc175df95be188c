"""The client for asyncio."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, Self, Unpack

from plait.answer import Answer
from plait.client.aio_calls import AsyncCalls, AsyncStream, parts_of
from plait.client.aio_job import AsyncJob
from plait.client.asked import ENVELOPE, JSON, LINES, MOST, Choice, Plan, about
from plait.client.events import Events
from plait.client.heard import plain, whole
from plait.client.job_view import submitted, told
from plait.client.transport import opened_async
from plait.client.wish import Wish


class AsyncClient:
    """`plait.Client` for asyncio: same arguments, same methods, awaited. Any number of calls may be under way at once."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout: float = 60.0,
        headers: Mapping[str, str] | None = None,
        verify: ssl.SSLContext | bool = True,
        trust_env: bool = False,
        max_bytes: int = MOST,
    ) -> None:
        self._plan = Plan.of(base_url, timeout, headers, max_bytes)
        self._http = opened_async(verify=verify, trust_env=trust_env)
        self._calls = AsyncCalls(self._plan, self._http)

    async def __aenter__(self) -> Self:
        """The client itself: connections open when they are needed."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def call(self, graph: str, data: Any, **choice: Unpack[Choice]) -> Any:
        """A graph's answer as plain Python; see `Client.call`.

        Raises:
            PlaitError: If there is no answer.
        """
        return await self._calls.ask(self._plan.post(graph, data, JSON, **choice), plain)

    async def ask(self, graph: str, data: Any, **choice: Unpack[Choice]) -> Answer:
        """A graph's answer with what happened around it; see `Client.ask`.

        Raises:
            PlaitError: If there is no answer.
        """
        return await self._calls.ask(self._plan.post(graph, data, ENVELOPE, **choice), whole)

    def stream(self, graph: str, data: Any, **choice: Unpack[Choice]) -> AsyncStream:
        """A graph's parts as each ends; asked when the first one is. See `Client.stream`."""
        asked = self._plan.post(graph, data, LINES, **choice)
        events = Events(asked.most)
        return AsyncStream(events, parts_of(self._http, asked, events))

    async def submit(
        self,
        graph: str,
        data: Any,
        *,
        wait: float | None = None,
        idempotency_key: str | None = None,
        notify: str | None = None,
        **choice: Unpack[Choice],
    ) -> AsyncJob:
        """Have a graph answer later: a job, which is durable when this returns; see `Client.submit`.

        Raises:
            PlaitError: If there is no job.
        """
        wish = Wish.of(wait, idempotency_key, notify)
        found = await self._calls.surely(self._plan.later(graph, data, wish, **choice), submitted)
        return AsyncJob(self._calls, graph, found)

    async def job(self, job: str) -> AsyncJob:
        """A job by its id; see `Client.job`.

        Raises:
            NotFound: If there is none, or it is another client's.
        """
        found = await self._calls.surely(self._plan.job(job), told)
        return AsyncJob(self._calls, found.graph, found)

    async def metadata(self, graph: str = "predict") -> dict[str, Any]:
        """What a graph takes and gives, with a sample of each where it is known."""
        return await self._calls.ask(self._plan.get(about(graph)), plain)

    async def health_all(self) -> dict[str, Any]:
        """Each predictor's own word on its health; see `Client.health_all`."""
        return await self._calls.ask(self._plan.get("/health/all"), plain)
