"""Plain selections such as `input.a[0]["odd key"]`: they walk the JSON text and keep the value's bytes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import attrgetter, itemgetter
from typing import Any

import msgspec

from plait.errors import ExpressionFailed
from plait.expr.budget import COPY, LARGE, Bounded, Budget, Single
from plait.expr.problem import ExpressionError
from plait.expr.variables import Evaluate, Expression
from plait.expr.walk import MOST_INDEX, Key, Layer, Layers, Path, item
from plait.types import Context, Message

LONGEST_NUMBER = 1024
"""Digits that a number may have where its value is asked for."""
_STEP = r"""\.([A-Za-z_]\w*)|\[\s*(-?[0-9]{1,15}|"[^"\\\n]*"|'[^'\\\n]*')\s*\]"""
_STEPS = re.compile(_STEP, re.ASCII)
_PLAIN = re.compile(rf"\s*([A-Za-z_]\w*)((?:{_STEP})*)\s*", re.ASCII)
_WORDS = frozenset({"in", "true", "false", "null"})


_ABSENT = (KeyError, TypeError, AttributeError, IndexError)
Step = tuple[Key, Callable[[Any], Any]]


@dataclass(frozen=True, slots=True)
class Way:
    """The keys of the selection `text`, and how each is followed in what a walk has found."""

    text: str
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, text: str, keys: Path) -> Way:
        """The way along these keys.

        Raises:
            ExpressionError: If an index is too high.
        """
        highest = max((key for key in keys if isinstance(key, int)), default=0)
        if highest > MOST_INDEX:
            raise ExpressionError(f"the index {highest} is over {MOST_INDEX}", "let a predictor do this")
        return cls(text, tuple(map(_step, keys)))

    def end(self, value: Any) -> bytes:
        """The bytes at its end.

        Raises:
            ExpressionFailed: If there are none.
        """
        for key, get in self.steps:
            try:
                value = get(value)
            except _ABSENT:
                raise self.missing(key) from None
            if value is msgspec.UNSET:
                raise self.missing(key)
        return bytes(value)

    def missing(self, key: Key) -> ExpressionFailed:
        """What the text asks for; what the data has instead is never told."""
        return ExpressionFailed(f"{self.text}: there is no {'field' if isinstance(key, str) else 'such item:'} {key}")


@dataclass(frozen=True, slots=True)
class Select:
    """A part of a variable, byte for byte."""

    text: str
    names: frozenset[str]
    source: Evaluate
    layer: Layer
    way: Way
    budget: Budget

    def __call__(self, ctx: Context, given: Message, output: Message | None, /) -> Message:
        raw = self.way.end(self.layer.walk.find(self.source(ctx, given, output), self.budget, self.text))
        if len(raw) > LARGE:
            self.budget.pay(COPY * len(raw), self.text)
        return Message(raw)

    def there(self, ctx: Context, given: Message, output: Message | None) -> bool:
        """Whether the last key is a field of the object that the others lead to."""
        value = self.layer.walk.find(self.source(ctx, given, output), self.budget, self.text)
        *steps, (last, _) = self.way.steps
        for key, get in steps:
            try:
                value = get(value)
            except _ABSENT:
                raise self.way.missing(key) from None
        if not isinstance(value, dict):
            raise self.way.missing(last)
        return last in value


@dataclass(frozen=True, slots=True)
class Has:
    """Whether an object has a field: `has(input.a)`."""

    text: str
    names: frozenset[str]
    select: Select

    def __call__(self, ctx: Context, given: Message, output: Message | None, /) -> Message:
        return _TRUE if self.select.there(ctx, given, output) else _FALSE


@dataclass(frozen=True, slots=True)
class Whole:
    """A variable itself: the very message that it holds."""

    text: str
    names: frozenset[str]
    source: Evaluate

    def __call__(self, ctx: Context, given: Message, output: Message | None, /) -> Message:
        return self.source(ctx, given, output)


class Selections:
    """What one expression or template selects: all that comes from one variable is found in one walk, on one budget."""

    __slots__ = ("_variables", "budget")

    def __init__(self) -> None:
        self.budget = Budget()
        self._variables: dict[tuple[str, Evaluate], Layers] = {}

    def bind(self, text: str, name: str, source: Evaluate, keys: Path) -> Select | Whole:
        """The selection of `keys`, one after the other, from the variable `name`; it works when all are known.

        Raises:
            ExpressionError: If an index is too high.
        """
        names = frozenset({name})
        if not keys:
            return Whole(text, names, source)
        way = Way.of(text, keys)
        layer = self._variables.setdefault((name, source), Layers()).layer(keys)
        return Select(text, names, source, layer, way, self.budget)

    def close(self) -> None:
        """All are known."""
        for layers in self._variables.values():
            layers.close()


def bounded(bound: Expression, budget: Budget) -> Expression:
    """The same expression or template, each of whose evaluations has the whole budget."""
    if isinstance(bound, Select):
        return replace(bound, budget=Single())
    return bound if isinstance(bound, Whole) else Bounded(bound, budget)


def parse(text: str) -> tuple[str, tuple[Key, ...]] | None:
    """The variable and the keys of a plain selection; None if the text is anything else."""
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    keys = tuple(field or _literal(index) for field, index in _STEPS.findall(found[2]))
    fields = {field for field, _ in _STEPS.findall(found[2])}
    return None if fields & _WORDS else (found[1], keys)


def number(message: Message, text: str = "the value") -> float:
    """The number that a message is; `text` is the expression that gave it.

    Raises:
        ExpressionFailed: If it is none, or not finite as a double.
    """
    if len(message.raw) > LONGEST_NUMBER:
        raise ExpressionFailed(f"{text}: a number of at most {LONGEST_NUMBER} digits is needed")
    try:
        value = float(message.raw)
    except ValueError:
        raise ExpressionFailed(f"{text}: a number is needed") from None
    if not math.isfinite(value):
        raise ExpressionFailed(f"{text}: the number is out of range")
    return value


def truth(message: Message, text: str = "the condition") -> bool:
    """The condition that a message is; `text` is the expression that gave it.

    Raises:
        ExpressionFailed: If it is neither true nor false.
    """
    raw = message.raw.strip()
    if raw == b"true":
        return True
    if raw == b"false":
        return False
    raise ExpressionFailed(f"{text}: true or false is needed")


def _literal(index: str) -> Key:
    return index[1:-1] if index[0] in "\"'" else int(index)


def _absent(_value: Any) -> Any:
    """No list has a negative index, unlike Python's."""
    raise IndexError


def _step(key: Key) -> Step:
    if isinstance(key, str):
        return key, itemgetter(key)
    return key, attrgetter(item(key)) if key >= 0 else _absent


_TRUE, _FALSE = Message(b"true"), Message(b"false")
