"""When a message that was not taken is sent again."""

from __future__ import annotations

from hashlib import blake2b

PAUSES = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Seconds after the first, second … attempt (Standard Webhooks, 1.0.0, on retries); after the last, it is given up."""
JITTER = 0.2
"""The share of a pause by which it may be longer, so that what failed together does not come back together."""
LONGEST = 86_400.0
"""The longest that a receiver may ask for."""


def pause(attempts: int, message: str, wanted: float | None = None) -> float | None:
    """Seconds until the next attempt; None if there is none.

    Args:
        attempts: How many there have been.
        message: The message's id, which decides how much longer it is.
        wanted: Seconds that the receiver has asked for (`Retry-After`): it is no less than these.
    """
    if attempts > len(PAUSES):
        return None
    chance = int.from_bytes(blake2b(f"{message}/{attempts}".encode(), digest_size=4).digest()) / 2**32
    usual = PAUSES[attempts - 1] * (1 + JITTER * chance)
    return usual if wanted is None else min(LONGEST, max(wanted, 0.0) if attempts == 1 else max(wanted, usual))
