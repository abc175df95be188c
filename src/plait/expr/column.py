"""What `map` and `filter` make of their items: a column of values from a column of items.

CEL's own `map` copies its result for every item (5 s for 10,000 numbers), and one evaluation for each item costs 3 µs. So a condition
or a body that CEL evaluates goes over a few items at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from plait.errors import ExpressionFailed
from plait.expr import cel, select
from plait.expr.budget import Budget, converting
from plait.expr.linear import Price
from plait.expr.variables import Evaluate
from plait.types import Context, Message

_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
AT_ONCE = 16
"""Items of one evaluation."""
ITEMS = "@items"
"""The variable that they are."""
SPLIT, PICK, COMPUTE = 80, 1000, 1200
"""Nanoseconds for each item: to cut it out of its list, to select from it, to bring it through CEL."""


class Column(Protocol):
    """From items to as many values."""

    def __call__(self, items: Sequence[Message], ctx: Context, /) -> list[bytes]: ...


@dataclass(frozen=True, slots=True)
class Picked:
    """The item itself, or a selection from it."""

    text: str
    selection: Evaluate
    budget: Budget

    def __call__(self, items: Sequence[Message], ctx: Context, /) -> list[bytes]:
        self.budget.pay(PICK * len(items) + 8 * sum(len(item.raw) for item in items), self.text)
        return [self.selection(ctx, item, None).raw for item in items]


@dataclass(frozen=True, slots=True)
class Chosen:
    """`condition ? yes : no` for each item."""

    text: str
    condition: Column
    yes: Column
    no: Column

    def __call__(self, items: Sequence[Message], ctx: Context, /) -> list[bytes]:
        chosen = [select.truth(Message(raw), self.text) for raw in self.condition(items, ctx)]
        pairs = list(zip(items, chosen, strict=True))
        yes = iter(self.yes([item for item, holds in pairs if holds], ctx))
        no = iter(self.no([item for item, holds in pairs if not holds], ctx))
        return [next(yes) if holds else next(no) for holds in chosen]


@dataclass(frozen=True, slots=True)
class Batched:
    """What CEL makes of each item; `program` makes a list of `ITEMS`."""

    text: str
    program: cel.Program
    decode: cel.Decode
    price: Price
    budget: Budget

    def __call__(self, items: Sequence[Message], ctx: Context, /) -> list[bytes]:  # noqa: ARG002 - others look into it
        raw = b"[" + b",".join(item.raw for item in items) + b"]"
        self.budget.pay(COMPUTE * len(items) + self.price.of(len(raw), converting(raw), len(items)), self.text)
        values = cel.read(raw, self.decode, self.budget, self.text)
        made: list[bytes] = []
        for place in range(0, len(values), AT_ONCE):
            found = cel.evaluate(self.program, {ITEMS: values[place : place + AT_ONCE]}, None, self.text)
            made += [cel.written(value, self.text) for value in found]
        return made


@dataclass(frozen=True, slots=True)
class Each:
    """`filter` and `map`: takes the items for which `where` holds, and makes something of each."""

    text: str
    names: frozenset[str]
    source: Evaluate
    where: Column | None
    body: Column
    most: int
    budget: Budget

    def __call__(self, ctx: Context, given: Message, output: Message | None, /) -> Message:
        items = [Message(bytes(raw)) for raw in self._range(self.source(ctx, given, output).raw)]
        if self.where is not None:
            held = self.where(items, ctx)
            items = [item for item, raw in zip(items, held, strict=True) if select.truth(Message(raw), self.text)]
        return Message(b"[" + b",".join(self.body(items, ctx)) + b"]")

    def _range(self, raw: bytes) -> list[msgspec.Raw]:
        cel.affordable(len(raw), self.text)
        self.budget.pay(SPLIT * raw.count(b",") + 2 * len(raw), self.text)
        try:
            items = _items(raw)
        except msgspec.ValidationError:
            raise ExpressionFailed(f"{self.text}: map and filter need a list; the names of an object have no order there") from None
        if len(items) > self.most:
            raise ExpressionFailed(f"{self.text}: its macros run over more than {self.most} items")
        return items
