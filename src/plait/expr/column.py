"""What `map` and `filter` make of their items: a column of values from a column of items.

CEL's own `map` copies its result for every item (5 s for 10,000 numbers), and one evaluation for each item costs 3 µs. So a
condition or a body that CEL evaluates goes over a few items at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, Protocol

import msgspec

from plait.errors import ExpressionFailed
from plait.expr import cel, select
from plait.expr.budget import Budget
from plait.expr.computed import affordable
from plait.expr.price import Price
from plait.expr.variables import Evaluate
from plait.expr.walk import unreadable
from plait.types import Context, Message

_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
AT_ONCE = 16
"""Items of one evaluation."""
ITEMS = "@items"
"""The variable that they are."""
SPLIT, PICK, COMPUTE, WRITE = 100, 400, 700, 400
"""Nanoseconds for each item: to cut it out of its list, to select from it, to bring it through CEL, to write what came out."""
PASS = 3
"""Nanoseconds to walk over each byte of the items."""


class Column(Protocol):
    """From items to as many values."""

    def __call__(self, items: Sequence[bytes]) -> list[bytes]: ...

    def holds(self, items: Sequence[bytes]) -> list[bool]:
        """The same of a condition."""
        ...


@dataclass(frozen=True, slots=True)
class Same:
    """The item itself."""

    text: str

    def __call__(self, items: Sequence[bytes]) -> list[bytes]:
        return list(items)

    def holds(self, items: Sequence[bytes]) -> list[bool]:
        return [select.truth(Message(raw), self.text) for raw in items]


@dataclass(frozen=True, slots=True)
class Picked:
    """A selection from the item."""

    text: str
    find: Callable[[bytes], list[Any]]
    way: select.Way
    budget: Budget

    def __call__(self, items: Sequence[bytes]) -> list[bytes]:
        self.budget.pay(PICK * len(items) + PASS * sum(map(len, items)), self.text)
        try:
            found = self.find(b"[" + b",".join(items) + b"]")
        except msgspec.ValidationError:
            raise unreadable(self.text) from None
        return list(map(self.way.end, found))

    def holds(self, items: Sequence[bytes]) -> list[bool]:
        return [select.truth(Message(raw), self.text) for raw in self(items)]


@dataclass(frozen=True, slots=True)
class Narrow:
    """A column over what is picked from each item."""

    pick: Picked
    column: Column

    def __call__(self, items: Sequence[bytes]) -> list[bytes]:
        return self.column(self.pick(items))

    def holds(self, items: Sequence[bytes]) -> list[bool]:
        return self.column.holds(self.pick(items))


@dataclass(frozen=True, slots=True)
class Chosen:
    """`condition ? yes : no` for each item."""

    text: str
    condition: Column
    yes: Column
    no: Column

    def __call__(self, items: Sequence[bytes]) -> list[bytes]:
        chosen = self.condition.holds(items)
        yes = iter(self.yes([item for item, holds in zip(items, chosen, strict=True) if holds]))
        no = iter(self.no([item for item, holds in zip(items, chosen, strict=True) if not holds]))
        return [next(yes) if holds else next(no) for holds in chosen]

    def holds(self, items: Sequence[bytes]) -> list[bool]:
        return [select.truth(Message(raw), self.text) for raw in self(items)]


@dataclass(frozen=True, slots=True)
class Batched:
    """What CEL makes of each item; `program` makes a list of `ITEMS`."""

    text: str
    program: cel.Program
    decode: cel.Decode
    price: Price
    budget: Budget

    def __call__(self, items: Sequence[bytes]) -> list[bytes]:
        self.budget.pay(WRITE * len(items), self.text)
        return [cel.written(value, self.text) for value in self._values(items)]

    def holds(self, items: Sequence[bytes]) -> list[bool]:
        values = self._values(items)
        if not {*map(type, values)} <= {bool}:
            raise ExpressionFailed(f"{self.text}: true or false is needed")
        return values

    def _values(self, items: Sequence[bytes]) -> list[Any]:
        raw = b"[" + b",".join(items) + b"]"
        self.budget.pay(COMPUTE * len(items) + self.price.of([raw]), self.text)
        values = cel.read(raw, self.decode, self.budget, self.text)
        made: list[Any] = []
        for place in range(0, len(values), AT_ONCE):
            made += cel.evaluate(self.program, {ITEMS: values[place : place + AT_ONCE]}, {}, self.text)
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
        items = list(map(bytes, self._range(self.source(ctx, given, output).raw)))
        if self.where is not None:
            items = list(compress(items, self.where.holds(items)))
        return Message(b"[" + b",".join(self.body(items)) + b"]")

    def _range(self, raw: bytes) -> list[msgspec.Raw]:
        affordable(len(raw), self.budget, self.text)
        self.budget.pay(SPLIT * raw.count(b",") + 2 * len(raw), self.text)
        try:
            items = _items(raw)
        except msgspec.ValidationError:
            raise ExpressionFailed(f"{self.text}: map and filter need a list; the names of an object have no order there") from None
        if len(items) > self.most:
            raise ExpressionFailed(f"{self.text}: its macros run over more than {self.most} items")
        return items
