"""A graph as a node: its own request, schema and timeout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plait.errors import RequestError
from plait.types import Context, Leaf, Message


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Calls a graph in which `request` is what it was given, unless its schema does not allow that.

    Args:
        call: The graph's.
        timeout: Its own, in seconds.
        validate: The check of its schema, where it has one.
        path: That of the node that uses it, which errors of the check carry.
    """

    call: Leaf
    timeout: float
    validate: Callable[[Message], None] | None
    path: str

    def __call__(self, message: Message, ctx: Context) -> tuple[Leaf, Message, Context]:
        if self.validate is not None:
            try:
                self.validate(message)
            except RequestError as exc:
                raise exc.at(self.path) from None
        run = ctx.run.inside(message)
        return self.call, message, Context(run, min(ctx.deadline, run.clock.now() + self.timeout))
