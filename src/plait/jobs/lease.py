"""The lease of a worker's jobs, as the worker itself knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.clock import Clock

LEASE = 10.0
"""Seconds without a sign of life after which others take over this worker's jobs."""


class Lease:
    """When the last sign of life was given that the store has heard.

    Args:
        clock: The worker's clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._renewed = clock.now()

    @property
    def age(self) -> float:
        """Seconds since then."""
        return self._clock.now() - self._renewed

    @property
    def lapsed(self) -> bool:
        """Whether it has run out, because the worker was stopped, or had no store.

        Others may have its jobs, and its own deadlines have passed while nobody looked.
        """
        return self.age > LEASE

    def renewed(self, moment: float) -> None:
        """A sign of life was given that began at a moment."""
        self._renewed = moment
