"""Matches that the parent counts for all its workers, and what a worker does without it."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from plait.rules.acting import Match
from plait.rules.counting import Counting
from plait.server import counted
from plait.server.counted import Counted
from plait.server.frames import Frame, Frames, opened


def match(key: str = "k") -> Match:
    return Match("g/r/3/60", key, "", 3, 60.0)


class Parent:
    """Counts for workers, as long as it is not told to be silent."""

    def __init__(self) -> None:
        self.counting = Counting(lambda: 0.0)
        self.silent = False
        self.frames: list[Frames] = []

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Counted]:
        """A worker on a line of its own; alone, it takes any match for the one that counts."""
        ours, theirs = socket.socketpair()
        own = Counted(_alone)

        def heard(frame: Frame) -> None:
            if not self.silent:
                frames.send("counted", self.counting(frame.read(Match)), frame.number)

        frames = await opened(ours, heard, lambda: None)
        self.frames.append(frames)
        line = await opened(theirs, own.told, own.ended)
        own.opened(line)
        yield own
        await line.end()
        await frames.end()


def _alone(_: Match) -> asyncio.Future[bool]:
    future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    future.set_result(True)
    return future


async def decided(worker: Counted, key: str = "k") -> bool:
    future = worker.count(match(key))
    assert future is not None
    async with asyncio.timeout(5):
        return await future


async def test_matches_of_all_workers_add_up() -> None:
    parent = Parent()
    async with parent.worker() as one, parent.worker() as two:
        said = [await decided(worker, key) for worker, key in [(one, "k"), (two, "k"), (one, "other"), (two, "k"), (one, "k")]]
    assert said == [False, False, False, True, False]


async def test_what_is_counted_before_the_line_stands_is_sent_when_it_does() -> None:
    ours, theirs = socket.socketpair()
    own, counting = Counted(_alone), Counting(lambda: 0.0)
    early = own.count(match())
    parent = await opened(ours, lambda frame: parent.send("counted", counting(frame.read(Match)), frame.number), lambda: None)
    line = await opened(theirs, own.told, own.ended)
    own.opened(line)
    assert early is not None
    async with asyncio.timeout(5):
        assert await early is False
    await line.end()
    await parent.end()


async def test_a_worker_whose_parent_has_gone_counts_alone_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    parent = Parent()
    parent.silent = True
    async with parent.worker() as worker:
        waiting = worker.count(match())
        assert waiting is not None
        with caplog.at_level(logging.WARNING, "plait"):
            await parent.frames[0].end()
            async with asyncio.timeout(5):
                assert await waiting is True
        assert worker.count(match()) is None
    assert [record.message for record in caplog.records] == [
        "the main process has gone; this worker counts 1 matches, and those that follow, alone"
    ]


async def test_what_waits_for_a_silent_parent_has_a_bound(caplog: pytest.LogCaptureFixture) -> None:
    parent = Parent()
    parent.silent = True
    async with parent.worker() as worker:
        with caplog.at_level(logging.WARNING, "plait"):
            futures = [worker.count(match()) for _ in range(counted.MOST + 2)]
        assert [future is None for future in futures[-3:]] == [False, True, True]
    assert len([record for record in caplog.records if "counts matches alone" in record.message]) == 1
