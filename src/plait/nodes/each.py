"""Start the same call for every item of a list, some at a time, and gather the answers in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from plait.errors import PlaitError, RequirementFailed, TimedOut
from plait.nodes.absent import ABSENT, LEFT_OUT
from plait.nodes.ask import Ask
from plait.nodes.waiter import Waiter
from plait.types import Context, Message, Start, Started

TURN = 0.001
"""Seconds of one turn of the loop in which items are started: a list of lists may have a million, and others wait meanwhile."""

GRACE = 0.02
"""Seconds after the deadline in which items that need no call may still be worked through."""


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
        "_complete", "_ctx", "_goes_on", "_items", "_left", "_next", "_open", "_plan", "_possible", "_pumping", "_quorum", "_taken",
        "_waiter",
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
        self._pumping = False  # items are being started
        self._goes_on = False  # at the next turn of the loop

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
            self._pump()

    def failed(self, index: int, error: PlaitError) -> None:
        """An item has none."""
        if self._has_ended(index):
            self._complete = False
            error.detail += f" (item {index})"
            self._lose(error)
            self._pump()

    def _has_ended(self, index: int) -> bool:
        """Whether this is news: what was stopped may still say something."""
        if index not in self._open or self._waiter.future.done():
            return False
        del self._open[index]
        self._left -= 1
        return True

    def _pump(self) -> None:
        """Start as many as there is room for, a while in each turn of the loop; then end if none is left."""
        if self._pumping or self._goes_on:
            return
        now = self._ctx.run.clock.now
        moment = now()
        if self._has_room and moment > self._ctx.deadline + GRACE:
            self._give_up()
            return
        self._pumping = True
        while self._has_room and now() < moment + TURN:
            self._begin(self._next)
        self._pumping = False
        if self._has_room:
            self._goes_on = True
            asyncio.get_running_loop().call_soon(self._go_on)
        else:
            self._end_if_all_have()

    def _go_on(self) -> None:
        """The next turn of the loop."""
        self._goes_on = False
        self._pump()

    @property
    def _has_room(self) -> bool:
        return self._next < len(self._items) and len(self._open) < self._plan.concurrency and not self._waiter.future.done()

    def _begin(self, place: int) -> None:
        self._next = place + 1
        self._open[place] = None
        ctx, item = self._ctx, Message(bytes(self._items[place]))
        named = {**ctx.named, "item": item, "index": Message(b"%d" % place)}
        started = self._plan.start(item, Context(ctx.run.of_item(place), ctx.deadline, named), self, place)
        if place in self._open:
            self._open[place] = started

    def _give_up(self) -> None:
        """The time has long been up: what never began has failed."""
        never = len(self._items) - self._next
        self._never_began("timeout")
        self._left -= never
        self._complete = False
        self._lose(TimedOut(f"no time was left for {never} of its items").at(self._plan.path), never)
        self._end_if_all_have()

    def _end_if_all_have(self) -> None:
        if self._left == 0 and not self._waiter.future.done():
            self._waiter.answered(0, Message(b"[" + b",".join(self._taken) + b"]", complete=self._complete))

    def _lose(self, error: PlaitError, items: int = 1) -> None:
        """Some items less that can be answered; fail if they are now too few."""
        self._possible -= items
        if self._possible < self._quorum:
            self._waiter.failed(0, error)
            self._stop()

    def _stop(self) -> None:
        """Stop what has not ended; what never began is said to be cancelled."""
        under_way, self._open = self._open, {}
        for started in under_way.values():
            if started is not None:
                started.cancel()
        self._never_began("cancelled")

    def _never_began(self, status: str) -> None:
        for place in range(self._next, len(self._items)):
            for ask in self._plan.asks:
                ask.never_began(self._ctx.run.of_item(place), status)
        self._next = len(self._items)
