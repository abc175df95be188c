"""An expression that CEL evaluates, over the values of what it selects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from plait.errors import ExpressionFailed
from plait.expr import cel
from plait.expr.budget import Budget, converting
from plait.expr.price import MOST_DATA, Price
from plait.expr.variables import Evaluate
from plait.types import Context, Message


class Source(NamedTuple):
    """Where the JSON of one of CEL's variables comes from, and how CEL is to read it."""

    name: str
    fetch: Evaluate
    decode: cel.Decode


@dataclass(frozen=True, slots=True)
class Computed:
    """An expression that CEL evaluates.

    A source that fails is left out: CEL then fails only if it needs that value (`has(input.a) && …` may not).
    """

    text: str
    names: frozenset[str]
    program: cel.Program
    sources: tuple[Source, ...]
    price: Price
    budget: Budget

    def __call__(self, ctx: Context, given: Message, output: Message | None, /) -> Message:
        texts: dict[str, bytes] = {}
        missing = None
        for name, fetch, _ in self.sources:
            try:
                texts[name] = fetch(ctx, given, output).raw
            except ExpressionFailed as exc:
                if self.budget.left < 0:
                    raise
                missing = exc
        self._pay(texts)
        data = {name: cel.read(texts[name], decode, self.budget, self.text) for name, _, decode in self.sources if name in texts}
        return Message(cel.written(cel.evaluate(self.program, data, missing, self.text), self.text))

    def _pay(self, texts: dict[str, bytes]) -> None:
        size = sum(map(len, texts.values()))
        affordable(size, self.text)
        values = sum(map(converting, texts.values()))
        items = 1 + sum(raw.count(b",") for raw in texts.values()) if self.price.item else 0
        self.budget.pay(self.price.of(size, values, items), self.text)


def affordable(size: int, text: str) -> None:
    """Accept that an expression refers to so many bytes of JSON.

    Raises:
        ExpressionFailed: If they are too many for any expression that is evaluated.
    """
    if size > MOST_DATA:
        raise ExpressionFailed(
            f"{text}: refers to more than {MOST_DATA // 1024} KiB of JSON; select less of it, or let a predictor do this"
        )
