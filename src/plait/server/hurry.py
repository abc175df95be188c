"""Those who wait for something that may take long, so that they can be told to wait no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

Ring = Callable[[], None]


class Hurry:
    """Told once, it tells each who waits, and each who comes later."""

    __slots__ = ("_next", "_told", "_waiting")

    def __init__(self) -> None:
        self._waiting: dict[int, Ring] = {}
        self._next = 0
        self._told = False

    def add(self, ring: Ring) -> Ring:
        """Have somebody told by `ring`, in a turn of the loop of its own if it is time already; what is given back ends that."""
        number = self._next = self._next + 1
        self._waiting[number] = ring
        if self._told:
            asyncio.get_running_loop().call_soon(self._tell)
        return lambda: self._waiting.pop(number, None) and None

    def tell(self) -> None:
        """Tell all who wait."""
        self._told = True
        self._tell()

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for ring in waiting.values():
            ring()
