"""The addresses that the name of a host has at present, asked for again and again."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From host and port to IP addresses; raises OSError if there are none."""

FRESH: Final = 5.0
"""Seconds between two questions: a resolver nearby keeps what it was told, for as long as the name's owner allows."""
PATIENCE: Final = 5.0
"""Seconds that one may take."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name, as the system resolves it.

    Raises:
        OSError: If it has none.
        UnicodeError: If it is no name.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))


class Names:
    """Keeps the addresses of one name fresh; while it does not resolve, those known last stay.

    Args:
        host: The name.
        port: Of all of them.
        changed: Hears which addresses there are, whenever that is not what it was.
        resolve: Who is asked.
    """

    __slots__ = ("_changed", "_failed", "_host", "_known", "_port", "_resolve", "_task")

    def __init__(self, host: str, port: int, changed: Callable[[Sequence[str]], None], resolve: Resolve = resolve) -> None:
        self._host = host
        self._port = port
        self._changed = changed
        self._resolve = resolve
        self._known: frozenset[str] = frozenset()
        self._failed = False
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Ask a first time, then go on in a task."""
        await self.ask()
        self._task = asyncio.get_running_loop().create_task(self._go_on())

    async def close(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def ask(self) -> None:
        """Ask once; a failure is said in the log, once until it is over."""
        try:
            async with asyncio.timeout(PATIENCE):
                addresses = await self._resolve(self._host, self._port)
        except (OSError, UnicodeError) as exc:  # a TimeoutError is an OSError, too
            if not self._failed:
                self._failed = True
                logging.getLogger("plait").warning("%s does not resolve (%s); the addresses known last stay", self._host, exc)
            return
        self._failed = False
        if frozenset(addresses) != self._known:
            self._changed(addresses)
            self._known = frozenset(addresses)

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(FRESH)
            try:
                await self.ask()
            except Exception:
                logging.getLogger("plait").exception("the addresses of %s could not be taken over", self._host)
