"""A proxy that does one thing at a time, on virtual time, with more work than it can do: what becomes of its requests."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from plait.clock import Clock
from plait.http1.messages import Request
from plait.server.admission import Admission
from plait.types import Header

BEGIN, FINISH, REFUSE = 0.0001, 0.0001, 0.00002
"""Seconds of work: to begin a request, to finish it, to refuse it."""
AWAY = 0.005
"""Seconds between: a predictor works."""
CAPACITY = 1 / (BEGIN + FINISH)


class _Loop:
    """What an admission wants of a loop and of a clock."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.soon: list[Callable[[], None]] = []

    def now(self) -> float:
        return self.moment

    def call_soon(self, callback: Callable[..., None], *args: Any) -> None:
        self.soon.append(partial(callback, *args))

    def at(self, moment: float, entry: object) -> None:
        """Nobody waits for the log."""


@dataclass
class Busy:
    """One simulation: arrivals are handed to `run` in order.

    `waits` has how long each request that was taken waited to begin, `refusals` when each of the others came and how long it took
    to refuse it, `answered` the moments of answers.
    """

    most: int = 1 << 62
    wait: float = 0.5
    again: bool = False  # whether clients come again as soon as they are answered or refused
    waits: list[float] = field(default_factory=list)
    refusals: list[tuple[float, float]] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loop = _Loop()
        self.admission = Admission(cast("Any", self.loop), cast("Clock", self.loop), self.most, self.wait)
        self.arrivals: list[float] = []
        self.away: list[tuple[float, float]] = []
        self.stalls: list[tuple[float, float]] = []

    def run(self, arrivals: list[float], until: float) -> None:
        """Turn the loop until a moment."""
        self.arrivals = arrivals
        heapq.heapify(arrivals)
        while self.loop.moment < until:
            self._turn(until)

    def _turn(self, until: float) -> None:
        loop = self.loop
        if not loop.soon:
            loop.moment = max(loop.moment, min([until, *self.arrivals[:1], *(due for due, _ in self.away[:1])]))
        if self.stalls and self.stalls[0][0] <= loop.moment:
            loop.moment += self.stalls.pop(0)[1]
        polled = loop.moment
        while self.arrivals and self.arrivals[0] <= polled:
            self._read(heapq.heappop(self.arrivals))
        while self.away and self.away[0][0] <= polled:
            heapq.heappop(self.away)
            self._finish()
        soon, loop.soon = loop.soon, []
        for callback in soon:
            callback()

    def _read(self, came: float) -> None:
        loop = self.loop
        if self.admission.take() is None:
            self.admission.begin(partial(self._begin, came), Request("POST", "/", "", Header(), b""), loop.moment)
            return
        loop.moment += REFUSE
        self.refusals.append((came, loop.moment - came))
        self._come_again()

    def _begin(self, came: float, _: Request) -> None:
        self.waits.append(self.loop.moment - came)
        self.loop.moment += BEGIN
        heapq.heappush(self.away, (self.loop.moment + AWAY, came))

    def _finish(self) -> None:
        self.loop.moment += FINISH
        self.admission.taken -= 1
        self.answered.append(self.loop.moment)
        self._come_again()

    def _come_again(self) -> None:
        if self.again:
            heapq.heappush(self.arrivals, self.loop.moment + 0.0001)


def steady(rate: float, seconds: float, begin: float = 0.0) -> list[float]:
    """The moments at which clients come who do not wait for one another."""
    return [begin + place / rate for place in range(int(rate * seconds))]
