"""A small discrete-event simulation: servers that behave as told, and callers that use the policies as an upstream does."""

from __future__ import annotations

import heapq
import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from plait.upstream.balance import Replica, p2c
from plait.upstream.budget import Budget
from plait.upstream.fleet import Fleet
from plait.upstream.hedge import Hedge
from plait.upstream.limit import Limit
from plait.upstream.line import Line
from plait.upstream.retry import NEVER_SENT, REPEATABLE, Reason, Retry


class Done(Protocol):
    """Told the reason of the failure, if it is one, and whether the answer says that retries were decided on already."""

    def __call__(self, reason: Reason | None, *, final: bool = False) -> None: ...


Behaviour = Callable[[float, random.Random], tuple[float, "Reason | None"]]


class World:
    """Time that jumps from event to event."""

    def __init__(self, seed: int) -> None:
        self.now = 0.0
        self.random = random.Random(seed)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (self.now + seconds, self._count, event))

    def arrive(self, rate: float, until: float, event: Callable[[], None]) -> None:
        """Poisson arrivals."""

        def one() -> None:
            if self.now < until:
                event()
                self.after(self.random.expovariate(rate), one)

        self.after(self.random.expovariate(rate), one)

    def run(self) -> None:
        while self._events:
            self.now, _, event = heapq.heappop(self._events)
            event()


class Server:
    """Works on as many calls as it has slots; the others queue, or are refused where it refuses."""

    def __init__(self, world: World, behave: Behaviour, slots: int = 1_000_000, *, refuses: bool = False) -> None:
        self.world, self.behave, self.free, self.refuses = world, behave, slots, refuses
        self.queue: deque[Done] = deque()
        self.asked = 0
        self.at: list[float] = []

    def ask(self, done: Done) -> None:
        self.asked += 1
        self.at.append(self.world.now)
        if self.free:
            self._begin(done)
        elif self.refuses:
            self.world.after(0.0005, lambda: done(503))
        else:
            self.queue.append(done)

    def _begin(self, done: Done) -> None:
        self.free -= 1
        seconds, reason = self.behave(self.world.now, self.world.random)

        def end() -> None:
            self.free += 1
            if self.queue:
                self._begin(self.queue.popleft())
            done(reason)

        self.world.after(seconds, end)


class Batcher:
    """Works on all that wait at once, up to so many, as inference servers on a GPU do."""

    def __init__(self, world: World, behave: Behaviour, size: int) -> None:
        self.world, self.behave, self.size = world, behave, size
        self.queue: deque[Done] = deque()
        self.busy = False

    def ask(self, done: Done) -> None:
        self.queue.append(done)
        if not self.busy:
            self._begin()

    def _begin(self) -> None:
        self.busy = True
        batch = [self.queue.popleft() for _ in range(min(self.size, len(self.queue)))]
        seconds, reason = self.behave(self.world.now, self.world.random)

        def end() -> None:
            self.busy = False
            if self.queue:
                self._begin()
            for done in batch:
                done(reason)

        self.world.after(seconds, end)


def steady(mean: float, spread: float = 0.2) -> Behaviour:
    return lambda _now, chance: (mean * chance.uniform(1 - spread, 1 + spread), None)


def failing(seconds: float, reason: Reason = 503) -> Behaviour:
    return lambda _now, _chance: (seconds, reason)


@dataclass
class Seen:
    """What the callers saw."""

    outcomes: Counter[str] = field(default_factory=Counter)
    ended: list[tuple[float, float, str]] = field(default_factory=list)
    attempts: Counter[str] = field(default_factory=Counter)
    late: int = 0
    slowest_refusal: float = 0.0

    def quantile(self, share: float) -> float:
        times = sorted(seconds for _, seconds, _ in self.ended)
        return times[int(len(times) * share)]

    def good_after(self, moment: float) -> float:
        outcomes = [outcome for ended, seconds, outcome in self.ended if ended - seconds >= moment]
        return outcomes.count("ok") / len(outcomes)


class Predictor:
    """An upstream in miniature: what the real one does with the policies, on simulated time."""

    def __init__(
        self,
        world: World,
        servers: Sequence[Server | Batcher],
        *,
        timeout: float = 1.0,
        retry: Retry | None = None,
        hedge: bool = False,
        limit: Limit | None = None,
    ) -> None:
        self.world, self.timeout = world, timeout
        self.retry = retry or Retry(on=REPEATABLE)
        self.budget = Budget(0.0)
        self.fleet: Fleet[Server | Batcher] = Fleet(p2c, world.random.random, self.budget, timeout)
        self.limit = limit or Limit(0.0, 1_000_000, fixed=True)
        self.line: Line[Call] = Line()
        self.hedge = Hedge(0.0) if hedge else None
        self.seen = Seen()
        self.took = 0.05
        for server in servers:
            self.fleet.add(server, 0.0)

    def call(self, done: Done | None = None) -> None:
        call = Call(self, done)
        self.budget.call(self.world.now)
        if self.limit.take():
            call.begin()
        elif not self.line.enter(call, self.timeout, call.deadline, self.took, self.limit.limit):
            call.end("refused", 503)

    def permit(self) -> None:
        """A permit has come back."""
        while self.line and self.limit.take():
            expired: list[Call] = []
            call = self.line.next(self.world.now, self.took, expired)
            for old in expired:
                old.end("expired", "timeout")
            if call is None:
                self.limit.cut()
            else:
                call.begin()


class Call:
    def __init__(self, predictor: Predictor, done: Done | None) -> None:
        self.predictor, self.done = predictor, done
        self.world = predictor.world
        self.began = self.world.now
        self.deadline = self.began + predictor.timeout
        self.tried: list[Replica[Server | Batcher]] = []
        self.flying: dict[int, tuple[Replica[Server | Batcher], float]] = {}
        self.over = False
        self.waited = 0.0

    def begin(self) -> None:
        self.waited = self.world.now - self.began
        self.predictor.seen.late += self.world.now > self.deadline
        self.world.after(self.deadline - self.world.now, self._expire)
        self._send()
        if self.predictor.hedge:
            delay = self.predictor.hedge.delay(self.world.now)
            if delay < self.deadline - self.world.now:
                self.world.after(delay, self._hedge)

    def _send(self) -> None:
        replica = self.predictor.fleet.pick(self.world.now, self.tried)
        assert replica is not None
        self.tried.append(replica)
        key = len(self.tried)
        self.flying[key] = (replica, self.world.now)
        replica.endpoint.ask(partial(self._answered, key))

    def _again(self) -> None:
        if not self.over:
            self._send()

    def _hedge(self) -> None:
        predictor = self.predictor
        if not self.over and predictor.hedge and predictor.hedge.take() and predictor.budget.take(self.world.now):
            predictor.seen.attempts["hedge"] += 1
            self._send()

    def _answered(self, key: int, reason: Reason | None, *, final: bool = False) -> None:
        if self.over:
            return
        predictor, now = self.predictor, self.world.now
        replica, began = self.flying.pop(key)
        if reason is None:
            predictor.fleet.good(replica, now, now - began)
            self._close("ok", None)
            return
        predictor.fleet.bad(replica, now, now - began)
        if predictor.retry.allows(reason, len(self.tried), final=final):
            wait = predictor.retry.wait(len(self.tried), self.deadline - now, self.world.random.random)
            if wait is not None and predictor.budget.take(now):
                predictor.seen.attempts["retry"] += 1
                self.world.after(wait, self._again)
                return
        if not self.flying:
            self._close("failed", reason)

    def _expire(self) -> None:
        if not self.over:
            for replica, began in self.flying.values():
                self.predictor.fleet.bad(replica, self.world.now, self.world.now - began)
            self.flying.clear()
            self._close("timeout", "timeout")

    def _close(self, outcome: str, reason: Reason | None) -> None:
        predictor, now = self.predictor, self.world.now
        seconds = now - self.began
        for replica, began in self.flying.values():
            predictor.fleet.cut(replica, now, now - began)
        if reason == 503:
            predictor.limit.dropped()
        elif outcome == "timeout":
            predictor.limit.late(now, seconds - self.waited)
        else:
            predictor.limit.ended(now, seconds - self.waited)
            predictor.took += 0.1 * (seconds - self.waited - predictor.took)
        if predictor.hedge:
            predictor.hedge.saw(now, seconds)
        self.end(outcome, reason)
        predictor.permit()

    def end(self, outcome: str, reason: Reason | None) -> None:
        self.over = True
        seen, now = self.predictor.seen, self.world.now
        seen.outcomes[outcome] += 1
        seen.ended.append((now, now - self.began, outcome))
        if outcome == "refused":
            seen.slowest_refusal = max(seen.slowest_refusal, now - self.began)
        if self.done:
            self.done(reason, final=reason is not None)  # what failed here has been decided on here


NO_RETRY = Retry(1, NEVER_SENT)
