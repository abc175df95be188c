"""Run a call that is no leaf in a task, for a sink that owns the task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from plait.errors import Internal, PlaitError, fault
from plait.nodes.ask import Ask
from plait.types import Call, Context, Leaf, Message, Sink, Started

Tasks = tuple[asyncio.Task[None], ...]


class Owner(Sink, Protocol):
    """A sink that keeps the tasks begun for it, until `ended` has awaited them."""

    def own(self, task: asyncio.Task[None]) -> None: ...


Start = Callable[[Message, Context, Any, int], Started]
"""Starts a call for an owner, under an index."""


@dataclass(frozen=True, slots=True)
class InTask:
    """Starts a call in a task of its own; `asks` are the calls of predictors within it."""

    call: Call
    asks: tuple[Ask, ...]

    def start(self, message: Message, ctx: Context, owner: Owner, index: int, /) -> Started:
        """The call's answer, for whoever is called back."""
        return Branching(self, message, ctx, owner, index)


class Branching:
    """A call in its task; one that is stopped before it has begun has parts that say so."""

    __slots__ = ("asks", "run", "task")

    def __init__(self, plan: InTask, message: Message, ctx: Context, owner: Owner, index: int) -> None:
        self.asks = plan.asks
        self.run = ctx.run
        self.task = asyncio.get_running_loop().create_task(self._run(plan.call, message, ctx, owner, index))
        owner.own(self.task)

    def cancel(self) -> None:
        """Stop it."""
        asks, self.asks = self.asks, ()
        for ask in asks:
            ask.never_began(self.run, "cancelled")
        self.task.cancel()

    async def _run(self, call: Call, message: Message, ctx: Context, sink: Sink, index: int) -> None:
        self.asks = ()
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


def starting(call: Call, asks: tuple[Ask, ...]) -> Start:
    """How a call is started for a sink: by itself if it is a leaf, else in a task."""
    return call.start if isinstance(call, Leaf) else InTask(call, asks).start


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
