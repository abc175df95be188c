"""Plaits that are killed again and again, or stopped for a while, and are started again where nobody else does it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from proof.client import Answered, Clients
from proof.moments import now, until
from proof.serving import START, Served, serving
from trouble import Trouble
from usage import tree

WHOLE = 20
"""Of so many kills, one is of a main process with everything below it."""
STOPPED = 12.0
"""Seconds for which all of a plait is stopped: longer than the lease of its jobs."""
AGAIN = 0.05
SOON = 3.0
"""Seconds after which a client tries another one."""


class Mortal:
    """One plait, whatever becomes of its processes.

    Args:
        config: What it serves.
        folder: Where its file is, and its state.
        name: What its file and log are called.

    `kills` are the moments (seconds since 1970) at which each process was killed, by its id.
    """

    def __init__(self, config: Mapping[str, Any], folder: Path, name: str) -> None:
        self._config = config
        self._folder = folder
        self._name = name
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
        self._served = await self._life.enter_async_context(serving(self._config, self._folder, self._name))

    async def end(self) -> None:
        """End it in good order."""
        self._served = None
        await self._life.aclose()

    async def kill(self, draws: Random) -> None:
        """Kill a worker, or everything: as the draw has it."""
        if draws.randrange(WHOLE) == 0:
            self._kill(tree(self.served.pid))
            await self.end()
            await self.start()
        else:
            self._kill([draws.choice(await self._workers())])

    async def stop(self) -> set[int]:
        """Stop everything for a while, as a machine does that sleeps; the processes."""
        stopped = tree(self.served.pid)
        _signal(stopped, signal.SIGSTOP)
        try:
            await asyncio.sleep(STOPPED)
        finally:
            _signal(stopped, signal.SIGCONT)
        return set(stopped)

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
        _signal(victims, signal.SIGKILL)


class Mortals:
    """Plaits with one store, and what befalls them.

    Args:
        members: All of them.

    `slept` are the processes that were stopped for a while.
    """

    def __init__(self, members: list[Mortal]) -> None:
        self._members = members
        self._turn = count()
        self._asleep: Mortal | None = None
        self.slept: set[int] = set()

    @property
    def kills(self) -> dict[int, list[float]]:
        """The moments at which each process was killed, by its id."""
        found: dict[int, list[float]] = {}
        for member in self._members:
            for pid, moments in member.kills.items():
                found.setdefault(pid, []).extend(moments)
        return found

    async def ask(self, request: bytes, seconds: float = START) -> Answered:
        """The answer of one of them to a request, by a connection of its own.

        Raises:
            OSError: If there is none in so many seconds.
        """
        served = self._members[next(self._turn) % len(self._members)].served
        async with asyncio.timeout(seconds), Clients(served.url) as clients:
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
                        answer = await self.ask(request, SOON)
                        if answer.status < 300:
                            return answer
                        if answer.status not in {409, 503}:
                            raise Trouble(f"plait answers {answer.status}: {answer.body[:500]!r}")
                    await asyncio.sleep(AGAIN)
        raise Trouble(f"plait did not answer {request[:200]!r} in {2 * START:.0f} s")

    async def killed(self, times: int, every: float, draws: Random) -> None:
        """Kill so often, at random moments, so many seconds apart on average; of those that are not stopped."""
        for _ in range(times):
            await asyncio.sleep(draws.expovariate(1 / every))
            await draws.choice([member for member in self._members if member is not self._asleep]).kill(draws)

    async def stopped(self, times: int, seconds: float, draws: Random) -> None:
        """Stop one after the other, so often, within so many seconds."""
        for _ in range(times):
            await asyncio.sleep(draws.uniform(0, max(0.0, seconds / times - STOPPED)))
            member = draws.choice(self._members)
            with suppress(ConnectionRefusedError):  # it is on its way again
                self._asleep = member
                try:
                    self.slept |= await member.stop()
                finally:
                    self._asleep = None


def _signal(processes: list[int], number: int) -> None:
    """Tell processes that we started something; those that have ended hear nothing."""
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


@asynccontextmanager
async def mortal(config: Mapping[str, Any], folder: Path, members: int = 1) -> AsyncIterator[Mortals]:
    """So many that serve, with one state, ended at the end of the block."""
    found = [Mortal(config, folder, f"plait-{number}") for number in range(1, members + 1)]
    async with AsyncExitStack() as stack:
        for member in found:
            stack.push_async_callback(member.end)
            await member.start()
        yield Mortals(found)
