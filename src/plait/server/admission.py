"""Which requests are taken, and when each begins: a line that is never longer than what the proxy can do in a given time."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from plait.errors import Crowded

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from plait.clock import Clock
    from plait.errors import PlaitError
    from plait.http1.messages import Request

    Start = Callable[[Request], None]
    _Waiting = tuple[Start, Request, float]

SLICE = 0.002
"""Seconds for which requests are begun before the loop looks at what else there is."""
ALWAYS = 8
"""Requests that may wait, however long each takes: a line so short says nothing of overload."""
_WEIGHT = 1 / 32

_log = logging.getLogger("plait")


@dataclass(slots=True, eq=False)
class Refused:
    """How many were refused for want of room, told to the log at most once a second.

    Args:
        clock: The worker's clock.
    """

    clock: Clock
    count: int = 0
    _told: int = 0
    _waiting: bool = False

    def add(self) -> None:
        """One more."""
        self.count += 1
        if not self._waiting:
            self._tell()

    def expire(self) -> None:
        """A second has passed since the last line."""
        self._waiting = False
        if self.count > self._told:
            self._tell()

    def _tell(self) -> None:
        more, self._told = self.count - self._told, self.count
        _log.warning("refused %d clients or requests for want of room, %d since the start", more, self.count)
        self._waiting = True
        self.clock.at(self.clock.now() + 1, self)


class Admission:
    """Takes requests, or refuses them before they cost anything.

    Requests begin in the order in which they came, for 2 ms at a time; between, what is under way goes on, so that the loop stays
    quick to read and to refuse. How fast the line moves is measured while it stands, whatever it is that takes the time. Who would
    wait in it longer than is allowed is refused at once.

    Args:
        loop: The loop that all share.
        clock: The worker's clock.
        most: How many requests may be in progress.
        wait: How many seconds a request may wait to begin.
    """

    __slots__ = ("_began", "_begun", "_left", "_line", "_loop", "_most", "_now", "_time", "_turning", "_wait", "refused", "taken")

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock, most: int, wait: float) -> None:
        self._loop = loop
        self._now = clock.now
        self._most = most
        self._wait = wait
        self._line: deque[_Waiting] = deque()
        self._turning = False
        self._left = 0  # how many the last turn let begin, if it left others in the line
        self._began = 0.0  # when that was
        self._time = self._begun = 0.0  # of a turn, on average: seconds until the next one, and requests that began
        self.taken = 0
        self.refused = Refused(clock)

    def take(self) -> PlaitError | None:
        """Give a request a place, for `taken` to count until it is done; or say why there is none."""
        waiting = len(self._line)
        if waiting >= ALWAYS and waiting * self._time > self._wait * self._begun:
            self.refused.add()
            return Crowded("the proxy has more work than it can do; try again later")
        if self.taken >= self._most:
            self.refused.add()
            return Crowded("there are too many requests in progress; try again later")
        self.taken += 1
        return None

    def at_once(self, start: Start, request: Request) -> None:
        """Start a request before those in the line."""
        self._loop.call_soon(start, request)

    def begin(self, start: Start, request: Request, since: float) -> None:
        """Start a request when its turn has come, but never now, so that all bytes of this poll have been seen before."""
        self._line.append((start, request, since))
        if not self._turning:
            self._turning = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        line = self._line
        if self._left or len(line) > 1:
            self._many(line)
            return
        self._turning = False
        start, request, _ = line.popleft()
        start(request)

    def _many(self, line: deque[_Waiting]) -> None:
        began = now = self._now()
        until, count = began + SLICE, 0
        if self._left:
            self._measure(began - self._began, self._left)
        try:
            while line and now < until:
                start, request, since = line.popleft()
                count += 1
                start(request if now - since < SLICE else replace(request, waited=now - since))
                now = self._now()
        finally:
            if line:
                self._began, self._left = began, count
                self._loop.call_soon(self._turn)
            else:
                self._measure(now - began, count)
                self._left = 0
                self._turning = False

    def _measure(self, seconds: float, begun: int) -> None:
        self._time += (seconds - self._time) * _WEIGHT
        self._begun += (begun - self._begun) * _WEIGHT
