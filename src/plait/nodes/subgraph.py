"""A graph as a node: its own request, schema and timeout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plait.types import Call, Context, Leaf, Message, Sink, Started


def subgraph(call: Call, timeout: float, validate: Callable[[Message], None] | None) -> Call:
    """The graph's call for whoever uses it as a node; a leaf stays one unless requests must be checked."""
    return LeafSubgraph(call, timeout, None) if isinstance(call, Leaf) and validate is None else Subgraph(call, timeout, validate)


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Runs a graph in which `request` is what it was given."""

    call: Call
    timeout: float
    validate: Callable[[Message], None] | None

    def inside(self, message: Message, ctx: Context) -> Context:
        """The context of the graph's own run."""
        run = ctx.run.inside(message)
        return Context(run, min(ctx.deadline, run.clock.now() + self.timeout))

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The graph's answer."""
        if self.validate is not None:
            self.validate(message)
        return await self.call(message, self.inside(message, ctx))


@dataclass(frozen=True, slots=True)
class LeafSubgraph(Subgraph):
    """The same around a leaf."""

    call: Leaf

    def start(self, message: Message, ctx: Context, sink: Sink, index: int = 0, /) -> Started:
        """The graph's answer, for whoever is called back."""
        return self.call.start(message, self.inside(message, ctx), sink, index)
