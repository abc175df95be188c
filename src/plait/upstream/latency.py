"""How long calls take: of one replica at the moment, and of a predictor by quantile."""

from __future__ import annotations

import math
from typing import Final

from plait.upstream.defaults import FAILURE_COST, FIRST_LATENCY, LATENCY_DECAY


class Latency:
    """A moving average that jumps up to every peak and forgets it with time.

    The peak-sensitive EWMA of Finagle (`com.twitter.finagle.loadbalancer.PeakEwma`, which tower and linkerd took over):
    a longer time replaces the average, a shorter one pulls it down by w = 1 - exp(-passed / decay). Here
    w = passed / (decay + passed), its first order, which needs no function call.

    Args:
        now: The moment at which it begins.
        seconds: What to think until the first call has ended.
        failure: Seconds that a failure counts as, at least: the timeout of the predictor.
    """

    __slots__ = ("_failure", "_moment", "known", "seconds")

    def __init__(self, now: float, seconds: float = FIRST_LATENCY, failure: float = FAILURE_COST) -> None:
        self.seconds = seconds
        self._failure = failure
        self._moment = now
        self.known = False

    def saw(self, now: float, seconds: float) -> None:
        """A call was answered."""
        if seconds >= self.seconds:
            self.seconds = seconds
        elif self.known:
            passed = now - self._moment
            self.seconds += (seconds - self.seconds) * passed / (LATENCY_DECAY + passed)
        else:
            self.seconds = seconds
        self.known = True
        self._moment = now

    def cut(self, now: float, seconds: float) -> None:
        """A call was given up: it would have taken longer than this."""
        if seconds > self.seconds:
            self.saw(now, seconds)

    def failed(self, now: float, seconds: float) -> None:
        """A call failed, which is slow however fast it came."""
        self.saw(now, max(seconds, self._failure))

    def idle(self, now: float) -> None:
        """Forget with time, where no call has ended for a second: who was slow long ago is asked again."""
        passed = now - self._moment
        if passed > 1.0:
            self.seconds *= math.exp(-passed / LATENCY_DECAY)
            self._moment = now


SHORTEST: Final = 1e-4
STEP: Final = 1.05
"""Ratio of the bounds of one bucket: a quantile is at most 5 % too high, and never too low."""
BUCKETS: Final = 285
"""They reach from 0.1 ms to 100 s."""
_SCALE: Final = 1.0 / math.log(STEP)
_SHIFT: Final = 1.0 - math.log(SHORTEST) * _SCALE


class Quantiles:
    """Quantiles of the calls in the last one or two windows, from counts in buckets of equal ratio.

    The buckets are those of DDSketch (Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
    relative-error guarantees", VLDB 2019); of two sets of them the older is emptied when a window ends.

    Args:
        now: The moment at which it begins.
        window: Seconds.
    """

    __slots__ = ("_counts", "_end", "_older", "_window")

    def __init__(self, now: float, window: float = 10.0) -> None:
        self._window = window
        self._end = now + window
        self._counts = [0] * BUCKETS
        self._older = [0] * BUCKETS

    def saw(self, now: float, seconds: float) -> None:
        """A call has ended, or was given up after so long."""
        if now >= self._end:
            self._turn(now)
        bucket = int(math.log(seconds) * _SCALE + _SHIFT) if seconds > SHORTEST else 0
        self._counts[bucket if bucket < BUCKETS else -1] += 1

    def at(self, now: float, *shares: float) -> tuple[int, list[float]]:
        """How many calls are known, and below how many seconds each of these shares of them stayed; shares must fall."""
        if now >= self._end:
            self._turn(now)
        total = sum(self._counts) + sum(self._older)
        found: list[float] = []
        above, bucket = 0, BUCKETS
        for share in shares:
            most = total * (1.0 - share)
            while bucket and above <= most:
                bucket -= 1
                above += self._counts[bucket] + self._older[bucket]
            found.append(SHORTEST * STEP**bucket)
        return total, found

    def _turn(self, now: float) -> None:
        fresh = now >= self._end + self._window
        self._older = [0] * BUCKETS if fresh else self._counts
        self._counts = [0] * BUCKETS
        self._end = now + self._window
