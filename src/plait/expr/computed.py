"""An expression that CEL evaluates, over the values of what it selects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from plait.errors import ExpressionFailed
from plait.expr import cel
from plait.expr.budget import Budget
from plait.expr.price import MOST_DATA, SMALL, Price
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
    flat: float
    budget: Budget

    def __call__(self, ctx: Context, given: Message, output: Message | None, /) -> Message:
        data: dict[str, Any] = {}
        missing: dict[str, ExpressionFailed] = {}
        size = 0
        for name, fetch, _ in self.sources:
            try:
                raw = data[name] = fetch(ctx, given, output).raw
            except ExpressionFailed as exc:
                if self.budget.left < 0:
                    raise
                missing[name] = exc
            else:
                size += len(raw)
        if size > SMALL:
            affordable(size, self.budget, self.text)
        self.budget.pay(self.price.of(data.values()) if size > SMALL else self.flat, self.text)
        for name, _, decode in self.sources:
            if name in data:
                data[name] = cel.read(data[name], decode, self.budget, self.text)
        return Message(cel.written(cel.evaluate(self.program, data, missing, self.text), self.text))


def affordable(size: int, budget: Budget, text: str) -> None:
    """Accept that an expression refers to so many bytes of JSON; more is the end of this evaluation.

    Raises:
        ExpressionFailed: If they are too many for any expression that is evaluated.
    """
    if size > MOST_DATA:
        budget.end()
        raise ExpressionFailed(
            f"{text}: refers to more than {MOST_DATA // 1024} KiB of JSON; select less of it, or let a predictor do this"
        )
