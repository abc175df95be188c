"""Start every branch, take each answer as it arrives, join them once the last has ended.

A join is one object per request that hears of its branches by callbacks: leaves need no task, other branches get one each.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from plait.errors import PlaitError
from plait.nodes.branch import Branch
from plait.nodes.merges import Merge
from plait.nodes.requirement import Requirement
from plait.nodes.waiter import Waiter
from plait.types import Call, Context, Leaf, Message, Sink, Started


class Join:
    """The answers of one fan-out, on their way to one answer for its sink."""

    __slots__ = ("complete", "ctx", "failed_count", "given", "index", "left", "plan", "sink", "started", "taken")

    def __init__(self, plan: FanOut, given: Message, ctx: Context, sink: Sink, index: int) -> None:
        self.plan = plan
        self.given = given
        self.ctx = ctx
        self.sink: Sink | None = sink
        self.index = index
        self.left = len(plan.calls)
        self.failed_count = 0
        self.complete = True
        self.taken: list[Any] = [None] * self.left
        self.started: list[Started] = []

    def answered(self, index: int, message: Message) -> None:
        """A branch has answered."""
        if self.sink is None:
            return
        merge = self.plan.merge
        try:
            self.taken[index] = merge.take(self.ctx, self.given, message)
        except PlaitError as exc:
            self.failed(index, exc.at(self.plan.path))
            return
        self.left -= 1
        if not message.complete:
            self.complete = False
        if self.left == 0 or merge.fastest:
            self._finish()

    def failed(self, index: int, error: PlaitError) -> None:
        """A branch has failed."""
        sink = self.sink
        if sink is None:
            return
        self.left -= 1
        self.failed_count += 1
        if self.plan.requirement.lost(index, self.failed_count):
            self.cancel()
            sink.failed(self.index, error)
        elif not self.plan.merge.fastest:
            self.complete = False
            if self.left == 0:
                self._finish()

    def cancel(self) -> None:
        """Stop every branch that has not ended."""
        self.sink = None
        for started in self.started:
            started.cancel()

    def _finish(self) -> None:
        sink = self.sink
        if self.left:
            self.cancel()
        self.sink = None
        message = Message(self.plan.merge.join(self.taken), complete=self.complete)
        if sink is not None:
            sink.answered(self.index, message)


@dataclass(frozen=True, slots=True)
class FanOut:
    """All branches at once; those that are no leaves each in a task that is awaited."""

    calls: tuple[Call, ...]
    merge: Merge
    requirement: Requirement
    path: str

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The merged answer; fails with the failure that made the requirement impossible."""
        waiter = Waiter()
        join = Join(self, message, ctx, waiter, 0)
        tasks: list[asyncio.Task[None]] = []
        try:
            for place, call in enumerate(self.calls):
                if isinstance(call, Leaf):
                    join.started.append(call.start(message, ctx, join, place))
                else:
                    branch = Branch(call, message, ctx, join, place)
                    join.started.append(branch)
                    tasks.append(branch.task)
                if join.sink is None:
                    break
            return await waiter.future
        finally:
            join.cancel()
            if tasks:
                await asyncio.wait(tasks)


@dataclass(frozen=True, slots=True)
class LeafFanOut(FanOut):
    """All branches are leaves, and so is the whole."""

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The merged answer, for whoever awaits it."""
        waiter = Waiter()
        join = self.start(message, ctx, waiter)
        try:
            return await waiter.future
        finally:
            join.cancel()

    def start(self, message: Message, ctx: Context, sink: Sink, index: int = 0, /) -> Started:
        """The merged answer, for whoever is called back."""
        join = Join(self, message, ctx, sink, index)
        started = join.started
        for place, call in enumerate(self.calls):
            started.append(call.start(message, ctx, join, place))  # type: ignore[attr-defined] # leaves only, see Parallel.bind
            if join.sink is None:
                # Decided before all began: what began since the decision must end too.
                join.cancel()
                break
        return join
