"""An upstream and its callers, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from plait.clock import Clock
from plait.errors import PlaitError
from plait.http1.endpoint import Endpoint
from plait.http1.renewed import Trust
from plait.spec.predictor import Predictor, PredictorDefaults
from plait.testing import RawServer
from plait.testing.server import Script, read_request
from plait.types import SYNC, Message, Run
from plait.upstream import build
from plait.upstream.call import Call
from plait.upstream.upstream import Repeating, Upstream

GONE = "http://127.0.0.1:1"
"""Refuses connections."""


class Caller:
    """Asks an upstream, and remembers how it ended, and that it heard so once."""

    def __init__(
        self, upstream: Upstream | Repeating, clock: Clock, text: str = "x", seconds: float = 5.0, priority: int = SYNC
    ) -> None:
        self.done: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.outcome: Call | None = None
        self.seconds = 0.0
        self._began = clock.now()
        self._clock = clock
        message = Message.of(text)
        run = Run(message, clock, text.encode())
        run.priority = priority
        self.attempt = upstream.ask(message, run, clock.now(), clock.now() + seconds, self)

    def ended(self, outcome: Call, message: Message | None, error: PlaitError | None) -> None:
        self.outcome = outcome
        self.seconds = self._clock.now() - self._began
        if message is not None:
            self.done.set_result(message)
        elif error is not None:
            self.done.set_exception(error)

    async def error(self) -> PlaitError:
        """How it failed."""
        await asyncio.wait([self.done])
        found = self.done.exception()
        assert isinstance(found, PlaitError)
        return found


@asynccontextmanager
async def upstream_of(script: Script | bytes, **options: Any) -> AsyncIterator[tuple[RawServer, Upstream, Clock]]:
    """A server with this script, an upstream that asks it, and a clock."""
    async with replicas_of(script, **options) as ((server,), upstream, clock):
        yield server, upstream, clock


@asynccontextmanager
async def replicas_of(*scripts: Script | bytes | None, **options: Any) -> AsyncIterator[tuple[list[RawServer], Upstream, Clock]]:
    """A server for each script, an upstream that asks them in turns, and a clock; None refuses connections."""
    clock = Clock(asyncio.get_running_loop())
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(RawServer(b"" if script is None else script)) for script in scripts]
        for server, script in zip(servers, scripts, strict=True):
            if script is None:
                await server.__aexit__()
        urls = [server.url for server in servers]
        urls = [urls[-1], *urls[:-1]]  # whose turn it is first is the second of the file
        predictor = Predictor(urls=tuple(urls), **{"balance": "round_robin", **options})
        upstream = build.upstream("model", predictor, PredictorDefaults(), clock, Trust())
        await upstream.open()
        try:
            async with asyncio.timeout(20):
                yield servers, upstream, clock
        finally:
            await upstream.close()
            clock.close()
            assert_nothing_left(upstream)


def assert_nothing_left(upstream: Upstream) -> None:
    """Every permit, place and connection was given back."""
    assert (upstream.limit.in_flight, len(upstream.line)) == (0, 0)
    assert [replica.in_flight for replica in upstream.fleet.replicas] == [0] * len(upstream.fleet.replicas)
    assert all(each.open == each.waiting == 0 for peer in peers(upstream) for each in (peer.endpoint, peer.aside))


def peers(upstream: Upstream) -> list[Any]:
    return [replica.endpoint for replica in upstream.fleet.replicas]


def endpoint(upstream: Upstream) -> Endpoint:
    """The address of its first replica."""
    return upstream.fleet.replicas[0].endpoint.endpoint


def status(code: int, *lines: bytes) -> bytes:
    """An answer with that status and nothing else."""
    return b"".join([b"HTTP/1.1 %d X\r\n" % code, *(line + b"\r\n" for line in lines), b"Content-Length: 2\r\n\r\n{}"])


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await reader.read()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Closes once it has been asked."""
    await read_request(reader)
