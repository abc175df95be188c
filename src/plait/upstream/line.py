"""Who waits for a permit, and who need not wait because it would be in vain."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

from plait.types import DEFERRED, JOB, STREAM, SYNC
from plait.upstream.defaults import JOBS_WAITING, WAITING

SAFE: Final = 0.5
"""Share of the time to spare that an entrant may be expected to wait: calls vary."""
LONG: Final = 64
"""A line that is longer must move fast: who comes to it may be expected to wait a fifth of that share, else it only stands."""
FAST: Final = 0.2
SPARE: Final = 2.0
"""Time that a call begun must have, as a multiple of what calls take: what is given up late was worked on in vain."""
W = TypeVar("W", bound=Hashable)


class Line(Generic[W]):
    """A bounded line that knows the deadlines of those in it: one for each priority, and nobody goes before the more urgent.

    First come, first served: an entrant whose turn would come too late is turned away at once, so the line never stands for
    longer than its callers have, and taking the last first (as in Maurer, "Fail at Scale", ACM Queue 2015) would only turn away
    later, at their deadlines, those who came first. Jobs have time: they stand in line for as long as there is room.

    Args:
        most: How many of one priority may wait; of jobs and of what is deferred, `JOBS_WAITING`.

    `waiting` is how many wait, `urgent` how many of them somebody waits for.
    """

    __slots__ = ("_lanes", "_most", "urgent", "waiting")

    def __init__(self, most: int = WAITING) -> None:
        self._most = most
        self._lanes: tuple[OrderedDict[W, float], ...] = tuple(OrderedDict() for _ in (SYNC, STREAM, JOB, DEFERRED))
        self.urgent = 0
        self.waiting = 0

    def __len__(self) -> int:
        return self.waiting

    def __contains__(self, waiter: W) -> bool:
        return self.waiting > 0 and any(waiter in lane for lane in self._lanes)

    def enter(self, waiter: W, left: float, deadline: float, seconds: float, limit: int, priority: int = SYNC) -> bool:
        """Whether it waits now: there is room, and its turn and its answer should come in time.

        Args:
            waiter: Who.
            left: Seconds until its deadline.
            deadline: That moment.
            seconds: How long one call takes at present.
            limit: How many are in flight together.
            priority: `SYNC` or `STREAM`.
        """
        ahead = len(self._lanes[SYNC]) if priority == SYNC else self.urgent
        if len(self._lanes[priority]) >= self._most:
            return False
        wait = seconds * (ahead + 1) / limit
        most = (left - seconds) * (SAFE if ahead < LONG else SAFE * FAST)
        if wait > most or left - wait <= SPARE * seconds:
            return False
        self._lanes[priority][waiter] = deadline
        self.urgent += 1
        self.waiting += 1
        return True

    def stand(self, waiter: W, deadline: float, priority: int = JOB) -> bool:
        """Whether it waits now, however long that may be: there is room among the `JOB` or `DEFERRED`."""
        lane = self._lanes[priority]
        if len(lane) >= JOBS_WAITING:
            return False
        lane[waiter] = deadline
        self.waiting += 1
        return True

    def leave(self, waiter: W) -> bool:
        """It waits no longer; whether it did, for not to be in the line is no mistake."""
        if self.waiting:
            for priority, lane in enumerate(self._lanes):
                if lane.pop(waiter, None) is not None:
                    self._left(priority)
                    return True
        return False

    def next(self, now: float, seconds: float, expired: list[W]) -> W | None:
        """Whose turn it is; those whose answer would come too late by now are added to `expired`."""
        for priority, lane in enumerate(self._lanes):
            while lane:
                waiter, deadline = lane.popitem(last=False)
                self._left(priority)
                if deadline - now > seconds:
                    return waiter
                expired.append(waiter)
        return None

    def _left(self, priority: int) -> None:
        self.waiting -= 1
        self.urgent -= priority < JOB
