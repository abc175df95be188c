"""Those who wait for something that may take long, so that they can be told to wait no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

Ring = Callable[[], None]


class Hurry:
    """Told once, it tells each who waits, and each who comes later."""

    __slots__ = ("_left", "_next", "_told", "_waiting")

    def __init__(self) -> None:
        self._waiting: dict[int, Ring] = {}
        self._left = asyncio.Event()
        self._next = 0
        self._told = False

    def add(self, ring: Ring) -> Ring:
        """Have somebody told by `ring`, in a turn of the loop of its own if it is time already; what is given back ends that."""
        number = self._next = self._next + 1
        self._waiting[number] = ring
        if self._told:
            asyncio.get_running_loop().call_soon(self._tell)

        def leave() -> None:
            self._waiting.pop(number, None)
            self._left.set()

        return leave

    async def emptied(self, seconds: float) -> None:
        """Wait until nobody waits, no longer than so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._waiting:
                    self._left.clear()
                    await self._left.wait()

    def tell(self) -> None:
        """Tell all who wait."""
        self._told = True
        self._tell()

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for ring in waiting.values():
            ring()
