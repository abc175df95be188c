"""Run a call that is no leaf in a task, for a sink that owns the task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from plait.errors import Internal, PlaitError, fault
from plait.types import Call, Context, Leaf, Message, Sink, Started

Tasks = tuple[asyncio.Task[None], ...]


class Owner(Sink, Protocol):
    """A sink that keeps the tasks begun for it, until `ended` has awaited them."""

    def own(self, task: asyncio.Task[None]) -> None: ...


Start = Callable[[Message, Context, Any, int], Started]
"""Starts a call for an owner, under an index."""


@dataclass(frozen=True, slots=True)
class InTask:
    """Starts a call in a task of its own."""

    call: Call

    def start(self, message: Message, ctx: Context, owner: Owner, index: int, /) -> Started:
        """The call's answer, for whoever is called back."""
        task = asyncio.get_running_loop().create_task(_run(self.call, message, ctx, owner, index))
        owner.own(task)
        return task


def starting(call: Call) -> Start:
    """How a call is started for a sink: by itself if it is a leaf, else in a task."""
    return call.start if isinstance(call, Leaf) else InTask(call).start


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Wait for tasks that have been cancelled or are about to end, even if whoever waits is cancelled meanwhile.

    Raises:
        asyncio.CancelledError: If that was so, once all have ended.
    """
    interrupted = None
    left = [task for task in tasks if not task.done()]
    while left:
        try:
            await asyncio.wait(left)
        except asyncio.CancelledError as exc:
            interrupted = exc
        left = [task for task in left if not task.done()]
    if interrupted is not None:
        raise interrupted


async def _run(call: Call, message: Message, ctx: Context, sink: Sink, index: int) -> None:
    try:
        answer = await call(message, ctx)
    except PlaitError as exc:
        sink.failed(index, exc)
    except asyncio.CancelledError:
        # An owner that cancels listens no more; whoever else cancels must not leave it waiting.
        sink.failed(index, Internal("a part of this request was stopped from outside"))
        raise
    except Exception as exc:  # noqa: BLE001 - whatever it is, the sink must hear of it
        sink.failed(index, fault(exc))
    else:
        sink.answered(index, answer)
