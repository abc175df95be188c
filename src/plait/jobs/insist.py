"""What has to be written is written, however often the store has to be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from plait.jobs.errors import StoreDown

_T = TypeVar("_T")

AGAIN = 0.5
"""Seconds after which a store that failed is asked again."""


async def insist(ask: Callable[[], Awaitable[_T]]) -> _T:
    """What the store says, as soon as it says something."""
    while True:
        try:
            return await ask()
        except StoreDown:
            await asyncio.sleep(AGAIN)
