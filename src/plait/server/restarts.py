"""Whether a worker that has ended starts again, and when; whether one hangs."""

from __future__ import annotations

from dataclasses import dataclass

STEADY = 1.0
FIRST_PAUSE = 0.1
TRIES = 8
HANG = 10.0


@dataclass(slots=True)
class Restarts:
    """How often in a row one worker ended before it had served for a while."""

    early: int = 0

    def pause(self, served: float | None, *, killed: bool = False) -> float | None:
        """Seconds until it starts again; None if there is no use in trying.

        The first time it is at once, so that one that dies is soon replaced. Then, as long as none serves for a second, each
        pause is twice the one before.

        Args:
            served: Seconds from when it was ready to its end; None if it never was.
            killed: Whether somebody else ended it, which says nothing of its start if it was ready.
        """
        if served is not None and (killed or served >= STEADY):
            self.early = 0
            return 0.0
        self.early += 1
        if self.early >= TRIES:
            return None
        return 0.0 if self.early == 1 else FIRST_PAUSE * 2 ** (self.early - 2)


@dataclass(slots=True)
class Pulse:
    """When a worker was last heard of.

    Args:
        last: The moment, by the parent's clock.
    """

    last: float

    def hangs(self, now: float, held_up: float) -> bool:
        """Whether it has been silent for too long, other than because the parent was held up too, for so many seconds."""
        self.last += held_up
        return now - self.last > HANG
