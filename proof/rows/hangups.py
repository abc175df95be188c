"""When a client hangs up, every call made for it stops."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

from plait.testing import RawServer
from plait.testing.server import read_request
from proof.client import Clients, post
from proof.load import at_once
from proof.row import Figures, Goal, Row, Run, quantile
from proof.serving import serving

BRANCHES = ("a", "b", "c")
WIDTH = 16
_PATIENCE = 5.0
_NUMBER = re.compile(rb'\{"n": ?(\d+)\}$')


@dataclass(frozen=True, slots=True)
class Scale:
    hangups: int


class Silent(RawServer):
    """A predictor that never answers, and knows when each of its calls ended."""

    def __init__(self) -> None:
        super().__init__(self._converse)
        self._asked: dict[int, asyncio.Event] = {}
        self._ended: dict[int, asyncio.Future[float]] = {}

    def expect(self, number: int) -> None:
        """A request of this number will come."""
        self._asked[number] = asyncio.Event()
        self._ended[number] = asyncio.get_running_loop().create_future()

    async def asked(self, number: int) -> None:
        """Wait until it has come."""
        await self._asked[number].wait()

    async def ended(self, number: int) -> float:
        """The moment at which it was stopped."""
        return await self._ended[number]

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:  # noqa: ARG002 - it never answers
        found = _NUMBER.search(await read_request(reader))
        number = int(found[1]) if found else -1
        self._asked[number].set()
        try:
            await reader.read()
        finally:
            if not self._ended[number].done():
                self._ended[number].set_result(perf_counter())


async def measure(scale: Scale, run: Run) -> Figures:
    """Hang up on fan-outs of three, and note when the last byte of hope was gone at each predictor."""
    seconds: list[float] = []
    lost = 0
    async with Silent() as a, Silent() as b, Silent() as c:
        models: Mapping[str, Silent] = dict(zip(BRANCHES, (a, b, c), strict=True))
        draws = run.random()

        async def one(number: int) -> None:
            nonlocal lost
            kind, hold, reset = draws.choice(("plain", "stream")), draws.uniform(0, 0.02), draws.random() < 0.5
            for model in models.values():
                model.expect(number)
            connection = await clients.connection()
            fields = {"Accept": "text/event-stream"} if kind == "stream" else {}
            connection.send(post(body=b'{"n":%d}' % number, **fields))
            for model in models.values():
                await model.asked(number)
            await asyncio.sleep(hold)
            left = perf_counter()
            connection.leave(reset=reset)
            for model in models.values():
                try:
                    async with asyncio.timeout(_PATIENCE):
                        seconds.append(await model.ended(number) - left)
                except TimeoutError:
                    lost += 1
            run.progress((number + 1) / scale.hangups)

        config = {
            "defaults": {"predictor": {"timeout": "30s"}, "graph": {"timeout": "60s"}},
            "predictors": {name: {"url": model.url} for name, model in models.items()},
            "graphs": {"predict": {"parallel": [*BRANCHES]}},
        }
        async with serving(config, run.folder) as served, Clients(served.url) as clients:
            await at_once(WIDTH, scale.hangups, one)
    return {
        "stopped after, p99": quantile(seconds, 0.99) * 1000,
        "calls not stopped": lost,
        "calls stopped": len(seconds),
        "stopped after, median": quantile(seconds, 0.5) * 1000,
        "stopped after, longest": max(seconds, default=0) * 1000,
    }


ROW = Row(
    name="hangups",
    promise="client hangs up: upstream calls stopped",
    elsewhere="immediate (Envoy); never (Python servers)",
    goal="100 ms, p99, all branches",
    how="A fan-out of three predictors that never answer. 16 clients at a time hang up 0 to 20 ms after all three were asked, "
    "half by closing, half by a reset, half of them readers of a stream. Each predictor notes when its connection ended, "
    "in ms after that.",
    goals=(
        Goal("stopped after, p99", 100, "ms", short=1000),
        Goal("calls not stopped", 0),
        Goal("calls stopped", 6000, at_least=True, short=300),
    ),
    measure=measure,
    full=Scale(2000),
    short=Scale(100),
)
