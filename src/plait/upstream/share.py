"""How many calls of jobs may be in flight beside those that somebody waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from plait.upstream.limit import Limit

HALF: Final = 5.0
"""Seconds for which the most urgent calls at once are remembered, and as many again."""
SPARE: Final = 1
"""Permits beyond those that urgent calls have lately needed."""


class Permits(Protocol):
    """What a call gives its permit back to, with what it has learnt."""

    def ended(self, now: float, seconds: float) -> None: ...

    def late(self, now: float, seconds: float) -> None: ...

    def dropped(self) -> None: ...

    def cut(self) -> None: ...


class Share:
    """Permits for calls of jobs: those of the predictor's limit that nobody else needs.

    While urgent calls come, jobs leave as many as were lately in flight at once, and one more. What becomes of jobs' calls teaches
    the predictor's limit nothing: their load is made here, and may be of another kind. It teaches a limit of their own, which
    counts where they are alone.

    Args:
        limit: The predictor's.
        own: One that knows of jobs only.
        now: The moment at which it begins.
    """

    __slots__ = ("_before", "_limit", "_own", "_peak", "_turns")

    def __init__(self, limit: Limit, own: Limit, now: float) -> None:
        self._limit = limit
        self._own = own
        self._peak = self._before = 0
        self._turns = now + HALF

    @property
    def in_flight(self) -> int:
        """Calls of jobs that are."""
        return self._own.in_flight

    def room(self, now: float) -> int:
        """How many calls of jobs may be in flight now."""
        peak = self.watch(now)
        return self._limit.limit - peak - SPARE if peak else self._limit.limit

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
            self._before = self._peak if now < self._turns + HALF else 0
            self._peak = 0
            self._turns = now + HALF
        self._peak = max(self._peak, self._limit.in_flight - self._own.in_flight)
        return max(self._peak, self._before)

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
