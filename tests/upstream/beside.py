"""Urgent calls beside a backlog of jobs, on virtual time: the real upstream, at a predictor that does so many things at once."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass, field

from plait.clock import Clock
from plait.errors import PlaitError
from plait.http1.connection import Exchange
from plait.http1.renewed import Trust
from plait.spec.predictor import Predictor, PredictorDefaults
from plait.testing import run_virtual
from plait.types import JOB, SYNC, Header, Message, Run
from plait.upstream import build
from plait.upstream.call import Call
from plait.upstream.upstream import Upstream
from tests.upstream.loads import TIMES

_JSON = Header({b"content-type": b"application/json"})


@dataclass(frozen=True)
class Beside:
    """A predictor, what is asked of it, and how long that is looked at.

    Args:
        slots: Calls that it works on at once.
        mean: Seconds that one takes.
        times: A name in `TIMES`.
        rate: Urgent calls a second.
        jobs: Jobs at once, each of which asks again when it was answered.
        heavier: How many times longer calls of jobs take.
        limit: What the file says.
        learning: Seconds at the beginning that are not counted.
        seconds: Those that are.
    """

    slots: int
    mean: float
    times: str = "even"
    rate: float = 50.0
    jobs: int = 32
    heavier: float = 1.0
    limit: int | None = None
    learning: float = 20.0
    seconds: float = 60.0


@dataclass
class Seen:
    """Seconds of urgent calls, the moments at which jobs were answered, and what failed."""

    urgent: list[float] = field(default_factory=list)
    jobs: int = 0
    failed: list[PlaitError] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        return sorted(self.urgent)[int(len(self.urgent) * share)]


class Model:
    """In the place of an `Endpoint`: works on so many calls at once, the others queue."""

    open = waiting = 0

    def __init__(self, load: Beside, seed: int) -> None:
        self._load = load
        self._free = load.slots
        self._queue: deque[Exchange] = deque()
        self._left: set[Exchange] = set()
        self._random = random.Random(f"{seed}/times")

    def send(self, exchange: Exchange) -> None:
        self._left.discard(exchange)
        if self._free:
            self._begin(exchange)
        else:
            self._queue.append(exchange)

    def drop(self, exchange: Exchange) -> None:
        """It goes on with it, as most do."""
        self._left.add(exchange)

    def retire(self) -> None: ...

    async def close(self) -> None: ...

    def _begin(self, exchange: Exchange) -> None:
        self._free -= 1
        assert isinstance(exchange, Call)
        heavier = self._load.heavier if exchange.run.priority == JOB else 1.0
        seconds = self._load.mean * heavier * TIMES[self._load.times](self._random)
        asyncio.get_running_loop().call_later(seconds, self._end, exchange)

    def _end(self, exchange: Exchange) -> None:
        self._free += 1
        if self._queue:
            self._begin(self._queue.popleft())
        if exchange not in self._left:
            exchange.answered(200, _JSON, b"1")


class World:
    """Who asks."""

    def __init__(self, load: Beside, seed: int, upstream: Upstream, clock: Clock) -> None:
        self.seen = Seen()
        self._load = load
        self._upstream = upstream
        self._clock = clock
        self._random = random.Random(f"{seed}/arrivals")
        self._over = False
        self._asked: dict[Run, float] = {}

    async def run(self) -> Seen:
        """Let it all happen."""
        load = self._load
        for _ in range(load.jobs):
            self._ask(JOB, 600.0)
        end = load.learning + load.seconds
        while (left := end - self._clock.now()) > 0:
            pause = self._random.expovariate(load.rate)
            await asyncio.sleep(min(pause, left))
            if pause < left:
                self._ask(SYNC, 5.0)
        self._over = True
        return self.seen

    def ended(self, outcome: Call, message: Message | None, error: PlaitError | None) -> None:
        now, run = self._clock.now(), outcome.run
        asked = self._asked.pop(run)
        if error is not None:
            self.seen.failed.append(error)
        elif asked > self._load.learning:
            if run.priority == JOB:
                self.seen.jobs += 1
            else:
                self.seen.urgent.append(now - asked)
        if run.priority == JOB and not self._over:
            asyncio.get_running_loop().call_soon(self._ask, JOB, 600.0)

    def _ask(self, priority: int, seconds: float) -> None:
        now = self._clock.now()
        run = Run(Message(b"{}"), self._clock)
        run.priority = priority
        self._asked[run] = now
        self._upstream.ask(run.message, run, now, now + seconds, self)


def run(load: Beside, seed: int = 1) -> Seen:
    """Simulate it."""

    async def whole() -> Seen:
        loop = asyncio.get_running_loop()
        clock = Clock(loop, loop.time)
        limit = {} if load.limit is None else {"limit": {"in_flight": load.limit}}
        predictor = Predictor(url="http://10.0.0.1:1", timeout="5s", **limit)
        upstream = build.upstream("model", predictor, PredictorDefaults(), clock, Trust())
        upstream.fleet.replicas[0].endpoint.endpoint = Model(load, seed)  # type: ignore[assignment] # as much of one as is used
        seen = await World(load, seed, upstream, clock).run()
        await upstream.close()
        clock.close()
        return seen

    return run_virtual(whole())
