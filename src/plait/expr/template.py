"""Templates: any JSON value with `${…}` in its strings, compiled to fixed pieces of JSON text and holes between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from plait.expr.braces import split
from plait.expr.budget import JOIN, LARGE, Budget
from plait.expr.problem import At, ExpressionError, TemplateErrors, is_text
from plait.expr.variables import Evaluate, Expression
from plait.types import Context, Message

DEPTH = 64
WRITE = 3.5
"""Nanoseconds to write a byte of an object or a list into a string."""

_encode = msgspec.json.Encoder().encode
Render = Callable[[bytes], bytes]
Bind = Callable[[str], Expression]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A template without `${…}`: one message for all."""

    text: str
    names: frozenset[str]
    message: Message

    def __call__(self, _ctx: Context, _given: Message, _output: Message | None, /) -> Message:
        return self.message


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with holes: a beginning, then each hole's expression, how its value is written, and the text up to the next."""

    text: str
    names: frozenset[str]
    begin: bytes
    holes: tuple[tuple[Evaluate, Render, bytes], ...]
    budget: Budget

    def __call__(self, ctx: Context, given: Message, output: Message | None, /) -> Message:
        pieces = [self.begin]
        for evaluate, render, after in self.holes:
            raw = evaluate(ctx, given, output).raw
            if len(raw) > LARGE:
                self.budget.pay((JOIN if render is bytes else WRITE) * len(raw), self.text)
            pieces.append(render(raw))
            pieces.append(after)
        return Message(b"".join(pieces))


def compile_template(value: Any, bind: Bind, budget: Budget) -> Expression:
    """Bind every expression in a template; all share the budget.

    Raises:
        TemplateErrors: With everything that is wrong in it.
    """
    builder = _Builder(bind, budget)
    builder.add(value, ())
    if builder.errors:
        raise TemplateErrors(builder.errors)
    return builder.build(value)


class _Builder:
    """Collects the pieces of one template, and what is wrong with it."""

    def __init__(self, bind: Bind, budget: Budget) -> None:
        self.errors: list[ExpressionError] = []
        self._bind = bind
        self._budget = budget
        self._fixed = [bytearray()]
        self._holes: list[tuple[Expression, Render]] = []

    def build(self, value: Any) -> Expression:
        begin, *rest = map(bytes, self._fixed)
        text = _encode(value).decode()
        if not rest:
            return Fixed(text, frozenset(), Message(begin))
        if len(rest) == 1 and not begin and not rest[0]:
            return self._holes[0][0]
        names = frozenset[str]().union(*(expression.names for expression, _ in self._holes))
        holes = tuple((hole, render, after) for (hole, render), after in zip(self._holes, rest, strict=True))
        return Filled(text, names, begin, holes, self._budget)

    def add(self, value: Any, at: At) -> None:
        """Add a value and everything in it; what is wrong is noted, and the rest looked at all the same."""
        try:
            self._add(value, at)
        except ExpressionError as exc:
            exc.at = at
            self.errors.append(exc)

    def _add(self, value: Any, at: At) -> None:
        if len(at) > DEPTH:
            raise ExpressionError(f"a template nests at most {DEPTH} deep")
        if isinstance(value, str):
            self._add_string(value)
        elif isinstance(value, Mapping):
            self._add_mapping(value, at)
        elif isinstance(value, (list, tuple)):
            self._add_list(value, at)
        else:
            self._fixed[-1] += _scalar(value)

    def _add_mapping(self, value: Mapping[Any, Any], at: At) -> None:
        self._fixed[-1] += b"{"
        for index, (name, item) in enumerate(value.items()):
            if not isinstance(name, str) or not is_text(name):
                raise ExpressionError("the names of an object must be strings", "put the name in quotes")
            self._fixed[-1] += (b"," if index else b"") + _encode(name) + b":"
            self.add(item, (*at, name))
        self._fixed[-1] += b"}"

    def _add_list(self, value: list[Any] | tuple[Any, ...], at: At) -> None:
        self._fixed[-1] += b"["
        for index, item in enumerate(value):
            self._fixed[-1] += b"," if index else b""
            self.add(item, (*at, index))
        self._fixed[-1] += b"]"

    def _add_string(self, text: str) -> None:
        if not is_text(text):
            raise ExpressionError("is no valid Unicode text")
        before, *pieces = split(text)
        if pieces[1:] == [""] and not before:
            self._hole(pieces[0], bytes)
            return
        self._fixed[-1] += b'"' + _encode(before)[1:-1]
        for hole, after in zip(pieces[::2], pieces[1::2], strict=True):
            self._hole(hole, inside_string)
            self._fixed[-1] += _encode(after)[1:-1]
        self._fixed[-1] += b'"'

    def _hole(self, text: str, render: Render) -> None:
        self._holes.append((self._bind(text), render))
        self._fixed.append(bytearray())


def inside_string(raw: bytes) -> bytes:
    """A JSON value as a part of a JSON string: strings as they are, anything else as its JSON text."""
    raw = raw.strip()
    if raw.startswith(b'"'):
        return raw[1:-1]
    return _encode(raw.decode())[1:-1] if raw.startswith((b"{", b"[")) else raw


def _scalar(value: Any) -> bytes:
    kind = type(value)
    if value is None or kind is bool:
        return _encode(value)
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, float) and math.isfinite(value):
        return _encode(value)
    raise ExpressionError("is no JSON value", "JSON has strings, finite numbers, true, false, null, lists and objects")
