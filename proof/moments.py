"""Moments that several processes agree on, and waiting for what another process does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime


def now() -> float:
    """Seconds since 1970, by this machine's clock, which a store writes too."""
    return datetime.now(UTC).timestamp()


async def until(holds: Callable[[], bool], seconds: float, every: float = 0.01) -> bool:
    """Look until it holds, for so long; whether it does."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not (held := holds()) and loop.time() < end:  # noqa: ASYNC110 - other processes set no event
        await asyncio.sleep(every)
    return held
