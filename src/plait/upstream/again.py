"""Whether a call whose last attempt has failed is made again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plait.errors import PlaitError
    from plait.upstream.call import Call
    from plait.upstream.verdict import Verdict


def made_again(call: Call, now: float, error: PlaitError, found: Verdict, *, stale: bool) -> bool:
    """Begin another attempt, now or later, if one is allowed, there is time for it, and the budget pays.

    Args:
        call: Of which nothing is in flight any more.
        now: The moment.
        error: How the last attempt ended.
        found: What that says.
        stale: Whether it failed because a kept connection had been closed; then it may have been no attempt at all.
    """
    repeats = call.repeats
    if stale and repeats.twice and call.attempts == 1:
        return repeat(call, now, 0.0)
    if not repeats.retry.allows(found.reason, call.attempts, final=error.final):
        return False
    return repeat(call, now, _pause(call, now, error))


def repeat(call: Call, now: float, seconds: float | None) -> bool:
    """Whether another attempt will follow after so long: there is time for it, and the budget pays."""
    if seconds is None or not call.upstream.pays(call, now):
        return False
    if seconds:
        call.at(now + seconds, call.again)
    else:
        asyncio.get_running_loop().call_soon(call.again)
    return True


def _pause(call: Call, now: float, error: PlaitError) -> float | None:
    """Seconds until the next attempt; what the answer asked for counts only where the same replica is asked again."""
    upstream = call.upstream
    after = 0.0 if upstream.fleet.sole is None and upstream.fleet.another(call.tried) else error.retry_after or 0.0
    return call.repeats.retry.wait(call.attempts, call.deadline - now, upstream.draw, after)
