"""Nodes in order: a step's input is the previous step's output."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

from pydantic import Field

from plait.errors import PlaitError
from plait.nodes.absent import LEFT_OUT
from plait.nodes.decided import ENDED
from plait.nodes.drive import leaf
from plait.nodes.link import Child, Link, listed
from plait.nodes.node import Arrangement, NodeSpec
from plait.nodes.predict import Predict
from plait.nodes.waiter import awaited
from plait.spec.fields import Many
from plait.types import Call, Context, Leaf, Message, Sink, Started

if TYPE_CHECKING:
    Node = NodeSpec


class Sequence(NodeSpec):
    """Nodes in order."""

    kind: ClassVar[str] = "sequence"
    summary: ClassVar[str] = "in order; a step's input is the previous step's output"
    arrangement: ClassVar[Arrangement] = "row"

    sequence: Annotated[Many[Node], Field(min_length=1)]
    """The steps."""

    def children(self) -> tuple[Child, ...]:
        """The steps, each under its name."""
        return listed("sequence", self.sequence)

    def bind(self, link: Link) -> Call:
        """The steps' calls, each of which sees the named steps before it."""
        steps = []
        for child in self.children():
            name = _variable(child.node)
            steps.append(Step(leaf(link.call(child)), name))
            if name:
                link = link.seeing(name)
        return InOrder(tuple(steps))


def _variable(node: NodeSpec) -> str:
    """The name under which later steps see this one's output: its own, or that of whom it asks."""
    return node.name or (node.predict if isinstance(node, Predict) else "")


class Step(NamedTuple):
    """One step, and the name that its output has for those after it."""

    call: Leaf
    name: str


@dataclass(frozen=True, slots=True)
class InOrder:
    """Runs its steps one after the other; incomplete if what any step gave was."""

    steps: tuple[Step, ...]

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The last step's output."""
        return await awaited(self.start, message, ctx)

    def start(self, message: Message, ctx: Context, sink: Sink, index: int = 0, /) -> Started:
        """The same, for whoever is called back."""
        walk = Walk(self.steps, message, ctx, sink, index)
        walk.go_on()
        return walk


class Walk:
    """A sequence on its way from step to step."""

    __slots__ = ("_complete", "_ctx", "_going", "_index", "_message", "_place", "_sink", "_started", "_steps")

    def __init__(self, steps: tuple[Step, ...], message: Message, ctx: Context, sink: Sink, index: int) -> None:
        self._steps = steps
        self._message = message
        self._ctx = ctx
        self._sink: Sink | None = sink
        self._index = index
        self._place = 0
        self._complete = True
        self._going = False
        self._started: Started = ENDED

    def go_on(self) -> None:
        """Start the next step, and the ones after it while they answer at once."""
        self._going = True
        while self._sink is not None and self._place < len(self._steps):
            place = self._place
            started = self._steps[place].call.start(self._message, self._ctx, self, place)
            if self._place == place:
                self._started = started
                break
        self._going = False
        sink = self._sink
        if sink is None:
            self._started.cancel()  # it was stopped while this step began
        elif self._place == len(self._steps):
            self._sink = None
            sink.answered(self._index, self._message if self._complete else self._message.incomplete())

    def answered(self, index: int, message: Message) -> None:
        """A step has its output."""
        if self._sink is None:
            return
        if message is not LEFT_OUT:
            self._message = message
        self._complete = self._complete and self._message.complete
        name = self._steps[index].name
        if name:
            self._ctx = self._ctx.naming(name, self._message)
        self._place += 1
        if not self._going:
            # At the next turn: this may be a read callback, in which no call may begin (see http1/endpoint).
            asyncio.get_running_loop().call_soon(self.go_on)

    def failed(self, index: int, error: PlaitError) -> None:  # noqa: ARG002 - any step's failure is the whole's
        """A step has failed, and with it the whole."""
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.failed(self._index, error)

    def cancel(self) -> None:
        """Stop the step that is under way."""
        self._sink = None
        self._started.cancel()
