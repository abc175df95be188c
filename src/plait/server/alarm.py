"""One moment that somebody waits for, moved often: seldom more than one entry on the wheel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.clock import Clock


class Alarm:
    """Rings once when its moment has come, unless it was moved or stopped before.

    Args:
        clock: The worker's clock.
        ring: What to call then.
    """

    __slots__ = ("_armed", "_clock", "_due", "_ring")

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring: Callable[[], None] | None = ring
        self._due = math.inf
        self._armed = math.inf

    def set(self, seconds: float) -> None:
        """Ring that much later than now, and not before."""
        self.at(self._clock.now() + seconds)

    def at(self, due: float) -> None:
        """Ring at a moment, and not before."""
        self._due = due
        if due < self._armed:
            self._armed = due
            self._clock.at(due, self)

    def stop(self) -> None:
        """Do not ring."""
        self._due = math.inf

    def drop(self) -> None:
        """Never ring again, and let go of who would have heard it: the wheel may keep the alarm for a while."""
        self._due = math.inf
        self._ring = None

    def expire(self) -> None:
        """Ring, or wait for the moment that it was moved to."""
        now = self._clock.now()
        if now < self._armed:
            return  # an entry from before it was moved nearer; there is a later one on the wheel
        self._armed = math.inf
        if self._due <= now:
            self._due = math.inf
            if self._ring is not None:
                self._ring()
        elif self._due < math.inf:
            self._armed = self._due
            self._clock.at(self._due, self)
