"""Loads: requests at a rate, whatever becomes of those before; or so many at a time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from time import perf_counter
from typing import NamedTuple

from proof.client import Clients

One = Callable[[int], Awaitable[None]]
"""Makes the request of a number, from 0."""


async def at_rate(rate: float, seconds: float, one: One, draws: Random, *, most: float = math.inf) -> int:
    """Begin so many a second on average, at random moments, and wait for the last to end; how many there were, at most `most`."""
    number, due = 0, perf_counter()
    end = due + seconds
    async with asyncio.TaskGroup() as group:
        while due < end and number < most:
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


async def own_lag(every: float, seconds: list[float]) -> None:
    """Note by how much this loop is late, again and again: no figure is better than the clock that it is taken with."""
    while True:
        due = perf_counter() + every
        await asyncio.sleep(every)
        seconds.append(max(0.0, perf_counter() - due))


class Sample(NamedTuple):
    """A request: when it began, how long it took, and its status; 0 if the connection broke."""

    began: float
    seconds: float
    status: int


async def sampled(clients: Clients, rate: float, seconds: float, draws: Random, request: bytes) -> list[Sample]:
    """The same request, so many times a second."""
    samples: list[Sample] = []

    async def one(_: int) -> None:
        began = perf_counter()
        try:
            status = (await clients.ask(request)).status
        except OSError:
            status = 0
        samples.append(Sample(began, perf_counter() - began, status))

    await at_rate(rate, seconds, one, draws)
    return samples


def failed(samples: Sequence[Sample]) -> float:
    """Which share of them has no good answer; NaN of none."""
    return sum(sample.status != 200 for sample in samples) / len(samples) if samples else math.nan
