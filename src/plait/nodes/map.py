"""One node for every item of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import msgspec
from pydantic import Field

from plait.errors import ExpressionFailed, PlaitError, TooManyItems
from plait.nodes.drive import leaf
from plait.nodes.each import Each, Plan
from plait.nodes.link import Child, Evaluate, Link
from plait.nodes.node import Arrangement, NodeSpec
from plait.types import Call, Context, Message

if TYPE_CHECKING:
    Node = NodeSpec

_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_COUNTED = 4096
"""Items up to which a list is counted before they are taken out of it: a request has room for millions."""


class Map(NodeSpec):
    """A node for every item of a list; the output is the list of its answers, in the order of the items."""

    kind: ClassVar[str] = "map"
    summary: ClassVar[str] = "a node for every item of a list, some at a time; output a list in order"
    arrangement: ClassVar[Arrangement] = "frame"

    map: str
    """CEL that gives the list. Within the node, `item` and `index` are variables, and the item is its input."""
    do: Node
    """The node that each item is given to."""
    concurrency: Annotated[int, Field(ge=1, le=10_000)] = 16
    """How many items at once."""
    max_items: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    """How many items a list may have; more are a 422."""
    require: Literal["all", "any"] | Annotated[int, Field(ge=1)] = "all"
    """How many items must be answered: all, any or a number (all of a shorter list); one that is missing is null."""

    @property
    def outwaits(self) -> bool:
        """It does if it can do without an item, but has no timeout of its own for it."""
        return self.require != "all" and self.timeout is None

    def children(self) -> tuple[Child, ...]:
        """The node of each item."""
        return (Child(self.do, ("do",), self.do.label, f"each of {self.map}"),)

    def facts(self) -> tuple[str, ...]:
        """How many at once, and how many must be answered."""
        return (f"{self.concurrency} at once", f"at most {self.max_items}", f"require {self.require}")

    def bind(self, link: Link) -> Call:
        """The list's expression, and the node's call as it is started for each item."""
        if isinstance(self.require, int) and self.require > self.max_items:
            hint = f"require {self.max_items} or fewer, or allow more with max_items"
            link.problem(("require",), f"{self.require} items can never be answered where {self.max_items} are the most", hint)
        before = len(link.asks)
        call = link.seeing("item").seeing("index").call(self.children()[0])
        plan = Plan(leaf(call).start, self.concurrency, self.require, link.path, self.do.optional, tuple(link.asks[before:]))
        return ForEach(link.expression(self.map, ("map",)), self.max_items, plan)


@lru_cache
def _counter(most: int) -> Callable[[bytes], Any]:
    """Reads a list whose item after so many, if it has one, is `more`; of those beyond it makes nothing."""
    fields = [(f"item{place}", msgspec.Raw, msgspec.UNSET) for place in range(most)]
    counted = msgspec.defstruct("Counted", [*fields, ("more", msgspec.Raw, msgspec.UNSET)], array_like=True, gc=False)
    return msgspec.json.Decoder(counted).decode


@dataclass(frozen=True, slots=True)
class ForEach:
    """Runs a plan over the items that an expression gives."""

    items: Evaluate
    most: int
    plan: Plan

    async def __call__(self, message: Message, ctx: Context, /) -> Message:
        """The answers as a list."""
        return await Each(self.plan, self._items(message, ctx), ctx).answers()

    def _items(self, message: Message, ctx: Context) -> Sequence[msgspec.Raw]:
        raw = self.items(ctx, message, None).raw
        try:
            if raw.count(b",") >= self.most <= _COUNTED and _counter(self.most)(raw).more is not msgspec.UNSET:
                raise self._too_many()
            items = _items(raw)
        except msgspec.ValidationError:
            raise ExpressionFailed("map needs a list to go through").at(self.plan.path) from None
        if len(items) > self.most:
            raise self._too_many()
        return items

    def _too_many(self) -> PlaitError:
        return TooManyItems(f"the list has more than {self.most} items").at(self.plan.path)
