"""Who may use the admin API: whoever brings the token; who guesses is slowed down."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

BURST = 20
"""Failures that an address has at once."""
EVERY = 1.0
"""Seconds until it has one more."""
ADDRESSES = 4096
"""Addresses that are remembered; of more, those that failed longest ago are forgotten."""
_BEARER = re.compile(r"bearer +([!-~]+) *", re.IGNORECASE)


class Lock:
    """Knows the token by its digest only.

    Args:
        token: It.
    """

    def __init__(self, token: str) -> None:
        self._digest = hashlib.sha256(token.encode()).digest()

    def opens(self, authorization: str | None) -> bool:
        """Whether the value of `Authorization` has the token; the same work is done for whatever it is."""
        found = _BEARER.fullmatch(authorization or "")
        given = hashlib.sha256((found[1] if found else "").encode()).digest()
        return hmac.compare_digest(given, self._digest)


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float
    told: bool = False


class Failures:
    """How often addresses have failed: a bucket of tokens for each, which fills again by itself.

    Args:
        now: The clock, in seconds.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def count(self, address: str) -> float:
        """One more failure of an address; how many seconds it must wait before the next, 0 if it need not."""
        now = self._now()
        bucket = self._buckets.pop(address, None) or _Bucket(BURST, now)
        bucket.left = min(BURST, bucket.left + (now - bucket.at) / EVERY)
        bucket.at = now
        self._buckets[address] = bucket
        while len(self._buckets) > ADDRESSES:
            self._buckets.popitem(last=False)
        if bucket.left < 1:
            return (1 - bucket.left) * EVERY
        bucket.left -= 1
        bucket.told = False
        return 0.0

    def first_refusal(self, address: str) -> bool:
        """Whether an address has to wait for the first time since its last counted failure: the others are not worth a line."""
        bucket = self._buckets.get(address)
        if bucket is None or bucket.told:
            return False
        bucket.told = True
        return True
