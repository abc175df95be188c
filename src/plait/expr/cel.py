"""Google's CEL behind a seam: compile, evaluate, read and write its values. Nothing else imports `cel_expr_python`.

CEL keeps neither the order of an object's names nor a number's text. So no object comes out of it: selections, choices between
them and `filter` keep their bytes (see `plan`), and any other expression whose value is or contains an object fails, at load if its
type says so, with the advice to write the object as a template.
"""

from __future__ import annotations

import ctypes
import json
import math
import re
import sys
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec
from cel_expr_python import cel  # type: ignore[import-untyped]  # its stub is not marked as typed

from plait.errors import ExpressionFailed
from plait.expr.budget import Budget, deepening
from plait.expr.price import MOST_ITEMS
from plait.expr.problem import ExpressionError
from plait.expr.variables import suggestion

if sys.version_info < (3, 12):
    # cel-expr-python 0.1.3 takes a reference to None away with every null that it hands back, until the interpreter aborts. Later
    # Pythons do not count these; here None is given more of them than there are nulls.
    ctypes.c_ssize_t.from_address(id(None)).value += 1 << 40

Program: TypeAlias = cel.Expression
_STRING = cel.Type.STRING
_FUNCTIONS = frozenset(
    "size matches contains startsWith endsWith int double string bool has type all exists exists_one filter map".split()
)
_AS_TEMPLATE = "write the object as YAML with ${…} in its values, or let a predictor do it"
_FINDING = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_WANTED = re.compile(r'No value with name "(.*?)" found')
_ABSENT = re.compile(r'NOT_FOUND: Key not found in map : "(.*)"', re.DOTALL)
WRONG_TYPE = "a value has the wrong type; JSON's numbers are doubles, so write 1.0 for 1 beside them"
# What CEL says of a failure may quote data, so it is replaced by what it means.
_MEANINGS = (
    ("NOT_FOUND", "there is no such field"),
    ("Index error", "there is no such item; an index must be a whole number within the list"),
    ("No matching overloads", WRONG_TYPE),
    ("Iteration budget", f"its macros run over more than {MOST_ITEMS} items"),
    ("divide by zero", "division by zero"),
    ("modulus by zero", "division by zero"),
    ("OUT_OF_RANGE", "a number is out of range"),
    ("convert", "a value cannot be converted"),
)

_SCALARS = frozenset({str, bool, int, type(None)})
_encode = msgspec.json.Encoder().encode
_as_written = msgspec.json.Decoder().decode
Decode = Callable[[bytes, Budget, str], Any]
"""From JSON text to a value; what takes unusually long is paid for by the expression that is named last."""


def _nested(depth: int) -> Any:
    """The type of JSON of that depth whose numbers are all doubles; its size doubles with each level."""
    scalar = float | str | bool | None
    return scalar if depth == 0 else scalar | list[_nested(depth - 1)] | dict[str, _nested(depth - 1)]  # type: ignore[misc]


_shallow = msgspec.json.Decoder(_nested(6)).decode


def doubles(raw: bytes, budget: Budget | None = None, text: str = "") -> Any:
    """The value of JSON text with every number as a double.

    Raises:
        ValueError, OverflowError: If a number is out of a double's range.
        ExpressionFailed: If there is a budget and it does not cover this.
    """
    try:
        return _shallow(raw)
    except msgspec.ValidationError:  # nested deeper than the decoder's type, or a number is out of range
        if budget is not None:
            budget.pay(deepening(raw), text)
        return _deep(raw.decode())


def as_written(raw: bytes, _budget: Budget, _text: str) -> Any:
    """The value of JSON text that CEL made, in which whole numbers are integers."""
    return _as_written(raw)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise OverflowError
    return value


_deep = json.JSONDecoder(parse_int=_finite, parse_float=_finite).decode


def check(text: str, variables: Collection[str]) -> bytes:
    """Compile and type-check an expression over `variables`; its checked form.

    Raises:
        ExpressionError: If CEL does not take it, or its value can be no JSON.
    """
    try:
        compiled = _environment(frozenset(variables)).compile(text)
        kind = compiled.return_type().name()  # which refuses a map whose keys cannot be any
    except (RuntimeError, ValueError) as exc:
        raise _problem(str(exc), variables) from None
    if "MAP<" in kind:
        raise ExpressionError("an object made in an expression would lose the order of its names", _AS_TEMPLATE)
    unfit = re.search(r"BYTES|TIMESTAMP|DURATION|TYPE", kind)
    if unfit is not None:
        raise ExpressionError(f"its value is of type {unfit[0].lower()}, which JSON does not have", "string(…) makes a text of it")
    return bytes(compiled.serialize())


def program(checked: bytes) -> Program:
    """What evaluates a checked expression."""
    return _environment(frozenset()).deserialize(checked)


def read(raw: bytes, decode: Decode, budget: Budget, text: str) -> Any:
    """The value of JSON text for CEL.

    Raises:
        ExpressionFailed: If it holds what is no value for CEL, or is nested too deep for its size.
    """
    try:
        return decode(raw, budget, text)
    except (ValueError, OverflowError):
        raise ExpressionFailed(f"{text}: a number that it refers to is out of range") from None


def evaluate(program: Program, data: dict[str, Any], missing: Mapping[str, ExpressionFailed], text: str) -> Any:
    """What CEL makes of the data.

    Raises:
        ExpressionFailed: If it makes nothing; for want of a variable, as `missing` says.
    """
    try:
        found = program.eval(data=data)
    except RuntimeError as exc:
        raise ExpressionFailed(f"{text}: {_meaning(str(exc), text)}") from None
    value = found.plain_value()
    if type(value) is str and found.type() != _STRING:  # an error's plain value is its text
        wanted = _WANTED.search(value)
        raise (wanted and missing.get(wanted[1])) or ExpressionFailed(f"{text}: {_meaning(value, text)}")
    return value


def written(value: Any, text: str) -> bytes:
    """The JSON of what CEL made.

    Raises:
        ExpressionFailed: If there is none.
    """
    if type(value) is list or not _is_json(value):
        _must_be_json(value, text)
    return _encode(value)


def _must_be_json(value: Any, text: str) -> None:
    kind = type(value)
    if kind is list:
        if {*map(type, value)} <= {float} and all(map(math.isfinite, value)):
            return
        for item in value:
            _must_be_json(item, text)
    elif kind is dict:
        raise ExpressionFailed(f"{text}: an object would lose the order of its names; {_AS_TEMPLATE}")
    elif not _is_json(value):
        raise ExpressionFailed(f"{text}: the value is {'not finite' if kind is float else 'no JSON'}")


def _is_json(value: Any) -> bool:
    kind = type(value)
    return math.isfinite(value) if kind is float else kind in _SCALARS


@lru_cache(maxsize=256)
def _environment(variables: frozenset[str]) -> cel.Env:
    headers = cel.Type.Map(_STRING, _STRING)
    return cel.NewEnv(variables={name: headers if name == "headers" else cel.Type.DYN for name in variables})


def _problem(said: str, variables: Collection[str]) -> ExpressionError:
    """The first finding of CEL's, on one line."""
    findings = [(int(line), int(column), text) for line, column, text in _FINDING.findall(said)]
    line, column, text = min(findings, default=(0, -1, said))
    text = text.split(" expecting {")[0].removesuffix(" (in container '')").removesuffix(" [INVALID_ARGUMENT]")
    unknown = re.fullmatch(r"undeclared reference to '([^.']*).*'", text)
    hint = ""
    if unknown is not None:
        text, hint = f"there is no {unknown[1]} here", suggestion(unknown[1], variables, _FUNCTIONS)
    elif "recursion" in text:
        text, hint = "nests more than 32 deep", "a chain of + nests too; let a predictor do this"
    elif text.startswith("INVALID_ARGUMENT: Unsupported map key"):
        text, hint = "an object's names are texts", _AS_TEMPLATE
    elif "no matching overload" in text:
        hint = "JSON's numbers are doubles: 1.0 beside them, int(…) to make a whole number of one"
    elif text.startswith("Syntax error"):
        hint = "expressions are CEL: https://cel.dev"
    place = "" if column < 0 else f"column {column}: " if line <= 1 else f"line {line}, column {column}: "
    return ExpressionError(place + text, hint)


def _meaning(said: str, text: str) -> str:
    absent = _ABSENT.fullmatch(said)
    if absent is not None and absent[1] and absent[1] in text:
        return f"there is no field {absent[1]}"
    return next((meaning for words, meaning in _MEANINGS if words in said), "it has no value for this request")
