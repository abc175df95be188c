"""What is done again and again: every so many seconds, or at once when somebody says so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from plait.errors import fault
from plait.jobs.errors import StoreDown

_log = logging.getLogger("plait")


class Pulse:
    """Does a piece of work over and over; a store that is down is asked again the next time.

    Args:
        what: What the work is called in the log.
        seconds: From the end of one time to the next.
        work: What is done.
    """

    def __init__(self, what: str, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        self._what = what
        self._seconds = seconds
        self._work = work
        self._wanted = asyncio.Event()
        self._down = False

    def now(self) -> None:
        """Do it at once; if it is being done, then once more."""
        self._wanted.set()

    async def beat(self) -> None:
        """Do it until cancelled."""
        while True:
            self._wanted.clear()
            await self._once()
            try:
                async with asyncio.timeout(self._seconds):
                    await self._wanted.wait()
            except TimeoutError:
                continue

    async def _once(self) -> None:
        try:
            await self._work()
        except StoreDown as exc:
            if not self._down:
                _log.warning("%s has to wait: %s", self._what, exc.detail)
            self._down = True
        except Exception as exc:  # noqa: BLE001 - whatever it is, the next time may be better
            fault(exc)
        else:
            self._down = False
