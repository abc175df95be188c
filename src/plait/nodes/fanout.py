"""Start every branch, take each answer as it arrives, join them once the last has ended.

A join is one object per request that hears of its branches by callbacks: none of them needs a task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from plait.errors import PlaitError, RequirementFailed, fault
from plait.nodes.absent import ABSENT, LEFT_OUT
from plait.nodes.ask import Ask
from plait.nodes.drive import leaf
from plait.nodes.merges import Merge
from plait.nodes.requirement import Requirement
from plait.nodes.waiter import awaited
from plait.types import Call, Context, Message, Sink, Start, Started


class Join:
    """The answers of one fan-out, on their way to one answer for its sink."""

    __slots__ = (
        "complete",
        "ctx",
        "failed_count",
        "given",
        "index",
        "left",
        "plan",
        "requirement",
        "sink",
        "started",
        "taken",
    )

    def __init__(self, plan: FanOut, given: Message, ctx: Context, sink: Sink, index: int) -> None:
        self.plan = plan
        self.requirement = plan.requirement
        self.given = given
        self.ctx = ctx
        self.sink: Sink | None = sink
        self.index = index
        self.left = len(plan.starts)
        self.failed_count = 0
        self.complete = True
        self.taken: list[Any] = [None] * self.left
        self.started: list[Started] = []

    def start_all(self) -> None:
        """Begin every branch, unless those before have decided already."""
        started, given, ctx = self.started, self.given, self.ctx
        for place, start in enumerate(self.plan.starts):
            started.append(start(given, ctx, self, place))
            if self.sink is None:
                started[place].cancel()  # it was still beginning when all was decided
                return

    def answered(self, index: int, message: Message) -> None:  # noqa: C901 - what every branch passes through, without a call more
        """A branch has answered."""
        if self.sink is None:
            return
        merge = self.plan.merge
        if message is LEFT_OUT or (message is ABSENT and index in self.plan.optional and not merge.keeps_null):
            self._missing(index, message)
            return
        try:
            self.taken[index] = merge.take(self.ctx, self.given, message)
        except PlaitError as exc:
            if index in self.plan.optional:
                self._missing(index, ABSENT)
            else:
                self.failed(index, self.plan.unfit(index, exc))
            return
        except Exception as exc:  # noqa: BLE001 - a callback has nobody above it who would answer
            self.failed(index, fault(exc))
            return
        self.left -= 1
        if merge.fastest:
            self.complete = message.complete  # those that lost do not count
        elif not message.complete:
            self.complete = False
        if self.left == 0 or merge.fastest:
            self._finish()

    def _missing(self, index: int, message: Message) -> None:
        """A branch has no answer and has not failed: it did not have to run, or was optional."""
        self.left -= 1
        if message is LEFT_OUT:
            self.requirement = self.requirement.without(index)
        else:
            self.complete = False
        sink = self.sink
        if self.requirement.lost(-1, self.failed_count) and sink is not None:
            self.cancel()
            sink.failed(self.index, RequirementFailed("too few of its branches had to run").at(self.plan.path))
        elif self.left == 0:
            self._finish()

    def failed(self, index: int, error: PlaitError) -> None:
        """A branch has failed."""
        sink = self.sink
        if sink is None:
            return
        self.left -= 1
        self.failed_count += 1
        if self.requirement.lost(index, self.failed_count):
            self.cancel()
            sink.failed(self.index, error)
        else:
            self.complete = False
            if self.left == 0:
                self._finish()

    def cancel(self) -> None:
        """Stop every branch that has not ended; what never began is said to be cancelled."""
        if self.sink is None:
            return
        self.sink = None
        for started in self.started:
            started.cancel()
        for ask in chain.from_iterable(self.plan.asks[len(self.started) + 1 :]):  # before it is the one that begins just now
            ask.never_began(self.ctx.run, "cancelled")

    def _finish(self) -> None:
        sink = self.sink
        if self.left:
            self.cancel()
        self.sink = None
        if sink is None:
            return
        merge = self.plan.merge
        nothing = self.failed_count != len(self.taken) == self.taken.count(None)
        if nothing and not (self.complete and merge.of_none):
            # Nothing but branches that were left out, or were optional and failed.
            sink.answered(self.index, LEFT_OUT if self.complete else ABSENT)
            return
        try:
            message = Message(merge.join(self.taken), complete=self.complete)
        except PlaitError as exc:
            sink.failed(self.index, exc.at(self.plan.path))
        except Exception as exc:  # noqa: BLE001 - a callback has nobody above it who would answer
            sink.failed(self.index, fault(exc))
        else:
            sink.answered(self.index, message)


class Branch(NamedTuple):
    """A branch: its label, its call, whether the answer may do without it, and the calls of predictors within it."""

    label: str
    call: Call
    optional: bool = False
    asks: tuple[Ask, ...] = ()


def fan_out(branches: Sequence[Branch], merge: Merge, requirement: Requirement, path: str) -> FanOut:
    """The fan-out of these branches."""
    starts = tuple(leaf(branch.call).start for branch in branches)
    optional = frozenset(place for place, branch in enumerate(branches) if branch.optional)
    labels, asks = tuple(branch.label for branch in branches), tuple(branch.asks for branch in branches)
    return FanOut(labels, starts, merge, requirement, path, optional, asks)


@dataclass(frozen=True, slots=True)
class FanOut:
    """All branches at once: a leaf."""

    labels: tuple[str, ...]
    starts: tuple[Start, ...]
    merge: Merge
    requirement: Requirement
    path: str
    optional: frozenset[int]
    asks: tuple[tuple[Ask, ...], ...]

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The merged answer; fails with the failure that made the requirement impossible."""
        return await awaited(self.start, message, ctx)

    def start(self, message: Message, ctx: Context, sink: Sink, index: int = 0, /) -> Started:
        """The merged answer, for whoever is called back."""
        join = Join(self, message, ctx, sink, index)
        join.start_all()
        return join

    def unfit(self, index: int, error: PlaitError) -> PlaitError:
        """The error of a merge that cannot take a branch's answer; it says whose answer that was."""
        error.detail += f" (in the answer of {self.labels[index]})"
        return error.at(self.path)
