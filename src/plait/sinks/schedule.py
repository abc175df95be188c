"""When a message that was not taken is sent again."""

from __future__ import annotations

from hashlib import blake2b

PAUSES = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Seconds after the first, second … attempt (Standard Webhooks, 1.0.0, on retries)."""
JITTER = 0.2
"""The share of a pause by which it may be longer, so that what failed together does not come back together."""
TOGETHER = sum(PAUSES)
"""Seconds after which a message that was not taken is given up: some three days."""
SHORTEST, LONGEST = 1.0, 86_400.0
"""The least and the most that a receiver may ask for."""


def pause(attempts: int, message: str, age: float, wanted: float | None = None) -> float | None:
    """Seconds until the next attempt; None if there is none: it was tried for long enough.

    Args:
        attempts: How many there have been.
        message: The message's id, which decides how much longer it is.
        age: Seconds since it was promised.
        wanted: Seconds that the receiver has asked for (`Retry-After`), which are taken instead.
    """
    if age > TOGETHER:
        return None
    if wanted is not None:
        return min(LONGEST, max(wanted, SHORTEST))
    chance = int.from_bytes(blake2b(f"{message}/{attempts}".encode(), digest_size=4).digest()) / 2**32
    return PAUSES[min(attempts, len(PAUSES)) - 1] * (1 + JITTER * chance)
