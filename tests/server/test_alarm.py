"""A moment that is moved often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from plait.clock import BUCKET, Clock
from plait.server.alarm import Alarm
from plait.testing import run_virtual


class Counting(Clock):
    """A clock that counts its entries."""

    entries = 0

    def at(self, moment: float, entry: Any) -> None:
        self.entries += 1
        super().at(moment, entry)


def rings(main: Callable[[Alarm, Counting], Coroutine[Any, Any, None]]) -> list[float]:
    """The moments at which an alarm rang, rounded to a bucket."""
    rang: list[float] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        clock = Counting(loop, loop.time)
        await main(Alarm(clock, lambda: rang.append(clock.now())), clock)

    run_virtual(run())
    return [round(moment - BUCKET / 2, 2) for moment in rang]


def test_it_rings_once() -> None:
    async def main(alarm: Alarm, clock: Counting) -> None:
        alarm.set(1)
        await asyncio.sleep(10)

    assert rings(main) == [1.0]


def test_it_rings_at_the_moment_that_it_was_moved_to() -> None:
    async def later(alarm: Alarm, clock: Counting) -> None:
        alarm.set(1)
        alarm.set(5)
        await asyncio.sleep(10)

    async def nearer(alarm: Alarm, clock: Counting) -> None:
        alarm.set(5)
        alarm.set(1)
        await asyncio.sleep(10)

    assert rings(later) == [5.0]
    assert rings(nearer) == [1.0]


def test_it_is_silent_once_it_was_stopped_or_dropped() -> None:
    async def stopped(alarm: Alarm, clock: Counting) -> None:
        alarm.set(1)
        alarm.stop()
        await asyncio.sleep(10)
        alarm.set(1)
        alarm.drop()
        await asyncio.sleep(10)

    assert rings(stopped) == []


def test_it_rings_again_when_it_was_set_again() -> None:
    async def main(alarm: Alarm, clock: Counting) -> None:
        alarm.set(1)
        await asyncio.sleep(2)
        alarm.set(1)
        alarm.stop()
        alarm.set(2)
        await asyncio.sleep(10)

    assert rings(main) == [1.0, 4.0]


def test_moved_to_and_fro_for_an_hour_it_leaves_few_entries() -> None:
    async def main(alarm: Alarm, clock: Counting) -> None:
        for _ in range(3600):
            alarm.set(75)
            await asyncio.sleep(0.5)
            alarm.set(10)
            await asyncio.sleep(0.5)
        assert clock.entries < 3600 / 10 * 3
        clock.entries = 0
        alarm.stop()
        await asyncio.sleep(200)
        assert clock.entries <= 1

    assert rings(main) == []
