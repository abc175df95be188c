"""Run a call that is no leaf in a task, for a sink."""

from __future__ import annotations

import asyncio
import logging

from plait.errors import Internal, PlaitError
from plait.types import Call, Context, Message, Sink

log = logging.getLogger("plait")


class Branch:
    """A call in a task of its own. Whoever began it awaits `task`, or cancels it and awaits it still."""

    __slots__ = ("task",)

    def __init__(self, call: Call, message: Message, ctx: Context, sink: Sink, index: int) -> None:
        self.task = asyncio.get_running_loop().create_task(_run(call, message, ctx, sink, index))

    def cancel(self) -> None:
        """Stop the call."""
        self.task.cancel()


async def _run(call: Call, message: Message, ctx: Context, sink: Sink, index: int) -> None:
    try:
        answer = await call(message, ctx)
    except PlaitError as exc:
        sink.failed(index, exc)
    except asyncio.CancelledError:
        raise
    except Exception:
        # A fault of plait itself must still be answered, and be found in the log.
        log.exception("a node failed in a way that it should not")
        sink.failed(index, Internal("plait failed on this request; the log says how"))
    else:
        sink.answered(index, answer)
