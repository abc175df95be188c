"""An upstream and its callers, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from plait.clock import Clock
from plait.errors import PlaitError
from plait.http1.endpoint import Endpoint
from plait.http1.renewed import Trust
from plait.spec.predictor import Predictor, PredictorDefaults
from plait.testing import RawServer
from plait.testing.server import Script
from plait.types import Message, Run
from plait.upstream import build
from plait.upstream.call import Call
from plait.upstream.upstream import Upstream


class Caller:
    """Asks an upstream, and remembers how it ended."""

    def __init__(self, upstream: Upstream, clock: Clock, text: str = "x", seconds: float = 5.0) -> None:
        self.done: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.outcome: Call | None = None
        message = Message.of(text)
        run = Run(message, clock, text.encode())
        self.attempt = upstream.ask(message, run, clock.now() + seconds, self)

    def ended(self, outcome: Call, message: Message | None, error: PlaitError | None) -> None:
        self.outcome = outcome
        if message is not None:
            self.done.set_result(message)
        elif error is not None:
            self.done.set_exception(error)


@asynccontextmanager
async def upstream_of(script: Script | bytes, **options: Any) -> AsyncIterator[tuple[RawServer, Upstream, Clock]]:
    """A server with this script, an upstream that asks it, and a clock."""
    clock = Clock(asyncio.get_running_loop())
    async with RawServer(script) as server:
        upstream = build.upstream("model", Predictor(url=server.url, **options), PredictorDefaults(), clock, Trust())
        await upstream.open()
        try:
            async with asyncio.timeout(20):
                yield server, upstream, clock
        finally:
            await upstream.close()
            clock.close()
            assert endpoint(upstream).open == endpoint(upstream).waiting == 0
            assert (upstream.limit.in_flight, len(upstream.line), upstream.fleet.replicas[0].in_flight) == (0, 0, 0)


def endpoint(upstream: Upstream) -> Endpoint:
    """The address of its first replica."""
    return upstream.fleet.replicas[0].endpoint.endpoint
