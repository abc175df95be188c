"""Start the same call for every item of a list, some at a time, and gather the answers in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from plait.errors import PlaitError, TimedOut
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
        "_complete", "_counted", "_ctx", "_failed", "_failure", "_items", "_left", "_next", "_open", "_plan", "_pumping", "_taken",
        "_waiter",
    )  # fmt: skip

    def __init__(self, plan: Plan, items: Sequence[msgspec.Raw], ctx: Context) -> None:
        self._plan = plan
        self._items = items
        self._ctx = ctx
        self._next = 0
        self._left = self._counted = len(items)
        self._failed = 0
        self._failure: PlaitError | None = None
        self._complete = True
        self._taken: list[bytes] = [b"null"] * len(items)
        self._open: dict[int, Started | None] = {}
        self._waiter = Waiter()
        self._pumping = False  # items are being started, or will be at the next turn of the loop

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
                self._counted -= 1
                self._judge()
            elif message is ABSENT and self._plan.optional:
                self._complete = False
            else:
                self._taken[index] = message.raw
                self._complete = self._complete and message.complete
            self._go_on()

    def failed(self, index: int, error: PlaitError) -> None:
        """An item has none."""
        if self._has_ended(index):
            error.detail += f" (item {index})"
            self._lose(error, 1)
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
        if self._pumping:
            return
        if self._has_room:
            # At the next turn: this may be a read callback, in which no call may begin (see http1/endpoint).
            self._pumping = True
            asyncio.get_running_loop().call_soon(self._pump)
        else:
            self._end_if_all_have()

    def _pump(self) -> None:
        """Start as many as there is room for, a while in each turn of the loop; then end if none is left."""
        self._pumping = True
        now = self._ctx.run.clock.now
        moment = now()
        if self._has_room and moment > self._ctx.deadline + GRACE:
            self._give_up()
        while self._has_room and now() < moment + TURN:
            self._begin(self._next)
        self._pumping = False
        self._go_on()

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
        else:
            started.cancel()  # it has ended, or all were stopped while it began

    def _give_up(self) -> None:
        """The time has long been up: what never began has failed."""
        never = len(self._items) - self._next
        self._never_began("timeout")
        self._left -= never
        self._lose(TimedOut(f"no time was left for {never} of its items").at(self._plan.path), never)

    def _end_if_all_have(self) -> None:
        if self._left == 0 and not self._waiter.future.done():
            self._waiter.answered(0, Message(b"[" + b",".join(self._taken) + b"]", complete=self._complete))

    def _lose(self, error: PlaitError, items: int) -> None:
        self._complete = False
        self._failed += items
        self._failure = error
        self._judge()

    def _judge(self) -> None:
        """Fail if too few can still be answered; items that did not have to run are not counted."""
        if self._failure is not None and self._counted - self._failed < self._plan.quorum(self._counted):
            self._waiter.failed(0, self._failure)
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
