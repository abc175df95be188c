"""Waiting for a job: how long each look at it may take, and what lies between two."""

from __future__ import annotations

import math
import time

from plait.errors import BadRequest
from plait.job_errors import NotFinished

EACH = 20.0
"""Seconds that one look waits, at most; what stands between a client and a proxy seldom lets a connection be silent for longer."""
SOON = 0.2
"""Seconds after a look that ended before its time, as those do at a proxy that ends."""


class Waiting:
    """Time that passes while a job is waited for.

    Args:
        timeout: Seconds; None for as long as it takes.

    Raises:
        BadRequest: If there is no such time.
    """

    def __init__(self, timeout: float | None) -> None:
        self._seconds = math.inf if timeout is None else _seconds(timeout)
        self._began = self._looked = time.monotonic()
        self._wait = 0.0

    def look(self) -> float:
        """Seconds that the next look may wait."""
        self._looked = time.monotonic()
        self._wait = max(0.0, min(EACH, self._left()))
        return self._wait

    def pause(self) -> float:
        """Seconds until the next look, after one that did not find the end.

        Raises:
            NotFinished: If the time is up.
        """
        if self._left() <= 0:
            raise NotFinished(f"the job has not ended in {self._seconds:g} s, and goes on")
        early = time.monotonic() - self._looked < self._wait / 2
        return min(SOON, self._left()) if early else 0.0

    def _left(self) -> float:
        return self._began + self._seconds - time.monotonic()


def _seconds(timeout: object) -> float:
    if isinstance(timeout, (int, float)) and timeout >= 0:
        return float(timeout)
    raise BadRequest(f"{timeout!r} is no time to wait; give seconds, 0 or more, or None for as long as it takes")
