"""Loads: requests at a rate, whatever becomes of those before; or so many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from time import perf_counter

One = Callable[[int], Awaitable[None]]
"""Makes the request of a number, from 0."""


async def at_rate(rate: float, seconds: float, one: One, draws: Random) -> int:
    """Begin so many a second on average, at random moments, and wait for the last to end; how many there were."""
    number, due = 0, perf_counter()
    end = due + seconds
    async with asyncio.TaskGroup() as group:
        while due < end:
            wait = due - perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            group.create_task(_run(one, number))
            number += 1
            due += draws.expovariate(rate)
    return number


async def at_once(width: int, count: int, one: One) -> None:
    """So many in all, each beginning when one of `width` before has ended."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await one(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(width, count)):
            group.create_task(worker())


async def _run(one: One, number: int) -> None:
    await one(number)
