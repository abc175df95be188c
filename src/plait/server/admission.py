"""Which requests are taken, and when each begins: a line that is never longer than what the proxy can do in a given time."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.errors import Crowded

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from plait.clock import Clock
    from plait.errors import PlaitError
    from plait.http1.messages import Request

SLICE = 0.002
"""Seconds for which requests are begun before the loop looks at what else there is."""
ALWAYS = 8
"""Requests that may wait, however long each takes: a line so short says nothing of overload."""
_WEIGHT = 0.125

_log = logging.getLogger("plait")


@dataclass(slots=True)
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

    Requests begin in the order in which they came, some at a time; between, what is under way goes on, so that the loop stays
    quick to read and to refuse. How fast the line moves is measured while it stands, whatever it is that takes the time. Who would
    wait in it longer than is allowed is refused at once.

    Args:
        loop: The loop that both share.
        clock: The worker's clock.
        most: How many requests may be in progress.
        wait: How many seconds a request may wait to begin.
    """

    __slots__ = ("_begun", "_count", "_gap", "_line", "_loop", "_most", "_now", "_turning", "_wait", "refused", "taken")

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock, most: int, wait: float) -> None:
        self._loop = loop
        self._now = clock.now
        self._most = most
        self._wait = wait
        self._line: deque[tuple[Callable[[Request], None], Request]] = deque()
        self._turning = False
        self._begun = 0.0  # when the last turn began that left somebody in the line
        self._count = 0  # and how many it let begin
        self._gap = 0.0  # seconds from one request's begin to the next one's
        self.taken = 0
        self.refused = Refused(clock)

    def refusal(self) -> PlaitError | None:
        """Why another request would not be taken now."""
        waiting = len(self._line)
        if waiting >= ALWAYS and waiting * self._gap > self._wait:
            return Crowded("the proxy has more work than it can do; try again later")
        if self.taken >= self._most:
            return Crowded("there are too many requests in progress; try again later")
        return None

    def at_once(self, start: Callable[[Request], None], request: Request) -> None:
        """Start a request before those in the line."""
        self._loop.call_soon(start, request)

    def begin(self, start: Callable[[Request], None], request: Request) -> None:
        """Start a request when its turn has come; never at once, so that all bytes of this poll have been seen before."""
        self._line.append((start, request))
        if not self._turning:
            self._turning = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        line, now = self._line, self._now
        began = ended = now()
        if self._count:
            self._gap += ((began - self._begun) / self._count - self._gap) * _WEIGHT
        count, until = 0, began + SLICE
        try:
            while line and ended < until:
                start, request = line.popleft()
                count += 1
                start(request)
                ended = now()
        finally:
            if line:
                self._begun, self._count = began, count
                self._loop.call_soon(self._turn)
            else:
                self._gap += ((ended - began) / count - self._gap) * _WEIGHT
                self._count = 0
                self._turning = False
