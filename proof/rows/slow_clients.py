"""Clients that send nothing, or drip, are closed in time, and cost the others nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from proof.client import Clients, Connection, connect, post
from proof.load import at_rate
from proof.row import Figures, Goal, Row, Run, quantile
from proof.serving import Served, serving

DEADLINE = 10.0
"""Seconds that a header, and a body, may take with no configuration."""
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
    """A way to be slow, and how many times the deadline it may last."""

    sends: Bytes
    times: float


KINDS = {
    "no byte": Kind(lambda _: b"", 1),
    "header drip": Kind(lambda second: HEAD if second == 0 else FIELDS[second - 1 : second], 1),
    "body drip": Kind(lambda second: BODY if second == 0 else b"x", 2),
}


@dataclass(frozen=True, slots=True)
class Scale:
    """How slow it gets.

    Args:
        clients: Of each kind.
        quiet: Seconds for which good clients are measured without slow ones.
        groups: Which kinds come together.
        deadline: Seconds for a header, and for a body; None for what holds with no configuration.
    """

    clients: int
    quiet: float
    groups: Sequence[Sequence[str]]
    deadline: float | None = None

    def closed(self, name: str) -> float:
        """Seconds after which a kind is closed."""
        return (self.deadline or DEADLINE) * KINDS[name].times

    def config(self) -> dict[str, object]:
        """A file without predictors."""
        graphs: dict[str, object] = {"graphs": {"predict": {"transform": {"a": 1}}}}
        if self.deadline is None:
            return graphs
        text = f"{self.deadline}s"
        return {**graphs, "server": {"limits": {"header_timeout": text, "body_timeout": text}}}


async def measure(scale: Scale, run: Run) -> Figures:
    """Measure good clients alone, then beside slow ones of each kind."""
    lasted: dict[str, list[float]] = {}
    async with serving(scale.config(), run.folder) as served, Clients(served.url) as clients:
        await good(clients, 1, run)
        alone = await good(clients, scale.quiet, run)
        run.progress(0.2)
        beside: dict[str, list[float]] = {}
        for number, names in enumerate(scale.groups):
            async with asyncio.TaskGroup() as group:
                slow = {
                    name: group.create_task(slow_ones(served, KINDS[name].sends, scale.clients, scale.closed(name)))
                    for name in names
                }
                measured = group.create_task(good(clients, max(map(scale.closed, names)), run))
            lasted |= {name: task.result() for name, task in slow.items()}
            beside[" and ".join(names)] = measured.result()
            run.progress(0.2 + 0.8 * (number + 1) / len(scale.groups))
    return {
        "closed off the time, by at most": max(
            abs(seconds - scale.closed(name)) for name, each in lasted.items() for seconds in each
        ),
        "good clients' p99, times that without slow ones": max(quantile(each, 0.99) for each in beside.values())
        / quantile(alone, 0.99),
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


async def slow_ones(served: Served, sends: Bytes, count: int, closed: float) -> list[float]:
    """After how many seconds each of so many slow clients was closed."""
    loop = asyncio.get_running_loop()
    seconds: list[float] = []

    async def one(number: int) -> None:
        await asyncio.sleep(number / count)
        connection = await connect(served.url)
        began = perf_counter()
        drip = loop.create_task(dripping(connection, sends))
        try:
            async with asyncio.timeout(closed + _MARGIN):
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
    how="1,000 clients within a second, of one kind after the other: they send nothing, or a byte a second of a header field "
    "or of a body. Beside them, and before them alone, 200 good requests a second.",
    goals=(
        Goal("closed off the time, by at most", 1.2, "s", short=2),
        Goal("good clients' p99, times that without slow ones", 2, short=20),
    ),
    measure=measure,
    full=Scale(1000, 10, [(name,) for name in KINDS]),
    short=Scale(100, 2, [tuple(KINDS)], deadline=1.5),
)
