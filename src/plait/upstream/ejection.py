"""Whether a replica is fit to be called, as its calls and its probes tell."""

from __future__ import annotations

import math
from typing import Final

from plait.spec.policies import EjectSpec
from plait.upstream.defaults import EJECT, PROBES

MEMORY: Final = 0.05
"""Weight of the newest call in the failure rate: about the latest 20 calls."""
FORGOTTEN: Final = 0.01


class Health:
    """Outlier detection as in Envoy: failures in a row, or a rate of failures, eject for a time that doubles.

    When the time has ended, a single call is let through: its success brings the replica back, its failure ejects it again.
    Successes cost nothing while no failure is remembered: callers look at `rate` first. Active probes are kept apart: they take
    a replica out only as long as `balance` has enough others.

    Args:
        rule: When failures eject; without, they never do.
    """

    __slots__ = ("_healthy", "_misses", "_rule", "_streak", "_times", "ejected", "rate", "trial", "until", "unwell")

    def __init__(self, rule: EjectSpec | None = EJECT) -> None:
        self._rule = rule
        self.rate = 0.0
        self.ejected = False
        self.unwell = False
        self.trial = False
        self.until = math.inf
        self._healthy = -math.inf
        self._streak = 0
        self._times = 0
        self._misses = 0

    @property
    def out(self) -> bool:
        """Whether it should get no calls."""
        return self.ejected or self.unwell

    def good(self, now: float, *, panic: bool = False) -> bool:
        """A call succeeded; whether that brought it back. Need not be called while `rate` is 0.

        Args:
            now: The moment.
            panic: Whether all replicas are used, so that any success counts; else only that of a trial does.
        """
        self._streak = 0
        self.rate *= 1.0 - MEMORY
        if self.ejected:
            if not self.trial and not panic:
                return False
            self._healthy = now
            self._back()
            return True
        if self.rate < FORGOTTEN:
            self.rate = 0.0
        return False

    def bad(self, now: float, *, panic: bool = False) -> bool:
        """A call failed; whether that ejected it (anew).

        Args:
            now: The moment.
            panic: Whether all replicas are used; then ejections do not grow longer, so that an outage is soon forgotten.
        """
        rule = self._rule
        if rule is None:
            return False
        self._streak += 1
        self.rate += (1.0 - self.rate) * MEMORY
        if self.ejected:
            if not self.trial and now < self.until:
                return False
        elif self._streak < rule.failures and self.rate <= rule.rate:
            return False
        if not self.ejected and now - self._healthy > rule.longest:
            self._times = 0
        seconds = min(rule.longest, rule.time * 2.0**self._times)
        self._times += not panic and seconds < rule.longest
        self.ejected = True
        self.trial = False
        self.until = now + seconds
        return True

    def due(self, now: float) -> bool:
        """Whether its ejection has ended, so that one call may try it."""
        return self.ejected and not self.trial and now >= self.until

    def cut(self) -> None:
        """A call was given up and says nothing; another one may try."""
        self.trial = False

    def probed(self, *, good: bool) -> bool:
        """An active probe has ended; whether that changed the verdict."""
        self._misses = 0 if good else self._misses + 1
        unwell = self._misses >= PROBES
        changed = unwell != self.unwell
        self.unwell = unwell
        return changed

    def _back(self) -> None:
        self.ejected = False
        self.trial = False
        self.until = math.inf
        self.rate = 0.0
