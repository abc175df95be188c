"""A graph whose rules act: around its call, on each part as it arrives and on the result before it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plait.nodes.waiter import awaited
from plait.rules.ruling import Ruling

if TYPE_CHECKING:
    from plait.graph.compile import Compiled
    from plait.graph.rules import BoundRules
    from plait.rules.acting import Acting
    from plait.types import Context, Leaf, Message, Sink, Started


def ruled(compiled: Compiled, acting: Acting) -> Compiled:
    """The same graph with its rules acting; one that has none is as it was."""
    rules = compiled.rules
    if not rules.parts and not rules.results:
        return compiled
    return compiled._replace(call=Ruled(compiled.call, compiled.name, rules, acting))


@dataclass(frozen=True, slots=True)
class Ruled:
    """Calls a graph, and acts on what comes of it.

    Args:
        call: The graph's.
        graph: Its name.
        rules: Those of it.
        acting: Where they act.
    """

    call: Leaf
    graph: str
    rules: BoundRules
    acting: Acting

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The answer, as its rules leave it."""
        return await awaited(self.start, message, ctx)

    def start(self, message: Message, ctx: Context, sink: Sink, index: int = 0, /) -> Started:
        """The answer, as its rules leave it, for whoever is called back; it fails with `Responded` where a rule answers instead."""
        ruling = Ruling(self.call, self.graph, self.rules, self.acting, ctx)
        ruling.begin(message, sink, index)
        return ruling
