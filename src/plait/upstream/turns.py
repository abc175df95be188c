"""Whose turn it is: calls of one predictor that wait for a permit, and how permits that come back reach them."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from plait.upstream.copy import Later
from plait.upstream.defaults import JOBS_LOOK
from plait.upstream.line import Line

if TYPE_CHECKING:
    from plait.clock import Clock
    from plait.upstream.call import Call
    from plait.upstream.limit import Limit
    from plait.upstream.share import Share

_BUSY = "as many calls of it are in flight as it can take, and waiting for one would take too long"
_FULL = "as many calls of jobs wait for it as may"


class Turns:
    """Lets calls begin: the more urgent first, jobs where they leave room for others.

    Args:
        limit: Permits for calls that somebody waits for.
        share: Permits for calls of jobs.
        waiting: How many calls of one priority may wait.
        clock: The worker's clock.
    """

    __slots__ = ("_admitting", "_clock", "_limit", "_looking", "line", "share")

    def __init__(self, limit: Limit, share: Share, waiting: int, clock: Clock) -> None:
        self.line: Line[Call] = Line(waiting)
        self.share = share
        self._limit = limit
        self._clock = clock
        self._admitting = self._looking = False

    def enter(self, call: Call, now: float, left: float) -> None:
        """A call that somebody waits for, while others wait or there is no permit: those who are less urgent let it go first."""
        line, limit = self.line, self._limit
        if not line.urgent and limit.take():
            call.permits = self.share.beside(now)
            call.attempt(now)
        elif not line.enter(call, left, call.deadline, limit.took, limit.usual, call.run.priority):
            call.refuse(_BUSY)
        elif limit.in_flight < limit.limit:
            self.permit()

    def later(self, call: Call, now: float) -> None:
        """A call of a job: it may wait for as long as the job has, and is not worth a second copy."""
        call.outer = call.deadline
        call.permits = self.share
        call.repeats = call.repeats.patient()
        self._stand(call, now)

    def _stand(self, call: Call, now: float) -> None:
        if not self.line.waiting and self.share.take(now):
            _begin(call, now)
        elif self.line.stand(call, call.deadline, call.run.priority):
            self._look_again(now)
        else:
            call.refuse(_FULL)

    def again(self, call: Call, now: float) -> None:
        """Another attempt; one of a job lets others go first once more where there is too little room by now."""
        if call.permits is not self.share or (not self.line.urgent and self.share.keeps(now)):
            call.attempt(now)
            return
        self.share.cut()
        call.until(call.outer, now)
        self._stand(call, now)
        self.permit()

    def permit(self) -> None:
        """A permit has come back: whoever waits is called soon, never from within a read callback."""
        if self.line.waiting and not self._admitting:
            self._admitting = True
            asyncio.get_running_loop().call_soon(self._admit)

    def close(self) -> None:
        """Nobody has a turn any more."""
        while (call := self.line.next(-math.inf, 0.0, [])) is not None:
            call.refuse("plait is closing")

    def _admit(self) -> None:
        self._admitting = False
        now = self._clock.now()
        while self.line.urgent and self._limit.take():
            late: list[Call] = []
            call = self.line.next(now, self._limit.took, late)
            for each in late:
                each.refuse(_BUSY)
            if call is None:
                self._limit.cut()
            else:
                if self.line.waiting > self.line.urgent:
                    call.permits = self.share.beside(now)
                call.attempt(now)
        if self.line.waiting > self.line.urgent:
            self._admit_jobs(now)

    def _admit_jobs(self, now: float) -> None:
        line = self.line
        while line.waiting and not line.urgent and self.share.take(now):
            late: list[Call] = []
            call = line.next(now, 0.0, late)
            if call is None:
                self.share.cut()
            else:
                _begin(call, now)
            for each in late:
                each.overdue()
        if line.waiting > line.urgent:
            self._look_again(now)

    def _look_again(self, now: float) -> None:
        """Room for jobs may come by time alone."""
        if not self._looking:
            self._looking = True
            self._clock.at(now + JOBS_LOOK, Later(self._look))

    def _look(self) -> None:
        self._looking = False
        self.permit()


def _begin(call: Call, now: float) -> None:
    """The turn of a job's call has come: the predictor's timeout begins."""
    call.until(min(call.outer, now + call.upstream.timeout), now)
    call.attempt(now)
