"""A worker process in reserve: it has imported everything, and lacks only a place and a configuration."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from plait.errors import StartError

if TYPE_CHECKING:
    from plait.server.member import Member

PAUSE = 5.0
"""Seconds until another follows a spare that could not start, or has died: workers do without it meanwhile."""

_log = logging.getLogger("plait")


class Spare:
    """Keeps one at hand.

    Args:
        start: Starts a process that waits for its place.
        calm: Returns once no place is empty: whoever lost a worker comes before the next spare.
    """

    def __init__(self, start: Callable[[], Awaitable[Member]], calm: Callable[[], Awaitable[None]]) -> None:
        self._start = start
        self._calm = calm
        self._member: Member | None = None
        self._taken: asyncio.Future[None] | None = None

    def take(self) -> Member | None:
        """The one that waits, if one does; another will follow."""
        member, self._member = self._member, None
        if member is None or self._taken is None or member.over.done():
            return None
        self._taken.set_result(None)
        return member

    def renew(self) -> None:
        """Have another one, which imports what is installed by now."""
        if member := self.take():
            member.send(signal.SIGKILL)

    async def keep(self) -> None:
        """Start one whenever there is none; never returns."""
        while True:
            await self._calm()
            try:
                member = await self._start()
            except StartError as exc:
                await _pause(exc.detail)
                continue
            self._member, self._taken = member, asyncio.get_running_loop().create_future()
            await asyncio.wait((member.over, self._taken), return_when=asyncio.FIRST_COMPLETED)
            if not self._taken.done():
                await _pause(f"{member.name}, process {member.pid}, {member.end}")


async def _pause(why: str) -> None:
    _log.error("%s; another spare follows in %g s", why, PAUSE)
    await asyncio.sleep(PAUSE)
