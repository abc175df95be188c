"""The options that any node can have: each a wrapper around its call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.errors import PlaitError
from plait.nodes.absent import ABSENT, LEFT_OUT
from plait.nodes.ask import Ask
from plait.nodes.cache import Cached
from plait.nodes.condition import Condition
from plait.nodes.decided import Decided, Evaluated
from plait.nodes.drive import leaf
from plait.types import Call, Context, Leaf, Message

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
        call = Decided(Given(leaf(call), link.template(spec.input, ("input",))))
    if spec.when is not None:
        call = Decided(When(leaf(call), Condition.bind(link, spec.when, ("when",)), asks))
    if spec.timeout is not None:
        call = Decided(Within(leaf(call), spec.timeout))
    if spec.optional:
        call = Optional(call)
    if spec.on_error == "skip":
        call = PassOn(call)
    return call


@dataclass(frozen=True, slots=True)
class Given:
    """Gives the node a template's value in place of the previous output."""

    call: Leaf
    evaluate: Evaluate

    def __call__(self, message: Message, ctx: Context) -> tuple[Leaf, Message, Context]:
        return self.call, self.evaluate(ctx, message, None), ctx


@dataclass(frozen=True, slots=True)
class Within:
    """Brings the deadline nearer: `seconds` from now, if that is earlier."""

    call: Leaf
    seconds: float

    def __call__(self, message: Message, ctx: Context) -> tuple[Leaf, Message, Context]:
        return self.call, message, ctx.until(ctx.run.clock.now() + self.seconds)


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

    call: Leaf
    condition: Condition
    asks: tuple[Ask, ...]

    def __call__(self, message: Message, ctx: Context) -> tuple[Leaf, Message, Context]:
        if self.condition(ctx, message):
            return self.call, message, ctx
        for ask in self.asks:
            ask.never_began(ctx.run, "skipped")
        return _PASSED_OVER, message, ctx


_PASSED_OVER = Evaluated(lambda _message, _ctx: LEFT_OUT)
