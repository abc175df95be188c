"""An upstream on virtual time whose exchanges end when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from plait.clock import Clock
from plait.errors import CutOff, PlaitError, Unreachable
from plait.http1.connection import Exchange
from plait.http1.renewed import Trust
from plait.spec.predictor import Predictor, PredictorDefaults
from plait.testing import run_virtual
from plait.types import SYNC, Header
from plait.upstream import build
from plait.upstream.upstream import Upstream
from tests.upstream.calling import Caller, assert_nothing_left

JSON = {b"content-type": b"application/json"}


class Wire:
    """An address that holds what it is sent, in the place of an `Endpoint`."""

    open = 0

    def __init__(self) -> None:
        self.held: list[Exchange] = []
        self.asked = 0
        self.dropped = 0
        self.closed = False

    @property
    def waiting(self) -> int:
        return len(self.held)

    def send(self, exchange: Exchange) -> None:
        if self.closed:
            raise Unreachable("closed")
        self.held.append(exchange)
        self.asked += 1

    def drop(self, exchange: Exchange) -> None:
        self.held.remove(exchange)
        self.dropped += 1

    def answer(self, status: int = 200, body: bytes = b"1", **fields: str) -> None:
        """Answer what has waited longest."""
        headers = {name.replace("_", "-").encode(): value.encode() for name, value in fields.items()}
        self.held.pop(0).answered(status, Header(JSON | headers), body)

    def break_off(self, error: PlaitError | None = None, *, stale: bool = False) -> None:
        """Break off what has waited longest."""
        self.held.pop(0).broke(error or CutOff("it closed"), stale=stale)

    def retire(self) -> None:
        """Nothing is kept."""

    async def close(self) -> None:
        self.closed = True
        while self.held:
            self.break_off(Unreachable("closing"))


@dataclass(frozen=True)
class Wired:
    """What such a test works with; the first attempt goes to the first wire, probes of that replica to the first aside."""

    upstream: Upstream
    clock: Clock
    wires: list[Wire]
    asides: list[Wire]

    def call(self, seconds: float = 5.0, priority: int = SYNC) -> Caller:
        return Caller(self.upstream, self.clock, seconds=seconds, priority=priority)

    async def answer(self, *callers: Caller) -> None:
        """Answer what has waited longest, once for each of these, who are in this order; then whoever waits is called."""
        for caller in callers:
            next(wire for wire in self.wires if wire.held).answer()
            await caller.done
            await self.pass_time(0.0)

    async def pass_time(self, seconds: float) -> None:
        """Let virtual time pass."""
        await asyncio.sleep(seconds)

    @property
    def held(self) -> list[int]:
        """How many exchanges each wire holds."""
        return [len(wire.held) for wire in self.wires]


def wired(count: int, test: Callable[[Wired], Coroutine[Any, Any, None]], **options: Any) -> None:
    """Run a test with an upstream of so many replicas; at the end nothing is left of its calls."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        clock = Clock(loop, loop.time)
        urls = tuple(f"http://10.0.0.{number}:1" for number in range(1, count + 1))
        predictor = Predictor(urls=urls, **{"balance": "round_robin", "timeout": "5s", **options})
        upstream = build.upstream("model", predictor, PredictorDefaults(), clock, Trust())
        world = Wired(upstream, clock, [Wire() for _ in urls], [Wire() for _ in urls])
        for number, replica in enumerate(upstream.fleet.replicas):
            replica.endpoint.endpoint = world.wires[number - 1]  # type: ignore[assignment] # as much of one as an upstream uses
            replica.endpoint.aside = world.asides[number - 1]  # type: ignore[assignment]
        await upstream.open()
        await test(world)
        await upstream.close()
        clock.close()
        assert_nothing_left(upstream)

    run_virtual(run())
