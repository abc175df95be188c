"""Who waits for a permit, and who need not wait because it would be in vain."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

from plait.upstream.defaults import WAITING

SAFE: Final = 0.5
"""Share of the time to spare that an entrant may be expected to wait: calls vary."""
LONG: Final = 64
"""A line that is longer must move fast: who comes to it may be expected to wait a fifth of that share, else it only stands."""
FAST: Final = 0.2
SPARE: Final = 2.0
"""Time that a call begun must have, as a multiple of what calls take: what is given up late was worked on in vain."""
W = TypeVar("W", bound=Hashable)


class Line(Generic[W]):
    """A bounded line that knows the deadlines of those in it.

    First come, first served: an entrant whose turn would come too late is turned away at once, so the line never stands for
    longer than its callers have, and taking the last first (as in Maurer, "Fail at Scale", ACM Queue 2015) would only turn away
    later, at their deadlines, those who came first.

    Args:
        most: How many may wait.
    """

    __slots__ = ("_most", "waiting")

    def __init__(self, most: int = WAITING) -> None:
        self._most = most
        self.waiting: OrderedDict[W, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self.waiting)

    def enter(self, waiter: W, left: float, deadline: float, seconds: float, limit: int) -> bool:
        """Whether it waits now: there is room, and its turn and its answer should come in time.

        Args:
            waiter: Who.
            left: Seconds until its deadline.
            deadline: That moment.
            seconds: How long one call takes at present.
            limit: How many are in flight together.
        """
        ahead = len(self.waiting)
        if ahead >= self._most:
            return False
        wait = seconds * (ahead + 1) / limit
        most = (left - seconds) * (SAFE if ahead < LONG else SAFE * FAST)
        if wait > most or left - wait <= SPARE * seconds:
            return False
        self.waiting[waiter] = deadline
        return True

    def leave(self, waiter: W) -> None:
        """It waits no longer; not to be in the line is no mistake."""
        self.waiting.pop(waiter, None)

    def next(self, now: float, seconds: float, expired: list[W]) -> W | None:
        """Whose turn it is; those whose answer would come too late by now are added to `expired`."""
        while self.waiting:
            waiter, deadline = self.waiting.popitem(last=False)
            if deadline - now > seconds:
                return waiter
            expired.append(waiter)
        return None
