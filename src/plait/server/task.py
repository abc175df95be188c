"""Run a coroutine for a request: its answer goes to the client, its failure becomes a problem."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from plait.background import Background
from plait.errors import PlaitError, fault
from plait.http1.messages import Reply, Response


class Tasks:
    """The tasks of one handler; `background` owns them, and whatever else goes on when a request has been answered."""

    def __init__(self) -> None:
        self.background = Background()

    def start(
        self, work: Callable[[], Awaitable[Response]], reply: Reply, failed: Callable[[PlaitError], Response]
    ) -> asyncio.Task[None]:
        """Call the work in a task, and reply with what it gives, unless the task is cancelled first."""
        return self.background.start(_answer(work, reply, failed))

    async def close(self) -> None:
        """Cancel what still runs, and await it."""
        await self.background.close()


async def _answer(work: Callable[[], Awaitable[Response]], reply: Reply, failed: Callable[[PlaitError], Response]) -> None:
    try:
        response = await work()
    except PlaitError as exc:
        response = failed(exc)
    except Exception as exc:  # noqa: BLE001 - whatever it is, the client must hear of it
        response = failed(fault(exc))
    reply(response)
