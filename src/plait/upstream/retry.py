"""Whether and when a call that failed is sent again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from plait.spec.policies import BROKEN, CONNECT
from plait.upstream.defaults import ATTEMPTS, BACKOFF, LONGEST_BACKOFF

Reason = str | int
"""`connect`, `timeout`, `broken`, or the status of the answer."""

NEVER_SENT: Final[frozenset[Reason]] = frozenset({CONNECT})
REPEATABLE: Final[frozenset[Reason]] = NEVER_SENT | {BROKEN, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and for what; a graph's deadline is never moved by it.

    Args:
        attempts: How many in all, the first included.
        on: For what.
    """

    attempts: int = ATTEMPTS
    on: frozenset[Reason] = NEVER_SENT

    def allows(self, reason: Reason | None, made: int, *, final: bool = False) -> bool:
        """Whether an attempt may follow, if the budget pays for it.

        Args:
            reason: How the last one failed; None is in no way that could be named.
            made: How many there were.
            final: Whether the answer says that another plait has decided on retries already.
        """
        return made < self.attempts and not final and reason in self.on

    def wait(self, made: int, left: float, draw: Callable[[], float], after: float = 0.0) -> float | None:
        """Seconds until the next attempt; None if there is no time for it.

        Full jitter: anything between 0 and a bound that doubles (Brooker, "Exponential Backoff And Jitter", AWS 2015).

        Args:
            made: How many attempts there were, at least 1.
            left: Seconds until the deadline.
            draw: A number from 0 to 1.
            after: What the last answer's Retry-After asked for.
        """
        bound = min(LONGEST_BACKOFF, BACKOFF * 2.0 ** (made - 1))
        seconds = after + draw() * bound
        return seconds if seconds < left else None


def retry_after(text: str, date: datetime) -> float:
    """Seconds that a Retry-After field asks to wait (RFC 9110, 10.2.3), 0 where it makes no sense.

    Args:
        text: Its value: seconds, or a date.
        date: The present one.
    """
    if text.isascii() and text.isdigit():
        return float(text[:10])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter of a year or an offset beyond all bounds
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - date).total_seconds())
