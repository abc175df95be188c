"""One call that several requests wait for."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING

import msgspec

from plait.errors import PlaitError
from plait.events import Part
from plait.nodes.ask import LEAST, Ask
from plait.nodes.decided import ENDED
from plait.nodes.waiter import Patience, Waiter
from plait.types import Context, Message, Run, Started

if TYPE_CHECKING:
    from plait.clock import Clock


class Flight:
    """A call under way. Its parts are at once those of the run that asked `first`, unless that one has left.

    Args:
        key: What the call is known by.
        ctx: That of whoever asks first.
    """

    __slots__ = ("deadline", "first", "key", "run", "started", "waiter", "waiting")

    def __init__(self, key: bytes, ctx: Context) -> None:
        self.key = key
        self.first: Run | None = ctx.run
        self.run = ctx.run.recorded(self._part)
        self.deadline = ctx.deadline
        self.waiter = Waiter()
        self.waiting = 0
        self.started: Started = ENDED

    @property
    def over(self) -> bool:
        """Whether there is an answer or a failure."""
        return self.waiter.future.done()

    @property
    def out_of_time(self) -> bool:
        """Whether it is over because its own deadline came, and not for a timeout within it."""
        return self.over and self.run.clock.now() > self.deadline - LEAST

    async def answer(self, clock: Clock, moment: float | None) -> Message:
        """What the call gives, if it comes before a moment; the call goes on if it does not.

        Raises:
            PlaitError: The failure; each who waits has its own, to add to it what it knows.
        """
        self.waiting += 1
        try:
            return await Patience.until(self.waiter.future, clock, moment)
        except PlaitError as exc:
            raise copy(exc) from None
        finally:
            self.waiting -= 1

    def let_go(self) -> None:
        """Break the circle of this, what it started, and its run: a context on the way hides it from the garbage collector."""
        self.started = ENDED

    def tell_rest(self, run: Run, asks: Sequence[Ask], status: str) -> None:
        """Record what the calls that have not ended are to a run that waits no longer, while others do."""
        ended = {part.key for part in self.run.parts}
        for ask in asks:
            if not self.over and ask.key not in ended:
                ask.never_began(run, status, "others wait for it, and there is no answer yet")

    def _part(self, part: Part) -> None:
        if self.first is not None:
            self.first.emit(part)


def replay(run: Run, parts: Sequence[Part], seconds: float | None = None) -> None:
    """Record parts of another call as parts of this run, for which nobody was asked."""
    for part in parts:
        took = part.seconds if seconds is None else seconds
        run.emit(msgspec.structs.replace(unread(part), attempts=0, seconds=took))


def unread(part: Part) -> Part:
    """The same, with nothing kept of what others found in its output."""
    output = None if part.output is None else Message(part.output.raw, complete=part.output.complete)
    return msgspec.structs.replace(part, output=output)
