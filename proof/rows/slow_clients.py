"""Clients that send nothing, or drip, are closed in time, and cost the others nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urlsplit

from proof.client import Clients, Connection, post
from proof.load import at_rate
from proof.row import Figures, Goal, Row, Run, quantile
from proof.serving import Served, serving

RATE = 200.0
"""Good requests a second."""
HEAD = b"POST /predict HTTP/1.1\r\nHost: proof\r\nContent-Type: application/json\r\n"
FIELDS = b"X-Slow: " + b"x" * 1000
BODY = HEAD + b"Content-Length: 1000\r\n\r\n"
_MARGIN = 2.0

Bytes = Callable[[int], bytes]
"""What is sent at a second, counted from 0."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to be slow, and when it is closed (seconds)."""

    sends: Bytes
    closed: float


KINDS = {
    "no byte": Kind(lambda _: b"", 10),
    "header drip": Kind(lambda second: HEAD if second == 0 else FIELDS[second - 1 : second], 10),
    "body drip": Kind(lambda second: BODY if second == 0 else b"x", 20),
}


@dataclass(frozen=True, slots=True)
class Scale:
    """Slow clients of each kind, and seconds for which good ones are measured without them."""

    clients: int
    quiet: float


async def measure(scale: Scale, run: Run) -> Figures:
    """Measure good clients alone, then beside slow ones of each kind."""
    lasted: dict[str, list[float]] = {}
    async with serving({"graphs": {"predict": {"transform": {"a": 1}}}}, run.folder) as served, Clients(served.url) as clients:
        await good(clients, 1, run)
        alone = await good(clients, scale.quiet, run)
        run.progress(0.2)
        beside: dict[str, list[float]] = {}
        for number, (name, kind) in enumerate(KINDS.items()):
            async with asyncio.TaskGroup() as group:
                slow = group.create_task(slow_ones(served, kind, scale.clients))
                measured = group.create_task(good(clients, kind.closed, run))
            lasted[name], beside[name] = slow.result(), measured.result()
            run.progress(0.2 + 0.8 * (number + 1) / len(KINDS))
    return {
        "closed off the time, by at most": max(abs(seconds - KINDS[name].closed) for name, each in lasted.items() for seconds in each),
        "good clients' p99, times that without slow ones": max(quantile(each, 0.99) for each in beside.values()) / quantile(alone, 0.99),
        **{f"{name}, closed after": quantile(each, 0.5) for name, each in lasted.items()},
        "good clients alone, p99 in ms": quantile(alone, 0.99) * 1000,
        **{f"good clients beside {name}, p99 in ms": quantile(each, 0.99) * 1000 for name, each in beside.items()},
    }


async def good(clients: Clients, seconds: float, run: Run) -> list[float]:
    """How long good requests take, in seconds."""
    taken: list[float] = []

    async def one(_: int) -> None:
        answer = await clients.ask(post())
        taken.append(answer.seconds if answer.status == 200 else float("inf"))

    await at_rate(RATE, seconds, one, run.random(seconds))
    return taken


async def slow_ones(served: Served, kind: Kind, count: int) -> list[float]:
    """After how many seconds each of so many slow clients was closed."""
    address = urlsplit(served.url)
    loop = asyncio.get_running_loop()
    seconds: list[float] = []

    async def one(number: int) -> None:
        await asyncio.sleep(number / count)
        _, connection = await loop.create_connection(Connection, address.hostname, address.port)
        began = perf_counter()
        drip = loop.create_task(dripping(connection, kind.sends))
        try:
            async with asyncio.timeout(kind.closed + _MARGIN):
                seconds.append(await connection.gone() - began)
        except TimeoutError:
            seconds.append(float("inf"))
        finally:
            drip.cancel()
            await asyncio.wait((drip,))

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(one(number))
    return seconds


async def dripping(connection: Connection, sends: Bytes) -> None:
    """Send a little every second, for as long as the connection stands."""
    second = 0
    while connection.transport is not None:
        connection.transport.write(sends(second))
        second += 1
        await asyncio.sleep(1)


ROW = Row(
    name="slow-clients",
    promise="slow clients: no byte, header drip, body drip, 1,000 at a time",
    elsewhere="never closed by any Python server",
    goal="closed at 10 s, 10 s, 20 s; good clients' p99 doubles at most",
    how="1,000 clients within a second, of one kind after the other: they send nothing, or a byte a second of a header field or of a body. "
    "Beside them, and before them alone, 200 good requests a second.",
    goals=(
        Goal("closed off the time, by at most", 1.2, "s", short=2),
        Goal("good clients' p99, times that without slow ones", 2, short=20),
    ),
    measure=measure,
    full=Scale(1000, 10),
    short=Scale(100, 2),
)
