"""Give a copy of the input to a second node, whose answer is only recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from plait.background import Background
from plait.errors import PlaitError, fault
from plait.nodes.ask import Ask
from plait.nodes.draws import Draws
from plait.nodes.link import Child, Link
from plait.nodes.node import Arrangement, NodeSpec
from plait.spec.fields import Share, share_text
from plait.types import Call, Context, Message, Run

if TYPE_CHECKING:
    Node = NodeSpec

AT_ONCE = 64
"""Copies of one node under way at once; further ones are not begun."""


class Shadow(NodeSpec):
    """The answer of one node, while another gets a copy of the input, as a new model does before it is trusted."""

    kind: ClassVar[str] = "shadow"
    summary: ClassVar[str] = "a copy of the input, its answer only recorded; the answer is that of `of`"
    arrangement: ClassVar[Arrangement] = "beside"

    shadow: Node
    """The node that gets the copy. It delays nothing, and its failure is nobody's."""
    of: Node
    """The node that answers."""
    sample: Share = 1.0
    """The share of the inputs that are copied."""

    def longest(self, children: Sequence[float]) -> float:
        """As long as the node that answers."""
        return children[0]

    def children(self) -> tuple[Child, ...]:
        """The node that answers, then the other."""
        return Child(self.of, ("of",), self.of.label), Child(self.shadow, ("shadow",), self.shadow.label, "copy")

    def facts(self) -> tuple[str, ...]:
        """How much is copied."""
        return (f"copies {share_text(self.sample)}",)

    def bind(self, link: Link) -> Call:
        """Both nodes' calls, and the draw."""
        of, copy = self.children()
        answer, before = link.call(of), len(link.asks)
        shadow = link.call(copy)
        return Shadowed(answer, shadow, self.sample, Draws(link.path), link.background, tuple(link.asks[before:]))


@dataclass(frozen=True, slots=True)
class Shadowed:
    """Begins a copy after the call itself, and waits for the call only."""

    call: Call
    copy: Call
    sample: float
    draw: Callable[[Run], float]
    background: Background
    asks: tuple[Ask, ...]
    under_way: set[asyncio.Task[Any]] = field(default_factory=set)

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The call's answer; whoever no longer wants it wants no copy either."""
        copy = self._begin(message, ctx) if self.draw(ctx.run) < self.sample else None
        try:
            return await self.call(message, ctx)
        except asyncio.CancelledError:
            if copy is not None:
                copy.cancel()
            raise

    def _begin(self, message: Message, ctx: Context) -> asyncio.Task[None] | None:
        if len(self.under_way) >= AT_ONCE:
            for ask in self.asks:
                ask.never_began(ctx.run, "overloaded", f"{AT_ONCE} copies are under way already")
            return None
        task = self.background.start(self._record(message, ctx))
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return task

    async def _record(self, message: Message, ctx: Context) -> None:
        try:
            await self.copy(message, ctx)
        except PlaitError:
            pass  # the parts of the copy say what became of it
        except Exception as exc:  # noqa: BLE001 - nobody awaits the copy, so the log must hear of it
            fault(exc)
