"""Five times what a predictor can do: it goes on doing all it can, and the rest is refused at once."""

from __future__ import annotations

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass
from time import perf_counter

from plait.testing import RawServer
from plait.testing.server import ok, read_request
from proof.client import Clients, post
from proof.load import Sample, at_rate
from proof.row import Figures, Goal, Row, Run, quantile
from proof.serving import serving

LIMIT = 8
WORK = 0.05
CAPACITY = LIMIT / WORK
TIMES = 5
DEADLINE = 0.5
_TRANSIT = 0.01
"""Seconds that a request may take to the predictor's own notice."""
_NUMBER = re.compile(rb'\{"n": ?(\d+)\}$')


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds of overload, and of it those at the beginning that are not counted."""

    seconds: float
    learning: float


class Limited(RawServer):
    """A predictor that does so many things at a time, each for so many seconds; all others wait in it, in order."""

    def __init__(self, limit: int = LIMIT, work: float = WORK) -> None:
        super().__init__(self._converse)
        self._permits = asyncio.Semaphore(limit)
        self._work = work
        self.came: dict[int, float] = {}

    async def _converse(self, reader: StreamReader, writer: StreamWriter) -> None:
        while True:
            found = _NUMBER.search(await read_request(reader))
            self.came[int(found[1]) if found else -1] = perf_counter()
            async with self._permits:
                await asyncio.sleep(self._work)
            writer.write(ok())


async def measure(scale: Scale, run: Run) -> Figures:
    """Ask five times as much as there is room for; each request has half a second."""
    samples: dict[int, Sample] = {}

    async def one(number: int) -> None:
        began = perf_counter()
        request = post(body=b'{"n":%d}' % number, X_Request_Timeout=f"{DEADLINE * 1000:.0f}ms")
        status = (await clients.ask(request)).status
        samples[number] = Sample(began, perf_counter() - began, status)
        run.progress(min(1.0, len(samples) / (CAPACITY * TIMES * scale.seconds)))

    async with Limited() as model:
        config = {"predictors": {"model": {"url": model.url, "timeout": "2s"}}, "graphs": {"predict": {"predict": "model"}}}
        async with serving(config, run.folder) as served, Clients(served.url) as clients:
            began = perf_counter() + scale.learning
            await at_rate(CAPACITY * TIMES, scale.seconds, one, run.random())
    counted = [sample for sample in samples.values() if sample.began >= began]
    good = [sample for sample in counted if sample.status == 200]
    refused = [sample.seconds * 1000 for sample in counted if sample.status == 503]
    late = sum(came > samples[number].began + DEADLINE + _TRANSIT for number, came in model.came.items())
    return {
        "goodput": len(good) / (CAPACITY * (scale.seconds - scale.learning)) * 100,
        "refused in, p99": quantile(refused, 0.99),
        "calls begun after the deadline": late,
        "refused in, median of ms": quantile(refused, 0.5),
        "good answers in, median of ms": quantile([sample.seconds * 1000 for sample in good], 0.5),
        "requests": len(counted),
        "refused (503)": len(refused),
        "too late (504)": sum(sample.status == 504 for sample in counted),
    }


ROW = Row(
    name="overload",
    promise="5 times overload of a predictor with a true limit of 8",
    elsewhere="plateau",
    goal="goodput 90 %, rejects under 10 ms, no call begun after its client's deadline",
    how="A predictor that does eight calls at a time, each in 50 ms, and lets all others wait: 160 a second. 800 requests a "
    "second, each with 500 ms; nothing is configured. Goodput is good answers within the deadline, of what the predictor "
    "can do.",
    goals=(
        Goal("goodput", 90, "%", at_least=True, short=50),
        Goal("refused in, p99", 10, "ms", short=200),
        Goal("calls begun after the deadline", 0),
    ),
    measure=measure,
    full=Scale(30, 5),
    short=Scale(4, 2),
)
