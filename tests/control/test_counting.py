"""How many jobs there are: asked seldom, and never waited for long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from plait.control.counting import FRESH, PATIENCE, Counting, JobsTold
from plait.control.jobs import Jobs
from plait.jobs.working import Place
from plait.testing import run_virtual
from tests.control.api.kept import fill
from tests.jobs.memory import Memory, Tables

COUNTS = {("predict", "running"): 1, ("predict", "queued"): 1}
COUNTS |= {("one", "queued"): 1}
DOWN, UNKNOWN = JobsTold(up=False), JobsTold()


def counting(use: Callable[[Memory, Counting], Awaitable[None]], *, there: bool = True, installed: bool = True) -> None:
    async def main() -> None:
        store = Memory(Tables(), "control")
        await fill(store)
        store.calls.clear()
        jobs = Jobs(Place(store, lambda: there, installed=installed))
        try:
            await use(store, jobs.counting)
        finally:
            store.wake()
            await jobs.close()

    run_virtual(main())


def test_the_store_is_asked_once_in_a_while_and_by_one_only() -> None:
    async def use(store: Memory, counts: Counting) -> None:
        async with asyncio.TaskGroup() as group:
            scrapes = [group.create_task(counts.look()) for _ in range(3)]
        assert {scrape.result().up for scrape in scrapes} == {True}
        assert (await counts.look()).counts == COUNTS
        assert store.calls.count("counts") == 1
        await asyncio.sleep(FRESH)
        await store.cancel(f"{3:032x}", None)
        assert ("predict", "running") not in (await counts.look()).counts
        assert store.calls.count("counts") == 2

    counting(use)


def test_a_store_that_is_down_is_told_of_and_asked_again_only_after_a_while() -> None:
    async def use(store: Memory, counts: Counting) -> None:
        store.down = True
        assert [await counts.look() for _ in range(3)] == [DOWN] * 3
        assert store.calls.count("open") == 1
        store.down = False
        await asyncio.sleep(FRESH)
        assert (await counts.look()).up

    counting(use)


def test_a_store_that_hangs_is_waited_for_a_moment_only_and_left_out() -> None:
    async def use(store: Memory, counts: Counting) -> None:
        await counts.look()
        store.stop()
        await asyncio.sleep(FRESH)
        now = asyncio.get_running_loop().time
        before = now()
        assert await counts.look() == DOWN
        assert now() - before < PATIENCE + 0.1
        store.wake()
        assert (await counts.look()).counts == COUNTS

    counting(use)


def test_a_store_that_is_only_being_opened_is_not_down() -> None:
    async def use(store: Memory, counts: Counting) -> None:
        store.stop()
        assert await counts.look() == UNKNOWN
        store.wake()
        assert (await counts.look()).up

    counting(use)


def test_without_a_store_or_its_packages_nothing_is_told_and_nothing_opened() -> None:
    async def use(store: Memory, counts: Counting) -> None:
        assert await counts.look() == UNKNOWN
        assert store.calls == []

    counting(use, there=False)
    counting(use, installed=False)


def test_whoever_scrapes_while_the_end_comes_has_an_answer() -> None:
    async def use(store: Memory, counts: Counting) -> None:
        store.stop()
        async with asyncio.TaskGroup() as group:
            scrape = group.create_task(counts.look())
            await asyncio.sleep(PATIENCE / 2)
            await counts.close()
        assert scrape.result() == UNKNOWN

    counting(use)
