"""The options that any node can have: each a wrapper around its call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.errors import PlaitError
from plait.nodes.absent import ABSENT, LEFT_OUT
from plait.nodes.ask import Ask
from plait.nodes.cache import Cached
from plait.nodes.condition import Condition
from plait.types import Call, Context, Leaf, Message, Sink, Started

if TYPE_CHECKING:
    from plait.nodes.link import Evaluate, Link
    from plait.nodes.node import NodeSpec


def with_options(spec: NodeSpec, call: Call, link: Link, asks: tuple[Ask, ...]) -> Call:
    """The node's call within the options it was given; an unused option adds nothing.

    Args:
        spec: The node.
        call: Its call without options.
        link: The compiler at this node.
        asks: All calls of predictors within it.
    """
    if spec.cache is not None:
        call = Cached.of(spec.cache, call, link, asks)
    if spec.has_input:
        call = Given(call, link.template(spec.input, ("input",)))
    if spec.when is not None:
        call = When(call, Condition.bind(link, spec.when, ("when",)), asks)
    if spec.timeout is not None:
        call = LeafWithin(call, spec.timeout) if isinstance(call, Leaf) else Within(call, spec.timeout)
    if spec.optional:
        call = Optional(call)
    if spec.on_error == "skip":
        call = PassOn(call)
    return call


@dataclass(frozen=True, slots=True)
class Given:
    """Gives the node a template's value in place of the previous output."""

    call: Call
    evaluate: Evaluate

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The node's answer to what the template gives."""
        return await self.call(self.evaluate(ctx, message, None), ctx)


@dataclass(frozen=True, slots=True)
class Within:
    """Brings the deadline nearer: `seconds` from now, if that is earlier."""

    call: Call
    seconds: float

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The node's answer by then."""
        return await self.call(message, ctx.until(ctx.run.clock.now() + self.seconds))


@dataclass(frozen=True, slots=True)
class LeafWithin(Within):
    """The same around a leaf, which stays one."""

    call: Leaf

    def start(self, message: Message, ctx: Context, sink: Sink, index: int = 0, /) -> Started:
        """The leaf's answer by then."""
        return self.call.start(message, ctx.until(ctx.run.clock.now() + self.seconds), sink, index)


@dataclass(frozen=True, slots=True)
class Optional:
    """Leaves null in place of a failure, and says that something is missing."""

    call: Call

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The node's answer, or null."""
        try:
            return await self.call(message, ctx)
        except PlaitError:
            return ABSENT


@dataclass(frozen=True, slots=True)
class PassOn:
    """Passes a step's input through in place of a failure, and says that something is missing."""

    call: Call

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The node's answer, or its input."""
        try:
            return await self.call(message, ctx)
        except PlaitError:
            return message.incomplete()


@dataclass(frozen=True, slots=True)
class When:
    """Runs the node only if a condition holds; else each call within it has a part that says it was skipped."""

    call: Call
    condition: Condition
    asks: tuple[Ask, ...]

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The node's answer, or the mark that it did not run."""
        if self.condition(ctx, message):
            return await self.call(message, ctx)
        for ask in self.asks:
            ask.never_began(ctx.run, "skipped")
        return LEFT_OUT
