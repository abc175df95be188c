"""An upstream and its callers, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plait.clock import Clock
from plait.errors import PlaitError
from plait.http1.endpoint import Bounds
from plait.spec.address import parse_url
from plait.testing import RawServer
from plait.testing.server import Script
from plait.types import Message, Run
from plait.upstream.upstream import Attempt, Upstream
from plait.wire.json import JsonCodec


class Caller:
    """Asks an upstream, and remembers how it ended."""

    def __init__(self, upstream: Upstream, clock: Clock, text: str = "x", seconds: float = 5.0) -> None:
        self.done: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.outcome: Attempt | None = None
        message = Message.of(text)
        run = Run(message, clock, text.encode())
        self.attempt = upstream.ask(message, run, clock.now() + seconds, self)

    def ended(self, outcome: Attempt, message: Message | None, error: PlaitError | None) -> None:
        self.outcome = outcome
        if message is not None:
            self.done.set_result(message)
        elif error is not None:
            self.done.set_exception(error)


@asynccontextmanager
async def upstream_of(script: Script | bytes, bounds: Bounds | None = None) -> AsyncIterator[tuple[RawServer, Upstream, Clock]]:
    """A server with this script, an upstream that asks it, and a clock."""
    clock = Clock(asyncio.get_running_loop())
    async with RawServer(script) as server:
        address = parse_url(server.url)
        codec = JsonCodec.of("/predict", address.authority, {}, (), (400, 422))
        upstream = Upstream("model", address, codec, 1.0, bounds or Bounds())
        try:
            async with asyncio.timeout(20):
                yield server, upstream, clock
        finally:
            await upstream.close()
            clock.close()
            assert upstream.endpoint.open == upstream.endpoint.waiting == 0
