"""A database is asked from one thread: what waits is one transaction, and each hears what came of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from plait.database.lane import Lane, Opened
from plait.database.together import Outcome
from plait.errors import BadRequest, Internal, PlaitError
from plait.job_errors import StoreDown


class Asked:
    """A database whose first call waits until it may go on."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.began = threading.Event()
        self.interrupted = threading.Event()
        self.groups: list[tuple[int, bool]] = []
        self.closed = 0
        self.failure: Exception | None = None

    def run(self, works: Sequence[Callable[[str], Any]], *, writes: bool) -> list[Outcome]:
        self.groups.append((len(works), writes))
        self.began.set()
        assert self.may_go_on.wait(10)
        if self.failure is not None:
            raise self.failure
        return [self._one(work) for work in works]

    def _one(self, work: Callable[[str], Any]) -> Outcome:
        try:
            return Outcome(work("given"))
        except PlaitError as exc:
            return Outcome(error=exc)

    def interrupt(self) -> None:
        self.interrupted.set()
        self.failure = StoreDown("it was interrupted")
        self.may_go_on.set()

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
async def lane(asked: Asked) -> AsyncIterator[Lane[str]]:
    lane = Lane("test", "the store", lambda: Opened(asked, asked.interrupt, asked.close), 10.0)
    yield lane
    asked.may_go_on.set()
    await lane.close()


async def began(asked: Asked) -> None:
    assert await asyncio.to_thread(asked.began.wait, 10)


async def test_what_comes_while_it_is_busy_is_one_transaction(asked: Asked, lane: Lane[str]) -> None:
    async with asyncio.TaskGroup() as group:
        first = group.create_task(lane.read(lambda given: f"first {given}"))
        await began(asked)
        others = [group.create_task(lane.write(lambda _, place=place: place)) for place in range(5)]
        await asyncio.sleep(0)
        asked.may_go_on.set()
    assert first.result() == "first given"
    assert [task.result() for task in others] == [0, 1, 2, 3, 4]
    assert asked.groups == [(1, False), (5, True)]


async def test_the_error_of_one_is_its_own(asked: Asked, lane: Lane[str]) -> None:
    def bad(_: str) -> None:
        raise BadRequest("not so")

    asked.may_go_on.set()
    results = await asyncio.gather(lane.write(lambda _: 1), lane.write(bad), return_exceptions=True)  # noqa: TID251 - two at once
    assert results[0] == 1
    assert isinstance(results[1], BadRequest)


async def test_a_failure_of_the_database_is_that_of_all_who_asked(asked: Asked, lane: Lane[str]) -> None:
    asked.failure = StoreDown("the disk is full")
    asked.may_go_on.set()
    with pytest.raises(StoreDown, match="the disk is full"):
        await lane.write(lambda _: 1)
    asked.failure = None
    assert await lane.write(lambda _: 1) == 1


async def test_who_gives_up_is_not_asked_for(asked: Asked, lane: Lane[str]) -> None:
    done: list[int] = []
    first = asyncio.create_task(lane.read(lambda _: None))
    await began(asked)
    second = asyncio.create_task(lane.write(lambda _: done.append(2)))
    third = asyncio.create_task(lane.write(lambda _: done.append(3)))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait((second,))
    asked.may_go_on.set()
    await asyncio.wait((first, third))
    assert done == [3]


async def test_one_that_hangs_is_interrupted_and_all_who_wait_hear_of_it(asked: Asked) -> None:
    lane: Lane[str] = Lane("test", "the store", lambda: Opened(asked, asked.interrupt, asked.close), 0.05)
    with pytest.raises(StoreDown, match="the store does not answer"):
        await lane.write(lambda _: 1)
    assert asked.interrupted.is_set()
    await lane.close()


async def test_a_fault_of_plait_is_found_in_the_log_and_told(
    asked: Asked, lane: Lane[str], caplog: pytest.LogCaptureFixture
) -> None:
    asked.failure = RuntimeError("plait has it wrong")
    asked.may_go_on.set()
    with pytest.raises(StoreDown, match="its log has it"):
        await lane.write(lambda _: 1)
    assert "plait has it wrong" in caplog.text


async def test_what_cannot_even_be_made_is_told(asked: Asked) -> None:
    def make() -> Opened[str]:
        raise Internal("there is no driver")

    lane: Lane[str] = Lane("test", "the store", make)
    with pytest.raises(StoreDown, match="there is no driver"):
        await lane.read(lambda _: 1)
    await lane.close()


async def test_one_that_is_closed_says_so_and_closes_once(asked: Asked, lane: Lane[str]) -> None:
    asked.may_go_on.set()
    await lane.read(lambda _: 1)
    await lane.close()
    await lane.close()
    assert asked.closed == 1
    with pytest.raises(StoreDown, match="was closed"):
        await lane.read(lambda _: 1)
