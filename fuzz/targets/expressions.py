"""Expressions and templates: any text is bound or refused, and what is bound gives JSON, or fails in our own words, in time."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any, TypeVar

from fuzz.allowance import within
from fuzz.pieces import Pieces
from fuzz.stopped import STOPPED
from plait.errors import ExpressionFailed
from plait.expr import Expression, ExpressionError, TemplateErrors, expression, number, plan, template, truth
from plait.expr.braces import split
from plait.jsontext import NotJson, validate
from plait.types import Context, Message, Run

LAZY = plan
"""What plait loads when it is needed: loaded with the rest here, so that its coverage counts."""
_SECONDS = 0.25
_DEEPEST = 256
"""What is put into a template nests in what is there."""
_NAMES = ("step", "item")
_Bound = TypeVar("_Bound")


def one_input(data: bytes) -> None:
    """Bind the first piece as an expression and as templates; evaluate all on the second."""
    pieces = Pieces(data)
    text, raw = pieces.text(), pieces.bytes()
    given = Message(raw if _is_json(raw) else b'{"a":[1,2.5,"x",null,true,{"b":"c"}],"b":{}}')
    bound = refusing(lambda: expression(text, _NAMES, output=True))
    value = None if bound is None else evaluated(bound, given)
    for each in (text, {"a": [text, "x" + text], "b": 1}, *_parsed(text)):
        other = filled(each)
        if other is not None:
            evaluated(other, given)
    whole = "${" + text + "}"
    if refusing(lambda: split(whole)) == ["", text, ""]:
        other = filled(whole)
        assert (other is None) == (bound is None)
        assert other is None or evaluated(other, given) == value


def filled(value: Any) -> Expression | None:
    """The value bound as a template, if it is one."""
    return refusing(lambda: template(value, _NAMES, output=True))


def refusing(bind: Callable[[], _Bound]) -> _Bound | None:
    """What is bound in time; None if it is refused, in words that fit on one line."""
    errors: tuple[ExpressionError, ...]
    try:
        return within(_SECONDS, bind)
    except ExpressionError as exc:
        errors = (exc,)
    except TemplateErrors as exc:
        errors = exc.errors
    assert errors
    assert all(error.message and "\n" not in error.message + error.hint for error in errors), errors
    return None


def evaluated(bound: Expression, given: Message) -> bytes | None:
    """The value, which is JSON; None if there is none."""
    run = Run(Message(b'{"r":1}'), STOPPED, headers={b"x-a": b"1"})
    ctx = Context(run, 1.0, {"step": Message(b'{"s":[0.5]}')})
    try:
        value = within(_SECONDS, lambda: bound(ctx, given, Message(b"[1]")))
    except ExpressionFailed:
        return None
    validate(value.raw, _DEEPEST)
    for read in (number, truth):
        with contextlib.suppress(ExpressionFailed):
            read(value)
    return value.raw


def _is_json(raw: bytes) -> bool:
    try:
        validate(raw)
    except NotJson:
        return False
    return True


def _parsed(text: str) -> list[Any]:
    """What the text says as JSON, if it says anything."""
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        return []
