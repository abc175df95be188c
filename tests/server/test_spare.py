"""A worker process in reserve: at hand when it is wanted, followed by another, never in the way."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from msgspec import Raw

from plait.errors import StartError
from plait.server.member import Member, Program, start
from plait.server.spare import Spare

WAITS = Program((sys.executable, "-c", "import sys; sys.stdin.buffer.read(); import signal; signal.pause()"), b"", Raw())


class Stage:
    """Starts real processes that only wait, and remembers them."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.started = asyncio.Event()
        self.calm = asyncio.Event()
        self.calm.set()
        self.asked = asyncio.Event()
        self.spare = Spare(self._start, self.calm_down)

    async def _start(self) -> Member:
        self.members.append(await start(WAITS))
        self.started.set()
        return self.members[-1]

    async def calm_down(self) -> None:
        self.asked.set()
        await self.calm.wait()

    async def next(self) -> Member:
        """The one that is started next, waiting."""
        await self.started.wait()
        self.started.clear()
        return self.members[-1]


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    stage = Stage()
    keeping = asyncio.create_task(stage.spare.keep())
    try:
        async with asyncio.timeout(30):
            yield stage
    finally:
        keeping.cancel()
        await asyncio.wait((keeping,))
        for member in stage.members:
            member.send(signal.SIGKILL)
            await member.over


async def test_one_that_is_taken_is_followed_by_another() -> None:
    async with staged() as stage:
        first = await stage.next()
        assert stage.spare.take() is first
        assert stage.spare.take() is None
        second = await stage.next()
        assert stage.spare.take() is second


async def test_another_follows_only_when_no_place_is_empty() -> None:
    async with staged() as stage:
        await stage.next()
        stage.calm.clear()
        stage.asked.clear()
        stage.spare.take()
        await stage.asked.wait()
        assert len(stage.members) == 1
        stage.calm.set()
        await stage.next()


async def test_a_dead_one_is_not_given_away() -> None:
    async with staged() as stage:
        member = await stage.next()
        member.send(signal.SIGKILL)
        await member.over
        assert stage.spare.take() is None


async def test_a_new_one_takes_the_place_of_one_that_may_be_stale() -> None:
    async with staged() as stage:
        old = await stage.next()
        stage.spare.renew()
        assert await stage.next() is not old
        await old.over
        assert old.killed


async def test_one_that_cannot_be_started_is_said_and_tried_again_later() -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    handler = logging.Handler()
    handler.emit = lambda record: said.put_nowait(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("plait")
    log.addHandler(handler)
    keeping = asyncio.create_task(Spare(partial(start, Program(("/nonexistent/plait",), b"", Raw())), Stage().calm_down).keep())
    try:
        async with asyncio.timeout(30):
            line = await said.get()
    finally:
        log.removeHandler(handler)
        keeping.cancel()
        await asyncio.wait((keeping,))
    assert line == "a worker process cannot be started: no such file or directory; another spare follows in 5 s"


async def test_a_command_that_is_not_there_is_a_clear_error() -> None:
    with pytest.raises(StartError, match="a worker process cannot be started: no such file or directory"):
        await start(Program(("/nonexistent/plait",), b"", Raw()))
