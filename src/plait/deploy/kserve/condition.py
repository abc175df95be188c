"""KServe's conditions as CEL: true exactly where gjson finds something.

gjson never fails: what is not there, or of another type, is not found. In CEL that is an error, so every step is guarded by its
type. gjson compares by the type of the JSON value: with a number it compares the number that the text says, and 0 if the text says
none; with a text it compares the text; of `true` and `false` only some comparisons hold.
"""

from __future__ import annotations

import json
import math
import re

from plait.deploy.kserve.gjson import Items, Key, Part, Query, Unreadable, parse
from plait.expr import ExpressionError, expression
from plait.expr.linear import LONGEST

_RESERVED = frozenset(
    "as break const continue else false for function if import in let loop namespace null package return true var void "
    "while".split()
)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ODD_NUMBER = re.compile(r"[+-]?(?:inf|infinity|nan|0x.*)", re.IGNORECASE)
_ITEM = "x"
_DEEPEST = 32
# What holds for true and false: the value, and the text that it must be compared with, if that matters.
_OF_BOOLEANS = {"<": ("false", "true"), "<=": ("false", ""), ">": ("true", "false"), ">=": ("true", "")}


def condition(text: str) -> str:
    """The CEL that holds for an `input` in which gjson finds `text`.

    Raises:
        Unreadable: If the path cannot be carried over, and why.
    """
    if len(text) > LONGEST:
        raise Unreadable(f"is longer than {LONGEST} characters")
    if text.count("(") + text.count("[") > _DEEPEST:
        raise Unreadable("nests too deep")
    path = parse(text)
    parts = path.parts
    found = _unwrapped(parts) if path.wrapped else _found(parts, "input")
    cel = " && ".join(found) or "true"
    try:
        expression(cel, ())
    except ExpressionError as exc:
        raise Unreadable(f"as an expression it {exc}" if str(exc).startswith("is ") else f"as an expression: {exc}") from None
    return cel


def _unwrapped(parts: tuple[Part, ...]) -> list[str]:
    """The conditions for parts that look at the document as a list of one."""
    first, rest = parts[0] if parts else Items(), parts[1:]
    if isinstance(first, Items) or (isinstance(first, Query) and first.every):
        return []
    if isinstance(first, Query):
        return [*_holds(first, "input"), *_found(rest, "input")]
    return _found(rest, "input") if first.index == 0 else ["false"]


def _found(parts: tuple[Part, ...], where: str) -> list[str]:
    """What must hold, one after the other, for there to be something at a path from the value `where` on."""
    conditions: list[str] = []
    for place, part in enumerate(parts):
        if isinstance(part, Key):
            guards, where = _step(part, where)
            conditions += guards
            continue
        conditions.append(f"type({where}) == list")
        if isinstance(part, Items) or part.every:
            return conditions
        holds = " && ".join(_holds(part, _ITEM))
        rest = parts[place + 1 :]
        if not rest:
            return [*conditions, f"{where}.exists({_ITEM}, {holds})"]
        if any(isinstance(other, Query) and not other.every for other in rest):
            raise Unreadable("a query behind a query is not known here")
        # Only the first item counts, whether the rest is found in it or not.
        where = f"{where}.filter({_ITEM}, {holds})"
        conditions.append(f"size({where}) > 0")
        where += "[0]"
    return conditions


def _step(key: Key, where: str) -> tuple[list[str], str]:
    """The guards of one step into a value, and what it leads to."""
    if key.index is not None:
        return [f"type({where}) == list", f"size({where}) > {key.index}"], f"{where}[{key.index}]"
    if _NAME.fullmatch(key.text) and key.text not in _RESERVED:
        inner = f"{where}.{key.text}"
        return [f"type({where}) == map", f"has({inner})"], inner
    name = _literal(key.text)
    return [f"type({where}) == map", f"{name} in {where}"], f"{where}[{name}]"


def _holds(query: Query, item: str) -> list[str]:
    """The conditions of a query for one item."""
    conditions = _found(query.path, item)
    if not query.op:
        return conditions
    if any(not isinstance(part, Key) for part in query.path):
        raise Unreadable("a comparison with what a query or # finds is not known here")
    for part in query.path:
        if isinstance(part, Key):
            _, item = _step(part, item)
    return [*conditions, _compared(query.op, query.value, item)]


def _compared(op: str, value: str, where: str) -> str:
    """The comparison, as gjson makes it."""
    if op in {"%", "!%"}:
        like = _like(value, where)
        return f"type({where}) == string && {f'!({like})' if op == '!%' else like}"
    text, number = _literal(value), _number(value)
    if op == "=":
        choices = [f"{where} == {text}", f"{where} == {number}"]
        choices += [f"{where} == {value}"] * (value in {"true", "false"})
        return f"({' || '.join(choices)})"
    choices = [f"type({where}) == {kind} && {where} {op} {other}" for kind, other in (("string", text), ("double", number))]
    if op == "!=":
        choices.append(f"type({where}) == bool" + (f" && {where} != {value}" if value in {"true", "false"} else ""))
    else:
        holds, wanted = _OF_BOOLEANS[op]
        choices += [f"{where} == {holds}"] * (wanted in ("", value))
    return f"({' || '.join(choices)})"


def _like(pattern: str, where: str) -> str:
    """A pattern of `*` (any text) and `?` (any character), in which a backslash takes the next as it is."""
    chars = re.findall(r"\\.|.", pattern, re.DOTALL)
    plain = ["" if char == "*" else char[-1] for char in chars]
    stars = [place for place, char in enumerate(chars) if char == "*"]
    if "?" not in chars and len(stars) < 2:  # noqa: PLR2004 - what stands before the only one, and what behind it
        if not stars:
            return f"{where} == {_literal(''.join(plain))}"
        start, end = "".join(plain[: stars[0]]), "".join(plain[stars[0] :])
        tests = [f"size({where}) >= {len(start + end)}"] * bool(start and end)
        tests += [f"{where}.startsWith({_literal(start)})"] * bool(start) + [f"{where}.endsWith({_literal(end)})"] * bool(end)
        return " && ".join(tests) or "true"
    if "?" not in chars and stars == [0, len(chars) - 1]:
        return f"{where}.contains({_literal(''.join(plain))})"
    wild = {"*": ".*", "?": "."}
    regex = "".join(wild.get(char) or re.escape(char[-1]) for char in chars)
    return f"{where}.matches({_literal(f'(?s)^{regex}$')})"


def _number(value: str) -> str:
    """The double that gjson makes of a text: 0 if it is none."""
    if _ODD_NUMBER.fullmatch(value):
        raise Unreadable(f"{value} would be compared as a number that JSON does not have")
    number = float(value) if _NUMBER.fullmatch(value) else 0.0
    if math.isinf(number):
        raise Unreadable(f"{value} is out of a double's range")
    return repr(number)


def _literal(text: str) -> str:
    """A text in CEL; `${` is kept from being taken for a variable of the environment."""
    return json.dumps(text, ensure_ascii=False).replace("${", "\\u0024{")
