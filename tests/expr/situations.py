"""Runs an expression or template as a node would: in a context, with an input and perhaps an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.expr import Expression
from plait.types import Context, Message, Run


class StoppedClock:
    """A clock for code that has no business with time."""

    def now(self) -> float:
        return 0.0

    def at(self, moment: float, entry: object) -> None:
        raise AssertionError("an expression waits for nothing")


def context(request: Any = None, headers: Mapping[bytes, bytes] | None = None, **named: Any) -> Context:
    run = Run(Message.of(request), StoppedClock(), headers=headers)  # type: ignore[arg-type]
    return Context(run, 1.0, {name: Message.of(value) for name, value in named.items()})


def raw(bound: Expression, given: Any = None, output: Any = None, ctx: Context | None = None) -> bytes:
    """The bytes of the value; bytes as input are taken for JSON text."""
    message = Message(given) if isinstance(given, bytes) else Message.of(given)
    return bound(ctx or context(), message, None if output is None else Message.of(output)).raw
