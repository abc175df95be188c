"""Calls cancelled at any moment leave nothing behind."""

from __future__ import annotations

import asyncio
import random

import pytest

from plait.clock import Clock
from plait.errors import PlaitError
from plait.testing.server import ok, read_request
from plait.upstream.upstream import Upstream
from tests.upstream.calling import Caller, endpoint, upstream_of

CALLS = 10_000
AT_ONCE = 40


async def turns(count: int) -> None:
    """Let the loop turn."""
    for _ in range(count):
        await asyncio.sleep(0)


class Moody:
    """Answers with what it was asked: at once, in pieces, or never, until it is good."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.good = False

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            answer = ok((await read_request(reader)).rpartition(b"\r\n\r\n")[2])
            mood = 1.0 if self.good else self.draw.random()
            if mood < 0.1:
                await reader.read()
            if mood < 0.15:
                return
            cut = self.draw.randrange(len(answer)) if mood < 0.4 else 0
            writer.write(answer[:cut])
            await turns(cut % 5)
            writer.write(answer[cut:])


class Fickle:
    """Calls, and mostly cancels before long; `ended` counts the calls that ended before that."""

    def __init__(self, draw: random.Random, upstream: Upstream, clock: Clock) -> None:
        self.draw = draw
        self.upstream = upstream
        self.clock = clock
        self.ended = 0

    async def calls(self, numbers: range) -> None:
        for number in numbers:
            caller = Caller(self.upstream, self.clock, f"c{number}", seconds=0.05)
            if self.draw.random() < 0.2:
                await asyncio.wait([caller.done])
            await turns(self.draw.randrange(30))
            caller.attempt.cancel()
            if caller.done.done():
                self.ended += 1
                assert isinstance(caller.done.exception(), PlaitError) or caller.done.result().raw == b'"c%d"' % number


@pytest.mark.slow
async def test_ten_thousand_cancelled_calls_leave_nothing_open() -> None:
    draw = random.Random(20)
    moody = Moody(draw)
    async with upstream_of(moody, limit={"in_flight": 32, "waiting": 100}) as (server, upstream, clock):
        fickle = Fickle(draw, upstream, clock)
        async with asyncio.TaskGroup() as group:
            for first in range(AT_ONCE):
                group.create_task(fickle.calls(range(first, CALLS, AT_ONCE)))
        assert CALLS // 10 < fickle.ended < CALLS
        assert endpoint(upstream).open <= 32
        assert endpoint(upstream).waiting == 0
        moody.good = True
        good = [Caller(upstream, clock, f"g{number}") for number in range(100)]
        assert [(await each.done).raw for each in good] == [b'"g%d"' % number for number in range(100)]
        await upstream.close()
        await server.empty()
        assert asyncio.all_tasks() == {asyncio.current_task()}
