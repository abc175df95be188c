"""A plait that is killed again and again, a worker or the whole of it, and is started again where nobody else does it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

from proof.client import Answered, Clients
from proof.moments import now, until
from proof.serving import START, Served, serving
from trouble import Trouble
from usage import tree

WHOLE = 20
"""Of so many kills, one is of the main process with everything below it."""
AGAIN = 0.05


class Mortal:
    """A plait, whatever becomes of its processes.

    Args:
        config: What it serves.
        folder: Where its file is, and its state.

    `kills` are the moments (seconds since 1970) at which each process was killed, by its id.
    """

    def __init__(self, config: Mapping[str, Any], folder: Path) -> None:
        self._config = config
        self._folder = folder
        self._life = AsyncExitStack()
        self._served: Served | None = None
        self.kills: dict[int, list[float]] = {}

    @property
    def served(self) -> Served:
        """The one that serves at present.

        Raises:
            ConnectionRefusedError: If none does.
        """
        if self._served is None:
            raise ConnectionRefusedError("plait was killed, and is on its way again")
        return self._served

    async def start(self) -> None:
        """Start it."""
        self._life = AsyncExitStack()
        self._served = await self._life.enter_async_context(serving(self._config, self._folder))

    async def end(self) -> None:
        """End it in good order."""
        self._served = None
        await self._life.aclose()

    async def kill(self, draws: Random) -> None:
        """Kill a worker, or everything: as the draw has it."""
        if draws.randrange(WHOLE) == 0:
            victims = tree(self.served.pid)
            self._kill(victims)
            await self.end()
            await self.start()
        else:
            self._kill([draws.choice(await self._workers())])

    async def ask(self, request: bytes) -> Answered:
        """The answer to a request, by a connection of its own.

        Raises:
            OSError: If there is none.
        """
        async with Clients(self.served.url) as clients:
            return await clients.ask(request)

    async def surely(self, request: bytes) -> Answered:
        """The answer to a request that may be repeated, and is for as long as there is none, or one that says to come again.

        Raises:
            Trouble: If there is none for a minute, or it is neither a success nor one to come again.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * START):
                while True:
                    with suppress(OSError):
                        answer = await self.ask(request)
                        if answer.status < 300:
                            return answer
                        if answer.status not in {409, 503}:
                            raise Trouble(f"plait answers {answer.status}: {answer.body[:500]!r}")
                    await asyncio.sleep(AGAIN)
        raise Trouble(f"plait did not answer {request[:200]!r} in {2 * START:.0f} s")

    async def _workers(self) -> list[int]:
        """Those that serve at present.

        Raises:
            Trouble: If there is none for half a minute.
        """
        found: list[int] = []

        def some() -> bool:
            found[:] = self.served.workers()
            return bool(found)

        if not await until(some, START):
            raise Trouble(f"no worker serves. plait printed:\n{self.served.printed()[-2000:]}")
        return found

    def _kill(self, victims: list[int]) -> None:
        for pid in victims:
            self.kills.setdefault(pid, []).append(now())
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@asynccontextmanager
async def mortal(config: Mapping[str, Any], folder: Path) -> AsyncIterator[Mortal]:
    """One that serves, ended at the end of the block."""
    found = Mortal(config, folder)
    await found.start()
    try:
        yield found
    finally:
        await found.end()


async def killed(plait: Mortal, times: int, every: float, draws: Random) -> None:
    """Kill so often, at random moments, so many seconds apart on average."""
    for _ in range(times):
        await asyncio.sleep(draws.expovariate(1 / every))
        await plait.kill(draws)
