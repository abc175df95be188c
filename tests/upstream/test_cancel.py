"""Calls cancelled at any moment leave nothing behind."""

from __future__ import annotations

import asyncio
import random

import pytest

from plait.errors import PlaitError
from plait.http1.endpoint import Bounds
from plait.testing.server import ok, read_request
from tests.upstream.calling import Caller, upstream_of

CALLS = 10_000
AT_ONCE = 40


@pytest.mark.slow
async def test_ten_thousand_cancelled_calls_leave_nothing_open() -> None:
    draw = random.Random(20)
    spoilt = True

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            answer = ok((await read_request(reader)).rpartition(b"\r\n\r\n")[2])
            mood = draw.random() if spoilt else 1.0
            if mood < 0.1:  # silent
                await reader.read()
                return
            if mood < 0.15:  # hangs up
                return
            if mood < 0.4:  # in pieces
                cut = draw.randrange(len(answer))
                writer.write(answer[:cut])
                for _ in range(draw.randrange(5)):
                    await asyncio.sleep(0)
                answer = answer[cut:]
            writer.write(answer)

    ended = 0

    async def call_and_cancel(number: int) -> None:
        nonlocal ended
        caller = Caller(upstream, clock, f"c{number}", seconds=0.05)
        for _ in range(draw.randrange(40)):
            await asyncio.sleep(0)
        caller.attempt.cancel()
        if caller.done.done():
            ended += 1
            error = caller.done.exception()
            assert isinstance(error, PlaitError) or caller.done.result().raw == b'"c%d"' % number

    async def in_turn(numbers: range) -> None:
        for number in numbers:
            await call_and_cancel(number)

    bounds = Bounds(connections=32)
    async with upstream_of(script, bounds) as (server, upstream, clock):
        async with asyncio.TaskGroup() as group:
            for first in range(AT_ONCE):
                group.create_task(in_turn(range(first, CALLS, AT_ONCE)))
        assert CALLS // 10 < ended < CALLS
        assert upstream.endpoint.open <= bounds.connections
        assert upstream.endpoint.waiting == 0
        spoilt = False
        good = [Caller(upstream, clock, f"g{number}") for number in range(100)]
        assert [(await each.done).raw for each in good] == [b'"g%d"' % number for number in range(100)]
        await upstream.close()
        while server.open:
            server.gone.clear()
            await server.gone.wait()
        assert asyncio.all_tasks() == {asyncio.current_task()}
