"""Start the same call for every item of a list, some at a time, and gather the answers in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from plait.errors import PlaitError, RequirementFailed
from plait.nodes.absent import ABSENT, LEFT_OUT
from plait.nodes.ask import Ask
from plait.nodes.waiter import Waiter
from plait.types import Context, Message, Start, Started


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done with each item.

    Args:
        start: Starts the call of one item.
        concurrency: How many at once.
        require: How many must be answered: all, any or a number.
        path: The node's.
        optional: Whether an item whose call failed is null without being a failure.
        asks: The calls of predictors that one item makes.
    """

    start: Start
    concurrency: int
    require: str | int
    path: str
    optional: bool
    asks: tuple[Ask, ...]

    def quorum(self, total: int) -> int:
        """How many of so many items must be answered."""
        if isinstance(self.require, int):
            return min(self.require, total)
        return total if self.require == "all" else min(1, total)


class Each:
    """One list on its way: the sink of its items' calls."""

    __slots__ = (
        "_complete", "_ctx", "_items", "_left", "_next", "_open", "_plan", "_possible", "_pumping", "_quorum", "_taken", "_waiter",
    )  # fmt: skip

    def __init__(self, plan: Plan, items: Sequence[msgspec.Raw], ctx: Context) -> None:
        self._plan = plan
        self._items = items
        self._ctx = ctx
        self._next = 0
        self._left = self._possible = len(items)
        self._quorum = plan.quorum(len(items))
        self._complete = True
        self._taken: list[bytes] = [b"null"] * len(items)
        self._open: dict[int, Started | None] = {}
        self._waiter = Waiter()
        self._pumping = False

    async def answers(self) -> Message:
        """The list of answers; null where an item is missing.

        Raises:
            PlaitError: The failure that made the requirement impossible.
        """
        try:
            self._pump()
            return await self._waiter.future
        finally:
            self._stop()

    # What an item's call calls.

    def answered(self, index: int, message: Message) -> None:
        """An item has its answer."""
        if self._has_ended(index):
            if message is LEFT_OUT:
                self._quorum -= self._plan.require == "all"
                self._lose(RequirementFailed("too few of its items had to run").at(self._plan.path))
            elif message is ABSENT and self._plan.optional:
                self._complete = False
            else:
                self._taken[index] = message.raw
                self._complete = self._complete and message.complete
            self._go_on()

    def failed(self, index: int, error: PlaitError) -> None:
        """An item has none."""
        if self._has_ended(index):
            self._complete = False
            error.detail += f" (item {index})"
            self._lose(error)
            self._go_on()

    def _has_ended(self, index: int) -> bool:
        """Whether this is news: what was stopped may still say something."""
        if index not in self._open or self._waiter.future.done():
            return False
        del self._open[index]
        self._left -= 1
        return True

    def _go_on(self) -> None:
        """Start further ones, or end, unless that is about to happen anyway."""
        if not self._pumping:
            self._pumping = True
            if self._next < len(self._items):
                # At the next turn: this may be a read callback, in which no call may begin (see http1/endpoint).
                asyncio.get_running_loop().call_soon(self._pump)
            else:
                self._pump()

    def _pump(self) -> None:
        """Start as many as there is room for; then end if none is left."""
        self._pumping = True
        plan, ctx = self._plan, self._ctx
        while self._next < len(self._items) and len(self._open) < plan.concurrency and not self._waiter.future.done():
            place = self._next
            self._next += 1
            self._open[place] = None
            item = Message(bytes(self._items[place]))
            named = {**ctx.named, "item": item, "index": Message(b"%d" % place)}
            started = plan.start(item, Context(ctx.run.of_item(place), ctx.deadline, named), self, place)
            if place in self._open:
                self._open[place] = started
            else:
                started.cancel()  # it has ended, or all were stopped while it began
        self._pumping = False
        if self._left == 0 and not self._waiter.future.done():
            self._waiter.answered(0, Message(b"[" + b",".join(self._taken) + b"]", complete=self._complete))

    def _lose(self, error: PlaitError) -> None:
        """One item less that can be answered; fail if they are now too few."""
        self._possible -= 1
        if self._possible < self._quorum:
            self._waiter.failed(0, error)
            self._stop()

    def _stop(self) -> None:
        """Stop what has not ended; what never began is said to be cancelled."""
        under_way, self._open = self._open, {}
        for started in under_way.values():
            if started is not None:
                started.cancel()
        for place in range(self._next, len(self._items)):
            for ask in self._plan.asks:
                ask.never_began(self._ctx.run.of_item(place), "cancelled")
        self._next = len(self._items)
