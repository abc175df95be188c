"""When a second copy of a slow call is worth sending."""

from __future__ import annotations

import math
from typing import Final

from plait.upstream.defaults import HEDGE_CALLS, HEDGE_QUANTILE, HEDGE_SHARE, HEDGE_STRETCH
from plait.upstream.latency import Quantiles

FRESH: Final = 0.1
"""Seconds for which a computed delay is used."""
AIM: Final = 0.7
"""Share of the copies allowed that the delay is made for, so that chance seldom finds none left."""
BURST: Final = 10.0
"""Copies that may be saved up."""


class Hedge:
    """The delay after which a call is sent a second time, and the share of calls that may be.

    A copy after the live 95th percentile is the rule of Dean and Barroso, "The Tail at Scale", CACM 2013; it sends up to
    5 % more. So a copy waits on until fewer calls are left than there may be copies, at most twice that percentile.

    Args:
        now: The moment at which it begins.
    """

    __slots__ = ("_delay", "_quantiles", "_saved", "_until", "saw")

    def __init__(self, now: float) -> None:
        self._quantiles = Quantiles(now)
        self._delay = math.inf
        self._until = now
        self._saved = 0.0
        self.saw = self._quantiles.saw
        """A first copy has ended, or was given up after so long: the moment and the seconds."""

    def delay(self, now: float) -> float:
        """Seconds after which the call that begins now may be sent again; infinite while too little is known."""
        if self._saved < BURST:
            self._saved += HEDGE_SHARE
        if now >= self._until:
            self._until = now + FRESH
            calls, (late, slow) = self._quantiles.at(now, 1.0 - AIM * HEDGE_SHARE, HEDGE_QUANTILE)
            self._delay = min(late, HEDGE_STRETCH * slow) if calls >= HEDGE_CALLS else math.inf
        return self._delay

    def take(self) -> bool:
        """Whether one more copy stays within the share of copies; the budget must still pay for it."""
        if self._saved < 1.0:
            return False
        self._saved -= 1.0
        return True
