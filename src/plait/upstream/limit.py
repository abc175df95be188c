"""How many calls of a predictor may be in flight."""

from __future__ import annotations

import math
from typing import Final

from plait.upstream.defaults import FIRST_LIMIT, LEAST_LIMIT, MOST_LIMIT

WINDOW: Final = 10
"""Calls on which one decision rests, at least."""
ROUNDS: Final = 5
"""Calls on which one decision rests, for each permit."""
FIRST_ROUNDS: Final = 2
"""The same until the first measurement is over: better a rough limit soon."""
TOLERANCE: Final = 1.1
"""Ratio to the unhurried time that is no queue yet."""
PROBE_EVERY: Final = 5.0
"""Seconds after which the unhurried time is measured anew."""
LOWER: Final = 0.7
"""A time below this ratio of what was thought means that the limit was far too high: measure lower still."""
BACK_OFF: Final = 0.9


class Limit:
    """Permits for calls in flight, as many as the predictor works on without a queue of its own.

    The gradient controller of Envoy's adaptive concurrency filter: `limit * gradient + headroom`, where the gradient is the
    unhurried time over the present one (at most 1), and the unhurried time is measured at a lowered limit now and then. Three
    things differ: times are means of a window, the first measurement halves the limit for as long as that makes calls faster
    (so that a true limit of 1 is found from 16), and a call that the predictor refused takes a tenth off (AIMD).

    Args:
        now: The moment at which it begins.
        most: The highest limit; with `fixed`, the limit.
        fixed: Whether it stays at `most`.
    """

    __slots__ = (
        "_base",
        "_count",
        "_dropped",
        "_exact",
        "_fixed",
        "_kept",
        "_most",
        "_need",
        "_next",
        "_pressed",
        "_rounds",
        "_skip",
        "_sum",
        "in_flight",
        "limit",
    )

    def __init__(self, now: float, most: int = MOST_LIMIT, *, fixed: bool = False) -> None:
        self.limit = most if fixed else min(most, FIRST_LIMIT)
        self.in_flight = 0
        self._most = most
        self._fixed = fixed
        self._exact = float(self.limit)
        self._base = math.inf
        self._kept = 0.0
        self._next = now
        self._rounds = FIRST_ROUNDS
        self._sum = 0.0
        self._count = self._skip = 0
        self._need = WINDOW
        self._pressed = self._dropped = False

    def take(self) -> bool:
        """Whether there was a permit; every one taken is given back by `ended` or `cut`."""
        if self.in_flight < self.limit:
            self.in_flight += 1
            return True
        self._pressed = True
        return False

    def ended(self, now: float, seconds: float) -> None:
        """A call was answered, or had no answer after so long."""
        self.in_flight -= 1
        if self._skip:
            self._skip -= 1
            return
        self._sum += seconds
        self._count += 1
        if self._count >= self._need and not self._fixed:
            self._decide(now)

    def dropped(self) -> None:
        """A call was refused for overload; one of them counts per window."""
        self.in_flight -= 1
        if not self._dropped and not self._fixed:
            self._dropped = True
            self._set(self._exact * BACK_OFF)

    def cut(self) -> None:
        """A call ended in a way that says nothing of load."""
        self.in_flight -= 1

    def _decide(self, now: float) -> None:
        """A window is full."""
        mean = self._sum / self._count
        if self._kept:
            self._measured(mean, now)
        elif not self._pressed:
            self._base = min(mean, self._base + 0.1 * (mean - self._base)) if self._base < math.inf else mean
        elif now >= self._next:
            self._remeasure(mean, now)
        elif not self._dropped:
            gradient = max(0.5, min(1.0, TOLERANCE * self._base / mean))
            self._set(self._exact * gradient + 0.5 * math.sqrt(self._exact))
        self._open()

    def _remeasure(self, mean: float, now: float) -> None:
        """The unhurried time is due; at the lowest limit every window measures it."""
        if self._exact > LEAST_LIMIT:
            self._base = min(self._base, mean)
            self._probe()
        else:
            self._base = mean
            self._rounds = ROUNDS
            self._next = now + PROBE_EVERY

    def _probe(self) -> None:
        """Halve the limit for one window; what is in flight by then does not count."""
        self._kept = self._exact
        self._set(self._exact / 2)

    def _measured(self, mean: float, now: float) -> None:
        """The window at half the limit is full."""
        faster = mean < LOWER * self._base
        self._base = mean
        if faster and self._exact > LEAST_LIMIT:
            self._probe()
            return
        self._set(self._exact if faster else self._kept)
        self._kept = 0.0
        self._rounds = ROUNDS
        self._next = now + PROBE_EVERY

    def _set(self, limit: float) -> None:
        self._exact = min(float(self._most), max(float(LEAST_LIMIT), limit))
        self.limit = int(self._exact)

    def _open(self) -> None:
        """A window begins; calls that began under another limit are not of it."""
        self._sum = 0.0
        self._count = 0
        self._need = max(WINDOW, self._rounds * self.limit)
        self._skip = self.in_flight if self._kept or self._base == math.inf else 0
        self._pressed = False
        self._dropped = False
