"""A graph as a node: its own request, schema and timeout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plait.errors import RequestError
from plait.types import Call, Context, Leaf, Message, Sink, Started


def subgraph(call: Call, timeout: float, validate: Callable[[Message], None] | None, path: str) -> Call:
    """The graph's call for the node at `path` that uses it; a leaf stays one unless requests must be checked."""
    if validate is not None:
        call = Checked(call, validate, path)
    return LeafSubgraph(call, timeout) if isinstance(call, Leaf) else Subgraph(call, timeout)


@dataclass(frozen=True, slots=True)
class Checked:
    """Refuses what a graph's schema does not allow; the error carries the path of the node that asked the graph."""

    call: Call
    validate: Callable[[Message], None]
    path: str

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The graph's answer to what it allows."""
        try:
            self.validate(message)
        except RequestError as exc:
            raise exc.at(self.path) from None
        return await self.call(message, ctx)


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Runs a graph in which `request` is what it was given."""

    call: Call
    timeout: float

    def inside(self, message: Message, ctx: Context) -> Context:
        """The context of the graph's own run."""
        run = ctx.run.inside(message)
        return Context(run, min(ctx.deadline, run.clock.now() + self.timeout))

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The graph's answer."""
        return await self.call(message, self.inside(message, ctx))


@dataclass(frozen=True, slots=True)
class LeafSubgraph(Subgraph):
    """The same around a leaf."""

    call: Leaf

    def start(self, message: Message, ctx: Context, sink: Sink, index: int = 0, /) -> Started:
        """The graph's answer, for whoever is called back."""
        return self.call.start(message, self.inside(message, ctx), sink, index)
