"""How many calls of a predictor may be in flight."""

from __future__ import annotations

import math
from typing import Final

from plait.upstream.defaults import FIRST_LATENCY, FIRST_LIMIT, LEAST_LIMIT, MOST_LIMIT

TOLERANCE: Final = 2.5
"""Ratio to the unhurried time that is allowed: too high a limit costs a little time, too low a one costs answers."""
LEAST_WINDOW: Final = 10
MOST_WINDOW: Final = 40
"""Calls on which one decision rests: five for each permit within these bounds, or one for each permit."""
LOWER: Final = 4
"""By how much the limit is divided to measure; more than the tolerance, so that an error shrinks each time."""
MEASURE_EVERY: Final = 5.0
MEASURE_SOON: Final = 1.0
"""Seconds; measurements fall on multiples of them, so that all processes of a machine measure together."""
MEASURE_SHARE: Final = 10.0
"""Measuring takes at most one part in so many."""
CALM: Final = 1.5
"""Ratio to the unhurried time below which nothing needs measuring."""
ROOM: Final = 0.25
"""Share by which there must be room for more: luck alone should not raise the limit."""
HOLD: Final = 10
"""Windows after a refusal in which the limit does not grow."""
BACK_OFF: Final = 10
"""A refusal takes one part in so many off, and at least one permit."""
SMOOTH: Final = 0.1
"""Weight of the newest call in the usual time of one."""
LATE: Final = 0.2
"""Share of calls without an answer that halves the limit, from three on."""


class Limit:
    """Permits for calls in flight: as many as a predictor takes before its calls need 2.5 times their unhurried time.

    The gradient rule of Envoy and Netflix, `limit * tolerance * unhurried time / present time`, with a tolerance so wide that
    noise of the times seldom brings the limit below what the predictor can do. A window may only raise the limit. It is lowered
    by a measurement of the unhurried time, at a quarter of the limit: only if that makes calls faster was it too high, so a
    predictor that has become slower, or that answers in batches, keeps its calls. Refusals and silence lower it at once.

    Args:
        now: The moment at which it begins.
        most: The highest limit; with `fixed`, the limit.
        fixed: Whether it stays at `most`.

    `usual` is the limit without the measurements, which are soon over, and `took` how many seconds a call takes under it.
    """

    __slots__ = (
        "_base",
        "_before",
        "_began",
        "_fixed",
        "_hold",
        "_kept",
        "_late",
        "_left",
        "_most",
        "_need",
        "_next",
        "_refused",
        "_rough",
        "_skip",
        "_sum",
        "in_flight",
        "limit",
        "took",
        "usual",
    )

    def __init__(self, now: float, most: int = MOST_LIMIT, *, fixed: bool = False) -> None:
        self.limit = most if fixed else min(most, FIRST_LIMIT)
        self.in_flight = 0
        self.took = FIRST_LATENCY
        self._most = most
        self._fixed = fixed
        self._base = 0.0
        self._rough = True
        self._before = 0.0
        self._kept = self.usual = self.limit
        self._began = self._next = now
        self._hold = self._late = self._refused = 0
        self._skip = self.limit  # the first calls find a predictor that has nothing to do
        self._need = self._left = LEAST_WINDOW
        self._sum = 0.0

    def take(self) -> bool:
        """Whether there was a permit; every one taken is given back by `ended`, `late`, `dropped` or `cut`."""
        if self.in_flight < self.limit:
            self.in_flight += 1
            return True
        self._refused += 1
        return False

    def ended(self, now: float, seconds: float) -> None:
        """A call was answered."""
        self.in_flight -= 1
        if not self._before:  # while it measures, calls are faster than they will be
            self.took += SMOOTH * (seconds - self.took)
        if self._skip:
            self._skip -= 1
            return
        self._sum += seconds
        self._left -= 1
        if not self._left:
            self._decide(now)

    def late(self, now: float, seconds: float) -> None:
        """A call had no answer after so long, at its deadline."""
        if (self._rough or not self._skip) and not self._fixed:
            self._late += 1
            if not self._before and self._late > max(2.0, LATE * (self._need - self._left)):
                self._next = min(self._next, _after(now, MEASURE_SOON))
                self._open(self.limit // 2)
        took = self.took
        self.ended(now, seconds)
        self.took = took  # it has not taken so long, but longer

    def dropped(self) -> None:
        """A call was refused for overload."""
        self.in_flight -= 1
        if self._skip:
            self._skip -= 1
        elif not self._fixed:
            limit = self._kept if self._before else self.limit
            self._before = 0.0
            self._hold = HOLD
            self._open(limit - max(1, limit // BACK_OFF))

    def cut(self) -> None:
        """A call ended in a way that says nothing of load."""
        self.in_flight -= 1

    def _decide(self, now: float) -> None:
        """A window is full."""
        mean = self._sum / self._need
        if self._fixed:
            self._open(self.limit)
        elif self._before:
            self._measured(mean, now)
        elif self._hold > 1:
            self._hold -= 1
            self._open(self.limit)
        elif now >= self._next and self._refused * 2 >= self._need and mean > CALM * self._base:
            self._before = mean
            self._began = now
            self._lower()
        else:
            self._open(self._grown(mean) if self._refused else self.limit)

    def _grown(self, mean: float) -> int:
        """At most twice the limit, while calls are not hurried."""
        room = TOLERANCE * self._base / mean - 1.0 if mean else 1.0
        if room < ROOM or room * self.limit < 1.0:
            return self.limit
        if self._hold:
            return self.limit + 1
        return int(self.limit * (1.0 + min(1.0, room)))

    def _lower(self) -> None:
        """See how long calls take at a quarter of the limit."""
        self._kept = self.limit
        self._open(self.limit // LOWER)

    def _measured(self, mean: float, now: float) -> None:
        """The window at a quarter of the limit is full."""
        if self._rough and self.limit > LEAST_LIMIT and (mean * TOLERANCE < self._before or self._late > LATE * self._need):
            self._before = mean
            self._lower()
            return
        self._base = mean if self._rough else self._base + 0.5 * (min(mean, 2.0 * self._base) - self._base)
        lasted = MEASURE_SHARE * (now - self._began)
        self._next = _after(now + max(0.0, lasted - MEASURE_EVERY), MEASURE_SOON if self._rough else MEASURE_EVERY)
        ratio = TOLERANCE * self._base / self._before
        self._rough = False
        self._before = 0.0
        self._open(math.ceil(self._kept * min(1.0, ratio)))

    def _open(self, limit: int) -> None:
        """A window begins; calls that began under another limit are not of it."""
        limit = max(LEAST_LIMIT, min(self._most, limit))
        self._skip = self.in_flight if limit != self.limit else 0
        self.limit = limit
        if not self._before:
            self.usual = limit
        self._need = self._left = max(LEAST_WINDOW, limit if self._rough else min(MOST_WINDOW, 5 * limit), limit)
        self._sum = 0.0
        self._late = self._refused = 0


def _after(now: float, every: float) -> float:
    """The next multiple."""
    return (now // every + 1.0) * every
