"""Predictors in this loop that do what they are told at the moment, and remember when they were asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from time import perf_counter
from typing import NamedTuple

from plait.testing import RawServer
from plait.testing.scripted import left
from plait.testing.server import ok, read_request


class Act(NamedTuple):
    """What a predictor does: these bytes after some seconds, or never; no bytes close the connection."""

    after: float | None = 0.0
    data: bytes = ok()


Behaviour = Callable[[bytes], Act]
"""What it does with a request."""

NOT_NOW = b"HTTP/1.1 503 Not Now\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def always(act: Act) -> Behaviour:
    """The same with every request."""
    return lambda _: act


class Replica(RawServer):
    """Listens on a free port of 127.0.0.1 while it is open.

    Args:
        behaviour: What it does; may be changed at any time.

    `calls` are the moments (`perf_counter`) of the POST requests, `probes` those of others; `left` counts those that nobody
    waited for.
    """

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(self._converse)
        self.behaviour = behaviour
        self.calls: list[float] = []
        self.probes: list[float] = []
        self.left = 0

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            (self.calls if request.startswith(b"POST") else self.probes).append(perf_counter())
            act = self.behaviour(request)
            if await left(reader, act.after):
                self.left += 1
                return
            if not act.data:
                return
            writer.write(act.data)


@asynccontextmanager
async def replicas(count: int, act: Act) -> AsyncIterator[list[Replica]]:
    """So many, which all do the same at first."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Replica(always(act))) for _ in range(count)]
