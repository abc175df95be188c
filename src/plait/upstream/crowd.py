"""How many calls of a predictor may be in flight before they make each other slower."""

from __future__ import annotations

import math
from typing import Final

HURRIED: Final = 0.1
"""Share by which calls may take longer."""
SURE: Final = 3.0
"""Standard errors that the difference must be away from chance."""
FEW: Final = 8
"""Calls of which something is said, and after which it is looked again."""
MANY: Final = 256
"""Calls that are remembered of each number; older ones count for less and less."""
FORGET: Final = 5000
"""Calls after which it is tried again whether more are possible by now; some ten or twenty of them pay for that."""


class _Times:
    """Seconds of calls."""

    __slots__ = ("count", "squares", "sum")

    def __init__(self) -> None:
        self.count = self.sum = self.squares = 0.0

    def saw(self, seconds: float) -> None:
        if self.count >= MANY:
            self.count /= 2
            self.sum /= 2
            self.squares /= 2
        self.count += 1
        self.sum += seconds
        self.squares += seconds * seconds

    def add(self, other: _Times) -> None:
        self.count += other.count
        self.sum += other.sum
        self.squares += other.squares

    def slower(self, base: _Times) -> bool:
        """Whether they take longer than others, beyond what is allowed and what may be chance."""
        mean = base.sum / base.count
        spread = math.sqrt(max(0.0, base.squares / base.count - mean * mean))
        return self.sum / self.count - mean > max(HURRIED * mean, SURE * spread / math.sqrt(self.count))


class Crowd:
    """Learns from calls by how many were in flight when they began.

    The limit asks how many calls still pay; this asks how many cost nothing: those which began among more must not have taken a
    tenth longer than those which began among fewer. `alone` is how many may be in flight, infinite while none were too many.
    """

    __slots__ = ("_since", "_times", "alone", "seen")

    def __init__(self) -> None:
        self._times: dict[int, _Times] = {}
        self._since = 0
        self.alone = math.inf
        self.seen = 0

    def saw(self, level: int, seconds: float) -> None:
        """A call that began as one of so many took so long."""
        times = self._times.get(level)
        if times is None:
            times = self._times[level] = _Times()
        times.saw(seconds)
        self.seen += 1
        self._since += 1
        if self.seen % FEW == 0:
            self._judge()

    def _judge(self) -> None:
        if self.alone < math.inf and self._since > FORGET:
            for level in [level for level in self._times if level > self.alone]:
                del self._times[level]
            self._since = 0
        before = self.alone
        self.alone = self._found()
        if self.alone < before:
            self._since = 0

    def _found(self) -> float:
        base = _Times()
        for level in sorted(self._times):
            times = self._times[level]
            if times.count < FEW:
                continue
            if base.count and times.slower(base):
                return level - 1
            base.add(times)
        return math.inf
