"""The variables of expressions: each name becomes, at load, a function that fetches its message."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from plait.errors import ExpressionFailed
from plait.types import Context, Message, Run

Evaluate = Callable[[Context, Message, Message | None], Message]
"""From the context, the node's input and, where there is one, the answer just received, to a value.

Raises `plait.errors.ExpressionFailed` if there is none for this request.
"""


class Expression(Protocol):
    """A bound expression or template: an `Evaluate` that knows what it was made of."""

    @property
    def text(self) -> str:
        """What was written."""
        ...

    @property
    def names(self) -> frozenset[str]:
        """The variables that it refers to."""
        ...

    def __call__(self, ctx: Context, given: Message, output: Message | None, /) -> Message: ...


_SECRET = frozenset({b"authorization", b"cookie"})


def _input(_ctx: Context, given: Message, _output: Message | None) -> Message:
    return given


def _output(_ctx: Context, _given: Message, output: Message | None) -> Message:
    if output is None:
        raise ExpressionFailed("there is no output to look at yet")
    return output


def _request(ctx: Context, _given: Message, _output: Message | None) -> Message:
    return ctx.run.message


def _headers(ctx: Context, _given: Message, _output: Message | None) -> Message:
    if ctx.run.shown is None:
        ctx.run.shown = Message.of(visible_headers(ctx.run))
    return ctx.run.shown


def visible_headers(run: Run) -> dict[str, str]:
    """The request's header fields, without credentials."""
    return {_text(k): _text(v) for k, v in run.headers.items() if k not in _SECRET and not k.startswith(b"proxy-")}


def _text(field: bytes) -> str:
    """Field values are UTF-8 by use and Latin-1 by history (RFC 9110, 5.5)."""
    try:
        return field.decode()
    except UnicodeDecodeError:
        return field.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Named:
    """The output of an earlier step, an item or an index."""

    name: str

    def __call__(self, ctx: Context, _given: Message, _output: Message | None, /) -> Message:
        try:
            return ctx.named[self.name]
        except KeyError:
            raise ExpressionFailed(f"{self.name} has no output: that step has not run") from None


this: Evaluate = _input
"""Fetches the input; in a macro, which is given its items as inputs, the item."""


def scope(names: Collection[str], *, output: bool) -> Mapping[str, Evaluate]:
    """All variables by name: those that every expression has, and the outputs of the earlier steps `names`."""
    found: dict[str, Evaluate] = {name: Named(name) for name in names}
    found |= {"input": _input, "request": _request, "headers": _headers}
    if output:
        found["output"] = _output
    return found


def suggestion(name: str, variables: Collection[str], functions: Iterable[str]) -> str:
    """The hint for a name that nobody declared: the nearest one that somebody did."""
    if name == "output":
        return "output is known in until, in merges and in rules on parts; elsewhere use input or a step's name"
    if name in {"item", "index"}:
        return f"{name} is known inside map only"
    if name in {"part", "result"}:
        return f"{name} is known in rules on {'parts' if name == 'part' else 'the result'} only"
    near = difflib.get_close_matches(name, [*sorted(variables), *sorted(functions)], 1)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(variables))}"
