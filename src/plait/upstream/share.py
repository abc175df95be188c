"""How many calls of jobs may be in flight beside those that somebody waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from plait.upstream.crowd import FEW, Crowd

if TYPE_CHECKING:
    from plait.upstream.limit import Limit

HALF: Final = 5.0
"""Seconds for which the most urgent calls at once are remembered, and as many again."""
SPARE: Final = 1
"""Permits beyond those that urgent calls have lately needed."""
STEP: Final = 0.5
"""Seconds after which one more job may be in flight beside urgent calls."""
FIRST: Final = 32
"""Urgent calls that are watched before the first job is tried beside them."""
UNKNOWN: Final = 1.0
"""Seconds after which it is believed that there are no urgent calls."""


class Permits(Protocol):
    """What a call gives its permit back to, with what it has learnt."""

    def ended(self, now: float, seconds: float) -> None: ...

    def late(self, now: float, seconds: float) -> None: ...

    def dropped(self) -> None: ...

    def cut(self) -> None: ...


class Share:
    """Permits for calls of jobs: those of the predictor's limit that nobody else needs.

    While urgent calls come, jobs leave as many as were lately in flight at once, and one more; and so many in all that urgent
    calls take no longer for it, which their times say: the limit may be far above what the predictor does at once. It is begun with
    none, and one more is tried at a time. What becomes of jobs' calls teaches the predictor's limit nothing: their load is made
    here, and may be of another kind. It teaches a limit of their own, which counts where they are alone.

    Args:
        limit: The predictor's.
        own: One that knows of jobs only.
        now: The moment at which it begins.
    """

    __slots__ = ("_before", "_crowd", "_limit", "_most", "_own", "_peak", "_seen", "_since", "_step", "_turns")

    def __init__(self, limit: Limit, own: Limit, now: float) -> None:
        self._limit = limit
        self._own = own
        self._crowd = Crowd()
        self._most = 0
        self._seen = FIRST
        self._step = self._since = now
        self._peak = self._before = 0
        self._turns = now + HALF

    @property
    def in_flight(self) -> int:
        """Calls of jobs that are."""
        return self._own.in_flight

    def room(self, now: float) -> int:
        """How many calls of jobs may be in flight now."""
        peak = self.watch(now)
        if not peak:
            return self._limit.limit if now >= self._since + UNKNOWN else 1
        most = min(self._limit.usual, self._crowd.alone) - peak - SPARE
        if most < self._most:
            self._most = max(0, int(most))
        elif most > self._most <= self._own.in_flight and now >= self._step and self._crowd.seen >= self._seen:
            self._most += 1
            self._step = now + STEP
            self._seen = self._crowd.seen + FEW
        return self._most

    def take(self, now: float) -> bool:
        """Whether there was a permit."""
        limit, own = self._limit, self._own
        if own.in_flight >= self.room(now) or limit.in_flight >= limit.limit or not own.take():
            return False
        return limit.take()

    def keeps(self, now: float) -> bool:
        """Whether a call that is made again may keep its permit."""
        return self._limit.in_flight <= self._limit.limit and self._own.in_flight <= self.room(now)

    def watch(self, now: float) -> int:
        """See how many urgent calls are in flight; the most that were lately."""
        if now >= self._turns:
            if now < self._turns + HALF:
                self._before = self._peak
            else:
                self._before = 0
                self._since = now
            self._peak = 0
            self._turns = now + HALF
        self._peak = max(self._peak, self._limit.in_flight - self._own.in_flight)
        return max(self._peak, self._before)

    def beside(self, now: float) -> Permits:
        """Whom an urgent call gives its permit back to that has just been taken while jobs wait."""
        self.watch(now)
        return _Beside(self._limit, self._crowd)

    # Whose permit comes back.

    def ended(self, now: float, seconds: float) -> None:
        """A call of a job was answered."""
        self._own.ended(now, seconds)
        self._limit.cut()

    def late(self, now: float, seconds: float) -> None:
        """It had no answer after so long, at its deadline."""
        self._own.late(now, seconds)
        self._limit.cut()

    def dropped(self) -> None:
        """It was refused for overload."""
        self._own.dropped()
        self._limit.cut()

    def cut(self) -> None:
        """It ended in a way that says nothing of load."""
        self._own.cut()
        self._limit.cut()


class _Beside:
    """Takes the permit of an urgent call back, and notes how long it took beside those that were in flight when it began."""

    __slots__ = ("_crowd", "_level", "_limit", "cut", "dropped", "late")

    def __init__(self, limit: Limit, crowd: Crowd) -> None:
        self._limit = limit
        self._crowd = crowd
        self._level = limit.in_flight
        self.cut = limit.cut
        self.dropped = limit.dropped
        self.late = limit.late

    def ended(self, now: float, seconds: float) -> None:
        """It was answered."""
        self._limit.ended(now, seconds)
        self._crowd.saw(self._level, seconds)
