"""Await what is started by callbacks, or what others have begun."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from plait.errors import PlaitError, TimedOut
from plait.types import Context, Message, Start

if TYPE_CHECKING:
    from plait.clock import Clock

_T = TypeVar("_T")


class Waiter:
    """A sink that is one future."""

    __slots__ = ("future",)

    def __init__(self) -> None:
        self.future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    def answered(self, index: int, message: Message) -> None:  # noqa: ARG002 - there is one index
        """The answer is there."""
        if not self.future.done():
            self.future.set_result(message)

    def failed(self, index: int, error: PlaitError) -> None:  # noqa: ARG002 - there is one index
        """There will be none."""
        if not self.future.done():
            self.future.set_exception(error)
            self.future.exception()  # nobody needs to be told that it was never heard: who waited may have left meanwhile


async def awaited(start: Start, message: Message, ctx: Context) -> Message:
    """What a call that is started for a sink answers; it stops if whoever awaits it is cancelled."""
    waiter = Waiter()
    started = start(message, ctx, waiter, 0)
    try:
        return await waiter.future
    finally:
        started.cancel()
        del waiter  # it holds the error, whose traceback holds this frame


class Patience:
    """Waits for something that goes on by itself, no longer than until a moment."""

    __slots__ = ("_over",)

    def __init__(self) -> None:
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def until(cls, work: asyncio.Future[_T], clock: Clock, moment: float | None) -> _T:
        """What the work gives; it goes on if the moment, where there is one, comes first, or if whoever waits is cancelled.

        Raises:
            TimedOut: If the moment came first.
            Exception: What the work raised.
        """
        patience = cls()
        work.add_done_callback(patience._ended)
        due = {} if moment is None else clock.at(moment, patience)
        try:
            await patience._over
        finally:
            due.pop(patience, None)
            work.remove_done_callback(patience._ended)
            patience._ended()
        if not work.done():
            raise TimedOut("no answer in time")
        if work.cancelled():
            raise TimedOut("it was stopped before it had an answer")
        return work.result()

    def _ended(self, _work: asyncio.Future[_T] | None = None) -> None:
        if not self._over.done():
            self._over.set_result(None)

    def expire(self) -> None:
        """The moment has come."""
        self._ended()
