"""Mixed faults for a long time: what is held at the end is what was held at the start, and memory does not grow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import combinations
from random import Random
from time import perf_counter

from plait.testing import Drip, FaultProxy, Garbage, HalfOpen, Latency, Limit, Refuse, Reset, Slice, Stop, Truncate
from plait.testing.faults import Fault
from proof.client import Answered, Clients, connect, post
from proof.load import at_rate
from proof.replica import Act, Behaviour, replicas
from proof.row import Figures, Goal, Row, Run, quantile
from proof.serving import INSIDE, Served, serving

NAMES = ("a", "b", "c")
REPLICAS = 2
ASKING, LEAVING, MALFORMED, SLOW = 60.0, 20.0, 20.0, 1.0
"""Clients a second of each kind."""
SAMPLE = 1.0
WARM = 1 / 3
"""The share of the time that memory may take to find its level."""
WINDOWS = 10
"""The rest is cut into so many; of each the least counts, for a burst of large bodies says nothing of what is kept."""
_GRACE = 3.0
_PATIENCE = 20.0
_LOOK_AGAIN = 0.5
_LONGEST = 2.5

FAULTS: Sequence[Fault | None] = (
    None, None, Drip(50), Garbage(), Garbage(place="after"), Garbage(place="instead"), Garbage(place="after", later=0.01),
    HalfOpen(), Latency(0.05, jitter=0.05), Latency(2), Limit(200), Refuse(), Reset(), Reset(after=20), Slice(3, seed=1), Stop(),
    Truncate(20),
)  # fmt: skip

BAD = (
    b"GET / HTTP/1.1\r\n\r\n",
    b"POST /predict HTTP/1.1\nHost: a\n\n",
    b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n",
    b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{]}",
    b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
    b"GET /livez HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n",
)

CONFIG_GRAPHS = {
    "every": {"parallel": [*NAMES]},
    "some": {"parallel": [*NAMES], "require": "any", "timeout": "300ms"},
    "first": {"parallel": [*NAMES], "merge": "first"},
    "chain": {"sequence": ["a", {"fallback": ["b", "c"]}]},
}
FORMS = ("*/*", "application/vnd.plait+json", "text/event-stream", "application/x-ndjson")


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds of faults."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process held at a moment (seconds, megabytes)."""

    moment: float
    resident: float
    descriptors: int


class Soak:
    """Clients of every kind, faults that change, and what came of it.

    Args:
        served: The proxy.
        proxies: What stands before its predictors.
        run: The seed.
        seconds: For how long.
    """

    def __init__(self, served: Served, proxies: Sequence[FaultProxy], run: Run, seconds: float) -> None:
        self.served = served
        self.statuses: dict[int, int] = {}
        self.samples: list[Sample] = []
        self._proxies = proxies
        self._run = run
        self._seconds = seconds
        self._began = perf_counter()

    async def run(self) -> None:
        """Do all of it."""
        self._began = perf_counter()
        async with Clients(self.served.url) as clients, asyncio.TaskGroup() as group:
            self._clients = clients
            watching = group.create_task(self._watch())
            faults = [group.create_task(self._faults(proxy, number)) for number, proxy in enumerate(self._proxies)]
            async with asyncio.TaskGroup() as loads:
                for rate, kind in ((ASKING, self._ask), (LEAVING, self._leave), (MALFORMED, self._malformed), (SLOW, self._slow)):
                    loads.create_task(self._load(rate, kind))
            for task in (watching, *faults):
                task.cancel()
        for proxy in self._proxies:
            proxy.fault = None

    async def _load(self, rate: float, kind: Callable[[Random], Awaitable[None]]) -> None:
        draws = self._run.random(kind.__name__)
        await at_rate(rate, self._seconds, lambda _: kind(draws), self._run.random((kind.__name__, "pace")))

    async def _ask(self, draws: Random) -> None:
        request = self._request(draws)
        connection = await self._clients.connection()
        answer = connection.send(request)
        done, _ = await asyncio.wait((answer,), timeout=_LONGEST)  # streams end otherwise than by their length: their client leaves
        if done and answer.exception() is None:
            self._saw(answer.result())
            self._clients.keep(connection)
        else:
            connection.leave()

    async def _leave(self, draws: Random) -> None:
        connection = await self._clients.connection()
        connection.send(self._request(draws)).add_done_callback(_heard)
        await asyncio.sleep(draws.uniform(0, 0.1))
        connection.leave(reset=draws.random() < 0.5)

    async def _malformed(self, draws: Random) -> None:
        connection = await connect(self.served.url)
        answer = connection.send(draws.choice(BAD))
        done, _ = await asyncio.wait((answer,), timeout=_LONGEST)
        if done and answer.exception() is None:
            self._saw(answer.result())
        connection.leave()

    async def _slow(self, draws: Random) -> None:
        connection = await connect(self.served.url)
        request = self._request(draws)
        connection.send(request[:1]).add_done_callback(_heard)
        for byte in request[1:]:
            await asyncio.sleep(0.2)
            if connection.transport is None or perf_counter() > self._began + self._seconds:
                break
            connection.transport.write(bytes((byte,)))
        connection.leave()

    def _request(self, draws: Random) -> bytes:
        body = b'{"data":"%b"}' % (b"x" * draws.choice((10, 1000, 100_000)))
        fields = {"Accept": draws.choice(FORMS), "X-Request-Timeout": f"{draws.choice((20, 200, 2000))}ms"}
        return post(f"/predict/{draws.choice([*CONFIG_GRAPHS])}", body, **fields)

    async def _faults(self, proxy: FaultProxy, number: int) -> None:
        draws = self._run.random(("faults", number))
        while True:
            proxy.fault = draws.choice(FAULTS)
            await asyncio.sleep(draws.uniform(0.5, 3))

    async def _watch(self) -> None:
        while True:
            moment = perf_counter() - self._began
            self.samples.append(Sample(moment, self.served.resident(), self.served.descriptors()))
            self._run.progress(min(1.0, moment / self._seconds))
            await asyncio.sleep(SAMPLE)

    def _saw(self, answer: Answered) -> None:
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1


def _heard(answer: asyncio.Future[Answered]) -> None:
    if not answer.cancelled():
        answer.exception()  # whoever left does not mind how it ended


async def measure(scale: Scale, run: Run) -> Figures:
    """Soak a proxy, and compare what it holds at the end with what it held at the start."""
    async with AsyncExitStack() as stack:
        models = await stack.enter_async_context(replicas(len(NAMES) * REPLICAS, Act()))
        for number, model in enumerate(models):
            model.behaviour = varied(run.random(("predictor", number)))
        proxies = [await stack.enter_async_context(FaultProxy(model.url)) for model in models]
        served = await stack.enter_async_context(serving(config_of(proxies), run.folder))
        before = await at_rest(served, proxies, {})
        soak = Soak(served, proxies, run, scale.seconds)
        await soak.run()
        after = await at_rest(served, proxies, before)
    floor = lows([(sample.moment, sample.resident) for sample in soak.samples], scale.seconds)
    return {
        "memory slope": slope(floor) * 600,
        "descriptors more than before": after["descriptors"] - before["descriptors"],
        "tasks more than before": after["tasks"] - before["tasks"],
        "answers of 500": soak.statuses.get(500, 0),
        "minutes": scale.seconds / 60,
        "memory at the start, MB": soak.samples[0].resident,
        "memory, least in the first window, MB": floor[0][1],
        "memory, least in the last window, MB": floor[-1][1],
        "descriptors, most": max(sample.descriptors for sample in soak.samples),
        "descriptors, median": quantile([sample.descriptors for sample in soak.samples], 0.5),
        **{f"answers of {status}": count for status, count in sorted(soak.statuses.items()) if status != 500},
    }


def varied(draws: Random) -> Behaviour:
    """Answers well within 10 ms, and seldom not."""
    return lambda _: Act(draws.uniform(0, 0.01)) if draws.random() < 0.99 else Act(0.5)


def config_of(proxies: Sequence[FaultProxy]) -> dict[str, object]:
    """A file with everything on: replicas, retries, hedges, every form of waiting for parts."""
    urls = [proxy.url for proxy in proxies]
    predictors = {
        name: {"urls": urls[number * REPLICAS : (number + 1) * REPLICAS], "idempotent": True, "hedge": {"after": "p95"}}
        for number, name in enumerate(NAMES)
    }
    return {"predictors": predictors, "graphs": {**CONFIG_GRAPHS, "inside": INSIDE}}


async def at_rest(served: Served, proxies: Sequence[FaultProxy], before: Mapping[str, int]) -> dict[str, int]:
    """What is held when nobody asks, once the predictors have closed what was kept for them.

    Whatever still ends may take its time, until no more is held than `before`.
    """
    async with Clients(served.url) as clients:
        for graph in CONFIG_GRAPHS:
            await clients.ask(post(f"/predict/{graph}"))
    for proxy in proxies:
        await proxy.__aexit__(None, None, None)
    await asyncio.sleep(_GRACE)
    give_up = perf_counter() + _PATIENCE
    state = await served.inside()
    while any(state[name] > before.get(name, state[name]) for name in ("tasks", "descriptors")) and perf_counter() < give_up:
        await asyncio.sleep(_LOOK_AGAIN)
        state = await served.inside()
    for proxy in proxies:
        await proxy.__aenter__()
    return state


def lows(points: Sequence[tuple[float, float]], end: float) -> list[tuple[float, float]]:
    """Of each window of the time after the warming up the point that is least."""
    begin = end * WARM
    width = (end - begin) / WINDOWS
    windows: dict[int, tuple[float, float]] = {}
    for point in points:
        if point[0] >= begin:
            window = min(int((point[0] - begin) / width), WINDOWS - 1)
            windows[window] = min(windows.get(window, point), point, key=lambda each: each[1])
    return [windows[window] for window in sorted(windows)]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """By how much the second grows with each of the first: the median over all pairs, so that a moment's peak counts for little.

    The estimator of Theil ("A rank-invariant method of linear and polynomial regression analysis", 1950) and Sen (1968).
    """
    return quantile([(later[1] - sooner[1]) / (later[0] - sooner[0]) for sooner, later in combinations(points, 2)], 0.5)


ROW = Row(
    name="soak",
    promise="soak, 30 min of mixed faults",
    elsewhere="not known",
    goal="memory slope under 1 MB per 10 min; descriptors, tasks and connections back at the start",
    how="Three predictors of two replicas, each behind a fault proxy whose fault changes by the seed every 0.5 to 3 s. Each "
    "second 60 requests of every form to four graphs, 20 clients who leave, 20 malformed requests, and one that drips. "
    "The slope is that of the resident memory in the last two thirds: of the least in each of ten windows, the median over all "
    "pairs. At rest, before "
    "and after, the predictors close what was kept for them; then the worker's descriptors, of which its connections are "
    "some, and its tasks are counted.",
    goals=(
        Goal("memory slope", 1, "MB per 10 min", short=400),
        Goal("descriptors more than before", 0),
        Goal("tasks more than before", 0),
        Goal("answers of 500", 0),
    ),
    measure=measure,
    full=Scale(30 * 60),
    short=Scale(60),
)
