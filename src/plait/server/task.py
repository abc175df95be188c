"""Run a coroutine for a request: its answer goes to the client, its failure becomes a problem."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from plait.errors import PlaitError, fault
from plait.http1.messages import Reply, Response


class Tasks:
    """The tasks of one handler, each owned until it has ended."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(
        self, work: Callable[[], Awaitable[Response]], reply: Reply, failed: Callable[[PlaitError], Response]
    ) -> asyncio.Task[None]:
        """Call the work in a task, and reply with what it gives, unless the task is cancelled first."""
        task = asyncio.get_running_loop().create_task(_answer(work, reply, failed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Cancel what still runs, and await it."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def _answer(work: Callable[[], Awaitable[Response]], reply: Reply, failed: Callable[[PlaitError], Response]) -> None:
    try:
        response = await work()
    except PlaitError as exc:
        response = failed(exc)
    except Exception as exc:  # noqa: BLE001 - whatever it is, the client must hear of it
        response = failed(fault(exc))
    reply(response)
