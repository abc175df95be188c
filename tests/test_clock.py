"""The wheel: never early, at most a bucket late, and nobody's failure is another's."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

from plait.clock import BUCKET, Clock
from plait.testing import run_virtual


class Noted:
    """Remembers when it expired."""

    def __init__(self, clock: Clock, error: Exception | None = None) -> None:
        self.clock = clock
        self.error = error
        self.moments: list[float] = []

    def expire(self) -> None:
        self.moments.append(self.clock.now())
        if self.error is not None:
            raise self.error


def virtual() -> Clock:
    loop = asyncio.get_running_loop()
    return Clock(loop, loop.time)


def on_time(moment: float, noted: Noted) -> bool:
    return len(noted.moments) == 1 and moment <= noted.moments[0] <= moment + BUCKET + 1e-6


def run(main: Coroutine[Any, Any, None]) -> None:
    run_virtual(main)


def test_an_entry_expires_once_never_early_and_at_most_a_bucket_late() -> None:
    async def main() -> None:
        clock, draw = virtual(), random.Random(3)
        entries = [(draw.random() * 10, Noted(clock)) for _ in range(500)]
        for moment, noted in entries:
            clock.at(moment, noted)
        await asyncio.sleep(11)
        assert all(on_time(moment, noted) for moment, noted in entries)

    run(main())


def test_an_earlier_moment_may_come_after_a_later_one() -> None:
    async def main() -> None:
        clock = virtual()
        late, early = Noted(clock), Noted(clock)
        clock.at(5.0, late)
        clock.at(1.0, early)
        await asyncio.sleep(2)
        assert on_time(1.0, early)
        assert not late.moments
        await asyncio.sleep(4)
        assert on_time(5.0, late)

    run(main())


def test_a_moment_that_has_passed_expires_soon() -> None:
    async def main() -> None:
        clock = virtual()
        await asyncio.sleep(1)
        noted = Noted(clock)
        clock.at(0.5, noted)
        assert not noted.moments
        await asyncio.sleep(BUCKET)
        assert len(noted.moments) == 1

    run(main())


def test_an_entry_may_wait_again_when_it_expires() -> None:
    class Twice(Noted):
        def expire(self) -> None:
            super().expire()
            if len(self.moments) < 3:
                self.clock.at(self.clock.now() + 1, self)

    async def main() -> None:
        clock = virtual()
        twice = Twice(clock)
        clock.at(1.0, twice)
        await asyncio.sleep(10)
        assert [round(moment) for moment in twice.moments] == [1, 2, 3]

    run(main())


def test_an_entry_that_fails_takes_nobodys_deadline_with_it() -> None:
    async def main() -> None:
        told: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        clock = virtual()
        bad, same, later = Noted(clock, ValueError("bad")), Noted(clock), Noted(clock)
        clock.at(1.0, bad)
        clock.at(1.0, same)
        clock.at(2.0, later)
        await asyncio.sleep(3)
        assert on_time(1.0, same)
        assert on_time(2.0, later)
        assert [context["exception"] for context in told] == [bad.error]

    run(main())


def test_a_closed_clock_forgets_what_waits() -> None:
    async def main() -> None:
        clock = virtual()
        noted = Noted(clock)
        clock.at(1.0, noted)
        clock.close()
        await asyncio.sleep(2)
        assert not noted.moments

    run(main())


async def test_on_the_real_loop_an_entry_is_never_early_either() -> None:
    clock = Clock(asyncio.get_running_loop())
    done = asyncio.Event()

    class Last(Noted):
        def expire(self) -> None:
            super().expire()
            done.set()

    last = Last(clock)
    moment = clock.now() + 0.0123
    clock.at(moment, last)
    async with asyncio.timeout(5):
        await done.wait()
    assert last.moments[0] >= moment
