"""Wait for a job, or do without it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from plait.errors import PlaitError

if TYPE_CHECKING:
    from plait.jobs.state import JobState
    from plait.server.lasting import Lasting


async def waited(lasting: Lasting, job: str, client: str, seconds: float) -> JobState:
    """A job once it has ended, or as it is after so many seconds, or when plait ends.

    Raises:
        PlaitError: If there is none of that client's, or it cannot be looked at.
    """
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiting = lasting.tasks.background.start(lasting.jobs.wait(job, client, seconds))
    leave = lasting.waits.add(lambda: over.set_result(None))
    try:
        await asyncio.wait((waiting, over), return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
    finally:
        leave()
        waiting.cancel()
    return await lasting.jobs.find(job, client)


def forget(lasting: Lasting, taking: asyncio.Task[JobState], client: str) -> None:
    """Do without a job that is on its way into the store: nobody was told of it."""
    lasting.tasks.background.start(_cancelled(lasting, taking, client))


async def _cancelled(lasting: Lasting, taking: asyncio.Task[JobState], client: str) -> None:
    with suppress(PlaitError):  # then there is none, or nobody can stop it now
        state = await taking
        await lasting.jobs.cancel(state.id, client)
